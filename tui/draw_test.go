package tui

import (
	"fmt"
	"image/color"
	"math"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"acme/telemetry/engine/query"
	"acme/telemetry/engine/report"
)

// TestDrawExact holds every component to its promise: h lines of w columns,
// whatever the size, the data and the theme.
func TestDrawExact(t *testing.T) {
	doc := attacked()
	for i, l := range looks() {
		th := newTheme(l)
		g := newGrid([]query.Column{{Name: "日本語 column", Type: "varchar"}, {Name: "n", Type: "bigint"}, {Name: "\x1b[31m", Type: "varchar"}})
		for _, p := range payloads() {
			g.add([]query.Row{{p, int64(7), nil}, {"", int64(-1 << 60), p}})
		}
		e := newSQLEdit(strings.Join(payloads()[:44], "\n") + "\n\tSELECT 'a\nb' -- c\n")
		e.cur = pos{3, 2}
		p := &pane{sec: doc.Section("devices")}
		list := &pane{sec: doc.Section("findings")}
		sizes(func(w, h int) bool {
			if i > 0 && w%37 != 0 {
				return true // these looks differ from the first by their codes alone
			}
			exact(t, "grid", g.Draw(th, w, h, true), w, h)
			g.key("down")
			g.key("l")
			lines, cur := e.Draw(th, w, h, true)
			exact(t, "editor", lines, w, h)
			if cur != nil && (cur.X >= w || cur.Y >= h || cur.X < 0 || cur.Y < 0) {
				t.Fatalf("editor at %dx%d: cursor at %d,%d", w, h, cur.X, cur.Y)
			}
			e.cur = e.next(e.cur)
			exact(t, "box", box{title: "título", note: "日本語", foot: "foot", focused: w%2 == 0}.Draw(th, w, h, nil), w, h)
			if h%5 == 1 || w%20 == 0 {
				exact(t, "table", p.Draw(th, w, h, true), w, h)
				exact(t, "list", list.Draw(th, w, h, true), w, h)
				p.cur++
				list.cur++
			}
			return true
		})
	}
}

// TestCheck01Screens holds whole screens to the size of the terminal, also below
// the smallest that is drawn.
func TestCheck01Screens(t *testing.T) {
	for name, keys := range screens() {
		t.Run(name, func(t *testing.T) {
			f := newFakes()
			f.rows = 60
			f.value = func(row, c int) any { return payloads()[(row*7+c)%len(payloads())] }
			f.doc = func(Range) (*report.Document, error) { return attacked(), nil }
			m := still(t, f, 100, 30, full(hostile()))
			press(t, m, keys...)
			for i, l := range looks() {
				m.look, m.th = l, newTheme(l)
				widths, heights := []int{1, 59, 60, 80, 99, 100, 159, 160, 220}, []int{15, 16, 24, 60}
				if i > 0 {
					widths, heights = []int{60, 160}, []int{30}
				}
				for _, w := range widths {
					for _, h := range heights {
						send(t, m, tea.WindowSizeMsg{Width: w, Height: h})
						lines, _ := m.screen()
						exact(t, name, lines, w, h)
						if l.ascii {
							onlyASCII(t, lines)
						}
					}
				}
			}
		})
	}
}

// screens names the keys that lead to every screen from the report.
func screens() map[string][]string {
	return map[string][]string{
		"report": nil, "report end": {"G"}, "help": {"?"}, "range": {"t"}, "drill": {"tab", "j", "enter"}, "drill sql": {"tab", "enter", "tab"},
		"drill refused": {"G", "enter"}, "drill whole": {"tab", "tab", "tab", "tab", "tab", "tab", "enter"},
		"drill cell": {"tab", "enter", "space"}, "sql": {"2"}, "result": {"2", "f5", "tab", "j", "l"}, "cell": {"2", "f5", "tab", "enter"},
		"result help": {"2", "f5", "tab", "?"}, "error": {"G", "e", "f5"},
		"palette": {"ctrl+p"}, "open": {"ctrl+o"}, "history": {"2", "f5", "ctrl+r"}, "schema": {"2", "f4", "j", "enter", "j", "enter", "j"}, "completion": {"2", "ctrl+end", "d", "e"},
		"statistics": {"2", "f5", "tab", "l", "l"}, "frequency": {"2", "f5", "tab", "F"}, "row": {"2", "f5", "tab", "v"}, "chart": {"2", "f5", "tab", "l", "."}, "bars": {"2", "f5", "tab", "."},
		"filtered": {"2", "f5", "tab", "f"}, "export": {"2", "f5", "tab", "e"}, "zoom": {"2", "f5", "tab", "f10"}, "browse": {"3"}, "partitions": {"3", "enter"},
		"objects": {"3", "enter", "enter"}, "live": {"4"}, "event": {"4", "g", "enter"}, "no jobs": {"5"}, "jobs": {"5", "n", "enter", "enter"}, "job log": {"5", "n", "enter", "enter", "l"}, "quality": {"6", "j"},
	}
}

