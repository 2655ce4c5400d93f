package stream

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"acme/telemetry/schema"
)

// needs is what IAM of MSK asks for a request of a client; unknown where nobody has
// thought about it.
func needs(r kmsg.Request) (actions []string, known bool) {
	if find, ok := r.(*kmsg.FindCoordinatorRequest); ok {
		if find.CoordinatorType == 1 {
			return []string{"DescribeTransactionalId"}, true
		}
		return []string{"DescribeGroup"}, true
	}
	text, known := map[kmsg.Key]string{
		kmsg.ApiVersions: "", kmsg.SASLHandshake: "", kmsg.SASLAuthenticate: "",
		kmsg.Metadata:             "Connect DescribeTopic",
		kmsg.ListOffsets:          "DescribeTopic",
		kmsg.OffsetForLeaderEpoch: "DescribeTopic",
		kmsg.DescribeConfigs:      "DescribeTopicDynamicConfiguration",
		kmsg.Fetch:                "ReadData",
		kmsg.OffsetFetch:          "DescribeGroup DescribeTopic",
		kmsg.ListGroups:           "DescribeGroup", // each group that one may describe
		kmsg.JoinGroup:            "AlterGroup",
		kmsg.SyncGroup:            "AlterGroup",
		kmsg.Heartbeat:            "AlterGroup",
		kmsg.LeaveGroup:           "AlterGroup",
		kmsg.OffsetCommit:         "AlterGroup ReadData",
		kmsg.InitProducerID:       "AlterTransactionalId WriteDataIdempotently",
		kmsg.AddPartitionsToTxn:   "AlterTransactionalId WriteData",
		kmsg.AddOffsetsToTxn:      "AlterTransactionalId AlterGroup",
		kmsg.TxnOffsetCommit:      "AlterTransactionalId AlterGroup ReadData",
		kmsg.Produce:              "AlterTransactionalId WriteData",
		kmsg.EndTxn:               "AlterTransactionalId",
	}[kmsg.Key(r.Key())]
	return strings.Fields(text), known
}

// watch gives a function that tells what IAM of MSK asks for all that was asked of the
// cluster since.
func (l *testLog) watch() func() []string {
	var mu sync.Mutex
	needed := map[string]bool{}
	l.Control(func(r kmsg.Request) (kmsg.Response, error, bool) {
		l.KeepControl()
		mu.Lock()
		defer mu.Unlock()
		actions, known := needs(r)
		if !known {
			l.t.Errorf("the cluster is asked %s, which no policy was thought about", kmsg.NameForKey(r.Key()))
		}
		for _, a := range actions {
			needed["kafka-cluster:"+a] = true
		}
		return nil, nil, false
	})
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Sorted(maps.Keys(needed))
	}
}

// TestExporterPolicy: the policy that the deployment guide gives the exporter allows
// what a consumer asks of a cluster, and nothing else.
func TestExporterPolicy(t *testing.T) {
	l := newTestLog(t, 2)
	l.faulty()
	l.write(0, 10)
	needed := l.watch()
	k := take(t, l.consumer())
	k.until("end", k.atEnd)
	if err := k.Commit(l.context(), []schema.Position{{Offset: 5}}); err != nil {
		t.Fatal(err)
	}
	if err := k.Read(l.context(), schema.Range{To: 5}, func(schema.Message) error { return nil }); err != nil {
		t.Fatal(err)
	}
	k.Close()
	if got, want := allowed(t, "Exporter"), needed(); !slices.Equal(got, want) {
		t.Errorf("the guide allows %v, a consumer needs %v", got, want)
	}
}

// TestPublisherPolicy: the same of the publisher.
func TestPublisherPolicy(t *testing.T) {
	l := newTestLog(t, 2)
	l.faulty()
	needed := l.watch()
	for range 2 { // the second time there is a position to go on from
		p, err := NewProducer(l.context(), l.cfg, Publication{Topic: logTopic, Run: "policy"})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Publish(l.context(), []schema.Record{{Arrival: time.Now().UnixMilli(), Key: []byte("k"), Value: []byte("{}")}}); err != nil {
			t.Fatal(err)
		}
		if err := p.Commit(l.context()); err != nil {
			t.Fatal(err)
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := l.cfg.Holds(l.context(), logTopic); err != nil { // as a backfill does
			t.Fatal(err)
		}
	}
	if got, want := allowed(t, "Publisher"), needed(); !slices.Equal(got, want) {
		t.Errorf("the guide allows %v, a producer needs %v", got, want)
	}
}

// allowed gives the actions that the guide's policies allow in statements with such a
// name. Every policy there must be JSON.
func allowed(t *testing.T, sid string) []string {
	t.Helper()
	guide, err := os.ReadFile(filepath.Join("..", "..", "docs", "DEPLOYMENT_GUIDE.md"))
	if err != nil {
		t.Fatal(err)
	}
	actions := map[string]bool{}
	for _, block := range regexp.MustCompile("(?s)```json\n(.*?)```").FindAllSubmatch(guide, -1) {
		var policy struct {
			Version   string
			Statement []struct {
				Sid, Effect string
				Action      any
			}
		}
		if err := json.Unmarshal(block[1], &policy); err != nil || policy.Version != "2012-10-17" {
			t.Errorf("a policy of the guide, version %q: %v", policy.Version, err)
		}
		for _, s := range policy.Statement {
			if !strings.HasPrefix(s.Sid, sid) || s.Effect != "Allow" {
				continue
			}
			switch a := s.Action.(type) {
			case string:
				actions[a] = true
			case []any:
				for _, a := range a {
					actions[a.(string)] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(actions))
}
