package serde_test

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"

	"acme/telemetry/engine/serde"
	"acme/telemetry/schema"
)

// probe is the table of the measured answers: (a varchar, b integer, c double).
var probe = []serde.Column{{Name: "a", Type: serde.Of(serde.String)}, {Name: "b", Type: serde.Of(serde.Int)}, {Name: "c", Type: serde.Of(serde.Double)}}

func pack(members ...string) []byte {
	var out bytes.Buffer
	for _, m := range members {
		w := gzip.NewWriter(&out)
		w.Write([]byte(m))
		w.Close()
	}
	return out.Bytes()
}

// read gives the rows of an object as text, as the tables of this test write
// them, and what was counted.
func read(columns []serde.Column, o serde.Options, name string, body []byte) ([]string, serde.Stats, error) {
	project := make([]int, len(columns))
	for i := range project {
		project[i] = i
	}
	r, err := serde.New(columns, project, o)
	if err != nil {
		return nil, serde.Stats{}, err
	}
	r.Open(name, bytes.NewReader(body))
	var rows []string
	for {
		b, err := r.Next()
		if err == io.EOF {
			return rows, r.Stats(), nil
		}
		if err != nil {
			return rows, r.Stats(), err
		}
		for i := range b.Rows {
			rows = append(rows, row(b, i))
		}
	}
}

func row(b *serde.Batch, i int) string {
	var out []string
	for c := range b.Columns {
		out = append(out, cell(&b.Columns[c], i))
	}
	return "(" + strings.Join(out, ", ") + ")"
}

func cell(v *serde.Vector, i int) string {
	if v.IsNull(i) {
		return "NULL"
	}
	switch v.Column.Type.Kind {
	case serde.TinyInt, serde.SmallInt, serde.Int, serde.Date:
		return fmt.Sprint(v.Ints[i])
	case serde.BigInt, serde.Timestamp:
		return fmt.Sprint(v.BigInts[i])
	case serde.Decimal:
		if v.Wide != nil {
			return fmt.Sprint(v.Wide[i])
		}
		return fmt.Sprint(v.BigInts[i])
	case serde.Real, serde.Double:
		if d := v.Doubles[i]; d == math.Trunc(d) && math.Abs(d) < 1e9 {
			return fmt.Sprintf("%.1f", d)
		}
		return fmt.Sprint(v.Doubles[i])
	case serde.Boolean:
		return fmt.Sprint(v.Bools[i])
	case serde.List, serde.Map, serde.Struct:
		return nestedCell(v, i)
	}
	return fmt.Sprintf("%q", v.Bytes(i))
}

func nestedCell(v *serde.Vector, i int) string {
	var out []string
	if v.Column.Type.Kind == serde.Struct {
		for p := range v.Parts {
			out = append(out, v.Parts[p].Column.Name+":"+cell(&v.Parts[p], i))
		}
		return "{" + strings.Join(out, " ") + "}"
	}
	for k := int(v.Offsets[i]); k < int(v.Offsets[i+1]); k++ {
		item := cell(&v.Parts[0], k)
		if v.Column.Type.Kind == serde.Map {
			item += "=" + cell(&v.Parts[1], k)
		}
		out = append(out, item)
	}
	return "[" + strings.Join(out, " ") + "]"
}

// object is the n-th object of the measured files.
func object(n int) string { return fmt.Sprintf(`{"a":"s%d","b":%d,"c":%d.5}`, n, n, n) }

func objects(from, to int, between string) string {
	var out []string
	for n := from; n <= to; n++ {
		out = append(out, object(n))
	}
	return strings.Join(out, between)
}

const (
	s1      = `("s1", 1, 1.5)`
	allNull = `(NULL, NULL, NULL)`
	failed  = "error"
)

