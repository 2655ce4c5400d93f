package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"acme/telemetry/tui"
)

// progress tells how far a long operation is: a bar where stderr is a terminal,
// a line every ten seconds where it is not, JSON lines where asked.
// It is safe for use by many goroutines.
type progress struct {
	mu      sync.Mutex
	w       io.Writer
	mode    string // bar, line, json or none
	now     func() time.Time
	what    string
	unit    string
	total   func() int64 // asked when something is said; 0 where unknown
	started time.Time
	last    time.Time
	drawn   bool
}

// progressEvent is one line of --progress json.
type progressEvent struct {
	tui.Progress
	Rate    float64 `json:"rate"`
	ETA     float64 `json:"eta_seconds,omitempty"`
	Elapsed float64 `json:"elapsed_seconds"`
	State   string  `json:"state"`
}

func (p *program) newProgress(what, unit string, total func() int64) *progress {
	mode := p.global.progress
	switch {
	case p.global.quiet && mode != "json":
		mode = "none"
	case mode == "auto" && isTerminal(p.stderr):
		mode = "bar"
	case mode == "auto":
		mode = "line"
	}
	if total == nil {
		total = func() int64 { return 0 }
	}
	t := p.now()
	return &progress{w: p.stderr, mode: mode, now: p.now, what: what, unit: unit, total: sync.OnceValue(total), started: t, last: t}
}

// interval is how often each mode says something.
func (g *progress) interval() time.Duration {
	if g.mode == "bar" || g.mode == "json" {
		return 100 * time.Millisecond
	}
	return 10 * time.Second
}

// at says that done units are done.
func (g *progress) at(done int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if t := g.now(); t.Sub(g.last) >= g.interval() {
		g.last = t
		g.say(done, "running")
	}
}

// finish ends the display.
func (g *progress) finish(done int64, state string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.mode == "json" {
		g.say(done, state)
	}
	if g.drawn {
		fmt.Fprint(g.w, "\r\x1b[K")
	}
}

func (g *progress) say(done int64, state string) {
	elapsed := g.now().Sub(g.started).Seconds()
	e := progressEvent{Progress: tui.Progress{Step: g.what, Done: done, Total: g.total(), Unit: g.unit}, Elapsed: elapsed, State: state}
	if elapsed > 0 {
		e.Rate = float64(done) / elapsed
	}
	if e.Total > done && e.Rate > 0 {
		e.ETA = float64(e.Total-done) / e.Rate
	}
	switch g.mode {
	case "json":
		line, err := json.Marshal(e)
		if err == nil {
			fmt.Fprintf(g.w, "%s\n", line)
		}
	case "bar":
		fmt.Fprintf(g.w, "\r\x1b[K%s", e.line(columns(g.w)))
		g.drawn = true
	case "line":
		fmt.Fprintf(g.w, "acme: %s\n", e.bar(0))
	}
}

// line gives the event with a bar, so that it stays on one line of a terminal of so
// many columns: one that wraps cannot be drawn over.
func (e progressEvent) line(columns int) string {
	room := columns - 1
	if columns <= 0 {
		room = 79
	}
	for _, bar := range []int{30, 15, 0} {
		if s := e.bar(bar); len(s) <= room {
			return s
		}
	}
	return e.bar(0)[:max(0, min(room, len(e.bar(0))))]
}

// bar gives the event as one line, with a bar of width cells if there is a total.
func (e progressEvent) bar(width int) string {
	var b strings.Builder
	b.WriteString(e.Step)
	if e.Total > 0 && width > 0 {
		full := int(min(int64(width), e.Done*int64(width)/e.Total))
		fmt.Fprintf(&b, " [%s%s] %3d%%", strings.Repeat("#", full), strings.Repeat(".", width-full), min(100, e.Done*100/e.Total))
	}
	fmt.Fprintf(&b, "  %d %s  %.0f/s", e.Done, e.Unit, e.Rate)
	if e.ETA > 0 {
		fmt.Fprintf(&b, "  %s left", time.Duration(e.ETA*float64(time.Second)).Round(time.Second))
	}
	return b.String()
}
