package lake

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"acme/telemetry/engine/store"
	"acme/telemetry/schema"
)

// trial is one Exporter over a topic, in a bubble of virtual time.
type trial struct {
	t     *testing.T
	topic *memoryTopic
	w     *world
	said  []string
	ExportConfig
}

func newTrial(t *testing.T, partitions int) *trial {
	var said sync.Mutex
	c := &trial{t: t, topic: newMemoryTopic(rand.New(rand.NewPCG(1, 2)), partitions), w: newWorld()}
	c.ExportConfig = ExportConfig{
		Topic: "acme-telemetry", TopicID: memoryTopicID, Group: "g", UntilIdle: 2 * time.Second, Workers: 2,
		Warn: func(w Warning) {
			said.Lock()
			defer said.Unlock()
			c.said = append(c.said, string(w))
		},
	}
	return c
}

// exportFor runs a member that lives as l says, for so long at most, and has it leave.
func (c *trial) exportFor(long time.Duration, l *life) error {
	ctx, cancel := context.WithTimeout(c.t.Context(), long)
	defer cancel()
	_, err := c.exportAs(ctx, l)
	return err
}

// send publishes an event that arrives ms after the sample hour began.
func (c *trial) send(partition, n int, ms int64) {
	at := sampleFrom + ms
	c.topic.publish(partition, at, fmt.Sprintf(`{"event_id":"EVENT_%d-%d","event_timestamp":"%s"}`, partition, n, instant(at)), false)
}

// export runs a new member to its end.
func (c *trial) export(ctx context.Context) (ExportStats, error) { return c.exportAs(ctx, nil) }

// exportAs runs a new member that lives as l says.
func (c *trial) exportAs(ctx context.Context, l *life) (ExportStats, error) {
	m := c.topic.join(l)
	defer c.topic.leave(m)
	config := c.ExportConfig
	config.Log, config.Store = m, mortal{c.w, l}
	e, err := NewExporter(config)
	if err != nil {
		c.t.Fatal(err)
	}
	return e.Run(ctx)
}

func (c *trial) mustExport() ExportStats {
	c.t.Helper()
	stats, err := c.export(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	return stats
}

// verified fails where the lake is not as its manifests say.
func (c *trial) verified() {
	c.t.Helper()
	v, err := Verify(c.t.Context(), c.w.Store, VerifyOptions{})
	if err != nil || len(v.Damaged) > 0 || v.Unlisted > 0 {
		c.t.Errorf("verify: %+v, %v", v, err)
	}
}

// contents gives folder, a space and the records' identifiers of each object,
// sorted.
func (c *trial) contents() []string {
	out := []string{}
	all := tree(c.t, c.w.Store)
	for _, key := range slices.Sorted(maps.Keys(all)) {
		if strings.HasPrefix(key, "_acme/") {
			continue
		}
		folder, _ := split(key)
		ids := idsOf(c.t, key, all[key])
		out = append(out, strings.TrimPrefix(folder, "telemetry/")+" "+strings.ReplaceAll(strings.Join(ids, " "), "EVENT_", ""))
	}
	slices.Sort(out)
	return out
}

// The same log gives the same objects, whatever order its partitions are fetched
// in: twice into two lakes, the same keys and bytes.
func TestExportSameTwice(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.Uint64().Draw(rt, "seed")
		var trees [2]map[string]string
		for i := range trees {
			synctest.Test(t, func(t *testing.T) {
				rng := rand.New(rand.NewPCG(seed, 9))
				c := newTrial(t, 1+rng.IntN(6))
				chaos := &chaos{}
				c.Layout = chaos.layoutOf(rng)
				c.MaxOpen = 1 + rng.IntN(4)
				for n := range 400 {
					p := rng.IntN(len(c.topic.parts))
					at := sampleFrom + int64(n)*400 + rng.Int64N(3000)
					c.topic.publish(p, at, event(p, n, at), rng.IntN(4) == 0)
				}
				c.topic.rng = rand.New(rand.NewPCG(seed, uint64(i))) // of the fetches
				c.mustExport()
				trees[i] = tree(t, c.w.Store)
			})
		}
		if !maps.Equal(trees[0], trees[1]) {
			rt.Fatal(unlike(trees[0], trees[1]))
		}
	})
}

