package tui

import (
	"context"
	"errors"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"acme/telemetry/engine/query"
	"acme/telemetry/engine/report"
)

// checked is what is known of the statement under the cursor before it runs.
type checked struct {
	seen    bool // version and line are of a text
	version int
	line    int
	waiting bool
	cancel  context.CancelFunc
	at      pos
	sql     string
	est     *Estimate
	err     error
}

// checkDelay is how long the reader must pause before a statement is looked at.
const checkDelay = 200 * time.Millisecond

type (
	checkTickMsg struct {
		s             *sheet
		version, line int
	}
	checkedMsg struct {
		s       *sheet
		version int
		at      pos
		sql     string
		est     Estimate
		err     error
	}
)

// checkSoon looks at the statement under the cursor when the reader pauses, if
// the text or the line of the cursor is another one since.
func (p *sqlPage) checkSoon(m *model) tea.Cmd {
	if m.cfg.Checker == nil {
		return nil
	}
	s := p.sheet
	c := &s.check
	if c.seen && c.version == s.edit.version && c.line == s.edit.cur.line {
		return nil
	}
	c.seen, c.version, c.line, c.waiting = true, s.edit.version, s.edit.cur.line, true
	msg := checkTickMsg{s, c.version, c.line}
	return m.later(checkDelay, func(time.Time) tea.Msg { return msg })
}

// paused starts the check, if nothing was typed since.
func (msg checkTickMsg) paused(m *model) tea.Cmd {
	s, c := msg.s, &msg.s.check
	if s.edit.version != msg.version || s.edit.cur.line != msg.line {
		return nil
	}
	c.waiting = false
	sql, at := s.edit.statement()
	if strings.TrimSpace(sql) == "" {
		c.sql, c.est, c.err = "", nil, nil
		return nil
	}
	if c.sql == sql && c.at == at {
		return nil
	}
	if c.cancel != nil {
		c.cancel()
	}
	ctx, cancel := context.WithTimeout(m.ctx, 20*time.Second)
	c.cancel = cancel
	checker, version := m.cfg.Checker, msg.version
	return safely(func() tea.Msg {
		defer cancel()
		est, err := checker.Check(ctx, sql)
		return checkedMsg{s, version, at, sql, est, err}
	})
}

// took keeps what a check has found, if the text is still the same.
func (msg checkedMsg) took() {
	s := msg.s
	if s.edit.version != msg.version || errors.Is(msg.err, context.Canceled) {
		return
	}
	c := &s.check
	c.sql, c.at, c.err, c.est = msg.sql, msg.at, msg.err, nil
	s.edit.err = nil
	if msg.err == nil {
		c.est = &msg.est
		return
	}
	var q *query.Error
	if errors.As(msg.err, &q) {
		s.edit.markAt(msg.at, q.Line, q.Column)
	}
}

// draw says in a line what the statement would cost, or in two what is wrong with
// it and what to write instead.
func (c *checked) draw(th *theme, w int) []string {
	l := th.newLine(w)
	switch {
	case c.err != nil:
		var q *query.Error
		if !errors.As(c.err, &q) {
			return []string{l.put(dim, "not checked: "+c.err.Error()).String()}
		}
		l.cell(bad, th.g.bad+" "+q.Name+": "+q.Message, w, false)
		if q.Hint != "" {
			return []string{l.String(), th.newLine(w).cell(plain, th.g.right+" "+q.Hint, w, false).String()}
		}
	case c.est != nil:
		l.put(good, th.g.ok+" ").put(dim, c.est.text(th, w-2))
	}
	return []string{l.String()}
}

// text is an estimate in words, as much as fits in w columns.
func (e Estimate) text(th *theme, w int) string {
	if e.Effect != "" {
		return e.Effect
	}
	if len(e.Tables) == 0 {
		return "reads no table"
	}
	most := ""
	if e.AtMost {
		most = "at most "
	}
	parts := []string{"reads " + most + report.Bytes(e.Bytes), dollars(report.DefaultPrices().Scan(e.Bytes)) + " on Athena"}
	if e.PartitionsOf > 0 {
		parts = append(parts, most+report.Count(e.Partitions)+" of "+report.Count(e.PartitionsOf)+" partitions")
	}
	parts = append(parts, report.Count(e.Objects)+" objects")
	sep := " " + th.g.dot + " "
	text := strings.Join(parts, sep)
	for len(parts) > 1 && th.width(text) > w {
		parts = parts[:len(parts)-1]
		text = strings.Join(parts, sep)
	}
	return text
}