// The first line of each file, and what Athena's engine answered for it: with
// ignore.malformed.json, and without where that differs. The good second line
// is read in every case that does not fail.
var firstLines = []struct{ line, strict, ignoring string }{
	{`{"a":"s1","b":1,"c":1.5}`, s1, ""},
	{`{"a":"s1","b":1`, failed, allNull},
	{`not json`, allNull, ""},
	{``, allNull, ""},
	{`   `, allNull, ""},
	{`{}`, allNull, ""},
	{`{"a":"s1"}`, `("s1", NULL, NULL)`, ""},
	{`{"a":null,"b":null,"c":null}`, allNull, ""},
	{`{"a":"s1","b":1,"c":1.5,"zz":9}`, s1, ""},
	{`{"a":"first","a":"second","b":1,"b":2,"c":1.5}`, `("second", 2, 1.5)`, ""},
	{`{"A":"s1","B":1,"C":1.5}`, s1, ""},
	{`{"a":"low","A":"up","b":1,"B":2}`, `("up", 2, NULL)`, ""},
	{`{"A":"up","a":"low","B":2,"b":1}`, `("low", 1, NULL)`, ""},
	{`{"a":"s1","b":"7","c":"2.5"}`, `("s1", 7, 2.5)`, ""},
	{`{"a":"s1","b":"seven","c":"x"}`, `("s1", NULL, NULL)`, ""},
	{`{"a":"","b":"","c":""}`, `("", NULL, NULL)`, ""},
	{`{"a":"s1","b":7.9,"c":2}`, `("s1", 7, 2.0)`, ""},
	{`{"b":-7.9}`, `(NULL, -7, NULL)`, ""},
	{`{"b":"7.9"}`, `(NULL, 7, NULL)`, ""},
	{`{"a":"s1","b":3000000000,"c":1e400}`, `("s1", NULL, +Inf)`, ""},
	{`{"a":true,"b":true,"c":false}`, `("true", NULL, NULL)`, ""},
	{`{"a":12,"b":1,"c":1.5}`, `("12", 1, 1.5)`, ""},
	{`{"a":1.50,"b":1,"c":1.5}`, `("1.50", 1, 1.5)`, ""},
	{`{"a":1e2}`, `("1E+2", NULL, NULL)`, ""},
	{`{"a":{"x":1, "y":[1,2]},"b":1,"c":1.5}`, `("{\"x\":1,\"y\":[1,2]}", 1, 1.5)`, ""},
	{`{"a":[1,2],"b":1}`, `("[1,2]", 1, NULL)`, ""},
	{`{"a":"s1","b":{"x":1},"c":1.5}`, failed, failed},
	{`{"a":"s1","b":1,"c":1.5}{"a":"s2","b":2,"c":2.5}`, s1, ""},
	{`{"a":"s1","b":1,"c":1.5} {"a":"s2","b":2,"c":2.5}`, s1, ""},
	{`{"a":"s1","b":1,"c":1.5}garbage`, s1, ""},
	{`{"a":"s1","b":1,}`, failed, allNull},
	{`  {"a":"s1","b":1}`, `("s1", 1, NULL)`, ""},
	{`{"a":"s1","b":1},`, `("s1", 1, NULL)`, ""},
	{`[{"a":"s1"}]`, `("{\"a\":\"s1\"}", NULL, NULL)`, ""},
	{`["s1",1,1.5]`, s1, ""},
	{`5`, allNull, ""},
	{`"x"`, allNull, ""},
	{`null`, allNull, ""},
	{`{a:s1,b:1}`, `("s1", 1, NULL)`, ""},
	{`{'a':'s1','b':1}`, `("s1", 1, NULL)`, ""},
	{`{"a":"s1" /* c */,"b":1}`, `("s1", 1, NULL)`, ""},
	{`{"a":"s1","b":1,"c":NaN}`, `("s1", 1, NaN)`, ""},
	{`{"a"="s1";"b"=1}`, `("s1", 1, NULL)`, ""},
	{`{"a":"x\u00e9\ty\\","b":1}`, `("xé\ty\\", 1, NULL)`, ""},
	{`{"a":"\ud83d\ude00"}`, `("😀", NULL, NULL)`, ""},
	{`{"a":"x\u0000y"}`, `("x\x00y", NULL, NULL)`, ""},
}

func TestLinesAsMeasured(t *testing.T) {
	for _, c := range firstLines {
		if c.ignoring == "" {
			c.ignoring = c.strict
		}
		for _, o := range []serde.Options{{}, {IgnoreMalformed: true}} {
			want := c.strict
			if o.IgnoreMalformed {
				want = c.ignoring
			}
			body := c.line + "\n" + `{"a":"next","b":99,"c":9.5}` + "\n"
			rows, _, err := read(probe, o, "f.gz", pack(body))
			if want == failed {
				if err == nil || !strings.Contains(err.Error(), "reading f.gz, line 1: ") {
					t.Errorf("%s (ignoring %t): rows %v, error %v; want an error at line 1 of f.gz", c.line, o.IgnoreMalformed, rows, err)
				}
				continue
			}
			if err != nil || len(rows) != 2 || rows[0] != want || rows[1] != `("next", 99, 9.5)` {
				t.Errorf("%s (ignoring %t): rows %v, error %v; want %s", c.line, o.IgnoreMalformed, rows, err, want)
			}
		}
	}
}

