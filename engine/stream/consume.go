package stream

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"acme/telemetry/schema"
)

// ConsumerConfig says which topic is read, as which member of which group.
type ConsumerConfig struct {
	Cluster Config
	Topic   string
	Group   string
	// Member is a lasting name of this member (Kafka's group.instance.id). A member that
	// was killed and comes again under its name has its partitions back at once; without
	// a name the group waits for the old one up to Session. Two members of one name
	// throw each other out.
	Member string
	// From is where partitions are read from that the group has never been in.
	From ReadFrom
	// Session is how long a member that is silent stays one: 45 seconds where 0.
	Session time.Duration
	// Rebalance is how long a member may take to give its partitions up: one minute
	// where 0.
	Rebalance time.Duration
	// FetchBytes is how much a broker may answer at a time, compressed, a quarter of it
	// of one partition: 2 MiB where 0. What is held unpacked is about this, times
	// brokers, times readers, times two, times the ratio of compression; a single batch
	// may be larger.
	FetchBytes int32
	// FetchWait is how long a broker that has nothing keeps its answer back:
	// LongestFetchWait where 0. A partition that is resumed is asked for when the request on its way has been
	// answered: where one partition is behind, or was the last to be read to its end, it
	// waits so long each time.
	FetchWait time.Duration
	// Readers is how many clients read at once, each some of the partitions: two where 0.
	Readers int
}

// LongestFetchWait is how seldom a broker that has nothing need be asked.
const LongestFetchWait = 250 * time.Millisecond

func (c ConsumerConfig) withDefaults() ConsumerConfig {
	c.Session = cmp.Or(c.Session, 45*time.Second)
	c.Rebalance = cmp.Or(c.Rebalance, time.Minute)
	c.FetchBytes = cmp.Or(c.FetchBytes, 2<<20)
	c.FetchWait = cmp.Or(c.FetchWait, LongestFetchWait)
	c.Readers = cmp.Or(c.Readers, 2)
	return c
}

// Consumer is a member of a group that reads one topic. It gives what the group may
// see, in the order of each partition's log, and keeps positions with a text of the
// caller's.
//
// Poll, and what its release does, belong to one goroutine. Commit, Read, Pause and
// Resume may be called from any, while Poll runs too. Partitions change hands only
// while Poll runs, all at once (the eager protocol): whoever takes them begins where
// the group's positions say.
type Consumer struct {
	cfg   ConsumerConfig
	s     *session
	admin *kadm.Client
	topic Topic // as it was when the consumer was opened
	begun bool  // the group had positions in it then
	seed  maphash.Seed
	unzip *decompressor // of all clients that read
	ready chan struct{} // closed when s is there: the client joins before NewClient gives it

	// Of Poll alone: partitions that must be looked at, and why the topic must be.
	stuck []int32
	doubt error

	mu      sync.Mutex
	wake    context.CancelFunc // ends the waiting of the Poll that runs
	release func(context.Context, []int32)
	asking  context.Context // the Poll's that runs
	member  membership      // what Commit presents itself as
	held    map[int32]*reading
	pending schema.Poll // what happened and was not told yet
	readers *readers    // of what is held; nil where nothing is
	arrived []arrival   // from them, and not taken yet

	closing sync.WaitGroup // of readers that are not needed any more
}

// membership is what the group knows a member by. It is taken when partitions are
// assigned and never refreshed: a commit with it fails as soon as the group has moved
// on, even where this member has been given partitions again since.
type membership struct {
	id         string
	generation int32
}

// reading is how far a partition has been read.
type reading struct {
	by   *reader
	next int64
	// last is the offset of the last message that was given, sum its hash: where the
	// log is read again, it must still be there.
	last int64
	sum  uint64
}

// RecreatedError says that a topic was deleted while it was being read, and perhaps
// made again: Is is the other one's identity, empty where there is none.
type RecreatedError struct{ Topic, Was, Is string }

func (e *RecreatedError) Error() string {
	if e.Is == "" {
		return fmt.Sprintf("topic %s (id %s): it was deleted while it was being read", e.Topic, e.Was)
	}
	return fmt.Sprintf("topic %s: it was deleted and made again while it was being read (id %s, was %s)", e.Topic, e.Is, e.Was)
}