// A cut ends with the record that reaches the size, or before the one that comes
// an interval after the first.
func TestExportCuts(t *testing.T) {
	const second = 1000
	line := int64(len(`{"event_id":"EVENT_0-0","event_timestamp":"2025-08-11T17:00:00.000Z"}`) + 1)
	for _, c := range []struct {
		what   string
		layout Layout
		at     [][]int64 // arrivals by partition
		want   []string
	}{
		{"one object of several partitions, in the order of arrival", Layout{}, [][]int64{{0, 3 * second}, {1 * second, 2 * second}}, []string{"0-0 1-0 1-1 0-1"}},
		{"the size", Layout{BufferSize: 2 * line}, [][]int64{{0, 1, 2, 3, 4}}, []string{"0-0 0-1", "0-2 0-3", "0-4"}},
		{"the interval, before the record that comes then", Layout{}, [][]int64{{0, 300*second - 1, 300 * second}}, []string{"0-0 0-1", "0-2"}},
		{"the interval runs from the cut's first record", Layout{}, [][]int64{{100 * second, 350 * second, 400 * second, 699 * second}}, []string{"0-0 0-1", "0-2 0-3"}},
		{"a record that arrived before the others, and came behind", Layout{}, [][]int64{{50 * second, 10 * second, 60 * second}}, []string{"0-0 0-1 0-2"}},
		{"a partition that is empty holds nobody up", Layout{}, [][]int64{{0}, {}, {1}}, []string{"0-0 2-0"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			x := newTrial(t, len(c.at))
			x.Layout = c.layout
			for p, arrivals := range c.at {
				for n, at := range arrivals {
					x.send(p, n, at)
				}
			}
			stats := x.mustExport()
			got := x.contents()
			for i := range got {
				got[i] = strings.TrimPrefix(got[i], "year=2025/month=08/day=11/hour=17/ ")
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s: -want +got\n%s", c.what, diff)
			}
			if stats.Lag() != 0 || stats.Objects != int64(len(c.want)) {
				t.Errorf("%s: %+v", c.what, stats)
			}
			x.verified()
		})
	}
}

// By arrival an object lies in the hour of its oldest record; by the event's time
// each record in its own, with late ones in the same cut, not in small files.
func TestExportHourEdges(t *testing.T) {
	const hour = 3600_000
	for by, want := range map[PartitionBy][]string{
		ByArrival: {"year=2025/month=08/day=11/hour=17/ 0-0 0-1 0-2"},
		ByEvent:   {"year=2025/month=08/day=11/hour=17/ 0-0 0-2", "year=2025/month=08/day=11/hour=18/ 0-1"},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := newTrial(t, 1)
			c.Layout.PartitionBy = by
			c.send(0, 0, hour-1000)
			c.send(0, 1, hour+1000)
			c.topic.publish(0, sampleFrom+hour+2000, `{"event_id":"EVENT_0-2","event_timestamp":"2025-08-11T17:59:59.999Z"}`, false)
			c.mustExport()
			if diff := cmp.Diff(want, c.contents()); diff != "" {
				t.Errorf("%s: -want +got\n%s", by, diff)
			}
			c.verified()
		})
	}
}

// A day of 25 hours has an hour twice: both go to its one folder, as Firehose's
// CustomTimeZone has it. A day of 23 hours lacks one.
func TestExportLongAndShortDays(t *testing.T) {
	for day, want := range map[string][]string{
		"2025-10-25T22:00:00Z": {"year=2025/month=10/day=26/", "00 01 02 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23"},
		"2025-03-29T23:00:00Z": {"year=2025/month=03/day=30/", "00 01 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23"},
	} {
		for _, by := range []PartitionBy{ByArrival, ByEvent} {
			synctest.Test(t, func(t *testing.T) {
				midnight, err := time.Parse(time.RFC3339, day)
				if err != nil {
					t.Fatal(err)
				}
				c := newTrial(t, 1)
				c.Layout = Layout{TimeZone: "Europe/Berlin", PartitionBy: by}
				hours := strings.Fields(want[1])
				for n := range hours {
					c.send(0, n, midnight.UnixMilli()+int64(n)*3600_000-sampleFrom)
				}
				c.mustExport()
				got := []string{}
				for _, object := range c.contents() {
					folder, _, _ := strings.Cut(object, " ")
					got = append(got, strings.TrimSuffix(strings.TrimPrefix(folder, want[0]+"hour="), "/"))
				}
				if strings.Join(got, " ") != want[1] {
					t.Errorf("%s by %s: objects in the hours %v", day, by, got)
				}
				c.verified()
			})
		}
	}
}

