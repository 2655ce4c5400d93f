package report

import (
	"math"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"acme/telemetry/engine/query"
)

const (
	barColumns   = 20 // the most columns a bar takes
	barLeast     = 6  // no bar where there is room for fewer
	narrowest    = 8  // no text column is shortened below this
	treeHours    = 48 // hours above which a day is one line
	treeDays     = 62 // days above which the rest is counted
	indentColumn = 2
)

// table shows rows in columns that fit the width: text is shortened where it
// must be, numbers never, and what room is left goes to a bar.
func (t *textWriter) table(s *Section) {
	cells, widths := t.cells(s)
	t.shrink(s, widths, lineWidth(widths)-t.Width)
	bar := min(barColumns, t.Width-lineWidth(widths)-2)
	shares := Shares(s)
	if shares == nil || bar < barLeast {
		bar = 0
	}
	for i, row := range cells {
		for k, line := range t.row(s, row, widths) {
			switch {
			case i == 0:
				line = t.dim(strings.TrimRight(line, " "))
			case bar > 0 && k == 0:
				line += "  " + t.style("36", t.bar(shares[i-1], bar))
			}
			t.line(line)
		}
		if i > 0 {
			t.details(s, s.Rows[i-1])
		}
	}
}

// lineWidth is how wide a table's line is.
func lineWidth(widths []int) int {
	total := indentColumn
	for _, w := range widths {
		if w > 0 {
			total += w + 2
		}
	}
	return total - 2
}

// details shows under a row what explains it, unless the row is ok.
func (t *textWriter) details(s *Section, row query.Row) {
	if value(s, row, "severity") == any(OK.String()) {
		return
	}
	for i, c := range s.Columns {
		if c.Detail && i < len(row) && row[i] != nil {
			t.wrapped("          ", "          ", clipped(Cell(c, row[i]), 1000), t.dim)
		}
	}
}

// cells gives the headings and then the rows as text, and the width of each column.
func (t *textWriter) cells(s *Section) ([][]string, []int) {
	cells := [][]string{make([]string, len(s.Columns))}
	widths := make([]int, len(s.Columns))
	for i, c := range s.Columns {
		if c.Detail {
			continue
		}
		cells[0][i] = c.Heading()
		widths[i] = ansi.StringWidth(c.Heading())
	}
	for _, row := range s.Rows {
		line := make([]string, len(s.Columns))
		for i, c := range s.Columns {
			if i < len(row) && !c.Detail {
				line[i] = clipped(Cell(c, row[i]), 1000)
			}
			widths[i] = max(widths[i], ansi.StringWidth(line[i]))
		}
		cells = append(cells, line)
	}
	return cells, widths
}

// shrink takes what is over from the widest text columns.
func (t *textWriter) shrink(s *Section, widths []int, over int) {
	for ; over > 0; over-- {
		widest := -1
		for i, c := range s.Columns {
			if !c.Right() && widths[i] > narrowest && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return
		}
		widths[widest]--
	}
}

// row lays out one row: one line, or more where a column of sentences wraps. A
// cell of another column that does not fit is cut.
func (t *textWriter) row(s *Section, row []string, widths []int) []string {
	first := make([]string, len(row))
	more := [][]string{}
	for i, cell := range row {
		if !s.Columns[i].Wrap || widths[i] == 0 {
			first[i] = t.cut(cell, widths[i])
			continue
		}
		for k, l := range wrap(cell, widths[i]) {
			if k == 0 {
				first[i] = l
				continue
			}
			if len(more) < k {
				more = append(more, make([]string, len(row)))
			}
			more[k-1][i] = l
		}
	}
	out := []string{}
	for _, cells := range append([][]string{first}, more...) {
		out = append(out, t.cellsLine(s, cells, widths))
	}
	return out
}

// cellsLine sets cells beside each other.
func (t *textWriter) cellsLine(s *Section, cells []string, widths []int) string {
	var b strings.Builder
	b.WriteString(strings.Repeat(" ", indentColumn))
	for i, cell := range cells {
		if widths[i] == 0 {
			continue
		}
		if b.Len() > indentColumn {
			b.WriteString("  ")
		}
		pad := strings.Repeat(" ", max(0, widths[i]-ansi.StringWidth(cell)))
		if s.Columns[i].Kind == KindSeverity {
			cell = t.graded(cell, cell)
		}
		if s.Columns[i].Right() {
			b.WriteString(pad + cell)
		} else {
			b.WriteString(cell + pad)
		}
	}
	return b.String()
}

// Shares gives how long each row's bar is, from 0 to 1, the longest being 1;
// nil for a section without a bar or with nothing above 0.
func Shares(s *Section) []float64 {
	column := -1
	for i, c := range s.Columns {
		if c.Bar {
			column = i
		}
	}
	if column < 0 {
		return nil
	}
	shares, most := make([]float64, len(s.Rows)), 0.0
	for i, row := range s.Rows {
		if column < len(row) {
			shares[i], _ = float(row[column])
		}
		most = max(most, shares[i])
	}
	if most == 0 {
		return nil
	}
	for i := range shares {
		shares[i] = max(0, shares[i]/most)
	}
	return shares
}

