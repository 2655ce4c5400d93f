package dialect

import (
	"slices"
	"strings"
)

// Statement is a statement of Athena's DDL: CreateDatabase, CreateTable,
// RepairTable or AddPartition.
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

// ParseDDL parses statements of Hive DDL as Athena takes them, separated by
// semicolons. Backquotes quote names. An error is an *Error.
func ParseDDL(src string) (out []Statement, err error) {
	if e := checkText(src); e != nil {
		return nil, e
	}
	defer catch(&err)
	p := &ddlParser{newParser(src, 0)}
	for {
		for p.sym(";") {
		}
		if p.tok().kind == tokEOF {
			return out, nil
		}
		out = append(out, p.statement())
		if p.tok().kind != tokEOF {
			p.needSym(";")
		}
	}
}

// ddlParser parses Hive's grammar with the tokens of Trino's.
type ddlParser struct{ *parser }

// text takes a string. Hive has "x" for 'x'; Athena's own examples write
// TBLPROPERTIES ("projection.enabled" = "true").
func (p *ddlParser) text() string {
	p.note("<string>")
	if kind := p.tok().kind; kind != tokString && kind != tokQuoted {
		p.fail()
	}
	return p.next().text
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
		p.needWord("TABLE")
		return p.alterTable(pos)
	}
	p.fail()
	return nil
}

// ident takes a name, with backquotes or without; Hive folds it to lower case.
func (p *ddlParser) ident() string {
	p.note("<identifier>")
	t := p.tok()
	switch t.kind {
	case tokWord, tokBackquoted, tokQuoted, tokDigitWord:
		p.next()
		return strings.ToLower(t.text)
	}
	p.fail()
	return ""
}

func (p *ddlParser) table() (db, name string) {
	name = p.ident()
	if p.sym(".") {
		db, name = name, p.ident()
	}
	return db, name
}

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

func (p *ddlParser) createTable(pos Pos, external bool) Statement {
	c := &CreateTable{Pos: pos, IfNotExists: p.ifNotExists()}
	t := &c.Table
	t.External = external
	t.Database, t.Name = p.table()
	p.needSym("(")
	t.Columns = p.columns()
	for p.tableClause(t) {
	}
	t.Format = formatOf(t)
	p.checkNames(pos, t)
	return c
}

// checkNames refuses a column that is named twice, as Hive does.
func (p *ddlParser) checkNames(pos Pos, t *Table) {
	seen := map[string]bool{}
	for _, c := range slices.Concat(t.Columns, t.Partitions) {
		if seen[c.Name] {
			panic(errorAt(pos, "DUPLICATE_COLUMN_NAME", "Column name '%s' specified more than once", c.Name))
		}
		seen[c.Name] = true
	}
}

func (p *ddlParser) tableClause(t *Table) bool {
	switch {
	case p.word("COMMENT"):
		t.Comment = p.text()
	case p.word("PARTITIONED"):
		p.needWord("BY")
		p.needSym("(")
		t.Partitions = p.columns()
	case p.word("ROW"):
		p.needWord("FORMAT")
		p.rowFormat(t)
	case p.word("STORED"):
		p.needWord("AS")
		if p.word("INPUTFORMAT") {
			t.InputFormat = p.text()
			p.needWord("OUTPUTFORMAT")
			t.OutputFormat = p.text()
		} else {
			t.Format = strings.ToUpper(p.ident())
		}
	case p.word("LOCATION"):
		t.Location = p.text()
	case p.word("TBLPROPERTIES"):
		t.TableProperties = p.properties()
	default:
		return false
	}
	return true
}

func (p *ddlParser) rowFormat(t *Table) {
	if p.word("SERDE") {
		t.SerDe = p.text()
		if p.word("WITH") {
			p.needWord("SERDEPROPERTIES")
			t.SerDeProperties = p.properties()
		}
		return
	}
	p.needWord("DELIMITED")
	t.SerDe = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
	t.SerDeProperties = map[string]string{}
	for {
		var key string
		switch {
		case p.word("FIELDS"):
			key = "field.delim"
		case p.word("COLLECTION"):
			p.needWord("ITEMS")
			key = "collection.delim"
		case p.word("MAP"):
			p.needWord("KEYS")
			key = "mapkey.delim"
		case p.word("LINES"):
			key = "line.delim"
		case p.word("ESCAPED"):
			p.needWord("BY")
			t.SerDeProperties["escape.delim"] = p.text()
			continue
		case p.word("NULL"):
			p.needWord("DEFINED")
			p.needWord("AS")
			t.SerDeProperties["serialization.null.format"] = p.text()
			continue
		default:
			return
		}
		p.needWord("TERMINATED")
		p.needWord("BY")
		t.SerDeProperties[key] = p.text()
		if p.word("ESCAPED") {
			p.needWord("BY")
			t.SerDeProperties["escape.delim"] = p.text()
		}
	}
}

