package serde_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"acme/telemetry/engine/serde"
)

// What a value on the wire is to a column of each type, by the rules of the
// SerDe that Athena's engine carries: JSON knows only text, quoted or bare.
func TestValues(t *testing.T) {
	tests := []struct{ json, text, integer, bigint, double, boolean, date string }{
		{`null`, "NULL", "NULL", "NULL", "NULL", "NULL", "NULL"},
		{`NULL`, "NULL", "NULL", "NULL", "NULL", "NULL", "NULL"},
		{`"null"`, `"null"`, "NULL", "NULL", "NULL", "false", "NULL"},
		{`0`, `"0"`, "0", "0", "0.0", "false", "0"},
		{`-0`, `"0"`, "0", "0", "-0.0", "false", "0"},
		{`7`, `"7"`, "7", "7", "7.0", "false", "7"},
		{`+7`, `"7"`, "7", "7", "7.0", "false", "7"},
		{`"+7"`, `"+7"`, "7", "7", "7.0", "false", "7"},
		{`" 7"`, `" 7"`, "NULL", "NULL", "7.0", "false", "NULL"},
		{`7.9`, `"7.9"`, "7", "7", "7.9", "false", "NULL"},
		{`-7.9`, `"-7.9"`, "-7", "-7", "-7.9", "false", "NULL"},
		{`.5`, `"0.5"`, "0", "0", "0.5", "false", "NULL"},
		{`5.`, `"5"`, "5", "5", "5.0", "false", "NULL"},
		{`-0.0`, `"0.0"`, "0", "0", "-0.0", "false", "NULL"},
		{`1e3`, `"1E+3"`, "1000", "1000", "1000.0", "false", "NULL"},
		{`1.5E-9`, `"1.5E-9"`, "0", "0", "1.5e-09", "false", "NULL"},
		{`0.000001`, `"0.000001"`, "0", "0", "1e-06", "false", "NULL"},
		{`0.0000001`, `"1E-7"`, "0", "0", "1e-07", "false", "NULL"},
		{`1e9999999999`, `"1e9999999999"`, "NULL", "NULL", "+Inf", "false", "NULL"},
		{`123456789012345678.25`, `"123456789012345678.25"`, "NULL", "123456789012345678", "1.2345678901234568e+17", "false", "NULL"},
		{`2147483647`, `"2147483647"`, "2147483647", "2147483647", "2.147483647e+09", "false", "2147483647"},
		{`2147483648`, `"2147483648"`, "NULL", "2147483648", "2.147483648e+09", "false", "NULL"},
		{`-2147483648`, `"-2147483648"`, "-2147483648", "-2147483648", "-2.147483648e+09", "false", "-2147483648"},
		{`9223372036854775807`, `"9223372036854775807"`, "NULL", "9223372036854775807", "9.223372036854776e+18", "false", "NULL"},
		{`9223372036854775808`, `"9223372036854775808"`, "NULL", "NULL", "9.223372036854776e+18", "false", "NULL"},
		{`0x1F`, `"31"`, "31", "31", "NULL", "false", "31"},
		{`0X1f`, `"31"`, "31", "31", "NULL", "false", "31"},
		{`-0x1F`, `"-0x1F"`, "NULL", "NULL", "NULL", "false", "NULL"},
		{`017`, `"15"`, "15", "15", "17.0", "false", "15"},
		{`08`, `"8"`, "8", "8", "8.0", "false", "NULL"},
		{`09`, `"9"`, "9", "9", "9.0", "false", "9"},
		{`"0x1F"`, `"0x1F"`, "31", "31", "NULL", "false", "31"},
		{`1d`, `"1d"`, "NULL", "NULL", "1.0", "false", "NULL"},
		{`2.5F`, `"2.5F"`, "NULL", "NULL", "2.5", "false", "NULL"},
		{`1_000`, `"1_000"`, "NULL", "NULL", "NULL", "false", "NULL"},
		{`NaN`, `"NaN"`, "NULL", "NULL", "NaN", "false", "NULL"},
		{`-Infinity`, `"-Infinity"`, "NULL", "NULL", "-Inf", "false", "NULL"},
		{`inf`, `"inf"`, "NULL", "NULL", "NULL", "false", "NULL"},
		{`nan`, `"nan"`, "NULL", "NULL", "NULL", "false", "NULL"},
		{`true`, `"true"`, "NULL", "NULL", "NULL", "true", "NULL"},
		{`TRUE`, `"true"`, "NULL", "NULL", "NULL", "true", "NULL"},
		{`"True"`, `"True"`, "NULL", "NULL", "NULL", "true", "NULL"},
		{`False`, `"false"`, "NULL", "NULL", "NULL", "false", "NULL"},
		{`yes`, `"yes"`, "NULL", "NULL", "NULL", "false", "NULL"},
		{`""`, `""`, "NULL", "NULL", "NULL", "false", "NULL"},
		{`"2025-08-11"`, `"2025-08-11"`, "NULL", "NULL", "NULL", "false", "20311"},
		{`2025-08-11`, `"2025-08-11"`, "NULL", "NULL", "NULL", "false", "20311"},
		{`"2025-8-1 17:33:47"`, `"2025-8-1 17:33:47"`, "NULL", "NULL", "NULL", "false", "20301"},
		{`"2025-08-11T17:33:47Z"`, `"2025-08-11T17:33:47Z"`, "NULL", "NULL", "NULL", "false", "NULL"},
		{`"2024-02-30"`, `"2024-02-30"`, "NULL", "NULL", "NULL", "false", "19783"},
		{`"2024-13-01"`, `"2024-13-01"`, "NULL", "NULL", "NULL", "false", "20089"},
		{`"1969-12-31"`, `"1969-12-31"`, "NULL", "NULL", "NULL", "false", "-1"},
		{`"-0001-01-01"`, `"-0001-01-01"`, "NULL", "NULL", "NULL", "false", "-719893"},
		{`"9999999-01-01"`, `"9999999-01-01"`, "NULL", "NULL", "NULL", "false", "NULL"},
		{`{}`, `"{}"`, failed, failed, failed, "false", failed},
		{`[1, "a", x, TRUE, 010, null,]`, `"[1,\"a\",\"x\",true,8,null,null]"`, failed, failed, failed, "false", failed},
		{`[,;1]`, `"[null,null,1]"`, failed, failed, failed, "false", failed},
		{`{"k": 1e2, 'l' = {"m":[]}; "K": 3, "</": "\u0001\t\"\\/"}`, `"{\"l\":{\"m\":[]},\"k\":3,\"<\\/\":\"\\u0001\\t\\\"\\\\/\"}"`, failed, failed, failed, "false", failed},
	}
	types := []serde.Type{serde.Of(serde.String), serde.Of(serde.Int), serde.Of(serde.BigInt), serde.Of(serde.Double), serde.Of(serde.Boolean), serde.Of(serde.Date)}
	for _, c := range tests {
		for i, want := range []string{c.text, c.integer, c.bigint, c.double, c.boolean, c.date} {
			columns := []serde.Column{{Name: "before", Type: serde.Of(serde.Int)}, {Name: "v", Type: types[i]}, {Name: "after", Type: serde.Of(serde.Int)}}
			rows, _, err := read(columns, serde.Options{IgnoreMalformed: true}, "f.json", []byte(`{"before":1,"v":`+c.json+`,"after":2}`))
			got := failed
			if err == nil {
				got = strings.TrimSuffix(strings.TrimPrefix(rows[0], "(1, "), ", 2)")
			}
			if got != want {
				t.Errorf("%s as %s: %s, want %s (%v)", c.json, types[i], got, want, err)
			}
		}
	}
}