func onlyASCII(t *testing.T, lines []string) {
	t.Helper()
	for _, s := range lines {
		for _, r := range s {
			if r > 0x7e {
				t.Fatalf("character %q on an ASCII screen: %q", r, s)
			}
		}
	}
}

// TestClipProperty: what clip gives is as wide as it says, fits, is inert, and
// cleaning it again changes nothing.
func TestClipProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.SampledFrom(payloads()), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) })).Draw(t, "s")
		w := rapid.IntRange(0, 90).Draw(t, "w")
		th := newTheme(looks()[rapid.IntRange(0, len(looks())-1).Draw(t, "look")])
		got, n := th.clip(s, w, th.g.ellipsis)
		if n > w || ansi.StringWidth(got) != n || ansi.StringWidthWc(got) != n {
			t.Fatalf("clip(%q, %d) = %q, %d; it is %d wide", s, w, got, n, ansi.StringWidth(got))
		}
		if bad := forbidden(got); bad != "" {
			t.Fatalf("clip(%q) = %q: %s", s, got, bad)
		}
		if again := th.clean(got); again != got {
			t.Fatalf("clean(%q) = %q", got, again)
		}
	})
}

// TestSignOfTwoWidths: a sign that some terminals draw in a column of its own and
// others over the one before it is spelled where nothing is before it.
func TestSignOfTwoWidths(t *testing.T) {
	th := newTheme(looks()[0])
	if got := th.clean("\U0001d172 b"); got != `\u{1d172} b` {
		t.Errorf("got %q", got)
	}
}

// forbidden names the first character that a terminal or a reader would obey.
func forbidden(s string) string {
	for i, r := range s {
		switch {
		case r == 0xfffd && !strings.HasPrefix(s[i:], "\ufffd"):
			return "invalid UTF-8"
		case r < 0x20, r >= 0x7f && r <= 0x9f, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069,
			r >= 0x200b && r <= 0x200f, r == 0xfeff, r == 0x2028, r == 0x2029, r == 0xad, r >= 0xe0000 && r <= 0xe0fff:
			return fmt.Sprintf("U+%04X", r)
		}
	}
	return ""
}

// TestWrapKeepsText: wrapping loses no word and makes no line too wide.
func TestWrapKeepsText(t *testing.T) {
	th := newTheme(look{})
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.StringMatching(`[a-z日]{1,30}`), 1, 20).Draw(t, "words")
		w := rapid.IntRange(2, 60).Draw(t, "w")
		got := th.wrap(strings.Join(words, " "), w)
		for _, s := range got {
			if n := ansi.StringWidth(s); n > w {
				t.Fatalf("%q is %d wide, not %d", s, n, w)
			}
		}
		if a, b := strings.Join(words, ""), strings.ReplaceAll(strings.Join(got, ""), " ", ""); a != b {
			t.Fatalf("%q became %q", a, b)
		}
	})
}

