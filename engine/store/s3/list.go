package s3

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"acme/telemetry/engine/store"
)

// List implements store.Store. An object whose key is not one that a store accepts ends
// the sequence with store.ErrKey, unless it is empty and its key ends in a slash, which
// is how consoles show folders: what cannot be read is not passed over in silence.
func (s *Store) List(ctx context.Context, prefix string) iter.Seq2[store.Info, error] {
	return func(yield func(store.Info, error) bool) {
		doing := "listing " + s.name(prefix)
		in := &s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: aws.String(s.base + whole(prefix))}
		var waiting []types.Object // of servers that have another order
		last := ""
		for more := true; more; {
			out, err := s.page(ctx, in)
			if err != nil {
				yield(store.Info{}, s.explain(doing, err))
				return
			}
			in.ContinuationToken, more = out.NextContinuationToken, aws.ToBool(out.IsTruncated)
			if more && aws.ToString(in.ContinuationToken) == "" {
				yield(store.Info{}, fmt.Errorf("%s: the server says there is more and not where", doing))
				return
			}
			page := append(waiting, out.Contents...)
			if waiting = nil; !slices.IsSortedFunc(page, byKey) && more {
				waiting = page
				continue
			}
			slices.SortFunc(page, byKey)
			for _, o := range page {
				if full := aws.ToString(o.Key); full <= last {
					yield(store.Info{}, fmt.Errorf("%s: the server gives %q after %q; acme relies on S3's order of keys (a directory bucket has none)", doing, full, last))
					return
				}
				last = aws.ToString(o.Key)
				if strings.HasPrefix(last, s.base+prefix) && !s.give(o, doing, yield) {
					return
				}
			}
		}
	}
}

// whole gives a prefix without the piece of a character at its end, which no server can
// be asked for.
func whole(prefix string) string {
	for !utf8.ValidString(prefix) {
		prefix = prefix[:len(prefix)-1]
	}
	return prefix
}

func byKey(a, b types.Object) int { return strings.Compare(aws.ToString(a.Key), aws.ToString(b.Key)) }

// give hands on what is an object. It returns false when the sequence has ended.
func (s *Store) give(o types.Object, doing string, yield func(store.Info, error) bool) bool {
	info := store.Info{
		Key: strings.TrimPrefix(aws.ToString(o.Key), s.base), Size: aws.ToInt64(o.Size),
		Modified: aws.ToTime(o.LastModified), Version: trimETag(o.ETag),
	}
	if isMarker(info.Key, info.Size) || strings.HasPrefix(info.Key, store.TempPrefix) {
		return true
	}
	if err := store.CheckKey(info.Key); err != nil {
		yield(store.Info{}, fmt.Errorf("%s: %w", doing, err))
		return false
	}
	return yield(info, nil)
}

func (s *Store) page(ctx context.Context, in *s3.ListObjectsV2Input) (out *s3.ListObjectsV2Output, err error) {
	_, err = s.ask(ctx, func(ctx context.Context, _ func()) (err error) {
		out, err = s.client.ListObjectsV2(ctx, in)
		return err
	})
	return out, err
}

// Unfinished implements store.Sweeper: the uploads in parts that were begun before a
// time and never completed.
func (s *Store) Unfinished(ctx context.Context, before time.Time) ([]store.Unfinished, error) {
	var found []store.Unfinished
	in := &s3.ListMultipartUploadsInput{Bucket: &s.bucket, Prefix: &s.base}
	for {
		var out *s3.ListMultipartUploadsOutput
		_, err := s.ask(ctx, func(ctx context.Context, _ func()) (err error) {
			out, err = s.client.ListMultipartUploads(ctx, in)
			return err
		})
		if codeOf(err) == "NoSuchUpload" {
			return found, nil // as some servers say that there is none
		}
		if err != nil {
			return nil, s.explain("listing what is unfinished in "+s.URI(), err)
		}
		for _, u := range out.Uploads {
			key, ours := strings.CutPrefix(aws.ToString(u.Key), s.base)
			if ours && aws.ToTime(u.Initiated).Before(before) {
				found = append(found, store.Unfinished{Key: key, ID: aws.ToString(u.UploadId), Begun: aws.ToTime(u.Initiated)})
			}
		}
		if !aws.ToBool(out.IsTruncated) {
			return found, nil
		}
		in.KeyMarker, in.UploadIdMarker = out.NextKeyMarker, out.NextUploadIdMarker
	}
}

// Drop implements store.Sweeper.
func (s *Store) Drop(ctx context.Context, u store.Unfinished) error {
	full := s.base + u.Key
	_, err := s.ask(ctx, func(ctx context.Context, _ func()) error {
		_, err := s.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &s.bucket, Key: &full, UploadId: &u.ID})
		return err
	})
	if notThere(err) {
		return nil // another was faster
	}
	return s.explain("dropping the parts of "+s.name(u.Key), err)
}
