package tui

import (
	"math"
	"slices"
	"sort"
	"strings"

	tea "charm.land/bubbletea/v2"

	"acme/telemetry/engine/query"
	"acme/telemetry/engine/report"
)

// columnView is the statistics of a column beside the grid, and what they are of.
type columnView struct {
	key   statKey
	asked statKey
	s     *columnStats
	kept  map[statKey]*columnStats // of other columns of the same rows
}

// statKey names what statistics were made of.
type statKey struct {
	col, rows, gen int
}

// columnStats describe the values of a column in the rows of a view.
type columnStats struct {
	col      query.Column
	rows     int
	nulls    int
	distinct int
	more     bool // distinct is a lower bound
	least    string
	most     string
	median   string
	p95      string
	mean     string
	hist     []int // of numbers: how many lie in each of equal steps from least to most
	top      []topValue
	partial  bool // there are rows that memory has not
}

type topValue struct {
	text string
	null bool
	n    int
}

// statBins are the steps of a histogram; statDistinct bounds the values that are
// told apart.
const (
	statBins     = 24
	statDistinct = 200_000
)

type statsMsg struct {
	r   *result
	key statKey
	s   *columnStats
}

// statistics asks for those of the cursor's column, if they are not there.
func (p *sqlPage) statistics(m *model) tea.Cmd {
	r := p.result
	if !p.statsOn || !r.shows() {
		return nil
	}
	g := r.grid
	key := statKey{g.col, len(g.rows), r.view.gen}
	if r.state == runBusy && r.stat.asked.col == g.col && r.stat.asked.gen == key.gen && r.stat.asked.rows > 0 && len(g.rows) < 2*r.stat.asked.rows {
		return nil // while rows come, only when there are twice as many
	}
	if r.stat.asked == key {
		return nil
	}
	r.stat.asked = key
	if s := r.stat.kept[key]; s != nil { // the reader was here before
		r.stat.key, r.stat.s = key, s
		return nil
	}
	rows, order, c, partial := g.rows[:len(g.rows):len(g.rows)], g.order, g.cols[g.col], g.far != nil
	return safely(func() tea.Msg {
		s := statsOf(rows, order, key.col, c)
		s.partial = partial
		return statsMsg{r, key, s}
	})
}

func (msg statsMsg) apply() {
	if msg.r.stat.asked == msg.key {
		msg.r.stat.key, msg.r.stat.s = msg.key, msg.s
	}
	v := &msg.r.stat
	for k := range v.kept {
		if k.rows != msg.key.rows || k.gen != msg.key.gen {
			v.kept = nil // of rows that are others now
			break
		}
	}
	if v.kept == nil {
		v.kept = map[statKey]*columnStats{}
	}
	v.kept[msg.key] = msg.s
}

// statsOf computes the statistics of a column.
func statsOf(rows []query.Row, order []int32, col int, c query.Column) *columnStats {
	s := &columnStats{col: c}
	counts := map[string]int{}
	var numbers []float64
	var least, most any
	eachRow(rows, order, func(row query.Row) {
		s.rows++
		if col >= len(row) || row[col] == nil {
			s.nulls++
			return
		}
		v := row[col]
		if least == nil || compare(v, least, c.Type) < 0 {
			least = v
		}
		if most == nil || compare(v, most, c.Type) > 0 {
			most = v
		}
		if f, ok := numberOf(v, c.Type); ok {
			numbers = append(numbers, f)
		}
		text := cutBytes(c.Format(v), 200)
		if _, seen := counts[text]; seen || len(counts) < statDistinct {
			counts[text]++
		} else {
			s.more = true
		}
	})
	s.distinct = len(counts)
	if least != nil {
		s.least, s.most = cutBytes(c.Format(least), 200), cutBytes(c.Format(most), 200)
	}
	s.measure(numbers)
	for text, n := range counts {
		s.top = append(s.top, topValue{text: text, n: n})
	}
	if s.nulls > 0 {
		s.top = append(s.top, topValue{null: true, n: s.nulls})
	}
	sort.Slice(s.top, func(i, j int) bool {
		if s.top[i].n != s.top[j].n {
			return s.top[i].n > s.top[j].n
		}
		return s.top[i].text < s.top[j].text
	})
	s.top = slices.Clip(s.top[:min(len(s.top), 12)])
	return s
}

