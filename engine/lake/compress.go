package lake

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"sync"

	"github.com/klauspost/compress/flate"

	"acme/telemetry/engine/deflate"
	"acme/telemetry/engine/store"
)

// An object is one gzip member whose deflate stream is cut into blocks of raw
// bytes. A block is compressed knowing a little of what stands before it and ends
// at a byte's border, so blocks are compressed on all cores and in any order, and
// the bytes depend on the records alone: on where blocks are cut, not on when.
//
// Blocks of records of one shape go to a coder that knows their fields
// (engine/deflate), all others to the general compressor of klauspost/compress, as
// does everything where the layout names one of its levels.
const (
	blockSize    = 256 << 10 // raw bytes; a block ends with the record that reaches it
	window       = 8 << 10
	generalLevel = 5
)

// block is some of an object's raw bytes on their way to compressed ones.
type block struct {
	text        []byte // what precedes the block, at most a window of it, and the block
	start       int    // where in text the block begins
	form        form
	first, last bool
	known       deflate.Known
	count       lineCount
	out         sink
	done        chan struct{} // closed when out and count are there
}

func (b *block) raw() []byte { return b.text[b.start:] }

// form is what is known of a stream's records.
type form struct {
	delimited bool // each ends with a newline
	counted   bool // the rows that Athena sees are to be counted
}

// sink is memory that is written to.
type sink []byte

func (s *sink) Write(p []byte) (int, error) {
	*s = append(*s, p...)
	return len(p), nil
}

// compressors is a set of workers that compress blocks, and the bound on how
// many blocks there are.
type compressors struct {
	jobs   chan *block
	tokens chan struct{} // one for each block on its way
	free   chan *block   // to be used again; their buffers have grown
	wg     sync.WaitGroup
}

// newCompressors starts workers. Level 0 means by the records' shape. So many blocks
// may wait beside those that are being compressed: as many as come at once where
// records come in bursts, so that the workers have something to do in between.
func newCompressors(workers, level, waiting int) (*compressors, error) {
	on := workers + max(1, waiting)
	c := &compressors{jobs: make(chan *block, on), tokens: make(chan struct{}, on), free: make(chan *block, 2*on)}
	for range workers {
		var coder *deflate.Coder
		general := level
		if level == 0 {
			coder, general = &deflate.Coder{}, generalLevel
		}
		w, err := flate.NewWriter(nil, general)
		if err != nil {
			return nil, fmt.Errorf("starting a compressor: %w", err)
		}
		c.wg.Go(func() {
			for b := range c.jobs {
				b.compress(coder, w)
			}
		})
	}
	return c, nil
}

// stop ends the workers. Nothing may be submitted any more.
func (c *compressors) stop() {
	close(c.jobs)
	c.wg.Wait()
}

func (b *block) compress(coder *deflate.Coder, w *flate.Writer) {
	ok := false
	b.out = b.out[:0]
	if coder != nil {
		ok = b.code(coder)
	}
	if !ok {
		w.ResetDict(&b.out, b.text[:b.start])
		// A sink takes everything, so there is no error to see.
		_, _ = w.Write(b.raw())
		if b.last {
			_ = w.Close()
		} else {
			_ = w.Flush()
		}
	}
	switch {
	case !b.form.counted:
	case !b.form.delimited:
		b.count = countFirst(b.raw(), b.first)
	case ok: // and counted
	default:
		b.count = countLines(b.raw())
	}
	close(b.done)
}

// code compresses the block by its records' shape, and counts them.
func (b *block) code(coder *deflate.Coder) (ok bool) {
	count := lineCount{}
	of := deflate.Block{Text: b.text, Start: b.start, Delimited: b.form.delimited, Last: b.last, Known: &b.known}
	b.out, count.lines, ok = coder.Encode(b.out, &of, func(line []byte) int64 {
		c := countAsSerDe(line)
		count.malformed += c.malformed
		return c.lines
	})
	if ok && b.form.counted {
		b.count = count
	}
	return ok
}

// take gives an empty block, an old one if there is one.
func (c *compressors) take() *block {
	select {
	case b := <-c.free:
		return b
	default:
		return &block{}
	}
}

// give takes a block back.
func (c *compressors) give(b *block) {
	b.text, b.start, b.count = b.text[:0], 0, lineCount{}
	b.known.Add(nil, 0, true)
	select {
	case c.free <- b:
	default:
	}
}

// stream is one gzip object being written.
type stream struct {
	pool    *compressors
	form    form
	current *block // being filled
	started bool
	queue   chan *block // in order, to whoever publishes
}

func (c *compressors) newStream(f form) *stream {
	return &stream{pool: c, form: f, current: c.take(), queue: make(chan *block, cap(c.tokens))}
}

// add takes a record and what stands behind it. It blocks while too many blocks
// are on their way.
func (s *stream) add(ctx context.Context, record, behind []byte) error {
	return s.addSeen(ctx, record, behind, nil)
}

// addSeen is add for a record that is plain, as a shape has just seen; or nil.
func (s *stream) addSeen(ctx context.Context, record, behind []byte, seen *deflate.Shape) error {
	b := s.current
	b.known.Add(seen, len(b.text), len(b.text) == b.start)
	b.text = append(append(b.text, record...), behind...)
	if len(b.text)-b.start < blockSize {
		return nil
	}
	return s.submit(ctx, false)
}

