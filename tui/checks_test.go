package tui

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"acme/telemetry/engine/query"
)

// The checks of the issue have their numbers in their tests' names: those here and
// in checks_pty_test.go, and those beside what they check.

// TestCheck02Small: at 60x15 and 20x5 the screen says what it needs, and still quits.
func TestCheck02Small(t *testing.T) {
	for _, s := range [][2]int{{60, 15}, {20, 5}, {1, 1}} {
		m := still(t, newFakes(), s[0], s[1], full(newWorld()))
		lines, _ := m.screen()
		exact(t, "too small", lines, s[0], s[1])
		if _, cmd := m.Update(keyOf("q")); cmd == nil {
			t.Errorf("q does nothing at %v", s)
		}
	}
}

// slowCatalog answers when it is let.
type slowCatalog struct {
	*world
	open chan bool
}

func (c slowCatalog) Tables(ctx context.Context) ([]Table, error) {
	<-c.open
	return c.world.Tables(ctx)
}

// TestCheck04FirstFrame: the first frame waits for nobody: not for the report, the
// catalog or the terminal's answers.
func TestCheck04FirstFrame(t *testing.T) {
	w := newWorld()
	c := slowCatalog{w, make(chan bool)}
	cfg := Config{Loader: newFakes(), Querier: newFakes(), Now: func() time.Time { return now }, Environ: []string{"TERM=xterm"}, Screen: "sql"}
	full(w)(&cfg)
	cfg.Catalog = c
	m := newModel(t.Context(), cfg)
	cmd := m.Init()
	go cmd()
	lines, _ := m.screen()
	if s := strings.Join(lines, "\n"); !strings.Contains(s, "query-1") {
		t.Errorf("first frame:\n%s", s)
	}
	close(c.open)
}

// TestCheck09ASCII: without Unicode every page is drawn with ASCII alone, charts too.
func TestCheck09ASCII(t *testing.T) {
	for name, keys := range screens() {
		w := newWorld()
		w.shots = 3
		m := still(t, newFakes(), 120, 40, full(w), func(c *Config) { c.Environ = []string{"LANG=C", "TERM=xterm"} })
		press(t, m, keys...)
		lines, _ := m.screen()
		onlyASCII(t, lines)
		exact(t, name, lines, 120, 40)
	}
}

// TestCheck18Mouse: a click gives the keys to a pane and puts its cursor there, the
// wheel turns only what is under it, motion never reaches the program, and
// --no-mouse leaves the mouse to the terminal.
func TestCheck18Mouse(t *testing.T) {
	m, _ := bench(t, 120, 40, "SELECT 1\nFROM x\n")
	press(t, m, "f5")
	click := func(x, y int) { send(t, m, tea.MouseClickMsg{X: x, Y: y, Button: tea.MouseLeft}) }
	r := m.sql.spots[paneResult]
	click(r.x+10, r.y+1+3+4)
	if m.sql.pane != paneResult || m.sql.grid.win.cur != 4 {
		t.Errorf("pane %d, row %d", m.sql.pane, m.sql.grid.win.cur)
	}
	send(t, m, tea.MouseWheelMsg{X: 3, Y: 5, Button: tea.MouseWheelDown})
	if m.sql.grid.win.cur != 4 || m.sql.side.win.cur != 1 {
		t.Errorf("the wheel over the schema: row %d, node %d", m.sql.grid.win.cur, m.sql.side.win.cur)
	}
	e := m.sql.spots[paneEditor]
	click(e.x+2+3+4, e.y+1+1+1)
	if m.sql.pane != paneEditor || m.sql.edit.cur != (pos{1, 4}) {
		t.Errorf("pane %d, cursor %v", m.sql.pane, m.sql.edit.cur)
	}
	side := m.sql.spots[paneSchema]
	nodes := m.sql.side.shown(m.sql.schemaNodes(m))
	click(side.x+5, side.y+1+1+2)
	if n := m.sql.side.at(m.sql.schemaNodes(m)); m.sql.pane != paneSchema || n.id != nodes[2].id {
		t.Errorf("pane %d, the schema's cursor on %s and not on %s", m.sql.pane, n.id, nodes[2].id)
	}
	press(t, m, "/", "v", "i")
	screenText(m)
	click(side.x+5, side.y+1+1+2) // the first line is the filter
	if n := m.sql.side.at(m.sql.schemaNodes(m)); n.text != "video_telemetry_json" {
		t.Errorf("in the filtered schema the cursor is on %s", n.text)
	}
	header, _, _ := strings.Cut(screenText(m), "\n")
	click(strings.Index(header, "Jobs"), 0)
	if m.current != pageJobs {
		t.Errorf("a click on Jobs shows page %d", m.current)
	}
	click(strings.Index(header, "Quality")+7, 0)
	if m.current != pageQuality {
		t.Errorf("a click at the end of Quality shows page %d", m.current)
	}
	click(2, 0)
	click(strings.Index(header, "Quality")+8, 0)
	if m.current != pageQuality {
		t.Errorf("a click beside the tabs shows page %d", m.current)
	}
	press(t, m, "2")
	drop := coalesceWheel()
	if drop(m, tea.MouseMotionMsg{X: 1}) != nil {
		t.Error("motion reaches the program")
	}
	if v := m.View(); v.MouseMode == tea.MouseModeNone {
		t.Error("no mouse")
	}
	m.cfg.NoMouse = true
	if v := m.View(); v.MouseMode != tea.MouseModeNone {
		t.Error("--no-mouse takes the mouse")
	}
}

