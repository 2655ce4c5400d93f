package dialect

import (
	"encoding/binary"
	"math"
	"slices"
)

// Trino's digest of doubles: a t-digest, which approx_percentile, tdigest_agg and
// their kin answer from. Values come one by one and are merged into centroids when
// there is no more room, from the low and from the high end in turn; up to a few
// hundred values every one is its own centroid and answers are exact.

// tdigest has its centroids in the order in which they came; order sorts them.
type tdigest struct {
	compression    float64
	min, max       float64
	total          float64
	means, weights []float64
	room           int // how many centroids fit before it grows or merges
	backwards      bool
	unmerged       bool
}

const defaultCompression = 100

func newTDigest(compression float64) *tdigest {
	return &tdigest{compression: compression, min: math.Inf(1), max: math.Inf(-1), room: 1}
}

// limit is how many centroids t may hold.
func (t *tdigest) limit() int { return int(6 * (2*t.compression + 10)) }

// add takes a finite value with a weight.
func (t *tdigest) add(value, weight float64) {
	if len(t.means) == t.room {
		if limit := t.limit(); t.room < limit {
			t.room = min(2*t.room, limit)
		} else {
			t.merge(2 * t.compression)
		}
	}
	t.means, t.weights = append(t.means, value), append(t.weights, weight)
	t.total += weight
	t.min, t.max = math.Min(t.min, value), math.Max(t.max, value)
	t.unmerged = true
}

// join adds the centroids of o.
func (t *tdigest) join(o *tdigest) {
	if len(t.means)+len(o.means) > t.room {
		t.merge(2 * t.compression)
		o.merge(2 * o.compression)
		t.room = max(t.room, len(t.means)+len(o.means))
	}
	t.means, t.weights = append(t.means, o.means...), append(t.weights, o.weights...)
	t.total += o.total
	t.min, t.max = math.Min(t.min, o.min), math.Max(t.max, o.max)
	t.unmerged = true
}

// merge brings neighbours together as long as a centroid stays small for its
// place: small at both ends, large in the middle.
func (t *tdigest) merge(compression float64) {
	n := len(t.means)
	if n == 0 {
		return
	}
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, k int) int {
		switch {
		case t.means[i] < t.means[k]:
			return -1
		case t.means[i] > t.means[k]:
			return 1
		}
		return 0
	})
	if t.backwards {
		slices.Reverse(order)
	}
	normalizer := compression / (4*math.Log(t.total/compression) + 24)
	largest := func(q float64) float64 { return q * (1 - q) / normalizer }
	mean, weight := t.means[order[0]], t.weights[order[0]]
	var means, weights []float64
	before := 0.0
	bound := largest(0)
	for _, i := range order[1:] {
		both := weight + t.weights[i]
		q := math.Min((before+both)/t.total, 1)
		if both <= t.total*math.Min(bound, largest(q)) {
			mean += (t.means[i] - mean) * t.weights[i] / both
			weight = both
			continue
		}
		means, weights = append(means, mean), append(weights, weight)
		before += weight
		bound = largest(before / t.total)
		mean, weight = t.means[i], t.weights[i]
	}
	means, weights = append(means, mean), append(weights, weight)
	if t.backwards {
		slices.Reverse(means)
		slices.Reverse(weights)
	}
	t.backwards = !t.backwards
	t.means, t.weights = means, weights
}

// valueAt gives the value at a quantile from 0 to 1; NaN where there is none.
func (t *tdigest) valueAt(q float64) float64 {
	if len(t.means) == 0 {
		return math.NaN()
	}
	if t.unmerged {
		t.merge(2 * t.compression)
		t.unmerged = false
	}
	last := len(t.means) - 1
	if last == 0 {
		return t.means[0]
	}
	at := q * t.total
	top := t.weights[last] / 2
	fromTop := func() float64 { return t.max + between(t.total-at, 1, t.max, top, t.means[last]) }
	switch {
	case at < 1:
		return t.min
	case at < t.weights[0]/2:
		return t.min + between(at, 1, t.min, t.weights[0]/2, t.means[0])
	case at <= t.total-1 && t.total-at <= top && top > 1:
		return fromTop()
	case at >= t.total-1:
		return t.max
	}
	before := t.weights[0] / 2
	for i := 0; i < last; i++ {
		step := (t.weights[i] + t.weights[i+1]) / 2
		if before+step > at {
			return t.inside(i, at-before, step)
		}
		before += step
	}
	if top > 1 {
		return fromTop()
	}
	return t.max
}

// inside gives the value that lies offset after the middle of centroid i, whose
// next one's middle is step away. A centroid of one value has no inside.
func (t *tdigest) inside(i int, offset, step float64) float64 {
	l, r := t.weights[i], t.weights[i+1]
	switch {
	case l == 1 && offset < l/2:
		return t.means[i]
	case r == 1 && offset >= l/2:
		return t.means[i+1]
	case l == 1:
		offset -= l / 2
		step = r / 2
	case r == 1:
		step = l / 2
	}
	return t.means[i] + between(offset, 0, t.means[i], step, t.means[i+1])
}

func between(x, x0, y0, x1, y1 float64) float64 { return (x - x0) / (x1 - x0) * (y1 - y0) }

// bytes gives the digest as Trino stores it, after a last merge.
func (t *tdigest) bytes() []byte {
	t.merge(t.compression)
	b := []byte{0}
	put := func(fs ...float64) {
		for _, f := range fs {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(f))
		}
	}
	put(t.min, t.max, t.compression, t.total)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(t.means)))
	put(t.means...)
	put(t.weights...)
	return b
}

// readTDigest reads what bytes gives; nil for what is no digest.
func readTDigest(b []byte) *tdigest {
	if len(b) < 37 || b[0] != 0 {
		return nil
	}
	get := func(i int) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b[i:])) }
	n := int(binary.LittleEndian.Uint32(b[33:]))
	if len(b) != 37+16*n {
		return nil
	}
	t := &tdigest{min: get(1), max: get(9), compression: get(17), total: get(25), room: n}
	for i := range n {
		t.means = append(t.means, get(37+8*i))
		t.weights = append(t.weights, get(37+8*(n+i)))
	}
	if !(t.compression >= 10) {
		return nil
	}
	return t
}
