package sim

import (
	"context"
	"fmt"
	"sync"

	"acme/telemetry/schema"
)

// Generate makes the events of sc that arrive in the job's window and belong to
// its shard. The same scenario, seed and window give the same bytes in the same
// order, whatever Workers is and whichever machine runs it. It returns
// context.Cause(ctx) when ctx ends first.
func Generate(ctx context.Context, sc *Scenario, job Job) (Stats, error) {
	if job.Shard == (Shard{}) {
		job.Shard.N = 1
	}
	if s := job.Shard; s.N < 1 || s.N > Lanes || s.I < 0 || s.I >= s.N {
		return Stats{}, fmt.Errorf("generate: shard %d/%d is not one of 0/N to N-1/N with N at most %d", s.I, s.N, Lanes)
	}
	if w := job.Window; w.From < 0 || w.To < w.From || w.To > year2097 {
		return Stats{}, fmt.Errorf("generate: the window from %d to %d ms is not within the years 1970 to 2096", w.From, w.To)
	}
	stop, cancel := context.WithCancel(ctx)
	r := newRun(stop, sc, job)
	var done sync.WaitGroup
	done.Go(r.produce)
	total, err := r.consume(job)
	cancel()
	for range r.full { // the producer may stand before a full channel
	}
	done.Wait()
	if err == nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return total, err
}

// run is one Generate: a producer, which works on lanes and batches with several
// goroutines, and a consumer, which hands batches out.
type run struct {
	ctx     context.Context
	p       *plan
	w       Window
	workers int
	labels  bool
	lanes   []*lane
	clocks  clockBook
	merge   merger
	full    chan *batch
	empty   chan *batch
}

func newRun(ctx context.Context, sc *Scenario, job Job) *run {
	p := newPlan(sc)
	cells := (job.Window.To-job.Window.From)*1000/cellLength + 2
	cells = min(cells, p.farthest()/cellLength+3)
	r := &run{ctx: ctx, p: p, w: job.Window, workers: max(job.Workers, 1), labels: job.Truth != nil}
	for l := job.Shard.I; l < Lanes; l += job.Shard.N {
		r.lanes = append(r.lanes, newLane(l, cells))
	}
	spare := r.workers + 2
	r.full, r.empty = make(chan *batch, spare), make(chan *batch, spare)
	for range spare {
		r.empty <- new(batch)
	}
	return r
}

// consume hands out batches in order until there are no more.
func (r *run) consume(job Job) (Stats, error) {
	total := r.p.newStats()
	for b := range r.full {
		if err := r.ctx.Err(); err != nil {
			return total, context.Cause(r.ctx)
		}
		if len(b.records) > 0 && job.Emit != nil {
			if err := job.Emit(b.records); err != nil {
				return total, err
			}
		}
		if len(b.truth) > 0 {
			if err := job.Truth(b.truth); err != nil {
				return total, err
			}
		}
		total.Add(b.stats)
		r.empty <- b
	}
	return total, nil
}

// produce makes the window cell by cell: what begins in the cell joins what
// waits, and what arrives in the cell goes out.
func (r *run) produce() {
	defer close(r.full)
	first := r.w.From * 1000 / cellLength
	for cell := first; cell*cellLength < r.w.To*1000; cell++ {
		now := r.clocks.open(r.p, cell, cell == first)
		r.parallel(len(r.lanes), func(i int) {
			l := r.lanes[i]
			if cell == first {
				l.lookBack(r.ctx, r.p, &r.clocks, r.w)
			}
			for class := range classCount {
				l.begin(r.p, now, class, cell, r.w)
			}
			l.take(cell)
		})
		if r.ctx.Err() != nil {
			return
		}
		r.merge.merge(r.lanes)
		if !r.send() {
			return
		}
	}
}

