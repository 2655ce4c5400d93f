package tui

import (
	"context"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"acme/telemetry/engine/query"
	"acme/telemetry/engine/report"
)

// Monitor watches a pipeline: one of this program, or another's by its broker and
// the figures that it serves.
type Monitor interface {
	// Snapshot gives the figures of this moment, and of the events that came since
	// the last call those that have a text (all where it is empty), at most so many;
	// the others it counts. io.EOF says that nothing runs that could be watched. It is
	// called by one goroutine at a time.
	Snapshot(ctx context.Context, filter string, most int) (Snapshot, error)
}

// Snapshot is how a pipeline is at a moment. Totals count from the begin of what
// is watched and never go back.
type Snapshot struct {
	At        time.Time
	Source    string // what is watched: "pipeline up, 60 times as fast"
	Stages    []Stage
	Published int64 // events into the topic; -1 where it is not known
	Delivered int64 // events in objects
	Objects   int64
	Bytes     int64
	Lag       []PartitionLag
	Fresh     time.Duration // age of the oldest event that is not delivered
	Latency   time.Duration // from event to queryable, of the last object; 0 without one
	Last      string        // the last object
	Events    []LiveEvent
	Skipped   int64 // events since the last snapshot that are not among Events
}

// Stage is a part of the pipeline.
type Stage struct {
	Name  string
	Text  string // its figure: "5,000/s", "lag 1,204"
	Grade report.Severity
	Why   string // what is wrong
	Next  string // what to do about it
}

// PartitionLag is how many offsets a partition's consumer is behind.
type PartitionLag struct {
	Partition int32
	Lag       int64
}

// LiveEvent is an event of the topic.
type LiveEvent struct {
	At        time.Time
	Partition int32
	Offset    int64
	Text      string // JSON
}

// livePage shows a pipeline as it runs. Figures are kept for some minutes, events
// up to a number, so its memory does not grow.
type livePage struct {
	on      bool // snapshots are being asked for
	gen     int
	cancel  context.CancelFunc
	started time.Time
	last    *Snapshot
	err     error

	in, out, lag ring // events a second into topic and lake; offsets behind
	latency      ring // seconds, of each object
	seen         []point

	tail    []LiveEvent
	skipped int64 // of this filter
	shown   int64
	filter  string
	paused  bool
	win     window
	room    int
	stick   bool // the cursor stays at the end
}

// How often figures are asked for, how many are kept, and how many events.
const (
	liveEvery = 500 * time.Millisecond
	liveKept  = 600
	liveTail  = 2000
	liveBatch = 200
)

// ring keeps the last values of a series.
type ring struct{ v []float64 }

func (r *ring) add(f float64) {
	r.v = append(r.v, f)
	if len(r.v) > 2*liveKept {
		r.v = append(r.v[:0:0], r.v[len(r.v)-liveKept:]...)
	}
}

// values are the last ones that are kept.
func (r *ring) values() []float64 { return r.v[max(len(r.v)-liveKept, 0):] }

type (
	snapshotMsg struct {
		gen int
		s   Snapshot
		err error
	}
	liveTickMsg struct{ gen int }
)

func newLivePage() *livePage { return &livePage{stick: true} }

func (p *livePage) name() string            { return "Live" }
func (p *livePage) scopes() ([]scope, bool) { return []scope{scopeLive}, false }

// watch begins to ask for snapshots, if it does not already.
func (p *livePage) watch(m *model) tea.Cmd {
	if p.on || m.cfg.Monitor == nil {
		return nil
	}
	p.on, p.started, p.err = true, m.clock(), nil
	p.gen++
	return p.ask(m)
}

func (p *livePage) ask(m *model) tea.Cmd {
	ctx, cancel := context.WithTimeout(m.ctx, 10*time.Second)
	p.cancel = cancel
	mon, gen, filter := m.cfg.Monitor, p.gen, p.filter
	return safely(func() tea.Msg {
		defer cancel()
		s, err := mon.Snapshot(ctx, filter, liveBatch)
		return snapshotMsg{gen, s, err}
	})
}

// took keeps a snapshot and asks for the next one, later.
func (p *livePage) took(m *model, msg snapshotMsg) tea.Cmd {
	if msg.gen != p.gen {
		return nil
	}
	if p.err = msg.err; msg.err != nil {
		if errors.Is(msg.err, io.EOF) {
			p.err = nil
			if p.on = m.pipelineJob() != nil; !p.on { // one that begins is there soon
				return nil
			}
		}
	} else {
		p.keep(msg.s)
	}
	return m.later(liveEvery, func(time.Time) tea.Msg { return liveTickMsg{msg.gen} })
}

