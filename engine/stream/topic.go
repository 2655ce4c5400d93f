package stream

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// DefaultTopic is the name of the deployment's topic.
const DefaultTopic = "acme-telemetry"

// Topic is what a topic is made of, and what it was found to be.
type Topic struct {
	Name string
	// ID changes when a topic is deleted and made again under its name. Of a topic
	// that was described.
	ID         [16]byte
	Partitions int32
	// Replication is how many brokers hold each partition; at most as many as there
	// are when the topic is made.
	Replication int16
	// MinInSync is how many of them must have a record before it counts as written.
	MinInSync int
	// Retention is how long a record is kept after its timestamp; forever where
	// negative.
	Retention time.Duration
	// RetentionBytes is how much of each partition is kept; everything where negative.
	RetentionBytes int64
	// Compression is what the brokers keep the records in: gzip, zstd, lz4, snappy,
	// uncompressed, or producer, which is as they come.
	Compression string
	// LogAppendTime says that the broker replaces the records' timestamps by its own.
	LogAppendTime bool
	// Compacted says that of records with one key only the last is kept.
	Compacted bool
	// Before and After are how far a record's timestamp may lie from the broker's
	// clock; anything where 0.
	Before, After time.Duration
}

// NewTopic gives the deployment's topic: 20 partitions on 3 brokers, of which 2 must
// have a record, seven days, gzip.
func NewTopic(name string) Topic {
	return Topic{
		Name: name, Partitions: 20, Replication: 3, MinInSync: 2,
		Retention: 7 * 24 * time.Hour, RetentionBytes: -1, Compression: "gzip",
	}
}

// TopicMissingError is a topic that the cluster does not have.
type TopicMissingError struct{ Topic string }

func (e *TopicMissingError) Error() string {
	return "the cluster has no topic " + e.Topic
}

// RecordsError is a topic that would not keep records as they are.
type RecordsError struct {
	Topic, Setting string
	Why            string
}

func (e *RecordsError) Error() string {
	return fmt.Sprintf("topic %s, setting %s: %s", e.Topic, e.Setting, e.Why)
}

// Accepts says whether the topic keeps records whose oldest timestamp is oldest, and
// of which none is further ahead of the clock than ahead when it is published. The
// error is a RecordsError.
func (t Topic) Accepts(oldest time.Time, ahead time.Duration, now time.Time) error {
	refuse := func(setting, format string, args ...any) error {
		return &RecordsError{Topic: t.Name, Setting: setting, Why: fmt.Sprintf(format, args...)}
	}
	stamp := func(t time.Time) string { return t.UTC().Format(time.RFC3339) }
	age := now.Sub(oldest)
	switch {
	case t.Compacted:
		return refuse("cleanup.policy", "of each customer only the last event would be kept")
	case t.LogAppendTime:
		return refuse("message.timestamp.type", "the brokers replace the time of arrival by their own clock's")
	case t.Retention >= 0 && age >= t.Retention:
		return refuse("retention.ms", "records are deleted %s after their timestamp, and these begin at %s", t.Retention, stamp(oldest))
	case t.Before > 0 && age > t.Before:
		return refuse("message.timestamp.before.max.ms", "the brokers refuse timestamps older than %s, and these begin at %s", t.Before, stamp(oldest))
	case t.After > 0 && ahead > 365*24*time.Hour:
		return refuse("message.timestamp.after.max.ms", "the brokers refuse timestamps more than %s ahead of their clock, and these go ahead without end", t.After)
	case t.After > 0 && ahead > t.After:
		return refuse("message.timestamp.after.max.ms", "the brokers refuse timestamps more than %s ahead of their clock, and these go up to %s ahead", t.After, ahead.Round(time.Second))
	}
	return nil
}

// Create makes a topic unless there is one of its name, waits until the cluster
// knows it, and says whether it did. On a cluster of fewer brokers than t.Replication
// the topic has as many replicas as there are brokers, and one fewer in sync at least.
func (c Config) Create(ctx context.Context, t Topic) (bool, error) {
	s, err := c.connect(ctx)
	if err != nil {
		return false, err
	}
	defer s.Close()
	made := false
	err = s.patiently(ctx, "make topic "+t.Name, func(ctx context.Context) error {
		made, err = s.create(ctx, t)
		return err
	})
	if err != nil {
		return made, err
	}
	found := t
	return made, s.patiently(ctx, "wait for topic "+t.Name, func(ctx context.Context) error {
		err := s.describePartitions(ctx, &found)
		if errors.As(err, new(*TopicMissingError)) {
			return kerr.UnknownTopicOrPartition // not known everywhere yet
		}
		return err
	})
}

func (s *session) create(ctx context.Context, t Topic) (bool, error) {
	brokers, err := s.countBrokers(ctx)
	if err != nil {
		return false, err
	}
	if brokers < t.Replication {
		t.Replication, t.MinInSync = brokers, max(1, min(t.MinInSync, int(brokers)-1))
	}
	req := kmsg.NewPtrCreateTopicsRequest()
	req.TimeoutMillis = 15_000
	topic := kmsg.NewCreateTopicsRequestTopic()
	topic.Topic, topic.NumPartitions, topic.ReplicationFactor = t.Name, t.Partitions, t.Replication
	settings := t.settings()
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		setting := kmsg.NewCreateTopicsRequestTopicConfig()
		setting.Name, setting.Value = name, kmsg.StringPtr(settings[name])
		topic.Configs = append(topic.Configs, setting)
	}
	req.Topics = append(req.Topics, topic)
	resp, err := req.RequestWith(ctx, s.Client)
	if err != nil {
		return false, err
	}
	if len(resp.Topics) != 1 {
		return false, fmt.Errorf("the cluster answers for %d topics instead of one", len(resp.Topics))
	}
	err = answer(resp.Topics[0].ErrorCode, resp.Topics[0].ErrorMessage)
	if errors.Is(err, kerr.TopicAlreadyExists) {
		return false, nil
	}
	return err == nil, err
}

