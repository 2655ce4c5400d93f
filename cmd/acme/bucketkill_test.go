package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
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
	"acme/telemetry/engine/store/s3"
	"acme/telemetry/engine/store/s3/s3test"
)

// bucketFor gives a place of its own in a bucket, and the environment for it: on the
// server that ACME_S3 names, in the bucket ACME_S3_BUCKET, else on one in this process.
func bucketFor(t *testing.T, what string) string {
	t.Helper()
	endpoint, bucket := os.Getenv("ACME_S3"), os.Getenv("ACME_S3_BUCKET")
	if endpoint == "" {
		s3test.Start(t).Setenv(t)
		return "s3://" + s3test.Bucket + "/" + what
	}
	if bucket == "" {
		t.Fatal("ACME_S3 is set: ACME_S3_BUCKET must name a bucket there")
	}
	t.Setenv("AWS_ENDPOINT_URL_S3", endpoint)
	return fmt.Sprintf("s3://%s/%s-%d", bucket, what, os.Getpid())
}

// acmeBinary gives the test binary under the name by which it is acme.
func acmeBinary(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "acme")
	if err := os.Symlink(os.Args[0], name); err != nil {
		t.Fatal(err)
	}
	return name
}

// killsWanted gives how often ACME_KILLS says to kill.
func killsWanted(t *testing.T, otherwise int) int {
	t.Helper()
	text := os.Getenv("ACME_KILLS")
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("ACME_KILLS: %v", err)
	}
	return n
}

// sums gives the SHA-256 of every object of a lake.
func sums(t *testing.T, uri string) map[string][sha256.Size]byte {
	t.Helper()
	st, err := store.Open(uri)
	if isBucket(uri) {
		st, err = s3.Open(t.Context(), uri, s3.Options{})
	}
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][sha256.Size]byte{}
	for info, err := range st.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		body, _, err := st.Get(t.Context(), info.Key)
		if err != nil {
			t.Fatal(err)
		}
		h := sha256.New()
		if _, err := io.Copy(h, body); err != nil {
			t.Fatal(err)
		}
		body.Close()
		out[info.Key] = [sha256.Size]byte(h.Sum(nil))
	}
	return out
}

// runKilled starts a command again and again, killing each run at a random moment within
// a time, until one ends by itself. It gives how many were killed, of at most so many.
func runKilled(t *testing.T, rng *rand.Rand, within time.Duration, most int, command func() *exec.Cmd) (killed int) {
	t.Helper()
	for {
		c := command()
		var said strings.Builder
		c.Stderr = &said
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(time.Hour, func() {})
		if killed < most {
			timer = time.AfterFunc(time.Duration(rng.Int64N(int64(within))), func() { _ = c.Process.Kill() })
		}
		err := c.Wait()
		timer.Stop()
		var exit *exec.ExitError
		switch {
		case err == nil:
			return killed
		case errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signaled():
			killed++
		default:
			t.Fatalf("%v: %v\n%s", c.Args[1:], err, &said)
		}
	}
}

// undisturbed runs a command to its end, and gives how long it took and what is then in
// the lake.
func undisturbed(t *testing.T, cmd *exec.Cmd, lake string) (time.Duration, map[string][sha256.Size]byte) {
	t.Helper()
	started := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return time.Since(started), sums(t, lake)
}

// A run of the generator into a bucket that is killed with SIGKILL at random moments and
// run again leaves the bytes of one that was left alone. ACME_KILLS says how often, three
// times where it is not set.
func TestBucketGenerateKills(t *testing.T) {
	wanted, place, acme := killsWanted(t, 3), bucketFor(t, "generate"), acmeBinary(t)
	generate := func(lake string) *exec.Cmd {
		return exec.Command(acme, "generate", "-q", "--lake", lake, "--scenario", "streaming", "--from", "2025-08-11T17", "--for", "6h",
			"--set", "arrivals.mean_per_hour=1500")
	}
	took, want := undisturbed(t, generate(place+"/calm"), place+"/calm")
	rng := rand.New(rand.NewPCG(uint64(wanted), 1))
	killed, rounds := 0, 0
	for ; killed < wanted; rounds++ {
		lake := fmt.Sprintf("%s/killed%d", place, rounds)
		killed += runKilled(t, rng, took*3/4, wanted-killed, func() *exec.Cmd { return generate(lake) })
		if got := sums(t, lake); !maps.Equal(got, want) {
			t.Errorf("%s: %d objects, want %d, or other bytes", lake, len(got), len(want))
		}
		left := unfinishedIn(t, lake)
		if out, err := exec.Command(acme, "gc", "--lake", lake, "--older-than", "0s").CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		if after := unfinishedIn(t, lake); after > 0 {
			t.Errorf("%s: %d unfinished uploads, %d after gc", lake, left, after)
		}
	}
	t.Logf("%d kills in %d runs of %s: every bucket is byte for byte the undisturbed one, %d objects; 0 uploads left", killed, rounds, took.Round(time.Millisecond), len(want))
}

