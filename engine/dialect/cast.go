package dialect

import (
	"fmt"
	"strings"
)

// Casts. coerce is a cast that nobody wrote and that cannot fail; convert is one
// that is written. Trino's casts differ from DuckDB's in what text they take, how
// they round and how they print, so most go through functions of our own.

// coerce gives v as type t, which its type converts to.
func (a *analyser) coerce(v value, t Type) value {
	if sameShape(v.typ, t) && sameCarrier(v.typ, t) {
		v.typ = t
		return v
	}
	out := value{typ: t, constant: v.constant, pos: v.pos}
	switch {
	case v.typ.Kind == Unknown:
		out.code = "CAST(NULL AS " + t.DuckDB() + ")"
	case v.number != "" && v.typ.isInteger() && t.Kind == Double:
		out.code = v.number + "e0"
	case v.number != "" && v.typ.isInteger() && t.Kind == Decimal:
		if d, digits, ok := decimalOf(v.number); ok && d.Precision-d.Scale <= t.Precision-t.Scale {
			out.code = decimalCode(digits, t)
			return out
		}
		out.code = a.convert(v.code, v.typ, t, false)
	case v.typ.Kind == Varchar && t.Kind == Varchar:
		out.code, out.text = v.code, v.text
	default:
		out.code = a.convert(v.code, v.typ, t, false)
	}
	return out
}

// tryEdition is try for a function of which each edition of Java has its own.
func (a *analyser) tryEdition(name string, safe bool) string {
	return try(strings.TrimPrefix(a.edition(name), "acme_"), safe)
}

// try gives the name of a function that fails, or of its twin that gives NULL.
func try(name string, safe bool) string {
	if safe {
		return "acme_try_" + name
	}
	return "acme_" + name
}

func castWord(safe bool) string {
	if safe {
		return "TRY_CAST("
	}
	return "CAST("
}

// convert gives the text that casts code from one type to another; castable
// must hold for them. safe makes NULL of what fails.
func (a *analyser) convert(code string, from, to Type, safe bool) string {
	a.representable(to)
	if sameShape(from, to) && sameCarrier(from, to) {
		return code
	}
	switch {
	case from.Kind == Unknown:
		return "CAST(NULL AS " + to.DuckDB() + ")"
	case to.Kind == JSON || from.Kind == JSON:
		return a.convertJSON(code, from, to, safe)
	case from.isNested():
		return a.convertNested(code, from, to, safe)
	case from.Kind == Char && to.Kind == Varbinary:
		return "encode(" + code + ")"
	case from.Kind == Char && from.trims && to.Kind != Char:
		return a.convert("rtrim("+code+", ' ')", varcharType(from.Precision), to, safe)
	}
	switch to.Kind {
	case Boolean:
		return a.toBoolean(code, from, safe)
	case TinyInt, SmallInt, Integer, BigInt:
		return a.toInteger(code, from, to, safe)
	case Real, Double:
		return a.toFloat(code, from, to, safe)
	case Decimal:
		return a.toDecimal(code, from, to, safe)
	case Varchar:
		return a.toVarchar(code, from, to, safe)
	case Char:
		return fmt.Sprintf("rpad(left(%s, %d), %d, ' ')", code, to.Precision, to.Precision)
	case Varbinary:
		switch from.Kind {
		case Varchar:
			return "encode(" + code + ")"
		case HyperLogLog, TDigest, QDigest:
			return code
		case IPAddress:
			return code
		case UUID:
			return "unhex(replace(CAST(" + code + " AS VARCHAR), '-', ''))"
		}
	case HyperLogLog, TDigest, QDigest:
		if from.Kind == Varbinary {
			return code
		}
	case UUID:
		if from.Kind == Varchar {
			return "CAST(" + try("cast_uuid", safe) + "(" + code + ") AS UUID)"
		}
		if from.Kind == Varbinary {
			return "CAST(" + try("bytes_uuid", safe) + "(" + code + ") AS UUID)"
		}
	case IPAddress:
		if from.Kind == Varbinary {
			return try("bytes_address", safe) + "(" + code + ")"
		}
		return try("cast_address", safe) + "(" + code + ")"
	case Date, Time, TimeTZ, Timestamp, TimestampTZ:
		return a.toTemporal(code, from, to, safe)
	}
	panic(a.cannot("a cast from %s to %s", from, to))
}

