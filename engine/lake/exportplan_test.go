package lake

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"acme/telemetry/engine/store"
	"acme/telemetry/schema"
)

// leavePlan is killed behind a plan.
func (c *trial) leavePlan() { c.leavePlanAfter(3) } // before and behind the layout's put, and before the plan

// leavePlanAfter is killed behind a plan, after so many steps.
func (c *trial) leavePlanAfter(steps int) {
	c.send(0, 1, 1)
	if err := c.exportFor(time.Minute, &life{steps: steps}); !errors.Is(err, errKilled) {
		c.t.Fatal(err)
	}
	if n, err := parseNote(c.topic.committed[0].Metadata); err != nil || n.plan == nil {
		c.t.Fatalf("no plan was left: %v", err)
	}
}

// A plan is left, and retention deletes some of its records before anybody carries it
// out. That is a gap as any other: named, and where gaps are allowed gone over, with
// what is left in objects of another plan. But nothing is exported twice: where objects
// of the plan are there, it was carried out, or nobody can tell.
func TestExportPlanDeleted(t *testing.T) {
	begin := func(t *testing.T, steps int) *trial {
		c := newTrial(t, 2)
		c.send(1, 0, 0)
		c.leavePlanAfter(steps)
		c.send(0, 2, 2)
		c.send(0, 3, 3)
		c.topic.truncate(0, 1)
		return c
	}
	const hour = "year=2025/month=08/day=11/hour=17/ "
	for _, v := range []struct {
		what  string
		steps int // of whoever made the plan, before it was killed
		want  []string
	}{
		{"nothing was put", 5, []string{hour + "1-0 0-2 0-3"}},
		{"the object was put", 7, nil},
		{"the manifest too", 9, []string{hour + "0-2 0-3", hour + "1-0 0-1"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := begin(t, v.steps)
			if v.steps < 9 {
				_, err := c.export(t.Context())
				var gap *RetentionGapError
				if !errors.As(err, &gap) || gap.Partition != 0 || gap.From != 0 || gap.To != 1 {
					t.Fatalf("%s: %v", v.what, err)
				}
			}
			c.AllowGaps = true
			stats, err := c.export(t.Context())
			if v.want == nil {
				if err == nil || !strings.Contains(err.Error(), "is of this plan") {
					t.Fatalf("%s: %v", v.what, err)
				}
				return
			}
			if err != nil || stats.GapOffsets != int64(len(v.want)%2) {
				t.Fatalf("%s: %+v %v", v.what, stats, err)
			}
			if diff := cmp.Diff(v.want, c.contents()); diff != "" {
				t.Errorf("%s: -want +got\n%s", v.what, diff)
			}
			c.verified()
			if n, err := parseNote(c.topic.committed[1].Metadata); err != nil || n.plan != nil {
				t.Errorf("%s: the plan is there still: %v", v.what, err)
			}
		})
	}
}

// A member that was stopped while it carried a plan out, and goes on when retention has
// deleted records of the plan and another member has given it up, doubles nothing: it
// sees that the plan was given up before it puts its object, or behind it, and takes it
// back.
func TestExportZombieOfDeletedPlan(t *testing.T) {
	for _, v := range []struct {
		in   string // what it was stopped at
		told bool   // it learns at once that others have its partitions
	}{{"_acme/given-up/", false}, {"telemetry/", false}, {"telemetry/", true}} {
		synctest.Test(t, func(t *testing.T) {
			c := newTrial(t, 1)
			for n := range 4 {
				c.send(0, n, int64(n))
			}
			zombie := c.topic.join(nil)
			config := c.ExportConfig
			sleeps := &sleeper{mortal: mortal{c.w, nil}, in: v.in, wakes: make(chan struct{})}
			config.Log, config.Store = zombie, sleeps
			e, err := NewExporter(config)
			if err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { _, err := e.Run(t.Context()); ended <- err }()
			time.Sleep(time.Minute)
			if !sleeps.slept.Load() {
				t.Fatal("it never slept")
			}
			c.topic.truncate(0, 2)
			if v.told {
				c.topic.throwOut(zombie)
				time.Sleep(time.Minute)
			}
			c.topic.leave(zombie)
			c.AllowGaps = true
			if stats := c.mustExport(); stats.GapOffsets != 2 {
				t.Errorf("%+v", stats)
			}
			close(sleeps.wakes)
			if err := <-ended; !errors.As(err, new(*GivenUpError)) != v.told {
				t.Errorf("%+v: it ended with %v", v, err)
			}
			if diff := cmp.Diff([]string{"year=2025/month=08/day=11/hour=17/ 0-2 0-3"}, c.contents()); diff != "" {
				t.Errorf("%+v: -want +got\n%s", v, diff)
			}
			c.verified()
		})
	}
}

// sleeper is a store whose user is stopped where it first has to do with keys of a
// prefix.
type sleeper struct {
	mortal
	in    string
	slept atomic.Bool
	wakes chan struct{}
}

func (s *sleeper) sleep(key string) {
	if strings.HasPrefix(key, s.in) && s.slept.CompareAndSwap(false, true) {
		<-s.wakes
	}
}

func (s *sleeper) Stat(ctx context.Context, key string) (store.Info, error) {
	s.sleep(key)
	return s.mortal.Stat(ctx, key)
}

func (s *sleeper) Put(ctx context.Context, key string, r io.Reader) (store.Info, error) {
	s.sleep(key)
	return s.mortal.Put(ctx, key, r)
}

// What a plan says is read as it was written, and fits into a commit.
func TestExportPlanText(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := &note{topic: [16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(rt, "topic"))}
		if rapid.Bool().Draw(rt, "plan") {
			n.plan = &plan{layout: [16]byte{7}, records: rapid.Int64Range(0, 1<<62).Draw(rt, "records")}
			for _, id := range slices.Sorted(slices.Values(rapid.SliceOfNDistinct(rapid.Int32Range(0, 1<<31-1), 1, maxLane, rapid.ID[int32]).Draw(rt, "partitions"))) {
				from := rapid.Int64Range(0, 1<<62-1).Draw(rt, "from")
				to := rapid.Int64Range(from+1, 1<<62).Draw(rt, "to")
				n.plan.spans = append(n.plan.spans, span{schema.Range{Partition: id, From: from, To: to}, rapid.Int64Range(0, 1<<40).Draw(rt, "missing")})
			}
		}
		text := n.String()
		if len(text) > maxNote {
			rt.Fatalf("%d bytes", len(text))
		}
		back, err := parseNote(text)
		if err != nil || back.topic != n.topic || (back.plan == nil) != (n.plan == nil) {
			rt.Fatalf("%v", err)
		}
		if n.plan != nil && (back.plan.layout != n.plan.layout || back.plan.records != n.plan.records || !slices.Equal(back.plan.spans, n.plan.spans)) {
			rt.Fatalf("%+v is read as %+v", n.plan, back.plan)
		}
	})
}
