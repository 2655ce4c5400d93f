package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
)

// helpView lists the keys that work where and when it was opened, from the table of
// actions, and what the signs on the screen mean. What cannot be done now the palette
// lists.
type helpView struct {
	scroll scrollText
	heads  []helpHead
}

// helpHead is a scope with what its keys do.
type helpHead struct {
	name string
	rows []helpRow
}

// helpRow is an action and its keys.
type helpRow struct{ keys, does string }

func (m *model) toggleHelp() tea.Cmd {
	if m.help != nil {
		m.help = nil
		return nil
	}
	m.help = &helpView{heads: m.helpHeads()}
	return nil
}

// helpHeads are the keys that do something now, by their scopes.
func (m *model) helpHeads() []helpHead {
	scopes, typing := m.scopes()
	var out []helpHead
	for _, s := range scopes {
		h := helpHead{name: s.String()}
		for i := range m.acts {
			a := &m.acts[i]
			if a.scope != s {
				continue
			}
			names := m.keysNow(a, scopes, typing)
			for j, k := range names {
				names[j] = m.keyName(k)
			}
			if len(names) > 0 {
				h.rows = append(h.rows, helpRow{strings.Join(names, "  "), a.long})
			}
		}
		if len(h.rows) > 0 {
			out = append(out, h)
		}
	}
	return out
}

func (v *helpView) key(m *model, k tea.KeyPressMsg) tea.Cmd {
	if !v.scroll.key(k.String()) {
		m.help = nil // any other key closes
	}
	return nil
}

// over draws the help over the screen.
func (v *helpView) over(m *model, lines []string) []string {
	bw := min(m.w-4, 92)
	bh := m.h - 2
	b := box{title: "Help", note: "any other key closes", focused: true}
	iw, ih := b.inner(bw, bh)
	text := v.text(m, iw)
	if len(text) < ih {
		ih = len(text)
		bh = ih + 2
	}
	shown := v.scroll.show(m.th, text, iw, ih)
	b.foot = v.scroll.position()
	out, _, _ := m.centred(lines, b.Draw(m.th, bw, bh, shown), bw, bh)
	return out
}

func (v *helpView) text(m *model, w int) []string {
	var out []string
	keys := 26
	for i, h := range v.heads {
		if i > 0 {
			out = append(out, m.th.newLine(w).String())
		}
		out = append(out, m.th.newLine(w).put(title, h.name).String())
		for _, row := range h.rows {
			for j, part := range m.th.wrap(row.does, max(w-keys-2, 10)) {
				l := m.th.newLine(w).space(2)
				if j == 0 {
					l.put(keycap, row.keys)
				}
				if l.w >= keys {
					l.space(2)
				}
				out = append(out, l.rest(keys).put(plain, part).String())
			}
		}
	}
	out = append(out, m.th.newLine(w).String(), m.th.newLine(w).put(title, "Signs").String())
	for _, s := range m.signs() {
		l := m.th.newLine(w).space(2)
		l.put(s.r, s.sign)
		out = append(out, l.rest(keys).put(plain, s.text).String())
	}
	return out
}

type sign struct {
	r          role
	sign, text string
}

func (m *model) signs() []sign {
	g := m.th.g
	return []sign{
		{focus, g.heavy.tl + g.heavy.t + g.heavy.tr, "a heavy frame: the keys go there"},
		{focus, g.marker, "the row that enter opens"},
		{dim, g.null, "NULL; an empty string is blank"},
		{good, g.ok, "holds"},
		{warn, g.warn, "look at it"},
		{bad, g.bad, "broken"},
		{dim, m.th.clean("␛") + " " + m.th.clean("⏎"), "control characters of the data, made visible"},
	}
}
