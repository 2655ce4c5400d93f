package tui

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"acme/telemetry/engine/report"
)

func (p *jobsPage) name() string            { return "Jobs" }
func (p *jobsPage) scopes() ([]scope, bool) { return []scope{scopeJobs}, false }

// at gives the job under the cursor; the last one begun is the first of the list.
func (p *jobsPage) at() *job {
	p.win.clamp(len(p.list), p.room)
	if len(p.list) == 0 {
		return nil
	}
	return p.list[len(p.list)-1-p.win.cur]
}

func (p *jobsPage) key(m *model, k tea.KeyPressMsg) tea.Cmd {
	if p.onLog {
		p.scroll.key(k.String())
		return nil
	}
	was := p.win.cur
	p.win.move(k.String(), len(p.list), p.room)
	if p.win.cur != was {
		p.scroll = scrollText{}
	}
	return nil
}

func (p *jobsPage) mouse(m *model, x, y int, e tea.MouseMsg) tea.Cmd {
	inLog := y >= p.logAt
	switch e.Mouse().Button {
	case tea.MouseLeft:
		if _, ok := e.(tea.MouseClickMsg); ok {
			if p.onLog = inLog; !inLog && y >= 2 {
				p.win.cur = p.win.top + y - 2
			}
		}
	case tea.MouseWheelUp, tea.MouseWheelDown:
		k := map[bool]string{true: "up", false: "down"}[e.Mouse().Button == tea.MouseWheelUp]
		if inLog {
			p.scroll.key(k)
		} else {
			p.win.move(k, len(p.list), p.room)
		}
	}
	p.win.clamp(len(p.list), p.room)
	return nil
}

func (p *jobsPage) draw(m *model, w, h int) ([]string, *tea.Cursor) {
	th := m.th
	lh := min(max(len(p.list)+3, 5), h/2)
	b := box{title: "Jobs", focused: !p.onLog, note: p.sum()}
	iw, ih := b.inner(w, lh)
	p.room = max(ih-1, 1)
	p.win.clamp(len(p.list), p.room)
	p.logAt = lh
	if len(p.list) == 0 {
		var body []string
		for _, t := range th.wrap(m.keyName("n")+" begins one: generate, verify and the other verbs that take long. Exports of results are jobs too. They run on while you are elsewhere.", iw) {
			body = append(body, th.newLine(iw).put(dim, t).String())
		}
		return b.Draw(th, w, h, body), nil
	}
	body := []string{jobHead(th, iw)}
	for i := p.win.top; i < min(p.win.top+p.room, len(p.list)); i++ {
		body = append(body, p.list[len(p.list)-1-i].draw(m, iw, i == p.win.cur && !p.onLog))
	}
	out := b.Draw(th, w, lh, body)
	return append(out, p.drawJob(m, w, h-lh)...), nil
}

// sum says how many jobs are where.
func (p *jobsPage) sum() string {
	var n [jobLost + 1]int
	for _, j := range p.list {
		n[j.state]++
	}
	var parts []string
	for _, s := range []struct {
		n    int
		text string
	}{{n[jobRuns] + n[jobStops], "running"}, {n[jobFailed], "failed"}, {n[jobLost], "interrupted"}, {n[jobStopped], "cancelled"}, {n[jobDone], "done"}} {
		if s.n > 0 {
			parts = append(parts, report.Count(int64(s.n))+" "+s.text)
		}
	}
	return strings.Join(parts, ", ")
}

// Columns of the list: what is left is the target's and the bar's.
const (
	jobKindW  = 9
	jobRateW  = 15
	jobLeftW  = 10
	jobStateW = 13
)

func jobHead(th *theme, w int) string {
	l := th.newLine(w).space(2).cell(header, "id", 4, false).cell(header, "what", jobKindW, false).space(1)
	l.cell(header, "of", jobTargetW(w), false).space(1).cell(header, "done", jobBarW(w), false).space(1)
	if w >= 90 {
		l.cell(header, "rate", jobRateW, true).cell(header, "left", jobLeftW, true)
	}
	return l.space(2).cell(header, "state", jobStateW, false).String()
}

