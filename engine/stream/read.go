package stream

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"acme/telemetry/schema"
)

// RetentionError says that the log does not have the first messages of a range any
// more.
type RetentionError struct {
	Topic     string
	Partition int32
	From      int64 // the first that was wanted
	First     int64 // the first that there is
}

func (e *RetentionError) Error() string {
	return fmt.Sprintf("topic %s, partition %d: offsets %d to %d are not in the log any more, retention has removed them", e.Topic, e.Partition, e.From, e.First-1)
}

func (e *RetentionError) Unwrap() error { return schema.ErrGone }

// replayBytes is what readingOptions makes of it for a Read, which asks for one
// partition: a quarter is how much a broker answers at a time, compressed. Several run
// at once.
const replayBytes = 1 << 20

// Read gives the messages of a range that the group may see, in order, whoever owns the
// partition; the range ends at or before the partition's End. It does not touch the
// group. A yield that fails ends it with its error. Each Read that runs has a
// connection and a buffer of its own.
func (c *Consumer) Read(ctx context.Context, r schema.Range, yield func(schema.Message) error) error {
	if r.From >= r.To {
		return nil
	}
	doing := fmt.Sprintf("read offsets %d to %d of partition %d of topic %s", r.From, r.To-1, r.Partition, c.cfg.Topic)
	s, err := c.cfg.Cluster.open(ctx, append(c.readingOptions(replayBytes),
		kgo.MaxConcurrentFetches(1),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{c.cfg.Topic: {r.Partition: kgo.NewOffset().At(r.From)}}),
	)...)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.patiently(ctx, doing, func(ctx context.Context) error { return c.has(ctx, s, r) }); err != nil {
		return err
	}
	for next := r.From; next < r.To; {
		fetches := s.PollFetches(ctx)
		if ctx.Err() != nil {
			return fmt.Errorf("%s: %w", doing, context.Cause(ctx))
		}
		for _, failed := range fetches.Errors() {
			if err := c.faultOfRange(ctx, s, doing, r, failed.Err); err != nil {
				return err
			}
		}
		for records := fetches.RecordIter(); !records.Done() && next < r.To; {
			k := records.Next()
			if k.Offset < next {
				continue
			}
			next = k.Offset + 1
			if k.Offset >= r.To || k.Attrs.IsControl() {
				continue
			}
			if err := yield(message(k)); err != nil {
				return err
			}
		}
	}
	return nil
}

// has makes sure that the topic is the same and the range in its log.
func (c *Consumer) has(ctx context.Context, s *session, r schema.Range) error {
	topic := Topic{Name: c.cfg.Topic}
	if err := s.describePartitions(ctx, &topic); err != nil {
		return err
	}
	if topic.ID != c.topic.ID {
		return &RecreatedError{Topic: c.cfg.Topic, Was: c.topic.Identity(), Is: topic.Identity()}
	}
	bounds, err := s.bounds(ctx, c.cfg.Topic, []int32{r.Partition})
	if err != nil {
		return err
	}
	switch b := bounds[r.Partition]; {
	case r.From < b.First:
		return &RetentionError{Topic: c.cfg.Topic, Partition: r.Partition, From: r.From, First: b.First}
	case r.To > b.End:
		return &TruncatedError{Topic: c.cfg.Topic, Partition: r.Partition, Next: r.To, End: b.End}
	}
	return nil
}

// faultOfRange judges an error that came in place of messages; nil is one that passes.
func (c *Consumer) faultOfRange(ctx context.Context, s *session, doing string, r schema.Range, err error) error {
	switch {
	case errors.As(err, new(*kgo.ErrDataLoss)):
		return c.has(ctx, s, r) // the client goes back to where it is certain
	case errors.Is(err, kerr.OffsetOutOfRange):
		// Retention has gone over it while it was being read.
		if err := c.has(ctx, s, r); err != nil {
			return err
		}
		return fmt.Errorf("%s: %w", doing, err)
	case errors.Is(err, kerr.UnknownTopicID), errors.Is(err, kerr.InconsistentTopicID), errors.Is(err, kerr.UnknownTopicOrPartition):
		return c.missing(ctx, err)
	case denies(err):
		return s.explain(doing, 0, err)
	case kerr.IsRetriable(err), kgo.IsRetryableBrokerErr(err), passes(err):
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}
