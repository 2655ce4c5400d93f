package dialect

import (
	"slices"
	"strings"
)

// Statement is a statement of Athena's: of its DDL, those here and in statement.go.
type Statement interface{ statement() }

type (
	// CreateDatabase is CREATE DATABASE.
	CreateDatabase struct {
		Pos         Pos
		Name        string
		IfNotExists bool
		Comment     string
		Location    string
	}
	// CreateTable is CREATE EXTERNAL TABLE. Table.Database is empty where the
	// statement names none.
	CreateTable struct {
		Pos         Pos
		IfNotExists bool
		Table       Table
	}
	// RepairTable is MSCK REPAIR TABLE.
	RepairTable struct {
		Pos            Pos
		Database, Name string
	}
	// AddPartition is ALTER TABLE ... ADD PARTITION.
	AddPartition struct {
		Pos            Pos
		Database, Name string
		IfNotExists    bool
		Partitions     []PartitionSpec
	}
)

// PartitionSpec is one partition: values by column, in the order written.
type PartitionSpec struct {
	Columns  []string
	Values   []string
	Location string // empty for the default place
}

func (*CreateDatabase) statement() {}
func (*CreateTable) statement()    {}
func (*RepairTable) statement()    {}
func (*AddPartition) statement()   {}

// maxDDL is how long a file of DDL may be, in bytes.
const maxDDL = 16 << 20

// ParseDDL parses statements of Hive DDL as Athena takes them, separated by
// semicolons, DROP, and CREATE VIEW. Backquotes quote names. Each statement may be as long as
// Athena lets one be. An error is an *Error.
func ParseDDL(src string) (out []Statement, err error) {
	if len(src) > maxDDL {
		return nil, textTooLong(len(src), maxDDL)
	}
	p := &ddlParser{parser: &parser{src: src, toks: tokenizeHive(src)}}
	defer p.catch(&err)
	for {
		for p.sym(";") {
		}
		if p.tok().kind == tokEOF {
			return out, nil
		}
		first := p.tok()
		if p.viewAhead() {
			out = append(out, p.view())
		} else {
			out = append(out, p.statement())
		}
		if n := p.tok().end - first.end + len(first.raw); n > maxText {
			e := textTooLong(n, maxText)
			e.Line, e.Column = first.pos.Line, first.pos.Column
			return nil, e
		}
		if p.tok().kind != tokEOF {
			p.needSym(";")
		}
	}
}

func (p *ddlParser) statement() Statement {
	pos := p.tok().pos
	switch {
	case p.word("CREATE"):
		if p.word("DATABASE") || p.word("SCHEMA") {
			return p.createDatabase(pos)
		}
		external := p.word("EXTERNAL")
		p.needWord("TABLE")
		return p.createTable(pos, external)
	case p.word("MSCK"):
		p.needWord("REPAIR")
		p.needWord("TABLE")
		db, name := p.table()
		return &RepairTable{pos, db, name}
	case p.word("ALTER"):
		if t := p.tok(); (t.up == "DATABASE" || t.up == "SCHEMA") && p.dbProperties() {
			p.next()
			return p.alterDatabase(pos)
		}
		p.needWord("TABLE")
		return p.alterTable(pos)
	case p.isWord("DROP"):
		return p.drop()
	}
	p.fail()
	return nil
}

// viewAhead says whether CREATE [OR REPLACE] VIEW begins here: it is of Trino's
// grammar, with its strings.
func (p *ddlParser) viewAhead() bool {
	n := 1
	if p.peek(1).up == "OR" && p.peek(2).up == "REPLACE" {
		n = 3
	}
	return p.tok().up == "CREATE" && p.peek(n).up == "VIEW"
}

// view takes a statement up to the semicolon behind it; what follows is Hive's again.
func (p *ddlParser) view() Statement {
	t := p.tok()
	lx := &lexer{src: p.src, off: t.end - len(t.raw), line: t.pos.Line, col: t.pos.Column, level: newestGrammar}
	toks := lx.until(func(t token) bool { return t.kind == tokSymbol && t.raw == ";" })
	last := len(toks) - 1
	at := toks[last]
	toks[last].kind = tokEOF
	inner := &parser{src: p.src, toks: toks, level: newestGrammar}
	p.trino = true
	s := inner.create(t.pos)
	if inner.tok().kind != tokEOF {
		inner.note("<EOF>")
		inner.fail()
	}
	p.trino = false
	p.closes = nil
	// Hive's tokens are those read before, but where a string of Trino's hid the semicolon.
	if n := slices.IndexFunc(p.toks[p.i:], func(t token) bool { return t.end >= at.end }); p.toks[p.i+n].end == at.end && p.toks[p.i+n].raw == at.raw {
		p.i += n
		return s
	}
	rest := &lexer{src: p.src, off: at.end - len(at.raw), line: at.pos.Line, col: at.pos.Column, hive: true}
	if at.kind == tokEOF {
		rest.off = len(p.src)
	}
	p.toks, p.i = rest.all(), 0
	return s
}

