package duckdb

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"acme/telemetry/engine/dialect"
	"acme/telemetry/engine/query"
)

// asked answers a statement of Athena's over tables of a DDL in a lake of objects,
// at noon of 2024-03-02.
func asked(t *testing.T, ddl string, objects map[string]string, sql string) string {
	t.Helper()
	st := memory(t)
	putAll(t, st, objects)
	e, err := Open(Config{Spill: t.TempDir(), DDL: ddl, Database: "db"}, Deps{Store: st,
		Clock: func() time.Time { return time.Date(2024, 3, 2, 12, 0, 0, 0, time.UTC) }})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	rows, _, err := all(t.Context(), e, sql)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(rows)
}

const lineTable = "CREATE EXTERNAL TABLE t (a string) %s ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' LOCATION '%s' %s;"

// A location is all that lies under it, wherever the lake keeps its bucket.
func TestLocations(t *testing.T) {
	objects := map[string]string{
		"x/1.csv": "one\n", "x/deep/er/2.csv": "two\n", "x/_hidden/3.csv": "no\n", "x/deep/.4.csv": "no\n", "xx/5.csv": "no\n",
		"other/x/6.csv": "six\n",
	}
	for location, want := range map[string]string{
		"s3://b/x/": "[[one] [two]]", "s3://b/x": "[[one] [two]]", "s3a://b/x/": "[[one] [two]]", "s3://other/x/": "[[six]]", "x/": "[[one] [two]]", "./x/deep": "[[two]]",
		"s3://b/nosuch/": "[]", "../x/": "lies outside the lake", "file:///etc/": "lies outside the lake", "ftp://b/x/": "must be s3://BUCKET/PREFIX/",
		"S3://b/x//deep/": "[[two]]", "s3://b//x": "[[one] [two]]", "arn:aws:s3:::b/x": "must be s3://BUCKET/PREFIX/",
	} {
		if got := asked(t, fmt.Sprintf(lineTable, "", location, ""), objects, "SELECT a FROM t ORDER BY a"); !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", location, got, want)
		}
	}
	if got := asked(t, fmt.Sprintf(lineTable, "", "S3://b/x//deep", ""), objects, `SELECT "$path" FROM t`); got != "[[s3://b/x/deep/er/2.csv]]" {
		t.Errorf("path: %s", got)
	}
}

// Values of every type that a folder may name.
func TestPartitionTypes(t *testing.T) {
	for typ, c := range map[string][2]string{
		"tinyint": {"7", "7"}, "smallint": {"-300", "-300"}, "int": {"08", "8"}, "bigint": {"3000000000", "3000000000"}, "boolean": {"TRUE", "true"}, "double": {"1.5", "1.5"},
		"float": {"0.5", "0.5"}, "date": {"2024-02-29", "2024-02-29"}, "timestamp": {"2024-02-29 01%3A02%3A03.5", "2024-02-29 01:02:03.500"}, "string": {"a%2Fb", "a/b"}, "char(3)": {"x", "x  "},
		"varchar(9)": {"__HIVE_DEFAULT_PARTITION__", "<nil>"},
	} {
		got := asked(t, fmt.Sprintf(lineTable, "PARTITIONED BY (p "+typ+")", "s3://b/x/", ""), map[string]string{"x/p=" + c[0] + "/f.csv": "a\n", "x/q=1/f.csv": "no\n"}, "SELECT p FROM t")
		if got != "[["+c[1]+"]]" {
			t.Errorf("%s: %s, want %s", typ, got, c[1])
		}
	}
	if got := asked(t, fmt.Sprintf(lineTable, "PARTITIONED BY (p int)", "s3://b/x/", ""), map[string]string{"x/p=z/f.csv": "a\n"}, "SELECT p FROM t"); got != "HIVE_INVALID_PARTITION_VALUE: Invalid partition value 'z' for INTEGER partition key: p: x/p=z/f.csv" {
		t.Error(got)
	}
}

// A partition that was added lies where it was said to.
func TestAddedPartitionsAreRead(t *testing.T) {
	objects := map[string]string{"x/y=1/f.csv": "one\n", "x/y=2/f.csv": "no\n", "else/where/f.csv": "two\n", "x/2024/f.csv": "three\n"}
	ddl := fmt.Sprintf(lineTable, "PARTITIONED BY (y int)", "s3://b/x/", "") +
		"ALTER TABLE t ADD PARTITION (y = 2) LOCATION 's3://b/else/' PARTITION (y = 3) LOCATION 's3://b/x/2024/' PARTITION (y = 1)"
	if got := asked(t, ddl, objects, "SELECT y, a FROM t ORDER BY y"); got != "[[1 one] [2 two] [3 three]]" {
		t.Error(got)
	}
	if got := asked(t, ddl, objects, "SELECT a FROM t WHERE y > 2"); got != "[[three]]" {
		t.Error(got)
	}
}

