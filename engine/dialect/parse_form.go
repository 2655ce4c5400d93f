package dialect

import (
	"strconv"
	"strings"
)

// wordForm takes an expression that begins with a word of the grammar. It gives
// nil, having taken nothing, where the word is a plain name after all.
func (p *parser) wordForm(word string, e exprAt) Expr {
	switch word {
	case "NULL":
		p.next()
		return &NullLit{e}
	case "TRUE", "FALSE":
		p.next()
		return &BoolLit{e, word == "TRUE"}
	case "INTERVAL":
		return p.interval()
	case "DOUBLE":
		return p.doubleLit(e)
	case "CASE":
		return p.caseForm(e)
	case "CAST":
		return p.cast(e, false)
	case "TRY_CAST":
		return p.tryCast(e)
	case "ARRAY":
		return p.array(e)
	case "ROW":
		return p.row(e)
	case "EXISTS":
		return p.exists(e)
	case "EXTRACT":
		return p.extract(e)
	case "POSITION":
		return p.position(e)
	case "SUBSTRING":
		return p.substring(e)
	case "OVERLAY":
		return p.overlay(e)
	case "UNIQUE":
		if p.level >= newSyntax && p.looksAt(1, "(") && p.queryAt(p.i+2) {
			panic(refuse(e.pos, "UNIQUE (query)").hint("compare count(*) with the count of distinct rows"))
		}
	case "TRIM":
		return p.trim(e)
	case "NORMALIZE":
		return p.normalize(e)
	case "LISTAGG":
		return p.listagg(e)
	case "GROUPING":
		return p.grouping(e)
	case "CURRENT_DATE", "CURRENT_USER", "CURRENT_CATALOG", "CURRENT_SCHEMA", "CURRENT_PATH":
		p.next()
		return &Current{e, word, -1}
	case "CURRENT_TIME", "CURRENT_TIMESTAMP", "LOCALTIME", "LOCALTIMESTAMP":
		return p.current(e)
	case "JSON_EXISTS", "JSON_VALUE", "JSON_QUERY", "JSON_OBJECT", "JSON_ARRAY":
		return p.jsonForm(e)
	}
	return nil
}

func (p *parser) doubleLit(e exprAt) Expr {
	if p.peek(1).up != "PRECISION" || !p.atString(2) {
		return nil
	}
	p.next()
	p.next()
	return &TypedLit{e, "double", p.string()}
}

func (p *parser) current(e exprAt) Expr {
	c := &Current{e, p.next().up, -1}
	if p.sym("(") {
		if t := p.tok(); t.kind == tokInteger && t.raw != t.text { // Trino takes it and then fails within
			panic(refuse(t.pos, "a precision that is no plain number"))
		}
		c.Precision = p.integer()
		p.needSym(")")
	}
	return c
}

func (p *parser) integer() int {
	p.note("<integer>")
	t := p.tok()
	if t.kind != tokInteger {
		p.fail()
	}
	p.next()
	n, err := strconv.Atoi(t.text)
	if err != nil {
		panic(errorAt(t.pos, "SYNTAX_ERROR", "Invalid numeric literal: %s", t.raw))
	}
	return n
}

func (p *parser) caseForm(e exprAt) Expr {
	p.next()
	c := &Case{exprAt: e}
	if !p.isWord("WHEN") {
		c.Operand = p.expr()
	}
	for {
		w := When{at: at{p.needWord("WHEN").pos}}
		w.Cond = p.expr()
		p.needWord("THEN")
		w.Result = p.expr()
		c.Whens = append(c.Whens, w)
		p.checkBranches(len(c.Whens))
		if !p.isWord("WHEN") {
			break
		}
	}
	if p.word("ELSE") {
		c.Else = p.expr()
	}
	p.needWord("END")
	return c
}

func (p *parser) tryCast(e exprAt) Expr {
	if !p.looksAt(1, "(") {
		return nil
	}
	return p.cast(e, true)
}

func (p *parser) cast(e exprAt, safe bool) Expr {
	p.next()
	p.needSym("(")
	c := &Cast{exprAt: e, Safe: safe, X: p.expr()}
	p.needWord("AS")
	c.Type = p.typeName()
	p.needSym(")")
	return c
}

func (p *parser) array(e exprAt) Expr {
	if !p.looksAt(1, "[") {
		return nil
	}
	p.next()
	p.next()
	return p.arrayItems(e)
}

