package report

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acme/telemetry/engine/query"
	"acme/telemetry/sql"
)

var update = flag.Bool("update", false, "write the golden files")

// tail is what a statement ends with that asks a file's question, whatever
// stands in front of it.
func tail(t testing.TB, file string) string {
	t.Helper()
	text, err := sql.Files.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := strings.TrimRight(string(text), "; \n")
	at := afterComments(s)
	if m := withKeyword.FindString(s[at:]); m != "" {
		at += len(m)
	}
	return s[at:]
}

var made = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func seedOptions() Options {
	return Options{Now: made, Lake: "acme-lake", Engine: "DuckDB, as Athena engine v3"}
}

func seedDocument(t testing.TB) *Document {
	t.Helper()
	d, err := Build(context.Background(), &fakeQuerier{t: t, answers: answers(seedEvents(t))}, seedFacts(), seedOptions())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// The tables of the report of 2025-08-11, to the digit.
func TestSeedTables(t *testing.T) {
	d := seedDocument(t)
	for id, want := range map[string][][]string{
		"event_types": {{"Stop", "16", "40.0%"}, {"Resume", "10", "25.0%"}, {"Pause", "7", "17.5%"}, {"Start", "3", "7.5%"}, {"Complete", "3", "7.5%"}},
		"devices":     {{"Mobile", "13", "10.86", "54.54"}, {"Web", "12", "6.94", "48.87"}, {"TV", "12", "13.07", "34.54"}, {"Tablet", "2", "8.53", "23.30"}},
		"quality":     {{"HD", "23", "57.5%", "10.26", "0.09"}, {"SD", "10", "25.0%", "3.48", "0.70"}, {"4K", "6", "15.0%", "21.28", "0.00"}},
		"session_duration": {{"15-30 min", "12", "30.0%", "40.26"}, {"5-15 min", "9", "22.5%", "59.07"}, {"30-60 min", "9", "22.5%", "37.22"},
			{"< 5 min", "6", "15.0%", "54.06"}, {"> 60 min", "4", "10.0%", "27.46"}},
		"geography": {{"United States", "13", "7", "8.03", "0.54"}, {"United Kingdom", "13", "5", "12.88", "0.00"}, {"Canada", "13", "7", "9.73", "0.15"}},
	} {
		s := d.Section(id)
		var got [][]string
		for _, row := range s.Rows {
			var line []string
			for i, c := range s.Columns {
				line = append(line, Cell(c, row[i]))
			}
			got = append(got, line)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s is not the report's (-want +got):\n%s", id, diff)
		}
	}
	facts := map[string]string{}
	for _, id := range []string{"overview", "volume"} {
		s := d.Section(id)
		for i, c := range s.Columns {
			facts[c.Name] = Cell(c, s.Rows[0][i])
		}
	}
	for name, want := range map[string]string{"unique_customers": "40", "unique_sessions": "39", "unique_titles": "34", "records": "118,600",
		"compressed_bytes": "9.45 MB", "bytes_per_record": "79.7", "row_count": "40", "unseen": "118,560", "object_count": "40", "partitions": "1"} {
		if facts[name] != want {
			t.Errorf("%s is %s, want %s", name, facts[name], want)
		}
	}
	if !strings.HasPrefix(facts["first_event"], "2025-08-11T17:33:47") {
		t.Errorf("first event at %s, want 17:33:47", facts["first_event"])
	}
}

func TestSectionsInOrder(t *testing.T) {
	want := strings.Fields(`executive_summary pipeline volume partitions overview event_types devices quality session_duration geography findings
		realtime_metrics content_performance quality_of_service user_behavior data_quality recommendations next_steps technical cost monitoring security troubleshooting`)
	var got []string
	for _, s := range seedDocument(t).Sections {
		got = append(got, s.ID)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sections (-want +got):\n%s", diff)
	}
}

func TestWhatAthenaSees(t *testing.T) {
	whole := LakeFacts{Known: true, Partitions: []PartitionFacts{{Year: 2025, Month: 8, Day: 11, Hour: 17, Objects: 40, Bytes: 9e6, Records: 40, Rows: 40}}}
	missing := LakeFacts{Known: true, Partitions: []PartitionFacts{{Year: 2025, Month: 8, Day: 11, Hour: 17, Objects: 41, Bytes: 9e6, Records: 50, Rows: 50}}}
	malformed := LakeFacts{Known: true, Partitions: []PartitionFacts{{Year: 2025, Month: 8, Day: 11, Hour: 17, Objects: 40, Bytes: 9e6, Records: 39, Rows: 40, Malformed: 1}}}
	damaged := LakeFacts{Known: true, Partitions: []PartitionFacts{{Year: 2025, Month: 8, Day: 11, Hour: 17, Objects: 41, Bytes: 9e6, Records: 40, Rows: 40, Damaged: 1}}}
	outside := whole
	outside.Outside = 2
	for name, c := range map[string]struct {
		facts LakeFacts
		want  []Notice
	}{
		"outside":     {outside, []Notice{{Error, "2 objects in no partition's folder: Athena does not read what lies there. acme inspect names the folders."}}},
		"undelimited": {seedFacts(), []Notice{{Error, "Athena sees 40 of 118,600 events (118,560 unseen): records are not delimited by newlines."}}},
		"whole":       {whole, nil},
		"unknown":     {LakeFacts{}, []Notice{{Info, "The objects were not counted: whether Athena sees every event is not known."}}},
		"catalog": {missing, []Notice{{Warn, "The table has 40 rows, the objects hold 50: the catalog and the objects disagree. " +
			"MSCK REPAIR TABLE registers hours that Glue does not know."}}},
		"damaged":   {damaged, []Notice{{Error, "1 object cannot be read: one damaged object fails every query that opens it. acme verify names it."}}},
		"malformed": {malformed, []Notice{{Warn, "1 line malformed: Athena gives a row of NULLs for each, and counts it."}}},
	} {
		d, err := Build(context.Background(), &fakeQuerier{t: t, answers: answers(seedEvents(t))}, c.facts, seedOptions())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, d.Notices); diff != "" {
			t.Errorf("%s: notices (-want +got):\n%s", name, diff)
		}
	}
}

