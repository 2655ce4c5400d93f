package tui

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"acme/telemetry/engine/query"
)

// sheet is a buffer of the SQL page: a text with its results. The result that is
// shown is embedded; there is always one, if only an empty one.
type sheet struct {
	*result
	name    string // as the Library has it; empty for a new one
	number  int    // of a sheet without a name
	saved   string // its text when it was opened or saved
	edit    *sqledit
	results []*result
	tab     int
	queue   []piece // statements that a run of all has still to send
	check   checked
	pending *viewSession // of the session before, until the statement has run
	pop     *popup
	asked   dirtyKey
	differs bool
}

// piece is a statement of a text and where it begins.
type piece struct {
	sql string
	at  pos
}

// resultsMost is how many results a sheet keeps.
const resultsMost = 12

func newSheet(n int, text string) *sheet {
	return &sheet{result: &result{}, number: n, saved: text, edit: newSQLEdit(text)}
}

// label is the sheet's name; a star says that it is not as it was saved.
func (s *sheet) label() string {
	t := s.name
	if t == "" {
		t = "query-" + strconv.Itoa(s.number)
	}
	if s.dirty() {
		t += "*"
	}
	return t
}

// dirty says that the text is not as it was saved. Every frame asks.
func (s *sheet) dirty() bool {
	if k := (dirtyKey{s.edit.version, s.saved}); k != s.asked {
		s.asked, s.differs = k, s.edit.text() != s.saved
	}
	return s.differs
}

// dirtyKey is what dirty was found of.
type dirtyKey struct {
	version int
	saved   string
}

// addResult shows a result beside the others.
func (s *sheet) addResult(r *result) tea.Cmd {
	var cmd tea.Cmd
	if len(s.results) > 0 {
		s.results = s.results[:min(s.tab+1, len(s.results))]
	}
	s.results = append(s.results, r)
	if len(s.results) > resultsMost {
		cmd = s.results[0].drop()
		s.results = s.results[1:]
	}
	s.tab = len(s.results) - 1
	s.result = r
	return cmd
}

// turn shows the result d tabs on.
func (s *sheet) turn(d int) bool {
	to := s.tab + d
	if to < 0 || to >= len(s.results) {
		return false
	}
	s.tab, s.result = to, s.results[to]
	return true
}

// dropResults lets go of all results.
func (s *sheet) dropResults() tea.Cmd {
	var cmds []tea.Cmd
	for _, r := range s.results {
		cmds = append(cmds, r.drop())
	}
	s.results, s.tab, s.result = nil, 0, &result{}
	return tea.Batch(cmds...)
}

// start sends a statement; its result is shown.
func (s *sheet) start(m *model, title string, p piece) tea.Cmd {
	r := &result{title: title, state: runBusy, started: m.clock(), sent: p.sql, from: p.at}
	r.request = query.Request{SQL: p.sql, Database: m.cfg.Database, Timeout: m.cfg.Timeout}
	r.ctx, r.cancel = context.WithCancel(m.ctx)
	drop := s.addResult(r)
	return tea.Batch(r.begin(&reading{q: m.cfg.Querier, spooler: m.cfg.Spooler}), drop)
}

// run sends the selection, or the statement under the cursor.
func (p *sqlPage) run(m *model) tea.Cmd {
	sql, at := p.edit.statement()
	if strings.TrimSpace(sql) == "" {
		m.say(dim, "there is no statement under the cursor")
		return nil
	}
	return p.runPieces(m, "", []piece{{sql, at}})
}

// runAll sends all statements of the sheet, one after another.
func (p *sqlPage) runAll(m *model) tea.Cmd {
	text := p.edit.text()
	var all []piece
	for _, b := range statementsIn(text) {
		all = append(all, piece{text[b[0]:b[1]], p.edit.place(b[0])})
	}
	if len(all) == 0 {
		m.say(dim, "there is no statement here")
		return nil
	}
	return p.runPieces(m, "", all)
}

// explain asks for the plan of the statement under the cursor.
func (p *sqlPage) explain(m *model) tea.Cmd {
	sql, at := p.edit.statement()
	if strings.TrimSpace(sql) == "" {
		m.say(dim, "there is no statement under the cursor")
		return nil
	}
	return p.runPieces(m, "plan", []piece{{"EXPLAIN " + sql, at}})
}

