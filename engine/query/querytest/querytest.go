// Package querytest is one suite for every engine: what package query promises,
// held against an engine that answers Athena SQL over a small lake.
//
// The suite states the lake (Objects, by key) and its catalog (DDL); the caller
// opens its engine over them. What is asked is Athena SQL that every engine
// takes; what is expected is what Athena answers.
package querytest

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"acme/telemetry/engine/query"
)

// Database is where names without one are looked for.
const Database = "lab"

// DDL makes the catalog of the suite.
const DDL = `
CREATE DATABASE IF NOT EXISTS lab;
CREATE EXTERNAL TABLE lab.shapes (s string, i int, l bigint, d double, b boolean, day date)
PARTITIONED BY (year int, part string)
ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'
WITH SERDEPROPERTIES ('ignore.malformed.json' = 'true')
STORED AS INPUTFORMAT 'org.apache.hadoop.mapred.TextInputFormat'
OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'
LOCATION 's3://bucket/shapes/';
CREATE EXTERNAL TABLE lab.numbers (n int)
ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'
STORED AS INPUTFORMAT 'org.apache.hadoop.mapred.TextInputFormat'
OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'
LOCATION 's3://bucket/numbers/'`

// Numbers is how many rows lab.numbers has: 0, 1, 2, ...
const Numbers = 20_000

// Objects gives the lake of the suite: bytes by key.
func Objects() map[string][]byte {
	var numbers strings.Builder
	for n := range Numbers {
		fmt.Fprintf(&numbers, "{\"n\":%d}\n", n)
	}
	return map[string][]byte{
		"shapes/year=2024/part=a%20b/0.gz": pack(`{"s":"one","i":1,"l":9223372036854775807,"d":1.5,"b":true,"day":"2024-02-29"}{"s":"unseen"}` + "\n" + "{broken\n"),
		"shapes/year=2025/part=c/0.gz":     pack(`{"s":"日本\u0000語","i":-2147483648,"l":-1,"d":-0.0,"b":false,"day":"1969-12-31"}` + "\n" + `{"s":""}`),
		"shapes/year=2026/part=bad/0.gz":   []byte("this is not gzip"),
		"numbers/0.gz":                     pack(numbers.String()),
	}
}

func pack(text string) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write([]byte(text)) // to memory
	_ = w.Close()
	return out.Bytes()
}

// Run holds the engine that open gives to the suite. Every engine is closed by
// the suite.
func Run(t *testing.T, open func(t *testing.T) query.Engine) {
	for _, c := range []struct {
		name string
		test func(t *testing.T, e query.Engine)
	}{
		{"values", values}, {"columns", columns}, {"end", end}, {"statistics", statistics}, {"errors", wrong}, {"damage", damage},
		{"limit", limit}, {"timeout", outOfTime}, {"cancel", cancelled}, {"close", closed}, {"many at once", many},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := open(t)
			defer e.Close()
			c.test(t, e)
		})
	}
}

// All reads a result to its end.
func All(ctx context.Context, e query.Engine, r query.Request) ([]query.Row, query.Stats, error) {
	rows, err := e.Query(ctx, r)
	if err != nil {
		return nil, query.Stats{}, err
	}
	defer rows.Close()
	var out []query.Row
	for {
		batch, err := rows.Next(ctx)
		if err == io.EOF {
			return out, rows.Stats(), nil
		}
		if err != nil {
			return out, rows.Stats(), err
		}
		if len(batch) == 0 {
			return out, rows.Stats(), errors.New("Next gave no rows and no error")
		}
		out = append(out, batch...)
	}
}

func ask(sql string) query.Request { return query.Request{SQL: sql} }

