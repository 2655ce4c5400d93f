package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"acme/telemetry/engine/lake"
	"acme/telemetry/engine/report"
	"acme/telemetry/engine/sim"
	"acme/telemetry/engine/store"
)

// backfillOptions is what `acme backfill` needs.
type backfillOptions struct {
	generateOptions
	end      string
	into     string
	parallel int
}

func (p *program) newBackfillCmd() *cobra.Command {
	o := &backfillOptions{}
	cmd := &cobra.Command{
		Use:   "backfill --from TIME --to TIME",
		Short: "Generate the hours of a range that the lake, or a topic, does not have",
		Long: `backfill looks which hours of a range the lake has nothing of, and generates those.
Hours that anything lies in are left alone, whoever wrote it: another scenario, an
export, Firehose. A run that was cut short is finished. Killed and run again it goes
on, and the lake is the same, byte for byte, as if nothing had happened.

The windows are the days of UTC. Several machines need no lock to share them: --shard
i/n takes each n-th day, and two that take the same write the same objects, once.

With --into kafka the hours go to a topic of Kafka or Amazon MSK, in order, each event
once. What a topic lacks is told by the positions that generate and backfill keep there,
in the transactions of the events: hours that any run of theirs is in are left alone, an
hour that a killed backfill was in is finished first, and one backfill of a scenario and
seed at a time has a topic: the next takes it over. What other programs have published
has no position and is not seen; nor is a run whose position the cluster has dropped
(seven days after its last event, unless offsets.retention.minutes says otherwise).`,
		Example: `  acme backfill --from 2025-07-01 --to 2025-08-01
  acme backfill --from 2025-07-01 --to 2025-08-01 -n
  acme backfill --from 2025-01-01 --to 2026-01-01 --shard 2/4 --lake s3://acme-telemetry/backfill
  acme backfill --from 2025-07-01 --to 2025-08-01 --into kafka --create-topic --retention forever`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.seedGiven = cmd.Flags().Changed("seed")
			switch o.into {
			case "":
				if err := o.kafka.refuse(cmd, "--into kafka"); err != nil {
					return err
				}
				return p.runBackfill(cmd.Context(), o)
			case "kafka":
				if err := o.checkTopic(cmd); err != nil {
					return err
				}
				return p.backfillTopic(cmd.Context(), o)
			}
			return usagef("--into %s: write kafka; without it the events go into the lake", o.into)
		},
	}
	f := cmd.Flags()
	o.addSource(f, "streaming")
	addRange(f, &o.from, &o.end)
	f.StringVar(&o.shard, "shard", "1/1", "of the range's days take each n-th from the i-th on: i/n")
	f.IntVar(&o.parallel, "parallel", 1, "windows at once; a window alone already uses every core, a bucket gains by more")
	f.StringVar(&o.into, "into", "", "kafka fills a topic instead of the lake")
	f.BoolVarP(&o.dryRun, "dry-run", "n", false, "say what would be generated, with objects, bytes and dollars, and write nothing")
	f.BoolVar(&o.asJSON, "json", false, "print the plan, or what was done, as JSON")
	o.kafka.addTopic(cmd, "--into kafka")
	for _, name := range []string{"from", "to"} {
		if err := cmd.MarkFlagRequired(name); err != nil {
			panic(err)
		}
	}
	return cmd
}

// backfill is a range with what it lacks.
type backfill struct {
	whole *generation // of the range
	gaps  lake.Gaps
}

func (p *program) runBackfill(ctx context.Context, o *backfillOptions) error {
	if o.parallel < 1 {
		return usagef("--parallel %d: must be 1 or more", o.parallel)
	}
	days, err := parseShard(o.shard)
	if err != nil {
		return err
	}
	b := &backfill{}
	if b.whole, err = p.planBackfill(o); err != nil {
		return err
	}
	st, err := p.openLake()
	if err != nil {
		return err
	}
	if b.gaps, err = lake.FindGaps(ctx, b.whole.config(st)); err != nil {
		return err
	}
	b.gaps.Windows = shareOf(b.gaps.Windows, days)
	if o.dryRun || len(b.gaps.Windows) == 0 {
		return p.sayBackfill(b, o.asJSON)
	}
	return p.fill(ctx, st, b, o)
}