func jobRest(w int) int {
	rest := w - 2 - 4 - jobKindW - 3 - jobStateW - 2
	if w >= 90 {
		rest -= jobRateW + jobLeftW
	}
	return max(rest, 10)
}
func jobTargetW(w int) int { return jobRest(w) / 2 }
func jobBarW(w int) int    { return jobRest(w) - jobTargetW(w) }

// took is how long a job has run, or ran.
func (j *job) took(now time.Time) time.Duration {
	if j.running() {
		return now.Sub(j.started)
	}
	return j.ended.Sub(j.started)
}

// sign says where a job is.
func (j *job) sign(m *model) (string, string, role) {
	g := m.th.g
	switch j.state {
	case jobRuns:
		return g.spin[m.frame%len(g.spin)], "running", warn
	case jobStops:
		return g.spin[m.frame%len(g.spin)], "stopping", warn
	case jobDone:
		return g.ok, "done", good
	case jobStopped:
		return g.warn, "cancelled", warn
	case jobLost:
		return g.warn, "interrupted", warn
	}
	return g.bad, "failed", bad
}

func (j *job) draw(m *model, w int, here bool) string {
	th := m.th
	p := j.progress()
	took := j.took(m.clock())
	l := th.newLine(w)
	l.sel = here
	if here {
		l.put(focus, th.g.marker)
	}
	l.rest(2).cell(dim, j.name(), 4, false).cell(plain, j.kind, jobKindW, false).space(1)
	target := j.target
	if !strings.Contains(target, " ") { // a file: its end says which
		target = th.middle(target, jobTargetW(w))
	}
	l.cell(dim, target, jobTargetW(w), false).space(1)
	bw := jobBarW(w)
	end := l.w + bw
	switch {
	case p.Total > 0:
		share := min(float64(p.Done)/float64(p.Total), 1)
		if bw > 14 {
			l.gauge(share, bw-5, true)
		}
		l.cell(accent, report.Count(int64(share*100))+"%", min(5, bw), true)
	case p.Done > 0:
		l.cell(plain, report.Count(p.Done)+" "+p.Unit, bw, false)
	}
	l.rest(end).space(1)
	if w >= 90 {
		rate, left := "", ""
		if r := p.rate(took); r > 0 {
			rate = report.Count(int64(r)) + " " + p.Unit + "/s"
		}
		if d, ok := p.left(took); ok && j.running() {
			left = span(d)
		}
		l.cell(dim, rate, jobRateW, true).cell(dim, left, jobLeftW, true)
	}
	sign, state, r := j.sign(m)
	return l.space(2).put(r, sign+" ").cell(r, state, jobStateW-2, false).String()
}

// drawJob shows the job under the cursor: how it ended and what to do next, and
// its log.
func (p *jobsPage) drawJob(m *model, w, h int) []string {
	th := m.th
	j := p.at()
	_, state, r := j.sign(m)
	b := box{title: j.name() + " " + j.kind, note: state + " after " + span(j.took(m.clock())), noteRole: r, focused: p.onLog}
	if j.running() {
		b.note = state + " for " + span(j.took(m.clock()))
	}
	if j.state == jobLost {
		b.note = state
	}
	iw, ih := b.inner(w, h)
	var head []string
	add := func(r role, text string) {
		for _, t := range th.wrap(text, iw) {
			head = append(head, th.newLine(iw).put(r, t).String())
		}
	}
	if j.line != "" {
		add(dim, j.line)
	}
	if q := j.progress(); q.Step != "" {
		text := q.Step + ": " + report.Count(q.Done)
		if q.Total > 0 {
			text += " of " + report.Count(q.Total)
		}
		text += " " + q.Unit
		if q.Bytes > 0 {
			text += ", " + report.Bytes(q.Bytes)
		}
		add(plain, text)
	}
	switch j.state {
	case jobFailed:
		add(bad, th.g.bad+" "+j.err.Error())
		add(plain, j.next(m))
	case jobStopped:
		add(warn, "cancelled; "+j.next(m))
	case jobLost:
		add(warn, "interrupted: it was begun on "+j.started.UTC().Format("2006-01-02 15:04:05 UTC")+" by a program that was killed or whose machine stopped; "+j.next(m))
	}
	lines, lost := j.log()
	if len(lines) > 0 {
		head = append(head, th.newLine(iw).String())
	}
	if lost > 0 {
		head = append(head, th.newLine(iw).put(dim, report.Count(int64(lost))+" lines before these are not kept").String())
	}
	room := max(ih-len(head), 0)
	var body []string
	for _, s := range lines {
		for _, t := range th.wrap(cutBytes(s, datumMost), iw) {
			body = append(body, th.newLine(iw).put(dim, t).String())
		}
	}
	if !p.onLog { // the end is what matters while nobody reads
		p.scroll.top = len(body)
	}
	shown := p.scroll.show(th, body, iw, room)
	if at := p.scroll.position(); at != "" {
		b.foot = "log " + at
	}
	return b.Draw(th, w, h, append(head, shown...))
}

