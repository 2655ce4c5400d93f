package floattext

import (
	"math"
	"math/big"
	"math/bits"
	"strconv"
)

// binary is a positive number, of which the highest bit of fraction counts
// 2^exp. fraction has 53 bits; precise of them tell the number from its
// neighbours, fewer in a real and in what is denormal.
type binary struct {
	fraction uint64
	exp      int
	precise  int
}

const fractionBits = 53

func decompose(d float64, size int) binary {
	f, e := math.Frexp(d)
	n := binary{fraction: uint64(f * (1 << fractionBits)), exp: e - 1, precise: fractionBits}
	least := -1022
	if size == 32 {
		n.precise, least = 24, -126
	}
	if n.exp < least {
		n.precise -= least - n.exp
	}
	return n
}

// used is how many bits of fraction there are down to the last that is set.
func (n binary) used() int { return fractionBits - bits.TrailingZeros64(n.fraction) }

// older gives the digits by the way of Java 18 and before.
func older(d float64, size int) (string, int) {
	n := decompose(d, size)
	if below := n.used() - n.exp - 1; below <= 0 && n.exp <= 62 {
		return n.whole()
	}
	v := n.division()
	b, tens := v.bits()
	switch {
	case b < 32 && tens < 32:
		return divide(int32(v.n)*int32(power5(v.n5))<<v.n2, int32(power5(v.d5))<<v.d2, int32(power5(v.half5))<<v.half2, v.exp)
	case b < 64 && tens < 64:
		return divide(int64(v.n)*int64(power5(v.n5))<<v.n2, int64(power5(v.d5))<<v.d2, int64(power5(v.half5))<<v.half2, v.exp)
	}
	return divideWide(v)
}

// whole gives the digits of a whole number below 2^63. Of one that has more bits
// than are precise, as many digits are rounded away as those bits are worth.
func (n binary) whole() (string, int) {
	value := n.fraction
	if shift := n.exp - (fractionBits - 1); shift >= 0 {
		value <<= shift
	} else {
		value >>= -shift
	}
	dropped := 0
	if spare := n.exp - n.precise - 1; spare > 1 {
		dropped = int(float64(spare) * math.Log10(2))
		unit := uint64(math.Pow10(dropped))
		rest := value % unit
		if value /= unit; rest >= unit/2 && dropped > 0 {
			value++
		}
	}
	digits := strconv.FormatUint(value, 10)
	exp := len(digits) - 1 + dropped
	return trimZeros(digits), exp
}

func trimZeros(digits string) string {
	end := len(digits)
	for end > 1 && digits[end-1] == '0' {
		end--
	}
	return digits[:end]
}

// division is a number as a fraction of whole numbers, divided by the power of ten
// that makes its first digit:
//
//	n * 5^n5 * 2^n2 / (5^d5 * 2^d2)
//
// and half a unit in its last place over the same divisor, 5^half5 * 2^half2.
type division struct {
	n            uint64
	n5, n2       int
	d5, d2       int
	half5, half2 int
	exp          int // of the first digit, or of one before it that is 0
}

func (n binary) division() division {
	used := n.used()
	below := max(0, used-n.exp-1)
	exp := n.estimate()
	v := division{n: n.fraction >> (fractionBits - used), exp: exp}
	v.n5, v.d5 = max(0, -exp), max(0, exp)
	v.n2, v.d2 = v.n5+below+n.exp, v.d5+below
	v.half5, v.half2 = v.n5, v.n2-n.precise
	v.n2 -= used - 1
	shared := min(v.n2, v.d2)
	v.n2, v.d2, v.half2 = v.n2-shared, v.d2-shared, v.half2-shared
	if used == 1 {
		v.half2-- // below a power of two its neighbours are twice as dense
	}
	if v.half2 < 0 {
		v.n2, v.d2, v.half2 = v.n2-v.half2, v.d2-v.half2, 0
	}
	return v
}

