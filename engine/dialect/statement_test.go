package dialect

import (
	"errors"
	"strings"
	"testing"
)

// TestStatementErrors has what Trino says of statements that are no queries.
func TestStatementErrors(t *testing.T) {
	for _, c := range []struct{ sql, want string }{
		{"SHOW", "SYNTAX_ERROR: line 1:5: mismatched input '<EOF>'. Expecting: 'CATALOGS', 'COLUMNS', 'CREATE', 'CURRENT', 'FUNCTIONS', 'GRANTS', 'ROLE', 'ROLES', 'SCHEMAS', 'SESSION', 'STATS', 'TABLES'"},
		{"SHOW CREATE FOO", "SYNTAX_ERROR: line 1:13: mismatched input 'FOO'. Expecting: 'MATERIALIZED', 'SCHEMA', 'TABLE', 'VIEW'"},
		{"SHOW TABLES FOO", "SYNTAX_ERROR: line 1:13: mismatched input 'FOO'. Expecting: 'FROM', 'IN', 'LIKE', <EOF>"},
		{"SHOW COLUMNS", "SYNTAX_ERROR: line 1:13: mismatched input '<EOF>'. Expecting: 'FROM', 'IN'"},
		{"SHOW FUNCTIONS FOO", "SYNTAX_ERROR: line 1:16: mismatched input 'FOO'. Expecting: 'LIKE', <EOF>"},
		{"SHOW TABLES FROM a.b.c", "SYNTAX_ERROR: line 1:1: Too many parts in schema name: a.b.c"},
		{"SHOW TABLES FROM nosuch.x", "CATALOG_NOT_FOUND: line 1:1: Catalog 'nosuch' does not exist"},
		{"SHOW SCHEMAS FROM nosuch", "CATALOG_NOT_FOUND: Catalog 'nosuch' does not exist"},
		{"SHOW CREATE VIEW events", "NOT_SUPPORTED: line 1:1: Relation 'awsdatacatalog.acme_telemetry.events' is a table, not a view"},
		{"SHOW TABLES LIKE 'a' ESCAPE 'bb'", "INVALID_FUNCTION_ARGUMENT: Escape string must be a single character"},
		{"SHOW TABLES '[a'", "INVALID_FUNCTION_ARGUMENT: Invalid pattern of names '[a'"},
		{"DESCRIBE events quality", "NOT_SUPPORTED: line 1:17: DESCRIBE of a partition or a column is not supported by the local engine"},
		{"ALTER TABLE events PARTITION (year=1) ADD COLUMNS (x int)", "NOT_SUPPORTED: line 1:39: columns of one partition is not supported by the local engine"},
		{"ALTER SCHEMA nosuch SET DBPROPERTIES ('a'='b')", "SCHEMA_NOT_FOUND: line 1:1: Schema 'awsdatacatalog.nosuch' does not exist"},
		{"DESCRIBE", "SYNTAX_ERROR: line 1:9: mismatched input '<EOF>'. Expecting: 'INPUT', 'OUTPUT', <identifier>"},
		{"DESCRIBE nosuch.events", "SCHEMA_NOT_FOUND: line 1:1: Schema 'nosuch' does not exist"},
		{"EXPLAIN ANALYZE (FORMAT JSON) SELECT 1", "NOT_SUPPORTED: line 1:1: EXPLAIN ANALYZE with FORMAT JSON is not supported by the local engine"},
		{"EXPLAIN (TYPE", "SYNTAX_ERROR: line 1:14: mismatched input '<EOF>'. Expecting: 'DISTRIBUTED', 'IO', 'LOGICAL', 'VALIDATE'"},
		{"EXPLAIN SELECT 1 FROM", "SYNTAX_ERROR: line 1:22: mismatched input '<EOF>'. Expecting: '(', 'LATERAL', 'TABLE', 'UNNEST', <identifier>"},
		{"CREATE", "SYNTAX_ERROR: line 1:7: mismatched input '<EOF>'. Expecting: 'MATERIALIZED', 'OR', 'ROLE', 'SCHEMA', 'TABLE', 'VIEW'"},
		{"CREATE TABLE", "SYNTAX_ERROR: line 1:13: mismatched input '<EOF>'. Expecting: 'IF', <identifier>"},
		{"CREATE TABLE a", "SYNTAX_ERROR: line 1:15: mismatched input '<EOF>'. Expecting: '(', '.', 'AS', 'COMMENT', 'WITH'"},
		{"CREATE TABLE a AS", "SYNTAX_ERROR: line 1:18: mismatched input '<EOF>'. Expecting: '(', <query>"},
		{"CREATE OR REPLACE TABLE a AS SELECT 1 x", "SYNTAX_ERROR: line 1:19: mismatched input 'TABLE'. Expecting: 'MATERIALIZED', 'VIEW'"},
		{"CREATE VIEW v", "SYNTAX_ERROR: line 1:14: mismatched input '<EOF>'. Expecting: '.', 'AS', 'COMMENT', 'SECURITY'"},
		{"DROP FOO", "SYNTAX_ERROR: line 1:6: mismatched input 'FOO'. Expecting: 'MATERIALIZED', 'ROLE', 'SCHEMA', 'TABLE', 'VIEW'"},
		{"INSERT INTO a (b) ", "SYNTAX_ERROR: line 1:19: mismatched input '<EOF>'. Expecting: <query>"},
		{"PREPARE p", "SYNTAX_ERROR: line 1:10: mismatched input '<EOF>'. Expecting: 'FROM'"},
		{"EXECUTE p USING", "SYNTAX_ERROR: line 1:16: mismatched input '<EOF>'. Expecting: <expression>"},
		{"EXECUTE IMMEDIATE 'SELECT 1'", "SYNTAX_ERROR: line 1:19: mismatched input ''SELECT 1''. Expecting: 'USING', <EOF>"},
		{"EXECUTE p", "NOT_FOUND: Prepared statement not found: p"},
		{"PREPARE p FROM PREPARE q FROM SELECT 1", "NOT_SUPPORTED: Invalid statement type for prepared statement: PREPARE"},
		{"DELETE FROM events WHERE year = 1", "NOT_SUPPORTED: Modifying Hive table rows is only supported for transactional tables"},
		{"UPDATE events SET quality = 'x'", "NOT_SUPPORTED: Modifying Hive table rows is only supported for transactional tables"},
		{"GRANT SELECT ON events TO x", "NOT_SUPPORTED: line 1:1: Queries of this type are not supported"},
		{"CREATE TABLE events AS SELECT 1 x", "TABLE_ALREADY_EXISTS: line 1:1: Destination table 'awsdatacatalog.acme_telemetry.events' already exists"},
		{"CREATE TABLE a (x) AS SELECT 1 x, 2 y", "MISMATCHED_COLUMN_ALIASES: line 1:17: Column alias list has 1 entries but relation has 2 columns"},
		{"CREATE TABLE a (x, x) AS SELECT 1 x, 2 y", "DUPLICATE_COLUMN_NAME: line 1:20: Column name 'x' specified more than once"},
		{"CREATE TABLE nosuch.a AS SELECT 1 x", "SCHEMA_NOT_FOUND: Schema nosuch not found"},
		{"CREATE TABLE a AS SELECT uuid() x", "NOT_SUPPORTED: Unsupported Hive type: uuid"},
		{"CREATE TABLE a WITH (format = 'CSV') AS SELECT 1 x", "INVALID_TABLE_PROPERTY: Unable to set catalog 'awsdatacatalog' table property 'format' to ['CSV']: Invalid value [CSV]. Valid values: [ORC, PARQUET, AVRO, JSON, TEXTFILE]"},
		{"CREATE TABLE a WITH (partitioned_by = ARRAY['x']) AS SELECT 1 x, 2 y", "HIVE_COLUMN_ORDER_MISMATCH: Partition keys must be the last columns in the table and in the same order as the table properties: [x]"},
		{"INSERT INTO events (nosuch) VALUES 1", "COLUMN_NOT_FOUND: Insert column name does not exist in target table: nosuch"},
		{"INSERT INTO events (year, year) VALUES (1, 1)", "DUPLICATE_COLUMN_NAME: Insert column name is specified more than once: year"},
		{"INSERT INTO events (year, quality) VALUES ('1', 'x')", "TYPE_MISMATCH: Insert query has mismatched column types: Table: [integer, varchar], Query: [varchar(1), varchar(1)]"},
		{"DROP VIEW events", "GENERIC_USER_ERROR: line 1:1: View 'awsdatacatalog.acme_telemetry.events' does not exist, but a table with that name exists. Did you mean DROP TABLE awsdatacatalog.acme_telemetry.events?"},
		{"CREATE VIEW events AS SELECT 1 x", "TABLE_ALREADY_EXISTS: line 1:1: Table already exists: 'awsdatacatalog.acme_telemetry.events'"},
		{"DROP DATABASE acme_telemetry", "SCHEMA_NOT_EMPTY: line 1:1: Cannot drop non-empty schema 'acme_telemetry'"},
		{`SELECT * FROM "nosuch$partitions"`, `TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.acme_telemetry."nosuch$partitions"' does not exist`},
		{"SELECT * FROM information_schema.nosuch", "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.information_schema.nosuch' does not exist"},
		{"CREATE TABLE a AS SELECT ROW(1, 2) x", "NOT_SUPPORTED: Anonymous row type is not supported in Hive. Please give each field a name: row(integer, integer)"},
		{"CREATE TABLE a WITH (partitioned_by = ARRAY['nosuch']) AS SELECT 1 x, 2 y", "INVALID_TABLE_PROPERTY: Partition columns [nosuch] not present in schema"},
		{"CREATE TABLE a WITH (partitioned_by = ARRAY['x']) AS SELECT 1 x", "INVALID_TABLE_PROPERTY: Table contains only partition columns"},
		{"CREATE TABLE a WITH (partitioned_by = ARRAY['y']) AS SELECT 1 x, ARRAY[1] y", "NOT_SUPPORTED: Unsupported type [array(integer)] for partition: y"},
		{"SELECT ? + ?", "INVALID_PARAMETER_USAGE: line 1:1: Incorrect number of parameters: expected 2 but found 0"},
		{" SELECT ?", "INVALID_PARAMETER_USAGE: line 1:2: Incorrect number of parameters: expected 1 but found 0"},
	} {
		_, err := Understand(c.sql, Options{Database: "acme_telemetry", Catalog: testCatalog(t)})
		var e *Error
		if !errors.As(err, &e) || e.Error() != c.want {
			t.Errorf("%s\n got %v\nwant %s", c.sql, err, c.want)
		}
	}
}

