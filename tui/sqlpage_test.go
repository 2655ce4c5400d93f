package tui

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"acme/telemetry/engine/query"
)

// bench is a model on the SQL page with everything there is, and a text.
func bench(t *testing.T, w, h int, sql string, change ...func(*Config)) (*model, *world) {
	t.Helper()
	fw := newWorld()
	m := still(t, newFakes(), w, h, append([]func(*Config){full(fw), func(c *Config) { c.Screen, c.SQL = "sql", sql }}, change...)...)
	return m, fw
}

// typeIn sends a text as keys.
func typeIn(t *testing.T, m *model, text string) {
	t.Helper()
	for _, r := range text {
		switch r {
		case ' ':
			press(t, m, "space")
		case '\n':
			press(t, m, "enter")
		default:
			press(t, m, string(r))
		}
	}
}

// TestCompletion: tables behind FROM, columns of the tables that are named, of an
// alias behind its dot, functions with their signature; never in a string.
func TestCompletion(t *testing.T) {
	for _, c := range []struct{ text, word, want, after string }{
		{"SELECT 1 FROM ", "vi", "video_telemetry_json", "SELECT 1 FROM video_telemetry_json"},
		{"SELECT 1 FROM ", "ti", "acme_streaming_data.titles", ""},
		{"SELECT 1 FROM video_telemetry_json WHERE ", "dev", "device_type", "SELECT 1 FROM video_telemetry_json WHERE device_type"},
		{"SELECT 1 FROM video_telemetry_json v JOIN acme_streaming_data.titles t ON v.", "", "event_id", ""},
		{"SELECT 1 FROM video_telemetry_json v JOIN acme_streaming_data.titles AS t ON t.", "ti", "title_id", ""},
		{"SELECT ", "appr", "approx_percentile(", "SELECT approx_percentile("},
		{"SELECT ", "dev", "device_type", "SELECT device_type"}, // FROM comes later
		{"SELECT 1 FROM video_telemetry_json WHERE ", "Ti", `"Title"`, ""},
		{"", "SEL", "SELECT", "SELECT"},
		{"SELECT 'a ", "dev", "", ""}, {"-- ", "dev", "", ""}, {"SELECT 12", "34", "", ""},
	} {
		m, _ := bench(t, 120, 40, c.text+"x")
		m.sql.edit.set(c.text)
		m.sql.edit.cur = m.sql.edit.end()
		m.sql.edit.anchor = m.sql.edit.cur
		typeIn(t, m, c.word)
		if c.word == "" {
			press(t, m, "ctrl+space")
		}
		if c.want == "" {
			if m.sql.pop != nil {
				t.Errorf("%q: offers %v", c.text+c.word, m.sql.pop.items[0])
			}
			continue
		}
		if m.sql.pop == nil {
			t.Errorf("%q: nothing", c.text+c.word)
			continue
		}
		found := false
		for _, it := range m.sql.pop.items {
			found = found || it.text == c.want
		}
		if !found {
			t.Errorf("%q: %v has no %s", c.text+c.word, m.sql.pop.items, c.want)
		}
		if c.after != "" {
			if press(t, m, "tab"); m.sql.edit.text() != c.after {
				t.Errorf("accepted: %q, want %q", m.sql.edit.text(), c.after)
			}
		}
	}
}

// TestCompletionInside: within a word that is being mended nothing is offered, unless it is
// asked for.
func TestCompletionInside(t *testing.T) {
	m, _ := bench(t, 120, 40, "slect 1 FROM video_telemetry_json")
	press(t, m, "ctrl+home", "right", "e")
	if m.sql.edit.text() != "select 1 FROM video_telemetry_json" || m.sql.pop != nil {
		t.Errorf("text %q, list %v", m.sql.edit.text(), m.sql.pop)
	}
	press(t, m, "ctrl+space")
	if m.sql.pop == nil {
		t.Error("nothing is offered when it is asked for")
	}
}

