//go:build unix

package tui

import (
	"context"
	"encoding/base64"
	"image/color"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/creack/pty"

	"acme/telemetry/tui/tuitest"
)

// launch starts this test binary as the program in mode (see fakeMain) in a terminal
// of w by h.
func launch(t testing.TB, mode string, w, h int, background color.Color, env ...string) *tuitest.Terminal {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	if own := os.Getenv("ACME_BINARY"); own != "" && strings.HasPrefix(mode, "own") {
		cmd = exec.Command(own, "tui", "--lake", os.Getenv("ACME_LAKE"))
	}
	cmd.Env = append([]string{"ACME_TUI_MAIN=" + mode, "TERM=xterm-256color", "COLORTERM=truecolor", "PATH=" + os.Getenv("PATH"), "HOME=/nonexistent"}, env...)
	return tuitest.Start(t, cmd, w, h, background)
}

func TestCheck10Quit(t *testing.T) {
	x := launch(t, "report", 80, 24, nil)
	x.See("Event types")
	x.Keys("2")
	x.See("ORDER BY events DESC")
	x.Keys("\x1b[15~") // F5
	x.See("1,234 rows")
	x.Keys("\t")
	x.See("enter cell")
	x.Keys("y")
	x.See("copied device_type")
	x.Until("the clipboard", func() bool {
		return strings.Contains(x.Bytes(), "\x1b]52;c;"+base64.StdEncoding.EncodeToString([]byte("mobile")))
	})
	x.Keys("1q")
	x.Ended(0)
	if s := x.Stderr(); s != "" {
		t.Errorf("stderr: %s", s)
	}
}

// TestCheck39Quiet: a screen on which nothing moves writes nothing.
func TestCheck39Quiet(t *testing.T) {
	x := launch(t, "report", 80, 24, nil)
	x.See("Event types")
	x.Rest(200 * time.Millisecond)
	x.Keys("q")
	x.Ended(0)
}

// TestTerminalFirstRun goes from the bar to the report; a signal in the middle
// of it waits for Prepare.
func TestTerminalFirstRun(t *testing.T) {
	x := launch(t, "prepare", 80, 24, nil)
	x.See("generate events")
	x.See("Event types")
	x.Keys("q")
	x.Ended(0)
	y := launch(t, "prepare", 80, 24, nil)
	y.See("events/s")
	y.Cmd.Process.Signal(syscall.SIGTERM)
	y.Ended(143)
}

func TestCheck10CtrlC(t *testing.T) {
	x := launch(t, "report", 80, 24, nil)
	x.See("Event types")
	x.Keys("\x03")
	x.See("ctrl+c again quits")
	x.Keys("\x03")
	x.Ended(130)
}

// TestCheck25Cancel: an endless query gives way to ctrl+c and the page lives on.
func TestCheck25Cancel(t *testing.T) {
	x := launch(t, "sql", 100, 30, nil)
	x.See("ORDER BY")
	x.Keys("-- endless\r\x0a")
	x.Keys("\x1b[1;5H") // ctrl+home
	x.Keys("\x1b[200~SELECT 'endless';\x1b[201~\x1b[D\x0a")
	x.See("(loading)")
	x.Keys("\x03")
	x.See("cancelled after")
	x.Keys("\x11")
	x.Ended(0)
}

func TestCheck10Signals(t *testing.T) {
	for sig, code := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143, syscall.SIGHUP: 129, syscall.SIGQUIT: 131} {
		t.Run(sig.String(), func(t *testing.T) {
			x := launch(t, "slow", 80, 24, nil)
			x.See("ORDER BY")
			x.Keys("\x0a")
			x.See("loading")
			x.Cmd.Process.Signal(sig)
			x.Ended(code)
		})
	}
}

