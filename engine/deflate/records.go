package deflate

import (
	"bytes"
	"math/bits"
	"slices"
)

// A general compressor looks for matches at every byte. Records of one shape,
// the same keys in the same order, leave little to look for: a key was in the
// record before, and a value, if it comes again, was in the same field. So
// recordCoder walks the fields. For each it asks a table of the field's last
// values: a value that is there gives one match of key and value, and of what
// follows as long as it is the same; any other is a match of the key with the
// record before, and literals. Identifiers, which are most of an event's
// entropy, cost one look each and no search. That the records are well formed,
// which the rows of the manifest need, is seen on the way.
//
// Measured on the scenario seed-hour, bytes an event: 83.0; level 5 of the general
// compressor 80.4, its level 1 98.3. The deployment's own objects have 79.7. How fast
// it is stands in docs/BENCHMARKS.md.
//
// What is done for each field of each record is written in line where the compiler
// would call: place, field and match take most of the time there is.
type recordCoder struct {
	deflater
	shape  Shape
	fields []field // of the record at hand
	last   []field // of the record before; empty where there is none
	seen   []int32 // of each field at hand, as recent has it
	recent [][recentSize]int32
	names  [recentSize]int32 // of the keys of framed records, as recent
	start  int               // no key begins before it: the block's begin
	at     int               // everything before it is in tokens
}

// field is a key and its value: the key's text begins at key, the value's at
// value. To the first key belongs what stands between the record before and it.
type field struct{ key, value, end int32 }

const (
	recentBits = 9
	recentSize = 1 << recentBits
)

// maxIrregular is the share of records of another shape, one in so many, above
// which a block is for the general compressor.
const maxIrregular = 32

// maxCoded bounds a block, whose tokens are held in memory: a huge record makes a
// huge block.
const maxCoded = 1 << 20

// encode is Coder's, unproved.
func (c *recordCoder) encode(out []byte, b *Block, odd func(line []byte) int64) (_ []byte, rows int64, ok bool) {
	text, start, delimited, last, seen := b.Text, b.Start, b.Delimited, b.Last, b.Known
	c.reset()
	c.start, c.at, c.last = 0, start, c.last[:0]
	c.shape.Forget()
	if n := len(text) - start; n == 0 || n > maxCoded {
		return out, 0, false
	}
	if seen != nil && len(seen.keys) > 0 && (delimited || len(seen.frames) > 0) {
		c.shape.before = append(c.shape.before, seen.keys...)
		c.forget()
		_ = text[:seen.ends[len(seen.ends)-1]] // up to there it is read without a look
		if len(seen.frames) > 0 {
			rows = c.walkFramed(text, seen)
			return c.appendBlock(out, last), rows, true
		}
		c.remember(text, start)
		c.start = start
		rows = c.walk(text, seen.ends)
		return c.appendBlock(out, last), rows, true
	}
	if !c.learn(text[start:]) {
		return out, 0, false
	}
	c.remember(text, start)
	c.start = start
	irregular := 0
	for i := start; i < len(text); {
		next, ok := c.record(text, i, len(text), delimited)
		if ok {
			c.tokenize(text)
			rows++
			i = next
			continue
		}
		end := bytes.IndexByte(text[i:], '\n')
		if irregular++; !delimited || end < 0 || irregular > 1+int(rows)/maxIrregular {
			return out, 0, false
		}
		line := text[i : i+end]
		if PlainObject(line) {
			rows++
		} else {
			rows += odd(line)
		}
		c.copyTo(text, i+end) // its newline is before the next record's first key
		i += end + 1
		c.last = c.last[:0]
	}
	c.copyTo(text, len(text))
	return c.appendBlock(out, last), rows, true
}

// walk codes the records of the shape whose values end at ends. It gives how many
// they are.
func (c *recordCoder) walk(text []byte, ends []int32) (n int64) {
	keys := len(c.shape.before)
	begin := c.start
	for ; len(ends) > 0; ends = ends[keys:] {
		c.place(text, begin, ends[:keys])
		c.tokenize(text)
		begin = int(ends[keys-1]) + len("}\n")
		n++
	}
	c.copyTo(text, len(text))
	return n
}

