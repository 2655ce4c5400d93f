package tui

import (
	"context"
	"io"
	"slices"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"acme/telemetry/engine/query"
	"acme/telemetry/engine/report"
)

// askExport asks where the result is to be written.
func (m *model) askExport() tea.Cmd {
	r := m.sql.result
	formats := m.cfg.Exporter.Formats()
	return m.openAsk(&ask{
		title: "Export the result", label: "file", text: m.freeName("result", ".csv"),
		hint: "Its ending says the format: " + strings.Join(formats, ", ") + ". " + r.exports(),
		done: func(m *model, name string) (tea.Cmd, string) {
			name = strings.TrimSpace(name)
			if name == "" {
				return nil, "give it a name"
			}
			for _, f := range formats {
				if strings.HasSuffix(strings.ToLower(name), "."+f) {
					return m.export(r, name), ""
				}
			}
			return nil, "the ending must be one of " + strings.Join(formats, ", ")
		},
	})
}

// freeName gives a file's name that no export of this run was given: what is there already
// is never replaced.
func (m *model) freeName(stem, ending string) string {
	name := stem + ending
	for n := 2; slices.ContainsFunc(m.jobs.list, func(j *job) bool { return j.kind == "export" && j.target == name }); n++ {
		name = stem + "-" + strconv.Itoa(n) + ending
	}
	return name
}

// exports says which rows go to the file.
func (r *result) exports() string {
	const rows = "Rows that are written: "
	switch g := r.grid; {
	case r.state != runDone || r.stats.Truncated:
		return rows + "all; the statement runs again for it."
	case g.part:
		return rows + "the " + report.Count(int64(g.count())) + " of " + report.Count(int64(g.total())) + " that the filter shows."
	case g.order != nil:
		return rows + "all " + report.Count(int64(g.total())) + ", in the order shown."
	default:
		return rows + "all " + report.Count(int64(g.total())) + "."
	}
}

// rowsOf is a number of rows in words.
func rowsOf(n int) string {
	if n == 1 {
		return "1 row"
	}
	return report.Count(int64(n)) + " rows"
}

// export writes a result: the rows that are kept if those are all, else the
// statement is run again and its rows go to the file as they come.
func (m *model) export(r *result, name string) tea.Cmd {
	e, q, request := m.cfg.Exporter, m.cfg.Querier, r.request
	var kept *keptRows
	if g := r.grid; r.state == runDone && !r.stats.Truncated {
		kept = &keptRows{cols: g.cols, rows: g.rows, order: g.order, far: g.far}
	}
	run := func(ctx context.Context, tell func(Progress), _ func(string)) error {
		var rows query.Rows = kept
		if kept == nil {
			var err error
			if rows, err = q.Query(ctx, request); err != nil {
				return err
			}
		}
		defer rows.Close()
		total := 0
		if kept != nil {
			total = kept.total()
		}
		return exportRows(ctx, e, name, rows, int64(total), tell)
	}
	j := &job{kind: "export", target: name, run: run}
	if kept == nil || kept.order == nil && r.title == "" { // the statement alone gives these rows
		j.begun = Begun{File: name, SQL: request.SQL, Catalog: request.Database}
	}
	return m.startJob(j)
}

// exportRows writes rows to a file; total is how many there are, zero where that is
// not known.
func exportRows(ctx context.Context, e Exporter, name string, rows query.Rows, total int64, tell func(Progress)) error {
	_, err := e.Export(ctx, name, rows, func(done, bytes int64) {
		tell(Progress{Step: "write " + name, Done: done, Total: total, Unit: "rows", Bytes: bytes})
	})
	return err
}

// keptRows reads a result that is kept as query.Rows: the rows in memory, in the
// order on the screen, then those in the spool.
type keptRows struct {
	cols  []query.Column
	rows  []query.Row
	order []int32
	far   *far
	at    int
}

func (k *keptRows) total() int {
	if k.order != nil {
		return len(k.order)
	}
	n := len(k.rows)
	if k.far != nil {
		n += k.far.count()
	}
	return n
}

func (k *keptRows) Columns() []query.Column { return k.cols }

func (k *keptRows) Next(ctx context.Context) ([]query.Row, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	const step = 4096
	n := min(k.total()-k.at, step)
	if n <= 0 {
		return nil, io.EOF
	}
	var out []query.Row
	switch {
	case k.order != nil:
		for _, i := range k.order[k.at : k.at+n] {
			out = append(out, k.rows[i])
		}
	case k.at < len(k.rows):
		out = k.rows[k.at:min(k.at+n, len(k.rows))]
	default:
		var err error
		if out, err = k.far.spool.Window(k.at-len(k.rows), n); err != nil {
			return nil, err
		}
		if len(out) == 0 {
			return nil, io.ErrUnexpectedEOF
		}
	}
	k.at += len(out)
	return out, nil
}

func (k *keptRows) Stats() query.Stats { return query.Stats{Rows: int64(k.at)} }
func (k *keptRows) Close() error       { return nil }

// exported says what a finished export did.
func (j *job) exported() string {
	return "wrote " + rowsOf(int(j.progress().Done)) + " to " + j.target
}
