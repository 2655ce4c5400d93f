package lake

import (
	"bytes"
	"cmp"
	"math/bits"
	"slices"
)

// sortedRow is a row with the key that it is sorted by.
type sortedRow struct {
	key   uint64
	place rowPlace
}

// inOrder gives the rows of all runs by the texts of a column, rows of one text by those
// of another, and rows of both in the order they were read; NULLs come last.
func inOrder(runs []*rows, first, second int) []rowPlace {
	var all []sortedRow
	canonical, least, most := true, ^uint64(0), uint64(0)
	for r, run := range runs {
		c := &run.columns[first]
		for i := range run.n {
			key, ok := uint64(0), !c.isNull(i)
			if ok {
				key, ok = instantKey(c.bytes(i))
			}
			canonical = canonical && ok
			least, most = min(least, key), max(most, key)
			all = append(all, sortedRow{key, rowPlace(r)<<32 | rowPlace(i)})
		}
	}
	ties := func(a, b sortedRow) int {
		return cmp.Or(compareTexts(runs, second, a.place, b.place), cmp.Compare(a.place, b.place))
	}
	if !canonical {
		slices.SortFunc(all, func(a, b sortedRow) int { return cmp.Or(compareTexts(runs, first, a.place, b.place), ties(a, b)) })
	} else {
		all = radixSorted(all, least, most)
		for from := 0; from < len(all); {
			to := from + 1
			for to < len(all) && all[to].key == all[from].key {
				to++
			}
			if to-from > 1 {
				slices.SortFunc(all[from:to], ties)
			}
			from = to
		}
	}
	order := make([]rowPlace, len(all))
	for i := range all {
		order[i] = all[i].place
	}
	return order
}

// compareTexts compares a column's texts of two rows; NULL comes last.
func compareTexts(runs []*rows, c int, a, b rowPlace) int {
	x, y := &runs[a.run()].columns[c], &runs[b.run()].columns[c]
	if m, n := x.isNull(a.row()), y.isNull(b.row()); m || n {
		switch {
		case m && n:
			return 0
		case m:
			return 1
		}
		return -1
	}
	return bytes.Compare(x.bytes(a.row()), y.bytes(b.row()))
}

// radixSorted sorts by keys from least to most, and leaves rows of one key in their
// order.
func radixSorted(all []sortedRow, least, most uint64) []sortedRow {
	const digit = 11
	other := make([]sortedRow, len(all))
	for shift := 0; len(all) > 0 && shift < bits.Len64(most-least); shift += digit {
		var starts [1 << digit]int
		for i := range all {
			starts[(all[i].key-least)>>shift&(1<<digit-1)]++
		}
		at := 0
		for d, n := range starts {
			starts[d] = at
			at += n
		}
		for i := range all {
			d := (all[i].key - least) >> shift & (1<<digit - 1)
			other[starts[d]] = all[i]
			starts[d]++
		}
		all, other = other, all
	}
	return all
}

// instantKey gives a number that grows with the text of an instant as producers write it,
// 2025-08-11T17:33:47.123456Z; false for every other text.
func instantKey(b []byte) (uint64, bool) {
	const form = "0000-00-00T00:00:00.000000Z"
	if len(b) != len(form) {
		return 0, false
	}
	key := uint64(0)
	for i := range len(form) {
		if form[i] != '0' {
			if b[i] != form[i] {
				return 0, false
			}
			continue
		}
		d := b[i] - '0'
		if d > 9 {
			return 0, false
		}
		key = key*10 + uint64(d)
	}
	return key, true
}
