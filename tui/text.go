package tui

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"acme/telemetry/engine/query"
)

// clip makes s safe to draw and at most width columns wide, and says how wide
// it became. Where it had to cut, tail (already safe) takes the last columns.
//
// Only as much of s as can be seen is looked at, so a cell of a megabyte costs
// what a short one does.
func (th *theme) clip(s string, width int, tail string) (string, int) {
	if width <= 0 {
		return "", 0
	}
	if isASCII(s, width) {
		return s, len(s)
	}
	// 24 bytes a column is more than any cluster that clean lets through needs.
	whole := len(s) <= 24*width+64
	if !whole {
		s = cutBytes(s, 24*width+64)
	}
	s = th.clean(s)
	n := ansi.StringWidth(s)
	if n <= width && whole {
		return s, n
	}
	tw := ansi.StringWidth(tail)
	if tw > width {
		tail, tw = "", 0
	}
	s = ansi.Truncate(s, width-tw, "") + tail
	return s, ansi.StringWidth(s)
}

// endingLeast is the room in which an end says nothing.
const endingLeast = 8

// ending cuts what is too wide at its begin: of a path the end says which it is.
func (th *theme) ending(s string, width int) string {
	s = th.clean(cutBytes(s, datumMost))
	n := ansi.StringWidth(s)
	switch {
	case n <= width:
		return s
	case width < endingLeast:
		return ""
	}
	return ansi.TruncateLeft(s, n-max(width-ansi.StringWidth(th.g.ellipsis), 0), th.g.ellipsis)
}

// middle gives s at most width columns wide: of a longer one its begin and its end,
// since names that are alike differ at the end.
func (th *theme) middle(s string, width int) string {
	s = th.clean(cutBytes(s, datumMost))
	n, gap := ansi.StringWidth(s), ansi.StringWidth(th.g.ellipsis)
	if n <= width || width < gap+4 {
		return s
	}
	end := (width - gap) / 2
	return ansi.Truncate(s, width-gap-end, "") + th.g.ellipsis + ansi.TruncateLeft(s, n-end, "")
}

// isASCII says that s is printable ASCII and at most width long: the case that
// needs no work.
func isASCII(s string, width int) bool {
	if len(s) > width {
		return false
	}
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

// cutBytes cuts s at n bytes or just before, between two runes.
func cutBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// clean gives s as it may be drawn: query.Printable makes control and format
// characters visible, then every grapheme cluster that terminals measure
// differently (emoji sequences, stacked marks) becomes its first rune, so that
// columns line up in all of them. An ASCII theme spells what it cannot draw.
func (th *theme) clean(s string) string {
	if isASCII(s, len(s)) {
		return s
	}
	s = query.Printable(s)
	if th.ascii {
		return spell(s)
	}
	if isASCII(s, len(s)) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for s != "" {
		cluster, n := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
		if len(cluster) == 0 {
			break
		}
		s = s[len(cluster):]
		if r, size := utf8.DecodeRuneInString(cluster); size < len(cluster) &&
			(len(cluster) > 16 || n != ansi.StringWidthWc(cluster) || strings.IndexFunc(cluster, selector) >= 0) {
			cluster = string(r)
		}
		// A mark with nothing to stand on, or a sign that some take for one.
		if n := ansi.StringWidth(cluster); n == 0 || n != ansi.StringWidthWc(cluster) {
			cluster = fmt.Sprintf("\\u{%x}", []rune(cluster)[0])
		}
		b.WriteString(cluster)
	}
	return b.String()
}

// selector says that r only chooses the look of the character before it.
func selector(r rune) bool { return r >= 0xfe00 && r <= 0xfe0f || r >= 0xe0100 && r <= 0xe01ef }

// asciiFor spells the few symbols of our own texts for a terminal without them.
var asciiFor = strings.NewReplacer("…", "...", "·", "-", "×", "x", "—", "-", "–", "-", "→", "->", "←", "<-",
	"↑", "^", "↓", "v", "⏎", "\\n", "␛", "\\e", "≥", ">=", "≤", "<=", "∅", "NULL", "§", "s.", "’", "'")

// spell writes s in ASCII: known symbols by their look, all else by number.
func spell(s string) string {
	s = asciiFor.Replace(s)
	if isASCII(s, len(s)) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if r < 0x80 {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "\\u{%x}", r)
		}
	}
	return b.String()
}

// width is how many columns s takes once drawn.
func (th *theme) width(s string) int {
	if isASCII(s, len(s)) {
		return len(s)
	}
	return ansi.StringWidth(th.clean(s))
}

// wrap breaks text into lines of at most width columns, between words where it
// can; newlines of the text break too. The lines still go through put.
func (th *theme) wrap(s string, width int) []string {
	if width <= 0 {
		return nil
	}
	var out []string
	for para := range strings.SplitSeq(strings.ReplaceAll(s, "\r\n", "\n"), "\n") {
		out = append(out, th.wrapOne(th.clean(para), width)...)
	}
	return out
}

// wrapOne breaks one clean line. It looks at each character once, so that a
// megabyte wraps in a moment. Lines after the first keep the first's indent.
func (th *theme) wrapOne(s string, width int) []string {
	indent := s[:blanks(s)]
	if len(indent) > width/2 {
		indent = ""
	}
	var out []string
	var line strings.Builder
	col := 0
	put := func(text string, w int) {
		line.WriteString(text)
		col += w
	}
	feed := func() {
		out = append(out, line.String())
		line.Reset()
		col = 0
		put(indent, len(indent))
	}
	for s != "" {
		gap := blanks(s)
		end := len(s)
		if n := strings.IndexByte(s[gap:], ' '); n >= 0 {
			end = gap + n
		}
		word := s[gap:end]
		w := ansi.StringWidth(word)
		switch {
		case col+gap+w <= width:
			put(s[:end], gap+w)
		case len(indent)+w <= width:
			feed()
			put(word, w)
		default: // longer than a line: broken where it must be
			put(s[:min(gap, width-col)], min(gap, width-col))
			for word != "" {
				c, cw := ansi.FirstGraphemeCluster(word, ansi.GraphemeWidth)
				if col+cw > width && col > len(indent) {
					feed()
				}
				put(c, min(cw, width-col))
				word = word[len(c):]
			}
		}
		s = s[end:]
	}
	return append(out, line.String())
}

// blanks is how many blanks s begins with.
func blanks(s string) int { return len(s) - len(strings.TrimLeft(s, " ")) }

// untab writes tabs of SQL as the blanks that they look like.
func untab(s string) string { return strings.ReplaceAll(s, "\t", "    ") }
