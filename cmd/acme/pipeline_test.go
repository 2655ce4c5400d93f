package main

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"acme/telemetry/engine/lake"
	"acme/telemetry/engine/stream"
)

// TestPartEnds: a part that was told to stop and did is no failure, one that fails is,
// also when it was told to.
func TestPartEnds(t *testing.T) {
	broken := errors.New("broken")
	until := func(err error) func(context.Context) error {
		return func(ctx context.Context) error {
			<-ctx.Done()
			return errors.Join(err, ctx.Err())
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // a part does not end with the context of who starts it, but when its turn comes
	obedient := start(ctx, "obedient", func(ctx context.Context) error { <-ctx.Done(); return context.Cause(ctx) })
	select {
	case <-obedient.done:
		t.Error("a part has ended before its turn")
	case <-time.After(10 * time.Millisecond):
	}
	if err := obedient.finish(); err != nil {
		t.Errorf("obedient: %v", err)
	}
	failing := start(ctx, "failing", func(context.Context) error { return broken })
	if err := failing.finish(); !errors.Is(err, broken) || err.Error() != "failing: broken" {
		t.Errorf("failing: %v", err)
	}
	late := start(ctx, "late", until(broken))
	if err := late.finish(); !errors.Is(err, broken) {
		t.Errorf("late: %v", err)
	}
}

// TestSumStats: no count of an earlier exporter is forgotten.
func TestSumStats(t *testing.T) {
	s := filledStats(t)
	sum := reflect.ValueOf(sumStats(s, s))
	one := reflect.ValueOf(s)
	for i := range one.NumField() {
		f := one.Type().Field(i)
		switch {
		case !f.IsExported() || f.Name == "Prefixes": // of this moment
		case f.Type.Kind() == reflect.Int64 && sum.Field(i).Int() != 2*one.Field(i).Int():
			t.Errorf("%s: the sum of %d and %d is %d", f.Name, one.Field(i).Int(), one.Field(i).Int(), sum.Field(i).Int())
		}
	}
}

// TestOldestArrival: the time in an object's name.
func TestOldestArrival(t *testing.T) {
	const key = "telemetry/year=2025/month=08/day=11/hour=17/AcmeTelemetry-MSK-to-S3-1-2025-08-11-17-35-00-a9fa96af-e4e4-809f-bac3-1f804714faaa"
	want := time.Date(2025, 8, 11, 17, 35, 0, 0, time.UTC)
	for _, extension := range []string{".gz", ".parquet"} {
		if got, ok := oldestArrival(key + extension); !ok || !got.Equal(want) {
			t.Errorf("%s: %v %v", extension, got, ok)
		}
	}
	for _, key := range []string{"", "x.gz", "telemetry/part-0000-0123456789abcdef0123456789abcdef.gz"} {
		if got, ok := oldestArrival(key); ok {
			t.Errorf("%q: %v", key, got)
		}
	}
}

// TestPipelineTime: time passes speed times as fast, and ages are told by it.
func TestPipelineTime(t *testing.T) {
	now := time.Date(2026, 11, 30, 4, 0, 0, 0, time.UTC)
	begin := time.Date(2025, 8, 1, 0, 0, 0, 0, time.UTC)
	l := &pipeline{p: &program{now: func() time.Time { return now }}, o: &pipelineOptions{}}
	l.o.events.kafka.speed = 60
	if !l.time(now).IsZero() {
		t.Error("time before the beginning")
	}
	if s := l.status("running"); s.line(60) != "starting" {
		t.Errorf("before the beginning: %q", s.line(60))
	}
	l.clock.Store(&stream.Pace{Start: now, From: begin.UnixMilli(), Speed: 60})
	now = now.Add(10 * time.Second)
	if got := l.time(now); !got.Equal(begin.Add(10 * time.Minute)) {
		t.Errorf("after ten seconds: %v", got)
	}
	if got := l.byClock(5 * time.Minute); got != 5*time.Second {
		t.Errorf("five minutes are %v", got)
	}
	l.noteObject("telemetry/hour=00/S-1-2025-08-01-00-04-30-a9fa96af-e4e4-809f-bac3-1f804714faaa.gz")
	l.before = lake.ExportStats{Records: 7, Objects: 1, Freshness: now.Sub(begin.Add(8 * time.Minute)).Seconds()}
	s := l.status("running")
	if s.Latency != 330 || s.LatencyHere != 5.5 || s.Delivered != 7 || s.Metrics.Freshness < 119 || s.Metrics.Freshness > 121 {
		t.Errorf("status %+v", s)
	}
	want := "2025-08-01 00:10:00 x60  0 published  7 delivered  lag 0  latency 5m30s, here 5.5s  1 objects, last S-1-2025-08-01-00-04-30-a9fa96af-e4e4-809f-bac3-1f804714faaa.gz"
	if got := s.line(60); got != want {
		t.Errorf("line %q, want %q", got, want)
	}
}
