package tui

import "acme/telemetry/engine/report"

// layout is where every pane stands in the panes' area, which may be higher
// than the screen.
type layout struct {
	place  []place // by pane
	rows   [][]int // panes by row, left to right
	height int
}

type place struct{ x, y, w, h, row int }

// layoutKey is what a layout depends on.
type layoutKey struct {
	w, h int
	th   *theme
	doc  *report.Document
}

// columnsFor says how many panes stand side by side.
func columnsFor(w int) int {
	switch {
	case w >= 160:
		return 3
	case w >= 100:
		return 2
	}
	return 1
}

// arrange fills rows with panes in order. A pane that needs more room takes
// more columns; the last of a row takes what is left. All panes of a row are
// as high as the highest needs, within a bound, so that their frames align.
func arrange(th *theme, panes []*pane, w, h int) layout {
	n := columnsFor(w)
	edge := func(i int) int { return i * w / n }
	lay := layout{place: make([]place, len(panes))}
	most := max(h*2/3, 9)
	var row, spans []int
	flush := func() {
		if len(row) == 0 {
			return
		}
		used := 0
		for _, s := range spans {
			used += s
		}
		spans[len(spans)-1] += n - used
		high, at := 0, 0
		for i, p := range row {
			x := edge(at)
			at += spans[i]
			lay.place[p] = place{x: x, y: lay.height, w: edge(at) - x, row: len(lay.rows)}
			high = max(high, min(panes[p].natural(th, edge(at)-x), most))
		}
		for _, p := range row {
			lay.place[p].h = high
		}
		lay.rows = append(lay.rows, row)
		lay.height += high
		row, spans = nil, nil
	}
	used := 0
	for i, p := range panes {
		span := p.span(th, edge(1), n)
		if used+span > n {
			flush()
			used = 0
		}
		row, spans = append(row, i), append(spans, span)
		used += span
	}
	flush()
	return lay
}

// step moves the focus among panes in reading order, around the end.
func (p *reportPage) step(d int) {
	if n := len(p.panes); n > 0 {
		p.focus = (p.focus + d + n) % n
		p.reveal()
	}
}

// vertical moves the cursor in the focused pane; at its edge, to the pane
// above or below.
func (p *reportPage) vertical(d int) {
	c := p.pane()
	if c == nil {
		return
	}
	if next := c.cur + d; next >= 0 && next < c.items() {
		c.cur = next
		p.reveal()
		return
	}
	at := p.at(p.focus)
	row := at.row + d
	if row < 0 || row >= len(p.lay.rows) {
		p.reveal()
		return
	}
	best := p.lay.rows[row][0]
	for _, i := range p.lay.rows[row] {
		if q := p.at(i); q.x <= at.x {
			best = i
		}
	}
	p.focus = best
	if d > 0 {
		p.panes[best].cur = 0
	} else {
		p.panes[best].cur = max(p.panes[best].items()-1, 0)
	}
	p.reveal()
}

// sideways moves to the pane left or right in the row.
func (p *reportPage) sideways(d int) {
	if len(p.panes) == 0 || len(p.lay.rows) == 0 {
		return
	}
	row := p.lay.rows[p.at(p.focus).row]
	for i, c := range row {
		if c == p.focus && i+d >= 0 && i+d < len(row) {
			p.focus = row[i+d]
			break
		}
	}
	p.reveal()
}

// jump scrolls by d lines and takes the focus along.
func (p *reportPage) jump(d int) {
	if len(p.panes) == 0 || len(p.lay.place) != len(p.panes) {
		return
	}
	target := p.at(p.focus).y + d
	best := p.focus
	for i := range p.panes {
		q := p.at(i)
		if d > 0 && q.y <= target && q.y >= p.at(best).y || d < 0 && q.y >= target && q.y <= p.at(best).y {
			best = i
		}
	}
	if best == p.focus && d > 0 && p.focus+1 < len(p.panes) {
		best++
	} else if best == p.focus && d < 0 && p.focus > 0 {
		best--
	}
	p.focus = best
	p.reveal()
}

func (p *reportPage) at(i int) place {
	if i < len(p.lay.place) {
		return p.lay.place[i]
	}
	return place{}
}

// reveal scrolls so that the focused pane is on the screen; of one that is
// higher than the screen, its cursor's part.
func (p *reportPage) reveal() {
	at := p.at(p.focus)
	if at.h == 0 || p.room == 0 {
		return
	}
	if at.y+at.h > p.top+p.room {
		p.top = at.y + at.h - p.room
	}
	if at.y < p.top {
		p.top = at.y
	}
	p.bound()
}

func (p *reportPage) bound() { p.top = min(max(p.top, 0), max(p.lay.height-p.room, 0)) }
