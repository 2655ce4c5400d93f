package duckdb

import (
	"fmt"
	"os"
	"syscall"

	"github.com/landlock-lsm/go-landlock/landlock"
	llsys "github.com/landlock-lsm/go-landlock/landlock/syscall"
)

// limit takes from this process memory beyond a bound, core dumps, many open
// files and large ones.
func limit(c Config) error {
	limits := []struct {
		name     string
		resource int
		value    uint64
	}{
		{"address space", syscall.RLIMIT_AS, c.AddressSpace},
		{"core size", syscall.RLIMIT_CORE, 0},
		{"open files", syscall.RLIMIT_NOFILE, 256},
		{"file size", syscall.RLIMIT_FSIZE, 2 << 30},
	}
	for _, l := range limits {
		var held syscall.Rlimit
		if err := syscall.Getrlimit(l.resource, &held); err != nil {
			return fmt.Errorf("limiting the %s of the query process: %w", l.name, err)
		}
		value := min(l.value, held.Max) // who started us may be stricter, and no limit can be raised
		if err := syscall.Setrlimit(l.resource, &syscall.Rlimit{Cur: value, Max: value}); err != nil {
			return fmt.Errorf("limiting the %s of the query process: %w", l.name, err)
		}
	}
	return nil
}

// confine takes from this process, all of its threads, the file system but for
// the lake (to read) and the spill folder, and the network. It gives what the
// kernel really holds it to.
func confine(lake, spill string) (string, error) {
	abi, err := llsys.LandlockGetABIVersion()
	if err != nil || abi < 1 {
		return "limits only: this kernel has no Landlock", nil
	}
	rules := []landlock.Rule{landlock.RWDirs(spill)}
	if lake != "" {
		if _, err := os.Stat(lake); err == nil {
			rules = append(rules, landlock.RODirs(lake))
		}
	}
	if err := landlock.V5.BestEffort().Restrict(rules...); err != nil {
		return "", fmt.Errorf("confining the query process: %w", err)
	}
	return fmt.Sprintf("limits and Landlock ABI %d", abi), nil
}

// tie makes the child die with the thread that started it.
func tie(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGKILL }
