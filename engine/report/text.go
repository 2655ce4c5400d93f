package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"acme/telemetry/engine/query"
)

// TextOptions say how text is drawn.
type TextOptions struct {
	Width int  // columns of the terminal; 80 where smaller than 60 or zero
	Color bool // ANSI colours and weights
	ASCII bool // no character outside ASCII of our own: bars, branches, ellipses
}

// Text writes the report for a terminal or a pipe. The characters are the same
// with and without colour.
func (d *Document) Text(w io.Writer, o TextOptions) error {
	if o.Width < 60 {
		o.Width = 80
	}
	t := &textWriter{TextOptions: o}
	t.head(d)
	group := ""
	for i := range d.Sections {
		s := &d.Sections[i]
		if s.Group != "" && s.Group != group {
			t.line("")
			t.line(t.bold(strings.ToUpper(s.Group)))
		}
		group = s.Group
		t.section(s)
	}
	if _, err := w.Write(t.out.Bytes()); err != nil {
		return fmt.Errorf("report: writing the report as text: %w", err)
	}
	return nil
}

type textWriter struct {
	TextOptions
	out bytes.Buffer
}

// line writes one line without blanks at its end.
func (t *textWriter) line(s string) {
	t.out.WriteString(strings.TrimRight(s, " "))
	t.out.WriteByte('\n')
}

// wrapped writes text in the width, with an indent for the first line and one
// for those after it, all drawn the same way.
func (t *textWriter) wrapped(first, rest, s string, draw func(string) string) {
	for i, l := range wrap(s, max(20, t.Width-ansi.StringWidth(rest))) {
		if draw != nil {
			l = draw(l)
		}
		if i == 0 {
			t.line(first + l)
		} else {
			t.line(rest + l)
		}
	}
}

// wrap breaks plain text into lines of at most so many columns, between words
// where it can.
func wrap(s string, width int) []string {
	var out []string
	line, used := "", 0
	for _, word := range strings.Fields(s) {
		w := ansi.StringWidth(word)
		switch {
		case used > 0 && used+1+w <= width:
			line, used = line+" "+word, used+1+w
			continue
		case used > 0:
			out = append(out, line)
		}
		for w > width {
			head := ansi.Truncate(word, width, "")
			if head == "" {
				break
			}
			out, word = append(out, head), word[len(head):]
			w = ansi.StringWidth(word)
		}
		line, used = word, w
	}
	return append(out, line)
}

