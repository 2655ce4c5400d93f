package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"acme/telemetry/engine/report"
	"acme/telemetry/engine/sim"
	"acme/telemetry/engine/stream"
)

// checkTopic refuses what a topic is not filled with.
func (o *backfillOptions) checkTopic(cmd *cobra.Command) error {
	for _, name := range []string{"shard", "parallel"} {
		if cmd.Flags().Changed(name) {
			return usagef("--%s: of a lake; a topic is filled in order, by one", name)
		}
	}
	return o.kafka.checkTopic(cmd)
}

// topicGaps is what a topic lacks of a range.
type topicGaps struct {
	windows     []sim.Window // whole hours, each as long as it can be, ascending but for the first one of resumes
	resumes     bool         // the first window goes on in an hour that was cut short
	there       int          // hours that this backfill has published
	other       int          // hours that other runs are in
	unpublished bool         // no run has a position in the topic, and it is not empty
}

const hourMS = int64(time.Hour / time.Millisecond)

// findTopicGaps plans a backfill of whole hours by what its own run has published and what
// others have. An hour that its own run is in the midst of is finished, wherever it lies.
func findTopicGaps(whole sim.Window, own stream.Progress, others []stream.Run) topicGaps {
	var g topicGaps
	taken := map[int64]bool{}
	take := func(from, to int64, count *int) {
		for h := max(from, whole.From) / hourMS * hourMS; h < min(to, whole.To); h += hourMS {
			if !taken[h] {
				*count++
			}
			taken[h] = true
		}
	}
	for _, s := range own.Done {
		take(s.From, s.To, &g.there)
	}
	cut := int64(-1) // the hour that was not finished
	if own.Open() {
		cut = own.Arrival / hourMS * hourMS
		take(own.From, cut, &g.there)
	}
	for _, run := range others {
		for _, s := range run.Progress.Taken() {
			take(s.From, s.To, &g.other)
		}
	}
	if own.Open() {
		if taken[cut] { // another run is in it too: what is missing of it is still this one's
			g.other--
		}
		delete(taken, cut)
		if cut < whole.From || cut >= whole.To {
			g.windows = append(g.windows, sim.Window{From: cut, To: cut + hourMS})
		}
	}
	for from := whole.From; from < whole.To; from += hourMS {
		if taken[from] {
			continue
		}
		if n := len(g.windows) - 1; n >= 0 && g.windows[n].To == from && from != cut && from != whole.From {
			g.windows[n].To += hourMS
			continue
		}
		g.windows = append(g.windows, sim.Window{From: from, To: from + hourMS})
	}
	if own.Open() {
		i := slices.IndexFunc(g.windows, func(w sim.Window) bool { return w.From == cut })
		first := g.windows[i]
		g.windows = slices.Insert(slices.Delete(g.windows, i, i+1), 0, first)
		g.resumes = true
	}
	return g
}

// topicBackfill is a range with what a topic lacks of it.
type topicBackfill struct {
	whole *generation // of the range
	run   string
	own   stream.Progress
	topic stream.Topic
	gaps  topicGaps
}

// topicRunName names the backfills of a topic from one source, whatever their range.
func topicRunName(g *generation, topic string) string {
	all := *g
	all.window = sim.Window{}
	return runName(&all, "backfill "+topic)
}

// find plans from what the topic holds. own is where the run stands that is taken over; nil
// for where it is found to stand.
func (b *topicBackfill) find(ctx context.Context, c stream.Config, own *stream.Progress) error {
	h, err := c.Holds(ctx, b.topic.Name)
	if err != nil {
		return err
	}
	b.topic = h.Topic
	if i := slices.IndexFunc(h.Runs, func(r stream.Run) bool { return r.Name == b.run }); i >= 0 {
		b.own = h.Runs[i].Progress
		h.Runs = slices.Delete(h.Runs, i, i+1)
	}
	if own != nil {
		b.own = *own
	}
	b.gaps = findTopicGaps(b.whole.window, b.own, h.Runs)
	b.gaps.unpublished = !h.Empty && len(h.Runs) == 0 && b.own.Records == 0
	return nil
}

