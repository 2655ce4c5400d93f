package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"acme/telemetry/engine/query"
	"acme/telemetry/engine/query/trino"
)

// queryOptions is what `acme query` needs.
type queryOptions struct {
	sqlFlags
	file    string
	format  string
	limit   int64
	timeout time.Duration
	stats   bool
	batch   bool
	explain bool
	raw     bool
	engine  string
	trino   string
}

func (p *program) newQueryCmd() *cobra.Command {
	o := &queryOptions{}
	cmd := &cobra.Command{
		Use:   "query [SQL | -]",
		Short: "Run Athena SQL on the lake",
		Long: `query runs one statement of Athena SQL on the lake and prints its result.
The statement is an argument, a file (-f), or standard input (-). CREATE TABLE AS,
INSERT, UNLOAD, views, partitions and prepared statements change the lake; what they
change is kept in its _acme folder.

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
	f.StringVar(&o.format, "format", "table", "table, csv, tsv, json, jsonl, markdown or parquet")
	f.Int64Var(&o.limit, "limit", 0, "end the result after so many rows (0: no limit)")
	f.DurationVar(&o.timeout, "timeout", 0, "end the statement after this time (0: never)")
	o.add(f)
	f.BoolVar(&o.stats, "stats", false, "say on stderr what was read, as one line of JSON")
	f.BoolVar(&o.batch, "batch", false, `run JSON lines {"id","sql"} from stdin, one answer a line`)
	f.BoolVar(&o.explain, "explain", false, "print the DuckDB SQL and what would be read, and run nothing")
	f.StringVar(&o.engine, "engine", "duckdb", "who answers: duckdb, here, or trino, which gets the text as it is")
	f.StringVar(&o.trino, "trino", "", "address of the Trino server, with the catalog: http://127.0.0.1:8080/hive (default $ACME_TRINO_URL)")
	f.BoolVar(&o.raw, "raw", false, "csv: leave cells that a spreadsheet would run as formulas as they are")
	return cmd
}

func (p *program) runQuery(ctx context.Context, o *queryOptions, args []string) error {
	write, err := p.resultWriter(o.format, o.raw)
	if err != nil {
		return err
	}
	if err := o.check(); err != nil {
		return err
	}
	if o.format == "parquet" && isTerminal(p.stdout.w) {
		return withHint(exitUsage, "acme query --format parquet 'SELECT ...' > result.parquet", errors.New("--format parquet: bytes that are no text do not go to a terminal"))
	}
	switch {
	case o.engine != "duckdb" && o.engine != "trino":
		return usagef("--engine %s: must be duckdb or trino", o.engine)
	case o.engine == "trino" && (o.explain || o.ddl != ""):
		return usagef("--explain and --ddl are of the local engine: --engine trino has its own EXPLAIN and tables")
	case o.engine == "trino" && o.unnested == "whole":
		return usagef("--unnest-rows whole is of the local engine: a Trino makes a column of each field")
	case o.timeout < 0:
		return usagef("--timeout %s: must not be negative", o.timeout)
	case o.limit < 0:
		return usagef("--limit %d: must not be negative", o.limit)
	case o.batch && len(o.params) > 0:
		return usagef("--param is for one statement: a batch has EXECUTE ... USING")
	case o.batch && (len(args) > 0 || o.file != ""):
		return usagef("--batch reads its statements from standard input: give no other")
	case o.batch:
		return p.runBatch(ctx, o)
	}
	sql, err := p.readStatement(o.file, args)
	if err != nil {
		return err
	}
	p.sql = sql
	if o.explain {
		return p.explain(ctx, sql, &o.sqlFlags)
	}
	engine, err := p.queryEngine(ctx, o)
	if err != nil {
		return err
	}
	defer engine.Close()
	rows, err := engine.Query(ctx, query.Request{SQL: sql, Timeout: o.timeout, Limit: o.limit, Params: o.params, Service: true})
	if err != nil {
		return err
	}
	defer rows.Close()
	out := bufio.NewWriterSize(p.stdout, 1<<16)
	if len(rows.Columns()) == 0 {
		return nil // the statement changed something and has no result
	}
	if err := write(ctx, out, rows); err != nil {
		_ = out.Flush() // the rows before the failure; p.stdout knows of its own
		return err
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if o.engine == "trino" {
		return p.saySeen(rows.Stats(), o.stats)
	}
	if err := p.sayEmpty(ctx, sql, &o.sqlFlags, rows.Stats()); err != nil {
		return err
	}
	return p.saySeen(rows.Stats(), o.stats)
}

// queryEngine gives the engine that is asked for.
func (p *program) queryEngine(ctx context.Context, o *queryOptions) (query.Engine, error) {
	if o.engine == "duckdb" {
		return p.startEngine(ctx, &o.sqlFlags)
	}
	address := o.trino
	if address == "" {
		address = p.env["ACME_TRINO_URL"]
	}
	if address == "" {
		return nil, usagef("--engine trino: give its address with --trino or $ACME_TRINO_URL")
	}
	engine, err := trino.New(trino.Config{URL: address, Database: o.database})
	if err != nil {
		return nil, &codedError{code: exitUsage, err: err}
	}
	return engine, nil
}

// sayEmpty says why a statement read no object: the lake has none, its tables have none,
// or it asked for partitions that are not there. Athena's answer stands, and a typing
// error is more likely.
func (p *program) sayEmpty(ctx context.Context, sql string, o *sqlFlags, s query.Stats) error {
	switch {
	case s.Objects > 0:
		return nil
	case s.Pruned > 0:
		p.note("acme: no object was read: the predicates on partitions leave none of the %d that are there", s.PartitionsOf)
		return nil
	}
	st, err := p.openToAsk()
	if err != nil {
		return err
	}
	filled, err := lakeIsFilled(ctx, st)
	if err != nil {
		return err
	}
	plan, err := p.understand(ctx, sql, o)
	if err != nil || plan.Rows == nil || len(plan.Rows.Scans) == 0 {
		return nil // it has answered, and reads no table
	}
	if !filled {
		p.note("acme: there is nothing in the lake %s: %s", p.lakeName(), p.howToFill())
		return nil
	}
	said := map[string]bool{}
	for _, scan := range plan.Rows.Scans {
		if t := scan.Table; !scan.Listing && !said[t.Location] {
			said[t.Location] = true
			p.note("acme: no object was read: %s.%s has none at its LOCATION %s%s", t.Database, t.Name, t.Location, p.placeOf(t.Location))
		}
	}
	return nil
}

// placeOf says where in the lake an s3:// location lies, for a note; nothing of another.
func (p *program) placeOf(location string) string {
	rest, ok := strings.CutPrefix(location, "s3://")
	_, key, under := strings.Cut(rest, "/")
	if !ok || !under {
		return ""
	}
	return ", which is " + strings.TrimSuffix(p.lakeName(), "/") + "/" + key + " here: the lake stands for the bucket"
}

// readStatement gives the statement from the argument, a file, or standard input.
func (p *program) readStatement(file string, args []string) (string, error) {
	sql, err := p.readText(file, args)
	if err != nil {
		return "", err
	}
	if !utf8.ValidString(sql) {
		return "", usagef("read the statement: byte %d is not UTF-8", len(sql)-len(afterUTF8(sql))+1)
	}
	return strings.TrimPrefix(sql, "\ufeff"), nil // some editors begin a file so
}

// afterUTF8 gives what follows the valid beginning of s.
func afterUTF8(s string) string {
	for {
		r, size := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError && size < 2 {
			return s
		}
		s = s[size:]
	}
}

func (p *program) readText(file string, args []string) (string, error) {
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
	if s.Twice > 0 {
		p.note("acme: %d keys stand twice in their record, and the last is shown, as Trino does; Athena's guide has \"Duplicate key\" there: a failing query, or a row of NULLs with ignore.malformed.json", s.Twice)
	}
	if asJSON {
		return json.NewEncoder(p.stderr).Encode(s)
	}
	return nil
}

// statementArgs keeps a statement that begins with a comment, as '-- all' does,
// from being taken for a flag. The space before it moves no token of the statement:
// the comment is all there is on its line.
func statementArgs(args []string) []string {
	out := slices.Clone(args)
	for i, a := range out {
		rest, dashes := strings.CutPrefix(a, "--")
		if dashes && strings.ContainsAny(rest, " \t\n") && !flagLike(rest) {
			out[i] = " " + a
		}
	}
	return out
}

// flagLike says whether text after two dashes can be a flag: a name, and perhaps
// = and a value.
func flagLike(text string) bool {
	name, _, _ := strings.Cut(text, "=")
	return name != "" && !strings.ContainsAny(name, " \t\n\r")
}

// batchLine is one statement of a batch, and batchAnswer its answer.
type batchLine struct {
	ID  json.RawMessage
	SQL string
}

type batchAnswer struct {
	ID      json.RawMessage `json:"id"`
	Columns [][2]string     `json:"columns,omitempty"`
	Rows    *[][]any        `json:"rows,omitempty"`
	Error   *query.Error    `json:"error,omitempty"`
}

// runBatch runs statements that come as JSON lines, each on its own, in order.
// Every line gets an answer, so that the answers stay beside the lines; lines that
// are no statement make the exit a usage error, at the end.
func (p *program) runBatch(ctx context.Context, o *queryOptions) error {
	engine, err := p.queryEngine(ctx, o)
	if err != nil {
		return err
	}
	defer engine.Close()
	in := bufio.NewReader(p.stdin)
	out := json.NewEncoder(p.stdout)
	out.SetEscapeHTML(false)
	wrong := 0
	for n, more := 1, true; more; n++ {
		text, err := in.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read line %d of the batch: %w", n, err)
		}
		if more = err == nil; len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		line, refused := parseBatchLine(n, text)
		answer := batchAnswer{ID: line.ID, Error: refused}
		if refused != nil {
			wrong++
		} else if answer, err = runBatchLine(ctx, engine, o, line); err != nil {
			return err
		}
		if err := out.Encode(answer); err != nil {
			return err
		}
	}
	if wrong > 0 {
		return usagef("read the batch: %d lines are no statement", wrong)
	}
	return nil
}

// parseBatchLine reads line number n of a batch, or says why it is none.
func parseBatchLine(n int, text []byte) (batchLine, *query.Error) {
	var fields struct {
		ID  json.RawMessage `json:"id"`
		SQL *string         `json:"sql"`
	}
	if err := json.Unmarshal(text, &fields); err != nil || fields.SQL == nil {
		return batchLine{ID: fields.ID}, &query.Error{
			Name: "INVALID_REQUEST", Message: fmt.Sprintf(`line %d of the batch is not {"id": ..., "sql": "..."}`, n),
		}
	}
	return batchLine{ID: fields.ID, SQL: *fields.SQL}, nil
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
	var narrow []func(any) any
	for _, c := range rows.Columns() {
		answer.Columns = append(answer.Columns, [2]string{c.Name, c.Type})
		narrow = append(narrow, narrower(c))
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
				wire[i] = wireValue(narrow[i](v))
			}
			all = append(all, wire)
		}
	}
}

// explain prints what a statement becomes.
func (p *program) explain(ctx context.Context, sql string, o *sqlFlags) error {
	plan, err := p.understand(ctx, sql, o)
	if err != nil {
		return err
	}
	if plan.Rows == nil {
		_, err = fmt.Fprintf(p.stdout, "-- %s reads nothing\n", plan.What)
		return err
	}
	tr := plan.Rows
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
