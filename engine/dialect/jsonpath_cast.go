package dialect

import (
	"math/big"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"acme/telemetry/engine/floattext"
)

// castValue casts a value to the type that JSON_VALUE returns. A pathFailure is a
// cast that fails. Texts and decimals are carried as text, whole numbers, days and
// microseconds as int64, reals and doubles as float64.
func castValue(v *sqlValue, t Type, level int) (any, error) {
	var out any
	ok := false
	switch {
	case !castable(v.typ, t):
	case t.Kind == Boolean:
		out, ok = v.asBoolean()
	case t.isInteger():
		out, ok = v.asInteger(t, level)
	case t.isFloat():
		out, ok = v.asFloat(t)
	case t.Kind == Decimal:
		out, ok = v.asDecimal(t, level)
	case t.isText():
		return v.asText(t, level)
	default:
		return v.asMoment(t)
	}
	if !ok {
		return nil, pathError("")
	}
	return out, nil
}

func (v *sqlValue) asBoolean() (any, bool) {
	switch {
	case v.typ.Kind == Boolean:
		return v.b, true
	case v.typ.isText():
		return parseBoolean(v.s)
	case v.typ.isFloat():
		return v.f != 0, true
	}
	return v.n.Sign() != 0, true
}

func (v *sqlValue) bit() int64 {
	if v.b {
		return 1
	}
	return 0
}

func (v *sqlValue) asInteger(t Type, level int) (any, bool) {
	switch {
	case v.typ.Kind == Boolean:
		return v.bit(), true
	case v.typ.isText():
		s := v.s
		if level >= 476 {
			s = strings.Trim(s, " ")
		}
		name := strings.ToUpper(kindNames[t.Kind])
		if t.Kind == Integer {
			name = "INT"
		}
		n, err := castInteger(s, name, bitsOfName[name])
		return n, err == nil
	}
	return castNumber(v, t)
}

func (v *sqlValue) asFloat(t Type) (any, bool) {
	var f float64
	ok := true
	switch {
	case v.typ.Kind == Boolean:
		f = float64(v.bit())
	case v.typ.isText():
		f, ok = parseJavaDouble(v.s)
	default:
		f = v.float()
	}
	if t.Kind == Real {
		f = float64(float32(f))
	}
	return f, ok
}

func (v *sqlValue) asDecimal(t Type, level int) (any, bool) {
	var r *big.Rat
	switch {
	case v.typ.Kind == Boolean:
		r = new(big.Rat).SetInt64(v.bit())
	case v.typ.isText():
		s, err := castDecimal([]any{v.s, int32(t.Precision), int32(t.Scale)})
		return s, err == nil
	case v.typ.isFloat():
		s, err := floatDecimal(v.f, v.typ, int32(t.Precision), int32(t.Scale), floattext.Of(level))
		return s, err == nil
	default:
		r = v.rat()
	}
	n, ok := roundDecimal(r, t.Precision, t.Scale)
	return decimalText(n, t.Scale), ok
}

// asText casts to varchar or char. What is no text is not cut: it fails.
func (v *sqlValue) asText(t Type, level int) (any, error) {
	s := v.plain(level)
	if t.Kind == Char {
		s = firstRunes(s, t.Precision)
		return s + strings.Repeat(" ", t.Precision-utf8.RuneCountInString(s)), nil
	}
	switch {
	case utf8.RuneCountInString(s) <= t.Precision:
		return s, nil
	case v.typ.isText():
		return firstRunes(s, t.Precision), nil
	case v.typ.Kind == Boolean && level < 476:
		return nil, failed{"GENERIC_INTERNAL_ERROR", "Value [" + s + "] does not fit in type " + t.String()}
	}
	return nil, pathError("")
}

func firstRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// plain is CAST(v AS varchar).
func (v *sqlValue) plain(level int) string {
	switch v.typ.Kind {
	case Boolean:
		return map[bool]string{true: "true", false: "false"}[v.b]
	case Real:
		return castReal(float32(v.f), floattext.Of(level))
	case Double:
		return castDouble(v.f)
	case Decimal:
		return decimalText(v.n, v.typ.Scale)
	case Varchar, Char:
		return v.s
	case Date:
		return time.Unix(v.n.Int64()*86400, 0).UTC().Format("2006-01-02")
	case Time:
		return time.UnixMicro(v.n.Int64()).UTC().Format("15:04:05" + fractionFormat(v.typ.Precision))
	case Timestamp:
		return time.UnixMicro(v.n.Int64()).UTC().Format("2006-01-02 15:04:05" + fractionFormat(v.typ.Precision))
	}
	return v.n.String()
}

func fractionFormat(digits int) string {
	if digits == 0 {
		return ""
	}
	return "." + strings.Repeat("0", digits)
}

const dayMicros = 86400_000_000

// asMoment casts to a date or time.
func (v *sqlValue) asMoment(t Type) (any, error) {
	if v.typ.isText() {
		return v.parsedMoment(t)
	}
	n := v.n.Int64()
	switch {
	case t.Kind == v.typ.Kind && t.Kind == Date:
		return n, nil
	case t.Kind == Date:
		return floorDiv(n, dayMicros), nil
	case v.typ.Kind == Date:
		return n * dayMicros, nil
	case t.Kind == Time:
		return roundTo(n-floorDiv(n, dayMicros)*dayMicros, t.Precision) % dayMicros, nil
	}
	return roundTo(n, t.Precision), nil
}

func (v *sqlValue) parsedMoment(t Type) (any, error) {
	text := strings.TrimSpace(v.s)
	if t.Kind == Date {
		d, ok := parseDate(text)
		if !ok {
			return nil, pathError("")
		}
		return d, nil
	}
	parse := parseTimestamp
	if t.Kind == Time {
		parse = parseTime
	}
	in, ok := parse(text)
	if !ok || in.digits > 12 || t.Kind != TimestampTZ && in.zone != "" {
		return nil, pathError("")
	}
	if in.zone != "" && in.zone != "UTC" {
		return nil, failed{"NOT_SUPPORTED", "a text in zone " + in.zone + " among others is not supported by the local engine: its zone would be lost"}
	}
	return in.rounded(t.Precision), nil
}

// decodeWide reads UTF-16 or UTF-32 in little-endian order.
func decodeWide(b []byte, width int) string {
	var units []uint16
	var out strings.Builder
	for ; len(b) >= width; b = b[width:] {
		if width == 2 {
			units = append(units, uint16(b[0])|uint16(b[1])<<8)
			continue
		}
		r := rune(uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24)
		if !utf8.ValidRune(r) {
			r = utf8.RuneError
		}
		out.WriteRune(r)
	}
	out.WriteString(string(utf16.Decode(units)))
	if len(b) > 0 {
		out.WriteRune(utf8.RuneError)
	}
	return out.String()
}

func encodeWide(s string, width int) []byte {
	var out []byte
	if width == 2 {
		for _, u := range utf16.Encode([]rune(s)) {
			out = append(out, byte(u), byte(u>>8))
		}
		return out
	}
	for _, r := range s {
		out = append(out, byte(r), byte(r>>8), byte(r>>16), byte(r>>24))
	}
	return out
}
