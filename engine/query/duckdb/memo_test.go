package duckdb

import (
	"fmt"
	"testing"

	"acme/telemetry/engine/dialect"
)

// What is known of arguments is of just these, and makes room when there are many.
func TestMemo(t *testing.T) {
	s := newTestSession(t)
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
