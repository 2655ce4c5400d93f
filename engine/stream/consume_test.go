package stream

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"acme/telemetry/schema"
)

// logTopic is the topic that tests make, and the name of their group.
const logTopic = "acme-stream-test"

// testLog is a cluster with one topic: kfake, or the one that ACME_KAFKA names.
type testLog struct {
	*kfake.Cluster // nil where it is a real one
	t              *testing.T
	cfg            Config
	sent           int // messages that were written to each partition, visible or not
	written        map[int32][]string
}

func newTestLog(t *testing.T, partitions int32) *testLog {
	t.Helper()
	l := &testLog{t: t, written: map[int32][]string{}, cfg: Config{Auth: Auth{Mechanism: Plaintext}, Patience: 30 * time.Second}}
	if address := os.Getenv("ACME_KAFKA"); address != "" {
		l.cfg.Brokers = []string{address}
		l.remake(partitions)
		t.Cleanup(l.remove)
		return l
	}
	var err error
	l.Cluster, err = kfake.NewCluster(kfake.NumBrokers(3), kfake.SeedTopics(partitions, logTopic), kfake.GroupMinSessionTimeout(100*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	l.cfg.Brokers = l.ListenAddrs()
	return l
}

// faulty skips a test that makes the cluster misbehave in a way that a real one does
// only by chance.
func (l *testLog) faulty() {
	if l.Cluster == nil {
		l.t.Skip("the faults of this test are kfake's")
	}
}

// remove deletes the topic, if it is there, and what groups remember of it.
func (l *testLog) remove() {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	admin := kadm.NewClient(l.client())
	if _, err := admin.DeleteTopic(ctx, logTopic); err != nil && !errors.Is(err, kerr.UnknownTopicOrPartition) {
		l.t.Fatal(err)
	}
	groups, err := admin.ListGroups(ctx)
	if err != nil {
		l.t.Fatal(err)
	}
	for _, g := range groups.Groups() {
		if strings.HasPrefix(g, logTopic) {
			_, _ = admin.DeleteGroup(ctx, g) // one that still has a member stays
		}
	}
}

// remake deletes the topic and makes it anew.
func (l *testLog) remake(partitions int32) {
	l.t.Helper()
	l.remove()
	admin := kadm.NewClient(l.client())
	for {
		_, err := admin.CreateTopic(l.context(), partitions, -1, nil, logTopic)
		switch {
		case err == nil:
			return
		case !errors.Is(err, kerr.TopicAlreadyExists): // it is still being deleted
			l.t.Fatal(err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// deleteBefore removes the first messages of a partition, as retention does.
func (l *testLog) deleteBefore(partition int32, offset int64) {
	l.t.Helper()
	var at kadm.Offsets
	at.Add(kadm.Offset{Topic: logTopic, Partition: partition, At: offset})
	answers, err := kadm.NewClient(l.client()).DeleteRecords(l.context(), at)
	if err = errors.Join(err, answers.Error()); err != nil {
		l.t.Fatal(err)
	}
}

func (l *testLog) context() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	l.t.Cleanup(cancel)
	return ctx
}

func (l *testLog) client(opts ...kgo.Opt) *kgo.Client {
	l.t.Helper()
	client, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(l.cfg.Brokers...), kgo.RecordPartitioner(kgo.ManualPartitioner())}, opts...)...)
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(client.Close)
	return client
}

// records gives n records for a partition, each with its own value.
func (l *testLog) records(partition int32, n int) []*kgo.Record {
	out := make([]*kgo.Record, n)
	for i := range out {
		l.sent++
		at := time.UnixMilli(1_754_933_627_000 + int64(l.sent))
		out[i] = &kgo.Record{Topic: logTopic, Partition: partition, Key: []byte("CUST_1"), Value: fmt.Appendf(nil, "p%d-%d", partition, l.sent), Timestamp: at}
	}
	return out
}

func (l *testLog) produce(client *kgo.Client, records []*kgo.Record) {
	l.t.Helper()
	if err := client.ProduceSync(l.context(), records...).FirstErr(); err != nil {
		l.t.Fatal(err)
	}
}

// write appends n messages to a partition.
func (l *testLog) write(partition int32, n int) {
	l.t.Helper()
	client := l.client()
	defer client.Close()
	records := l.records(partition, n)
	l.produce(client, records)
	for _, r := range records {
		l.written[partition] = append(l.written[partition], string(r.Value))
	}
}

func (l *testLog) config() ConsumerConfig {
	return ConsumerConfig{Cluster: l.cfg, Topic: logTopic, Group: logTopic, Session: 3 * time.Second, Rebalance: 5 * time.Second}
}

func (l *testLog) consumer(change ...func(*ConsumerConfig)) *Consumer {
	l.t.Helper()
	cfg := l.config()
	for _, f := range change {
		f(&cfg)
	}
	c, err := NewConsumer(l.context(), cfg)
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(c.Close)
	return c
}

// taker does with a consumer what an exporter does: it keeps its own next offset.
type taker struct {
	*Consumer
	t        *testing.T
	next     map[int32]int64
	bounds   map[int32]schema.Bounds
	read     map[int32]int64 // how far each partition was read
	got      map[int32][]string
	again    int
	assigned map[int32]schema.Assignment
	released [][]int32
	revoked  []int32
	lost     []int32
	release  func(context.Context, []int32)
	fetched  func(schema.Fetched)
}

func take(t *testing.T, c *Consumer) *taker {
	return &taker{
		Consumer: c, t: t, next: map[int32]int64{}, bounds: map[int32]schema.Bounds{}, read: map[int32]int64{},
		got: map[int32][]string{}, assigned: map[int32]schema.Assignment{},
	}
}

func (k *taker) poll(ctx context.Context) error {
	p, err := k.Poll(ctx, func(ctx context.Context, ps []int32) {
		k.released = append(k.released, ps)
		if k.release != nil {
			k.release(ctx, ps)
		}
	})
	k.revoked, k.lost = append(k.revoked, p.Revoked...), append(k.lost, p.Lost...)
	for _, a := range p.Assigned {
		k.assigned[a.Partition], k.bounds[a.Partition] = a, a.Bounds
		k.next[a.Partition], k.read[a.Partition] = a.Offset, a.Offset
	}
	for _, f := range p.Fetched {
		if k.fetched != nil {
			k.fetched(f)
		}
		k.bounds[f.Partition] = f.Bounds
		for _, m := range f.Messages {
			if m.Partition != f.Partition {
				k.t.Errorf("partition %d: a message of partition %d", f.Partition, m.Partition)
			}
			if m.Offset < k.next[f.Partition] {
				k.again++
				continue
			}
			k.next[f.Partition] = m.Offset + 1
			k.got[f.Partition] = append(k.got[f.Partition], string(m.Value))
		}
		k.read[f.Partition] = max(k.read[f.Partition], f.Next)
	}
	return err
}

// until polls until done says so.
func (k *taker) until(what string, done func() bool) {
	k.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 40*time.Second)
	defer cancel()
	for !done() {
		short, stop := context.WithTimeout(ctx, 200*time.Millisecond)
		err := k.poll(short)
		stop()
		if err != nil {
			k.t.Fatalf("poll until %s: %v", what, err)
		}
		if ctx.Err() != nil {
			k.t.Fatalf("no %s: assigned %v, got %d, read %v", what, k.assigned, k.count(), k.read)
		}
	}
}

// fails polls until there is an error, and gives it.
func (k *taker) fails() error {
	k.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 40*time.Second)
	defer cancel()
	for ctx.Err() == nil {
		if err := k.poll(ctx); err != nil {
			return err
		}
	}
	k.t.Fatal("no error came")
	return nil
}

