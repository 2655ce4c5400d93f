//go:build unix

package tui

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestCheck01Pages: every page in a real terminal at three sizes has its frame whole
// and its footer on the last line.
func TestCheck01Pages(t *testing.T) {
	for _, s := range [][2]int{{80, 24}, {100, 30}, {200, 60}} {
		x := launch(t, "full", s[0], s[1], nil)
		x.See("Event types")
		for key, want := range map[string]string{"\x1b3": "Tables", "\x1b5": "begins one", "\x1b6": "Findings", "\x1b2": "query-1", "\x1b4": "Lag by partition"} {
			x.Keys(key)
			x.See(want)
			x.Until("whole frames", func() bool {
				lines := strings.Split(strings.TrimRight(x.Screen(), "\n"), "\n")
				return len(lines) == s[1] && strings.Count(x.Screen(), "╮")+strings.Count(x.Screen(), "┓") == strings.Count(x.Screen(), "╯")+strings.Count(x.Screen(), "┛") &&
					strings.Contains(lines[s[1]-1], "^p commands")
			})
		}
		x.Keys("\x11")
		x.Ended(0)
	}
}

// TestCheck06Dumb: on a terminal that can only print nothing is drawn.
func TestCheck06Dumb(t *testing.T) {
	for _, term := range []string{"TERM=dumb", "TERM="} {
		x := launch(t, "full", 80, 24, nil, term)
		x.Cmd.Wait()
		if code := x.Cmd.ProcessState.ExitCode(); code != 1 || !strings.Contains(x.Stderr(), "acme report prints the report") {
			t.Errorf("%s: exit %d, said %q", term, code, x.Stderr())
		}
		if s := x.Bytes(); strings.Contains(s, "\x1b") {
			t.Errorf("%s: wrote %q", term, s)
		}
	}
}

// TestCheck14Gone: when the terminal goes away, the program ends by itself.
func TestCheck14Gone(t *testing.T) {
	x := launch(t, "full", 80, 24, nil)
	x.See("Event types")
	x.Keys("\x1b4") // with something that moves
	x.See("Tail")
	x.Slave.Close()
	x.Master.Close()
	done := make(chan error, 1)
	go func() { done <- x.Cmd.Wait() }()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatal("it goes on without a terminal")
	}
}

// TestCheck16Bracketed: 5,000 pasted lines come in verbatim and run nothing.
func TestCheck16Bracketed(t *testing.T) {
	x := launch(t, "sql", 100, 30, nil)
	x.See("ORDER BY")
	go x.Keys("\x1b[200~" + strings.Repeat("SELECT ';q' -- \x0a", 5000) + "\x1b[201~")
	x.See("line 5001")
	if s := x.Screen(); !strings.Contains(s, "F5 runs the statement") {
		t.Errorf("something ran:\n%s", s)
	}
	x.Keys("\x11")
	x.Ended(0)
}

// TestCheck17Escape: esc and then a key are two keys, where they come as two.
func TestCheck17Escape(t *testing.T) {
	x := launch(t, "full", 100, 30, nil)
	x.See("Event types")
	x.Keys("\x1b2")
	x.See("query-1")
	x.Keys("\x1b")
	x.See("shift+tab editor")
	x.Keys("\x1b")
	x.Until("the editor has the keys", func() bool { return strings.Contains(x.Screen(), "┏━ query-1") })
	x.Keys("w") // alt+w would close the sheet
	x.See("query-1*")
	x.Keys("\x11")
	x.Ended(0)
}

// TestCheck18Flood: ten thousand moves of the mouse delay no key.
func TestCheck18Flood(t *testing.T) {
	x := launch(t, "full", 100, 30, nil)
	x.See("Event types")
	go x.Keys(strings.Repeat("\x1b[<35;40;12M", 10_000) + "\x1b5")
	x.See("begins one")
	x.Keys("\x11")
	x.Ended(0)
}

// TestCheck22Hostile: with payloads in tables, partitions, objects, events, logs, kept
// statements and errors, the bytes on the wire are ours alone.
func TestCheck22Hostile(t *testing.T) {
	x := launch(t, "hostile", 120, 40, nil)
	x.See("What Athena sees")
	for _, step := range []struct{ keys, see string }{
		{"3", "▾"}, {"j\r", "to look at"}, {"$", "cols"}, {"\r", "row 1 of 4"}, {"i", "esc close"}, {"v", "copy path"},
		{"4", "Tail"}, {"g\r", "esc close"}, {"v", "not following"}, {"6", "Findings"}, {"5", "begins one"}, {"n\r\r", "failed"}, {"l", "log"},
		{"\x0f", "Open"}, {"sql\r", "query-1"}, {"\x1b[15~", "46 rows"}, {"\x1bOS", "/ filter"}, {"jj\r", "Schema"}, {"\x10", "Commands"},
	} {
		x.Keys(step.keys)
		x.See(step.see)
	}
	x.Keys("\x11")
	x.Ended(0)
	inert(t, x.Bytes())
}

