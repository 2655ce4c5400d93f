package dialect

import (
	"math"
	"slices"
	"strings"
	syncatomic "sync/atomic"
	"time"
)

// Reading times by a pattern, as the library Joda-Time does, which Trino reads with:
// date_parse by MySQL's letters, parse_datetime by Joda's. A text is read field by
// field first. What was read is then set into 1970-01-01, the fields of the longest
// range first and twice over, so that of two fields that contradict each other
// (a weekday and a day of the month) the one of the shorter range wins.

// patternField is a field of a time that a pattern can have, in the order in which
// fields are set.
type patternField int

const (
	fieldEra patternField = iota
	fieldYear
	fieldYearOfEra
	fieldWeekyear
	fieldMonth
	fieldWeek
	fieldDayOfYear
	fieldDayOfMonth
	fieldWeekday
	fieldHalfday
	fieldHour
	fieldClockHour
	fieldHalfdayHour
	fieldHalfdayClockHour
	fieldMinute
	fieldSecond
	fieldMillis
)

// fieldNames are the names that errors have for fields.
var fieldNames = [...]string{"era", "year", "yearOfEra", "weekyear", "monthOfYear", "weekOfWeekyear", "dayOfYear", "dayOfMonth", "dayOfWeek",
	"halfdayOfDay", "hourOfDay", "clockhourOfDay", "hourOfHalfday", "clockhourOfHalfday", "minuteOfHour", "secondOfMinute", "millisOfSecond"}

// readField is a field with what was read for it.
type readField struct {
	field patternField
	value int
}

// patternReader reads one text.
type patternReader struct {
	s      string
	i      int // the next byte, and where it failed after a read that did
	fields []readField
	few    [8]readField // where they lie as long as they are no more
	// zone is the normal name of the zone or offset that the text has, empty where
	// it has none; foreign is one that Trino knows no key for.
	zone, foreign string
}

// patternCache keeps the elements of the patterns that were used last, in a place by their length.
type patternCache struct {
	compile func(pattern string, year int) ([]element, error)
	last    [8]syncatomic.Pointer[compiledPattern]
}

type compiledPattern struct {
	pattern  string
	year     int
	elements []element
}

// read reads s by a pattern; now, in microseconds, says which year it is.
func (c *patternCache) read(s, pattern string, now int64) (micros int64, zone string, err error) {
	year := time.UnixMicro(now).UTC().Year()
	last := &c.last[len(pattern)%len(c.last)]
	p := last.Load()
	if p == nil || p.pattern != pattern || p.year != year {
		elements, err := c.compile(pattern, year)
		if err != nil {
			return 0, "", err
		}
		p = &compiledPattern{pattern, year, elements}
		last.Store(p)
	}
	return readPattern(s, p.elements)
}

// element reads what stands at the reader's place, and says whether it is there.
type element func(r *patternReader) bool

// maxMillis is the last millisecond that Trino's timestamp with time zone has.
const maxMillis = 1<<51 - 1

// readPattern reads a whole text by elements. It gives microseconds, local ones where
// the text has no zone.
func readPattern(s string, elements []element) (micros int64, zone string, err error) {
	r := &patternReader{s: s}
	r.fields = r.few[:0]
	for _, e := range elements {
		if !e(r) {
			return 0, "", r.malformed()
		}
	}
	if r.i < len(s) {
		return 0, "", r.malformed()
	}
	t, err := r.time()
	if err != nil {
		return 0, "", err
	}
	if slices.Contains(r.fields, readField{fieldEra, 0}) {
		return 0, "", failed{"NOT_SUPPORTED", "a year of the era before Christ is not supported by the local engine"}
	}
	millis := t.UnixMilli()
	if millis > maxMillis || millis < -maxMillis-1 {
		return 0, "", badArg("Millis overflow: %d", millis)
	}
	local := millis * 1000
	if r.foreign != "" {
		return 0, "", failed{"NOT_SUPPORTED", "Time zone not supported: " + r.foreign}
	}
	if r.zone == "" {
		return local, "UTC", nil
	}
	micros = toInstant(local, r.zone)
	if micros+offsetAt(micros, r.zone)*1e6 != local {
		return 0, "", badArg("Cannot parse \"%s\": Illegal instant due to time zone offset transition (%s)", s, r.zone)
	}
	return micros, r.zone, nil
}

