package tui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"acme/telemetry/engine/query"
	"acme/telemetry/engine/report"
)

// qualityPage lists what the report's checks have found, the worst first; one key
// opens the rows that are meant, on the SQL page. Below the findings stand the
// statements of the Library that look for what is unusual.
type qualityPage struct {
	of    *report.Document // what the findings are of
	lib   int              // how many statements there were
	names bool             // the catalog had been read
	items []finding
	broke int // of items: warnings and errors
	win   window
	room  int
	hidOK bool
}

// finding is a line of the page.
type finding struct {
	grade report.Severity
	none  bool // a statement: it has not looked yet
	name  string
	count string
	text  string
	from  string // the section
	sql   string // that lists the rows; empty where none can
	seen  string // the statement that found it
	run   bool
}

func (p *qualityPage) name() string            { return "Quality" }
func (p *qualityPage) scopes() ([]scope, bool) { return []scope{scopeQuality}, false }

// collect makes the lines from the report, when it is another one.
func (p *qualityPage) collect(m *model) {
	doc := m.report.doc
	if doc == p.of && p.lib == len(m.sql.saved) && p.names == m.names.loaded {
		return
	}
	p.of, p.lib, p.names, p.items, p.broke = doc, len(m.sql.saved), m.names.loaded, nil, 0
	if doc != nil {
		for _, s := range inOrder(doc.Sections) {
			p.items = append(p.items, findingsOf(s)...)
		}
		for i := range p.items {
			p.items[i].trace(doc)
			p.items[i].worstFirst(m.names.tables)
		}
		p.items = append(p.items, unusual(doc)...)
	}
	rank := func(f finding) int {
		if f.from == "data_quality" {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(p.items, func(a, b finding) int {
		if a.grade != b.grade {
			return int(b.grade) - int(a.grade)
		}
		return rank(a) - rank(b)
	})
	for _, f := range p.items {
		if f.grade >= report.Warn {
			p.broke++
		}
	}
	for _, s := range m.sql.saved {
		if folder, _, _ := strings.Cut(s.Name, "/"); folder == "anomaly" || folder == "alert" {
			p.items = append(p.items, finding{none: true, name: s.Name, text: leadOf(s.SQL), from: "statement", sql: s.SQL, run: true})
		}
	}
}

// findingsOf reads the rows of a section that grades what it says.
func findingsOf(s *report.Section) []finding {
	grade := slices.IndexFunc(s.Columns, func(c report.Column) bool { return c.Kind == report.KindSeverity })
	if grade < 0 {
		return nil
	}
	var out []finding
	for i, row := range s.Rows {
		f := finding{from: s.ID, sql: drillSQL(s, i), seen: s.SQL}
		var texts []string
		share := ""
		for c, col := range s.Columns {
			if c >= len(row) || row[c] == nil {
				continue
			}
			text := cutBytes(datum(col, row[c]), datumMost)
			switch {
			case c == grade:
				f.grade = gradeOf(row[c])
			case col.Kind == report.KindCount && f.count == "":
				f.count = text
			case col.Kind == report.KindPercent:
				share = text
			case col.Kind == report.KindText:
				texts = append(texts, text)
			}
		}
		if len(texts) > 0 {
			f.name, f.text = texts[0], strings.Join(texts[1:], " ")
		}
		if share != "" && f.grade >= report.Warn {
			f.count += " (" + strings.TrimSuffix(share, "%") + "%)"
		}
		out = append(out, f)
	}
	return out
}

// trace finds the rows behind a finding that follows from another section's figures: its
// evidence names the section, and the row by its first cell, as in
// "quality: SD, avg_buffering_events".
func (f *finding) trace(doc *report.Document) {
	id, rest, ok := strings.Cut(f.text, ": ")
	if f.from != "findings" || f.sql != "" || !ok {
		return
	}
	s := doc.Section(id)
	if s == nil || s.SQL == "" {
		return
	}
	f.seen = s.SQL
	for i, row := range s.Rows {
		if len(row) == 0 || len(s.Columns) == 0 {
			continue
		}
		name := datum(s.Columns[0], row[0])
		if strings.HasPrefix(strings.ToLower(rest)+",", strings.ToLower(name)+",") || strings.HasPrefix(strings.ToLower(rest), strings.ToLower(name)+" ") {
			f.sql = drillSQL(s, i)
			return
		}
	}
}

// worstFirst orders the rows of a finding about the highest average by the column that it
// is of, as in "quality: SD, avg_buffering_events": any hundred rows say nothing.
func (f *finding) worstFirst(tables []Table) {
	_, figure, _ := strings.Cut(f.text, ", avg_")
	figure, _, _ = strings.Cut(figure, ";")
	head, ok := strings.CutSuffix(f.sql, "\nLIMIT 100")
	known := slices.ContainsFunc(tables, func(t Table) bool {
		return slices.ContainsFunc(t.Columns, func(c query.Column) bool { return c.Name == figure })
	})
	if f.from == "findings" && ok && known && strings.Contains(f.name, " most") {
		f.sql = head + "\nORDER BY " + quoteIfNeeded(figure) + " DESC\nLIMIT 100"
	}
}

// unusual are the report's alerts that no check has said yet: sessions that rebuffer, and
// unusual hours of the last day. Unusual hours before that are to be known, no more.
func unusual(doc *report.Document) []finding {
	var out []finding
	told := map[int]bool{}
	for _, a := range doc.Alerts() {
		s := doc.Section(a.Section)
		if s == nil || a.Section == "data_quality" {
			continue
		}
		if s.ID == "anomalies" {
			told[a.Row] = true
		}
		out = append(out, finding{grade: report.Warn, name: a.Subject, text: a.Reason, from: s.ID, sql: drillSQL(s, a.Row), seen: s.SQL})
	}
	s := doc.Section("anomalies")
	if s == nil {
		return out
	}
	for i, row := range s.Rows {
		if told[i] {
			continue
		}
		says := map[string]string{}
		for c, col := range s.Columns {
			if c < len(row) && row[c] != nil {
				says[col.Name] = cutBytes(datum(col, row[c]), datumMost)
			}
		}
		out = append(out, finding{grade: report.Info, from: s.ID, sql: drillSQL(s, i), seen: s.SQL,
			name: "Unusual " + says["measure"] + " of " + says["value"] + " at " + says["started"],
			text: says["observed"] + ", and " + says["expected"] + " in the same hour of other days: " + says["score"] + " usual spreads away."})
	}
	return out
}

// leadOf gives the comment that a statement begins with.
func leadOf(sql string) string {
	var words []string
	for line := range strings.Lines(cutBytes(sql, datumMost)) {
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), "--")
		if !ok {
			break
		}
		words = append(words, strings.TrimSpace(rest))
	}
	return strings.Join(words, " ")
}

