package stream

import (
	"context"
	"errors"
	"testing"
	"time"

	"acme/telemetry/schema"
)

// handing gives when each record leaves, in milliseconds after the start, by a clock
// that only waiting moves.
func handing(t *testing.T, pace Pace, arrivals ...int64) []int64 {
	t.Helper()
	clock := time.UnixMilli(1_700_000_000_000)
	pace.Start = clock
	var left []int64
	told := time.Duration(0)
	p := Pacer{
		Pace: pace, Now: func() time.Time { return clock },
		Sleep: func(_ context.Context, d time.Duration) error {
			if d != told {
				t.Errorf("waits %s after it said %s", d, told)
			}
			clock = clock.Add(d)
			return nil
		},
		Idle: func(_ context.Context, d time.Duration) error { told = d; return nil },
	}
	var records []schema.Record
	for _, a := range arrivals {
		records = append(records, schema.Record{Arrival: a})
	}
	half := len(records) / 2
	for _, batch := range [][]schema.Record{records[:half], records[half:]} { // the pace goes through batches
		err := p.Hand(t.Context(), batch, func(r []schema.Record) error {
			for range r {
				left = append(left, clock.Sub(pace.Start).Milliseconds())
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return left
}

func TestPace(t *testing.T) {
	arrivals := []int64{1000, 1000, 2000, 61_000, 61_001, 61_500}
	for _, c := range []struct {
		name string
		pace Pace
		want []int64
	}{
		{"at once", Pace{}, []int64{0, 0, 0, 0, 0, 0}},
		{"as they arrived", Pace{From: 1000, Speed: 1}, []int64{0, 0, 1000, 60_000, 60_010, 60_500}},
		{"60 times as fast", Pace{From: 1000, Speed: 60}, []int64{0, 0, 16, 1000, 1010, 1010}},
		{"4 a second", Pace{Rate: 4}, []int64{0, 250, 500, 750, 1000, 1250}},
		{"4 a second and as they arrived", Pace{From: 1000, Speed: 1, Rate: 4}, []int64{0, 250, 1000, 60_000, 60_010, 60_500}},
		{"of the past", Pace{From: 1_000_000, Speed: 1}, []int64{0, 0, 0, 0, 0, 0}},
	} {
		got := handing(t, c.pace, arrivals...)
		for i := range c.want {
			if got[i] != c.want[i] {
				t.Errorf("%s: the records leave at %v ms, want %v", c.name, got, c.want)
				break
			}
		}
	}
}

func TestPaceStops(t *testing.T) {
	stop := errors.New("stop")
	p := Pacer{Pace: Pace{Start: time.UnixMilli(0), Rate: 1}, Now: func() time.Time { return time.UnixMilli(0) },
		Sleep: func(context.Context, time.Duration) error { return stop }}
	n := 0
	err := p.Hand(t.Context(), make([]schema.Record, 3), func(r []schema.Record) error { n += len(r); return nil })
	if !errors.Is(err, stop) || n != 1 {
		t.Errorf("got %v after %d records, want to stop after one", err, n)
	}
}
