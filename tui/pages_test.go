package tui

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"acme/telemetry/engine/query"
	"acme/telemetry/engine/report"
)

// TestPageGoldens are the pages beside report and SQL, at three sizes.
func TestPageGoldens(t *testing.T) {
	for name, keys := range map[string][]string{
		"browse": {"3", "enter"}, "browse-objects": {"3", "enter", "j", "enter"}, "quality": {"6"},
		"jobs-none": {"5"}, "live-none": {"4"}, "open": {"ctrl+o"},
	} {
		for _, s := range [][2]int{{80, 24}, {100, 30}, {200, 60}} {
			m := still(t, newFakes(), s[0], s[1], full(newWorld()))
			press(t, m, keys...)
			golden(t, m, name)
		}
	}
}

// TestBrowse: a table's partitions with what is wrong with them, the objects of
// one, and its rows: each a key away, and esc goes back.
func TestBrowse(t *testing.T) {
	m := still(t, newFakes(), 120, 40, full(newWorld()))
	press(t, m, "3", "enter")
	if s := screenText(m); !strings.Contains(s, "2,016 objects") || !strings.Contains(s, "✗ part-0002.gz: gzip: invalid checksum") && !strings.Contains(s, "to look at") {
		t.Errorf("partitions:\n%s", s)
	}
	press(t, m, "$", "/")
	typeIn(t, m, "checksum")
	press(t, m, "enter")
	if n := m.browse.list.grid.count(); n != 3 {
		t.Errorf("%d partitions are damaged", n)
	}
	i, _ := m.browse.index()
	press(t, m, "enter")
	if m.browse.part == nil || m.browse.part.Folder != m.browse.parts[i].Folder || len(m.browse.objs) != 4 {
		t.Fatalf("objects of %v", m.browse.part)
	}
	press(t, m, "j", "enter")
	want := "WHERE year = 2025\n  AND month = 7\n  AND day = 21\n  AND hour = 7\n  AND \"$path\" = 's3://acme/telemetry/year=2025/month=07/day=21/hour=07/AcmeTelemetry-MSK-to-S3-1-01.gz'"
	if m.current != pageSQL || !strings.Contains(m.sql.edit.text(), want) || m.sql.state != runDone {
		t.Errorf("rows: %q", m.sql.edit.text())
	}
	press(t, m, "alt+3", "esc", "esc")
	if m.browse.part != nil || m.browse.list.grid.count() != 504 {
		t.Error("esc does not go back")
	}
	press(t, m, "esc")
	if !m.browse.onSide {
		t.Error("esc does not lead to the tables")
	}
}

// TestQuality: the worst first; enter runs the statement that lists the rows.
func TestQuality(t *testing.T) {
	w := newWorld()
	w.saved = append(w.saved, Saved{"anomaly/hourly", "-- Hours that are unlike\n-- the hours before.\nSELECT 1 AS hour\n"})
	m := still(t, newFakes(), 100, 30, full(w))
	press(t, m, "6")
	if f := m.quality.at(m); f == nil || f.name != "ids_well_formed" || f.count != "2" {
		t.Fatalf("first is %+v", f)
	}
	if s := screenText(m); !strings.Contains(s, "2 hold") && !strings.Contains(s, "to look at") || !strings.Contains(s, "Hours that are unlike the hours before.") {
		t.Errorf("page:\n%s", s)
	}
	press(t, m, "enter")
	if m.current != pageSQL || !strings.Contains(m.sql.edit.text(), "event_id IS NULL") || m.sql.state != runDone || m.sql.pane != paneResult {
		t.Errorf("enter: page %d, %q", m.current, m.sql.edit.text())
	}
	press(t, m, "6", "b")
	for _, f := range m.quality.shown() {
		if !f.none && f.grade < 2 {
			t.Errorf("%s holds and is shown", f.name)
		}
	}
}