// TestParameters binds values where ? stands, as literals with their own types.
func TestParameters(t *testing.T) {
	o := Options{Level: 483, Database: "acme_telemetry", Catalog: testCatalog(t)}
	for _, c := range []struct {
		sql    string
		params []string
		want   string // the first column's type, or an error
	}{
		{"SELECT ?", []string{"1"}, "integer"},
		{"SELECT ?", []string{"'abc'"}, "varchar(3)"},
		{"SELECT ? + 1", []string{"1.50"}, "decimal(13,2)"},
		{"SELECT ?", []string{"DATE '2025-08-11'"}, "date"},
		{"SELECT 1 LIMIT ?", []string{"5"}, "integer"},
		{"SELECT ? + 1", []string{"'x'"}, "TYPE_MISMATCH: line 1:10: Cannot apply operator: varchar(1) + integer"},
		{"SELECT 1 WHERE ?", []string{"1"}, "TYPE_MISMATCH: line 1:16: WHERE clause must evaluate to a boolean: actual type integer"},
		{"SELECT ?", []string{"1", "2"}, "INVALID_PARAMETER_USAGE: line 1:1: Incorrect number of parameters: expected 1 but found 2"},
		{"SELECT ?", []string{"abc"}, "EXPRESSION_NOT_CONSTANT: line 1:1: Constant expression cannot contain column references"},
		{"EXECUTE IMMEDIATE 'SELECT ? + ?' USING 1, 2", nil, "integer"},
		{"EXECUTE IMMEDIATE 'SELECT ? + ?' USING 1", nil, "INVALID_PARAMETER_USAGE: line 1:20: Incorrect number of parameters: expected 2 but found 1"},
		{"EXECUTE IMMEDIATE 'SELECT nosuch'", nil, "COLUMN_NOT_FOUND: line 1:27: Column 'nosuch' cannot be resolved"},
		{"EXECUTE IMMEDIATE 'SELECT ? + 1' USING 'x'", nil, "TYPE_MISMATCH: line 1:29: Cannot apply operator: varchar(1) + integer"},
	} {
		o.Params = c.params
		tr, err := Translate(c.sql, o)
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = tr.Columns[0].Type.String()
		}
		if got != c.want {
			t.Errorf("%s %q\n got %s\nwant %s", c.sql, c.params, got, c.want)
		}
	}
}

