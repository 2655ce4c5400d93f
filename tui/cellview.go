package tui

import (
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
		m.cell = &cellView{col: query.Column{Name: "Row " + report.Count(int64(g.win.cur+1)), Type: report.Count(int64(len(g.cols))) + " columns"}, cols: g.cols, row: row}
	}
	return nil
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
	switch {
	case v.scroll.key(k.String()):
	case k.String() == "y":
		if v.row != nil {
			return m.copy("the row", tsv(v.cols, v.row))
		}
		if v.value != nil {
			return m.copy(v.col.Name, v.col.Format(v.value))
		}
	default:
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

func (v *cellView) layOut(th *theme, w int) []string {
	if v.row != nil {
		return v.layOutRow(th, w)
	}
	if v.value == nil {
		return []string{th.newLine(w).put(dim, "NULL").String()}
	}
	text := v.col.Format(v.value)
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
