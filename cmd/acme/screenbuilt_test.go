//go:build unix

package main

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"image/color"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"acme/telemetry/tui/tuitest"
)

// Checks that hold of the screen over fakes (package tui), here of the program.

// framesWhole says that every frame that is begun is closed and the footer is on the last
// line.
func framesWhole(x *tuitest.Terminal, h int) bool {
	s := x.Screen()
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	return len(lines) == h && strings.Count(s, "╮")+strings.Count(s, "┓") == strings.Count(s, "╯")+strings.Count(s, "┛") && strings.Contains(lines[h-1], "^p commands")
}

// screenPages: every page at three sizes has its frames whole and its footer on the last
// line.
func screenPages(t *testing.T, s *onScreen) {
	for _, size := range [][2]int{{80, 24}, {100, 30}, {200, 60}} {
		x := s.open(t, size[0], size[1], t.Name()+fmt.Sprint(size), []string{"--screen", "jobs"})
		for _, p := range pages[1:] { // the report may be longer than the screen, and its last frame cut
			x.Keys(p.key)
			x.See(p.see)
			x.Until("whole frames", func() bool { return framesWhole(x, size[1]) })
		}
		x.Keys(keyQuit)
		x.Ended(0)
	}
}

// screenStorm: after a storm of sizes the screen is what a fresh start at the last one
// gives.
func screenStorm(t *testing.T, s *onScreen) {
	x := s.open(t, 80, 24, t.Name(), []string{"--screen", "sql"})
	for i := range 200 {
		x.Resize(20+i*7%200, 5+i*3%60)
		time.Sleep(time.Millisecond)
	}
	x.Resize(120, 30)
	y := s.open(t, 120, 30, t.Name()+"fresh", []string{"--screen", "sql"})
	y.See("on Athena")
	x.Until("equal a fresh screen", func() bool { return x.Screen() == y.Screen() })
}

// screenEnds: a quit, ctrl+c twice, signals and two at once each end the program with their own exit
// code and the terminal as it was, while rows of a long result are coming too: the engine
// waits for its statement then, and nobody is left who would close it.
func screenEnds(t *testing.T, s *onScreen) {
	x := s.open(t, 100, 30, t.Name(), []string{"--screen", "jobs"})
	x.See("begins one")
	x.Keys("\x03")
	x.See("ctrl+c again quits")
	x.Keys("\x03")
	x.Ended(130)
	y := s.open(t, 100, 30, t.Name()+"quit", []string{"--screen", "sql"})
	ask(y, manyRows(300_000), "row 1 of")
	y.Keys(keyQuit)
	y.Ended(0)
	for sig, code := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143, syscall.SIGHUP: 129, syscall.SIGQUIT: 131} {
		x := s.open(t, 100, 30, t.Name()+sig.String(), []string{"--screen", "sql"})
		ask(x, manyRows(300_000), "row 1 of")
		if err := x.Cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		x.Ended(code)
	}
	z := s.open(t, 100, 30, t.Name()+"two", []string{"--screen", "sql"})
	ask(z, manyRows(300_000), "row 1 of")
	for _, sig := range []syscall.Signal{syscall.SIGHUP, syscall.SIGTERM} { // as where a terminal is closed by a system that goes down
		_ = z.Cmd.Process.Signal(sig) // it may be gone already
	}
	z.Ended(129, 143)
}

// screenGone: when the terminal goes away the program ends by itself, also from a job, and
// leaves a lake that holds.
func screenGone(t *testing.T, s *onScreen) {
	lake := filepath.Join(t.TempDir(), "lake")
	x := s.open(t, 100, 30, t.Name(), []string{"--screen", "jobs"})
	x.See("begins one")
	x.Keys("n")
	x.See("New job")
	x.Keys("back\r")
	x.See("acme backfill")
	line := []string{"backfill", "--lake", lake, "--scenario", "streaming", "--from", "2025-09-01", "--to", "2025-09-02", "--set", "arrivals.mean_per_hour=4000"}
	x.Keys("\x15" + strings.Join(line, " ") + "\r")
	x.See("1 running")
	x.Until("an hour of it", func() bool { return exists(filepath.Join(lake, "telemetry")) })
	_, _ = x.Slave.Close(), x.Master.Close()
	done := make(chan error, 1)
	go func() { done <- x.Cmd.Wait() }()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatal("it goes on without a terminal")
	}
	if code, out, said := s.without(t, nil, "verify", "-q", "--lake", lake); code != exitOK && code != exitPartial || strings.Contains(said, "damaged") && !strings.Contains(said, " 0 damaged") {
		t.Errorf("verify: exit %d, %s %s", code, out, said)
	}
	if code, out, said := s.without(t, nil, append(line, "-q")...); code != exitOK {
		t.Errorf("the job again: exit %d, %s %s", code, out, said)
	}
	if code, out, said := s.without(t, nil, "verify", "-q", "--lake", lake); code != exitOK {
		t.Errorf("verify after it: exit %d, %s %s", code, out, said)
	}
}

