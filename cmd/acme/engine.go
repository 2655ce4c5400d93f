package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"acme/telemetry/engine/dialect"
	"acme/telemetry/engine/lake"
	"acme/telemetry/engine/query"
	"acme/telemetry/engine/query/duckdb"
	"acme/telemetry/engine/store"
	"acme/telemetry/engine/tables"
	"acme/telemetry/schema"
	"acme/telemetry/sql"
)

// queryWorkerVerb is the hidden verb under which this program is its own query
// worker: the process that DuckDB runs in.
const queryWorkerVerb = "__query"

const defaultDatabase = schema.TelemetryDatabase

// engineName says who answers, for the report's readers.
const engineName = "DuckDB 1.5.6, as Athena engine v3"

// serveQueries is the query worker.
func serveQueries(stdin io.Reader, stdout io.Writer) int {
	return duckdb.Serve(stdin, stdout, func(c duckdb.Config) (duckdb.Deps, error) {
		st, err := workerStore(c)
		if err != nil {
			return duckdb.Deps{}, fmt.Errorf("open the lake: %w", err)
		}
		return duckdb.Deps{Store: st, Ledger: lake.NewLedger(st), Now: catalogNow(st)}, nil
	})
}

// workerStore opens the lake for the query worker: a folder, or what the program lends
// it of a bucket.
func workerStore(c duckdb.Config) (store.Store, error) {
	if c.View == "" {
		return store.Open(c.Lake)
	}
	return store.Borrow(c.Lake, c.View, os.NewFile(duckdb.LentAnswers, "answers"), os.NewFile(duckdb.LentQuestions, "questions")), nil
}

// catalogNow gives what statements have made of the lake's catalog, and what they
// are still writing, each time it is called.
func catalogNow(st store.Store) func(context.Context, dialect.Catalog) (dialect.Catalog, map[string]bool, error) {
	var catalog *tables.Catalog
	return func(ctx context.Context, base dialect.Catalog) (dialect.Catalog, map[string]bool, error) {
		if catalog == nil {
			catalog = tables.NewCatalog(st, base)
		}
		now, err := catalog.Now(ctx)
		if err != nil {
			return nil, nil, err
		}
		unfinished, err := tables.Unfinished(ctx, st, now)
		return now, unfinished, err
	}
}

// startEngine starts an engine for every statement: the query worker answers, and
// this process does what changes the lake.
func (p *program) startEngine(ctx context.Context, o *sqlFlags) (query.Engine, error) {
	base, err := p.catalog(o) // the worker would refuse it too, and could not show the place
	if err != nil {
		return nil, err
	}
	st, err := p.openToAsk()
	if err != nil {
		return nil, err
	}
	reader, err := p.startReader(ctx, o, st)
	if err != nil {
		return nil, err
	}
	opt := o.options(nil)
	return tables.NewEngine(tables.Config{
		Store: st, Catalog: tables.NewCatalog(st, base), Reader: reader,
		Database: opt.Database, Level: opt.Level, Doubles: opt.Doubles, WholeRows: opt.WholeRows, Temp: p.spillFolder(),
	}), nil
}

// startReader starts the query worker on the lake.
func (p *program) startReader(ctx context.Context, o *sqlFlags, st store.Store) (query.Engine, error) {
	ddl, err := readDDL(o.ddl)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("start the query worker: find this program: %w", err)
	}
	lender, _ := st.(duckdb.Lender)
	opt := o.options(nil)
	engine, err := duckdb.Start(ctx, duckdb.Config{
		Lake: st.URI(), Lender: lender, DDL: ddl,
		Database: opt.Database, Level: opt.Level, Doubles: opt.Doubles, WholeRows: opt.WholeRows,
		Spill:   p.spillFolder(),
		Threads: cores(), // as many as the generator and the exporter take
		Command: []string{self, queryWorkerVerb},
	})
	if err != nil {
		return nil, fmt.Errorf("start the query worker: %w", err)
	}
	return engine, nil
}

// spillFolder gives where the engine may spill: under the user's cache, or where
// that cannot be written, as in a container without a home, in the system's folder
// for temporary files, which the engine takes for an empty name.
func (p *program) spillFolder() string {
	dir := filepath.Join(p.userFolder("XDG_CACHE_HOME", ".cache"), "acme", "spill")
	probe := ""
	err := os.MkdirAll(dir, 0o700)
	if err == nil {
		probe, err = os.MkdirTemp(dir, "probe-")
	}
	if err != nil {
		p.detail("acme: the engine spills to %s: %v", os.TempDir(), err)
		return ""
	}
	_ = os.Remove(probe) // empty, and a sweep's business at worst
	return dir
}

// catalog parses the tables' DDL.
func (p *program) catalog(o *sqlFlags) (dialect.Catalog, error) {
	ddlFile := o.ddl
	ddl, err := readDDL(ddlFile)
	if err != nil {
		return nil, err
	}
	statements, err := dialect.ParseDDL(ddl)
	if err != nil {
		return nil, p.refuseDDL(ddlFile, ddl, err)
	}
	c, err := dialect.NewCatalogAt(o.level, o.database, statements...)
	if err != nil {
		return nil, p.refuseDDL(ddlFile, ddl, err)
	}
	return c, nil
}

// refuseDDL is the error of a file of DDL; the caret under it goes into the file.
func (p *program) refuseDDL(file, ddl string, err error) error {
	var e *dialect.Error
	if !errors.As(err, &e) {
		return fmt.Errorf("read the tables' DDL %s: %w", file, err)
	}
	p.sql = ddl
	return fmt.Errorf("read the tables' DDL %s: %w", file, duckdb.QueryError(e))
}

// readDDL gives a file of DDL, or the lake's own.
func readDDL(file string) (string, error) {
	if file != "" {
		src, err := os.ReadFile(file)
		if err != nil {
			return "", usagef("read the tables' DDL: %w", err)
		}
		return strings.TrimPrefix(string(src), "\ufeff"), nil
	}
	files, err := fs.Glob(sql.Files, "ddl/*.sql")
	if err != nil {
		return "", fmt.Errorf("read the tables' DDL: %w", err)
	}
	var b strings.Builder
	for _, name := range files {
		src, err := sql.Files.ReadFile(name)
		if err != nil {
			return "", fmt.Errorf("read the tables' DDL: %w", err)
		}
		b.WriteString(strings.TrimRight(strings.TrimSpace(string(src)), ";"))
		b.WriteString(";\n")
	}
	return b.String(), nil
}
