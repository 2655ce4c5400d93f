package tui

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"
)

// typed sends keys to an editor; a name with ! in front is text.
func typed(e *sqledit, keys ...string) {
	for _, k := range keys {
		if text, ok := strings.CutPrefix(k, "!"); ok {
			for _, r := range text {
				e.key(keyOf(string(r)))
			}
			continue
		}
		e.key(keyOf(k))
	}
}

// TestEditorScrollsBack: after a long line a short one is shown from its begin.
func TestEditorScrollsBack(t *testing.T) {
	th := newTheme(look{})
	e := newSQLEdit("SELECT " + strings.Repeat("x, ", 100) + "y")
	e.key(keyOf("ctrl+end"))
	e.Draw(th, 40, 5, true)
	if e.left == 0 {
		t.Fatal("a long line is not scrolled")
	}
	e.key(keyOf("ctrl+a"))
	e.paste("SELECT 1")
	if lines, _ := e.Draw(th, 40, 5, true); !strings.Contains(lines[0], "SELECT") {
		t.Errorf("drawn as %q", lines[0])
	}
}

func TestEditor(t *testing.T) {
	for _, c := range []struct {
		name, text string
		keys       []string
		want       string // | is the cursor
	}{
		{"type", "", []string{"!SELECT 1"}, "SELECT 1|"},
		{"enter never runs, it begins a line with the indent", "  a", []string{"end", "enter", "!b"}, "  a\n  b|"},
		{"backspace joins lines", "a\nb", []string{"down", "backspace"}, "a|b"},
		{"delete joins lines", "a\nb", []string{"end", "delete"}, "a|b"},
		{"home goes to the text, then to the begin", "  ab", []string{"end", "home", "!x", "home", "home", "!y"}, "y|  xab"},
		{"words", "SELECT device_type, x", []string{"ctrl+right", "ctrl+right", "!|"}, "SELECT device_type||, x"},
		{"word left over lines", "a b\n  c", []string{"ctrl+end", "ctrl+left", "ctrl+left", "!|"}, "a ||b\n  c"},
		{"word left stops at the begin", ", a", []string{"right", "ctrl+left", "ctrl+left", "!x"}, "x|, a"},
		{"erase word", "SELECT abc", []string{"end", "ctrl+w"}, "SELECT |"},
		{"erase to the end", "abc\nd", []string{"right", "ctrl+k", "ctrl+k"}, "a|d"},
		{"erase to the begin", "abc", []string{"end", "left", "ctrl+u"}, "|c"},
		{"selection is replaced", "abc", []string{"shift+right", "shift+right", "!x"}, "x|c"},
		{"select all and type", "a\nb", []string{"ctrl+a", "!x"}, "x|"},
		{"left of a selection goes to its begin", "abc", []string{"right", "shift+right", "left", "!x"}, "ax|bc"},
		{"undo takes back what was typed in one go", "", []string{"!abc", "ctrl+z"}, "|"},
		{"undo, redo", "", []string{"!ab", "enter", "!c", "ctrl+z", "ctrl+z", "ctrl+y"}, "ab\n|"},
		{"redo ends with a new edit", "", []string{"!a", "ctrl+z", "!b", "ctrl+y"}, "b|"},
		{"undo of a replaced selection", "abc", []string{"ctrl+a", "!x", "ctrl+z", "home"}, "|abc"},
		{"down keeps the column", "abcd\na\nabcd", []string{"right", "right", "right", "down", "down", "!x"}, "abcd\na\nabcx|d"},
		{"wide characters are one step", "日本語", []string{"right", "right", "backspace"}, "日|語"},
		{"a cluster is one step", "e\u0301x", []string{"right", "!-"}, "e\u0301-|x"},
		{"up from the first line", "abc", []string{"end", "up", "!x"}, "x|abc"},
		{"down from the last line", "abc", []string{"down", "!x"}, "abcx|"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newSQLEdit(c.text)
			typed(e, c.keys...)
			text := e.text()
			at := e.offset(e.cur)
			if got := text[:at] + "|" + text[at:]; got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestCheck16Paste: what is pasted is text, whatever it looks like.
func TestCheck16Paste(t *testing.T) {
	f := newFakes()
	m := still(t, f, 80, 24, func(c *Config) { c.Screen = "sql"; c.SQL = "x" })
	text := strings.Repeat("SELECT ';\tq'; -- \x1b[31m \x03 q\n", 5000)
	send(t, m, pasteMsg(text))
	if got := m.sql.edit.text(); got != text+"x" {
		t.Fatalf("%d bytes, not %d", len(got), len(text)+1)
	}
	if m.sql.state != runNone {
		t.Fatal("pasting ran something")
	}
	press(t, m, "ctrl+z")
	if got := m.sql.edit.text(); got != "x" {
		t.Fatalf("one undo leaves %d bytes", len(got))
	}
}

// TestUndoProperty: after any edits, undo to the end gives the first text, and
// redo to the end the last.
func TestUndoProperty(t *testing.T) {
	keys := []string{"!a", "!; 日", "enter", "backspace", "delete", "left", "right", "up", "down", "home", "end", "shift+left", "shift+down", "ctrl+w", "ctrl+k", "ctrl+u", "alt+d", "ctrl+left", "ctrl+right", "ctrl+a"}
	rapid.Check(t, func(t *rapid.T) {
		first := rapid.SampledFrom([]string{"", "a b\n c", "日本\n\n'x'"}).Draw(t, "text")
		e := newSQLEdit(first)
		for _, k := range rapid.SliceOfN(rapid.SampledFrom(keys), 0, 60).Draw(t, "keys") {
			typed(e, k)
			if e.cur.line >= len(e.lines) || e.cur.at > len(e.lines[e.cur.line]) {
				t.Fatalf("after %s the cursor is at %v of %q", k, e.cur, e.lines)
			}
		}
		last := e.text()
		for len(e.undo) > 0 {
			typed(e, "ctrl+z")
		}
		if e.text() != first {
			t.Fatalf("undone: %q, not %q", e.text(), first)
		}
		for len(e.redo) > 0 {
			typed(e, "ctrl+y")
		}
		if e.text() != last {
			t.Fatalf("redone: %q, not %q", e.text(), last)
		}
	})
}

func TestStatementAt(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{ // | is the cursor
		{"one", "SEL|ECT 1", "SELECT 1"},
		{"first of two", "SELECT| 1; SELECT 2", "SELECT 1"},
		{"second of two", "SELECT 1; SEL|ECT 2", "SELECT 2"},
		{"right behind the semicolon", "SELECT 1;| SELECT 2", "SELECT 1"},
		{"semicolon in a string", "SELECT ';', |2; x", "SELECT ';', 2"},
		{"semicolon in a comment", "SELECT 1 -- a; b\n, |2; x", "SELECT 1 -- a; b\n, 2"},
		{"block comment in front", "/* a; */ SELECT |1", "SELECT 1"},
		{"doubled quote", "SELECT 'it''s;' |x; y", "SELECT 'it''s;' x"},
		{"blanks behind the last", "SELECT 1;\n\n|", "SELECT 1"},
		{"nothing", "  -- only a comment\n|", ""},
		{"empty", "|", ""},
		{"between", "SELECT 1;\n|\nSELECT 2;\nSELECT 3", "SELECT 2"},
	} {
		text := strings.Replace(c.text, "|", "", 1)
		from, to := statementAt(text, strings.Index(c.text, "|"))
		if got := text[from:to]; got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// TestLexCovers: tokens cover any text without gap or overlap, by line too.
func TestLexCovers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOf(rapid.SampledFrom([]string{"SELECT", "'", "\"", "--", "/*", "*/", "\n", " ", ";", "1.5e3", "count(", "日", "\xff", "a''b"})).Draw(t, "parts"), "")
		at := 0
		for _, k := range lexSQL(text) {
			if k.from != at || k.to <= k.from {
				t.Fatalf("%q: token %v at %d", text, k, at)
			}
			at = k.to
		}
		if at != len(text) {
			t.Fatalf("%q: tokens end at %d", text, at)
		}
		lines := strings.Split(text, "\n")
		for n, ink := range tokensByLine(lines) {
			at := 0
			for _, k := range ink {
				if k.from != at {
					t.Fatalf("%q line %d: token %v at %d", text, n, k, at)
				}
				at = k.to
			}
			if at != len(lines[n]) {
				t.Fatalf("%q line %d: tokens end at %d", text, n, at)
			}
		}
	})
}

// TestLexByLine: the tokens of lines are those of the whole text, and stay so
// whatever is edited.
func TestLexByLine(t *testing.T) {
	parts := []string{"SELECT", "'", "\"", "--", "/*", "*/", "\n", "\n", " ", ";", "1.5e3", "count(", "日", "a''b", "`"}
	rapid.Check(t, func(t *rapid.T) {
		e := newSQLEdit(strings.Join(rapid.SliceOf(rapid.SampledFrom(parts)).Draw(t, "text"), ""))
		for range rapid.IntRange(1, 8).Draw(t, "edits") {
			e.lex()
			line := rapid.IntRange(0, len(e.lines)-1).Draw(t, "line")
			e.cur = pos{line, len(e.lines[line])}
			e.anchor = e.cur
			switch rapid.IntRange(0, 3).Draw(t, "edit") {
			case 0:
				e.editKey("ctrl+u")
			case 1:
				e.editKey("ctrl+z")
			case 2:
				e.anchor = pos{}
				e.editKey("backspace")
			default:
				e.insert(rapid.SampledFrom(parts).Draw(t, "part"), "")
			}
		}
		e.lex()
		kinds := make([]tokenKind, 0)
		for _, k := range lexSQL(e.text()) {
			for range k.to - k.from {
				kinds = append(kinds, k.kind)
			}
		}
		at := 0
		for n, ink := range e.ink {
			for _, k := range ink {
				for i := k.from; i < k.to; i++ {
					if kinds[at+i] != k.kind {
						t.Fatalf("%q line %d byte %d: %v, in the whole text %v", e.text(), n, i, k.kind, kinds[at+i])
					}
				}
			}
			at += len(e.lines[n]) + 1
		}
	})
}

// TestErrorMark: Trino counts characters from 1 in the statement that was sent;
// the mark stands in the whole text.
func TestErrorMark(t *testing.T) {
	e := newSQLEdit("SELECT 1;\n  SELECT 'é', xyz\nFROM t")
	e.cur = pos{1, 5}
	e.anchor = e.cur
	sql, at := e.statement()
	if sql != "SELECT 'é', xyz\nFROM t" || at != (pos{1, 2}) {
		t.Fatalf("%q at %v", sql, at)
	}
	e.markError(at, 1, 13)
	th := newTheme(look{})
	lines, cursor := e.Draw(th, 40, 5, true)
	if !strings.Contains(lines[1], "\x1b["+th.sgr[mark]+"mxyz\x1b[m") {
		t.Errorf("the mark is not on xyz: %q", lines[1])
	}
	if want := ansi.StringWidth(" 2   SELECT 'é', "); cursor.X != want || cursor.Y != 1 {
		t.Errorf("cursor at %d,%d, want %d,1", cursor.X, cursor.Y, want)
	}
	e.markError(at, 2, 6)
	if lines, _ = e.Draw(th, 40, 5, true); !strings.Contains(lines[2], "\x1b["+th.sgr[mark]+"mt\x1b[m") {
		t.Errorf("the mark is not on t: %q", lines[2])
	}
	typed(e, "!x")
	if e.err != nil {
		t.Error("the mark outlives an edit")
	}
	e.markError(at, 99, 1) // an engine that counts wrongly must not end the program
	e.markError(at, 1, 999)
	e.Draw(th, 40, 5, true)
}