// keep adds a snapshot to the series and the tail.
func (p *livePage) keep(s Snapshot) {
	p.rates(s)
	sum := int64(0)
	for _, l := range s.Lag {
		sum += l.Lag
	}
	p.lag.add(float64(sum))
	if s.Latency > 0 && (p.last == nil || p.last.Last != s.Last) {
		p.latency.add(s.Latency.Seconds())
	}
	p.last = &s
	if p.paused {
		p.skipped += s.Skipped + int64(len(s.Events))
		p.last.Events = nil
		return
	}
	p.skipped += s.Skipped
	p.shown += int64(len(s.Events))
	p.tail = append(p.tail, s.Events...)
	if len(p.tail) > 2*liveTail {
		gone := len(p.tail) - liveTail
		p.tail = append(p.tail[:0:0], p.tail[gone:]...)
		p.win.cur, p.win.top = max(p.win.cur-gone, 0), max(p.win.top-gone, 0)
	}
	p.last.Events = nil
	if p.stick {
		p.win.cur = len(p.tail) - 1
	}
}

// rates adds to the series how many events a second there were, over some snapshots
// back: producers and exporters work in batches, and a rate from one to the next
// would jump between nothing and twice the truth.
func (p *livePage) rates(s Snapshot) {
	if n := len(p.seen); n > 0 && (s.Delivered < p.seen[n-1].delivered || !s.At.After(p.seen[n-1].at)) {
		p.seen = nil // another pipeline
	}
	p.seen = append(p.seen, point{s.At, s.Published, s.Delivered})
	if len(p.seen) > liveOver {
		p.seen = append(p.seen[:0:0], p.seen[len(p.seen)-liveOver:]...)
	}
	was := p.seen[0]
	seconds := s.At.Sub(was.at).Seconds()
	if seconds <= 0 {
		return
	}
	in := math.NaN()
	if s.Published >= was.published && was.published >= 0 {
		in = float64(s.Published-was.published) / seconds
	}
	p.in.add(in)
	p.out.add(float64(s.Delivered-was.delivered) / seconds)
}

// point is where the totals were at a moment.
type point struct {
	at                   time.Time
	published, delivered int64
}

// liveOver is over how many snapshots a rate is taken.
const liveOver = 7

// stop ends the watching.
func (p *livePage) stop() {
	if p.cancel != nil {
		p.cancel()
	}
	p.on = false
	p.gen++
}

func (p *livePage) key(m *model, k tea.KeyPressMsg) tea.Cmd {
	if !p.win.move(k.String(), len(p.tail), p.room) {
		return nil
	}
	p.stick = p.win.cur >= len(p.tail)-1
	return nil
}

func (p *livePage) mouse(m *model, x, y int, e tea.MouseMsg) tea.Cmd {
	switch e.Mouse().Button {
	case tea.MouseWheelUp:
		return p.key(m, tea.KeyPressMsg{Code: tea.KeyUp})
	case tea.MouseWheelDown:
		return p.key(m, tea.KeyPressMsg{Code: tea.KeyDown})
	}
	return nil
}

func (p *livePage) draw(m *model, w, h int) ([]string, *tea.Cursor) {
	th := m.th
	b := box{title: "Pipeline", focused: true}
	iw, _ := b.inner(w, h)
	if p.last == nil {
		var body []string
		for _, t := range th.wrap(p.nothing(m), iw) {
			body = append(body, th.newLine(iw).put(dim, t).String())
		}
		return b.Draw(th, w, h, body), nil
	}
	b.focused, b.note = false, p.state(m)
	if !p.on || p.err != nil {
		b.noteRole = warn
	}
	body := p.drawStages(th, iw)
	body = append(body[:min(len(body), max(h/3-2, 2))], p.drawFigures(th, iw))
	out := b.Draw(th, w, len(body)+2, body)
	if rest := h - len(out); rest >= 12 {
		out = append(out, p.drawGraphs(th, w, min(max(rest/2, 6), 14))...)
	}
	return append(out, p.drawTail(m, w, h-len(out))...), nil
}

