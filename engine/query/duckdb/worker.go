package duckdb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	duck "github.com/duckdb/duckdb-go-bindings"

	"acme/telemetry/engine/dialect"
	"acme/telemetry/engine/floattext"
	"acme/telemetry/engine/query"
	"acme/telemetry/engine/serde"
	"acme/telemetry/engine/store"
)

// worker is one DuckDB with its cache. It runs one statement at a time.
type worker struct {
	config  Config
	deps    Deps
	session *session
	gate    *gate
	scans   *scanTable
	cache   *cache
	vault   *vault
	footers map[string]footer // of Parquet objects that were found right
	spill   string
	note    func(key string) // told of each object before it is read
	broken  bool             // DuckDB said that nothing it holds can be used any more
}

// sink takes a result as it comes. An error of its ends the statement.
type sink interface {
	columns([]query.Column) error
	rows([]query.Row) error
}

// newWorker gives a new DuckDB the dialect's functions and locks it. It closes
// the session where it fails.
func newWorker(c Config, d Deps, s *session, spill string) (*worker, error) {
	d, err := d.withDefaults(c)
	if err != nil {
		s.close()
		return nil, fmt.Errorf("making the catalog: %w", err)
	}
	w := &worker{
		config: c, deps: d, session: s, spill: spill,
		scans: &scanTable{scans: map[int64]*scan{}}, vault: &vault{store: d.Store, ledger: d.Ledger},
		footers: map[string]footer{},
	}
	w.cache = &cache{session: s, scans: w.scans, budget: c.Cache, tables: map[string]*cached{}}
	if err := w.setup(); err != nil {
		s.close()
		return nil, err
	}
	return w, nil
}

func (w *worker) close() { w.session.close() }

// setup makes the session what every statement finds. Order matters: the list
// of folders cannot be set once access is off, and nothing once it is locked.
func (w *worker) setup() error {
	own := []string{}
	if err := w.session.registerScan(w.scans); err != nil {
		return err
	}
	functions := dialect.Functions()
	if err := w.session.registerScalars(functions...); err != nil {
		return err
	}
	for _, f := range functions {
		own = append(own, f.Name)
	}
	// All at once in one transaction: DuckDB takes a millisecond for each other one.
	prelude := dialect.Prelude()
	script := strings.Join(slices.Concat([]string{"BEGIN"}, prelude, []string{"COMMIT"}), ";\n")
	for _, statement := range slices.Concat(w.settings(), []string{script}, w.locks()) {
		if err := w.session.exec(statement); err != nil {
			return fmt.Errorf("setting DuckDB up with %q: %w", firstLine(statement), err)
		}
	}
	w.gate = newGate(w.session, own, prelude)
	return nil
}

func (w *worker) settings() []string {
	return []string{
		"SET autoinstall_known_extensions = false",
		"SET autoload_known_extensions = false",
		"SET allow_community_extensions = false",
		"SET allow_persistent_secrets = false",
		"SET temp_directory = " + quoteText(w.spill),
		"SET max_temp_directory_size = '2GB'",
		fmt.Sprintf("SET memory_limit = '%dB'", w.config.Memory),
		fmt.Sprintf("SET threads = %d", w.config.Threads),
		"SET preserve_insertion_order = false",
		"SET TimeZone = 'UTC'",
		"SET parquet_metadata_cache = true",
	}
}

func (w *worker) locks() []string {
	folders := []string{quoteText(withSlash(w.spill))}
	if local, ok := w.deps.Store.(store.Local); ok {
		if root, ok := lakeRoot(local); ok {
			folders = append(folders, quoteText(withSlash(root)))
		}
	}
	return []string{
		"SET allowed_directories = [" + strings.Join(folders, ", ") + "]",
		"SET enable_external_access = false",
		"SET lock_configuration = true",
	}
}

func withSlash(dir string) string {
	return strings.TrimSuffix(dir, string(os.PathSeparator)) + string(os.PathSeparator)
}

// lakeRoot gives the folder of a store of files.
func lakeRoot(local store.Local) (string, bool) {
	probe, ok := local.LocalPath("x")
	return strings.TrimSuffix(probe, "x"), ok
}

