//go:build unix

// Package tuitest runs a program in a terminal as a person has it: a pseudo-terminal
// with an emulator behind it. Keys go in as bytes, the screen comes out as text and
// cells; the bytes of both ways are there to be looked at. Tests of the screen alone
// (package tui) and of the whole program (cmd/acme) use it.
package tuitest

import (
	"bytes"
	"image/color"
	"io"
	"os"
	"os/exec"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/term"
	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
)

// Terminal is a program in a terminal that an emulator shows; every byte that the
// program wrote is kept.
type Terminal struct {
	t      testing.TB
	Master *os.File // our end
	Slave  *os.File // the program's
	Cmd    *exec.Cmd
	before *term.State
	stderr said

	mu     sync.Mutex // guards em, but for its Read and stream
	em     *vt.Emulator
	stream []byte
	frame  []byte // the begin of a frame whose end has not come: half a frame is never seen

	Written atomic.Int64 // bytes that have come
	Blind   atomic.Bool  // what comes is counted and not looked at: nothing takes time beside the program
}

// said is text that one goroutine writes and another reads.
type said struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *said) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// Start starts a command in a terminal of w by h that has the background, black where it
// is nil. The command's standard error is a pipe: what is said there is Stderr's.
func Start(t testing.TB, cmd *exec.Cmd, w, h int, background color.Color) *Terminal {
	t.Helper()
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	x := &Terminal{t: t, Master: master, Slave: slave, Cmd: cmd, em: vt.NewEmulator(w, h)}
	x.answerMarks()
	if background != nil {
		x.em.SetBackgroundColor(background)
	}
	x.setSize(w, h)
	if x.before, err = term.GetState(slave.Fd()); err != nil {
		t.Fatal(err)
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, &x.stderr
	cmd.WaitDelay = 5 * time.Second // a child that outlives the program may hold what it had
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go x.record()
	go io.Copy(master, x.em) // what the emulator answers
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		slave.Close()
		master.Close()
	})
	return x
}

func (x *Terminal) record() {
	buf := make([]byte, 32<<10)
	for {
		n, err := x.Master.Read(buf)
		x.Written.Add(int64(n))
		if !x.Blind.Load() {
			x.mu.Lock()
			x.stream = append(x.stream, buf[:n]...)
			x.frame = append(x.frame, buf[:n]...)
			whole := wholeFrames(x.frame)
			if err != nil {
				whole = len(x.frame)
			}
			x.em.Write(x.frame[:whole])
			x.frame = append(x.frame[:0], x.frame[whole:]...)
			x.mu.Unlock()
		}
		if err != nil {
			return
		}
	}
}

// answerMarks has the terminal say that it knows synchronized updates, which the emulator
// does not: record does what they ask for. A program that is told so marks its frames.
func (x *Terminal) answerMarks() {
	x.em.RegisterCsiHandler(ansi.Command('?', '$', 'p'), func(params ansi.Params) bool {
		mode, _, ok := params.Param(0, 0)
		if !ok || ansi.DECMode(mode) != ansi.ModeSynchronizedOutput {
			return false // the emulator knows
		}
		_, _ = io.WriteString(x.em.InputPipe(), ansi.ReportMode(ansi.ModeSynchronizedOutput, ansi.ModeReset))
		return true
	})
}

// wholeFrames gives how many bytes of a stream can be shown: all before a synchronized
// update that has begun and not ended, or before what may be the begin of such a mark.
func wholeFrames(b []byte) int {
	const begin, end = "\x1b[?2026h", "\x1b[?2026l"
	if at := bytes.LastIndex(b, []byte(begin)); at > bytes.LastIndex(b, []byte(end)) {
		return at
	}
	for n := min(len(begin)-1, len(b)); n > 0; n-- {
		if bytes.HasSuffix(b, []byte(begin[:n])) {
			return len(b) - n
		}
	}
	return len(b)
}

// bytes gives all that the program has written.
func (x *Terminal) Bytes() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return string(x.stream)
}

// screen gives the text on the emulator's screen, a line a line.
func (x *Terminal) Screen() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.em.String()
}

func (x *Terminal) AltScreen() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.em.IsAltScreen()
}

