package tui

import (
	"context"
	"fmt"
	"sort"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"acme/telemetry/engine/report"
)

// reportPage shows a report.Document as panes: one a section, arranged by the
// width of the screen, each with its own cursor.
type reportPage struct {
	rng   Range
	doc   *report.Document
	err   error
	took  time.Duration
	hours []time.Time // partitions of the whole lake, once a whole report was seen

	gen     int // of the load that may still answer
	cancel  context.CancelFunc
	started time.Time
	prog    *loadProgress

	panes []*pane
	focus int
	top   int // first line of the panes' area that is shown
	lay   layout
	laid  layoutKey
	room  int // lines that the panes' area had at the last draw
	off   int // lines above the panes' area
}

// loadProgress is where a Loader says how far it is; the tick reads it.
type loadProgress struct {
	mu       sync.Mutex
	done, of int
	title    string
}

func (p *loadProgress) set(done, of int, title string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done, p.of, p.title = done, of, title
}

func (p *loadProgress) get() (done, of int, title string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.done, p.of, p.title
}

type loadedMsg struct {
	gen  int
	rng  Range
	doc  *report.Document
	err  error
	took time.Duration
}

func newReportPage(r Range) *reportPage { return &reportPage{rng: r} }

func (p *reportPage) name() string            { return "Report" }
func (p *reportPage) scopes() ([]scope, bool) { return []scope{scopeReport}, false }
func (p *reportPage) loading() bool           { return p.cancel != nil }
func (p *reportPage) pane() *pane {
	if p.focus < len(p.panes) {
		return p.panes[p.focus]
	}
	return nil
}

// section gives the section under the focus; nil before there is a report.
func (p *reportPage) section() *report.Section {
	if c := p.pane(); c != nil {
		return c.sec
	}
	return nil
}

func (p *reportPage) progressText() string {
	done, of, what := p.prog.get()
	if of == 0 {
		return "loading"
	}
	return fmt.Sprintf("loading %d/%d %s", done, of, what)
}

// startLoad asks for the report of the page's range. One that still loads is
// given up.
func (m *model) startLoad() tea.Cmd {
	p := m.report
	p.stop()
	p.gen++
	ctx, cancel := context.WithCancel(m.ctx)
	p.cancel, p.started, p.prog = cancel, m.clock(), &loadProgress{}
	gen, rng, prog, load, clock, start := p.gen, p.rng, p.prog, m.cfg.Loader, m.clock, p.started
	return safely(func() tea.Msg {
		defer cancel()
		doc, err := load.Load(ctx, rng, prog.set)
		return loadedMsg{gen: gen, rng: rng, doc: doc, err: err, took: clock().Sub(start)}
	})
}

func (p *reportPage) stop() {
	if p.cancel != nil {
		p.cancel()
		p.cancel = nil
		p.gen++ // whatever it still answers is too late
		if p.doc == nil {
			p.err = errCancelled
		}
	}
}

// loaded takes a report. An error keeps the report that is there.
func (m *model) loaded(msg loadedMsg) tea.Cmd {
	p := m.report
	if msg.gen != p.gen {
		return nil
	}
	p.cancel, p.err, p.took = nil, msg.err, msg.took
	if msg.err == nil && msg.doc == nil {
		p.err = fmt.Errorf("loading the report: nothing came back")
	}
	if p.err != nil {
		if p.doc != nil {
			m.say(bad, "loading failed: "+p.err.Error())
		}
		return nil
	}
	p.use(msg.doc)
	if msg.rng.IsZero() {
		p.hours = partitionHours(msg.doc)
	}
	return nil
}

// use shows a document; focus and cursors stay where they were.
func (p *reportPage) use(doc *report.Document) {
	old := map[string]*pane{}
	was := ""
	for i, c := range p.panes {
		old[c.sec.ID] = c
		if i == p.focus {
			was = c.sec.ID
		}
	}
	p.doc, p.panes, p.focus, p.laid = doc, nil, 0, layoutKey{}
	for i, s := range inOrder(doc.Sections) {
		c := &pane{sec: s}
		if o := old[s.ID]; o != nil {
			c.cur = o.cur
		}
		if s.ID == was {
			p.focus = i
		}
		p.panes = append(p.panes, c)
	}
}

