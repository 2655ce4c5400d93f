package tui

import (
	"strings"

	"acme/telemetry/engine/query"
	"acme/telemetry/engine/report"
)

// Widths of a table's bar: less than the first says nothing, more than the
// second only takes room from the next pane.
const (
	barLeast = 6
	barMost  = 40
)

// tableSample is how many rows decide the width of a column.
const tableSample = 200

// columnWidths gives the width each column of a section would like. Tight
// headings are broken between words, so they need less.
func columnWidths(th *theme, s *report.Section, tight bool) []int {
	out := make([]int, len(s.Columns))
	for i, c := range s.Columns {
		for _, part := range headingLines(c, tight) {
			out[i] = max(out[i], th.width(clip200(part)))
		}
		for _, row := range s.Rows[:min(len(s.Rows), tableSample)] {
			if i < len(row) {
				n := th.width(clip200(datum(c, row[i])))
				if c.Kind == report.KindSeverity {
					n += 2 // its sign
				}
				out[i] = max(out[i], n)
			}
		}
		out[i] = min(out[i], 48)
	}
	return out
}

// headingLines gives a heading as one line, or broken in two between words so
// that the longer is as short as it can be.
func headingLines(c report.Column, tight bool) []string {
	s := c.Heading()
	words := strings.Fields(s)
	if !tight || len(words) < 2 || len(s) > 200 {
		return []string{s}
	}
	best := []string{s}
	for i := 1; i < len(words); i++ {
		a, b := strings.Join(words[:i], " "), strings.Join(words[i:], " ")
		if len(best) == 1 || max(len(a), len(b)) < max(len(best[0]), len(best[1])) {
			best = []string{a, b}
		}
	}
	return best
}

// datumMost bounds what a pane lays out of one value; the drill-down has it all.
const datumMost = 2000

// datum writes a value as the report does, and no more of it than a pane shows.
func datum(c report.Column, v any) string {
	if s, ok := v.(string); ok && len(s) > datumMost {
		v = cutBytes(s, datumMost) + "…"
	}
	return report.Cell(c, v)
}

// clip200 keeps the measuring of long values cheap.
func clip200(s string) string { return cutBytes(s, 200) }

// tableWidth is the width in which a table shows every column and a short bar.
func tableWidth(th *theme, s *report.Section) int {
	if s.Layout != report.LayoutTable && s.Layout != report.LayoutTree {
		return 0
	}
	s = shownColumns(s)
	p := tablePlan{shares: report.Shares(s), gap: 1}
	return max(p.needs(columnWidths(th, s, true)), 0)
}

// tablePlan says how a table stands in a width: which columns, how wide, and
// whether a bar follows the first.
type tablePlan struct {
	cols   []int     // indexes of the columns shown
	width  []int     // by place in cols
	bar    int       // width of the bars; 0 without
	shares []float64 // how long each row's bar is
	gap    int       // blanks between columns
	tight  bool      // headings are broken, gaps are narrow
}

// plan fits a table into w. Headings are broken first, then gaps and text
// columns shrink, then columns are left out from the right; what is left over
// goes to the bar.
func plan(th *theme, s *report.Section, w int) tablePlan {
	p := tablePlan{shares: report.Shares(s), gap: 2}
	widths := columnWidths(th, s, false)
	if p.needs(widths) > w {
		p.tight, widths = true, columnWidths(th, s, true)
	}
	if p.needs(widths) > w {
		p.gap = 1
	}
	total := -p.gap
	for i := range s.Columns {
		p.cols, p.width = append(p.cols, i), append(p.width, widths[i])
		total += widths[i] + p.gap
	}
	for total > w && p.shrink(s, &total, w) {
	}
	for total > w && len(p.cols) > 1 {
		last := len(p.cols) - 1
		total -= p.width[last] + p.gap
		p.cols, p.width = p.cols[:last], p.width[:last]
	}
	if p.shares != nil && w-total-p.gap >= barLeast {
		p.bar = min(w-total-p.gap, barMost)
	}
	return p
}

// needs is the width of a table with columns of these widths and a short bar.
func (p *tablePlan) needs(widths []int) int {
	total := -p.gap
	for _, w := range widths {
		total += w + p.gap
	}
	if p.shares != nil {
		total += barLeast + p.gap
	}
	return total
}

// shrink takes one column from the widest text column; false if none can give.
func (p *tablePlan) shrink(s *report.Section, total *int, w int) bool {
	widest := -1
	for i, c := range p.cols {
		if s.Columns[c].Kind == report.KindText && p.width[i] > 10 && (widest < 0 || p.width[i] > p.width[widest]) {
			widest = i
		}
	}
	if widest < 0 {
		return false
	}
	give := min(*total-w, p.width[widest]-10, max(p.width[widest]/8, 1))
	p.width[widest] -= give
	*total -= give
	return true
}