// settings gives the topic's configuration by Kafka's names.
func (t Topic) settings() map[string]string {
	m := map[string]string{
		"retention.ms":        strconv.FormatInt(t.Retention.Milliseconds(), 10),
		"compression.type":    t.Compression,
		"min.insync.replicas": strconv.Itoa(t.MinInSync),
	}
	if t.Retention < 0 {
		m["retention.ms"] = "-1"
	}
	if t.After > 0 {
		m["message.timestamp.after.max.ms"] = strconv.FormatInt(t.After.Milliseconds(), 10)
	}
	return m
}

func (s *session) countBrokers(ctx context.Context) (int16, error) {
	req := kmsg.NewPtrMetadataRequest()
	req.Topics = []kmsg.MetadataRequestTopic{}
	resp, err := req.RequestWith(ctx, s.Client)
	if err != nil {
		return 0, err
	}
	return int16(min(len(resp.Brokers), 1<<15-1)), nil
}

// Describe gives a topic as the cluster has it; TopicMissingError where it has none.
func (c Config) Describe(ctx context.Context, name string) (Topic, error) {
	s, err := c.connect(ctx)
	if err != nil {
		return Topic{}, err
	}
	defer s.Close()
	return s.describe(ctx, name)
}

func (s *session) describe(ctx context.Context, name string) (Topic, error) {
	t := Topic{Name: name}
	err := s.patiently(ctx, "describe topic "+name, func(ctx context.Context) error {
		if err := s.describePartitions(ctx, &t); err != nil {
			return err
		}
		return s.describeSettings(ctx, &t)
	})
	return t, err
}

func (s *session) describePartitions(ctx context.Context, t *Topic) error {
	req := kmsg.NewPtrMetadataRequest()
	topic := kmsg.NewMetadataRequestTopic()
	topic.Topic = kmsg.StringPtr(t.Name)
	req.Topics = append(req.Topics, topic)
	resp, err := req.RequestWith(ctx, s.Client)
	if err != nil {
		return err
	}
	if len(resp.Topics) != 1 {
		return fmt.Errorf("the cluster answers for %d topics instead of one", len(resp.Topics))
	}
	found := resp.Topics[0]
	if found.ErrorCode == kerr.UnknownTopicOrPartition.Code {
		return &TopicMissingError{t.Name}
	}
	if err := kerr.ErrorForCode(found.ErrorCode); err != nil {
		return err
	}
	t.ID, t.Partitions = found.TopicID, int32(len(found.Partitions))
	for _, p := range found.Partitions {
		t.Replication = max(t.Replication, int16(len(p.Replicas)))
		if err := kerr.ErrorForCode(p.ErrorCode); kerr.IsRetriable(err) && p.Leader < 0 {
			return fmt.Errorf("partition %d: %w", p.Partition, err)
		}
	}
	return nil
}

func (s *session) describeSettings(ctx context.Context, t *Topic) error {
	req := kmsg.NewPtrDescribeConfigsRequest()
	res := kmsg.NewDescribeConfigsRequestResource()
	res.ResourceType, res.ResourceName = kmsg.ConfigResourceTypeTopic, t.Name
	req.Resources = append(req.Resources, res)
	resp, err := req.RequestWith(ctx, s.Client)
	if err != nil {
		return err
	}
	if len(resp.Resources) != 1 {
		return fmt.Errorf("the cluster answers for the settings of %d topics instead of one", len(resp.Resources))
	}
	if err := answer(resp.Resources[0].ErrorCode, resp.Resources[0].ErrorMessage); err != nil {
		return err
	}
	for _, setting := range resp.Resources[0].Configs {
		if setting.Value == nil {
			continue
		}
		if err := t.set(setting.Name, *setting.Value); err != nil {
			return err
		}
	}
	return nil
}

// set takes a setting of a topic by Kafka's name; one of no interest is passed over.
func (t *Topic) set(name, value string) error {
	number := func(to *time.Duration) error {
		ms, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return fmt.Errorf("setting %s of topic %s: %w", name, t.Name, err)
		}
		switch most := int64(1<<63-1) / int64(time.Millisecond); {
		case ms < 0:
			*to = -1
		case ms > most:
			*to = 0 // more than anybody has: no bound
		default:
			*to = time.Duration(ms) * time.Millisecond
		}
		return nil
	}
	var err error
	switch name {
	case "retention.ms":
		if err = number(&t.Retention); t.Retention == 0 && value != "0" {
			t.Retention = -1
		}
	case "message.timestamp.before.max.ms":
		err = number(&t.Before)
	case "message.timestamp.after.max.ms":
		err = number(&t.After)
	case "retention.bytes":
		t.RetentionBytes, err = strconv.ParseInt(value, 10, 64)
	case "min.insync.replicas":
		t.MinInSync, err = strconv.Atoi(value)
	case "compression.type":
		t.Compression = value
	case "message.timestamp.type":
		t.LogAppendTime = value == "LogAppendTime"
	case "cleanup.policy":
		t.Compacted = value == "compact" || value == "compact,delete" || value == "delete,compact"
	}
	return err
}
