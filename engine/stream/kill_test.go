package stream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// publisher is the variable that makes this test binary a process that publishes a
// run: broker, topic, number of records.
const publisher = "ACME_TEST_PUBLISHER"

func TestMain(m *testing.M) {
	if job := os.Getenv(publisher); job != "" {
		if err := publishRun(strings.Fields(job)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// publishRun publishes records 0 to n of events, going on where the run stands, in
// transactions as short as they come.
func publishRun(job []string) error {
	ctx := context.Background()
	n, err := strconv.Atoi(job[2])
	if err != nil {
		return err
	}
	p, err := NewProducer(ctx, Config{Brokers: job[:1], Auth: Auth{Mechanism: Plaintext}, Patience: time.Minute},
		Publication{Topic: job[1], Run: job[1], Every: 50 * time.Millisecond})
	if err != nil {
		return err
	}
	for k := int(p.Published().Records); k < n; k += 50 {
		if err := p.Publish(ctx, events(k, min(50, n-k))); err != nil {
			return err
		}
		time.Sleep(2 * time.Millisecond) // so that it can be killed
	}
	if err := p.Commit(ctx); err != nil {
		return err
	}
	fmt.Println("published", p.Published().Records)
	return p.Close()
}

// TestPublishKilled kills a publishing process at random moments and starts it again,
// until it has been killed often enough; then it may end. ACME_KILLS says how often.
func TestPublishKilled(t *testing.T) {
	kills := 10
	if s := os.Getenv("ACME_KILLS"); s != "" {
		var err error
		if kills, err = strconv.Atoi(s); err != nil {
			t.Fatalf("ACME_KILLS: %v", err)
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	brokers(t, func(t *testing.T, c Config) {
		topic := newTopic(t, c)
		const endless = 1 << 30 // records: no run ends before it is killed
		start := func(n int) *exec.Cmd {
			cmd := exec.Command(self)
			cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %s %d", publisher, c.Brokers[0], topic, n))
			return cmd
		}
		seed := uint64(time.Now().UnixNano())
		t.Logf("moments by seed %d", seed)
		random := rand.New(rand.NewPCG(seed, 0))
		for killed := 0; killed < kills; {
			cmd := start(endless)
			var says bytes.Buffer
			cmd.Stderr = &says
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			timer := time.AfterFunc(time.Duration(random.Int64N(int64(time.Second))), func() { _ = cmd.Process.Kill() })
			err := cmd.Wait()
			timer.Stop()
			var exit *exec.ExitError
			switch {
			case errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL:
				killed++
			case err != nil:
				t.Fatalf("after %d kills: %v\n%s", killed, err, says.String())
			default:
				t.Fatalf("the run ended after %d of %d kills", killed, kills)
			}
		}
		before := committed(t, c, topic)
		n := int(before.Records) + 5000
		if out, err := start(n).CombinedOutput(); err != nil || !strings.Contains(string(out), fmt.Sprintf("published %d\n", n)) {
			t.Fatalf("the last run: %v\n%s", err, out)
		}
		sameRun(t, c, topic, n)
		if before.Records == 0 {
			t.Error("no killed run had published anything: the kills came too early to show something")
		}
		t.Logf("%d records, %d of them by processes that were killed, %d kills", n, before.Records, kills)
	})
}

// committed gives where a run stands, by taking it over.
func committed(t *testing.T, c Config, run string) Progress {
	t.Helper()
	p, err := NewProducer(t.Context(), c, Publication{Topic: run, Run: run})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	return p.Published()
}
