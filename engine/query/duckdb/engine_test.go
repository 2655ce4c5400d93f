package duckdb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"acme/telemetry/engine/dialect"
	"acme/telemetry/engine/query"
	"acme/telemetry/engine/store"
)

// The test binary is the child too: with the verb, it serves, and a word behind
// it says which translator it has.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "__query" {
		os.Exit(Serve(os.Stdin, os.Stdout, func(c Config) (Deps, error) {
			st, err := store.Open(c.Lake)
			d := Deps{Store: st}
			switch os.Args[2] {
			case "stand-in":
				d.Catalog, d.Translate = noCatalog{}, standIn(eventsTable())
			case "parquet":
				d.Catalog, d.Translate = noCatalog{}, standIn(parquetTable())
			}
			return d, err
		}))
	}
	if len(os.Args) > 3 && os.Args[1] == "__sandbox" {
		os.Exit(sandboxed(os.Args[2], os.Args[3], os.Args[4:]))
	}
	os.Exit(m.Run())
}

func childConfig(t testing.TB, lake, translator string) Config {
	return Config{
		Lake: lake, Spill: t.TempDir(), Command: []string{os.Args[0], "__query", translator},
		AddressSpace: addressSpace,
	}
}

// lakeOf makes a lake of files and gives its URI and its folder.
func lakeOf(t testing.TB, objects map[string]string) (uri, dir string) {
	dir = t.TempDir()
	st, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	putAll(t, st, objects)
	return dir, dir
}

func putAll(t testing.TB, st store.Store, objects map[string]string) {
	for key, body := range objects {
		if _, err := st.Put(t.Context(), key, strings.NewReader(body)); err != nil {
			t.Fatal(err)
		}
	}
}

const hour17 = "telemetry/year=2025/month=08/day=11/hour=17/"

func lines(n int, between string) string {
	var out bytes.Buffer
	for i := range n {
		event(&out, i)
		out.WriteString(between)
	}
	return out.String()
}

// both runs a test with the engine in this process and with the one in a child.
func both(t *testing.T, objects map[string]string, f func(t *testing.T, e query.Engine)) {
	uri, _ := lakeOf(t, objects)
	t.Run("process", func(t *testing.T) {
		st, err := store.Open(uri)
		if err != nil {
			t.Fatal(err)
		}
		e, err := Open(Config{Spill: t.TempDir()}, Deps{Store: st, Catalog: noCatalog{}, Translate: standIn(eventsTable())})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		f(t, e)
	})
	t.Run("child", func(t *testing.T) {
		e := startStandIn(t, uri)
		f(t, e)
	})
}

