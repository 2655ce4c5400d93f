package dialect

import (
	"fmt"
	"strings"
)

// CAST, subscripts and TRIM.

func (a *analyser) cast(x *Cast, sc *scope) value {
	v := a.expr(x.X, sc)
	a.pos = x.pos
	t := a.modern(a.typeOf(x.Type))
	a.pos = x.pos
	if t.Kind == Unknown {
		panic(errorAt(x.pos, "TYPE_MISMATCH", "UNKNOWN is not a valid type"))
	}
	newer := a.level >= 476 && v.typ.Kind == UUID && t.Kind == Varchar // of any length
	if !castable(v.typ, t) && !newer {
		panic(errorAt(x.pos, "TYPE_MISMATCH", "Cannot cast %s to %s", typeAt(v.typ, a.level), typeAt(t, a.level)))
	}
	a.representable(v.typ)
	t = keepZones(v.typ, t)
	out := value{typ: t, constant: v.constant}
	if in, ok := literalInstant(v, t); ok {
		out.typ.zone = in.zone
		if in.zone == "" {
			out.typ.zone = "UTC"
		}
		out.code = zonedLiteral(in, out.typ)
	} else {
		out.code = a.convert(v.code, v.typ, t, x.Safe)
		if code, ok := a.tryRow(x, t, sc); ok {
			out.code = code
		}
		if text, ok := a.parsedText(x, v, t); ok {
			out.code = a.castFromText(text, t)
		}
	}
	if v.typ.Kind == Varchar && t.Kind == Varchar && (v.text != nil && len([]rune(*v.text)) <= t.Precision) {
		out.text = v.text
	}
	return out
}

// literalInstant gives the time of a literal that is cast to a timestamp with
// time zone: its zone is then known.
func literalInstant(v value, t Type) (instant, bool) {
	if t.Kind != TimestampTZ || v.typ.Kind != Varchar || v.text == nil {
		return instant{}, false
	}
	in, ok := parseTimestamp(strings.TrimSpace(*v.text))
	return in, ok && in.digits <= 12 && in.hasMillis()
}

// zonedLiteral gives a timestamp with time zone that was read here, at the precision
// of t.
func zonedLiteral(in instant, t Type) string {
	if t.fine() {
		in.micros = toInstant(in.micros, in.zone)
		return "CAST(" + in.picos(t.Precision).String() + " AS HUGEINT)"
	}
	return fmt.Sprintf("make_timestamptz(%d)", in.rounded(t.Precision)-in.micros+toInstant(in.micros, in.zone))
}

// simpleType gives the type of a name without arguments.
func (a *analyser) simpleType(name string) (Type, bool) {
	switch name {
	case "boolean":
		return tBoolean, true
	case "tinyint":
		return tTinyInt, true
	case "smallint":
		return tSmallInt, true
	case "integer", "int":
		return tInteger, true
	case "bigint":
		return tBigInt, true
	case "real":
		return tReal, true
	case "double":
		return tDouble, true
	case "varbinary":
		return tVarbinary, true
	case "date":
		return tDate, true
	case "json":
		return tJSON, true
	case "uuid":
		return tUUID, true
	case "ipaddress":
		return tIPAddress, true
	case "unknown":
		return tUnknown, true
	case "hyperloglog":
		return Type{Kind: HyperLogLog}, true
	case "tdigest":
		return Type{Kind: TDigest}, true
	case "interval day to second":
		return tIntDay, true
	case "interval year to month":
		return tIntYear, true
	}
	return Type{}, false
}

// typeOf resolves a type's name.
func (a *analyser) typeOf(n TypeName) Type { return a.typeWithin(n, n) }

