package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"acme/telemetry/engine/sim"
	"acme/telemetry/engine/stream"
	"acme/telemetry/schema"
)

// publishOptions is what `acme generate --to kafka` needs beside the events.
type publishOptions struct {
	kafkaFlags
	realtime    bool
	speed       float64
	rate        float64
	compression string
	createTopic bool
	retention   string
	timestamp   string
	flags       []string // the names of all of them
}

func (o *publishOptions) add(cmd *cobra.Command) {
	f := cmd.Flags()
	before := flagNames(cmd)
	f.BoolVar(&o.realtime, "realtime", false, "with --to kafka: publish each event when it arrives, from now on unless --from says otherwise, without end unless --for does")
	f.Float64Var(&o.speed, "speed", 1, "with --to kafka: let time pass so many times as fast, from the window's begin on")
	o.addTopic(cmd, "--to kafka")
	o.take(cmd, before)
}

// addTopic adds which topic, and in what form; where is what one gives to publish at all.
func (o *publishOptions) addTopic(cmd *cobra.Command, where string) {
	f := cmd.Flags()
	before := flagNames(cmd)
	o.kafkaFlags.add(cmd)
	f.Float64Var(&o.rate, "rate", 0, "with "+where+": publish at most so many events a second (default: as fast as the brokers take them)")
	f.StringVar(&o.compression, "compression", "gzip", "of the published batches: gzip, zstd, lz4, snappy or none")
	f.BoolVar(&o.createTopic, "create-topic", false, "make the topic if there is none, as the deployment has it: 20 partitions, 3 replicas or as many as there are brokers, gzip")
	f.StringVar(&o.retention, "retention", "168h", "with --create-topic: how long an event is kept after its arrival; forever, or a duration")
	f.StringVar(&o.timestamp, "timestamp", "arrival", "of the events in the topic: arrival, or now for the time of publishing")
	o.take(cmd, before)
}

// take notes the flags that came to those that were there before.
func (o *publishOptions) take(cmd *cobra.Command, before []string) {
	for _, name := range flagNames(cmd) {
		if !slices.Contains(before, name) && !slices.Contains(o.flags, name) {
			o.flags = append(o.flags, name)
		}
	}
}

func flagNames(cmd *cobra.Command) (names []string) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	return names
}

// check refuses what goes with another target, or not together.
func (o *publishOptions) check(cmd *cobra.Command, to string) error {
	if to != "kafka" {
		return o.refuse(cmd, "--to kafka")
	}
	if !(o.speed > 0) {
		return usagef("--speed %v: must be more than 0", o.speed)
	}
	if !cmd.Flags().Changed("speed") && !o.realtime {
		o.speed = 0 // arrivals do not matter
	}
	return o.checkTopic(cmd)
}

// refuse refuses the flags of publishing where nothing is published.
func (o *publishOptions) refuse(cmd *cobra.Command, where string) error {
	for _, name := range o.flags {
		if cmd.Flags().Changed(name) {
			return usagef("--%s: only with %s", name, where)
		}
	}
	return nil
}

func (o *publishOptions) checkTopic(cmd *cobra.Command) error {
	changed := cmd.Flags().Changed
	for _, name := range []string{"file-format", "delimiter", "partition-by"} {
		if changed(name) {
			return usagef("--%s: of objects in the lake; a topic has events only", name)
		}
	}
	switch {
	case o.rate < 0 || changed("rate") && !(o.rate > 0):
		return usagef("--rate %v: must be more than 0", o.rate)
	case !slices.Contains(stream.Compressions(), o.compression):
		return usagef("--compression %s: must be one of %s", o.compression, strings.Join(stream.Compressions(), ", "))
	case o.timestamp != "arrival" && o.timestamp != "now":
		return usagef("--timestamp %s: must be arrival or now", o.timestamp)
	case changed("retention") && !o.createTopic:
		return usagef("--retention: of the topic that --create-topic makes")
	}
	_, err := o.newTopic()
	return err
}

// newTopic gives the topic that --create-topic makes.
func (o *publishOptions) newTopic() (stream.Topic, error) {
	t := stream.NewTopic(o.topic)
	if o.retention == "forever" {
		t.Retention = -1
		return t, nil
	}
	d, err := time.ParseDuration(o.retention)
	if err != nil || d < time.Millisecond {
		return t, usagef("--retention %s: write a duration, as 168h, or forever", o.retention)
	}
	t.Retention = d
	return t, nil
}

// beginNow makes the window of --realtime begin now and not end, where the user says
// nothing else.
func (o *publishOptions) beginNow(g *generateOptions, now time.Time) {
	if !o.realtime {
		return
	}
	if g.from == "" {
		g.from = now.UTC().Truncate(time.Second).Format(time.RFC3339)
	}
	g.endless = !g.lengthGiven
}

