package dialect

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// points are the types that date functions take.
var points = []string{"date", "timestamp(p)", "timestamp(p) with time zone"}

// local gives the first argument, a date or time, as local TIMESTAMP, DATE or TIME, in the value's own
// zone.
func (c *invocation) local() string { return c.a.localOf(c.args[0].code, c.args[0].typ) }

// fieldSigs makes the signatures of a function that reads a field of a date or
// time; sql has $1 as the local value.
func fieldSigs(sql string, types ...string) []signature {
	var out []signature
	for _, t := range types {
		out = append(out, signature{in: t, out: "bigint", low: func(c *invocation) string {
			return strings.ReplaceAll(sql, "$1", c.local())
		}})
	}
	return out
}

// fieldsWith puts the signatures of intervals behind that of a date, where Trino names it.
func fieldsWith(intervals, points []signature) []signature {
	if points[0].in == "date" {
		return slices.Concat(points[:1], intervals, points[1:])
	}
	return append(intervals, points...)
}

// intervalSig reads a field of an interval.
func intervalSig(typ, sql string) signature { return sg(typ, "bigint", "CAST("+sql+" AS BIGINT)") }

func timeFunctions() []function {
	clock := []string{"timestamp(p)", "timestamp(p) with time zone", "time(p)", "time(p) with time zone"}
	const days, months = "interval day to second", "interval year to month"
	field := func(name, doc, sql string, extra []signature, types ...string) function {
		return function{name: name, doc: doc, sigs: fieldsWith(extra, fieldSigs(sql, types...))}
	}
	list := []function{
		field("year", "Year.", "year($1)", []signature{intervalSig(months, "$1 // 12")}, points...),
		field("quarter", "Quarter of the year.", "quarter($1)", nil, points...),
		field("month", "Month of the year.", "month($1)", []signature{intervalSig(months, "$1 % 12")}, points...),
		field("week week_of_year", "ISO week of the year.", "week($1)", nil, points...),
		field("day day_of_month", "Day of the month.", "day($1)", []signature{intervalSig(days, "$1 // 86400000")}, points...),
		field("day_of_week dow", "ISO day of the week, 1 is Monday.", "isodow($1)", nil, points...),
		field("day_of_year doy", "Day of the year.", "dayofyear($1)", nil, points...),
		field("year_of_week yow", "Year of the ISO week.", "isoyear($1)", nil, points...),
		field("hour", "Hour of the day.", "hour($1)", []signature{intervalSig(days, "($1 % 86400000) // 3600000")}, clock...),
		field("minute", "Minute of the hour.", "minute($1)", []signature{intervalSig(days, "($1 % 3600000) // 60000")}, clock...),
		field("second", "Second of the minute.", "second($1)", []signature{intervalSig(days, "($1 % 60000) // 1000")}, clock...),
		field("millisecond", "Millisecond of the second.", "(millisecond($1) % 1000)", []signature{intervalSig(days, "$1 % 1000")}, clock...),
		{name: "timezone_hour", doc: "Hours of the zone's offset.", sigs: zoneSigs("// 3600")},
		{name: "timezone_minute", doc: "Minutes of the zone's offset.", sigs: zoneSigs("// 60 % 60")},
	}
	return append(append(list, convertFunctions()...), formatFunctions()...)
}

func zoneSigs(op string) []signature {
	return []signature{
		{in: "timestamp(p) with time zone", out: "bigint", low: func(c *invocation) string {
			return fmt.Sprintf("CAST(%s %s AS BIGINT)", c.a.offsetCode(c.args[0].code, c.args[0].typ), op)
		}},
		{in: "time(p) with time zone", out: "bigint", low: func(c *invocation) string {
			return fmt.Sprintf("CAST((60 * trino.zone_minutes(trino.zone_of(%s))) %s AS BIGINT)", c.args[0].code, op)
		}}}
}

