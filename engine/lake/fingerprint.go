package lake

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"math/bits"

	"acme/telemetry/engine/serde"
	"acme/telemetry/schema"
)

// Fingerprint is what a set of rows is known by, whatever their order: how many
// there are, what each column holds, and a sum over whole rows. Two sets with one
// fingerprint are, but for chance, the same rows. Its hash is not made to withstand
// somebody who looks for two sets with one.
type Fingerprint struct {
	Rows int64 `json:"rows"`
	// Sum is the sum of the rows' hashes, 128 bits in hexadecimal.
	Sum     string              `json:"sum"`
	Columns []ColumnFingerprint `json:"columns"`
}

// ColumnFingerprint is one column of a Fingerprint.
type ColumnFingerprint struct {
	Name  string `json:"name"`
	Nulls int64  `json:"nulls"`
	// Total is the sum of a column of integers; of others it is 0.
	Total int64 `json:"total,omitempty"`
	// Sum is the sum of the values' hashes, 64 bits in hexadecimal.
	Sum string `json:"sum"`
}

// rowSet gathers a Fingerprint. Rows are taken a block at a time, column by column.
type rowSet struct {
	rows    int64
	sum     [2]uint64
	columns []columnSet
	block   []uint64 // of each row of the block: its columns' hashes
}

type columnSet struct {
	nulls, total int64
	sum          uint64
}

func newRowSet(columns int) *rowSet { return &rowSet{columns: make([]columnSet, columns)} }

// reset empties the set, whose room stays.
func (s *rowSet) reset() {
	*s = rowSet{columns: s.columns, block: s.block}
	clear(s.columns)
}

// begin starts a block of n rows.
func (s *rowSet) begin(n int) {
	if cap(s.block) < n {
		s.block = make([]uint64, n)
	}
	s.block = s.block[:n]
	clear(s.block)
}

// add takes the value of a column of row i of the block by its hash.
func (s *rowSet) add(column, i int, value uint64) {
	h := placed(column, value)
	s.block[i] += h
	s.columns[column].sum += h
}

func (s *rowSet) addNull(column, i int) {
	s.add(column, i, nullHash)
	s.columns[column].nulls++
}

// end ends a block.
func (s *rowSet) end() {
	s.rows += int64(len(s.block))
	for _, h := range s.block {
		s.sum[0] += mix(h, 0xd6e8feb86659fd93)
		s.sum[1] += mix(h, 0xa0761d6478bd642f)
	}
}

// join adds another set's rows.
func (s *rowSet) join(o *rowSet) {
	s.rows += o.rows
	s.sum[0] += o.sum[0]
	s.sum[1] += o.sum[1]
	for i := range s.columns {
		s.columns[i].nulls += o.columns[i].nulls
		s.columns[i].total += o.columns[i].total
		s.columns[i].sum += o.columns[i].sum
	}
}

func (s *rowSet) fingerprint(t schema.Table) Fingerprint {
	word := func(words ...uint64) string {
		var b []byte
		for _, w := range words {
			b = binary.BigEndian.AppendUint64(b, w)
		}
		return hex.EncodeToString(b)
	}
	f := Fingerprint{Rows: s.rows, Sum: word(s.sum[0], s.sum[1])}
	for i, c := range s.columns {
		f.Columns = append(f.Columns, ColumnFingerprint{Name: t.Columns[i].Name, Nulls: c.nulls, Total: c.total, Sum: word(c.sum)})
	}
	return f
}

// difference says in what two fingerprints differ, or "".
func (f Fingerprint) difference(o Fingerprint) string {
	switch {
	case f.Rows != o.Rows:
		return "the number of rows"
	case len(f.Columns) != len(o.Columns):
		return "the number of columns"
	}
	for i, c := range f.Columns {
		switch d := o.Columns[i]; {
		case c.Nulls != d.Nulls:
			return "the number of NULLs in column " + c.Name
		case c != d:
			return "the values of column " + c.Name
		}
	}
	if f.Sum != o.Sum {
		return "which values stand in one row"
	}
	return ""
}

const nullHash = 0x9e3779b97f4a7c15

// mix multiplies two words and folds the product.
func mix(a, b uint64) uint64 {
	high, low := bits.Mul64(a^0x2d358dccaa6c78a5, b^0x8bb84b93962eacc9)
	return high ^ low
}

// placed gives a value's hash in a column, so that values that change places
// between two columns are seen.
func placed(column int, value uint64) uint64 {
	return mix(value, uint64(column+1)*0xe7037ed1a0b428db)
}

func numberHash(n uint64) uint64 { return mix(n, 0x589965cc75374cc3) }

// textHash hashes a text.
func textHash(b []byte) uint64 {
	h := uint64(len(b)) * 0x1d8e4e27c47d124f
	for len(b) > 16 {
		h = mix(binary.LittleEndian.Uint64(b)^h, binary.LittleEndian.Uint64(b[8:]))
		b = b[16:]
	}
	var low, high uint64
	switch n := len(b); {
	case n > 8:
		low, high = binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[n-8:])
	case n >= 4:
		low, high = uint64(binary.LittleEndian.Uint32(b)), uint64(binary.LittleEndian.Uint32(b[n-4:]))
	case n > 0:
		low = uint64(b[0])<<16 | uint64(b[n>>1])<<8 | uint64(b[n-1])
	}
	return mix(low^h, high^0x4b33a62ed433d4a3)
}

// batch takes a batch of rows as they were read. texts are the hashes of the columns
// of text, by column and row.
func (s *rowSet) batch(b *serde.Batch, texts [][]uint64) {
	s.begin(b.Rows)
	for c := range b.Columns {
		if v := &b.Columns[c]; v.Nulls > 0 {
			s.batchWithNulls(c, v, texts[c])
		} else {
			s.batchColumn(c, v, texts[c])
		}
	}
	s.end()
}

func (s *rowSet) batchWithNulls(c int, v *serde.Vector, texts []uint64) {
	for i := range s.block {
		if v.IsNull(i) {
			s.addNull(c, i)
			continue
		}
		switch v.Column.Type.Kind {
		case serde.Int:
			s.columns[c].total += int64(v.Ints[i])
			s.add(c, i, numberHash(uint64(v.Ints[i])))
		case serde.BigInt:
			s.columns[c].total += v.BigInts[i]
			s.add(c, i, numberHash(uint64(v.BigInts[i])))
		case serde.Double:
			s.add(c, i, numberHash(math.Float64bits(v.Doubles[i])))
		default:
			s.add(c, i, texts[i])
		}
	}
}

// batchColumn is batchWithNulls where there are none.
func (s *rowSet) batchColumn(c int, v *serde.Vector, texts []uint64) {
	set, block := s.columns[c], s.block
	switch v.Column.Type.Kind {
	case serde.Int:
		for i, x := range v.Ints[:len(block)] {
			h := placed(c, numberHash(uint64(x)))
			block[i] += h
			set.sum += h
			set.total += int64(x)
		}
	case serde.BigInt:
		for i, x := range v.BigInts[:len(block)] {
			h := placed(c, numberHash(uint64(x)))
			block[i] += h
			set.sum += h
			set.total += x
		}
	case serde.Double:
		for i, x := range v.Doubles[:len(block)] {
			h := placed(c, numberHash(math.Float64bits(x)))
			block[i] += h
			set.sum += h
		}
	default:
		for i, text := range texts[:len(block)] {
			h := placed(c, text)
			block[i] += h
			set.sum += h
		}
	}
	s.columns[c] = set
}
