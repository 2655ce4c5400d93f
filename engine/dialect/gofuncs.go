package dialect

import (
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"acme/telemetry/engine/floattext"
)

// Functions in Go: what DuckDB cannot say, or cannot say to the letter. They are
// pure, and fail with a text that RuntimeError reads.

// failed is an error of a function in Go. Its text carries Trino's error name.
type failed struct{ name, message string }

func (f failed) Error() string { return "[[" + f.name + "]] " + f.message }

func badCast(format string, args ...any) error {
	return failed{"INVALID_CAST_ARGUMENT", fmt.Sprintf(format, args...)}
}

func badArg(format string, args ...any) error {
	return failed{"INVALID_FUNCTION_ARGUMENT", fmt.Sprintf(format, args...)}
}

func outOfRange(format string, args ...any) error {
	return failed{"NUMERIC_VALUE_OUT_OF_RANGE", fmt.Sprintf(format, args...)}
}

// fn makes a function; types are DuckDB's, separated by commas, the result last.
func fn(name, types string, call func(a []any) (any, error)) ScalarFunction {
	parts := strings.Split(types, ",")
	n := len(parts) - 1
	return ScalarFunction{Name: "acme_" + name, Params: parts[:n:n], Result: parts[n], Call: call}
}

// wholeOf makes a function that reads a whole number from a text.
func wholeOf(name string, read func(text string) (int64, error)) ScalarFunction {
	f := fn(name, "VARCHAR,BIGINT", func(a []any) (any, error) { return read(a[0].(string)) })
	f.Bits = func(text string) (uint64, bool, error) {
		n, err := read(text)
		return uint64(n), err == nil, err
	}
	return f
}

// doubleOf makes a function that reads a double from a text.
func doubleOf(name string, read func(text string) (float64, error)) ScalarFunction {
	f := fn(name, "VARCHAR,DOUBLE", func(a []any) (any, error) { return read(a[0].(string)) })
	f.Bits = func(text string) (uint64, bool, error) {
		d, err := read(text)
		return math.Float64bits(d), err == nil, err
	}
	return f
}

// Functions gives the functions in Go that the prelude and translations call.
func Functions() []ScalarFunction {
	out := slices.Concat(castFunctions(), floatCastFunctions(), numberFunctions(), compareFunctions(), addressFunctions(), checkFunctions(), textGoFunctions(), regexpGoFunctions(), timeGoFunctions(), momentGoFunctions(), jsonGoFunctions(), hashFunctions(), hllFunctions(), quantileFunctions(), aggregateGoFunctions(),
		measureGoFunctions(), statGoFunctions(), wordGoFunctions(), patternFunctions())
	var twins []ScalarFunction
	for i, f := range out {
		out[i].Sure = slices.Contains(sure, f.Name)
		if slices.Contains(tryTwins, f.Name) {
			twin := f
			twin.Name = strings.Replace(f.Name, "acme_", "acme_try_", 1)
			twin.Call = func(a []any) (any, error) {
				v, err := f.Call(a)
				if err != nil {
					return nil, caught(err)
				}
				return v, nil
			}
			if f.Bits != nil {
				twin.Bits = func(text string) (uint64, bool, error) {
					bits, ok, err := f.Bits(text)
					return bits, ok, caught(err)
				}
			}
			twins = append(twins, twin)
		}
	}
	return append(out, twins...)
}

// sure are functions that never fail, as far as whole columns go through them.
var sure = []string{"acme_upper", "acme_reverse", "acme_replace", "acme_reverse_bytes", "acme_known_part", "acme_trim", "acme_ltrim", "acme_rtrim", "acme_url_part", "acme_url_parameter", "acme_url_port", "acme_double_text", "acme_sha512", "acme_xxhash64", "acme_crc32", "acme_murmur3",
	"acme_hash_bigint", "acme_hash_pair", "acme_hash_wide", "acme_hash_double", "acme_hash_real", "acme_hash_text", "acme_hash_bytes"}

