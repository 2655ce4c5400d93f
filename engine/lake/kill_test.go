package lake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"acme/telemetry/engine/store"
)

// childLake names the environment variable that makes the test binary a writer:
// the folder it writes a run into. A parent kills it.
const childLake = "ACME_TEST_LAKE"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childLake); dir != "" {
		os.Exit(child(dir))
	}
	if dir := os.Getenv(childMigration); dir != "" {
		os.Exit(migratingChild(dir))
	}
	if dir := os.Getenv(childErasure); dir != "" {
		os.Exit(erasingChild(dir))
	}
	os.Exit(m.Run())
}

func killConfig(st store.Store) Config {
	return Config{Store: st, Run: sampleRun(), Layout: Layout{Format: Both, Buffers: 2, BufferInterval: 900 * time.Second}, Workers: 2}
}

const killRecords = 1500

func child(dir string) int {
	st, err := store.NewFile(dir)
	if err == nil {
		_, err = fullRun(context.Background(), killConfig(st), sampleRecords(killRecords))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		if errors.Is(err, syscall.ENOSPC) {
			return 3
		}
		return 1
	}
	return 0
}

func childOf(dir string) *exec.Cmd {
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), childLake+"="+dir)
	c.Stderr = os.Stderr
	return c
}

// A writer is killed at random moments, run again and killed again; in the end
// the lake is that of an undisturbed run, byte for byte, and at no moment was
// there an object that is not whole. ACME_KILLS says how often; 15 times where
// it is not set.
func TestKill(t *testing.T) {
	kills := 15
	if scale > 1 {
		kills = 3
	}
	if n, err := strconv.Atoi(os.Getenv("ACME_KILLS")); err == nil {
		kills = n
	}
	undisturbed := filepath.Join(t.TempDir(), "undisturbed")
	whole := time.Hour // how long a run takes: what is measured of it is when to kill, nothing else
	for i := range 3 {
		began := time.Now()
		if err := childOf(undisturbed + strings.Repeat("x", i)).Run(); err != nil {
			t.Fatal(err)
		}
		whole = min(whole, time.Since(began))
	}
	want := filesOf(t, undisturbed)
	rng := rand.New(rand.NewPCG(uint64(kills), 1))
	killed, lakes, ended := 0, 0, 0
	for killed < kills {
		dir := filepath.Join(t.TempDir(), strconv.Itoa(lakes))
		lakes++
		stop := watch(t, dir)
		for range 1 + rng.IntN(4) {
			if !kill(t, dir, time.Duration(rng.Int64N(int64(whole)))) {
				ended++
				break // it is complete
			}
			killed++
		}
		if err := childOf(dir).Run(); err != nil {
			t.Fatalf("running again: %v", err)
		}
		stop()
		if got := filesOf(t, dir); !maps.Equal(want, got) {
			t.Fatalf("lake %d is not that of an undisturbed run: %s", lakes, unlike(want, got))
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d kills over %d lakes, %d runs ended before theirs", killed, lakes, ended)
}

// kill runs a writer and kills it after a while; false if it ended before.
func kill(t *testing.T, dir string, after time.Duration) bool {
	t.Helper()
	c := childOf(dir)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(after, func() { _ = c.Process.Kill() })
	defer timer.Stop()
	err := c.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signaled() {
		return true
	}
	if err != nil {
		t.Fatal(err)
	}
	return false
}

// filesOf gives every file of a folder, those that should not be there too.
func filesOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		out[strings.TrimPrefix(path, dir)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// unlike names the files in which two folders differ.
func unlike(want, got map[string]string) string {
	out := []string{}
	for name, data := range got {
		if w, ok := want[name]; !ok {
			out = append(out, "more: "+name)
		} else if w != data {
			out = append(out, "other bytes: "+name)
		}
	}
	for name := range want {
		if _, ok := got[name]; !ok {
			out = append(out, "missing: "+name)
		}
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// watch reads every visible object again and again until it is stopped: none
// may be broken.
func watch(t *testing.T, dir string) (stop func()) {
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		seen := map[string]bool{}
		for {
			select {
			case <-done:
				return
			default:
			}
			lookAll(t, dir, seen)
		}
	})
	return func() {
		close(done)
		wg.Wait()
	}
}

// lookAll reads the objects that were not seen before. An object never changes,
// so once is enough.
func lookAll(t *testing.T, dir string, seen map[string]bool) {
	st, err := store.NewFile(dir)
	if err != nil {
		t.Error(err)
		return
	}
	for info, err := range st.List(context.Background(), "") {
		if err != nil {
			t.Error(err)
			return
		}
		if seen[info.Key] {
			continue
		}
		seen[info.Key] = true
		body, _, err := st.Get(context.Background(), info.Key)
		if err != nil {
			t.Errorf("an object that was listed cannot be read: %v", err)
			continue
		}
		switch {
		case strings.HasSuffix(info.Key, ".parquet"):
			_, damage, err := parquetRows(body)
			if damage != "" || err != nil {
				t.Errorf("visible and broken: %s: %s, %v", info.Key, damage, err)
			}
		case strings.HasSuffix(info.Key, ".gz"):
			if _, err := readAll(info.Key, body); err != nil {
				t.Errorf("visible and broken: %v", err)
			}
		default:
			if data, err := io.ReadAll(body); err != nil || !strings.HasSuffix(string(data), "}\n") {
				t.Errorf("visible and broken: %s ends %.20q, %v", info.Key, data[max(0, len(data)-20):], err)
			}
		}
		_ = body.Close() // a file that was read
	}
	time.Sleep(time.Millisecond)
}

// On a full disk a run says so, leaves whole objects only, and goes on when
// there is room. The disk is a tmpfs in a mount namespace of its own.
func TestFullDisk(t *testing.T) {
	if err := exec.Command("unshare", "-rm", "true").Run(); err != nil {
		t.Skipf("no mount namespaces here (%v); the fault tests of engine/store cover ENOSPC", err)
	}
	dir := t.TempDir()
	// The second writer runs when the disk has been made large enough.
	script := fmt.Sprintf(`mount -t tmpfs -o size=100k none %[1]s || exit 9
%[2]s=%[1]s/lake %[3]s; first=$?
find %[1]s/lake/_acme/tmp -type f | wc -l
mount -o remount,size=64m %[1]s || exit 9
%[2]s=%[1]s/lake %[3]s || exit 8
cp -r %[1]s/lake "$OUT"
exit $first`, dir, childLake, os.Args[0])
	c := exec.Command("unshare", "-rm", "sh", "-c", script)
	kept := filepath.Join(t.TempDir(), "kept")
	c.Env = append(os.Environ(), "OUT="+kept)
	var stderr strings.Builder
	c.Stderr = &stderr
	out, err := c.Output()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 3 {
		t.Fatalf("the writer on a full disk ended with %v, not 3 (no space): %s", err, &stderr)
	}
	if strings.TrimSpace(string(out)) != "0" {
		t.Errorf("%s temporary files are left", out)
	}
	if !strings.Contains(stderr.String(), "no space left on device") || !strings.Contains(stderr.String(), "publishing ") {
		t.Errorf("it said %q", &stderr)
	}
	other := filepath.Join(t.TempDir(), "other")
	if err := childOf(other).Run(); err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(filesOf(t, other), filesOf(t, kept)) {
		t.Error("the lake that went on is not that of an undisturbed run")
	}
}
