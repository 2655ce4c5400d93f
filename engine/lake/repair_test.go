package lake

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/parquet-go/parquet-go"

	"acme/telemetry/engine/store"
	"acme/telemetry/schema"
)

// defects is a lake with each of the defects that inspect knows, one to an object.
func defects(t *testing.T) (store.Store, map[string]FindingKind) {
	t.Helper()
	st := store.NewMemory("defects")
	line := func(i int) string {
		return fmt.Sprintf(`{"event_id":"EVENT_%d","event_timestamp":"2025-08-11T17:00:00.%06dZ","watch_duration_seconds":%d,"city":"Oslo"}`, i, i, i)
	}
	var lines strings.Builder
	for i := range 400 {
		lines.WriteString(line(i) + "\n")
	}
	whole := zipped(lines.String())
	flipped := []byte(whole)
	flipped[len(flipped)-6] ^= 1 // in the checksum
	var brotlied bytes.Buffer
	w := brotli.NewWriter(&brotlied)
	_, _ = w.Write([]byte(lines.String())) // a bytes.Buffer takes everything
	_ = w.Close()
	one := line(1)
	want := map[string]FindingKind{}
	for name, c := range map[string]struct {
		body string
		kind FindingKind
	}{
		"sound.gz":         {whole, ""},
		"undelimited.gz":   {zipped(one + one + "\n" + one), Undelimited},
		"truncated.gz":     {whole[:len(whole)-300], Truncated},
		"checksum.gz":      {string(flipped), BadChecksum},
		"malformed.gz":     {zipped(one + "\n{\"event_id\":\"EVENT_9\n" + one + "\n"), Malformed},
		"wrong-type.gz":    {zipped(one + "\n" + strings.Replace(one, ":1,", `:"one",`, 1) + "\n"), WrongType},
		"wrong-hour.gz":    {zipped(one + "\n" + strings.Replace(one, "T17", "T18", 1) + "\n"), WrongHour},
		"duplicate-key.gz": {zipped(one + "\n" + strings.Replace(one, `"city"`, `"CITY":"Rome","city"`, 1) + "\n"), DuplicateKey},
		"UPPER.GZ":         {zipped(one + "\n"), UpperCaseExtension},
		"zip.json":         {zipped(one + "\n"), GzipNamedPlain},
		"plain.gz":         {one + "\n", PlainNamedGzip},
		"brotli.json":      {brotlied.String(), Brotli},
		"unknown.gz":       {zipped(strings.Replace(one, "{", `{"more":1,`, 1) + "\n"), UnknownKeys},
		"mixed.gz":         {zipped(`{"event_id":"EVENT_5"}` + "\n"), MixedSchemas},
		"empty.gz":         {"", ZeroBytes},
		"_hidden.gz":       {zipped(one), HiddenObject},
	} {
		putObject(t, st, migrateHour+name, []byte(c.body))
		if c.kind != "" {
			want[migrateHour+name] = c.kind
		}
	}
	putObject(t, st, "telemetry/2025/08/11/17/firehose.gz", []byte(zipped(one+"\n")))
	want["telemetry/2025/08/11/17/"] = WrongFolder
	want[migrateHour] = SmallFiles
	return st, want
}

// Every defect is found, at its object and where there is one at its line.
func TestInspectDefects(t *testing.T) {
	st, want := defects(t)
	found, err := Inspect(t.Context(), st, InspectOptions{Table: schema.Events()})
	if err != nil {
		t.Fatal(err)
	}
	lines := map[FindingKind]int64{Undelimited: 1, Malformed: 2, WrongType: 2, WrongHour: 2, DuplicateKey: 2}
	for key, kind := range want {
		at := slices.IndexFunc(found.Findings, func(f Finding) bool { return f.Key == key && f.Kind == kind })
		if at < 0 {
			t.Errorf("%s: no %s among %v", key, kind, found.Findings)
			continue
		}
		f := found.Findings[at]
		if line, ok := lines[kind]; ok && f.Line != line || kind == Truncated && f.Line < 2 {
			t.Errorf("%s: %s at line %d", key, kind, f.Line)
		}
	}
	for _, f := range found.Findings {
		if f.Key == migrateHour+"sound.gz" {
			t.Errorf("a sound object: %v", f)
		}
	}
}

