package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// disk is what the file store needs of a file system. Names are relative to the
// store's root, with slashes; "." is the root. It is a seam: tests put faults
// and losses of power behind it.
type disk interface {
	// Prepare makes the root folder where it is missing, and syncs the names of
	// the folders it made.
	Prepare() error
	Mkdir(name string) error
	Create(name string) (output, error) // fails if the name is taken
	Link(from, to string) error         // fails if the name is taken
	Remove(name string) error
	SyncDir(name string) error
	Open(name string) (io.ReadCloser, entry, error)
	Stat(name string) (entry, error) // does not follow a symbolic link
	ReadDir(name string) ([]entry, error)
}

// output is a file being written.
type output interface {
	io.Writer
	Sync() error
	Close() error
}

// entry is a name in a folder.
type entry struct {
	name     string
	folder   bool
	regular  bool
	size     int64
	modified time.Time
}

// rootDisk is a folder of the machine, through os.Root: no name and no symbolic
// link leads out of it.
type rootDisk struct {
	path string
	mu   sync.Mutex
	root *os.Root // nil until the folder is there
}

func (d *rootDisk) Prepare() error {
	made := []string{}
	for path := d.path; ; path = filepath.Dir(path) {
		if _, err := os.Stat(path); err == nil {
			break
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		made = append(made, path)
		if filepath.Dir(path) == path {
			break
		}
	}
	if err := os.MkdirAll(d.path, 0o777); err != nil {
		return err
	}
	for _, path := range made {
		if err := syncFolder(func() (*os.File, error) { return os.Open(filepath.Dir(path)) }); err != nil {
			return fmt.Errorf("syncing %s: %w", filepath.Dir(path), err)
		}
	}
	_, err := d.open()
	return err
}

// open gives the root, opening it the first time it is there.
func (d *rootDisk) open() (*os.Root, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.root == nil {
		root, err := os.OpenRoot(d.path)
		if err != nil {
			return nil, err
		}
		d.root = root
	}
	return d.root, nil
}

func (d *rootDisk) Mkdir(name string) error {
	return d.do(func(r *os.Root) error { return r.Mkdir(filepath.FromSlash(name), 0o777) })
}

func (d *rootDisk) Link(from, to string) error {
	return d.do(func(r *os.Root) error { return r.Link(filepath.FromSlash(from), filepath.FromSlash(to)) })
}

func (d *rootDisk) Remove(name string) error {
	return d.do(func(r *os.Root) error { return r.Remove(filepath.FromSlash(name)) })
}

func (d *rootDisk) SyncDir(name string) error {
	return d.do(func(r *os.Root) error {
		return syncFolder(func() (*os.File, error) { return r.Open(filepath.FromSlash(name)) })
	})
}

func (d *rootDisk) do(f func(*os.Root) error) error {
	root, err := d.open()
	if err != nil {
		return err
	}
	return f(root)
}

func (d *rootDisk) Create(name string) (output, error) {
	root, err := d.open()
	if err != nil {
		return nil, err
	}
	return root.OpenFile(filepath.FromSlash(name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
}

func (d *rootDisk) Open(name string) (io.ReadCloser, entry, error) {
	root, err := d.open()
	if err != nil {
		return nil, entry{}, err
	}
	// Without O_NONBLOCK a named pipe under the key would hang the reader.
	f, err := root.OpenFile(filepath.FromSlash(name), os.O_RDONLY|nonBlocking, 0)
	if err != nil {
		return nil, entry{}, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, entry{}, errors.Join(err, f.Close())
	}
	return f, entryOf(info), nil
}

func (d *rootDisk) Stat(name string) (entry, error) {
	root, err := d.open()
	if err != nil {
		return entry{}, err
	}
	info, err := root.Lstat(filepath.FromSlash(name))
	if err != nil {
		return entry{}, err
	}
	return entryOf(info), nil
}

func (d *rootDisk) ReadDir(name string) ([]entry, error) {
	root, err := d.open()
	if err != nil {
		return nil, err
	}
	// A root of its own makes each Lstat below one system call.
	dir, err := root.OpenRoot(filepath.FromSlash(name))
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	f, err := dir.Open(".")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	entries := make([]entry, 0, len(names))
	for _, n := range names {
		info, err := dir.Lstat(n)
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed since
		}
		if err != nil {
			return nil, err
		}
		entries = append(entries, entryOf(info))
	}
	return entries, nil
}

func entryOf(info fs.FileInfo) entry {
	return entry{
		name: info.Name(), size: info.Size(), modified: info.ModTime(),
		folder: info.IsDir(), regular: info.Mode().IsRegular(),
	}
}

// syncFolder makes a folder's names durable. Some systems cannot sync a folder
// and say so: there is nothing more to do there.
func syncFolder(open func() (*os.File, error)) error {
	f, err := open()
	if err != nil {
		return err
	}
	err = f.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	return errors.Join(err, f.Close())
}