func (k *taker) count() int {
	n := 0
	for _, got := range k.got {
		n += len(got)
	}
	return n
}

func (k *taker) atEnd() bool {
	for p := range k.assigned {
		if k.read[p] < k.bounds[p].End {
			return false
		}
	}
	return len(k.assigned) > 0
}

func (k *taker) wants(written map[int32][]string) {
	k.t.Helper()
	for p, want := range written {
		if !slices.Equal(k.got[p], want) {
			k.t.Errorf("partition %d: got %d messages %s, want %d %s", p, len(k.got[p]), ends(k.got[p]), len(want), ends(want))
		}
	}
}

func ends(s []string) string {
	if len(s) == 0 {
		return "[]"
	}
	return s[0] + ".." + s[len(s)-1]
}

// TestPositions: what was committed comes back with its text, for each partition its
// own, and messages go on from there.
func TestPositions(t *testing.T) {
	l := newTestLog(t, 3)
	for p := range int32(3) {
		l.write(p, 10)
	}
	k := take(t, l.consumer())
	k.until("end", k.atEnd)
	k.wants(l.written)
	for p := range int32(3) {
		if a := k.assigned[p]; a.Committed || a.Offset != 0 || a.Bounds != (schema.Bounds{First: 0, End: 10}) {
			t.Errorf("first assignment of partition %d: %+v", p, a)
		}
	}
	plan := strings.Repeat("p", 4096)
	ps := []schema.Position{{Partition: 0, Offset: 4, Metadata: plan}, {Partition: 2, Offset: 7}}
	if err := k.Commit(l.context(), ps); err != nil {
		t.Fatal(err)
	}
	if l.Cluster == nil { // kfake takes any
		if err := k.Commit(l.context(), []schema.Position{{Partition: 0, Offset: 5, Metadata: plan + "x"}}); !errors.Is(err, kerr.OffsetMetadataTooLarge) {
			t.Errorf("a text of 4097 bytes: %v", err)
		}
	}
	k.Close()

	k = take(t, l.consumer())
	k.until("end", k.atEnd)
	for p, want := range map[int32]schema.Assignment{
		0: {Position: ps[0], Committed: true, Bounds: schema.Bounds{End: 10}},
		1: {Position: schema.Position{Partition: 1}, Bounds: schema.Bounds{End: 10}},
		2: {Position: ps[1], Committed: true, Bounds: schema.Bounds{End: 10}},
	} {
		if got := k.assigned[p]; got != want {
			t.Errorf("partition %d: assigned %+v, want %+v", p, got, want)
		}
		if !slices.Equal(k.got[p], l.written[p][want.Offset:]) {
			t.Errorf("partition %d: got %s, want from offset %d", p, ends(k.got[p]), want.Offset)
		}
	}
}

