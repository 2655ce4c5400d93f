package dialect

import (
	"math/big"
	"strings"
)

// separatorsSince is the release since which a number may have _ between its
// digits, and an integer be hexadecimal, octal or binary.
const separatorsSince = 420

// numberOf scans an integer, decimal or double literal, or a word that begins
// with a digit; the longest wins, a number on a tie. A double never has separators.
func numberOf(s string, t *token, separators bool) int {
	n := digitsAt(s, 0, separators)
	t.kind = tokInteger
	if n < len(s) && s[n] == '.' {
		n, t.kind = digitsAt(s, n+1, separators), tokDecimal
	}
	if m := exponentAt(s, n); m > n && strings.IndexByte(s[:n], '_') < 0 {
		n, t.kind = m, tokDouble
	}
	base := 10
	if m, b := prefixedAt(s); separators && m > n {
		n, t.kind, base = m, tokInteger, b
	}
	if w := digitsAt(s, 0, false); w > 0 && w < len(s) && (isLetter(s[w]) || s[w] == '_') {
		var word token
		if m := wordOf(s, &word); m > n {
			t.kind = tokDigitWord
			return m
		}
	}
	if plain := strings.ReplaceAll(s[:n], "_", ""); base != 10 {
		if v, ok := new(big.Int).SetString(plain[2:], base); ok {
			t.text = v.String()
		}
	} else {
		t.text = plain
	}
	return n
}

// digitsAt gives where the digits that begin at i end.
func digitsAt(s string, i int, separators bool) int {
	return digitsOf(s, i, separators, isDigit)
}

func digitsOf(s string, i int, separators bool, is func(byte) bool) int {
	start := i
	for i < len(s) && (is(s[i]) || separators && i > start && s[i] == '_' && i+1 < len(s) && is(s[i+1])) {
		i++
	}
	return i
}

// exponentAt gives where the exponent that begins at n ends; n if none does.
func exponentAt(s string, n int) int {
	m := n
	if m < len(s) && s[m]|0x20 == 'e' {
		m++
	} else {
		return n
	}
	if m < len(s) && (s[m] == '+' || s[m] == '-') {
		m++
	}
	if e := digitsAt(s, m, false); e > m {
		return e
	}
	return n
}

// prefixedAt gives the length and the base of an integer such as 0x1F; 0 if s
// begins with none. A separator may stand before the first digit.
func prefixedAt(s string) (n, base int) {
	if len(s) < 3 || s[0] != '0' {
		return 0, 0
	}
	switch s[1] | 0x20 {
	case 'x':
		base = 16
	case 'o':
		base = 8
	case 'b':
		base = 2
	default:
		return 0, 0
	}
	is := func(c byte) bool {
		switch {
		case isDigit(c):
			return int(c-'0') < base
		case isLetter(c):
			return int(c|0x20-'a')+10 < base
		}
		return false
	}
	from := 2
	if s[2] == '_' {
		from = 3
	}
	if n = digitsOf(s, from, true, is); n == from {
		return 0, 0
	}
	return n, base
}

// withoutSeparators drops each _ between two digits of a number.
func withoutSeparators(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '_' && i > 0 && i+1 < len(s) && isDigit(s[i-1]) && isDigit(s[i+1]) {
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
