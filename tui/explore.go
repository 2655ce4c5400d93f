package tui

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"acme/telemetry/engine/query"
	"acme/telemetry/engine/report"
)

// viewOf is what of a result's rows is shown and in which order: filters, then a
// sort. It is computed by a command over the rows in memory; gen tells which one.
type viewOf struct {
	filters []filter
	gen     int
}

// filter keeps the rows that have a text in any cell (col < 0), or one value in a
// column.
type filter struct {
	col   int
	value any
	text  string // looked for without regard to case, or the value as shown
}

// String is the filter as the screen names it.
func (f filter) name(cols []query.Column) string {
	if f.col < 0 {
		return "/" + f.text
	}
	return cols[f.col].Name + " = " + f.text
}

// viewMsg brings an order for a grid's rows.
type viewMsg struct {
	r     *result
	gen   int
	order []int32
	upTo  int // rows it was made of
}

func (v viewMsg) apply() {
	r := v.r
	if r.view.gen != v.gen || r.grid == nil {
		return
	}
	g := r.grid
	if len(r.view.filters) == 0 {
		for i := v.upTo; i < len(g.rows); i++ { // rows that came meanwhile
			v.order = append(v.order, int32(i))
		}
	}
	g.order, g.part = v.order, len(r.view.filters) > 0
	g.win.cur, g.win.top = 0, 0
}

// look computes the view anew, outside of Update.
func (r *result) look() tea.Cmd {
	g := r.grid
	if g == nil {
		return nil
	}
	r.view.gen++
	if g.sorted < 0 && len(r.view.filters) == 0 {
		g.order, g.part = nil, false
		g.win.cur, g.win.top = 0, 0
		return nil
	}
	rows, cols, filters, gen := g.rows[:len(g.rows):len(g.rows)], g.cols, slices.Clone(r.view.filters), r.view.gen
	c, desc := g.sorted, g.desc
	return safely(func() tea.Msg {
		var order []int32
		if c >= 0 {
			order = sortRows(rows, c, cols[c].Type, desc)
		} else {
			order = make([]int32, len(rows))
			for i := range order {
				order[i] = int32(i)
			}
		}
		for _, f := range filters {
			order = f.keep(order, rows, cols)
		}
		return viewMsg{r, gen, order, len(rows)}
	})
}

// keep gives the rows of an order that the filter lets pass.
func (f filter) keep(order []int32, rows []query.Row, cols []query.Column) []int32 {
	low := strings.ToLower(f.text)
	return slices.DeleteFunc(order, func(i int32) bool {
		row := rows[i]
		if f.col >= 0 {
			return f.col >= len(row) || (f.value == nil) != (row[f.col] == nil) || cols[f.col].Format(row[f.col]) != f.text
		}
		for c, v := range row {
			if v != nil && c < len(cols) && strings.Contains(strings.ToLower(cutBytes(cols[c].Format(v), 1<<16)), low) {
				return false
			}
		}
		return true
	})
}

// sort cycles the order of the cursor's column: ascending, descending, as it
// came. Rows that memory has not are sorted by the engine, as a result of their own.
func (p *sqlPage) sort(m *model) tea.Cmd {
	g := p.grid
	if g.far != nil {
		if strings.HasPrefix(p.result.title, "sorted by ") {
			m.say(dim, "it is sorted already; "+m.keyName("[")+" is the result before")
			return nil
		}
		n := strconv.Itoa(g.col + 1)
		return p.derive(m, "sorted by "+g.cols[g.col].Name, p.over("*", " ORDER BY "+n+" NULLS LAST"))
	}
	switch {
	case g.sorted != g.col:
		g.sorted, g.desc = g.col, false
	case !g.desc:
		g.desc = true
	default:
		g.sorted, g.desc = -1, false
	}
	return p.look()
}

// filterValue keeps the rows that have the cursor's value in its column.
func (p *sqlPage) filterValue(m *model) tea.Cmd {
	c, v, ok := p.grid.cell()
	if !ok {
		return nil
	}
	if p.grid.far != nil {
		where := " WHERE " + quoteName(c.Name) + " IS NULL"
		if v != nil {
			where = " WHERE " + quoteName(c.Name) + " = " + literalOf(v, c)
		}
		return p.derive(m, c.Name+" = "+cutBytes(c.Format(v), 40), p.over("*", where))
	}
	p.view.filters = append(p.view.filters, filter{col: p.grid.col, value: v, text: c.Format(v)})
	return p.look()
}

