package tui

import (
	"context"
	"errors"
	"io"
	"time"

	tea "charm.land/bubbletea/v2"

	"acme/telemetry/engine/query"
)

// Bounds of what the SQL page keeps of a result, and of one message: a batch
// is handed over when it is this old or this long, whichever comes first, so
// that first rows show at once and later ones do not flood the screen.
const (
	keepRows   = 200_000
	keepBytes  = 256 << 20
	batchRows  = 4096
	batchDelay = 60 * time.Millisecond
)

// runState is where a statement is.
type runState uint8

const (
	runNone runState = iota
	runBusy
	runDone
	runCapped // there is more than the page keeps
	runCancelled
	runFailed
)

// rowsMsg brings the next rows of a statement. The query.Rows in it belong to
// whoever handles the message: exactly one goroutine at a time has them.
type rowsMsg struct {
	gen   int
	rows  query.Rows
	batch []query.Row
	stats query.Stats
	end   bool
	err   error
}

// startQuery gives the command that begins a statement and brings its columns
// and first rows.
func startQuery(ctx context.Context, q Querier, r query.Request, gen int) tea.Cmd {
	return safely(func() tea.Msg {
		rows, err := q.Query(ctx, r)
		if err != nil {
			return rowsMsg{gen: gen, err: err, end: true}
		}
		return fetch(ctx, rows, gen, true)
	})
}

// nextRows gives the command that brings more rows.
func nextRows(ctx context.Context, rows query.Rows, gen int) tea.Cmd {
	return safely(func() tea.Msg { return fetch(ctx, rows, gen, false) })
}

// fetch reads rows for one message; of a new result, the first batch alone.
func fetch(ctx context.Context, rows query.Rows, gen int, first bool) rowsMsg {
	msg := rowsMsg{gen: gen, rows: rows}
	till := time.Now().Add(batchDelay)
	for {
		batch, err := rows.Next(ctx)
		msg.batch = append(msg.batch, batch...)
		if err != nil {
			msg.end = true
			if !errors.Is(err, io.EOF) {
				msg.err = err
			}
			msg.stats = rows.Stats()
			return msg
		}
		if first || len(msg.batch) >= batchRows || time.Now().After(till) || ctx.Err() != nil {
			return msg
		}
	}
}

// closeRows gives the command that ends a statement nobody waits for.
func closeRows(rows query.Rows) tea.Cmd {
	if rows == nil {
		return nil
	}
	return safely(func() tea.Msg {
		rows.Close() // an error of a statement that was given up is of no use to anyone
		return nil
	})
}

// weight is about how many bytes a row keeps.
func weight(r query.Row) int {
	n := 24 + 16*len(r)
	for _, v := range r {
		n += heavy(v)
	}
	return n
}

func heavy(v any) int {
	switch v := v.(type) {
	case string:
		return len(v)
	case query.Text:
		return len(v)
	case []byte:
		return len(v)
	case []any:
		n := 0
		for _, e := range v {
			n += 16 + heavy(e)
		}
		return n
	case query.Map:
		n := 0
		for _, e := range v {
			n += 32 + heavy(e.Key) + heavy(e.Value)
		}
		return n
	}
	return 8
}
