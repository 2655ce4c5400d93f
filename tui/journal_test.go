package tui

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
)

// memoryJournal is a Journal that says what it was told.
type memoryJournal struct {
	said []string
	lost []Begun
	ill  error
}

func (k *memoryJournal) Begin(b Begun) (string, error) {
	k.said = append(k.said, strings.Join(strings.Fields("begin "+b.Entry+" "+b.Line+b.SQL), " "))
	if b.Entry == "" {
		b.Entry = "new"
	}
	return b.Entry, k.ill
}

func (k *memoryJournal) End(entry string) error {
	k.said = append(k.said, "end "+entry)
	return k.ill
}

func (k *memoryJournal) Lost() ([]Begun, error) { return k.lost, k.ill }

// TestCheck32Lost: jobs of a program that was killed are shown as interrupted, go on
// with one key, and are forgotten when they have ended or the reader says so.
func TestCheck32Lost(t *testing.T) {
	w := newWorld()
	k := &memoryJournal{lost: []Begun{
		{Entry: "a", Began: now, Args: []string{"generate", "--for", "1h"}, Line: "generate --for 1h"},
		{Entry: "b", Began: now, File: "/x/big.csv", SQL: "SELECT 1", Catalog: "db"},
		{Entry: "c", Began: now, Args: []string{"verify"}, Line: "verify"},
	}}
	m := still(t, newFakes(), 100, 30, full(w), func(c *Config) { c.Journal = k })
	if !strings.Contains(m.note.text, "3 jobs were interrupted") {
		t.Errorf("said %q", m.note.text)
	}
	press(t, m, "5", "down")
	s := screenText(m)
	if strings.Count(s, "! interrupted") < 3 || !strings.Contains(s, "2025-08-11 18:02:03 UTC by a program that was killed") || !strings.Contains(s, "R runs it again") {
		t.Errorf("lost:\n%s", s)
	}
	golden(t, m, "jobs-lost")
	press(t, m, "R") // the export
	if j := m.jobs.at(); j.state != jobDone || w.wrote["/x/big.csv"] != 1234 {
		t.Errorf("the export: state %d, wrote %v", j.state, w.wrote)
	}
	press(t, m, "down")
	if s := screenText(m); !strings.Contains(s, "R goes on: what is done stays") {
		t.Errorf("generate:\n%s", s)
	}
	press(t, m, "R", "C")
	if want := []string{"begin b SELECT 1", "end b", "begin a generate --for 1h", "end a", "end c"}; !slices.Equal(k.said, want) {
		t.Errorf("the journal was told %q, want %q", k.said, want)
	}
	if len(w.ran) != 1 || len(m.jobs.list) != 0 {
		t.Errorf("ran %q, %d jobs left", w.ran, len(m.jobs.list))
	}
}

// TestJournalStays: a job that is stopped because the program ends keeps its entry, one
// that the reader cancels does not; a journal that cannot be written is in no job's way.
func TestJournalStays(t *testing.T) {
	for name, c := range map[string]struct {
		stop func(*model)
		want []string
	}{
		"cancelled": {func(m *model) { m.jobs.at().stop(nil) }, []string{"begin generate --for 1h", "end new"}},
		"left":      {func(m *model) { m.stopAll() }, []string{"begin generate --for 1h"}},
	} {
		w, k := newWorld(), &memoryJournal{}
		w.script = append(w.script, func(ctx context.Context, _ func(Progress), _ func(string)) error {
			<-ctx.Done()
			return ctx.Err()
		})
		m := still(t, newFakes(), 100, 30, full(w), func(c *Config) { c.Journal = k })
		v := w.Verbs()[0]
		cmd := m.startVerb(v, strings.Fields(v.Args), v.Args)
		end := make(chan tea.Msg)
		go func() { end <- lastOf(cmd) }()
		c.stop(m)
		m.Update(<-end)
		if !slices.Equal(k.said, c.want) {
			t.Errorf("%s: told %q, want %q", name, k.said, c.want)
		}
	}
	w, k := newWorld(), &memoryJournal{ill: errors.New("read-only file system")}
	m := still(t, newFakes(), 100, 30, full(w), func(c *Config) { c.Journal = k })
	press(t, m, "5", "n", "enter", "enter")
	lines, _ := m.jobs.at().log()
	if m.jobs.at().state != jobDone || !strings.Contains(strings.Join(lines, "\n"), "not noted, so that it cannot be taken up if this program is killed: read-only file system") {
		t.Errorf("state %d, log %q", m.jobs.at().state, lines)
	}
}
