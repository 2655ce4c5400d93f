package tui

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/term"

	"acme/telemetry/engine/query"
)

// Exit codes of Run beside 0; a signal gives 128 and its number.
const (
	exitFailed = 1
	exitBug    = 70
)

// CanRun says whether a screen can be drawn: input and output are terminals,
// and the terminal can do more than print. If not, why says so, and the caller
// does better to print the plain report.
func CanRun(in, out *os.File, getenv func(string) string) (ok bool, why string) {
	switch {
	case in == nil || !term.IsTerminal(in.Fd()):
		return false, "standard input is not a terminal"
	case out == nil || !term.IsTerminal(out.Fd()):
		return false, "standard output is not a terminal"
	}
	switch t := getenv("TERM"); t {
	case "":
		return false, "TERM is not set"
	case "dumb":
		return false, "TERM is dumb"
	}
	return true, ""
}

// Run shows the screen until the reader quits or a signal comes, and gives the
// exit code: 0 after a quit, 130 after ctrl+c twice or SIGINT, 143, 129 and 131
// after SIGTERM, SIGHUP and SIGQUIT, 70 after a panic of ours, 1 if the
// terminal cannot be used. It ends with 0 when ctx is done and no signal came.
// In every case the terminal is as it was.
//
// It may be called once at a time: it has the terminal and the signals.
func Run(ctx context.Context, cfg Config) (exit int) {
	cfg = cfg.defaults()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	statements := newOpenRows(cfg.Querier)
	cfg.Querier = statements
	m := newModel(ctx, cfg)
	if ok, why := CanRun(cfg.In, cfg.Out, m.getenv); !ok {
		fmt.Fprintf(cfg.Err, "acme: starting the screen: %s: acme report prints the report\n", why)
		return exitFailed
	}
	switch cfg.Color { // known before the first frame: nothing takes colours out of it later
	case "never":
		m.look.profile = colorprofile.ASCII
	case "always":
		m.look.profile = colorprofile.TrueColor
	default:
		m.look.profile = colorprofile.Detect(cfg.Out, cfg.Environ)
	}
	m.th = newTheme(m.look)
	m.paint = newPainter(cfg.Out)
	defer m.paint.stop()
	opts := []tea.ProgramOption{
		tea.WithContext(ctx), tea.WithFPS(30), tea.WithoutSignalHandler(),
		tea.WithInput(cfg.In), tea.WithOutput(m.paint), tea.WithEnvironment(cfg.Environ),
		tea.WithFilter(coalesceWheel()), tea.WithColorProfile(m.look.profile),
	}
	failed := make(chan struct{}, 1)
	m.onFail = func(crash) { failed <- struct{}{} }
	p := tea.NewProgram(m, opts...)
	done := make(chan struct{})
	sig := make(chan os.Signal, 2)
	signal.Notify(sig, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	got := supervise(p, sig, failed, done)
	_, err := p.Run()
	cfg.Restored()
	if v := m.prepare; v != nil {
		v.stop()
		v.wait()
	}
	m.waitJobs()
	cancel()
	statements.end()
	if err := m.keepLast(); err != nil {
		fmt.Fprintf(cfg.Err, "acme: keeping the session: %s\n", m.th.clean(err.Error()))
	}
	signal.Stop(sig)
	close(done)
	return verdict(cfg, m, <-got, err)
}

// supervise ends the program from outside: softly after a signal or a panic,
// hard after a second signal or when that takes too long. When done is closed
// it hands over the first signal it had.
func supervise(p *tea.Program, sig <-chan os.Signal, failed, done <-chan struct{}) <-chan os.Signal {
	got := make(chan os.Signal, 1)
	go func() {
		defer close(got)
		var first os.Signal
		var late <-chan time.Time
		for {
			select {
			case <-done:
				select {
				case s := <-sig: // it ended the program by way of ctx
					first = cmp.Or(first, s)
				default:
				}
				if first != nil {
					got <- first
				}
				return
			case <-failed:
				late = time.After(time.Second)
				go p.Quit()
			case <-late:
				p.Kill()
			case s := <-sig:
				if first != nil {
					p.Kill()
					continue
				}
				first, late = s, time.After(3*time.Second)
				go p.Send(shutdownMsg{s}) // Send waits for the program's loop
			}
		}
	}()
	return got
}

// verdict says what happened, once the terminal is back, and gives the code.
func verdict(cfg Config, m *model, got os.Signal, err error) int {
	if m.crash != nil {
		confess(cfg, m.th.clean(fmt.Sprint(m.crash.value)), m.crash.stack)
		return exitBug
	}
	if errors.Is(err, tea.ErrProgramPanic) {
		fmt.Fprintln(cfg.Err, "acme: internal error on the screen: please report this")
		return exitBug
	}
	if got == nil {
		got = m.exit
	}
	if s, ok := got.(syscall.Signal); ok {
		return 128 + int(s)
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintf(cfg.Err, "acme: drawing the screen: %s\n", strings.TrimSpace(m.th.clean(err.Error())))
		return exitFailed
	}
	return 0
}

// confess tells of a panic of ours. Its stack goes into a file where one can be written: the
// terminal has room for one line that says where.
func confess(cfg Config, value string, stack []byte) {
	name, err := "", error(nil)
	if cfg.Recorder != nil {
		name, err = cfg.Recorder.Record(value + "\n\n" + string(stack))
	}
	fmt.Fprintf(cfg.Err, "acme: internal error on the screen: %s: the lake is not touched; please report this", value)
	switch {
	case err != nil:
		fmt.Fprintf(cfg.Err, " (%s)\n\n%s", query.Printable(err.Error()), stack)
	case name == "":
		fmt.Fprintf(cfg.Err, "\n\n%s", stack)
	default:
		fmt.Fprintf(cfg.Err, " with %s\n", query.Printable(name))
	}
}

// coalesceWheel drops wheel turns that come faster than frames, so that a
// flick cannot delay a key, and mouse motion, which nothing here uses.
func coalesceWheel() func(tea.Model, tea.Msg) tea.Msg {
	var last time.Time
	return func(_ tea.Model, msg tea.Msg) tea.Msg {
		switch msg.(type) {
		case tea.MouseMotionMsg, tea.MouseReleaseMsg:
			return nil
		case tea.MouseWheelMsg:
			now := time.Now()
			if now.Sub(last) < 15*time.Millisecond {
				return nil
			}
			last = now
		}
		return msg
	}
}
