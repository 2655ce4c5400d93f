package dialect

import (
	"slices"
	"strconv"
	"strings"
)

// AND, OR and NOT: which terms stand where DuckDB may ask them.

func (a *analyser) logic(x *Logic, sc *scope) value {
	out := value{typ: tBoolean, constant: true}
	before, planned := a.correlation(), a.planning
	terms := terms{op: x.Op}
	joining, optional := a.joining == x && x.Op == "AND", a.optional
	for _, t := range a.lookedUp(x, sc) {
		outer := a.outer
		v := a.expr(t, sc)
		if a.outer > outer {
			a.noteReading(t)
		}
		if v.typ.Kind != Boolean && v.typ.Kind != Unknown {
			panic(errorAt(t.Pos(), "TYPE_MISMATCH", "Logical expression term must evaluate to a boolean (actual: %s)", v.typ))
		}
		out.constant = out.constant && v.constant
		out.typ.loose = out.typ.loose || v.typ.loose
		terms.add(a.coerce(v, tBoolean).code, joining && sc.equatesRelations(t), joining && sc.isOf(optional, t))
	}
	if lit := decides(x); lit != "" {
		a.forget(before, planned) // the other terms count for nothing
		out.code = lit
		return out
	}
	out.code = a.checkCode(x.pos, terms.code())
	if joining {
		a.residual = terms.residual
	}
	return out
}

// terms are the terms of an AND or OR. One that can fail is reached only where those
// before it, and those that cannot, do not decide.
type terms struct {
	op           string
	plain, risky []string
	// keys are equalities of two relations that can fail. known is what holds of all
	// that a join leaves, equated that an equality is among it.
	keys, known []string
	equated     bool
	// residual says that the terms have a key, and others that can fail.
	residual bool
	// own are the terms of the side that an outer join may do without.
	own struct{ plain, risky []string }
}

// add adds a term, which may equate columns of two relations, or be of the side that
// an outer join may do without.
func (t *terms) add(code string, equates, own bool) {
	fails := mayFail(code)
	switch {
	case fails && equates:
		t.keys = append(t.keys, code)
	case fails && own:
		t.own.risky = append(t.own.risky, code)
	case fails && len(t.plain)+len(t.keys) > 0:
		t.risky = append(t.risky, code)
	default:
		t.plain = append(t.plain, code)
		if own {
			t.own.plain = append(t.own.plain, code)
		}
		if !equates {
			code += " IS NOT FALSE"
		}
		t.known, t.equated = append(t.known, code), t.equated || equates
	}
}

// code joins the terms. DuckDB finds no join in a CASE, and would pair every row with
// every other. So the terms that cannot fail stand beside it too. An equality of two
// relations is what Trino joins by: the rest is not asked of a row in which it is NULL.
// It is where another term is NULL. Where a key can fail and there is none that cannot,
// it is worked out for every row that the terms of its own side leave.
func (t *terms) code() string {
	if t.equated {
		t.risky = append(t.keys, t.risky...)
	} else {
		t.plain, t.known = append(t.plain, t.keys...), append(t.known, t.keys...)
	}
	var all []string
	if len(t.plain) > 0 {
		all = append(all, guarded(t.op, "("+strings.Join(t.plain, " "+t.op+" ")+")", t.risky))
	}
	if len(t.risky) > 0 && t.op == "AND" && (t.equated || len(t.keys) > 0) {
		all, t.residual = append(t.known, all...), true
	}
	if len(t.own.risky) > 0 { // Trino filters that side before it joins
		all = append(all, guarded(t.op, "("+strings.Join(append(t.own.plain, "true"), " AND ")+")", t.own.risky))
	}
	if len(all) == 1 {
		return all[0]
	}
	return "(" + strings.Join(all, " AND ") + ")"
}

// guarded joins terms that can fail to the others, each reached only where those
// before it do not decide: DuckDB would evaluate all, in an order of its own.
func guarded(op, plain string, risky []string) string {
	decided := " IS FALSE THEN false"
	if op == "OR" {
		decided = " IS TRUE THEN true"
	}
	if len(risky) == 0 {
		return plain
	}
	all := append([]string{plain}, risky...)
	var b strings.Builder
	b.WriteString("(CASE")
	for _, term := range all[:len(all)-1] {
		b.WriteString(" WHEN " + term + decided)
	}
	return b.String() + " ELSE " + strings.Join(all, " "+op+" ") + " END)"
}