func TestText(t *testing.T) {
	for _, c := range []struct{ json, want string }{
		{`\u00e9\u20ac`, "é€"}, {`\ud83d\ude00`, "😀"}, {`\ud83d`, "?"}, {`\ude00`, "?"}, {`\ud83dx\ude00`, "?x?"}, {`\ud83d\ud83d\ude00`, "?😀"}, {`\ud83d😀`, "?😀"},
		{`\a\b\f\n\r\t\v\q\/\"\\\'`, "\a\b\f\n\r\t\tq/\"\\'"}, {`\u0000`, "\x00"}, {`\u+041\u-041`, "A\uffbf"}, {"\x01\x1f\x7f", "\x01\x1f\x7f"},
		{"\xff\xfe", "\uFFFD\uFFFD"}, {"\xe2\x82", "\uFFFD"}, {"\xe2\x82x", "\uFFFDx"}, {"\xed\xa0\x80", "\uFFFD"}, {"\xf0\x9f\x98", "\uFFFD"},
		{"\xf0\x80\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"}, {"\xc0\x80", "\uFFFD\uFFFD"}, {"\xf5", "\uFFFD"}, {"\\\xe2\x82\xac", "€"}, {"日本\xff語", "日本\uFFFD語"},
		{strings.Repeat("x", 1<<20), strings.Repeat("x", 1<<20)}, {`1234567\"`, `1234567"`}, {`12345678\n9`, "12345678\n9"},
	} {
		rows, stats, err := read(probe[:1], serde.Options{}, "f.json", []byte(`{"a":"`+c.json+`"}`))
		if err != nil || rows[0] != fmt.Sprintf("(%q)", c.want) || stats.Malformed > 0 {
			t.Errorf("%.50q: %.80s %v, want %.50q", c.json, rows, err, c.want)
		}
	}
	for _, broken := range []string{`\u12`, `\u12g4`, `\`, `\u`} {
		if rows, _, err := read(probe[:1], serde.Options{}, "f.json", []byte(`{"a":"`+broken+`"}`)); err == nil {
			t.Errorf("%s: %s", broken, rows)
		}
	}
}

func TestLimits(t *testing.T) {
	deep := func(n int) string { return `{"a":` + strings.Repeat("[", n) + strings.Repeat("]", n) + `}` }
	long := func(n int) string { return `{"a":"` + strings.Repeat("x", n) + `"}` }
	for _, c := range []struct {
		what string
		o    serde.Options
		body string
		want string // of the error; empty: none
	}{
		{"nested to the limit", serde.Options{MaxDepth: 10}, deep(9), ""},
		{"nested beyond", serde.Options{MaxDepth: 10}, deep(10), "line 1: a value is nested deeper than 10"},
		{"nested a million deep", serde.Options{}, deep(1_000_000), "deeper than 512"},
		{"nested a million deep where nobody reads", serde.Options{}, strings.Replace(deep(1_000_000), `"a"`, `"zz"`, 1), "deeper than 512"},
		{"as long as allowed", serde.Options{MaxLine: 100}, long(90), ""},
		{"too long", serde.Options{MaxLine: 100}, long(200), "line 1: an object is longer than the 100 bytes"},
		{"longer than the buffer", serde.Options{MaxLine: 3 << 20}, long(2 << 20), ""},
		{"much too long", serde.Options{MaxLine: 3 << 20}, long(4 << 20), "longer than the 3145728 bytes"},
		{"a long line of short objects", serde.Options{MaxLine: 100}, strings.Repeat(`{"a":"x"}`, 1<<19), ""},
		{"values without end", serde.Options{}, `{"a":[` + strings.Repeat(",", 1<<21) + `]}`, "more than 1048576 nested values"},
		{"unpacked to more than allowed", serde.Options{MaxBytes: 1000}, long(2000), "unpacks to more than 1000 bytes"},
	} {
		c.o.IgnoreMalformed = true // none of these is a matter of malformed lines
		rows, stats, err := read(probe, c.o, "f.gz", pack(c.body))
		switch {
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), "f.gz") || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %.50s, %v; want %q", c.what, rows, err, c.want)
		case c.want == "" && (err != nil || len(rows) != 1 || stats.Malformed > 0):
			t.Errorf("%s: %.50s, %v", c.what, rows, err)
		}
	}
}

func TestStats(t *testing.T) {
	body := pack(object(1)+object(2)+"\n"+"{cut", "\n\nnot json {\"a\":1}\n"+object(3)+"   \n[\"x\"] [] \n")
	_, s, err := read(probe, serde.Options{IgnoreMalformed: true, Bad: 2}, "f.gz", body)
	if err != nil {
		t.Fatal(err)
	}
	want := serde.Stats{
		RawBytes: int64(len(body)), Bytes: 110, Members: 2, Lines: 6, Rows: 6, Records: 7, Unseen: 2, UnseenAt: 1, Malformed: 3, NoObject: 2,
		Bad: []serde.Position{{Object: "f.gz", Line: 2, Offset: 49, Why: "malformed JSON at byte 5: a colon is missing"}, {Object: "f.gz", Line: 3, Offset: 54, Why: "a blank line"}},
	}
	if fmt.Sprint(s) != fmt.Sprint(want) {
		t.Errorf("%+v\nwant\n%+v", s, want)
	}
	var sum serde.Stats
	sum.Add(s, 3)
	sum.Add(s, 3)
	if sum.Records != 14 || len(sum.Bad) != 3 || sum.Members != 4 {
		t.Errorf("added: %+v", sum)
	}
}

// Without a column, lines are counted and not parsed: count(*) does not fail on
// what it does not look at.
func TestCountOnly(t *testing.T) {
	r, err := serde.New(probe, nil, serde.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		body          string
		lines, unseen int64
	}{{"{broken\n{\"b\":{}}\n\n", 3, 0}, {objects(1, 5000, ""), 1, 4999}, {objects(1, 5000, "\n"), 5000, 0}, {"", 0, 0}} {
		r.Open("f.gz", strings.NewReader(string(pack(c.body))))
		rows := 0
		for {
			b, err := r.Next()
			if err == io.EOF {
				break
			}
			if err != nil || len(b.Columns) != 0 {
				t.Fatal(err)
			}
			rows += b.Rows
		}
		if s := r.Stats(); int64(rows) != c.lines || s.Lines != c.lines || s.Unseen != c.unseen || s.Malformed != 0 {
			t.Errorf("%.20q: %d rows, %+v", c.body, rows, s)
		}
	}
}

func TestProjection(t *testing.T) {
	for _, c := range []struct {
		project []int
		want    string
	}{{[]int{2, 0}, `(1.5, "s1")`}, {[]int{1}, `(1)`}} {
		r, err := serde.New(probe, c.project, serde.Options{})
		if err != nil {
			t.Fatal(err)
		}
		r.Open("f.json", strings.NewReader(object(1)))
		b, err := r.Next()
		if err != nil || row(b, 0) != c.want {
			t.Errorf("%v: %v", c.project, err)
		}
	}
	for _, bad := range [][]int{{3}, {-1}, {0, 0}} {
		if _, err := serde.New(probe, bad, serde.Options{}); err == nil {
			t.Errorf("%v was taken", bad)
		}
	}
}

func TestProperties(t *testing.T) {
	columns := []serde.Column{{Name: "a_b", Type: serde.Of(serde.String)}, {Name: "ts", Type: serde.Of(serde.String)}}
	for _, c := range []struct {
		properties map[string]string
		line, want string
	}{
		{nil, `{"A_B":"x","time":"t"}`, `("x", NULL)`},
		{map[string]string{"case.insensitive": "false"}, `{"A_B":"x","a_b":"y"}`, `("y", NULL)`},
		{map[string]string{"case.insensitive": "false"}, `{"A_B":"x"}`, `(NULL, NULL)`},
		{map[string]string{"case.insensitive": "false"}, `{"a_b":{"Ab":1}}`, `("{\"Ab\":1}", NULL)`},
		{nil, `{"a_b":{"Ab":1}}`, `("{\"ab\":1}", NULL)`},
		{map[string]string{"dots.in.keys": "true"}, `{"A.b":"x"}`, `("x", NULL)`},
		{map[string]string{"dots.in.keys": "TRUE"}, `{"a.b":"x","a_b":null}`, `(NULL, NULL)`},
		{map[string]string{"dots.in.keys": "false"}, `{"a.b":"x"}`, `(NULL, NULL)`},
		{map[string]string{"mapping.ts": "Time"}, `{"a_b":"x","time":"t","ts":"no"}`, `("x", "t")`},
		{map[string]string{"mapping.ts": "a_b", "serialization.format": "1"}, `{"a_b":"x"}`, `("x", "x")`},
	} {
		o, err := serde.OptionsOf(openX(c.properties), nil)
		if err != nil {
			t.Fatal(err)
		}
		if rows, _, err := read(columns, o, "f.json", []byte(c.line)); err != nil || rows[0] != c.want {
			t.Errorf("%v %s: %v %v, want %s", c.properties, c.line, rows, err, c.want)
		}
	}
	if _, err := serde.OptionsOf(openX(map[string]string{"ignore.malformed": "true"}), nil); err == nil {
		t.Error("an unknown property was taken")
	}
}

func TestHidden(t *testing.T) {
	for key, want := range map[string]bool{"a/b.gz": false, "_a/b.gz": true, "a/_b.gz": true, "a/.b.gz": true, "a/b_.gz": false, "": false} {
		if serde.Hidden(key) != want {
			t.Errorf("%q: %t", key, !want)
		}
	}
}

func openX(properties map[string]string) serde.Table {
	return serde.Table{SerDe: "org.openx.data.jsonserde.JsonSerDe", Properties: properties}
}
