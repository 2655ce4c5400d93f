package dialect

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const testDDL = `
CREATE DATABASE IF NOT EXISTS acme_telemetry COMMENT 'events';
CREATE EXTERNAL TABLE IF NOT EXISTS ` + "`acme_telemetry`.`events`" + ` (
  ` + "`event_id`" + ` string COMMENT 'identifier', customer_id string, session_id string, title_id string, event_type string, event_timestamp string,
  watch_duration_seconds int, buffering_events int, completion_percentage double, bandwidth_mbps double, quality string, device_type string,
  tags array<string>, extra struct<a:int,b:map<string,double>>
)
PARTITIONED BY (year int, month int, day int, hour int)
ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' WITH SERDEPROPERTIES ('ignore.malformed.json' = 'true')
STORED AS INPUTFORMAT 'org.apache.hadoop.mapred.TextInputFormat' OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'
LOCATION 's3://bucket/telemetry/'
TBLPROPERTIES ('projection.enabled' = 'true');
CREATE EXTERNAL TABLE acme_telemetry.events_parquet (event_id string, quality string) PARTITIONED BY (year int, month int) STORED AS PARQUET LOCATION 's3://bucket/p/';
MSCK REPAIR TABLE acme_telemetry.events;
ALTER TABLE acme_telemetry.events ADD IF NOT EXISTS PARTITION (year = 2025, month = '08', day = 1, hour = 2) LOCATION 's3://bucket/x/' PARTITION (year = 2025, month = 9, day = 1, hour = 2)`

func testCatalog(t testing.TB) Catalog { return catalogOf(t, "acme_telemetry", testDDL) }

