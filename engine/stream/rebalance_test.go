package stream

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"acme/telemetry/schema"
)

// TestRelease: before partitions go to another member, the one that has them is asked,
// may still commit, and the other begins where it left off.
func TestRelease(t *testing.T) {
	l := newTestLog(t, 4)
	for p := range int32(4) {
		l.write(p, 10)
	}
	a := take(t, l.consumer())
	var inRelease error
	a.release = func(ctx context.Context, ps []int32) {
		var at []schema.Position
		for _, p := range ps {
			at = append(at, schema.Position{Partition: p, Offset: a.next[p], Metadata: fmt.Sprintf("left at %d", a.next[p])})
		}
		inRelease = errors.Join(inRelease, a.Commit(ctx, at))
		clear(a.assigned)
	}
	a.until("end", a.atEnd)

	b := take(t, l.consumer())
	stop := make(chan struct{})
	var other sync.WaitGroup
	other.Go(func() {
		b.until("assignment", func() bool { return len(b.assigned) == 2 })
		close(stop)
	})
	a.until("its and the other's assignment", func() bool {
		select {
		case <-stop:
			return len(a.assigned) == 2
		default:
			return false
		}
	})
	other.Wait()
	if inRelease != nil {
		t.Errorf("commit while releasing: %v", inRelease)
	}
	if len(a.released) == 0 || !slices.Equal(a.released[0], []int32{0, 1, 2, 3}) || !slices.Equal(a.revoked[:4], []int32{0, 1, 2, 3}) {
		t.Errorf("released %v, revoked %v: want all four", a.released, a.revoked)
	}
	for p, got := range b.assigned {
		if got.Offset != 10 || got.Metadata != "left at 10" {
			t.Errorf("the other member has partition %d at %+v", p, got)
		}
	}
	if b.count() != 0 {
		t.Errorf("the other member got %d messages again", b.count())
	}
	// Each commits only what it has.
	for p := range int32(4) {
		_, ofB := b.assigned[p]
		errA := a.Commit(l.context(), []schema.Position{{Partition: p, Offset: 10}})
		errB := b.Commit(l.context(), []schema.Position{{Partition: p, Offset: 10}})
		if ofB && (!errors.Is(errA, schema.ErrFenced) || errB != nil) || !ofB && (errA != nil || !errors.Is(errB, schema.ErrFenced)) {
			t.Errorf("partition %d, which the second has: %v; commit of the first: %v; of the second: %v", p, ofB, errA, errB)
		}
	}
}

// TestReleaseWaits: while a member does what it must with what it got, and does not
// poll, nothing is taken from it; when it polls again it is asked.
func TestReleaseWaits(t *testing.T) {
	l := newTestLog(t, 4)
	l.write(0, 10)
	a := take(t, l.consumer())
	a.until("end", func() bool { return len(a.assigned) == 4 && a.atEnd() })
	b := take(t, l.consumer())
	got := make(chan struct{})
	go func() {
		defer close(got)
		b.until("assignment", func() bool { return len(b.assigned) == 2 })
	}()
	for i := range int64(10) { // the other is waiting by now
		time.Sleep(100 * time.Millisecond)
		if err := a.Commit(l.context(), []schema.Position{{Partition: 0, Offset: i}, {Partition: 3}}); err != nil {
			t.Fatalf("commit while another waits: %v", err)
		}
	}
	select {
	case <-got:
		t.Error("the other has partitions that were not released")
	default:
	}
	a.until("release", func() bool { return len(a.released) == 1 && len(a.revoked) == 4 })
	a.until("the other's assignment", func() bool {
		select {
		case <-got:
			return true
		default:
			return false
		}
	})
}

// TestFetchedBefore: what was fetched for an assignment that has ended, and not given
// yet, is dropped, and nothing more of it comes: behind a newer one it would be taken
// for what follows, with a hole before it.
func TestFetchedBefore(t *testing.T) {
	l := newTestLog(t, 2)
	k := take(t, l.consumer())
	k.until("assignment", func() bool { return len(k.assigned) == 2 })
	l.write(0, 10)
	for ended := time.Now().Add(10 * time.Second); k.ahead() == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(ended) {
			t.Fatal("nothing was fetched ahead")
		}
	}
	k.mu.Lock()
	k.forget()
	k.mu.Unlock()
	l.write(0, 10)
	l.write(1, 10)
	k.closing.Wait()
	if n := k.ahead(); n > 0 {
		t.Errorf("%d bytes of an assignment that has ended are left", n)
	}
}

