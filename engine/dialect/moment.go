package dialect

import (
	"fmt"
	"strings"
)

// How DuckDB carries Trino's times.
//
//	time, timestamp, timestamp with time zone to the microsecond    DuckDB's own
//	timestamps finer than that    HUGEINT, picoseconds since 1970 (of the instant where there is a zone)
//	time finer than that          BIGINT, picoseconds of the day
//	timestamps whose values have zones of their own    INTERVAL, see below
//	time with time zone           INTERVAL, with picoseconds of the day in UTC
//
// A zone is part of the type where every value of an expression agrees on it. Where
// they do not, a value carries its zone's number n as an interval of -m months, 30 m
// days and the instant as microseconds, where m is n + zoneBase: DuckDB takes a month
// for 30 days when it compares, hashes and orders intervals, so that only the instant
// counts there, as in Trino. (zoneBase keeps the days positive: their carry into
// months is rounded towards zero.) Its sort keys inside lists and aggregates do not:
// see sortText.

// carriedZone is the zone of values that carry their own.
const carriedZone = "?"

// zoneBase is more months than a timestamp can be before 1970.
const zoneBase = 3500000

// carried says that values of t carry their zone or offset.
func (t Type) carried() bool {
	return t.Kind == TimeTZ || t.Kind == TimestampTZ && t.zone == carriedZone
}

// fine says that t is finer than a microsecond.
func (t Type) fine() bool {
	return t.Precision > 6 && (t.Kind == Time || t.Kind == TimeTZ || t.Kind == Timestamp || t.Kind == TimestampTZ)
}

// sameCarrier says whether values of two types of one shape look alike in DuckDB.
func sameCarrier(a, b Type) bool {
	if a.carried() != b.carried() {
		return false
	}
	for i := range a.Elem {
		if i < len(b.Elem) && !sameCarrier(a.Elem[i].Type, b.Elem[i].Type) {
			return false
		}
	}
	return true
}

// hasCarried says whether a value of t has carried zones somewhere.
func (t Type) hasCarried() bool {
	for _, f := range t.Elem {
		if f.Type.hasCarried() {
			return true
		}
	}
	return t.carried()
}

// keepsCarried are the functions that keep or test the parts of an array, map or row
// without a sort key of DuckDB's.
const keepsCarried = " element_at cardinality transform filter slice reverse concat array_agg arbitrary any_value count typeof array_first array_last json_format "

// ordersCarried are the functions of one value that make such a key.
const ordersCarried = " greatest least max_by min_by histogram map_agg multimap_agg set_agg checksum approx_distinct approx_most_frequent approx_set array_position "

// orderedByKey refuses a function that would order values that carry their zones by
// what DuckDB makes of the zone.
func (a *analyser) orderedByKey(name string, args []Type) {
	for _, t := range args {
		switch {
		case !t.hasCarried():
		case !t.carried() && !strings.Contains(keepsCarried, " "+name+" "),
			t.carried() && (strings.Contains(ordersCarried, " "+name+" ") || len(args) > 1 && (name == "min" || name == "max")):
			panic(a.cannot("%s of values of type %s that carry their zones", name, t))
		}
	}
}

// dateWithZone refuses the common type of a date and a timestamp with time zone below
// milliseconds in releases that do not agree on its digits.
func (a *analyser) dateWithZone(l, r Type) {
	if l.Kind == TimestampTZ {
		l, r = r, l
	}
	if a.level > 401 && l.Kind == Date && r.Kind == TimestampTZ && r.Precision < 3 {
		panic(a.cannot("the common type of date and %s at this release", r))
	}
}

// microsOf gives the microseconds of a timestamp since 1970, of the instant where
// it has a zone, what is finer cut off.
func microsOf(code string, t Type) string {
	if t.fine() {
		return "trino.micros(" + code + ")"
	}
	return "epoch_us(" + code + ")"
}

// restOf gives the picoseconds that microsOf leaves out.
func restOf(code string, t Type) string {
	if t.fine() {
		return "trino.rest(" + code + ")"
	}
	return "0"
}