func (p *sqlPage) runPieces(m *model, title string, all []piece) tea.Cmd {
	p.result.stop(m.clock())
	p.edit.err, p.pop = nil, nil
	drop := p.dropResults()
	p.queue = all[1:]
	return tea.Batch(p.start(m, title, all[0]), drop)
}

// derive runs a statement over the result that is shown, as a result beside it.
func (p *sqlPage) derive(m *model, title, sql string) tea.Cmd {
	return p.start(m, title, piece{sql: sql, at: pos{line: -1}})
}

// stop gives up what runs, and what waits behind it.
func (p *sqlPage) stop(m *model) {
	for _, s := range p.sheets {
		s.queue = nil
		for _, r := range s.results {
			r.stop(m.clock())
		}
	}
}

// running says that a statement of any sheet runs.
func (p *sqlPage) running() bool { return p.busy() != nil }

// busy gives the result that runs; nil without one.
func (p *sqlPage) busy() *result {
	if p.result.state == runBusy {
		return p.result
	}
	for _, s := range p.sheets {
		for _, r := range s.results {
			if r.state == runBusy {
				return r
			}
		}
	}
	return nil
}

// finished books a result that has come to its end, marks its error, and sends
// the statement that waits behind it.
func (p *sqlPage) finished(m *model, r *result) tea.Cmd {
	if r.title == "" || r.title == "plan" {
		p.remember(r, m.clock())
	}
	for _, s := range p.sheets {
		if len(s.results) == 0 || s.results[len(s.results)-1] != r && s.result != r {
			continue
		}
		if s.result == r && r.title == "" {
			s.applyPending()
		}
		if r.state == runFailed {
			s.queue = nil
			s.markFailure(r)
		}
		if len(s.queue) > 0 && s.result == r {
			next := s.queue[0]
			s.queue = s.queue[1:]
			return tea.Batch(r.look(), s.start(m, "", next))
		}
	}
	return tea.Batch(r.look(), p.statistics(m))
}

// markFailure marks an error in the editor, if the statement is still there.
func (s *sheet) markFailure(r *result) {
	var q *query.Error
	if r.from.line < 0 || !errors.As(r.err, &q) {
		return
	}
	sent := strings.TrimPrefix(r.sent, "EXPLAIN ")
	if !strings.Contains(s.edit.text(), sent) {
		return
	}
	column := q.Column
	if len(sent) < len(r.sent) && q.Line == 1 {
		column -= len(r.sent) - len(sent)
	}
	s.edit.markError(r.from, q.Line, column)
}

// past is a statement that was run.
type past struct {
	SQL   string        `json:"sql"`
	At    time.Time     `json:"at"`
	Took  time.Duration `json:"took"`
	Rows  int64         `json:"rows"`
	Error string        `json:"error,omitempty"`
}

// historyMost bounds the history, and the text of one entry.
const (
	historyMost     = 500
	historyTextMost = 64 << 10
)

// remember puts a statement into the history; the same one again moves up.
func (p *sqlPage) remember(r *result, now time.Time) {
	e := past{SQL: cutBytes(r.sent, historyTextMost), At: now.UTC(), Took: r.took}
	if r.grid != nil {
		e.Rows = int64(r.grid.total())
	}
	if r.err != nil {
		e.Error = cutBytes(r.err.Error(), 500)
	}
	kept := p.history[:0:0]
	for _, o := range p.history {
		if o.SQL != e.SQL {
			kept = append(kept, o)
		}
	}
	p.history = append(kept, e)
	if len(p.history) > historyMost {
		p.history = p.history[len(p.history)-historyMost:]
	}
	p.back = 0
}

// recall replaces the text by the statement d steps back in the history; the text
// that was there is undone to.
func (p *sqlPage) recall(m *model, d int) tea.Cmd {
	to := p.back + d
	if to < 1 || to > len(p.history) {
		m.say(dim, "the history goes no further")
		return nil
	}
	p.back = to
	p.edit.replace(p.history[len(p.history)-to].SQL)
	m.say(dim, "statement "+countOf(to, len(p.history))+" back; "+m.keyName("ctrl+z")+" gives your text back")
	return nil
}
