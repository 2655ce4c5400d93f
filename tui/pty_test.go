//go:build unix

package tui

import (
	"bytes"
	"context"
	"encoding/base64"
	"image/color"
	"io"
	"os"
	"os/exec"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/term"
	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
)

// terminal runs this test binary as the program, in a terminal that an
// emulator shows; every byte that the program wrote is kept.
type terminal struct {
	t      testing.TB
	master *os.File
	slave  *os.File
	cmd    *exec.Cmd
	before *term.State
	stderr bytes.Buffer

	mu     sync.Mutex // guards em, but for its Read, and stream
	em     *vt.Emulator
	stream []byte

	written atomic.Int64 // bytes that have come
	blind   atomic.Bool  // what comes is counted and not looked at: nothing takes time beside the program
}

// launch starts the program in mode (see fakeMain) in a terminal of w by h.
func launch(t testing.TB, mode string, w, h int, background color.Color, env ...string) *terminal {
	t.Helper()
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	x := &terminal{t: t, master: master, slave: slave, em: vt.NewEmulator(w, h)}
	if background != nil {
		x.em.SetBackgroundColor(background)
	}
	x.setSize(w, h)
	if x.before, err = term.GetState(slave.Fd()); err != nil {
		t.Fatal(err)
	}
	x.cmd = exec.Command(os.Args[0])
	if own := os.Getenv("ACME_BINARY"); own != "" && strings.HasPrefix(mode, "own") {
		x.cmd = exec.Command(own, "tui", "--lake", os.Getenv("ACME_LAKE"))
	}
	x.cmd.Env = append([]string{"ACME_TUI_MAIN=" + mode, "TERM=xterm-256color", "COLORTERM=truecolor", "PATH=" + os.Getenv("PATH"), "HOME=/nonexistent"}, env...)
	x.cmd.Stdin, x.cmd.Stdout, x.cmd.Stderr = slave, slave, &x.stderr
	x.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := x.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go x.record()
	go io.Copy(master, x.em) // what the emulator answers
	t.Cleanup(func() {
		x.cmd.Process.Kill()
		x.cmd.Wait()
		slave.Close()
		master.Close()
	})
	return x
}

func (x *terminal) record() {
	buf := make([]byte, 32<<10)
	for {
		n, err := x.master.Read(buf)
		x.written.Add(int64(n))
		if !x.blind.Load() {
			x.mu.Lock()
			x.stream = append(x.stream, buf[:n]...)
			x.em.Write(buf[:n])
			x.mu.Unlock()
		}
		if err != nil {
			return
		}
	}
}

// bytes gives all that the program has written.
func (x *terminal) bytes() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return string(x.stream)
}

// screen gives the text on the emulator's screen, a line a line.
func (x *terminal) screen() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.em.String()
}

func (x *terminal) altScreen() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.em.IsAltScreen()
}

// inkOf gives the colour of the first cell that shows s; nil without one.
func (x *terminal) inkOf(s string) color.Color {
	x.mu.Lock()
	defer x.mu.Unlock()
	for y := range x.em.Height() {
		for column := range x.em.Width() {
			if c := x.em.CellAt(column, y); c != nil && c.Content == s && c.Style.Fg != nil {
				return c.Style.Fg
			}
		}
	}
	return nil
}

func (x *terminal) setSize(w, h int) {
	if err := pty.Setsize(x.master, &pty.Winsize{Rows: uint16(h), Cols: uint16(w)}); err != nil {
		x.t.Fatal(err)
	}
}

func (x *terminal) resize(w, h int) {
	x.mu.Lock()
	x.em.Resize(w, h)
	x.mu.Unlock()
	x.setSize(w, h)
}

func (x *terminal) keys(s string) { io.WriteString(x.master, s) }

// rest waits for a time in which nothing is written.
func (x *terminal) rest(quiet time.Duration) {
	x.t.Helper()
	last := -1
	x.until("rest", func() bool {
		n := len(x.bytes())
		time.Sleep(quiet)
		same := n == last
		last = n
		return same
	})
}

