package tui

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
)

// prompt asks for a time range: two fields, UTC.
type prompt struct {
	field [2]string
	at    [2]int // cursor, in bytes; texts are ASCII
	cur   int
	err   string
}

// askRange opens the prompt with the range that is shown, or with the first
// and last partition.
func (m *model) askRange() tea.Cmd {
	p := &prompt{}
	r := m.report.rng
	if r.IsZero() && len(m.report.hours) > 0 {
		h := m.report.hours
		r = Range{h[0], h[len(h)-1].Add(time.Hour)}
	}
	for i, t := range []time.Time{r.From, r.To} {
		if !t.IsZero() {
			p.field[i] = hour(t)
		}
		p.at[i] = len(p.field[i])
	}
	m.input = p
	return nil
}

// insert types text; what no time has in it is left out.
func (p *prompt) insert(text string) {
	for _, r := range text {
		if (r >= '0' && r <= '9' || strings.ContainsRune("-:TZ +.", r)) && len(p.field[p.cur]) < 32 {
			s := &p.field[p.cur]
			*s = (*s)[:p.at[p.cur]] + string(r) + (*s)[p.at[p.cur]:]
			p.at[p.cur]++
		}
	}
	p.err = ""
}

func (p *prompt) key(m *model, k tea.KeyPressMsg) tea.Cmd {
	s, at := &p.field[p.cur], &p.at[p.cur]
	switch k.String() {
	case "esc":
		m.input = nil
	case "enter":
		r, err := p.parse()
		if err != nil {
			p.err = err.Error()
			return nil
		}
		m.input = nil
		return m.setRange(r)
	case "tab", "shift+tab", "up", "down":
		p.cur = 1 - p.cur
	case "left":
		*at = max(*at-1, 0)
	case "right":
		*at = min(*at+1, len(*s))
	case "home", "ctrl+a":
		*at = 0
	case "end", "ctrl+e":
		*at = len(*s)
	case "backspace":
		if *at > 0 {
			*s, *at = (*s)[:*at-1]+(*s)[*at:], *at-1
		}
		p.err = ""
	case "delete":
		if *at < len(*s) {
			*s = (*s)[:*at] + (*s)[*at+1:]
		}
	case "ctrl+u":
		*s, *at = "", 0
		p.err = ""
	default:
		if k.Text != "" {
			p.insert(k.Text)
		}
	}
	return nil
}

// parse reads the fields; an empty one leaves its end open.
func (p *prompt) parse() (Range, error) {
	var r Range
	for i, out := range []*time.Time{&r.From, &r.To} {
		s := strings.TrimSpace(p.field[i])
		if s == "" {
			continue
		}
		t, err := parseTime(s)
		if err != nil {
			p.cur = i
			return r, err
		}
		*out = t
	}
	if !r.From.IsZero() && !r.To.IsZero() && !r.From.Before(r.To) {
		p.cur = 1
		return r, fmt.Errorf("the end must be later than the begin")
	}
	return r, nil
}

// parseTime reads a time as people write it, in UTC; a day alone is its begin.
func parseTime(s string) (time.Time, error) {
	for _, f := range []string{"2006-01-02 15:04", "2006-01-02 15", "2006-01-02", "2006-01-02T15:04", "2006-01-02T15",
		"2006-01-02 15:04:05", "2006-01-02T15:04:05", time.RFC3339} {
		if t, err := time.Parse(f, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("write a time as 2025-08-11 17:00 (UTC), or nothing")
}

func (p *prompt) over(m *model, lines []string) ([]string, *tea.Cursor) {
	th := m.th
	bw := min(m.w-4, 62)
	b := box{title: "Time range", note: "arrival, UTC, whole hours", focused: true, foot: "enter apply, tab other field, esc close"}
	iw, _ := b.inner(bw, 6)
	var body []string
	for i, label := range []string{"from ", "until"} {
		l := th.newLine(iw)
		r := dim
		if i == p.cur {
			r = focus
			l.put(focus, th.g.marker)
		}
		l.rest(2).put(r, label).space(2)
		if p.field[i] == "" && i != p.cur {
			l.put(dim, "open")
		}
		body = append(body, l.put(plain, p.field[i]).String())
	}
	if p.err != "" {
		body = append(body, th.newLine(iw).put(bad, th.g.bad+" "+p.err).String())
	} else {
		body = append(body, th.newLine(iw).put(dim, "An empty field leaves that end open.").String())
	}
	out, x, y := m.centred(lines, b.Draw(th, bw, len(body)+2, body), bw, len(body)+2)
	return out, tea.NewCursor(x+2+9+p.at[p.cur], y+1+p.cur)
}
