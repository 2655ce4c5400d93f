package serde

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// scanString gives the first quote or backslash at or behind at, or len(b).
func scanString(b []byte, at int) int {
	for at+8 <= len(b) {
		w := binary.LittleEndian.Uint64(b[at:])
		quote, slash := w^('"'*ones), w^('\\'*ones)
		if found := ((quote-ones)&^quote | (slash-ones)&^slash) & highs; found != 0 {
			return at + bits.TrailingZeros64(found)>>3
		}
		at += 8
	}
	for at < len(b) && b[at] != '"' && b[at] != '\\' {
		at++
	}
	return at
}

// scanText is scanString, and says whether all the bytes before what it found,
// and perhaps some behind, are ASCII.
func scanText(b []byte, at int) (end int, ascii bool) {
	seen := uint64(0)
	for at+8 <= len(b) {
		w := binary.LittleEndian.Uint64(b[at:])
		seen |= w
		quote, slash := w^('"'*ones), w^('\\'*ones)
		if found := ((quote-ones)&^quote | (slash-ones)&^slash) & highs; found != 0 {
			return at + bits.TrailingZeros64(found)>>3, seen&highs == 0
		}
		at += 8
	}
	for at < len(b) && b[at] != '"' && b[at] != '\\' {
		seen |= uint64(b[at])
		at++
	}
	return at, seen&highs == 0
}

// appendUTF8 appends text and makes U+FFFD of what is not UTF-8, as many as a
// Java decoder makes.
func appendUTF8(dst, text []byte) []byte {
	if utf8.Valid(text) {
		return append(dst, text...)
	}
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		if r == utf8.RuneError && size == 1 {
			size = broken(text)
			dst = append(dst, "\uFFFD"...)
		} else {
			dst = append(dst, text[:size]...)
		}
		text = text[size:]
	}
	return dst
}

// broken gives how many bytes one U+FFFD stands for: the longest beginning of a
// character that was cut off, or a surrogate that was encoded as if it were a
// character, or one byte.
func broken(b []byte) int {
	follows := func(i int, lo, hi byte) bool { return i < len(b) && lo <= b[i] && b[i] <= hi }
	lo, hi, size := byte(0x80), byte(0xBF), 0
	switch c := b[0]; {
	case 0xE0 <= c && c <= 0xEF:
		size = 3
		if c == 0xE0 {
			lo = 0xA0
		}
	case 0xF0 <= c && c <= 0xF4:
		size = 4
		if c == 0xF0 {
			lo = 0x90
		} else if c == 0xF4 {
			hi = 0x8F
		}
	}
	if size == 0 || !follows(1, lo, hi) {
		return 1
	}
	n := 2
	for n < size && follows(n, 0x80, 0xBF) {
		n++
	}
	return n
}

// appendQuoted appends the text of a string whose first byte is b[at] and gives
// what follows its closing quote. A backslash before anything that is not an
// escape stands for what follows it. A surrogate without its other half becomes
// a question mark, which is what Java writes for it.
func appendQuoted(dst, b []byte, at int, quote byte) ([]byte, int, *lineError) {
	start := at
	high := rune(0) // a high surrogate that waits for its other half
	flush := func(end int) {
		if high != 0 && end > start {
			dst, high = append(dst, '?'), 0
		}
		dst = appendUTF8(dst, b[start:end])
	}
	for {
		at = scanQuoted(b, at, quote)
		if at >= len(b) {
			return dst, 0, cutShort("a string is not closed", at)
		}
		flush(at)
		if b[at] == quote {
			if high != 0 {
				dst = append(dst, '?')
			}
			return dst, at + 1, nil
		}
		if at+1 >= len(b) {
			return dst, 0, cutShort("an escape is cut short", at)
		}
		r, size, err := escape(b, at+1)
		if err != nil {
			return dst, 0, err
		}
		if size == 0 { // the byte stands for itself
			start, at = at+1, at+2
			continue
		}
		at += 1 + size
		start = at
		dst, high = appendUnit(dst, high, r)
	}
}