// columns takes name type [COMMENT 'x'], ... and the closing parenthesis.
func (p *ddlParser) columns() []Column {
	var list []Column
	for {
		c := Column{Name: p.ident(), Type: p.hiveType()}
		if p.word("COMMENT") {
			c.Comment = p.text()
		}
		list = append(list, c)
		if p.sym(")") {
			return list
		}
		p.needSym(",")
	}
}

// hiveType takes a type of Hive's and gives Athena's for it.
func (p *ddlParser) hiveType() Type {
	p.enter()
	defer p.leave()
	t := p.tok()
	p.note("<type>")
	if t.kind != tokWord {
		p.fail()
	}
	p.next()
	switch t.up {
	case "STRING":
		return tVarchar
	case "INT", "INTEGER":
		return tInteger
	case "BIGINT":
		return tBigInt
	case "SMALLINT":
		return tSmallInt
	case "TINYINT":
		return tTinyInt
	case "DOUBLE":
		p.word("PRECISION")
		return tDouble
	case "FLOAT":
		return tReal
	case "BOOLEAN":
		return tBoolean
	case "BINARY":
		return tVarbinary
	case "DATE":
		return tDate
	case "TIMESTAMP":
		return timestampType(3)
	case "DECIMAL":
		return p.hiveDecimal()
	case "VARCHAR", "CHAR":
		p.needSym("(")
		n := p.integer()
		p.needSym(")")
		if t.up == "CHAR" {
			return charType(n)
		}
		return varcharType(n)
	case "ARRAY":
		p.needSym("<")
		e := p.hiveType()
		p.needSym(">")
		return arrayOf(e)
	case "MAP":
		p.needSym("<")
		k := p.hiveType()
		p.needSym(",")
		v := p.hiveType()
		p.needSym(">")
		return mapOf(k, v)
	case "STRUCT":
		return p.hiveStruct()
	}
	panic(errorAt(t.pos, "TYPE_NOT_FOUND", "Unknown type: %s", t.text).hint("Hive's types: string int bigint double boolean date timestamp decimal(p,s) array<> map<> struct<>"))
}

func (p *ddlParser) hiveDecimal() Type {
	precision, scale := 10, 0
	if p.sym("(") {
		precision = p.integer()
		if p.sym(",") {
			scale = p.integer()
		}
		p.needSym(")")
	}
	return decimalType(precision, scale)
}

func (p *ddlParser) hiveStruct() Type {
	p.needSym("<")
	row := Type{Kind: Row}
	for {
		name := p.ident()
		p.needSym(":")
		row.Elem = append(row.Elem, Field{name, p.hiveType()})
		if p.sym(">") {
			return row
		}
		p.needSym(",")
	}
}

// properties takes ('key'='value', ...).
func (p *ddlParser) properties() map[string]string {
	m := map[string]string{}
	p.needSym("(")
	for {
		k := p.text()
		p.needSym("=")
		m[k] = p.text()
		if p.sym(")") {
			return m
		}
		p.needSym(",")
	}
}

func (p *ddlParser) alterTable(pos Pos) Statement {
	a := &AddPartition{Pos: pos}
	a.Database, a.Name = p.table()
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

// formatOf concludes what a table's objects are.
func formatOf(t *Table) string {
	from := strings.ToLower(t.SerDe + " " + t.InputFormat)
	for _, f := range []string{"json", "parquet", "csv", "orc", "avro"} {
		if strings.Contains(from, f) {
			return strings.ToUpper(f)
		}
	}
	if t.Format != "" {
		return t.Format
	}
	return "TEXTFILE"
}

// NewCatalog makes a catalog of the tables that statements create; defaultDB is
// the database of tables that name none. CREATE of what exists is an error
// unless IF NOT EXISTS; RepairTable and AddPartition are checked for their
// table and change nothing: partitions come from the lake.
func NewCatalog(defaultDB string, statements ...Statement) (Catalog, error) {
	c := memCatalog{}
	for _, s := range statements {
		if err := c.apply(strings.ToLower(defaultDB), s); err != nil {
			return nil, err
		}
	}
	return c, nil
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
		if _, ok := c[s.Name]; ok && !s.IfNotExists {
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
		return c.need(s.Pos, db(s.Database), s.Name)
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
