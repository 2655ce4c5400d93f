package query_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"acme/telemetry/engine/query"
)

func TestFormat(t *testing.T) {
	tests := []struct {
		value any
		typ   string
		want  string
	}{
		{nil, "varchar", ""},
		{true, "boolean", "true"},
		{int64(math.MinInt64), "bigint", "-9223372036854775808"},
		{0.0, "double", "0.0"}, {math.Copysign(0, -1), "double", "-0.0"},
		{1.0, "double", "1.0"}, {0.1, "double", "0.1"}, {100.0, "double", "100.0"},
		{1e7, "double", "1.0E7"}, {9999999.0, "double", "9999999.0"}, {1e10, "double", "1.0E10"},
		{0.001, "double", "0.001"}, {0.0009, "double", "9.0E-4"}, {1.5e-7, "double", "1.5E-7"}, {-1.7976931348623157e308, "double", "-1.7976931348623157E308"},
		{math.SmallestNonzeroFloat64, "double", "4.9E-324"}, {-math.SmallestNonzeroFloat64, "double", "-4.9E-324"}, {math.SmallestNonzeroFloat32, "real", "1.4E-45"},
		{math.NaN(), "double", "NaN"}, {math.Inf(1), "double", "Infinity"}, {math.Inf(-1), "double", "-Infinity"},
		{float64(float32(0.1)), "real", "0.1"}, {float64(float32(3.4028235e38)), "real", "3.4028235E38"},
		{query.Text("363.137500"), "decimal(26,6)", "363.137500"},
		{query.Text("2025-08-11 17:33:47.123 UTC"), "timestamp(3) with time zone", "2025-08-11 17:33:47.123 UTC"},
		{[]byte("AB\x00"), "varbinary", "41 42 00"}, {[]byte{}, "varbinary", ""},
		{[]any{"a", nil, "b, c"}, "array(varchar)", "[a, null, b, c]"}, {[]any{}, "array(bigint)", "[]"},
		{[]any{1e10, 0.5}, "array(double)", "[1.0E10, 0.5]"}, {[]any{float64(float32(0.1))}, "array(real)", "[0.1]"},
		{query.Map{{Key: "k", Value: int64(1)}, {Key: "l"}}, "map(varchar, bigint)", "{k=1, l=null}"},
		{query.Map{{Key: int64(1), Value: []any{float64(float32(0.1))}}}, "map(integer, array(real))", "{1=[0.1]}"},
		{[]any{int64(1), "x"}, "row(a integer, b varchar(3))", "{a=1, b=x}"},
		{[]any{int64(1), "x"}, "row(integer, varchar)", "{field0=1, field1=x}"},
		{[]any{int64(1), query.Text("t")}, `row("a b, (c" decimal(3,1), ts timestamp(3) with time zone)`, "{a b, (c=1, ts=t}"},
		{[]any{query.Text("t"), query.Text("i")}, "row(time with time zone, interval day to second)", "{field0=t, field1=i}"},
		{[]any{[]any{[]any{nil}}}, "array(row(x array(row(y real))))", "[{x=[null]}]"},
	}
	for _, c := range tests {
		if got := query.Format(c.value, c.typ); got != c.want {
			t.Errorf("Format(%v, %s) = %q, want %q", c.value, c.typ, got, c.want)
		}
	}
}

// Every double comes back from its text, whatever its size.
func TestDoubleRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := math.Float64frombits(rapid.Uint64().Draw(t, "bits"))
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return
		}
		text := query.Format(v, "double")
		if back, err := strconv.ParseFloat(text, 64); err != nil || back != v || !strings.Contains(text, ".") {
			t.Fatalf("%v became %q", v, text)
		}
	})
}

