package tui

import (
	"bytes"
	"cmp"
	"math/big"
	"slices"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"acme/telemetry/engine/query"
	"acme/telemetry/engine/report"
)

// grid shows a query's rows. It formats what is visible and nothing else, so a
// key costs the same with ten rows and with ten million. Rows may still be
// arriving: add them and draw again.
//
// The first rows are in memory, the others far away in a Spool. The row number
// and the frozen columns stay where they are; the others scroll by whole columns.
// NULL is drawn dim, so it differs from the text "NULL" and from an empty string.
type grid struct {
	cols []query.Column
	rows []query.Row
	far  *far // rows behind those; nil where memory has all
	// order maps a place on the screen to a row of rows; nil is all of them, in the
	// engine's order. Without far alone.
	order  []int32
	part   bool // order leaves rows out
	sorted int  // column that order sorts by
	desc   bool

	win    window
	left   int // first column shown behind the frozen ones
	col    int // column of the cursor
	frozen int // columns that do not scroll
	width  []int
	extra  []int  // by how much the reader has widened a column
	right  []bool // aligned right: numbers
	// measured is how many rows the widths were taken from.
	measured int

	room, fits int // of the last Draw: rows shown, columns shown whole
}

// Bounds of a column's width on the screen, and how many rows decide it.
const (
	gridMaxWidth = 42
	gridMinWidth = 3
	gridSample   = 200
)

// newGrid makes an empty grid over columns.
func newGrid(cols []query.Column) *grid {
	g := &grid{cols: cols, sorted: -1, width: make([]int, len(cols)), extra: make([]int, len(cols)), right: make([]bool, len(cols))}
	for i, c := range cols {
		g.right[i] = isNumber(c.Type)
	}
	return g
}

func isNumber(t string) bool {
	switch t {
	case "tinyint", "smallint", "integer", "int", "bigint", "double", "real", "float", bytesType:
		return true
	}
	return strings.HasPrefix(t, "decimal")
}

// add appends rows. They come in at the end, whatever the sorting; where rows
// are left out they wait for the next choice.
func (g *grid) add(rows []query.Row) {
	if g.order != nil && !g.part {
		for i := range rows {
			g.order = append(g.order, int32(len(g.rows)+i))
		}
	}
	g.rows = append(g.rows, rows...)
}

// total is how many rows the result has so far.
func (g *grid) total() int {
	n := len(g.rows)
	if g.far != nil {
		n += g.far.shown
	}
	return n
}

// count is how many rows there are to look at.
func (g *grid) count() int {
	if g.order != nil {
		return len(g.order)
	}
	return g.total()
}

// at gives the row at a place on the screen; false where it has not come yet.
func (g *grid) at(i int) (query.Row, bool) {
	if g.order != nil {
		i = int(g.order[i])
	}
	if i < len(g.rows) {
		return g.rows[i], true
	}
	return g.far.at(i - len(g.rows))
}

// want asks for the rows that are looked at or will be soon.
func (g *grid) want() tea.Cmd {
	if g == nil || g.far == nil {
		return nil
	}
	top := g.win.top - len(g.rows)
	return g.far.want(top-2*g.room, top+3*g.room)
}

// current gives the row under the cursor.
func (g *grid) current() (query.Row, bool) {
	if g == nil || g.win.cur >= g.count() {
		return nil, false
	}
	return g.at(g.win.cur)
}

// cell gives the value under the cursor; ok is false where there is none.
func (g *grid) cell() (c query.Column, v any, ok bool) {
	row, ok := g.current()
	if !ok || g.col >= len(g.cols) || g.col >= len(row) {
		return query.Column{}, nil, false
	}
	return g.cols[g.col], row[g.col], true
}

// text writes a value of a column for a cell; NULL has the theme's sign.
func (th *theme) text(v any, c query.Column) (string, role) {
	if v == nil {
		return th.g.null, dim
	}
	if n, ok := v.(int64); ok && c.Type == bytesType {
		return report.Bytes(n), plain
	}
	return c.Format(v), plain
}

// partMost is the room in which a part of a column is not worth drawing.
const partMost = 8

// pathType is the type of our own columns of names whose ends differ: what is too long
// is cut in the middle.
const pathType = "path"

// bytesType is the type of our own columns of sizes; no engine has it.
const bytesType = "bytes"

