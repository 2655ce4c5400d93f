package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"acme/telemetry/engine/query"
	"acme/telemetry/engine/report"
)

// drillView is a section opened: the statement as it was sent, and the whole
// result at full precision. A section that no statement answers is shown as in
// its pane, but all of it.
type drillView struct {
	sec    *report.Section // what the pane shows
	shown  *report.Section // whose rows are shown: sec, or the form it offers
	grid   *grid
	onSQL  bool // the keys scroll the statement, or the section without one
	scroll scrollText
}

// openDrill opens the focused pane, with the cursor on its row.
func (m *model) openDrill() tea.Cmd {
	s := m.report.section()
	v := &drillView{sec: s, shown: s, onSQL: s.SQL == ""}
	if s.Err != nil && s.Offered != nil {
		v.shown = s.Offered
	}
	cols := make([]query.Column, len(v.shown.Columns))
	for i, c := range v.shown.Columns {
		cols[i] = c.Column
		if cols[i].Name == "" {
			cols[i].Name = c.Heading()
		}
	}
	v.grid = newGrid(cols)
	v.grid.add(v.shown.Rows)
	v.grid.win.cur = m.report.row()
	m.drill = v
	return nil
}

func drillActions() []action {
	grid := func(m *model) bool { return !m.drill.onSQL && len(m.drill.grid.rows) > 0 }
	return []action{
		{id: "drill.edit", scope: scopeDrill, keys: []string{"enter", "e"}, short: "open in SQL", long: "open the statement on the SQL page", run: func(m *model) tea.Cmd { return m.openSQL(m.drill.sec.SQL, false) }, when: func(m *model) bool { return m.drill.sec.SQL != "" }},
		{id: "drill.offered", scope: scopeDrill, keys: []string{"o"}, short: "accepted form", long: "open the form that Athena takes on the SQL page", run: func(m *model) tea.Cmd { return m.openSQL(m.drill.shown.SQL, false) }, when: func(m *model) bool { return m.drill.shown != m.drill.sec }},
		{id: "drill.rows", scope: scopeDrill, keys: []string{"d"}, short: "its rows", long: "run the statement that lists what the row counts", run: func(m *model) tea.Cmd { return m.openRows(m.drill.shown, m.drill.row()) }, when: func(m *model) bool { return drillSQL(m.drill.shown, m.drill.row()) != "" }},
		{id: "drill.cell", scope: scopeDrill, keys: []string{"space", "i"}, short: "cell", long: "the whole cell", run: func(m *model) tea.Cmd { return m.openCell(m.drill.grid) }, when: grid},
		{id: "drill.copy", scope: scopeDrill, keys: []string{"y"}, short: "copy", long: "copy the cell", run: func(m *model) tea.Cmd { return m.copyCell(m.drill.grid) }, when: grid},
		{id: "drill.copysql", scope: scopeDrill, keys: []string{"Y"}, long: "copy the statement", run: func(m *model) tea.Cmd { return m.copy("the statement", m.drill.sec.SQL) }, when: func(m *model) bool { return m.drill.sec.SQL != "" }},
		{id: "drill.pane", scope: scopeDrill, keys: []string{"tab", "shift+tab", "f6"}, short: "pane", long: "between statement and result", run: func(m *model) tea.Cmd { m.drill.onSQL = !m.drill.onSQL; return nil }, when: func(m *model) bool { return m.drill.sec.SQL != "" }},
		{id: "drill.move", scope: scopeDrill, keys: []string{"up", "down", "left", "right", "h", "j", "k", "l"}, long: "move, or scroll the statement"},
		{id: "drill.close", scope: scopeDrill, keys: []string{"esc", "backspace"}, short: "back", long: "back to the report", run: func(m *model) tea.Cmd { m.drill = nil; return nil }},
	}
}

// row is the section's row under the cursor.
func (v *drillView) row() int { return v.grid.win.cur }

func (v *drillView) key(m *model, k tea.KeyPressMsg) tea.Cmd {
	if v.onSQL {
		v.scroll.key(k.String())
	} else {
		v.grid.key(k.String())
	}
	return nil
}

func (v *drillView) mouse(m *model, e tea.MouseMsg) tea.Cmd {
	k := ""
	switch e.Mouse().Button {
	case tea.MouseWheelUp:
		k = "up"
	case tea.MouseWheelDown:
		k = "down"
	}
	if v.onSQL {
		v.scroll.key(k)
	} else if k != "" {
		v.grid.key(k)
	}
	return nil
}

func (v *drillView) draw(m *model, w, h int) []string {
	th := m.th
	if v.sec.SQL == "" {
		return v.drawWhole(m, w, h)
	}
	return v.drawResult(th, w, h)
}

