package dialect

import (
	"slices"
	"strings"
)

// Statements that Athena takes in Hive's grammar, Trino's, or both: what shows,
// describes, drops and alters. Names may stand in backquotes.

// name takes a name of up to most parts.
func (p *ddlParser) name(most int) TableName {
	quoted := p.tok().kind == tokBackquoted
	n := TableName{Pos: p.tok().pos, Parts: []string{p.hiveIdent()}}
	if db, name, ok := cutDotted(n.Parts[0]); ok && quoted && most > 1 && !p.isSym(".") {
		n.Parts = []string{db, name}
		return n
	}
	for p.isSym(".") && len(n.Parts) < most {
		p.next()
		n.Parts = append(n.Parts, p.hiveIdent())
	}
	return n
}

// cutDotted takes apart `db.table`, which Hive reads as both.
func cutDotted(quoted string) (db, name string, ok bool) {
	db, name, ok = strings.Cut(quoted, ".")
	return db, name, ok && db != "" && name != "" && !strings.Contains(name, ".")
}

// hiveIdent takes a name in backquotes, or one that Trino takes too.
func (p *ddlParser) hiveIdent() string {
	if t := p.tok(); t.kind == tokBackquoted {
		p.next()
		return strings.ToLower(t.text)
	}
	return p.lower()
}

// pair gives a table's database, empty where it is not written, and its name.
func (n TableName) pair() (db, name string) {
	name = n.Parts[len(n.Parts)-1]
	if len(n.Parts) > 1 {
		db = n.Parts[len(n.Parts)-2]
	}
	return db, name
}

func (p *ddlParser) drop() Statement {
	d := &Drop{Pos: p.next().pos}
	p.note("'MATERIALIZED'", "'ROLE'", "'SCHEMA'")
	if p.level >= 440 {
		p.note("'CATALOG'", "'FUNCTION'")
	}
	if p.level >= 478 {
		p.note("'BRANCH'")
	}
	t := p.tok()
	switch {
	case p.word("TABLE"), p.word("VIEW"):
		d.What = t.up
	case t.up == "SCHEMA" || t.up == "DATABASE":
		d.What = "SCHEMA"
		p.next()
	case t.up == "MATERIALIZED" || t.up == "ROLE":
		return p.rest(d.Pos, "DROP "+t.up)
	default:
		p.fail()
	}
	if p.isWord("IF") && p.peek(1).up == "EXISTS" {
		p.next()
		p.next()
		d.IfExists = true
	}
	if d.What != "SCHEMA" {
		d.Name = p.name(3)
		return d
	}
	d.Name = p.name(2)
	if p.word("CASCADE") {
		d.Cascade = true
	} else {
		p.word("RESTRICT")
	}
	return d
}

// noteShows notes what can follow SHOW in Trino's grammar.
func (p *ddlParser) noteShows() {
	p.note("'CATALOGS'", "'COLUMNS'", "'CREATE'", "'CURRENT'", "'FUNCTIONS'", "'GRANTS'", "'ROLE'", "'ROLES'", "'SCHEMAS'", "'SESSION'", "'STATS'", "'TABLES'")
	if p.level >= 478 {
		p.note("'BRANCHES'")
	}
}

func (p *ddlParser) show() Statement {
	s := &Show{Pos: p.next().pos}
	t := p.tok()
	p.noteShows()
	if t.kind != tokWord {
		p.fail()
	}
	s.What = t.up
	switch t.up {
	case "CATALOGS", "FUNCTIONS", "SESSION":
		p.next()
		p.like(s)
	case "SCHEMAS", "DATABASES":
		p.next()
		s.What, s.Hive = "SCHEMAS", t.up == "DATABASES"
		p.from(s, 1)
		p.like(s)
	case "TABLES", "VIEWS":
		p.next()
		s.Hive = t.up == "VIEWS"
		p.from(s, 3)
		p.like(s)
	case "COLUMNS":
		p.next()
		p.showColumns(s)
	case "PARTITIONS":
		p.next()
		s.Hive, s.Name = true, p.name(3)
	case "TBLPROPERTIES":
		p.next()
		s.Hive, s.Name = true, p.name(3)
		if p.sym("(") {
			s.Property = p.text()
			p.needSym(")")
		}
	case "CREATE":
		p.next()
		return p.showCreate(s)
	case "STATS":
		p.next()
		p.needWord("FOR")
		s.Name = p.name(3)
	case "CURRENT", "GRANTS", "ROLE", "ROLES":
		return p.rest(s.Pos, "SHOW "+t.up)
	default:
		p.fail()
	}
	return s
}

// from takes FROM or IN and a name, where they stand.
func (p *ddlParser) from(s *Show, most int) bool {
	if !p.word("FROM") && !p.word("IN") {
		return false
	}
	s.Name = p.name(most)
	return true
}

