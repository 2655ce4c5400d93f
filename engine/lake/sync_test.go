package lake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"acme/telemetry/engine/store"
)

func syncSource(t *testing.T) *store.Memory {
	t.Helper()
	st := store.NewMemory("from")
	for _, key := range []string{
		"telemetry/year=2025/month=08/day=11/hour=17/a.gz", "telemetry/year=2025/month=08/day=11/hour=18/b.gz", "telemetry/year=2025/month=08/day=12/hour=00/c.gz",
		"other/year=2025/month=08/day=11/d", "dimensions/titles/t.gz", "_acme/runs/r.json", "_acme/done/r.json", "_acme/truth/x", "_acme/catalog/1.json",
		"_acme/manifests/telemetry/year=2025/month=08/day=11/hour=17/m.json", "_acme/manifests/telemetry/year=2025/month=08/day=11/hour=18/m.json",
	} {
		putText(t, st, key, "of "+key)
	}
	return st
}

func putText(t *testing.T, st store.Store, key, text string) {
	t.Helper()
	if _, err := st.Put(t.Context(), key, strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
}

func allKeys(t *testing.T, st store.Store) (keys []string) {
	t.Helper()
	for info, err := range st.List(context.Background(), "") {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, info.Key)
	}
	return keys
}

func TestSyncAll(t *testing.T) {
	from, to := syncSource(t), store.NewMemory("to")
	plan, err := Sync(t.Context(), from, to, SyncOptions{Plan: true})
	if err != nil || plan.Copied != 11 || len(allKeys(t, to)) != 0 {
		t.Fatalf("%+v, %v", plan, err)
	}
	for round, want := range []Synced{{Copied: 11, Compared: 11}, {Present: 11, Compared: 11}} {
		done, err := Sync(t.Context(), from, to, SyncOptions{Verify: true})
		if err != nil || done.Copied != want.Copied || done.Present != want.Present || done.Compared != want.Compared || len(done.Differ) > 0 {
			t.Errorf("round %d: %+v, %v", round, done, err)
		}
	}
	if fmt.Sprint(allKeys(t, to)) != fmt.Sprint(allKeys(t, from)) {
		t.Errorf("copied %v", allKeys(t, to))
	}
}

func TestSyncRange(t *testing.T) {
	hour := func(d, h int) time.Time { return time.Date(2025, 8, d, h, 0, 0, 0, time.UTC) }
	always := []string{"_acme/catalog/1.json", "dimensions/titles/t.gz"}
	for _, c := range []struct {
		from, to time.Time
		want     []string
	}{
		{hour(11, 18), hour(12, 0), []string{"_acme/manifests/telemetry/year=2025/month=08/day=11/hour=18/m.json", "other/year=2025/month=08/day=11/d", "telemetry/year=2025/month=08/day=11/hour=18/b.gz"}},
		{hour(12, 0), time.Time{}, []string{"telemetry/year=2025/month=08/day=12/hour=00/c.gz"}},
		{hour(11, 17).Add(time.Minute), hour(11, 17).Add(2 * time.Minute), []string{"_acme/manifests/telemetry/year=2025/month=08/day=11/hour=17/m.json", "other/year=2025/month=08/day=11/d", "telemetry/year=2025/month=08/day=11/hour=17/a.gz"}},
		{time.Time{}, hour(11, 0), nil},
	} {
		to := store.NewMemory("to")
		if _, err := Sync(t.Context(), syncSource(t), to, SyncOptions{From: c.from, To: c.to}); err != nil {
			t.Fatal(err)
		}
		want := append(slices.Clone(always), c.want...)
		slices.Sort(want)
		if fmt.Sprint(allKeys(t, to)) != fmt.Sprint(want) {
			t.Errorf("%v to %v: %v, want %v", c.from, c.to, allKeys(t, to), want)
		}
	}
}

// What is there already is never replaced, and where data is another no manifest is put
// beside it.
func TestSyncDifferent(t *testing.T) {
	const key = "telemetry/year=2025/month=08/day=11/hour=17/a.gz"
	for _, c := range []struct {
		text   string
		verify bool
		differ bool
	}{{"short", false, true}, {strings.Repeat("x", len("of "+key)), false, false}, {strings.Repeat("x", len("of "+key)), true, true}} {
		from, to := syncSource(t), store.NewMemory("to")
		putText(t, to, key, c.text)
		done, err := Sync(t.Context(), from, to, SyncOptions{Verify: c.verify})
		if err != nil {
			t.Fatal(err)
		}
		if c.differ != (len(done.Differ) == 1 && done.Differ[0].Key == key) {
			t.Errorf("%+v: differ %v", c, done.Differ)
		}
		r, _, err := to.Get(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		if text, _ := io.ReadAll(r); string(text) != c.text {
			t.Errorf("it was replaced by %q", text)
		}
		booked := slices.ContainsFunc(allKeys(t, to), func(k string) bool { return strings.HasPrefix(k, manifestsPrefix) })
		if booked == c.differ && c.text == "short" {
			t.Error("there is a manifest over data that is another")
		}
	}
}

// failing is a store whose nth Put fails.
type failing struct {
	store.Store
	puts atomic.Int64
	at   int64
}

func (f *failing) Put(ctx context.Context, key string, r io.Reader) (store.Info, error) {
	if f.puts.Add(1) == f.at {
		return store.Info{}, errors.New("the disk is full")
	}
	return f.Store.Put(ctx, key, r)
}

// Cut short anywhere, a Sync has no manifest without its data and no end of a run
// without the run, and the next one finishes it.
func TestSyncResumes(t *testing.T) {
	for at := range int64(11) {
		from, to := syncSource(t), store.NewMemory("to")
		if _, err := Sync(t.Context(), from, &failing{Store: to, at: at + 1}, SyncOptions{Workers: 1}); err == nil {
			t.Fatal("the failure was swallowed")
		}
		got := allKeys(t, to)
		has := func(prefix string) bool {
			return slices.ContainsFunc(got, func(k string) bool { return strings.HasPrefix(k, prefix) })
		}
		data := slices.IndexFunc(got, func(k string) bool { return !strings.HasPrefix(k, "_acme/") })
		if n := len(got) - max(data, 0); has("_acme/") && n != 5 || has(donePrefix) && !has(runsPrefix) || has(runsPrefix) && len(got) < 9 {
			t.Errorf("cut at %d: %v", at, got)
		}
		if _, err := Sync(t.Context(), from, to, SyncOptions{}); err != nil || fmt.Sprint(allKeys(t, to)) != fmt.Sprint(allKeys(t, from)) {
			t.Errorf("cut at %d and gone on: %v, %v", at, allKeys(t, to), err)
		}
	}
}
