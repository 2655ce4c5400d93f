package s3

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"acme/telemetry/engine/store"
	"acme/telemetry/engine/store/s3/s3test"
)

// BenchmarkFetch gets 500 objects of 100 kB ready to be read, from a server that takes
// 30 ms for each answer as one in the same region does: the first time, and when the
// cache has them.
func BenchmarkFetch(b *testing.B) {
	const objects, size = 500, 100_000
	server := s3test.Start(b)
	server.Setenv(b)
	s := openAt(b, "s3://"+s3test.Bucket+"/bench")
	keys := make([]string, objects)
	for i := range keys {
		keys[i] = fmt.Sprintf("t/%04d", i)
		if _, err := s.Put(b.Context(), keys[i], strings.NewReader(strings.Repeat(string(rune('a'+i%26)), size))); err != nil {
			b.Fatal(err)
		}
	}
	server.Break(func(*http.Request) s3test.Fault {
		return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
			time.Sleep(30 * time.Millisecond)
			next.ServeHTTP(w, r)
		}
	})
	fetch := func(b *testing.B, folder string) {
		c := store.NewCached(s, store.CacheConfig{Folder: folder, Max: 1 << 30})
		defer c.Close()
		for _, err := range c.List(b.Context(), "t/") {
			if err != nil {
				b.Fatal(err)
			}
		}
		if err := c.Fetch(b.Context(), keys); err != nil {
			b.Fatal(err)
		}
		b.SetBytes(objects * size)
	}
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			fetch(b, b.TempDir())
		}
	})
	b.Run("second", func(b *testing.B) {
		folder := b.TempDir()
		fetch(b, folder)
		for b.Loop() {
			fetch(b, folder)
		}
	})
}
