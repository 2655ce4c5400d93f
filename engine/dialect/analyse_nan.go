package dialect

import "strings"

// NaN beside integers in a filter, up to Trino 475: to find what a filter lets through,
// Trino brings the double back to the integer that was made a double, and fails while it
// plans. It does not where the double stands on the right of a comparison, for there it
// has already seen that nothing comes through; nor for bigint, which no double is
// brought back to.

// planNaN is what comes of a comparison with nan() in a filter.
type planNaN uint8

const (
	nanFails   planNaN = iota + 1
	nanUnknown         // whether it fails depends on the plan
)

// noteNaN marks the comparisons of a filter with what may be NaN: certain says that the filter is
// of a query by itself, over one relation.
func (a *analyser) noteNaN(x Expr, certain bool) {
	if a.level >= 476 {
		return
	}
	verdict := nanUnknown
	if certain && len(collect(x, isSubquery)) == 0 {
		verdict = nanFails
	}
	for _, c := range nanTerms(x) {
		if a.nan == nil {
			a.nan = map[Expr]planNaN{}
		}
		a.nan[c] = verdict
	}
}

// nanTerms gives the comparisons with computed constants that AND, OR and NOT make x of.
func nanTerms(x Expr) []Expr {
	switch x := x.(type) {
	case *Not:
		return nanTerms(x.X)
	case *Logic:
		var out []Expr
		for _, t := range x.Terms {
			if b, ok := t.(*BoolLit); ok && b.Value == strings.EqualFold(x.Op, "OR") {
				return nil // it decides alone
			}
			out = append(out, nanTerms(t)...)
		}
		return out
	case *Compare:
		if computed(x.L) {
			return []Expr{x}
		}
	case *Between:
		if computed(x.X) || computed(x.Lo) || computed(x.Hi) {
			return []Expr{x}
		}
	case *InList:
		different := map[string]bool{}
		found := false
		for _, it := range x.List {
			different[formatExpr(it)] = true
			found = found || computed(it)
		}
		if found && len(different) > 1 || computed(x.X) {
			return []Expr{x}
		}
	}
	return nil
}

// computed says whether an expression is a constant that is not a literal.
func computed(x Expr) bool {
	return !literal(x) && len(collect(x, func(x Expr) bool { return dotted(x) != nil || isSubquery(x) })) == 0
}

// isNaN says whether an expression is nan() or -nan().
func isNaN(x Expr) bool {
	if u, ok := x.(*Unary); ok {
		x = u.X
	}
	c, ok := x.(*Call)
	return ok && len(c.Args) == 0 && strings.EqualFold(formatQName(c.Name), "nan")
}

// failAtNaN makes the statement fail where the comparison x, of the values vs as they
// stand in it, is one that Trino fails at. It changes those that may come to NaN when they
// are worked out.
func (a *analyser) failAtNaN(x Expr, operands []Expr, vs []value) {
	verdict, ok := a.nan[x]
	if !ok {
		return
	}
	whole, nan := "", false
	for i, v := range vs {
		cast, made := operands[i].(*Cast)
		switch {
		case isNaN(operands[i]):
			nan = true
		case v.constant:
		case made && cast.Type.Base == "double":
			whole, verdict = "double", nanUnknown
		case v.typ.Kind == TinyInt || v.typ.Kind == SmallInt || v.typ.Kind == Integer:
			whole = v.typ.String()
		}
	}
	const what = "a comparison of NaN and what may be an integer, in this filter at this release,"
	switch {
	case whole == "":
		return
	case nan && verdict == nanUnknown:
		panic(a.cannot(what))
	case nan:
		a.atLast(&Error{Name: "INVALID_CAST_ARGUMENT", Message: "Unable to cast double NaN to " + whole})
		return
	}
	for i, v := range vs {
		if v.constant && v.typ.Kind == Double && computed(operands[i]) && !isNumberText(v.code) {
			vs[i].code = "CASE WHEN isnan(" + v.code + ") THEN " + a.refuseLate("DOUBLE", what) + " ELSE " + v.code + " END"
		}
	}
}
