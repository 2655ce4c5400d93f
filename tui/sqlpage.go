package tui

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"acme/telemetry/engine/query"
	"acme/telemetry/engine/report"
)

// sqlPage is an editor over a result. Running keeps the keys in the editor.
type sqlPage struct {
	edit     *sqledit
	grid     *grid
	onResult bool // the keys go to the result

	state   runState
	gen     int
	cancel  context.CancelFunc
	ctx     context.Context
	at      pos    // where the statement that ran begins
	sent    string // the statement that ran
	started time.Time
	took    time.Duration
	stats   query.Stats
	err     error
	kept    int // bytes of the rows kept, about
	sorting int // generation of the sorting that may still answer
}

func newSQLPage(text string) *sqlPage { return &sqlPage{edit: newSQLEdit(text)} }

func (p *sqlPage) name() string { return "SQL" }

func (p *sqlPage) scopes() ([]scope, bool) {
	if p.onResult {
		return []scope{scopeResult}, false
	}
	return []scope{scopeEditor}, true
}

func (p *sqlPage) running() bool { return p.state == runBusy }

// open shows a statement in the editor.
func (p *sqlPage) open(sql string) {
	if p.edit.text() != sql {
		p.edit.set(sql)
	}
	p.onResult = false
}

func (p *sqlPage) paste(text string) {
	if !p.onResult {
		p.edit.paste(text)
	}
}

// stop gives up the statement that runs. What it still brings is dropped.
func (p *sqlPage) stop(m *model) {
	if p.state != runBusy {
		return
	}
	p.cancel()
	p.gen++
	p.state, p.took = runCancelled, m.clock().Sub(p.started)
}

// run sends the selection, or the statement under the cursor.
func (p *sqlPage) run(m *model) tea.Cmd {
	sql, at := p.edit.statement()
	if strings.TrimSpace(sql) == "" {
		m.say(dim, "there is no statement under the cursor")
		return nil
	}
	p.stop(m)
	p.gen++
	p.ctx, p.cancel = context.WithCancel(m.ctx)
	p.state, p.started, p.at, p.sent = runBusy, m.clock(), at, sql
	p.grid, p.err, p.stats, p.kept, p.took = nil, nil, query.Stats{}, 0, 0
	p.edit.err = nil
	r := query.Request{SQL: sql, Database: m.cfg.Database, Timeout: m.cfg.Timeout}
	return startQuery(p.ctx, m.cfg.Querier, r, p.gen)
}

// received takes rows, and asks for more as long as there is room.
func (p *sqlPage) received(m *model, msg rowsMsg) tea.Cmd {
	if msg.gen != p.gen || p.state != runBusy {
		return closeRows(msg.rows)
	}
	if msg.rows != nil && p.grid == nil {
		p.grid = newGrid(msg.rows.Columns())
	}
	room := max(keepRows-p.count(), 0)
	capped := len(msg.batch) > room
	batch := msg.batch[:min(len(msg.batch), room)]
	for i, r := range batch {
		if p.kept += weight(r); p.kept > keepBytes {
			batch, capped = batch[:i+1], true
			break
		}
	}
	if len(batch) > 0 {
		p.grid.add(batch)
	}
	switch {
	case msg.err != nil:
		return p.failed(m, msg)
	case capped:
		p.state, p.took = runCapped, m.clock().Sub(p.started)
		p.cancel()
		return closeRows(msg.rows)
	case msg.end:
		p.state, p.stats, p.took = runDone, msg.stats, m.clock().Sub(p.started)
		p.cancel()
		return tea.Batch(closeRows(msg.rows), p.resort())
	}
	return nextRows(p.ctx, msg.rows, p.gen)
}

func (p *sqlPage) count() int {
	if p.grid == nil {
		return 0
	}
	return len(p.grid.rows)
}

// failed keeps an error and marks its place in the editor.
func (p *sqlPage) failed(m *model, msg rowsMsg) tea.Cmd {
	p.state, p.err, p.took = runFailed, msg.err, m.clock().Sub(p.started)
	p.cancel()
	var q *query.Error
	if errors.As(msg.err, &q) && strings.Contains(p.edit.text(), p.sent) {
		p.edit.markError(p.at, q.Line, q.Column)
	}
	return closeRows(msg.rows)
}

