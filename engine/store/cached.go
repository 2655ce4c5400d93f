package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

// CacheConfig says where and how much a Cached keeps.
type CacheConfig struct {
	Folder string // is made where it is missing
	Max    int64  // bytes of objects kept
	// Gather are prefixes that are listed as a whole, at most every two seconds, and
	// then answered from memory: where many small objects lie in many folders.
	Gather []string
	Now    func() time.Time // time.Now where nil
}

// Cached keeps the objects of another store as files of this machine once they were
// read. Its folder is shared by every process of the user:
//
//	objects/ab/ab12...      an object's bytes, named by its store, key, version and size
//	objects/ab/ab12....sum  their CRC-32C, which is checked each time a file is taken
//	tmp/...                 what is being fetched
//	views/HOST-PID-TIME/    links to what a process uses, under the objects' keys
//
// What is used longest ago goes first when there is too much. A link outlives its file
// in objects, so that no process loses what it reads; what Begin says is over goes when
// the links hold more than the cache may. A file that is damaged is fetched again.
//
// What List last said of an object is taken for its state: objects never change. The
// other methods of Store are the other store's.
type Cached struct {
	Store
	c    CacheConfig
	view string

	mu       sync.Mutex
	ready    bool
	epoch    int
	known    map[string]Info   // as listed last
	links    map[string]linked // what the view has, by key
	linkedTo int64             // bytes of them
	fetches  map[string]*fetch // that run, by name
	gathered map[string]gathering
	kept     int64 // bytes in objects, about
}

type linked struct {
	name  string
	size  int64
	epoch int
}

type fetch struct {
	done chan struct{}
	err  error
}

type gathering struct {
	at    time.Time
	infos []Info
}

// Numbers of a cache.
const (
	gatherFor   = 2 * time.Second
	fetchAtOnce = 32
	staleTemp   = time.Hour // after which a file that is being fetched is nobody's
	maxKnown    = 1 << 20   // listed objects that are remembered
)

// NewCached puts a cache before a store. It touches nothing yet.
func NewCached(st Store, c CacheConfig) *Cached {
	if c.Now == nil {
		c.Now = time.Now
	}
	view := filepath.Join(c.Folder, "views", fmt.Sprintf("%s-%d-%x", hostName(), os.Getpid(), c.Now().UnixNano()))
	return &Cached{
		Store: st, c: c, view: view, known: map[string]Info{}, links: map[string]linked{},
		fetches: map[string]*fetch{}, gathered: map[string]gathering{},
	}
}

// View gives the folder in which LocalPath finds what was fetched, and makes it.
func (c *Cached) View() (string, error) { return c.view, c.prepare() }

// LocalPath implements Local, for objects that Fetch has made ready.
func (c *Cached) LocalPath(key string) (string, bool) {
	if CheckKey(key) != nil {
		return "", false
	}
	return filepath.Join(c.view, filepath.FromSlash(key)), true
}

// Begin implements Fetcher.
func (c *Cached) Begin(context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.epoch++
	if c.linkedTo <= c.c.Max {
		return nil
	}
	for key, l := range c.links {
		if l.epoch < c.epoch {
			_ = os.Remove(filepath.Join(c.view, filepath.FromSlash(key)))
			c.linkedTo -= l.size
			delete(c.links, key)
		}
	}
	return nil
}

// Close drops this process's links; what is kept stays for the next one.
func (c *Cached) Close() error { return os.RemoveAll(c.view) }

// List implements Store.
func (c *Cached) List(ctx context.Context, prefix string) iter.Seq2[Info, error] {
	for _, wide := range c.c.Gather {
		if strings.HasPrefix(prefix, wide) {
			return c.fromGathered(ctx, wide, prefix)
		}
	}
	return func(yield func(Info, error) bool) {
		for info, err := range c.Store.List(ctx, prefix) {
			if err == nil {
				c.learn(info)
			}
			if !yield(info, err) {
				return
			}
		}
	}
}

func (c *Cached) learn(info Info) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.known) >= maxKnown {
		clear(c.known)
	}
	c.known[info.Key] = info
}

