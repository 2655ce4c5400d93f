package dialect

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// String is toString of what an argument is in Java.
func (a formatArg) String() string {
	switch a.kind {
	case 'n':
		return javaDecimal(a.text)
	case 'D', 'T', 't', 'z':
	default:
		return a.text
	}
	t, zone := a.moment()
	if a.kind == 'D' {
		return javaDate(t)
	}
	text := t.Format("15:04")
	if t.Second() > 0 || t.Nanosecond() > 0 {
		text = t.Format("15:04:05")
	}
	if n := t.Nanosecond(); n > 0 {
		digits := strings.TrimRight(fmt.Sprintf("%09d", n), "0")
		for len(digits)%3 != 0 {
			digits += "0"
		}
		text += "." + digits
	}
	switch a.kind {
	case 'T':
		return text
	case 't':
		return javaDate(t) + "T" + text
	}
	offset := "Z07:00"
	if _, seconds := t.Zone(); seconds%60 != 0 { // the sun's time of a place, before it had a zone
		offset = "Z07:00:00"
	}
	text = javaDate(t) + "T" + text + t.Format(offset)
	if strings.ContainsFunc(zone, unicode.IsLetter) {
		text += "[" + zone + "]"
	}
	return text
}

// javaDate is LocalDate.toString.
func javaDate(t time.Time) string {
	y := t.Year()
	text := fmt.Sprintf("%04d", y)
	switch {
	case y > 9999:
		text = "+" + text
	case y < 0:
		text = fmt.Sprintf("-%04d", -y)
	}
	return text + t.Format("-01-02")
}

// javaDecimal is BigDecimal.toString: small numbers have an exponent.
func javaDecimal(text string) string {
	body := strings.TrimPrefix(text, "-")
	_, frac, _ := strings.Cut(body, ".")
	digits := strings.TrimLeft(strings.Replace(body, ".", "", 1), "0")
	if digits == "" {
		digits = "0"
	}
	exp := len(digits) - 1 - len(frac)
	if exp >= -6 {
		return text
	}
	if len(digits) > 1 {
		digits = digits[:1] + "." + digits[1:]
	}
	return text[:len(text)-len(body)] + digits + "E" + strconv.Itoa(exp)
}

// moment gives the time of a temporal argument, or of a number of milliseconds,
// in its zone: days, or microseconds, the nanoseconds below them and the number of
// the zone.
func (a formatArg) moment() (time.Time, string) {
	count, rest, _ := strings.Cut(a.text, "|")
	nanos, number, _ := strings.Cut(rest, "|")
	n, _ := strconv.ParseInt(count, 10, 64)
	switch a.kind {
	case 'D':
		return time.Unix(n*86400, 0).UTC(), ""
	case 'l':
		return time.UnixMilli(n).UTC(), "UTC"
	}
	below, _ := strconv.ParseInt(nanos, 10, 64)
	zone := ""
	if z, err := strconv.ParseInt(number, 10, 64); err == nil {
		zone = zoneName(z)
	}
	return time.UnixMicro(n).Add(time.Duration(below)).In(location(zone)), zone
}

// dateParts, clockParts and zoneParts are the conversions of %t by what an
// argument must have for them.
const (
	dateParts  = "aAbBhCYyjmde"
	clockParts = "HkIlMNLpS"
	zoneParts  = "QszZ"
)

// composed are the conversions that stand for several.
var composed = map[byte]string{'R': "H:M", 'T': "H:M:S", 'r': "I:M:S p", 'c': "a b d T Z Y", 'D': "m/d/y", 'F': "Y-m-d"}

func (s *formatSpec) printTime(arg formatArg) (string, error) {
	if strings.IndexByte("lDTtz", arg.kind) < 0 {
		return "", s.mismatch(arg)
	}
	t, zone := arg.moment()
	out, err := timeField(s.conv, arg, t, zone)
	if err != nil {
		return "", err
	}
	if s.upper {
		out = strings.ToUpper(out)
	}
	return s.justify(out), nil
}

