package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	"acme/telemetry/tui"
)

// verbJobs carries out verbs of the program for the screen, in this process: the
// lines of progress that a verb writes for others are what the screen draws.
type verbJobs struct {
	p       *program
	monitor *pipelineMonitor
}

func (v verbJobs) Verbs() []tui.Verb {
	// A command line of its own: making one sets all that its flags say to the defaults,
	// and the screen's lake must stay what it is.
	root := (&program{env: v.p.env, environ: v.p.environ, now: v.p.now}).newRootCmd()
	var out []tui.Verb
	for _, j := range []tui.Verb{
		{Args: "generate --scenario seed-hour", CanPlan: true, Resumes: true},
		{Args: "backfill --from 2025-08-11 --to 2025-08-12", CanPlan: true, Resumes: true},
		{Args: "migrate", CanPlan: true, Resumes: true},
		{Args: "verify"},
		{Args: "inspect"},
		{Args: "sync SRC DST", CanPlan: true, Resumes: true},
		{Args: "export --brokers 127.0.0.1:9092 --until-idle 10s", Resumes: true},
		{Args: "pipeline up --for 10m", Resumes: true},
	} {
		words := strings.Fields(j.Args)
		cmd, _, err := root.Find(words[:1])
		if err != nil || cmd == root {
			continue
		}
		j.Does = cmd.Short
		out = append(out, j)
	}
	return out
}

// Run carries out a command line. What it would have written to the terminal are
// lines of its log.
func (v verbJobs) Run(ctx context.Context, args []string, tell func(tui.Progress), log func(string)) (err error) {
	defer func() {
		if defect := recover(); defect != nil {
			log(string(debug.Stack()))
			err = fmt.Errorf("internal error: %v", defect)
		}
	}()
	if len(args) == 0 || args[0] == queryWorkerVerb || args[0] == "tui" {
		return errors.New("that is no verb that can be a job")
	}
	said := &lineWriter{line: func(line string) {
		if p, ok := progressIn(line); ok {
			tell(p)
			return
		}
		log(line)
	}}
	p := &program{stdin: bytes.NewReader(nil), stdout: &output{w: said}, stderr: said, env: v.p.env, environ: v.p.environ, now: v.p.now, watch: v.monitor.attach}
	defer p.release()
	root := p.newRootCmd()
	args = slices.Clone(args)
	for flag, value := range map[string]string{"--lake": v.p.lakeURI(), "--progress": "json"} {
		if !slices.ContainsFunc(args, func(a string) bool { return a == flag || strings.HasPrefix(a, flag+"=") }) {
			args = append(args, flag, value)
		}
	}
	root.SetArgs(args)
	err = p.stdout.settle(root.ExecuteContext(ctx))
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		p.reportError(cancelledJob{err})
	} else if err != nil {
		p.reportError(err)
	}
	said.flush()
	return err
}

// cancelledJob is what a job says when it was told to stop: what it was at is of no
// interest, and what is left of it stands in the hint.
type cancelledJob struct{ err error }

func (c cancelledJob) Error() string { return "cancelled" }
func (c cancelledJob) Unwrap() error { return c.err }

// progressIn reads a line that a verb writes for others to follow it: how far it is,
// or how far a pipeline is.
func progressIn(line string) (tui.Progress, bool) {
	if !strings.HasPrefix(line, "{") {
		return tui.Progress{}, false
	}
	var e struct {
		progressEvent
		Delivered *int64 `json:"delivered"`
	}
	switch err := json.Unmarshal([]byte(line), &e); {
	case err != nil:
		return tui.Progress{}, false
	case e.Delivered != nil:
		return tui.Progress{Step: "publish and deliver", Done: *e.Delivered, Unit: "events"}, true
	}
	return e.Progress, e.Step != ""
}

// lineWriter hands over whole lines. It is safe for use by many goroutines.
type lineWriter struct {
	mu   sync.Mutex
	rest []byte
	line func(string)
}

var _ io.Writer = (*lineWriter)(nil)

func (w *lineWriter) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rest = append(w.rest, b...)
	for {
		i := bytes.IndexByte(w.rest, '\n')
		if i < 0 {
			return len(b), nil
		}
		w.line(strings.TrimRight(string(w.rest[:i]), "\r"))
		w.rest = append(w.rest[:0], w.rest[i+1:]...)
	}
}

// flush hands over a last line that has no end.
func (w *lineWriter) flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.rest) > 0 {
		w.line(string(w.rest))
		w.rest = nil
	}
}
