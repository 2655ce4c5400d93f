package stream

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"pgregory.net/rapid"

	"acme/telemetry/engine/inflate"
)

// recordOf is a record as a batch has it; nil is null.
type recordOf struct {
	key, value []byte
	headers    int
}

// section gives the records of a batch, as kgo.Compressor is given them.
func section(records []recordOf) []byte {
	text := func(to, b []byte) []byte {
		if b == nil {
			return binary.AppendVarint(to, -1)
		}
		return append(binary.AppendVarint(to, int64(len(b))), b...)
	}
	var out []byte
	for i, r := range records {
		one := []byte{0}
		one = binary.AppendVarint(one, int64(i)*int64(i)*37)
		one = binary.AppendVarint(one, int64(i))
		one = text(text(one, r.key), r.value)
		one = binary.AppendVarint(one, int64(r.headers))
		for range r.headers {
			one = text(text(one, []byte("name")), r.key)
		}
		out = append(binary.AppendVarint(out, int64(len(one))), one...)
	}
	return out
}

// published gives n records as the generator publishes them: the key is a value too.
func published(n int) []recordOf {
	records := make([]recordOf, n)
	for i := range records {
		key := fmt.Sprintf("CUST_%08x", uint32(i*i%97)*2654435761)
		records[i].key = []byte(key)
		records[i].value = fmt.Appendf(nil, `{"event_id":"EVENT_%016x","customer_id":"%s","event_type":"%s","position":%d,"country":"United States","device":"%s"}`,
			uint64(i)*0x9e3779b97f4a7c15, key, []string{"start", "pause", "resume", "stop"}[i*7%5%4], i*31, []string{"tv", "mobile"}[i/3%2])
	}
	return records
}

