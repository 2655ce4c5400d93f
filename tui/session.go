package tui

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
)

// Keeper keeps what the screen was like, for the next time.
type Keeper interface {
	// Load gives what was saved last, nil for nothing, and a note for the reader:
	// why nothing will be saved, empty where it will.
	Load() (text []byte, note string)
	// Save keeps a session in place of the last one. It is called by one goroutine at
	// a time.
	Save(text []byte) error
}

// session is what is kept of a run of the screen.
type session struct {
	Version int            `json:"version"`
	Page    string         `json:"page"`
	Sheets  []sheetSession `json:"sheets"`
	Sheet   int            `json:"sheet"`
	History []past         `json:"history,omitempty"`
	Stats   bool           `json:"column_statistics"`
	NoSide  bool           `json:"schema_hidden,omitempty"`
	Theme   string         `json:"theme,omitempty"` // chosen by hand: dark or light
}

type sheetSession struct {
	Name   string       `json:"name,omitempty"`
	Number int          `json:"number"`
	Text   string       `json:"text"`
	Saved  string       `json:"saved,omitempty"`
	Clean  bool         `json:"clean,omitempty"` // the text is as it was saved, which is left out
	Line   int          `json:"line"`
	At     int          `json:"at"`
	View   *viewSession `json:"view,omitempty"`
}

// viewSession is how a result was looked at, by the names of its columns; it is
// applied when the sheet's statement has run again.
type viewSession struct {
	Sort    string          `json:"sort,omitempty"`
	Desc    bool            `json:"desc,omitempty"`
	Filters []filterSession `json:"filters,omitempty"`
}

type filterSession struct {
	Column string `json:"column,omitempty"` // empty: in any
	Text   string `json:"text"`
	Null   bool   `json:"null,omitempty"`
}

const sessionVersion = 1

// Bounds of a session: what is longer is not kept.
const (
	sessionSheets = 50
	sessionText   = 1 << 20
)

// session gives what is to be kept.
func (m *model) session() session {
	s := session{Version: sessionVersion, Page: strings.ToLower(m.pages[m.current].name()), Sheet: m.sql.cur,
		History: m.sql.history, Stats: m.sql.statsOn, NoSide: m.sql.noSide}
	if m.fixed && m.cfg.Theme != "dark" && m.cfg.Theme != "light" {
		s.Theme = shade(m.look.dark)
	}
	for _, sh := range m.sql.sheets {
		text := sh.edit.text()
		if len(text) > sessionText || len(s.Sheets) == sessionSheets {
			continue
		}
		k := sheetSession{Name: sh.name, Number: sh.number, Text: text, Saved: sh.saved, Line: sh.edit.cur.line, At: sh.edit.cur.at}
		if k.Saved == k.Text {
			k.Saved, k.Clean = "", true
		}
		k.View = sh.viewSession()
		s.Sheets = append(s.Sheets, k)
	}
	return s
}

// viewSession is how the sheet's result is looked at; nil for as it came.
func (s *sheet) viewSession() *viewSession {
	g := s.grid
	if g == nil {
		return s.pending
	}
	var v viewSession
	if g.sorted >= 0 {
		v.Sort, v.Desc = g.cols[g.sorted].Name, g.desc
	}
	for _, f := range s.view.filters {
		k := filterSession{Text: f.text}
		if f.col >= 0 {
			k.Column, k.Null = g.cols[f.col].Name, f.value == nil
		}
		v.Filters = append(v.Filters, k)
	}
	if v.Sort == "" && len(v.Filters) == 0 {
		return nil
	}
	return &v
}

// restore begins with what was kept. What cannot be read is passed by, with a
// notice: a session is a comfort, and never in the way.
func (m *model) restore() {
	if m.cfg.Keeper == nil {
		return
	}
	text, note := m.cfg.Keeper.Load()
	if note != "" {
		m.say(warn, note)
	}
	if text == nil {
		return
	}
	var s session
	if err := json.Unmarshal(text, &s); err != nil {
		m.say(warn, "the last session cannot be read, so this one begins anew: "+err.Error())
		return
	}
	if s.Version != sessionVersion {
		m.say(warn, fmt.Sprintf("the last session is of form %d, which this version does not read: this one begins anew", s.Version))
		return
	}
	m.begin(s)
}