// nothing says why there is nothing to see.
func (p *livePage) nothing(m *model) string {
	switch {
	case m.cfg.Monitor == nil:
		return "There is nothing to watch."
	case p.err != nil:
		return "It cannot be watched: " + p.err.Error()
	case p.on:
		return "Looking."
	}
	return "No pipeline runs here. " + m.keyName("u") + " begins one: broker, generator and exporter in this program, into this lake. " +
		"acme tui --live URL watches another, by the figures that export or pipeline up serve with --metrics-listen; --brokers follows a topic."
}

func (p *livePage) state(m *model) string {
	text := p.last.Source
	switch {
	case p.err != nil:
		return text + ": " + p.err.Error()
	case !p.on:
		if j := m.lastPipeline(); j != nil && j.state == jobFailed {
			return text + ": it has failed, the Jobs page says why"
		}
		return text + ": it has ended"
	}
	return text + "  " + span(m.clock().Sub(p.started))
}

// drawStages draws the parts in the order of the data, and what is wrong with one.
func (p *livePage) drawStages(th *theme, w int) []string {
	arrow := " " + strings.Repeat(th.g.rule, 2) + th.g.marker + " "
	l := th.newLine(w)
	var out []string
	for i, s := range p.last.Stages {
		sign, r := th.severity(s.Grade)
		need := th.width(sign+" "+s.Name+" "+s.Text) + 6
		if i > 0 {
			if l.w+need > w {
				out = append(out, l.String())
				l = th.newLine(w).space(2)
			} else {
				l.put(border, arrow)
			}
		}
		l.put(r, sign).space(1).put(accent, s.Name).space(1).put(dim, th.middle(s.Text, max(w-l.w, 1)))
	}
	out = append(out, l.String())
	for _, s := range p.last.Stages {
		if s.Why == "" {
			continue
		}
		_, r := th.severity(s.Grade)
		text := s.Name + ": " + s.Why
		if s.Next != "" {
			text += "; " + s.Next
		}
		for _, t := range th.wrap(text, w) {
			out = append(out, th.newLine(w).put(r, t).String())
		}
	}
	return out
}

func (p *livePage) drawFigures(th *theme, w int) string {
	s := p.last
	l := th.newLine(w)
	full := false
	put := func(label, value string) {
		// A figure is there whole or not at all, and none after one that is not.
		if full = full || l.w > 0 && l.w+2+th.width(label+" "+value) > w; full {
			return
		}
		if l.w > 0 {
			l.space(2)
		}
		l.put(dim, label+" ").put(plain, value)
	}
	put("freshness", span(s.Fresh))
	if v := p.latency.values(); len(v) > 0 {
		sorted := slices.Clone(v)
		slices.Sort(sorted)
		n := len(sorted)
		second := func(f float64) string { return span(time.Duration(f * float64(time.Second))) }
		put("latency p50", second(sorted[(n-1)/2]))
		put("p95", second(sorted[(n-1)*95/100]))
	}
	if s.Published >= 0 {
		put("published", report.Count(s.Published))
	}
	put("delivered", report.Count(s.Delivered))
	put("objects", report.Count(s.Objects))
	return l.String()
}

// drawGraphs draws throughput beside the lag of each partition.
func (p *livePage) drawGraphs(th *theme, w, h int) []string {
	lw := w * 3 / 5
	left := box{title: "Events a second"}
	series := p.out.values()
	left.note = "into the lake"
	if p.last.Published >= 0 {
		series, left.note = p.in.values(), "into the topic"
	}
	rate := func(f float64) string { return report.Count(int64(f + 0.5)) }
	if n := len(series); n > 1 {
		left.foot = "the last " + span(time.Duration(n-1)*liveEvery)
	}
	if n := len(series); p.on && n > 0 && !math.IsNaN(series[n-1]) {
		left.note += ", now " + rate(series[n-1])
	}
	iw, ih := left.inner(lw, h)
	a := left.Draw(th, lw, h, plotLine(th, series, iw, ih, true, rate))
	right := box{title: "Lag by partition", note: "offsets"}
	rw, rh := right.inner(w-lw, h)
	lags := slices.Clone(p.last.Lag)
	if len(lags) > rh-1 { // no room for all: the longest are what matters
		slices.SortStableFunc(lags, func(x, y PartitionLag) int { return int(min(max(y.Lag-x.Lag, -1), 1)) })
		right.note = "the longest of " + report.Count(int64(len(lags)))
	}
	labels, values := make([]string, len(lags)), make([]float64, len(lags))
	for i, l := range lags {
		labels[i], values[i] = "p"+report.Count(int64(l.Partition)), float64(l.Lag)
	}
	body := plotBars(th, labels, values, rw, max(rh-1, 1), rate)
	counts := make([]int, 0, rw)
	v := p.lag.values()
	for _, f := range v[max(len(v)-rw, 0):] {
		counts = append(counts, int(f))
	}
	body = append(body, th.newLine(rw).put(bar, sparkline(th, counts)).String())
	b := right.Draw(th, w-lw, h, body)
	out := make([]string, h)
	for y := range out {
		out[y] = th.newLine(w).join(a[y], lw).join(b[y], w-lw).String()
	}
	return out
}