func convertFunctions() []function {
	var truncSigs, addSigs, diffSigs []signature
	for _, t := range []string{"date", "timestamp(p)", "timestamp(p) with time zone", "time(p)", "time(p) with time zone"} {
		truncSigs = append(truncSigs, signature{in: "varchar(x), " + t, out: t, low: lowDateTrunc})
		addSigs = append(addSigs, signature{in: "varchar(x), bigint, " + t, out: t, low: lowDateAdd})
		diffSigs = append(diffSigs, signature{in: "varchar(x), " + t + ", " + t, out: "bigint", low: lowDateDiff})
	}
	return []function{
		{name: "date_trunc", doc: "Date or time cut to a unit, its type kept.", sigs: truncSigs},
		{name: "date_add", doc: "Date or time moved by a number of units.", sigs: addSigs},
		{name: "date_diff", doc: "Whole units between two dates or times.", sigs: diffSigs},
		{name: "date", doc: "Day of a text or time.", sigs: []signature{
			{in: "varchar(x)", out: "date", low: func(c *invocation) string { return c.a.convert(c.args[0].code, tVarchar, tDate, false) }},
			{in: "timestamp(p)", out: "date", low: func(c *invocation) string { return "CAST(" + c.local() + " AS DATE)" }},
			{in: "timestamp(p) with time zone", out: "date", low: func(c *invocation) string { return "CAST(" + c.local() + " AS DATE)" }}}},
		{name: "last_day_of_month", doc: "Last day of the month.", sigs: lastDaySigs()},
		{name: "now", doc: "Time at which the statement began.", sigs: []signature{{in: "", out: "timestamp(3) with time zone", low: func(c *invocation) string {
			c.typ.zone = "UTC"
			return "make_timestamptz(" + roundedMicros("now()", 3) + ")"
		}}}},
		{name: "current_timezone", doc: "Zone of the session.", sigs: []signature{sg("", "varchar", "'UTC'")}},
		{name: "from_unixtime", doc: "Time of seconds since 1970, in UTC or a zone.", sigs: []signature{
			{in: "double, bigint, bigint", out: "timestamp(3) with time zone", low: lowFromUnixOffset},
			{in: "double", out: "timestamp(3) with time zone", low: func(c *invocation) string {
				c.typ.zone = "UTC"
				return c.fromSeconds()
			}},
			{in: "double, varchar(x)", out: "timestamp(3) with time zone", low: func(c *invocation) string {
				at := value{typ: timestampTZ(3, "UTC"), code: c.fromSeconds()}
				return c.settle(c.a.inZone(at, c.zoneArg(1), "from_unixtime"))
			}}}},
		{name: "from_unixtime_nanos", doc: "Time of nanoseconds since 1970.", sigs: []signature{
			{in: "bigint", out: "timestamp(9) with time zone", low: func(c *invocation) string {
				c.typ.zone = "UTC"
				return "(CAST(" + c.args[0].code + " AS HUGEINT) * 1000)"
			}},
			{in: "decimal(p, s)", out: "timestamp(9) with time zone", low: func(c *invocation) string {
				c.typ.zone = "UTC"
				return "trino.fine_instant(CAST(trino.whole(" + c.args[0].code + ") AS HUGEINT) * 1000)"
			}}}},
		{name: "to_unixtime", doc: "Seconds since 1970.", sigs: []signature{{in: "timestamp(p) with time zone", out: "double", low: func(c *invocation) string {
			v := c.args[0]
			if v.typ.fine() {
				return "trino.unix_picos(" + v.code + ")"
			}
			return "trino.unix_time(epoch_us(" + v.code + "))"
		}}}},
		{name: "at_timezone", doc: "Instant shown in another zone; AT TIME ZONE takes a time of day too.", sigs: []signature{
			{in: "timestamp(p) with time zone, varchar(x)", out: "timestamp(p) with time zone", low: lowAtTimezone},
			{in: "timestamp(p) with time zone, interval day to second", out: "timestamp(p) with time zone", low: lowAtTimezone}}},
		{name: "timezone", doc: "Zone of an instant or time of day.", since: 476, sigs: []signature{
			{in: "timestamp(p) with time zone", out: "varchar", low: func(c *invocation) string {
				return "split_part(" + c.a.temporalText(c.args[0].code, c.args[0].typ) + ", ' ', -1)"
			}},
			{in: "time(p) with time zone", out: "varchar", low: func(c *invocation) string {
				return "right(" + c.a.temporalText(c.args[0].code, c.args[0].typ) + ", 6)"
			}}}},
		{name: "with_timezone", doc: "Local time taken to be in a zone.", sigs: []signature{{in: "timestamp(p), varchar(x)", out: "timestamp(p) with time zone", low: lowWithTimezone}}},
		{name: "to_milliseconds", doc: "Milliseconds of an interval.", sigs: []signature{sg("interval day to second", "bigint", "$1")}},
		{name: "parse_duration", doc: "Interval of a text like 3.5m.", sigs: []signature{sg("varchar(x)", "interval day to second", "acme_parse_duration($1)")}},
		{name: "human_readable_seconds", doc: "Seconds in words.", sigs: []signature{sg("double", "varchar", "acme_human_seconds($1)")}},
	}
}

