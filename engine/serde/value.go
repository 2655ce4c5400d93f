package serde

import (
	"bytes"
	"math"
	"strconv"
	"time"
)

// setLiteral writes a bare word; false means NULL.
func (v *Vector) setLiteral(row int, word []byte) bool {
	if len(word) == 4 && bytes.EqualFold(word, []byte("null")) {
		return false
	}
	switch v.kind {
	case String, Varchar, Char:
		if c, ok := canonical(word); ok {
			word = c
		}
		v.putText(word)
		return true
	}
	return v.setText(row, word)
}

// setText writes what text means to a column that is not a String; false means
// NULL. Whether it stood in quotes makes no difference.
func (v *Vector) setText(row int, text []byte) bool {
	switch v.kind {
	case TinyInt, SmallInt, Int, BigInt:
		n, ok := toLong(text)
		return ok && v.putInt(row, n)
	case Double, Real:
		return v.putDouble(row, text)
	case Boolean:
		v.Bools[row] = bytes.EqualFold(text, []byte("true"))
	case Date:
		d, ok := toDate(text)
		if !ok {
			return false
		}
		v.Ints[row] = d
	case Decimal:
		d, ok := parseDecimal(text)
		return ok && v.putDecimal(row, d)
	case Timestamp:
		t, ok := looseTime(text, v.formats)
		return ok && v.putTime(row, t)
	case Varchar, Char:
		v.putText(text)
	}
	return true
}

// putDouble writes what Java reads as a double or a float; false means NULL.
func (v *Vector) putDouble(row int, text []byte) bool {
	bits := 64
	if v.kind == Real {
		bits = 32
	}
	d, ok := toFloat(text, bits)
	if ok {
		v.Doubles[row] = d
	}
	return ok
}

// plainInt reads an integer as JSON writes it, up to 18 digits, that ends its
// member; -1 for everything else.
func plainInt(b []byte, at int) (int64, int) {
	neg := b[at] == '-'
	if neg {
		at++
	}
	n, from := int64(0), at
	for at < len(b) && b[at]-'0' <= 9 {
		n = n*10 + int64(b[at]-'0')
		at++
	}
	if digits := at - from; digits == 0 || digits > 18 || b[from] == '0' && digits > 1 || !endsMember(b, at) {
		return 0, -1
	}
	if neg {
		n = -n
	}
	return n, at
}

// plainDouble reads a number of up to 15 digits without an exponent, whose
// nearest double is one exact division away; -1 for everything else.
func plainDouble(b []byte, at int) (float64, int) {
	neg := b[at] == '-'
	if neg {
		at++
	}
	n, digits, point := int64(0), 0, -1
	for ; at < len(b); at++ {
		if c := b[at] - '0'; c <= 9 {
			n = n*10 + int64(c)
			digits++
		} else if b[at] == '.' && point < 0 && digits > 0 {
			point = digits
		} else {
			break
		}
	}
	if digits == 0 || digits > 15 || digits == point || !endsMember(b, at) {
		return 0, -1
	}
	d := float64(n)
	if point >= 0 {
		d /= powers[digits-point]
	}
	if neg {
		d = -d
	}
	return d, at
}

func endsMember(b []byte, at int) bool { return at < len(b) && (b[at] == ',' || b[at] == '}') }

var powers = [16]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// toLong reads an integer as the SerDe does: decimal, hexadecimal, octal, or
// any decimal number cut to its integer part.
func toLong(text []byte) (int64, bool) {
	if n, ok := decimalHexOctal(text); ok {
		return n, true
	}
	d, ok := parseDecimal(text)
	if !ok {
		return 0, false
	}
	return d.long()
}

// decimalHexOctal reads 0x1F, 017 and plain integers. An 8 passes for an octal
// digit when the form is chosen and fails when it is read.
func decimalHexOctal(text []byte) (int64, bool) {
	base := 10
	switch {
	case len(text) >= 3 && text[0] == '0' && text[1]|0x20 == 'x' && isHex(text[2]):
		text, base = text[2:], 16
	case len(text) >= 2 && text[0] == '0' && text[1] >= '0' && text[1] <= '8':
		text, base = text[1:], 8
	}
	if len(text) > 64 {
		return 0, false
	}
	n, err := strconv.ParseInt(string(text), base, 64)
	return n, err == nil
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
}

// decimal is digits times ten to the power of -scale.
type decimal struct {
	neg    bool
	digits []byte // no leading zero; none for zero
	scale  int64
}

// parseDecimal reads what Java's BigDecimal reads.
func parseDecimal(text []byte) (decimal, bool) {
	var d decimal
	b := text
	if len(b) > 0 && (b[0] == '+' || b[0] == '-') {
		d.neg = b[0] == '-'
		b = b[1:]
	}
	seen, point := 0, false
	for len(b) > 0 {
		c := b[0]
		if c == '.' && !point {
			point = true
		} else if c-'0' <= 9 {
			seen++
			if point {
				d.scale++
			}
			if c != '0' || len(d.digits) > 0 {
				d.digits = append(d.digits, c)
			}
		} else {
			break
		}
		b = b[1:]
	}
	if seen == 0 {
		return d, false
	}
	if len(b) > 0 {
		if b[0]|0x20 != 'e' || len(b) > 1024 {
			return d, false
		}
		exp, err := strconv.ParseInt(string(b[1:]), 10, 32)
		if err != nil {
			return d, false
		}
		d.scale -= exp
	}
	return d, d.scale == int64(int32(d.scale))
}

