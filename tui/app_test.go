package tui

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"acme/telemetry/engine/query"
	"acme/telemetry/engine/report"
)

func pasteMsg(s string) tea.Msg { return tea.PasteMsg{Content: s} }

// TestGoldens are the screens at three sizes.
func TestGoldens(t *testing.T) {
	for name, keys := range map[string][]string{
		"report": nil, "report-end": {"G"}, "drill": {"tab", "j", "enter"}, "refused": {"G", "enter"}, "help": {"?"}, "range": {"t"},
		"sql-result": {"2", "f5", "tab", "j", "right"}, "sql-error": {"G", "e", "f5"}, "cell": {"2", "f5", "tab", "l", "l", "l", "j", "j", "enter"},
	} {
		for _, s := range [][2]int{{80, 24}, {100, 30}, {200, 60}} {
			m := still(t, newFakes(), s[0], s[1])
			press(t, m, keys...)
			golden(t, m, name)
		}
	}
	m := still(t, newFakes(), 80, 24, func(c *Config) { c.ASCII = true })
	golden(t, m, "report-ascii")
}

// waysTo are keys that lead to where the actions of a scope apply.
func waysTo() map[scope][][]string {
	sql := [][]string{{"2"}, {"2", "ctrl+t"}, {"2", "alt+up"}, {"2", "f3"}, {"2", "f5"}}
	return map[scope][][]string{
		scopeGlobal: {nil, {"G"}}, scopeReport: {nil, {"tab"}, {"["}}, scopeDrill: {{"tab", "enter"}, {"G", "enter"}},
		scopeEditor:   {{"2"}, {"2", "ctrl+a"}, {"2", "f5", "ctrl+a", "1", "f5", "alt+up", "alt+up"}, {"2", "ctrl+f", "e", "enter"}},
		scopeComplete: {{"2", "ctrl+end", "d", "a"}},
		scopeResult:   {{"2", "f5", "tab"}, {"2", "f5", "tab", "f"}, {"2", "f5", "tab", "F"}, {"2", "f5", "tab", "F", "["}, {"G", "e", "f5", "tab"}},
		scopeSchema:   {{"2", "f4"}, {"2", "f4", "j"}, {"2", "f4", "/"}},
		scopeSQL:      sql,
		scopeTables:   {{"3"}, {"3", "k"}, {"3", "/"}, {"3", "enter", "tab"}},
		scopeBrowse:   {{"3", "enter"}, {"3", "enter", "enter"}},
		scopeLive:     {{"4"}, {"4", "space"}, {"4", "f"}},
		scopeJobs:     {{"5"}, {"5", "n", "enter", "enter"}, {"5", "n", "enter", "enter", "l"}},
		scopeQuality:  {{"6"}},
	}
}

// TestCheck19Keys Every key in the table does what the table says where it applies, no
// key is bound twice in a scope, and help, footer and palette show it.
func TestCheck19Keys(t *testing.T) {
	tried := map[string]bool{}
	for s, ways := range waysTo() {
		for _, keys := range ways {
			w := newWorld()
			w.shots = 3
			m := still(t, newFakes(), 120, 40, full(w))
			press(t, m, keys...)
			bound := map[string]string{}
			for i := range m.acts {
				a := &m.acts[i]
				if a.scope != s || a.run == nil || a.when != nil && !a.when(m) {
					continue
				}
				for _, k := range a.keys {
					if other := bound[k]; other != "" {
						t.Errorf("%s: %s is %s and %s", s, k, other, a.id)
					}
					bound[k] = a.id
					_, typing := m.scopes()
					got := m.find(keyOf(k))
					if typing && len([]rune(k)) == 1 {
						continue
					}
					if got == nil || got.id != a.id && got.scope == a.scope {
						t.Errorf("%s: key %s finds %v, not %s", s, k, got, a.id)
					}
					tried[a.id] = true
				}
			}
		}
	}
	for _, a := range actions() {
		if a.long == "" || len(a.keys) == 0 {
			t.Errorf("%s has no key or no help", a.id)
		}
		if a.run != nil && !tried[a.id] && a.scope != scopePrepare && a.id != "sql.stop" && !strings.Contains("jobs.cancel live.stop live.pause live.filter", a.id) { // those while something runs
			t.Errorf("%s was never reachable", a.id)
		}
	}
}