// TestCompletionScreen: the list stands at the cursor, esc closes it until
// another word begins, enter is a new line all the same.
func TestCompletionScreen(t *testing.T) {
	m, _ := bench(t, 100, 30, "SELECT *\nFROM ")
	press(t, m, "ctrl+end", "v", "i")
	golden(t, m, "sql-complete")
	press(t, m, "esc", "d")
	if m.sql.pop == nil || !m.sql.pop.shut {
		t.Error("esc did not close it")
	}
	press(t, m, "enter")
	if got := m.sql.edit.text(); got != "SELECT *\nFROM vid\n" {
		t.Errorf("text %q", got)
	}
}

// TestCheckedWhileTyping: before it runs, a statement says what it would scan and
// cost, or where it is wrong; typing on takes the mark away.
func TestCheckedWhileTyping(t *testing.T) {
	m, w := bench(t, 120, 40, "SELECT device_type FROM video_telemetry_json\nWHERE hour = 3")
	if s := screenText(m); !strings.Contains(s, "reads 277 MB · $0.001384 on Athena · 21 of 504 partitions · 84 objects") {
		t.Errorf("no estimate:\n%s", s)
	}
	golden(t, m, "sql-estimate")
	press(t, m, "ctrl+a")
	send(t, m, pasteMsg("SELECT devcie FROM video_telemetry_json"))
	if s := screenText(m); !strings.Contains(s, "✗ COLUMN_NOT_FOUND: line 1:8: Column 'devcie' cannot be resolved") || !strings.Contains(s, "the table has device_type") || m.sql.edit.err == nil {
		t.Errorf("no error:\n%s", s)
	}
	if m.sql.state != runNone {
		t.Error("it ran")
	}
	n := w.checks
	press(t, m, "left", "left")
	if w.checks != n {
		t.Error("moving about checks again")
	}
	press(t, m, "ctrl+a")
	send(t, m, pasteMsg("SELECT random() FROM video_telemetry_json"))
	if s := screenText(m); !strings.Contains(s, "reads at most 6.44 GB") || strings.Contains(s, "devcie") {
		t.Errorf("not said that it is a bound:\n%s", s)
	}
}

// TestCheck20Long A result larger than memory keeps is read to its end; G shows its
// last row, the count is honest, and only blocks around the window are in memory.
func TestCheck20Long(t *testing.T) {
	f := newFakes()
	f.rows = 300_000
	m, _ := bench(t, 100, 30, "SELECT 1", func(c *Config) { c.Querier = f })
	press(t, m, "f5", "tab", "G")
	g := m.sql.grid
	if g.total() != f.rows || len(g.rows) != headRows || m.sql.state != runDone {
		t.Fatalf("%d rows, %d in memory, state %d", g.total(), len(g.rows), m.sql.state)
	}
	press(t, m, "k", "j") // what G has asked for is there
	row, ok := g.current()
	if !ok || fmt.Sprint(row[1]) != fmt.Sprint(ordinary(f.rows-1, 1)) {
		t.Errorf("the last row is %v", row)
	}
	if s := screenText(m); !strings.Contains(s, "row 300,000 of 300,000") {
		t.Errorf("footer:\n%s", s)
	}
	for range 60 {
		press(t, m, "pgup", "pgup", "pgup", "pgup", "pgup", "pgup", "pgup", "pgup", "pgup", "pgup", "pgup", "pgup", "pgup")
	}
	if n := len(g.far.blocks); n > farKept {
		t.Errorf("%d blocks are kept", n)
	}
	press(t, m, "s") // the engine sorts what memory has not
	if m.sql.result.title != "sorted by device_type" || !strings.Contains(m.sql.sent, "ORDER BY 1 NULLS LAST") || len(m.sql.results) != 2 {
		t.Errorf("title %q, sent %q", m.sql.result.title, m.sql.sent)
	}
	press(t, m, "[")
	if m.sql.result.title != "" || m.sql.grid.total() != f.rows {
		t.Error("[ does not go back")
	}
}

