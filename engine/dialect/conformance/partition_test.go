package conformance_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"acme/telemetry/engine/dialect"
)

// TestPartition holds the engine to what is true of every predicate: a row
// satisfies p, or NOT p, or p IS NULL, and one of them alone. The rows and their
// sums in the three parts come to those of the whole, however p is lowered,
// pushed or folded. ACME_QUERIES says how many predicates.
func TestPartition(t *testing.T) {
	e := openEngine(t)
	e.base(t)
	n, seed := setting(t, "ACME_QUERIES", 60), setting(t, "ACME_SEED", 1)
	counts := map[string]int{}
	for i := range n {
		g := newGenerator(uint64(seed + i))
		p := g.expr("o", 4).String()
		got, err := tally(e, p)
		var de *dialect.Error
		switch {
		case errors.As(err, &de) && de.Ours:
			counts["refused"]++
		case errors.As(err, &de):
			counts["error of the data"]++
		case err != nil:
			t.Errorf("seed %d: %s: %v", seed+i, p, err)
		case got != [3]int64{6, 21, 5}:
			t.Errorf("seed %d: %s: the parts have %v rows, sum and values of the table's 6, 21 and 5", seed+i, p, got)
		default:
			counts["adds up"]++
		}
	}
	t.Logf("%d predicates from seed %d: %v", n, seed, counts)
}

// tally adds up the rows, the sum of k and the values of i of a predicate's three
// parts, which one statement asks for: each is a WHERE of its own.
func tally(e *engine, p string) (sum [3]int64, err error) {
	var parts []string
	for _, part := range []string{p, "NOT (" + p + ")", "(" + p + ") IS NULL"} {
		parts = append(parts, "SELECT count(*), coalesce(sum(k), 0), count(i) FROM "+table()+" WHERE "+part)
	}
	_, rows, err := e.run(strings.Join(parts, " UNION ALL "), 401)
	if err != nil {
		return sum, err
	}
	for _, row := range rows {
		for i := range sum {
			n, err := row[i].(json.Number).Int64()
			if err != nil {
				return sum, err
			}
			sum[i] += n
		}
	}
	return sum, nil
}
