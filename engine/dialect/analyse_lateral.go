package dialect

// Joins with LATERAL.

// lateralOf gives the LATERAL that a relation is, or nil.
func lateralOf(r Relation) *Derived {
	switch r := r.(type) {
	case *Derived:
		if r.Lateral {
			return r
		}
	case *Aliased:
		return lateralOf(r.X)
	}
	return nil
}

// checkLateralUsing holds a join with LATERAL by names to what Trino can do: it plans none.
func (a *analyser) checkLateralUsing(r *Join) {
	switch {
	case r.Kind == "FULL":
		panic(errorAt(r.Pos(), "NOT_SUPPORTED", "FULL JOIN involving LATERAL relation is only supported with condition ON TRUE"))
	case a.level < newSyntax:
		a.atLast(errorAt(r.Pos(), "NOT_SUPPORTED", "Correlated join with criteria other than ON is not supported"))
	default:
		panic(refuse(r.Pos(), "JOIN LATERAL with USING").hint("write the condition: JOIN LATERAL (...) AS b ON a.x = b.x"))
	}
}

// lateralKind gives the join that answers one with LATERAL as Trino does: every row of
// the left side is joined by itself with the rows that LATERAL has for it, so that a row
// of these stays alone in no RIGHT JOIN. DuckDB makes constants NULL in a row of
// aggregates over nothing where it joins that by LEFT; there is one row always, so that
// every join is as good.
func (a *analyser) lateralKind(r *Join, q *Query) string {
	if r.On == nil || r.Kind == "CROSS" || r.Kind == "IMPLICIT" {
		return r.Kind
	}
	always := trueAsWritten(r.On)
	switch {
	case r.Kind == "FULL" && !always:
		panic(errorAt(r.On.Pos(), "NOT_SUPPORTED", "FULL JOIN involving LATERAL relation is only supported with condition ON TRUE"))
	case r.Kind == "RIGHT" && !always:
		panic(refuse(r.Pos(), "RIGHT JOIN LATERAL with a condition").hint("write CROSS JOIN LATERAL, and the condition in WHERE"))
	case r.Kind == "RIGHT", always && a.alwaysRow(q):
		return "CROSS"
	case always && a.holdsRow(q):
		panic(refuse(r.Pos(), "an outer join with LATERAL over an aggregate of all rows").hint("write the aggregate as the LATERAL itself"))
	case r.Kind == "FULL":
		return "LEFT"
	}
	return r.Kind
}

// alwaysRow says whether a query has one row, whatever it reads.
func (a *analyser) alwaysRow(q *Query) bool {
	n, _ := q.Limit.(*NumberLit)
	if q.Offset != nil || q.Limit != nil && (n == nil || n.Text == "0") {
		return false
	}
	switch b := q.Body.(type) {
	case *Values:
		return len(b.Rows) == 1
	case *Select:
		switch {
		case b.GroupBy != nil || b.Having != nil:
			return false
		case a.aggregates(b, q.OrderBy):
			return true
		}
		return b.Where == nil && (b.From == nil || a.alwaysRowOf(b.From))
	}
	return false
}

func (a *analyser) alwaysRowOf(r Relation) bool {
	switch r := r.(type) {
	case *Aliased:
		return a.alwaysRowOf(r.X)
	case *Derived:
		return a.alwaysRow(r.Query)
	case *Join:
		return (r.Kind == "CROSS" || r.Kind == "IMPLICIT") && a.alwaysRowOf(r.L) && a.alwaysRowOf(r.R)
	}
	return false
}

// noteAround notes a query in FROM that reads a query around its own.
func (a *analyser) noteAround(q *Query) {
	if a.around == nil {
		a.around = map[*Query]bool{}
	}
	a.around[q] = true
}

// holdsRow says whether a query reads an aggregate over all rows of another in its FROM,
// which reads a query around both.
func (a *analyser) holdsRow(q *Query) bool {
	s, ok := q.Body.(*Select)
	var holds func(Relation) bool
	holds = func(r Relation) bool {
		switch r := r.(type) {
		case *Aliased:
			return holds(r.X)
		case *Derived:
			s, ok := r.Query.Body.(*Select)
			return a.around[r.Query] && (ok && s.GroupBy == nil && a.aggregates(s, r.Query.OrderBy) || a.holdsRow(r.Query))
		case *Join:
			return holds(r.L) || holds(r.R)
		}
		return false
	}
	return ok && s.From != nil && holds(s.From)
}
