package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"acme/telemetry/engine/lake"
	"acme/telemetry/engine/stream"
)

// exportOptions is what `acme export` needs.
type exportOptions struct {
	kafka        kafkaFlags
	group        string
	member       string
	readFrom     string
	bufferSize   string
	interval     time.Duration
	partitionBy  string
	format       string
	delimiter    string
	perPartition bool
	untilIdle    time.Duration
	idleGiven    bool
	follow       bool
	allowGaps    bool
	workers      int
	metrics      string
	addresses    addressFlags
	asJSON       bool
}

// defaultGroup is the consumer group that an export is a member of.
const defaultGroup = "acme-export"

func (p *program) newExportCmd() *cobra.Command {
	o := &exportOptions{}
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Export a Kafka or MSK topic into the lake, each record exactly once",
		Long: `export does what the Firehose stream of the deployment does: it gathers the
records of a topic by size or interval, and publishes objects under the hour of
their arrival. Each record is in exactly one object, whatever is killed when: an
object is planned in the consumer group's commit before it is written, and who
finds the plan of another writes the same object.

Several exporters in one group share the partitions. One that is stopped goes on
where it was when it is run again.`,
		Example: `  acme export --brokers 127.0.0.1:9092
  acme export --follow --member a --buffer-interval 60s
  acme export --read-from 2025-08-11T17:00:00Z --until-idle 30s --partition-by event`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.idleGiven = cmd.Flags().Changed("until-idle")
			return p.runExport(cmd.Context(), o)
		},
	}
	o.kafka.add(cmd)
	f := cmd.Flags()
	f.StringVarP(&o.group, "group", "g", defaultGroup, "consumer group, which keeps how far the export is")
	f.StringVar(&o.member, "member", "", "lasting name of this member of the group: killed and run again it has its partitions back at once")
	f.StringVar(&o.readFrom, "read-from", "earliest", "where a new group begins: earliest, now, or a time as 2025-08-11T17:00:00Z")
	f.StringVar(&o.bufferSize, "buffer-size", "128MiB", "bytes of an object before compression")
	f.DurationVar(&o.interval, "buffer-interval", 300*time.Second, "how long a record waits for its object to be full, at most 900s")
	f.StringVar(&o.partitionBy, "partition-by", "arrival", "time an object is filed under: arrival or event")
	f.StringVar(&o.format, "file-format", "json", "objects: json (gzip), parquet or both")
	f.StringVar(&o.delimiter, "delimiter", "newline", "between records of an object: newline or none")
	f.BoolVar(&o.perPartition, "per-partition", false, "objects of one Kafka partition each, instead of all that this member has")
	f.DurationVar(&o.untilIdle, "until-idle", 5*time.Second, "end when the topic is read to its end and nothing has come for so long")
	f.BoolVar(&o.follow, "follow", false, "go on until stopped")
	f.BoolVar(&o.allowGaps, "allow-gaps", false, "go on behind records that the topic's retention deleted before they were exported")
	o.addresses.add(f)
	f.IntVar(&o.workers, "workers", 0, "goroutines that compress; changes nothing but the time (default: one a core)")
	f.StringVar(&o.metrics, "metrics-listen", "", "address for Prometheus, such as 127.0.0.1:9464; --progress json writes the same figures as lines")
	f.BoolVar(&o.asJSON, "json", false, "print what was done as JSON, in CloudWatch's names of metrics")
	return cmd
}

// exportFetch is how much a broker answers at a time. All partitions are waited for, so
// that little of each is better than much of one; and a request costs a broker, whatever
// it answers.
const exportFetch = 512 << 10

// fetchWait is how long a broker with nothing more keeps that back from an export that
// ends when nothing has come for so long: little of it, and it is not asked without end.
func fetchWait(untilIdle time.Duration) time.Duration {
	return min(max(untilIdle/100, 10*time.Millisecond), stream.LongestFetchWait)
}

// exportMemory is how much the garbage collector lets the program grow to before it
// works harder. What an export holds is bounded; how much of what it holds no more
// lies about is not, without this.
const exportMemory = 208 << 20

func (p *program) runExport(ctx context.Context, o *exportOptions) error {
	layout, err := o.layout()
	if err != nil {
		return err
	}
	var keys []lake.Key
	if layout.IP, keys, err = o.addresses.rule(ctx, p); err != nil {
		return err
	}
	warnings, err := layout.Check()
	if err != nil {
		return withHint(exitUsage, "", err)
	}
	for _, w := range warnings {
		p.note("acme: warning: %s", w)
	}
	cluster, err := p.cluster(&o.kafka)
	if err != nil {
		return err
	}
	from, err := stream.ParseReadFrom(o.readFrom)
	if err != nil {
		return usagef("--read-from %w", err)
	}
	st, err := p.openLake()
	if err != nil {
		return err
	}
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(exportMemory))
	untilIdle, wait := o.untilIdle, fetchWait(o.untilIdle)
	if o.follow {
		untilIdle, wait = 0, stream.LongestFetchWait
	}
	consumer, err := stream.NewConsumer(ctx, stream.ConsumerConfig{
		Cluster: cluster, Topic: o.kafka.topic, Group: o.group, Member: o.member, From: from, FetchBytes: exportFetch, FetchWait: wait,
	})
	if err != nil {
		return withHint(exitCode(err), kafkaHint(err), err)
	}
	defer consumer.Close()
	c := lake.ExportConfig{
		Store: st, Log: consumer, Topic: o.kafka.topic, TopicID: consumer.Topic().ID, Group: o.group, Layout: layout, Keys: keys,
		PerPartition: o.perPartition, AllowGaps: o.allowGaps, UntilIdle: untilIdle, Workers: o.workers, Now: p.now,
		Warn: func(w lake.Warning) { p.note("acme: warning: %s", w) },
	}
	exporter, err := lake.NewExporter(c)
	if err != nil {
		return withHint(exitUsage, "", err)
	}
	if o.metrics != "" {
		server, err := p.serveMetrics(o.metrics, layout.Stream, exporter.Stats)
		if err != nil {
			return err
		}
		defer func() { _ = server.close() }()
	}
	stats, err := p.watchExport(ctx, exporter, o.kafka.topic, layout.Stream)
	if err := p.sayExported(&stats, o.asJSON); err != nil {
		return err
	}
	return explainExportError(ctx, err)
}

