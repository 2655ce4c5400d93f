package stream

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Whatever a batch is packed with, it comes back, and not beyond the bound: a batch
// that unpacks to more is refused by the client's error, which names where it is.
func TestDecompress(t *testing.T) {
	text := bytes.Buffer{}
	for i := range 20_000 {
		fmt.Fprintf(&text, `{"event_id":"%016x","n":%d}`+"\n", uint64(i)*0x9e3779b97f4a7c15, i)
	}
	large := make([]byte, unpackedMost+1)
	d, err := newDecompressor()
	if err != nil {
		t.Fatal(err)
	}
	for name, codec := range map[string]kgo.CompressionCodec{
		"gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(), "lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(), "none": kgo.NoCompression(),
	} {
		compressor, err := kgo.DefaultCompressor(codec)
		if err != nil {
			t.Fatal(err)
		}
		pack := func(src []byte) ([]byte, kgo.CompressionCodecType) {
			if compressor == nil {
				return src, kgo.CodecNone
			}
			out, kind := compressor.Compress(&bytes.Buffer{}, src)
			return bytes.Clone(out), kind
		}
		packed, kind := pack(text.Bytes())
		if out, err := d.Decompress(packed, kind); err != nil || !bytes.Equal(out, text.Bytes()) {
			t.Errorf("%s: %d bytes of %d: %v", name, len(out), text.Len(), err)
		}
		if kind == kgo.CodecNone {
			continue
		}
		if _, err := d.Decompress(packed[:len(packed)-9], kind); err == nil {
			t.Errorf("%s: cut short and taken", name)
		}
		packed, kind = pack(large)
		if out, err := d.Decompress(packed, kind); !errors.Is(err, kgo.ErrMaxDecompress) {
			t.Errorf("%s: %d bytes where %d are allowed: %v", name, len(out), unpackedMost, err)
		}
	}
}