// run answers one statement. It ends soon after ctx does.
func (w *worker) run(ctx context.Context, r query.Request, out sink) (stats query.Stats, err error) {
	started := time.Now()
	defer func() { stats.Elapsed = time.Since(started) }()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if len(r.SQL) > maxText {
		return stats, &query.Error{Name: "QUERY_TEXT_TOO_LARGE", Message: fmt.Sprintf("Query text length (%d) exceeds the maximum length (%d)", len(r.SQL), maxText)}
	}
	if f, ok := w.deps.Store.(store.Fetcher); ok {
		if err := f.Begin(ctx); err != nil {
			return stats, err
		}
	}
	database := r.Database
	if database == "" {
		database = w.config.Database
	}
	catalog, unfinished := w.deps.Catalog, map[string]bool(nil)
	if w.deps.Now != nil {
		if catalog, unfinished, err = w.deps.Now(ctx, catalog); err != nil {
			return stats, err
		}
	}
	tr, err := w.deps.Translate(r.SQL, dialect.Options{
		Database: database, Catalog: catalog, Level: w.config.Level, Doubles: w.config.Doubles, WholeRows: w.config.WholeRows,
		Params: r.Params, Hive: r.Service, Rows: r.Written,
	})
	if err != nil {
		var refused *dialect.Error
		if errors.As(err, &refused) {
			return stats, QueryError(refused)
		}
		return stats, fmt.Errorf("translating the statement: %w", err)
	}
	if err := w.pass(tr); err != nil {
		return stats, err
	}
	stop := w.interrupting(ctx)
	defer stop()
	job := &job{worker: w, ctx: ctx, request: r, tr: tr, stats: &stats, unfinished: unfinished}
	defer job.close()
	if err := job.run(out); err != nil {
		if ctx.Err() != nil {
			return stats, context.Cause(ctx)
		}
		return stats, err
	}
	return stats, nil
}

// pass holds a translation to the gate.
func (w *worker) pass(tr *dialect.Translation) error {
	relations := make([]string, len(tr.Scans))
	for i, s := range tr.Scans {
		relations[i] = s.Relation
	}
	return w.gate.check(tr.SQL, relations)
}

// interrupting interrupts DuckDB from the moment ctx ends until stop is called:
// again and again, since an interruption between two statements is lost.
func (w *worker) interrupting(ctx context.Context) (stop func()) {
	done, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		select {
		case <-done:
			return
		case <-ctx.Done():
		}
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			w.session.interrupt()
			select {
			case <-done:
				return
			case <-tick.C:
			}
		}
	}()
	return func() { close(done); <-gone }
}

// job is one statement being answered.
type job struct {
	*worker
	ctx            context.Context
	request        query.Request
	tr             *dialect.Translation
	stats          *query.Stats
	views          []string
	running        []*scan // that stream while the statement runs
	ids            []int64
	partitionsRead int             // of the scan whose relation is being made
	unfinished     map[string]bool // objects that are being written, by key
}

func (j *job) close() {
	for _, id := range j.ids {
		j.scans.drop(id)
	}
	for _, v := range j.views {
		// Views that stay are replaced by the next statement's of that name.
		_ = j.session.exec("DROP VIEW IF EXISTS " + quoteName(v))
	}
}

// run makes the relations, then runs the statement over them.
func (j *job) run(out sink) error {
	for i := range j.tr.Scans {
		if err := j.relation(&j.tr.Scans[i]); err != nil {
			return j.explained(err)
		}
	}
	st, err := j.session.prepare(j.tr.SQL)
	if err != nil {
		return j.unprepared(err)
	}
	defer st.close()
	columns, err := j.typed(st)
	if err != nil {
		return err
	}
	if err := out.columns(columns); err != nil {
		return err
	}
	if err := st.run(); err != nil {
		return j.explained(err)
	}
	if err := j.pump(st, out); err != nil {
		return err
	}
	j.countStreams()
	return nil
}

// typed compares what DuckDB will give with what the translation promised.
func (j *job) typed(st *statement) ([]query.Column, error) {
	n := int(duck.PreparedStatementColumnCount(st.prepared))
	if n != len(j.tr.Columns) {
		return nil, j.ours(fmt.Sprintf("the translation gives %d columns and promised %d", n, len(j.tr.Columns)), nil)
	}
	columns := make([]query.Column, n)
	for i, c := range j.tr.Columns {
		got := typeText(duck.PreparedStatementColumnLogicalType(st.prepared, duck.IdxT(i)))
		if want := c.Type.DuckDB(); got != want {
			return nil, j.ours(fmt.Sprintf("column %d (%s) is %s and was promised as %s, %s", i+1, c.Name, got, want, c.Type), nil)
		}
		st.columns = append(st.columns, columnReader{typ: c.Type})
		columns[i] = query.Column{Name: c.Name, Type: c.Type.String(), Java: floattext.Of(j.config.Level)}
	}
	return columns, nil
}

