package dialect

import "fmt"

// Casts to dates and times.

func (a *analyser) toTemporal(code string, from, to Type, safe bool) string {
	switch {
	case from.Kind == Varchar || from.Kind == Char:
		return a.textToTemporal(code, to, safe)
	case to.Kind == Date && from.Kind != Time && from.Kind != TimeTZ:
		return "CAST(" + a.localOf(code, from) + " AS DATE)"
	case to.Kind == Time || to.Kind == TimeTZ:
		return a.toClock(code, from, to)
	case (from.Kind == Time || from.Kind == TimeTZ) && (to.Kind == Timestamp || from.Kind == Time):
		return a.today(code, from, to, safe)
	case from.Kind == Time || from.Kind == TimeTZ:
		panic(a.cannot("a cast from %s to %s, which takes the day on which it runs,", from, to))
	case to.Kind == Timestamp:
		return a.toTimestamp(code, from, to)
	case to.Kind == TimestampTZ:
		return a.toZoned(code, from, to, safe)
	}
	panic(a.cannot("a cast from %s to %s", from, to))
}

// today gives the timestamp at that time of the day on which the statement runs.
func (a *analyser) today(code string, from, to Type, safe bool) string {
	const day = "CAST(CAST(timezone('UTC', now()) AS DATE) AS TIMESTAMP)"
	moment := timestampType(from.Precision)
	switch {
	case from.Precision > 6:
		code = "(trino.picos(epoch_us(" + day + "), 0) + " + dayPicos(code, from) + ")"
	case from.Kind == TimeTZ:
		code = "make_timestamp(epoch_us(" + day + ") + CAST(" + dayPicos(code, from) + " // 1000000 AS BIGINT))"
	default:
		code = "(CAST(timezone('UTC', now()) AS DATE) + " + code + ")"
	}
	if to.Kind == Timestamp && to.Precision == from.Precision {
		return code
	}
	return a.toTemporal(code, moment, to, safe)
}

// textToTemporal reads a text.
func (a *analyser) textToTemporal(code string, to Type, safe bool) string {
	call := func(name string) string { return fmt.Sprintf("%s(%s, %d)", try(name, safe), code, to.Precision) }
	switch {
	case to.Kind == Date:
		return "(DATE '1970-01-01' + CAST(" + try("cast_date", safe) + "(" + code + ") AS INTEGER))"
	case to.Kind == TimeTZ:
		return "CAST(" + call("cast_timetz") + " AS INTERVAL)"
	case to.Kind == Time && to.fine():
		return call("cast_time")
	case to.Kind == Time:
		return "CAST(make_timestamp(" + call("cast_time") + " // 1000000) AS TIME)"
	case to.Kind == TimestampTZ && to.carried():
		return "CAST(" + call("cast_zoned") + " AS INTERVAL)"
	case to.Kind == TimestampTZ && to.fine():
		return "trino.fine_instant(" + call("cast_picostz") + ")"
	case to.Kind == TimestampTZ:
		return "make_timestamptz(" + call("cast_timestamptz") + ")" // it holds the range
	case to.fine():
		return call("cast_picos")
	}
	if to.Precision == 3 {
		return "make_timestamp(" + try("cast_millis", safe) + "(" + code + "))"
	}
	return "make_timestamp(" + call("cast_timestamp") + ")"
}

// toClock gives the time of day of a time or timestamp.
func (a *analyser) toClock(code string, from, to Type) string {
	p := to.Precision
	offset := "CAST(0 AS BIGINT)"
	like := "trino.zoned(CAST(0 AS BIGINT), " + offset + ")"
	switch {
	case from.Kind == TimeTZ:
		like = code
	case from.Kind == TimestampTZ && to.Kind == TimeTZ:
		// The offset is that of the local time taken for UTC, as Trino has it.
		local := "epoch_us(" + a.localOf(code, from) + ")"
		offset = fmt.Sprintf("(acme_zoned_local(%s, %s) - %s) // 1000000", local, a.numberOf(value{typ: from, code: code}), local)
		like = "trino.zoned(CAST(0 AS BIGINT), acme_offset_number(" + offset + "))"
	}
	var picos string
	switch {
	case from.Kind == Time && to.Kind == Time && !from.fine() && !to.fine():
		return roundTime(code, from, p)
	case from.Kind == Timestamp && !from.fine() && to.Kind == Time && !to.fine():
		return roundTime("trino.clock("+code+")", from, p)
	case from.Kind == Time || from.Kind == TimeTZ:
		picos = dayPicos(code, from)
	case from.Kind == Timestamp && to.Kind == TimeTZ: // without the second too many of clock_picos
		picos = "CAST(trino.clock_wrap(" + a.localPicos(code, from) + ") AS BIGINT)"
	case from.Kind == Timestamp:
		picos = "trino.clock_picos(" + a.localPicos(code, from) + ")"
	default:
		picos = "CAST(" + a.localPicos(code, from) + " % 86400000000000000 AS BIGINT)"
	}
	return fromDayPicos(to, roundedPicos(picos, from.Precision, p), like)
}

