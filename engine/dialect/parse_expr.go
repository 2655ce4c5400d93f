package dialect

import (
	"encoding/hex"
	"strconv"
	"strings"
	"unicode/utf8"
)

// expr takes an expression: OR, AND, NOT, then predicates over values.
func (p *parser) expr() Expr {
	x, star := p.exprOr(false)
	if star {
		p.fail()
	}
	return x
}

// exprOrStar takes an expression or, in a select list, the t of t.*.
func (p *parser) exprOrStar() (Expr, bool) { return p.exprOr(true) }

func (p *parser) exprOr(starOK bool) (Expr, bool) {
	p.enter()
	defer p.leave()
	x, star := p.exprAnd(starOK)
	if star {
		return x, true
	}
	if p.note("'OR'"); p.tok().up != "OR" {
		return x, false
	}
	l := &Logic{exprAt: exprAt{at{startPos(x)}}, Op: "OR", Terms: []Expr{x}}
	for p.word("OR") {
		x, _ = p.exprAnd(false)
		l.Terms = append(l.Terms, x)
		p.checkBranches(len(l.Terms))
	}
	return l, false
}

func (p *parser) exprAnd(starOK bool) (Expr, bool) {
	x, star := p.exprNot(starOK)
	if star {
		return x, true
	}
	if p.note("'AND'"); p.tok().up != "AND" {
		return x, false
	}
	l := &Logic{exprAt: exprAt{at{startPos(x)}}, Op: "AND", Terms: []Expr{x}}
	for p.word("AND") {
		x, _ = p.exprNot(false)
		l.Terms = append(l.Terms, x)
		p.checkBranches(len(l.Terms))
	}
	return l, false
}

// startPos gives where the text of x begins; operators are positioned at
// themselves.
func startPos(x Expr) Pos {
	switch x := x.(type) {
	case *Binary:
		return startPos(x.L)
	case *Compare:
		return startPos(x.L)
	case *Between:
		return startPos(x.X)
	case *InList:
		return startPos(x.X)
	case *InQuery:
		return startPos(x.X)
	case *Like:
		return startPos(x.X)
	case *IsNull:
		return startPos(x.X)
	case *Quantified:
		return startPos(x.X)
	case *BooleanTest:
		return startPos(x.X)
	case *Overlaps:
		return startPos(x.L)
	}
	return x.Pos()
}

func (p *parser) exprNot(starOK bool) (Expr, bool) {
	if t := p.tok(); t.kind == tokWord && t.up == "NOT" {
		p.enter()
		defer p.leave()
		p.next()
		x, _ := p.exprNot(false)
		return &Not{exprAt{at{t.pos}}, x}, false
	}
	x, star := p.valueOrStar(0, starOK)
	if star {
		return x, true
	}
	return p.predicate(x), false
}

var comparisons = map[string]string{"=": "=", "<>": "<>", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}

// predicate takes at most one predicate behind x: a = b = c is an error in Trino.
func (p *parser) predicate(x Expr) Expr {
	p.note("<predicate>")
	t := p.tok()
	e := exprAt{at{t.pos}}
	if op, ok := comparisons[t.raw]; ok && t.kind == tokSymbol {
		p.next()
		return p.comparison(e, op, x)
	}
	if t.kind != tokWord {
		return x
	}
	negated := false
	switch t.up {
	case "NOT":
		switch p.peek(1).up {
		case "BETWEEN", "IN", "LIKE":
			p.next()
			negated = true
		default:
			p.next()
			p.note("'BETWEEN'", "'IN'", "'LIKE'")
			p.fail()
		}
	case "IS":
		p.next()
		return p.isPredicate(e, x)
	case "BETWEEN", "IN", "LIKE":
	case "OVERLAPS", "MATCH":
		return p.recentPredicate(e, x)
	default:
		return x
	}
	in := exprAt{at{p.tok().pos}}
	var r Expr
	switch p.next().up {
	case "BETWEEN":
		b := &Between{exprAt: in, X: x, Symmetric: p.symmetric()}
		b.Lo = p.value(0)
		p.needWord("AND")
		b.Hi = p.value(0)
		r = b
	case "LIKE":
		l := &Like{exprAt: in, X: x, Pattern: p.value(0)}
		if p.word("ESCAPE") {
			l.Escape = p.value(0)
		}
		r = l
	case "IN":
		r = p.inPredicate(in, x)
	}
	if negated {
		return &Not{in, r}
	}
	return r
}

