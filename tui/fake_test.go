package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"acme/telemetry/engine/query"
	"acme/telemetry/engine/report"
)

// now is the clock of every test.
var now = time.Date(2025, 8, 11, 18, 2, 3, 0, time.UTC)

func col(name, typ, label string, kind report.Kind, digits int, bar bool) report.Column {
	return report.Column{Column: query.Column{Name: name, Type: typ}, Label: label, Kind: kind, Digits: digits, Bar: bar}
}

func text(name, label string) report.Column {
	c := col(name, "varchar", label, report.KindText, 0, false)
	c.Names = true
	return c
}

// seed is the report of 2025-08-11 as the screen gets it.
func seed() *report.Document {
	d := &report.Document{
		Title: "Video telemetry report", Now: now, Lake: "~/acme-lake", Database: "acme_telemetry", Table: "video_telemetry_json",
		Seen:    report.Seen{Rows: 40, Records: 118600, Unseen: 118560, Objects: 40, Bytes: 9452420},
		Notices: []report.Notice{{Severity: report.Warn, Text: "every figure below is of 40 rows; acme migrate keeps all 118,600 events"}},
		Gate:    report.Warn,
	}
	stats := query.Stats{Objects: 40, Bytes: 9452420, Rows: 5, Unseen: 118560, Elapsed: 212 * time.Millisecond, Partitions: 1, PartitionsOf: 1}
	add := func(s report.Section) {
		if s.SQL != "" {
			s.Stats = stats
		}
		d.Sections = append(d.Sections, s)
	}
	add(report.Section{ID: "volume", Title: "Volume statistics", Layout: report.LayoutFacts,
		Columns: []report.Column{col("events", "bigint", "Events", report.KindCount, 0, false), col("objects", "bigint", "Objects", report.KindCount, 0, false),
			col("bytes", "bigint", "Compressed", report.KindBytes, 0, false), col("bytes_event", "double", "Bytes an event", report.KindNumber, 1, false),
			text("format", "Format")},
		Rows: []query.Row{{int64(118600), int64(40), int64(9452420), 79.7, "gzip JSON, no delimiter"}}})
	add(report.Section{ID: "overview", Title: "Overview", Layout: report.LayoutFacts, SQL: "SELECT count(*) AS events\nFROM video_telemetry_json\n",
		Columns: []report.Column{col("events", "bigint", "Events", report.KindCount, 0, false), col("customers", "bigint", "Customers", report.KindCount, 0, false),
			col("sessions", "bigint", "Sessions", report.KindCount, 0, false), col("titles", "bigint", "Titles", report.KindCount, 0, false),
			text("first", "First event"), text("last", "Last event"),
			col("mbps", "double", "Average Mbps", report.KindNumber, 2, false), col("completion", "double", "Average completion", report.KindPercent, 2, false)},
		Rows: []query.Row{{int64(40), int64(40), int64(39), int64(34), "17:33:47", "17:33:47", 10.21, 46.12}}})
	add(breakdown("event_types", "Event types", "event_type",
		[]report.Column{col("events", "bigint", "Events", report.KindCount, 0, false), col("share", "decimal(5,1)", "Share", report.KindPercent, 1, true)},
		[]query.Row{{"stop", int64(16), query.Text("40.0")}, {"resume", int64(10), query.Text("25.0")}, {"pause", int64(7), query.Text("17.5")}, {"start", int64(3), query.Text("7.5")}, {"complete", int64(3), query.Text("7.5")}}))
	add(breakdown("devices", "Devices", "device_type",
		[]report.Column{col("users", "bigint", "Users", report.KindCount, 0, true), col("mbps", "double", "Avg Mbps", report.KindNumber, 2, false), col("completion", "double", "Avg completion", report.KindPercent, 2, false)},
		[]query.Row{{"mobile", int64(13), 10.86, 54.54}, {"web", int64(12), 6.94, 48.87}, {"tv", int64(12), 13.07, 34.54}, {"tablet", int64(2), 8.53, 23.30}}))
	add(breakdown("quality", "Streaming quality", "quality",
		[]report.Column{col("streams", "bigint", "Streams", report.KindCount, 0, false), col("share", "double", "Share", report.KindPercent, 1, true), col("mbps", "double", "Avg Mbps", report.KindNumber, 2, false), col("buffering", "double", "Avg buffering", report.KindNumber, 2, false)},
		[]query.Row{{"HD", int64(23), 57.5, 10.26, 0.09}, {"SD", int64(10), 25.0, 3.48, 0.70}, {"4K", int64(6), 15.0, 21.28, 0.0}}))
	add(breakdown("session_duration", "Session duration", "bucket",
		[]report.Column{col("sessions", "bigint", "Sessions", report.KindCount, 0, false), col("share", "double", "Share", report.KindPercent, 1, true), col("completion", "double", "Avg completion", report.KindPercent, 2, false)},
		[]query.Row{{"15-30 min", int64(12), 30.0, 40.26}, {"5-15 min", int64(9), 22.5, 59.07}, {"30-60 min", int64(9), 22.5, 37.22}, {"under 5 min", int64(6), 15.0, 54.06}, {"over 60 min", int64(4), 10.0, 27.46}}))
	add(breakdown("geography", "Geography", "country",
		[]report.Column{col("users", "bigint", "Users", report.KindCount, 0, true), col("cities", "bigint", "Cities", report.KindCount, 0, false), col("mbps", "double", "Avg Mbps", report.KindNumber, 2, false), col("buffering", "double", "Avg buffering", report.KindNumber, 2, false)},
		[]query.Row{{"United States", int64(13), int64(7), 8.03, 0.54}, {"United Kingdom", int64(13), int64(5), 12.88, 0.0}, {"Canada", int64(13), int64(7), 9.73, 0.15}}))
	add(report.Section{ID: "findings", Title: "Key findings", Layout: report.LayoutList,
		Columns: []report.Column{col("severity", "varchar", "", report.KindSeverity, 0, false), text("finding", "Finding"), text("why", "Why")},
		Rows: []query.Row{{"warn", "Stops outnumber starts five to one", "16 stop against 3 start: such rows cannot come from whole sessions."},
			{"info", "The United Kingdom has no buffering", "13 users, 0.00 rebuffers a session; but it rests on 13 rows."},
			{"ok", "4K streams hold their bandwidth", "21.28 Mbps on average, 15 needed."}}})
	add(report.Section{ID: "data_quality", Title: "Data quality", Layout: report.LayoutTable, SQL: "SELECT 'uhd_bandwidth' AS check_id, count(*) AS rows_bad FROM video_telemetry_json\n",
		Columns: []report.Column{text("check", "Check"), col("state", "varchar", "State", report.KindSeverity, 0, false), col("rows", "bigint", "Rows", report.KindCount, 0, false)},
		Rows:    []query.Row{{"event_id_unique", "ok", int64(0)}, {"uhd_bandwidth", "warn", int64(1)}, {"ids_well_formed", "error", int64(2)}},
		Drill:   []string{"", "SELECT * FROM video_telemetry_json WHERE quality = '4K' AND bandwidth_mbps < 15\n", "SELECT * FROM video_telemetry_json WHERE event_id IS NULL\n"}})
	add(report.Section{ID: "partitions", Title: "Partitions", Layout: report.LayoutTree, SQL: "SELECT year, month, day, hour, count(*) AS events FROM video_telemetry_json GROUP BY 1, 2, 3, 4\n",
		Columns: []report.Column{col("year", "integer", "", report.KindNumber, -1, false), col("month", "integer", "", report.KindNumber, -1, false), col("day", "integer", "", report.KindNumber, -1, false), col("hour", "integer", "", report.KindNumber, -1, false),
			col("events", "bigint", "Events", report.KindCount, 0, true), col("objects", "bigint", "Objects", report.KindCount, 0, false), col("bytes", "bigint", "Compressed", report.KindBytes, 0, false)},
		Rows: []query.Row{{int64(2025), int64(8), int64(11), int64(17), int64(40), int64(40), int64(9452420)}, {int64(2025), int64(8), int64(11), int64(18), int64(12), int64(12), int64(2452420)}}})
	add(report.Section{ID: "cost", Title: "Cost", Layout: report.LayoutTable,
		Columns: []report.Column{text("what", "Query"), col("scanned", "bigint", "Scanned", report.KindBytes, 0, false), col("usd", "double", "Athena", report.KindUSD, 6, false)},
		Rows:    []query.Row{{"this report", int64(94524200), 0.0005}, {"one section", int64(9452420), 0.00005}},
		Notes:   []string{"$5 per TB scanned, at least 10 MB a query (prices of 2025-08)."}})
	add(report.Section{ID: "quality_of_service", Title: "Quality of service", Group: "Sample query", Layout: report.LayoutTable,
		SQL:     "SELECT isp,\n       PERCENTILE_CONT(0.95) WITHIN GROUP (ORDER BY buffering_duration_seconds) AS p95\nFROM video_telemetry_json\nGROUP BY isp\n",
		Err:     &query.Error{Name: "SYNTAX_ERROR", Message: "line 2:30: mismatched input 'WITHIN'. Expecting: ',', 'EXCEPT', 'FETCH', 'FROM'", Line: 2, Column: 30, Hint: "write approx_percentile(buffering_duration_seconds, 0.95)"},
		Offered: &report.Section{ID: "quality_of_service_offered", Title: "Quality of service", SQL: "SELECT isp, approx_percentile(buffering_duration_seconds, 0.95) AS p95 FROM video_telemetry_json GROUP BY isp\n", Columns: []report.Column{text("isp", "ISP"), col("p95", "bigint", "p95", report.KindCount, 0, true)}, Rows: []query.Row{{"Comcast", int64(12)}, {"AT&T", int64(3)}}}})
	return d
}