// TestCheck28OSC52: a row that is copied goes to the terminal's clipboard, whole.
func TestCheck28OSC52(t *testing.T) {
	x := launch(t, "sql", 100, 30, nil)
	x.See("ORDER BY")
	x.Keys("\x0a")
	x.See("1,234 rows")
	x.Keys("\tjY")
	x.See("copied the row")
	want := "\x1b]52;c;" + base64.StdEncoding.EncodeToString([]byte("web\t999023\t0.14285714285714285\tÜnïcode\tON\t2025-08-11 17:00:01.123\t[a, b, null]\tToronto"))
	x.Until("the clipboard", func() bool { return strings.Contains(x.Bytes(), want) })
	x.Keys("\x11")
	x.Ended(0)
}

// TestCheck29Flood: with 50,000 events a second the tail shows some and counts the others,
// rows stay while it is paused, a filter holds while it follows, and there are 30 frames a
// second at most.
func TestCheck29Flood(t *testing.T) {
	x := launch(t, "flood", 100, 30, nil)
	x.See("6 Quality")
	x.Keys("\x1b4")
	skipped := regexp.MustCompile(`([\d,]+) shown, ([\d,]+) skipped`)
	counts := func() (shown, over string) {
		m := skipped.FindStringSubmatch(x.Screen())
		if m == nil {
			return "", ""
		}
		return m[1], m[2]
	}
	x.Until("many are skipped", func() bool { _, n := counts(); return len(n) >= len("10,000") })
	rows := func() string {
		_, tail, _ := strings.Cut(x.Screen(), "┏━ Tail")
		_, tail, _ = strings.Cut(tail, "\n")
		return tail
	}
	x.Keys(" ")
	x.See("paused")
	kept := rows()
	_, before := counts()
	x.Until("it counts on", func() bool { _, n := counts(); return n != before })
	if got := rows(); got != kept {
		t.Errorf("paused rows changed:\n%s\nwere\n%s", got, kept)
	}
	x.Keys(" /")
	x.See("Filter the tail")
	x.Keys("error\r")
	x.See("Tail  /error")
	x.Until("rows that pass, while it follows", func() bool {
		n, _ := counts()
		lines := strings.Split(rows(), "\n")
		return n != "0" && !strings.Contains(x.Screen(), "not following") && strings.Contains(lines[0], " error ")
	})
	frames := strings.Count(x.Bytes(), "\x1b[?2026h")
	begin := time.Now()
	x.Until("a second of it", func() bool { return time.Since(begin) > time.Second })
	if n, most := strings.Count(x.Bytes(), "\x1b[?2026h")-frames, int(31*time.Since(begin).Seconds())+2; n > most || n == 0 {
		t.Errorf("%d frames, at least one and %d at most", n, most)
	}
	x.Keys("\x11")
	x.Ended(0)
}

// TestCheck13AtOnce: an editor that ends before anything else in the program has had the
// processor leaves a screen on which the text is that it has written.
func TestCheck13AtOnce(t *testing.T) {
	x := launch(t, "counting editor", 100, 30, nil, "GOMAXPROCS=1")
	x.See("query-1")
	for i := range 50 {
		x.Keys("\x1be")
		x.See(fmt.Sprintf("SELECT %d AS edited", i+1))
	}
	x.Keys("\x11")
	x.Ended(0)
}

// TestCheck31Quit: quit asks while a job runs, and stops it if that is chosen.
func TestCheck31Quit(t *testing.T) {
	x := launch(t, "jobs", 100, 30, nil)
	x.See("Event types")
	x.Keys("5n\r\r")
	x.See("running")
	x.Keys("q")
	x.See("A job is running")
	x.Keys("\x1b")
	x.Until("it stays", func() bool { return !strings.Contains(x.Screen(), "A job is running") })
	x.Keys("q")
	x.See("A job is running")
	x.Keys("\x1b[B\r")
	x.Ended(0)
}

// TestCheck39Still: a page whose figures do not change writes nothing.
func TestCheck39Still(t *testing.T) {
	for _, key := range []string{"\x1b2", "\x1b3", "\x1b5", "\x1b6"} {
		x := launch(t, "full", 100, 30, nil)
		x.See("Event types")
		x.Keys(key)
		x.Rest(300 * time.Millisecond)
		x.Keys("\x11")
		x.Ended(0)
	}
}

// TestCheck07Environment: with NO_COLOR no page sets a colour, and the selection shows.
func TestCheck07Environment(t *testing.T) {
	x := launch(t, "full", 100, 30, nil, "NO_COLOR=1")
	x.See("Event types")
	for _, step := range []struct{ keys, see string }{{"6", "Findings"}, {"3", "Tables"}, {"4", "Tail"}, {"\x1b2", "query-1"}, {"\x0a", "1,234 rows"}, {"\t.", "bars"}} {
		x.Keys(step.keys)
		x.See(step.see)
	}
	if code := colourIn(x.Bytes()); code != "" {
		t.Errorf("SGR %s was written", code)
	}
	if !regexp.MustCompile(`\x1b\[[0-9;]*\b7\b`).MatchString(x.Bytes()) {
		t.Error("nothing is in reverse: the selection cannot be seen")
	}
	x.Keys("x\x11")
	x.Ended(0)
}
