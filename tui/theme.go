package tui

import (
	"fmt"
	"image/color"
	"strings"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
)

// role is what a piece of text is, not how it looks: the theme says that.
type role uint8

const (
	plain   role = iota
	dim          // secondary text, NULL
	border       // frame of a pane
	focus        // frame and title of the pane that has the keys
	title        // title of a pane
	accent       // what the eye should meet first
	bar          // a bar's filled part
	track        // a bar's empty part
	good         // holds
	warn         // look here
	bad          // broken
	header       // column names
	keycap       // a key in the footer
	tab          // the page shown
	banner       // what Athena sees
	keyword      // SQL
	literal      // SQL string
	number       // SQL number
	comment      // SQL comment
	mark         // where the error is
	roles        // how many there are
)

// theme is the look of everything: SGR parameters by role and the characters
// for frames and bars. It is immutable; changing the look changes the theme.
type theme struct {
	name  string
	ascii bool
	sgr   [roles]string
	sel   string // put behind a role's code on the selected row
	g     *glyphs
}

// code gives the SGR parameters for r.
func (th *theme) code(r role, selected bool) string {
	c := th.sgr[r]
	if !selected {
		return c
	}
	if c == "" {
		return th.sel
	}
	return c + ";" + th.sel
}

// glyphs are the characters that differ between Unicode and ASCII terminals.
type glyphs struct {
	ellipsis              string
	thin, heavy           frame
	full                  string
	part                  []string // bar ends: one eighth to seven eighths
	track                 string
	marker                string // before the selected row
	null                  string
	ok, warn, bad         string
	up, down, left, right string
	colsep, rule          string
	spin                  []string
	dot                   string
	opened, closed        string // nodes of a tree
}

// frame is what a border is made of.
type frame struct{ tl, t, tr, l, r, bl, b, br string }

func unicodeGlyphs() *glyphs {
	return &glyphs{
		ellipsis: "…",
		thin:     frame{"╭", "─", "╮", "│", "│", "╰", "─", "╯"},
		heavy:    frame{"┏", "━", "┓", "┃", "┃", "┗", "━", "┛"},
		full:     "█", part: []string{"▏", "▎", "▍", "▌", "▋", "▊", "▉"}, track: "·",
		marker: "▶", null: "∅", ok: "✓", warn: "!", bad: "✗",
		up: "↑", down: "↓", left: "←", right: "→", colsep: "│", rule: "─",
		spin: []string{"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"}, dot: "·", opened: "▾", closed: "▸",
	}
}

func asciiGlyphs() *glyphs {
	return &glyphs{
		ellipsis: "~",
		thin:     frame{"+", "-", "+", "|", "|", "+", "-", "+"},
		heavy:    frame{"#", "=", "#", "#", "#", "#", "=", "#"},
		full:     "#", track: ".",
		marker: ">", null: "NULL", ok: "+", warn: "!", bad: "x",
		up: "^", down: "v", left: "<", right: ">", colsep: "|", rule: "-",
		spin: []string{"|", "/", "-", "\\"}, dot: "-", opened: "v", closed: ">",
	}
}

// look is what a theme is chosen by.
type look struct {
	dark    bool
	ascii   bool
	profile colorprofile.Profile
}

// newTheme makes the theme for a look. With a profile that has no colours it
// uses bold, faint, underline and reverse alone; with sixteen colours it uses
// the terminal's own, so that they suit its background.
func newTheme(l look) *theme {
	th := &theme{ascii: l.ascii, g: unicodeGlyphs()}
	if l.ascii {
		th.g = asciiGlyphs()
	}
	switch {
	case l.profile <= colorprofile.ASCII:
		th.name, th.sgr, th.sel = "mono", monoCodes(), "7"
	case l.profile == colorprofile.ANSI:
		th.name, th.sgr, th.sel = "16 "+shade(l.dark), ansiCodes(l.dark), "7"
	case l.profile == colorprofile.ANSI256: // a terminal that knows no more takes other codes for something else
		th.name, th.sgr, th.sel = "256 "+shade(l.dark), colours(inksFor(l.dark), of256), map[bool]string{true: "48;5;237", false: "48;5;254"}[l.dark]
	case l.dark:
		th.name, th.sgr, th.sel = "dark", colours(darkInks(), exactly), "48;2;45;60;92"
	default:
		th.name, th.sgr, th.sel = "light", colours(lightInks(), exactly), "48;2;215;227;250"
	}
	return th
}

func shade(dark bool) string {
	if dark {
		return "dark"
	}
	return "light"
}

