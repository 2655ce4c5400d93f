package lake

import (
	"bytes"
	"io"
	"math/rand/v2"
	"testing"
)

// What was written to a spool is read at any place, whether it became a file or not, and its
// memory holds no more than it may.
func TestSpool(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, limit := range []int{0, 1, 100, 10_000, 1 << 20} {
		s := spool{dir: t.TempDir(), limit: limit}
		var want []byte
		for range 200 {
			b := make([]byte, rng.IntN(300))
			for i := range b {
				b[i] = byte(rng.Uint32())
			}
			n, err := s.Write(b)
			if n != len(b) || err != nil {
				t.Fatal(n, err)
			}
			want = append(want, b...)
			if len(s.memory) > limit || (s.file == nil) != (len(want) <= limit) {
				t.Fatalf("limit %d: %d bytes in memory of %d, a file %v", limit, len(s.memory), len(want), s.file != nil)
			}
		}
		for range 100 {
			at := rng.IntN(len(want) + 10)
			got := make([]byte, rng.IntN(500))
			n, err := s.ReadAt(got, int64(at))
			left := want[min(at, len(want)):]
			if !bytes.Equal(got[:n], left[:min(len(got), len(left))]) || err != nil && (err != io.EOF || n == len(got) && n > 0) || err == nil && n < len(got) {
				t.Fatalf("limit %d: %d bytes at %d of %d: %d, %v", limit, len(got), at, len(want), n, err)
			}
		}
		if room, err := s.drop(); err != nil || len(room) != 0 {
			t.Error(len(room), err)
		}
	}
}