// newestGrammar is the release whose grammar a view of a file of DDL is read by.
const newestGrammar = 483

func (p *ddlParser) ifNotExists() bool {
	if p.word("IF") {
		p.needWord("NOT")
		p.needWord("EXISTS")
		return true
	}
	return false
}

func (p *ddlParser) createDatabase(pos Pos) Statement {
	c := &CreateDatabase{Pos: pos, IfNotExists: p.ifNotExists(), Name: p.ident()}
	for {
		switch {
		case p.word("COMMENT"):
			c.Comment = p.text()
		case p.word("LOCATION"):
			c.Location = p.text()
		case p.word("WITH"):
			p.needWord("DBPROPERTIES")
			p.properties()
		default:
			return c
		}
	}
}

func (p *ddlParser) alterTable(pos Pos) Statement {
	a := &AddPartition{Pos: pos}
	at := p.tok().pos
	a.Database, a.Name = p.table()
	if !p.isWord("ADD") || p.peek(1).up == "COLUMNS" {
		name := TableName{Pos: at, Parts: []string{a.Name}}
		if a.Database != "" {
			name.Parts = []string{a.Database, a.Name}
		}
		s := p.alterOf(pos, name)
		if r, ok := s.(*Refused); ok {
			panic(refuse(pos, r.What))
		}
		return s
	}
	p.needWord("ADD")
	a.IfNotExists = p.ifNotExists()
	for p.word("PARTITION") {
		var s PartitionSpec
		p.needSym("(")
		for {
			s.Columns = append(s.Columns, p.ident())
			p.needSym("=")
			s.Values = append(s.Values, p.partitionValue())
			if p.sym(")") {
				break
			}
			p.needSym(",")
		}
		if p.word("LOCATION") {
			s.Location = p.text()
		}
		a.Partitions = append(a.Partitions, s)
	}
	if len(a.Partitions) == 0 {
		p.fail()
	}
	return a
}

func (p *ddlParser) partitionValue() string {
	t := p.tok()
	p.note("<string>", "<integer>")
	if t.kind != tokString && t.kind != tokInteger {
		p.fail()
	}
	p.next()
	return t.text
}

// NewCatalog makes a catalog of the tables that statements create; defaultDB is
// the database of tables that name none. CREATE of what exists is an error
// unless IF NOT EXISTS; RepairTable is checked for its table and changes nothing:
// partitions whose folders name their values come from the lake.
//
// A view has the columns that its query gives over the tables before it, as release
// 401 answers; NewCatalogAt has those of another.
func NewCatalog(defaultDB string, statements ...Statement) (Catalog, error) {
	return NewCatalogAt(401, defaultDB, statements...)
}

// NewCatalogAt is NewCatalog at a Trino release.
func NewCatalogAt(level int, defaultDB string, statements ...Statement) (Catalog, error) {
	c := memCatalog{}
	if db := strings.ToLower(defaultDB); db == "default" { // which is in every catalog of Athena's
		c[db] = map[string]*Table{}
	}
	for _, s := range statements {
		var err error
		if v, ok := s.(*CreateView); ok {
			err = c.view(Options{Level: level, Database: strings.ToLower(defaultDB), Catalog: c}, v)
		} else {
			err = c.apply(strings.ToLower(defaultDB), s)
		}
		if err != nil {
			return nil, err
		}
	}
	return c, nil
}

// view adds a view.
func (c memCatalog) view(opt Options, s *CreateView) error {
	if db := opt.Database; len(s.Name.Parts) == 1 && c[db] == nil {
		c[db] = map[string]*Table{}
	}
	plan, err := (&planner{opt}).plan(s)
	if err != nil {
		return err
	}
	c[plan.Table.Database][plan.Table.Name] = plan.Table
	return nil
}

// memCatalog is tables by database and name.
type memCatalog map[string]map[string]*Table