func timeField(conv byte, arg formatArg, t time.Time, zone string) (string, error) {
	if parts, ok := composed[conv]; ok {
		out := ""
		for _, c := range []byte(parts) {
			if !isLetter(c) {
				out += string(c)
				continue
			}
			text, err := timeField(c, arg, t, zone)
			if err != nil {
				return "", err
			}
			if c == 'p' {
				text = strings.ToUpper(text)
			}
			out += text
		}
		return out, nil
	}
	kinds := "ltzD"
	switch {
	case strings.IndexByte(clockParts, conv) >= 0:
		kinds = "ltzT"
	case strings.IndexByte(zoneParts, conv) >= 0:
		kinds = "lz"
	}
	if strings.IndexByte(kinds, arg.kind) < 0 {
		return "", (&formatSpec{conv: conv}).mismatch(arg)
	}
	if strings.IndexByte(dateParts, conv) >= 0 {
		return dateField(conv, t), nil
	}
	return clockField(conv, t, zone)
}

func dateField(conv byte, t time.Time) string {
	era := t.Year()
	if era <= 0 {
		era = 1 - era
	}
	switch conv {
	case 'a':
		return t.Format("Mon")
	case 'A':
		return t.Format("Monday")
	case 'b', 'h':
		return t.Format("Jan")
	case 'B':
		return t.Format("January")
	case 'C':
		return fmt.Sprintf("%02d", era/100)
	case 'Y':
		return fmt.Sprintf("%04d", era)
	case 'y':
		return fmt.Sprintf("%02d", era%100)
	case 'j':
		return fmt.Sprintf("%03d", t.YearDay())
	case 'm':
		return fmt.Sprintf("%02d", int(t.Month()))
	case 'd':
		return fmt.Sprintf("%02d", t.Day())
	}
	return strconv.Itoa(t.Day())
}

func clockField(conv byte, t time.Time, zone string) (string, error) {
	switch conv {
	case 'H':
		return fmt.Sprintf("%02d", t.Hour()), nil
	case 'k':
		return strconv.Itoa(t.Hour()), nil
	case 'I':
		return t.Format("03"), nil
	case 'l':
		return t.Format("3"), nil
	case 'M':
		return fmt.Sprintf("%02d", t.Minute()), nil
	case 'S':
		return fmt.Sprintf("%02d", t.Second()), nil
	case 'L':
		return fmt.Sprintf("%03d", t.Nanosecond()/1e6), nil
	case 'N':
		return fmt.Sprintf("%09d", t.Nanosecond()), nil
	case 'p':
		return t.Format("pm"), nil
	case 'Q':
		return strconv.FormatInt(t.UnixMilli(), 10), nil
	case 's':
		return strconv.FormatInt(t.Unix(), 10), nil
	case 'z':
		return t.Format("-0700"), nil
	}
	if !strings.ContainsFunc(zone, unicode.IsLetter) {
		return zone, nil
	}
	return shortZone(t, zone)
}

// shortZone gives the short name that a named zone has at t.
func shortZone(t time.Time, zone string) (string, error) {
	if name, _ := t.Zone(); !strings.ContainsFunc(name, unicode.IsDigit) {
		return name, nil
	}
	return "", failed{"NOT_SUPPORTED", "the short name of time zone " + zone + " is not supported by the local engine"}
}

// decimalHash is BigDecimal.hashCode, of up to 18 digits.
func decimalHash(text string) (uint32, bool) {
	_, frac, _ := strings.Cut(text, ".")
	n, _ := new(big.Int).SetString(strings.Replace(text, ".", "", 1), 10)
	if n == nil || !n.IsInt64() {
		return 0, false
	}
	abs := new(big.Int).Abs(n).Uint64()
	h := uint32(abs>>32)*31 + uint32(abs)
	if n.Sign() < 0 {
		h = -h
	}
	return 31*h + uint32(len(frac)), true
}
