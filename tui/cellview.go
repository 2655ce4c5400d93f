package tui

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"acme/telemetry/engine/query"
	"acme/telemetry/engine/report"
)

// cellView shows one value whole: wrapped, with its column and type; or a row, a column
// a line.
type cellView struct {
	col    query.Column
	value  any
	g      *grid          // of a row: left and right go to those beside it
	cols   []query.Column // of a row
	row    query.Row
	scroll scrollText
	lines  []string
	w      int
	th     *theme
}

// openCell inspects the cell under a grid's cursor.
func (m *model) openCell(g *grid) tea.Cmd {
	if c, v, ok := g.cell(); ok {
		m.cell = &cellView{col: c, value: v}
	}
	return nil
}

// openRow shows the row under a grid's cursor.
func (m *model) openRow(g *grid) tea.Cmd {
	if row, ok := g.current(); ok {
		m.cell = &cellView{g: g, cols: g.cols}
		m.cell.setRow(row)
	}
	return nil
}

// setRow shows the row that the grid's cursor is on, at the place that was read of the one
// before.
func (v *cellView) setRow(row query.Row) {
	v.col = query.Column{Name: "Row " + report.Count(int64(v.g.win.cur+1)) + " of " + report.Count(int64(v.g.count())), Type: report.Count(int64(len(v.cols))) + " columns"}
	v.row, v.lines = row, nil
}

// turn goes to the row d further on, if there is one and it is in memory.
func (v *cellView) turn(d int) {
	was := v.g.win.cur
	v.g.win.cur = min(max(was+d, 0), v.g.count()-1)
	row, ok := v.g.current()
	if !ok {
		v.g.win.cur = was
		return
	}
	v.setRow(row)
}

// copyCell copies the cell under a grid's cursor; NULL copies nothing.
func (m *model) copyCell(g *grid) tea.Cmd {
	c, v, ok := g.cell()
	switch {
	case !ok:
		return nil
	case v == nil:
		m.say(dim, "the cell is NULL: nothing to copy")
		return nil
	}
	return m.copy(c.Name, c.Format(v))
}

func (v *cellView) key(m *model, k tea.KeyPressMsg) tea.Cmd {
	switch s := k.String(); {
	case v.scroll.key(s):
	case v.g != nil && (s == "left" || s == "h"):
		v.turn(-1)
	case v.g != nil && (s == "right" || s == "l"):
		v.turn(1)
	case s == "y":
		if v.row != nil {
			return m.copy("the row", tsv(v.cols, v.row))
		}
		if v.value != nil {
			return m.copy(v.col.Name, v.col.Format(v.value))
		}
	case slices.Contains([]string{"esc", "enter", "q", "v", "backspace"}, s): // no other key: the esc after it would leave the result
		m.cell = nil
	}
	return nil
}

// cellMost bounds the text that is laid out; the rest is said to be there.
const cellMost = 1 << 20

func (v *cellView) over(m *model, lines []string) []string {
	bw, bh := min(m.w-4, 110), m.h-4
	b := box{title: v.col.Name, note: v.col.Type, focused: true}
	iw, ih := b.inner(bw, bh)
	if v.lines == nil || v.w != iw || v.th != m.th {
		v.lines, v.w, v.th = v.layOut(m.th, iw), iw, m.th
	}
	ih = min(ih, max(len(v.lines), 1))
	shown := v.scroll.show(m.th, v.lines, iw, ih)
	b.foot = "y copy, esc close"
	if v.g != nil {
		b.foot = m.th.g.left + " " + m.th.g.right + " other rows, " + b.foot
	}
	if at := v.scroll.position(); at != "" {
		b.foot = at + " " + m.th.g.dot + " " + b.foot
	}
	out, _, _ := m.centred(lines, b.Draw(m.th, bw, ih+2, shown), bw, ih+2)
	return out
}

// layOutRow gives the names of the columns at the left, and their values behind them.
func (v *cellView) layOutRow(th *theme, w int) []string {
	names := 0
	for _, c := range v.cols {
		names = max(names, th.width(c.Name))
	}
	names = min(names, w/3)
	var out []string
	for i, c := range v.cols {
		var value any
		if i < len(v.row) {
			value = v.row[i]
		}
		text, r := th.text(value, c)
		for j, part := range th.wrap(text, w-names-2) {
			l := th.newLine(w)
			if j == 0 {
				l.cell(header, c.Name, names, false)
			}
			out = append(out, l.rest(names+2).put(r, part).String())
		}
	}
	return out
}

// eventType is the type of the value that is an event of a topic.
const eventType = "event"

// fieldByField writes a JSON object with a field a line; what is none stays as it is.
func fieldByField(text string) string {
	var b bytes.Buffer
	if len(text) > cellMost || json.Indent(&b, []byte(text), "", "  ") != nil {
		return text
	}
	return b.String()
}

func (v *cellView) layOut(th *theme, w int) []string {
	if v.row != nil {
		return v.layOutRow(th, w)
	}
	if v.value == nil {
		return []string{th.newLine(w).put(dim, "NULL").String()}
	}
	text := v.col.Format(v.value)
	if v.col.Type == eventType {
		text = fieldByField(text)
	}
	if text == "" {
		return []string{th.newLine(w).put(dim, "(empty text)").String()}
	}
	var out []string
	for _, t := range th.wrap(cutBytes(text, cellMost), w) {
		out = append(out, th.newLine(w).put(plain, t).String())
	}
	if len(text) > cellMost {
		out = append(out, th.newLine(w).put(warn, "cut here: "+report.Bytes(int64(len(text)))+" in all").String())
	}
	if strings.TrimSpace(text) == "" {
		out = append(out, th.newLine(w).put(dim, "(blanks)").String())
	}
	return out
}
