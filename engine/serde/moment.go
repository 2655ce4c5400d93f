package serde

import (
	"bytes"
	"math/big"
	"strconv"
	"time"
)

// instant is a time without a zone, as Java decodes it.
type instant struct {
	seconds int64 // since 1970-01-01 00:00:00
	nanos   int64 // 0 up to below a second
}

// putTime writes a time, rounded half up to the column's digits; false means
// NULL: it does not fit.
func (v *Vector) putTime(row int, t instant) bool {
	const widest = 9223372036854 - 1 // seconds whose microseconds 64 bits hold
	if t.seconds > widest || t.seconds < -widest {
		return false
	}
	unit := int64(1)
	for range 9 - min(v.Column.Type.Precision, 6) {
		unit *= 10
	}
	nanos := (t.nanos + unit/2) / unit * unit
	v.BigInts[row] = t.seconds*1e6 + nanos/1000
	return true
}

// putDecimal writes a decimal, rounded half up to the column's scale; false means
// NULL: it has too many digits.
func (v *Vector) putDecimal(row int, d decimal) bool {
	n, ok := d.unscaled(v.Column.Type.Precision, v.Column.Type.Scale)
	if !ok {
		return false
	}
	if !v.wide() {
		v.BigInts[row] = n.Int64()
		return true
	}
	low := new(big.Int).And(n, new(big.Int).SetUint64(^uint64(0)))
	high := new(big.Int).Rsh(n, 64)
	v.Wide[row] = [2]uint64{low.Uint64(), uint64(high.Int64())}
	return true
}

// unscaled gives d times ten to the power of scale, where it has no more digits
// than precision.
func (d decimal) unscaled(precision, scale int) (*big.Int, bool) {
	n := new(big.Int)
	whole := int64(len(d.digits)) - d.scale + int64(scale) // digits before the new point's end
	switch {
	case len(d.digits) == 0 || whole < 0:
		return n, true
	case whole > int64(precision)+1:
		return nil, false
	}
	digits := make([]byte, 0, whole+1)
	for i := range int(whole) {
		if i < len(d.digits) {
			digits = append(digits, d.digits[i])
		} else {
			digits = append(digits, '0')
		}
	}
	if len(digits) > 0 {
		n.SetString(string(digits), 10)
	}
	if int(whole) < len(d.digits) && d.digits[whole] >= '5' {
		n.Add(n, big.NewInt(1))
	}
	if len(n.String()) > precision {
		return nil, false
	}
	if d.neg {
		n.Neg(n)
	}
	return n, true
}

// looseTime reads a time as OpenX JSON does: in one of the formats of the table,
// as Hive writes it, in ISO 8601 with or without an offset, or as a number of
// seconds or, from 13 characters on, milliseconds.
func looseTime(text []byte, formats []*Pattern) (instant, bool) {
	for _, f := range formats {
		if t, ok := f.parse(string(text)); ok {
			return t, true
		}
	}
	if bytes.IndexByte(text, ':') > 0 {
		if t, ok := offsetTime(text); ok {
			return t, true
		}
		return hiveTime(text)
	}
	for _, c := range text {
		if c-'0' > 9 && c != '-' && c != '+' && c != '.' {
			return instant{}, false
		}
	}
	if bytes.IndexByte(text, '.') >= 0 {
		d, ok := parseDecimal(text)
		if !ok {
			return instant{}, false
		}
		d.scale -= 3
		ms, ok := d.long()
		return ofMillis(ms), ok
	}
	n, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		return instant{}, false
	}
	if len(text) >= 13 {
		return ofMillis(n), true
	}
	return instant{seconds: n}, true
}

func ofMillis(ms int64) instant {
	t := instant{seconds: ms / 1000, nanos: ms % 1000 * 1e6}
	if t.nanos < 0 {
		t.seconds--
		t.nanos += 1e9
	}
	return t
}

// offsetTime reads ISO 8601 with Z or an offset behind it.
func offsetTime(text []byte) (instant, bool) {
	n := len(text)
	offset := int64(0)
	switch {
	case n > 0 && text[n-1]|0x20 == 'z':
		text = text[:n-1]
	case n >= 5 && (text[n-5] == '+' || text[n-5] == '-') && allDigits(text[n-4:]):
		offset = clockOffset(text[n-5], text[n-4:n-2], text[n-2:])
		text = text[:n-5]
	case n >= 6 && (text[n-6] == '+' || text[n-6] == '-') && text[n-3] == ':' && allDigits(text[n-5:n-3]) && allDigits(text[n-2:]):
		offset = clockOffset(text[n-6], text[n-5:n-3], text[n-2:])
		text = text[:n-6]
	default:
		return instant{}, false
	}
	t, ok := isoTime(text)
	t.seconds -= offset
	return t, ok
}

func clockOffset(sign byte, hours, minutes []byte) int64 {
	h, _ := strconv.ParseInt(string(hours), 10, 64)
	m, _ := strconv.ParseInt(string(minutes), 10, 64)
	if sign == '-' {
		return -(h*3600 + m*60)
	}
	return h*3600 + m*60
}

func allDigits(b []byte) bool {
	for _, c := range b {
		if c-'0' > 9 {
			return false
		}
	}
	return len(b) > 0
}

// hiveTime reads Y-M-D h:m:s with up to nine digits of a fraction, or ISO 8601
// without a zone. Parts may overflow into what is before them.
func hiveTime(text []byte) (instant, bool) {
	text = bytes.TrimFunc(text, atMostSpace)
	if t, ok := timeParts(text, ' ', true); ok {
		return t, true
	}
	return isoTime(text)
}

// isoTime reads a day, T, hours and minutes, and perhaps seconds.
func isoTime(text []byte) (instant, bool) {
	at := bytes.IndexAny(text, "Tt")
	if at < 0 {
		return instant{}, false
	}
	return timeParts(text, text[at], false)
}

func timeParts(text []byte, between byte, needSeconds bool) (instant, bool) {
	at := bytes.IndexByte(text, between)
	if at < 0 {
		return instant{}, false
	}
	days, ok := calendarDays(text[:at])
	if !ok {
		return instant{}, false
	}
	clock := text[at+1:]
	var part [3]int64
	n := 0
	for ; n < 3; n++ {
		if n > 0 {
			if len(clock) == 0 && n == 2 && !needSeconds {
				break
			}
			if len(clock) == 0 || clock[0] != ':' {
				return instant{}, false
			}
			clock = clock[1:]
		}
		digits := 0
		for digits < len(clock) && digits < 9 && clock[digits]-'0' <= 9 {
			part[n] = part[n]*10 + int64(clock[digits]-'0')
			digits++
		}
		if digits == 0 {
			return instant{}, false
		}
		clock = clock[digits:]
	}
	nanos, ok := fraction(clock, n == 3)
	return instant{seconds: int64(days)*86400 + part[0]*3600 + part[1]*60 + part[2], nanos: nanos}, ok
}

// fraction reads what follows the seconds: nothing, or a point and up to nine
// digits.
func fraction(b []byte, allowed bool) (int64, bool) {
	if len(b) == 0 {
		return 0, true
	}
	if b[0] != '.' || !allowed || len(b) > 10 || len(b) > 1 && !allDigits(b[1:]) {
		return 0, false
	}
	nanos := int64(0)
	for i := range 9 {
		nanos *= 10
		if i+1 < len(b) {
			nanos += int64(b[i+1] - '0')
		}
	}
	return nanos, true
}

func ofTime(t time.Time) instant {
	return instant{seconds: t.Unix(), nanos: int64(t.Nanosecond())}
}
