package duckdb

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"acme/telemetry/engine/dialect"
	"acme/telemetry/engine/query"
)

// Every type a translation can promise comes out in the shape that query.Row
// states, through DuckDB alone and through the pipe.
func TestValueShapes(t *testing.T) {
	long := strings.Repeat("日", 100)
	tests := []struct {
		typ, sql string
		want     any
	}{
		{"boolean", "true", true}, {"tinyint", "(-128)::TINYINT", int64(-128)}, {"smallint", "32767::SMALLINT", int64(32767)},
		{"integer", "(-2147483648)::INTEGER", int64(math.MinInt32)}, {"bigint", "9223372036854775807::BIGINT", int64(math.MaxInt64)},
		{"double", "1e300::DOUBLE", 1e300}, {"double", "'-Infinity'::DOUBLE", math.Inf(-1)}, {"real", "0.1::FLOAT", float64(float32(0.1))},
		{"varchar", "'" + long + "'", long}, {"varchar", "''", ""}, {"varchar", "'it''s'", "it's"}, {"json", "'{\"a\":1}'", `{"a":1}`},
		{"varbinary", "'\\x00\\xFF'::BLOB", []byte{0, 255}}, {"unknown", "NULL::INTEGER", nil}, {"varchar", "NULL::VARCHAR", nil},
		{"decimal(3,1)", "(-0.5)::DECIMAL(3,1)", query.Text("-0.5")}, {"decimal(9,4)", "12345.6789::DECIMAL(9,4)", query.Text("12345.6789")},
		{"decimal(18,0)", "(-123456789012345678)::DECIMAL(18,0)", query.Text("-123456789012345678")}, {"decimal(21,1)", "363.1::DECIMAL(21,1)", query.Text("363.1")},
		{"decimal(38,10)", "'-1234567890123456789012345678.0000000001'::DECIMAL(38,10)", query.Text("-1234567890123456789012345678.0000000001")},
		{"decimal(38,10)", "0::DECIMAL(38,10)", query.Text("0.0000000000")},
		{"date", "DATE '2025-08-11'", query.Text("2025-08-11")}, {"date", "DATE '0001-01-01'", query.Text("0001-01-01")}, {"date", "DATE '1969-12-31'", query.Text("1969-12-31")},
		{"time(3)", "TIME '17:33:47.123456'", query.Text("17:33:47.123")}, {"timetz", "INTERVAL '-3501171 months 105035130 days 43427500000000000 microseconds'", query.Text("17:33:47.500+05:30")}, {"timetz", "INTERVAL '-3500361 months 105010830 days 32400000000000000 microseconds'", query.Text("01:00:00.000-08:00")},
		{"timestamp(0)", "TIMESTAMP '2025-08-11 17:33:47.9'", query.Text("2025-08-11 17:33:47")}, {"timestamp(3)", "TIMESTAMP '2025-08-11 17:33:47.123456'", query.Text("2025-08-11 17:33:47.123")},
		{"timestamp(6)", "TIMESTAMP '1969-12-31 23:59:59.999999'", query.Text("1969-12-31 23:59:59.999999")},
		{"timestamptz", "TIMESTAMPTZ '2025-08-11 17:33:47.123+02'", query.Text("2025-08-11 15:33:47.123 UTC")},
		{"days", "90061001::BIGINT", query.Text("1 01:01:01.001")}, {"days", "(-1)::BIGINT", query.Text("-0 00:00:00.001")}, {"months", "27::INTEGER", query.Text("2-3")}, {"months", "(-1)::INTEGER", query.Text("-0-1")},
		{"uuid", "'12151fd2-7586-11e9-8f9e-2a86e4085a59'::UUID", "12151fd2-7586-11e9-8f9e-2a86e4085a59"},
		{"array", "[1, NULL, 3]::INTEGER[]", []any{int64(1), nil, int64(3)}}, {"array", "[]::INTEGER[]", []any{}}, {"array", "NULL::INTEGER[]", nil},
		{"map", "MAP {'k': [1.5], 'l': NULL}::MAP(VARCHAR, DOUBLE[])", query.Map{{Key: "k", Value: []any{1.5}}, {Key: "l"}}},
		{"row", "{'f0': 1::BIGINT, 'f1': 'thirteen byte'}", []any{int64(1), "thirteen byte"}}, {"row", "{'f0': NULL::BIGINT, 'f1': NULL::VARCHAR}", []any{nil, nil}},
	}
	var types, exprs []string
	for _, c := range tests {
		types, exprs = append(types, c.typ), append(exprs, c.sql)
	}
	// The values stand in the second row of a chunk: an offset that is forgotten shows.
	sql := "-- types: " + strings.Join(types, " ") + "\nSELECT " + strings.Join(exprs, ", ") + " FROM range(2)"
	both(t, nil, func(t *testing.T, e query.Engine) {
		rows, _, err := all(t.Context(), e, sql)
		if err != nil || len(rows) != 2 {
			t.Fatal(rows, err)
		}
		for i, c := range tests {
			if got := rows[1][i]; !reflect.DeepEqual(got, c.want) {
				t.Errorf("%s as %s: %#v, want %#v", c.sql, c.typ, got, c.want)
			}
		}
	})
}

