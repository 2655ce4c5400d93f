package stream

import (
	"context"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"

	"acme/telemetry/schema"
)

// readers are the clients that read what a member has been given. They are of one
// assignment: when partitions change hands they are closed and others take their
// place, so that nothing of an older assignment can come behind a newer one.
//
// There are several, each with some of the partitions, because a client asks a broker
// for more only when it has unpacked the answer before: one alone waits while the
// broker works, and the broker while it unpacks. The client that is the group's member
// fetches nothing.
type readers struct {
	all     []*reader
	running sync.WaitGroup
	stop    context.CancelFunc
}

// reader reads some partitions, and hands over what comes.
type reader struct {
	s     *session
	taken chan struct{} // told when what was handed over has been taken
}

// arrival is what a reader has handed over.
type arrival struct {
	of      *reader
	fetches kgo.Fetches
}

// read begins to read partitions that were assigned, instead of those before.
func (c *Consumer) read(ctx context.Context, given []schema.Assignment) error {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx)) // Poll's is its caller's timer
	rs := &readers{stop: stop}
	for i := range min(c.cfg.Readers, len(given)) {
		from := map[int32]kgo.Offset{}
		for k := i; k < len(given); k += c.cfg.Readers {
			from[given[k].Partition] = kgo.NewOffset().At(max(given[k].Offset, given[k].First))
		}
		s, err := c.cfg.Cluster.open(ctx, append(c.readingOptions(c.cfg.FetchBytes), kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{c.cfg.Topic: from}))...)
		if err != nil {
			rs.close()
			return err
		}
		rs.all = append(rs.all, &reader{s: s, taken: make(chan struct{}, 1)})
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.forget()
	for i, a := range given {
		if r := c.held[a.Partition]; r != nil {
			r.by = rs.all[i%len(rs.all)]
		}
	}
	c.readers = rs
	for _, r := range rs.all {
		rs.running.Go(func() { c.fetch(ctx, rs, r) })
	}
	return nil
}

// fetch hands over what a reader reads, until ctx ends.
func (c *Consumer) fetch(ctx context.Context, rs *readers, r *reader) {
	for {
		fetches := r.s.PollFetches(ctx)
		if ctx.Err() != nil {
			return
		}
		c.mu.Lock()
		if c.readers != rs {
			c.mu.Unlock()
			return
		}
		c.arrived = append(c.arrived, arrival{r, fetches})
		if c.wake != nil {
			c.wake()
		}
		c.mu.Unlock()
		select {
		case <-r.taken: // one at a time: what is held is bounded
		case <-ctx.Done():
			return
		}
	}
}

// takeArrived gives what the readers have handed over.
func (c *Consumer) takeArrived() []kgo.Fetches {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]kgo.Fetches, 0, len(c.arrived))
	for _, a := range c.arrived {
		out = append(out, a.fetches)
		a.of.taken <- struct{}{} // it waits for it, so there is room
	}
	c.arrived = nil
	return out
}

// forget ends the readers that there are, and drops what they have handed over. c.mu is
// held.
func (c *Consumer) forget() {
	rs := c.readers
	c.readers, c.arrived = nil, nil
	if rs == nil {
		return
	}
	rs.stop()
	c.closing.Go(rs.close) // which tells brokers, and these may not answer
}

// close ends readers; nobody takes anything of them any more.
func (rs *readers) close() {
	rs.stop()
	rs.running.Wait()
	for _, r := range rs.all {
		r.s.Close()
	}
}

// each has the readers of partitions do something, each with its own of them.
func (c *Consumer) each(partitions []int32, do func(*kgo.Client, map[string][]int32)) {
	of := map[*reader][]int32{}
	c.mu.Lock()
	for _, p := range partitions {
		if r := c.held[p]; r != nil && r.by != nil {
			of[r.by] = append(of[r.by], p)
		}
	}
	c.mu.Unlock()
	for r, some := range of {
		do(r.s.Client, map[string][]int32{c.cfg.Topic: some})
	}
}

// Pause stops fetching partitions, and forgets what was fetched and not handed over
// yet. New assignments are not paused.
func (c *Consumer) Pause(partitions []int32) {
	c.each(partitions, func(r *kgo.Client, some map[string][]int32) { r.PauseFetchPartitions(some) })
}

// Resume fetches partitions again.
func (c *Consumer) Resume(partitions []int32) {
	c.each(partitions, func(r *kgo.Client, some map[string][]int32) { r.ResumeFetchPartitions(some) })
}

// seek goes on reading a partition at an offset.
func (c *Consumer) seek(partition int32, offset int64) {
	c.each([]int32{partition}, func(r *kgo.Client, _ map[string][]int32) {
		r.SetOffsets(map[string]map[int32]kgo.EpochOffset{c.cfg.Topic: {partition: {Epoch: -1, Offset: offset}}})
	})
}
