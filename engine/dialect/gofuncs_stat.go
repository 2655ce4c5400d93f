package dialect

import "math"

// Distributions. The series and fractions are those of the library that Trino
// uses, so that tails, where digits cancel, agree too.

func statGoFunctions() []ScalarFunction {
	three := func(name string, call func(a, b, c float64) (float64, error)) ScalarFunction {
		return fn(name, "DOUBLE,DOUBLE,DOUBLE,DOUBLE", func(a []any) (any, error) {
			return call(a[0].(float64), a[1].(float64), a[2].(float64))
		})
	}
	return []ScalarFunction{
		three("normal_cdf", func(mean, sd, x float64) (float64, error) {
			if !(sd > 0) {
				return 0, badArg("standardDeviation must be > 0")
			}
			return 0.5 * (1 + erf((x-mean)/(sd*math.Sqrt2))), nil
		}),
		three("inverse_normal_cdf", func(mean, sd, p float64) (float64, error) {
			switch {
			case !(p > 0 && p < 1):
				return 0, badArg("p must be 0 > p > 1")
			case !(sd > 0):
				return 0, badArg("sd must be > 0")
			}
			return mean + sd*math.Sqrt2*math.Erfinv(2*p-1), nil
		}),
		three("beta_cdf", func(a, b, x float64) (float64, error) {
			switch {
			case !(x >= 0 && x <= 1):
				return 0, badArg("value must be 0 >= v >= 1")
			case !(a > 0 && b > 0):
				return 0, badArg("a, b must be > 0")
			}
			return betaCDF(x, a, b), nil
		}),
		fn("t_pdf", "DOUBLE,DOUBLE,DOUBLE", func(a []any) (any, error) {
			x, df := a[0].(float64), a[1].(float64)
			if !(df >= 1) {
				return nil, badArg("degrees of freedom must be greater than or equal to 1")
			}
			half := (df + 1) / 2
			return math.Exp(lgamma(half) - 0.5*(math.Log(math.Pi)+math.Log(df)) - lgamma(df/2) - half*math.Log(1+x*x/df)), nil
		}),
		fn("t_cdf", "DOUBLE,DOUBLE,DOUBLE", func(a []any) (any, error) {
			x, df := a[0].(float64), a[1].(float64)
			if !(df >= 1) {
				return nil, badArg("degrees of freedom must be greater than or equal to 1")
			}
			t := 0.5 * betaCDF(df/(df+x*x), 0.5*df, 0.5)
			switch {
			case x == 0:
				t = 0.5
			case x > 0:
				t = 1 - t
			}
			return t, nil
		}),
		fn("wilson", "BIGINT,BIGINT,DOUBLE,DOUBLE,DOUBLE", wilson),
		fn("vectors", "VARCHAR,DOUBLE[],DOUBLE[],DOUBLE", vectors),
		fn("sparse_cosine", "VARCHAR[],DOUBLE[],VARCHAR[],DOUBLE[],DOUBLE", sparseCosine),
	}
}

func lgamma(x float64) float64 {
	v, _ := math.Lgamma(x)
	return v
}

// erf is the error function by the regularized gamma function.
func erf(x float64) float64 {
	if math.Abs(x) > 40 {
		return math.Copysign(1, x)
	}
	v := gammaP(0.5, x*x)
	return math.Copysign(v, x)
}

// gammaP is the regularized gamma function P.
func gammaP(a, x float64) float64 {
	const epsilon = 1e-15
	switch {
	case math.IsNaN(x):
		return x
	case x == 0:
		return 0
	case x >= a+1:
		fraction := continued(epsilon, func(n float64) (float64, float64) { return 2*n + 1 - a + x, n * (a - n) })
		return 1 - 1/fraction*math.Exp(-x+a*math.Log(x)-lgamma(a))
	}
	n, an := 0.0, 1/a
	sum := an
	for math.Abs(an/sum) > epsilon && n < 10000 && !math.IsInf(sum, 0) {
		n++
		an *= x / (a + n)
		sum += an
	}
	return math.Exp(-x+a*math.Log(x)-lgamma(a)) * sum
}

