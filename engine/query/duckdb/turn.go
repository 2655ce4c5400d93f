package duckdb

import (
	"context"
	"errors"
	"sync"
)

var errClosed = errors.New("the engine is closed")

// turn lets one statement run after another. Who took it has the engine to
// itself until it gives it back, from whichever goroutine.
type turn struct {
	free   chan struct{} // holds one token while nobody has the turn
	closed chan struct{}
	once   sync.Once
}

func newTurn() *turn {
	t := &turn{free: make(chan struct{}, 1), closed: make(chan struct{})}
	t.give()
	return t
}

// take waits for the turn. It gives errClosed once close was called.
func (t *turn) take(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.closed:
		return errClosed
	case <-t.free:
		return nil
	}
}

func (t *turn) give() { t.free <- struct{}{} }

// close waits for the statement that runs, then calls end, once however often it
// is called. Nobody has the turn after that.
func (t *turn) close(end func()) {
	t.once.Do(func() {
		close(t.closed)
		<-t.free
		end()
	})
}