// screenPaste: 5,000 pasted lines come in verbatim and run nothing.
func screenPaste(t *testing.T, s *onScreen) {
	x := s.open(t, 100, 30, t.Name(), []string{"--screen", "sql"})
	x.Keys(keyAll)
	go x.Keys("\x1b[200~" + strings.Repeat("SELECT ';q' -- \x0a", 5000) + "\x1b[201~")
	x.See("line 5001")
	x.See("F5 runs the statement")
	x.Keys(keyQuit)
	x.Ended(0)
}

// screenEscape: esc and then a key are two keys, where they come as two.
func screenEscape(t *testing.T, s *onScreen) {
	x := s.open(t, 100, 30, t.Name(), []string{"--screen", "sql"})
	x.See("┏━ query-1")
	x.Keys("\x1b")
	x.See("shift+tab editor")
	x.Keys("\x1b")
	x.See("┏━ query-1")
	x.Keys("w") // alt+w would close the sheet
	x.See("query-1*")
	x.Keys(keyQuit)
	x.Ended(0)
}

// screenMouse: a click gives the keys to a pane, the wheel turns what is under it, ten
// thousand moves delay no key, and --no-mouse leaves the mouse to the terminal.
func screenMouse(t *testing.T, s *onScreen) {
	x := s.open(t, 120, 30, t.Name(), []string{"--screen", "sql"})
	ask(x, manyRows(1000), "row 1 of 1,000")
	x.Keys("\x1b[<0;60;16M\x1b[<0;60;16m")
	x.See("┏━ Result")
	x.Keys(strings.Repeat("\x1b[<65;60;16M", 3))
	x.Until("the wheel turns", func() bool {
		return !strings.Contains(x.Screen(), "row 1 of") && strings.Contains(x.Screen(), " of 1,000")
	})
	go x.Keys(strings.Repeat("\x1b[<35;40;12M", 10_000) + "\x1b5")
	x.See("begins one")
	x.Keys(keyQuit)
	x.Ended(0)
	y := s.open(t, 120, 30, t.Name()+"none", []string{"--screen", "jobs", "--no-mouse"})
	y.See("begins one")
	y.Keys(keyQuit)
	y.Ended(0)
	for mode, on := range map[*tuitest.Terminal]bool{x: true, y: false} {
		if asked := strings.Contains(mode.Bytes(), "\x1b[?1002h"); asked != on {
			t.Errorf("the mouse is asked for: %v, want %v", asked, on)
		}
	}
}

// screenHostile: what stands in objects, in their names and in errors reaches the terminal
// with no sequence that works there.
func screenHostile(t *testing.T, s *onScreen) {
	payloads := []string{"\x1b[31mred", "\x1b]52;c;ZXZpbA==\x07", "\u009b31mC1", "\u202eRTL", "a\x00b", "\x1b]0;title\x07", "\x1b[2Jgone"}
	lake := filepath.Join(t.TempDir(), "lake")
	dir := filepath.Join(lake, "telemetry", "year=2025", "month=08", "day=11", "hour=17")
	var text bytes.Buffer
	z := gzip.NewWriter(&text)
	for _, p := range payloads {
		quoted := strings.NewReplacer("\x1b", `\u001b`, "\x07", `\u0007`, "\x00", `\u0000`).Replace(p)
		fmt.Fprintf(z, `{"event_type":"%s","device_type":"日本語 👩‍💻"}`+"\n", quoted)
	}
	if err := errors.Join(z.Close(), os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, "good.gz"), text.Bytes(), 0o600),
		os.Mkdir(filepath.Join(dir, "..", "hour=18"), 0o755), os.WriteFile(filepath.Join(dir, "..", "hour=18", "e\x1b[31mvil.gz"), text.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
	x := s.start(t, 160, 40, t.Name(), []string{"tui", "--lake", lake, "--screen", "sql"})
	x.See("query-1")
	ask(x, "SELECT event_type, device_type FROM video_telemetry_json WHERE hour = 17", "row 1 of 7")
	x.See("日本語")
	x.Keys("\t\r")
	x.See("esc close")
	x.Keys("\x1b3")
	x.See("▶    video_telemetry_json")
	x.Keys("\r")
	x.See("row 1 of 2")
	x.Keys("j\r")
	x.See("vil.gz")
	x.Keys("\x1b2")
	ask(x, "SELECT CAST(event_type AS integer) FROM video_telemetry_json WHERE hour = 17", "INVALID_CAST_ARGUMENT")
	ask(x, "SELECT count(*) FROM video_telemetry_json", "has a control character")
	x.Keys("\x1b1")
	x.Rest(200 * time.Millisecond)
	x.Keys(keyQuit)
	x.Ended(0)
	for _, p := range payloads {
		if strings.Contains(x.Bytes(), p) {
			t.Errorf("%q is on the wire", p)
		}
	}
	if strings.Contains(x.Bytes(), "\x1b[31mvil") {
		t.Error("a sequence of an object's name is on the wire")
	}
}

