package serde_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"

	"acme/telemetry/engine/serde"
)

// table gives the options of a table's DDL.
func table(tb testing.TB, t serde.Table) serde.Options {
	tb.Helper()
	o, err := serde.OptionsOf(t, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return o
}

// text reads lines of a table whose middle column is of type t.
func text(tb testing.TB, o serde.Options, t serde.Type, body string) string {
	tb.Helper()
	columns := []serde.Column{{Name: "id", Type: serde.Of(serde.String)}, {Name: "v", Type: t}, {Name: "z", Type: serde.Of(serde.String)}}
	rows, _, err := read(columns, o, "f.txt", []byte(body))
	if err != nil {
		return "fails: " + strings.TrimPrefix(err.Error(), "reading f.txt, line 1: ")
	}
	return strings.Join(rows, " ")
}

// What stands between separators is to a column of each type, as Trino 483 reads it.
func TestDelimited(t *testing.T) {
	o := table(t, serde.Table{Properties: map[string]string{"field.delim": "|", "escape.delim": `\`, "serialization.null.format": "NIL"}})
	str, integer := serde.Of(serde.String), serde.Of(serde.Int)
	pair := structOf(serde.Column{Name: "a", Type: integer}, serde.Column{Name: "b", Type: str})
	for _, c := range []struct {
		typ        serde.Type
		text, want string
	}{
		{str, "", `""`}, {str, "NIL", "NULL"}, {str, `\N`, `"N"`}, {str, `a\|b`, `"a|b"`}, {str, `a\\b`, `"a\\b"`},
		{integer, "", "NULL"}, {integer, "+1", "1"}, {integer, "1.9", "1"}, {integer, "1.", "1"}, {integer, ".5", "0"}, {integer, ".", "0"}, {integer, "-", "NULL"},
		{integer, "1e3", "NULL"}, {integer, "2147483648", "NULL"}, {integer, " 1", "NULL"}, {serde.Of(serde.TinyInt), "128", "NULL"},
		{serde.Of(serde.Double), "1e3", "1000.0"}, {serde.Of(serde.Double), "abc", "NULL"}, {serde.Of(serde.Double), " 1 ", "1.0"},
		{serde.Of(serde.Boolean), "FALSE", "false"}, {serde.Of(serde.Boolean), "t", "NULL"}, {serde.Of(serde.Boolean), "1", "NULL"},
		{serde.Of(serde.Date), "2024-1-2", "19724"}, {serde.Of(serde.Date), "2024-01-02 03:04:05", "19724"}, {serde.Of(serde.Date), "20240102", "NULL"},
		{sized(serde.Timestamp, 3, 0), "1970-01-01 00:00:01.0005", "1001000"}, {sized(serde.Timestamp, 3, 0), "1970-01-01T00:00:01", "1000000"}, {sized(serde.Timestamp, 3, 0), "1970-01-01 00:00", "NULL"},
		{sized(serde.Decimal, 5, 2), "1.235", "124"}, {sized(serde.Decimal, 5, 2), "123456", "NULL"}, {sized(serde.Varchar, 2, 0), "日本語", `"日本"`},
		{list(integer), "1\x022\x02x", "[1 2 NULL]"}, {list(str), "", "[]"}, {list(str), "a\x02NIL\x02", `["a" NULL ""]`},
		{list(list(str)), "a\x03b\x02c", `[["a" "b"] ["c"]]`},
		{mapOf(str, integer), "a\x031\x02b\x03x\x02a\x039\x02c", `["a"=1 "b"=NULL "c"=NULL]`}, {mapOf(integer, str), "1\x03x\x02q\x03y", `[1="x"]`},
		{pair, "1\x02x\x02more", `{a:1 b:"x"}`}, {pair, "1", "{a:1 b:NULL}"}, {pair, "NIL", "NULL"},
		{serde.Of(serde.Binary), "QUI=", `"AB"`}, {serde.Of(serde.Binary), "1", `""`}, {serde.Of(serde.Binary), "no, none", `"no, none"`},
	} {
		if got, want := text(t, o, c.typ, "i|"+c.text+"|z\n"), `("i", `+c.want+`, "z")`; got != want {
			t.Errorf("%s from %q is %s, want %s", c.typ, c.text, got, want)
		}
	}
	if got := text(t, o, integer, "\na\na|1|b|c\r\n"); got != `("", NULL, NULL) ("a", NULL, NULL) ("a", 1, "b")` {
		t.Errorf("short and long lines: %s", got)
	}
}

// Quotes where OpenCSVSerde has them, also where no sane CSV has.
func TestCSV(t *testing.T) {
	o := table(t, serde.Table{SerDe: "org.apache.hadoop.hive.serde2.OpenCSVSerde"})
	str := serde.Of(serde.String)
	for _, c := range []struct{ text, want string }{
		{`i,a,z`, `("i", "a", "z")`}, {`i,"a,b",z`, `("i", "a,b", "z")`}, {`i,"a""b",z`, `("i", "a\"b", "z")`}, {`i,"a\"b",z`, `("i", "a\"b", "z")`},
		{`i,a\b,z`, `("i", "ab", "z")`}, {`i,a"b"c,z`, `("i", "a\"b\"c", "z")`}, {`i,"a`, `("i", NULL, NULL)`}, {``, `(NULL, NULL, NULL)`}, {`i`, `("i", NULL, NULL)`},
	} {
		if got := text(t, o, str, c.text+"\n"); got != c.want {
			t.Errorf("%s is %s, want %s", c.text, got, c.want)
		}
	}
	for _, c := range []struct {
		typ        serde.Type
		text, want string
	}{
		{serde.Of(serde.Int), "5", "5"}, {serde.Of(serde.Int), "", `fails: Error parsing field value '' for field 1: For input string: ""`},
		{serde.Of(serde.Date), "19724", "19724"}, {serde.Of(serde.Date), "2024-01-02", `fails: Error parsing field value '2024-01-02' for field 1: For input string: "2024-01-02"`},
		{sized(serde.Timestamp, 3, 0), "1579059880001", "1579059880001000"}, {serde.Of(serde.Boolean), "TRUE", "true"}, {serde.Of(serde.Double), "1.5", "1.5"},
	} {
		got := strings.TrimSuffix(strings.TrimPrefix(text(t, o, c.typ, `"i","`+c.text+`","z"`), `("i", `), `, "z")`)
		if got != c.want {
			t.Errorf("%s from %s is %s, want %s", c.typ, c.text, got, c.want)
		}
	}
	for _, c := range []map[string]string{{"separatorChar": `"`}, {"escapeChar": `"`}, {"quotechar": "'"}} {
		if _, err := serde.OptionsOf(serde.Table{SerDe: "org.apache.hadoop.hive.serde2.OpenCSVSerde", Properties: c}, nil); err == nil {
			t.Errorf("%v is accepted", c)
		}
	}
}

// What TBLPROPERTIES say of a SerDe reaches it, over what SERDEPROPERTIES say, as Trino
// 483 reads it; lines of head may stand in either.
func TestTableProperties(t *testing.T) {
	str := serde.Of(serde.String)
	for name, c := range map[string]struct {
		table      serde.Table
		text, want string
	}{
		"text": {serde.Table{Properties: map[string]string{"field.delim": ","}, TableProperties: map[string]string{"field.delim": "|", "serialization.null.format": "", "classification": "csv"}},
			"a||x", `("a", NULL, "x")`},
		"head": {serde.Table{Properties: map[string]string{"field.delim": ",", "skip.header.line.count": "1"}}, "id,v,z\na,b,c", `("a", "b", "c")`},
		"csv": {serde.Table{SerDe: "org.apache.hadoop.hive.serde2.OpenCSVSerde", TableProperties: map[string]string{"separatorChar": ";", "quoteChar": "'"}},
			"'a;b';c;", `("a;b", "c", "")`},
		"json": {serde.Table{SerDe: "org.openx.data.jsonserde.JsonSerDe", TableProperties: map[string]string{"ignore.malformed.json": "TRUE", "mapping.v": "kk"}},
			`{"id":1,"kk":"v"}` + "\nnot json", `("1", "v", NULL) (NULL, NULL, NULL)`},
	} {
		if got := text(t, table(t, c.table), str, c.text); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
	_, err := serde.OptionsOf(serde.Table{TableProperties: map[string]string{"serialization.encoding": "SJIS"}}, nil)
	if err == nil || !strings.Contains(err.Error(), `serialization.encoding "SJIS" is not supported`) {
		t.Errorf("another encoding: %v", err)
	}
}

// A line is the groups of the pattern, or a row of NULLs.
func TestRegex(t *testing.T) {
	o := table(t, serde.Table{SerDe: "org.apache.hadoop.hive.serde2.RegexSerDe", Properties: map[string]string{"input.regex": `([^ ]*) ([^ ]*) ?(c)?`}})
	if got := text(t, o, serde.Of(serde.Int), "a 12 c\na 1.5\nno match at all\n\n é 7 \n"); got != `("a", 12, "c") ("a", NULL, NULL) (NULL, NULL, NULL) (NULL, NULL, NULL) (NULL, NULL, NULL)` {
		t.Errorf("rows %s", got)
	}
	for pattern, want := range map[string]string{"(": "needs Java's", "(?=a)a": "needs Java's", "(a)++": "needs Java's", "[a&&b]": "needs Java's"} {
		_, err := serde.OptionsOf(serde.Table{SerDe: "org.apache.hadoop.hive.serde2.RegexSerDe", Properties: map[string]string{"input.regex": pattern}}, nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", pattern, err)
		}
	}
}

// Hive's JSON is strict where OpenX's is not.
func TestHiveJSON(t *testing.T) {
	o := table(t, serde.Table{SerDe: "org.apache.hive.hcatalog.data.JsonSerDe"})
	str, integer := serde.Of(serde.String), serde.Of(serde.Int)
	for _, c := range []struct {
		typ        serde.Type
		json, want string
	}{
		{integer, `1.9`, "1"}, {integer, `"1"`, "fails"}, {integer, `true`, "fails"}, {integer, `3000000000`, "fails"}, {integer, `null`, "NULL"}, {integer, `01`, "fails"},
		{serde.Of(serde.TinyInt), `200`, "-56"}, {serde.Of(serde.TinyInt), `256`, "fails"}, {serde.Of(serde.Double), `-0`, "0.0"}, {serde.Of(serde.Double), `NaN`, "fails"},
		{str, `1e2`, `"1e2"`}, {str, `true`, `"true"`}, {str, `{"a":1}`, "fails"}, {str, `"\ud83d\ude00"`, `"😀"`}, {str, `"a\qb"`, "fails"}, {str, "\"a\tb\"", "fails"}, {str, `'x'`, "fails"},
		{serde.Of(serde.Boolean), `"TRUE"`, "true"}, {serde.Of(serde.Boolean), `1`, "false"}, {sized(serde.Decimal, 5, 2), `"x"`, "NULL"}, {sized(serde.Decimal, 5, 2), `123456`, "fails"},
		{list(integer), `[1,null]`, "[1 NULL]"}, {list(integer), `1`, "fails"}, {mapOf(integer, str), `{"1":"a","01":"b"}`, `[1="b"]`}, {mapOf(integer, str), `{"x":"a"}`, "fails"},
		{structOf(serde.Column{Name: "a", Type: integer}), `{"A":5,"b":[{}]}`, "{a:5}"}, {structOf(serde.Column{Name: "a", Type: integer}), `{"_col0":5}`, "{a:5}"},
	} {
		got := text(t, o, c.typ, `{"ID":"i","v":`+c.json+`,"more":[{"x":1}],"z":"z"} what follows`)
		if strings.HasPrefix(got, "fails") {
			got = "fails"
		}
		if got = strings.TrimSuffix(strings.TrimPrefix(got, `("i", `), `, "z")`); got != c.want {
			t.Errorf("%s from %s is %s, want %s", c.typ, c.json, got, c.want)
		}
	}
	if got := text(t, o, str, "\n"); !strings.Contains(got, "start of object expected") {
		t.Errorf("an empty line: %s", got)
	}
}

// A document of CloudTrail's is its records; a field without a schema is its JSON.
func TestCloudTrail(t *testing.T) {
	o := table(t, serde.Table{SerDe: "org.apache.hive.hcatalog.data.JsonSerDe", InputFormat: "com.amazon.emr.cloudtrail.CloudTrailInputFormat"})
	columns := []serde.Column{{Name: "eventname", Type: serde.Of(serde.String)}, {Name: "requestparameters", Type: serde.Of(serde.String)},
		{Name: "useridentity", Type: structOf(serde.Column{Name: "type", Type: serde.Of(serde.String)})}}
	document := `{"pre": {"Records":[{}]}, "Records": [ {"eventName":"A","requestParameters":{"b": [1, "x"], "b2":null},"userIdentity":{"type":"Root"}},
		{"eventName":"B","requestParameters":null} ], "post": 1}`
	want := []string{`("A", "{\"b\":[1,\"x\"],\"b2\":null}", {type:"Root"})`, `("B", NULL, NULL)`}
	for name, c := range map[string]struct {
		body string
		want []string
	}{
		"one": {document, want}, "two": {document + "\n" + document, slices.Concat(want, want)}, "none": {`{"digest":[1]}`, nil}, "empty": {"", nil},
	} {
		if rows, _, err := read(columns, o, "f.json", []byte(c.body)); err != nil || !slices.Equal(rows, c.want) {
			t.Errorf("%s: %v, %v", name, rows, err)
		}
	}
	for _, body := range []string{document[:len(document)-30], `[]`, `{"Records":[{"eventName":"A"} x]}`, `{"Records":[5]}`} {
		if _, _, err := read(columns, o, "f.json", []byte(body)); err == nil || !strings.Contains(err.Error(), "reading f.json") {
			t.Errorf("%.40s: %v", body, err)
		}
	}
}

func TestHeader(t *testing.T) {
	for skip, want := range map[string]string{"1": `("b", 2, NULL)`, "2": "", "9": "", "0": `("a", NULL, "z") ("b", 2, NULL)`} {
		o := table(t, serde.Table{Properties: map[string]string{"field.delim": ","}, TableProperties: map[string]string{"skip.header.line.count": skip}})
		if got := text(t, o, serde.Of(serde.Int), "a,x,z\nb,2\n"); got != want {
			t.Errorf("skipping %s: %s, want %s", skip, got, want)
		}
	}
}

// hadoopSnappy packs as Hadoop's codec does, in blocks of chunks.
func hadoopSnappy(body []byte) []byte {
	var out []byte
	for len(body) > 0 {
		block := body[:min(len(body), 10)]
		body = body[len(block):]
		out = binary.BigEndian.AppendUint32(out, uint32(len(block)))
		for len(block) > 0 {
			chunk := snappy.Encode(nil, block[:min(len(block), 6)])
			block = block[min(len(block), 6):]
			out = append(binary.BigEndian.AppendUint32(out, uint32(len(chunk))), chunk...)
		}
	}
	return out
}

func TestPacked(t *testing.T) {
	body := []byte("a,1\nb,2\nc,3\nd,4\n")
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	bzipped, err := base64.StdEncoding.DecodeString("QlpoOTFBWSZTWXnpIX8AAAZZAAAQAAQ8ADwAIAAxADASgBpc1ebyQIPF3JFOFCQeekhfwA==") // bzip2 -9 of body
	if err != nil {
		t.Fatal(err)
	}
	o := table(t, serde.Table{Properties: map[string]string{"field.delim": ","}})
	columns := []serde.Column{{Name: "s", Type: serde.Of(serde.String)}, {Name: "n", Type: serde.Of(serde.Int)}}
	for name, packed := range map[string][]byte{"f.zst": z.EncodeAll(body, nil), "f.snappy": hadoopSnappy(body), "f.gz": pack(string(body)), "f.bz2": bzipped} {
		rows, _, err := read(columns, o, name, packed)
		if err != nil || fmt.Sprint(rows) != `[("a", 1) ("b", 2) ("c", 3) ("d", 4)]` {
			t.Errorf("%s: %v, %v", name, rows, err)
		}
		if err := serde.Check(name, bytes.NewReader(packed)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for n := 1; n < len(packed); n++ {
			if _, _, err := read(columns, o, name, packed[:n]); err == nil {
				// Where a block of snappy ends nothing says that more must follow.
				if name != "f.snappy" || serde.Check(name, bytes.NewReader(packed[:n])) != nil {
					t.Errorf("%s cut to %d bytes is read", name, n)
				}
			}
		}
	}
	if _, _, err := read(columns, o, "f.lz4", body); err == nil || !strings.Contains(err.Error(), "f.lz4: .lz4 is not supported") {
		t.Errorf("lz4: %v", err)
	}
	// Several streams one behind the other are one, as pbzip2 writes them.
	if rows, _, err := read(columns, o, "f.bz2", bytes.Repeat(bzipped, 2)); err != nil || len(rows) != 8 {
		t.Errorf("two streams of bzip2: %v, %v", rows, err)
	}
}

// Rows do not depend on where the bytes of a line lie in memory, and nothing that
// a line may hold makes a reader panic.
func FuzzLines(f *testing.F) {
	for _, seed := range []string{"a|1|b\n", `a,"1",b`, "a 1 c\r\n", `{"id":"i","v":[1],"z":"z"}`, `{"Records":[{"id":"i"}]}`, "\\|\x02\x03|\x02", `""",`, "{\"v\":{\"1\":[[", "1\x022\x03\x04"} {
		for which := range uint8(6) {
			f.Add(which, []byte(seed))
		}
	}
	deep := mapOf(serde.Of(serde.String), list(structOf(serde.Column{Name: "a", Type: sized(serde.Decimal, 20, 3)}, serde.Column{Name: "b", Type: sized(serde.Timestamp, 3, 0)})))
	columns := []serde.Column{{Name: "id", Type: sized(serde.Varchar, 3, 0)}, {Name: "v", Type: deep}, {Name: "z", Type: serde.Of(serde.Binary)}, {Name: "n", Type: serde.Of(serde.SmallInt)}}
	tables := []serde.Table{
		{Properties: map[string]string{"field.delim": "|", "escape.delim": `\`}}, {SerDe: "org.apache.hadoop.hive.serde2.OpenCSVSerde"},
		{SerDe: "org.apache.hadoop.hive.serde2.RegexSerDe", Properties: map[string]string{"input.regex": `([^ ]*) (\d*) ?(c)?(.*)`}},
		{SerDe: "org.apache.hive.hcatalog.data.JsonSerDe"}, {SerDe: "com.amazon.emr.hive.serde.CloudTrailSerde"}, {SerDe: "org.openx.data.jsonserde.JsonSerDe"},
	}
	f.Fuzz(func(t *testing.T, which uint8, body []byte) {
		spec := tables[int(which)%len(tables)]
		flat := false // these SerDes have no nested types
		if strings.HasSuffix(spec.SerDe, "RegexSerDe") || strings.HasSuffix(spec.SerDe, "CSVSerde") {
			flat = true
		}
		columns := columns
		if flat {
			columns = []serde.Column{columns[0], columns[3]}
		}
		o := table(t, spec)
		want, _, wantErr := read(columns, o, "f", body)
		for _, rows := range []int{1, 3} {
			o.Rows = rows
			got, _, err := readSlowly(columns, o, body)
			if fmt.Sprint(err) != fmt.Sprint(wantErr) || err == nil && !slices.Equal(got, want) {
				t.Fatalf("in batches of %d: %v %v, want %v %v", rows, got, err, want, wantErr)
			}
		}
	})
}

// readSlowly reads with a byte at a time coming in.
func readSlowly(columns []serde.Column, o serde.Options, body []byte) (rows []string, stats serde.Stats, err error) {
	project := make([]int, len(columns))
	for i := range project {
		project[i] = i
	}
	r, err := serde.New(columns, project, o)
	if err != nil {
		return nil, stats, err
	}
	r.Open("f", &oneByte{body})
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

type oneByte struct{ rest []byte }

func (o *oneByte) Read(p []byte) (int, error) {
	if len(o.rest) == 0 {
		return 0, io.EOF
	}
	p[0] = o.rest[0]
	o.rest = o.rest[1:]
	return 1, nil
}
