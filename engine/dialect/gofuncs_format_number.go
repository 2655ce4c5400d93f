package dialect

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"

	"acme/telemetry/engine/floattext"
)

func (s *formatSpec) printNumber(arg formatArg) (string, error) {
	switch {
	case strings.IndexByte("dox", s.conv) >= 0 && arg.kind == 'l':
		n, _ := strconv.ParseInt(arg.text, 10, 64)
		if s.conv == 'd' {
			digits := strconv.FormatUint(uint64(max(n, -n)), 10)
			return s.justify(s.signed(n < 0, digits, "")), nil
		}
		return s.printBits(uint64(n))
	case strings.IndexByte("efga", s.conv) >= 0 && (arg.kind == 'd' || arg.kind == 'f'):
		bits := map[byte]int{'d': 64, 'f': 32}[arg.kind]
		d, _ := strconv.ParseFloat(arg.text, bits)
		return s.printDouble(d), nil
	case strings.IndexByte("efg", s.conv) >= 0 && arg.kind == 'n':
		return s.printDecimal(arg.text), nil
	}
	return "", s.mismatch(arg)
}

// printBits is %x and %o, of the two's complement.
func (s *formatSpec) printBits(n uint64) (string, error) {
	if err := s.badFlags("( +"); err != nil {
		return "", err
	}
	base, prefix := 16, "0x"
	if s.conv == 'o' {
		base, prefix = 8, "0"
	}
	if !s.has('#') {
		prefix = ""
	}
	digits := strconv.FormatUint(n, base)
	if s.has('0') {
		digits = strings.Repeat("0", max(0, s.width-len(prefix)-len(digits))) + digits
	}
	if s.upper {
		return s.justify(strings.ToUpper(prefix + digits)), nil
	}
	return s.justify(prefix + digits), nil
}

// signed puts the sign, the commas and the zeros around a number without sign;
// tail is an exponent, which has none of them.
func (s *formatSpec) signed(negative bool, digits, tail string) string {
	sign, width, end := "", s.width, ""
	switch {
	case negative && s.has('('):
		sign, end, width = "(", ")", width-1
	case negative:
		sign = "-"
	case s.has('+'):
		sign = "+"
	case s.has(' '):
		sign = " "
	}
	whole, frac, point := strings.Cut(digits, ".")
	if s.has(',') {
		for i := len(whole) - 3; i > 0; i -= 3 {
			whole = whole[:i] + "," + whole[i:]
		}
	}
	if point {
		whole += "." + frac
	}
	if s.has('0') {
		whole = strings.Repeat("0", max(0, width-len(sign)-len(whole)-len(tail))) + whole
	}
	return sign + whole + tail + end
}

// printDouble rounds the digits of a double half up, as Java does.
func (s *formatSpec) printDouble(d float64) string {
	negative := math.Signbit(d) && !math.IsNaN(d)
	raise := func(t string) string {
		if s.upper {
			return strings.ToUpper(t)
		}
		return t
	}
	switch {
	case math.IsNaN(d):
		return s.justify(raise("NaN"))
	case math.IsInf(d, 0):
		plain := *s
		plain.flags = strings.NewReplacer("0", "", ",", "").Replace(s.flags)
		return s.justify(plain.signed(negative, raise("Infinity"), ""))
	case s.conv == 'a':
		return s.printHexFloat(d, negative)
	}
	digits, exp := "0", 0
	if d != 0 {
		digits, exp = floattext.Digits(d, 64, s.java)
		digits = trimZeros(digits)
	}
	n, _ := new(big.Int).SetString(digits, 10)
	return s.justify(raise(s.printDigits(negative, n, len(digits)-1-exp, false)))
}

// printDecimal is for decimals, of which every digit counts.
func (s *formatSpec) printDecimal(text string) string {
	negative := strings.HasPrefix(text, "-") && strings.Trim(text, "-0.") != ""
	digits := strings.TrimPrefix(text, "-")
	_, frac, _ := strings.Cut(digits, ".")
	n, _ := new(big.Int).SetString(strings.Replace(digits, ".", "", 1), 10)
	out := s.printDigits(negative, n, len(frac), true)
	if s.upper {
		out = strings.ToUpper(out)
	}
	return s.justify(out)
}

// printDigits prints n / 10^scale by %f, %e or %g.
func (s *formatSpec) printDigits(negative bool, n *big.Int, scale int, decimal bool) string {
	precision := s.precision
	if precision < 0 {
		precision = 6
	}
	conv := s.conv
	if conv == 'g' {
		precision = max(precision, 1)
		e := len(n.String()) - 1 - scale // of the first digit
		rounded := e
		if !decimal {
			if _, up := significant(n, precision); up {
				rounded++
			}
		}
		switch {
		case n.Sign() == 0 && !decimal:
			conv, precision = 'f', precision-1
		case n.Sign() == 0 || rounded >= -4 && rounded < precision:
			conv, precision = 'f', max(0, precision-rounded-1)
		default:
			conv, precision = 'e', precision-1
		}
	}
	if conv == 'f' {
		return s.signed(negative, s.pointed(fixed(n, scale, precision), precision), "")
	}
	e := len(n.String()) - 1 - scale
	if n.Sign() == 0 && !decimal {
		e = 0
	}
	digits, up := significant(n, precision+1)
	if up {
		e++
	}
	mant := digits[:1]
	if precision > 0 {
		mant += "." + digits[1:]
	}
	return s.signed(negative, s.pointed(mant, precision), fmt.Sprintf("e%+03d", e))
}

// pointed adds the point that # asks for.
func (s *formatSpec) pointed(digits string, precision int) string {
	if s.has('#') && precision == 0 {
		return digits + "."
	}
	return digits
}

// fixed gives n / 10^scale with digits behind the point, half up.
func fixed(n *big.Int, scale, digits int) string {
	n = rescale(n, scale, digits)
	text := n.String()
	if digits == 0 {
		return text
	}
	if len(text) <= digits {
		text = strings.Repeat("0", digits+1-len(text)) + text
	}
	return text[:len(text)-digits] + "." + text[len(text)-digits:]
}

// significant gives the first digits of n, half up, and whether there is one more
// in front now.
func significant(n *big.Int, digits int) (string, bool) {
	text := n.String()
	if len(text) <= digits {
		return text + strings.Repeat("0", digits-len(text)), false
	}
	r := divHalfUp(n, pow10(len(text)-digits)).String()
	if len(r) > digits {
		return r[:digits], true
	}
	return r, false
}

// printHexFloat is %a.
func (s *formatSpec) printHexFloat(d float64, negative bool) string {
	digits := s.precision
	if digits == 0 {
		digits = 1
	}
	text := strconv.FormatFloat(math.Abs(d), 'x', digits, 64) // 0x1.8p+00
	mant, exp, _ := strings.Cut(strings.TrimPrefix(text, "0x"), "p")
	if !strings.Contains(mant, ".") {
		mant += ".0"
	}
	e, _ := strconv.Atoi(exp)
	tail := mant + "p" + strconv.Itoa(e)
	plain := *s
	plain.flags = strings.ReplaceAll(s.flags, "0", "")
	if s.has('0') {
		tail = strings.Repeat("0", max(0, s.width-len(tail)-2-len(plain.signed(negative, "", "")))) + tail
	}
	out := plain.signed(negative, "", "0x"+tail)
	if s.upper {
		out = strings.ToUpper(out)
	}
	return s.justify(out)
}
