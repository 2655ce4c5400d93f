package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"acme/telemetry/engine/query"
)

// queryOptions is what `acme query` needs.
type queryOptions struct {
	file    string
	format  string
	limit   int64
	timeout time.Duration
	ddl     string
	stats   bool
	batch   bool
	explain bool
	raw     bool
}

func (p *program) newQueryCmd() *cobra.Command {
	o := &queryOptions{}
	cmd := &cobra.Command{
		Use:   "query [SQL | -]",
		Short: "Run Athena SQL on the lake",
		Long: `query runs one statement of Athena SQL on the lake and prints its result.
The statement is an argument, a file (-f), or standard input (-).

What Athena would refuse is refused with Athena's error; what this program does
not know yet is refused too, with the place. There is no answer that Athena would
not give.`,
		Example: `  acme query 'SELECT quality, count(*) FROM video_telemetry_json GROUP BY quality'
  acme query -f sql/report/devices.sql --format csv`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.runQuery(cmd.Context(), o, args)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&o.file, "file", "f", "", "read the statement from a file")
	f.StringVar(&o.format, "format", "table", "table, csv, tsv, json, jsonl or markdown")
	f.Int64Var(&o.limit, "limit", 0, "end the result after so many rows (0: no limit)")
	f.DurationVar(&o.timeout, "timeout", 0, "end the statement after this time (0: never)")
	f.StringVar(&o.ddl, "ddl", "", "take the tables from a file of Hive DDL instead of the lake's own")
	f.BoolVar(&o.stats, "stats", false, "say on stderr what was read, as one line of JSON")
	f.BoolVar(&o.batch, "batch", false, `run JSON lines {"id","sql"} from stdin, one answer a line`)
	f.BoolVar(&o.explain, "explain", false, "print the DuckDB SQL and what would be read, and run nothing")
	f.BoolVar(&o.raw, "raw", false, "csv: leave cells that a spreadsheet would run as formulas as they are")
	return cmd
}

func (p *program) runQuery(ctx context.Context, o *queryOptions, args []string) error {
	write, err := resultWriter(o.format, o.raw)
	if err != nil {
		return err
	}
	if o.batch {
		return p.runBatch(ctx, o)
	}
	sql, err := p.readStatement(o.file, args)
	if err != nil {
		return err
	}
	p.sql = sql
	if o.explain {
		return p.explain(sql, o.ddl)
	}
	engine, err := p.startEngine(ctx, o.ddl)
	if err != nil {
		return err
	}
	defer engine.Close()
	rows, err := engine.Query(ctx, query.Request{SQL: sql, Timeout: o.timeout, Limit: o.limit})
	if err != nil {
		return err
	}
	defer rows.Close()
	out := bufio.NewWriterSize(p.stdout, 1<<16)
	if err := write(ctx, out, rows); err != nil {
		return errors.Join(err, out.Flush())
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	return p.saySeen(rows.Stats(), o.stats)
}

// readStatement gives the statement from the argument, a file, or standard input.
func (p *program) readStatement(file string, args []string) (string, error) {
	switch {
	case file != "" && len(args) > 0:
		return "", usagef("give the statement either as an argument or with -f, not both")
	case file != "" && file != "-":
		src, err := os.ReadFile(file)
		if err != nil {
			return "", usagef("read the statement: %w", err)
		}
		return string(src), nil
	case file == "-", len(args) == 1 && args[0] == "-":
		src, err := io.ReadAll(p.stdin)
		if err != nil {
			return "", fmt.Errorf("read the statement from standard input: %w", err)
		}
		return string(src), nil
	case len(args) == 1:
		return args[0], nil
	default:
		return "", usagef("no statement: give it as an argument, with -f FILE, or - for standard input")
	}
}

// saySeen tells on stderr what a person must know about a result: that it was
// cut, and that the objects hold more than Athena sees.
func (p *program) saySeen(s query.Stats, asJSON bool) error {
	if s.Truncated {
		p.note("acme: the result was cut after %d rows (--limit)", s.Rows)
	}
	if s.Unseen > 0 {
		p.note("acme: Athena does not see %d records in these objects: they stand behind the first of their line (acme inspect shows where)", s.Unseen)
	}
	if s.Malformed > 0 {
		p.note("acme: %d malformed lines count as rows of NULLs", s.Malformed)
	}
	if asJSON {
		return json.NewEncoder(p.stderr).Encode(s)
	}
	return nil
}

// batchLine is one statement of a batch, and batchAnswer its answer.
type batchLine struct {
	ID  json.RawMessage `json:"id"`
	SQL string          `json:"sql"`
}

type batchAnswer struct {
	ID      json.RawMessage `json:"id"`
	Columns [][2]string     `json:"columns,omitempty"`
	Rows    *[][]any        `json:"rows,omitempty"`
	Error   *query.Error    `json:"error,omitempty"`
}

// runBatch runs statements that come as JSON lines, each on its own, in order.
func (p *program) runBatch(ctx context.Context, o *queryOptions) error {
	engine, err := p.startEngine(ctx, o.ddl)
	if err != nil {
		return err
	}
	defer engine.Close()
	in := json.NewDecoder(p.stdin)
	out := json.NewEncoder(p.stdout)
	out.SetEscapeHTML(false)
	for n := 1; ; n++ {
		var line batchLine
		if err := in.Decode(&line); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return usagef("read statement %d of the batch: %w", n, err)
		}
		answer, err := runBatchLine(ctx, engine, o, line)
		if err != nil {
			return err
		}
		if err := out.Encode(answer); err != nil {
			return fmt.Errorf("write answer %d of the batch: %w", n, err)
		}
	}
}

func runBatchLine(ctx context.Context, engine query.Engine, o *queryOptions, line batchLine) (batchAnswer, error) {
	answer := batchAnswer{ID: line.ID}
	fail := func(err error) (batchAnswer, error) {
		var sqlErr *query.Error
		if errors.As(err, &sqlErr) {
			return batchAnswer{ID: line.ID, Error: sqlErr}, nil
		}
		return answer, err
	}
	rows, err := engine.Query(ctx, query.Request{SQL: line.SQL, Timeout: o.timeout, Limit: o.limit})
	if err != nil {
		return fail(err)
	}
	defer rows.Close()
	for _, c := range rows.Columns() {
		answer.Columns = append(answer.Columns, [2]string{c.Name, c.Type})
	}
	all := [][]any{}
	for {
		batch, err := rows.Next(ctx)
		if errors.Is(err, io.EOF) {
			answer.Rows = &all
			return answer, nil
		}
		if err != nil {
			return fail(err)
		}
		for _, row := range batch {
			wire := make([]any, len(row))
			for i, v := range row {
				wire[i] = wireValue(v)
			}
			all = append(all, wire)
		}
	}
}

// explain prints what a statement becomes.
func (p *program) explain(sql, ddl string) error {
	tr, err := p.translate(sql, ddl)
	if err != nil {
		return err
	}
	var b strings.Builder
	b.WriteString(tr.SQL)
	b.WriteString("\n")
	for _, s := range tr.Scans {
		fmt.Fprintf(&b, "-- %s reads %s.%s (%s)", s.Relation, s.Table.Database, s.Table.Name, strings.Join(s.Columns, ", "))
		if s.Filter != "" {
			fmt.Fprintf(&b, " from partitions where %s", s.Filter)
		}
		b.WriteString("\n")
	}
	_, err = io.WriteString(p.stdout, b.String())
	return err
}