// tryTwins are the functions that TRY_CAST needs in a form that gives NULL.
var tryTwins = []string{"acme_cast_boolean", "acme_cast_tinyint", "acme_cast_smallint", "acme_cast_int", "acme_cast_bigint", "acme_cast_double", "acme_cast_real", "acme_cast_decimal", "acme_cast_uuid", "acme_cast_address", "acme_bytes_address", "acme_bytes_uuid", "acme_cast_date",
	"acme_cast_time", "acme_cast_timestamp", "acme_cast_millis", "acme_cast_timestamptz", "acme_cast_picos", "acme_cast_picostz", "acme_cast_zoned", "acme_cast_timetz", "acme_iso_timestamp", "acme_iso_nanos", "acme_double_decimal", "acme_real_decimal", "acme_round_integer", "acme_newer_double_decimal", "acme_newer_real_decimal", "acme_newer_round_integer", "acme_round_real", "acme_newer_round_real",
	"acme_json_to_text", "acme_json_to_whole", "acme_json_to_float", "acme_json_to_truth"}

// caught is what is left of an error for TRY_CAST, where what fails is NULL.
func caught(err error) error {
	if f, ok := err.(failed); ok && f.name != "NOT_SUPPORTED" {
		return nil
	}
	return err
}

func parseBoolean(s string) (value, ok bool) {
	switch strings.ToLower(s) {
	case "t", "true", "1":
		return true, true
	case "f", "false", "0":
		return false, true
	}
	return false, false
}

var bitsOfName = map[string]int{"TINYINT": 8, "SMALLINT": 16, "INT": 32, "BIGINT": 64, "tinyint": 8, "smallint": 16, "integer": 32, "bigint": 64}

func castFunctions() []ScalarFunction {
	return []ScalarFunction{
		fn("fail", "VARCHAR,VARCHAR", func(a []any) (any, error) { return nil, textError(a[0].(string)) }),
		fn("cast_boolean", "VARCHAR,BOOLEAN", func(a []any) (any, error) {
			b, ok := parseBoolean(a[0].(string))
			if !ok {
				return nil, badCast("Cannot cast '%s' to BOOLEAN", a[0])
			}
			return b, nil
		}),
		wholeOf("cast_tinyint", func(s string) (int64, error) { return castInteger(s, "TINYINT", 8) }),
		wholeOf("cast_smallint", func(s string) (int64, error) { return castInteger(s, "SMALLINT", 16) }),
		wholeOf("cast_int", func(s string) (int64, error) { return castInteger(s, "INT", 32) }),
		wholeOf("cast_bigint", func(s string) (int64, error) { return castInteger(s, "BIGINT", 64) }),
		doubleOf("cast_double", func(s string) (float64, error) { return castFloat(s, "DOUBLE", 64) }),
		doubleOf("cast_real", func(s string) (float64, error) { return castFloat(s, "REAL", 32) }),
		fn("cast_decimal", "VARCHAR,INTEGER,INTEGER,VARCHAR", castDecimal),
		fn("double_text", "DOUBLE,VARCHAR", func(a []any) (any, error) { return castDouble(a[0].(float64)), nil }),
		fn("cast_uuid", "VARCHAR,VARCHAR", func(a []any) (any, error) {
			u, why := parseUUID(a[0].(string))
			if why != "" {
				return nil, badCast("%s", why)
			}
			return u, nil
		}),
		fn("bytes_uuid", "BLOB,VARCHAR", func(a []any) (any, error) {
			b := a[0].([]byte)
			if len(b) != 16 {
				return nil, badCast("Invalid UUID binary length: %d", len(b))
			}
			return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]), nil
		}),
	}
}

// floatCastFunctions are the casts of doubles and reals that read or show their text.
func floatCastFunctions() []ScalarFunction {
	return slices.Concat(
		editions("double_decimal", "DOUBLE,INTEGER,INTEGER,VARCHAR", func(java floattext.Java, a []any) (any, error) {
			return floatDecimal(a[0].(float64), tDouble, a[1].(int32), a[2].(int32), java)
		}),
		editions("real_decimal", "FLOAT,INTEGER,INTEGER,VARCHAR", func(java floattext.Java, a []any) (any, error) {
			return floatDecimal(float64(a[0].(float32)), tReal, a[1].(int32), a[2].(int32), java)
		}),
		editions("round_integer", "DOUBLE,VARCHAR,BIGINT", func(java floattext.Java, a []any) (any, error) {
			return roundInteger(a[0].(float64), a[1].(string), java)
		}),
		editions("round_real", "FLOAT,VARCHAR,BIGINT", func(java floattext.Java, a []any) (any, error) {
			return roundReal(a[0].(float32), a[1].(string), java)
		}),
		editions("real_text", "FLOAT,VARCHAR", func(java floattext.Java, a []any) (any, error) { return castReal(a[0].(float32), java), nil }),
		editions("double_plain", "DOUBLE,VARCHAR", func(java floattext.Java, a []any) (any, error) { return javaDouble(a[0].(float64), java), nil }),
		editions("real_plain", "FLOAT,VARCHAR", func(java floattext.Java, a []any) (any, error) {
			return floattext.Text(float64(a[0].(float32)), 32, java), nil
		}),
	)
}