// malformed is the error of a text that fails at the reader's place.
func (r *patternReader) malformed() error {
	sample := []rune(r.s)
	at := len([]rune(r.s[:r.i]))
	end := len(sample)
	tail := ""
	if end > at+35 {
		end, tail = at+32, "..."
	}
	shown := string(sample[:end]) + tail
	switch {
	case r.i == 0:
		return badArg("Invalid format: \"%s\"", shown)
	case r.i >= len(r.s):
		return badArg("Invalid format: \"%s\" is too short", shown)
	}
	return badArg("Invalid format: \"%s\" is malformed at \"%s\"", shown, string(sample[at:end])+tail)
}

// time sets what was read.
func (r *patternReader) time() (time.Time, error) {
	if t, ok := r.plain(); ok {
		return t, nil
	}
	return r.anyTime()
}

func (r *patternReader) anyTime() (time.Time, error) {
	t := time.Unix(0, 0).UTC()
	slices.SortStableFunc(r.fields, func(a, b readField) int { return int(a.field) - int(b.field) })
	if len(r.fields) > 0 && r.fields[0].field >= fieldMonth && r.fields[0].field <= fieldWeekday {
		r.fields = slices.Insert(r.fields, 0, readField{fieldYear, 2000})
	}
	for pass := range 2 {
		for i, f := range r.fields {
			low, high := f.bounds(t)
			if f.value < low || f.value > high {
				return t, badArg("Cannot parse \"%s\": Value %d for %s must be in the range [%d,%d]", r.s, f.value, fieldNames[f.field], low, high)
			}
			t = f.set(t)
			if pass == 0 || i == len(r.fields)-1 {
				t = f.floor(t)
			}
		}
	}
	return t, nil
}

// plain sets what was read where it is a date with or without a time of day, each field
// once and in its bounds; ok is false for all else.
func (r *patternReader) plain() (t time.Time, ok bool) {
	v := [...]int{fieldYear: 2000, fieldMonth: 1, fieldDayOfMonth: 1, fieldMillis: 0}
	seen := 0
	for _, f := range r.fields {
		switch f.field {
		case fieldYear, fieldMonth, fieldDayOfMonth, fieldHour, fieldMinute, fieldSecond, fieldMillis:
		default:
			return t, false
		}
		low, high := f.bounds(t)
		if f.field == fieldDayOfMonth {
			high = 31
		}
		if seen&(1<<f.field) != 0 || f.value < low || f.value > high {
			return t, false
		}
		seen |= 1 << f.field
		v[f.field] = f.value
	}
	if seen&(1<<fieldYear|1<<fieldMonth|1<<fieldDayOfMonth) == 0 || v[fieldYear] < 1 || v[fieldYear] > 9999 || v[fieldDayOfMonth] > daysIn(v[fieldYear], time.Month(v[fieldMonth])) {
		return t, false
	}
	return time.Date(v[fieldYear], time.Month(v[fieldMonth]), v[fieldDayOfMonth], v[fieldHour], v[fieldMinute], v[fieldSecond], v[fieldMillis]*1e6, time.UTC), true
}

// bounds are the values that a field can have in t.
func (f readField) bounds(t time.Time) (low, high int) {
	switch f.field {
	case fieldEra, fieldHalfday:
		return 0, 1
	case fieldYear, fieldWeekyear:
		return -292275055, 292278994
	case fieldYearOfEra:
		return 1, 292278994
	case fieldMonth:
		return 1, 12
	case fieldWeek:
		_, last := time.Date(t.Year(), 12, 28, 0, 0, 0, 0, time.UTC).ISOWeek()
		if y, _ := t.ISOWeek(); y != t.Year() {
			_, last = time.Date(y, 12, 28, 0, 0, 0, 0, time.UTC).ISOWeek()
		}
		return 1, last
	case fieldDayOfYear:
		return 1, time.Date(t.Year(), 12, 31, 0, 0, 0, 0, time.UTC).YearDay()
	case fieldDayOfMonth:
		return 1, daysIn(t.Year(), t.Month())
	case fieldWeekday:
		return 1, 7
	case fieldHour:
		return 0, 23
	case fieldClockHour:
		return 1, 24
	case fieldHalfdayHour:
		return 0, 11
	case fieldHalfdayClockHour:
		return 1, 12
	case fieldMillis:
		return 0, 999
	}
	return 0, 59
}

