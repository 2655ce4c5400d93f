package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"acme/telemetry/engine/query"
)

// sqlActions are those of the whole page, whichever pane has the keys.
func sqlActions() []action {
	several := func(m *model) bool { return len(m.sql.sheets) > 1 }
	return []action{
		{id: "sql.stop", scope: scopeSQL, keys: []string{"ctrl+c"}, short: "cancel", first: true, long: "cancel the query that runs", run: (*model).interrupt, when: func(m *model) bool { return m.sql.running() }},
		{id: "sql.all", scope: scopeSQL, keys: []string{"f7"}, long: "run all statements of the sheet, one after another", run: func(m *model) tea.Cmd { return m.sql.runAll(m) }},
		{id: "sql.explain", scope: scopeSQL, keys: []string{"f8"}, long: "the plan of the statement under the cursor", run: func(m *model) tea.Cmd { return m.sql.explain(m) }},
		{id: "sql.history", scope: scopeSQL, keys: []string{"ctrl+r"}, short: "history", long: "statements that were run", run: func(m *model) tea.Cmd { return m.sql.openHistory(m) }, when: func(m *model) bool { return len(m.sql.history) > 0 }},
		{id: "sql.save", scope: scopeSQL, keys: []string{"ctrl+s"}, short: "save", long: "keep the statement under a name", run: func(m *model) tea.Cmd { return m.sql.save(m) }, when: func(m *model) bool { return m.cfg.Library != nil }},
		{id: "sql.new", scope: scopeSQL, keys: []string{"ctrl+t"}, long: "new sheet", run: func(m *model) tea.Cmd { m.sql.newSheet(""); return nil }},
		{id: "sql.close", scope: scopeSQL, keys: []string{"alt+w"}, long: "close the sheet", run: func(m *model) tea.Cmd { return m.sql.closeSheet(m) }},
		{id: "sql.next", scope: scopeSQL, keys: []string{"alt+n", "ctrl+pgdown"}, long: "next sheet", run: func(m *model) tea.Cmd { m.sql.showSheet(m.sql.cur + 1); return m.sql.checkSoon(m) }, when: several},
		{id: "sql.prev", scope: scopeSQL, keys: []string{"alt+p", "ctrl+pgup"}, long: "sheet before", run: func(m *model) tea.Cmd { m.sql.showSheet(m.sql.cur - 1); return m.sql.checkSoon(m) }, when: several},
		{id: "sql.editor", scope: scopeSQL, keys: []string{"f2"}, long: "to the editor", run: func(m *model) tea.Cmd { return m.sql.focus(paneEditor)(m) }, when: func(m *model) bool { return m.sql.pane != paneEditor }},
		{id: "sql.result", scope: scopeSQL, keys: []string{"f3"}, long: "to the result", run: func(m *model) tea.Cmd { return m.sql.focus(paneResult)(m) }, when: func(m *model) bool { return m.sql.pane != paneResult }},
		{id: "sql.schema", scope: scopeSQL, keys: []string{"f4"}, short: "schema", long: "to the schema", run: func(m *model) tea.Cmd { return m.sql.focus(paneSchema)(m) }, when: func(m *model) bool { return m.cfg.Catalog != nil && m.sql.pane != paneSchema }},
		{id: "sql.side", scope: scopeSQL, keys: []string{"f9"}, long: "show or hide the schema", run: func(m *model) tea.Cmd { m.sql.noSide = !m.sql.noSide; return nil }},
		{id: "sql.zoom", scope: scopeSQL, keys: []string{"f10"}, long: "the whole page for the pane, and back", run: func(m *model) tea.Cmd { m.sql.zoomed = !m.sql.zoomed; return nil }},
	}
}

