package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"acme/telemetry/engine/sim"
	"acme/telemetry/schema"
)

// kafka gives the address of a cluster: the one that ACME_KAFKA names, else one in
// this process.
func kafka(t testing.TB) string {
	t.Helper()
	if address := os.Getenv("ACME_KAFKA"); address != "" {
		return address
	}
	c, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c.ListenAddrs()[0]
}

// child gives acme as a process of its own: this test binary under that name.
func child(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	name := filepath.Join(home, "acme")
	if err := os.Symlink(self, name); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "HOME="+home)
	return cmd
}

// inTopic gives what readers of committed records see, by partition, until each
// partition has as many as wanted or nothing more comes.
func inTopic(t *testing.T, address, topic string, want int) map[int32][]*kgo.Record {
	t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(address), kgo.ConsumeTopics(topic), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()), kgo.ConsumeResetOffset(kgo.NoResetOffset()))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	got := map[int32][]*kgo.Record{}
	for n := 0; ; {
		patience := time.Minute
		if n >= want {
			patience = 3 * time.Second // for what should not be there
		}
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		fetches := cl.PollFetches(ctx)
		cancel()
		if fetches.NumRecords() == 0 {
			return got
		}
		fetches.EachRecord(func(r *kgo.Record) {
			got[r.Partition] = append(got[r.Partition], r)
			n++
		})
	}
}

// sameAsGenerated asserts that a topic of 20 partitions has the records of a
// scenario's window, each once, in order on the partition that the Java client
// chooses for the key.
func sameAsGenerated(t *testing.T, address, topic, scenario string, length time.Duration) int {
	t.Helper()
	sc, err := sim.Load(scenario)
	if err != nil {
		t.Fatal(err)
	}
	return sameAsParts(t, address, topic, publishedPart{sc, sim.Window{From: sc.Start, To: sc.Start + length.Milliseconds()}})
}

// publishedPart is a window of a scenario.
type publishedPart struct {
	scenario *sim.Scenario
	window   sim.Window
}

// sameAsParts asserts it of the windows of scenarios, one behind the other.
func sameAsParts(t *testing.T, address, topic string, parts ...publishedPart) int {
	t.Helper()
	partitioner := kgo.StickyKeyPartitioner(nil).ForTopic(topic)
	want, n := map[int32][]schema.Record{}, 0
	collect := func(batch []schema.Record) error {
		for _, r := range batch {
			r.Key, r.Value = bytes.Clone(r.Key), bytes.Clone(r.Value)
			p := int32(partitioner.Partition(&kgo.Record{Key: r.Key}, 20))
			want[p] = append(want[p], r)
			n++
		}
		return nil
	}
	for _, part := range parts {
		if _, err := sim.Generate(t.Context(), part.scenario, sim.Job{Window: part.window, Emit: collect}); err != nil {
			t.Fatal(err)
		}
	}
	got := inTopic(t, address, topic, n)
	for p := range int32(20) {
		if len(got[p]) != len(want[p]) {
			t.Errorf("partition %d has %d records, want %d", p, len(got[p]), len(want[p]))
		}
		for i := range min(len(got[p]), len(want[p])) {
			g, w := got[p][i], want[p][i]
			if !bytes.Equal(g.Value, w.Value) || !bytes.Equal(g.Key, w.Key) || g.Timestamp.UnixMilli() != w.Arrival {
				t.Errorf("partition %d, record %d: got %s at %d, want %s at %d", p, i, g.Value, g.Timestamp.UnixMilli(), w.Value, w.Arrival)
				break
			}
		}
	}
	return n
}