func (p *parser) comparison(e exprAt, op string, x Expr) Expr {
	p.note("'ALL'", "'ANY'", "'SOME'")
	t := p.tok()
	if t.kind == tokWord && (t.up == "ALL" || t.up == "ANY" || t.up == "SOME") && p.looksAt(1, "(") && p.queryAt(p.i+2) {
		p.next()
		p.next()
		q := p.subquery()
		p.needSym(")")
		return &Quantified{e, op, t.up, x, q}
	}
	return &Compare{e, op, x, p.value(0)}
}

func (p *parser) isPredicate(e exprAt, x Expr) Expr {
	not := p.word("NOT")
	switch {
	case p.word("NULL"):
		return &IsNull{e, x, not}
	case p.word("DISTINCT"):
		p.needWord("FROM")
		op := "IS DISTINCT FROM"
		if not {
			op = "IS NOT DISTINCT FROM"
		}
		return &Compare{e, op, x, p.value(0)}
	}
	if p.level >= newSyntax {
		for _, w := range []string{"TRUE", "FALSE", "UNKNOWN"} {
			if p.word(w) {
				return &BooleanTest{e, x, w, not}
			}
		}
	}
	p.fail()
	return nil
}

func (p *parser) inPredicate(in exprAt, x Expr) Expr {
	p.needSym("(")
	if p.queryAt(p.i) {
		q := p.query()
		p.needSym(")")
		return &InQuery{in, x, q}
	}
	p.note("<query>")
	list := []Expr{p.expr()}
	for p.sym(",") {
		list = append(list, p.expr())
	}
	p.needSym(")")
	return &InList{in, x, list}
}

// Binding of binary operators: || loosest, AT TIME ZONE tightest.
var precedence = map[string]int{"||": 1, "+": 2, "-": 2, "*": 3, "/": 3, "%": 3}

func (p *parser) value(min int) Expr {
	x, star := p.valueOrStar(min, false)
	if star {
		p.fail()
	}
	return x
}

// valueOrStar climbs by precedence over operators that bind tighter than min.
func (p *parser) valueOrStar(min int, starOK bool) (Expr, bool) {
	p.enter()
	defer p.leave()
	x, star := p.unary(starOK)
	if star {
		return x, true
	}
	for n := 0; ; n++ {
		p.checkTerms(n)
		p.note("'%'", "'*'", "'+'", "'-'", "'/'", "'||'")
		t := p.tok()
		prec := 0
		if t.kind == tokSymbol {
			prec = precedence[t.raw]
		}
		if prec == 0 || prec <= min {
			return x, false
		}
		p.next()
		x = &Binary{exprAt{at{t.pos}}, t.raw, x, p.value(prec)}
	}
}

func (p *parser) unary(starOK bool) (Expr, bool) {
	t := p.tok()
	if t.kind == tokSymbol && (t.raw == "-" || t.raw == "+") {
		p.enter()
		defer p.leave()
		p.next()
		if n := p.tok(); t.raw == "-" && (n.kind == tokInteger || n.kind == tokDecimal || n.kind == tokDouble) {
			sign := &p.toks[p.i] // is part of a number
			sign.text, sign.raw, sign.pos = "-"+n.text, "-"+n.raw, t.pos
			return p.zoned(starOK)
		}
		x, _ := p.unary(false)
		return &Unary{exprAt{at{t.pos}}, t.raw, x}, false
	}
	return p.zoned(starOK)
}

