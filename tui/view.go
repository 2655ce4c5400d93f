package tui

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
)

func (m *model) tooSmall() bool { return m.w < minWidth || m.h < minHeight }

// View says in which state the terminal is to be, and draws the screen if it is time
// to. The frame goes to the painter; bubbletea, which calls View after every message,
// has a blank to draw, and that once: with no text at all it would clear the screen
// with every tick.
func (m *model) View() (v tea.View) {
	v.Content, v.AltScreen, v.WindowTitle = " ", true, "acme"
	if !m.cfg.NoMouse {
		v.MouseMode = tea.MouseModeCellMotion
	}
	if m.crash != nil || !m.due { // what panicked would panic again
		return v
	}
	defer m.guard()
	m.due = false
	lines, cursor := m.screen()
	if m.paint != nil {
		m.paint.show(picture{lines, cursor})
	}
	return v
}

// frameMsg says that it is time for a frame that was put off.
type frameMsg struct{}

// plan decides whether a frame follows a message at once or later. Keys, and what
// they wait for, are seen at once; what moves by itself is drawn 30 times a second at
// most; where keys come faster than they can be seen, several share a frame.
func (m *model) plan(msg tea.Msg) tea.Cmd {
	pace := paceSelf
	switch msg.(type) {
	case frameMsg:
		if m.put = false; !m.stale {
			return nil
		}
		pace = 0
	case tea.KeyPressMsg, tea.PasteMsg, tea.MouseMsg, tea.WindowSizeMsg, farMsg:
		pace = paceKeys
	}
	m.stale = true
	now := m.clock()
	if wait := pace - now.Sub(m.drawn); wait > 0 && m.paint != nil && !m.drawn.IsZero() {
		if m.put && pace == paceSelf {
			return nil
		}
		m.put = true
		return m.later(wait, func(time.Time) tea.Msg { return frameMsg{} })
	}
	m.due, m.drawn, m.stale = true, now, false
	return nil
}

// screen gives exactly m.h lines of exactly m.w columns.
func (m *model) screen() ([]string, *tea.Cursor) {
	if m.w <= 0 || m.h <= 0 {
		return nil, nil
	}
	if m.tooSmall() {
		return m.drawTooSmall(), nil
	}
	bodyH := m.h - 2
	body, cursor := m.body(m.w, bodyH)
	lines := append([]string{m.drawHeader(m.w)}, body...)
	lines = append(lines, m.drawFooter(m.w))
	if cursor != nil {
		cursor.Y++
	}
	if m.cell != nil {
		lines, cursor = m.cell.over(m, lines), nil
	}
	if m.chart != nil {
		lines, cursor = m.chart.over(m, lines), nil
	}
	if m.help != nil {
		lines, cursor = m.help.over(m, lines), nil
	}
	if m.input != nil {
		lines, cursor = m.input.over(m, lines)
	}
	return lines, cursor
}

func (m *model) body(w, h int) ([]string, *tea.Cursor) {
	switch {
	case m.prepare != nil:
		return m.prepare.draw(m, w, h), nil
	case m.drill != nil:
		return m.drill.draw(m, w, h), nil
	}
	return m.pages[m.current].draw(m, w, h)
}

func (m *model) drawTooSmall() []string {
	lines := m.th.blank(m.w, m.h)
	texts := []string{
		"terminal too small (need 60x16)",
		fmt.Sprintf("it is %dx%d; q quits", m.w, m.h),
	}
	for i, s := range texts {
		if y := m.h/2 - 1 + i; y >= 0 && y < m.h {
			r := dim
			if i == 0 {
				r = accent
			}
			lines[y] = m.th.newLine(m.w).space((m.w-len(s))/2).put(r, s).String()
		}
	}
	if m.h == 1 {
		lines[0] = m.th.newLine(m.w).put(accent, texts[0]).String()
	}
	return lines
}

// drawHeader draws the tabs, and at the right what is shown and what runs.
func (m *model) drawHeader(w int) string {
	l := m.th.newLine(w)
	l.space(1).put(accent, "acme").rest(tabsFrom)
	for i := range m.pages {
		r, text := dim, m.tab(i)
		if i == m.current && m.prepare == nil {
			r = tab
			if m.look.ascii {
				text = "[" + strings.TrimSpace(text) + "]"
			}
		}
		l.put(r, text).space(1)
	}
	status, r := m.status()
	right := m.cfg.Lake
	room := w - l.w - 1
	sw := m.th.width(status)
	if sw > 0 && room > sw+4 {
		right = m.th.ending(right, room-sw-3) + "  "
	} else {
		right = m.th.ending(right, room-1)
		status = ""
	}
	l.rest(w - 1 - m.th.width(right) - m.th.width(status))
	return l.put(dim, right).put(r, status).String()
}

// tabsFrom is the column of the first tab; a blank stands between two.
const tabsFrom = 7

// tab is a page's text in the header.
func (m *model) tab(i int) string { return fmt.Sprintf(" %d %s ", i+1, m.pages[i].name()) }

// tabAt gives the page whose tab a column of the header is in.
func (m *model) tabAt(x int) (page int, ok bool) {
	from := tabsFrom
	for i := range m.pages {
		to := from + m.th.width(m.tab(i))
		if x >= from && x < to {
			return i, true
		}
		from = to + 1
	}
	return 0, false
}

// status says what runs now.
func (m *model) status() (string, role) {
	spin := m.th.g.spin[m.frame%len(m.th.g.spin)]
	switch {
	case m.sql.running():
		return spin + " query " + span(m.clock().Sub(m.sql.busy().started)), warn
	case m.report.loading():
		return spin + " " + m.report.progressText(), warn
	}
	if text := m.jobsText(); text != "" {
		return spin + " " + text, warn
	}
	return "", plain
}

// drawFooter draws the note if there is one, else the keys.
func (m *model) drawFooter(w int) string {
	if m.note.text != "" {
		return m.th.newLine(w).space(1).put(m.note.role, m.note.text).String()
	}
	return m.footer(w)
}

// centred puts the lines of a box of bw by bh in the middle of the screen.
func (m *model) centred(lines, top []string, bw, bh int) (out []string, x, y int) {
	x, y = (m.w-bw)/2, (m.h-bh)/2
	return overlay(lines, top, x, y, m.w, bw), x, y
}