// of gives the run of what is left of a window.
func (b *topicBackfill) of(i int) *generation {
	g := *b.whole
	if g.window = b.gaps.windows[i]; i == 0 && b.gaps.resumes {
		g.window.From = b.own.Arrival
	}
	return &g
}

// expected gives about how many events the windows have.
func (b *topicBackfill) expected() (n int64) {
	for i := range b.gaps.windows {
		n += expectedEvents(b.of(i))
	}
	return n
}

// backfillTopic publishes the hours of a range that a topic lacks.
func (p *program) backfillTopic(ctx context.Context, o *backfillOptions) error {
	whole, err := p.planBackfill(o)
	if err != nil {
		return err
	}
	c, err := p.cluster(&o.kafka.kafkaFlags)
	if err != nil {
		return err
	}
	b := &topicBackfill{whole: whole, topic: stream.Topic{Name: o.kafka.topic}}
	name := topicRunName(whole, o.kafka.topic)
	b.run = stream.RunName(name)
	if o.dryRun {
		return p.planTopicBackfill(ctx, b, c, o)
	}
	if err := p.createTopic(ctx, &o.kafka, c); err != nil {
		return err
	}
	pub := p.publication(&o.kafka, name)
	pub.Stretches = true
	producer, err := stream.NewProducer(ctx, c, pub)
	if err != nil {
		return err
	}
	events, err := p.fillTopic(ctx, b, c, o, producer)
	if closed := producer.Close(); err == nil {
		err = closed
	}
	if err != nil {
		r := published{run: b.run, before: b.own, after: producer.Published()}
		return p.explainPublishError(ctx, whole, &o.generateOptions, r, err)
	}
	return p.sayTopicFilled(b, events, o)
}

// fillTopic publishes the windows, one after another, and gives how many events it did.
func (p *program) fillTopic(ctx context.Context, b *topicBackfill, c stream.Config, o *backfillOptions, producer *stream.Producer) (int64, error) {
	own := producer.Published()
	if err := b.find(ctx, c, &own); err != nil {
		return 0, err
	}
	p.warnUnpublished(b)
	if len(b.gaps.windows) == 0 {
		return 0, nil
	}
	oldest := b.of(0).window.From
	for i := range b.gaps.windows {
		oldest = min(oldest, b.of(i).window.From)
	}
	if err := p.mayPublish(b.whole, &o.kafka, producer, oldest); err != nil {
		return 0, err
	}
	progress := p.newProgress("backfill "+b.whole.scenario.Name, "events", b.expected)
	sent := int64(0)
	emit := p.paced(ctx, b.whole, &o.kafka, producer, oldest, progress, &sent)
	for i := range b.gaps.windows {
		skip := int64(0)
		if i == 0 && b.gaps.resumes {
			skip = b.own.Within
		} else {
			producer.Begin(b.gaps.windows[i].From)
		}
		g := b.of(i)
		_, err := g.behind(ctx, producer, g.window, skip, emit)
		switch {
		case err == nil:
			err = producer.Finish(ctx, b.gaps.windows[i].To)
		case ctx.Err() != nil: // what was sent is whole, and stays
			if committed := producer.Commit(ctx); committed != nil {
				err = committed
			}
		}
		if err != nil {
			progress.finish(sent, "failed")
			return sent, fmt.Errorf("%s to %s: %w", rfc3339(b.gaps.windows[i].From), rfc3339(b.gaps.windows[i].To), err)
		}
	}
	progress.finish(sent, "done")
	return sent, nil
}

func rfc3339(ms int64) string { return time.UnixMilli(ms).UTC().Format(time.RFC3339) }

// warnUnpublished says that a topic has something whose hours nobody knows.
func (p *program) warnUnpublished(b *topicBackfill) {
	if b.gaps.unpublished {
		p.note("acme: warning: topic %s is not empty, and no run has a position in it: hours that others have published are not seen", b.topic.Name)
	}
}

// topicExpectation is what a backfill is about to publish.
type topicExpectation struct {
	Hours   int     `json:"hours"`
	Events  int64   `json:"events"`
	Bytes   int64   `json:"bytes"`
	KeepUSD float64 `json:"keep_usd_a_month"`
}

// Bytes of an event in a topic, with the batch that it is in, as published by default and
// measured over a day of the scenario streaming.
const topicBytesPerEvent = 115