// parseUUID reads five hexadecimal numbers as Java does, of any lengths as long
// as there are 36 characters in all; why says what is wrong.
func parseUUID(s string) (uuid, why string) {
	parts := strings.Split(s, "-")
	widths := []int{8, 4, 4, 4, 12}
	if len(s) > 36 || len(parts) != len(widths) {
		return "", "Cannot cast value to UUID: " + s
	}
	for i, p := range parts {
		n, err := strconv.ParseInt(p, 16, 64)
		if err != nil {
			return "", "Cannot cast value to UUID: " + s
		}
		parts[i] = fmt.Sprintf("%0*x", widths[i], uint64(n)&(1<<(4*widths[i])-1))
	}
	if len(s) != 36 {
		return "", fmt.Sprintf("Invalid UUID string length: %d", len(s))
	}
	return strings.Join(parts, "-"), ""
}

// textError makes an error of a text with its name in front.
func textError(s string) error {
	if e := RuntimeError(s); e != nil {
		return failed{e.Name, e.Message}
	}
	return failed{"GENERIC_INTERNAL_ERROR", s}
}

// castInteger reads a whole number of the type that is named and has so many bits.
func castInteger(s, name string, bits int) (int64, error) {
	if n, ok := plainInteger(s); ok && n>>(bits-1) == n>>63 {
		return n, nil
	}
	n, err := strconv.ParseInt(asciiDigits(s), 10, bits)
	if err != nil {
		return 0, badCast("Cannot cast '%s' to %s", s, name)
	}
	return n, nil
}

// plainInteger reads up to 18 digits; ok is false for all others, be they numbers or not.
func plainInteger(s string) (n int64, ok bool) {
	digits := strings.TrimPrefix(s, "-")
	if len(digits) == 0 || len(digits) > 18 {
		return 0, false
	}
	for i := range len(digits) {
		if !isDigit(digits[i]) {
			return 0, false
		}
		n = 10*n + int64(digits[i]-'0')
	}
	if len(digits) < len(s) {
		n = -n
	}
	return n, true
}

// castFloat reads a number of so many bits, whose type is named.
func castFloat(s, name string, bits int) (float64, error) {
	d, ok := parseJavaFloat(s, bits)
	if !ok {
		return 0, badCast("Cannot cast '%s' to %s", s, name)
	}
	return d, nil
}

// castDecimal reads [+-]digits[.digits][e[+-]digits].
func castDecimal(a []any) (any, error) {
	s, p, scale := a[0].(string), int(a[1].(int32)), int(a[2].(int32))
	bad := func(why string) error {
		return badCast("Cannot cast VARCHAR '%s' to DECIMAL(%d, %d). %s", s, p, scale, why)
	}
	if text, ok := plainDecimal(s, p, scale); ok {
		return text, nil
	}
	plain := asciiDigits(s)
	body, exp, hasExp := strings.Cut(strings.ToLower(plain), "e")
	digits := strings.TrimLeft(body, "+-")
	if len(body)-len(digits) > 1 || strings.Trim(digits, "0123456789.") != "" || strings.Count(digits, ".") > 1 || strings.Trim(digits, ".") == "" {
		return nil, bad("Value is not a number.")
	}
	if hasExp {
		if e, err := strconv.Atoi(exp); err != nil || e > 1000 || e < -1000 {
			return nil, bad("Value is not a number.")
		}
	}
	r, ok := new(big.Rat).SetString(plain)
	if !ok {
		return nil, bad("Value is not a number.")
	}
	n, ok := roundDecimal(r, p, scale)
	if !ok {
		return nil, bad("Value too large.")
	}
	return decimalText(n, scale), nil
}