func TestCheck11Panics(t *testing.T) {
	for mode, said := range map[string]string{"panic-cmd": "boom", "panic-view": "view", "panic-update": "update"} {
		t.Run(mode, func(t *testing.T) {
			x := launch(t, mode, 80, 24, nil)
			if mode == "panic-update" {
				x.See("ORDER BY")
				x.Keys("\x0a")
			}
			x.Ended(70)
			s := x.Stderr()
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
	x.See("Event types")
	for i := range 200 {
		x.Resize(20+i*7%200, 5+i*3%60)
		time.Sleep(time.Millisecond)
	}
	x.Resize(100, 30)
	y := launch(t, "report", 100, 30, nil)
	y.See("Session duration")
	y.Until("see the footer", func() bool { return strings.Contains(y.Screen(), "? help") })
	timing := regexp.MustCompile(`loaded in [0-9.]+ s`)
	x.Until("equal a fresh screen", func() bool {
		return timing.ReplaceAllString(x.Screen(), "") == timing.ReplaceAllString(y.Screen(), "")
	})
}

func TestCheck07NoColour(t *testing.T) {
	x := launch(t, "report", 100, 30, nil, "NO_COLOR=1")
	x.See("Event types")
	x.Keys("\tj")
	x.See("enter: SQL and result")
	x.Keys("\r")
	x.See("Result, as the engine gave it")
	x.Keys("q")
	x.Ended(0)
	if code := colourIn(x.Bytes()); code != "" {
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
			x.See("Stop")
			want := color.RGBA{uint8(c.want.bar >> 16), uint8(c.want.bar >> 8), uint8(c.want.bar), 255}
			x.Until("a bar in the theme's colour", func() bool {
				got := x.InkOf("█")
				if got == nil {
					return false
				}
				r, g, b, _ := got.RGBA()
				return color.RGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), 255} == want
			})
			x.Keys("q")
			x.Ended(0)
		})
	}
}

// TestCheck08Sixteen: with sixteen colours only those are used.
func TestCheck08Sixteen(t *testing.T) {
	x := launch(t, "report", 80, 24, nil, "TERM=xterm", "COLORTERM=")
	x.See("Event types")
	x.Keys("q")
	x.Ended(0)
	if s := regexp.MustCompile(`\x1b\[[0-9;]*[34]8[;:][25]`).FindString(x.Bytes()); s != "" {
		t.Errorf("%q was written", s)
	}
}

// TestCheck08Few: a terminal of 256 colours gets no code of more.
func TestCheck08Few(t *testing.T) {
	x := launch(t, "report", 80, 24, nil, "COLORTERM=")
	x.See("Event types")
	x.Keys("\tj")
	x.See("enter: SQL and result")
	x.Keys("q")
	x.Ended(0)
	if s := regexp.MustCompile(`\x1b\[[0-9;]*[34]8[;:]2[;:]`).FindString(x.Bytes()); s != "" || !strings.Contains(x.Bytes(), "38;5;") {
		t.Errorf("%q was written", s)
	}
}

// TestCheck22Inert: with forty payloads in every text, the bytes on the wire
// are those that an honest report needs: known sequences and printable text.
func TestCheck22Inert(t *testing.T) {
	x := launch(t, "attack", 120, 40, nil)
	x.See("What Athena sees")
	for _, step := range []struct{ keys, see string }{
		{"G", "form that Athena takes"}, {"g\t\r", "Result, as the engine gave it"}, {" ", "esc close"}, {"v\t", "1-"}, {"\x1b", "What Athena sees"},
		{"?", "Everywhere"}, {"x", "pane"}, {"t", "enter apply"}, {"\t\r", "loaded in"}, {"G\r", "Result of the form"}, {"e", "F5 run"}, {"\x0a", "SYNTAX_ERROR"},
		{"\x01\x1b[200~SELECT '\u009b31m', '\u202e', '\x00\xff'\x1b[201~", ""}, {"\x0a", "46 rows"}, {"\tjjjl", "row 4 of 46"}, {"\r", "esc close"}, {"v", "enter cell"},
	} {
		x.Keys(step.keys)
		x.See(step.see)
	}
	x.Keys("\x11")
	x.Ended(0)
	inert(t, x.Bytes())
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
