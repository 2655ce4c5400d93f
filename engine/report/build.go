package report

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"acme/telemetry/engine/query"
	"acme/telemetry/schema"
	"acme/telemetry/sql"
)

// Querier runs one statement; query.Engine is one.
type Querier interface {
	Query(ctx context.Context, r query.Request) (query.Rows, error)
}

// Options are what a report is made of besides the data.
type Options struct {
	// From and To choose arrival partitions: From is rounded down to its hour
	// and To up. A zero time leaves that end open.
	From, To time.Time
	// Table is the table to report on, with or without its database;
	// video_telemetry_json where empty.
	Table string
	// Now is the time printed in the report.
	Now time.Time
	// Lake names the lake for the reader (a path or a URI).
	Lake string
	// Engine names who answers, for the reader: "DuckDB 1.5.6, as Athena engine v3".
	Engine string
	// Timeout ends each statement; none where zero.
	Timeout time.Duration
	// Fresh, where set, adds the check that the newest event is no older at Now.
	Fresh time.Duration
	// Alerts asks as well where viewers waited too long, for Document.Alerts.
	Alerts bool
	// Prices is the price table of the cost section; DefaultPrices where it is empty.
	Prices Prices
	// Progress, where set, is told before each query how many of how many are
	// done and what comes.
	Progress func(done, of int, title string)
}

// LakeFacts is what the objects themselves hold, counted without SQL. The
// caller fills it (cmd from engine/lake). The zero value says that nothing is
// known: the report then says so and compares nothing.
type LakeFacts struct {
	// Known says that the objects were counted.
	Known bool
	// Partitions of the table reported on, ascending; those outside the
	// report's range are left out by Build.
	Partitions []PartitionFacts
	// Outside is how many objects lie below the table's location in the folder
	// of no partition: Athena reads none of them, in any range.
	Outside int64
	// Manifest says whether the lake has one; Scenario and Seed name what made
	// the lake, where known.
	Manifest bool
	Scenario string
	Seed     string
}

// PartitionFacts is one hour's objects; there is one for each hour.
type PartitionFacts struct {
	Year, Month, Day, Hour int
	Objects                int64
	Bytes                  int64 // as stored
	Records                int64 // JSON records in the objects, wherever they stand; rows for Parquet
	Rows                   int64 // rows Athena sees
	Unseen                 int64 // records behind the first of their line
	Malformed              int64 // lines that are rows of NULLs
	Damaged                int64 // objects that cannot be read; what they hold is not counted
}

func (p PartitionFacts) start() time.Time {
	return time.Date(p.Year, time.Month(p.Month), p.Day, p.Hour, 0, 0, 0, time.UTC)
}

// rowLimit ends a section's result: 11 years of hours, and no memory is lost to
// a statement that answers with the whole table.
const rowLimit = 100_000

// Build runs the report's queries one after another and lays the report out.
// A query that fails with an *query.Error marks its section and the report
// goes on; any other error (the engine is gone, ctx is done) ends it.
func Build(ctx context.Context, q Querier, lake LakeFacts, o Options) (*Document, error) {
	s, err := newScope(o.Table, o.From, o.To)
	if err != nil {
		return nil, err
	}
	if o.Prices.AsOf == "" {
		o.Prices = DefaultPrices()
	}
	b := &builder{q: q, o: o, scope: s, lake: inRange(lake, s), sections: map[string]*Section{}}
	all := questions()
	b.of = len(all) + 4 // an offered form, two quality queries and the pruning check
	for _, qu := range all {
		section, err := b.ask(ctx, qu)
		if err != nil {
			return nil, err
		}
		b.sections[qu.id] = section
	}
	b.seen = b.compare()
	b.addLakeFacts()
	if err := b.quality(ctx); err != nil {
		return nil, err
	}
	b.freshness()
	if err := b.anomalies(ctx); err != nil {
		return nil, err
	}
	if err := b.rebuffering(ctx); err != nil {
		return nil, err
	}
	if err := b.cost(ctx); err != nil {
		return nil, err
	}
	return b.document(), nil
}

// builder holds a report while it is made.
type builder struct {
	q        Querier
	o        Options
	scope    scope
	lake     LakeFacts
	sections map[string]*Section
	seen     Seen
	gate     Severity
	done, of int
	answered []answer
}

// answer is what one file's query read: a refused statement gives none, and
// costs nothing.
type answer struct {
	file  string
	stats query.Stats
}