// catalogOf makes a catalog of DDL, where database is that of names without one.
func catalogOf(t testing.TB, database, ddl string) Catalog {
	t.Helper()
	statements, err := ParseDDL(ddl)
	if err != nil {
		t.Fatal(err)
	}
	c, err := NewCatalog(database, statements...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func translateOf(t testing.TB, sql string) (*Translation, error) {
	t.Helper()
	return Translate(sql, Options{Database: "acme_telemetry", Catalog: testCatalog(t)})
}

func TestDDL(t *testing.T) {
	statements, err := ParseDDL(testDDL)
	if err != nil {
		t.Fatal(err)
	}
	if len(statements) != 5 {
		t.Fatalf("%d statements", len(statements))
	}
	events := testCatalog(t).Table("acme_telemetry", "events")
	if events.Format != "JSON" || events.SerDeProperties["ignore.malformed.json"] != "true" || events.TableProperties["projection.enabled"] != "true" ||
		events.Location != "s3://bucket/telemetry/" || !events.External || len(events.Partitions) != 4 || events.Columns[0].Comment != "identifier" {
		t.Errorf("events: %+v", events)
	}
	if got := events.Columns[13].Type.String(); got != "row(a integer, b map(varchar, double))" {
		t.Errorf("struct: %s", got)
	}
	if p := testCatalog(t).Table("acme_telemetry", "events_parquet"); p.Format != "PARQUET" {
		t.Errorf("parquet: %+v", p)
	}
	add := statements[4].(*AddPartition)
	if len(add.Partitions) != 2 || add.Partitions[0].Location != "s3://bucket/x/" || !slices.Equal(add.Partitions[0].Values, []string{"2025", "08", "1", "2"}) {
		t.Errorf("partitions: %+v", add)
	}
}

// Hive's strings may stand in either kind of quotes.
func TestDDLDoubleQuotes(t *testing.T) {
	const ddl = `CREATE EXTERNAL TABLE t (a string COMMENT "the 'a'") ROW FORMAT SERDE "org.openx.data.jsonserde.JsonSerDe"
		WITH SERDEPROPERTIES ("ignore.malformed.json" = "true") LOCATION "s3://bucket/t/" TBLPROPERTIES ("classification"="json")`
	statements, err := ParseDDL(ddl)
	if err != nil {
		t.Fatal(err)
	}
	c, err := NewCatalog("db", statements...)
	if err != nil {
		t.Fatal(err)
	}
	got := c.Table("db", "t")
	if got.SerDe != "org.openx.data.jsonserde.JsonSerDe" || got.Location != "s3://bucket/t/" || got.SerDeProperties["ignore.malformed.json"] != "true" ||
		got.TableProperties["classification"] != "json" || got.Columns[0].Comment != "the 'a'" {
		t.Errorf("table: %+v", got)
	}
}

func TestDDLErrors(t *testing.T) {
	for _, c := range []struct{ sql, want string }{
		{"CREATE EXTERNAL TABLE t (a strin)", "ParseException line 1:27 cannot recognize input near 'strin' ')' '<EOF>' in column type"},
		{"create external table t (\n a int,\n date string)", "ParseException line 3:1 cannot recognize input near 'date' 'string' ')' in column specification"},
		{"create table user (id int)", "ParseException line 1:13 cannot recognize input near 'user' '(' 'id' in table name"},
		{"CREATE EXTERNAL TABLE t (a int) STORED AS PARQUET LOCATION 's3://b/t/' nonsense", "ParseException line 1:71 missing EOF at 'nonsense' near ''s3://b/t/''"},
		{"CREATE EXTERNAL TABLE t (a decimal(39,2))", "line 1:28: Decimal precision out of allowed range [1,38]"},
		{"CREATE EXTERNAL TABLE t (a varchar(0))", "line 1:28: varchar length 0 out of allowed range [1, 65535]"},
		{"CREATE EXTERNAL TABLE t (a int) CLUSTERED BY (b) INTO 4 BUCKETS", "line 1:1: Bucketing column 'b' does not exist"},
		{"CREATE TABLE t (a int) TBLPROPERTIES ('table_type'='ICEBERG')", "line 1:1: an Iceberg table is not supported by the local engine"},
		{"CREATE EXTERNAL TABLE t (a int, A string)", "line 1:1: Column name 'a' specified more than once"},
		{"CREATE TABLE t a int)", "ParseException line 1:15 cannot recognize input near 'a' 'int' ')'"},
		{"CREATE EXTERNAL TABLE t (s struct<end:int>)", "ParseException line 1:34 cannot recognize input near 'end' ':' 'int' in column type"},
		{"TRUNCATE TABLE t", "ParseException line 1:0 cannot recognize input near 'TRUNCATE' 'TABLE' 't'"},
		{"CREATE EXTERNAL TABLE t (a array<" + strings.Repeat("array<", 400) + "int", "line 1:1228: statement is too large (stack overflow during analysis)"},
	} {
		_, err := ParseDDL(c.sql)
		var e *Error
		if !errors.As(err, &e) || e.Message != c.want {
			t.Errorf("%.60s: got %v, want %s", c.sql, err, c.want)
		}
	}
	for _, sql := range []string{"MSCK REPAIR TABLE nosuch", "CREATE TABLE t (a int); CREATE TABLE t (a int)"} {
		statements, err := ParseDDL(sql)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := NewCatalog("db", statements...); err == nil {
			t.Errorf("%s: accepted", sql)
		}
	}
}

// TestErrors has what Trino says, to the letter, and our hints.
func TestErrors(t *testing.T) {
	for _, c := range []struct{ sql, name, message, hint string }{
		{"SELECT nosuch", "COLUMN_NOT_FOUND", "line 1:8: Column 'nosuch' cannot be resolved", ""},
		{"SELECT bandwith_mbps FROM events", "COLUMN_NOT_FOUND", "line 1:8: Column 'bandwith_mbps' cannot be resolved", "did you mean bandwidth_mbps?"},
		{"SELECT * FROM evnets", "TABLE_NOT_FOUND", "line 1:15: Table 'awsdatacatalog.acme_telemetry.evnets' does not exist", "did you mean events?"},
		{"SELECT * FROM nodb.events", "SCHEMA_NOT_FOUND", "line 1:15: Schema 'nodb' does not exist", ""},
		{"SELECT median(1)", "FUNCTION_NOT_FOUND", "line 1:8: Function 'median' not registered", "Athena calls it approx_percentile(x, 0.5)"},
		{"SELECT lenght('a')", "FUNCTION_NOT_FOUND", "line 1:8: Function 'lenght' not registered", "did you mean length?"},
		{"SELECT '1'=1", "TYPE_MISMATCH", "line 1:11: Cannot apply operator: varchar(1) = integer", "Athena does not convert between text and numbers; write 1 without quotes"},
		{"SELECT 1='2025-08-01'", "TYPE_MISMATCH", "line 1:9: Cannot apply operator: integer = varchar(10)", "Athena does not convert between text and numbers; write CAST(... AS ...)"},
		{"SELECT 'a'=1", "TYPE_MISMATCH", "line 1:11: Cannot apply operator: varchar(1) = integer", "Athena does not convert between text and numbers; write CAST(... AS ...)"},
		{"SELECT 1 FROM events WHERE year = '2025'", "TYPE_MISMATCH", "line 1:33: Cannot apply operator: integer = varchar(4)", "Athena does not convert between text and numbers; write 2025 without quotes"},
		{"SELECT 1 WHERE 1", "TYPE_MISMATCH", "line 1:16: WHERE clause must evaluate to a boolean: actual type integer", ""},
		{"SELECT quality q, count(*) FROM events GROUP BY q", "COLUMN_NOT_FOUND", "line 1:49: Column 'q' cannot be resolved", "Athena takes no alias in GROUP BY; repeat the expression: GROUP BY quality"},
		{"SELECT quality, count(*) FROM events", "EXPRESSION_NOT_AGGREGATE", "line 1:8: 'quality' must be an aggregate expression or appear in GROUP BY clause", "add it to GROUP BY, or take one of its values: arbitrary(quality)"},
		{"SELECT a.x FROM (VALUES 1) a (x) JOIN (VALUES 1) b (x) ON x = 1", "AMBIGUOUS_NAME", "line 1:59: Column 'x' is ambiguous", ""},
		{"SELECT 1 LIMIT 1 OFFSET 1", "SYNTAX_ERROR", "line 1:18: mismatched input 'OFFSET'. Expecting: <EOF>", "Athena takes OFFSET before LIMIT"},
		{"SELECT CAST(1 AS string)", "TYPE_MISMATCH", "line 1:8: Unknown type: string", "in queries Athena's text type is varchar; string is of its DDL"},
		{"SELECT DATE '2025-08-11' + 1", "TYPE_MISMATCH", "line 1:26: Cannot apply operator: date + integer", "write an interval: + INTERVAL '1' DAY, or date_add('day', 1, ...)"},
		{"SELECT `x` FROM events", "SYNTAX_ERROR", "line 1:8: backquoted identifiers are not supported; use double quotes to quote identifiers", ""},
	} {
		_, err := translateOf(t, c.sql)
		var e *Error
		if !errors.As(err, &e) || e.Name != c.name || e.Message != c.message || e.Hint != c.hint || e.Ours {
			t.Errorf("%s\n got %+v\nwant %+v", c.sql, err, c)
		}
	}
}

// TestRefusals has what Athena answers and we do not: by name, with a position.
func TestRefusals(t *testing.T) {
	for _, c := range []struct{ sql, message string }{
		{"SELECT (SELECT x FROM (VALUES 1, 2) AS u (x) WHERE x = y LIMIT 2) FROM (VALUES 1) AS t (y)", "line 1:9: this shape of correlated subquery is not supported by the local engine"},
		{"SELECT TRY(json_object('a' : 1, 'a' : 2))", "line 1:8: TRY around a JSON_OBJECT whose keys may repeat is not supported by the local engine"},
		{"SELECT\n  shuffle(ARRAY[1])", "line 2:3: function shuffle is not supported by the local engine"},
		{"SELECT ARRAY[TIMESTAMP '2025-01-01 00:00:00.123456789 Asia/Tokyo', TIMESTAMP '2025-01-01 00:00:00 UTC']", "line 1:68: timestamp(9) with time zone in several time zones is not supported by the local engine"},
		{"SELECT CAST(TIME '01:02:03 +02:00' AS timestamp with time zone)", "line 1:8: a cast from time(0) with time zone to timestamp(3) with time zone, which takes the day on which it runs, is not supported by the local engine"},
		{"SELECT greatest(TIMESTAMP '2025-01-01 00:00:00 Asia/Tokyo', TIMESTAMP '2025-01-01 00:00:00 UTC')", "line 1:8: greatest of values of type timestamp(0) with time zone that carry their zones is not supported by the local engine"},
	} {
		_, err := translateOf(t, c.sql)
		var e *Error
		if !errors.As(err, &e) || !e.Ours || e.Name != "NOT_SUPPORTED" || e.Message != c.message {
			t.Errorf("%s\n got %v\nwant %s", c.sql, err, c.message)
		}
	}
}

func TestPercentileHint(t *testing.T) {
	sql, err := os.ReadFile("../../sql/samples/quality_of_service.sql")
	if err != nil {
		t.Fatal(err)
	}
	_, err = translateOf(t, string(sql))
	var e *Error
	if !errors.As(err, &e) || e.Name != "SYNTAX_ERROR" || e.Message != "line 5:39: mismatched input '('. Expecting: 'BY'" ||
		e.Hint != "Athena has no PERCENTILE_CONT; write approx_percentile(bandwidth_mbps, 0.5)" || e.Line != 5 || e.Column != 39 {
		t.Errorf("got %+v", err)
	}
}

func TestSamples(t *testing.T) {
	for name, want := range map[string]string{
		"realtime_metrics":           "active_users bigint, total_events bigint, avg_bandwidth double, total_hours_watched decimal(21,1)",
		"content_performance":        "title_id varchar, viewers bigint, avg_completion double, completions bigint",
		"quality_of_service_offered": "quality varchar, device_type varchar, avg_buffering double, median_bandwidth double, p95_bandwidth double",
		"user_behavior":              "user_segment varchar(17), user_count bigint, avg_sessions double, avg_titles double",
	} {
		sql, err := os.ReadFile(filepath.Join("../../sql/samples", name+".sql"))
		if err != nil {
			t.Fatal(err)
		}
		tr, err := translateOf(t, strings.ReplaceAll(string(sql), "video_telemetry_json", "events"))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := columns(tr); got != want {
			t.Errorf("%s: columns %s", name, got)
		}
		if !strings.Contains(tr.Scans[0].Filter, `"year" = 2025`) {
			t.Errorf("%s: filter %q", name, tr.Scans[0].Filter)
		}
	}
}

func columns(tr *Translation) string {
	var out []string
	for _, c := range tr.Columns {
		out = append(out, c.Name+" "+c.Type.String())
	}
	return strings.Join(out, ", ")
}

// TestScans holds what a scan is asked for: the columns read and no more, and
// the predicate over partitions that must hold.
func TestScans(t *testing.T) {
	for _, c := range []struct{ sql, columns, filter string }{
		{"SELECT count(*) FROM events", "", ""},
		{"SELECT quality FROM events WHERE year = 2025 AND bandwidth_mbps > 3 AND month IN (7, 8)", "bandwidth_mbps,quality", `("year" = 2025) AND ("month" IN (7, 8))`},
		{"SELECT count(*) FROM events WHERE year = 2025 OR quality = 'HD'", "quality", ""},
		{"SELECT count(*) FROM events WHERE year = 2025 OR month = 8", "", `(("year" = 2025) OR ("month" = 8))`},
		{"SELECT count(*) FROM events WHERE NOT year = 2024 AND day BETWEEN 1 AND 7", "", `(NOT ("year" = 2024)) AND (("day" >= 1) AND ("day" <= 7))`},
		{"SELECT count(*) FROM events WHERE year + 1 = 2026", "", ""},
		{"WITH t AS (SELECT * FROM events WHERE year = 2025) SELECT quality FROM t WHERE month = 8", "quality", `("year" = 2025) AND ("month" = 8)`},
		{"WITH events AS (SELECT * FROM acme_telemetry.events WHERE year = 2025) SELECT device_type, count(*) FROM events GROUP BY 1", "device_type", `("year" = 2025)`},
		{"WITH t AS (SELECT * FROM events) SELECT (SELECT count(*) FROM t WHERE day = 1), (SELECT count(*) FROM t WHERE day = 2)", "", `((("day" = 1)) OR (("day" = 2)))`},
		{"WITH t AS (SELECT * FROM events) SELECT (SELECT count(*) FROM t WHERE day = 1), (SELECT count(*) FROM t)", "", ""},
		{"SELECT n FROM (SELECT year AS y, count(*) AS n FROM events GROUP BY year) WHERE y = 2025", "", `("year" = 2025)`},
		{"SELECT r FROM (SELECT year AS y, rank() OVER (ORDER BY day) AS r FROM events) WHERE y = 2025", "", ""},
		{"SELECT y FROM (SELECT year AS y FROM events LIMIT 5) WHERE y = 2025", "", ""},
		{"SELECT x FROM (VALUES 1) v (x) LEFT JOIN events ON year = 2025 AND x = 1", "", `("year" = 2025)`},
		{"SELECT x FROM events LEFT JOIN (VALUES 1) v (x) ON year = 2025", "", ""},
		{`SELECT "$path" FROM events WHERE hour = 17`, "", `("hour" = 17)`},
	} {
		tr, err := translateOf(t, c.sql)
		if err != nil {
			t.Errorf("%s: %v", c.sql, err)
			continue
		}
		s := tr.Scans[0]
		if got := strings.Join(s.Columns, ","); got != c.columns || s.Filter != c.filter {
			t.Errorf("%s\ncolumns %q filter %q\n   want %q        %q\n%s", c.sql, got, s.Filter, c.columns, c.filter, tr.SQL)
		}
		if s.Path != strings.Contains(c.sql, "$path") {
			t.Errorf("%s: path %v", c.sql, s.Path)
		}
	}
}

func TestColumns(t *testing.T) {
	for sql, want := range map[string]string{
		"SELECT 1, 1.5, 'a' AS B, NULL":                                       "_col0 integer, _col1 decimal(2,1), B varchar(1), _col3 unknown",
		"SELECT sum(x) / 3600.0, avg(x) FROM (VALUES BIGINT '1') t (x)":       "_col0 decimal(21,1), _col1 double",
		"SELECT x, x FROM (VALUES 1) t (x)":                                   "x integer, x integer",
		"SELECT now(), DATE '2025-01-01' - DATE '2024-01-01'":                 "_col0 timestamp(3) with time zone, _col1 interval day to second",
		"SELECT ARRAY[1, 2.5], MAP(ARRAY['a'], ARRAY[1]), ROW(1, 'x')":        "_col0 array(decimal(11,1)), _col1 map(varchar(1), integer), _col2 row(integer, varchar(1))",
		"SELECT t.* FROM (VALUES (1, 'a')) t (x, y)":                          "x integer, y varchar(1)",
		"SELECT round(1.25, 1), 7 / 2, 7 % 2.5, concat('a', 'b'), -9.5e0":     "_col0 decimal(4,2), _col1 integer, _col2 decimal(2,1), _col3 varchar, _col4 double",
		"SELECT from_iso8601_timestamp('2025-08-11T17:33:47+02:00') AS \"T\"": "T timestamp(3) with time zone",
	} {
		tr, err := translateOf(t, sql)
		if err != nil {
			t.Errorf("%s: %v", sql, err)
		} else if got := columns(tr); got != want {
			t.Errorf("%s\n got %s\nwant %s", sql, got, want)
		}
	}
	tr, err := translateOf(t, "SELECT TIMESTAMP '2025-08-11 00:00:00' AT TIME ZONE 'Europe/Berlin'")
	if err != nil || tr.Columns[0].Zone != "Europe/Berlin" {
		t.Errorf("zone: %+v %v", tr, err)
	}
	tr, err = Translate("SELECT DECIMAL '1' / DECIMAL '3'", Options{Level: 483})
	if err != nil || tr.Columns[0].Type.String() != "decimal(7,6)" {
		t.Errorf("release 483: %+v %v", tr, err)
	}
}

// TestLimits holds that no text ends the program or takes long.
func TestLimits(t *testing.T) {
	deep := func(open, in, close string, n int) string {
		return strings.Repeat(open, n) + in + strings.Repeat(close, n)
	}
	for _, sql := range []string{
		"SELECT " + deep("(", "1", ")", 20000),
		"SELECT " + deep("(SELECT ", "1", ")", 5000),
		"SELECT " + deep("((SELECT ", "1", ") + 1)", 4000),
		"SELECT " + deep("NOT ", "true", "", 10000),
		"SELECT " + deep("- ", "x", "", 20000),
		"SELECT " + deep("CASE WHEN true THEN ", "1", " END", 2000),
		"SELECT 1" + strings.Repeat(" + 1", 15000),
		"SELECT 1" + strings.Repeat(" UNION SELECT 1", 4000),
		"SELECT * FROM " + deep("(", "t", ")", 20000),
		"SELECT * FROM t" + strings.Repeat(" JOIN t ON true", 4000),
		"SELECT " + deep("ARRAY[", "1", "]", 9000),
		"SELECT CAST(1 AS " + deep("array(", "integer", ")", 9000) + ")",
		"SELECT x" + strings.Repeat("[1]", 20000),
		strings.Repeat("x", 70000),
	} {
		if _, err := translateOf(t, sql); err == nil {
			t.Errorf("%.40s...: accepted", sql)
		}
	}
	// A function whose lowering names its argument often must not grow without bound.
	nested := "1.5e0"
	for range 60 {
		nested = "greatest(" + nested + ", 2e0)"
	}
	if _, err := translateOf(t, "SELECT "+nested); err == nil {
		t.Error("60 nested calls: accepted")
	}
	if tr, err := translateOf(t, "SELECT 1 WHERE 1 IN (1"+strings.Repeat(", 1", 10000)+")"); err != nil || len(tr.SQL) > 200000 {
		t.Errorf("a list of 10,000: %v", err)
	}
}

func TestSemicolon(t *testing.T) {
	for sql, ok := range map[string]bool{"SELECT 1;": true, "SELECT 1 ; -- end": true, "SELECT ';'": true, "SELECT 1;;": false, "SELECT 1; SELECT 2": false} {
		if _, err := translateOf(t, sql); (err == nil) != ok {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

func TestDocumentation(t *testing.T) {
	docs := Documentation()
	if len(docs) < 400 {
		t.Errorf("%d functions", len(docs))
	}
	for _, d := range docs {
		if d.Doc == "" || d.Category == "" || len(d.Signatures) == 0 && d.Refused == "" {
			t.Errorf("%s: no doc, no category or no signature: %+v", d.Name, d)
		}
	}
}

// TestFunctionsOnce has no name twice in the table, where the later would hide
// the earlier.
func TestFunctionsOnce(t *testing.T) {
	seen := map[string]string{}
	for _, list := range functionLists() {
		for _, f := range list.functions {
			for _, name := range strings.Split(f.name, " ") {
				if seen[name] != "" {
					t.Errorf("%s is in %s and in %s", name, seen[name], list.category)
				}
				seen[name] = list.category
			}
		}
	}
}

func TestRuntimeError(t *testing.T) {
	for text, want := range map[string]string{
		"Invalid Input Error: API error: [[DIVISION_BY_ZERO]] Division by zero":                                                     "DIVISION_BY_ZERO: Division by zero",
		"Out of Range Error: Overflow in addition of INT32 (2147483647 + 1)!":                                                       "NUMERIC_VALUE_OUT_OF_RANGE: integer addition overflow: 2147483647 + 1",
		"Conversion Error: Type INT64 with value 300 can't be cast because the value is out of range for the destination type INT8": "NUMERIC_VALUE_OUT_OF_RANGE: Out of range for tinyint: 300",
		"Out of Range Error: Overflow in multiplication of DECIMAL(38) (1 * 2)":                                                     "NUMERIC_VALUE_OUT_OF_RANGE: Decimal overflow",
		"Invalid Input Error: More than one row returned by a subquery used as an expression":                                       "SUBQUERY_MULTIPLE_ROWS: Scalar sub-query has returned multiple rows",
	} {
		if e := RuntimeError(text); e == nil || e.Error() != want {
			t.Errorf("%s\n got %v\nwant %s", text, e, want)
		}
	}
	if e := RuntimeError("Binder Error: no such function"); e != nil {
		t.Errorf("a binder error is no error of the statement: %v", e)
	}
}