// zoneArg gives an argument that names a zone, with its text where it is a literal.
func (c *invocation) zoneArg(i int) value {
	z := c.args[i]
	z.text = c.raw[i].text
	return z
}

// settle takes over a value as the result, with its zone.
func (c *invocation) settle(v value) string {
	c.typ = v.typ
	return v.code
}

func lowAtTimezone(c *invocation) string {
	return c.settle(c.a.inZone(c.args[0], c.zoneArg(1), "at_timezone"))
}

func lowWithTimezone(c *invocation) string {
	v := c.args[0]
	zone, number := c.a.zoneValue(c.zoneArg(1), "with_timezone")
	c.typ.zone = zone
	if zone != carriedZone {
		return c.a.withLocal(c.typ, v.code, c.a.localOf(v.code, v.typ), restOf(v.code, v.typ))
	}
	c.a.representable(c.typ)
	return fmt.Sprintf("trino.zoned(acme_zoned_instant(epoch_us(%s), %s, epoch_us(%s) - 86400000000), %s)", v.code, number, v.code, number)
}

// lowFromUnixOffset is from_unixtime with hours and minutes of an offset.
func lowFromUnixOffset(c *invocation) string {
	c.typ.zone = carriedZone
	return fmt.Sprintf("trino.zoned(epoch_us(%s), acme_offset_zone(%s, %s))", c.fromSeconds(), c.args[1].code, c.args[2].code)
}

// fromSeconds gives the instant of the first argument.
func (c *invocation) fromSeconds() string {
	name := "INVALID_FUNCTION_ARGUMENT"
	if c.a.level < 476 {
		name = "GENERIC_INTERNAL_ERROR"
	}
	return "trino.from_seconds(" + c.args[0].code + ", '" + name + "')"
}

func lastDaySigs() []signature {
	var out []signature
	for _, t := range points {
		out = append(out, signature{in: t, out: "date", low: func(c *invocation) string { return "last_day(CAST(" + c.local() + " AS DATE))" }})
	}
	return out
}

// dateUnits are the units that a kind of value has.
var dateUnits = map[Kind]string{
	Date:        "day week month quarter year",
	Time:        "millisecond second minute hour",
	TimeTZ:      "millisecond second minute hour",
	Timestamp:   "millisecond second minute hour day week month quarter year",
	TimestampTZ: "millisecond second minute hour day week month quarter year",
}

