package tui

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"acme/telemetry/engine/query"
	"acme/telemetry/engine/report"
)

// browsePage goes from tables to partitions to objects to rows. Partitions know
// their objects, bytes and rows, by the manifests, and what is wrong with them.
type browsePage struct {
	side   tree
	onSide bool
	moved  bool // among the tables, by a key
	table  *Table
	parts  []Partition
	hours  *hourMap
	part   *Partition // whose objects are shown; nil for the partitions
	objs   []Object
	list   *result // the grid of what is shown
	was    *result // that of the partitions, while objects are shown

	gen    int
	cancel context.CancelFunc // of what loads
	err    error
	spots  [2]spot
}

// partsMsg brings a table's partitions, objsMsg a partition's objects.
type (
	partsMsg struct {
		gen   int
		parts []Partition
		err   error
	}
	objsMsg struct {
		gen  int
		objs []Object
		err  error
	}
)

func newBrowsePage() *browsePage {
	return &browsePage{onSide: true, side: tree{open: map[string]bool{}}}
}

func (p *browsePage) name() string { return "Browse" }

func (p *browsePage) scopes() ([]scope, bool) {
	if p.onSide {
		return []scope{scopeTables}, p.side.typing
	}
	return []scope{scopeBrowse}, false
}

func (p *browsePage) allScopes() []scope { return []scope{scopeTables, scopeBrowse} }

func (p *browsePage) loading() bool { return p.cancel != nil }

func (p *browsePage) stop() {
	if p.cancel != nil {
		p.cancel()
		p.cancel = nil
		p.gen++
	}
}

// begin puts the cursor on the first table of the lake's own database, where the reader
// has not moved it.
func (p *browsePage) begin(m *model) {
	if p.table != nil || p.moved {
		return
	}
	for i, n := range p.side.shown(p.nodes(m)) {
		if strings.HasPrefix(n.id, "t/"+m.cfg.Database+".") {
			p.side.win.cur = i
			return
		}
	}
}

// nodes are the databases and tables.
func (p *browsePage) nodes(m *model) []node {
	return p.side.byDatabase(m.names.tables, func(t Table) []node {
		n := node{id: "t/" + t.Database + "." + t.Name, level: 1, text: t.Name, right: t.form(), whole: true, leaf: true}
		if p.table != nil && p.table.Name == t.Name && p.table.Database == t.Database {
			n.role = focus
		}
		n.run = func(m *model) tea.Cmd { return p.open(m, t) }
		return []node{n}
	})
}

// open shows a table's partitions.
func (p *browsePage) open(m *model, t Table) tea.Cmd {
	p.table, p.parts, p.objs, p.part, p.list, p.was, p.hours, p.err = &t, nil, nil, nil, nil, nil, nil, nil
	p.onSide = false
	return p.load(m, false)
}

// load reads what is shown; again says that it was shown before, and is to be looked at
// anew: a Catalog may give objects as it saw them when it was last asked for partitions.
func (p *browsePage) load(m *model, again bool) tea.Cmd {
	if p.table == nil || m.cfg.Catalog == nil {
		return nil
	}
	p.stop()
	p.gen++
	ctx, cancel := context.WithCancel(m.ctx)
	p.cancel, p.err = cancel, nil
	c, t, gen := m.cfg.Catalog, *p.table, p.gen
	if p.part != nil {
		part := *p.part
		return safely(func() tea.Msg {
			defer cancel()
			if again {
				if _, err := c.Partitions(ctx, t); err != nil {
					return objsMsg{gen, nil, err}
				}
			}
			objs, err := c.Objects(ctx, t, part)
			return objsMsg{gen, objs, err}
		})
	}
	return safely(func() tea.Msg {
		defer cancel()
		parts, err := c.Partitions(ctx, t)
		return partsMsg{gen, parts, err}
	})
}

// keyNames are the partition columns, as the lines name their values.
func (t Table) keyNames() string {
	names := make([]string, t.Keys)
	for i := range names {
		names[i] = t.Columns[len(t.Columns)-t.Keys+i].Name
	}
	if len(names) == 0 {
		return "partition"
	}
	return strings.Join(names, "/")
}

