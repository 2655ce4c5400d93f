//go:build unix

package store

import (
	"errors"
	"os"
	"syscall"
)

const nonBlocking = syscall.O_NONBLOCK

// running says whether a process of this machine still runs, as far as can be
// known: a process of another user counts as running.
func running(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	err = p.Signal(syscall.Signal(0))
	return !errors.Is(err, os.ErrProcessDone) && !errors.Is(err, syscall.ESRCH)
}
