package dialect

import (
	"math/big"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// The characters that Trino trims, asked of 401 and 483 one by one.
func TestBlanks(t *testing.T) {
	want := []rune{9, 10, 11, 12, 13, 28, 29, 30, 31, ' ', 5760, 8192, 8193, 8194, 8195, 8196, 8197, 8198, 8200, 8201, 8202, 8232, 8233, 8287, 12288}
	var got []rune
	for r := range utf8.MaxRune + 1 {
		if isBlank(rune(r)) {
			got = append(got, rune(r))
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("%d, want %d", got, want)
	}
}

// plainDecimal gives what the way for numbers of any size gives, where it gives anything.
func TestPlainDecimal(t *testing.T) {
	taken := 0
	check := func(t rapid.TB, s string, p, scale int) {
		text, ok := plainDecimal(s, p, scale)
		if !ok {
			return
		}
		taken++
		r, known := new(big.Rat).SetString(s)
		if !known {
			t.Fatalf("%q is no number", s)
		}
		if n, fits := roundDecimal(r, p, scale); !fits || decimalText(n, scale) != text {
			t.Fatalf("%q as decimal(%d, %d) is %s, want %v, %v", s, p, scale, text, n, fits)
		}
	}
	for _, s := range []string{"", "-", ".", "-.", "1.", ".1", "0", "-0", "0.00", "00", "01", "1_000", "1e3", "+1", "--1", "0x1", "1/2", "٣", "123456789012345678", "1234567890123456789"} {
		for scale := range 5 {
			check(t, s, 18, scale)
		}
	}
	rapid.Check(t, func(r *rapid.T) {
		p := rapid.IntRange(1, 38).Draw(r, "precision")
		s := rapid.StringMatching(`-?[0-9]{0,12}(\.[0-9]{0,6})?[e_+.]?`).Draw(r, "text")
		check(r, s, p, rapid.IntRange(0, min(p, 8)).Draw(r, "scale"))
	})
	if taken == 0 {
		t.Error("none was plain")
	}
}

// castInteger gives what the way for all numbers gives.
func TestPlainInteger(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		name := rapid.SampledFrom([]string{"TINYINT", "SMALLINT", "INT", "BIGINT"}).Draw(r, "type")
		edges := []string{"127", "128", "-128", "-129", "32767", "-32769", "2147483647", "2147483648", "-2147483648", "-2147483649", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "-", "", "+1", "1 ", "-0", "٣", "1_0"}
		s := rapid.OneOf(rapid.SampledFrom(edges), rapid.StringMatching(`[-+]?[0-9]{0,20}[ .]?`)).Draw(r, "text")
		got, err := castInteger(s, name, bitsOfName[name])
		want, failed := strconv.ParseInt(asciiDigits(s), 10, bitsOfName[name])
		if (err == nil) != (failed == nil) || err == nil && got != want {
			r.Fatalf("%q as %s is %d, %v, want %d, %v", s, name, got, err, want, failed)
		}
	})
}

// split_part finds a part as splitting the whole text would.
func TestSplitPart(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s, sep := rapid.StringMatching(`[ab,é]{0,12}`).Draw(r, "text"), rapid.StringMatching(`[a,é]{1,2}`).Draw(r, "delimiter")
		parts := strings.Split(s, sep)
		for n := range int64(len(parts) + 2) {
			got, err := splitPart([]any{s, sep, n + 1})
			var want any
			if int(n) < len(parts) {
				want = parts[n]
			}
			if err != nil || got != want {
				r.Fatalf("part %d of %q by %q: %v, %v, want %v", n+1, s, sep, got, err, want)
			}
		}
	})
}