// fromGathered lists a prefix out of a wider one.
func (c *Cached) fromGathered(ctx context.Context, wide, prefix string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		c.mu.Lock()
		g, ok := c.gathered[wide]
		c.mu.Unlock()
		if !ok || c.c.Now().Sub(g.at) > gatherFor {
			g = gathering{}
			for info, err := range c.Store.List(ctx, wide) {
				if err != nil {
					yield(info, err)
					return
				}
				c.learn(info)
				g.infos = append(g.infos, info)
			}
			g.at = c.c.Now()
			c.mu.Lock()
			c.gathered[wide] = g
			c.mu.Unlock()
		}
		from := sort.Search(len(g.infos), func(i int) bool { return g.infos[i].Key >= prefix })
		for _, info := range g.infos[from:] {
			if !strings.HasPrefix(info.Key, prefix) || !yield(info, nil) {
				return
			}
		}
	}
}

// state gives an object's Info as it was listed last, or asks.
func (c *Cached) state(ctx context.Context, key string) (Info, error) {
	if err := CheckKey(key); err != nil {
		return Info{}, err
	}
	c.mu.Lock()
	info, ok := c.known[key]
	c.mu.Unlock()
	if ok {
		return info, nil
	}
	info, err := c.Store.Stat(ctx, key)
	if err == nil {
		c.learn(info)
	}
	return info, err
}

// Delete implements Store.
func (c *Cached) Delete(ctx context.Context, key string) error {
	c.mu.Lock()
	delete(c.known, key)
	clear(c.gathered)
	c.mu.Unlock()
	return c.Store.Delete(ctx, key)
}

// Forget drops what is kept of an object that was deleted, as its store listed it. What a
// process reads in this moment it reads on, until it ends.
func (c *Cached) Forget(info Info) error {
	path := c.object(c.nameOf(info))
	for _, file := range []string{path, path + ".sum"} {
		if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("dropping %s from the cache: %w", info.Key, err)
		}
	}
	return nil
}

// Put implements Store.
func (c *Cached) Put(ctx context.Context, key string, r io.Reader) (Info, error) {
	info, err := c.Store.Put(ctx, key, r)
	if err == nil {
		c.learn(info)
		c.mu.Lock()
		clear(c.gathered)
		c.mu.Unlock()
	}
	return info, err
}

// Get implements Store. An object that the cache has no room for comes from the other
// store.
func (c *Cached) Get(ctx context.Context, key string) (io.ReadCloser, Info, error) {
	info, err := c.state(ctx, key)
	if err != nil {
		return nil, Info{}, err
	}
	if info.Size > c.c.Max {
		return c.Store.Get(ctx, key)
	}
	var f *os.File
	err = c.keep(ctx, info, func(path string) (err error) {
		if f != nil {
			return nil
		}
		f, err = os.Open(path)
		return err
	})
	if err != nil {
		if f != nil {
			_ = f.Close()
		}
		return nil, Info{}, err
	}
	return f, info, nil
}

// Fetch implements Fetcher: it fetches what is not here, several objects at once, and
// links all of them under their keys.
func (c *Cached) Fetch(ctx context.Context, keys []string) error {
	infos := make([]Info, len(keys))
	total := int64(0)
	for i, key := range keys {
		var err error
		if infos[i], err = c.state(ctx, key); err != nil {
			return err
		}
		total += infos[i].Size
	}
	if total > c.c.Max {
		return fmt.Errorf("fetching %d objects of %s: they are %.1f GB and the cache %s may hold %.1f GB: read fewer partitions, or give it more with ACME_CACHE_SIZE", len(keys), c.URI(), float64(total)/1e9, c.c.Folder, float64(c.c.Max)/1e9)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	gate := make(chan struct{}, fetchAtOnce)
	var all sync.WaitGroup
	for _, info := range infos {
		gate <- struct{}{}
		all.Go(func() {
			defer func() { <-gate }()
			if ctx.Err() != nil {
				return
			}
			if err := c.link(ctx, info); err != nil {
				cancel(err)
			}
		})
	}
	all.Wait()
	return context.Cause(ctx)
}

// link puts an object under its key into the view.
func (c *Cached) link(ctx context.Context, info Info) error {
	return c.keep(ctx, info, func(kept string) error { return c.linkAs(kept, info) })
}

// linkAs links what is kept in a file.
func (c *Cached) linkAs(kept string, info Info) error {
	name := c.nameOf(info)
	c.mu.Lock()
	defer c.mu.Unlock()
	path, _ := c.LocalPath(info.Key)
	l, ok := c.links[info.Key]
	if ok && l.name != name {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		c.linkedTo -= l.size
		ok = false
	}
	if !ok {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.Link(kept, path); err != nil {
			return err
		}
		c.linkedTo += info.Size
	}
	c.links[info.Key] = linked{name, info.Size, c.epoch}
	return nil
}

// object gives the path of what is kept under a name.
func (c *Cached) object(name string) string {
	return filepath.Join(c.c.Folder, "objects", name[:2], name)
}

// nameOf gives an object's name in the cache.
func (c *Cached) nameOf(info Info) string {
	version := info.Version
	if version == "" {
		version = "at " + strconv.FormatInt(info.Modified.UnixNano(), 10)
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{c.URI(), info.Key, version, strconv.FormatInt(info.Size, 10)}, "\x00")))
	return hex.EncodeToString(sum[:20])
}

