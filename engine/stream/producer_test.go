package stream

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"acme/telemetry/schema"
)

// brokers gives the clusters that a test runs against: one in this process, and the
// one that ACME_KAFKA names.
func brokers(t *testing.T, test func(*testing.T, Config)) {
	t.Run("kfake", func(t *testing.T) { test(t, at(cluster(t))) })
	if address := os.Getenv("ACME_KAFKA"); address != "" {
		t.Run("kafka", func(t *testing.T) {
			test(t, Config{Brokers: []string{address}, Auth: Auth{Mechanism: Plaintext}, Patience: time.Minute})
		})
	}
}

// newTopic makes a topic of the test's own, and gives its name.
func newTopic(t *testing.T, c Config) string {
	t.Helper()
	topic := NewTopic(fmt.Sprintf("acme-test-%d", time.Now().UnixNano()))
	topic.Retention = -1
	if _, err := c.Create(t.Context(), topic); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s, err := c.connect(context.Background())
		if err != nil {
			return
		}
		defer s.Close()
		deleteTopic(t, s, topic.Name)
	})
	return topic.Name
}

// events gives n records with numbers from first on.
func events(first, n int) []schema.Record {
	records := make([]schema.Record, n)
	for i := range records {
		k := first + i
		records[i] = schema.Record{
			Arrival: 1_700_000_000_000 + int64(k/3), Key: fmt.Appendf(nil, "CUST_%06x", k*7919%1000),
			Value: fmt.Appendf(nil, `{"event_id":"EVENT_%08x"}`, k),
		}
	}
	return records
}

// readAll gives what a reader of committed records sees, by partition.
func readAll(t *testing.T, c Config, topic string) map[int32][]*kgo.Record {
	t.Helper()
	s, err := c.connect(t.Context(), kgo.ConsumeTopics(topic), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()), kgo.ConsumeResetOffset(kgo.NoResetOffset()), kgo.KeepControlRecords())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ends := endOffsets(t, s, topic, 20)
	got := map[int32][]*kgo.Record{}
	at := map[int32]int64{}
	for len(ends) > 0 {
		fetches := s.PollFetches(t.Context())
		if err := fetches.Err(); err != nil {
			t.Fatal(err)
		}
		fetches.EachPartition(func(p kgo.FetchTopicPartition) {
			for _, r := range p.Records {
				if at[p.Partition] = r.Offset + 1; !r.Attrs.IsControl() {
					got[p.Partition] = append(got[p.Partition], r)
				}
			}
		})
		for p, end := range ends {
			if at[p] >= end {
				delete(ends, p)
			}
		}
	}
	return got
}

// sameRun asserts that a topic has records 0 to n of events, each once, in order on
// the partition of its key.
func sameRun(t *testing.T, c Config, topic string, n int) {
	t.Helper()
	partitioner := kgo.StickyKeyPartitioner(nil).ForTopic(topic)
	want := map[int32][]schema.Record{}
	for _, r := range events(0, n) {
		p := int32(partitioner.Partition(&kgo.Record{Key: r.Key}, 20))
		want[p] = append(want[p], r)
	}
	got := readAll(t, c, topic)
	for p := range int32(20) {
		if len(got[p]) != len(want[p]) {
			t.Errorf("partition %d has %d records, want %d", p, len(got[p]), len(want[p]))
			continue
		}
		for i, r := range want[p] {
			if g := got[p][i]; string(g.Value) != string(r.Value) || string(g.Key) != string(r.Key) || g.Timestamp.UnixMilli() != r.Arrival {
				t.Errorf("partition %d record %d: got %s %s at %d, want %s %s at %d", p, i, g.Key, g.Value, g.Timestamp.UnixMilli(), r.Key, r.Value, r.Arrival)
				break
			}
		}
	}
}

// TestPublishOnce: a producer of the same run goes on where the last transaction
// ended, whatever its predecessor had under way.
func TestPublishOnce(t *testing.T) {
	brokers(t, func(t *testing.T, c Config) {
		topic := newTopic(t, c)
		pub := Publication{Topic: topic, Run: topic, Every: time.Hour}
		start := func(want int64) *Producer {
			p, err := NewProducer(t.Context(), c, pub)
			if err != nil {
				t.Fatal(err)
			}
			if p.Published().Records != want {
				t.Fatalf("a producer finds %d records published, want %d", p.Published().Records, want)
			}
			return p
		}
		publish := func(p *Producer, first, n int) error { return p.Publish(t.Context(), events(first, n)) }
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		first := start(0)
		must(publish(first, 0, 1000))
		must(first.Commit(t.Context()))
		must(publish(first, 1000, 500)) // never committed: it is killed here
		must(first.s.Flush(t.Context()))

		second := start(1000)
		if got := second.Published(); got.Arrival != events(999, 1)[0].Arrival || got.Within != 1 {
			t.Errorf("got %+v: want the last record's arrival, of which one is published", got)
		}
		must(publish(second, 1000, 700))
		must(second.Commit(t.Context()))

		var fenced *FencedError
		if err := first.Commit(t.Context()); !errors.As(err, &fenced) {
			t.Errorf("a producer whose run was taken over commits: got %v", err)
		}
		_ = first.Close()
		for k := 1700; k < 2000; k += 100 { // several transactions of one producer
			must(publish(second, k, 100))
			must(second.Commit(t.Context()))
		}
		must(publish(second, 2000, 10))
		must(second.Close()) // an ordinary end without commit takes back what is open
		third := start(2000)
		must(third.Commit(t.Context())) // nothing to commit
		must(publish(third, 2000, 1))
		must(third.Commit(t.Context()))
		must(third.Close())
		sameRun(t, c, topic, 2001)
	})
}

