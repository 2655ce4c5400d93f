package report

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"acme/telemetry/engine/query"
	"acme/telemetry/schema"
)

func TestCell(t *testing.T) {
	for _, c := range []struct {
		column Column
		value  any
		want   string
	}{
		{Column{Kind: KindCount}, int64(118600), "118,600"},
		{Column{Kind: KindCount}, int64(-1234), "-1,234"},
		{Column{Kind: KindCount}, int64(math.MinInt64), "-9,223,372,036,854,775,808"},
		{Column{Kind: KindPercent, Digits: 1}, 17.5, "17.5%"},
		{Column{Kind: KindPercent, Digits: 1}, query.Text("17.5"), "17.5%"},      // as Trino up to 476 has it
		{Column{Kind: KindPercent, Digits: 1}, query.Text("17.500000"), "17.5%"}, // and later
		{Column{Kind: KindPercent, Digits: 1}, 17.25, "17.3%"},                   // not 17.2, as rounding to even
		{Column{Kind: KindNumber, Digits: 2}, 0.08695652173913043, "0.09"},
		{Column{Kind: KindNumber, Digits: 2}, 9.995, "10.00"}, // by its digits, though the binary is below
		{Column{Kind: KindNumber, Digits: 2}, 1e21, "1,000,000,000,000,000,000,000.00"},
		{Column{Kind: KindNumber, Digits: 2}, -0.001, "0.00"},
		{Column{Kind: KindNumber, Digits: 2}, math.NaN(), "NaN"},
		{Column{Kind: KindNumber, Digits: 2}, math.Inf(-1), "-Infinity"},
		{Column{Kind: KindNumber, Digits: -1}, query.Text("363.137500"), "363.137500"},
		{Column{Kind: KindNumber}, nil, "-"},
		{Column{Kind: KindBytes}, int64(999), "999 B"},
		{Column{Kind: KindBytes}, int64(9_452_420), "9.45 MB"},
		{Column{Kind: KindBytes}, int64(10_000_000), "10.0 MB"},
		{Column{Kind: KindBytes}, int64(999_600), "1.00 MB"},
		{Column{Kind: KindUSD, Digits: 6}, 5e-5, "$0.000050"},
		{Column{}, int64(2025), "2025"},
		{Column{}, true, "true"},
		{Column{}, []any{int64(1), nil, "x"}, "[1, NULL, x]"},
		{Column{}, query.Map{{Key: "a", Value: int64(1)}}, "{a=1}"},
		{Column{Names: true, Column: query.Column{Name: "device_type"}}, "tv", "TV"},
		{Column{Names: true, Column: query.Column{Name: "device_type"}}, "tablet", "Tablet"},
		{Column{Names: true, Column: query.Column{Name: "device_type"}}, "toaster", "toaster"},
	} {
		if got := Cell(c.column, c.value); got != c.want {
			t.Errorf("Cell(%+v, %v) = %q, want %q", c.column, c.value, got, c.want)
		}
	}
}

// rounded agrees with exact arithmetic, half away from zero.
func TestRounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := fmt.Sprintf("%d.%s", rapid.Int64Range(-99999, 99999).Draw(t, "whole"), rapid.StringMatching(`[0-9]{1,12}`).Draw(t, "part"))
		digits := rapid.IntRange(0, 8).Draw(t, "digits")
		x, _ := new(big.Rat).SetString(s)
		scale := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil))
		half := big.NewRat(1, 2)
		if x.Sign() < 0 {
			half.Neg(half)
		}
		y := new(big.Rat).Add(new(big.Rat).Mul(x, scale), half)
		n := new(big.Int).Quo(y.Num(), y.Denom()) // towards zero
		want := new(big.Rat).Quo(new(big.Rat).SetInt(n), scale).FloatString(digits)
		if got := rounded(s, digits); got != want {
			t.Fatalf("rounded(%s, %d) = %s, want %s", s, digits, got, want)
		}
	})
}

