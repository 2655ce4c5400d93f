package lake

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/bits"

	"acme/telemetry/engine/serde"
)

// rows are some rows by columns, in the order they were read, with the fingerprint
// they had when they were read.
type rows struct {
	n       int
	columns []column
	set     *rowSet
	texts   [][]uint64 // of the batch being taken: the hashes of its texts
}

// column is one column of rows. Words are the values of a column that is not of
// text, as their bits. A text is a word of a dictionary as long as texts come
// again; a column whose texts do not is plain.
type column struct {
	kind  serde.Kind
	nulls int
	valid []uint64 // a bit a row; nil while none is NULL
	words []uint64
	codes []uint32
	dict  dictionary
	plain bool
	text  []byte
	ends  []uint32
	// recent has the codes of short texts that came lately: most columns have few texts,
	// and these are found without being hashed.
	recent *[1 << recentWidth]recentText
}

const (
	recentWidth = 9
	shortText   = 16 // bytes that are compared as two words
)

// recentText is a short text, zeros behind it, its length and one, and its code.
type recentText struct {
	low, high  uint64
	size, code uint32
}

// trialRows is after how many rows it is asked whether a column's texts come again; where
// three of four have not, it is plain.
const trialRows = 512

func newRows(columns []serde.Column) *rows {
	r := &rows{columns: make([]column, len(columns)), set: newRowSet(len(columns)), texts: make([][]uint64, len(columns))}
	for i, c := range columns {
		r.columns[i].kind = c.Type.Kind
		if c.Type.Kind == serde.String {
			r.columns[i].recent = new([1 << recentWidth]recentText)
		}
	}
	return r
}

// reset empties the rows, whose room stays.
func (r *rows) reset() {
	r.n = 0
	for i := range r.columns {
		c := &r.columns[i]
		c.dict.reset()
		if c.recent != nil {
			clear(c.recent[:])
		}
		*c = column{kind: c.kind, words: c.words[:0], codes: c.codes[:0], dict: c.dict, text: c.text[:0], ends: c.ends[:0], recent: c.recent}
	}
	r.set.reset()
}

// size is how many bytes the rows hold. It goes by what they are and not by the room they
// are in, which was another's before: row groups end by it, and they must be the same
// each time.
func (r *rows) size() int {
	n := 0
	for i := range r.columns {
		c := &r.columns[i]
		n += 8*len(c.words) + 4*len(c.codes) + len(c.text) + 4*len(c.ends) + len(c.dict.text) + 12*len(c.dict.ends)
	}
	return n
}

// take adds a batch that has all columns in their order.
func (r *rows) take(b *serde.Batch) {
	for i := range b.Columns {
		v, c := &b.Columns[i], &r.columns[i]
		c.takeValid(v, r.n, b.Rows)
		if c.kind == serde.String {
			r.texts[i] = c.takeTexts(v, b.Rows, r.texts[i][:0])
		} else {
			c.takeWords(v, b.Rows)
		}
	}
	r.n += b.Rows
	r.set.batch(b, r.texts)
}

func (c *column) takeValid(v *serde.Vector, have, n int) {
	if v.Nulls == 0 && c.valid == nil {
		return
	}
	if c.valid == nil {
		c.valid = make([]uint64, (have+63)/64)
		for i := range have {
			c.valid[i/64] |= 1 << (i % 64)
		}
	}
	for len(c.valid) < (have+n+63)/64 {
		c.valid = append(c.valid, 0)
	}
	for i := range n {
		if v.IsNull(i) {
			c.nulls++
		} else {
			c.valid[(have+i)/64] |= 1 << ((have + i) % 64)
		}
	}
}

func (c *column) isNull(i int) bool { return c.valid != nil && c.valid[i/64]&(1<<(i%64)) == 0 }

func (c *column) takeWords(v *serde.Vector, n int) {
	switch c.kind {
	case serde.Int:
		for _, x := range v.Ints[:n] {
			c.words = append(c.words, uint64(x))
		}
	case serde.BigInt:
		for _, x := range v.BigInts[:n] {
			c.words = append(c.words, uint64(x))
		}
	case serde.Double:
		for _, x := range v.Doubles[:n] {
			c.words = append(c.words, math.Float64bits(x))
		}
	}
}

// takeTexts adds texts and gives their hashes.
func (c *column) takeTexts(v *serde.Vector, n int, hashes []uint64) []uint64 {
	i := 0
	if !c.plain {
		i, hashes = c.takeWordsOf(v, n, hashes)
	}
	if c.plain {
		for j := i; j < n; j++ {
			hashes = append(hashes, textHash(v.Bytes(j)))
		}
		c.takePlain(v, i, n)
	}
	return hashes
}

// takeWordsOf adds texts to the dictionary, and gives how many: all of them, or those
// before it is given up.
func (c *column) takeWordsOf(v *serde.Vector, n int, hashes []uint64) (int, []uint64) {
	for i := range n {
		code := c.code(v, i)
		hashes = append(hashes, c.dict.hashes[code])
		c.codes = append(c.codes, code)
		if have := len(c.codes); have%trialRows == 0 && c.dict.len() > have*3/4 {
			c.makePlain()
			return i + 1, hashes
		}
	}
	return n, hashes
}