// byUnit gives the text of a date function of a kind of value, which low has for each
// unit: that of a literal, or a choice by a computed one. What is no unit of the kind fails
// as in Trino, in a text of type typ, where no argument is NULL.
func (c *invocation) byUnit(k Kind, typ string, low func(unit string) string) string {
	units := strings.Fields(dateUnits[k])
	text := c.raw[0].text
	if text != nil {
		if u := strings.ToLower(*text); slices.Contains(units, u) {
			return low(u)
		}
	}
	codes := make([]string, len(c.args))
	for i, v := range c.args {
		codes[i] = v.code
	}
	return c.a.let(codes, func(names []string) string {
		var known []string
		for i, n := range names {
			c.args[i].code = n
			known = append(known, n+" IS NOT NULL")
		}
		choice := "CASE "
		if text == nil {
			choice = "CASE lower(" + names[0] + ") "
			for _, u := range units {
				choice += "WHEN '" + u + "' THEN " + low(u) + " "
			}
			choice += "ELSE CASE "
		}
		choice += "WHEN " + strings.Join(known, " AND ") + " THEN " + c.noUnit(k, typ) + " END"
		if text == nil {
			choice += " END"
		}
		return choice
	})
}

// noUnit gives the text that fails of the first argument, which is no unit of a kind.
func (c *invocation) noUnit(k Kind, typ string) string {
	what, said := map[Kind]string{Date: "DATE", Time: "Time", TimeTZ: "Time", Timestamp: "Timestamp", TimestampTZ: "Timestamp"}[k], "lower("+c.args[0].code+")"
	if c.a.level >= 476 {
		what = strings.ToUpper(what)
		if what != "TIME" {
			said = c.args[0].code
		}
	}
	return failWith(typ, "'[[INVALID_FUNCTION_ARGUMENT]] ''' || "+said+" || ''' is not a valid "+what+" field'")
}

func lowDateTrunc(c *invocation) string {
	t := c.args[1].typ
	return c.byUnit(t.Kind, t.DuckDB(), func(u string) string { return c.truncated(u, c.args[1]) })
}

// truncated gives date_trunc of v to a unit that it has.
func (c *invocation) truncated(u string, v value) string {
	size, clock := unitMicros[u]
	switch v.typ.Kind {
	case Date:
		return fmt.Sprintf("CAST(date_trunc('%s', %s) AS DATE)", u, v.code)
	case Time, TimeTZ:
		return fromDayPicos(v.typ, fmt.Sprintf("trino.floor_to(%s, %d)", dayPicos(v.code, v.typ), size*1e6), v.code)
	case TimestampTZ:
		if clock { // what is shorter than a day is cut on the clock, whatever the offset
			if v.typ.zone == "" || v.typ.zone == "UTC" {
				return c.a.withInstant(v.typ, v.code, fmt.Sprintf("trino.floor_to(%s, %d)", microsOf(v.code, v.typ), size), "0")
			}
			local := c.a.localOf(v.code, v.typ)
			micros := fmt.Sprintf("%s - (epoch_us(%s) - trino.floor_to(epoch_us(%s), %d))", microsOf(v.code, v.typ), local, local, size)
			return c.a.withInstant(v.typ, v.code, micros, "0")
		}
	}
	return c.a.withLocal(v.typ, v.code, fmt.Sprintf("date_trunc('%s', %s)", u, c.a.localOf(v.code, v.typ)), "0")
}

// unitMicros are the microseconds of the units of a clock.
var unitMicros = map[string]int64{"millisecond": 1000, "second": 1e6, "minute": 60e6, "hour": 3600e6}

// unitStep gives an interval of n units.
func unitStep(u, n string) string {
	switch u {
	case "millisecond":
		return "to_microseconds(1000 * " + steps(n, 1000) + ")"
	case "second", "minute", "hour":
		return fmt.Sprintf("to_microseconds(%d * %s)", unitMicros[u], steps(n, unitMicros[u]))
	case "day", "week":
		size := map[string]int{"day": 1, "week": 7}[u]
		return fmt.Sprintf("to_days(CAST(%d * %s AS INTEGER))", size, steps(n, int64(size)*86400e6))
	}
	size := map[string]int{"month": 1, "quarter": 3, "year": 12}[u]
	return fmt.Sprintf("to_months(CAST(%d * %s AS INTEGER))", size, steps(n, int64(size)*28*86400e6))
}

