package dialect

import (
	"slices"
	"strings"
)

// Plan is what a statement means: what it answers or writes, and what it changes.
type Plan struct {
	Pos  Pos
	What string // CREATE TABLE AS, SHOW TABLES
	// Statement is what is to be done; EXECUTE is resolved to what it executes.
	Statement Statement
	// Rows are the answer; where Effect is set they are the rows that are written,
	// and nil for a statement that writes none.
	Rows *Translation
	// Effect says that the statement changes the lake, the catalog or the session.
	Effect bool
	// Table is the table that the statement is about: of CREATE TABLE AS the new one,
	// without a location where the statement gives none.
	Table *Table
	// Format is how CREATE TABLE AS and UNLOAD write.
	Format WriteFormat
	// Exists says that there is nothing to do: IF NOT EXISTS, and it exists, or IF
	// EXISTS, and it does not.
	Exists bool
	// Columns are those of a new view.
	Columns []Column
}

// Understand parses and analyses a statement of Athena's. An error is an *Error. It
// is safe for use by many goroutines.
func Understand(sql string, opt Options) (*Plan, error) {
	if opt.Level == 0 {
		opt.Level = 401
	}
	for i, text := range opt.Params {
		if err := checkParam(text, opt.Level, i); err != nil {
			return nil, err
		}
	}
	s, err := parseStatement(sql, opt)
	if err != nil {
		return nil, advise(sql, err)
	}
	return (&planner{opt}).plan(s)
}

// checkParam holds a parameter's value to what can be one.
func checkParam(text string, level, i int) (err error) {
	defer catch(&err)
	p := newParser(text, level)
	x := p.expr()
	if p.tok().kind != tokEOF {
		p.note("<EOF>")
		p.fail()
	}
	if names := collect(x, func(x Expr) bool { return dotted(x) != nil }); names != nil {
		e := errorAt(names[0].Pos(), "EXPRESSION_NOT_CONSTANT", "Constant expression cannot contain column references")
		return e.hint("parameter %d is %s; a text needs quotes of its own: 'it''s'", i+1, text)
	}
	return nil
}

// argument parses the value of a parameter; it stands where its ? does.
func (p *parser) argument(text string, pos Pos) Expr {
	q := newParser(text, p.level)
	q.doubles = p.doubles
	for i := range q.toks {
		q.toks[i].pos = pos
	}
	return q.expr()
}

// number makes a literal of a token.
func (p *parser) number(e exprAt, t token) Expr {
	if t.kind == tokDecimal && p.doubles {
		return &NumberLit{e, tokDouble, t.text + "E0", t.raw}
	}
	return &NumberLit{e, t.kind, t.text, t.raw}
}

// planner finds out what statements mean.
type planner struct{ opt Options }

// plan analyses a statement; panics with *Error inside become its error.
func (u *planner) plan(s Statement) (plan *Plan, err error) {
	defer catch(&err)
	switch s := s.(type) {
	case *QueryStatement:
		return u.query(s)
	case *Explain:
		return u.explain(s)
	case *CreateTableAs:
		return u.createTableAs(s), nil
	case *Insert:
		return u.insert(s), nil
	case *Unload:
		return u.unload(s), nil
	case *CreateView:
		return u.createView(s), nil
	case *Execute:
		return u.execute(s)
	case *Show:
		return u.show(s), nil
	case *Refused:
		panic(u.refusal(s))
	}
	return u.change(s), nil
}

func (u *planner) query(s *QueryStatement) (*Plan, error) {
	tr, err := analyse(s.Query, u.opt, u.opt.Level)
	if err != nil {
		return nil, err
	}
	return &Plan{Pos: s.Query.pos, What: "SELECT", Statement: s, Rows: tr}, nil
}

// rows translates the query inside a statement.
func (u *planner) rows(q *Query, into *target) *Translation {
	a := newAnalyser(u.opt, u.opt.Level)
	a.into = into
	tr, err := a.translation(q)
	if err != nil {
		panic(err)
	}
	return tr
}

// session gives an analyser for what is no query: names in the catalog.
func (u *planner) session() *analyser { return newAnalyser(u.opt, u.opt.Level) }

