package deflate

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// Deflate (RFC 1951), as far as an encoder needs it that is told the matches: it
// gathers literals and matches, builds the codes of a dynamic block for them, and
// writes the bits. Who finds matches is not its concern.

const (
	maxMatch    = 258
	minMatch    = 3
	maxDistance = 32 << 10
	endOfBlock  = 256
)

// token is a number of literals and a match behind them: run<<32 | (distance's code)<<24 |
// (length-3)<<16 | distance-1. Of the text's end it may be the literals alone.
type token uint64

// deflater gathers a block's tokens.
type deflater struct {
	tokens    []token
	text      []byte      // the literals
	run       int         // how many of them are behind the last match
	literals  [286]uint32 // how often each literal and length code is used
	distances [30]uint32

	literalCode   [286]huffmanCode
	distanceCode  [30]huffmanCode
	lengthsCode   [19]huffmanCode
	literalWords  [256]uint32
	lengthWords   [maxMatch - minMatch + 1]uint32
	distanceWords [32]uint32
	builder       huffmanBuilder
	out           []byte
	acc           uint64
	bits          uint
}

// huffmanCode is a code with its bits reversed, as deflate writes them.
type huffmanCode struct {
	code uint16
	size uint8
}

func (d *deflater) reset() {
	d.tokens, d.text, d.run = d.tokens[:0], d.text[:0], 0
}

// literal takes text[from:to] as it is.
func (d *deflater) literal(text []byte, from, to int) {
	const most = 16
	if n := len(d.text); to-from <= most && from+most <= len(text) && n+most <= cap(d.text) {
		// Most runs are short, and cost less copied with what stands behind them.
		d.text = d.text[:n+most]
		*(*[most]byte)(d.text[n:]) = *(*[most]byte)(text[from : from+most])
		d.text = d.text[:n+to-from]
	} else {
		d.text = append(d.text, text[from:to]...)
	}
	d.run += to - from
}

// match says that the next length bytes, 3 to 258, stand distance bytes before.
func (d *deflater) match(length, distance int) {
	d.tokens = append(d.tokens, token(d.run)<<32|token(distanceCode(distance))<<24|token(length-minMatch)<<16|token(distance-1))
	d.run = 0
}

// shorten makes the last token, a match, end after length bytes.
func (d *deflater) shorten(length int) {
	t := &d.tokens[len(d.tokens)-1]
	*t = *t&^(0xff<<16) | token(length-minMatch)<<16
}

func (t token) length() int   { return int(t>>16&0xff) + minMatch }
func (t token) distance() int { return int(t&0x7fff) + 1 }

// lengthCode gives the literal/length code of a match's length.
func lengthCode(length int) int { return 257 + int(lengthCodes[uint8(length-minMatch)]) }

var lengthCodes = func() (codes [maxMatch - minMatch + 1]uint8) {
	for i := range codes {
		codes[i] = uint8(codeOfLength(i+minMatch) - 257)
	}
	return codes
}()

func codeOfLength(length int) int {
	n := length - minMatch
	switch {
	case n < 8:
		return 257 + n
	case length == maxMatch:
		return 285
	}
	extra := bits.Len(uint(n)) - 3
	return 257 + 4*extra + n>>extra
}

// lengthExtra gives the extra bits that follow a length's code.
func lengthExtra(length int) (value uint64, size uint) {
	n := length - minMatch
	if n < 8 || length == maxMatch {
		return 0, 0
	}
	extra := uint(bits.Len(uint(n)) - 3)
	return uint64(n) & (1<<extra - 1), extra
}

func distanceCode(distance int) int {
	n := distance - 1
	if n < 4 {
		return n
	}
	extra := bits.Len(uint(n)) - 2
	return 2*extra + n>>extra
}

// put writes the low size bits of value, at most 32 of them.
func (d *deflater) put(value uint64, size uint) {
	d.acc |= value << d.bits
	d.bits += size
	if d.bits >= 32 {
		d.out = binary.LittleEndian.AppendUint32(d.out, uint32(d.acc))
		d.acc >>= 32
		d.bits -= 32
	}
}

