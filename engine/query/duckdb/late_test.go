package duckdb

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"acme/telemetry/engine/dialect"
)

// newTestSession is a DuckDB in memory, closed with the test.
func newTestSession(t testing.TB) *session {
	t.Helper()
	s, err := openSession()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	return s
}

// A function that fails is asked for values of rows only: not for all values that a column
// of Parquet has, of which a predicate or CASE may keep it.
func TestFailsForRowsOnly(t *testing.T) {
	s := newTestSession(t)
	if err := s.exec("SET threads = 1"); err != nil { // asked is counted without a lock
		t.Fatal(err)
	}
	asked := 0
	whole := func(text string) (int64, error) {
		asked++
		if text == "" {
			return 0, fmt.Errorf("refused: %q", text)
		}
		return int64(len(text)), nil
	}
	bits := func(text string) (uint64, bool, error) {
		n, err := whole(text)
		return uint64(n), err == nil, err
	}
	boxed := func(args []any) (any, error) { return whole(args[0].(string)) }
	if err := s.registerScalars(
		dialect.ScalarFunction{Name: "unboxed", Params: []string{"VARCHAR"}, Result: "BIGINT", Call: boxed, Bits: bits},
		dialect.ScalarFunction{Name: "boxed", Params: []string{"VARCHAR", "VARCHAR"}, Result: "BIGINT", Call: boxed},
	); err != nil {
		t.Fatal(err)
	}
	file := filepath.ToSlash(filepath.Join(t.TempDir(), "words.parquet"))
	if err := s.exec("COPY (SELECT ['a', 'b', 'b'][i % 3 + 1] AS k, ['one', '', NULL][i % 3 + 1] AS v FROM range(6000) r(i)) TO " + quoteText(file) + " (FORMAT parquet)"); err != nil {
		t.Fatal(err)
	}
	if err := s.exec("CREATE VIEW words AS SELECT * FROM read_parquet(" + quoteText(file) + ")"); err != nil {
		t.Fatal(err)
	}
	for sql, want := range map[string]string{
		"SELECT sum(CASE WHEN k = 'a' THEN unboxed(v) END)::VARCHAR FROM words":                                           "6000",
		"SELECT sum(CASE WHEN k = 'a' THEN boxed(v, 'x') END)::VARCHAR FROM words":                                        "6000",
		"SELECT sum(unboxed(v))::VARCHAR FROM words WHERE k = 'a'":                                                        "6000",
		"SELECT sum(boxed(v, k))::VARCHAR FROM words WHERE k = 'a'":                                                       "6000",
		"SELECT count(boxed(v, 'x'))::VARCHAR FROM words WHERE k = 'a' OR v IS NULL":                                      "2000",
		"SELECT sum(boxed(v, 'x'))::VARCHAR FROM words":                                                                   `Invalid Input Error: refused: ""`,
		"SELECT sum(unboxed(v))::VARCHAR FROM words":                                                                      `Invalid Input Error: refused: ""`,
		"SELECT sum(unboxed(upper(v)))::VARCHAR FROM words WHERE k = 'a'":                                                 "6000",
		"SELECT sum(unboxed(w.v))::VARCHAR FROM words w JOIN (SELECT DISTINCT k FROM words WHERE k < 'b') x ON w.k = x.k": "6000",
	} {
		got, err := s.texts(sql)
		if err != nil {
			got = []string{err.Error()}
		}
		if got[0] != want {
			t.Errorf("%s: %s, want %s", sql, got[0], want)
		}
	}
	for _, sql := range []string{"SELECT sum(boxed(v, 'y'))::VARCHAR FROM words WHERE k = 'a'", "SELECT sum(unboxed(v))::VARCHAR FROM words WHERE k = 'a'"} {
		asked = 0
		if _, err := s.texts(sql); err != nil || asked > 10 {
			t.Errorf("%s: asked %d times for three values: %v", sql, asked, err)
		}
	}
}

