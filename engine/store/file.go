package store

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// staleAfter is when an unfinished file is swept even if its process seems to
// run: process numbers are used again.
const staleAfter = 24 * time.Hour

// File is a store in a folder: an object is a file, its key the path below the
// folder. Symbolic links and whatever else is not a regular file are no objects.
type File struct {
	path string
	disk disk
	now  func() time.Time

	count   atomic.Uint64
	mu      sync.Mutex
	ready   bool            // prepared has succeeded
	durable map[string]bool // folders whose names are synced, by this File
}

// NewFile gives the store of a folder, which need not be there yet.
func NewFile(folder string) (*File, error) {
	if strings.ContainsRune(folder, 0) {
		return nil, fmt.Errorf("%w: the path %q has a NUL in it", ErrURI, folder)
	}
	abs, err := filepath.Abs(folder)
	if err != nil {
		return nil, fmt.Errorf("%w: %q: %w", ErrURI, folder, err)
	}
	return newFile(abs, &rootDisk{path: abs}), nil
}

func newFile(abs string, d disk) *File {
	return &File{path: abs, disk: d, now: time.Now, durable: map[string]bool{".": true}}
}

// URI gives file:///path.
func (f *File) URI() string { return fileURI(f.path) }

// LocalPath implements Local.
func (f *File) LocalPath(key string) (string, bool) {
	if CheckKey(key) != nil {
		return "", false
	}
	return filepath.Join(f.path, filepath.FromSlash(key)), true
}

// Put implements Store.
func (f *File) Put(ctx context.Context, key string, r io.Reader) (Info, error) {
	if err := CheckKey(key); err != nil {
		return Info{}, err
	}
	size, err := f.put(ctx, key, r)
	if err != nil {
		return Info{}, fmt.Errorf("publishing %s in %s: %w", key, f.path, err)
	}
	return Info{Key: key, Size: size, Modified: f.now()}, nil
}

func (f *File) put(ctx context.Context, key string, r io.Reader) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if _, err := f.disk.Stat(key); err == nil {
		return 0, f.taken(key)
	}
	if err := f.prepare(); err != nil {
		return 0, err
	}
	temp := TempPrefix + f.tempName()
	size, err := f.write(ctx, temp, r)
	if err == nil {
		err = f.publish(temp, key)
	}
	// The link holds the bytes now, or nothing does. What cannot be removed here
	// is swept by a later File.
	_ = f.disk.Remove(temp)
	return size, err
}

// write makes the temporary file, whole and synced.
func (f *File) write(ctx context.Context, temp string, r io.Reader) (int64, error) {
	out, err := f.disk.Create(temp)
	if err != nil {
		return 0, fmt.Errorf("making a temporary file: %w", err)
	}
	size, err := copyAll(out, cancellable{ctx, r})
	if err != nil {
		return 0, errors.Join(err, out.Close())
	}
	if err := out.Sync(); err != nil {
		return 0, errors.Join(fmt.Errorf("syncing %d bytes to the disk: %w", size, err), out.Close())
	}
	if err := out.Close(); err != nil {
		return 0, fmt.Errorf("closing the temporary file: %w", err)
	}
	return size, nil
}

// copyAll is io.Copy that tells a failure of the reader from one of the disk.
func copyAll(w io.Writer, r io.Reader) (int64, error) {
	buf := make([]byte, 64<<10)
	for size := int64(0); ; {
		n, err := r.Read(buf)
		if n > 0 {
			wrote, werr := w.Write(buf[:n])
			size += int64(wrote)
			if werr != nil {
				return size, fmt.Errorf("writing after %d bytes: %w", size, werr)
			}
		}
		if err == io.EOF {
			return size, nil
		}
		if err != nil {
			return size, fmt.Errorf("reading what to write: %w", err)
		}
	}
}

// publish gives the temporary file its name, for good.
func (f *File) publish(temp, key string) error {
	folder := path.Dir(key)
	made, err := f.ensure(folder)
	if err != nil {
		f.unmake(made)
		return err
	}
	if err := f.disk.Link(temp, key); err != nil {
		f.unmake(made)
		if errors.Is(err, fs.ErrExist) {
			return f.taken(key)
		}
		if errors.Is(err, syscall.EXDEV) {
			return fmt.Errorf("the folder lies on another file system than %s: %w", TempPrefix, err)
		}
		return fmt.Errorf("linking it to its name (the file system must have hard links): %w", err)
	}
	if err := f.disk.SyncDir(folder); err != nil {
		// Whether the name would last is not known: take it back.
		_ = f.disk.Remove(key)
		f.unmake(made)
		return fmt.Errorf("syncing the folder %s: %w", folder, err)
	}
	return nil
}

