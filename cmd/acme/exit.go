package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strings"
	"syscall"

	"acme/telemetry/engine/lake"
	"acme/telemetry/engine/query"
	"acme/telemetry/engine/store"
	"acme/telemetry/engine/store/s3"
	"acme/telemetry/engine/stream"
)

// Exit codes, as `acme help exit-codes` lists them.
const (
	exitOK          = 0
	exitFailed      = 1  // the operation or the SQL failed
	exitUsage       = 2  // usage or configuration
	exitUnreachable = 3  // cannot reach or may not; worth a retry
	exitTimeout     = 4  // timeout or cancelled
	exitGate        = 5  // a quality gate failed
	exitPartial     = 6  // partial, and resumable
	exitInternal    = 70 // a defect of this program
)

const exitHelp = `Exit codes:
    0  done
    1  the operation or the SQL failed
    2  usage or configuration is wrong
    3  cannot reach something, or may not; a retry may work
    4  timed out or cancelled
    5  a quality gate failed (report --fail-on, verify, inspect, repair)
    6  partly done; run the same command again to go on
   70  a defect of this program; please report it
  129, 130, 131, 143  ended by SIGHUP, SIGINT, SIGQUIT, SIGTERM
`

// codedError is an error that knows its exit code, and what to do next.
type codedError struct {
	code int
	err  error
	hint string
}

func (e *codedError) Error() string { return e.err.Error() }
func (e *codedError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error {
	return &codedError{code: exitUsage, err: fmt.Errorf(format, args...)}
}

func withHint(code int, hint string, err error) error {
	return &codedError{code: code, err: err, hint: hint}
}

// interrupted is a signal to stop, as the cause of a context's end.
type interrupted struct{ sig syscall.Signal }

func (i interrupted) Error() string {
	switch i.sig {
	case syscall.SIGHUP:
		return "SIGHUP"
	case syscall.SIGINT:
		return "SIGINT"
	case syscall.SIGQUIT:
		return "SIGQUIT"
	case syscall.SIGTERM:
		return "SIGTERM"
	}
	return i.sig.String()
}

// stopped is a run that a signal ended, and what the run said to it.
type stopped struct {
	by  interrupted
	err error
}

func (s stopped) Error() string {
	if errors.Is(s.err, context.Canceled) || errors.As(s.err, new(interrupted)) {
		return "stopped by " + s.by.Error() // what was being done is of no interest: it was told to stop
	}
	return "stopped by " + s.by.Error() + ": " + s.err.Error()
}

func (s stopped) Unwrap() []error { return []error{s.by, s.err} }

// exitCode is the one place where an error becomes an exit code.
func exitCode(err error) int {
	var coded *codedError
	var sig interrupted
	var sqlErr *query.Error
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, new(*defect)):
		return exitInternal
	case errors.As(err, &sig):
		return 128 + int(sig.sig)
	case errors.As(err, &coded):
		return coded.code
	case errors.As(err, &sqlErr):
		return sqlExitCode(sqlErr)
	case errors.As(err, new(*s3.BucketError)):
		return exitUsage
	case errors.As(err, new(*lake.ErasedMeanwhileError)):
		return exitPartial
	case errors.As(err, new(*stream.AccessError)), errors.As(err, new(*stream.UnreachableError)):
		return exitUnreachable // before timeouts: what was waited for in vain is one too
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return exitTimeout
	case errors.Is(err, store.ErrUnavailable), errors.Is(err, fs.ErrPermission), errors.As(err, new(*net.OpError)): // not net.Error, which every errno is
		return exitUnreachable
	default:
		return exitFailed
	}
}

func sqlExitCode(e *query.Error) int {
	switch {
	case strings.HasPrefix(e.Name, "INTERNAL"), e.Name == "GENERIC_INTERNAL_ERROR":
		return exitInternal
	case e.Name == "EXCEEDED_TIME_LIMIT", e.Name == "TIMEOUT", e.Name == "USER_CANCELED", e.Name == "CANCELLED":
		return exitTimeout
	default:
		return exitFailed
	}
}

// reportError writes err to stderr as a person reads it: what was being done, why it
// failed, and what to do next. An SQL error shows its statement with a caret.
func (p *program) reportError(err error) {
	var coded *codedError
	var sqlErr *query.Error
	hint := ""
	switch {
	case errors.As(err, &sqlErr):
		p.sayLines("acme: ", err.Error())
		p.showCaret(p.sql, sqlErr)
		hint = sqlErr.Hint
	default:
		p.sayLines("acme: ", err.Error())
	}
	if hint == "" && errors.As(err, &coded) {
		hint = coded.hint
	}
	if hint == "" {
		hint = kafkaHint(err)
	}
	if hint == "" {
		hint = storeHint(err)
	}
	if hint != "" {
		p.sayLines("  ", hint)
	}
	if d := (*defect)(nil); errors.As(err, &d) {
		p.sayDefect(d.stack)
	}
}
