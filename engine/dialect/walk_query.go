package dialect

import "strings"

// mention is a table's name somewhere in a query; shadowed if a query in between
// gives the name another meaning.
type mention struct {
	ref      *TableRef
	shadowed bool
}

// mentionWalk looks for mentions of a name, in the order of the text.
type mentionWalk struct {
	name     string // in lower case
	shadowed int
	found    []mention
	nested   *With // the first WITH RECURSIVE met
}

// mentions gives where a query body or relation reads the table of a name, not
// where a WITH of its own has taken the name.
func mentions(n Node, name string) []*TableRef {
	w := mentionWalk{name: strings.ToLower(name)}
	w.node(n)
	var out []*TableRef
	for _, m := range w.found {
		if !m.shadowed {
			out = append(out, m.ref)
		}
	}
	return out
}

func (w *mentionWalk) node(n Node) {
	switch n := n.(type) {
	case *Query:
		w.query(n)
	case Body:
		w.body(n)
	case Relation:
		w.relation(n)
	}
}

func (w *mentionWalk) query(q *Query) {
	if q.With != nil {
		if q.With.Recursive && w.nested == nil {
			w.nested = q.With
		}
		for _, c := range q.With.Items {
			if strings.EqualFold(c.Name.Text, w.name) {
				w.shadowed++
				defer func() { w.shadowed-- }()
				break
			}
		}
		for _, c := range q.With.Items {
			w.query(c.Query)
		}
	}
	w.body(q.Body)
	for _, s := range q.OrderBy {
		w.expr(s.X)
	}
}

func (w *mentionWalk) body(b Body) {
	switch b := b.(type) {
	case *Nested:
		w.query(b.Query)
	case *SetOp:
		w.body(b.L)
		w.body(b.R)
	case *Values:
		for _, x := range b.Rows {
			w.expr(x)
		}
	case *TableBody:
		w.table(&TableRef{relAt{b.at}, b.Name})
	case *Select:
		for _, it := range b.Items {
			w.expr(it.X)
		}
		if b.From != nil {
			w.relation(b.From)
		}
		w.expr(b.Where)
		if b.GroupBy != nil {
			for _, g := range b.GroupBy.Items {
				for _, set := range g.Sets {
					for _, x := range set {
						w.expr(x)
					}
				}
			}
		}
		w.expr(b.Having)
	}
}

func (w *mentionWalk) table(t *TableRef) {
	if len(t.Name) == 1 && strings.EqualFold(t.Name[0].Text, w.name) {
		w.found = append(w.found, mention{t, w.shadowed > 0})
	}
}

func (w *mentionWalk) relation(r Relation) {
	switch r := r.(type) {
	case *TableRef:
		w.table(r)
	case *Derived:
		w.query(r.Query)
	case *Aliased:
		w.relation(r.X)
	case *Sampled:
		w.relation(r.X)
	case *Unnest:
		for _, x := range r.Args {
			w.expr(x)
		}
	case *MatchRecognize:
		w.relation(r.X)
		for _, list := range [][]Measure{r.Measures, r.Defines} {
			for _, m := range list {
				w.expr(m.X)
			}
		}
	case *Join:
		w.relation(r.L)
		w.relation(r.R)
		w.expr(r.On)
	}
}

func (w *mentionWalk) expr(x Expr) {
	if x == nil {
		return
	}
	switch x := x.(type) {
	case *SubqueryExpr:
		w.query(x.Query)
	case *Exists:
		w.query(x.Query)
	case *InQuery:
		w.expr(x.X)
		w.query(x.Query)
		return
	case *Quantified:
		w.expr(x.X)
		w.query(x.Query)
		return
	}
	for _, c := range children(x) {
		w.expr(c)
	}
}
