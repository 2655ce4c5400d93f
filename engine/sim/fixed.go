package sim

import "math/bits"

// Fixed-point arithmetic. Q32 is a signed number of 1/2^32, Q16 an unsigned one
// of 1/2^16. Machines may fuse a multiplication and an addition of binary64
// numbers, or not, and libraries differ in the last bits of exp and log;
// integers are the same everywhere.
const (
	one32 = 1 << 32
	ln2   = 3196577161300663915 // ln 2 in Q62
	log2e = 6196328019          // log2 e in Q32
)

// mulQ32 multiplies a signed number by a Q32 factor that is not negative.
func mulQ32(x, q int64) int64 {
	neg := x < 0
	if neg {
		x = -x
	}
	hi, lo := bits.Mul64(uint64(x), uint64(q))
	r := int64(hi<<32 | lo>>32)
	if neg {
		return -r
	}
	return r
}

// ratioQ32 is a/b in Q32, for 0 <= a and a/b < 2^31.
func ratioQ32(a, b uint64) int64 {
	hi, lo := bits.Mul64(a, one32)
	q, _ := bits.Div64(hi, lo, b)
	return int64(q)
}

// mulDiv is a*b/c without overflow in between, for a result under 2^64.
func mulDiv(a, b, c uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	q, _ := bits.Div64(hi, lo, c)
	return q
}

// normal maps u, uniform over 64 bits, to the quantile of the standard normal
// distribution, in Q32. It rises with u and is odd around the middle.
func normal(u uint64) int64 {
	if u>>63 == 1 {
		return normalUpper(^u)
	}
	return -normalUpper(u)
}

// normalUpper gives z >= 0 with P(Z > z) = u/2^64, for u < 2^63: within a cell the
// quadratic through its ends and the next point, whose error stays under 1e-6.
// Below 2^-52 the tail is cut, at z = 8.1.
func normalUpper(u uint64) int64 {
	const least = 1 << 12
	u = max(u, least)
	octave := bits.LeadingZeros64(u) - 1
	m := u << (octave + 2) // the bits behind the leading one
	cell, t := m>>58, m<<6
	row := &normalTail[octave]
	a, b, c := row[cell], row[cell+1], row[cell+2]
	first, _ := bits.Mul64(uint64(a-b), t)
	w, _ := bits.Mul64(t, ^t)
	second, _ := bits.Mul64(uint64(max(a-2*b+c, 0)), w)
	return a - int64(first) - int64(second/2)
}

// exp2 gives 2^x in Q16 for x in Q32, with a relative error under 1e-9 where the
// result is large enough to show it. It is 0 below 2^-16 and stops below 2^48.
func exp2(x int64) uint64 {
	n := x >> 32
	if n >= 48 {
		return 1<<64 - 1
	}
	f := uint64(x) & (one32 - 1)
	t := exp2Table[f>>24]
	r := f & (1<<24 - 1)
	rl, _ := bits.Mul64(r<<32, ln2) // r ln 2, Q62
	sq, _ := bits.Mul64(rl, rl)     // its square, Q60
	cu, _ := bits.Mul64(sq, rl)     // its cube, Q58
	hi, lo := bits.Mul64(t, rl+sq<<1+cu<<4/6)
	t += hi<<2 | lo>>62
	switch shift := 46 - n; {
	case shift > 63:
		return 0
	case shift < 0:
		return t << 1
	default:
		return t >> uint(shift)
	}
}

// log2 gives the logarithm of x > 0 to base 2 in Q32, bit by bit.
func log2(x uint64) int64 {
	n := bits.Len64(x) - 1
	m := x << (63 - n) // in [1, 2), Q63
	var frac int64
	for range 32 {
		hi, lo := bits.Mul64(m, m)
		frac <<= 1
		if hi>>63 == 1 {
			frac |= 1
			m = hi
		} else {
			m = hi<<1 | lo>>63
		}
	}
	return int64(n)<<32 | frac
}

