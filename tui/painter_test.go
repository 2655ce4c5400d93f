//go:build unix

package tui

import (
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
)

// TestPainterDifference: whatever two frames are, the second one drawn over the first
// is the second one, in an emulator, with cells and colours.
func TestPainterDifference(t *testing.T) {
	const w, h = 40, 6
	r := rand.New(rand.NewPCG(1, 2))
	th := newTheme(look{dark: true, profile: colorprofile.TrueColor})
	words := []string{"a", "日本語", "select", "…", "e\u0301", "0", "│ ", " ", "\x1b[31mred", "👩‍💻"}
	some := func() picture {
		var p picture
		for range h {
			l := th.newLine(w)
			for l.w < w && r.IntN(6) > 0 {
				l.sel = r.IntN(5) == 0
				l.put(role(r.IntN(int(roles))), words[r.IntN(len(words))])
			}
			p.lines = append(p.lines, l.String())
		}
		if r.IntN(2) == 0 {
			p.cursor = tea.NewCursor(r.IntN(w), r.IntN(h))
		}
		return p
	}
	mixed := func(p picture) picture {
		q := some()
		for i := range q.lines {
			switch r.IntN(3) {
			case 0:
				q.lines[i] = p.lines[i]
			case 1: // alike at both ends
				at := r.IntN(w)
				q.lines[i] = overlay(p.lines[i:i+1], []string{th.newLine(3).put(bad, "xyz").String()}, min(at, w-3), 0, w, 3)[0]
			}
		}
		return q
	}
	fresh := func(p picture) *vt.Emulator {
		em := vt.NewEmulator(w, h)
		q := &painter{}
		q.next.Store(&p)
		em.Write(q.paint(nil))
		return em
	}
	em, p := vt.NewEmulator(w, h), &painter{}
	now := some()
	for i := range 400 {
		p.next.Store(&now)
		em.Write(p.paint(nil))
		want := fresh(now)
		for y := range h {
			for x := range w {
				a, b := em.CellAt(x, y), want.CellAt(x, y)
				if (a == nil) != (b == nil) || a != nil && !a.Equal(b) {
					t.Fatalf("frame %d: cell %d,%d is %+v, want %+v", i, x, y, a, b)
				}
			}
		}
		if c := now.cursor; c != nil {
			if at := em.CursorPosition(); at.X != c.X || at.Y != c.Y {
				t.Fatalf("frame %d: cursor at %v, want %v", i, at, c.Position)
			}
		}
		if b := p.paint(nil); len(b) > 0 {
			t.Fatalf("frame %d: the same frame again writes %q", i, b)
		}
		now = mixed(now)
	}
}

// TestPainterScreen: nothing is drawn before the alternate screen is ours nor after it
// is not, and what bubbletea writes meanwhile is followed by the whole frame.
func TestPainterScreen(t *testing.T) {
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	p := newPainter(out)
	p.show(picture{lines: []string{"one"}})
	p.Write([]byte("mode"))
	p.Write([]byte(ansi.SetModeAltScreenSaveCursor))
	p.Write([]byte("\x1b[2J"))
	p.Write([]byte(ansi.ResetModeAltScreenSaveCursor))
	p.show(picture{lines: []string{"two"}})
	p.stop()
	out.Close()
	b := make([]byte, 1<<16)
	n, _ := in.Read(b)
	got := string(b[:n])
	if strings.Count(got, "one") != 2 || strings.Contains(got, "two") || !strings.HasPrefix(got, "mode\x1b[?1049h") || !strings.HasSuffix(got, ansi.ResetModeAltScreenSaveCursor) {
		t.Errorf("wrote %q", got)
	}
}

// TestPace: a key is drawn at once where the last frame is a while ago, what moves by
// itself 30 times a second at most, and a frame that was put off is drawn once.
func TestPace(t *testing.T) {
	m := still(t, newFakes(), 100, 30)
	at := now
	m.clock = func() time.Time { return at }
	m.paint = &painter{wake: make(chan struct{}, 1)}
	var waits []time.Duration
	m.later = func(d time.Duration, f func(time.Time) tea.Msg) tea.Cmd {
		waits = append(waits, d)
		return nil
	}
	drawn := func(after time.Duration, msg tea.Msg) bool {
		at = at.Add(after)
		m.plan(msg)
		due := m.due
		m.View()
		return due
	}
	for i, c := range []struct {
		after time.Duration
		msg   tea.Msg
		want  bool
	}{
		{time.Second, keyOf("j"), true}, {time.Millisecond, keyOf("j"), false}, {7 * time.Millisecond, frameMsg{}, true}, {0, frameMsg{}, false},
		{time.Second, rowsMsg{}, true}, {5 * time.Millisecond, rowsMsg{}, false}, {5 * time.Millisecond, rowsMsg{}, false}, {time.Millisecond, keyOf("j"), true},
		{time.Millisecond, frameMsg{}, false}, {40 * time.Millisecond, rowsMsg{}, true},
	} {
		if got := drawn(c.after, c.msg); got != c.want {
			t.Errorf("step %d, %T: drawn %v", i, c.msg, got)
		}
	}
	if len(waits) != 2 || waits[0] != 7*time.Millisecond || waits[1] != 28*time.Millisecond {
		t.Errorf("put off by %v", waits)
	}
}