// breakdown is a section over one column, with its statement and drill-downs.
func breakdown(id, name, column string, cols []report.Column, rows []query.Row) report.Section {
	s := report.Section{ID: id, Title: name, Rows: rows, File: "report/" + id + ".sql"}
	s.Columns = append([]report.Column{text(column, name)}, cols...)
	s.SQL = "-- " + name + ": one row each, the most frequent first.\nSELECT " + column + ",\n       count(*) AS n,\n       round(100.0 * count(*) / sum(count(*)) OVER (), 1) AS share\nFROM acme_telemetry.video_telemetry_json\nWHERE " + column + " IS NOT NULL\nGROUP BY " + column + "\nORDER BY n DESC, " + column + "\n"
	for _, r := range rows {
		s.Drill = append(s.Drill, fmt.Sprintf("SELECT * FROM video_telemetry_json WHERE %s = '%v'\n", column, r[0]))
	}
	return s
}

// fakes are a Loader, a Querier and a Preparer in one.
type fakes struct {
	doc   func(Range) (*report.Document, error)
	wait  time.Duration // before each batch of rows and each step of preparing
	rows  int           // rows that a statement gives
	value func(row, col int) any
}

func (f *fakes) Load(ctx context.Context, r Range, progress func(int, int, string)) (*report.Document, error) {
	progress(3, 12, "Devices")
	d, err := f.doc(r)
	if d != nil {
		d.From, d.To = r.From, r.To
	}
	return d, err
}