func (p *parser) row(e exprAt) Expr {
	if !p.looksAt(1, "(") {
		return nil
	}
	p.next()
	p.next()
	r := &RowLit{exprAt: e}
	for {
		r.Items = append(r.Items, p.expr())
		p.fieldName(r)
		if !p.sym(",") {
			break
		}
	}
	p.needSym(")")
	return r
}

func (p *parser) exists(e exprAt) Expr {
	p.next()
	p.needSym("(")
	q := p.subquery()
	p.needSym(")")
	return &Exists{e, q}
}

func (p *parser) extract(e exprAt) Expr {
	p.next()
	p.needSym("(")
	x := &Extract{exprAt: e, Field: p.name()}
	if extractFields[strings.ToUpper(x.Field.Text)] == "" {
		form := "Invalid EXTRACT field: %s"
		if p.level >= newSyntax {
			form = "Invalid EXTRACT field %s, valid fields are: YEAR, QUARTER, MONTH, WEEK, DAY, DAY_OF_MONTH, DAY_OF_WEEK, DOW, " +
				"DAY_OF_YEAR, DOY, YEAR_OF_WEEK, YOW, HOUR, MINUTE, SECOND, TIMEZONE_MINUTE, TIMEZONE_HOUR"
		}
		panic(errorAt(e.pos, "SYNTAX_ERROR", form, x.Field.Text))
	}
	p.needWord("FROM")
	x.X = p.value(0)
	p.needSym(")")
	return x
}

// position is strpos with its arguments turned round.
func (p *parser) position(e exprAt) Expr {
	if !p.looksAt(1, "(") {
		return nil
	}
	start := p.i
	p.next()
	p.next()
	needle := p.value(0)
	if !p.word("IN") {
		p.i = start
		return nil
	}
	x := p.value(0)
	p.needSym(")")
	return &Call{exprAt: e, Name: QName{{at: e.at, Text: "strpos"}}, Args: []Expr{x, needle}}
}

func (p *parser) substring(e exprAt) Expr {
	if !p.looksAt(1, "(") {
		return nil
	}
	name := QName{p.name()}
	p.next()
	c := &Call{exprAt: e, Name: name, Args: []Expr{p.expr()}}
	switch {
	case p.word("FROM"):
		c.Name = QName{{at: name[0].at, Text: "substr"}} // which takes bytes too
		c.Args = append(c.Args, p.value(0))
		if p.word("FOR") {
			c.Args = append(c.Args, p.value(0))
		}
	default:
		for p.sym(",") {
			c.Args = append(c.Args, p.expr())
		}
	}
	p.needSym(")")
	p.callTail(c)
	return c
}

func (p *parser) trim(e exprAt) Expr {
	p.next()
	p.needSym("(")
	t := &Trim{exprAt: e, Spec: "BOTH"}
	spec := false
	for _, s := range []string{"BOTH", "LEADING", "TRAILING"} {
		if p.tok().up == s && p.tok().kind == tokWord {
			p.next()
			t.Spec, spec = s, true
			break
		}
		p.note("'" + s + "'")
	}
	if spec && p.word("FROM") {
		t.X = p.value(0)
		p.needSym(")")
		return t
	}
	first := p.value(0)
	switch {
	case p.word("FROM"):
		t.Chars, t.X = first, p.value(0)
	case !spec && p.sym(","):
		t.X, t.Chars = first, p.value(0)
	case spec:
		p.fail()
	default:
		t.X = first
	}
	p.needSym(")")
	return t
}

func (p *parser) normalize(e exprAt) Expr {
	name := QName{{at: e.at, Text: "normalize"}}
	p.next()
	p.needSym("(")
	c := &Call{exprAt: e, Name: name, Args: []Expr{p.value(0)}}
	form := "NFC"
	if p.sym(",") {
		t := p.tok()
		switch p.note("'NFC'", "'NFD'", "'NFKC'", "'NFKD'"); t.up {
		case "NFC", "NFD", "NFKC", "NFKD":
			form = p.next().text // Trino takes it in capitals alone, when it runs
		default:
			p.fail()
		}
	}
	p.needSym(")")
	c.Args = append(c.Args, &StringLit{e, form})
	return c
}

