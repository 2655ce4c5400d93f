package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"acme/telemetry/engine/lake"
	"acme/telemetry/engine/store"
	"acme/telemetry/engine/stream"
)

// pipelineOptions is what `acme pipeline up` needs.
type pipelineOptions struct {
	broker   brokerOptions
	events   generateOptions
	interval time.Duration
	group    string
	metrics  string
	length   time.Duration

	addresses addressFlags
	keys      []lake.Key
}

func (p *program) newPipelineCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "pipeline",
		Short: "Run the whole pipeline on this machine",
		Args:  knownVerb,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(p.newPipelineUpCmd())
	return cmd
}

func (p *program) newPipelineUpCmd() *cobra.Command {
	o := &pipelineOptions{}
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Run broker, generator and exporter together, until stopped",
		Long: `up runs a local broker, a generator that publishes to it as time passes, and an
exporter that fills the lake from it, in one process. Time passes --speed times as
fast as by the clock: at 60 the five minutes that Firehose gathers an object for are
five seconds, and an event is in the lake after five to seven of them.

Without --lake it has a lake of its own, beside the broker's log. A line says how far
each part is. ctrl+c stops the generator, delivers what it has
published, and stops the broker; the next up goes on where this one ended. A part
that fails stops the others, with its error.`,
		Example: `  acme pipeline up
  acme pipeline up --speed 600 --for 1m --lake ./demo
  acme pipeline up --speed 1 --metrics-listen 127.0.0.1:9464`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.events.seedGiven = cmd.Flags().Changed("seed")
			return p.runPipeline(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.events.scenario, "scenario", "streaming", "a shipped scenario (acme scenario ls) or a YAML file")
	f.StringArrayVar(&o.events.set, "set", nil, "change a field of the scenario: path=value (may be given again)")
	f.Int64Var(&o.events.seed, "seed", 0, "seed (default: the scenario's)")
	f.StringVar(&o.events.from, "from", "", "begin of time in the pipeline, UTC (default: the scenario's)")
	f.Float64Var(&o.events.kafka.speed, "speed", 60, "how many times as fast time passes")
	f.DurationVar(&o.interval, "buffer-interval", 5*time.Minute, "how long an object is gathered, in the pipeline's time")
	f.DurationVar(&o.length, "for", 0, "stop after so long by the clock (default: when told to)")
	f.StringVarP(&o.group, "group", "g", "acme-pipeline", "consumer group of the exporter")
	f.StringVar(&o.metrics, "metrics-listen", "", "address for Prometheus, such as 127.0.0.1:9464")
	o.addresses.add(f)
	o.broker.add(cmd, "127.0.0.1:0", "acme-pipeline")
	f.Lookup("retention").DefValue, o.broker.retention = "forever", "forever"
	return cmd
}

// part is one of the pipeline's: it runs until its context ends, and then in order to
// its end.
type part struct {
	name string
	stop context.CancelFunc
	done chan struct{}
	err  error
}

// start runs a part. Its context ends only when it is told to stop.
func start(ctx context.Context, name string, run func(context.Context) error) *part {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	t := &part{name: name, stop: cancel, done: make(chan struct{})}
	go func() {
		defer close(t.done)
		defer cancel()
		if err := caught(func() error { return run(ctx) }); err != nil && !(ctx.Err() != nil && onlyCanceled(err)) {
			t.err = fmt.Errorf("%s: %w", name, err)
		}
	}()
	return t
}

// onlyCanceled says that nothing else is in an error than that its context ended.
func onlyCanceled(err error) bool {
	switch e := err.(type) {
	case interface{ Unwrap() []error }:
		return !slices.ContainsFunc(e.Unwrap(), func(err error) bool { return !onlyCanceled(err) })
	case interface{ Unwrap() error }:
		return onlyCanceled(e.Unwrap())
	}
	return err == context.Canceled
}

// finish tells a part to stop, and waits until it has.
func (t *part) finish() error {
	t.stop()
	<-t.done
	return t.err
}

func (p *program) runPipeline(ctx context.Context, o *pipelineOptions) error {
	l, err := p.newPipeline(ctx, o)
	if err != nil {
		return err
	}
	if l.broker, err = p.startBroker(ctx, &o.broker); err != nil {
		return err
	}
	if p.watch != nil {
		p.watch(l)
		defer p.watch(nil)
	}
	if o.metrics != "" {
		server, err := p.serveMetrics(o.metrics, l.generation.layout.Stream, l.stats)
		if err != nil {
			return errors.Join(err, l.broker.close())
		}
		defer func() { _ = server.close() }()
	}
	err = l.run(ctx)
	if closed := l.broker.close(); err == nil {
		err = closed
	}
	l.finish(err == nil)
	return err
}