// TestCheck19Footer: wherever one is, each key of the footer and of the help finds the
// action that it stands beside, no key stands there for two, and what cannot be done now is
// in neither.
func TestCheck19Footer(t *testing.T) {
	over := [][]string{{"?"}, {"2", "f5", "tab", "enter"}, {"2", "f5", "tab", "."}, {"ctrl+p"}, {"2", "f5", "f2", "e", "f5", "tab"}}
	for _, ways := range waysTo() {
		over = append(over, ways...)
	}
	for _, keys := range over {
		w := newWorld()
		w.shots = 3
		m := still(t, newFakes(), 200, 60, full(w))
		press(t, m, keys...)
		scopes, typing := m.scopes()
		shown := map[string]string{}
		for _, s := range scopes {
			for i := range m.acts {
				a := &m.acts[i]
				if a.scope != s || a.run == nil {
					continue
				}
				for _, k := range m.keysNow(a, scopes, typing) {
					if other := shown[k]; other != "" {
						t.Errorf("%q: %s stands for %s and %s", keys, k, other, a.id)
					}
					shown[k] = a.id
					if got := m.find(keyOf(k)); got != a {
						t.Errorf("%q: %s is shown for %s and finds %v", keys, k, a.id, got)
					}
				}
				if a.when != nil && !a.when(m) && len(m.keysNow(a, scopes, typing)) > 0 {
					t.Errorf("%q: %s does not apply and has keys", keys, a.id)
				}
			}
		}
		hints, keep := m.hints()
		footer := strings.Join(strings.Fields(m.footer(200)), " ")
		for _, h := range append(hints, keep...) {
			if !strings.Contains(ansi.Strip(footer), h.key+" "+h.text) {
				t.Errorf("%q: the footer has no %s %s: %s", keys, h.key, h.text, footer)
			}
		}
		text := ""
		for _, h := range m.helpHeads() {
			for _, row := range h.rows {
				text += row.keys + "\t" + row.does + "\n"
			}
		}
		for _, s := range scopes {
			for i := range m.acts {
				a := &m.acts[i]
				if a.scope != s || a.run == nil {
					continue
				}
				names := m.keysNow(a, scopes, typing)
				can := len(names) > 0
				if !can {
					names = slices.Clone(a.keys)
				}
				for i := range names {
					names[i] = m.keyName(names[i])
				}
				if in := strings.Contains(text, strings.Join(names, "  ")+"\t"+a.long+"\n"); in != can {
					t.Errorf("%q: %s in the help: %v", keys, a.id, in)
				}
			}
		}
	}
}

// TestFooterOfWhatRuns: while a statement runs the key that ends it comes first, so that no
// width leaves it out.
func TestFooterOfWhatRuns(t *testing.T) {
	m := still(t, newFakes(), 80, 24, full(newWorld()))
	press(t, m, "2", "f5", "tab")
	m.sql.state = runBusy
	if s := strings.TrimSpace(ansi.Strip(m.footer(80))); !strings.HasPrefix(s, "^c cancel") {
		t.Errorf("footer: %s", s)
	}
}

// TestHelpOnTop: what closes the help closes nothing under it.
func TestHelpOnTop(t *testing.T) {
	m, _ := bench(t, 100, 30, "SELECT 1")
	press(t, m, "f5", "tab")
	for _, opens := range []string{".", "enter", "v"} {
		press(t, m, opens)
		under := screenText(m)
		press(t, m, "?", "j", "esc")
		if got := screenText(m); m.help != nil || got != under {
			t.Errorf("after %s, the help and esc:\n%s", opens, got)
		}
		press(t, m, "esc")
		if m.sql.pane != paneResult || m.cell != nil || m.chart != nil {
			t.Errorf("%s stays open, or pane %d has the keys", opens, m.sql.pane)
		}
	}
}

// TestTypingIsText: in the editor letters and digits are text, never commands.
func TestTypingIsText(t *testing.T) {
	m := still(t, newFakes(), 100, 30, func(c *Config) { c.Screen = "sql"; c.SQL = "-" })
	press(t, m, "q", "1", "?", "T", "/", "space", "enter")
	if got := m.sql.edit.text(); got != "q1?T/ \n-" || m.sql.state != runNone {
		t.Errorf("text %q, state %d", got, m.sql.state)
	}
}