// inkOf gives the colour of the first cell that shows s; nil without one.
func (x *Terminal) InkOf(s string) color.Color {
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

// Cursor gives the cell that the cursor is on; ok says that the cursor is shown. A cursor
// that the program draws itself is none of the terminal's.
func (x *Terminal) Cursor() (column, row int, ok bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	at := x.em.CursorPosition()
	return at.X, at.Y, !x.em.CursorHidden()
}

// Ink is a piece of text with the colours that it is seen in; nil is the terminal's own.
type Ink struct {
	Text                   string
	Foreground, Background color.Color
}

// Inks gives what stands on the screen, a cell an ink, blanks left out.
func (x *Terminal) Inks() []Ink {
	x.mu.Lock()
	defer x.mu.Unlock()
	var out []Ink
	for y := range x.em.Height() {
		for column := range x.em.Width() {
			c := x.em.CellAt(column, y)
			if c == nil || strings.TrimSpace(c.Content) == "" {
				continue
			}
			ink := Ink{c.Content, c.Style.Fg, c.Style.Bg}
			if c.Style.Attrs&uv.AttrReverse != 0 {
				ink.Foreground, ink.Background = ink.Background, ink.Foreground
				if ink.Foreground == nil {
					ink.Foreground = x.em.BackgroundColor()
				}
				if ink.Background == nil {
					ink.Background = x.em.ForegroundColor()
				}
			}
			out = append(out, ink)
		}
	}
	return out
}

func (x *Terminal) setSize(w, h int) {
	if err := pty.Setsize(x.Master, &pty.Winsize{Rows: uint16(h), Cols: uint16(w)}); err != nil {
		x.t.Fatal(err)
	}
}

func (x *Terminal) Resize(w, h int) {
	x.mu.Lock()
	x.em.Resize(w, h)
	x.mu.Unlock()
	x.setSize(w, h)
}

func (x *Terminal) Keys(s string) { io.WriteString(x.Master, s) }

// rest waits for a time in which nothing is written.
func (x *Terminal) Rest(quiet time.Duration) {
	x.t.Helper()
	last := -1
	x.Until("rest", func() bool {
		n := len(x.Bytes())
		time.Sleep(quiet)
		same := n == last
		last = n
		return same
	})
}

// until waits for a condition; what says what was waited for.
func (x *Terminal) Until(what string, ok func() bool) {
	x.t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if ok() {
			return
		}
	}
	x.t.Fatalf("never: %s; screen:\n%s\nstderr: %s", what, x.Screen(), x.stderr.String())
}

func (x *Terminal) See(want string) {
	x.t.Helper()
	x.Until("see "+want, func() bool { return strings.Contains(x.Screen(), want) })
}

// Ended waits for the end, with a code or one of others, and checks that the terminal is as
// it was.
func (x *Terminal) Ended(code int, others ...int) {
	x.t.Helper()
	done := make(chan error, 1)
	go func() { done <- x.Cmd.Wait() }()
	select {
	case <-done:
	case <-time.After(time.Minute):
		x.t.Fatalf("it does not end; screen:\n%s", x.Screen())
	}
	if got := x.Cmd.ProcessState.ExitCode(); got != code && !slices.Contains(others, got) {
		x.t.Errorf("exit %d, want %d; stderr: %s", got, code, x.stderr.String())
	}
	x.Until("leave the alternate screen", func() bool { return !x.AltScreen() })
	for mode, on := range Modes(x.Bytes()) {
		if on != (mode == "25" || mode == "7") { // cursor and line wrap are on where nobody touches them
			x.t.Errorf("mode %s was left %v", mode, on)
		}
	}
	after, err := term.GetState(x.Slave.Fd())
	if err != nil {
		x.t.Fatal(err)
	}
	if !reflect.DeepEqual(x.before, after) {
		x.t.Errorf("terminal settings were left changed: %v, before %v", after, x.before)
	}
}

// Modes gives the last state of every private mode that a stream sets.
func Modes(stream string) map[string]bool {
	out := map[string]bool{}
	for _, m := range regexp.MustCompile(`\x1b\[\?([0-9;]+)([hl])`).FindAllStringSubmatch(stream, -1) {
		for mode := range strings.SplitSeq(m[1], ";") {
			out[mode] = m[2] == "h"
		}
	}
	return out
}

// Stderr is what the program has said on standard error so far.
func (x *Terminal) Stderr() string { return x.stderr.String() }
