package dialect

import (
	"fmt"
	"strings"
)

// maxRecursion is how often Trino goes round before it gives up.
const maxRecursion = 10

// recursion is a query of WITH RECURSIVE that reads itself.
type recursion struct {
	item         CTE
	union        *SetOp
	anchor, step Body
	ref          *TableRef
}

// recursive gives the recursion that a query of WITH RECURSIVE is, or nil for one
// that does not read itself.
func recursive(item CTE) *recursion {
	if item.Columns == nil {
		panic(errorAt(item.pos, "MISSING_COLUMN_ALIASES", "missing column aliases in recursive WITH query"))
	}
	inner := mentionWalk{}
	inner.query(item.Query)
	if inner.nested != nil {
		panic(errorAt(inner.nested.pos, "NESTED_RECURSIVE", "nested recursive WITH query"))
	}
	r := shapeOf(item)
	if r == nil {
		if refs := mentions(item.Query, item.Name.Text); refs != nil {
			panic(badRecursion(refs[0], "recursive reference not allowed in this context"))
		}
		return nil
	}
	r.checkStep()
	q := item.Query
	switch {
	case q.With != nil:
		panic(errorAt(q.With.pos, "NOT_SUPPORTED", "immediate WITH clause in recursive query"))
	case q.OrderBy != nil:
		panic(errorAt(q.OrderPos, "NOT_SUPPORTED", "immediate ORDER BY clause in recursive query"))
	case q.Offset != nil:
		panic(errorAt(q.OffsetPos, "NOT_SUPPORTED", "immediate OFFSET clause in recursive query"))
	case q.Limit != nil || q.LimitAll || q.Fetch:
		panic(errorAt(q.LimitPos, "INVALID_LIMIT_CLAUSE", "immediate FETCH FIRST / LIMIT clause in recursive query"))
	}
	return r
}

func badRecursion(ref *TableRef, what string) *Error {
	return errorAt(ref.Pos(), "INVALID_RECURSIVE_REFERENCE", "%s", what)
}

// shapeOf takes a union whose second part reads the query once apart.
func shapeOf(item CTE) *recursion {
	union, ok := item.Query.Body.(*SetOp)
	if !ok || union.Op != "UNION" {
		return nil
	}
	name := item.Name.Text
	if refs := mentions(union.L, name); refs != nil {
		panic(badRecursion(refs[0], "WITH table name is referenced in the base relation of recursion"))
	}
	refs := mentions(union.R, name)
	switch {
	case len(refs) > 1:
		panic(badRecursion(refs[1], "multiple recursive references in the step relation of recursion"))
	case len(refs) == 0:
		return nil
	}
	return &recursion{item, union, union.L, union.R, refs[0]}
}

// checkStep holds the step to what Trino can repeat.
func (r *recursion) checkStep() {
	b := r.step
	for {
		n, ok := b.(*Nested)
		if !ok {
			break
		}
		// A limit of the step itself is taken, one around it in parentheses is not.
		_, around := n.Query.Body.(*Nested)
		if q := n.Query; around && (q.Limit != nil || q.LimitAll || q.Fetch) {
			panic(errorAt(q.LimitPos, "INVALID_LIMIT_CLAUSE", "FETCH FIRST / LIMIT clause in the step relation of recursion"))
		}
		b = n.Query.Body
	}
	s, ok := b.(*Select)
	if !ok || s.From == nil || mentions(s.From, r.item.Name.Text) == nil {
		panic(badRecursion(r.ref, "recursive reference outside of FROM clause of the step relation of recursion"))
	}
	r.checkFrom(s.From)
}

// checkFrom refuses a recursive reference where rows it lacks would count.
func (r *recursion) checkFrom(rel Relation) {
	reads := func(n Node) bool { return mentions(n, r.item.Name.Text) != nil }
	switch rel := rel.(type) {
	case *Aliased:
		r.checkFrom(rel.X)
	case *Sampled:
		r.checkFrom(rel.X)
	case *MatchRecognize:
		if reads(rel) {
			panic(refuse(rel.pos, "MATCH_RECOGNIZE over a recursive reference"))
		}
	case *Derived:
		r.checkBody(rel.Query.Body)
	case *Join:
		switch {
		case (rel.Kind == "RIGHT" || rel.Kind == "FULL") && reads(rel.L):
			panic(badRecursion(r.ref, "recursive reference in left source of "+rel.Kind+" join"))
		case (rel.Kind == "LEFT" || rel.Kind == "FULL") && reads(rel.R):
			panic(badRecursion(r.ref, "recursive reference in right source of "+rel.Kind+" join"))
		}
		r.checkFrom(rel.L)
		r.checkFrom(rel.R)
	}
}