// pump hands the rows on, up to the request's limit.
func (j *job) pump(st *statement, out sink) error {
	for {
		if err := j.ctx.Err(); err != nil {
			return err
		}
		chunk, ok, err := st.next()
		if err != nil {
			return j.explained(err)
		}
		if !ok {
			return nil
		}
		rows := st.values(chunk)
		duck.DestroyDataChunk(&chunk)
		if limit := j.request.Limit; limit > 0 && j.stats.Rows+int64(len(rows)) > limit {
			rows = rows[:limit-j.stats.Rows]
			j.stats.Truncated = true
		}
		j.stats.Rows += int64(len(rows))
		if len(rows) > 0 {
			if err := out.rows(rows); err != nil {
				return err
			}
		}
		if j.stats.Truncated {
			return nil
		}
	}
}

// ours is an error that says it is a bug of this program, with both statements.
func (j *job) ours(what string, err error) error {
	if err != nil {
		what += ": " + err.Error()
	}
	return &query.Error{
		Name:    ErrInternal,
		Message: fmt.Sprintf("%s\nAthena SQL: %s\nDuckDB SQL: %s", what, j.request.SQL, j.tr.SQL),
		Hint:    "this is a bug of acme; please report it with the text above",
	}
}

// explained gives the error of a run as Athena would: what a scan found wrong
// goes before what DuckDB made of it.
func (j *job) explained(err error) error {
	for _, s := range j.running {
		if cause := s.failure(); cause != nil {
			err = cause
			break
		}
	}
	var said *query.Error
	var read *serde.Error
	var engine *engineError
	switch {
	case errors.As(err, &said):
		return said
	case errors.As(err, &read):
		return unreadable(read)
	case errors.As(err, &engine):
		return j.runtime(engine)
	}
	return err
}

// unprepared words the failure to prepare a translation. DuckDB computes what
// is constant while it prepares, and that may fail as a run does; every other
// failure is the translation's.
func (j *job) unprepared(err error) error {
	var engine *engineError
	if errors.As(err, &engine) {
		j.observe(engine)
		if strings.Contains(engine.text, "Max expression depth limit") {
			return &query.Error{Name: "STACK_OVERFLOW", Message: "statement is too large (stack overflow during analysis)"}
		}
		for _, ours := range []string{"Binder Error", "Parser Error", "Catalog Error", "Permission Error", "Not implemented Error", "INTERNAL Error"} {
			if strings.HasPrefix(engine.text, ours) {
				return j.ours("DuckDB does not take the translation", err)
			}
		}
		return j.runtime(engine)
	}
	return j.ours("DuckDB does not take the translation", err)
}

// observe notes an error after which DuckDB is of no more use.
func (w *worker) observe(e *engineError) {
	if strings.HasPrefix(e.text, "INTERNAL Error") || strings.HasPrefix(e.text, "FATAL Error") || strings.Contains(e.text, "has been invalidated") {
		w.broken = true
	}
}

// runtime words a failure of DuckDB's.
func (j *job) runtime(e *engineError) error {
	j.observe(e)
	if known := j.tr.RuntimeError(e.text); known != nil {
		return QueryError(known)
	}
	switch {
	case strings.Contains(e.text, "Out of Memory Error"):
		return &query.Error{
			Name: "EXCEEDED_LOCAL_MEMORY_LIMIT", Message: firstLine(e.text),
			Hint: "the local engine has less memory than Athena; read fewer partitions or group by fewer values",
		}
	case strings.Contains(e.text, "INTERRUPT Error"):
		return context.Canceled
	case strings.Contains(e.text, panicMark):
		return j.ours(e.text, nil)
	}
	return &query.Error{Name: "GENERIC_INTERNAL_ERROR", Message: e.text}
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// unreadable words what the SerDe says of an object.
func unreadable(e *serde.Error) *query.Error {
	if e.Data {
		return &query.Error{Name: "HIVE_BAD_DATA", Message: e.Reason, Hint: fmt.Sprintf("it stands in %s, line %d", e.Object, e.Line)}
	}
	if strings.HasPrefix(e.Reason, "not gzip") {
		return &query.Error{Name: "HIVE_CANNOT_OPEN_SPLIT", Message: fmt.Sprintf("Error opening Hive split %s: Not in GZIP format (%s)", e.Object, e.Reason)}
	}
	message := fmt.Sprintf("Failed to read file at %s: %s", e.Object, e.Reason)
	if e.Line > 0 {
		message = fmt.Sprintf("Failed to read file at %s, line %d: %s", e.Object, e.Line, e.Reason)
	}
	return &query.Error{Name: "HIVE_CURSOR_ERROR", Message: message, Hint: "acme inspect shows what is wrong with the object"}
}
