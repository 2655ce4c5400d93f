package inflate

import (
	"bytes"
	"compress/flate"
	"io"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"
)

// written is deflate being written bit by bit, with the text that it says.
type written struct {
	packed, text []byte
	acc          uint64
	have         uint
}

func (w *written) put(value uint64, size uint) {
	w.acc |= value << w.have
	for w.have += size; w.have >= 8; w.have -= 8 {
		w.packed = append(w.packed, byte(w.acc))
		w.acc >>= 8
	}
}

// end fills up the last byte.
func (w *written) end() []byte {
	if w.have > 0 {
		w.put(0, 8-w.have)
	}
	return w.packed
}

// sizesOf gives the sizes of a complete code of some of so many symbols. Deep codes have a
// few short ones and many of up to 15 bits.
func sizesOf(rng *rand.Rand, symbols, used int, deep bool, must ...int) []uint8 {
	leaves := []uint8{0}
	for len(leaves) < used {
		i := rng.IntN(len(leaves))
		if deep && rng.IntN(3) > 0 {
			i = len(leaves) - 1
		}
		if leaves[i] == maxCode {
			continue
		}
		leaves[i]++
		leaves = append(leaves, leaves[i])
	}
	rng.Shuffle(len(leaves), func(i, j int) { leaves[i], leaves[j] = leaves[j], leaves[i] })
	chosen := must
	for _, symbol := range rng.Perm(symbols) {
		if len(chosen) < used && !slices.Contains(chosen, symbol) {
			chosen = append(chosen, symbol)
		}
	}
	sizes := make([]uint8, symbols)
	for i, symbol := range chosen {
		sizes[symbol] = leaves[i]
	}
	return sizes
}

// reversed gives the codes of these sizes as they are written.
func reversed(sizes []uint8) []uint64 {
	codes := make([]uint64, len(sizes))
	code := uint16(0)
	for size := uint8(1); size <= maxCode; size++ {
		code <<= 1
		for symbol, of := range sizes {
			if of == size {
				codes[symbol] = uint64(bits.Reverse16(code << (16 - size)))
				code++
			}
		}
	}
	return codes
}

// block writes a dynamic block of random codes and of so many random symbols.
func (w *written) block(rng *rand.Rand, n int, final bool) {
	deep := rng.IntN(2) == 0
	literals := sizesOf(rng, 286, 3+rng.IntN(284), deep, 256, rng.IntN(256), 257+rng.IntN(29))
	distances := sizesOf(rng, 30, 2+rng.IntN(29), deep)
	literalCodes, distanceCodes := reversed(literals), reversed(distances)

	w.put(uint64(map[bool]int{true: 1}[final]), 1)
	w.put(2, 2)
	w.put(286-257, 5)
	w.put(30-1, 5)
	w.put(maxLengths-4, 4)
	for _, symbol := range []int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15} {
		w.put(uint64(map[bool]int{true: 4}[symbol < 16]), 3) // each size is written in four bits
	}
	for _, size := range slices.Concat(literals, distances) {
		w.put(uint64(bits.Reverse8(size<<4)), 4)
	}

	var letters, lengths []int // that have a code
	for symbol, size := range literals {
		switch {
		case size == 0 || symbol == 256:
		case symbol < 256:
			letters = append(letters, symbol)
		default:
			lengths = append(lengths, symbol)
		}
	}
	matches := rng.IntN(4)
	for range n {
		if rng.IntN(4) >= matches {
			symbol := letters[rng.IntN(len(letters))]
			w.put(literalCodes[symbol], uint(literals[symbol]))
			w.text = append(w.text, byte(symbol))
			continue
		}
		far := rng.IntN(30)
		least, extra := 1+far, uint(0)
		if far >= 4 {
			extra = uint(far)/2 - 1
			least = 1 + (2+far%2)<<extra
		}
		value := rng.Uint64N(1 << extra)
		distance := least + int(value)
		if distances[far] == 0 || distance > len(w.text) {
			continue
		}
		symbol := lengths[rng.IntN(len(lengths))]
		w.put(literalCodes[symbol], uint(literals[symbol]))
		length, size := symbol-257+3, uint(0)
		switch {
		case symbol == 285:
			length = maxMatch
		case symbol >= 265:
			size = uint(symbol-261) / 4
			length = 3 + (4+(symbol-265)%4)<<size
		}
		more := rng.Uint64N(1 << size)
		w.put(more, size)
		w.put(distanceCodes[far], uint(distances[far]))
		w.put(value, extra)
		for range length + int(more) {
			w.text = append(w.text, w.text[len(w.text)-distance])
		}
	}
	w.put(literalCodes[256], uint(literals[256]))
}

// Codes of all sizes, also those that no encoder makes of a text: a look tells two of them or
// the half of one, and a code of a length and its distance may take 48 bits.
func TestBlocksOfAnyCodes(t *testing.T) {
	var d Decoder
	for seed := range uint64(500) {
		rng := rand.New(rand.NewPCG(seed, 1))
		w := &written{}
		for range rng.IntN(3) {
			w.block(rng, rng.IntN(500), false)
		}
		w.block(rng, rng.IntN(500), true)
		src := w.end()
		out, n, final, err := d.Blocks(nil, src, len(w.text))
		if err != nil || !final || n != len(src) || !bytes.Equal(out, w.text) {
			t.Fatalf("seed %d: %d bytes of %d, %d packed of %d, final %v: %v", seed, len(out), len(w.text), n, len(src), final, err)
		}
		if _, _, _, err := d.Blocks(nil, src[:len(src)-1], most); err == nil {
			t.Fatalf("seed %d: cut short and taken", seed)
		}
	}
}

// With any bit changed the same comes out as of Go's decoder, or it is refused.
func TestBlocksWithABitChanged(t *testing.T) {
	var d Decoder
	taken, theirs := 0, &bytes.Buffer{}
	in := bytes.NewReader(nil)
	peer := flate.NewReader(in)
	for seed := range uint64(4) {
		rng := rand.New(rand.NewPCG(seed, 2))
		w := &written{}
		w.block(rng, 60, false)
		w.block(rng, 60, true)
		src := w.end()
		for bit := range 8 * len(src) {
			src[bit/8] ^= 1 << (bit % 8)
			in.Reset(src)
			theirs.Reset()
			_ = peer.(flate.Resetter).Reset(in, nil)
			_, wrong := io.Copy(theirs, peer)
			ours, n, final, err := d.Blocks(nil, src, most)
			switch {
			case err != nil:
			case !final && wrong == io.ErrUnexpectedEOF, final && wrong == nil && n == len(src)-in.Len() && bytes.Equal(ours, theirs.Bytes()):
				taken++
			default:
				t.Fatalf("seed %d, bit %d: %d bytes, final %v, %d packed; Go has %d and says %v", seed, bit, len(ours), final, n, theirs.Len(), wrong)
			}
			src[bit/8] ^= 1 << (bit % 8)
		}
	}
	if taken == 0 {
		t.Error("all are refused")
	}
}
