package dialect

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"hash"
	"hash/crc32"
	"math/bits"
)

// Digests of bytes. murmur3 and SpookyHash follow their authors' public
// definitions, with a seed of zero.

func digestGoFunctions() []ScalarFunction {
	return []ScalarFunction{
		fn("sha512", "BLOB,BLOB", func(a []any) (any, error) {
			h := sha512.Sum512(a[0].([]byte))
			return h[:], nil
		}),
		fn("xxhash64", "BLOB,BLOB", func(a []any) (any, error) {
			return binary.BigEndian.AppendUint64(nil, xxhash64(a[0].([]byte))), nil
		}),
		fn("crc32", "BLOB,BIGINT", func(a []any) (any, error) { return int64(crc32.ChecksumIEEE(a[0].([]byte))), nil }),
		fn("hmac", "VARCHAR,BLOB,BLOB,BLOB", func(a []any) (any, error) {
			key := a[2].([]byte)
			if len(key) == 0 {
				return nil, failed{"GENERIC_INTERNAL_ERROR", "Empty key"}
			}
			h := hmac.New(map[string]func() hash.Hash{"md5": md5.New, "sha1": sha1.New, "sha256": sha256.New, "sha512": sha512.New}[a[0].(string)], key)
			h.Write(a[1].([]byte))
			return h.Sum(nil), nil
		}),
		fn("murmur3", "BLOB,BLOB", func(a []any) (any, error) {
			h1, h2 := murmur3(a[0].([]byte))
			return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, h1), h2), nil
		}),
		fn("spooky", "BLOB,INTEGER,BLOB", func(a []any) (any, error) {
			h := spookyHash(a[0].([]byte))
			if a[1].(int32) == 4 {
				return binary.BigEndian.AppendUint32(nil, uint32(h)), nil
			}
			return binary.BigEndian.AppendUint64(nil, h), nil
		}),
	}
}

// word reads up to eight bytes, the lowest first.
func word(b []byte) uint64 {
	var w [8]byte
	copy(w[:], b)
	return binary.LittleEndian.Uint64(w[:])
}

// murmur3 is MurmurHash3_x64_128.
func murmur3(b []byte) (uint64, uint64) {
	const c1, c2 = 0x87c37b91114253d5, 0x4cf5ad432745937f
	n := uint64(len(b))
	var h1, h2 uint64
	for ; len(b) >= 16; b = b[16:] {
		h1 ^= bits.RotateLeft64(word(b[:8])*c1, 31) * c2
		h1 = (bits.RotateLeft64(h1, 27)+h2)*5 + 0x52dce729
		h2 ^= bits.RotateLeft64(word(b[8:16])*c2, 33) * c1
		h2 = (bits.RotateLeft64(h2, 31)+h1)*5 + 0x38495ab5
	}
	if len(b) > 8 {
		h2 ^= bits.RotateLeft64(word(b[8:])*c2, 33) * c1
	}
	if len(b) > 0 {
		h1 ^= bits.RotateLeft64(word(b[:min(8, len(b))])*c1, 31) * c2
	}
	h1, h2 = h1^n, h2^n
	h1 += h2
	h2 += h1
	h1, h2 = murmurMix(h1), murmurMix(h2)
	h1 += h2
	return h1, h2 + h1
}

func murmurMix(k uint64) uint64 {
	k = (k ^ k>>33) * 0xff51afd7ed558ccd
	k = (k ^ k>>33) * 0xc4ceb9fe1a85ec53
	return k ^ k>>33
}

const spookyConst = 0xdeadbeefdeadbeef

// spookyHash is SpookyHashV2::Hash64.
func spookyHash(b []byte) uint64 {
	if len(b) < 192 {
		return spookyShort(b)
	}
	var h [12]uint64
	for i := 2; i < 12; i += 3 {
		h[i] = spookyConst
	}
	for ; len(b) >= 96; b = b[96:] {
		spookyMix(b, &h)
	}
	var last [96]byte
	copy(last[:], b)
	last[95] = byte(len(b))
	for i := range h {
		h[i] += word(last[8*i : 8*i+8])
	}
	for range 3 {
		for i, r := range [12]int{44, 15, 34, 21, 38, 33, 10, 13, 38, 53, 42, 54} {
			first, next, after := (i+11)%12, (i+1)%12, (i+2)%12
			h[first] += h[next]
			h[after] ^= h[first]
			h[next] = bits.RotateLeft64(h[next], r)
		}
	}
	return h[0]
}

func spookyMix(b []byte, h *[12]uint64) {
	for i, r := range [12]int{11, 32, 43, 31, 17, 28, 39, 57, 55, 54, 22, 46} {
		before := (i + 11) % 12
		h[i] += word(b[8*i : 8*i+8])
		h[(i+2)%12] ^= h[(i+10)%12]
		h[before] ^= h[i]
		h[i] = bits.RotateLeft64(h[i], r)
		h[before] += h[(i+1)%12]
	}
}

// spookyShort is for messages under 192 bytes.
func spookyShort(b []byte) uint64 {
	n := uint64(len(b))
	h := [4]uint64{0, 0, spookyConst, spookyConst}
	mix := func() {
		for i, r := range [12]int{50, 52, 30, 41, 54, 48, 38, 37, 62, 34, 5, 36} {
			x, y, z := (i+2)%4, (i+3)%4, i%4
			h[x] = bits.RotateLeft64(h[x], r) + h[y]
			h[z] ^= h[x]
		}
	}
	for ; len(b) >= 32; b = b[32:] {
		h[2] += word(b[:8])
		h[3] += word(b[8:16])
		mix()
		h[0] += word(b[16:24])
		h[1] += word(b[24:32])
	}
	if len(b) >= 16 {
		h[2] += word(b[:8])
		h[3] += word(b[8:16])
		mix()
		b = b[16:]
	}
	h[3] += n << 56
	switch {
	case len(b) == 0:
		h[2] += spookyConst
		h[3] += spookyConst
	case len(b) <= 8:
		h[2] += word(b)
	default:
		h[2] += word(b[:8])
		h[3] += word(b[8:])
	}
	for i, r := range [11]int{15, 52, 26, 51, 28, 9, 47, 54, 32, 25, 63} {
		x, y := (i+3)%4, (i+2)%4
		h[x] ^= h[y]
		h[y] = bits.RotateLeft64(h[y], r)
		h[x] += h[y]
	}
	return h[0]
}
