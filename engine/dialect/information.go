package dialect

import (
	"fmt"
	"slices"
	"strings"
)

// What the catalog says of itself: information_schema, and the rows of SHOW. They
// are few and known when a statement is translated, so they stand in its text.

// informationSchema are the tables there, with their columns; those that have
// columns of no use here are left out of the text of the others.
var informationSchema = []struct {
	name    string
	columns string // name:bigint, or name of a varchar
}{
	{"applicable_roles", "grantee grantee_type role_name is_grantable"},
	{"columns", "table_catalog table_schema table_name column_name ordinal_position:bigint column_default is_nullable data_type"},
	{"enabled_roles", "role_name"},
	{"roles", "role_name"},
	{"schemata", "catalog_name schema_name"},
	{"table_privileges", "grantor grantor_type grantee grantee_type table_catalog table_schema table_name privilege_type is_grantable with_hierarchy"},
	{"tables", "table_catalog table_schema table_name table_type"},
	{"views", "table_catalog table_schema table_name view_definition"},
}

// informationTable gives a table of information_schema, or nil.
func (a *analyser) informationTable(db, name string) *Table {
	if db != "information_schema" {
		return nil
	}
	for _, def := range informationSchema {
		if def.name == name {
			t := &Table{Database: db, Name: name, Columns: informationColumns(def.columns), rows: [][]any{}}
			t.rows = append(t.rows, a.informationRows(name)...)
			return t
		}
	}
	return nil
}

func informationColumns(text string) []Column {
	var out []Column
	for _, field := range strings.Fields(text) {
		c := Column{Name: field, Type: tVarchar}
		if base, ok := strings.CutSuffix(field, ":bigint"); ok {
			c = Column{Name: base, Type: tBigInt}
		}
		out = append(out, c)
	}
	return out
}

// databases gives the databases with information_schema among them.
func (a *analyser) databases() []string {
	list := []string{"information_schema"}
	if a.opt.Catalog != nil {
		list = append(list, a.opt.Catalog.Databases()...)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// tablesOf gives the names of a database's tables and views.
func (a *analyser) tablesOf(db string) []string {
	if db != "information_schema" {
		return a.opt.Catalog.Tables(db)
	}
	var names []string
	for _, def := range informationSchema {
		names = append(names, def.name)
	}
	return names
}

// tableOf gives a table or view that tablesOf named.
func (a *analyser) tableOf(db, name string) *Table {
	if db != "information_schema" {
		return a.opt.Catalog.Table(db, name)
	}
	for _, def := range informationSchema {
		if def.name == name {
			return &Table{Database: db, Name: name, Columns: informationColumns(def.columns)}
		}
	}
	return nil
}

func (a *analyser) informationRows(name string) [][]any {
	catalog := a.catalogName()
	var rows [][]any
	for _, db := range a.databases() {
		if name == "schemata" {
			rows = append(rows, []any{catalog, db})
			continue
		}
		if name != "tables" && name != "columns" && name != "views" {
			continue
		}
		for _, table := range a.tablesOf(db) {
			t := a.tableOf(db, table)
			if t == nil {
				continue
			}
			rows = append(rows, informationOf(name, catalog, t)...)
		}
	}
	return rows
}

// informationOf gives what one of the tables says of t.
func informationOf(name, catalog string, t *Table) [][]any {
	head := []any{catalog, t.Database, strings.ToLower(t.Name)}
	switch {
	case name == "tables" && t.View != "":
		return [][]any{append(head, "VIEW")}
	case name == "tables":
		return [][]any{append(head, "BASE TABLE")}
	case name == "views" && t.View != "":
		return [][]any{append(head, t.View)}
	case name != "columns":
		return nil
	}
	var rows [][]any
	for i, c := range slices.Concat(t.Columns, t.Partitions) {
		rows = append(rows, append(slices.Clone(head), strings.ToLower(c.Name), int64(i+1), nil, "YES", c.Type.String()))
	}
	return rows
}

// information makes a relation of rows that are known.
func (a *analyser) information(t *Table) *relation {
	alias := quoteName(a.unique(t.Name))
	codes := make([]string, len(t.Columns))
	rel := &relation{}
	for i, c := range t.Columns {
		codes[i] = fmt.Sprintf("c%d", i)
		f := a.newField(c.Name, c.Type, alias+"."+codes[i])
		f.quals = []string{a.catalogName(), t.Database, t.Name}
		rel.fields = append(rel.fields, f)
	}
	rel.from = inline(t.Columns, t.rows, codes) + " AS " + alias
	return rel
}

// inline writes rows as a relation, whose columns are codes; row number i is in a
// last column "i".
func inline(columns []Column, rows [][]any, codes []string) string {
	items := make([]string, len(columns))
	for i, c := range columns {
		items[i] = fmt.Sprintf("CAST(v%d AS %s) AS %s", i, c.Type.DuckDB(), codes[i])
	}
	names := make([]string, len(columns))
	for i := range columns {
		names[i] = fmt.Sprintf("v%d", i)
	}
	text := strings.Join(append(items, "i"), ", ")
	if len(rows) == 0 {
		nulls := strings.Repeat("NULL, ", len(columns)) + "0"
		return "(SELECT " + text + " FROM (VALUES (" + nulls + ")) AS r(" + strings.Join(append(names, "i"), ", ") + ") WHERE false)"
	}
	lines := make([]string, len(rows))
	for n, row := range rows {
		cells := make([]string, len(row)+1)
		for i, v := range row {
			cells[i] = inlineValue(v)
		}
		cells[len(row)] = fmt.Sprint(n)
		lines[n] = "(" + strings.Join(cells, ", ") + ")"
	}
	return "(SELECT " + text + " FROM (VALUES " + strings.Join(lines, ", ") + ") AS r(" + strings.Join(append(names, "i"), ", ") + "))"
}

func inlineValue(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case string:
		return quoteText(v)
	default:
		return fmt.Sprint(v)
	}
}

// listing makes a translation of rows that are known, in their order. A varchar
// without a length gets that of the longest of its texts where sized is set, as
// the columns have that Trino shows.
func listing(columns []Column, rows [][]any, sized bool) *Translation {
	tr := &Translation{Ordered: true, level: 401}
	codes, items := make([]string, len(columns)), make([]string, len(columns))
	for i, c := range columns {
		codes[i] = fmt.Sprintf("c%d", i)
		items[i] = codes[i]
		typ := c.Type
		if sized && typ.Kind == Varchar {
			n := 0
			for _, row := range rows {
				if s, ok := row[i].(string); ok {
					n = max(n, len([]rune(s)))
				}
			}
			typ = varcharType(n)
		}
		tr.Columns = append(tr.Columns, OutputColumn{Name: c.Name, Type: typ})
	}
	tr.SQL = "SELECT " + strings.Join(items, ", ") + " FROM " + inline(columns, rows, codes) + " AS r ORDER BY i"
	return tr
}