func editorActions() []action {
	return []action{
		{id: "sql.run", scope: scopeEditor, keys: []string{"f5", "ctrl+j", "alt+enter", "ctrl+enter"}, short: "run", long: "run the selection, or the statement under the cursor", run: func(m *model) tea.Cmd { return m.sql.run(m) }},
		{id: "editor.result", scope: scopeEditor, keys: []string{"tab", "f6", "esc"}, short: "to result", long: "to the result", run: func(m *model) tea.Cmd { return m.sql.focus(paneResult)(m) }},
		{id: "editor.complete", scope: scopeEditor, keys: []string{"ctrl+space", "ctrl+@"}, long: "what the word may become", run: func(m *model) tea.Cmd { return m.sql.complete(m) }},
		{id: "editor.find", scope: scopeEditor, keys: []string{"ctrl+f"}, long: "find a text", run: func(m *model) tea.Cmd { return m.sql.askFind(m) }},
		{id: "editor.again", scope: scopeEditor, keys: []string{"ctrl+g"}, long: "find it again", run: func(m *model) tea.Cmd { return m.sql.findAgain(m) }, when: func(m *model) bool { return m.sql.found != "" }},
		{id: "editor.comment", scope: scopeEditor, keys: []string{"ctrl+/", "ctrl+_", "alt+c"}, long: "make the lines comments, or no comments", run: func(m *model) tea.Cmd { m.sql.edit.comment(); return m.sql.checkSoon(m) }},
		{id: "editor.undo", scope: scopeEditor, keys: []string{"ctrl+z"}, long: "undo", run: func(m *model) tea.Cmd { m.sql.edit.editKey("ctrl+z"); return m.sql.checkSoon(m) }},
		{id: "editor.redo", scope: scopeEditor, keys: []string{"ctrl+y", "ctrl+shift+z"}, long: "redo", run: func(m *model) tea.Cmd { m.sql.edit.editKey("ctrl+y"); return m.sql.checkSoon(m) }},
		{id: "editor.back", scope: scopeEditor, keys: []string{"alt+up"}, long: "the statement before in the history", run: func(m *model) tea.Cmd { return m.sql.recall(m, 1) }},
		{id: "editor.forth", scope: scopeEditor, keys: []string{"alt+down"}, long: "the statement after in the history", run: func(m *model) tea.Cmd { return m.sql.recall(m, -1) }, when: func(m *model) bool { return m.sql.back > 1 }},
		{id: "editor.copy", scope: scopeEditor, keys: []string{"alt+y"}, long: "copy the selection", run: func(m *model) tea.Cmd { return m.copy("the selection", m.sql.edit.selected()) }, when: func(m *model) bool { return m.sql.edit.cur != m.sql.edit.anchor }},
		{id: "editor.outside", scope: scopeEditor, keys: []string{"alt+e"}, long: "edit the text with $EDITOR", run: (*model).editOutside, when: func(m *model) bool { return m.cfg.Editor != nil }},
		{id: "editor.move", scope: scopeEditor, keys: []string{"ctrl+left", "ctrl+right", "home", "end", "ctrl+home", "ctrl+end"}, long: "word, line, text; with shift they select; ctrl+a selects all"},
		{id: "editor.erase", scope: scopeEditor, keys: []string{"ctrl+w", "ctrl+u", "ctrl+k"}, long: "erase the word before, to the line's begin, to its end"},
	}
}

// completeActions are those of the list at the cursor.
func completeActions() []action {
	move := func(d int) func(*model) tea.Cmd {
		return func(m *model) tea.Cmd {
			p := m.sql.pop
			p.win.cur = (p.win.cur + d + len(p.items)) % len(p.items)
			return nil
		}
	}
	return []action{
		{id: "complete.accept", scope: scopeComplete, keys: []string{"tab"}, short: "accept", long: "put it in place of the word", run: func(m *model) tea.Cmd { m.sql.accept(); return m.sql.checkSoon(m) }},
		{id: "complete.down", scope: scopeComplete, keys: []string{"down", "ctrl+n"}, long: "next", run: move(1)},
		{id: "complete.up", scope: scopeComplete, keys: []string{"up"}, long: "one before", run: move(-1)},
		{id: "complete.close", scope: scopeComplete, keys: []string{"esc"}, short: "close", long: "close the list", run: func(m *model) tea.Cmd { m.sql.pop.shut = true; return nil }},
	}
}

