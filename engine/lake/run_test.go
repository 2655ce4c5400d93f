package lake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"acme/telemetry/engine/store"
	"acme/telemetry/schema"
)

// countingStore counts what is asked of a store, and can fail one publication
// and all after it, as a process that is killed then would.
type countingStore struct {
	store.Store
	puts, gets atomic.Int64
	dieAt      int64
	partial    bool // the one that fails reads some of its bytes first
}

var errDied = fmt.Errorf("the disk is gone: %w", syscall.EIO)

func (s *countingStore) Put(ctx context.Context, key string, r io.Reader) (store.Info, error) {
	n := s.puts.Add(1)
	if s.dieAt > 0 && n >= s.dieAt {
		if s.partial {
			_, _ = io.CopyN(io.Discard, r, 100)
		}
		return store.Info{}, fmt.Errorf("publishing %s: %w", key, errDied)
	}
	return s.Store.Put(ctx, key, r)
}

func (s *countingStore) Get(ctx context.Context, key string) (io.ReadCloser, store.Info, error) {
	s.gets.Add(1)
	return s.Store.Get(ctx, key)
}

// fullRun writes records, labels and a dimension table.
func fullRun(ctx context.Context, c Config, records []schema.Record) (Summary, error) {
	w, err := NewWriter(ctx, c)
	if err != nil {
		return Summary{}, err
	}
	defer w.Abort()
	if w.State() == Complete {
		return w.Close()
	}
	if err := w.Dimension(schema.Titles(), titles(50)); err != nil {
		return Summary{}, err
	}
	for i := 0; i < len(records); i += 100 {
		if err := w.Label([]byte(fmt.Sprintf(`{"record":%d}`, i))); err != nil {
			return Summary{}, err
		}
		if err := w.Write(records[i:min(i+100, len(records))]); err != nil {
			return Summary{}, err
		}
	}
	return w.Close()
}

func titles(n int) func(func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for i := range n {
			if !yield([]byte(fmt.Sprintf(`{"title_id":"TITLE_%d","title_name":"Title %d"}`, i, i))) {
				return
			}
		}
	}
}

// Running again writes nothing and reads only the books.
func TestRerunIsNoOp(t *testing.T) {
	st := &countingStore{Store: store.NewMemory("t")}
	c := Config{Store: st, Run: sampleRun(), Layout: Layout{Format: Both, BufferInterval: 900 * time.Second}}
	records := sampleRecords(2000)
	first, err := fullRun(t.Context(), c, records)
	if err != nil {
		t.Fatal(err)
	}
	before := tree(t, st)
	state, err := Look(t.Context(), c)
	if err != nil || state != Complete {
		t.Errorf("Look: %v, %v, want Complete", state, err)
	}
	st.puts.Store(0)
	st.gets.Store(0)
	again, err := fullRun(t.Context(), c, nil)
	if err != nil {
		t.Fatal(err)
	}
	// One file of the run, and a manifest for each of four folders.
	if st.puts.Load() != 0 || st.gets.Load() > 10 {
		t.Errorf("the second run put %d objects and read %d", st.puts.Load(), st.gets.Load())
	}
	if again.Existing != first.Objects || again.Records != first.Records || again.Bytes != first.Bytes {
		t.Errorf("first %+v, again %+v", first, again)
	}
	if !maps.Equal(before, tree(t, st)) {
		t.Error("the second run changed the lake")
	}
}

