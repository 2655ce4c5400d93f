package lake

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"acme/telemetry/engine/store"
	"acme/telemetry/schema"
)

// heads are the 40 rows behind the report of 2025-08-11.
func heads(t testing.TB) [][]byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "testdata", "report-2025-08-11", "events.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	rows := bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
	if len(rows) != 40 {
		t.Fatalf("%d rows, not 40", len(rows))
	}
	return rows
}

// The accident of 2025-08-11: 118,600 records in 40 objects of one line each,
// of which Athena sees 40; and the same records with newlines.
func TestAccident(t *testing.T) {
	const records = 118_600 / scale
	for _, c := range []struct {
		delimiter    Delimiter
		rows, unseen int64
	}{{None, 40, records - 40}, {Newline, records, 0}} {
		st := store.NewMemory("t")
		if err := (Accident{Heads: heads(t), Records: records, Delimiter: c.delimiter}).Write(t.Context(), st); err != nil {
			t.Fatal(err)
		}
		facts, err := Facts(t.Context(), st, schema.Events())
		if err != nil || len(facts) != 1 {
			t.Fatalf("%d partitions, %v", len(facts), err)
		}
		f := facts[0]
		if f.Partition.Folder != "telemetry/year=2025/month=08/day=11/hour=17/" || f.Objects != 40 || f.FromManifest ||
			f.Records != records || f.Rows != c.rows || f.Unseen != c.unseen || f.Malformed != 0 || f.Delimiter != c.delimiter {
			t.Errorf("%s: %d objects, %d records, %d rows, %d unseen, %d malformed, delimiter %q", c.delimiter, f.Objects, f.Records, f.Rows, f.Unseen, f.Malformed, f.Delimiter)
		}
		in, err := Inspect(t.Context(), st, InspectOptions{Table: schema.Events()})
		if err != nil {
			t.Fatal(err)
		}
		undelimited := 0
		for _, finding := range in.Findings {
			if finding.Kind == Undelimited {
				undelimited++
				each := finding.Count + 1 // 2,965 at full scale
				if want := fmt.Sprintf("%d records, Athena sees 1: the others stand behind the first of their line", each); finding.Message != want || each < records/40 || each > records/40+1 {
					t.Errorf("found %q, want %q", finding.Message, want)
				}
			}
		}
		if want := map[Delimiter]int{None: 40}[c.delimiter]; undelimited != want || in.Rows != c.rows || in.Records != records {
			t.Errorf("%s: %d undelimited objects, %d rows of %d", c.delimiter, undelimited, in.Rows, in.Records)
		}
		v, err := Verify(t.Context(), st, VerifyOptions{})
		if err != nil || v.Manifest || v.Objects != 40 || v.Unlisted != 40 || v.Checked != 40 || len(v.Damaged) > 0 {
			t.Errorf("verification of a lake without manifests: %+v, %v", v, err)
		}
	}
}

