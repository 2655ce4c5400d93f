package conformance_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The tests of this file hold what DuckDB is left to do itself, for speed, to the
// functions in Go that stand for Trino: the same answer for every text that is taken,
// and every other text left to them.

// textColumn is a VALUES of texts, and NULL, as t(s).
func textColumn(texts []string) string {
	rows := []string{"(CAST(NULL AS VARCHAR))"}
	for _, s := range texts {
		rows = append(rows, "('"+strings.ReplaceAll(s, "'", "''")+"')")
	}
	return " FROM (VALUES " + strings.Join(rows, ", ") + ") t(s)"
}

// shown gives the rows of a statement in DuckDB's SQL.
func (e *engine) shown(t rapid.TB, sql string) []string {
	t.Helper()
	_, rows, err := e.raw(sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	out := make([]string, len(rows))
	for i, row := range rows {
		b, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		out[i] = string(b)
	}
	return out
}

// patternPieces are what patterns are drawn from: what RE2 is given, and what it is not.
var patternPieces = []string{"a", "b", "k", "i", "7", "_", "-", " ", "/", `\.`, `\d`, `\w`, `\s`, `\D`, `\W`, `\S`, `\b`, `\n`, `\$`, ".", "^", "$", "|", "(", ")", "(?:", "(?i)", "*", "+", "?", "{2}", "{1,2}", "{0,}", "*?", "+?", "??",
	"[ab]", "[^a]", "[a-k_]", `[\d.-]`, `[^\s/]`, "(a|b)", "(a+)", "(a)?", "(?:ab|a)", "(a|ab)(b|)", "++", "(?=a)", `\1`, "#", "é", "[[:alpha:]]"}

// letters are what texts are drawn from.
var letters = []rune("aabbkKiI7٧_- /.$\n\n\t\v\u00a0é\u212A\u0130ſß#1")

// TestNativePatterns holds the patterns that RE2 is given to the closures that stand
// for Joni.
func TestNativePatterns(t *testing.T) {
	e := openEngine(t)
	given := 0
	rapid.Check(t, func(r *rapid.T) {
		pattern := strings.Join(rapid.SliceOfN(rapid.SampledFrom(patternPieces), 1, 6).Draw(r, "pattern"), "")
		var texts []string
		for range 40 {
			texts = append(texts, string(rapid.SliceOfN(rapid.SampledFrom(letters), 0, 8).Draw(r, "text")))
		}
		given += e.samePattern(t, pattern, texts)
	})
	if given == 0 {
		t.Error("no pattern was given to RE2")
	}
	e.samePattern(t, "a^", []string{"a", "ba", "a\na"}) // DuckDB's optimizer takes it for a
	for _, pattern := range []string{`^\d+`, `^([^/]+)/(\d+)`, `(a+)b$`, `[^a]$`, `(?i)kI`, `([^x]*?)$`, `a|ab`, `(a|ab)(b|c)`, `\bk`, `.+`, `\s+`, `(\w)-(\w)`, `_?\d+$`, `\n$`, `[^a]$`, `(a|b)$`} {
		if e.samePattern(t, pattern, []string{"", "a", "ab", "aab\n", "ab\n\n", "7/8", "x/77/9", "\u212Ai", "Kİ", "a\v b", "k-i", "é", "\n", "12.34", "abc", "abab", "a_77", "a_7\n", "b\nb", "7\n\n"}) == 0 {
			t.Errorf("%s is not given to RE2", pattern)
		}
	}
}

// samePattern compares all that is made of a pattern; it gives how many functions RE2
// was given.
func (e *engine) samePattern(t rapid.TB, pattern string, texts []string) (given int) {
	t.Helper()
	quoted := "'" + pattern + "'"
	for _, f := range []struct{ athena, slow string }{
		{"regexp_like(s, %s)", "acme_regexp_like(s, %s)"},
		{"regexp_extract(s, %s)", "acme_regexp_extract(s, %s, 0)"},
		{"regexp_extract(s, %s, 1)", "acme_regexp_extract(s, %s, 1)"},
		{"regexp_extract(s, %s, 2)", "acme_regexp_extract(s, %s, 2)"},
		{"regexp_extract_all(s, %s)", "acme_regexp_extract_all(s, %s, 0)"},
		{"regexp_extract_all(s, %s, 1)", "acme_regexp_extract_all(s, %s, 1)"},
		{"regexp_count(s, %s)", "acme_regexp_count(s, %s, 0)"},
		{"regexp_replace(s, %s)", "acme_regexp_replace(s, %s, '')"},
		{"regexp_replace(s, %s, '<$0>')", "acme_regexp_replace(s, %s, '<$0>')"},
		{"regexp_replace(s, %s, '@$1')", "acme_regexp_replace(s, %s, '@$1')"},
	} {
		tr, _, err := e.run("SELECT "+fmt.Sprintf(f.athena, quoted)+textColumn(nil), 401)
		if err != nil || strings.Contains(tr.SQL, "acme_") {
			continue
		}
		given++
		if tr, _, err = e.run("SELECT "+fmt.Sprintf(f.athena, quoted)+textColumn(texts), 401); err != nil {
			t.Errorf("%s: %v", pattern, err)
			continue
		}
		got, want := e.shown(t, tr.SQL), e.shown(t, "SELECT "+fmt.Sprintf(f.slow, quoted)+textColumn(texts))
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%s of %q by %s is %s, want %s\n%s", f.athena, append([]string{"NULL"}, texts...)[i], pattern, got[i], want[i], tr.SQL)
			}
		}
	}
	return given
}

