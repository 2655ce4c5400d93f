package tui

import (
	"strings"
	"time"

	"acme/telemetry/engine/report"
)

// pane is one section of the report on the screen. It draws what is visible
// and keeps it until something that it shows has changed.
type pane struct {
	sec *report.Section
	cur int // row with the cursor
	top int // first row shown

	made    content
	madeKey contentKey
	drawn   []string
	key     paneKey
}

// content is a section laid out for a width: a head, items of one or more
// lines that are drawn only when they are visible, and a tail of notes.
type content struct {
	head  []string
	n     int
	lines func(i int) int
	draw  func(i int, selected bool) []string
	tail  []string
}

type contentKey struct {
	w  int
	th *theme
}

type paneKey struct {
	w, h, cur int
	focused   bool
	th        *theme
}

// lay gives the content for an inner width.
func (p *pane) lay(th *theme, iw int) content {
	if k := (contentKey{iw, th}); p.madeKey != k {
		p.madeKey, p.made = k, layOut(th, p.sec, iw)
	}
	return p.made
}

// items is how many places the cursor has.
func (p *pane) items() int { return p.made.n }

// natural is the height at which all of the pane would be seen, in a width.
func (p *pane) natural(th *theme, w int) int {
	iw, _ := box{}.inner(w, 2)
	c := p.lay(th, iw)
	h := len(c.head) + len(c.tail)
	for i := range min(c.n, 64) {
		h += c.lines(i)
	}
	return max(h, 1) + 2
}

// span is how many of n columns, each column wide, the section needs.
func (p *pane) span(th *theme, column, n int) int {
	switch {
	case p.sec.ID == "overview":
		return n
	case p.sec.Err != nil, p.sec.ID == "findings":
		return min(2, n)
	}
	if w := tableWidth(th, p.sec); w+4 > column {
		return min((w+4+column-1)/column, n, 2)
	}
	return 1
}

// Draw gives exactly h lines of w columns.
func (p *pane) Draw(th *theme, w, h int, focused bool) []string {
	iw, ih := box{}.inner(w, h)
	c := p.lay(th, iw)
	p.cur = min(max(p.cur, 0), max(c.n-1, 0))
	k := paneKey{w, h, p.cur, focused, th}
	if p.drawn != nil && k == p.key {
		return p.drawn
	}
	b := box{title: p.sec.Title, focused: focused}
	if p.sec.Group != "" {
		b.title = p.sec.Group + ": " + p.sec.Title
	}
	body := append([]string(nil), c.head...)
	room := max(ih-len(body), 1)
	p.follow(c, room)
	shown := 0
	for i := p.top; i < c.n && len(body) < ih; i++ {
		body = append(body, c.draw(i, focused && i == p.cur)...)
		shown++
	}
	if p.top+shown >= c.n {
		body = append(body, c.tail...)
	}
	switch {
	case focused && p.sec.SQL != "":
		b.foot = "enter: SQL and result"
	case focused:
		b.foot = "enter: all of it"
	}
	if c.n > shown || len(body) > ih {
		more := report.Count(int64(c.n)) + " rows"
		if p.sec.Layout == report.LayoutList || p.sec.Layout == report.LayoutFacts {
			more = "more " + th.g.down
		}
		b.note = more
	}
	if p.sec.Err != nil {
		b.note, b.noteRole = "refused", bad
	}
	p.drawn, p.key = b.Draw(th, w, h, body), k
	return p.drawn
}

// follow moves the first row shown so that the cursor's row is whole, if it
// fits at all.
func (p *pane) follow(c content, room int) {
	p.top = min(p.top, p.cur)
	used := 0
	for i := p.top; i <= p.cur && i < c.n; i++ {
		used += c.lines(i)
	}
	for used > room && p.top < p.cur {
		used -= c.lines(p.top)
		p.top++
	}
	// do not leave room empty at the end
	below := 0
	for i := p.top; i < min(c.n, p.top+room); i++ {
		below += c.lines(i)
	}
	for p.top > 0 && below+c.lines(p.top-1) <= room {
		p.top--
		below += c.lines(p.top)
	}
}

