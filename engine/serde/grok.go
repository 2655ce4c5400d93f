package serde

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

//go:embed grok.txt
var grokText string

// Grok reads lines by GrokSerDe's input.format. Nobody has published whether the
// class gives its values to columns by name or by place: a format is read where both
// are the same, with a field for each column, in their order, under their names. A
// line in which a field takes no part has fewer values than there are columns, and is
// an error for the same reason.
type Grok struct {
	Match  Groups
	fields []int // for each column, its group
}

// grokOf reads the properties of GrokSerDe for a table of these columns.
func grokOf(t Table, java CompileJava) (*Grok, error) {
	format, ok := t.Properties["input.format"]
	if !ok || strings.TrimSpace(format) == "" {
		return nil, fmt.Errorf("the GrokSerDe has no input.format")
	}
	names := map[string]string{}
	definitions(names, grokText)
	definitions(names, t.Properties["input.grokCustomPatterns"])
	pattern, fields, err := grokPattern(format, names)
	if err != nil {
		return nil, fmt.Errorf("input.format: %w", err)
	}
	if err := sameFields(fields, t.Columns); err != nil {
		return nil, err
	}
	groups, ok := namedGroups(pattern)
	if !ok {
		return nil, fmt.Errorf("input.format: text between \\Q and \\E is not supported; escape each character")
	}
	if java == nil {
		return nil, fmt.Errorf("input.format %q needs Java's regular expressions", format)
	}
	// The pattern may match any part of the line, the first that it can; a dot in it
	// is no end of a line.
	match, err := java(".*?(?-s:"+pattern+").*", false)
	if err != nil {
		return nil, fmt.Errorf("input.format: %w", err)
	}
	g := &Grok{Match: match}
	for _, f := range fields {
		g.fields = append(g.fields, groups[f.group])
	}
	return g, nil
}

// definitions reads lines of a name and its pattern.
func definitions(names map[string]string, text string) {
	line := regexp.MustCompile(`^([A-z0-9_]+)\s+(.*)$`)
	for l := range strings.Lines(text) {
		if m := line.FindStringSubmatch(strings.TrimRight(l, "\r\n")); m != nil {
			names[m[1]] = m[2]
		}
	}
}

// grokField is a field of a format: its name, and its group's in the pattern.
type grokField struct{ name, group string }

// grokPattern puts a format's names for what they stand for, until none is left, and
// gives its fields in the order of their groups.
func grokPattern(format string, names map[string]string) (string, []grokField, error) {
	mention := regexp.MustCompile(`%\{(([A-z0-9]+)(?::([A-z0-9_:;/\s.]+))?)\}`)
	pattern := format
	fields := map[string]string{}
	for n := 0; ; n++ {
		m := mention.FindStringSubmatch(pattern)
		if m == nil {
			break
		}
		if n == 1000 || len(pattern) > 1<<20 {
			return "", nil, fmt.Errorf("%s stands for itself", m[2])
		}
		definition, ok := names[m[2]]
		if !ok {
			return "", nil, fmt.Errorf("%%{%s} is no pattern that is known; define it in input.grokCustomPatterns", m[1])
		}
		if m[3] != "" {
			group := fmt.Sprintf("field%d", n)
			fields[group] = m[3]
			if strings.Count(pattern, m[0]) > 1 && m[3] != "UNWANTED" {
				return "", nil, fmt.Errorf("the field %s stands there twice; give one another name", m[3])
			}
			definition = "(?<" + group + ">" + definition + ")"
			if m[3] == "UNWANTED" {
				definition = "(?:" + names[m[2]] + ")"
				delete(fields, group)
			}
		}
		pattern = strings.ReplaceAll(pattern, m[0], definition)
	}
	if strings.Contains(pattern, "%{") {
		return "", nil, fmt.Errorf("%s is no %%{NAME} or %%{NAME:field}", pattern[strings.Index(pattern, "%{"):])
	}
	var order []grokField
	for _, m := range regexp.MustCompile(`\(\?<([A-Za-z][A-Za-z0-9_]*)>`).FindAllStringSubmatch(pattern, -1) {
		name, ok := fields[m[1]]
		if !ok {
			name = m[1] // a group that the format names itself
		}
		order = append(order, grokField{name, m[1]})
	}
	return pattern, order, nil
}

