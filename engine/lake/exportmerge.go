package lake

import (
	"context"
	"time"

	"acme/telemetry/schema"
)

// lane is feeds whose records go into objects together.
type lane struct {
	feeds []*feed
	heads merger
	// open is being gathered, ready is closed and waits for flight, which is
	// planned and being written.
	open, ready, flight *cut
	merged              time.Time // when a record was last
}

// merger is a heap of feeds that have messages, by the order of their heads.
type merger []*feed

// before is the order of a lane: by arrival, and where that is the same by
// partition and offset. What a partition has stays in its order.
func before(a, b *schema.Message) bool {
	if a.Arrival != b.Arrival {
		return a.Arrival < b.Arrival
	}
	if a.Partition != b.Partition {
		return a.Partition < b.Partition
	}
	return a.Offset < b.Offset
}

func (h merger) sink(i int) {
	for {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(h); child++ {
			if before(h[child].head(), h[least].head()) {
				least = child
			}
		}
		if least == i {
			return
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
}

// fill makes the heap of a lane's feeds. It is false where one of them has more
// that has not come yet: then nothing can be merged.
func (l *lane) fill() bool {
	l.heads = l.heads[:0]
	for _, f := range l.feeds {
		if f.empty() {
			if !f.atEnd() {
				return false
			}
			continue
		}
		l.heads = append(l.heads, f)
	}
	for i := len(l.heads)/2 - 1; i >= 0; i-- {
		l.heads.sink(i)
	}
	return true
}

// next takes the first message off. It is false where the feed that it was of has
// more, which has not come yet.
func (h *merger) next() bool {
	f := (*h)[0]
	f.pop()
	if !f.empty() {
		h.sink(0)
		return true
	}
	last := len(*h) - 1
	(*h)[0] = (*h)[last]
	*h = (*h)[:last]
	if last > 0 {
		h.sink(0)
	}
	return f.atEnd()
}

// gather merges what there is into the lane's open cut. It stops where a closed
// cut waits for the one that is being written.
func (e *Exporter) gather(ctx context.Context, l *lane) error {
	if l.ready != nil || !l.fill() {
		return nil
	}
	now := e.c.Now()
	for more := true; more && len(l.heads) > 0; {
		f := l.heads[0]
		m := f.head()
		if due := e.due(l, f, m); due {
			if err := e.close(ctx, l, false); err != nil {
				return err
			}
			if l.ready != nil || len(l.feeds) == 0 {
				return nil
			}
		}
		f.pass(m.Offset)
		if l.open == nil {
			if err := e.readHidden(); err != nil {
				return err
			}
			l.open = e.delivery.newCut(e)
			l.open.hidden = e.hidden
			l.open.began, l.open.seen = m.Arrival, now
		}
		l.merged = now
		if err := l.open.add(m); err != nil {
			return err
		}
		more = l.heads.next()
		if l.open.full() {
			if err := e.close(ctx, l, false); err != nil || l.ready != nil || len(l.feeds) == 0 {
				return err
			}
		}
	}
	return nil
}

// due says whether a message belongs into the next cut: the open one has waited
// its interval by the time that passes in the log, or the message is behind a gap.
func (e *Exporter) due(l *lane, f *feed, m *schema.Message) bool {
	if l.open == nil {
		return false
	}
	gap := len(f.gaps) > 0 && m.Offset >= f.gaps[0].To && f.last > f.start
	return gap || m.Arrival-l.open.began >= e.c.Layout.BufferInterval.Milliseconds()
}

// pass goes over the gaps before an offset. The feed has nothing in the open cut.
func (f *feed) pass(offset int64) {
	for len(f.gaps) > 0 && offset >= f.gaps[0].To {
		f.missing += f.gaps[0].To - f.gaps[0].From
		f.start, f.last = f.gaps[0].To, f.gaps[0].To
		f.gaps = f.gaps[1:]
	}
}

// hold closes a cut that the clock on the wall says has waited enough, where the
// log gives nothing more: it is read to its end, or gives nothing though it has.
func (e *Exporter) hold(ctx context.Context, l *lane, now time.Time, idle bool) error {
	if l.open == nil || l.ready != nil {
		return nil
	}
	ending := idle && e.c.UntilIdle > 0 && now.Sub(e.news) >= e.c.UntilIdle
	waited := now.Sub(l.open.seen) >= e.c.Hold && (idle || now.Sub(l.merged) >= e.c.Hold)
	if !ending && !waited {
		return nil
	}
	return e.close(ctx, l, idle)
}
