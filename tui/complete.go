package tui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// names are what completion and the schema tree know: they are read once, and
// again when the reader asks.
type names struct {
	tables    []Table
	functions []Function
	err       error
	asked     bool
	loaded    bool
}

type namesMsg struct {
	tables    []Table
	functions []Function
	err       error
}

// loadNames reads the catalog.
func (m *model) loadNames() tea.Cmd {
	c, ctx := m.cfg.Catalog, m.ctx
	if c == nil {
		return nil
	}
	m.names.asked = true
	return safely(func() tea.Msg {
		tables, err := c.Tables(ctx)
		return namesMsg{tables, c.Functions(), err}
	})
}

// completion is one thing that the word under the cursor may become.
type completion struct {
	text string // what is inserted
	kind string // at its right: a type, "function"
	note string // below the list: a signature
}

// popup is the list of completions at the cursor.
type popup struct {
	items []completion
	from  pos // where the word begins
	win   window
	shut  bool // closed by hand: it stays so until another word begins
}

const popupRows = 8

// completeNow opens or narrows the popup for the word before the cursor. Unless
// forced it stays away until a name can be told: two letters, or a dot.
func (s *sheet) completeNow(n *names, database string, force bool) {
	line := s.edit.lines[s.edit.cur.line][:s.edit.cur.at]
	begin := len(line)
	for begin > 0 && isWord(line[begin-1]) {
		begin--
	}
	word := line[begin:]
	dotted := begin > 0 && line[begin-1] == '.'
	from := pos{s.edit.cur.line, begin}
	shut := s.pop != nil && s.pop.shut && s.pop.from == from && !force
	rest := s.edit.lines[s.edit.cur.line][s.edit.cur.at:]
	inside := rest != "" && isWord(rest[0]) // a word is being mended: what it becomes is there already
	if !force && (inside || len(word) < 2 && !dotted || word != "" && word[0] >= '0' && word[0] <= '9' || s.inText(from)) || shut {
		if !shut {
			s.pop = nil
		}
		return
	}
	items := s.completions(n, database, line[:begin], word)
	if len(items) == 0 || len(items) == 1 && strings.EqualFold(items[0].text, word) {
		s.pop = nil
		return
	}
	s.pop = &popup{items: items, from: from}
}

// inText says whether a place lies in a string or a comment.
func (s *sheet) inText(p pos) bool {
	s.edit.lex()
	for _, t := range s.edit.ink[p.line] {
		if t.from < p.at && p.at <= t.to && (t.kind == tokComment || t.kind == tokString && (p.at < t.to || s.edit.lines[p.line][t.to-1] != '\'')) {
			return true
		}
	}
	return false
}

// completions gives what a word may become, behind the text of its line.
func (s *sheet) completions(n *names, database, before, word string) []completion {
	var out []completion
	used := tablesIn(s.edit.around(), n.tables, database)
	if qualifier, ok := qualifierOf(before); ok {
		for _, u := range used {
			if strings.EqualFold(u.alias, qualifier) || strings.EqualFold(u.table.Name, qualifier) {
				out = append(out, columnsOf(u.table)...)
				break
			}
		}
		for _, t := range n.tables {
			if strings.EqualFold(t.Database, qualifier) {
				out = append(out, completion{text: quoteIfNeeded(t.Name), kind: tableKind(t)})
			}
		}
		return ranked(out, word)
	}
	if wantsTable(before, s.wordBefore()) {
		for _, t := range n.tables {
			text := quoteIfNeeded(t.Name)
			if !strings.EqualFold(t.Database, database) {
				text = t.Database + "." + text
			}
			out = append(out, completion{text: text, kind: tableKind(t)})
		}
		return ranked(out, word)
	}
	for _, u := range used {
		out = append(out, columnsOf(u.table)...)
		if u.alias != "" {
			out = append(out, completion{text: u.alias, kind: "alias of " + u.table.Name})
		}
	}
	if len(used) == 0 { // FROM is written after the columns
		for _, own := range []bool{true, false} {
			for _, t := range n.tables {
				if strings.EqualFold(t.Database, database) == own {
					for _, c := range columnsOf(t) {
						c.note = "a column of " + t.Name
						out = append(out, c)
					}
				}
			}
		}
	}
	var refused []completion
	for _, f := range n.functions {
		if f.Refused != "" {
			refused = append(refused, completion{text: f.Name + "(", kind: "not here", note: f.Signature})
			continue
		}
		out = append(out, completion{text: f.Name + "(", kind: "function", note: f.Signature})
	}
	for _, k := range strings.Fields(keywords) {
		if word != "" && word[0] >= 'a' && word[0] <= 'z' {
			k = strings.ToLower(k)
		}
		out = append(out, completion{text: k, kind: "keyword"})
	}
	for _, t := range n.tables {
		out = append(out, completion{text: quoteIfNeeded(t.Name), kind: tableKind(t)})
	}
	return ranked(append(out, refused...), word)
}

func tableKind(t Table) string {
	if t.View {
		return "view"
	}
	return "table"
}

func columnsOf(t Table) []completion {
	out := make([]completion, len(t.Columns))
	for i, c := range t.Columns {
		out[i] = completion{text: quoteIfNeeded(c.Name), kind: c.Type}
	}
	return out
}

// ranked keeps what a word may mean: what begins with it, then what has it inside
// behind an underscore, each in the order given, and nothing twice.
func ranked(items []completion, word string) []completion {
	low := strings.ToLower(word)
	var first, second []completion
	seen := map[string]bool{}
	for _, c := range items {
		name := strings.ToLower(strings.Trim(c.text, `"`))
		if seen[name] {
			continue
		}
		last := name[strings.LastIndexByte(name, '.')+1:]
		switch {
		case strings.HasPrefix(name, low), strings.HasPrefix(strings.Trim(last, `"`), low):
			first = append(first, c)
		case len(low) >= 2 && strings.Contains(name, "_"+low):
			second = append(second, c)
		default:
			continue
		}
		seen[name] = true
	}
	out := append(first, second...)
	return out[:min(len(out), 200)]
}

