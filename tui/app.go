package tui

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"acme/telemetry/engine/report"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
)

// The smallest screen that is drawn.
const (
	minWidth  = 60
	minHeight = 16
)

// The pages, in the order of their numbers.
const (
	pageReport = iota
	pageSQL
	pageBrowse
	pageLive
	pageJobs
	pageQuality
)

// page is a full screen with keys of its own. A new page is a new file with a
// type that does this, and a line in newModel.
type page interface {
	// name is the tab's text.
	name() string
	// scopes gives where the page's actions are looked up, first match first,
	// and whether letters are text now.
	scopes() (list []scope, typing bool)
	// key takes a key that no action has claimed.
	key(m *model, k tea.KeyPressMsg) tea.Cmd
	// mouse takes a click or a wheel turn at x, y of the page's own area.
	mouse(m *model, x, y int, e tea.MouseMsg) tea.Cmd
	// draw gives exactly h lines of w columns, and the cursor if it shows one.
	draw(m *model, w, h int) ([]string, *tea.Cursor)
}

// model is the program's one tea.Model. Everything else is a plain struct that
// it calls. No method here reads or writes anything outside: that is what a
// tea.Cmd is for, and its reply carries the generation of what it answers, so
// that a late one is dropped.
type model struct {
	cfg   Config
	ctx   context.Context
	clock func() time.Time
	acts  []action

	w, h  int
	look  look
	th    *theme
	fixed bool // the theme was chosen by hand: the terminal does not change it

	pages   []page
	current int
	report  *reportPage
	sql     *sqlPage
	drill   *drillView
	prepare *prepareView
	help    *helpView
	input   input
	cell    *cellView
	chart   *chartView
	names   names
	// later is tea.Tick, but in tests, where no time passes.
	later   func(time.Duration, func(time.Time) tea.Msg) tea.Cmd
	browse  *browsePage
	live    *livePage
	jobs    *jobsPage
	quality *qualityPage

	paint *painter // nil where nobody looks
	drawn time.Time
	stale bool // something has happened since
	put   bool // a frame was put off
	due   bool // the next View draws one

	keeping bool   // the session will be kept in a while
	kept    string // as it was kept last

	note     note
	ticking  bool
	frame    int // of the spinner
	lastStop time.Time

	exit   os.Signal // the signal that ends the program
	crash  *crash
	onFail func(crash) // tells Run of a panic; called at most once
}

// input is what lies over the screen and takes text: a question, a list that is
// narrowed by typing.
type input interface {
	key(m *model, k tea.KeyPressMsg) tea.Cmd
	insert(text string)
	over(m *model, lines []string) ([]string, *tea.Cursor)
}

// note is a short message in the footer's line.
type note struct {
	text string
	role role
	till time.Time
}

// crash is a panic of ours, kept for after the terminal is restored.
type crash struct {
	value any
	stack []byte
}

// messages from outside of the model.
type (
	shutdownMsg struct{ sig os.Signal }
	crashMsg    struct{ crash }
	tickMsg     time.Time
)

// newModel makes the model. Look and size have sensible values before the
// terminal says anything: no frame waits for an answer.
func newModel(ctx context.Context, cfg Config) *model {
	cfg = cfg.defaults()
	m := &model{cfg: cfg, ctx: ctx, clock: cfg.Now, acts: cfg.Keys.apply(actions()), later: tea.Tick, w: 80, h: 24}
	m.look = look{dark: true, ascii: cfg.ASCII || asciiLocale(m.getenv), profile: colorprofile.ANSI256}
	switch cfg.Theme {
	case "light":
		m.look.dark, m.fixed = false, true
	case "dark":
		m.fixed = true
	}
	if cfg.Color == "never" {
		m.look.profile = colorprofile.ASCII
	}
	m.th = newTheme(m.look)
	m.report = newReportPage(cfg.Range)
	m.sql = newSQLPage(cfg.SQL)
	m.browse, m.live, m.jobs, m.quality = newBrowsePage(), newLivePage(), &jobsPage{}, &qualityPage{}
	m.pages = []page{m.report, m.sql, m.browse, m.live, m.jobs, m.quality}
	for i, p := range m.pages {
		if strings.EqualFold(p.name(), cfg.Screen) {
			m.current = i
		}
	}
	if cfg.Prepare != nil {
		m.prepare = newPrepareView()
	}
	m.restore()
	return m
}

