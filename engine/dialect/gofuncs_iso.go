package dialect

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// isoReader reads an ISO 8601 text as java.time does: field by field, failing at the
// index of the field that does not fit.
type isoReader struct {
	s  string
	at int
}

// number reads from lo to hi digits; of a bad one the reader stays in front.
func (r *isoReader) number(lo, hi int) (int, bool) {
	end := r.at
	for end < len(r.s) && end-r.at < hi && isDigit(r.s[end]) {
		end++
	}
	if end-r.at < lo {
		return 0, false
	}
	n, _ := strconv.Atoi(r.s[r.at:end])
	r.at = end
	return n, true
}

// char reads one of the characters of set.
func (r *isoReader) char(set string) bool {
	if r.at < len(r.s) && strings.IndexByte(set, r.s[r.at]) >= 0 {
		r.at++
		return true
	}
	return false
}

// year reads a year: four digits, or more behind a sign.
func (r *isoReader) year() (int, bool) {
	from := r.at
	sign := r.char("+-")
	digits := r.at
	y, ok := r.number(4, 10)
	if long := r.at-digits > 4; !ok || long != (sign && r.s[from] == '+') && (long || r.s[from] == '+') {
		r.at = from
		return 0, false
	}
	if r.s[from] == '-' {
		y = -y
	}
	return y, true
}

// parseISONanos reads what from_iso8601_timestamp_nanos takes: a date and a time of
// day, with an offset or in UTC.
func parseISONanos(s string) (instant, error) {
	r := &isoReader{s: s}
	bad := func() (instant, error) {
		return instant{}, badArg("Text '%s' could not be parsed at index %d", s, r.at)
	}
	var month, day, hour, minute int
	year, ok := r.year()
	for _, f := range []struct {
		before string
		into   *int
	}{{"-", &month}, {"-", &day}, {"Tt", &hour}, {":", &minute}} {
		if !ok || !r.char(f.before) {
			return bad()
		}
		if *f.into, ok = r.number(2, 2); !ok {
			return bad()
		}
	}
	second, fraction := r.seconds()
	in := instant{zone: "UTC", rest: fraction % 1000 * 1000}
	clock := int64(hour*3600+minute*60+second)*1e6 + int64(fraction/1000)
	if zone, found := r.offset(); found {
		in.zone = zone
	}
	if r.at < len(s) {
		return instant{}, badArg("Text '%s' could not be parsed, unparsed text found at index %d", s, r.at)
	}
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if why := fieldError(month, day, hour, minute, second, t); why != "" {
		return instant{}, badArg("Text '%s' could not be parsed: %s", s, why)
	}
	in.micros = t.Unix()*1e6 + clock
	return in, nil
}

// seconds reads :SS and the nanoseconds behind it, which may both be missing.
func (r *isoReader) seconds() (second, nanos int) {
	from := r.at
	if !r.char(":") {
		return 0, 0
	}
	second, ok := r.number(2, 2)
	if !ok {
		r.at = from
		return 0, 0
	}
	if r.char(".") {
		digits := r.at
		nanos, _ = r.number(0, 9)
		for n := r.at - digits; n < 9; n++ {
			nanos *= 10
		}
	}
	return second, nanos
}

// offset reads Z or +HH:MM.
func (r *isoReader) offset() (string, bool) {
	if r.char("Zz") {
		return "UTC", true
	}
	from := r.at
	if r.char("+-") {
		h, ok := r.number(2, 2)
		if ok && r.char(":") {
			if m, ok := r.number(2, 2); ok && h <= 18 && m <= 59 {
				if zone, ok := normalZone(fmt.Sprintf("%c%02d:%02d", r.s[from], h, m)); ok {
					return zone, true
				}
			}
		}
	}
	r.at = from
	return "", false
}

// fieldError says which field is out of its range, as java.time does, or "".
func fieldError(month, day, hour, minute, second int, t time.Time) string {
	for _, f := range []struct {
		name          string
		value, lo, hi int
	}{{"MonthOfYear", month, 1, 12}, {"DayOfMonth", day, 1, 31}, {"HourOfDay", hour, 0, 23}, {"MinuteOfHour", minute, 0, 59}, {"SecondOfMinute", second, 0, 59}} {
		if f.value < f.lo || f.value > f.hi {
			span := fmt.Sprintf("%d - %d", f.lo, f.hi)
			if f.name == "DayOfMonth" {
				span = "1 - 28/31"
			}
			return fmt.Sprintf("Invalid value for %s (valid values %s): %d", f.name, span, f.value)
		}
	}
	if t.Day() != day {
		if month == 2 && day == 29 {
			return "Invalid date 'February 29' as '" + strconv.Itoa(t.Year()) + "' is not a leap year"
		}
		return fmt.Sprintf("Invalid date '%s %d'", strings.ToUpper(time.Month(month).String()), day)
	}
	return ""
}

// plainISO reads the common form, 2025-08-11T17:33:47.123456Z with up to six digits of
// a second or none, many times faster than a pattern would; ok is false for all others.
func plainISO(s string) (micros int64, ok bool) {
	local, zoned := strings.CutSuffix(s, "Z")
	micros, _, ok = plainTime(local, 'T')
	return micros, ok && zoned
}

// plainTime reads 2025-08-11, a separator, and 17:33:47.123456 with up to six digits of a
// second or none; ok is false for all others, be they times or not.
func plainTime(s string, separator byte) (micros int64, digits int, ok bool) {
	const form = "0000-00-00 00:00:00"
	digits = len(s) - len(form) - len(".")
	if digits < -1 || digits == 0 || digits > 6 || digits > 0 && s[len(form)] != '.' || s[10] != separator || s[13] != ':' || s[16] != ':' {
		return 0, 0, false
	}
	days, ok := plainDay(s[:10])
	hour, minute, second := two(s, 11), two(s, 14), two(s, 17)
	if !ok || hour|minute|second < 0 || hour > 23 || minute > 59 || second > 59 {
		return 0, 0, false
	}
	digits = max(digits, 0)
	part := int64(0)
	for i := range 6 {
		part *= 10
		if i < digits {
			c := s[len(form)+1+i]
			if !isDigit(c) {
				return 0, 0, false
			}
			part += int64(c - '0')
		}
	}
	return (days*86400+int64(hour*3600+minute*60+second))*1e6 + part, digits, true
}

// plainDay reads 2025-08-11 as days since the epoch; ok is false for all others.
func plainDay(s string) (days int64, ok bool) {
	if len(s) != len("0000-00-00") || s[4] != '-' || s[7] != '-' {
		return 0, false
	}
	century, year, month, day := two(s, 0), two(s, 2), two(s, 5), two(s, 8)
	if century|year|month|day < 0 {
		return 0, false
	}
	t := time.Date(century*100+year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	return t.Unix() / 86400, int(t.Month()) == month && t.Day() == day
}

// two reads two digits of s from i on; it is negative where they are none.
func two(s string, i int) int {
	if !isDigit(s[i]) || !isDigit(s[i+1]) {
		return -1
	}
	return int(s[i]-'0')*10 + int(s[i+1]-'0')
}