// plainDecimal casts a number of up to 18 digits that needs no rounding, many times faster
// than numbers of any size would; ok is false for all others, be they numbers or not.
func plainDecimal(s string, precision, scale int) (text string, ok bool) {
	sign, body := "", s
	if strings.HasPrefix(s, "-") {
		sign, body = "-", s[1:]
	}
	whole, fraction, _ := strings.Cut(body, ".")
	if len(whole) == 0 || len(whole)+scale > min(precision, 18) || len(fraction) > scale {
		return "", false
	}
	zero := true
	for _, part := range [...]string{whole, fraction} {
		for i := range len(part) {
			if !isDigit(part[i]) {
				return "", false
			}
			zero = zero && part[i] == '0'
		}
	}
	if zero || len(whole) > 1 && whole[0] == '0' || len(fraction) == 0 && len(whole) < len(body) {
		return "", false
	}
	if scale == 0 {
		return s, true
	}
	return sign + whole + "." + fraction + "000000000000000000"[:scale-len(fraction)], true
}

// floatDecimal reads the text of a double or real as a decimal.
func floatDecimal(d float64, from Type, p, s int32, java floattext.Java) (any, error) {
	size := 64
	if from.Kind == Real {
		size = 32
	}
	text := floattext.Text(d, size, java)
	if !math.IsNaN(d) && !math.IsInf(d, 0) {
		r, _ := new(big.Rat).SetString(text)
		if n, ok := roundDecimal(r, int(p), int(s)); ok {
			return decimalText(n, int(s)), nil
		}
	}
	return nil, badCast("Cannot cast %s '%s' to DECIMAL(%d, %d)", strings.ToUpper(kindNames[from.Kind]), text, p, s)
}

// roundInteger rounds a double half away from zero into an integer type.
func roundInteger(d float64, name string, java floattext.Java) (any, error) {
	r := math.Round(d)
	limit := math.Ldexp(1, bitsOfName[name]-1)
	switch {
	case math.IsNaN(d) && name == "bigint" && java == floattext.Older:
		return nil, badCast("Unable to cast NaN to bigint")
	case math.IsNaN(d):
		return nil, badCast("Cannot cast double NaN to %s", name)
	case r >= limit || r < -limit:
		if name == "bigint" && java == floattext.Older {
			return nil, badCast("Unable to cast %s to bigint", javaDouble(d, java))
		}
		return nil, outOfRange("Out of range for %s: %s", name, javaDouble(d, java))
	}
	return int64(r), nil
}

// roundReal is roundInteger of a real. The releases on the older Java bring what is
// too large for bigint to its end.
func roundReal(f float32, name string, java floattext.Java) (any, error) {
	d := float64(f)
	i, err := roundInteger(d, name, java)
	switch {
	case err == nil:
		return i, nil
	case math.IsNaN(d):
		return nil, badCast("Cannot cast real NaN to %s", name)
	case name == "bigint" && java == floattext.Older && d > 0:
		return int64(math.MaxInt64), nil
	case name == "bigint" && java == floattext.Older:
		return int64(math.MinInt64), nil
	}
	return nil, outOfRange("Out of range for %s: %s", name, floattext.Text(d, 32, java))
}

func numberFunctions() []ScalarFunction {
	return []ScalarFunction{
		fn("decimal", "VARCHAR,VARCHAR,VARCHAR,INTEGER,INTEGER,INTEGER,INTEGER,VARCHAR", decimalOperator),
		fn("decimal_round", "VARCHAR,INTEGER,VARCHAR,INTEGER,INTEGER,VARCHAR", decimalRound),
		fn("from_base", "VARCHAR,BIGINT,BIGINT", func(a []any) (any, error) {
			radix := a[1].(int64)
			if radix < 2 || radix > 36 {
				return nil, badArg("Radix must be between 2 and 36")
			}
			n, err := strconv.ParseInt(a[0].(string), int(radix), 64)
			if err != nil || strings.Contains(a[0].(string), "_") {
				return nil, badArg("Not a valid base-%d number: %s", radix, a[0])
			}
			return n, nil
		}),
		fn("to_base", "BIGINT,BIGINT,VARCHAR", func(a []any) (any, error) {
			radix := a[1].(int64)
			if radix < 2 || radix > 36 {
				return nil, badArg("Radix must be between 2 and 36")
			}
			return strconv.FormatInt(a[0].(int64), int(radix)), nil
		}),
		fn("random_bound", "BIGINT,BIGINT,VARCHAR,DOUBLE", func(a []any) (any, error) {
			from, to := a[0].(int64), a[1].(int64)
			if from >= to {
				return nil, badArg("%s", a[2])
			}
			return float64(uint64(to) - uint64(from)), nil
		}),
		fn("bit_count", "BIGINT,BIGINT,BIGINT", bitCount),
		fn("shift", "BIGINT,BIGINT,VARCHAR,BIGINT,BIGINT", shiftBits),
		fn("width_bucket", "DOUBLE,DOUBLE,DOUBLE,BIGINT,BIGINT", widthBucket),
		fn("width_bins", "DOUBLE,DOUBLE[],BIGINT", widthBins),
		fn("round_int", "BIGINT,INTEGER,VARCHAR,BIGINT", roundInt),
	}
}

