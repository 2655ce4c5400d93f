package lake

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"acme/telemetry/engine/store"
	"acme/telemetry/schema"
)

// ExportConfig says what an Exporter reads, and what it writes where.
type ExportConfig struct {
	Store store.Store
	Log   Log
	// Topic and TopicID name the topic; the ID tells it from one of the same name
	// that was there before. Group names the consumer group.
	Topic   string
	TopicID [16]byte
	Group   string
	// Layout is how records become objects. Its Buffers are not used: a member's
	// partitions of the topic are one lane, which makes one object of a prefix.
	Layout Layout
	// Keys are those that addresses become tokens with: the one that Layout.IP names, and
	// any that was in use before, for a plan that somebody has left.
	Keys []Key
	// PerPartition gives each partition of the topic a lane of its own.
	PerPartition bool
	// MaxOpen bounds the prefixes of a lane that are open at once, of which there
	// are several by the events' own time only; DefaultMaxOpen where zero.
	MaxOpen int
	// AllowGaps goes on behind records that retention deleted before they were
	// read. Such gaps are counted, warned of and kept in manifests.
	AllowGaps bool
	// UntilIdle ends the export when the log has been read to its end and nothing
	// has come for so long; it goes on until its context ends where zero.
	UntilIdle time.Duration
	// Hold is how long, by the clock on the wall, a record waits for its object to
	// be full where nothing more comes; the layout's BufferInterval where zero.
	Hold time.Duration
	// Workers is how many blocks are compressed at once; every core where zero.
	Workers int
	// Now is the clock on the wall; time.Now where nil.
	Now func() time.Time
	// Warn is told, from any goroutine, what somebody should know who looks on.
	Warn func(Warning)

	// unguarded, in tests, takes records that were taken before.
	unguarded bool
}

// DefaultMaxOpen is how many prefixes are open at once.
const DefaultMaxOpen = 64

// settled is how long a log may say that it ends before what was read of it: a
// leader that has just been elected may know less than the one before.
const settled = 30 * time.Second

// Exporter makes objects of a topic's records: each record is in exactly one
// object, whatever is killed when.
//
// What comes in is a Log. What is held is, for each lane, the objects that are
// being gathered, compressed; at most two more cuts, one being written and one
// that waits for it. What goes out is objects, each with its line in a manifest,
// and positions of the consumer group.
//
// Records of a lane are merged in the order of (arrival, partition, offset) and
// gathered until a cut is due: by size, by the arrival of the records, and by the
// clock on the wall only where nothing more comes. A cut is done in three steps:
//
//	commit  where the group stands, with the cut's plan (which offsets) in the
//	        metadata of the commit
//	put     its objects, whose keys follow from the plan, and then their manifests
//	commit  the ends of its ranges, without a plan, or with that of the next cut
//
// Whoever is given a partition whose metadata has a plan carries the plan out
// before anything else: it reads the ranges again and makes the same objects. Of
// several that do, the store lets one put an object; the others find it there with
// the same records. So a kill between any two steps, a rebalance and a member that
// does not know that it was replaced change nothing.
type Exporter struct {
	c        ExportConfig
	delivery *delivery
	replayed map[[16]byte]*delivery // of layouts that plans name

	converting chan struct{}
	feeds      map[int32]*feed
	lanes      []*lane
	replays    []*cut // plans that somebody left, being carried out
	running    sync.WaitGroup
	ctx        context.Context
	cancel     context.CancelCauseFunc
	hidden     *suppressed // whose records are left out, as the list was last
	news       time.Time   // when something came last
	joined     bool        // the group has this member
	created    bool        // the lake knew nothing of this export, and no partition was taken yet

	mu      sync.Mutex // of what follows
	wake    context.CancelFunc
	written []*cut // or given up
	stats   ExportStats
}

// errDropped says that a cut is not to be written: nobody planned it, or others
// carry its plan out.
var errDropped = errors.New("the partitions were given up")