func TestProjection(t *testing.T) {
	objects := map[string]string{
		"x/eu/2024/03/01/f.csv": "a\n", "x/us/2024/03/02/f.csv": "b\n", "x/us/2024/03/03/f.csv": "later\n", "x/cn/2024/03/01/f.csv": "unknown\n", "x/us/2024/02/01/f.csv": "c\n",
		"n/p=007/f.csv": "seven\n", "n/p=8/f.csv": "eight\n", "n/p=010/f.csv": "ten\n", "d/2024-03-02-11/f.csv": "eleven\n", "d/2024-03-02-12/f.csv": "noon\n", "d/2024-03-02-13/f.csv": "later\n",
		"m/p=2024-02/f.csv": "feb\n", "m/p=2024-03/f.csv": "mar\n", "j/acct1/f.csv": "one\n", "j/acct2/f.csv": "two\n",
	}
	const logs = "PARTITIONED BY (region string, day string)|TBLPROPERTIES ('projection.enabled'='true', 'projection.region.type'='enum', 'projection.region.values'='eu,us', " +
		"'projection.day.type'='date', 'projection.day.format'='yyyy/MM/dd', 'projection.day.range'='2024/02/01,NOW', 'storage.location.template'='s3://b/x/${region}/${day}')"
	const numbers = "PARTITIONED BY (p int)|TBLPROPERTIES ('projection.enabled'='TRUE', 'projection.p.type'='integer', 'projection.p.range'='1,20', 'projection.p.digits'='3')"
	const hours = "PARTITIONED BY (p timestamp)|TBLPROPERTIES ('projection.enabled'='true', 'projection.p.type'='date', 'projection.p.format'='yyyy-MM-dd-HH', 'projection.p.range'='NOW-1DAYS,NOW', " +
		"'projection.p.interval'='1', 'projection.p.interval.unit'='HOURS', 'storage.location.template'='s3://b/d/${p}/')"
	const months = "PARTITIONED BY (p string)|TBLPROPERTIES ('projection.enabled'='true', 'projection.p.type'='date', 'projection.p.format'='yyyy-MM', 'projection.p.range'='NOW-3YEARS,NOW')"
	const injected = "PARTITIONED BY (p string)|TBLPROPERTIES ('projection.enabled'='true', 'projection.p.type'='injected', 'storage.location.template'='s3://b/j/${p}')"
	const needs = "CONSTRAINT_VIOLATION: For the injected projected partition column p, the WHERE clause must contain only static equality conditions, and at least one such condition must be present."
	for _, c := range []struct{ table, location, sql, want string }{
		{logs, "x", "SELECT region, day, a FROM t ORDER BY a", "[[eu 2024/03/01 a] [us 2024/03/02 b] [us 2024/02/01 c]]"},
		{logs, "x", "SELECT a FROM t WHERE region = 'us' AND day >= '2024/03'", "[[b]]"},
		{logs, "x", "SELECT a FROM t WHERE region = 'cn'", "[]"},
		{numbers, "n", "SELECT p, a FROM t ORDER BY p", "[[7 seven] [10 ten]]"}, {numbers, "n", "SELECT a FROM t WHERE p > 8", "[[ten]]"},
		{hours, "d", "SELECT p, a FROM t ORDER BY p", "[[2024-03-02 11:00:00.000 eleven] [2024-03-02 12:00:00.000 noon]]"},
		{months, "m", "SELECT p, a FROM t ORDER BY p", "[[2024-02 feb] [2024-03 mar]]"},
		{injected, "j", "SELECT p, a FROM t WHERE p = 'acct2'", "[[acct2 two]]"}, {injected, "j", "SELECT a FROM t WHERE p IN ('acct1', 'acct2', 'x') ORDER BY a", "[[one] [two]]"},
		{injected, "j", "SELECT a FROM t", needs}, {injected, "j", "SELECT a FROM t WHERE p > 'acct1'", needs}, {injected, "j", "SELECT a FROM t WHERE p <> 'acct1'", needs},
		{injected, "j", "SELECT a FROM t WHERE p BETWEEN 'acct1' AND 'acct2'", needs}, {injected, "j", "SELECT a FROM t WHERE a = 'one'", needs},
		{strings.Replace(numbers, "1,20", "1", 1), "n", "SELECT p FROM t", "INVALID_TABLE_PROPERTY: the table db.t: projection.p.range is \"1\": it must be two values with a comma between"},
		{strings.Replace(months, "'projection.p.type'='date',", "", 1), "m", "SELECT p FROM t", "HIVE_METASTORE_ERROR: Table db.t is configured for partition projection, but the following partition columns are missing projection configuration: [p] (table db.t)"},
		{strings.NewReplacer("'true'", "'TRUE'", "'integer'", "' Integer '").Replace(numbers), "n", "SELECT p, a FROM t ORDER BY p", "[[7 seven] [10 ten]]"},
		{strings.Replace(hours, "'projection.p.interval.unit'='HOURS', ", "", 1), "d", "SELECT p FROM t", "INVALID_TABLE_PROPERTY: the table db.t: projection.p.interval.unit must be set where the format is finer than a day"},
	} {
		partitions, properties, _ := strings.Cut(c.table, "|")
		if got := asked(t, fmt.Sprintf(lineTable, partitions, "s3://b/"+c.location+"/", properties), objects, c.sql); got != c.want {
			t.Errorf("%s: %s, want %s", c.sql, got, c.want)
		}
	}
}

func TestEscapedPartitionNames(t *testing.T) {
	table := &dialect.Table{Partitions: []dialect.Column{{Name: "a"}, {Name: "b"}}}
	if got := folderName(table, []string{"x y", "1:2/3"}); got != "a=x y/b=1%3A2%2F3" {
		t.Error(got)
	}
	if _, err := typedValue(dialect.Column{Name: "p", Type: dialect.Type{Kind: dialect.UUID}}, "1"); err.(*query.Error).Name != "NOT_SUPPORTED" {
		t.Error(err)
	}
}