// representable refuses types whose values DuckDB cannot hold.
func (a *analyser) representable(t Type) {
	switch t.Kind {
	case TimestampTZ:
		if t.fine() && t.carried() {
			panic(a.cannot("%s in several time zones", t).hint("bring the values to one zone with AT TIME ZONE, or to microseconds"))
		}
	}
	for _, f := range t.Elem {
		a.representable(f.Type)
	}
}

func (a *analyser) toBoolean(code string, from Type, safe bool) string {
	if from.Kind == Varchar {
		return try("cast_boolean", safe) + "(" + code + ")"
	}
	return "(" + code + " <> 0)"
}

func (a *analyser) toInteger(code string, from, to Type, safe bool) string {
	name := strings.ToUpper(kindNames[to.Kind])
	if to.Kind == Integer {
		name = "INT"
	}
	switch from.Kind {
	case Varchar:
		if a.level >= 476 {
			code = "trim(" + code + ")"
		}
		return fmt.Sprintf("CAST(%s(%s) AS %s)", try("cast_"+strings.ToLower(name), safe), code, to.DuckDB())
	case Double:
		return fmt.Sprintf("CAST(%s(%s, '%s') AS %s)", a.tryEdition("round_integer", safe), code, kindNames[to.Kind], to.DuckDB())
	case Real:
		return fmt.Sprintf("CAST(%s(%s, '%s') AS %s)", a.tryEdition("round_real", safe), code, kindNames[to.Kind], to.DuckDB())
	case Decimal:
		name, errName := strings.ToUpper(kindNames[to.Kind]), ", 'INVALID_CAST_ARGUMENT'"
		if a.level >= 476 {
			errName = ", 'NUMERIC_VALUE_OUT_OF_RANGE'"
		}
		if safe {
			errName = ""
		}
		if to.Kind != BigInt {
			code = "CAST(" + code + " AS DECIMAL(38, 0))" // the error shows the rounded number
		}
		return fmt.Sprintf("CAST(trino.%s(%s, '%s'%s) AS %s)", tryName("decimal_integer", safe), code, name, errName, to.DuckDB())
	}
	out := castWord(safe) + code + " AS " + to.DuckDB() + ")"
	if from.isInteger() && to.Kind < from.Kind {
		return unmoved(out)
	}
	return out
}

func tryName(name string, safe bool) string {
	if safe {
		return "try_" + name
	}
	return name
}

func (a *analyser) toFloat(code string, from, to Type, safe bool) string {
	switch {
	case from.Kind == Varchar:
		return fmt.Sprintf("CAST(%s(%s) AS %s)", try("cast_"+kindNames[to.Kind], safe), code, to.DuckDB())
	case from.Kind == Decimal && from.Precision > 15:
		return "CAST(CAST(" + code + " AS VARCHAR) AS " + to.DuckDB() + ")"
	case from.Kind == Double && to.Kind == Real:
		return "trino.to_real(" + code + ")"
	}
	return castWord(safe) + code + " AS " + to.DuckDB() + ")"
}

