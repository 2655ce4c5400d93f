package tui

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"acme/telemetry/engine/query"
	"acme/telemetry/engine/report"
)

// Widths of what stands beside editor and result, and from which width of the
// screen on each does.
const (
	sideColumns  = 32
	sideFrom     = 100
	statsColumns = 30
	statsFrom    = 120
	statsHeight  = 30
	drawerWidth  = 38
)

// sideWidth is how wide the schema is; nothing where it is hidden or a drawer.
func (p *sqlPage) sideWidth(w int) int {
	if p.noSide || w < sideFrom || p.zoomed {
		return 0
	}
	if w >= 160 {
		return 36
	}
	return sideColumns
}

// editHeight is how high the editor's box is: what the text needs, at most half of the
// page, and at least a third of it or ten lines: on a high screen rows are worth more than
// lines that nobody has written.
func (p *sqlPage) editHeight(h int) int {
	if p.zoomed {
		if p.pane == paneResult {
			return 0
		}
		return h
	}
	return min(max(len(p.edit.lines)+4, min(h/3, 10)), h/2)
}

func (p *sqlPage) draw(m *model, w, h int) ([]string, *tea.Cursor) {
	sw := p.sideWidth(w)
	eh := p.editHeight(h)
	mw := w - sw
	var main []string
	var cursor *tea.Cursor
	p.spots = [3]spot{{sw, 0, mw, eh}, {sw, eh, mw, h - eh}, {0, 0, sw, h}}
	if eh > 0 {
		var body []string
		body, cursor = p.drawEditor(m, mw, eh)
		main = append(main, body...)
	}
	if h > eh {
		main = append(main, p.drawResults(m, mw, h-eh)...)
	}
	if cursor != nil {
		cursor.X += sw
	}
	lines := main
	if sw > 0 {
		side := p.drawSchema(m, sw, h)
		lines = make([]string, h)
		for y := range lines {
			lines[y] = m.th.newLine(w).join(side[y], sw).join(main[y], mw).String()
		}
	}
	if p.pop != nil && !p.pop.shut && cursor != nil && p.pane == paneEditor {
		lines = p.pop.over(m, lines, w, cursor.X, cursor.Y)
	}
	if sw == 0 && p.drawer && p.pane == paneSchema {
		dw := min(drawerWidth, w)
		p.spots[paneSchema] = spot{0, 0, dw, h}
		lines, cursor = overlay(lines, p.drawSchema(m, dw, h), 0, 0, w, dw), nil
	}
	return lines, cursor
}

// drawEditor draws the text, and what is known of the statement before it runs.
func (p *sqlPage) drawEditor(m *model, w, h int) ([]string, *tea.Cursor) {
	b := box{title: p.tabs(), focused: p.pane == paneEditor}
	b.foot = "line " + strconv.Itoa(p.edit.cur.line+1) + ", column " + strconv.Itoa(utf8Column(p.edit)+1)
	if from, to := p.edit.selection(); from != to {
		b.foot = "selection runs " + m.th.g.dot + " " + b.foot
	}
	iw, ih := b.inner(w, h)
	var told []string
	if m.cfg.Checker != nil && ih > 4 {
		told = p.check.draw(m.th, iw)
	}
	body, cursor := p.edit.Draw(m.th, iw, ih-len(told), p.pane == paneEditor)
	body = append(body, told...)
	if cursor != nil {
		cursor.X += 2
		cursor.Y++
	}
	return b.Draw(m.th, w, h, body), cursor
}

// tabs names the sheets, the one shown in brackets where there are several.
func (p *sqlPage) tabs() string {
	if len(p.sheets) == 1 {
		return p.sheet.label()
	}
	names := make([]string, len(p.sheets))
	for i, s := range p.sheets {
		names[i] = s.label()
		if i == p.cur {
			names[i] = "[" + names[i] + "]"
		}
	}
	return strings.Join(names[max(0, p.cur-3):], "  ")
}

// utf8Column is the cursor's column in characters, as Trino counts.
func utf8Column(e *sqledit) int { return len([]rune(e.lines[e.cur.line][:e.cur.at])) }

// toggleStats shows the statistics of the cursor's column, or not.
func (m *model) toggleStats() tea.Cmd {
	m.sql.statsOn = !m.sql.statsOn
	if m.sql.statsOn && m.w < statsFrom && m.h < statsHeight {
		m.say(dim, fmt.Sprintf("statistics of a column are seen with %d lines or %d columns; %s counts its values here", statsHeight, statsFrom, m.keyName("F")))
	}
	return m.sql.statistics(m)
}