// measure takes column widths from the heading and the first rows: the width
// that nineteen of twenty cells have, so that one long cell does not push all
// others off the screen.
func (g *grid) measure(th *theme) {
	n := min(len(g.rows), gridSample)
	if n == g.measured && n > 0 {
		return
	}
	g.measured = n
	w := make([]int, n)
	for c, col := range g.cols {
		for i := range w {
			w[i] = 0
			if c < len(g.rows[i]) {
				s, _ := th.text(g.rows[i][c], col)
				_, w[i] = th.clip(s, gridMaxWidth, th.g.ellipsis)
			}
		}
		slices.Sort(w)
		wide := 0
		if n > 0 {
			wide = w[(n-1)*19/20]
			if n <= 40 || g.right[c] { // a number that is cut is another number
				wide = w[n-1]
			}
		}
		g.width[c] = max(min(max(wide, th.width(col.Name)+2, gridMinWidth), gridMaxWidth)+g.extra[c], gridMinWidth)
	}
}

// Draw gives exactly h lines of w columns: headings, a rule, rows.
func (g *grid) Draw(th *theme, w, h int, focused bool) []string {
	if len(g.cols) == 0 {
		return th.fit([]string{th.newLine(w).put(dim, "(no columns)").String()}, w, h)
	}
	g.measure(th)
	g.room = max(h-2, 1)
	n := g.count()
	g.win.clamp(n, g.room)
	gutter := g.gutter()
	shown := g.scroll(w - gutter - 1)
	out := make([]string, 0, h)
	out = append(out, g.heading(th, w, gutter, shown), g.ruler(th, w, gutter, shown))
	for i := g.win.top; i < min(g.win.top+g.room, n); i++ {
		out = append(out, g.row(th, w, gutter, i, focused, shown))
	}
	return th.fit(out, w, h)
}

// gutter is how wide the row numbers are.
func (g *grid) gutter() int {
	return len(strconv.Itoa(max(min(g.win.top+g.room, g.count()), 10))) + 1
}

// scroll brings the cursor's column into view in room columns of the screen, and
// gives the columns to draw: the frozen ones, then those from left on.
func (g *grid) scroll(room int) []int {
	g.col = min(max(g.col, 0), len(g.cols)-1)
	fixed, kept := 0, 0
	var shown []int
	for c := 0; c < min(g.frozen, len(g.cols)) && fixed+g.width[c]+3 <= room/2; c++ {
		fixed += g.width[c] + 3
		kept++
		shown = append(shown, c)
	}
	room -= fixed
	g.left = max(g.left, kept)
	if g.col >= kept {
		g.left = min(g.left, g.col)
	}
	for g.left < g.col {
		used := 0
		for c := g.left; c <= g.col && used-2 <= room; c++ {
			used += g.width[c] + 3
		}
		if used-2 <= room {
			break
		}
		g.left++
	}
	g.fits = 0
	for c, used := g.left, 0; c < len(g.cols); c++ {
		if used > room {
			break
		}
		// A number that is cut is another number, and a few letters say nothing.
		if cut := used+g.width[c]+1 > room; cut && c > g.left && (g.right[c] || room-used < partMost) {
			break
		}
		used += g.width[c] + 3
		shown = append(shown, c)
		if used-2 <= room || c == g.left {
			g.fits++
		}
	}
	return shown
}

func (g *grid) heading(th *theme, w, gutter int, shown []int) string {
	l := th.newLine(w)
	l.cell(dim, "#", gutter, true)
	for _, c := range shown {
		if l.w >= w {
			break
		}
		l.space(1)
		l.raw(border, th.g.colsep, min(1, w-l.w))
		l.space(1)
		name, r := g.cols[c].Name, header
		if c == g.sorted {
			arrow := th.g.up
			if g.desc {
				arrow = th.g.down
			}
			name += " " + arrow
			r = title
		}
		if c == g.col {
			r = focus
		}
		l.cell(r, name, g.width[c], g.right[c])
	}
	return l.String()
}

func (g *grid) ruler(th *theme, w, gutter int, shown []int) string {
	l := th.newLine(w)
	l.repeat(border, th.g.rule, gutter)
	for _, c := range shown {
		if l.w >= w {
			break
		}
		l.repeat(border, th.g.rule, l.w+1)
		cross := "┼"
		if th.ascii {
			cross = "+"
		}
		l.raw(border, cross, min(1, w-l.w))
		l.repeat(border, th.g.rule, l.w+1+g.width[c])
	}
	return l.String()
}

