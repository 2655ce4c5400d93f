package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
)

// sqlPage is a workbench: sheets with an editor and results each, and beside them
// the schema. Running keeps the keys where they are.
type sqlPage struct {
	*sheet // the one shown
	sheets []*sheet
	cur    int
	next   int // number of the next sheet without a name

	pane    sqlPane
	zoomed  bool // the pane that has the keys has the whole page
	noSide  bool // the schema is hidden
	drawer  bool // the schema lies over a narrow page
	statsOn bool
	side    tree
	history []past
	back    int // how far in the history the editor is
	saved   []Saved
	found   string // what was last looked for

	spots [3]spot // where the panes were drawn
}

// sqlPane is a part of the page that can have the keys.
type sqlPane uint8

const (
	paneEditor sqlPane = iota
	paneResult
	paneSchema
)

// spot is a rectangle of the page.
type spot struct{ x, y, w, h int }

func (s spot) has(x, y int) bool { return x >= s.x && x < s.x+s.w && y >= s.y && y < s.y+s.h }

func newSQLPage(text string) *sqlPage {
	p := &sqlPage{next: 2, statsOn: true}
	p.sheets = []*sheet{newSheet(1, text)}
	p.sheet = p.sheets[0]
	p.side.open = map[string]bool{}
	return p
}

func (p *sqlPage) name() string { return "SQL" }

func (p *sqlPage) scopes() ([]scope, bool) {
	switch {
	case p.pane == paneResult:
		return []scope{scopeResult, scopeSQL}, false
	case p.pane == paneSchema:
		return []scope{scopeSchema, scopeSQL}, p.side.typing
	case p.pop != nil && !p.pop.shut:
		return []scope{scopeComplete, scopeEditor, scopeSQL}, true
	}
	return []scope{scopeEditor, scopeSQL}, true
}

func (p *sqlPage) allScopes() []scope {
	return []scope{scopeEditor, scopeResult, scopeSchema, scopeSQL}
}

// open shows a statement: in the sheet that has it already, in one that is empty
// or as it was, else in a new one. What the reader wrote is never replaced.
func (p *sqlPage) open(sql, name string) {
	for i, s := range p.sheets {
		if s.edit.text() == sql {
			p.showSheet(i)
			return
		}
	}
	if p.edit.text() != p.sheet.saved && strings.TrimSpace(p.edit.text()) != "" || p.sheet.name != "" || p.result.state == runBusy {
		p.newSheet("")
	}
	p.edit.set(sql)
	p.sheet.saved, p.sheet.name = sql, name
	p.sheet.check = checked{}
	p.pane, p.pop = paneEditor, nil
}

// newSheet adds an empty sheet and shows it.
func (p *sqlPage) newSheet(text string) {
	p.sheets = append(p.sheets, newSheet(p.next, text))
	p.next++
	p.showSheet(len(p.sheets) - 1)
	p.pane = paneEditor
}

func (p *sqlPage) showSheet(i int) {
	p.pop = nil
	p.cur = (i + len(p.sheets)) % len(p.sheets)
	p.sheet = p.sheets[p.cur]
	p.back = 0
	p.pane = paneEditor
}

// closeSheet closes the sheet shown; one that is not saved asks first.
func (p *sqlPage) closeSheet(m *model) tea.Cmd {
	gone := p.sheet
	do := func() tea.Cmd {
		for i, s := range p.sheets {
			if s == gone {
				p.sheets = append(p.sheets[:i:i], p.sheets[i+1:]...)
			}
		}
		if len(p.sheets) == 0 {
			p.sheets = []*sheet{newSheet(p.next, "")}
			p.next++
		}
		p.showSheet(min(p.cur, len(p.sheets)-1))
		return gone.dropResults()
	}
	if text := gone.edit.text(); text == gone.saved || strings.TrimSpace(text) == "" {
		return do()
	}
	return m.openPicker(&picker{title: gone.label() + " is not saved", foot: "enter chooses, esc keeps it open", items: []pick{
		{text: "save it", run: func(m *model) tea.Cmd { return p.save(m) }},
		{text: "close it and lose the text", role: bad, run: func(*model) tea.Cmd { return do() }},
	}})
}

func (p *sqlPage) paste(m *model, text string) tea.Cmd {
	switch p.pane {
	case paneEditor:
		p.edit.paste(text)
		p.pop = nil
		return p.checkSoon(m)
	case paneSchema:
		p.side.insert(text)
	}
	return nil
}

// key takes what no action claimed.
func (p *sqlPage) key(m *model, k tea.KeyPressMsg) tea.Cmd {
	switch p.pane {
	case paneEditor:
		was := p.edit.version
		p.edit.key(k)
		if p.edit.version != was && (k.Text != "" || k.String() == "backspace") {
			p.completeNow(&m.names, m.cfg.Database, false)
		} else {
			p.pop = nil
		}
		return p.checkSoon(m)
	case paneResult:
		if p.grid != nil {
			p.grid.key(k.String())
			return p.statistics(m)
		}
	case paneSchema:
		p.side.key(p.schemaNodes(m), k)
	}
	return nil
}

// focus gives the keys to a pane.
func (p *sqlPage) focus(to sqlPane) func(*model) tea.Cmd {
	return func(m *model) tea.Cmd {
		p.pane, p.pop = to, nil
		p.side.typing = false
		p.drawer = to == paneSchema
		if to == paneSchema {
			p.noSide = false
			if !m.names.asked {
				return m.loadNames()
			}
		}
		return p.statistics(m)
	}
}

// nextPane goes round the panes that are on the screen.
func (p *sqlPage) nextPane(m *model, d int) tea.Cmd {
	panes := []sqlPane{paneEditor, paneResult}
	if p.sideWidth(m.w) > 0 {
		panes = append(panes, paneSchema)
	}
	at := 0
	for i, x := range panes {
		if x == p.pane {
			at = i
		}
	}
	return p.focus(panes[(at+d+len(panes))%len(panes)])(m)
}

func (p *sqlPage) mouse(m *model, x, y int, e tea.MouseMsg) tea.Cmd {
	over := paneEditor
	for i, s := range p.spots {
		if s.has(x, y) {
			over = sqlPane(i)
		}
	}
	switch e.Mouse().Button {
	case tea.MouseLeft:
		if _, ok := e.(tea.MouseClickMsg); ok {
			return p.click(m, over, x-p.spots[over].x, y-p.spots[over].y)
		}
	case tea.MouseWheelUp, tea.MouseWheelDown:
		k := map[bool]string{true: "up", false: "down"}[e.Mouse().Button == tea.MouseWheelUp]
		switch {
		case over == paneResult && p.grid != nil:
			p.grid.key(k)
		case over == paneSchema:
			p.side.move(p.schemaNodes(m), k)
		case over == paneEditor:
			at, _ := p.edit.move(k)
			p.edit.cur, p.edit.anchor = at, at
		}
	}
	return nil
}

// click gives the keys to a pane and puts its cursor under the pointer.
func (p *sqlPage) click(m *model, over sqlPane, x, y int) tea.Cmd {
	cmd := p.focus(over)(m)
	switch over {
	case paneEditor:
		p.edit.click(x-2, y-1)
	case paneResult:
		if p.grid != nil && y >= 3 {
			p.grid.win.cur = min(p.grid.win.top+y-3, max(p.grid.count()-1, 0))
			p.grid.clickColumn(x - 2)
		}
	case paneSchema:
		p.side.click(y - 1)
	}
	return cmd
}
