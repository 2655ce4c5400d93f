package dialect

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// javaDigits gives the shortest decimal digits of d, without a point, and the
// exponent of the first of them. Java never prints fewer than two digits of the
// least denormal.
func javaDigits(d float64, bits int) (digits string, exp int) {
	s := strconv.FormatFloat(math.Abs(d), 'e', -1, bits)
	mantissa, e, _ := strings.Cut(s, "e")
	exp, _ = strconv.Atoi(e)
	digits = strings.ReplaceAll(mantissa, ".", "")
	if bits == 64 && math.Abs(d) == math.SmallestNonzeroFloat64 {
		digits = "49"
	}
	if bits == 32 && math.Abs(d) == math.SmallestNonzeroFloat32 {
		digits = "14"
	}
	return digits, exp
}

// javaSpecial gives the text of a number that is none, or of zero with zero.
func javaSpecial(d float64, zero string) (string, bool) {
	switch {
	case math.IsNaN(d):
		return "NaN", true
	case math.IsInf(d, 1):
		return "Infinity", true
	case math.IsInf(d, -1):
		return "-Infinity", true
	case d == 0 && math.Signbit(d):
		return "-" + zero, true
	case d == 0:
		return zero, true
	}
	return "", false
}

func sign(d float64) string {
	if d < 0 {
		return "-"
	}
	return ""
}

// scientific gives digits as 1.5E10, with one digit at least behind the point.
func scientific(sign, digits string, exp int) string {
	frac := digits[1:]
	if frac == "" {
		frac = "0"
	}
	return sign + digits[:1] + "." + frac + "E" + strconv.Itoa(exp)
}

// castDouble gives the text of CAST(double AS varchar): 3.77E1.
func castDouble(d float64) string {
	if s, ok := javaSpecial(d, "0E0"); ok {
		return s
	}
	digits, exp := javaDigits(d, 64)
	return scientific(sign(d), digits, exp)
}

// castReal gives the text of CAST(real AS varchar), seven digits at most. Trino
// prints the value, reads that as a double, and has Java round it: a tie goes up
// in whole numbers, elsewhere the double decides.
func castReal(f float32, older bool) string {
	d := float64(f)
	if s, ok := javaSpecial(d, "0E0"); ok {
		return s
	}
	text := strconv.FormatFloat(math.Abs(d), 'e', -1, 32)
	if older {
		text = olderReal(math.Abs(d), text)
	}
	read, _ := strconv.ParseFloat(text, 64)
	mantissa, e, _ := strings.Cut(text, "e")
	exp, _ := strconv.Atoi(e)
	digits := strings.ReplaceAll(mantissa, ".", "")
	if read != math.Trunc(read) || read >= 1<<63 {
		mantissa, e, _ = strings.Cut(strconv.FormatFloat(read, 'e', 6, 64), "e")
		exp, _ = strconv.Atoi(e)
		digits = strings.ReplaceAll(mantissa, ".", "")
	}
	if len(digits) > 7 {
		n, _ := strconv.Atoi(digits[:7])
		if digits[7] >= '5' {
			n++
		}
		if digits = strconv.Itoa(n); len(digits) > 7 {
			exp++
		}
	}
	return scientific(sign(d), strings.TrimRight(digits, "0"), exp)
}

// newerJava is the first release on a Java whose text of a real is the shortest.
const newerJava = 436

// olderReal is the text that Javas before 19 have for whole reals of more than 24
// bits, which may be longer than the shortest: only digits below the last bit are
// left out.
func olderReal(d float64, shortest string) string {
	bits := math.Ilogb(d)
	if d != math.Trunc(d) || bits <= 24 || bits > 62 {
		return shortest
	}
	n, drop := uint64(d), int64(1)
	if p := bits - 25; p >= 4 {
		for range int(float64(p) * math.Log10(2)) {
			drop *= 10
		}
	}
	n = (n + uint64(drop)/2) / uint64(drop)
	digits := strconv.FormatUint(n, 10)
	exp := len(digits) - 1 + len(strconv.FormatInt(drop, 10)) - 1
	return digits[:1] + "." + digits[1:] + "e" + strconv.Itoa(exp)
}

