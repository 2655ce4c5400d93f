package lake

import (
	"math/rand/v2"
	"testing"

	"acme/telemetry/engine/serde"
)

// A column gives back the texts that it took, those that differ in zeros at their end or
// in their length alone too, wherever in a batch they stand.
func TestColumnKeepsTexts(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 5))
	columns := []serde.Column{{Name: "text", Type: serde.Type{Kind: serde.String}}}
	r := newRows(columns)
	for range 3 {
		var want []string
		for range 40 {
			v := serde.Vector{Column: columns[0], Valid: make([]uint64, 4), Offsets: []uint32{0}}
			for i := range 1 + rng.IntN(200) {
				text := make([]byte, rng.IntN(20))
				for b := range text {
					text[b] = "\x00a"[rng.IntN(2)]
				}
				v.Valid[i/64] |= 1 << (i % 64)
				v.Text = append(v.Text, text...)
				v.Offsets = append(v.Offsets, uint32(len(v.Text)))
				want = append(want, string(text))
			}
			r.take(&serde.Batch{Rows: len(v.Offsets) - 1, Columns: []serde.Vector{v}})
		}
		for i, text := range want {
			if got := string(r.columns[0].bytes(i)); got != text {
				t.Fatalf("row %d is %q, not %q", i, got, text)
			}
		}
		r.reset()
	}
}
