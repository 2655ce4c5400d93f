package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acme/telemetry/engine/sim"
	"acme/telemetry/engine/stream"
)

// hours gives a window of hours after the epoch.
func hours(from, to int64) sim.Window { return sim.Window{From: from * hourMS, To: to * hourMS} }

// TestTopicGaps: what a topic lacks of hours 10 to 20.
func TestTopicGaps(t *testing.T) {
	done := func(from, to int64) stream.Span { return stream.Span{From: from * hourMS, To: to * hourMS} }
	open := func(from, arrival int64) stream.Progress {
		return stream.Progress{Records: 9, From: from, Arrival: arrival, Within: 1}
	}
	const minute = hourMS / 60
	cases := map[string]struct {
		own    stream.Progress
		others []stream.Progress
		want   topicGaps
	}{
		"nothing is there":          {want: topicGaps{windows: []sim.Window{hours(10, 20)}}},
		"all is there":              {own: stream.Progress{Records: 9, Done: []stream.Span{done(5, 25)}}, want: topicGaps{there: 10}},
		"holes":                     {own: stream.Progress{Records: 9, Done: []stream.Span{done(5, 11), done(13, 14), done(19, 30)}}, want: topicGaps{windows: []sim.Window{hours(11, 13), hours(14, 19)}, there: 3}},
		"cut in an hour":            {own: open(10*hourMS, 12*hourMS+minute), want: topicGaps{windows: []sim.Window{hours(12, 20)}, resumes: true, there: 2}},
		"cut in the first hour":     {own: open(10*hourMS, 10*hourMS), want: topicGaps{windows: []sim.Window{hours(10, 20)}, resumes: true}},
		"cut, with hours before it": {own: open(12*hourMS, 13*hourMS), want: topicGaps{windows: []sim.Window{hours(13, 20), hours(10, 12)}, resumes: true, there: 1}},
		"cut before the range":      {own: open(8*hourMS, 9*hourMS), want: topicGaps{windows: []sim.Window{hours(9, 10), hours(10, 20)}, resumes: true}},
		"cut behind the range":      {own: open(18*hourMS, 22*hourMS), want: topicGaps{windows: []sim.Window{hours(22, 23), hours(10, 18)}, resumes: true, there: 2}},
		"another run is in three":   {others: []stream.Progress{open(12*hourMS+minute, 14*hourMS)}, want: topicGaps{windows: []sim.Window{hours(10, 12), hours(15, 20)}, other: 3}},
		"another backfill":          {others: []stream.Progress{{Records: 9, Done: []stream.Span{done(0, 11), done(19, 40)}}}, want: topicGaps{windows: []sim.Window{hours(11, 19)}, other: 2}},
		"another run, and it is cut in an hour of it": {own: open(10*hourMS, 12*hourMS+minute), others: []stream.Progress{open(12*hourMS, 13*hourMS)},
			want: topicGaps{windows: []sim.Window{hours(12, 13), hours(14, 20)}, resumes: true, there: 2, other: 1}},
		"one that does not say where it began": {others: []stream.Progress{open(-1, 14*hourMS)}, want: topicGaps{windows: []sim.Window{hours(15, 20)}, other: 5}},
	}
	for name, c := range cases {
		var others []stream.Run
		for _, o := range c.others {
			others = append(others, stream.Run{Progress: o})
		}
		got := findTopicGaps(hours(10, 20), c.own, others)
		if d := cmp.Diff(c.want, got, cmp.AllowUnexported(topicGaps{})); d != "" {
			t.Errorf("%s: want -, got +\n%s", name, d)
		}
	}
}

