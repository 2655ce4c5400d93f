package s3

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"acme/telemetry/engine/store"
)

// nonceName is the name in an object's metadata of the word by which a Put knows its
// own object.
const nonceName = "acme-put"

// Put implements store.Store.
func (s *Store) Put(ctx context.Context, key string, r io.Reader) (store.Info, error) {
	full, err := s.key(key)
	if err != nil {
		return store.Info{}, err
	}
	doing := "publishing " + s.name(key)
	sp, err := s.fill(ctx, r)
	if err != nil {
		return store.Info{}, fmt.Errorf("%s: %w", doing, err)
	}
	defer sp.close()
	if sp.size > s.sizes.memory { // a question is cheaper than sending it in vain
		if _, err := s.head(ctx, full); err == nil {
			return store.Info{}, fmt.Errorf("%s: %w", doing, store.ErrExists)
		}
	}
	nonce, err := s.nonce()
	if err != nil {
		return store.Info{}, fmt.Errorf("%s: %w", doing, err)
	}
	p := &putting{Store: s, key: full, spool: sp, metadata: map[string]string{nonceName: nonce}}
	if sp.size <= s.sizes.single {
		err = p.single(ctx)
	} else {
		err = p.parts(ctx)
	}
	if err != nil {
		return store.Info{}, s.explain(doing, err)
	}
	return store.Info{Key: key, Size: sp.size, Modified: p.modified, Version: p.etag}, nil
}

// nonce gives a word that no other Put has.
func (s *Store) nonce() (string, error) {
	var word [12]byte
	if _, err := io.ReadFull(s.nonces, word[:]); err != nil {
		return "", fmt.Errorf("drawing a random number: %w", err)
	}
	return hex.EncodeToString(word[:]), nil
}

// putting is one Put.
type putting struct {
	*Store
	key      string // in the bucket
	spool    *spool
	metadata map[string]string
	etag     string
	modified time.Time
}

// single puts the object in one request.
func (p *putting) single(ctx context.Context) error {
	repeated, err := p.ask(ctx, func(ctx context.Context, touch func()) error {
		out, err := p.client.PutObject(ctx, &s3.PutObjectInput{
			Bucket: &p.bucket, Key: &p.key, Body: p.spool.section(0, p.spool.size, touch), ContentLength: &p.spool.size,
			IfNoneMatch: aws.String("*"), ChecksumCRC64NVME: &p.spool.sum, Metadata: p.metadata,
		})
		if err == nil {
			p.visible(out.ETag)
		}
		return err
	})
	return p.decide(ctx, repeated, err)
}

func (p *putting) visible(etag *string) {
	p.etag, p.modified = trimETag(etag), time.Now()
}

// decide says what an answer to the request that makes the object visible means.
// After a lost answer the object may be there, and be ours.
func (p *putting) decide(ctx context.Context, repeated bool, err error) error {
	if err == nil {
		return nil
	}
	passing, _ := p.judge(err)
	if repeated || passing {
		if p.ours(context.WithoutCancel(ctx)) {
			return nil
		}
	}
	if exists(err) {
		return store.ErrExists
	}
	return err
}

// ours says whether the object that is there is the one of this Put.
func (p *putting) ours(ctx context.Context) bool {
	out, err := p.head(ctx, p.key)
	if err != nil || out.Metadata[nonceName] != p.metadata[nonceName] || aws.ToInt64(out.ContentLength) != p.spool.size {
		return false
	}
	p.etag, p.modified = trimETag(out.ETag), aws.ToTime(out.LastModified)
	return true
}

// rounds is how often an object in parts is begun anew, after S3 says that others
// were at it.
const rounds = 4

var errAgain = errors.New("the parts are gone")

// parts puts the object in parts.
func (p *putting) parts(ctx context.Context) error {
	for round := 1; ; round++ {
		err := p.round(ctx)
		if !conflict(err) && !errors.Is(err, errAgain) || round == rounds {
			return err
		}
		if err := p.sleep(ctx, p.jitter(firstPause<<round)); err != nil {
			return err
		}
	}
}

// round makes an upload, sends its parts and completes it; what it cannot complete it
// drops.
func (p *putting) round(ctx context.Context) error {
	var upload string
	_, err := p.ask(ctx, func(ctx context.Context, _ func()) error {
		out, err := p.client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
			Bucket: &p.bucket, Key: &p.key, Metadata: p.metadata,
			ChecksumAlgorithm: types.ChecksumAlgorithmCrc64nvme, ChecksumType: types.ChecksumTypeFullObject,
		})
		if err == nil {
			upload = aws.ToString(out.UploadId)
		}
		return err
	})
	if err != nil {
		return err
	}
	err = p.complete(ctx, upload)
	if err != nil {
		p.abort(ctx, upload)
	}
	return err
}

func (p *putting) complete(ctx context.Context, upload string) error {
	parts, err := p.send(ctx, upload)
	if err != nil {
		return err
	}
	repeated, err := p.askLong(ctx, func(ctx context.Context) error {
		out, err := p.client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
			Bucket: &p.bucket, Key: &p.key, UploadId: &upload, IfNoneMatch: aws.String("*"),
			ChecksumCRC64NVME: &p.spool.sum, ChecksumType: types.ChecksumTypeFullObject,
			MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
		})
		if err == nil {
			p.visible(out.ETag)
		}
		return err
	})
	err = p.decide(ctx, repeated, err)
	if notThere(err) {
		return fmt.Errorf("%w: %w", errAgain, err)
	}
	return err
}

// send sends all parts, a few at once, and gives them in their order.
func (p *putting) send(ctx context.Context, upload string) ([]types.CompletedPart, error) {
	size := max(p.sizes.part, (p.spool.size+maxParts-1)/maxParts)
	n := int((p.spool.size + size - 1) / size)
	parts := make([]types.CompletedPart, n)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	gate := make(chan struct{}, partsAtOnce)
	for i := range n {
		gate <- struct{}{}
		go func() {
			defer func() { <-gate }()
			from := int64(i) * size
			part, err := p.part(ctx, upload, int32(i+1), from, min(size, p.spool.size-from))
			if err != nil {
				cancel(err)
			}
			parts[i] = part
		}()
	}
	for range partsAtOnce {
		gate <- struct{}{} // all have given it back
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return parts, nil
}

func (p *putting) part(ctx context.Context, upload string, number int32, from, size int64) (types.CompletedPart, error) {
	sum, err := p.spool.sumOf(from, size)
	if err != nil {
		return types.CompletedPart{}, err
	}
	part := types.CompletedPart{PartNumber: &number, ChecksumCRC64NVME: &sum}
	_, err = p.ask(ctx, func(ctx context.Context, touch func()) error {
		out, err := p.client.UploadPart(ctx, &s3.UploadPartInput{
			Bucket: &p.bucket, Key: &p.key, UploadId: &upload, PartNumber: &number,
			Body: p.spool.section(from, size, touch), ContentLength: &size, ChecksumCRC64NVME: &sum,
		})
		if err == nil {
			part.ETag = out.ETag
		}
		return err
	})
	return part, err
}

// abortTime is how long dropping an upload may take, also when told to stop.
const abortTime = 10 * time.Second

// abort drops the parts of an upload. Where it fails, Sweep finds them.
func (p *putting) abort(ctx context.Context, upload string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTime)
	defer cancel()
	_, _ = p.ask(ctx, func(ctx context.Context, _ func()) error {
		_, err := p.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &p.bucket, Key: &p.key, UploadId: &upload})
		return err
	})
}

func trimETag(etag *string) string { return strings.Trim(aws.ToString(etag), `"`) }
