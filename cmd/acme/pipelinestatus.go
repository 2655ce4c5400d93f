package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"time"

	"acme/telemetry/engine/lake"
)

// pipelineStatus is how far a pipeline is.
type pipelineStatus struct {
	Time      time.Time `json:"time"` // the pipeline's
	State     string    `json:"state"`
	Published int64     `json:"published"` // events of this run
	Delivered int64     `json:"delivered"` // of them and of earlier ones, in this run
	Lag       int64     `json:"lag"`       // offsets in the topic that are not delivered
	Objects   int64     `json:"objects"`
	Last      string    `json:"last_object,omitempty"`
	// Latency is how old the last object's oldest event was when it could be queried: in
	// the pipeline's time, and by the clock here.
	Latency     float64          `json:"latency_seconds,omitempty"`
	LatencyHere float64          `json:"latency_here_seconds,omitempty"`
	Metrics     lake.ExportStats `json:"metrics"`
}

func (l *pipeline) status(state string) pipelineStatus {
	m := l.stats()
	s := pipelineStatus{
		Time: l.time(l.p.now()).UTC().Truncate(time.Millisecond), State: state,
		Published: l.published.Load(), Delivered: m.Records, Lag: m.Lag(), Objects: m.Objects, Metrics: m,
	}
	l.delivered.mu.Lock()
	defer l.delivered.mu.Unlock()
	s.Last = l.delivered.key
	s.Latency = l.delivered.latency.Seconds()
	s.LatencyHere = l.byClock(l.delivered.latency).Seconds()
	return s
}

// display says how far the pipeline is until it is told to stop: on one line where
// stderr is a terminal, every ten seconds where it is not, as JSON where asked.
func (l *pipeline) display(ctx context.Context) error {
	mode := l.p.newProgress("pipeline", "events", nil).mode
	every := time.Second
	switch mode {
	case "none":
		<-ctx.Done()
		return nil
	case "line":
		every = 10 * time.Second
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			if mode == "bar" {
				fmt.Fprint(l.p.stderr, "\r\x1b[K")
			}
			return nil
		case <-tick.C:
		}
		s := l.status("running")
		switch mode {
		case "json":
			if err := json.NewEncoder(l.p.stderr).Encode(s); err != nil {
				return err
			}
		case "bar":
			fmt.Fprintf(l.p.stderr, "\r\x1b[K%s", cutTo(s.line(l.o.events.kafka.speed), columns(l.p.stderr)-1))
		default:
			l.p.note("acme: %s", s.line(l.o.events.kafka.speed))
		}
	}
}

// line gives a status as a person reads it.
func (s pipelineStatus) line(speed float64) string {
	if s.Time.Year() <= 1 {
		return "starting"
	}
	text := fmt.Sprintf("%s x%g  %d published  %d delivered  lag %d", s.Time.Format("2006-01-02 15:04:05"), speed, s.Published, s.Delivered, s.Lag)
	if s.Last == "" {
		return text + "  no object yet"
	}
	return text + fmt.Sprintf("  %s  %d objects, last %s", s.latency(), s.Objects, path.Base(s.Last))
}

// latency says how long an event takes into the lake, there and here.
func (s pipelineStatus) latency() string {
	return fmt.Sprintf("latency %s, here %.1fs", time.Duration(s.Latency*float64(time.Second)).Round(time.Second), s.LatencyHere)
}

// cutTo gives as much of a line as a terminal has columns for.
func cutTo(line string, columns int) string {
	if columns > 0 && len(line) > columns {
		return line[:columns]
	}
	return line
}

// finish says what the pipeline did.
func (l *pipeline) finish(whole bool) {
	s := l.status("done")
	if !whole {
		s.State = "failed"
	}
	if l.p.global.progress == "json" {
		if line, err := json.Marshal(s); err == nil {
			fmt.Fprintf(l.p.stderr, "%s\n", line)
		}
		return
	}
	if !whole {
		return
	}
	l.p.note("acme: published %d events, delivered %d in %d objects into %s", s.Published, s.Delivered, s.Objects, l.p.lakeName())
	if s.Last != "" {
		l.p.note("acme: %s for the oldest event of the last object; look at them: acme report --lake %s", s.latency(), l.p.lakeName())
	}
}