// getenv reads the environment that the caller gave.
func (m *model) getenv(name string) string {
	v := ""
	for _, kv := range m.cfg.Environ {
		if strings.HasPrefix(kv, name+"=") {
			v = kv[len(name)+1:]
		}
	}
	return v
}

// Init asks for the background's colour and begins what the first screen needs.
func (m *model) Init() tea.Cmd {
	cmds := []tea.Cmd{tea.RequestBackgroundColor}
	if m.prepare != nil {
		cmds = append(cmds, m.startPrepare())
	} else {
		cmds = append(cmds, m.startWork())
	}
	return tea.Batch(cmds...)
}

// Update handles a message. A panic in it is kept and ends the program with
// the terminal restored.
func (m *model) Update(msg tea.Msg) (next tea.Model, cmd tea.Cmd) {
	next = m // after a panic too
	defer m.guard()
	cmd = m.handle(msg)
	cmd = tea.Batch(cmd, m.sql.grid.want(), m.plan(msg))
	if m.busy() && !m.ticking {
		m.ticking = true
		cmd = tea.Batch(cmd, m.tick())
	}
	return m, cmd
}

func (m *model) handle(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.w, m.h = msg.Width, msg.Height
		if m.paint != nil {
			m.paint.again()
		}
	case tea.ModeReportMsg:
		if m.paint != nil && msg.Mode == ansi.ModeSynchronizedOutput && msg.Value == ansi.ModeReset {
			m.paint.marks()
		}
	case tea.ColorProfileMsg:
		if m.cfg.Color != "never" {
			m.look.profile = msg.Profile
			m.th = newTheme(m.look)
		}
	case tea.BackgroundColorMsg:
		if !m.fixed {
			m.look.dark = msg.IsDark()
			m.th = newTheme(m.look)
		}
	case tea.KeyPressMsg:
		return tea.Batch(m.press(msg), m.keepSoon())
	case tea.PasteMsg:
		return tea.Batch(m.paste(msg.Content), m.keepSoon())
	case tea.MouseMsg:
		return m.mouse(msg)
	case tickMsg:
		m.ticking = false
		m.frame++
		if m.note.text != "" && !m.clock().Before(m.note.till) {
			m.note = note{}
		}
	case shutdownMsg:
		m.exit = msg.sig
		m.stopAll()
		return tea.Quit
	case crashMsg:
		m.fail(msg.crash)
		return tea.Quit
	case preparedMsg:
		return m.prepared(msg)
	case loadedMsg:
		return m.loaded(msg)
	case rowsMsg:
		return msg.to.received(m, msg)
	case farMsg:
		msg.f.took(msg)
	case viewMsg:
		msg.apply()
		return m.sql.statistics(m)
	case statsMsg:
		msg.apply()
	case tableMsg:
		msg.r.grid.add(msg.rows)
		return m.sql.statistics(m)
	case namesMsg:
		again := m.names.loaded
		m.names = names{tables: msg.tables, functions: msg.functions, err: msg.err, asked: true, loaded: true}
		m.browse.begin(m)
		if again && msg.err == nil {
			m.say(dim, "the catalog was read again: "+report.Count(int64(len(msg.tables)))+" tables")
		}
	case savedMsg:
		m.savedIn(msg)
	case checkTickMsg:
		return msg.paused(m)
	case checkedMsg:
		msg.took()
	case outsideMsg:
		return msg.started(m)
	case insideMsg:
		return msg.ended(m)
	case lostMsg:
		msg.took(m)
	case forgotMsg:
		if msg.err != nil {
			m.say(warn, "a job's note stays: "+msg.err.Error())
		}
	case jobEndMsg:
		return msg.ended(m)
	case watchMsg:
		return m.live.watch(m)
	case snapshotMsg:
		return m.live.took(m, msg)
	case liveTickMsg:
		if msg.gen == m.live.gen && m.live.on {
			return m.live.ask(m)
		}
	case keepMsg:
		return m.keep()
	case keptMsg:
		if msg.err != nil {
			m.kept = ""
			m.say(warn, "the session is not kept: "+msg.err.Error())
		}
	case partsMsg:
		m.browse.partitions(m, msg)
	case objsMsg:
		m.browse.objects(m, msg)
	}
	return nil
}

