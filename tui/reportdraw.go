package tui

import (
	"errors"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"acme/telemetry/engine/query"
	"acme/telemetry/engine/report"
)

var errCancelled = errors.New("cancelled")

// draw gives the report: what it is about, banners, panes.
func (p *reportPage) draw(m *model, w, h int) ([]string, *tea.Cursor) {
	if p.doc == nil {
		return p.drawEmpty(m, w, h), nil
	}
	lines := p.drawTop(m, w)
	p.off = len(lines)
	p.room = max(h-len(lines), 1)
	if k := (layoutKey{w, p.room, m.th, p.doc}); k != p.laid {
		first := p.laid.doc == nil
		p.laid, p.lay = k, arrange(m.th, p.panes, w, p.room)
		if first {
			p.reveal()
		}
		p.reveal()
	}
	p.bound()
	lines = append(lines, p.drawPanes(m, w)...)
	return m.th.fit(lines, w, h), nil
}

// drawTop says what the report is about, and what Athena does not see.
func (p *reportPage) drawTop(m *model, w int) []string {
	l := m.th.newLine(w)
	l.space(1).put(title, p.doc.Title).space(2).put(dim, p.what())
	at := "at " + p.doc.Now.UTC().Format("2006-01-02 15:04:05") + " UTC"
	if p.took > 0 {
		at = "loaded in " + span(p.took)
	}
	if l.w+len(at)+3 <= w {
		l.rest(w-len(at)-1).put(dim, at)
	}
	out := []string{l.String()}
	seen := seenText(p.doc.Seen)
	if seen != "" {
		b := m.th.newLine(w)
		b.put(banner, " "+m.th.g.warn+" "+seen+" ")
		b.repeat(banner, " ", w)
		out = append(out, b.String())
	}
	for _, n := range p.notices(seen != "") {
		sign, r := m.th.severity(n.Severity)
		out = append(out, m.th.newLine(w).space(1).put(r, sign).space(1).cell(r, n.Text, w-4, false).String())
	}
	return out
}

// notices gives those that get a line of their own at the top: warnings, at
// most three, without the one that the banner has said.
func (p *reportPage) notices(banner bool) []report.Notice {
	var out []report.Notice
	for _, n := range p.doc.Notices {
		if banner && strings.Contains(strings.ToLower(n.Text), "athena sees") {
			continue
		}
		if n.Severity >= report.Warn && len(out) < 3 {
			out = append(out, n)
		}
	}
	return out
}

// what names the table and the range.
func (p *reportPage) what() string {
	s := p.doc.Table
	switch {
	case p.doc.From.IsZero() && p.doc.To.IsZero():
		s += ", all partitions"
	case p.doc.From.IsZero():
		s += ", until " + hour(p.doc.To) + " UTC"
	case p.doc.To.IsZero():
		s += ", from " + hour(p.doc.From) + " UTC"
	case p.doc.To.Sub(p.doc.From).Hours() == 1:
		s += ", hour " + hour(p.doc.From) + " UTC"
	default:
		s += ", " + hour(p.doc.From) + " to " + hour(p.doc.To) + " UTC"
	}
	return s
}

// drawPanes draws the rows of panes that are on the screen.
func (p *reportPage) drawPanes(m *model, w int) []string {
	out := make([]string, 0, p.room)
	for _, row := range p.lay.rows {
		at := p.lay.place[row[0]]
		if at.y+at.h <= p.top || at.y >= p.top+p.room {
			continue
		}
		drawn := make([][]string, len(row))
		for i, c := range row {
			q := p.lay.place[c]
			drawn[i] = p.panes[c].Draw(m.th, q.w, q.h, c == p.focus)
		}
		for y := max(p.top-at.y, 0); y < min(at.h, p.top+p.room-at.y); y++ {
			l := m.th.newLine(w)
			for i, c := range row {
				l.join(drawn[i][y], p.lay.place[c].w)
			}
			out = append(out, l.String())
		}
	}
	return p.scrollbar(m, out, w)
}

// scrollbar marks on the right edge which part of a long report is shown. It
// stands on the frames, so it takes no room.
func (p *reportPage) scrollbar(m *model, lines []string, w int) []string {
	if p.lay.height <= p.room || p.room < 3 {
		return lines
	}
	size := max(p.room*p.room/p.lay.height, 1)
	from := p.top * (p.room - size) / max(p.lay.height-p.room, 1)
	for y := from; y < min(from+size, len(lines)); y++ {
		lines[y] = cut(lines[y], 0, w-1) + "\x1b[m" + m.th.newLine(1).put(focus, scrollMark(m.th)).String()
	}
	return lines
}

func scrollMark(th *theme) string {
	if th.ascii {
		return "#"
	}
	return "▐"
}

// drawEmpty is the page before there is a report: it loads, or it failed.
func (p *reportPage) drawEmpty(m *model, w, h int) []string {
	bw := min(w-4, 84)
	b := box{title: "Report", focused: true}
	iw, _ := b.inner(bw, 3)
	var body []string
	add := func(r role, s string) {
		for _, t := range m.th.wrap(s, iw) {
			body = append(body, m.th.newLine(iw).put(r, t).String())
		}
	}
	switch {
	case p.err != nil && !errors.Is(p.err, errCancelled):
		add(bad, m.th.g.bad+" the report could not be made")
		add(plain, "")
		add(plain, errorText(p.err))
		add(plain, "")
		add(dim, "r tries again, / chooses another time range, 2 asks by SQL, q quits")
	case p.err != nil:
		add(warn, "loading was cancelled")
		add(plain, "")
		add(dim, "r loads again, / chooses another time range, q quits")
	default:
		done, of, what := 0, 0, ""
		if p.prog != nil {
			done, of, what = p.prog.get()
		}
		spin := m.th.g.spin[m.frame%len(m.th.g.spin)]
		add(plain, spin+" asking Athena SQL of the lake "+what)
		add(plain, "")
		l := m.th.newLine(iw)
		share := 0.0
		if of > 0 {
			share = float64(done) / float64(of)
		}
		l.gauge(share, iw, true)
		body = append(body, l.String(), m.th.newLine(iw).String())
		text := span(m.clock().Sub(p.started))
		if of > 0 {
			text += ", " + strconv.Itoa(done) + " of " + strconv.Itoa(of) + " sections"
		}
		add(dim, text)
	}
	bh := min(len(body)+2, h)
	lines := m.th.blank(w, h)
	return overlay(lines, b.Draw(m.th, bw, bh, body), (w-bw)/2, max((h-bh)/2, 0), w, bw)
}

// errorText writes an error for a reader; one of the SQL with its hint.
func errorText(err error) string {
	var q *query.Error
	if errors.As(err, &q) {
		s := q.Name + ": " + q.Message
		if q.Hint != "" {
			s += "\n" + q.Hint
		}
		return s
	}
	return err.Error()
}

// mouse focuses a pane on a click and scrolls the report by the wheel.
func (p *reportPage) mouse(m *model, x, y int, e tea.MouseMsg) tea.Cmd {
	switch e.Mouse().Button {
	case tea.MouseWheelUp:
		p.top -= 3
		p.bound()
	case tea.MouseWheelDown:
		p.top += 3
		p.bound()
	case tea.MouseLeft:
		if _, ok := e.(tea.MouseClickMsg); !ok {
			return nil
		}
		for i := range p.lay.place {
			q := p.lay.place[i]
			if line := y - p.off + p.top; x >= q.x && x < q.x+q.w && line >= q.y && line < q.y+q.h {
				p.focus = i
			}
		}
	}
	return nil
}
