package dialect

import (
	"slices"
	"strings"
)

// ParseStatement parses one statement of Athena's, of either of its two grammars:
// Hive's for what describes tables, Trino's for the rest. A semicolon at its end
// is dropped. Level is the Trino release, 401 where zero.
func ParseStatement(src string, level int) (Statement, error) {
	return parseStatement(src, Options{Level: level})
}

// parseStatement is ParseStatement with the values of its parameters. A statement
// that is prepared has none yet.
func parseStatement(src string, opt Options) (s Statement, err error) {
	if e := checkText(src); e != nil {
		return nil, e
	}
	p := newParser(stripSemicolon(src), max(opt.Level, 401))
	p.args, p.doubles = opt.Params, opt.Doubles
	first := p.tok()
	if s, err = p.wholeStatement(); err != nil {
		if e := err.(*Error); !athenasOwn[first.up] {
			err = p.trinosWords(e)
		}
		return nil, err
	}
	if _, prepared := s.(*Prepare); !prepared && p.params != len(opt.Params) {
		return nil, errorAt(first.pos, "INVALID_PARAMETER_USAGE", "Incorrect number of parameters: expected %d but found %d", p.params, len(opt.Params))
	}
	return s, nil
}

// athenasOwn are the words that begin statements of which Athena has a grammar of
// its own, for which Trino's errors mean nothing.
var athenasOwn = wordSet("ALTER CREATE DESC DESCRIBE DROP MSCK SHOW UNLOAD")

// wholeStatement takes a statement that is all of the text.
func (p *parser) wholeStatement() (s Statement, err error) {
	defer catch(&err)
	s = p.anyStatement()
	if p.tok().kind != tokEOF {
		p.note("<EOF>")
		p.fail()
	}
	return s, nil
}

// anyStatement takes a statement.
func (p *parser) anyStatement() Statement {
	p.enter()
	defer p.leave()
	t := p.tok()
	if p.startsQuery() {
		return &QueryStatement{p.query()}
	}
	if t.kind == tokWord {
		if s := p.keywordStatement(t); s != nil {
			return s
		}
	}
	p.noteStatements()
	p.fail()
	return nil
}

// noteStatements notes what a statement can begin with.
func (p *parser) noteStatements() {
	p.note("'ALTER'", "'ANALYZE'", "'CALL'", "'COMMENT'", "'COMMIT'", "'CREATE'", "'DEALLOCATE'", "'DELETE'", "'DENY'",
		"'DESC'", "'DESCRIBE'", "'DROP'", "'EXECUTE'", "'EXPLAIN'", "'GRANT'", "'INSERT'", "'MERGE'", "'PREPARE'", "'REFRESH'",
		"'RESET'", "'REVOKE'", "'ROLLBACK'", "'SET'", "'SHOW'", "'START'", "'TRUNCATE'", "'UPDATE'", "'USE'", "<query>")
	if p.level >= 440 {
		p.note("'WITH'")
	}
}

// keywordStatement takes the statement that t begins; nil where it begins none.
func (p *parser) keywordStatement(t token) Statement {
	hive := &ddlParser{parser: p}
	switch t.up {
	case "EXPLAIN":
		return p.explain()
	case "CREATE":
		return p.create(t.pos)
	case "INSERT":
		return p.insert()
	case "UNLOAD":
		return p.unload()
	case "DROP":
		return hive.drop()
	case "PREPARE":
		return p.prepare()
	case "EXECUTE":
		return p.execute()
	case "DEALLOCATE":
		p.next()
		p.needWord("PREPARE")
		return &Deallocate{t.pos, p.lower()}
	case "SHOW":
		return hive.show()
	case "DESCRIBE", "DESC":
		return hive.describe()
	case "USE":
		p.next()
		return &Use{t.pos, p.tableName(2)}
	case "ALTER":
		p.toks = append(p.toks[:p.i:p.i], p.hiveTokens()...)
		return hive.alter()
	case "MSCK":
		return p.hive()
	case "OPTIMIZE", "VACUUM":
		panic(refuse(t.pos, t.up+", of an Iceberg table,"))
	case "USING":
		panic(refuse(t.pos, "USING EXTERNAL FUNCTION").hint("Athena calls a Lambda function for it; there is none here"))
	}
	return p.refusedStatement(t)
}

