package tui

import (
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// sqledit is the SQL editor: lines of text, a cursor, a selection, undo and
// redo, colours, and a mark where the last error lies.
//
// Positions are a line and a byte in it, always between two grapheme clusters.
// The text holds what was typed or pasted, byte for byte; only the drawing
// cleans it.
type sqledit struct {
	lines []string
	cur   pos
	// anchor is the other end of the selection; equal to cur without one.
	anchor pos
	goal   int // column that up and down keep to

	undo, redo []snapshot
	group      string // kind of the last edit, so that typing is one step

	version int // counts changes of the text
	lexed   int // version that tokens are of
	ink     [][]token
	inked   []string // the lines that ink is of
	open    []byte   // what is open before each line: see lexLine

	err *errorMark

	top, left int // first line and column shown
	page      int
}

// pos is a place in the text: line and byte, both from 0.
type pos struct{ line, at int }

func (p pos) before(q pos) bool { return p.line < q.line || p.line == q.line && p.at < q.at }

// snapshot is the text and the cursor before an edit. Lines are strings and
// shared between snapshots, so one costs a slice of headers.
type snapshot struct {
	lines []string
	cur   pos
}

// errorMark is where an error lies: line from 0, column in characters from 0.
type errorMark struct{ line, column int }

// undoDepth bounds the steps that can be taken back.
const undoDepth = 500

func newSQLEdit(text string) *sqledit {
	e := &sqledit{lexed: -1}
	e.set(text)
	return e
}

// set replaces everything and forgets the history.
func (e *sqledit) set(text string) {
	e.lines = strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	e.cur, e.anchor, e.goal = pos{}, pos{}, 0
	e.undo, e.redo, e.group, e.err = nil, nil, "", nil
	e.top, e.left = 0, 0
	e.version++
}

// text is the whole buffer.
func (e *sqledit) text() string { return strings.Join(e.lines, "\n") }

// offset is p as a byte offset of text.
func (e *sqledit) offset(p pos) int {
	n := p.at
	for _, s := range e.lines[:p.line] {
		n += len(s) + 1
	}
	return n
}

// place is the position of a byte offset of text.
func (e *sqledit) place(offset int) pos {
	for i, s := range e.lines {
		if offset <= len(s) {
			return pos{i, offset}
		}
		offset -= len(s) + 1
	}
	last := len(e.lines) - 1
	return pos{last, len(e.lines[last])}
}

// statement gives what a run should send, and where it begins: the selection
// if there is one, else the statement under the cursor.
func (e *sqledit) statement() (sql string, at pos) {
	text := e.text()
	if from, to := e.selection(); from != to {
		return text[e.offset(from):e.offset(to)], from
	}
	from, to := statementAt(text, e.offset(e.cur))
	return text[from:to], e.place(from)
}

// markError marks an error at line and column of a statement that began at p, and
// goes there; both count from 1, in characters, as Trino counts. Zero clears the mark.
func (e *sqledit) markError(at pos, line, column int) {
	if e.markAt(at, line, column); e.err != nil {
		e.cur = pos{e.err.line, byteOf(e.lines[e.err.line], e.err.column)}
		e.anchor = e.cur
		e.goal = e.column()
	}
}

// markAt is markError without moving the cursor: the reader still types.
func (e *sqledit) markAt(at pos, line, column int) {
	e.err = nil
	if line < 1 || column < 1 {
		return
	}
	m := errorMark{line: at.line + line - 1, column: column - 1}
	if line == 1 {
		m.column += utf8.RuneCountInString(e.lines[at.line][:at.at])
	}
	if m.line < len(e.lines) {
		e.err = &m
	}
}

// byteOf gives the byte at which the n-th character of s begins.
func byteOf(s string, n int) int {
	for i := range s {
		if n == 0 {
			return i
		}
		n--
	}
	return len(s)
}

// selection gives the selected part, in order; both ends equal without one.
func (e *sqledit) selection() (from, to pos) {
	if e.cur.before(e.anchor) {
		return e.cur, e.anchor
	}
	return e.anchor, e.cur
}

// save remembers the text before an edit. Edits of one kind in a row are one step.
func (e *sqledit) save(kind string) {
	if kind == "" || kind != e.group || len(e.undo) == 0 {
		e.undo = append(e.undo, snapshot{append([]string(nil), e.lines...), e.cur})
		if len(e.undo) > undoDepth {
			e.undo = e.undo[1:]
		}
	}
	e.redo, e.group, e.err = nil, kind, nil
	e.version++
}

// swap takes a step from one stack and puts the present on the other.
func (e *sqledit) swap(from, to *[]snapshot) {
	if len(*from) == 0 {
		return
	}
	s := (*from)[len(*from)-1]
	*from = (*from)[:len(*from)-1]
	*to = append(*to, snapshot{e.lines, e.cur})
	e.lines, e.cur, e.anchor = append([]string(nil), s.lines...), s.cur, s.cur
	e.group, e.err = "", nil
	e.version++
	e.goal = e.column()
}

// insert puts text at the cursor in place of the selection, verbatim.
func (e *sqledit) insert(text, kind string) {
	if from, to := e.selection(); from != to {
		e.save("")
		e.remove(from, to)
	} else {
		e.save(kind)
	}
	line := e.lines[e.cur.line]
	parts := strings.Split(text, "\n")
	head, tail := line[:e.cur.at], line[e.cur.at:]
	if len(parts) == 1 {
		e.lines[e.cur.line] = head + text + tail
		e.cur.at += len(text)
	} else {
		last := len(parts) - 1
		end := len(parts[last])
		parts[0] = head + parts[0]
		parts[last] += tail
		rest := append(parts, e.lines[e.cur.line+1:]...)
		e.lines = append(e.lines[:e.cur.line:e.cur.line], rest...)
		e.cur = pos{e.cur.line + last, end}
	}
	e.anchor, e.goal = e.cur, e.column()
}

// paste inserts text as it came; only line ends become the editor's own.
func (e *sqledit) paste(text string) {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	e.insert(strings.ReplaceAll(text, "\r", "\n"), "")
}

// newline begins a line with the indent of the one it leaves.
func (e *sqledit) newline() {
	line := e.lines[e.cur.line][:e.cur.at]
	e.insert("\n"+line[:len(line)-len(strings.TrimLeft(line, " "))], "")
}

// remove takes out [from, to) and leaves the cursor there.
func (e *sqledit) remove(from, to pos) {
	joined := e.lines[from.line][:from.at] + e.lines[to.line][to.at:]
	e.lines = append(append(e.lines[:from.line:from.line], joined), e.lines[to.line+1:]...)
	e.cur, e.anchor = from, from
	e.goal = e.column()
}

// erase removes the selection, or what lies between the cursor and p.
func (e *sqledit) erase(p pos, kind string) {
	from, to := e.selection()
	if from == to {
		from, to = e.cur, p
		if to.before(from) {
			from, to = to, from
		}
	} else {
		kind = ""
	}
	if from != to {
		e.save(kind)
		e.remove(from, to)
	}
}

// prev and next step over one grapheme cluster, and over line ends.
func (e *sqledit) prev(p pos) pos {
	if p.at == 0 {
		if p.line == 0 {
			return p
		}
		return pos{p.line - 1, len(e.lines[p.line-1])}
	}
	last := 0
	for at := 0; at < p.at; {
		last = at
		at += clusterLen(e.lines[p.line][at:])
	}
	return pos{p.line, last}
}

func (e *sqledit) next(p pos) pos {
	if p.at < len(e.lines[p.line]) {
		return pos{p.line, p.at + clusterLen(e.lines[p.line][p.at:])}
	}
	if p.line+1 < len(e.lines) {
		return pos{p.line + 1, 0}
	}
	return p
}

func clusterLen(s string) int {
	if s[0] < 0x80 && (len(s) == 1 || s[1] < 0x80) {
		return 1
	}
	c, _ := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
	return max(len(c), 1)
}

// wordLeft and wordRight step over what is not a word and then over a word.
func (e *sqledit) wordLeft(p pos) pos {
	for p != (pos{}) && !isWord(e.byteAt(e.prev(p))) {
		p = e.prev(p)
	}
	for p != (pos{}) && isWord(e.byteAt(e.prev(p))) {
		p = e.prev(p)
	}
	return p
}

func (e *sqledit) wordRight(p pos) pos {
	end := e.end()
	for p != end && !isWord(e.byteAt(p)) {
		p = e.next(p)
	}
	for p != end && isWord(e.byteAt(p)) {
		p = e.next(p)
	}
	return p
}

// byteAt is the byte at p; a line's end is a newline.
func (e *sqledit) byteAt(p pos) byte {
	if p.at < len(e.lines[p.line]) {
		return e.lines[p.line][p.at]
	}
	return '\n'
}

func (e *sqledit) end() pos {
	last := len(e.lines) - 1
	return pos{last, len(e.lines[last])}
}