// A refused query keeps Athena's words and position, our hint, and the result
// of the accepted form; it costs nothing and the report goes on.
func TestRefusedSample(t *testing.T) {
	d := seedDocument(t)
	s := d.Section("quality_of_service")
	if s.Err == nil || s.Err.Message != "line 5:39: mismatched input '('. Expecting: 'BY'" {
		t.Fatalf("error is %v, want Trino's", s.Err)
	}
	if s.Offered == nil || len(s.Offered.Rows) != 3 || s.Offered.Err != nil {
		t.Fatalf("the accepted form has no result: %+v", s.Offered)
	}
	if failed := d.Failed(); len(failed) != 0 {
		t.Errorf("%s counts as failed, though its accepted form has an answer", failed[0].ID)
	}
	for _, row := range d.Section("cost").Rows {
		if row[0] == "samples/quality_of_service.sql" {
			t.Error("a refused query is billed")
		}
	}
}

func TestFailures(t *testing.T) {
	gone := errors.New("the engine is gone")
	broken := &query.Error{Name: "HIVE_CURSOR_ERROR", Message: "Failed to read file at s3://b/telemetry/x.gz"}
	for name, c := range map[string]struct {
		rows  *fakeRows
		fatal bool
	}{
		"sql error at once":     {&fakeRows{err: broken}, false},
		"sql error in the rows": {&fakeRows{columns: table("device_type varchar").columns, late: broken}, false},
		"engine gone":           {&fakeRows{err: gone}, true},
		"engine gone midway":    {&fakeRows{columns: table("device_type varchar").columns, late: gone}, true},
	} {
		prepared := answers(seedEvents(t))
		prepared["report/devices.sql"] = c.rows
		d, err := Build(context.Background(), &fakeQuerier{t: t, answers: prepared}, seedFacts(), seedOptions())
		if c.fatal {
			if !errors.Is(err, gone) {
				t.Errorf("%s: Build gives %v, want the error", name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if failed := d.Failed(); len(failed) != 1 || failed[0].ID != "devices" || failed[0].Err != broken {
			t.Errorf("%s: failed sections %v, want devices", name, failed)
		}
		var text bytes.Buffer
		if refusedBy(broken) != "Athena refuses it" || refusedBy(&query.Error{Name: "ENGINE_CRASHED"}) != "No answer" {
			t.Error("the report does not tell Athena's refusals from an engine's end")
		}
		if err := d.Text(&text, TextOptions{}); err != nil || !strings.Contains(text.String(), "HIVE_CURSOR_ERROR: Failed to read file") {
			t.Errorf("%s: the text does not say why (%v)", name, err)
		}
	}
}

// A report of nothing at all is a report, in every format. It says that there is
// nothing, and no gate passes on it; nor on objects that no query finds.
func TestEmptyAnswers(t *testing.T) {
	prepared := answers(nil)
	prepared["report/volume.sql"].rows = []query.Row{{int64(0), int64(0)}}
	prepared["report/partitions.sql"].rows = nil
	d, err := Build(context.Background(), &fakeQuerier{t: t, answers: prepared}, LakeFacts{Known: true}, seedOptions())
	if err != nil {
		t.Fatal(err)
	}
	for format, write := range formats(d) {
		if err := write(io.Discard); err != nil {
			t.Errorf("%s: %v", format, err)
		}
	}
	want := []Notice{{Error, "There is no event in what is reported on: the figures below are of nothing."}}
	if diff := cmp.Diff(want, d.Notices); diff != "" {
		t.Errorf("notices (-want +got):\n%s", diff)
	}
	if !d.Fails(Error) {
		t.Error("a gate passes on a report of nothing")
	}

	facts := seedFacts()
	facts.Partitions[0].Unseen, facts.Partitions[0].Records, facts.Outside = 0, 40, 1
	if d, err = Build(context.Background(), &fakeQuerier{t: t, answers: answers(seedEvents(t))}, facts, seedOptions()); err != nil {
		t.Fatal(err)
	}
	if broken := strings.Join(d.Broken(Error), " "); !strings.Contains(broken, "objects_in_partitions") {
		t.Errorf("checks that fail are %q, want objects_in_partitions among them", broken)
	}
}

func formats(d *Document) map[string]func(io.Writer) error {
	return map[string]func(io.Writer) error{
		"text-80.txt":  func(w io.Writer) error { return d.Text(w, TextOptions{Width: 80}) },
		"text-100.txt": func(w io.Writer) error { return d.Text(w, TextOptions{Width: 100}) },
		"ascii-80.txt": func(w io.Writer) error { return d.Text(w, TextOptions{Width: 80, ASCII: true}) },
		"report.md":    d.Markdown,
		"report.json":  d.JSON,
		"report.html":  d.HTML,
	}
}

func TestGoldens(t *testing.T) {
	d := seedDocument(t)
	for name, write := range formats(d) {
		var got bytes.Buffer
		if err := write(&got); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("testdata", "golden", name)
		if *update {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got.String()); diff != "" {
			t.Errorf("%s (-golden +got), go test ./engine/report -update writes it:\n%s", name, diff)
		}
	}
}