// like takes LIKE 'pattern' ESCAPE 'c', or Hive's 'pattern' alone.
func (p *ddlParser) like(s *Show) {
	if t := p.tok(); t.kind == tokString && (s.What == "SCHEMAS" || s.What == "TABLES" || s.What == "VIEWS") {
		p.next()
		s.Like, s.Regex, s.Hive = &t.text, true, true
		return
	}
	if !p.word("LIKE") {
		return
	}
	text := p.parser.text()
	s.Like = &text
	// DATABASES and VIEWS are Hive's words, and so is their pattern. SCHEMAS and TABLES
	// are Trino's too, whose pattern has no use for these characters.
	if s.Regex = s.What != "FUNCTIONS" && (s.Hive || s.What != "COLUMNS" && strings.ContainsAny(text, "*|[")); s.Regex {
		return
	}
	if p.word("ESCAPE") {
		c := p.parser.text()
		s.Escape = &c
	}
}

func (p *ddlParser) showColumns(s *Show) {
	if !p.from(s, 3) {
		p.fail()
	}
	if len(s.Name.Parts) == 1 && (p.tok().up == "FROM" || p.tok().up == "IN") { // Hive's: the database apart
		p.next()
		s.Name.Parts = append([]string{p.hiveIdent()}, s.Name.Parts...)
		s.Hive = true
	}
	p.like(s)
}

func (p *ddlParser) showCreate(s *Show) Statement {
	t := p.tok()
	p.note("'MATERIALIZED'", "'SCHEMA'", "'TABLE'", "'VIEW'")
	if p.level >= 440 {
		p.note("'FUNCTION'")
	}
	if t.kind != tokWord {
		p.fail()
	}
	switch t.up {
	case "TABLE", "VIEW", "SCHEMA":
		p.next()
		s.What = "CREATE " + t.up
		s.Name = p.name(3)
		return s
	case "DATABASE":
		p.next()
		s.What, s.Hive = "CREATE SCHEMA", true
		s.Name = p.name(2)
		return s
	case "MATERIALIZED", "FUNCTION":
		return p.rest(s.Pos, "SHOW CREATE "+t.up)
	}
	p.fail()
	return nil
}

// describe takes DESCRIBE of a table, Trino's and Hive's.
func (p *ddlParser) describe() Statement {
	s := &Show{Pos: p.next().pos, What: "DESCRIBE"}
	t := p.tok()
	p.note("'INPUT'", "'OUTPUT'")
	next := p.peek(1)
	switch t.up {
	case "INPUT", "OUTPUT":
		if p.isName(next) {
			p.next()
			name := p.lower()
			return &Refused{Pos: s.Pos, What: "DESCRIBE " + t.up, Err: &Error{Name: "NOT_FOUND", Message: "Prepared statement not found: " + name}}
		}
	case "EXTENDED", "FORMATTED":
		if p.isName(next) {
			s.Variant, s.Hive = t.up, true
			p.next()
		}
	case "DATABASE", "SCHEMA":
		if p.isName(next) {
			return p.rest(s.Pos, "DESCRIBE "+t.up)
		}
	}
	s.Name = p.name(3)
	if p.tok().up == "PARTITION" || p.isName(p.tok()) {
		panic(refuse(p.tok().pos, "DESCRIBE of a partition or a column").hint("DESCRIBE %s shows every column; SHOW PARTITIONS the partitions", strings.Join(s.Name.Parts, ".")))
	}
	return s
}

// alter takes ALTER.
func (p *ddlParser) alter() Statement {
	pos := p.next().pos
	p.note("'MATERIALIZED'", "'SCHEMA'", "'VIEW'")
	if p.level >= 478 {
		p.note("'BRANCH'", "<identifier>")
	}
	t := p.tok()
	switch {
	case p.word("TABLE"):
	case (t.up == "SCHEMA" || t.up == "DATABASE") && p.dbProperties():
		p.next()
		return p.alterDatabase(pos)
	case t.up == "SCHEMA" || t.up == "VIEW" || t.up == "MATERIALIZED" || t.up == "DATABASE":
		return p.rest(pos, "ALTER "+t.up)
	default:
		p.fail()
	}
	if p.isWord("IF") && p.peek(1).up == "EXISTS" {
		p.next()
		p.next()
	}
	return p.alterOf(pos, p.name(3))
}

// dbProperties says whether SET DBPROPERTIES follows the name of the database.
func (p *ddlParser) dbProperties() bool {
	return p.peek(2).up == "SET" && p.peek(3).up == "DBPROPERTIES"
}