// numberOf gives a value as a number, where it is one.
func numberOf(v any, typ string) (float64, bool) {
	if !isNumber(typ) {
		return 0, false
	}
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, !math.IsNaN(v) && !math.IsInf(v, 0)
	case query.Text:
		return parseNumber(string(v))
	}
	return 0, false
}

// measure fills what only numbers have. It sorts them.
func (s *columnStats) measure(numbers []float64) {
	if len(numbers) == 0 {
		return
	}
	slices.Sort(numbers)
	n := len(numbers)
	sum := 0.0
	for _, f := range numbers {
		sum += f
	}
	s.median, s.p95, s.mean = figure(numbers[(n-1)/2]), figure(numbers[(n-1)*95/100]), figure(sum/float64(n))
	lo, hi := numbers[0], numbers[n-1]
	s.hist = make([]int, statBins)
	for _, f := range numbers {
		b := 0
		if hi > lo {
			b = min(int((f-lo)/(hi-lo)*statBins), statBins-1)
		}
		s.hist[b]++
	}
}

// lines draws the statistics in w columns; wide puts several on a line.
func (s *columnStats) lines(th *theme, w int, wide bool) []string {
	pairs := [][2]string{{"type", s.col.Type}, {"rows", report.Count(int64(s.rows))}, {"nulls", report.Count(int64(s.nulls))}, {"distinct", report.Count(int64(s.distinct))}}
	if s.more {
		pairs[3][1] = "over " + pairs[3][1]
	}
	if s.least != "" || s.most != "" {
		pairs = append(pairs, [2]string{"min", s.least}, [2]string{"max", s.most})
	}
	if s.median != "" {
		pairs = append(pairs, [2]string{"p50", s.median}, [2]string{"p95", s.p95}, [2]string{"mean", s.mean})
	}
	var out []string
	if wide {
		l := th.newLine(w)
		for _, p := range pairs {
			text, n := th.clip(p[1], 24, th.g.ellipsis)
			if l.w+len(p[0])+n+3 > w {
				out = append(out, l.String())
				l = th.newLine(w)
			}
			l.put(dim, p[0]).space(1)
			l.raw(plain, text, n)
			l.space(2)
		}
		out = append(out, l.String())
	} else {
		for _, p := range pairs {
			out = append(out, th.newLine(w).cell(dim, p[0], 9, false).cell(plain, p[1], w-9, false).String())
		}
	}
	if s.hist != nil {
		out = append(out, th.newLine(w).put(bar, sparkline(th, s.hist)).String())
	}
	return append(out, s.topLines(th, w, wide)...)
}

func (s *columnStats) topLines(th *theme, w int, wide bool) []string {
	if len(s.top) == 0 || s.top[0].n < 2 { // all differ: none says anything
		return nil
	}
	share := func(n int) string { return percent(float64(n) / float64(max(s.rows, 1))) }
	name := func(t topValue) (string, role) {
		switch {
		case t.null:
			return th.g.null, dim
		case strings.TrimSpace(t.text) == "":
			return "(empty)", dim
		}
		return t.text, plain
	}
	if wide {
		l := th.newLine(w).put(dim, "top")
		for _, t := range s.top {
			text, r := name(t)
			text, n := th.clip(text, 20, th.g.ellipsis)
			if l.w+n+10 > w {
				break
			}
			l.space(2)
			l.raw(r, text, n)
			l.space(1).put(dim, share(t.n))
		}
		return []string{l.String()}
	}
	out := []string{th.newLine(w).String(), th.newLine(w).put(dim, "most frequent").String()}
	for _, t := range s.top {
		text, r := name(t)
		l := th.newLine(w).cell(r, text, w-8, false).space(1)
		out = append(out, l.cell(dim, share(t.n), 7, true).String())
	}
	return out
}