// sortedMsg brings an order for a grid's rows.
type sortedMsg struct {
	p     *sqlPage
	g     *grid
	gen   int
	order []int32
}

func (s sortedMsg) apply() {
	if s.p.grid != s.g || s.p.sorting != s.gen {
		return
	}
	for i := len(s.order); i < len(s.g.rows); i++ { // rows that came meanwhile
		s.order = append(s.order, int32(i))
	}
	s.g.order = s.order
	s.g.win.cur, s.g.win.top = 0, 0
}

// sort cycles the order of the cursor's column: ascending, descending, as it came.
func (p *sqlPage) sort() tea.Cmd {
	g := p.grid
	switch {
	case g.sorted != g.col:
		g.sorted, g.desc = g.col, false
	case !g.desc:
		g.desc = true
	default:
		g.sorted, g.desc, g.order = -1, false, nil
		p.sorting++
		return nil
	}
	return p.resort()
}

// resort sorts the rows that are there, outside of Update.
func (p *sqlPage) resort() tea.Cmd {
	g := p.grid
	if g == nil || g.sorted < 0 {
		return nil
	}
	p.sorting++
	rows, c, typ, desc, gen := g.rows[:len(g.rows):len(g.rows)], g.sorted, g.cols[g.sorted].Type, g.desc, p.sorting
	return safely(func() tea.Msg {
		return sortedMsg{p: p, g: g, gen: gen, order: sortRows(rows, c, typ, desc)}
	})
}

// key takes what no action claimed.
func (p *sqlPage) key(m *model, k tea.KeyPressMsg) tea.Cmd {
	switch {
	case !p.onResult:
		p.edit.key(k)
	case p.grid != nil:
		p.grid.key(k.String())
	}
	return nil
}

func (p *sqlPage) mouse(m *model, x, y int, e tea.MouseMsg) tea.Cmd {
	inResult := y >= p.editHeight(m.h-2)
	switch e.Mouse().Button {
	case tea.MouseLeft:
		if _, ok := e.(tea.MouseClickMsg); ok {
			p.onResult = inResult
		}
	case tea.MouseWheelUp, tea.MouseWheelDown:
		k := map[bool]string{true: "up", false: "down"}[e.Mouse().Button == tea.MouseWheelUp]
		switch {
		case inResult && p.grid != nil:
			p.grid.key(k)
		case !inResult:
			at, _ := p.edit.move(k)
			p.edit.cur, p.edit.anchor = at, at
		}
	}
	return nil
}

// editHeight is how high the editor's box is: what the text needs, within a
// third and a half of the page.
func (p *sqlPage) editHeight(h int) int {
	return min(max(len(p.edit.lines)+3, h/3), h/2)
}

func (p *sqlPage) draw(m *model, w, h int) ([]string, *tea.Cursor) {
	eh := p.editHeight(h)
	b := box{title: "Query", focused: !p.onResult}
	b.foot = "line " + strconv.Itoa(p.edit.cur.line+1) + ", column " + strconv.Itoa(utf8Column(p.edit)+1)
	if from, to := p.edit.selection(); from != to {
		b.foot = "selection runs " + m.th.g.dot + " " + b.foot
	}
	iw, ih := b.inner(w, eh)
	body, cursor := p.edit.Draw(m.th, iw, ih, !p.onResult)
	lines := b.Draw(m.th, w, eh, body)
	if cursor != nil {
		cursor.X += 2
		cursor.Y++
	}
	return append(lines, p.drawResult(m, w, h-eh)...), cursor
}

// utf8Column is the cursor's column in characters, as Trino counts.
func utf8Column(e *sqledit) int { return len([]rune(e.lines[e.cur.line][:e.cur.at])) }

