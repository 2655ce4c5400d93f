// Package storetest is what every store must do, as one suite.
//
// What comes in: a function that opens a new, empty store. What goes out: a
// failure for each promise of package store that does not hold. The suite runs
// concurrently with itself where stores promise to be safe for many goroutines,
// so it belongs under the race detector too.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"

	"acme/telemetry/engine/store"
)

// Run holds the store that open gives to the promises of package store. Every
// call of open must give a new and empty one. reopen opens a store by its URI.
func Run(t *testing.T, open func(t *testing.T) store.Store, reopen func(uri string) (store.Store, error)) {
	for _, c := range []struct {
		name string
		test func(*testing.T, store.Store)
	}{
		{"what is put can be got, found and listed", roundTrip},
		{"a key is taken once", noClobber},
		{"of many writers of a key one wins", race},
		{"a failing source publishes nothing", failingSource},
		{"a half-written object is not visible", invisible},
		{"a cancelled context leaves nothing", cancelled},
		{"bad keys are refused everywhere", badKeys},
		{"odd but good keys are kept", oddKeys},
		{"list goes in order of keys, by any prefix", order},
		{"list can be left early", leaveEarly},
		{"delete removes one object", remove},
		{"an object being read outlives its deletion", readWhileDeleted},
		{"an empty store is empty", empty},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open(t)) })
	}
	t.Run("a store's URI opens it", func(t *testing.T) {
		s := open(t)
		if again, err := reopen(s.URI()); err != nil || again.URI() != s.URI() {
			t.Errorf("opening %q = %v, %v", s.URI(), again, err)
		}
	})
}

func put(t *testing.T, s store.Store, key, data string) {
	t.Helper()
	if _, err := s.Put(t.Context(), key, strings.NewReader(data)); err != nil {
		t.Fatalf("Put(%q): %v", key, err)
	}
}

