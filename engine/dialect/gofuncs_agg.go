package dialect

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
)

// Aggregates in Go: they get the values of a group as a list and answer as Trino
// does when it sees them in that order.

// floats gives the numbers of a list that are not NULL.
func floats(list any) []float64 {
	var out []float64
	for _, v := range list.([]any) {
		if v != nil {
			out = append(out, v.(float64))
		}
	}
	return out
}

func aggregateGoFunctions() []ScalarFunction {
	return []ScalarFunction{
		fn("skewness", "DOUBLE[],DOUBLE", func(a []any) (any, error) {
			n, m2, m3, _ := moments(floats(a[0]))
			if n < 3 {
				return nil, nil
			}
			return math.Sqrt(n) * m3 / math.Pow(m2, 1.5), nil
		}),
		fn("kurtosis", "DOUBLE[],DOUBLE", func(a []any) (any, error) {
			n, m2, _, m4 := moments(floats(a[0]))
			if n < 4 {
				return nil, nil
			}
			return (n-1)*n*(n+1)/((n-2)*(n-3))*m4/(m2*m2) - 3*((n-1)*(n-1))/((n-2)*(n-3)), nil
		}),
		fn("regr_intercept", "DOUBLE[],DOUBLE[],DOUBLE", func(a []any) (any, error) {
			if c := intercept(a[0].([]any), a[1].([]any)); !math.IsNaN(c) && !math.IsInf(c, 0) {
				return c, nil
			}
			return nil, nil
		}),
		fn("listagg", "VARCHAR[],VARCHAR,VARCHAR,BOOLEAN,VARCHAR", listagg),
		fn("numeric_histogram", "DOUBLE[],DOUBLE[],BIGINT,DOUBLE[]", numericHistogram),
		fn("frequent_text", "VARCHAR[],BIGINT,BIGINT,BIGINT[]", mostFrequent),
		fn("frequent_bigint", "BIGINT[],BIGINT,BIGINT,BIGINT[]", mostFrequent),
		fn("top_count", "VARCHAR,BIGINT,BIGINT", topCount),
		fn("top_bigint", "BIGINT[],BIGINT,BOOLEAN,BOOLEAN,BIGINT[]", func(a []any) (any, error) {
			return topPlaces(a, func(x, y int64) int { return cmp.Compare(x, y) })
		}),
		fn("top_hugeint", "HUGEINT[],BIGINT,BOOLEAN,BOOLEAN,BIGINT[]", func(a []any) (any, error) {
			return topPlaces(a, func(x, y *big.Int) int { return x.Cmp(y) })
		}),
		fn("top_double", "DOUBLE[],BIGINT,BOOLEAN,BOOLEAN,BIGINT[]", func(a []any) (any, error) {
			least := a[2].(bool)
			return topPlaces(a, func(x, y float64) int {
				if c := cmp.Compare(x, y); !least || !math.IsNaN(x) && !math.IsNaN(y) {
					return c // NaN is below all numbers, and comes last both ways
				}
				return cmp.Compare(y, x)
			})
		}),
		fn("top_text", "VARCHAR[],BIGINT,BOOLEAN,BOOLEAN,BIGINT[]", func(a []any) (any, error) {
			return topPlaces(a, func(x, y string) int { return cmp.Compare(x, y) })
		}),
		fn("top_bytes", "BLOB[],BIGINT,BOOLEAN,BOOLEAN,BIGINT[]", func(a []any) (any, error) {
			return topPlaces(a, bytes.Compare)
		}),
	}
}

// listaggLimit is how many bytes listagg gives.
const listaggLimit = 1 << 20

// listagg joins texts; at the limit a filler stands for the rest, and where a[3]
// says so their number.
func listagg(a []any) (any, error) {
	sep, filler := a[1].(string), a[2].(string)
	var texts []string
	for _, v := range a[0].([]any) {
		if v != nil {
			texts = append(texts, v.(string))
		}
	}
	if texts == nil {
		return nil, nil
	}
	var b strings.Builder
	for i, s := range texts {
		before := ""
		if i > 0 {
			before = sep
		}
		if b.Len()+len(before)+len(s) > listaggLimit {
			b.WriteString(before + filler)
			if a[3].(bool) {
				fmt.Fprintf(&b, "(%d)", len(texts)-i)
			}
			break
		}
		b.WriteString(before + s)
	}
	return b.String(), nil
}