// shownColumns leaves out the columns that explain a row: they stand under it.
func shownColumns(s *report.Section) *report.Section {
	for _, c := range s.Columns {
		if !c.Detail {
			continue
		}
		out := &report.Section{ID: s.ID, Layout: s.Layout, Rows: make([]query.Row, len(s.Rows))}
		for i, c := range s.Columns {
			if c.Detail {
				continue
			}
			out.Columns = append(out.Columns, c)
			for r, row := range s.Rows {
				var v any
				if i < len(row) {
					v = row[i]
				}
				out.Rows[r] = append(out.Rows[r], v)
			}
		}
		return out
	}
	return s
}

// layTable draws columns under headings, with a bar where there is one. What
// explains a row that is not ok stands under it.
func layTable(th *theme, s *report.Section, w int) content {
	if len(s.Columns) == 0 || len(s.Rows) == 0 {
		return empty(th, w)
	}
	flat := shownColumns(s)
	p := plan(th, flat, w)
	details := make([][]string, len(s.Rows))
	if flat != s {
		for i := range s.Rows {
			details[i] = rowDetails(th, s, i, w)
		}
	}
	return content{head: p.heading(th, flat, w), n: len(s.Rows), lines: func(i int) int { return 1 + len(details[i]) },
		draw: func(i int, sel bool) []string {
			return append([]string{p.row(th, flat, i, w, sel)}, details[i]...)
		}}
}

// rowDetails wraps the explanations of a row, unless the row is ok.
func rowDetails(th *theme, s *report.Section, i, w int) []string {
	var out []string
	for c, col := range s.Columns {
		if c >= len(s.Rows[i]) || s.Rows[i][c] == nil {
			continue
		}
		if col.Kind == report.KindSeverity && gradeOf(s.Rows[i][c]) <= report.OK {
			return nil
		}
		if !col.Detail {
			continue
		}
		for _, t := range th.wrap(datum(col, s.Rows[i][c]), max(w-2, 1)) {
			if strings.TrimSpace(t) != "" {
				out = append(out, th.newLine(w).space(2).put(dim, t).String())
			}
		}
	}
	return out
}

// heading draws the column names, on the bottom of one or two lines.
func (p tablePlan) heading(th *theme, s *report.Section, w int) []string {
	high := 1
	for _, c := range p.cols {
		high = max(high, len(headingLines(s.Columns[c], p.tight)))
	}
	out := make([]string, high)
	for y := range out {
		l := th.newLine(w)
		for i, c := range p.cols {
			if i > 0 {
				l.space(p.gap)
			}
			col, text := s.Columns[c], ""
			parts := headingLines(col, p.tight)
			if k := y - (high - len(parts)); k >= 0 {
				text = parts[k]
			}
			l.cell(header, text, p.width[i], col.Right())
			if i == 0 && p.bar > 0 {
				l.space(p.gap + p.bar)
			}
		}
		out[y] = l.String()
	}
	return out
}

func (p tablePlan) row(th *theme, s *report.Section, i, w int, sel bool) string {
	row := s.Rows[i]
	l := th.newLine(w)
	l.sel = sel
	for j, c := range p.cols {
		if j > 0 {
			l.space(p.gap)
		}
		col := s.Columns[c]
		var v any
		if c < len(row) {
			v = row[c]
		}
		r := plain
		switch {
		case v == nil:
			r = dim
		case col.Kind == report.KindSeverity:
			sign, sr := th.severity(gradeOf(v))
			l.cell(sr, sign+" "+datum(col, v), p.width[j], false)
			continue
		case j > 0 && col.Bar:
			r = accent
		}
		l.cell(r, datum(col, v), p.width[j], col.Right())
		if j == 0 && p.bar > 0 {
			l.space(p.gap).gauge(p.shares[i], p.bar, false)
		}
	}
	return l.String()
}

// layTree draws partitions: the path of each leaf without what it shares with
// the one above, then its figures.
func layTree(th *theme, s *report.Section, w int) content {
	if len(s.Rows) == 0 {
		return empty(th, w)
	}
	keys := 0
	for keys < len(s.Columns) && isPartition(s.Columns[keys].Name) {
		keys++
	}
	if keys == 0 {
		return layTable(th, s, w)
	}
	flat := &report.Section{ID: s.ID, Layout: report.LayoutTable}
	flat.Columns = append(flat.Columns, report.Column{Label: "Partition"})
	flat.Columns = append(flat.Columns, s.Columns[keys:]...)
	above := ""
	for _, row := range s.Rows {
		full := make([]string, keys)
		for i := range full {
			full[i] = s.Columns[i].Name + "=" + padded(s.Columns[i].Name, row[i])
		}
		leaf := strings.Join(full, "/")
		shown := leaf
		if parent := strings.Join(full[:keys-1], "/"); parent == above && parent != "" {
			shown = strings.Repeat(" ", len(parent)+1) + full[keys-1]
		} else {
			above = parent
		}
		flat.Rows = append(flat.Rows, append([]any{shown}, row[keys:]...))
	}
	return layTable(th, flat, w)
}

func isPartition(name string) bool {
	return name == "year" || name == "month" || name == "day" || name == "hour"
}

// padded writes a partition value as the prefix has it: two digits but for the year.
func padded(name string, v any) string {
	s := report.Cell(report.Column{Digits: -1}, v)
	if name != "year" && len(s) == 1 {
		s = "0" + s
	}
	return s
}
