package dialect

import (
	"fmt"
	"slices"
	"strings"
)

// What parse_recent takes.

func (a *analyser) booleanTest(x *BooleanTest, sc *scope) value {
	v := a.expr(x.X, sc)
	if v.typ.Kind != Boolean && v.typ.Kind != Unknown {
		panic(errorAt(x.X.Pos(), "TYPE_MISMATCH", "Boolean test value must evaluate to a boolean (actual: %s)", v.typ))
	}
	op := " IS "
	if x.Negated {
		op = " IS NOT "
	}
	word := strings.Replace(x.Word, "UNKNOWN", "NULL", 1)
	return value{typ: tBoolean, code: "(" + a.coerce(v, tBoolean).code + op + word + ")", constant: v.constant}
}

// overlay is OVERLAY: the text before Start, New, and what follows the Length
// characters that New takes the place of, as many as it has where none is given.
func (a *analyser) overlay(x *Overlay, sc *scope) value {
	args := []value{a.expr(x.X, sc), a.expr(x.New, sc), a.expr(x.Start, sc)}
	if x.Length != nil {
		args = append(args, a.expr(x.Length, sc))
	}
	f := &function{name: "$overlay", kind: scalarFunction, sigs: []signature{
		{in: "varchar(x), varchar(y), bigint", sql: "trino.overlay($1, $2, $3, length($2))", typ: overlaid},
		{in: "varchar(x), varchar(y), bigint, bigint", sql: "trino.overlay($1, $2, $3, $4)", typ: overlaid},
	}}
	for i := range f.sigs {
		s := &f.sigs[i]
		for _, p := range splitTop(s.in) {
			s.params = append(s.params, parsePattern(p))
		}
	}
	v := a.resolve(f, f.name, &invocation{a: a, raw: args})
	v.constant = !slices.ContainsFunc(args, func(v value) bool { return !v.constant })
	return v
}

func overlaid(t []Type) Type {
	if t[0].Precision >= Unbounded || t[1].Precision >= Unbounded {
		return tVarchar
	}
	return grown(t[0].Precision + t[1].Precision)
}

// overlaps is L OVERLAPS R: two periods, each from a moment to a later or earlier
// one, have a moment in common, the end of a period left out.
func (a *analyser) overlaps(x *Overlaps, sc *scope) value {
	l, r := a.expr(x.L, sc), a.expr(x.R, sc)
	for i, v := range []value{l, r} {
		a.checkPeriod([]Expr{x.L, x.R}[i].Pos(), v.typ)
	}
	t, ok := commonType(l.typ.Elem[0].Type, r.typ.Elem[0].Type)
	for _, e := range []Type{l.typ.Elem[1].Type, r.typ.Elem[1].Type} {
		if ok {
			t, ok = commonType(t, e)
		}
	}
	if !ok {
		if l.typ.Elem[1].Type.Kind == IntervalDay || l.typ.Elem[1].Type.Kind == IntervalYear || r.typ.Elem[1].Type.Kind == IntervalDay || r.typ.Elem[1].Type.Kind == IntervalYear {
			panic(refuse(x.pos, "OVERLAPS of a period with a length").hint("write the moment at which the period ends"))
		}
		panic(errorAt(x.pos, "TYPE_MISMATCH", "Cannot apply OVERLAPS to %s and %s", l.typ, r.typ))
	}
	if t.has(TimestampTZ) || t.has(TimeTZ) {
		panic(refuse(x.pos, "OVERLAPS of moments with zones").hint("write CAST(... AS timestamp)"))
	}
	a.pos = x.pos
	ends := make([]string, 0, 4)
	for _, v := range []value{l, r} {
		for i, f := range v.typ.Elem {
			ends = append(ends, a.coerce(value{typ: f.Type, code: fmt.Sprintf("(%s).f%d", v.code, i)}, t).code)
		}
	}
	return value{typ: tBoolean, code: "trino.overlaps(" + strings.Join(ends, ", ") + ")", constant: l.constant && r.constant}
}

func (a *analyser) checkPeriod(p Pos, t Type) {
	if t.Kind != Row || len(t.Elem) != 2 {
		panic(errorAt(p, "TYPE_MISMATCH", "OVERLAPS operand must be a row of two elements (actual %s)", t))
	}
	moment := func(t Type) bool {
		return t.Kind == Date || t.Kind == Time || t.Kind == TimeTZ || t.Kind == Timestamp || t.Kind == TimestampTZ
	}
	if s := t.Elem[0].Type; !moment(s) {
		panic(errorAt(p, "TYPE_MISMATCH", "OVERLAPS period start must be a datetime (actual %s)", s))
	}
	if e := t.Elem[1].Type; !moment(e) && e.Kind != IntervalDay && e.Kind != IntervalYear {
		panic(errorAt(p, "TYPE_MISMATCH", "OVERLAPS period end must be a datetime or interval (actual %s)", e))
	}
}

// corresponding cuts the operands of a set operation to the columns whose names
// both have, in the left one's order.
func (a *analyser) corresponding(op *SetOp, l, r *result) (*result, *result) {
	if op.By {
		panic(errorAt(op.pos, "NOT_SUPPORTED", "CORRESPONDING with columns is unsupported"))
	}
	at := map[string]int{}
	for k, side := range []struct {
		body Body
		r    *result
	}{{op.L, l}, {op.R, r}} {
		seen := map[string]bool{}
		for i, c := range side.r.cols {
			name := strings.ToLower(c.name)
			switch {
			case name == "":
				panic(errorAt(op.pos, "MISSING_COLUMN_NAME", "Anonymous columns are not allowed in set operations with CORRESPONDING"))
			case seen[name]:
				panic(errorAt(op.pos, "AMBIGUOUS_NAME", "Duplicate columns found when using CORRESPONDING in set operations: %s", c.name))
			}
			seen[name] = true
			if k == 1 {
				at[name] = i
			}
		}
	}
	var left, right []int
	for i, c := range l.cols {
		if k, ok := at[strings.ToLower(c.name)]; ok {
			left, right = append(left, i), append(right, k)
		}
	}
	if left == nil {
		panic(errorAt(op.pos, "MISMATCHED_COLUMN_ALIASES", "No corresponding columns"))
	}
	return a.narrowed(l, left), a.narrowed(r, right)
}

// narrowed gives a query's columns of the given numbers, in that order.
func (a *analyser) narrowed(r *result, columns []int) *result {
	rel := a.derived(r, false)
	out := &result{}
	items := make([]string, len(columns))
	for i, k := range columns {
		rel.fields[k].mark()
		c := r.cols[k]
		items[i] = fmt.Sprintf("%s AS %s", rel.fields[k].code, quoteName(c.code))
		c.deps = append(slices.Clone(c.deps), rel.fields[k])
		out.cols = append(out.cols, c)
	}
	out.sql = "SELECT " + strings.Join(items, ", ") + " FROM " + rel.from
	return out
}

// givenName is what Trino says of an argument with a name: no function has any.
func givenName(c *Call) {
	if c.Given != nil {
		panic(errorAt(c.Given.pos, "INVALID_FUNCTION_ARGUMENT", "No argument named %s for function %s", c.Given.Text, formatQName(c.Name)))
	}
	if c.StarOf != nil {
		panic(errorAt(c.StarOf.pos, "INVALID_FUNCTION_ARGUMENT", "label.* syntax is only supported as the only argument of row pattern count function"))
	}
}
