package inflate

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	klauspost "github.com/klauspost/compress/flate"
)

const most = 1 << 20

// samples are texts that make encoders use all that deflate has.
func samples() map[string][]byte {
	rng := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 100_000)
	for i := range noise {
		noise[i] = byte(rng.Uint32())
	}
	skewed := make([]byte, 200_000) // codes of many lengths, up to the longest
	for i := range skewed {
		skewed[i] = byte(min(rng.ExpFloat64()*9, 255))
	}
	lines := &bytes.Buffer{}
	for i := range 3000 {
		fmt.Fprintf(lines, `{"event_id":"%016x","customer_id":"CUST_%08x","n":%d,"kind":"play"}`+"\n", rng.Uint64(), rng.Uint32N(500), i)
	}
	return map[string][]byte{
		"empty": nil, "byte": {7}, "word": []byte("deflate"), "noise": noise, "skewed": skewed, "lines": lines.Bytes(),
		"same": bytes.Repeat([]byte{'a'}, 70_000), "pair": bytes.Repeat([]byte("ab"), 40_000), "far": bytes.Repeat(noise[:32<<10], 3),
		"period": bytes.Repeat(noise[:17], 5000), "mixed": append(bytes.Repeat(noise[:4000], 20), noise...),
	}
}

// packed is a text as several encoders write it, at all levels.
func packed(text []byte) map[string][]byte {
	out := map[string][]byte{}
	type level interface {
		io.WriteCloser
		Flush() error
	}
	put := func(name string, open func(io.Writer) (level, error), flush bool) {
		buf := &bytes.Buffer{}
		w, err := open(buf)
		if err != nil {
			panic(err)
		}
		_, _ = w.Write(text[:len(text)/2])
		if flush {
			_ = w.Flush()
		}
		_, _ = w.Write(text[len(text)/2:])
		_ = w.Close()
		out[name] = buf.Bytes()
	}
	for l := -2; l <= 9; l++ {
		put(fmt.Sprint("go ", l), func(w io.Writer) (level, error) { return flate.NewWriter(w, l) }, l%2 == 0)
		put(fmt.Sprint("klauspost ", l), func(w io.Writer) (level, error) { return klauspost.NewWriter(w, l) }, l%2 != 0)
	}
	return out
}

func TestBlocks(t *testing.T) {
	var d Decoder
	for name, text := range samples() {
		for by, src := range packed(text) {
			out, n, final, err := d.Blocks(nil, src, most)
			if err != nil || !final || n != len(src) || !bytes.Equal(out, text) {
				t.Errorf("%s by %s: %d bytes of %d, %d packed of %d, final %v: %v", name, by, len(out), len(text), n, len(src), final, err)
			}
			// A byte less is too little, one more is not looked at.
			if _, _, _, err := d.Blocks(nil, src[:len(src)-1], most); err == nil {
				t.Errorf("%s by %s: cut short and taken", name, by)
			}
			if _, n, final, err := d.Blocks(nil, append(bytes.Clone(src), 0xff), most); err != nil || !final || n != len(src) {
				t.Errorf("%s by %s, with a byte behind it: %d packed of %d, final %v: %v", name, by, n, len(src), final, err)
			}
		}
	}
}

// What stands before may be referred to, and a stream that is not at its end stops
// where a block ends at a byte.
func TestBlocksOfAStream(t *testing.T) {
	text := samples()["lines"]
	before, behind := text[:30_000], text[30_000:]
	buf := &bytes.Buffer{}
	w, err := klauspost.NewWriterDict(buf, 5, before)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write(behind)
	_ = w.Flush()
	var d Decoder
	out, n, final, err := d.Blocks(bytes.Clone(before), buf.Bytes(), most)
	if err != nil || final || n != buf.Len() || !bytes.Equal(out, text) {
		t.Fatalf("%d bytes of %d, %d packed of %d, final %v: %v", len(out), len(text), n, buf.Len(), final, err)
	}
	if _, _, _, err := d.Blocks(nil, buf.Bytes(), most); err == nil {
		t.Error("what stands before was not there, and was referred to")
	}
	if _, _, _, err := d.Blocks(bytes.Clone(before), buf.Bytes()[:buf.Len()-1], most); err == nil {
		t.Error("cut short and taken")
	}
}