// typeWithin resolves a type's name that stands in another, which an error names.
func (a *analyser) typeWithin(n, whole TypeName) Type {
	unknown := func() *Error {
		e := errorAt(a.pos, "TYPE_MISMATCH", "Unknown type: %s", whole)
		if n.Base == "string" {
			e.hint("in queries Athena's text type is varchar; string is of its DDL")
		}
		return e
	}
	if t, ok := a.simpleType(n.Base); ok && len(n.Args) == 0 {
		return t
	}
	nums := make([]int, len(n.Args))
	for i, arg := range n.Args {
		nums[i] = arg.Number
		if arg.IsType != (n.Base == "qdigest" || n.Base == "array" || n.Base == "map" || n.Base == "row") {
			panic(unknown())
		}
	}
	switch {
	case n.Base == "varchar" && len(nums) <= 1:
		if len(nums) == 1 {
			return varcharType(nums[0])
		}
		return tVarchar
	case n.Base == "char" && len(nums) <= 1:
		if len(nums) == 0 {
			return charType(1)
		}
		if nums[0] > maxChar && a.level >= charToVarchar {
			panic(unknown())
		}
		if nums[0] > maxChar {
			panic(&Error{Name: "INVALID_FUNCTION_ARGUMENT", Message: fmt.Sprintf("CHAR length must be in range [0, %d], got %d", maxChar, nums[0])})
		}
		return charType(nums[0])
	case n.Base == "decimal" && len(nums) <= 2:
		return decimalName(nums)
	case (n.Base == "timestamp" || n.Base == "time") && len(nums) <= 1:
		if t := timeName(n, nums); t.Precision <= 12 {
			return t
		}
	case n.Base == "array" && len(nums) == 1:
		return arrayOf(a.typeWithin(n.Args[0].Type, whole))
	case n.Base == "qdigest" && len(nums) == 1:
		return Type{Kind: QDigest, Elem: []Field{{Type: a.typeWithin(n.Args[0].Type, whole)}}}
	case n.Base == "map" && len(nums) == 2:
		return mapOf(a.typeWithin(n.Args[0].Type, whole), a.typeWithin(n.Args[1].Type, whole))
	case n.Base == "row" && len(nums) > 0:
		t := Type{Kind: Row}
		for _, arg := range n.Args {
			f := Field{Type: a.typeWithin(arg.Type, whole)}
			if arg.Field != nil {
				f.Name = arg.Field.Text
				if !arg.Field.Quoted {
					f.Name = strings.ToLower(f.Name)
				}
			}
			t.Elem = append(t.Elem, f)
		}
		return t
	}
	panic(unknown())
}

func decimalName(nums []int) Type {
	p, s := 38, 0
	if len(nums) > 0 {
		p = nums[0]
	}
	if len(nums) > 1 {
		s = nums[1]
	}
	if p < 1 || p > 38 {
		panic(&Error{Name: "INVALID_FUNCTION_ARGUMENT", Message: fmt.Sprintf("DECIMAL precision must be in range [1, 38]: %d", p)})
	}
	if s > p {
		panic(&Error{Name: "INVALID_FUNCTION_ARGUMENT", Message: fmt.Sprintf("DECIMAL scale must be in range [0, precision (%d)]: %d", p, s)})
	}
	return decimalType(p, s)
}

func timeName(n TypeName, nums []int) Type {
	p := 3
	if len(nums) == 1 {
		p = nums[0]
	}
	t := Type{Kind: Timestamp, Precision: p}
	switch {
	case n.Base == "timestamp" && n.WithZone:
		t = timestampTZ(p, "UTC")
	case n.Base == "time" && n.WithZone:
		t.Kind = TimeTZ
	case n.Base == "time":
		t.Kind = Time
	}
	return t
}

func (a *analyser) subscript(x *Subscript, sc *scope) value {
	base, index := a.expr(x.Base, sc), a.expr(x.Index, sc)
	if base.typ.Kind == Row {
		return a.rowSubscript(x, base)
	}
	out := value{constant: base.constant && index.constant}
	bad := func() *Error {
		return errorAt(x.pos, "TYPE_MISMATCH", "Cannot use %s for subscript of %s", index.typ, base.typ)
	}
	a.pos = x.pos
	switch base.typ.Kind {
	case Array:
		if !converts(index.typ, tBigInt) {
			panic(bad())
		}
		if out.typ = base.typ.elem(); out.typ.Kind == Unknown {
			checkNullSubscript(a, x.Base, x.Index, false)
		}
		i := a.coerce(index, tBigInt).code
		out.code = fmt.Sprintf("list_extract(%s, acme_subscript(%s, CAST(len(%s) AS BIGINT)))", base.code, i, base.code)
	case Map:
		k := base.typ.elem()
		if k.Kind == Char && k.trims && index.typ.Kind == Varchar {
			panic(a.cannot("the subscript of %s by varchar", base.typ))
		}
		if !converts(index.typ, k) {
			wide, ok := commonType(k, index.typ)
			if !ok || !converts(index.typ, wide) || k.Kind == Unknown {
				panic(bad())
			}
			base = a.coerce(base, mapOf(wide, base.typ.value()))
			k = wide
		}
		if base.typ.value().Kind == Unknown || k.Kind == Unknown || k.has(Map) {
			panic(a.cannot("the subscript of %s", base.typ))
		}
		out.typ = base.typ.value()
		out.code = a.mapSubscript(base, a.coerce(index, k), out.typ)
	default:
		panic(errorAt(x.pos, "TYPE_MISMATCH", "Cannot use %s for subscript of %s", index.typ, base.typ))
	}
	out.code = keepType(out, base, index)
	return out
}

