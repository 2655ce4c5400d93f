package s3

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"acme/telemetry/engine/store/s3/s3test"
)

func TestPurge(t *testing.T) {
	server := s3test.Start(t)
	server.Setenv(t)
	purged(t, openAt(t, "s3://"+s3test.Bucket+"/purge"))
}

// purged deletes an object with its versions, from a bucket that keeps some, and leaves
// those whose keys begin with its key.
func purged(t *testing.T, s *Store) {
	ctx := t.Context()
	_, err := s.client.PutBucketVersioning(ctx, &awss3.PutBucketVersioningInput{
		Bucket: &s.bucket, VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
	})
	if err != nil {
		t.Fatal(err)
	}
	put := func(key, text string) {
		t.Helper()
		if _, err := s.client.PutObject(ctx, &awss3.PutObjectInput{Bucket: &s.bucket, Key: aws.String(s.base + key), Body: strings.NewReader(text)}); err != nil {
			t.Fatal(err)
		}
	}
	put("k", "one")
	put("k", "two")
	put("k-2", "neighbour")
	if _, err := s.client.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: &s.bucket, Key: aws.String(s.base + "k")}); err != nil {
		t.Fatal(err)
	}
	put("k", "three")
	n, err := s.Purge(ctx, "k")
	if err != nil || n != 4 {
		t.Errorf("%d versions, %v; there are three and a marker", n, err)
	}
	left, err := s.client.ListObjectVersions(ctx, &awss3.ListObjectVersionsInput{Bucket: &s.bucket, Prefix: &s.base})
	if err != nil || len(left.Versions) != 1 || len(left.DeleteMarkers) != 0 || aws.ToString(left.Versions[0].Key) != s.base+"k-2" {
		t.Errorf("left: %+v, %v", left, err)
	}
	if n, err := s.Purge(ctx, "k"); n != 0 || err != nil {
		t.Errorf("again: %d, %v", n, err)
	}
}