// On a topic where nothing comes any more the last record is delivered when it has
// waited the interval, by the clock on the wall.
func TestExportIdleTopic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTrial(t, 3)
		c.UntilIdle = 0
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { _, err := c.export(ctx); ended <- err }()
		time.Sleep(10 * time.Second)
		c.send(1, 0, 0)
		time.Sleep(299 * time.Second)
		if got := c.contents(); len(got) != 0 {
			t.Errorf("before the interval: %v", got)
		}
		time.Sleep(6 * time.Second)
		if got := c.contents(); len(got) != 1 {
			t.Errorf("5 s after the interval: %v", got)
		}
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		c.verified()
	})
}

// A partition that has more, and gives nothing, holds the others up for an interval
// at most.
func TestExportStalledPartition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTrial(t, 2)
		c.UntilIdle = 0
		c.send(0, 0, 0)
		c.send(1, 0, 1)
		c.send(0, 1, 2)
		c.topic.parts[1].end += 5 // which never come
		ctx, cancel := context.WithTimeout(t.Context(), 610*time.Second)
		defer cancel()
		m := c.topic.join(nil)
		config := c.ExportConfig
		config.Log, config.Store = m, mortal{c.w, nil}
		config.Log = silent{m}
		e, err := NewExporter(config)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Run(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"year=2025/month=08/day=11/hour=17/ 0-0 1-0"}, c.contents()); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
	})
}

// silent never says that partition 1 is read behind its messages.
type silent struct{ *memoryMember }

func (s silent) Poll(ctx context.Context, release func(context.Context, []int32)) (schema.Poll, error) {
	got, err := s.memoryMember.Poll(ctx, release)
	for i := range got.Fetched {
		if got.Fetched[i].Partition == 1 {
			got.Fetched[i].Next = 1
		}
	}
	return got, err
}

// Whose partitions were taken away, and who is no member of the group any more, as
// where the cluster has gone, does not take the topic for read to its end.
func TestExportWithoutGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTrial(t, 1)
		for n := range 50 {
			c.send(0, n, int64(n))
		}
		m := c.topic.join(nil)
		config := c.ExportConfig
		config.Log, config.Store = &gone{memoryMember: m}, mortal{c.w, nil}
		e, err := NewExporter(config)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if stats, err := e.Run(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("it ended well: %+v, %v", stats, err)
		}
	})
}

// gone is a log whose cluster is out of reach once it has given partitions.
type gone struct {
	*memoryMember
	polls int
}

func (g *gone) Poll(ctx context.Context, release func(context.Context, []int32)) (schema.Poll, error) {
	if g.polls++; g.polls == 1 {
		return g.memoryMember.Poll(ctx, release)
	}
	if g.polls == 2 {
		return schema.Poll{Lost: []int32{0}}, nil
	}
	<-ctx.Done()
	return schema.Poll{}, nil
}

// What retention deleted unread stops the export, with partition and offsets named;
// where gaps are allowed it goes on, counts them, and the manifest has them.
func TestExportRetentionGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTrial(t, 2)
		for n := range 4 {
			c.send(0, n, int64(n))
			c.send(1, n, int64(n))
		}
		c.mustExport()
		for n := 4; n < 9; n++ {
			c.send(1, n, int64(n))
		}
		c.topic.truncate(1, 7)
		_, err := c.export(t.Context())
		var gap *RetentionGapError
		if !errors.As(err, &gap) || gap.Partition != 1 || gap.From != 4 || gap.To != 7 {
			t.Fatalf("%v", err)
		}
		c.AllowGaps = true
		stats := c.mustExport()
		if stats.Gaps != 1 || stats.GapOffsets != 3 || !strings.Contains(strings.Join(c.said, "\n"), "partition 1: the offsets 4 to 6 were deleted") {
			t.Errorf("%+v %q", stats, c.said)
		}
		if diff := cmp.Diff([]string{"year=2025/month=08/day=11/hour=17/ 0-0 1-0 0-1 1-1 0-2 1-2 0-3 1-3", "year=2025/month=08/day=11/hour=17/ 1-7 1-8"}, c.contents()); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
		c.verified()
	})
}

