package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"acme/telemetry/engine/query"
)

// world is a fake of everything that the pages need beside report and queries.
type world struct {
	mu      sync.Mutex
	parts   int // partitions of a table
	saved   []Saved
	wrote   map[string]int // rows of exported files
	checks  int
	outside func(string) (string, error)
	script  []func(ctx context.Context, tell func(Progress), log func(string)) error
	ran     [][]string
	shots   int // snapshots that a Monitor still has
	shot    int
	ill     bool
	evil    bool
	flood   bool                   // 50,000 events a second
	value   func(row, col int) any // of a spool that keeps nothing
}

func newWorld() *world {
	return &world{parts: 504, wrote: map[string]int{}, saved: []Saved{
		{"report/devices", "SELECT device_type, count(*) AS n\nFROM video_telemetry_json\nGROUP BY 1\n"},
		{"mine/rebuffer", "SELECT isp, avg(buffering_duration_seconds) AS seconds FROM video_telemetry_json GROUP BY isp\n"},
	}}
}

// full gives a Config everything there is.
func full(w *world) func(*Config) {
	return func(c *Config) {
		c.Catalog, c.Checker, c.Spooler, c.Exporter, c.Library, c.Editor, c.Runner, c.Monitor = w, w, w, w, w, w, w, w
		c.Database = "acme_telemetry"
	}
}

// hostile is a world with a payload in every text.
func hostile() *world {
	w := newWorld()
	w.evil, w.parts, w.shots, w.ill = true, 60, 5, true
	for _, p := range payloads() {
		w.saved = append(w.saved, Saved{p, "-- " + p + "\nSELECT 1"}, Saved{"anomaly/" + p, "-- " + p})
	}
	w.script = append(w.script, func(_ context.Context, tell func(Progress), log func(string)) error {
		for _, p := range payloads() {
			log(p)
		}
		tell(Progress{Step: payloads()[2], Done: 5, Total: 9, Unit: payloads()[4], Bytes: 77})
		return errors.New(payloads()[0])
	})
	return w
}

// text is s, or a payload in its place.
func (w *world) text(s string, n int) string {
	if w.evil {
		return payloads()[n%len(payloads())]
	}
	return s
}

func (w *world) Tables(context.Context) ([]Table, error) {
	cols := []query.Column{{Name: "event_id", Type: "varchar"}, {Name: "device_type", Type: "varchar"}, {Name: "bandwidth_mbps", Type: "double"}, {Name: "Title", Type: "varchar"},
		{Name: "year", Type: "integer"}, {Name: "month", Type: "integer"}, {Name: "day", Type: "integer"}, {Name: "hour", Type: "integer"}}
	if w.evil {
		var out []Table
		for i, p := range payloads() {
			t := Table{Database: w.text("", i/9), Name: p, Format: w.text("", i+3), Location: w.text("", i+1), Keys: 4}
			for k := range cols {
				t.Columns = append(t.Columns, query.Column{Name: w.text("", i+k), Type: w.text("", i+k+1)})
			}
			for k, name := range []string{"year", "month", "day", "hour"} {
				t.Columns[4+k].Name = name
			}
			out = append(out, t)
		}
		return out, nil
	}
	return []Table{
		{Database: "acme_streaming_data", Name: "titles", Columns: []query.Column{{Name: "title_id", Type: "varchar"}, {Name: "title", Type: "varchar"}}, Format: "PARQUET"},
		{Database: "acme_telemetry", Name: "video_telemetry_json", Columns: cols, Keys: 4, Format: "JSON"},
		{Database: "acme_telemetry", Name: "video_telemetry_parquet", Columns: cols, Keys: 4, Format: "PARQUET"},
	}, nil
}

func (w *world) Partitions(_ context.Context, t Table) ([]Partition, error) {
	if t.Keys == 0 {
		return []Partition{{Objects: 1, Bytes: 20480, Rows: 200, Records: 200}}, nil
	}
	var out []Partition
	for i := range w.parts {
		at := time.Date(2025, 7, 21, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * time.Hour)
		p := Partition{Folder: at.Format("year=2006/month=01/day=02/hour=15"), Values: strings.Split(at.Format("2006 01 02 15"), " "),
			Objects: 4, Bytes: 1 << 20 * int64(1+i%24), Rows: 1000 * int64(i%24), Records: 1000 * int64(i%24)}
		if w.evil {
			p.Folder, p.Health, p.Bad = w.text("", i), w.text("", i+1), i%2 == 0
			if i%7 == 0 {
				p.Values = []string{w.text("", i), w.text("", i+1), w.text("", i+2), w.text("", i+3)}
			}
		}
		switch {
		case w.evil:
		case i%97 == 5:
			p.Health, p.Records = "3,000 records share a line and stay unseen", p.Rows+3000
		case i%201 == 7:
			p.Health, p.Bad = "part-0002.gz: gzip: invalid checksum", true
		case i%50 == 11:
			p.Health, p.Rows, p.Records = "no manifest", -1, -1
		}
		out = append(out, p)
	}
	return out, nil
}

