package stream

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// runPrefix begins the name of a run: its transactional id, and the consumer group
// that keeps its position.
const runPrefix = "acme-generate-"

// RunName gives the whole name of what Publication.Run names.
func RunName(run string) string { return runPrefix + run }

// Progress is how much of a run is published.
type Progress struct {
	// Records counts from the run's begin.
	Records int64
	// Arrival is the last record's, in milliseconds since the Unix epoch, and Within
	// how many records with this arrival are published: a generator whose window
	// begins at Arrival goes on behind the first Within records.
	Arrival, Within int64
	// From is where the stretch begins that these are of: a run without an end is one
	// stretch, a backfill publishes one after another.
	From int64
	// Done are the stretches that are published whole: ascending, none touches the next.
	Done []Span
}

// advance counts a record.
func (p *Progress) advance(arrival int64) {
	if p.Records == 0 || arrival != p.Arrival {
		p.Arrival, p.Within = arrival, 0
	}
	p.Within++
	p.Records++
}

// positionVersion begins the text that is kept with a position. Version 1 ended behind
// how many of the arrival.
const positionVersion = "2"

// longestPosition is what a cluster keeps as text at most, where nobody said otherwise
// (offset.metadata.max.bytes).
const longestPosition = 4096

// metadata gives the text that is kept beside the number of records: version, the
// topic's id, arrival, how many of this arrival, the stretch's begin, the finished ones.
func (p Progress) metadata(topic [16]byte) string {
	return strings.Join([]string{positionVersion, hex.EncodeToString(topic[:]), strconv.FormatInt(p.Arrival, 10), strconv.FormatInt(p.Within, 10),
		strconv.FormatInt(p.From, 10), spansText(p.Done)}, " ")
}

// parseProgress reads a position. One of a topic that was deleted and made again is
// none: the records went with it.
func parseProgress(records int64, metadata string, topic [16]byte) (Progress, error) {
	f := strings.Fields(metadata)
	if len(f) == 4 && f[0] == "1" {
		f = append(f, strconv.Itoa(unknownBegin), "-")
	} else if len(f) != 6 || f[0] != positionVersion {
		return Progress{}, fmt.Errorf("the position %q is not of this version of acme", metadata)
	}
	if f[1] != hex.EncodeToString(topic[:]) {
		return Progress{}, nil
	}
	p := Progress{Records: records}
	var err [4]error
	p.Arrival, err[0] = strconv.ParseInt(f[2], 10, 64)
	p.Within, err[1] = strconv.ParseInt(f[3], 10, 64)
	p.From, err[2] = strconv.ParseInt(f[4], 10, 64)
	p.Done, err[3] = parseSpans(f[5])
	if err := errors.Join(err[:]...); err != nil || p.Within < 0 || p.Within == 0 && len(p.Done) == 0 || records < p.Within {
		return Progress{}, fmt.Errorf("the position %q of %d records makes no sense", metadata, records)
	}
	return p, nil
}

// fetchPosition gives what the last transaction of the run that was committed says.
// It waits for one whose end is still being written.
func (p *Producer) fetchPosition(ctx context.Context) error {
	req := kmsg.NewPtrOffsetFetchRequest()
	req.RequireStable = true
	req.Group = p.run
	topic := kmsg.NewOffsetFetchRequestTopic()
	topic.Topic, topic.Partitions = p.topic.Name, []int32{positionPartition}
	req.Topics = append(req.Topics, topic)
	group := kmsg.NewOffsetFetchRequestGroup()
	group.Group = p.run
	groupTopic := kmsg.NewOffsetFetchRequestGroupTopic()
	groupTopic.Topic, groupTopic.TopicID, groupTopic.Partitions = p.topic.Name, p.topic.ID, []int32{positionPartition}
	group.Topics = append(group.Topics, groupTopic)
	req.Groups = append(req.Groups, group)
	resp, err := req.RequestWith(ctx, p.s.Client)
	if err != nil {
		return err
	}
	code, records, metadata := resp.ErrorCode, int64(-1), (*string)(nil)
	for _, t := range resp.Topics { // brokers before 3.0
		for _, part := range t.Partitions {
			code, records, metadata = max(code, part.ErrorCode), part.Offset, part.Metadata
		}
	}
	for _, g := range resp.Groups {
		code = g.ErrorCode
		for _, t := range g.Topics {
			for _, part := range t.Partitions {
				code, records, metadata = max(code, part.ErrorCode), part.Offset, part.Metadata
			}
		}
	}
	if err := kerr.ErrorForCode(code); err != nil && !errors.Is(err, kerr.GroupIDNotFound) {
		return err
	}
	if records < 0 || metadata == nil {
		return nil // the run is new
	}
	p.published, err = parseProgress(records, *metadata, p.topic.ID)
	return err
}

// positionPartition is where in the group the position stands: any that every topic has.
const positionPartition = 0

// commitPosition makes the position a part of the open transaction.
func (p *Producer) commitPosition(ctx context.Context) error {
	id, epoch, err := p.s.ProducerID(ctx)
	if err != nil {
		return err
	}
	add := kmsg.NewPtrAddOffsetsToTxnRequest()
	add.TransactionalID, add.ProducerID, add.ProducerEpoch, add.Group = p.run, id, epoch, p.run
	added, err := add.RequestWith(ctx, p.s.Client)
	if err != nil {
		return err
	}
	if err := kerr.ErrorForCode(added.ErrorCode); err != nil {
		return fmt.Errorf("add the position's group to the transaction: %w", err)
	}
	text := p.sent.metadata(p.topic.ID)
	if len(text) > longestPosition {
		return fmt.Errorf("it has %d stretches with gaps between, more than a cluster keeps: fill some of the gaps first", len(p.sent.Done))
	}
	req := kmsg.NewPtrTxnOffsetCommitRequest()
	req.TransactionalID, req.ProducerID, req.ProducerEpoch, req.Group = p.run, id, epoch, p.run
	topic := kmsg.NewTxnOffsetCommitRequestTopic()
	topic.Topic, topic.TopicID = p.topic.Name, p.topic.ID
	part := kmsg.NewTxnOffsetCommitRequestTopicPartition()
	part.Partition, part.Offset, part.Metadata = positionPartition, p.sent.Records, kmsg.StringPtr(text)
	topic.Partitions = append(topic.Partitions, part)
	req.Topics = append(req.Topics, topic)
	resp, err := req.RequestWith(ctx, p.s.Client)
	if err != nil {
		return err
	}
	for _, t := range resp.Topics {
		for _, part := range t.Partitions {
			if err := kerr.ErrorForCode(part.ErrorCode); err != nil {
				return err
			}
			return nil
		}
	}
	return errors.New("the cluster did not answer for the position")
}
