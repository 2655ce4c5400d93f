package lake

import (
	"context"
	"maps"
	"slices"
	"time"
)

// ExportStats are figures of an export, since it began. Where CloudWatch has a
// metric of a Firehose stream for it, its JSON name is that metric's.
type ExportStats struct {
	Records int64 `json:"DeliveryToS3.Records"` // in objects of the table
	Bytes   int64 `json:"DeliveryToS3.Bytes"`   // of all objects, as stored
	Objects int64 `json:"DeliveryToS3.ObjectCount"`
	// Success is the share of puts that succeeded, 1 where there was none.
	Success float64 `json:"DeliveryToS3.Success"`
	// Freshness is the age in seconds, by arrival, of the oldest record that was
	// read and is not delivered; 0 where there is none.
	Freshness   float64 `json:"DeliveryToS3.DataFreshness"`
	ReadRecords int64   `json:"DataReadFromSource.Records"`
	ReadBytes   int64   `json:"DataReadFromSource.Bytes"`
	// Backpressured counts how often a partition was not to be read for a while,
	// since what was read of it waited for others.
	Backpressured int64 `json:"DataReadFromSource.Backpressured"`
	// KafkaOffsetLag is, for each partition that the member owns, how many offsets
	// the group's position is behind the log's end.
	KafkaOffsetLag map[int32]int64 `json:"KafkaOffsetLag"`
	// Poison are records that are filed among errors: no record, or without a time
	// where the event's time is the partition's.
	Poison           int64 `json:"FailedValidation.Records"`
	Converted        int64 `json:"SucceedConversion.Records"`
	FailedConversion int64 `json:"FailedConversion.Records"`
	Prefixes         int64 `json:"PartitionCount"` // open now

	// What Firehose does not tell.
	Retries     int64 `json:"Retries"`     // of puts
	Existing    int64 `json:"Existing"`    // of Objects: were there already
	Redelivered int64 `json:"Redelivered"` // records that came again, and were dropped
	Replayed    int64 `json:"Replayed"`    // plans carried out that somebody had left
	Cuts        int64 `json:"Cuts"`
	Commits     int64 `json:"Commits"`
	Gaps        int64 `json:"Gaps"`       // ranges that retention had deleted
	GapOffsets  int64 `json:"GapOffsets"` // offsets in them
	puts        int64
	failedPuts  int64
}

// Lag is the sum over the partitions.
func (s *ExportStats) Lag() (n int64) {
	for _, lag := range s.KafkaOffsetLag {
		n += lag
	}
	return n
}

// Stats gives the figures of this moment. It may be called from any goroutine.
func (e *Exporter) Stats() ExportStats {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.stats
	s.KafkaOffsetLag = maps.Clone(s.KafkaOffsetLag)
	s.Success = 1
	if s.puts > 0 {
		s.Success = float64(s.puts-s.failedPuts) / float64(s.puts)
	}
	return s
}

// booked counts a put.
func (e *Exporter) booked(p *product, existing bool, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := &e.stats
	s.puts++
	if err != nil {
		s.failedPuts++
		return
	}
	if p.void {
		return
	}
	s.Objects++
	s.Bytes += p.entry.Bytes
	if existing {
		s.Existing++
	}
	switch p.sort {
	case jsonObject:
		s.Records += p.entry.Records
	case parquetFile:
		s.Converted += p.entry.Records
		if e.c.Layout.Format == Parquet {
			s.Records += p.entry.Records
		}
	case invalid:
		s.Poison += p.entry.Records
	case unconverted:
		s.FailedConversion += p.entry.Records
	}
}

// observe notes how far the export is.
func (e *Exporter) observe(now time.Time) {
	oldest := int64(maxTime)
	prefixes := 0
	lag := make(map[int32]int64, len(e.feeds))
	look := func(c *cut) {
		if c != nil {
			oldest = min(oldest, c.oldest)
		}
	}
	for _, l := range e.lanes {
		look(l.open)
		look(l.ready)
		look(l.flight)
		if l.open != nil {
			prefixes += len(l.open.objects)
		}
		for _, f := range l.feeds {
			if !f.empty() {
				oldest = min(oldest, f.head().Arrival)
			}
			lag[f.id] = max(0, f.end-f.committed)
			if f.empty() && f.atEnd() && f.committed >= f.last {
				lag[f.id] = 0 // what is between is nothing that readers see
			}
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.stats.KafkaOffsetLag, e.stats.Prefixes, e.stats.Freshness = lag, int64(prefixes), 0
	if oldest < maxTime {
		e.stats.Freshness = max(0, now.Sub(time.UnixMilli(oldest)).Seconds())
	}
}

// settle takes the cuts that were written since, commits their ends, and goes on
// with what waited for them.
func (e *Exporter) settle(ctx context.Context) error {
	for {
		e.mu.Lock()
		if len(e.written) == 0 {
			e.mu.Unlock()
			return nil
		}
		c := e.written[0]
		e.written = e.written[1:]
		e.mu.Unlock()
		if c.dropped {
			continue
		}
		if c.err != nil {
			return c.err
		}
		if err := e.conclude(ctx, c); err != nil {
			return err
		}
	}
}

func (e *Exporter) conclude(ctx context.Context, c *cut) error {
	e.mu.Lock()
	e.stats.Cuts++
	if c.replayed != nil {
		e.stats.Replayed++
	}
	e.mu.Unlock()
	if c.replayed != nil {
		e.replays = slices.DeleteFunc(e.replays, func(other *cut) bool { return other == c })
		return e.commit(ctx, c.replayed)
	}
	for _, l := range e.lanes {
		if l.flight == c {
			l.flight = nil
			return e.advance(ctx, l, c)
		}
	}
	return nil
}
