package lake

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"acme/telemetry/schema"
)

// replay carries out a plan that somebody has left: another member, or this
// program before it was killed. owners are the partitions of it that this member
// has been given. It reads all ranges of the plan, whoever owns their partitions:
// the objects are the plan's, and several members that carry out one plan make the
// same objects.
func (e *Exporter) replay(text string, owners []schema.Assignment) error {
	n, err := parseNote(text)
	if err != nil {
		return err
	}
	d, err := e.deliveryOf(n.plan.layout)
	if err != nil {
		return err
	}
	c := d.newCut(e)
	c.plan = *n.plan
	for _, a := range owners {
		to, _ := c.plan.end(a.Partition)
		c.replayed = append(c.replayed, schema.Position{Partition: a.Partition, Offset: to, Metadata: e.mark()})
	}
	e.replays = append(e.replays, c)
	e.running.Go(func() {
		err := e.untilStored(c.ctx, 1, func() (err error) {
			c.hidden, err = readSuppressed(c.ctx, e.c.Store)
			return err
		})
		if err == nil {
			err = e.reread(c)
		} else {
			_ = c.close() // of which nothing was filled
		}
		if err == nil {
			err = e.write(c)
		}
		e.end(c, err)
	})
	return nil
}

// batch is how many messages a range hands over at a time.
const batch = 256

// reread fills a cut with what its plan says.
func (e *Exporter) reread(c *cut) error {
	ctx, cancel := context.WithCancelCause(c.ctx)
	defer cancel(nil)
	defer c.close()
	var readers sync.WaitGroup
	defer readers.Wait()
	defer cancel(errDropped)
	l := &lane{}
	coming := map[*feed]chan []schema.Message{}
	for _, s := range c.plan.spans {
		f := &feed{id: s.Partition, next: s.From, end: s.From}
		ch := make(chan []schema.Message, 1)
		coming[f] = ch
		l.feeds = append(l.feeds, f)
		readers.Go(func() {
			defer close(ch)
			if err := e.readRange(ctx, s.Range, ch); err != nil {
				cancel(err)
			}
		})
	}
	for f, ch := range coming {
		if some, ok := <-ch; ok {
			f.queue = append(f.queue, some)
		}
	}
	l.fill()
	for len(l.heads) > 0 && ctx.Err() == nil {
		f := l.heads[0]
		if err := c.add(f.head()); err != nil {
			return err
		}
		if len(f.queue) == 1 && f.at == len(f.queue[0])-1 {
			if some, ok := <-coming[f]; ok {
				f.queue = append(f.queue, some)
			}
		}
		l.heads.next()
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if c.records != c.plan.records {
		return &LogChangedError{e.c.Topic, fmt.Sprintf("a plan of the group %s has %d records, and the log has %d in its ranges", e.c.Group, c.plan.records, c.records)}
	}
	return c.close()
}

// readRange hands a range's messages over in batches. A log that does not have them
// is asked again for a while: a leader that has just been elected may know less than
// the one before.
func (e *Exporter) readRange(ctx context.Context, r schema.Range, to chan<- []schema.Message) error {
	var some []schema.Message
	begun := false
	send := func() error {
		begun = true
		select {
		case to <- some:
			some = nil
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	since := e.c.Now()
	for {
		err := e.c.Log.Read(ctx, r, func(m schema.Message) error {
			if some = append(some, m); len(some) < batch {
				return nil
			}
			return send()
		})
		switch {
		case err == nil && len(some) > 0:
			return send()
		case err == nil:
			return nil
		case !errors.Is(err, schema.ErrGone):
			return fmt.Errorf("reading partition %d of %s, offsets %d to %d, again: %w", r.Partition, e.c.Topic, r.From, r.To-1, err)
		case begun || e.c.Now().Sub(since) >= settled:
			return fmt.Errorf("carrying out a plan of the group %s, partition %d of %s, offsets %d to %d: %w. What is gone cannot be exported any more; run again, and allow gaps to go on behind them", e.c.Group, r.Partition, e.c.Topic, r.From, r.To-1, err)
		}
		some = nil
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