// busy says that something moves on the screen by itself: a spinner, a bar or
// a note that goes away. Only then is there a tick.
func (m *model) busy() bool {
	return m.report.loading() || m.sql.running() || m.prepare != nil && m.prepare.running || m.note.text != "" || m.runningJobs() > 0 || m.browse.loading()
}

// startWork loads what the pages begin with, once there is a lake.
func (m *model) startWork() tea.Cmd {
	var watch tea.Cmd
	if m.current == pageLive { // the page that was asked for, or the session's
		watch = m.live.watch(m)
	}
	return tea.Batch(watch, m.startLoad(), m.loadNames(), m.loadSaved(), m.loadLost(), m.sql.checkSoon(m))
}

func (m *model) tick() tea.Cmd {
	return m.later(100*time.Millisecond, func(t time.Time) tea.Msg { return tickMsg(t) })
}

// press sends a key to whoever is on top.
func (m *model) press(k tea.KeyPressMsg) tea.Cmd {
	m.note = note{}
	if m.crash == nil && m.tooSmall() && k.String() != "ctrl+c" {
		if k.String() == "q" || k.String() == "ctrl+q" {
			return m.quit()
		}
		return nil
	}
	if a := m.find(k); a != nil && (a.id != "quit" || k.Text == "" || !m.covered()) {
		return a.run(m)
	}
	switch {
	case m.input != nil:
		return m.input.key(m, k)
	case m.help != nil: // it lies over a cell or a picture
		return m.help.key(m, k)
	case m.cell != nil:
		return m.cell.key(m, k)
	case m.chart != nil:
		return m.chart.key(m, k)
	case m.prepare != nil:
		return nil
	case m.drill != nil:
		return m.drill.key(m, k)
	}
	return m.pages[m.current].key(m, k)
}

// covered says that something to read lies over the page: a letter that quits closes that
// first, as in any pager.
func (m *model) covered() bool {
	return m.input == nil && (m.cell != nil || m.chart != nil || m.help != nil)
}

// scopes gives the scopes that hold now, most special first.
func (m *model) scopes() ([]scope, bool) {
	switch {
	case m.input != nil:
		return []scope{scopeGlobal}, true
	case m.cell != nil, m.help != nil, m.chart != nil:
		return []scope{scopeGlobal}, false
	case m.prepare != nil:
		return []scope{scopePrepare, scopeGlobal}, false
	case m.drill != nil:
		return []scope{scopeDrill, scopeGlobal}, false
	}
	list, typing := m.pages[m.current].scopes()
	return append(list, scopeGlobal), typing
}

func (m *model) paste(text string) tea.Cmd {
	switch {
	case m.input != nil:
		m.input.insert(text)
	case m.help == nil && m.cell == nil && m.chart == nil && m.drill == nil && m.prepare == nil && m.current == pageSQL:
		return m.sql.paste(m, text)
	}
	return nil
}

