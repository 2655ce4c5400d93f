package tui

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the goldens anew")

// still is a model over fakes with a clock that stands still.
func still(t *testing.T, f *fakes, w, h int, change ...func(*Config)) *model {
	t.Helper()
	cfg := Config{Loader: f, Querier: f, Lake: "~/acme-lake", Now: func() time.Time { return now }, Environ: []string{"TERM=xterm-256color"}}
	for _, c := range change {
		c(&cfg)
	}
	m := newModel(t.Context(), cfg)
	m.later = func(_ time.Duration, f func(time.Time) tea.Msg) tea.Cmd { return func() tea.Msg { return f(now) } }
	pump(t, m, m.Init())
	send(t, m, tea.WindowSizeMsg{Width: w, Height: h})
	return m
}

// send gives the model a message and does what it asks for, to the end.
func send(t *testing.T, m *model, msg tea.Msg) {
	t.Helper()
	_, cmd := m.Update(msg)
	m.View() // as the program does after every message
	pump(t, m, cmd)
	if m.crash != nil {
		t.Fatalf("panic: %v\n%s", m.crash.value, m.crash.stack)
	}
}

// pump runs a command and every command that follows from it. Ticks, quits and
// what only the terminal can answer end here.
func pump(t *testing.T, m *model, cmd tea.Cmd) {
	t.Helper()
	if cmd == nil {
		return
	}
	got := make(chan tea.Msg, 1)
	go func() { got <- cmd() }()
	var msg tea.Msg
	select {
	case msg = <-got:
	case <-time.After(20 * time.Second):
		t.Fatal("a command does not end")
	}
	switch msg := msg.(type) {
	case nil, tickMsg, tea.QuitMsg:
	case tea.BatchMsg:
		for _, c := range msg {
			pump(t, m, c)
		}
	default:
		if strings.HasPrefix(fmt.Sprintf("%T", msg), "tea.") {
			return
		}
		send(t, m, msg)
	}
}

// keyOf makes the key press that bubbletea names name.
func keyOf(name string) tea.KeyPressMsg {
	var k tea.KeyPressMsg
	for {
		switch {
		case strings.HasPrefix(name, "ctrl+") && len(name) > 5:
			k.Mod |= tea.ModCtrl
			name = name[5:]
			continue
		case strings.HasPrefix(name, "alt+") && len(name) > 4:
			k.Mod |= tea.ModAlt
			name = name[4:]
			continue
		case strings.HasPrefix(name, "shift+") && len(name) > 6:
			k.Mod |= tea.ModShift
			name = name[6:]
			continue
		}
		break
	}
	special := map[string]rune{"enter": tea.KeyEnter, "tab": tea.KeyTab, "esc": tea.KeyEscape, "backspace": tea.KeyBackspace, "space": tea.KeySpace,
		"up": tea.KeyUp, "down": tea.KeyDown, "left": tea.KeyLeft, "right": tea.KeyRight, "home": tea.KeyHome, "end": tea.KeyEnd,
		"pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown, "delete": tea.KeyDelete, "insert": tea.KeyInsert}
	for i := range 12 {
		special[fmt.Sprint("f", i+1)] = tea.KeyF1 + rune(i)
	}
	if r, ok := special[name]; ok {
		k.Code = r
		if name == "space" && k.Mod == 0 {
			k.Text = " "
		}
		return k
	}
	k.Code = []rune(name)[0]
	if k.Mod == 0 {
		k.Text = name
	}
	return k
}

// press sends keys by name; type sends text.
func press(t *testing.T, m *model, names ...string) {
	t.Helper()
	for _, n := range names {
		send(t, m, keyOf(n))
	}
}

// screenText is the screen without its colours.
func screenText(m *model) string {
	lines, _ := m.screen()
	for i, s := range lines {
		lines[i] = strings.TrimRight(ansi.Strip(s), " ")
	}
	return strings.Join(lines, "\n") + "\n"
}

// golden compares a screen with testdata/golden/NAME-WxH.txt.
func golden(t *testing.T, m *model, name string) {
	t.Helper()
	file := filepath.Join("testdata", "golden", fmt.Sprintf("%s-%dx%d.txt", name, m.w, m.h))
	got := screenText(m)
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (go test ./tui -update writes it)", err)
	}
	if d := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); d != "" {
		t.Errorf("%s:\n%s\nscreen:\n%s", file, d, got)
	}
}

// exact fails unless lines are h lines of exactly w columns, by the measure of
// terminals with and without grapheme clusters.
func exact(t *testing.T, what string, lines []string, w, h int) {
	t.Helper()
	if len(lines) != h {
		t.Fatalf("%s at %dx%d: %d lines", what, w, h, len(lines))
	}
	for i, s := range lines {
		if a, b := ansi.StringWidth(s), ansi.StringWidthWc(s); a != w || b != w {
			t.Fatalf("%s at %dx%d: line %d is %d (by runes %d) wide: %q", what, w, h, i, a, b, s)
		}
	}
}

// looks are the themes that differ in more than colours.
func looks() []look {
	return []look{
		{dark: true, profile: colorprofile.TrueColor}, {profile: colorprofile.TrueColor},
		{dark: true, profile: colorprofile.ANSI}, {profile: colorprofile.ASCII}, {ascii: true, profile: colorprofile.ASCII},
	}
}

// sizes gives every width with some heights, and every height with some widths.
func sizes(yield func(w, h int) bool) {
	for w := 1; w <= 220; w++ {
		for _, h := range []int{1, 2, 3, 24} {
			if !yield(w, h) {
				return
			}
		}
	}
	for h := 1; h <= 80; h++ {
		for _, w := range []int{1, 17, 80} {
			if !yield(w, h) {
				return
			}
		}
	}
}