// TestZombie: a member that the group has given up cannot commit, not even when it
// does not know yet; and learns that its partitions are lost.
func TestZombie(t *testing.T) {
	l := newTestLog(t, 2)
	l.write(0, 5)
	var deaf atomic.Bool // the member hears nothing from the group
	zombie := take(t, l.consumer(func(c *ConsumerConfig) { c.Session, c.Member = time.Second, "one" }))
	zombie.until("end", func() bool { return len(zombie.assigned) == 2 && zombie.atEnd() })
	deaf.Store(true)
	// Another process of the same name takes over at once, as one does that was started again.
	heir := take(t, l.consumer(func(c *ConsumerConfig) { c.Session, c.Member = time.Second, "one" }))
	heir.until("assignment", func() bool { return len(heir.assigned) == 2 })
	if err := zombie.Commit(l.context(), []schema.Position{{Partition: 0, Offset: 5}}); !errors.Is(err, schema.ErrFenced) {
		t.Errorf("commit of the zombie: %v", err)
	}
	if err := heir.Commit(l.context(), []schema.Position{{Partition: 0, Offset: 3}}); err != nil {
		t.Errorf("commit of the heir: %v", err)
	}
	err := zombie.fails()
	if err == nil || len(zombie.lost) != 2 || len(zombie.released) != 0 {
		t.Errorf("the zombie learns %v, lost %v, released %v", err, zombie.lost, zombie.released)
	}
}

// TestSilentMember: a member that stops polling holds the group up no longer than it
// may, and what it commits then is refused.
func TestSilentMember(t *testing.T) {
	l := newTestLog(t, 2)
	l.write(0, 5)
	short := func(c *ConsumerConfig) { c.Session, c.Rebalance = time.Second, time.Second }
	silent := take(t, l.consumer(short))
	silent.until("end", func() bool { return len(silent.assigned) == 2 && silent.atEnd() })
	other := take(t, l.consumer(short))
	other.until("all partitions", func() bool { return len(other.assigned) == 2 })
	if err := silent.Commit(l.context(), []schema.Position{{Partition: 0, Offset: 5}}); !errors.Is(err, schema.ErrFenced) {
		t.Errorf("commit of the silent member: %v", err)
	}
}

