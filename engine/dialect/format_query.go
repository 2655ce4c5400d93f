package dialect

// query prints a query on one line.
func (f *formatter) query(q *Query) {
	if q.With != nil {
		f.put("WITH ")
		if q.With.Recursive {
			f.put("RECURSIVE ")
		}
		for i, c := range q.With.Items {
			if i > 0 {
				f.put(", ")
			}
			f.ident(c.Name)
			if c.Columns != nil {
				f.put(" ")
				f.names(c.Columns)
			}
			f.put(" AS ")
			f.subquery(c.Query)
		}
		f.put(" ")
	}
	f.bodyText(q.Body)
	if q.OrderBy != nil {
		f.put(" ORDER BY ")
		f.sort(q.OrderBy)
	}
	if q.Offset != nil {
		f.put(" OFFSET ")
		f.expr(q.Offset)
		f.put(" ROWS")
	}
	switch {
	case q.LimitAll:
		f.put(" LIMIT ALL")
	case q.Fetch:
		f.put(" FETCH FIRST ")
		if q.Limit != nil {
			f.expr(q.Limit)
			f.put(" ")
		}
		if q.Ties {
			f.put("ROWS WITH TIES")
		} else {
			f.put("ROWS ONLY")
		}
	case q.Limit != nil:
		f.put(" LIMIT ")
		f.expr(q.Limit)
	}
}

// bodyText prints a body. Its parentheses are nodes of the tree.
func (f *formatter) bodyText(b Body) {
	switch b := b.(type) {
	case *SetOp:
		f.bodyText(b.L)
		f.put(" ", b.Op, " ")
		if b.All {
			f.put("ALL ")
		} else if b.Distinct {
			f.put("DISTINCT ")
		}
		if b.Corresponding {
			f.put("CORRESPONDING ")
		}
		f.bodyText(b.R)
	case *Values:
		f.put("VALUES ")
		f.list(b.Rows)
	case *TableBody:
		f.put("TABLE ")
		f.qname(b.Name)
	case *Nested:
		f.subquery(b.Query)
	case *Select:
		f.selectText(b)
	}
}

func (f *formatter) selectText(s *Select) {
	f.put("SELECT ")
	if s.Distinct {
		f.put("DISTINCT ")
	}
	for i, it := range s.Items {
		if i > 0 {
			f.put(", ")
		}
		f.item(it)
	}
	if s.From != nil {
		f.put(" FROM ")
		f.relation(s.From, true)
	}
	if s.Where != nil {
		f.put(" WHERE ")
		f.expr(s.Where)
	}
	if s.GroupBy != nil {
		f.groupBy(s.GroupBy)
	}
	if s.Having != nil {
		f.put(" HAVING ")
		f.expr(s.Having)
	}
	for i, w := range s.Windows {
		if i == 0 {
			f.put(" WINDOW ")
		} else {
			f.put(", ")
		}
		f.ident(w.Name)
		f.put(" AS ")
		f.window(w.Window)
	}
}

func (f *formatter) item(it SelectItem) {
	switch {
	case it.Star && it.Base == nil:
		f.put("*")
	case it.Star:
		f.expr(it.Base)
		f.put(".*")
		if it.Aliases != nil {
			f.put(" AS ")
			f.names(it.Aliases)
		}
	default:
		f.expr(it.X)
		if it.Alias != nil {
			f.put(" AS ")
			f.ident(*it.Alias)
		}
	}
}

func (f *formatter) groupBy(g *GroupBy) {
	f.put(" GROUP BY ")
	if g.Distinct {
		f.put("DISTINCT ")
	}
	for i, it := range g.Items {
		if i > 0 {
			f.put(", ")
		}
		if it.Kind == "" {
			f.groupingSet(it.Sets[0])
			continue
		}
		f.put(it.Kind, " (")
		for k, s := range it.Sets {
			if k > 0 {
				f.put(", ")
			}
			f.groupingSet(s)
		}
		f.put(")")
	}
}

func (f *formatter) groupingSet(xs []Expr) {
	if len(xs) == 1 {
		f.list(xs)
		return
	}
	f.put("(")
	f.list(xs)
	f.put(")")
}

// relation prints what FROM names; top says that a comma needs no parentheses.
func (f *formatter) relation(r Relation, top bool) {
	switch r := r.(type) {
	case *TableRef:
		f.qname(r.Name)
	case *Derived:
		if r.Lateral {
			f.put("LATERAL ")
		}
		f.subquery(r.Query)
	case *Unnest:
		f.put("UNNEST(")
		f.list(r.Args)
		f.put(")")
		if r.Ordinality {
			f.put(" WITH ORDINALITY")
		}
	case *Aliased:
		f.primary(r.X)
		f.put(" AS ")
		f.ident(r.Alias)
		if r.Columns != nil {
			f.put(" ")
			f.names(r.Columns)
		}
	case *Sampled:
		if _, ok := r.X.(*Aliased); ok {
			f.relation(r.X, false)
		} else {
			f.primary(r.X)
		}
		f.put(" TABLESAMPLE ", r.Method, " (")
		f.expr(r.Percent)
		f.put(")")
	case *MatchRecognize:
		f.matchRecognize(r)
	case *Join:
		f.join(r, top)
	}
}

// primary prints a relation so that an alias can follow.
func (f *formatter) primary(r Relation) {
	switch r.(type) {
	case *TableRef, *Derived, *Unnest:
		f.relation(r, false)
	default:
		f.put("(")
		f.relation(r, false)
		f.put(")")
	}
}

func (f *formatter) join(j *Join, top bool) {
	if j.Kind == "IMPLICIT" {
		f.relation(j.L, top)
		f.put(", ")
		f.relation(j.R, false)
		return
	}
	f.operand(j.L, true)
	if j.Natural {
		f.put(" NATURAL")
	}
	f.put(" ", j.Kind, " JOIN ")
	f.operand(j.R, false)
	switch {
	case j.On != nil:
		f.put(" ON ")
		f.expr(j.On)
	case j.Using != nil:
		f.put(" USING ")
		f.names(j.Using)
	}
}

// operand prints a side of a join: a join on the right needs parentheses.
func (f *formatter) operand(r Relation, left bool) {
	if _, ok := r.(*Join); ok && !left {
		f.put("(")
		f.relation(r, false)
		f.put(")")
		return
	}
	f.relation(r, false)
}