// Facts from manifests are those from reading.
func TestFactsFromManifestAndFromReading(t *testing.T) {
	broken := sampleRecords(2000)
	for i := range 20 {
		broken[i*97].Value = []byte(`{"event_id":"cut`)
	}
	for _, layout := range []Layout{{}, {Delimiter: None}, {Format: Both, BufferInterval: 900 * time.Second}} {
		st, records := store.NewMemory("t"), broken
		if layout.Delimiter == None {
			records = sampleRecords(2000) // behind a cut record nobody can tell where others begin
		}
		writeAll(t, Config{Store: st, Run: sampleRun(), Layout: layout}, records, 100)
		bare := store.NewMemory("bare")
		for key, data := range tree(t, st) {
			if !hidden(key) {
				if _, err := bare.Put(t.Context(), key, strings.NewReader(data)); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, table := range []schema.Table{schema.Events(), schema.EventsMigrated()} {
			listed, err := Facts(t.Context(), st, table)
			if err != nil {
				t.Fatal(err)
			}
			read, err := Facts(t.Context(), bare, table)
			if err != nil || len(read) != len(listed) {
				t.Fatal(len(read), len(listed), err)
			}
			for i := range listed {
				a, b := listed[i], read[i]
				if !a.FromManifest || b.FromManifest {
					t.Errorf("%s: from manifest %v, %v", table.Name, a.FromManifest, b.FromManifest)
				}
				// A record that is no object is delivered, and is none to who reads.
				if a.Objects != b.Objects || a.Bytes != b.Bytes || a.Rows != b.Rows || a.Malformed != b.Malformed || a.Records-b.Records > 20 || a.Delimiter != b.Delimiter {
					t.Errorf("%s, %+v:\nlisted %+v\nread   %+v", table.Name, layout, short(a), short(b))
				}
			}
		}
	}
}

func short(f PartitionFacts) string {
	return fmt.Sprintf("%d objects %d bytes %d records %d rows %d unseen %d malformed %q", f.Objects, f.Bytes, f.Records, f.Rows, f.Unseen, f.Malformed, f.Delimiter)
}

// Facts do not believe a manifest of an object that has changed.
func TestFactsOfChangedObject(t *testing.T) {
	st := store.NewMemory("t")
	writeAll(t, Config{Store: st, Run: sampleRun(), Layout: Layout{Buffers: 1}}, sampleRecords(24), 24)
	var victim string
	for key := range objects(t, st, "telemetry/") {
		victim = max(victim, key)
	}
	replace(t, st, victim, zipped("{\"event_id\":\"a\"}\nx\n"))
	facts, err := Facts(t.Context(), st, schema.Events())
	if err != nil || facts[0].Records != 24-2+1 || facts[0].Rows != 24-2+2 || facts[0].Malformed != 1 || facts[0].FromManifest {
		t.Errorf("%+v, %v", short(facts[0]), err)
	}
}

func zipped(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(text)) // a bytes.Buffer takes everything
	_ = z.Close()
	return b.String()
}

// Every single bit that changes and every length that an object is cut to is
// seen.
func TestVerifySeesEveryDamage(t *testing.T) {
	st := store.NewMemory("t")
	writeAll(t, Config{Store: st, Run: sampleRun(), Layout: Layout{Buffers: 1, BufferInterval: 900 * time.Second}}, sampleRecords(20), 20)
	var victim string
	for key := range objects(t, st, "telemetry/") {
		victim = max(victim, key)
	}
	data := readObject(t, st, victim)
	check := func(what, changed string) {
		replace(t, st, victim, changed)
		v, err := Verify(t.Context(), st, VerifyOptions{})
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if len(v.Damaged) != 1 || v.Damaged[0].Key != victim {
			t.Errorf("%s: damaged %v", what, v.Damaged)
		}
	}
	flips := min(2000/scale, 8*len(data))
	for i := range flips {
		bit := i * 7919 % (8 * len(data))
		changed := []byte(data)
		changed[bit/8] ^= 1 << (bit % 8)
		check(fmt.Sprintf("bit %d changed", bit), string(changed))
	}
	for n := 0; n < len(data); n += scale {
		check(fmt.Sprintf("cut to %d bytes", n), data[:n])
	}
	check("one byte more", data+"\x00")
	t.Logf("%d changed bits, %d lengths", flips, len(data)/scale)
	replace(t, st, victim, data)
	if v, err := Verify(t.Context(), st, VerifyOptions{}); err != nil || len(v.Damaged) > 0 {
		t.Errorf("the object as it was: %+v, %v", v, err)
	}
}

func TestVerify(t *testing.T) {
	fresh := func() *store.Memory {
		st := store.NewMemory("t")
		if _, err := fullRun(t.Context(), Config{Store: st, Run: sampleRun(), Layout: Layout{Format: Both, BufferInterval: 900 * time.Second}}, sampleRecords(400/scale)); err != nil {
			t.Fatal(err)
		}
		return st
	}
	one := func(st store.Store, prefix string) string {
		for info := range st.List(t.Context(), prefix) {
			return info.Key
		}
		t.Fatalf("nothing below %s", prefix)
		return ""
	}
	for _, c := range []struct {
		what, prefix, want string
		change             func(st *store.Memory, key string)
	}{
		{"missing", "telemetry/", "it is missing", func(st *store.Memory, key string) { _ = st.Delete(t.Context(), key) }},
		{"Parquet changed", "telemetry_parquet/", "not a whole Parquet file", func(st *store.Memory, key string) {
			data := readObject(t, st, key)
			replace(t, st, key, data[:len(data)-5]+"xxxxx")
		}},
		{"other records of the same size", "dimensions/", "SHA-256", func(st *store.Memory, key string) {
			data := []byte(readObject(t, st, key))
			data[4]++ // the header's time: still good gzip
			replace(t, st, key, string(data))
		}},
		{"truth cut", truthPrefix, "bytes, its manifest says", func(st *store.Memory, key string) { replace(t, st, key, readObject(t, st, key)[1:]) }},
		{"manifest broken", manifestsPrefix, "invalid character", func(st *store.Memory, key string) { replace(t, st, key, "x") }},
		{"manifest of another folder", manifestsPrefix, "it speaks of the folder", func(st *store.Memory, key string) {
			replace(t, st, key, strings.Replace(readObject(t, st, key), `"folder": "`, `"folder": "x`, 1))
		}},
	} {
		st := fresh()
		key := one(st, c.prefix)
		c.change(st, key)
		v, err := Verify(t.Context(), st, VerifyOptions{})
		if err != nil || len(v.Damaged) != 1 || v.Damaged[0].Key != key || !strings.Contains(v.Damaged[0].Reason, c.want) {
			t.Errorf("%s: %+v, %v, want %s: %s", c.what, v, err, key, c.want)
		}
	}
	st := fresh()
	if _, err := st.Put(t.Context(), "telemetry/year=2025/month=08/day=11/hour=17/extra.gz", strings.NewReader(zipped("{}\n"))); err != nil {
		t.Fatal(err)
	}
	all, err := Verify(t.Context(), st, VerifyOptions{})
	if err != nil || len(all.Damaged) > 0 || !all.Manifest || all.Unlisted != 1 || all.Checked != all.Objects {
		t.Errorf("with one more object: %+v, %v", all, err)
	}
	var checked int64
	for sample := 1; sample <= 3; sample++ {
		v, err := Verify(t.Context(), st, VerifyOptions{Sample: sample, Of: 3})
		if err != nil || v.Objects != all.Objects || v.Checked == v.Objects {
			t.Errorf("sample %d: %+v, %v", sample, v, err)
		}
		checked += v.Checked
	}
	if checked != all.Objects {
		t.Errorf("three samples of three read %d objects of %d", checked, all.Objects)
	}
	if _, err := Verify(t.Context(), st, VerifyOptions{Sample: 4, Of: 3}); err == nil {
		t.Error("sample 4 of 3 was accepted")
	}
	narrow, err := Verify(t.Context(), st, VerifyOptions{Prefix: "telemetry_parquet/"})
	if err != nil || narrow.Objects == 0 || narrow.Objects >= all.Objects || len(narrow.Damaged) > 0 {
		t.Errorf("one table: %+v, %v", narrow, err)
	}
}

func TestVerifyNamesUnfinishedRuns(t *testing.T) {
	st := store.NewMemory("t")
	w, err := NewWriter(t.Context(), Config{Store: st, Run: sampleRun()})
	if err != nil {
		t.Fatal(err)
	}
	w.Abort()
	v, err := Verify(t.Context(), st, VerifyOptions{})
	if err != nil || len(v.Unfinished) != 1 || !strings.HasPrefix(v.Unfinished[0], runsPrefix) {
		t.Errorf("%+v, %v", v, err)
	}
}

// What Athena does with each odd object, and how it is named.
func TestInspect(t *testing.T) {
	const hour = "telemetry/year=2025/month=08/day=11/hour=17/"
	event := func(at string) string { return fmt.Sprintf("{\"event_id\":\"E\",\"event_timestamp\":\"%s\"}\n", at) }
	good := event("2025-08-11T17:00:00.000000Z")
	st := store.NewMemory("t")
	for key, data := range map[string]string{
		hour + "good.gz":        zipped(good + good),
		hour + "undelimited.gz": zipped(strings.ReplaceAll(good+good+good, "\n", "")),
		hour + "malformed.gz":   zipped(good + "x\n" + good + "{\"a\":\n" + "y\n" + "\n" + "z\n"),
		hour + "hour.gz":        zipped(good + event("2025-08-11T16:59:59.9Z") + event("")),
		hour + "upper.GZ":       zipped(good),
		hour + "plain.gz":       good,
		hour + "zipped.json":    zipped(good),
		hour + "plain.json":     good,
		hour + "empty.gz":       "",
		hour + "cut.gz":         zipped(good)[:30],
		hour + "_SUCCESS":       "",
		hour + ".hidden.gz":     zipped(good),
		"telemetry/year=2025/month=08/day=11/hour=24/a.gz": zipped(good),
		"telemetry/year=2025/month=08/day=11/a.gz":         zipped(good),
		"telemetry/2025/08/11/17/a.gz":                     zipped(good),
		"telemetry/year=2025/day=11/month=08/hour=17/a.gz": zipped(good),
		"telemetry/year=2025/month=8/day=11/hour=17/a.gz":  zipped(good),
	} {
		if _, err := st.Put(t.Context(), key, strings.NewReader(data)); err != nil {
			t.Fatal(err)
		}
	}
	in, err := Inspect(t.Context(), st, InspectOptions{Table: schema.Events(), Bad: 2})
	if err != nil {
		t.Fatal(err)
	}
	got := []string{}
	for _, f := range in.Findings {
		key := strings.TrimPrefix(f.Key, hour)
		got = append(got, fmt.Sprintf("%s %s line %d count %d %s", key, f.Kind, f.Line, f.Count, f.Severity))
	}
	want := []string{
		"telemetry/2025/08/11/17/ wrong-folder line 0 count 1 error",
		"telemetry/year=2025/day=11/month=08/hour=17/ wrong-folder line 0 count 1 error",
		"telemetry/year=2025/month=08/day=11/ wrong-folder line 0 count 1 error",
		" small-files line 0 count 10 warn",
		".hidden.gz hidden line 0 count 1 info",
		"_SUCCESS hidden line 0 count 1 info",
		"cut.gz truncated line 1 count 1 error",
		"empty.gz zero-bytes line 0 count 1 warn",
		"hour.gz wrong-hour line 2 count 1 info",
		"malformed.gz malformed line 0 count 3 warn",
		"malformed.gz malformed line 2 count 1 warn",
		"malformed.gz malformed line 4 count 1 warn",
		"plain.gz plain-named-gz line 0 count 1 error",
		"undelimited.gz undelimited line 1 count 2 error",
		"upper.GZ upper-case-extension line 0 count 1 error",
		"upper.GZ malformed", // bytes of gzip as text: how many lines is chance
		"zipped.json gzip-not-named-gz line 0 count 1 error",
		"zipped.json malformed",
		"telemetry/year=2025/month=08/day=11/hour=24/ wrong-folder line 0 count 1 error",
	}
	for _, w := range want {
		if !slices.ContainsFunc(got, func(g string) bool { return strings.HasPrefix(g, w) }) {
			t.Errorf("not found: %s", w)
		}
	}
	for _, g := range got {
		if !slices.ContainsFunc(want, func(w string) bool { return strings.HasPrefix(g, w) }) {
			t.Errorf("found and not wanted: %s", g)
		}
	}
	if in.Unseen != 2 || in.WrongHour != 1 || in.Partitions != 6 || in.Objects != 15 {
		t.Errorf("%d unseen, %d of another hour, %d folders, %d objects", in.Unseen, in.WrongHour, in.Partitions, in.Objects)
	}
}

func TestLedger(t *testing.T) {
	st := store.NewMemory("t")
	writeAll(t, Config{Store: st, Run: sampleRun(), Layout: Layout{Format: Both, Delimiter: None, BufferInterval: 900 * time.Second}}, sampleRecords(400), 100)
	ledger := NewLedger(st)
	listed := 0
	for key := range tree(t, st) {
		size, rows, sum, ok, err := ledger.Lookup(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		if ok != !hidden(key) {
			t.Errorf("%s: in the ledger %v", key, ok)
		}
		if !ok {
			continue
		}
		listed++
		found, n, err := hashObject(t.Context(), st, key)
		if err != nil || found != sum || n != size {
			t.Errorf("%s: %d bytes, the ledger says %d, or the sums differ", key, n, size)
		}
		if strings.HasSuffix(key, ".gz") && rows != 1 {
			t.Errorf("%s: %d rows of an object without delimiters", key, rows)
		}
	}
	if listed < 16 {
		t.Errorf("only %d objects are listed", listed)
	}
	if _, _, _, ok, err := ledger.Lookup(t.Context(), "telemetry/none"); ok || err != nil {
		t.Errorf("an object that is not there: %v, %v", ok, err)
	}
}

func TestPartitionValues(t *testing.T) {
	for folder, want := range map[string]string{
		"telemetry/": "[]", "telemetry/year=2025/hour=07/": "[{year 2025} {hour 07}]", "telemetry/a/b=c=d/": "[{ a} {b c=d}]",
	} {
		if got := fmt.Sprint(partitionValues(folder, "telemetry/")); got != want {
			t.Errorf("%s: %s, want %s", folder, got, want)
		}
	}
}