// begin puts a session on the screen.
func (m *model) begin(s session) {
	p := m.sql
	var sheets []*sheet
	for _, k := range s.Sheets[:min(len(s.Sheets), sessionSheets)] {
		if strings.TrimSpace(k.Text) == "" {
			continue
		}
		sh := newSheet(max(k.Number, 1), k.Text)
		sh.name, sh.pending = k.Name, k.View
		if !k.Clean { // also where an older program wrote it: what may be the reader's is never replaced
			sh.saved = k.Saved
		}
		line := min(max(k.Line, 0), len(sh.edit.lines)-1)
		sh.edit.cur = pos{line, len(cutBytes(sh.edit.lines[line], max(k.At, 0)))}
		sh.edit.anchor = sh.edit.cur
		sheets = append(sheets, sh)
		p.next = max(p.next, sh.number+1)
	}
	if len(sheets) > 0 && m.cfg.SQL == firstSQL { // a text that was asked for is not replaced
		p.sheets = sheets
		p.showSheet(min(max(s.Sheet, 0), len(sheets)-1))
	}
	p.history = s.History[max(len(s.History)-historyMost, 0):]
	p.statsOn, p.noSide = s.Stats, s.NoSide
	if m.cfg.Theme != "dark" && m.cfg.Theme != "light" && (s.Theme == "dark" || s.Theme == "light") {
		m.look.dark, m.fixed = s.Theme == "dark", true
		m.th = newTheme(m.look)
	}
	for i, pg := range m.pages {
		if m.cfg.Screen == "" && strings.EqualFold(pg.name(), s.Page) {
			m.current = i
		}
	}
}

// applyPending looks at a result as the session before did, where it has the
// columns for it.
func (s *sheet) applyPending() {
	v, g := s.pending, s.grid
	if v == nil || g == nil || g.far != nil {
		return
	}
	s.pending = nil
	column := func(name string) int {
		for i, c := range g.cols {
			if c.Name == name {
				return i
			}
		}
		return -1
	}
	if c := column(v.Sort); v.Sort != "" && c >= 0 {
		g.sorted, g.desc = c, v.Desc
	}
	for _, f := range v.Filters {
		k := filter{col: -1, text: f.Text}
		if f.Column != "" {
			if k.col = column(f.Column); k.col < 0 {
				continue
			}
			k.value = f.Text
			if f.Null {
				k.value = nil
			}
		}
		s.view.filters = append(s.view.filters, k)
	}
}

// keepEvery is how long after a change a session is kept, so that little is lost
// with the machine.
const keepEvery = 5 * time.Second

type (
	keepMsg struct{}
	keptMsg struct{ err error }
)

// keepSoon keeps the session after a while, once for all changes until then.
func (m *model) keepSoon() tea.Cmd {
	if m.cfg.Keeper == nil || m.keeping {
		return nil
	}
	m.keeping = true
	return m.later(keepEvery, func(time.Time) tea.Msg { return keepMsg{} })
}

// keep writes the session, outside of Update.
func (m *model) keep() tea.Cmd {
	m.keeping = false
	text, err := json.Marshal(m.session())
	if err != nil || string(text) == m.kept {
		return nil
	}
	m.kept = string(text)
	k := m.cfg.Keeper
	return safely(func() tea.Msg { return keptMsg{k.Save(text)} })
}

// keepLast writes the session when the screen is gone.
func (m *model) keepLast() error {
	if m.cfg.Keeper == nil || m.crash != nil {
		return nil
	}
	text, err := json.Marshal(m.session())
	if err != nil || string(text) == m.kept {
		return err
	}
	return m.cfg.Keeper.Save(text)
}
