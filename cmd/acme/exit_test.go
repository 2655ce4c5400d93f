package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
	"testing"

	"acme/telemetry/engine/query"
)

// TestExitCode is the table that `acme help exit-codes` prints, case by case.
func TestExitCode(t *testing.T) {
	full := &fs.PathError{Op: "write", Path: "x.gz", Err: syscall.ENOSPC}
	for _, c := range []struct {
		what string
		err  error
		want int
	}{
		{"done", nil, exitOK},
		{"a failure", errors.New("it failed"), exitFailed},
		{"wrong SQL", &query.Error{Name: "SYNTAX_ERROR"}, exitFailed},
		{"wrong DDL", fmt.Errorf("read the tables' DDL: %w", &query.Error{Name: "TYPE_NOT_FOUND"}), exitFailed},
		{"usage", usagef("--to x"), exitUsage},
		{"no permission", fmt.Errorf("list: %w", fs.ErrPermission), exitUnreachable},
		{"timeout", &query.Error{Name: "TIMEOUT"}, exitTimeout},
		{"cancelled", context.Canceled, exitTimeout},
		{"a gate", silentExit{exitGate}, exitGate},
		{"no room to generate", explainGenerateError(t.Context(), full), exitPartial},
		{"a defect", &query.Error{Name: "INTERNAL_ERROR"}, exitInternal},
		{"a part's defect", fmt.Errorf("generator: %w", caught(func() error { panic("x") })), exitInternal},
		{"stopped", stopped{interrupted{syscall.SIGINT}, context.Canceled}, 130},
		{"stopped while generating", stopped{interrupted{syscall.SIGTERM}, withHint(exitPartial, "again", context.Canceled)}, 143},
	} {
		var silent silentExit
		got := exitCode(c.err)
		if errors.As(c.err, &silent) {
			got = silent.code
		}
		if got != c.want {
			t.Errorf("%s: exit %d, want %d", c.what, got, c.want)
		}
	}
}

// What stopped a run is said; that it was then cancelled is not, and what else went
// wrong is.
func TestStoppedSays(t *testing.T) {
	by := interrupted{syscall.SIGHUP}
	for _, c := range []struct {
		err  error
		want string
	}{
		{fmt.Errorf("report: asking for overview: %w", context.Canceled), "stopped by SIGHUP"},
		{fmt.Errorf("publish: %w", by), "stopped by SIGHUP"},
		{errors.New("the disk is gone"), "stopped by SIGHUP: the disk is gone"},
	} {
		if got := (stopped{by, c.err}).Error(); got != c.want {
			t.Errorf("it says %q, want %q", got, c.want)
		}
	}
}

// A defect has its own code and says what to report.
func TestDefect(t *testing.T) {
	var said bytes.Buffer
	p := &program{stderr: &said}
	if code := p.confess("index out of range", []byte("main.f()\n\tmain.go:1\n")); code != exitInternal {
		t.Errorf("exit %d, want %d", code, exitInternal)
	}
	if !strings.Contains(said.String(), "internal error: index out of range") || !strings.Contains(said.String(), "main.go:1") {
		t.Errorf("it says %q", said.String())
	}
	said.Reset()
	p.reportError(fmt.Errorf("generator: %w", caught(func() error { panic("index out of range") })))
	for _, want := range []string{"acme: generator: internal error: index out of range", "please report it", "TestDefect"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("it says no %q: %q", want, said.String())
		}
	}
}

// TestOutput: the first failure to write is the run's, but for a reader who went.
func TestOutput(t *testing.T) {
	full := &output{w: brokenWriter{&fs.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.ENOSPC}}}
	_, _ = full.Write([]byte("x"))
	if err := full.settle(nil); err == nil || err.Error() != "write to standard output: no space left on device" {
		t.Errorf("a full disk ends the run with %v", err)
	}
	gone := &output{w: brokenWriter{syscall.EPIPE}}
	_, err := gone.Write([]byte("x"))
	if got := gone.settle(fmt.Errorf("write the report: %w", err)); got != nil {
		t.Errorf("a reader who went ends the run with %v", got)
	}
	if got := gone.settle(silentExit{exitGate}); got != (silentExit{exitGate}) {
		t.Errorf("a reader who went makes of a gate %v", got)
	}
}

type brokenWriter struct{ err error }

func (b brokenWriter) Write([]byte) (int, error) { return 0, b.err }
