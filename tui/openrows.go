package tui

import (
	"context"
	"errors"
	"sync"

	"acme/telemetry/engine/query"
)

// openRows is a Querier that knows which of its statements are not closed yet. When the
// program ends, the message with which somebody was to read on or close may be one that
// nobody takes any more, and an engine waits for its statement before it closes.
type openRows struct {
	q Querier

	mu    sync.Mutex
	open  map[*trackedRows]bool
	ended bool
}

func newOpenRows(q Querier) *openRows { return &openRows{q: q, open: map[*trackedRows]bool{}} }

var errEnded = errors.New("the screen has ended")

// Query starts a statement; after end none.
func (o *openRows) Query(ctx context.Context, r query.Request) (query.Rows, error) {
	rows, err := o.q.Query(ctx, r)
	if err != nil {
		return nil, err
	}
	t := &trackedRows{of: o, rows: rows}
	o.mu.Lock()
	ended := o.ended
	if !ended {
		o.open[t] = true
	}
	o.mu.Unlock()
	if ended {
		return nil, errors.Join(errEnded, rows.Close())
	}
	return t, nil
}

// end closes what is open, and all that is still to come. The contexts of the statements
// must be done: it waits for whoever reads.
func (o *openRows) end() {
	o.mu.Lock()
	o.ended = true
	var left []*trackedRows
	for t := range o.open {
		left = append(left, t)
	}
	o.mu.Unlock()
	for _, t := range left {
		_ = t.Close() // an error of a statement that was given up is of no use to anyone
	}
}

// trackedRows are rows of a statement that openRows can close from another goroutine than
// the one that reads them.
type trackedRows struct {
	of   *openRows
	mu   sync.Mutex // one reads, or closes
	rows query.Rows
}

func (t *trackedRows) Columns() []query.Column { return t.rows.Columns() }

func (t *trackedRows) Next(ctx context.Context) ([]query.Row, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.rows.Next(ctx)
}

func (t *trackedRows) Stats() query.Stats {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.rows.Stats()
}

func (t *trackedRows) Close() error {
	t.mu.Lock()
	err := t.rows.Close()
	t.mu.Unlock()
	t.of.mu.Lock()
	delete(t.of.open, t)
	t.of.mu.Unlock()
	return err
}