// ask answers one question and, where Athena refuses it, its offered form.
func (b *builder) ask(ctx context.Context, qu question) (*Section, error) {
	s := &Section{ID: qu.id, Title: qu.title, Group: qu.group, Lead: qu.lead, Layout: qu.layout, Notes: qu.notes}
	if err := b.run(ctx, s, qu.file); err != nil {
		return nil, err
	}
	present(s, qu.show)
	if s.Err != nil && qu.offered != "" {
		s.Offered = &Section{ID: qu.id + "_offered", Title: qu.title + ", as Athena accepts it", Group: qu.group}
		if err := b.run(ctx, s.Offered, qu.offered); err != nil {
			return nil, err
		}
		present(s.Offered, qu.show)
	}
	if qu.group == samplesGroup && nothing(s) {
		s.Notes = append(s.Notes, "The query names 2025-08-11 itself: there is nothing of that day in what was read.")
	}
	if qu.drill != nil {
		for _, row := range s.Rows {
			s.Drill = append(s.Drill, b.drill(qu.drill(qu.by, value(s, row, qu.by))))
		}
	}
	return s, nil
}

// nothing says whether a sample found no events: no rows, or one that counts none.
func nothing(s *Section) bool {
	if s.Err != nil {
		return s.Offered != nil && s.Offered.Err == nil && len(s.Offered.Rows) == 0
	}
	return len(s.Rows) == 0 || len(s.Rows) == 1 && value(s, s.Rows[0], "total_events") == any(int64(0))
}

func (b *builder) drill(predicate string) string {
	if predicate == "" {
		return ""
	}
	return b.scope.statement(drillStatement(predicate))
}

// run fills s with the answer to a file of sql/.
func (b *builder) run(ctx context.Context, s *Section, file string) error {
	text, err := sql.Files.ReadFile(file)
	if err != nil {
		return fmt.Errorf("report: reading the question of section %s: %w", s.ID, err)
	}
	s.File = file
	if b.o.Progress != nil {
		b.o.Progress(b.done, max(b.of, b.done+1), s.Title)
	}
	b.done++
	if err := b.fill(ctx, s, b.scope.statement(string(text))); err != nil {
		return err
	}
	if s.Err == nil {
		b.answered = append(b.answered, answer{file, s.Stats})
	}
	return nil
}

// fill sends one statement. The engine's own grammar knows no semicolon at the
// end; Athena's clients take it off, and so is done here.
func (b *builder) fill(ctx context.Context, s *Section, statement string) error {
	s.SQL = strings.TrimRight(statement, "\n")
	rows, err := b.q.Query(ctx, query.Request{
		SQL:      strings.TrimRight(statement, "; \r\n\t"),
		Database: schema.TelemetryDatabase, Timeout: b.o.Timeout, Limit: rowLimit,
	})
	if err == nil {
		err = read(ctx, rows, s)
	}
	var refused *query.Error
	if errors.As(err, &refused) && ctx.Err() == nil {
		s.Err, s.Rows = refused, nil
		return nil
	}
	if err != nil {
		return fmt.Errorf("report: asking for section %s: %w", s.ID, err)
	}
	return nil
}

func read(ctx context.Context, rows query.Rows, s *Section) (err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	for _, c := range rows.Columns() {
		s.Columns = append(s.Columns, byType(c))
	}
	for {
		more, err := rows.Next(ctx)
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		s.Rows = append(s.Rows, more...)
	}
	s.Stats = rows.Stats()
	if s.Stats.Truncated {
		s.Notes = append(s.Notes, "Cut after "+Count(int64(len(s.Rows)))+" rows.")
	}
	return nil
}

// byType presents a column that nothing is said about.
func byType(c query.Column) Column {
	switch {
	case c.Type == "bigint", c.Type == "integer":
		return Column{Column: c, Kind: KindCount}
	case c.Type == "double", c.Type == "real", strings.HasPrefix(c.Type, "decimal"):
		return Column{Column: c, Kind: KindNumber, Digits: 2}
	}
	return Column{Column: c}
}

// present dresses a section's columns.
func present(s *Section, show []Column) {
	for i, c := range s.Columns {
		for _, d := range show {
			if d.Name == c.Name {
				d.Column = c.Column
				s.Columns[i] = d
			}
		}
	}
}

// value gives the value of a named column in a row; nil where there is none.
func value(s *Section, row query.Row, name string) any {
	for i, c := range s.Columns {
		if c.Name == name && i < len(row) {
			return row[i]
		}
	}
	return nil
}

func inRange(l LakeFacts, s scope) LakeFacts {
	var in []PartitionFacts
	for _, p := range l.Partitions {
		if s.holds(p.start()) {
			in = append(in, p)
		}
	}
	l.Partitions = in
	return l
}