func (a *analyser) toDecimal(code string, from, to Type, safe bool) string {
	switch from.Kind {
	case Varchar:
		return fmt.Sprintf("CAST(%s(%s, %d, %d) AS %s)", try("cast_decimal", safe), code, to.Precision, to.Scale, to.DuckDB())
	case Double:
		return fmt.Sprintf("CAST(%s(%s, %d, %d) AS %s)", a.tryEdition("double_decimal", safe), code, to.Precision, to.Scale, to.DuckDB())
	case Real:
		return fmt.Sprintf("CAST(%s(%s, %d, %d) AS %s)", a.tryEdition("real_decimal", safe), code, to.Precision, to.Scale, to.DuckDB())
	case Boolean:
		return fmt.Sprintf("%sCAST(%s AS INTEGER) AS %s)", castWord(safe), code, to.DuckDB())
	}
	whole := from.asDecimal()
	if to.Precision-to.Scale >= whole.Precision-whole.Scale && to.Scale >= whole.Scale {
		return "CAST(" + code + " AS " + to.DuckDB() + ")"
	}
	if safe {
		return unmoved("TRY_CAST(" + code + " AS " + to.DuckDB() + ")")
	}
	name := strings.ToUpper(kindNames[from.Kind])
	if from.Kind == Decimal {
		name = fmt.Sprintf("DECIMAL(%d, %d)", from.Precision, from.Scale)
	}
	return fmt.Sprintf("CASE WHEN %s IS NOT NULL AND TRY_CAST(%s AS %s) IS NULL THEN %s ELSE TRY_CAST(%s AS %s) END",
		code, code, to.DuckDB(), failWith(to.DuckDB(), "'[[INVALID_CAST_ARGUMENT]] Cannot cast "+name+" ''' || CAST("+code+" AS VARCHAR) || ''' to DECIMAL("+
			fmt.Sprintf("%d, %d", to.Precision, to.Scale)+")'"), code, to.DuckDB())
}

// failWith gives the text that fails with a message, in place of a value of the
// given DuckDB type: only a row that gets here fails. (The function stands in a
// cast, not in the condition of a CASE, where DuckDB would run it while planning.)
func failWith(typ, message string) string {
	return "CAST(acme_fail(" + message + ") AS " + typ + ")"
}

// fail is failWith a fixed error.
func fail(typ, name, message string) string {
	return failWith(typ, textCode("[["+name+"]] "+message))
}

func (a *analyser) toVarchar(code string, from, to Type, safe bool) string {
	text := ""
	what := ""
	switch from.Kind {
	case Varchar:
		if to.Precision < from.Precision {
			return fmt.Sprintf("left(%s, %d)", code, to.Precision)
		}
		return code
	case Char:
		if to.Precision < from.Precision {
			return fmt.Sprintf("left(%s, %d)", code, to.Precision)
		}
		return code
	case Double:
		text, what = "acme_double_text("+code+")", a.edition("double_plain")+"("+code+") || ' (' || acme_double_text("+code+") || ')'"
	case Real:
		text = a.edition("real_text") + "(" + code + ")"
		what = a.edition("real_plain") + "(" + code + ") || ' (' || " + text + " || ')'"
	case Timestamp, TimestampTZ, Time, TimeTZ:
		text = a.temporalText(code, from)
	case IPAddress:
		text = "acme_address_text(" + code + ")"
	case UUID:
		text = "CAST(" + code + " AS VARCHAR)"
		if to.Precision >= 36 {
			return text
		}
		if safe {
			return "CAST(NULL AS VARCHAR)"
		}
		return "CASE WHEN " + code + " IS NOT NULL THEN " +
			failWith("VARCHAR", fmt.Sprintf("'[[INVALID_CAST_ARGUMENT]] Cannot cast ''' || %s || ''' to varchar(%d)'", text, to.Precision)) + " END"
	case IntervalDay:
		text = "acme_interval_text(" + code + ")"
	case IntervalYear:
		text = "acme_months_text(CAST(" + code + " AS BIGINT))"
	default:
		text = plainText(code, from)
	}
	if to.Precision == Unbounded {
		return text
	}
	if code, ok := a.shortText(text, from, to, safe); ok {
		return code
	}
	if what == "" {
		what = text
	}
	if safe {
		return fmt.Sprintf("CASE WHEN length(%s) <= %d THEN %s END", text, to.Precision, text)
	}
	return fmt.Sprintf("CASE WHEN length(%s) > %d THEN %s ELSE %s END", text, to.Precision,
		failWith("VARCHAR", fmt.Sprintf("'[[INVALID_CAST_ARGUMENT]] Value ' || %s || ' cannot be represented as varchar(%d)'", what, to.Precision)), text)
}

