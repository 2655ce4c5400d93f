package stream

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"acme/telemetry/schema"
)

// ReadFrom says where a partition is read from that a group has never been in. The
// zero value is from the first message that the log still has.
//
// It counts only where the group has no position in the whole topic, for the
// partitions that the topic has then. A partition that comes later is read from its
// first message: the group was there before it.
type ReadFrom struct {
	// Now is from what comes after joining.
	Now bool
	// Time is from the first message with this arrival or a later one, in milliseconds
	// since the Unix epoch; without one, from what comes next. 0 is no time.
	Time int64
}

// ParseReadFrom reads earliest, now, or a time as RFC 3339.
func ParseReadFrom(text string) (ReadFrom, error) {
	switch text {
	case "earliest":
		return ReadFrom{}, nil
	case "now":
		return ReadFrom{Now: true}, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return ReadFrom{}, fmt.Errorf("%q: want earliest, now, or a time such as 2025-08-11T17:00:00Z", text)
	}
	if t.UnixMilli() <= 0 {
		return ReadFrom{}, nil // Firehose's spelling of earliest is 1970-01-01T00:00:00Z
	}
	return ReadFrom{Time: t.UnixMilli()}, nil
}

// survey asks what the topic is, and whether the group was ever in it.
func (c *Consumer) survey(ctx context.Context, s *session) error {
	return s.patiently(ctx, c.doing("look at"), func(ctx context.Context) error {
		topic := Topic{Name: c.cfg.Topic}
		if err := s.describePartitions(ctx, &topic); err != nil {
			return err
		}
		all := make([]int32, topic.Partitions)
		for i := range all {
			all[i] = int32(i)
		}
		positions, err := s.fetchPositions(ctx, c.cfg.Group, topic, all)
		c.topic, c.begun = topic, len(positions) > 0
		return err
	})
}