// long gives d without its fraction, where 64 bits hold it.
func (d decimal) long() (int64, bool) {
	whole := int64(len(d.digits)) - d.scale
	if len(d.digits) == 0 || whole <= 0 {
		return 0, true
	}
	if whole > 19 {
		return 0, false
	}
	b := make([]byte, 0, 20)
	if d.neg {
		b = append(b, '-')
	}
	for i := range int(whole) {
		if i < len(d.digits) {
			b = append(b, d.digits[i])
		} else {
			b = append(b, '0')
		}
	}
	n, err := strconv.ParseInt(string(b), 10, 64)
	return n, err == nil
}

// text gives d as BigDecimal's toString does: plain down to six zeros behind the
// point, scientific beyond and for every positive exponent.
func (d decimal) text() []byte {
	digits := d.digits
	if len(digits) == 0 {
		digits = []byte("0")
	}
	var out []byte
	if d.neg && len(d.digits) > 0 {
		out = append(out, '-')
	}
	n := int64(len(digits))
	exponent := n - 1 - d.scale
	switch {
	case d.scale == 0:
		return append(out, digits...)
	case d.scale > 0 && exponent >= -6:
		if n > d.scale {
			out = append(out, digits[:n-d.scale]...)
			out = append(out, '.')
			return append(out, digits[n-d.scale:]...)
		}
		out = append(out, "0."...)
		for range d.scale - n {
			out = append(out, '0')
		}
		return append(out, digits...)
	}
	out = append(out, digits[0])
	if n > 1 {
		out = append(out, '.')
		out = append(out, digits[1:]...)
	}
	if exponent != 0 {
		out = append(out, 'E')
		if exponent > 0 {
			out = append(out, '+')
		}
		out = strconv.AppendInt(out, exponent, 10)
	}
	return out
}

// canonical gives a bare word that is a boolean or a number as a String column
// shows it; false for every other word.
func canonical(word []byte) ([]byte, bool) {
	switch {
	case bytes.EqualFold(word, []byte("true")):
		return []byte("true"), true
	case bytes.EqualFold(word, []byte("false")):
		return []byte("false"), true
	}
	if n, ok := decimalHexOctal(word); ok {
		return strconv.AppendInt(nil, n, 10), true
	}
	if d, ok := parseDecimal(word); ok {
		return d.text(), true
	}
	return nil, false
}

// toFloat reads what Java's Double.parseDouble reads, or Float.parseFloat for 32
// bits: with white space around, NaN and Infinity, a suffix d or f, hexadecimal.
func toFloat(text []byte, bits int) (float64, bool) {
	b := bytes.TrimFunc(text, atMostSpace)
	sign, rest := "", b
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		sign, rest = string(b[:1]), b[1:]
	}
	switch string(rest) {
	case "NaN":
		return math.NaN(), true
	case "Infinity":
		if sign == "-" {
			return math.Inf(-1), true
		}
		return math.Inf(1), true
	}
	hex := len(rest) > 2 && rest[0] == '0' && rest[1]|0x20 == 'x'
	if n := len(rest); n > 1 && (rest[n-1]|0x20 == 'd' || rest[n-1]|0x20 == 'f') && (!hex || bytes.ContainsAny(rest, "pP")) {
		rest = rest[:n-1]
	}
	if !numberLike(rest, hex) {
		return 0, false
	}
	d, err := strconv.ParseFloat(sign+string(rest), bits)
	if err != nil && !math.IsInf(d, 0) {
		return 0, false
	}
	return d, true
}

// numberLike refuses what Go's parser takes and Java's does not: underscores,
// inf and nan in words, a second sign.
func numberLike(b []byte, hex bool) bool {
	if len(b) == 0 || b[0] == '-' || b[0] == '+' {
		return false
	}
	for i, c := range b {
		switch {
		case '0' <= c && c <= '9', c == '.', c == '+', c == '-', c|0x20 == 'e':
		case hex && (isHex(c) || i == 1 || c|0x20 == 'p'):
		default:
			return false
		}
	}
	return true
}

// toDate reads a day: Y-M-D with parts that may overflow into the next, as
// Java's lenient calendar takes them, and anything behind a space; or a number
// of days since 1970-01-01.
func toDate(text []byte) (int32, bool) {
	b := bytes.TrimFunc(text, atMostSpace)
	if i := bytes.IndexByte(b, ' '); i >= 0 {
		b = b[:i]
	}
	if days, ok := calendarDays(b); ok {
		return days, true
	}
	n, ok := decimalHexOctal(text)
	if !ok || n != int64(int32(n)) {
		return 0, false
	}
	return int32(n), true
}

func calendarDays(b []byte) (int32, bool) {
	var part [3]int64
	for i := range part {
		if i > 0 {
			if len(b) == 0 || b[0] != '-' {
				return 0, false
			}
			b = b[1:]
		}
		neg := len(b) > 0 && b[0] == '-'
		if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
			b = b[1:]
		}
		n := 0
		for n < len(b) && n < 9 && b[n]-'0' <= 9 {
			part[i] = part[i]*10 + int64(b[n]-'0')
			n++
		}
		if n == 0 {
			return 0, false
		}
		if neg {
			part[i] = -part[i]
		}
		b = b[n:]
	}
	if len(b) > 0 {
		return 0, false
	}
	// Months first, then days, so that each overflows into what is before it.
	months := part[0]*12 + part[1] - 1
	year := months / 12
	if months%12 < 0 {
		year--
	}
	if year < -6_000_000 || year > 6_000_000 {
		return 0, false
	}
	first := time.Date(int(year), time.Month(months-year*12+1), 1, 0, 0, 0, 0, time.UTC)
	days := first.Unix()/86400 + part[2] - 1
	return int32(days), days == int64(int32(days))
}