// until waits for a condition; what says what was waited for.
func (x *terminal) until(what string, ok func() bool) {
	x.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if ok() {
			return
		}
	}
	x.t.Fatalf("never: %s; screen:\n%s\nstderr: %s", what, x.screen(), x.stderr.String())
}

func (x *terminal) see(want string) {
	x.t.Helper()
	x.until("see "+want, func() bool { return strings.Contains(x.screen(), want) })
}

// ended waits for the end and checks that the terminal is as it was.
func (x *terminal) ended(code int) {
	x.t.Helper()
	done := make(chan error, 1)
	go func() { done <- x.cmd.Wait() }()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		x.t.Fatalf("it does not end; screen:\n%s", x.screen())
	}
	if got := x.cmd.ProcessState.ExitCode(); got != code {
		x.t.Errorf("exit %d, want %d; stderr: %s", got, code, x.stderr.String())
	}
	x.until("leave the alternate screen", func() bool { return !x.altScreen() })
	for mode, on := range modes(x.bytes()) {
		if on != (mode == "25" || mode == "7") { // cursor and line wrap are on where nobody touches them
			x.t.Errorf("mode %s was left %v", mode, on)
		}
	}
	after, err := term.GetState(x.slave.Fd())
	if err != nil {
		x.t.Fatal(err)
	}
	if !reflect.DeepEqual(x.before, after) {
		x.t.Errorf("terminal settings were left changed: %v, before %v", after, x.before)
	}
}

// modes gives the last state of every private mode that a stream sets.
func modes(stream string) map[string]bool {
	out := map[string]bool{}
	for _, m := range regexp.MustCompile(`\x1b\[\?([0-9;]+)([hl])`).FindAllStringSubmatch(stream, -1) {
		for mode := range strings.SplitSeq(m[1], ";") {
			out[mode] = m[2] == "h"
		}
	}
	return out
}

func TestCheck10Quit(t *testing.T) {
	x := launch(t, "report", 80, 24, nil)
	x.see("Event types")
	x.keys("2")
	x.see("ORDER BY events DESC")
	x.keys("\x1b[15~") // F5
	x.see("1,234 rows")
	x.keys("\t")
	x.see("enter cell")
	x.keys("y")
	x.see("copied device_type")
	x.until("the clipboard", func() bool {
		return strings.Contains(x.bytes(), "\x1b]52;c;"+base64.StdEncoding.EncodeToString([]byte("mobile")))
	})
	x.keys("1q")
	x.ended(0)
	if s := x.stderr.String(); s != "" {
		t.Errorf("stderr: %s", s)
	}
}

// TestCheck39Quiet: a screen on which nothing moves writes nothing.
func TestCheck39Quiet(t *testing.T) {
	x := launch(t, "report", 80, 24, nil)
	x.see("Event types")
	x.rest(200 * time.Millisecond)
	x.keys("q")
	x.ended(0)
}

// TestTerminalFirstRun goes from the bar to the report; a signal in the middle
// of it waits for Prepare.
func TestTerminalFirstRun(t *testing.T) {
	x := launch(t, "prepare", 80, 24, nil)
	x.see("generate events")
	x.see("Event types")
	x.keys("q")
	x.ended(0)
	y := launch(t, "prepare", 80, 24, nil)
	y.see("events/s")
	y.cmd.Process.Signal(syscall.SIGTERM)
	y.ended(143)
}

func TestCheck10CtrlC(t *testing.T) {
	x := launch(t, "report", 80, 24, nil)
	x.see("Event types")
	x.keys("\x03")
	x.see("ctrl+c again quits")
	x.keys("\x03")
	x.ended(130)
}

// TestCheck25Cancel: an endless query gives way to ctrl+c and the page lives on.
func TestCheck25Cancel(t *testing.T) {
	x := launch(t, "sql", 100, 30, nil)
	x.see("ORDER BY")
	x.keys("-- endless\r\x0a")
	x.keys("\x1b[1;5H") // ctrl+home
	x.keys("\x1b[200~SELECT 'endless';\x1b[201~\x1b[D\x0a")
	x.see("(loading)")
	x.keys("\x03")
	x.see("cancelled after")
	x.keys("\x11")
	x.ended(0)
}