// TestCheck38Contrast holds every colour that text is drawn in to 4.5 to 1, on the
// usual backgrounds and on the selection.
func TestCheck38Contrast(t *testing.T) {
	for _, c := range []struct {
		name    string
		k       inks
		grounds []uint32
	}{
		{"dark", darkInks(), []uint32{0x000000, 0x1e1e1e, 45<<16 | 60<<8 | 92, 0x3a3a3a}},
		{"light", lightInks(), []uint32{0xffffff, 0xfafafa, 215<<16 | 227<<8 | 250, 0xe4e4e4}},
		{"dark of 256", as256(darkInks()), []uint32{0x000000, 0x1e1e1e, 0x3a3a3a}},
		{"light of 256", as256(lightInks()), []uint32{0xffffff, 0xfafafa, 0xe4e4e4}},
	} {
		k := c.k
		for name, ink := range map[string]uint32{"dim": k.dim, "border": k.border, "focus": k.focus, "accent": k.accent, "bar": k.bar, "track": k.track,
			"good": k.good, "warn": k.warn, "bad": k.bad, "keyword": k.keyword, "literal": k.literal, "number": k.number} {
			for i, ground := range c.grounds {
				if i >= 2 && (name == "border" || name == "track") {
					continue // never on a selected row
				}
				if got := contrast(ink, ground); got < 4.5 {
					t.Errorf("%s %s on %06x: %.2f to 1", c.name, name, ground, got)
				}
			}
		}
	}
}

// as256 gives inks as a terminal of 256 colours shows them.
func as256(k inks) inks {
	for _, c := range []*uint32{&k.dim, &k.border, &k.focus, &k.accent, &k.bar, &k.track, &k.good, &k.warn, &k.bad, &k.keyword, &k.literal, &k.number} {
		r, g, b, _ := ansi.Convert256(color.RGBA{uint8(*c >> 16), uint8(*c >> 8), uint8(*c), 255}).RGBA()
		*c = r>>8<<16 | g>>8<<8 | b>>8
	}
	return k
}

// TestCheck38Sixteen: what is drawn in one of a terminal's own sixteen colours can be read on
// its ground, by the colours that xterm has for them; grey, for what may be overlooked, and the
// bright blue of keys by 3.9 to 1.
func TestCheck38Sixteen(t *testing.T) {
	xterm := map[string]uint32{"31": 0xcd0000, "32": 0x00cd00, "33": 0xcdcd00, "34": 0x0000ee, "35": 0xcd00cd, "90": 0x7f7f7f,
		"37": 0xe5e5e5, "91": 0xff0000, "92": 0x00ff00, "93": 0xffff00, "94": 0x5c5cff}
	for dark, ground := range map[bool]uint32{true: 0x000000, false: 0xffffff} {
		for r, code := range ansiCodes(dark) {
			for _, c := range strings.Split(code, ";") {
				ink, ok := xterm[c]
				if least := map[bool]float64{true: 3.9, false: 4.5}[c == "90" || c == "94"]; ok && contrast(ink, ground) < least {
					t.Errorf("dark %t, role %d: code %s has a contrast of %.1f", dark, r, c, contrast(ink, ground))
				}
			}
		}
	}
}

// contrast is WCAG's ratio of two colours.
func contrast(a, b uint32) float64 {
	lum := func(c uint32) float64 {
		part := func(v uint32) float64 {
			f := float64(v&255) / 255
			if f <= 0.03928 {
				return f / 12.92
			}
			return math.Pow((f+0.055)/1.055, 2.4)
		}
		return 0.2126*part(c>>16) + 0.7152*part(c>>8) + 0.0722*part(c)
	}
	x, y := lum(a), lum(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// TestCheck07AllScreens: without colours, nothing on any screen sets one, and the
// selection still shows.
func TestCheck07AllScreens(t *testing.T) {
	for name, keys := range screens() {
		m := still(t, newFakes(), 100, 30, full(newWorld()), func(c *Config) { c.Color = "never" })
		press(t, m, keys...)
		lines, _ := m.screen()
		if code := colourIn(strings.Join(lines, "\n")); code != "" {
			t.Errorf("%s: SGR %s", name, code)
		}
	}
	m := still(t, newFakes(), 100, 30, func(c *Config) { c.Color = "never" })
	press(t, m, "tab", "j")
	lines, _ := m.screen()
	for _, s := range lines {
		if strings.Contains(s, "Resume") && !strings.Contains(s, "\x1b[7m") {
			t.Errorf("the selected row is not in reverse: %q", s)
		}
	}
}

// colourIn gives the first SGR parameter in s that sets a colour.
func colourIn(s string) string {
	for _, part := range strings.Split(s, "\x1b[")[1:] {
		params, _, ok := strings.Cut(part, "m")
		if !ok {
			continue
		}
		for p := range strings.SplitSeq(params, ";") {
			var n int
			fmt.Sscan(p, &n)
			if n >= 30 && n <= 49 || n >= 90 && n <= 107 {
				return p
			}
		}
	}
	return ""
}
