package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
)

// helpView lists the keys that work where it was opened, from the table of
// actions, and what the signs on the screen mean.
type helpView struct {
	scroll scrollText
	scopes []scope
}

func (m *model) toggleHelp() tea.Cmd {
	if m.help != nil {
		m.help = nil
		return nil
	}
	list, _ := m.scopes()
	m.help = &helpView{scopes: list}
	return nil
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
	for i, s := range v.scopes {
		if i > 0 {
			out = append(out, m.th.newLine(w).String())
		}
		out = append(out, m.th.newLine(w).put(title, s.String()).String())
		for _, a := range m.acts {
			if a.scope != s {
				continue
			}
			names := make([]string, len(a.keys))
			for j, k := range a.keys {
				names[j] = m.keyName(k)
			}
			for j, part := range m.th.wrap(a.long, max(w-keys-2, 10)) {
				l := m.th.newLine(w).space(2)
				if j == 0 {
					l.put(keycap, strings.Join(names, "  "))
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
