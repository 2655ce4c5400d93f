package inflate

import "math/bits"

const (
	maxLiterals  = 288
	maxDistances = 32
	maxLengths   = 19
	minMatch     = 3
	maxMatch     = 258
	maxCode      = 15 // bits

	maxDistanceBits = maxCode + 13 // of a code, and what follows it

	mainBits     = 11 // of a literal's or length's code, that one look tells
	mainMask     = 1<<mainBits - 1
	distanceBits = 8
	distanceMask = 1<<distanceBits - 1
	lengthsBits  = 7 // all that these codes have
)

// An entry of a table says what the code is that the next bits begin with:
//
//	bits 16-30   the least distance; of further where it goes on
//	bits 24-31   the least length, less three; of two literals the second
//	bits 16-23   a literal
//	bit 15       special: further, end, or no code; not of a literal
//	bit 14       further: the code is longer, and another table tells
//	bit 13       end: the end of the block
//	bits 8-11    bits of the code itself, or of both codes; of further how many the other
//	             table looks at
//	bit 7        a literal, or two
//	bit 6        two codes: of two literals, or of one and a length
//	bits 0-5     bits of the code, or of both, and of the value that follows
const (
	special    = 1 << 15
	further    = 1 << 14
	end        = 1 << 13
	literal    = 1 << 7
	valueShift = 16
	valueMask  = 1<<15 - 1
	codeShift  = 8
	codeMask   = 15
	sizeMask   = 63

	secondShift = valueShift + 8
	twoShift    = 6
	two         = 1 << twoShift
)

// table finds codes: what the first bits tell, and behind that the tables of those codes
// that are longer.
type table struct {
	bits     int
	main     [1 << mainBits]uint32 // as many as any may have, so that no look is out of bounds
	longer   []uint32
	meanings [maxLiterals]uint32 // of the symbols: their entries, but for the bits of their codes
	symbols  [maxLiterals]uint16 // that have a code, in the order of their codes
	coded    [maxLiterals]coded  // what these are, where their codes are no longer than bits
}

// below goes on from an entry that is further.
func (t *table) below(e uint32, acc uint64) uint32 {
	return t.longer[uint64(e>>valueShift)+acc>>t.bits&(1<<(e>>codeShift&codeMask)-1)]
}

// build makes a table of the codes of these sizes, 0 where a symbol has none. It is false
// where the sizes are no complete code; loose allows a code of one symbol, or of none.
// pairs has entries of a literal say what comes next too, where the bits tell it.
func (t *table) build(sizes []uint8, tableBits int, loose, pairs bool) bool {
	var count [maxCode + 1]int
	for _, size := range sizes {
		count[size]++
	}
	count[0] = 0
	used, n := 0, 0
	var from [maxCode + 2]int // where the symbols of a size begin
	for size := 1; size <= maxCode; size++ {
		used += count[size] << (maxCode - size)
		from[size] = n
		n += count[size]
	}
	if used != 1<<maxCode && !(loose && (used == 0 || used == 1<<(maxCode-1) && count[1] == 1)) {
		return false
	}
	next := from
	for symbol, size := range sizes {
		if size > 0 {
			t.symbols[next[size]] = uint16(symbol)
			next[size]++
		}
	}
	t.bits, t.longer = tableBits, t.longer[:0]
	if used != 1<<maxCode {
		main := t.main[:1<<tableBits]
		for i := range main {
			main[i] = special // no code
			if n == 1 && i&1 == 0 {
				main[i] = t.entry(0, 1)
			}
		}
		return true
	}
	t.fill(n, &count, &from, pairs)
	return true
}

// entry gives the entry of the k-th symbol, whose code has this size.
func (t *table) entry(k, size int) uint32 {
	return t.meanings[t.symbols[k]] + uint32(size)*(1<<codeShift|1)
}