// lower takes a name in lower case.
func (p *parser) lower() string { return strings.ToLower(p.name().Text) }

// tableName takes a name of up to most parts.
func (p *parser) tableName(most int) TableName {
	n := TableName{Pos: p.tok().pos, Parts: []string{p.lower()}}
	for p.isSym(".") && (len(n.Parts) < most || p.isName(p.peek(1))) {
		p.next()
		n.Parts = append(n.Parts, p.lower())
	}
	return n
}

func (p *parser) explain() Statement {
	e := &Explain{Pos: p.next().pos}
	if t := p.tok(); t.up == "ANALYZE" && t.kind == tokWord {
		p.next()
		e.Analyze = true
		e.Verbose = p.word("VERBOSE")
		if p.isSym("(") && p.peek(1).up == "FORMAT" { // Athena's, not Trino's
			p.next()
			p.explainOptions(e)
		}
	} else if next := p.peek(1).up; p.isSym("(") && (next == "TYPE" || next == "FORMAT") {
		p.next()
		p.explainOptions(e)
	}
	e.Statement = p.anyStatement()
	return e
}

func (p *parser) explainOptions(e *Explain) {
	choose := func(into *string, words ...string) {
		for _, w := range words {
			if p.word(w) {
				*into = w
				return
			}
		}
		p.fail()
	}
	for {
		switch {
		case p.word("FORMAT"):
			choose(&e.Format, "GRAPHVIZ", "JSON", "TEXT")
		case p.word("TYPE"):
			choose(&e.Type, "DISTRIBUTED", "IO", "LOGICAL", "VALIDATE")
		default:
			p.fail()
		}
		if p.sym(")") {
			return
		}
		p.needSym(",")
	}
}

// create takes CREATE of either grammar.
func (p *parser) create(pos Pos) Statement {
	next := p.peek(1)
	switch {
	case next.up == "EXTERNAL" || next.up == "DATABASE" || next.up == "SCHEMA":
		return p.hive()
	case next.up == "TABLE" && !p.asQuery() && p.columnsFollow():
		return p.hive()
	}
	p.next()
	p.note("'MATERIALIZED'", "'ROLE'", "'SCHEMA'")
	if p.level >= 440 {
		p.note("'CATALOG'", "'FUNCTION'")
	}
	if p.level >= 478 {
		p.note("'BRANCH'")
	}
	switch {
	case p.word("TABLE"):
		return p.createTableAs(pos)
	case p.word("VIEW"):
		return p.createView(pos, false)
	case p.word("OR"):
		p.needWord("REPLACE")
		p.note("'MATERIALIZED'")
		if p.level >= 440 {
			p.note("'FUNCTION'", "'TABLE'")
		}
		p.needWord("VIEW")
		return p.createView(pos, true)
	}
	switch p.tok().up {
	case "MATERIALIZED", "ROLE":
		return p.rest(pos, "CREATE "+p.tok().up)
	case "CATALOG", "FUNCTION", "BRANCH":
		if p.level >= 440 {
			return p.rest(pos, "CREATE "+p.tok().up)
		}
	}
	p.fail()
	return nil
}

// asQuery says whether AS and a query follow outside parentheses.
func (p *parser) asQuery() bool {
	depth := 0
	for i := p.i; i < len(p.toks); i++ {
		switch t := p.toks[i]; {
		case t.raw == "(" && t.kind == tokSymbol:
			depth++
		case t.raw == ")" && t.kind == tokSymbol:
			depth--
		case t.up == "AS" && depth == 0 && i+1 < len(p.toks):
			for i++; i < len(p.toks) && p.toks[i].raw == "("; i++ {
			}
			return i < len(p.toks) && slices.Contains([]string{"SELECT", "WITH", "VALUES", "TABLE"}, p.toks[i].up)
		}
	}
	return false
}

// columnsFollow says whether columns with types follow CREATE TABLE name.
func (p *parser) columnsFollow() bool {
	i := p.i + 2
	for i < len(p.toks) && (p.toks[i].up == "IF" || p.toks[i].up == "NOT" || p.toks[i].up == "EXISTS") {
		i++
	}
	for ; i+1 < len(p.toks) && p.toks[i].kind != tokEOF; i += 2 {
		switch p.toks[i+1].raw {
		case ".":
		case "(":
			return true
		default:
			return p.toks[i].kind == tokBackquoted
		}
	}
	return false
}

