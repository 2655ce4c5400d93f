//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"acme/telemetry/tui/tuitest"
)

// flooded is a screen on a topic into which events come faster than anybody can read.
type flooded struct {
	*onScreen
	x      *tuitest.Terminal
	broker string
	hours  int // that are published: every one is a run of its own
}

// generate gives the command that publishes another hour with about so many arrivals, and
// no more than so many events a second.
func (f *flooded) generate(arrivals, rate int) *exec.Cmd {
	from := time.Date(2025, 8, 11, f.hours, 0, 0, 0, time.UTC)
	f.hours++
	cmd := exec.Command(f.acme, "generate", "-q", "--json", "--to", "kafka", "--brokers", f.broker, "--create-topic", "--retention", "forever", "--scenario", "streaming",
		"--from", from.Format("2006-01-02T15"), "--for", "1h", "--set", fmt.Sprint("arrivals.mean_per_hour=", arrivals), "--rate", fmt.Sprint(rate))
	cmd.Env, cmd.Stderr = f.environ(""), os.Stderr
	return cmd
}

// publishedBy gives how many events a generate has published by what it printed.
func publishedBy(t *testing.T, out []byte, err error) int {
	t.Helper()
	var said struct{ Published int }
	if err == nil {
		err = json.Unmarshal(out, &said)
	}
	if err != nil {
		t.Fatalf("publish: %v; it printed %s", err, out)
	}
	return said.Published
}

// counts gives how many events the page says that it has shown, and passed over.
func (f *flooded) counts() (shown, skipped int) {
	m := regexp.MustCompile(`([\d,]+) shown, ([\d,]+) skipped`).FindStringSubmatch(f.x.Screen())
	if m == nil {
		return 0, 0
	}
	shown, _ = strconv.Atoi(strings.ReplaceAll(m[1], ",", ""))
	skipped, _ = strconv.Atoi(strings.ReplaceAll(m[2], ",", ""))
	return shown, skipped
}

// total waits until the page has counted an event for two seconds no more.
func (f *flooded) total() (n int) {
	f.x.Until("counts that stay", func() bool {
		shown, skipped := f.counts()
		n = shown + skipped
		time.Sleep(2 * time.Second)
		shown, skipped = f.counts()
		return n > 0 && shown+skipped == n
	})
	return n
}

// tail gives the rows of the tail.
func (f *flooded) tail() string {
	_, rows, _ := strings.Cut(f.x.Screen(), "┏━ Tail")
	_, rows, _ = strings.Cut(rows, "\n")
	rows, _, _ = strings.Cut(rows, "┗")
	return rows
}