func (c memCatalog) apply(defaultDB string, s Statement) error {
	db := func(name string) string {
		if name == "" {
			return defaultDB
		}
		return name
	}
	switch s := s.(type) {
	case *CreateDatabase:
		if db, ok := c[s.Name]; ok && !s.IfNotExists && (len(db) > 0 || s.Name != "default") {
			return errorAt(s.Pos, "SCHEMA_ALREADY_EXISTS", "Schema '%s' already exists", s.Name)
		} else if !ok {
			c[s.Name] = map[string]*Table{}
		}
	case *CreateTable:
		t := s.Table
		t.Database = db(t.Database)
		if c[t.Database] == nil {
			c[t.Database] = map[string]*Table{}
		}
		if c[t.Database][t.Name] == nil {
			c[t.Database][t.Name] = &t
		} else if !s.IfNotExists {
			return errorAt(s.Pos, "TABLE_ALREADY_EXISTS", "Table '%s.%s' already exists", t.Database, t.Name)
		}
	case *RepairTable:
		return c.need(s.Pos, db(s.Database), s.Name)
	case *AddPartition:
		if err := c.need(s.Pos, db(s.Database), s.Name); err != nil {
			return err
		}
		return c[db(s.Database)][s.Name].addPartitions(s)
	case *AlterDatabase:
		if c[s.Name] == nil {
			return errorAt(s.Pos, "SCHEMA_NOT_FOUND", "Schema '%s' does not exist", s.Name)
		}
	case *Drop:
		return c.drop(defaultDB, s)
	case *DropPartition:
		return c.alter(s.Pos, db(s.Database), s.Name, s)
	case *RenamePartition:
		return c.alter(s.Pos, db(s.Database), s.Name, s)
	case *SetLocation:
		return c.alter(s.Pos, db(s.Database), s.Name, s)
	case *SetProperties:
		return c.alter(s.Pos, db(s.Database), s.Name, s)
	case *AddColumns:
		return c.alter(s.Pos, db(s.Database), s.Name, s)
	}
	return nil
}

// alter changes a table as ALTER TABLE does.
func (c memCatalog) alter(p Pos, db, name string, s Statement) (err error) {
	if err := c.need(p, db, name); err != nil {
		return err
	}
	defer catch(&err)
	t := *c[db][name]
	alterTable(&t, s)
	c[db][name] = &t
	return nil
}

// drop takes a table, a view or a database away.
func (c memCatalog) drop(defaultDB string, s *Drop) error {
	db, name := s.Name.pair()
	if s.What == "SCHEMA" {
		switch tables, ok := c[name]; {
		case !ok && !s.IfExists:
			return errorAt(s.Pos, "SCHEMA_NOT_FOUND", "Schema '%s' does not exist", name)
		case len(tables) > 0 && !s.Cascade:
			return errorAt(s.Pos, "SCHEMA_NOT_EMPTY", "Cannot drop non-empty schema '%s'", name)
		}
		delete(c, name)
		return nil
	}
	if db == "" {
		db = defaultDB
	}
	if !s.IfExists {
		if err := c.need(s.Pos, db, name); err != nil {
			return err
		}
	}
	delete(c[db], name)
	return nil
}

// addPartitions adds what ALTER TABLE ... ADD PARTITION names. One that is there
// stays as it is where IF NOT EXISTS says so, and is an error where not.
func (t *Table) addPartitions(s *AddPartition) error {
	for _, spec := range s.Partitions {
		values := make([]string, len(t.Partitions))
		for i, c := range t.Partitions {
			at := slices.Index(spec.Columns, c.Name)
			if at < 0 || len(spec.Columns) != len(t.Partitions) {
				return errorAt(s.Pos, "FAILED", "partition spec (%s) does not contain all partition columns of %s.%s", strings.Join(spec.Columns, ", "), t.Database, t.Name)
			}
			values[i] = spec.Values[at]
		}
		if !slices.ContainsFunc(t.Added, func(p Partition) bool { return slices.Equal(p.Values, values) }) {
			t.Added = append(t.Added, Partition{Values: values, Location: spec.Location})
		} else if !s.IfNotExists {
			return errorAt(s.Pos, "FAILED", "Partition already exists")
		}
	}
	return nil
}

func (c memCatalog) need(p Pos, db, name string) error {
	if c.Table(db, name) == nil {
		return errorAt(p, "TABLE_NOT_FOUND", "Table '%s.%s' does not exist", db, name)
	}
	return nil
}

func (c memCatalog) Databases() []string { return sortedKeys(c) }

func (c memCatalog) Tables(db string) []string { return sortedKeys(c[db]) }

func (c memCatalog) Table(db, name string) *Table { return c[db][name] }

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
