package lake

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"acme/telemetry/engine/store"
	"acme/telemetry/schema"
)

// ACME_MIGRATE names a lake in a folder; its JSON is migrated into a new folder each
// time. The figures that matter on a machine with other work are those of the processor.
func BenchmarkMigrate(b *testing.B) {
	dir := os.Getenv("ACME_MIGRATE")
	if dir == "" {
		b.Skip("ACME_MIGRATE names no lake")
	}
	for _, into := range []schema.Table{schema.EventsMigrated(), schema.EventsByDay()} {
		b.Run(into.Name, func(b *testing.B) {
			rows, size, cpu := int64(0), int64(0), time.Duration(0)
			for range b.N {
				to := b.TempDir()
				abs, err := filepath.Abs(filepath.Join(dir, "telemetry"))
				if err == nil {
					err = os.CopyFS(filepath.Join(to, "telemetry"), os.DirFS(abs))
				}
				if err != nil {
					b.Fatal(err)
				}
				st, err := store.Open(to)
				if err != nil {
					b.Fatal(err)
				}
				began := processorTime(b)
				m, err := Migrate(b.Context(), st, MigrateOptions{Into: into})
				if err != nil || len(m.Failed) > 0 {
					b.Fatal(err, m.Failed)
				}
				cpu += processorTime(b) - began
				for _, p := range m.Parts {
					rows += p.Records
					size += p.Bytes
				}
			}
			b.ReportMetric(float64(cpu.Nanoseconds())/float64(rows), "cpu-ns/row")
			b.ReportMetric(float64(size)/float64(rows), "B/row")
			b.ReportMetric(float64(rows)/float64(b.N), "rows")
		})
	}
}

func processorTime(b *testing.B) time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		b.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
