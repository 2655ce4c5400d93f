// Package query says what a query, a table and a result are, whichever engine
// answers: DuckDB here, Athena or Trino far away.
//
// A caller hands an Engine a Request with Athena SQL and gets Rows, which
// stream. Values come as Go values in the shapes listed at Row; Column.Type is
// Athena's spelling of the type. Format gives a value as Athena prints it.
package query

import (
	"context"
	"fmt"
	"time"

	"acme/telemetry/engine/floattext"
)

// Request is one statement of Athena SQL.
type Request struct {
	SQL string
	// Database resolves names without one; the engine's default where empty.
	Database string
	// Params are the values of the statement's parameters, each a literal as it
	// would stand in SQL: 17, 'Canada'.
	Params []string
	// Service asks for the answers of SHOW and DESCRIBE in the shape that Athena's
	// service gives them, rather than Trino's protocol.
	Service bool
	// Written asks for the rows that CREATE TABLE AS, INSERT or UNLOAD would write,
	// and writes nothing.
	Written bool
	// Timeout ends the statement with a TIMEOUT error; none where zero.
	Timeout time.Duration
	// Limit ends the result after so many rows and marks it Truncated; no
	// limit where zero.
	Limit int64
}

// Column is one column of a result.
type Column struct {
	Name string `json:"name"`
	Type string `json:"type"` // Athena's spelling: bigint, varchar, decimal(21,1), timestamp(3) with time zone
	// Java is whose digits doubles and reals have in Format; Athena's where zero.
	Java floattext.Java `json:"-"`
}

// Row is one row of a result, a value a column:
//
//	nil                     NULL
//	bool, string, []byte    boolean, varchar, varbinary
//	int64                   tinyint, smallint, integer, bigint
//	float64                 double and real; Column.Java says how they are printed
//	Text                    decimal, date, time, timestamp, interval: the text Athena prints
//	[]any                   array and row
//	Map                     map, in the engine's order
type Row []any

// Text is a value whose type Athena's protocol sends as text: decimal('21.10'),
// date, time, timestamp with or without zone, and intervals.
type Text string

// Map is a map value; its entries keep the engine's order.
type Map []Entry

// Entry is one entry of a Map.
type Entry struct{ Key, Value any }

// Rows is a result being read. It is for one goroutine.
type Rows interface {
	// Columns are known before the first row.
	Columns() []Column
	// Next gives the next rows, at least one, or io.EOF after the last. The
	// rows are the caller's to keep. After an error every call gives it again.
	Next(ctx context.Context) ([]Row, error)
	// Stats are complete after Next gave io.EOF.
	Stats() Stats
	// Close ends the statement if it still runs. It may be called twice.
	Close() error
}

// Stats is what a statement read to give its answer.
type Stats struct {
	Objects      int64         `json:"objects"`       // objects read
	Pruned       int64         `json:"pruned"`        // objects left out by a predicate on partition columns
	Bytes        int64         `json:"bytes"`         // bytes read, compressed: what Athena bills
	Rows         int64         `json:"rows"`          // rows given
	Unseen       int64         `json:"unseen"`        // JSON records behind the first of their line, which the SerDe does not see
	Malformed    int64         `json:"malformed"`     // lines that became rows of NULLs
	Twice        int64         `json:"twice"`         // keys of columns that stand twice in their JSON record: the last is shown
	Elapsed      time.Duration `json:"elapsed"`       // wall time
	Truncated    bool          `json:"truncated"`     // Request.Limit cut the result
	Cached       bool          `json:"cached"`        // objects were read by an earlier statement of this engine
	PartitionsOf int64         `json:"partitions_of"` // partitions of the tables read
	Partitions   int64         `json:"partitions"`    // partitions read
}

// Engine answers Athena SQL. It is safe for use by many goroutines; an
// implementation may run their statements one after another.
type Engine interface {
	// Query starts a statement. An error about the SQL is an *Error.
	Query(ctx context.Context, r Request) (Rows, error)
	// Close ends the engine and what it runs.
	Close() error
}

// Error is an error of the SQL or of its run, as Athena words it.
type Error struct {
	Name    string `json:"name"`    // Trino's error name: SYNTAX_ERROR, COLUMN_NOT_FOUND, DIVISION_BY_ZERO
	Message string `json:"message"` // with "line 1:8: " in front where there is a position
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Hint    string `json:"hint,omitempty"` // ours: what to write instead
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %s", e.Name, e.Message) }
