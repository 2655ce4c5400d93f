package stream

import (
	"context"
	"math"
	"sort"
	"time"

	"acme/telemetry/schema"
)

// Pace says when a record may leave. The zero value lets everything go at once.
type Pace struct {
	// Start is the beginning by the clock, and From the one in time of arrival,
	// milliseconds since the Unix epoch.
	Start time.Time
	From  int64
	// Speed is how many seconds of arrivals pass in a second by the clock; 0 does not
	// look at arrivals.
	Speed float64
	// Rate is how many records may leave in a second; any number where 0.
	Rate float64
}

// Due gives when the record may leave that has this arrival and n records before it.
// It grows with both.
func (p Pace) Due(n, arrival int64) time.Time {
	due := p.Start
	if p.Speed > 0 {
		due = due.Add(span(float64(arrival-p.From) / 1000 / p.Speed))
	}
	if p.Rate > 0 {
		if by := p.Start.Add(span(float64(n) / p.Rate)); by.After(due) {
			due = by
		}
	}
	return due
}

// span gives seconds as a duration, at most a hundred years.
func span(seconds float64) time.Duration {
	const most = 100 * 365 * 24 * 3600
	return time.Duration(math.Min(math.Max(seconds, -most), most) * float64(time.Second))
}

// Pacer hands records out at a pace. It is for one goroutine.
type Pacer struct {
	Pace Pace
	// Now is the clock, and Sleep waits by it until d is over or ctx ends, which is
	// then its error.
	Now   func() time.Time
	Sleep func(ctx context.Context, d time.Duration) error
	// Idle is told before a wait of d; nobody is where nil.
	Idle func(ctx context.Context, d time.Duration) error

	handed int64
}

// leastWait keeps records together that are due within it.
const leastWait = 10 * time.Millisecond

// Hand gives records, which are in order of arrival, to emit as they become due.
func (p *Pacer) Hand(ctx context.Context, records []schema.Record, emit func([]schema.Record) error) error {
	for len(records) > 0 {
		now := p.Now()
		due := sort.Search(len(records), func(i int) bool {
			return p.Pace.Due(p.handed+int64(i), records[i].Arrival).After(now)
		})
		if due > 0 {
			if err := emit(records[:due]); err != nil {
				return err
			}
			p.handed += int64(due)
			records = records[due:]
			continue
		}
		wait := max(p.Pace.Due(p.handed, records[0].Arrival).Sub(now), leastWait)
		if p.Idle != nil {
			if err := p.Idle(ctx, wait); err != nil {
				return err
			}
		}
		if err := p.Sleep(ctx, wait); err != nil {
			return err
		}
	}
	return nil
}
