package dialect

import (
	"fmt"
	"math/big"
	"strings"
)

// Comparison of values. Trino's = and < know three answers, inside arrays, maps
// and rows too, and to them NaN equals nothing; IS DISTINCT FROM, GROUP BY and
// DISTINCT know two, and to them NaN is NaN. DuckDB has the second kind only, with
// an order of keys in maps that Trino's have not.

// nestedOrder is the release from which an array or row with NULLs is compared as
// SQL has it; before, a comparison that meets a NULL fails.
const nestedOrder = 476

// order says where compareText puts NaN and the NULLs inside a value: at the
// end, at the beginning, or nowhere, for which it has marks of its own.
type order struct{ nan, null int }

// The marks of compareText beside -1, 0 and 1. See acme_order.
const (
	markNaN   = 6 // a NaN, which is neither less nor greater
	markArray = 7 // a NULL in an array
	markRow   = 8 // a NULL in a row
)

// operatorOrder is the order of < and its kin.
func (a *analyser) operatorOrder() order {
	if a.level >= nestedOrder {
		return order{}
	}
	return order{nan: 1}
}

// extremeOrder is the order of min (-1) and max (1): what is no number is last to
// be chosen.
func (a *analyser) extremeOrder(sign int) order {
	o := order{nan: -sign}
	if a.level >= nestedOrder {
		o.null = -sign
	}
	return o
}

// has says whether t, or a part of it, is of a kind.
func (t Type) has(k Kind) bool {
	if t.Kind == k {
		return true
	}
	for _, f := range t.Elem {
		if f.Type.has(k) {
			return true
		}
	}
	return false
}

// let names values inside the text that body makes, so that it may use them
// many times.
func (a *analyser) let(codes []string, body func(names []string) string) string {
	total := 0
	for _, c := range codes {
		total += len(c)
	}
	if total < 40*len(codes) {
		return body(codes)
	}
	v := a.lambdaVar()
	parts, names := make([]string, len(codes)), make([]string, len(codes))
	for i, c := range codes {
		parts[i] = fmt.Sprintf("v%d := %s", i, c)
		names[i] = fmt.Sprintf("%s.v%d", v, i)
	}
	return fmt.Sprintf("list_extract(list_transform([struct_pack(%s)], lambda %s: %s), 1)", strings.Join(parts, ", "), v, body(names))
}

// equalText is l = r of values of one type.
func (a *analyser) equalText(l, r string, t Type) string {
	switch t.Kind {
	case Unknown:
		return "CAST(NULL AS BOOLEAN)"
	case Real, Double:
		return fmt.Sprintf("(%s = %s AND NOT (isnan(%s) AND %s IS NOT NULL))", l, r, l, r)
	case Row:
		parts := make([]string, len(t.Elem))
		for i, f := range t.Elem {
			parts[i] = a.equalText(fieldCode(l, i), fieldCode(r, i), f.Type)
		}
		return "(" + strings.Join(parts, " AND ") + ")"
	case Array:
		e, i := a.lambdaVar(), a.lambdaVar()
		same := a.equalText(e, fmt.Sprintf("list_extract(%s, %s)", r, i), t.elem())
		return fmt.Sprintf("(CASE WHEN %s IS NULL OR %s IS NULL THEN NULL WHEN len(%s) <> len(%s) THEN false ELSE trino.all_true(list_transform(%s, lambda %s, %s: %s)) END)",
			l, r, l, r, l, e, i, same)
	case Map:
		return a.equalMaps(l, r, t)
	}
	return "(" + l + " = " + r + ")"
}