// TestCheck15RunKeys: F5, ctrl+j, alt+enter and ctrl+enter run; Enter does not.
func TestCheck15RunKeys(t *testing.T) {
	for _, k := range []string{"f5", "ctrl+j", "alt+enter", "ctrl+enter"} {
		m := still(t, newFakes(), 100, 30)
		press(t, m, "2", "enter")
		if m.sql.state != runNone {
			t.Fatal("enter ran the statement")
		}
		press(t, m, k)
		if m.sql.state != runDone || m.sql.grid.total() != 1234 {
			t.Errorf("%s: state %d", k, m.sql.state)
		}
		if m.sql.pane != paneEditor {
			t.Errorf("%s took the keys from the editor", k)
		}
	}
}

// gate is a Querier whose rows come only when the test lets them.
type gate struct {
	*fakes
	open   chan int // rows of the next batch; closed is the end
	closed chan bool
}

type gateRows struct {
	fakeRows
	g *gate
}

func (g *gate) Query(ctx context.Context, r query.Request) (query.Rows, error) {
	return &gateRows{fakeRows{f: g.fakes}, g}, nil
}

func (r *gateRows) Next(ctx context.Context) ([]query.Row, error) {
	n, ok := <-r.g.open // deaf to ctx: an engine that hangs
	if !ok {
		return nil, errors.New("too late")
	}
	return make([]query.Row, n), nil
}

func (r *gateRows) Close() error { r.g.closed <- true; return nil }

// TestCancel: ctrl+c gives the screen back at once, even from an engine that
// does not listen; what it brings later is dropped and its rows are closed.
func TestCancel(t *testing.T) {
	g := &gate{newFakes(), make(chan int), make(chan bool, 1)}
	m := still(t, g.fakes, 100, 30, func(c *Config) { c.Querier = g })
	press(t, m, "2")
	_, cmd := m.Update(keyOf("f5"))
	if !m.sql.running() {
		t.Fatal("not running")
	}
	replies := make(chan tea.Msg)
	go func() { replies <- unbatch(cmd)() }()
	g.open <- 10
	_, cmd = m.Update(<-replies)
	if got := len(m.sql.grid.rows); got != 10 || !m.sql.running() {
		t.Fatalf("%d rows while it runs", got)
	}
	if s := screenText(m); !strings.Contains(s, "at least 10 (loading)") {
		t.Errorf("the footer is not honest:\n%s", s)
	}
	go func() { replies <- unbatch(cmd)() }()
	press(t, m, "ctrl+c")
	if m.sql.running() || m.sql.state != runCancelled || m.exit != nil {
		t.Fatalf("state %d after ctrl+c", m.sql.state)
	}
	if s := screenText(m); !strings.Contains(s, "row 1 of 10 that had come") || !strings.Contains(s, "cancelled after") {
		t.Errorf("it does not say cancelled:\n%s", s)
	}
	g.open <- 5 // too late
	_, cmd = m.Update(<-replies)
	if len(m.sql.grid.rows) != 10 {
		t.Error("a late reply was shown")
	}
	unbatch(cmd)()
	if !<-g.closed {
		t.Error("the rows were not closed")
	}
}

// unbatch runs the one command of a batch that is not a tick.
func unbatch(cmd tea.Cmd) tea.Cmd {
	return func() tea.Msg {
		msg := cmd()
		if b, ok := msg.(tea.BatchMsg); ok {
			return b[0]()
		}
		return msg
	}
}

// TestCtrlC: a second within two seconds quits with SIGINT's code, a later one does not.
func TestCtrlC(t *testing.T) {
	clock := now
	m := still(t, newFakes(), 80, 24, func(c *Config) { c.Now = func() time.Time { return clock } })
	press(t, m, "ctrl+c")
	clock = clock.Add(2500 * time.Millisecond)
	press(t, m, "ctrl+c")
	if m.exit != nil {
		t.Fatal("two slow presses quit")
	}
	clock = clock.Add(time.Second)
	if press(t, m, "ctrl+c"); m.exit != os.Interrupt {
		t.Fatalf("exit %v", m.exit)
	}
}