func startStandIn(t testing.TB, uri string) query.Engine {
	e, err := Start(t.Context(), childConfig(t, uri, "stand-in"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

func TestRowsAndStats(t *testing.T) {
	both(t, map[string]string{
		hour17 + "a.gz": string(packed([]byte(lines(3, "\n") + "{broken\n\n"))),
		hour17 + "b.gz": string(packed([]byte(lines(4, "")))),
		"telemetry/year=2025/month=08/day=11/hour=18/c.gz": string(packed([]byte(lines(2, "\n")))),
		hour17 + "_hidden.gz":                              "not gzip at all", hour17 + ".hidden.gz": "nor this",
		"telemetry/elsewhere/x.gz": "nor this",
	}, func(t *testing.T, e query.Engine) {
		rows, stats, err := all(t.Context(), e, "-- types: integer bigint bigint\n-- filter: hour = 17\nSELECT hour, count(*), count(customer_id) FROM acme_scan_0 GROUP BY hour")
		if err != nil || fmt.Sprint(rows) != "[[17 6 4]]" {
			t.Fatal(rows, err)
		}
		want := query.Stats{Objects: 2, Pruned: 1, Rows: 1, Unseen: 3, Malformed: 2, Partitions: 1, PartitionsOf: 2}
		want.Bytes, want.Elapsed = stats.Bytes, stats.Elapsed
		if stats != want || stats.Bytes == 0 {
			t.Errorf("stats %+v, want %+v", stats, want)
		}
		again, stats, err := all(t.Context(), e, "-- types: integer bigint\nSELECT hour, count(*) FROM acme_scan_0 GROUP BY hour ORDER BY hour")
		if err != nil || fmt.Sprint(again) != "[[17 6] [18 2]]" || stats.Objects != 3 || stats.Unseen != 3 {
			t.Error(again, stats, err)
		}
		paths, stats, err := all(t.Context(), e, "-- types: varchar\nSELECT DISTINCT \"$path\" FROM acme_scan_0 ORDER BY 1 LIMIT 1")
		if err != nil || fmt.Sprint(paths) != "[[s3://bucket/"+hour17+"a.gz]]" || !stats.Cached {
			t.Error(paths, stats, err)
		}
	})
}

// Every string a column can hold goes through the decoder, DuckDB and the pipe
// and comes out as it went in.
func TestTextSurvives(t *testing.T) {
	long := strings.Repeat("x日", 300000)
	texts := map[string]string{
		`plain`: "plain", `日本語`: "日本語", `\u001b[31m\u202e`: "\x1b[31m\u202e", `a\u0000b`: "a\x00b", `\ud83d\ude00`: "😀",
		`twelve bytes`: "twelve bytes", `thirteen byte`: "thirteen byte", ``: "", `'; DROP TABLE x; --`: "'; DROP TABLE x; --", `\"\\`: `"\`,
		long: long,
	}
	var body, want []string
	for escaped, plain := range texts {
		var fields []string
		for _, c := range eventsTable().Columns {
			if c.Type.Kind == dialect.Varchar {
				fields = append(fields, fmt.Sprintf(`"%s":"%s"`, c.Name, escaped))
			}
		}
		body = append(body, "{"+strings.Join(fields, ",")+"}")
		want = append(want, plain)
	}
	slices.Sort(want)
	both(t, map[string]string{hour17 + "a.gz": string(packed([]byte(strings.Join(body, "\n"))))}, func(t *testing.T, e query.Engine) {
		for _, c := range eventsTable().Columns {
			if c.Type.Kind != dialect.Varchar {
				continue
			}
			rows, _, err := all(t.Context(), e, "-- types: varchar\nSELECT "+c.Name+" FROM acme_scan_0")
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, r := range rows {
				got = append(got, r[0].(string))
			}
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("%s: %.200q, want %.200q", c.Name, got, want)
			}
		}
	})
}

// What streams is what the cache would give.
func TestStreamedAsCached(t *testing.T) {
	objects := map[string]string{}
	for i := range 5 {
		objects[fmt.Sprintf("telemetry/year=2025/month=08/day=11/hour=%02d/a.gz", i)] = string(packed([]byte(lines(700*i, "\n") + "broken\n")))
	}
	uri, _ := lakeOf(t, objects)
	st, err := store.Open(uri)
	if err != nil {
		t.Fatal(err)
	}
	var answers []string
	for _, cache := range []int64{-1, 1 << 30} {
		e, err := Open(Config{Cache: cache, Spill: t.TempDir()}, Deps{Store: st, Catalog: noCatalog{}, Translate: standIn(eventsTable())})
		if err != nil {
			t.Fatal(err)
		}
		var answer string
		for _, sql := range []string{
			"-- types: varchar integer varchar integer double varchar\nSELECT event_id, watch_duration_seconds, city, hour, bandwidth_mbps, \"$path\" FROM acme_scan_0 ORDER BY ALL",
			"-- types: bigint\nSELECT count(*) FROM acme_scan_0",
			"-- types: integer bigint bigint\n-- filter: hour > 2\nSELECT hour, count(*), count(event_id) FROM acme_scan_0 WHERE hour > 2 GROUP BY ALL ORDER BY ALL",
		} {
			rows, stats, err := all(t.Context(), e, sql)
			if err != nil {
				t.Fatal(err)
			}
			answer += fmt.Sprint(rows, stats.Objects, stats.Pruned, stats.Bytes)
		}
		answers = append(answers, answer)
		e.Close()
	}
	if answers[0] != answers[1] {
		t.Errorf("streamed %.300s\ncached %.300s", answers[0], answers[1])
	}
}

func TestLimitTruncates(t *testing.T) {
	both(t, map[string]string{hour17 + "a.gz": string(packed([]byte(lines(5000, "\n"))))}, func(t *testing.T, e query.Engine) {
		for _, c := range []struct {
			limit, rows int64
			truncated   bool
		}{{1, 1, true}, {2048, 2048, true}, {4999, 4999, true}, {5000, 5000, false}, {9000, 5000, false}} {
			rows, err := e.Query(t.Context(), query.Request{SQL: "-- types: varchar\nSELECT event_id FROM acme_scan_0", Limit: c.limit})
			if err != nil {
				t.Fatal(err)
			}
			n := int64(0)
			for {
				batch, err := rows.Next(t.Context())
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				n += int64(len(batch))
			}
			if s := rows.Stats(); n != c.rows || s.Truncated != c.truncated || s.Rows != c.rows {
				t.Errorf("limit %d: %d rows, stats %+v", c.limit, n, s)
			}
			rows.Close()
		}
	})
}

const endless = "-- types: bigint\nSELECT sum(a.i * b.i)::BIGINT FROM range(100000000) a(i), range(100000000) b(i) WHERE a.i < b.i"

// A statement that would run for hours ends when it is told to, and the next
// one is answered.
func TestCancelAndTimeout(t *testing.T) {
	both(t, map[string]string{hour17 + "a.gz": string(packed([]byte(lines(5, "\n"))))}, func(t *testing.T, e query.Engine) {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		if _, _, err := all(ctx, e, endless); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("cancelled statement: %v", err)
		}
		var failed *query.Error
		rows, err := e.Query(t.Context(), query.Request{SQL: endless, Timeout: 200 * time.Millisecond})
		if err == nil {
			_, err = rows.Next(t.Context())
			rows.Close()
		}
		if !errors.As(err, &failed) || failed.Name != ErrTimeout {
			t.Errorf("statement out of time: %v", err)
		}
		if rows, _, err := all(t.Context(), e, "-- types: bigint\nSELECT count(*) FROM acme_scan_0"); err != nil || fmt.Sprint(rows) != "[[5]]" {
			t.Error(rows, err)
		}
	})
}

// A result nobody reads holds nothing up once it is closed.
func TestCloseEarly(t *testing.T) {
	both(t, map[string]string{hour17 + "a.gz": string(packed([]byte(lines(20000, "\n"))))}, func(t *testing.T, e query.Engine) {
		for range 3 {
			rows, err := e.Query(t.Context(), query.Request{SQL: "-- types: varchar bigint\nSELECT event_id || repeat('x', 500), i FROM acme_scan_0, range(100) r(i)"})
			if err != nil {
				t.Fatal(err)
			}
			if batch, err := rows.Next(t.Context()); err != nil || len(batch) == 0 {
				t.Fatal(err)
			}
			rows.Close()
			rows.Close()
			if _, err := rows.Next(t.Context()); err == nil {
				t.Error("rows after Close")
			}
		}
		if rows, _, err := all(t.Context(), e, "-- types: bigint\nSELECT count(*) FROM acme_scan_0"); err != nil || fmt.Sprint(rows) != "[[20000]]" {
			t.Error(rows, err)
		}
	})
}

// Signals that end the child end the statement with an error that names it, and
// the next statement is answered by a new child.
func TestChildDies(t *testing.T) {
	uri, _ := lakeOf(t, map[string]string{hour17 + "a.gz": string(packed([]byte(lines(5, "\n"))))})
	e := startStandIn(t, uri)
	for _, sig := range []syscall.Signal{syscall.SIGKILL, syscall.SIGSEGV, syscall.SIGABRT, syscall.SIGTERM} {
		pid := e.(*engine).child.cmd.Process.Pid
		time.AfterFunc(150*time.Millisecond, func() { syscall.Kill(pid, sig) })
		_, _, err := all(t.Context(), e, endless)
		var failed *query.Error
		if !errors.As(err, &failed) || failed.Name != ErrCrashed || !strings.Contains(failed.Message, "range(100000000)") {
			t.Errorf("%v: %v", sig, err)
		}
		if rows, _, err := all(t.Context(), e, "-- types: bigint\nSELECT count(*) FROM acme_scan_0"); err != nil || fmt.Sprint(rows) != "[[5]]" {
			t.Errorf("after %v: %v %v", sig, rows, err)
		}
	}
	left, err := filepath.Glob(filepath.Join(e.(*engine).config.Spill, spillPrefix+"*"))
	if err != nil || len(left) != 1 {
		t.Errorf("spill folders of dead children are left: %v %v", left, err)
	}
}

func TestTwoEnginesAtOnce(t *testing.T) {
	uri, _ := lakeOf(t, map[string]string{hour17 + "a.gz": string(packed([]byte(lines(3000, "\n"))))})
	results := make(chan error)
	for range 2 {
		e := startStandIn(t, uri)
		for range 3 {
			go func() {
				rows, _, err := all(t.Context(), e, overview)
				if err == nil && rows[0][0] != int64(3000) {
					err = fmt.Errorf("rows %v", rows)
				}
				results <- err
			}()
		}
	}
	for range 6 {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
}

// After Close nothing is left: no goroutine, no process, no folder.
func TestNothingLeft(t *testing.T) {
	uri, _ := lakeOf(t, map[string]string{hour17 + "a.gz": string(packed([]byte(lines(3000, "\n"))))})
	before := runtime.NumGoroutine()
	config := childConfig(t, uri, "stand-in")
	var pid int
	for range 3 {
		e, err := Start(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		pid = e.(*engine).child.cmd.Process.Pid
		if _, _, err := all(t.Context(), e, overview); err != nil {
			t.Fatal(err)
		}
		rows, err := e.Query(t.Context(), query.Request{SQL: "-- types: varchar\nSELECT event_id FROM acme_scan_0"})
		if err != nil {
			t.Fatal(err)
		}
		rows.Close()
		e.Close()
		e.Close()
		if _, err := e.Query(t.Context(), query.Request{SQL: overview}); err == nil {
			t.Error("a closed engine took a statement")
		}
		if s := Sandbox(e); s != "" {
			t.Errorf("a closed engine is held by %s", s)
		}
	}
	if err := syscall.Kill(pid, 0); err == nil {
		t.Errorf("process %d still runs", pid)
	}
	if entries, err := os.ReadDir(config.Spill); err != nil || len(entries) > 0 {
		t.Errorf("left in the spill folder: %v %v", entries, err)
	}
	for range 100 { // what ends is given time to end
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	stacks := make([]byte, 1<<16)
	t.Errorf("%d goroutines before, %d after:\n%s", before, runtime.NumGoroutine(), stacks[:runtime.Stack(stacks, true)])
}