func (m *model) mouse(e tea.MouseMsg) tea.Cmd {
	if m.tooSmall() || m.prepare != nil || m.input != nil {
		return nil
	}
	wheel := func(s *scrollText) {
		switch e.Mouse().Button {
		case tea.MouseWheelUp:
			s.key("up")
		case tea.MouseWheelDown:
			s.key("down")
		}
	}
	switch p := e.Mouse(); {
	case m.help != nil:
		wheel(&m.help.scroll)
	case m.cell != nil:
		wheel(&m.cell.scroll)
	case m.chart != nil:
	case p.Y == 0 && p.Button == tea.MouseLeft:
		if i, ok := m.tabAt(p.X); ok {
			return m.show(i)
		}
	case m.drill != nil:
		return m.drill.mouse(m, e)
	case p.Y > 0:
		return m.pages[m.current].mouse(m, p.X, p.Y-1, e)
	}
	return nil
}

// show goes to a page.
func (m *model) show(i int) tea.Cmd {
	if m.prepare != nil {
		return nil
	}
	m.help, m.drill, m.cell, m.chart, m.input = nil, nil, nil, nil, nil
	m.current = i
	if i == pageLive {
		return m.live.watch(m)
	}
	return nil
}

// say puts a message in the footer for a few seconds.
func (m *model) say(r role, text string) {
	m.note = note{text: text, role: r, till: m.clock().Add(4 * time.Second)}
}

// stopAll ends everything that runs outside.
func (m *model) stopAll() {
	m.report.stop()
	m.sql.stop(m)
	m.browse.stop()
	m.live.stop()
	for _, j := range m.jobs.list {
		j.stop(errLeft)
	}
	if m.prepare != nil {
		m.prepare.stop()
	}
}

// interrupt is ctrl+c: the first cancels what runs, a second within two
// seconds quits.
func (m *model) interrupt() tea.Cmd {
	now := m.clock()
	if !m.lastStop.IsZero() && now.Sub(m.lastStop) < 2*time.Second {
		m.exit = syscall.SIGINT
		return m.leave()
	}
	m.lastStop = now
	switch {
	case m.sql.running():
		m.sql.stop(m)
		m.say(warn, "query cancelled; ctrl+c again quits")
	case m.report.loading():
		m.report.stop()
		m.say(warn, "loading cancelled; ctrl+c again quits")
	case m.browse.loading():
		m.browse.stop()
		m.browse.err = errCancelled
		m.say(warn, "reading cancelled; ctrl+c again quits")
	case m.prepare != nil && m.prepare.running:
		m.prepare.stop()
		m.say(warn, "stopping; ctrl+c again quits")
	default:
		m.say(dim, "nothing runs; ctrl+c again quits")
	}
	return nil
}

func (m *model) toggleTheme() tea.Cmd {
	m.look.dark, m.fixed = !m.look.dark, true
	m.th = newTheme(m.look)
	m.say(dim, m.th.name+" theme")
	return nil
}

// clipboardMost is how many bytes of text a clipboard takes: base64 of them is
// what xterm and tmux accept.
const clipboardMost = 74994

// copy puts text on the terminal's clipboard (OSC 52), up to what terminals take.
func (m *model) copy(what, text string) tea.Cmd {
	if len(text) > clipboardMost {
		m.say(warn, fmt.Sprintf("%s has %s; the clipboard takes %s: export it instead", what, report.Bytes(int64(len(text))), report.Bytes(clipboardMost)))
		return nil
	}
	m.say(good, "copied "+what+" ("+report.Bytes(int64(len(text)))+") by the terminal's clipboard")
	return tea.SetClipboard(text)
}

// guard keeps a panic of Update or View.
func (m *model) guard() {
	if r := recover(); r != nil {
		m.fail(crash{r, debug.Stack()})
	}
}

func (m *model) fail(c crash) {
	if m.crash != nil {
		return
	}
	m.crash = &c
	m.stopAll()
	if m.onFail != nil {
		m.onFail(c)
	}
}

// safely makes a tea.Cmd whose panic comes back as a message.
func safely(cmd tea.Cmd) tea.Cmd {
	return func() (msg tea.Msg) {
		defer func() {
			if r := recover(); r != nil {
				msg = crashMsg{crash{r, debug.Stack()}}
			}
		}()
		return cmd()
	}
}