// TestPublishStalled: brokers that take nothing are given up, by the kind of the
// error and with what to check; what was under way is void.
func TestPublishStalled(t *testing.T) {
	k := cluster(t)
	c := at(k)
	topic := newTopic(t, c)
	p, err := NewProducer(t.Context(), c, Publication{Topic: topic, Run: topic, Every: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	p.watch.Go(func() { // beside the one that looks each second
		quick := &Producer{s: p.s, topic: p.topic, stalled: p.stalled, stop: p.stop, patience: 200 * time.Millisecond}
		quick.watchStall(50 * time.Millisecond)
	})
	k.ControlKey(int16(kmsg.Produce), func(req kmsg.Request) (kmsg.Response, error, bool) {
		k.KeepControl()
		resp := req.ResponseKind().(*kmsg.ProduceResponse)
		for _, topic := range req.(*kmsg.ProduceRequest).Topics {
			answer := kmsg.NewProduceResponseTopic()
			answer.Topic, answer.TopicID = topic.Topic, topic.TopicID
			for _, part := range topic.Partitions {
				refused := kmsg.NewProduceResponseTopicPartition()
				refused.Partition, refused.ErrorCode = part.Partition, kerr.NotEnoughReplicas.Code
				answer.Partitions = append(answer.Partitions, refused)
			}
			resp.Topics = append(resp.Topics, answer)
		}
		return resp, nil, true
	})
	err = p.Publish(t.Context(), events(0, 100))
	if err == nil {
		err = p.Commit(t.Context())
	}
	var away *UnreachableError
	if !errors.As(err, &away) || !strings.Contains(away.Check, "min.insync.replicas") {
		t.Errorf("got %v, want an UnreachableError that says what to check", err)
	}
	_ = p.Close()
}

// TestPublishConcurrentTransactions: a coordinator that is still writing the end of
// the transaction before says so, and is asked again.
func TestPublishConcurrentTransactions(t *testing.T) {
	k := cluster(t)
	c := at(k)
	topic := newTopic(t, c)
	p, err := NewProducer(t.Context(), c, Publication{Topic: topic, Run: topic, Every: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	left := 3
	k.ControlKey(int16(kmsg.AddOffsetsToTxn), func(req kmsg.Request) (kmsg.Response, error, bool) {
		if left--; left < 0 {
			return nil, nil, false
		}
		k.KeepControl()
		resp := req.ResponseKind().(*kmsg.AddOffsetsToTxnResponse)
		resp.ErrorCode = kerr.ConcurrentTransactions.Code
		return resp, nil, true
	})
	if err := p.Publish(t.Context(), events(0, 10)); err != nil {
		t.Fatal(err)
	}
	if err := p.Commit(t.Context()); err != nil || left >= 0 {
		t.Errorf("got %v after %d answers", err, 3-left)
	}
}

// TestPublishNeverHalf: a commit whose answer is lost may have been done or not. The
// next producer of the run finds out which.
func TestPublishNeverHalf(t *testing.T) {
	for _, done := range []bool{false, true} {
		k := cluster(t)
		c := at(k)
		topic := newTopic(t, c)
		pub := Publication{Topic: topic, Run: topic, Every: time.Hour}
		p, err := NewProducer(t.Context(), c, pub)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Publish(t.Context(), events(0, 100)); err != nil {
			t.Fatal(err)
		}
		if done {
			if err := p.Commit(t.Context()); err != nil {
				t.Fatal(err)
			}
		} else {
			if err := p.s.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := p.commitPosition(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		p.stop(nil)
		p.s.Close() // as a kill does: nothing is taken back
		next, err := NewProducer(t.Context(), c, pub)
		if err != nil {
			t.Fatal(err)
		}
		want := int64(0)
		if done {
			want = 100
		}
		if got := next.Published().Records; got != want {
			t.Errorf("commit done %v: the next producer finds %d records, want %d", done, got, want)
		}
		if err := next.Publish(t.Context(), events(int(want), 150-int(want))); err != nil {
			t.Fatal(err)
		}
		if err := next.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := next.Close(); err != nil {
			t.Fatal(err)
		}
		sameRun(t, c, topic, 150)
	}
}

// TestStretches: the end of a stretch is visible with its last record or not at all, and
// what another producer finds open goes on.
func TestStretches(t *testing.T) {
	brokers(t, func(t *testing.T, c Config) {
		topic := newTopic(t, c)
		pub := Publication{Topic: topic, Run: topic, Stretches: true, Every: time.Nanosecond} // every call ends a transaction
		start := func(want Progress) *Producer {
			t.Helper()
			p, err := NewProducer(t.Context(), c, pub)
			if err != nil {
				t.Fatal(err)
			}
			if got := p.Published(); !reflect.DeepEqual(got, want) {
				t.Fatalf("a producer finds %+v, want %+v", got, want)
			}
			return p
		}
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		arrival := func(i int) int64 { return events(i, 1)[0].Arrival }
		begin, middle := arrival(0), arrival(9)
		p := start(Progress{})
		p.Begin(begin)
		must(p.Publish(t.Context(), events(0, 5))) // the fifth waits
		p.s.Close()                                // as if killed
		p = start(Progress{Records: 4, Arrival: arrival(3), Within: 1, From: begin})
		must(p.Publish(t.Context(), events(4, 5)))
		must(p.Finish(t.Context(), middle))
		must(p.Finish(t.Context(), middle)) // nothing more to say
		p.s.Close()
		done := []Span{{begin, middle}}
		p = start(Progress{Records: 9, Arrival: arrival(8), From: middle, Done: done})
		p.Begin(middle)
		must(p.Finish(t.Context(), middle+1)) // without a record: told by the next transaction
		p.s.Close()
		p = start(Progress{Records: 9, Arrival: arrival(8), From: middle, Done: done})
		p.Begin(middle)
		must(p.Publish(t.Context(), events(9, 1)))
		must(p.Finish(t.Context(), middle+5))
		must(p.Close())
		sameRun(t, c, topic, 10)

		h, err := c.Holds(t.Context(), topic)
		must(err)
		want := []Run{{RunName(topic), Progress{Records: 10, Arrival: arrival(9), From: middle + 5, Done: []Span{{begin, middle + 5}}}}}
		if h.Empty || !reflect.DeepEqual(h.Runs, want) {
			t.Errorf("the topic holds %+v, want %+v", h, want)
		}
		empty, err := c.Holds(t.Context(), newTopic(t, c))
		must(err)
		if !empty.Empty || len(empty.Runs) > 0 {
			t.Errorf("an empty topic holds %+v", empty)
		}
	})
}

// TestProgress: what is kept beside the number of records is read back, and nothing
// else is taken for it.
func TestProgress(t *testing.T) {
	topic, other := [16]byte{1}, [16]byte{2}
	var p Progress
	for _, r := range events(0, 8) { // three of an arrival each
		p.advance(r.Arrival)
	}
	if want := (Progress{Records: 8, Arrival: events(7, 1)[0].Arrival, Within: 2}); !reflect.DeepEqual(p, want) {
		t.Errorf("got %+v after 8 records, want %+v", p, want)
	}
	if got, err := parseProgress(8, p.metadata(topic), topic); err != nil || !reflect.DeepEqual(got, p) {
		t.Errorf("read back: got %+v, %v, want %+v", got, err, p)
	}
	if got, err := parseProgress(8, p.metadata(topic), other); err != nil || !reflect.DeepEqual(got, Progress{}) {
		t.Errorf("of a topic that was made again: got %+v, %v, want none", got, err)
	}
	p.finish(5)
	p.begin(7)
	p.finish(9)
	if got, err := parseProgress(8, p.metadata(topic), topic); err != nil || !reflect.DeepEqual(got, p) || got.Open() {
		t.Errorf("of finished stretches: got %+v, %v, want %+v", got, err, p)
	}
	p.begin(5)
	p.finish(7)
	if want := []Span{{0, 9}}; !reflect.DeepEqual(p.Done, want) {
		t.Errorf("stretches that touch: got %v, want %v", p.Done, want)
	}
	old := "1 01" + strings.Repeat("0", 30) + " 1700 2"
	if got, err := parseProgress(8, old, topic); err != nil || !reflect.DeepEqual(got, Progress{Records: 8, Arrival: 1700, Within: 2, From: unknownBegin}) {
		t.Errorf("of version 1: got %+v, %v", got, err)
	}
	p.advance(1700)
	for _, bad := range []string{"", "2 01 1 1", "2 " + strings.Repeat("0", 32) + " 1 0 5 -", "2 " + strings.Repeat("0", 32) + " 1 0 5 5-3", "1 " + strings.Repeat("0", 32) + " x 1", strings.Replace(p.metadata(topic), " 1700 1", " 1700 99", 1)} {
		if got, err := parseProgress(8, bad, [16]byte{}); err == nil && !reflect.DeepEqual(got, Progress{}) {
			t.Errorf("%q is taken for %+v", bad, got)
		}
	}
	if _, err := parseProgress(8, "by another program", topic); err == nil {
		t.Error("the text of another program is taken for a position")
	}
}
