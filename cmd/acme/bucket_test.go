package main

import (
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/rogpeppe/go-internal/testscript"

	"acme/telemetry/engine/store/s3/s3test"
)

// buckets are the servers that scripts have started, by their scripts' folders.
type buckets struct {
	mu      sync.Mutex
	servers map[string]*s3test.Server
}

func (b *buckets) of(ts *testscript.TestScript) *s3test.Server {
	b.mu.Lock()
	defer b.mu.Unlock()
	work := ts.Getenv("WORK")
	if s := b.servers[work]; s != nil {
		return s
	}
	s, stop, err := s3test.Serve()
	ts.Check(err)
	ts.Defer(stop)
	for name, value := range s.Env() {
		ts.Setenv(name, value)
	}
	ts.Setenv("BUCKET", "s3://"+s3test.Bucket)
	b.servers[work] = s
	return s
}

// command is the scripts' command bucket:
//
//	bucket                          starts an S3 server, names it in the environment, and its bucket in $BUCKET
//	bucket break STATUS CODE OP N   answers the next N requests of an operation with an error
//	bucket mend                     ends that
//	bucket away                     answers no request any more
//	[!] bucket asked OP             says whether the operation was asked for since the last time
func (b *buckets) command(ts *testscript.TestScript, neg bool, args []string) {
	server := b.of(ts)
	switch {
	case len(args) == 0:
	case args[0] == "break" && len(args) == 5:
		status, err := strconv.Atoi(args[1])
		ts.Check(err)
		n, err := strconv.ParseInt(args[4], 10, 64)
		ts.Check(err)
		var seen atomic.Int64
		server.Break(func(r *http.Request) s3test.Fault {
			if s3test.Operation(r) == args[3] && seen.Add(1) <= n {
				return s3test.Answer(status, args[2])
			}
			return nil
		})
	case args[0] == "mend" && len(args) == 1:
		server.Break(nil)
	case args[0] == "away" && len(args) == 1:
		server.Break(func(*http.Request) s3test.Fault { return s3test.Reset })
	case args[0] == "asked" && len(args) == 2:
		asked := false
		for _, op := range server.Requests() {
			asked = asked || op == args[1]
		}
		if asked == neg {
			ts.Fatalf("%s was asked for: %v", args[1], asked)
		}
	default:
		ts.Fatalf("usage: bucket [break STATUS CODE OP N | mend | away | asked OP]")
	}
}