// taken says why a key cannot be published. Another process may have published
// it a moment ago and not synced yet; who is told "exists" relies on it.
func (f *File) taken(key string) error {
	if e, err := f.disk.Stat(key); err == nil && e.folder {
		return errors.New("a folder has that name")
	}
	if _, err := f.ensure(path.Dir(key)); err != nil {
		return err
	}
	if err := f.disk.SyncDir(path.Dir(key)); err != nil {
		return fmt.Errorf("syncing the folder %s: %w", path.Dir(key), err)
	}
	return ErrExists
}

// ensure makes a folder and those above it, and their names durable. It returns
// the folders it made, the upper ones first, also with an error.
func (f *File) ensure(folder string) (made []string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ensureLocked(folder)
}

func (f *File) ensureLocked(folder string) (made []string, err error) {
	chain := []string{}
	for dir := folder; !f.durable[dir]; dir = path.Dir(dir) {
		chain = append(chain, dir)
	}
	slices.Reverse(chain)
	for _, dir := range chain {
		switch err := f.disk.Mkdir(dir); {
		case err == nil:
			made = append(made, dir)
		case !errors.Is(err, fs.ErrExist):
			return made, fmt.Errorf("making the folder %s: %w", dir, err)
		}
		if err := f.disk.SyncDir(path.Dir(dir)); err != nil {
			return made, fmt.Errorf("syncing the folder %s: %w", path.Dir(dir), err)
		}
		f.durable[dir] = true
	}
	return made, nil
}

// unmake removes folders that were made for an object that did not come. One
// that another writer uses by now is not empty and stays.
func (f *File) unmake(made []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, dir := range slices.Backward(made) {
		if f.disk.Remove(dir) != nil {
			return
		}
		delete(f.durable, dir)
	}
}

// prepare makes the root and the folder for unfinished files, and sweeps it,
// before the first object is written.
func (f *File) prepare() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ready {
		return nil
	}
	if err := f.disk.Prepare(); err != nil {
		return fmt.Errorf("making the folder: %w", err)
	}
	temp := strings.TrimSuffix(TempPrefix, "/")
	if _, err := f.ensureLocked(temp); err != nil {
		return err
	}
	if err := f.sweep(); err != nil {
		return err
	}
	f.ready = true
	return nil
}

// Sweep removes what writers that are gone left unfinished. The first Put of a
// File does it too; who finds that there is nothing to put calls it instead.
func (f *File) Sweep() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.sweep()
}

