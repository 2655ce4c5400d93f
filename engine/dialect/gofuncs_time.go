package dialect

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"acme/telemetry/engine/floattext"
)

func timeGoFunctions() []ScalarFunction {
	// reads makes a function of what a text is read as, to so many digits.
	reads := func(name, types string, parse func(text string) (instant, error), give func(in instant, p int) (any, error)) ScalarFunction {
		return fn(name, "VARCHAR,INTEGER,"+types, func(a []any) (any, error) {
			in, err := parse(a[0].(string))
			if err != nil {
				return nil, err
			}
			return give(in, int(a[1].(int32)))
		})
	}
	// read makes one that reads a text of a type.
	read := func(name, types, what string, parse func(string) (instant, bool), give func(in instant, p int) (any, error)) ScalarFunction {
		return reads(name, types, func(text string) (instant, error) { return readTime(text, text, what, parse) }, give)
	}
	mysql := &patternCache{compile: func(format string, _ int) ([]element, error) { return mysqlElements(format) }}
	joda := &patternCache{compile: jodaElements}
	return []ScalarFunction{
		wholeOf("cast_date", func(s string) (int64, error) {
			d, ok := parseDate(strings.TrimSpace(s))
			if !ok {
				return 0, badCast("Value cannot be cast to date: %s", s)
			}
			return d, nil
		}),
		reads("cast_timestamp", "BIGINT", readTimestamp, func(in instant, p int) (any, error) { return in.rounded(p), nil }),
		wholeOf("cast_millis", func(s string) (int64, error) { // cast_timestamp to milliseconds, as nearly all are
			in, err := readTimestamp(s)
			return in.rounded(3), err
		}),
		reads("cast_picos", "HUGEINT", readTimestamp, func(in instant, p int) (any, error) { return in.picos(p), nil }),
		read("cast_time", "BIGINT", "time", parseLocalTime, func(in instant, p int) (any, error) { return in.dayPicos(p), nil }),
		read("cast_timetz", "VARCHAR", "time with time zone", parseTime, func(in instant, p int) (any, error) {
			minutes, _ := offsetMinutes(in.zone)
			return clockZoned(in.dayPicos(p), minutes), nil
		}),
		read("cast_timestamptz", "BIGINT", "timestamp", parseZoned, func(in instant, p int) (any, error) {
			return in.rounded(p), in.onlyUTC()
		}),
		read("cast_picostz", "HUGEINT", "timestamp", parseTimestamp, func(in instant, p int) (any, error) {
			return in.picos(p), in.onlyUTC()
		}),
		read("cast_zoned", "VARCHAR", "timestamp", parseZoned, func(in instant, p int) (any, error) {
			return zonedText(in.rounded(p)-in.micros+toInstant(in.micros, in.zone), zoneNumber(in.zone)), nil
		}),
		fn("to_instant", "BIGINT,VARCHAR,BIGINT", func(a []any) (any, error) { return toInstant(a[0].(int64), a[1].(string)), nil }),
		wholeOf("iso_timestamp", func(s string) (int64, error) {
			in, err := parseISO(s)
			if err != nil {
				return 0, err
			}
			return floorDiv(in.micros, 1000) * 1000, in.onlyUTC()
		}),
		fn("iso_nanos", "VARCHAR,HUGEINT", func(a []any) (any, error) {
			in, err := parseISONanos(a[0].(string))
			if err != nil {
				return nil, err
			}
			return in.picos(12), in.onlyUTC()
		}),
		fn("iso_date", "VARCHAR,BIGINT", isoDate),
		fn("date_format", "BIGINT,VARCHAR,VARCHAR", func(a []any) (any, error) { return dateFormat(a[0].(int64), a[1].(string)) }),
		fn("date_parse", "VARCHAR,VARCHAR,BIGINT", func(a []any) (any, error) {
			micros, _, err := mysql.read(a[0].(string), a[1].(string), 0)
			return micros, err
		}),
		fn("parse_datetime", "VARCHAR,VARCHAR,BIGINT,VARCHAR", func(a []any) (any, error) {
			micros, zone, err := joda.read(a[0].(string), a[1].(string), a[2].(int64))
			return zonedText(micros, zoneNumber(zone)), err
		}),
		fn("parse_instant", "VARCHAR,VARCHAR,BIGINT,BIGINT", func(a []any) (any, error) {
			micros, _, err := joda.read(a[0].(string), a[1].(string), a[2].(int64))
			return micros, err
		}),
		fn("joda_format", "BIGINT,BIGINT,VARCHAR,VARCHAR", func(a []any) (any, error) {
			if a[1].(int64) < 0 {
				return jodaFormat(time.UnixMicro(a[0].(int64)).UTC(), "", a[2].(string))
			}
			zone := zoneName(a[1].(int64))
			return jodaFormat(time.UnixMicro(a[0].(int64)).In(location(zone)), zone, a[2].(string))
		}),
		fn("interval_text", "BIGINT,VARCHAR", func(a []any) (any, error) { return intervalText(a[0].(int64)), nil }),
		fn("months_text", "BIGINT,VARCHAR", func(a []any) (any, error) {
			return monthsText(a[0].(int64)), nil
		}),
		fn("parse_duration", "VARCHAR,BIGINT", parseDuration),
		fn("human_seconds", "DOUBLE,VARCHAR", humanSeconds),
	}
}

// readTime reads a text of a type that is named, and shows it as shown where it is none.
func readTime(text, shown, what string, parse func(string) (instant, bool)) (instant, error) {
	in, ok := parse(strings.TrimSpace(text))
	if !ok || in.digits > 12 {
		return instant{}, badCast("Value cannot be cast to %s: %s", what, shown)
	}
	return in, nil
}

// readTimestamp reads a timestamp without a zone, and shows it without the spaces around it.
func readTimestamp(text string) (instant, error) {
	return readTime(text, strings.TrimSpace(text), "timestamp", parseTimestamp)
}

func offsetText(seconds int, utc string) string {
	if seconds == 0 {
		return utc
	}
	sign := "+"
	if seconds < 0 {
		sign, seconds = "-", -seconds
	}
	return fmt.Sprintf("%s%02d:%02d", sign, seconds/3600, seconds/60%60)
}

func intervalText(ms int64) string {
	sign, u := "", uint64(ms)
	if ms < 0 {
		sign, u = "-", -u
	}
	return fmt.Sprintf("%s%d %02d:%02d:%02d.%03d", sign, u/86400000, u/3600000%24, u/60000%60, u/1000%60, u%1000)
}

// onlyUTC refuses a time in another zone: where a column's zones are not known, they
// are taken to be UTC.
func (in instant) onlyUTC() error {
	if in.zone != "" && in.zone != "UTC" {
		return failed{"NOT_SUPPORTED", "a text in zone " + in.zone + " among others is not supported by the local engine: its zone would be lost"}
	}
	return nil
}

// rounded gives the microseconds rounded to p digits, what is finer taken in.
func (in instant) rounded(p int) int64 {
	if p < 6 {
		return roundTo(in.micros, p)
	}
	if in.rest >= 500000 {
		return in.micros + 1
	}
	return in.micros
}

var isoPattern = regexp.MustCompile(`^(?:([+-]?\d{1,9})(?:-(\d{1,2})(?:-(\d{1,2}))?|-W(\d{1,2})(?:-(\d))?|-(\d{3}))?)?(?:[Tt](?:(\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,9}))?)?)?)?([Zz]|[+-]\d{2}(?::?\d{2})?)?)?$`)

// parseISO reads what Joda's dateTimeParser does: a date, a time or both; days
// may count in the year or its weeks. Without a zone it is UTC.
func parseISO(s string) (instant, error) {
	if micros, ok := plainISO(s); ok {
		return instant{micros: micros, zone: "UTC"}, nil
	}
	return anyISO(s)
}

