package dialect

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// Hive's strings have escapes, in either kind of quotes.
func TestHiveStrings(t *testing.T) {
	for _, c := range []struct{ sql, want string }{
		{`'a\tb'`, "a\tb"}, {`"a\"b"`, `a"b`}, {`'it\'s'`, "it's"}, {`'\\'`, `\`}, {`'\001'`, "\x01"}, {`'\u0001'`, "\x01"},
		{`'\u00e9'`, "é"}, {`'([^ ]*) \"(.*)\" \\[x\\]'`, `([^ ]*) "(.*)" \[x\]`}, {`'\%\_'`, `\%\_`}, {`'\q'`, "q"}, {`'a' 'b'`, "ab"}, {`'a''b'`, "ab"},
	} {
		statements, err := ParseDDL("CREATE EXTERNAL TABLE t (a int) COMMENT " + c.sql)
		if err != nil {
			t.Errorf("%s: %v", c.sql, err)
		} else if got := statements[0].(*CreateTable).Table.Comment; got != c.want {
			t.Errorf("%s is %q, want %q", c.sql, got, c.want)
		}
	}
}

// Every clause of CREATE EXTERNAL TABLE, in another order than usual.
func TestCreateTableClauses(t *testing.T) {
	statements, err := ParseDDL("CREATE EXTERNAL TABLE IF NOT EXISTS `My-DB`.`9lives` (" +
		"`date` date COMMENT 'day', `select` array<map<string,struct<a:decimal(5,2),`end`:char(3)>>>, b binary, t tinyint, s smallint, f float, n decimal, v varchar(7))" + `
		COMMENT "all"
		PARTITIONED BY (y int COMMENT 'year', m string)
		CLUSTERED BY (t, s) SORTED BY (t DESC) INTO 8 BUCKETS
		ROW FORMAT DELIMITED FIELDS TERMINATED BY '\t' ESCAPED BY '\\' COLLECTION ITEMS TERMINATED BY '|' MAP KEYS TERMINATED BY ':' LINES TERMINATED BY '\n' NULL DEFINED AS '-'
		STORED AS TEXTFILE
		LOCATION 's3://b/x/'
		TBLPROPERTIES ('skip.header.line.count'='2');`)
	if err != nil {
		t.Fatal(err)
	}
	got := statements[0].(*CreateTable)
	types := []string{}
	for _, c := range got.Table.Columns {
		types = append(types, c.Name+" "+c.Type.String())
	}
	want := []string{"date date", "select array(map(varchar, row(a decimal(5,2), end char(3))))", "b varbinary", "t tinyint", "s smallint", "f real", "n decimal(10,0)", "v varchar(7)"}
	if !reflect.DeepEqual(types, want) {
		t.Errorf("columns %q", types)
	}
	tab := got.Table
	if !got.IfNotExists || tab.Database != "my-db" || tab.Name != "9lives" || fmt.Sprint(tab.BucketedBy, tab.Buckets) != "[t s] 8" || len(tab.Partitions) != 2 || tab.Format != "TEXTFILE" {
		t.Errorf("table %+v", tab)
	}
	properties := map[string]string{"field.delim": "\t", "escape.delim": `\`, "collection.delim": "|", "mapkey.delim": ":", "line.delim": "\n", "serialization.null.format": "-"}
	if !reflect.DeepEqual(tab.SerDeProperties, properties) {
		t.Errorf("properties %q", tab.SerDeProperties)
	}
}

// A name in backquotes is a database's and a table's where it has a dot, and a field may
// be called as the guide's table for AWS Network Firewall has it.
func TestGuideNames(t *testing.T) {
	statements, err := ParseDDL("CREATE EXTERNAL TABLE `tpch100.orders_partitioned` (event struct<timestamp:string,`end`:int>) PARTITIONED BY (`a.b` int); MSCK REPAIR TABLE `tpch100.orders_partitioned`")
	if err != nil {
		t.Fatal(err)
	}
	c, err := NewCatalog("db", statements...)
	if err != nil {
		t.Fatal(err)
	}
	tab := c.Table("tpch100", "orders_partitioned")
	if tab == nil || tab.Columns[0].Type.String() != "row(timestamp varchar, end integer)" || tab.Partitions[0].Name != "a.b" {
		t.Fatalf("table %+v", tab)
	}
	for _, sql := range []string{"SHOW CREATE TABLE `tpch100.orders_partitioned`", "DESCRIBE `tpch100.orders_partitioned`", "SHOW COLUMNS IN `tpch100.orders_partitioned`"} {
		if _, err := Translate(sql, Options{Database: "db", Catalog: c}); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

// A file of DDL may go on with what changes a table, and with what takes one away.
func TestChangesInDDL(t *testing.T) {
	const table = "CREATE DATABASE d; CREATE EXTERNAL TABLE d.t (a int) PARTITIONED BY (y int) LOCATION 's3://b/t/'; CREATE EXTERNAL TABLE u (a int) LOCATION 's3://b/u/';"
	catalog := func(sql string) (Catalog, error) {
		statements, err := ParseDDL(table + sql)
		if err != nil {
			return nil, err
		}
		return NewCatalog("db", statements...)
	}
	c, err := catalog("ALTER TABLE d.t ADD COLUMNS (b string); ALTER TABLE `d.t` SET TBLPROPERTIES ('skip.header.line.count'='1'); ALTER TABLE d.t ADD PARTITION (y=1);" +
		"ALTER TABLE d.t PARTITION (y=1) SET LOCATION 's3://b/one'; ALTER TABLE u SET LOCATION 's3://b/v/'; ALTER TABLE u REPLACE COLUMNS (c double);" +
		"ALTER DATABASE d SET DBPROPERTIES ('a'='b'); DROP TABLE IF EXISTS nosuch; CREATE EXTERNAL TABLE w (a int) LOCATION 's3://b/w/'; DROP TABLE w")
	if err != nil {
		t.Fatal(err)
	}
	got, u := c.Table("d", "t"), c.Table("db", "u")
	if len(got.Columns) != 2 || got.Columns[1].Name != "b" || got.TableProperties["skip.header.line.count"] != "1" || fmt.Sprint(got.Added) != "[{[1] s3://b/one/}]" {
		t.Errorf("table %+v", got)
	}
	if u.Location != "s3://b/v/" || len(u.Columns) != 1 || u.Columns[0].Name != "c" || c.Table("db", "w") != nil {
		t.Errorf("table %+v", u)
	}
	for sql, want := range map[string]string{
		"ALTER TABLE nosuch SET LOCATION 's3://b/x/'": "Table 'db.nosuch' does not exist", "DROP TABLE nosuch": "Table 'db.nosuch' does not exist",
		"DROP DATABASE d": "Cannot drop non-empty schema 'd'", "ALTER DATABASE nosuch SET DBPROPERTIES ('a'='b')": "Schema 'nosuch' does not exist",
		"ALTER TABLE u ADD COLUMNS (A int)": "Column name 'a' specified more than once", "ALTER TABLE u RENAME TO v": "ALTER TABLE RENAME is not supported",
		"ALTER TABLE d.t PARTITION (y=1) ADD COLUMNS (b int)": "columns of one partition is not supported",
	} {
		if _, err := catalog(sql); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", sql, err, want)
		}
	}
}

// ADD PARTITION keeps values and places with the table.
func TestAddedPartitions(t *testing.T) {
	const table = "CREATE EXTERNAL TABLE t (a int) PARTITIONED BY (y int, m string) LOCATION 's3://b/t/';"
	for _, c := range []struct{ sql, want string }{
		{"ALTER TABLE t ADD PARTITION (m='08', y=2025) LOCATION 's3://b/elsewhere/' PARTITION (y=2025, m='09')", "[{[2025 08] s3://b/elsewhere/} {[2025 09] }]"},
		{"ALTER TABLE t ADD PARTITION (y=1, m='1'); ALTER TABLE t ADD IF NOT EXISTS PARTITION (y=1, m='1') LOCATION 's3://x/'", "[{[1 1] }]"},
		{"ALTER TABLE t ADD PARTITION (y=1, m='1'); ALTER TABLE t ADD PARTITION (y=1, m='1')", "FAILED: line 1:129: Partition already exists"},
		{"ALTER TABLE t ADD PARTITION (y=1)", "FAILED: line 1:87: partition spec (y) does not contain all partition columns of db.t"},
	} {
		statements, err := ParseDDL(table + c.sql)
		if err != nil {
			t.Fatal(err)
		}
		catalog, err := NewCatalog("db", statements...)
		got := fmt.Sprint(err)
		if err == nil {
			got = fmt.Sprint(catalog.Table("db", "t").Added)
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.sql, got, c.want)
		}
	}
}

// A file of DDL is as long as it is; a statement of it is as long as Athena's may be.
func TestLongDDL(t *testing.T) {
	long := "SELECT '" + strings.Repeat("x", maxText/3) + ";' AS x"
	src := strings.Repeat("CREATE OR REPLACE VIEW v AS "+long+";\n", 5) + "CREATE EXTERNAL TABLE t (a string COMMENT 'it\\'s') LOCATION 's3://b/t/'"
	statements, err := ParseDDL(src)
	if err != nil || len(statements) != 6 {
		t.Fatalf("%d statements, %v", len(statements), err)
	}
	for sql, want := range map[string]string{
		"CREATE DATABASE d;\n CREATE VIEW v AS SELECT '" + strings.Repeat("x", maxText) + "' AS x": "QUERY_TEXT_TOO_LARGE: Query text length (262175) exceeds the maximum length (262144)",
		strings.Repeat(" ", maxDDL+1): "QUERY_TEXT_TOO_LARGE: Query text length (16777217) exceeds the maximum length (16777216)",
	} {
		if _, err := ParseDDL(sql); err == nil || err.Error() != want {
			t.Errorf("%.60s: %v, want %s", sql, err, want)
		}
	}
}

// A view among Hive's statements is Trino's grammar: its strings, its semicolons, its
// columns by the release that is asked for.
func TestViewInDDL(t *testing.T) {
	statements, err := ParseDDL(`CREATE EXTERNAL TABLE t (a string COMMENT "it's", d decimal(10,2)) LOCATION 's3://b/t/';
CREATE OR REPLACE VIEW v AS SELECT a || ';''\' AS x, "d" / 3 AS y FROM t; -- next
CREATE EXTERNAL TABLE u (b string COMMENT 'a\'b') LOCATION 's3://b/u/'`)
	if err != nil || len(statements) != 3 {
		t.Fatalf("%d statements, %v", len(statements), err)
	}
	for _, level := range []int{401, 483} {
		c, err := NewCatalogAt(level, "db", statements...)
		if err != nil {
			t.Fatal(err)
		}
		v := c.Table("db", "v")
		tr, err := Translate("SELECT * FROM v", Options{Level: level, Database: "db", Catalog: c})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := tr.Columns[1].Type.String(), v.Columns[1].Type.String(); got != want {
			t.Errorf("%d: a reader sees %s, the catalog has %s", level, got, want)
		}
		if u := c.Table("db", "u"); u == nil || u.Columns[0].Comment != "a'b" {
			t.Errorf("what follows the view: %v", u)
		}
	}
	for sql, want := range map[string]string{
		"CREATE VIEW v AS SELECT FROM":                                   "SYNTAX_ERROR: line 1:25: mismatched input 'FROM'",
		"CREATE VIEW v AS SELECT 1 x y; CREATE EXTERNAL TABLE t (a int)": "SYNTAX_ERROR: line 1:29: mismatched input 'y'",
	} {
		if _, err := ParseDDL(sql); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", sql, err, want)
		}
	}
	statements, _ = ParseDDL("CREATE VIEW v AS SELECT 1 AS x; CREATE VIEW v AS SELECT 2 AS x")
	if _, err := NewCatalog("db", statements...); err == nil || !strings.Contains(err.Error(), "View already exists") {
		t.Errorf("the same view twice: %v", err)
	}
}
