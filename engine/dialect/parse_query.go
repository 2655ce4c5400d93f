package dialect

// statement takes a query; other statements are refused by their name.
func (p *parser) statement() *Query {
	t := p.tok()
	if t.kind == tokWord {
		if what, ok := otherStatements[t.up]; ok && !(t.up == "WITH") {
			panic(refuse(t.pos, what))
		}
	}
	p.note("'ALTER'", "'ANALYZE'", "'CALL'", "'COMMENT'", "'COMMIT'", "'CREATE'", "'DEALLOCATE'", "'DELETE'", "'DENY'",
		"'DESC'", "'DESCRIBE'", "'DROP'", "'EXECUTE'", "'EXPLAIN'", "'GRANT'", "'INSERT'", "'MERGE'", "'PREPARE'", "'REFRESH'",
		"'RESET'", "'REVOKE'", "'ROLLBACK'", "'SET'", "'SHOW'", "'START'", "'TRUNCATE'", "'UPDATE'", "'USE'", "<query>")
	if !p.startsQuery() {
		p.fail()
	}
	return p.query()
}

// otherStatements are the statements that are known but not run by this package.
var otherStatements = map[string]string{
	"ALTER": "ALTER", "ANALYZE": "ANALYZE", "CALL": "CALL", "COMMENT": "COMMENT", "COMMIT": "COMMIT", "CREATE": "CREATE",
	"DEALLOCATE": "DEALLOCATE", "DELETE": "DELETE", "DENY": "DENY", "DESC": "DESCRIBE", "DESCRIBE": "DESCRIBE", "DROP": "DROP",
	"EXECUTE": "EXECUTE", "EXPLAIN": "EXPLAIN", "GRANT": "GRANT", "INSERT": "INSERT", "MERGE": "MERGE", "PREPARE": "PREPARE",
	"REFRESH": "REFRESH", "RESET": "RESET", "REVOKE": "REVOKE", "ROLLBACK": "ROLLBACK", "SET": "SET", "SHOW": "SHOW",
	"START": "START TRANSACTION", "TRUNCATE": "TRUNCATE", "UPDATE": "UPDATE", "USE": "USE", "UNLOAD": "UNLOAD", "MSCK": "MSCK REPAIR",
}

// startsQuery says whether a query can begin at the current token.
func (p *parser) startsQuery() bool {
	t := p.tok()
	if t.kind == tokSymbol {
		return t.raw == "("
	}
	return t.kind == tokWord && (t.up == "SELECT" || t.up == "WITH" || t.up == "VALUES" || t.up == "TABLE")
}

func (p *parser) query() *Query {
	p.enter()
	defer p.leave()
	var with *With
	pos := p.tok().pos
	if p.tok().up == "WITH" {
		with = p.with()
		p.note("'('", "'SELECT'", "'TABLE'", "'VALUES'")
		if !p.startsQuery() || p.tok().up == "WITH" {
			p.fail()
		}
	}
	q := p.queryNoWith()
	q.pos, q.With = pos, with
	return q
}

func (p *parser) with() *With {
	w := &With{at: at{p.next().pos}}
	if what := p.tok().up; p.level >= newSyntax && (what == "SESSION" || what == "FUNCTION") && p.isName(p.peek(1)) && p.peek(1).up != "AS" {
		panic(refuse(p.tok().pos, "WITH "+what))
	}
	w.Recursive = p.word("RECURSIVE")
	for {
		c := CTE{Name: p.name()}
		c.at = c.Name.at
		if p.isSym("(") {
			c.Columns = p.names()
		}
		p.needWord("AS")
		p.needSym("(")
		c.Query = p.subquery()
		p.needSym(")")
		w.Items = append(w.Items, c)
		if !p.sym(",") {
			return w
		}
	}
}

// subquery takes a query where nothing else can stand.
func (p *parser) subquery() *Query {
	if !p.startsQuery() {
		p.note("<query>")
		p.fail()
	}
	return p.query()
}

