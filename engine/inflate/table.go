package inflate

import "math/bits"

const (
	maxLiterals  = 288
	maxDistances = 32
	maxMatch     = 258
	maxCode      = 15 // bits

	mainBits     = 10 // of a literal's or length's code, that one look tells
	mainMask     = 1<<mainBits - 1
	distanceBits = 8
	distanceMask = 1<<distanceBits - 1
	lengthsBits  = 7 // all that these codes have
)

// An entry of a table says what the code is that the next bits begin with:
//
//	bits 16-30   the least length or distance; of further where it goes on
//	bits 16-31   of a literal that one, and the next where bit 6 is set
//	bit 15       special: further, end, or no code; not of a literal
//	bit 14       further: the code is longer, and another table tells
//	bit 13       end: the end of the block
//	bits 8-11    bits of the code itself; of further how many the other table looks at
//	bit 7        a literal, or two
//	bits 0-5     bits of the code, and of the value that follows it
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
	pairShift   = 6
)

// table finds codes: what the first bits tell, and behind that the tables of those codes
// that are longer.
type table struct {
	bits    int
	entries []uint32
	symbols [maxLiterals]uint16 // that have a code, in the order of their codes
}

// main gives the entries of the first bits. A table is made to have as many as the
// largest may have, so that no look is out of bounds.
func (t *table) main() *[1 << mainBits]uint32 {
	return (*[1 << mainBits]uint32)(t.entries)
}

// below goes on from an entry that is further.
func (t *table) below(e uint32, acc uint64) uint32 {
	return t.entries[uint64(e>>valueShift)+acc>>t.bits&(1<<(e>>codeShift&codeMask)-1)]
}

// build makes a table of the codes of these sizes, 0 where a symbol has none. meaning
// gives a symbol's entry, without its code's bits, and how many bits follow the code.
// It is false where the sizes are no complete code; loose allows a code of one symbol,
// or of none.
func (t *table) build(sizes []uint8, tableBits int, loose bool, meaning func(symbol int) (uint32, uint)) bool {
	var count [maxCode + 1]int
	for _, size := range sizes {
		count[size]++
	}
	count[0] = 0
	used, n := 0, 0
	var from [maxCode + 1]int // where the symbols of a size begin
	for size := 1; size <= maxCode; size++ {
		used += count[size] << (maxCode - size)
		from[size] = n
		n += count[size]
	}
	if used != 1<<maxCode && !(loose && (used == 0 || used == 1<<(maxCode-1) && count[1] == 1)) {
		return false
	}
	for symbol, size := range sizes {
		if size > 0 {
			t.symbols[from[size]] = uint16(symbol)
			from[size]++
		}
	}
	t.bits = tableBits
	if t.entries == nil {
		t.entries = make([]uint32, 1<<mainBits, 1<<mainBits+512)
	}
	t.entries = t.entries[:1<<mainBits]
	if used != 1<<maxCode {
		main := t.entries[:1<<tableBits]
		for i := range main {
			main[i] = special // no code
			if n == 1 && i&1 == 0 {
				main[i] = entry(int(t.symbols[0]), 1, meaning)
			}
		}
		return true
	}
	t.fill(t.symbols[:n], &count, meaning)
	return true
}

// entry gives a symbol's whole entry.
func entry(symbol, size int, meaning func(symbol int) (uint32, uint)) uint32 {
	e, extra := meaning(symbol)
	e |= uint32(size) + uint32(extra)
	if e&literal == 0 {
		e |= uint32(size) << codeShift
	}
	return e
}

// fill enters the symbols of a complete code, of which count are of each size, in the
// order of their codes. What is known of the first bits says the same of all that follow
// them: the table doubles from one size to the next, and the codes in it go up.
func (t *table) fill(symbols []uint16, count *[maxCode + 1]int, meaning func(symbol int) (uint32, uint)) {
	code, size := uint(0), 1 // its bits reversed, as all are looked up
	for ; size <= t.bits; size++ {
		if size > 1 {
			copy(t.entries[1<<(size-1):1<<size], t.entries[:1<<(size-1)])
		}
		for ; count[size] > 0; count[size]-- {
			t.entries[code] = entry(int(symbols[0]), size, meaning)
			symbols, code = symbols[1:], after(code, size)
		}
	}
	head, at, more := ^uint(0), 0, 0
	for ; len(symbols) > 0; size++ {
		for ; count[size] > 0; count[size]-- {
			if first := code & (1<<t.bits - 1); first != head {
				head, at, more = first, len(t.entries), t.lengthen(first, size, count)
			}
			e := entry(int(symbols[0]), size, meaning)
			for i := int(code >> t.bits); i < 1<<more; i += 1 << (size - t.bits) {
				t.entries[at+i] = e
			}
			symbols, code = symbols[1:], after(code, size)
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
	t.entries[first] = special | further | uint32(len(t.entries))<<valueShift | uint32(n)<<codeShift
	for range 1 << n {
		t.entries = append(t.entries, special)
	}
	return n
}

// pair makes entries of one literal say the next one too, if the bits tell it.
func (t *table) pair() {
	main := t.main()
	for i := mainMask; i >= 0; i-- { // what a shorter rest says is still one literal
		e := main[i]
		next := main[(uint32(i)>>(e&sizeMask))&mainMask]
		size := e&sizeMask + next&sizeMask
		if e&next&literal != 0 && size <= mainBits {
			main[i] = literal | e&(0xff<<valueShift) | next>>valueShift&0xff<<secondShift | 1<<pairShift | size
		}
	}
}

// literalMeaning is what the symbols of the first code stand for.
func literalMeaning(symbol int) (uint32, uint) {
	switch {
	case symbol < 256:
		return literal | uint32(symbol)<<valueShift, 0
	case symbol == 256:
		return special | end, 0
	case symbol < 265:
		return uint32(symbol-257+3) << valueShift, 0
	case symbol == 285:
		return maxMatch << valueShift, 0
	case symbol > 285:
		return special, 0 // in the fixed code, and never used
	}
	extra := uint(symbol-261) / 4
	return uint32(3+(4+(symbol-265)%4)<<extra) << valueShift, extra
}

// distanceMeaning is what the symbols of the second code stand for.
func distanceMeaning(symbol int) (uint32, uint) {
	switch {
	case symbol < 2:
		return uint32(symbol+1) << valueShift, 0
	case symbol > 29:
		return special, 0 // in the fixed code, and never used
	}
	extra := uint(symbol)/2 - 1
	return uint32(1+(2+symbol%2)<<extra) << valueShift, extra
}