func general(t testing.TB) kgo.Compressor {
	t.Helper()
	c, err := kgo.DefaultCompressor(kgo.GzipCompression().WithLevel(gzipLevel))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func ownCompressor(t testing.TB) *compressor {
	t.Helper()
	c, err := newCompressor()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// packs compresses the records of a batch, and says whether the records' coder took them. What
// was made must come back from the standard library's reader and from the project's own.
func packs(t rapid.TB, c *compressor, src []byte) (size int, own bool) {
	t.Helper()
	p := &packer{}
	if _, own = p.pack(nil, src); own && len(src) == 0 {
		t.Fatalf("nothing was packed")
	}
	before := bytes.Clone(src)
	buffer := bytes.NewBuffer(make([]byte, 0, 100))
	out, codec := c.Compress(buffer, src)
	if codec != kgo.CodecGzip {
		t.Fatalf("%q: codec %d", src, codec)
	}
	if !bytes.Equal(src, before) {
		t.Fatalf("%q was changed", before)
	}
	r, err := gzip.NewReader(bytes.NewReader(out))
	if err != nil {
		t.Fatalf("%q: %v", src, err)
	}
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, src) {
		t.Fatalf("%q came back as %q: %v", src, got, err)
	}
	if got, err := new(inflate.Decoder).Gzip(nil, out, len(src)); err != nil || !bytes.Equal(got, src) {
		t.Fatalf("%q came back as %q: %v", src, got, err)
	}
	return len(out), own
}

// What a run publishes is packed by its shape, into less than the client makes of it, and
// without memory of its own for each record.
func TestCompressPublished(t *testing.T) {
	c := ownCompressor(t)
	src := section(published(3000))
	size, own := packs(t, c, src)
	theirs, _ := general(t).Compress(&bytes.Buffer{}, src)
	t.Logf("%d bytes as %d, by the client as %d", len(src), size, len(theirs))
	if !own || size >= len(theirs)*95/100 {
		t.Errorf("%d bytes, %d by the client; packed by the records' shape: %v", size, len(theirs), own)
	}
	p, buffer := &packer{}, make([]byte, 0, len(src))
	if n := testing.AllocsPerRun(10, func() { p.pack(buffer, src) }); n > 10 {
		t.Errorf("%v pieces of memory for a batch", n)
	}
}

// Which batches are packed by their records' shape, and that all come back.
func TestCompressCases(t *testing.T) {
	c := ownCompressor(t)
	with := func(at int, change func(*recordOf)) []recordOf {
		records := published(200)
		change(&records[at])
		return records
	}
	huge := strings.Repeat("x", 600<<10)
	all := func(change func(int, *recordOf)) []recordOf {
		records := published(200)
		for i := range records {
			change(i, &records[i])
		}
		return records
	}
	for name, v := range map[string]struct {
		records []recordOf
		own     bool
	}{
		"none":                 {nil, false},
		"one":                  {published(1), false},
		"few":                  {published(leastPacked), true},
		"too few":              {published(leastPacked - 1), false},
		"plain":                {published(200), true},
		"no key":               {all(func(_ int, r *recordOf) { r.key = nil }), true},
		"an empty key":         {all(func(_ int, r *recordOf) { r.key = []byte{} }), true},
		"some without key":     {all(func(i int, r *recordOf) { r.key = r.key[:len(r.key)*(i%2)] }), true},
		"one key":              {all(func(_ int, r *recordOf) { r.key = []byte("CUST_1") }), true},
		"a long key":           {all(func(i int, r *recordOf) { r.key = bytes.Repeat([]byte{'k', byte(i % 3)}, 300) }), true},
		"other keys":           {all(func(i int, r *recordOf) { r.key = fmt.Append(nil, i*i) }), true},
		"headers":              {all(func(i int, r *recordOf) { r.headers = i % 3 }), true},
		"one null":             {with(77, func(r *recordOf) { r.value = nil }), true},
		"the first null":       {with(0, func(r *recordOf) { r.value = nil }), true},
		"the last empty":       {with(199, func(r *recordOf) { r.value = []byte{} }), true},
		"one with an escape":   {with(99, func(r *recordOf) { r.value = bytes.Replace(r.value, []byte("EVENT"), []byte(`\"EVENT`), 1) }), true},
		"one not whole":        {with(99, func(r *recordOf) { r.value = r.value[:len(r.value)-1] }), true},
		"one of another shape": {with(99, func(r *recordOf) { r.value = []byte(`{"other":1}`) }), false},
		"all odd":              {all(func(_ int, r *recordOf) { r.value = []byte("text") }), false},
		"all null":             {all(func(_ int, r *recordOf) { r.value = nil }), false},
		"no fields":            {all(func(_ int, r *recordOf) { r.value = []byte("{}") }), false},
		"huge": {with(99, func(r *recordOf) {
			r.value = fmt.Appendf(nil, `{"event_id":"%s","customer_id":"","event_type":"","position":0,"country":"","device":""}`, huge)
		}), true},
		"above what a coder has": {append(with(99, func(r *recordOf) { r.value = fmt.Appendf(nil, `{"event_id":"%s"}`, huge+huge) }), published(2)...), false},
		"the key is long in both": {all(func(i int, r *recordOf) {
			r.key = bytes.Repeat([]byte{'a' + byte(i%26)}, 700)
			r.value = fmt.Appendf(nil, `{"a":%d,"key":"%s"}`, i, r.key)
		}), true},
	} {
		if _, own := packs(t, c, section(v.records)); own != v.own {
			t.Errorf("%s: packed by its shape %v, want %v", name, own, v.own)
		}
	}
	for _, src := range []string{"\x02", "\x00", "\x02\x00", "\x04\x00\x00", "\x0c\x00\x00\x00\x01\x01\x00", "\x0a\x00\x00\x00\x01\x80", strings.Repeat("\xff", 40)} {
		if _, own := packs(t, c, []byte(src)); own {
			t.Errorf("%q: packed as records", src)
		}
	}
}

// Whatever the records, they come back byte for byte.
func TestCompressProperty(t *testing.T) {
	c := ownCompressor(t)
	taken := 0
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.IntRange(1, 4).Draw(t, "keys")
		odd := rapid.SampledFrom([]int{0, 0, 40, 3}).Draw(t, "one in so many odd")
		texts := []string{"", "a", "CUST_1", "CUST_22", "a longer value", strings.Repeat("w", 300), strings.Repeat("long", 9000)}
		common := rapid.IntRange(2, len(texts)).Draw(t, "texts")
		var records []recordOf
		for i := range rapid.IntRange(0, 90).Draw(t, "records") {
			text := func(label string) string {
				if rapid.IntRange(0, 3).Draw(t, label) == 0 {
					return fmt.Sprintf("CUST_%x", i*7919)
				}
				return rapid.SampledFrom(texts[:common]).Draw(t, label)
			}
			r := recordOf{key: []byte(text("key")), headers: rapid.SampledFrom([]int{0, 0, 0, 2}).Draw(t, "headers")}
			r.value = []byte("{")
			for k := range keys {
				value := fmt.Sprintf("%q", text("value"))
				switch rapid.IntRange(0, 4).Draw(t, "kind") {
				case 0:
					value = fmt.Sprintf("%q", r.key)
				case 1:
					value = rapid.SampledFrom([]string{"1", "-2.5", "null", "true"}).Draw(t, "word")
				}
				r.value = fmt.Appendf(r.value, `"k%d":%s,`, k, value)
			}
			r.value[len(r.value)-1] = '}'
			if odd > 0 && rapid.IntRange(0, odd).Draw(t, "odd") == 0 {
				r.value = rapid.SampledFrom([][]byte{nil, {}, []byte("x"), []byte(`{"k0":1}`), []byte(`{"k0":"\\"}`), r.value[1:]}).Draw(t, "which")
			}
			if rapid.IntRange(0, 9).Draw(t, "null key") == 0 {
				r.key = nil
			}
			records = append(records, r)
		}
		src := section(records)
		if cut := rapid.IntRange(0, 400).Draw(t, "cut"); cut > 380 && len(src) > 0 {
			src = src[:len(src)*(400-cut)/20]
		}
		if _, own := packs(t, c, src); own {
			taken++
		}
	})
	if taken == 0 {
		t.Error("no batch was packed by its records' shape")
	}
}

