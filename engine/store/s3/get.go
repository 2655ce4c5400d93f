package s3

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"acme/telemetry/engine/store"
)

// Stat implements store.Store.
func (s *Store) Stat(ctx context.Context, key string) (store.Info, error) {
	full, err := s.key(key)
	if err != nil {
		return store.Info{}, err
	}
	out, err := s.head(ctx, full)
	if err != nil {
		return store.Info{}, s.explain("looking up "+s.name(key), err)
	}
	return store.Info{Key: key, Size: aws.ToInt64(out.ContentLength), Modified: aws.ToTime(out.LastModified), Version: trimETag(out.ETag)}, nil
}

// head asks for what the server knows of an object; store.ErrNotFound if there is none.
func (s *Store) head(ctx context.Context, full string) (out *s3.HeadObjectOutput, err error) {
	_, err = s.ask(ctx, func(ctx context.Context, _ func()) (err error) {
		out, err = s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &s.bucket, Key: &full})
		return err
	})
	if notThere(err) {
		return nil, store.ErrNotFound
	}
	return out, err
}

// Delete implements store.Store.
func (s *Store) Delete(ctx context.Context, key string) error {
	full, err := s.key(key)
	if err != nil {
		return err
	}
	doing := "deleting " + s.name(key)
	// S3 deletes what is not there without a word.
	if _, err := s.head(ctx, full); err != nil {
		return s.explain(doing, err)
	}
	_, err = s.ask(ctx, func(ctx context.Context, _ func()) error {
		_, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &s.bucket, Key: &full})
		return err
	})
	return s.explain(doing, err)
}

// Get implements store.Store.
func (s *Store) Get(ctx context.Context, key string) (io.ReadCloser, store.Info, error) {
	return s.get(ctx, key, 0, -1)
}

// GetRange gives size bytes of an object from an offset on, or what there is of them.
// The Info is the whole object's. Bytes are counted; there is no checksum of a piece.
func (s *Store) GetRange(ctx context.Context, key string, from, size int64) (io.ReadCloser, store.Info, error) {
	if from < 0 || size <= 0 {
		return nil, store.Info{}, fmt.Errorf("reading %s: %d bytes from %d are no range", s.name(key), size, from)
	}
	return s.get(ctx, key, from, size)
}

func (s *Store) get(ctx context.Context, key string, from, size int64) (io.ReadCloser, store.Info, error) {
	full, err := s.key(key)
	if err != nil {
		return nil, store.Info{}, err
	}
	r := &reader{Store: s, ctx: ctx, key: key, full: full, at: from, end: -1, piece: size >= 0}
	if r.piece {
		r.end = from + size
	}
	if err := r.open(); err != nil {
		return nil, store.Info{}, s.explain("reading "+s.name(key), err)
	}
	return r, r.info, nil
}

// reader gives an object's bytes over as many answers as it takes.
type reader struct {
	*Store
	ctx       context.Context
	key, full string
	piece     bool // of an object

	info  store.Info
	at    int64 // of the next byte
	end   int64 // behind the last one; -1 until the first answer
	sum   hash.Hash
	want  string
	fails int // since the last byte that came

	body  io.ReadCloser // nil where there is no answer to read from
	touch func()
	stop  func()
	watch context.Context
	err   error // given once, given always
}

// open asks for the object from r.at on.
func (r *reader) open() error {
	_, err := r.attempt(r.ctx, r.once)
	if notThere(err) && codeOf(err) != "NoSuchBucket" {
		return store.ErrNotFound
	}
	return err
}

// once is one request.
func (r *reader) once(ctx context.Context) error {
	watched, touch, stop := watch(ctx, r.times.body)
	in := &s3.GetObjectInput{Bucket: &r.bucket, Key: &r.full}
	switch {
	case r.piece:
		in.Range = aws.String(fmt.Sprintf("bytes=%d-%d", r.at, r.end-1))
	case r.at > 0:
		in.Range = aws.String(fmt.Sprintf("bytes=%d-", r.at))
	}
	if r.info.Version != "" {
		in.IfMatch = aws.String(`"` + r.info.Version + `"`)
	}
	out, err := r.client.GetObject(watched, in, s3.WithAPIOptions(smithyhttp.SetHeaderValue("x-amz-checksum-mode", "ENABLED")))
	if err == nil {
		if err = r.accept(out, in.Range != nil); err != nil {
			out.Body.Close()
		}
	}
	if err != nil {
		err = idleCause(watched, err)
		stop()
		return err
	}
	r.body, r.watch, r.touch, r.stop = out.Body, watched, touch, stop
	return nil
}

// accept takes an answer, or says why it is none.
func (r *reader) accept(out *s3.GetObjectOutput, ranged bool) error {
	length := aws.ToInt64(out.ContentLength)
	total := length
	if ranged {
		var first, last int64
		if _, err := fmt.Sscanf(aws.ToString(out.ContentRange), "bytes %d-%d/%d", &first, &last, &total); err != nil || first != r.at || last-first+1 != length {
			return &brokenError{fmt.Sprintf("bytes from %d on were asked for and %q came", r.at, aws.ToString(out.ContentRange))}
		}
	}
	if r.info.Key != "" { // the rest of what was begun
		if total != r.info.Size {
			return &brokenError{fmt.Sprintf("it had %d bytes and has %d", r.info.Size, total)}
		}
		return nil
	}
	r.info = store.Info{Key: r.key, Size: total, Modified: aws.ToTime(out.LastModified), Version: trimETag(out.ETag)}
	if r.end < 0 || r.end > total {
		r.end = total
	}
	if !r.piece {
		r.sum, r.want = checksumOf(out)
	}
	return nil
}

func (r *reader) Read(p []byte) (int, error) {
	for r.err == nil {
		n, err := r.read(p)
		if n > 0 {
			return n, nil
		}
		if err != nil {
			r.err = err
		}
	}
	return 0, r.err
}

// read gives some bytes, or the end; or neither, where it has to be called again.
func (r *reader) read(p []byte) (int, error) {
	if r.at == r.end {
		return 0, r.verdict()
	}
	if r.body == nil {
		if err := r.open(); err != nil {
			return 0, r.changed(err)
		}
	}
	n, err := r.body.Read(p[:min(int64(len(p)), r.end-r.at)])
	r.touch()
	if n > 0 {
		r.at += int64(n)
		r.fails = 0
		if r.sum != nil {
			r.sum.Write(p[:n])
		}
		return n, nil
	}
	if err == nil {
		return 0, nil
	}
	err = idleCause(r.watch, err)
	r.leave()
	if r.ctx.Err() != nil {
		return 0, fmt.Errorf("reading %s: %w", r.name(r.key), context.Cause(r.ctx))
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if r.fails++; r.fails == attempts {
		return 0, r.explain(fmt.Sprintf("reading %s: after %d of %d bytes", r.name(r.key), r.at, r.info.Size), err)
	}
	if err := r.sleep(r.ctx, r.pauseAfter(r.fails, err)); err != nil {
		return 0, fmt.Errorf("reading %s: %w", r.name(r.key), err)
	}
	return 0, nil
}

// changed is the error of a rest that cannot be had.
func (r *reader) changed(err error) error {
	if exists(err) || errors.Is(err, store.ErrNotFound) {
		return &DamagedError{r.name(r.key), fmt.Sprintf("the connection broke after %d of %d bytes, and by now it is deleted or another object", r.at, r.info.Size)}
	}
	return r.explain(fmt.Sprintf("reading the rest of %s from byte %d", r.name(r.key), r.at), err)
}

// verdict is what stands for io.EOF.
func (r *reader) verdict() error {
	if r.sum != nil && base64Of(r.sum) != r.want {
		return &DamagedError{r.name(r.key), "its checksum is not the one that the server keeps"}
	}
	return io.EOF
}

// leave ends the answer that is being read.
func (r *reader) leave() {
	if r.body == nil {
		return
	}
	r.stop()
	r.body.Close()
	r.body = nil
}

func (r *reader) Close() error {
	r.leave()
	if r.err == nil {
		r.err = errors.New("reading a closed object")
	}
	return nil
}

// isMarker says whether a key is the empty object by which consoles show a folder.
func isMarker(key string, size int64) bool { return size == 0 && strings.HasSuffix(key, "/") }
