package main

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"acme/telemetry/engine/lake"
	"acme/telemetry/engine/sim"
	"acme/telemetry/engine/store"
	"acme/telemetry/engine/stream"
	"acme/telemetry/schema"
)

// killing is acme export, run and killed, over a topic that records come to.
type killing struct {
	t       *testing.T
	acme    string
	brokers string
	topic   string
	lake    string
	bucket  string // the lake, where it is in one; what was exported is copied to lake

	kills   int           // of exporters
	life    time.Duration // that an exporter has at most
	records int           // to be sent while it is killed; as many as come where 0
	size    string        // of a buffer
	others  []trouble     // made beside the kills

	mu   sync.Mutex
	sent map[identity]int32 // how often each record was sent
	all  atomic.Bool        // that were to be sent were

	killed, ended atomic.Int64
}

// identity tells records apart by their bytes. Of ten million records two have the same
// with a probability of 1e-25.
type identity [16]byte

func identityOf(value []byte) identity {
	sum := sha256.Sum256(value)
	return identity(sum[:16])
}

// Two members of a group are killed with SIGKILL at random moments and run again,
// while the simulator's events come. In the end each event is in exactly one object,
// and at no moment was there an object that is not whole. ACME_KILLS says how often,
// twice where it is not set; ACME_LIFE how long each lives at most, four seconds where it is
// not set; ACME_RECORDS how many records at least come, evenly between the kills; ACME_KAFKA is a real broker's address, where there is none the test has a
// local one. ACME_BROKER_KILLS says how often brokers of it are killed too (nodes),
// ACME_LEADER_MOVES how often a partition of the local one gets another leader. With
// ACME_S3 the lake is in a bucket there.
func TestExportKills(t *testing.T) {
	k := &killing{t: t, lake: filepath.Join(t.TempDir(), "lake"), sent: map[identity]int32{}, topic: fmt.Sprintf("acme-kills-%d", os.Getpid())}
	var err error
	if k.kills, err = strconv.Atoi(os.Getenv("ACME_KILLS")); err != nil {
		k.kills = 2
	}
	if k.life, err = time.ParseDuration(os.Getenv("ACME_LIFE")); err != nil {
		k.life = 4 * time.Second
	}
	if n := newNodes(t); n != nil {
		k.others = append(k.others, n)
	}
	k.size = "64KiB"
	if k.records, err = strconv.Atoi(os.Getenv("ACME_RECORDS")); err == nil {
		k.size = "4MiB"
	}
	k.acme = acmeBinary(t)
	if os.Getenv("ACME_S3") != "" {
		k.bucket = bucketFor(t, "export")
	}
	k.startTopic()
	ctx, cancel := context.WithCancel(t.Context())
	var coming, members, watching sync.WaitGroup
	coming.Go(func() {
		defer k.all.Store(true)
		k.produce(ctx)
	})
	watched, stop := context.WithCancel(t.Context())
	var half atomic.Int64
	watching.Go(func() { half.Store(k.watch(watched)) })
	for i, name := range []string{"a", "b"} {
		members.Go(func() { k.live(name, rand.New(rand.NewPCG(uint64(k.kills), uint64(i)))) })
	}
	for _, o := range k.others {
		members.Go(func() { o.make(ctx) })
	}
	members.Wait()
	if k.records == 0 {
		cancel()
	}
	coming.Wait()
	cancel()
	// The group keeps the partitions of a member that was killed for it: both end what
	// they have.
	for _, name := range []string{"a", "b"} {
		members.Go(func() {
			if out, err := k.export(name, "--until-idle", "4s").CombinedOutput(); err != nil {
				t.Errorf("the last export of member %s: %v\n%s", name, err, out)
			}
		})
	}
	members.Wait()
	stop()
	watching.Wait()
	if k.bucket != "" {
		if out, err := exec.Command(k.acme, "sync", k.bucket, k.lake).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if left := unfinishedIn(t, k.bucket); left > 0 {
			t.Errorf("%d unfinished uploads in the bucket", left)
		}
	}
	lost, doubled, foreign := k.compare()
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, o := range k.others {
		t.Logf("%d %s", o.count(), o.name())
	}
	t.Logf("%d records, %d kills, %d exports ended before theirs: lost %d, doubled %d, from nowhere %d, half-visible objects %d",
		len(k.sent), k.killed.Load(), k.ended.Load(), lost, doubled, foreign, half.Load())
	if lost+doubled+foreign+int(half.Load()) > 0 || len(k.sent) == 0 {
		t.Fail()
	}
	k.verify()
}