// A translation that promises what DuckDB does not give is a bug of ours, and
// says so with both statements; one that cannot be bound is too.
func TestBrokenPromises(t *testing.T) {
	both(t, nil, func(t *testing.T, e query.Engine) {
		for _, c := range []struct{ sql, want string }{
			{"-- types: bigint\nSELECT 1::INTEGER", "column 1 (c0) is INTEGER and was promised as BIGINT, bigint"},
			{"-- types: varchar varchar\nSELECT 'a'", "gives 1 columns and promised 2"},
			{"-- types: varchar\nSELECT no_such_column", "Binder Error"},
			{"-- types: decimal(3,1)\nSELECT 1.5::DECIMAL(4,1)", "DECIMAL(4,1)"},
			{"-- types: json\nSELECT json_object('a', 1)", "is JSON and was promised as VARCHAR"},
		} {
			_, _, err := all(t.Context(), e, c.sql)
			var known *query.Error
			if !errors.As(err, &known) || known.Name != ErrInternal || !strings.Contains(known.Message, c.want) || !strings.Contains(known.Message, "DuckDB SQL: SELECT") {
				t.Errorf("%s: %v", c.sql, err)
			}
		}
		if _, _, err := all(t.Context(), e, strings.Repeat(" ", maxText)+"SELECT 1"); err == nil || !strings.Contains(err.Error(), "QUERY_TEXT_TOO_LARGE") {
			t.Errorf("a huge text: %v", err)
		}
	})
}

