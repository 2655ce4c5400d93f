//go:build unix

package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"image/color"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"

	"acme/telemetry/tui/tuitest"
)

// pages are what every page of the screen shows when it has its data, by its key.
var pages = []struct{ key, see string }{
	{"\x1b1", "Event types"}, {"\x1b2", "query-1"}, {"\x1b3", "Tables"}, {"\x1b4", "No pipeline runs here"}, {"\x1b5", "begins one"}, {"\x1b6", "hold,"},
}

// without runs a verb with no terminal at all, not even one that controls it.
func (s *onScreen) without(t *testing.T, env []string, args ...string) (code int, out, said string) {
	t.Helper()
	var a, b strings.Builder
	cmd := exec.Command(s.acme, args...)
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = s.environ(t.Name(), env...), s.home, &a, &b
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), a.String(), b.String()
}

// screenPartitions: with very many partitions the first frame comes before any of them is
// read, and all are there when they are asked for.
func screenPartitions(t *testing.T, s *onScreen) {
	hours := wanted(t, "ACME_PARTITIONS", 1000, 1000)
	lake := filepath.Join(t.TempDir(), "lake")
	one := filepath.Join(t.TempDir(), "one.gz")
	var text bytes.Buffer
	z := gzip.NewWriter(&text)
	_, err := io.WriteString(z, `{"event_type":"start"}`+"\n")
	if err := errors.Join(err, z.Close(), os.WriteFile(one, text.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
	for i := range hours {
		at := time.Date(2024, 1, 1, i, 0, 0, 0, time.UTC)
		dir := filepath.Join(lake, "telemetry", at.Format("year=2006/month=01/day=02/hour=15"))
		if err := errors.Join(os.MkdirAll(dir, 0o755), os.Link(one, filepath.Join(dir, "one.gz"))); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	x := s.start(t, 100, 30, t.Name(), []string{"tui", "--lake", lake, "--screen", "browse"})
	x.See("6 Quality")
	t.Logf("the first frame after %v", time.Since(began))
	x.See("▶    video_telemetry_json")
	x.Keys("\r")
	x.See("row 1 of " + grouped(hours))
	x.Keys(keyQuit)
	x.Ended(0)
}

// screenNoTerminal: without a terminal, or on one that can only print, there is the plain
// report or an error that names it, and no escape sequence.
func screenNoTerminal(t *testing.T, s *onScreen) {
	lake := "ACME_LAKE=" + s.lake
	code, out, said := s.without(t, []string{lake})
	if code != 0 || !strings.Contains(out, "Event types") || strings.ContainsRune(out+said, '\x1b') {
		t.Errorf("acme: exit %d, wrote %q, said %q", code, out, said)
	}
	code, out, said = s.without(t, []string{lake}, "tui")
	if code != 2 || out != "" || !strings.Contains(said, "acme report prints the same figures") || strings.ContainsRune(said, '\x1b') {
		t.Errorf("acme tui: exit %d, wrote %q, said %q", code, out, said)
	}
	for _, env := range [][]string{{"TERM=dumb"}, {"TERM="}} {
		x := s.start(t, 80, 24, "dumb", []string{"tui"}, append(env, lake)...)
		_ = x.Cmd.Wait()
		if code := x.Cmd.ProcessState.ExitCode(); code != 2 || !strings.Contains(x.Stderr(), "acme report prints the same figures") {
			t.Errorf("%s: exit %d, said %q", env, code, x.Stderr())
		}
		if strings.ContainsRune(x.Bytes()+x.Stderr(), '\x1b') {
			t.Errorf("%s: wrote %q, said %q", env, x.Bytes(), x.Stderr())
		}
	}
	x := s.start(t, 80, 24, "dumb", nil, "TERM=dumb", lake)
	x.See("Hours watched have one digit")
	_ = x.Cmd.Wait()
	if strings.ContainsRune(x.Bytes(), '\x1b') {
		t.Errorf("acme on a dumb terminal wrote %q", x.Bytes())
	}
}

// screenColours: NO_COLOR and --color=never take every colour off every page, and what is
// selected still shows; 16, 256 and all colours are each in their own codes.
func screenColours(t *testing.T, s *onScreen) {
	coloured := regexp.MustCompile(`\x1b\[(?:[0-9;:]*;)?(?:3[0-9]|4[0-9]|9[0-7]|10[0-7])(?:[;:][0-9;:]*)?m`)
	for name, c := range map[string]struct {
		args, env []string
		want      string // of the codes of colours; empty for none
	}{
		"NO_COLOR":    {nil, []string{"NO_COLOR=1"}, ""},
		"never":       {[]string{"--color=never"}, nil, ""},
		"always":      {[]string{"--color=always"}, []string{"NO_COLOR=1"}, `\x1b\[[0-9;]*38;2;`},
		"truecolor":   {nil, nil, `\x1b\[[0-9;]*38;2;`},
		"256 colours": {nil, []string{"COLORTERM="}, `\x1b\[[0-9;]*38;5;`},
		"16 colours":  {nil, []string{"COLORTERM=", "TERM=xterm"}, `\x1b\[[0-9;]*9[0-7]m`},
	} {
		x := s.open(t, 100, 30, "colours "+name, append(c.args, "--screen", "jobs"), c.env...)
		x.See("begins one")
		for _, p := range pages {
			if name == "NO_COLOR" {
				x.Keys(p.key)
				x.See(p.see)
			}
		}
		x.Keys(keyQuit)
		x.Ended(0)
		stream := x.Bytes()
		if found := coloured.FindString(stream); (found != "") != (c.want != "") {
			t.Errorf("%s: a colour %q", name, found)
		}
		if c.want != "" && !regexp.MustCompile(c.want).MatchString(stream) {
			t.Errorf("%s: no code of %s", name, c.want)
		}
		if name == "16 colours" && regexp.MustCompile(`[34]8[;:][25]`).MatchString(stream) {
			t.Error("16 colours: more than 16 were used")
		}
		if name == "NO_COLOR" && !regexp.MustCompile(`\x1b\[[0-9;]*\b7\b`).MatchString(stream) {
			t.Errorf("%s: nothing is in reverse", name)
		}
	}
	if _, out, _ := s.without(t, nil, "--lake", s.lake, "--color=auto", "report"); strings.ContainsRune(out, '\x1b') {
		t.Error("a report into a pipe has colours")
	}
	if _, out, _ := s.without(t, []string{"CLICOLOR_FORCE=1"}, "--lake", s.lake, "report"); !strings.ContainsRune(out, '\x1b') {
		t.Error("CLICOLOR_FORCE gives none")
	}
}

// screenGround: whatever the terminal says of its background, every character of every
// page stands out from what is behind it, 4.5 to 1, frames and tracks too; signs say what
// colours say; and the field that takes text has the terminal's cursor.
func screenGround(t *testing.T, s *onScreen) {
	for name, ground := range map[string]color.Color{"dark": color.Black, "light": color.White} {
		x := s.openOn(t, ground, 100, 30, "ground "+name, []string{"--screen", "report"})
		x.See("Event types")
		x.Until("the theme", func() bool { return worst(x.Inks(), ground) >= 4.5 })
		for _, p := range pages {
			x.Keys(p.key)
			x.See(p.see)
			x.Rest(100 * time.Millisecond)
			if n := worst(x.Inks(), ground); n < 4.5 {
				t.Errorf("%s: %s: a contrast of %.2f:\n%s", name, p.see, n, x.Screen())
			}
		}
		for _, sign := range []string{"! SD buffers most", "✓ events_seen", "▶"} {
			x.See(sign)
		}
		x.Keys("\x1b2")
		x.See("query-1")
		for _, field := range []struct{ keys, see string }{{"", "line 1, column 1"}, {"\x10", "Commands"}, {"\x1b", "line 1, column 1"}, {"\x06", "Find"}} {
			x.Keys(field.keys)
			x.See(field.see)
			x.Until("a cursor in "+field.see, func() bool {
				column, row, ok := x.Cursor()
				return ok && row > 0 && column > 0
			})
		}
		x.Keys("\x1b")
		x.Until("the question is gone", func() bool { return !strings.Contains(x.Screen(), "finds it again") })
		x.Keys(keyQuit)
		x.Ended(0)
	}
	s.silent(t)
}

// silent starts the program in a terminal that answers no question: the first frame
// comes all the same.
func (s *onScreen) silent(t *testing.T) {
	t.Helper()
	cmd := exec.Command(s.acme, "tui", "--lake", s.lake, "--screen", "jobs")
	cmd.Env = s.environ("silent")
	master, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 80})
	if err != nil {
		t.Fatal(err)
	}
	defer master.Close()
	var seen strings.Builder
	buf := make([]byte, 1<<12)
	for !strings.Contains(seen.String(), "begins one") {
		n, err := master.Read(buf)
		if err != nil {
			t.Fatalf("it ended with %v after %q", err, seen.String())
		}
		seen.Write(buf[:n])
	}
	_, _ = io.WriteString(master, keyQuit)
	go io.Copy(io.Discard, master) // what it says at the end
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// worst gives the lowest contrast of what is on the screen; what has no colour of its own
// is the terminal's affair, unless it stands on a ground of ours.
func worst(inks []tuitest.Ink, ground color.Color) float64 {
	low := math.Inf(1)
	front := map[bool]color.Color{true: color.White, false: color.Black}[ground == color.Black]
	for _, k := range inks {
		if k.Foreground == nil && k.Background == nil {
			continue
		}
		if k.Foreground == nil {
			k.Foreground = front
		}
		if k.Background == nil {
			k.Background = ground
		}
		low = min(low, contrast(k.Foreground, k.Background))
	}
	return low
}

// contrast is WCAG's ratio of two colours.
func contrast(a, b color.Color) float64 {
	light := func(c color.Color) float64 {
		part := func(v uint32) float64 {
			f := float64(v) / 0xffff
			if f <= 0.03928 {
				return f / 12.92
			}
			return math.Pow((f+0.055)/1.055, 2.4)
		}
		r, g, b, _ := c.RGBA()
		return 0.2126*part(r) + 0.7152*part(g) + 0.0722*part(b)
	}
	x, y := light(a), light(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// screenSession: page, sheets, cursor, sort and filter are there again after a quit; a
// session that cannot be read is passed by with a notice; of two screens at a time the
// second says that its own will not be kept, works, and changes nothing.
func screenSession(t *testing.T, s *onScreen) {
	x := s.open(t, 120, 30, t.Name(), []string{"--screen", "sql"})
	write(x, "SELECT device_type AS device, count(*) AS events\nFROM video_telemetry_json GROUP BY 1")
	x.Keys(keyF5)
	x.See("row 1 of 4")
	x.Keys(keyF3 + "ls")
	x.See("events ↑")
	x.Keys("hf")
	x.See("filtered from 4")
	kept := filepath.Join(s.home, "state", t.Name(), "acme", "session.json")
	y := s.open(t, 120, 30, t.Name(), nil)
	y.See("another acme is open, and keeps its own")
	y.Keys("\x1b2")
	ask(y, "SELECT 2 AS the_second", "row 1 of 1")
	x.Keys(keyQuit)
	x.Ended(0)
	text, err := os.ReadFile(kept)
	if err != nil {
		t.Fatal(err)
	}
	y.Keys(keyQuit)
	y.Ended(0)
	if again, _ := os.ReadFile(kept); string(again) != string(text) || strings.Contains(string(again), "the_second") {
		t.Errorf("the second screen has changed what the first one kept:\n%s", again)
	}
	z := s.open(t, 120, 30, t.Name(), nil)
	z.See("line 2, column 37")
	z.See("FROM video_telemetry_json GROUP BY 1")
	z.Keys(keyF5)
	z.See("events ↑")
	z.See("filtered from 4")
	z.Keys(keyQuit)
	z.Ended(0)
	if err := os.WriteFile(kept, text[:len(text)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	q := s.open(t, 120, 30, t.Name(), nil)
	q.See("this one begins anew")
	q.Keys(keyQuit)
	q.Ended(0)
}

// screenKeys: a file of keys that is wrong is named with its line and the nearest name,
// and --no-config starts all the same; one that is right shows in footer, help and
// palette.
func screenKeys(t *testing.T, s *onScreen) {
	config := t.TempDir()
	file := filepath.Join(config, "acme", "keys.conf")
	put := func(text string) {
		t.Helper()
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	env := "XDG_CONFIG_HOME=" + config
	put("# mine\nsql.rnu = f5\n")
	x := s.start(t, 80, 24, t.Name(), []string{"tui", "--lake", s.lake}, env)
	_ = x.Cmd.Wait()
	for _, want := range []string{"keys.conf: line 2", `"sql.rnu"; the nearest is "sql.run"`, "--no-config"} {
		if !strings.Contains(x.Stderr(), want) {
			t.Errorf("it says no %s: %q", want, x.Stderr())
		}
	}
	if code := x.Cmd.ProcessState.ExitCode(); code != 2 || strings.ContainsRune(x.Bytes(), '\x1b') {
		t.Errorf("exit %d, wrote %q", code, x.Bytes())
	}
	y := s.open(t, 80, 24, t.Name(), []string{"--no-config"}, env)
	y.Keys(keyQuit)
	y.Ended(0)
	put("report.refresh = ctrl+g\n")
	z := s.open(t, 120, 40, t.Name(), []string{"--screen", "report"}, env)
	z.See("^g refresh")
	z.Keys("?")
	z.Until("the help has it", func() bool { return regexp.MustCompile(`\^g +load the report again`).MatchString(z.Screen()) })
	z.Keys("x\x10load the report")
	z.Until("the palette has it", func() bool { return regexp.MustCompile(`load the report again +\^g`).MatchString(z.Screen()) })
	z.Keys("\x1b")
	z.See("Event types")
	n := z.Written.Load()
	z.Keys("\x07")
	z.Until("it loads", func() bool { return z.Written.Load() > n })
	z.See("loaded in")
	z.Keys(keyQuit)
	z.Ended(0)
}

// screenReadOnly: with no home, a folder for state that cannot be made and a lake that
// cannot be written, what can be read is; what cannot be kept is said.
func screenReadOnly(t *testing.T, s *onScreen) {
	cmd := s.mounted(t, `mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" "$1"`, s.lake, "tui", "--lake", s.lake, "--screen", "sql")
	if cmd == nil { // then the folder of state alone cannot be written
		cmd = exec.Command(s.acme, "tui", "--lake", s.lake, "--screen", "sql")
	}
	for _, e := range s.environ(t.Name()) {
		if !strings.HasPrefix(e, "HOME=") && !strings.HasPrefix(e, "XDG_STATE_HOME=") {
			cmd.Env = append(cmd.Env, e)
		}
	}
	cmd.Env = append(cmd.Env, "XDG_STATE_HOME=/dev/null/state")
	cmd.Dir = s.home
	x := tuitest.Start(t, cmd, 100, 30, nil)
	x.See("this session will not be kept")
	ask(x, "SELECT count(*) AS n FROM video_telemetry_json", "row 1 of 1")
	x.Keys(keyQuit)
	x.Ended(0)
}

// mounted gives the program in a namespace of its own, in which root has run a command of
// the shell with the folder as $1; nil where the machine makes no such namespace.
func (s *onScreen) mounted(t *testing.T, command, folder string, args ...string) *exec.Cmd {
	t.Helper()
	inside := []string{"-Urm", "/bin/sh", "-c", command + ` && shift && exec "$@"`, "sh", folder}
	try := exec.Command("unshare", append(inside, "true")...)
	if out, err := try.CombinedOutput(); err != nil {
		t.Logf("no namespace to mount in: %v, %s", err, out)
		return nil
	}
	return exec.Command("unshare", append(append(inside, s.acme), args...)...)
}

// screenFullDisk is check 24 and 30 on a disk that is really full: an export and a job
// say so, nothing half is left, and the screen goes on.
func screenFullDisk(t *testing.T, s *onScreen) {
	disk := t.TempDir()
	left := filepath.Join(t.TempDir(), "left")
	cmd := s.mounted(t, `mount -t tmpfs -o size=512k tmpfs "$1"`, disk, "tui", "--lake", s.lake, "--screen", "sql")
	if cmd == nil {
		t.Skip("a full disk needs a namespace to mount a small one in: unshare -Urm")
	}
	script := filepath.Join(t.TempDir(), "look")
	if err := os.WriteFile(script, []byte("#!/bin/sh\nls -A '"+disk+"' >'"+left+"'\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd.Env, cmd.Dir = s.environ(t.Name(), "EDITOR="+script), s.home
	x := tuitest.Start(t, cmd, 120, 30, nil)
	x.See("6 Quality")
	ask(x, manyRows(80_000), "of 80,000")
	x.Keys("\t")
	x.See("e export")
	x.Keys("e")
	x.See("Export the result")
	x.Keys("\x15" + filepath.Join(disk, "r.csv") + "\r")
	x.See("failed")
	x.Keys("\x1b5")
	x.Until("why it failed", func() bool { return strings.Contains(words(x.Screen()), "r.csv: no space left on device") })
	x.Keys("n")
	x.See("New job")
	x.Keys("back\r")
	x.See("acme")
	x.Keys("\x15generate --lake " + filepath.Join(disk, "lake") + " --scenario streaming --from 2025-09-01T00 --for 2h --set arrivals.mean_per_hour=40000\r")
	x.See("2 failed")
	x.Until("why it failed", func() bool { return strings.Contains(words(x.Screen()), "no space left on device") })
	x.Keys("\x1b2" + keyF2 + "\x1be") // the editor is one that looks into the disk
	x.Until("the disk was looked at", func() bool { return exists(left) })
	if text, err := os.ReadFile(left); err != nil || strings.Contains(string(text), "r.csv") {
		t.Errorf("left on the disk: %s, %v", text, err)
	}
	ask(x, "SELECT 1 AS still_here", "row 1 of 1")
	x.Keys(keyQuit)
	x.Ended(0)
}

// words gives the words on a screen, frames left out: what is wrapped is one text again.
func words(screen string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("│", " ", "┃", " ").Replace(screen)), " ")
}

// screenLeaves: what pages start ends when they are left: the program has as many
// goroutines after the third round through all of them as after the first.
func screenLeaves(t *testing.T, s *onScreen) {
	file := filepath.Join(t.TempDir(), "goroutines")
	own := *s
	own.acme = acmeBinary(t) // it alone says how many it has
	x := own.open(t, 120, 30, t.Name(), []string{"--screen", "report"}, goroutinesFile+"="+file)
	rounds := 0
	round := func() {
		for _, p := range pages {
			x.Keys(p.key)
			x.See(p.see)
		}
		rounds++ // a result that is another one than the last round's
		x.Keys("\x1b2")
		ask(x, fmt.Sprintf("SELECT count(*) AS n%d FROM video_telemetry_json", rounds), fmt.Sprintf("Column n%d ", rounds))
		x.Keys(keyF3)
		x.See("e export")
		x.Keys("F")
		x.See(fmt.Sprintf("frequency of n%d", rounds))
		x.Keys("[\x1b3\r")
		x.See("objects")
		x.Keys("\x1b1")
		x.See("Event types")
		x.Rest(300 * time.Millisecond)
	}
	count := func() int {
		n := 0
		x.Until("a count of goroutines", func() bool {
			text, err := os.ReadFile(file)
			if err == nil {
				n, err = strconv.Atoi(strings.TrimSpace(string(text)))
			}
			return err == nil
		})
		return n
	}
	round()
	before := count()
	round()
	round()
	x.Until(fmt.Sprintf("%d goroutines again", before), func() bool { return count() <= before })
	x.Keys(keyQuit)
	x.Ended(0)
}
