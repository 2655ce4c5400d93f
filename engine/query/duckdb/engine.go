package duckdb

import (
	"context"
	"io"
	"time"

	"acme/telemetry/engine/query"
)

// inProcess is the engine without a child: for tests, and for lakes that live in
// this process's memory. Nothing protects the program from what DuckDB does.
type inProcess struct {
	worker *worker
	turn   *turn
	spill  *spillFolder
	config Config
}

// Open makes an engine in this process. Statements run one after another: a
// Query waits until the Rows before it are closed or read to their end.
func Open(c Config, d Deps) (query.Engine, error) {
	c = c.withDefaults()
	spill, err := newSpill(c.Spill)
	if err != nil {
		return nil, err
	}
	s, err := openSession()
	if err != nil {
		spill.remove()
		return nil, err
	}
	w, err := newWorker(c, d, s, spill.path)
	if err != nil {
		spill.remove()
		return nil, err
	}
	return &inProcess{worker: w, turn: newTurn(), spill: spill, config: c}, nil
}

func (e *inProcess) Query(ctx context.Context, r query.Request) (query.Rows, error) {
	if err := e.turn.take(ctx); err != nil {
		return nil, err
	}
	run, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	rows := &localRows{
		batches: make(chan []query.Row), head: make(chan []query.Column, 1), over: make(chan struct{}),
		cancel: cancel, run: run,
	}
	if t := timeout(r, e.config); t > 0 {
		rows.timer = time.AfterFunc(t, func() { cancel(timedOut(t)) })
	}
	go func() {
		defer e.turn.give()
		rows.stats, rows.err = e.worker.run(run, r, rows)
		close(rows.over)
	}()
	stop := context.AfterFunc(ctx, func() { cancel(ctx.Err()) })
	defer stop()
	select {
	case rows.names = <-rows.head:
		return rows, nil
	case <-rows.over:
		select { // both may be ready
		case rows.names = <-rows.head:
			return rows, nil
		default:
		}
		rows.Close()
		return nil, rows.err
	}
}

// Close waits for the statement that runs.
func (e *inProcess) Close() error {
	e.turn.close(func() {
		e.worker.close()
		e.spill.remove()
	})
	return nil
}

func timeout(r query.Request, c Config) time.Duration {
	if r.Timeout > 0 {
		return r.Timeout
	}
	return c.Timeout
}

func timedOut(t time.Duration) error {
	return &query.Error{Name: ErrTimeout, Message: "Query exceeded the time limit of " + t.String(), Hint: "give it more time with --timeout, or read fewer partitions"}
}

// localRows is a result of inProcess: the sink of the worker on one side, Rows
// on the other. No more than one batch waits between them.
type localRows struct {
	batches chan []query.Row
	head    chan []query.Column
	over    chan struct{} // closed when the worker is through; then stats and err are set
	run     context.Context
	cancel  context.CancelCauseFunc
	timer   *time.Timer

	names []query.Column
	stats query.Stats
	err   error // of the worker; nil at its end
	given error // what Next gave at last
}

func (r *localRows) columns(c []query.Column) error {
	r.head <- c
	return nil
}

func (r *localRows) rows(rows []query.Row) error {
	select {
	case r.batches <- rows:
		return nil
	case <-r.run.Done():
		return context.Cause(r.run)
	}
}

func (r *localRows) Columns() []query.Column { return r.names }

func (r *localRows) Next(ctx context.Context) ([]query.Row, error) {
	if r.given != nil {
		return nil, r.given
	}
	select {
	case rows := <-r.batches:
		return rows, nil
	case <-r.over:
		r.given = r.err
		if r.given == nil {
			r.given = io.EOF
		}
	case <-ctx.Done():
		r.given = ctx.Err()
		r.cancel(r.given)
		<-r.over
	}
	r.stop()
	return nil, r.given
}

func (r *localRows) stop() {
	if r.timer != nil {
		r.timer.Stop()
	}
	r.cancel(errClosed)
}

func (r *localRows) Stats() query.Stats {
	select {
	case <-r.over:
		return r.stats
	default:
		return query.Stats{}
	}
}

func (r *localRows) Close() error {
	r.stop()
	<-r.over
	if r.given == nil {
		r.given = errClosed
	}
	return nil
}