func values(t *testing.T, e query.Engine) {
	rows, _, err := All(t.Context(), e, ask("SELECT s, i, l, d, b, day, year, part FROM shapes WHERE year < 2026 ORDER BY i, s"))
	if err != nil {
		t.Fatal(err)
	}
	want := []query.Row{
		{"日本\x00語", int64(-2147483648), int64(-1), rows[0][3], false, query.Text("1969-12-31"), int64(2025), "c"},
		{"one", int64(1), int64(9223372036854775807), 1.5, true, query.Text("2024-02-29"), int64(2024), "a b"},
		{"", nil, nil, nil, nil, nil, int64(2025), "c"},
		{nil, nil, nil, nil, nil, nil, int64(2024), "a b"},
	}
	if !reflect.DeepEqual(rows, want) || fmt.Sprint(rows[0][3]) != "-0" {
		t.Errorf("rows\n%q\nwant\n%q", rows, want)
	}
}

func columns(t *testing.T, e query.Engine) {
	rows, err := e.Query(t.Context(), ask("SELECT count(*) AS n, avg(d), sum(i) / 3600.0 AS hours, max(s) m, max(day), bool_or(b), year FROM shapes WHERE year = 2025 GROUP BY year"))
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var types []string
	for _, c := range rows.Columns() {
		types = append(types, c.Name+" "+c.Type)
	}
	// Releases from 477 on divide decimals otherwise.
	types[2], _, _ = strings.Cut(types[2], "(")
	if got, want := strings.Join(types, ", "), "n bigint, _col1 double, hours decimal, m varchar, _col4 date, _col5 boolean, year integer"; got != want {
		t.Errorf("columns %s, want %s", got, want)
	}
}

func end(t *testing.T, e query.Engine) {
	rows, err := e.Query(t.Context(), ask("SELECT 1"))
	if err != nil {
		t.Fatal(err)
	}
	if batch, err := rows.Next(t.Context()); err != nil || !reflect.DeepEqual(batch, []query.Row{{int64(1)}}) {
		t.Fatal(batch, err)
	}
	for range 2 {
		if batch, err := rows.Next(t.Context()); err != io.EOF {
			t.Errorf("after the last row: %v %v, want io.EOF", batch, err)
		}
	}
	if s := rows.Stats(); s.Rows != 1 || s.Objects != 0 {
		t.Errorf("stats %+v", s)
	}
	for range 2 {
		if err := rows.Close(); err != nil {
			t.Error(err)
		}
	}
	if rows, _, err := All(t.Context(), e, ask("SELECT n FROM numbers WHERE n < 0")); err != nil || len(rows) != 0 {
		t.Errorf("a result without rows: %v %v", rows, err)
	}
}

func statistics(t *testing.T, e query.Engine) {
	_, s, err := All(t.Context(), e, ask("SELECT max(s) FROM shapes WHERE year = 2024"))
	if err != nil {
		t.Fatal(err)
	}
	if s.Objects != 1 || s.Pruned != 2 || s.Rows != 1 || s.Partitions != 1 || s.PartitionsOf != 3 || s.Bytes <= 0 || s.Elapsed <= 0 || s.Truncated {
		t.Errorf("stats %+v", s)
	}
	if s.Unseen != 1 || s.Malformed != 1 {
		t.Errorf("unseen %d, malformed %d, want 1 and 1", s.Unseen, s.Malformed)
	}
}

func wrong(t *testing.T, e query.Engine) {
	for _, c := range []struct {
		sql, name, text string
		line, column    int
	}{
		{"SELECT FROM numbers", "SYNTAX_ERROR", "line 1:8: ", 1, 8},
		{"SELECT\n  nothing FROM numbers", "COLUMN_NOT_FOUND", "line 2:3: Column 'nothing' cannot be resolved", 2, 3},
		{"SELECT * FROM nowhere", "TABLE_NOT_FOUND", "line 1:15: ", 1, 15},
		{"SELECT 1 / (n - n) FROM numbers", "DIVISION_BY_ZERO", "", 0, 0},
	} {
		_, _, err := All(t.Context(), e, ask(c.sql))
		var said *query.Error
		if !errors.As(err, &said) {
			t.Errorf("%q: %v, want a query.Error", c.sql, err)
			continue
		}
		if said.Name != c.name || !strings.HasPrefix(said.Message, c.text) || said.Line != c.line || said.Column != c.column {
			t.Errorf("%q: %+v, want %s %s at %d:%d", c.sql, said, c.name, c.text, c.line, c.column)
		}
	}
	if rows, _, err := All(t.Context(), e, ask("SELECT count(*) FROM lab.numbers")); err != nil || rows[0][0] != int64(Numbers) {
		t.Errorf("after the errors: %v %v", rows, err)
	}
}