// inOrder gives the sections as the screen shows them: what people look at
// first is first, the rest keeps the document's order.
func inOrder(sections []report.Section) []*report.Section {
	first := []string{"overview", "event_types", "devices", "quality", "session_duration", "geography", "findings",
		"data_quality", "volume", "partitions", "cost", "pipeline"}
	rank := func(id string) int {
		for i, f := range first {
			if f == id {
				return i
			}
		}
		return len(first)
	}
	out := make([]*report.Section, len(sections))
	for i := range sections {
		out[i] = &sections[i]
	}
	sort.SliceStable(out, func(i, j int) bool { return rank(out[i].ID) < rank(out[j].ID) })
	return out
}

// partitionHours reads the hours from the report's partitions section.
func partitionHours(doc *report.Document) []time.Time {
	s := doc.Section("partitions")
	if s == nil {
		return nil
	}
	at := map[string]int{}
	for i, c := range s.Columns {
		at[c.Name] = i
	}
	var out []time.Time
	for _, row := range s.Rows {
		part := func(name string) int {
			i, ok := at[name]
			if !ok || i >= len(row) {
				return -1
			}
			n, ok := row[i].(int64)
			if !ok {
				return -1
			}
			return int(n)
		}
		if y, mo, d, h := part("year"), part("month"), part("day"), part("hour"); y > 0 && mo > 0 && d > 0 && h >= 0 {
			out = append(out, time.Date(y, time.Month(mo), d, h, 0, 0, 0, time.UTC))
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Before(out[j]) })
	return out
}

// shift gives the hour before (d < 0) or after the range: the next one that
// has a partition, or the next by the clock where the partitions are unknown.
func (p *reportPage) shift(d int) (Range, bool) {
	one := func(t time.Time) (Range, bool) { return Range{t, t.Add(time.Hour)}, true }
	if p.rng.IsZero() {
		if len(p.hours) == 0 {
			return Range{}, false
		}
		if d < 0 {
			return one(p.hours[len(p.hours)-1])
		}
		return one(p.hours[0])
	}
	if len(p.hours) > 0 {
		if d < 0 {
			i := sort.Search(len(p.hours), func(i int) bool { return !p.hours[i].Before(p.rng.From) })
			if p.rng.From.IsZero() || i == 0 {
				return Range{}, false
			}
			return one(p.hours[i-1])
		}
		i := sort.Search(len(p.hours), func(i int) bool { return !p.hours[i].Before(p.rng.To) })
		if p.rng.To.IsZero() || i == len(p.hours) {
			return Range{}, false
		}
		return one(p.hours[i])
	}
	if d < 0 && !p.rng.From.IsZero() {
		return one(p.rng.From.Add(-time.Hour))
	}
	if d > 0 && !p.rng.To.IsZero() {
		return one(p.rng.To)
	}
	return Range{}, false
}

// setRange loads the report of another range.
func (m *model) setRange(r Range) tea.Cmd {
	m.report.rng = r
	return m.startLoad()
}

func (m *model) shiftRange(d int) tea.Cmd {
	r, ok := m.report.shift(d)
	if !ok {
		m.say(dim, map[bool]string{true: "no earlier partition", false: "no later partition"}[d < 0])
		return nil
	}
	return m.setRange(r)
}

