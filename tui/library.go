package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"acme/telemetry/engine/report"
)

type savedMsg struct {
	list []Saved
	name string // what was saved; empty for a listing
	s    *sheet
	sql  string
	err  error
}

// loadSaved reads the names of the Library.
func (m *model) loadSaved() tea.Cmd {
	lib, ctx := m.cfg.Library, m.ctx
	if lib == nil {
		return nil
	}
	return safely(func() tea.Msg {
		list, err := lib.List(ctx)
		return savedMsg{list: list, err: err}
	})
}

// save keeps the sheet's text under its name, or asks for one.
func (p *sqlPage) save(m *model) tea.Cmd {
	if m.cfg.Library == nil {
		m.say(warn, "there is no place to save statements in")
		return nil
	}
	s := p.sheet
	return m.openAsk(&ask{title: "Save the statement", label: "name", text: s.name, hint: "Letters, digits, - and _; a / makes a folder.", done: func(m *model, name string) (tea.Cmd, string) {
		name = strings.TrimSuffix(strings.TrimSpace(name), ".sql")
		if name == "" {
			return nil, "give it a name"
		}
		lib, ctx, sql := m.cfg.Library, m.ctx, s.edit.text()
		return safely(func() tea.Msg {
			if err := lib.Save(ctx, name, sql); err != nil {
				return savedMsg{err: err}
			}
			list, err := lib.List(ctx)
			return savedMsg{list: list, name: name, s: s, sql: sql, err: err}
		}), ""
	}})
}

// saved takes what the Library says.
func (m *model) savedIn(msg savedMsg) {
	if msg.err != nil {
		m.say(bad, msg.err.Error())
		return
	}
	m.sql.saved = msg.list
	if msg.name != "" {
		msg.s.name, msg.s.saved = msg.name, msg.sql
		m.say(good, "saved as "+msg.name)
	}
}

// openHistory lists the statements that were run, the last first.
func (p *sqlPage) openHistory(m *model) tea.Cmd {
	items := p.historyPicks(m)
	if len(items) == 0 {
		m.say(dim, "nothing has been run yet")
		return nil
	}
	return m.openPicker(&picker{title: "History", items: items, foot: "enter opens it, esc closes"})
}

func (p *sqlPage) historyPicks(m *model) []pick {
	var items []pick
	for i := len(p.history) - 1; i >= 0; i-- {
		e := p.history[i]
		note := e.At.Format("01-02 15:04") + "  " + span(e.Took)
		if e.Error == "" {
			note += "  " + report.Count(e.Rows) + " rows"
		}
		items = append(items, pick{kind: e.sign(m.th), text: oneLine(e.SQL), note: note, run: func(m *model) tea.Cmd {
			m.show(pageSQL)
			p.open(e.SQL, "")
			return p.checkSoon(m)
		}})
	}
	return items
}

// quickOpen lists what can be gone to by its name: pages, tables, kept statements,
// history.
func (m *model) quickOpen() tea.Cmd {
	var items []pick
	for i, p := range m.pages {
		items = append(items, pick{kind: "page", text: p.name(), note: m.keyName("alt+" + string(rune('1'+i))), run: func(m *model) tea.Cmd { return m.show(i) }})
	}
	for i, s := range m.sql.sheets {
		items = append(items, pick{kind: "sheet", text: s.label(), note: cutBytes(oneLine(s.edit.text()), 60), run: func(m *model) tea.Cmd {
			m.show(pageSQL)
			m.sql.showSheet(i)
			return nil
		}})
	}
	for _, t := range m.names.tables {
		name := quoteIfNeeded(t.Database) + "." + quoteIfNeeded(t.Name)
		items = append(items, pick{kind: tableKind(t), text: t.Database + "." + t.Name, note: report.Count(int64(len(t.Columns))) + " columns", run: func(m *model) tea.Cmd {
			return m.openSQL("SELECT *\nFROM "+name+"\nLIMIT 100\n", true)
		}})
	}
	for _, s := range m.sql.saved {
		items = append(items, pick{kind: "saved", text: s.Name, note: cutBytes(oneLine(s.SQL), 50), run: func(m *model) tea.Cmd {
			m.show(pageSQL)
			m.sql.open(s.SQL, s.Name)
			return m.sql.checkSoon(m)
		}})
	}
	items = append(items, m.sql.historyPicks(m)...)
	return m.openPicker(&picker{title: "Open", items: items, foot: "enter opens, esc closes"})
}
