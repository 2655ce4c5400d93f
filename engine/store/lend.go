package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"sync"
)

// Lend answers for another process what it asks of the cache, until it closes its end
// or ctx ends: a process that may neither use the network nor know a key reads a bucket
// through it, as a Borrowed. It lists, fetches, and never writes for it.
func (c *Cached) Lend(ctx context.Context, asked io.Reader, answers io.Writer) error {
	in, out := json.NewDecoder(asked), json.NewEncoder(answers)
	for {
		var q question
		if err := in.Decode(&q); err != nil {
			if errors.Is(err, io.EOF) || ctx.Err() != nil {
				return ctx.Err()
			}
			return fmt.Errorf("lending %s: %w", c.URI(), err)
		}
		if err := out.Encode(c.answer(ctx, q)); err != nil {
			return fmt.Errorf("lending %s: %w", c.URI(), err)
		}
	}
}

// question is what a Borrowed asks.
type question struct {
	Op   string // list, stat, fetch or begin
	Keys []string
}

// reply is what it hears.
type reply struct {
	Infos []Info
	Error string
	Kind  string // of the error: one of replyKinds
}

var replyKinds = map[string]error{
	"not found": ErrNotFound, "key": ErrKey, "unavailable": ErrUnavailable, "permission": fs.ErrPermission, "cancelled": context.Canceled,
}

func (c *Cached) answer(ctx context.Context, q question) (r reply) {
	var err error
	switch {
	case q.Op == "begin":
		err = c.Begin(ctx)
	case q.Op == "fetch":
		if err = c.Fetch(ctx, q.Keys); err == nil {
			for _, key := range q.Keys {
				info, _ := c.state(ctx, key) // known since it was fetched
				r.Infos = append(r.Infos, info)
			}
		}
	case q.Op == "list" && len(q.Keys) == 1:
		for info, bad := range c.List(ctx, q.Keys[0]) {
			if err = bad; err != nil {
				break
			}
			r.Infos = append(r.Infos, info)
		}
	case q.Op == "stat" && len(q.Keys) == 1:
		var info Info
		info, err = c.Stat(ctx, q.Keys[0])
		r.Infos = []Info{info}
	default:
		err = fmt.Errorf("lending %s: %q is nothing to ask", c.URI(), q.Op)
	}
	if err == nil {
		return r
	}
	r = reply{Error: err.Error()}
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) && hinted.Hint() != "" {
		r.Error += " (" + hinted.Hint() + ")"
	}
	for kind, is := range replyKinds {
		if errors.Is(err, is) {
			r.Kind = kind
		}
	}
	return r
}

// Borrowed is a store that another process's Cached lends: a list of objects there, and
// files of this machine once they are fetched. It takes nothing.
type Borrowed struct {
	uri, view string

	mu      sync.Mutex // one question at a time
	out     *json.Encoder
	in      *json.Decoder
	fetched map[string]Info // since Begin
}

// Borrow gives the store that Lend answers for at the other ends of two pipes; uri and
// view are the Cached's own.
func Borrow(uri, view string, answers io.Reader, asked io.Writer) *Borrowed {
	return &Borrowed{uri: uri, view: view, in: json.NewDecoder(answers), out: json.NewEncoder(asked), fetched: map[string]Info{}}
}

// URI gives the URI of the store that is lent.
func (b *Borrowed) URI() string { return b.uri }

func (b *Borrowed) ask(ctx context.Context, op string, keys ...string) ([]Info, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("asking for %s: %w", b.uri, err)
	}
	if err := b.out.Encode(question{op, keys}); err != nil {
		return nil, fmt.Errorf("asking for %s: %w", b.uri, err)
	}
	var r reply
	if err := b.in.Decode(&r); err != nil {
		return nil, fmt.Errorf("asking for %s: %w", b.uri, err)
	}
	if r.Error != "" {
		return nil, &lentError{r.Error, replyKinds[r.Kind]}
	}
	if op == "fetch" {
		for _, info := range r.Infos {
			b.fetched[info.Key] = info
		}
	}
	return r.Infos, nil
}

// lentError is an error that came through the pipe as text.
type lentError struct {
	text string
	kind error // may be nil
}

func (e *lentError) Error() string { return e.text }
func (e *lentError) Unwrap() error { return e.kind }

// Begin implements Fetcher.
func (b *Borrowed) Begin(ctx context.Context) error {
	b.mu.Lock()
	clear(b.fetched)
	b.mu.Unlock()
	_, err := b.ask(ctx, "begin")
	return err
}

// Fetch implements Fetcher.
func (b *Borrowed) Fetch(ctx context.Context, keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	for _, key := range keys {
		if err := CheckKey(key); err != nil {
			return err
		}
	}
	_, err := b.ask(ctx, "fetch", keys...)
	return err
}

// LocalPath implements Local, for objects that were fetched.
func (b *Borrowed) LocalPath(key string) (string, bool) {
	if CheckKey(key) != nil {
		return "", false
	}
	return filepath.Join(b.view, filepath.FromSlash(key)), true
}

// Get implements Store.
func (b *Borrowed) Get(ctx context.Context, key string) (io.ReadCloser, Info, error) {
	path, ok := b.LocalPath(key)
	if !ok {
		return nil, Info{}, CheckKey(key)
	}
	b.mu.Lock()
	info, ok := b.fetched[key]
	b.mu.Unlock()
	if !ok {
		infos, err := b.ask(ctx, "fetch", key)
		if err != nil {
			return nil, Info{}, err
		}
		info = infos[0]
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, Info{}, fmt.Errorf("reading %s: %w", key, err)
	}
	return f, info, nil
}

// Stat implements Store.
func (b *Borrowed) Stat(ctx context.Context, key string) (Info, error) {
	infos, err := b.ask(ctx, "stat", key)
	if err != nil {
		return Info{}, err
	}
	return infos[0], nil
}

// List implements Store.
func (b *Borrowed) List(ctx context.Context, prefix string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		// All of it first: who looks at an object may ask for it.
		infos, err := b.ask(ctx, "list", prefix)
		if err != nil {
			yield(Info{}, err)
			return
		}
		for _, info := range infos {
			if !yield(info, nil) {
				return
			}
		}
	}
}

// errLent says that what is borrowed is not written to.
var errLent = errors.New("the store is lent to be read")

// Put implements Store: it takes nothing.
func (b *Borrowed) Put(_ context.Context, key string, _ io.Reader) (Info, error) {
	return Info{}, fmt.Errorf("publishing %s in %s: %w", key, b.uri, errLent)
}

// Delete implements Store: it removes nothing.
func (b *Borrowed) Delete(_ context.Context, key string) error {
	return fmt.Errorf("deleting %s in %s: %w", key, b.uri, errLent)
}
