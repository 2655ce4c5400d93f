package sim

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

const q32 = 1 << 32

func TestNormalQuantile(t *testing.T) {
	worst := 0.0
	check := func(u uint64) {
		p := (float64(u>>11) + 0.5) / (1 << 53)
		if u < 1<<40 { // where a double of p has lost digits, judge by the tail
			p = float64(u) / (1 << 63) / 2
		}
		z := float64(normal(u)) / q32
		got := 0.5 * math.Erfc(-z/math.Sqrt2)
		// The error in z is the error in p over the density.
		density := math.Exp(-z*z/2) / math.Sqrt(2*math.Pi)
		if err := math.Abs(got-p) / density; err > worst {
			worst = err
		}
	}
	for k := range 52 {
		for j := range uint64(1000) {
			check(uint64(1)<<(63-k) | (j * 0x9E3779B97F4A7C15 >> (k + 1)))
		}
	}
	if worst > 1e-6 {
		t.Errorf("error of the quantile is up to %.2e, want under 1e-6", worst)
	}
	rapid.Check(t, func(t *rapid.T) {
		u, v := rapid.Uint64().Draw(t, "u"), rapid.Uint64().Draw(t, "v")
		if normal(u) != -normal(^u) {
			t.Fatalf("normal(%x) = %d, normal(^u) = %d", u, normal(u), normal(^u))
		}
		if u < v && normal(u) > normal(v) {
			t.Fatalf("normal falls from %x to %x", u, v)
		}
	})
}

func TestExp2AndLog2(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.Int64Range(-10*q32, 47*q32).Draw(t, "x")
		got, want := float64(exp2(x)), math.Exp2(float64(x)/q32+16)
		if math.Abs(got-want) > 1+want*1e-9 {
			t.Fatalf("exp2(%d) = %v, want %v", x, got, want)
		}
		y := rapid.Uint64Min(1).Draw(t, "y")
		if got, want := float64(log2(y))/q32, math.Log2(float64(y)); math.Abs(got-want) > 1e-9 {
			t.Fatalf("log2(%d) = %v, want %v", y, got, want)
		}
	})
	if exp2(48*q32) != 1<<64-1 || exp2(-100*q32) != 0 {
		t.Error("exp2 does not stop at its ends")
	}
}

func TestPoisson(t *testing.T) {
	for _, mean := range []float64{0.02, 0.14, 0.8, 1, 7.3, 15.9, 16.1, 500} {
		d := newPoisson(uint64(mean * q32))
		s := newStream(7, "test")
		const n = 20_000
		var sum, squares float64
		for i := range uint64(n) {
			v := float64(d.draw(s, i))
			sum += v
			squares += v * v
		}
		got := sum / n
		if math.Abs(got-mean) > 5*math.Sqrt(mean/n) {
			t.Errorf("mean of Poisson(%v) = %v", mean, got)
		}
		if v := squares/n - got*got; math.Abs(v-mean) > 5*math.Sqrt((mean+2*mean*mean)/n) {
			t.Errorf("variance of Poisson(%v) = %v", mean, v)
		}
	}
	if zero := newPoisson(0); zero.draw(1, 1) != 0 {
		t.Error("Poisson(0) draws more than 0")
	}
}

// A larger mean never draws fewer: a scenario with more visits has the visits of
// the one with fewer.
func TestPoissonRisesWithItsMean(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.Uint64Range(1, 15<<32).Draw(t, "mean")
		b := a + rapid.Uint64Range(0, 1<<32).Draw(t, "more")
		low, high := newPoisson(a), newPoisson(b)
		if u := rapid.Uint64().Draw(t, "u"); low.quantile(u) > high.quantile(u) {
			t.Fatalf("u %x: %d for %d, %d for %d", u, low.quantile(u), a, high.quantile(u), b)
		}
	})
}

// Every item gets its share of the 2^64 numbers, but for one in 2^32 a cell.
func TestAliasShares(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.Uint64Max(1<<40), 1, 40).Draw(t, "weights")
		weights[0]++
		a := newAlias(weights)
		var sum uint64
		share := make([]uint64, len(weights)) // of n * 2^32
		for i := range a.keep {
			share[i] += uint64(a.keep[i])
			share[a.other[i]] += 1<<32 - uint64(a.keep[i])
		}
		for _, w := range weights {
			sum += w
		}
		for i, w := range weights {
			want := float64(w) / float64(sum)
			got := float64(share[i]) / float64(len(weights)<<32)
			if math.Abs(got-want) > 1e-9*float64(len(weights)) {
				t.Fatalf("item %d of %v has share %v, want %v", i, weights, got, want)
			}
		}
	})
}

// The committed tables are what multi-precision arithmetic gives.
func TestTables(t *testing.T) {
	root := wide(2)
	for range 8 {
		root.Sqrt(root)
	}
	x := wide(1)
	for i, got := range exp2Table {
		if want := rounded(x, 62); uint64(want) != got {
			t.Errorf("exp2Table[%d] = %d, want %d", i, got, want)
		}
		x = new(big.Float).Mul(x, root)
	}
	for k := range normalTail {
		for j := k % 5; j < len(normalTail[k]); j += 5 { // a fifth of the entries, to stay quick
			p := new(big.Float).SetMantExp(wide(float64(64+j)/64), -(k + 2))
			z := new(big.Float).SetMantExp(wide(float64(normalTail[k][j])), -32)
			q, density := upperTail(z)
			z.Sub(z, q.Quo(q.Sub(p, q), density)) // one Newton step doubles the digits
			if want := rounded(z, 32); want != normalTail[k][j] {
				t.Errorf("normalTail[%d][%d] = %d, want %d", k, j, normalTail[k][j], want)
			}
		}
	}
}

const precision = 320

func wide(x float64) *big.Float { return new(big.Float).SetPrec(precision).SetFloat64(x) }

func rounded(x *big.Float, scale int) int64 {
	y := new(big.Float).SetMantExp(x, scale)
	y.Add(y, wide(math.Copysign(0.5, float64(x.Sign()))))
	i, _ := y.Int64()
	return i
}

// upperTail gives P(Z > z) and the density at z, by the series of Marsaglia.
func upperTail(z *big.Float) (tail, density *big.Float) {
	square := new(big.Float).Mul(z, z)
	e := new(big.Float).Quo(square, wide(-2*1024))
	sum, term := wide(1), wide(1)
	for i := 1; i < 50; i++ {
		term = new(big.Float).Quo(new(big.Float).Mul(term, e), wide(float64(i)))
		sum.Add(sum, term)
	}
	for range 10 {
		sum.Mul(sum, sum)
	}
	pi, _, _ := big.ParseFloat("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803482534211706798214808651", 10, precision, big.ToNearestEven)
	density = sum.Quo(sum, new(big.Float).Sqrt(pi.Mul(pi, wide(2))))
	term = new(big.Float).Copy(z)
	series := new(big.Float).Copy(z)
	for i := 1; i < 300; i++ {
		term = new(big.Float).Quo(new(big.Float).Mul(term, square), wide(float64(2*i+1)))
		series.Add(series, term)
	}
	return new(big.Float).Sub(wide(0.5), new(big.Float).Mul(density, series)), density
}
