// Package conformance_test runs Athena SQL through the dialect and DuckDB and
// compares with what the real Trino answered. It has tests alone: the dialect
// itself knows no engine.
package conformance_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	duckdb "github.com/duckdb/duckdb-go/v2"

	"acme/telemetry/engine/dialect"
)

const corpusDir = "../../../testdata/dialect/corpus"

// tableDDL is the table that the corpus reads, as Athena would be told of it.
const tableDDL = `CREATE EXTERNAL TABLE acme_telemetry.video_telemetry_json (
  event_id string, customer_id string, title_id string, session_id string, event_type string, event_timestamp string,
  watch_duration_seconds int, position_seconds int, completion_percentage double, device_type string, device_id string, device_os string,
  app_version string, quality string, bandwidth_mbps double, buffering_events int, buffering_duration_seconds int, error_count int,
  ip_address string, country string, state string, city string, isp string, connection_type string)
PARTITIONED BY (year int, month int, day int, hour int)
ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' LOCATION 's3://bucket/telemetry/'`

// udf registers a function of the dialect with DuckDB.
type udf struct{ f dialect.ScalarFunction }

func typeInfo(name string) (duckdb.TypeInfo, error) {
	if elem, ok := strings.CutSuffix(name, "[]"); ok {
		e, err := typeInfo(elem)
		if err != nil {
			return nil, err
		}
		return duckdb.NewListInfo(e)
	}
	types := map[string]duckdb.Type{"BOOLEAN": duckdb.TYPE_BOOLEAN, "INTEGER": duckdb.TYPE_INTEGER, "BIGINT": duckdb.TYPE_BIGINT,
		"HUGEINT": duckdb.TYPE_HUGEINT, "DOUBLE": duckdb.TYPE_DOUBLE, "FLOAT": duckdb.TYPE_FLOAT, "VARCHAR": duckdb.TYPE_VARCHAR, "BLOB": duckdb.TYPE_BLOB}
	return duckdb.NewTypeInfo(types[name])
}

func (u udf) Config() duckdb.ScalarFuncConfig {
	c := duckdb.ScalarFuncConfig{SpecialNullHandling: u.f.OnNull}
	for _, p := range u.f.Params {
		t, err := typeInfo(p)
		if err != nil {
			panic(err)
		}
		c.InputTypeInfos = append(c.InputTypeInfos, t)
	}
	t, err := typeInfo(u.f.Result)
	if err != nil {
		panic(err)
	}
	c.ResultTypeInfo = t
	return c
}

func (u udf) Executor() duckdb.ScalarFuncExecutor {
	return duckdb.ScalarFuncExecutor{RowExecutor: func(v []driver.Value) (any, error) {
		args := make([]any, len(v))
		for i := range v {
			args[i] = v[i]
		}
		return u.f.Call(args)
	}}
}

// engine is a DuckDB session with the prelude, and the catalog of the table.
type engine struct {
	conn    *sql.Conn
	catalog dialect.Catalog
	newest  dialect.Catalog // as catalog, with the database "default" that the newest oracle has
	views   map[string]bool
}

func openEngine(tb testing.TB) *engine {
	tb.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { db.Close() })
	conn, err := db.Conn(context.Background())
	if err != nil {
		tb.Fatal(err)
	}
	e := &engine{conn: conn, views: map[string]bool{}}
	for _, f := range dialect.Functions() {
		if err := duckdb.RegisterScalarUDF(conn, f.Name, udf{f}); err != nil {
			tb.Fatalf("registering %s: %v", f.Name, err)
		}
	}
	for _, s := range append([]string{"SET TimeZone = 'UTC'", "SET threads = 2"}, dialect.Prelude()...) {
		e.exec(tb, s)
	}
	statements, err := dialect.ParseDDL(tableDDL)
	if err != nil {
		tb.Fatal(err)
	}
	if e.catalog, err = dialect.NewCatalog("acme_telemetry", statements...); err != nil {
		tb.Fatal(err)
	}
	statements = append(statements, &dialect.CreateDatabase{Name: "default"})
	if e.newest, err = dialect.NewCatalog("acme_telemetry", statements...); err != nil {
		tb.Fatal(err)
	}
	e.load(tb)
	return e
}

func (e *engine) exec(tb testing.TB, s string) {
	tb.Helper()
	if _, err := e.conn.ExecContext(context.Background(), s); err != nil {
		tb.Fatalf("%s: %v", s, err)
	}
}

// load fills the table that stands behind every scan.
func (e *engine) load(tb testing.TB) {
	tb.Helper()
	t := e.catalog.Table("acme_telemetry", "video_telemetry_json")
	var cols []string
	for _, c := range slices.Concat(t.Columns, t.Partitions) {
		cols = append(cols, c.Name+" "+c.Type.DuckDB())
	}
	e.exec(tb, "CREATE TABLE events ("+strings.Join(cols, ", ")+", \"$path\" VARCHAR)")
	var rows []string
	for line := range lines(tb, filepath.Join(corpusDir, "events.jsonl.gz")) {
		var row map[string]any
		d := json.NewDecoder(strings.NewReader(line))
		d.UseNumber()
		if err := d.Decode(&row); err != nil {
			tb.Fatal(err)
		}
		var vals []string
		for _, c := range slices.Concat(t.Columns, t.Partitions) {
			switch v := row[c.Name].(type) {
			case nil:
				vals = append(vals, "NULL")
			case json.Number:
				vals = append(vals, v.String())
			default:
				vals = append(vals, "'"+strings.ReplaceAll(fmt.Sprint(v), "'", "''")+"'")
			}
		}
		rows = append(rows, "("+strings.Join(vals, ", ")+", 's3://bucket/telemetry/x.gz')")
	}
	e.exec(tb, "INSERT INTO events VALUES "+strings.Join(rows, ", ")) // one by one takes a second
}