func TestScope(t *testing.T) {
	at := func(s string) time.Time {
		if s == "" {
			return time.Time{}
		}
		h, err := time.Parse("2006-01-02 15:04", s)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	const hours = "((year * 100 + month) * 100 + day) * 100 + hour"
	for _, c := range []struct{ from, to, want string }{
		{"", "", ""},
		{"2025-08-11 17:00", "2025-08-11 18:00", "year = 2025 AND month = 8 AND day = 11 AND hour = 17"},
		{"2025-08-11 17:20", "2025-08-11 17:21", "year = 2025 AND month = 8 AND day = 11 AND hour = 17"},
		{"2025-08-11 00:00", "2025-08-12 00:00", "year = 2025 AND month = 8 AND day = 11 AND hour BETWEEN 0 AND 23"},
		{"2024-12-31 23:00", "2025-01-01 01:00", "year BETWEEN 2024 AND 2025 AND " + hours + " BETWEEN 2024123123 AND 2025010100"},
		{"2025-08-11 17:00", "", "year >= 2025 AND " + hours + " >= 2025081117"},
		{"", "2025-08-11 17:01", "year <= 2025 AND " + hours + " <= 2025081117"},
	} {
		s, err := newScope("", at(c.from), at(c.to))
		if err != nil {
			t.Fatal(err)
		}
		if got := s.predicate(); got != c.want {
			t.Errorf("%s to %s: predicate %q, want %q", c.from, c.to, got, c.want)
		}
	}
	for _, bad := range []string{"a b", "x;y", "A", "a.b.c", `a"b`, "a'--", "."} {
		if _, err := newScope(bad, time.Time{}, time.Time{}); err == nil {
			t.Errorf("%q is taken for a table's name", bad)
		}
	}
	if _, err := newScope("", at("2025-08-11 17:00"), at("2025-08-11 17:00")); err == nil {
		t.Error("an empty range is taken")
	}
}

// The text of a file stays as it is, behind the table that shadows its name.
func TestStatement(t *testing.T) {
	s, err := newScope("video_telemetry_parquet", time.Date(2025, 8, 11, 17, 0, 0, 0, time.UTC), time.Date(2025, 8, 11, 18, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	const shadow = "video_telemetry_json AS (SELECT * FROM acme_telemetry.video_telemetry_parquet WHERE year = 2025 AND month = 8 AND day = 11 AND hour = 17)"
	for in, want := range map[string]string{
		"SELECT 1 FROM video_telemetry_json":                "WITH " + shadow + " SELECT 1 FROM video_telemetry_json",
		"-- with what\n/* WITH */\nSELECT 1":                "-- with what\n/* WITH */\nWITH " + shadow + " SELECT 1",
		"-- q\nwith a AS (SELECT 1)\nSELECT * FROM a":       "-- q\nwith " + shadow + ", a AS (SELECT 1)\nSELECT * FROM a",
		"WITH RECURSIVE a(n) AS (SELECT 1) SELECT * FROM a": "WITH RECURSIVE " + shadow + ", a(n) AS (SELECT 1) SELECT * FROM a",
		"withdrawn": "WITH " + shadow + " withdrawn",
		`SELECT COUNT(DISTINCT "$path") FROM video_telemetry_json`: "WITH " + strings.Replace(shadow, "*", `*, "$path"`, 1) +
			` SELECT COUNT(DISTINCT "$path") FROM video_telemetry_json`,
	} {
		if got := s.statement(in); got != want {
			t.Errorf("statement(%q)\n got %q\nwant %q", in, got, want)
		}
	}
	whole, err := newScope("acme_telemetry.video_telemetry_json", time.Time{}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if got := whole.statement("SELECT 1;\n"); got != "SELECT 1;\n" {
		t.Errorf("without a range the text is sent as %q, want it untouched", got)
	}
}

// A range reaches every statement, and leaves out what the objects hold beyond it.
func TestRange(t *testing.T) {
	q := &fakeQuerier{t: t, answers: answers(seedEvents(t))}
	facts := seedFacts()
	facts.Partitions = append(facts.Partitions, PartitionFacts{Year: 2025, Month: 8, Day: 11, Hour: 18, Objects: 1, Bytes: 100, Records: 7, Rows: 7})
	o := seedOptions()
	o.From, o.To = time.Date(2025, 8, 11, 17, 30, 0, 0, time.UTC), time.Date(2025, 8, 11, 17, 31, 0, 0, time.UTC)
	d, err := Build(context.Background(), q, facts, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range q.asked {
		if !strings.Contains(r.SQL, "WHERE year = 2025 AND month = 8 AND day = 11 AND hour = 17)") {
			t.Errorf("a statement has no range:\n%s", r.SQL)
		}
		if r.Database != schema.TelemetryDatabase {
			t.Errorf("a statement is for database %q", r.Database)
		}
	}
	if d.Seen.Records != 118_600 {
		t.Errorf("%d records, want those of the hour alone", d.Seen.Records)
	}
	if want := "acme_telemetry.video_telemetry_json, 2025-08-11 17:00 to 18:00 UTC"; d.Subtitle != want {
		t.Errorf("subtitle %q, want %q", d.Subtitle, want)
	}
}

// Hours of the table and of the objects are joined, whichever side lacks one.
func TestPartitionsJoin(t *testing.T) {
	prepared := answers(seedEvents(t))
	hour := func(h int, rows int64) query.Row {
		return query.Row{int64(2025), int64(8), int64(11), int64(h), rows, int64(1)}
	}
	prepared["report/partitions.sql"].rows = []query.Row{hour(1, 10), hour(3, 30)}
	facts := LakeFacts{Known: true, Partitions: []PartitionFacts{
		{Year: 2025, Month: 8, Day: 11, Hour: 2, Objects: 1, Bytes: 200, Records: 20, Rows: 20},
		{Year: 2025, Month: 8, Day: 11, Hour: 3, Objects: 1, Bytes: 300, Records: 30, Rows: 30}}}
	d, err := Build(context.Background(), &fakeQuerier{t: t, answers: prepared}, facts, seedOptions())
	if err != nil {
		t.Fatal(err)
	}
	want := []query.Row{
		append(hour(1, 10), nil, nil, nil, nil),
		{int64(2025), int64(8), int64(11), int64(2), nil, nil, int64(20), int64(200), int64(0), int64(0)},
		append(hour(3, 30), int64(30), int64(300), int64(0), int64(0)),
	}
	p := d.Section("partitions")
	if diff := cmp.Diff(want, p.Rows); diff != "" {
		t.Errorf("hours (-want +got):\n%s", diff)
	}
	if len(p.Drill) != 3 || !strings.Contains(p.Drill[1], "hour = 2") {
		t.Errorf("drill %q, want a statement an hour", p.Drill)
	}
}

// Many hours are a line a day, many days are counted.
func TestTreeOfManyHours(t *testing.T) {
	s := &Section{ID: "partitions", Layout: LayoutTree}
	for _, name := range []string{"year", "month", "day", "hour", "row_count"} {
		s.Columns = append(s.Columns, extra(name, "bigint", map[string]string{"row_count": "Rows"}[name], KindCount, 0))
	}
	from := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	for h := range 24 * 70 {
		at := from.Add(time.Duration(h) * time.Hour)
		s.Rows = append(s.Rows, query.Row{int64(at.Year()), int64(at.Month()), int64(at.Day()), int64(at.Hour()), int64(2)})
	}
	names, figures := treeLines(s, "|- ", "`- ", "|  ")
	if len(names) > 80 {
		t.Errorf("%d lines for 1,680 hours", len(names))
	}
	if last := names[len(names)-1]; last != "and 8 days more" {
		t.Errorf("the last line is %q", last)
	}
	if figures[2] != "24 hours, 48 rows" {
		t.Errorf("a day is %q, want 24 hours and 48 rows", figures[2])
	}
}

// Each finding changes its grade at the threshold that it states.
func TestFindingThresholds(t *testing.T) {
	grade := func(change func(map[string]*fakeRows), containing string) string {
		prepared := answers(seedEvents(t))
		big := int64(200_000)
		prepared["report/volume.sql"].rows = []query.Row{{big, int64(40)}}
		change(prepared)
		d, err := Build(context.Background(), &fakeQuerier{t: t, answers: prepared}, LakeFacts{}, seedOptions())
		if err != nil {
			t.Fatal(err)
		}
		s := d.Section("findings")
		for _, row := range s.Rows {
			if strings.Contains(row[1].(string), containing) {
				return row[0].(string)
			}
		}
		return "none"
	}
	overview := func(column int, v float64) func(map[string]*fakeRows) {
		return func(m map[string]*fakeRows) { m["report/overview.sql"].rows[0][column] = v }
	}
	types := func(start, stop, complete int64) func(map[string]*fakeRows) {
		return func(m map[string]*fakeRows) {
			m["report/event_types.sql"].rows = []query.Row{{"start", start, 0.0}, {"stop", stop, 0.0}, {"complete", complete, 0.0}}
		}
	}
	quality := func(sd float64) func(map[string]*fakeRows) {
		return func(m map[string]*fakeRows) {
			m["report/overview.sql"].rows[0][8] = 0.5
			m["report/quality.sql"].rows = []query.Row{{"HD", int64(1000), 50.0, 9.0, 0.1}, {"SD", int64(900), 45.0, 3.0, sd}}
		}
	}
	for _, c := range []struct {
		change             func(map[string]*fakeRows)
		containing, expect string
	}{
		{overview(8, 1.0), "uffer", "ok"}, {overview(8, 1.01), "Viewers buffer", "warn"}, {overview(8, 2.0), "Viewers buffer", "warn"}, {overview(8, 2.01), "Viewers buffer", "error"},
		{overview(6, 5.0), "Average bandwidth", "info"}, {overview(6, 4.99), "Average bandwidth", "warn"},
		{types(100, 100, 50), "Starts and endings match", "ok"}, {types(100, 100, 51), "not whole sessions", "warn"}, {types(0, 3, 0), "not whole sessions", "warn"},
		{quality(1.0), "SD buffers most", "none"}, {quality(1.01), "SD buffers most", "warn"},
	} {
		if got := grade(c.change, c.containing); got != c.expect {
			t.Errorf("finding %q is %s, want %s", c.containing, got, c.expect)
		}
	}
}

// From few rows no difference between groups is a warning, and the first
// finding says on how little all of them stand.
func TestFindingsOfASmallSample(t *testing.T) {
	s := seedDocument(t).Section("findings")
	if first := s.Rows[0][1].(string); s.Rows[0][0] != "error" || !strings.Contains(first, "40 of 118,600 events") {
		t.Errorf("the first finding is %q", first)
	}
	for _, row := range s.Rows {
		if strings.Contains(row[1].(string), "buffers most") && row[0] != "info" {
			t.Errorf("%q is %s, from 40 rows", row[1], row[0])
		}
	}
}

func TestGate(t *testing.T) {
	for _, c := range []struct {
		n, of      int64
		want       Severity
		warn, fail bool
	}{{0, 1000, OK, false, false}, {1, 1000, Warn, true, false}, {10, 1000, Warn, true, false}, {11, 1000, Error, true, true}} {
		if got := graded(c.n, c.of); got != c.want {
			t.Errorf("%d of %d is %s, want %s", c.n, c.of, got, c.want)
		}
		d := &Document{Gate: graded(c.n, c.of)}
		if d.Fails(Warn) != c.warn || d.Fails(Error) != c.fail || d.Fails(OK) {
			t.Errorf("%d of %d: fails at warn %v, at error %v, want %v, %v", c.n, c.of, d.Fails(Warn), d.Fails(Error), c.warn, c.fail)
		}
	}
	d := seedDocument(t)
	if d.Gate != Error {
		t.Errorf("the gate of the seed's hour is %s, want error: events are unseen", d.Gate)
	}
	if got := strings.Join(d.Broken(Error), " "); got != "events_seen ids_well_formed start_watched_nothing" {
		t.Errorf("broken checks: %s", got)
	}
	if got := len(d.Broken(OK)); got != 4 {
		t.Errorf("%d checks are broken, want 4 with the one that could not run", got)
	}
	rows := map[string]query.Row{}
	for _, row := range d.Section("data_quality").Rows {
		rows[row[1].(string)] = row
	}
	for rule, offending := range map[string]int64{"events_seen": 118_560, "start_watched_nothing": 1, "ids_well_formed": 1, "uhd_bandwidth": 0} {
		if rows[rule] == nil || rows[rule][2] != offending {
			t.Errorf("%s: %v, want %d offending", rule, rows[rule], offending)
		}
	}
	if r := rows["position_within_runtime"]; r[0] != "warn" || !strings.Contains(r[5].(string), "Not checked: line 5:6") {
		t.Errorf("a check without its table is %v, want a warning that says why", r)
	}
}

// Cost: the floor of 10 MB, then $5 a terabyte; the pruning check compares bytes.
func TestCost(t *testing.T) {
	p := DefaultPrices()
	for scanned, want := range map[int64]float64{0: 0.00005, 10_000_000: 0.00005, 20_000_000: 0.0001, 1_000_000_000_000: 5} {
		if _, usd := p.billed(scanned); math.Abs(usd-want) > 1e-12 {
			t.Errorf("%d bytes cost $%g, want $%g", scanned, usd, want)
		}
	}
	if _, err := time.Parse(time.DateOnly, p.AsOf); err != nil || p.Athena.Source == "" {
		t.Errorf("the price table has no date or no source: %+v", p)
	}
	prepared := answers(seedEvents(t))
	prepared["report/partitions.sql"].rows = append(prepared["report/partitions.sql"].rows, query.Row{int64(2025), int64(8), int64(11), int64(18), int64(1), int64(1)})
	q := &fakeQuerier{t: t, answers: prepared}
	d, err := Build(context.Background(), q, LakeFacts{}, seedOptions())
	if err != nil {
		t.Fatal(err)
	}
	if last := q.asked[len(q.asked)-1].SQL; !strings.Contains(last, "hour = 18)") || !strings.Contains(last, "total_events") {
		t.Errorf("the pruning check asks:\n%s", last)
	}
	if notes := strings.Join(d.Section("cost").Notes, "\n"); !strings.Contains(notes, "Pruning does not work") {
		t.Errorf("equal bytes with and without a predicate pass for pruning:\n%s", notes)
	}
}

func TestJSONShape(t *testing.T) {
	d := seedDocument(t)
	d.Sections = []Section{{ID: "x", Title: "X", SQL: "SELECT 1", Columns: []Column{{Column: query.Column{Name: "d", Type: "decimal(21,6)"}}, {Column: query.Column{Name: "f", Type: "double"}}},
		Rows: []query.Row{{query.Text("363.137500"), 0.1}, {nil, math.NaN()}, {query.Text("2025-08-11"), []any{int64(1), query.Map{{Key: "k", Value: true}}}}}}}
	var b bytes.Buffer
	if err := d.JSON(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`{"name":"d","type":"decimal(21,6)"}`, `[363.137500,0.1]`, `[null,"NaN"]`, `["2025-08-11",[1,{"k":true}]]`, `"sql": "SELECT 1"`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %s in\n%s", want, b.String())
		}
	}
}

// A drill lists what its row counts, with the value of the data as a string of SQL.
func TestDrill(t *testing.T) {
	d := seedDocument(t)
	s := d.Section("devices")
	if len(s.Drill) != len(s.Rows) || !strings.Contains(s.Drill[2], "WHERE device_type = 'tv'") {
		t.Errorf("drill of devices: %q", s.Drill)
	}
	if got := equals("city", "St. John's'; DROP TABLE x; --"); got != "city = 'St. John''s''; DROP TABLE x; --'" {
		t.Errorf("a value is written %s", got)
	}
	if got := equals("city", strings.Repeat("x", 2000)); got != "" {
		t.Error("a huge value has a statement")
	}
	q := d.Section("data_quality")
	if len(q.Drill) != len(q.Rows) {
		t.Errorf("%d statements for %d checks", len(q.Drill), len(q.Rows))
	}
}
