package tui

import (
	"fmt"
	"slices"
	"strings"
)

// Keymap gives actions, by their id, other keys than the table of actions has.
// An action with no keys at all is reached by the palette alone.
type Keymap map[string][]string

// ParseKeymap reads a keymap file: a line an action, its id, an equals sign and
// its keys between blanks; # begins a comment.
//
//	sql.run  = f5 ctrl+r
//	palette  = ctrl+p
//
// name is the file's, for errors. They name the line, the word that is not
// known, and the nearest that is.
func ParseKeymap(name string, text []byte) (Keymap, error) {
	var ids []string
	acts := actions()
	for _, a := range acts {
		ids = append(ids, a.id)
	}
	known := keyNames()
	k := Keymap{}
	for i, s := range strings.Split(string(text), "\n") {
		if at := strings.Index(s, "#"); at == 0 || at > 0 && s[at-1] == ' ' {
			s = s[:at]
		}
		if s = strings.TrimSpace(s); s == "" {
			continue
		}
		where := fmt.Sprintf("read keys %s: line %d: ", name, i+1)
		id, list, ok := strings.Cut(s, "=")
		id = strings.TrimSpace(id)
		if !ok || id == "" {
			return nil, fmt.Errorf("%s%q is no assignment; write action = key key", where, s)
		}
		if !slices.Contains(ids, id) {
			return nil, fmt.Errorf("%sthere is no action %q; the nearest is %q (docs/KEYS.md lists them)", where, id, nearest(id, ids))
		}
		if _, twice := k[id]; twice {
			return nil, fmt.Errorf("%s%q has its keys already", where, id)
		}
		k[id] = []string{}
		for _, key := range strings.Fields(list) {
			if !slices.Contains(known, key) {
				return nil, fmt.Errorf("%s%s: there is no key %q; the nearest is %q", where, id, key, nearest(key, known))
			}
			k[id] = append(k[id], key)
		}
	}
	if err := k.check(acts); err != nil {
		return nil, fmt.Errorf("read keys %s: %w", name, err)
	}
	return k, nil
}

// check refuses a key that two actions of one scope have at any time. Two
// actions of the table may share one, where they never apply together; a reader's
// choice cannot know that.
func (k Keymap) check(acts []action) error {
	for _, a := range k.apply(acts) {
		if _, chosen := k[a.id]; !chosen {
			continue
		}
		for _, b := range k.apply(acts) {
			if a.id == b.id || a.scope != b.scope || b.run == nil {
				continue
			}
			for _, key := range a.keys {
				if slices.Contains(b.keys, key) {
					return fmt.Errorf("%s and %s would both have the key %q; give %s another", a.id, b.id, key, b.id)
				}
			}
		}
	}
	return nil
}

// apply gives the actions with the keys of the map.
func (k Keymap) apply(acts []action) []action {
	out := slices.Clone(acts)
	for i := range out {
		if keys, ok := k[out[i].id]; ok {
			out[i].keys = keys
		}
	}
	return out
}

// keyNames are the keys that can be bound, as bubbletea names them. What a
// terminal sends as another key (ctrl+i is tab, ctrl+m enter, ctrl+h backspace)
// is not among them.
func keyNames() []string {
	plain := []string{"enter", "tab", "esc", "backspace", "space", "up", "down", "left", "right", "home", "end", "pgup", "pgdown", "delete", "insert"}
	var letters []string
	for c := '!'; c <= '~'; c++ {
		letters = append(letters, string(c))
	}
	var out []string
	for i := 1; i <= 12; i++ {
		plain = append(plain, fmt.Sprintf("f%d", i))
	}
	out = append(append(out, letters...), plain...)
	for _, mod := range []string{"shift+", "ctrl+", "alt+", "ctrl+shift+", "alt+shift+"} {
		for _, p := range plain {
			out = append(out, mod+p)
		}
	}
	for _, l := range letters {
		if l != "i" && l != "m" && l != "h" && l != "[" && !(l >= "A" && l <= "Z") {
			out = append(out, "ctrl+"+l)
		}
		out = append(out, "alt+"+l)
	}
	return out
}

// nearest gives the word of a list that takes the fewest changes from s.
func nearest(s string, list []string) string {
	best, least := "", 1<<30
	for _, w := range list {
		if n := distance(s, w); n < least {
			best, least = w, n
		}
	}
	return best
}

// distance counts the letters to insert, delete or change between two words.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := before
			if a[i-1] != b[j-1] {
				change++
			}
			before = row[j]
			row[j] = min(change, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}

// KeysMarkdown is the reference of keys, docs/KEYS.md, from the table of actions.
func KeysMarkdown() string {
	var b strings.Builder
	b.WriteString("# Keys of the terminal UI\n\n" +
		"Made from the table of actions that also drives the keyboard, the footer, the help (F1)\n" +
		"and the palette (ctrl+p): `go test ./tui -run KeysDocument -update`.\n\n" +
		"While text is typed, letters and digits are text; the keys beside them still work.\n" +
		"Other keys: a line `id = key key` in `acme/keys.conf` in the user's configuration folder,\n" +
		"or in the file that `acme tui --keys FILE` names. A line without keys leaves an action to the palette.\n")
	acts := actions()
	for s := range scopes {
		b.WriteString("\n## " + s.String() + "\n\n| keys | does | id |\n|---|---|---|\n")
		for _, a := range acts {
			if a.scope != s {
				continue
			}
			keys := make([]string, len(a.keys))
			for i, k := range a.keys {
				keys[i] = "`" + strings.ReplaceAll(k, "|", "\\|") + "`"
			}
			id := "`" + a.id + "`"
			if a.run == nil {
				id = ""
			}
			fmt.Fprintf(&b, "| %s | %s | %s |\n", strings.Join(keys, " "), strings.ReplaceAll(a.long, "|", "\\|"), id)
		}
	}
	return b.String()
}
