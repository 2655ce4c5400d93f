package trino

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"acme/telemetry/engine/query"
)

// typeShape is a type as the protocol spells it: decimal(2, 1), row(a bigint, "b c" map(varchar, date)).
type typeShape struct {
	base  string // in lower case: "timestamp with time zone" too
	sizes string // "(21,1)" of a decimal, "(3)" of a timestamp; empty for none
	parts []typeShape
	name  string // of a row's field, as it is shown
}

// parseType reads a type. What it cannot split stays whole in base: it is shown,
// and its values are text.
func parseType(s string) typeShape {
	s = strings.TrimSpace(s)
	open := strings.IndexByte(s, '(')
	if open < 0 {
		return typeShape{base: strings.ToLower(s)}
	}
	closing := closingOf(s, open)
	if closing < 0 {
		return typeShape{base: s}
	}
	t := typeShape{base: strings.ToLower(s[:open] + s[closing+1:])}
	inner := split(s[open+1 : closing])
	switch t.base {
	case "array", "map", "qdigest":
		for _, part := range inner {
			t.parts = append(t.parts, parseType(part))
		}
	case "row":
		for _, part := range inner {
			t.parts = append(t.parts, parseField(part))
		}
	default:
		for i := range inner {
			inner[i] = strings.TrimSpace(inner[i])
		}
		t.sizes = "(" + strings.Join(inner, ",") + ")"
	}
	return t
}

// parseField reads a field of a row: a type, with a name before it or without.
func parseField(s string) typeShape {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, `"`) {
		for end := 1; end < len(s); end++ {
			if s[end] != '"' {
				continue
			}
			if end+1 < len(s) && s[end+1] == '"' {
				end++
				continue
			}
			t := parseType(s[end+1:])
			t.name = s[:end+1]
			return t
		}
	}
	if name, rest, ok := strings.Cut(s, " "); ok && !strings.Contains(name, "(") && !typeWords(s) {
		t := parseType(rest)
		t.name = name
		return t
	}
	return parseType(s)
}

// typeWords says whether a text of several words is a type without a name.
func typeWords(s string) bool {
	s = strings.ToLower(s)
	return slices.ContainsFunc([]string{"timestamp with", "time with", "interval day to", "interval year to", "double precision"},
		func(p string) bool { return strings.HasPrefix(s, p) })
}

// closingOf gives where the parenthesis at open ends, outside quoted names.
func closingOf(s string, open int) int {
	depth, quoted := 0, false
	for i := open; i < len(s); i++ {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case quoted:
		case s[i] == '(':
			depth++
		case s[i] == ')':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// split cuts at the commas outside parentheses and quotes.
func split(s string) []string {
	var out []string
	depth, from, quoted := 0, 0, false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case quoted:
		case s[i] == '(':
			depth++
		case s[i] == ')':
			depth--
		case s[i] == ',' && depth == 0:
			out = append(out, s[from:i])
			from = i + 1
		}
	}
	return append(out, s[from:])
}

// String spells the type as Athena does.
func (t typeShape) String() string {
	var b strings.Builder
	head, tail, _ := strings.Cut(t.base, " with time zone")
	b.WriteString(head)
	b.WriteString(t.sizes)
	if strings.HasSuffix(t.base, " with time zone") {
		b.WriteString(" with time zone")
	}
	b.WriteString(tail)
	if t.parts != nil {
		b.WriteByte('(')
		for i, p := range t.parts {
			if i > 0 {
				b.WriteString(", ")
			}
			if p.name != "" {
				b.WriteString(p.name + " ")
			}
			b.WriteString(p.String())
		}
		b.WriteByte(')')
	}
	return b.String()
}

// value gives a value of the protocol in query's shapes.
func (t typeShape) value(v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	switch t.base {
	case "boolean":
		if b, ok := v.(bool); ok {
			return b, nil
		}
	case "tinyint", "smallint", "integer", "bigint":
		if n, ok := v.(json.Number); ok {
			return n.Int64()
		}
	case "real", "double":
		return float(v)
	case "varbinary":
		if s, ok := v.(string); ok {
			return base64.StdEncoding.DecodeString(s)
		}
	case "varchar", "char", "json", "uuid", "ipaddress", "unknown":
		if s, ok := v.(string); ok {
			return s, nil
		}
	case "array", "row":
		if list, ok := v.([]any); ok {
			return t.list(list)
		}
	case "map":
		if m, ok := v.(map[string]any); ok {
			return t.pairs(m)
		}
	default:
		if s, ok := v.(string); ok {
			return query.Text(s), nil
		}
	}
	return nil, fmt.Errorf("a value of type %s comes as %T", t, v)
}

func float(v any) (any, error) {
	switch v := v.(type) {
	case json.Number:
		return v.Float64()
	case string: // NaN, Infinity, -Infinity
		return strconv.ParseFloat(v, 64)
	}
	return nil, fmt.Errorf("a floating point number comes as %T", v)
}

func (t typeShape) list(in []any) (any, error) {
	out := make([]any, len(in))
	for i, v := range in {
		part := t.parts[0]
		if t.base == "row" {
			if len(in) != len(t.parts) {
				return nil, fmt.Errorf("a row of %d values, want %d", len(in), len(t.parts))
			}
			part = t.parts[i]
		}
		var err error
		if out[i], err = part.value(v); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// pairs gives a map. The protocol sends it as an object, whose order is nobody's:
// entries come by key.
func (t typeShape) pairs(in map[string]any) (any, error) {
	if len(t.parts) != 2 {
		return nil, fmt.Errorf("a value of type %s", t)
	}
	out := make(query.Map, 0, len(in))
	keys := make([]string, 0, len(in))
	for k := range in {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		key, err := t.parts[0].key(k)
		if err != nil {
			return nil, err
		}
		v, err := t.parts[1].value(in[k])
		if err != nil {
			return nil, err
		}
		out = append(out, query.Entry{Key: key, Value: v})
	}
	return out, nil
}

// key reads a map's key, which the protocol sends as text whatever its type is.
func (t typeShape) key(s string) (any, error) {
	switch t.base {
	case "boolean":
		return strconv.ParseBool(s)
	case "tinyint", "smallint", "integer", "bigint":
		return strconv.ParseInt(s, 10, 64)
	case "real", "double":
		return strconv.ParseFloat(s, 64)
	case "varchar", "char", "json", "uuid", "ipaddress":
		return s, nil
	}
	return query.Text(s), nil
}