func (p *parser) queryNoWith() *Query {
	q := &Query{at: at{p.tok().pos}, Body: p.setExpr(0)}
	q.OrderPos = p.tok().pos
	if p.word("ORDER") {
		q.OrderBy = p.sortItems()
	}
	q.OffsetPos = p.tok().pos
	if p.word("OFFSET") {
		q.Offset = p.rowCount()
		if !p.word("ROW") {
			p.word("ROWS")
		}
	}
	q.LimitPos = p.tok().pos
	switch {
	case p.word("LIMIT"):
		if q.LimitAll = p.word("ALL"); !q.LimitAll {
			q.Limit = p.rowCount()
		}
	case p.word("FETCH"):
		q.Fetch = true
		if !p.word("FIRST") && !p.word("NEXT") {
			p.fail()
		}
		if k := p.tok().kind; k == tokInteger || p.isSym("?") {
			q.Limit = p.rowCount()
		} else {
			p.note("<integer>")
		}
		if !p.word("ROW") && !p.word("ROWS") {
			p.fail()
		}
		if p.word("WITH") {
			p.needWord("TIES")
			q.Ties = true
		} else {
			p.needWord("ONLY")
		}
	}
	return q
}

func (p *parser) rowCount() Expr {
	p.note("<integer>")
	t := p.tok()
	switch {
	case t.kind == tokInteger:
		p.next()
		return &NumberLit{exprAt{at{t.pos}}, tokInteger, t.text, t.raw}
	case p.isSym("?"):
		return p.param()
	}
	p.fail()
	return nil
}

func (p *parser) param() Expr {
	t := p.next()
	p.params++
	if p.params <= len(p.args) {
		return p.argument(p.args[p.params-1], t.pos)
	}
	return &Param{exprAt{at{t.pos}}, p.params - 1}
}

// sortItems takes BY and what follows.
func (p *parser) sortItems() []SortItem {
	p.needWord("BY")
	var list []SortItem
	for {
		s := SortItem{at: at{p.tok().pos}, X: p.expr()}
		if p.word("DESC") {
			s.Desc = true
		} else {
			p.word("ASC")
		}
		if p.word("NULLS") {
			switch {
			case p.word("FIRST"):
				s.Nulls = "FIRST"
			case p.word("LAST"):
				s.Nulls = "LAST"
			default:
				p.fail()
			}
		}
		list = append(list, s)
		if !p.sym(",") {
			return list
		}
	}
}

// setExpr takes set operations: UNION and EXCEPT bind looser than INTERSECT.
func (p *parser) setExpr(min int) Body {
	left := p.queryPrimary()
	for n := 0; ; n++ {
		p.note("'UNION'", "'EXCEPT'", "'INTERSECT'")
		t := p.tok()
		prec := 0
		if t.kind == tokWord {
			switch t.up {
			case "UNION", "EXCEPT":
				prec = 1
			case "INTERSECT":
				prec = 2
			}
		}
		if prec == 0 || prec <= min {
			return left
		}
		p.checkTerms(n)
		p.next()
		op := &SetOp{bodyAt: bodyAt{at{t.pos}}, Op: t.up, L: left}
		if p.word("ALL") {
			op.All = true
		} else if p.word("DISTINCT") {
			op.Distinct = true
		}
		p.corresponding(op)
		op.R = p.setExpr(prec)
		left = op
	}
}

func (p *parser) queryPrimary() Body {
	t := p.tok()
	b := bodyAt{at{t.pos}}
	p.note("'('", "'SELECT'", "'TABLE'", "'VALUES'")
	switch {
	case t.kind == tokSymbol && t.raw == "(":
		p.enter()
		defer p.leave()
		p.next()
		q := p.queryNoWith()
		p.needSym(")")
		return &Nested{b, q}
	case t.kind != tokWord:
	case t.up == "SELECT":
		return p.selectBody()
	case t.up == "TABLE":
		p.next()
		return &TableBody{b, p.qname()}
	case t.up == "VALUES":
		p.next()
		v := &Values{bodyAt: b}
		for {
			v.Rows = append(v.Rows, p.expr())
			if !p.sym(",") {
				return v
			}
		}
	}
	p.fail()
	return nil
}