func (e *RecreatedError) Unwrap() error { return schema.ErrGone }

// TruncatedError says that a log has lost messages that were already read, as after
// the election of a leader that did not have them. Others may be in their places.
type TruncatedError struct {
	Topic     string
	Partition int32
	Next      int64 // the offset that was read up to
	End       int64 // the log's end, or the first offset that differs
}

func (e *TruncatedError) Error() string {
	return fmt.Sprintf("topic %s, partition %d: messages from offset %d on were read up to %d, and are gone or others now: the log was truncated", e.Topic, e.Partition, e.End, e.Next)
}

func (e *TruncatedError) Unwrap() error { return schema.ErrGone }

// NewConsumer joins the group. A cluster that is still starting is waited for, up to
// the configuration's patience. The caller closes the consumer.
func NewConsumer(ctx context.Context, cfg ConsumerConfig) (*Consumer, error) {
	c := &Consumer{cfg: cfg.withDefaults(), held: map[int32]*reading{}, member: membership{generation: -1}, seed: maphash.MakeSeed(), ready: make(chan struct{})}
	if c.cfg.Topic == "" || c.cfg.Group == "" {
		return nil, errors.New("a consumer needs a topic and a group")
	}
	var err error
	if c.unzip, err = newDecompressor(); err != nil {
		return nil, err
	}
	opts := append(c.readingOptions(c.cfg.FetchBytes),
		kgo.ConsumeTopics(c.cfg.Topic), // and paused: this client is the member, readers read
		kgo.ConsumerGroup(c.cfg.Group),
		kgo.Balancers(kgo.StickyBalancer()), // eager: all partitions change hands at once
		kgo.SessionTimeout(c.cfg.Session),
		kgo.HeartbeatInterval(min(3*time.Second, c.cfg.Session/3)),
		kgo.RebalanceTimeout(c.cfg.Rebalance),
		kgo.DisableAutoCommit(),
		kgo.BlockRebalanceOnPoll(),
		kgo.AdjustFetchOffsetsFn(c.assigned),
		kgo.OnPartitionsAssigned(func(context.Context, *kgo.Client, map[string][]int32) { c.joined() }),
		kgo.OnPartitionsRevoked(func(context.Context, *kgo.Client, map[string][]int32) { c.givenUp(true) }),
		kgo.OnPartitionsLost(func(context.Context, *kgo.Client, map[string][]int32) { c.givenUp(false) }),
	)
	if c.cfg.Member != "" {
		opts = append(opts, kgo.InstanceID(c.cfg.Member))
	}
	// The group is joined by the first client, so what is asked before that needs one
	// of its own: the topic must be known, and whether the group was ever in it.
	asker, err := c.cfg.Cluster.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer asker.Close()
	if err := c.survey(ctx, asker); err != nil {
		return nil, err
	}
	if c.s, err = c.cfg.Cluster.open(ctx, opts...); err != nil {
		return nil, err
	}
	c.s.PauseFetchTopics(c.cfg.Topic)
	c.admin = kadm.NewClient(c.s.Client)
	close(c.ready)
	return c, nil
}

// readingOptions are what every client that reads has in common.
func (c *Consumer) readingOptions(bytes int32) []kgo.Opt {
	return []kgo.Opt{
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		// The places of transaction markers count: a partition has been read to its end
		// when they have been passed.
		kgo.KeepControlRecords(),
		// Both, explicitly: where an offset is not in the log, nothing is guessed.
		kgo.ConsumeStartOffset(kgo.NoResetOffset()),
		kgo.ConsumeResetOffset(kgo.NoResetOffset()),
		kgo.FetchMaxBytes(bytes),
		// Whoever merges partitions waits for the one that is behind: an answer has some of
		// several. It is cut where it has so much, within a batch, which is sent again.
		kgo.FetchMaxPartitionBytes(max(bytes/4, 1)),
		kgo.FetchMaxWait(c.cfg.FetchWait),
		kgo.WithDecompressor(c.unzip),
		kgo.MetadataMaxAge(time.Minute), // how long a new partition may go unnoticed
		kgo.MetadataMinAge(250 * time.Millisecond),
	}
}