// Whatever publication fails, and all after it: running again gives the lake of
// an undisturbed run, byte for byte.
func TestInterruptedAnywhere(t *testing.T) {
	records := sampleRecords(200 / scale)
	c := Config{Run: sampleRun(), Layout: Layout{Format: Both, Buffers: 1, BufferInterval: 900 * time.Second}, Workers: 2}
	c.Store = store.NewMemory("t")
	if _, err := fullRun(t.Context(), c, records); err != nil {
		t.Fatal(err)
	}
	want := tree(t, c.Store)
	tried := 0
	for at := int64(1); ; at++ {
		below := store.NewMemory("t")
		c.Store = &countingStore{Store: below, dieAt: at, partial: at%2 == 0}
		_, err := fullRun(t.Context(), c, records)
		if err == nil {
			break
		}
		tried++
		if !errors.Is(err, errDied) {
			t.Fatalf("at publication %d: %v", at, err)
		}
		c.Store = below
		if at > 1 {
			if state, err := Look(t.Context(), c); err != nil || state != Interrupted {
				t.Errorf("after publication %d failed: %v, %v, want Interrupted", at, state, err)
			}
		}
		if _, err := fullRun(t.Context(), c, records); err != nil {
			t.Fatalf("running again after publication %d failed: %v", at, err)
		}
		if got := tree(t, below); !maps.Equal(want, got) {
			t.Errorf("after publication %d failed the lake is another: %d objects, not %d", at, len(got), len(want))
		}
	}
	t.Logf("%d interruptions", tried)
	if tried < len(want)-1 {
		t.Errorf("%d interruptions of %d publications", tried, len(want))
	}
}

// A run that is cancelled leaves nothing half-done and can go on.
func TestCancelled(t *testing.T) {
	records := sampleRecords(3000)
	c := Config{Store: store.NewMemory("t"), Run: sampleRun(), Layout: Layout{Format: Both}}
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	stop := errors.New("ctrl+c")
	w, err := NewWriter(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(records); i += 100 {
		if i == 1500 {
			cancel(stop)
		}
		err = w.Write(records[i : i+100])
		if (err != nil) != (i >= 1500) {
			t.Fatalf("Write of record %d: %v", i, err)
		}
		if err != nil {
			break
		}
	}
	if !errors.Is(err, stop) {
		t.Errorf("Write gave %v, want the cause", err)
	}
	w.Abort()
	w.Abort()
	if state, err := Look(t.Context(), c); err != nil || state != Interrupted {
		t.Errorf("%v, %v", state, err)
	}
	writeAll(t, c, records, 64)
	other := store.NewMemory("t")
	interrupted := c.Store
	c.Store = other
	writeAll(t, c, records, 1000)
	if !maps.Equal(tree(t, interrupted), tree(t, other)) {
		t.Error("the finished lake is not that of an undisturbed run")
	}
}

// Another seed, scenario, version, layout or window into the same hours is
// refused in words, and touches nothing; other hours are free.
func TestConflicts(t *testing.T) {
	st := store.NewMemory("t")
	base := Config{Store: st, Run: sampleRun()}
	writeAll(t, base, sampleRecords(200), 50)
	before := tree(t, st)
	for _, c := range []struct {
		what   string
		change func(*Config)
		want   string
	}{
		{"seed", func(c *Config) { c.Run.Seed = 7 }, "its seed is 42, not 7"},
		{"scenario", func(c *Config) { c.Run.Scenario, c.Run.Digest = "other", "d2" }, "its scenario is sample, not other"},
		{"scenario's settings", func(c *Config) { c.Run.Digest = "d2" }, "scenario sample has other settings"},
		{"version", func(c *Config) { c.Run.Version = "v2" }, "its program's version is test, not v2"},
		{"delimiter", func(c *Config) { c.Layout.Delimiter = None }, "its delimiter is newline, not none"},
		{"format", func(c *Config) { c.Layout.Format = Both }, "its file format is json, not both"},
		{"interval", func(c *Config) { c.Layout.BufferInterval = time.Minute }, "its buffer interval is 5m0s, not 1m0s"},
		{"prefix", func(c *Config) { c.Layout.Prefix = "x/!{timestamp:HH}/" }, "its layout is another"},
		{"longer window", func(c *Config) { c.Run.To += 3600_000 }, "its window meets this one"},
		{"window within", func(c *Config) { c.Run.From += 600_000 }, "its window meets this one"},
		{"shards", func(c *Config) { c.Run.Shards = 2 }, "its number of shards is 1, not 2"},
		{"another seed in another part of the hour", func(c *Config) {
			c.Run.Seed, c.Run.From, c.Run.To = 7, c.Run.From-3600_000, c.Run.From+1
		}, "its seed is 42, not 7"},
		{"another seed by event time on the day before", func(c *Config) {
			c.Run.Seed, c.Run.From, c.Run.To, c.Layout.PartitionBy = 7, c.Run.From-7200_000, c.Run.From-3600_000, ByEvent
		}, "its seed is 42, not 7"},
	} {
		config := base
		c.change(&config)
		_, err := NewWriter(t.Context(), config)
		var conflict *ConflictError
		if !errors.As(err, &conflict) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want a conflict with %q", c.what, err, c.want)
		}
		if _, err := Look(t.Context(), config); !errors.As(err, &conflict) {
			t.Errorf("%s: Look gave %v", c.what, err)
		}
	}
	if !maps.Equal(before, tree(t, st)) {
		t.Error("a refused run touched the lake")
	}
	next := base
	next.Run.Seed, next.Run.From, next.Run.To = 7, base.Run.To, base.Run.To+3600_000
	later := sampleRecords(50)
	for i := range later {
		later[i].Arrival += 3600_000
	}
	writeAll(t, next, later, 50)
}