// lognormal is a distribution by the base-2 logarithm of its median and its
// spread, both Q32.
type lognormal struct{ mu, sigma int64 }

// newLognormal takes the median in any unit and sigma, the standard deviation of
// the natural logarithm, in millionths.
func newLognormal(median, sigma int64) lognormal {
	return lognormal{log2(uint64(median)), int64(mulDiv(uint64(sigma), log2e, micro))}
}

// at gives the value at the normal quantile z (Q32), in the median's unit.
func (d lognormal) at(z int64) int64 {
	return int64(exp2(d.mu+mulQ32(z, d.sigma)) >> 16)
}

// poisson draws counts by inversion: one uniform number a chunk, and a count that
// never falls when the mean rises. A mean above 16 is the sum of several chunks,
// for e^-mean must stay well above 2^-63.
type poisson struct {
	chunks     int
	cumulative []uint64 // 2^64 P(N <= n), over one chunk
}

// newPoisson takes the mean in Q32.
func newPoisson(mean uint64) poisson {
	const most = 16 << 32
	if mean == 0 {
		return poisson{}
	}
	chunks := (mean + most - 1) / most
	mean /= chunks
	hi, lo := bits.Mul64(mean, log2e)
	p := exp2(47<<32 - int64(hi<<32|lo>>32)) // 2^63 e^-mean
	d := poisson{chunks: int(chunks)}
	var sum uint64
	for n := uint64(1); p > 0; n++ {
		sum = min(sum+p, 1<<63-1)
		d.cumulative = append(d.cumulative, sum<<1)
		hi, lo := bits.Mul64(p, mean)
		p = (hi<<32 | lo>>32) / n
	}
	return d
}

// draw gives the count of an entity.
func (d *poisson) draw(s stream, entity uint64) int {
	n := 0
	for i := range d.chunks {
		n += d.quantile(s.draw(entity, uint64(i)))
	}
	return n
}

func (d *poisson) quantile(u uint64) int {
	for n, c := range d.cumulative {
		if u < c {
			return n
		}
	}
	return len(d.cumulative)
}

// alias chooses among weighted items with one draw (Walker's method): the draw's
// upper part names a cell, its lower part which of the cell's two items.
type alias struct {
	keep  []uint32 // 2^32 times the share of the cell that is the item's own
	other []uint32
}

// newAlias takes weights whose sum is positive and under 2^64.
func newAlias(weights []uint64) alias {
	n := uint64(len(weights))
	var sum uint64
	for _, w := range weights {
		sum += w
	}
	scaled := make([]uint64, n)
	var total uint64
	biggest := 0
	for i, w := range weights {
		scaled[i] = mulDiv(w, n<<32, sum)
		total += scaled[i]
		if w > weights[biggest] {
			biggest = i
		}
	}
	scaled[biggest] += n<<32 - total // what rounding took
	a := alias{make([]uint32, n), make([]uint32, n)}
	var small, large []int
	for i, w := range scaled {
		if w < one32 {
			small = append(small, i)
		} else {
			large = append(large, i)
		}
	}
	for len(small) > 0 && len(large) > 0 {
		s, l := small[len(small)-1], large[len(large)-1]
		small = small[:len(small)-1]
		a.keep[s], a.other[s] = uint32(scaled[s]), uint32(l)
		if scaled[l] -= one32 - scaled[s]; scaled[l] < one32 {
			large = large[:len(large)-1]
			small = append(small, l)
		}
	}
	for _, i := range append(small, large...) {
		a.keep[i], a.other[i] = 1<<32-1, uint32(i)
	}
	return a
}

func (a *alias) pick(u uint64) int {
	cell, rest := bits.Mul64(u, uint64(len(a.keep)))
	if uint32(rest>>32) < a.keep[cell] {
		return int(cell)
	}
	return int(a.other[cell])
}
