package tui

import "acme/telemetry/engine/report"

// box frames a body: a border of w by h with a title at the top left, a note
// at the top right and a foot at the bottom right. A heavy border says that the
// keys go here, so it shows without colour too. The body's lines are w-4 wide.
type box struct {
	title, note, foot string
	focused           bool
	noteRole          role
}

// inner gives the room for a body in a box of w by h.
func (box) inner(w, h int) (int, int) { return max(w-4, 0), max(h-2, 0) }

// Draw gives exactly h lines of exactly w columns.
func (b box) Draw(th *theme, w, h int, body []string) []string {
	if w < 5 || h < 2 {
		return th.blank(w, h)
	}
	f, r, tr := th.g.thin, border, title
	if b.focused {
		f, r, tr = th.g.heavy, focus, focus
	}
	iw, ih := b.inner(w, h)
	out := make([]string, 0, h)
	out = append(out, b.top(th, f, r, tr, w))
	for _, s := range th.fit(body, iw, ih) {
		l := th.newLine(w)
		l.raw(r, f.l, 1)
		l.space(1).join(s, iw).space(1)
		l.raw(r, f.r, 1)
		out = append(out, l.String())
	}
	return append(out, b.bottom(th, f, r, w))
}

func (b box) top(th *theme, f frame, r, tr role, w int) string {
	l := th.newLine(w)
	l.raw(r, f.tl+f.t, 2)
	note := b.note
	if note != "" && th.width(b.title)+th.width(note)+8 > w {
		note = ""
	}
	if b.title != "" {
		l.raw(r, " ", 1)
		s, n := th.clip(b.title, w-6, th.g.ellipsis)
		l.raw(tr, s, n)
		l.raw(r, " ", 1)
	}
	if note != "" {
		nr := b.noteRole
		if nr == plain {
			nr = dim
		}
		s, n := th.clip(note, w-6, th.g.ellipsis)
		l.repeat(r, f.t, w-n-4)
		l.raw(r, " ", 1)
		l.raw(nr, s, n)
		l.raw(r, " ", 1)
	}
	l.repeat(r, f.t, w-1)
	l.raw(r, f.tr, 1)
	return l.String()
}

func (b box) bottom(th *theme, f frame, r role, w int) string {
	l := th.newLine(w)
	l.raw(r, f.bl, 1)
	if foot := b.foot; foot != "" && w >= 8 {
		s, n := th.clip(foot, w-6, th.g.ellipsis)
		l.repeat(r, f.b, w-n-4)
		l.raw(r, " ", 1)
		l.raw(dim, s, n)
		l.raw(r, " ", 1)
	}
	l.repeat(r, f.b, w-1)
	l.raw(r, f.br, 1)
	return l.String()
}

// window is the part of n rows that is shown: it follows a cursor.
type window struct {
	top, cur int
}

// move takes a key that moves the cursor among n rows, and says whether it is one.
func (v *window) move(key string, n, room int) bool {
	switch key {
	case "up", "k":
		v.cur--
	case "down", "j":
		v.cur++
	case "pgup", "ctrl+u", "ctrl+b":
		v.cur -= max(room-1, 1)
	case "pgdown", "ctrl+d", "ctrl+f":
		v.cur += max(room-1, 1)
	case "home", "g":
		v.cur = 0
	case "end", "G":
		v.cur = n - 1
	default:
		return false
	}
	v.clamp(n, room)
	return true
}

// clamp keeps the cursor among n rows and the window, room rows high, around it.
func (v *window) clamp(n, room int) {
	v.cur = min(max(v.cur, 0), max(n-1, 0))
	room = max(room, 1)
	if v.cur < v.top {
		v.top = v.cur
	}
	if v.cur >= v.top+room {
		v.top = v.cur - room + 1
	}
	v.top = min(max(v.top, 0), max(n-room, 0))
}

// scrollText is a block of drawn text that scrolls by lines: help, a cell, SQL.
type scrollText struct {
	top   int
	total int
	page  int
}

// show gives the h lines that are visible of lines.
func (s *scrollText) show(th *theme, lines []string, w, h int) []string {
	s.total, s.page = len(lines), h
	s.top = min(max(s.top, 0), max(len(lines)-h, 0))
	return th.fit(lines[s.top:], w, h)
}

// key scrolls; it says whether the key was one of its own.
func (s *scrollText) key(k string) bool {
	switch k {
	case "up", "k":
		s.top--
	case "down", "j":
		s.top++
	case "pgup", "ctrl+b", "ctrl+u":
		s.top -= max(s.page-1, 1)
	case "pgdown", "space", "ctrl+f", "ctrl+d":
		s.top += max(s.page-1, 1)
	case "home", "g":
		s.top = 0
	case "end", "G":
		s.top = s.total
	default:
		return false
	}
	s.top = min(max(s.top, 0), max(s.total-s.page, 0))
	return true
}

// position says which part of the text is shown, or nothing if all is.
func (s *scrollText) position() string {
	if s.total <= s.page || s.page == 0 {
		return ""
	}
	return report.Count(int64(s.top+1)) + "-" + report.Count(int64(min(s.top+s.page, s.total))) + " of " + report.Count(int64(s.total))
}
