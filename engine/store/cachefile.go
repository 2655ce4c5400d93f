package store

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// whole says whether a file of the cache is there with the bytes it was made of, and
// marks it as used.
func (c *Cached) whole(name string, size int64) bool {
	path := c.object(name)
	said, err := os.ReadFile(path + ".sum")
	if err != nil {
		return false
	}
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	sum := crc32.New(castagnoli)
	n, err := io.Copy(sum, f)
	if err != nil || n != size || sumText(sum.Sum32(), n) != string(said) {
		return false // the next fetch replaces it
	}
	now := c.c.Now()
	_ = os.Chtimes(path, now, now) // of another user's folder it stays as it is
	return true
}

func sumText(sum uint32, size int64) string { return fmt.Sprintf("%08x %d\n", sum, size) }

// download fetches an object into the cache; one that comes damaged, once more. take has
// it before others see it.
func (c *Cached) download(ctx context.Context, name string, info Info, take func(file string) error) error {
	err := c.downloadOnce(ctx, name, info, take)
	if err != nil && ctx.Err() == nil && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrUnavailable) {
		err = c.downloadOnce(ctx, name, info, take)
	}
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept += info.Size; c.kept > c.c.Max {
		c.makeRoom()
	}
	return nil
}

func (c *Cached) downloadOnce(ctx context.Context, name string, info Info, take func(file string) error) error {
	body, found, err := c.Store.Get(ctx, info.Key)
	if err != nil {
		return err
	}
	defer body.Close()
	if found.Size != info.Size || found.Version != info.Version {
		c.learn(found)
		return fmt.Errorf("reading %s of %s: it is another object than was listed a moment ago: ask again", info.Key, c.URI())
	}
	doing := func(err error) error { return fmt.Errorf("keeping %s in the cache %s: %w", info.Key, c.c.Folder, err) }
	f, err := os.CreateTemp(filepath.Join(c.c.Folder, "tmp"), "fetch-*")
	if err != nil {
		return doing(err)
	}
	defer os.Remove(f.Name())
	sum := crc32.New(castagnoli)
	n, err := copyAll(io.MultiWriter(f, sum), body)
	if err := errors.Join(err, f.Close()); err != nil {
		return doing(err)
	}
	if n != info.Size {
		return doing(fmt.Errorf("it has %d bytes and %d came", info.Size, n))
	}
	if err := take(f.Name()); err != nil {
		return doing(err)
	}
	path := c.object(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return doing(err)
	}
	note := f.Name() + ".sum"
	if err := os.WriteFile(note, []byte(sumText(sum.Sum32(), n)), 0o600); err != nil {
		return doing(err)
	}
	defer os.Remove(note)
	// Neither is synced: what a loss of power damages has another sum.
	if err := errors.Join(os.Rename(note, path+".sum"), os.Rename(f.Name(), path)); err != nil {
		return doing(err)
	}
	return nil
}
