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
)

// nodes are brokers of the cluster at ACME_KAFKA that a test kills and starts again, one
// at a time. ACME_BROKER_KILLS says how often; ACME_BROKER_KILL and ACME_BROKER_START
// are shell commands that kill a broker at once, as SIGKILL does, and start it again, and
// end when it is up. {} in them stands for the broker's number, from 1 to as many as
// ACME_KAFKA has addresses.
type nodes struct {
	t           *testing.T
	kill, start string
	kills, n    int
	done        atomic.Int64
}

// newNodes gives nil where no brokers are to be killed.
func newNodes(t *testing.T) *nodes {
	text := os.Getenv("ACME_BROKER_KILLS")
	if text == "" {
		return nil
	}
	n := &nodes{t: t, kill: os.Getenv("ACME_BROKER_KILL"), start: os.Getenv("ACME_BROKER_START"), n: 1 + strings.Count(os.Getenv("ACME_KAFKA"), ",")}
	var err error
	if n.kills, err = strconv.Atoi(text); err != nil || n.kills < 1 || n.n < 3 || !strings.Contains(n.kill, "{}") || !strings.Contains(n.start, "{}") {
		t.Fatalf("ACME_BROKER_KILLS=%s: a number is needed, with three brokers in ACME_KAFKA, and ACME_BROKER_KILL and ACME_BROKER_START, with {} for the broker's number", text)
	}
	return n
}

// count gives how many were killed, wanted how many are to be.
func (n *nodes) count() int64 {
	if n == nil {
		return 0
	}
	return n.done.Load()
}

func (n *nodes) wanted() int64 {
	if n == nil {
		return 0
	}
	return int64(n.kills)
}

// killAll kills brokers at random moments, and starts each again a while later. A broker
// is counted when it is up again.
func (n *nodes) killAll(ctx context.Context) {
	rng := rand.New(rand.NewPCG(uint64(n.kills), 7))
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
