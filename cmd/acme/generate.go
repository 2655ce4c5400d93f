package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"acme/telemetry/engine/lake"
	"acme/telemetry/engine/sim"
	"acme/telemetry/engine/store"
	"acme/telemetry/schema"
)

// generateOptions is what `acme generate` needs.
type generateOptions struct {
	scenario    string
	set         []string
	seed        int64
	seedGiven   bool
	from        string
	length      time.Duration
	lengthGiven bool
	endless     bool // the window ends with time itself
	shard       string
	to          string
	format      string
	delimiter   string
	partitionBy string
	workers     int
	dryRun      bool
	asJSON      bool
	kafka       publishOptions
}

func (p *program) newGenerateCmd() *cobra.Command {
	o := &generateOptions{}
	cmd := &cobra.Command{
		Use:   "generate",
		Short: "Generate telemetry from a scenario and a seed, into the lake, to Kafka or to stdout",
		Long: `generate makes the events that arrive in a window of time. The same scenario,
seed and window give the same bytes on any machine. Running it again changes
nothing; a run that was cut short is finished; another seed, scenario or version
into hours that are taken is refused.

With --to kafka it publishes to a topic of Kafka or Amazon MSK, each event once: how
far a run is stands in the topic's cluster (in the consumer group acme-generate-...),
and is committed with the events. The same command goes on after a kill, a longer
--for goes on behind the shorter one, and readers at read_committed see no event
twice. The position is kept as long as the cluster keeps offsets (seven days after
the run's last event, unless offsets.retention.minutes says otherwise).`,
		Example: `  acme generate
  acme generate --scenario seed-replica --lake ./replica
  acme generate --scenario streaming --from 2025-08-01 --for 24h --shard 1/4
  acme generate --to - --for 1m | head
  acme generate --to kafka --create-topic --scenario streaming --realtime
  acme generate --to kafka --auth iam -b b-1.acme.kafka.eu-central-1.amazonaws.com:9098 --scenario streaming --realtime`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.seedGiven = cmd.Flags().Changed("seed")
			o.lengthGiven = cmd.Flags().Changed("for")
			if err := o.kafka.check(cmd, o.to); err != nil {
				return err
			}
			return p.runGenerate(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	o.addSource(f, defaultScenario)
	f.StringVar(&o.from, "from", "", "begin of the window of arrival, UTC (default: the scenario's)")
	f.DurationVar(&o.length, "for", 0, "length of the window (default: the scenario's)")
	f.StringVar(&o.shard, "shard", "1/1", "generate part i of n, counted from 1; the parts add up to the whole")
	f.StringVar(&o.to, "to", "", "kafka publishes to a topic, - writes to stdout, one event a line; instead of into the lake")
	f.StringVar(&o.partitionBy, "partition-by", "arrival", "time an object is filed under: arrival or event")
	f.IntVar(&o.workers, "workers", 0, "goroutines that make events; changes nothing but the time (default: one a core)")
	f.BoolVarP(&o.dryRun, "dry-run", "n", false, "say what would be generated, and write nothing")
	f.BoolVar(&o.asJSON, "json", false, "print what was done as JSON")
	o.kafka.add(cmd)
	return cmd
}

// addSource adds what is generated and in which form it is stored.
func (o *generateOptions) addSource(f *pflag.FlagSet, scenario string) {
	f.StringVar(&o.scenario, "scenario", scenario, "a shipped scenario (acme scenario ls) or a YAML file")
	f.StringArrayVar(&o.set, "set", nil, "change a field of the scenario: path=value (may be given again)")
	f.Int64Var(&o.seed, "seed", 0, "seed (default: the scenario's)")
	f.StringVar(&o.format, "file-format", "json", "objects: json (gzip), parquet or both")
	f.StringVar(&o.delimiter, "delimiter", "", "between records of an object: newline or none (default: the scenario's)")
}

// generation is a run of the simulator, ready to start.
type generation struct {
	scenario *sim.Scenario
	window   sim.Window
	endless  bool
	shard    sim.Shard
	workers  int
	layout   lake.Layout
}

func (p *program) runGenerate(ctx context.Context, o *generateOptions) error {
	o.kafka.beginNow(o, p.now())
	g, err := p.planGeneration(o)
	if err != nil {
		return err
	}
	switch o.to {
	case "":
	case "-":
		return p.generateToStdout(ctx, g)
	case "kafka":
		return p.generateToKafka(ctx, g, o)
	default:
		return usagef("--to %s: write kafka, or - for stdout; without it the events go into the lake", o.to)
	}
	st, err := p.openLake()
	if err != nil {
		return err
	}
	if o.dryRun {
		return p.sayPlan(ctx, g, st)
	}
	progress := p.newProgress("generate "+g.scenario.Name, "events", func() int64 { return expectedEvents(g) })
	result, err := g.into(ctx, st, progress.at)
	if err != nil {
		progress.finish(result.summary.Records, "failed")
		return explainGenerateError(ctx, err)
	}
	progress.finish(result.summary.Records, "done")
	if err := p.sayGenerated(g, result, o.asJSON); err != nil {
		return err
	}
	return p.sayOver("generate "+g.scenario.Name, result.over, result.leftOut, result.summary)
}

// planGeneration resolves the scenario and the window.
func (p *program) planGeneration(o *generateOptions) (*generation, error) {
	sc, err := loadScenario(o.scenario, o.set)
	if err != nil {
		return nil, err
	}
	switch {
	case o.seed < 0:
		return nil, usagef("--seed %d: must not be negative", o.seed)
	case o.workers < 0:
		return nil, usagef("--workers %d: must not be negative", o.workers)
	}
	if o.seedGiven {
		if err := sc.Set("seed=" + strconv.FormatInt(o.seed, 10)); err != nil {
			return nil, withHint(exitUsage, "", err)
		}
	}
	g := &generation{scenario: sc, workers: o.workers, endless: o.endless}
	if g.workers == 0 {
		g.workers = cores()
	}
	if g.window, err = parseWindow(sc, o); err != nil {
		return nil, err
	}
	if g.shard, err = parseShard(o.shard); err != nil {
		return nil, err
	}
	g.layout = layoutOf(sc)
	g.layout.Format = lake.Format(o.format)
	g.layout.PartitionBy = lake.PartitionBy(o.partitionBy)
	if o.delimiter != "" {
		g.layout.Delimiter = lake.Delimiter(o.delimiter)
	}
	warnings, err := g.layout.Check()
	if err != nil {
		return nil, withHint(exitUsage, "", err)
	}
	for _, w := range warnings {
		p.note("acme: warning: %s", w)
	}
	return g, nil
}

// layoutOf gives the delivery settings of a scenario as the lake's layout.
func layoutOf(sc *sim.Scenario) lake.Layout {
	l := lake.DefaultLayout()
	d := sc.Delivery
	l.Delimiter = lake.Delimiter(d.Delimiter)
	l.Buffers = int(d.Buffers)
	l.BufferInterval = time.Duration(d.IntervalMS) * time.Millisecond
	l.BufferSize = d.SizeBytes
	return l
}

func parseWindow(sc *sim.Scenario, o *generateOptions) (sim.Window, error) {
	from, length := sc.Start, o.length.Milliseconds()
	if o.from != "" {
		t, err := parseTime("--from", o.from)
		if err != nil {
			return sim.Window{}, err
		}
		from = t.UnixMilli()
	}
	switch {
	case o.endless:
		length = latest - from
	case o.lengthGiven && length < 1:
		return sim.Window{}, usagef("--for %s: must be a millisecond or more", o.length)
	case length == 0 && sc.Duration == 0:
		return sim.Window{}, usagef("scenario %s has no end: give --for, as in --for 24h", sc.Name)
	case length == 0:
		length = sc.Duration - max(0, from-sc.Start)
	}
	if length <= 0 {
		return sim.Window{}, usagef("--from %s: after the end of scenario %s; give --for", o.from, sc.Name)
	}
	if from < earliest || length > latest-from {
		return sim.Window{}, usagef("--from %s --for %s: outside the years 1970 to 2096", time.UnixMilli(from).UTC().Format(time.RFC3339), time.Duration(length)*time.Millisecond)
	}
	return sim.Window{From: from, To: from + length}, nil
}

// The time that scenarios know, in milliseconds: the years 1970 to 2096.
const (
	earliest = 0
	latest   = 4_007_836_800_000
)

func parseShard(s string) (sim.Shard, error) {
	i, n, ok := strings.Cut(s, "/")
	part, err1 := strconv.Atoi(i)
	of, err2 := strconv.Atoi(n)
	if !ok || err1 != nil || err2 != nil || part < 1 || part > of || of > sim.Lanes {
		return sim.Shard{}, usagef("--shard %s: write part/parts, as 1/4; at most %d parts", s, sim.Lanes)
	}
	return sim.Shard{I: part - 1, N: of}, nil
}

// generateToStdout writes the events as they are on the wire, one a line.
func (p *program) generateToStdout(ctx context.Context, g *generation) error {
	out := bufio.NewWriterSize(p.stdout, 1<<20)
	_, err := sim.Generate(ctx, g.scenario, sim.Job{
		Window: g.window, Shard: g.shard, Workers: g.workers,
		Emit: func(batch []schema.Record) error {
			for i := range batch {
				if _, err := out.Write(batch[i].Value); err != nil {
					return err
				}
				if err := out.WriteByte('\n'); err != nil {
					return err
				}
			}
			return nil
		},
	})
	if err != nil {
		return fmt.Errorf("write events to stdout: %w", err)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write events to stdout: %w", err)
	}
	return nil
}

// generated is what a run into a lake did.
type generated struct {
	state   lake.State // what the lake held before
	summary lake.Summary
	stats   sim.Stats
	over    []string // folders that retention has deleted, and that stay empty
	leftOut int64    // events that belong into them
}

// into pipes the simulator into the lake. tell is called with the records so far.
func (g *generation) into(ctx context.Context, st store.Store, tell func(records int64)) (generated, error) {
	// Events stream through; what lives is little and of one size. Collecting it
	// more often costs nothing that can be measured and keeps a run of any length
	// under 64 MB, most of which is the program itself.
	defer debug.SetGCPercent(debug.SetGCPercent(25))
	var r generated
	w, err := lake.NewWriter(ctx, g.config(st))
	if err != nil {
		return r, err
	}
	defer w.Abort()
	r.state = w.State()
	r.over, _ = w.Over()
	if r.state == lake.Complete {
		r.summary, err = w.Close()
		return r, err
	}
	if err := g.writeDimensions(w); err != nil {
		return r, err
	}
	if err := g.writeLabels(w); err != nil {
		return r, err
	}
	var line []byte
	r.stats, err = sim.Generate(ctx, g.scenario, sim.Job{
		Window: g.window, Shard: g.shard, Workers: g.workers,
		Emit: func(batch []schema.Record) error {
			if err := w.Write(batch); err != nil {
				return err
			}
			r.summary.Records += int64(len(batch))
			tell(r.summary.Records)
			return nil
		},
		Truth: func(truths []sim.Truth) error {
			for i := range truths {
				line = truths[i].AppendJSON(line[:0])
				if err := w.Label(line); err != nil {
					return err
				}
			}
			return nil
		},
	})
	if err != nil {
		return r, err
	}
	r.summary, err = w.Close()
	_, r.leftOut = w.Over()
	return r, err
}

// config names the run. The version in it is the simulator's: it changes when
// the bytes of any scenario change, and only then.
func (g *generation) config(st store.Store) lake.Config {
	digest := g.scenario.Digest()
	return lake.Config{
		Store: st, Layout: g.layout,
		Run: lake.Run{
			Scenario: g.scenario.Name, Digest: hex.EncodeToString(digest[:]), Seed: g.scenario.Seed,
			Version: fmt.Sprintf("engine %d", sim.Engine),
			From:    g.window.From, To: g.window.To, Shard: g.shard.I, Shards: g.shard.N,
		},
	}
}

func (g *generation) writeDimensions(w *lake.Writer) error {
	for _, d := range []struct {
		table schema.Table
		rows  func(*sim.Scenario, func([]schema.Record) error) error
	}{{schema.Titles(), sim.Titles}, {schema.Customers(), sim.Customers}} {
		rows, failed := dimensionRows(d.rows, g.scenario)
		if err := errors.Join(w.Dimension(d.table, rows), failed()); err != nil {
			return fmt.Errorf("write the table %s: %w", d.table.Name, err)
		}
	}
	return nil
}

func (g *generation) writeLabels(w *lake.Writer) error {
	var line []byte
	for _, label := range g.scenario.Labels() {
		line = label.AppendJSON(line[:0])
		if err := w.Label(line); err != nil {
			return err
		}
	}
	return nil
}

// explainGenerateError adds what to do next.
func explainGenerateError(ctx context.Context, err error) error {
	var conflict *lake.ConflictError
	var damaged *lake.DifferentError
	switch {
	case errors.As(err, &conflict), errors.As(err, &damaged):
		return err
	case ctx.Err() != nil:
		return withHint(exitPartial, "what is published stays; run the same command again to finish", err)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return withHint(exitPartial, "what is published stays; make room, and run the same command again to finish", err)
	}
	return err
}

// sayGenerated prints what a run did.
func (p *program) sayGenerated(g *generation, r generated, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(p.stdout).Encode(struct {
			Scenario string       `json:"scenario"`
			Seed     int64        `json:"seed"`
			Digest   string       `json:"digest"`
			Already  bool         `json:"already_complete"`
			Lake     lake.Summary `json:"lake"`
			Events   sim.Stats    `json:"events"`
			Over     []string     `json:"folders_over,omitempty"`
			LeftOut  int64        `json:"events_left_out,omitempty"`
		}{g.scenario.Name, g.scenario.Seed, g.config(nil).Run.Digest, r.state == lake.Complete, r.summary, r.stats, r.over, r.leftOut})
	}
	did := "generated"
	switch {
	case r.state == lake.Complete:
		did = "already there, nothing to do:"
	case r.state == lake.Interrupted:
		did = "finished an interrupted run:"
	}
	s := r.summary
	perEvent := ""
	if s.Records > 0 {
		perEvent = fmt.Sprintf(", %.1f bytes an event", float64(s.Bytes)/float64(s.Records))
	}
	p.note("acme: %s %d events in %d objects, %.2f MB%s", did, s.Records, s.Objects, float64(s.Bytes)/1e6, perEvent)
	p.note("acme: scenario %s, seed %d, in %s", g.scenario.Name, g.scenario.Seed, p.lakeName())
	if strings.HasPrefix(p.lakeURI(), "mem://") {
		p.note("acme: warning: a lake in memory ends with this command")
	}
	if s.Failed > 0 {
		p.note("acme: %d records could not become Parquet; they are in errors/format-conversion-failed/", s.Failed)
	}
	return nil
}

// sayOver says that retention keeps folders empty; where nothing but them was asked for,
// that is a failure.
func (p *program) sayOver(doing string, folders []string, leftOut int64, s lake.Summary) error {
	if len(folders) == 0 {
		return nil
	}
	which := strings.Join(folders, ", ")
	if n := len(folders); n > 4 {
		which = fmt.Sprintf("%d folders, from %s to %s", n, folders[0], folders[n-1])
	}
	const hint = "generate them into another lake (--lake), or other hours (--from)"
	if s.Objects == 0 && s.Records > 0 {
		return withHint(exitFailed, hint, fmt.Errorf("%s, in %s: nothing is written, retention has deleted these hours and keeps them empty: %s", doing, p.lakeName(), which))
	}
	left := ""
	if leftOut > 0 {
		left = fmt.Sprintf(", and %d events are left out", leftOut)
	}
	p.note("acme: warning: retention has deleted these hours and keeps them empty%s: %s", left, which)
	p.note("  %s", hint)
	return nil
}

// sayPlan prints what a run would do.
func (p *program) sayPlan(ctx context.Context, g *generation, st store.Store) error {
	state, err := lake.Look(ctx, g.config(st))
	if err != nil {
		return err
	}
	what := map[lake.State]string{
		lake.New: "would generate", lake.Interrupted: "would finish an interrupted run of", lake.Complete: "is complete already:",
	}[state]
	_, err = fmt.Fprintf(p.stdout, "%s %s, seed %d, arrival %s to %s, about %d events, into %s\n", what, g.scenario.Name, g.scenario.Seed,
		time.UnixMilli(g.window.From).UTC().Format(time.RFC3339), time.UnixMilli(g.window.To).UTC().Format(time.RFC3339),
		expectedEvents(g), p.lakeName())
	return err
}

// loadScenario gives a shipped scenario or one from a file, with changes.
func loadScenario(name string, set []string) (*sim.Scenario, error) {
	var sc *sim.Scenario
	var err error
	if isScenarioFile(name) {
		var src []byte
		if src, err = os.ReadFile(name); err != nil {
			return nil, usagef("read scenario: %w", err)
		}
		sc, err = sim.Parse(name, src, func(base string) ([]byte, error) {
			return os.ReadFile(filepath.Join(filepath.Dir(name), base))
		})
	} else {
		sc, err = sim.Load(name)
	}
	if err != nil {
		return nil, withHint(exitUsage, "", err)
	}
	for _, s := range set {
		if err := sc.Set(s); err != nil {
			return nil, withHint(exitUsage, "", err)
		}
	}
	return sc, nil
}

func isScenarioFile(name string) bool {
	return strings.ContainsAny(name, `/\`) || strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml") || strings.HasSuffix(name, ".json")
}