func (f *fakes) Query(ctx context.Context, r query.Request) (query.Rows, error) {
	switch {
	case strings.Contains(r.SQL, "WITHIN"):
		e := *seed().Section("quality_of_service").Err
		for i, l := range strings.Split(r.SQL, "\n") {
			if at := strings.Index(l, "WITHIN"); at >= 0 {
				e.Line, e.Column = i+1, at+1
				e.Message = fmt.Sprintf("line %d:%d: mismatched input 'WITHIN'. Expecting: ',', 'EXCEPT', 'FETCH', 'FROM'", e.Line, e.Column)
			}
		}
		return nil, &e
	case strings.Contains(r.SQL, "worker"):
		return nil, errors.New("duckdb: the query process ended (signal 11) while reading telemetry/year=2025/x.gz")
	}
	if strings.Contains(r.SQL, "endless") {
		return &fakeRows{f: f, ctx: ctx, n: 1 << 40, wait: time.Millisecond}, nil
	}
	return &fakeRows{f: f, ctx: ctx, n: f.rows, wait: f.wait}, nil
}

type fakeRows struct {
	f    *fakes
	ctx  context.Context
	at   int
	n    int
	wait time.Duration
}

func (r *fakeRows) Columns() []query.Column {
	return []query.Column{{Name: "device_type", Type: "varchar"}, {Name: "events", Type: "bigint"}, {Name: "avg_mbps", Type: "double"},
		{Name: "title", Type: "varchar"}, {Name: "state", Type: "varchar"}, {Name: "event_timestamp", Type: "timestamp(3)"}, {Name: "tags", Type: "array(varchar)"}, {Name: "city", Type: "varchar"}}
}