func (f *File) sweep() error {
	entries, err := f.disk.ReadDir(strings.TrimSuffix(TempPrefix, "/"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("sweeping %s in %s: %w", TempPrefix, f.path, err)
	}
	for _, e := range entries {
		if e.regular && f.stale(e) {
			// Another process may sweep at the same time, or may not let us.
			_ = f.disk.Remove(TempPrefix + e.name)
		}
	}
	return nil
}

// Unfinished implements Sweeper: temporary files whose writers are not known to run.
func (f *File) Unfinished(ctx context.Context, before time.Time) ([]Unfinished, error) {
	entries, err := f.disk.ReadDir(strings.TrimSuffix(TempPrefix, "/"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("looking for what is unfinished in %s: %w", f.path, err)
	}
	var found []Unfinished
	for _, e := range entries {
		if e.regular && e.modified.Before(before) && f.stale(e) {
			found = append(found, Unfinished{Key: TempPrefix + e.name, Begun: e.modified, Bytes: e.size})
		}
	}
	return found, ctx.Err()
}

// Drop implements Sweeper.
func (f *File) Drop(ctx context.Context, u Unfinished) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	name, ok := strings.CutPrefix(u.Key, TempPrefix)
	if !ok || name == "" || strings.ContainsAny(name, `/\`) {
		return fmt.Errorf("dropping %s in %s: %w: it is no temporary file", u.Key, f.path, ErrKey)
	}
	if err := f.disk.Remove(u.Key); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("dropping %s in %s: %w", u.Key, f.path, err)
	}
	return nil
}

// tempName is HOST-PID-COUNT-TIME: no two writers of one folder make the same.
func (f *File) tempName() string {
	return fmt.Sprintf("%s-%d-%d-%x", hostName(), os.Getpid(), f.count.Add(1), time.Now().UnixNano())
}

// stale says whether nobody will finish an unfinished file any more.
func (f *File) stale(e entry) bool {
	if f.now().Sub(e.modified) > staleAfter {
		return true
	}
	parts := strings.Split(e.name, "-")
	if len(parts) != 4 || parts[0] != hostName() {
		return false
	}
	pid, err := strconv.Atoi(parts[1])
	return err == nil && pid != os.Getpid() && !running(pid)
}

// hostName tells machines and containers apart, in characters fit for a name.
func hostName() string {
	name, err := os.Hostname()
	if err != nil {
		return "unknown"
	}
	h := fnv.New64a()
	_, _ = io.WriteString(h, name)
	return strconv.FormatUint(h.Sum64(), 16)
}

// Get implements Store.
func (f *File) Get(ctx context.Context, key string) (io.ReadCloser, Info, error) {
	if err := CheckKey(key); err != nil {
		return nil, Info{}, err
	}
	if err := ctx.Err(); err != nil {
		return nil, Info{}, fmt.Errorf("reading %s in %s: %w", key, f.path, err)
	}
	r, e, err := f.disk.Open(key)
	if err == nil && !e.regular {
		err = errors.Join(fs.ErrNotExist, r.Close())
	}
	if err != nil {
		return nil, Info{}, fmt.Errorf("reading %s in %s: %w", key, f.path, notFound(err))
	}
	return r, Info{Key: key, Size: e.size, Modified: e.modified}, nil
}

// Stat implements Store.
func (f *File) Stat(ctx context.Context, key string) (Info, error) {
	if err := CheckKey(key); err != nil {
		return Info{}, err
	}
	err := ctx.Err()
	var e entry
	if err == nil {
		e, err = f.disk.Stat(key)
	}
	if err == nil && !e.regular {
		err = fs.ErrNotExist
	}
	if err != nil {
		return Info{}, fmt.Errorf("looking up %s in %s: %w", key, f.path, notFound(err))
	}
	return Info{Key: key, Size: e.size, Modified: e.modified}, nil
}

// Delete implements Store.
func (f *File) Delete(ctx context.Context, key string) error {
	if _, err := f.Stat(ctx, key); err != nil {
		return err
	}
	if err := f.disk.Remove(key); err != nil {
		return fmt.Errorf("deleting %s in %s: %w", key, f.path, notFound(err))
	}
	if err := f.disk.SyncDir(path.Dir(key)); err != nil {
		return fmt.Errorf("deleting %s in %s: syncing its folder: %w", key, f.path, err)
	}
	return nil
}

// List implements Store.
func (f *File) List(ctx context.Context, prefix string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		// Start at the deepest folder that holds all of the prefix.
		start := "."
		if i := strings.LastIndexByte(prefix, '/'); i >= 0 {
			start = prefix[:i]
			if CheckKey(start) != nil && start+"/" != TempPrefix {
				return // no key begins so
			}
			if e, err := f.disk.Stat(start); err == nil && !e.folder {
				return // an object has nothing below it
			}
		}
		f.walk(ctx, start, prefix, yield)
	}
}

// walk yields the objects below a folder, in the order of their keys. It
// returns false when the sequence has ended.
func (f *File) walk(ctx context.Context, folder, prefix string, yield func(Info, error) bool) bool {
	fail := func(err error) bool {
		yield(Info{}, fmt.Errorf("listing %s in %s: %w", folder, f.path, err))
		return false
	}
	if err := ctx.Err(); err != nil {
		return fail(err)
	}
	if folder+"/" == TempPrefix {
		return true
	}
	entries, err := f.disk.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return true // nothing there, or no longer
	}
	if err != nil {
		return fail(err)
	}
	// A folder's keys go on with a slash, so "a.gz" stands before "a/b.gz".
	for i := range entries {
		if entries[i].folder {
			entries[i].name += "/"
		}
	}
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	for _, e := range entries {
		key := e.name
		if folder != "." {
			key = folder + "/" + e.name
		}
		if e.folder && (strings.HasPrefix(key, prefix) || strings.HasPrefix(prefix, key)) {
			if !f.walk(ctx, strings.TrimSuffix(key, "/"), prefix, yield) {
				return false
			}
		}
		if e.regular && strings.HasPrefix(key, prefix) && !yield(Info{Key: key, Size: e.size, Modified: e.modified}, nil) {
			return false
		}
	}
	return true
}

// notFound turns a file system's words for "not there" into ErrNotFound.
func notFound(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return ErrNotFound
	}
	return err
}
