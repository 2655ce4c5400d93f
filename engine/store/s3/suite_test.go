package s3

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"acme/telemetry/engine/store"
	"acme/telemetry/engine/store/s3/s3test"
	"acme/telemetry/engine/store/storetest"
)

// openAt opens a store in the test's bucket that waits for nothing and takes small
// objects for large ones.
func openAt(t testing.TB, uri string) *Store {
	t.Helper()
	s, err := Open(context.Background(), uri, Options{Temp: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// impatient makes a store that pauses for no time at all.
func impatient(s *Store) *Store {
	s.sleep = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	return s
}

func TestSuite(t *testing.T) {
	server := s3test.Start(t)
	server.Setenv(t)
	suite(t, s3test.Bucket, 5000)
}

// suite runs what every store must do, in a prefix of its own for each case: objects in
// one request, and in parts of the least size that S3 takes.
func suite(t *testing.T, bucket string, inParts int64) {
	var cases atomic.Int64
	for name, sizes := range map[string]sizes{"whole": {memoryBytes, singleBytes, partBytes}, "spooled": {1000, singleBytes, partBytes}, "parts": {1000, inParts, 5 << 20}} {
		run := fmt.Sprintf("%s-%d", name, os.Getpid())
		t.Run(name, func(t *testing.T) {
			storetest.Run(t, func(t *testing.T) store.Store {
				s := openAt(t, fmt.Sprintf("s3://%s/suite/%s/%d", bucket, run, cases.Add(1)))
				s.sizes = sizes
				return s
			}, func(uri string) (store.Store, error) { return Open(t.Context(), uri, Options{}) })
		})
	}
}

// TestServer runs the suite, and the tests of large objects, on a real server, which
// ACME_S3 names by its URL; the keys come from the environment. With ACME_S3_RACES=loose
// the server is one that lets several writers complete an object in parts, as SeaweedFS
// 4.48 does: then objects that are raced for are put whole, as a lake's are.
func TestServer(t *testing.T) {
	endpoint := os.Getenv("ACME_S3")
	if endpoint == "" {
		t.Skip("ACME_S3 names no server")
	}
	t.Setenv("AWS_ENDPOINT_URL_S3", endpoint)
	bucket := fmt.Sprintf("acme-suite-%d", os.Getpid())
	made := openAt(t, "s3://"+bucket)
	if _, err := made.client.CreateBucket(t.Context(), &awss3.CreateBucketInput{Bucket: aws.String(bucket)}); err != nil {
		t.Fatal(err)
	}
	loose := os.Getenv("ACME_S3_RACES") == "loose"
	if inParts := int64(5000); loose {
		suite(t, bucket, 4*inParts)
	} else {
		suite(t, bucket, inParts)
		t.Run("race of parts", func(t *testing.T) { raceOfParts(t, openAt(t, "s3://"+bucket+"/race")) })
	}
	t.Run("large", func(t *testing.T) { large(t, openAt(t, "s3://"+bucket+"/large")) })
	t.Run("purge", func(t *testing.T) { purged(t, openAt(t, "s3://"+bucket+"/purge")) })
	t.Run("unfinished", func(t *testing.T) { unfinished(t, openAt(t, "s3://"+bucket+"/unfinished")) })
}