func (p *parser) listagg(e exprAt) Expr {
	name := QName{{at: e.at, Text: p.next().text}}
	p.needSym("(")
	c := &Call{exprAt: e, Name: name}
	if p.isWord("DISTINCT") || p.isWord("ALL") {
		c.Distinct = p.next().up == "DISTINCT"
	}
	c.Args = append(c.Args, p.expr())
	if p.sym(",") {
		t := p.tok()
		c.Args = append(c.Args, &StringLit{exprAt{at{t.pos}}, p.string()})
	}
	if p.word("ON") {
		p.needWord("OVERFLOW")
		start := p.tok()
		if !p.word("ERROR") {
			p.needWord("TRUNCATE")
			if p.atString(0) {
				p.string()
			}
			if !p.word("WITH") {
				p.needWord("WITHOUT")
			}
			p.needWord("COUNT")
		}
		c.Overflow = p.between(start.end-len(start.raw), p.toks[p.i-1].end)
	}
	p.needSym(")")
	p.needWord("WITHIN")
	p.needWord("GROUP")
	p.needSym("(")
	p.needWord("ORDER")
	c.OrderBy = p.sortItems()
	p.needSym(")")
	if p.level >= 476 {
		p.callTail(c)
	}
	return c
}

func (p *parser) grouping(e exprAt) Expr {
	p.next()
	p.needSym("(")
	g := &GroupingCall{exprAt: e}
	for !p.sym(")") {
		if len(g.Args) > 0 {
			p.needSym(",")
		}
		n := p.name()
		var x Expr = &Ident{exprAt: exprAt{n.at}, Name: n}
		for p.sym(".") {
			x = &Deref{exprAt{n.at}, x, p.name()}
		}
		g.Args = append(g.Args, x)
	}
	return g
}

// typeName takes a type: bigint, varchar(3), array(bigint), row(a bigint),
// timestamp(3) with time zone, double precision, interval day to second.
func (p *parser) typeName() TypeName {
	p.enter()
	defer p.leave()
	p.note("<type>")
	t := p.tok()
	ty := TypeName{at: at{t.pos}}
	switch {
	case t.up == "INTERVAL" && (p.looksAt(1, "YEAR") || p.looksAt(1, "DAY")):
		p.next()
		from := p.next().up
		p.needWord("TO")
		to := "MONTH"
		if from == "DAY" {
			to = "SECOND"
		}
		p.needWord(to)
		ty.Base = strings.ToLower("interval " + from + " to " + to)
	case t.up == "DOUBLE" && p.looksAt(1, "PRECISION"):
		ty.Base, ty.Written = "double", p.next().raw
		p.next()
	case t.kind == tokQuoted || p.isName(t):
		p.badWord(t)
		p.next()
		ty.Base, ty.Written = strings.ToLower(t.text), t.raw
		p.typeArgs(&ty)
	default:
		p.fail()
	}
	for p.note("'ARRAY'"); p.tok().up == "ARRAY"; {
		written := p.next().raw
		if p.sym("[") {
			p.integer()
			p.needSym("]")
		}
		ty = TypeName{at: ty.at, Base: "array", Written: written, Args: []TypeArg{{IsType: true, Type: ty}}}
	}
	return ty
}

// typeArgs takes what stands in parentheses or angles behind a type's name.
func (p *parser) typeArgs(ty *TypeName) {
	closer := ""
	switch {
	case p.sym("("):
		closer = ")"
	case (ty.Base == "array" || ty.Base == "map") && p.sym("<"):
		closer = ">"
	}
	for closer != "" {
		a := TypeArg{}
		switch t := p.tok(); {
		case t.kind == tokInteger:
			a.Number = p.integer()
		case ty.Base == "row" && p.isName(t) && p.isName(p.peek(1)) && !(t.up == "DOUBLE" && p.looksAt(1, "PRECISION")):
			n := p.name()
			a = TypeArg{IsType: true, Field: &n, Type: p.typeName()}
		default:
			a = TypeArg{IsType: true, Type: p.typeName()}
		}
		ty.Args = append(ty.Args, a)
		if p.sym(closer) {
			break
		}
		p.needSym(",")
	}
	if ty.Base == "time" || ty.Base == "timestamp" {
		if p.words("WITH", "TIME", "ZONE") {
			ty.WithZone = true
		} else {
			p.words("WITHOUT", "TIME", "ZONE")
		}
	}
}
