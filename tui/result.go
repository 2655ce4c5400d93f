package tui

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"acme/telemetry/engine/query"
)

// Bounds of what is kept of a result in memory, and of one message: a batch is
// handed over when it is this old or this long, whichever comes first, so that
// first rows show at once and later ones do not flood the screen. With a Spooler
// memory has the first rows alone.
const (
	keepRows   = 200_000
	keepBytes  = 256 << 20
	headRows   = 50_000
	headBytes  = 48 << 20
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

// result is one statement's answer, or how far it is. A new run is a new result,
// so what comes late for an old one is known by where it belongs.
type result struct {
	title  string // what it is, where it is not the statement's own answer
	byTime bool   // the rows are in the order of time: the cursor begins there
	grid   *grid
	state  runState
	err    error

	sent    string // the statement
	from    pos    // where it begins in the editor
	marked  bool   // its error is marked there
	request query.Request
	started time.Time
	took    time.Duration
	stats   query.Stats
	cancel  context.CancelFunc
	ctx     context.Context

	view viewOf // what of the rows is shown
	stat columnView
}

func (r *result) running() bool { return r.state == runBusy }

// shows says that there are rows to look at.
func (r *result) shows() bool {
	return r.grid != nil && r.grid.count() > 0 && r.state != runFailed
}

// whole says that memory has all rows of a result that came to its end.
func (r *result) whole() bool {
	return r.grid != nil && r.grid.far == nil && r.state == runDone && !r.stats.Truncated
}

// reading is a result being read. Exactly one command at a time has it.
type reading struct {
	q       Querier
	spooler Spooler
	rows    query.Rows
	far     *far
	kept    int // rows in memory
	bytes   int // of them, about
}

// rowsMsg brings the next rows of a statement.
type rowsMsg struct {
	to     *result
	rd     *reading
	batch  []query.Row
	far    int // rows in the spool
	stats  query.Stats
	end    bool
	capped bool
	err    error
}

// begin gives the command that starts a statement and brings its first rows.
func (r *result) begin(rd *reading) tea.Cmd {
	ctx, request := r.ctx, r.request
	return safely(func() tea.Msg {
		rows, err := rd.q.Query(ctx, request)
		if err != nil {
			return rowsMsg{to: r, rd: rd, err: err, end: true}
		}
		rd.rows = rows
		return rd.fetch(ctx, r, true)
	})
}

// fetch reads rows for one message; of a new result, the first batch alone.
func (rd *reading) fetch(ctx context.Context, to *result, first bool) rowsMsg {
	msg := rowsMsg{to: to, rd: rd}
	till := time.Now().Add(batchDelay)
	read := 0
	for {
		rows, err := rd.rows.Next(ctx)
		read += len(rows)
		if fail := rd.take(&msg, rows); fail != nil {
			err = fail
		}
		if rd.far != nil {
			msg.far = rd.far.count()
		}
		if err != nil {
			msg.end = true
			if !errors.Is(err, io.EOF) {
				msg.err = err
			}
			msg.stats = rd.rows.Stats()
			return msg
		}
		if msg.capped || first || rd.far == nil && read >= batchRows || time.Now().After(till) || ctx.Err() != nil {
			return msg
		}
	}
}

// take puts rows into memory as long as there is room, then into a spool.
func (rd *reading) take(msg *rowsMsg, rows []query.Row) error {
	most, heaviest := keepRows, keepBytes
	if rd.spooler != nil {
		most, heaviest = headRows, headBytes
	}
	n := 0
	for n < len(rows) && rd.far == nil && rd.kept < most && rd.bytes < heaviest {
		rd.bytes += weight(rows[n])
		rd.kept++
		n++
	}
	msg.batch = append(msg.batch, rows[:n]...)
	rest := rows[n:]
	switch {
	case len(rest) == 0:
		return nil
	case rd.spooler == nil:
		msg.capped = true
		return nil
	case rd.far == nil:
		s, err := rd.spooler.Spool(rd.rows.Columns())
		if err != nil {
			return err
		}
		rd.far = newFar(s)
	}
	return rd.far.add(rest)
}

// close gives the command that ends a statement nobody waits for.
func (rd *reading) close() tea.Cmd {
	if rd == nil || rd.rows == nil {
		return nil
	}
	return safely(func() tea.Msg {
		rd.rows.Close() // an error of a statement that was given up is of no use to anyone
		return nil
	})
}

// drop gives the command that lets go of a result's rows.
func (r *result) drop() tea.Cmd {
	r.stop(time.Time{})
	if r.grid == nil || r.grid.far == nil {
		return nil
	}
	f := r.grid.far
	return safely(func() tea.Msg {
		f.spool.Close() // what it holds is of no use any more
		return nil
	})
}

// stop gives up the statement if it runs. What it still brings is dropped.
func (r *result) stop(now time.Time) {
	if r.state != runBusy {
		return
	}
	r.cancel()
	r.state = runCancelled
	if !now.IsZero() {
		r.took = now.Sub(r.started)
	}
}

// received takes rows, and asks for more as long as there is room.
func (r *result) received(m *model, msg rowsMsg) tea.Cmd {
	if r.state != runBusy {
		return msg.rd.close()
	}
	if msg.rd.rows != nil && r.grid == nil {
		r.grid = newGrid(msg.rd.rows.Columns())
		if r.byTime {
			r.grid.col = max(slices.IndexFunc(r.grid.cols, isTime), 0)
		}
	}
	if len(msg.batch) > 0 {
		r.grid.add(msg.batch)
	}
	if msg.rd.far != nil {
		r.grid.far = msg.rd.far
		r.grid.far.shown = msg.far
	}
	switch {
	case msg.err != nil:
		r.state, r.err, r.took = runFailed, msg.err, m.clock().Sub(r.started)
	case msg.capped:
		r.state, r.took = runCapped, m.clock().Sub(r.started)
	case msg.end:
		r.state, r.stats, r.took = runDone, msg.stats, m.clock().Sub(r.started)
	default:
		rd, ctx := msg.rd, r.ctx
		return safely(func() tea.Msg { return rd.fetch(ctx, r, false) })
	}
	r.cancel()
	return tea.Batch(msg.rd.close(), m.sql.finished(m, r))
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

// over gives a statement over a result's own, for what needs rows that memory
// has not: the engine reads them again.
func (r *result) over(list, tail string) string {
	return "SELECT " + list + " FROM (\n" + strings.TrimRight(r.sent, " \n;") + "\n)" + tail
}
