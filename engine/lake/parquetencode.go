package lake

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// Encodings of Parquet, after the specification's Encodings.md.

// appendHybrid appends values as runs and bit-packed groups of eight, each value in
// width bits, 1 to 32.
func appendHybrid(out []byte, values []uint32, width int) []byte {
	packed := 0 // values[packed:i] are to be bit-packed
	for i := 0; i < len(values); {
		if i+1 < len(values) && values[i+1] != values[i] {
			i++ // most runs are of one
			continue
		}
		run := i + 1
		for run < len(values) && values[run] == values[i] {
			run++
		}
		// What is packed before a run has to be whole groups: the run gives what is missing.
		fill := (8 - (i-packed)%8) % 8
		if run-i-fill < 16 {
			i = run
			continue
		}
		i += fill
		out = appendPacked(out, values[packed:i], width)
		out = binary.AppendUvarint(out, uint64(run-i)<<1)
		for b := 0; b < width; b += 8 {
			out = append(out, byte(values[i]>>b))
		}
		i = run
		packed = run
	}
	return appendPacked(out, values[packed:], width)
}

// appendPacked appends a header and values, the last group filled up with zeros.
func appendPacked(out []byte, values []uint32, width int) []byte {
	if len(values) == 0 {
		return out
	}
	groups := (len(values) + 7) / 8
	out = binary.AppendUvarint(out, uint64(groups)<<1|1)
	var word uint64
	have := 0
	for _, v := range values {
		word |= uint64(v) << have
		have += width
		if have >= 32 {
			out = binary.LittleEndian.AppendUint32(out, uint32(word))
			word >>= 32
			have -= 32
		}
	}
	left := groups*width - len(values)*width/32*4
	for range left {
		out = append(out, byte(word))
		word >>= 8
	}
	return out
}

const (
	deltaBlock     = 128
	deltaMiniblock = 32
)

// appendDelta appends integers as DELTA_BINARY_PACKED. Those of 32 bits have differences of
// 32 bits: one that overflows comes round, as it does again when it is added.
func appendDelta(out []byte, values []int64, narrow bool) []byte {
	out = binary.AppendUvarint(out, deltaBlock)
	out = binary.AppendUvarint(out, deltaBlock/deltaMiniblock)
	out = binary.AppendUvarint(out, uint64(len(values)))
	if len(values) == 0 {
		return binary.AppendVarint(out, 0)
	}
	out = binary.AppendVarint(out, values[0])
	var deltas [deltaBlock]uint64
	for at := 1; at < len(values); at += deltaBlock {
		n := min(deltaBlock, len(values)-at)
		least := int64(math.MaxInt64)
		for i := range n {
			d := values[at+i] - values[at+i-1]
			if narrow {
				d = int64(int32(d))
			}
			deltas[i] = uint64(d)
			least = min(least, d)
		}
		for i := range n {
			deltas[i] -= uint64(least)
		}
		clear(deltas[n:])
		out = appendDeltaBlock(binary.AppendVarint(out, least), deltas[:], n)
	}
	return out
}

// appendDeltaBlock appends the widths of a block's miniblocks and those that hold any
// of its n deltas.
func appendDeltaBlock(out []byte, deltas []uint64, n int) []byte {
	var widths [deltaBlock / deltaMiniblock]int
	for m := range widths {
		if m*deltaMiniblock >= n {
			out = append(out, 0)
			continue
		}
		var all uint64
		for _, d := range deltas[m*deltaMiniblock : (m+1)*deltaMiniblock] {
			all |= d
		}
		widths[m] = bits.Len64(all)
		out = append(out, byte(widths[m]))
	}
	for m, width := range widths {
		if m*deltaMiniblock < n {
			out = appendWide(out, deltas[m*deltaMiniblock:(m+1)*deltaMiniblock], width)
		}
	}
	return out
}

// appendWide bit-packs 32 values of up to 64 bits.
func appendWide(out []byte, values []uint64, width int) []byte {
	var low, high uint64 // high has what is beyond low's 64 bits
	have := 0
	for _, v := range values {
		low |= v << have
		if have > 0 {
			high = v >> (64 - have)
		}
		if have += width; have >= 64 {
			out = binary.LittleEndian.AppendUint64(out, low)
			low, high = high, 0
			have -= 64
			if have == 0 {
				low = 0
			}
		} else {
			high = 0
		}
	}
	for ; have > 0; have -= 8 {
		out = append(out, byte(low))
		low >>= 8
	}
	return out
}

// sharedWith says how many bytes two texts begin with together, at most limit.
func sharedWith(a, b []byte, limit int) int {
	n := min(len(a), len(b), limit)
	i := 0
	for ; i+8 <= n; i += 8 {
		if d := binary.LittleEndian.Uint64(a[i:]) ^ binary.LittleEndian.Uint64(b[i:]); d != 0 {
			return i + bits.TrailingZeros64(d)/8
		}
	}
	for ; i < n; i++ {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}
