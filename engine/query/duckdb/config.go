package duckdb

import (
	"context"
	"io"
	"runtime"
	"time"

	"acme/telemetry/engine/dialect"
	"acme/telemetry/engine/query"
	"acme/telemetry/engine/store"
)

// Names of query.Error that are no error names of Trino's.
const (
	// ErrInternal is a bug of ours: a translation that DuckDB does not take or
	// that gives other types than promised. The message has both statements.
	ErrInternal = "INTERNAL_ERROR"
	// ErrCrashed is the end of the child process in the midst of a statement.
	ErrCrashed = "ENGINE_CRASHED"
	// ErrTimeout is the end of a statement by its timeout.
	ErrTimeout = "TIMEOUT"
)

// Config says what an engine reads and how much it may use. It goes to the
// child as JSON.
type Config struct {
	// Lake is the URI of the store, as store.Open takes it.
	Lake string
	// Lender answers for the child where the lake is not of this machine's files; else
	// nil. The child reads and writes on the pipes LentAnswers and LentQuestions.
	Lender Lender `json:"-"`
	// View is the lender's folder. It is set for the child.
	View string
	// DDL makes the catalog: Hive DDL statements, separated by semicolons.
	DDL string
	// Database resolves names without one.
	Database string
	// Level is the Trino release whose answers are wanted; the dialect's default
	// where zero.
	Level int
	// Doubles makes doubles of literals such as 1.5, which are decimals else.
	Doubles bool
	// WholeRows leaves the rows of an unnested array whole, see dialect.Options.
	WholeRows bool
	// Memory is DuckDB's memory_limit in bytes; 1 GiB where zero.
	Memory int64
	// Cache is how many bytes of JSON are kept decoded; half of Memory where
	// zero, none where negative.
	Cache int64
	// Threads of DuckDB; the machine's where zero.
	Threads int
	// Spill is the folder under which each engine makes its own for spilling,
	// and removes those of dead ones; the system's temporary folder where empty.
	Spill string
	// Timeout ends statements that have none of their own; none where zero.
	Timeout time.Duration
	// Command starts the child; this binary with the verb __query where empty.
	Command []string
	// AddressSpace bounds the child's memory in bytes; 4 GiB where zero.
	AddressSpace uint64
}

// Lender lists and fetches objects for the child, which has neither network nor keys:
// a store.Cached.
type Lender interface {
	// View gives the folder in which the child finds what was fetched.
	View() (string, error)
	// Lend answers until the child closes its end, or ctx ends.
	Lend(ctx context.Context, questions io.Reader, answers io.Writer) error
}

// Files that a child with a Lender has open.
const (
	LentAnswers   = 3
	LentQuestions = 4
)

func (c Config) withDefaults() Config {
	if c.Memory <= 0 {
		c.Memory = 1 << 30
	}
	if c.Cache == 0 {
		c.Cache = c.Memory / 2
	}
	if c.Threads <= 0 {
		c.Threads = runtime.NumCPU()
	}
	if c.AddressSpace == 0 {
		c.AddressSpace = 4 << 30
	}
	return c
}

// Deps are what a worker works with. Only Store must be set.
type Deps struct {
	Store store.Store
	// Ledger is what the manifests say; nil where there is no manifest.
	Ledger Ledger
	// Catalog knows the tables; where nil it is made from Config.DDL.
	Catalog dialect.Catalog
	// Now gives for each statement what has become of Catalog, and the objects that
	// are being written and are no table's yet; nil where nothing changes them.
	Now func(ctx context.Context, base dialect.Catalog) (now dialect.Catalog, unfinished map[string]bool, err error)
	// Clock says what NOW is to projected partitions; time.Now where nil.
	Clock func() time.Time
	// Translate stands for dialect.Translate.
	Translate func(sql string, o dialect.Options) (*dialect.Translation, error)
}

func (d Deps) withDefaults(c Config) (Deps, error) {
	if d.Clock == nil {
		d.Clock = time.Now
	}
	if d.Translate == nil {
		d.Translate = dialect.Translate
	}
	if d.Catalog == nil {
		statements, err := dialect.ParseDDL(c.DDL)
		if err != nil {
			return d, err
		}
		if d.Catalog, err = dialect.NewCatalogAt(max(c.Level, 401), c.Database, statements...); err != nil {
			return d, err
		}
	}
	return d, nil
}

// QueryError gives a dialect's error as query's, which may not know the dialect.
func QueryError(e *dialect.Error) *query.Error {
	return &query.Error{Name: e.Name, Message: e.Message, Line: e.Line, Column: e.Column, Hint: e.Hint}
}
