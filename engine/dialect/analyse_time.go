package dialect

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Literals and arithmetic of dates, times and intervals.

// typedLiteral is TYPE 'text': its value is computed here, with Trino's parsers.
func (a *analyser) typedLiteral(x *TypedLit) value {
	bad := func() *Error {
		shown := strings.ToLower(x.Type)
		if a.level >= 476 {
			shown = strings.ToUpper(shown)
		}
		return errorAt(x.pos, "INVALID_LITERAL", "'%s' is not a valid %s literal", x.Value, shown)
	}
	name := strings.ToLower(x.Type)
	out := value{constant: true}
	switch name {
	case "date":
		days, ok := parseDate(strings.TrimSpace(x.Value))
		if !ok {
			panic(bad())
		}
		out.typ, out.code = tDate, dateCode(days)
	case "timestamp":
		return a.timestampLiteral(x, bad)
	case "time":
		in, ok := parseTime(strings.TrimSpace(x.Value))
		if !ok {
			panic(bad())
		}
		return a.timeLiteral(x, in)
	case "decimal":
		text := x.Value
		if a.level >= separatorsSince {
			text = withoutSeparators(text)
		}
		t, digits, ok := decimalOf(text)
		if !ok {
			panic(bad())
		}
		out.typ, out.code = t, decimalCode(digits, t)
	case "varchar":
		out = stringValue(x.Value)
		out.typ = tVarchar
	case "char":
		out.typ, out.code = charType(len([]rune(x.Value))), textCode(x.Value)
	case "json":
		text, ok := canonicalJSON(x.Value, numbersOf(a.level))
		if !ok {
			panic(bad())
		}
		out.typ, out.code = tJSON, textCode(text)
	case "uuid":
		u, why := parseUUID(x.Value)
		if why != "" {
			panic(bad())
		}
		out.typ, out.code = tUUID, "CAST("+quoteText(u)+" AS UUID)"
	default:
		return a.scalarLiteral(x, name, bad)
	}
	return out
}

// noLiteralType is said of a literal of a type that there is none of: its name as it is
// written, and from 476 on by another class of the server's and in lower case.
func (a *analyser) noLiteralType(x *TypedLit) *Error {
	if a.level >= 476 {
		return &Error{Name: "TYPE_NOT_FOUND", Message: "com.google.common.util.concurrent.UncheckedExecutionException: io.trino.spi.type.TypeNotFoundException: Unknown type: " + strings.ToLower(x.Type)}
	}
	return &Error{Name: "TYPE_NOT_FOUND", Message: fmt.Sprintf("io.trino.spi.TrinoException: %s: Unknown resolvedType: %s", x.pos, x.Type)}
}

// scalarLiteral is a number or boolean given as text.
func (a *analyser) scalarLiteral(x *TypedLit, name string, bad func() *Error) value {
	out := value{constant: true}
	switch name {
	case "boolean":
		b, ok := parseBoolean(x.Value)
		if !ok {
			panic(bad())
		}
		out.typ, out.code = tBoolean, strconv.FormatBool(b)
	case "tinyint", "smallint", "integer", "int", "bigint":
		t, _ := a.simpleType(name)
		n, err := strconv.ParseInt(x.Value, 10, integerBits[t.Kind])
		if err != nil {
			panic(bad())
		}
		out.typ, out.code = t, fmt.Sprintf("CAST(%d AS %s)", n, t.DuckDB())
		if n == -1<<63 {
			out.code = "CAST('-9223372036854775808' AS BIGINT)"
		}
	case "double", "real":
		size := map[string]int{"double": 64, "real": 32}[name]
		d, ok := parseJavaFloat(x.Value, size)
		if !ok {
			panic(bad())
		}
		out.typ, out.code = tDouble, doubleCode(d)
		if size == 32 {
			out.typ, out.code = tReal, "CAST("+doubleCode(d)+" AS FLOAT)"
		}
	case "interval":
		panic(a.noLiteralType(x).hint("write the unit behind the text: INTERVAL '5' MINUTE"))
	case "ipaddress":
		ip, ok := parseAddress(x.Value)
		if !ok {
			panic(bad())
		}
		out.typ, out.code = tIPAddress, fmt.Sprintf("unhex('%x')", ip.As16())
	case "varbinary":
		out.typ, out.code = tVarbinary, fmt.Sprintf("unhex('%x')", x.Value)
	default:
		panic(a.noLiteralType(x))
	}
	return out
}

