package stream

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"acme/telemetry/schema"
)

// Publication says what is published where.
type Publication struct {
	Topic string
	// Run names what is published: the same for the same records in the same order,
	// another for others. Letters, digits and hyphens.
	Run string
	// From is when the first record may arrive, in milliseconds since the Unix epoch: where
	// a run of one stretch begins.
	From int64
	// Stretches says that the run is of stretches, which Begin and Finish enclose.
	Stretches bool
	// Compression is of the batches: gzip, zstd, lz4, snappy or none; gzip where
	// empty. A topic whose own compression is another has its brokers recompress
	// everything.
	Compression string
	// Stamp gives a record its timestamp in the log, in milliseconds since the Unix
	// epoch, by its arrival; the arrival itself where nil.
	Stamp func(arrival int64) int64
	// Every is how long records are collected in a transaction, and so how long it
	// takes at most until readers see them; 2 seconds where 0.
	Every time.Duration
}

// Producer publishes the records of a run, each exactly once. It is for one
// goroutine. After an error it is of no use but to be closed; another producer of
// the same run goes on where the last transaction ended.
type Producer struct {
	s       *session
	topic   Topic
	run     string
	stamp   func(int64) int64
	every   time.Duration
	began   time.Time       // when the open transaction began; zero where there is none
	open    int64           // records in it
	keeps   bool            // of stretches
	kept    []schema.Record // the last one of an open stretch, which waits to be sent
	stalled context.Context
	stop    context.CancelCauseFunc
	watch   sync.WaitGroup

	published Progress // by transactions that ended
	sent      Progress // and by the open one

	patience time.Duration // how long the brokers may take nothing

	acked  atomic.Int64
	failed atomic.Pointer[error]
	slabs  sync.Pool
}

// FencedError is a run that another producer has taken over.
type FencedError struct {
	Run string
	Err error
}

func (e *FencedError) Error() string {
	return fmt.Sprintf("publish run %s: another process has taken this run over, or it stood still for more than %s: %v", e.Run, transactionTimeout, e.Err)
}

func (e *FencedError) Unwrap() error { return e.Err }

const (
	// transactionTimeout is when the cluster gives an open transaction up.
	transactionTimeout = time.Minute
	// mostOpen is how many records a transaction may have.
	mostOpen = 1 << 20
	// mostBuffered is how many bytes of records wait to be sent.
	mostBuffered = 32 << 20
)

// NewProducer takes a run over: a producer of the same run that still lives can
// write nothing more, and what it had not committed is void. Published says where to
// go on.
func NewProducer(ctx context.Context, c Config, pub Publication) (*Producer, error) {
	compression, err := compressionOf(pub.Compression)
	if err != nil {
		return nil, err
	}
	p := &Producer{run: RunName(pub.Run), stamp: pub.Stamp, every: pub.Every, patience: transactionTimeout, keeps: pub.Stretches}
	if p.stamp == nil {
		p.stamp = func(arrival int64) int64 { return arrival }
	}
	if p.every == 0 {
		p.every = 2 * time.Second
	}
	p.slabs.New = func() any { return new(slab) }
	p.s, err = c.connect(ctx,
		kgo.DefaultProduceTopic(pub.Topic),
		kgo.TransactionalID(p.run),
		kgo.TransactionTimeout(transactionTimeout),
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil)), // of the key as the Java client has it
		compression,
		kgo.ProducerLinger(20*time.Millisecond),
		kgo.MaxBufferedBytes(mostBuffered),
		kgo.MaxBufferedRecords(1<<17),
	)
	if err != nil {
		return nil, err
	}
	if err := p.takeOver(ctx, pub.Topic); err != nil {
		p.s.Close()
		return nil, err
	}
	if !p.keeps {
		p.sent.From = pub.From
	}
	p.stalled, p.stop = context.WithCancelCause(context.Background())
	p.watch.Go(func() { p.watchStall(time.Second) })
	return p, nil
}