// pipeline is a broker, a generator and an exporter that run together.
type pipeline struct {
	p          *program
	o          *pipelineOptions
	generation *generation
	lake       store.Store
	broker     *localBroker

	clock     atomic.Pointer[stream.Pace] // of the pipeline's time; nil until the generator begins
	published atomic.Int64                // events, in this run
	delivered deliveries

	mu       sync.Mutex
	exporter *lake.Exporter   // the one that runs
	before   lake.ExportStats // of those that ended
}

// newPipeline resolves what is asked for; nothing runs yet.
func (p *program) newPipeline(ctx context.Context, o *pipelineOptions) (*pipeline, error) {
	o.broker.topic = defaultTopic
	o.events.kafka.topic, o.events.kafka.realtime, o.events.kafka.timestamp = defaultTopic, true, "arrival"
	o.events.shard, o.events.format, o.events.partitionBy, o.events.endless = "1/1", "json", "arrival", true
	switch {
	case !(o.events.kafka.speed > 0):
		return nil, usagef("--speed %v: must be more than 0", o.events.kafka.speed)
	case o.interval < time.Second || o.interval > 15*time.Minute:
		return nil, usagef("--buffer-interval %s: must be 1s to 15m, as Firehose has it", o.interval)
	case o.length < 0:
		return nil, usagef("--for %s: must not be negative", o.length)
	}
	g, err := p.planGeneration(&o.events)
	if err != nil {
		return nil, err
	}
	if p.global.lake == "" {
		// Not the default lake, in which telemetry of another scenario may be.
		p.global.lake = p.brokerFolder(&o.broker) + "-lake"
		p.note("acme: the lake is %s; --lake takes another", p.lakeName())
	}
	st, err := p.openLake()
	if err != nil {
		return nil, err
	}
	if g.layout.IP, o.keys, err = o.addresses.rule(ctx, p); err != nil {
		return nil, err
	}
	g.layout.BufferInterval = o.interval
	l := &pipeline{p: p, o: o, generation: g}
	l.lake = deliveredTo{Store: st, prefix: strings.SplitN(g.layout.Prefix, "/", 2)[0] + "/", tell: l.noteObject, put: l.notePut}
	return l, nil
}

// run runs the parts until one ends, or the context does, or time is up; and then ends
// them in the order of the data.
func (l *pipeline) run(ctx context.Context) error {
	exporter := start(ctx, "exporter", func(ctx context.Context) error { return l.export(ctx, 0) })
	generator := start(ctx, "generator", l.generate)
	display := start(ctx, "status", l.display)
	var timeUp <-chan time.Time
	if l.o.length > 0 {
		timer := time.NewTimer(l.o.length)
		defer timer.Stop()
		timeUp = timer.C
	}
	select {
	case <-ctx.Done():
	case <-timeUp:
	case <-generator.done:
	case <-exporter.done:
	}
	err := generator.finish()
	failed := exporter.finish()
	if failed == nil {
		// What is published is delivered: a second exporter of the group goes on where
		// the first one stood, and ends at the log's end.
		drain := start(ctx, "exporter", func(ctx context.Context) error { return l.export(ctx, drained) })
		<-drain.done
		failed = drain.err
	}
	return errors.Join(err, failed, display.finish())
}

// drained is how long the topic says nothing new before the exporter is at its end.
const drained = 500 * time.Millisecond

// generate publishes as the pipeline's time passes.
func (l *pipeline) generate(ctx context.Context) error {
	k := &l.o.events.kafka
	producer, err := stream.NewProducer(ctx, l.broker.Config(), stream.Publication{
		Topic: k.topic, Run: runName(l.generation, k.topic),
		Every: max(100*time.Millisecond, min(2*time.Second, l.byClock(l.o.interval)/20)),
		Stamp: func(arrival int64) int64 { // called for each event as it leaves
			l.published.Add(1)
			return arrival
		},
	})
	if err != nil {
		return err
	}
	from := l.generation.window.From
	if done := producer.Published(); done.Records > 0 {
		from = done.Arrival
	}
	l.clock.Store(&stream.Pace{Start: l.p.now(), From: from, Speed: k.speed})
	quiet := *l.p // the status line says how far it is
	quiet.global.quiet, quiet.global.progress = true, "none"
	_, err = quiet.publish(ctx, l.generation, &l.o.events, producer)
	if closed := producer.Close(); err == nil {
		err = closed
	}
	return err
}

// export delivers until it is told to stop; or, where idle is not zero, until the topic
// has been read to its end and says nothing new for so long.
func (l *pipeline) export(ctx context.Context, idle time.Duration) error {
	consumer, err := stream.NewConsumer(ctx, stream.ConsumerConfig{Cluster: l.broker.Config(), Topic: l.o.broker.topic, Group: l.o.group})
	if err != nil {
		return err
	}
	defer consumer.Close()
	e, err := lake.NewExporter(lake.ExportConfig{
		Store: l.lake, Log: consumer, Topic: l.o.broker.topic, TopicID: consumer.Topic().ID, Group: l.o.group,
		Layout: l.generation.layout, Keys: l.o.keys, Hold: l.byClock(l.o.interval), UntilIdle: idle, Now: l.p.now,
		Warn: func(w lake.Warning) { l.p.note("acme: exporter: %s", w) },
	})
	if err != nil {
		return err
	}
	l.mu.Lock()
	l.exporter = e
	l.mu.Unlock()
	s, err := e.Run(ctx)
	l.mu.Lock()
	l.exporter, l.before = nil, sumStats(l.before, s)
	l.mu.Unlock()
	return err
}