// count is a figure for a cell; NULL where it is not known.
func count(n int64) any {
	if n < 0 {
		return nil
	}
	return n
}

// partitions takes a table's partitions.
func (p *browsePage) partitions(m *model, msg partsMsg) {
	if msg.gen != p.gen {
		return
	}
	p.cancel, p.err, p.parts = nil, msg.err, msg.parts
	if msg.err != nil {
		return
	}
	g := newGrid([]query.Column{{Name: p.table.keyNames(), Type: "varchar"}, {Name: "health", Type: "varchar"}, {Name: "rows", Type: "bigint"}, {Name: "size", Type: bytesType}, {Name: "objects", Type: "bigint"}, {Name: "records", Type: "bigint"}})
	rows := make([]query.Row, len(p.parts))
	for i, q := range p.parts {
		name := strings.Join(q.Values, "/")
		if name == "" {
			name = "(all of the table)"
		}
		health := m.th.health(q.Health, q.Bad)
		rows[i] = query.Row{name, health, count(q.Rows), q.Bytes, q.Objects, count(q.Records)}
	}
	g.add(rows)
	p.list = &result{state: runDone, grid: g}
	p.hours = newHourMap(*p.table, p.parts)
}

// objects takes a partition's objects.
func (p *browsePage) objects(m *model, msg objsMsg) {
	if msg.gen != p.gen {
		return
	}
	p.cancel, p.err, p.objs = nil, msg.err, msg.objs
	if msg.err != nil {
		return
	}
	g := newGrid([]query.Column{{Name: "object", Type: pathType}, {Name: "health", Type: "varchar"}, {Name: "rows", Type: "bigint"}, {Name: "size", Type: bytesType}, {Name: "modified", Type: "timestamp"}})
	rows := make([]query.Row, len(p.objs))
	for i, o := range p.objs {
		health := m.th.health(o.Health, false)
		rows[i] = query.Row{o.Name, health, count(o.Rows), o.Bytes, query.Text(o.Modified.UTC().Format("2006-01-02 15:04:05"))}
	}
	g.add(rows)
	p.list = &result{state: runDone, grid: g}
}

// health says how something is, with its sign.
func (th *theme) health(what string, broken bool) string {
	switch {
	case what == "":
		return th.g.ok
	case broken:
		return th.g.bad + " " + what
	}
	return th.g.warn + " " + what
}

// index gives which of the partitions or objects the cursor is on.
func (p *browsePage) index() (int, bool) {
	if p.list == nil || p.list.grid.win.cur >= p.list.grid.count() {
		return 0, false
	}
	if order := p.list.grid.order; order != nil {
		return int(order[p.list.grid.win.cur]), true
	}
	return p.list.grid.win.cur, true
}

// into goes a level down: to the objects of a partition, to the rows of an object.
func (p *browsePage) into(m *model) tea.Cmd {
	i, ok := p.index()
	switch {
	case !ok:
		return nil
	case p.part == nil:
		p.part, p.was = &p.parts[i], p.list
		p.list, p.objs = nil, nil
		return p.load(m, false)
	}
	return p.rows(m)
}

// back goes a level up.
func (p *browsePage) back(m *model) tea.Cmd {
	switch {
	case p.list != nil && len(p.list.view.filters) > 0:
		p.list.view.filters = nil
		return p.list.look()
	case p.part != nil:
		p.stop()
		p.part, p.list, p.was, p.err = nil, p.was, nil, nil
	default:
		p.onSide = true
	}
	return nil
}

// rows opens the rows of what the cursor is on, on the SQL page.
func (p *browsePage) rows(m *model) tea.Cmd {
	sql, ok := p.statement()
	if !ok {
		return nil
	}
	return m.openSQL(sql, true)
}