// localOf gives the local time of a timestamp, a date's too, as DuckDB TIMESTAMP, a
// date as DATE, a time as TIME; what is finer than a microsecond cut off.
func (a *analyser) localOf(code string, t Type) string {
	switch {
	case t.Kind == TimestampTZ && t.carried():
		return "trino.zoned_local(" + code + ")"
	case t.Kind == TimestampTZ && t.fine():
		return localCode("make_timestamptz("+microsOf(code, t)+")", a.zoneOf(t))
	case t.Kind == TimestampTZ:
		return localCode(code, a.zoneOf(t))
	case t.Kind == Timestamp && t.fine():
		return "make_timestamp(" + microsOf(code, t) + ")"
	case t.Kind == Time && t.fine(), t.Kind == TimeTZ:
		return "CAST(make_timestamp(" + dayPicos(code, t) + " // 1000000) AS TIME)"
	}
	return code
}

// withLocal gives a timestamp of type t at the local time, a DuckDB TIMESTAMP, in the
// zone of the value like, with rest picoseconds beside. Where the local time is twice
// there, the offset of like is kept.
func (a *analyser) withLocal(t Type, like, local, rest string) string {
	micros := "epoch_us(" + local + ")"
	switch {
	case t.Kind == TimestampTZ && t.carried():
		return "trino.zoned(acme_zoned_instant(" + micros + ", trino.zone_of(" + like + "), epoch_us(" + like + ")), trino.zone_of(" + like + "))"
	case t.Kind == TimestampTZ:
		z := a.zoneOf(t)
		if z == "UTC" || offsetPattern.MatchString(z) {
			at := "trino.instant(epoch_us(" + instantCode(local, z) + "))"
			if !t.fine() {
				return at
			}
			return "trino.picos(epoch_us(" + at + "), " + rest + ")"
		}
		micros = "acme_near_instant(" + micros + ", " + quoteText(z) + ", " + microsOf(like, t) + ")"
		return a.withInstant(t, like, micros, rest)
	case t.fine():
		return "trino.picos(" + micros + ", " + rest + ")"
	}
	return local
}

// withInstant gives a timestamp of type t at so many microseconds since 1970.
func (a *analyser) withInstant(t Type, like, micros, rest string) string {
	switch {
	case t.carried():
		return "trino.zoned(" + micros + ", trino.zone_of(" + like + "))"
	case t.fine() && t.Kind == TimestampTZ:
		return "trino.picos(trino.held(" + micros + "), " + rest + ")"
	case t.fine():
		return "trino.picos(" + micros + ", " + rest + ")"
	case t.Kind == TimestampTZ:
		return "trino.instant(" + micros + ")"
	}
	return "make_timestamp(" + micros + ")"
}

// localPicos gives the picoseconds of the local time of a timestamp, as HUGEINT.
func (a *analyser) localPicos(code string, t Type) string {
	if t.fine() && (t.Kind == Timestamp || a.zoneOf(t) == "UTC") {
		return code
	}
	return "trino.picos(epoch_us(" + a.localOf(code, t) + "), " + restOf(code, t) + ")"
}

// dayPicos gives the picoseconds of a time of day, local where it has an offset.
func dayPicos(code string, t Type) string {
	switch {
	case t.Kind == TimeTZ:
		return "trino.clock_local(" + code + ")"
	case t.fine():
		return code
	}
	return "(epoch_us(DATE '1970-01-01' + " + code + ") * 1000000)"
}

// fromDayPicos gives a time of type t of picoseconds, which may run over the day;
// like has the offset of a time with time zone.
func fromDayPicos(t Type, picos, like string) string {
	switch {
	case t.Kind == TimeTZ:
		return "trino.clock_zoned(" + picos + ", trino.zone_of(" + like + "))"
	case t.fine():
		return "trino.clock_wrap(" + picos + ")"
	}
	return "CAST(make_timestamp(trino.clock_wrap(" + picos + ") // 1000000) AS TIME)"
}

// roundedPicos rounds picoseconds from one precision to a lower one, half up.
func roundedPicos(code string, from, to int) string {
	if to >= from {
		return code
	}
	unit := tenTo(12 - to)
	return fmt.Sprintf("trino.floor_to(%s + %d, %d)", code, unit/2, unit)
}