// TestCheck29Flood: 50,000 events a second come into the topic that the Live page follows,
// or as many as the machine makes. The page draws 30 frames a second at most, keys are
// answered, rows that are paused stay, every event is counted as shown or as skipped, and
// memory is bounded. With -v it says what that costs; ACME_LIVE says for how long it comes.
func TestCheck29Flood(t *testing.T) {
	const rate = 50_000
	long := 8 * time.Second
	if text := os.Getenv("ACME_LIVE"); text != "" {
		var err error
		if long, err = time.ParseDuration(text); err != nil {
			t.Fatalf("ACME_LIVE: %v", err)
		}
	}
	f := &flooded{onScreen: &onScreen{t: t, acme: screenProgram(t), home: t.TempDir()}}
	f.lake, f.broker = filepath.Join(f.home, "lake"), f.onScreen.broker()
	few := func() {
		out, err := f.generate(100, rate).Output()
		publishedBy(t, out, err)
	}
	few()
	f.x = f.open(t, 120, 40, t.Name(), []string{"--screen", "live", "--brokers", f.broker})
	for end := time.Now().Add(3 * time.Minute); ; few() { // until the page has found the topic
		if shown, _ := f.counts(); shown > 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("no event is seen; screen:\n%s", f.x.Screen())
		}
	}
	before := f.total()
	flood := f.generate(int(long.Seconds()*rate), rate)
	type end struct {
		out []byte
		err error
	}
	ended := make(chan end, 1)
	go func() {
		out, err := flood.Output()
		ended <- end{out, err}
	}()
	f.x.Until("it comes", func() bool { _, skipped := f.counts(); return skipped > before+10_000 })
	pid, begin := f.x.Cmd.Process.Pid, time.Now()
	shown, skipped := f.counts()
	counted, frames, ticks, memory := shown+skipped, strings.Count(f.x.Bytes(), frameMark), ticksOf(pid), memoryOf(pid)
	f.answers(t)
	most := memory
	var all end
	for running := true; running; {
		select {
		case all = <-ended:
			running = false
		case <-time.After(100 * time.Millisecond):
			most = max(most, memoryOf(pid))
		}
	}
	n := publishedBy(t, all.out, all.err)
	shown, skipped = f.counts()
	seconds := time.Since(begin).Seconds()
	counted, frames, ticks = shown+skipped-counted, strings.Count(f.x.Bytes(), frameMark)-frames, ticksOf(pid)-ticks
	t.Logf("%.0f events a second for %.1f s: %.1f %% of a core, %.1f µs an event, %.1f frames a second, memory %d MiB at the begin and %d at most",
		float64(counted)/seconds, seconds, float64(ticks)/seconds, float64(ticks)*1e4/float64(max(counted, 1)), float64(frames)/seconds, memory>>20, most>>20)
	if atMost := int(30*seconds) + 20; frames > atMost || frames == 0 { // those of some keys are beside
		t.Errorf("%d frames in %.1f s, want one at least and %d at most", frames, seconds, atMost)
	}
	if most > 300<<20 {
		t.Errorf("%d bytes in memory", most)
	}
	for end := time.Now().Add(3 * time.Minute); ; time.Sleep(100 * time.Millisecond) {
		shown, skipped := f.counts()
		if shown+skipped == before+n {
			break
		}
		if shown+skipped > before+n || time.Now().After(end) {
			t.Fatalf("%d shown and %d skipped, want %d together; screen:\n%s", shown, skipped, before+n, f.x.Screen())
		}
	}
	f.filters(t)
	f.x.Keys(keyQuit)
	f.x.Ended(0)
}

// frameMark is what the program writes before a frame.
const frameMark = "\x1b[?2026h"

// answers has keys pressed while events come.
func (f *flooded) answers(t *testing.T) {
	t.Helper()
	x := f.x
	x.Keys(" ")
	x.See("paused")
	kept := f.tail()
	_, before := f.counts()
	x.Until("it counts on", func() bool { _, skipped := f.counts(); return skipped > before })
	if got := f.tail(); got != kept {
		t.Errorf("paused rows changed:\n%s\nwere\n%s", got, kept)
	}
	x.Keys(" ")
	x.Until("it goes on", func() bool { return !strings.Contains(x.Screen(), "paused") && f.tail() != kept })
	x.Keys("\r")
	x.See("y copy, esc close")
	x.Keys(keyEscape)
	x.See("not following")
	x.Keys("f")
	x.Until("it follows", func() bool { return !strings.Contains(x.Screen(), "not following") })
	x.Keys("\x1b5")
	x.See("begins one")
	x.Keys("\x1b4")
	x.See("┏━ Tail")
}

// filters has only events shown that have a text, while others come.
func (f *flooded) filters(t *testing.T) {
	t.Helper()
	f.x.Keys("/")
	f.x.See("Filter the tail")
	f.x.Keys("Canada\r")
	f.x.See("Tail  /Canada")
	was, hidden := f.counts() // what the tail had that passes counts as shown
	if hidden != 0 {
		t.Errorf("%d skipped before anything came", hidden)
	}
	out, err := f.generate(20_000, 10_000).Output()
	n := publishedBy(t, out, err)
	f.x.Until("what passes, and a count of the others", func() bool {
		shown, skipped := f.counts()
		return shown > was && shown+skipped == was+n
	})
	for row := range strings.Lines(strings.TrimRight(f.tail(), "\n")) {
		if strings.Contains(row, "@") && !strings.Contains(row, " Canada ") {
			t.Errorf("a row that does not pass: %s", row)
		}
	}
}

// ticksOf gives the processor time of a process, in hundredths of a second; 0 where the
// system does not say.
func ticksOf(pid int) int {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, _ := strings.Cut(string(text), ") ")
	var user, system int
	if f := strings.Fields(rest); len(f) > 12 {
		_, _ = fmt.Sscan(f[11]+" "+f[12], &user, &system)
	}
	return user + system
}