func (g *grid) row(th *theme, w, gutter, i int, focused bool, shown []int) string {
	l := th.newLine(w)
	here := i == g.win.cur
	if here && focused {
		l.put(focus, th.g.marker).cell(accent, strconv.Itoa(i+1), gutter-1, true)
	} else {
		l.cell(dim, strconv.Itoa(i+1), gutter, true)
	}
	row, came := g.at(i)
	for _, c := range shown {
		if l.w >= w {
			break
		}
		l.space(1)
		l.raw(border, th.g.colsep, min(1, w-l.w))
		var v any
		if c < len(row) {
			v = row[c]
		}
		s, r := th.text(v, g.cols[c])
		switch {
		case !came:
			s, r = th.g.dot, dim
		case g.cols[c].Type == pathType:
			s = th.middle(s, min(g.width[c], w-l.w-1))
		}
		l.sel = here && focused && c == g.col
		l.space(1).cell(r, s, g.width[c], g.right[c])
		if l.sel {
			l.sel = false
		}
	}
	return l.String()
}

// key moves the cursor. Other keys do nothing.
func (g *grid) key(k string) {
	switch k {
	case "left", "h":
		g.col--
	case "right", "l":
		g.col++
	case "home", "0": // of the row, not of the rows
		g.col = 0
	case "end", "$":
		g.col = len(g.cols) - 1
	case "ctrl+home":
		k = "g"
	case "ctrl+end":
		k = "G"
	}
	if k != "home" && k != "end" {
		g.win.move(k, g.count(), g.room)
	}
	g.col = min(max(g.col, 0), max(len(g.cols)-1, 0))
}

// place says which rows and columns are shown: "rows 1-20", "cols 3-7 of 24".
func (g *grid) place() (rows, cols string) {
	if g.count() == 0 {
		rows = "no rows"
	} else {
		rows = "row " + report.Count(int64(g.win.cur)+1)
	}
	if g.fits+min(g.frozen, g.left) < len(g.cols) {
		cols = "cols " + strconv.Itoa(g.left+1) + "-" + strconv.Itoa(g.left+g.fits) + " of " + strconv.Itoa(len(g.cols))
	}
	return rows, cols
}

// clickColumn gives the cursor to the column under a place of the drawing.
func (g *grid) clickColumn(x int) {
	at := g.gutter()
	for c := range g.cols {
		if c >= g.frozen && c < g.left {
			continue
		}
		at += g.width[c] + 3
		if x < at {
			g.col = c
			return
		}
	}
}

// widen makes the cursor's column wider or narrower.
func (g *grid) widen(by int) {
	if g.col < len(g.extra) {
		g.extra[g.col] = min(max(g.extra[g.col]+by, -gridMaxWidth), 400)
		g.measured = -1
	}
}

// sortRows gives the order of rows by column c, NULL last either way, equal
// rows as the engine gave them. It reads rows only, so it may run in a tea.Cmd
// over a copy of the slice.
func sortRows(rows []query.Row, c int, typ string, desc bool) []int32 {
	order := make([]int32, len(rows))
	for i := range order {
		order[i] = int32(i)
	}
	value := func(i int32) any {
		if c < len(rows[i]) {
			return rows[i][c]
		}
		return nil
	}
	slices.SortStableFunc(order, func(a, b int32) int {
		x, y := value(a), value(b)
		switch {
		case x == nil && y == nil:
			return 0
		case x == nil:
			return 1
		case y == nil:
			return -1
		}
		n := compare(x, y, typ)
		if desc {
			n = -n
		}
		return n
	})
	return order
}

// compare orders two values of one column: numbers as numbers (a decimal's
// text too), false before true, all else by the text that is shown.
func compare(x, y any, typ string) int {
	switch a := x.(type) {
	case int64:
		if b, ok := y.(int64); ok {
			return cmp.Compare(a, b)
		}
	case float64:
		if b, ok := y.(float64); ok {
			return cmp.Compare(a, b)
		}
	case string:
		if b, ok := y.(string); ok {
			return strings.Compare(a, b)
		}
	case []byte:
		if b, ok := y.([]byte); ok {
			return bytes.Compare(a, b)
		}
	case query.Text:
		if b, ok := y.(query.Text); ok {
			return compareText(string(a), string(b))
		}
	}
	return strings.Compare(query.Format(x, typ), query.Format(y, typ))
}

// compareText orders decimals by value and every other text by its bytes:
// Athena writes dates and timestamps so that this is their order too.
func compareText(a, b string) int {
	if a != "" && b != "" && (a[0] == '-' || b[0] == '-' || len(a) != len(b)) {
		x, okx := new(big.Rat).SetString(a)
		y, oky := new(big.Rat).SetString(b)
		if okx && oky {
			return x.Cmp(y)
		}
	}
	return strings.Compare(a, b)
}
