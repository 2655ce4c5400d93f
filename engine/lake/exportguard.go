package lake

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"acme/telemetry/schema"
)

// feed is a partition of the topic that the member owns. (A partition, in this
// package, is a folder.)
//
// A feed's offsets, in their order: start <= last <= next. What is before start is
// in a cut that is closed; what is before last was merged into the open one; what
// is before next has come, and is in the queue or was nothing that readers see.
type feed struct {
	id                int32
	start, last, next int64
	committed         int64
	end               int64          // what the log says of its end
	short             time.Time      // since when end is before next, which cannot last
	missing           int64          // deleted before start, and in no cut yet
	gaps              []schema.Range // before messages of the queue, or behind them
	queue             [][]schema.Message
	at                int // in queue[0]
	bytes             int64
	paused            bool
	lane              *lane
}

func (f *feed) empty() bool { return len(f.queue) == 0 }
func (f *feed) atEnd() bool { return f.next >= f.end }

// head is the next message; the feed is not empty.
func (f *feed) head() *schema.Message { return &f.queue[0][f.at] }

func (f *feed) pop() {
	m := f.head()
	f.bytes -= size(m)
	f.last = m.Offset + 1
	if f.at++; f.at == len(f.queue[0]) {
		f.queue[0] = nil
		f.queue, f.at = f.queue[1:], 0
	}
}

// size is what a message takes, about, with what is kept beside its bytes.
func size(m *schema.Message) int64 { return int64(len(m.Value)+len(m.Key)) + 72 }

// RetentionGapError says that the log deleted records before they were read.
type RetentionGapError struct {
	Topic     string
	Partition int32
	From, To  int64     // offsets; To is the first that is there
	Seen      time.Time // when that was found
}

func (e *RetentionGapError) Error() string {
	return fmt.Sprintf("reading %s, partition %d: the offsets %d to %d were deleted before they were exported (found at %s): the topic's retention is shorter than the exporter was away. They cannot be had any more; to go on behind them allow gaps",
		e.Topic, e.Partition, e.From, e.To-1, e.Seen.UTC().Format(time.RFC3339))
}

// LogChangedError says that the log is not the one that the group has read.
type LogChangedError struct {
	Topic  string
	Reason string
}

func (e *LogChangedError) Error() string {
	return fmt.Sprintf("reading %s: %s. To export what is there now take another group, or delete this one's positions", e.Topic, e.Reason)
}

// assign begins with the partitions that the member owns from now on. Plans that
// their positions carry are carried out first.
func (e *Exporter) assign(given []schema.Assignment) error {
	given = slices.SortedFunc(slices.Values(given), func(a, b schema.Assignment) int { return cmp.Compare(a.Partition, b.Partition) })
	if err := e.recover(given); err != nil {
		return err
	}
	fates, err := e.fates(given)
	if err != nil {
		return err
	}
	begun := []schema.Position{}
	plans := map[string][]schema.Assignment{}
	order := []string{}
	for _, a := range given {
		n, err := parseNote(a.Metadata)
		if err != nil {
			return fmt.Errorf("taking partition %d of %s: %w", a.Partition, e.c.Topic, err)
		}
		if n != nil && n.topic != e.c.TopicID {
			return &LogChangedError{e.c.Topic, fmt.Sprintf("the group %s has read a topic of this name with the id %x, and this one's is %x: it was deleted and created again", e.c.Group, n.topic, e.c.TopicID)}
		}
		f := &feed{id: a.Partition, start: a.Offset, last: a.Offset, next: a.Offset, committed: a.Offset, end: a.End}
		if n != nil && n.plan != nil {
			to, ok := n.plan.end(a.Partition)
			if !ok || n.plan.start(a.Partition) != a.Offset {
				return fmt.Errorf("taking partition %d of %s: the group stands at %d, and the plan there is of other offsets: it was changed by hand; set it again without metadata", a.Partition, e.c.Topic, a.Offset)
			}
			switch fates[a.Metadata] {
			case carryOut:
				if plans[a.Metadata] == nil {
					order = append(order, a.Metadata)
				}
				plans[a.Metadata] = append(plans[a.Metadata], a)
				f.start, f.last, f.next = to, to, to
			case carried:
				f.start, f.last, f.next, f.committed = to, to, to, to
				begun = append(begun, schema.Position{Partition: a.Partition, Offset: to, Metadata: e.mark()})
			case givenUp:
				begun = append(begun, schema.Position{Partition: a.Partition, Offset: a.Offset, Metadata: e.mark()})
			}
		}
		if n == nil || n.plan == nil || fates[a.Metadata] != carryOut {
			if err := e.gap(f, a.First); err != nil {
				return err
			}
		}
		if !a.Committed {
			begun = append(begun, schema.Position{Partition: a.Partition, Offset: a.Offset, Metadata: e.mark()})
		}
		e.feeds[a.Partition] = f
	}
	if len(begun) > 0 {
		// From here on the group has begun, whatever happens next.
		if err := e.commit(e.ctx, begun); err != nil {
			return err
		}
	}
	if len(e.feeds) == 0 {
		return nil // fenced already
	}
	e.divide()
	for _, text := range order {
		if err := e.replay(text, plans[text]); err != nil {
			return err
		}
	}
	e.created = false
	return nil
}

