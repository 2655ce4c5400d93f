package conformance_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"acme/telemetry/engine/dialect"
)

// The table that generated statements read stands in three spellings: here it is a
// view, base, over a table of the lake, for no column of a lake has a time zone;
// for Trino it is UNNEST of arrays, which a statement is planned over in one stage
// and which is not folded away while it is planned.

// table is how a statement names the table: a line of its own, so that what comes
// behind it stands in the same line and column for both.
func table() string { return "\nbase\n" }

// forTrino puts the table's rows where a statement names it.
func forTrino(sql string) string {
	names, arrays := []string{"k"}, []string{"ARRAY[1, 2, 3, 4, 5, 6]"}
	for _, c := range columns {
		names = append(names, c.name)
		arrays = append(arrays, "ARRAY["+strings.Join(c.values, ", ")+"]")
	}
	rows := "\nUNNEST(" + strings.Join(arrays, ", ") + ") AS base (" + strings.Join(names, ", ") + ")\n"
	return strings.ReplaceAll(sql, table(), rows)
}

// baseDDL is the table behind the view.
const baseDDL = `CREATE EXTERNAL TABLE acme_telemetry.base_rows (k int, i int, b bigint, d double, r float, q decimal(4,2), w decimal(19,6), v string, o boolean, y date, t timestamp,
  z timestamp, a array<int>, s array<string>, m map<string,int>) STORED AS PARQUET LOCATION 's3://bucket/base/'`

// withBase is a catalog with the table and its view besides.
type withBase struct {
	dialect.Catalog
	rows, view *dialect.Table
}

func (c withBase) Table(database, name string) *dialect.Table {
	switch {
	case database == "acme_telemetry" && name == "base":
		return c.view
	case database == "acme_telemetry" && name == "base_rows":
		return c.rows
	}
	return c.Catalog.Table(database, name)
}

// base makes the engine know the table and fills it.
func (e *engine) base(tb testing.TB) {
	tb.Helper()
	statements, err := dialect.ParseDDL(baseDDL)
	if err != nil {
		tb.Fatal(err)
	}
	catalog, err := dialect.NewCatalog("acme_telemetry", statements...)
	if err != nil {
		tb.Fatal(err)
	}
	names, kept := []string{"k"}, []string{"k"}
	rows := make([]string, len(columns[0].values))
	for r := range rows {
		row := []string{fmt.Sprint(r + 1)}
		for _, c := range columns {
			row = append(row, c.values[r])
		}
		rows[r] = "(" + strings.Join(row, ", ") + ")"
	}
	for _, c := range columns {
		names = append(names, c.name)
		kept = append(kept, c.name)
		if c.name == "z" {
			kept[len(kept)-1] = "CAST(z AT TIME ZONE 'UTC' AS timestamp(3)) AS z"
		}
	}
	options := dialect.Options{Database: "acme_telemetry", Catalog: catalog}
	filled, err := dialect.Translate("SELECT "+strings.Join(kept, ", ")+" FROM (VALUES "+strings.Join(rows, ", ")+") AS base ("+strings.Join(names, ", ")+")", options)
	if err != nil {
		tb.Fatal(err)
	}
	e.exec(tb, "CREATE TABLE base_rows AS "+filled.SQL)
	zone := slices.Index(names, "z")
	names[zone] = "with_timezone(z, 'UTC') AT TIME ZONE 'Europe/Berlin' AS z"
	text := "SELECT " + strings.Join(names, ", ") + " FROM base_rows"
	seen, err := dialect.Translate(text, options)
	if err != nil {
		tb.Fatal(err)
	}
	view := &dialect.Table{Database: "acme_telemetry", Name: "base", View: text, ViewDatabase: "acme_telemetry"}
	for _, c := range seen.Columns {
		view.Columns = append(view.Columns, dialect.Column{Name: c.Name, Type: c.Type})
	}
	added := withBase{rows: catalog.Table("acme_telemetry", "base_rows"), view: view}
	for _, c := range []*dialect.Catalog{&e.catalog, &e.newest} {
		added.Catalog = *c
		*c = added
	}
}

// source is what holds the rows of a table that a translation scans.
func source(s dialect.Scan) string {
	if s.Table.Name == "base_rows" {
		return "base_rows"
	}
	return "events"
}
