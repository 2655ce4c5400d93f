package main

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"acme/telemetry/engine/lake"
	"acme/telemetry/engine/query"
	"acme/telemetry/engine/report"
	"acme/telemetry/engine/store"
	"acme/telemetry/schema"
)

// reportOptions is what `acme report` needs.
type reportOptions struct {
	format   string
	from, to string
	table    string
	out      string
	failOn   string
	fresh    time.Duration
	alerts   string
	level    int
}

// sql says how the report's statements are read.
func (o *reportOptions) sql() *sqlFlags {
	flags := defaultSQL()
	if o.level != 0 { // the report that acme alone prints has no flags
		flags.level = o.level
	}
	return flags
}

func (p *program) newReportCmd() *cobra.Command {
	o := &reportOptions{}
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Print the telemetry report, computed by Athena SQL",
		Long: `report asks the questions in the sql folder and prints the answers, section by
section. Where the objects hold more events than Athena sees, it says so first.`,
		Example: `  acme report
  acme report --from 2025-08-11T17:00:00Z --to 2025-08-11T18:00:00Z --format html -O report.html`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.runReport(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.format, "format", "text", "text, markdown, json or html")
	addRange(f, &o.from, &o.to)
	f.StringVar(&o.table, "table", "", "table to report on (default video_telemetry_json)")
	f.StringVarP(&o.out, "output", "O", "", "write to a file instead of standard output")
	f.StringVar(&o.failOn, "fail-on", "", "exit 5 if a data quality check is this bad: warn or error")
	f.DurationVar(&o.fresh, "fresh", 0, "a data quality check more: the newest event is at most so old")
	f.StringVar(&o.alerts, "alerts", "", "tell what is wrong, as SNS notifications: a file (JSON lines), or an https:// web hook")
	f.IntVar(&o.level, "trino-level", oldestLevel, "answer as this Trino release, 401 to 483; decimals divide otherwise from 477 on")
	return cmd
}

func (p *program) runReport(ctx context.Context, o *reportOptions) error {
	if err := o.sql().check(); err != nil {
		return err
	}
	write, err := p.reportWriter(o.format)
	if err != nil {
		return err
	}
	gate, err := parseGate(o.failOn)
	if err != nil {
		return err
	}
	span, err := parseRange(o.from, o.to)
	if err != nil {
		return err
	}
	table, err := eventsTable(o.table)
	if err != nil {
		return err
	}
	alerts, err := parseAlerts(o.alerts)
	if err != nil {
		return err
	}
	if err := errors.Join(p.checkOut(o.out), p.checkOut(alerts.file)); err != nil {
		return err
	}
	st, err := p.openToAsk()
	if err != nil {
		return err
	}
	if err := p.requireLake(ctx, st); err != nil {
		return err
	}
	engine, err := p.startEngine(ctx, o.sql())
	if err != nil {
		return err
	}
	defer engine.Close()
	doc, err := p.buildReport(ctx, engine, st, report.Options{Table: table, From: span.from, To: span.to, Fresh: o.fresh, Alerts: o.alerts != ""})
	if err != nil {
		return err
	}
	if err := p.writeOut(o.out, func(w io.Writer) error { return write(doc, w) }); err != nil && !isGone(err) {
		return err // a reader who has enough does not change the verdict
	}
	sent := p.sendAlerts(ctx, doc, alerts)
	verdict := p.judge(ctx, st, doc, gate)
	if verdict == nil {
		return sent
	}
	if sent != nil {
		p.note("acme: report: %v", sent)
	}
	return verdict
}

// eventsTable gives the table to report on. Names are not case-sensitive, as in
// Athena.
func eventsTable(name string) (string, error) {
	t, ok := tableNamed(strings.ToLower(name))
	if ok && (t.Name == schema.EventsJSON || t.Name == schema.EventsParquet) {
		return t.Database + "." + t.Name, nil
	}
	return "", usagef("--table %s: no table of events: there are %s and %s", name, schema.EventsJSON, schema.EventsParquet)
}

