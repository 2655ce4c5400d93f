package duckdb

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
)

type nestedRow struct {
	ID     int32             `parquet:"ID"`
	Day    int32             `parquet:"day"`
	Tags   []string          `parquet:"tags,list"`
	Bare   []int32           `parquet:"bare"`
	Props  map[string]int32  `parquet:"props"`
	Who    nestedWho         `parquet:"Who"`
	Steps  []nestedStep      `parquet:"steps,list"`
	Raw    []byte            `parquet:"raw"`
	Micros int64             `parquet:"micros,timestamp(microsecond)"`
	Old    deprecated.Int96  `parquet:"old"`
	Real   float32           `parquet:"real"`
	Names  map[string]string `parquet:"names,optional"`
}

type nestedWho struct {
	Name string  `parquet:"Name,optional"`
	Age  int32   `parquet:"age"`
	More float64 `parquet:"more"`
}

type nestedStep struct {
	At   int64             `parquet:"at,timestamp(microsecond)"`
	Note map[string][]byte `parquet:"note"`
}

func nestedFile(t *testing.T) string {
	var out bytes.Buffer
	w := parquet.NewGenericWriter[nestedRow](&out)
	rows := []nestedRow{
		{ID: 1, Day: 19724, Tags: []string{"a", "b"}, Bare: []int32{1, 2}, Props: map[string]int32{"k": 5}, Who: nestedWho{"Ann", 30, 1.5}, Steps: []nestedStep{{1500, map[string][]byte{"n": {0xff, 'x'}}}},
			Raw: []byte{0xff, 0}, Micros: 1_000_500, Old: deprecated.Int96{0, 0, 2440589}, Real: 0.5, Names: map[string]string{"x": "y"}},
		{ID: 2, Micros: -500, Old: deprecated.Int96{1_499_999, 0, 2440588}},
	}
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// Columns with parts, found by name whatever their case; parts that a file has not
// are NULL, and what is finer than a column's type is rounded into it.
func TestNestedParquet(t *testing.T) {
	const ddl = "CREATE EXTERNAL TABLE t (id bigint, tags array<string>, bare array<bigint>, props map<string,bigint>, who struct<age:int,name:varchar(2),missing:string>, " +
		"steps array<struct<note:map<string,binary>,at:timestamp>>, raw binary, micros timestamp, old timestamp, `real` double, names map<string,string>, missing array<struct<a:int>>, day date) STORED AS PARQUET LOCATION 's3://b/x/'"
	objects := map[string]string{"x/f.parquet": nestedFile(t)}
	for sql, want := range map[string]string{
		"SELECT id, tags, bare FROM t ORDER BY id":                                    "[[1 [a b] [1 2]] [2 [] []]]",
		"SELECT day FROM t ORDER BY id":                                               "[[2024-01-02] [1970-01-01]]",
		"SELECT props, who, names FROM t ORDER BY id":                                 "[[[{k 5}] [30 An <nil>] [{x y}]] [[] [0 <nil> <nil>] <nil>]]",
		"SELECT steps FROM t ORDER BY id":                                             "[[[[[{n [255 120]}] 1970-01-01 00:00:00.002]]] [[]]]",
		"SELECT raw, length(raw) FROM t WHERE id = 1":                                 "[[[255 0] 2]]",
		"SELECT micros, old, \"real\" FROM t ORDER BY id":                             "[[1970-01-01 00:00:01.001 1970-01-02 00:00:00.000 0.5] [1970-01-01 00:00:00.000 1970-01-01 00:00:00.001 0]]",
		"SELECT missing, who.missing FROM t WHERE id = 1":                             "[[<nil> <nil>]]",
		"SELECT \"$file_size\" > 100, \"$path\" FROM t WHERE id = 1":                  "[[true s3://b/x/f.parquet]]",
		"SELECT x.note FROM t CROSS JOIN UNNEST(steps) AS x(note, at)":                "[[[{n [255 120]}]]]",
		"SELECT sum(cardinality(tags)) FROM t":                                        "[[2]]",
		"SELECT count(*) FROM t WHERE who.name = 'An' AND element_at(props, 'k') = 5": "[[1]]",
	} {
		if got := asked(t, ddl, objects, sql); got != want {
			t.Errorf("%s: %s, want %s", sql, got, want)
		}
	}
	byPlace := strings.TrimSuffix(ddl, ";") + " TBLPROPERTIES ('parquet.column.index.access'='true')"
	if got := asked(t, byPlace, objects, "SELECT id FROM t"); !strings.Contains(got, "NOT_SUPPORTED: parquet.column.index.access") {
		t.Error(got)
	}
	for column, want := range map[string]string{
		"tags map<string,string>":            "Field tags's type group in parquet file s3://b/x/f.parquet is incompatible with type map(varchar, varchar) defined in table schema",
		"tags string":                        "Field tags's type group in parquet file s3://b/x/f.parquet is incompatible with type varchar",
		"who struct<age:string>":             "Field age's type INT32 in parquet file s3://b/x/f.parquet is incompatible with type varchar",
		"steps array<array<int>>":            "is incompatible with type array(integer)",
		"props map<int,bigint>":              "Field props's type BYTE_ARRAY in parquet file s3://b/x/f.parquet is incompatible with type integer",
		"id array<int>":                      "Field id's type INT32 in parquet file s3://b/x/f.parquet is incompatible with type array(integer)",
		"micros struct<a:int>":               "incompatible with type row(a integer)",
		"steps array<struct<at:array<int>>>": "Field at's type INT64",
	} {
		name, _, _ := strings.Cut(column, " ")
		got := asked(t, fmt.Sprintf("CREATE EXTERNAL TABLE t (%s) STORED AS PARQUET LOCATION 's3://b/x/'", column), objects, "SELECT "+name+" FROM t")
		if !strings.Contains(got, "HIVE_BAD_DATA") || !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", column, got, want)
		}
	}
}