func (p *parser) selectBody() Body {
	s := &Select{bodyAt: bodyAt{at{p.next().pos}}}
	p.note("'*'")
	if p.isWord("DISTINCT") || p.isWord("ALL") && !p.allIsName() {
		s.Distinct = p.next().up == "DISTINCT"
	}
	for {
		s.Items = append(s.Items, p.selectItem())
		if !p.sym(",") {
			break
		}
	}
	if p.word("FROM") {
		s.From = p.relation()
		for p.tok().raw == "," || p.isSym(",") {
			pos := p.next().pos
			s.From = &Join{relAt: relAt{at{pos}}, Kind: "IMPLICIT", L: s.From, R: p.relation()}
		}
	}
	if p.word("WHERE") {
		s.Where = p.expr()
	}
	if p.isWord("GROUP") {
		s.GroupBy = p.groupBy()
	}
	if p.word("HAVING") {
		s.Having = p.expr()
	}
	if p.word("WINDOW") {
		for {
			w := NamedWindow{Name: p.name()}
			w.at = w.Name.at
			p.needWord("AS")
			w.Window = p.windowSpec()
			s.Windows = append(s.Windows, w)
			if !p.sym(",") {
				break
			}
		}
	}
	return s
}

// allIsName says whether ALL is a column here, as it is no reserved word.
func (p *parser) allIsName() bool {
	next := p.peek(1)
	return next.kind == tokEOF || next.kind == tokWord && (next.up == "FROM" || next.up == "AS") || next.raw == "," || next.raw == ")" || next.raw == "."
}

func (p *parser) selectItem() SelectItem {
	item := SelectItem{at: at{p.tok().pos}}
	if p.sym("*") {
		item.Star = true
		return item
	}
	x, star := p.exprOrStar()
	if star {
		item.Star, item.Base = true, x
		if p.word("AS") {
			item.Aliases = p.names()
		}
		return item
	}
	item.X = x
	if p.word("AS") {
		n := p.name()
		item.Alias = &n
	} else if p.note("<identifier>"); p.isAlias() {
		n := p.name()
		item.Alias = &n
	}
	return item
}

func (p *parser) groupBy() *GroupBy {
	p.next()
	p.needWord("BY")
	g := &GroupBy{at: at{p.tok().pos}}
	if p.word("DISTINCT") {
		g.Distinct = true
	} else {
		p.word("ALL")
	}
	for {
		g.Items = append(g.Items, p.groupItem())
		if !p.sym(",") {
			return g
		}
	}
}

func (p *parser) groupItem() GroupItem {
	it := GroupItem{at: at{p.tok().pos}}
	t := p.tok()
	switch {
	case t.kind == tokWord && t.up == "AUTO" && p.level >= newSyntax:
		panic(refuse(t.pos, "GROUP BY AUTO").hint("name the columns that are not aggregated"))
	case t.kind == tokWord && (t.up == "ROLLUP" || t.up == "CUBE"):
		it.Kind = t.up
		p.next()
		p.needSym("(")
		for !p.sym(")") {
			if len(it.Sets) > 0 {
				p.needSym(",")
			}
			it.At = append(it.At, p.tok().pos)
			it.Sets = append(it.Sets, p.groupingSet())
		}
	case t.kind == tokWord && t.up == "GROUPING" && p.looksAt(1, "SETS"):
		it.Kind = "GROUPING SETS"
		p.next()
		p.next()
		p.needSym("(")
		for {
			it.At = append(it.At, p.tok().pos)
			it.Sets = append(it.Sets, p.groupingSet())
			if !p.sym(",") {
				break
			}
		}
		p.needSym(")")
	default:
		p.note("'('")
		it.Sets = [][]Expr{p.groupingSet()}
	}
	return it
}

// groupingSet takes (), (a, b) or an expression. What (a, b) + 1 means is
// decided by what follows the parenthesis.
func (p *parser) groupingSet() []Expr {
	if p.looksAt(0, "(") && p.looksAt(1, ")") {
		p.next()
		p.next()
		return []Expr{}
	}
	x := p.expr()
	if r, ok := x.(*RowLit); ok && p.toks[p.i-1].raw == ")" {
		if p.startOf(r).raw == "(" {
			return r.Items
		}
	}
	return []Expr{x}
}

