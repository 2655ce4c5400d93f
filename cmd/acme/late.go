package main

import (
	"context"
	"sync"

	"acme/telemetry/engine/query"
)

// lateEngine is an engine that starts when it is first needed. It is safe for use
// by many goroutines, as every engine is.
type lateEngine struct {
	start func() (query.Engine, error)

	mu     sync.Mutex
	closed bool
}

// newLateEngine gives an engine that open starts. An open that failed is not
// tried again: what it said is the answer to every statement.
func newLateEngine(open func() (query.Engine, error)) *lateEngine {
	l := &lateEngine{}
	l.start = sync.OnceValues(func() (query.Engine, error) {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.closed {
			return nil, context.Canceled
		}
		return open()
	})
	return l
}

// Query starts the engine if it has not, and the statement.
func (l *lateEngine) Query(ctx context.Context, r query.Request) (query.Rows, error) {
	engine, err := l.start()
	if err != nil {
		return nil, err
	}
	return engine.Query(ctx, r)
}

// Close ends the engine if it ever started, and keeps it from starting.
func (l *lateEngine) Close() error {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	engine, err := l.start()
	if err != nil {
		return nil // it never ran
	}
	return engine.Close()
}