// TestCap: a result is kept up to a bound, and the screen says that it goes on.
func TestCap(t *testing.T) {
	f := newFakes()
	f.rows = keepRows + 5000
	row := make(query.Row, 8)
	f.value = func(int, int) any { return row[0] }
	m := still(t, f, 100, 30)
	press(t, m, "2", "f5", "tab")
	if len(m.sql.grid.rows) != keepRows || m.sql.state != runCapped {
		t.Fatalf("%d rows, state %d", len(m.sql.grid.rows), m.sql.state)
	}
	if s := screenText(m); !strings.Contains(s, "200,000 kept; the result goes on") {
		t.Errorf("not said:\n%s", s)
	}
}

// TestSortOnScreen: s sorts by the column of the cursor, and again, and gives it back.
func TestSortOnScreen(t *testing.T) {
	m := still(t, newFakes(), 100, 30)
	press(t, m, "2", "f5", "tab", "l")
	first := func() any { row, _ := m.sql.grid.at(0); return row[1] }
	for i, want := range []int64{1000000 - 1233*977, 1000000, 1000000} {
		press(t, m, "s")
		if first() != want {
			t.Errorf("press %d: first is %v, want %d", i+1, first(), want)
		}
	}
	if m.sql.grid.order != nil {
		t.Error("still sorted")
	}
}

// TestRanges: the prompt, the brackets and esc choose what is loaded.
func TestRanges(t *testing.T) {
	f := newFakes()
	var asked []Range
	f.doc = func(r Range) (*report.Document, error) { asked = append(asked, r); return seed(), nil }
	m := still(t, f, 80, 24)
	press(t, m, "]", "]", "]", "[", "esc", "t", "ctrl+u")
	for _, r := range "2025-08-11 17" {
		press(t, m, strings.ReplaceAll(string(r), " ", "space"))
	}
	press(t, m, "tab", "ctrl+u", "enter")
	h := func(n int) time.Time { return time.Date(2025, 8, 11, n, 0, 0, 0, time.UTC) }
	want := []Range{{}, {h(17), h(18)}, {h(18), h(19)}, {h(17), h(18)}, {}, {From: h(17)}}
	if fmt.Sprint(asked) != fmt.Sprint(want) {
		t.Errorf("asked for %v\nwant %v", asked, want)
	}
	press(t, m, "t", "ctrl+u", "7", "enter")
	if m.input == nil || !strings.Contains(screenText(m), "write a time as 2025-08-11 17:00") {
		t.Error("a wrong time was taken")
	}
}

// TestErrorsAreReadable: a failed load keeps the report that was there; without
// one the screen says why and what to do, and r tries again.
func TestErrorsAreReadable(t *testing.T) {
	f := newFakes()
	fail := errors.New("open lake: permission denied")
	f.doc = func(Range) (*report.Document, error) { return nil, fail }
	m := still(t, f, 80, 24)
	if s := screenText(m); !strings.Contains(s, "permission denied") || !strings.Contains(s, "r tries again") {
		t.Errorf("not readable:\n%s", s)
	}
	f.doc = newFakes().doc
	press(t, m, "r")
	if m.report.doc == nil {
		t.Fatal("r did not load")
	}
	f.doc = func(Range) (*report.Document, error) { return nil, fail }
	press(t, m, "r")
	if s := screenText(m); !strings.Contains(s, "loading failed: open lake") || !strings.Contains(s, "Overview") {
		t.Errorf("the report is gone:\n%s", s)
	}
	f.doc = func(Range) (*report.Document, error) { return nil, nil }
	press(t, m, "r") // a Loader that breaks its promise
}

// TestDrillOpensSQL: enter, enter leads from a pane to its statement in the
// editor; d runs what lists the row's events.
func TestDrillOpensSQL(t *testing.T) {
	m := still(t, newFakes(), 100, 30)
	press(t, m, "tab", "enter", "enter")
	if m.current != 1 || m.drill != nil || !strings.Contains(m.sql.edit.text(), "GROUP BY event_type") || m.sql.state != runNone {
		t.Errorf("page %d, text %q", m.current, m.sql.edit.text())
	}
	press(t, m, "alt+1", "j", "d")
	if got := m.sql.edit.text(); !strings.Contains(got, "event_type = 'resume'") || m.sql.state != runDone {
		t.Errorf("text %q, state %d", got, m.sql.state)
	}
}