func resultActions() []action {
	some := func(m *model) bool { return m.sql.shows() }
	over := func(f func(*model, *grid) tea.Cmd) func(*model) tea.Cmd {
		return func(m *model) tea.Cmd { return f(m, m.sql.grid) }
	}
	return []action{
		{id: "result.cell", scope: scopeResult, keys: []string{"enter", "space"}, short: "cell", long: "the whole cell", run: over((*model).openCell), when: some},
		{id: "result.row", scope: scopeResult, keys: []string{"v"}, short: "row", long: "the whole row, a column a line", run: over((*model).openRow), when: some},
		{id: "result.sort", scope: scopeResult, keys: []string{"s"}, short: "sort", long: "sort by the column: up, down, as it came", run: func(m *model) tea.Cmd { return m.sql.sort(m) }, when: some},
		{id: "result.filter", scope: scopeResult, keys: []string{"f"}, short: "filter", long: "only rows with this value in the column", run: func(m *model) tea.Cmd { return m.sql.filterValue(m) }, when: some},
		{id: "result.find", scope: scopeResult, keys: []string{"/"}, long: "only rows that have a text", run: func(m *model) tea.Cmd { return m.sql.askFilter(m) }, when: func(m *model) bool { return m.sql.grid != nil && m.sql.grid.total() > 0 }},
		{id: "result.clear", scope: scopeResult, keys: []string{"esc"}, short: "all rows", long: "all rows again", run: func(m *model) tea.Cmd { return m.sql.clearFilters() }, when: func(m *model) bool { return len(m.sql.view.filters) > 0 }},
		{id: "result.chart", scope: scopeResult, keys: []string{"."}, short: "chart", long: "draw the column", run: over((*model).openChart), when: some},
		{id: "result.export", scope: scopeResult, keys: []string{"e"}, short: "export", long: "write the result to a file: CSV, JSON, Parquet", run: (*model).askExport, when: func(m *model) bool { return m.cfg.Exporter != nil && m.sql.grid != nil && m.sql.state != runFailed }},
		{id: "result.before", scope: scopeResult, keys: []string{"["}, short: "before", long: "result before", run: func(m *model) tea.Cmd { m.sql.turn(-1); return m.sql.statistics(m) }, when: func(m *model) bool { return m.sql.tab > 0 }},
		{id: "result.frequency", scope: scopeResult, keys: []string{"F"}, short: "freq", long: "how often each value of the column is there", run: func(m *model) tea.Cmd { return m.sql.frequency(m) }, when: some},
		{id: "result.copy", scope: scopeResult, keys: []string{"y"}, short: "copy", long: "copy the cell", run: over((*model).copyCell), when: some},
		{id: "result.copyrow", scope: scopeResult, keys: []string{"Y"}, long: "copy the row, tab-separated", run: func(m *model) tea.Cmd { return m.copyRow() }, when: some},
		{id: "result.copyall", scope: scopeResult, keys: []string{"ctrl+y"}, long: "copy the table, tab-separated with names", run: func(m *model) tea.Cmd { return m.copyTable() }, when: some},
		{id: "result.all", scope: scopeResult, keys: []string{"a"}, short: "all with it", long: "all rows of the table that have this value in the column", run: func(m *model) tea.Cmd {
			sql, title := m.sql.valueIn(m)
			cmd := m.sql.derive(m, title, sql)
			m.sql.result.byTime = true
			return cmd
		}, when: func(m *model) bool { sql, _ := m.sql.valueIn(m); return sql != "" }},
		{id: "result.copyerror", scope: scopeResult, keys: []string{"y"}, short: "copy", long: "copy the error", run: func(m *model) tea.Cmd { return m.copy("the error", m.sql.err.Error()) }, when: func(m *model) bool { return m.sql.state == runFailed }},
		{id: "result.stats", scope: scopeResult, keys: []string{"i"}, long: "statistics of the column, or not", run: (*model).toggleStats},
		{id: "result.columns", scope: scopeResult, keys: []string{"c"}, long: "go to a column by its name", run: func(m *model) tea.Cmd { return m.sql.pickColumn(m) }, when: some},
		{id: "result.freeze", scope: scopeResult, keys: []string{"z"}, long: "keep the columns up to the cursor in place, or not", run: over(freeze), when: some},
		{id: "result.wider", scope: scopeResult, keys: []string{"+"}, long: "wider column", run: over(widen(4)), when: some},
		{id: "result.narrower", scope: scopeResult, keys: []string{"-"}, long: "narrower column", run: over(widen(-4)), when: some},
		{id: "result.after", scope: scopeResult, keys: []string{"]"}, long: "result after", run: func(m *model) tea.Cmd { m.sql.turn(1); return m.sql.statistics(m) }, when: func(m *model) bool { return m.sql.tab+1 < len(m.sql.results) }},
		{id: "result.move", scope: scopeResult, keys: []string{"up", "down", "left", "right", "h", "j", "k", "l"}, long: "move among rows and columns"},
		{id: "result.far", scope: scopeResult, keys: []string{"pgup", "pgdown", "g", "G", "0", "$"}, long: "a screen up or down, first row, last row, first column, last column"},
		{id: "result.run", scope: scopeResult, keys: []string{"f5", "r", "ctrl+j", "alt+enter", "ctrl+enter"}, short: "run", long: "run again", run: func(m *model) tea.Cmd { return m.sql.run(m) }},
		{id: "result.pane", scope: scopeResult, keys: []string{"tab", "f6"}, long: "next pane", run: func(m *model) tea.Cmd { return m.sql.nextPane(m, 1) }},
		{id: "result.editor", scope: scopeResult, keys: []string{"shift+tab", "esc"}, short: "editor", long: "back to the editor", run: func(m *model) tea.Cmd { return m.sql.focus(paneEditor)(m) }, when: func(m *model) bool { return len(m.sql.view.filters) == 0 }},
	}
}