// continued evaluates a continued fraction by Lentz's method; at gives its nth
// terms.
func continued(epsilon float64, at func(n float64) (a, b float64)) float64 {
	const small = 1e-50
	nonzero := func(x float64) float64 {
		if math.Abs(x) <= small {
			return small
		}
		return x
	}
	a, _ := at(0)
	h := nonzero(a)
	c, d := h, 0.0
	for n := 1.0; n < 10000; n++ {
		a, b := at(n)
		d = 1 / nonzero(a+b*d)
		c = nonzero(a + b/c)
		delta := c * d
		h *= delta
		if math.Abs(delta-1) < epsilon || math.IsNaN(h) {
			break
		}
	}
	return h
}

// betaCDF is the regularized beta function.
func betaCDF(x, a, b float64) float64 {
	switch {
	case math.IsNaN(x) || math.IsNaN(a) || math.IsNaN(b):
		return math.NaN()
	case x <= 0:
		return 0
	case x >= 1:
		return 1
	case x > (a+1)/(2+b+a) && 1-x <= (b+1)/(2+b+a):
		return 1 - betaCDF(1-x, b, a)
	}
	fraction := continued(1e-14, func(n float64) (float64, float64) {
		if n == 0 {
			return 1, 0
		}
		m := math.Floor(n / 2)
		if math.Mod(n, 2) == 0 {
			return 1, m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m))
		}
		return 1, -((a + m) * (a + b + m) * x) / ((a + 2*m) * (a + 2*m + 1))
	})
	logBeta := lgamma(a) + lgamma(b) - lgamma(a+b)
	return math.Exp(a*math.Log(x)+b*math.Log1p(-x)-math.Log(a)-logBeta) / fraction
}

// wilson is one end of Wilson's interval of a share; the sign of the last
// argument says which.
func wilson(a []any) (any, error) {
	hits, n, z := float64(a[0].(int64)), float64(a[1].(int64)), a[2].(float64)
	switch {
	case hits < 0:
		return nil, badArg("number of successes must not be negative")
	case n <= 0:
		return nil, badArg("number of trials must be positive")
	case hits > n:
		return nil, badArg("number of successes must not be larger than number of trials")
	case !(z >= 0):
		return nil, badArg("z-score must not be negative")
	}
	share := hits / n
	middle := share + z*z/(2*n)
	half := z * math.Sqrt(share*(1-share)/n+z*z/(4*n*n))
	return (middle + a[3].(float64)*half) / (1 + z*z/n), nil
}

// vectors compares two vectors of one length. A NULL in them counts as zero, but
// leaves an angle unknown.
func vectors(a []any) (any, error) {
	l, lok := numbers(a[1].([]any))
	r, rok := numbers(a[2].([]any))
	if len(l) != len(r) {
		return nil, badArg("The arguments must have the same length")
	}
	var dot, square, ll, rr float64
	for i := range l {
		dot += l[i] * r[i]
		square += (l[i] - r[i]) * (l[i] - r[i])
		ll += l[i] * l[i]
		rr += r[i] * r[i]
	}
	switch a[0].(string) {
	case "dot":
		return dot, nil
	case "distance":
		return math.Sqrt(square), nil
	}
	switch {
	case !lok || !rok:
		return nil, nil
	case ll == 0 || rr == 0:
		return nil, badArg("Vector magnitude cannot be zero")
	}
	return dot / math.Sqrt(ll*rr), nil
}

func numbers(list []any) ([]float64, bool) {
	out, ok := make([]float64, len(list)), true
	for i, v := range list {
		if d, is := v.(float64); is {
			out[i] = d
		} else {
			ok = false
		}
	}
	return out, ok
}

// sparseCosine compares two vectors given as names and values. A vector without
// length has no angle: NaN.
func sparseCosine(a []any) (any, error) {
	l, lok := numbers(a[1].([]any))
	r, rok := numbers(a[3].([]any))
	if !lok || !rok {
		return nil, nil
	}
	right := map[any]float64{}
	var dot, ll, rr float64
	for i, k := range a[2].([]any) {
		right[k] = r[i]
		rr += r[i] * r[i]
	}
	for i, k := range a[0].([]any) {
		dot += l[i] * right[k]
		ll += l[i] * l[i]
	}
	return dot / (math.Sqrt(ll) * math.Sqrt(rr)), nil
}