// bar draws a share of a width, in eighths of a column.
func (t *textWriter) bar(share float64, width int) string {
	if t.ASCII {
		return strings.Repeat("#", int(math.Round(share*float64(width))))
	}
	eighths := int(math.Round(share * float64(width) * 8))
	s := strings.Repeat("█", eighths/8)
	if rest := eighths % 8; rest > 0 {
		s += string([]rune("▏▎▍▌▋▊▉")[rest-1])
	}
	return s
}

// tree shows the partitions as the folders they are, with their figures behind
// the hours. Many hours are shown a day a line, many days in part.
func (t *textWriter) tree(s *Section) {
	names, figures := treeLines(s, t.pick("├─ ", "|- "), t.pick("└─ ", "`- "), t.pick("│  ", "|  "))
	width := 0
	for _, n := range names {
		width = max(width, ansi.StringWidth(n))
	}
	for i, n := range names {
		if figures[i] == "" {
			t.line("  " + n)
			continue
		}
		t.wrapped("  "+n+strings.Repeat(" ", width-ansi.StringWidth(n))+"  ", "  "+strings.Repeat(" ", width)+"  ", figures[i], nil)
	}
}

// leaf is one line of the tree with its path.
type leaf struct {
	path    []string
	figures string
}

// treeLines gives the lines of the tree and the figures behind each.
func treeLines(s *Section, branch, last, through string) (names, figures []string) {
	leaves := treeLeaves(s)
	more := 0
	if len(leaves) > treeDays {
		more, leaves = len(leaves)-treeDays, leaves[:treeDays]
	}
	var walk func(leaves []leaf, depth int, prefix string)
	walk = func(leaves []leaf, depth int, prefix string) {
		for i := 0; i < len(leaves); {
			j := i
			for j < len(leaves) && leaves[j].path[depth] == leaves[i].path[depth] {
				j++
			}
			mark, next := branch, through
			if j == len(leaves) {
				mark, next = last, "   "
			}
			if depth == 0 {
				mark, next = "", ""
			}
			names = append(names, prefix+mark+leaves[i].path[depth])
			if depth == len(leaves[i].path)-1 {
				figures = append(figures, leaves[i].figures)
			} else {
				figures = append(figures, "")
				walk(leaves[i:j], depth+1, prefix+next)
			}
			i = j
		}
	}
	walk(leaves, 0, "")
	if more > 0 {
		names, figures = append(names, "and "+plural(int64(more), "day")+" more"), append(figures, "")
	}
	return names, figures
}

// treeLeaves gives the hours with their figures, or the days where there are
// many hours.
func treeLeaves(s *Section) []leaf {
	var out []leaf
	if len(s.Rows) <= treeHours {
		for _, row := range s.Rows {
			h := hourOf(s, row)
			out = append(out, leaf{strings.Split(h.Format("year=2006/month=01/day=02/hour=15"), "/"), rowFigures(s, row)})
		}
		return out
	}
	for i := 0; i < len(s.Rows); {
		day := hourOf(s, s.Rows[i])
		sum := append(query.Row(nil), s.Rows[i]...)
		j := i + 1
		for ; j < len(s.Rows) && hourOf(s, s.Rows[j]).YearDay() == day.YearDay() && hourOf(s, s.Rows[j]).Year() == day.Year(); j++ {
			for k := 4; k < len(sum); k++ {
				if a, b := sum[k], s.Rows[j][k]; a == nil {
					sum[k] = b
				} else if b != nil {
					sum[k] = integer(a) + integer(b)
				}
			}
		}
		out = append(out, leaf{strings.Split(day.Format("year=2006/month=01/day=02"), "/"), plural(int64(j-i), "hour") + ", " + rowFigures(s, sum)})
		i = j
	}
	return out
}

// rowFigures says a partition's figures in a line: what is nothing is left out.
func rowFigures(s *Section, row query.Row) string {
	var parts []string
	for i, c := range s.Columns {
		if i < 4 || i >= len(row) || row[i] == nil || (c.Name == "unseen" || c.Name == "malformed") && integer(row[i]) == 0 {
			continue
		}
		switch c.Name {
		case "compressed_bytes":
			parts = append(parts, Cell(c, row[i]))
		case "unseen", "malformed":
			parts = append(parts, Cell(c, row[i])+" "+c.Name)
		default:
			parts = append(parts, plural(integer(row[i]), strings.ToLower(strings.TrimSuffix(c.Heading(), "s"))))
		}
	}
	return strings.Join(parts, ", ")
}
