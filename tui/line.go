package tui

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// line is one row of the screen while it is drawn. It is the only road to the
// screen: every string, ours or a datum, goes through put, which cleans it and
// clips it at the line's width. Nothing else in the package writes SGR.
//
// A line is used once: begin with newLine, put from left to right, end with
// String, which gives exactly the width asked for.
type line struct {
	th  *theme
	b   strings.Builder
	w   int // columns used
	max int // columns there are
	sel bool
}

func (th *theme) newLine(width int) *line {
	return &line{th: th, max: max(width, 0)}
}

// put draws s in role r, as much of it as fits.
func (l *line) put(r role, s string) *line {
	room := l.max - l.w
	if room <= 0 || s == "" {
		return l
	}
	s, n := l.th.clip(s, room, "")
	l.raw(r, s, n)
	return l
}

// raw draws text that clip has made and that is n columns wide.
func (l *line) raw(r role, s string, n int) {
	if n == 0 {
		return
	}
	code := l.th.code(r, l.sel)
	if code != "" {
		l.b.WriteString("\x1b[")
		l.b.WriteString(code)
		l.b.WriteByte('m')
	}
	l.b.WriteString(s)
	if code != "" {
		l.b.WriteString("\x1b[m")
	}
	l.w += n
}

// cell draws s in exactly width columns, with an ellipsis where it was cut;
// right says to which side it leans.
func (l *line) cell(r role, s string, width int, right bool) *line {
	width = min(width, l.max-l.w)
	if width <= 0 {
		return l
	}
	s, n := l.th.clip(s, width, l.th.g.ellipsis)
	if right {
		l.space(width - n)
	}
	l.raw(r, s, n)
	if !right {
		l.space(width - n)
	}
	return l
}

// space draws n blanks.
func (l *line) space(n int) *line {
	n = min(n, l.max-l.w)
	if n > 0 {
		l.raw(plain, strings.Repeat(" ", n), n)
	}
	return l
}

// rest fills up to column x with blanks; it does nothing if the line is there.
func (l *line) rest(x int) *line { return l.space(x - l.w) }

// repeat draws the one-column string s up to column x.
func (l *line) repeat(r role, s string, x int) *line {
	if n := min(x, l.max) - l.w; n > 0 {
		l.raw(r, strings.Repeat(s, n), n)
	}
	return l
}

// join appends a line that is already drawn and width columns wide. Drawn
// lines are not cleaned again: they came from String.
func (l *line) join(drawn string, width int) *line {
	if l.w+width > l.max {
		width = max(l.max-l.w, 0)
		drawn = cut(drawn, 0, width)
	}
	l.b.WriteString(drawn)
	l.w += width
	return l
}

// String ends the line: exactly its width, blanks to the end.
func (l *line) String() string {
	l.space(l.max - l.w)
	return l.b.String()
}

// blank gives n lines of blanks.
func (th *theme) blank(width, n int) []string {
	out := make([]string, max(n, 0))
	for i := range out {
		out[i] = th.newLine(width).String()
	}
	return out
}

// fit makes lines into exactly h: it cuts what is too much and adds blanks.
func (th *theme) fit(lines []string, width, h int) []string {
	h = max(h, 0)
	if len(lines) >= h {
		return lines[:h:h]
	}
	return append(lines[:len(lines):len(lines)], th.blank(width, h-len(lines))...)
}

// cut gives columns [from, to) of a drawn line, exactly to-from wide: a wide
// character that the edge splits becomes a blank.
func cut(s string, from, to int) string {
	if to <= from {
		return ""
	}
	left := ansi.Truncate(s, to, "")
	if pad := to - ansi.StringWidth(left); pad > 0 {
		left += strings.Repeat(" ", pad)
	}
	if from <= 0 {
		return left
	}
	right := ansi.TruncateLeft(left, from, "")
	if pad := to - from - ansi.StringWidth(right); pad > 0 {
		right = strings.Repeat(" ", pad) + right
	} else if pad < 0 {
		right = " " + ansi.TruncateLeft(left, from+1, "")
	}
	return right
}

// overlay puts the lines of top over base with its left upper corner at x, y.
// All lines of base are w wide, all lines of top are tw wide.
func overlay(base, top []string, x, y, w, tw int) []string {
	out := append([]string(nil), base...)
	for i, t := range top {
		if y+i < 0 || y+i >= len(out) {
			continue
		}
		b := out[y+i]
		out[y+i] = cut(b, 0, x) + "\x1b[m" + t + "\x1b[m" + cut(b, x+tw, w)
	}
	return out
}