// steps refuses to go further by n units than DuckDB's times do, where its numbers
// end: a unit has so many microseconds at least.
func steps(n string, micros int64) string {
	if _, err := strconv.ParseInt(strings.Trim(n, "()"), 10, 32); err == nil && micros < unitMicros["hour"] {
		return n
	}
	return fmt.Sprintf("trino.steps(%s, %d)", n, (1<<63-1)/micros)
}

func lowDateAdd(c *invocation) string {
	t := c.args[2].typ
	return c.byUnit(t.Kind, t.DuckDB(), func(u string) string { return c.added(u, c.args[1].code, c.args[2]) })
}

// added gives date_add of n units, which v has, to v.
func (c *invocation) added(u, n string, v value) string {
	step := unitStep(u, n)
	size, clock := unitMicros[u]
	t := v.typ
	code := ""
	switch {
	case t.Kind == Date:
		return fmt.Sprintf("CAST((%s + %s) AS DATE)", v.code, step)
	case t.Kind == Time || t.Kind == TimeTZ:
		picos := fmt.Sprintf("(%s + (%s %% %d) * %d)", dayPicos(v.code, t), n, int64(86400e6)/size, size*1e6)
		return fromDayPicos(t, c.roundTo(t, picos), v.code)
	case t.Kind == TimestampTZ && clock:
		code = c.a.withInstant(t, v.code, fmt.Sprintf("%s + %d * %s", microsOf(v.code, t), size, steps(n, size)), restOf(v.code, t))
	default:
		code = c.a.withLocal(t, v.code, "("+c.a.localOf(v.code, t)+" + "+step+")", restOf(v.code, t))
	}
	if at, ok := strings.CutPrefix(code, "trino.instant("); ok && c.a.level >= 476 && t.Precision <= 3 {
		code = "trino.called_instant(" + at // newer releases say that a function failed
	}
	if u == "millisecond" && t.Precision < 3 {
		return c.a.convert(code, Type{Kind: t.Kind, Precision: 3, zone: t.zone}, t, false)
	}
	return code
}

// roundTo rounds picoseconds to the digits of t, where milliseconds were added.
func (c *invocation) roundTo(t Type, picos string) string {
	if t.Precision < 3 {
		return roundedPicos(picos, 3, t.Precision)
	}
	return picos
}

func lowDateDiff(c *invocation) string {
	return c.byUnit(c.args[1].typ.Kind, "BIGINT", func(u string) string { return c.between(u, c.args[1], c.args[2]) })
}

// between gives date_diff in a unit that x has.
func (c *invocation) between(u string, x, y value) string {
	l, r := x.code, y.code
	day := !strings.Contains(dateUnits[Time], u)
	switch k := x.typ.Kind; {
	case k == TimeTZ: // by the instants, where the days are all one
		l, r = "make_timestamp(epoch_us("+l+") // 1000000)", "make_timestamp(epoch_us("+r+") // 1000000)"
	case k == Time:
		l, r = "(DATE '1970-01-01' + "+c.a.localOf(l, x.typ)+")", "(DATE '1970-01-01' + "+c.a.localOf(r, y.typ)+")"
	case k == TimestampTZ && !day:
		l, r = "make_timestamp("+microsOf(l, x.typ)+")", "make_timestamp("+microsOf(r, y.typ)+")"
	case k == TimestampTZ: // in the zone of the first
		l = c.a.localOf(l, x.typ)
		r = c.inZoneOf(x, y)
	default:
		l, r = c.a.localOf(l, x.typ), c.a.localOf(r, y.typ)
	}
	if x.typ.Kind != Date && x.typ.Kind != Time && x.typ.Kind != TimeTZ && max(x.typ.Precision, y.typ.Precision) > 3 {
		l, r = "date_trunc('millisecond', "+l+")", "date_trunc('millisecond', "+r+")"
	}
	return fmt.Sprintf("date_sub('%s', %s, %s)", u, l, r)
}

