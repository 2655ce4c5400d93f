package duckdb

import (
	"fmt"
	"path/filepath"
	"testing"

	"acme/telemetry/engine/dialect"
)

// A function that fails is asked for values of rows only: not for all values that a column
// of Parquet has, of which a predicate or CASE may keep it.
func TestFailsForRowsOnly(t *testing.T) {
	s, err := openSession()
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
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
	boxed := func(args []any) (any, error) { return whole(args[0].(string)) }
	if err := s.registerScalars(
		dialect.ScalarFunction{Name: "unboxed", Params: []string{"VARCHAR"}, Result: "BIGINT", Call: boxed, Whole: whole},
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
	asked = 0
	if _, err := s.texts("SELECT sum(boxed(v, 'y'))::VARCHAR FROM words WHERE k = 'a'"); err != nil || asked > 10 {
		t.Errorf("asked %d times for one value: %v", asked, err)
	}
}

// What is known of arguments is of just these, and makes room when there are many.
func TestMemo(t *testing.T) {
	s, err := openSession()
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	if err := s.exec("SET threads = 1"); err != nil { // asked is counted without a lock
		t.Fatal(err)
	}
	asked := 0
	show := func(args []any) (any, error) { asked++; return fmt.Sprintf("%q", args), nil }
	if err := s.registerScalars(
		dialect.ScalarFunction{Name: "shown", Params: []string{"VARCHAR", "VARCHAR"}, Result: "VARCHAR", OnNull: true, Call: show},
		dialect.ScalarFunction{Name: "wide", Params: []string{"BIGINT", "DOUBLE", "BOOLEAN", "FLOAT", "INTEGER", "HUGEINT"}, Result: "VARCHAR", Call: show},
		dialect.ScalarFunction{Name: "list", Params: []string{"VARCHAR[]"}, Result: "VARCHAR", Call: show},
	); err != nil {
		t.Fatal(err)
	}
	for sql, want := range map[string]string{
		"SELECT count(DISTINCT shown(a, b))::VARCHAR FROM (VALUES ('a', 'bc'), ('ab', 'c'), (NULL, 'abc'), ('abc', NULL), ('', 'abc'), ('abc', ''), ('a', 'bc')) t(a, b)": "6",
		"SELECT count(DISTINCT shown((i % 20000)::VARCHAR, repeat('x', i % 200)))::VARCHAR FROM range(200000) r(i)":                                                       "20000",
		"SELECT count(DISTINCT wide(i % 3, -0.0::DOUBLE * (i % 2), i % 2 = 0, (i % 5)::FLOAT, (i % 7)::INTEGER, (i % 2)::HUGEINT))::VARCHAR FROM range(1000) r(i)":        "210",
		"SELECT count(DISTINCT list([(i % 9)::VARCHAR]))::VARCHAR FROM range(1000) r(i)":                                                                                  "9",
	} {
		if got, err := s.texts(sql); err != nil || got[0] != want {
			t.Errorf("%s: %v, want %s: %v", sql, got, want, err)
		}
	}
	asked = 0
	if _, err := s.texts("SELECT max(shown(i::VARCHAR, 'q')) FROM range(100000) r(i)"); err != nil || asked < 100000 {
		t.Errorf("asked %d times for 100000 values: %v", asked, err)
	}
}