func TestCheck10Signals(t *testing.T) {
	for sig, code := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143, syscall.SIGHUP: 129, syscall.SIGQUIT: 131} {
		t.Run(sig.String(), func(t *testing.T) {
			x := launch(t, "slow", 80, 24, nil)
			x.see("ORDER BY")
			x.keys("\x0a")
			x.see("loading")
			x.cmd.Process.Signal(sig)
			x.ended(code)
		})
	}
}

func TestCheck11Panics(t *testing.T) {
	for mode, said := range map[string]string{"panic-cmd": "boom", "panic-view": "view", "panic-update": "update"} {
		t.Run(mode, func(t *testing.T) {
			x := launch(t, mode, 80, 24, nil)
			if mode == "panic-update" {
				x.see("ORDER BY")
				x.keys("\x0a")
			}
			x.ended(70)
			s := x.stderr.String()
			if !strings.HasPrefix(s, "acme: internal error on the screen: ") || !strings.Contains(s, said) || !strings.Contains(s, "goroutine") {
				t.Errorf("stderr: %s", s)
			}
			if strings.ContainsAny(s, "\x1b\x07") {
				t.Errorf("stderr has escapes: %q", s)
			}
		})
	}
}

// TestCheck03ResizeStorm: after a storm of sizes the screen is what a fresh start
// at the last size gives.
func TestCheck03ResizeStorm(t *testing.T) {
	x := launch(t, "report", 80, 24, nil)
	x.see("Event types")
	for i := range 200 {
		x.resize(20+i*7%200, 5+i*3%60)
		time.Sleep(time.Millisecond)
	}
	x.resize(100, 30)
	y := launch(t, "report", 100, 30, nil)
	y.see("Session duration")
	y.until("see the footer", func() bool { return strings.Contains(y.screen(), "? help") })
	timing := regexp.MustCompile(`loaded in [0-9.]+ s`)
	x.until("equal a fresh screen", func() bool {
		return timing.ReplaceAllString(x.screen(), "") == timing.ReplaceAllString(y.screen(), "")
	})
}

func TestCheck07NoColour(t *testing.T) {
	x := launch(t, "report", 100, 30, nil, "NO_COLOR=1")
	x.see("Event types")
	x.keys("\tj")
	x.see("enter: SQL and result")
	x.keys("\r")
	x.see("Result, as the engine gave it")
	x.keys("q")
	x.ended(0)
	if code := colourIn(x.bytes()); code != "" {
		t.Errorf("SGR %s was written", code)
	}
}

// TestCheck08Background: the theme follows what the terminal says of its
// background; one that says nothing gets the dark one at once.
func TestCheck08Background(t *testing.T) {
	for name, c := range map[string]struct {
		ground color.Color
		want   inks
	}{"light": {color.White, lightInks()}, "dark": {color.Black, darkInks()}} {
		t.Run(name, func(t *testing.T) {
			x := launch(t, "report", 80, 24, c.ground)
			x.see("Stop")
			want := color.RGBA{uint8(c.want.bar >> 16), uint8(c.want.bar >> 8), uint8(c.want.bar), 255}
			x.until("a bar in the theme's colour", func() bool {
				got := x.inkOf("█")
				if got == nil {
					return false
				}
				r, g, b, _ := got.RGBA()
				return color.RGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), 255} == want
			})
			x.keys("q")
			x.ended(0)
		})
	}
}

// TestCheck08Sixteen: with sixteen colours only those are used.
func TestCheck08Sixteen(t *testing.T) {
	x := launch(t, "report", 80, 24, nil, "TERM=xterm", "COLORTERM=")
	x.see("Event types")
	x.keys("q")
	x.ended(0)
	if s := regexp.MustCompile(`\x1b\[[0-9;]*[34]8[;:][25]`).FindString(x.bytes()); s != "" {
		t.Errorf("%q was written", s)
	}
}

