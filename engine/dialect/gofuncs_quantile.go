package dialect

import (
	"math"

	"acme/telemetry/engine/floattext"
)

// What SQL calls of the digests: aggregates that make them and functions that
// read them. A digest is stored as Trino stores it.

func quantileFunctions() []ScalarFunction {
	return []ScalarFunction{
		fn("percentiles", "DOUBLE[],DOUBLE[],DOUBLE[],BOOLEAN,BOOLEAN,DOUBLE[]", percentiles),
		fn("round_half_up", "DOUBLE,BIGINT", func(a []any) (any, error) {
			switch d := a[0].(float64); {
			case d >= 9223372036854775807:
				return int64(math.MaxInt64), nil
			case d <= -9223372036854775808:
				return int64(math.MinInt64), nil
			default:
				return javaRound(d), nil
			}
		}),
		fn("tdigest", "DOUBLE[],DOUBLE[],BLOB", func(a []any) (any, error) {
			t, err := digestOf(a[0].([]any), a[1].([]any))
			if t == nil || err != nil {
				return nil, err
			}
			return readTDigest(t.bytes()).bytes(), nil
		}),
		fn("tdigest_merge", "BLOB[],BLOB", mergeTDigests),
		fn("tdigest_value", "BLOB,DOUBLE,DOUBLE", func(a []any) (any, error) {
			t := readTDigest(a[0].([]byte))
			if t == nil {
				return nil, badDigest()
			}
			if q := a[1].(float64); !(q >= 0 && q <= 1) {
				return nil, failed{"GENERIC_INTERNAL_ERROR", "quantiles should be in [0, 1] range"}
			}
			return t.valueAt(a[1].(float64)), nil
		}),
		fn("tdigest_values", "BLOB,DOUBLE[],DOUBLE[]", tdigestValues),
		fn("qdigest", "BIGINT[],BIGINT[],DOUBLE,BLOB", makeQDigest),
		fn("qdigest_merge", "BLOB[],BLOB", mergeQDigests),
		fn("qdigest_values", "BLOB,DOUBLE[],BIGINT[]", qdigestValues),
		fn("qdigest_share", "BLOB,BIGINT,DOUBLE", func(a []any) (any, error) {
			d := readQDigest(a[0].([]byte))
			v := a[1].(int64)
			switch {
			case d == nil:
				return nil, badDigest()
			case d.total == 0 || v > d.max || v < d.min:
				return nil, nil
			}
			return d.below(v) / d.total, nil
		}),
		fn("double_bits", "DOUBLE,BIGINT", func(a []any) (any, error) { return sortableBits(a[0].(float64)), nil }),
		fn("bits_double", "BIGINT,DOUBLE", func(a []any) (any, error) {
			b := a[0].(int64)
			return math.Float64frombits(uint64(b ^ b>>63&math.MaxInt64)), nil
		}),
		fn("real_bits", "FLOAT,BIGINT", func(a []any) (any, error) {
			b := int32(math.Float32bits(a[0].(float32)))
			return int64(b ^ b>>31&math.MaxInt32), nil
		}),
		fn("bits_real", "BIGINT,FLOAT", func(a []any) (any, error) {
			b := int32(a[0].(int64))
			return math.Float32frombits(uint32(b ^ b>>31&math.MaxInt32)), nil
		}),
	}
}

// sortableBits gives an integer that sorts as the number does.
func sortableBits(d float64) int64 {
	b := int64(math.Float64bits(d))
	if math.IsNaN(d) {
		b = 0x7ff8000000000000
	}
	return b ^ b>>63&math.MaxInt64
}

func badDigest() error {
	return failed{"NOT_SUPPORTED", "this digest is not supported by the local engine"}
}

// digestOf makes a digest of values with their weights, 1 where there are none;
// pairs with a NULL are left out. It is nil if nothing is left.
func digestOf(values, weights []any) (*tdigest, error) {
	var t *tdigest
	for i, v := range values {
		w := 1.0
		if i < len(weights) {
			if weights[i] == nil {
				continue
			}
			w = weights[i].(float64)
		}
		if v == nil {
			continue
		}
		d := v.(float64)
		switch {
		case !(w >= 1):
			return nil, badArg("weight must be >= 1, was %s", javaDouble(w, floattext.Newer))
		case math.IsNaN(d):
			return nil, failed{"GENERIC_INTERNAL_ERROR", "value is NaN"}
		case math.IsInf(d, 0):
			return nil, failed{"GENERIC_INTERNAL_ERROR", "value must be finite"}
		case math.IsInf(w, 0):
			return nil, failed{"GENERIC_INTERNAL_ERROR", "weight must be finite"}
		}
		if t == nil {
			t = newTDigest(defaultCompression)
		}
		t.add(d, w)
	}
	return t, nil
}