// startOf gives the token at which a node begins.
func (p *parser) startOf(n Node) token {
	for i := p.i - 1; i >= 0; i-- {
		if p.toks[i].pos == n.Pos() {
			return p.toks[i]
		}
	}
	return p.toks[0]
}

// relation takes a relation with its joins.
func (p *parser) relation() Relation {
	p.enter()
	defer p.leave()
	left := p.sampled()
	for n := 0; ; n++ {
		p.checkTerms(n)
		j := &Join{relAt: relAt{at{left.Pos()}}, L: left}
		switch {
		case p.isWord("CROSS"):
			p.next()
			p.needWord("JOIN")
			j.Kind, j.R = "CROSS", p.sampled()
			left = j
			continue
		case p.word("NATURAL"):
			j.Natural = true
		}
		if j.Kind = p.joinKind(); j.Kind == "" {
			if j.Natural {
				p.fail()
			}
			return left
		}
		if j.Natural {
			j.R = p.sampled()
			left = j
			continue
		}
		j.R = p.relation1()
		p.joinCriteria(j)
		left = j
	}
}

// relation1 takes the right side of a join with a condition: joins there bind to
// the right, as the grammar has it (a JOIN b JOIN c ON x ON y).
func (p *parser) relation1() Relation {
	p.enter()
	defer p.leave()
	left := p.sampled()
	for n := 0; ; n++ {
		p.checkTerms(n)
		if p.tok().kind == tokWord && (p.tok().up == "ON" || p.tok().up == "USING") {
			return left
		}
		j := &Join{relAt: relAt{at{left.Pos()}}, L: left}
		if p.words("CROSS", "JOIN") {
			j.Kind, j.R = "CROSS", p.sampled()
			left = j
			continue
		}
		if j.Kind = p.joinKind(); j.Kind == "" {
			return left
		}
		j.R = p.relation1()
		p.joinCriteria(j)
		left = j
	}
}

// joinKind takes [INNER | LEFT|RIGHT|FULL [OUTER]] JOIN, or gives "".
func (p *parser) joinKind() string {
	p.note("'JOIN'", "'INNER'", "'LEFT'", "'RIGHT'", "'FULL'")
	t := p.tok()
	if t.kind != tokWord {
		p.note("'CROSS'", "'NATURAL'")
		return ""
	}
	switch t.up {
	case "JOIN":
		p.next()
		return "INNER"
	case "INNER":
		p.next()
		p.needWord("JOIN")
		return "INNER"
	case "LEFT", "RIGHT", "FULL":
		p.next()
		p.word("OUTER")
		p.needWord("JOIN")
		return t.up
	}
	return ""
}

func (p *parser) joinCriteria(j *Join) {
	switch {
	case p.word("ON"):
		j.On = p.expr()
	case p.word("USING"):
		j.Using = p.names()
	default:
		p.fail()
	}
}

func (p *parser) sampled() Relation {
	r := p.aliased()
	if p.note("'TABLESAMPLE'"); p.tok().up == "TABLESAMPLE" {
		s := &Sampled{relAt: relAt{at{r.Pos()}}, X: r}
		p.next()
		switch {
		case p.word("BERNOULLI"):
			s.Method = "BERNOULLI"
		case p.word("SYSTEM"):
			s.Method = "SYSTEM"
		default:
			p.fail()
		}
		p.needSym("(")
		s.Percent = p.expr()
		p.needSym(")")
		return s
	}
	return r
}

func (p *parser) aliased() Relation {
	r := p.alias(p.relationPrimary())
	if p.note("'MATCH_RECOGNIZE'"); p.tok().up == "MATCH_RECOGNIZE" && p.looksAt(1, "(") {
		r = p.alias(p.matchRecognize(r))
	}
	return r
}

// alias takes an alias behind a relation.
func (p *parser) alias(r Relation) Relation {
	if p.tok().up == "MATCH_RECOGNIZE" && p.looksAt(1, "(") {
		return r
	}
	as := p.word("AS")
	p.note("<identifier>")
	if !as && p.level >= newSyntax && p.tok().up == "PIVOT" && p.looksAt(1, "(") {
		p.refusePivot()
	}
	if !as && !p.isAlias() {
		return r
	}
	a := &Aliased{relAt: relAt{at{r.Pos()}}, X: r, Alias: p.name()}
	if p.isSym("(") {
		a.Columns = p.names()
	}
	if p.level >= newSyntax && p.tok().up == "PIVOT" && p.looksAt(1, "(") {
		p.refusePivot()
	}
	return a
}