// planBackfill resolves the scenario and the range.
func (p *program) planBackfill(o *backfillOptions) (*generation, error) {
	span, err := parseRange(o.from, o.end)
	if err != nil {
		return nil, err
	}
	span.from, span.to = span.from.Truncate(time.Hour), span.to.Add(time.Hour-1).Truncate(time.Hour)
	g := o.generateOptions
	g.shard, g.partitionBy = "1/1", "arrival"
	g.from, g.length, g.lengthGiven = span.from.Format(time.RFC3339), span.to.Sub(span.from), true
	return p.planGeneration(&g)
}

// shareOf gives the windows of each n-th day.
func shareOf(all []lake.Gap, shard sim.Shard) []lake.Gap {
	var out []lake.Gap
	for _, w := range all {
		if day := w.From / (24 * 3600_000); int(day%int64(shard.N)) == shard.I {
			out = append(out, w)
		}
	}
	return out
}

// over says how many hours retention keeps empty.
func (b *backfill) over() string {
	if b.gaps.Over == 0 {
		return ""
	}
	return fmt.Sprintf(", retention keeps %d empty", b.gaps.Over)
}

// of gives the run of one window.
func (b *backfill) of(w lake.Gap) *generation {
	g := *b.whole
	g.window = sim.Window{From: w.From, To: w.To}
	return &g
}

// expected gives about how many events the windows have.
func (b *backfill) expected() (n int64) {
	for _, w := range b.gaps.Windows {
		n += expectedEvents(b.of(w))
	}
	return n
}

// fill generates the windows, some at once, until one fails.
func (p *program) fill(ctx context.Context, st store.Store, b *backfill, o *backfillOptions) error {
	working, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	progress := p.newProgress("backfill "+b.whole.scenario.Name, "events", b.expected)
	var done atomic.Int64
	var mu sync.Mutex
	var sum lake.Summary
	var over []string
	var leftOut int64
	var wg sync.WaitGroup
	next := make(chan lake.Gap)
	for range min(o.parallel, len(b.gaps.Windows)) {
		wg.Go(func() {
			for w := range next {
				var before int64
				r, err := b.of(w).into(working, st, func(records int64) {
					progress.at(done.Add(records - before))
					before = records
				})
				if err != nil {
					cancel(fmt.Errorf("%s to %s: %w", time.UnixMilli(w.From).UTC().Format(time.RFC3339), time.UnixMilli(w.To).UTC().Format(time.RFC3339), err))
					return
				}
				mu.Lock()
				sum.Records += r.summary.Records
				sum.Objects += r.summary.Objects
				sum.Bytes += r.summary.Bytes
				sum.Failed += r.summary.Failed
				over, leftOut = append(over, r.over...), leftOut+r.leftOut
				mu.Unlock()
			}
		})
	}
	filled := 0
	for _, w := range b.gaps.Windows {
		select {
		case next <- w:
			filled++
			continue
		case <-working.Done():
		}
		break
	}
	close(next)
	wg.Wait()
	if err := context.Cause(working); err != nil {
		progress.finish(done.Load(), "failed")
		return explainBackfillError(ctx, err, filled, len(b.gaps.Windows))
	}
	progress.finish(done.Load(), "done")
	if err := p.sayFilled(b, sum, o.asJSON); err != nil {
		return err
	}
	slices.Sort(over)
	return p.sayOver("backfill "+b.whole.scenario.Name, slices.Compact(over), leftOut, sum)
}

// explainBackfillError adds what to do next.
func explainBackfillError(ctx context.Context, err error, begun, of int) error {
	var conflict *lake.ConflictError
	if errors.As(err, &conflict) {
		return err // somebody took the hours meanwhile
	}
	if explained := explainGenerateError(ctx, err); explained != err {
		return explained
	}
	return withHint(exitPartial, fmt.Sprintf("%d of %d windows were begun; what is published stays; run the same command again to go on", begun, of), err)
}

