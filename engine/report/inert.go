package report

import (
	"strings"

	"acme/telemetry/engine/query"
)

// lines is query.Printable for text of several lines, as SQL is: line breaks and the
// indentation stay.
func lines(s string) []string {
	out := strings.Split(strings.TrimRight(s, "\n"), "\n")
	for i := range out {
		out[i] = query.Printable(strings.ReplaceAll(strings.TrimSuffix(out[i], "\r"), "\t", "    "))
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
