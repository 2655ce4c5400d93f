package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acme/telemetry/tui"
)

// TestJobJournal: entries of a process that lives are its own; those of one that is
// gone are taken over once, with what its export has left removed; another lake's stay.
func TestJobJournal(t *testing.T) {
	dir := t.TempDir()
	at := time.Date(2025, 8, 11, 17, 0, 0, 0, time.UTC)
	open := func(lake string) *jobJournal {
		return newJobJournal(&program{env: map[string]string{"XDG_STATE_HOME": dir}, global: globalOptions{lake: lake}, now: func() time.Time { return at.Add(time.Minute) }})
	}
	a, b, other := open("/one"), open("/one"), open("/two")
	out := filepath.Join(dir, "rows [1].csv")
	jobs := []tui.Begun{
		{Began: at, Args: []string{"migrate", "--by", "day"}, Line: "migrate --by day"},
		{Began: at.Add(time.Second), File: out, SQL: "SELECT 1", Catalog: "db"},
		{Began: at.Add(2 * time.Second), Args: []string{"verify"}, Line: "verify"},
	}
	for i := range jobs {
		entry, err := a.Begin(jobs[i])
		if err != nil {
			t.Fatal(err)
		}
		jobs[i].Entry = entry
	}
	lost := func(k *jobJournal, want ...tui.Begun) {
		t.Helper()
		got, err := k.Lost()
		if err != nil || !cmp.Equal(got, want) {
			t.Errorf("lost %+v, %v, want %+v", got, err, want)
		}
	}
	lost(b)
	if err := a.End(jobs[2].Entry); err != nil {
		t.Fatal(err)
	}
	half, err := os.CreateTemp(dir, halfExport(out, os.Getpid()))
	if err != nil {
		t.Fatal(err)
	}
	half.Close()
	for _, lock := range a.held { // as the end of its process does
		lock.Close()
	}
	lost(other)
	lost(b, jobs[:2]...)
	if _, err := os.Stat(half.Name()); err == nil {
		t.Error("what the export has left is there")
	}
	lost(open("/one"))
	if entry, err := b.Begin(jobs[0]); entry != jobs[0].Entry || err != nil {
		t.Errorf("begun again as %s, %v", entry, err)
	}
	for _, j := range jobs {
		if err := b.End(j.Entry); err != nil {
			t.Error(err)
		}
	}
	if left, err := os.ReadDir(b.folder()); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
	c := open("/one")
	entry, err := c.Begin(jobs[0])
	if err != nil {
		t.Fatal(err)
	}
	c.held[entry].Close()
	if err := os.WriteFile(filepath.Join(c.folder(), entry, journalFile), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := b.Lost(); len(got) > 0 || err == nil {
		t.Errorf("an entry that cannot be read: %v, %v", got, err)
	}
}

// TestJobOfAnotherFolder: a job whose command line names a file of another folder is left
// to a program that stands there; others are taken over from anywhere.
func TestJobOfAnotherFolder(t *testing.T) {
	state, here, there := t.TempDir(), t.TempDir(), t.TempDir()
	for _, dir := range []string{here, there} {
		if err := os.Mkdir(filepath.Join(dir, "copy"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	open := func() *jobJournal {
		return newJobJournal(&program{env: map[string]string{"XDG_STATE_HOME": state}, global: globalOptions{lake: "/one"}, now: time.Now})
	}
	began := time.Date(2025, 8, 11, 17, 0, 0, 0, time.UTC)
	relative, plain := []string{"sync", "s3://b/lake", "copy"}, []string{"migrate", "--by", "day", "--lake=/one"}
	t.Chdir(here)
	k := open()
	for i, args := range [][]string{relative, plain} {
		if _, err := k.Begin(tui.Begun{Began: began.Add(time.Duration(i) * time.Second), Args: args}); err != nil {
			t.Fatal(err)
		}
	}
	for _, lock := range k.held {
		lock.Close()
	}
	for _, v := range []struct {
		folder string
		want   []string
	}{{there, plain}, {here, relative}} {
		t.Chdir(v.folder)
		got, err := open().Lost()
		if err != nil || len(got) != 1 || !slices.Equal(got[0].Args, v.want) {
			t.Errorf("lost %+v, %v, want %q", got, err, v.want)
		}
	}
}