// zoned takes AT TIME ZONE behind a value.
func (p *parser) zoned(starOK bool) (Expr, bool) {
	x, star := p.postfix(starOK)
	if star {
		return x, true
	}
	for p.note("'AT'"); p.tok().up == "AT" && (p.looksAt(1, "TIME") || p.localAhead()); p.note("'AT'") {
		pos := p.next().pos
		if p.looksAt(0, "LOCAL") {
			p.next() // the session's zone
			x = &AtZone{exprAt{at{pos}}, x, &StringLit{exprAt{at{pos}}, "UTC"}}
			continue
		}
		p.next()
		p.needWord("ZONE")
		if t := p.tok(); p.atString(0) {
			x = &AtZone{exprAt{at{pos}}, x, &StringLit{exprAt{at{t.pos}}, p.string()}}
			continue
		}
		p.note("'INTERVAL'", "<string>")
		if p.tok().up != "INTERVAL" {
			p.fail()
		}
		z := p.interval()
		if z == nil {
			p.fail()
		}
		x = &AtZone{exprAt{at{pos}}, x, z}
	}
	return x, false
}

// postfix takes subscripts and fields behind a primary.
func (p *parser) postfix(starOK bool) (Expr, bool) {
	x := p.primary()
	for n := 0; ; n++ {
		p.checkTerms(n)
		switch {
		case p.isSym("["):
			pos := x.Pos()
			p.next()
			i := p.value(0)
			p.needSym("]")
			x = &Subscript{exprAt{at{pos}}, x, i}
		case p.isSym("."):
			if starOK && p.looksAt(1, "*") {
				p.next()
				p.next()
				return x, true
			}
			p.next()
			if starOK {
				p.note("'*'")
			}
			if p.level >= newSyntax && p.looksAt(1, "(") {
				panic(refuse(p.tok().pos, "a method call").hint("write %s(...) as a function", strings.ToLower(p.tok().text)))
			}
			x = &Deref{exprAt{at{x.Pos()}}, x, p.name()}
		default:
			return x, false
		}
	}
}

// primary takes what operators connect.
func (p *parser) primary() Expr {
	p.note("<expression>")
	t := p.tok()
	e := exprAt{at{t.pos}}
	switch t.kind {
	case tokInteger, tokDecimal, tokDouble:
		p.next()
		return p.number(e, t)
	case tokString:
		p.next()
		return &StringLit{e, t.text}
	case tokUnicode:
		p.next()
		return &StringLit{e, p.unicode(t)}
	case tokBinary:
		p.next()
		return p.binary(e, t)
	case tokSymbol:
		switch t.raw {
		case "(":
			return p.paren(e)
		case "?":
			return p.param()
		case "[":
			if p.level >= 476 {
				p.next()
				return p.arrayItems(e)
			}
		}
	case tokWord:
		if x := p.wordForm(t.up, e); x != nil {
			return x
		}
		if p.isName(t) {
			return p.named(e)
		}
	case tokQuoted, tokBackquoted, tokDigitWord:
		return p.named(e)
	}
	p.fail()
	return nil
}

// named takes a column, a call, a typed literal or a lambda of one parameter.
func (p *parser) named(e exprAt) Expr {
	t := p.tok()
	p.badWord(t)
	if p.atString(1) && t.kind != tokDigitWord {
		p.next()
		return &TypedLit{e, t.text, p.string()}
	}
	if p.looksAt(1, "->") {
		n := p.name()
		p.next()
		return &LambdaExpr{e, []Name{n}, p.expr()}
	}
	if mode := t.up; t.kind == tokWord && (mode == "FINAL" || mode == "RUNNING") && p.isName(p.peek(1)) && p.looksAt(2, "(") {
		p.next()
		x := p.call(e, QName{p.name()})
		x.Mode = mode
		return x
	}
	// A dotted name is a function's if a parenthesis follows it.
	n := 0
	for p.isName(p.peek(n)) && p.looksAt(n+1, ".") && p.isName(p.peek(n+2)) {
		n += 2
	}
	if p.looksAt(n+1, "(") {
		return p.call(e, p.qname())
	}
	name := p.name()
	p.note("'('")
	return &Ident{exprAt: e, Name: name}
}

// paren takes what ( begins: a subquery, a lambda, a row or an expression.
func (p *parser) paren(e exprAt) Expr {
	p.enter()
	defer p.leave()
	if p.lambdaAhead() {
		p.next()
		l := &LambdaExpr{exprAt: e}
		for !p.sym(")") {
			if len(l.Params) > 0 {
				p.needSym(",")
			}
			l.Params = append(l.Params, p.name())
		}
		p.needSym("->")
		l.Body = p.expr()
		return l
	}
	p.next()
	if p.queryAt(p.i) {
		q := p.query()
		p.needSym(")")
		return &SubqueryExpr{e, q}
	}
	p.note("<query>")
	items := []Expr{p.expr()}
	for p.sym(",") {
		items = append(items, p.expr())
	}
	p.needSym(")")
	if len(items) == 1 {
		return items[0]
	}
	return &RowLit{exprAt: e, Items: items}
}

