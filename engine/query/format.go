package query

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"acme/telemetry/engine/floattext"
)

// Format gives a value as Athena prints it in its results: NULL inside a value
// is "null" (what a NULL of its own shows is the caller's choice: Format gives
// ""), doubles as Java does (1.0E10, NaN), varbinary as "41 42", arrays as
// [a, b], maps as {k=v} and rows as {name=v}. typ is the column's Column.Type.
// The text is data: make it Printable before a terminal sees it. Digits of doubles
// are those of Athena's Java; Column.Format has those of the column's.
func Format(value any, typ string) string {
	return Column{Type: typ}.Format(value)
}

// Format is the function of that name, for a value of the column.
func (c Column) Format(value any) string {
	if value == nil {
		return ""
	}
	t := parseType(c.Type)
	t.java = c.Java
	return string(appendValue(nil, value, t))
}

func appendValue(out []byte, value any, t typeShape) []byte {
	switch v := value.(type) {
	case nil:
		return append(out, "null"...)
	case bool:
		return strconv.AppendBool(out, v)
	case int64:
		return strconv.AppendInt(out, v, 10)
	case float64:
		bits := 64
		if t.base == "real" {
			bits = 32
		}
		return append(out, floattext.Text(v, bits, t.java)...)
	case string:
		return append(out, v...)
	case Text:
		return append(out, v...)
	case []byte:
		return append(out, spacedHex(v)...)
	case []any:
		return appendList(out, v, t)
	case Map:
		out = append(out, '{')
		for i, e := range v {
			if i > 0 {
				out = append(out, ", "...)
			}
			out = appendValue(out, e.Key, t.part(0).typeShape)
			out = append(out, '=')
			out = appendValue(out, e.Value, t.part(1).typeShape)
		}
		return append(out, '}')
	}
	return fmt.Append(out, value)
}

// appendList appends an array, or a row where the type says that it is one.
func appendList(out []byte, items []any, t typeShape) []byte {
	open, end := byte('['), byte(']')
	row := t.base == "row"
	if row {
		open, end = '{', '}'
	}
	out = append(out, open)
	for i, item := range items {
		if i > 0 {
			out = append(out, ", "...)
		}
		part := t.part(0)
		if row {
			part = t.part(i)
			if part.name == "" {
				part.name = "field" + strconv.Itoa(i)
			}
			out = append(append(out, part.name...), '=')
		}
		out = appendValue(out, item, part.typeShape)
	}
	return append(out, end)
}

// spacedHex gives bytes as Athena shows a varbinary.
func spacedHex(b []byte) string {
	parts := make([]string, len(b))
	for i := range b {
		parts[i] = hex.EncodeToString(b[i : i+1])
	}
	return strings.Join(parts, " ")
}

// typeShape is as much of a type as printing needs: array, map or row with its
// parts, or the name of anything else.
type typeShape struct {
	base  string
	parts []namedShape
	java  floattext.Java // whose digits doubles have, in the parts too
}

type namedShape struct {
	name string // of a row's field; empty where it has none
	typeShape
}

func (t typeShape) part(i int) namedShape {
	part := namedShape{}
	if i < len(t.parts) {
		part = t.parts[i]
	}
	part.java = t.java
	return part
}

// parseType reads Athena's spelling of a type. Text that is none has no parts.
func parseType(s string) typeShape {
	base, rest, nested := strings.Cut(s, "(")
	base = strings.ToLower(strings.TrimSpace(base))
	if !nested || base != "array" && base != "map" && base != "row" || !strings.HasSuffix(rest, ")") {
		return typeShape{base: base}
	}
	t := typeShape{base: base}
	for _, part := range splitParts(rest[:len(rest)-1]) {
		shape := namedShape{}
		if base == "row" {
			shape.name, part = fieldName(part)
		}
		shape.typeShape = parseType(part)
		t.parts = append(t.parts, shape)
	}
	return t
}

// splitParts cuts at the commas that no parenthesis and no quote encloses.
func splitParts(s string) []string {
	var parts []string
	depth, from, quoted := 0, 0, false
	for i, c := range s {
		switch {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == ',' && depth == 0:
			parts = append(parts, strings.TrimSpace(s[from:i]))
			from = i + 1
		}
	}
	return append(parts, strings.TrimSpace(s[from:]))
}

// fieldName takes the name from the front of a row's field. A type of two words
// ("double precision") is not spelled that way, but one with a zone is.
func fieldName(s string) (name, rest string) {
	if strings.HasPrefix(s, `"`) {
		end := 1
		for end < len(s) {
			if s[end] == '"' {
				if end+1 < len(s) && s[end+1] == '"' {
					end++
				} else {
					return strings.ReplaceAll(s[1:end], `""`, `"`), strings.TrimSpace(s[end+1:])
				}
			}
			end++
		}
		return "", s
	}
	word, rest, ok := strings.Cut(s, " ")
	if !ok || strings.Contains(word, "(") {
		return "", s
	}
	if word == "interval" || (word == "time" || word == "timestamp") && strings.HasPrefix(rest, "with ") {
		return "", s
	}
	return word, strings.TrimSpace(rest)
}

// Real gives a real of the column, which came as a double, as JSON is made of it: a
// float32, or its text where the column's Java writes other digits than the fewest.
func (c Column) Real(x float64) any {
	fewest, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'g', -1, 32), 64)
	text := floattext.Text(x, 32, c.Java)
	if written, err := strconv.ParseFloat(text, 64); err == nil && written != fewest && !math.IsInf(x, 0) && !math.IsNaN(x) {
		return json.Number(text)
	}
	return float32(x)
}