// TestAllWithValue: from a row of a result to all rows of its table that have a value: what
// else happened in a session. Where the table or the column cannot be told there is no key.
func TestAllWithValue(t *testing.T) {
	m, _ := bench(t, 120, 40, "SELECT device_type, count(*) AS events FROM video_telemetry_json GROUP BY 1", full(newWorld()))
	pump(t, m, m.loadNames())
	press(t, m, "f5", "tab", "a")
	if want := "SELECT *\nFROM acme_telemetry.video_telemetry_json\nWHERE device_type = 'mobile'"; m.sql.sent != want || !strings.Contains(screenText(m), "all with device_type = mobile") {
		t.Errorf("sent %q", m.sql.sent)
	}
	if c, _, _ := m.sql.grid.cell(); c.Name != "event_timestamp" {
		t.Errorf("the cursor is on %s and not on the time", c.Name)
	}
	press(t, m, "[")
	tables := m.names.tables
	m.names.tables = slices.Clone(tables)
	for i, table := range tables {
		m.names.tables[i].Columns = append(slices.Clone(table.Columns), query.Column{Name: "event_timestamp", Type: "varchar"})
	}
	if sql, _ := m.sql.valueIn(m); !strings.HasSuffix(sql, "\nORDER BY event_timestamp") {
		t.Errorf("not in the order of time: %q", sql)
	}
	m.names.tables = tables
	press(t, m, "right")
	if sql, _ := m.sql.valueIn(m); sql != "" {
		t.Errorf("a count is looked up: %q", sql)
	}
	m, _ = bench(t, 120, 40, "SELECT a.device_type FROM video_telemetry_json a JOIN video_telemetry_parquet b ON a.event_id = b.event_id", full(newWorld()))
	pump(t, m, m.loadNames())
	press(t, m, "f5", "tab")
	if sql, _ := m.sql.valueIn(m); sql != "" {
		t.Errorf("of two tables one is looked up: %q", sql)
	}
}

// TestQualityTrace: a finding that follows from a section's figures opens the rows of the
// figure that it stands on, or shows the statement of the section.
func TestQualityTrace(t *testing.T) {
	doc := seed()
	s := doc.Section("quality")
	*s = report.Section{ID: "quality", SQL: "SELECT quality", Columns: []report.Column{text("quality", "Quality")},
		Rows: []query.Row{{"HD"}, {"SD"}}, Drill: []string{"SELECT 'HD'", "SELECT 'SD'"}}
	for basis, want := range map[string][2]string{
		"quality: SD, avg_buffering_events; rule: over 2 times the average": {"SELECT 'SD'", "SELECT quality"},
		"quality: SDX, streams": {"", "SELECT quality"}, "nosuch: SD": {}, "quality without a colon": {},
	} {
		f := finding{from: "findings", text: basis}
		f.trace(doc)
		if f.sql != want[0] || f.seen != want[1] {
			t.Errorf("%s: opens %q, %q", basis, f.sql, f.seen)
		}
	}
}