// A gap that opens while records before it are gathered ends their cut: a plan
// covers what can be read again.
func TestExportGapWithinReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTrial(t, 1)
		c.AllowGaps, c.UntilIdle = true, 20*time.Second
		for n := range 3 {
			c.send(0, n, int64(n))
		}
		ended := make(chan error, 1)
		go func() { _, err := c.export(t.Context()); ended <- err }()
		time.Sleep(10 * time.Second)
		c.topic.mu.Lock() // so that nothing is fetched in between
		p := c.topic.parts[0]
		p.end, p.first = 8, 8
		c.topic.mu.Unlock()
		c.send(0, 8, 8)
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"year=2025/month=08/day=11/hour=17/ 0-0 0-1 0-2", "year=2025/month=08/day=11/hour=17/ 0-8"}, c.contents()); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
		c.verified()
	})
}

// A topic that was deleted and created again has other records at the same offsets.
func TestExportTopicRecreated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTrial(t, 1)
		c.send(0, 0, 0)
		c.mustExport()
		c.TopicID = [16]byte{9}
		_, err := c.export(t.Context())
		var changed *LogChangedError
		if !errors.As(err, &changed) || !strings.Contains(err.Error(), "created again") {
			t.Errorf("%v", err)
		}
	})
}

// A log that ends before what was read of it is waited for, since a new leader may
// know less for a moment, and then refused.
func TestExportLogTruncated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTrial(t, 1)
		for n := range 5 {
			c.send(0, n, int64(n))
		}
		c.mustExport()
		c.topic.parts[0].end = 3
		_, err := c.export(t.Context())
		var changed *LogChangedError
		if !errors.As(err, &changed) || !strings.Contains(err.Error(), "partition 0 ends at offset 3") {
			t.Errorf("%v", err)
		}
	})
}

// A partition that is added to the topic is read from its beginning.
func TestExportPartitionAdded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTrial(t, 1)
		c.UntilIdle = 20 * time.Second
		c.send(0, 0, 0)
		ended := make(chan error, 1)
		go func() { _, err := c.export(t.Context()); ended <- err }()
		time.Sleep(10 * time.Second)
		c.topic.mu.Lock()
		c.topic.parts = append(c.topic.parts, &memoryPartition{})
		c.topic.rebalance()
		c.topic.mu.Unlock()
		c.send(1, 0, 1)
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"year=2025/month=08/day=11/hour=17/ 0-0 1-0"}, c.contents()); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
		c.verified()
	})
}

// Where the store has no room the cut is kept and tried again; what is needed is
// said, and when there is room the export goes on with nothing lost.
func TestExportFullDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTrial(t, 2)
		for n := range 50 {
			c.send(n%2, n/2, int64(n)*20_000)
		}
		m := c.topic.join(nil)
		config := c.ExportConfig
		config.Log, config.Store = m, mortal{c.w, nil}
		e, err := NewExporter(config)
		if err != nil {
			t.Fatal(err)
		}
		c.w.room = 1 // the layout's
		time.AfterFunc(5*time.Minute, func() {
			c.w.mu.Lock()
			defer c.w.mu.Unlock()
			c.w.room = -1
		})
		began := time.Now()
		stats, err := e.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if time.Since(began) < 5*time.Minute || stats.Retries == 0 || stats.Success == 1 {
			t.Errorf("the disk was never full: %+v", stats)
		}
		if said := strings.Join(c.said, "\n"); !strings.Contains(said, "no space left on device") || !strings.Contains(said, "bytes more are needed") {
			t.Errorf("it said %q", said)
		}
		if stats.Records != 50 {
			t.Errorf("%+v", stats)
		}
		c.verified()
	})
}