// takeOver fences the run's other producers and then learns where they were.
func (p *Producer) takeOver(ctx context.Context, topic string) error {
	var err error
	if p.topic, err = p.s.describe(ctx, topic); err != nil {
		return err
	}
	err = p.s.patiently(ctx, "take over run "+p.run, func(ctx context.Context) error {
		_, _, err := p.s.ProducerID(ctx)
		return err
	})
	if err != nil {
		return err
	}
	if err := p.s.patiently(ctx, "read the position of run "+p.run, p.fetchPosition); err != nil {
		return err
	}
	p.sent = p.published
	return nil
}

// Run gives the run's name: its transactional id and its consumer group.
func (p *Producer) Run() string { return p.run }

// Topic gives the topic as it was found.
func (p *Producer) Topic() Topic { return p.topic }

// Published gives what readers see of the run.
func (p *Producer) Published() Progress { return p.published }

// slab holds the records of one call of Publish until the brokers have them.
type slab struct {
	records []kgo.Record
	bytes   []byte
	left    atomic.Int64
}

// Publish sends the next records of the run, and commits when it is time to. The
// records are the caller's again when it returns. It waits while too much is on its
// way.
func (p *Producer) Publish(ctx context.Context, records []schema.Record) error {
	if len(records) == 0 {
		return nil
	}
	send := p.send
	if p.keeps {
		send = p.keep
	}
	if err := send(ctx, records); err != nil {
		return err
	}
	if !p.began.IsZero() && (p.open >= mostOpen || time.Since(p.began) >= p.every) {
		return p.Commit(ctx)
	}
	return nil
}

// send hands records to the client, in a transaction that it begins where none is open.
func (p *Producer) send(ctx context.Context, records []schema.Record) error {
	if len(records) == 0 {
		return nil
	}
	if err := context.Cause(ctx); err != nil {
		return fmt.Errorf("publish run %s: %w", p.run, err)
	}
	if p.began.IsZero() {
		if err := p.s.BeginTransaction(); err != nil {
			return p.explain("begin a transaction", err)
		}
		p.began, p.open = time.Now(), 0
	}
	b := p.copy(records)
	promise := func(_ *kgo.Record, err error) {
		if err != nil {
			p.failed.CompareAndSwap(nil, &err)
		}
		p.acked.Add(1)
		if b.left.Add(-1) == 0 {
			p.slabs.Put(b)
		}
	}
	for i := range b.records {
		// Not ctx: a record that its end takes back would leave a hole in the run.
		p.s.Produce(p.stalled, &b.records[i], promise)
		p.sent.advance(records[i].Arrival)
	}
	p.open += int64(len(records))
	if failed := p.failed.Load(); failed != nil {
		return p.explain("publish", *failed)
	}
	return nil
}

// copy takes the records' bytes over.
func (p *Producer) copy(records []schema.Record) *slab {
	size := 0
	for i := range records {
		size += len(records[i].Key) + len(records[i].Value)
	}
	b := p.slabs.Get().(*slab)
	if cap(b.bytes) < size {
		b.bytes = make([]byte, 0, size+size/4)
	}
	if cap(b.records) < len(records) {
		b.records = make([]kgo.Record, len(records)+len(records)/4)
	}
	b.records, b.bytes = b.records[:len(records)], b.bytes[:0]
	b.left.Store(int64(len(records)))
	for i := range records {
		from := len(b.bytes)
		b.bytes = append(b.bytes, records[i].Key...)
		middle := len(b.bytes)
		b.bytes = append(b.bytes, records[i].Value...)
		b.records[i] = kgo.Record{
			Key: b.bytes[from:middle:middle], Value: b.bytes[middle:len(b.bytes):len(b.bytes)],
			Timestamp: time.UnixMilli(p.stamp(records[i].Arrival)),
		}
	}
	return b
}

// Commit makes what was published visible, with the position. Without anything
// published since the last one it does nothing.
func (p *Producer) Commit(ctx context.Context) error {
	if p.began.IsZero() {
		return nil
	}
	// An end that was sent must be waited for: it may be done whatever ctx says.
	whole, cancel := context.WithTimeout(context.WithoutCancel(ctx), transactionTimeout)
	defer cancel()
	whole, cancelStalled := context.WithCancelCause(whole)
	defer cancelStalled(nil)
	defer context.AfterFunc(p.stalled, func() { cancelStalled(context.Cause(p.stalled)) })()
	if err := p.s.Flush(whole); err != nil {
		return p.explain("publish", err)
	}
	if failed := p.failed.Load(); failed != nil {
		return p.explain("publish", *failed)
	}
	if err := p.retry(whole, p.commitPosition); err != nil {
		return p.explain("commit the position", err)
	}
	if err := p.s.EndTransaction(whole, kgo.TryCommit); err != nil {
		return p.explain("commit", err)
	}
	p.began, p.published = time.Time{}, p.sent
	return nil
}