var integerBits = map[Kind]int{TinyInt: 8, SmallInt: 16, Integer: 32, BigInt: 64}

func (a *analyser) timestampLiteral(x *TypedLit, bad func() *Error) value {
	in, ok := parseTimestamp(x.Value)
	if !ok {
		if m := dateTimePattern.FindStringSubmatch(x.Value); m != nil && offsetPattern.MatchString(m[9]) {
			panic(errorAt(x.pos, "NOT_SUPPORTED", "Time zone not supported: %s", m[9]))
		}
		panic(bad())
	}
	if in.digits > 12 {
		panic(errorAt(x.pos, "NUMERIC_VALUE_OUT_OF_RANGE", "TIMESTAMP precision must be in range [0, 12]: %d", in.digits))
	}
	out := value{constant: true, typ: timestampType(in.digits)}
	carry := "make_timestamp"
	if in.zone != "" {
		switch {
		case in.hasMillis():
		case in.digits > 3: // Trino has it, and can do little with it
			panic(a.cannot("a timestamp with time zone so far from 1970"))
		default:
			panic(bad())
		}
		out.typ = timestampTZ(in.digits, in.zone)
		in.micros, carry = toInstant(in.micros, in.zone), "make_timestamptz"
	}
	out.code = fmt.Sprintf("%s(%d)", carry, in.micros)
	if out.typ.fine() {
		out.code = "CAST(" + in.picos(in.digits).String() + " AS HUGEINT)"
	}
	return out
}

// timeLiteral is TIME '01:02:03', with or without an offset.
func (a *analyser) timeLiteral(x *TypedLit, in instant) value {
	out := value{constant: true, typ: timeType(in.digits)}
	what := "TIME"
	if in.zone != "" {
		out.typ.Kind, what = TimeTZ, "TIME WITH TIME ZONE"
	}
	if in.digits > 12 {
		panic(errorAt(x.pos, "NUMERIC_VALUE_OUT_OF_RANGE", "%s precision must be in range [0, 12]: %d", what, in.digits))
	}
	switch picos := in.dayPicos(12); {
	case in.zone != "":
		minutes, _ := offsetMinutes(in.zone)
		out.code = "CAST('" + clockZoned(picos, minutes) + "' AS INTERVAL)"
	case out.typ.fine():
		out.code = fmt.Sprintf("CAST(%d AS BIGINT)", picos)
	default:
		out.code = fmt.Sprintf("CAST(make_timestamp(%d) AS TIME)", in.micros)
	}
	return out
}

// dateCode gives a date literal.
func dateCode(days int64) string {
	return fmt.Sprintf("(DATE '1970-01-01' + CAST(%d AS INTEGER))", days)
}

// intervalForms are the texts of interval literals by their units.
var intervalForms = map[string]*regexp.Regexp{
	"YEAR MONTH":    regexp.MustCompile(`^([+-]?)(\d+)(?:-(\d+))?$`),
	"YEAR":          regexp.MustCompile(`^([+-]?)(\d+)$`),
	"MONTH":         regexp.MustCompile(`^([+-]?)(\d+)$`),
	"DAY":           regexp.MustCompile(`^([+-]?)(\d+)$`),
	"HOUR":          regexp.MustCompile(`^([+-]?)(\d+)$`),
	"MINUTE":        regexp.MustCompile(`^([+-]?)(\d+)$`),
	"SECOND":        regexp.MustCompile(`^([+-]?)(\d*)(?:\.(\d*))?$`),
	"DAY HOUR":      regexp.MustCompile(`^([+-]?)(\d+)(?: (\d+))?$`),
	"DAY MINUTE":    regexp.MustCompile(`^([+-]?)(\d+)(?: (\d+)(?::(\d+))?)?$`),
	"DAY SECOND":    regexp.MustCompile(`^([+-]?)(\d+)(?: (\d+)(?::(\d+)(?::(\d*)(?:\.(\d*))?)?)?)?$`),
	"HOUR MINUTE":   regexp.MustCompile(`^([+-]?)(\d+)(?::(\d+))?$`),
	"HOUR SECOND":   regexp.MustCompile(`^([+-]?)(\d+)(?::(\d+)(?::(\d*)(?:\.(\d*))?)?)?$`),
	"MINUTE SECOND": regexp.MustCompile(`^([+-]?)(\d+)(?::(\d*)(?:\.(\d*))?)?$`),
}

