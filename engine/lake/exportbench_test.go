package lake

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"acme/telemetry/engine/store"
	"acme/telemetry/schema"
)

// BenchmarkExport exports a backlog of a million records into a folder: records a
// second, bytes a record before and after gzip, and the most memory in use.
func BenchmarkExport(b *testing.B) {
	const partitions = 20
	some := sampleRecords(100_000)
	for _, by := range []PartitionBy{ByArrival, ByEvent} {
		b.Run("by="+string(by), func(b *testing.B) {
			var stats ExportStats
			var peak atomic.Uint64
			stop := make(chan struct{})
			go watchMemory(&peak, stop)
			for i := range b.N {
				st, err := store.NewFile(filepath.Join(b.TempDir(), fmt.Sprint(i)))
				if err != nil {
					b.Fatal(err)
				}
				e, err := NewExporter(ExportConfig{
					Store: st, Log: newBacklog(some, partitions, 1_000_000/partitions), Topic: "t", Group: "g",
					Layout: Layout{PartitionBy: by}, UntilIdle: time.Millisecond,
				})
				if err != nil {
					b.Fatal(err)
				}
				if stats, err = e.Run(b.Context()); err != nil || stats.Records != 1_000_000 {
					b.Fatalf("%+v, %v", stats, err)
				}
			}
			close(stop)
			n := float64(stats.Records)
			b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "records/s")
			b.ReportMetric(float64(stats.ReadBytes)/n, "raw-bytes/record")
			b.ReportMetric(float64(stats.Bytes)/n, "bytes/record")
			b.ReportMetric(float64(peak.Load())/(1<<20), "peak-MiB")
		})
	}
}

// watchMemory notes the most memory that the Go runtime had from the system.
func watchMemory(peak *atomic.Uint64, stop chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-time.After(20 * time.Millisecond):
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak.Store(max(peak.Load(), m.HeapInuse+m.StackInuse))
		}
	}
}

// backlog is a Log that has the same records again and again.
type backlog struct {
	some     []schema.Record
	each     int64
	at       []int64
	assigned bool
}

func newBacklog(some []schema.Record, partitions int, each int64) *backlog {
	return &backlog{some: some, each: each, at: make([]int64, partitions)}
}

func (l *backlog) Poll(ctx context.Context, _ func(context.Context, []int32)) (out schema.Poll, _ error) {
	if !l.assigned {
		l.assigned, out.Joined = true, true
		for i := range l.at {
			out.Assigned = append(out.Assigned, schema.Assignment{Position: schema.Position{Partition: int32(i)}, Committed: true, Bounds: schema.Bounds{End: l.each}})
		}
		return out, nil
	}
	for i := range l.at {
		n := min(500, l.each-l.at[i])
		if n == 0 {
			continue
		}
		f := schema.Fetched{Partition: int32(i), Bounds: schema.Bounds{End: l.each}, Messages: make([]schema.Message, n)}
		// What comes over a network is memory of its own.
		size := 0
		for k := range n {
			size += len(l.record(i, l.at[i]+k).Value)
		}
		fetched := make([]byte, 0, size)
		for k := range n {
			r := l.record(i, l.at[i]+k)
			fetched = append(fetched, r.Value...)
			f.Messages[k] = schema.Message{Partition: int32(i), Offset: l.at[i] + k, Arrival: sampleFrom + l.at[i] + k, Key: r.Key, Value: fetched[len(fetched)-len(r.Value):]}
		}
		l.at[i] += n
		f.Next = l.at[i]
		out.Fetched = append(out.Fetched, f)
	}
	if len(out.Fetched) == 0 {
		<-ctx.Done()
	}
	return out, nil
}

func (l *backlog) record(partition int, offset int64) *schema.Record {
	return &l.some[(int(offset)*len(l.at)+partition)%len(l.some)]
}

func (l *backlog) Commit(context.Context, []schema.Position) error { return nil }
func (l *backlog) Read(context.Context, schema.Range, func(schema.Message) error) error {
	return nil
}
func (l *backlog) Pause([]int32)  {}
func (l *backlog) Resume([]int32) {}
