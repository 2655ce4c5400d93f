package tables

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"acme/telemetry/engine/dialect"
	"acme/telemetry/engine/query"
	"acme/telemetry/engine/serde"
	"acme/telemetry/engine/store"
)

// Config says what an Engine works with.
type Config struct {
	Store   store.Store
	Catalog *Catalog
	// Reader gives rows; it must know the same catalog.
	Reader query.Engine
	// Database, Level, Doubles and WholeRows are as the reader has them.
	Database           string
	Level              int
	Doubles, WholeRows bool
	// Temp is the folder under which parts are encoded; the system's where empty.
	Temp string
}

// Engine answers every statement of Athena SQL: what only reads it hands to another
// engine, what changes tables it does.
type Engine struct{ c Config }

// NewEngine gives an engine before another, which it closes with itself.
func NewEngine(c Config) *Engine { return &Engine{c} }

// Close ends the engine and the one behind it.
func (e *Engine) Close() error { return e.c.Reader.Close() }

// Query runs a statement. One that changes tables is done when Query returns; its
// rows are the count of what it wrote, and none where it writes none.
func (e *Engine) Query(ctx context.Context, r query.Request) (query.Rows, error) {
	if dialect.IsQuery(r.SQL) {
		return e.c.Reader.Query(ctx, r)
	}
	started := time.Now()
	plan, err := e.understand(ctx, r)
	if err != nil {
		return nil, err
	}
	if !plan.Effect {
		return e.c.Reader.Query(ctx, r)
	}
	if r.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, r.Timeout, &query.Error{Name: "TIMEOUT", Message: fmt.Sprintf("the statement was ended after %s", r.Timeout)})
		defer cancel()
	}
	answer, err := e.effect(ctx, plan, r)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil && errors.Is(err, ctx.Err()) {
			err = cause
		}
		return nil, worded(err)
	}
	answer.stats.Elapsed = time.Since(started)
	return answer, nil
}

// worded gives the dialect's errors as query's.
func worded(err error) error {
	var e *dialect.Error
	if errors.As(err, &e) {
		return &query.Error{Name: e.Name, Message: e.Message, Line: e.Line, Column: e.Column, Hint: e.Hint}
	}
	return err
}

// understand plans a statement over the catalog as it now is.
func (e *Engine) understand(ctx context.Context, r query.Request) (*dialect.Plan, error) {
	now, err := e.c.Catalog.Now(ctx)
	if err != nil {
		return nil, err
	}
	plan, err := dialect.Understand(r.SQL, e.options(r, now))
	return plan, worded(err)
}

func (e *Engine) options(r query.Request, c dialect.Catalog) dialect.Options {
	database := r.Database
	if database == "" {
		database = e.c.Database
	}
	return dialect.Options{Database: database, Catalog: c, Level: e.c.Level, Doubles: e.c.Doubles, WholeRows: e.c.WholeRows, Params: r.Params, Hive: r.Service, Rows: true}
}

// effect does a statement.
func (e *Engine) effect(ctx context.Context, plan *dialect.Plan, r query.Request) (*answer, error) {
	switch {
	case plan.Rows == nil:
		return &answer{}, e.change(ctx, r, nil)
	case plan.Exists:
		return counted(0), nil
	}
	now, err := e.c.Catalog.Now(ctx)
	if err != nil {
		return nil, err
	}
	if err := sweep(ctx, e.c.Store, now, time.Now()); err != nil {
		return nil, err
	}
	return e.write(ctx, plan, r, now)
}

// change makes a new version of the catalog with the statement in it. place is where
// a table lies that has been written.
func (e *Engine) change(ctx context.Context, r query.Request, place *string) error {
	return e.c.Catalog.Change(ctx, func(m *dialect.Metastore) (*dialect.Metastore, error) {
		plan, err := dialect.Understand(r.SQL, e.options(r, m))
		if err != nil {
			return nil, err
		}
		if plan.Exists {
			return m, nil
		}
		if place != nil {
			plan.Table.Location = *place
		}
		return m.Apply(plan)
	})
}

