package stream

import (
	"context"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func deleteTopic(t *testing.T, s *session, topic string) {
	t.Helper()
	req := kmsg.NewPtrDeleteTopicsRequest()
	req.TopicNames = []string{topic}
	named := kmsg.NewDeleteTopicsRequestTopic()
	named.Topic = kmsg.StringPtr(topic)
	req.Topics = append(req.Topics, named)
	resp, err := req.RequestWith(context.Background(), s.Client)
	if err == nil && len(resp.Topics) == 1 {
		err = kerr.ErrorForCode(resp.Topics[0].ErrorCode)
	}
	if err != nil {
		t.Errorf("delete topic %s: %v", topic, err)
	}
}

// endOffsets gives where each partition that has records ends for readers of
// committed ones. Markers of transactions count.
func endOffsets(t *testing.T, s *session, topic string, partitions int32) map[int32]int64 {
	t.Helper()
	req := kmsg.NewPtrListOffsetsRequest()
	req.ReplicaID, req.IsolationLevel = -1, 1
	of := kmsg.NewListOffsetsRequestTopic()
	of.Topic = topic
	for p := range partitions {
		part := kmsg.NewListOffsetsRequestTopicPartition()
		part.Partition, part.Timestamp = p, -1
		of.Partitions = append(of.Partitions, part)
	}
	req.Topics = append(req.Topics, of)
	ends := map[int32]int64{}
	for _, shard := range s.RequestSharded(t.Context(), req) { // a request a leader
		if shard.Err != nil {
			t.Fatal(shard.Err)
		}
		for _, topic := range shard.Resp.(*kmsg.ListOffsetsResponse).Topics {
			for _, part := range topic.Partitions {
				if err := kerr.ErrorForCode(part.ErrorCode); err != nil {
					t.Fatal(err)
				}
				if part.Offset > 0 {
					ends[part.Partition] = part.Offset
				}
			}
		}
	}
	return ends
}