// qualified is a name with all its parts.
type qualified struct{ catalog, database, name string }

func (q qualified) String() string { return q.catalog + "." + q.database + "." + q.name }

// resolve gives a name all its parts.
func (u *planner) resolve(n TableName) qualified {
	a := u.session()
	q := qualified{a.catalogName(), strings.ToLower(u.opt.Database), n.Parts[len(n.Parts)-1]}
	switch len(n.Parts) {
	case 3:
		q.catalog, q.database = n.Parts[0], n.Parts[1]
	case 2:
		q.database = n.Parts[0]
	case 1:
	default:
		panic(&Error{Name: "SYNTAX_ERROR", Message: "Too many dots in table name: " + strings.Join(n.Parts, ".")})
	}
	return q
}

// find gives the table of a name, or nil.
func (u *planner) find(q qualified) *Table {
	if u.opt.Catalog == nil || q.catalog != u.session().catalogName() {
		return nil
	}
	return u.opt.Catalog.Table(q.database, q.name)
}

func (u *planner) hasDatabase(name string) bool {
	return u.opt.Catalog != nil && slices.Contains(u.opt.Catalog.Databases(), name)
}

// needDatabase holds a new table or view to a database that exists.
func (u *planner) needDatabase(q qualified) {
	if q.catalog != u.session().catalogName() {
		panic(&Error{Name: "CATALOG_NOT_FOUND", Message: "Catalog '" + q.catalog + "' does not exist"})
	}
	if !u.hasDatabase(q.database) {
		panic(&Error{Name: "SCHEMA_NOT_FOUND", Message: "Schema " + q.database + " not found"})
	}
}

// execute analyses what EXECUTE executes.
func (u *planner) execute(e *Execute) (*Plan, error) {
	text, at := e.Text, e.TextPos
	if e.Name != "" {
		prepared, ok := u.opt.Catalog.(interface {
			Prepared(name string) (text string, ok bool)
		})
		found := false
		if ok {
			text, found = prepared.Prepared(e.Name)
		}
		if !found {
			return nil, &Error{Name: "NOT_FOUND", Message: "Prepared statement not found: " + e.Name}
		}
	}
	inner := u.opt
	inner.Params = e.Params
	plan, err := Understand(text, inner)
	if moved, ok := err.(*Error); ok && e.Name == "" {
		return nil, moved.within(at)
	}
	return plan, err
}

// within moves an error of a text to where the text stands, as a literal whose
// quote is at p.
func (e *Error) within(p Pos) *Error {
	if e.Line == 0 {
		return e
	}
	at := Pos{e.Line + p.Line - 1, e.Column}
	if e.Line == 1 {
		at.Column += p.Column
	}
	_, text, _ := strings.Cut(e.Message, ": ")
	moved := errorAt(at, e.Name, "%s", text)
	moved.Hint, moved.Ours = e.Hint, e.Ours
	return moved
}

// refusal words why a statement is not run.
func (u *planner) refusal(r *Refused) *Error {
	if r.What == "CALL" {
		q := u.resolve(*r.Table)
		return &Error{Name: "PROCEDURE_NOT_FOUND", Message: "Procedure not registered: " + q.database + "." + q.name}
	}
	if r.Table != nil {
		if q := u.resolve(*r.Table); u.find(q) == nil {
			return errorAt(r.Pos, "TABLE_NOT_FOUND", "Table '%s' does not exist", q)
		}
	}
	if r.Err != nil {
		return r.Err
	}
	instead := map[string]string{
		"ALTER TABLE RENAME": "; CREATE EXTERNAL TABLE of the other name over the same location, then DROP TABLE",
		"ALTER TABLE CHANGE": " for such a table; ALTER TABLE ... REPLACE COLUMNS (...)", "ALTER TABLE DROP": " for such a table; ALTER TABLE ... REPLACE COLUMNS (...)",
		"ALTER VIEW": "; CREATE OR REPLACE VIEW", "ALTER TABLE SET PROPERTIES": "; ALTER TABLE ... SET TBLPROPERTIES (...)",
	}[r.What]
	return errorAt(r.Pos, "NOT_SUPPORTED", notRun).hint("Athena has no %s%s", r.What, instead)
}
