package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// crashDisk is a file system in memory that forgets what was not synced: of a
// file the bytes, of a folder the names that came or went since its last sync.
// It counts its operations, can fail one of them, and can leave out one kind of
// sync, to show that the tests would notice.
type crashDisk struct {
	mu    sync.Mutex
	root  *node
	ops   int
	fault func(op int, kind, name string) error
	after func(op int)                 // sees the state after each operation
	skip  func(kind, name string) bool // syncs that do nothing
}

// node is a file or a folder.
type node struct {
	names, synced map[string]*node // a folder's; nil for a file
	data          []byte
	durable       int // bytes of data that are synced
}

func newFolder() *node { return &node{names: map[string]*node{}, synced: map[string]*node{}} }

func newCrashDisk() *crashDisk { return &crashDisk{root: newFolder()} }

// crash gives what a loss of power leaves: everything synced, and of the rest
// each piece with probability keep in 4.
func (d *crashDisk) crash(rng *rand.Rand, keep int) *crashDisk {
	d.mu.Lock()
	defer d.mu.Unlock()
	copies := map[*node]*node{}
	var clone func(n *node) *node
	clone = func(n *node) *node {
		if c, ok := copies[n]; ok {
			return c // a file with two names
		}
		c := &node{}
		copies[n] = c
		if n.names == nil {
			kept := n.durable
			if loose := len(n.data) - n.durable; loose > 0 && keep > 0 {
				kept += rng.IntN(loose*keep/4 + 1)
			}
			c.data, c.durable = slices.Clone(n.data[:kept]), kept
			return c
		}
		c.names, c.synced = map[string]*node{}, map[string]*node{}
		for _, name := range sortedNames(n.names, n.synced) {
			at, now := n.synced[name], n.names[name]
			if at != now && rng.IntN(4) < keep {
				at = now
			}
			if at != nil {
				c.names[name] = clone(at)
				c.synced[name] = c.names[name]
			}
		}
		return c
	}
	return &crashDisk{root: clone(d.root)}
}

func sortedNames(maps ...map[string]*node) []string {
	set := []string{}
	for _, m := range maps {
		for name := range m {
			set = append(set, name)
		}
	}
	slices.Sort(set)
	return slices.Compact(set)
}

// step counts an operation and may fail it.
func (d *crashDisk) step(kind, name string) error {
	d.ops++
	if d.fault != nil {
		if err := d.fault(d.ops, kind, name); err != nil {
			return &fs.PathError{Op: kind, Path: name, Err: err}
		}
	}
	return nil
}

func (d *crashDisk) done() {
	if d.after != nil {
		op := d.ops
		d.mu.Unlock()
		d.after(op)
		d.mu.Lock()
	}
}

func (d *crashDisk) find(name string) (*node, error) {
	n := d.root
	if name == "." {
		return n, nil
	}
	for part := range strings.SplitSeq(name, "/") {
		if n = n.names[part]; n == nil {
			return nil, &fs.PathError{Op: "find", Path: name, Err: fs.ErrNotExist}
		}
	}
	return n, nil
}

// add puts a node into a folder, unless the name is taken.
func (d *crashDisk) add(kind, name string, n *node) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.step(kind, name); err != nil {
		return err
	}
	dir, err := d.find(path.Dir(name))
	if err != nil {
		return err
	}
	if dir.names[path.Base(name)] != nil {
		return &fs.PathError{Op: kind, Path: name, Err: fs.ErrExist}
	}
	dir.names[path.Base(name)] = n
	d.done()
	return nil
}

func (d *crashDisk) Prepare() error          { return nil }
func (d *crashDisk) Mkdir(name string) error { return d.add("mkdir", name, newFolder()) }

func (d *crashDisk) Create(name string) (output, error) {
	n := &node{}
	if err := d.add("create", name, n); err != nil {
		return nil, err
	}
	return &crashFile{d, n, name}, nil
}

