package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"acme/telemetry/engine/lake"
	"acme/telemetry/engine/sim"
	"acme/telemetry/engine/store"
	"acme/telemetry/schema"
)

// seedRecords is how many events the hour of the report held.
const seedRecords = 118600

// seedReport is the report of 2025-08-11, table by table, as it was printed.
var seedReport = map[string][]string{
	"event_types": {"stop 16 40.0", "resume 10 25.0", "pause 7 17.5", "start 3 7.5", "complete 3 7.5"},
	"devices":     {"mobile 13 10.86 54.54", "web 12 6.94 48.87", "tv 12 13.07 34.54", "tablet 2 8.53 23.30"},
	"quality":     {"HD 23 57.5 10.26 0.09", "SD 10 25.0 3.48 0.70", "4K 6 15.0 21.28 0.00"},
	"session_duration": {
		"15-30 min 12 30.0 40.26", "5-15 min 9 22.5 59.07", "30-60 min 9 22.5 37.22", "< 5 min 6 15.0 54.06", "> 60 min 4 10.0 27.46",
	},
	"geography": {"United States 13 7 8.03 0.54", "United Kingdom 13 5 12.88 0.00", "Canada 13 7 9.73 0.15"},
}

// TestSeedReport writes the hour of the report as Firehose did, 40 objects
// without a delimiter, and finds the report's every table to the digit, from 40
// rows of 118,600 events.
func TestSeedReport(t *testing.T) {
	dir := t.TempDir()
	writeAccident(t, dir, lake.None)
	doc := readReport(t, dir)
	for id, want := range seedReport {
		got := doc.rows(t, id)
		if len(got) != len(want) {
			t.Errorf("%s: %d rows, want %d: %v", id, len(got), len(want), got)
			continue
		}
		rest := map[string]bool{}
		for _, w := range want {
			rest[w] = true
		}
		for _, line := range got {
			if !rest[line] {
				t.Errorf("%s: row %q is not in the report %q", id, line, want)
			}
		}
	}
	if got, want := doc.rows(t, "overview")[0], "40 40 39 34 "; !strings.HasPrefix(got, want) {
		t.Errorf("overview: %q, want %q...", got, want)
	}
	text := runAcme(t, "report", "--lake", dir)
	for _, want := range []string{"40 of 118,600 events", "118,560"} {
		if !strings.Contains(text, want) {
			t.Errorf("the report does not say %q", want)
		}
	}
}

// TestSeedReportDelimited has the same records behind newlines: Athena sees all.
func TestSeedReportDelimited(t *testing.T) {
	dir := t.TempDir()
	writeAccident(t, dir, lake.Newline)
	doc := readReport(t, dir)
	if got, want := doc.rows(t, "overview")[0], fmt.Sprintf("%d ", seedRecords); !strings.HasPrefix(got, want) {
		t.Errorf("overview: %q, want %q...", got, want)
	}
}

func writeAccident(t *testing.T, dir string, delimiter lake.Delimiter) {
	t.Helper()
	src, err := os.ReadFile(filepath.Join("..", "..", "testdata", "report-2025-08-11", "events.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	others := replicaRecords(t, seedRecords)
	a := lake.Accident{
		Heads: bytes.Split(bytes.TrimSpace(src), []byte("\n")), Records: seedRecords, Delimiter: delimiter,
		Next: func(n int) []byte { return others[n] },
	}
	if err := a.Write(context.Background(), st); err != nil {
		t.Fatal(err)
	}
}

// replicaRecords gives the first n records of the scenario seed-replica.
func replicaRecords(t *testing.T, n int) [][]byte {
	t.Helper()
	sc, err := sim.Load("seed-replica")
	if err != nil {
		t.Fatal(err)
	}
	var all [][]byte
	_, err = sim.Generate(context.Background(), sc, sim.Job{
		Window: sim.Window{From: sc.Start, To: sc.Start + 2*sc.Duration}, Workers: 2,
		Emit: func(batch []schema.Record) error {
			for i := range batch {
				all = append(all, bytes.Clone(batch[i].Value))
			}
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < n {
		t.Fatalf("seed-replica gives %d records in two hours, want %d", len(all), n)
	}
	return all[:n]
}

type jsonReport struct {
	Sections []struct {
		ID      string
		Columns []struct{ Name, Type string }
		Rows    [][]any
	}
}

func readReport(t *testing.T, dir string) jsonReport {
	t.Helper()
	var doc jsonReport
	if err := json.Unmarshal([]byte(runAcme(t, "report", "--lake", dir, "--format", "json")), &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// rows gives a section's rows as text: counts as they are, shares with one digit
// after the point, other doubles with two.
func (d jsonReport) rows(t *testing.T, id string) []string {
	t.Helper()
	for _, s := range d.Sections {
		if s.ID != id {
			continue
		}
		var out []string
		for _, row := range s.Rows {
			var cells []string
			for i, v := range row {
				f, number := v.(float64)
				switch {
				case !number:
					cells = append(cells, fmt.Sprint(v))
				case s.Columns[i].Name == "percent":
					cells = append(cells, fmt.Sprintf("%.1f", f))
				case s.Columns[i].Type == "double":
					cells = append(cells, fmt.Sprintf("%.2f", f))
				default:
					cells = append(cells, fmt.Sprintf("%.0f", f))
				}
			}
			out = append(out, strings.Join(cells, " "))
		}
		return out
	}
	t.Fatalf("the report has no section %s", id)
	return nil
}