// fill enters the n symbols of a complete code, of which count are of each size, in the
// order of their codes. What is known of the first bits says the same of all that follow
// them: the table doubles from one size to the next, and the codes in it go up.
func (t *table) fill(n int, count *[maxCode + 1]int, from *[maxCode + 2]int, pairs bool) {
	code, size, k := uint(0), 1, 0 // the code's bits are reversed, as all are looked up
	for ; size <= t.bits; size++ {
		if size > 1 {
			copy(t.main[1<<(size-1):1<<size], t.main[:1<<(size-1)])
		}
		if pairs {
			t.pair(size, from)
		}
		for ; count[size] > 0; count[size]-- {
			e := t.entry(k, size)
			t.main[code], t.coded[k] = e, coded{uint16(code), second(e)}
			k, code = k+1, after(code, size)
		}
	}
	head, at, more := ^uint(0), 0, 0
	for ; k < n; size++ {
		for ; count[size] > 0; count[size]-- {
			if first := code & (1<<t.bits - 1); first != head {
				head, at, more = first, len(t.longer), t.lengthen(first, size, count)
			}
			e := t.entry(k, size)
			for i := int(code >> t.bits); i < 1<<more; i += 1 << (size - t.bits) {
				t.longer[at+i] = e
			}
			k, code = k+1, after(code, size)
		}
	}
}

// coded is a symbol with a code of its own: the code, and what an entry gets of it that says
// another literal first.
type coded struct {
	code   uint16
	second uint32
}

// second gives what remains of an entry behind a literal, 0 of what does not come second.
func second(e uint32) uint32 {
	switch {
	case e&literal != 0:
		return e>>valueShift<<secondShift | e&(1<<valueShift-1)
	case e&special != 0:
		return 0
	}
	return e
}

// pair has entries of a literal say what comes next too, where the codes of both have so many
// bits together; from says where in the order of codes those of a size begin. The table has
// as many bits yet: what is entered doubles with all else.
func (t *table) pair(size int, from *[maxCode + 2]int) {
	for a := 1; a < size; a++ {
		seconds := t.coded[from[size-a]:from[size-a+1]]
		for i := from[a]; i < from[a+1] && t.symbols[i] < 256; i++ {
			code, e := t.coded[i].code, two|uint32(t.symbols[i])<<valueShift+uint32(a)*(1<<codeShift|1)
			for _, next := range seconds {
				if next.second != 0 {
					t.main[(code|next.code<<a)&mainMask] = e + next.second
				}
			}
		}
	}
}

// after gives the code that follows one of the same size: one more, with the bits
// reversed. Behind the last, which is all ones, it does not matter.
func after(code uint, size int) uint {
	bit := uint(1) << bits.Len(code^(1<<size-1)) >> 1 // the highest that is not set
	return code&(bit-1) | bit
}

// lengthen makes a table behind the others for the codes that begin with these bits, the
// first of which has this size; count is of the codes that are not entered yet. It gives
// how many more bits they have at most.
func (t *table) lengthen(first uint, size int, count *[maxCode + 1]int) int {
	n := size - t.bits
	for room := count[size]; room < 1<<n; {
		n++
		room = 2*room + count[t.bits+n]
	}
	t.main[first] = special | further | uint32(len(t.longer))<<valueShift | uint32(n)<<codeShift
	for range 1 << n {
		t.longer = append(t.longer, special)
	}
	return n
}

// literalMeaning is what a symbol of the first code stands for: its entry, but for the bits
// of its code.
func literalMeaning(symbol int) uint32 {
	switch {
	case symbol < 256:
		return literal | uint32(symbol)<<valueShift
	case symbol == 256:
		return special | end
	case symbol < 265:
		return uint32(symbol-257) << secondShift
	case symbol == 285:
		return (maxMatch - minMatch) << secondShift
	case symbol > 285:
		return special // in the fixed code, and never used
	}
	extra := uint32(symbol-261) / 4
	return (4+uint32(symbol-265)%4)<<extra<<secondShift | extra
}

// distanceMeaning is what a symbol of the second code stands for.
func distanceMeaning(symbol int) uint32 {
	switch {
	case symbol < 2:
		return uint32(symbol+1) << valueShift
	case symbol > 29:
		return special // in the fixed code, and never used
	}
	extra := uint32(symbol)/2 - 1
	return (1+(2+uint32(symbol)%2)<<extra)<<valueShift | extra
}