func (p *parser) ifNotExists() bool {
	if !p.word("IF") {
		return false
	}
	p.needWord("NOT")
	p.needWord("EXISTS")
	return true
}

func (p *parser) createTableAs(pos Pos) Statement {
	c := &CreateTableAs{Pos: pos, IfNotExists: p.ifNotExists(), Name: p.tableName(3)}
	if p.isSym("(") {
		c.Columns = p.names()
	}
	if p.word("COMMENT") {
		c.Comment = p.text()
	}
	if p.word("WITH") {
		c.Properties = p.withProperties()
	}
	p.needWord("AS")
	p.note("'('")
	c.Query = p.subquery()
	if p.word("WITH") {
		c.NoData = p.word("NO")
		p.needWord("DATA")
	}
	return c
}

// withProperties takes (name = expression, ...).
func (p *parser) withProperties() []Property {
	p.needSym("(")
	var list []Property
	for {
		n := p.name()
		p.needSym("=")
		list = append(list, Property{n.pos, strings.ToLower(n.Text), p.expr()})
		if p.sym(")") {
			return list
		}
		p.needSym(",")
	}
}

func (p *parser) createView(pos Pos, replace bool) Statement {
	c := &CreateView{Pos: pos, Replace: replace, Name: p.tableName(3)}
	if p.word("COMMENT") {
		c.Comment = p.text()
	}
	if p.word("SECURITY") {
		if !p.word("DEFINER") && !p.word("INVOKER") {
			p.fail()
		}
	}
	p.needWord("AS")
	from := p.tok()
	c.Query = p.subquery()
	c.Text = p.between(from.end-len(from.raw), p.toks[p.i-1].end)
	return c
}

func (p *parser) insert() Statement {
	i := &Insert{Pos: p.next().pos}
	p.needWord("INTO")
	i.Name = p.tableName(3)
	p.note("'('")
	if t := p.peek(1); p.looksAt(0, "(") && p.isName(t) && !slices.Contains([]string{"SELECT", "WITH", "VALUES", "TABLE"}, t.up) {
		i.Columns = p.names()
	}
	i.Query = p.subquery()
	return i
}

func (p *parser) unload() Statement {
	u := &Unload{Pos: p.next().pos}
	p.needSym("(")
	u.Query = p.subquery()
	p.needSym(")")
	p.needWord("TO")
	u.To = p.text()
	if p.word("WITH") {
		u.Properties = p.withProperties()
	}
	return u
}

// prepare takes a statement to be kept; the values of its parameters come later.
func (p *parser) prepare() Statement {
	s := &Prepare{Pos: p.next().pos, Name: p.lower()}
	p.needWord("FROM")
	from := p.tok()
	s.Statement = p.anyStatement()
	s.Text = p.between(from.end-len(from.raw), p.toks[p.i-1].end)
	return s
}

func (p *parser) execute() Statement {
	e := &Execute{Pos: p.next().pos}
	if p.level >= 418 && p.tok().up == "IMMEDIATE" && p.atString(1) {
		p.next()
		e.TextPos = p.tok().pos
		e.Text = p.string()
	} else {
		e.Name = p.lower()
	}
	if !p.word("USING") {
		return e
	}
	p.note("<expression>")
	for {
		from := p.tok()
		p.expr()
		e.Params = append(e.Params, p.between(from.end-len(from.raw), p.toks[p.i-1].end))
		if !p.sym(",") {
			return e
		}
	}
}

// rest takes everything to the end: a statement that is refused by its name.
func (p *parser) rest(pos Pos, what string) Statement {
	for p.tok().kind != tokEOF {
		p.next()
	}
	return &Refused{Pos: pos, What: what}
}

// IsQuery says whether a statement can be nothing but a query, by its first word:
// cheap, for whoever has another way for those.
func IsQuery(src string) bool {
	lx := &lexer{src: src, line: 1, col: 1}
	lx.space()
	t := lx.next()
	return t.raw == "(" || t.kind == tokWord && slices.Contains([]string{"SELECT", "WITH", "VALUES", "TABLE"}, t.up)
}