// statement selects the rows of the partition or the object under the cursor.
func (p *browsePage) statement() (string, bool) {
	i, ok := p.index()
	if p.table == nil || !ok && p.part == nil {
		return "", false
	}
	t := p.table
	part := p.part
	if part == nil {
		part = &p.parts[i]
	}
	var where []string
	keys := t.Columns[len(t.Columns)-t.Keys:]
	for k, c := range keys {
		if k < len(part.Values) {
			where = append(where, quoteIfNeeded(c.Name)+" = "+keyLiteral(part.Values[k], c))
		}
	}
	if p.part != nil && ok {
		where = append(where, `"$path" = `+literalOf(p.objs[i].Path, query.Column{}))
	}
	sql := "SELECT *\nFROM " + quoteIfNeeded(t.Database) + "." + quoteIfNeeded(t.Name) + "\n"
	if len(where) > 0 {
		sql += "WHERE " + strings.Join(where, "\n  AND ") + "\n"
	}
	return sql + "LIMIT 1000\n", true
}

// keyLiteral writes a partition's value, as its folder has it, as a literal.
func keyLiteral(text string, c query.Column) string {
	if isNumber(c.Type) {
		n := strings.TrimLeft(text, "0")
		if n == "" {
			n = "0"
		}
		return n
	}
	return literalOf(text, c)
}

func (p *browsePage) key(m *model, k tea.KeyPressMsg) tea.Cmd {
	switch {
	case p.onSide:
		p.moved = true
		p.side.key(p.nodes(m), k)
	case p.list != nil:
		p.list.grid.key(k.String())
	}
	return nil
}

func (p *browsePage) mouse(m *model, x, y int, e tea.MouseMsg) tea.Cmd {
	over := p.spots[0].has(x, y)
	switch e.Mouse().Button {
	case tea.MouseLeft:
		if _, ok := e.(tea.MouseClickMsg); !ok {
			return nil
		}
		p.onSide = over
		if over {
			p.side.click(y - p.spots[0].y - 1)
		} else if top := p.spots[1].y + 3; p.list != nil && y >= top {
			g := p.list.grid
			g.win.cur = min(g.win.top+y-top, max(g.count()-1, 0))
			g.clickColumn(x - p.spots[1].x - 2)
		}
	case tea.MouseWheelUp, tea.MouseWheelDown:
		k := map[bool]string{true: "up", false: "down"}[e.Mouse().Button == tea.MouseWheelUp]
		if over {
			p.moved = true
			p.side.move(p.nodes(m), k)
		} else if p.list != nil {
			p.list.grid.key(k)
		}
	}
	return nil
}

func (p *browsePage) draw(m *model, w, h int) ([]string, *tea.Cursor) {
	th := m.th
	sw := 0
	switch {
	case w >= 160:
		sw = 36
	case w >= sideFrom:
		sw = sideColumns
	case p.onSide || p.table == nil:
		sw = min(drawerWidth, w/2)
	}
	p.spots = [2]spot{{0, 0, sw, h}, {sw, 0, w - sw, h}}
	right := p.drawRight(m, w-sw, h)
	if sw == 0 {
		return right, nil
	}
	b := box{title: "Tables", focused: p.onSide, foot: "/ filter"}
	iw, ih := b.inner(sw, h)
	nodes := p.nodes(m)
	body := p.side.draw(th, nodes, iw, ih, p.onSide)
	if len(nodes) == 0 {
		text, r := "loading", dim
		switch {
		case m.cfg.Catalog == nil:
			text = "no catalog"
		case m.names.err != nil:
			text, r = errorText(m.names.err), bad
		}
		body = nil
		for _, t := range th.wrap(text, iw) {
			body = append(body, th.newLine(iw).put(r, t).String())
		}
	}
	left := b.Draw(th, sw, h, body)
	lines := make([]string, h)
	for y := range lines {
		lines[y] = th.newLine(w).join(left[y], sw).join(right[y], w-sw).String()
	}
	return lines, nil
}