func (d *crashDisk) Link(from, to string) error {
	d.mu.Lock()
	n, err := d.find(from)
	d.mu.Unlock()
	if err != nil {
		return err
	}
	return d.add("link", to, n)
}

func (d *crashDisk) Remove(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.step("remove", name); err != nil {
		return err
	}
	n, err := d.find(name)
	if err != nil {
		return err
	}
	if len(n.names) > 0 {
		return errors.New("folder is not empty")
	}
	dir, _ := d.find(path.Dir(name))
	delete(dir.names, path.Base(name))
	d.done()
	return nil
}

func (d *crashDisk) SyncDir(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.step("syncdir", name); err != nil {
		return err
	}
	n, err := d.find(name)
	if err != nil {
		return err
	}
	if d.skip == nil || !d.skip("syncdir", name) {
		clear(n.synced)
		for k, v := range n.names {
			n.synced[k] = v
		}
	}
	d.done()
	return nil
}

func (d *crashDisk) Open(name string) (io.ReadCloser, entry, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n, err := d.find(name)
	if err != nil {
		return nil, entry{}, err
	}
	return io.NopCloser(strings.NewReader(string(n.data))), n.entry(path.Base(name)), nil
}

func (d *crashDisk) Stat(name string) (entry, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n, err := d.find(name)
	if err != nil {
		return entry{}, err
	}
	return n.entry(path.Base(name)), nil
}

func (d *crashDisk) ReadDir(name string) ([]entry, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n, err := d.find(name)
	if err != nil {
		return nil, err
	}
	out := []entry{}
	for name, child := range n.names {
		out = append(out, child.entry(name))
	}
	return out, nil
}

func (n *node) entry(name string) entry {
	return entry{name: name, folder: n.names != nil, regular: n.names == nil, size: int64(len(n.data)), modified: time.Unix(1, 0)}
}

type crashFile struct {
	d    *crashDisk
	n    *node
	name string
}

func (f *crashFile) Write(p []byte) (int, error) {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if err := f.d.step("write", f.name); err != nil {
		f.n.data = append(f.n.data, p[:len(p)/2]...) // a short write
		return len(p) / 2, err
	}
	f.n.data = append(f.n.data, p...)
	f.d.done()
	return len(p), nil
}

func (f *crashFile) Sync() error {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if err := f.d.step("sync", f.name); err != nil {
		return err
	}
	if f.d.skip == nil || !f.d.skip("sync", f.name) {
		f.n.durable = len(f.n.data)
	}
	f.d.done()
	return nil
}

func (f *crashFile) Close() error {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	return f.d.step("close", f.name)
}

// The path under test: objects in old and new folders, one read in pieces, one
// deleted, and one that is refused because it is there.
func publishSome(t *testing.T, d *crashDisk, acked *[]string) {
	s := newFile("/crash", d)
	for i, key := range []string{"t/y=1/a.gz", "t/y=1/b.gz", "t/y=2/m=1/c.gz", "_acme/manifests/t/y=1.json", "top.gz", "t/y=1/a.gz"} {
		_, err := s.Put(t.Context(), key, &pieces{rest: content(key)})
		if err != nil && (i != 5 || !errors.Is(err, ErrExists)) {
			t.Fatalf("Put(%s): %v", key, err)
		}
		if !slices.Contains(*acked, key) {
			*acked = append(*acked, key)
		}
	}
}

func content(key string) string { return strings.Repeat(key+" ", 10) }

// pieces gives its text in several reads, so that there are several writes.
type pieces struct{ rest string }

func (p *pieces) Read(b []byte) (int, error) {
	if p.rest == "" {
		return 0, io.EOF
	}
	n := copy(b, p.rest[:min(40, len(p.rest))])
	p.rest = p.rest[n:]
	return n, nil
}

