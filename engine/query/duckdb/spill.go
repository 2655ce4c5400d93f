package duckdb

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// spillPrefix begins the name of every spill folder; the number of the process
// that uses it and a dot follow.
const spillPrefix = "acme-spill-"

// spillFolder is the one folder that an engine may write.
type spillFolder struct{ path string }

// newSpill makes a folder for this process under root, and removes those of
// processes that are gone.
func newSpill(root string) (*spillFolder, error) {
	if root == "" {
		root = os.TempDir()
	}
	if err := os.MkdirAll(root, 0o700); err != nil {
		return nil, fmt.Errorf("making the folder for spilling: %w", err)
	}
	sweep(root)
	dir, err := os.MkdirTemp(root, fmt.Sprintf("%s%d.", spillPrefix, os.Getpid()))
	if err != nil {
		return nil, fmt.Errorf("making the folder for spilling: %w", err)
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, fmt.Errorf("making the folder for spilling: %w", err)
	}
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	return &spillFolder{path: dir}, nil
}

func (s *spillFolder) remove() { _ = os.RemoveAll(s.path) } // the next sweep tries again

// sweep removes the folders of dead processes. What cannot be removed is left:
// it may be another user's.
func sweep(root string) {
	entries, err := os.ReadDir(root)
	if err != nil {
		return
	}
	for _, e := range entries {
		rest, ours := strings.CutPrefix(e.Name(), spillPrefix)
		number, _, dotted := strings.Cut(rest, ".")
		pid, err := strconv.Atoi(number)
		if !ours || !dotted || err != nil || pid <= 0 || !e.IsDir() {
			continue
		}
		if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			_ = os.RemoveAll(filepath.Join(root, e.Name()))
		}
	}
}