// pace gives when events leave, for a run that goes on at an arrival.
func (o *publishOptions) pace(g *generation, from int64, now time.Time) stream.Pace {
	pace := stream.Pace{Start: now, From: from, Speed: o.speed, Rate: o.rate}
	if o.realtime && o.speed == 1 { // by the clock: what should have left is late, and leaves now
		pace.From = now.UnixMilli()
	}
	return pace
}

// ahead gives how far an event's timestamp is ahead of the clock at most when it
// is published.
func (o *publishOptions) ahead(g *generation, from int64, now time.Time) time.Duration {
	switch pace := o.pace(g, from, now); {
	case o.timestamp == "now" || g.endless && o.speed == 1:
		return 0
	case o.speed == 0:
		return time.UnixMilli(g.window.To).Sub(now)
	default:
		return max(time.UnixMilli(from).Sub(now), time.UnixMilli(g.window.To).Sub(pace.Due(0, g.window.To)))
	}
}

// runName names what is published: all that decides about the events but where the
// window ends, so that a longer one goes on behind a shorter.
func runName(g *generation, topic string) string {
	r := g.config(nil).Run
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %s %d %q %d %d/%d %q", r.Scenario, r.Digest, r.Seed, r.Version, r.From, r.Shard, r.Shards, topic))
	return hex.EncodeToString(sum[:12])
}

// published is what a run to Kafka did.
type published struct {
	run    string
	before stream.Progress // what was there already
	after  stream.Progress
	stats  sim.Stats
}

// generateToKafka publishes the events of the window that are not published yet.
func (p *program) generateToKafka(ctx context.Context, g *generation, o *generateOptions) error {
	c, err := p.cluster(&o.kafka.kafkaFlags)
	if err != nil {
		return err
	}
	if o.dryRun {
		return p.sayPublication(ctx, g, o, c)
	}
	if err := p.createTopic(ctx, &o.kafka, c); err != nil {
		return err
	}
	pub := p.publication(&o.kafka, runName(g, o.kafka.topic))
	pub.From = g.window.From
	producer, err := stream.NewProducer(ctx, c, pub)
	if err != nil {
		return err
	}
	r := published{run: producer.Run(), before: producer.Published()}
	r.stats, err = p.publish(ctx, g, o, producer)
	r.after = producer.Published()
	if closed := producer.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return p.explainPublishError(ctx, g, o, r, err)
	}
	return p.sayPublished(g, o, r)
}

// publication gives what the flags say of publishing a run.
func (p *program) publication(o *publishOptions, run string) stream.Publication {
	pub := stream.Publication{Topic: o.topic, Run: run, Compression: o.compression}
	if o.timestamp == "now" {
		pub.Stamp = func(int64) int64 { return p.now().UnixMilli() }
	}
	return pub
}

func (p *program) createTopic(ctx context.Context, o *publishOptions, c stream.Config) error {
	if !o.createTopic {
		return nil
	}
	t, err := o.newTopic()
	if err != nil {
		return err
	}
	made, err := c.Create(ctx, t)
	if err != nil {
		return err
	}
	if made {
		p.note("acme: made topic %s", t.Name)
	}
	return nil
}

// publish generates behind what is published, at the pace that is asked for.
func (p *program) publish(ctx context.Context, g *generation, o *generateOptions, producer *stream.Producer) (sim.Stats, error) {
	window, skip := g.window, int64(0)
	if done := producer.Published(); done.Records > 0 {
		window.From, skip = done.Arrival, done.Within
	}
	if window.From >= window.To {
		return sim.Stats{}, nil
	}
	if err := p.mayPublish(g, &o.kafka, producer, window.From); err != nil {
		return sim.Stats{}, err
	}
	emit, finish := p.publishing(ctx, g, o, producer, window.From)
	stats, err := g.behind(ctx, producer, window, skip, emit)
	// What was sent when the run was told to stop is whole, and stays.
	if err == nil || ctx.Err() != nil {
		if committed := producer.Commit(ctx); committed != nil {
			err = committed
		}
	}
	finish(err)
	return stats, err
}

// behind generates a window but for its first events, which are published.
func (g *generation) behind(ctx context.Context, producer *stream.Producer, window sim.Window, skip int64, emit func([]schema.Record) error) (sim.Stats, error) {
	return sim.Generate(ctx, g.scenario, sim.Job{
		Window: window, Shard: g.shard, Workers: g.workers,
		Emit: func(batch []schema.Record) error {
			n := min(skip, int64(len(batch)))
			if n > 0 && batch[n-1].Arrival != window.From {
				return fmt.Errorf("publish run %s: the scenario has fewer events at %d ms than are published", producer.Run(), window.From)
			}
			skip -= n
			return emit(batch[n:])
		},
	})
}

// mayPublish says whether the topic keeps what arrives from a time on.
func (p *program) mayPublish(g *generation, o *publishOptions, producer *stream.Producer, from int64) error {
	now := p.now()
	oldest := time.UnixMilli(from)
	if o.timestamp == "now" {
		oldest = now
	}
	if err := producer.Topic().Accepts(oldest, o.ahead(g, from, now), now); err != nil {
		return err
	}
	if o.realtime {
		p.note("acme: publishing run %s; after an end, --from %s goes on with it", producer.Run(), time.UnixMilli(g.window.From).UTC().Format(time.RFC3339))
	}
	return nil
}