// send writes the merged events of a cell, a batch a worker at a time, and hands
// the batches over in order.
func (r *run) send() bool {
	parts := r.merge.parts()
	for len(parts) > 0 {
		n := min(r.workers, len(parts))
		batches := make([]*batch, n)
		for i := range batches {
			select {
			case batches[i] = <-r.empty:
			case <-r.ctx.Done():
				return false
			}
		}
		r.parallel(n, func(i int) { batches[i].write(r.p, r.lanes, parts[i], r.labels) })
		for _, b := range batches {
			select {
			case r.full <- b:
			case <-r.ctx.Done():
				return false
			}
		}
		parts = parts[n:]
	}
	return true
}

// parallel calls do for 0 to n-1, on the run's workers.
func (r *run) parallel(n int, do func(int)) {
	workers := min(r.workers, n)
	if workers <= 1 {
		for i := range n {
			do(i)
		}
		return
	}
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			for i := w; i < n; i += workers {
				do(i)
			}
		})
	}
	all.Wait()
}

// clockBook holds the clocks of the cells that a window looks back on.
type clockBook struct {
	first  int64
	clocks []clock
	now    clock
}

// open gives the clock of a cell; for a window's first it also opens those of all
// cells before it that can matter.
func (b *clockBook) open(p *plan, cell int64, first bool) *clock {
	if first && !p.rows {
		b.first = max(cell-p.farthest()/cellLength-1, 0)
		b.clocks = make([]clock, cell-b.first)
		for i := range b.clocks {
			b.clocks[i] = p.clock(b.first + int64(i))
		}
	} else {
		b.clocks = nil
	}
	if !p.rows {
		b.now = p.clock(cell)
	}
	return &b.now
}

func (b *clockBook) at(cell int64) *clock {
	if b.clocks == nil {
		return &b.now
	}
	return &b.clocks[cell-b.first]
}

// batch is a run of records with what they point to.
type batch struct {
	records []schema.Record
	truth   []Truth
	buf     []byte
	spans   []span
	days    dayText
	stats   Stats
}

// span is where a record's value and key lie in the batch's buffer.
type span struct{ from, to, key int }

func (p *plan) newStats() Stats {
	s := Stats{}
	for i := range p.faults {
		s.Faults = append(s.Faults, FaultCount{p.faults[i].ID, p.faults[i].Kind, 0})
	}
	return s
}

// write fills the batch with events of the merged order.
func (b *batch) write(p *plan, lanes []*lane, part []merged, labels bool) {
	b.records, b.truth, b.buf, b.spans = b.records[:0], b.truth[:0], b.buf[:0], b.spans[:0]
	b.stats = p.newStats()
	for _, m := range part {
		e := &lanes[m.lane].ready[m.index]
		b.stats.count(e)
		if labels && e.faults != 0 {
			for i := range p.faults {
				if f := &p.faults[i]; e.faults&f.bit != 0 {
					b.truth = append(b.truth, p.label(f, e))
				}
			}
		}
		if e.fate < fateDropped {
			b.record(p, e)
		}
	}
	for i, at := range b.spans { // the buffer no longer moves
		b.records[i].Value = b.buf[at.from:at.to:at.to]
		b.records[i].Key = b.buf[at.key : at.key+customerLen : at.key+customerLen]
	}
}

func (b *batch) record(p *plan, e *event) {
	from := len(b.buf)
	b.buf = p.appendEvent(b.buf, e, &b.days)
	at := span{from: from, key: from + customerAt}
	if e.faults != 0 {
		b.buf = p.alter(b.buf, from, e)
		at.to = len(b.buf)
		at.key = at.to
		b.buf = append(b.buf, "CUST_"...)
		b.buf = appendHex(b.buf, uint64(e.customer), customerHex)
	} else {
		at.to = len(b.buf)
	}
	b.stats.Records++
	b.stats.Bytes += int64(at.to - at.from)
	b.spans = append(b.spans, at)
	b.records = append(b.records, schema.Record{Arrival: e.arrival, Event: (e.at + int64(e.skew)*1000) / 1000})
}
