// Package inflate unpacks deflate (RFC 1951) and gzip (RFC 1952) that lie in memory
// whole, into memory.
//
// What comes in is packed bytes and a bound on what they may become. What is held is
// a Decoder's tables of the block at hand. What goes out is the bytes that were
// packed, or an error: a Decoder is as strict as zlib about codes that are no
// complete code, lengths, distances and sums, and where it fails it says nothing more
// than that; who wants to know why asks a decoder that reads streams.
//
// A decoder of streams is fed byte by byte and keeps a window to copy from. With
// everything in memory the input is read eight bytes at a time and what was unpacked
// is itself the window, which is three times as fast.
package inflate

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"slices"
)

// ErrCorrupt says that bytes are not what deflate or gzip makes, or not all of it.
var ErrCorrupt = errors.New("inflate: the packed bytes are damaged or cut short")

// ErrTooLarge says that bytes unpack to more than was allowed.
var ErrTooLarge = errors.New("inflate: more comes out than was allowed")

// Decoder holds tables, to be used again. It is one goroutine's at a time.
type Decoder struct {
	literals, distances, lengths table
	learned                      bool // what symbols mean
	sizes                        [maxLiterals + maxDistances]uint8

	// Where it is: acc has the next bits bits of src, whose bytes before pos are taken.
	src  []byte
	pos  int
	acc  uint64
	bits uint

	// The sum of what came out, up to summed, where it is asked for: it is taken of each block
	// while that is at hand.
	summing bool
	sum     uint32
	summed  int
}

// slack is how much room behind its end an output has while it grows: what one turn of
// codes writes, a match copied in pieces among it.
const slack = 8 + maxMatch + 4*piece

// Gzip appends what the members of a gzip file hold to dst, at most so many bytes.
func (d *Decoder) Gzip(dst, src []byte, most int) ([]byte, error) {
	begin := len(dst)
	for len(src) > 0 {
		body, err := behindHeader(src)
		if err != nil {
			return nil, err
		}
		if begin == len(dst) {
			// The last member's length stands at the end; most files are one member.
			said := int(binary.LittleEndian.Uint32(src[len(src)-4:]))
			if said <= most && said/maxRatio <= len(src) {
				dst = slices.Grow(dst, said+slack)
			}
		}
		from := len(dst)
		var n int
		var final bool
		d.summing, d.sum, d.summed = true, 0, from
		dst, n, final, err = d.blocks(dst, from, body, most-(from-begin))
		d.summing = false
		if err != nil {
			return nil, err
		}
		if !final || len(body)-n < 8 {
			return nil, ErrCorrupt
		}
		trailer := body[n:]
		if d.sum != binary.LittleEndian.Uint32(trailer) || uint32(len(dst)-from) != binary.LittleEndian.Uint32(trailer[4:]) {
			return nil, ErrCorrupt
		}
		src = trailer[8:]
	}
	return dst, nil
}

// maxRatio is how many times its size deflate can say at most.
const maxRatio = 1032

// behindHeader gives what follows a member's header.
func behindHeader(src []byte) ([]byte, error) {
	const extra, name, comment, sum, reserved = 1 << 2, 1 << 3, 1 << 4, 1 << 1, 0xe0
	if len(src) < 18 || src[0] != 0x1f || src[1] != 0x8b || src[2] != 8 || src[3]&reserved != 0 {
		return nil, ErrCorrupt
	}
	flags, at := src[3], 10
	if flags&extra != 0 {
		at += 2 + int(binary.LittleEndian.Uint16(src[at:]))
	}
	for _, text := range []byte{name, comment} {
		if flags&text == 0 {
			continue
		}
		end := slices.Index(src[min(at, len(src)):], 0)
		if end < 0 {
			return nil, ErrCorrupt
		}
		at += end + 1
	}
	if flags&sum != 0 {
		if at+2 > len(src) || uint16(crc32.ChecksumIEEE(src[:at])) != binary.LittleEndian.Uint16(src[at:]) {
			return nil, ErrCorrupt
		}
		at += 2
	}
	if at > len(src) {
		return nil, ErrCorrupt
	}
	return src[at:], nil
}

// Blocks appends what deflate blocks say to dst, at most so many bytes; what dst holds
// already they may refer to. It ends behind the final block, or where src ends at the
// end of a block that ends at a byte. It says how many bytes of src that took, and
// whether there was a final block. What lies behind dst in its memory is overwritten.
func (d *Decoder) Blocks(dst, src []byte, most int) (out []byte, n int, final bool, err error) {
	return d.blocks(dst, 0, src, most)
}