// TestQualityUnusual: what the report would tell somebody is to be looked at, with the
// rows behind it; an unusual hour of days ago is there to be known.
func TestQualityUnusual(t *testing.T) {
	f := newFakes()
	f.doc = func(Range) (*report.Document, error) {
		d := seed()
		number := func(name string) report.Column { return col(name, "double", name, report.KindNumber, 2, false) }
		d.Sections = append(d.Sections, report.Section{ID: "partitions", Columns: []report.Column{text("year", "Year"), text("month", "Month"), text("day", "Day"), text("hour", "Hour")},
			Rows: []query.Row{{int64(2025), int64(8), int64(11), int64(17)}}},
			report.Section{ID: "anomalies", SQL: "SELECT 'anomalies'", Columns: []report.Column{text("started", "Hour"), text("measure", "Measure"), text("dimension", "Of"), text("value", "Which"), number("observed"), number("expected"), number("score")},
				Rows: []query.Row{
					{"2025-08-05 10:00:00.000", "volume", "all", "all", 10.0, 900.0, -9.5},
					{"2025-08-11 16:00:00.000", "errors", "city", "Tor\x1bonto", 0.5, 0.01, 12.0}},
				Drill: []string{"SELECT 'old'", "SELECT 'new'"}},
			report.Section{ID: "rebuffering", SQL: "SELECT 'rebuffering'", Columns: []report.Column{text("year", "Year"), text("month", "Month"), text("day", "Day"), text("hour", "Hour"), text("country", "Country"),
				col("sessions", "bigint", "Sessions", report.KindCount, 0, false), number("rebuffers_per_session"), col("sessions_above", "bigint", "Above", report.KindCount, 0, false)},
				Rows: []query.Row{{int64(2025), int64(8), int64(11), int64(17), "Canada", int64(40), 2.75, int64(31)}}, Drill: []string{"SELECT 'waited'"}})
		return d, nil
	}
	m := still(t, f, 120, 40, full(newWorld()))
	press(t, m, "6")
	golden(t, m, "quality-unusual")
	for name, want := range map[string]struct {
		grade report.Severity
		rows  string
	}{
		"Rebuffering in Canada: 2.8 a session": {report.Warn, "'waited'"}, "Unusual errors of Tor\\x1bonto at 2025-08-11 16:00": {report.Warn, "'new'"},
		"Unusual volume of all at 2025-08-05 10:00:00.000": {report.Info, "'old'"},
	} {
		i := slices.IndexFunc(m.quality.items, func(f finding) bool { return m.th.clean(f.name) == name })
		if i < 0 || m.quality.items[i].grade != want.grade {
			t.Errorf("%s: item %d of %+v", name, i, m.quality.items)
			continue
		}
		press(t, m, "6")
		m.quality.win.cur = i
		press(t, m, "enter")
		if m.current != pageSQL || !strings.Contains(m.sql.edit.text(), want.rows) || m.sql.pane != paneResult {
			t.Errorf("%s: enter shows %q", name, m.sql.edit.text())
		}
	}
}

// TestCheck31Jobs Jobs: a bar never goes back, an unknown total has no share, a cancelled
// job goes on, and quit asks while one runs.
func TestCheck31Jobs(t *testing.T) {
	w := newWorld()
	hold := make(chan bool)
	w.script = []func(context.Context, func(Progress), func(string)) error{
		func(ctx context.Context, tell func(Progress), log func(string)) error {
			tell(Progress{Step: "generate", Done: 500, Total: 1000, Unit: "events"})
			tell(Progress{Step: "generate", Done: 400, Total: 1000, Unit: "events"})
			log("acme: \x1b[31mhalf\x1b[m")
			hold <- true
			<-ctx.Done()
			hold <- true
			return ctx.Err()
		},
		func(ctx context.Context, tell func(Progress), log func(string)) error {
			return errors.New("write objects: no space left on device")
		},
	}
	clock := now
	m := still(t, newFakes(), 100, 30, full(w), func(c *Config) { c.Now = func() time.Time { return clock } })
	j := &job{kind: "generate", target: "--for 1h", line: "acme generate --for 1h", resumes: true}
	j.run = func(ctx context.Context, tell func(Progress), log func(string)) error {
		return w.Run(ctx, []string{"generate"}, tell, log)
	}
	m.show(pageJobs)
	cmd := m.startJob(j)
	end := make(chan tea.Msg)
	go func() { end <- lastOf(cmd) }()
	<-hold
	clock = clock.Add(2 * time.Second)
	if p := j.progress(); p.Done != 500 {
		t.Errorf("the bar went back to %d", p.Done)
	}
	s := screenText(m)
	if !strings.Contains(s, "50%") || !strings.Contains(s, "250 events/s") || !strings.Contains(s, "2.00 s") || strings.Contains(s, "\x1b[31mh") {
		t.Errorf("running:\n%s", s)
	}
	golden(t, m, "jobs")
	m.quit()
	if p, ok := m.input.(*picker); !ok || p.title != "A job is running" {
		t.Fatal("quit does not ask")
	}
	press(t, m, "esc", "x")
	<-hold
	m.Update(<-end)
	if s := screenText(m); j.state != jobStopped || !strings.Contains(s, "R goes on") {
		t.Errorf("state %d:\n%s", j.state, s)
	}
	press(t, m, "R")
	if s := screenText(m); j.state != jobFailed || !strings.Contains(s, "✗ write objects: no space left on device") {
		t.Errorf("state %d:\n%s", j.state, s)
	}
	j.tell(Progress{Done: 77, Unit: "events"})
	if s := screenText(m); strings.Contains(s, "%") || !strings.Contains(s, "77 events") {
		t.Errorf("a share of an unknown total:\n%s", s)
	}
}