// expectation is what a backfill is about to write.
type expectation struct {
	Hours   int     `json:"hours"`
	Events  int64   `json:"events"`
	Objects int64   `json:"objects"`
	Bytes   int64   `json:"bytes"`
	PutUSD  float64 `json:"put_usd"`
	KeepUSD float64 `json:"keep_usd_a_month"`
}

// Bytes of an event as stored, measured over a day of the scenario streaming.
const (
	jsonBytesPerEvent    = 83
	parquetBytesPerEvent = 60
)

func (b *backfill) expect(prices report.Prices) expectation {
	var e expectation
	for _, w := range b.gaps.Windows {
		e.Hours += int((w.To - w.From) / 3600_000)
	}
	e.Events = b.expected()
	l := b.whole.layout
	perFormat := int64(e.Hours) * int64(time.Hour/l.BufferInterval) * int64(l.Buffers)
	if l.Format != lake.Parquet {
		e.Objects, e.Bytes = e.Objects+perFormat, e.Bytes+e.Events*jsonBytesPerEvent
	}
	if l.Format != lake.JSON {
		e.Objects, e.Bytes = e.Objects+perFormat, e.Bytes+e.Events*parquetBytesPerEvent
	}
	e.PutUSD, e.KeepUSD = prices.Put(e.Objects), prices.Keep(e.Bytes)
	return e
}

// sayBackfill prints the plan.
func (p *program) sayBackfill(b *backfill, asJSON bool) error {
	prices := report.DefaultPrices()
	e := b.expect(prices)
	if asJSON {
		type window struct {
			From        time.Time `json:"from"`
			To          time.Time `json:"to"`
			Interrupted bool      `json:"interrupted"`
		}
		windows := []window{}
		for _, w := range b.gaps.Windows {
			windows = append(windows, window{time.UnixMilli(w.From).UTC(), time.UnixMilli(w.To).UTC(), w.State == lake.Interrupted})
		}
		return json.NewEncoder(p.stdout).Encode(struct {
			Scenario string      `json:"scenario"`
			Seed     int64       `json:"seed"`
			There    int         `json:"hours_there"`
			Other    int         `json:"hours_of_others"`
			Over     int         `json:"hours_over,omitempty"`
			Windows  []window    `json:"windows"`
			Expected expectation `json:"expected"`
		}{b.whole.scenario.Name, b.whole.scenario.Seed, b.gaps.There, b.gaps.Other, b.gaps.Over, windows, e})
	}
	if len(b.gaps.Windows) == 0 {
		p.note("acme: nothing to do: %d hours are there, %d hold something else%s", b.gaps.There, b.gaps.Other, b.over())
		return nil
	}
	_, err := fmt.Fprintf(p.stdout, "would generate %s, seed %d: %d hours in %d windows, about %d events, %d objects, %.1f MB, into %s\n"+
		"%d hours are there, %d hold something else%s\n"+
		"on S3: $%.4f to put, $%.4f a month to keep (prices of %s)\n",
		b.whole.scenario.Name, b.whole.scenario.Seed, e.Hours, len(b.gaps.Windows), e.Events, e.Objects, float64(e.Bytes)/1e6, p.lakeName(),
		b.gaps.There, b.gaps.Other, b.over(), e.PutUSD, e.KeepUSD, prices.AsOf)
	return err
}

// sayFilled prints what was done.
func (p *program) sayFilled(b *backfill, sum lake.Summary, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(p.stdout).Encode(struct {
			Scenario string       `json:"scenario"`
			Seed     int64        `json:"seed"`
			There    int          `json:"hours_there"`
			Other    int          `json:"hours_of_others"`
			Over     int          `json:"hours_over,omitempty"`
			Windows  int          `json:"windows"`
			Lake     lake.Summary `json:"lake"`
		}{b.whole.scenario.Name, b.whole.scenario.Seed, b.gaps.There, b.gaps.Other, b.gaps.Over, len(b.gaps.Windows), sum})
	}
	p.note("acme: generated %d events in %d objects, %.2f MB, in %d windows; %d hours were there, %d hold something else%s",
		sum.Records, sum.Objects, float64(sum.Bytes)/1e6, len(b.gaps.Windows), b.gaps.There, b.gaps.Other, b.over())
	return nil
}
