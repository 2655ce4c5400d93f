package tui

import (
	"strings"
	"unicode"

	tea "charm.land/bubbletea/v2"
)

// tree is a list of nodes that open and close. Its owner makes the nodes anew for
// every frame, cheaply; the tree keeps which are open, the cursor and a filter.
type tree struct {
	open   map[string]bool
	win    window
	room   int
	filter string
	typing bool // letters go to the filter
}

// node is a line of a tree. The nodes below it follow it, one level deeper.
type node struct {
	id    string // of its kind and place, for what is open
	level int
	text  string
	right string
	whole bool // right gives way to text
	role  role
	// leaf has nothing below it; enter on it calls run.
	leaf bool
	run  func(*model) tea.Cmd
	load func(*model) tea.Cmd // called when the node is opened
}

// shown gives the nodes that are to be seen: those whose parents are open; with a
// filter, those that have it in their name, and their parents.
func (t *tree) shown(nodes []node) []node {
	var out []node
	if t.filter != "" {
		low := strings.ToLower(t.filter)
		keep := make([]bool, len(nodes))
		for i := len(nodes) - 1; i >= 0; i-- {
			if strings.Contains(strings.ToLower(nodes[i].text), low) {
				keep[i] = true
				level := nodes[i].level
				for j := i - 1; j >= 0 && level > 0; j-- {
					if nodes[j].level < level {
						keep[j], level = true, nodes[j].level
					}
				}
			}
		}
		for i, n := range nodes {
			if keep[i] {
				out = append(out, n)
			}
		}
		return out
	}
	closed := -1 // level below which nothing is shown
	for _, n := range nodes {
		if closed >= 0 && n.level > closed {
			continue
		}
		closed = -1
		out = append(out, n)
		if !n.leaf && !t.open[n.id] {
			closed = n.level
		}
	}
	return out
}

// insert types into the filter.
func (t *tree) insert(text string) {
	if !t.typing {
		return
	}
	for _, r := range text {
		if unicode.IsPrint(r) && len(t.filter) < 60 {
			t.filter += string(r)
		}
	}
	t.win = window{}
}

// key edits the filter, or moves.
func (t *tree) key(nodes []node, k tea.KeyPressMsg) {
	if t.typing {
		switch k.String() {
		case "backspace":
			if r := []rune(t.filter); len(r) > 0 {
				t.filter = string(r[:len(r)-1])
				t.win = window{}
			}
			return
		case "ctrl+u":
			t.filter = ""
			return
		}
		if k.Text != "" {
			t.insert(k.Text)
			return
		}
	}
	t.move(nodes, k.String())
}

// move moves the cursor, and opens and closes.
func (t *tree) move(nodes []node, k string) {
	list := t.shown(nodes)
	switch k {
	case "left", "h":
		t.close(list)
	case "right", "l":
		if n := t.at(nodes); n != nil && !n.leaf {
			t.open[n.id] = true
		}
	default:
		t.win.move(k, len(list), t.room)
	}
	t.win.clamp(len(list), t.room)
}

// click puts the cursor on a line of what draw gave last, from 0.
func (t *tree) click(y int) {
	if t.filter != "" || t.typing {
		y-- // the filter's line
	}
	t.win.cur = t.win.top + max(y, 0)
}

// close closes the node under the cursor, or goes to its parent.
func (t *tree) close(list []node) {
	t.win.clamp(len(list), t.room)
	if len(list) == 0 {
		return
	}
	n := list[t.win.cur]
	if !n.leaf && t.open[n.id] {
		t.open[n.id] = false
		return
	}
	for i := t.win.cur - 1; i >= 0; i-- {
		if list[i].level < n.level {
			t.win.cur = i
			return
		}
	}
}

// at gives the node under the cursor; nil without one.
func (t *tree) at(nodes []node) *node {
	list := t.shown(nodes)
	t.win.clamp(len(list), t.room)
	if len(list) == 0 {
		return nil
	}
	return &list[t.win.cur]
}

// enter opens or closes the node under the cursor, or does what a leaf does.
func (t *tree) enter(m *model, nodes []node) tea.Cmd {
	n := t.at(nodes)
	switch {
	case n == nil:
		return nil
	case n.leaf:
		if n.run != nil {
			return n.run(m)
		}
		return nil
	}
	t.open[n.id] = !t.open[n.id]
	if t.open[n.id] && n.load != nil {
		return n.load(m)
	}
	return nil
}

// draw gives h lines of w columns.
func (t *tree) draw(th *theme, nodes []node, w, h int, focused bool) []string {
	list := t.shown(nodes)
	var out []string
	if t.filter != "" || t.typing {
		l := th.newLine(w).put(focus, "/").put(plain, t.filter)
		if t.typing {
			l.put(accent, "_")
		}
		out = append(out, l.String())
	}
	t.room = max(h-len(out), 1)
	t.win.clamp(len(list), t.room)
	for i := t.win.top; i < min(t.win.top+t.room, len(list)); i++ {
		n := list[i]
		l := th.newLine(w)
		here := i == t.win.cur && focused
		l.sel = here
		if here {
			l.put(focus, th.g.marker)
		}
		l.rest(1 + 2*n.level)
		switch {
		case n.leaf:
			l.space(2)
		case t.open[n.id] || t.filter != "":
			l.put(dim, th.g.opened+" ")
		default:
			l.put(dim, th.g.closed+" ")
		}
		right, rw := th.clip(n.right, max(w-l.w-6, 0)/2+4, th.g.ellipsis)
		if n.whole && th.width(n.text) > w-l.w-rw-1 {
			right, rw = "", -1
		}
		l.cell(n.role, th.middle(n.text, max(w-l.w-rw-1, 4)), max(w-l.w-rw-1, 4), false)
		if right != "" && l.w+rw+1 <= w {
			l.space(1)
			l.raw(dim, right, rw)
		}
		out = append(out, l.String())
	}
	return th.fit(out, w, h)
}