// checkFunctions hand an argument through that Trino holds to a range.
func checkFunctions() []ScalarFunction {
	return []ScalarFunction{
		fn("subscript", "BIGINT,BIGINT,BIGINT", func(a []any) (any, error) {
			i, n := a[0].(int64), a[1].(int64)
			switch {
			case i == 0:
				return nil, badArg("SQL array indices start at 1")
			case i < 0:
				return nil, badArg("Array subscript is negative: %d", i)
			case i > n:
				return nil, badArg("Array subscript must be less than or equal to array length: %d > %d", i, n)
			}
			return i, nil
		}),
		fn("element_index", "BIGINT,BIGINT", func(a []any) (any, error) {
			if a[0].(int64) == 0 {
				return nil, badArg("SQL array indices start at 1")
			}
			return a[0], nil
		}),
		fn("repeat_count", "BIGINT,BIGINT,BIGINT", func(a []any) (any, error) {
			n := a[0].(int64)
			if n > a[1].(int64) {
				return nil, badArg("count argument of repeat function must be less than or equal to %d", a[1])
			}
			if n < 0 {
				return nil, badArg("count argument of repeat function must be greater than or equal to 0")
			}
			return n, nil
		}),
		fn("slice_start", "BIGINT,BIGINT,BIGINT", func(a []any) (any, error) {
			if a[1].(int64) < 0 {
				return nil, badArg("length must be greater than or equal to 0")
			}
			if a[0].(int64) == 0 {
				return nil, badArg("SQL array indices start at 1")
			}
			return a[0], nil
		}),
		fn("trim_length", "BIGINT,BIGINT,BIGINT", func(a []any) (any, error) {
			n, size := a[0].(int64), a[1].(int64)
			if n < 0 {
				return nil, badArg("size must not be negative: %d", n)
			}
			if n > size {
				return nil, badArg("size must not exceed array cardinality %d: %d", size, n)
			}
			return size - n, nil
		}),
		fn("place", "BIGINT,BIGINT", func(a []any) (any, error) {
			if a[0].(int64) < 1 {
				return nil, badArg("Offset must be at least 1")
			}
			return a[0], nil
		}),
		{Name: "acme_offset", Params: []string{"BIGINT", "BOOLEAN"}, Result: "BIGINT", OnNull: true, Call: rowOffset},
		fn("buckets", "BIGINT,BIGINT", func(a []any) (any, error) {
			if a[0].(int64) <= 0 {
				return nil, badArg("Buckets must be greater than 0")
			}
			return a[0], nil
		}),
		fn("percentile", "DOUBLE,DOUBLE", func(a []any) (any, error) {
			if p := a[0].(float64); !(p >= 0 && p <= 1) {
				return nil, badArg("Percentile must be between 0 and 1")
			}
			return a[0], nil
		}),
		fn("whole_days", "BIGINT,BIGINT", func(a []any) (any, error) {
			if a[0].(int64)%86400000 != 0 {
				return nil, badArg("sequence step must be a day interval if start and end values are dates")
			}
			return a[0].(int64) / 86400000, nil
		}),
		fn("sequence", "BIGINT,BIGINT,BIGINT,BIGINT[]", sequence),
		fn("month_step", "BIGINT,BIGINT,BIGINT,BIGINT", func(a []any) (any, error) {
			// The way from start to stop counts in months, its sign is exact.
			_, err := sequence([]any{int64(0), a[2].(int64), a[0].(int64)})
			if way := a[1].(int64); err == nil && a[0].(int64)*way < 0 {
				_, err = sequence([]any{int64(0), way, a[0].(int64)})
			}
			return a[0], err
		}),
	}
}

