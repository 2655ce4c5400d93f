package stream

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"acme/telemetry/schema"
)

// TestBrokerKeeps: topic, messages, transactions, groups and positions are there again
// after the broker was stopped and started.
func TestBrokerKeeps(t *testing.T) {
	dir := t.TempDir()
	ctx := t.Context()
	topic := NewTopic(logTopic)
	start := func() *Broker {
		t.Helper()
		b, err := StartBroker(ctx, BrokerConfig{Listen: "127.0.0.1:0", Dir: dir, Topic: topic, Complain: func(s string) { t.Error(s) }})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(b.Close)
		return b
	}
	b := start()
	if !b.Made() || !strings.HasPrefix(b.Address(), "127.0.0.1:") {
		t.Errorf("made %v, at %s", b.Made(), b.Address())
	}
	was, err := b.Config().Describe(ctx, logTopic)
	if err != nil {
		t.Fatal(err)
	}
	if was.Partitions != 20 || was.Replication != 1 || was.Retention != 7*24*time.Hour || was.Compression != "gzip" || was.MinInSync != 1 {
		t.Errorf("topic %+v", was)
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(b.Address()), kgo.TransactionalID("tx"))
	if err != nil {
		t.Fatal(err)
	}
	if err := client.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		client.Produce(ctx, &kgo.Record{Topic: logTopic, Key: fmt.Append(nil, i), Value: fmt.Append(nil, i)}, func(_ *kgo.Record, err error) {
			if err != nil {
				t.Error(err)
			}
		})
	}
	if err := client.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	if err := client.EndTransaction(ctx, kgo.TryCommit); err != nil {
		t.Fatal(err)
	}
	client.Close()
	consume := func(b *Broker) *taker {
		t.Helper()
		c, err := NewConsumer(ctx, ConsumerConfig{Cluster: b.Config(), Topic: logTopic, Group: "g"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		k := take(t, c)
		k.until("assignment", func() bool { return len(k.assigned) == 20 })
		return k
	}
	k := consume(b)
	k.until("messages", func() bool { return k.count() == 100 })
	if err := k.Commit(ctx, []schema.Position{{Partition: 7, Offset: 2, Metadata: "seven"}}); err != nil {
		t.Fatal(err)
	}
	k.Close()
	b.Close()

	b = start()
	if b.Made() {
		t.Error("the topic was made again")
	}
	is, err := b.Config().Describe(ctx, logTopic)
	if err != nil || is != was {
		t.Errorf("after a restart: topic %+v, %v; was %+v", is, err, was)
	}
	again := consume(b)
	if a := again.assigned[7]; a.Offset != 2 || a.Metadata != "seven" {
		t.Errorf("after a restart: partition 7 at %+v", a)
	}
	again.until("end", again.atEnd)
	for p, got := range k.got {
		if p == 7 {
			got = got[2:]
		}
		if !slices.Equal(again.got[p], got) {
			t.Errorf("after a restart: partition %d has %v, had %v", p, again.got[p], got)
		}
	}
}

// TestBrokerStaysHere: it does not listen where others could reach it, and says why it
// cannot start.
func TestBrokerStaysHere(t *testing.T) {
	for listen, want := range map[string]string{
		"0.0.0.0:0":       "on this machine only",
		":9092":           "on this machine only",
		"192.0.2.1:9092":  "on this machine only",
		"example.org:1":   "on this machine only",
		"127.0.0.1":       "want host:port",
		"127.0.0.1:70000": "is not one of",
	} {
		if _, err := StartBroker(t.Context(), BrokerConfig{Listen: listen, Topic: NewTopic("x")}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", listen, err)
		}
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	if _, err := StartBroker(t.Context(), BrokerConfig{Listen: taken.Addr().String(), Topic: NewTopic("x")}); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("a port that is taken: %v", err)
	}
}