func tenTo(n int) int64 {
	p := int64(1)
	for range n {
		p *= 10
	}
	return p
}

// localCode gives the local time of an instant in zone, as DuckDB TIMESTAMP.
func localCode(code, zone string) string {
	if m := offsetPattern.FindStringSubmatch(zone); m != nil {
		return fmt.Sprintf("(make_timestamp(epoch_us(%s)) + to_seconds(%d))", code, offsetSeconds(m))
	}
	if zone == "" || zone == "UTC" {
		return "make_timestamp(epoch_us(" + code + "))" // timezone() asks a calendar for every row
	}
	return "timezone(" + quoteText(zone) + ", " + code + ")"
}

// instantCode is the way back: the instant of a local TIMESTAMP in zone.
func instantCode(code, zone string) string {
	if m := offsetPattern.FindStringSubmatch(zone); m != nil {
		return fmt.Sprintf("make_timestamptz(epoch_us(%s - to_seconds(%d)))", code, offsetSeconds(m))
	}
	if zone == "" || zone == "UTC" {
		return "make_timestamptz(epoch_us(" + code + "))"
	}
	return "make_timestamptz(acme_to_instant(epoch_us(" + code + "), " + quoteText(zone) + "))"
}

// zoneOf gives the zone of a timestamp with time zone, which must be one.
func (a *analyser) zoneOf(t Type) string {
	switch t.zone {
	case "":
		return "UTC"
	case carriedZone:
		panic(a.cannot("an expression whose values are in several time zones").hint("bring them to one zone with AT TIME ZONE"))
	}
	return t.zone
}

// temporalText prints a time, or a timestamp in its zone, with the digits of its
// type.
func (a *analyser) temporalText(code string, t Type) string {
	switch {
	case t.Kind == TimeTZ:
		return fmt.Sprintf("acme_clock_text(trino.clock_local(%s), %d, trino.zone_of(%s))", code, t.Precision, code)
	case t.Kind == Time && t.fine():
		return fmt.Sprintf("acme_clock_text(%s, %d, -1)", code, t.Precision)
	case t.Kind == Time:
		return fmt.Sprintf("left(strftime(DATE '1970-01-01' + %s, '%%H:%%M:%%S.%%f'), %d)", code, textLength(t)-11)
	case t.carried():
		return fmt.Sprintf("acme_moment_text(epoch_us(%s), 0, %d, trino.zone_of(%s))", code, t.Precision, code)
	case t.fine():
		zone := int64(-1)
		if t.Kind == TimestampTZ {
			zone = zoneNumber(a.zoneOf(t))
		}
		return fmt.Sprintf("acme_moment_text(%s, %s, %d, %d)", microsOf(code, t), restOf(code, t), t.Precision, zone)
	}
	text := fmt.Sprintf("trino.timestamp_text(%s, %d)", a.localOf(code, t), textLength(t))
	if t.Kind == TimestampTZ {
		return "(" + text + " || " + quoteText(" "+a.zoneOf(t)) + ")"
	}
	return text
}

// numberOf gives the number of the zone of a timestamp with time zone.
func (a *analyser) numberOf(v value) string {
	if v.typ.carried() {
		return "trino.zone_of(" + v.code + ")"
	}
	return fmt.Sprintf("CAST(%d AS BIGINT)", zoneNumber(a.zoneOf(v.typ)))
}

// textLength is the length of the text of a timestamp of four-digit years.
func textLength(t Type) int {
	if t.Precision == 0 {
		return 19
	}
	return 20 + t.Precision
}

// keepZones gives the zones of from to the timestamps of to that are made of them.
func keepZones(from, to Type) Type {
	if to.Kind == TimestampTZ {
		to.zone = "UTC"
		if from.Kind == TimestampTZ {
			to.zone = from.zone
		}
	}
	if to.isNested() && from.Kind == to.Kind && len(from.Elem) == len(to.Elem) {
		elem := make([]Field, len(to.Elem))
		for i := range elem {
			elem[i] = Field{to.Elem[i].Name, keepZones(from.Elem[i].Type, to.Elem[i].Type)}
		}
		to.Elem = elem
	}
	return to
}