// drawRight draws the hours of a table over its partitions, or a partition's objects.
func (p *browsePage) drawRight(m *model, w, h int) []string {
	th := m.th
	b := box{title: "Partitions", focused: !p.onSide}
	say := func(r role, text string) []string {
		iw, _ := b.inner(w, h)
		var body []string
		for _, t := range th.wrap(text, iw) {
			body = append(body, th.newLine(iw).put(r, t).String())
		}
		return b.Draw(th, w, h, body)
	}
	switch {
	case p.table == nil:
		return say(dim, "Enter on a table shows its partitions: objects, bytes and rows by the manifests, and what is wrong with them.")
	case p.err != nil:
		b.title, b.noteRole = p.table.Name, bad
		return say(bad, th.g.bad+" "+errorText(p.err))
	case p.list == nil:
		b.title = p.table.Name
		return say(plain, th.g.spin[m.frame%len(th.g.spin)]+" reading the lake; ctrl+c cancels")
	case p.table.View:
		b.title = p.table.Name
		return say(dim, "A view has no partitions of its own.")
	}
	var out []string
	if p.part == nil && p.hours != nil && h >= 20 {
		out = p.drawHours(th, w, min(p.hours.height()+2, h/3))
	}
	p.spots[1].y += len(out)
	b.title = p.table.Name
	b.note = p.sum()
	if p.part != nil {
		b.title += " " + th.g.right + " " + p.part.Folder
	}
	iw, ih := b.inner(w, h-len(out))
	body := p.list.grid.Draw(th, iw, ih, !p.onSide)
	b.foot = p.list.place(m)
	return append(out, b.Draw(th, w, h-len(out), body)...)
}

// sum adds up what is shown.
func (p *browsePage) sum() string {
	if p.part != nil {
		text := report.Bytes(p.part.Bytes)
		if p.part.Rows >= 0 {
			text += ", " + report.Count(p.part.Rows) + " rows"
		}
		return text
	}
	var objects, bytes, rows, ill int64
	known := true
	for _, q := range p.parts {
		objects, bytes, rows, known = objects+q.Objects, bytes+q.Bytes, rows+max(q.Rows, 0), known && q.Rows >= 0
		if q.Health != "" {
			ill++
		}
	}
	text := report.Count(objects) + " objects, " + report.Bytes(bytes)
	if known {
		text += ", " + report.Count(rows) + " rows"
	}
	if ill > 0 {
		text += ", " + report.Count(ill) + " to look at"
	}
	return text
}

func (p *browsePage) drawHours(th *theme, w, h int) []string {
	b := box{title: "Rows by hour, UTC", note: p.hours.scale(th)}
	iw, ih := b.inner(w, h)
	at := -1
	if i, ok := p.index(); ok {
		at = i
	}
	return b.Draw(th, w, h, p.hours.draw(th, iw, ih, at))
}

// path gives what to copy of the line under the cursor.
func (p *browsePage) path() string {
	i, ok := p.index()
	switch {
	case !ok || p.table == nil:
		return ""
	case p.part != nil:
		return p.objs[i].Path
	}
	return strings.TrimSuffix(p.table.Location, "/") + "/" + p.parts[i].Folder + "/"
}

// askBrowse asks for a text that lines must have.
func (p *browsePage) askFilter(m *model) tea.Cmd {
	r := p.list
	return m.openAsk(&ask{title: "Filter", label: "contains", hint: "2025/08, damaged, no manifest ... Nothing shows all.", done: func(m *model, text string) (tea.Cmd, string) {
		r.view.filters = nil
		if text != "" {
			r.view.filters = []filter{{col: -1, text: text}}
		}
		return r.look(), ""
	}})
}

// sortList sorts by the cursor's column: up, down, as it was.
func (r *result) sortList() tea.Cmd {
	g := r.grid
	switch {
	case g.sorted != g.col:
		g.sorted, g.desc = g.col, isNumber(g.cols[g.col].Type)
	case g.desc == isNumber(g.cols[g.col].Type):
		g.desc = !g.desc
	default:
		g.sorted = -1
	}
	return r.look()
}