// TestReadFrom: where a group begins that was never there; and that it goes on where it
// stood, and reads partitions from their start that came when it was there.
func TestReadFrom(t *testing.T) {
	l := newTestLog(t, 2)
	l.write(0, 10) // arrivals ...001 to 010
	l.write(1, 10) // arrivals ...011 to 020
	from := func(r ReadFrom, group string) *taker {
		return take(t, l.consumer(func(c *ConsumerConfig) { c.From, c.Group = r, logTopic+group }))
	}
	for _, c := range []struct {
		text string
		want [2]int64
	}{
		{"earliest", [2]int64{0, 0}},
		{"1970-01-01T00:00:00Z", [2]int64{0, 0}},
		{"now", [2]int64{10, 10}},
		{"2025-08-11T17:33:47.008Z", [2]int64{7, 0}},
		{"2025-08-11T17:33:47.013Z", [2]int64{10, 2}},
		{"2030-01-01T00:00:00Z", [2]int64{10, 10}},
	} {
		r, err := ParseReadFrom(c.text)
		if err != nil {
			t.Fatal(err)
		}
		k := from(r, strings.ReplaceAll(c.text, ":", "-"))
		k.until("assignment", func() bool { return len(k.assigned) == 2 })
		for p, want := range c.want {
			if got := k.assigned[int32(p)]; got.Offset != want || got.Committed {
				t.Errorf("%s: partition %d begins at %+v, want %d", c.text, p, got, want)
			}
		}
		k.Close()
	}
	if _, err := ParseReadFrom("yesterday"); err == nil {
		t.Error("yesterday was understood")
	}

	k := from(ReadFrom{Now: true}, "now")
	k.until("assignment", func() bool { return len(k.assigned) == 2 })
	if err := k.Commit(l.context(), []schema.Position{{Partition: 0, Offset: 10}, {Partition: 1, Offset: 10}}); err != nil {
		t.Fatal(err)
	}
	k.Close()
	l.write(0, 3)
	l.addPartition(3)
	l.write(2, 5)
	k = from(ReadFrom{Now: true}, "now")
	k.until("end of three partitions", func() bool { return len(k.assigned) == 3 && k.atEnd() })
	if got := [3]int{len(k.got[0]), len(k.got[1]), len(k.got[2])}; got != [3]int{3, 0, 5} {
		t.Errorf("after a restart, with a new partition: got %v messages, want 3, 0, 5", got)
	}
}

// addPartition makes the topic's partitions as many as total.
func (l *testLog) addPartition(total int32) {
	l.t.Helper()
	req := kmsg.NewPtrCreatePartitionsRequest()
	topic := kmsg.NewCreatePartitionsRequestTopic()
	topic.Topic, topic.Count = logTopic, total
	req.Topics = append(req.Topics, topic)
	resp, err := req.RequestWith(l.context(), l.client())
	if err == nil {
		err = kerr.ErrorForCode(resp.Topics[0].ErrorCode)
	}
	if err != nil {
		l.t.Fatal(err)
	}
}