// offsetCode gives the offset of a timestamp with time zone, in seconds.
func (a *analyser) offsetCode(code string, t Type) string {
	local := a.localOf(code, t)
	return fmt.Sprintf("((epoch_us(%s) - %s) // 1000000)", local, microsOf(code, t))
}

// fromPicos gives a timestamp of picoseconds since 1970, at the precision of t.
func (a *analyser) fromPicos(t Type, picos, like string) string {
	if t.fine() && !t.carried() {
		return picos
	}
	return a.withInstant(t, like, "CAST("+picos+" // 1000000 AS BIGINT)", "0")
}

func (a *analyser) toTimestamp(code string, from, to Type) string {
	switch {
	case from.Kind == Date && !to.fine():
		return "CAST(" + code + " AS TIMESTAMP)"
	case from.Kind == Date:
		return "trino.picos(epoch_us(CAST(" + code + " AS TIMESTAMP)), 0)"
	case from.fine() || to.fine():
		return a.fromPicos(to, roundedPicos(a.localPicos(code, from), from.Precision, to.Precision), "")
	}
	return roundTimestamp(a.localOf(code, from), from, to.Precision)
}

// toZoned casts to a timestamp with time zone: what has no zone is taken to be in
// the session's.
func (a *analyser) toZoned(code string, from, to Type, safe bool) string {
	if from.Kind != TimestampTZ {
		flat := timestampType(to.Precision)
		local := a.toTimestamp(code, from, flat)
		switch {
		case to.carried():
			return "trino.zoned(epoch_us(" + local + "), CAST(0 AS BIGINT))"
		case to.fine() && safe:
			return local
		case to.fine():
			return "trino.fine_instant(" + local + ")"
		}
		name := "trino.cast_instant("
		switch {
		case safe:
			name = "trino.try_instant("
		case from.Kind == Date || to.Precision > 3:
			name = "trino.instant("
		}
		return name + "epoch_us(" + local + "))"
	}
	p := to.Precision
	switch {
	case to.carried():
		like := code
		if !from.carried() {
			like = fmt.Sprintf("trino.zoned(CAST(0 AS BIGINT), CAST(%d AS BIGINT))", zoneNumber(a.zoneOf(from)))
		}
		if from.fine() {
			return a.fromPicos(to, roundedPicos(code, from.Precision, p), like)
		}
		micros := microsOf(code, from)
		if p < from.Precision {
			micros = roundedMicros(code, p)
		}
		return a.withInstant(to, like, micros, "0")
	case from.carried() && p >= from.Precision:
		return a.withInstant(to, "", microsOf(code, from), "0")
	case from.fine() || to.fine():
		h := code
		if !from.fine() {
			h = "trino.picos(" + microsOf(code, from) + ", 0)"
		}
		return a.fromPicos(to, roundedPicos(h, from.Precision, p), "")
	case p >= from.Precision:
		return code
	}
	return "make_timestamptz(" + roundedMicros(code, p) + ")"
}

func roundTimestamp(code string, from Type, p int) string {
	if p >= from.Precision {
		return code
	}
	return "make_timestamp(" + roundedMicros(code, p) + ")"
}

func roundTime(code string, from Type, p int) string {
	if p >= from.Precision {
		return code
	}
	return "CAST(make_timestamp(" + roundedMicros("(DATE '1970-01-01' + "+code+")", p) + ") AS TIME)"
}

// roundedMicros gives the microseconds of a timestamp rounded to p digits.
func roundedMicros(code string, p int) string {
	if p >= 6 {
		return "epoch_us(" + code + ")"
	}
	unit := tenTo(6 - p)
	return fmt.Sprintf("trino.floor_to(epoch_us(%s) + %d, %d)", code, unit/2, unit)
}
