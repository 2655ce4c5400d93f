package serde

import (
	"bytes"
	"unicode/utf8"
)

// Vector is one column of a batch. Which slice holds the values goes by the kind
// of the type:
//
//	TinyInt SmallInt Int, Date (days since 1970-01-01)          Ints
//	BigInt, Timestamp (microseconds), Decimal up to 18 digits   BigInts
//	Decimal of more digits (low and high half)                  Wide
//	Real Double                                                 Doubles
//	Boolean                                                     Bools
//	String Varchar Char Binary: Text[Offsets[i]:Offsets[i+1]]   Text, Offsets
//	List Map: rows Offsets[i] up to Offsets[i+1] of Parts       Parts, Offsets
//	Struct: row i of each of Parts                              Parts
//
// Text but a Binary's is valid UTF-8. A NULL's value is zero or empty.
type Vector struct {
	Column  Column
	Valid   []uint64 // one bit a row, set where the value is not NULL; bits past the last row are undefined
	Nulls   int      // how many rows are NULL, at least
	Ints    []int32
	BigInts []int64
	Wide    [][2]uint64
	Doubles []float64
	Bools   []bool
	Offsets []uint32
	Text    []byte
	Parts   []Vector

	kind    Kind
	formats []*Pattern // of a Timestamp's text, tried before all else
	rows    int        // of a part of a List or Map: how many it has
}

// IsNull says whether row i is NULL.
func (v *Vector) IsNull(i int) bool { return v.Valid[i>>6]&(1<<(uint(i)&63)) == 0 }

// Bytes gives the text of row i of a column of texts. It is valid until the
// reader's next batch.
func (v *Vector) Bytes(i int) []byte { return v.Text[v.Offsets[i]:v.Offsets[i+1]] }

// Rows says how many rows a part of a List or Map has.
func (v *Vector) Rows() int { return v.rows }

// Batch is some rows of an object, by columns, in the order they were asked for.
// It is the reader's and is valid until its next call of Next.
type Batch struct {
	Rows    int
	Columns []Vector
}

func newVector(c Column, rows int) Vector {
	v := Vector{Column: c, kind: c.Type.Kind}
	for _, p := range c.Type.Parts {
		n := rows
		if v.kind != Struct {
			n = 0
		}
		v.Parts = append(v.Parts, newVector(p, n))
	}
	v.room(rows)
	return v
}

// read makes the vector's timestamps be read in these formats first.
func (v *Vector) read(formats []*Pattern) {
	v.formats = formats
	for p := range v.Parts {
		v.Parts[p].read(formats)
	}
}

// room makes the vector hold so many rows.
func (v *Vector) room(rows int) {
	for len(v.Valid) < (rows+63)/64 {
		v.Valid = append(v.Valid, ^uint64(0))
	}
	switch v.kind {
	case TinyInt, SmallInt, Int, Date:
		v.Ints = longer(v.Ints, rows)
	case BigInt, Timestamp:
		v.BigInts = longer(v.BigInts, rows)
	case Decimal:
		if v.wide() {
			v.Wide = longer(v.Wide, rows)
		} else {
			v.BigInts = longer(v.BigInts, rows)
		}
	case Real, Double:
		v.Doubles = longer(v.Doubles, rows)
	case Boolean:
		v.Bools = longer(v.Bools, rows)
	case Struct:
		for i := range v.Parts {
			v.Parts[i].room(rows)
		}
	default:
		v.Offsets = longer(v.Offsets, rows+1)
	}
}

func longer[T any](s []T, n int) []T {
	if n <= len(s) {
		return s
	}
	if n <= cap(s) {
		return s[:n]
	}
	return append(s, make([]T, n-len(s)+len(s)/2)...)[:n]
}

func (v *Vector) wide() bool { return v.Column.Type.Precision > 18 }

// begin empties the vector: every value valid until a row says NULL.
func (v *Vector) begin(rows int) {
	v.Nulls, v.rows = 0, 0
	v.Text = v.Text[:0]
	for i := range v.Valid {
		v.Valid[i] = ^uint64(0)
	}
	v.sized(rows)
	for i := range v.Parts {
		n := rows
		if v.kind != Struct {
			n = 0
		}
		v.Parts[i].begin(n)
	}
}

