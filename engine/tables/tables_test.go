package tables

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"acme/telemetry/engine/dialect"
	"acme/telemetry/engine/query"
	"acme/telemetry/engine/serde"
	"acme/telemetry/engine/store"
)

// fixed is a reader that gives the same rows to every statement.
type fixed struct {
	columns []query.Column
	rows    []query.Row
}

func (f fixed) Close() error { return nil }

func (f fixed) Query(context.Context, query.Request) (query.Rows, error) {
	return &answer{columns: f.columns, rows: f.rows}, nil
}

// three rows in two partitions, as the statements of these tests ask for them.
func three() fixed {
	return fixed{
		[]query.Column{{Name: "a", Type: "integer"}, {Name: "p", Type: "varchar"}},
		[]query.Row{{int64(1), "x"}, {int64(2), "y"}, {nil, "x"}},
	}
}

const (
	makeTable  = "CREATE EXTERNAL TABLE d.t (a int) PARTITIONED BY (p string) STORED AS PARQUET LOCATION 's3://b/t/'"
	insertRows = "INSERT INTO d.t SELECT 1, 'x' UNION ALL SELECT 2, 'y' UNION ALL SELECT NULL, 'x'"
	createRows = "CREATE TABLE d.c WITH (external_location = 's3://b/c/', partitioned_by = ARRAY['p']) AS SELECT 1 AS a, CAST('x' AS varchar) AS p"
)