// TestPrepare: the first run shows progress, then the report; an error can be
// tried again.
func TestPrepare(t *testing.T) {
	f := newFakes()
	p := &scripted{err: errors.New("write objects: no space left on device")}
	m := still(t, f, 80, 24, func(c *Config) { c.Prepare, c.Preparer = p, "seed-hour into ~/acme-lake" })
	if s := screenText(m); !strings.Contains(s, "no space left") || !strings.Contains(s, "r tries again") {
		t.Errorf("not readable:\n%s", s)
	}
	p.err = nil
	press(t, m, "r")
	if m.prepare != nil || m.report.doc == nil || p.calls != 2 {
		t.Errorf("calls %d, prepare %v", p.calls, m.prepare)
	}
	v := newPrepareView()
	v.running, v.started = true, now.Add(-2*time.Second)
	v.cell.set(Progress{Step: "generate events", Done: 59300, Total: 118600, Unit: "events", Bytes: 4726210})
	m.prepare = v
	golden(t, m, "prepare")
	v.cell.set(Progress{Step: "count", Done: 59300, Unit: "events"})
	if s := screenText(m); strings.Contains(s, "%") || strings.Contains(s, "left") {
		t.Errorf("a promise without a total:\n%s", s)
	}
}

// TestPrepareStops: ctrl+c stops the first run, but it can be tried again only
// when the stopped one has returned: never two at a time.
func TestPrepareStops(t *testing.T) {
	p := &waiting{release: make(chan bool)}
	m := newModel(t.Context(), Config{Loader: newFakes(), Querier: newFakes(), Prepare: p, Now: func() time.Time { return now }, Environ: []string{}})
	cmd := m.startPrepare()
	reply := make(chan tea.Msg)
	go func() { reply <- cmd() }()
	p.release <- true // it runs
	press(t, m, "ctrl+c", "r", "r")
	if s := screenText(m); !strings.Contains(s, "stopping") || m.prepare.cell == nil || p.calls != 1 {
		t.Fatalf("%d calls:\n%s", p.calls, s)
	}
	p.release <- true // it returns
	m.Update(<-reply)
	if s := screenText(m); !strings.Contains(s, "r goes on") {
		t.Fatalf("after it stopped:\n%s", s)
	}
	if a := m.find(keyOf("r")); a == nil || a.id != "prepare.again" {
		t.Error("r does not try again")
	}
}

type waiting struct {
	release chan bool
	calls   int
}

func (p *waiting) Prepare(ctx context.Context, progress func(Progress)) error {
	p.calls++
	<-p.release
	<-ctx.Done()
	<-p.release
	return ctx.Err()
}

type scripted struct {
	err   error
	calls int
}

func (p *scripted) Prepare(ctx context.Context, progress func(Progress)) error {
	p.calls++
	progress(Progress{Step: "generate", Done: 1, Total: 2, Unit: "events"})
	return p.err
}

// TestPanesAreKept: a frame in which nothing changed draws no pane anew.
func TestPanesAreKept(t *testing.T) {
	m := still(t, newFakes(), 100, 30)
	before := make([]*string, len(m.report.panes))
	for i, p := range m.report.panes {
		if len(p.drawn) > 0 {
			before[i] = &p.drawn[0]
		}
	}
	m.View()
	press(t, m, "tab")
	same := 0
	for i, p := range m.report.panes {
		if before[i] != nil && before[i] == &p.drawn[0] {
			same++
		}
	}
	if same < 2 {
		t.Errorf("%d panes were kept", same)
	}
}

// TestCheck02TooSmall says what is needed, quits on q, and comes back as it was.
func TestCheck02TooSmall(t *testing.T) {
	m := still(t, newFakes(), 80, 24)
	press(t, m, "tab", "j")
	want := screenText(m)
	send(t, m, tea.WindowSizeMsg{Width: 40, Height: 12})
	if s := screenText(m); !strings.Contains(s, "terminal too small (need 60x16)") {
		t.Errorf("it says:\n%s", s)
	}
	press(t, m, "j", "T")
	send(t, m, tea.WindowSizeMsg{Width: 80, Height: 24})
	if got := screenText(m); got != want {
		t.Errorf("it came back as:\n%s\nnot:\n%s", got, want)
	}
}
