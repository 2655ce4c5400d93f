package lake

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"acme/telemetry/engine/serde"
)

// The words of a dictionary are in the order in which its bounds are looked for, however
// many there are: numbers below zero, both zeros and what is no number among them.
func TestDictionariesAreSorted(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 6))
	odd := []float64{0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), math.NaN(), math.Copysign(math.NaN(), -1), math.MaxFloat64, -math.SmallestNonzeroFloat64}
	for _, n := range []int{0, 1, 40, 5000} {
		for round := range 3 {
			unlike := map[uint64]bool{}
			for range n {
				unlike[math.Float64bits(float64(rng.IntN(2000)-1000)/8)] = true
				unlike[rng.Uint64()>>rng.IntN(64)] = true
			}
			for _, f := range odd[:min(n, round*4)] {
				unlike[math.Float64bits(f)] = true
			}
			var words []uint64
			var texts [][]byte
			for w := range unlike {
				words = append(words, w)
				texts = append(texts, binary.BigEndian.AppendUint64([]byte("TEXT_"), w)[:5+rng.IntN(9)])
			}
			slices.SortFunc(texts, bytes.Compare)
			texts = slices.CompactFunc(texts, bytes.Equal)
			rng.Shuffle(len(texts), func(i, j int) { texts[i], texts[j] = texts[j], texts[i] })
			for _, kind := range []serde.Kind{serde.BigInt, serde.Double} {
				e := &columnEncoder{kind: kind, packer: new(packer)}
				places := e.sortedWords(words)
				if !slices.IsSortedFunc(places, func(a, b uint32) int { return e.compareWords(words[a], words[b]) }) || len(places) != len(words) {
					t.Errorf("%d words of kind %v are not sorted", len(words), kind)
				}
			}
			places := new(sorter).texts(texts)
			if !slices.IsSortedFunc(places, func(a, b uint32) int { return bytes.Compare(texts[a], texts[b]) }) || len(places) != len(texts) {
				t.Errorf("%d texts are not sorted", len(texts))
			}
		}
	}
}