// shortText holds the text of a boolean, a time or an interval to a varchar that may
// be too short. Trino fails in other words there than of a number, and where it fails
// by an error of its own, TRY_CAST fails too.
func (a *analyser) shortText(text string, from, to Type, safe bool) (string, bool) {
	moment := from.Kind == Timestamp || from.Kind == TimestampTZ || from.Kind == TimeTZ
	if !moment && from.Kind != Boolean && from.Kind != Time && from.Kind != IntervalDay && from.Kind != IntervalYear {
		return "", false
	}
	message := fmt.Sprintf("'[[GENERIC_INTERNAL_ERROR]] Value [' || %s || '] does not fit in type varchar(%d)'", text, to.Precision)
	switch {
	case a.level >= 476 && moment:
		message = fmt.Sprintf("'[[GENERIC_INTERNAL_ERROR]] Character count exceeds length limit %d: base64:' || base64(encode(%s))", to.Precision, text)
	case a.level >= 476 && safe:
		return "", false
	case a.level >= 476:
		message = fmt.Sprintf("'[[INVALID_CAST_ARGUMENT]] Cannot cast ''' || %s || ''' to varchar(%d)'", text, to.Precision)
	}
	return fmt.Sprintf("CASE WHEN length(%s) > %d THEN %s ELSE %s END", text, to.Precision, failWith("VARCHAR", message), text), true
}

// plainText prints what DuckDB prints as Trino does, but for the zero that it
// leaves out before the point where a decimal has no digit there.
func plainText(code string, from Type) string {
	if from.Kind == Date {
		return "trino.date_text(" + code + ")"
	}
	if from.Kind == Decimal && from.Precision == from.Scale {
		return "trino.leading_zero(CAST(" + code + " AS VARCHAR))"
	}
	return "CAST(" + code + " AS VARCHAR)"
}

// convertNested casts an array, map or row part by part.
func (a *analyser) convertNested(code string, from, to Type, safe bool) string {
	if safe && !total(from, to) {
		return a.let([]string{code}, func(v []string) string {
			return fmt.Sprintf("CASE WHEN %s IS NOT NULL AND NOT %s THEN %s END", v[0], a.failsText(v[0], from, to), a.convertParts(v[0], from, to, true))
		})
	}
	return a.convertParts(code, from, to, false)
}

// convertParts is convertNested where nothing fails, or safe is what a part that
// fails is to be.
func (a *analyser) convertParts(code string, from, to Type, safe bool) string {
	switch from.Kind {
	case Array:
		v := a.lambdaVar()
		return fmt.Sprintf("list_transform(%s, lambda %s: %s)", code, v, a.convert(v, from.elem(), to.elem(), safe))
	case Map:
		v := a.lambdaVar()
		k := a.convert(v+".key", from.elem(), to.elem(), safe)
		e := a.convert(v+".value", from.value(), to.value(), safe)
		return fmt.Sprintf("map_from_entries(list_transform(map_entries(%s), lambda %s: {'key': %s, 'value': %s}))", code, v, k, e)
	}
	parts := make([]string, len(from.Elem))
	for i := range from.Elem {
		field := fmt.Sprintf("(%s).f%d", code, i)
		parts[i] = fmt.Sprintf("f%d := %s", i, a.convert(field, from.Elem[i].Type, to.Elem[i].Type, safe))
	}
	return "CASE WHEN " + code + " IS NOT NULL THEN struct_pack(" + strings.Join(parts, ", ") + ") END"
}

// total says that a cast cannot fail.
func total(from, to Type) bool {
	if from.isNested() {
		if to.Kind == JSON {
			return false
		}
		for i := range from.Elem {
			if !total(from.Elem[i].Type, to.Elem[i].Type) {
				return false
			}
		}
		return true
	}
	return converts(from, to) || to.Kind == Varchar && (to.Precision == Unbounded || from.Kind == Varchar)
}

// lambdaVar gives a name for a parameter of a lambda that no other has.
func (a *analyser) lambdaVar() string {
	a.fieldID++
	return fmt.Sprintf("x%d", a.fieldID)
}