// Hours that hold objects of nobody knows whom are refused.
func TestForeignObjects(t *testing.T) {
	st := store.NewMemory("t")
	if err := (Accident{Heads: heads(t), Records: 100, Delimiter: None}).Write(t.Context(), st); err != nil {
		t.Fatal(err)
	}
	before := tree(t, st)
	_, err := NewWriter(t.Context(), Config{Store: st, Run: sampleRun()})
	var conflict *ConflictError
	if !errors.As(err, &conflict) || !strings.Contains(err.Error(), "no run of this lake wrote it") {
		t.Errorf("%v", err)
	}
	if !maps.Equal(before, tree(t, st)) {
		t.Error("the lake was touched")
	}
	later := sampleRun()
	later.From, later.To = later.To, later.To+3600_000
	writeAll(t, Config{Store: st, Run: later}, nil, 1)
}

// Windows that tile a span, in any order, and the shards of a window give a
// lake that holds each record once and whose books agree.
func TestPartsAddUp(t *testing.T) {
	records := sampleRecords(1200)
	want := []string{}
	for _, r := range records {
		want = append(want, string(r.Value)+"\n")
	}
	slices.Sort(want)
	windows := []Run{}
	for _, i := range []int64{2, 0, 1, 3} {
		r := sampleRun()
		r.From, r.To = sampleFrom+i*900_000, sampleFrom+(i+1)*900_000
		windows = append(windows, r)
	}
	shards := []Run{}
	for i := range 4 {
		r := sampleRun()
		r.Shard, r.Shards = i, 4
		shards = append(shards, r)
	}
	for what, runs := range map[string][]Run{"windows": windows, "shards": shards} {
		st := store.NewMemory("t")
		for _, run := range runs {
			mine := []schema.Record{}
			for i, r := range records {
				if r.Arrival >= run.From && r.Arrival < run.To && (run.Shards == 0 || i%run.Shards == run.Shard) {
					mine = append(mine, r)
				}
			}
			writeAll(t, Config{Store: st, Run: run}, mine, 64)
		}
		got := []string{}
		for _, text := range objects(t, st, "telemetry/") {
			got = append(got, slices.Collect(strings.Lines(text))...)
		}
		slices.Sort(got)
		if !slices.Equal(want, got) {
			t.Errorf("%s: %d records became %d", what, len(want), len(got))
		}
		facts, err := Facts(t.Context(), st, schema.Events())
		if err != nil || len(facts) != 1 || facts[0].Records != 1200 || !facts[0].FromManifest {
			t.Errorf("%s: facts %+v, %v", what, facts, err)
		}
		v, err := Verify(t.Context(), st, VerifyOptions{})
		if err != nil || len(v.Damaged) > 0 || v.Unlisted > 0 || v.Rows != 1200 {
			t.Errorf("%s: %+v, %v", what, v, err)
		}
	}
}