// equalMaps looks for each key of l in r.
func (a *analyser) equalMaps(l, r string, t Type) string {
	e, k, p := a.lambdaVar(), a.lambdaVar(), a.lambdaVar()
	place := fmt.Sprintf("list_position(list_transform(map_keys(%s), lambda %s: coalesce(%s, false)), true)", r, k, a.equalText(k, e+".key", t.elem()))
	found := fmt.Sprintf("CASE WHEN %s IS NULL THEN false ELSE %s END", p, a.equalText(e+".value", fmt.Sprintf("list_extract(map_values(%s), %s)", r, p), t.value()))
	return fmt.Sprintf("(CASE WHEN %s IS NULL OR %s IS NULL THEN NULL WHEN cardinality(%s) <> cardinality(%s) THEN false ELSE "+
		"trino.all_true(list_transform(map_entries(%s), lambda %s: list_extract(list_transform([%s], lambda %s: %s), 1))) END)", l, r, l, r, l, e, place, p, found)
}

// fieldOf is field i of a row that an expression gives. DuckDB makes a NULL without a type
// of the field of one that it finds to be NULL while it plans.
func fieldOf(row value, i int) string {
	code := fieldCode(row.code, i)
	if strings.Contains(row.code, "(") {
		return "CAST(" + code + " AS " + row.typ.Elem[i].Type.DuckDB() + ")"
	}
	return code
}

func fieldCode(row string, i int) string { return fmt.Sprintf("(%s).f%d", row, i) }

// compareText is -1, 0 or 1 as l is less than r, equal or greater, or a mark;
// neither may be NULL.
func (a *analyser) compareText(l, r string, t Type, o order) string {
	switch t.Kind {
	case Unknown:
		return "0"
	case Array:
		e, i, c := a.lambdaVar(), a.lambdaVar(), a.lambdaVar()
		part := a.comparePart(e, fmt.Sprintf("list_extract(%s, %s)", r, i), t.elem(), o, markArray)
		return fmt.Sprintf("coalesce(list_extract(list_filter(list_transform(list_slice(%s, 1, least(len(%s), len(%s))), lambda %s, %s: %s), lambda %s: %s <> 0), 1), CAST(sign(len(%s) - len(%s)) AS INTEGER))",
			l, l, r, e, i, part, c, c, l, r)
	case Row:
		parts := make([]string, len(t.Elem))
		for i, f := range t.Elem {
			parts[i] = "nullif(" + a.comparePart(fieldCode(l, i), fieldCode(r, i), f.Type, o, markRow) + ", 0)"
		}
		return "coalesce(" + strings.Join(parts, ", ") + ", 0)"
	case Real, Double:
		if o.nan == 0 {
			return fmt.Sprintf("CASE WHEN isnan(%s) OR isnan(%s) THEN %d WHEN %s < %s THEN -1 WHEN %s > %s THEN 1 ELSE 0 END", l, r, markNaN, l, r, l, r)
		}
		if o.nan < 0 {
			return fmt.Sprintf("CASE WHEN isnan(%s) AND isnan(%s) THEN 0 WHEN isnan(%s) THEN -1 WHEN isnan(%s) THEN 1 WHEN %s < %s THEN -1 WHEN %s > %s THEN 1 ELSE 0 END", l, r, l, r, l, r, l, r)
		}
	}
	if t.isFloat() && a.level < nestedOrder {
		// Equal are zeros of two signs too, which these releases tell apart here.
		return fmt.Sprintf("CASE WHEN %s < %s THEN -1 WHEN %s > %s THEN 1 WHEN %s = 0 THEN CAST(signbit(%s) AS INTEGER) - CAST(signbit(%s) AS INTEGER) ELSE 0 END", l, r, l, r, l, r, l)
	}
	return fmt.Sprintf("CASE WHEN %s < %s THEN -1 WHEN %s > %s THEN 1 ELSE 0 END", l, r, l, r)
}

// comparePart compares parts of values, which may be NULL.
func (a *analyser) comparePart(l, r string, t Type, o order, mark int) string {
	if o.null == 0 {
		return fmt.Sprintf("CASE WHEN %s IS NULL OR %s IS NULL THEN %d ELSE %s END", l, r, mark, a.compareText(l, r, t, o))
	}
	return fmt.Sprintf("CASE WHEN %s IS NULL AND %s IS NULL THEN 0 WHEN %s IS NULL THEN %d WHEN %s IS NULL THEN %d ELSE %s END", l, r, l, o.null, r, -o.null, a.compareText(l, r, t, o))
}

