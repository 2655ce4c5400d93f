package report

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"acme/telemetry/engine/query"
	"acme/telemetry/schema"
)

// event is one of the 40 rows behind the report of 2025-08-11; a field the
// object lacks is nil, as the SerDe would give NULL.
type event map[string]any

func seedEvents(t testing.TB) []event {
	t.Helper()
	f, err := os.Open("../../testdata/report-2025-08-11/events.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []event
	for s := bufio.NewScanner(f); s.Scan(); {
		var e event
		if err := json.Unmarshal(s.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		out = append(out, e)
	}
	return out
}

// seedFacts are the objects of the accident: 40, of 118,600 records, one line each.
func seedFacts() LakeFacts {
	return LakeFacts{Known: true, Manifest: true, Scenario: "seed-replica", Seed: "42", Partitions: []PartitionFacts{
		{Year: 2025, Month: 8, Day: 11, Hour: 17, Objects: 40, Bytes: 9_452_420, Records: 118_600, Rows: 40, Unseen: 118_560}}}
}

// answers computes what Athena answers over the events, file by file: plain Go
// beside the SQL, so that a figure of the report stands on two computations
// once an engine runs the SQL.
func answers(events []event) map[string]*fakeRows {
	total := float64(len(events))
	share := func(n int) float64 { return 100 * float64(n) / total }
	out := map[string]*fakeRows{
		"report/volume.sql":     table("row_count bigint, object_count bigint", query.Row{int64(len(events)), int64(40)}),
		"report/partitions.sql": table("year integer, month integer, day integer, hour integer, row_count bigint, object_count bigint", query.Row{int64(2025), int64(8), int64(11), int64(17), int64(len(events)), int64(40)}),
		"report/overview.sql": table("total_events bigint, unique_customers bigint, unique_sessions bigint, unique_titles bigint, first_event varchar, last_event varchar, avg_bandwidth_mbps double, avg_completion_percentage double, avg_buffering_events double, avg_errors double",
			query.Row{int64(len(events)), distinct(events, "customer_id"), distinct(events, "session_id"), distinct(events, "title_id"),
				least(events, "event_timestamp"), greatest(events, "event_timestamp"),
				mean(events, "bandwidth_mbps"), mean(events, "completion_percentage"), mean(events, "buffering_events"), mean(events, "error_count")}),
	}
	out["report/event_types.sql"] = grouped40(events, "event_type", "event_type varchar, events bigint, percent double", true, func(k string, g []event) query.Row {
		return query.Row{k, int64(len(g)), share(len(g))}
	})
	out["report/devices.sql"] = grouped40(events, "device_type", "device_type varchar, users bigint, avg_bandwidth_mbps double, avg_completion_percentage double", true, func(k string, g []event) query.Row {
		return query.Row{k, distinct(g, "customer_id"), mean(g, "bandwidth_mbps"), mean(g, "completion_percentage")}
	})
	out["report/quality.sql"] = grouped40(events, "quality", "quality varchar, streams bigint, percent double, avg_bandwidth_mbps double, avg_buffering_events double", false, func(k string, g []event) query.Row {
		return query.Row{k, int64(len(g)), share(len(g)), mean(g, "bandwidth_mbps"), mean(g, "buffering_events")}
	})
	out["report/geography.sql"] = grouped40(events, "country", "country varchar, users bigint, cities bigint, avg_bandwidth_mbps double, avg_buffering_events double", true, func(k string, g []event) query.Row {
		return query.Row{k, distinct(g, "customer_id"), distinct(g, "city"), mean(g, "bandwidth_mbps"), mean(g, "buffering_events")}
	})
	for _, e := range events {
		e["duration_range"] = durationRange(e["watch_duration_seconds"])
	}
	out["report/session_duration.sql"] = grouped40(events, "duration_range", "duration_range varchar, sessions bigint, percent double, avg_completion_percentage double", true, func(k string, g []event) query.Row {
		return query.Row{k, int64(len(g)), share(len(g)), mean(g, "completion_percentage")}
	})
	sampleAnswers(out, events)
	qualityAnswers(out, events)
	return out
}

func durationRange(seconds any) string {
	s, ok := seconds.(float64)
	switch {
	case ok && s < 300:
		return "< 5 min"
	case ok && s < 900:
		return "5-15 min"
	case ok && s < 1800:
		return "15-30 min"
	case ok && s < 3600:
		return "30-60 min"
	}
	return "> 60 min"
}

func sampleAnswers(out map[string]*fakeRows, events []event) {
	var seconds float64
	for _, e := range events {
		s, _ := e["watch_duration_seconds"].(float64)
		seconds += s
	}
	out["samples/realtime_metrics.sql"] = table("active_users bigint, total_events bigint, avg_bandwidth double, total_hours_watched decimal(21, 1)",
		query.Row{distinct(events, "customer_id"), int64(len(events)), mean(events, "bandwidth_mbps"), query.Text(rounded(fmt.Sprintf("%.9f", seconds/3600), 1))})
	titles := grouped40(events, "title_id", "title_id varchar, viewers bigint, avg_completion double, completions bigint", false, func(k string, g []event) query.Row {
		n := int64(0)
		for _, e := range g {
			if e["event_type"] == "complete" {
				n++
			}
		}
		return query.Row{k, distinct(g, "customer_id"), mean(g, "completion_percentage"), n}
	})
	titles.rows = titles.rows[:min(10, len(titles.rows))]
	out["samples/content_performance.sql"] = titles
	out["samples/quality_of_service.sql"] = &fakeRows{err: &query.Error{Name: "SYNTAX_ERROR", Line: 5, Column: 39,
		Message: "line 5:39: mismatched input '('. Expecting: 'BY'", Hint: "Athena has no PERCENTILE_CONT ... WITHIN GROUP: write approx_percentile(bandwidth_mbps, 0.5)"}}
	out["samples/quality_of_service_offered.sql"] = table("quality varchar, device_type varchar, avg_buffering double, median_bandwidth double, p95_bandwidth double",
		query.Row{"4K", "tv", 0.0, 21.5, 24.48}, query.Row{"HD", "mobile", 0.1, 10.2, 14.99}, query.Row{nil, nil, nil, nil, nil})
	out["samples/user_behavior.sql"] = table("user_segment varchar(17), user_count bigint, avg_sessions double, avg_titles double",
		query.Row{"Light (< 1 hr)", int64(36), 1.0, 1.0}, query.Row{"Heavy (> 5 hrs)", int64(1), 0.0, 0.0}, query.Row{"Regular (1-5 hrs)", int64(3), 1.0, 1.0})
}

func qualityAnswers(out map[string]*fakeRows, events []event) {
	columns, row := "total bigint", query.Row{int64(len(events))}
	for _, r := range schema.Rules() {
		if r.From == "" {
			columns += ", " + r.ID + " bigint"
			row = append(row, offenders(events, r.ID))
		}
	}
	out["quality/all.sql"] = table(columns, row)
	out["quality/position_within_runtime.sql"] = &fakeRows{err: &query.Error{Name: "TABLE_NOT_FOUND", Message: "line 5:6: Table 'awsdatacatalog.acme_streaming_data.titles' does not exist", Line: 5, Column: 6}}
}

// offenders counts what breaks the rules that some of the 40 rows break.
func offenders(events []event, rule string) int64 {
	var n int64
	for _, e := range events {
		switch rule {
		case "ids_well_formed":
			if e["event_id"] == nil {
				n++
			}
		case "start_watched_nothing":
			if s, ok := e["watch_duration_seconds"].(float64); ok && e["event_type"] == "start" && s != 0 {
				n++
			}
		}
	}
	return n
}

// grouped40 groups by a column, leaves NULL out, and orders by the second
// column and then the first, downwards where desc.
func grouped40(events []event, by, columns string, desc bool, row func(string, []event) query.Row) *fakeRows {
	groups := map[string][]event{}
	for _, e := range events {
		if k, ok := e[by].(string); ok {
			groups[k] = append(groups[k], e)
		}
	}
	out := table(columns)
	for k, g := range groups {
		out.rows = append(out.rows, row(k, g))
	}
	slices.SortFunc(out.rows, func(a, b query.Row) int {
		byName := cmp.Compare(a[0].(string), b[0].(string))
		if desc {
			byName = -byName
		}
		return cmp.Or(cmp.Compare(b[1].(int64), a[1].(int64)), byName)
	})
	return out
}

func distinct(events []event, column string) int64 {
	seen := map[any]bool{}
	for _, e := range events {
		if e[column] != nil {
			seen[e[column]] = true
		}
	}
	return int64(len(seen))
}

func mean(events []event, column string) any {
	sum, n := 0.0, 0
	for _, e := range events {
		if v, ok := e[column].(float64); ok {
			sum, n = sum+v, n+1
		}
	}
	if n == 0 {
		return nil
	}
	return sum / float64(n)
}

func least(events []event, column string) any    { return extreme(events, column, -1) }
func greatest(events []event, column string) any { return extreme(events, column, 1) }

func extreme(events []event, column string, sign int) any {
	var out any
	for _, e := range events {
		if s, ok := e[column].(string); ok && (out == nil || sign*cmp.Compare(s, out.(string)) > 0) {
			out = s
		}
	}
	return out
}

// fakeRows is a prepared answer.
type fakeRows struct {
	columns []query.Column
	rows    []query.Row
	err     error // of Query
	late    error // of Next, after the rows
	done    bool
}

// table makes an answer from "name type, name type".
func table(columns string, rows ...query.Row) *fakeRows {
	f := &fakeRows{rows: rows}
	for _, c := range regexp.MustCompile(`(\w+) ([a-z]+(\([^)]*\))?)`).FindAllStringSubmatch(columns, -1) {
		f.columns = append(f.columns, query.Column{Name: c[1], Type: c[2]})
	}
	return f
}

func (f *fakeRows) Columns() []query.Column { return f.columns }
func (f *fakeRows) Close() error            { return nil }
func (f *fakeRows) Stats() query.Stats {
	return query.Stats{Objects: 40, Bytes: 9_452_420, Rows: int64(len(f.rows))}
}

func (f *fakeRows) Next(context.Context) ([]query.Row, error) {
	if !f.done && len(f.rows) > 0 {
		f.done = true
		return f.rows, nil
	}
	if f.late != nil {
		return nil, f.late
	}
	return nil, io.EOF
}

// fakeQuerier answers each file of sql/ with what was prepared for it, and
// keeps what it was asked.
type fakeQuerier struct {
	t       testing.TB
	answers map[string]*fakeRows
	asked   []query.Request
}

func (q *fakeQuerier) Query(_ context.Context, r query.Request) (query.Rows, error) {
	q.asked = append(q.asked, r)
	if strings.Contains(r.SQL, ";") && !strings.Contains(r.SQL, "';") {
		q.t.Errorf("a statement with a semicolon was sent, which the engine refuses:\n%s", r.SQL)
	}
	file := ""
	for name := range q.answers {
		if strings.HasSuffix(r.SQL, tail(q.t, name)) && len(name) > len(file) {
			file = name
		}
	}
	a := q.answers[file]
	if a == nil {
		q.t.Fatalf("nothing was prepared for:\n%s", r.SQL)
	}
	if a.err != nil {
		return nil, a.err
	}
	copied := *a
	copied.rows = nil
	for _, row := range a.rows { // a result's rows are the caller's
		copied.rows = append(copied.rows, slices.Clone(row))
	}
	return &copied, nil
}