func browseActions() []action {
	page := func(m *model) *browsePage { return m.browse }
	some := func(m *model) bool { _, ok := page(m).index(); return ok }
	enter := func(m *model) tea.Cmd { return page(m).side.enter(m, page(m).nodes(m)) }
	return []action{
		{id: "tables.enter", scope: scopeTables, keys: []string{"enter"}, short: "partitions", long: "the partitions of the table", run: enter, when: func(m *model) bool { n := page(m).side.at(page(m).nodes(m)); return n != nil && n.leaf }},
		{id: "tables.fold", scope: scopeTables, keys: []string{"enter"}, short: "open or close", long: "open or close the database", run: enter, when: func(m *model) bool { n := page(m).side.at(page(m).nodes(m)); return n != nil && !n.leaf }},
		{id: "tables.filter", scope: scopeTables, keys: []string{"/"}, short: "filter", long: "only names that have a text", run: func(m *model) tea.Cmd { page(m).side.typing = true; return nil }, when: func(m *model) bool { return !page(m).side.typing }},
		{id: "tables.clear", scope: scopeTables, keys: []string{"esc"}, short: "no filter", long: "no filter", run: func(m *model) tea.Cmd {
			page(m).side.typing, page(m).side.filter = false, ""
			return nil
		}, when: func(m *model) bool { return page(m).side.typing || page(m).side.filter != "" }},
		{id: "tables.next", scope: scopeTables, keys: []string{"tab", "f6"}, short: "pane", long: "to the partitions", run: func(m *model) tea.Cmd { page(m).onSide, page(m).side.typing = false, false; return nil }, when: func(m *model) bool { return page(m).table != nil }},
		{id: "tables.refresh", scope: scopeTables, keys: []string{"r", "ctrl+r"}, short: "refresh", long: "read the catalog again", run: (*model).loadNames},
		{id: "tables.move", scope: scopeTables, keys: []string{"up", "down", "left", "right", "h", "j", "k", "l"}, long: "move, close, open"},
		{id: "browse.into", scope: scopeBrowse, keys: []string{"enter"}, short: "into", long: "the objects of the partition, the rows of the object", run: func(m *model) tea.Cmd { return page(m).into(m) }, when: some},
		{id: "browse.rows", scope: scopeBrowse, keys: []string{"o"}, short: "rows", long: "the rows of the partition or object, on the SQL page", run: func(m *model) tea.Cmd { return page(m).rows(m) }, when: some},
		{id: "browse.sort", scope: scopeBrowse, keys: []string{"s"}, short: "sort", long: "sort by the column: most first, least first, as it was", run: func(m *model) tea.Cmd { return page(m).list.sortList() }, when: some},
		{id: "browse.filter", scope: scopeBrowse, keys: []string{"/"}, short: "filter", long: "only lines that have a text", run: func(m *model) tea.Cmd { return page(m).askFilter(m) }, when: func(m *model) bool { return page(m).list != nil }},
		{id: "browse.chart", scope: scopeBrowse, keys: []string{"."}, long: "draw the column", run: func(m *model) tea.Cmd { return m.openChart(page(m).list.grid) }, when: some},
		{id: "browse.cell", scope: scopeBrowse, keys: []string{"space", "i"}, long: "the whole cell", run: func(m *model) tea.Cmd { return m.openCell(page(m).list.grid) }, when: some},
		{id: "browse.copy", scope: scopeBrowse, keys: []string{"y"}, short: "copy path", long: "copy the path", run: func(m *model) tea.Cmd { return m.copy("the path", page(m).path()) }, when: some},
		{id: "browse.refresh", scope: scopeBrowse, keys: []string{"r"}, short: "refresh", long: "read it again", run: func(m *model) tea.Cmd { return page(m).load(m, true) }, when: func(m *model) bool { return page(m).table != nil }},
		{id: "browse.move", scope: scopeBrowse, keys: []string{"up", "down", "left", "right", "h", "j", "k", "l", "pgup", "pgdown", "g", "G"}, long: "move"},
		{id: "browse.back", scope: scopeBrowse, keys: []string{"esc", "backspace"}, short: "back", long: "all lines, the partitions, the tables", run: func(m *model) tea.Cmd { return page(m).back(m) }},
		{id: "browse.tables", scope: scopeBrowse, keys: []string{"tab", "shift+tab", "f6", "f4"}, short: "tables", long: "to the tables", run: func(m *model) tea.Cmd { page(m).onSide = true; return nil }},
	}
}