var unitMillis = map[string]int64{"DAY": 86400000, "HOUR": 3600000, "MINUTE": 60000, "SECOND": 1000, "YEAR": 12, "MONTH": 1}

func (a *analyser) intervalLiteral(x *IntervalLit) value {
	out := value{constant: true, typ: tIntDay}
	if x.From == "YEAR" || x.From == "MONTH" {
		out.typ = tIntYear
	}
	form := intervalForms[strings.TrimSpace(x.From+" "+x.To)]
	bad := errorAt(x.pos, "INVALID_LITERAL", "'%s' is not a valid interval literal", x.Value)
	if a.level >= 476 {
		bad = errorAt(x.pos, "INVALID_LITERAL", "Invalid INTERVAL %s value: %s", strings.TrimSuffix(x.From+" TO "+x.To, " TO "), x.Value)
	}
	if form == nil {
		panic(errorAt(x.pos, "INVALID_LITERAL", "Invalid interval qualifier: %s TO %s", x.From, x.To))
	}
	m := form.FindStringSubmatch(x.Value)
	if end := strings.TrimSuffix(x.Value, "."); m == nil || end == "" || !isDigitRune(rune(end[len(end)-1])) {
		panic(bad)
	}
	units := []string{"DAY", "HOUR", "MINUTE", "SECOND"}
	if out.typ.Kind == IntervalYear {
		units = []string{"YEAR", "MONTH"}
	}
	total, from := int64(0), false
	field := 2
	for _, u := range units {
		from = from || u == x.From
		if !from || field >= len(m) {
			continue
		}
		n, err := strconv.ParseInt(m[field], 10, 32)
		if err != nil && m[field] != "" {
			panic(bad)
		}
		total += n * unitMillis[u]
		field++
		if u == "SECOND" && field < len(m) { // three digits of the fraction count; with one, ten digits are read, nine before it
			whole, digits := len(m[field-1]), len(m[field-1])+len(m[field])
			if whole == 0 && m[1] == "+" && x.From == u || strings.Contains(x.Value, ".") && (whole > 9 || digits > 10) {
				panic(bad)
			}
			f, _ := strconv.ParseInt((m[field] + "000")[:3], 10, 64)
			total += f
		}
	}
	if (m[1] == "-") != x.Negative {
		total = -total
	}
	if out.typ.Kind == IntervalYear {
		if total > 1<<31-1 || total < -1<<31 {
			panic(bad)
		}
		out.code = fmt.Sprintf("CAST(%d AS INTEGER)", total)
		return out
	}
	out.code, out.number = fmt.Sprintf("CAST(%d AS BIGINT)", total), strconv.FormatInt(total, 10)
	return out
}

// temporal is arithmetic on dates, times and intervals; ok is false if Trino has
// no such operator.
func (a *analyser) temporal(op string, l, r value) (value, bool) {
	lk, rk := l.typ.Kind, r.typ.Kind
	point := func(k Kind) bool { return k >= Date && k <= TimestampTZ }
	span := func(k Kind) bool { return k == IntervalDay || k == IntervalYear }
	switch {
	case op == "+" && span(lk) && point(rk):
		return a.shift(op, r, l)
	case (op == "+" || op == "-") && point(lk) && span(rk):
		return a.shift(op, l, r)
	case op == "-" && point(lk) && point(rk):
		return a.between2(l, r)
	case (op == "+" || op == "-") && span(lk) && lk == rk:
		if lk == IntervalYear && a.level < 476 {
			return value{typ: l.typ, code: a.months("(CAST(" + l.code + " AS BIGINT) " + op + " " + r.code + ")")}, true
		}
		return value{typ: l.typ, code: "(" + l.code + " " + op + " " + r.code + ")"}, true
	case op == "*" && span(lk) && r.typ.isNumeric():
		return a.scale(op, l, r), true
	case op == "*" && span(rk) && l.typ.isNumeric():
		return a.scale(op, r, l), true
	case op == "/" && span(lk) && r.typ.isNumeric():
		return a.scale(op, l, r), true
	}
	return value{}, false
}

