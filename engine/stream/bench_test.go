package stream

import (
	"bytes"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"acme/telemetry/schema"
)

// BenchmarkPublish publishes events, an operation each, to the broker that ACME_KAFKA
// names, into a topic made for it, or else to one in this process that keeps nothing.
// ACME_PAYLOAD is a file of events, one a line (acme generate --to -), taken again
// from its begin when it ends; without it they are short. ACME_COMPRESSION is gzip
// unless it says otherwise.
func BenchmarkPublish(b *testing.B) {
	c := Config{Auth: Auth{Mechanism: Plaintext}, Patience: time.Minute}
	if address := os.Getenv("ACME_KAFKA"); address != "" {
		c.Brokers = []string{address}
	} else {
		k, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.BlackholeProduce())
		if err != nil {
			b.Fatal(err)
		}
		defer k.Close()
		c.Brokers = k.ListenAddrs()
	}
	records := events(0, 100_000)
	if name := os.Getenv("ACME_PAYLOAD"); name != "" {
		records = payload(b, name)
	}
	for i := range records {
		records[i].Arrival = time.Now().UnixMilli()
	}
	publish(b, c, records)
}

// publish publishes b.N records in batches like the simulator's.
func publish(b *testing.B, c Config, records []schema.Record) {
	b.Helper()
	topic := NewTopic(fmt.Sprintf("acme-bench-%d", time.Now().UnixNano()))
	if _, err := c.Create(b.Context(), topic); err != nil {
		b.Fatal(err)
	}
	p, err := NewProducer(b.Context(), c, Publication{Topic: topic.Name, Run: topic.Name, Compression: os.Getenv("ACME_COMPRESSION")})
	if err != nil {
		b.Fatal(err)
	}
	size := 0
	for i := range records {
		size += len(records[i].Value)
	}
	b.SetBytes(int64(size / len(records)))
	b.ResetTimer()
	for n := 0; n < b.N; {
		at := n % len(records)
		batch := records[at:min(at+4096, len(records), at+b.N-n)]
		if err := p.Publish(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
		n += len(batch)
	}
	if err := p.Commit(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
	if err := p.Close(); err != nil {
		b.Fatal(err)
	}
}

// payload gives the events of a file.
func payload(b *testing.B, name string) []schema.Record {
	b.Helper()
	src, err := os.ReadFile(name)
	if err != nil {
		b.Fatal(err)
	}
	var records []schema.Record
	for line := range bytes.Lines(src) {
		value := bytes.TrimSuffix(line, []byte("\n"))
		_, rest, _ := bytes.Cut(value, []byte(`"customer_id":"`))
		key, _, _ := bytes.Cut(rest, []byte(`"`))
		records = append(records, schema.Record{Key: key, Value: value})
	}
	return records
}
