package tui

import (
	"math"
	"strings"
)

// sparkline draws counts as one line of bars, a column each. A count above zero
// is never drawn as nothing.
func sparkline(th *theme, counts []int) string {
	steps := []rune(" ▁▂▃▄▅▆▇█")
	if th.ascii {
		steps = []rune(" .:-=+*#@")
	}
	most := 0
	for _, n := range counts {
		most = max(most, n)
	}
	var b strings.Builder
	for _, n := range counts {
		i := 0
		if n > 0 {
			i = max(1, n*(len(steps)-1)/most)
		}
		b.WriteRune(steps[i])
	}
	return b.String()
}

// canvas is a raster of dots, two by four a cell where the terminal has braille,
// one a cell where it has not.
type canvas struct {
	w, h   int // cells
	dx, dy int // dots a cell
	dots   []bool
}

func newCanvas(th *theme, w, h int) *canvas {
	c := &canvas{w: max(w, 0), h: max(h, 0), dx: 2, dy: 4}
	if th.ascii {
		c.dx, c.dy = 1, 1
	}
	c.dots = make([]bool, c.w*c.dx*c.h*c.dy)
	return c
}

func (c *canvas) set(x, y int) {
	if x >= 0 && x < c.w*c.dx && y >= 0 && y < c.h*c.dy {
		c.dots[y*c.w*c.dx+x] = true
	}
}

// line joins two dots.
func (c *canvas) line(x0, y0, x1, y1 int) {
	n := max(abs(x1-x0), abs(y1-y0), 1)
	for i := 0; i <= n; i++ {
		c.set(x0+(x1-x0)*i/n, y0+(y1-y0)*i/n)
	}
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}

// row gives the text of a row of cells.
func (c *canvas) row(y int) string {
	var b strings.Builder
	for x := range c.w {
		if c.dy == 1 {
			if c.dots[y*c.w+x] {
				b.WriteByte('*')
			} else {
				b.WriteByte(' ')
			}
			continue
		}
		r := rune(0)
		for dy := range 4 {
			for dx := range 2 {
				if c.dots[(y*4+dy)*c.w*2+x*2+dx] {
					r |= brailleDots[dy][dx]
				}
			}
		}
		if r == 0 {
			b.WriteByte(' ')
		} else {
			b.WriteRune(0x2800 + r)
		}
	}
	return b.String()
}

var brailleDots = [4][2]rune{{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}}

// plotLine draws values, evenly spaced from left to right, in h lines of w
// columns with the ends of the scale at the left. NaN leaves a gap. zero makes the
// scale begin at zero.
func plotLine(th *theme, values []float64, w, h int, zero bool, axis func(float64) string) []string {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if !math.IsNaN(v) {
			lo, hi = min(lo, v), max(hi, v)
		}
	}
	if lo > hi || h < 2 {
		return th.fit([]string{th.newLine(w).put(dim, "no values yet").String()}, w, h)
	}
	if zero {
		lo = min(lo, 0)
	}
	if hi == lo {
		hi = lo + 1
	}
	top, bottom := axis(hi), axis(lo)
	gutter := max(th.width(top), th.width(bottom)) + 1
	c := newCanvas(th, w-gutter-1, h)
	pw, ph := c.w*c.dx, c.h*c.dy
	px, py, have := 0, 0, false
	for i, v := range values {
		if math.IsNaN(v) {
			have = false
			continue
		}
		x := 0
		if len(values) > 1 {
			x = i * (pw - 1) / (len(values) - 1)
		}
		y := int(float64(ph-1)*(hi-v)/(hi-lo) + 0.5)
		if have {
			c.line(px, py, x, y)
		} else {
			c.set(x, y)
		}
		px, py, have = x, y, true
	}
	out := make([]string, h)
	for y := range h {
		l := th.newLine(w)
		label := ""
		switch y {
		case 0:
			label = top
		case h - 1:
			label = bottom
		}
		l.cell(dim, label, gutter, true)
		l.put(border, th.g.colsep).put(bar, c.row(y))
		out[y] = l.String()
	}
	return out
}

// plotBars draws a bar for each label, as many as h lines have room for.
func plotBars(th *theme, labels []string, values []float64, w, h int, axis func(float64) string) []string {
	most, lw, vw := 0.0, 3, 1
	n := min(len(values), h)
	for i, v := range values[:n] {
		if !math.IsNaN(v) {
			most = max(most, v)
		}
		lw = max(lw, min(th.width(clip200(labels[i])), w/3))
		vw = max(vw, th.width(axis(v)))
	}
	var out []string
	for i, v := range values[:n] {
		l := th.newLine(w).cell(plain, labels[i], lw, false).space(1)
		share := 0.0
		if most > 0 && v > 0 {
			share = v / most
		}
		l.gauge(share, w-lw-vw-2, false)
		out = append(out, l.space(1).cell(accent, axis(v), vw, true).String())
	}
	return th.fit(out, w, h)
}

// shade gives the sign of a share in a heat map.
func shadeOf(th *theme, share float64) string {
	steps := []string{th.g.dot, "░", "▒", "▓", "█"}
	if th.ascii {
		steps = []string{".", "-", "+", "*", "#"}
	}
	if share <= 0 {
		return " "
	}
	return steps[min(int(share*float64(len(steps))), len(steps)-1)]
}
