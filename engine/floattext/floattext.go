// Package floattext writes floating-point numbers as Java does.
//
// What comes in is a double, or a real widened to one, and the edition of Java;
// what goes out is the text of Double.toString or Float.toString, or the decimal
// digits before they are laid out.
//
// Java had two ways to choose the digits. Since Java 19 they are the fewest that
// read back as the same number, and of those the nearest. The way before divides
// digit by digit and stops when the digits so far, as they are or with the last
// one raised, lie within half a unit in the last place. It counts that unit with
// care, but stops a little early or late in places: 2.0E23 is
// 1.9999999999999998E23, and a whole real of more than 24 bits keeps digits that it
// does not need. Trino 401 runs on Java 17, 483 on Java 25, and Java 25 still
// uses the older way in java.text.DecimalFormat, by which CAST(double AS varchar)
// prints in every release.
package floattext

import (
	"math"
	"strconv"
	"strings"
)

// Java is an edition of the digits.
type Java int

const (
	Older Java = iota // of Java 18 and before
	Newer             // of Java 19 and after
)

// Of gives the edition of the Java that a release of Trino runs on.
func Of(release int) Java {
	if release < 436 { // runs on Java 17
		return Older
	}
	return Newer
}

// Text is Double.toString of d, or with bits 32 Float.toString: plain from 0.001
// up to below 10,000,000, with an exponent elsewhere, always a digit behind the
// point.
func Text(d float64, bits int, java Java) string {
	switch {
	case math.IsNaN(d):
		return "NaN"
	case math.IsInf(d, 1):
		return "Infinity"
	case math.IsInf(d, -1):
		return "-Infinity"
	}
	sign := ""
	if math.Signbit(d) {
		sign = "-"
	}
	if d == 0 {
		return sign + "0.0"
	}
	digits, exp := Digits(d, bits, java)
	switch {
	case exp < -3 || exp >= 7:
		return sign + pointed(digits, 0) + "E" + strconv.Itoa(exp)
	case exp < 0:
		return sign + "0." + strings.Repeat("0", -exp-1) + digits
	}
	return sign + pointed(digits, exp)
}

// pointed puts the point behind the digit at, and a zero where there is none.
func pointed(digits string, at int) string {
	if short := at + 2 - len(digits); short > 0 {
		digits += strings.Repeat("0", short)
	}
	return digits[:at+1] + "." + digits[at+1:]
}

// Digits gives the decimal digits of d, or with bits 32 of the real that d holds,
// without sign and point, and the exponent of the first of them. d is finite and
// not zero.
func Digits(d float64, bits int, java Java) (digits string, exp int) {
	d = math.Abs(d)
	if java == Older {
		return older(d, bits)
	}
	return newer(d, bits)
}

// newer takes as few digits as tell the number from its neighbours, though two at
// least, and of so many those that come nearest, the even ones of two as near.
// Zeros at the end are not kept: 4.9E-324 but 2.0E-323.
func newer(d float64, bits int) (string, int) {
	fewest := strconv.FormatFloat(d, 'e', -1, bits)
	count, _, _ := strings.Cut(fewest, "e")
	nearest := strconv.FormatFloat(d, 'e', max(1, len(count)-2), 64)
	if nearest != fewest {
		if back, err := strconv.ParseFloat(nearest, bits); err == nil && back == d {
			fewest = nearest
		}
	}
	mantissa, e, _ := strings.Cut(fewest, "e")
	exp, _ := strconv.Atoi(e)
	return trimZeros(strings.ReplaceAll(mantissa, ".", "")), exp
}