// checkNullSubscript holds the index of an array without a type to it: its element is
// NULL, of which nothing is left to be checked when the query runs. Where that
// cannot be seen here it is refused. fromEnd is for element_at, which has NULL too
// where there is no element.
func checkNullSubscript(a *analyser, base, index Expr, fromEnd bool) {
	list, ok := base.(*ArrayLit)
	i, known := numberValue(index)
	if _, null := index.(*NullLit); null && ok {
		return
	}
	bad := func(format string, args ...any) *Error {
		return &Error{Name: "INVALID_FUNCTION_ARGUMENT", Message: fmt.Sprintf(format, args...)}
	}
	switch {
	case !ok || !known:
		panic(a.cannot("an element of an array without a type"))
	case i == 0:
		panic(bad("SQL array indices start at 1"))
	case fromEnd:
	case i < 0:
		panic(bad("Array subscript is negative: %.0f", i))
	case int(i) > len(list.Items):
		panic(bad("Array subscript must be less than or equal to array length: %.0f > %d", i, len(list.Items)))
	}
}

// mapSubscript gives the value of a key, which must be there.
func (a *analyser) mapSubscript(base, key value, t Type) string {
	k := key.typ
	return a.let([]string{base.code, key.code}, func(v []string) string {
		shown := ""
		switch {
		case k.isNested() || k.Kind == Varbinary:
		case k.isInteger() || k.Kind == Boolean || k.Kind == Varchar:
			shown = " || ': ' || CAST(" + v[1] + " AS VARCHAR)"
		default:
			shown = " || ': ' || " + a.toVarchar(v[1], k, tVarchar, false)
		}
		there := fmt.Sprintf("map_contains(%s, %s)", v[0], v[1])
		if guard := a.keyed(v[1], k); guard != "" {
			there = "(" + there + " AND " + guard + ")"
		}
		return fmt.Sprintf("CASE WHEN NOT %s THEN %s ELSE map_extract_value(%s, %s) END", there,
			failWith(t.DuckDB(), "'[[INVALID_FUNCTION_ARGUMENT]] Key not present in map'"+shown), v[0], v[1])
	})
}

func (a *analyser) rowSubscript(x *Subscript, base value) value {
	n, ok := x.Index.(*NumberLit)
	if !ok || n.Kind != tokInteger {
		panic(errorAt(x.Index.Pos(), "EXPRESSION_NOT_CONSTANT", "Subscript expression on ROW requires a constant index"))
	}
	i := number(n.Text, 0)
	if i < 1 {
		panic(errorAt(x.Index.Pos(), "INVALID_FUNCTION_ARGUMENT", "Invalid subscript index: %s. ROW indices start at 1", n.Text))
	}
	if i > len(base.typ.Elem) {
		panic(errorAt(x.Index.Pos(), "INVALID_FUNCTION_ARGUMENT", "Subscript index out of bounds: %d, max value is %d", i, len(base.typ.Elem)))
	}
	return value{typ: base.typ.Elem[i-1].Type, code: fieldOf(base, i-1), constant: base.constant}
}

func (a *analyser) trim(x *Trim, sc *scope) value {
	args := []value{a.expr(x.X, sc)}
	if x.Chars != nil {
		args = append(args, a.expr(x.Chars, sc))
	}
	name := map[string]string{"BOTH": "trim", "LEADING": "ltrim", "TRAILING": "rtrim"}[x.Spec]
	return a.invoke(name, args, Pos{}) // Trino has no position for this
}
