package deflate

import (
	"bytes"
	"compress/flate"
	"io"
	"testing"

	"pgregory.net/rapid"
)

func unpack(t interface {
	Helper()
	Fatalf(string, ...any)
}, data []byte) []byte {
	t.Helper()
	out, err := io.ReadAll(flate.NewReader(bytes.NewReader(data)))
	if err != nil {
		t.Fatalf("inflating %d bytes: %v", len(data), err)
	}
	return out
}

// Any tokens come back out of the standard library's decoder as what they say.
func TestDeflateProperty(t *testing.T) {
	var d deflater
	rapid.Check(t, func(t *rapid.T) {
		out, want := []byte{}, []byte{}
		blocks := rapid.IntRange(1, 3).Draw(t, "blocks")
		for i := range blocks {
			d.reset()
			size := len(want)
			for range rapid.IntRange(0, 200).Draw(t, "tokens") {
				if size < 4 || rapid.Bool().Draw(t, "literal") {
					// Few symbols that are common and many that are rare make long codes.
					b := byte(rapid.IntRange(0, 255).Draw(t, "byte"))
					literals(&d, bytes.Repeat([]byte{b}, 1<<rapid.IntRange(0, 6).Draw(t, "times")))
				} else {
					length := rapid.IntRange(minMatch, maxMatch).Draw(t, "length")
					d.match(length, rapid.IntRange(1, min(size, maxDistance)).Draw(t, "distance"))
				}
				size = len(want) + len(expandFrom(want, &d))
			}
			want = append(want, expandFrom(want, &d)...)
			out = d.appendBlock(out, i == blocks-1)
		}
		if got := unpack(t, out); !bytes.Equal(got, want) {
			t.Fatalf("%d bytes came back as %d", len(want), len(got))
		}
	})
}

func expandFrom(before []byte, d *deflater) []byte {
	all, text := bytes.Clone(before), d.text
	for _, t := range d.tokens {
		all, text = append(all, text[:t>>32]...), text[t>>32:]
		for range t.length() {
			all = append(all, all[len(all)-t.distance()])
		}
	}
	return append(all, text[:d.run]...)[len(before):]
}

// Every length and every distance has the code and the extra bits of RFC 1951.
func TestDeflateCodes(t *testing.T) {
	var d deflater
	for length := minMatch; length <= maxMatch; length++ {
		d.reset()
		literals(&d, []byte("abcd"))
		d.match(length, 3)
		if got := unpack(t, d.appendBlock(nil, true)); !bytes.Equal(got, expandFrom(nil, &d)) {
			t.Fatalf("length %d", length)
		}
	}
	text := make([]byte, maxDistance)
	for i := range text {
		text[i] = byte(i * i >> 3)
	}
	for distance := 1; distance <= maxDistance; distance += 1 + distance/50 {
		d.reset()
		literals(&d, text)
		d.match(7, distance)
		if got := unpack(t, d.appendBlock(nil, true)); !bytes.Equal(got, expandFrom(nil, &d)) {
			t.Fatalf("distance %d", distance)
		}
	}
}

// Counts that grow as Fibonacci's numbers want codes longer than there may be.
func TestDeflateLimit(t *testing.T) {
	var h huffmanBuilder
	counts, codes := make([]uint32, 40), make([]huffmanCode, 40)
	a, b := uint32(1), uint32(1)
	for i := range counts {
		counts[i] = a
		a, b = b, a+b
	}
	for _, limit := range []int{7, 15} {
		h.build(counts, codes, limit)
		sum := 0
		for i, c := range codes {
			if c.size == 0 || int(c.size) > limit {
				t.Errorf("limit %d: symbol %d has a code of %d bits", limit, i, c.size)
			}
			sum += 1 << (limit - int(c.size))
		}
		if sum != 1<<limit {
			t.Errorf("limit %d: the code is not complete", limit)
		}
	}
}

func literals(d *deflater, text []byte) { d.literal(text, 0, len(text)) }
