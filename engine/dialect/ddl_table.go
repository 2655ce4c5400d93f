package dialect

import (
	"maps"
	"slices"
	"strings"
)

func (p *ddlParser) createTable(pos Pos, external bool) Statement {
	c := &CreateTable{Pos: pos, IfNotExists: p.ifNotExists()}
	t := &c.Table
	t.External = external
	t.Database, t.Name = p.table()
	if p.tok().kind == tokWord && p.tok().up == "LIKE" {
		panic(refuse(p.tok().pos, "CREATE TABLE LIKE"))
	}
	if p.iceberg() {
		panic(refuse(pos, "an Iceberg table"))
	}
	p.needSym("(")
	t.Columns = p.columns()
	for {
		p.clauses = true
		at := p.i
		if !p.tableClause(t) {
			break
		}
		p.clauses = p.i > at
	}
	if p.tok().kind == tokEOF || p.looksAt(0, ";") {
		p.clauses = false
	}
	t.Format = formatOf(t)
	p.checkTable(pos, t)
	return c
}

// iceberg says whether the statement's properties make the table Iceberg's, whose
// partitions are of another grammar.
func (p *ddlParser) iceberg() bool {
	for i := p.i; i+2 < len(p.toks) && !(p.toks[i].kind == tokSymbol && p.toks[i].raw == ";"); i++ {
		if t := p.toks[i]; t.kind == tokString && strings.EqualFold(t.text, "table_type") && strings.EqualFold(p.toks[i+2].text, "ICEBERG") {
			return true
		}
	}
	return false
}

// checkTable refuses a column that is named twice, as Hive does, and what only
// tables of another kind have.
func (p *ddlParser) checkTable(pos Pos, t *Table) {
	if strings.EqualFold(t.TableProperties["table_type"], "ICEBERG") {
		panic(refuse(pos, "an Iceberg table"))
	}
	seen := map[string]bool{}
	for _, c := range slices.Concat(t.Columns, t.Partitions) {
		if seen[c.Name] {
			panic(errorAt(pos, "DUPLICATE_COLUMN_NAME", "Column name '%s' specified more than once", c.Name))
		}
		seen[c.Name] = true
	}
	for _, name := range t.BucketedBy {
		if !slices.ContainsFunc(t.Columns, func(c Column) bool { return c.Name == name }) {
			panic(errorAt(pos, "COLUMN_NOT_FOUND", "Bucketing column '%s' does not exist", name))
		}
	}
}

func (p *ddlParser) tableClause(t *Table) bool {
	pos := p.tok().pos
	switch {
	case p.word("COMMENT"):
		p.clauses = false
		t.Comment = p.text()
	case p.word("PARTITIONED"):
		p.clauses = false
		p.needWord("BY")
		p.needSym("(")
		t.Partitions = p.columns()
	case p.word("CLUSTERED"):
		p.clauses = false
		p.clustered(t)
	case p.word("ROW"):
		p.clauses = false
		p.needWord("FORMAT")
		p.rowFormat(t)
	case p.word("STORED"):
		p.clauses = false
		p.stored(t)
	case p.word("WITH"):
		p.clauses = false
		p.needWord("SERDEPROPERTIES")
		p.addProperties(t)
	case p.word("LOCATION"):
		p.clauses = false
		t.Location = p.text()
	case p.word("TBLPROPERTIES"):
		p.clauses = false
		t.TableProperties = p.properties()
	case p.word("SKEWED"):
		panic(refuse(pos, "SKEWED BY"))
	default:
		return false
	}
	return true
}

// clustered takes what follows CLUSTERED: BY (columns) [SORTED BY (columns)] INTO
// n BUCKETS.
func (p *ddlParser) clustered(t *Table) {
	p.needWord("BY")
	p.needSym("(")
	t.BucketedBy = p.names()
	if p.word("SORTED") {
		p.needWord("BY")
		p.needSym("(")
		p.names()
	}
	p.needWord("INTO")
	t.Buckets = p.integer()
	p.needWord("BUCKETS")
}

// names takes name [ASC|DESC], ... and the closing parenthesis.
func (p *ddlParser) names() []string {
	var list []string
	for {
		list = append(list, p.ident())
		if !p.word("ASC") {
			p.word("DESC")
		}
		if p.sym(")") {
			return list
		}
		p.needSym(",")
	}
}

func (p *ddlParser) stored(t *Table) {
	pos := p.tok().pos
	if p.word("BY") {
		panic(refuse(pos, "STORED BY"))
	}
	p.needWord("AS")
	if p.word("INPUTFORMAT") {
		t.InputFormat = p.text()
		p.needWord("OUTPUTFORMAT")
		t.OutputFormat = p.text()
		return
	}
	t.Format = strings.ToUpper(p.ident())
}

func (p *ddlParser) addProperties(t *Table) {
	if t.SerDeProperties == nil {
		t.SerDeProperties = map[string]string{}
	}
	maps.Copy(t.SerDeProperties, p.properties())
}

func (p *ddlParser) rowFormat(t *Table) {
	if p.word("SERDE") {
		t.SerDe = p.text()
		if p.word("WITH") {
			p.needWord("SERDEPROPERTIES")
			p.addProperties(t)
		}
		return
	}
	p.needWord("DELIMITED")
	t.SerDe = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
	t.SerDeProperties = map[string]string{}
	for p.delimiter(t.SerDeProperties) {
	}
}

// delimiter takes one clause of ROW FORMAT DELIMITED.
func (p *ddlParser) delimiter(properties map[string]string) bool {
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
		properties["escape.delim"] = p.text()
		return true
	case p.word("NULL"):
		p.needWord("DEFINED")
		p.needWord("AS")
		properties["serialization.null.format"] = p.text()
		return true
	default:
		return false
	}
	p.needWord("TERMINATED")
	p.needWord("BY")
	properties[key] = p.text()
	return true
}

// columns takes name type [COMMENT 'x'], ... and the closing parenthesis.
func (p *ddlParser) columns() []Column {
	var list []Column
	for {
		p.place = "column specification"
		c := Column{Name: p.ident()}
		c.Type = p.hiveType()
		p.place = ""
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

// formatOf concludes what a table's objects are.
func formatOf(t *Table) string {
	from := strings.ToLower(t.SerDe + " " + t.InputFormat)
	for _, f := range []string{"json", "parquet", "csv", "orc", "avro", "rcfile", "sequencefile"} {
		if strings.Contains(from, f) {
			return strings.ToUpper(f)
		}
	}
	if t.Format != "" {
		return t.Format
	}
	return "TEXTFILE"
}