// judge says what a loss of power broke: an object that was acknowledged and is
// not there whole, or one that is visible and not whole.
func judge(t *testing.T, d *crashDisk, acked []string) error {
	s := newFile("/crash", d)
	whole := map[string]bool{}
	for info, err := range s.List(t.Context(), "") {
		if err != nil {
			return err
		}
		r, _, err := s.Get(t.Context(), info.Key)
		if err != nil {
			return err
		}
		data, _ := io.ReadAll(r)
		if string(data) != content(info.Key) {
			return fmt.Errorf("%s is visible with %d bytes of %d", info.Key, len(data), len(content(info.Key)))
		}
		whole[info.Key] = true
	}
	for _, key := range acked {
		if !whole[key] {
			return fmt.Errorf("%s was acknowledged and is lost", key)
		}
	}
	return nil
}

// crashStates loses power after every operation, in many ways each, and gives
// the number of states and the violations found.
func crashStates(t *testing.T, skip func(kind, name string) bool) (states int, broken []error) {
	d := newCrashDisk()
	d.skip = skip
	acked := []string{}
	d.after = func(op int) {
		for seed := range 40 {
			rng := rand.New(rand.NewPCG(uint64(op), uint64(seed)))
			states++
			if err := judge(t, d.crash(rng, seed%5), acked); err != nil {
				broken = append(broken, err)
			}
		}
	}
	publishSome(t, d, &acked)
	return states, broken
}

// After a loss of power at any moment every acknowledged object is there and
// every visible one is whole. With one sync left out the same test must find
// violations, or it shows nothing.
func TestCrashStates(t *testing.T) {
	states, broken := crashStates(t, nil)
	t.Logf("%d crash states, %d violations", states, len(broken))
	if states < 1500 || len(broken) > 0 {
		t.Errorf("%d states; violations: %v", states, broken)
	}
	for what, skip := range map[string]func(kind, name string) bool{
		"of the file":                  func(kind, _ string) bool { return kind == "sync" },
		"of any folder":                func(kind, _ string) bool { return kind == "syncdir" },
		"of the object's folder":       func(kind, name string) bool { return kind == "syncdir" && name == "t/y=1" },
		"of a folder that got folders": func(kind, name string) bool { return kind == "syncdir" && name == "t" },
		"of the root":                  func(kind, name string) bool { return kind == "syncdir" && name == "." },
	} {
		_, broken := crashStates(t, skip)
		t.Logf("without the sync %s: %d violations", what, len(broken))
		if len(broken) == 0 {
			t.Errorf("nothing noticed that the sync %s is missing", what)
		}
	}
}

// A folder that another process made may not be synced yet.
func TestFoundFolderIsSynced(t *testing.T) {
	d := newCrashDisk()
	for _, name := range []string{"t", "t/y=1"} {
		if err := d.Mkdir(name); err != nil {
			t.Fatal(err)
		}
	}
	s := newFile("/crash", d)
	if _, err := s.Put(t.Context(), "t/y=1/a.gz", &pieces{rest: content("t/y=1/a.gz")}); err != nil {
		t.Fatal(err)
	}
	if err := judge(t, d.crash(rand.New(rand.NewPCG(1, 1)), 0), []string{"t/y=1/a.gz"}); err != nil {
		t.Error(err)
	}
}

// An object that another process has linked and not synced is refused only once
// it is durable: who hears ErrExists relies on it.
func TestExistsMeansDurable(t *testing.T) {
	d := newCrashDisk()
	other := newFile("/crash", d)
	d.skip = func(kind, name string) bool { return kind == "syncdir" && name == "t" }
	if _, err := other.Put(t.Context(), "t/a", &pieces{rest: content("t/a")}); err != nil {
		t.Fatal(err)
	}
	d.skip = nil
	if _, err := newFile("/crash", d).Put(t.Context(), "t/a", strings.NewReader("x")); !errors.Is(err, ErrExists) {
		t.Fatal(err)
	}
	if err := judge(t, d.crash(rand.New(rand.NewPCG(1, 1)), 0), []string{"t/a"}); err != nil {
		t.Error(err)
	}
}