// drawWhole draws a section that no statement answers.
func (v *drillView) drawWhole(m *model, w, h int) []string {
	b := box{title: v.sec.Title, focused: true}
	iw, ih := b.inner(w, h)
	c := layOut(m.th, v.sec, iw)
	var lines []string
	for _, t := range m.th.wrap(cutBytes(v.sec.Lead, datumMost), iw) {
		if t != "" && v.sec.Layout != report.LayoutList {
			lines = append(lines, m.th.newLine(iw).put(dim, t).String())
		}
	}
	lines = append(lines, c.head...)
	for i := range c.n {
		lines = append(lines, c.draw(i, false)...)
	}
	lines = append(lines, c.tail...)
	body := v.scroll.show(m.th, lines, iw, ih)
	b.foot = v.scroll.position()
	return b.Draw(m.th, w, h, body)
}

// drawResult draws the statement, its result and what is said about them.
func (v *drillView) drawResult(th *theme, w, h int) []string {
	out := v.drawStatement(th, w, h*9/20)
	notes := v.notes(th, w)
	gh := h - len(out)
	if room := gh - 8; len(notes) > room {
		notes = notes[:max(room, 0)]
	}
	gh -= len(notes)
	b := box{title: "Result, as the engine gave it", focused: !v.onSQL, note: v.statsText(th), noteRole: dim}
	if v.shown != v.sec {
		b.title = "Result of the form that Athena takes"
	}
	iw, ih := b.inner(w, gh)
	body := v.grid.Draw(th, iw, ih, !v.onSQL)
	rows, cols := v.grid.place()
	b.foot = rows + " of " + report.Count(int64(len(v.grid.rows)))
	if cols != "" {
		b.foot = cols + " " + th.g.dot + " " + b.foot
	}
	out = append(out, b.Draw(th, w, gh, body)...)
	return th.fit(append(out, notes...), w, h)
}

// drawStatement draws the SQL in at most most lines.
func (v *drillView) drawStatement(th *theme, w, most int) []string {
	b := box{title: v.sec.Title + ": statement", focused: v.onSQL}
	if v.sec.File != "" {
		b.note = "sql/" + strings.TrimPrefix(v.sec.File, "sql/")
	}
	iw, _ := b.inner(w, most)
	sql := v.statement(th, iw)
	h := min(len(sql)+2, most)
	_, ih := b.inner(w, h)
	body := v.scroll.show(th, sql, iw, ih)
	b.foot = v.scroll.position()
	return b.Draw(th, w, h, body)
}

func (v *drillView) statsText(th *theme) string {
	s := v.shown.Stats
	if s.Objects == 0 && s.Bytes == 0 {
		return ""
	}
	sep := " " + th.g.dot + " "
	text := span(s.Elapsed) + sep + "scanned " + report.Bytes(s.Bytes) + " in " + report.Count(s.Objects) + " objects"
	if s.PartitionsOf > 0 {
		text += sep + "partitions " + report.Count(s.Partitions) + "/" + report.Count(s.PartitionsOf)
	}
	return text
}

// statement draws the SQL; of a refused one with a caret and Athena's words.
func (v *drillView) statement(th *theme, w int) []string {
	e := v.sec.Err
	if e == nil {
		return th.drawSQL(v.sec.SQL, w)
	}
	var out []string
	add := func(r role, s string) {
		for _, t := range th.wrap(s, w) {
			out = append(out, th.newLine(w).put(r, t).String())
		}
	}
	add(bad, th.g.bad+" "+e.Name+": "+e.Message)
	src := strings.Split(v.sec.SQL, "\n")
	if e.Line >= 1 && e.Line <= len(src) && e.Column >= 1 {
		out = append(out, th.caret(src[e.Line-1], e.Line, e.Column, w)...)
	}
	if e.Hint != "" {
		add(plain, th.g.right+" "+e.Hint)
	}
	out = append(out, th.newLine(w).String())
	return append(out, th.drawSQL(v.sec.SQL, w)...)
}

// notes are the section's lead and notes, under the result.
func (v *drillView) notes(th *theme, w int) []string {
	var out []string
	for _, t := range th.wrap(cutBytes(v.sec.Lead, datumMost), w-2) {
		if t != "" {
			out = append(out, th.newLine(w).space(1).put(dim, t).String())
		}
	}
	for _, n := range v.sec.Notes {
		for _, s := range drawNotice(th, report.Notice{Severity: report.Info, Text: n}, w-2) {
			out = append(out, th.newLine(w).space(1).join(s, w-2).String())
		}
	}
	return out
}
