package sim

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"acme/telemetry/schema"
)

var update = flag.Bool("update", false, "write the golden files anew")

// load gives a shipped scenario with some fields changed.
func load(t testing.TB, name string, set ...string) *Scenario {
	t.Helper()
	sc, err := Load(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range set {
		if err := sc.Set(s); err != nil {
			t.Fatal(err)
		}
	}
	return sc
}

// record is a schema.Record that outlives its batch.
type record struct {
	arrival, event int64
	key, value     string
}

func generate(t testing.TB, sc *Scenario, job Job) ([]record, []Truth, Stats) {
	t.Helper()
	var records []record
	var truth []Truth
	job.Emit = func(batch []schema.Record) error {
		for _, r := range batch {
			records = append(records, record{r.Arrival, r.Event, string(r.Key), string(r.Value)})
		}
		return nil
	}
	job.Truth = func(batch []Truth) error {
		truth = append(truth, batch...)
		return nil
	}
	stats, err := Generate(context.Background(), sc, job)
	if err != nil {
		t.Fatal(err)
	}
	if stats.Records != int64(len(records)) {
		t.Fatalf("stats say %d records, got %d", stats.Records, len(records))
	}
	return records, truth, stats
}

func minutes(sc *Scenario, from, to int64) Window {
	return Window{sc.Start + from*60_000, sc.Start + to*60_000}
}

func digest(records []record) string {
	h := sha256.New()
	for _, r := range records {
		fmt.Fprintf(h, "%d %s %s\n", r.arrival, r.key, r.value)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func sumOf(records []record) (s Sum) {
	for _, r := range records {
		s.Add([]schema.Record{{Value: []byte(r.value)}})
	}
	return s
}

// everyFault is a set of faults that touches every path there is.
const everyFault = `faults=[
  {id: late, kind: late, p: 2%, delay: {min: 1m, max: 20m}},
  {id: swap, kind: out_of_order, p: 10%, jitter: 8s},
  {id: twice, kind: duplicate, p: 2%, delay: {min: 1ms, max: 2m}},
  {id: changed, kind: duplicate, p: 1%, mode: changed, delay: {min: 1s, max: 5m}},
  {id: replay, kind: duplicate, p: 5%, mode: replay, at: 5m, for: 10m, delay: {min: 2m, max: 2m}},
  {id: lost, kind: drop, p: 1%, scope: {device: [mobile, tablet]}},
  {id: broken, kind: malformed, p: 1%, forms: [truncated, bad_escape, nan, wrong_type, empty, concatenated, bom]},
  {id: huge, kind: malformed, p: 0.1%, forms: oversize},
  {id: gone, kind: missing_field, p: 2%, field: isp},
  {id: nil, kind: null_field, p: 2%, field: state, scope: {country: GB}},
  {id: renamed, kind: schema_drift, change: rename, field: quality, to: video_quality, at: 10m, scope: {device: web}},
  {id: added, kind: schema_drift, change: add, field: error_count, to: cdn, at: 12m},
  {id: retyped, kind: schema_drift, change: type, field: bandwidth_mbps, at: 15m, scope: {device: tv}},
  {id: clock, kind: clock_skew, p: 5%, offset: {min: -90s, max: 3m}, at: 0s, drift: 50},
  {id: dark, kind: outage, at: 6m, for: 4m, scope: {city: London}},
  {id: slow, kind: bandwidth, factor: 0.2, at: 8m, for: 6m, scope: {isp: [BT, Comcast]}},
  {id: stuck, kind: stuck_player, p: 30%, at: 2m, for: 10m, scope: {country: CA}},
  {id: gap, kind: telemetry_gap, p: 50%, at: 4m, for: 5m, flood: 20s, scope: {device: mobile, quality: [SD, HD]}}]`

// A window is made of any windows that tile it and any shards of them, by any
// number of workers: the same records, truth and counts.
func TestAnyPartAddsUp(t *testing.T) {
	for _, c := range []struct {
		name string
		set  []string
	}{
		{"seed-hour", nil},
		{"seed-replica", nil},
		{"streaming", []string{everyFault, at17, small}},
		{"seed-replica", []string{everyFault, few}},
		{"streaming", []string{at17, small, "emission.mode=tick"}},
	} {
		t.Run(fmt.Sprint(c.name, len(c.set)), func(t *testing.T) {
			sc := load(t, c.name, c.set...)
			whole := minutes(sc, 0, 8)
			if len(sc.Faults) > 0 {
				whole = minutes(sc, 0, 24)
			}
			want, wantTruth, wantStats := generate(t, sc, Job{Window: whole})
			for _, c := range []struct{ workers, windows, shards int }{
				{2, 1, 1}, {8, 1, 1}, {1, 12, 1}, {2, 7, 1}, {1, 1, 4}, {2, 3, 5},
			} {
				got, truth, stats, sum := assemble(t, sc, whole, c.workers, c.windows, c.shards)
				where := fmt.Sprintf("%d workers, %d windows, %d shards", c.workers, c.windows, c.shards)
				if sum != sumOf(want) {
					t.Errorf("%s: order-free digest %s of %d records, want %s of %d", where, sum, sum.Records, sumOf(want), len(want))
				}
				ordered := want
				if c.shards > 1 {
					by := bySession
					if len(sc.Faults) > 0 { // a broken record may have no session to go by
						by = byValue
						ordered = slices.SortedFunc(slices.Values(want), by)
					}
					slices.SortStableFunc(got, by)
				}
				if digest(got) != digest(ordered) {
					t.Errorf("%s: sha256 %s, want %s", where, digest(got), digest(ordered))
				}
				if fmt.Sprint(stats) != fmt.Sprint(wantStats) {
					t.Errorf("%s: counts %+v, want %+v", where, stats, wantStats)
				}
				if got, want := lines(truth), lines(wantTruth); !slices.Equal(got, want) {
					t.Errorf("%s: %d labels, want %d, or others", where, len(got), len(want))
				}
			}
			t.Logf("%d records, sha256 %s", len(want), digest(want)[:16])
		})
	}
}

// assemble generates a window in windows and shards.
func assemble(t *testing.T, sc *Scenario, whole Window, workers, windows, shards int) (got []record, truth []Truth, stats Stats, sum Sum) {
	span := whole.To - whole.From
	for i := range windows {
		w := Window{whole.From + span*int64(i)/int64(windows), whole.From + span*int64(i+1)/int64(windows)}
		for s := range shards {
			r, tr, st := generate(t, sc, Job{Window: w, Shard: Shard{s, shards}, Workers: workers})
			got, truth = append(got, r...), append(truth, tr...)
			stats.Add(st)
			sum.Merge(sumOf(r))
		}
	}
	return got, truth, stats, sum
}

// lines gives labels as sorted JSON lines.
func lines(truth []Truth) []string {
	all := make([]string, len(truth))
	for i := range truth {
		all[i] = string(truth[i].AppendJSON(nil))
	}
	slices.Sort(all)
	return all
}

func bySession(a, b record) int {
	const name = `"session_id":"SESSION_`
	session := func(r record) string {
		_, rest, _ := strings.Cut(r.value, name)
		return rest[:sessionHex]
	}
	return cmp.Or(cmp.Compare(a.arrival, b.arrival), cmp.Compare(session(a), session(b)))
}

func byValue(a, b record) int {
	return cmp.Or(cmp.Compare(a.arrival, b.arrival), cmp.Compare(a.value, b.value))
}

// The bytes of engine 1. A change here is a change for everyone who kept a
// digest: it needs a new engine.
func TestGoldenDigests(t *testing.T) {
	var got string
	for _, name := range Shipped() {
		sc := load(t, name)
		for _, c := range []struct {
			label string
			set   []string
		}{{name, nil}, {name + " seed 43", []string{"seed=43"}}, {name + " with every fault", []string{small, few, everyFault}}} {
			sc := load(t, name, c.set...)
			w := minutes(sc, 0, 3)
			if c.set != nil && c.set[0] == small { // where most of the faults are
				w = minutes(sc, 8, 13)
			}
			records, _, stats := generate(t, sc, Job{Window: w})
			got += fmt.Sprintf("%s: %d records, %d produced, sha256 %s\n", c.label, len(records), stats.Produced(), digest(records))
		}
		got += fmt.Sprintf("%s: scenario digest %x\n", name, sc.Digest())
	}
	golden(t, "digests.txt", got)
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", path, got, want)
	}
}

// An error of the callee, and the end of the context, end the run and come out.
func TestGenerateStops(t *testing.T) {
	sc := load(t, "seed-hour", everyFault)
	boom := errors.New("boom")
	for _, workers := range []int{1, 3} {
		calls := 0
		_, err := Generate(t.Context(), sc, Job{Window: minutes(sc, 0, 600), Workers: workers, Emit: func([]schema.Record) error {
			if calls++; calls == 3 {
				return boom
			}
			return nil
		}})
		if err != boom || calls != 3 {
			t.Errorf("%d workers: %v after %d calls", workers, err, calls)
		}
		_, err = Generate(t.Context(), sc, Job{Window: minutes(sc, 0, 600), Workers: workers, Truth: func([]Truth) error { return boom }})
		if err != boom {
			t.Errorf("%d workers: %v from Truth", workers, err)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		_, err = Generate(ctx, sc, Job{Window: minutes(sc, 0, 600), Workers: workers, Emit: func([]schema.Record) error {
			cancel(boom)
			return nil
		}})
		if err != boom {
			t.Errorf("%d workers: %v after the context ended", workers, err)
		}
		cancel(nil)
	}
	for want, job := range map[string]Job{
		"shard 4/4":  {Window: minutes(sc, 0, 1), Shard: Shard{4, 4}},
		"shard 0/65": {Window: minutes(sc, 0, 1), Shard: Shard{0, 65}},
		"the window": {Window: Window{5, 4}},
		"from -1 to": {Window: Window{-1, 4}},
	} {
		if _, err := Generate(t.Context(), sc, job); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", want, err)
		}
	}
	if stats, err := Generate(t.Context(), sc, Job{Window: Window{sc.Start, sc.Start}}); err != nil || stats.Records != 0 {
		t.Errorf("an empty window gives %+v, %v", stats, err)
	}
}

// Making an event allocates nothing: what a run allocates is its lanes' room.
func TestEventsDoNotAllocate(t *testing.T) {
	sc := load(t, "seed-hour", "arrivals.mean_per_hour=5000")
	run := func(minute int64) (allocs float64, records int64) {
		allocs = testing.AllocsPerRun(1, func() {
			stats, err := Generate(context.Background(), sc, Job{Window: minutes(sc, 0, minute), Emit: func([]schema.Record) error { return nil }})
			if err != nil {
				t.Fatal(err)
			}
			records = stats.Records
		})
		return allocs, records
	}
	half, n := run(60)
	whole, m := run(600)
	if m < 4*n {
		t.Fatalf("%d and %d records", n, m)
	}
	if perEvent := (whole - half) / float64(m-n); perEvent > 0.1 {
		t.Errorf("%.2f allocations an event", perEvent)
	}
}

func BenchmarkGenerate(b *testing.B) {
	for _, name := range Shipped() {
		b.Run(name, func(b *testing.B) {
			sc := load(b, name)
			w := minutes(sc, 17*60, 18*60)
			if name != "streaming" {
				w = minutes(sc, 0, 60)
			}
			var events, bytes int64
			b.ReportAllocs()
			for b.Loop() {
				stats, err := Generate(context.Background(), sc, Job{Window: w, Emit: func([]schema.Record) error { return nil }})
				if err != nil {
					b.Fatal(err)
				}
				events += stats.Records
				bytes += stats.Bytes
			}
			b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
			b.ReportMetric(float64(bytes)/1e6/b.Elapsed().Seconds(), "MB/s")
		})
	}
}