// TestPublishKilled kills a publishing run at random moments and runs it again, until
// it has been killed often enough; then it may end. ACME_KILLS says how often.
func TestPublishKilled(t *testing.T) {
	kills := 3
	if s := os.Getenv("ACME_KILLS"); s != "" {
		var err error
		if kills, err = strconv.Atoi(s); err != nil {
			t.Fatalf("ACME_KILLS: %v", err)
		}
	}
	address, topic := kafka(t), fmt.Sprintf("acme-killed-%d", time.Now().UnixNano())
	const length = 15 * time.Minute
	run := func(more ...string) *exec.Cmd {
		return child(t, append([]string{
			"generate", "--to", "kafka", "-b", address, "-t", topic, "--create-topic", "--retention", "forever",
			"--scenario", "seed-hour", "--for", length.String(), "--progress", "none",
		}, more...)...)
	}
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	resumed := 0
	for killed := 0; killed < kills; {
		// Slow enough that the run does not end before it is killed: it has 28,583 events.
		cmd := run("--rate", strconv.Itoa(max(1, 28_000/6/kills)))
		var says bytes.Buffer
		cmd.Stderr = &says
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(300*time.Millisecond+time.Duration(random.Int64N(int64(5*time.Second))), func() { _ = cmd.Process.Signal(syscall.SIGKILL) })
		err := cmd.Wait()
		timer.Stop()
		var exit *exec.ExitError
		switch {
		case errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL:
			killed++
		case err != nil:
			t.Fatalf("after %d kills: %v\n%s", killed, err, says.String())
		default:
			t.Fatalf("the run ended after %d of %d kills:\n%s", killed, kills, says.String())
		}
	}
	says, err := run().CombinedOutput()
	if err != nil {
		t.Fatalf("the last run: %v\n%s", err, says)
	}
	if strings.Contains(string(says), "behind") {
		resumed++
	}
	again, err := run().CombinedOutput()
	if err != nil || !strings.Contains(string(again), "already there, nothing to do") {
		t.Errorf("once more: %v\n%s", err, again)
	}
	n := sameAsGenerated(t, address, topic, "seed-hour", length)
	if resumed == 0 {
		t.Error("no run went on behind what a killed one had published: the kills came too early to show anything")
	}
	t.Logf("%d records after %d kills; the last run says: %s", n, kills, says)
}

// TestPublishStopped: a run that is told to stop keeps what it has sent, and the
// same command goes on with it.
func TestPublishStopped(t *testing.T) {
	address, topic := kafka(t), fmt.Sprintf("acme-stopped-%d", time.Now().UnixNano())
	args := []string{
		"generate", "--to", "kafka", "-b", address, "-t", topic, "--create-topic", "--retention", "forever",
		"--scenario", "seed-hour", "--for", "4m", "--progress", "json",
	}
	cmd := child(t, append(args, "--rate", "1000")...)
	pipe, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var says bytes.Buffer
	line := make([]byte, 4096)
	for stopped := false; ; {
		n, err := pipe.Read(line)
		says.Write(line[:n])
		if !stopped && strings.Contains(says.String(), `"running"`) {
			stopped = true
			_ = cmd.Process.Signal(syscall.SIGINT)
		}
		if errors.Is(err, io.EOF) {
			break
		}
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 130 || !strings.Contains(says.String(), "run the same command again to go on") {
		t.Fatalf("told to stop: %v\n%s", err, says.String())
	}
	again, err := child(t, args...).CombinedOutput()
	if err != nil || !strings.Contains(string(again), "finished an interrupted run") {
		t.Fatalf("once more: %v\n%s", err, again)
	}
	sameAsGenerated(t, address, topic, "seed-hour", 4*time.Minute)
}

// TestPublishPaced: events that wait for their time are the same events, and those of
// a scenario in ticks leave between long pauses.
func TestPublishPaced(t *testing.T) {
	address := kafka(t)
	for _, c := range []struct {
		scenario string
		length   time.Duration
		pace     []string
	}{
		{"seed-hour", 2 * time.Minute, []string{"--speed", "100"}},
		{"seed-hour", 30 * time.Second, []string{"--speed", "1000", "--rate", "1500", "--compression", "zstd"}},
		{"seed-replica", 16 * time.Minute, []string{"--speed", "1000", "--compression", "none"}},
	} {
		topic := fmt.Sprintf("acme-paced-%d", time.Now().UnixNano())
		says, err := child(t, append([]string{
			"generate", "--to", "kafka", "-b", address, "-t", topic, "--create-topic", "--retention", "forever",
			"--scenario", c.scenario, "--for", c.length.String(), "--progress", "none",
		}, c.pace...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("%s %v: %v\n%s", c.scenario, c.pace, err, says)
		}
		if n := sameAsGenerated(t, address, topic, c.scenario, c.length); n == 0 {
			t.Errorf("%s: nothing was published", c.scenario)
		}
	}
}