// Two executions of one run at once do each other no harm; of two different
// runs at most one gets the hours, whole.
func TestTwoAtOnce(t *testing.T) {
	records := sampleRecords(800)
	for round := range 10 {
		st := store.NewMemory("t")
		var wg sync.WaitGroup
		errs := make([]error, 4)
		for i := range errs {
			wg.Go(func() {
				run := sampleRun()
				if round%2 == 1 {
					run.Seed = int64(i / 2)
				}
				_, errs[i] = fullRun(context.WithoutCancel(t.Context()), Config{Store: st, Run: run}, records)
			})
		}
		wg.Wait()
		for i, err := range errs {
			var conflict *ConflictError
			if err != nil && (round%2 == 0 || !errors.As(err, &conflict)) {
				t.Errorf("round %d, execution %d: %v", round, i, err)
			}
		}
		v, err := Verify(t.Context(), st, VerifyOptions{})
		if err != nil || len(v.Damaged) > 0 || v.Unlisted > 0 {
			t.Errorf("round %d: %+v, %v", round, v, err)
		}
		if n := len(objects(t, st, runsPrefix)); n != 1 {
			t.Errorf("round %d: %d runs are in the log", round, n)
		}
	}
}

// An object that is not what the run makes stops it, by name, and stays.
func TestDamagedObjectStopsRerun(t *testing.T) {
	st := store.NewMemory("t")
	c := Config{Store: st, Run: sampleRun()}
	records := sampleRecords(300)
	writeAll(t, c, records, 50)
	var victim string
	for key := range objects(t, st, "telemetry/") {
		victim = max(victim, key)
	}
	data := readObject(t, st, victim)
	replace(t, st, victim, data[:len(data)-3])
	_, err := tryWrite(t.Context(), c, records, 50)
	var different *DifferentError
	if !errors.As(err, &different) || different.Key != victim {
		t.Errorf("running again over a cut object: %v", err)
	}
	if err := st.Delete(t.Context(), victim); err != nil {
		t.Fatal(err)
	}
	writeAll(t, c, records, 50)
	if readObject(t, st, victim) != data {
		t.Error("the object did not come back")
	}
}

func replace(t *testing.T, st store.Store, key, data string) {
	t.Helper()
	if err := st.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if _, err := st.Put(t.Context(), key, strings.NewReader(data)); err != nil {
		t.Fatal(err)
	}
}

// Two sources in one lake do not double a title.
func TestDimensions(t *testing.T) {
	st := store.NewMemory("t")
	for i, n := range []int{3, 5, 5} {
		run := sampleRun()
		run.Seed = int64(i)
		run.From += int64(i) * 3600_000
		run.To += int64(i) * 3600_000
		for range 2 {
			w, err := NewWriter(t.Context(), Config{Store: st, Run: run})
			if err != nil {
				t.Fatal(err)
			}
			if w.State() == New {
				if err := w.Dimension(schema.Titles(), titles(n)); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := w.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	rows := map[string]int{}
	for _, text := range objects(t, st, "dimensions/titles/") {
		for line := range strings.Lines(text) {
			rows[line]++
		}
	}
	if len(rows) != 5 {
		t.Errorf("%d titles: %v", len(rows), rows)
	}
	for line, n := range rows {
		if n != 1 {
			t.Errorf("%d times %s", n, line)
		}
	}
}

func TestClaimNames(t *testing.T) {
	for _, c := range []claim{
		{from: sampleFrom, to: sampleTo, source: "0123456789abcdef", shards: 1},
		{from: sampleFrom + 1, to: sampleTo + 999, source: "0123456789abcdef", shard: 3, shards: 4, wide: true},
		{from: 0, to: maxTime, source: "0123456789abcdef", shards: 1},
	} {
		got, ok := parseClaim(c.name())
		if !ok || got != c {
			t.Errorf("%+v became %s became %+v, %v", c, c.name(), got, ok)
		}
	}
	for _, name := range []string{"", "x", "20251399T000000Z-20250811T180000Z-0123456789abcdef-0of1", claim{}.doneKey(), "20250811T170000Z-20250811T180000Z-0123456789abcdef-0of1/.."} {
		if c, ok := parseClaim(name); ok {
			t.Errorf("%q was taken for %+v", name, c)
		}
	}
}
