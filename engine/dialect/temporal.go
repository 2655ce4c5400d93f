package dialect

import (
	"regexp"
	"strconv"
	"time"
)

// Times and zones as Trino writes and reads them.

var (
	datePattern     = regexp.MustCompile(`^([-+]?\d{1,9})-(\d{1,2})-(\d{1,2})$`)
	dateTimePattern = regexp.MustCompile(`^([-+]?\d{4,})-(\d{1,2})-(\d{1,2})( (?:(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d+))?)?)?\s*(.+)?)?$`)
	timePattern     = regexp.MustCompile(`^(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d+))?)?\s*([+-]\d\d?(?::\d\d)?)?$`)
)

// instant is a point of local time, with the zone that stood behind it.
type instant struct {
	micros int64 // of local time since the epoch
	digits int   // of the second's fraction as written
	rest   int   // picoseconds below a microsecond
	zone   string
}

// hasMillis says whether the instant is one that Trino has with a time zone: there
// its milliseconds have 52 bits.
func (in instant) hasMillis() bool {
	const limit = int64(1) << 51 * 1000
	us := in.micros
	if in.zone != "" {
		us = toInstant(us, in.zone)
	}
	return -limit <= us && us < limit
}

// parseZoned is parseTimestamp of what is to have a time zone.
func parseZoned(s string) (instant, bool) {
	in, ok := parseTimestamp(s)
	return in, ok && in.hasMillis()
}

// parseDate reads 2025-8-1; days since the epoch.
func parseDate(s string) (int64, bool) {
	if days, ok := plainDay(s); ok {
		return days, true
	}
	return anyDate(s)
}

func anyDate(s string) (int64, bool) {
	m := datePattern.FindStringSubmatch(s)
	if m == nil {
		return 0, false
	}
	t, ok := civil(m[1], m[2], m[3])
	return t.Unix() / 86400, ok
}

func civil(year, month, day string) (time.Time, bool) {
	y, err := strconv.Atoi(year)
	mo, _ := strconv.Atoi(month)
	d, _ := strconv.Atoi(day)
	if err != nil || y < -290000 || y > 290000 {
		return time.Time{}, false
	}
	t := time.Date(y, time.Month(mo), d, 0, 0, 0, 0, time.UTC)
	return t, t.Year() == y && int(t.Month()) == mo && t.Day() == d
}

// parseTimestamp reads 2025-08-11 17:33:47.123 Europe/Berlin; what is behind the
// day may be missing.
func parseTimestamp(s string) (instant, bool) {
	if micros, digits, ok := plainTime(s, ' '); ok {
		return instant{micros: micros, digits: digits}, true
	}
	return anyTimestamp(s)
}

func anyTimestamp(s string) (instant, bool) {
	m := dateTimePattern.FindStringSubmatch(s)
	if m == nil {
		return instant{}, false
	}
	t, ok := civil(m[1], m[2], m[3])
	if !ok {
		return instant{}, false
	}
	clock, digits, rest, ok := clockOf(m[5], m[6], m[7], m[8])
	in := instant{micros: t.Unix()*1e6 + clock, digits: digits, rest: rest}
	if m[9] != "" {
		z, good := normalZone(m[9])
		if !good {
			return instant{}, false
		}
		in.zone = z
		at := toInstant(in.micros, z)
		_, off := time.UnixMicro(at).In(location(z)).Zone()
		ok = ok && at+int64(off)*1e6 == in.micros // a time that a gap leaves out is none
	}
	return in, ok
}

// clockOf gives the microseconds of a time of day.
func clockOf(hour, minute, second, fraction string) (micros int64, digits, rest int, ok bool) {
	h, _ := strconv.Atoi(hour)
	mi, _ := strconv.Atoi(minute)
	se, _ := strconv.Atoi(second)
	if h > 23 || mi > 59 || se > 59 {
		return 0, 0, 0, false
	}
	f, _ := strconv.ParseInt((fraction + "000000000000")[:12], 10, 64)
	return int64(h*3600+mi*60+se)*1e6 + f/1e6, len(fraction), int(f % 1e6), true
}

// parseTime reads 01:02:03.456; microseconds of the day.
func parseTime(s string) (instant, bool) {
	m := timePattern.FindStringSubmatch(s)
	if m == nil {
		return instant{}, false
	}
	clock, digits, rest, ok := clockOf(m[1], m[2], m[3], m[4])
	if ok && m[5] != "" {
		_, ok = offsetMinutes(m[5])
	}
	return instant{micros: clock, digits: digits, rest: rest, zone: m[5]}, ok
}

// roundTo rounds microseconds to p digits of the second, half up.
func roundTo(micros int64, p int) int64 {
	unit := int64(1)
	for i := p; i < 6; i++ {
		unit *= 10
	}
	if unit == 1 {
		return micros
	}
	return floorDiv(micros+unit/2, unit) * unit
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

// toInstant gives the microseconds of the instant at which zone shows the local
// time micros. In a gap the time moves on by its length; of two the earlier is
// taken, as Java does.
func toInstant(micros int64, zone string) int64 {
	loc := location(zone)
	if loc == time.UTC {
		return micros
	}
	guess := func(at int64) int64 {
		_, off := time.UnixMicro(at).In(loc).Zone()
		return int64(off) * 1e6
	}
	// The offset before the transition is the one a day earlier has.
	before := guess(micros - 86400e6)
	at := micros - before
	if guess(at) == before {
		return at
	}
	after := guess(micros + 86400e6)
	if at2 := micros - after; guess(at2) == after {
		return at2
	}
	return at // a gap: the earlier offset moves the time on
}

// parseLocalTime is parseTime of a text without an offset.
func parseLocalTime(s string) (instant, bool) {
	in, ok := parseTime(s)
	return in, ok && in.zone == ""
}