// write does CREATE TABLE AS, INSERT and UNLOAD.
func (e *Engine) write(ctx context.Context, plan *dialect.Plan, r query.Request, now *dialect.Metastore) (*answer, error) {
	id, err := newID()
	if err != nil {
		return nil, err
	}
	_, isInsert := plan.Statement.(*dialect.Insert)
	create, isCreate := plan.Statement.(*dialect.CreateTableAs)
	var prefix string
	if !isInsert {
		prefix, err = e.place(ctx, plan, now, id)
	} else if err = writable(plan.Table); err == nil {
		prefix, err = keyPrefix(ctx, e.c.Store, plan.Format.Location)
	}
	if err != nil {
		return nil, err
	}
	w, err := newWriting(e.c.Store, plan, e.c.Temp, id, prefix)
	if err != nil {
		return nil, err
	}
	defer w.drop()
	out := &answer{}
	if !isCreate || !create.NoData {
		if out.stats, err = e.read(ctx, w, r); err != nil {
			return nil, err
		}
	}
	if err := w.finish(); err != nil {
		return nil, err
	}
	n := note{}
	if isCreate {
		n.Database, n.Table, n.Location = plan.Table.Database, plan.Table.Name, plan.Format.Location
	}
	if err := w.publish(ctx, n); err != nil {
		return nil, err
	}
	if err := e.complete(context.WithoutCancel(ctx), w, r); err != nil {
		return nil, err
	}
	stats := out.stats
	out = counted(w.rows)
	stats.Rows = 1
	out.stats = stats
	return out, nil
}

// complete makes visible what has been put, in the catalog and in the lake. It is not
// to be ended half way.
func (e *Engine) complete(ctx context.Context, w *writing, r query.Request) error {
	_, isInsert := w.plan.Statement.(*dialect.Insert)
	if _, isCreate := w.plan.Statement.(*dialect.CreateTableAs); isCreate {
		if err := e.change(ctx, r, &w.plan.Format.Location); err != nil {
			return errors.Join(err, w.retract(ctx))
		}
	}
	if isInsert && len(w.plan.Table.Removed) > 0 { // a partition that is written to is there again
		restore := func(m *dialect.Metastore) (*dialect.Metastore, error) {
			return m.Restore(w.plan.Table.Database, w.plan.Table.Name, w.partitions()), nil
		}
		if err := e.c.Catalog.Change(ctx, restore); err != nil {
			return errors.Join(err, w.retract(ctx))
		}
	}
	return w.settle(ctx)
}

// read takes the rows that a statement writes from the reader.
func (e *Engine) read(ctx context.Context, w *writing, r query.Request) (query.Stats, error) {
	r.Written, r.Limit = true, 0
	rows, err := e.c.Reader.Query(ctx, r)
	if err != nil {
		return query.Stats{}, err
	}
	defer rows.Close()
	if got, want := len(rows.Columns()), len(w.plan.Table.Columns)+len(w.plan.Table.Partitions); got != want {
		return query.Stats{}, fmt.Errorf("the engine gives %d columns to be written and %d were planned: the catalog has changed meanwhile", got, want)
	}
	err = w.take(ctx, rows)
	return rows.Stats(), err
}

// place finds the prefix under which a new table or UNLOAD puts its objects: there must be none.
func (e *Engine) place(ctx context.Context, plan *dialect.Plan, now *dialect.Metastore, id string) (prefix string, err error) {
	if plan.Format.Location == "" {
		plan.Format.Location = "s3://" + bucketOf(now) + "/tables/" + id + "/"
	}
	if !strings.HasSuffix(plan.Format.Location, "/") {
		plan.Format.Location += "/"
	}
	prefix, err = keyPrefix(ctx, e.c.Store, plan.Format.Location)
	if err != nil {
		return "", err
	}
	if prefix == "" || serde.Hidden(prefix) {
		return "", &query.Error{Name: "INVALID_TABLE_PROPERTY", Message: fmt.Sprintf("the location %s cannot be written to", plan.Format.Location), Hint: "name a folder that does not begin with _ or ."}
	}
	for info, err := range e.c.Store.List(ctx, prefix) {
		if err != nil {
			return "", fmt.Errorf("looking whether %s is empty: %w", plan.Format.Location, err)
		}
		name := "unload"
		if plan.Table.Database != "" {
			name = plan.Table.Database + "." + plan.Table.Name
		}
		return "", &query.Error{
			Name: "HIVE_PATH_ALREADY_EXISTS", Message: fmt.Sprintf("Target directory for table '%s' already exists: %s", name, plan.Format.Location),
			Hint: fmt.Sprintf("there is %s: take another location, or delete what is there", info.Key),
		}
	}
	return prefix, nil
}

