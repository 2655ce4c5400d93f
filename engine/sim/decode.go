package sim

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// decoder turns a tree into values by the field tables and gathers what is
// wrong with it.
type decoder struct {
	*problems
	origins map[string]position // of the values given, by full path
	start   int64               // origin of moments
}

// decodeFields fills target from n. kind is the kind of the fault being read, or
// "" ; where is what stands before the paths of the table in a message; skip
// names keys that others read.
func decodeFields[T any](d *decoder, table []field[T], n *node, target *T, kind, where string, skip ...string) {
	given := map[string]*node{}
	collect(d, table, n, "", kind, where, skip, given)
	for i := range table {
		f := &table[i]
		if !f.applies(kind) {
			continue
		}
		v, ok := given[f.path]
		switch {
		case ok:
			d.origins[where+f.path] = v.at
		case f.def == "!":
			d.add(n.at, "%s%s is missing: %s", where, f.path, f.doc)
			continue
		case f.def == "":
			continue
		default:
			v = defaultNode(f.def)
		}
		value, err := parseValue(f, v, d.start)
		if err != nil {
			d.add(v.at, "%s%s: %v", where, f.path, err)
			continue
		}
		assign(f.at(target), value)
	}
	checkWhole(d, table, n, target, kind, where)
}

func (f *field[T]) applies(kind string) bool {
	return kind == "" || f.on == nil || slices.Contains(f.on, kind)
}

// collect finds the node of every field under n and reports unknown keys.
func collect[T any](d *decoder, table []field[T], n *node, prefix, kind, where string, skip []string, given map[string]*node) {
	for _, e := range n.entries {
		path := prefix + e.key
		if prefix == "" && slices.Contains(skip, e.key) {
			continue
		}
		known, inner := false, false
		var others []string
		for i := range table {
			f := &table[i]
			if !f.applies(kind) && (f.path == path || strings.HasPrefix(f.path, path+".")) {
				others = f.on
				continue
			}
			known = known || f.path == path
			inner = inner || strings.HasPrefix(f.path, path+".")
		}
		switch {
		case known:
			given[path] = e.value
		case inner && e.value.kind != mapNode:
			d.add(e.value.at, "%s%s: must be a mapping with %s", where, path, strings.Join(siblings(table, path+".", kind), ", "))
		case inner:
			collect(d, table, e.value, path+".", kind, where, skip, given)
		case others != nil:
			d.add(e.at, "%s%s is not a field of kind %s, but of %s", where, path, kind, strings.Join(others, ", "))
		default:
			names := siblings(table, prefix, kind)
			if prefix == "" {
				names = append(names, skip...)
			}
			d.add(e.at, "unknown key %q%s%s", e.key, inside(where+prefix), suggest(e.key, names))
		}
	}
}

func inside(prefix string) string {
	if prefix == "" {
		return ""
	}
	return " in " + strings.TrimSuffix(strings.TrimSuffix(prefix, "."), ": ")
}

