package tui

import (
	"math"
	"strings"

	tea "charm.land/bubbletea/v2"

	"acme/telemetry/engine/query"
	"acme/telemetry/engine/report"
)

// chartView shows a column as a picture: over time, by another column, or how its
// values are spread. It is made of the rows in memory, in the order on the screen.
type chartView struct {
	g     *grid
	col   int
	kinds []chartKind
	cur   int
	data  map[chartKind]chartData
}

type chartKind string

const (
	chartSeries chartKind = "series"
	chartBars   chartKind = "bars"
	chartSpread chartKind = "spread"
)

// chartData is what a picture is drawn from.
type chartData struct {
	labels []string
	values []float64
	note   string
}

// chartMost bounds the rows of a picture.
const chartMost = 20_000

// openChart draws the cursor's column in the way that suits it first.
func (m *model) openChart(g *grid) tea.Cmd {
	v := &chartView{g: g, col: g.col, data: map[chartKind]chartData{}}
	c := g.cols[g.col]
	when, label := -1, -1
	for i, o := range g.cols {
		switch {
		case i == g.col:
		case when < 0 && isTime(o):
			when = i
		case label < 0 && !isNumber(o.Type):
			label = i
		}
	}
	if !isNumber(c.Type) {
		v.counts(c)
		if measure := v.measure(); measure >= 0 {
			label, v.col = v.col, measure
			c = g.cols[measure]
			when = -1
			if isTime(g.cols[label]) {
				when = label
			}
		}
	}
	if isNumber(c.Type) {
		rows := v.values(c, max(when, label))
		switch {
		case when >= 0:
			v.kinds = []chartKind{chartSeries, chartSpread, chartBars}
		case label >= 0 && len(rows.values) <= 200:
			v.kinds = []chartKind{chartBars, chartSeries, chartSpread}
		default:
			v.kinds = []chartKind{chartSpread, chartSeries, chartBars}
		}
		v.data[chartSeries], v.data[chartBars], v.data[chartSpread] = rows, rows, spreadOf(rows)
	}
	m.chart = v
	return nil
}

// isTime says that a column tells when: by its type, or as text by its name.
func isTime(c query.Column) bool {
	return strings.HasPrefix(c.Type, "time") || c.Type == "date" || c.Type == "varchar" && strings.HasSuffix(c.Name, "timestamp")
}

// measure gives the first column of numbers right of a column in which no value is there
// twice, as where a statement groups by it: how often each is there says nothing. -1 where
// the counts are what can be drawn.
func (v *chartView) measure() int {
	d := v.data[chartBars]
	for _, n := range d.values {
		if n > 1 {
			return -1
		}
	}
	for i := v.col + 1; i < len(v.g.cols) && len(d.values) > 1; i++ {
		if isNumber(v.g.cols[i].Type) {
			return i
		}
	}
	return -1
}

// values reads a number column and the labels beside it.
func (v *chartView) values(c query.Column, label int) chartData {
	var d chartData
	n := v.g.count()
	for i := range min(n, chartMost) {
		row, ok := v.g.at(i)
		if !ok {
			break
		}
		f := math.NaN()
		if v.col < len(row) && row[v.col] != nil {
			if x, ok := numberOf(row[v.col], c.Type); ok {
				f = x
			}
		}
		text := report.Count(int64(i + 1))
		if label >= 0 && label < len(row) {
			text = cutBytes(v.g.cols[label].Format(row[label]), 80)
		}
		d.values, d.labels = append(d.values, f), append(d.labels, text)
	}
	if len(d.values) < n {
		d.note = "the first " + report.Count(int64(len(d.values))) + " of " + report.Count(int64(n)) + " rows"
	}
	return d
}

// counts makes bars of how often the values of a column of text are there.
func (v *chartView) counts(c query.Column) {
	rows := v.g.rows[:min(len(v.g.rows), chartMost)]
	order := v.g.order
	if order != nil {
		order = order[:min(len(order), chartMost)]
		rows = v.g.rows
	}
	var d chartData
	for _, row := range frequencyOf(rows, order, v.col, c) {
		text := v.g.cols[v.col].Format(row[0])
		if row[0] == nil {
			text = "NULL"
		}
		n, _ := row[1].(int64)
		d.labels, d.values = append(d.labels, cutBytes(text, 80)), append(d.values, float64(n))
	}
	if n := min(v.g.count(), chartMost); n < v.g.count() {
		d.note = "the first " + report.Count(int64(n)) + " of " + report.Count(int64(v.g.count())) + " rows"
	}
	v.kinds, v.data[chartBars] = []chartKind{chartBars}, d
}

// spreadOf counts numbers in equal steps.
func spreadOf(d chartData) chartData {
	out := chartData{note: d.note}
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, f := range d.values {
		if !math.IsNaN(f) {
			lo, hi = min(lo, f), max(hi, f)
		}
	}
	if lo > hi {
		return out
	}
	const bins = 20
	out.values, out.labels = make([]float64, bins), make([]string, bins)
	for i := range bins {
		out.labels[i] = "from " + figure(lo+(hi-lo)*float64(i)/bins)
	}
	for _, f := range d.values {
		if math.IsNaN(f) {
			continue
		}
		b := 0
		if hi > lo {
			b = min(int((f-lo)/(hi-lo)*bins), bins-1)
		}
		out.values[b]++
	}
	return out
}

func (v *chartView) key(m *model, k tea.KeyPressMsg) tea.Cmd {
	switch k.String() {
	case "tab", ".", "right", "l":
		v.cur = (v.cur + 1) % len(v.kinds)
	case "shift+tab", "left", "h":
		v.cur = (v.cur + len(v.kinds) - 1) % len(v.kinds)
	default:
		m.chart = nil
	}
	return nil
}

func (v *chartView) over(m *model, lines []string) []string {
	th := m.th
	bw, bh := min(m.w-4, 140), min(m.h-4, 34)
	kind := v.kinds[v.cur]
	d := v.data[kind]
	if kind != chartSeries {
		bh = min(bh, max(len(d.values), 1)+2)
	}
	b := box{title: v.g.cols[v.col].Name + ": " + string(kind), note: d.note, noteRole: warn, focused: true, foot: "esc close"}
	if len(v.kinds) > 1 {
		b.foot = "tab another picture, esc close"
	}
	iw, ih := b.inner(bw, bh)
	var body []string
	switch {
	case len(d.values) == 0:
		body = []string{th.newLine(iw).put(dim, "no numbers to draw").String()}
	case kind == chartSeries:
		body = plotLine(th, d.values, iw, ih-1, false, figure)
		l := th.newLine(iw).put(dim, d.labels[0])
		last := cutBytes(d.labels[len(d.labels)-1], iw/2)
		body = append(body, l.rest(iw-th.width(last)).put(dim, last).String())
	default:
		body = plotBars(th, d.labels, d.values, iw, ih, figure)
		if len(d.values) > ih {
			body[len(body)-1] = th.newLine(iw).put(dim, "and "+report.Count(int64(len(d.values)-ih+1))+" more").String()
		}
	}
	out, _, _ := m.centred(lines, b.Draw(th, bw, bh, body), bw, bh)
	return out
}