// lines reads a gzip file line by line.
func lines(tb testing.TB, path string) func(func(string) bool) {
	return func(yield func(string) bool) {
		f, err := os.Open(path)
		if err != nil {
			tb.Fatal(err)
		}
		defer f.Close()
		z, err := gzip.NewReader(f)
		if err != nil {
			tb.Fatal(err)
		}
		s := bufio.NewScanner(z)
		s.Buffer(nil, 64<<20)
		for s.Scan() {
			if !yield(s.Text()) {
				return
			}
		}
		if err := s.Err(); err != nil {
			tb.Fatal(err)
		}
	}
}

// scans makes the relations that a translation reads, with the columns it asked
// for and no more, and with the partitions that its filter leaves.
func (e *engine) scans(t *dialect.Translation) error {
	for _, s := range t.Scans {
		var cols []string
		for _, c := range s.Columns {
			cols = append(cols, `"`+c+`"`)
		}
		for _, c := range s.Table.Partitions {
			cols = append(cols, `"`+c.Name+`"`)
		}
		if s.Path {
			cols = append(cols, `"$path"`)
		}
		distinct := ""
		if s.Listing {
			distinct = "DISTINCT "
		}
		view := fmt.Sprintf("CREATE OR REPLACE TEMP VIEW %s AS SELECT %s%s FROM %s", s.Relation, distinct, strings.Join(cols, ", "), source(s))
		if s.Filter != "" {
			view += " WHERE " + s.Filter
		}
		if _, err := e.conn.ExecContext(context.Background(), view); err != nil {
			return fmt.Errorf("scan %s: %w", view, err)
		}
	}
	return nil
}

// run translates and runs a statement. The error is a *dialect.Error where the
// statement is at fault, another one where the translation is.
func (e *engine) run(sqlText string, level int) (*dialect.Translation, [][]any, error) {
	catalog := e.catalog
	if level == 483 {
		catalog = e.newest
	}
	t, err := dialect.Translate(sqlText, dialect.Options{Database: "acme_telemetry", Catalog: catalog, Level: level})
	if err != nil {
		return nil, nil, err
	}
	if err := e.scans(t); err != nil {
		return t, nil, err
	}
	rows, err := e.rows(t)
	if err == nil {
		return t, rows, nil
	}
	if wrong := e.describe(t); wrong != nil { // what fails has its types all the same
		return t, nil, wrong
	}
	return t, nil, err
}

// rows runs a translation.
func (e *engine) rows(t *dialect.Translation) ([][]any, error) {
	rows, err := e.conn.QueryContext(context.Background(), t.SQL)
	if err != nil {
		return nil, atRuntime(t, err)
	}
	defer rows.Close()
	if err := typed(t, rows); err != nil {
		return nil, err
	}
	var out [][]any
	for rows.Next() {
		row := make([]any, len(t.Columns))
		ptrs := make([]any, len(row))
		for i := range row {
			ptrs[i] = &row[i]
		}
		if err := rows.Scan(ptrs...); err != nil {
			return nil, err
		}
		for i, c := range t.Columns {
			row[i] = protocol(c.Type, row[i])
		}
		out = append(out, row)
	}
	if err := rows.Err(); err != nil {
		return nil, atRuntime(t, err)
	}
	return out, nil
}

func atRuntime(t *dialect.Translation, err error) error {
	if e := t.RuntimeError(err.Error()); e != nil {
		return e
	}
	return fmt.Errorf("engine: %w", err)
}

// wrongType is a column whose type DuckDB has otherwise than the analyser.
type wrongType struct{ want, got string }

func (w wrongType) Error() string { return "describe: want " + w.want + ", got " + w.got }

// typed holds the types of a result to the analysed ones.
func typed(t *dialect.Translation, rows *sql.Rows) error {
	types, err := rows.ColumnTypes()
	if err != nil {
		return err
	}
	for i, c := range t.Columns {
		want := strings.ReplaceAll(c.Type.DuckDB(), "TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ")
		if got := strings.ReplaceAll(types[i].DatabaseTypeName(), `"`, ""); got != want {
			return wrongType{want, got}
		}
	}
	return nil
}

// describe has DuckDB bind a translation, and holds its types to the analysed ones.
func (e *engine) describe(t *dialect.Translation) error {
	rows, err := e.conn.QueryContext(context.Background(), "DESCRIBE "+t.SQL)
	if err != nil {
		return atRuntime(t, err)
	}
	defer rows.Close()
	for i := 0; rows.Next(); i++ {
		var name, typ string
		var rest [4]any
		if err := rows.Scan(&name, &typ, &rest[0], &rest[1], &rest[2], &rest[3]); err != nil {
			return err
		}
		if want := t.Columns[i].Type.DuckDB(); want != typ {
			return wrongType{want, typ}
		}
	}
	return rows.Err()
}