// shift moves a point of time by an interval.
func (a *analyser) shift(op string, p, iv value) (value, bool) {
	month := iv.typ.Kind == IntervalYear
	t := p.typ
	if a.trying > 0 && !iv.constant { // DuckDB's TRY would catch that its times end before Trino's
		iv.code = steps(iv.code, map[bool]int64{false: 1000, true: 28 * 86400e6}[month])
	}
	step := "to_microseconds(1000 * " + iv.code + ")"
	if month {
		step = "to_months(CAST(" + iv.code + " AS INTEGER))"
	}
	switch {
	case t.Kind == Date && month:
		return value{typ: t, code: "CAST((" + p.code + " " + op + " " + step + ") AS DATE)"}, true
	case t.Kind == Date:
		days := "CAST(" + iv.code + " // 86400000 AS INTEGER)"
		code := fmt.Sprintf("CASE WHEN %s %% 86400000 <> 0 THEN %s ELSE (%s %s %s) END", iv.code,
			fail("DATE", "INVALID_FUNCTION_ARGUMENT", "Cannot add hour, minutes or seconds to a date"), p.code, op, days)
		if op == "-" {
			code = strings.Replace(code, "Cannot add", "Cannot subtract", 1)
			code = strings.Replace(code, "to a date", "from a date", 1)
		}
		return value{typ: t, code: code}, true
	case (t.Kind == Time || t.Kind == TimeTZ) && month:
		return value{}, false
	case t.Kind == Time || t.Kind == TimeTZ:
		t.Precision = max(3, t.Precision)
		picos := fmt.Sprintf("(%s %s (%s %% 86400000) * 1000000000)", dayPicos(p.code, p.typ), op, iv.code)
		return value{typ: t, code: fromDayPicos(t, picos, p.code)}, true
	case month:
		zone := p.typ
		if t.Kind == TimestampTZ && a.level < 476 { // old releases count months in UTC
			zone.zone = "UTC"
			if t.carried() {
				utc := Type{Kind: Timestamp, Precision: t.Precision}
				local := fmt.Sprintf("(make_timestamp(%s) %s %s)", microsOf(p.code, t), op, step)
				return value{typ: t, code: a.withInstant(t, p.code, microsOf(local, utc), "0")}, true
			}
		}
		local := "(" + a.localOf(p.code, zone) + " " + op + " " + step + ")"
		return value{typ: t, code: a.withLocal(zone, p.code, local, restOf(p.code, t))}, true
	case t.Kind == Timestamp && !t.fine():
		t.Precision = max(3, t.Precision)
		return value{typ: t, code: "(" + p.code + " " + op + " " + step + ")"}, true
	}
	t.Precision = max(3, t.Precision)
	micros := microsOf(p.code, p.typ) + " " + op + " 1000 * " + iv.code
	return value{typ: t, code: a.withInstant(t, p.code, micros, restOf(p.code, p.typ))}, true
}

// between2 is the time between two points, as milliseconds.
func (a *analyser) between2(l, r value) (value, bool) {
	t, ok := commonType(l.typ, r.typ)
	if !ok {
		return value{}, false
	}
	l, r = a.coerce(l, instantOf(t)), a.coerce(r, instantOf(t))
	out := value{typ: tIntDay}
	switch {
	case t.Kind == Date:
		out.code = "(CAST((" + l.code + " - " + r.code + ") AS BIGINT) * 86400000)"
	case t.Kind == TimeTZ || t.Kind == Time && t.fine():
		clock := func(v value) string {
			if t.Kind == TimeTZ {
				return "epoch_us(" + v.code + ")"
			}
			return dayPicos(v.code, t)
		}
		out.code = fmt.Sprintf("trino.millis((%s - %s) // 1000000)", clock(l), clock(r))
	case t.Kind == Time:
		out.code = fmt.Sprintf("trino.millis(epoch_us(DATE '1970-01-01' + %s) - epoch_us(DATE '1970-01-01' + %s))", l.code, r.code)
	default:
		out.code = fmt.Sprintf("trino.millis(%s - %s)", microsOf(l.code, t), microsOf(r.code, t))
	}
	return out, true
}

