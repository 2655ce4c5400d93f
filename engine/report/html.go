package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"

	"acme/telemetry/engine/query"
)

//go:embed report.html.tmpl
var page string

// HTML writes the report as one page that needs nothing else: no script, no
// remote part, and a policy that forbids both. All text goes through
// html/template.
func (d *Document) HTML(w io.Writer) error {
	t, err := template.New("report").Funcs(template.FuncMap{
		"stamp": stamp, "printable": query.Printable, "refusedBy": refusedBy, "lines": func(s string) string { return strings.Join(lines(s), "\n") },
	}).Parse(page)
	if err != nil {
		return fmt.Errorf("report: parsing the page's template: %w", err)
	}
	if err := t.Execute(w, pageOf(d)); err != nil {
		return fmt.Errorf("report: writing the report as HTML: %w", err)
	}
	return nil
}

// htmlPage is the document as the template wants it: text that is already
// rounded, and nothing that is trusted.
type htmlPage struct {
	*Document
	Groups []htmlGroup
}

// htmlGroup is a run of sections under one heading, or one section without.
type htmlGroup struct {
	Title    string
	Sections []htmlSection
}

type htmlSection struct {
	*Section
	Kind  string // table, facts, list, tree
	Heads []htmlCell
	Body  []htmlRow
	Tree  string
	Shown bool // the statement is shown without being asked for
	Form  *htmlSection
}

type htmlRow struct {
	Cells    []htmlCell
	Severity string
	Bar      string // a number from 0 to 100, empty for none
}

type htmlCell struct {
	Text, Label         string
	Right, Code, Graded bool
	Null                bool
}

func pageOf(d *Document) htmlPage {
	p := htmlPage{Document: d}
	for i := range d.Sections {
		s := &d.Sections[i]
		if s.Group == "" || len(p.Groups) == 0 || p.Groups[len(p.Groups)-1].Title != s.Group {
			p.Groups = append(p.Groups, htmlGroup{Title: s.Group})
		}
		g := &p.Groups[len(p.Groups)-1]
		g.Sections = append(g.Sections, htmlOf(s))
	}
	return p
}

func htmlOf(s *Section) htmlSection {
	out := htmlSection{Section: s, Kind: "table", Shown: s.Group == samplesGroup}
	switch {
	case s.Layout == LayoutFacts && len(s.Rows) == 1:
		out.Kind = "facts"
	case s.Layout == LayoutList:
		out.Kind = "list"
	case s.Layout == LayoutTree && len(s.Rows) > 0:
		out.Kind = "tree"
		names, figures := treeLines(s, "├─ ", "└─ ", "│  ")
		for i, n := range names {
			out.Tree += n
			if figures[i] != "" {
				out.Tree += "  " + figures[i]
			}
			out.Tree += "\n"
		}
	}
	for _, c := range s.Columns {
		out.Heads = append(out.Heads, htmlCell{Text: c.Heading(), Right: c.Right()})
	}
	shares := Shares(s)
	for i, row := range s.Rows {
		r := htmlRow{}
		if shares != nil {
			r.Bar = fmt.Sprintf("%.1f", 100*shares[i])
		}
		for j, c := range s.Columns {
			if j >= len(row) {
				continue
			}
			cell := htmlCell{Text: clipped(Cell(c, row[j]), cellLength), Label: c.Heading(), Right: c.Right(), Code: c.Kind == KindCode, Null: row[j] == nil}
			if c.Kind == KindSeverity {
				r.Severity, cell.Graded = cell.Text, true
			}
			r.Cells = append(r.Cells, cell)
		}
		out.Body = append(out.Body, r)
	}
	if s.Offered != nil {
		form := htmlOf(s.Offered)
		out.Form = &form
	}
	return out
}