// estimate is the decimal exponent by a line through the logarithm: right, or one
// too high.
func (n binary) estimate() int {
	mantissa := math.Float64frombits(1023<<52 | n.fraction&(1<<52-1)) // 1 to 2
	return int(math.Floor(float64((mantissa-1.5)*0.289529654) + 0.176091259 + float64(float64(n.exp)*0.301029995663981)))
}

// bits bounds how many bits the dividend and ten times the divisor have: by that
// the width of the arithmetic is chosen, and whether a tie stops it.
func (v division) bits() (dividend, tens int) {
	return bits.Len64(v.n) + v.n2 + bits5(v.n5), v.d2 + 1 + bits5(v.d5+1)
}

// bits5 is the number of bits of 5^n, or a bound above.
func bits5(n int) int {
	if n < 27 {
		if n == 0 {
			return 0
		}
		return bits.Len64(power5(n))
	}
	return 3 * n
}

func power5(n int) uint64 {
	p := uint64(1)
	for range n {
		p *= 5
	}
	return p
}

// divide makes digits of n / d until the rest is within half. The sums may
// overflow, as they do in Java.
func divide[T int32 | int64](n, d, half T, exp int) (string, int) {
	tens := d * 10
	q := n / d
	n, half = n%d*10, half*10
	low, high := n < half, n+half > tens
	var digits []byte
	if q == 0 && !high {
		exp--
	} else {
		digits = append(digits, '0'+byte(q))
	}
	if exp < -3 || exp >= 8 { // two digits at least where there is an exponent
		low, high = false, false
	}
	for !low && !high {
		q = n / d
		n, half = n%d*10, half*10
		low, high = true, true // half has overflowed
		if half > 0 {
			low, high = n < half, n+half > tens
		}
		digits = append(digits, '0'+byte(q))
	}
	over := 0
	switch doubled := n<<1 - tens; {
	case doubled > 0:
		over = 1
	case doubled < 0:
		over = -1
	}
	return rounded(digits, exp, low, high, over)
}

// divideWide is divide where 64 bits are too few. What lies half a unit away
// exactly stops it upwards.
func divideWide(v division) (string, int) {
	n := product(v.n, v.n5, v.n2)
	d, half := product(1, v.d5, v.d2), product(1, v.half5, v.half2)
	ten := big.NewInt(10)
	tens := new(big.Int).Mul(d, ten)
	q, sum := new(big.Int), new(big.Int)
	var low, high bool
	step := func() byte {
		q.QuoRem(n, d, n)
		n.Mul(n, ten)
		half.Mul(half, ten)
		low, high = n.Cmp(half) < 0, sum.Add(n, half).Cmp(tens) >= 0
		return '0' + byte(q.Uint64())
	}
	var digits []byte
	exp := v.exp
	if c := step(); c == '0' && !high {
		exp--
	} else {
		digits = append(digits, c)
	}
	if exp < -3 || exp >= 8 {
		low, high = false, false
	}
	for !low && !high {
		digits = append(digits, step())
	}
	over := 0
	if low && high {
		over = n.Lsh(n, 1).Cmp(tens)
	}
	return rounded(digits, exp, low, high, over)
}

func product(n uint64, fives, twos int) *big.Int {
	p := new(big.Int).Exp(big.NewInt(5), big.NewInt(int64(fives)), nil)
	p.Mul(p, new(big.Int).SetUint64(n))
	return p.Lsh(p, uint(twos))
}

// rounded raises the last digit if the number lies nearer to that: over compares
// the rest with half of the last digit. A tie goes to the even digit.
func rounded(digits []byte, exp int, low, high bool, over int) (string, int) {
	last := len(digits) - 1
	if !high || low && (over < 0 || over == 0 && digits[last]&1 == 0) {
		return string(digits), exp
	}
	for last > 0 && digits[last] == '9' {
		digits[last] = '0'
		last--
	}
	if digits[last] == '9' {
		digits[0] = '1'
		return string(digits), exp + 1
	}
	digits[last]++
	return string(digits), exp
}
