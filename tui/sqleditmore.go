package tui

import "strings"

// replace puts other text in place of all, as a step that can be taken back.
func (e *sqledit) replace(text string) {
	e.anchor, e.cur = pos{}, e.end()
	if e.anchor == e.cur && text == "" {
		return
	}
	if e.anchor == e.cur {
		e.paste(text)
	} else {
		e.save("")
		e.remove(e.anchor, e.cur)
		lines := strings.Split(strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n"), "\n")
		e.lines = lines
		e.cur = e.end()
		e.anchor = e.cur
	}
	e.goal = e.column()
}

// comment puts -- before the selected lines, or takes it away where all have it.
func (e *sqledit) comment() {
	from, to := e.selection()
	last := to.line
	if to.at == 0 && to.line > from.line {
		last--
	}
	all := true
	for n := from.line; n <= last; n++ {
		text := strings.TrimLeft(e.lines[n], " ")
		all = all && (text == "" || strings.HasPrefix(text, "--"))
	}
	e.save("")
	lines := append([]string(nil), e.lines...)
	for n := from.line; n <= last; n++ {
		s := lines[n]
		indent := len(s) - len(strings.TrimLeft(s, " "))
		switch rest := s[indent:]; {
		case rest == "":
		case all:
			rest = strings.TrimPrefix(rest, "--")
			lines[n] = s[:indent] + strings.TrimPrefix(rest, " ")
		default:
			lines[n] = s[:indent] + "-- " + rest
		}
	}
	e.lines = lines
	fit := func(p pos) pos { return pos{p.line, min(p.at, len(lines[p.line]))} }
	e.cur, e.anchor = fit(e.cur), fit(e.anchor)
	if e.cur == e.anchor && e.cur.line+1 < len(e.lines) {
		e.cur = pos{e.cur.line + 1, min(e.cur.at, len(lines[e.cur.line+1]))}
		e.anchor = e.cur
	}
	e.goal = e.column()
}

// find selects the next place of a text behind the cursor, and goes round; it says
// whether there is one. Case does not matter.
func (e *sqledit) find(text string) bool {
	if text == "" {
		return false
	}
	all, want := strings.ToLower(e.text()), strings.ToLower(text)
	if len(all) != len(e.text()) { // a letter that lower case makes longer: look as written
		all, want = e.text(), text
	}
	_, to := e.selection()
	begin := e.offset(to)
	at := strings.Index(all[begin:], want)
	if at >= 0 {
		at += begin
	} else if at = strings.Index(all, want); at < 0 {
		return false
	}
	e.anchor, e.cur = e.place(at), e.place(at+len(want))
	e.group, e.goal = "", e.column()
	return true
}

// click puts the cursor where the pointer is, in columns and lines of the drawing.
func (e *sqledit) click(x, y int) {
	n := min(max(e.top+y, 0), len(e.lines)-1)
	x = max(x-e.gutter(), 0) + e.left
	e.cur = pos{n, atColumn(e.lines[n], x)}
	e.anchor, e.group, e.goal = e.cur, "", e.column()
}

// aroundLines is how far from the cursor the names of a statement are looked for
// while it is typed.
const aroundLines = 200

// around is the statement under the cursor, as far as it stands near it.
func (e *sqledit) around() string {
	from := max(e.cur.line-aroundLines, 0)
	to := min(e.cur.line+aroundLines+1, len(e.lines))
	text := strings.Join(e.lines[from:to], "\n")
	at := e.cur.at
	for _, s := range e.lines[from:e.cur.line] {
		at += len(s) + 1
	}
	a, b := statementAt(text, at)
	return text[a:b]
}

// selected is the selected text.
func (e *sqledit) selected() string {
	from, to := e.selection()
	return e.text()[e.offset(from):e.offset(to)]
}
