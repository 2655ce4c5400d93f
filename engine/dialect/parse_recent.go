package dialect

// What the grammar has gained since the release that Athena stems from.

// recentPredicate takes a predicate that only new releases have; x where none
// stands here.
func (p *parser) recentPredicate(e exprAt, x Expr) Expr {
	if p.level < newSyntax {
		return x
	}
	if p.word("OVERLAPS") {
		return &Overlaps{e, x, p.value(0)}
	}
	n := 1
	for _, words := range []map[string]bool{{"UNIQUE": true}, {"SIMPLE": true, "PARTIAL": true, "FULL": true}} {
		if words[p.peek(n).up] {
			n++
		}
	}
	if p.looksAt(n, "(") {
		panic(refuse(e.pos, "MATCH (query)").hint("write IN or EXISTS"))
	}
	return x
}

// refusePivot refuses PIVOT by its name.
func (p *parser) refusePivot() {
	panic(refuse(p.tok().pos, "PIVOT").hint("write an aggregate for each value: sum(x) FILTER (WHERE c = 'a'), and GROUP BY the rest"))
}

// localAhead says whether AT LOCAL stands here.
func (p *parser) localAhead() bool { return p.level >= newSyntax && p.looksAt(1, "LOCAL") }

// symmetric takes SYMMETRIC or ASYMMETRIC behind BETWEEN.
func (p *parser) symmetric() bool {
	if p.level < newSyntax {
		return false
	}
	t := p.tok()
	if t.kind != tokWord || t.up != "SYMMETRIC" && t.up != "ASYMMETRIC" || p.wordIsName() {
		return false
	}
	p.next()
	return t.up == "SYMMETRIC"
}

// wordIsName says whether the word here, which is no reserved one, is a name: what
// follows goes on from a name and could begin no value.
func (p *parser) wordIsName() bool {
	next := p.peek(1)
	switch {
	case next.kind == tokEOF:
		return true
	case next.kind == tokSymbol:
		return next.raw != "(" && next.raw != "?" && next.raw != "-" && next.raw != "+" && next.raw != "["
	case next.kind == tokWord:
		return next.up == "AND" || next.up == "AT"
	}
	return false
}

// fieldName takes the name behind a field of ROW(...).
func (p *parser) fieldName(r *RowLit) {
	if p.level < newSyntax {
		return
	}
	as := p.word("AS")
	if !as && !p.isName(p.tok()) {
		return
	}
	n := p.name()
	for len(r.Names) < len(r.Items) {
		r.Names = append(r.Names, nil)
	}
	r.Names[len(r.Items)-1] = &n
}

// arguments takes the arguments of a call, which may have names.
func (p *parser) arguments(c *Call) {
	for {
		if p.level >= newSyntax && p.isName(p.tok()) && p.looksAt(1, "=>") {
			n := p.name()
			p.next()
			if c.Given == nil {
				c.Given = &n
			}
		}
		c.Args = append(c.Args, p.expr())
		if !p.sym(",") {
			return
		}
	}
}

// overlay takes OVERLAY; nil where it is a function's name.
func (p *parser) overlay(e exprAt) Expr {
	if p.level < newSyntax || !p.looksAt(1, "(") {
		return nil
	}
	start := p.i
	p.next()
	p.next()
	o := &Overlay{exprAt: e}
	if p.looksAt(0, ")") {
		p.i = start
		return nil
	}
	o.X = p.value(0)
	if !p.word("PLACING") {
		p.i = start
		return nil
	}
	o.New = p.value(0)
	p.needWord("FROM")
	o.Start = p.value(0)
	if p.word("FOR") {
		o.Length = p.value(0)
	}
	p.needSym(")")
	return o
}

func (f *formatter) booleanTest(x *BooleanTest) {
	f.put("(")
	f.expr(x.X)
	f.put(" IS ")
	if x.Negated {
		f.put("NOT ")
	}
	f.put(x.Word, ")")
}

func (f *formatter) overlay(x *Overlay) {
	f.put("OVERLAY(")
	f.expr(x.X)
	f.put(" PLACING ")
	f.expr(x.New)
	f.put(" FROM ")
	f.expr(x.Start)
	if x.Length != nil {
		f.put(" FOR ")
		f.expr(x.Length)
	}
	f.put(")")
}

// row prints a row, with the names of its fields.
func (f *formatter) row(x *RowLit) {
	f.put("ROW (")
	for i, it := range x.Items {
		if i > 0 {
			f.put(", ")
		}
		f.expr(it)
		if i < len(x.Names) && x.Names[i] != nil {
			f.put(" AS ")
			f.ident(*x.Names[i])
		}
	}
	f.put(")")
}

// corresponding takes CORRESPONDING of a set operation.
func (p *parser) corresponding(op *SetOp) {
	if p.level < newSyntax || !p.word("CORRESPONDING") {
		return
	}
	op.Corresponding = true
	if p.word("BY") {
		op.By = true
		p.names()
	}
}