// layOut chooses the way a section is drawn.
func layOut(th *theme, s *report.Section, w int) content {
	var c content
	switch {
	case s.Err != nil:
		c = layError(th, s, w)
	case s.ID == "overview" && s.Layout == report.LayoutFacts:
		c = layTiles(th, s, w)
	case s.Layout == report.LayoutFacts:
		c = layFacts(th, s, w)
	case s.Layout == report.LayoutList:
		c = layList(th, s, w)
	case s.Layout == report.LayoutTree:
		c = layTree(th, s, w)
	default:
		c = layTable(th, s, w)
	}
	if s.Lead != "" && s.ID != "overview" && s.Layout == report.LayoutList {
		var lead []string
		for _, t := range th.wrap(cutBytes(s.Lead, datumMost), w) {
			lead = append(lead, th.newLine(w).put(dim, t).String())
		}
		c.head = append(lead, c.head...)
	}
	for _, n := range s.Notes {
		c.tail = append(c.tail, drawNotice(th, report.Notice{Severity: report.Info, Text: n}, w)...)
	}
	return c
}

// severity gives the sign and the role of a grade.
func (th *theme) severity(s report.Severity) (string, role) {
	switch s {
	case report.OK:
		return th.g.ok, good
	case report.Warn:
		return th.g.warn, warn
	case report.Error:
		return th.g.bad, bad
	}
	return th.g.dot, dim
}

// drawNotice draws a notice, wrapped, its sign in front.
func drawNotice(th *theme, n report.Notice, w int) []string {
	sign, r := th.severity(n.Severity)
	text := plain
	if n.Severity <= report.Info {
		text = dim
	}
	var out []string
	for i, t := range th.wrap(cutBytes(n.Text, datumMost), max(w-2, 1)) {
		l := th.newLine(w)
		if i == 0 {
			l.put(r, sign).space(1)
		}
		out = append(out, l.rest(2).put(text, t).String())
	}
	return out
}

func one(int) int { return 1 }

// tile is one figure of the overview: a value over its name.
type tile struct {
	name, value string
	w           int
}

// layTiles draws one row of figures as tiles. They flow like words; what is
// left of a line is shared out between them.
func layTiles(th *theme, s *report.Section, w int) content {
	if len(s.Rows) == 0 || w < 1 {
		return empty(th, w)
	}
	var tiles []tile
	for i, c := range s.Columns[:min(len(s.Columns), len(s.Rows[0]))] {
		t := tile{name: strings.Replace(c.Heading(), "Average ", "Avg ", 1), value: brief(datum(c, s.Rows[0][i]))}
		t.w = min(max(th.width(clip200(t.name)), th.width(clip200(t.value))), w)
		tiles = append(tiles, t)
	}
	rows := flow(tiles, w, len(tiles))
	if len(rows) > 1 { // as many lines, but evenly filled
		if even := flow(tiles, w, (len(tiles)+len(rows)-1)/len(rows)); len(even) == len(rows) {
			rows = even
		}
	}
	align(rows, w)
	return content{n: len(rows), lines: func(int) int { return 2 }, draw: func(i int, sel bool) []string {
		return drawTiles(th, rows[i], w)
	}}
}

// align makes the tiles of a column equally wide in all rows, if that fits.
func align(rows [][]tile, w int) {
	var wide []int
	for _, row := range rows {
		for j, t := range row {
			if j == len(wide) {
				wide = append(wide, 0)
			}
			wide[j] = max(wide[j], t.w)
		}
	}
	total := 2 * (len(wide) - 1)
	for _, n := range wide {
		total += n
	}
	if total > w || len(rows[0]) < len(wide) {
		return
	}
	for _, row := range rows {
		for j := range row {
			row[j].w = wide[j]
		}
	}
	last := len(rows) - 1 // it may be shorter and keeps the columns
	for j := len(rows[last]); j < len(wide); j++ {
		rows[last] = append(rows[last], tile{w: wide[j]})
	}
}

// flow fills lines of w columns with tiles, at most most in each.
func flow(tiles []tile, w, most int) [][]tile {
	const gap = 2
	var rows [][]tile
	used := 0
	for _, t := range tiles {
		if len(rows) == 0 || used+gap+t.w > w || len(rows[len(rows)-1]) >= most {
			rows, used = append(rows, nil), -gap
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], t)
		used += gap + t.w
	}
	return rows
}