// Topic gives the topic's name, identity and partitions as they were when the consumer
// was opened, and no settings.
func (c *Consumer) Topic() Topic { return c.topic }

// Poll waits until something happens and gives all that has; when ctx ends first it
// gives an empty Poll and no error. release is called when partitions are about to be
// given up, with all that this member has: they are still its own, Commit still
// works, and nobody else reads them before it returns or its context ends. It runs
// while Poll runs.
func (c *Consumer) Poll(ctx context.Context, release func(context.Context, []int32)) (schema.Poll, error) {
	for {
		if out, err := c.mend(ctx); err != nil || len(out.Fetched) > 0 {
			return out, err
		}
		fetches, wakened := c.wait(ctx, release)
		if len(fetches) == 0 {
			continue // nothing came, and partitions may be changing hands just now
		}
		// From here to the next wait no partition changes hands.
		out := c.tell()
		err := c.take(fetches, &out)
		for _, some := range c.takeArrived() {
			if err == nil {
				err = c.take(some, &out)
			}
		}
		if err == nil && len(out.Assigned) > 0 {
			err = c.read(ctx, out.Assigned)
		}
		switch {
		case err != nil:
			return out, err
		case out.Joined || len(out.Revoked)+len(out.Lost)+len(out.Assigned)+len(out.Fetched) > 0:
			return out, nil
		case ctx.Err() != nil:
			return out, nil
		case !wakened && fetches.IsClientClosed():
			return out, errors.New("poll a closed consumer")
		}
	}
}

// wait lets partitions change hands, and gives what was fetched or, where something
// else happened, an error of its own as the only one.
func (c *Consumer) wait(ctx context.Context, release func(context.Context, []int32)) (fetches kgo.Fetches, wakened bool) {
	waiting, wake := context.WithCancel(ctx)
	defer wake()
	c.mu.Lock()
	c.wake, c.release, c.asking = wake, release, ctx
	if c.hasNews() {
		wake()
	}
	c.mu.Unlock()
	c.s.AllowRebalance()
	fetches = c.s.PollFetches(waiting)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wake, c.release, c.asking = nil, nil, nil
	return fetches, waiting.Err() != nil
}

func (c *Consumer) hasNews() bool {
	return c.pending.Joined || len(c.pending.Revoked)+len(c.pending.Lost)+len(c.pending.Assigned)+len(c.arrived) > 0
}

// tell gives what happened since it was last asked.
func (c *Consumer) tell() schema.Poll {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := c.pending
	c.pending = schema.Poll{}
	for i := range out.Assigned {
		a := &out.Assigned[i]
		c.held[a.Partition] = &reading{next: max(a.Offset, a.First), last: -1}
	}
	return out
}