// startTopic makes the topic on the broker.
func (k *killing) startTopic() {
	topic := stream.Topic{Name: k.topic, Partitions: 8, Replication: 3, MinInSync: 2, Retention: 7 * 24 * time.Hour, Compression: "gzip"}
	k.brokers = os.Getenv("ACME_KAFKA")
	if l := newLeaders(k.t, topic.Name, topic.Partitions); k.brokers == "" && l != nil {
		k.others = append(k.others, l)
		k.brokers = strings.Join(l.cluster.ListenAddrs(), ",")
	}
	if k.brokers == "" {
		b, err := stream.StartBroker(k.t.Context(), stream.BrokerConfig{Listen: "127.0.0.1:0", Topic: topic, Complain: func(string) {}})
		if err != nil {
			k.t.Fatal(err)
		}
		k.t.Cleanup(b.Close)
		k.brokers = b.Address()
		return
	}
	if _, err := (stream.Config{Brokers: strings.Split(k.brokers, ","), Auth: stream.Auth{Mechanism: stream.Plaintext}}).Create(k.t.Context(), topic); err != nil {
		k.t.Fatal(err)
	}
}

// produce sends the simulator's events, now and then some, until ctx ends.
func (k *killing) produce(ctx context.Context) {
	client, err := kgo.NewClient(kgo.SeedBrokers(strings.Split(k.brokers, ",")...), kgo.DefaultProduceTopic(k.topic), kgo.ProducerBatchCompression(kgo.GzipCompression()))
	if err != nil {
		k.t.Error(err)
		return
	}
	defer client.Close()
	scenario, err := sim.Load("streaming")
	if err != nil {
		k.t.Error(err)
		return
	}
	rng := rand.New(rand.NewPCG(1, 1))
	_, err = sim.Generate(ctx, scenario, sim.Job{
		Window: sim.Window{From: scenario.Start, To: scenario.Start + 30*24*3600_000}, Shard: sim.Shard{N: 1}, Workers: 1,
		Emit: func(batch []schema.Record) error {
			for len(batch) > 0 {
				most, pause := 200, 400*time.Millisecond
				if k.records > 0 {
					most, pause = 1000, time.Millisecond
				}
				some := batch[:min(len(batch), 1+rng.IntN(most))]
				batch = batch[len(some):]
				if err := k.send(client, some); err != nil {
					return err
				}
				if k.records > 0 && len(k.sent) >= k.records {
					return errSent
				}
				for k.records > 0 && k.ahead() && ctx.Err() == nil {
					time.Sleep(time.Millisecond)
				}
				select {
				case <-time.After(time.Duration(rng.Int64N(int64(pause)))):
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			return nil
		},
	})
	if err != nil && ctx.Err() == nil && !errors.Is(err, errSent) {
		k.t.Error(err)
	}
}

// ahead says whether more of the records were sent than of the kills were done.
func (k *killing) ahead() bool {
	share := float64(k.killed.Load()+1) / float64(max(k.kills, 1))
	for _, o := range k.others {
		share = min(share, float64(o.count()+1)/float64(o.wanted()))
	}
	return float64(len(k.sent)) > share*float64(k.records)
}

var errSent = errors.New("as many records were sent as were asked for")

func (k *killing) send(client *kgo.Client, some []schema.Record) error {
	records := make([]*kgo.Record, len(some))
	for i := range some {
		records[i] = &kgo.Record{Key: append([]byte(nil), some[i].Key...), Value: append([]byte(nil), some[i].Value...)}
	}
	if err := client.ProduceSync(context.WithoutCancel(k.t.Context()), records...).FirstErr(); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, r := range records {
		k.sent[identityOf(r.Value)]++
	}
	return nil
}

func (k *killing) export(member string, more ...string) *exec.Cmd {
	into := k.lake
	if k.bucket != "" {
		into = k.bucket
	}
	args := append([]string{"export", "--brokers", k.brokers, "--topic", k.topic, "--lake", into, "--member", member, "--buffer-interval", "1s", "--buffer-size", k.size}, more...)
	return exec.Command(k.acme, args...)
}

// live runs a member and kills it until nobody is to be killed any more, and until the
// records that were asked for are sent: each comes while somebody is killed.
func (k *killing) live(member string, rng *rand.Rand) {
	undone := func(o trouble) bool { return o.count() < o.wanted() }
	for k.killed.Load() < int64(k.kills) || slices.ContainsFunc(k.others, undone) || k.records > 0 && !k.all.Load() {
		c := k.export(member, "--follow")
		var said strings.Builder
		c.Stderr = &said
		if err := c.Start(); err != nil {
			k.t.Error(err)
			return
		}
		timer := time.AfterFunc(time.Duration(rng.Int64N(int64(k.life))), func() { _ = c.Process.Kill() })
		err := c.Wait()
		timer.Stop()
		var exit *exec.ExitError
		switch {
		case errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signaled():
			k.killed.Add(1)
		default:
			// It must not end by itself.
			k.ended.Add(1)
			k.t.Errorf("member %s ended by itself: %v\n%s", member, err, &said)
			return
		}
	}
}

// watch reads each object when it is seen first, and gives how many were not whole.
func (k *killing) watch(ctx context.Context) (half int64) {
	seen := map[string]bool{}
	for {
		began := time.Now()
		for _, path := range k.objects() {
			if seen[path] {
				continue
			}
			seen[path] = true
			if _, err := eachValue(path, func([]byte) {}); err != nil {
				k.t.Errorf("visible and broken: %v", err)
				half++
			}
		}
		select {
		case <-ctx.Done():
			return half
		case <-time.After(max(20*time.Millisecond, 4*time.Since(began))): // most of the time is the exporters'
		}
	}
}

// objects gives the files that readers of the table see.
func (k *killing) objects() (paths []string) {
	_ = filepath.WalkDir(filepath.Join(k.lake, "telemetry"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			paths = append(paths, path)
		}
		return nil // a folder that is not there yet has nothing
	})
	return paths
}

// eachValue gives an object's records.
func eachValue(path string, yield func([]byte)) (n int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	lines := bufio.NewScanner(z)
	for lines.Scan() {
		yield(lines.Bytes())
		n++
	}
	if err := lines.Err(); err != nil && !errors.Is(err, io.EOF) {
		return n, fmt.Errorf("%s: %w", path, err)
	}
	return n, nil
}

// compare holds what is in the objects against what was sent, which is then what was
// not found.
func (k *killing) compare() (lost, doubled, foreign int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, path := range k.objects() {
		if _, err := eachValue(path, func(value []byte) {
			id := identityOf(value)
			n, ok := k.sent[id]
			switch {
			case !ok:
				foreign++
				return
			case n <= 0:
				doubled++
			}
			k.sent[id] = n - 1
		}); err != nil {
			k.t.Error(err)
		}
	}
	for _, n := range k.sent {
		lost += int(max(n, 0))
	}
	return lost, doubled, foreign
}

// verify asks the lake's own books.
func (k *killing) verify() {
	st, err := store.NewFile(k.lake)
	if err != nil {
		k.t.Fatal(err)
	}
	v, err := lake.Verify(context.Background(), st, lake.VerifyOptions{})
	if err != nil {
		k.t.Fatal(err)
	}
	k.t.Logf("verify: %d objects, %d rows, %d damaged, %d without a manifest", v.Objects, v.Rows, len(v.Damaged), v.Unlisted)
	if len(v.Damaged)+int(v.Unlisted) > 0 {
		k.t.Errorf("verify: %+v", v)
	}
}
