package query

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Printable makes text that somebody else wrote safe to show: on a terminal it
// moves no cursor, sets no clipboard, reorders nothing and hides nothing. What
// would is shown as an escape: C0 and DEL as \n, \t or \x1b, C1 and every other
// control, format, separator and invisible character as \u202e, a byte that is
// not UTF-8 as \xff. One line stays one line. Text that needs nothing is
// returned as it is.
func Printable(s string) string {
	start := strings.IndexFunc(s, obeyed)
	if start < 0 {
		return s
	}
	var out strings.Builder
	out.WriteString(s[:start])
	for s = s[start:]; len(s) > 0; {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&out, `\x%02x`, s[0])
		case r == utf8.RuneError || !obeyed(r):
			out.WriteString(s[:size])
		case r == '\n':
			out.WriteString(`\n`)
		case r == '\r':
			out.WriteString(`\r`)
		case r == '\t':
			out.WriteString(`\t`)
		case r < 0x80:
			fmt.Fprintf(&out, `\x%02x`, r)
		case r > 0xFFFF:
			fmt.Fprintf(&out, `\U%08x`, r)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
		s = s[size:]
	}
	return out.String()
}

// PrintableJSON is Printable for a valid JSON text: it writes the same characters
// as \uXXXX, so that the text is as safe to show and means what it meant. They
// stand in JSON only within strings; C0 is escaped there already, and the line
// breaks between values stay.
func PrintableJSON(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		switch {
		case r < 0x7F || r == utf8.RuneError || !obeyed(r):
			out = append(out, b[:size]...)
		case r > 0xFFFF:
			hi, lo := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, hi, lo)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		b = b[size:]
	}
	return out
}

// obeyed says whether a terminal or a reader may act on r, or not see it.
// RuneError stands for a byte that is not UTF-8; a U+FFFD that is really there
// survives, it is 3 bytes long.
func obeyed(r rune) bool {
	switch {
	case r >= ' ' && r < 0x7F:
		return false
	case r == utf8.RuneError:
		return true
	case r == 0x115F, r == 0x1160, r == 0x3164, r == 0xFFA0, r == 0x2800, r == 0x034F, r == 0x17B4, r == 0x17B5:
		return true // letters and marks that show nothing
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Cs, unicode.Co)
}