// lastOf runs the commands of a batch and gives the last message that is none of
// the tick's.
func lastOf(cmd tea.Cmd) tea.Msg {
	msg := cmd()
	if b, ok := msg.(tea.BatchMsg); ok {
		for _, c := range b {
			if c != nil {
				msg = lastOf(c)
			}
		}
	}
	return msg
}

// TestNewJob: a verb and its arguments; what they say is kept to be copied.
func TestNewJob(t *testing.T) {
	w := newWorld()
	m := still(t, newFakes(), 100, 30, full(w))
	press(t, m, "5", "n", "enter")
	typeIn(t, m, " --set 'a=b c'")
	press(t, m, "enter")
	if len(w.ran) != 1 || strings.Join(w.ran[0], "|") != "generate|--for|1h|--set|a=b c" {
		t.Fatalf("ran %q", w.ran)
	}
	if j := m.jobs.at(); j.state != jobDone || j.line != "acme generate --for 1h --set 'a=b c'" {
		t.Errorf("job %+v", j.line)
	}
	press(t, m, "d")
	if last := w.ran[len(w.ran)-1]; last[len(last)-1] != "-n" {
		t.Errorf("plan ran %q", last)
	}
}

// TestLiveFromTheBegin: a screen that begins with the Live page watches.
func TestLiveFromTheBegin(t *testing.T) {
	w := newWorld()
	w.shots = 3
	m := still(t, newFakes(), 100, 30, full(w), func(c *Config) { c.Screen = "live" })
	if s := screenText(m); w.shot == 0 || !strings.Contains(s, "60 times as fast") {
		t.Errorf("%d snapshots:\n%s", w.shot, s)
	}
}

// TestCheck29Live Live: what is kept does not grow, what is not shown is counted, and
// paused rows stay.
func TestCheck29Live(t *testing.T) {
	w := newWorld()
	w.shots = 3000
	m := still(t, newFakes(), 100, 30, full(w))
	m.show(pageLive)
	p := m.live
	for range w.shots {
		s, _ := w.Snapshot(t.Context(), p.filter, liveBatch)
		p.keep(s)
	}
	if len(p.tail) > 2*liveTail || len(p.in.v) > 2*liveKept || len(p.in.values()) != liveKept {
		t.Errorf("%d events, %d values are kept", len(p.tail), len(p.in.v))
	}
	if p.shown+p.skipped != 2500*3000 {
		t.Errorf("%d shown and %d skipped of %d", p.shown, p.skipped, 2500*3000)
	}
	p.on, p.started = true, now
	for _, s := range [][2]int{{80, 24}, {100, 30}, {200, 60}} {
		send(t, m, tea.WindowSizeMsg{Width: s[0], Height: s[1]})
		golden(t, m, "live")
	}
	if s := screenText(m); !strings.Contains(s, "now 5,000") {
		t.Errorf("the rate:\n%s", s)
	}
	press(t, m, "space")
	last := p.tail[len(p.tail)-1]
	w.shots += 10
	for range 10 {
		s, _ := w.Snapshot(t.Context(), "", liveBatch)
		p.keep(s)
	}
	if p.tail[len(p.tail)-1] != last || p.shown+p.skipped != 2500*3010 {
		t.Error("paused rows changed, or are not counted")
	}
	had := int64(0)
	for _, e := range p.tail {
		if strings.Contains(e.Text, "error") {
			had++
		}
	}
	press(t, m, "space", "/")
	typeIn(t, m, "error")
	press(t, m, "enter")
	if had == 0 || int64(len(p.tail)) != had || p.shown != had || p.skipped != 0 {
		t.Errorf("of the events that were there %d are kept, %d have it", len(p.tail), had)
	}
	whole := p.tail[len(p.tail)-1]
	whole.Text = `{"event_type":"error","n":7}`
	p.tail = append(p.tail, whole)
	press(t, m, "G", "enter")
	if s := screenText(m); m.cell == nil || !strings.Contains(s, `┃   "event_type": "error",`) {
		t.Errorf("the event is not a field a line:\n%s", s)
	}
	press(t, m, "esc")
	p.setFilter("")
	p.setFilter("no such text")
	if s := screenText(m); !strings.Contains(s, "no event that has this text yet; / and an empty text show all") {
		t.Errorf("an empty tail does not say why:\n%s", s)
	}
	p.setFilter("error")
	w.shots += 10
	for range 10 {
		s, _ := w.Snapshot(t.Context(), p.filter, liveBatch)
		p.keep(s)
	}
	if len(p.tail) != 10 || p.skipped != 2500*10-10 {
		t.Errorf("%d events pass the filter, %d skipped", len(p.tail), p.skipped)
	}
}