// A value that no row asks for may fail whatever the type of the results; for a row it
// fails with its own text.
func TestFailsLate(t *testing.T) {
	s := newTestSession(t)
	file := filepath.ToSlash(filepath.Join(t.TempDir(), "words.parquet"))
	if err := s.exec("COPY (SELECT ['a', 'b', 'c'][i % 3 + 1] AS k, ['one', 'bad', NULL][i % 3 + 1] AS v FROM range(6000) r(i)) TO " + quoteText(file) + " (FORMAT parquet)"); err != nil {
		t.Fatal(err)
	}
	results := map[string]any{
		"BOOLEAN": true, "INTEGER": int32(-7), "BIGINT": int64(math.MinInt64), "DOUBLE": -0.5, "FLOAT": float32(-2.5), "VARCHAR": "longer than what lies in its place",
		"BLOB": []byte("\xff\x00"), "HUGEINT": new(big.Int).Lsh(big.NewInt(-3), 100), "VARCHAR[]": []any{"x", nil},
	}
	texts := map[string]string{
		"BOOLEAN": "true", "INTEGER": "-7", "BIGINT": "-9223372036854775808", "DOUBLE": "-0.5", "FLOAT": "-2.5", "VARCHAR": "longer than what lies in its place",
		"BLOB": `\xFF\x00`, "HUGEINT": "-3802951800684688204490109616128", "VARCHAR[]": "[x, NULL]",
	}
	for typ, result := range results {
		name := "late_" + strings.ToLower(strings.TrimSuffix(typ, "[]")) + strconv.Itoa(len(typ))
		if err := s.registerScalars(dialect.ScalarFunction{Name: name, Params: []string{"VARCHAR"}, Result: typ, Call: func(args []any) (any, error) {
			if args[0] == "bad" {
				return nil, errors.New("refused as " + typ)
			}
			return result, nil
		}}); err != nil {
			t.Fatal(err)
		}
		for sql, want := range map[string]string{
			"SELECT DISTINCT " + name + "(v)::VARCHAR FROM %s WHERE k = 'a'":                                              texts[typ],
			"SELECT (count(*) - count(" + name + "(v)))::VARCHAR FROM %s WHERE k <> 'b'":                                  "2000",
			"SELECT max(" + name + "(v)::VARCHAR) FROM %s":                                                                "Invalid Input Error: refused as " + typ,
			"SELECT count(TRY(" + name + "(v)))::VARCHAR FROM %s":                                                         "2000",
			"SELECT max(CASE WHEN k = 'a' THEN " + name + "(v)::VARCHAR END) FROM %s":                                     texts[typ],
			"SELECT " + name + "('bad')::VARCHAR FROM %s LIMIT 1":                                                         "Invalid Input Error: refused as " + typ,
			"SELECT count(" + name + "(NULL))::VARCHAR FROM %s":                                                           "0",
			"SELECT count(*)::VARCHAR FROM %s WHERE k = 'a' AND " + name + "(v) IS NOT DISTINCT FROM " + name + "('one')": "2000",
		} {
			sql = fmt.Sprintf(sql, "read_parquet("+quoteText(file)+")")
			got, err := s.texts(sql)
			if err != nil {
				got = []string{err.Error()}
			}
			if len(got) != 1 || got[0] != want {
				t.Errorf("%s: %q, want %q", sql, got, want)
			}
		}
	}
}

// A text that would be read as an error is refused, not taken for one.
func TestLateMark(t *testing.T) {
	s := newTestSession(t)
	if err := s.registerScalars(dialect.ScalarFunction{Name: "same", Params: []string{"VARCHAR"}, Result: "VARCHAR", Call: func(args []any) (any, error) { return args[0], nil }}); err != nil {
		t.Fatal(err)
	}
	if got, err := s.texts("SELECT same(chr(0) || 'acme fails' || chr(0) || 'x')"); err == nil || !strings.Contains(err.Error(), "NOT_SUPPORTED") {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := s.texts("SELECT same(chr(0) || 'acme fails')"); err != nil || got[0] != "\x00acme fails" {
		t.Errorf("%q, %v", got, err)
	}
}

// Errors are found by their numbers as long as they may be asked for; the same text has
// the same one meanwhile, and what is held is bounded.
func TestLateErrors(t *testing.T) {
	l := &lateErrors{}
	first := l.keep("first")
	if again := l.keep("first"); again != first {
		t.Errorf("the same text is %d and %d", first, again)
	}
	const many = 300_000
	for i := range many {
		n := l.keep(strconv.Itoa(i))
		if i%1000 == 0 && (l.find(n).Error() != strconv.Itoa(i) || l.find(l.keep("often")).Error() != "often") {
			t.Fatalf("error %d is %v, often %v", i, l.find(n), l.find(l.keep("often")))
		}
	}
	if err := l.find(first); !strings.Contains(err.Error(), "no longer known") {
		t.Errorf("the first is %v", err)
	}
	if len(l.known) > len(l.texts) {
		t.Errorf("%d texts are held", len(l.known))
	}
}