// inMidst waits until a run that publishes stretches is in one.
func inMidst(t *testing.T, address, topic string) {
	t.Helper()
	c := stream.Config{Brokers: []string{address}, Auth: stream.Auth{Mechanism: stream.Plaintext}, Patience: time.Minute}
	for range 1000 {
		h, err := c.Holds(t.Context(), topic)
		if err == nil && slices.ContainsFunc(h.Runs, func(r stream.Run) bool { return r.Progress.Open() }) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("nothing is published")
}

// TestPublishBackfillKilled kills a backfill of a topic at random moments and runs it
// again until it has been killed often enough, and then one of a range around it. The
// topic has each event once, in order. ACME_KILLS says how often.
func TestPublishBackfillKilled(t *testing.T) {
	kills := killsWanted(t, 3)
	address, topic := kafka(t), fmt.Sprintf("acme-backfill-%d", time.Now().UnixNano())
	const perHour = 3000
	day := time.Date(2025, 8, 11, 0, 0, 0, 0, time.UTC)
	run := func(from, to int, more ...string) *exec.Cmd {
		at := func(h int) string { return day.Add(time.Duration(h) * time.Hour).Format(time.RFC3339) }
		return child(t, append([]string{
			"backfill", "--into", "kafka", "-b", address, "-t", topic, "--create-topic", "--retention", "forever", "--progress", "none",
			"--set", "arrivals.mean_per_hour=" + strconv.Itoa(perHour), "--from", at(from), "--to", at(to),
		}, more...)...)
	}
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	killed := func(from, to, kills int) {
		for n := 0; n < kills; {
			// Slow enough that it does not end before it is killed.
			cmd := run(from, to, "--rate", strconv.Itoa(max(1, (to-from)*perHour/6/kills)))
			var says bytes.Buffer
			cmd.Stderr = &says
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			if n == kills-1 { // one at least comes in the midst of what is published
				inMidst(t, address, topic)
			} else {
				time.Sleep(300*time.Millisecond + time.Duration(random.Int64N(int64(5*time.Second))))
			}
			_ = cmd.Process.Kill()
			err := cmd.Wait()
			var exit *exec.ExitError
			switch {
			case errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL:
				n++
			case err != nil:
				t.Fatalf("after %d kills: %v\n%s", n, err, says.String())
			default:
				t.Fatalf("the run ended after %d of %d kills:\n%s", n, kills, says.String())
			}
		}
		plan, err := run(from, to, "-n", "--json").Output()
		var left struct{ Windows []topicWindow }
		if err := errors.Join(err, json.Unmarshal(plan, &left)); err != nil {
			t.Fatal(err)
		}
		if len(left.Windows) == 0 || !left.Windows[0].Interrupted {
			t.Errorf("after a kill in the midst of an hour the plan is %+v", left.Windows)
		}
		if says, err := run(from, to).CombinedOutput(); err != nil {
			t.Fatalf("the last run: %v\n%s", err, says)
		}
		if says, err := run(from, to).CombinedOutput(); err != nil || !strings.Contains(string(says), "nothing to do") {
			t.Errorf("once more: %v\n%s", err, says)
		}
	}
	killed(6, 10, kills-kills/2)
	killed(3, 12, kills/2)

	// Hours that another run is in are left alone.
	const elsewhere = "14" // with another seed, for an hour and a minute
	says, err := child(t, "generate", "--to", "kafka", "-b", address, "-t", topic, "--seed", "7", "--scenario", "streaming", "--from", "2025-08-11T"+elsewhere+":00:00Z",
		"--for", "61m", "--set", "arrivals.mean_per_hour="+strconv.Itoa(perHour), "--progress", "none").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, says)
	}
	if says, err = run(12, 18).CombinedOutput(); err != nil || !strings.Contains(string(says), "in 2 windows; 0 hours were published, other runs are in 2") {
		t.Errorf("around another run: %v\n%s", err, says)
	}

	plan, err := run(12, 24, "-n").CombinedOutput()
	for _, want := range []string{"would publish streaming, seed 42: 6 hours in 1 windows", "to topic " + topic + " of 20 partitions; run acme-generate-",
		"4 hours are published, other runs are in 2", "on MSK: nothing to publish, $"} {
		if err != nil || !strings.Contains(string(plan), want) {
			t.Errorf("the plan: %v, without %q:\n%s", err, want, plan)
		}
	}

	sc, err := sim.Load("streaming")
	if err != nil {
		t.Fatal(err)
	}
	other, err := sim.Load("streaming")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*sim.Scenario{sc, other} {
		if err := s.Set("arrivals.mean_per_hour=" + strconv.Itoa(perHour)); err != nil {
			t.Fatal(err)
		}
	}
	if err := other.Set("seed=7"); err != nil {
		t.Fatal(err)
	}
	first := day.UnixMilli() / hourMS
	of := func(sc *sim.Scenario, from, to int64) publishedPart {
		return publishedPart{sc, hours(first+from, first+to)}
	}
	seven := of(other, 14, 15)
	seven.window.To += hourMS / 60
	n := sameAsParts(t, address, topic, of(sc, 6, 10), of(sc, 3, 6), of(sc, 10, 12), seven, of(sc, 12, 14), of(sc, 16, 18))
	t.Logf("%d records, each once and in order, after %d kills", n, kills)
}