// anyISO is parseISO for every form.
func anyISO(s string) (instant, error) {
	bad := badArg("Invalid format: \"%s\"", s)
	m := isoPattern.FindStringSubmatch(s)
	if m == nil || s == "" || m[1] == "" && !strings.ContainsAny(s[:1], "Tt") {
		return instant{}, bad
	}
	y, mo, d := 1970, 1, 1
	if m[1] != "" {
		y, _ = strconv.Atoi(m[1])
	}
	var t time.Time
	switch {
	case m[4] != "":
		week, _ := strconv.Atoi(m[4])
		wd := 1
		if m[5] != "" {
			wd, _ = strconv.Atoi(m[5])
		}
		if wd < 1 || wd > 7 || week < 1 || week > 53 {
			return instant{}, bad
		}
		t = isoWeekStart(y).AddDate(0, 0, 7*(week-1)+wd-1)
		if gy, _ := t.ISOWeek(); gy != y {
			return instant{}, bad
		}
	case m[6] != "":
		n, _ := strconv.Atoi(m[6])
		t = time.Date(y, 1, n, 0, 0, 0, 0, time.UTC)
		if n < 1 || t.Year() != y {
			return instant{}, bad
		}
	default:
		if m[2] != "" {
			mo, _ = strconv.Atoi(m[2])
		}
		if m[3] != "" {
			d, _ = strconv.Atoi(m[3])
		}
		t = time.Date(y, time.Month(mo), d, 0, 0, 0, 0, time.UTC)
		if int(t.Month()) != mo || t.Day() != d {
			return instant{}, bad
		}
	}
	clock, ok := int64(0), true
	if m[7] != "" {
		clock, _, _, ok = clockOf(m[7], m[8], m[9], m[10])
	}
	in := instant{micros: t.Unix()*1e6 + clock, zone: "UTC"}
	if z := m[11]; z != "" {
		if in.zone, _ = normalZone(strings.ToUpper(z)); in.zone == "" {
			ok = false
		}
	}
	if !ok {
		return instant{}, bad
	}
	return in, nil
}

// isoWeekStart gives the Monday of the first week of an ISO year.
func isoWeekStart(year int) time.Time {
	t := time.Date(year, 1, 4, 0, 0, 0, 0, time.UTC)
	return t.AddDate(0, 0, -(int(t.Weekday())+6)%7)
}

func isoDate(a []any) (any, error) {
	s := a[0].(string)
	if i := strings.IndexAny(s, "Tt"); i >= 0 {
		return nil, badArg("Invalid format: \"%s\" is malformed at \"%s\"", s, s[i:])
	}
	in, err := parseISO(s)
	if err != nil {
		return nil, err
	}
	if year, _, _ := strings.Cut(strings.TrimLeft(s, "+-"), "-"); len(year) > 5 { // its microseconds overflow
		return nil, failed{"NOT_SUPPORTED", "a date or timestamp so far from 1970 is not supported by the local engine"}
	}
	return floorDiv(in.micros, 86400e6), nil
}

// notSupported are MySQL's letters that Trino refuses.
const notSupported = "DUuVwX"

// dateFormat prints local time by MySQL's letters.
func dateFormat(micros int64, format string) (any, error) {
	t := time.UnixMicro(micros).UTC()
	if format == "%" || format == "" {
		return nil, badArg("Both printing and parsing not supported")
	}
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			b.WriteByte(format[i])
			continue
		}
		if i++; i == len(format) {
			break
		}
		if err := formatLetter(&b, t, format[i]); err != nil {
			return nil, err
		}
	}
	return b.String(), nil
}