// drawResults draws the result, and the statistics of its column beside it, or
// below it where the screen is narrow.
func (p *sqlPage) drawResults(m *model, w, h int) []string {
	s := p.stat.s
	if !p.statsOn || s == nil || !p.shows() {
		return p.drawResult(m, w, h)
	}
	b := box{title: "Column " + s.col.Name}
	if s.partial {
		b.note, b.noteRole = "first rows", warn
	}
	switch {
	case m.w >= statsFrom && w >= 80:
		iw, _ := b.inner(statsColumns, h)
		left := p.drawResult(m, w-statsColumns, h)
		right := b.Draw(m.th, statsColumns, h, s.lines(m.th, iw, false))
		p.spots[paneResult].w = w - statsColumns
		out := make([]string, h)
		for y := range out {
			out[y] = m.th.newLine(w).join(left[y], w-statsColumns).join(right[y], statsColumns).String()
		}
		return out
	case m.h >= statsHeight && h >= 14:
		iw, _ := b.inner(w, h)
		body := s.lines(m.th, iw, true)
		sh := min(len(body)+2, 6)
		p.spots[paneResult].h = h - sh
		return append(p.drawResult(m, w, h-sh), b.Draw(m.th, w, sh, body)...)
	}
	return p.drawResult(m, w, h)
}

func (p *sqlPage) drawResult(m *model, w, h int) []string {
	b := box{title: "Result", focused: p.pane == paneResult}
	if p.result.title != "" {
		b.title = "Result: " + p.result.title
	}
	if len(p.results) > 1 {
		b.title = strings.Replace(b.title, "Result", "Result "+strconv.Itoa(p.tab+1)+"/"+strconv.Itoa(len(p.results)), 1)
	}
	iw, ih := b.inner(w, h)
	var body []string
	say := func(r role, s string) {
		for _, t := range m.th.wrap(s, iw) {
			body = append(body, m.th.newLine(iw).put(r, t).String())
		}
	}
	switch {
	case p.state == runNone:
		say(dim, m.keyName("f5")+" runs the statement under the cursor; so do ctrl+j and alt+enter.")
		say(dim, "Rows come here as they are read. Enter begins a new line and never runs anything.")
	case p.state == runFailed:
		b.title, b.note, b.noteRole = "Error", "after "+span(p.took), bad
		if line := p.failedAt(); line > 0 {
			b.title = "Error in line " + strconv.Itoa(line) + " of the sheet"
		}
		body = p.drawError(m, iw)
	case p.grid == nil && p.state == runBusy:
		spin := m.th.g.spin[m.frame%len(m.th.g.spin)]
		say(plain, spin+" running for "+span(m.clock().Sub(p.started))+"; ctrl+c cancels")
	case p.grid == nil || p.grid.total() == 0 && p.state == runCancelled:
		say(warn, "cancelled after "+span(p.took)+"; no row had come")
	case len(p.grid.cols) == 0 && p.state == runDone:
		say(good, m.th.g.ok+" done; the statement has no result")
	default:
		body = p.grid.Draw(m.th, iw, ih, p.pane == paneResult)
		b.foot = p.place(m)
	}
	if p.grid != nil && p.state != runFailed {
		b.note, b.noteRole = p.figures(m, iw)
	}
	return b.Draw(m.th, w, h, body)
}

// place says which row and columns are looked at, and how many rows there are.
func (r *result) place(m *model) string {
	sep := " " + m.th.g.dot + " "
	rows, cols := r.grid.place()
	text := rows + " of " + r.total()
	if r.grid.count() == 0 {
		text = rows
		if r.state != runDone || r.stats.Truncated { // there may be some, and that is what total says
			text = r.total()
		}
	}
	if r.grid.part {
		names := make([]string, len(r.view.filters))
		for i, f := range r.view.filters {
			names[i] = cutBytes(f.name(r.grid.cols), 40)
		}
		text = rows + " of " + report.Count(int64(r.grid.count())) + " (filtered from " + r.total() + ")" + sep + strings.Join(names, ", ")
		if r.grid.count() == 0 {
			text = "no row of " + r.total() + " has " + strings.Join(names, ", ")
		}
	}
	if cols != "" {
		text = cols + sep + text
	}
	if r.grid.far != nil && r.grid.far.err != nil {
		text = m.th.g.bad + " " + r.grid.far.err.Error()
	}
	return text
}