// The functions of the dialect in Go get and give every shape that they may have.
func TestScalarShapes(t *testing.T) {
	s := newTestSession(t)
	for _, typ := range []string{"BOOLEAN", "INTEGER", "BIGINT", "HUGEINT", "DOUBLE", "FLOAT", "VARCHAR", "BLOB", "VARCHAR[]", "DOUBLE[]", "BIGINT[][]"} {
		name := "same_" + strings.ToLower(strings.NewReplacer("[]", "_list").Replace(typ))
		same := func(args []any) (any, error) { return args[0], nil }
		if err := s.registerScalars(dialect.ScalarFunction{Name: name, Params: []string{typ}, Result: typ, Call: same}); err != nil {
			t.Fatal(err)
		}
		values := map[string]string{
			"BOOLEAN": "i % 2 = 0", "INTEGER": "(i - 5000)::INTEGER", "BIGINT": "i * 1000000007", "HUGEINT": "(i - 5000)::HUGEINT * 1000000000000000000000", "DOUBLE": "i / 7", "FLOAT": "(i / 7)::FLOAT",
			"VARCHAR": "repeat('é', (i % 40)::INTEGER)", "BLOB": "encode(repeat('x', (i % 40)::INTEGER))", "VARCHAR[]": "[i::VARCHAR, NULL, repeat('y', 20)]", "DOUBLE[]": "list_transform(range(i % 4), x -> x / 3)", "BIGINT[][]": "[[i], NULL, [], [i, i + 1]]",
		}
		sql := "SELECT count(*)::VARCHAR FROM (SELECT CASE WHEN i % 10 = 3 THEN NULL ELSE " + values[typ] + " END AS v FROM range(10000) r(i)) WHERE " + name + "(v) IS DISTINCT FROM v"
		if different, err := s.texts(sql); err != nil || different[0] != "0" {
			t.Errorf("%s: %v rows differ: %v", typ, different, err)
		}
	}
	one := dialect.ScalarFunction{Name: "one", Params: []string{"VARCHAR"}, Result: "VARCHAR", OnNull: true, Call: func(args []any) (any, error) { return args[0], nil }}
	list := dialect.ScalarFunction{Name: "list_of", Params: []string{"VARCHAR[]"}, Result: "VARCHAR", Call: func(args []any) (any, error) { return fmt.Sprint(args[0]), nil }}
	fails := dialect.ScalarFunction{Name: "fails", Params: []string{"BIGINT"}, Result: "BIGINT", Call: func(args []any) (any, error) {
		if args[0] == int64(77) {
			return nil, errors.New("Division by zero")
		}
		if args[0] == int64(88) {
			panic("boom")
		}
		return args[0], nil
	}}
	nulls := dialect.ScalarFunction{Name: "nulls", Params: []string{"VARCHAR", "VARCHAR"}, Result: "BOOLEAN", OnNull: true, Call: func(args []any) (any, error) { return args[0] == nil && args[1] == "x", nil }}
	whole := dialect.ScalarFunction{Name: "whole", Params: []string{"VARCHAR"}, Result: "BIGINT", Call: func([]any) (any, error) { return nil, errors.New("boxed") }, Bits: func(text string) (uint64, bool, error) {
		if text == "long enough to lie elsewhere" {
			return 0, false, errors.New("refused: " + text)
		}
		return uint64(len(text)), text != "none", nil
	}}
	if err := s.registerScalars(fails, nulls, one, list, whole); err != nil {
		t.Fatal(err)
	}
	for sql, want := range map[string]string{
		// DuckDB keeps a NULL that all elements are once.
		"SELECT list_of(['x' || one(NULL), 'y' || one(NULL)]) FROM range(1)": "[<nil> <nil>]", "SELECT list_of(list_sort(['x' || one(NULL), 'y' || one(NULL), 'z' || one(NULL)])) FROM range(1)": "[<nil> <nil> <nil>]",
		"SELECT sum(fails(i))::VARCHAR FROM range(70) r(i)": "2415", "SELECT sum(fails(i))::VARCHAR FROM range(80) r(i)": "Division by zero",
		"SELECT list(whole(CASE WHEN i % 3 > 0 THEN repeat('x', i::INTEGER * 7) END))::VARCHAR FROM range(6) r(i)": "[NULL, 7, 14, NULL, 28, 35]", "SELECT sum(whole(i::VARCHAR))::VARCHAR FROM range(10000) r(i)": "38890",
		"SELECT whole('')::VARCHAR": "0", "SELECT (whole('none') IS NULL)::VARCHAR": "true", "SELECT whole('long enough to lie elsewhere')::VARCHAR": "refused: long enough to lie elsewhere",
		"SELECT fails(88)::VARCHAR": panicMark + "boom", "SELECT nulls(NULL, 'x')::VARCHAR": "true", "SELECT nulls('x', NULL)::VARCHAR": "false",
	} {
		got, err := s.texts(sql)
		if err != nil {
			got = []string{err.Error()}
		}
		if !strings.Contains(got[0], want) {
			t.Errorf("%s: %v, want %s", sql, got, want)
		}
	}
}

func FuzzWire(f *testing.F) {
	f.Add(appendRow(nil, query.Row{nil, true, int64(-1), 1.5, "s", query.Text("t"), []byte{1}, []any{nil, "x"}, query.Map{{Key: "k", Value: int64(1)}}}), 9)
	f.Add([]byte{valueList, 255, 255, 255, 255, 15}, 1)
	f.Fuzz(func(t *testing.T, b []byte, width int) {
		w := wire{b: b}
		rows, err := w.rows(max(0, width%50))
		if err != nil {
			return
		}
		var again []byte
		for _, r := range rows {
			again = appendRow(again, r)
		}
		back, err := (&wire{b: again}).rows(max(0, width%50))
		if err != nil || len(back) != len(rows) {
			t.Fatalf("%d rows became %d: %v", len(rows), len(back), err)
		}
	})
}
