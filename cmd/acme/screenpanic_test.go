//go:build unix

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// panicFile is the variable that names a file, for a program that is a test. While that
// has the name of a function in it, the clock panics once where it is asked for the time
// on behalf of that function.
const panicFile = "ACME_TEST_PANIC"

// clockOf gives the clock of a program that is a test.
func clockOf(env map[string]string) func() time.Time {
	file := env[panicFile]
	if file == "" {
		return time.Now
	}
	return func() time.Time {
		where, err := os.ReadFile(file)
		if err != nil || len(where) == 0 {
			return time.Now()
		}
		callers := make([]uintptr, 100)
		frames := runtime.CallersFrames(callers[:runtime.Callers(2, callers)])
		for more := true; more; {
			var f runtime.Frame
			if f, more = frames.Next(); strings.Contains(f.Function, string(where)) && os.Remove(file) == nil {
				panic("no time for \x1b]0;" + string(where) + "\x07")
			}
		}
		return time.Now()
	}
}

// screenPanics: a panic in Update, in View and in a command ends the program with the
// terminal as it was, 70, and one line that names the file in which the stack is. One in a
// goroutine of a job fails the job; an engine that dies fails its statement; and the screen
// goes on.
func screenPanics(t *testing.T, s *onScreen) {
	own := *s
	own.acme = acmeBinary(t) // it alone has a clock that panics
	s = &own
	file := filepath.Join(t.TempDir(), "where")
	arm := func(where string) {
		t.Helper()
		if err := writeWhole(file, []byte(where)); err != nil {
			t.Fatal(err)
		}
	}
	env := panicFile + "=" + file
	endless := "SELECT count_if(a.n * b.m % 7 = 3) AS endless FROM UNNEST(sequence(1, 10000)) AS a(n) CROSS JOIN UNNEST(sequence(1, 10000)) AS b(m) CROSS JOIN UNNEST(sequence(1, 10000)) AS c(k)"
	says := regexp.MustCompile(`^acme: internal error on the screen: no time for [^\x1b\x07\n]*: the lake is not touched; please report this with (~/\S*crash-\S*\.txt)\n$`)
	for _, c := range []struct{ where, begin, see, keys string }{
		{"tui.(*model).Update", "\x1b5", "begins one", "j"},
		{"tui.(*model).View", endless, "running for", ""}, // the header has how long it runs
		{"tui.(*livePage).ask", "\x1b5", "begins one", "\x1b4"},
	} {
		x := s.open(t, 100, 30, t.Name()+c.where, []string{"--screen", "sql"}, env)
		if c.begin == endless {
			write(x, endless)
			c.begin = keyF5
		}
		x.Keys(c.begin)
		x.See(c.see)
		arm(c.where)
		x.Keys(c.keys)
		x.Ended(exitInternal)
		m := says.FindStringSubmatch(x.Stderr())
		if m == nil {
			t.Errorf("%s: it says %q", c.where, x.Stderr())
			continue
		}
		text, err := os.ReadFile(s.home + strings.TrimPrefix(m[1], "~"))
		if err != nil || !strings.HasPrefix(string(text), "acme "+programVersion) || !strings.Contains(string(text), "goroutine") || !strings.Contains(string(text), c.where) {
			t.Errorf("%s: %s has, %v:\n%s", c.where, m[1], err, text)
		}
	}
	x := s.open(t, 120, 30, t.Name(), []string{"--screen", "live"}, env)
	x.See("u begin")
	x.Keys("u")
	x.See("acme pipeline up")
	x.Keys("\x15pipeline up --lake " + filepath.Join(t.TempDir(), "lake") + " --speed 600 --for 30m --set arrivals.mean_per_hour=2000\r\x1b5")
	x.Until("it publishes", func() bool { return regexp.MustCompile(`[1-9][\d,]* events`).MatchString(x.Screen()) })
	arm("cmd/acme.start.func")
	x.See("1 failed")
	x.See("internal error: no time for")
	x.Keys("\x1b2")
	ask(x, "SELECT 4 AS four", "row 1 of 1") // an engine that dies before it has a statement gives it to the next
	idle := engineTicks(t, x.Cmd.Process.Pid)
	write(x, endless)
	x.Keys(keyF5)
	x.See("running for")
	x.Until("the engine works", func() bool { return engineTicks(t, x.Cmd.Process.Pid) > idle+20 })
	signalEngine(t, x.Cmd.Process.Pid, syscall.SIGABRT)
	x.See("ENGINE_CRASHED")
	x.See("the next statement gets a new query process")
	ask(x, "SELECT 5 AS five", "row 1 of 1")
	x.Keys(keyQuit)
	x.Ended(0)
	if said := x.Stderr(); said != "" {
		t.Errorf("it says %q", said)
	}
}