// screenCancel: a statement that would run for an hour gives way to ctrl+c; its engine stops,
// the text stays, and the next statement runs.
func screenCancel(t *testing.T, s *onScreen) {
	x := s.open(t, 120, 30, t.Name(), []string{"--screen", "sql"})
	write(x, "SELECT count_if(a.n * b.m * c.k % 7 = 3) AS endless\nFROM UNNEST(sequence(1, 10000)) AS a(n)\nCROSS JOIN UNNEST(sequence(1, 10000)) AS b(m)\nCROSS JOIN UNNEST(sequence(1, 10000)) AS c(k)")
	x.Keys(keyF5)
	x.See("running for")
	x.Keys(keyCancel)
	x.See("cancelled after")
	x.See("AS endless")
	x.Until("an engine that rests", func() bool {
		before := engineTicks(t, x.Cmd.Process.Pid)
		time.Sleep(500 * time.Millisecond)
		return engineTicks(t, x.Cmd.Process.Pid)-before < 3
	})
	ask(x, "SELECT 5 AS five", "row 1 of 1")
	x.Keys(keyQuit)
	x.Ended(0)
}

// engineTicks gives the processor time, in ticks, of the processes that a program has
// started.
func engineTicks(t *testing.T, pid int) int {
	t.Helper()
	out, err := exec.Command("ps", "-A", "-o", "pid=,ppid=").Output()
	if err != nil {
		t.Fatal(err)
	}
	sum := 0
	for line := range strings.Lines(string(out)) {
		var child, parent int
		if n, _ := fmt.Sscan(line, &child, &parent); n == 2 && parent == pid {
			sum += ticksOf(child)
		}
	}
	return sum
}

// screenCopy: a row goes to the terminal's clipboard, and what that does not take is refused
// with what to do instead.
func screenCopy(t *testing.T, s *onScreen) {
	x := s.open(t, 120, 30, t.Name(), []string{"--screen", "sql"})
	ask(x, "SELECT 'Zoë' AS who, 7 AS n, array_join(repeat('0123456789', 10000), '') AS long", "row 1 of 1")
	x.Keys("\t")
	x.See("e export")
	x.Keys("y")
	x.See("copied who")
	want := "\x1b]52;c;" + base64.StdEncoding.EncodeToString([]byte("Zoë"))
	x.Until("the clipboard", func() bool { return strings.Contains(x.Bytes(), want) })
	x.Keys("$y")
	x.See("export it instead")
	x.Keys(keyQuit)
	x.Ended(0)
}

// screenStill: a page on which nothing moves writes nothing.
func screenStill(t *testing.T, s *onScreen) {
	x := s.open(t, 100, 30, t.Name(), []string{"--screen", "report"})
	x.See("loaded in")
	for _, p := range pages {
		x.Keys(p.key)
		x.See(p.see)
		x.Rest(700 * time.Millisecond)
	}
	x.Keys(keyQuit)
	x.Ended(0)
}

// screenSuspend: ctrl+z gives the shell back, fg draws the screen anew at the size that the
// terminal has by then, and keys work.
func screenSuspend(t *testing.T, s *onScreen) {
	shell, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("job control needs bash")
	}
	cmd := exec.Command(shell, "--norc", "--noprofile", "-i")
	cmd.Env, cmd.Dir = s.environ(t.Name(), "PS1=ready> "), s.home
	x := tuitest.Start(t, cmd, 100, 30, color.White)
	x.Keys(s.acme + " tui --lake " + s.lake + " --screen jobs\r")
	x.See("begins one")
	// What the terminal answers is for the program, and not for the shell to run.
	x.Until("the terminal has said what its ground is", func() bool { return worst(x.Inks(), color.White) >= 4.5 })
	x.Keys("\x1a")
	x.Until("the shell has the terminal", func() bool { return !x.AltScreen() })
	x.Resize(80, 24)
	x.Keys("fg\r")
	x.See("begins one")
	x.Until("drawn at the new size", func() bool { return framesWhole(x, 24) })
	x.Keys("\x1b6")
	x.See("hold,")
	x.Keys(keyQuit)
	x.Until("the shell has the terminal", func() bool { return !x.AltScreen() })
	x.Keys("echo left=$?\r")
	x.See("left=0")
	x.Keys("exit\r")
	x.Ended(0)
}

// screenNewcomer: run a statement, sort, open a cell, chart, copy and export by the keys of
// the footers alone.
func screenNewcomer(t *testing.T, s *onScreen) {
	x := s.open(t, 100, 30, t.Name(), []string{"--screen", "report"})
	for _, step := range []struct{ keys, see string }{
		{"2", "F5 run"}, {keyF5, "row 1 of 4"}, {"\t", "s sort"}, {"l", "Column events"}, {"s", "events ↑"}, {"s", "events ↓"}, {"\r", "y copy, esc close"}, {keyEscape, ". chart"},
		{".", "bars"}, {keyEscape, "e export"}, {"y", "copied events"}, {"e", "Export the result"}, {"\r", "wrote 4 rows"},
	} {
		x.Keys(step.keys)
		x.See(step.see)
	}
	if !exists(filepath.Join(s.home, "result.csv")) {
		t.Error("there is no result.csv")
	}
	x.Keys("q")
	x.Ended(0)
}