func get(t *testing.T, s store.Store, key string) string {
	t.Helper()
	r, info, err := s.Get(t.Context(), key)
	if err != nil {
		t.Fatalf("Get(%q): %v", key, err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("reading %q: %v", key, err)
	}
	if info.Key != key || info.Size != int64(len(data)) {
		t.Errorf("Get(%q) says key %q of %d bytes; it gave %d bytes", key, info.Key, info.Size, len(data))
	}
	return string(data)
}

func keys(t *testing.T, list iter.Seq2[store.Info, error]) []string {
	t.Helper()
	out := []string{}
	for info, err := range list {
		if err != nil {
			t.Fatalf("List: %v", err)
		}
		out = append(out, info.Key)
	}
	return out
}

func all(t *testing.T, s store.Store) []string {
	t.Helper()
	return keys(t, s.List(t.Context(), ""))
}

func want[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func roundTrip(t *testing.T, s store.Store) {
	big := strings.Repeat("0123456789abcdef", 1<<16) // more than any buffer on the way
	for key, data := range map[string]string{"a": "x", "empty": "", "deep/er/and/deeper/b.gz": big} {
		info, err := s.Put(t.Context(), key, iotest.HalfReader(strings.NewReader(data)))
		if err != nil {
			t.Fatalf("Put(%q): %v", key, err)
		}
		found, err := s.Stat(t.Context(), key)
		if err != nil {
			t.Fatalf("Stat(%q): %v", key, err)
		}
		want(t, "size that Put gave", info.Size, int64(len(data)))
		want(t, "size that Stat gave", found.Size, int64(len(data)))
		if found.Modified.IsZero() {
			t.Errorf("Stat(%q) gives no time", key)
		}
		if get(t, s, key) != data {
			t.Errorf("%q came back changed", key)
		}
	}
	want(t, "keys", all(t, s), []string{"a", "deep/er/and/deeper/b.gz", "empty"})
}

func noClobber(t *testing.T, s store.Store) {
	put(t, s, "k/one", "first")
	for _, data := range []string{"second", "first", ""} {
		if _, err := s.Put(t.Context(), "k/one", strings.NewReader(data)); !errors.Is(err, store.ErrExists) {
			t.Errorf("Put over an object: %v, want ErrExists", err)
		}
	}
	want(t, "content", get(t, s, "k/one"), "first")
	want(t, "keys", all(t, s), []string{"k/one"})
}

func race(t *testing.T, s store.Store) {
	const writers, rounds = 8, 6
	for round := range rounds {
		key := fmt.Sprintf("new/folder%d/object", round)
		var wg sync.WaitGroup
		var won atomic.Int64
		winner := make(chan string, writers)
		for i := range writers {
			wg.Go(func() {
				data := strings.Repeat(string(rune('a'+i)), 10_000)
				_, err := s.Put(context.Background(), key, strings.NewReader(data))
				switch {
				case err == nil:
					won.Add(1)
					winner <- data
				case !errors.Is(err, store.ErrExists):
					t.Errorf("a writer that lost got %v", err)
				}
			})
		}
		wg.Wait()
		want(t, "writers that won", won.Load(), 1)
		if got := get(t, s, key); got != <-winner {
			t.Errorf("the object is not the winner's, but begins %.10q", got)
		}
	}
	want(t, "objects", len(all(t, s)), rounds)
}

func failingSource(t *testing.T, s store.Store) {
	broken := errors.New("source broke")
	for _, before := range []string{"", "some bytes", strings.Repeat("x", 300_000)} {
		r := io.MultiReader(strings.NewReader(before), iotest.ErrReader(broken))
		if _, err := s.Put(t.Context(), "f/x", r); !errors.Is(err, broken) {
			t.Errorf("Put of a source that breaks: %v, want its error", err)
		}
	}
	want(t, "keys", all(t, s), []string{})
	if _, err := s.Stat(t.Context(), "f/x"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Stat after a failed Put: %v, want ErrNotFound", err)
	}
	put(t, s, "f/x", "whole")
	want(t, "content", get(t, s, "f/x"), "whole")
}

func invisible(t *testing.T, s store.Store) {
	put(t, s, "d/other", "o")
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() { _, err := s.Put(context.Background(), "d/half", r); done <- err }()
	if _, err := w.Write(bytes.Repeat([]byte("h"), 200_000)); err != nil {
		t.Fatal(err)
	}
	want(t, "keys while one is written", all(t, s), []string{"d/other"})
	if _, _, err := s.Get(t.Context(), "d/half"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Get of an object being written: %v, want ErrNotFound", err)
	}
	w.Close()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	want(t, "keys after", all(t, s), []string{"d/half", "d/other"})
}

func cancelled(t *testing.T, s store.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	r := io.MultiReader(strings.NewReader("some"), readerFunc(func(p []byte) (int, error) { cancel(); return copy(p, "more"), nil }))
	if _, err := s.Put(ctx, "c/x", r); !errors.Is(err, context.Canceled) {
		t.Errorf("Put cancelled half way: %v", err)
	}
	want(t, "keys", all(t, s), []string{})
	put(t, s, "c/y", "y")
	if _, err := s.Put(ctx, "c/z", strings.NewReader("z")); !errors.Is(err, context.Canceled) {
		t.Errorf("Put: %v", err)
	}
	if _, _, err := s.Get(ctx, "c/y"); !errors.Is(err, context.Canceled) {
		t.Errorf("Get: %v", err)
	}
	if _, err := s.Stat(ctx, "c/y"); !errors.Is(err, context.Canceled) {
		t.Errorf("Stat: %v", err)
	}
	if err := s.Delete(ctx, "c/y"); !errors.Is(err, context.Canceled) {
		t.Errorf("Delete: %v", err)
	}
	for _, err := range s.List(ctx, "") {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("List: %v", err)
		}
	}
	want(t, "keys", all(t, s), []string{"c/y"})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// BadKeys are keys that no store may take.
func BadKeys() []string {
	return []string{
		"", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/..", "a/../b", "a/./b", "./a", "..//a",
		"a\\b", "..\\a", "C:\\a", "a\x00b", "a\nb", "a\x1b[31mb", "a\x7fb", "a\u0085b", "a\u009bb", "\xff", "a/\xc3", "a/\xed\xa0\x80",
		strings.Repeat("k", 1025), store.TempPrefix + "x", strings.TrimSuffix(store.TempPrefix, "/"),
	}
}

func badKeys(t *testing.T, s store.Store) {
	for _, key := range BadKeys() {
		if _, err := s.Put(t.Context(), key, strings.NewReader("x")); !errors.Is(err, store.ErrKey) {
			t.Errorf("Put(%q): %v, want ErrKey", key, err)
		}
		if _, _, err := s.Get(t.Context(), key); !errors.Is(err, store.ErrKey) {
			t.Errorf("Get(%q): %v, want ErrKey", key, err)
		}
		if _, err := s.Stat(t.Context(), key); !errors.Is(err, store.ErrKey) {
			t.Errorf("Stat(%q): %v, want ErrKey", key, err)
		}
		if err := s.Delete(t.Context(), key); !errors.Is(err, store.ErrKey) {
			t.Errorf("Delete(%q): %v, want ErrKey", key, err)
		}
		if local, ok := s.(store.Local); ok {
			if path, ok := local.LocalPath(key); ok {
				t.Errorf("LocalPath(%q) = %q", key, path)
			}
		}
	}
	want(t, "keys", all(t, s), []string{})
	for _, prefix := range []string{"../", "/", "..", "a/../", store.TempPrefix, "_acme/t"} {
		want(t, fmt.Sprintf("keys that begin with %q", prefix), keys(t, s.List(t.Context(), prefix)), []string{})
	}
}

func oddKeys(t *testing.T, s store.Store) {
	odd := []string{
		"year=2025/month=08/x.gz", ".hidden", "_acme/manifests/m.json", "...", "a..b/..c", "with space/ and%20percent", "~", "*?[x]{y}", "'quote\"", "日本語/événement", "a:b",
		strings.Repeat("n", 200) + "/" + strings.Repeat("m", 200),
	}
	for i, key := range odd {
		put(t, s, key, fmt.Sprint(i))
	}
	for i, key := range odd {
		want(t, key, get(t, s, key), fmt.Sprint(i))
	}
	slices.Sort(odd)
	want(t, "keys", all(t, s), odd)
}

func order(t *testing.T, s store.Store) {
	// Bytes between "." and "0" decide between a name and a folder's name.
	made := []string{"a", "a-b", "a.gz", "a0", "b/2", "b/10", "b/1/x", "b/1.x", "b-/x", "b0/x", "c/d/e/f", "c/d/e0", "é", "z", "B"}
	for _, key := range made {
		put(t, s, key, "")
	}
	slices.Sort(made)
	for _, prefix := range []string{"", "a", "a.", "b", "b/", "b/1", "b/1/", "c/d/e", "c/d/e/", "c/d/e/f", "c/d/e/f/g", "nothing", "nothing/below", "\xc3"} {
		expect := []string{}
		for _, key := range made {
			if strings.HasPrefix(key, prefix) {
				expect = append(expect, key)
			}
		}
		want(t, fmt.Sprintf("keys that begin with %q", prefix), keys(t, s.List(t.Context(), prefix)), expect)
	}
}

func leaveEarly(t *testing.T, s store.Store) {
	for _, key := range []string{"a/1", "a/2", "b/1"} {
		put(t, s, key, "")
	}
	n := 0
	for range s.List(t.Context(), "") {
		if n++; n == 2 {
			break
		}
	}
	want(t, "objects seen", n, 2)
}

func remove(t *testing.T, s store.Store) {
	put(t, s, "r/a", "a")
	put(t, s, "r/b", "b")
	if err := s.Delete(t.Context(), "r/a"); err != nil {
		t.Fatal(err)
	}
	want(t, "keys", all(t, s), []string{"r/b"})
	for _, key := range []string{"r/a", "r", "r/b/c", "none"} {
		if err := s.Delete(t.Context(), key); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("Delete(%q): %v, want ErrNotFound", key, err)
		}
		if _, _, err := s.Get(t.Context(), key); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("Get(%q): %v, want ErrNotFound", key, err)
		}
	}
	put(t, s, "r/a", "again")
	want(t, "content", get(t, s, "r/a"), "again")
}

func readWhileDeleted(t *testing.T, s store.Store) {
	data := strings.Repeat("z", 500_000)
	put(t, s, "w/x", data)
	r, _, err := s.Get(t.Context(), "w/x")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := s.Delete(t.Context(), "w/x"); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	if err != nil || string(got) != data {
		t.Errorf("reading a deleted object gave %d bytes of %d, %v", len(got), len(data), err)
	}
}

func empty(t *testing.T, s store.Store) {
	want(t, "keys", all(t, s), []string{})
	if _, err := s.Stat(t.Context(), "x"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Stat: %v", err)
	}
}
