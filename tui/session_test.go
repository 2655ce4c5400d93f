package tui

import (
	"errors"
	"strings"
	"testing"
)

// keeper is a Keeper in memory.
type keeper struct {
	text []byte
	note string
	err  error
}

func (k *keeper) Load() ([]byte, string) { return k.text, k.note }
func (k *keeper) Save(text []byte) error {
	if k.err == nil {
		k.text = text
	}
	return k.err
}

// TestCheck33Session Sheets, cursor, page, sort and filters come back; a session that
// cannot be read is passed by with a notice.
func TestCheck33Session(t *testing.T) {
	k := &keeper{}
	open := func() *model {
		return still(t, newFakes(), 100, 30, full(newWorld()), func(c *Config) { c.Keeper = k })
	}
	m := open()
	press(t, m, "2", "ctrl+t")
	typeIn(t, m, "SELECT 2\nFROM x")
	press(t, m, "left", "f5", "esc", "l", "s", "s", "h", "f", "i")
	if k.text == nil {
		t.Fatal("nothing was kept while it ran")
	}
	if err := m.keepLast(); err != nil {
		t.Fatal(err)
	}
	n := open()
	if n.current != pageSQL || len(n.sql.sheets) != 2 || n.sql.cur != 1 || n.sql.edit.text() != "SELECT 2\nFROM x" || n.sql.edit.cur != (pos{1, 5}) || n.sql.statsOn {
		t.Errorf("page %d, %d sheets, sheet %d, %q at %v", n.current, len(n.sql.sheets), n.sql.cur, n.sql.edit.text(), n.sql.edit.cur)
	}
	if len(n.sql.history) != 1 || n.sql.history[0].Rows != 1234 {
		t.Errorf("history %v", n.sql.history)
	}
	press(t, n, "f5")
	if g := n.sql.grid; g.sorted != 1 || !g.desc || len(n.sql.view.filters) != 1 || g.count() != 309 {
		t.Errorf("sorted by %d, down %v, %d rows, filters %v", g.sorted, g.desc, g.count(), n.sql.view.filters)
	}
	for _, bad := range []string{"{", `{"version": 99}`, `{"version":1,"sheets":[{"text":"a","line":-5,"at":999}],"sheet":77,"page":"nosuch"}`, `[]`, `{"version":1,"sheets":[{"text":"ü","at":1}]}`} {
		k.text = []byte(bad)
		o := open()
		if strings.HasPrefix(bad, `{"version":1,`) {
			if len(o.sql.sheets) != 1 || o.current != pageReport {
				t.Errorf("%s: %d sheets", bad, len(o.sql.sheets))
			}
			continue
		}
		if !strings.Contains(o.note.text, "begins anew") || o.sql.edit.text() != firstSQL {
			t.Errorf("%s: said %q", bad, o.note.text)
		}
	}
}

// TestSessionKeepsTyped: a text that was typed in the session before is the reader's still:
// what another page opens takes a sheet of its own, as it does before the end.
func TestSessionKeepsTyped(t *testing.T) {
	k := &keeper{}
	open := func() *model {
		return still(t, newFakes(), 100, 30, full(newWorld()), func(c *Config) { c.Keeper = k })
	}
	m := open()
	press(t, m, "2", "ctrl+t")
	typeIn(t, m, "SELECT 2")
	if err := m.keepLast(); err != nil {
		t.Fatal(err)
	}
	n := open()
	if got := n.sql.label(); got != "query-2*" {
		t.Errorf("after the restart it is %s", got)
	}
	if got := n.sql.sheets[0].label(); got != "query-1" {
		t.Errorf("the sheet that nobody has changed is %s", got)
	}
	n.sql.open("SELECT 3", "")
	if len(n.sql.sheets) != 3 || n.sql.sheets[1].edit.text() != "SELECT 2" {
		t.Errorf("%d sheets, the second has %q", len(n.sql.sheets), n.sql.sheets[1].edit.text())
	}
}

// TestCheck37ReadOnly Nothing can be kept: it is said once, and everything else works.
func TestCheck37ReadOnly(t *testing.T) {
	k := &keeper{note: "this session will not be kept: read-only file system", err: errors.New("read-only file system")}
	m := still(t, newFakes(), 100, 30, full(newWorld()), func(c *Config) { c.Keeper = k })
	if !strings.Contains(screenText(m), "will not be kept") {
		t.Error("not said")
	}
	press(t, m, "2", "f5")
	if m.sql.state != runDone || m.keepLast() == nil {
		t.Error("it does not work")
	}
}