// assigned is asked where to begin in the partitions that this member has been given.
func (c *Consumer) assigned(ctx context.Context, given map[string]map[int32]kgo.Offset) (map[string]map[int32]kgo.Offset, error) {
	<-c.ready
	id, generation := c.s.GroupMetadata()
	partitions := slices.Sorted(maps.Keys(given[c.cfg.Topic]))
	var as []schema.Assignment
	err := c.s.patiently(ctx, c.doing("ask where the group stands in"), func(ctx context.Context) (err error) {
		as, err = c.stand(ctx, partitions)
		return err
	})
	if err != nil {
		return nil, err
	}
	begin := make(map[int32]kgo.Offset, len(as))
	for _, a := range as {
		begin[a.Partition] = kgo.NewOffset().At(max(a.Offset, a.First))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.member = membership{id, generation}
	c.pending.Assigned = as
	if c.wake != nil {
		c.wake()
	}
	return map[string]map[int32]kgo.Offset{c.cfg.Topic: begin}, nil
}

// joined is told that the member is one of a generation, with partitions or without.
func (c *Consumer) joined() {
	<-c.ready
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pending.Joined = true
	if c.wake != nil {
		c.wake()
	}
}

// givenUp is told that all partitions go: in order, or lost already.
func (c *Consumer) givenUp(inOrder bool) {
	<-c.ready
	c.mu.Lock()
	held := slices.Sorted(maps.Keys(c.held))
	release, asking := c.release, c.asking
	c.mu.Unlock()
	if inOrder && release != nil && len(held) > 0 {
		// Poll's context may end at any moment, for a timer of its caller's; the group
		// waits longer than that.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(asking), c.cfg.Rebalance*3/4)
		release(ctx, held)
		cancel()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.held)
	c.forget()
	c.pending.Joined, c.pending.Assigned = false, nil // nobody was told of them
	if inOrder {
		c.pending.Revoked = append(c.pending.Revoked, held...)
	} else {
		c.pending.Lost = append(c.pending.Lost, held...)
	}
	if c.wake != nil && len(held) > 0 {
		c.wake()
	}
}

// take adds what was fetched to out.
func (c *Consumer) take(fetches kgo.Fetches, out *schema.Poll) error {
	var err error
	fetches.EachPartition(func(p kgo.FetchTopicPartition) {
		if err != nil {
			return
		}
		if p.Err != nil {
			err = c.fault(p.Topic, p.Partition, p.Err)
		}
		r := c.reading(p.Partition)
		if r == nil || len(p.Records) == 0 || err != nil {
			return
		}
		if err = c.compare(r, p); err == nil {
			out.Fetched = append(out.Fetched, r.advance(p, c.seed))
		}
	})
	return err
}

// mend looks at what could not be read, and goes on with it. What it does not manage
// before ctx is canceled is left to the next Poll; a deadline of Poll's, which is its
// caller's timer, is no reason to give up.
func (c *Consumer) mend(ctx context.Context) (schema.Poll, error) {
	if c.doubt == nil && len(c.stuck) == 0 {
		return schema.Poll{}, nil
	}
	patient, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() {
		if errors.Is(ctx.Err(), context.Canceled) {
			cancel()
		}
	})()
	var out schema.Poll
	err := c.missing(patient, c.doubt)
	if err == nil {
		out.Fetched, err = c.look(patient, c.stuck)
	}
	if patient.Err() != nil {
		return schema.Poll{}, nil
	}
	c.doubt, c.stuck = nil, nil
	return out, err
}

func (c *Consumer) reading(partition int32) *reading {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.held[partition]
}

// fault judges an error that came in place of messages: it notes what must be looked
// at, and gives an error where nothing more can be read. Others pass by themselves.
func (c *Consumer) fault(topic string, partition int32, err error) error {
	var session *kgo.ErrGroupSession
	doing := c.doing(fmt.Sprintf("read partition %d of", partition))
	if errors.As(err, &session) {
		err = session.Err
		doing = c.doing("be a member of the group in")
	}
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.Is(err, kgo.ErrClientClosed):
		return nil // the waiting ended; Poll knows why
	case errors.As(err, new(*kgo.ErrDataLoss)), errors.Is(err, kerr.OffsetOutOfRange):
		if topic == c.cfg.Topic {
			c.stuck = append(c.stuck, partition)
		}
		return nil
	case errors.Is(err, kerr.UnknownTopicID), errors.Is(err, kerr.InconsistentTopicID), errors.Is(err, kerr.UnknownTopicOrPartition):
		c.doubt = err
		return nil
	case errors.Is(err, kerr.FencedInstanceID):
		return fmt.Errorf("%s: another process runs as member %q of group %s: give each its own name: %w", doing, c.cfg.Member, c.cfg.Group, err)
	case denies(err):
		return c.s.explain(doing, 0, err)
	case session != nil, kerr.IsRetriable(err), kgo.IsRetryableBrokerErr(err), passes(err):
		return nil // tried again by the client
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// compare makes sure that a log that is read again is the one that was read.
func (c *Consumer) compare(r *reading, p kgo.FetchTopicPartition) error {
	first, last := p.Records[0].Offset, p.Records[len(p.Records)-1].Offset
	if r.last < first || r.last > last {
		return nil
	}
	i, found := slices.BinarySearchFunc(p.Records, r.last, func(k *kgo.Record, at int64) int { return cmp.Compare(k.Offset, at) })
	if found && hashRecord(c.seed, p.Records[i]) == r.sum {
		return nil
	}
	return &TruncatedError{Topic: c.cfg.Topic, Partition: p.Partition, Next: r.next, End: r.last}
}

// advance gives the messages among the records of a fetch.
func (r *reading) advance(p kgo.FetchTopicPartition, seed maphash.Seed) schema.Fetched {
	out := schema.Fetched{
		Partition: p.Partition,
		Bounds:    schema.Bounds{First: p.LogStartOffset, End: p.LastStableOffset},
		Next:      p.Records[len(p.Records)-1].Offset + 1,
		Messages:  make([]schema.Message, 0, len(p.Records)),
	}
	var last *kgo.Record
	for _, k := range p.Records {
		if !k.Attrs.IsControl() {
			out.Messages = append(out.Messages, message(k))
			last = k
		}
	}
	r.next = max(r.next, out.Next)
	if last != nil && last.Offset > r.last {
		r.last, r.sum = last.Offset, hashRecord(seed, last)
	}
	return out
}

func message(k *kgo.Record) schema.Message {
	return schema.Message{Partition: k.Partition, Offset: k.Offset, Arrival: k.Timestamp.UnixMilli(), Key: k.Key, Value: k.Value}
}

func hashRecord(seed maphash.Seed, k *kgo.Record) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	_, _ = h.Write(k.Key)
	_ = h.WriteByte(0)
	_, _ = h.Write(k.Value)
	maphash.WriteComparable(&h, k.Timestamp.UnixMilli())
	return h.Sum64()
}

