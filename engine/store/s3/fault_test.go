package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"acme/telemetry/engine/store"
	"acme/telemetry/engine/store/s3/s3test"
)

// sample makes bytes that repeat nowhere.
func sample(n int) []byte {
	b := make([]byte, n)
	rng := rand.NewChaCha8([32]byte{1})
	_, _ = rng.Read(b)
	return b
}

func broken(t *testing.T) (*s3test.Server, *Store) {
	t.Helper()
	server := s3test.Start(t)
	server.Setenv(t)
	return server, impatient(openAt(t, "s3://"+s3test.Bucket+"/f"))
}

// nth breaks the first n requests of an operation.
func nth(op string, n int, f s3test.Fault) func(*http.Request) s3test.Fault {
	var seen atomic.Int64
	return func(r *http.Request) s3test.Fault {
		if s3test.Operation(r) == op && seen.Add(1) <= int64(n) {
			return f
		}
		return nil
	}
}

func read(s *Store, key string) ([]byte, error) {
	r, info, err := s.Get(context.Background(), key)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err == nil && info.Size != int64(len(data)) {
		err = fmt.Errorf("Get says %d bytes and gave %d", info.Size, len(data))
	}
	return data, err
}

// Whatever the server does to a Put, in the end there is the whole object and no
// error, or no object of ours and an error.
func TestPutFaults(t *testing.T) {
	faults := map[string]s3test.Fault{
		"500": s3test.Answer(500, "InternalError"), "503": s3test.Answer(503, "SlowDown"), "429": s3test.Answer(429, "TooManyRequests"),
		"403": s3test.Answer(403, "AccessDenied"), "409": s3test.Answer(409, "ConditionalRequestConflict"), "502 without a word": s3test.Answer(502, ""),
		"reset": s3test.Reset, "lost answer": s3test.Lost, "stall": s3test.Stall(0), "timeout": s3test.Answer(400, "RequestTimeout"),
		"digest": s3test.Answer(400, "BadDigest"), "cut answer": s3test.Cut(1), "200 and an error": s3test.Answer(200, "InternalError"),
	}
	ops := []string{"PutObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload", "HeadObject", "AbortMultipartUpload"}
	server, s := broken(t)
	small, big := sample(4096), sample(150<<10)
	tried := 0
	for _, name := range slices.Sorted(keysOf(faults)) {
		for _, op := range ops {
			for _, count := range []int{1, 2, 100} {
				if name == "stall" && count > 2 || name == "200 and an error" && op != "CompleteMultipartUpload" {
					continue // S3 does the second there only
				}
				data := small
				s.sizes = sizes{1 << 10, 1 << 16, 50 << 10}
				s.times = times{answer: 20 * time.Second, body: 20 * time.Second, complete: 20 * time.Second}
				if name == "stall" {
					s.times = times{answer: 100 * time.Millisecond, body: 20 * time.Second, complete: 100 * time.Millisecond}
				}
				if op != "PutObject" && op != "HeadObject" {
					data = big
				}
				s.pace.pause = 0
				key := fmt.Sprintf("%s/%s/%d", strings.ReplaceAll(name, " ", "-"), op, count)
				server.Break(nth(op, count, faults[name]))
				info, err := s.Put(t.Context(), key, bytes.NewReader(data))
				server.Break(nil)
				tried++
				got, gone := read(s, key)
				switch {
				case err == nil && (!bytes.Equal(got, data) || info.Size != int64(len(data))):
					t.Errorf("%s: acknowledged, and reading gives %d bytes, %v", key, len(got), gone)
				case errors.Is(err, store.ErrExists):
					t.Errorf("%s: took its own object for another's: %v", key, err)
				case err != nil && gone == nil && !bytes.Equal(got, data):
					t.Errorf("%s: refused, and there are %d other bytes", key, len(got))
				case err != nil && count == 1 && name != "403" && name != "stall":
					t.Errorf("%s: one fault was not overcome: %v", key, err)
				case err != nil && !strings.Contains(err.Error(), key):
					t.Errorf("%s: the error does not name the object: %v", key, err)
				}
			}
		}
	}
	t.Logf("%d schedules", tried)
	left, err := s.Unfinished(t.Context(), time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range left { // those whose abort was made to fail
		if err := s.Drop(t.Context(), u); err != nil {
			t.Error(err)
		}
	}
	if left, err = s.Unfinished(t.Context(), time.Now().Add(time.Hour)); err != nil || len(left) > 0 {
		t.Errorf("after the sweep %d uploads are left, %v", len(left), err)
	}
}

func keysOf[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// A connection that is cut at every byte of an object, and again in the rest, gives the
// object.
func TestGetCutAtEveryByte(t *testing.T) {
	server, s := broken(t)
	data := sample(4096)
	if _, err := s.Put(t.Context(), "k", bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
	step := 1
	if testing.Short() {
		step = 61
	}
	for n := 0; n <= len(data); n += step {
		server.Break(nth("GetObject", 2, s3test.Cut(n)))
		got, err := read(s, "k")
		if err != nil || !bytes.Equal(got, data) {
			t.Fatalf("cut at byte %d: %d bytes, %v", n, len(got), err)
		}
	}
}

// Whatever comes of a Get is the object or an error.
func TestGetFaults(t *testing.T) {
	server, s := broken(t)
	data := sample(4096)
	if _, err := s.Put(t.Context(), "k", bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		fault s3test.Fault
		times int
		fails bool
	}{
		"stall":            {s3test.Stall(1000), 2, false},
		"stall for good":   {s3test.Stall(0), 100, true},
		"500":              {s3test.Answer(500, "InternalError"), 5, false},
		"503 for good":     {s3test.Answer(503, "SlowDown"), 100, true},
		"403":              {s3test.Answer(403, "AccessDenied"), 1, true},
		"a bit flipped":    {s3test.Flip(2000), 1, true},
		"reset":            {s3test.Reset, 3, false},
		"cut for good":     {s3test.Cut(0), 100, true},
		"byte by byte":     {s3test.Cut(100), 1000, false},
		"no ranges served": {withoutRange, 100, false},
	} {
		t.Run(name, func(t *testing.T) {
			s.pace.pause = 0
			s.times.body = 10 * time.Second
			if strings.HasPrefix(name, "stall") {
				s.times.body = 100 * time.Millisecond
			}
			server.Break(nth("GetObject", c.times, c.fault))
			got, err := read(s, "k")
			if c.fails != (err != nil) || err == nil && !bytes.Equal(got, data) {
				t.Errorf("%d bytes of %d, %v", len(got), len(data), err)
			}
			if err != nil && !strings.Contains(err.Error(), s3test.Bucket+"/f/k") {
				t.Errorf("the error does not name the object: %v", err)
			}
		})
	}
}

// withoutRange is a server that knows no ranges.
func withoutRange(w http.ResponseWriter, r *http.Request, next http.Handler) {
	r.Header.Del("Range")
	next.ServeHTTP(w, r)
}

// An object that was replaced in the midst of being read is not read to its end.
func TestGetOfAnObjectThatChanges(t *testing.T) {
	server, s := broken(t)
	for _, changed := range []bool{true, false} {
		key := fmt.Sprint("k", changed)
		if _, err := s.Put(t.Context(), key, bytes.NewReader(sample(4096))); err != nil {
			t.Fatal(err)
		}
		server.Break(nth("GetObject", 1, s3test.Cut(1000)))
		r, _, err := s.Get(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		if changed {
			if _, err := s.Put(t.Context(), key, strings.NewReader(strings.Repeat("x", 4096))); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := io.ReadAll(r); !errors.As(err, new(*DamagedError)) || !strings.Contains(err.Error(), "after 1000 of 4096 bytes") {
			t.Errorf("%d bytes, %v, want a DamagedError that says where the first connection broke", len(got), err)
		}
	}
}

// A hundred operations in an outage do not keep the next one from being repeated, as
// the SDK's quota would.
func TestOutageLeavesNoDebt(t *testing.T) {
	server, s := broken(t)
	server.Break(func(*http.Request) s3test.Fault { return s3test.Answer(500, "InternalError") })
	for i := range 100 {
		if _, err := s.Stat(t.Context(), fmt.Sprint(i)); !errors.As(err, new(*UnreachableError)) {
			t.Fatalf("operation %d: %v", i, err)
		}
	}
	if asked := len(server.Requests()); asked != 100*attempts {
		t.Errorf("%d requests for 100 operations, want %d", asked, 100*attempts)
	}
	server.Break(nth("PutObject", attempts-1, s3test.Answer(500, "InternalError")))
	if _, err := s.Put(t.Context(), "k", strings.NewReader("x")); err != nil {
		t.Error(err)
	}
}

// The pauses double, and end.
func TestPauses(t *testing.T) {
	server, s := broken(t)
	var slept []time.Duration
	s.sleep = func(_ context.Context, d time.Duration) error { slept = append(slept, d); return nil }
	s.random = func() float64 { return 1 }
	server.Break(func(*http.Request) s3test.Fault { return s3test.Answer(500, "InternalError") })
	if _, err := s.Stat(t.Context(), "k"); err == nil {
		t.Fatal("no error")
	}
	want := "[100ms 200ms 400ms 800ms 1.6s 3.2s 6.4s]"
	if fmt.Sprint(slept) != want {
		t.Errorf("pauses %v, want %s", slept, want)
	}
	slept = nil
	server.Break(nth("HeadObject", 1, s3test.Answer(503, "SlowDown")))
	_, _ = s.Stat(t.Context(), "k")
	_, _ = s.Stat(t.Context(), "other")
	if fmt.Sprint(slept) != "[100ms 50ms 25ms]" {
		t.Errorf("after SlowDown the pauses are %v", slept)
	}
}

// Who asks wrongly hears what is wrong and what to look at.
func TestErrors(t *testing.T) {
	server, s := broken(t)
	t.Run("wrong secret", func(t *testing.T) {
		t.Setenv("AWS_SECRET_ACCESS_KEY", "wrongsecret")
		_, err := openAt(t, s.URI()).Put(t.Context(), "k", strings.NewReader("x"))
		var denied *AccessError
		if !errors.As(err, &denied) || !strings.Contains(denied.Check, "AWS_SECRET_ACCESS_KEY") || strings.Contains(err.Error(), "wrongsecret") {
			t.Errorf("%v", err)
		}
	})
	t.Run("no credentials", func(t *testing.T) {
		t.Setenv("AWS_ACCESS_KEY_ID", "")
		t.Setenv("AWS_SECRET_ACCESS_KEY", "")
		_, err := openAt(t, s.URI()).Stat(t.Context(), "k")
		if !errors.As(err, new(*AccessError)) {
			t.Errorf("%v", err)
		}
	})
	t.Run("no bucket", func(t *testing.T) {
		for _, err := range openAt(t, "s3://no-such-bucket-here").List(t.Context(), "") {
			if !errors.As(err, new(*BucketError)) || !strings.Contains(err.Error(), "no-such-bucket-here") {
				t.Errorf("%v", err)
			}
		}
	})
	t.Run("no server", func(t *testing.T) {
		t.Setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
		var asked int
		away := impatient(openAt(t, s.URI()))
		away.sleep = func(context.Context, time.Duration) error { asked++; return nil }
		_, err := away.Stat(t.Context(), "k")
		if !errors.As(err, new(*UnreachableError)) || !strings.Contains(err.Error(), "127.0.0.1:1") || asked != firstAttempts-1 {
			t.Errorf("%v after %d pauses", err, asked)
		}
	})
	t.Run("no region", func(t *testing.T) {
		t.Setenv("AWS_REGION", "")
		t.Setenv("AWS_ENDPOINT_URL_S3", "")
		if _, err := Open(t.Context(), s.URI(), Options{}); !errors.Is(err, ErrConfig) {
			t.Errorf("%v", err)
		}
	})
	for _, uri := range []string{"s3://", "s3://B", "s3:///x", "s3://bucket/../x", "s3://bucket/a//b", "s3://a..b/x", "file:///x", "s3://bucket/\x01"} {
		if _, err := Open(t.Context(), uri, Options{}); !errors.Is(err, store.ErrURI) {
			t.Errorf("Open(%q): %v, want ErrURI", uri, err)
		}
	}
	_ = server
}

// What lies in a bucket and cannot be read by a store's keys is refused, not passed over.
func TestListOfForeignKeys(t *testing.T) {
	_, s := broken(t)
	foreign := func(key, data string) {
		t.Helper()
		if _, err := s.client.PutObject(t.Context(), &awss3.PutObjectInput{Bucket: &s.bucket, Key: aws.String("f/" + key), Body: strings.NewReader(data)}); err != nil {
			t.Fatal(err)
		}
	}
	foreign("a/", "") // a console's folder
	foreign("a/x", "x")
	keys, err := list(s)
	if err != nil || fmt.Sprint(keys) != "[a/x]" {
		t.Errorf("%v, %v", keys, err)
	}
	foreign("b//c", "y")
	if keys, err = list(s); !errors.Is(err, store.ErrKey) || !strings.Contains(err.Error(), "b//c") {
		t.Errorf("%v, %v", keys, err)
	}
}

func list(s *Store) (keys []string, err error) {
	for info, err := range s.List(context.Background(), "") {
		if err != nil {
			return keys, err
		}
		keys = append(keys, info.Key)
	}
	return keys, nil
}

// A listing of several pages has every key once, in order; one that goes back is refused.
func TestListInPages(t *testing.T) {
	server, s := broken(t)
	want := []string{}
	for i := range 1205 {
		key := fmt.Sprintf("p/%05d", i*7)
		want = append(want, key)
		if _, err := s.Put(t.Context(), key, strings.NewReader("")); err != nil {
			t.Fatal(err)
		}
	}
	server.Requests()
	if got, err := list(s); err != nil || !slices.Equal(got, want) {
		t.Errorf("%d keys, %v", len(got), err)
	}
	if asked := len(server.Requests()); asked != 2 {
		t.Errorf("%d requests for two pages", asked)
	}
	server.Break(func(r *http.Request) s3test.Fault { // gives the first page again and again
		q := r.URL.Query()
		q.Del("continuation-token")
		r.URL.RawQuery = q.Encode()
		return nil
	})
	_, err := list(s)
	if err == nil {
		t.Error("a listing that starts anew was believed")
	}
}

func TestRange(t *testing.T) {
	server, s := broken(t)
	data := sample(4096)
	if _, err := s.Put(t.Context(), "k", bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ from, size, want int64 }{{0, 10, 10}, {100, 1000, 1000}, {4000, 96, 96}, {4000, 1000, 96}, {0, 5000, 4096}} {
		server.Break(nth("GetObject", 1, s3test.Cut(5)))
		r, info, err := s.GetRange(t.Context(), "k", c.from, c.size)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, data[c.from:c.from+c.want]) || info.Size != 4096 {
			t.Errorf("%d bytes from %d: %d bytes, size %d, %v", c.size, c.from, len(got), info.Size, err)
		}
	}
}

func TestLarge(t *testing.T) {
	_, s := broken(t)
	large(t, s)
}

// large puts objects of sizes around those where the way changes.
func large(t *testing.T, s *Store) {
	s.sizes = sizes{1 << 20, 6 << 20, 5 << 20}
	s.times = times{answer: time.Minute, body: time.Minute, complete: time.Minute}
	data := sample(21 << 20)
	for _, size := range []int{0, 1 << 20, 1<<20 + 1, 6 << 20, 6<<20 + 1, 10 << 20, 15<<20 + 1, 21 << 20} {
		key := fmt.Sprintf("large/%d", size)
		info, err := s.Put(t.Context(), key, bytes.NewReader(data[:size]))
		if err != nil {
			t.Fatal(err)
		}
		found, err := s.Stat(t.Context(), key)
		if err != nil || found.Size != int64(size) || found.Version == "" || found.Version != info.Version {
			t.Errorf("%d bytes: put as %+v, found as %+v, %v", size, info, found, err)
		}
		if got, err := read(s, key); err != nil || !bytes.Equal(got, data[:size]) {
			t.Errorf("%d bytes: %d came back, %v", size, len(got), err)
		}
		if _, err := s.Put(t.Context(), key, bytes.NewReader(data[:size])); !errors.Is(err, store.ErrExists) {
			t.Errorf("%d bytes again: %v", size, err)
		}
	}
}

func TestRaceOfParts(t *testing.T) {
	_, s := broken(t)
	raceOfParts(t, s)
}

// raceOfParts has many writers complete an object in parts at once: one wins.
func raceOfParts(t *testing.T, s *Store) {
	s.sizes = sizes{1 << 20, 1 << 20, 5 << 20}
	s.times = times{answer: time.Minute, body: time.Minute, complete: time.Minute}
	var wg sync.WaitGroup
	var won atomic.Int64
	winner := make(chan byte, 6)
	for i := range 6 {
		wg.Go(func() {
			_, err := s.Put(context.Background(), "race", bytes.NewReader(bytes.Repeat([]byte{byte(i)}, 6<<20)))
			if err == nil {
				won.Add(1)
				winner <- byte(i)
			} else if !errors.Is(err, store.ErrExists) {
				t.Errorf("a writer that lost got %v", err)
			}
		})
	}
	wg.Wait()
	got, err := read(s, "race")
	if won.Load() != 1 || err != nil || got[0] != <-winner || got[len(got)-1] != got[0] {
		t.Errorf("%d won; reading gives %d bytes, %v", won.Load(), len(got), err)
	}
	if left, err := s.Unfinished(t.Context(), time.Now().Add(time.Hour)); err != nil || len(left) > 0 {
		t.Errorf("uploads left: %v, %v", left, err)
	}
}

func TestUnfinished(t *testing.T) {
	_, s := broken(t)
	unfinished(t, s)
}

// unfinished finds and drops an upload that nobody completes, and no other prefix's.
func unfinished(t *testing.T, s *Store) {
	for _, key := range []string{s.base + "begun", "elsewhere/begun"} {
		if _, err := s.client.CreateMultipartUpload(t.Context(), &awss3.CreateMultipartUploadInput{Bucket: &s.bucket, Key: aws.String(key)}); err != nil {
			t.Fatal(err)
		}
	}
	if young, err := s.Unfinished(t.Context(), time.Now().Add(-time.Hour)); err != nil || len(young) > 0 {
		t.Errorf("what was begun a moment ago is taken for old: %v, %v", young, err)
	}
	found, err := s.Unfinished(t.Context(), time.Now().Add(time.Hour))
	if err != nil || len(found) != 1 || found[0].Key != "begun" {
		t.Fatalf("%v, %v", found, err)
	}
	for range 2 { // another may have been faster
		if err := s.Drop(t.Context(), found[0]); err != nil {
			t.Error(err)
		}
	}
	if found, err = s.Unfinished(t.Context(), time.Now().Add(time.Hour)); err != nil || len(found) > 0 {
		t.Errorf("left: %v, %v", found, err)
	}
}
