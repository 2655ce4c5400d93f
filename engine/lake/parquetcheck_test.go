package lake

import (
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"

	"acme/telemetry/engine/serde"
)

// A page's bounds are held against the least and the greatest of its words, in whatever
// order its dictionary has them.
func TestCheckFindsExtentOfWords(t *testing.T) {
	for _, c := range []struct {
		words       string // of one letter
		codes       []int32
		least, most string
	}{
		{"abcd", []int32{1, 2, 1}, "b", "c"},
		{"dbac", []int32{0, 1, 3}, "b", "d"},
		{"dbac", []int32{2}, "a", "a"},
		{"abdc", []int32{0, 2, 3}, "a", "d"},
	} {
		offsets := []uint32{0}
		for i := range c.words {
			offsets = append(offsets, uint32(i+1))
		}
		d := parquet.ByteArrayType.NewDictionary(0, len(c.words), encoding.ByteArrayValues([]byte(c.words), offsets))
		check := &columnCheck{checkRoom: new(checkRoom), kind: serde.String}
		if err := check.readWords(d); err != nil {
			t.Fatal(err)
		}
		if e := check.words.extent(c.codes, check.compare()); string(e.least.ByteArray()) != c.least || string(e.most.ByteArray()) != c.most {
			t.Errorf("of %q the words %v lie between %q and %q, not %q and %q", c.words, c.codes, e.least, e.most, c.least, c.most)
		}
	}
}