// total says how many rows there are, and no more than is known.
func (r *result) total() string {
	n := report.Count(int64(r.grid.total()))
	switch r.state {
	case runBusy:
		return "at least " + n + " (loading)"
	case runCapped:
		return n + " kept; the result goes on: add LIMIT or a predicate"
	case runCancelled:
		return n + " that had come"
	}
	if r.stats.Truncated {
		return n + " (cut by a limit)"
	}
	return n
}

// figures says what the statement took and read, as much as fits.
func (r *result) figures(m *model, w int) (string, role) {
	sep := " " + m.th.g.dot + " "
	n := int64(r.grid.total())
	switch r.state {
	case runBusy:
		return m.th.g.spin[m.frame%len(m.th.g.spin)] + " loading " + span(m.clock().Sub(r.started)), warn
	case runCancelled:
		return "cancelled after " + span(r.took), warn
	case runCapped:
		return "stopped at " + report.Count(n) + " rows after " + span(r.took), warn
	}
	s := r.stats
	rows := " rows"
	if n == 1 {
		rows = " row"
	}
	parts := []string{report.Count(n) + rows, span(r.took)}
	if s.Bytes > 0 || s.Objects > 0 {
		parts = append(parts, "scanned "+report.Bytes(s.Bytes)+" in "+report.Count(s.Objects)+" objects")
	}
	if s.PartitionsOf > 0 {
		parts = append(parts, "partitions "+report.Count(s.Partitions)+"/"+report.Count(s.PartitionsOf))
	}
	if s.Pruned > 0 {
		parts = append(parts, report.Count(s.Pruned)+" objects pruned")
	}
	if s.Unseen > 0 {
		parts = append(parts, report.Count(s.Unseen)+" records unseen")
	}
	text := strings.Join(parts, sep)
	for len(parts) > 2 && m.th.width(text) > w-14 {
		parts = parts[:len(parts)-1]
		text = strings.Join(parts, sep)
	}
	if s.Unseen > 0 {
		return text, warn
	}
	return text, dim
}

// failedAt is the line of the sheet, from 1, in which Athena's error is, where the error
// itself names another: it counts from the begin of the statement. 0 otherwise.
func (r *result) failedAt() int {
	var q *query.Error
	if r.from.line <= 0 || !errors.As(r.err, &q) || q.Line < 1 {
		return 0
	}
	return r.from.line + q.Line
}

// drawError shows an error as Athena words it, its line with a caret, and
// what to write instead.
func (r *result) drawError(m *model, w int) []string {
	var out []string
	add := func(r role, s string) {
		for _, t := range m.th.wrap(s, w) {
			out = append(out, m.th.newLine(w).put(r, t).String())
		}
	}
	var q *query.Error
	if !errors.As(r.err, &q) {
		add(bad, m.th.g.bad+" "+r.err.Error())
		return out
	}
	add(bad, m.th.g.bad+" "+q.Name+": "+q.Message)
	if src := strings.Split(r.sent, "\n"); q.Line >= 1 && q.Line <= len(src) && q.Column >= 1 {
		out = append(out, m.th.caret(src[q.Line-1], max(r.from.line, 0)+q.Line, q.Column, w)...)
	}
	if q.Hint != "" {
		out = append(out, m.th.newLine(w).String())
		add(plain, m.th.g.right+" "+q.Hint)
	}
	return out
}

// caret draws a line of SQL and a caret under a column (from 1), scrolled so
// that the caret is seen.
func (th *theme) caret(src string, line, column, w int) []string {
	gutter := strconv.Itoa(line) + " " + th.g.colsep + " "
	gw := th.width(gutter)
	src = untab(src[:byteOf(src, column-1)]) + "\x00" + untab(src[byteOf(src, column-1):])
	head, tail, _ := strings.Cut(src, "\x00")
	x := th.width(head)
	src = head + tail
	left := 0
	if room := w - gw; x >= room-1 {
		left = x - room/2
	}
	l := th.newLine(w)
	l.put(dim, gutter)
	for _, t := range tokensByLine([]string{src})[0] {
		drawFrom(l, inkOf(t.kind), src[t.from:t.to], th.width(src[:t.from]), left)
	}
	c := th.newLine(w)
	c.space(gw-2).put(dim, th.g.colsep).rest(gw+x-left).put(bad, "^")
	return []string{l.String(), c.String()}
}
