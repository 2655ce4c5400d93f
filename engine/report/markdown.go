package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"acme/telemetry/engine/query"
)

// cellLength is how many characters of one value Markdown and HTML show.
const cellLength = 300

// Markdown writes the report as GitHub-flavoured Markdown. All text that is not
// the format's own has its punctuation escaped, so that no value of the data
// can be a link, an image, HTML or the end of a table's cell.
func (d *Document) Markdown(w io.Writer) error {
	var b bytes.Buffer
	b.WriteString("# " + query.Markdown(d.Title) + "\n\n" + query.Markdown(d.Subtitle) + "\\\nmade " + query.Markdown(stamp(d.Now)))
	if d.Lake != "" {
		b.WriteString(" from " + query.Markdown(d.Lake))
	}
	if d.Engine != "" {
		b.WriteString(" by " + query.Markdown(d.Engine))
	}
	b.WriteString("\n")
	for _, n := range d.Notices {
		b.WriteString("\n> **" + n.Severity.String() + "**: " + query.Markdown(n.Text) + "\n")
	}
	group := ""
	for i := range d.Sections {
		s := &d.Sections[i]
		level := "## "
		if s.Group != "" {
			level = "### "
			if s.Group != group {
				b.WriteString("\n## " + query.Markdown(s.Group) + "\n")
			}
		}
		group = s.Group
		b.WriteString("\n" + level + query.Markdown(s.Title) + "\n")
		markdownSection(&b, s)
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("report: writing the report as Markdown: %w", err)
	}
	return nil
}

func markdownSection(b *bytes.Buffer, s *Section) {
	if s.Lead != "" {
		b.WriteString("\n" + query.Markdown(s.Lead) + "\n")
	}
	if s.Group == samplesGroup {
		fenced(b, "sql", lines(s.SQL))
	}
	markdownBody(b, s)
	for _, n := range s.Notes {
		b.WriteString("\n" + query.Markdown(n) + "\n")
	}
	if s.Offered != nil {
		b.WriteString("\nAthena accepts this form:\n")
		fenced(b, "sql", lines(s.Offered.SQL))
		markdownBody(b, s.Offered)
	}
}

func markdownBody(b *bytes.Buffer, s *Section) {
	switch {
	case s.Err != nil:
		b.WriteString("\n> **" + refusedBy(s.Err) + "**: " + query.Markdown(s.Err.Error()) + "\n")
		if s.Err.Hint != "" {
			b.WriteString(">\n> Hint: " + query.Markdown(s.Err.Hint) + "\n")
		}
	case len(s.Rows) == 0:
		b.WriteString("\nNo rows.\n")
	case s.Layout == LayoutFacts && len(s.Rows) == 1:
		b.WriteString("\n| | |\n| --- | ---: |\n")
		for i, c := range s.Columns {
			if i < len(s.Rows[0]) {
				b.WriteString("| " + query.Markdown(c.Heading()) + " | " + markdownCell(c, s.Rows[0][i]) + " |\n")
			}
		}
	case s.Layout == LayoutList:
		markdownList(b, s)
	case s.Layout == LayoutTree:
		names, figures := treeLines(s, "├─ ", "└─ ", "│  ")
		out := make([]string, len(names))
		for i, n := range names {
			out[i] = n
			if figures[i] != "" {
				out[i] += "  " + figures[i]
			}
		}
		fenced(b, "text", out)
	default:
		markdownTable(b, s)
	}
}

func markdownTable(b *bytes.Buffer, s *Section) {
	b.WriteString("\n|")
	for _, c := range s.Columns {
		b.WriteString(" " + query.Markdown(c.Heading()) + " |")
	}
	b.WriteString("\n|")
	for _, c := range s.Columns {
		b.WriteString(map[bool]string{true: " ---: |", false: " --- |"}[c.Right()])
	}
	for _, row := range s.Rows {
		b.WriteString("\n|")
		for i, c := range s.Columns {
			cell := ""
			if i < len(row) {
				cell = markdownCell(c, row[i])
			}
			b.WriteString(" " + cell + " |")
		}
	}
	b.WriteString("\n")
}

// markdownList writes a row as an item: a finding with its grade and, on a line
// of its own, what it stands on; everything else with its heading.
func markdownList(b *bytes.Buffer, s *Section) {
	b.WriteString("\n")
	for _, row := range s.Rows {
		graded := s.Columns[0].Kind == KindSeverity
		b.WriteString("- ")
		for i, c := range s.Columns {
			if i >= len(row) || row[i] == nil {
				continue
			}
			cell := markdownCell(c, row[i])
			switch {
			case i == 0 && graded:
				b.WriteString("**" + cell + "** ")
			case i == 0:
				b.WriteString("**" + cell + "**: ")
			case i == 1:
				b.WriteString(cell)
			default:
				b.WriteString("\\\n  " + cell)
			}
		}
		b.WriteString("\n")
	}
}

func markdownCell(c Column, v any) string {
	s := clipped(Cell(c, v), cellLength)
	if c.Kind == KindCode && v != nil {
		return code(s)
	}
	return query.Markdown(s)
}

// code writes s as a code span, with a longer fence than any run of backquotes
// in it; a table's bar is behind a backslash, which GitHub takes off.
func code(s string) string {
	s = query.Printable(s)
	fence := strings.Repeat("`", longestRun(s)+1)
	s = strings.ReplaceAll(s, "|", "\\|")
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		s = " " + s + " "
	}
	return fence + s + fence
}

func longestRun(s string) int {
	longest, run := 0, 0
	for i := range len(s) {
		if s[i] == '`' {
			run++
			longest = max(longest, run)
		} else {
			run = 0
		}
	}
	return longest
}

// fenced writes a block of code, its fence longer than any in it.
func fenced(b *bytes.Buffer, language string, text []string) {
	longest := 2
	for _, l := range text {
		longest = max(longest, longestRun(l))
	}
	fence := strings.Repeat("`", longest+1)
	b.WriteString("\n" + fence + language + "\n" + strings.Join(text, "\n") + "\n" + fence + "\n")
}
