package sim

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Digest names what a scenario generates: the SHA-256 of Canonical. The seed is
// no part of it, for the digest names the model and the seed names the draw; a
// run is (engine, digest, seed, window). Name and description are no part
// either, because no byte depends on them.
func (s *Scenario) Digest() [32]byte { return sha256.Sum256(s.Canonical()) }

// Canonical gives the resolved scenario, every default filled in, as canonical
// JSON (RFC 8785): keys sorted, no white space, numbers as integers in the units
// named at Scenario.
func (s *Scenario) Canonical() []byte {
	root := object{}
	put(root, scenarioFields, s, "")
	faults := make([]any, len(s.Faults))
	for i := range s.Faults {
		o := object{}
		put(o, faultFields, &s.Faults[i], s.Faults[i].Kind)
		faults[i] = o
	}
	root["faults"] = faults
	return appendJSON(nil, root)
}

type object map[string]any

// put adds the fields of a table as nested objects.
func put[T any](root object, table []field[T], from *T, kind string) {
	for i := range table {
		f := &table[i]
		if f.label || !f.applies(kind) {
			continue
		}
		o := root
		parts := strings.Split(f.path, ".")
		for _, name := range parts[:len(parts)-1] {
			if o[name] == nil {
				o[name] = object{}
			}
			o = o[name].(object)
		}
		o[parts[len(parts)-1]] = value(f.at(from))
	}
}

// value reads what assign writes.
func value(at any) any {
	switch p := at.(type) {
	case *int64:
		return *p
	case *[]int64:
		return *p
	case *[]string:
		return *p
	}
	return *at.(*string)
}

func appendJSON(b []byte, v any) []byte {
	switch v := v.(type) {
	case int64:
		return strconv.AppendInt(b, v, 10)
	case string:
		return appendText(b, v)
	case []int64:
		return appendList(b, v)
	case []string:
		return appendList(b, v)
	case []any:
		return appendList(b, v)
	}
	b = append(b, '{')
	for i, k := range slices.Sorted(maps.Keys(v.(object))) {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendText(b, k), ':')
		b = appendJSON(b, v.(object)[k])
	}
	return append(b, '}')
}

func appendList[E any](b []byte, list []E) []byte {
	b = append(b, '[')
	for i, e := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendJSON(b, e)
	}
	return append(b, ']')
}

// appendText writes a JSON string with the escapes of RFC 8785 and no others.
func appendText(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, '\\', 'n')
		case c == '\r':
			b = append(b, '\\', 'r')
		case c == '\t':
			b = append(b, '\\', 't')
		case c < ' ':
			b = append(b, fmt.Sprintf("\\u%04x", c)...)
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

// YAML gives the resolved scenario as a file: every field, in the units that a
// person would use. Parsing it gives the same scenario.
func (s *Scenario) YAML() []byte {
	var b strings.Builder
	writeYAML(&b, scenarioFields, s, "", "")
	if len(s.Faults) > 0 {
		b.WriteString("faults:\n")
	}
	for i := range s.Faults {
		var f strings.Builder
		writeYAML(&f, faultFields, &s.Faults[i], s.Faults[i].Kind, "    ")
		b.WriteString("  - " + strings.TrimPrefix(f.String(), "    "))
	}
	return []byte(b.String())
}

func writeYAML[T any](b *strings.Builder, table []field[T], from *T, kind, indent string) {
	var open []string
	for i := range table {
		f := &table[i]
		v := value(f.at(from))
		if !f.applies(kind) || f.def == "" && unset(v) {
			continue
		}
		parts := strings.Split(f.path, ".")
		groups := parts[:len(parts)-1]
		for j, name := range groups {
			if j >= len(open) || open[j] != name {
				fmt.Fprintf(b, "%s%s%s:\n", indent, strings.Repeat("  ", j), name)
				open = append(open[:j:j], name)
			}
		}
		open = open[:len(groups)]
		fmt.Fprintf(b, "%s%s%s: %s\n", indent, strings.Repeat("  ", len(groups)), parts[len(parts)-1], yamlValue(f.kind, v))
	}
}

func unset(v any) bool {
	switch v := v.(type) {
	case int64:
		return v == 0
	case string:
		return v == ""
	case []string:
		return len(v) == 0
	}
	return false
}

func yamlValue(k kind, v any) string {
	switch v := v.(type) {
	case string:
		if identifier(v) && trap(&node{text: v}) == nil {
			return v
		}
		return string(appendText(nil, v))
	case []string:
		return string(appendJSON(nil, v))
	}
	s := formatValue(k, v)
	if k == timeKind || k == momentKind {
		return `"` + s + `"`
	}
	return s
}

// formatValue writes a value in the units of the scenario file.
func formatValue(k kind, v any) string {
	switch v := v.(type) {
	case int64:
		return formatNumber(k, v)
	case []int64:
		parts := make([]string, len(v))
		for i := range v {
			parts[i] = strconv.FormatInt(v[i], 10)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case []string:
		return strings.Join(v, ", ")
	}
	return v.(string)
}

func formatNumber(k kind, v int64) string {
	if v < 0 {
		return "-" + formatNumber(k, -v)
	}
	switch k {
	case decimalKind, signedKind:
		return formatScaled(v, micro)
	case shareKind:
		return formatScaled(v, nano/100) + "%"
	case durationKind, offsetKind:
		return formatUnits(v, durationUnits)
	case sizeKind:
		return formatUnits(v, sizeUnits)
	case rateKind:
		return formatUnits(v, rateUnits)
	case timeKind, momentKind:
		return formatTime(v)
	}
	return strconv.FormatInt(v, 10)
}