// next says what can be done with a job that has not come to its end.
func (j *job) next(m *model) string {
	if j.resumes {
		return m.keyName("R") + " goes on: what is done stays"
	}
	return m.keyName("R") + " runs it again"
}

// newJob asks which verb, then with which arguments.
func (m *model) newJob() tea.Cmd {
	var items []pick
	for _, v := range m.cfg.Runner.Verbs() {
		items = append(items, pick{text: v.Args, note: v.Does, run: func(m *model) tea.Cmd { return m.askJob(v) }})
	}
	return m.openPicker(&picker{title: "New job", items: items, foot: "enter goes on to its arguments, esc closes"})
}

func (m *model) askJob(v Verb) tea.Cmd {
	return m.openAsk(&ask{title: "New job", label: "acme", text: v.Args, hint: v.Does + ". The lake is " + m.cfg.Lake + ".", done: func(m *model, text string) (tea.Cmd, string) {
		args, why := splitArgs(text)
		if why == "" && len(args) == 0 {
			why = "give it a verb"
		}
		if why != "" {
			return nil, why
		}
		return m.startVerb(v, args, text), ""
	}})
}

func (m *model) startVerb(v Verb, args []string, text string) tea.Cmd {
	j := &job{begun: Begun{Args: args, Line: text}}
	m.verbOf(j, args)
	j.resumes, j.plans = v.Resumes, v.CanPlan
	if v.Args == "" { // a plan does nothing that could be gone on with
		j.begun = Begun{}
	}
	m.jobs.win, m.jobs.onLog = window{}, false
	if m.current == pageLive && j.kind == "pipeline" { // it is what the page is for
		return tea.Batch(m.startJob(j), m.live.watch(m))
	}
	m.show(pageJobs)
	return m.startJob(j)
}

// plan runs the job's command line with -n, which does nothing but say what it
// would do; what it says is the new job's log.
func (m *model) planJob(j *job) tea.Cmd {
	args, _ := splitArgs(strings.TrimPrefix(j.line, "acme ") + " -n")
	return m.startVerb(Verb{}, args, strings.Join(args, " "))
}

// splitArgs cuts a command line at its blanks; quotes keep them.
func splitArgs(s string) (args []string, why string) {
	var b strings.Builder
	quote, some := rune(0), false
	for _, r := range s {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			b.WriteRune(r)
		case r == '\'' || r == '"':
			quote, some = r, true
		case r == ' ':
			if some || b.Len() > 0 {
				args = append(args, b.String())
			}
			b.Reset()
			some = false
		default:
			b.WriteRune(r)
		}
	}
	if quote != 0 {
		return nil, "a quote is not closed"
	}
	if some || b.Len() > 0 {
		args = append(args, b.String())
	}
	return args, ""
}

