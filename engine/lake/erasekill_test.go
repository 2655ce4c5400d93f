package lake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"acme/telemetry/engine/store"
)

// childErasure names the environment variable that makes the test binary erase, from the
// lake in a folder, the customers of the file beside it. A parent kills it.
const childErasure = "ACME_TEST_ERASURE"

func erasingChild(dir string) int {
	text, err := os.ReadFile(dir + ".subjects")
	var st store.Store
	if err == nil {
		st, err = store.NewFile(dir)
	}
	var e *Erasure
	if err == nil {
		e, err = Erase(context.Background(), st, EraseOptions{
			Customers: strings.Fields(string(text)), Salt: bytes.Repeat([]byte{9}, KeyBytes), Temp: filepath.Dir(dir), Abandoned: time.Now().Add(time.Hour),
		})
	}
	if err == nil && len(e.Left) > 0 {
		err = fmt.Errorf("left: %v", e.Left)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// Erasures of many customers over many partitions are killed at random moments, two at
// once now and then. In the end nothing of them is left anywhere, packed or not, nothing
// else is lost, and neither the same run nor another migration brings them back.
// ACME_KILLS says how often, of 1,000 customers over 50 hours; else it is 3 times, of 30
// over 4.
func TestErasureKilled(t *testing.T) {
	kills, hours, customers, subjects, records := 3, 4, 100, 30, 1600
	if n, err := strconv.Atoi(os.Getenv("ACME_KILLS")); err == nil {
		kills, hours, customers, subjects, records = n, 50, 5000, 1000, 60_000
	}
	rng := rand.New(rand.NewPCG(uint64(kills), 5))
	killed, ended := 0, 0
	for lakes := 0; killed < kills; lakes++ {
		dir := filepath.Join(t.TempDir(), "lake")
		st, err := store.NewFile(dir)
		if err != nil {
			t.Fatal(err)
		}
		c := newCrowd(st, hours, customers, records)
		c.fill(t)
		ids := subjectsOf(c, subjects, rng)
		if err := os.WriteFile(dir+".subjects", []byte(strings.Join(ids, "\n")), 0o600); err != nil {
			t.Fatal(err)
		}
		want, before := othersIn(t, st, ids)
		if len(before) == 0 {
			t.Fatal("nobody is there to be erased")
		}
		whole := 200 * time.Millisecond * time.Duration(1+records/3000)
		for range 1 + rng.IntN(kills) {
			if killErasure(t, dir, 1+rng.IntN(2), time.Duration(rng.Int64N(int64(whole)))) {
				killed++
			} else {
				ended++
				break
			}
		}
		if out, err := erasureOf(dir).CombinedOutput(); err != nil {
			t.Fatalf("going on: %v: %s", err, out)
		}
		c.judge(t, ids, want)
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d kills, %d erasures ended before theirs; %d customers over %d hours", killed, ended, subjects, hours)
}

func erasureOf(dir string) *exec.Cmd {
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), childErasure+"="+dir)
	return c
}

// killErasure runs erasures and kills all of them after a while; false if one ended before.
func killErasure(t *testing.T, dir string, at int, after time.Duration) bool {
	t.Helper()
	var all []*exec.Cmd
	for range at {
		c := erasureOf(dir)
		c.Stderr = os.Stderr
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	timer := time.AfterFunc(after, func() {
		for _, c := range all {
			_ = c.Process.Kill()
		}
	})
	defer timer.Stop()
	killed := true
	for _, c := range all {
		err := c.Wait()
		var exit *exec.ExitError
		if errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signaled() {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		killed = false
	}
	return killed
}
