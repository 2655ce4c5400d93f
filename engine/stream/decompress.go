package stream

import (
	"errors"
	"fmt"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"

	"acme/telemetry/engine/inflate"
)

// unpackedMost bounds what a batch unpacks to.
const unpackedMost = 64 << 20

// decompressor unpacks fetched batches. Gzip is what the deployment's topic has, and
// unpacking it half of what reading costs: that is done by the project's own decoder,
// from memory to memory. All else, and whatever that decoder does not like, is for the
// client's, which also words what is wrong.
type decompressor struct {
	general  kgo.Decompressor
	decoders sync.Pool // of *inflate.Decoder
}

func newDecompressor() (*decompressor, error) {
	// The client bounds its decompressor itself, but not one inside another's: so the
	// bounded one is taken from a client that never connects.
	c, err := kgo.NewClient(kgo.MaxDecompressBatchBytes(unpackedMost))
	if err != nil {
		return nil, fmt.Errorf("make a decompressor: %w", err)
	}
	defer c.Close()
	general, ok := c.OptValue(kgo.WithDecompressor).(kgo.Decompressor)
	if !ok {
		return nil, errors.New("make a decompressor: the Kafka client has none")
	}
	return &decompressor{general: general, decoders: sync.Pool{New: func() any { return new(inflate.Decoder) }}}, nil
}

// Decompress is kgo's.
func (d *decompressor) Decompress(src []byte, codec kgo.CompressionCodecType) ([]byte, error) {
	if codec == kgo.CodecGzip {
		decoder := d.decoders.Get().(*inflate.Decoder)
		out, err := decoder.Gzip(nil, src, unpackedMost)
		d.decoders.Put(decoder)
		if err == nil {
			return out, nil
		}
	}
	return d.general.Decompress(src, codec)
}
