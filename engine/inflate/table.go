package inflate

import "math/bits"

const (
	maxLiterals  = 288
	maxDistances = 32
	maxMatch     = 258
	maxCode      = 15 // bits

	mainBits     = 11 // of a literal's or length's code, that one look tells
	mainMask     = 1<<mainBits - 1
	distanceBits = 8
	distanceMask = 1<<distanceBits - 1
	lengthsBits  = 7 // all that these codes have
)

// An entry of a table says what the code is that the next bits begin with:
//
//	bit 31       a literal, or two, the second in bits 8-15 where bit 6 is set
//	bits 16-30   the literal, or the least length or distance; of further where it goes on
//	bit 15       special: further, end, or no code; not of a literal
//	bit 14       further: the code is longer, and another table tells
//	bit 13       end: the end of the block
//	bits 8-11    bits of the code itself; of further how many the other table looks at
//	bits 0-5     bits of the code, and of the value that follows it
const (
	literal    = 1 << 31
	special    = 1 << 15
	further    = 1 << 14
	end        = 1 << 13
	valueShift = 16
	valueMask  = 1<<15 - 1
	codeShift  = 8
	codeMask   = 15
	sizeMask   = 63

	secondShift = 8
	pairShift   = 6
)

// table finds codes: what the first bits tell, and behind that the tables of those codes
// that are longer.
type table struct {
	bits    int
	entries []uint32
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
	var next [maxCode + 1]uint
	code, used := uint(0), 0
	for size := 1; size <= maxCode; size++ {
		code = (code + uint(count[size-1])) << 1
		next[size] = code
		used += count[size] << (maxCode - size)
	}
	if used != 1<<maxCode && !(loose && (used == 0 || used == 1<<(maxCode-1) && count[1] == 1)) {
		return false
	}
	t.bits = tableBits
	if t.entries == nil {
		t.entries = make([]uint32, 1<<mainBits, 1<<mainBits+512)
	}
	t.entries = t.entries[:1<<mainBits]
	main := t.entries[:1<<tableBits]
	for i := range main {
		main[i] = special // no code
	}
	// How much longer than tableBits the codes are that begin with the same bits.
	long := next
	for _, size := range sizes {
		if int(size) > tableBits {
			first := reversed(long[size], uint(size)) & (1<<tableBits - 1)
			if e := main[first]; e&further == 0 || e>>codeShift&codeMask < uint32(int(size)-tableBits) {
				main[first] = special | further | uint32(int(size)-tableBits)<<codeShift
			}
		}
		if size > 0 {
			long[size]++
		}
	}
	for symbol, size := range sizes {
		if size == 0 {
			continue
		}
		bits := reversed(next[size], uint(size))
		next[size]++
		e, extra := meaning(symbol)
		e |= uint32(size) + uint32(extra)
		if e&literal == 0 {
			e |= uint32(size) << codeShift
		}
		if int(size) <= tableBits {
			for i := bits; i < 1<<tableBits; i += 1 << size {
				main[i] = e
			}
			continue
		}
		t.lengthen(bits, int(size), e)
	}
	return true
}

// pair makes entries of one literal say the next one too, if the bits tell it.
func (t *table) pair() {
	main := t.main()
	for i := mainMask; i >= 0; i-- { // what a shorter rest says is still one literal
		e := main[i]
		if e&literal == 0 {
			continue
		}
		size := e & sizeMask
		if next := main[uint32(i)>>size]; next&literal != 0 && size+next&sizeMask <= mainBits {
			main[i] = literal | e&(0xff<<valueShift) | next>>valueShift&0xff<<secondShift | 1<<pairShift | (size + next&sizeMask)
		}
	}
}

// lengthen enters a code that is longer than the first bits.
func (t *table) lengthen(bits uint, size int, e uint32) {
	head := &t.entries[bits&(1<<t.bits-1)]
	n := 1 << (*head >> codeShift & codeMask)
	if *head>>valueShift == 0 {
		*head |= uint32(len(t.entries)) << valueShift
		at := *head
		for range n {
			t.entries = append(t.entries, special)
		}
		head = &at // t.entries may be elsewhere now
	}
	at := int(*head >> valueShift)
	for i := int(bits >> t.bits); i < n; i += 1 << (size - t.bits) {
		t.entries[at+i] = e
	}
}

func reversed(code, size uint) uint { return uint(bits.Reverse16(uint16(code)) >> (16 - size)) }

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