// TestCheck30Ill A part that fails says so with a sign, why, and what to do; when it is
// well again the sign goes.
func TestCheck30Ill(t *testing.T) {
	w := newWorld()
	w.shots, w.ill = 2, true
	m := still(t, newFakes(), 100, 30, full(w))
	press(t, m, "4")
	if s := screenText(m); !strings.Contains(s, "! exporter 12 retries") || !strings.Contains(s, "exporter: put telemetry/year=2025/x.gz: 403 Forbidden; check the credentials") {
		t.Errorf("not said:\n%s", s)
	}
	w.shots, w.ill = w.shot+2, false
	press(t, m, "r")
	if s := screenText(m); !strings.Contains(s, "✓ exporter lag 1,204") || strings.Contains(s, "403") {
		t.Errorf("still ill:\n%s", s)
	}
}

// TestRow: a row is seen whole, a column a line, and copied as such.
func TestRow(t *testing.T) {
	m, _ := bench(t, 100, 30, "SELECT 1")
	press(t, m, "f5", "tab", "j", "v")
	golden(t, m, "row")
	s := screenText(m)
	for _, c := range m.sql.grid.cols {
		if !strings.Contains(s, c.Name) {
			t.Errorf("no %s:\n%s", c.Name, s)
		}
	}
	press(t, m, "right", "l", "left", "down", "x")
	if s := screenText(m); m.sql.grid.win.cur != 2 || !strings.Contains(s, "Row 3 of 1,234") || m.cell.row[1] != m.sql.grid.rows[2][1] {
		t.Errorf("after three keys to rows beside it, row %d:\n%s", m.sql.grid.win.cur, s)
	}
	press(t, m, "left", "left", "left", "left")
	if s := screenText(m); m.sql.grid.win.cur != 0 || !strings.Contains(s, "Row 1 of 1,234") {
		t.Errorf("before the first row is row %d:\n%s", m.sql.grid.win.cur, s)
	}
	press(t, m, "y")
	if !strings.HasPrefix(m.note.text, "copied the row") {
		t.Errorf("said %q", m.note.text)
	}
	press(t, m, "q")
	if m.cell != nil || m.exit != nil {
		t.Error("q does not close it")
	}
}

// TestWorstFirst: a finding about the highest average lists the highest first.
func TestWorstFirst(t *testing.T) {
	tables := []Table{{Name: "t", Columns: []query.Column{{Name: "buffering_events"}}}}
	for _, v := range []struct{ from, name, text, want string }{
		{"findings", "SD buffers most", "quality: SD, avg_buffering_events; rule: over 2", "SELECT 1\nORDER BY buffering_events DESC\nLIMIT 100"},
		{"findings", "SD buffers most", "quality: SD, avg_other; rule: over 2", "SELECT 1\nLIMIT 100"},
		{"findings", "SD is slow", "quality: SD, avg_buffering_events", "SELECT 1\nLIMIT 100"},
	} {
		f := finding{from: v.from, name: v.name, text: v.text, sql: "SELECT 1\nLIMIT 100"}
		if f.worstFirst(tables); f.sql != v.want {
			t.Errorf("%s, %s: %q", v.name, v.text, f.sql)
		}
	}
}
