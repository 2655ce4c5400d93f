package sim

import (
	"testing"

	"pgregory.net/rapid"
)

// The known answers are those of Random123's kat_vectors file.
func TestPhiloxKnownAnswers(t *testing.T) {
	for _, c := range []struct{ c0, c1, key, r0, r1 uint64 }{
		{0, 0, 0, 0xca00a0459843d731, 0x66c24222c9a845b5},
		{^uint64(0), ^uint64(0), ^uint64(0), 0x65b021d60cd8310f, 0x4d02f3222f86df20},
		{0x243f6a8885a308d3, 0x13198a2e03707344, 0xa4093822299f31d0, 0x0a5e742c2997341c, 0xb0f883d38000de5d},
	} {
		if r0, r1 := philox(c.c0, c.c1, c.key); r0 != c.r0 || r1 != c.r1 {
			t.Errorf("philox(%x, %x, %x) = %x %x, want %x %x", c.c0, c.c1, c.key, r0, r1, c.r0, c.r1)
		}
	}
}

// An identifier made by permute can be taken back, so two entities never share
// one.
func TestPermuteIsInvertible(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := stream(rapid.Uint64().Draw(t, "key"))
		width := rapid.UintRange(8, 64).Draw(t, "width")
		x := rapid.Uint64Max(^uint64(0)>>(64-width)).Draw(t, "x")
		y := s.permute(x, width)
		if back := unpermute(s, y, width); back != x || y > ^uint64(0)>>(64-width) {
			t.Fatalf("key %x, %d bits: %x became %x and came back as %x", uint64(s), width, x, y, back)
		}
	})
}

func unpermute(s stream, x uint64, width uint) uint64 {
	mask := ^uint64(0) >> (64 - width)
	half := width / 2
	for range 2 {
		x = (x - uint64(s)>>(width/4)) & mask
		x = unshift(x, half+1, width)
		x = x * inverse(0x94d049bb133111eb) & mask
		x = unshift(x, half-1, width)
		x = x * inverse(0xbf58476d1ce4e5b9) & mask
		x = unshift(x, half, width)
	}
	return (x ^ uint64(s)) & mask
}

// unshift takes back x ^= x >> n.
func unshift(x uint64, n, width uint) uint64 {
	r := x
	for i := n; i < width; i += n {
		r = x ^ r>>n
	}
	return r
}

// inverse is the multiplicative inverse of an odd number modulo 2^64.
func inverse(a uint64) uint64 {
	x := a
	for range 6 {
		x *= 2 - a*x
	}
	return x
}
