package store

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Each operation of a Put fails in turn, with each error, once or from there on.
// The Put must fail, say what it was doing, and leave the old state; when the
// disk is well again the same Put succeeds.
func TestFaultLoop(t *testing.T) {
	faults := 0
	for _, fault := range []error{syscall.EIO, syscall.ENOSPC, syscall.EDQUOT, syscall.EMFILE, syscall.EACCES} {
		for _, sticky := range []bool{false, true} {
			for at := 1; ; at++ {
				fired, harmless := faultAt(t, fault, sticky, at)
				if !fired {
					break
				}
				if !harmless {
					faults++
				}
			}
		}
	}
	t.Logf("%d faults, each left the old state", faults)
	if faults < 80 {
		t.Errorf("only %d faults were tried", faults)
	}
}

func faultAt(t *testing.T, fault error, sticky bool, at int) (fired, harmless bool) {
	d := newCrashDisk()
	s := newFile("/fault", d)
	if _, err := s.Put(t.Context(), "t/old", &pieces{rest: content("t/old")}); err != nil {
		t.Fatal(err)
	}
	start, kindAt := d.ops, ""
	d.fault = func(op int, kind, name string) error {
		if op == start+at || sticky && op > start+at {
			if op == start+at {
				kindAt = kind
			}
			return fault
		}
		return nil
	}
	_, err := s.Put(t.Context(), "t/new/x", &pieces{rest: content("t/new/x")})
	fired = kindAt != ""
	d.fault = nil
	if !fired {
		if err != nil {
			t.Fatalf("Put without a fault: %v", err)
		}
		return false, false
	}
	// What could not be removed after the link is swept later: no harm done.
	harmless = kindAt == "remove" && err == nil
	if !harmless && (!errors.Is(err, fault) || !strings.Contains(err.Error(), "t/new/x")) {
		t.Errorf("%v at operation %d (%s): Put gave %v", fault, at, kindAt, err)
	}
	keys := []string{}
	for info := range s.List(t.Context(), "") {
		keys = append(keys, info.Key)
	}
	want := []string{"t/old"}
	if harmless {
		want = []string{"t/new/x", "t/old"}
	} else if sticky && kindAt == "syncdir" && slices.Contains(keys, "t/new/x") {
		// The disk took the link and then neither its sync nor its removal: the
		// object is visible, and whole.
		want = []string{"t/new/x", "t/old"}
	}
	if !slices.Equal(keys, want) {
		t.Errorf("%v at operation %d (%s): the store has %v, want %v", fault, at, kindAt, keys, want)
	}
	if err := judge(t, d, nil); err != nil {
		t.Errorf("%v at operation %d (%s): %v", fault, at, kindAt, err)
	}
	if _, err := s.Put(t.Context(), "t/new/x", &pieces{rest: content("t/new/x")}); err != nil && !errors.Is(err, ErrExists) {
		t.Errorf("%v at operation %d (%s): a second Put gave %v", fault, at, kindAt, err)
	}
	return true, harmless
}

// What a dead process left is swept by the next writer, what a live one writes
// is not, and neither is ever listed.
func TestSweep(t *testing.T) {
	dir := t.TempDir()
	temp := filepath.Join(dir, filepath.FromSlash(TempPrefix))
	if err := os.MkdirAll(temp, 0o755); err != nil {
		t.Fatal(err)
	}
	host := hostName()
	old := time.Now().Add(-2 * staleAfter)
	for name, modified := range map[string]time.Time{
		host + "-2147483646-1-1": time.Now(), // no such process
		host + "-1-1-1":          time.Now(), // a process of the machine
		"elsewhere-99-1-1":       time.Now(), // another machine's: who knows
		"elsewhere-98-1-1":       old,
		"strange":                time.Now(),
		"strange-and-old":        old,
	} {
		path := filepath.Join(temp, name)
		if err := os.WriteFile(path, []byte("half"), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, modified, modified); err != nil {
			t.Fatal(err)
		}
	}
	s, err := NewFile(dir)
	if err != nil {
		t.Fatal(err)
	}
	for info := range s.List(t.Context(), "") {
		t.Errorf("%s is listed", info.Key)
	}
	if err := s.Sweep(); err != nil {
		t.Fatal(err)
	}
	left := []string{}
	entries, err := os.ReadDir(temp)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		left = append(left, e.Name())
	}
	want := []string{host + "-1-1-1", "elsewhere-99-1-1", "strange"}
	slices.Sort(left)
	slices.Sort(want)
	if !slices.Equal(left, want) {
		t.Errorf("left %v, want %v", left, want)
	}
	dead := filepath.Join(temp, host+"-2147483646-1-1")
	if err := os.WriteFile(dead, []byte("half"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Put(t.Context(), "x", strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dead); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the first Put did not sweep: %v", err)
	}
}