// alterDatabase takes what follows ALTER DATABASE: a name and SET DBPROPERTIES (...).
func (p *ddlParser) alterDatabase(pos Pos) Statement {
	name := p.hiveIdent()
	p.needWord("SET")
	p.needWord("DBPROPERTIES")
	p.properties()
	return &AlterDatabase{pos, name}
}

// alterOf takes what follows ALTER TABLE and its name.
func (p *ddlParser) alterOf(pos Pos, name TableName) Statement {
	db, table := name.pair()
	p.note("'EXECUTE'")
	if p.level >= 440 {
		p.note("'ALTER'")
	}
	switch t := p.tok(); {
	case p.word("ADD"):
		return p.alterAdd(pos, name)
	case t.up == "REPLACE" && p.peek(1).up == "COLUMNS":
		p.next()
		p.next()
		p.needSym("(")
		return &AddColumns{pos, db, table, true, p.columns()}
	case t.up == "DROP" && (p.peek(1).up == "PARTITION" || p.peek(3).up == "PARTITION"):
		p.next()
		return p.dropPartitions(pos, name)
	case t.up == "PARTITION":
		p.next()
		return p.alterPartition(pos, name)
	case p.word("SET"):
		return p.alterSet(pos, name)
	case p.isWord("DROP"), p.isWord("RENAME"), t.up == "EXECUTE", t.up == "CHANGE", t.up == "ALTER" && p.level >= 440:
		r := p.rest(pos, "ALTER TABLE "+t.up).(*Refused)
		r.Table = &name
		return r
	}
	p.fail()
	return nil
}

func (p *ddlParser) alterAdd(pos Pos, name TableName) Statement {
	db, table := name.pair()
	p.note("'COLUMN'")
	switch t := p.tok(); {
	case t.up == "COLUMNS":
		p.next()
		p.needSym("(")
		return &AddColumns{pos, db, table, false, p.columns()}
	case t.up == "COLUMN":
		p.next()
		c := Column{Name: p.hiveIdent(), Type: p.hiveType()}
		if p.word("COMMENT") {
			c.Comment = p.text()
		}
		return &AddColumns{pos, db, table, false, []Column{c}}
	}
	a := &AddPartition{Pos: pos, Database: db, Name: table, IfNotExists: p.ifNotExists()}
	p.partitions(a)
	return a
}

// partitions takes the partitions of an AddPartition.
func (p *ddlParser) partitions(a *AddPartition) {
	for p.word("PARTITION") {
		s := p.partition()
		if p.word("LOCATION") {
			s.Location = p.text()
		}
		a.Partitions = append(a.Partitions, s)
	}
	if len(a.Partitions) == 0 {
		p.fail()
	}
}

// partition takes (name = value, ...).
func (p *ddlParser) partition() PartitionSpec {
	var s PartitionSpec
	p.needSym("(")
	for {
		s.Columns = append(s.Columns, p.hiveIdent())
		p.needSym("=")
		s.Values = append(s.Values, p.partitionValue())
		if p.sym(")") {
			return s
		}
		p.needSym(",")
	}
}

func (p *ddlParser) dropPartitions(pos Pos, name TableName) Statement {
	db, table := name.pair()
	d := &DropPartition{Pos: pos, Database: db, Name: table}
	if p.word("IF") {
		p.needWord("EXISTS")
		d.IfExists = true
	}
	for {
		p.needWord("PARTITION")
		d.Partitions = append(d.Partitions, p.partition())
		if !p.sym(",") {
			return d
		}
	}
}

func (p *ddlParser) alterPartition(pos Pos, name TableName) Statement {
	db, table := name.pair()
	from := p.partition()
	if t := p.tok(); t.up == "ADD" || t.up == "REPLACE" {
		panic(refuse(t.pos, "columns of one partition").hint("every partition is read by the table's columns: ALTER TABLE %s %s COLUMNS (...)", strings.Join(name.Parts, "."), t.up))
	}
	if p.word("RENAME") {
		p.needWord("TO")
		p.needWord("PARTITION")
		return &RenamePartition{pos, db, table, from, p.partition()}
	}
	p.needWord("SET")
	p.needWord("LOCATION")
	return &SetLocation{pos, db, table, &from, p.text()}
}

func (p *ddlParser) alterSet(pos Pos, name TableName) Statement {
	db, table := name.pair()
	if p.word("LOCATION") {
		return &SetLocation{pos, db, table, nil, p.text()}
	}
	if t := p.tok(); slices.Contains([]string{"AUTHORIZATION", "PROPERTIES"}, t.up) {
		r := p.rest(pos, "ALTER TABLE SET "+t.up).(*Refused)
		r.Table = &name
		return r
	}
	p.needWord("TBLPROPERTIES")
	return &SetProperties{pos, db, table, p.properties()}
}