// appendUnit appends a UTF-16 unit behind high, a high surrogate or 0.
func appendUnit(dst []byte, high, r rune) ([]byte, rune) {
	if high != 0 {
		if c := utf16.DecodeRune(high, r); c != utf8.RuneError {
			return utf8.AppendRune(dst, c), 0
		}
		dst = append(dst, '?')
	}
	switch {
	case r >= 0xD800 && r <= 0xDBFF:
		return dst, r
	case r >= 0xDC00 && r <= 0xDFFF:
		return append(dst, '?'), 0
	}
	return utf8.AppendRune(dst, r), 0
}

// scanQuoted gives the first quote or backslash at or behind at.
func scanQuoted(b []byte, at int, quote byte) int {
	if quote == '"' {
		return scanString(b, min(at, len(b)))
	}
	for at < len(b) && b[at] != quote && b[at] != '\\' {
		at++
	}
	return at
}

// escape reads the escape whose letter is b[at]: the UTF-16 unit it stands for
// and how many bytes it has, or none where the letter stands for itself.
func escape(b []byte, at int) (r rune, size int, err *lineError) {
	switch b[at] {
	case 't', 'v': // \v is a tab there, not a vertical one
		return '\t', 1, nil
	case 'b':
		return '\b', 1, nil
	case 'n':
		return '\n', 1, nil
	case 'r':
		return '\r', 1, nil
	case 'f':
		return '\f', 1, nil
	case 'a':
		return '\a', 1, nil
	case 'u':
		if at+5 > len(b) {
			return 0, 0, cutShort("an escape is cut short", len(b))
		}
		unit, ok := hexUnit(b[at+1 : at+5])
		if !ok {
			return 0, 0, malformed(fmt.Sprintf("\\u%q is no escape", b[at+1:at+5]), at)
		}
		return unit, 5, nil
	}
	return 0, 0, nil
}

// hexUnit reads four hexadecimal digits, or a sign and three.
func hexUnit(b []byte) (rune, bool) {
	sign := rune(1)
	if b[0] == '-' || b[0] == '+' {
		if b[0] == '-' {
			sign = -1
		}
		b = b[1:]
	}
	r := rune(0)
	for _, c := range b {
		switch {
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return sign * r & 0xFFFF, true
}

// appendJSON appends n in the SerDe's canonical form: no white space, keys in lower
// case unless they count in their own, bare words that are numbers or booleans in
// their own canonical form.
func (n *node) appendJSON(dst []byte) []byte {
	switch n.kind {
	case nullValue:
		return append(dst, "null"...)
	case bareWord:
		if word, ok := canonical(n.text); ok {
			return append(dst, word...)
		}
		return appendJSONText(dst, n.text)
	case quotedText:
		return appendJSONText(dst, n.text)
	case array:
		dst = append(dst, '[')
		for i := range n.items {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = n.items[i].appendJSON(dst)
		}
		return append(dst, ']')
	}
	dst = append(dst, '{')
	for i := range n.members {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendJSONText(dst, []byte(n.members[i].key))
		dst = append(dst, ':')
		dst = n.members[i].value.appendJSON(dst)
	}
	return append(dst, '}')
}

func appendJSONText(dst, text []byte) []byte {
	dst = append(dst, '"')
	for i, c := range text {
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '/':
			if i > 0 && text[i-1] == '<' {
				dst = append(dst, '\\')
			}
			dst = append(dst, c)
		case '\t':
			dst = append(dst, `\t`...)
		case '\b':
			dst = append(dst, `\b`...)
		case '\n':
			dst = append(dst, `\n`...)
		case '\r':
			dst = append(dst, `\r`...)
		case '\f':
			dst = append(dst, `\f`...)
		default:
			if c < ' ' {
				dst = fmt.Appendf(dst, `\u%04x`, c)
			} else {
				dst = append(dst, c)
			}
		}
	}
	return append(dst, '"')
}