// lambdaAhead says whether (a, b) -> begins here.
func (p *parser) lambdaAhead() bool {
	n := 1
	for p.isName(p.peek(n)) {
		n++
		if p.looksAt(n, ",") {
			n++
		}
	}
	return p.looksAt(n, ")") && p.looksAt(n+1, "->")
}

func (p *parser) arrayItems(e exprAt) Expr {
	a := &ArrayLit{exprAt: e}
	for !p.sym("]") {
		if len(a.Items) > 0 {
			p.needSym(",")
		}
		a.Items = append(a.Items, p.expr())
	}
	return a
}

// call takes the arguments of a function and what may follow them.
func (p *parser) call(e exprAt, name QName) *Call {
	c := &Call{exprAt: e, Name: name}
	p.needSym("(")
	switch {
	case p.looksAt(0, "*") && p.looksAt(1, ")"):
		p.next()
		c.Star = true
	case p.isName(p.tok()) && p.looksAt(1, ".") && p.looksAt(2, "*") && p.looksAt(3, ")"):
		n := p.name()
		p.next()
		p.next()
		c.Star, c.StarOf = true, &n
	case p.looksAt(0, ")"):
	default:
		p.note("'*'", "')'")
		if p.isWord("DISTINCT") || p.isWord("ALL") {
			c.Distinct = p.next().up == "DISTINCT"
		}
		p.arguments(c)
	}
	if !c.Star && p.word("ORDER") {
		c.OrderBy = p.sortItems()
	}
	p.needSym(")")
	p.callTail(c)
	return c
}

// callTail takes FILTER, the treatment of nulls and OVER.
func (p *parser) callTail(c *Call) {
	if p.note("'FILTER'"); p.tok().up == "FILTER" && p.looksAt(1, "(") {
		p.next()
		p.next()
		p.needWord("WHERE")
		c.Filter = p.expr()
		p.needSym(")")
	}
	p.note("'IGNORE'", "'RESPECT'", "'OVER'")
	if t := p.tok(); (t.up == "IGNORE" || t.up == "RESPECT") && p.looksAt(1, "NULLS") {
		p.next()
		p.next()
		c.Nulls = t.up
		if p.tok().up != "OVER" {
			p.note("'OVER'")
			p.fail()
		}
	}
	if t := p.tok(); t.up == "OVER" && (c.Nulls != "" || p.looksAt(1, "(") || p.isName(p.peek(1))) {
		p.next()
		if p.tok().raw == "(" {
			c.Over = p.windowSpec()
			return
		}
		n := p.name()
		c.Over = &Window{at: at{t.pos}, Name: &n}
	}
}

func (p *parser) windowSpec() *Window {
	p.needSym("(")
	w := &Window{at: at{p.tok().pos}}
	if t := p.tok(); p.isName(t) && !(t.kind == tokWord && (t.up == "PARTITION" && p.looksAt(1, "BY") || frameUnits[t.up])) {
		n := p.name()
		w.Base = &n
	}
	if p.words("PARTITION", "BY") {
		for {
			w.Partition = append(w.Partition, p.expr())
			if !p.sym(",") {
				break
			}
		}
	}
	if order := p.tok().pos; p.word("ORDER") {
		w.OrderBy, w.OrderAt = p.sortItems(), order
	}
	p.note("'ROWS'", "'RANGE'", "'GROUPS'", "'MEASURES'")
	if t := p.tok(); frameUnits[t.up] {
		p.next()
		f := &Frame{at: at{t.pos}, Unit: t.up}
		if p.word("BETWEEN") {
			f.Start = p.bound()
			p.needWord("AND")
			f.End = p.bound()
		} else {
			f.Start = p.bound()
		}
		w.Frame = f
	}
	p.needSym(")")
	return w
}

