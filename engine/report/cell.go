package report

import (
	"encoding/base64"
	"math"
	"slices"
	"strconv"
	"strings"

	"acme/telemetry/engine/query"
	"acme/telemetry/schema"
)

// null is how a missing value is shown.
const null = "-"

// Cell gives a value of column c as people read it, rounded, inert, of any
// length. It is plain text: escaping for a format is the format's.
func Cell(c Column, v any) string {
	if v == nil {
		return null
	}
	if digits, ok := decimalText(v); ok && c.Kind != KindText {
		return number(c, digits)
	}
	s := plain(v)
	if c.Names {
		s = displayName(c.Name, s)
	}
	return query.Printable(s)
}

// number lays out a number that is given as decimal text.
func number(c Column, digits string) string {
	if strings.ContainsAny(digits, "NI") { // NaN, Infinity
		return digits
	}
	switch c.Kind {
	case KindPercent:
		return grouped(rounded(digits, c.Digits)) + "%"
	case KindBytes:
		return bytesText(digits)
	case KindUSD:
		return "$" + grouped(rounded(digits, c.Digits))
	}
	return grouped(rounded(digits, c.Digits))
}

// decimalText gives a numeric value in positional decimal digits.
func decimalText(v any) (string, bool) {
	switch v := v.(type) {
	case int64:
		return strconv.FormatInt(v, 10), true
	case float64:
		switch {
		case math.IsNaN(v):
			return "NaN", true
		case math.IsInf(v, 0):
			return map[bool]string{true: "Infinity", false: "-Infinity"}[v > 0], true
		}
		return strconv.FormatFloat(v, 'f', -1, 64), true
	case query.Text:
		return string(v), isDecimal(string(v))
	}
	return "", false
}

// isDecimal says whether s is a plain decimal number: digits, a sign in front,
// one point between digits.
func isDecimal(s string) bool {
	s = strings.TrimPrefix(s, "-")
	whole, part, point := strings.Cut(s, ".")
	return onlyDigits(whole) && (!point || onlyDigits(part))
}

func onlyDigits(s string) bool {
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return s != ""
}

// rounded rounds decimal text to so many digits after the point, half away from
// zero, on the digits themselves: 17.25 at one digit is 17.3, which binary
// rounding to even would make 17.2. A negative count leaves s as it is.
func rounded(s string, digits int) string {
	if digits < 0 {
		return s
	}
	negative := strings.HasPrefix(s, "-")
	whole, part, _ := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	up := len(part) > digits && part[digits] >= '5'
	part += strings.Repeat("0", max(0, digits-len(part)))
	all := []byte(whole + part[:digits])
	for i := len(all) - 1; up; i-- {
		if i < 0 {
			all = append([]byte{'1'}, all...)
			break
		}
		if all[i] < '9' {
			all[i]++
			break
		}
		all[i] = '0'
	}
	out := string(all[:len(all)-digits])
	if digits > 0 {
		out += "." + string(all[len(all)-digits:])
	}
	if negative && strings.Trim(out, "0.") != "" {
		out = "-" + out
	}
	return out
}

// grouped puts a comma between groups of three digits.
func grouped(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	whole, part, point := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if point {
		return sign + whole + "." + part
	}
	return sign + whole
}

// bytesText shows a count of bytes in decimal units, three digits.
func bytesText(digits string) string {
	n, err := strconv.ParseFloat(digits, 64)
	if err != nil || n < 1000 {
		return grouped(rounded(digits, 0)) + " B"
	}
	units := []string{"kB", "MB", "GB", "TB", "PB", "EB"}
	i := 0
	for n /= 1000; n >= 999.5 && i < len(units)-1; i++ {
		n /= 1000
	}
	places := 2
	if n >= 99.95 {
		places = 0
	} else if n >= 9.995 {
		places = 1
	}
	return rounded(strconv.FormatFloat(n, 'f', -1, 64), places) + " " + units[i]
}

// Count shows a whole number with commas: 118,600.
func Count(n int64) string { return grouped(strconv.FormatInt(n, 10)) }

// Bytes shows a count of bytes as the report does, in decimal units and three
// digits, as Athena's bill counts them: 9.45 MB.
func Bytes(n int64) string { return bytesText(strconv.FormatInt(n, 10)) }

// plural gives "1 object" or "40 objects".
func plural(n int64, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return Count(n) + " " + one + "s"
}

// plain gives any value as text, at full precision.
func plain(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case []byte:
		return base64.StdEncoding.EncodeToString(v)
	case query.Text:
		return string(v)
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = plain(e)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case query.Map:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = plain(e.Key) + "=" + plain(e.Value)
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	if s, ok := decimalText(v); ok {
		return s
	}
	return ""
}

// displayName shows a value of an enumeration as a name: tv as TV, mobile as
// Mobile. A value that is not of the enumeration stays as it is.
func displayName(column, s string) string {
	for _, c := range schema.Events().Columns {
		if c.Name == column && slices.Contains(c.Enum, s) {
			if s == "tv" {
				return "TV"
			}
			return strings.ToUpper(s[:1]) + s[1:]
		}
	}
	return s
}

// float gives a numeric value for arithmetic; false for NULL and text.
func float(v any) (float64, bool) {
	s, ok := decimalText(v)
	if !ok {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil && !math.IsNaN(f) && !math.IsInf(f, 0)
}

// integer gives a whole number; 0 for everything else.
func integer(v any) int64 {
	n, _ := v.(int64)
	return n
}