// code gives the number of text i of a batch.
func (c *column) code(v *serde.Vector, i int) uint32 {
	from, to := v.Offsets[i], v.Offsets[i+1]
	size := to - from
	if size > shortText || int(from)+shortText > len(v.Text) {
		text := v.Text[from:to]
		return c.dict.code(textHash(text), text)
	}
	// What is behind the text is shifted out, without a branch on how long it is.
	words := v.Text[from : from+shortText]
	low := binary.LittleEndian.Uint64(words) &^ (^uint64(0) << (8 * size))
	high := binary.LittleEndian.Uint64(words[8:]) &^ (^uint64(0) << (8 * (max(size, 8) - 8)))
	seen := &c.recent[(low+bits.RotateLeft64(high, 29)+uint64(size))*nullHash>>(64-recentWidth)]
	if seen.low == low && seen.high == high && seen.size == size+1 {
		return seen.code
	}
	text := v.Text[from:to]
	code := c.dict.code(textHash(text), text)
	*seen = recentText{low, high, size + 1, code}
	return code
}

// takePlain adds the texts from one row to before another.
func (c *column) takePlain(v *serde.Vector, from, to int) {
	base := uint32(len(c.text)) - v.Offsets[from]
	c.text = append(c.text, v.Text[v.Offsets[from]:v.Offsets[to]]...)
	for _, end := range v.Offsets[from+1 : to+1] {
		c.ends = append(c.ends, base+end)
	}
}

// makePlain gives up the dictionary.
func (c *column) makePlain() {
	for _, code := range c.codes {
		c.text = append(c.text, c.dict.word(code)...)
		c.ends = append(c.ends, uint32(len(c.text)))
	}
	c.plain, c.codes = true, c.codes[:0]
	c.dict.reset()
}

// bytes gives the text of row i.
func (c *column) bytes(i int) []byte {
	if !c.plain {
		return c.dict.word(c.codes[i])
	}
	from := uint32(0)
	if i > 0 {
		from = c.ends[i-1]
	}
	return c.text[from:c.ends[i]]
}

// dictionary numbers texts in the order in which they first come.
type dictionary struct {
	slots  []uint64 // the high half of a hash and, in the low, its code and one; 0 for none
	hashes []uint64 // by code
	text   []byte
	ends   []uint32
}

func (d *dictionary) reset() {
	*d = dictionary{slots: d.slots[:0], hashes: d.hashes[:0], text: d.text[:0], ends: d.ends[:0]}
}

func (d *dictionary) len() int { return len(d.hashes) }

func (d *dictionary) word(code uint32) []byte {
	from := uint32(0)
	if code > 0 {
		from = d.ends[code-1]
	}
	return d.text[from:d.ends[code]]
}

// code gives the number of a text, which it has from now on if it had none.
func (d *dictionary) code(hash uint64, text []byte) uint32 {
	if 2*len(d.hashes) >= len(d.slots) {
		d.slots = regrown(d.slots, len(d.hashes), func(code int) uint64 { return d.hashes[code] })
	}
	mask := uint64(len(d.slots) - 1)
	for at := hash & mask; ; at = (at + 1) & mask {
		s := d.slots[at]
		if s == 0 {
			d.hashes = append(d.hashes, hash)
			d.text = append(d.text, text...)
			d.ends = append(d.ends, uint32(len(d.text)))
			d.slots[at] = tagged(hash, len(d.hashes))
			return uint32(len(d.hashes) - 1)
		}
		if s>>32 == hash>>32 && bytes.Equal(d.word(uint32(s)-1), text) {
			return uint32(s) - 1
		}
	}
}

func tagged(hash uint64, n int) uint64 { return hash>>32<<32 | uint64(uint32(n)) }

// regrown gives slots with more room, the codes in them again. Slots that are used again
// begin few: to clear those that another column needed costs more than to grow.
func regrown(slots []uint64, codes int, hash func(code int) uint64) []uint64 {
	n := max(64, 4*len(slots))
	out := slots[:min(n, cap(slots))]
	if len(out) < n {
		out = make([]uint64, n)
	}
	clear(out)
	mask := uint64(n - 1)
	for code := range codes {
		h := hash(code)
		at := h & mask
		for out[at] != 0 {
			at = (at + 1) & mask
		}
		out[at] = tagged(h, code+1)
	}
	return out
}

// numbers numbers words in the order in which they first come.
type numbers struct {
	slots []uint64 // as a dictionary's
	words []uint64 // by code
}

func (d *numbers) reset() { d.slots, d.words = d.slots[:0], d.words[:0] }

func (d *numbers) code(word uint64) uint32 {
	if 2*len(d.words) >= len(d.slots) {
		d.slots = regrown(d.slots, len(d.words), func(code int) uint64 { return numberHash(d.words[code]) })
	}
	mask, hash := uint64(len(d.slots)-1), numberHash(word)
	for at := hash & mask; ; at = (at + 1) & mask {
		s := d.slots[at]
		if s == 0 {
			d.words = append(d.words, word)
			d.slots[at] = tagged(hash, len(d.words))
			return uint32(len(d.words) - 1)
		}
		if code := uint32(s) - 1; d.words[code] == word {
			return code
		}
	}
}
