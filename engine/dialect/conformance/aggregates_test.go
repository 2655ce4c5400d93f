package conformance_test

import (
	"encoding/json"
	"errors"
	"slices"
	"sort"
	"strings"
	"testing"

	"acme/telemetry/engine/dialect"
)

// aggregateCase is a query with what Trino answers: rows as its protocol has them, or
// an error's name and text.
type aggregateCase struct {
	sql, want string
	level     int // 401 and 483 where zero
}

// TestAggregates holds aggregates and windows to answers of the real Trino.
func TestAggregates(t *testing.T) {
	e := openEngine(t)
	for _, c := range slices.Concat(aggregateCases, sketchCases, groupingCases) {
		for _, level := range []int{401, 483} {
			if c.level == 0 || c.level == level {
				e.holds(t, c.sql, c.want, level)
			}
		}
	}
}

// TestLooseMaps refuses what would show in which order an aggregate made a map,
// for that is chance, and only that.
func TestLooseMaps(t *testing.T) {
	e := openEngine(t)
	const from = " FROM (VALUES 'b', 'a', 'b') t(x)"
	for sql, want := range map[string]string{
		"SELECT map_keys(histogram(x))" + from:                                           "NOT_SUPPORTED: line 1:8: map_keys of a map in no order is not supported by the local engine",
		"SELECT map_values(h) FROM (SELECT map_agg(x, 1) h" + from + ")":                 "NOT_SUPPORTED: line 1:8: map_values of a map in no order is not supported by the local engine",
		"SELECT array_sort(map_keys(histogram(x)))" + from:                               `[[["a","b"]]]`,
		"SELECT cardinality(map_keys(h)) FROM (SELECT multimap_agg(x, 1) h" + from + ")": `[[2]]`,
		"SELECT map_keys(MAP(ARRAY['b', 'a'], ARRAY[1, 2]))":                             `[[["b","a"]]]`,
	} {
		e.holds(t, sql, want, 401)
		e.holds(t, sql, want, 483)
	}
}

func (e *engine) holds(t *testing.T, sql, want string, level int) {
	t.Helper()
	tr, rows, err := e.run(sql, level)
	var de *dialect.Error
	if errors.As(err, &de) {
		if got := de.Name + ": " + de.Message; got != want {
			t.Errorf("%d %s\n got %s\nwant %s", level, sql, got, want)
		}
		return
	}
	if err != nil {
		t.Errorf("%d %s\n%v", level, sql, err)
		return
	}
	b, err := json.Marshal(rows)
	if err != nil {
		t.Fatal(err)
	}
	var exp [][]any
	d := json.NewDecoder(strings.NewReader(want))
	d.UseNumber()
	if err := d.Decode(&exp); err != nil {
		t.Errorf("%d %s\n got %s\nwant %s", level, sql, b, want)
		return
	}
	if len(rows) != len(exp) {
		t.Errorf("%d %s\n got %s\nwant %s", level, sql, b, want)
		return
	}
	if !tr.Ordered {
		sort.SliceStable(rows, func(i, k int) bool { return key(rows[i]) < key(rows[k]) })
		sort.SliceStable(exp, func(i, k int) bool { return key(exp[i]) < key(exp[k]) })
	}
	for i := range exp {
		if !same(rows[i], exp[i], 1e-12) {
			t.Errorf("%d %s\n got %s\nwant %s", level, sql, b, want)
			return
		}
	}
}
