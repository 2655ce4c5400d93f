package store_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"acme/telemetry/engine/store"
	"acme/telemetry/engine/store/storetest"
)

// counted counts what is asked of a store.
type counted struct {
	store.Store
	gets, lists, stats atomic.Int64
	fail               error
}

func (c *counted) Get(ctx context.Context, key string) (io.ReadCloser, store.Info, error) {
	c.gets.Add(1)
	if c.fail != nil {
		return nil, store.Info{}, c.fail
	}
	return c.Store.Get(ctx, key)
}

func (c *counted) List(ctx context.Context, prefix string) iter.Seq2[store.Info, error] {
	c.lists.Add(1)
	return c.Store.List(ctx, prefix)
}

func (c *counted) Stat(ctx context.Context, key string) (store.Info, error) {
	c.stats.Add(1)
	return c.Store.Stat(ctx, key)
}

func newCached(t *testing.T, st store.Store, folder string, max int64, gather ...string) *store.Cached {
	c := store.NewCached(st, store.CacheConfig{Folder: folder, Max: max, Gather: gather})
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func TestCached(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store {
		return newCached(t, store.NewMemory("test"), filepath.Join(t.TempDir(), "cache"), 1<<20)
	}, store.Open)
}

func fill(t *testing.T, st store.Store, n, size int) (keys []string) {
	t.Helper()
	for i := range n {
		key := fmt.Sprintf("t/%03d", i)
		if _, err := st.Put(t.Context(), key, strings.NewReader(strings.Repeat(string(rune('a'+i%26)), size))); err != nil && !errors.Is(err, store.ErrExists) {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	return keys
}

func content(t *testing.T, st store.Store, key string) string {
	t.Helper()
	r, _, err := st.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// files gives the objects' files of a cache.
func files(t *testing.T, folder string) (paths []string, bytes int64) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(folder, "objects"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !strings.HasSuffix(path, ".sum") {
			info, err := d.Info()
			if err != nil {
				return err
			}
			paths, bytes = append(paths, path), bytes+info.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths, bytes
}

// What was read once is not asked for again, by another Cached of the folder either.
func TestCachedSecondTime(t *testing.T) {
	behind := &counted{Store: store.NewMemory("test")}
	keys, folder := fill(t, behind, 20, 1000), t.TempDir()
	for round := range 3 {
		c := newCached(t, behind, folder, 1<<20)
		if round == 1 {
			c = newCached(t, behind, folder, 1<<20)
		}
		if err := c.Fetch(t.Context(), keys); err != nil {
			t.Fatal(err)
		}
		for _, key := range keys {
			path, _ := c.LocalPath(key)
			data, err := os.ReadFile(path)
			if err != nil || string(data) != content(t, behind.Store, key) || string(data) != content(t, c, key) {
				t.Fatalf("%s: %d bytes, %v", key, len(data), err)
			}
		}
		if got := behind.gets.Load(); got != 20 {
			t.Fatalf("round %d: %d objects were fetched, want 20", round, got)
		}
	}
}

// A file of the cache that was damaged is fetched again, whatever the damage.
func TestCachedDamage(t *testing.T) {
	behind := &counted{Store: store.NewMemory("test")}
	keys, folder := fill(t, behind, 1, 1000), t.TempDir()
	for name, damage := range map[string]func(path string) error{
		"a bit": func(path string) error {
			data, err := os.ReadFile(path)
			data[500] ^= 4
			return errors.Join(err, os.WriteFile(path, data, 0o600))
		},
		"cut":    func(path string) error { return os.Truncate(path, 999) },
		"gone":   os.Remove,
		"no sum": func(path string) error { return os.Remove(path + ".sum") },
		"a sum":  func(path string) error { return os.WriteFile(path+".sum", []byte("00000000 1000\n"), 0o600) },
	} {
		if err := newCached(t, behind, folder, 1<<20).Fetch(t.Context(), keys); err != nil {
			t.Fatal(err)
		}
		before := behind.gets.Load()
		paths, _ := files(t, folder)
		if err := damage(paths[0]); err != nil {
			t.Fatal(err)
		}
		c := newCached(t, behind, folder, 1<<20)
		if err := c.Fetch(t.Context(), keys); err != nil {
			t.Fatal(err)
		}
		path, _ := c.LocalPath(keys[0])
		data, err := os.ReadFile(path)
		if err != nil || string(data) != content(t, behind.Store, keys[0]) || behind.gets.Load() != before+1 {
			t.Errorf("%s: %d bytes, %v, fetched %d times", name, len(data), err, behind.gets.Load()-before)
		}
	}
}

// The cache stays within its bound, drops what was used longest ago, and takes from
// nobody what he has fetched.
func TestCachedBound(t *testing.T) {
	behind := &counted{Store: store.NewMemory("test")}
	keys, folder := fill(t, behind, 30, 1000), t.TempDir()
	clock := time.Unix(1000, 0)
	c := store.NewCached(behind, store.CacheConfig{Folder: folder, Max: 10_000, Now: func() time.Time { clock = clock.Add(time.Second); return clock }})
	defer c.Close()
	for _, key := range keys {
		content(t, c, keys[0]) // always in use
		if err := c.Fetch(t.Context(), []string{key}); err != nil {
			t.Fatal(err)
		}
		if _, bytes := files(t, folder); bytes > 10_000 {
			t.Fatalf("%d bytes are kept", bytes)
		}
	}
	for _, key := range keys { // what Begin has not ended is there
		path, _ := c.LocalPath(key)
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
	before := behind.gets.Load()
	content(t, c, keys[0])
	if behind.gets.Load() != before {
		t.Error("what was used last was dropped")
	}
	if err := errors.Join(c.Begin(t.Context()), c.Fetch(t.Context(), keys[:3])); err != nil {
		t.Fatal(err)
	}
	linked := 0
	for _, key := range keys {
		path, _ := c.LocalPath(key)
		if _, err := os.Stat(path); err == nil {
			linked++
		}
	}
	if linked != 3 {
		t.Errorf("%d objects are linked after Begin, want 3", linked)
	}
	if err := c.Fetch(t.Context(), keys); err == nil || !strings.Contains(err.Error(), "ACME_CACHE_SIZE") {
		t.Errorf("30 kB into 10: %v", err)
	}
}

// Many users of one folder that is too small for all of them read right.
func TestCachedShared(t *testing.T) {
	behind := store.NewMemory("test")
	keys, folder := fill(t, behind, 40, 1000), t.TempDir()
	var all sync.WaitGroup
	for i := range 6 {
		c := newCached(t, behind, folder, 12_000)
		all.Go(func() {
			for round := range 20 {
				some := keys[(i*7+round*3)%30:][:8]
				if err := errors.Join(c.Begin(context.Background()), c.Fetch(context.Background(), some)); err != nil {
					t.Error(err)
					return
				}
				for _, key := range some {
					path, _ := c.LocalPath(key)
					data, err := os.ReadFile(path)
					if err != nil || len(data) != 1000 || string(data) != content(t, c, key) {
						t.Errorf("%s: %d bytes, %v", key, len(data), err)
					}
				}
			}
		})
	}
	all.Wait()
}

// What another user of the folder drops as soon as it is there is fetched once all the same.
func TestCachedDropped(t *testing.T) {
	behind := &counted{Store: store.NewMemory("test")}
	keys, folder := fill(t, behind, 40, 1000), t.TempDir()
	c := newCached(t, behind, folder, 1<<20)
	stop, dropped := make(chan struct{}), sync.WaitGroup{}
	dropped.Go(func() {
		for {
			files, _ := filepath.Glob(filepath.Join(folder, "objects", "*", "*"))
			for _, f := range files {
				_ = os.Remove(f)
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	})
	err := c.Fetch(t.Context(), keys)
	close(stop)
	dropped.Wait()
	if n := behind.gets.Load(); err != nil || n != int64(len(keys)) {
		t.Errorf("%d gets of %d objects, %v", n, len(keys), err)
	}
	for _, key := range keys {
		path, _ := c.LocalPath(key)
		if data, err := os.ReadFile(path); err != nil || len(data) != 1000 {
			t.Errorf("%s: %d bytes, %v", key, len(data), err)
		}
	}
}

// Manifests of many folders are listed once.
func TestCachedGathers(t *testing.T) {
	behind := &counted{Store: store.NewMemory("test")}
	keys := fill(t, behind, 30, 10)
	c := newCached(t, behind, t.TempDir(), 1<<20, "t/")
	for _, key := range keys {
		n := 0
		for info, err := range c.List(t.Context(), key) {
			if n++; err != nil || info.Key != key {
				t.Errorf("%v, %v", info, err)
			}
		}
		if n != 1 {
			t.Errorf("%s: %d objects", key, n)
		}
	}
	if behind.lists.Load() != 1 {
		t.Errorf("%d listings", behind.lists.Load())
	}
	if _, err := c.Put(t.Context(), "t/new", strings.NewReader("")); err != nil {
		t.Fatal(err)
	}
	for range c.List(t.Context(), "t/new") {
		return
	}
	t.Error("what was put is not listed")
}

// A process that borrows reads what the lender has, its errors too, and writes nothing.
func TestLend(t *testing.T) {
	behind := &counted{Store: store.NewMemory("test")}
	keys := fill(t, behind, 20, 1000)
	c := newCached(t, behind, t.TempDir(), 1<<20)
	asked, ask := io.Pipe()
	answers, answer := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- c.Lend(t.Context(), asked, answer) }()
	view, err := c.View()
	if err != nil {
		t.Fatal(err)
	}
	b := store.Borrow(c.URI(), view, answers, ask)
	listed := []string{}
	for info, err := range b.List(t.Context(), "t/") {
		if err != nil {
			t.Fatal(err)
		}
		listed = append(listed, info.Key)
		if content(t, b, info.Key) != content(t, behind.Store, info.Key) { // asks in the midst of a list
			t.Errorf("%s differs", info.Key)
		}
	}
	if fmt.Sprint(listed) != fmt.Sprint(keys) {
		t.Errorf("listed %v", listed)
	}
	if err := errors.Join(b.Begin(t.Context()), b.Fetch(t.Context(), keys)); err != nil {
		t.Fatal(err)
	}
	if info, err := b.Stat(t.Context(), keys[3]); err != nil || info.Size != 1000 {
		t.Errorf("%v, %v", info, err)
	}
	if _, _, err := b.Get(t.Context(), "none"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("%v", err)
	}
	if _, _, err := b.Get(t.Context(), "../x"); !errors.Is(err, store.ErrKey) {
		t.Errorf("%v", err)
	}
	if _, err := b.Put(t.Context(), "x", strings.NewReader("x")); err == nil {
		t.Error("it was written to")
	}
	if err := b.Delete(t.Context(), keys[0]); err == nil {
		t.Error("it was deleted from")
	}
	fill(t, behind, 21, 1000)
	behind.fail = fmt.Errorf("away: %w", store.ErrUnavailable)
	if _, _, err := b.Get(t.Context(), "t/020"); !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), "away") {
		t.Errorf("%v", err)
	}
	ask.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