// percentiles answers approx_percentile: values, weights, percentiles, whether
// Trino aggregates in two steps, between which the digest is stored and merged,
// and whether it names a value that is not finite.
func percentiles(a []any) (any, error) {
	if a[4].(bool) {
		for _, d := range floats(a[0]) {
			if math.IsNaN(d) || math.IsInf(d, 0) {
				return nil, badArg("value must be finite; was %s", javaDouble(d, floattext.Newer))
			}
		}
	}
	t, err := digestOf(a[0].([]any), a[1].([]any))
	if t == nil || err != nil {
		return nil, err
	}
	for _, q := range a[2].([]any) {
		if q == nil {
			return nil, badArg("Percentile cannot be null")
		}
		if p := q.(float64); !(p >= 0 && p <= 1) {
			return nil, badArg("Percentile must be between 0 and 1")
		}
	}
	if a[3].(bool) {
		t = readTDigest(t.bytes())
	}
	out := []any{}
	for _, q := range a[2].([]any) {
		out = append(out, t.valueAt(q.(float64)))
	}
	return out, nil
}

func mergeTDigests(a []any) (any, error) {
	var sum *tdigest
	for _, v := range a[0].([]any) {
		if v == nil {
			continue
		}
		t := readTDigest(v.([]byte))
		switch {
		case t == nil:
			return nil, badDigest()
		case sum == nil:
			sum = t
		default:
			sum.join(t)
		}
	}
	if sum == nil {
		return nil, nil
	}
	return readTDigest(sum.bytes()).bytes(), nil
}

func tdigestValues(a []any) (any, error) {
	t := readTDigest(a[0].([]byte))
	if t == nil {
		return nil, badDigest()
	}
	out := []any{}
	last := math.Inf(-1)
	for _, v := range a[1].([]any) {
		if v == nil {
			return nil, failed{"NOT_SUPPORTED", "a NULL quantile is not supported by the local engine"}
		}
		q := v.(float64)
		if q < last {
			return nil, badArg("percentiles must be sorted in increasing order")
		}
		if !(q >= 0 && q <= 1) {
			return nil, failed{"GENERIC_INTERNAL_ERROR", "quantiles should be in [0, 1] range"}
		}
		last = q
		out = append(out, t.valueAt(q))
	}
	return out, nil
}

func makeQDigest(a []any) (any, error) {
	values, weights, accuracy := a[0].([]any), a[1].([]any), a[2].(float64)
	var d *qdigest
	for i, v := range values {
		w := int64(1)
		if i < len(weights) {
			if weights[i] == nil {
				continue
			}
			w = weights[i].(int64)
		}
		if v == nil {
			continue
		}
		switch {
		case w <= 0:
			return nil, badArg("Percentile weight must be > 0, was %d", w)
		case !(accuracy > 0 && accuracy < 1):
			return nil, badArg("Percentile accuracy must be exclusively between 0 and 1, was %s", javaDouble(accuracy, floattext.Newer))
		}
		if d == nil {
			d = newQDigest(accuracy)
		}
		d.add(v.(int64), float64(w))
	}
	if d == nil {
		return nil, nil
	}
	return readQDigest(d.bytes()).bytes(), nil
}

func mergeQDigests(a []any) (any, error) {
	var sum *qdigest
	for _, v := range a[0].([]any) {
		if v == nil {
			continue
		}
		d := readQDigest(v.([]byte))
		switch {
		case d == nil:
			return nil, badDigest()
		case sum == nil:
			sum = d
		default:
			sum.join(d)
		}
	}
	if sum == nil {
		return nil, nil
	}
	return readQDigest(sum.bytes()).bytes(), nil
}

func qdigestValues(a []any) (any, error) {
	d := readQDigest(a[0].([]byte))
	if d == nil {
		return nil, badDigest()
	}
	out := []any{}
	for _, v := range a[1].([]any) {
		if v == nil {
			return nil, failed{"NOT_SUPPORTED", "a NULL quantile is not supported by the local engine"}
		}
		q := v.(float64)
		if !(q >= 0 && q <= 1) {
			return nil, failed{"GENERIC_INTERNAL_ERROR", "quantile must be between [0,1]"}
		}
		out = append(out, d.valueAt(q))
	}
	return out, nil
}
