package lake

import (
	"fmt"
	"path/filepath"
	"runtime"
	"testing"

	"acme/telemetry/engine/store"
	"acme/telemetry/schema"
)

// BenchmarkWriter writes an hour into a folder: events a second, and bytes an
// event after gzip.
func BenchmarkWriter(b *testing.B) {
	records := sampleRecords(118_600)
	for _, level := range []int{1, 3, 4, 5, 6} {
		b.Run(fmt.Sprintf("level=%d", level), func(b *testing.B) {
			var sum Summary
			for i := range b.N {
				st, err := store.NewFile(filepath.Join(b.TempDir(), fmt.Sprint(i)))
				if err != nil {
					b.Fatal(err)
				}
				c := Config{Store: st, Run: sampleRun(), Layout: Layout{Level: level}, Workers: runtime.GOMAXPROCS(0)}
				sum = writeAll(b, c, records, 512)
			}
			b.ReportMetric(float64(len(records))*float64(b.N)/b.Elapsed().Seconds(), "events/s")
			b.ReportMetric(float64(sum.Bytes)/float64(sum.Records), "bytes/event")
		})
	}
}

func writeAll(t testing.TB, c Config, records []schema.Record, batch int) Summary {
	t.Helper()
	sum, err := tryWrite(t.Context(), c, records, batch)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}