// sayNothing tells where the events may be when the report found none.
func (p *program) sayNothing(ctx context.Context, st store.Store, doc *report.Document) error {
	if doc.Seen.Rows > 0 || len(doc.Failed()) > 0 {
		return nil
	}
	p.note("acme: report: there is no event in %s in this range", doc.Table)
	for _, t := range []schema.Table{schema.Events(), schema.EventsMigrated()} {
		if t.Name == doc.Table {
			continue
		}
		parts, err := lake.Partitions(ctx, st, t.Prefix)
		if err != nil {
			return err
		}
		if len(parts) > 0 {
			p.note("acme: %s has events: --table %s reports on them", t.Name, t.Name)
		}
	}
	return nil
}

// judge gives the exit: 1 if a question found no answer, 5 if the gate fails.
func (p *program) judge(ctx context.Context, st store.Store, doc *report.Document, gate report.Severity) error {
	if err := p.sayNothing(ctx, st, doc); err != nil {
		return err
	}
	failed := doc.Failed()
	for _, s := range failed {
		p.note("acme: report: %s: no answer: %s", s.Title, query.Printable(s.Err.Error()))
	}
	if len(failed) > 0 {
		return silentExit{exitCode(failed[0].Err)}
	}
	if doc.Fails(gate) {
		p.note("acme: data quality: %s", strings.Join(doc.Broken(gate), ", "))
		return silentExit{exitGate}
	}
	return nil
}

// buildReport counts what the objects hold and asks the engine the questions.
// The count goes on while the engine starts and reads.
func (p *program) buildReport(ctx context.Context, engine query.Engine, st store.Store, o report.Options) (*report.Document, error) {
	facts, err := p.lakeFacts(ctx, st, o.Table, timeRange{o.From, o.To})
	if err != nil {
		return nil, err
	}
	o.Now, o.Lake, o.Engine = p.now().UTC(), p.lakeName(), engineName
	return report.Build(ctx, engine, facts, o)
}

func (p *program) reportWriter(format string) (func(*report.Document, io.Writer) error, error) {
	switch format {
	case "text":
		return func(d *report.Document, w io.Writer) error {
			return d.Text(w, report.TextOptions{Width: width(p.stdout), Color: p.colors(p.stdout)})
		}, nil
	case "markdown":
		return (*report.Document).Markdown, nil
	case "json":
		return (*report.Document).JSON, nil
	case "html":
		return (*report.Document).HTML, nil
	}
	return nil, usagef("--format %s: must be text, markdown, json or html", format)
}

func parseGate(s string) (report.Severity, error) {
	switch s {
	case "":
		return report.OK, nil
	case "warn":
		return report.Warn, nil
	case "error":
		return report.Error, nil
	}
	return report.OK, usagef("--fail-on %s: must be warn or error", s)
}

// timeRange is a span of arrival time; a zero end is open.
type timeRange struct{ from, to time.Time }

// addRange adds the flags of a range.
func addRange(f *pflag.FlagSet, from, to *string) {
	f.StringVar(from, "from", "", "first arrival hour (RFC 3339, or 2025-08-11, UTC)")
	f.StringVar(to, "to", "", "end of the last arrival hour")
}

func parseRange(from, to string) (timeRange, error) {
	var r timeRange
	var err error
	if r.from, err = parseTime("--from", from); err != nil {
		return r, err
	}
	if r.to, err = parseTime("--to", to); err != nil {
		return r, err
	}
	if !r.from.IsZero() && !r.to.IsZero() && !r.from.Before(r.to) {
		return r, usagef("--to %s: must be after --from %s", to, from)
	}
	return r, nil
}

// timeLayouts are the ways to write a time on the command line, all UTC unless
// they carry an offset.
var timeLayouts = []string{time.RFC3339Nano, "2006-01-02T15:04", "2006-01-02T15", "2006-01-02 15:04", "2006-01-02"}

func parseTime(flag, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, usagef("%s %s: write a time as 2025-08-11T17:00:00Z or a day as 2025-08-11", flag, s)
}
