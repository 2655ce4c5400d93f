package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"acme/telemetry/engine/report"
)

// schemaNodes are the databases, tables and columns that a statement may name, and
// the statements that are kept and those that were run.
func (p *sqlPage) schemaNodes(m *model) []node {
	out := p.side.byDatabase(m.names.tables, p.tableNodes)
	if m.names.err != nil {
		out = append(out, node{id: "error", text: errorText(m.names.err), role: bad, leaf: true})
	}
	if len(p.saved) > 0 {
		out = append(out, node{id: "saved", text: "Saved", right: report.Count(int64(len(p.saved))), role: accent})
		for _, s := range p.saved {
			out = append(out, node{id: "saved/" + s.Name, level: 1, text: s.Name, leaf: true, run: func(m *model) tea.Cmd {
				p.open(s.SQL, s.Name)
				return p.checkSoon(m)
			}})
		}
	}
	if len(p.history) > 0 {
		out = append(out, node{id: "history", text: "History", right: report.Count(int64(len(p.history))), role: accent})
		for i := len(p.history) - 1; i >= 0; i-- {
			e := p.history[i]
			out = append(out, node{id: "history/" + e.SQL, level: 1, text: e.sign(m.th) + " " + oneLine(e.SQL), leaf: true, run: func(m *model) tea.Cmd {
				p.open(e.SQL, "")
				return p.checkSoon(m)
			}})
		}
	}
	return out
}

// byDatabase gives the databases, open where nobody has closed them, with the nodes of
// their tables below.
func (t *tree) byDatabase(tables []Table, of func(Table) []node) []node {
	var out []node
	database := ""
	for _, table := range tables {
		if table.Database != database {
			database = table.Database
			id := "db/" + database
			if _, known := t.open[id]; !known {
				t.open[id] = true
			}
			out = append(out, node{id: id, text: database, role: accent})
		}
		out = append(out, of(table)...)
	}
	return out
}

// form is the format of the table's objects, or that it is a view.
func (t Table) form() string {
	if t.View {
		return "view"
	}
	return strings.ToLower(t.Format)
}

// tableNodes are a table and its columns.
func (p *sqlPage) tableNodes(t Table) []node {
	id := "table/" + t.Database + "." + t.Name
	out := []node{{id: id, level: 1, text: t.Name, right: t.form(), whole: true}}
	for i, c := range t.Columns {
		name, r := c.Name, plain
		if i >= len(t.Columns)-t.Keys {
			r = keyword // a partition's: a predicate on it costs nothing
		}
		out = append(out, node{id: id + "/" + name, level: 2, text: name, right: c.Type, whole: true, role: r, leaf: true, run: func(m *model) tea.Cmd {
			p.edit.insert(quoteIfNeeded(name), "")
			m.say(dim, name+" inserted; "+m.keyName("f2")+" goes to the editor")
			return p.checkSoon(m)
		}})
	}
	return out
}

func (p *sqlPage) drawSchema(m *model, w, h int) []string {
	b := box{title: "Schema", focused: p.pane == paneSchema}
	iw, ih := b.inner(w, h)
	nodes := p.schemaNodes(m)
	if !p.side.typing {
		b.foot = "/ filter"
		if n := p.side.at(nodes); n != nil && n.level == 2 && p.pane == paneSchema { // there may be no room for name and type in the tree
			b.foot = m.th.middle(n.text, max(iw-m.th.width(n.right)-1, 4)) + " " + n.right
		}
	}
	if len(nodes) == 0 {
		text := "no catalog"
		if m.names.asked && !m.names.loaded {
			text = "loading"
		}
		return b.Draw(m.th, w, h, []string{m.th.newLine(iw).put(dim, text).String()})
	}
	return b.Draw(m.th, w, h, p.side.draw(m.th, nodes, iw, ih, p.pane == paneSchema))
}

// sign says how a statement ended.
func (e past) sign(th *theme) string {
	if e.Error != "" {
		return th.g.bad
	}
	return th.g.ok
}

// oneLine gives a statement on one line, its comments at the begin left out.
func oneLine(sql string) string {
	sql = cutBytes(sql, 2000)
	if b := statementsIn(sql); len(b) > 0 {
		sql = sql[b[0][0]:]
	}
	return strings.Join(strings.Fields(sql), " ")
}
