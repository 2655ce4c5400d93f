package main

import (
	"context"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
)

// trouble is what a cluster has while exporters are killed: so often as is wanted.
type trouble interface {
	name() string
	make(ctx context.Context)
	count() int64 // how often it was made
	wanted() int64
}

// tally is how often a trouble was made, and is to be.
type tally struct {
	times int
	done  atomic.Int64
}

func (t *tally) count() int64  { return t.done.Load() }
func (t *tally) wanted() int64 { return int64(t.times) }

// nodes are brokers of the cluster at ACME_KAFKA that a test kills and starts again, one
// at a time. ACME_BROKER_KILLS says how often; ACME_BROKER_KILL and ACME_BROKER_START
// are shell commands that kill a broker at once, as SIGKILL does, and start it again, and
// end when it is up. {} in them stands for the broker's number, from 1 to as many as
// ACME_KAFKA has addresses.
type nodes struct {
	t           *testing.T
	kill, start string
	n           int
	tally
}

// newNodes gives nil where no brokers are to be killed.
func newNodes(t *testing.T) *nodes {
	text := os.Getenv("ACME_BROKER_KILLS")
	if text == "" {
		return nil
	}
	n := &nodes{t: t, kill: os.Getenv("ACME_BROKER_KILL"), start: os.Getenv("ACME_BROKER_START"), n: 1 + strings.Count(os.Getenv("ACME_KAFKA"), ",")}
	var err error
	if n.times, err = strconv.Atoi(text); err != nil || n.times < 1 || n.n < 3 || !strings.Contains(n.kill, "{}") || !strings.Contains(n.start, "{}") {
		t.Fatalf("ACME_BROKER_KILLS=%s: a number is needed, with three brokers in ACME_KAFKA, and ACME_BROKER_KILL and ACME_BROKER_START, with {} for the broker's number", text)
	}
	return n
}

func (n *nodes) name() string { return "brokers killed" }

// make kills brokers at random moments, and starts each again a while later. A broker
// is counted when it is up again.
func (n *nodes) make(ctx context.Context) {
	rng := rand.New(rand.NewPCG(uint64(n.times), 7))
	for n.count() < n.wanted() && ctx.Err() == nil {
		node := strconv.Itoa(1 + rng.IntN(n.n))
		wait(ctx, rng.Int64N(int64(5*time.Second)))
		n.run(n.kill, node)
		n.t.Logf("broker %s killed", node)
		wait(ctx, int64(time.Second)+rng.Int64N(int64(15*time.Second))) // shorter and longer than a failover
		n.run(n.start, node)
		// The replicas catch up: two brokers that lack records at once stop the topic.
		wait(ctx, int64(10*time.Second))
		n.done.Add(1)
	}
}

func wait(ctx context.Context, d int64) {
	select {
	case <-time.After(time.Duration(d)):
	case <-ctx.Done():
	}
}

// run runs a command for a broker. Whatever it leaves running keeps no pipe of ours.
func (n *nodes) run(command, node string) {
	out, err := os.CreateTemp(n.t.TempDir(), "out")
	if err != nil {
		n.t.Error(err)
		return
	}
	defer out.Close()
	c := exec.Command("sh", "-c", strings.ReplaceAll(command, "{}", node))
	c.Stdout, c.Stderr = out, out
	if err := c.Run(); err != nil {
		said, _ := os.ReadFile(out.Name())
		n.t.Errorf("%s: %v\n%s", strings.ReplaceAll(command, "{}", node), err, said)
	}
}

// leaders is a local cluster of three brokers whose partitions get other leaders.
type leaders struct {
	t          *testing.T
	cluster    *kfake.Cluster
	topic      string
	partitions int32
	tally
}

// newLeaders gives nil where ACME_LEADER_MOVES asks for no moves.
func newLeaders(t *testing.T, topic string, partitions int32) *leaders {
	moves, err := strconv.Atoi(os.Getenv("ACME_LEADER_MOVES"))
	if err != nil || moves < 1 {
		return nil
	}
	cluster, err := kfake.NewCluster(kfake.NumBrokers(3))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	return &leaders{t: t, cluster: cluster, topic: topic, partitions: partitions, tally: tally{times: moves}}
}

func (l *leaders) name() string { return "leaders moved" }

// make gives partitions other leaders, at random moments.
func (l *leaders) make(ctx context.Context) {
	rng := rand.New(rand.NewPCG(uint64(l.times), 8))
	for l.count() < l.wanted() && ctx.Err() == nil {
		wait(ctx, rng.Int64N(int64(4*time.Second)))
		if err := l.cluster.MoveTopicPartition(l.topic, rng.Int32N(l.partitions), rng.Int32N(3)); err != nil {
			l.t.Error(err)
			return
		}
		l.done.Add(1)
	}
}