func formatLetter(b *strings.Builder, t time.Time, c byte) error {
	h12, ampm := (t.Hour()+11)%12+1, "AM"
	if t.Hour() >= 12 {
		ampm = "PM"
	}
	pad := func(n, digits int) { // what rows by the million have is not for fmt
		for limit := 10; digits > 1; limit, digits = limit*10, digits-1 {
			if n < limit {
				b.WriteString("0000"[:digits-1])
				break
			}
		}
		b.WriteString(strconv.Itoa(n))
	}
	switch c {
	case 'a':
		b.WriteString(t.Weekday().String()[:3])
	case 'b':
		b.WriteString(t.Month().String()[:3])
	case 'c':
		fmt.Fprintf(b, "%d", int(t.Month()))
	case 'd':
		pad(t.Day(), 2)
	case 'e':
		fmt.Fprintf(b, "%d", t.Day())
	case 'f':
		fmt.Fprintf(b, "%03d000", t.Nanosecond()/1e6)
	case 'H':
		pad(t.Hour(), 2)
	case 'h', 'I':
		fmt.Fprintf(b, "%02d", h12)
	case 'i':
		pad(t.Minute(), 2)
	case 'j':
		fmt.Fprintf(b, "%03d", t.YearDay())
	case 'k':
		fmt.Fprintf(b, "%d", t.Hour())
	case 'l':
		fmt.Fprintf(b, "%d", h12)
	case 'M':
		b.WriteString(t.Month().String())
	case 'm':
		pad(int(t.Month()), 2)
	case 'p':
		b.WriteString(ampm)
	case 'r':
		fmt.Fprintf(b, "%02d:%02d:%02d %s", h12, t.Minute(), t.Second(), ampm)
	case 'S', 's':
		pad(t.Second(), 2)
	case 'T':
		fmt.Fprintf(b, "%02d:%02d:%02d", t.Hour(), t.Minute(), t.Second())
	case 'v':
		_, week := t.ISOWeek()
		fmt.Fprintf(b, "%02d", week)
	case 'x':
		isoYear, _ := t.ISOWeek()
		fmt.Fprintf(b, "%04d", isoYear)
	case 'W':
		b.WriteString(t.Weekday().String())
	case 'Y':
		if t.Year() < 0 {
			fmt.Fprintf(b, "%04d", t.Year())
			break
		}
		pad(t.Year(), 4)
	case 'y':
		fmt.Fprintf(b, "%02d", t.Year()%100)
	default:
		if strings.IndexByte(notSupported, c) >= 0 {
			return badArg("%%%c not supported in date format string", c)
		}
		b.WriteByte(c)
	}
	return nil
}

