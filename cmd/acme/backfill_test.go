package main

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"testing"
	"time"
)

// TestBackfillKilled kills a backfill at random moments and runs it again until it
// ends by itself: the lake is then, object by object, that of a run nobody disturbed.
// ACME_KILLS is how often, with days to match; with ACME_S3 it is done in a bucket too.
func TestBackfillKilled(t *testing.T) {
	kills, days := killsWanted(t, 5), 3
	if os.Getenv("ACME_KILLS") != "" {
		days = 30
	}
	dir, acme := t.TempDir(), acmeBinary(t)
	scenario := filepath.Join(dir, "small.yaml")
	const small = "apiVersion: acme/v1\nengine: 1\nname: small\ntime: {start: \"2025-07-01T00:00:00Z\"}\narrivals: {mean_per_hour: 1500}\n"
	if err := os.WriteFile(scenario, []byte(small), 0o666); err != nil {
		t.Fatal(err)
	}
	last := time.Date(2025, 7, 1+days, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
	args := func(uri string) []string {
		return []string{"backfill", "--lake", uri, "--scenario", scenario, "--from", "2025-07-01", "--to", last, "--parallel", "2", "-q"}
	}
	whole := filepath.Join(dir, "whole")
	runAcme(t, args(whole)...)
	want := runsByContent(sums(t, whole))

	places := map[string]func(*testing.T) string{"disk": func(*testing.T) string { return filepath.Join(dir, "killed") }}
	if os.Getenv("ACME_S3") != "" {
		places["S3"] = func(t *testing.T) string { return bucketFor(t, "backfill") }
	}
	for name, place := range places {
		t.Run(name, func(t *testing.T) {
			uri := place(t)
			killed := runKilled(t, rand.New(rand.NewPCG(1, 2)), 600*time.Millisecond, kills, func() *exec.Cmd { return exec.Command(acme, args(uri)...) })
			got := runsByContent(sums(t, uri))
			for key, sum := range want {
				if got[key] != sum {
					t.Errorf("%s is %x, want %x", key, got[key], sum)
				}
			}
			if len(got) != len(want) {
				t.Errorf("%d objects, want %d", len(got), len(want))
			}
			t.Logf("%d kills, %d objects, each as in a run that nobody disturbed", killed, len(got))
		})
	}
}

// runsByContent names the files of the log of runs by what they hold: their numbers
// say which of two windows at once came first.
func runsByContent(of map[string][sha256.Size]byte) map[string][sha256.Size]byte {
	out := maps.Clone(of)
	for key, sum := range of {
		if path.Dir(key) == "_acme/runs" {
			delete(out, key)
			out["_acme/runs/"+hex.EncodeToString(sum[:])] = sum
		}
	}
	return out
}