// compareNested is a comparison of arrays, maps or rows of one type.
func (a *analyser) compareNested(op string, l, r value, t Type) string {
	switch op {
	case "IS DISTINCT FROM", "IS NOT DISTINCT FROM":
		// As a condition by itself DuckDB gives the rows in another order than they came.
		return "(CASE WHEN " + a.canonical(l.code, t) + " " + op + " " + a.canonical(r.code, t) + " THEN true ELSE false END)"
	case "=", "<>":
		same := a.let([]string{l.code, r.code}, func(v []string) string { return a.equalText(v[0], v[1], t) })
		if op == "<>" {
			return "(NOT " + same + ")"
		}
		return same
	}
	return a.let([]string{l.code, r.code}, func(v []string) string {
		c := a.lambdaVar()
		test := fmt.Sprintf("acme_order(%s) %s 0", c, op)
		if a.level >= nestedOrder {
			test = fmt.Sprintf("CASE WHEN %s < %d THEN %s %s 0 WHEN %s = %d THEN false END", c, markNaN, c, op, c, markNaN)
		}
		return fmt.Sprintf("(CASE WHEN %s IS NOT NULL AND %s IS NOT NULL THEN list_extract(list_transform([%s], lambda %s: %s), 1) END)",
			v[0], v[1], a.compareText(v[0], v[1], t, a.operatorOrder()), c, test)
	})
}

// canonical gives a value whose maps have their keys in order, so that equal
// values are the same to DuckDB.
func (a *analyser) canonical(code string, t Type) string {
	if !t.has(Map) {
		return code
	}
	switch t.Kind {
	case Array:
		e := a.lambdaVar()
		return fmt.Sprintf("list_transform(%s, lambda %s: %s)", code, e, a.canonical(e, t.elem()))
	case Map:
		e := a.lambdaVar()
		return a.let([]string{code}, func(v []string) string {
			return fmt.Sprintf("CASE WHEN %s IS NOT NULL THEN map_from_entries(list_sort(list_transform(map_entries(%s), lambda %s: {'key': %s, 'value': %s}))) END",
				v[0], v[0], e, a.canonical(e+".key", t.elem()), a.canonical(e+".value", t.value()))
		})
	}
	return a.let([]string{code}, func(v []string) string {
		parts := make([]string, len(t.Elem))
		for i, f := range t.Elem {
			parts[i] = fmt.Sprintf("f%d := %s", i, a.canonical(fieldCode(v[0], i), f.Type))
		}
		return "CASE WHEN " + v[0] + " IS NOT NULL THEN struct_pack(" + strings.Join(parts, ", ") + ") END"
	})
}

// holdsNull says, in DuckDB's words, whether a value that is not NULL has a NULL
// somewhere inside.
func (a *analyser) holdsNull(code string, t Type) string {
	switch t.Kind {
	case Array, Map:
		if t.Kind == Map {
			code, t = "map_values("+code+")", arrayOf(t.value())
		}
		if !t.elem().isNested() {
			return fmt.Sprintf("list_count(%s) < len(%s)", code, code)
		}
		e := a.lambdaVar()
		return fmt.Sprintf("len(list_filter(%s, lambda %s: %s IS NULL OR %s)) > 0", code, e, e, a.holdsNull(e, t.elem()))
	case Row:
		var parts []string
		for i, f := range t.Elem {
			parts = append(parts, fieldCode(code, i)+" IS NULL")
			if f.Type.isNested() {
				parts = append(parts, a.holdsNull(fieldCode(code, i), f.Type))
			}
		}
		return "(" + strings.Join(parts, " OR ") + ")"
	}
	return "false"
}

