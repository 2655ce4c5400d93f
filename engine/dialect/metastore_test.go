package dialect

import (
	"encoding/json"
	"errors"
	"testing"
)

// changed applies statements to the test's catalog, one after another, each after a
// way through the form that is kept.
func changed(t *testing.T, statements ...string) *Metastore {
	t.Helper()
	m := NewMetastore(testCatalog(t))
	for _, sql := range statements {
		plan, err := Understand(sql, Options{Database: "acme_telemetry", Catalog: m})
		if err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		next, err := m.Apply(plan)
		if err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		text, err := json.Marshal(next)
		if err != nil {
			t.Fatal(err)
		}
		if m, err = LoadMetastore(testCatalog(t), text); err != nil {
			t.Fatalf("%s: %v\n%s", sql, err, text)
		}
	}
	return m
}

// TestMetastore makes, changes and drops what a catalog has.
func TestMetastore(t *testing.T) {
	m := changed(t,
		"CREATE DATABASE d2",
		"CREATE EXTERNAL TABLE d2.t (a int, s struct<x:int,y:array<string>>) PARTITIONED BY (dt string) STORED AS PARQUET LOCATION 's3://b/t'",
		"ALTER TABLE d2.t ADD PARTITION (dt = '2025-01-01') LOCATION 's3://b/elsewhere'",
		"ALTER TABLE d2.t ADD COLUMNS (b string)",
		"ALTER TABLE d2.t SET TBLPROPERTIES ('k' = 'it\\'s')",
		"ALTER TABLE d2.t DROP PARTITION (dt = '2024-01-01')",
		"CREATE VIEW d2.v AS SELECT quality, now() AS at, map(ARRAY['a'], ARRAY[1]) AS m FROM events",
		"PREPARE p FROM SELECT * FROM d2.t WHERE a = ?",
		"DROP TABLE events_parquet",
	)
	table := m.Table("d2", "t")
	if table == nil || len(table.Columns) != 3 || table.TableProperties["k"] != "it's" || table.Location != "s3://b/t/" ||
		len(table.Added) != 1 || table.Added[0].Location != "s3://b/elsewhere/" || len(table.Removed) != 1 {
		t.Errorf("table: %+v", table)
	}
	if m.Table("acme_telemetry", "events_parquet") != nil {
		t.Error("a dropped table is still there")
	}
	o := Options{Database: "acme_telemetry", Catalog: m}
	tr, err := Translate("SELECT v.quality, v.m FROM d2.v", o)
	if err != nil || tr.Columns[1].Type.String() != "map(varchar(1), integer)" {
		t.Errorf("view: %+v, %v", tr, err)
	}
	tr, err = Translate("EXECUTE p USING 7", o)
	if err != nil || len(tr.Scans) != 1 {
		t.Errorf("prepared: %+v, %v", tr, err)
	}
}

// TestViews has Trino's errors for views that do not fit what they read any more.
func TestViews(t *testing.T) {
	make := []string{"CREATE EXTERNAL TABLE t (a int) LOCATION 's3://b/t/'", "CREATE VIEW v AS SELECT * FROM t", "CREATE VIEW w AS SELECT a AS x FROM v"}
	for _, c := range []struct {
		then []string
		sql  string
		want string
	}{
		{nil, "SELECT v.a, acme_telemetry.v.a FROM v", ""},
		{nil, "CREATE OR REPLACE VIEW v AS SELECT * FROM v", "VIEW_IS_RECURSIVE: line 1:43: Statement would create a recursive view"},
		{nil, "CREATE OR REPLACE VIEW v AS SELECT x AS a FROM w", "INVALID_VIEW: line 1:48: Failed analyzing stored view 'awsdatacatalog.acme_telemetry.w': line 1:20: Statement would create a recursive view"},
		{nil, "CREATE VIEW v AS SELECT 1 x", "TABLE_ALREADY_EXISTS: line 1:1: View already exists: 'awsdatacatalog.acme_telemetry.v'"},
		{nil, "INSERT INTO v VALUES 1", "NOT_SUPPORTED: line 1:1: Inserting into views is not supported"},
		{nil, "DROP TABLE v", "GENERIC_USER_ERROR: line 1:1: Table 'awsdatacatalog.acme_telemetry.v' does not exist, but a view with that name exists. Did you mean DROP VIEW awsdatacatalog.acme_telemetry.v?"},
		{nil, "SHOW CREATE TABLE v", "NOT_SUPPORTED: line 1:1: Relation 'awsdatacatalog.acme_telemetry.v' is a view, not a table"},
		{[]string{"DROP TABLE t"}, "SELECT 1 FROM v", "INVALID_VIEW: line 1:15: Failed analyzing stored view 'awsdatacatalog.acme_telemetry.v': line 1:15: Table 'awsdatacatalog.acme_telemetry.t' does not exist"},
		{[]string{"ALTER TABLE t REPLACE COLUMNS (a string)"}, "SELECT 1 FROM v", "VIEW_IS_STALE: line 1:15: View 'awsdatacatalog.acme_telemetry.v' is stale or in invalid state: column [a] of type varchar projected from query view at position 0 cannot be coerced to column [a] of type integer stored in view definition"},
		{[]string{"ALTER TABLE t REPLACE COLUMNS (a bigint)"}, "SELECT a FROM v", ""},
		{[]string{"ALTER TABLE t REPLACE COLUMNS (b int)"}, "SELECT 1 FROM v", "VIEW_IS_STALE: line 1:15: View 'awsdatacatalog.acme_telemetry.v' is stale or in invalid state: column [b] of type integer projected from query view at position 0 has a different name from column [a] of type integer stored in view definition"},
		{[]string{"ALTER TABLE t ADD COLUMNS (b int)"}, "SELECT 1 FROM v", "VIEW_IS_STALE: line 1:15: View 'awsdatacatalog.acme_telemetry.v' is stale or in invalid state: stored view column count (1) does not match column count derived from the view query analysis (2)"},
	} {
		m := changed(t, append(append([]string{}, make...), c.then...)...)
		_, err := Understand(c.sql, Options{Database: "acme_telemetry", Catalog: m, Level: 483})
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.sql, got, c.want)
		}
	}
}

// A partition that is there already is an error, as a specification that is not whole.
func TestPartitionErrors(t *testing.T) {
	m := changed(t, "CREATE EXTERNAL TABLE t (a int) PARTITIONED BY (y int, m int) LOCATION 's3://b/t/'", "ALTER TABLE t ADD PARTITION (m = 1, y = 2025)")
	for sql, want := range map[string]string{
		"ALTER TABLE t ADD PARTITION (y = 2025, m = 1)":               "ALREADY_EXISTS: line 1:1: Partition already exists: [2025, 1]",
		"ALTER TABLE t ADD IF NOT EXISTS PARTITION (y = 2025, m = 1)": "",
		"ALTER TABLE t ADD PARTITION (y = 2025)":                      "GENERIC_USER_ERROR: line 1:1: partition spec (y) doesn't contain all (2) partition columns",
	} {
		plan, err := Understand(sql, Options{Database: "acme_telemetry", Catalog: m})
		if err != nil {
			t.Fatal(err)
		}
		_, err = m.Apply(plan)
		var e *Error
		if want == "" && err != nil || want != "" && (!errors.As(err, &e) || e.Error() != want) {
			t.Errorf("%s: got %v, want %s", sql, err, want)
		}
	}
}