// align fills up the byte.
func (d *deflater) align() {
	for size := (d.bits + 7) / 8; size > 0; size-- {
		d.out = append(d.out, byte(d.acc))
		d.acc >>= 8
	}
	d.acc, d.bits = 0, 0
}

// appendBlock appends the tokens as a dynamic block to out. A block that is not
// the stream's last is followed by an empty stored one, which ends at a byte.
func (d *deflater) appendBlock(out []byte, last bool) []byte {
	d.out, d.acc, d.bits = out, 0, 0
	d.count()
	d.literals[endOfBlock] = 1
	d.builder.build(d.literals[:], d.literalCode[:], 15)
	d.builder.build(d.distances[:], d.distanceCode[:], 15)
	d.put(uint64(map[bool]int{true: 1}[last]), 1)
	d.put(2, 2)
	d.header()
	d.body()
	c := d.literalCode[endOfBlock]
	d.put(uint64(c.code), uint(c.size))
	if last {
		d.align()
		return d.out
	}
	d.put(0, 3)
	d.align()
	return append(d.out, 0, 0, 0xff, 0xff)
}

// count counts the codes of the matches, and the literals, these in turns in four places:
// what comes twice at once would wait for its own count.
func (d *deflater) count() {
	clear(d.literals[:])
	var distances [32]uint32 // as many as a token has room for
	for _, t := range d.tokens {
		d.literals[lengthCode(t.length())]++
		distances[t>>24&31]++
	}
	copy(d.distances[:], distances[:])
	var counts [4][256]uint32
	text := d.text
	for ; len(text) >= 4; text = text[4:] {
		counts[0][text[0]]++
		counts[1][text[1]]++
		counts[2][text[2]]++
		counts[3][text[3]]++
	}
	for _, b := range text {
		counts[0][b]++
	}
	for b := range 256 {
		d.literals[b] = counts[0][b] + counts[1][b] + counts[2][b] + counts[3][b]
	}
}

// body writes the tokens.
func (d *deflater) body() {
	d.words()
	at := len(d.out)
	out := slices.Grow(d.out, d.room())
	out = out[:cap(out)]
	d.text = slices.Grow(d.text, 4) // the last literals are read four at a time
	acc, have, text := d.acc, d.bits, d.text[:len(d.text)+4]
	literals, from, last := &d.literalWords, 0, len(out)-slack
	for _, t := range d.tokens {
		n := int(t >> 32)
		// Reads and writes do not look where text and out end: this does.
		if from+n+4 > len(text) || at > last {
			panic("deflate: more tokens than were counted")
		}
		for i := 0; i < n && at <= last; i += 4 {
			// Behind the last there are others, which are of no size here.
			four := four(text, from+i)
			a, b := literals[four[0]], literals[four[1]]&within(i+1, n)
			c, e := literals[four[2]]&within(i+2, n), literals[four[3]]&within(i+3, n)
			ab, cd := uint64(a>>8)|uint64(b>>8)<<(a&31), uint64(c>>8)|uint64(e>>8)<<(c&31)
			acc |= ab << (have & 63)
			have += uint(a&31 + b&31)
			if have > 33 { // of each two there are at most 30 bits
				at, acc, have = flush(out, at, acc, have)
			}
			acc |= cd << (have & 63)
			have += uint(c&31 + e&31)
			at, acc, have = flush(out, at, acc, have) // fewer than 8 bits are left
		}
		from += n
		w := d.lengthWords[t>>16&0xff]
		acc |= uint64(w>>8) << (have & 63)
		have += uint(w & 31)
		w = d.distanceWords[t>>24&31]
		acc |= (uint64(w>>16) | uint64(t)&(1<<(w>>5&15)-1)<<(w>>9&15)) << (have & 63)
		have += uint(w & 31)
		at, acc, have = flush(out, at, acc, have)
	}
	d.out, d.acc, d.bits = out[:at], acc, have
	for _, b := range text[from:][:d.run] {
		c := d.literalCode[b]
		d.put(uint64(c.code), uint(c.size))
	}
}

// within is all ones where i is less than n, or else 0.
func within(i, n int) uint32 { return uint32((i - n) >> 63) }

// slack is how much body has left behind what it writes: three words.
const slack = 32

