package report

import (
	"time"

	"acme/telemetry/engine/query"
)

// Document is one report, complete and immutable: what every output format and
// the screen are drawn from. Values are at full precision; Cell rounds.
type Document struct {
	Title    string
	Subtitle string    // one line: table, range, what was seen
	Now      time.Time // when the report was made, UTC
	Lake     string    // where the objects lie, as the user named it
	Database string
	Table    string
	// From and To bound the partitions that were read: hours, UTC, To left
	// out. Both are zero where the whole table was read.
	From, To time.Time
	Engine   string // who answered, as the caller named it
	// Seen compares what the table gives with what the objects hold.
	Seen Seen
	// Notices are for the very top: what Athena does not see, what a gate says.
	Notices []Notice
	// Sections in the order in which they are shown. IDs are unique.
	Sections []Section
	// Gate is the worst severity among the data quality checks.
	Gate Severity
}

// Section finds a section by its id; nil where there is none.
func (d *Document) Section(id string) *Section {
	for i := range d.Sections {
		if d.Sections[i].ID == id {
			return &d.Sections[i]
		}
	}
	return nil
}

// Seen compares a table's rows with the records in its objects, within the
// report's range. Records is -1 where the objects were not counted.
type Seen struct {
	Rows      int64 // rows Athena sees
	Records   int64 // JSON records the objects hold
	Unseen    int64 // records behind the first of their line
	Malformed int64 // lines that are rows of NULLs
	Objects   int64
	Bytes     int64 // compressed
	Damaged   int64 // objects that cannot be read
}

// Severity grades a notice, a finding or a check.
type Severity uint8

// Severities, least first.
const (
	OK Severity = iota
	Info
	Warn
	Error
)

// String gives ok, info, warn or error.
func (s Severity) String() string { return [...]string{"ok", "info", "warn", "error"}[s] }

// Notice is one line for the top of the report.
type Notice struct {
	Severity Severity
	Text     string
}

// Layout says how a section's rows are best shown. The rows mean the same in all.
type Layout uint8

// Layouts.
const (
	LayoutTable Layout = iota // a table, a row a line
	LayoutFacts               // one row: a name and a value a line
	LayoutList                // prose: the first column is a heading, the others say more
	LayoutTree                // rows are leaves of a tree over the first columns (partitions)
)

// Section is one part of the report: always columns and rows, whatever its
// layout, so that JSON and the screen treat all alike.
type Section struct {
	ID      string // volume, devices, ...: stable, for scripts
	Title   string
	Group   string // heading that several sections share, as "Sample queries"; may be empty
	Lead    string // one or two sentences under the title; may be empty
	Layout  Layout
	Columns []Column
	Rows    []query.Row
	// Notes stand under the table: definitions, warnings, what to do.
	Notes []string
	// SQL is the statement as it was sent, in Athena's dialect; empty for a
	// section that is not a query's result.
	SQL string
	// File is SQL's file in the sql folder, as "report/devices.sql".
	File  string
	Stats query.Stats
	// Err is why the query gave no rows, as Athena words it; nil where it ran.
	Err *query.Error
	// Offered is the accepted form of a refused query, with its result.
	Offered *Section
	// Drill gives the statement behind one row where there is one: SQL that
	// lists what the row counts. Same length as Rows, or nil.
	Drill []string
}

// refusedBy says whose refusal an error is: what only this engine does not do, or
// what ended it, is not laid at Athena's door.
func refusedBy(e *query.Error) string {
	switch e.Name {
	case "NOT_SUPPORTED":
		return "The engine does not do this"
	case "ENGINE_CRASHED", "INTERNAL_ERROR", "TIMEOUT":
		return "No answer"
	}
	return "Athena refuses it"
}

// Column is one column of a section: the engine's name and type, and how it is
// shown to people.
type Column struct {
	query.Column
	Label string // heading for people; Name where empty
	Kind  Kind
	// Digits after the point, for numbers; -1 shows all there are.
	Digits int
	// Bar says that the column is a share or a magnitude worth a bar.
	Bar bool
	// Wrap says that values are sentences, to be shown whole over several lines.
	Wrap bool
	// Detail says that the column explains the row: text shows it under the row,
	// and only where the row is not ok.
	Detail bool
	// Names says that values are enumerations, shown as names ("tv" as "TV").
	Names bool
}

// Kind is what a column's values are to a reader.
type Kind uint8

// Kinds.
const (
	KindText     Kind = iota
	KindCount         // 118,600
	KindNumber        // 10.86
	KindPercent       // 40.0%
	KindBytes         // 9.45 MB
	KindUSD           // $0.0000
	KindSeverity      // ok, info, warn, error
	KindCode          // a command or a piece of SQL
)

// Right says whether the column is aligned right.
func (c Column) Right() bool { return c.Kind >= KindCount && c.Kind <= KindUSD }

// Heading gives the column's heading for people.
func (c Column) Heading() string {
	if c.Label != "" {
		return c.Label
	}
	return c.Name
}
