//go:build unix

package main

import (
	"fmt"
	"image/color"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"acme/telemetry/tui/tuitest"
)

// onScreen is the program in a terminal over a lake of its own.
type onScreen struct {
	t          *testing.T
	acme, lake string
	home       string
	env        []string // beside what every reader has
}

// newOnScreen makes a lake of some hours with about so many events each.
func newOnScreen(t *testing.T, hours, arrivals int) *onScreen {
	t.Helper()
	s := &onScreen{t: t, acme: screenProgram(t), home: t.TempDir()}
	s.lake = filepath.Join(s.home, "lake")
	s.run("generate", "-q", "--scenario", "streaming", "--from", "2025-08-11T17", "--for", fmt.Sprint(hours, "h"), "--set", fmt.Sprint("arrivals.mean_per_hour=", arrivals))
	return s
}

// screenProgram gives the program that is shown: the test binary under the name by which it
// is acme, or what ACME_PROGRAM names, such as one that was built with the race detector.
func screenProgram(t *testing.T) string {
	t.Helper()
	name := os.Getenv("ACME_PROGRAM")
	if name == "" {
		return acmeBinary(t)
	}
	if !filepath.IsAbs(name) {
		t.Fatalf("ACME_PROGRAM=%s: want a path from the root, for the program is run in other folders", name)
	}
	return name
}

// run runs a verb on the lake and gives what it prints.
func (s *onScreen) run(args ...string) string {
	s.t.Helper()
	var said strings.Builder
	cmd := exec.Command(s.acme, append(args, "--lake", s.lake)...)
	cmd.Env, cmd.Stderr = s.environ(""), &said
	out, err := cmd.Output()
	if err != nil {
		s.t.Fatalf("acme %s: %v\n%s", strings.Join(args, " "), err, &said)
	}
	return strings.TrimSpace(string(out))
}

// environ is the environment of a reader with a state folder of that name.
func (s *onScreen) environ(state string, more ...string) []string {
	return append([]string{"TERM=xterm-256color", "COLORTERM=truecolor", "LANG=C.UTF-8", "PATH=" + os.Getenv("PATH"), "HOME=" + s.home,
		"XDG_STATE_HOME=" + filepath.Join(s.home, "state", state), "XDG_CACHE_HOME=" + filepath.Join(s.home, "cache")}, slices.Concat(s.env, more)...)
}

// open shows the screen; every state is a reader who was not here before.
func (s *onScreen) open(t *testing.T, w, h int, state string, args []string, env ...string) *tuitest.Terminal {
	t.Helper()
	return s.openOn(t, nil, w, h, state, args, env...)
}

// openOn is open in a terminal with that background.
func (s *onScreen) openOn(t *testing.T, ground color.Color, w, h int, state string, args []string, env ...string) *tuitest.Terminal {
	t.Helper()
	cmd := exec.Command(s.acme, append([]string{"tui", "--lake", s.lake}, args...)...)
	cmd.Env, cmd.Dir = s.environ(state, env...), s.home
	x := tuitest.Start(t, cmd, w, h, ground)
	x.See("6 Quality")
	return x
}

// start runs a command line in a terminal.
func (s *onScreen) start(t *testing.T, w, h int, state string, args []string, env ...string) *tuitest.Terminal {
	t.Helper()
	cmd := exec.Command(s.acme, args...)
	cmd.Env, cmd.Dir = s.environ(state, env...), s.home
	return tuitest.Start(t, cmd, w, h, nil)
}

// Keys as terminals send them.
const (
	keyF5     = "\x1b[15~"
	keyF2     = "\x1bOQ"
	keyF3     = "\x1bOR"
	keyF7     = "\x1b[18~"
	keyQuit   = "\x11"
	keyAll    = "\x01"
	keyHome   = "\x1b[1;5H"
	keyCancel = "\x03"
	keyEscape = "\x1b[27u" // as terminals send it that leave nothing to guess
)

// write puts a text in the editor in place of what is there.
func write(x *tuitest.Terminal, text string) {
	x.Keys(keyF2 + keyAll + "\x1b[200~" + text + "\x1b[201~")
	x.See(text[max(strings.LastIndexByte(text, '\n')+1, len(text)-16):]) // the cursor is at the end
}

