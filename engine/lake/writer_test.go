package lake

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acme/telemetry/engine/store"
	"acme/telemetry/schema"
)

var update = flag.Bool("update", false, "write the golden files anew")

// record makes a record that arrives ms after the sample hour began.
func record(ms int64, key, value string) schema.Record {
	return schema.Record{Arrival: sampleFrom + ms, Event: sampleFrom + ms, Key: []byte(key), Value: []byte(value)}
}

// objects gives the raw contents of the objects below a prefix, by key.
func objects(t *testing.T, st store.Store, prefix string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for key, data := range tree(t, st) {
		if strings.HasPrefix(key, prefix) {
			out[key] = gunzip(t, key, data)
		}
	}
	return out
}

func gunzip(t *testing.T, key, data string) string {
	t.Helper()
	if !strings.HasSuffix(key, ".gz") {
		return data
	}
	z, err := gzip.NewReader(strings.NewReader(data))
	if err != nil {
		t.Fatalf("%s: %v", key, err)
	}
	raw, err := io.ReadAll(z)
	if err != nil {
		t.Fatalf("%s: %v", key, err)
	}
	return string(raw)
}

// A buffer ends when its oldest record has waited the interval, or when it has
// the size: the record that reaches it is the last.
func TestBuffering(t *testing.T) {
	const second = 1000
	for _, c := range []struct {
		what    string
		layout  Layout
		records []schema.Record
		want    []string // the objects' contents, in the order of their keys
	}{
		{"one object", Layout{Buffers: 1}, []schema.Record{record(0, "k", "a"), record(299*second, "k", "b")}, []string{"a\nb\n"}},
		{"the interval ends it, before the record that comes then", Layout{Buffers: 1},
			[]schema.Record{record(10*second, "k", "a"), record(310*second-1, "k", "b"), record(310*second, "k", "c")}, []string{"a\nb\n", "c\n"}},
		{"the interval runs from the oldest record, not from the hour", Layout{Buffers: 1},
			[]schema.Record{record(100*second, "k", "a"), record(350*second, "k", "b"), record(400*second, "k", "c"), record(699*second, "k", "d")}, []string{"a\nb\n", "c\nd\n"}},
		{"the size ends it", Layout{Buffers: 1, BufferSize: 6},
			[]schema.Record{record(0, "k", "aa"), record(1*second, "k", "bb"), record(2*second, "k", "cc")}, []string{"aa\nbb\n", "cc\n"}},
		{"a record larger than the size", Layout{Buffers: 1, BufferSize: 3}, []schema.Record{record(0, "k", "aaaaaaa"), record(1*second, "k", "b")}, []string{"aaaaaaa\n", "b\n"}},
		{"no delimiter", Layout{Buffers: 1, Delimiter: None}, []schema.Record{record(0, "k", "a"), record(1, "k", "b")}, []string{"ab"}},
		{"no delimiter, and the size counts no newlines", Layout{Buffers: 1, Delimiter: None, BufferSize: 4},
			[]schema.Record{record(0, "k", "aa"), record(1*second, "k", "bb"), record(2*second, "k", "cc")}, []string{"aabb", "cc"}},
		{"a quiet stretch", Layout{Buffers: 1}, []schema.Record{record(0, "k", "a"), record(3000*second, "k", "b")}, []string{"a\n", "b\n"}},
		{"a shorter interval", Layout{Buffers: 1, BufferInterval: time.Second}, []schema.Record{record(0, "k", "a"), record(999, "k", "b"), record(1000, "k", "c")}, []string{"a\nb\n", "c\n"}},
		{"arrival that goes back counts as now", Layout{Buffers: 1}, []schema.Record{record(400*second, "k", "a"), record(100*second, "k", "b"), record(650*second, "k", "c")}, []string{"a\nb\nc\n"}},
	} {
		st := store.NewMemory("t")
		sum := writeAll(t, Config{Store: st, Run: sampleRun(), Layout: c.layout}, c.records, 1)
		found := objects(t, st, "telemetry/")
		got := []string{}
		for _, key := range slices.Sorted(maps.Keys(found)) {
			got = append(got, found[key])
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: -want +got\n%s", c.what, diff)
		}
		if sum.Records != int64(len(c.records)) || sum.Objects != int64(len(c.want)) {
			t.Errorf("%s: summary %+v", c.what, sum)
		}
	}
}