// learn takes the shape of the first record that is plain.
func (c *recordCoder) learn(text []byte) bool {
	for range 4 {
		end := bytes.IndexByte(text, '}')
		if end < 0 {
			return false
		}
		if c.shape.Plain(text[:end+1]) {
			c.forget()
			return true
		}
		line := bytes.IndexByte(text, '\n')
		if line < 0 {
			return false
		}
		text = text[line+1:]
	}
	return false
}

// forget begins with tables that know no values.
func (c *recordCoder) forget() {
	n := len(c.shape.before)
	if cap(c.recent) < n {
		c.recent = make([][recentSize]int32, n)
	}
	c.recent = c.recent[:n]
	clear(c.recent)
	c.seen = slices.Grow(c.seen[:0], n)[:n]
	c.shape.ends = slices.Grow(c.shape.ends[:0], n)[:n]
}

// remember walks the records before start, for the tables alone.
func (c *recordCoder) remember(text []byte, start int) {
	i := bytes.IndexByte(text[:start], '}') + 1
	if i == 0 {
		return
	}
	if i < start && text[i] == '\n' {
		i++
	}
	delimited := i < start && text[i-1] == '\n'
	for i < start {
		next, ok := c.record(text, i, start, delimited)
		if !ok {
			c.last = c.last[:0]
			return
		}
		c.swap()
		i = next
	}
}

// record finds the fields of the record of the shape that begins at i, and where
// the one behind it begins.
func (c *recordCoder) record(text []byte, i, end int, delimited bool) (next int, ok bool) {
	line := text[:end]
	next = c.shape.behind(line, i)
	if next < 0 {
		return 0, false
	}
	if delimited {
		if next >= end || line[next] != '\n' {
			return 0, false
		}
		next++
	}
	c.place(text, i, c.shape.ends)
	return next, true
}

// place has the fields of a record that begins at begin and whose values end at ends, and
// asks the tables of each where its value was last.
func (c *recordCoder) place(text []byte, begin int, ends []int32) {
	keys := c.shape.before[:len(ends)]
	fields := slices.Grow(c.fields[:0], len(ends))[:len(ends)]
	seen, recent := c.seen[:len(ends)], c.recent[:len(ends)]
	key, at := begin, begin
	if n := len(c.last); n > 0 {
		key = max(c.start, int(c.last[n-1].end))
	}
	for k, end := range ends {
		value, end := at+len(keys[k]), int(end)
		fields[k] = field{int32(key), int32(value), int32(end)}
		hash := uint32(0)
		if end-value >= 8 { // as valueHash has it, in line
			hash = longHash(text, value, end)
		} else {
			hash = shortHash(text, value, end)
		}
		slot := &recent[k][hash%recentSize]
		seen[k] = *slot
		*slot = int32(value) + 1
		key, at = end, end
	}
	c.fields = fields
}

func (c *recordCoder) swap() { c.fields, c.last = c.last, c.fields }

// tokenize gives the tokens of the record that was placed, to the end of its last value.
func (c *recordCoder) tokenize(text []byte) {
	for k := range c.fields {
		if f := &c.fields[k]; c.at < int(f.end) { // or a match of a field before reaches over it
			c.field(text, k, int(f.key), int(f.value), int(f.end))
		}
	}
	c.swap()
}

// field gives the tokens of a field from where c is to the end of its value: a match of
// where the value was last, or else of the record before, which begins with the same key
// and may have the same beginning of the value. (Had the record before the same value, it
// would be where that was last.)
func (c *recordCoder) field(text []byte, k, key, value, end int) {
	distance, again := 0, 0
	if seen := int(c.seen[k]) - 1; seen >= 0 && value-seen < maxDistance {
		if d := apart(text, seen, value); d != 0 { // which most values are, and costs no call
			again = bits.TrailingZeros64(d) / 8
		} else {
			again = sameLength(text, seen, value)
		}
		if n := end - value; again >= n || again == maxMatch && bytes.Equal(text[seen:seen+n], text[value:end]) {
			distance = value - seen
			if c.at > key {
				c.backTo(key)
			}
		}
	}
	if c.at < key {
		c.literal(text, c.at, key)
		c.at = key
	}
	if distance == 0 && len(c.last) > 0 {
		before := &c.last[k]
		distance = key - int(before.key)
		if k > 0 {
			if d := apart(text, int(before.value), value); d != 0 {
				again = bits.TrailingZeros64(d) / 8
			} else {
				again = sameLength(text, int(before.value), value)
			}
		}
	}
	for distance > 0 && c.at < end {
		length := 0
		if k > 0 && c.at <= value {
			// A field's key is the same in all records; what stands before the first one is not.
			length = c.bounded(value-c.at+again, distance)
		} else {
			length = reach(text, c.at, distance)
		}
		if length < usefulMatch {
			break
		}
		c.match(length, distance)
		c.at += length
		if length < maxMatch {
			break // here the two differ
		}
	}
	if c.at < end {
		c.literal(text, c.at, end)
		c.at = end
	}
}