// recover finds where the group was in partitions that it has no positions of, though
// the lake has cuts of them: a group that is away for long loses its positions, seven
// days by Kafka's default. The manifests know them.
func (e *Exporter) recover(given []schema.Assignment) error {
	if e.created || !slices.ContainsFunc(given, func(a schema.Assignment) bool { return !a.Committed }) {
		return nil
	}
	topics, err := readCoverage(e.ctx, e.c.Store)
	if err != nil {
		return fmt.Errorf("looking how far %s was exported: %w", e.c.Topic, err)
	}
	for i := range given {
		a := &given[i]
		to := topics.end(e.c.Topic, e.c.TopicID, a.Partition)
		if a.Committed || to <= a.Offset {
			continue
		}
		e.c.Warn(Warning(fmt.Sprintf("the group %s has lost its position in %s, partition %d; by its manifests the lake has it up to offset %d, where the export goes on", e.c.Group, e.c.Topic, a.Partition, to)))
		a.Offset = to
	}
	return nil
}

// maxLane is how many partitions a lane has at most: their ranges fit into the
// metadata of a commit, whatever the offsets.
const maxLane = 128

// divide makes lanes of the feeds.
func (e *Exporter) divide() {
	ids := []int32{}
	for id := range e.feeds {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	most := maxLane
	if e.c.PerPartition {
		most = 1
	}
	e.lanes = nil
	for some := range slices.Chunk(ids, most) {
		l := &lane{}
		for _, id := range some {
			f := e.feeds[id]
			f.lane = l
			l.feeds = append(l.feeds, f)
		}
		e.lanes = append(e.lanes, l)
	}
}

// gap notes that the log begins at first, where records before it were awaited.
func (e *Exporter) gap(f *feed, first int64) error {
	if first <= f.next {
		return nil
	}
	err := &RetentionGapError{e.c.Topic, f.id, f.next, first, e.c.Now()}
	if !e.c.AllowGaps {
		return err
	}
	e.c.Warn(Warning(fmt.Sprintf("%s, partition %d: the offsets %d to %d were deleted before they were exported; going on behind them", e.c.Topic, f.id, f.next, first-1)))
	e.mu.Lock()
	e.stats.Gaps++
	e.stats.GapOffsets += first - f.next
	e.mu.Unlock()
	f.gaps = append(f.gaps, schema.Range{Partition: f.id, From: f.next, To: first})
	f.next = first
	return nil
}

// admit takes what was fetched of a feed. What was taken before is dropped.
func (e *Exporter) admit(f *feed, got schema.Fetched) error {
	if err := e.gap(f, got.First); err != nil {
		return err
	}
	f.end = got.End
	kept := got.Messages[:0]
	var bytes, again int64
	for i := range got.Messages {
		m := &got.Messages[i]
		if m.Offset < f.next && !e.c.unguarded {
			again++
			continue
		}
		f.next = m.Offset + 1
		bytes += size(m)
		kept = append(kept, *m)
	}
	f.next = max(f.next, got.Next)
	if len(kept) > 0 {
		f.queue = append(f.queue, kept)
		f.bytes += bytes
		e.news = e.c.Now()
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.stats.Redelivered += again
	e.stats.ReadRecords += int64(len(kept))
	e.stats.ReadBytes += bytes - 72*int64(len(kept))
	return nil
}

// shrunk refuses a log that goes on saying that it ends before what was read.
func (e *Exporter) shrunk() error {
	for _, f := range e.feeds {
		switch {
		case f.end >= f.next:
			f.short = time.Time{}
		case f.short.IsZero():
			f.short = e.c.Now()
		case e.c.Now().Sub(f.short) >= settled:
			return &LogChangedError{e.c.Topic, fmt.Sprintf("partition %d ends at offset %d, and the group %s has read it to %d: records were lost, or the topic was created again", f.id, f.end, e.c.Group, f.next)}
		}
	}
	return nil
}

// queued bounds the bytes of a feed that wait to be merged. Many feeds share one
// bound.
const queued = 80 << 20

// regulate keeps the log from giving more of a feed that others are waited for.
func (e *Exporter) regulate() {
	most := max(1<<20, queued/int64(max(1, len(e.feeds))))
	var pause, resume []int32
	for id, f := range e.feeds {
		switch {
		case !f.paused && f.bytes > most:
			f.paused = true
			pause = append(pause, id)
		case f.paused && f.bytes < most/4:
			f.paused = false
			resume = append(resume, id)
		}
	}
	if len(pause) > 0 {
		e.mu.Lock()
		e.stats.Backpressured += int64(len(pause))
		e.mu.Unlock()
		e.c.Log.Pause(pause)
	}
	if len(resume) > 0 {
		e.c.Log.Resume(resume)
	}
}
