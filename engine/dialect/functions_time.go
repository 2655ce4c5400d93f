package dialect

import (
	"fmt"
	"strings"
)

// points are the types that date functions take.
var points = []string{"date", "timestamp(p)", "timestamp(p) with time zone"}

// local gives the first argument, a date or time, as local TIMESTAMP, DATE or TIME, in the value's own
// zone.
func (c *invocation) local() string {
	v := c.args[0]
	if v.typ.Kind == TimestampTZ {
		return localCode(v.code, c.a.zoneOf(v.typ))
	}
	return v.code
}

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

// intervalSig reads a field of an interval.
func intervalSig(typ, sql string) signature { return sg(typ, "bigint", "CAST("+sql+" AS BIGINT)") }

func timeFunctions() []function {
	clock := []string{"timestamp(p)", "timestamp(p) with time zone", "time(p)", "time(p) with time zone"}
	const days, months = "interval day to second", "interval year to month"
	field := func(name, doc, sql string, extra []signature, types ...string) function {
		return function{name: name, doc: doc, sigs: append(extra, fieldSigs(sql, types...)...)}
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
	return []signature{{in: "timestamp(p) with time zone", out: "bigint", low: func(c *invocation) string {
		v := c.args[0]
		return fmt.Sprintf("CAST(((epoch_us(%s) - epoch_us(%s)) // 1000000) %s AS BIGINT)", localCode(v.code, c.a.zoneOf(v.typ)), v.code, op)
	}}, sg("time(p) with time zone", "bigint", "")}
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
			sg("timestamp(p)", "date", "CAST($1 AS DATE)"),
			{in: "timestamp(p) with time zone", out: "date", low: func(c *invocation) string { return "CAST(" + c.local() + " AS DATE)" }}}},
		{name: "last_day_of_month", doc: "Last day of the month.", sigs: lastDaySigs()},
		{name: "now", doc: "Time at which the statement began.", sigs: []signature{{in: "", out: "timestamp(3) with time zone", low: func(c *invocation) string {
			c.typ.zone = "UTC"
			return "make_timestamptz(" + roundedMicros("now()", 3) + ")"
		}}}},
		{name: "current_timezone", doc: "Zone of the session.", sigs: []signature{sg("", "varchar", "'UTC'")}},
		{name: "from_unixtime", doc: "Time of seconds since 1970, in UTC or a zone.", sigs: []signature{
			{in: "double, bigint, bigint", out: "timestamp(3) with time zone", low: func(c *invocation) string { panic(c.a.cannot("from_unixtime with an offset")) }},
			{in: "double", out: "timestamp(3) with time zone", low: func(c *invocation) string {
				c.typ.zone = "UTC"
				return "trino.from_seconds(" + c.args[0].code + ")"
			}},
			{in: "double, varchar(x)", out: "timestamp(3) with time zone", low: func(c *invocation) string {
				zone := c.zone(1)
				c.typ.zone = zone
				return "trino.from_seconds(" + c.args[0].code + ")"
			}}}},
		{name: "to_unixtime", doc: "Seconds since 1970.", sigs: []signature{sg("timestamp(p) with time zone", "double", "trino.unix_time(epoch_us($1))")}},
		{name: "at_timezone", doc: "Instant shown in another zone.", sigs: []signature{{in: "timestamp(p) with time zone, varchar(x)", out: "timestamp(p) with time zone", low: func(c *invocation) string {
			zone := c.zone(1)
			c.typ.zone = zone
			return c.args[0].code
		}}}},
		{name: "with_timezone", doc: "Local time taken to be in a zone.", sigs: []signature{{in: "timestamp(p), varchar(x)", out: "timestamp(p) with time zone", low: func(c *invocation) string {
			zone := c.zone(1)
			c.typ.zone = zone
			return instantCode(c.args[0].code, zone)
		}}}},
		{name: "to_milliseconds", doc: "Milliseconds of an interval.", sigs: []signature{sg("interval day to second", "bigint", "$1")}},
		{name: "parse_duration", doc: "Interval of a text like 3.5m.", sigs: []signature{sg("varchar(x)", "interval day to second", "acme_parse_duration($1)")}},
		{name: "human_readable_seconds", doc: "Seconds in words.", sigs: []signature{sg("double", "varchar", "acme_human_seconds($1)")}},
	}
}

// zone gives the zone that a literal argument names.
func (c *invocation) zone(i int) string {
	text := c.raw[i].text
	if text == nil {
		panic(c.a.cannot("a time zone that is not a literal"))
	}
	z, ok := normalZone(*text)
	if !ok && c.name() == "from_unixtime" {
		panic(&Error{Name: "NOT_SUPPORTED", Message: "Time zone not supported: " + *text})
	} else if !ok {
		panic(&Error{Name: "INVALID_FUNCTION_ARGUMENT", Message: fmt.Sprintf("'%s' is not a valid time zone", *text)})
	}
	return z
}

