package report

import (
	"context"
	"fmt"

	"acme/telemetry/engine/query"
	"acme/telemetry/schema"
)

// errorShare is the share of offending rows above which a broken rule is an
// error; any offender below it is a warning.
const errorShare = 0.01

// quality builds the data quality section: the rules of schema.Rules counted by
// two queries, and the two checks that only the objects can answer. The gate is
// the worst severity among them.
func (b *builder) quality(ctx context.Context) error {
	s := &Section{
		ID: "data_quality", Title: "Data quality", Lead: "What must hold for every event, and the rows that break it.",
		Columns: []Column{
			extra("severity", "varchar", "Result", KindSeverity, 0),
			extra("rule", "varchar", "Rule", KindText, 0),
			extra("offending", "bigint", "Offending", KindCount, 0),
			extra("total", "bigint", "Of", KindCount, 0),
			extra("percent", "double", "Share", KindPercent, 2),
			detail(extra("meaning", "varchar", "What must hold", KindText, 0)),
		},
		Notes: []string{"ok: none. warn: up to 1% of the rows. error: more, or an event that Athena does not see, or an object that cannot be read. A check that could not run is a warning."},
	}
	b.sections["data_quality"] = s
	b.lakeChecks(s)
	all := &Section{ID: "data_quality", Title: s.Title}
	if err := b.run(ctx, all, "quality/all.sql"); err != nil {
		return err
	}
	s.SQL, s.File, s.Stats = all.SQL, all.File, all.Stats
	for _, rule := range schema.Rules() {
		if rule.From == "" {
			b.check(s, rule, all, rule.ID, "total")
			continue
		}
		one := &Section{ID: "data_quality", Title: s.Title}
		if err := b.run(ctx, one, "quality/"+rule.ID+".sql"); err != nil {
			return err
		}
		b.check(s, rule, one, "offending", "total")
	}
	return nil
}

// lakeChecks are those that no query can answer: a row that Athena does not see
// is not in any answer.
//
// A gate must not pass where there is nothing: that there are events, and that no
// object lies where no query finds it, are checks that stand here when they fail.
func (b *builder) lakeChecks(s *Section) {
	if b.empty() {
		b.addCheck(s, Error, "events_there", 0, 0, "There are events in what is reported on.", "")
	}
	if !b.lake.Known {
		return
	}
	if n := b.lake.Outside; n > 0 {
		b.addCheck(s, Error, "objects_in_partitions", n, n+b.seen.Objects, "Every object lies in the folder of a partition.", "")
	}
	seen := b.seen
	severity := OK
	if seen.Unseen > 0 {
		severity = Error
	}
	b.addCheck(s, severity, "events_seen", seen.Unseen, seen.Records, "Every event in the objects is a row: records stand on lines of their own.", "")
	damaged := OK
	if seen.Damaged > 0 {
		damaged = Error
	}
	b.addCheck(s, damaged, "objects_readable", seen.Damaged, seen.Objects, "Every object can be read to its end.", "")
	b.addCheck(s, graded(seen.Malformed, seen.Records+seen.Malformed), "lines_well_formed", seen.Malformed, seen.Records+seen.Malformed, "Every line is one JSON object.", "")
}

// check adds one rule from the answer that counted it.
func (b *builder) check(s *Section, rule schema.Rule, from *Section, offending, total string) {
	if from.Err != nil || len(from.Rows) != 1 {
		why := "gave no row"
		if from.Err != nil {
			why = from.Err.Message
		}
		b.unchecked(s, rule.ID, rule.Doc, why)
		return
	}
	n, of := integer(value(from, from.Rows[0], offending)), integer(value(from, from.Rows[0], total))
	b.addCheck(s, graded(n, of), rule.ID, n, of, rule.Doc, b.drill(rule.Offends))
}

// unchecked adds a check that could not run, which is a warning.
func (b *builder) unchecked(s *Section, id, doc, why string) {
	b.gate = max(b.gate, Warn)
	s.Rows = append(s.Rows, query.Row{Warn.String(), id, nil, nil, nil, doc + " Not checked: " + why})
	s.Drill = append(s.Drill, "")
}

func (b *builder) addCheck(s *Section, severity Severity, id string, n, of int64, doc, drill string) {
	b.gate = max(b.gate, severity)
	var share any
	if of > 0 {
		share = 100 * float64(n) / float64(of)
	}
	s.Rows = append(s.Rows, query.Row{severity.String(), id, n, of, share, doc})
	s.Drill = append(s.Drill, drill)
}

// graded is the severity of so many offenders.
func graded(n, of int64) Severity {
	switch {
	case n <= 0:
		return OK
	case float64(n) > errorShare*float64(of):
		return Error
	}
	return Warn
}

// Fails says whether the report fails a gate set at a severity, warn or error.
// Below warn nothing fails.
func (d *Document) Fails(on Severity) bool { return on >= Warn && d.Gate >= on }

// Failed gives the sections whose query gave no answer and no accepted form.
func (d *Document) Failed() []*Section {
	var out []*Section
	for i := range d.Sections {
		s := &d.Sections[i]
		if s.Err != nil && (s.Offered == nil || s.Offered.Err != nil) {
			out = append(out, s)
		}
	}
	return out
}

// worst gives the broken checks in words, for a finding.
func (b *builder) worst() (Severity, string) {
	s := b.sections["data_quality"]
	broken, first := 0, ""
	for _, row := range s.Rows {
		if value(s, row, "severity") == OK.String() {
			continue
		}
		if broken++; first == "" || value(s, row, "severity") == b.gate.String() && broken == 1 {
			first = fmt.Sprint(value(s, row, "rule"))
		}
	}
	if broken == 0 {
		return OK, fmt.Sprintf("all %d checks hold", len(s.Rows))
	}
	return b.gate, fmt.Sprintf("%d of %d checks do not hold, %s first", broken, len(s.Rows), first)
}

// Broken gives the checks that are at least as bad as a severity, by the rule's name.
func (d *Document) Broken(from Severity) []string {
	var out []string
	s := d.Section("data_quality")
	if s == nil {
		return nil
	}
	for _, row := range s.Rows {
		for severity := max(from, Warn); severity <= Error; severity++ {
			if value(s, row, "severity") == any(severity.String()) {
				out = append(out, plain(value(s, row, "rule")))
			}
		}
	}
	return out
}