// rowOffset checks how far lag or lead goes; NULL is an error where a[1] says so.
// No window is longer than what it is cut to.
func rowOffset(a []any) (any, error) {
	switch n, ok := a[0].(int64); {
	case !ok && a[1].(bool):
		return nil, badArg("Offset must not be null")
	case !ok:
		return int64(0), nil
	case n < 0:
		return nil, badArg("Offset must be at least 0")
	default:
		return min(n, 1<<40), nil
	}
}

// decimalOperator computes exactly on decimals given as text.
func decimalOperator(a []any) (any, error) {
	l, s1 := unscaledText(a[1].(string), int(a[3].(int32)))
	r, s2 := unscaledText(a[2].(string), int(a[4].(int32)))
	p, s := int(a[5].(int32)), int(a[6].(int32))
	overflow := outOfRange("Decimal overflow")
	wide := func(n *big.Int) bool { return n.BitLen() > 127 } // what a step may reach
	var n *big.Int
	switch op := a[0].(string); op {
	case "*":
		n = new(big.Int).Mul(l, r)
		if wide(n) {
			return nil, overflow // before the scale is brought down
		}
		n = rescale(n, s1+s2, s)
	case "/":
		if r.Sign() == 0 {
			return nil, failed{"DIVISION_BY_ZERO", "Division by zero"}
		}
		n = divHalfUp(new(big.Int).Mul(l, pow10(s-s1+s2)), r)
	case "%":
		if r.Sign() == 0 {
			return nil, failed{"DIVISION_BY_ZERO", "Division by zero"}
		}
		m := max(s1, s2)
		n = new(big.Int).Rem(rescale(l, s1, m), rescale(r, s2, m))
	default:
		m := max(s1, s2)
		l, r = rescale(l, s1, m), rescale(r, s2, m)
		if wide(l) || wide(r) {
			return nil, overflow
		}
		if n = new(big.Int).Add(l, r); op == "-" {
			n.Sub(l, r)
		}
		n = rescale(n, m, s)
	}
	if _, ok := fits(n, 38); !ok || p > 38 {
		return nil, overflow
	}
	return decimalText(n, s), nil
}

func unscaledText(s string, scale int) (*big.Int, int) {
	n, _ := new(big.Int).SetString(strings.Replace(s, ".", "", 1), 10)
	if n == nil {
		n = new(big.Int)
	}
	if _, frac, _ := strings.Cut(s, "."); len(frac) != scale {
		n = rescale(n, len(frac), scale)
	}
	return n, scale
}

// rescale brings an unscaled number from one scale to another, half up.
func rescale(n *big.Int, from, to int) *big.Int {
	if to >= from {
		return new(big.Int).Mul(n, pow10(to-from))
	}
	return divHalfUp(n, pow10(from-to))
}

// decimalRound rounds or truncates a decimal to digits, into a type.
func decimalRound(a []any) (any, error) {
	text, digits := a[0].(string), int(a[1].(int32))
	_, frac, _ := strings.Cut(text, ".")
	n, from := unscaledText(text, len(frac))
	p, s := int(a[3].(int32)), int(a[4].(int32))
	if digits < from {
		if digits < -40 {
			n = new(big.Int)
		} else if a[2] == "round" {
			n = divHalfUp(n, pow10(from-digits))
		} else {
			n = new(big.Int).Quo(n, pow10(from-digits))
		}
		n.Mul(n, pow10(max(0, from-max(digits, -40))))
	}
	n = rescale(n, from, s)
	if _, ok := fits(n, min(p, 38)); !ok {
		return nil, outOfRange("Decimal overflow")
	}
	return decimalText(n, s), nil
}

// roundInt rounds an integer to a power of ten, half away from zero.
func roundInt(a []any) (any, error) {
	n, d := a[0].(int64), a[1].(int32)
	if d >= 0 {
		return n, nil
	}
	if d < -18 {
		return nil, outOfRange("numerical overflow: %d", n)
	}
	unit := pow10(int(-d))
	r := new(big.Int).Mul(divHalfUp(big.NewInt(n), unit), unit)
	if !r.IsInt64() {
		return nil, outOfRange("numerical overflow: %d", n)
	}
	if size := bitsOfName[a[2].(string)]; size < 64 && (r.Int64() >= 1<<(size-1) || r.Int64() < -1<<(size-1)) {
		return nil, outOfRange("Out of range for %s: %s", a[2], r)
	}
	return r.Int64(), nil
}

