package tui

import (
	"context"
	"sync"
	"time"

	"acme/telemetry/engine/report"

	tea "charm.land/bubbletea/v2"
)

// prepareView is the first screen of a machine without a lake: it shows how
// the lake is made, and makes way for the report.
type prepareView struct {
	running  bool
	stopping bool // it was told to stop and has not returned yet
	cancel   context.CancelFunc
	done     chan struct{} // closed when Prepare has returned
	started  time.Time
	cell     *progressCell
	err      error
}

// progressCell is where a Preparer says how far it is; the tick reads it.
type progressCell struct {
	mu sync.Mutex
	p  Progress
}

func (c *progressCell) set(p Progress) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.p = p
}

func (c *progressCell) get() Progress {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.p
}

type preparedMsg struct{ err error }

// prepareGrace is how long the end of the program waits for a Prepare that was
// told to stop, so that it leaves nothing half done.
const prepareGrace = 3 * time.Second

func newPrepareView() *prepareView { return &prepareView{cell: &progressCell{}} }

// startPrepare makes the lake, or goes on with it.
func (m *model) startPrepare() tea.Cmd {
	v := m.prepare
	ctx, cancel := context.WithCancel(m.ctx)
	v.running, v.stopping, v.err = true, false, nil
	v.cancel, v.started, v.cell, v.done = cancel, m.clock(), &progressCell{}, make(chan struct{})
	cell, p, done := v.cell, m.cfg.Prepare, v.done
	return safely(func() tea.Msg {
		defer close(done)
		defer cancel()
		return preparedMsg{p.Prepare(ctx, cell.set)}
	})
}

// stop tells Prepare to stop; it runs until it says that it has.
func (v *prepareView) stop() {
	if v.running {
		v.cancel()
		v.stopping = true
	}
}

// wait waits for a Prepare that still runs, within the grace.
func (v *prepareView) wait() {
	if !v.running {
		return
	}
	select {
	case <-v.done:
	case <-time.After(prepareGrace):
	}
}

// prepared goes on to the report, or shows why it cannot.
func (m *model) prepared(msg preparedMsg) tea.Cmd {
	v := m.prepare
	if v == nil {
		return nil
	}
	v.running, v.err = false, msg.err
	if v.stopping && v.err != nil {
		v.err = errCancelled
	}
	if v.err != nil {
		return nil
	}
	m.prepare = nil
	return m.startWork()
}

func prepareActions() []action {
	return []action{
		{id: "prepare.again", scope: scopePrepare, keys: []string{"r"}, short: "try again", long: "go on making the lake", run: (*model).startPrepare, when: func(m *model) bool { return m.prepare != nil && !m.prepare.running }},
		{id: "prepare.stop", scope: scopePrepare, keys: []string{"ctrl+c"}, short: "stop", long: "stop; what is there stays and is picked up again", run: (*model).interrupt, when: func(m *model) bool { return m.prepare != nil && m.prepare.running }},
	}
}

func (v *prepareView) draw(m *model, w, h int) []string {
	th := m.th
	bw := min(w-4, 84)
	b := box{title: "First run", focused: true}
	iw, _ := b.inner(bw, 3)
	var body []string
	add := func(r role, s string) {
		for _, t := range th.wrap(s, iw) {
			body = append(body, th.newLine(iw).put(r, t).String())
		}
	}
	add(accent, "There is no lake yet, so one is made: "+m.cfg.Preparer)
	add(plain, "")
	p := v.cell.get()
	switch {
	case v.running:
		body = append(body, v.drawProgress(m, p, iw)...)
	case v.err == errCancelled:
		add(warn, "stopped")
		add(plain, "")
		add(dim, "r goes on, q quits")
	default:
		add(bad, th.g.bad+" it could not be made")
		add(plain, "")
		add(plain, errorText(v.err))
		add(plain, "")
		add(dim, "r tries again, q quits")
	}
	bh := min(len(body)+2, h)
	return overlay(th.blank(w, h), b.Draw(th, bw, bh, body), (w-bw)/2, max((h-bh)/2, 0), w, bw)
}

// drawProgress shows the step, a bar, the rate and the time that is left. With
// no known total it counts and promises nothing.
func (v *prepareView) drawProgress(m *model, p Progress, w int) []string {
	th := m.th
	took := m.clock().Sub(v.started)
	step := p.Step
	switch {
	case v.stopping:
		step = "stopping"
	case step == "":
		step = "starting"
	}
	out := []string{th.newLine(w).put(plain, th.g.spin[m.frame%len(th.g.spin)]+" "+step).String(), th.newLine(w).String()}
	l := th.newLine(w)
	if p.Total > 0 {
		share := float64(p.Done) / float64(p.Total)
		l.gauge(share, w-6, true).cell(accent, report.Count(int64(share*100))+"%", 6, true)
		out = append(out, l.String(), th.newLine(w).String())
	}
	f := th.newLine(w)
	f.put(accent, report.Count(p.Done))
	if p.Total > 0 {
		f.put(dim, " of "+report.Count(p.Total))
	}
	f.put(dim, " "+p.Unit)
	if p.Bytes > 0 {
		f.put(dim, "   "+report.Bytes(p.Bytes))
	}
	if s := took.Seconds(); s > 0.2 && p.Done > 0 {
		rate := float64(p.Done) / s
		f.put(dim, "   "+report.Count(int64(rate))+" "+p.Unit+"/s")
		if p.Total > p.Done {
			left := time.Duration(float64(p.Total-p.Done) / rate * float64(time.Second))
			f.put(dim, "   "+span(left)+" left")
		}
	}
	return append(out, f.String())
}