// An exporter that is away for an hour, with a plan left, goes on where it was.
func TestExportAwayForAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTrial(t, 2)
		for n := range 40 {
			c.send(n%2, n/2, int64(n)*20_000)
		}
		for steps := range 12 {
			if err := c.exportFor(time.Minute, &life{steps: steps}); err == nil { // who is dead tries for ever
				t.Fatalf("killed after %d steps, and it has ended well", steps)
			}
			time.Sleep(time.Hour)
			c.send(steps%2, 20+steps/2, int64(time.Hour.Milliseconds())*int64(steps+1))
		}
		c.mustExport()
		ids := strings.Fields(strings.Join(c.contents(), " "))
		ids = slices.DeleteFunc(ids, func(s string) bool { return strings.Contains(s, "=") })
		slices.Sort(ids)
		if len(ids) != 52 || len(slices.Compact(ids)) != 52 {
			t.Errorf("%d records, %d of them different, of 52", len(ids), len(slices.Compact(ids)))
		}
		c.verified()
	})
}

// A group that begins with what comes from now on has begun when it says so: what
// comes between a kill and the next start is not skipped.
func TestExportFromNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTrial(t, 1)
		c.topic.from = "now"
		c.send(0, 0, 0)
		c.mustExport()
		c.send(0, 1, 1)
		c.mustExport()
		if diff := cmp.Diff([]string{"year=2025/month=08/day=11/hour=17/ 0-1"}, c.contents()); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
	})
}

// A group whose positions have expired goes on where the manifests say that it was:
// from the beginning every record would be there twice.
func TestExportPositionsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTrial(t, 2)
		c.send(0, 0, 0)
		c.send(1, 0, 1)
		c.mustExport()
		c.topic.forget()
		c.send(1, 1, 2)
		c.mustExport()
		if diff := cmp.Diff([]string{"year=2025/month=08/day=11/hour=17/ 0-0 1-0", "year=2025/month=08/day=11/hour=17/ 1-1"}, c.contents()); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
		if !strings.Contains(strings.Join(c.said, "\n"), "has lost its position in acme-telemetry, partition 0") {
			t.Errorf("it said %q", c.said)
		}
		c.verified()
	})
}

// What is no record lies among the errors, in Firehose's form.
func TestExportPoison(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTrial(t, 1)
		c.Layout.PartitionBy = ByEvent
		c.send(0, 0, 0)
		for _, value := range []string{"poison", "", "{\"a\":1}\n{\"b\":2}", "[1]", `{"a":1}{"b":2}`, `{"event_timestamp":"soon"}`} {
			c.topic.publish(0, sampleFrom+5, value, false)
		}
		stats := c.mustExport()
		if stats.Records != 1 || stats.Poison != 6 {
			t.Errorf("%+v", stats)
		}
		var got []string
		all := tree(t, c.w.Store)
		for _, key := range slices.Sorted(maps.Keys(all)) {
			if strings.HasPrefix(key, "errors/") {
				folder, _ := split(key)
				got = append(got, folder+" "+strings.SplitAfter(all[key], "\n")[0])
			}
		}
		want := []string{
			"errors/metadata-extraction-failed/year=2025/month=08/day=11/ " + `{"attemptsMade":1,"arrivalTimestamp":1754931600005,"errorCode":"DynamicPartitioning.MetadataExtractionFailed","errorMessage":"the record has no event_timestamp that is a time from 1970 to 9999","attemptEndingTimestamp":1754931600005,"rawData":"eyJldmVudF90aW1lc3RhbXAiOiJzb29uIn0=","lambdaArn":null}` + "\n",
			"errors/processing-failed/year=2025/month=08/day=11/ " + `{"attemptsMade":1,"arrivalTimestamp":1754931600005,"errorCode":"Record.NotOneJSONObject","errorMessage":"the record is not one JSON object","attemptEndingTimestamp":1754931600005,"rawData":"cG9pc29u","lambdaArn":null}` + "\n",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
		c.verified()
	})
}