func (w *world) Objects(_ context.Context, t Table, p Partition) ([]Object, error) {
	var out []Object
	for i := range p.Objects {
		out = append(out, Object{Name: w.text(fmt.Sprintf("AcmeTelemetry-MSK-to-S3-1-%02d.gz", i), int(i)), Health: w.text("", int(i)+2), Path: "s3://acme/telemetry/" + p.Folder + fmt.Sprintf("/AcmeTelemetry-MSK-to-S3-1-%02d.gz", i),
			Bytes: p.Bytes / max(p.Objects, 1), Rows: 250, Modified: now})
	}
	return out, nil
}

func (w *world) Functions() []Function {
	return []Function{{Name: "approx_percentile", Signature: "approx_percentile(x, percentage) -> [same as x]"}, {Name: "approx_distinct", Signature: "approx_distinct(x) -> bigint"},
		{Name: "count", Signature: "count(*) -> bigint"}, {Name: "date_trunc", Signature: "date_trunc(unit, x)"}}
}

// Check knows one mistake, and what the partitioned table holds.
func (w *world) Check(_ context.Context, sql string) (Estimate, error) {
	w.mu.Lock()
	w.checks++
	w.mu.Unlock()
	if w.evil {
		return Estimate{}, &query.Error{Name: w.text("", 0), Message: w.text("", 1), Line: 1, Column: 2, Hint: w.text("", 2)}
	}
	for n, l := range strings.Split(sql, "\n") {
		if at := strings.Index(l, "devcie"); at >= 0 {
			return Estimate{}, &query.Error{Name: "COLUMN_NOT_FOUND", Message: fmt.Sprintf("line %d:%d: Column 'devcie' cannot be resolved", n+1, at+1), Line: n + 1, Column: at + 1, Hint: "the table has device_type"}
		}
	}
	e := Estimate{Tables: []string{"video_telemetry_json"}, Partitions: 504, PartitionsOf: 504, Objects: 2016, Bytes: 6 << 30}
	if strings.Contains(sql, "hour =") {
		e.Partitions, e.Objects, e.Bytes = 21, 84, 264<<20
	}
	if strings.Contains(sql, "random()") {
		e.AtMost = true
	}
	return e, nil
}

// memorySpool keeps rows as a file would: by number, behind a lock.
type memorySpool struct {
	mu     sync.Mutex
	rows   []query.Row
	closed bool
}

func (w *world) Spool(cols []query.Column) (Spool, error) {
	if w.value != nil {
		return &madeSpool{w: w, cols: len(cols)}, nil
	}
	return &memorySpool{}, nil
}

// madeSpool makes its rows when they are asked for: what is measured beside it is
// the screen alone.
type madeSpool struct {
	w    *world
	cols int
	mu   sync.Mutex
	n    int
}

func (s *madeSpool) Add(rows []query.Row) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n += len(rows)
	return nil
}

func (s *madeSpool) Window(from, n int) ([]query.Row, error) {
	var out []query.Row
	for i := from; i < min(from+n, s.n); i++ {
		row := make(query.Row, s.cols)
		for c := range row {
			row[c] = s.w.value(headRows+i, c)
		}
		out = append(out, row)
	}
	return out, nil
}

func (s *madeSpool) Close() error { return nil }

func (s *memorySpool) Add(rows []query.Row) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rows = append(s.rows, rows...)
	return nil
}

func (s *memorySpool) Window(from, n int) ([]query.Row, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, errors.New("the spool is closed")
	}
	from = min(from, len(s.rows))
	return slices.Clone(s.rows[from:min(from+n, len(s.rows))]), nil
}

func (s *memorySpool) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rows, s.closed = nil, true
	return nil
}

func (w *world) Formats() []string { return []string{"csv", "json", "jsonl", "parquet"} }

func (w *world) Export(ctx context.Context, name string, rows query.Rows, tell func(rows, bytes int64)) (string, error) {
	n := 0
	for {
		batch, err := rows.Next(ctx)
		n += len(batch)
		tell(int64(n), int64(n)*100)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", err
		}
		if strings.Contains(name, "full") {
			return "", fmt.Errorf("write %s: %w", name, errors.New("no space left on device"))
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wrote[name] = n
	return name, nil
}

func (w *world) List(context.Context) ([]Saved, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.saved), nil
}