// NewExporter checks a configuration. Nothing is read or written yet.
func NewExporter(c ExportConfig) (*Exporter, error) {
	c.Layout = c.Layout.withDefaults()
	c.Layout.Buffers = 1
	set(&c.MaxOpen, DefaultMaxOpen)
	set(&c.Hold, c.Layout.BufferInterval)
	set(&c.Workers, runtime.GOMAXPROCS(0))
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Warn == nil {
		c.Warn = func(Warning) {}
	}
	if _, err := c.Layout.Check(); err != nil {
		return nil, err
	}
	if c.Topic == "" || c.MaxOpen < 1 || c.Hold < 0 || c.UntilIdle < 0 {
		return nil, fmt.Errorf("exporting: a topic is needed, one open prefix or more, and times that are not negative")
	}
	e := &Exporter{
		c: c, feeds: map[int32]*feed{}, replayed: map[[16]byte]*delivery{},
		converting: make(chan struct{}, c.Workers+2),
	}
	e.stats.KafkaOffsetLag = map[int32]int64{}
	return e, nil
}

// Run exports until the log is idle, as UntilIdle says, or ctx ends, or something
// fails that waiting does not mend. What is gathered then and not written is not
// lost: the group's positions are before it. It may be called once.
func (e *Exporter) Run(ctx context.Context) (ExportStats, error) {
	e.ctx, e.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
	defer e.stop()
	var err error
	if e.delivery, err = e.begin(ctx); err != nil {
		return e.Stats(), err
	}
	e.news = e.c.Now()
	done := false
	for err == nil && !done && ctx.Err() == nil {
		done, err = e.step(ctx)
	}
	if err == nil && !done {
		// What is planned need not be done again if it is nearly done.
		grace, cancel := context.WithTimeout(e.ctx, finishWithin)
		err = e.settleAll(grace)
		cancel()
		err = errors.Join(context.Cause(ctx), err)
	}
	e.observe(e.c.Now())
	return e.Stats(), err
}

// finishWithin is how long an export that is told to end goes on writing.
const finishWithin = 5 * time.Second

// stop ends everything that is on its way.
func (e *Exporter) stop() {
	e.drop()
	e.cancel(errDropped)
	e.running.Wait() // only then nobody gives the compressors anything any more
	if e.delivery != nil {
		e.delivery.pool.stop()
	}
	for _, d := range e.replayed {
		d.pool.stop()
	}
}

// step does what is to be done, and waits for what comes next. done says that the
// export is complete.
func (e *Exporter) step(ctx context.Context) (done bool, err error) {
	if err := e.settle(ctx); err != nil {
		return false, err
	}
	now := e.c.Now()
	idle := e.idle()
	for _, l := range e.lanes {
		if err := e.gather(ctx, l); err != nil {
			return false, err
		}
		if err := e.hold(ctx, l, now, idle); err != nil {
			return false, err
		}
		if err := e.plan(ctx, l); err != nil {
			return false, err
		}
	}
	if idle && e.c.UntilIdle > 0 && now.Sub(e.news) >= e.c.UntilIdle && e.settledAll() {
		return true, nil
	}
	e.regulate()
	e.observe(now)
	// What was merged just now may have been the last.
	wait, cancel := context.WithTimeout(ctx, e.patience(now, e.idle()))
	defer cancel()
	if !e.sleepIn(cancel) {
		return false, nil // something was finished meanwhile
	}
	got, err := e.c.Log.Poll(wait, e.release)
	if err != nil {
		return false, fmt.Errorf("reading the topic %s: %w", e.c.Topic, err)
	}
	return false, e.take(&got)
}

// maxWait bounds a wait for the log, so that figures stay fresh.
const maxWait = time.Second

// patience is how long nothing has to be done unless something comes.
func (e *Exporter) patience(now time.Time, idle bool) time.Duration {
	wait := maxWait
	until := func(t time.Time) {
		if d := t.Sub(now); d > 0 {
			wait = min(wait, d)
		}
	}
	if idle && e.c.UntilIdle > 0 {
		until(e.news.Add(e.c.UntilIdle))
	}
	for _, l := range e.lanes {
		if l.open != nil {
			until(l.open.seen.Add(e.c.Hold))
		}
	}
	return wait
}