// flush writes whole bytes out; what it writes behind them is written over.
func flush(out []byte, at int, acc uint64, have uint) (int, uint64, uint) {
	putWord(out, at, acc)
	return at + int(have/8), acc >> (have &^ 7 & 63), have & 7
}

// words has the bits of each literal, length and distance ready for body: how many they
// are, at most 15, 20 and 28, stands in the last five bits, and the bits themselves before the
// last eight. Those of a distance are only its code's, before the last 16, since there are too
// many: how many of its own bits follow the code stands in bits 5 to 8, and in bits 9 to
// 12 how many bits the code has.
func (d *deflater) words() {
	for i := range d.literalWords {
		c := d.literalCode[i]
		d.literalWords[i] = uint32(c.code)<<8 | uint32(c.size)
	}
	for i := range d.lengthWords {
		c := d.literalCode[lengthCode(i+minMatch)]
		value, size := lengthExtra(i + minMatch)
		d.lengthWords[i] = (uint32(c.code)|uint32(value)<<c.size)<<8 | uint32(c.size) + uint32(size)
	}
	for i, c := range d.distanceCode {
		extra := uint32(max(i/2-1, 0))
		d.distanceWords[i] = uint32(c.code)<<16 | uint32(c.size)<<9 | extra<<5 | uint32(c.size) + extra
	}
}

// room is how many bytes the tokens take at most, and what flush writes behind them.
func (d *deflater) room() int {
	n := d.bits
	for symbol, count := range d.literals {
		n += uint(count) * (uint(d.literalCode[symbol].size) + 5)
	}
	for symbol, count := range d.distances {
		n += uint(count) * (uint(d.distanceCode[symbol].size) + 13)
	}
	return int(n/8) + slack + 8
}

// lengthsOrder is in which order the sizes of the third code are written.
var lengthsOrder = [19]int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// run is an element of the run-length coded code sizes: 0 to 15 a size, 16 the
// one before 3 to 6 times more, 17 and 18 zeros.
type run struct {
	symbol, extra uint8
}

// header writes the codes, as the sizes of each symbol's code.
func (d *deflater) header() {
	literals := trimmed(d.literalCode[:], 257)
	distances := trimmed(d.distanceCode[:], 1)
	sizes := make([]uint8, 0, len(d.literalCode)+len(d.distanceCode))
	for _, c := range literals {
		sizes = append(sizes, c.size)
	}
	for _, c := range distances {
		sizes = append(sizes, c.size)
	}
	runs := runsOf(sizes)
	var count [19]uint32
	for _, r := range runs {
		count[r.symbol]++
	}
	d.builder.build(count[:], d.lengthsCode[:], 7)
	n := len(lengthsOrder)
	for n > 4 && d.lengthsCode[lengthsOrder[n-1]].size == 0 {
		n--
	}
	d.put(uint64(len(literals)-257), 5)
	d.put(uint64(len(distances)-1), 5)
	d.put(uint64(n-4), 4)
	for _, symbol := range lengthsOrder[:n] {
		d.put(uint64(d.lengthsCode[symbol].size), 3)
	}
	for _, r := range runs {
		c := d.lengthsCode[r.symbol]
		d.put(uint64(c.code), uint(c.size))
		switch r.symbol {
		case 16:
			d.put(uint64(r.extra), 2)
		case 17:
			d.put(uint64(r.extra), 3)
		case 18:
			d.put(uint64(r.extra), 7)
		}
	}
}

// trimmed leaves out unused codes at the end, down to at least n.
func trimmed(codes []huffmanCode, n int) []huffmanCode {
	end := len(codes)
	for end > n && codes[end-1].size == 0 {
		end--
	}
	return codes[:end]
}

func runsOf(sizes []uint8) []run {
	runs := make([]run, 0, len(sizes))
	for i := 0; i < len(sizes); {
		n := 1
		for i+n < len(sizes) && sizes[i+n] == sizes[i] {
			n++
		}
		switch size := sizes[i]; {
		case size == 0 && n >= 3:
			n = min(n, 138)
			if n > 10 {
				runs = append(runs, run{18, uint8(n - 11)})
			} else {
				runs = append(runs, run{17, uint8(n - 3)})
			}
		case size != 0 && n >= 4:
			n = min(n, 7)
			runs = append(runs, run{size, 0}, run{16, uint8(n - 4)})
		default:
			n = 1
			runs = append(runs, run{size, 0})
		}
		i += n
	}
	return runs
}