// stand gives where the group stands in partitions, and what the log has of them.
func (c *Consumer) stand(ctx context.Context, partitions []int32) ([]schema.Assignment, error) {
	positions, err := c.s.fetchPositions(ctx, c.cfg.Group, c.topic, partitions)
	if err != nil {
		return nil, err
	}
	bounds, err := c.s.bounds(ctx, c.cfg.Topic, partitions)
	if err != nil {
		return nil, err
	}
	var later kadm.ListedOffsets
	if c.cfg.From.Time > 0 && !c.begun {
		if later, err = c.admin.ListOffsetsAfterMilli(ctx, c.cfg.From.Time, c.cfg.Topic); err != nil {
			return nil, err
		}
	}
	out := make([]schema.Assignment, 0, len(partitions))
	for _, p := range partitions {
		a := schema.Assignment{Position: schema.Position{Partition: p}, Bounds: bounds[p]}
		if at, ok := positions[p]; ok {
			a.Position, a.Committed = at, true
		} else if a.Offset, err = c.begin(p, bounds[p], later); err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

// begin gives where a partition is read from that the group has never been in.
func (c *Consumer) begin(partition int32, b schema.Bounds, later kadm.ListedOffsets) (int64, error) {
	switch {
	case c.begun || partition >= c.topic.Partitions:
		return b.First, nil
	case c.cfg.From.Now:
		return b.End, nil
	case c.cfg.From.Time > 0:
		at, ok := later.Lookup(c.cfg.Topic, partition)
		if !ok {
			return 0, fmt.Errorf("partition %d: the cluster gave no offset for the time", partition)
		}
		return min(at.Offset, b.End), at.Err // behind End are messages that are not committed yet
	}
	return b.First, nil
}

// bounds asks for the first offset of partitions and the one behind the last that may
// be seen.
func (s *session) bounds(ctx context.Context, topic string, partitions []int32) (map[int32]schema.Bounds, error) {
	admin := kadm.NewClient(s.Client)
	firsts, err := admin.ListStartOffsets(ctx, topic)
	if err != nil {
		return nil, err
	}
	ends, err := admin.ListCommittedOffsets(ctx, topic)
	if err != nil {
		return nil, err
	}
	out := make(map[int32]schema.Bounds, len(partitions))
	for _, p := range partitions {
		first, ok := firsts.Lookup(topic, p)
		end, ok2 := ends.Lookup(topic, p)
		if !ok || !ok2 {
			return nil, fmt.Errorf("partition %d: %w", p, kerr.UnknownTopicOrPartition)
		}
		if err := errors.Join(first.Err, end.Err); err != nil {
			return nil, err
		}
		out[p] = schema.Bounds{First: first.Offset, End: end.Offset}
	}
	return out, nil
}

// fetchPositions gives a group's positions in the partitions of a topic. A group that
// never was has none: kfake calls it unknown, Kafka does not.
func (s *session) fetchPositions(ctx context.Context, group string, topic Topic, partitions []int32) (map[int32]schema.Position, error) {
	req := kmsg.NewPtrOffsetFetchRequest()
	req.RequireStable = true
	g := kmsg.NewOffsetFetchRequestGroup()
	g.Group = group
	t := kmsg.NewOffsetFetchRequestGroupTopic()
	t.Topic, t.TopicID, t.Partitions = topic.Name, topic.ID, partitions
	g.Topics = append(g.Topics, t)
	req.Groups = append(req.Groups, g)
	resp, err := req.RequestWith(ctx, s.Client)
	if err != nil {
		return nil, err
	}
	positions := map[int32]schema.Position{}
	for _, g := range resp.Groups {
		if err := kerr.ErrorForCode(g.ErrorCode); errors.Is(err, kerr.GroupIDNotFound) {
			return positions, nil
		} else if err != nil {
			return nil, err
		}
		for _, t := range g.Topics {
			for _, p := range t.Partitions {
				if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
					return nil, err
				}
				if p.Offset < 0 {
					continue
				}
				at := schema.Position{Partition: p.Partition, Offset: p.Offset}
				if p.Metadata != nil {
					at.Metadata = *p.Metadata
				}
				positions[p.Partition] = at
			}
		}
	}
	return positions, nil
}

// look finds out where partitions stand whose reading failed, and goes on with them.
func (c *Consumer) look(ctx context.Context, partitions []int32) ([]schema.Fetched, error) {
	if len(partitions) == 0 {
		return nil, nil
	}
	var bounds map[int32]schema.Bounds
	err := c.s.patiently(ctx, c.doing("ask for the bounds of"), func(ctx context.Context) (err error) {
		bounds, err = c.s.bounds(ctx, c.cfg.Topic, partitions)
		return err
	})
	if err != nil {
		return nil, err
	}
	var out []schema.Fetched
	for _, p := range partitions {
		r, b := c.reading(p), bounds[p]
		switch {
		case r == nil:
		case r.next > b.End:
			return out, &TruncatedError{Topic: c.cfg.Topic, Partition: p, Next: r.next, End: b.End}
		case r.next < b.First:
			out = append(out, schema.Fetched{Partition: p, Bounds: b, Next: b.First})
			r.next = b.First
			c.seek(p, b.First)
		default:
			c.seek(p, r.next)
		}
	}
	return out, nil
}

// missing says what became of a topic that brokers do not know any more, by cause if
// there is one.
func (c *Consumer) missing(ctx context.Context, cause error) error {
	if cause == nil {
		return nil
	}
	topic := Topic{Name: c.cfg.Topic}
	err := c.s.patiently(ctx, c.doing("look for"), func(ctx context.Context) error {
		return c.s.describePartitions(ctx, &topic)
	})
	var none *TopicMissingError
	switch {
	case errors.As(err, &none):
		return &RecreatedError{Topic: c.cfg.Topic, Was: c.topic.Identity()}
	case err != nil:
		return err
	case topic.ID != c.topic.ID:
		return &RecreatedError{Topic: c.cfg.Topic, Was: c.topic.Identity(), Is: topic.Identity()}
	}
	return nil // a broker that does not know the topic yet
}

// Identity writes the topic's id as Kafka does; empty where the cluster is too old to
// have any.
func (t Topic) Identity() string {
	if t.ID == ([16]byte{}) {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(t.ID[:])
}