func bitCount(a []any) (any, error) {
	n, size := a[0].(int64), a[1].(int64)
	if size == 64 {
		return int64(bits.OnesCount64(uint64(n))), nil
	}
	if size <= 1 || size > 64 {
		return nil, badArg("Bits specified in bit_count must be between 2 and 64, got %d", size)
	}
	low, high := -int64(1)<<(size-1), int64(1)<<(size-1)-1
	if n < low || n > high {
		return nil, badArg("Number must be representable with the bits specified. %d cannot be represented with %d bits", n, size)
	}
	return int64(bits.OnesCount64(uint64(n) & (1<<size - 1))), nil
}

func shiftBits(a []any) (any, error) {
	n, by, how, size := a[0].(int64), a[1].(int64), a[2].(string), a[3].(int64)
	mask := uint64(1)<<(uint(size)&63) - 1
	if size == 64 {
		mask = math.MaxUint64
	}
	u := uint64(n) & mask
	if by >= size {
		if how == "arithmetic" && n < 0 {
			return int64(-1), nil
		}
		return int64(0), nil
	}
	k := uint(by) & 63
	switch how {
	case "left":
		u = u << k & mask
	case "right":
		u >>= k
	default:
		return n >> k, nil
	}
	return int64(u<<(64-uint(size))) >> (64 - uint(size)), nil
}

func widthBucket(a []any) (any, error) {
	v, lo, hi, n := a[0].(float64), a[1].(float64), a[2].(float64), a[3].(int64)
	switch {
	case n <= 0:
		return nil, badArg("bucketCount must be greater than 0")
	case math.IsNaN(v):
		return nil, badArg("operand must not be NaN")
	case math.IsNaN(lo) || math.IsInf(lo, 0):
		return nil, badArg("first bound must be finite")
	case math.IsNaN(hi) || math.IsInf(hi, 0):
		return nil, badArg("second bound must be finite")
	case lo == hi:
		return nil, badArg("bounds cannot equal each other")
	}
	lower, upper := math.Min(lo, hi), math.Max(lo, hi)
	var r int64
	switch {
	case v < lower:
		r = 0
	case v >= upper:
		r = n + 1
	default:
		r = int64(float64(n)*(v-lower)/(upper-lower)) + 1
	}
	if lo > hi {
		r = n - r + 1
	}
	return r, nil
}

func widthBins(a []any) (any, error) {
	v, list := a[0].(float64), a[1].([]any)
	if len(list) == 0 {
		return nil, badArg("Bins cannot be an empty array")
	}
	if math.IsNaN(v) {
		return nil, badArg("Operand cannot be NaN")
	}
	lo, hi := 0, len(list)
	for lo < hi {
		b, ok := list[lo].(float64)
		last, ok2 := list[hi-1].(float64)
		if !ok || !ok2 || b > last {
			return nil, badArg("Bin values are not sorted in ascending order")
		}
		mid := (lo + hi) / 2
		bin, ok := list[mid].(float64)
		if !ok || math.IsNaN(bin) || math.IsInf(bin, 0) {
			return nil, badArg("Bin value must be finite, got %v", list[mid])
		}
		if v < bin {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return int64(lo), nil
}

func sequence(a []any) (any, error) {
	from, to, step := a[0].(int64), a[1].(int64), a[2].(int64)
	switch {
	case step == 0:
		return nil, badArg("step must not be zero")
	case step > 0 && to < from:
		return nil, badArg("sequence stop value should be greater than or equal to start value if step is greater than zero otherwise stop should be less than or equal to start")
	case step < 0 && to > from:
		return nil, badArg("sequence stop value should be greater than or equal to start value if step is greater than zero otherwise stop should be less than or equal to start")
	}
	n := (to-from)/step + 1
	if n > 10000 {
		return nil, badArg("result of sequence function must not have more than 10000 entries")
	}
	out := make([]any, 0, n)
	for i := int64(0); i < n; i++ {
		out = append(out, from+i*step)
	}
	return out, nil
}