// sized makes the slices as long as so many rows, which they have room for.
func (v *Vector) sized(n int) {
	switch {
	case v.Ints != nil:
		v.Ints = v.Ints[:n]
	case v.BigInts != nil:
		v.BigInts = v.BigInts[:n]
	case v.Wide != nil:
		v.Wide = v.Wide[:n]
	case v.Doubles != nil:
		v.Doubles = v.Doubles[:n]
	case v.Bools != nil:
		v.Bools = v.Bools[:n]
	case v.Offsets != nil:
		v.Offsets = v.Offsets[:n+1]
	}
	if v.kind == Struct {
		for i := range v.Parts {
			v.Parts[i].sized(n)
		}
	}
}

// next makes room for one more row of a part of a List or Map and gives it.
func (v *Vector) next() int {
	v.rows++
	v.room(v.rows)
	return v.rows - 1
}

// undo takes back what was written of row i and behind it.
func (v *Vector) undo(i int) {
	switch {
	case v.kind == Struct:
		for p := range v.Parts {
			v.Parts[p].undo(i)
		}
	case v.Offsets == nil:
	case v.Parts == nil:
		v.Text = v.Text[:v.Offsets[i]]
	default:
		for p := range v.Parts {
			v.Parts[p].cut(int(v.Offsets[i]))
		}
	}
}

// cut leaves the first n rows of a part.
func (v *Vector) cut(n int) {
	if n >= v.rows {
		return
	}
	v.undo(n)
	v.valid(n, v.rows)
	v.rows = n
}

// valid makes rows not NULL again.
func (v *Vector) valid(from, to int) {
	for i := from; i < to; i++ {
		v.Valid[i>>6] |= 1 << (uint(i) & 63)
	}
	if v.kind == Struct {
		for p := range v.Parts {
			v.Parts[p].valid(from, to)
		}
	}
}

// setNull makes row NULL, its value zero or empty.
func (v *Vector) setNull(row int) {
	v.Valid[row>>6] &^= 1 << (uint(row) & 63)
	v.Nulls++
	switch {
	case v.Offsets != nil:
		v.Offsets[row+1] = v.Offsets[row]
	case v.Ints != nil:
		v.Ints[row] = 0
	case v.BigInts != nil:
		v.BigInts[row] = 0
	case v.Doubles != nil:
		v.Doubles[row] = 0
	case v.Wide != nil:
		v.Wide[row] = [2]uint64{}
	case v.Bools != nil:
		v.Bools[row] = false
	}
	if v.kind == Struct {
		for p := range v.Parts {
			v.Parts[p].setNull(row)
		}
	}
}

// end closes row behind what was written of it.
func (v *Vector) end(row int) {
	switch {
	case v.Offsets == nil:
	case v.Parts == nil:
		v.Offsets[row+1] = uint32(len(v.Text))
	default:
		v.Offsets[row+1] = uint32(v.Parts[0].rows)
	}
}

// put ends row as a value or as NULL.
func (v *Vector) put(row int, ok bool) {
	if ok {
		v.end(row)
		return
	}
	v.undo(row)
	v.setNull(row)
}

// putInt writes an integer where the column's width holds it.
func (v *Vector) putInt(row int, n int64) bool {
	switch v.kind {
	case TinyInt:
		if n != int64(int8(n)) {
			return false
		}
	case SmallInt:
		if n != int64(int16(n)) {
			return false
		}
	case Int:
		if n != int64(int32(n)) {
			return false
		}
	case BigInt:
		v.BigInts[row] = n
		return true
	}
	v.Ints[row] = int32(n)
	return true
}

// putText appends text that may not be UTF-8 to a column of texts, cut to its
// length or padded to it.
func (v *Vector) putText(text []byte) {
	at := len(v.Text)
	if v.kind == Binary {
		v.Text = append(v.Text, text...)
		return
	}
	v.Text = appendUTF8(v.Text, text)
	v.fit(at)
}

// fit cuts or pads what stands behind at to the column's length.
func (v *Vector) fit(at int) {
	if v.kind != Varchar && v.kind != Char {
		return
	}
	limit, n := v.Column.Type.Precision, 0
	for i := at; i < len(v.Text); n++ {
		if n == limit {
			v.Text = v.Text[:i]
			break
		}
		_, size := utf8.DecodeRune(v.Text[i:])
		i += size
	}
	if v.kind == Char && n < limit {
		v.Text = append(v.Text, bytes.Repeat([]byte{' '}, limit-n)...)
	}
}