// Commit makes positions lasting, all in one request: all are kept or none. An error
// that Is schema.ErrFenced says that they are not this member's any more.
func (c *Consumer) Commit(ctx context.Context, ps []schema.Position) error {
	if len(ps) == 0 {
		return nil
	}
	c.mu.Lock()
	member := c.member
	for _, p := range ps {
		if c.held[p.Partition] == nil {
			c.mu.Unlock()
			return fmt.Errorf("commit partition %d of %s: %w", p.Partition, c.cfg.Topic, schema.ErrFenced)
		}
	}
	c.mu.Unlock()
	return c.s.patiently(ctx, c.doing("commit positions in"), func(ctx context.Context) error {
		return c.commit(ctx, member, ps)
	})
}

func (c *Consumer) commit(ctx context.Context, member membership, ps []schema.Position) error {
	req := kmsg.NewPtrOffsetCommitRequest()
	req.Group, req.MemberID, req.Generation = c.cfg.Group, member.id, member.generation
	if c.cfg.Member != "" {
		req.InstanceID = &c.cfg.Member
	}
	topic := kmsg.NewOffsetCommitRequestTopic()
	topic.Topic, topic.TopicID = c.cfg.Topic, c.topic.ID
	for _, p := range ps {
		part := kmsg.NewOffsetCommitRequestTopicPartition()
		part.Partition, part.Offset, part.Metadata = p.Partition, p.Offset, &p.Metadata
		topic.Partitions = append(topic.Partitions, part)
	}
	req.Topics = append(req.Topics, topic)
	resp, err := req.RequestWith(ctx, c.s.Client)
	if err != nil {
		return err
	}
	answered := 0
	for _, t := range resp.Topics {
		for _, p := range t.Partitions {
			answered++
			err := kerr.ErrorForCode(p.ErrorCode)
			switch {
			case err == nil:
			case errors.Is(err, kerr.IllegalGeneration), errors.Is(err, kerr.UnknownMemberID), errors.Is(err, kerr.FencedInstanceID), errors.Is(err, kerr.RebalanceInProgress):
				return fmt.Errorf("%w (%s)", schema.ErrFenced, kerr.TypedErrorForCode(p.ErrorCode).Message)
			default:
				return fmt.Errorf("partition %d: %w", p.Partition, err)
			}
		}
	}
	if answered != len(ps) {
		return fmt.Errorf("the coordinator answered for %d of %d partitions", answered, len(ps))
	}
	return nil
}

// Close leaves the group, unless the member has a lasting name: that one's partitions
// wait for it. What was not committed is not.
func (c *Consumer) Close() {
	c.mu.Lock()
	c.forget()
	c.mu.Unlock()
	c.closing.Wait()
	c.s.CloseAllowingRebalance()
}

func (c *Consumer) doing(what string) string {
	return fmt.Sprintf("%s topic %s, group %s", what, c.cfg.Topic, c.cfg.Group)
}