func reportActions() []action {
	has := func(m *model) bool { return m.report.section() != nil }
	return []action{
		{id: "report.drill", scope: scopeReport, keys: []string{"enter"}, short: "drill", long: "the SQL and the full result of the pane", run: func(m *model) tea.Cmd { return m.openDrill() }, when: has},
		{id: "report.move", scope: scopeReport, keys: []string{"up", "down", "left", "right", "h", "j", "k", "l"}, long: "move among rows and panes"},
		{id: "report.next", scope: scopeReport, keys: []string{"tab", "f6"}, short: "pane", long: "next pane", run: func(m *model) tea.Cmd { m.report.step(1); return nil }, when: has},
		{id: "report.prev", scope: scopeReport, keys: []string{"shift+tab"}, long: "pane before", run: func(m *model) tea.Cmd { m.report.step(-1); return nil }, when: has},
		{id: "report.scroll", scope: scopeReport, keys: []string{"pgup", "pgdown", "home", "end", "g", "G"}, long: "a screen up or down, first pane, last pane"},
		{id: "report.range", scope: scopeReport, keys: []string{"/", "t"}, short: "time range", long: "choose the time range", run: (*model).askRange},
		{id: "report.earlier", scope: scopeReport, keys: []string{"["}, short: "hour before", long: "hour before that has a partition", run: func(m *model) tea.Cmd { return m.shiftRange(-1) }, when: func(m *model) bool { _, ok := m.report.shift(-1); return ok }},
		{id: "report.later", scope: scopeReport, keys: []string{"]"}, short: "hour after", long: "hour after that has a partition", run: func(m *model) tea.Cmd { return m.shiftRange(1) }, when: func(m *model) bool { _, ok := m.report.shift(1); return ok }},
		{id: "report.rows", scope: scopeReport, keys: []string{"d"}, long: "run the statement that lists what the row counts, on the SQL page", run: func(m *model) tea.Cmd { return m.openRows(m.report.section(), m.report.row()) }, when: func(m *model) bool { return drillSQL(m.report.section(), m.report.row()) != "" }},
		{id: "report.edit", scope: scopeReport, keys: []string{"e"}, long: "open the pane's statement on the SQL page", run: func(m *model) tea.Cmd { return m.openSQL(m.report.section().SQL, false) }, when: func(m *model) bool { return has(m) && m.report.section().SQL != "" }},
		{id: "report.whole", scope: scopeReport, keys: []string{"esc"}, short: "whole lake", long: "back to the whole lake, after a time range", run: func(m *model) tea.Cmd { return m.setRange(Range{}) }, when: func(m *model) bool { return !m.report.rng.IsZero() }},
		{id: "report.refresh", scope: scopeReport, keys: []string{"r"}, short: "refresh", long: "load the report again", run: (*model).startLoad},
	}
}

// row gives the row under the focused pane's cursor.
func (p *reportPage) row() int {
	c := p.pane()
	if c == nil || c.sec.Layout == report.LayoutFacts {
		return 0
	}
	return c.cur
}

// drillSQL is the statement behind a row; empty where there is none.
func drillSQL(s *report.Section, row int) string {
	if s == nil || row < 0 || row >= len(s.Drill) {
		return ""
	}
	return s.Drill[row]
}

// openRows runs the statement behind a row on the SQL page.
func (m *model) openRows(s *report.Section, row int) tea.Cmd {
	return m.openSQL(drillSQL(s, row), true)
}

// openSQL shows a statement on the SQL page and, if asked to, runs it.
func (m *model) openSQL(sql string, run bool) tea.Cmd {
	if sql == "" {
		m.say(dim, "there is no statement here")
		return nil
	}
	m.show(pageSQL)
	m.sql.open(sql, "")
	if run { // the rows are what was asked for: the keys go there
		m.sql.pane = paneResult
		return tea.Batch(m.sql.run(m), m.sql.checkSoon(m))
	}
	return m.sql.checkSoon(m)
}

// key moves the focus and the cursors.
func (p *reportPage) key(m *model, k tea.KeyPressMsg) tea.Cmd {
	switch k.String() {
	case "up", "k":
		p.vertical(-1)
	case "down", "j":
		p.vertical(1)
	case "left", "h":
		p.sideways(-1)
	case "right", "l":
		p.sideways(1)
	case "pgup", "ctrl+u", "ctrl+b":
		p.jump(-max(p.room-2, 1))
	case "pgdown", "ctrl+d", "ctrl+f", "space":
		p.jump(max(p.room-2, 1))
	case "home", "g":
		p.focus = 0
		p.reveal()
	case "end", "G":
		p.focus = max(len(p.panes)-1, 0)
		p.reveal()
	}
	return nil
}

// seenText compares rows and records; the text is empty where they agree.
func seenText(s report.Seen) string {
	if s.Records < 0 || s.Rows >= s.Records {
		return ""
	}
	text := "What Athena sees: " + report.Count(s.Rows) + " of " + report.Count(s.Records) + " events"
	if s.Unseen > 0 {
		text += "; " + report.Count(s.Unseen) + " share a line and stay unseen"
	}
	return text
}