// shown gives the lines that are to be seen.
func (p *qualityPage) shown() []finding {
	if !p.hidOK {
		return p.items
	}
	var out []finding
	for _, f := range p.items {
		if f.none || f.grade >= report.Warn {
			out = append(out, f)
		}
	}
	return out
}

func (p *qualityPage) at(m *model) *finding {
	p.collect(m)
	list := p.shown()
	p.win.clamp(len(list), p.room)
	if len(list) == 0 {
		return nil
	}
	return &list[p.win.cur]
}

func (p *qualityPage) key(m *model, k tea.KeyPressMsg) tea.Cmd {
	n := len(p.shown())
	if !p.win.move(k.String(), n, p.room) {
		p.win.clamp(n, p.room)
	}
	if f := p.at(m); k.String() == "enter" && f != nil { // the action has not taken it
		m.say(dim, "no statement lists the rows of this one; below stands where to look")
	}
	return nil
}

func (p *qualityPage) mouse(m *model, x, y int, e tea.MouseMsg) tea.Cmd {
	switch e.Mouse().Button {
	case tea.MouseLeft:
		if _, ok := e.(tea.MouseClickMsg); ok && y >= 1 && y <= p.room {
			p.win.cur = p.win.top + y - 1
		}
	case tea.MouseWheelUp:
		p.win.move("up", len(p.shown()), p.room)
	case tea.MouseWheelDown:
		p.win.move("down", len(p.shown()), p.room)
	}
	p.win.clamp(len(p.shown()), p.room)
	return nil
}

func (p *qualityPage) draw(m *model, w, h int) ([]string, *tea.Cursor) {
	th := m.th
	p.collect(m)
	list := p.shown()
	lower := max(h*2/5, 8)
	b := box{title: "Findings", focused: true, note: p.sum(m)}
	if p.broke > 0 {
		b.noteRole = warn
	}
	iw, ih := b.inner(w, h-lower)
	p.room = ih
	p.win.clamp(len(list), ih)
	var body []string
	switch {
	case len(list) == 0 && m.report.loading():
		body = []string{th.newLine(iw).put(plain, th.g.spin[m.frame%len(th.g.spin)]+" "+m.report.progressText()).String()}
	case len(list) == 0 && m.report.err != nil:
		body = []string{th.newLine(iw).cell(bad, th.g.bad+" "+errorText(m.report.err), iw, false).String()}
	case len(list) == 0:
		body = []string{th.newLine(iw).put(dim, "nothing was checked").String()}
	}
	name, number, sentence := 10, 0, 0
	for _, f := range list {
		if f.from == "findings" {
			sentence = max(sentence, min(th.width(f.name), iw-3))
		}
		number = max(number, th.width(f.count))
		if f.text != "" && f.from != "findings" {
			name = max(name, min(th.width(f.name), max(34, iw*2/5)))
		}
	}
	for i := p.win.top; i < min(p.win.top+ih, len(list)); i++ {
		body = append(body, drawFinding(th, list[i], iw, name, number, sentence, i == p.win.cur))
	}
	out := b.Draw(th, w, h-lower, body)
	return append(out, p.drawDetail(m, w, lower)...), nil
}