// TestEveryMessageOnce: members come and go, each commits what it got when it is asked
// to release; together they get every message once.
func TestEveryMessageOnce(t *testing.T) {
	const partitions, each = 6, 2000
	l := newTestLog(t, partitions)
	var mu sync.Mutex
	got := map[string]int{}
	total := 0
	member := func(ctx context.Context, c *Consumer) error {
		defer c.Close()
		next := map[int32]int64{}
		held := map[int32][]string{}
		keep := func(ctx context.Context, ps []int32) {
			var at []schema.Position
			for _, p := range ps {
				at = append(at, schema.Position{Partition: p, Offset: next[p]})
			}
			err := c.Commit(ctx, at)
			mu.Lock()
			defer mu.Unlock()
			for _, p := range ps {
				if err == nil {
					for _, v := range held[p] {
						got[v]++
						total++
					}
				}
			}
			clear(held)
		}
		for ctx.Err() == nil {
			short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
			p, err := c.Poll(short, keep)
			cancel()
			if err != nil {
				return err
			}
			if len(p.Lost) > 0 {
				clear(held)
			}
			for _, a := range p.Assigned {
				next[a.Partition] = a.Offset
			}
			for _, f := range p.Fetched {
				for _, m := range f.Messages {
					if m.Offset >= next[f.Partition] {
						next[f.Partition] = m.Offset + 1
						held[f.Partition] = append(held[f.Partition], string(m.Value))
					}
				}
			}
			if len(held) > 0 {
				keep(context.WithoutCancel(ctx), sortedKeys(held)) // one that is cut short may be done
			}
		}
		return nil
	}
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Second)
	defer stop()
	var members sync.WaitGroup
	join := func() context.CancelFunc {
		mine, leave := context.WithCancel(ctx)
		c := l.consumer()
		members.Go(func() {
			if err := member(mine, c); err != nil && mine.Err() == nil {
				t.Error(err)
			}
		})
		return leave
	}
	join()
	client := l.client()
	leave := func() {}
	for range each / 100 {
		for p := range int32(partitions) {
			l.produce(client, l.records(p, 100))
		}
		leave()
		leave = join()
		time.Sleep(100 * time.Millisecond)
	}
	for ctx.Err() == nil {
		mu.Lock()
		n := total
		mu.Unlock()
		if n >= partitions*each {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	stop()
	members.Wait()
	twice := 0
	for _, n := range got {
		twice += n - 1
	}
	if len(got) != partitions*each || twice != 0 {
		t.Errorf("%d of %d messages, %d of them twice", len(got), partitions*each, twice)
	}
}

func sortedKeys[V any](m map[int32]V) []int32 {
	var out []int32
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// TestRetentionGap: what retention took is seen in the bounds, whether it was gone when
// the partition was assigned or went while it was read.
func TestRetentionGap(t *testing.T) {
	l := newTestLog(t, 1)
	l.write(0, 100)
	k := take(t, l.consumer())
	k.until("end", k.atEnd)
	if err := k.Commit(l.context(), []schema.Position{{Offset: 10}}); err != nil {
		t.Fatal(err)
	}
	k.Close()
	l.deleteBefore(0, 40)
	k = take(t, l.consumer())
	k.until("end", k.atEnd)
	if a := k.assigned[0]; a.Offset != 10 || a.First != 40 || a.End != 100 {
		t.Errorf("assigned %+v, want offset 10 of a log from 40 to 100", a)
	}
	if want := l.written[0][40:]; !slices.Equal(k.got[0], want) {
		t.Errorf("got %s, want %s", ends(k.got[0]), ends(want))
	}

	// And while it is paused, as a member is that cannot write for long.
	var seen []schema.Fetched
	k.fetched = func(f schema.Fetched) { seen = append(seen, f) }
	k.Pause([]int32{0})
	l.write(0, 50)
	l.deleteBefore(0, 120)
	for range 5 {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		if err := k.poll(ctx); err != nil {
			t.Fatal(err)
		}
		cancel()
	}
	if len(k.got[0]) != 60 {
		t.Fatalf("a paused partition gave messages: %d", len(k.got[0]))
	}
	k.Resume([]int32{0})
	k.until("end", func() bool { return k.read[0] == 150 })
	if first := seen[0]; len(first.Messages) != 0 || first.First != 120 || first.Next != 120 {
		t.Errorf("the gap was told as %+v", first)
	}
	if want := l.written[0][120:]; !slices.Equal(k.got[0][60:], want) {
		t.Errorf("got %s behind the gap, want %s", ends(k.got[0][60:]), ends(want))
	}
	var gap *RetentionError
	err := k.Read(l.context(), schema.Range{From: 100, To: 130}, func(schema.Message) error { return nil })
	if !errors.As(err, &gap) || gap.First != 120 {
		t.Errorf("reading what is gone: %v", err)
	}
	var cut *TruncatedError
	err = k.Read(l.context(), schema.Range{From: 140, To: 151}, func(schema.Message) error { return nil })
	if !errors.As(err, &cut) || cut.End != 150 {
		t.Errorf("reading what was never there: %v", err)
	}
}

// TestFalseAlarm: a broker that says an offset is out of range which is not, as a new
// leader may, is asked again at the same place, where nothing was read yet and later.
func TestFalseAlarm(t *testing.T) {
	l := newTestLog(t, 1)
	l.faulty()
	l.write(0, 10)
	alarm := kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Topic: logTopic, Err: kerr.OffsetOutOfRange}
	first := l.Fault(alarm)
	k := take(t, l.consumer())
	k.until("end", k.atEnd)
	again := l.Fault(alarm)
	l.write(0, 10)
	k.until("end again", func() bool { return len(k.got[0]) == 20 })
	if first.Hits() != 1 || again.Hits() != 1 {
		t.Errorf("alarms given: %d and %d", first.Hits(), again.Hits())
	}
	k.wants(l.written)
}

// TestPauseKeepsOrder: what was fetched when a partition was paused comes after it is
// resumed, once and in order.
func TestPauseKeepsOrder(t *testing.T) {
	l := newTestLog(t, 2)
	l.write(0, 500)
	l.write(1, 500)
	k := take(t, l.consumer(func(c *ConsumerConfig) { c.FetchBytes = 1 << 10 }))
	for i := 0; !(len(k.assigned) == 2 && k.atEnd()); i++ {
		p := []int32{int32(i % 2)}
		k.Pause(p)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
		if err := k.poll(ctx); err != nil {
			t.Fatal(err)
		}
		cancel()
		k.Resume(p)
		if i > 5000 {
			t.Fatalf("got %d of 1000 messages", k.count())
		}
	}
	k.wants(l.written)
	if k.again != 0 {
		t.Errorf("%d messages came again", k.again)
	}
}

// TestTopicRecreated: a topic that is deleted and made again is not read on.
func TestTopicRecreated(t *testing.T) {
	l := newTestLog(t, 1)
	l.write(0, 5)
	k := take(t, l.consumer())
	k.until("end", k.atEnd)
	was := k.Topic().Identity()
	if len(was) != 22 {
		t.Errorf("identity %q", was)
	}
	l.remake(1)
	l.write(0, 20)
	var other *RecreatedError
	if err := k.fails(); !errors.As(err, &other) || other.Was != was || other.Is == was || other.Is == "" {
		t.Errorf("error %v", err)
	}
	if err := k.Read(l.context(), schema.Range{To: 3}, func(schema.Message) error { return nil }); !errors.As(err, &other) {
		t.Errorf("reading a range of the old one: %v", err)
	}
	l.remove()
	if err := k.Read(l.context(), schema.Range{To: 3}, func(schema.Message) error { return nil }); err == nil {
		t.Error("a range of a topic that is gone was read")
	}
}

// TestTruncated: a log that has other messages than were read is not read on.
func TestTruncated(t *testing.T) {
	l := newTestLog(t, 1)
	l.write(0, 20)
	k := take(t, l.consumer())
	k.until("end", k.atEnd)
	k.mu.Lock()
	k.held[0].sum++ // as if the last message had been another
	k.mu.Unlock()
	k.seek(0, 10)
	var cut *TruncatedError
	if err := k.fails(); !errors.As(err, &cut) || cut.End != 19 || cut.Next != 20 {
		t.Errorf("error %v", err)
	}
}

// TestReadNotOwned: a range is read by whoever asks, beside the group.
func TestReadNotOwned(t *testing.T) {
	l := newTestLog(t, 2)
	l.write(0, 1000)
	l.write(1, 1000)
	owner := take(t, l.consumer())
	owner.until("end", owner.atEnd)
	none := l.consumer(func(c *ConsumerConfig) { c.Group = logTopic + "-none" })
	var readers sync.WaitGroup
	for p := range int32(2) {
		readers.Go(func() {
			var got []string
			err := none.Read(l.context(), schema.Range{Partition: p, From: 300, To: 700}, func(m schema.Message) error {
				got = append(got, string(m.Value))
				return nil
			})
			if err != nil || !slices.Equal(got, l.written[p][300:700]) {
				t.Errorf("partition %d: %v, got %s", p, err, ends(got))
			}
		})
	}
	readers.Wait()
	stop := errors.New("enough")
	n := 0
	err := none.Read(l.context(), schema.Range{To: 1000}, func(schema.Message) error {
		if n++; n == 10 {
			return stop
		}
		return nil
	})
	if !errors.Is(err, stop) || n != 10 {
		t.Errorf("a reader that has enough after %d: %v", n, err)
	}
}

// TestBoundedMemory: however long the log, what is fetched ahead is bounded.
func TestBoundedMemory(t *testing.T) {
	l := newTestLog(t, 1)
	client := l.client()
	noise := uint32(1)
	for range 80 {
		records := l.records(0, 50)
		for _, r := range records {
			r.Value = make([]byte, 1000)
			for i := range r.Value {
				noise = noise*1664525 + 1013904223
				r.Value[i] = byte(noise >> 24)
			}
		}
		l.produce(client, records)
	}
	k := take(t, l.consumer(func(c *ConsumerConfig) { c.FetchBytes = 16 << 10 }))
	k.until("assignment", func() bool { return len(k.assigned) == 1 })
	most := int64(0)
	for k.read[0] < 4000 {
		time.Sleep(2 * time.Millisecond) // let it fetch ahead as far as it wants
		most = max(most, k.ahead())
		if err := k.poll(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if k.read[0] != 4_000 || most == 0 || most > 512<<10 {
		t.Errorf("read %d of 4,000 messages; %d bytes of 4 MB were fetched ahead", k.read[0], most)
	}
}

// ahead is how many bytes were fetched and not given yet.
func (c *Consumer) ahead() (n int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, a := range c.arrived {
		a.fetches.EachRecord(func(r *kgo.Record) { n += int64(len(r.Value)) })
	}
	if c.readers != nil {
		for _, r := range c.readers.all {
			n += r.s.BufferedFetchBytes()
		}
	}
	return n
}
