package tui

import (
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// lex keeps, for every line, the tokens in it; a string or a comment over many
// lines is a token in each. Only lines that have changed are read, and those after
// them until the text means again what it did.
func (e *sqledit) lex() {
	if e.lexed == e.version {
		return
	}
	e.lexed = e.version
	old, oldInk, oldOpen := e.inked, e.ink, e.open
	e.inked = append([]string(nil), e.lines...)
	e.ink = make([][]token, len(e.lines))
	e.open = make([]byte, len(e.lines)+1)
	n := 0
	for ; n < min(len(old), len(e.lines)) && old[n] == e.lines[n]; n++ {
		e.ink[n], e.open[n+1] = oldInk[n], oldOpen[n+1]
	}
	shift := len(old) - len(e.lines)
	same := len(e.lines) // from here on the lines are the old ones, moved
	for same > n && same+shift > n && old[same+shift-1] == e.lines[same-1] {
		same--
	}
	for ; n < len(e.lines); n++ {
		if n >= same && oldOpen[n+shift] == e.open[n] {
			copy(e.ink[n:], oldInk[n+shift:])
			copy(e.open[n:], oldOpen[n+shift:])
			return
		}
		e.ink[n], e.open[n+1] = lexLine(e.lines[n], e.open[n])
	}
}

// tokensByLine gives, for each line, its tokens with offsets into that line.
func tokensByLine(lines []string) [][]token {
	out := make([][]token, len(lines))
	open := byte(0)
	for n, s := range lines {
		out[n], open = lexLine(s, open)
	}
	return out
}

// Draw gives h lines of w columns and where the cursor stands in them (nil
// where it is not on the screen).
func (e *sqledit) Draw(th *theme, w, h int, focused bool) ([]string, *tea.Cursor) {
	e.lex()
	gutter := e.gutter()
	room := max(w-gutter-1, 1)
	e.follow(th, room, h)
	from, to := e.selection()
	out := make([]string, 0, h)
	for n := e.top; n < min(e.top+h, len(e.lines)); n++ {
		l := th.newLine(w)
		r := dim
		if n == e.cur.line && focused {
			r = accent
		}
		l.cell(r, strconv.Itoa(n+1), gutter-1, true).space(1)
		e.drawLine(l, n, room, from, to)
		out = append(out, l.String())
	}
	if !focused {
		return th.fit(out, w, h), nil
	}
	x := gutter + e.screenColumn(th) - e.left
	y := e.cur.line - e.top
	if x >= w || y >= h {
		return th.fit(out, w, h), nil
	}
	return th.fit(out, w, h), tea.NewCursor(x, y)
}

// gutter is how wide the line numbers are.
func (e *sqledit) gutter() int { return max(len(strconv.Itoa(len(e.lines))), 2) + 1 }

// screenColumn is the cursor's column as drawn: cleaned text may be wider than
// what was typed.
func (e *sqledit) screenColumn(th *theme) int {
	return th.width(untab(e.lines[e.cur.line][:e.cur.at]))
}

func (e *sqledit) follow(th *theme, room, h int) {
	e.page = h
	v := window{e.top, e.cur.line}
	v.clamp(len(e.lines), h)
	e.top = v.top
	x := e.screenColumn(th)
	if x < e.left {
		e.left = max(x-8, 0)
	}
	if x >= e.left+room {
		e.left = x - room + 1 + min(8, room/4)
	}
	if s := e.lines[e.cur.line]; e.left > 0 && len(s) < 4*room && th.width(untab(s)) < room {
		e.left = 0 // the line has room: what stood in a longer one's way is gone
	}
}

// drawLine draws line n from column e.left on, piece by piece: a piece has one
// colour and is wholly inside or outside of the selection.
func (e *sqledit) drawLine(l *line, n, room int, from, to pos) {
	s := e.lines[n]
	markFrom, markTo := -1, -1
	if e.err != nil && e.err.line == n {
		markFrom, markTo = e.errorSpan(n)
	}
	column := 0
	for _, t := range e.ink[n] {
		for _, b := range pieces(t, markFrom, markTo, n, from, to) {
			r := inkOf(t.kind)
			if b.from >= markFrom && b.from < markTo {
				r = mark
			}
			p := pos{n, b.from}
			l.sel = from != to && !p.before(from) && p.before(to)
			column = drawFrom(l, r, untab(s[b.from:b.to]), column, e.left)
			l.sel = false
			if column-e.left > room {
				return
			}
		}
	}
	if markFrom == len(s) { // the error is at the line's end
		drawFrom(l, mark, " ", column, e.left)
	}
}

// pieces cuts a token at the ends of the mark and of the selection.
func pieces(t token, markFrom, markTo, n int, from, to pos) []token {
	cuts := []int{t.to}
	add := func(at int) {
		if at > t.from && at < t.to {
			cuts = append(cuts, at)
		}
	}
	add(markFrom)
	add(markTo)
	if from.line == n {
		add(from.at)
	}
	if to.line == n {
		add(to.at)
	}
	if len(cuts) == 1 {
		return []token{t}
	}
	var out []token
	for at := t.from; at < t.to; {
		next := t.to
		for _, c := range cuts {
			if c > at && c < next {
				next = c
			}
		}
		out = append(out, token{t.kind, at, next})
		at = next
	}
	return out
}

// drawFrom draws s, which begins at a column of the whole line, as far as it
// lies right of left; it gives the column behind s.
func drawFrom(l *line, r role, s string, column, left int) int {
	n := l.th.width(s)
	end := column + n
	if end <= left {
		return end
	}
	if column >= left {
		l.put(r, s)
		return end
	}
	clean := l.th.clean(s)
	rest := cut(clean, left-column, n)
	l.put(r, rest)
	return end
}

// errorSpan gives the bytes of line n to underline: the token at the error.
func (e *sqledit) errorSpan(n int) (from, to int) {
	at := byteOf(e.lines[n], e.err.column)
	for _, t := range e.ink[n] {
		if t.from <= at && at < t.to && t.kind != tokSpace {
			return at, t.to
		}
	}
	if at < len(e.lines[n]) {
		return at, at + clusterLen(e.lines[n][at:])
	}
	return at, at
}

// drawSQL draws a statement that is only read: colours, no cursor, lines
// broken between tokens where they are too long.
func (th *theme) drawSQL(sql string, w int) []string {
	lines := strings.Split(untab(strings.TrimRight(sql, "\n")), "\n")
	ink := tokensByLine(lines)
	var out []string
	for n, s := range lines {
		indent := min(len(s)-len(strings.TrimLeft(s, " "))+4, w/3)
		l := th.newLine(w)
		for _, t := range ink[n] {
			for _, piece := range words(t.kind, s[t.from:t.to]) {
				if l.w > indent && l.w+th.width(piece) > w {
					out = append(out, l.String())
					l = th.newLine(w).space(indent)
					piece = strings.TrimLeft(piece, " ")
				}
				l.put(inkOf(t.kind), piece)
			}
		}
		out = append(out, l.String())
	}
	return out
}

// words cuts comments and strings between words; every other token is whole.
func words(k tokenKind, s string) []string {
	if k != tokComment && k != tokString {
		return []string{s}
	}
	return strings.SplitAfter(s, " ")
}