// TestCheck19Palette: every action of a page, whichever pane has the keys, is in its
// palette.
func TestCheck19Palette(t *testing.T) {
	for s, ways := range waysTo() {
		w := newWorld()
		w.shots = 3
		m := still(t, newFakes(), 120, 40, full(w))
		press(t, m, ways[0]...)
		m.openPalette()
		p, ok := m.input.(*picker)
		if !ok {
			t.Fatalf("%s: no palette", s)
		}
		have := map[string]bool{}
		for _, it := range p.items {
			have[it.text] = true
		}
		for _, a := range m.acts {
			if a.scope == s && a.run != nil && a.id != "palette" && !have[a.long] {
				t.Errorf("%s is not in the palette", a.id)
			}
		}
	}
}

// TestCheck21Shapes: results of any shape are drawn, and what looks alike is told
// apart.
func TestCheck21Shapes(t *testing.T) {
	th := newTheme(look{})
	wide := make([]query.Column, 1000)
	row := make(query.Row, 1000)
	for i := range wide {
		wide[i], row[i] = query.Column{Name: fmt.Sprintf("c%d", i%7), Type: "bigint"}, int64(i)
	}
	for name, c := range map[string]struct {
		cols []query.Column
		rows []query.Row
		want []string
	}{
		"1,000 columns of 7 names": {wide, []query.Row{row}, []string{"c0", "c1"}},
		"a cell of a megabyte":     {[]query.Column{{Name: "v", Type: "varchar"}}, []query.Row{{strings.Repeat("x", 1<<20)}}, []string{"xxx"}},
		"NULL, empty and NULL":     {[]query.Column{{Name: "v", Type: "varchar"}}, []query.Row{{nil}, {""}, {"NULL"}}, []string{"∅", "NULL"}},
		"nested": {[]query.Column{{Name: "v", Type: "array(row(a bigint, b varchar))"}, {Name: "m", Type: "map(varchar, bigint)"}},
			[]query.Row{{[]any{[]any{int64(1), "x"}, nil}, query.Map{{Key: "k", Value: int64(2)}}}}, []string{"null]", "{k=2}"}},
		"decimals":    {[]query.Column{{Name: "d", Type: "decimal(38,10)"}}, []query.Row{{query.Text("9999999999999999999999999999.0000000001")}}, []string{"9999999999999999999999999999.0000000001"}},
		"infinities":  {[]query.Column{{Name: "d", Type: "double"}}, []query.Row{{math.Inf(1)}, {math.Inf(-1)}, {math.NaN()}}, []string{"Infinity", "-Infinity", "NaN"}},
		"zero rows":   {[]query.Column{{Name: "v", Type: "varchar"}}, nil, []string{"v"}},
		"no columns":  {nil, nil, []string{"(no columns)"}},
		"wide header": {[]query.Column{{Name: strings.Repeat("é", 300), Type: "varchar"}}, []query.Row{{"a"}}, []string{"é"}},
	} {
		g := newGrid(c.cols)
		g.add(c.rows)
		for _, k := range []string{"", "end", "G", "left"} {
			g.key(k)
			lines := g.Draw(th, 80, 10, true)
			exact(t, name, lines, 80, 10)
		}
		g.key("home")
		text := strings.Join(g.Draw(th, 80, 10, true), "\n")
		for _, want := range c.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s has no %q:\n%s", name, want, text)
			}
		}
		if len(c.cols) > 0 && len(c.rows) > 0 {
			exact(t, name, statsOf(c.rows, nil, 0, c.cols[0]).lines(th, 30, false)[:1], 30, 1)
		}
	}
	m, _ := bench(t, 80, 24, "CREATE VIEW v AS SELECT 1")
	m.sql.result = &result{state: runDone, grid: newGrid(nil)}
	if s := screenText(m); !strings.Contains(s, "done; the statement has no result") {
		t.Errorf("a statement without a result:\n%s", s)
	}
	m.sql.result = &result{state: runDone, grid: newGrid([]query.Column{{Name: "gone", Type: "integer"}})}
	if s := screenText(m); !strings.Contains(s, "─ no rows ─") {
		t.Errorf("a result without rows:\n%s", s)
	}
}