// quoteIfNeeded writes a name so that Athena takes it for itself.
func quoteIfNeeded(s string) string {
	if s == "" || s[0] >= '0' && s[0] <= '9' || isKeyword(s) && !strings.Contains(" DATE DAY HOUR YEAR MONTH TIME TIMESTAMP FIRST LAST RANGE ROW ROWS SETS SHOW USE ZONE ", " "+strings.ToUpper(s)+" ") {
		return quoteName(s)
	}
	for _, r := range s {
		if !(r == '_' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9') {
			return quoteName(s)
		}
	}
	return s
}

// qualifierOf gives the name before a dot at the end of a text.
func qualifierOf(before string) (string, bool) {
	head, ok := strings.CutSuffix(before, ".")
	if !ok {
		return "", false
	}
	begin := len(head)
	for begin > 0 && isWord(head[begin-1]) {
		begin--
	}
	return head[begin:], begin < len(head)
}

// wordBefore gives the last word of the lines before the cursor's.
func (s *sheet) wordBefore() string {
	for n := s.edit.cur.line - 1; n >= 0; n-- {
		if f := strings.Fields(s.edit.lines[n]); len(f) > 0 {
			return f[len(f)-1]
		}
	}
	return ""
}

// wantsTable says whether a table's name belongs behind a text.
func wantsTable(before, lineBefore string) bool {
	words := strings.Fields(before)
	last := lineBefore
	if len(words) > 0 {
		last = words[len(words)-1]
	}
	return slices.Contains([]string{"FROM", "JOIN", "INTO", "DESCRIBE", "TABLE"}, strings.ToUpper(last))
}

// usedTable is a table that a statement names, and what it calls it.
type usedTable struct {
	table Table
	alias string
}

// tablesIn finds the tables behind FROM, JOIN and commas by their names alone: it
// knows no more SQL than that, and a name it mistakes only offers columns too many.
func tablesIn(sql string, tables []Table, database string) []usedTable {
	var words []string
	for _, t := range lexSQL(cutBytes(sql, 1<<18)) {
		if t.kind != tokSpace && t.kind != tokComment {
			words = append(words, sql[t.from:t.to])
		}
	}
	var out []usedTable
	for i := 0; i < len(words); i++ {
		if k := strings.ToUpper(words[i]); k != "FROM" && k != "JOIN" && k != "," && k != "INTO" && k != "DESCRIBE" {
			continue
		}
		j := i + 1
		name, db := "", database
		for j < len(words) && (isName(words[j]) || words[j] == ".") {
			if words[j] == "." {
				db = name
			} else if name != "" && words[j-1] != "." {
				break
			} else {
				name = strings.Trim(words[j], `"`)
			}
			j++
		}
		at := slices.IndexFunc(tables, func(t Table) bool {
			return strings.EqualFold(t.Name, name) && strings.EqualFold(t.Database, db)
		})
		if at < 0 {
			continue
		}
		u := usedTable{table: tables[at]}
		if j < len(words) && strings.EqualFold(words[j], "as") {
			j++
		}
		if j < len(words) && isName(words[j]) && !isKeyword(words[j]) {
			u.alias = strings.Trim(words[j], `"`)
		}
		if !slices.ContainsFunc(out, func(o usedTable) bool {
			return o.alias == u.alias && o.table.Name == u.table.Name && o.table.Database == u.table.Database
		}) {
			out = append(out, u)
		}
	}
	return out
}

func isName(s string) bool { return s[0] == '"' || isWord(s[0]) && (s[0] < '0' || s[0] > '9') }

// accept puts a completion in place of the word.
func (s *sheet) accept() {
	p := s.pop
	s.pop = nil
	if p == nil || p.win.cur >= len(p.items) {
		return
	}
	s.edit.anchor = p.from
	s.edit.insert(p.items[p.win.cur].text, "")
}

// over draws the popup at the cursor: below it if there is room, else above.
func (p *popup) over(m *model, lines []string, w, x, y int) []string {
	th := m.th
	n := min(len(p.items), popupRows)
	p.win.clamp(len(p.items), n)
	tw, kw := 8, 0
	for _, c := range p.items[p.win.top : p.win.top+n] {
		tw, kw = max(tw, min(th.width(c.text), 36)), max(kw, min(th.width(c.kind), 24))
	}
	note := cutBytes(p.items[p.win.cur].note, 200)
	bw := min(max(tw+kw+8, min(th.width(note)+4, 70)), w)
	b := box{foot: countOf(p.win.cur+1, len(p.items))}
	iw, _ := b.inner(bw, n+2)
	var body []string
	for i := p.win.top; i < p.win.top+n; i++ {
		l := th.newLine(iw)
		r := plain
		if i == p.win.cur {
			l.put(focus, th.g.marker)
			l.sel, r = true, focus
		}
		l.rest(2).cell(r, p.items[i].text, max(iw-kw-3, 6), false).space(1)
		body = append(body, l.cell(dim, p.items[i].kind, kw, true).String())
	}
	if note != "" {
		body = append(body, th.newLine(iw).cell(dim, note, iw, false).String())
	}
	bh := len(body) + 2
	x = max(min(x, w-bw), 0)
	at := y + 1
	if at+bh > len(lines) && y-bh >= 0 {
		at = y - bh
	}
	return overlay(lines, b.Draw(th, bw, bh, body), x, at, w, bw)
}