// huffmanBuilder makes codes of limited size.
type huffmanBuilder struct {
	leaves []leaf
	work   []uint32
	counts [33]int // of codes of each size
}

type leaf struct {
	count  uint32
	symbol uint16
}

// build gives every symbol with a count a code of at most limit bits, canonical
// as deflate wants it, and the others none. A code has at least two symbols, so
// that every decoder takes it for complete.
func (h *huffmanBuilder) build(counts []uint32, codes []huffmanCode, limit int) {
	clear(codes)
	h.leaves = h.leaves[:0]
	for symbol, n := range counts {
		if n > 0 {
			h.leaves = append(h.leaves, leaf{n, uint16(symbol)})
		}
	}
	for symbol := uint16(0); len(h.leaves) < 2; symbol++ {
		if counts[symbol] == 0 {
			h.leaves = append(h.leaves, leaf{1, symbol})
		}
	}
	// The symbol breaks ties: the same counts give the same codes.
	slices.SortFunc(h.leaves, func(a, b leaf) int {
		if a.count != b.count {
			return int(int64(a.count) - int64(b.count))
		}
		return int(a.symbol) - int(b.symbol)
	})
	h.sizes(limit)
	h.assign(codes, limit)
}

// sizes fills counts with how many codes there are of each size: the depths of
// the Huffman tree of the sorted leaves, made to fit the limit.
func (h *huffmanBuilder) sizes(limit int) {
	n := len(h.leaves)
	// Inner nodes come out in the order of their weights, so two queues do.
	weights, parents := grow(&h.work, 4*n)[:2*n], h.work[2*n:4*n]
	for i, l := range h.leaves {
		weights[i] = l.count
	}
	leaf, inner := 0, n
	for next := n; next < 2*n-1; next++ {
		weights[next] = 0
		for range 2 {
			least := inner
			if leaf < n && (inner >= next || weights[leaf] <= weights[inner]) {
				least = leaf
				leaf++
			} else {
				inner++
			}
			weights[next] += weights[least]
			parents[least] = uint32(next)
		}
	}
	clear(h.counts[:])
	depths := weights // no longer needed
	depths[2*n-2] = 0
	for i := 2*n - 3; i >= 0; i-- {
		depths[i] = depths[parents[i]] + 1
		if i < n {
			h.counts[min(int(depths[i]), limit)]++
		}
	}
	h.fit(limit)
}

// fit makes the sizes a code again after those beyond the limit were cut to it:
// the sum of 2^-size over all codes must be 1.
func (h *huffmanBuilder) fit(limit int) {
	sum := 0
	for size := 1; size <= limit; size++ {
		sum += h.counts[size] << (limit - size)
	}
	for ; sum > 1<<limit; sum-- {
		// One code of the limit's size goes to be the sibling of a shorter one.
		size := limit - 1
		for h.counts[size] == 0 {
			size--
		}
		h.counts[limit]--
		h.counts[size]--
		h.counts[size+1] += 2
	}
}

// assign gives the codes: the rarest symbols the longest, and among codes of one
// size ascending by symbol.
func (h *huffmanBuilder) assign(codes []huffmanCode, limit int) {
	i := 0
	for size := limit; size > 0; size-- {
		for range h.counts[size] {
			codes[h.leaves[i].symbol].size = uint8(size)
			i++
		}
	}
	var next [16]uint16
	for size := 1; size <= limit; size++ {
		next[size] = (next[size-1] + uint16(h.counts[size-1])) << 1
	}
	for symbol := range codes {
		if size := codes[symbol].size; size > 0 {
			codes[symbol].code = bits.Reverse16(next[size]) >> (16 - size)
			next[size]++
		}
	}
}

func grow(s *[]uint32, n int) []uint32 {
	if cap(*s) < n {
		*s = make([]uint32, n)
	}
	*s = (*s)[:n]
	return *s
}
