package lake

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"
)

// sorter is the room that rows are sorted in, to be used again. It is one goroutine's, and
// what it gives is valid until it is used next.
type sorter struct {
	all, other []sortedRow
	order      []rowPlace
	places     []uint32
}

// sortedRow is a row with the key that it is sorted by.
type sortedRow struct {
	key   uint64
	place rowPlace
}

// sortRoom is for how many rows room to sort in is kept: an hour's is, a day's would be held
// beside what is encoded.
const sortRoom = 1 << 18

// sorted gives up what is too much to hold until the next rows are sorted.
func (s *sorter) sorted() {
	if cap(s.all) > sortRoom || cap(s.other) > sortRoom {
		s.all, s.other = nil, nil
	}
}

// inOrder gives the rows of all runs by the texts of a column, rows of one text by those
// of another, and rows of both in the order they were read; NULLs come last.
func (s *sorter) inOrder(runs []*rows, first, second int) []rowPlace {
	n := 0
	for _, run := range runs {
		n += run.n
	}
	all := roomFor(&s.all, n)
	canonical, least, most := true, ^uint64(0), uint64(0)
	at := 0
	for r, run := range runs {
		c := &run.columns[first]
		for i := range run.n {
			key, ok := uint64(0), !c.isNull(i)
			if ok {
				key, ok = instantKey(c.bytes(i))
			}
			canonical = canonical && ok
			least, most = min(least, key), max(most, key)
			all[at] = sortedRow{key, rowPlace(r)<<32 | rowPlace(i)}
			at++
		}
	}
	ties := func(a, b sortedRow) int {
		return cmp.Or(compareTexts(runs, second, a.place, b.place), cmp.Compare(a.place, b.place))
	}
	if !canonical {
		slices.SortFunc(all, func(a, b sortedRow) int { return cmp.Or(compareTexts(runs, first, a.place, b.place), ties(a, b)) })
	} else {
		all = s.byDigits(all, least, most)
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
	order := roomFor(&s.order, len(all))
	for i := range all {
		order[i] = all[i].place
	}
	s.sorted()
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

// byDigits sorts by keys from least to most, and leaves rows of one key in their order.
func (s *sorter) byDigits(all []sortedRow, least, most uint64) []sortedRow {
	const digit = 11
	other := roomFor(&s.other, len(all))
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
// 2025-08-11T17:33:47.123456Z; false for every other text, and for a month, day or time that
// has no room in its bits. Eight bytes are looked at at once.
func instantKey(b []byte) (uint64, bool) {
	const form = "0000-00-00T00:00:00.000000Z"
	if len(b) != len(form) {
		return 0, false
	}
	// Of each byte its difference from the form: a digit's value, and zero elsewhere. The last
	// eight bytes overlap those before.
	var (
		date   = binary.LittleEndian.Uint64(b) ^ instantDate
		hour   = binary.LittleEndian.Uint64(b[8:]) ^ instantHour
		second = binary.LittleEndian.Uint64(b[16:]) ^ instantSecond
		micros = binary.LittleEndian.Uint64(b[19:]) ^ instantMicros
	)
	const six, high = 0x0606060606060606, 0xf0f0f0f0f0f0f0f0 // no digit and six have a high bit
	wrong := (date | (date + six) | hour | (hour + six) | second | (second + six) | micros | (micros + six)) & high
	wrong |= date&0xff0000ff00000000 | hour&0x0000ff0000ff0000 | second&0x00000000ff0000ff | micros&0xff000000000000ff
	if wrong != 0 {
		return 0, false
	}
	d, h, s, m := pairs(date), pairs(hour), pairs(second), pairs(micros)
	year, month, day := d&0xff*100+d>>16&0xff, d>>40&0xff, h&0xff
	h, minute, s := h>>24&0xff, h>>48&0xff, s>>8&0xff
	if month > 15 || day > 31 || h > 31 || minute > 63 || s > 63 {
		return 0, false
	}
	return year<<46 | month<<42 | day<<37 | h<<32 | minute<<26 | s<<20 | (m>>8&0xff*100+m>>24&0xff)*100 + m>>40&0xff, true
}

// The form of an instant, eight bytes from its bytes 0, 8, 16 and 19.
const (
	instantDate   = 0x2d30302d30303030 // 0000-00-
	instantHour   = 0x30303a3030543030 // 00T00:00
	instantSecond = 0x303030302e30303a // :00.0000
	instantMicros = 0x5a3030303030302e // .000000Z
)

// pairs makes of each byte and the one behind it the number of two digits that they write.
func pairs(digits uint64) uint64 { return digits*10 + digits>>8 }