// compare sets what the table gives against what the objects hold.
func (b *builder) compare() Seen {
	seen := Seen{Records: -1}
	if v := b.sections["volume"]; len(v.Rows) == 1 {
		seen.Rows = integer(value(v, v.Rows[0], "row_count"))
		seen.Objects = integer(value(v, v.Rows[0], "object_count"))
	}
	if !b.lake.Known {
		return seen
	}
	seen.Records, seen.Objects = 0, 0
	for _, p := range b.lake.Partitions {
		seen.Records += p.Records
		seen.Unseen += p.Unseen
		seen.Malformed += p.Malformed
		seen.Damaged += p.Damaged
		seen.Objects += p.Objects
		seen.Bytes += p.Bytes
	}
	return seen
}

// empty says that the questions were answered and there was nothing to count.
func (b *builder) empty() bool {
	return b.sections["volume"].Err == nil && b.seen.Rows == 0 && b.seen.Records <= 0
}

// lakeRows is how many rows the objects should give.
func (b *builder) lakeRows() int64 {
	var n int64
	for _, p := range b.lake.Partitions {
		n += p.Rows
	}
	return n
}

// document puts the sections in their order.
func (b *builder) document() *Document {
	d := &Document{
		Title: "Acme video telemetry: analytics report", Now: b.o.Now.UTC(), Lake: b.o.Lake,
		Database: b.scope.database, Table: b.scope.table, From: b.scope.from, To: b.scope.to,
		Seen: b.seen, Gate: b.gate, Engine: b.o.Engine,
	}
	d.Subtitle = b.scope.name() + ", " + b.hours()
	findings := b.findings()
	d.Notices = b.notices()
	add := func(sections ...*Section) {
		for _, s := range sections {
			d.Sections = append(d.Sections, *s)
		}
	}
	at := func(ids ...string) {
		for _, id := range ids {
			if s := b.sections[id]; s != nil { // some are there only when there is something to ask
				add(s)
			}
		}
	}
	add(b.summary(findings), b.pipeline())
	at("volume", "partitions", "overview", "event_types", "devices", "quality", "session_duration", "geography")
	add(findings)
	for _, q := range samples() {
		at(q.id)
	}
	at("data_quality", "anomalies", "rebuffering")
	add(b.recommendations(), nextSteps(), b.technical())
	at("cost")
	add(monitoring(), security(), troubleshooting())
	return d
}

// hours says in words which hours the report is about.
func (b *builder) hours() string {
	const layout = "2006-01-02 15:00"
	first, last := b.scope.from, b.scope.to
	if p := b.sections["partitions"]; len(p.Rows) > 0 {
		if first.IsZero() {
			first = hourOf(p, p.Rows[0])
		}
		if last.IsZero() {
			last = hourOf(p, p.Rows[len(p.Rows)-1]).Add(time.Hour)
		}
	}
	if first.IsZero() || last.IsZero() {
		return "no hour"
	}
	if first.Format(time.DateOnly) == last.Format(time.DateOnly) {
		return first.Format(layout) + " to " + last.Format("15:00") + " UTC"
	}
	return first.Format(layout) + " to " + last.Format(layout) + " UTC"
}

// notices gives what must be read before any figure.
func (b *builder) notices() []Notice {
	var out []Notice
	seen := b.seen
	switch {
	case seen.Records < 0:
		out = append(out, Notice{Info, "The objects were not counted: whether Athena sees every event is not known."})
	case seen.Unseen > 0:
		out = append(out, Notice{Error, fmt.Sprintf("Athena sees %s of %s events (%s unseen): records are not delimited by newlines.",
			Count(seen.Records-seen.Unseen), Count(seen.Records), Count(seen.Unseen))})
	case b.sections["volume"].Err == nil && seen.Rows != b.lakeRows():
		out = append(out, Notice{Warn, fmt.Sprintf("The table has %s, the objects hold %s: the catalog and the objects disagree. MSCK REPAIR TABLE registers hours that Glue does not know.",
			plural(seen.Rows, "row"), Count(b.lakeRows()))})
	}
	if b.empty() {
		out = append(out, Notice{Error, "There is no event in what is reported on: the figures below are of nothing."})
	}
	if n := b.lake.Outside; n > 0 {
		out = append(out, Notice{Error, fmt.Sprintf("%s in no partition's folder: Athena does not read what lies there. acme inspect names the folders.", plural(n, "object"))})
	}
	if seen.Damaged > 0 {
		out = append(out, Notice{Error, fmt.Sprintf("%s cannot be read: one damaged object fails every query that opens it. acme verify names it.", plural(seen.Damaged, "object"))})
	}
	if seen.Malformed > 0 {
		out = append(out, Notice{Warn, fmt.Sprintf("%s malformed: Athena gives a row of NULLs for each, and counts it.", plural(seen.Malformed, "line"))})
	}
	for _, id := range []string{"volume", "overview"} {
		if err := b.sections[id].Err; err != nil {
			out = append(out, Notice{Error, "The table cannot be read: " + query.Printable(err.Error())})
			break
		}
	}
	return out
}