// byClock gives how long by the clock a span of the pipeline's time is.
func (l *pipeline) byClock(d time.Duration) time.Duration {
	return time.Duration(float64(d) / l.o.events.kafka.speed)
}

// time gives the pipeline's time at a moment by the clock; zero before it begins.
func (l *pipeline) time(at time.Time) time.Time {
	pace := l.clock.Load()
	if pace == nil {
		return time.Time{}
	}
	passed := time.Duration(float64(at.Sub(pace.Start)) * pace.Speed)
	return time.UnixMilli(pace.From).Add(passed)
}

// stats gives the figures of the exporters of this run together. An event's age is by
// the pipeline's time.
func (l *pipeline) stats() lake.ExportStats {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.before
	if l.exporter != nil {
		s = sumStats(l.before, l.exporter.Stats())
	}
	now := l.p.now()
	if s.Freshness > 0 {
		oldest := now.Add(-time.Duration(s.Freshness * float64(time.Second)))
		s.Freshness = max(0, l.time(now).Sub(oldest).Seconds())
	}
	return s
}

// sumStats adds what an exporter did to what others did before it.
func sumStats(before, s lake.ExportStats) lake.ExportStats {
	for _, f := range []struct{ to, of *int64 }{
		{&s.Records, &before.Records}, {&s.Bytes, &before.Bytes}, {&s.Objects, &before.Objects},
		{&s.ReadRecords, &before.ReadRecords}, {&s.ReadBytes, &before.ReadBytes}, {&s.Backpressured, &before.Backpressured}, {&s.Poison, &before.Poison},
		{&s.Converted, &before.Converted}, {&s.FailedConversion, &before.FailedConversion}, {&s.Retries, &before.Retries},
		{&s.Existing, &before.Existing}, {&s.Redelivered, &before.Redelivered}, {&s.Replayed, &before.Replayed},
		{&s.Cuts, &before.Cuts}, {&s.Commits, &before.Commits}, {&s.Gaps, &before.Gaps}, {&s.GapOffsets, &before.GapOffsets},
	} {
		*f.to += *f.of
	}
	return s
}

// deliveries are what came into the lake last.
type deliveries struct {
	mu      sync.Mutex
	key     string
	oldest  time.Time // arrival of the object's oldest event
	latency time.Duration
	err     error // of the last put; nil where it did what it should
}

// deliveredTo is a store that tells of the objects of a prefix that are put into it.
type deliveredTo struct {
	store.Store
	prefix string
	tell   func(key string)
	put    func(err error) // told of every put, nil of one that did what it should
}

// Put implements store.Store.
func (d deliveredTo) Put(ctx context.Context, key string, r io.Reader) (store.Info, error) {
	info, err := d.Store.Put(ctx, key, r)
	if err == nil && strings.HasPrefix(key, d.prefix) {
		d.tell(key)
	}
	if errors.Is(err, store.ErrExists) {
		d.put(nil)
	} else {
		d.put(err)
	}
	return info, err
}

// notePut notes why the last put failed, or that it did not.
func (l *pipeline) notePut(err error) {
	l.delivered.mu.Lock()
	defer l.delivered.mu.Unlock()
	l.delivered.err = err
}

// putError is why the last put failed; nil where it did not.
func (l *pipeline) putError() error {
	l.delivered.mu.Lock()
	defer l.delivered.mu.Unlock()
	return l.delivered.err
}

// noteObject notes how old the oldest event of an object is that is now in the lake, in
// the pipeline's time. Firehose, and so the exporter, writes its arrival into the name.
func (l *pipeline) noteObject(key string) {
	at := l.time(l.p.now())
	oldest, ok := oldestArrival(key)
	l.delivered.mu.Lock()
	defer l.delivered.mu.Unlock()
	l.delivered.key = key
	if ok && !at.IsZero() {
		l.delivered.oldest, l.delivered.latency = oldest, at.Sub(oldest)
	}
}

// oldestArrival reads the time in an object's name: ...-2025-08-11-17-35-00-<uuid>.gz
func oldestArrival(key string) (time.Time, bool) {
	const stamp, uuid = "2006-01-02-15-04-05", 36
	name := strings.TrimSuffix(path.Base(key), path.Ext(key))
	end := len(name) - uuid - 1
	if end < len(stamp) {
		return time.Time{}, false
	}
	t, err := time.Parse(stamp, name[end-len(stamp):end])
	return t, err == nil
}
