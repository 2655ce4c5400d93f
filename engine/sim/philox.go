package sim

import "math/bits"

// Philox2x64-10 of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as
// easy as 1, 2, 3" (SC'11): a keyed bijection of 128-bit counters. A draw is a
// pure function of (key, entity, index), so any draw of any entity can be made
// alone, in any order, on any machine.
const (
	philoxMultiplier = 0xD2B74407B1CE6E93
	philoxWeyl       = 0x9E3779B97F4A7C15
	philoxRounds     = 10
)

func philox(c0, c1, key uint64) (uint64, uint64) {
	for range philoxRounds {
		hi, lo := bits.Mul64(c0, philoxMultiplier)
		c0, c1 = hi^key^c1, lo
		key += philoxWeyl
	}
	return c0, c1
}

// stream is the key of one purpose: the source of one kind of decision.
type stream uint64

// newStream derives the key of a purpose from the seed. The purpose's FNV-1a
// hash is the counter and the seed the key, so two purposes share a key only if
// their hashes collide, which a test excludes for the purposes that exist.
func newStream(seed uint64, purpose string) stream {
	k, _ := philox(fnv1a(purpose), uint64(len(purpose)), seed)
	return stream(k)
}

// draw is the n-th uniform 64-bit number of an entity.
func (s stream) draw(entity, n uint64) uint64 {
	a, _ := philox(entity, n, uint64(s))
	return a
}

// pair is the n-th uniform 128-bit number of an entity.
func (s stream) pair(entity, n uint64) (uint64, uint64) {
	return philox(entity, n, uint64(s))
}

// permute is a bijection of numbers of some width in bits, keyed by s: it makes
// identifiers that look random and cannot collide. Every step of it is
// invertible: xor and addition of a constant, xor with the number shifted right,
// multiplication by an odd number.
func (s stream) permute(x uint64, width uint) uint64 {
	mask := ^uint64(0) >> (64 - width)
	half := width / 2
	x = (x ^ uint64(s)) & mask
	for range 2 {
		x = (x ^ x>>half) * 0xbf58476d1ce4e5b9 & mask
		x = (x ^ x>>(half-1)) * 0x94d049bb133111eb & mask
		x ^= x >> (half + 1)
		x = (x + uint64(s)>>(width/4)) & mask
	}
	return x
}

func fnv1a(s string) uint64 {
	h := uint64(0xcbf29ce484222325)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 0x100000001b3
	}
	return h
}

// below maps u, uniform over 64 bits, to [0, n). It takes one draw whatever n is
// (a rejection loop would not), at the price of a bias under n/2^64.
func below(u, n uint64) uint64 {
	hi, _ := bits.Mul64(u, n)
	return hi
}