func drawFinding(th *theme, f finding, w, name, number, sentence int, here bool) string {
	l := th.newLine(w)
	l.sel = here
	if here {
		l.put(focus, th.g.marker)
	}
	sign, r := th.severity(f.grade)
	if f.none {
		sign, r = th.g.right, dim
	}
	l.rest(2).put(r, sign).space(1)
	if f.text == "" {
		return l.cell(plain, strings.TrimSpace(f.name+"  "+f.count), w-l.w, false).String()
	}
	if f.from == "findings" { // a sentence; what it follows from gets what is left
		l.cell(plain, f.name, sentence, false)
		if w-l.w < 24 {
			return l.rest(w).String()
		}
		return l.space(2).cell(dim, f.text, w-l.w, false).String()
	}
	l.cell(plain, f.name, name, false).space(1)
	l.cell(r, f.count, number, true).space(2)
	return l.cell(dim, f.text, w-l.w, false).String()
}

// sum says how many checks hold.
func (p *qualityPage) sum(m *model) string {
	checks := 0
	for _, f := range p.items {
		if !f.none {
			checks++
		}
	}
	if checks == 0 && m.report.loading() {
		return m.report.progressText()
	}
	text := report.Count(int64(checks-p.broke)) + " hold, " + report.Count(int64(p.broke)) + " to look at"
	if m.report.loading() {
		text += ", loading"
	}
	return text
}

// drawDetail shows what the finding under the cursor says, and the statement that
// lists its rows.
func (p *qualityPage) drawDetail(m *model, w, h int) []string {
	th := m.th
	f := p.at(m)
	b := box{title: "What is meant"}
	iw, ih := b.inner(w, h)
	if f == nil {
		return b.Draw(th, w, h, nil)
	}
	var body []string
	add := func(r role, text string) {
		for _, t := range th.wrap(text, iw) {
			body = append(body, th.newLine(iw).put(r, t).String())
		}
	}
	head := f.name
	if f.count != "" {
		head += ": " + f.count
	}
	add(accent, head)
	if f.text != "" {
		add(plain, f.text)
	}
	body = append(body, th.newLine(iw).String())
	switch {
	case f.run:
		b.foot = "enter runs it"
		body = append(body, th.drawSQL(f.sql, iw)...)
	case f.sql != "":
		b.foot = "enter: the rows, on the SQL page"
		body = append(body, th.drawSQL(f.sql, iw)...)
	case f.seen != "" && f.from == "findings":
		b.foot = m.keyName("x") + ": the statement that the figures are of"
		body = append(body, th.drawSQL(f.seen, iw)...)
	case f.grade >= report.Warn:
		add(dim, "No statement lists these: the objects say it, not the rows. acme inspect names them; the Browse page shows the partitions.")
	default:
		add(dim, "There is nothing to list.")
	}
	if len(body) > ih {
		b.note = "more in the statement"
	}
	return b.Draw(th, w, h, body)
}

func qualityActions() []action {
	at := func(m *model) *finding { return m.quality.at(m) }
	return []action{
		{id: "quality.rows", scope: scopeQuality, keys: []string{"enter"}, short: "its rows", long: "run the statement that lists what is meant, on the SQL page", run: func(m *model) tea.Cmd { return m.openSQL(at(m).sql, true) }, when: func(m *model) bool { f := at(m); return f != nil && f.sql != "" }},
		{id: "quality.explain", scope: scopeQuality, keys: []string{"x"}, short: "explain", long: "open the statement that found it on the SQL page", run: func(m *model) tea.Cmd { return m.openSQL(at(m).seen, false) }, when: func(m *model) bool { f := at(m); return f != nil && f.seen != "" }},
		{id: "quality.broken", scope: scopeQuality, keys: []string{"b"}, short: "only broken", turn: func(m *model) string { return map[bool]string{true: "all"}[m.quality.hidOK] }, long: "only what does not hold, or all", run: func(m *model) tea.Cmd { m.quality.hidOK = !m.quality.hidOK; return nil }},
		{id: "quality.copy", scope: scopeQuality, keys: []string{"y"}, long: "copy the finding", run: func(m *model) tea.Cmd {
			f := at(m)
			return m.copy("the finding", strings.TrimSpace(f.grade.String()+"\t"+f.name+"\t"+f.count+"\t"+f.text))
		}, when: func(m *model) bool { return at(m) != nil }},
		{id: "quality.refresh", scope: scopeQuality, keys: []string{"r"}, short: "check again", long: "make the report and its checks again", run: (*model).startLoad},
		{id: "quality.move", scope: scopeQuality, keys: []string{"up", "down", "j", "k", "pgup", "pgdown", "g", "G"}, long: "move"},
	}
}
