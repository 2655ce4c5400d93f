package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"
)

// defect is a panic of a goroutine of ours, as the error of what the goroutine was to do.
type defect struct {
	value any
	stack []byte
}

func (d *defect) Error() string { return fmt.Sprintf("internal error: %v", d.value) }

// caught calls f, whose panic is its error: a goroutine that panics would end the program
// with the terminal as it is.
func caught(f func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &defect{value, debug.Stack()}
		}
	}()
	return f()
}

// crashFiles keeps what a defect of the screen leaves behind, each in a file of its own in
// the user's folder for state.
type crashFiles struct{ p *program }

func (c crashFiles) Record(text string) (string, error) {
	now := c.p.now().UTC()
	name := filepath.Join((&sessionFile{p: c.p}).folder(), fmt.Sprintf("crash-%s-%d.txt", now.Format("20060102T150405Z"), os.Getpid()))
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return "", fmt.Errorf("keep the stack: %w", bare(err))
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", fmt.Errorf("keep the stack in %s: %w", c.p.short(name), bare(err))
	}
	v := readVersion()
	_, err = fmt.Fprintf(f, "acme %s %s, %s, %s/%s, %s\n%s\n", v.Version, v.Commit, v.Go, v.OS, v.Arch, now.Format(time.RFC3339), text)
	if err := errors.Join(err, f.Close()); err != nil {
		return "", fmt.Errorf("keep the stack in %s: %w", c.p.short(name), bare(err))
	}
	return c.p.short(name), nil
}
