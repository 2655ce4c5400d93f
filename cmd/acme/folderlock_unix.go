//go:build unix

package main

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// errLocked says that another process has a folder.
var errLocked = errors.New("another process uses it")

// lockFolder takes a folder for this process; it is free again when the file is
// closed, or the process ends in whatever way.
func lockFolder(folder string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(folder, ".lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = errLocked
		}
		return nil, err
	}
	return f, nil
}