// TestExtremesOfDoubles: max and max_by take NaN for a candidate only where there is
// no other, whatever else there is.
func TestExtremesOfDoubles(t *testing.T) {
	e := openEngine(t)
	numbers := []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, math.Copysign(0, -1), 1, -1, math.MaxFloat64, 5e-324}
	rapid.Check(t, func(r *rapid.T) {
		values := ""
		for i, x := range rapid.SliceOfN(rapid.SampledFrom(numbers), 1, 8).Draw(r, "numbers") {
			values += fmt.Sprintf(", (%d, CAST('%v' AS DOUBLE))", i, x)
		}
		from := " FROM (VALUES (-1, CAST(NULL AS DOUBLE))" + values + ") t(i, x)"
		tr, _, err := e.run("SELECT max(x), max_by(i, x), max(x) OVER (ORDER BY i ROWS 1 PRECEDING) FROM (SELECT 1 i, 1e0 x) GROUP BY x, i", 401)
		if err != nil {
			r.Fatal(err)
		}
		for _, call := range []string{"(- min((- \"x\")))", "arg_min_null(\"i\", (- \"x\"))"} {
			if !strings.Contains(strings.ReplaceAll(tr.SQL, "\"t\".", ""), strings.Split(call, "(")[0]) {
				r.Fatalf("%s is not in %s", call, tr.SQL)
			}
		}
		got := e.shown(r, "SELECT CAST((- min((- x))) AS VARCHAR), arg_min_null(i, (- x))"+from)
		want := e.shown(r, "SELECT CAST(coalesce(max(CASE WHEN NOT isnan(x) THEN x END), max(x)) AS VARCHAR), arg_max_null(i, CASE WHEN x IS NOT NULL THEN struct_pack(n := NOT isnan(x), k := x) END)"+from)
		if got[0] != want[0] {
			r.Fatalf("%s is %s, want %s", from, got[0], want[0])
		}
	})
}

// TestManyValues: beyond digestLimit approx_percentile is the order statistic, of
// values that are all finite.
func TestManyValues(t *testing.T) {
	e := openEngine(t)
	const from = " FROM UNNEST(sequence(0, 399)) a(i) CROSS JOIN UNNEST(sequence(0, 399)) b(j)"
	for _, level := range []int{401, 483} {
		for share, want := range map[string]string{"0.5": "80000", "0.95": "152000", "0.001": "160", "0.999999": "159999", ".29": "46400", "1": "159999", "0": "0", "0.0": "0", "5e-1": "80000"} {
			e.holds(t, "SELECT approx_percentile(400 * i + j, "+share+"), approx_percentile(CAST(400 * i + j AS real), "+share+")"+from, "[["+want+","+want+"]]", level)
		}
		e.holds(t, "SELECT approx_percentile(400 * i + j, ARRAY[0.5, 0.95])"+from, "[[[80000,152000]]]", level)
		for x, want := range map[string]string{"nan()": "NaN", "infinity()": "Infinity", "-infinity()": "-Infinity"} {
			text := "INVALID_FUNCTION_ARGUMENT: value must be finite; was " + want
			if level == 401 {
				text = "GENERIC_INTERNAL_ERROR: value must be finite"
				if want == "NaN" {
					text = "GENERIC_INTERNAL_ERROR: value is NaN"
				}
			}
			e.holds(t, "SELECT approx_percentile(IF(i = 7 AND j = 7, "+x+", 1e0), 0.5)"+from, text, level)
		}
	}
}

// TestDivide: a quotient is the same by 64 bits and by 128.
func TestDivide(t *testing.T) {
	e := openEngine(t)
	rapid.Check(t, func(r *rapid.T) {
		number := func(name string) string {
			n := rapid.OneOf(rapid.Int64(), rapid.SampledFrom([]int64{0, 1, -1, 2, -2, 36000, 9e18, -9e18, 9e18 + 1, math.MaxInt64, math.MinInt64}), rapid.Int64Range(-1000, 1000)).Draw(r, name)
			return fmt.Sprintf("(CAST(%d AS HUGEINT) * %d)", n, rapid.SampledFrom([]int64{1, 1, 10, 1e15}).Draw(r, name+" times"))
		}
		x, y := number("x"), number("y")
		if got, want := e.shown(r, "SELECT CAST(trino.divide("+x+", "+y+") AS VARCHAR)"), e.shown(r, "SELECT CAST(trino.divide_exact("+x+", "+y+") AS VARCHAR)"); got[0] != want[0] {
			r.Fatalf("%s / %s is %s, want %s", x, y, got[0], want[0])
		}
	})
}