func (p *sqlPage) drawResult(m *model, w, h int) []string {
	b := box{title: "Result", focused: p.onResult}
	iw, ih := b.inner(w, h)
	var body []string
	say := func(r role, s string) {
		for _, t := range m.th.wrap(s, iw) {
			body = append(body, m.th.newLine(iw).put(r, t).String())
		}
	}
	switch {
	case p.state == runNone:
		say(dim, m.keyName("f5")+" runs the statement under the cursor; so do ctrl+j and alt+enter.")
		say(dim, "Rows come here as they are read. Enter begins a new line and never runs anything.")
	case p.state == runFailed:
		b.title, b.note, b.noteRole = "Error", "after "+span(p.took), bad
		body = p.drawError(m, iw)
	case p.grid == nil && p.state == runBusy:
		spin := m.th.g.spin[m.frame%len(m.th.g.spin)]
		say(plain, spin+" running for "+span(m.clock().Sub(p.started))+"; ctrl+c cancels")
	case p.grid == nil || len(p.grid.rows) == 0 && p.state == runCancelled:
		say(warn, "cancelled after "+span(p.took)+"; no row had come")
	default:
		body = p.grid.Draw(m.th, iw, ih, p.onResult)
		var cols string
		b.foot, cols = p.grid.place()
		b.foot += " of " + p.total()
		if len(p.grid.rows) == 0 {
			b.foot = p.total()
		}
		if cols != "" {
			b.foot = cols + " " + m.th.g.dot + " " + b.foot
		}
	}
	if p.grid != nil && p.state != runFailed {
		b.note, b.noteRole = p.figures(m, iw)
	}
	return b.Draw(m.th, w, h, body)
}

// total says how many rows there are, and no more than is known.
func (p *sqlPage) total() string {
	n := report.Count(int64(p.count()))
	switch p.state {
	case runBusy:
		return "at least " + n + " (loading)"
	case runCapped:
		return n + " kept; the result goes on: add LIMIT or a predicate"
	case runCancelled:
		return n + " that had come when it was cancelled"
	}
	if p.stats.Truncated {
		return n + " (cut by a limit)"
	}
	return n
}

// figures says what the statement took and read, as much as fits.
func (p *sqlPage) figures(m *model, w int) (string, role) {
	sep := " " + m.th.g.dot + " "
	switch p.state {
	case runBusy:
		return m.th.g.spin[m.frame%len(m.th.g.spin)] + " loading " + span(m.clock().Sub(p.started)), warn
	case runCancelled:
		return "cancelled after " + span(p.took), warn
	case runCapped:
		return "stopped at " + report.Count(int64(p.count())) + " rows after " + span(p.took), warn
	}
	s := p.stats
	rows := " rows"
	if p.count() == 1 {
		rows = " row"
	}
	parts := []string{report.Count(int64(p.count())) + rows, span(p.took)}
	if s.Bytes > 0 || s.Objects > 0 {
		parts = append(parts, "scanned "+report.Bytes(s.Bytes)+" in "+report.Count(s.Objects)+" objects")
	}
	if s.PartitionsOf > 0 {
		parts = append(parts, "partitions "+report.Count(s.Partitions)+"/"+report.Count(s.PartitionsOf))
	}
	if s.Pruned > 0 {
		parts = append(parts, report.Count(s.Pruned)+" objects pruned")
	}
	if s.Unseen > 0 {
		parts = append(parts, report.Count(s.Unseen)+" records unseen")
	}
	text := strings.Join(parts, sep)
	for len(parts) > 2 && m.th.width(text) > w-14 {
		parts = parts[:len(parts)-1]
		text = strings.Join(parts, sep)
	}
	if s.Unseen > 0 {
		return text, warn
	}
	return text, dim
}

// drawError shows an error as Athena words it, its line with a caret, and
// what to write instead.
func (p *sqlPage) drawError(m *model, w int) []string {
	var out []string
	add := func(r role, s string) {
		for _, t := range m.th.wrap(s, w) {
			out = append(out, m.th.newLine(w).put(r, t).String())
		}
	}
	var q *query.Error
	if !errors.As(p.err, &q) {
		add(bad, m.th.g.bad+" "+p.err.Error())
		return out
	}
	add(bad, m.th.g.bad+" "+q.Name+": "+q.Message)
	if src := strings.Split(p.sent, "\n"); q.Line >= 1 && q.Line <= len(src) && q.Column >= 1 {
		out = append(out, "")
		out = append(out[:len(out)-1], m.th.caret(src[q.Line-1], q.Line, q.Column, w)...)
	}
	if q.Hint != "" {
		out = append(out, m.th.newLine(w).String())
		add(plain, m.th.g.right+" "+q.Hint)
	}
	return out
}