func (p *parser) relationPrimary() Relation {
	t := p.tok()
	r := relAt{at{t.pos}}
	p.note("'('", "'LATERAL'", "'TABLE'", "'UNNEST'", "<identifier>")
	switch {
	case t.kind == tokSymbol && t.raw == "(":
		return p.parenRelation(r)
	case t.up == "JSON_TABLE" && p.level >= jsonTableSince:
		panic(refuse(t.pos, "JSON_TABLE"))
	case t.up == "UNNEST":
		p.next()
		p.needSym("(")
		u := &Unnest{relAt: r}
		for {
			u.Args = append(u.Args, p.expr())
			if !p.sym(",") {
				break
			}
		}
		p.needSym(")")
		if p.words("WITH", "ORDINALITY") {
			u.Ordinality = true
		}
		return u
	case t.up == "NEAREST" && p.level >= newSyntax && p.looksAt(1, "(") && p.peek(2).up == "FROM":
		panic(refuse(t.pos, "NEAREST").hint("join with a condition, and keep the first row by row_number()"))
	case t.up == "LATERAL" && p.looksAt(1, "("):
		p.next()
		p.next()
		q := p.subquery()
		p.needSym(")")
		return &Derived{r, q, true}
	case t.up == "TABLE" && p.looksAt(1, "("):
		panic(refuse(t.pos, "a table function"))
	}
	if !p.isName(t) {
		p.fail()
	}
	name := p.qname()
	if p.note("'FOR'"); p.tok().up == "FOR" && (p.looksAt(1, "TIMESTAMP") || p.looksAt(1, "VERSION")) {
		panic(refuse(p.tok().pos, "FOR "+p.peek(1).up))
	}
	return &TableRef{r, name}
}

// parenRelation takes ( query ) or ( relation ).
func (p *parser) parenRelation(r relAt) Relation {
	p.enter()
	defer p.leave()
	p.next()
	p.note("'('", "'LATERAL'", "'TABLE'", "'UNNEST'", "<identifier>", "<query>")
	if !p.queryAt(p.i) {
		x := p.relation()
		p.needSym(")")
		return x
	}
	q := p.query()
	p.needSym(")")
	return &Derived{r, q, false}
}

// queryAt says whether a query begins at token i, which may stand in
// parentheses: ((SELECT 1) UNION ...) is one, ((SELECT 1) + 1) and
// ((SELECT 1) t JOIN ...) are not. What follows the parenthesis decides, so that
// nothing is ever parsed twice.
func (p *parser) queryAt(i int) bool {
	for ; ; i++ {
		t := p.toks[i]
		if t.kind == tokWord {
			return t.up == "SELECT" || t.up == "WITH" || t.up == "VALUES" || t.up == "TABLE" && p.toks[i+1].raw != "("
		}
		if t.kind != tokSymbol || t.raw != "(" {
			return false
		}
		if m := p.closing(i); m > 0 {
			switch t := p.toks[m+1]; {
			case t.kind == tokSymbol && t.raw == ")":
			case t.kind == tokWord && queryTail[t.up]:
			default:
				return false
			}
		}
	}
}

// queryTail are the words that can follow a query in parentheses.
var queryTail = wordSet("UNION EXCEPT INTERSECT ORDER OFFSET LIMIT FETCH")

// closing gives the index of the parenthesis that closes the one at i, or 0.
func (p *parser) closing(i int) int {
	if p.closes == nil {
		p.closes = make([]int, len(p.toks))
		var open []int
		for k, t := range p.toks {
			if t.kind != tokSymbol {
				continue
			}
			if t.raw == "(" {
				open = append(open, k)
			} else if t.raw == ")" && len(open) > 0 {
				p.closes[open[len(open)-1]] = k
				open = open[:len(open)-1]
			}
		}
	}
	return p.closes[i]
}