func damage(t *testing.T, e query.Engine) {
	_, _, err := All(t.Context(), e, ask("SELECT max(s) FROM shapes"))
	var said *query.Error
	if !errors.As(err, &said) || !strings.Contains(said.Message, "shapes/year=2026/part=bad/0.gz") {
		t.Errorf("a damaged object: %v, want an error that names it", err)
	}
}

func limit(t *testing.T, e query.Engine) {
	rows, s, err := All(t.Context(), e, query.Request{SQL: "SELECT n FROM numbers", Limit: 7})
	if err != nil || len(rows) != 7 || !s.Truncated || s.Rows != 7 {
		t.Errorf("%d rows, %+v, %v", len(rows), s, err)
	}
	rows, s, err = All(t.Context(), e, query.Request{SQL: "SELECT n FROM numbers WHERE n < 7", Limit: 7})
	if err != nil || len(rows) != 7 || s.Truncated {
		t.Errorf("%d rows, %+v, %v", len(rows), s, err)
	}
}

// slow would run for hours.
const slow = "SELECT count(*) FROM numbers a, numbers b, numbers c WHERE a.n + b.n + c.n = 7"

func outOfTime(t *testing.T, e query.Engine) {
	begun := time.Now()
	_, _, err := All(t.Context(), e, query.Request{SQL: slow, Timeout: 300 * time.Millisecond})
	var said *query.Error
	if !errors.As(err, &said) || said.Name != "TIMEOUT" {
		t.Errorf("%v, want TIMEOUT", err)
	}
	soon(t, begun)
	alive(t, e)
}

func cancelled(t *testing.T, e query.Engine) {
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	begun := time.Now()
	if _, _, err := All(ctx, e, ask(slow)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want the context's error", err)
	}
	soon(t, begun)
	alive(t, e)
}

// soon fails where a statement went on for long after it was told to end. The
// bound is wide: machines are busy.
func soon(t *testing.T, begun time.Time) {
	t.Helper()
	if took := time.Since(begun); took > 20*time.Second {
		t.Errorf("it took %s to stop", took)
	}
}

func alive(t *testing.T, e query.Engine) {
	t.Helper()
	if rows, _, err := All(t.Context(), e, ask("SELECT sum(n) FROM numbers")); err != nil || rows[0][0] != int64(Numbers*(Numbers-1)/2) {
		t.Errorf("the next statement: %v %v", rows, err)
	}
}

func closed(t *testing.T, e query.Engine) {
	rows, err := e.Query(t.Context(), ask("SELECT a.n FROM numbers a, numbers b"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rows.Next(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := rows.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := rows.Next(t.Context()); err == nil || err == io.EOF {
		t.Errorf("Next after Close: %v, want an error", err)
	}
	alive(t, e)
	for range 2 {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := e.Query(t.Context(), ask("SELECT 1")); err == nil {
		t.Error("a closed engine took a statement")
	}
}

func many(t *testing.T, e query.Engine) {
	var wait sync.WaitGroup
	for n := range 8 {
		wait.Go(func() {
			rows, _, err := All(t.Context(), e, ask(fmt.Sprintf("SELECT count(*) FROM numbers WHERE n < %d", n*100)))
			if err != nil || rows[0][0] != int64(n*100) {
				t.Errorf("%d: %v %v", n, rows, err)
			}
		})
	}
	wait.Wait()
}
