package serde

import (
	"bufio"
	"compress/bzip2"
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
)

// codec is how an object is packed, which Athena tells by its name alone.
type codec string

const (
	plain   codec = ""
	gzipped codec = ".gz"
	zstded  codec = ".zst"
	snapped codec = ".snappy"
	bzipped codec = ".bz2"
)

// codecs are the endings of names that say how an object is packed, by Athena.
var codecs = [...]codec{gzipped, zstded, snapped, bzipped, ".deflate", ".lz4", ".lzo", ".lzo_deflate"}

func codecOf(object string) codec {
	for _, c := range codecs {
		if strings.HasSuffix(object, string(c)) {
			return c
		}
	}
	return plain
}

// Packed says whether an object of this name is read by unpacking it.
func Packed(object string) bool { return codecOf(object) != plain }

// Check reads an object of this name to its end and says what is wrong with how
// it is packed.
func Check(object string, body io.Reader) error {
	var s source
	s.open(body, codecOf(object), 0)
	for s.err == nil && !s.eof {
		s.start = s.end
		s.err = s.fill()
	}
	if s.err != nil && s.err != io.EOF {
		return &Error{Object: object, Reason: s.err.Error(), Err: s.err}
	}
	return nil
}

// maxBlock bounds a block of snappy, which says itself how long it is.
const maxBlock = 64 << 20

// unpack gives the bytes of an object that is packed in another way than gzip.
func (c codec) unpack(r *bufio.Reader) (io.Reader, error) {
	switch c {
	case zstded:
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxBlock))
		if err != nil {
			return r, fmt.Errorf("zstd: %w", err)
		}
		return z, nil
	case snapped:
		return &snappyBlocks{r: r}, nil
	case bzipped:
		return bzip2.NewReader(r), nil
	}
	return r, fmt.Errorf("%s is not supported by the local engine: pack the object as .gz, .zst, .bz2 or .snappy", c)
}

// snappyBlocks reads Hadoop's framing: the length of a block unpacked, then
// chunks, each with its packed length, until the block is full.
type snappyBlocks struct {
	r    *bufio.Reader
	left int // of the block, unpacked
	out  []byte
	in   []byte
}

func (s *snappyBlocks) Read(p []byte) (int, error) {
	for len(s.out) == 0 {
		if s.left == 0 {
			n, err := s.length()
			if err != nil {
				return 0, err
			}
			s.left = n
			continue
		}
		if err := s.chunk(); err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return 0, fmt.Errorf("snappy: %w", err)
		}
	}
	n := copy(p, s.out)
	s.out = s.out[n:]
	return n, nil
}

func (s *snappyBlocks) length() (int, error) {
	var word [4]byte
	if _, err := io.ReadFull(s.r, word[:]); err != nil {
		if err == io.ErrUnexpectedEOF {
			err = fmt.Errorf("snappy: the object ends in the middle of a block: %w", err)
		}
		return 0, err
	}
	n := binary.BigEndian.Uint32(word[:])
	if n > maxBlock {
		return 0, fmt.Errorf("snappy: a block of %d bytes is longer than the %d it may have", n, maxBlock)
	}
	return int(n), nil
}

func (s *snappyBlocks) chunk() error {
	n, err := s.length()
	if err != nil {
		return err
	}
	if cap(s.in) < n {
		s.in = make([]byte, n)
	}
	s.in = s.in[:n]
	if _, err := io.ReadFull(s.r, s.in); err != nil {
		return err
	}
	size, err := snappy.DecodedLen(s.in)
	if err != nil {
		return err
	}
	if size > s.left || size == 0 {
		return fmt.Errorf("a chunk of %d bytes stands where the block has %d left", size, s.left)
	}
	if s.out, err = snappy.Decode(nil, s.in); err != nil {
		return err
	}
	s.left -= size
	return nil
}
