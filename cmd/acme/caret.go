package main

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"acme/telemetry/engine/query"
)

// caretWidth is how many columns of a long line are shown around an error.
const caretWidth = 100

// sayLines writes text to stderr, line by line, inert.
func (p *program) sayLines(prefix, text string) {
	for line := range strings.Lines(text) {
		fmt.Fprintf(p.stderr, "%s%s\n", prefix, query.Printable(strings.TrimRight(line, "\n")))
		prefix = "  "
	}
}

// showCaret prints the line of sql that e points to, and a caret under the place.
func (p *program) showCaret(sql string, e *query.Error) {
	lines := strings.Split(sql, "\n")
	if e.Line < 1 || e.Line > len(lines) || e.Column < 1 {
		return
	}
	text, at := caretLine(strings.TrimRight(lines[e.Line-1], "\r"), e.Column)
	if strings.TrimSpace(text) != "" {
		fmt.Fprintf(p.stderr, "  %s\n  %s^\n", text, strings.Repeat(" ", at))
	}
}

// caretLine gives a line as it is shown and the terminal column, from 0, of its
// character number column, from 1. Of a long line it gives what stands around.
func caretLine(line string, column int) (text string, at int) {
	runes := []rune(strings.ReplaceAll(line, "\t", " "))
	column = min(column-1, len(runes))
	first := max(0, min(column-caretWidth/2, len(runes)-caretWidth))
	last := min(len(runes), first+caretWidth)
	before, after := query.Printable(string(runes[first:column])), query.Printable(string(runes[column:last]))
	if first > 0 {
		before = "..." + before
	}
	if last < len(runes) {
		after += "..."
	}
	return before + after, ansi.StringWidth(before)
}