// instantOf gives the type by which timestamps with time zone are compared: their
// zones say nothing there.
func instantOf(t Type) Type {
	if t.Kind == TimestampTZ {
		t.zone = "UTC"
	}
	return t
}

// scale multiplies or divides an interval by a number.
func (a *analyser) scale(op string, iv, n value) value {
	out := value{typ: iv.typ}
	typ := iv.typ.DuckDB()
	switch {
	case op == "*" && n.typ.isInteger() && iv.typ.Kind == IntervalYear && a.level < 476:
		out.code = a.months("(CAST(" + iv.code + " AS HUGEINT) * " + n.code + ")")
	case op == "*" && n.typ.isInteger():
		out.code = "CAST((" + iv.code + " * " + n.code + ") AS " + typ + ")"
	default:
		// Beyond what the interval holds Trino takes the greatest of a long.
		most, verb, zero := "9.2e18", "multiply", ""
		if iv.typ.Kind == IntervalYear {
			most = "2147483647"
		}
		if op == "/" {
			verb, zero = "divide", " OR %[1]s = 0"
		}
		out.code = a.let([]string{"CAST(" + n.code + " AS DOUBLE)"}, func(v []string) string {
			return fmt.Sprintf("CASE WHEN isnan(%[1]s)"+zero+" THEN %[2]s WHEN abs(%[3]s %[4]s %[1]s) > %[5]s THEN %[6]s ELSE CAST(trunc(%[3]s %[4]s %[1]s) AS %[7]s) END", v[0],
				failWith(typ, "'[[INVALID_FUNCTION_ARGUMENT]] Cannot "+verb+" by double ' || replace(CAST("+v[0]+" AS VARCHAR), 'nan', 'NaN')"),
				iv.code, op, most, fail(typ, "NOT_SUPPORTED", "an interval beyond the local engine's is not supported by the local engine"), typ)
		})
	}
	return out
}

// months gives an interval of so many months. Older releases find out that they are
// more than 32 bits take only where they give them away, not where they compare them.
func (a *analyser) months(count string) string {
	return a.let([]string{count}, func(n []string) string {
		return fmt.Sprintf("CASE WHEN %s BETWEEN -2147483648 AND 2147483647 THEN CAST(%s AS INTEGER) ELSE %s END", n[0], n[0],
			a.refuseLate("INTEGER", "an interval of more months than 32 bits take"))
	})
}

func (a *analyser) atZone(x *AtZone, sc *scope) value {
	v := a.expr(x.X, sc)
	z := a.expr(x.Zone, sc)
	if k := v.typ.Kind; k != Time && k != TimeTZ && k != Timestamp && k != TimestampTZ {
		panic(errorAt(x.X.Pos(), "TYPE_MISMATCH", "Type of value must be a time or timestamp with or without time zone (actual %s)", v.typ))
	}
	if z.typ.Kind != Varchar && z.typ.Kind != IntervalDay && z.typ.Kind != Unknown {
		panic(errorAt(x.Zone.Pos(), "TYPE_MISMATCH", "Time zone value must be a varchar or an interval (actual %s)", z.typ))
	}
	a.pos = x.pos
	return a.inZone(v, z, "at_timezone")
}

// inZone shows an instant in another zone. function is what an error is said of.
func (a *analyser) inZone(v, z value, function string) value {
	if v.typ.Kind == Time || v.typ.Kind == TimeTZ {
		return a.clockInZone(v, z, function)
	}
	if v.typ.Kind == Timestamp {
		v = a.coerce(v, timestampTZ(v.typ.Precision, "UTC"))
	}
	zone, number := a.zoneValue(z, function)
	out := value{typ: timestampTZ(v.typ.Precision, zone), constant: v.constant && z.constant}
	switch {
	case zone != carriedZone && !v.typ.carried():
		out.code = v.code
	case zone != carriedZone:
		out.code = a.withInstant(out.typ, "", microsOf(v.code, v.typ), "0")
	default:
		a.representable(out.typ)
		out.code = "trino.zoned(" + microsOf(v.code, v.typ) + ", " + number + ")"
	}
	return out
}