// A name in the folder that is no object: links, folders, pipes, sockets.
func TestOnlyRegularFilesAreObjects(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	secret := filepath.Join(outside, "secret")
	if err := os.WriteFile(secret, []byte("secret"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{"link": secret, "folder": outside} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Skipf("no symbolic links here: %v", err)
		}
	}
	s, err := NewFile(dir)
	if err != nil {
		t.Fatal(err)
	}
	for info, err := range s.List(t.Context(), "") {
		t.Errorf("listed %v, %v", info, err)
	}
	for _, key := range []string{"link", "folder", "folder/secret"} {
		if _, _, err := s.Get(t.Context(), key); err == nil {
			t.Errorf("Get(%q) led outside", key)
		}
	}
	if _, err := s.Put(t.Context(), "folder/new", strings.NewReader("x")); err == nil {
		t.Error("Put through a link led outside")
	}
	if entries, _ := os.ReadDir(outside); len(entries) != 1 {
		t.Errorf("outside there are %v", entries)
	}
}

// A place that no folder can be made in, whoever asks.
func TestFolderThatCannotBe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := NewFile(filepath.Join(file, "lake"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Put(t.Context(), "a", strings.NewReader("x")); !errors.Is(err, syscall.ENOTDIR) || !strings.Contains(err.Error(), file) {
		t.Errorf("Put: %v", err)
	}
}

func TestFullDisk(t *testing.T) {
	d := newCrashDisk()
	s := newFile("/full", d)
	d.fault = func(_ int, kind, _ string) error {
		if kind == "write" {
			return syscall.ENOSPC
		}
		return nil
	}
	_, err := s.Put(t.Context(), "a/b", strings.NewReader("data"))
	const want = "publishing a/b in /full: writing after 2 bytes: write " + TempPrefix
	if err == nil || !strings.HasPrefix(err.Error(), want) || !strings.HasSuffix(err.Error(), "no space left on device") {
		t.Errorf("Put on a full disk: %v", err)
	}
	if n, _ := d.find("a"); n != nil {
		t.Error("a folder was left for an object that did not come")
	}
	temp, err := d.ReadDir(strings.TrimSuffix(TempPrefix, "/"))
	if err != nil || len(temp) != 0 {
		t.Errorf("left %v, %v", temp, err)
	}
}

func TestOpen(t *testing.T) {
	abs, err := filepath.Abs("lake")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ uri, want string }{
		{"lake", "file://" + abs}, {"./lake/", "file://" + abs}, {"/tmp/a b", "file:///tmp/a%20b"},
		{"file:///tmp/a%20b", "file:///tmp/a%20b"}, {"file://localhost/tmp", "file:///tmp"},
		{"mem://x", "mem://x"},
		{"", ""}, {"file://host/path", ""}, {"file://", ""}, {"mem://", ""}, {"mem://a/b", ""}, {"s3://bucket/x", ""}, {"http://x", ""}, {"file:///a?b", ""}, {"a\x00b", ""}, {"file:///%zz", ""},
	} {
		s, err := Open(c.uri)
		switch {
		case c.want == "" && !errors.Is(err, ErrURI):
			t.Errorf("Open(%q) = %v, %v, want ErrURI", c.uri, s, err)
		case c.want != "" && (err != nil || s.URI() != c.want):
			t.Errorf("Open(%q) = %v, %v, want %s", c.uri, s, err, c.want)
		}
	}
}

func FuzzCheckKey(f *testing.F) {
	for _, key := range []string{"a", "telemetry/year=2025/x.gz", "../a", "a/./b", "a\\b", "a\x00", "_acme/tmp/x", "\xff", "a/..", "...", "日本"} {
		f.Add(key)
	}
	root := filepath.Join(string(filepath.Separator), "root", "lake")
	s := newFile(root, newCrashDisk())
	f.Fuzz(func(t *testing.T, key string) {
		p, ok := s.LocalPath(key)
		if ok != (CheckKey(key) == nil) {
			t.Fatalf("LocalPath and CheckKey disagree on %q", key)
		}
		if !ok {
			return
		}
		rel, err := filepath.Rel(root, p)
		if err != nil || filepath.ToSlash(rel) != key {
			t.Fatalf("%q became %q, which is %q below the root: %v", key, p, rel, err)
		}
		if strings.ContainsAny(key, "\\\x00\n\r\x1b") {
			t.Fatalf("%q was accepted", key)
		}
	})
}