// equatesRelations says whether a condition is an equality of two relations.
func (s *scope) equatesRelations(x Expr) bool {
	c, ok := x.(*Compare)
	if !ok || c.Op != "=" || len(collect(c, asksOrJoins)) > 0 {
		return false
	}
	l, r := s.relationsOf(c.L), s.relationsOf(c.R)
	return len(l) > 0 && len(r) > 0 && !slices.ContainsFunc(l, func(name string) bool { return slices.Contains(r, name) })
}

// isOf says whether a condition without subqueries is of some of the fields alone, and
// those are of tables: what Trino knows of VALUES it asks first.
func (s *scope) isOf(fields []*field, x Expr) bool {
	names := s.relationsOf(x)
	if len(names) == 0 || !slices.ContainsFunc(fields, (*field).scanned) {
		return false
	}
	for _, f := range fields {
		relation, _ := f.relation()
		names = slices.DeleteFunc(names, func(name string) bool { return name == relation })
	}
	return len(names) == 0 && len(collect(x, isSubquery)) == 0
}

// relationsOf gives the names that the relations of x's columns have in DuckDB.
func (s *scope) relationsOf(x Expr) []string {
	var out []string
	for _, column := range collect(x, func(x Expr) bool { return dotted(x) != nil }) {
		name := dotted(column)
		f, _ := s.find(name, column.Pos())
		if f == nil {
			f, _ = s.findBase(name)
		}
		if f != nil {
			relation, _ := f.relation()
			out = append(out, relation)
		}
	}
	return out
}

// lookedUp gives the terms of a condition, with comparisons of one array, map or row
// with several that are joined by OR written as IN, which Trino makes of them.
func (a *analyser) lookedUp(x *Logic, sc *scope) []Expr {
	same := map[string][]*Compare{}
	for _, t := range x.Terms {
		if c, ok := t.(*Compare); ok && x.Op == "OR" && c.Op == "=" && len(collect(c, asksOrJoins)) == 0 {
			left := formatExpr(c.L)
			same[left] = append(same[left], c)
		}
	}
	terms := slices.Clone(x.Terms)
	for _, cs := range same {
		if len(cs) < 2 || !a.isNested(cs[0].L, sc) {
			continue
		}
		in := &InList{exprAt: cs[0].exprAt, X: cs[0].L}
		for _, c := range cs {
			in.List = append(in.List, c.R)
		}
		terms[slices.Index(terms, Expr(cs[0]))] = in
		terms = slices.DeleteFunc(terms, func(t Expr) bool {
			c, ok := t.(*Compare)
			return ok && slices.Contains(cs, c)
		})
	}
	return terms
}

// asksOrJoins says whether x is a query, or a condition of several terms, neither of
// which is to be analysed twice.
func asksOrJoins(x Expr) bool {
	switch x.(type) {
	case *SubqueryExpr, *Exists, *InQuery, *Quantified, *Logic:
		return true
	}
	return false
}

// isNested says whether x is an array, a map or a row, and forgets it. What is wrong
// with x is for another to say.
func (a *analyser) isNested(x Expr, sc *scope) (nested bool) {
	before, planned := a.correlation(), a.planning
	defer func() {
		a.forget(before, planned)
		if r := recover(); r != nil {
			if _, ok := r.(*Error); !ok {
				panic(r)
			}
		}
	}()
	return a.expr(x, sc).typ.isNested()
}

// decides gives the literal that a condition comes to whatever its other terms are:
// true in an OR, false in an AND; empty where there is none.
func decides(x *Logic) string {
	for _, t := range x.Terms {
		if b, ok := t.(*BoolLit); ok && b.Value == (x.Op == "OR") {
			return strconv.FormatBool(b.Value)
		}
	}
	return ""
}

// mayFail says whether evaluating code can fail for some row.
func mayFail(code string) bool {
	code = strings.NewReplacer("acme_try_", "", "trino.try_", "", "acme_scan_", "").Replace(code)
	return strings.Contains(code, "acme_") || strings.Contains(code, "trino.")
}

func (a *analyser) not(x *Not, sc *scope) value {
	v := a.expr(x.X, sc)
	if v.typ.Kind != Boolean && v.typ.Kind != Unknown {
		panic(errorAt(x.X.Pos(), "TYPE_MISMATCH", "Value of logical NOT expression must evaluate to a boolean (actual: %s)", v.typ))
	}
	out := value{typ: tBoolean, code: "(NOT " + a.coerce(v, tBoolean).code + ")", constant: v.constant}
	out.typ.loose = v.typ.loose
	return out
}