func (r *recursion) checkBody(b Body) {
	reads := func(n Node) bool { return mentions(n, r.item.Name.Text) != nil }
	switch b := b.(type) {
	case *Nested:
		r.checkBody(b.Query.Body)
	case *Select:
		if b.From != nil {
			r.checkFrom(b.From)
		}
	case *SetOp:
		all := "DISTINCT"
		if b.All {
			all = "ALL"
		}
		switch {
		case b.Op == "EXCEPT" && reads(b.R):
			panic(badRecursion(r.ref, "recursive reference in right relation of EXCEPT "+all))
		case b.Op == "EXCEPT" && b.All && reads(b.L):
			panic(badRecursion(r.ref, "recursive reference in left relation of EXCEPT ALL"))
		case b.Op == "INTERSECT" && b.All && reads(b.L):
			panic(badRecursion(r.ref, "recursive reference in left relation of INTERSECT ALL"))
		case b.Op == "INTERSECT" && b.All && reads(b.R):
			panic(badRecursion(r.ref, "recursive reference in right relation of INTERSECT ALL"))
		}
		r.checkBody(b.L)
		r.checkBody(b.R)
	}
}

// recursiveQuery analyses a recursion. As in Trino the step is repeated so often
// and no further, each time over the rows of the time before; rows of one more
// time are an error.
func (a *analyser) recursiveQuery(r *recursion, outer *scope, e *env) *result {
	anchor := a.body(r.anchor, outer, e)
	a.dropSources(anchor)
	a.aliasColumns(r.item, anchor)
	name := strings.ToLower(r.item.Name.Text)
	self := &cte{name: name, alias: a.unique(name), rel: &relation{}}
	types := make([]Type, len(anchor.cols))
	for i, c := range anchor.cols {
		types[i] = c.typ
		a.pos = r.anchor.Pos()
		a.representable(c.typ)
		self.rel.fields = append(self.rel.fields, a.newField(c.name, c.typ, fmt.Sprintf("c%d", i)))
	}
	step := a.body(r.step, outer, &env{e, name, self})
	a.markAll(anchor)
	a.markAll(step)
	r.checkTypes(anchor, step)
	rounds := make([]string, 0, maxRecursion+2)
	texts := []string{fmt.Sprintf("%s AS MATERIALIZED (%s)", quoteName(self.alias+"/0"), a.recast(anchor, types))}
	stepText := a.recast(step, types)
	for i := range maxRecursion + 1 {
		before := quoteName(fmt.Sprintf("%s/%d", self.alias, i))
		rounds = append(rounds, "SELECT * FROM "+before)
		texts = append(texts, fmt.Sprintf("%s AS MATERIALIZED (WITH %s AS (SELECT * FROM %s) %s)",
			quoteName(fmt.Sprintf("%s/%d", self.alias, i+1)), quoteName(self.alias), before, stepText))
	}
	out := &result{}
	for i, c := range anchor.cols {
		out.cols = append(out.cols, outCol{name: c.name, code: fmt.Sprintf("c%d", i), typ: c.typ})
	}
	union := strings.Join(rounds, " UNION ALL ")
	if !r.union.All {
		a.pos = r.union.pos
		union = "SELECT DISTINCT * FROM (" + a.comparableRows(&result{sql: union, cols: out.cols}, types) + ")"
	}
	fault := fmt.Sprintf("[[NOT_SUPPORTED]] Recursion depth limit exceeded (%d). Use 'max_recursion_depth' session property to modify the limit.", maxRecursion)
	out.sql = fmt.Sprintf("WITH %s SELECT * FROM (%s) WHERE acme_fail(CASE WHEN (SELECT count(*) FROM %s) > 0 THEN %s END) IS NULL",
		strings.Join(texts, ", "), union, quoteName(fmt.Sprintf("%s/%d", self.alias, maxRecursion+1)), quoteText(fault))
	return out
}

// checkTypes holds the step's columns to those that it began with.
func (r *recursion) checkTypes(anchor, step *result) {
	p := r.step.Pos()
	if len(anchor.cols) != len(step.cols) {
		panic(errorAt(p, "TYPE_MISMATCH", "base and step relations of recursion have different number of fields: %d, %d", len(anchor.cols), len(step.cols)))
	}
	for i, c := range anchor.cols {
		if !converts(step.cols[i].typ, c.typ) {
			panic(errorAt(p, "TYPE_MISMATCH", "recursion step relation output type (%s) is not coercible to recursion base relation output type (%s) at column %d",
				step.cols[i].typ, c.typ, i+1))
		}
		if !r.union.All && !c.typ.comparable() {
			panic(errorAt(r.union.pos, "TYPE_MISMATCH", "Type %s is not comparable and therefore cannot be used in UNION", c.typ))
		}
	}
}
