package tui

import (
	"os"
	"strings"
	"testing"
)

// TestKeysDocument: docs/KEYS.md is what the table of actions says.
func TestKeysDocument(t *testing.T) {
	const file = "../docs/KEYS.md"
	if *update {
		if err := os.WriteFile(file, []byte(KeysMarkdown()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != KeysMarkdown() {
		t.Error("docs/KEYS.md is not what the table says: go test ./tui -run KeysDocument -update writes it")
	}
}

// TestCheck35BadKeys Bad keymap: the error names the file, the line, the key and the nearest one.
func TestCheck35BadKeys(t *testing.T) {
	for text, want := range map[string]string{
		"sql.rnu = f5":                      `read keys k.conf: line 1: there is no action "sql.rnu"; the nearest is "sql.run"`,
		"# mine\n\nsql.run = f5 ctrl+rr":    `read keys k.conf: line 3: sql.run: there is no key "ctrl+rr"; the nearest is "ctrl+r"`,
		"sql.run f5":                        `read keys k.conf: line 1: "sql.run f5" is no assignment; write action = key key`,
		"sql.run = f5\nsql.run = f6":        `read keys k.conf: line 2: "sql.run" has its keys already`,
		"report.refresh = ctrl+i":           `there is no key "ctrl+i"`,
		"report.refresh = enter":            `report.refresh and report.drill would both have the key "enter"; give report.drill another`,
		"palette = ctrl+x\nredraw = ctrl+x": `would both have the key "ctrl+x"`,
	} {
		_, err := ParseKeymap("k.conf", []byte(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q:\n got %v\nwant %s", text, err, want)
		}
	}
}

// TestCheck36OwnKeys A key of the reader's own works, and shows in footer, help and
// palette; the table's works no more.
func TestCheck36OwnKeys(t *testing.T) {
	k, err := ParseKeymap("k.conf", []byte("report.refresh = ctrl+g  # like make\nhelp ="))
	if err != nil {
		t.Fatal(err)
	}
	m := still(t, newFakes(), 120, 60, func(c *Config) { c.Keys = k })
	if s := screenText(m); !strings.Contains(s, "^g refresh") || strings.Contains(s, "r refresh") || strings.Contains(s, "? help") {
		t.Errorf("footer:\n%s", s)
	}
	if a := m.find(keyOf("ctrl+g")); a == nil || a.id != "report.refresh" {
		t.Errorf("ctrl+g is %v", a)
	}
	if a := m.find(keyOf("r")); a != nil {
		t.Errorf("r is %s", a.id)
	}
	m.toggleHelp()
	if s := screenText(m); !strings.Contains(s, "^g ") {
		t.Errorf("help:\n%s", s)
	}
	press(t, m, "x", "ctrl+p")
	for _, r := range "load the rep" {
		press(t, m, strings.ReplaceAll(string(r), " ", "space"))
	}
	if s := screenText(m); !strings.Contains(s, "load the report again") || !strings.Contains(s, "^g") {
		t.Errorf("palette:\n%s", s)
	}
}

// TestPalette: what is typed narrows the list, enter does it, esc goes back; what
// does not apply says so and does nothing.
func TestPalette(t *testing.T) {
	m := still(t, newFakes(), 100, 30)
	press(t, m, "ctrl+p")
	golden(t, m, "palette")
	for _, r := range "sql page" {
		press(t, m, strings.ReplaceAll(string(r), " ", "space"))
	}
	press(t, m, "enter")
	if m.current != 1 || m.input != nil {
		t.Fatalf("page %d, open %v", m.current, m.input)
	}
	press(t, m, "ctrl+p", "esc")
	if m.input != nil {
		t.Error("esc did not close it")
	}
	press(t, m, "ctrl+p")
	for _, r := range "cancel the query" {
		press(t, m, strings.ReplaceAll(string(r), " ", "space"))
	}
	press(t, m, "enter")
	if m.input == nil || !strings.Contains(screenText(m), "not now") {
		t.Errorf("an action that does not apply ran:\n%s", screenText(m))
	}
}

// TestFuzzy: letters in order match, whole words and begins come first.
func TestFuzzy(t *testing.T) {
	score := func(want, text string) int {
		n, ok := fuzzy(want, text)
		if !ok {
			return -1
		}
		return n
	}
	if score("zz", "sort the rows") >= 0 || score("srt", "sort the rows") < 0 {
		t.Error("letters in order")
	}
	if a, b := score("run", "run the selection"), score("run", "rows until now"); a <= b {
		t.Errorf("a word %d, letters %d", a, b)
	}
}