// TestCheck27Statements The statement under the cursor, the selection, or all of them; a
// semicolon in a string or a comment ends nothing.
func TestCheck27Statements(t *testing.T) {
	const text = "SELECT ';' AS a; -- one; two\nSELECT 2 /* ; */ AS b;\n\nSELECT 3"
	m, _ := bench(t, 100, 30, text)
	sent := func() (out []string) {
		for _, r := range m.sql.results {
			out = append(out, r.sent)
		}
		return out
	}
	press(t, m, "f5")
	if got := sent(); len(got) != 1 || got[0] != "SELECT ';' AS a" {
		t.Errorf("under the cursor: %q", got)
	}
	press(t, m, "down", "f5")
	if got := sent(); len(got) != 1 || got[0] != "SELECT 2 /* ; */ AS b" {
		t.Errorf("second line: %q", got)
	}
	press(t, m, "ctrl+end", "shift+left", "shift+left", "f5")
	if got := sent(); len(got) != 1 || got[0] != " 3" {
		t.Errorf("selection: %q", got)
	}
	press(t, m, "f7")
	if got := sent(); len(got) != 3 || got[2] != "SELECT 3" || m.sql.tab != 2 {
		t.Errorf("all: %q, tab %d", got, m.sql.tab)
	}
}

// TestStatisticsKept: a column that was looked at before has its statistics at once; with
// other rows they are made anew.
func TestStatisticsKept(t *testing.T) {
	m, _ := bench(t, 120, 40, "SELECT 1")
	press(t, m, "f5", "tab", "right", "left", "right")
	first := m.sql.stat.s
	m.sql.grid.col = 0
	if cmd := m.sql.statistics(m); cmd != nil || m.sql.stat.s == first || m.sql.stat.s.col.Name != "device_type" {
		t.Errorf("a column that was seen is computed again: %v", m.sql.stat.s.col)
	}
	press(t, m, "f") // only rows with the value
	if s := m.sql.stat.s; s.distinct != 1 || s.rows >= m.sql.grid.total() {
		t.Errorf("statistics of %d rows with %d values, of those that are left", s.rows, s.distinct)
	}
}

// TestExplore: filter by value and by text, frequency, statistics and chart of a
// result that memory has whole.
func TestExplore(t *testing.T) {
	m, _ := bench(t, 200, 60, "SELECT 1")
	press(t, m, "f5", "tab")
	if s := m.sql.stat.s; s == nil || s.rows != 1234 || s.distinct != 4 || s.top[0].n != 309 {
		t.Fatalf("statistics %+v", s)
	}
	golden(t, m, "sql-stats")
	press(t, m, "F")
	if s := screenText(m); !strings.Contains(s, "Result 2/2: frequency of device_type") || !strings.Contains(s, "25.04") {
		t.Errorf("frequency:\n%s", s)
	}
	press(t, m, "l", ".")
	golden(t, m, "sql-chart")
	press(t, m, "x", "[", "f")
	if got := m.sql.grid.count(); got != 309 {
		t.Errorf("%d rows are mobile", got)
	}
	if s := screenText(m); !strings.Contains(s, "row 1 of 309 (filtered from 1,234) · device_type = mobile") {
		t.Errorf("footer:\n%s", s)
	}
	press(t, m, "l", "s")
	if row, _ := m.sql.grid.current(); row[0] != "mobile" || row[1].(int64) > 0 {
		t.Errorf("sorted within the filter: %v", row)
	}
	press(t, m, "esc", "/")
	typeIn(t, m, "NORTH")
	press(t, m, "enter")
	if s := screenText(m); !strings.Contains(s, "no row of 1,234 has /NORTH") {
		t.Errorf("a filter that nothing passes:\n%s", s)
	}
	press(t, m, "esc")
	if m.sql.grid.count() != 1234 {
		t.Error("esc did not show all rows")
	}
}

