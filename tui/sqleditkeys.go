package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// key edits or moves; it says whether the key was one of the editor's. Running
// a statement is none of its keys, and Enter only ever begins a line.
func (e *sqledit) key(k tea.KeyPressMsg) bool {
	name := k.String()
	if k.Text != "" && k.Mod&^tea.ModShift == 0 {
		kind := "type"
		if k.Text == " " {
			kind = ""
		}
		e.insert(k.Text, kind)
		return true
	}
	if e.editKey(name) {
		return true
	}
	move, extend := name, strings.Contains(name, "shift+")
	if extend {
		move = strings.Replace(name, "shift+", "", 1)
	}
	if extend { // a selection that grows moves from the cursor, not to its ends
		anchor := e.anchor
		e.anchor = e.cur
		defer func() { e.anchor = anchor }()
	}
	p, ok := e.move(move)
	if !ok {
		return false
	}
	e.group = ""
	e.cur = p
	e.anchor = p
	if !vertical(move) {
		e.goal = e.column()
	}
	return true
}

func vertical(k string) bool { return k == "up" || k == "down" || k == "pgup" || k == "pgdown" }

func (e *sqledit) editKey(name string) bool {
	switch name {
	case "enter", "shift+enter":
		e.newline()
	case "backspace", "shift+backspace":
		e.erase(e.prev(e.cur), "erase")
	case "delete":
		e.erase(e.next(e.cur), "delete")
	case "ctrl+w", "alt+backspace", "ctrl+backspace":
		e.erase(e.wordLeft(e.cur), "")
	case "alt+d", "ctrl+delete":
		e.erase(e.wordRight(e.cur), "")
	case "ctrl+k":
		end := pos{e.cur.line, len(e.lines[e.cur.line])}
		if end == e.cur {
			end = e.next(e.cur)
		}
		e.erase(end, "")
	case "ctrl+u":
		e.erase(pos{e.cur.line, 0}, "")
	case "ctrl+z":
		e.swap(&e.undo, &e.redo)
	case "ctrl+y", "ctrl+shift+z":
		e.swap(&e.redo, &e.undo)
	case "ctrl+a":
		e.anchor, e.cur = pos{}, e.end()
	default:
		return false
	}
	return true
}

// move gives where a key without shift leads.
func (e *sqledit) move(k string) (pos, bool) {
	c := e.cur
	switch k {
	case "left":
		if from, to := e.selection(); from != to {
			return from, true
		}
		return e.prev(c), true
	case "right":
		if from, to := e.selection(); from != to {
			return to, true
		}
		return e.next(c), true
	case "up":
		return e.vertical(-1), true
	case "down":
		return e.vertical(1), true
	case "pgup":
		return e.vertical(-max(e.page-1, 1)), true
	case "pgdown":
		return e.vertical(max(e.page-1, 1)), true
	case "home":
		return e.home(), true
	case "end", "ctrl+e":
		return pos{c.line, len(e.lines[c.line])}, true
	case "ctrl+left", "alt+left", "alt+b":
		return e.wordLeft(c), true
	case "ctrl+right", "alt+right", "alt+f":
		return e.wordRight(c), true
	case "ctrl+home":
		return pos{}, true
	case "ctrl+end":
		return e.end(), true
	}
	return c, false
}

// home goes to the first letter of the line, and from there to its begin.
func (e *sqledit) home() pos {
	s := e.lines[e.cur.line]
	first := len(s) - len(strings.TrimLeft(s, " "))
	if e.cur.at == first {
		first = 0
	}
	return pos{e.cur.line, first}
}

// vertical goes d lines down and keeps to the column that was last chosen.
func (e *sqledit) vertical(d int) pos {
	line := e.cur.line + d
	if line < 0 {
		return pos{}
	}
	if line >= len(e.lines) {
		return e.end()
	}
	return pos{line, atColumn(e.lines[line], e.goal)}
}

// column is the cursor's column on the screen, without scrolling.
func (e *sqledit) column() int { return ansi.StringWidth(untab(e.lines[e.cur.line][:e.cur.at])) }

// atColumn is the byte of s at a column of the screen.
func atColumn(s string, column int) int {
	at, w := 0, 0
	for at < len(s) {
		n := clusterLen(s[at:])
		cw := ansi.StringWidth(untab(s[at : at+n]))
		if w+cw > column {
			break
		}
		at, w = at+n, w+cw
	}
	return at
}