func unfinishedIn(t *testing.T, uri string) int {
	t.Helper()
	st, err := s3.Open(t.Context(), uri, s3.Options{})
	if err != nil {
		t.Fatal(err)
	}
	found, err := st.Unfinished(context.Background(), time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return len(found)
}

// An object that goes up in parts, killed in their midst, is not there; its parts are
// until gc, and the next run puts it whole.
func TestBucketSyncKills(t *testing.T) {
	wanted, place, acme := killsWanted(t, 2), bucketFor(t, "sync"), acmeBinary(t)
	folder := filepath.Join(t.TempDir(), "lake")
	st, err := store.NewFile(folder)
	if err != nil {
		t.Fatal(err)
	}
	const size = 100 << 20 // four parts
	rng := rand.New(rand.NewPCG(uint64(wanted), 2))
	big := io.LimitReader(rand.NewChaCha8([32]byte{7}), size)
	if _, err := st.Put(t.Context(), "telemetry/big", big); err != nil {
		t.Fatal(err)
	}
	copied := func(lake string) *exec.Cmd { return exec.Command(acme, "sync", "-q", folder, lake) }
	started := time.Now()
	if out, err := copied(place + "/calm").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	took := time.Since(started)
	want := sums(t, place+"/calm")
	killed, orphans := 0, 0
	for round := 0; killed < wanted; round++ {
		lake := fmt.Sprintf("%s/killed%d", place, round)
		killed += runKilled(t, rng, took, wanted-killed, func() *exec.Cmd { return copied(lake) })
		if got := sums(t, lake); !maps.Equal(got, want) {
			t.Errorf("%s: %d objects, or other bytes", lake, len(got))
		}
		orphans += unfinishedIn(t, lake)
		if out, err := exec.Command(acme, "gc", "--lake", lake, "--older-than", "0s").CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		if left := unfinishedIn(t, lake); left > 0 {
			t.Errorf("%s: %d unfinished uploads after gc", lake, left)
		}
	}
	t.Logf("%d kills of a copy of %s, %d uploads left behind, 0 after gc", killed, took.Round(time.Millisecond), orphans)
}

// Migrations in a bucket, one or two at once, are killed at random moments and run again.
// After each kill every object that is there is, byte for byte, one of an undisturbed
// migration, the source among them; in the end all are there, and nothing else.
func TestBucketMigrateKills(t *testing.T) {
	wanted, place, acme := killsWanted(t, 3), bucketFor(t, "migrate"), acmeBinary(t)
	folder := filepath.Join(t.TempDir(), "lake")
	runAcme(t, "generate", "-q", "--lake", folder, "--scenario", "streaming", "--from", "2025-08-11T17", "--for", "4h", "--set", "arrivals.mean_per_hour=400")
	copied := func(lake string) {
		if out, err := exec.Command(acme, "sync", "-q", folder, lake).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	migrate := func(lake string) *exec.Cmd { return exec.Command(acme, "migrate", "-q", "--lake", lake) }
	copied(place + "/calm")
	took, want := undisturbed(t, migrate(place+"/calm"), place+"/calm")
	rng := rand.New(rand.NewPCG(uint64(wanted), 4))
	killed, rounds := 0, 0
	for ; killed < wanted; rounds++ {
		lake := fmt.Sprintf("%s/killed%d", place, rounds)
		copied(lake)
		for range 1 + rng.IntN(3) {
			killed += killedAtOnce(t, time.Duration(rng.Int64N(int64(took))), []*exec.Cmd{migrate(lake), migrate(lake)}[:1+rng.IntN(2)])
			for key, sum := range sums(t, lake) {
				if sum != want[key] {
					t.Errorf("%s: %s is there and is not what an undisturbed migration leaves", lake, key)
				}
			}
		}
		if out, err := migrate(lake).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if got := sums(t, lake); !maps.Equal(got, want) {
			t.Errorf("%s: %d objects, want %d, or other bytes", lake, len(got), len(want))
		}
	}
	t.Logf("%d kills over %d lakes: each is byte for byte the undisturbed one, %d objects", killed, rounds, len(want))
}

// killedAtOnce starts commands together, kills them after a while, and says how many had
// not ended before.
func killedAtOnce(t *testing.T, after time.Duration, commands []*exec.Cmd) (killed int) {
	t.Helper()
	for _, c := range commands {
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(after)
	for _, c := range commands {
		_ = c.Process.Kill() // it may have ended
		var exit *exec.ExitError
		switch err := c.Wait(); {
		case errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signaled():
			killed++
		case err != nil:
			t.Fatalf("%v: %v", c.Args[1:], err)
		}
	}
	return killed
}