// Literals such as 1.5 are doubles where that is asked for, as Athena may be set.
func TestDoubleLiterals(t *testing.T) {
	for doubles, want := range map[bool]string{false: "decimal(2,1)", true: "double"} {
		tr, err := Translate("SELECT 1.5, ?", Options{Doubles: doubles, Params: []string{"2.5"}})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range tr.Columns {
			if c.Type.String() != want {
				t.Errorf("doubles %v: %s, want %s", doubles, c.Type, want)
			}
		}
	}
}

// A statement of Hive's shapes is answered as Athena's service does.
func TestHiveShapes(t *testing.T) {
	for sql, head := range map[string]string{
		"SHOW DATABASES": "database_name", "SHOW TABLES IN acme_telemetry 'ev.*'": "tab_name", "DESCRIBE FORMATTED events": "col_name",
		"SHOW TBLPROPERTIES `events`": "prpt_name", "SHOW VIEWS": "views", "SHOW COLUMNS IN events IN acme_telemetry": "field",
		"SHOW TABLES": "Table", "DESCRIBE events": "Column",
	} {
		tr, err := translateOf(t, sql)
		if err != nil {
			t.Errorf("%s: %v", sql, err)
		} else if tr.Columns[0].Name != head {
			t.Errorf("%s: %s, want %s", sql, tr.Columns[0].Name, head)
		}
	}
}

