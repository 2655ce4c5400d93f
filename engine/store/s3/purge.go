package s3

import (
	"context"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"acme/telemetry/engine/store"
)

// Purge implements store.Versioned: every version of the object and every marker that it
// was deleted goes, so that a bucket with versions keeps nothing of it. In a bucket that
// never had versions an object has one, named null. A server that knows no versions is
// asked to delete the object.
func (s *Store) Purge(ctx context.Context, key string) (versions int, err error) {
	full, err := s.key(key)
	if err != nil {
		return 0, err
	}
	doing := "deleting every version of " + s.name(key)
	in := &s3.ListObjectVersionsInput{Bucket: &s.bucket, Prefix: &full}
	for {
		var out *s3.ListObjectVersionsOutput
		_, err := s.ask(ctx, func(ctx context.Context, _ func()) (err error) {
			out, err = s.client.ListObjectVersions(ctx, in)
			return err
		})
		if code := codeOf(err); code == "NotImplemented" || code == "MethodNotAllowed" || statusOf(err) == http.StatusNotImplemented {
			return 1, s.deleteVersion(ctx, full, nil, doing)
		}
		if err != nil {
			return versions, s.explain(doing, err)
		}
		beyond := false
		drop := func(k, version *string) error {
			if beyond = beyond || aws.ToString(k) > full; aws.ToString(k) != full {
				return nil // one that begins with this key
			}
			versions++
			return s.deleteVersion(ctx, full, version, doing)
		}
		for _, v := range out.Versions {
			if err := drop(v.Key, v.VersionId); err != nil {
				return versions, err
			}
		}
		for _, m := range out.DeleteMarkers {
			if err := drop(m.Key, m.VersionId); err != nil {
				return versions, err
			}
		}
		if beyond || !aws.ToBool(out.IsTruncated) {
			return versions, nil
		}
		in.KeyMarker, in.VersionIdMarker = out.NextKeyMarker, out.NextVersionIdMarker
	}
}

func (s *Store) deleteVersion(ctx context.Context, full string, version *string, doing string) error {
	_, err := s.ask(ctx, func(ctx context.Context, _ func()) error {
		_, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &s.bucket, Key: &full, VersionId: version})
		return err
	})
	if notThere(err) || codeOf(err) == "NoSuchVersion" {
		return nil // another was faster
	}
	return s.explain(doing, err)
}

var _ store.Versioned = (*Store)(nil)
