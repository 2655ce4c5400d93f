package report

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"acme/telemetry/engine/query"
)

// payloads are values that would act on a terminal, in a browser, in a Markdown
// viewer or on whoever reads the text, if a format let them.
var payloads = []string{
	// terminal
	"\x1b[31mred", "\x1b]52;c;cm0gLXJm\x07", "\x1b]0;title\x07", "\x1bP$q\"p\x1b\\", "\x1b[2J\x1b[H", "\x1b[?1049h", "\x1b]8;;http://evil.test\x1b\\x\x1b]8;;\x1b\\",
	"\x9b31m", "\u009b31m", "\u0090q\u009c", "a\rb", "a\nb", "a\tb", "a\bb", "a\x00b", "\x7f", "\x0e\x0f", "\x05", "\x1b", "\x1b[6n",
	// direction and visibility
	"\u202egpj.exe", "\u2066x\u2069", "\u200b\u200c\u200d", "\ufeffx", "\u2028x\u2029", "a\u00adb", "\u061c", "\U000e0041\U000e0042", "\u180e", "\ufff9x\ufffb",
	// not UTF-8
	"\xff\xfe", "ok\xc3", "\xed\xa0\x80",
	// browser
	"<script>alert(1)</script>", "</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>", "\"><b>", "' onmouseover='alert(1)",
	"javascript:alert(1)", "<!--", "]]>", "<style>*{display:none}</style>", "</style><p>", "</pre></section>", "&lt;script&gt;", "{{.Lake}}", "<a href=\"http://evil.test\">x</a>", "<iframe src=//evil.test>",
	// Markdown
	"[x](javascript:alert(1))", "![x](http://evil.test/beacon.png)", "a|b|c", "`code`", "```\nfence", "# heading", "- item", "1. item", "> quote", "| --- |", "***bold***", "~~gone~~",
	"<http://evil.test>", "http://evil.test/x", "www.evil.test", "user@evil.test", "[x]: http://evil.test", "\\", "a\\|b", "---", "===", "+ item", "$x$", "[^1]", "&#x3c;b&#x3e;", "https://a.b/c_d_e",
	// people
	"=cmd|'/c calc'!A1", "日本語のタイトル", "👩‍👩‍👧‍👦 family", "e\u0301\u0301\u0301", strings.Repeat("長", 400), strings.Repeat("x", 3000), "", " ",
}

