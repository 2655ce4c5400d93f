package tui

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// scope is where an action's keys work.
type scope uint8

const (
	scopeGlobal scope = iota
	scopeReport
	scopeDrill
	scopeEditor
	scopeComplete
	scopeResult
	scopeSchema
	scopeSQL
	scopeTables
	scopeBrowse
	scopeLive
	scopeJobs
	scopeQuality
	scopePrepare
	scopes
)

// String is the heading in the help.
func (s scope) String() string {
	return [...]string{"Everywhere", "Report", "Drill-down", "SQL editor", "Completion", "SQL result", "Schema", "SQL page", "Tables", "Browse", "Live", "Jobs", "Quality", "First run"}[s]
}

// action is one thing a reader can do. The table of actions is the only place
// where keys are bound: it drives the keyboard, the footer, the help, the
// palette, the keymap file and docs/KEYS.md.
type action struct {
	id    string
	scope scope
	keys  []string // as bubbletea names them; the first is the one shown
	short string   // in the footer; empty keeps it out
	long  string   // in the help
	// turn is the footer's word while the key would turn back what it has done; nil, and
	// empty, where the word is short.
	turn func(*model) string
	// first puts it before all others in the footer while it applies: what ends what runs.
	first bool
	// run does it; nil where the page itself reads the keys (moving about) and
	// the entry is for the help.
	run func(*model) tea.Cmd
	// when says whether it applies now; nil always. An action that does not
	// apply is not in the footer, and its keys go on to the next scope.
	when func(*model) bool
}

// actions is the table. An order within a scope is the footer's order.
func actions() []action {
	var all []action
	for _, part := range [][]action{reportActions(), drillActions(), editorActions(), completeActions(), resultActions(), schemaActions(), sqlActions(), browseActions(), liveActions(), jobsActions(), qualityActions(), prepareActions(), globalActions()} {
		all = append(all, part...)
	}
	return all
}

func globalActions() []action {
	pages := func(m *model) bool { return m.prepare == nil && m.input == nil }
	page := func(id string, n int, long string) action {
		return action{id: "page." + id, scope: scopeGlobal, keys: []string{fmt.Sprint(n), fmt.Sprint("alt+", n)}, long: long, run: func(m *model) tea.Cmd { return m.show(n - 1) }, when: pages}
	}
	return []action{
		{id: "help", scope: scopeGlobal, keys: []string{"?", "f1"}, short: "help", long: "this help", run: (*model).toggleHelp, when: func(m *model) bool { return m.input == nil }},
		{id: "palette", scope: scopeGlobal, keys: []string{"ctrl+p", ":"}, short: "commands", long: "everything that can be done here, by its name", run: (*model).openPalette, when: func(m *model) bool { return m.input == nil }},
		page("report", 1, "report page"), page("sql", 2, "SQL page"), page("browse", 3, "browse: tables, partitions, objects"),
		page("live", 4, "live: the pipeline as it runs"), page("jobs", 5, "jobs: long operations"), page("quality", 6, "quality: what checks have found"),
		{id: "open", scope: scopeGlobal, keys: []string{"ctrl+o"}, long: "open a page, a table, a kept statement, one that was run", run: (*model).quickOpen, when: pages},
		{id: "theme", scope: scopeGlobal, keys: []string{"T"}, long: "light or dark colours", run: (*model).toggleTheme},
		{id: "cancel", scope: scopeGlobal, keys: []string{"ctrl+c"}, long: "cancel what runs; twice within 2 s: quit", run: (*model).interrupt},
		{id: "redraw", scope: scopeGlobal, keys: []string{"ctrl+l"}, long: "draw the screen anew", run: func(*model) tea.Cmd { return tea.ClearScreen }},
		{id: "suspend", scope: scopeGlobal, keys: []string{"ctrl+z"}, long: "to the shell and back with fg", run: (*model).suspend, when: func(m *model) bool { _, typing := m.scopes(); return !typing }},
		{id: "quit", scope: scopeGlobal, keys: []string{"q", "ctrl+q"}, short: "quit", long: "quit", run: (*model).quit},
	}
}