// publishing gives what takes a batch to the producer when it is due and tells how far
// the run is, and what ends the telling.
func (p *program) publishing(ctx context.Context, g *generation, o *generateOptions, producer *stream.Producer, from int64) (func([]schema.Record) error, func(error)) {
	var total func() int64
	if !g.endless {
		total = func() int64 { return expectedEvents(g) }
	}
	progress := p.newProgress("publish "+g.scenario.Name, "events", total)
	sent := producer.Published().Records
	emit := p.paced(ctx, g, &o.kafka, producer, from, progress, &sent)
	finish := func(err error) {
		state := "done"
		if err != nil {
			state = "failed"
		}
		progress.finish(producer.Published().Records, state)
	}
	return emit, finish
}

// paced gives what takes a batch to the producer when it is due, counting from a time on,
// and tells how many were sent.
func (p *program) paced(ctx context.Context, g *generation, o *publishOptions, producer *stream.Producer, from int64, progress *progress, sent *int64) func([]schema.Record) error {
	pacer := stream.Pacer{Pace: o.pace(g, from, p.now()), Now: p.now, Sleep: sleep, Idle: producer.Idle}
	publish := func(batch []schema.Record) error {
		if err := producer.Publish(ctx, batch); err != nil {
			return err
		}
		*sent += int64(len(batch))
		progress.at(*sent)
		return nil
	}
	return func(batch []schema.Record) error { return pacer.Hand(ctx, batch, publish) }
}

// sleep waits by the clock.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// explainPublishError adds what to do next.
func (p *program) explainPublishError(ctx context.Context, g *generation, o *generateOptions, r published, err error) error {
	var records *stream.RecordsError
	var fenced *stream.FencedError
	if r.after.Records > 0 {
		p.note("acme: %d events of the run are published", r.after.Records)
	}
	again := "what is published stays; run the same command again to go on"
	if o.kafka.realtime {
		again += ", with --from " + time.UnixMilli(g.window.From).UTC().Format(time.RFC3339)
	}
	switch {
	case errors.As(err, &records):
		return withHint(exitFailed, "change the setting, or choose another window with --from; --timestamp now files the events under the present", err)
	case errors.As(err, &fenced):
		return withHint(exitPartial, "what is published stays; the other process goes on, or the same command does", err)
	case ctx.Err() != nil:
		return withHint(exitPartial, again, err)
	case kafkaHint(err) == "":
		return withHint(exitCode(err), again, err)
	}
	return err
}

// sayPublished prints what a run did.
func (p *program) sayPublished(g *generation, o *generateOptions, r published) error {
	if o.asJSON {
		return json.NewEncoder(p.stdout).Encode(struct {
			Scenario  string    `json:"scenario"`
			Seed      int64     `json:"seed"`
			Digest    string    `json:"digest"`
			Topic     string    `json:"topic"`
			Run       string    `json:"run"`
			Already   int64     `json:"already_published"`
			Published int64     `json:"published"`
			Events    sim.Stats `json:"events"`
		}{g.scenario.Name, g.scenario.Seed, g.config(nil).Run.Digest, o.kafka.topic, r.run, r.before.Records, r.after.Records, r.stats})
	}
	switch n := r.after.Records - r.before.Records; {
	case r.before.Records == 0:
		p.note("acme: published %d events to topic %s", n, o.kafka.topic)
	case n == 0:
		p.note("acme: already there, nothing to do: %d events in topic %s", r.before.Records, o.kafka.topic)
	default:
		p.note("acme: finished an interrupted run: published %d events to topic %s behind %d", n, o.kafka.topic, r.before.Records)
	}
	p.note("acme: scenario %s, seed %d, run %s", g.scenario.Name, g.scenario.Seed, r.run)
	return nil
}

// sayPublication prints what a run would do.
func (p *program) sayPublication(ctx context.Context, g *generation, o *generateOptions, c stream.Config) error {
	var missing *stream.TopicMissingError
	what := ""
	t, err := c.Describe(ctx, o.kafka.topic)
	switch {
	case errors.As(err, &missing) && o.kafka.createTopic:
		if t, err = o.kafka.newTopic(); err != nil {
			return err
		}
		what = ", which would be made"
	case err != nil:
		return err
	}
	events := fmt.Sprintf("about %d events", expectedEvents(g))
	if g.endless {
		events = "events without end"
	}
	_, err = fmt.Fprintf(p.stdout, "would publish %s, seed %d, arrival from %s on, %s, to topic %s of %d partitions%s; run %s\n",
		g.scenario.Name, g.scenario.Seed, time.UnixMilli(g.window.From).UTC().Format(time.RFC3339), events, t.Name, t.Partitions, what, runName(g, t.Name))
	return err
}
