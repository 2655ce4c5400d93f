package tui

import (
	"context"
	"errors"
	"io"
	"testing"

	"acme/telemetry/engine/query"
)

// leftRows are rows that somebody has to close.
type leftRows struct {
	query.Rows
	closed chan bool
}

func (r leftRows) Next(ctx context.Context) ([]query.Row, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func (r leftRows) Close() error {
	select {
	case <-r.closed:
	default:
		close(r.closed)
	}
	return nil
}

type leftQuerier struct{ rows leftRows }

func (q leftQuerier) Query(context.Context, query.Request) (query.Rows, error) { return q.rows, nil }

// TestOpenRows: at the end statements are closed that nobody closes any more, one that is
// being read when that is given up, and one that comes after it at once.
func TestOpenRows(t *testing.T) {
	rows := leftRows{closed: make(chan bool)}
	o := newOpenRows(leftQuerier{rows})
	ctx, cancel := context.WithCancel(t.Context())
	r, err := o.Query(ctx, query.Request{})
	if err != nil {
		t.Fatal(err)
	}
	read := make(chan error)
	go func() {
		_, err := r.Next(ctx)
		read <- err
	}()
	cancel()
	o.end()
	<-rows.closed
	if err := <-read; err == io.EOF || err == nil {
		t.Errorf("read: %v", err)
	}
	late := leftRows{closed: make(chan bool)}
	o.q = leftQuerier{late}
	if _, err := o.Query(ctx, query.Request{}); !errors.Is(err, errEnded) {
		t.Errorf("after the end: %v", err)
	}
	<-late.closed
}