func daysIn(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// set gives t with the field, what is below it kept.
func (f readField) set(t time.Time) time.Time {
	v := f.value
	clock := func(from, size int) time.Time { return t.Add(time.Duration((v - from) * size * int(time.Second))) }
	switch f.field {
	case fieldYear, fieldYearOfEra:
		return withMonth(t, v, t.Month())
	case fieldWeekyear:
		_, week := t.ISOWeek()
		if _, last := time.Date(v, 12, 28, 0, 0, 0, 0, time.UTC).ISOWeek(); week > last {
			week = last
		}
		day := isoWeekStart(v).AddDate(0, 0, 7*(week-1)+isoWeekday(t)-1)
		return day.Add(t.Sub(midnight(t)))
	case fieldMonth:
		return withMonth(t, t.Year(), time.Month(v))
	case fieldWeek:
		_, week := t.ISOWeek()
		return t.AddDate(0, 0, 7*(v-week))
	case fieldDayOfYear:
		return t.AddDate(0, 0, v-t.YearDay())
	case fieldDayOfMonth:
		return t.AddDate(0, 0, v-t.Day())
	case fieldWeekday:
		return t.AddDate(0, 0, v-isoWeekday(t))
	case fieldHalfday:
		return clock(t.Hour()/12, 12*3600)
	case fieldHour:
		return clock(t.Hour(), 3600)
	case fieldClockHour:
		v %= 24
		return clock(t.Hour(), 3600)
	case fieldHalfdayHour:
		return clock(t.Hour()%12, 3600)
	case fieldHalfdayClockHour:
		v %= 12
		return clock(t.Hour()%12, 3600)
	case fieldMinute:
		return clock(t.Minute(), 60)
	case fieldSecond:
		return clock(t.Second(), 1)
	case fieldMillis:
		return t.Truncate(time.Second).Add(time.Duration(v) * time.Millisecond)
	}
	return t
}

// floor gives the first moment of the field's span around t.
func (f readField) floor(t time.Time) time.Time {
	switch f.field {
	case fieldEra:
		return time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	case fieldYear, fieldYearOfEra:
		return time.Date(t.Year(), 1, 1, 0, 0, 0, 0, time.UTC)
	case fieldWeekyear:
		y, _ := t.ISOWeek()
		return isoWeekStart(y)
	case fieldMonth:
		return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
	case fieldWeek:
		return midnight(t).AddDate(0, 0, 1-isoWeekday(t))
	case fieldDayOfYear, fieldDayOfMonth, fieldWeekday:
		return midnight(t)
	case fieldHalfday:
		return midnight(t).Add(time.Duration(t.Hour()/12*12) * time.Hour)
	case fieldHour, fieldClockHour, fieldHalfdayHour, fieldHalfdayClockHour:
		return t.Add(-time.Duration(t.Minute()*60+t.Second())*time.Second - time.Duration(t.Nanosecond()))
	case fieldMinute:
		return t.Add(-time.Duration(t.Second())*time.Second - time.Duration(t.Nanosecond()))
	case fieldSecond:
		return t.Add(-time.Duration(t.Nanosecond()))
	}
	return t
}

// withMonth moves t to another month; the day is the month's last where it has no
// such day.
func withMonth(t time.Time, year int, month time.Month) time.Time {
	day := min(t.Day(), daysIn(year, month))
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Add(t.Sub(midnight(t)))
}

func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

func isoWeekday(t time.Time) int { return (int(t.Weekday())+6)%7 + 1 }

// numberElement reads a number of up to so many digits, with a sign where signed.
func numberElement(field patternField, digits int, signed bool) element {
	return func(r *patternReader) bool {
		n, _, end, ok := r.number(r.i, digits, signed)
		if !ok {
			return false
		}
		r.i = end
		r.fields = append(r.fields, readField{field, n})
		return true
	}
}

// number reads a number at a place; length counts its digits, and a minus.
func (r *patternReader) number(at, digits int, signed bool) (n, length, end int, ok bool) {
	i, negative := at, false
	if signed && i+1 < len(r.s) && (r.s[i] == '-' || r.s[i] == '+') && isDigit(r.s[i+1]) && digits > 1 {
		negative = r.s[i] == '-'
		i++
	}
	for first := i; i < len(r.s) && i-first < digits && isDigit(r.s[i]); i++ {
		n = min(n*10+int(r.s[i]-'0'), math.MaxInt32)
		length++
	}
	if length == 0 {
		return 0, 0, at, false
	}
	if negative {
		return -n, length + 1, i, true
	}
	return n, length, i, true
}

// twoDigitYear reads a year of two digits as the one from pivot-50 to pivot+49; a
// lenient one takes other lengths as they are.
func twoDigitYear(field patternField, pivot int, lenient bool) element {
	return func(r *patternReader) bool {
		limit, signed := 2, false
		if lenient {
			limit = 9
			signed = r.i < len(r.s) && (r.s[r.i] == '-' || r.s[r.i] == '+')
		}
		n, length, end, ok := r.number(r.i, limit, signed)
		if !ok || !lenient && length < 2 {
			return false
		}
		if length == 2 && !signed {
			low := pivot - 50
			n += low - low%100
			if n < low {
				n += 100
			}
		}
		r.i = end
		r.fields = append(r.fields, readField{field, n})
		return true
	}
}

// fractionElement reads a fraction of a second of up to so many digits, of which three
// count.
func fractionElement(digits int) element {
	return func(r *patternReader) bool {
		from, n, unit := r.i, 0, 100
		for ; r.i < len(r.s) && r.i-from < digits && isDigit(r.s[r.i]); r.i++ {
			n += unit * int(r.s[r.i]-'0')
			unit /= 10
		}
		if r.i == from {
			return false
		}
		r.fields = append(r.fields, readField{fieldMillis, n})
		return true
	}
}

// nameElement reads one of the names of a field, the longest that fits: as it is
// written, or all in one case.
func nameElement(field patternField, names map[string]int) element {
	forms, longest := map[string]int{}, 0
	for name, v := range names {
		forms[name], forms[strings.ToLower(name)], forms[strings.ToUpper(name)] = v, v, v
		longest = max(longest, len(name))
	}
	return func(r *patternReader) bool {
		for n := min(longest, len(r.s)-r.i); n > 0; n-- {
			if v, ok := forms[r.s[r.i:r.i+n]]; ok {
				r.i += n
				r.fields = append(r.fields, readField{field, v})
				return true
			}
		}
		return false
	}
}

func monthNames() map[string]int {
	names := map[string]int{}
	for n := 1; n <= 12; n++ {
		name := time.Month(n).String()
		names[name], names[name[:3]] = n, n
	}
	return names
}

func weekdayNames() map[string]int {
	names := map[string]int{}
	for n := 1; n <= 7; n++ {
		name := time.Weekday(n % 7).String()
		names[name], names[name[:3]] = n, n
	}
	return names
}

func halfdayNames() map[string]int { return map[string]int{"AM": 0, "PM": 1} }

// literalElement reads a text whatever its case.
func literalElement(text string) element {
	return func(r *patternReader) bool {
		if len(r.s)-r.i < len(text) || !strings.EqualFold(r.s[r.i:r.i+len(text)], text) {
			return false
		}
		r.i += len(text)
		return true
	}
}

// mysqlElements are the elements of a format of date_parse.
func mysqlElements(format string) ([]element, error) {
	var out []element
	for i := 0; i < len(format); i++ {
		c := format[i]
		if c != '%' {
			out = append(out, literalElement(string(c)))
			continue
		}
		if i++; i == len(format) {
			break
		}
		if strings.IndexByte(notSupported, format[i]) >= 0 {
			return nil, badArg("%%%c not supported in date format string", format[i])
		}
		out = append(out, mysqlElement(format[i])...)
	}
	if len(out) == 0 {
		return nil, badArg("Both printing and parsing not supported")
	}
	return out, nil
}

func mysqlElement(c byte) []element {
	one := func(e element) []element { return []element{e} }
	parts := func(letters, between string) (out []element) {
		for i := range len(letters) {
			if i > 0 {
				out = append(out, literalElement(between[i-1:i]))
			}
			out = append(out, mysqlElement(letters[i])...)
		}
		return out
	}
	switch c {
	case 'a', 'W':
		return one(nameElement(fieldWeekday, weekdayNames()))
	case 'b', 'M':
		return one(nameElement(fieldMonth, monthNames()))
	case 'c', 'm':
		return one(numberElement(fieldMonth, 2, false))
	case 'd', 'e':
		return one(numberElement(fieldDayOfMonth, 2, false))
	case 'f':
		return one(fractionElement(9))
	case 'H', 'k':
		return one(numberElement(fieldHour, 2, false))
	case 'h', 'I', 'l':
		return one(numberElement(fieldHalfdayClockHour, 2, false))
	case 'i':
		return one(numberElement(fieldMinute, 2, false))
	case 'j':
		return one(numberElement(fieldDayOfYear, 3, false))
	case 'p':
		return one(nameElement(fieldHalfday, halfdayNames()))
	case 'r':
		return parts("hisp", ":: ")
	case 'S', 's':
		return one(numberElement(fieldSecond, 2, false))
	case 'T':
		return parts("His", "::")
	case 'v':
		return one(numberElement(fieldWeek, 2, false))
	case 'x':
		return one(numberElement(fieldWeekyear, 4, true))
	case 'Y':
		return one(numberElement(fieldYear, 4, true))
	case 'y':
		return one(twoDigitYear(fieldYear, 2020, false))
	}
	return one(literalElement(string(c)))
}