func lastDaySigs() []signature {
	var out []signature
	for _, t := range points {
		out = append(out, signature{in: t, out: "date", low: func(c *invocation) string { return "last_day(" + c.local() + ")" }})
	}
	return out
}

// dateUnits are the units that a kind of value has.
var dateUnits = map[Kind]string{
	Date:        "day week month quarter year",
	Time:        "millisecond second minute hour",
	Timestamp:   "millisecond second minute hour day week month quarter year",
	TimestampTZ: "millisecond second minute hour day week month quarter year",
}

// unit gives the literal unit of a date function in lower case, or "" with the
// text that fails as Trino does.
func (c *invocation) unit(k Kind) (unit, failure string) {
	text := c.raw[0].text
	if text == nil {
		panic(c.a.cannot("a unit of time that is not a literal"))
	}
	u := strings.ToLower(*text)
	for _, known := range strings.Fields(dateUnits[k]) {
		if u == known {
			return u, ""
		}
	}
	what := map[Kind]string{Date: "DATE", Time: "Time", Timestamp: "Timestamp", TimestampTZ: "Timestamp"}[k]
	if k == Time && c.a.level >= 476 {
		what = "TIME"
	}
	return "", fail("VARCHAR", "INVALID_FUNCTION_ARGUMENT", fmt.Sprintf("'%s' is not a valid %s field", *text, what))
}

func lowDateTrunc(c *invocation) string {
	v := c.args[1]
	u, failure := c.unit(v.typ.Kind)
	if failure != "" {
		return "CAST(" + failure + " AS " + v.typ.DuckDB() + ")"
	}
	switch v.typ.Kind {
	case Date:
		return fmt.Sprintf("CAST(date_trunc('%s', %s) AS DATE)", u, v.code)
	case Time:
		return fmt.Sprintf("CAST(date_trunc('%s', DATE '1970-01-01' + %s) AS TIME)", u, v.code)
	case TimestampTZ:
		z := c.a.zoneOf(v.typ)
		return instantCode(fmt.Sprintf("date_trunc('%s', %s)", u, localCode(v.code, z)), z)
	}
	return fmt.Sprintf("date_trunc('%s', %s)", u, v.code)
}

// unitStep gives an interval of n units.
func unitStep(u, n string) string {
	switch u {
	case "millisecond":
		return "to_microseconds(1000 * " + n + ")"
	case "second", "minute", "hour":
		size := map[string]int{"second": 1000000, "minute": 60000000, "hour": 3600000000}[u]
		return fmt.Sprintf("to_microseconds(%d * %s)", size, n)
	case "day", "week":
		size := map[string]int{"day": 1, "week": 7}[u]
		return fmt.Sprintf("to_days(CAST(%d * %s AS INTEGER))", size, n)
	}
	size := map[string]int{"month": 1, "quarter": 3, "year": 12}[u]
	return fmt.Sprintf("to_months(CAST(%d * %s AS INTEGER))", size, n)
}

func lowDateAdd(c *invocation) string {
	v, n := c.args[2], c.args[1].code
	u, failure := c.unit(v.typ.Kind)
	if failure != "" {
		return "CAST(" + failure + " AS " + v.typ.DuckDB() + ")"
	}
	step := unitStep(u, n)
	if u == "millisecond" && v.typ.Precision < 3 && v.typ.Kind != Date {
		panic(c.a.cannot("date_add of milliseconds to %s", v.typ))
	}
	switch {
	case v.typ.Kind == Date:
		return fmt.Sprintf("CAST((%s + %s) AS DATE)", v.code, step)
	case v.typ.Kind == TimestampTZ && (u == "millisecond" || u == "second" || u == "minute" || u == "hour"):
		size := map[string]int{"millisecond": 1000, "second": 1000000, "minute": 60000000, "hour": 3600000000}[u]
		return fmt.Sprintf("make_timestamptz(epoch_us(%s) + %d * %s)", v.code, size, n)
	case v.typ.Kind == TimestampTZ:
		z := c.a.zoneOf(v.typ)
		return instantCode("("+localCode(v.code, z)+" + "+step+")", z)
	}
	return "(" + v.code + " + " + step + ")"
}

