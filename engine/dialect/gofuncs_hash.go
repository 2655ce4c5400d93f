package dialect

import (
	"encoding/binary"
	"math"
	"math/big"
	"math/bits"
)

// xxHash64 as Trino's types use it, for sketches of distinct values and for
// checksum: a value's hash is part of the answer.

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

// hashDouble takes -0 for 0 and every NaN for one.
func hashDouble(d float64) int64 {
	switch {
	case d == 0:
		d = 0
	case math.IsNaN(d):
		return hashBigint(0x7ff8000000000000)
	}
	return hashBigint(int64(math.Float64bits(d)))
}

func hashReal(f float32) int64 {
	switch {
	case f == 0:
		f = 0
	case f != f:
		return hashBigint(0x7fc00000)
	}
	return hashBigint(int64(int32(math.Float32bits(f))))
}

// hashWide is the hash of a number of 128 bits: of its halves.
func hashWide(n *big.Int) int64 {
	low := new(big.Int).And(n, new(big.Int).SetUint64(math.MaxUint64)).Uint64()
	high := new(big.Int).Rsh(n, 64).Int64()
	return hashBigint(high) ^ hashBigint(int64(low))
}

// combine folds the hashes of parts, NULL as 0, into one.
func combine(start int64, parts []any) int64 {
	for _, p := range parts {
		start *= 31
		if p != nil {
			start += p.(int64)
		}
	}
	return start
}

// rowStart is what the hash of a row begins from.
const rowStart = -1264745055294054108

func hashFunctions() []ScalarFunction {
	return []ScalarFunction{
		fn("hash_bigint", "BIGINT,BIGINT", func(a []any) (any, error) { return hashBigint(a[0].(int64)), nil }),
		fn("hash_pair", "BIGINT,BIGINT,BIGINT", func(a []any) (any, error) { return hashBigint(a[0].(int64)) ^ hashBigint(a[1].(int64)), nil }),
		fn("hash_wide", "HUGEINT,BIGINT", func(a []any) (any, error) { return hashWide(a[0].(*big.Int)), nil }),
		fn("hash_double", "DOUBLE,BIGINT", func(a []any) (any, error) { return hashDouble(a[0].(float64)), nil }),
		fn("hash_real", "FLOAT,BIGINT", func(a []any) (any, error) { return hashReal(a[0].(float32)), nil }),
		fn("hash_text", "VARCHAR,BIGINT", func(a []any) (any, error) { return int64(xxhash64([]byte(a[0].(string)))), nil }),
		fn("hash_bytes", "BLOB,BIGINT", func(a []any) (any, error) { return int64(xxhash64(a[0].([]byte))), nil }),
		fn("hash_uuid", "BLOB,BIGINT", func(a []any) (any, error) {
			b := a[0].([]byte)
			return hashBigint(int64(binary.LittleEndian.Uint64(b))) ^ hashBigint(int64(binary.LittleEndian.Uint64(b[8:]))), nil
		}),
		fn("hash_array", "BIGINT[],BIGINT", func(a []any) (any, error) { return combine(0, a[0].([]any)), nil }),
		fn("hash_row", "BIGINT[],BIGINT", func(a []any) (any, error) { return combine(rowStart, a[0].([]any)), nil }),
		fn("hash_map", "BIGINT[],BIGINT[],BIGINT", func(a []any) (any, error) {
			keys, values := a[0].([]any), a[1].([]any)
			sum := int64(0)
			for i, k := range keys {
				h := k.(int64)
				if values[i] != nil {
					h ^= values[i].(int64)
				}
				sum += h
			}
			return sum, nil
		}),
		fn("checksum", "HUGEINT,BLOB", func(a []any) (any, error) {
			n := new(big.Int).And(a[0].(*big.Int), new(big.Int).SetUint64(math.MaxUint64)).Uint64()
			return binary.LittleEndian.AppendUint64(nil, n*xx1), nil
		}),
	}
}