// sortText gives what ORDER BY sorts by. Where a release fails on NULLs inside
// arrays and rows that its sort happens to compare, values with such are refused.
func (a *analyser) sortText(v value) string {
	if v.typ.carried() {
		return "epoch_us(" + v.code + ")" // by the instant, whatever the zone
	}
	if v.typ.hasCarried() {
		panic(a.cannot("the order of values of type %s", v.typ))
	}
	code := a.typed(v)
	if !v.typ.isNested() || a.level >= nestedOrder {
		return code
	}
	return a.let([]string{code}, func(n []string) string {
		return fmt.Sprintf("CASE WHEN %s IS NOT NULL AND %s THEN %s ELSE %s END", n[0], a.holdsNull(n[0], v.typ),
			a.refuseLate(v.typ.DuckDB(), "the order of arrays and rows that hold NULL, at this release,"), n[0])
	})
}

// refuseLate is refuse for what only the values of a row can tell. TRY would make
// an answer of it, so that inside TRY it is refused at once.
func (a *analyser) refuseLate(typ, what string) string {
	if a.trying > 0 {
		panic(a.cannot("TRY of %s", what))
	}
	return fail(typ, "NOT_SUPPORTED", what+" is not supported by the local engine")
}

// parted gives the text by which rows are put into partitions. Older releases sort them
// for it, and fail where sortText refuses.
func (a *analyser) parted(v value) string {
	if v.typ.isNested() && v.typ.orderable() && a.level < nestedOrder && !v.typ.has(Map) && !v.typ.hasCarried() {
		return a.sortText(v)
	}
	return a.canonical(a.typed(v), v.typ)
}

// sortGuard is a further item of ORDER BY for a column that is sorted by, which
// changes nothing but fails where sortText would.
func (a *analyser) sortGuard(f *field) string {
	text := a.sortText(value{typ: f.typ, code: f.code})
	if text == f.code || f.typ.Kind == Unknown {
		return ""
	}
	return ", " + text
}

// extremeOf gives the least (-1) or greatest (1) element of a list without NULLs,
// the first of equals; NULL for none.
func (a *analyser) extremeOf(list string, t Type, sign int) string {
	l, x, y := a.lambdaVar(), a.lambdaVar(), a.lambdaVar()
	test := "<"
	if sign > 0 {
		test = ">"
	}
	return fmt.Sprintf("list_extract(list_transform([%s], lambda %s: CASE WHEN len(%s) > 0 THEN list_reduce(%s, lambda %s, %s: CASE WHEN acme_order(%s) %s 0 THEN %s ELSE %s END) END), 1)",
		list, l, l, l, x, y, a.compareText(y, x, t, a.extremeOrder(sign)), test, y, x)
}

// compareExactly compares two decimals of which one may not fit their common
// type, where the other is a constant: Trino then takes the cast away. Elsewhere
// the cast is made, and fails for what does not fit.
func (a *analyser) compareExactly(op string, l, r value, t Type) (string, bool) {
	narrow, wide := l, r
	if l.typ.Scale > r.typ.Scale {
		narrow, wide = r, l
	}
	if t.Kind != Decimal || narrow.typ.Kind != Decimal || !wide.constant || narrow.typ.Precision-narrow.typ.Scale+t.Scale <= 38 || strings.Contains(op, "DISTINCT") {
		return "", false
	}
	sign := fmt.Sprintf("acme_decimal_sign(CAST(%s AS VARCHAR), CAST(%s AS VARCHAR))", l.code, r.code)
	return "(" + sign + " " + op + " 0)", true
}

// compareFunctions are the functions in Go of comparisons.
func compareFunctions() []ScalarFunction {
	return []ScalarFunction{
		fn("decimal_sign", "VARCHAR,VARCHAR,INTEGER", func(a []any) (any, error) {
			l, _ := new(big.Rat).SetString(a[0].(string))
			r, _ := new(big.Rat).SetString(a[1].(string))
			return int32(l.Cmp(r)), nil
		}),
		fn("order", "INTEGER,INTEGER", func(a []any) (any, error) {
			switch a[0].(int32) {
			case markArray:
				return nil, failed{"NOT_SUPPORTED", "ARRAY comparison not supported for arrays with null elements"}
			case markRow:
				return nil, failed{"NOT_SUPPORTED", "ROW comparison not supported for fields with null elements"}
			}
			return a[0], nil
		}),
	}
}
