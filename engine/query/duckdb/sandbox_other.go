//go:build !linux

package duckdb

import (
	"fmt"
	"syscall"
)

// limit takes from this process core dumps and large files. The address space
// is not bounded here.
func limit(Config) error {
	for _, l := range []struct {
		name     string
		resource int
		value    uint64
	}{{"core size", syscall.RLIMIT_CORE, 0}, {"file size", syscall.RLIMIT_FSIZE, 2 << 30}} {
		if err := syscall.Setrlimit(l.resource, &syscall.Rlimit{Cur: l.value, Max: l.value}); err != nil {
			return fmt.Errorf("limiting the %s of the query process: %w", l.name, err)
		}
	}
	return nil
}

// confine can do nothing here: this system has no Landlock.
func confine(lake, spill string) (string, error) {
	return "limits only: this system has no Landlock", nil
}

func tie(*syscall.SysProcAttr) {}