func TestBlocksBound(t *testing.T) {
	var d Decoder
	for name, text := range samples() {
		for by, src := range packed(text) {
			if out, _, _, err := d.Blocks(nil, src, len(text)); err != nil || len(out) != len(text) {
				t.Errorf("%s by %s: not taken with just enough room: %v", name, by, err)
			}
			if _, _, _, err := d.Blocks(nil, src, len(text)-1); len(text) > 0 && err != ErrTooLarge {
				t.Errorf("%s by %s: a byte less of room gives %v", name, by, err)
			}
		}
	}
}

func TestGzip(t *testing.T) {
	var d Decoder
	var files, all []byte
	for name, text := range samples() {
		buf := &bytes.Buffer{}
		w := gzip.NewWriter(buf)
		w.Name, w.Comment, w.Extra = name, "a sample", []byte("extra")
		_, _ = w.Write(text)
		_ = w.Close()
		if out, err := d.Gzip([]byte("before"), buf.Bytes(), len(text)); err != nil || string(out) != "before"+string(text) {
			t.Errorf("%s: %d bytes of %d: %v", name, len(out), len(text), err)
		}
		for _, at := range []int{0, 1, 2, buf.Len() - 8, buf.Len() - 1} {
			broken := bytes.Clone(buf.Bytes())
			broken[at] ^= 1
			if _, err := d.Gzip(nil, broken, most); err == nil {
				t.Errorf("%s: taken with byte %d changed", name, at)
			}
		}
		files, all = append(files, buf.Bytes()...), append(all, text...)
	}
	if out, err := d.Gzip(nil, files, 2*most); err != nil || !bytes.Equal(out, all) {
		t.Errorf("several members: %d bytes of %d: %v", len(out), len(all), err)
	}
	if _, err := d.Gzip(nil, append(files, 0), 2*most); err == nil {
		t.Error("taken with a byte too much")
	}
}

// What is taken, Go's own decoder takes too and unpacks to the same bytes. The
// other way round it takes a little more, codes that zlib refuses among it.
func FuzzBlocks(f *testing.F) {
	for _, text := range samples() {
		text = text[:min(len(text), 3000)]
		for _, src := range packed(text) {
			f.Add(src, 0)
		}
	}
	before := bytes.Repeat([]byte("0123456789abcdef"), 100)
	f.Fuzz(func(t *testing.T, src []byte, known int) {
		dict := before[:min(max(known, 0), len(before))]
		var d Decoder
		ours, n, final, err := d.Blocks(bytes.Clone(dict), src, most)
		if err != nil {
			if ours != nil || final {
				t.Fatal("an error and an answer")
			}
			if n, err := io.Copy(io.Discard, io.LimitReader(flate.NewReaderDict(bytes.NewReader(src), dict), most+1)); err == nil && n <= most && len(src) > 0 {
				t.Logf("Go takes %x", src)
			}
			return
		}
		in := bytes.NewReader(src)
		theirs, err := io.ReadAll(flate.NewReaderDict(in, dict))
		if final && (err != nil || n != len(src)-in.Len()) || !final && err != io.ErrUnexpectedEOF {
			t.Fatalf("final %v, %d of %d bytes taken; Go takes %d and says %v", final, n, len(src), len(src)-in.Len(), err)
		}
		if !bytes.Equal(ours[len(dict):], theirs) {
			t.Fatalf("%d bytes, and Go has %d others", len(ours)-len(dict), len(theirs))
		}
	})
}

func BenchmarkBlocks(b *testing.B) {
	text := samples()["lines"]
	src := packed(text)["klauspost 1"]
	b.Run("ours", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		var d Decoder
		out := make([]byte, 0, len(text)+slack)
		for range b.N {
			if _, _, _, err := d.Blocks(out, src, most); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("klauspost", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		in := bytes.NewReader(src)
		r := klauspost.NewReader(in)
		out := make([]byte, len(text))
		for range b.N {
			in.Reset(src)
			_ = r.(klauspost.Resetter).Reset(in, nil)
			if _, err := io.ReadFull(r, out); err != nil {
				b.Fatal(err)
			}
		}
	})
}