// sleepIn lets whatever is finished end a wait; false if something is already.
func (e *Exporter) sleepIn(cancel context.CancelFunc) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.wake = cancel
	return len(e.written) == 0
}

// finish says that a cut was written, or is given up.
func (e *Exporter) finish(c *cut) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.written = append(e.written, c)
	if e.wake != nil {
		e.wake()
	}
}

// take takes what the log gave.
func (e *Exporter) take(got *schema.Poll) error {
	if len(got.Revoked)+len(got.Lost) > 0 {
		e.drop()
		e.news, e.joined = e.c.Now(), false
	}
	if got.Joined {
		e.news, e.joined = e.c.Now(), true
	}
	if len(got.Assigned) > 0 {
		e.news = e.c.Now()
		e.drop()
		if err := e.assign(got.Assigned); err != nil {
			return err
		}
	}
	for _, f := range got.Fetched {
		fed := e.feeds[f.Partition]
		if fed == nil {
			continue // of a partition that was given up
		}
		if err := e.admit(fed, f); err != nil {
			return err
		}
	}
	return e.shrunk()
}

// idle says whether everything that the log has is merged. A member of the group
// without partitions is idle too: others have them. Who is no member, as where the
// cluster is out of reach, does not know.
func (e *Exporter) idle() bool {
	if len(e.feeds) == 0 {
		return e.joined && e.c.Now().Sub(e.news) >= settled
	}
	for _, f := range e.feeds {
		if !f.empty() || !f.atEnd() || f.end < f.next {
			return false
		}
	}
	return true
}

// settledAll says whether nothing is being gathered or written.
func (e *Exporter) settledAll() bool {
	return len(e.replays) == 0 && !slices.ContainsFunc(e.lanes, func(l *lane) bool { return l.open != nil || l.ready != nil || l.flight != nil })
}

// release is called while the partitions are owned the last moments: what is
// planned is finished if time allows, what is not planned is forgotten. The log
// has it still.
func (e *Exporter) release(ctx context.Context, _ []int32) {
	if err := e.settleAll(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, schema.ErrFenced) {
		e.c.Warn(Warning(fmt.Sprintf("giving partitions of %s up with a cut unfinished, which their next owner finishes: %v", e.c.Topic, err)))
	}
	e.drop()
}

// settleAll waits for the cuts that are planned, and commits their ends, until
// ctx ends.
func (e *Exporter) settleAll(ctx context.Context) error {
	for {
		flying := slices.Clone(e.replays)
		for _, l := range e.lanes {
			l.ready = e.forget(l.ready) // no plan goes out any more
			if l.flight != nil {
				flying = append(flying, l.flight)
			}
		}
		if len(flying) == 0 {
			return nil
		}
		select {
		case <-flying[0].done:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if err := e.settle(ctx); err != nil {
			return err
		}
	}
}

// drop forgets everything about the partitions that the member had.
func (e *Exporter) drop() {
	for _, l := range e.lanes {
		l.open, l.ready, l.flight = e.forget(l.open), e.forget(l.ready), e.forget(l.flight)
		l.feeds = nil
	}
	for _, c := range e.replays {
		e.forget(c)
	}
	e.lanes, e.replays = nil, nil
	clear(e.feeds)
	e.mu.Lock()
	defer e.mu.Unlock()
	clear(e.stats.KafkaOffsetLag)
}

// forget gives a cut up: its objects are not put, or not awaited.
func (e *Exporter) forget(c *cut) *cut {
	if c != nil {
		c.dropped = true
		c.cancel(errDropped)
		if c.replayed == nil { // another goroutine fills, and closes it
			_ = c.close() // which tells its streams that nothing more comes
		}
	}
	return nil
}