// blocks is Blocks, where nothing before from may be referred to.
func (d *Decoder) blocks(dst []byte, from int, src []byte, most int) (out []byte, n int, final bool, err error) {
	d.learn()
	d.src, d.pos, d.acc, d.bits = src, 0, 0, 0
	defer func() { d.src = nil }()
	limit := len(dst) + most
	for !final {
		d.refill()
		if d.bits == 0 && d.pos == len(src) {
			return dst, d.pos, false, nil
		}
		final = d.take(1) == 1
		switch d.take(2) {
		case 0:
			dst, err = d.stored(dst, limit)
		case 1:
			if !overrun(d.bits) && d.bits >= 7 && d.acc&(1<<7-1) == 0 { // it ends at once: so a stream is closed
				d.take(7)
				continue
			}
			d.fixed()
			dst, err = d.codes(dst, from, limit)
		case 2:
			if !d.dynamic() {
				return nil, 0, false, ErrCorrupt
			}
			dst, err = d.codes(dst, from, limit)
		default:
			err = ErrCorrupt
		}
		if err != nil {
			return nil, 0, false, err
		}
		if d.summing {
			d.sum, d.summed = crc32.Update(d.sum, crc32.IEEETable, dst[d.summed:]), len(dst)
		}
	}
	return dst, d.pos - int(d.bits/8), true, nil
}

// refill has 56 bits or more in acc, if there are so many.
func (d *Decoder) refill() { d.pos, d.acc, d.bits = more(d.src, d.pos, d.acc, d.bits) }

// take takes at most 32 bits. Behind the end of src there are zeros, and bits is then
// beyond all bounds, which overrun sees.
func (d *Decoder) take(n uint) uint64 {
	v := d.acc & (1<<n - 1)
	d.acc >>= n
	d.bits -= n
	return v
}

// overrun says whether more bits were taken than there were.
func overrun(bits uint) bool { return bits > 64 }

// stored takes a block that is not packed.
func (d *Decoder) stored(dst []byte, limit int) ([]byte, error) {
	if overrun(d.bits) {
		return nil, ErrCorrupt
	}
	at := d.pos - int(d.bits/8)
	if len(d.src)-at < 4 {
		return nil, ErrCorrupt
	}
	n := int(binary.LittleEndian.Uint16(d.src[at:]))
	if uint16(n) != ^binary.LittleEndian.Uint16(d.src[at+2:]) || len(d.src)-at-4 < n {
		return nil, ErrCorrupt
	}
	if len(dst)+n > limit {
		return nil, ErrTooLarge
	}
	d.pos, d.acc, d.bits = at+4+n, 0, 0
	return append(dst, d.src[at+4:d.pos]...), nil
}

// piece is how much of a match is copied at a time, four times: most matches of records
// end with one turn of that, and whether there is another is a branch that is hard to guess.
const piece = 16

// codes unpacks a block whose codes are in the tables. What lies before begin is not
// referred to.
func (d *Decoder) codes(out []byte, begin, limit int) ([]byte, error) {
	src, pos, acc, bits := d.src, d.pos, d.acc, d.bits
	literals, distances := &d.literals.main, &d.distances.main
	o, buf := len(out), out[:cap(out)]
	for {
		if len(buf)-o < slack {
			if o > limit {
				return nil, ErrTooLarge
			}
			buf = slices.Grow(buf[:o], min(o, limit-o)+2*slack)
			buf = buf[:cap(buf)]
		}
		// Where there are bits enough, the next code is looked up while more of them are read.
		e, told := literals[acc&mainMask], bits >= mainBits
		if pos, acc, bits = more(src, pos, acc, bits); overrun(bits) {
			return nil, ErrCorrupt
		}
		if !told {
			e = literals[acc&mainMask]
		}
		// Of at least 56 bits three looks at literals take 33; two, a code and what follows it 42.
		if e&literal != 0 {
			acc, bits = acc>>(e&sizeMask), bits-uint(e&sizeMask)
			binary.LittleEndian.PutUint16(buf[o:o+2], uint16(e>>valueShift))
			o += 1 + int(e>>twoShift&1)
			e = literals[acc&mainMask]
			if e&literal != 0 {
				acc, bits = acc>>(e&sizeMask), bits-uint(e&sizeMask)
				binary.LittleEndian.PutUint16(buf[o:o+2], uint16(e>>valueShift))
				o += 1 + int(e>>twoShift&1)
				e = literals[acc&mainMask]
				if e&literal != 0 {
					acc, bits = acc>>(e&sizeMask), bits-uint(e&sizeMask)
					binary.LittleEndian.PutUint16(buf[o:o+2], uint16(e>>valueShift))
					o += 1 + int(e>>twoShift&1)
					continue
				}
			}
		}
		if e&special != 0 {
			if e&further != 0 {
				e = d.literals.below(e, acc)
			}
			if e&special != 0 {
				d.pos, d.acc, d.bits = pos, acc>>(e&sizeMask), bits-uint(e&sizeMask)
				return d.ended(buf[:o], e, limit)
			}
		}
		code := acc
		acc, bits = acc>>(e&sizeMask), bits-uint(e&sizeMask)
		buf[o] = byte(e >> valueShift)
		if e&literal != 0 {
			o++
			continue
		}
		o += int(e >> twoShift & 1)
		n := minMatch + int(e>>secondShift) + following(e, code)
		if bits < maxDistanceBits { // which is seldom
			pos, acc, bits = more(src, pos, acc, bits)
		}
		if e = distances[acc&distanceMask]; e&special != 0 {
			if e&further != 0 {
				e = d.distances.below(e, acc)
			}
			if e&special != 0 {
				return nil, ErrCorrupt
			}
		}
		distance := int(e>>valueShift&valueMask) + following(e, acc)
		acc, bits = acc>>(e&sizeMask), bits-uint(e&sizeMask)
		from := o - distance
		if from < begin {
			return nil, ErrCorrupt
		}
		if distance >= piece {
			// A piece is read before what it overlaps is written.
			end := o + n
			for {
				to, of := buf[o:o+4*piece], buf[from:from+4*piece]
				*(*[piece]byte)(to) = *(*[piece]byte)(of)
				*(*[piece]byte)(to[piece:]) = *(*[piece]byte)(of[piece:])
				*(*[piece]byte)(to[2*piece:]) = *(*[piece]byte)(of[2*piece:])
				*(*[piece]byte)(to[3*piece:]) = *(*[piece]byte)(of[3*piece:])
				if o, from = o+4*piece, from+4*piece; o >= end {
					break
				}
			}
			o = end
			continue
		}
		// What a match repeats of itself doubles with each copy.
		for end := o + n; o < end; {
			o += copy(buf[o:end], buf[from:o])
		}
	}
}