// A group, a lake and a topic belong together.
func TestExportRefuses(t *testing.T) {
	for _, c := range []struct {
		what, want string
		spoil      func(*trial)
	}{
		{"another group into the same lake", "the group g exports it into this lake", func(c *trial) { c.Group = "h" }},
		{"a group of another program", "is not of an export", func(c *trial) {
			c.topic.committed[0] = schema.Position{Offset: 1, Metadata: "host-1"}
		}},
		{"a plan of another lake", "the plan belongs to another lake", func(c *trial) {
			c.leavePlan()
			c.w = newWorld()
		}},
		{"a plan whose position was changed", "it was changed by hand", func(c *trial) {
			c.leavePlan()
			p := c.topic.committed[0]
			p.Offset++
			c.topic.committed[0] = p
		}},
		{"a plan whose records are gone", "were deleted before they were exported", func(c *trial) {
			c.leavePlan()
			c.topic.truncate(0, 2)
		}},
	} {
		synctest.Test(t, func(t *testing.T) {
			x := newTrial(t, 1)
			x.send(0, 0, 0)
			x.mustExport()
			c.spoil(x)
			if _, err := x.export(t.Context()); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v", c.what, err)
			}
		})
	}
}

// Verify finds offsets that are in two cuts, and such that are in none.
func TestVerifyRanges(t *testing.T) {
	st := store.NewMemory("t")
	for name, ranges := range map[string][]manifestRange{
		"export-a": {{0, 0, 10, 0}, {1, 0, 5, 0}},
		"export-b": {{0, 9, 20, 0}, {1, 7, 9, 0}},
		"export-c": {{1, 12, 14, 3}},
	} {
		m := Manifest{Version: 1, Folder: "telemetry/", Topic: "t", Ranges: ranges}
		if err := putJSON(t.Context(), st, RecordKey("telemetry/", name), m); err != nil {
			t.Fatal(err)
		}
	}
	v, err := Verify(t.Context(), st, VerifyOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want := []Damage{
		{"_acme/manifests/telemetry/export-b.json", "the offsets 9 to 9 of t, partition 0, are in the objects of another cut too"},
		{"_acme/manifests/telemetry/export-b.json", "the offsets 5 to 6 of t, partition 1, are in no object"},
	}
	less := func(a, b Damage) int { return -strings.Compare(a.Reason, b.Reason) }
	slices.SortFunc(v.Damaged, less)
	if diff := cmp.Diff(want, v.Damaged); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// The times of events that are known, and those that are none.
func TestEventTime(t *testing.T) {
	const at = 1754933627123
	for record, want := range map[string]int64{
		`{"event_timestamp":"2025-08-11T17:33:47.123456Z"}`:                                 at,
		`{"a":"x","event_timestamp":"2025-08-11T17:33:47.123Z","b":1}`:                      at,
		`{"event_timestamp":"2025-08-11T19:33:47.123+02:00"}`:                               at,
		`{"event_timestamp":"2025-08-11T17:33:47.123"}`:                                     at,
		`{"event_timestamp":"2025-8-11 17:33:47.123"}`:                                      at,
		`{"event_timestamp":1754933627123}`:                                                 at,
		`{"event_timestamp":1754933627.123}`:                                                at,
		`{"event_timestamp":"1754933627123"}`:                                               at,
		`{"Event_Timestamp":"2025-08-11T17:33:47.123Z"}`:                                    at,
		`{"a":{"event_timestamp":"soon"},"event_timestamp":"2025-08-11T17:33:47.123Z"}`:     at,
		`{"a":"\"event_timestamp\":\"soon\"","event_timestamp":"2025-08-11T17:33:47.123Z"}`: at,
		`{"event_timestamp":"soon"}`:                                                        -1,
		`{"event_timestamp":null}`:                                                          -1,
		`{"a":{"event_timestamp":"2025-08-11T17:33:47.123Z"}}`:                              -1,
		`{"event_timestamp":"1969-08-11T17:33:47Z"}`:                                        -1,
		`{"event_timestamp":-5}`:                                                            -1,
		`{}`:                                                                                -1,
		`nothing`:                                                                           -1,
	} {
		got, ok := eventTime([]byte(record))
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("%s: %d, want %d", record, got, want)
		}
	}
}
