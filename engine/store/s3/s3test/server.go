// Package s3test is a bucket server in the test's own process, which fails on demand.
//
// What comes in: how requests are to be broken. What goes out: a server that checks
// signatures, checksums and conditions as S3 does, the environment by which the AWS SDK
// finds it, and what it was asked. The server behind it is rclone's gofakes3 in memory;
// its conditional puts, which it does not decide in one step, are put in a row here. Of
// what S3 promises it lacks the checksums of objects in parts, and a listing that starts
// after a key that is not there, so that nothing may rest on those.
package s3test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/rclone/gofakes3"
	"github.com/rclone/gofakes3/s3mem"
)

// Bucket is the bucket that every server has.
const Bucket = "acme-test-bucket"

const (
	accessKey = "acmetestkey"
	secretKey = "acmetestsecret"
)

// Fault is what a request is answered with in place of the server's answer; calling next
// asks the server. A nil Fault is none.
type Fault func(w http.ResponseWriter, r *http.Request, next http.Handler)

// Server is a running server.
type Server struct {
	URL string

	mu       sync.Mutex
	requests []string
	fault    func(r *http.Request) Fault

	conditional sync.Mutex
}

// Start starts a server with an empty bucket; it ends with the test.
func Start(t testing.TB) *Server {
	t.Helper()
	s, stop, err := Serve()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return s
}

// Serve is Start for who has no test to end it.
func Serve() (s *Server, stop func(), err error) {
	backend := s3mem.New()
	if err := backend.CreateBucket(context.Background(), Bucket); err != nil {
		return nil, nil, err
	}
	fake := gofakes3.New(backend, gofakes3.WithV4Auth(map[string]string{accessKey: secretKey})).Server()
	s = &Server{}
	behind := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") != "" {
			s.conditional.Lock()
			defer s.conditional.Unlock()
		}
		fake.ServeHTTP(w, r)
	})
	running, end := context.WithCancel(context.Background())
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.requests = append(s.requests, Operation(r))
		choose := s.fault
		s.mu.Unlock()
		if choose != nil {
			if fault := choose(r); fault != nil {
				fault(w, r, behind)
				return
			}
		}
		behind.ServeHTTP(w, r)
	}))
	server.Config.BaseContext = func(net.Listener) context.Context { return running } // ends who stalls
	server.Start()
	s.URL = server.URL
	return s, func() { end(); server.CloseClientConnections(); server.Close() }, nil
}

// Env gives the variables by which the AWS SDK finds the server and who to be.
func (s *Server) Env() map[string]string {
	return map[string]string{
		"AWS_ENDPOINT_URL_S3": s.URL, "AWS_REGION": "eu-central-1",
		"AWS_ACCESS_KEY_ID": accessKey, "AWS_SECRET_ACCESS_KEY": secretKey,
		// Nothing of the machine's own.
		"AWS_CONFIG_FILE": "/nonexistent/config", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent/credentials",
		"AWS_PROFILE": "", "AWS_SESSION_TOKEN": "", "AWS_EC2_METADATA_DISABLED": "true",
	}
}

// Setenv gives the test the environment of the server.
func (s *Server) Setenv(t testing.TB) {
	t.Helper()
	for name, value := range s.Env() {
		t.Setenv(name, value)
	}
}

// Break sets what chooses a fault for each request; nil for none.
func (s *Server) Break(choose func(r *http.Request) Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = choose
}

// Requests gives the operations asked for since it was last called, in their order.
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.requests
	s.requests = nil
	return r
}

// Operation gives S3's name of what a request asks for.
func Operation(r *http.Request) string {
	q := r.URL.Query()
	_, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch {
	case key == "" && q.Has("uploads"):
		return "ListMultipartUploads"
	case key == "" && q.Has("versions"):
		return "ListObjectVersions"
	case key == "" && r.Method == http.MethodGet:
		return "ListObjectsV2"
	case key == "":
		return r.Method + "Bucket"
	case r.Method == http.MethodPost && q.Has("uploads"):
		return "CreateMultipartUpload"
	case r.Method == http.MethodPost && q.Has("uploadId"):
		return "CompleteMultipartUpload"
	case r.Method == http.MethodPut && q.Has("uploadId"):
		return "UploadPart"
	case r.Method == http.MethodDelete && q.Has("uploadId"):
		return "AbortMultipartUpload"
	case r.Method == http.MethodDelete && q.Has("versionId"):
		return "DeleteObjectVersion"
	}
	return map[string]string{
		http.MethodGet: "GetObject", http.MethodHead: "HeadObject", http.MethodPut: "PutObject", http.MethodDelete: "DeleteObject",
	}[r.Method]
}

// Answer is the fault of an error answer in S3's form.
func Answer(status int, code string) Fault {
	return func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		if r.Method != http.MethodHead {
			_, _ = io.WriteString(w, "<Error><Code>"+code+"</Code><Message>made by the test</Message></Error>")
		}
	}
}

// Reset is the fault of a connection that is cut, before the server has heard anything.
func Reset(http.ResponseWriter, *http.Request, http.Handler) { panic(http.ErrAbortHandler) }

// Lost is the fault of an answer that is lost: the server has done what was asked.
func Lost(_ http.ResponseWriter, r *http.Request, next http.Handler) {
	next.ServeHTTP(httptest.NewRecorder(), r)
	panic(http.ErrAbortHandler)
}

// begin sends an answer's head and the first n bytes of its body.
func begin(w http.ResponseWriter, r *http.Request, next http.Handler, n int) {
	answer := httptest.NewRecorder()
	next.ServeHTTP(answer, r)
	forward(w, answer)
	body := answer.Body.Bytes()
	_, _ = w.Write(body[:min(n, len(body))])
	w.(http.Flusher).Flush()
}

// Cut is the fault of a body that ends after n bytes, by a cut connection.
func Cut(n int) Fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		begin(w, r, next, n)
		panic(http.ErrAbortHandler)
	}
}

// Stall is the fault of a body that stops after n bytes and never ends.
func Stall(n int) Fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		begin(w, r, next, n)
		<-r.Context().Done()
	}
}

// Flip is the fault of a body with one bit of byte n changed.
func Flip(n int) Fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, r)
		forward(w, answer)
		body := answer.Body.Bytes()
		if n < len(body) {
			body[n] ^= 1
		}
		_, _ = w.Write(body)
	}
}

func forward(w http.ResponseWriter, answer *httptest.ResponseRecorder) {
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
}