// TestSheets: a statement that is opened never replaces what the reader wrote;
// a sheet with a text that is not saved asks before it closes.
func TestSheets(t *testing.T) {
	m, w := bench(t, 100, 30, "SELECT 1")
	typeIn(t, m, "-- mine\n")
	m.sql.open("SELECT 2", "")
	if len(m.sql.sheets) != 2 || m.sql.edit.text() != "SELECT 2" {
		t.Fatalf("%d sheets, %q", len(m.sql.sheets), m.sql.edit.text())
	}
	press(t, m, "alt+n")
	if !strings.HasPrefix(m.sql.edit.text(), "-- mine") {
		t.Errorf("text %q", m.sql.edit.text())
	}
	press(t, m, "alt+w")
	if m.input == nil {
		t.Fatal("it closes without asking")
	}
	press(t, m, "esc", "ctrl+s")
	typeIn(t, m, "report/x")
	press(t, m, "enter")
	if s := screenText(m); !strings.Contains(s, "the program's own") {
		t.Errorf("not said:\n%s", s)
	}
	press(t, m, "ctrl+s")
	typeIn(t, m, "mine/one")
	press(t, m, "enter", "alt+w")
	if len(w.saved) != 3 || len(m.sql.sheets) != 1 {
		t.Errorf("%d saved, %d sheets", len(w.saved), len(m.sql.sheets))
	}
}

// TestHistory: what was run is found again, an error with its sign.
func TestHistory(t *testing.T) {
	m, _ := bench(t, 100, 30, "SELECT 'first'")
	press(t, m, "f5", "ctrl+a")
	typeIn(t, m, "x WITHIN y")
	press(t, m, "f5", "ctrl+r")
	if s := screenText(m); !strings.Contains(s, "✗  x WITHIN y") || !strings.Contains(s, "✓  SELECT 'first'") {
		t.Errorf("history:\n%s", s)
	}
	typeIn(t, m, "first")
	press(t, m, "enter")
	if m.sql.edit.text() != "SELECT 'first'" {
		t.Errorf("text %q", m.sql.edit.text())
	}
	press(t, m, "alt+up", "alt+up")
	if m.sql.edit.text() != "SELECT 'first'" {
		t.Errorf("two back: %q", m.sql.edit.text())
	}
}

// TestCheck13Outside The editor outside: its text comes back; where it fails, nothing changes.
func TestCheck13Outside(t *testing.T) {
	m, w := bench(t, 100, 30, "SELECT 1")
	w.outside = func(string) (string, error) { return "SELECT 2\n", nil }
	msg := safely(m.editOutside())().(outsideMsg)
	text, _ := msg.read()
	insideMsg{msg.s, text, msg.cmd.Run()}.ended(m)
	if m.sql.edit.text() != "SELECT 2\n" {
		t.Errorf("text %q", m.sql.edit.text())
	}
	insideMsg{s: msg.s, err: errors.New("exit status 1")}.ended(m)
	if m.sql.edit.text() != "SELECT 2\n" || !strings.Contains(m.note.text, "the text is as it was") {
		t.Errorf("text %q, said %q", m.sql.edit.text(), m.note.text)
	}
	if m.sql.edit.key(keyOf("ctrl+z")); m.sql.edit.text() != "SELECT 1" {
		t.Errorf("undo gives %q", m.sql.edit.text())
	}
}

// TestCheck24Export Export writes all rows, in the order on the screen; an error is
// readable, and the name is refused where no format is known.
func TestCheck24Export(t *testing.T) {
	f := newFakes()
	f.rows = 120_000
	m, w := bench(t, 100, 30, "SELECT 1", func(c *Config) { c.Querier = f })
	press(t, m, "f5", "tab", "e", "ctrl+u")
	typeIn(t, m, "out.xlsx")
	press(t, m, "enter")
	if s := screenText(m); !strings.Contains(s, "the ending must be one of csv, json, jsonl, parquet") {
		t.Errorf("not refused:\n%s", s)
	}
	press(t, m, "ctrl+u")
	typeIn(t, m, "out.parquet")
	press(t, m, "enter")
	if w.wrote["out.parquet"] != f.rows || !strings.Contains(m.note.text, "wrote 120,000 rows to out.parquet") {
		t.Errorf("wrote %v, said %q", w.wrote, m.note.text)
	}
	press(t, m, "e", "enter", "e")
	if s := screenText(m); !strings.Contains(s, "file result-2.csv") || !strings.Contains(s, "all 120,000") {
		t.Errorf("after result.csv it asks:\n%s", s)
	}
	press(t, m, "ctrl+u")
	typeIn(t, m, "full.csv")
	press(t, m, "enter")
	if !strings.Contains(m.note.text, "export failed: write full.csv: no space left on device") {
		t.Errorf("said %q", m.note.text)
	}
}

