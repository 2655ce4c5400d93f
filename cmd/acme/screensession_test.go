package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCheck34Twice: of two screens at a time the second one reads what the first
// has kept, says that its own will not be, and changes nothing.
func TestCheck34Twice(t *testing.T) {
	dir := t.TempDir()
	p := &program{env: map[string]string{"XDG_STATE_HOME": dir}}
	a, b := &sessionFile{p: p}, &sessionFile{p: p}
	if text, note := a.Load(); text != nil || note != "" {
		t.Errorf("the first: %q, %q", text, note)
	}
	if err := a.Save([]byte("one")); err != nil {
		t.Fatal(err)
	}
	if text, note := b.Load(); string(text) != "one" || !strings.Contains(note, "another acme is open") {
		t.Errorf("the second: %q, %q", text, note)
	}
	if err := b.Save([]byte("two")); err != nil {
		t.Error(err)
	}
	b.close()
	a.close()
	c := &sessionFile{p: p}
	if text, note := c.Load(); string(text) != "one" || note != "" {
		t.Errorf("after both: %q, %q", text, note)
	}
	c.close()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	d := &sessionFile{p: &program{env: map[string]string{"XDG_STATE_HOME": filepath.Join(dir, "file")}}}
	if _, note := d.Load(); !strings.Contains(note, "will not be kept") {
		t.Errorf("without a folder: %q", note)
	}
	if err := d.Save([]byte("x")); err != nil {
		t.Error(err)
	}
}