func drawTiles(th *theme, tiles []tile, w int) []string {
	value, name := th.newLine(w), th.newLine(w)
	free := w
	for _, t := range tiles {
		free -= t.w
	}
	x := 0
	for i, t := range tiles {
		value.rest(x).cell(accent, t.value, t.w, false)
		name.rest(x).cell(dim, t.name, t.w, false)
		x += t.w + free*(i+1)/len(tiles) - free*i/len(tiles)
	}
	return []string{value.String(), name.String()}
}

// brief writes a timestamp as a tile has room for: without the year, to the
// second. Any other text stays as it is.
func brief(s string) string {
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return t.UTC().Format("Jan 2 15:04:05")
	}
	return s
}

// layFacts draws one row of figures as lines of a name and a value.
func layFacts(th *theme, s *report.Section, w int) content {
	if len(s.Rows) == 0 {
		return empty(th, w)
	}
	row := s.Rows[0]
	label := 0
	for _, c := range s.Columns {
		label = max(label, th.width(c.Heading()))
	}
	label = min(label, max(w*3/5, 1))
	return content{n: min(len(s.Columns), len(row)), lines: one, draw: func(i int, sel bool) []string {
		c := s.Columns[i]
		l := th.newLine(w)
		l.sel = sel
		l.cell(dim, c.Heading(), label, false).space(2)
		text := datum(c, row[i])
		if c.Kind == report.KindText {
			return []string{l.cell(plain, text, w-l.w, false).String()}
		}
		return []string{l.cell(accent, text, w-l.w, false).String()}
	}}
}

func empty(th *theme, w int) content {
	return content{head: []string{th.newLine(w).put(dim, "no rows in this range").String()}, lines: one}
}

// layList draws prose: a heading, and under it what it says.
func layList(th *theme, s *report.Section, w int) content {
	grade, head := -1, -1
	for i, c := range s.Columns {
		if c.Kind == report.KindSeverity && grade < 0 {
			grade = i
		} else if head < 0 {
			head = i
		}
	}
	items := make([][][2]string, len(s.Rows)) // text lines with the kind of each
	for r, row := range s.Rows {
		for i, c := range s.Columns {
			if i == grade || i >= len(row) || row[i] == nil {
				continue
			}
			kind := "body"
			if i == head {
				kind = "head"
			}
			for _, t := range th.wrap(datum(c, row[i]), max(w-2, 1)) {
				if strings.TrimSpace(t) != "" {
					items[r] = append(items[r], [2]string{kind, t})
				}
			}
		}
	}
	return content{n: len(items), lines: func(i int) int { return max(len(items[i]), 1) }, draw: func(i int, sel bool) []string {
		sign, sr := th.g.dot, dim
		if grade >= 0 && grade < len(s.Rows[i]) {
			sign, sr = th.severity(gradeOf(s.Rows[i][grade]))
		}
		var out []string
		for j, t := range items[i] {
			l := th.newLine(w)
			l.sel = sel && j == 0
			if j == 0 {
				l.put(sr, sign).space(1)
			}
			r := dim
			if t[0] == "head" {
				r = plain
			}
			out = append(out, l.rest(2).put(r, t[1]).String())
		}
		if len(out) == 0 {
			out = []string{th.newLine(w).String()}
		}
		return out
	}}
}

// gradeOf reads a severity by its name.
func gradeOf(v any) report.Severity {
	s, _ := v.(string)
	for _, g := range []report.Severity{report.OK, report.Info, report.Warn, report.Error} {
		if g.String() == strings.ToLower(s) {
			return g
		}
	}
	return report.Info
}

// layError draws why Athena refuses a statement, and what it would take.
func layError(th *theme, s *report.Section, w int) content {
	var head []string
	add := func(r role, prefix, text string) {
		for i, t := range th.wrap(text, max(w-2, 1)) {
			l := th.newLine(w)
			if i == 0 {
				l.put(r, prefix)
			}
			head = append(head, l.rest(2).put(r, t).String())
		}
	}
	add(bad, th.g.bad, s.Err.Name+": "+s.Err.Message)
	if s.Err.Hint != "" {
		add(plain, th.g.right, s.Err.Hint)
	}
	if s.Offered == nil {
		return content{head: head, lines: one}
	}
	head = append(head, th.newLine(w).put(dim, "The form that Athena takes gives:").String())
	c := layOut(th, s.Offered, w)
	c.head = append(head, c.head...)
	return c
}