// TestPartitionAdded: a partition that is made while the group reads is read from its
// first message, even by a group that began with what comes now.
func TestPartitionAdded(t *testing.T) {
	l := newTestLog(t, 1)
	l.write(0, 3)
	k := take(t, l.consumer(func(c *ConsumerConfig) { c.From.Now = true }))
	k.until("assignment", func() bool { return len(k.assigned) == 1 })
	l.addPartition(2)
	l.write(1, 4)
	k.s.ForceMetadataRefresh()
	k.until("messages of the new partition", func() bool { return len(k.got[1]) == 4 })
	if a := k.assigned[1]; a.Offset != 0 || a.Committed {
		t.Errorf("the new partition begins at %+v", a)
	}
	if len(k.released) != 1 || !slices.Equal(k.released[0], []int32{0}) {
		t.Errorf("released %v, want the one partition once", k.released)
	}
}

// TestTransactions: aborted messages are not seen, open ones not yet, and the places of
// markers count as read.
func TestTransactions(t *testing.T) {
	l := newTestLog(t, 1)
	client := l.client(kgo.TransactionalID("tx"))
	write := func(n int, end kgo.TransactionEndTry) {
		t.Helper()
		if err := client.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		records := l.records(0, n)
		l.produce(client, records)
		if err := client.EndTransaction(l.context(), end); err != nil {
			t.Fatal(err)
		}
		if end == kgo.TryCommit {
			for _, r := range records {
				l.written[0] = append(l.written[0], string(r.Value))
			}
		}
	}
	write(3, kgo.TryCommit) // 0 1 2, marker 3
	write(4, kgo.TryAbort)  // 4 to 7, marker 8
	write(2, kgo.TryCommit) // 9 10, marker 11
	write(5, kgo.TryAbort)  // 12 to 16, marker 17
	k := take(t, l.consumer())
	k.until("end", k.atEnd)
	k.wants(l.written)
	if k.read[0] != 18 || k.bounds[0].End != 18 {
		t.Errorf("read to %d of %d, want 18: what ends the log are messages nobody sees, and a marker", k.read[0], k.bounds[0].End)
	}
	if err := client.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	open := l.records(0, 2)
	l.produce(client, open)
	for range 5 {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		if err := k.poll(ctx); err != nil {
			t.Fatal(err)
		}
		cancel()
	}
	k.wants(l.written)
	if err := client.EndTransaction(l.context(), kgo.TryCommit); err != nil {
		t.Fatal(err)
	}
	k.until("messages of the transaction", func() bool { return len(k.got[0]) == 7 })

	// A replay of a range sees the same, whatever it begins or ends with.
	for _, r := range []schema.Range{{From: 0, To: 21}, {From: 3, To: 4}, {From: 4, To: 9}, {From: 2, To: 10}, {From: 12, To: 18}, {From: 5, To: 5}} {
		var got []int64
		if err := k.Read(l.context(), r, func(m schema.Message) error { got = append(got, m.Offset); return nil }); err != nil {
			t.Fatalf("%+v: %v", r, err)
		}
		var want []int64
		for _, visible := range []int64{0, 1, 2, 9, 10, 18, 19} {
			if visible >= r.From && visible < r.To {
				want = append(want, visible)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%+v: offsets %v, want %v", r, got, want)
		}
	}
}

// TestLeadersMove: messages come once and in order to a taker that keeps its own next
// offset, however often partitions get other leaders.
func TestLeadersMove(t *testing.T) {
	l := newTestLog(t, 4)
	l.faulty()
	client := l.client()
	k := take(t, l.consumer(func(c *ConsumerConfig) { c.FetchBytes = 4 << 10 }))
	moves := 0
	for round := range 40 {
		for p := range int32(4) {
			records := l.records(p, 100)
			l.produce(client, records)
			for _, r := range records {
				l.written[p] = append(l.written[p], string(r.Value))
			}
		}
		if round%2 == 0 {
			l.ShufflePartitionLeaders()
		} else if err := l.MoveTopicPartition(logTopic, int32(round/2%4), int32(round%3)); err != nil {
			t.Fatal(err)
		}
		if round%5 == 0 {
			l.RehashCoordinators()
		}
		moves++
		short, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		if err := k.poll(short); err != nil {
			t.Fatal(err)
		}
		cancel()
	}
	k.until("all messages", func() bool { return k.count() == 16_000 })
	k.wants(l.written)
	t.Logf("%d moves, %d messages came again", moves, k.again)
}

// TestDeadSeed: a first broker that does not listen is no reason to give up.
func TestDeadSeed(t *testing.T) {
	l := newTestLog(t, 1)
	l.write(0, 3)
	dead, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := dead.Addr().String()
	if err := dead.Close(); err != nil {
		t.Fatal(err)
	}
	l.cfg.Brokers = append([]string{address}, l.cfg.Brokers...)
	k := take(t, l.consumer())
	k.until("end", k.atEnd)
	k.wants(l.written)
}

// TestStartingCluster: coordinators that are not there yet are waited for, when the
// group is looked at, joined, asked for positions and given some.
func TestStartingCluster(t *testing.T) {
	l := newTestLog(t, 1)
	l.faulty()
	l.write(0, 3)
	for _, f := range []kfake.Fault{
		{Keys: []kmsg.Key{kmsg.FindCoordinator}, Err: kerr.CoordinatorNotAvailable, Count: 3},
		{Keys: []kmsg.Key{kmsg.OffsetFetch}, Err: kerr.CoordinatorLoadInProgress, Count: 3},
		{Keys: []kmsg.Key{kmsg.ListOffsets}, Err: kerr.OffsetNotAvailable, Count: 3},
		{Keys: []kmsg.Key{kmsg.OffsetCommit}, Err: kerr.NotCoordinator, Count: 2},
	} {
		l.Fault(f)
	}
	k := take(t, l.consumer())
	k.until("end", k.atEnd)
	k.wants(l.written)
	if err := k.Commit(l.context(), []schema.Position{{Offset: 3}}); err != nil {
		t.Fatal(err)
	}
}

// TestMissingTopic: a topic that is not there is said soon, whatever the patience.
func TestMissingTopic(t *testing.T) {
	l := newTestLog(t, 1)
	cfg := l.config()
	cfg.Topic, cfg.Cluster.Patience = "other", time.Hour
	_, err := NewConsumer(l.context(), cfg)
	var missing *TopicMissingError
	if !errors.As(err, &missing) || missing.Topic != "other" {
		t.Errorf("error %v", err)
	}
}

// TestTopicMadeLater: a topic that was made a moment ago, or whose broker was started a
// moment ago, is waited for.
func TestTopicMadeLater(t *testing.T) {
	l := newTestLog(t, 1)
	var asked atomic.Int32
	l.ControlKey(int16(kmsg.Metadata), func(r kmsg.Request) (kmsg.Response, error, bool) {
		req := r.(*kmsg.MetadataRequest)
		if len(req.Topics) == 0 || asked.Add(1) > 2 {
			l.KeepControl()
			return nil, nil, false
		}
		l.KeepControl()
		resp := req.ResponseKind().(*kmsg.MetadataResponse)
		topic := kmsg.NewMetadataResponseTopic()
		topic.Topic, topic.ErrorCode = req.Topics[0].Topic, kerr.UnknownTopicOrPartition.Code
		resp.Topics = append(resp.Topics, topic)
		return resp, nil, true
	})
	if _, err := l.config().Cluster.Describe(l.context(), l.config().Topic); err != nil {
		t.Errorf("after %d questions: %v", asked.Load(), err)
	}
	if asked.Load() < 3 {
		t.Errorf("asked %d times", asked.Load())
	}
}

// TestUnknownGroup: a group that never was has no positions, whether the cluster says
// so with an error (kfake) or with none (Kafka).
func TestUnknownGroup(t *testing.T) {
	l := newTestLog(t, 1)
	l.faulty()
	var asked atomic.Int32
	if k := take(t, l.consumer()); k.begun {
		t.Error("kfake: the group was there")
	}
	l.ControlKey(int16(kmsg.OffsetFetch), func(r kmsg.Request) (kmsg.Response, error, bool) {
		req, ok := r.(*kmsg.OffsetFetchRequest)
		if !ok {
			return nil, nil, false
		}
		l.KeepControl()
		asked.Add(1)
		resp := req.ResponseKind().(*kmsg.OffsetFetchResponse)
		for _, g := range req.Groups {
			answer := kmsg.NewOffsetFetchResponseGroup()
			answer.Group = g.Group
			for _, t := range g.Topics {
				topic := kmsg.NewOffsetFetchResponseGroupTopic()
				topic.Topic, topic.TopicID = t.Topic, t.TopicID
				for _, p := range t.Partitions {
					part := kmsg.NewOffsetFetchResponseGroupTopicPartition()
					part.Partition, part.Offset, part.LeaderEpoch, part.Metadata = p, -1, -1, kmsg.StringPtr("")
					topic.Partitions = append(topic.Partitions, part)
				}
				answer.Topics = append(answer.Topics, topic)
			}
			resp.Groups = append(resp.Groups, answer)
		}
		return resp, nil, true
	})
	c := l.consumer(func(c *ConsumerConfig) { c.Group = logTopic + "-other" })
	if c.begun || asked.Load() == 0 {
		t.Errorf("Kafka: begun %v, asked %d times", c.begun, asked.Load())
	}
}