// bucketOf gives the bucket that the lake stands for in its tables' locations.
func bucketOf(c dialect.Catalog) string {
	for _, db := range c.Databases() {
		for _, name := range c.Tables(db) {
			if bucket, _, ok := strings.Cut(strings.TrimPrefix(c.Table(db, name).Location, "s3://"), "/"); ok && bucket != "" {
				return bucket
			}
		}
	}
	return "lake"
}

// writable refuses an INSERT into a table whose objects this package cannot write.
func writable(t *dialect.Table) error {
	ok := t.Format == "PARQUET"
	switch t.SerDe {
	case "org.openx.data.jsonserde.JsonSerDe", "org.apache.hive.hcatalog.data.JsonSerDe":
		ok = true
	case "", "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe": // what Hive takes where none is named
		ok = ok || t.Format == "TEXTFILE" && t.SerDeProperties["escape.delim"] == "" && len(t.SerDeProperties["field.delim"]) <= 1
	}
	if !ok {
		return &query.Error{
			Name: "NOT_SUPPORTED", Message: fmt.Sprintf("INSERT into %s.%s, a table of %s (%s), is not supported by the local engine", t.Database, t.Name, t.Format, t.SerDe),
			Hint: "it writes Parquet, JSON and text without escapes",
		}
	}
	if why, hint := unreadable(t); why != "" {
		return &query.Error{Name: "NOT_SUPPORTED", Message: fmt.Sprintf("INSERT into %s.%s, %s, is not supported by the local engine", t.Database, t.Name, why), Hint: hint}
	}
	return nil
}

// unreadable says what of a table's properties would hide or change rows that are
// written as everywhere else; empty where nothing does.
func unreadable(t *dialect.Table) (why, hint string) {
	for _, properties := range []map[string]string{t.TableProperties, t.SerDeProperties} {
		if n := strings.TrimSpace(properties["skip.header.line.count"]); n != "" && n != "0" && t.Format != "PARQUET" {
			return "whose objects begin with header lines (skip.header.line.count)", "the first rows would be taken for headers: CREATE TABLE AS makes a table without them"
		}
		for key := range properties {
			if strings.HasPrefix(strings.ToLower(key), "mapping.") {
				return "whose columns have other keys (" + key + ")", "CREATE TABLE AS makes a table without a mapping"
			}
		}
	}
	for _, key := range []string{"field.delim", "escape.delim", "collection.delim", "mapkey.delim", "serialization.null.format"} {
		if _, there := t.TableProperties[key]; there && t.Format == "TEXTFILE" {
			return "whose lines are read as TBLPROPERTIES say (" + key + ")", "CREATE TABLE AS makes a table without them"
		}
	}
	for _, key := range []string{"collection.delim", "colelction.delim", "mapkey.delim", "timestamp.formats", "serialization.last.column.takes.rest"} {
		if v, there := t.SerDeProperties[key]; there && (t.Format == "TEXTFILE" || key == "timestamp.formats" && t.Format == "JSON") && v != "\x02" && v != "\x03" {
			return "whose lines have separators or times of their own (" + key + ")", "CREATE TABLE AS makes a table without them"
		}
	}
	switch format, own := t.SerDeProperties["serialization.format"], t.SerDeProperties["field.delim"]; {
	case t.Format == "TEXTFILE" && own == "" && format != "" && format != "1":
		return "whose fields are separated as serialization.format says", "name the separator: FIELDS TERMINATED BY"
	case len(t.BucketedBy) > 0:
		return "a bucketed table", "Athena does not insert into one either"
	case t.Projected() && t.TableProperties["storage.location.template"] != "":
		return "whose partitions lie by a template", ""
	}
	return "", ""
}

// answer is the result of a statement that this package has done.
type answer struct {
	columns []query.Column
	rows    []query.Row
	stats   query.Stats
}

// counted is the answer of a statement that wrote n rows.
func counted(n int64) *answer {
	return &answer{columns: []query.Column{{Name: "rows", Type: "bigint"}}, rows: []query.Row{{n}}, stats: query.Stats{Rows: 1}}
}

func (a *answer) Columns() []query.Column { return a.columns }
func (a *answer) Stats() query.Stats      { return a.stats }
func (a *answer) Close() error            { return nil }

func (a *answer) Next(context.Context) ([]query.Row, error) {
	if len(a.rows) == 0 {
		return nil, io.EOF
	}
	out := a.rows
	a.rows = nil
	return out, nil
}
