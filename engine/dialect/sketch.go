package dialect

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// Trino's sketch of distinct values: HyperLogLog over xxHash64, sparse while
// small. The count it gives is part of the answer: 1 to 1000 has 1008.

const (
	xx1 uint64 = 0x9E3779B185EBCA87
	xx2 uint64 = 0xC2B2AE3D27D4EB4F
	xx3 uint64 = 0x165667B19E3779F9
	xx4 uint64 = 0x85EBCA77C2B2AE63
	xx5 uint64 = 0x27D4EB2F165667C5
)

// xxhash64 is xxHash64 with seed 0.
func xxhash64(b []byte) uint64 {
	n := uint64(len(b))
	var h uint64
	round := func(acc, in uint64) uint64 { return bits.RotateLeft64(acc+in*xx2, 31) * xx1 }
	if len(b) >= 32 {
		p1, p2 := xx1, xx2
		v := [4]uint64{p1 + p2, p2, 0, -p1}
		for len(b) >= 32 {
			for i := range v {
				v[i] = round(v[i], binary.LittleEndian.Uint64(b[8*i:]))
			}
			b = b[32:]
		}
		h = bits.RotateLeft64(v[0], 1) + bits.RotateLeft64(v[1], 7) + bits.RotateLeft64(v[2], 12) + bits.RotateLeft64(v[3], 18)
		for _, x := range v {
			h = (h^round(0, x))*xx1 + xx4
		}
	} else {
		h = xx5
	}
	h += n
	for ; len(b) >= 8; b = b[8:] {
		h = bits.RotateLeft64(h^round(0, binary.LittleEndian.Uint64(b)), 27)*xx1 + xx4
	}
	if len(b) >= 4 {
		h = bits.RotateLeft64(h^uint64(binary.LittleEndian.Uint32(b))*xx1, 23)*xx2 + xx3
		b = b[4:]
	}
	for _, c := range b {
		h = bits.RotateLeft64(h^uint64(c)*xx5, 11) * xx1
	}
	h = (h ^ h>>33) * xx2
	h = (h ^ h>>29) * xx3
	return h ^ h>>32
}

func hashBigint(n int64) int64 {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], uint64(n))
	return int64(xxhash64(b[:]))
}

func sketchFunctions() []ScalarFunction {
	return []ScalarFunction{
		fn("hash_bigint", "BIGINT,BIGINT", func(a []any) (any, error) { return hashBigint(a[0].(int64)), nil }),
		fn("hash_double", "DOUBLE,BIGINT", func(a []any) (any, error) {
			d := a[0].(float64)
			switch {
			case d == 0:
				d = 0 // -0 is 0
			case math.IsNaN(d):
				return hashBigint(0x7ff8000000000000), nil
			}
			return hashBigint(int64(math.Float64bits(d))), nil
		}),
		fn("hash_text", "VARCHAR,BIGINT", func(a []any) (any, error) { return int64(xxhash64([]byte(a[0].(string)))), nil }),
		fn("hash_bytes", "BLOB,BIGINT", func(a []any) (any, error) { return int64(xxhash64(a[0].([]byte))), nil }),
		fn("hll", "BIGINT[],DOUBLE,BIGINT", hll),
	}
}

// sparseEntries is up to how many values the sketch stays sparse, thus all but
// exact, for a number of buckets.
func sparseEntries(buckets int) int {
	// A sparse sketch takes 40 + 4n bytes in steps of 10; a dense one 56 + buckets/2.
	n := 1
	for 40+4*n <= 56+buckets/2 {
		n += 10
	}
	return n - 10
}

// hll estimates the number of distinct values from their distinct hashes.
func hll(a []any) (any, error) {
	e := a[1].(float64)
	if !(e >= 0.0040625 && e <= 0.26) {
		return nil, badArg("Max standard error must be in [0.0040625, 0.26]: %s", javaDouble(e))
	}
	need := int(math.Ceil(1.0816 / (e * e)))
	buckets := 1 << bits.Len(uint(need-1))
	prefixes := map[uint32]bool{}
	maxima := make([]int, buckets)
	shift := bits.TrailingZeros(uint(buckets))
	for _, v := range a[0].([]any) {
		if v == nil {
			continue
		}
		h := uint64(v.(int64))
		prefixes[uint32(h>>38)] = true
		i := h >> (64 - shift)
		rank := bits.LeadingZeros64(h<<shift|1<<(shift-1)) + 1
		maxima[i] = max(maxima[i], rank)
	}
	if len(prefixes) <= sparseEntries(buckets) {
		const all = 1 << 26
		return int64(math.Round(all * math.Log(all/float64(all-len(prefixes))))), nil
	}
	return denseCount(maxima)
}

// denseCount counts empty buckets while there are many, then takes the harmonic
// mean. In between Trino corrects by a table of measured bias.
func denseCount(maxima []int) (any, error) {
	m := float64(len(maxima))
	empty, sum := 0, 0.0
	for _, v := range maxima {
		if v == 0 {
			empty++
		}
		sum += math.Ldexp(1, -v)
	}
	if float64(empty) > 0.4*m {
		return int64(math.Round(m * math.Log(m/float64(empty)))), nil
	}
	raw := 0.7213 / (1 + 1.079/m) * m * m / sum
	if raw <= 5.1*m {
		return nil, failed{"NOT_SUPPORTED", "approx_distinct of this many values is not supported by the local engine: use count(DISTINCT x)"}
	}
	return int64(math.Round(raw)), nil
}