// reach says how much of what stands at a place also stands a distance before.
func reach(text []byte, at, distance int) int {
	if distance > min(at, maxDistance) {
		return 0
	}
	return sameLength(text, at-distance, at)
}

// bounded is reach where the length is known.
func (c *recordCoder) bounded(length, distance int) int {
	if distance > min(c.at, maxDistance) {
		return 0
	}
	return min(length, maxMatch)
}

// usefulMatch is how long a match must be to be shorter than literals.
const usefulMatch = 4

// backTo takes back what the last match says beyond a key's begin, which is before at, if
// enough of it is left to be a match.
func (c *recordCoder) backTo(key int) {
	if len(c.tokens) == 0 || c.run > 0 {
		return
	}
	t := c.tokens[len(c.tokens)-1]
	if length := t.length() - (c.at - key); length >= minMatch {
		c.shorten(length)
		c.at = key
	}
}

// copyTo codes what is before i and not yet coded as literals.
func (c *recordCoder) copyTo(text []byte, i int) {
	if c.at < i {
		c.literal(text, c.at, i)
		c.at = i
	}
}

// sameLength says how many bytes of text from a are the same from b, which is behind it,
// at most what one match can say.
func sameLength(text []byte, a, b int) int {
	const most = (maxMatch + 7) &^ 7
	if b+most > len(text) {
		return sameEnd(text, a, b)
	}
	for i := 0; i <= most-8; i += 8 {
		if d := word(text, a+i) ^ word(text, b+i); d != 0 {
			return min(i+bits.TrailingZeros64(d)/8, maxMatch)
		}
	}
	return maxMatch
}

// apart says where the first eight bytes from a and from b differ, b being behind a; zero
// where they do not, or where there are not so many.
func apart(text []byte, a, b int) uint64 {
	if b+8 > len(text) {
		return 0
	}
	return word(text, a) ^ word(text, b)
}

// sameEnd is sameLength where the text may end before a match does.
func sameEnd(text []byte, a, b int) int {
	limit := min(len(text)-b, maxMatch)
	i := 0
	for i < limit && text[a+i] == text[b+i] {
		i++
	}
	return i
}

// valueHash tells values apart by their beginning, their end and their length: the value
// text[begin:end].
func valueHash(text []byte, begin, end int) uint32 {
	if end-begin >= 8 {
		return longHash(text, begin, end)
	}
	return shortHash(text, begin, end)
}

const hashFactor = 0x9e3779b97f4a7c15 // of the golden ratio: it spreads what it multiplies

// longHash is valueHash of eight bytes or more.
func longHash(text []byte, begin, end int) uint32 {
	h := uint64(end-begin) ^ word(text, begin)*hashFactor ^ bits.RotateLeft64(word(text, end-8), 29)
	return uint32(h * hashFactor >> (64 - recentBits))
}

// shortHash is valueHash of less than eight bytes.
func shortHash(text []byte, begin, end int) uint32 {
	n := end - begin
	h := uint64(n)
	if end >= 8 { // eight bytes with what is before it
		shift := uint(n) * 8 & 63
		h = h<<shift | bits.ReverseBytes64(word(text, end-8))&(1<<shift-1)
	} else {
		for _, b := range text[begin:end] {
			h = h<<8 | uint64(b)
		}
	}
	return uint32(h * hashFactor >> (64 - recentBits))
}
