package trino

import (
	"context"
	"errors"
	"io"
	"math"
	"os"
	"reflect"
	"testing"
	"time"

	"acme/telemetry/engine/query"
)

// open gives an engine on a running Trino.
func open(t *testing.T) *Engine {
	t.Helper()
	url := os.Getenv("ACME_TRINO")
	if url == "" {
		t.Skip("needs a running Trino: set ACME_TRINO (see CONTRIBUTING.md)")
	}
	e, err := New(Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

func all(ctx context.Context, e query.Engine, r query.Request) ([]query.Column, []query.Row, query.Stats, error) {
	rows, err := e.Query(ctx, r)
	if err != nil {
		return nil, nil, query.Stats{}, err
	}
	defer rows.Close()
	var out []query.Row
	for {
		batch, err := rows.Next(ctx)
		if err == io.EOF {
			return rows.Columns(), out, rows.Stats(), nil
		}
		if err != nil {
			return nil, nil, rows.Stats(), err
		}
		out = append(out, batch...)
	}
}

func TestValues(t *testing.T) {
	e := open(t)
	const sql = `SELECT true, 1, BIGINT '9223372036854775807', 1.5e0, nan(), REAL '0.5', 'é', X'00ff', DECIMAL '1.10', DATE '2025-08-11',
		TIMESTAMP '2025-08-11 17:00:00.123456 Europe/Berlin', INTERVAL '1' DAY, ARRAY[1, NULL], MAP(ARRAY[2, 1], ARRAY['b', 'a']),
		CAST(ROW(1, 'x') AS ROW("a b" integer, c varchar(3))), CAST(NULL AS varchar), ROW(1, ARRAY[ROW(DATE '2025-08-11')])`
	columns, rows, _, err := all(t.Context(), e, query.Request{SQL: sql})
	if err != nil {
		t.Fatal(err)
	}
	types := []string{"boolean", "integer", "bigint", "double", "double", "real", "varchar(1)", "varbinary", "decimal(3,2)", "date",
		"timestamp(6) with time zone", "interval day to second", "array(integer)", "map(integer, varchar(1))",
		`row("a b" integer, c varchar(3))`, "varchar", "row(integer, array(row(date)))"}
	for i, want := range types {
		if got := columns[i].Type; got != want {
			t.Errorf("column %d: type %s, want %s", i, got, want)
		}
	}
	want := query.Row{true, int64(1), int64(9223372036854775807), 1.5, rows[0][4], 0.5, "é", []byte{0, 255}, query.Text("1.10"), query.Text("2025-08-11"),
		query.Text("2025-08-11 17:00:00.123456 Europe/Berlin"), query.Text("1 00:00:00.000"), []any{int64(1), nil},
		query.Map{{Key: int64(1), Value: "a"}, {Key: int64(2), Value: "b"}}, []any{int64(1), "x"}, nil,
		[]any{int64(1), []any{[]any{query.Text("2025-08-11")}}}}
	if f, ok := rows[0][4].(float64); !ok || !math.IsNaN(f) {
		t.Errorf("nan() is %v", rows[0][4])
	}
	rows[0][4], want[4] = nil, nil
	if !reflect.DeepEqual(rows[0], want) {
		t.Errorf("got  %#v\nwant %#v", rows[0], want)
	}
}

func TestParams(t *testing.T) {
	e := open(t)
	_, rows, _, err := all(t.Context(), e, query.Request{SQL: "SELECT ?, upper(?)", Params: []string{"17", "'a'"}})
	if want := (query.Row{int64(17), "A"}); err != nil || !reflect.DeepEqual(rows, []query.Row{want}) {
		t.Errorf("got %v, %v", rows, err)
	}
	there, err := New(Config{URL: os.Getenv("ACME_TRINO") + "/tpch/tiny"})
	if err != nil {
		t.Fatal(err)
	}
	defer there.Close()
	_, rows, _, err = all(t.Context(), there, query.Request{SQL: "SELECT count(*) FROM region"})
	if err != nil || !reflect.DeepEqual(rows, []query.Row{{int64(5)}}) {
		t.Errorf("got %v, %v", rows, err)
	}
}

func TestErrors(t *testing.T) {
	e := open(t)
	for sql, want := range map[string]query.Error{
		"SELECT nosuch": {Name: "COLUMN_NOT_FOUND", Message: "line 1:8: Column 'nosuch' cannot be resolved", Line: 1, Column: 8},
		"SELECT 1/0":    {Name: "DIVISION_BY_ZERO", Message: "Division by zero"},
		"SELEC":         {Name: "SYNTAX_ERROR", Line: 1, Column: 1},
	} {
		_, _, _, err := all(t.Context(), e, query.Request{SQL: sql})
		var got *query.Error
		if !errors.As(err, &got) {
			t.Errorf("%s: %v", sql, err)
			continue
		}
		if want.Message == "" {
			want.Message = got.Message // a list of tokens, by release
		}
		if *got != want {
			t.Errorf("%s: got %+v, want %+v", sql, *got, want)
		}
	}
}

// long is a statement that runs for longer than anybody waits.
const long = "SELECT count(*) FROM UNNEST(sequence(1, 10000)) a(x), UNNEST(sequence(1, 10000)) b(y), UNNEST(sequence(1, 10000)) c(z)"

func TestEnds(t *testing.T) {
	e := open(t)
	_, rows, stats, err := all(t.Context(), e, query.Request{SQL: "SELECT x FROM UNNEST(sequence(1, 10000)) t(x)", Limit: 7})
	if err != nil || len(rows) != 7 || !stats.Truncated || stats.Rows != 7 {
		t.Errorf("limit: %d rows, %+v, %v", len(rows), stats, err)
	}
	_, rows, stats, err = all(t.Context(), e, query.Request{SQL: "VALUES 1, 2", Limit: 2})
	if err != nil || len(rows) != 2 || stats.Truncated {
		t.Errorf("limit that cuts nothing: %d rows, %+v, %v", len(rows), stats, err)
	}
	_, _, _, err = all(t.Context(), e, query.Request{SQL: long, Timeout: 300 * time.Millisecond})
	var late *query.Error
	if !errors.As(err, &late) || late.Name != "TIMEOUT" {
		t.Errorf("timeout: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, _, _, err = all(ctx, e, query.Request{SQL: long}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("cancel: %v", err)
	}
	if _, err := New(Config{URL: "localhost:8080"}); err == nil {
		t.Error("an address without a scheme was taken")
	}
	gone, err := New(Config{URL: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := all(t.Context(), gone, query.Request{SQL: "SELECT 1"}); err == nil || errors.As(err, &late) && late == nil {
		t.Errorf("nobody there: %v", err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Query(t.Context(), query.Request{SQL: "SELECT 1"}); err == nil {
		t.Error("a closed engine answered")
	}
}

func TestTypes(t *testing.T) {
	for in, want := range map[string]string{
		"decimal(21, 1)":                     "decimal(21,1)",
		"timestamp(3) with time zone":        "timestamp(3) with time zone",
		"INTERVAL DAY TO SECOND":             "interval day to second",
		`row(a bigint, "b, ""c" varchar(2))`: `row(a bigint, "b, ""c" varchar(2))`,
		"map(varchar, array(row(timestamp(3) with time zone, interval day to second)))": "map(varchar, array(row(timestamp(3) with time zone, interval day to second)))",
		"row(date date, t time(6) with time zone)":                                      "row(date date, t time(6) with time zone)",
		"array(": "array(",
	} {
		if got := parseType(in).String(); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}
