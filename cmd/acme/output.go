package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// output is standard output. It keeps the first failure to write, which is the
// program's failure even where the code that wrote did not look: data that nobody
// has is not exit 0.
type output struct {
	w   io.Writer
	err error
}

func (o *output) Write(b []byte) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	n, err := o.w.Write(b)
	if err != nil {
		o.err = fmt.Errorf("write to standard output: %w", bare(err))
	}
	return n, o.err
}

// settle gives the error that a run with err ends with. Whoever read standard
// output may go when they have enough: that is no failure, and hides none.
func (o *output) settle(err error) error {
	switch {
	case o.err == nil:
		return err
	case !isGone(o.err):
		return o.err
	case errors.Is(err, o.err):
		return nil
	}
	return err
}

// bare is a file's error without the name of the file.
func bare(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// file gives the file behind an input or output, or nil.
func file(stream any) *os.File {
	if o, ok := stream.(*output); ok {
		stream = o.w
	}
	f, _ := stream.(*os.File)
	return f
}

// isGone says that whoever read standard output has gone.
func isGone(err error) bool { return errors.Is(err, syscall.EPIPE) }

// checkOut finds, before the work, that there is no place for its result.
func (p *program) checkOut(path string) error {
	if path == "" || path == "-" {
		return nil
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return usagef("write %s: %w", path, syscall.EISDIR)
	}
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		return usagef("write %s: %w", path, bare(err))
	}
	return nil
}

// writeOut writes to standard output, or to a file that appears whole.
func (p *program) writeOut(path string, write func(io.Writer) error) error {
	if path == "" || path == "-" {
		return write(p.stdout)
	}
	var content bytes.Buffer
	if err := write(&content); err != nil {
		return err
	}
	if err := replaceFile(path, content.Bytes()); err != nil {
		return fmt.Errorf("write %s: %w", path, bare(err))
	}
	return nil
}

// replaceFile gives the file at path a new content, all of it or none, and leaves
// it the permissions it has. What is no regular file, as /dev/stderr, is written
// to and stays; a symbolic link stays, and what it points to is replaced.
func replaceFile(path string, content []byte) error {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return syscall.EISDIR
	case err == nil && !info.Mode().IsRegular():
		return writeFile(path, os.O_WRONLY, content)
	}
	// Not os.CreateTemp: its files are for the owner alone, and only the system
	// knows what a new file of this user is for.
	tmp := filepath.Join(filepath.Dir(path), ".acme-"+strconv.Itoa(os.Getpid())+".tmp")
	if err := writeFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, content); err != nil {
		_ = os.Remove(tmp) // what is wrong has been said
		return err
	}
	if info != nil {
		if err := os.Chmod(tmp, info.Mode().Perm()); err != nil {
			return errors.Join(err, os.Remove(tmp))
		}
	}
	if err := os.Rename(tmp, path); err != nil {
		return errors.Join(err, os.Remove(tmp))
	}
	return nil
}

func writeFile(path string, flags int, content []byte) error {
	f, err := os.OpenFile(path, flags, 0o666)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Close())
}