// moments gives the number of values and their second to fourth central moments
// times that number, brought up to date value by value.
func moments(values []float64) (n, m2, m3, m4 float64) {
	mean := 0.0
	for _, v := range values {
		before := n
		n++
		d := v - mean
		share := d / n
		square := share * share
		step := d * share * before
		mean += share
		m4 += step*square*(n*n-3*n+3) + 6*square*m2 - 4*share*m3
		m3 += step*share*(n-2) - 3*share*m2
		m2 += step
	}
	return n, m2, m3, m4
}

// intercept gives where the line of least squares through the points crosses the y axis,
// by running means; NaN where there is none. A point without one of its numbers is none.
func intercept(ys, xs []any) float64 {
	var n, meanX, meanY, both, square float64
	for i := range ys {
		y, ok := ys[i].(float64)
		x, also := xs[i].(float64)
		if !ok || !also {
			continue
		}
		n++
		fromX := x - meanX
		meanX += fromX / n
		meanY += (y - meanY) / n
		both += float64(fromX * (y - meanY)) // never fused with the addition: the same digits everywhere
		square += float64(fromX * (x - meanX))
	}
	return meanY - float64(both/square*meanX)
}

// bucket is a bucket of a numeric histogram.
type bucket struct{ value, weight float64 }

// numericHistogram gives at most a[2] buckets as value and weight in turn. A
// hundred more are filled before neighbours that are close and light are brought
// together.
func numericHistogram(a []any) (any, error) {
	values, weights := a[0].([]any), a[1].([]any)
	limit := a[2].(int64)
	var list []bucket
	for i, v := range values {
		if v == nil || weights[i] == nil {
			continue
		}
		if limit < 2 {
			return nil, badArg("numeric_histogram bucket count must be greater than one")
		}
		if limit > 100000 {
			return nil, failed{"NOT_SUPPORTED", "a numeric_histogram of so many buckets is not supported by the local engine"}
		}
		if int64(len(list)) == limit+100 {
			list = compact(list, int(limit))
		}
		list = append(list, bucket{v.(float64), weights[i].(float64)})
	}
	if list == nil {
		return nil, nil
	}
	var out []any
	for _, b := range compact(list, int(limit)) {
		out = append(out, b.value, b.weight)
	}
	return out, nil
}

func compact(list []bucket, limit int) []bucket {
	slices.SortStableFunc(list, func(x, y bucket) int { return compareDouble(x.value, y.value) })
	kept := list[:1]
	for _, b := range list[1:] {
		if last := &kept[len(kept)-1]; last.value == b.value {
			last.weight += b.weight
		} else {
			kept = append(kept, b)
		}
	}
	for len(kept) > limit {
		best, least := -1, 0.0
		for i := range kept[:len(kept)-1] {
			if p := penalty(kept[i], kept[i+1]); best < 0 || compareDouble(p, least) < 0 {
				best, least = i, p
			}
		}
		l, r := kept[best], kept[best+1]
		w := l.weight + r.weight
		kept[best] = bucket{(l.value*l.weight + r.value*r.weight) / w, w}
		kept = slices.Delete(kept, best+1, best+2)
	}
	return kept
}

// penalty is what it costs to make one bucket of two neighbours.
func penalty(l, r bucket) float64 {
	w := l.weight + r.weight
	return w * ((l.value - r.value) * (l.value - r.value)) * ((l.weight * r.weight) / (w * w))
}

// compareDouble is Double.compare: NaN is greatest.
func compareDouble(x, y float64) int {
	switch {
	case math.IsNaN(x) && math.IsNaN(y):
		return 0
	case math.IsNaN(x):
		return 1
	case math.IsNaN(y):
		return -1
	}
	return cmp.Compare(x, y)
}

// counter counts one value of a stream; at is its place in the list.
type counter struct {
	value any
	at    int64
	count int64
	order int64 // of its coming to its count
}

// mostFrequent gives the most frequent values of a stream by Space-Saving: with
// room for a[2] counters, a new value takes over the oldest of the least ones.
// For each it gives a place in the list where it is, and its count.
func mostFrequent(a []any) (any, error) {
	want, room := a[1].(int64), a[2].(int64)
	live := map[any]*counter{}
	clock := int64(0)
	for i, v := range a[0].([]any) {
		if v == nil {
			continue
		}
		if want < 2 {
			return nil, badArg("approx_most_frequent bucket count must be greater than one")
		}
		if room < 1 || room > 1<<20 {
			return nil, failed{"NOT_SUPPORTED", "this capacity of approx_most_frequent is not supported by the local engine"}
		}
		c := live[v]
		if c == nil {
			if int64(len(live)) < room {
				c = &counter{}
			} else {
				c = oldestLeast(live)
				delete(live, c.value)
			}
			c.value, c.at = v, int64(i+1)
			live[v] = c
		}
		clock++
		c.count, c.order = c.count+1, clock
	}
	if len(live) == 0 {
		return nil, nil
	}
	var all []*counter
	for _, c := range live {
		all = append(all, c)
	}
	slices.SortFunc(all, func(x, y *counter) int {
		return cmp.Or(cmp.Compare(y.count, x.count), cmp.Compare(x.order, y.order))
	})
	var out []any
	for _, c := range all[:min(int64(len(all)), want)] {
		out = append(out, c.at, c.count)
	}
	return out, nil
}