func (w *world) Save(_ context.Context, name, sql string) error {
	if strings.HasPrefix(name, "report/") {
		return fmt.Errorf("save %s: it is the program's own; choose another name", name)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.saved = append(w.saved, Saved{name, sql})
	return nil
}

// fakeEditor is a command that changes nothing on the terminal.
type fakeEditor struct{ err error }

func (e fakeEditor) Run() error        { return e.err }
func (fakeEditor) SetStdin(io.Reader)  {}
func (fakeEditor) SetStdout(io.Writer) {}
func (fakeEditor) SetStderr(io.Writer) {}

func (w *world) Edit(text string) (tea.ExecCommand, func() (string, error), error) {
	out, err := text, error(nil)
	if w.outside != nil {
		out, err = w.outside(text)
	}
	return fakeEditor{err}, func() (string, error) { return out, nil }, nil
}

func (w *world) Verbs() []Verb {
	return []Verb{{"generate --for 1h", "simulated events into the lake", true, true}, {"verify", "every object against its manifest", false, false}}
}

func (w *world) Run(ctx context.Context, args []string, tell func(Progress), log func(string)) error {
	w.mu.Lock()
	w.ran = append(w.ran, args)
	n := len(w.ran) - 1
	w.mu.Unlock()
	if n < len(w.script) {
		return w.script[n](ctx, tell, log)
	}
	tell(Progress{Step: args[0], Done: 10, Total: 10, Unit: "events"})
	log("acme: wrote 10 events")
	return nil
}

// Snapshot is of a pipeline whose every second has 5,000 events, until shots are
// used up; with ill its exporter cannot write.
func (w *world) Snapshot(_ context.Context, filter string, most int) (Snapshot, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.shot >= w.shots {
		return Snapshot{}, io.EOF
	}
	w.shot++
	n := int64(w.shot)
	s := Snapshot{At: now.Add(time.Duration(n) * 500 * time.Millisecond), Source: "pipeline up, 60 times as fast", Published: 2500 * n, Delivered: 2400 * n, Objects: n / 10,
		Bytes: 190 * 2400 * n, Fresh: 4100 * time.Millisecond, Latency: time.Duration(4+n%5) * time.Second, Last: fmt.Sprint("object-", n/10), Skipped: 2500}
	for p := range 6 {
		s.Lag = append(s.Lag, PartitionLag{int32(p), int64(100 + 97*p*int(n%7))})
	}
	s.Stages = []Stage{{Name: "generator", Text: "5,000/s"}, {Name: "kafka", Text: "6 partitions"}, {Name: "exporter", Text: "lag 1,204"}, {Name: "lake", Text: "37 objects"}}
	if w.flood {
		s.At, s.Published = time.Now(), 25_000*n
		for i := range most {
			kind := map[bool]string{true: "error", false: "pause"}[i%10 == 0]
			text := fmt.Sprintf(`{"event_id":"EVENT_%d","customer_id":"CUST_7","event_type":%q,"title":"日本語","bandwidth_mbps":12.5}`, i, kind)
			if strings.Contains(text, filter) {
				s.Events = append(s.Events, LiveEvent{s.At, int32(i % 20), n*25_000 + int64(i), text})
			}
		}
		s.Skipped = 25_000 - int64(len(s.Events))
		return s, nil
	}
	if w.evil {
		s.Source, s.Last = w.text("", 3), w.text("", 4)
		for i := range s.Stages {
			s.Stages[i] = Stage{Name: w.text("", i), Text: w.text("", i+1), Grade: 2, Why: w.text("", i+2), Next: w.text("", i+3)}
		}
		for i, p := range payloads() {
			s.Events = append(s.Events, LiveEvent{s.At, int32(i), int64(i), p})
		}
		return s, nil
	}
	if w.ill {
		s.Stages[2] = Stage{Name: "exporter", Text: "12 retries", Grade: 2, Why: "put telemetry/year=2025/x.gz: 403 Forbidden", Next: "check the credentials; it goes on by itself"}
	}
	for i := range 3 {
		text := fmt.Sprintf(`{"event_type":"%s","n":%d,"title":"日本語 \u001b[31m%s"}`, []string{"start", "error", "stop"}[i], n, "[31m")
		if strings.Contains(text, filter) {
			s.Events = append(s.Events, LiveEvent{s.At, int32(i), n*3 + int64(i), text})
			s.Skipped--
		}
	}
	return s, nil
}
