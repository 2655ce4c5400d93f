//go:build unix

package tui

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// tmux is a session of tmux that has a shell in it: for what needs job control, or
// a second opinion on what is on the screen.
type tmux struct {
	t    *testing.T
	name string
}

func newTmux(t *testing.T, w, h int) *tmux {
	t.Helper()
	if os.Getenv("ACME_TMUX") == "" {
		t.Skip("ACME_TMUX=1 runs it in tmux")
	}
	x := &tmux{t, fmt.Sprintf("acme-%d-%s", os.Getpid(), t.Name())}
	x.do("-f", "/dev/null", "new-session", "-d", "-s", "s", "-x", fmt.Sprint(w), "-y", fmt.Sprint(h), "env PS1='$ ' bash --norc -i")
	t.Cleanup(func() { _ = exec.Command("tmux", "-L", x.name, "kill-server").Run() })
	return x
}

func (x *tmux) do(args ...string) string {
	x.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-L", x.name}, args...)...).CombinedOutput()
	if err != nil {
		x.t.Fatalf("tmux %v: %v: %s", args, err, out)
	}
	return string(out)
}

func (x *tmux) keys(names ...string) {
	x.t.Helper()
	x.do(append([]string{"send-keys", "-t", "s"}, names...)...)
}

func (x *tmux) see(want string) {
	x.t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if strings.Contains(x.do("capture-pane", "-t", "s", "-p"), want) {
			return
		}
	}
	x.t.Fatalf("never: %s; screen:\n%s", want, x.do("capture-pane", "-t", "s", "-p"))
}

// TestCheck12Suspend: ctrl+z gives the shell back, fg draws the screen anew at the
// size that the terminal has by then, and keys work.
func TestCheck12Suspend(t *testing.T) {
	x := newTmux(t, 100, 30)
	x.keys("ACME_TUI_MAIN=full "+os.Args[0], "Enter")
	x.see("Event types")
	x.keys("C-z")
	x.see("Stopped")
	x.do("resize-window", "-t", "s", "-x", "80", "-y", "24")
	x.keys("fg", "Enter")
	x.see("^p commands")
	x.keys("6")
	x.see("Findings")
	lines := strings.Split(strings.TrimRight(x.do("capture-pane", "-t", "s", "-p"), "\n"), "\n")
	if len(lines) != 24 || !strings.HasSuffix(lines[1], "┓") {
		t.Errorf("drawn as:\n%s", strings.Join(lines, "\n"))
	}
	x.keys("q")
	modes := func() string {
		return strings.TrimSpace(x.do("display", "-p", "-t", "s", "alt=#{alternate_on} mouse=#{mouse_any_flag} cursor=#{cursor_flag}"))
	}
	for end := time.Now().Add(10 * time.Second); strings.HasPrefix(modes(), "alt=1") && time.Now().Before(end); {
		time.Sleep(50 * time.Millisecond)
	}
	time.Sleep(200 * time.Millisecond) // the shell has the terminal again
	x.keys("echo RC=$?", "Enter")
	x.see("RC=0")
	if got := modes(); got != "alt=0 mouse=0 cursor=1" {
		t.Errorf("left %s", got)
	}
}

// TestCheck41Newcomer: run a query, sort by a column, copy a cell, export: the keys
// that the footer names, and nothing else.
func TestCheck41Newcomer(t *testing.T) {
	x := newTmux(t, 100, 30)
	x.keys("ACME_TUI_MAIN=full "+os.Args[0]+"; echo RC=$?", "Enter")
	x.see("Event types")
	for _, step := range []struct{ key, see string }{
		{"2", "F5 run"}, {"F5", "1,234 rows"}, {"Tab", "s sort"}, {"Right", "e export"}, {"s", "events ↑"}, {"s", "events ↓"}, {"y", "copied events"}, {"e", "Export the result"}, {"Enter", "wrote 1,234 rows"}, {"q", "RC=0"},
	} {
		x.keys(step.key)
		x.see(step.see)
	}
}