// jodaFormat prints a time by Joda's letters; zone is empty for one that has none.
func jodaFormat(t time.Time, zone, pattern string) (any, error) {
	var b strings.Builder
	if pattern == "" {
		return nil, badArg("Invalid pattern specification")
	}
	if strings.Trim(pattern, "'") == "" {
		return nil, badArg("Both printing and parsing not supported")
	}
	for i := 0; i < len(pattern); {
		c := pattern[i]
		if c == '\'' {
			end := strings.IndexByte(pattern[i+1:], '\'')
			if end == 0 {
				b.WriteByte('\'')
				i += 2
				continue
			}
			if end < 0 {
				end = len(pattern) - i - 1
			}
			b.WriteString(pattern[i+1 : i+1+end])
			i += end + 2
			continue
		}
		n := 1
		for i+n < len(pattern) && pattern[i+n] == c {
			n++
		}
		i += n
		if !isLetter(c) {
			b.WriteString(strings.Repeat(string(c), n))
			continue
		}
		letter := func() (string, error) { return jodaLetter(t, c, n) }
		if c == 'z' || c == 'Z' {
			letter = func() (string, error) { return jodaZone(t, zone, c, n) }
		}
		text, err := letter()
		if err != nil {
			return nil, err
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

func jodaLetter(t time.Time, c byte, n int) (string, error) {
	pad := func(v int) string { return fmt.Sprintf("%0*d", n, v) }
	isoYear, week := t.ISOWeek()
	year := func(y int) string {
		if n == 2 {
			return fmt.Sprintf("%02d", y%100)
		}
		return pad(y)
	}
	named := func(s string) string {
		if n <= 3 {
			return s[:3]
		}
		return s
	}
	switch c {
	case 'G':
		return "AD", nil
	case 'C':
		return pad(t.Year() / 100), nil
	case 'Y', 'y':
		return year(t.Year()), nil
	case 'x':
		return year(isoYear), nil
	case 'w':
		return pad(week), nil
	case 'e':
		return pad((int(t.Weekday())+6)%7 + 1), nil
	case 'E':
		return named(t.Weekday().String()), nil
	case 'D':
		return pad(t.YearDay()), nil
	case 'M':
		if n >= 3 {
			return named(t.Month().String()), nil
		}
		return pad(int(t.Month())), nil
	case 'd':
		return pad(t.Day()), nil
	case 'a':
		return map[bool]string{true: "AM", false: "PM"}[t.Hour() < 12], nil
	case 'K':
		return pad(t.Hour() % 12), nil
	case 'h':
		return pad((t.Hour()+11)%12 + 1), nil
	case 'H':
		return pad(t.Hour()), nil
	case 'k':
		return pad((t.Hour()+23)%24 + 1), nil
	case 'm':
		return pad(t.Minute()), nil
	case 's':
		return pad(t.Second()), nil
	case 'S':
		s := fmt.Sprintf("%03d", t.Nanosecond()/1e6) + strings.Repeat("0", n)
		return s[:n], nil
	}
	return "", badArg("Illegal pattern component: %s", strings.Repeat(string(c), n))
}

// jodaZone prints the zone of a time, or its offset.
func jodaZone(t time.Time, zone string, c byte, n int) (string, error) {
	named := strings.ContainsFunc(zone, unicode.IsLetter)
	switch {
	case zone == "":
		return "", badArg("format_datetime for TIMESTAMP type, cannot use 'Z' nor 'z' in format, as this type does not contain TZ information")
	case c == 'Z' && n == 1:
		return t.Format("-0700"), nil
	case c == 'Z' && n == 2:
		return t.Format("-07:00"), nil
	case c == 'Z' || !named:
		return zone, nil
	case zone == "UTC" && n >= 4:
		return "Coordinated Universal Time", nil
	case n >= 4:
		return "", failed{"NOT_SUPPORTED", "the long name of time zone " + zone + " is not supported by the local engine"}
	}
	return shortZone(t, zone)
}

var durationPattern = regexp.MustCompile(`^\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]+)\s*$`)

func parseDuration(a []any) (any, error) {
	m := durationPattern.FindStringSubmatch(a[0].(string))
	if a[0] == "" {
		return nil, badArg("duration is empty")
	}
	if m == nil {
		return nil, badArg("duration is not a valid data duration string: %s", a[0])
	}
	unit, ok := map[string]struct {
		millis float64
		name   string
	}{"ns": {1e-6, "NANOSECONDS"}, "us": {1e-3, "MICROSECONDS"}, "ms": {1, "MILLISECONDS"}, "s": {1e3, "SECONDS"},
		"m": {6e4, "MINUTES"}, "h": {3.6e6, "HOURS"}, "d": {8.64e7, "DAYS"}}[m[2]]
	if !ok {
		return nil, badArg("Unknown time unit: %s", m[2])
	}
	v, _ := strconv.ParseFloat(m[1], 64)
	millis := math.Floor(v*unit.millis + 0.5)
	if millis > math.MaxInt64 {
		return nil, badArg("value %s %s is too large to be represented in requested unit MILLISECONDS as a long", javaDouble(v, floattext.Newer), unit.name)
	}
	return saturated(millis), nil
}

// saturated is a double without a fraction as Java makes a long of it: beyond a long's
// range the nearest that there is.
func saturated(d float64) int64 {
	switch {
	case d >= math.MaxInt64:
		return math.MaxInt64
	case d <= math.MinInt64:
		return math.MinInt64
	}
	return int64(d)
}

func humanSeconds(a []any) (any, error) {
	d := a[0].(float64)
	if math.IsNaN(d) || math.IsInf(d, 0) {
		return nil, badArg("Invalid argument found: %s", javaDouble(d, floattext.Newer))
	}
	n := saturated(math.Round(math.Abs(d)))
	var parts []string
	for _, u := range []struct {
		size int64
		name string
	}{{604800, "week"}, {86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}} {
		if v := n / u.size; v > 0 || u.size == 1 && parts == nil {
			s := fmt.Sprintf("%d %s", v, u.name)
			if v != 1 {
				s += "s"
			}
			parts = append(parts, s)
		}
		n %= u.size
	}
	return strings.Join(parts, ", "), nil
}