// One object at a time in each delivery buffer, and a key always in the same.
func TestDeliveryBuffers(t *testing.T) {
	st := store.NewMemory("t")
	records := []schema.Record{}
	for i := range 400 {
		records = append(records, record(int64(i), fmt.Sprintf("k%d", i%40), fmt.Sprintf("k%d", i%40)))
	}
	writeAll(t, Config{Store: st, Run: sampleRun(), Layout: Layout{Buffers: 4}}, records, 7)
	found := objects(t, st, "telemetry/")
	if len(found) != 4 {
		t.Errorf("%d objects of 4 buffers", len(found))
	}
	home := map[string]string{}
	lines := 0
	for key, text := range found {
		for line := range strings.Lines(text) {
			lines++
			if at, ok := home[line]; ok && at != key {
				t.Errorf("records of %s are in %s and %s", line, at, key)
			}
			home[line] = key
		}
	}
	if lines != len(records) {
		t.Errorf("%d of %d records", lines, len(records))
	}
}

// The prefix and the name go by the arrival of the object's oldest record: a
// record that arrives in the next hour may lie in this one. By event time it
// goes by the event.
func TestPartitioning(t *testing.T) {
	run := sampleRun()
	run.To += 3600_000
	late := schema.Record{Arrival: sampleFrom + 3600_000 + 5, Event: sampleFrom - 1, Key: []byte("k"), Value: []byte("late")}
	records := []schema.Record{record(3599_000, "k", "a"), record(3600_000+2, "k", "b"), late}
	layout := Layout{Buffers: 1}
	for by, want := range map[PartitionBy]map[string]string{
		ByArrival: {"telemetry/year=2025/month=08/day=11/hour=17/": "a\nb\nlate\n"},
		ByEvent: {
			"telemetry/year=2025/month=08/day=11/hour=16/": "late\n",
			"telemetry/year=2025/month=08/day=11/hour=17/": "a\n",
			"telemetry/year=2025/month=08/day=11/hour=18/": "b\n",
		},
	} {
		st := store.NewMemory("t")
		layout.PartitionBy = by
		writeAll(t, Config{Store: st, Run: run, Layout: layout}, records, 1)
		got := map[string]string{}
		for key, text := range objects(t, st, "telemetry/") {
			folder, name := split(key)
			got[folder] += text
			if at := name[len("AcmeTelemetry-MSK-to-S3-1-"):][:19]; at != "2025-08-11-17-59-59" && at != "2025-08-11-18-00-00" {
				t.Errorf("%s is named by the time %s", key, at)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("by %s: -want +got\n%s", by, diff)
		}
	}
}

// By event time there may be very many partitions at once; nothing is lost.
func TestManyPartitions(t *testing.T) {
	run, st := sampleRun(), store.NewMemory("t")
	records := []schema.Record{}
	for i := range 3 * maxActive {
		r := record(int64(i), "k", fmt.Sprint(i))
		r.Event -= int64(i%(maxActive+100)) * 3600_000
		records = append(records, r)
	}
	sum := writeAll(t, Config{Store: st, Run: run, Layout: Layout{Buffers: 1, PartitionBy: ByEvent}}, records, 100)
	lines := 0
	for _, text := range objects(t, st, "telemetry/") {
		lines += strings.Count(text, "\n")
	}
	if lines != len(records) || sum.Rows != int64(lines) {
		t.Errorf("%d records became %d lines, %d rows", len(records), lines, sum.Rows)
	}
}

// The same records make the same lake, however many workers compress and
// however the records come in batches.
func TestDeterminism(t *testing.T) {
	records := sampleRecords(6000 / scale)
	var want map[string]string
	for _, format := range []Format{JSON, Both} {
		want = nil
		for _, how := range []struct{ workers, batch int }{{1, 1}, {2, 100}, {8, 6000}, {3, 17}} {
			st := store.NewMemory("t")
			writeAll(t, Config{Store: st, Run: sampleRun(), Layout: Layout{Format: format, BufferInterval: 900 * time.Second}, Workers: how.workers}, records, how.batch)
			got := tree(t, st)
			if want == nil {
				want = got
			}
			if !maps.Equal(want, got) {
				t.Errorf("%s: %d workers and batches of %d make another lake", format, how.workers, how.batch)
			}
		}
	}
}

// An object of several blocks is one gzip member with a fixed header, and its
// bytes are what was given.
func TestGzip(t *testing.T) {
	st := store.NewMemory("t")
	records := sampleRecords(3000)
	writeAll(t, Config{Store: st, Run: sampleRun(), Layout: Layout{Buffers: 1, BufferInterval: 900 * time.Second}}, records, 500)
	got := strings.Builder{}
	data := tree(t, st)
	for _, key := range slices.Sorted(maps.Keys(data)) {
		if !strings.HasPrefix(key, "telemetry/") {
			continue
		}
		if head := data[key][:10]; head != "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff" {
			t.Errorf("the header is % x", head)
		}
		z, err := gzip.NewReader(strings.NewReader(data[key]))
		if err != nil {
			t.Fatal(err)
		}
		z.Multistream(false)
		raw, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		if len(raw) <= blockSize {
			t.Fatalf("an object of %d bytes has one block and tests nothing", len(raw))
		}
		got.Write(raw)
	}
	want := strings.Builder{}
	for _, r := range records {
		want.Write(r.Value)
		want.WriteByte('\n')
	}
	if got.String() != want.String() {
		t.Errorf("%d bytes came back of %d, or not in order", got.Len(), want.Len())
	}
}

func TestGoldenManifest(t *testing.T) {
	st := store.NewMemory("t")
	c := Config{Store: st, Run: sampleRun(), Layout: Layout{Buffers: 2, Format: Both}}
	records := append(sampleRecords(40), record(3599_999, "k", `{"event_id":`))
	w, err := NewWriter(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	if err := w.Dimension(schema.Titles(), slices.Values([][]byte{[]byte(`{"title_id":"TITLE_1"}`)})); err != nil {
		t.Fatal(err)
	}
	if err := w.Label([]byte(`{"fault":"malformed"}`)); err != nil {
		t.Fatal(err)
	}
	if err := w.Write(records); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	data := tree(t, st)
	for _, key := range slices.Sorted(maps.Keys(data)) {
		fmt.Fprintf(&got, "== %s\n", key)
		if strings.HasSuffix(key, ".json") || strings.HasPrefix(key, "errors/") {
			got.WriteString(data[key])
		}
	}
	path := filepath.Join("testdata", "lake.golden")
	if *update {
		if err := os.WriteFile(path, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("-want +got (go test -run Golden -update writes it anew)\n%s", diff)
	}
}

// Rows in the manifest are those the SerDe sees, whatever the records hold.
func TestManifestCountsAsAthena(t *testing.T) {
	odd := []string{`{"event_id":"a"}`, `{"event_id":"b"`, `{"event_id":"c\n"}`, "{\"event_id\":\n\"d\"}", ``, `x`, "{\"event_id\":\"e\"}\r", `{"event_id":"f"}{"event_id":"g"}`, `{"event_id":{"x":1}}`}
	for _, delimiter := range []Delimiter{Newline, None} {
		st := store.NewMemory("t")
		records := []schema.Record{}
		for i, value := range odd {
			records = append(records, record(int64(i), "k", value))
		}
		for i := range odd { // and each as the head of an object
			records = append(records, record(int64(i+1)*300_000, "k", odd[i]), record(int64(i+1)*300_000+1, "k", odd[0]))
		}
		writeAll(t, Config{Store: st, Run: sampleRun(), Layout: Layout{Buffers: 1, Delimiter: delimiter}}, records, 4)
		for key, data := range tree(t, st) {
			if !strings.HasPrefix(key, "telemetry/") {
				continue
			}
			stats, err := readAll(key, strings.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			folder, name := split(key)
			entries, err := newManifests(st).of(t.Context(), folder)
			if err != nil {
				t.Fatal(err)
			}
			e := entries[name]
			if e.Rows != stats.Lines || e.Malformed != stats.Malformed {
				t.Errorf("%s, %q: the manifest has %d rows, %d malformed; the SerDe %d and %d", delimiter, gunzip(t, key, data), e.Rows, e.Malformed, stats.Lines, stats.Malformed)
			}
		}
	}
}

// Parquet holds the records that decode, in their order; the others are filed as
// Firehose files them.
func TestParquetAndErrors(t *testing.T) {
	st := store.NewMemory("t")
	records := sampleRecords(500)
	bad := []string{`{"event_id":"cut`, "", "text", `{"event_id":"a"}{"event_id":"b"}`, "{\"event_id\":\"x\"\n"}
	for i, value := range bad {
		records[100*i].Value = []byte(value)
	}
	sum := writeAll(t, Config{Store: st, Run: sampleRun(), Layout: Layout{Buffers: 1, Format: Parquet, BufferInterval: 900 * time.Second}}, records, 50)
	if sum.Rows != 495 || sum.Failed != 5 || sum.Records != 500 {
		t.Errorf("summary %+v", sum)
	}
	rows := int64(0)
	for key, data := range tree(t, st) {
		if strings.HasPrefix(key, "telemetry/") {
			t.Errorf("%s is there, and only Parquet was asked for", key)
		}
		if strings.HasPrefix(key, "telemetry_parquet/") {
			n, _, err := readParquet([]byte(data), len(schema.Events().Columns))
			if err != nil {
				t.Errorf("%s: %v", key, err)
			}
			rows += n
		}
	}
	if rows != 495 {
		t.Errorf("%d rows in Parquet", rows)
	}
	raw := []string{}
	found := objects(t, st, "errors/format-conversion-failed/year=2025/month=08/day=11/")
	for _, key := range slices.Sorted(maps.Keys(found)) {
		for line := range strings.Lines(found[key]) {
			var e errorRecord
			if err := json.Unmarshal([]byte(line), &e); err != nil {
				t.Fatalf("%s: %v", key, err)
			}
			if e.ErrorCode == "" || e.ErrorMessage == "" || e.ArrivalTimestamp < sampleFrom || e.DataCatalogTable.TableName != schema.EventsParquet {
				t.Errorf("filed as %s", line)
			}
			raw = append(raw, string(e.RawData))
		}
	}
	if diff := cmp.Diff(bad, raw); diff != "" {
		t.Errorf("filed records: -want +got\n%s", diff)
	}
}

// Bits of a Parquet file change: reading it back must fail, or give values that
// the comparison tells from those written. A change that alters nothing that is
// read (statistics, a name) may pass.
func TestParquetReadBack(t *testing.T) {
	st := store.NewMemory("t")
	writeAll(t, Config{Store: st, Run: sampleRun(), Layout: Layout{Buffers: 1, Format: Parquet, BufferInterval: 900 * time.Second}}, sampleRecords(100), 100)
	var data string
	for key, text := range tree(t, st) {
		if strings.HasPrefix(key, "telemetry_parquet/") {
			data = text
		}
	}
	rows, sum, err := readParquet([]byte(data), 24)
	if err != nil {
		t.Fatal(err)
	}
	failed, silent := 0, 0
	const flips = 1000 / scale
	for i := range flips {
		changed := []byte(data)
		bit := i * 7919 % (8 * len(data))
		changed[bit/8] ^= 1 << (bit % 8)
		switch n, s, err := readParquet(changed, 24); {
		case err != nil:
			failed++
		case n != rows || !bytes.Equal(s, sum):
			silent++
		}
	}
	t.Logf("%d flips: %d fail, %d give other values", flips, failed, silent)
	if failed < flips/2 {
		t.Errorf("only %d of %d flips are errors", failed, flips)
	}
	for _, n := range []int{0, 4, 8, len(data) / 2, len(data) - 1} {
		if _, _, err := readParquet([]byte(data[:n]), 24); err == nil {
			t.Errorf("a file cut to %d bytes of %d is whole", n, len(data))
		}
	}
}

func TestLayoutIsChecked(t *testing.T) {
	for what, l := range map[string]Layout{
		"size": {BufferSize: 129 << 20}, "negative size": {BufferSize: -1}, "interval": {BufferInterval: time.Hour}, "buffers": {Buffers: 1000}, "delimiter": {Delimiter: "tab"},
		"format": {Format: "avro"}, "partitioning": {PartitionBy: "key"}, "level": {Level: 12}, "codec": {Codec: "brotli"}, "zone": {TimeZone: "x"}, "version": {StreamVersion: -1}, "Parquet prefix": {ParquetPrefix: "!{x}"},
	} {
		if _, err := l.Check(); err == nil {
			t.Errorf("%s: %+v was accepted", what, l)
		}
	}
	if w, err := (Layout{}).Check(); err != nil || len(w) != 0 {
		t.Errorf("the default: %v, %v", w, err)
	}
}

func TestRecordOutsideTheWindow(t *testing.T) {
	for _, ms := range []int64{-1, 3600_000} {
		_, err := tryWrite(t.Context(), Config{Store: store.NewMemory("t"), Run: sampleRun()}, []schema.Record{record(ms, "k", "a")}, 1)
		if err == nil || !strings.Contains(err.Error(), "outside the run's window") {
			t.Errorf("%d: %v", ms, err)
		}
	}
}