// TestExportSays: the question says which rows are written, with a filter and a sort.
func TestExportSays(t *testing.T) {
	m, w := bench(t, 100, 30, "SELECT 1")
	press(t, m, "f5", "tab")
	asks := func(want string) {
		t.Helper()
		press(t, m, "e")
		if q, ok := m.input.(*ask); !ok || !strings.HasSuffix(q.hint, " Rows that are written: "+want) {
			t.Errorf("it does not say %q:\n%s", want, screenText(m))
		}
		press(t, m, "esc")
	}
	asks("all 1,234.")
	press(t, m, "s")
	asks("all 1,234, in the order shown.")
	press(t, m, "l", "f")
	n := m.sql.grid.count()
	asks(fmt.Sprintf("the %d of 1,234 that the filter shows.", n))
	press(t, m, "e", "enter")
	if w.wrote["result.csv"] != n {
		t.Errorf("wrote %d rows and not %d", w.wrote["result.csv"], n)
	}
}

// TestErrorInSheet: where a statement does not begin with its sheet, an error says its
// line in the sheet beside Athena's.
func TestErrorInSheet(t *testing.T) {
	m, _ := bench(t, 100, 30, "SELECT 1;\n\nSELECT 2", func(c *Config) { c.Querier = failing{} })
	press(t, m, "f5")
	if s := screenText(m); !strings.Contains(s, "╭─ Error ─") {
		t.Errorf("of the first statement:\n%s", s)
	}
	press(t, m, "ctrl+end", "f5")
	if s := screenText(m); !strings.Contains(s, "Error in line 3 of the sheet") {
		t.Errorf("of the second statement:\n%s", s)
	}
}

// failing is a Querier whose statements all fail in their first line.
type failing struct{}

func (failing) Query(context.Context, query.Request) (query.Rows, error) {
	return nil, &query.Error{Name: "SYNTAX_ERROR", Message: "line 1:1: no", Line: 1, Column: 1}
}

// TestKeptRows: what export reads is every row once, in order.
func TestKeptRows(t *testing.T) {
	s := &memorySpool{}
	fr := newFar(s)
	var rows []query.Row
	for i := range 10_000 {
		rows = append(rows, query.Row{int64(i)})
	}
	if err := fr.add(rows[3000:]); err != nil {
		t.Fatal(err)
	}
	k := &keptRows{rows: rows[:3000], far: fr}
	n := int64(0)
	for {
		batch, err := k.Next(t.Context())
		if err != nil {
			break
		}
		for _, r := range batch {
			if r[0] != n {
				t.Fatalf("row %d is %v", n, r[0])
			}
			n++
		}
	}
	if n != 10_000 {
		t.Errorf("%d rows", n)
	}
}

// TestCopies: row and table are copied as text with tabs; what is too long is not.
func TestCopies(t *testing.T) {
	m, _ := bench(t, 100, 30, "SELECT 1")
	press(t, m, "f5", "tab", "Y")
	if !strings.HasPrefix(m.note.text, "copied the row") {
		t.Errorf("said %q", m.note.text)
	}
	press(t, m, "ctrl+y")
	if !strings.Contains(m.note.text, "export it instead") {
		t.Errorf("said %q", m.note.text)
	}
}

// TestComment: lines become comments and no comments again, as one step of undo.
func TestComment(t *testing.T) {
	e := newSQLEdit("a\n\n  b\nc")
	e.anchor, e.cur = pos{0, 0}, pos{2, 3}
	e.comment()
	if got := e.text(); got != "-- a\n\n  -- b\nc" {
		t.Errorf("%q", got)
	}
	e.anchor, e.cur = pos{0, 0}, pos{2, 1}
	e.comment()
	if got := e.text(); got != "a\n\n  b\nc" {
		t.Errorf("%q", got)
	}
	e.editKey("ctrl+z")
	if got := e.text(); got != "-- a\n\n  -- b\nc" {
		t.Errorf("undone: %q", got)
	}
}
