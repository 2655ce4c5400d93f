package conformance_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"acme/telemetry/engine/dialect"
)

// TestPartition holds the engine to what is true of every predicate: a row
// satisfies p, or NOT p, or p IS NULL, and one of them alone. The rows and their
// sums in the three parts come to those of the whole, however p is lowered,
// pushed or folded. ACME_QUERIES says how many predicates.
func TestPartition(t *testing.T) {
	e := openEngine(t)
	n, seed := setting(t, "ACME_QUERIES", 60), setting(t, "ACME_SEED", 1)
	counts := map[string]int{}
	for i := range n {
		g := newGenerator(uint64(seed + i))
		p := g.expr("o", 4).String()
		q := "SELECT count(*), coalesce(sum(k), 0), count(i) FROM " + table()
		whole, err := tally(e, q)
		if err != nil {
			t.Fatal(err)
		}
		var sum [3]int64
		refusal := error(nil)
		for _, part := range []string{p, "NOT (" + p + ")", "(" + p + ") IS NULL"} {
			got, err := tally(e, q+" WHERE "+part)
			if err != nil {
				refusal = err
				break
			}
			for j := range sum {
				sum[j] += got[j]
			}
		}
		var de *dialect.Error
		switch {
		case errors.As(refusal, &de) && de.Ours:
			counts["refused"]++
		case errors.As(refusal, &de):
			counts["error of the data"]++
		case refusal != nil:
			t.Errorf("seed %d: %s: %v", seed+i, p, refusal)
		case sum != whole:
			t.Errorf("seed %d: %s: the parts have %v, the whole %v", seed+i, p, sum, whole)
		default:
			counts["adds up"]++
		}
	}
	t.Logf("%d predicates from seed %d: %v", n, seed, counts)
}

// tally runs a statement of one row of three counts.
func tally(e *engine, sql string) (out [3]int64, err error) {
	_, rows, err := e.run(sql, 401)
	if err != nil {
		return out, err
	}
	for i := range out {
		n, ok := rows[0][i].(json.Number)
		if !ok {
			return out, fmt.Errorf("%s: %v is no count", sql, rows[0][i])
		}
		if out[i], err = n.Int64(); err != nil {
			return out, err
		}
	}
	return out, nil
}