// What can be recovered is, sound and in its place; the rest is named; the source is as
// it was; and a second run changes nothing.
func TestRepair(t *testing.T) {
	st, _ := defects(t)
	before := tree(t, st)
	into := store.NewMemory("into")
	r, err := Repair(t.Context(), st, into, RepairOptions{})
	if err != nil {
		t.Fatal(err)
	}
	after := tree(t, into)
	if !equalTrees(before, tree(t, st)) {
		t.Error("the source was changed")
	}
	lost := map[FindingKind]int{}
	for _, f := range r.Lost {
		lost[f.Kind]++
	}
	if lost[Truncated] != 1 || lost[BadChecksum] != 1 || lost[Malformed] != 2 || lost[Brotli] != 1 || len(r.Lost) != 5 {
		t.Errorf("lost %v", r.Lost)
	}
	for name, records := range map[string]int{
		"sound.gz": 400, "undelimited.gz": 3, "malformed.gz": 2, "wrong-type.gz": 2, "wrong-hour.gz": 2, "duplicate-key.gz": 2,
		"UPPER.gz": 1, "zip.json.gz": 1, "plain.gz": 1, "unknown.gz": 1, "mixed.gz": 1, "firehose.gz": 1,
	} {
		stats, err := readAll(name, strings.NewReader(after[migrateHour+name]))
		if err != nil || stats.Lines != int64(records) || stats.Records != int64(records) || stats.Malformed > 0 || stats.Twice > 0 {
			t.Errorf("%s: %+v %v", name, stats, err)
		}
	}
	if stats, err := readAll("t.gz", strings.NewReader(after[migrateHour+"truncated.gz"])); err != nil || stats.Lines < 100 || stats.Malformed > 0 {
		t.Errorf("before the cut: %+v %v", stats, err)
	}
	if after[migrateHour+"sound.gz"] != before[migrateHour+"sound.gz"] || after[migrateHour+"checksum.gz"] != "" || r.Sound < 1 {
		t.Errorf("sound objects are copied and unsound ones are not: %+v", r)
	}
	if body := after[migrateHour+"duplicate-key.gz"]; strings.Contains(unzipped(t, body), "Rome") || !strings.Contains(unzipped(t, body), `"CITY":"Oslo"`) {
		t.Errorf("a key twice: %s", unzipped(t, body))
	}
	found, err := Inspect(t.Context(), into, InspectOptions{Table: schema.Events()})
	for _, f := range found.Findings {
		if f.Severity == SeverityError {
			t.Errorf("repaired and not sound: %v", f)
		}
	}
	if v, verr := Verify(t.Context(), into, VerifyOptions{}); err != nil || verr != nil || len(v.Damaged) > 0 {
		t.Errorf("%v %v %v", err, verr, v)
	}
	if _, err := Repair(t.Context(), st, into, RepairOptions{}); err != nil || !equalTrees(after, tree(t, into)) {
		t.Errorf("a second run: %v", err)
	}
	kept, err := Repair(t.Context(), st, store.NewMemory("unchecked"), RepairOptions{Unchecked: true})
	if err != nil || kept.Records != r.Records+400 {
		t.Errorf("unchecked: %d and %d records, %v", kept.Records, r.Records, err)
	}
	if _, err := Repair(t.Context(), st, st, RepairOptions{}); err == nil {
		t.Error("repaired in place")
	}
}

func equalTrees(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for key := range a {
		if a[key] != b[key] {
			return false
		}
	}
	return true
}

// What is wrong with Parquet stands in its footer.
func TestInspectParquet(t *testing.T) {
	type row struct {
		EventID string  `parquet:"event_id"`
		Watched string  `parquet:"watch_duration_seconds"`
		At      int64   `parquet:"event_timestamp,timestamp(microsecond)"`
		More    float64 `parquet:"more"`
	}
	file := func(options ...parquet.WriterOption) []byte {
		var out bytes.Buffer
		w := parquet.NewGenericWriter[row](&out, options...)
		if _, err := w.Write([]row{{"EVENT_1", "1", 1, 1}}); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	st := store.NewMemory("parquet")
	folder := "telemetry_parquet/year=2025/month=08/day=11/hour=17/"
	putObject(t, st, folder+"a.parquet", file(parquet.Compression(&parquet.Zstd)))
	putObject(t, st, folder+"b.parquet", file(parquet.Compression(&parquet.Brotli)))
	putObject(t, st, folder+"c.parquet", []byte("PAR1"))
	found, err := Inspect(t.Context(), st, InspectOptions{Table: schema.EventsMigrated()})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []struct {
		key  string
		kind FindingKind
	}{{"a.parquet", WrongType}, {"a.parquet", FineTimestamps}, {"a.parquet", UnknownKeys}, {"a.parquet", MixedSchemas}, {"b.parquet", Brotli}, {"c.parquet", Unreadable}} {
		if !slices.ContainsFunc(found.Findings, func(f Finding) bool { return f.Key == folder+want.key && f.Kind == want.kind }) {
			t.Errorf("%s: no %s among %v", want.key, want.kind, found.Findings)
		}
	}
}

func unzipped(t *testing.T, body string) string {
	t.Helper()
	z, err := gzip.NewReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