// inZoneOf gives the local time of y in the zone of x.
func (c *invocation) inZoneOf(x, y value) string {
	if x.typ.carried() {
		return "make_timestamp(acme_zoned_local(" + microsOf(y.code, y.typ) + ", trino.zone_of(" + x.code + ")))"
	}
	t := y.typ
	code := y.code
	if t.carried() {
		code = "make_timestamptz(" + microsOf(code, t) + ")"
	}
	t.zone = x.typ.zone
	return c.a.localOf(code, t)
}

// toMillis rounds microseconds to milliseconds where the type t is finer, as what
// prints a time by a pattern does.
func toMillis(micros string, t Type) string {
	if t.Precision <= 3 {
		return micros
	}
	return "trino.floor_to(" + micros + " + 500, 1000)"
}

func formatFunctions() []function {
	return []function{
		{name: "date_format", doc: "Date or time as text, by MySQL's letters.", sigs: []signature{
			{in: "timestamp(p), varchar(x)", out: "varchar", low: func(c *invocation) string {
				return "acme_date_format(" + toMillis("epoch_us("+c.local()+")", c.args[0].typ) + ", " + c.args[1].code + ")"
			}},
			{in: "timestamp(p) with time zone, varchar(x)", out: "varchar", low: func(c *invocation) string {
				return "acme_date_format(" + toMillis("epoch_us("+c.local()+")", c.args[0].typ) + ", " + c.args[1].code + ")"
			}}}},
		{name: "date_parse", doc: "Time of a text, by MySQL's letters.", sigs: []signature{{in: "varchar(x), varchar(y)", out: "timestamp(3)", low: func(c *invocation) string {
			return c.template("make_timestamp(acme_date_parse($1, $2))")
		}}}},
		{name: "format_datetime", doc: "Time as text, by Joda's letters.", sigs: []signature{
			{in: "timestamp(p), varchar(x)", out: "varchar", low: func(c *invocation) string {
				v := c.args[0]
				return "acme_joda_format(" + toMillis(microsOf(v.code, v.typ), v.typ) + ", -1, " + c.args[1].code + ")"
			}},
			{in: "timestamp(p) with time zone, varchar(x)", out: "varchar", low: func(c *invocation) string {
				v := c.args[0]
				if f := c.raw[1].text; c.a.trying > 0 && (f == nil || strings.Contains(*f, "z")) {
					panic(c.a.cannot("TRY around the name of a time zone"))
				}
				return "acme_joda_format(" + toMillis(microsOf(v.code, v.typ), v.typ) + ", " + c.a.numberOf(v) + ", " + c.args[1].code + ")"
			}}}},
		{name: "from_iso8601_timestamp", doc: "Time of an ISO 8601 text, to the millisecond.", sigs: []signature{{in: "varchar(x)", out: "timestamp(3) with time zone", low: lowISO}}},
		{name: "from_iso8601_date", doc: "Day of an ISO 8601 text.", sigs: []signature{sg("varchar(x)", "date", "(DATE '1970-01-01' + CAST(acme_iso_date($1) AS INTEGER))")}},
		{name: "to_iso8601", doc: "Date or time as ISO 8601 text.", sigs: []signature{
			{in: "date", out: "varchar(16)", sql: "trino.date_text($1)"},
			{in: "timestamp(p)", low: func(c *invocation) string {
				return "replace(" + c.a.temporalText(c.args[0].code, c.args[0].typ) + ", ' ', 'T')"
			}, typ: func(t []Type) Type { return varcharType(isoLength(t[0].Precision)) }},
			{in: "timestamp(p) with time zone", low: func(c *invocation) string {
				v := c.args[0]
				return fmt.Sprintf("acme_iso_text(%s, %s, %d, %s)", microsOf(v.code, v.typ), restOf(v.code, v.typ), v.typ.Precision, c.a.numberOf(v))
			}, typ: func(t []Type) Type { return varcharType(isoLength(t[0].Precision) + 6) }}}},
		{name: "from_iso8601_timestamp_nanos", doc: "Time of an ISO 8601 text, to the nanosecond.", sigs: []signature{{in: "varchar(x)", out: "timestamp(9) with time zone", low: lowISO}}},
		{name: "parse_datetime", doc: "Time of a text, by Joda's letters.", sigs: []signature{{in: "varchar(x), varchar(y)", out: "timestamp(3) with time zone", low: lowParseDatetime}}},
	}
}