// stuck is a Querier whose second statement never ends by itself.
type stuck struct {
	*fakes
	n int
}

func (q *stuck) Query(ctx context.Context, r query.Request) (query.Rows, error) {
	if q.n++; q.n > 1 {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return q.fakes.Query(ctx, r)
}

// TestCheck23Derived: what the engine sorts or counts anew shows that it runs, and
// is cancelled without the result it is of.
func TestCheck23Derived(t *testing.T) {
	f := newFakes()
	f.rows = headRows + 1000
	q := &stuck{fakes: f}
	m, _ := bench(t, 100, 30, "SELECT 1", func(c *Config) { c.Querier = q })
	press(t, m, "f5", "tab")
	_, cmd := m.Update(keyOf("F"))
	if !m.sql.running() || !strings.Contains(m.sql.sent, "GROUP BY \"device_type\" ORDER BY rows DESC") {
		t.Fatalf("sent %q", m.sql.sent)
	}
	if s := screenText(m); !strings.Contains(s, "running for") || !strings.Contains(s, "frequency of device_type") {
		t.Errorf("running:\n%s", s)
	}
	done := make(chan tea.Msg)
	go func() { done <- lastOf(cmd) }()
	press(t, m, "ctrl+c")
	if m.sql.state != runCancelled {
		t.Fatalf("state %d", m.sql.state)
	}
	<-done
	press(t, m, "[")
	if m.sql.grid.total() != f.rows || m.sql.state != runDone {
		t.Error("the result it is of is gone")
	}
}

// TestCheck26Error: an error has its place in the editor until the text changes, can
// be copied, and is in the history.
func TestCheck26Error(t *testing.T) {
	m, _ := bench(t, 100, 30, "SELECT 1;\nSELECT a WITHIN b")
	press(t, m, "ctrl+end", "f5")
	s := screenText(m)
	if m.sql.edit.err == nil || m.sql.state != runFailed || !strings.Contains(s, "write approx_percentile") || !strings.Contains(s, "^") {
		t.Errorf("error:\n%s", s)
	}
	press(t, m, "tab", "down")
	if m.sql.edit.err == nil {
		t.Error("the mark goes by itself")
	}
	press(t, m, "y")
	if !strings.HasPrefix(m.note.text, "copied the error") || m.sql.history[0].Error == "" {
		t.Errorf("said %q", m.note.text)
	}
	press(t, m, "f2", "x")
	if m.sql.edit.err != nil && m.sql.check.err == nil {
		t.Error("the mark stays in another text")
	}
}

// TestCheck28Copy: what a clipboard does not take is refused, with what to do.
func TestCheck28Copy(t *testing.T) {
	m, _ := bench(t, 100, 30, "SELECT 1")
	if cmd := m.copy("it", strings.Repeat("x", clipboardMost)); cmd == nil {
		t.Error("what fits is not copied")
	}
	if cmd := m.copy("it", strings.Repeat("x", clipboardMost+1)); cmd != nil || !strings.Contains(m.note.text, "export it instead") {
		t.Errorf("said %q", m.note.text)
	}
}

// TestCheck38Signs: what matters has a sign beside its colour.
func TestCheck38Signs(t *testing.T) {
	for _, l := range []look{{profile: colorprofile.ASCII}, {ascii: true, profile: colorprofile.ASCII}} {
		g := newTheme(l).g
		seen := map[string]bool{}
		for _, s := range []string{g.ok, g.warn, g.bad, g.marker} {
			if s == "" || seen[s] {
				t.Errorf("sign %q says two things", s)
			}
			seen[s] = true
		}
	}
	m, _ := bench(t, 100, 30, "SELECT 1")
	if _, cursor := m.screen(); cursor == nil {
		t.Error("the field that takes text has no cursor of the terminal")
	}
	press(t, m, "ctrl+p")
	if _, cursor := m.screen(); cursor == nil {
		t.Error("the palette has no cursor of the terminal")
	}
}

// TestCheck40Goroutines: pages that were shown and left leave nothing running.
func TestCheck40Goroutines(t *testing.T) {
	w := newWorld()
	m := still(t, newFakes(), 120, 40, full(w))
	before := runtime.NumGoroutine()
	for range 3 {
		press(t, m, "alt+2", "f5", "tab", "F", "alt+3", "enter", "alt+4", "alt+5", "alt+6", "enter", "alt+1")
	}
	m.stopAll()
	for end := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	if n := runtime.NumGoroutine(); n > before {
		buf := make([]byte, 1<<16)
		t.Errorf("%d goroutines, %d before:\n%s", n, before, buf[:runtime.Stack(buf, true)])
	}
}