func (b *topicBackfill) expect(prices report.Prices) topicExpectation {
	var e topicExpectation
	for _, w := range b.gaps.windows {
		e.Hours += int((w.To - w.From) / hourMS)
	}
	e.Events = b.expected()
	e.Bytes = e.Events * topicBytesPerEvent
	e.KeepUSD = prices.KeepLog(e.Bytes)
	return e
}

// planTopicBackfill finds and prints the plan. It takes no run over.
func (p *program) planTopicBackfill(ctx context.Context, b *topicBackfill, c stream.Config, o *backfillOptions) error {
	what := ""
	err := b.find(ctx, c, nil)
	switch {
	case errors.As(err, new(*stream.TopicMissingError)) && o.kafka.createTopic:
		if b.topic, err = o.kafka.newTopic(); err != nil {
			return err
		}
		what = ", which would be made"
		b.gaps = findTopicGaps(b.whole.window, stream.Progress{}, nil)
	case err != nil:
		return err
	}
	p.warnUnpublished(b)
	prices := report.DefaultPrices()
	e := b.expect(prices)
	if o.asJSON {
		return json.NewEncoder(p.stdout).Encode(struct {
			topicFacts
			Windows  []topicWindow    `json:"windows"`
			Expected topicExpectation `json:"expected"`
		}{b.facts(), b.windows(), e})
	}
	if len(b.gaps.windows) == 0 {
		p.sayNothingMissing(b)
		return nil
	}
	_, err = fmt.Fprintf(p.stdout, "would publish %s, seed %d: %d hours in %d windows, about %d events, %.1f MB, to topic %s of %d partitions%s; run %s\n"+
		"%d hours are published, other runs are in %d\n"+
		"on MSK: nothing to publish, $%.4f a month to keep on %d brokers (prices of %s)\n",
		b.whole.scenario.Name, b.whole.scenario.Seed, e.Hours, len(b.gaps.windows), e.Events, float64(e.Bytes)/1e6, b.topic.Name, b.topic.Partitions, what, b.run,
		b.gaps.there, b.gaps.other, e.KeepUSD, prices.MSK.Brokers, prices.AsOf)
	return err
}

type topicWindow struct {
	From        time.Time `json:"from"`
	To          time.Time `json:"to"`
	Interrupted bool      `json:"interrupted"`
}

func (b *topicBackfill) windows() []topicWindow {
	out := []topicWindow{}
	for i, w := range b.gaps.windows {
		out = append(out, topicWindow{time.UnixMilli(w.From).UTC(), time.UnixMilli(w.To).UTC(), i == 0 && b.gaps.resumes})
	}
	return out
}

// topicFacts is what every answer says.
type topicFacts struct {
	Scenario string `json:"scenario"`
	Seed     int64  `json:"seed"`
	Topic    string `json:"topic"`
	Run      string `json:"run"`
	There    int    `json:"hours_there"`
	Other    int    `json:"hours_of_others"`
}

func (b *topicBackfill) facts() topicFacts {
	return topicFacts{b.whole.scenario.Name, b.whole.scenario.Seed, b.topic.Name, b.run, b.gaps.there, b.gaps.other}
}

func (p *program) sayNothingMissing(b *topicBackfill) {
	p.note("acme: nothing to do: %d hours are published, other runs are in %d", b.gaps.there, b.gaps.other)
}

// sayTopicFilled prints what was done.
func (p *program) sayTopicFilled(b *topicBackfill, events int64, o *backfillOptions) error {
	if o.asJSON {
		return json.NewEncoder(p.stdout).Encode(struct {
			topicFacts
			Windows   int   `json:"windows"`
			Published int64 `json:"published"`
		}{b.facts(), len(b.gaps.windows), events})
	}
	if len(b.gaps.windows) == 0 {
		p.sayNothingMissing(b)
		return nil
	}
	p.note("acme: published %d events to topic %s in %d windows; %d hours were published, other runs are in %d", events, b.topic.Name, len(b.gaps.windows), b.gaps.there, b.gaps.other)
	p.note("acme: scenario %s, seed %d, run %s", b.whole.scenario.Name, b.whole.scenario.Seed, b.run)
	return nil
}