// ask has a statement run and waits for what its result's frame says.
func ask(x *tuitest.Terminal, text, want string) {
	write(x, text)
	x.Keys(keyF5)
	x.See(want)
}

// rowsWanted is how long results are: a few hundred thousand, or ACME_ROWS.
func rowsWanted(t *testing.T) int {
	t.Helper()
	return wanted(t, "ACME_ROWS", 300_000, 300_000)
}

// wanted is a number of thousands that a variable says, or another one where it is not set.
func wanted(t *testing.T, variable string, otherwise, least int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n%1000 != 0 {
		t.Fatalf("%s=%s: want thousands, %d at least", variable, text, least)
	}
	return n
}

// manyRows is a statement with n rows.
func manyRows(n int) string {
	return fmt.Sprintf("SELECT a.n * 1000 + b.m AS id, a.n %% 7 AS shard, 'device-' || CAST(b.m AS varchar) AS device\nFROM UNNEST(sequence(0, %d)) AS a(n) CROSS JOIN UNNEST(sequence(1, 1000)) AS b(m)", n/1000-1)
}

// grouped writes a number as the screen does.
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// memoryOf gives the bytes that a process has in memory; 0 where the system does not say.
func memoryOf(pid int) int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	m := regexp.MustCompile(`VmRSS:\s+(\d+) kB`).FindSubmatch(text)
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(string(m[1]))
	return n << 10
}

// TestScreenProgram is the program itself in a terminal: checks that fakes cannot make,
// since engine, files and processes are what they are about.
func TestScreenProgram(t *testing.T) {
	s := newOnScreen(t, 1, 1500)
	for name, check := range map[string]func(*testing.T, *onScreen){
		"Check02Small": screenSmall, "Check09ASCII": screenASCII, "Check13Editor": screenEditor, "Check15RunKeys": screenRunKeys,
		"Check20Long": screenLong, "Check21Shapes": screenShapes, "Check24Export": screenExport, "Check26Error": screenError,
		"Check27Several": screenSeveral, "Check31Job": screenJob,
		"Check04Partitions": screenPartitions, "Check05And06NoTerminal": screenNoTerminal, "Check07And08Colours": screenColours, "Check08And38Ground": screenGround,
		"Check01Pages": screenPages, "Check03Storm": screenStorm, "Check10Ends": screenEnds, "Check11Panics": screenPanics, "Check12Suspend": screenSuspend, "Check14Gone": screenGone, "Check16Paste": screenPaste,
		"Check17Escape": screenEscape, "Check18Mouse": screenMouse, "Check22Hostile": screenHostile, "Check25Cancel": screenCancel, "Check28Copy": screenCopy, "Check39Still": screenStill, "Check41Newcomer": screenNewcomer,
		"Check33And34Session": screenSession, "Check35And36Keys": screenKeys, "Check37ReadOnly": screenReadOnly, "Check24And30FullDisk": screenFullDisk, "Check40Leaves": screenLeaves,
	} {
		t.Run(name, func(t *testing.T) { check(t, s) })
	}
}

// screenSmall: a terminal that is too small says so and can be left; when it grows,
// everything is where it was.
func screenSmall(t *testing.T, s *onScreen) {
	for _, size := range [][2]int{{60, 15}, {20, 5}} {
		x := s.open(t, 100, 30, t.Name()+fmt.Sprint(size), []string{"--screen", "sql"})
		write(x, "SELECT 42 AS answer")
		x.Resize(size[0], size[1])
		x.See("terminal too small"[:min(18, size[0])])
		x.Resize(100, 30)
		x.See("SELECT 42 AS answer")
		x.Resize(size[0], size[1])
		x.See("terminal too small"[:min(18, size[0])])
		x.Keys("q")
		x.Ended(0)
	}
}