func TestPrintable(t *testing.T) {
	tests := []struct{ in, want string }{
		{"plain 日本語 é 😀 \uFFFD", "plain 日本語 é 😀 \uFFFD"},
		{"", ""},
		{"a\x1b]52;c;aGk=\x07b", `a\x1b]52;c;aGk=\x07b`},   // clipboard
		{"\x1b[2J\x1b[H", `\x1b[2J\x1b[H`},                 // clear
		{"\x1bPq#0\x1b\\", `\x1bPq#0\x1b\`},                // DCS
		{"\x1b_Gf=100\x1b\\", `\x1b_Gf=100\x1b\`},          // APC
		{"\u009b2J \u009d52;c;x", `\u009b2J \u009d52;c;x`}, // C1
		{"one\rtwo\nthree\tfour", `one\rtwo\nthree\tfour`},
		{"\x00\x7f\b", `\x00\x7f\x08`},
		{"abc\u202ecod.exe\u202c", `abc\u202ecod.exe\u202c`}, // bidi override
		{"\u2066x\u2069\u061c\u200f", `\u2066x\u2069\u061c\u200f`},
		{"pay\u200bpal\u200d\ufeff\u2060\u00ad", `pay\u200bpal\u200d\ufeff\u2060\u00ad`}, // zero width
		{"line\u2028para\u2029", `line\u2028para\u2029`},
		{"\xff\xfe\xc3", `\xff\xfe\xc3`}, {"\xed\xa0\x80", `\xed\xa0\x80`}, {"\x9b2J", `\x9b2J`},
		{"\U000e0041tag\U000f0000", `\U000e0041tag\U000f0000`}, {"\u3164\u115f", `\u3164\u115f`},
	}
	for _, c := range tests {
		if got := query.Printable(c.in); got != c.want {
			t.Errorf("Printable(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

// Whatever goes in, what comes out is UTF-8 that no terminal acts on, and doing
// it twice changes nothing.
func FuzzPrintable(f *testing.F) {
	f.Add("a\x1b[31m\u202e\xff日")
	f.Fuzz(func(t *testing.T, s string) {
		got := query.Printable(s)
		if !utf8.ValidString(got) || query.Printable(got) != got {
			t.Fatalf("%q became %q", s, got)
		}
		for _, r := range got {
			if r < ' ' || r == 0x7f || r >= 0x80 && r <= 0x9f || r >= 0x200b && r <= 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0xfeff {
				t.Fatalf("%q became %q, which has %U", s, got, r)
			}
		}
	})
}

// What is written in JSON is as inert as Printable makes text, and the value comes
// back whole.
func FuzzPrintableJSON(f *testing.F) {
	for _, s := range []string{"a\x1b[31m\u202e日", "\u009b2J\u007f", "\U000e0041\u3164\uFFFD", "<&\u2028>\"\\"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = strings.ToValidUTF8(s, "\uFFFD")
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		got := query.PrintableJSON(text)
		if string(got) != query.Printable(string(got)) {
			t.Fatalf("%q was written as %q", s, got)
		}
		var back string
		if err := json.Unmarshal(got, &back); err != nil || back != s {
			t.Fatalf("%q reads back as %q: %v", s, back, err)
		}
	})
}

func TestMarkdown(t *testing.T) {
	tests := []struct{ in, want string }{
		{"It ran for 3.5 hours, well-known as user_1/b.", "It ran for 3.5 hours, well-known as user_1/b."},
		{"a|b <i> *x* `y` [z](u)", "a\\|b \\<i\\> \\*x\\* \\`y\\` \\[z\\](u)"},
		{"# h", "\\# h"}, {"- x", "\\- x"}, {"1. x", "1\\. x"},
		{"www.evil.test", "www\\.evil\\.test"}, {"http://evil.test", "http\\:\\/\\/evil\\.test"},
		{"two\nlines\x1b[2J", "two\\\\nlines\\\\x1b\\[2J"},
	}
	for _, c := range tests {
		if got := query.Markdown(c.in); got != c.want {
			t.Errorf("Markdown(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

type result struct {
	columns []query.Column
	batches [][]query.Row
}

func (r *result) Columns() []query.Column { return r.columns }
func (r *result) Stats() query.Stats      { return query.Stats{} }
func (r *result) Close() error            { return nil }
func (r *result) Next(context.Context) ([]query.Row, error) {
	if len(r.batches) == 0 {
		return nil, io.EOF
	}
	batch := r.batches[0]
	r.batches = r.batches[1:]
	return batch, nil
}

func TestWriteCSV(t *testing.T) {
	columns := []query.Column{{Name: "a", Type: "varchar"}, {Name: `say "n"`, Type: "double"}}
	batches := [][]query.Row{{{"x", 1e10}, {nil, nil}}, {{"", -1.5}, {"two\nlines, \"q\"", math.Inf(-1)}, {"=1+1", nil}, {"-3", nil}, {"\tx", nil}, {"@x", nil}, {"-", nil}}}
	want := "\"a\",\"say \"\"n\"\"\"\n\"x\",\"1.0E10\"\n,\n\"\",\"-1.5\"\n\"two\nlines, \"\"q\"\"\",\"-Infinity\"\n"
	for _, c := range []struct {
		o    query.CSVOptions
		want string
	}{
		{query.CSVOptions{}, want + "\"=1+1\",\n\"-3\",\n\"\tx\",\n\"@x\",\n\"-\",\n"},
		{query.CSVOptions{Spreadsheet: true}, want + "\"'=1+1\",\n\"-3\",\n\"'\tx\",\n\"'@x\",\n\"'-\",\n"},
	} {
		var out bytes.Buffer
		if err := query.WriteCSV(t.Context(), &out, &result{columns, batches}, c.o); err != nil || out.String() != c.want {
			t.Errorf("%+v: %v\n%s\nwant\n%s", c.o, err, out.String(), c.want)
		}
	}
}

// A file for a spreadsheet has no cell that begins as a formula does, unless it
// is a number.
func FuzzSpreadsheet(f *testing.F) {
	for _, s := range []string{"=cmd|' /C calc'!A0", "+1", "-1e5", "-0x1p-2", "@SUM(A1)", "\r=1", "\x00", "-inf", "＝1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var out bytes.Buffer
		rows := &result{[]query.Column{{Name: "c", Type: "varchar"}}, [][]query.Row{{{s}}}}
		if err := query.WriteCSV(t.Context(), &out, rows, query.CSVOptions{Spreadsheet: true, NoHeader: true}); err != nil {
			t.Fatal(err)
		}
		cell := out.String()[1 : out.Len()-2]
		if cell != "" && strings.ContainsRune("=+-@\t\r\x00", rune(cell[0])) {
			if _, err := strconv.ParseFloat(cell, 64); err != nil {
				t.Fatalf("%q was written as %q", s, cell)
			}
		}
		if strings.Contains(s, "\r") {
			return // encoding/csv folds line ends
		}
		if back, err := csv.NewReader(&out).ReadAll(); err != nil || strings.TrimPrefix(back[0][0], "'") != strings.TrimPrefix(s, "'") {
			t.Fatalf("%q reads back as %q: %v", s, back, err)
		}
	})
}
