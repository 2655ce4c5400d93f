package dialect

import (
	"math"
	"math/big"
	"strconv"
	"strings"

	"acme/telemetry/engine/floattext"
)

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

// castDouble gives the text of CAST(double AS varchar): 3.77E1. Every Java here
// takes the older digits for it.
func castDouble(d float64) string {
	if s, ok := javaSpecial(d, "0E0"); ok {
		return s
	}
	digits, exp := floattext.Digits(d, 64, floattext.Older)
	return scientific(sign(d), trimZeros(digits), exp)
}

func trimZeros(digits string) string {
	return digits[:1] + strings.TrimRight(digits[1:], "0")
}

// castReal gives the text of CAST(real AS varchar), seven digits at most. Trino
// prints the value, reads that as a double, and has Java round it: a tie goes up
// in whole numbers, elsewhere the double decides.
func castReal(f float32, java floattext.Java) string {
	d := float64(f)
	if s, ok := javaSpecial(d, "0E0"); ok {
		return s
	}
	read, _ := strconv.ParseFloat(floattext.Text(math.Abs(d), 32, java), 64)
	digits, exp := floattext.Digits(read, 64, floattext.Older)
	if read != math.Trunc(read) || read >= 1<<63 {
		mantissa, e, _ := strings.Cut(strconv.FormatFloat(read, 'e', 6, 64), "e")
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
	return scientific(sign(d), trimZeros(digits), exp)
}

// javaDouble is Double.toString in an edition of Java.
func javaDouble(d float64, java floattext.Java) string { return floattext.Text(d, 64, java) }

// javaScientific prints a double literal as Trino shows it in messages: 1E0.
func javaScientific(d float64) string {
	if s, ok := javaSpecial(d, "0E0"); ok {
		return s
	}
	digits, exp := floattext.Digits(d, 64, floattext.Older)
	digits = trimZeros(digits)
	s := sign(d) + digits[:1]
	if len(digits) > 1 {
		s += "." + digits[1:]
	}
	return s + "E" + strconv.Itoa(exp)
}

// edition names the function in Go that writes doubles as the Java of the release
// does: editions has made one for each.
func (a *analyser) edition(name string) string {
	if floattext.Of(a.level) == floattext.Newer {
		return "acme_newer_" + name
	}
	return "acme_" + name
}

// editions makes a function for each edition of Java.
func editions(name, types string, call func(java floattext.Java, a []any) (any, error)) []ScalarFunction {
	return []ScalarFunction{
		fn(name, types, func(a []any) (any, error) { return call(floattext.Older, a) }),
		fn("newer_"+name, types, func(a []any) (any, error) { return call(floattext.Newer, a) }),
	}
}

// parseJavaDouble is Double.parseDouble: blanks around, NaN, Infinity, a type
// suffix, hexadecimal forms.
func parseJavaDouble(s string) (float64, bool) { return parseJavaFloat(s, 64) }

// parseJavaFloat is parseJavaDouble, or with bits 32 Float.parseFloat, which rounds
// once.
func parseJavaFloat(s string, bits int) (float64, bool) {
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
		if d, err = strconv.ParseFloat(body, bits); err != nil && !math.IsInf(d, 0) {
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
