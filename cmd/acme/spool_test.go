package main

import (
	"fmt"
	"math"
	"reflect"
	"testing"

	"acme/telemetry/engine/query"
)

// TestRowSpool: every kind of value comes back as it went, from any row on, while
// rows are still added; a closed spool says so and leaves no file.
func TestRowSpool(t *testing.T) {
	dir := t.TempDir()
	p := &program{env: map[string]string{"XDG_CACHE_HOME": dir}}
	s, err := rowSpools{p}.Spool(nil)
	if err != nil {
		t.Fatal(err)
	}
	row := func(i int) query.Row {
		return query.Row{nil, i%2 == 0, int64(i - 500), float64(i) / 3, fmt.Sprint("text ", i), []byte{byte(i), 0}, query.Text("21.10"),
			[]any{int64(i), nil, "a"}, query.Map{{Key: "k", Value: []any{query.Text("x")}}}, math.Inf(1), ""}
	}
	n := 0
	for _, batch := range []int{1, 255, 256, 1000, 3} {
		var rows []query.Row
		for range batch {
			rows = append(rows, row(n))
			n++
		}
		if err := s.Add(rows); err != nil {
			t.Fatal(err)
		}
		for _, at := range [][2]int{{0, 1}, {n - 1, 5}, {n / 2, 300}, {n, 3}, {max(n-256, 0), 256}} {
			got, err := s.Window(at[0], at[1])
			if err != nil {
				t.Fatal(err)
			}
			if want := max(min(at[1], n-at[0]), 0); len(got) != want {
				t.Fatalf("%d of %d rows from %d on, want %d", len(got), n, at[0], want)
			}
			for i, r := range got {
				if !reflect.DeepEqual(r, row(at[0]+i)) {
					t.Fatalf("row %d is %v", at[0]+i, r)
				}
			}
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := s.Window(0, 1); err == nil || s.Add([]query.Row{nil}) == nil {
		t.Error("a closed spool gives and takes rows")
	}
}