// screenASCII: where the locale is C, or by --ascii, no character beyond ASCII is drawn.
func screenASCII(t *testing.T, s *onScreen) {
	for name, c := range map[string]struct{ args, env []string }{"C": {nil, []string{"LANG=C", "LC_ALL=C"}}, "flag": {[]string{"--ascii"}, nil}} {
		x := s.open(t, 100, 30, t.Name()+name, c.args, c.env...)
		x.See("Event types")
		for _, page := range []string{"\x1b2", "\x1b3", "\x1b4", "\x1b5", "\x1b6"} {
			x.Keys(page)
			x.Rest(200 * time.Millisecond)
			for _, r := range x.Screen() {
				if r > 126 {
					t.Errorf("%s: page %s has %q:\n%s", name, page[1:], r, x.Screen())
					break
				}
			}
		}
		if !strings.Contains(x.Screen(), "+-") {
			t.Errorf("%s: no frames:\n%s", name, x.Screen())
		}
		x.Keys(keyQuit)
		x.Ended(0)
	}
}

// screenEditor: the reader's editor has the terminal itself; its text comes back, and
// where it fails the text is as it was.
func screenEditor(t *testing.T, s *onScreen) {
	good, bad := filepath.Join(t.TempDir(), "good"), filepath.Join(t.TempDir(), "bad")
	for name, script := range map[string]string{
		good: "#!/bin/sh\ntest -t 0 && test -t 1 && echo 'SELECT 7 AS from_outside' > \"$1\"\n",
		bad:  "#!/bin/sh\necho 'SELECT 8 AS lost' > \"$1\"; exit 3\n",
	} {
		if err := os.WriteFile(name, []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	x := s.open(t, 100, 30, t.Name(), []string{"--screen", "sql"}, "EDITOR="+good)
	write(x, "SELECT 6 AS inside")
	x.Keys("\x1be")
	x.See("SELECT 7 AS from_outside")
	x.Keys(keyQuit)
	x.Ended(0)
	y := s.open(t, 100, 30, t.Name()+"bad", []string{"--screen", "sql"}, "EDITOR="+bad)
	write(y, "SELECT 6 AS inside")
	y.Keys("\x1be")
	y.See("the editor failed, the text is as it was")
	y.See("SELECT 6 AS inside")
	y.Keys(keyQuit)
	y.Ended(0)
}

// screenRunKeys: four keys run a statement, and enter is none of them.
func screenRunKeys(t *testing.T, s *onScreen) {
	x := s.open(t, 100, 30, t.Name(), []string{"--screen", "sql"})
	write(x, "SELECT 0 AS never")
	x.Keys("\r\r")
	x.Rest(300 * time.Millisecond)
	if strings.Contains(x.Screen(), "1 row") || !strings.Contains(x.Screen(), "F5 runs the statement") {
		t.Fatalf("enter ran it:\n%s", x.Screen())
	}
	for i, key := range []string{keyF5, "\x0a", "\x1b\r", "\x1b[13;5u"} {
		name := fmt.Sprintf("ran_by_key_%d", i)
		write(x, "SELECT 1 AS "+name)
		x.Keys(key)
		x.Until(name+" is a column", func() bool { return strings.Count(x.Screen(), name) >= 2 })
	}
	x.Keys(keyQuit)
	x.Ended(0)
}

// screenLong: of a long result the first rows come before the last, G shows the last
// row, the count is exact, memory is bounded, and what is derived of it can be cancelled.
func screenLong(t *testing.T, s *onScreen) {
	n := rowsWanted(t)
	x := s.open(t, 120, 30, t.Name(), []string{"--screen", "sql"})
	ask(x, manyRows(n), "row 1 of")
	x.Keys("\t")
	for end := time.Now().Add(10 * time.Minute); !strings.Contains(x.Screen(), "of "+grouped(n)) && time.Now().Before(end); {
		time.Sleep(50 * time.Millisecond)
		if m := memoryOf(x.Cmd.Process.Pid); m > 300<<20 {
			t.Fatalf("%d bytes in memory", m)
		}
	}
	x.See("row 1 of " + grouped(n))
	x.Keys("G")
	x.See("row " + grouped(n) + " of " + grouped(n))
	x.Until("the last row", func() bool {
		return regexp.MustCompile(`▶ *` + strconv.Itoa(n) + ` .*device-`).MatchString(x.Screen())
	})
	for range 100 {
		x.Keys("k")
	}
	x.See("row " + grouped(n-100) + " of " + grouped(n))
	screenDerived(t, x, n)
	if m := memoryOf(x.Cmd.Process.Pid); m > 300<<20 {
		t.Errorf("%d bytes in memory", m)
	}
	x.Keys(keyQuit)
	x.Ended(0)
}

// screenDerived is check 23 on a long result: a sort and a frequency by the engine show
// that they run, can be cancelled, and leave the result before.
func screenDerived(t *testing.T, x *tuitest.Terminal, n int) {
	goOn := pauseEngine(t, x.Cmd.Process.Pid) // or it may be done before it is cancelled
	x.Keys("0F")
	x.See("running for")
	x.See("frequency of id")
	x.Keys(keyCancel)
	x.See("cancelled after")
	goOn()
	x.Keys("[")
	x.See("of " + grouped(n))
	x.Keys("lF")
	x.See("row 1 of 7")
	x.Keys("[")
	x.See("of " + grouped(n))
	x.Keys("0lls")
	x.See("sorted by device")
	for end := time.Now().Add(10 * time.Minute); !strings.Contains(x.Screen(), "row 1 of "+grouped(n)) && time.Now().Before(end); {
		time.Sleep(50 * time.Millisecond)
	}
	x.Until("the first in order", func() bool { return regexp.MustCompile(`▶ *1 .*device-1 `).MatchString(x.Screen()) })
}

// pauseEngine stops the processes that a program has started, which is where statements
// run, and gives what lets them go on.
func pauseEngine(t *testing.T, pid int) (goOn func()) {
	t.Helper()
	signalEngine(t, pid, syscall.SIGSTOP)
	return func() { signalEngine(t, pid, syscall.SIGCONT) }
}

// signalEngine sends a signal to the processes that a program has started.
func signalEngine(t *testing.T, pid int, sig syscall.Signal) {
	t.Helper()
	out, err := exec.Command("ps", "-A", "-o", "pid=,ppid=").Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []int
	for line := range strings.Lines(string(out)) {
		var child, parent int
		if n, _ := fmt.Sscan(line, &child, &parent); n == 2 && parent == pid {
			all = append(all, child)
		}
	}
	if len(all) == 0 {
		t.Fatalf("process %d has no engine", pid)
	}
	for _, child := range all {
		if err := syscall.Kill(child, sig); err != nil {
			t.Error(err)
		}
	}
}

// screenShapes: what the engine gives in strange shapes is drawn, and told apart.
func screenShapes(t *testing.T, s *onScreen) {
	x := s.open(t, 120, 30, t.Name(), []string{"--screen", "sql"})
	ask(x, "SELECT NULL AS a, '' AS b, 'NULL' AS c, CAST(1 AS decimal(38,10)) AS d, ARRAY[ROW(1, 'x')] AS e, infinity() AS f, '日本語👩‍💻' AS g, chr(27) || '[31mred' AS hostile_cell", "1 row")
	for _, want := range []string{"∅", "NULL", "1.0000000000", "[{field0=1"} {
		x.See(want)
	}
	x.Keys("\t$")
	for _, want := range []string{"Infinity", "日本語", `\x1b[31mred`} {
		x.See(want)
	}
	ask(x, "SELECT 1 AS twin, 2 AS twin", "1 row")
	x.Until("both", func() bool { return strings.Count(x.Screen(), "twin │")+strings.Count(x.Screen(), "twin") >= 3 })
	ask(x, "SELECT 1 AS gone WHERE 1 = 0", "0 rows")
	x.See("─ no rows ─")
	var cols []string
	for i := range 1000 {
		cols = append(cols, fmt.Sprintf("%d AS c%d", i, i))
	}
	ask(x, "SELECT "+strings.Join(cols, ", "), "of 1000")
	x.Keys("\t$")
	x.See("999")
	x.Keys(keyF2)
	ask(x, "SELECT array_join(repeat('x', 10000), 'y') || 'end' AS big", "xyxyxyxy")
	x.Keys("\t\r")
	x.See("esc close")
	x.Keys("\x1b")
	x.Rest(200 * time.Millisecond)
	ask(x, "DROP TABLE IF EXISTS acme_telemetry.nothing", "the statement has no result")
	if strings.Contains(x.Bytes(), "\x1b[31mred") {
		t.Error("an escape sequence of a cell is on the wire")
	}
	x.Keys(keyQuit)
	x.Ended(0)
}

// screenExport: a long result goes to CSV, JSON and Parquet, whole, while the grid is
// looked at; a cancelled export leaves nothing, and a full disk is said as such.
func screenExport(t *testing.T, s *onScreen) {
	n := rowsWanted(t)
	dir := t.TempDir()
	x := s.open(t, 120, 30, t.Name(), []string{"--screen", "sql"})
	ask(x, manyRows(n), "row 1 of")
	for end := time.Now().Add(10 * time.Minute); !strings.Contains(x.Screen(), "of "+grouped(n)) && time.Now().Before(end); {
		time.Sleep(50 * time.Millisecond)
	}
	x.Keys("\t")
	x.See("e export")
	export := func(name string) {
		x.Keys("e")
		x.See("Export the result")
		x.Keys("\x15" + name + "\r")
		x.Until("the question is gone", func() bool { return !strings.Contains(x.Screen(), "Export the result") })
	}
	for _, name := range []string{"r.csv", "r.jsonl", "r.parquet"} {
		name = filepath.Join(dir, name)
		export(name)
		x.Keys("jjjj")
		for end := time.Now().Add(10 * time.Minute); !exists(name) && time.Now().Before(end); {
			if strings.Contains(x.Screen(), "failed") {
				t.Fatalf("%s was not written; screen:\n%s", name, x.Screen())
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	if text, err := os.ReadFile(filepath.Join(dir, "r.csv")); err != nil || strings.Count(string(text), "\n") != n+1 {
		t.Errorf("r.csv has %d lines, %v", strings.Count(string(text), "\n"), err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "r.jsonl")); err != nil || strings.Count(string(text), "\n") != n {
		t.Errorf("r.jsonl has %d lines, %v", strings.Count(string(text), "\n"), err)
	}
	x.See("row 13 of")
	export(filepath.Join(dir, "gone.csv"))
	x.Keys("\x1b5")
	x.See("gone.csv")
	x.Keys("x")
	x.Until("cancelled, or done before", func() bool {
		return strings.Contains(x.Screen(), "1 cancelled") || strings.Contains(x.Screen(), "4 done")
	})
	x.Keys("\x1b2")
	if exists("/dev/full") {
		export("/proc/no/such.csv")
		x.See("failed")
	}
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range list {
		if strings.HasPrefix(d.Name(), ".") {
			t.Errorf("left %s", d.Name())
		}
	}
	x.Keys(keyQuit)
	x.Ended(0)
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// screenError: an error has its place, its hint and its line in the history, and stays.
func screenError(t *testing.T, s *onScreen) {
	x := s.open(t, 120, 30, t.Name(), []string{"--screen", "sql"})
	ask(x, "SELECT 1;\nSELECT devcie_type\nFROM acme_telemetry.video_telemetry_json", "COLUMN_NOT_FOUND")
	x.Until("a caret under the column", func() bool {
		lines := strings.Split(x.Screen(), "\n")
		for i, l := range lines {
			if at := strings.Index(l, "2 │ SELECT devcie_type"); at >= 0 && i+1 < len(lines) {
				return strings.Contains(lines[i+1], "^")
			}
		}
		return false
	})
	x.Keys(keyF3 + "y")
	x.See("copied the error")
	x.Keys(keyF2 + "\x12")
	x.See("▶ ✗")
	x.Keys("\x1b")
	x.Until("the history is closed", func() bool {
		return !strings.Contains(x.Screen(), "▶ ✗") && strings.Contains(x.Screen(), "commands")
	})
	x.Keys(keyQuit)
	x.Ended(0)
}

// screenSeveral: of several statements the one under the cursor runs, or the selection,
// or all; a semicolon in a string or a comment ends none.
func screenSeveral(t *testing.T, s *onScreen) {
	x := s.open(t, 120, 30, t.Name(), []string{"--screen", "sql"})
	write(x, "SELECT ';' AS first_one; -- ; no end\nSELECT 2 AS second_one")
	x.Keys(keyF5)
	x.Until("the second", func() bool { return strings.Count(x.Screen(), "second_one") >= 2 })
	x.Keys(keyHome + keyF5)
	x.Until("the first", func() bool { return strings.Count(x.Screen(), "first_one") >= 2 })
	x.Keys(keyF7)
	x.See("Result 2/2")
	write(x, "SELECT 1 AS one, 2 AS two")
	x.Keys(keyHome + strings.Repeat("\x1b[1;2C", len("SELECT 1 AS one")))
	x.See("selection runs")
	x.Keys(keyF5)
	x.Until("one column", func() bool {
		return strings.Count(x.Screen(), "Column one") == 1 && strings.Count(x.Screen(), "two") == 1
	})
	x.Keys(keyQuit)
	x.Ended(0)
}

// screenJob: a verb runs as a job with a bar that never goes back, is cancelled, goes on,
// and quit asks while it runs.
func screenJob(t *testing.T, s *onScreen) {
	x := s.open(t, 120, 30, t.Name(), []string{"--screen", "jobs"})
	begin := func(line string) {
		x.Keys("n")
		x.See("New job")
		x.Keys("back\r")
		x.See("acme")
		x.Keys("\x15" + line + "\r")
	}
	begin("backfill --scenario streaming --from 2025-09-01 --to 2025-09-03 --set arrivals.mean_per_hour=4000")
	share := regexp.MustCompile(`(\d+)%`)
	last := 0
	x.Until("a bar", func() bool {
		m := share.FindStringSubmatch(x.Screen())
		if m == nil {
			return false
		}
		n, _ := strconv.Atoi(m[1])
		if n < last {
			t.Fatalf("the bar went from %d to %d", last, n)
		}
		last = n
		return n > 0
	})
	x.Keys("q")
	x.See("A job is running")
	x.Keys("\x1b")
	x.Until("it stays", func() bool { return !strings.Contains(x.Screen(), "A job is running") })
	x.Keys("x")
	x.See("cancelled; R goes on")
	x.Keys("R")
	for end := time.Now().Add(3 * time.Minute); !strings.Contains(x.Screen(), "1 done") && time.Now().Before(end); {
		time.Sleep(50 * time.Millisecond)
	}
	x.See("1 done")
	x.Keys("q")
	x.Ended(0)
	s.run("verify", "-q")
	if got := s.run("query", "--format", "csv", "SELECT count(DISTINCT day * 24 + hour) FROM acme_telemetry.video_telemetry_json WHERE month = 9"); !strings.HasSuffix(got, "48") && !strings.Contains(got, "48") {
		t.Errorf("hours of September: %s", got)
	}
}

// kill ends a program as nothing can prepare for.
func kill(t *testing.T, x *tuitest.Terminal) {
	t.Helper()
	if err := x.Cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = x.Cmd.Wait()
}

// TestCheck32Kill: the screen is killed with SIGKILL while it migrates, while it fills
// hours and while it writes a result. The next screen shows the job as interrupted; until
// then nothing half can be queried, and one key finishes it.
func TestCheck32Kill(t *testing.T) {
	s := newOnScreen(t, 4, 16000)
	want := s.run("query", "--format", "csv", "SELECT count(*) FROM acme_telemetry.video_telemetry_json")
	running := func(x *tuitest.Terminal) {
		moves := regexp.MustCompile(`[1-9]\d?%|[1-9][\d,]* rows`)
		x.Until("it runs", func() bool { // and what it does is not what the list of verbs says of one
			s := x.Screen()
			return strings.Contains(s, "1 running") && !strings.Contains(s, "New job") && moves.MatchString(s)
		})
	}
	killed := func(t *testing.T, x *tuitest.Terminal) {
		kill(t, x)
		left, err := filepath.Glob(filepath.Join(s.home, "state", t.Name(), "acme", "jobs", "*", journalFile))
		if err != nil || len(left) != 1 {
			t.Fatalf("the journal has %v, %v; screen:\n%s", left, err, x.Screen())
		}
	}
	goOn := func(x *tuitest.Terminal, kind string) {
		x.See("interrupted")
		x.Keys("\x1b5")
		x.See("1 interrupted")
		x.See(kind)
		x.Keys("R")
		for end := time.Now().Add(3 * time.Minute); !strings.Contains(x.Screen(), "1 done") && time.Now().Before(end); {
			time.Sleep(50 * time.Millisecond)
		}
		x.See("1 done")
		x.Keys(keyQuit)
		x.Ended(0)
	}
	t.Run("migrate", func(t *testing.T) {
		x := s.open(t, 120, 30, t.Name(), []string{"--screen", "jobs"})
		x.Keys("n")
		x.See("New job")
		x.Keys("migrate\r\r")
		running(x)
		killed(t, x)
		s.run("verify", "-q")
		half := s.run("query", "--format", "csv", "SELECT hour, count(*) FROM acme_telemetry.video_telemetry_parquet GROUP BY 1")
		whole := s.run("query", "--format", "csv", "SELECT hour, count(*) FROM acme_telemetry.video_telemetry_json GROUP BY 1")
		for line := range strings.Lines(half) {
			if !strings.Contains(whole+"\n", strings.TrimSpace(line)+"\n") && !strings.HasPrefix(line, "hour") && !strings.HasPrefix(line, "\"hour") {
				t.Errorf("half an hour can be queried: %q of\n%s", line, whole)
			}
		}
		goOn(s.open(t, 120, 30, t.Name(), nil), "migrate")
		if got := s.run("query", "--format", "csv", "SELECT count(*) FROM acme_telemetry.video_telemetry_parquet"); got != want {
			t.Errorf("%s rows are migrated, want %s", got, want)
		}
		s.run("verify", "-q")
	})
	t.Run("backfill", func(t *testing.T) {
		line := "backfill --scenario streaming --from 2025-09-01 --to 2025-09-02 --set arrivals.mean_per_hour=6000"
		x := s.open(t, 120, 30, t.Name(), []string{"--screen", "jobs"})
		x.Keys("n")
		x.See("New job")
		x.Keys("back\r")
		x.See("acme")
		x.Keys("\x15" + line + "\r")
		running(x)
		killed(t, x)
		goOn(s.open(t, 120, 30, t.Name(), nil), "backfill")
		s.run("verify", "-q")
		if got := s.run("query", "--format", "csv", "SELECT count(DISTINCT hour) FROM acme_telemetry.video_telemetry_json WHERE month = 9"); !strings.Contains(got, "24") {
			t.Errorf("hours of the day: %s", got)
		}
	})
	t.Run("export", func(t *testing.T) {
		const n = 2_000_000
		name := filepath.Join(t.TempDir(), "rows.jsonl")
		x := s.open(t, 120, 30, t.Name(), []string{"--screen", "sql"})
		ask(x, manyRows(n), "row 1 of")
		x.Keys("\t")
		x.See("e export")
		for end := time.Now().Add(3 * time.Minute); !strings.Contains(x.Screen(), "of "+grouped(n)) && time.Now().Before(end); {
			time.Sleep(50 * time.Millisecond)
		}
		x.Keys("e")
		x.See("Export the result")
		x.Keys("\x15" + name + "\r\x1b5")
		running(x)
		killed(t, x)
		if exists(name) {
			t.Fatal("half of the file is there under its name")
		}
		left, _ := os.ReadDir(filepath.Dir(name))
		if len(left) != 1 {
			t.Errorf("left %v, want what was being written", left)
		}
		goOn(s.open(t, 120, 30, t.Name(), nil), "export")
		text, err := os.ReadFile(name)
		if err != nil || strings.Count(string(text), "\n") != n {
			t.Errorf("%d lines, %v", strings.Count(string(text), "\n"), err)
		}
		if left, _ := os.ReadDir(filepath.Dir(name)); len(left) != 1 {
			t.Errorf("left %v beside the file", left)
		}
	})
}
