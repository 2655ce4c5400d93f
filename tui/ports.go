package tui

import (
	"context"
	"time"

	"acme/telemetry/engine/query"
)

// Interfaces that the pages need beside Loader and Querier. Each may be nil:
// then what needs it says that it is not there. All are called from goroutines
// of commands, never from Update or View, and must end soon after ctx is done.

// Catalog says what is in the lake: names, folders and figures, without
// reading data.
type Catalog interface {
	// Tables gives the tables that a statement may name, with their columns.
	Tables(ctx context.Context) ([]Table, error)
	// Partitions gives a table's partitions in the order of their folders.
	Partitions(ctx context.Context, t Table) ([]Partition, error)
	// Objects gives the objects of one partition in the order of their keys, as they were
	// when Partitions was asked last, or later.
	Objects(ctx context.Context, t Table, p Partition) ([]Object, error)
	// Functions are those that Athena SQL has, for completion.
	Functions() []Function
}

// Table is a table or a view of the lake.
type Table struct {
	Database, Name string
	Columns        []query.Column // those of the objects, then the partitions'
	Keys           int            // how many of Columns are the partitions', at the end
	Format         string         // JSON, PARQUET; empty for a view
	Location       string
	View           bool
}

// Partition is a folder of a table.
type Partition struct {
	Folder  string   // year=2025/month=08/day=11/hour=17
	Values  []string // of the partition columns, as the folder has them
	Objects int64
	Bytes   int64 // as stored
	Rows    int64 // that Athena sees by the manifests; -1 where they do not say
	Records int64 // that the objects hold by the manifests; -1 where they do not say
	// Health is what is wrong with it: "" where nothing is known to be.
	Health string
	Bad    bool // Health is damage, not a doubt
}

// Object is one object of a partition.
type Object struct {
	Name     string // the last part of its key
	Path     string // as "$path" has it
	Bytes    int64
	Rows     int64 // by its manifest; -1 without one
	Modified time.Time
	Health   string
}

// Function is one of the SQL language.
type Function struct {
	Name      string
	Signature string
	Doc       string
	Refused   string // why the engine here has it not; empty where it has
}

// Checker looks at a statement without running it.
type Checker interface {
	// Check gives what the statement would scan, or its error: a *query.Error has
	// the place.
	Check(ctx context.Context, sql string) (Estimate, error)
}

// Estimate is what a statement would read. Where what it leaves out cannot be
// told before it runs, AtMost is set and the figures are an upper bound.
type Estimate struct {
	Tables       []string
	Partitions   int64
	PartitionsOf int64
	Objects      int64
	Bytes        int64 // as stored: what Athena bills, but for Parquet's columns
	AtMost       bool
	Effect       string // what it would change; empty for a query
}

// Spooler makes places for rows that memory has no room for.
type Spooler interface {
	Spool(cols []query.Column) (Spool, error)
}

// Spool keeps the rows of one result. Add is called by one goroutine at a time,
// Window by any, also while Add runs; Close once, when nobody calls.
type Spool interface {
	Add(rows []query.Row) error
	// Window gives n rows from row from on, fewer at the end.
	Window(from, n int) ([]query.Row, error)
	Close() error
}

// Exporter writes a result to a file.
type Exporter interface {
	// Export reads rows to their end and writes them to name, in the format that
	// its ending says; tell says how far it is. An export that fails or is
	// cancelled leaves no file behind. It gives the name in full.
	Export(ctx context.Context, name string, rows query.Rows, tell func(rows, bytes int64)) (string, error)
	// Formats are the endings that Export knows, without the dot.
	Formats() []string
}

// Recorder keeps what is known of a defect of the program, for the reader to report.
type Recorder interface {
	// Record keeps a text and gives the name of what it is kept in. It is called once,
	// when the screen is gone.
	Record(text string) (name string, err error)
}

// Library keeps statements under names.
type Library interface {
	List(ctx context.Context) ([]Saved, error)
	// Save keeps a statement; one that is there under the name is replaced if it
	// is the reader's own.
	Save(ctx context.Context, name, sql string) error
}

// Saved is a statement of the Library.
type Saved struct {
	Name string // report/devices, mine/rebuffer
	SQL  string
}
