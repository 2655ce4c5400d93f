package tables

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
	"sync"

	"acme/telemetry/engine/dialect"
	"acme/telemetry/engine/store"
)

const (
	catalogPrefix = "_acme/catalog/"
	writesPrefix  = "_acme/writes/"
)

// keptVersions is how many versions of a catalog stay. A process that has read one
// and comes to write the next so many versions later would not notice that it is
// late; none takes so long.
const keptVersions = 1000

// Catalog is a lake's catalog over a base. It is safe for use by many goroutines and
// processes.
type Catalog struct {
	store store.Store
	base  dialect.Catalog

	mu     sync.Mutex
	number int // of the version that now is
	now    *dialect.Metastore
}

// NewCatalog gives the catalog of a lake. It reads nothing yet.
func NewCatalog(st store.Store, base dialect.Catalog) *Catalog {
	return &Catalog{store: st, base: base, now: dialect.NewMetastore(base)}
}

func catalogKey(number int) string { return fmt.Sprintf("%s%08d.json", catalogPrefix, number) }

// Now gives the newest version.
func (c *Catalog) Now(ctx context.Context) (*dialect.Metastore, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, m, err := c.read(ctx)
	return m, err
}

// read gives the newest version and its number, 0 for the base.
func (c *Catalog) read(ctx context.Context) (int, *dialect.Metastore, error) {
	for {
		newest := 0
		for info, err := range c.store.List(ctx, catalogPrefix) {
			if err != nil {
				return 0, nil, fmt.Errorf("reading the catalog: %w", err)
			}
			if n, err := strconv.Atoi(strings.TrimSuffix(path.Base(info.Key), ".json")); err == nil {
				newest = max(newest, n)
			}
		}
		if newest == c.number {
			return newest, c.now, nil
		}
		if newest == 0 {
			c.number, c.now = 0, dialect.NewMetastore(c.base)
			return 0, c.now, nil
		}
		text, err := readAll(ctx, c.store, catalogKey(newest))
		if errors.Is(err, store.ErrNotFound) {
			continue // deleted since: there are newer ones
		}
		if err != nil {
			return 0, nil, fmt.Errorf("reading the catalog: %w", err)
		}
		m, err := dialect.LoadMetastore(c.base, text)
		if err != nil {
			return 0, nil, fmt.Errorf("%s: %w", catalogKey(newest), err)
		}
		c.number, c.now = newest, m
		return newest, m, nil
	}
}

// Change makes a new version of the newest. It calls change again where another
// process was faster; an error of change ends it, and the same version back does too.
func (c *Catalog) Change(ctx context.Context, change func(*dialect.Metastore) (*dialect.Metastore, error)) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		number, m, err := c.read(ctx)
		if err != nil {
			return err
		}
		next, err := change(m)
		if err != nil || next == m {
			return err
		}
		text, err := json.MarshalIndent(next, "", "  ")
		if err != nil {
			return fmt.Errorf("writing the catalog: %w", err)
		}
		_, err = c.store.Put(ctx, catalogKey(number+1), bytes.NewReader(append(text, '\n')))
		if errors.Is(err, store.ErrExists) {
			continue
		}
		if err != nil {
			return fmt.Errorf("writing the catalog: %w", err)
		}
		c.number, c.now = number+1, next
		if old := number + 1 - keptVersions; old > 0 {
			_ = c.store.Delete(ctx, catalogKey(old)) // one too many is nobody's harm
		}
		return nil
	}
}

// readAll gives an object's bytes.
func readAll(ctx context.Context, st store.Store, key string) ([]byte, error) {
	body, _, err := st.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	return io.ReadAll(body)
}