func (p *livePage) drawTail(m *model, w, h int) []string {
	th := m.th
	b := box{title: "Tail", focused: true}
	if p.filter != "" {
		b.title += "  /" + p.filter
	}
	b.note = report.Count(p.shown) + " shown, " + report.Count(p.skipped) + " skipped"
	switch {
	case p.paused:
		b.note, b.noteRole = "paused, "+b.note, warn
	case !p.stick:
		b.note = "not following, " + b.note
	}
	iw, ih := b.inner(w, h)
	p.room = ih
	p.win.clamp(len(p.tail), ih)
	var body []string
	for i := p.win.top; i < min(p.win.top+ih, len(p.tail)); i++ {
		e := p.tail[i]
		l := th.newLine(iw)
		if l.sel = i == p.win.cur && !p.stick; l.sel {
			l.put(focus, th.g.marker)
		}
		l.rest(2).put(dim, e.At.UTC().Format("15:04:05.000")).space(1)
		l.cell(dim, "p"+report.Count(int64(e.Partition))+" @"+report.Count(e.Offset), 16, false).space(1)
		for _, key := range []string{"event_type", "device_type", "country"} { // what events differ in stands far behind their names
			if value := fieldOf(e.Text, key); value != "" {
				l.cell(accent, value, 9, false).space(1)
			}
		}
		body = append(body, l.cell(plain, e.Text, iw-l.w, false).String())
	}
	if len(p.tail) == 0 {
		text := "no event yet"
		if p.filter != "" {
			text = "no event that has this text yet; " + m.keyName("/") + " and an empty text show all"
		}
		body = []string{th.newLine(iw).put(dim, text).String()}
	}
	return b.Draw(th, w, h, body)
}