func (r *fakeRows) Next(ctx context.Context) ([]query.Row, error) {
	if r.wait > 0 {
		select {
		case <-time.After(r.wait):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if r.at >= r.n {
		return nil, io.EOF
	}
	var out []query.Row
	for len(out) < 100 && r.at < r.n {
		row := make(query.Row, len(r.Columns()))
		for c := range row {
			row[c] = r.f.value(r.at, c)
		}
		out = append(out, row)
		r.at++
	}
	return out, nil
}

func (r *fakeRows) Stats() query.Stats {
	return query.Stats{Objects: 40, Pruned: 12, Bytes: 9452420, Rows: int64(r.at), Elapsed: 420 * time.Millisecond, Partitions: 1, PartitionsOf: 24}
}

func (r *fakeRows) Close() error { return nil }

func (f *fakes) Prepare(ctx context.Context, progress func(Progress)) error {
	for i := range int64(20) {
		progress(Progress{Step: "generate events, write objects", Done: i * 5930, Total: 118600, Unit: "events", Bytes: i * 472000})
		select {
		case <-time.After(f.wait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// ordinary gives values of many kinds, the same each time.
func ordinary(row, c int) any {
	switch c {
	case 0:
		return []string{"mobile", "web", "tv", "tablet"}[row%4]
	case 1:
		return int64(1000000 - row*977)
	case 2:
		return float64(row%300) / 7
	case 3:
		return []string{"日本語のタイトル", "Ünïcode", "tab\tand\nnewline", "NULL", "", "a\x1b[31mred"}[row%6]
	case 4:
		if row%3 == 0 {
			return nil
		}
		return "ON"
	case 5:
		return query.Text(fmt.Sprintf("2025-08-11 17:%02d:%02d.123", row/60%60, row%60))
	case 6:
		return []any{"a", "b", nil}
	}
	return "Toronto"
}

func newFakes() *fakes {
	return &fakes{doc: func(Range) (*report.Document, error) { return seed(), nil }, rows: 1234, value: ordinary}
}

// TestMain is also the program that the terminal tests run: with ACME_TUI_MAIN
// set, the test binary is the screen over fakes.
func TestMain(m *testing.M) {
	mode := os.Getenv("ACME_TUI_MAIN")
	if mode == "" {
		os.Exit(m.Run())
	}
	os.Exit(fakeMain(mode))
}

// panicking panics where it is asked to.
type panicking struct{ *fakes }

func (panicking) Load(context.Context, Range, func(int, int, string)) (*report.Document, error) {
	panic("load: \x1b]0;boom\x07")
}

// panickingRows is a Querier whose rows panic where Update looks at them.
type panickingRows struct{}

func (p panickingRows) Query(context.Context, query.Request) (query.Rows, error) { return p, nil }
func (panickingRows) Columns() []query.Column                                    { panic("update") }
func (panickingRows) Next(context.Context) ([]query.Row, error)                  { return nil, io.EOF }
func (panickingRows) Stats() query.Stats                                         { return query.Stats{} }
func (panickingRows) Close() error                                               { return nil }

func fakeMain(mode string) int {
	f := newFakes()
	cfg := Config{Loader: f, Querier: f, Lake: "~/acme-lake"}
	switch mode {
	case "prepare":
		f.wait = 25 * time.Millisecond
		cfg.Prepare, cfg.Preparer = f, "seed-hour, 118,600 events of 2025-08-11 17:00 UTC, into ~/acme-lake"
	case "sql":
		cfg.Screen = "sql"
	case "full":
		w := newWorld()
		w.shots = 1 << 30
		full(w)(&cfg)
	case "vast":
		w := newWorld()
		w.parts, w.value = 10_000, f.value
		full(w)(&cfg)
		f.rows = 10_000_000
	case "lines":
		full(newWorld())(&cfg)
		cfg.Screen, cfg.SQL = "sql", strings.Repeat("SELECT device_type, count(*) AS n FROM video_telemetry_json -- one\n", 2000)
	case "counting editor":
		w, n := newWorld(), 0
		w.outside = func(string) (string, error) { n++; return fmt.Sprintf("SELECT %d AS edited", n), nil }
		full(w)(&cfg)
		cfg.Screen = "sql"
	case "flood":
		w := newWorld()
		w.shots, w.flood = 1<<30, true
		full(w)(&cfg)
		cfg.Now = time.Now
	case "jobs":
		w := newWorld()
		w.script = append(w.script, func(ctx context.Context, tell func(Progress), log func(string)) error {
			for i := int64(1); ctx.Err() == nil; i++ {
				tell(Progress{Step: "generate", Done: i, Total: 1000, Unit: "events"})
				time.Sleep(20 * time.Millisecond)
			}
			return ctx.Err()
		})
		full(w)(&cfg)
	case "hostile":
		full(hostile())(&cfg)
		f.doc = func(Range) (*report.Document, error) { return attacked(), nil }
		f.value = func(row, c int) any { return payloads()[(row+c)%len(payloads())] }
		f.rows = len(payloads())
	case "slow":
		cfg.Screen, f.wait, f.rows = "sql", 30*time.Millisecond, 100000
	case "error":
		cfg.Screen, cfg.SQL = "sql", seed().Section("quality_of_service").SQL
	case "failed":
		f.doc = func(Range) (*report.Document, error) {
			return nil, errors.New("open lake ~/acme-lake: permission denied: check --lake")
		}
	case "panic-cmd":
		cfg.Loader = panicking{f}
	case "panic-view":
		f.doc = func(Range) (*report.Document, error) {
			d := seed()
			d.Sections[2].Rows = []query.Row{nil}
			d.Sections[2].Layout, d.Sections[2].Drill = report.LayoutTree, nil
			d.Sections[2].Columns = append([]report.Column{col("year", "view", "", report.KindText, 0, false)}, d.Sections[2].Columns...)
			return d, nil
		}
	case "panic-update":
		cfg.Querier, cfg.Screen = panickingRows{}, "sql"
	case "attack":
		f.doc = func(Range) (*report.Document, error) { return attacked(), nil }
		f.value = func(row, c int) any { return payloads()[(row+c)%len(payloads())] }
		f.rows = len(payloads())
	}
	return Run(context.Background(), cfg)
}
