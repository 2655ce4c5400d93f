package dialect

// children gives the expressions directly inside x, subqueries left out.
func children(x Expr) []Expr {
	var out []Expr
	add := func(xs ...Expr) {
		for _, c := range xs {
			if c != nil {
				out = append(out, c)
			}
		}
	}
	switch x := x.(type) {
	case *Deref:
		add(x.Base)
	case *Subscript:
		add(x.Base, x.Index)
	case *Binary:
		add(x.L, x.R)
	case *Unary:
		add(x.X)
	case *Compare:
		add(x.L, x.R)
	case *Logic:
		add(x.Terms...)
	case *Not:
		add(x.X)
	case *Between:
		add(x.X, x.Lo, x.Hi)
	case *InList:
		add(x.X)
		add(x.List...)
	case *InQuery:
		add(x.X)
	case *Like:
		add(x.X, x.Pattern, x.Escape)
	case *IsNull:
		add(x.X)
	case *BooleanTest:
		add(x.X)
	case *Overlaps:
		add(x.L, x.R)
	case *Overlay:
		add(x.X, x.New, x.Start, x.Length)
	case *Quantified:
		add(x.X)
	case *AtZone:
		add(x.X, x.Zone)
	case *Case:
		add(x.Operand)
		for _, w := range x.Whens {
			add(w.Cond, w.Result)
		}
		add(x.Else)
	case *Cast:
		add(x.X)
	case *ArrayLit:
		add(x.Items...)
	case *RowLit:
		add(x.Items...)
	case *LambdaExpr:
		add(x.Body)
	case *Extract:
		add(x.X)
	case *Trim:
		add(x.Chars, x.X)
	case *GroupingCall:
		add(x.Args...)
	case *JSONCall:
		add(x.exprs()...)
	case *JSONMaker:
		add(x.exprs()...)
	case *Call:
		add(x.Args...)
		for _, s := range x.OrderBy {
			add(s.X)
		}
		add(x.Filter)
		add(x.Over.exprs()...)
	}
	return out
}

// exprs gives the expressions of a window's specification.
func (w *Window) exprs() []Expr {
	if w == nil {
		return nil
	}
	out := append([]Expr{}, w.Partition...)
	for _, s := range w.OrderBy {
		out = append(out, s.X)
	}
	if w.Frame != nil {
		for _, b := range []*Bound{w.Frame.Start, w.Frame.End} {
			if b != nil && b.Value != nil {
				out = append(out, b.Value)
			}
		}
	}
	return out
}

// collect gives the expressions in x for which is holds, outermost first; it does
// not look inside those it finds.
func collect(x Expr, is func(Expr) bool) []Expr {
	if x == nil {
		return nil
	}
	if is(x) {
		return []Expr{x}
	}
	var out []Expr
	for _, c := range children(x) {
		out = append(out, collect(c, is)...)
	}
	return out
}