// keep makes sure that an object is here and whole, and has take take it from a file that
// nobody drops meanwhile: what is fetched, before others see it, since users of a folder
// that is too small for all of them drop each other's. take may be called again after an
// error of its own or another.
func (c *Cached) keep(ctx context.Context, info Info, take func(file string) error) error {
	name := c.nameOf(info)
	if err := c.prepare(); err != nil {
		return err
	}
	for {
		c.mu.Lock()
		f, running := c.fetches[name]
		if !running {
			f = &fetch{done: make(chan struct{})}
			c.fetches[name] = f
		}
		c.mu.Unlock()
		if running {
			select {
			case <-f.done:
				if f.err == nil && take(c.object(name)) == nil {
					return nil
				}
				continue // who fetched it may have been told to stop, or others have dropped it
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		if f.err = ctx.Err(); f.err == nil && (!c.whole(name, info.Size) || take(c.object(name)) != nil) {
			f.err = c.download(ctx, name, info, take)
		}
		c.mu.Lock()
		delete(c.fetches, name)
		c.mu.Unlock()
		close(f.done)
		return f.err
	}
}

// prepare makes the folders, once, and drops what processes that are gone left.
func (c *Cached) prepare() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ready {
		return nil
	}
	for _, dir := range []string{filepath.Join(c.c.Folder, "objects"), filepath.Join(c.c.Folder, "tmp"), c.view} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("making the cache of objects (ACME_CACHE names another folder): %w", err)
		}
	}
	c.sweep()
	for _, f := range c.files() {
		c.kept += f.size
	}
	c.ready = true
	return nil
}

// sweep drops the views of dead processes, and files that nobody fetches any more.
// What it cannot drop the next one tries again.
func (c *Cached) sweep() {
	views, _ := os.ReadDir(filepath.Join(c.c.Folder, "views"))
	for _, v := range views {
		parts := strings.Split(v.Name(), "-")
		if len(parts) != 3 || parts[0] != hostName() {
			continue
		}
		if pid, err := strconv.Atoi(parts[1]); err == nil && pid != os.Getpid() && !running(pid) {
			_ = os.RemoveAll(filepath.Join(c.c.Folder, "views", v.Name()))
		}
	}
	temps, _ := os.ReadDir(filepath.Join(c.c.Folder, "tmp"))
	for _, f := range temps {
		if info, err := f.Info(); err == nil && c.c.Now().Sub(info.ModTime()) > staleTemp {
			_ = os.Remove(filepath.Join(c.c.Folder, "tmp", f.Name()))
		}
	}
}

// cacheFile is what is kept of an object.
type cacheFile struct {
	path string
	size int64
	used time.Time
}

func (c *Cached) files() []cacheFile {
	var found []cacheFile
	shards, _ := os.ReadDir(filepath.Join(c.c.Folder, "objects"))
	for _, shard := range shards {
		dir := filepath.Join(c.c.Folder, "objects", shard.Name())
		names, _ := os.ReadDir(dir)
		for _, n := range names {
			if info, err := n.Info(); err == nil && !strings.HasSuffix(n.Name(), ".sum") {
				found = append(found, cacheFile{filepath.Join(dir, n.Name()), info.Size(), info.ModTime()})
			}
		}
	}
	return found
}

// makeRoom drops what was used longest ago until nine tenths are left.
func (c *Cached) makeRoom() {
	files := c.files()
	slices.SortFunc(files, func(a, b cacheFile) int { return a.used.Compare(b.used) })
	total := int64(0)
	for _, f := range files {
		total += f.size
	}
	for _, f := range files {
		if total <= c.c.Max/10*9 {
			break
		}
		if os.Remove(f.path) == nil {
			total -= f.size
		}
		_ = os.Remove(f.path + ".sum")
	}
	c.kept = total
}
