package report

import (
	"context"
	"fmt"
	"time"

	"acme/telemetry/engine/query"
	"acme/telemetry/sql"
)

// cost builds the cost section from what each query of the report read, and
// checks that a predicate on the partition columns makes a query read less.
func (b *builder) cost(ctx context.Context) error {
	p := b.o.Prices
	s := &Section{
		ID: "cost", Title: "Cost", Group: technicalGroup,
		Lead: fmt.Sprintf("What these queries cost in Athena: $%.2f a terabyte scanned, %s at least a query (prices of %s).",
			p.Athena.PerTerabyte, Bytes(p.Athena.MinimumBytes), p.AsOf),
		Columns: []Column{
			extra("query", "varchar", "Query", KindText, 0),
			extra("objects", "bigint", "Objects", KindCount, 0),
			extra("objects_pruned", "bigint", "Pruned", KindCount, 0),
			extra("scanned_bytes", "bigint", "Scanned", KindBytes, 0),
			extra("billed_bytes", "bigint", "Billed", KindBytes, 0),
			extra("usd", "double", "USD", KindUSD, 6),
		},
	}
	b.sections["cost"] = s
	var scanned, billed int64
	var total float64
	for _, a := range b.answered {
		bytes, usd := s.price(p, a.file, a.stats)
		scanned, billed, total = scanned+a.stats.Bytes, billed+bytes, total+usd
	}
	s.Rows = append(s.Rows, query.Row{"the whole report", nil, nil, scanned, billed, total})
	s.Notes = append(s.Notes,
		fmt.Sprintf("A report every five minutes for 30 days: $%.2f.", total*12*24*30),
		"The report of 2025-08-11 quotes Athena at $0.04 a terabyte; the price is $5, 125 times as much. "+p.Athena.Note,
		"Source: "+p.Athena.Source)
	return b.pruning(ctx, p, s)
}

// price adds one query to the cost section.
func (s *Section) price(p Prices, name string, stats query.Stats) (int64, float64) {
	bytes, usd := p.billed(stats.Bytes)
	s.Rows = append(s.Rows, query.Row{name, stats.Objects, stats.Pruned, stats.Bytes, bytes, usd})
	return bytes, usd
}

// pruning asks the overview again of the last hour alone and compares the bytes
// with those of the whole range.
func (b *builder) pruning(ctx context.Context, p Prices, s *Section) error {
	hours, whole := b.sections["partitions"], b.sections["overview"]
	if len(hours.Rows) == 0 || whole.Err != nil {
		return nil
	}
	if len(hours.Rows) == 1 {
		s.Notes = append(s.Notes, "Pruning: there is one hour, so that a predicate on year, month, day and hour leaves nothing out.")
		return nil
	}
	last := hourOf(hours, hours.Rows[len(hours.Rows)-1])
	text, err := sql.Files.ReadFile(whole.File)
	if err != nil {
		return fmt.Errorf("report: reading the question of the pruning check: %w", err)
	}
	hour := b.scope
	hour.from, hour.to = last, last.Add(time.Hour)
	one := &Section{ID: "cost", Title: "Pruning check"}
	if b.o.Progress != nil {
		b.o.Progress(b.done, max(b.of, b.done+1), one.Title)
	}
	b.done++
	if err := b.fill(ctx, one, hour.statement(string(text))); err != nil {
		return err
	}
	if one.Err != nil {
		s.Notes = append(s.Notes, "Pruning: not checked: "+one.Err.Message)
		return nil
	}
	s.price(p, whole.File+" of "+last.Format("2006-01-02 15:00"), one.Stats)
	verdict := fmt.Sprintf("Pruning works: with a predicate on year, month, day and hour the overview reads %s instead of %s.",
		Bytes(one.Stats.Bytes), Bytes(whole.Stats.Bytes))
	if one.Stats.Bytes >= whole.Stats.Bytes {
		verdict = "Pruning does not work: with a predicate on year, month, day and hour the overview reads as much as without."
	}
	s.Notes = append(s.Notes, verdict)
	s.SQL = one.SQL
	return nil
}