// caret draws a line of SQL and a caret under a column (from 1), scrolled so
// that the caret is seen.
func (th *theme) caret(src string, line, column, w int) []string {
	gutter := strconv.Itoa(line) + " " + th.g.colsep + " "
	gw := th.width(gutter)
	src = untab(src[:byteOf(src, column-1)]) + "\x00" + untab(src[byteOf(src, column-1):])
	head, tail, _ := strings.Cut(src, "\x00")
	x := th.width(head)
	src = head + tail
	left := 0
	if room := w - gw; x >= room-1 {
		left = x - room/2
	}
	l := th.newLine(w)
	l.put(dim, gutter)
	for _, t := range tokensByLine([]string{src})[0] {
		drawFrom(l, inkOf(t.kind), src[t.from:t.to], th.width(src[:t.from]), left)
	}
	c := th.newLine(w)
	c.space(gw-2).put(dim, th.g.colsep).rest(gw+x-left).put(bad, "^")
	return []string{l.String(), c.String()}
}

func editorActions() []action {
	return []action{
		{id: "sql.run", scope: scopeEditor, keys: []string{"f5", "ctrl+j", "alt+enter", "ctrl+enter"}, short: "run", long: "run the selection, or the statement under the cursor", run: func(m *model) tea.Cmd { return m.sql.run(m) }},
		{id: "sql.stop", scope: scopeEditor, keys: []string{"ctrl+c"}, short: "cancel", long: "cancel the query that runs", run: (*model).interrupt, when: func(m *model) bool { return m.sql.running() }},
		{id: "sql.result", scope: scopeEditor, keys: []string{"tab", "f6", "esc", "f3"}, short: "to result", long: "to the result", run: func(m *model) tea.Cmd { m.sql.onResult = true; return nil }},
		{id: "sql.move", scope: scopeEditor, keys: []string{"ctrl+left", "ctrl+right", "home", "end", "ctrl+home", "ctrl+end"}, long: "word, line, text; with shift they select; ctrl+a selects all"},
		{id: "sql.erase", scope: scopeEditor, keys: []string{"ctrl+w", "ctrl+u", "ctrl+k"}, long: "erase the word before, to the line's begin, to its end"},
		{id: "sql.undo", scope: scopeEditor, keys: []string{"ctrl+z", "ctrl+y"}, long: "undo, redo", run: nil},
	}
}

func resultActions() []action {
	some := func(m *model) bool { return m.sql.grid != nil && len(m.sql.grid.rows) > 0 && m.sql.state != runFailed }
	return []action{
		{id: "result.cell", scope: scopeResult, keys: []string{"enter", "space"}, short: "cell", long: "the whole cell", run: func(m *model) tea.Cmd { return m.openCell(m.sql.grid) }, when: some},
		{id: "result.sort", scope: scopeResult, keys: []string{"s"}, short: "sort", long: "sort the rows that are loaded by the column: up, down, as they came", run: func(m *model) tea.Cmd { return m.sql.sort() }, when: some},
		{id: "result.copy", scope: scopeResult, keys: []string{"y"}, short: "copy", long: "copy the cell", run: func(m *model) tea.Cmd { return m.copyCell(m.sql.grid) }, when: some},
		{id: "result.move", scope: scopeResult, keys: []string{"up", "down", "left", "right", "h", "j", "k", "l"}, long: "move among rows and columns"},
		{id: "result.far", scope: scopeResult, keys: []string{"pgup", "pgdown", "g", "G", "0", "$"}, long: "a screen up or down, first row, last row, first column, last column"},
		{id: "result.run", scope: scopeResult, keys: []string{"f5", "r", "ctrl+j", "alt+enter", "ctrl+enter"}, short: "run", long: "run again", run: func(m *model) tea.Cmd { return m.sql.run(m) }},
		{id: "result.stop", scope: scopeResult, keys: []string{"ctrl+c"}, short: "cancel", long: "cancel the query that runs", run: (*model).interrupt, when: func(m *model) bool { return m.sql.running() }},
		{id: "result.editor", scope: scopeResult, keys: []string{"tab", "f2", "shift+tab", "esc", "e"}, short: "editor", long: "back to the editor", run: func(m *model) tea.Cmd { m.sql.onResult = false; return nil }},
	}
}