// A batch lies in memory that the client fills again: what its keys were is not looked up
// there when the next one comes.
func TestCompressForgetsBatch(t *testing.T) {
	batch := func(value string) []byte {
		records := make([]recordOf, 50)
		for i := range records {
			records[i].value = []byte(value)
		}
		return section(records)
	}
	p, plain, odd := &packer{}, batch(`{"a":1}`), batch(`{"\":1}`)
	if _, ok := p.pack(nil, plain); !ok {
		t.Fatal("plain records were not packed by their shape")
	}
	copy(plain, odd)
	if _, ok := p.pack(nil, odd); ok {
		t.Error("records that are not plain were taken for those of the batch before")
	}
}

// Other codecs are the client's, and what it does with a batch that cannot be smaller is
// not changed: a packer that refuses leaves nothing behind.
func TestCompressRefused(t *testing.T) {
	src := section([]recordOf{{value: []byte("not JSON")}, {value: []byte("nor this")}})
	want, _ := general(t).Compress(&bytes.Buffer{}, src)
	if got, _ := ownCompressor(t).Compress(&bytes.Buffer{}, src); !bytes.Equal(got, want) {
		t.Errorf("%d bytes, the client's own compressor makes %d", len(got), len(want))
	}
}

func FuzzCompress(f *testing.F) {
	f.Add(section(published(12)))
	f.Add([]byte("\x02\x00"))
	c := ownCompressor(f)
	f.Fuzz(func(t *testing.T, src []byte) { packs(t, c, src) })
}