// inks are a theme's colours as RRGGBB; a test holds each of them to a
// contrast of 4.5 to 1 against the background and the selection.
type inks struct{ dim, border, focus, accent, bar, track, good, warn, bad, keyword, literal, number uint32 }

func darkInks() inks {
	return inks{dim: 0x9fa9bb, border: 0x8390a8, focus: 0x7dc4ff, accent: 0xffffff, bar: 0x5fb3f5, track: 0x8390a8,
		good: 0x7fd88f, warn: 0xf2c55c, bad: 0xff9a96, keyword: 0x8fc7ff, literal: 0xa8dc8c, number: 0xf0b97d}
}

func lightInks() inks {
	return inks{dim: 0x4d5766, border: 0x59657a, focus: 0x0a4fae, accent: 0x000000, bar: 0x1a5fb4, track: 0x59657a,
		good: 0x17602a, warn: 0x7a4b00, bad: 0xa4161a, keyword: 0x0a4fae, literal: 0x22601f, number: 0x844300}
}

func inksFor(dark bool) inks {
	if dark {
		return darkInks()
	}
	return lightInks()
}

// exactly gives the SGR parameters of a colour of all that there are.
func exactly(c uint32) string { return fmt.Sprintf("38;2;%d;%d;%d", c>>16, c>>8&255, c&255) }

// of256 gives those of the nearest of the 256 colours.
func of256(c uint32) string {
	return fmt.Sprintf("38;5;%d", ansi.Convert256(color.RGBA{uint8(c >> 16), uint8(c >> 8), uint8(c), 255}))
}

func colours(k inks, fg func(uint32) string) [roles]string {
	return [roles]string{
		dim: fg(k.dim), border: fg(k.border), focus: "1;" + fg(k.focus), title: "1", accent: "1;" + fg(k.accent),
		bar: fg(k.bar), track: fg(k.track), good: fg(k.good), warn: fg(k.warn), bad: "1;" + fg(k.bad),
		header: fg(k.dim), keycap: "1;" + fg(k.focus), tab: "1;7;" + fg(k.focus), banner: "1;7;" + fg(k.warn),
		keyword: "1;" + fg(k.keyword), literal: fg(k.literal), number: fg(k.number), comment: "3;" + fg(k.dim),
		mark: "1;4;" + fg(k.bad),
	}
}

func ansiCodes(dark bool) [roles]string {
	blue, yellow, green, red, grey := "94", "93", "92", "91", "37"
	if !dark { // on white, yellow and green cannot be read in most terminals' own colours
		blue, yellow, green, red, grey = "34", "35", "34", "31", "90"
	}
	return [roles]string{
		dim: grey, border: grey, focus: "1;" + blue, title: "1", accent: "1", bar: blue, track: grey,
		good: green, warn: yellow, bad: "1;" + red, header: grey, keycap: "1;" + blue, tab: "1;7;" + blue,
		banner: "1;7;" + yellow, keyword: "1;" + blue, literal: green, number: yellow, comment: grey, mark: "1;4;" + red,
	}
}

func monoCodes() [roles]string {
	return [roles]string{dim: "2", border: "2", focus: "1", title: "1", accent: "1", track: "2", warn: "1", bad: "1",
		header: "2", keycap: "1", tab: "1;7", banner: "1;7", keyword: "1", comment: "2", mark: "1;4"}
}

// asciiLocale says that the environment asks for a terminal without Unicode:
// LC_ALL, LC_CTYPE or LANG (the first that is set) is C or POSIX. A machine
// that sets none of them is taken to be a modern one.
func asciiLocale(getenv func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := getenv(name); v != "" {
			return v == "C" || v == "POSIX" || strings.HasPrefix(v, "C.ASCII")
		}
	}
	return false
}

// gauge draws a bar of width columns, filled to share (0 to 1). A share above
// zero is never drawn as nothing.
func (l *line) gauge(share float64, width int, tracked bool) *line {
	width = min(width, l.max-l.w)
	if width <= 0 {
		return l
	}
	share = min(max(share, 0), 1)
	steps := max(len(l.th.g.part)+1, 1)
	n := int(share*float64(width*steps) + 0.5)
	if n == 0 && share > 0 {
		n = 1
	}
	full, part := n/steps, n%steps
	end := l.w + width
	l.repeat(bar, l.th.g.full, l.w+full)
	if part > 0 {
		l.raw(bar, l.th.g.part[part-1], 1)
	}
	if tracked {
		return l.repeat(track, l.th.g.track, end)
	}
	return l.rest(end)
}
