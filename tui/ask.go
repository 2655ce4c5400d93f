package tui

import (
	"unicode"

	tea "charm.land/bubbletea/v2"
)

// ask is a question with one line of text as its answer: a name, a file, a filter.
type ask struct {
	title string
	label string
	hint  string
	text  string
	at    int // cursor, in bytes
	err   string
	// done takes the answer; a text it gives is why the answer does not do, and
	// the question stays.
	done func(m *model, text string) (tea.Cmd, string)
}

func (m *model) openAsk(a *ask) tea.Cmd {
	a.at = len(a.text)
	m.input = a
	return nil
}

// insert types text; control characters are left out.
func (a *ask) insert(text string) {
	for _, r := range text {
		if unicode.IsPrint(r) && len(a.text) < 1000 {
			a.text = a.text[:a.at] + string(r) + a.text[a.at:]
			a.at += len(string(r))
		}
	}
	a.err = ""
}

func (a *ask) key(m *model, k tea.KeyPressMsg) tea.Cmd {
	switch k.String() {
	case "esc":
		m.input = nil
	case "enter":
		m.input = nil
		cmd, why := a.done(m, a.text)
		if why != "" {
			a.err, m.input = why, a
		}
		return cmd
	case "left":
		if a.at > 0 {
			a.at = lastCluster(a.text, a.at)
		}
	case "right":
		if a.at < len(a.text) {
			a.at += clusterLen(a.text[a.at:])
		}
	case "home", "ctrl+a":
		a.at = 0
	case "end", "ctrl+e":
		a.at = len(a.text)
	case "backspace":
		if a.at > 0 {
			from := lastCluster(a.text, a.at)
			a.text, a.at = a.text[:from]+a.text[a.at:], from
		}
		a.err = ""
	case "ctrl+u":
		a.text, a.at, a.err = "", 0, ""
	default:
		if k.Text != "" {
			a.insert(k.Text)
		}
	}
	return nil
}

// lastCluster is where the cluster before at begins.
func lastCluster(s string, at int) int {
	last := 0
	for i := 0; i < at; {
		last = i
		i += clusterLen(s[i:])
	}
	return last
}

func (a *ask) over(m *model, lines []string) ([]string, *tea.Cursor) {
	th := m.th
	bw := min(m.w-4, 84)
	b := box{title: a.title, focused: true, foot: "enter apply, esc close"}
	iw, _ := b.inner(bw, 5)
	head := th.newLine(iw).put(dim, a.label)
	if a.label != "" {
		head.space(1)
	}
	room := iw - head.w - 1
	x := th.width(a.text[:a.at])
	left := max(0, x-room+1)
	drawFrom(head, plain, a.text, 0, left)
	cursor := min(iw-1, iw-room-1+x-left)
	body := []string{head.String()}
	r, text := dim, a.hint
	if a.err != "" {
		r, text = bad, th.g.bad+" "+a.err
	}
	for _, t := range th.wrap(text, iw) {
		body = append(body, th.newLine(iw).put(r, t).String())
	}
	out, bx, by := m.centred(lines, b.Draw(th, bw, len(body)+2, body), bw, len(body)+2)
	return out, tea.NewCursor(bx+2+cursor, by+1)
}