// poisoned is the seed's report with every text of the data, every error and
// every name replaced by s.
func poisoned(t *testing.T, s string) *Document {
	t.Helper()
	prepared := answers(seedEvents(t))
	for _, a := range prepared {
		for _, row := range a.rows {
			for i, v := range row {
				if _, ok := v.(string); ok || v == nil && strings.HasPrefix(a.columns[i].Type, "varchar") {
					row[i] = s
				}
			}
		}
		var e *query.Error
		if errors.As(a.err, &e) {
			a.err = &query.Error{Name: e.Name, Message: s, Hint: "x" + s}
		}
	}
	o := seedOptions()
	o.Lake, o.Engine = "x"+s, "x"+s
	facts := seedFacts()
	facts.Scenario, facts.Seed = "x"+s, "x"+s
	d, err := Build(context.Background(), &fakeQuerier{t: t, answers: prepared}, facts, o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func output(t *testing.T, write func(io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestPayloadCount(t *testing.T) {
	if len(payloads) < 50 {
		t.Fatalf("%d payloads, want 50 at least", len(payloads))
	}
}

// Whatever the data is, every format stays inert and is laid out as with
// harmless data.
func TestPayloads(t *testing.T) {
	harmless := poisoned(t, "harmless")
	elements, marks := elementsOf(output(t, harmless.HTML)), marksOf(output(t, harmless.Markdown))
	for i, p := range payloads {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			checkPayload(t, p, elements, marks)
		})
	}
}

func checkPayload(t *testing.T, p string, elements, marks []string) {
	d := poisoned(t, p)
	out := map[string]string{}
	for format, write := range formats(d) {
		out[format] = output(t, write)
		checkInert(t, p, format, out[format])
	}
	checkWidth(t, p, out["text-80.txt"], 80)
	checkWidth(t, p, out["ascii-80.txt"], 80)
	checkWidth(t, p, out["text-100.txt"], 100)
	if diff := firstDifference(elements, elementsOf(out["report.html"])); diff != "" {
		t.Errorf("with %q the page has other elements: %s", p, diff)
	}
	if diff := firstDifference(marks, marksOf(out["report.md"])); diff != "" {
		t.Errorf("with %q Markdown means other things: %s", p, diff)
	}
	checkJSON(t, p, out["report.json"])
}

// checkInert: no format writes a character that is obeyed, nor broken UTF-8.
func checkInert(t *testing.T, payload, format, s string) {
	t.Helper()
	if !utf8.ValidString(s) {
		t.Errorf("%s with %q is not UTF-8", format, payload)
	}
	if i := strings.IndexFunc(s, func(r rune) bool { return r != '\n' && query.Printable(string(r)) != string(r) }); i >= 0 {
		t.Errorf("%s with %q holds %q", format, payload, s[i:min(len(s), i+4)])
	}
}

// checkWidth: text stays in its width; only statements and commands, which are
// ours, run over.
func checkWidth(t *testing.T, payload, s string, width int) {
	t.Helper()
	for _, l := range strings.Split(s, "\n") {
		if ansi.StringWidth(l) > width && !strings.Contains(l, "PERCENTILE_CONT") && !strings.Contains(l, "-- Quality of service") {
			t.Errorf("with %.40q at %d: a line of %d columns: %.120q", payload, width, ansi.StringWidth(l), l)
		}
	}
}

// Colour changes no character: what is left without the sequences is the plain text.
func TestColourOnlyColours(t *testing.T) {
	d := seedDocument(t)
	plain := output(t, func(w io.Writer) error { return d.Text(w, TextOptions{Width: 80}) })
	colour := output(t, func(w io.Writer) error { return d.Text(w, TextOptions{Width: 80, Color: true}) })
	if !strings.Contains(colour, "\x1b[") {
		t.Error("no colour in the coloured text")
	}
	trimmed := regexp.MustCompile(`(?m) +$`).ReplaceAllString(ansi.Strip(colour), "")
	if trimmed != plain {
		t.Error("the coloured text without its colours is not the plain text")
	}
}

var tag = regexp.MustCompile(`<[a-zA-Z/!][^>]*>`)

// elementsOf gives a page's elements with their attributes.
func elementsOf(page string) []string { return tag.FindAllString(page, -1) }

// The page has no element or attribute that acts, and a policy that forbids them.
func TestHTMLLoadsNothing(t *testing.T) {
	elements := strings.Join(elementsOf(output(t, poisoned(t, "harmless").HTML)), "\n")
	for _, forbidden := range []string{"<script", "<link", "<img", "<iframe", " on", "javascript:", "url("} {
		if strings.Contains(elements, forbidden) {
			t.Errorf("the page has %q among its elements", forbidden)
		}
	}
	if !strings.Contains(elements, `http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:`) {
		t.Error("the page has no policy")
	}
}

// firstDifference says where two lists differ; empty where they do not.
func firstDifference(want, got []string) string {
	for i := range min(len(want), len(got)) {
		if want[i] != got[i] {
			return fmt.Sprintf("the %d. is %q, want %q", i+1, got[i], want[i])
		}
	}
	if len(want) != len(got) {
		return fmt.Sprintf("%d, want %d", len(got), len(want))
	}
	return ""
}

var (
	codeSpan  = regexp.MustCompile("`[^`]*`")
	escaped   = regexp.MustCompile(`\\[^\n]`)
	activated = regexp.MustCompile(`(?i)(https?|ftp|mailto|javascript):|www\.|[][<>` + "`" + `|*~$^{}@]|&|!\[|^(#+|[-+>]|=+|\d+[.)]) ?`)
)

// marksOf gives, for each line of Markdown outside of code, what of it means
// something: brackets, angles, bars, backquotes, automatic links, marks of
// blocks, where no backslash stands in front.
func marksOf(markdown string) []string {
	var out []string
	fence := ""
	for _, l := range strings.Split(markdown, "\n") {
		switch {
		case fence == "" && strings.HasPrefix(l, "```"):
			fence = l[:longestRun(l)]
			continue
		case fence != "":
			if l == fence {
				fence = ""
			}
			continue
		}
		l = codeSpan.ReplaceAllString(escaped.ReplaceAllString(l, ""), "")
		out = append(out, strings.Join(activated.FindAllString(l, -1), " "))
	}
	return out
}

// checkJSON: every value is whole, though what would be obeyed is escaped.
func checkJSON(t *testing.T, payload, s string) {
	t.Helper()
	var d struct {
		Sections []struct {
			ID   string
			Rows [][]any
		}
	}
	if err := json.Unmarshal([]byte(s), &d); err != nil {
		t.Errorf("with %q: %v", payload, err)
		return
	}
	for _, s := range d.Sections {
		if s.ID == "geography" && utf8.ValidString(payload) && s.Rows[0][0] != payload {
			t.Errorf("JSON gives %q for %q", s.Rows[0][0], payload)
		}
	}
}

// A value of a megabyte makes no page of a megabyte.
func TestHugeValue(t *testing.T) {
	huge := strings.Repeat("<日>", 1<<18) // 1.3 MB
	d := poisoned(t, "x")
	for i := range d.Section("geography").Rows {
		d.Section("geography").Rows[i][0] = huge
	}
	for format, write := range formats(d) {
		if format == "report.json" {
			continue // it keeps the value whole
		}
		if s := output(t, write); len(s) > 200_000 {
			t.Errorf("%s is %d bytes long", format, len(s))
		}
	}
}

// No text of the data means anything in Markdown.
func FuzzMarkdown(f *testing.F) {
	for _, p := range payloads {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, s string) {
		marks := activated.FindAllString(escaped.ReplaceAllString("x "+query.Markdown(s), ""), -1)
		if len(marks) > 0 {
			t.Errorf("query.Markdown(%q) = %q leaves %q", s, query.Markdown(s), marks)
		}
	})
}