func TestFilesAsMeasured(t *testing.T) {
	each := make([]string, 100)
	ended := make([]string, 100)
	for i := range each {
		each[i] = object(i + 1)
		ended[i] = object(i+1) + "\n"
	}
	threeOfTen := objects(1, 10, "") + "\n" + objects(11, 20, "") + "\n" + objects(21, 30, "") + "\n"
	pretty := "{\n\"a\":\"s1\",\n\"b\":1,\n\"c\":1.5\n}\n"
	tests := []struct {
		what, name string
		body       []byte
		rows       int
		first      string // or failed
		unseen     int64
		strictFail bool
	}{
		{what: "100 objects, no byte between", body: pack(objects(1, 100, "")), rows: 1, first: s1, unseen: 99},
		{what: "3 lines of 10", body: pack(threeOfTen), rows: 3, first: s1, unseen: 27},
		{what: "100 on a line, a space between", body: pack(objects(1, 100, " ") + "\n"), rows: 1, first: s1, unseen: 99},
		{what: "100 members, a line each", body: pack(ended...), rows: 100, first: s1},
		{what: "100 members, no line end", body: pack(each...), rows: 1, first: s1, unseen: 99},
		{what: "CRLF", body: pack(objects(1, 3, "\r\n") + "\r\n"), rows: 3, first: s1},
		{what: "CR alone", body: pack(objects(1, 3, "\r")), rows: 3, first: s1},
		{what: "byte order mark", body: pack("\xef\xbb\xbf" + objects(1, 2, "\n")), rows: 2, first: s1},
		{what: "gzip cut short", body: cut(pack(objects(1, 5000, "\n"))), first: failed},
		{what: "gzip named .json", name: "f.json", body: pack(object(1)), rows: 1, first: allNull},
		{what: "gzip named .GZ", name: "f.GZ", body: pack(object(1)), rows: 1, first: allNull},
		{what: "an array of objects", body: pack("[" + objects(1, 2, ",") + "]"), first: failed},
		{what: "plain named .gz", body: []byte(object(1)), first: failed},
		{what: "nothing, named .gz", body: nil, rows: 0}, // Trino's LinePageSourceFactory, not measured
		{what: "plain", name: "f.json", body: []byte(objects(1, 2, "\n")), rows: 2, first: s1},
		{what: "nothing, plain", name: "f.json", rows: 0},
		{what: "a member of nothing", body: pack(""), rows: 0},
		{what: "an array over 5 lines", body: pack("[\n" + objects(1, 2, ",\n") + "\n]\n"), rows: 4, first: allNull, strictFail: true},
		{what: "an object over 5 lines", body: pack(pretty), rows: 5, first: allNull, strictFail: true},
		{what: "garbage behind the last member", body: append(pack(object(1)), "GARBAGE"...), first: failed},
		{what: "zeros behind the last member", body: append(pack(object(1)), make([]byte, 64)...), first: failed},
	}
	for _, c := range tests {
		if c.name == "" {
			c.name = "f.gz"
		}
		for _, o := range []serde.Options{{}, {IgnoreMalformed: true}} {
			rows, stats, err := read(probe, o, c.name, c.body)
			if c.first == failed || c.strictFail && !o.IgnoreMalformed {
				if err == nil || !strings.Contains(err.Error(), c.name) {
					t.Errorf("%s (ignoring %t): %d rows, error %v; want an error that names the object", c.what, o.IgnoreMalformed, len(rows), err)
				}
				continue
			}
			if err != nil || len(rows) != c.rows || c.rows > 0 && rows[0] != c.first || stats.Unseen != c.unseen {
				t.Errorf("%s (ignoring %t): rows %.100v, unseen %d, error %v; want %d, first %s, unseen %d",
					c.what, o.IgnoreMalformed, rows, stats.Unseen, err, c.rows, c.first, c.unseen)
			}
		}
	}
}

func cut(b []byte) []byte { return b[:len(b)/2] }

// An object that lies in memory has the rows of one that is read, and its bytes stay.
func TestOpenText(t *testing.T) {
	body := []byte("\xef\xbb\xbf" + hour(50, "\r\n") + "\n" + hour(3, "") + "\n{broken")
	before := bytes.Clone(body)
	columns := serde.ColumnsOf(schema.Events())
	for _, every := range []bool{false, true} {
		r, err := serde.New(columns, []int{0, 6, 23}, serde.Options{IgnoreMalformed: true, EveryRecord: every})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			read := drain(t, r, "a", body)
			stats := r.Stats()
			r.OpenText("a", body)
			rows := 0
			for {
				b, err := r.Next()
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				rows += b.Rows
			}
			stats.RawBytes = 0
			if got := r.Stats(); rows != read || !cmp.Equal(got, stats) || !bytes.Equal(body, before) {
				t.Errorf("every %v: %d rows, %+v; read: %d, %+v", every, rows, got, read, stats)
			}
		}
	}
}
