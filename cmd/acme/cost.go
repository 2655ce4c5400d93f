package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"acme/telemetry/engine/lake"
	"acme/telemetry/engine/report"
	"acme/telemetry/schema"
)

// costOptions is what `acme cost` needs.
type costOptions struct {
	prices   string
	every    time.Duration
	queries  int
	asJSON   bool
	template bool
}

func (p *program) newCostCmd() *cobra.Command {
	o := &costOptions{}
	cmd := &cobra.Command{
		Use:   "cost",
		Short: "Say what this lake, its stream and its queries cost a month on AWS",
		Long: `cost takes what the lake holds as one span of a stream that goes on: so many bytes,
objects and events an hour, for a month of 30 days. It says what that costs in S3,
Firehose, MSK, Lambda and Athena, by a dated price table that can be changed.

What one query costs is in the report's cost section and in acme query --stats, and
before it runs in the terminal UI.`,
		Example: `  acme cost
  acme cost --queries 40 --every 1h
  acme cost --print-prices > prices.json; acme cost --prices prices.json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.runCost(cmd.Context(), o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.prices, "prices", "", "price table (JSON, as --print-prices gives it) instead of the program's")
	f.DurationVar(&o.every, "every", 5*time.Minute, "how often a report is asked for")
	f.IntVar(&o.queries, "queries", 12, "queries of a report")
	f.BoolVar(&o.asJSON, "json", false, "print it as JSON")
	f.BoolVar(&o.template, "print-prices", false, "print the price table and do nothing else")
	return cmd
}

// monthHours is a month of 30 days.
const monthHours = 30 * 24

// costLine is one position of the bill.
type costLine struct {
	Service  string  `json:"service"`
	What     string  `json:"what"`
	Quantity string  `json:"quantity"`
	USD      float64 `json:"usd_a_month"`
}

// rate is what a table takes in an hour, as the lake shows it.
type rate struct {
	table                          string
	hours                          int
	bytes, raw, objects, events    float64 // of an hour
	gigabytesKept, objectsOfAMonth float64
}

func (p *program) runCost(ctx context.Context, o *costOptions) error {
	prices, err := pricesFrom(o.prices)
	if err != nil {
		return err
	}
	if o.template {
		e := json.NewEncoder(p.stdout)
		e.SetIndent("", "  ")
		return e.Encode(prices)
	}
	if o.every <= 0 || o.queries < 1 {
		return usagef("--every %s --queries %d: must be more than 0", o.every, o.queries)
	}
	st, err := p.openToAsk()
	if err != nil {
		return err
	}
	if err := p.requireLake(ctx, st); err != nil {
		return err
	}
	var tables []rate
	for _, t := range []schema.Table{schema.Events(), schema.EventsMigrated()} {
		facts, err := lake.Facts(ctx, st, t)
		if err != nil {
			return err
		}
		if r := rateOf(t.Name, facts); r.hours > 0 {
			tables = append(tables, r)
		}
	}
	if len(tables) == 0 {
		return fmt.Errorf("cost: there is no event in %s: acme generate makes some", p.lakeName())
	}
	lines := bill(prices, tables, o)
	return p.sayCost(prices, tables, lines, o.asJSON)
}

// pricesFrom gives the program's price table or a file's.
func pricesFrom(file string) (report.Prices, error) {
	if file == "" {
		return report.DefaultPrices(), nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return report.Prices{}, usagef("--prices %s: %w", file, bare(err))
	}
	prices, err := report.ReadPrices(text)
	if err != nil {
		return prices, usagef("--prices %s: %w", file, err)
	}
	return prices, nil
}

// bytesOfAnEvent is the size of an event on the wire, with its newline: 24 columns of
// JSON, measured over an hour of the scenario seed-hour.
const bytesOfAnEvent = 619

func rateOf(table string, facts []lake.PartitionFacts) rate {
	r := rate{table: table, hours: len(facts)}
	for _, f := range facts {
		r.bytes += float64(f.Bytes)
		r.objects += float64(f.Objects)
		r.events += float64(f.Records)
	}
	n := float64(max(r.hours, 1))
	r.bytes, r.objects, r.events = r.bytes/n, r.objects/n, r.events/n
	r.raw = r.events * bytesOfAnEvent
	r.gigabytesKept, r.objectsOfAMonth = r.bytes*monthHours/1e9, r.objects*monthHours
	return r
}

// bill prices a month. The stream is paid once; a table is paid for what it keeps,
// its objects, and the queries that read a month of it.
func bill(p report.Prices, tables []rate, o *costOptions) []costLine {
	stream := tables[0]
	rawGB := stream.raw * monthHours / 1e9
	lines := []costLine{
		{"MSK", fmt.Sprintf("%d brokers", p.MSK.Brokers), fmt.Sprintf("%d hours each", monthHours), float64(p.MSK.Brokers) * monthHours * p.MSK.PerBrokerHour},
		{"MSK", "a week's log on 3 brokers, gzip", fmt.Sprintf("%.1f GB", stream.gigabytesKept*7/30*3), stream.gigabytesKept * 7 / 30 * 3 * p.MSK.PerGigabyteMonth},
		{"MSK", "private connectivity for Firehose", fmt.Sprintf("%.1f GB", rawGB), monthHours*p.MSK.PerConnectionHour + rawGB*p.MSK.PerConnectionGigabyte},
		{"Firehose", "bytes taken", fmt.Sprintf("%.1f GB", rawGB), rawGB * p.Firehose.PerGigabyte},
		{"Lambda", "generator, every 5 minutes, 1 GB for 60 s", "8,640 runs", 8640/1e6*p.Lambda.PerMillionRequests + 8640*60*p.Lambda.PerGigabyteSecond},
	}
	runs := float64(monthHours) * float64(time.Hour) / float64(o.every) * float64(o.queries)
	for _, t := range tables {
		day := int64(t.bytes * 24)
		lines = append(lines,
			costLine{"S3", t.table + ": a month kept", fmt.Sprintf("%.1f GB", t.gigabytesKept), p.Keep(int64(t.gigabytesKept * 1e9))},
			costLine{"S3", t.table + ": objects put", report.Count(int64(t.objectsOfAMonth)), p.Put(int64(t.objectsOfAMonth))},
			costLine{"S3", t.table + ": objects read by queries of a day", report.Count(int64(runs * t.objects * 24)), p.Get(int64(runs * t.objects * 24))},
			costLine{"Athena", t.table + ": queries of a day", fmt.Sprintf("%s of %s", report.Count(int64(runs)), report.Bytes(day)), runs * p.Scan(day)},
			costLine{"Athena", t.table + ": queries of an hour", fmt.Sprintf("%s of %s", report.Count(int64(runs)), report.Bytes(int64(t.bytes))), runs * p.Scan(int64(t.bytes))},
		)
	}
	return lines
}

func (p *program) sayCost(prices report.Prices, tables []rate, lines []costLine, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(p.stdout).Encode(struct {
			AsOf  string     `json:"prices_as_of"`
			Hours int        `json:"hours_measured"`
			Lines []costLine `json:"lines"`
		}{prices.AsOf, tables[0].hours, lines})
	}
	t := tables[0]
	fmt.Fprintf(p.stdout, "A month of 30 days at the rate of the %d hours here: %s events, %s objects and %s an hour.\n\n",
		t.hours, report.Count(int64(t.events)), report.Count(int64(t.objects)), report.Bytes(int64(t.bytes)))
	w := tabwriter.NewWriter(p.stdout, 0, 8, 2, ' ', 0)
	for _, l := range lines {
		fmt.Fprintf(w, "%s\t%s\t%s\t%10s\n", l.Service, l.What, l.Quantity, fmt.Sprintf("$%.2f", l.USD))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(p.stdout, "\nPrices of %s: acme cost --print-prices shows them with their sources. Queries of Parquet read only\n"+
		"their columns, so that what stands here is the most they cost; a predicate on year, month, day and hour\n"+
		"makes a query read that part alone, and the report's cost section says whether it does.\n", prices.AsOf)
	return err
}