func schemaActions() []action {
	typing := func(m *model) bool { return m.sql.side.typing }
	return []action{
		{id: "schema.enter", scope: scopeSchema, keys: []string{"enter"}, short: "open", long: "open the table, insert the column, open the statement", run: func(m *model) tea.Cmd { return m.sql.side.enter(m, m.sql.schemaNodes(m)) }, when: func(m *model) bool { return m.sql.side.at(m.sql.schemaNodes(m)) != nil }},
		{id: "schema.filter", scope: scopeSchema, keys: []string{"/"}, short: "filter", long: "only names that have a text", run: func(m *model) tea.Cmd { m.sql.side.typing = true; return nil }, when: func(m *model) bool { return !typing(m) }},
		{id: "schema.clear", scope: scopeSchema, keys: []string{"esc"}, short: "no filter", long: "no filter", run: func(m *model) tea.Cmd {
			m.sql.side.typing, m.sql.side.filter = false, ""
			return nil
		}, when: func(m *model) bool { return typing(m) || m.sql.side.filter != "" }},
		{id: "schema.rows", scope: scopeSchema, keys: []string{"s", "alt+r"}, short: "rows", long: "the first rows of the table", run: func(m *model) tea.Cmd { return m.sql.sampleTable(m) }, when: func(m *model) bool { _, _, ok := m.sql.tableAt(m); return ok }},
		{id: "schema.refresh", scope: scopeSchema, keys: []string{"r"}, long: "read the catalog again", run: (*model).loadNames},
		{id: "schema.move", scope: scopeSchema, keys: []string{"up", "down", "left", "right", "h", "j", "k", "l"}, long: "move, close, open"},
		{id: "schema.editor", scope: scopeSchema, keys: []string{"tab", "f6", "shift+tab", "esc"}, short: "editor", long: "to the editor", run: func(m *model) tea.Cmd { return m.sql.focus(paneEditor)(m) }, when: func(m *model) bool { return !typing(m) && m.sql.side.filter == "" }},
	}
}

