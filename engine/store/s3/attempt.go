package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

const (
	attempts      = 8
	firstAttempts = 3 // while the server has never answered
	firstPause    = 100 * time.Millisecond
	longestPause  = 20 * time.Second
)

// pace holds all operations of a store back after the server asked for it.
type pace struct {
	mu    sync.Mutex
	pause time.Duration // before each attempt; nothing where all is well
}

func (p *pace) now() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pause
}

// slower is heard with SlowDown, faster with each success.
func (p *pace) slower() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pause = min(max(2*p.pause, 50*time.Millisecond), 5*time.Second)
}

func (p *pace) faster() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pause /= 2; p.pause < 10*time.Millisecond {
		p.pause = 0
	}
}

// attempt calls until a call succeeds or its error is no passing one. repeated says
// that there was an earlier call which may have had its effect all the same.
func (s *Store) attempt(ctx context.Context, call func(context.Context) error) (repeated bool, err error) {
	for n := 1; ; n++ {
		if err := ctx.Err(); err != nil {
			return n > 1, context.Cause(ctx)
		}
		if _, err := s.credentials.Retrieve(ctx); err != nil && ctx.Err() == nil {
			return n > 1, &credentialsError{err}
		}
		if pause := s.pace.now(); pause > 0 {
			if err := s.sleep(ctx, s.jitter(pause)); err != nil {
				return n > 1, err
			}
		}
		err = call(ctx)
		if ctx.Err() != nil && err != nil {
			return n > 1, context.Cause(ctx)
		}
		passing, slow := s.judge(err)
		if slow {
			s.pace.slower()
		} else if err == nil || !passing && statusOf(err) != 0 {
			s.pace.faster()
		}
		if !passing || n == attempts || n == firstAttempts && !s.reached.Load() {
			return n > 1, err
		}
		if err := s.sleep(ctx, s.pauseAfter(n, err)); err != nil {
			return true, err
		}
	}
}

// ask is attempt for requests whose whole answer is read in the call: one in which
// nothing comes or goes for a while has failed. touch is called for what goes.
func (s *Store) ask(ctx context.Context, call func(ctx context.Context, touch func()) error) (repeated bool, err error) {
	return s.attempt(ctx, func(ctx context.Context) error {
		watched, touch, stop := watch(ctx, s.times.answer)
		defer stop()
		return idleCause(watched, call(watched, touch))
	})
}

// askLong is ask for a request at which a server may be for minutes.
func (s *Store) askLong(ctx context.Context, call func(context.Context) error) (repeated bool, err error) {
	return s.attempt(ctx, func(ctx context.Context) error {
		watched, _, stop := watch(ctx, s.times.complete)
		defer stop()
		return idleCause(watched, call(watched))
	})
}

// pauseAfter gives how long to wait after the nth attempt: twice as long as after the
// one before, or as long as the server says.
func (s *Store) pauseAfter(n int, err error) time.Duration {
	pause := s.jitter(min(firstPause<<(n-1), longestPause))
	var r *smithyhttp.ResponseError
	if errors.As(err, &r) && r.Response != nil {
		if seconds, bad := strconv.Atoi(r.Response.Header.Get("Retry-After")); bad == nil && seconds > 0 {
			pause = max(pause, min(time.Duration(seconds)*time.Second, longestPause))
		}
	}
	return pause
}

// jitter gives between half of a pause and all of it.
func (s *Store) jitter(d time.Duration) time.Duration {
	return d/2 + time.Duration(s.random()*float64(d/2))
}

// passingCodes are answers that another attempt may not get.
var passingCodes = []string{
	"ConditionalRequestConflict", "OperationAborted", "SlowDown", "Throttling", "ThrottlingException", "TooManyRequests",
	"RequestLimitExceeded", "BandwidthLimitExceeded", "RequestThrottled", "InternalError", "ServiceUnavailable", "RequestTimeout",
	// The body was damaged on its way.
	"BadDigest", "IncompleteBody", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch",
}

// judge says whether an error may pass, and whether the server asks for fewer requests.
func (s *Store) judge(err error) (passing, slow bool) {
	if err == nil {
		s.reached.Store(true)
		return false, false
	}
	status, code := statusOf(err), codeOf(err)
	if status != 0 {
		s.reached.Store(true)
	}
	slow = status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable || code == "SlowDown"
	switch {
	case status >= 500, slow, status == http.StatusRequestTimeout, slices.Contains(passingCodes, code):
		return status != http.StatusNotImplemented && status != http.StatusHTTPVersionNotSupported, slow
	case status == 0:
		return lostOnTheWay(err), false
	case code == "" && status < 400:
		return true, false // half an answer
	}
	return false, false
}

// lostOnTheWay says whether an error without an answer is one of the network.
func lostOnTheWay(err error) bool {
	var op net.Error
	return errors.As(err, &op) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, errIdle) ||
		errors.As(err, new(*smithyhttp.RequestSendError)) || errors.As(err, new(*smithy.DeserializationError)) || errors.As(err, new(*brokenError))
}

// statusOf gives the HTTP status of an answer; 0 where there was none.
func statusOf(err error) int {
	var r *smithyhttp.ResponseError
	if errors.As(err, &r) && r.Response != nil && r.Response.Response != nil {
		return r.HTTPStatusCode()
	}
	return 0
}

// codeOf gives S3's name of an error; "" where it has none.
func codeOf(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

func isStatus(err error, status int, code string) bool {
	return err != nil && (statusOf(err) == status || code != "" && codeOf(err) == code)
}

func exists(err error) bool {
	return isStatus(err, http.StatusPreconditionFailed, "PreconditionFailed")
}
func notThere(err error) bool { return isStatus(err, http.StatusNotFound, "") }
func conflict(err error) bool {
	return isStatus(err, http.StatusConflict, "ConditionalRequestConflict")
}

var errIdle = errors.New("nothing came or went")

// watch gives a context that ends when touch has not been called for a while.
func watch(ctx context.Context, idle time.Duration) (watched context.Context, touch, stop func()) {
	watched, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(idle, func() { cancel(fmt.Errorf("%w for %s", errIdle, idle)) })
	return watched, func() { timer.Reset(idle) }, func() { timer.Stop(); cancel(nil) }
}

// idleCause gives the silence that ended a watched call, in place of what it says.
func idleCause(watched context.Context, err error) error {
	if cause := context.Cause(watched); err != nil && errors.Is(cause, errIdle) {
		return cause
	}
	return err
}