// ended judges the entry that a block ended with.
func (d *Decoder) ended(out []byte, e uint32, limit int) ([]byte, error) {
	switch {
	case overrun(d.bits) || e&end == 0:
		return nil, ErrCorrupt
	case len(out) > limit:
		return nil, ErrTooLarge
	}
	return out, nil
}

// following gives what the bits behind a code add to a length or distance; acc begins with
// the code.
func following(e uint32, acc uint64) int {
	return int(acc & (1<<(e&sizeMask) - 1) >> (e >> codeShift & codeMask))
}

// more has 56 bits or more in acc, if there are so many.
func more(src []byte, pos int, acc uint64, bits uint) (int, uint64, uint) {
	if pos+8 > len(src) {
		return last(src, pos, acc, bits)
	}
	// The bits of a byte that do not count yet come again, the same. (A slice of eight bytes
	// costs less than one to the end of src, here and wherever words are read or written.)
	return pos + int((63-bits)>>3), acc | binary.LittleEndian.Uint64(src[pos:pos+8])<<(bits&63), bits | 56
}

func last(src []byte, pos int, acc uint64, bits uint) (int, uint64, uint) {
	for bits < 56 && pos < len(src) {
		acc |= uint64(src[pos]) << bits
		pos++
		bits += 8
	}
	return pos, acc, bits
}

// learn has the tables know what their symbols mean.
func (d *Decoder) learn() {
	if d.learned {
		return
	}
	for symbol := range maxLiterals {
		d.literals.meanings[symbol] = literalMeaning(symbol)
	}
	for symbol := range maxDistances {
		d.distances.meanings[symbol] = distanceMeaning(symbol)
	}
	for symbol := range maxLengths {
		d.lengths.meanings[symbol] = uint32(symbol) << valueShift
	}
	d.learned = true
}

// fixed fills the tables with the codes that every decoder knows.
func (d *Decoder) fixed() {
	literals, distances := d.sizes[:maxLiterals], d.sizes[maxLiterals:]
	for symbol := range literals {
		switch {
		case symbol < 144:
			literals[symbol] = 8
		case symbol < 256:
			literals[symbol] = 9
		case symbol < 280:
			literals[symbol] = 7
		default:
			literals[symbol] = 8
		}
	}
	for symbol := range distances {
		distances[symbol] = 5
	}
	d.literals.build(literals, mainBits, false, true)
	d.distances.build(distances, distanceBits, false, false)
}

// dynamic reads a block's codes. It is false where they are none.
func (d *Decoder) dynamic() bool {
	d.refill()
	literals, distances, lengths := int(d.take(5))+257, int(d.take(5))+1, int(d.take(4))+4
	if literals > 286 || distances > 30 {
		return false
	}
	var of [maxLengths]uint8
	order := [maxLengths]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}
	for _, symbol := range order[:lengths] {
		d.refill()
		of[symbol] = uint8(d.take(3))
	}
	if !d.lengths.build(of[:], lengthsBits, false, false) {
		return false
	}
	sizes := d.sizes[:literals+distances]
	for i := 0; i < len(sizes); {
		d.refill()
		e := d.lengths.main[d.acc&(1<<lengthsBits-1)]
		if e&special != 0 {
			return false
		}
		d.take(uint(e & sizeMask))
		size, times := uint8(e>>valueShift), 1
		switch size {
		case 16:
			if i == 0 {
				return false
			}
			size, times = sizes[i-1], 3+int(d.take(2))
		case 17:
			size, times = 0, 3+int(d.take(3))
		case 18:
			size, times = 0, 11+int(d.take(7))
		}
		if overrun(d.bits) || i+times > len(sizes) {
			return false
		}
		for range times {
			sizes[i] = size
			i++
		}
	}
	if sizes[256] == 0 || !d.literals.build(sizes[:literals], mainBits, false, true) {
		return false
	}
	return d.distances.build(sizes[literals:], distanceBits, true, false)
}
