package lake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parquet-go/parquet-go"
	"pgregory.net/rapid"
)

// chaos is a run of several members of a group, in virtual time, that are killed,
// thrown out and replaced while records come.
type chaos struct {
	seed       uint64
	layout     Layout
	partitions int
	records    int
	kills      int
	members    int
	lanes      bool // one for each partition

	// what happened
	killed, replayed, fenced, found atomic.Int64

	// defences that are removed
	noPlan, noSync, noCondition, noGuard bool
}

// event is the nth record of a partition; some are no records, and some say
// nothing of their time.
func event(partition, n int, at int64) string {
	id := fmt.Sprintf("EVENT_%d-%d", partition, n)
	switch {
	case n%17 == 5:
		return "poison " + id
	case n%23 == 7:
		return fmt.Sprintf(`{"event_id":"%s","event_timestamp":"soon"}`, id)
	}
	// Events lie up to two hours before their arrival.
	when := time.UnixMilli(at - int64(n%3)*3600_000).UTC().Format("2006-01-02T15:04:05.000000Z")
	return fmt.Sprintf(`{"event_id":"%s","customer_id":"CUST_%d","event_type":"start","event_timestamp":"%s","watch_duration_seconds":%d}`, id, n%5, when, n)
}

func (c *chaos) layoutOf(rng *rand.Rand) Layout {
	l := Layout{
		BufferSize: 2000 + rng.Int64N(4000), BufferInterval: 5 * time.Second,
		Format:      []Format{JSON, JSON, Parquet, Both}[rng.IntN(4)],
		PartitionBy: []PartitionBy{ByArrival, ByEvent}[rng.IntN(2)],
		Delimiter:   []Delimiter{Newline, Newline, None}[rng.IntN(3)],
		Codec:       "snappy", // the library keeps decoders of zstd, whose channels may not leave a bubble
	}
	return l
}

// run gives what is wrong in the end, or nil.
func (c *chaos) run(t *testing.T) (err error) {
	synctest.Test(t, func(t *testing.T) { err = c.play(t) })
	return err
}

func (c *chaos) play(t *testing.T) error {
	rng := rand.New(rand.NewPCG(c.seed, 1))
	if c.layout == (Layout{}) {
		c.layout = c.layoutOf(rng)
	}
	topic := newMemoryTopic(rand.New(rand.NewPCG(c.seed, 2)), c.partitions)
	topic.rewinds, topic.slow, topic.planned = true, true, !c.noPlan
	w := newWorld()
	w.volatile, w.overwrite, w.slow = c.noSync, c.noCondition, time.Duration(rng.IntN(3))*200*time.Millisecond
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { c.produce(rand.New(rand.NewPCG(c.seed, 3)), topic) })
	for i := range c.members {
		wg.Go(func() { c.live(ctx, rand.New(rand.NewPCG(c.seed, 4+uint64(i))), topic, w) })
	}
	time.Sleep(90 * time.Second)
	cancel()
	wg.Wait()
	last := topic.join(nil)
	e, err := NewExporter(c.config(w, last, nil))
	if err != nil {
		return err
	}
	stats, err := e.Run(t.Context())
	c.count(stats)
	if err != nil {
		return fmt.Errorf("the last member: %w", err)
	}
	if len(w.changed) > 0 {
		return fmt.Errorf("objects became others: %v", w.changed)
	}
	return c.judge(t, topic, w)
}

func (c *chaos) config(w *world, m *memoryMember, l *life) ExportConfig {
	return ExportConfig{
		Store: mortal{w, l}, Log: m, Topic: "acme-telemetry", TopicID: memoryTopicID, Group: "g", Layout: c.layout, Workers: 2,
		UntilIdle: 3 * time.Second, PerPartition: c.lanes, MaxOpen: 3, unguarded: c.noGuard,
		Warn: func(w Warning) {
			if strings.Contains(string(w), "without this member") {
				c.fenced.Add(1)
			}
		},
	}
}

// produce publishes for a minute, in bursts.
func (c *chaos) produce(rng *rand.Rand, topic *memoryTopic) {
	counts := make([]int, c.partitions)
	began := time.Now()
	for n := 0; n < c.records; {
		for range min(1+rng.IntN(40), c.records-n) {
			p := rng.IntN(c.partitions)
			at := sampleFrom + time.Since(began).Milliseconds() + rng.Int64N(2000)
			topic.publish(p, at, event(p, counts[p], at), rng.IntN(4) == 0)
			counts[p]++
			n++
		}
		time.Sleep(time.Duration(rng.IntN(int(time.Minute) * 40 / c.records)))
	}
}

// live runs a member, which is killed, and runs it again.
func (c *chaos) live(ctx context.Context, rng *rand.Rand, topic *memoryTopic, w *world) {
	for kill := 0; ctx.Err() == nil; kill++ {
		l := &life{steps: -1}
		if kill < c.kills {
			l.steps = rng.IntN(25)
		}
		m := topic.join(l)
		if rng.IntN(3) == 0 {
			m.stall = time.Duration(rng.IntN(6000)) * time.Millisecond
		}
		config := c.config(w, m, l)
		config.UntilIdle = 0
		e, err := NewExporter(config)
		if err != nil {
			panic(err)
		}
		bounded, cancel := context.WithTimeout(ctx, time.Duration(1+rng.IntN(20))*time.Second)
		stats, _ := e.Run(bounded) // it was killed, or told to end
		cancel()
		c.count(stats)
		if l.over() {
			c.killed.Add(1)
			w.powerLoss()
		}
		time.Sleep(time.Duration(rng.IntN(1000)) * time.Millisecond)
		topic.leave(m)
	}
}