func baseCatalog(t testing.TB) dialect.Catalog {
	t.Helper()
	statements, err := dialect.ParseDDL("CREATE DATABASE d")
	if err != nil {
		t.Fatal(err)
	}
	c, err := dialect.NewCatalog("d", statements...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func engineOver(t testing.TB, st store.Store) *Engine {
	t.Helper()
	return NewEngine(Config{Store: st, Catalog: NewCatalog(st, baseCatalog(t)), Reader: three(), Database: "d", Temp: t.TempDir()})
}

func run(t testing.TB, e *Engine, sql string) error {
	t.Helper()
	rows, err := e.Query(t.Context(), query.Request{SQL: sql})
	if err != nil {
		return err
	}
	for {
		if _, err := rows.Next(t.Context()); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// visible counts the objects below a prefix that a reader sees.
func visible(t testing.TB, st store.Store, prefix string) int {
	t.Helper()
	now, err := NewCatalog(st, baseCatalog(t)).Now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	hidden, err := Unfinished(t.Context(), st, now)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for info, err := range st.List(t.Context(), prefix) {
		if err != nil {
			t.Fatal(err)
		}
		if !hidden[info.Key] && !serde.Hidden(info.Key) {
			n++
		}
	}
	return n
}

// mortal is a store whose process dies at a change: from then on nothing works.
type mortal struct {
	store.Store
	mu   sync.Mutex
	left int
}

var errDead = errors.New("the process is dead")

func (m *mortal) change() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.left--; m.left < 0 {
		return errDead
	}
	return nil
}

func (m *mortal) Put(ctx context.Context, key string, r io.Reader) (store.Info, error) {
	if err := m.change(); err != nil {
		return store.Info{}, err
	}
	return m.Store.Put(ctx, key, r)
}

func (m *mortal) Delete(ctx context.Context, key string) error {
	if err := m.change(); err != nil {
		return err
	}
	return m.Store.Delete(ctx, key)
}

// bury gives the notes in a store to a process that is gone.
func bury(t testing.TB, st store.Store) {
	t.Helper()
	all, err := notes(t.Context(), st)
	if err != nil {
		t.Fatal(err)
	}
	for key, n := range all {
		n.PID = 1 << 30
		text, err := json.Marshal(n)
		if err == nil {
			err = st.Delete(t.Context(), key)
		}
		if err == nil {
			_, err = st.Put(t.Context(), key, bytes.NewReader(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// A statement that dies at any of its changes leaves nothing that a reader sees, and
// can be run again.
func TestDeath(t *testing.T) {
	for _, c := range []struct{ name, sql, prefix string }{{"insert", insertRows, "t/"}, {"create", createRows, "c/"}} {
		t.Run(c.name, func(t *testing.T) {
			for after := 0; ; after++ {
				memory := store.NewMemory("death")
				if err := run(t, engineOver(t, memory), makeTable); err != nil {
					t.Fatal(err)
				}
				err := run(t, engineOver(t, &mortal{Store: memory, left: after}), c.sql)
				if err == nil {
					if after < 6 {
						t.Fatalf("done after %d changes", after)
					}
					return
				}
				if !errors.Is(err, errDead) {
					t.Fatal(err)
				}
				bury(t, memory)
				// The note of a new table may outlive it: then the table is whole.
				made := c.name == "create" && tableOf(t, memory, "c") != nil
				if n := visible(t, memory, c.prefix); n != 0 && !(made && n == 2) {
					t.Fatalf("dead after %d changes: %d objects are visible", after, n)
				}
				if !made {
					if err := run(t, engineOver(t, memory), c.sql); err != nil {
						t.Fatalf("dead after %d changes: the rerun: %v", after, err)
					}
				}
				if n := visible(t, memory, c.prefix); n != 2 {
					t.Fatalf("dead after %d changes: %d objects after the rerun", after, n)
				}
			}
		})
	}
}

func tableOf(t testing.TB, st store.Store, name string) *dialect.Table {
	t.Helper()
	now, err := NewCatalog(st, baseCatalog(t)).Now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return now.Table("d", name)
}

// A statement that fails takes back what it put.
func TestFailureLeavesNothing(t *testing.T) {
	memory := store.NewMemory("failure")
	if err := run(t, engineOver(t, memory), makeTable); err != nil {
		t.Fatal(err)
	}
	taken := fmt.Sprintf("%s%08d.json", catalogPrefix, 3)
	for _, sql := range []string{
		"CREATE TABLE d.c WITH (format = 'JSON', partitioned_by = ARRAY['p']) AS SELECT 1 AS a, 'x' AS p",
		"CREATE TABLE d.c WITH (format = 'JSON') AS SELECT 1 AS a, 'x' AS p",
	} {
		if err := run(t, engineOver(t, memory), sql); err != nil && !strings.Contains(err.Error(), "TABLE_ALREADY_EXISTS") {
			t.Fatal(err)
		}
	}
	if _, err := memory.Stat(t.Context(), taken); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a statement that failed made a version of the catalog: %v", err)
	}
	for info, err := range memory.List(t.Context(), writesPrefix) {
		t.Errorf("%s is left: %v", info.Key, err)
	}
}

// Changes that several processes make at once are all there afterwards.
func TestNoChangeIsLost(t *testing.T) {
	memory := store.NewMemory("changes")
	const writers, each = 4, 8
	var wg sync.WaitGroup
	errs := make(chan error, writers*each)
	for w := range writers {
		e := engineOver(t, memory)
		wg.Go(func() {
			for i := range each {
				errs <- run(t, e, fmt.Sprintf("CREATE VIEW d.v%d_%d AS SELECT %d AS n", w, i, i))
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
	now, err := NewCatalog(memory, baseCatalog(t)).Now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if n := len(now.Tables("d")); n != writers*each {
		t.Errorf("%d views, want %d", n, writers*each)
	}
}

// Of two that make one table at once one does, and nothing of the other is left.
func TestOneOfTwo(t *testing.T) {
	memory := store.NewMemory("two")
	engines := []*Engine{engineOver(t, memory), engineOver(t, memory)}
	errs := make([]error, len(engines))
	var wg sync.WaitGroup
	for i, e := range engines {
		wg.Go(func() { errs[i] = run(t, e, "CREATE TABLE d.c AS SELECT 1 AS a, CAST('x' AS varchar) AS p") })
	}
	wg.Wait()
	failed := 0
	for _, err := range errs {
		var q *query.Error
		if errors.As(err, &q) && q.Name == "TABLE_ALREADY_EXISTS" {
			failed++
		} else if err != nil {
			t.Error(err)
		}
	}
	if n := visible(t, memory, "tables/"); failed != 1 || n != 1 {
		t.Errorf("%d failed, %d objects", failed, n)
	}
}