// layout gives the flags as the lake's layout.
func (o *exportOptions) layout() (lake.Layout, error) {
	l := lake.DefaultLayout()
	size, err := parseSize(o.bufferSize)
	switch {
	case err != nil:
		return l, usagef("--buffer-size %s: %w", o.bufferSize, err)
	case o.follow && o.idleGiven:
		return l, usagef("--follow and --until-idle: the one goes on, the other ends; choose one")
	case o.untilIdle <= 0:
		return l, usagef("--until-idle %s: must be more than nothing; --follow goes on until stopped", o.untilIdle)
	case o.interval <= 0:
		return l, usagef("--buffer-interval %s: must be more than nothing", o.interval)
	case o.workers < 0:
		return l, usagef("--workers %d: must not be negative", o.workers)
	case o.group == "":
		return l, usagef("--group: must not be empty")
	}
	l.BufferSize, l.BufferInterval = size, o.interval
	l.PartitionBy, l.Format, l.Delimiter = lake.PartitionBy(o.partitionBy), lake.Format(o.format), lake.Delimiter(o.delimiter)
	return l, nil
}

// parseSize reads a number of bytes, with a unit or without.
func parseSize(text string) (int64, error) {
	number, unit := text, int64(1)
	for _, u := range []struct {
		name  string
		bytes int64
	}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"B", 1}} {
		if before, ok := strings.CutSuffix(text, u.name); ok {
			number, unit = strings.TrimSpace(before), u.bytes
			break
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 1 || n > math.MaxInt64/unit {
		return 0, errors.New("write a number of bytes as 134217728, 128MiB or 128MB")
	}
	return n * unit, nil
}

// watchExport runs an exporter and tells how far it is: as JSON with all its figures, a
// line a second.
func (p *program) watchExport(ctx context.Context, e *lake.Exporter, topic, name string) (lake.ExportStats, error) {
	bar := p.newProgress("export "+topic, "records", nil)
	every := bar.interval()
	if bar.mode == "json" {
		every = time.Second
	}
	watching, stop := context.WithCancel(ctx)
	stopped := make(chan error, 1)
	go func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
			case <-watching.Done():
				stopped <- nil
				return
			}
			stats := e.Stats()
			if bar.mode != "json" {
				bar.at(stats.Records + stats.Poison + stats.FailedConversion)
			} else if err := p.sayMetrics(name, "running", stats); err != nil {
				stopped <- err
				return
			}
		}
	}()
	stats, err := e.Run(ctx)
	stop()
	unsaid := <-stopped
	state := "done"
	if err != nil {
		state = "failed"
	}
	if bar.mode == "json" {
		unsaid = errors.Join(unsaid, p.sayMetrics(name, state, stats))
	} else {
		bar.finish(stats.Records, state)
	}
	return stats, errors.Join(err, unsaid)
}

// sayExported prints what an export did, whether it ended well or not.
func (p *program) sayExported(s *lake.ExportStats, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(p.stdout).Encode(s)
	}
	p.note("acme: exported %d records in %d objects, %.2f MB, into %s; lag %d", s.Records, s.Objects, float64(s.Bytes)/1e6, p.lakeName(), s.Lag())
	if s.Replayed > 0 {
		p.note("acme: finished %d plans that were left", s.Replayed)
	}
	if s.Poison > 0 {
		p.note("acme: %d records are no records or have no time to be filed by; they are in errors/", s.Poison)
	}
	if s.FailedConversion > 0 {
		p.note("acme: %d records could not become Parquet; they are in errors/format-conversion-failed/", s.FailedConversion)
	}
	if s.Gaps > 0 {
		p.note("acme: %d gaps: %d offsets were deleted before they were exported", s.Gaps, s.GapOffsets)
	}
	return nil
}

// explainExportError adds what to do next.
func explainExportError(ctx context.Context, err error) error {
	var gap *lake.RetentionGapError
	var key *lake.MissingKeyError
	switch {
	case err == nil:
		return nil
	case errors.As(err, new(*lake.AddressModeError)):
		return withHint(exitUsage, "", err)
	case errors.As(err, &key):
		return withHint(exitUsage, "give that key too, by another --ip-key: a plan that was left is carried out with it", err)
	case errors.As(err, &gap):
		return withHint(exitPartial, "--allow-gaps goes on behind them; what is there stays, and verify tells the gap", err)
	case errors.As(err, new(*stream.AccessError)), errors.As(err, new(*stream.UnreachableError)):
		return withHint(exitUnreachable, kafkaHint(err), err)
	case ctx.Err() != nil:
		return withHint(exitPartial, "what is published stays; run the same command again to go on", err)
	}
	return fmt.Errorf("export: %w", err)
}