// valueIn gives the statement for all rows that have the cursor's value in its column, of
// the one table that the result is of; empty where that cannot be told.
func (p *sqlPage) valueIn(m *model) (sql, title string) {
	if !p.shows() {
		return "", ""
	}
	c, v, ok := p.grid.cell()
	used := tablesIn(p.sent, m.names.tables, m.cfg.Database)
	if !ok || v == nil || len(used) != 1 {
		return "", ""
	}
	t := used[0].table
	if !slices.ContainsFunc(t.Columns, func(q query.Column) bool { return q.Name == c.Name && q.Type == c.Type }) {
		return "", ""
	}
	sql = "SELECT *\nFROM " + quoteIfNeeded(t.Database) + "." + quoteIfNeeded(t.Name) + "\nWHERE " + quoteIfNeeded(c.Name) + " = " + literalOf(v, c)
	if i := slices.IndexFunc(t.Columns, isTime); i >= 0 { // as of a session: what happened, in its order
		sql += "\nORDER BY " + quoteIfNeeded(t.Columns[i].Name)
	}
	return sql, "all with " + c.Name + " = " + cutBytes(c.Format(v), 40)
}

// askFilter asks for a text that rows must have.
func (p *sqlPage) askFilter(m *model) tea.Cmd {
	if p.grid.far != nil {
		m.say(dim, "memory has "+report.Count(int64(len(p.grid.rows)))+" of the rows: write a predicate, or "+m.keyName("f")+" filters by the value under the cursor")
		return nil
	}
	text := ""
	for _, f := range p.view.filters {
		if f.col < 0 {
			text = f.text
		}
	}
	return m.openAsk(&ask{title: "Filter the rows", label: "contains", text: text, hint: "In any column, without regard to case. Nothing shows all rows.", done: func(m *model, text string) (tea.Cmd, string) {
		p.view.filters = slices.DeleteFunc(p.view.filters, func(f filter) bool { return f.col < 0 })
		if text != "" {
			p.view.filters = append(p.view.filters, filter{col: -1, text: text})
		}
		return p.look(), ""
	}})
}

// clearFilters shows all rows.
func (p *sqlPage) clearFilters() tea.Cmd {
	p.view.filters = nil
	return p.look()
}

// frequency shows how often each value of the cursor's column is there.
func (p *sqlPage) frequency(m *model) tea.Cmd {
	g := p.grid
	c := g.cols[g.col]
	name := "frequency of " + c.Name
	if !p.whole() {
		q := quoteName(c.Name)
		return p.derive(m, name, p.over(q+", count(*) AS rows, round(100.0 * count(*) / sum(count(*)) OVER (), 2) AS percent", " GROUP BY "+q+" ORDER BY rows DESC, 1"))
	}
	r := &result{title: name, state: runDone, sent: p.sent}
	r.grid = newGrid([]query.Column{c, {Name: "rows", Type: "bigint"}, {Name: "percent", Type: "double"}})
	p.addResult(r)
	rows, order, col := g.rows, g.order, g.col
	return safely(func() tea.Msg { return tableMsg{r, frequencyOf(rows, order, col, c)} })
}

// tableMsg brings the rows of a table that a command made.
type tableMsg struct {
	r    *result
	rows []query.Row
}

// frequencyOf counts the values of a column, the most frequent first.
func frequencyOf(rows []query.Row, order []int32, col int, c query.Column) []query.Row {
	type count struct {
		v any
		n int64
	}
	seen := map[string]*count{}
	var list []*count
	total := int64(0)
	eachRow(rows, order, func(row query.Row) {
		if col >= len(row) {
			return
		}
		total++
		key := "\x00"
		if row[col] != nil {
			key = "v" + c.Format(row[col])
		}
		if seen[key] == nil {
			seen[key] = &count{v: row[col]}
			list = append(list, seen[key])
		}
		seen[key].n++
	})
	sort.SliceStable(list, func(i, j int) bool { return list[i].n > list[j].n })
	out := make([]query.Row, len(list))
	for i, e := range list {
		out[i] = query.Row{e.v, e.n, float64(int64(10000*float64(e.n)/float64(total)+0.5)) / 100}
	}
	return out
}

// eachRow gives the rows of a view.
func eachRow(rows []query.Row, order []int32, f func(query.Row)) {
	if order == nil {
		for _, r := range rows {
			f(r)
		}
		return
	}
	for _, i := range order {
		f(rows[i])
	}
}

// quoteName writes a column's name for Athena.
func quoteName(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

// literalOf writes a value of a column as Athena SQL has it.
func literalOf(v any, c query.Column) string {
	switch v := v.(type) {
	case int64, bool:
		return fmt.Sprint(v)
	case float64:
		return "CAST('" + strconv.FormatFloat(v, 'g', -1, 64) + "' AS double)"
	case string:
		return "'" + strings.ReplaceAll(v, "'", "''") + "'"
	}
	return "CAST('" + strings.ReplaceAll(c.Format(v), "'", "''") + "' AS " + c.Type + ")"
}

// pickColumn lists the columns; picking one goes there.
func (p *sqlPage) pickColumn(m *model) tea.Cmd {
	var items []pick
	for i, c := range p.grid.cols {
		items = append(items, pick{kind: strconv.Itoa(i + 1), text: c.Name, note: c.Type, run: func(m *model) tea.Cmd {
			p.grid.col = i
			return p.statistics(m)
		}})
	}
	return m.openPicker(&picker{title: "Columns", items: items, foot: "enter goes there, esc closes"})
}