// find gives the action that a key means now: the first that applies, in the
// order of the scopes. While text is typed, printable keys mean themselves.
func (m *model) find(key tea.KeyPressMsg) *action {
	scopes, typing := m.scopes()
	if typing && key.Text != "" && key.Mod&^tea.ModShift == 0 {
		return nil
	}
	return m.bound(scopes, key.String())
}

// bound gives the action that applies and has a key in one of the scopes, the first of
// which wins.
func (m *model) bound(scopes []scope, key string) *action {
	for _, s := range scopes {
		for i := range m.acts {
			a := &m.acts[i]
			if a.scope == s && a.run != nil && has(a.keys, key) && (a.when == nil || a.when(m)) {
				return a
			}
		}
	}
	return nil
}

// keysNow gives the keys of an action that do it now: not those that are text where it is
// typed, that another action has in a scope before its own, or that close what lies over
// the page. An action that does not apply has none.
func (m *model) keysNow(a *action, scopes []scope, typing bool) []string {
	if a.when != nil && !a.when(m) {
		return nil
	}
	var out []string
	for _, k := range a.keys {
		letter := len([]rune(k)) == 1 || k == "space"
		if letter && (typing || a.id == "quit" && m.covered()) {
			continue
		}
		if a.run == nil || m.bound(scopes, k) == a {
			out = append(out, k)
		}
	}
	return out
}

func has(keys []string, name string) bool {
	for _, k := range keys {
		if k == name {
			return true
		}
	}
	return false
}

// footer draws the keys that matter now, as many as fit; what comes first in
// the table stays longest, but help and quit always stay.
func (m *model) footer(w int) string {
	hints, keep := m.hints()
	_, typing := m.scopes()
	if key, ok := m.pageKeys(); ok && typing && m.input == nil { // digits are text: how else to get away
		hints = slices.Insert(hints, min(2, len(hints)), hint{key, "pages"})
	}
	size := func(es []hint) (n int) {
		for _, e := range es {
			n += m.th.width(e.key) + m.th.width(e.text) + 3
		}
		return n
	}
	for len(hints) > 0 && size(hints)+size(keep)+1 > w {
		hints = hints[:len(hints)-1]
	}
	l := m.th.newLine(w)
	l.space(1)
	for _, e := range append(hints, keep...) {
		l.put(keycap, e.key).space(1).put(dim, e.text).space(2)
	}
	return l.String()
}

// hint is a key and what it does now, in a word.
type hint struct{ key, text string }

// hints are the keys of the footer, and those of them that always stay.
func (m *model) hints() (hints, keep []hint) {
	scopes, typing := m.scopes()
	for _, s := range scopes {
		for i := range m.acts {
			a := &m.acts[i]
			if a.scope != s || a.short == "" {
				continue
			}
			keys := m.keysNow(a, scopes, typing)
			if len(keys) == 0 {
				continue
			}
			h := hint{m.keyName(keys[0]), a.short}
			if a.turn != nil && a.turn(m) != "" {
				h.text = a.turn(m)
			}
			switch {
			case a.id == "help" || a.id == "quit" || a.id == "palette":
				keep = append(keep, h)
			case a.first:
				hints = slices.Insert(hints, 0, h)
			default:
				hints = append(hints, h)
			}
		}
	}
	return hints, keep
}

// pageKeys names the keys that show the pages while text is typed.
func (m *model) pageKeys() (string, bool) {
	for _, a := range m.acts {
		if a.id == "page.report" && has(a.keys, "alt+1") {
			return m.keyName("alt+1") + "-" + strconv.Itoa(len(m.pages)), true
		}
	}
	return "", false
}

// keyName writes a key as people know it.
func (m *model) keyName(k string) string {
	switch k {
	case "up", "down", "left", "right":
		return map[string]string{"up": m.th.g.up, "down": m.th.g.down, "left": m.th.g.left, "right": m.th.g.right}[k]
	case "pgdown":
		return "PgDn"
	case "pgup":
		return "PgUp"
	}
	if len(k) > 1 && k[0] == 'f' && k[1] >= '1' && k[1] <= '9' {
		return strings.ToUpper(k)
	}
	return strings.Replace(k, "ctrl+", "^", 1)
}