// Idle says that nothing will be published for a while. Where the open transaction
// would then be older than it may be, it is committed.
func (p *Producer) Idle(ctx context.Context, d time.Duration) error {
	if !p.began.IsZero() && time.Since(p.began)+d >= p.every {
		return p.Commit(ctx)
	}
	return nil
}

// retry does something that a coordinator may not be ready for.
func (p *Producer) retry(ctx context.Context, do func(context.Context) error) error {
	for wait := 20 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		err := do(ctx)
		if err == nil || !passes(err) {
			return err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return err
		}
	}
}

// watchStall gives up when the brokers have taken nothing for so long that they give
// up the transaction too. It looks at every interval.
func (p *Producer) watchStall(interval time.Duration) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	last, since := int64(0), time.Now()
	for {
		select {
		case <-p.stalled.Done():
			return
		case <-ticker.C:
		}
		if acked := p.acked.Load(); acked != last || p.s.BufferedProduceRecords() == 0 {
			last, since = acked, time.Now()
		}
		if waited := time.Since(since); waited > p.patience {
			p.stop(p.away(waited, "the brokers take no records"))
		}
	}
}

// away is the error of brokers that were waited for in vain.
func (p *Producer) away(waited time.Duration, why string) error {
	return &UnreachableError{
		Doing: fmt.Sprintf("publish run %s to topic %s, brokers %s", p.run, p.topic.Name, p.s.cfg.brokers()), Waited: waited,
		Check: "check that the brokers run, and that enough replicas are in sync (min.insync.replicas); the same command goes on with the run",
		Err:   errors.New(why),
	}
}

// Close ends the producer. What was not committed is void.
func (p *Producer) Close() error {
	p.stop(context.Canceled)
	p.watch.Wait()
	var err error
	if !p.began.IsZero() && p.failed.Load() == nil {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		// Only so that readers need not wait for the timeout: the next producer of the
		// run would do it too.
		if err = p.s.AbortBufferedRecords(ctx); err == nil {
			err = p.s.EndTransaction(ctx, kgo.TryAbort)
		}
		p.began = time.Time{}
	}
	p.s.Close()
	return err
}

// explain says what was being done, and whether another has the run now.
func (p *Producer) explain(doing string, err error) error {
	if stalled := context.Cause(p.stalled); stalled != nil && !errors.Is(stalled, context.Canceled) {
		return stalled
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return p.away(p.patience, "the brokers do not answer")
	}
	for _, fenced := range []*kerr.Error{kerr.ProducerFenced, kerr.InvalidProducerEpoch, kerr.TransactionalIDNotFound, kerr.InvalidProducerIDMapping} {
		if errors.Is(err, fenced) {
			return &FencedError{Run: p.run, Err: err}
		}
	}
	return p.s.explain(fmt.Sprintf("%s run %s to topic %s", doing, p.run, p.topic.Name), 0, err)
}

// Compressions lists what Publication.Compression may be.
func Compressions() []string { return []string{"gzip", "zstd", "lz4", "snappy", "none"} }

// compressionOf gives a compression by name. Gzip is the project's own.
func compressionOf(name string) (kgo.Opt, error) {
	switch name {
	case "", "gzip":
		c, err := newCompressor()
		return kgo.WithCompressor(c), err
	case "zstd":
		return kgo.ProducerBatchCompression(kgo.ZstdCompression()), nil
	case "lz4":
		return kgo.ProducerBatchCompression(kgo.Lz4Compression()), nil
	case "snappy":
		return kgo.ProducerBatchCompression(kgo.SnappyCompression()), nil
	case "none":
		return kgo.ProducerBatchCompression(kgo.NoCompression()), nil
	}
	return nil, fmt.Errorf("compression %q: must be one of %v", name, Compressions())
}