// momentMacros are the macros behind these.
var momentMacros = [][2]string{
	{"rest(h)", "CAST(((h % 1000000) + 1000000) % 1000000 AS BIGINT)"},
	{"micros(h)", "CAST((h - ((h % 1000000) + 1000000) % 1000000) // 1000000 AS BIGINT)"},
	{"picos(us, rest)", "(CAST(us AS HUGEINT) * 1000000 + rest)"},
	// Trino has the milliseconds of a timestamp with time zone in 52 bits.
	{"has_millis(us)", "(us BETWEEN -2251799813685248000 AND 2251799813685247999)"},
	{"no_millis(us, err, what)", "CAST(acme_fail('[[' || err || ']] ' || what || CAST((us - ((us % 1000) + 1000) % 1000) // 1000 AS VARCHAR)) AS BIGINT)"},
	{"held(us)", "CASE WHEN trino.has_millis(us) THEN us ELSE trino.no_millis(us, 'GENERIC_INTERNAL_ERROR', 'Millis overflow: ') END"},
	{"instant(us)", "make_timestamptz(trino.held(us))"},
	{"called_instant(us)", "make_timestamptz(CASE WHEN trino.has_millis(us) THEN us ELSE trino.no_millis(us, 'INVALID_FUNCTION_ARGUMENT', 'Millis overflow: ') END)"},
	{"fine_instant(h)", "CASE WHEN h BETWEEN -2251799813685248000000000 AND 2251799813685247999999999 THEN h " +
		"ELSE CAST(acme_fail('[[GENERIC_INTERNAL_ERROR]] Millis overflow: ' || CAST((h - ((h % 1000000000) + 1000000000) % 1000000000) // 1000000000 AS VARCHAR)) AS HUGEINT) END"},
	{"cast_instant(us)", "make_timestamptz(CASE WHEN trino.has_millis(us) THEN us ELSE trino.no_millis(us, 'INVALID_CAST_ARGUMENT', 'Out of range for timestamp with time zone: ') END)"},
	{"try_instant(us)", "CASE WHEN trino.has_millis(us) THEN make_timestamptz(us) END"},
	{"zone_of(v)", fmt.Sprintf("(-%d - CAST(date_part('year', v) * 12 + date_part('month', v) AS BIGINT))", zoneBase)},
	{"zoned(us, z)", fmt.Sprintf("(to_months(CAST(-%d - z AS INTEGER)) + to_days(CAST(30 * (z + %d) AS INTEGER)) + to_microseconds(us))", zoneBase, zoneBase)},
	{"zoned_local(v)", "make_timestamp(CASE WHEN trino.zone_of(v) = 0 THEN epoch_us(v) ELSE acme_zoned_local(epoch_us(v), trino.zone_of(v)) END)"},
	{"clock_wrap(p)", "(((p % 86400000000000000) + 86400000000000000) % 86400000000000000)"},
	{"clock_picos(h)", "CASE WHEN h < 0 AND h % 1000000000000 <> 0 AND trino.clock_wrap(h) < 1000000000000 THEN CAST(acme_fail('[[NOT_SUPPORTED]] the time of day of a part of the first second of a day before 1970 is not supported by the local engine') AS BIGINT) " +
		"ELSE CAST((h - CASE WHEN h < 0 AND h % 1000000000000 <> 0 THEN 1000000000000 ELSE 0 END) % 86400000000000000 AS BIGINT) END"},
	{"zone_minutes(z)", fmt.Sprintf("(CASE WHEN z = 0 THEN 0 ELSE z - %d END)", maxOffset+1)},
	{"clock_local(v)", "trino.clock_wrap(epoch_us(v) + 60000000000000 * trino.zone_minutes(trino.zone_of(v)))"},
	{"clock_zoned(p, z)", "trino.zoned(trino.clock_wrap(p - 60000000000000 * trino.zone_minutes(z)), z)"},
}

// zonedText gives the text that DuckDB reads as the interval of a value that carries
// its zone.
func zonedText(micros, zone int64) string {
	return fmt.Sprintf("%d months %d days %d microseconds", -zone-zoneBase, 30*(zone+zoneBase), micros)
}