// javaDouble gives Double.toString: plain from 1e-3 to 1e7, else scientific.
func javaDouble(d float64) string { return javaFloat(d, 64) }

func javaFloat(d float64, bits int) string {
	if s, ok := javaSpecial(d, "0.0"); ok {
		return s
	}
	digits, exp := javaDigits(d, bits)
	if exp < -3 || exp >= 7 {
		return scientific(sign(d), digits, exp)
	}
	if exp < 0 {
		return sign(d) + "0." + strings.Repeat("0", -exp-1) + digits
	}
	for len(digits) < exp+2 {
		digits += "0"
	}
	return sign(d) + digits[:exp+1] + "." + digits[exp+1:]
}

// javaScientific prints a double literal as Trino shows it in messages: 1E0.
func javaScientific(d float64) string {
	if s, ok := javaSpecial(d, "0E0"); ok {
		return s
	}
	digits, exp := javaDigits(d, 64)
	s := sign(d) + digits[:1]
	if len(digits) > 1 {
		s += "." + digits[1:]
	}
	return s + "E" + strconv.Itoa(exp)
}

// parseJavaDouble is Double.parseDouble: blanks around, NaN, Infinity, a type
// suffix; hexadecimal forms are left out.
func parseJavaDouble(s string) (float64, bool) {
	s = strings.TrimFunc(s, func(r rune) bool { return r <= ' ' })
	body := strings.TrimLeft(s, "+-")
	if len(s)-len(body) > 1 || body == "" {
		return 0, false
	}
	neg := strings.HasPrefix(s, "-")
	var d float64
	switch body {
	case "NaN":
		return math.NaN(), true
	case "Infinity":
		d = math.Inf(1)
	default:
		if c := body[len(body)-1] | 0x20; (c == 'd' || c == 'f') && len(body) > 1 && (!strings.HasPrefix(strings.ToLower(body), "0x") || strings.ContainsAny(body, "pP")) {
			body = body[:len(body)-1]
		}
		if hex := strings.HasPrefix(body, "0x") || strings.HasPrefix(body, "0X"); !hex && strings.Trim(body, "0123456789.eE+-") != "" || hex && strings.Contains(body, "_") {
			return 0, false
		}
		var err error
		if d, err = strconv.ParseFloat(body, 64); err != nil && !math.IsInf(d, 0) {
			return 0, false
		}
	}
	if neg {
		d = -d
	}
	return d, true
}

// roundDecimal rounds r half away from zero to scale digits and gives the
// unscaled number; ok is false if it has more than precision digits.
func roundDecimal(r *big.Rat, precision, scale int) (*big.Int, bool) {
	num := new(big.Int).Mul(r.Num(), pow10(scale))
	return fits(divHalfUp(num, r.Denom()), precision)
}

func fits(n *big.Int, precision int) (*big.Int, bool) {
	return n, n.CmpAbs(pow10(precision)) < 0
}

func pow10(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// divHalfUp divides, rounding half away from zero.
func divHalfUp(a, b *big.Int) *big.Int {
	q, r := new(big.Int).QuoRem(a, b, new(big.Int))
	if r.Lsh(r.Abs(r), 1).CmpAbs(b) >= 0 {
		if a.Sign()*b.Sign() < 0 {
			return q.Sub(q, big.NewInt(1))
		}
		return q.Add(q, big.NewInt(1))
	}
	return q
}

// decimalText prints an unscaled number with scale digits behind the point.
func decimalText(n *big.Int, scale int) string {
	s := new(big.Int).Abs(n).String()
	if len(s) <= scale {
		s = strings.Repeat("0", scale-len(s)+1) + s
	}
	if scale > 0 {
		s = s[:len(s)-scale] + "." + s[len(s)-scale:]
	}
	if n.Sign() < 0 {
		s = "-" + s
	}
	return s
}
