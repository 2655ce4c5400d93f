package tui

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// painter puts frames on the terminal. It stands between bubbletea and the
// terminal's file: bubbletea enters and leaves the alternate screen, sets modes and
// asks the terminal, with a view that has no text; the painter lets that through, sees
// by it when the screen is ours, and draws.
//
// It draws because bubbletea's own renderer waits for its next tick, then takes the
// whole frame apart into cells: a key would be seen up to 33 ms late and cost several
// times what its frame costs here. A frame here is lines that are already exactly as
// wide as the screen, so what differs from the last frame is found by comparing
// strings, and nothing runs while nothing changes.
//
// Frames are drawn by a goroutine of its own. While a slow terminal takes one, newer
// ones replace each other: the screen may skip frames, a key never waits for them.
type painter struct {
	terminal *os.File

	next atomic.Pointer[picture]
	anew atomic.Bool // the terminal may show something else than shown
	wake chan struct{}
	done chan struct{}

	mu     sync.Mutex // guards what follows, and the order of writes
	on     bool       // the alternate screen is ours
	marked bool       // the terminal shows what lies between two marks at once
	shown  picture
}

// picture is the screen at a time: lines, each as wide as the screen, as line.String
// gives them, and the cursor where it is seen.
type picture struct {
	lines  []string
	cursor *tea.Cursor
}

// Paces of drawing: how far frames are apart at least after keys, and after what
// moves by itself.
const (
	paceKeys = 8 * time.Millisecond
	paceSelf = 33 * time.Millisecond
)

func newPainter(terminal *os.File) *painter {
	p := &painter{terminal: terminal, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go p.run()
	return p
}

// show hands over a frame and does not wait for it.
func (p *painter) show(f picture) {
	p.next.Store(&f)
	select {
	case p.wake <- struct{}{}:
	default: // it will look at the newest one
	}
}

// again has the next frame drawn whole.
func (p *painter) again() { p.anew.Store(true) }

// marks says that the terminal understands marks around a frame.
func (p *painter) marks() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.marked = true
}

// stop ends the drawing. Nothing is shown after it.
func (p *painter) stop() {
	close(p.wake)
	<-p.done
}

func (p *painter) run() {
	defer close(p.done)
	for range p.wake {
		p.mu.Lock()
		if p.on {
			if b := p.paint(nil); len(b) > 0 {
				_, _ = p.terminal.Write(b) // a terminal that is gone is found by reading it
			}
		}
		p.mu.Unlock()
	}
}

// Write passes on what bubbletea writes. Whatever it was may have moved the cursor or
// cleared the screen, so the frame follows at once, in one write with it.
func (p *painter) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	in := bytes.LastIndex(b, []byte(ansi.SetModeAltScreenSaveCursor))
	out := bytes.LastIndex(b, []byte(ansi.ResetModeAltScreenSaveCursor))
	if in != out {
		p.on = in > out
	}
	p.shown = picture{}
	all := b
	if p.on {
		all = p.paint(bytes.Clone(b))
	}
	n, err := p.terminal.Write(all)
	return min(n, len(b)), err
}

// Read, Close and Fd make it the terminal that bubbletea asks for size and modes.
func (p *painter) Read(b []byte) (int, error) { return p.terminal.Read(b) }
func (p *painter) Close() error               { return p.terminal.Close() }
func (p *painter) Fd() uintptr                { return p.terminal.Fd() }

// paint appends to b what makes the screen out of what it shows, and books it.
func (p *painter) paint(b []byte) []byte {
	f := p.next.Load()
	if f == nil {
		return b
	}
	was := p.shown
	if p.anew.Swap(false) || len(was.lines) != len(f.lines) {
		was = picture{}
	}
	var lines []byte
	for y, s := range f.lines {
		old := ""
		if was.lines != nil {
			old = was.lines[y]
		}
		if old != s {
			lines = difference(lines, y, old, s)
		}
	}
	p.shown = *f
	moved := was.lines == nil || (was.cursor == nil) != (f.cursor == nil) || f.cursor != nil && f.cursor.Position != was.cursor.Position
	if len(lines) == 0 && !moved {
		return b
	}
	if p.marked {
		b = append(b, ansi.SetModeSynchronizedOutput...)
	}
	if len(lines) > 0 {
		// Without wrapping no line can push the others, whatever the terminal thinks
		// of a character's width.
		b = append(b, ansi.ResetModeTextCursorEnable+ansi.ResetModeAutoWrap...)
		b = append(b, lines...)
		b = append(b, ansi.SetModeAutoWrap...)
	}
	switch {
	case f.cursor != nil:
		b = fmt.Appendf(b, "\x1b[%d;%dH", f.cursor.Y+1, f.cursor.X+1)
		b = append(b, ansi.SetModeTextCursorEnable...)
	case len(lines) == 0:
		b = append(b, ansi.ResetModeTextCursorEnable...)
	}
	if p.marked {
		b = append(b, ansi.ResetModeSynchronizedOutput...)
	}
	return b
}

// difference appends what makes line y out of old; an old of "" is anything. Both are
// pieces that each begin and end without colour, so that those which are alike at
// both ends can stay.
func difference(b []byte, y int, old, line string) []byte {
	const end = "\x1b[m"
	x := 0
	for old != "" {
		i := strings.Index(line, end)
		if i < 0 || !strings.HasPrefix(old, line[:i+len(end)]) {
			break
		}
		x += ansi.StringWidth(line[:i])
		old, line = old[i+len(end):], line[i+len(end):]
	}
	for old != "" {
		i := strings.LastIndex(strings.TrimSuffix(line, end), end)
		if i < 0 || !strings.HasSuffix(old, line[i:]) {
			break
		}
		old, line = old[:len(old)-len(line)+i+len(end)], line[:i+len(end)]
	}
	b = fmt.Appendf(b, "\x1b[%d;%dH", y+1, x+1)
	return append(b, line...)
}