var frameUnits = map[string]bool{"ROWS": true, "RANGE": true, "GROUPS": true}

func (p *parser) bound() *Bound {
	b := &Bound{at: at{p.tok().pos}}
	if t := p.tok(); t.up == "UNBOUNDED" && (p.looksAt(1, "PRECEDING") || p.looksAt(1, "FOLLOWING")) {
		p.next()
		b.Kind = "UNBOUNDED " + p.next().up
		return b
	}
	if p.tok().up == "CURRENT" && p.looksAt(1, "ROW") {
		p.next()
		p.next()
		b.Kind = "CURRENT ROW"
		return b
	}
	b.Value = p.expr()
	switch {
	case p.word("PRECEDING"):
		b.Kind = "PRECEDING"
	case p.word("FOLLOWING"):
		b.Kind = "FOLLOWING"
	default:
		p.fail()
	}
	return b
}

// interval takes INTERVAL [+|-] 'text' UNIT [TO UNIT]; nil if none stands here.
func (p *parser) interval() Expr {
	t := p.tok()
	n := 1
	if p.looksAt(n, "+") || p.looksAt(n, "-") {
		n++
	}
	unit := n + 1
	if p.peek(n).kind == tokUnicode && p.peek(unit).up == "UESCAPE" {
		unit += 2
	}
	if !p.atString(n) || !intervalUnits[p.peek(unit).up] {
		return nil
	}
	x := &IntervalLit{exprAt: exprAt{at{t.pos}}, Negative: p.looksAt(1, "-")}
	for range n {
		p.next()
	}
	x.Value = p.string()
	x.From = p.next().up
	if p.note("'TO'"); p.tok().up == "TO" {
		p.next()
		if !intervalUnits[p.tok().up] {
			p.note("'DAY'", "'HOUR'", "'MINUTE'", "'MONTH'", "'SECOND'", "'YEAR'")
			p.fail()
		}
		x.To = p.next().up
	}
	return x
}

var intervalUnits = wordSet("YEAR MONTH DAY HOUR MINUTE SECOND")

// binary undoes X'..', which may hold blanks.
func (p *parser) binary(e exprAt, t token) Expr {
	digits := strings.ToUpper(strings.Join(strings.Fields(t.text), ""))
	if strings.Trim(digits, "0123456789ABCDEF") != "" {
		panic(errorAt(t.pos, "SYNTAX_ERROR", "Binary literal can only contain hexadecimal digits"))
	}
	if len(digits)%2 != 0 {
		panic(errorAt(t.pos, "SYNTAX_ERROR", "Binary literal must contain an even number of digits"))
	}
	b, _ := hex.DecodeString(digits)
	return &BinaryLit{e, b}
}

// unicode undoes the escapes of U&'...' with the escape character of UESCAPE.
func (p *parser) unicode(t token) string {
	esc := byte('\\')
	if p.word("UESCAPE") {
		e := p.text()
		if len(e) != 1 {
			panic(errorAt(t.pos, "SYNTAX_ERROR", "Invalid Unicode escape character: %s", e))
		}
		esc = e[0]
	}
	var b strings.Builder
	s := t.text
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] != esc:
			b.WriteByte(s[i])
		case i+1 < len(s) && s[i+1] == esc:
			b.WriteByte(esc)
			i++
		default:
			n, from := 4, i+1
			if from < len(s) && s[from] == '+' {
				n, from = 6, from+1
			}
			if from+n > len(s) {
				panic(errorAt(t.pos, "SYNTAX_ERROR", "Incomplete escape sequence: %s", s[i+1:]))
			}
			for _, r := range s[from : from+n] {
				if !strings.ContainsRune("0123456789abcdefABCDEF", r) {
					panic(errorAt(t.pos, "SYNTAX_ERROR", "Invalid hexadecimal digit: %c", r))
				}
			}
			v, _ := strconv.ParseUint(s[from:from+n], 16, 32)
			if v > utf8.MaxRune || v >= 0xD800 && v < 0xE000 {
				panic(errorAt(t.pos, "SYNTAX_ERROR", "Invalid escaped character: %s", strings.ToUpper(s[from:from+n])))
			}
			b.WriteRune(rune(v))
			i = from + n - 1
		}
	}
	return b.String()
}
