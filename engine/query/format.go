package query

import (
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Format gives a value as Athena prints it in its results: NULL inside a value
// is "null" (what a NULL of its own shows is the caller's choice: Format gives
// ""), doubles as Java does (1.0E10, NaN), varbinary as "41 42", arrays as
// [a, b], maps as {k=v} and rows as {name=v}. typ is the column's Column.Type.
// The text is data: make it Printable before a terminal sees it.
func Format(value any, typ string) string {
	if value == nil {
		return ""
	}
	return string(appendValue(nil, value, parseType(typ)))
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
		return append(out, formatDouble(v, t.base == "real")...)
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

// formatDouble gives a double as Java's Double.toString does, or a real as
// Float.toString: plain from 0.001 up to below 10,000,000, with an exponent
// otherwise, and always a digit behind the point.
func formatDouble(v float64, real bool) string {
	switch {
	case math.IsNaN(v):
		return "NaN"
	case math.IsInf(v, 1):
		return "Infinity"
	case math.IsInf(v, -1):
		return "-Infinity"
	case v == 0:
		if math.Signbit(v) {
			return "-0.0"
		}
		return "0.0"
	}
	bits := 64
	if real {
		bits = 32
	}
	if abs := math.Abs(v); abs >= 1e-3 && abs < 1e7 {
		s := strconv.FormatFloat(v, 'f', -1, bits)
		if !strings.Contains(s, ".") {
			s += ".0"
		}
		return s
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'e', -1, bits), "e")
	// Java writes two digits even of the least denormals, where one is enough.
	switch abs := math.Abs(v); {
	case !real && abs == math.SmallestNonzeroFloat64:
		mantissa = strings.Replace(mantissa, "5", "4.9", 1)
	case real && abs == math.SmallestNonzeroFloat32:
		mantissa = strings.Replace(mantissa, "1", "1.4", 1)
	case !strings.Contains(mantissa, "."):
		mantissa += ".0"
	}
	n, _ := strconv.Atoi(exponent) // what FormatFloat wrote
	return mantissa + "E" + strconv.Itoa(n)
}

// typeShape is as much of a type as printing needs: array, map or row with its
// parts, or the name of anything else.
type typeShape struct {
	base  string
	parts []namedShape
}

type namedShape struct {
	name string // of a row's field; empty where it has none
	typeShape
}

func (t typeShape) part(i int) namedShape {
	if i < len(t.parts) {
		return t.parts[i]
	}
	return namedShape{}
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