func widen(by int) func(*model, *grid) tea.Cmd {
	return func(_ *model, g *grid) tea.Cmd {
		g.widen(by)
		return nil
	}
}

// freeze keeps the columns up to the cursor in place, or none.
func freeze(_ *model, g *grid) tea.Cmd {
	if g.frozen > 0 {
		g.frozen = 0
	} else {
		g.frozen = g.col + 1
	}
	return nil
}

// complete opens the list of what the word may become.
func (p *sqlPage) complete(m *model) tea.Cmd {
	p.completeNow(&m.names, m.cfg.Database, true)
	if p.pop == nil {
		m.say(dim, "nothing begins so")
	}
	return nil
}

func (p *sqlPage) askFind(m *model) tea.Cmd {
	text := p.found
	if s := p.edit.selected(); s != "" && !strings.Contains(s, "\n") {
		text = s
	}
	return m.openAsk(&ask{title: "Find", label: "text", text: text, hint: m.keyName("ctrl+g") + " finds it again.", done: func(m *model, text string) (tea.Cmd, string) {
		p.found = text
		return p.findAgain(m), ""
	}})
}

func (p *sqlPage) findAgain(m *model) tea.Cmd {
	if p.found != "" && !p.edit.find(p.found) {
		m.say(warn, "not here: "+p.found)
	}
	return nil
}

// sampleTable shows the first rows of the table under the schema's cursor.
func (p *sqlPage) sampleTable(m *model) tea.Cmd {
	database, name, ok := p.tableAt(m)
	if !ok {
		return nil
	}
	return m.openSQL("SELECT *\nFROM "+quoteIfNeeded(database)+"."+quoteIfNeeded(name)+"\nLIMIT 100\n", true)
}

// tableAt gives the table that the schema's cursor is on, or on a column of.
func (p *sqlPage) tableAt(m *model) (database, name string, ok bool) {
	n := p.side.at(p.schemaNodes(m))
	if n == nil || !strings.HasPrefix(n.id, "table/") {
		return "", "", false
	}
	database, rest, _ := strings.Cut(strings.TrimPrefix(n.id, "table/"), ".")
	name, _, _ = strings.Cut(rest, "/")
	return database, name, true
}

// tsv writes values as one line for other programs: tabs and line ends of the data
// become blanks.
func tsv(cols []query.Column, row query.Row) string {
	cells := make([]string, len(cols))
	for i, c := range cols {
		if i < len(row) && row[i] != nil {
			cells[i] = strings.NewReplacer("\t", " ", "\n", " ", "\r", " ").Replace(c.Format(row[i]))
		}
	}
	return strings.Join(cells, "\t")
}

func (m *model) copyRow() tea.Cmd {
	g := m.sql.grid
	row, ok := g.current()
	if !ok {
		return nil
	}
	return m.copy("the row", tsv(g.cols, row))
}

// copyTable copies what is shown of the result, as far as a clipboard takes it.
func (m *model) copyTable() tea.Cmd {
	g := m.sql.grid
	var b strings.Builder
	names := make(query.Row, len(g.cols))
	heads := make([]query.Column, len(g.cols))
	for i, c := range g.cols {
		names[i], heads[i] = c.Name, query.Column{Type: "varchar"}
	}
	b.WriteString(tsv(heads, names) + "\n")
	for i := range g.count() {
		row, ok := g.at(i)
		if !ok || b.Len() > clipboardMost {
			b.WriteString(strings.Repeat(" ", clipboardMost)) // it is too much: copy says so
			break
		}
		b.WriteString(tsv(g.cols, row) + "\n")
	}
	return m.copy("the table", b.String())
}
