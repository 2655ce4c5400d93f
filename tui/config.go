package tui

import (
	"context"
	"io"
	"os"
	"time"

	"acme/telemetry/engine/query"
	"acme/telemetry/engine/report"
)

// Range is a span of arrival hours, UTC, To left out. A zero time leaves that
// end open; the zero Range is the whole lake.
type Range struct{ From, To time.Time }

// IsZero says that the range is the whole lake.
func (r Range) IsZero() bool { return r.From.IsZero() && r.To.IsZero() }

// Loader makes the report for a range. Load is called from a goroutine of its
// own and must end soon after ctx is done; the next call may begin before one
// that was given up has returned. It may call progress, from any goroutine.
type Loader interface {
	Load(ctx context.Context, r Range, progress func(done, of int, title string)) (*report.Document, error)
}

// Querier starts a statement of Athena SQL; query.Engine is one. It may be
// called while a report is being loaded.
type Querier interface {
	Query(ctx context.Context, r query.Request) (query.Rows, error)
}

// Preparer makes the lake when there is none yet. Prepare is called once at
// the start, and again if it failed or was stopped and the reader asks for it,
// never while an earlier call runs. What it had done before an error or before
// ctx was done, it must pick up again or undo; Run waits for that up to
// prepareGrace. It may call progress as often as it likes, from any goroutine.
type Preparer interface {
	Prepare(ctx context.Context, progress func(Progress)) error
}

// Progress is how far a long operation is.
// It is a job on the screen and a bar, or a line of JSON, on the command line.
type Progress struct {
	Step  string `json:"what"` // what is being done: "generate events"
	Done  int64  `json:"done"`
	Total int64  `json:"total,omitempty"` // zero where it is not known: a counter is shown, no bar
	Unit  string `json:"unit"`            // of Done and Total: "events"
	Bytes int64  `json:"bytes,omitempty"` // written so far; not shown where zero
}

// Config is what the screen is made of. Loader and Querier must be set.
type Config struct {
	Loader   Loader
	Querier  Querier
	Prepare  Preparer // nil where the lake is there
	Preparer string   // what Prepare makes, for the reader: "seed-hour into ~/acme-lake"

	Catalog  Catalog  // what is in the lake
	Checker  Checker  // looks at statements before they run
	Spooler  Spooler  // for results that memory has no room for
	Exporter Exporter // writes results to files
	Library  Library  // keeps statements
	Editor   Editor   // the reader's own
	Runner   Runner   // carries out verbs
	Monitor  Monitor  // watches a pipeline
	Keeper   Keeper   // keeps the session
	Journal  Journal  // keeps which jobs run
	Recorder Recorder // keeps what a defect leaves behind

	Lake     string        // the lake's name for the header
	Database string        // for statements of the SQL page
	Range    Range         // of the first report
	SQL      string        // text the SQL page begins with
	Timeout  time.Duration // of a statement on the SQL page; none where zero

	Keys    Keymap // other keys than the table's
	Screen  string // page to begin with: report, sql, browse, live, jobs or quality; that of the session where empty
	Theme   string // "auto" (default), "dark" or "light"
	Color   string // "auto" (default), "always" or "never"
	ASCII   bool   // no character beyond ASCII
	NoMouse bool   // leave the mouse to the terminal

	Now     func() time.Time // time.Now where nil
	In      *os.File         // os.Stdin where nil
	Out     *os.File         // os.Stdout where nil
	Err     io.Writer        // os.Stderr where nil: what is said after the screen is gone
	Environ []string         // os.Environ() where nil

	// Restored is called when the terminal is as it was, and what runs is still to be
	// waited for; nothing where nil.
	Restored func()
}

// defaults fills what the caller left out.
func (c Config) defaults() Config {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.In == nil {
		c.In = os.Stdin
	}
	if c.Out == nil {
		c.Out = os.Stdout
	}
	if c.Err == nil {
		c.Err = os.Stderr
	}
	if c.Environ == nil {
		c.Environ = os.Environ()
	}
	if c.Restored == nil {
		c.Restored = func() {}
	}
	if c.SQL == "" {
		c.SQL = firstSQL
	}
	return c
}

// firstSQL is what the SQL page begins with.
const firstSQL = `SELECT device_type,
       count(*) AS events,
       round(avg(bandwidth_mbps), 2) AS avg_mbps
FROM acme_telemetry.video_telemetry_json
GROUP BY device_type
ORDER BY events DESC
`
