package duckdb

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"sync"

	"acme/telemetry/engine/query"
	"acme/telemetry/engine/store"
)

// Serve is the child: it reads frames from in and answers on out until in ends.
// The first frame is the Config; wire makes of it what the worker needs, before
// the sandbox closes. It gives the exit code of the process.
func Serve(in io.Reader, out io.Writer, wire func(Config) (Deps, error)) int {
	frames := bufio.NewReaderSize(in, 64<<10)
	answer := &frameWriter{w: out}
	server, err := newServer(frames, answer, wire)
	if err != nil {
		_ = answer.json(frameReady, hello{Error: err.Error()}) // the parent may be gone
		return 1
	}
	defer server.close()
	return server.loop(frames)
}

// server runs statements one after another while it listens for their ends.
type server struct {
	worker *worker
	answer *frameWriter
	spill  *spillFolder

	mu      sync.Mutex
	running int64 // the statement that runs, or ran last
	cancel  context.CancelFunc
	ended   int64 // the last statement that was told to end
}

func newServer(frames *bufio.Reader, answer *frameWriter, wire func(Config) (Deps, error)) (*server, error) {
	kind, payload, err := readFrame(frames)
	if err != nil || kind != frameConfig {
		return nil, fmt.Errorf("reading the configuration: frame %q: %w", kind, err)
	}
	var c Config
	if err := json.Unmarshal(payload, &c); err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	c = c.withDefaults()
	deps, err := wire(c)
	if err != nil {
		return nil, err
	}
	spill, err := newSpill(c.Spill)
	if err != nil {
		return nil, err
	}
	s := &server{answer: answer, spill: spill}
	held, err := s.open(c, deps)
	if err != nil {
		spill.remove()
		return nil, err
	}
	s.worker.note = func(key string) { _ = answer.write(frameReading, []byte(key)) } // a broken pipe ends the loop
	return s, answer.json(frameReady, hello{Spill: spill.path, Sandbox: held})
}

// open opens DuckDB and closes the sandbox around it: in this order, since
// DuckDB asks the system for its memory and processors when it opens, and
// aborts where it may not.
func (s *server) open(c Config, deps Deps) (held string, err error) {
	if err := limit(c); err != nil {
		return "", err
	}
	session, err := openSession()
	if err != nil {
		return "", err
	}
	if held, err = confine(lakeFolder(deps.Store), s.spill.path); err != nil {
		session.close()
		return "", err
	}
	s.worker, err = newWorker(c, deps, session, s.spill.path)
	return held, err
}

func (s *server) close() {
	s.worker.close()
	s.spill.remove()
}

func lakeFolder(st store.Store) string {
	if local, ok := st.(store.Local); ok {
		if root, ok := lakeRoot(local); ok {
			return root
		}
	}
	return ""
}

// loop takes frames; statements run beside it so that a cancel is heard.
func (s *server) loop(frames *bufio.Reader) int {
	orders := make(chan order, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for o := range orders {
			s.one(o)
		}
	}()
	defer func() {
		close(orders)
		s.end(math.MaxInt64)
		<-done
	}()
	for {
		kind, payload, err := readFrame(frames)
		if err == io.EOF {
			return 0
		}
		var o order
		if err == nil {
			err = json.Unmarshal(payload, &o)
		}
		switch {
		case err != nil:
			fmt.Fprintln(os.Stderr, "reading a frame:", err)
			return 1
		case kind == frameCancel:
			s.end(o.ID)
		case kind == frameQuery:
			orders <- o
		}
	}
}

// end ends a statement that runs, or will run; math.MaxInt64 ends all.
func (s *server) end(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = max(s.ended, id)
	if s.cancel != nil && s.running <= s.ended {
		s.cancel()
	}
}

// one runs a statement and answers with its rows and its end.
func (s *server) one(o order) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s.mu.Lock()
	s.running, s.cancel = o.ID, cancel
	if o.ID <= s.ended {
		cancel()
	}
	s.mu.Unlock()
	r := o.Request
	out := &pipeSink{answer: s.answer}
	stats, err := s.worker.run(ctx, r, out)
	if err == nil {
		err = out.flush()
	}
	if err != nil {
		_ = s.answer.json(frameError, failed(err, stats, s.worker.broken)) // the loop sees a broken pipe
		return
	}
	_ = s.answer.json(frameDone, stats)
}

func failed(err error, stats query.Stats, broken bool) failure {
	f := failure{Text: err.Error(), Stats: stats, Stopped: errors.Is(err, context.Canceled), Denied: errors.Is(err, fs.ErrPermission) || errors.Is(err, store.ErrUnavailable), Broken: broken}
	var q *query.Error
	if errors.As(err, &q) {
		f.Query = q
	}
	return f
}

// pipeSink gathers rows into frames.
type pipeSink struct {
	answer  *frameWriter
	pending []byte
}

func (p *pipeSink) columns(c []query.Column) error { return p.answer.json(frameColumns, c) }

func (p *pipeSink) rows(rows []query.Row) error {
	for _, row := range rows {
		p.pending = appendRow(p.pending, row)
		if len(p.pending) >= rowsBytes {
			if err := p.flush(); err != nil {
				return err
			}
		}
	}
	// What there is goes out at the end of each chunk: a slow statement shows
	// its first rows as they come.
	return p.flush()
}

func (p *pipeSink) flush() error {
	if len(p.pending) == 0 {
		return nil
	}
	err := p.answer.write(frameRows, p.pending)
	p.pending = p.pending[:0]
	return err
}
