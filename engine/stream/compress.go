package stream

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"

	"acme/telemetry/engine/deflate"
)

// compressor packs batches as gzip. Batches of records of one shape, which is what a run
// publishes, go to a coder that knows their fields (engine/deflate) and proves what it
// made: they are smaller, and what unpacks them has less to do. All others, and what does
// not come back as it was, are for the client's own compressor.
type compressor struct {
	general kgo.Compressor
	packers sync.Pool // of *packer
}

// gzipLevel is of the client's own, its fastest: packing is half of what publishing costs, and
// in a topic of gzip the brokers keep a batch as it is packed here.
const gzipLevel = 1

func newCompressor() (*compressor, error) {
	general, err := kgo.DefaultCompressor(kgo.GzipCompression().WithLevel(gzipLevel))
	if err != nil {
		return nil, fmt.Errorf("make a compressor: %w", err)
	}
	return &compressor{general: general, packers: sync.Pool{New: func() any { return new(packer) }}}, nil
}

// Compress is kgo's.
func (c *compressor) Compress(dst *bytes.Buffer, src []byte, flags ...kgo.CompressFlag) ([]byte, kgo.CompressionCodecType) {
	p := c.packers.Get().(*packer)
	defer c.packers.Put(p)
	dst.Grow(len(src) / 2) // more than it becomes: what a coder writes in place is not copied
	if out, ok := p.pack(dst.AvailableBuffer(), src); ok {
		return out, kgo.CodecGzip
	}
	return c.general.Compress(dst, src, flags...)
}

// packer packs one batch after the other.
type packer struct {
	coder deflate.Coder
	shape deflate.Shape
	known deflate.Known
}

const (
	// leastPacked is how many records a batch has at least: of fewer the codes take more
	// than they save.
	leastPacked = 8
	// mostOdd is the share of records that are not plain, one in so many, above which a batch is
	// for the general compressor.
	mostOdd = 32
)

// pack appends the records of a batch to out as one gzip member. It is false, and out is as
// it was, where they are not records of one shape.
func (p *packer) pack(out, records []byte) ([]byte, bool) {
	if !p.look(records) {
		return out, false
	}
	from := len(out)
	out = deflate.AppendGzipHeader(out)
	b := deflate.Block{Text: records, Last: true, Known: &p.known}
	out, _, ok := p.coder.Encode(out, &b, nil)
	if !ok {
		return out[:from], false
	}
	return deflate.AppendGzipTrailer(out, crc32.ChecksumIEEE(records), int64(len(records))), true
}

// look has known know where the records are, and their values' fields. It is false where
// they are not records of one shape.
func (p *packer) look(records []byte) bool {
	p.shape.Forget()
	plain, odd := 0, 0
	for at := 0; at < len(records); {
		r, end, ok := recordAt(records, at)
		if !ok {
			return false
		}
		at = end
		if r.value < 0 || !p.shape.Plain(records[r.value:r.valueEnd]) {
			if odd++; odd > 1+plain/mostOdd {
				return false
			}
			continue
		}
		frame := deflate.Frame{Key: int32(r.key), KeyEnd: int32(r.keyEnd), Value: int32(r.value)}
		if !p.known.AddFramed(&p.shape, frame, plain == 0) {
			return false
		}
		plain++
	}
	return plain >= leastPacked
}

// record is where a record of a batch has its key and its value; a value that is null is
// at -1, and a key is then empty.
type record struct{ key, keyEnd, value, valueEnd int }

// recordAt reads the record that begins at a place of a batch (KIP-98: its length, its
// attributes, how much later than the first it is, its place, key, value, headers), and gives
// where it ends. It is false where there is none.
func recordAt(records []byte, at int) (r record, end int, ok bool) {
	size, at := varintAt(records, at, len(records))
	if at < 0 || size < 1 || size > int64(len(records)-at) {
		return r, 0, false
	}
	end = at + int(size)
	at++ // attributes
	for range 2 {
		if _, at = varintAt(records, at, end); at < 0 {
			return r, 0, false
		}
	}
	if r.key, r.keyEnd, at = bytesAt(records, at, end); at < 0 {
		return r, 0, false
	}
	if r.key < 0 {
		r.key, r.keyEnd = at, at
	}
	r.value, r.valueEnd, at = bytesAt(records, at, end)
	return r, end, at >= 0
}

// varintAt reads a number before end; behind is where it ends, or -1 where there is none.
func varintAt(text []byte, at, end int) (v int64, behind int) {
	v, n := binary.Varint(text[at:end])
	if n <= 0 {
		return 0, -1
	}
	return v, at + n
}

// bytesAt reads a length and gives where the bytes of it begin and end, -1 of null.
func bytesAt(text []byte, at, end int) (from, to, behind int) {
	size, at := varintAt(text, at, end)
	switch {
	case at < 0 || size > int64(end-at):
		return 0, 0, -1
	case size < 0:
		return -1, -1, at
	}
	return at, at + int(size), at + int(size)
}
