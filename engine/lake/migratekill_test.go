package lake

import (
	"context"
	"errors"
	"fmt"
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
	"acme/telemetry/schema"
)

// childMigration names the environment variable that makes the test binary migrate the
// lake in a folder. A parent kills it.
const childMigration = "ACME_TEST_MIGRATION"

func migratingChild(dir string) int {
	st, err := store.NewFile(dir)
	if err == nil {
		var m *Migration
		m, err = Migrate(context.Background(), st, MigrateOptions{Into: schema.EventsMigrated(), Temp: filepath.Dir(dir)})
		if err == nil && len(m.Failed) > 0 {
			err = m.Failed[0].Err
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// killedMigrations is a lake of six hours, each with objects that stand undelimited.
func killedMigrations(t *testing.T, dir string) {
	t.Helper()
	st, err := store.NewFile(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := sampleRecords(3000)
	for o := range 18 {
		var text strings.Builder
		for i := o; i < len(all); i += 18 {
			text.Write(all[i].Value)
		}
		putObject(t, st, fmt.Sprintf("telemetry/year=2025/month=08/day=11/hour=%02d/object-%d.gz", 10+o/3, o), []byte(zipped(text.String())))
	}
}

// Migrations are killed at random moments, two of them at once, and run again. In the
// end the lake is that of an undisturbed migration, byte for byte; the source is what it
// was; and at no moment was there an object that is not whole. ACME_KILLS says how
// often; 12 times where it is not set.
func TestMigrateKilled(t *testing.T) {
	kills := 12
	if scale > 1 || testing.Short() {
		kills = 3
	}
	if n, err := strconv.Atoi(os.Getenv("ACME_KILLS")); err == nil {
		kills = n
	}
	migrating := func(dir string) *exec.Cmd {
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), childMigration+"="+dir)
		c.Stderr = os.Stderr
		return c
	}
	root := t.TempDir()
	undisturbed := filepath.Join(root, "undisturbed", "lake")
	killedMigrations(t, undisturbed)
	source := filesOf(t, undisturbed)
	began := time.Now()
	if err := migrating(undisturbed).Run(); err != nil {
		t.Fatal(err)
	}
	whole := time.Since(began) // when to kill, nothing else
	want := filesOf(t, undisturbed)
	rng := rand.New(rand.NewPCG(uint64(kills), 3))
	killed, lakes := 0, 0
	for killed < kills {
		dir := filepath.Join(root, strconv.Itoa(lakes), "lake")
		lakes++
		killedMigrations(t, dir)
		stop := watch(t, dir)
		for range 1 + rng.IntN(4) {
			children := []*exec.Cmd{migrating(dir), migrating(dir)}[:1+rng.IntN(2)]
			for _, c := range children {
				if err := c.Start(); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(time.Duration(rng.Int64N(int64(whole))))
			for _, c := range children {
				_ = c.Process.Kill() // it may have ended
				var exit *exec.ExitError
				if err := c.Wait(); errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signaled() {
					killed++
				} else if err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := migrating(dir).Run(); err != nil {
			t.Fatalf("running again: %v", err)
		}
		stop()
		got := filesOf(t, dir)
		for name := range got { // what is being written when the process dies has no name in the lake
			if strings.HasPrefix(name, "/"+store.TempPrefix) {
				delete(got, name)
			}
		}
		if !maps.Equal(want, got) {
			t.Fatalf("lake %d is not that of an undisturbed migration: %s", lakes, unlike(want, got))
		}
		for name, body := range source {
			if got[name] != body {
				t.Fatalf("lake %d: %s was touched", lakes, name)
			}
		}
		if err := os.RemoveAll(filepath.Dir(dir)); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d kills over %d lakes", killed, lakes)
}
