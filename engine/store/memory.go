package store

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"
)

// Memory is a store in memory, for tests and for work that leaves no trace. Its
// objects live as long as it does.
type Memory struct {
	name    string
	mu      sync.RWMutex
	objects map[string]stored
}

type stored struct {
	data     []byte
	modified time.Time
}

// NewMemory makes an empty store; name is for its URI alone.
func NewMemory(name string) *Memory {
	return &Memory{name: name, objects: map[string]stored{}}
}

// URI gives mem://NAME.
func (m *Memory) URI() string { return "mem://" + m.name }

// Put implements Store.
func (m *Memory) Put(ctx context.Context, key string, r io.Reader) (Info, error) {
	if err := CheckKey(key); err != nil {
		return Info{}, err
	}
	exists := func() bool { _, ok := m.objects[key]; return ok }
	m.mu.RLock()
	taken := exists()
	m.mu.RUnlock()
	if taken {
		return Info{}, fmt.Errorf("publishing %s: %w", key, ErrExists)
	}
	data, err := io.ReadAll(cancellable{ctx, r})
	if err != nil {
		return Info{}, fmt.Errorf("publishing %s: reading what to write: %w", key, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if exists() {
		return Info{}, fmt.Errorf("publishing %s: %w", key, ErrExists)
	}
	s := stored{slices.Clip(data), time.Now()}
	m.objects[key] = s
	return s.info(key), nil
}

// Get implements Store.
func (m *Memory) Get(ctx context.Context, key string) (io.ReadCloser, Info, error) {
	s, err := m.find(ctx, "reading", key)
	if err != nil {
		return nil, Info{}, err
	}
	return io.NopCloser(bytes.NewReader(s.data)), s.info(key), nil
}

// Stat implements Store.
func (m *Memory) Stat(ctx context.Context, key string) (Info, error) {
	s, err := m.find(ctx, "looking up", key)
	if err != nil {
		return Info{}, err
	}
	return s.info(key), nil
}

// List implements Store. It gives the objects of the moment it begins.
func (m *Memory) List(ctx context.Context, prefix string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		m.mu.RLock()
		found := []Info{}
		for key, s := range m.objects {
			if strings.HasPrefix(key, prefix) {
				found = append(found, s.info(key))
			}
		}
		m.mu.RUnlock()
		slices.SortFunc(found, func(a, b Info) int { return strings.Compare(a.Key, b.Key) })
		for _, info := range found {
			if err := ctx.Err(); err != nil {
				yield(Info{}, fmt.Errorf("listing %q: %w", prefix, err))
				return
			}
			if !yield(info, nil) {
				return
			}
		}
	}
}

// Delete implements Store.
func (m *Memory) Delete(ctx context.Context, key string) error {
	if _, err := m.find(ctx, "deleting", key); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.objects, key)
	return nil
}

func (m *Memory) find(ctx context.Context, doing, key string) (stored, error) {
	if err := ctx.Err(); err != nil {
		return stored{}, fmt.Errorf("%s %s: %w", doing, key, err)
	}
	if err := CheckKey(key); err != nil {
		return stored{}, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	s, ok := m.objects[key]
	if !ok {
		return stored{}, fmt.Errorf("%s %s: %w", doing, key, ErrNotFound)
	}
	return s, nil
}

func (s stored) info(key string) Info {
	return Info{Key: key, Size: int64(len(s.data)), Modified: s.modified}
}

// cancellable ends a stream when its context ends.
type cancellable struct {
	ctx context.Context
	r   io.Reader
}

func (c cancellable) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