// TestCheck22Inert: with forty payloads in every text, the bytes on the wire
// are those that an honest report needs: known sequences and printable text.
func TestCheck22Inert(t *testing.T) {
	x := launch(t, "attack", 120, 40, nil)
	x.see("What Athena sees")
	for _, step := range []struct{ keys, see string }{
		{"G", "form that Athena takes"}, {"g\t\r", "Result, as the engine gave it"}, {" ", "esc close"}, {"x\t", "1-"}, {"\x1b", "What Athena sees"},
		{"?", "Everywhere"}, {"x", "pane"}, {"t", "enter apply"}, {"\t\r", "loaded in"}, {"G\r", "Result of the form"}, {"e", "F5 run"}, {"\x0a", "SYNTAX_ERROR"},
		{"\x01\x1b[200~SELECT '\u009b31m', '\u202e', '\x00\xff'\x1b[201~", ""}, {"\x0a", "46 rows"}, {"\tjjjl", "row 4 of 46"}, {"\r", "esc close"}, {"x", "enter cell"},
	} {
		x.keys(step.keys)
		x.see(step.see)
	}
	x.keys("\x11")
	x.ended(0)
	inert(t, x.bytes())
}

// inert fails on any sequence or character that the program has no use for.
func inert(t *testing.T, stream string) {
	t.Helper()
	var state byte
	for len(stream) > 0 {
		seq, width, n, next := ansi.DecodeSequence(stream, state, nil)
		state, stream = next, stream[n:]
		switch {
		case width > 0 && !strings.HasPrefix(seq, "\x1b"):
			if bad := forbidden(seq); bad != "" {
				t.Errorf("%s on the wire: %q", bad, seq)
			}
		case strings.HasPrefix(seq, "\x1b["):
			if !regexp.MustCompile(`^\x1b\[[<=>?]?[0-9;:]*[ $]?[@A-HJKLMPSTWXZ\x60a-hl-nprsuq]$`).MatchString(seq) {
				t.Errorf("sequence %q", seq)
			}
		case strings.HasPrefix(seq, "\x1b]"):
			if s := seq[2:]; !strings.HasPrefix(s, "11;?") && !strings.HasPrefix(s, "2;acme") && !strings.HasPrefix(s, "2;\a") {
				t.Errorf("sequence %q", seq)
			}
		case strings.HasPrefix(seq, "\x1b"):
			if !regexp.MustCompile(`^\x1b[78=>M]$`).MatchString(seq) {
				t.Errorf("sequence %q", seq)
			}
		default:
			if seq != "\r" && seq != "\n" && seq != "\t" && seq != "\b" {
				t.Errorf("bytes %q", seq)
			}
		}
	}
}

// TestCheck05NoTerminal: without a terminal, or on one that can only print, nothing is drawn.
func TestCheck05NoTerminal(t *testing.T) {
	file, err := os.Create(t.TempDir() + "/out")
	if err != nil {
		t.Fatal(err)
	}
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer master.Close()
	defer slave.Close()
	for _, c := range []struct {
		in, out *os.File
		term    string
		why     string
	}{
		{slave, slave, "xterm", ""}, {file, slave, "xterm", "standard input is not a terminal"}, {slave, file, "xterm", "standard output is not a terminal"},
		{slave, slave, "dumb", "TERM is dumb"}, {slave, slave, "", "TERM is not set"}, {nil, nil, "xterm", "standard input is not a terminal"},
	} {
		ok, why := CanRun(c.in, c.out, func(string) string { return c.term })
		if ok != (c.why == "") || why != c.why {
			t.Errorf("TERM=%q: %v, %q, want %q", c.term, ok, why, c.why)
		}
	}
	var said strings.Builder
	f := newFakes()
	if code := Run(context.Background(), Config{Loader: f, Querier: f, In: file, Out: file, Err: &said, Environ: []string{"TERM=xterm"}}); code != 1 {
		t.Errorf("exit %d", code)
	}
	if b, _ := os.ReadFile(file.Name()); len(b) != 0 || !strings.Contains(said.String(), "acme report prints the report") {
		t.Errorf("wrote %q, said %q", b, said.String())
	}
}