// sameFields refuses a format whose fields are not the columns, one for one.
func sameFields(fields []grokField, columns []string) error {
	var names []string
	same := len(fields) == len(columns)
	for i, f := range fields {
		name, kind, typed := strings.Cut(strings.TrimSpace(f.name), ":")
		if typed && kind != "string" {
			return fmt.Errorf("the field %s has a type: leave it to the column, %%{...:%s}", f.name, name)
		}
		names = append(names, name)
		same = same && strings.EqualFold(name, columns[i])
	}
	if !same {
		return fmt.Errorf("the fields of input.format are %s, and the columns %s: name a field for each column, in their order",
			strings.Join(names, ", "), strings.Join(columns, ", "))
	}
	return nil
}

// namedGroups gives the number of each named group among all of a pattern's; false
// where a part of it is quoted.
func namedGroups(pattern string) (map[string]int, bool) {
	groups, n, class := map[string]int{}, 0, 0
	for i := 0; i < len(pattern); i++ {
		rest := pattern[i:]
		switch pattern[i] {
		case '\\':
			if strings.HasPrefix(rest, `\Q`) {
				return nil, false
			}
			i++
		case '[':
			class++
		case ']':
			class = max(class-1, 0)
		case '(':
			named := strings.HasPrefix(rest, "(?<") && !strings.HasPrefix(rest, "(?<=") && !strings.HasPrefix(rest, "(?<!")
			if class > 0 || strings.HasPrefix(rest, "(?") && !named {
				continue
			}
			n++
			if name, _, ok := strings.Cut(rest[1:], ">"); named && ok {
				groups[name[2:]] = n
			}
		}
	}
	return groups, true
}

// grokLine reads lines by Grok. A line that does not match, and a blank one, is a row
// of NULLs.
type grokLine struct {
	*Grok
	fields []*Vector
}

func (g *grokLine) decode(line []byte, row int) *lineError {
	text := string(appendUTF8(nil, line))
	if strings.ContainsAny(text, "\u0085\u2028\u2029") {
		return bent("a line with another end of line in it (U+0085, U+2028 or U+2029) is not supported by the GrokSerDe here")
	}
	var groups []int
	if strings.TrimFunc(text, unicode.IsSpace) != "" {
		var err error
		if groups, err = g.Match(text); err != nil {
			return bent(err.Error())
		}
	}
	if groups == nil {
		for _, v := range g.fields {
			if v != nil {
				v.put(row, false)
			}
		}
		return nil
	}
	for n, group := range g.Grok.fields {
		if groups[2*(group-1)] < 0 {
			return bent(fmt.Sprintf("column %d takes no part in the line, and the GrokSerDe then has fewer values than columns", n+1))
		}
	}
	for n, v := range g.fields {
		if v == nil {
			continue
		}
		at := 2 * (g.Grok.fields[n] - 1)
		switch v.kind {
		case Decimal, Date, Timestamp:
			return bent(fmt.Sprintf("Unsupported column type: %s", v.Column.Type))
		}
		ok, err := v.javaText(row, []byte(unquoted(text[groups[at]:groups[at+1]])))
		if err != nil {
			return err
		}
		v.put(row, ok)
	}
	return nil
}

// unquoted takes off the quotes around a value, as Grok does.
func unquoted(text string) string {
	if text == `"` || text == "'" {
		return ""
	}
	for _, q := range []string{`"`, "'"} {
		if strings.HasPrefix(text, q) && strings.HasSuffix(text, q) && text != "" {
			return text[1 : len(text)-1]
		}
	}
	return text
}