func lowDateDiff(c *invocation) string {
	x, y := c.args[1], c.args[2]
	u, failure := c.unit(x.typ.Kind)
	if failure != "" {
		return "CAST(" + failure + " AS BIGINT)"
	}
	l, r := x.code, y.code
	switch x.typ.Kind {
	case TimestampTZ:
		z := c.a.zoneOf(x.typ)
		switch u {
		case "day", "week", "month", "quarter", "year":
			l, r = localCode(l, z), localCode(r, z)
		default:
			l, r = localCode(l, "UTC"), localCode(r, "UTC")
		}
	case Time:
		l, r = "(DATE '1970-01-01' + "+l+")", "(DATE '1970-01-01' + "+r+")"
	}
	return fmt.Sprintf("date_sub('%s', %s, %s)", u, l, r)
}

func formatFunctions() []function {
	return []function{
		{name: "date_format", doc: "Date or time as text, by MySQL's letters.", sigs: []signature{
			{in: "timestamp(p), varchar(x)", out: "varchar", low: func(c *invocation) string {
				return "acme_date_format(epoch_us(" + c.local() + "), " + c.args[1].code + ")"
			}},
			{in: "timestamp(p) with time zone, varchar(x)", out: "varchar", low: func(c *invocation) string {
				return "acme_date_format(epoch_us(" + c.local() + "), " + c.args[1].code + ")"
			}}}},
		{name: "date_parse", doc: "Time of a text, by MySQL's letters.", sigs: []signature{{in: "varchar(x), varchar(y)", out: "timestamp(3)", low: func(c *invocation) string {
			if f := c.raw[1].text; f == nil && c.a.trying > 0 {
				panic(c.a.cannot("TRY around date_parse with a computed format"))
			} else if f != nil && (strings.Contains(*f, "%a") || strings.Contains(*f, "%W") || strings.Contains(*f, "%x") || strings.Contains(*f, "%v")) {
				panic(c.a.cannot("a weekday or week in date_parse"))
			}
			return c.template("make_timestamp(acme_date_parse($1, $2))")
		}}}},
		{name: "format_datetime", doc: "Time as text, by Joda's letters.", sigs: []signature{
			{in: "timestamp(p), varchar(x)", out: "varchar", low: func(c *invocation) string {
				return "acme_joda_format(epoch_us(" + c.args[0].code + "), 'UTC', " + c.args[1].code + ")"
			}},
			{in: "timestamp(p) with time zone, varchar(x)", out: "varchar", low: func(c *invocation) string {
				z := c.a.zoneOf(c.args[0].typ)
				return "acme_joda_format(epoch_us(" + c.local() + "), " + quoteText(z) + ", " + c.args[1].code + ")"
			}}}},
		{name: "from_iso8601_timestamp", doc: "Time of an ISO 8601 text, to the millisecond.", sigs: []signature{{in: "varchar(x)", out: "timestamp(3) with time zone", low: lowISO}}},
		{name: "from_iso8601_date", doc: "Day of an ISO 8601 text.", sigs: []signature{sg("varchar(x)", "date", "(DATE '1970-01-01' + CAST(acme_iso_date($1) AS INTEGER))")}},
		{name: "to_iso8601", doc: "Date or time as ISO 8601 text.", sigs: []signature{
			{in: "date", out: "varchar(16)", sql: "CAST($1 AS VARCHAR)"},
			{in: "timestamp(p)", low: func(c *invocation) string {
				return "replace(" + c.a.temporalText(c.args[0].code, c.args[0].typ) + ", ' ', 'T')"
			}, typ: func(t []Type) Type { return varcharType(isoLength(t[0].Precision)) }},
			{in: "timestamp(p) with time zone", low: func(c *invocation) string {
				t := c.args[0].typ
				z := c.a.zoneOf(t)
				t2 := timestampType(t.Precision)
				return "(replace(" + c.a.temporalText(localCode(c.args[0].code, z), t2) + ", ' ', 'T') || acme_offset_text(epoch_us(" + c.args[0].code + "), " + quoteText(z) + "))"
			}, typ: func(t []Type) Type { return varcharType(isoLength(t[0].Precision) + 6) }}}},
		{name: "from_iso8601_timestamp_nanos", doc: "Time of an ISO 8601 text, to the nanosecond.", refused: "it has nanoseconds; use from_iso8601_timestamp"},
		{name: "from_unixtime_nanos", doc: "Time of nanoseconds since 1970.", refused: "it has nanoseconds; use from_unixtime(n / 1e9)"},
		{name: "parse_datetime", doc: "Time of a text, by Joda's letters.", refused: "use date_parse with MySQL's letters"},
	}
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
	if text := c.raw[0].text; text != nil {
		if in, err := parseISO(*text); err == nil {
			c.typ.zone = in.zone
			return fmt.Sprintf("make_timestamptz(%d)", floorDiv(toInstant(in.micros, in.zone), 1000)*1000)
		}
	}
	c.typ.zone = "UTC"
	return "make_timestamptz(" + try("iso_timestamp", c.a.trying > 0) + "(" + c.args[0].code + "))"
}