// zoneValue gives the zone that a value names, where it is a literal; else
// carriedZone and the text that gives its number.
func (a *analyser) zoneValue(z value, function string) (zone, number string) {
	switch {
	case z.text != nil:
		if n, ok := normalZone(*z.text); ok {
			return n, ""
		}
	case z.typ.Kind == IntervalDay:
		if ms, err := strconv.ParseInt(z.number, 10, 64); err == nil {
			if n, err := intervalZone(ms); err == nil {
				return zoneName(n), ""
			}
		}
		return carriedZone, "acme_interval_zone(" + z.code + ")"
	}
	return carriedZone, "acme_zone_number(" + a.coerce(z, tVarchar).code + ", " + quoteText(function) + ")"
}

// clockInZone moves a time of day to a zone's offset now.
func (a *analyser) clockInZone(v, z value, function string) value {
	zone, number := a.zoneValue(z, function)
	if zone != carriedZone {
		number = fmt.Sprintf("CAST(%d AS BIGINT)", zoneNumber(zone))
	}
	t := Type{Kind: TimeTZ, Precision: v.typ.Precision}
	v = a.coerce(v, t)
	return value{typ: t, code: "trino.zoned(epoch_us(" + v.code + "), acme_offset_now(" + number + ", epoch_us(now())))", constant: v.constant && z.constant}
}

func (a *analyser) current(x *Current) value {
	p := x.Precision
	if p < 0 {
		p = 3
	}
	if p > 12 {
		what := map[string]string{"CURRENT_TIMESTAMP": "TIMESTAMP WITH TIME ZONE", "LOCALTIMESTAMP": "TIMESTAMP", "CURRENT_TIME": "TIME WITH TIME ZONE", "LOCALTIME": "TIME"}[x.Name]
		panic(&Error{Name: "NUMERIC_VALUE_OUT_OF_RANGE", Message: fmt.Sprintf("%s precision must be in range [0, 12]: %d", what, p)})
	}
	// now gives the time at the precision of t, of what is told to the microsecond.
	now := func(t Type) value {
		from := timestampType(6)
		utc := "timezone('UTC', now())"
		if t.Kind == Time || t.Kind == TimeTZ {
			return value{typ: t, code: a.toClock(utc, from, t)}
		}
		return value{typ: t, code: a.toTemporal(utc, from, t, false)}
	}
	switch x.Name {
	case "CURRENT_DATE":
		return value{typ: tDate, code: "CAST(timezone('UTC', now()) AS DATE)"}
	case "CURRENT_TIMESTAMP":
		return now(timestampTZ(p, "UTC"))
	case "LOCALTIMESTAMP":
		return now(timestampType(p))
	case "LOCALTIME":
		return now(timeType(p))
	case "CURRENT_TIME":
		return now(Type{Kind: TimeTZ, Precision: p})
	case "CURRENT_CATALOG":
		return value{typ: tVarchar, code: textCode(a.catalogName()), constant: true}
	case "CURRENT_SCHEMA":
		return value{typ: tVarchar, code: textCode(a.opt.Database), constant: true}
	}
	panic(refuse(x.pos, x.Name))
}

// extractFields are the functions behind the fields of EXTRACT.
var extractFields = map[string]string{"YEAR": "year", "QUARTER": "quarter", "MONTH": "month", "WEEK": "week", "DAY": "day", "DAY_OF_MONTH": "day",
	"DAY_OF_WEEK": "day_of_week", "DOW": "day_of_week", "DAY_OF_YEAR": "day_of_year", "DOY": "day_of_year", "YEAR_OF_WEEK": "year_of_week",
	"YOW": "year_of_week", "HOUR": "hour", "MINUTE": "minute", "SECOND": "second", "TIMEZONE_HOUR": "timezone_hour", "TIMEZONE_MINUTE": "timezone_minute"}

func (a *analyser) extract(x *Extract, sc *scope) value {
	v := a.expr(x.X, sc)
	field := strings.ToUpper(x.Field.Text)
	name := extractFields[field]
	f := a.functionOf(name)
	inv := &invocation{a: a, pos: x.pos, raw: []value{v}}
	fits := false
	for i := range f.sigs {
		fits = fits || f.sigs[i].bind(inv.raw, false) != nil
	}
	if !fits || field == "DAY_OF_MONTH" && v.typ.Kind == IntervalDay {
		panic(errorAt(x.X.Pos(), "TYPE_MISMATCH", "Cannot extract %s from %s", field, v.typ))
	}
	out := a.resolve(f, name, inv)
	out.constant = v.constant
	return out
}