// The pattern behind SHOW DATABASES and SHOW VIEWS is Hive's, with LIKE and without;
// that behind SHOW TABLES LIKE is Trino's unless only Hive's has such characters.
func TestNamePatterns(t *testing.T) {
	for sql, want := range map[string]int{
		"SHOW DATABASES LIKE 'acme*'": 1, "SHOW DATABASES LIKE '[a-z0-9]*telemetry'": 1, "SHOW DATABASES 'x|acme_telemetry'": 1, "SHOW DATABASES LIKE 'acme%'": 0,
		"SHOW SCHEMAS LIKE 'acme*'": 1, "SHOW SCHEMAS LIKE 'acme%'": 1, "SHOW TABLES LIKE 'events'": 1, "SHOW TABLES LIKE 'EVENTS*'": 2, "SHOW TABLES LIKE 'event_'": 1,
		"SHOW TABLES 'events.*'": 2, "SHOW TABLES '*_parquet'": 1, "SHOW TABLES 'event_'": 0,
	} {
		tr, err := translateOf(t, sql)
		if err != nil {
			t.Errorf("%s: %v", sql, err)
		} else if got := strings.Count(tr.SQL, "('"); got != want {
			t.Errorf("%s: %s, want %d rows", sql, tr.SQL, want)
		}
	}
}

// SHOW PARTITIONS of a table whose partitions are projected lists those that were added.
func TestShowProjectedPartitions(t *testing.T) {
	const table = "CREATE EXTERNAL TABLE t (a int) PARTITIONED BY (y int, m string) LOCATION 's3://b/t/' TBLPROPERTIES ('projection.enabled'='TRUE', 'projection.y.type'='integer');"
	for ddl, want := range map[string]int{table: 0, table + "ALTER TABLE t ADD PARTITION (m='a', y=1)": 1} {
		tr, err := Translate("SHOW PARTITIONS t", Options{Database: "db", Catalog: catalogOf(t, "db", ddl)})
		if err != nil || strings.Count(tr.SQL, "'y=1/m=a'") != want || strings.Contains(tr.SQL, "acme_scan") {
			t.Errorf("%s: %v %v, want %d", ddl, tr, err, want)
		}
	}
}

// What SHOW CREATE TABLE prints makes the same table again.
func TestTableDDLRoundTrip(t *testing.T) {
	for _, name := range []string{"events", "events_parquet"} {
		want := testCatalog(t).Table("acme_telemetry", name)
		statements, err := ParseDDL(TableDDL(want))
		if err != nil {
			t.Fatalf("%v\n%s", err, TableDDL(want))
		}
		got := statements[0].(*CreateTable).Table
		if TableDDL(&got) != TableDDL(want) || strings.Contains(TableDDL(want), "``") {
			t.Errorf("got\n%s\nwant\n%s", TableDDL(&got), TableDDL(want))
		}
	}
}

// The partitions of a table are read as a table of their own, whose filter is the
// table's.
func TestPartitionList(t *testing.T) {
	tr, err := translateOf(t, `SELECT *, "$partition" FROM "events$partitions" WHERE year = 2025`)
	if err != nil {
		t.Fatal(err)
	}
	if s := tr.Scans[0]; !s.Listing || !s.Path || !strings.Contains(s.Filter, "year") || len(tr.Columns) != 5 {
		t.Errorf("%+v, %+v", s, tr.Columns)
	}
}