// quit ends the program; jobs that run are asked about first.
func (m *model) quit() tea.Cmd {
	n := m.runningJobs()
	if n == 0 || m.crash != nil {
		return m.leave()
	}
	title := "A job is running"
	if n > 1 {
		title = report.Count(int64(n)) + " jobs are running"
	}
	return m.openPicker(&picker{title: title, foot: "enter chooses, esc stays", items: []pick{
		{text: "stay, and let it run", run: func(*model) tea.Cmd { return nil }},
		{text: "stop it and quit", note: "what is done stays, the same command goes on", role: warn, run: (*model).leave},
	}})
}

// leave ends the program.
func (m *model) leave() tea.Cmd {
	m.stopAll()
	return tea.Quit
}

// waitJobs waits for jobs that were told to stop, within the grace.
func (m *model) waitJobs() {
	done := make(chan struct{})
	go func() {
		m.jobs.wait.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(prepareGrace):
	}
}

func jobsActions() []action {
	runs := func(m *model) bool { j := m.jobs.at(); return j != nil && j.state == jobRuns }
	ended := func(m *model) bool { j := m.jobs.at(); return j != nil && !j.running() }
	return []action{
		{id: "jobs.new", scope: scopeJobs, keys: []string{"n"}, short: "new", long: "begin a job: generate, verify and other verbs", run: (*model).newJob, when: func(m *model) bool { return m.cfg.Runner != nil }},
		{id: "jobs.cancel", scope: scopeJobs, keys: []string{"x", "ctrl+c"}, short: "cancel", long: "cancel the job; what is done stays", run: func(m *model) tea.Cmd { m.jobs.at().stop(nil); return nil }, when: runs},
		{id: "jobs.again", scope: scopeJobs, keys: []string{"R"}, short: "resume", turn: func(m *model) string { return map[bool]string{true: "again"}[m.jobs.at().state == jobDone] }, long: "go on with the job, or run it again", run: func(m *model) tea.Cmd { return m.startJob(m.jobs.at()) }, when: ended},
		{id: "jobs.plan", scope: scopeJobs, keys: []string{"d"}, short: "plan", long: "say what it would do, and do nothing", run: func(m *model) tea.Cmd { return m.planJob(m.jobs.at()) }, when: func(m *model) bool { j := m.jobs.at(); return j != nil && j.plans && j.line != "" }},
		{id: "jobs.log", scope: scopeJobs, keys: []string{"l", "tab", "f6", "enter"}, short: "log", turn: func(m *model) string { return map[bool]string{true: "list"}[m.jobs.onLog] }, long: "to the log, or back to the list", run: func(m *model) tea.Cmd { m.jobs.onLog = !m.jobs.onLog; return nil }, when: func(m *model) bool { return len(m.jobs.list) > 0 }},
		{id: "jobs.copy", scope: scopeJobs, keys: []string{"y"}, short: "copy", long: "copy the command line that does the same", run: func(m *model) tea.Cmd { return m.copy("the command line", m.jobs.at().line) }, when: func(m *model) bool { j := m.jobs.at(); return j != nil && j.line != "" }},
		{id: "jobs.copylog", scope: scopeJobs, keys: []string{"Y"}, long: "copy the log", run: func(m *model) tea.Cmd {
			lines, _ := m.jobs.at().log()
			return m.copy("the log", strings.Join(lines, "\n"))
		}, when: func(m *model) bool { return len(m.jobs.list) > 0 }},
		{id: "jobs.clear", scope: scopeJobs, keys: []string{"C"}, long: "forget the jobs that have ended", run: (*model).forgetJobs, when: func(m *model) bool { return len(m.jobs.list) > m.runningJobs() }},
		{id: "jobs.back", scope: scopeJobs, keys: []string{"esc"}, long: "back to the list", run: func(m *model) tea.Cmd { m.jobs.onLog = false; return nil }, when: func(m *model) bool { return m.jobs.onLog }},
		{id: "jobs.move", scope: scopeJobs, keys: []string{"up", "down", "j", "k", "g", "G"}, long: "move, or scroll the log"},
	}
}

// forget drops the jobs that have ended.
func (p *jobsPage) forget() {
	var kept []*job
	for _, j := range p.list {
		if j.running() {
			kept = append(kept, j)
		}
	}
	p.list, p.win = kept, window{}
}
