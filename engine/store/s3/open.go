package s3

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/logging"

	"acme/telemetry/engine/store"
)

// Scheme is what the URIs of these stores begin with.
const Scheme = "s3://"

// ErrConfig says that the configuration of the AWS SDK cannot be used.
var ErrConfig = errors.New("AWS configuration")

// Options are what the SDK's environment may be overruled by. The zero value is good.
type Options struct {
	Profile  string // of the shared configuration; $AWS_PROFILE where empty
	Region   string // $AWS_REGION, or the profile's, where empty
	Endpoint string // URL of a server; $AWS_ENDPOINT_URL_S3, $AWS_ENDPOINT_URL or AWS where empty
	// Temp is the folder for what is too large for memory while it is put; the
	// system's where empty.
	Temp string
}

// Sizes of what is put.
const (
	memoryBytes = 8 << 20  // kept in memory by one Put; more goes to a temporary file
	singleBytes = 64 << 20 // put in one request; more goes in parts
	partBytes   = 32 << 20 // of a part, or more where there would be too many parts
	maxParts    = 10_000   // S3's limit
	partsAtOnce = 4
)

// Store keeps objects in a bucket, below a prefix. It implements store.Store.
type Store struct {
	client      *s3.Client
	credentials aws.CredentialsProvider
	bucket      string
	base        string // "" or a prefix with a slash at its end
	endpoint    string // for people
	temp        string

	sizes   sizes
	times   times
	pace    pace
	reached atomic.Bool // the server has answered once
	nonces  io.Reader
	sleep   func(context.Context, time.Duration) error
	random  func() float64
}

type sizes struct{ memory, single, part int64 }

// times are when a silence is an end.
type times struct{ answer, body, complete time.Duration }

var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

// Open gives the store of a URI, s3://BUCKET or s3://BUCKET/PREFIX. It reads the
// SDK's configuration and speaks to nobody yet. The error wraps store.ErrURI or
// ErrConfig.
func Open(ctx context.Context, uri string, o Options) (*Store, error) {
	bucket, base, err := parse(uri)
	if err != nil {
		return nil, err
	}
	client := awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.MaxIdleConnsPerHost = 64
	})
	load := []func(*config.LoadOptions) error{
		config.WithHTTPClient(client),
		config.WithRetryer(func() aws.Retryer { return aws.NopRetryer{} }),
		config.WithLogger(logging.Nop{}), // an attempt that fails is no news
		// What is put carries its checksum in a header, which every server takes. What
		// is got is held to its checksum here, across the pieces it came in.
		config.WithRequestChecksumCalculation(aws.RequestChecksumCalculationWhenRequired),
		config.WithResponseChecksumValidation(aws.ResponseChecksumValidationWhenRequired),
	}
	if o.Profile != "" {
		load = append(load, config.WithSharedConfigProfile(o.Profile))
	}
	if o.Region != "" {
		load = append(load, config.WithRegion(o.Region))
	}
	cfg, err := config.LoadDefaultConfig(ctx, load...)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	s := &Store{
		credentials: cfg.Credentials, bucket: bucket, base: base, temp: o.Temp,
		sizes: sizes{memoryBytes, singleBytes, partBytes}, times: times{answer: time.Minute, body: 30 * time.Second, complete: 10 * time.Minute},
		nonces: rand.Reader, sleep: sleep, random: mathrand.Float64,
	}
	s.client = s3.NewFromConfig(cfg, func(so *s3.Options) {
		if o.Endpoint != "" {
			so.BaseEndpoint = aws.String(o.Endpoint)
		}
		if so.BaseEndpoint == nil {
			s.endpoint = "Amazon S3 in " + so.Region
			return
		}
		s.endpoint = *so.BaseEndpoint
		// A server of one's own has one name, and buckets below it.
		so.UsePathStyle = !strings.HasSuffix(strings.TrimSuffix(s.endpoint, "/"), ".amazonaws.com")
		if so.Region == "" {
			so.Region = "us-east-1" // what such servers sign for unless told otherwise
		}
	})
	if s.client.Options().Region == "" {
		return nil, fmt.Errorf("%w: the region of the bucket %s is not known: set AWS_REGION, or region in the profile", ErrConfig, bucket)
	}
	return s, nil
}

// parse takes a URI apart.
func parse(uri string) (bucket, base string, err error) {
	bad := func(why string) (string, string, error) {
		return "", "", fmt.Errorf("%w: %q %s; it must be s3://BUCKET or s3://BUCKET/PREFIX", store.ErrURI, uri, why)
	}
	rest, ok := strings.CutPrefix(uri, Scheme)
	if !ok {
		return bad("does not begin with " + Scheme)
	}
	bucket, base, _ = strings.Cut(rest, "/")
	if !bucketName.MatchString(bucket) || strings.Contains(bucket, "..") {
		return bad(fmt.Sprintf("names the bucket %q, which no bucket can be called", bucket))
	}
	if base = strings.TrimSuffix(base, "/"); base == "" {
		return bucket, "", nil
	}
	if err := store.CheckKey(base); err != nil {
		return "", "", fmt.Errorf("%w: %q: its prefix: %w", store.ErrURI, uri, err)
	}
	return bucket, base + "/", nil
}

// URI gives s3://BUCKET or s3://BUCKET/PREFIX.
func (s *Store) URI() string { return strings.TrimSuffix(Scheme+s.bucket+"/"+s.base, "/") }

// Endpoint says which server is spoken to, for people.
func (s *Store) Endpoint() string { return s.endpoint }

// name gives an object as people name it.
func (s *Store) name(key string) string { return Scheme + s.bucket + "/" + s.base + key }

// key gives the bucket's name of a key, after checking it.
func (s *Store) key(key string) (string, error) {
	if err := store.CheckKey(key); err != nil {
		return "", err
	}
	if len(s.base)+len(key) > 1024 {
		return "", fmt.Errorf("%w: %s... has more than 1024 bytes with the lake's prefix", store.ErrKey, key[:64])
	}
	return s.base + key, nil
}

// tempFile makes a file that has no name any more.
func (s *Store) tempFile() (*os.File, error) {
	f, err := os.CreateTemp(s.temp, "acme-put-*")
	if err != nil {
		return nil, err
	}
	_ = os.Remove(f.Name()) // where the system cannot, close removes it
	return f, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
