package dialect

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // the machine's zones may be missing, or older than these
)

// Times and zones as Trino writes and reads them.

var (
	datePattern     = regexp.MustCompile(`^([-+]?\d{1,9})-(\d{1,2})-(\d{1,2})$`)
	dateTimePattern = regexp.MustCompile(`^([-+]?\d{4,})-(\d{1,2})-(\d{1,2})( (?:(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d+))?)?)?\s*(.+)?)?$`)
	timePattern     = regexp.MustCompile(`^(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d+))?)?\s*([+-]\d\d?(?::\d\d)?)?$`)
	offsetPattern   = regexp.MustCompile(`^([+-])(\d\d?)(?::?(\d\d))?$`)
)

// instant is a point of local time, with the zone that stood behind it.
type instant struct {
	micros int64 // of local time since the epoch
	digits int   // of the second's fraction as written
	nanos  int   // below a microsecond
	zone   string
}

// parseDate reads 2025-8-1; days since the epoch.
func parseDate(s string) (int64, bool) {
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
	m := dateTimePattern.FindStringSubmatch(s)
	if m == nil {
		return instant{}, false
	}
	t, ok := civil(m[1], m[2], m[3])
	if !ok {
		return instant{}, false
	}
	clock, digits, nanos, ok := clockOf(m[5], m[6], m[7], m[8])
	in := instant{micros: t.Unix()*1e6 + clock, digits: digits, nanos: nanos}
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
func clockOf(hour, minute, second, fraction string) (micros int64, digits, nanos int, ok bool) {
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
	clock, digits, nanos, ok := clockOf(m[1], m[2], m[3], m[4])
	return instant{micros: clock, digits: digits, nanos: nanos, zone: m[5]}, ok
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

// normalZone gives the name that Trino shows for a zone: UTC, +02:00 or an IANA
// name. Short names other than UTC, GMT and the like are none of Trino's.
func normalZone(z string) (string, bool) {
	switch strings.ToUpper(z) {
	case "UTC", "GMT", "Z", "UT", "ZULU", "UCT", "ETC/UTC", "ETC/GMT", "ETC/UCT", "ETC/ZULU", "GMT0", "ETC/GMT0", "GREENWICH", "ETC/GREENWICH", "UNIVERSAL", "ETC/UNIVERSAL":
		return "UTC", true
	}
	for _, p := range []string{"UTC", "GMT", "UT"} {
		if rest, ok := strings.CutPrefix(z, p); ok && offsetPattern.MatchString(rest) {
			z = rest
			break
		}
	}
	if m := offsetPattern.FindStringSubmatch(z); m != nil {
		h, _ := strconv.Atoi(m[2])
		mi, _ := strconv.Atoi(m[3])
		if h > 14 || mi > 59 || h == 14 && mi > 0 {
			return "", false
		}
		if h == 0 && mi == 0 {
			return "UTC", true
		}
		return fmt.Sprintf("%s%02d:%02d", m[1], h, mi), true
	}
	if !strings.Contains(z, "/") || strings.HasPrefix(z, "/") {
		return "", false
	}
	loc, err := time.LoadLocation(z)
	if err != nil {
		return "", false
	}
	return loc.String(), true
}

// location gives the zone of a normal name.
func location(z string) *time.Location {
	if z == "" || z == "UTC" {
		return time.UTC
	}
	if m := offsetPattern.FindStringSubmatch(z); m != nil {
		return time.FixedZone(z, offsetSeconds(m))
	}
	loc, err := time.LoadLocation(z)
	if err != nil {
		return time.UTC
	}
	return loc
}

func offsetSeconds(m []string) int {
	h, _ := strconv.Atoi(m[2])
	mi, _ := strconv.Atoi(m[3])
	n := h*3600 + mi*60
	if m[1] == "-" {
		return -n
	}
	return n
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

// localCode gives the local time of an instant in zone, as DuckDB TIMESTAMP.
func localCode(code, zone string) string {
	if m := offsetPattern.FindStringSubmatch(zone); m != nil {
		return fmt.Sprintf("(timezone('UTC', %s) + to_seconds(%d))", code, offsetSeconds(m))
	}
	if zone == "" {
		zone = "UTC"
	}
	return "timezone(" + quoteText(zone) + ", " + code + ")"
}

// instantCode is the way back: the instant of a local TIMESTAMP in zone.
func instantCode(code, zone string) string {
	if m := offsetPattern.FindStringSubmatch(zone); m != nil {
		return fmt.Sprintf("timezone('UTC', %s - to_seconds(%d))", code, offsetSeconds(m))
	}
	if zone == "" || zone == "UTC" {
		return "timezone('UTC', " + code + ")"
	}
	return "make_timestamptz(acme_to_instant(epoch_us(" + code + "), " + quoteText(zone) + "))"
}
