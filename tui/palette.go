package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
)

// openPalette lists what can be done here: the actions of the page, then those
// of everywhere. What does not apply now is listed too and says so, for people
// look for a thing where they are and not only when it can be done.
func (m *model) openPalette() tea.Cmd {
	var items []pick
	for _, s := range m.pageScopes() {
		for i := range m.acts {
			a := &m.acts[i]
			if a.scope != s || a.run == nil || a.id == "palette" {
				continue
			}
			it := pick{kind: s.String(), text: a.long, note: m.keyList(a), run: a.run}
			if a.when != nil && !a.when(m) {
				it.why = "not now"
			}
			items = append(items, it)
		}
	}
	return m.openPicker(&picker{title: "Commands", items: items})
}

// pageScopes gives all scopes of the page, whichever pane has the keys.
func (m *model) pageScopes() []scope {
	list, _ := m.scopes()
	if m.prepare == nil && m.drill == nil {
		if p, ok := m.pages[m.current].(interface{ allScopes() []scope }); ok {
			for _, s := range p.allScopes() {
				if !hasScope(list, s) {
					list = append(list[:len(list)-1:len(list)-1], s, scopeGlobal)
				}
			}
		}
	}
	return list
}

func hasScope(list []scope, s scope) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// keyList writes an action's keys.
func (m *model) keyList(a *action) string {
	names := make([]string, min(len(a.keys), 3))
	for i := range names {
		names[i] = m.keyName(a.keys[i])
	}
	return strings.Join(names, " ")
}