// lowParseDatetime reads a time by a pattern. Where the pattern may read a zone, each
// value carries its own.
func lowParseDatetime(c *invocation) string {
	pattern := c.raw[1].text
	arguments := "(" + c.args[0].code + ", " + c.args[1].code + ", epoch_us(now()))"
	zones, eras := pattern == nil, pattern == nil
	if pattern != nil {
		for _, t := range jodaTokens(*pattern) {
			zones = zones || t.letter == 'z' || t.letter == 'Z'
			eras = eras || t.letter == 'G' || t.letter == 'C'
		}
	}
	if c.a.trying > 0 && eras {
		panic(c.a.cannot("TRY around parse_datetime with an era"))
	}
	if !zones {
		c.typ.zone = "UTC"
		return "make_timestamptz(acme_parse_instant" + arguments + ")"
	}
	c.typ.zone = carriedZone
	return "CAST(acme_parse_datetime" + arguments + " AS INTERVAL)"
}

// isoLength is the length of an ISO text of a timestamp, as Trino types it.
func isoLength(p int) int {
	if p == 0 {
		return 22
	}
	return 23 + p
}

// lowISO reads an ISO time: a literal here, with its zone; a column's must all be
// in UTC, which is checked as they are read.
func lowISO(c *invocation) string {
	parse, name := parseISO, "iso_timestamp"
	if c.typ.Precision == 9 {
		parse, name = parseISONanos, "iso_nanos"
	}
	c.typ.zone = "UTC"
	if text := c.raw[0].text; text != nil {
		if in, err := parse(*text); err == nil && in.hasMillis() {
			c.typ.zone = in.zone
			in.micros = toInstant(in.micros, in.zone)
			if c.typ.fine() {
				return "CAST(" + in.picos(12).String() + " AS HUGEINT)"
			}
			return fmt.Sprintf("make_timestamptz(%d)", floorDiv(in.micros, 1000)*1000)
		}
	}
	code := try(name, c.a.trying > 0) + "(" + c.args[0].code + ")"
	if c.typ.fine() {
		return code
	}
	switch {
	case c.a.trying > 0: // the reader gives NULL itself; see tryZoned
		return "trino.try_instant(" + code + ")"
	case c.a.level >= 476:
		return "trino.called_instant(" + code + ")"
	}
	return "trino.instant(" + code + ")"
}

// lowMomentSequence is sequence over timestamps: those finer than microseconds keep
// what the first has beyond them.
func lowMomentSequence(c *invocation) string {
	from, to := c.args[0], c.args[1]
	v := c.a.lambdaVar()
	return fmt.Sprintf("list_transform(acme_sequence(%s, %s, 1000 * %s), lambda %s: %s)", microsOf(from.code, from.typ), microsOf(to.code, to.typ),
		c.args[2].code, v, c.a.withInstant(from.typ, "", v, restOf(from.code, from.typ)))
}