func (t *textWriter) style(code, s string) string {
	if !t.Color || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (t *textWriter) bold(s string) string { return t.style("1", s) }
func (t *textWriter) dim(s string) string  { return t.style("2", s) }

// graded colours a text by its severity.
func (t *textWriter) graded(severity, s string) string {
	switch severity {
	case Error.String():
		return t.style("1;31", s)
	case Warn.String():
		return t.style("33", s)
	case OK.String():
		return t.style("32", s)
	}
	return s
}

// pick gives the Unicode or the ASCII form.
func (t *textWriter) pick(unicode, ascii string) string {
	if t.ASCII {
		return ascii
	}
	return unicode
}

func (t *textWriter) head(d *Document) {
	t.line(t.bold(strings.ToUpper(d.Title)))
	t.wrapped("", "", d.Subtitle, nil)
	made := "made " + stamp(d.Now)
	if d.Lake != "" {
		made += " from " + clipped(query.Printable(d.Lake), 200)
	}
	if d.Engine != "" {
		made += " by " + clipped(query.Printable(d.Engine), 200)
	}
	t.wrapped("", "", made, nil)
	for _, n := range d.Notices {
		t.line("")
		grade := func(s string) string { return t.graded(n.Severity.String(), s) }
		t.wrapped(grade("!  "), "   ", query.Printable(n.Text), grade)
	}
}

func (t *textWriter) section(s *Section) {
	t.line("")
	t.line(t.bold(s.Title))
	t.line(t.dim(strings.Repeat(t.pick("─", "-"), ansi.StringWidth(s.Title))))
	if s.Lead != "" {
		t.wrapped("", "", query.Printable(s.Lead), nil)
	}
	if s.Group == samplesGroup {
		t.statement(s.SQL)
	}
	t.body(s)
	for _, n := range s.Notes {
		t.wrapped("  ", "  ", query.Printable(n), nil)
	}
	if s.Offered != nil {
		t.line("  Athena accepts this form:")
		t.statement(s.Offered.SQL)
		t.body(s.Offered)
	}
}

// statement shows SQL whole, however wide, so that it can be copied.
func (t *textWriter) statement(sql string) {
	for _, l := range lines(sql) {
		t.line("    " + t.dim(l))
	}
}

func (t *textWriter) body(s *Section) {
	switch {
	case s.Err != nil:
		t.refusal(s)
	case len(s.Rows) == 0:
		t.line("  No rows.")
	case s.Layout == LayoutFacts && len(s.Rows) == 1:
		t.facts(s)
	case s.Layout == LayoutList:
		t.list(s)
	case s.Layout == LayoutTree:
		t.tree(s)
	default:
		t.table(s)
	}
}

// refusal shows an error as Athena words it, and our hint.
func (t *textWriter) refusal(s *Section) {
	t.wrapped("  ", "  ", refusedBy(s.Err)+": "+clipped(query.Printable(s.Err.Error()), 1000), func(l string) string { return t.graded(Error.String(), l) })
	if s.Err.Hint != "" {
		t.wrapped("  ", "  ", "Hint: "+clipped(query.Printable(s.Err.Hint), 1000), nil)
	}
}

// facts shows one row as names and values.
func (t *textWriter) facts(s *Section) {
	width := 0
	for _, c := range s.Columns {
		width = max(width, ansi.StringWidth(c.Heading()))
	}
	for i, c := range s.Columns {
		if i < len(s.Rows[0]) {
			label := c.Heading() + strings.Repeat(" ", width-ansi.StringWidth(c.Heading()))
			t.line("  " + label + "  " + t.bold(t.cut(Cell(c, s.Rows[0][i]), t.Width-width-4)))
		}
	}
}

// inlineHeading is the longest heading that stands beside its text.
const inlineHeading = 20

// list shows rows as paragraphs: findings with a mark, short headings in a
// column of their own, long ones above what they head.
func (t *textWriter) list(s *Section) {
	beside := 0
	for _, row := range s.Rows {
		if len(row) > 0 && s.Columns[0].Kind != KindSeverity {
			beside = max(beside, ansi.StringWidth(Cell(s.Columns[0], row[0])))
		}
	}
	for _, row := range s.Rows {
		var parts []string
		for i, c := range s.Columns {
			if i < len(row) && row[i] != nil {
				parts = append(parts, clipped(Cell(c, row[i]), 1000))
			}
		}
		switch {
		case len(parts) < 2:
		case s.Columns[0].Kind == KindSeverity:
			t.finding(parts)
		case beside <= inlineHeading:
			indent := strings.Repeat(" ", beside+4)
			t.wrapped("  "+t.bold(parts[0])+indent[2+ansi.StringWidth(parts[0]):], indent, parts[1], nil)
			t.commands(indent, parts[2:])
		default:
			t.wrapped("  "+t.pick("•", "*")+" ", "    ", parts[0], t.bold)
			t.wrapped("    ", "    ", parts[1], nil)
			t.commands("      ", parts[2:])
		}
	}
}

// finding shows a sentence behind its mark, and under it what it stands on.
func (t *textWriter) finding(parts []string) {
	mark, ok := map[string]string{"ok": t.pick("✓", "+"), "warn": "!", "error": t.pick("✗", "x")}[parts[0]]
	if !ok {
		mark = t.pick("•", "*")
	}
	t.wrapped("  "+t.graded(parts[0], mark)+" ", "    ", parts[1], nil)
	for _, p := range parts[2:] {
		t.wrapped("      ", "      ", p, t.dim)
	}
}

// commands shows what to run, whole, so that it can be copied.
func (t *textWriter) commands(indent string, commands []string) {
	for _, c := range commands {
		t.line(indent + t.dim(c))
	}
}

// cut shortens text to a width on the screen.
func (t *textWriter) cut(s string, width int) string {
	return ansi.Truncate(clipped(s, 4*max(width, 1)), max(width, 1), t.pick("…", "~"))
}
