package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// TestBackfillKilled kills a backfill at random moments and runs it again until it
// ends by itself: the lake is then, object by object, that of a run nobody disturbed.
// ACME_KILLS is how often at least, with days to match; ACME_S3_LAKE a bucket's URI to
// do it in as well.
func TestBackfillKilled(t *testing.T) {
	kills, days := 5, 3
	if set := os.Getenv("ACME_KILLS"); set != "" {
		var err error
		if kills, err = strconv.Atoi(set); err != nil {
			t.Fatal(err)
		}
		days = 30
	}
	dir := t.TempDir()
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
	want := lakeHashes(t, whole)

	lakes := map[string]string{"disk": filepath.Join(dir, "killed")}
	if uri := os.Getenv("ACME_S3_LAKE"); uri != "" {
		lakes["S3"] = uri + "/backfill-" + time.Now().UTC().Format("20060102T150405")
	}
	for name, uri := range lakes {
		t.Run(name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 2))
			killed := 0
			for {
				// The longer it takes, the longer it may run.
				limit := time.Duration(rng.Int64N(int64(400*time.Millisecond))) + time.Duration(killed)*10*time.Millisecond
				if killed >= kills {
					limit = time.Hour
				}
				c := child(t, args(uri)...)
				if err := c.Start(); err != nil {
					t.Fatal(err)
				}
				timer := time.AfterFunc(limit, func() { _ = c.Process.Kill() })
				err := c.Wait()
				if timer.Stop() {
					if err != nil {
						t.Fatalf("a run nobody killed: %v", err)
					}
					break
				}
				killed++
			}
			got := lakeHashes(t, uri)
			for key, sum := range want {
				if got[key] != sum {
					t.Errorf("%s is %s, want %s", key, got[key], sum)
				}
			}
			if len(got) != len(want) {
				t.Errorf("%d objects, want %d", len(got), len(want))
			}
			t.Logf("%d kills, %d objects, each as in a run that nobody disturbed", killed, len(got))
		})
	}
}

// lakeHashes gives the SHA-256 of each object of a lake, but for the numbers in the
// log of runs, which say who came first.
func lakeHashes(t *testing.T, uri string) map[string]string {
	t.Helper()
	p := &program{env: parseEnv(os.Environ()), environ: os.Environ(), stderr: io.Discard, now: time.Now}
	st, err := p.openStore(uri)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	out := map[string]string{}
	for info, err := range st.List(ctx, "") {
		if err != nil {
			t.Fatal(err)
		}
		body, _, err := st.Get(ctx, info.Key)
		if err != nil {
			t.Fatal(err)
		}
		h := sha256.New()
		if _, err := io.Copy(h, body); err != nil {
			t.Fatal(err)
		}
		if err := body.Close(); err != nil {
			t.Fatal(err)
		}
		key := info.Key
		if filepath.Dir(key) == "_acme/runs" {
			key = "_acme/runs/" + hex.EncodeToString(h.Sum(nil))
		}
		out[key] = hex.EncodeToString(h.Sum(nil))
	}
	return out
}