// finish sends the rest on its way.
func (s *stream) finish(ctx context.Context) error {
	err := s.submit(ctx, true)
	close(s.queue)
	return err
}

func (s *stream) submit(ctx context.Context, last bool) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	select {
	case s.pool.tokens <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	b := s.current
	b.first, b.last, b.form, b.done = !s.started, last, s.form, make(chan struct{})
	s.started = true
	if !last {
		s.current = s.pool.take()
		s.current.text = append(s.current.text, b.text[max(0, len(b.text)-window):]...)
		s.current.start = len(s.current.text)
	}
	s.queue <- b // never full: there are no more blocks than tokens
	s.pool.jobs <- b
	return nil
}

// publication is what publishing a stream found out about its object.
type publication struct {
	key      string
	bytes    int64
	sha      [sha256.Size]byte
	raw      int64
	lines    lineCount
	existing bool // the object was there already, with these bytes
}

// publish puts the stream's object under key. It ends when the stream's queue
// does: it takes every block, whatever happens. If the object is there already
// it must be the same.
func (s *stream) publish(ctx context.Context, st store.Store, key string) (publication, error) {
	r := s.reader()
	defer r.drain()
	_, err := st.Put(ctx, key, r)
	existing := errors.Is(err, store.ErrExists)
	gone := errors.Is(err, errGone)
	if gone || existing {
		// What would have been written is still to be known.
		_, lost := io.Copy(io.Discard, r)
		if existing || lost != nil {
			err = lost
		}
	}
	p := r.published(key)
	p.existing = existing
	if err == nil && existing {
		err = sameObject(ctx, st, key, p.bytes, p.sha)
	}
	return p, err
}

// memberReader reads a stream as the bytes of its gzip member.
type memberReader struct {
	s       *stream
	pending []byte
	block   *block // whose out pending is
	ended   bool
	sha     hash.Hash
	crc     uint32
	raw     int64
	bytes   int64
	lines   lineCount
}

func (s *stream) reader() *memberReader {
	return &memberReader{s: s, sha: sha256.New(), pending: deflate.AppendGzipHeader(nil)}
}

// published says what has been read.
func (r *memberReader) published(key string) publication {
	p := publication{key: key, bytes: r.bytes, raw: r.raw, lines: r.lines}
	r.sha.Sum(p.sha[:0])
	return p
}

func (r *memberReader) Read(p []byte) (int, error) {
	for len(r.pending) == 0 {
		if err := r.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.pending)
	r.sha.Write(r.pending[:n])
	r.bytes += int64(n)
	r.pending = r.pending[n:]
	return n, nil
}

// errCutShort says that the stream ended before its last block: the run was
// stopped, and the object must not be published.
var errCutShort = errors.New("the run was stopped before the object was whole")

func (r *memberReader) next() error {
	r.release()
	if r.ended {
		return io.EOF
	}
	b, ok := <-r.s.queue
	if !ok {
		return errCutShort
	}
	<-b.done
	r.block = b
	r.crc = crc32.Update(r.crc, crc32.IEEETable, b.raw())
	r.raw += int64(len(b.raw()))
	r.lines.add(b.count)
	if b.last {
		r.ended = true
		b.out = deflate.AppendGzipTrailer(b.out, r.crc, r.raw)
	}
	r.pending = b.out
	return nil
}

// release gives the block back.
func (r *memberReader) release() {
	if r.block == nil {
		return
	}
	r.s.pool.give(r.block)
	r.block = nil
	<-r.s.pool.tokens
}

// drain takes what is left, so that nobody waits for this object's blocks.
func (r *memberReader) drain() {
	r.release()
	for b := range r.s.queue {
		<-b.done
		r.block = b
		r.release()
	}
}

// sameObject says how the object under key differs from one of these bytes.
func sameObject(ctx context.Context, st store.Store, key string, size int64, sha [sha256.Size]byte) error {
	found, n, err := hashObject(ctx, st, key)
	if err != nil {
		return err
	}
	if n != size || found != sha {
		return &DifferentError{Key: key, Size: n, Want: size}
	}
	return nil
}

func hashObject(ctx context.Context, st store.Store, key string) (sum [sha256.Size]byte, n int64, err error) {
	body, _, err := st.Get(ctx, key)
	if err != nil {
		return sum, 0, err
	}
	h := sha256.New()
	n, err = io.Copy(h, body)
	if err = errors.Join(err, body.Close()); err != nil {
		return sum, n, fmt.Errorf("reading %s: %w", key, err)
	}
	h.Sum(sum[:0])
	return sum, n, nil
}

// DifferentError says that an object this run writes is there with other bytes:
// it was damaged or changed, or another release of the compressor wrote it.
type DifferentError struct {
	Key        string
	Size, Want int64
}

func (e *DifferentError) Error() string {
	return fmt.Sprintf("publishing %s: an object of %d bytes is there that is not the one this run makes (%d bytes): it was damaged or changed since; run verify, move it away, and run again", e.Key, e.Size, e.Want)
}