func (c *chaos) count(s ExportStats) {
	c.replayed.Add(s.Replayed)
	c.found.Add(s.Existing)
}

// judge holds what is in the store against the log.
func (c *chaos) judge(t *testing.T, topic *memoryTopic, w *world) error {
	found := map[string]int{}
	for key, data := range tree(t, w.Store) {
		if strings.HasPrefix(key, "_acme/") || c.layout.Format == Both && strings.HasSuffix(key, ".parquet") {
			continue
		}
		for _, id := range idsOf(t, key, data) {
			found[id]++
		}
	}
	lost, doubled := 0, 0
	for _, p := range topic.parts {
		for _, m := range p.messages {
			id := string(m.Value[strings.Index(string(m.Value), "EVENT_"):])
			id = id[:strings.IndexAny(id+`"`, `"`)]
			switch n := found[id]; {
			case n == 0:
				lost++
			case n > 1:
				doubled++
			}
			delete(found, id)
		}
	}
	if lost+doubled+len(found) > 0 {
		return fmt.Errorf("lost %d, doubled %d, from nowhere %d", lost, doubled, len(found))
	}
	v, err := Verify(t.Context(), w.Store, VerifyOptions{})
	if err != nil {
		return err
	}
	if len(v.Damaged) > 0 || v.Unlisted > 0 {
		return fmt.Errorf("verify: %d unlisted, damaged: %v", v.Unlisted, v.Damaged)
	}
	return nil
}

// idsOf gives the identifiers of an object's records.
func idsOf(t *testing.T, key, data string) (ids []string) {
	t.Helper()
	switch {
	case strings.HasSuffix(key, ".parquet"):
		f, err := parquet.OpenFile(strings.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range f.RowGroups() {
			if err := eachRow(g, func(row parquet.Row) { ids = append(ids, row[0].String()) }); err != nil {
				t.Fatal(err)
			}
		}
		return ids
	case strings.HasPrefix(key, "errors/"):
		for line := range strings.Lines(data) {
			var r struct {
				RawData []byte `json:"rawData"`
			}
			if err := json.Unmarshal([]byte(line), &r); err != nil {
				t.Fatalf("%s: %v", key, err)
			}
			ids = append(ids, idIn(string(r.RawData)))
		}
		return ids
	}
	for d := json.NewDecoder(strings.NewReader(gunzip(t, key, data))); ; {
		var record struct {
			ID string `json:"event_id"`
		}
		err := d.Decode(&record)
		if errors.Is(err, io.EOF) {
			return ids
		}
		if err != nil {
			t.Fatalf("%s: %v", key, err)
		}
		ids = append(ids, record.ID)
	}
}

func idIn(text string) string {
	_, id, _ := strings.Cut(text, "EVENT_")
	if i := strings.IndexByte(id, '"'); i >= 0 {
		id = id[:i]
	}
	return "EVENT_" + id
}

// Whatever is killed, thrown out and rebalanced when, each record of the log is in
// exactly one object, and every object is as its manifest says.
func TestExportChaos(t *testing.T) {
	var killed, replayed, fenced, found int64
	rapid.Check(t, func(rt *rapid.T) {
		c := chaos{
			seed:       rapid.Uint64().Draw(rt, "seed"),
			partitions: rapid.IntRange(1, 5).Draw(rt, "partitions"),
			records:    rapid.IntRange(1, 600/scale).Draw(rt, "records"),
			kills:      rapid.IntRange(0, 15).Draw(rt, "kills"),
			members:    rapid.IntRange(1, 3).Draw(rt, "members"),
			lanes:      rapid.Bool().Draw(rt, "lane each"),
		}
		if err := c.run(t); err != nil {
			rt.Fatal(err)
		}
		killed, replayed = killed+c.killed.Load(), replayed+c.replayed.Load()
		fenced, found = fenced+c.fenced.Load(), found+c.found.Load()
	})
	t.Logf("killed %d, fenced %d, plans replayed %d, objects found there already %d", killed, fenced, replayed, found)
}

// With one defence taken away the same test must fail, or it shows nothing.
func TestExportDefences(t *testing.T) {
	removed, caught := 0, 0
	for _, d := range []struct {
		what   string
		remove func(*chaos)
	}{
		{"plan in the metadata", func(c *chaos) { c.noPlan = true }},
		{"fsync of the folder", func(c *chaos) { c.noSync = true }},
		{"conditional publish", func(c *chaos) { c.noCondition = true }},
		{"offset guard", func(c *chaos) { c.noGuard = true }},
	} {
		removed++
		for seed := range uint64(40) {
			c := chaos{seed: seed, partitions: 3, records: 500, kills: 10, members: 2}
			d.remove(&c)
			if err := c.run(t); err != nil {
				caught++
				t.Logf("without the %s, seed %d: %v", d.what, seed, err)
				break
			}
		}
	}
	t.Logf("defences removed %d, caught %d", removed, caught)
	if caught != removed {
		t.Error("a defence was removed and nothing noticed")
	}
}
