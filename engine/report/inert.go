package report

import (
	"strings"
	"unicode"

	"acme/telemetry/engine/query"
)

// printable makes s safe to show on one line; see query.Printable.
func printable(s string) string { return query.Printable(s) }

// obeyed says whether a terminal or a reader may act on r instead of showing
// it: controls, marks and overrides of direction, what shows nothing.
func obeyed(r rune) bool {
	return r < 0x20 || r >= 0x7f && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co)
}

// lines is printable for text of several lines, as SQL is: line breaks and the
// indentation stay.
func lines(s string) []string {
	out := strings.Split(strings.TrimRight(s, "\n"), "\n")
	for i := range out {
		out[i] = printable(strings.ReplaceAll(strings.TrimSuffix(out[i], "\r"), "\t", "    "))
	}
	return out
}

// clipped cuts a text after n characters, with an ellipsis.
func clipped(s string, n int) string {
	if len(s) <= n {
		return s
	}
	seen := 0
	for i := range s {
		if seen == n {
			return s[:i] + "…"
		}
		seen++
	}
	return s
}