// fieldOf gives a text that an event has under a name, as it is written; empty where it
// has none, or one that is not plain.
func fieldOf(event, name string) string {
	_, rest, ok := strings.Cut(event, `"`+name+`":"`)
	value, _, closed := strings.Cut(rest, `"`)
	if !ok || !closed || len(value) > 40 || strings.Contains(value, `\`) {
		return ""
	}
	return value
}

// inspect shows an event whole.
func (p *livePage) inspect(m *model) tea.Cmd {
	e := p.tail[p.win.cur]
	p.stick = false
	m.cell = &cellView{col: query.Column{Name: "p" + report.Count(int64(e.Partition)) + " @" + report.Count(e.Offset), Type: eventType}, value: e.Text}
	return nil
}

// askLive asks for a text that events must have.
func (p *livePage) askFilter(m *model) tea.Cmd {
	return m.openAsk(&ask{title: "Filter the tail", label: "contains", text: p.filter, hint: `A piece of the event, such as "event_type":"stop". Nothing shows all.`, done: func(m *model, text string) (tea.Cmd, string) {
		p.setFilter(text)
		return nil, ""
	}})
}

// setFilter keeps of the events that are there those that have a text, and counts anew.
func (p *livePage) setFilter(text string) {
	var kept []LiveEvent
	for _, e := range p.tail {
		if strings.Contains(e.Text, text) {
			kept = append(kept, e)
		}
	}
	p.filter, p.tail = text, kept
	p.shown, p.skipped = int64(len(kept)), 0
	p.stick, p.win = true, window{cur: max(len(kept)-1, 0)}
}

// explain says in words where the time goes.
func (p *livePage) explain(m *model) tea.Cmd {
	s := p.last
	sum := int64(0)
	hot := PartitionLag{}
	for _, l := range s.Lag {
		sum += l.Lag
		if l.Lag > hot.Lag {
			hot = l
		}
	}
	text := "The exporter is "
	if !p.on {
		text = "When it ended the exporter was "
	}
	text += report.Count(sum) + " offsets behind"
	if sum > 0 && len(s.Lag) > 1 {
		text += ", partition " + report.Count(int64(hot.Partition)) + " most (" + report.Count(hot.Lag) + ")"
	}
	out := p.out.values()
	if n := len(out); sum > 0 && n > 0 {
		mean := 0.0
		for _, f := range out[max(n-60, 0):] {
			mean += f / float64(min(n, 60))
		}
		if mean > 0 {
			text += ". At the last rate of " + report.Count(int64(mean)) + " events a second that is " + span(time.Duration(float64(sum)/mean*float64(time.Second)))
		}
	}
	text += ". Events wait in the buffer until an object is full or old enough; offsets of transactions and of what is buffered count as lag until they are committed."
	m.cell = &cellView{col: query.Column{Name: "Lag", Type: ""}, value: text}
	return nil
}

func liveActions() []action {
	live := func(m *model) *livePage { return m.live }
	some := func(m *model) bool { return len(live(m).tail) > 0 }
	seen := func(m *model) bool { return live(m).last != nil }
	runs := func(m *model) bool { return seen(m) && live(m).on }
	return []action{
		{id: "live.up", scope: scopeLive, keys: []string{"u"}, short: "begin", long: "begin a pipeline in this program, as a job", run: func(m *model) tea.Cmd {
			return m.askJob(Verb{Args: "pipeline up --for 10m", Does: "Broker, generator and exporter together", Resumes: true})
		}, when: func(m *model) bool { return m.cfg.Runner != nil && !live(m).on }},
		{id: "live.pause", scope: scopeLive, keys: []string{"space"}, short: "pause", turn: func(m *model) string { return map[bool]string{true: "go on"}[live(m).paused] }, long: "keep the events that are shown, or go on", run: func(m *model) tea.Cmd { live(m).paused = !live(m).paused; return nil }, when: runs},
		{id: "live.follow", scope: scopeLive, keys: []string{"f"}, short: "follow", turn: func(m *model) string { return map[bool]string{true: "stay here"}[live(m).stick] }, long: "stay at the last event, or not", run: func(m *model) tea.Cmd {
			p := live(m)
			if p.stick = !p.stick; p.stick {
				p.win.cur = len(p.tail) - 1
			}
			return nil
		}, when: seen},
		{id: "live.filter", scope: scopeLive, keys: []string{"/"}, short: "filter", long: "only events that have a text", run: func(m *model) tea.Cmd { return live(m).askFilter(m) }, when: runs},
		{id: "live.inspect", scope: scopeLive, keys: []string{"enter"}, short: "inspect", long: "the whole event", run: func(m *model) tea.Cmd { return live(m).inspect(m) }, when: some},
		{id: "live.copy", scope: scopeLive, keys: []string{"y"}, long: "copy the event", run: func(m *model) tea.Cmd { return m.copy("the event", live(m).tail[live(m).win.cur].Text) }, when: some},
		{id: "live.explain", scope: scopeLive, keys: []string{"x"}, short: "explain lag", long: "what the lag means, in words", run: func(m *model) tea.Cmd { return live(m).explain(m) }, when: seen},
		{id: "live.stop", scope: scopeLive, keys: []string{"K"}, short: "stop", long: "stop the pipeline of this program; what is published is delivered", run: (*model).stopPipeline, when: func(m *model) bool { return m.pipelineJob() != nil }},
		{id: "live.again", scope: scopeLive, keys: []string{"r"}, long: "look again", run: func(m *model) tea.Cmd { return live(m).watch(m) }, when: func(m *model) bool { return !live(m).on && m.cfg.Monitor != nil }},
		{id: "live.move", scope: scopeLive, keys: []string{"up", "down", "j", "k", "pgup", "pgdown", "g", "G"}, long: "move among the events"},
	}
}

// pipelineJob gives the job that is the pipeline of this program, if one runs.
func (m *model) pipelineJob() *job {
	for _, j := range m.jobs.list {
		if j.kind == "pipeline" && j.running() {
			return j
		}
	}
	return nil
}

// lastPipeline gives the job that was a pipeline of this program last; nil without one.
func (m *model) lastPipeline() *job {
	var last *job
	for _, j := range m.jobs.list {
		if j.kind == "pipeline" && (last == nil || j.id > last.id) {
			last = j
		}
	}
	return last
}

func (m *model) stopPipeline() tea.Cmd {
	m.pipelineJob().stop(nil)
	m.say(warn, "the pipeline is stopping: what is published is delivered first")
	return nil
}