// siblings gives the keys that may stand at a prefix.
func siblings[T any](table []field[T], prefix, kind string) []string {
	var names []string
	for i := range table {
		rest, ok := strings.CutPrefix(table[i].path, prefix)
		name, _, _ := strings.Cut(rest, ".")
		if ok && table[i].applies(kind) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func defaultNode(def string) *node {
	if !strings.HasPrefix(def, "[") {
		return &node{text: def, quoted: true}
	}
	l := &node{kind: listNode}
	for _, item := range strings.Split(strings.Trim(def, "[]"), ", ") {
		l.items = append(l.items, &node{text: item})
	}
	return l
}

func assign(to, value any) {
	switch p := to.(type) {
	case *int64:
		*p = value.(int64)
	case *string:
		*p = value.(string)
	case *[]int64:
		*p = value.([]int64)
	case *[]string:
		*p = value.([]string)
	}
}

// checkWhole reports groups of shares that do not make up 100%.
func checkWhole[T any](d *decoder, table []field[T], n *node, target *T, kind, where string) {
	for i := 0; i < len(table); {
		f := &table[i]
		if !f.whole || !f.applies(kind) {
			i++
			continue
		}
		parent := f.path[:strings.LastIndex(f.path, ".")+1]
		var sum int64
		at := n.at
		for ; i < len(table) && strings.HasPrefix(table[i].path, parent); i++ {
			sum += *table[i].at(target).(*int64)
			if o, ok := d.origins[where+table[i].path]; ok {
				at = o
			}
		}
		if sum != nano {
			d.add(at, "%s%s: the shares add up to %s%%, and must to 100%%", where, strings.TrimSuffix(parent, "."), formatScaled(sum, nano/100))
		}
	}
}

// parseValue reads a field's node as the value that the field's kind has.
func parseValue[T any](f *field[T], n *node, start int64) (any, error) {
	switch f.kind {
	case integersKind:
		if n.kind != listNode || f.count > 0 && len(n.items) != f.count {
			return nil, fmt.Errorf("must be a list of %d whole numbers", f.count)
		}
		all := make([]int64, len(n.items))
		for i, item := range n.items {
			v, err := parseNumber(f, integerKind, item, start)
			if err != nil {
				return nil, fmt.Errorf("item %d: %w", i+1, err)
			}
			all[i] = v
		}
		return all, nil
	case textsKind:
		if n.kind == scalarNode {
			n = &node{kind: listNode, items: []*node{n}}
		}
		if n.kind != listNode {
			return nil, fmt.Errorf("must be one of %s, or a list of them", strings.Join(f.enum, ", "))
		}
		var all []string
		for _, item := range n.items {
			s, err := parseText(f.enum, item)
			if err != nil {
				return nil, err
			}
			if !slices.Contains(all, s) {
				all = append(all, s)
			}
		}
		slices.SortFunc(all, func(a, b string) int { return slices.Index(f.enum, a) - slices.Index(f.enum, b) })
		return all, nil
	case textKind, enumKind:
		return parseText(f.enum, n)
	}
	return parseNumber(f, f.kind, n, start)
}

func parseText(enum []string, n *node) (string, error) {
	if n.kind != scalarNode {
		return "", fmt.Errorf("must be text")
	}
	if err := trap(n); err != nil {
		return "", err
	}
	if !utf8.ValidString(n.text) || strings.ContainsFunc(n.text, func(r rune) bool { return r < ' ' && r != '\n' }) {
		return "", fmt.Errorf("has bytes that are not text")
	}
	if enum != nil && !slices.Contains(enum, n.text) {
		return "", fmt.Errorf("%q is not one of %s%s", n.text, strings.Join(enum, ", "), suggest(n.text, enum))
	}
	return n.text, nil
}

// parseNumber reads a scalar by kind and checks the field's bounds.
func parseNumber[T any](f *field[T], k kind, n *node, start int64) (int64, error) {
	if n.kind != scalarNode {
		return 0, fmt.Errorf("must be a single value")
	}
	if err := trap(n); err != nil {
		return 0, err
	}
	v, err := kindParser(k, start)(n.text)
	if err != nil {
		return 0, fmt.Errorf("%q: %w", n.text, err)
	}
	if f.max != 0 && (v < f.min || v > f.max) {
		return 0, fmt.Errorf("%s is not between %s and %s", n.text, formatNumber(k, f.min), formatNumber(k, f.max))
	}
	if f.max == 0 && v < f.min {
		return 0, fmt.Errorf("%s is less than %s", n.text, formatNumber(k, f.min))
	}
	return v, nil
}

func kindParser(k kind, start int64) func(string) (int64, error) {
	signed := func(parse func(string) (int64, error)) func(string) (int64, error) {
		return func(s string) (int64, error) {
			rest, minus := strings.CutPrefix(s, "-")
			v, err := parse(rest)
			if minus {
				v = -v
			}
			return v, err
		}
	}
	decimal := func(s string) (int64, error) { return parseScaled(s, micro) }
	switch k {
	case integerKind:
		return func(s string) (int64, error) { return parseScaled(s, 1) }
	case decimalKind:
		return decimal
	case signedKind:
		return signed(decimal)
	case shareKind:
		return parseShare
	case durationKind:
		return parseDuration
	case offsetKind:
		return signed(parseDuration)
	case sizeKind:
		return func(s string) (int64, error) { return parseUnits(s, sizeUnits) }
	case rateKind:
		return func(s string) (int64, error) { return parseUnits(s, rateUnits) }
	case timeKind:
		return parseTime
	}
	return func(s string) (int64, error) { // momentKind
		if v, err := parseTime(s); err == nil {
			return v, nil
		}
		v, err := parseDuration(s)
		if err != nil {
			return 0, fmt.Errorf("neither a duration since time.start nor a time in UTC: %w", err)
		}
		if v > 36525*dayMS {
			return 0, fmt.Errorf("too large")
		}
		return start + v, nil
	}
}

// trap refuses plain scalars that other YAML readers take for something else.
func trap(n *node) error {
	if n.quoted {
		return nil
	}
	switch strings.ToLower(n.text) {
	case "y", "yes", "n", "no", "on", "off", "true", "false":
		return fmt.Errorf("%s is a boolean to many YAML readers; quote it if it is text", n.text)
	case "null", "~", "":
		return fmt.Errorf("no value")
	}
	if parts := strings.Split(n.text, ":"); len(parts) > 1 && !slices.ContainsFunc(parts, func(s string) bool { return s == "" || !digits(s) }) {
		return fmt.Errorf("%s is a number to base 60 to some YAML readers; quote it, or write a duration like 17h", n.text)
	}
	if len(n.text) > 1 && n.text[0] == '0' && digits(n.text) {
		return fmt.Errorf("%s is octal to some YAML readers; write it without the leading zero", n.text)
	}
	return nil
}

// suggest gives " (did you mean "x"?)" for the nearest of the names, if any is
// near.
func suggest(got string, names []string) string {
	best, least := "", 1+max(len(got)/3, 1)
	for _, name := range names {
		if d := distance(strings.ToLower(got), strings.ToLower(name)); d < least {
			best, least = name, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %q?)", best)
}

// distance is the number of insertions, deletions, replacements and swaps of
// neighbours between two words.
func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(row[j-1]+1, last[j]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