func oldestLeast(live map[any]*counter) *counter {
	var least *counter
	for _, c := range live {
		if least == nil || c.count < least.count || c.count == least.count && c.order < least.order {
			least = c
		}
	}
	return least
}

// topCount checks how many values max(x, n) and its kin are asked for; a[0] is
// what Trino calls the argument.
func topCount(a []any) (any, error) {
	what, n := a[0].(string), a[1].(int64)
	by := what == "max_by" || what == "min_by"
	switch {
	case n <= 0 && by:
		return nil, badArg("third argument of %s must be a positive integer", what)
	case n <= 0:
		return nil, badArg("second argument of %s must be positive", what)
	case n > 10000 && by:
		return nil, badArg("third argument of %s must be less than or equal to 10000; found %d", what, n)
	case n > 10000:
		return nil, badArg("second argument of %s must be less than or equal to 10000; found %d", what, n)
	}
	return n, nil
}

// topPlaces gives the places, from 1, of the a[1] greatest keys of a list, or the
// least where a[2] says so, best first. Equal keys come in the order in which
// Trino's heap gives them up: a[3] says whether it is that of releases before 476.
func topPlaces[T any](a []any, compare func(x, y T) int) (any, error) {
	list, n, least := a[0].([]any), int(a[1].(int64)), a[2].(bool)
	better := func(i, k int) int {
		c := compare(list[i].(T), list[k].(T))
		if least {
			c = -c
		}
		return c
	}
	heap := worstFirst{better: better, old: a[3].(bool)}
	tied := false
	for i, k := range list {
		switch {
		case k == nil:
		case len(heap.at) < n:
			heap.push(i)
		default:
			c := better(i, heap.at[0])
			if c > 0 {
				heap.at[0] = i
				heap.sink()
			}
			tied = tied || c == 0
		}
	}
	var out []any
	for _, i := range heap.sorted() {
		if n := len(out); n > 0 && better(i, int(out[n-1].(int64))-1) == 0 {
			tied = true
		}
		out = append(out, int64(i+1))
	}
	if tied && !heap.old && len(out) >= 16 { // it sorts so many in another way
		return nil, failed{"NOT_SUPPORTED", "the order of so many values, of whose keys some are equal, is not supported by the local engine"}
	}
	return out, nil
}

// worstFirst is a heap of places whose worst key is on top.
type worstFirst struct {
	at     []int
	better func(i, k int) int
	old    bool
}

// above says whether i may stay above k in the heap. Equal keys change places in
// new releases.
func (h *worstFirst) above(i, k int) bool {
	c := h.better(k, i)
	return c > 0 || c == 0 && h.old
}

// sorted gives the places, best first, and empties the heap in old releases.
func (h *worstFirst) sorted() []int {
	if !h.old {
		at := h.at
		for i := range at {
			best := i
			for k := i + 1; k < len(at); k++ {
				if h.better(at[k], at[best]) > 0 {
					best = k
				}
			}
			at[i], at[best] = at[best], at[i]
		}
		return at
	}
	out := make([]int, len(h.at))
	for k := len(out) - 1; k >= 0; k-- {
		out[k] = h.pop()
	}
	return out
}

func (h *worstFirst) push(i int) {
	h.at = append(h.at, i)
	for p := len(h.at) - 1; p > 0; {
		up := (p - 1) / 2
		if h.above(h.at[up], h.at[p]) {
			return
		}
		h.at[p], h.at[up] = h.at[up], h.at[p]
		p = up
	}
}

func (h *worstFirst) pop() int {
	top := h.at[0]
	last := len(h.at) - 1
	h.at[0] = h.at[last]
	h.at = h.at[:last]
	h.sink()
	return top
}

func (h *worstFirst) sink() {
	for p := 0; 2*p+1 < len(h.at); {
		c := 2*p + 1
		if c+1 < len(h.at) {
			if d := h.better(h.at[c], h.at[c+1]); d > 0 || d == 0 && h.old {
				c++
			}
		}
		if h.above(h.at[p], h.at[c]) {
			return
		}
		h.at[p], h.at[c] = h.at[c], h.at[p]
		p = c
	}
}
