package tui

import (
	"slices"
	"strings"
	"unicode"

	tea "charm.land/bubbletea/v2"
)

// picker is a list over the screen that is narrowed by typing: the palette of
// commands, quick open, history. Every item does one thing when it is picked.
type picker struct {
	title string
	foot  string
	items []pick
	text  string
	found []int // of items, best first
	win   window
	room  int
}

// pick is an item of a picker.
type pick struct {
	kind string // at the left, dim: "table", "saved", "SQL editor"
	text string // what is matched
	note string // at the right: keys, a time
	role role
	why  string // why it cannot be picked now; it is shown, and cannot
	run  func(*model) tea.Cmd
}

// pickerMost bounds what is searched: a letter must not cost a frame.
const pickerMost = 20_000

func (m *model) openPicker(p *picker) tea.Cmd {
	if len(p.items) > pickerMost {
		p.items = p.items[:pickerMost]
	}
	p.narrow()
	m.input = p
	return nil
}

// narrow finds the items that the text means, the best first; without a text
// all, in their order.
func (p *picker) narrow() {
	type hit struct{ i, score int }
	var hits []hit
	for i, it := range p.items {
		if s, ok := fuzzy(p.text, it.text+" "+it.kind); ok {
			hits = append(hits, hit{i, s})
		}
	}
	if p.text != "" {
		slices.SortStableFunc(hits, func(a, b hit) int { return b.score - a.score })
	}
	p.found = p.found[:0]
	for _, h := range hits {
		p.found = append(p.found, h.i)
	}
	p.win = window{}
}

// fuzzy says whether the letters of want stand in text in their order, each
// word of want by itself, and how well: together and at the begins of words is best.
func fuzzy(want, text string) (score int, ok bool) {
	lower := strings.ToLower(text)
	for _, word := range strings.Fields(strings.ToLower(want)) {
		if at := strings.Index(lower, word); at >= 0 {
			score += 100 - min(at, 50)
			if at == 0 || !isWord(lower[at-1]) {
				score += 60
			}
			continue
		}
		at, run := 0, 0
		for _, r := range word {
			n := strings.IndexRune(lower[at:], r)
			if n < 0 {
				return 0, false
			}
			if n == 0 {
				run++
			} else {
				run = 0
			}
			begin := at+n == 0 || !isWord(lower[at+n-1])
			score += 2*run - min(n, 8)
			if begin {
				score += 6
			}
			at += n + len(string(r))
		}
	}
	return score, true
}

func (p *picker) key(m *model, k tea.KeyPressMsg) tea.Cmd {
	name := k.String()
	switch name {
	case "ctrl+p", "shift+tab":
		name = "up"
	case "ctrl+n", "tab":
		name = "down"
	}
	switch name {
	case "esc":
		m.input = nil
	case "up", "down", "pgup", "pgdown", "home", "end": // letters that move in other lists are text here
		p.win.move(name, len(p.found), p.room)
	case "backspace":
		if p.text != "" {
			r := []rune(p.text)
			p.text = string(r[:len(r)-1])
			p.narrow()
		}
	case "ctrl+u":
		p.text = ""
		p.narrow()
	case "enter":
		return p.choose(m)
	default:
		if k.Text != "" {
			p.insert(k.Text)
		}
	}
	p.win.clamp(len(p.found), p.room)
	return nil
}

// insert types text; what is not on a keyboard is left out.
func (p *picker) insert(text string) {
	for _, r := range text {
		if unicode.IsPrint(r) && len(p.text) < 200 {
			p.text += string(r)
		}
	}
	p.narrow()
}

// choose does what the item under the cursor does.
func (p *picker) choose(m *model) tea.Cmd {
	if p.win.cur >= len(p.found) {
		return nil
	}
	it := p.items[p.found[p.win.cur]]
	if it.why != "" {
		m.say(warn, it.text+": "+it.why)
		return nil
	}
	m.input = nil
	return it.run(m)
}

// over draws the picker over the screen.
func (p *picker) over(m *model, lines []string) ([]string, *tea.Cursor) {
	th := m.th
	bw := min(m.w-4, 96)
	bh := min(m.h-4, 24, max(len(p.items)+3, 5))
	b := box{title: p.title, focused: true, foot: p.foot}
	if b.foot == "" {
		b.foot = "enter runs, esc closes"
	}
	iw, ih := b.inner(bw, bh)
	p.room = ih - 1
	p.win.clamp(len(p.found), p.room)
	in := th.newLine(iw).put(focus, "> ").put(plain, p.text)
	cursor := min(in.w, iw-1)
	body := []string{in.String()}
	kind := 0
	for _, i := range p.found[p.win.top:min(p.win.top+p.room, len(p.found))] {
		kind = max(kind, min(th.width(p.items[i].kind), 14))
	}
	for n := p.win.top; n < min(p.win.top+p.room, len(p.found)); n++ {
		body = append(body, p.draw(th, iw, kind, n))
	}
	if len(p.found) == 0 {
		body = append(body, th.newLine(iw).put(dim, "  nothing of that name").String())
	}
	b.note = countOf(len(p.found), len(p.items))
	out, x, y := m.centred(lines, b.Draw(th, bw, bh, body), bw, bh)
	return out, tea.NewCursor(x+2+cursor, y+1)
}

func (p *picker) draw(th *theme, w, kind, n int) string {
	it := p.items[p.found[n]]
	l := th.newLine(w)
	r := it.role
	if it.why != "" {
		r = dim
	}
	if n == p.win.cur {
		l.put(focus, th.g.marker)
		r = focus
		l.sel = true
	}
	l.rest(2)
	if kind > 0 {
		l.cell(dim, it.kind, kind, false).space(2)
	}
	note := it.note
	if it.why != "" {
		note = it.why
	}
	// The name matters more than the note: the note has what it leaves.
	room := w - l.w
	note, nw := th.clip(note, max(room-min(th.width(clip200(it.text)), room*2/3)-2, 0), th.g.ellipsis)
	l.cell(r, it.text, room-nw-2, false)
	if nw > 0 {
		l.space(2)
		l.raw(keycap, note, nw)
	}
	return l.String()
}
