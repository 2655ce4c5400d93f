package dialect

import "strings"

// Options say how Translate reads a statement.
type Options struct {
	// Database resolves table names without one. Names are case-insensitive.
	Database string
	// Catalog knows the tables; without one every table is TABLE_NOT_FOUND.
	Catalog Catalog
	// CatalogName is what error texts call the catalog; "awsdatacatalog" where empty.
	CatalogName string
	// Level is the Trino release whose answers are wanted, 401 to 483; 401
	// where zero. From 477 on decimals divide by other rules.
	Level int
	// Doubles makes doubles of literals such as 1.5, which are decimals else:
	// Trino's parse-decimal-literals-as-double.
	Doubles bool
	// WholeRows leaves the rows of an unnested array whole, a column of rows for
	// each array, as Athena's documentation has it; Trino makes a column of each
	// field.
	WholeRows bool
	// Params are the values of the statement's parameters, each a literal as it
	// would stand in SQL.
	Params []string
	// Hive asks for the answers of SHOW and DESCRIBE in the shape that Athena's
	// service gives them; Trino's protocol has others.
	Hive bool
	// Rows asks for the rows that CREATE TABLE AS, INSERT and UNLOAD write;
	// otherwise such a statement is refused.
	Rows bool
}

// Column is a column of a table, its name in lower case.
type Column struct {
	Name    string
	Type    Type
	Comment string
}

// Table is a table of the catalog, as its Hive DDL states it.
type Table struct {
	Database, Name string
	Comment        string
	Columns        []Column // in the objects, in the order of SELECT *
	Partitions     []Column // from the path, after Columns in SELECT *
	// SerDe is the Java class of ROW FORMAT SERDE, empty where there is none.
	SerDe           string
	SerDeProperties map[string]string
	TableProperties map[string]string
	// Format is JSON, PARQUET, CSV, TEXTFILE or ORC, concluded from the SerDe,
	// STORED AS and the input format.
	Format                    string
	InputFormat, OutputFormat string
	Location                  string // s3://bucket/prefix/
	External                  bool
	// Removed are the values of partitions that ALTER TABLE ... DROP PARTITION took
	// away: their folders are not the table's any more.
	Removed [][]string
	// View is the query of a view, as written; empty for a table. Its names
	// without a database are in ViewDatabase.
	View, ViewDatabase string
	// Added are the partitions that ALTER TABLE ... ADD PARTITION gave, in their
	// order; those whose folders name their values need not be among them.
	Added []Partition
	// BucketedBy and Buckets are CLUSTERED BY (...) INTO n BUCKETS.
	BucketedBy []string
	Buckets    int

	rows [][]any // of a table whose rows are the catalog's
}

// Partition is a partition that lies anywhere: the text of its values, in the order
// of the table's partition columns, and its location, empty for the folder under
// the table's that names the values.
type Partition struct {
	Values   []string
	Location string
}

// Projected says whether t's properties say which partitions there are: then those of
// the catalog do not count.
func (t *Table) Projected() bool {
	return len(t.Partitions) > 0 && strings.EqualFold(strings.TrimSpace(t.TableProperties["projection.enabled"]), "true")
}

// Catalog gives the tables that a statement may name. Names come in lower case.
type Catalog interface {
	Databases() []string
	Tables(database string) []string
	Table(database, name string) *Table // nil where there is none
}

// Translation is a query in DuckDB's SQL, and what it takes to run it.
type Translation struct {
	// SQL is one DuckDB SELECT. Its DESCRIBE gives Column.Type.DuckDB() for
	// each of Columns.
	SQL     string
	Columns []OutputColumn
	// Scans are the relations that SQL reads, one for each mention of a table.
	Scans []Scan
	// Ordered says that the statement has an ORDER BY of its own, so that the
	// order of the rows is part of the answer.
	Ordered bool

	level int
}

// OutputColumn is a column of a result. Names may repeat.
type OutputColumn struct {
	Name string
	Type Type
	// Unnamed says that the statement gives the column no name.
	Unnamed bool
	// Zone is Type.Zone of a timestamp with time zone: DuckDB's value has the
	// instant alone. Empty for every other type, and where each value carries its
	// own zone.
	Zone string
}

// Scan is one mention of a table. Before SQL runs, a relation (table, view or
// table function's view) of the name Relation must exist with exactly these
// columns: Columns in their order with the types Type.DuckDB(), then all of the
// table's partition columns, then "$path" (VARCHAR) if Path, then Hidden with the
// types that HiddenType gives.
type Scan struct {
	Relation string
	Table    *Table
	Columns  []string // data columns that the statement needs, in table order
	Path     bool     // the hidden column "$path" is needed
	// Listing says that the rows wanted are the table's partitions, one each; "$path"
	// is then a partition's name: year=2025/month=08.
	Listing bool
	Hidden  []string // of "$file_size", "$file_modified_time" and "$partition", those needed
	// Filter is a DuckDB predicate over partition columns alone (quoted, without
	// a qualifier) that is true for every partition whose rows can matter;
	// empty where all can. It is a necessary condition: SQL still holds the
	// whole predicate.
	Filter string
}

// ScalarFunction is a function in Go that the prelude and the translations
// call; the engine registers it under Name before it runs Prelude.
//
// Params and Result are DuckDB type names. Call gets and gives bool for
// BOOLEAN, int32 for INTEGER, int64 for BIGINT, *big.Int for HUGEINT, float64
// for DOUBLE, float32 for FLOAT, string for VARCHAR, []byte for BLOB and []any
// for T[]. It is pure: same arguments, same answer, safe from any goroutine.
// Its error's text is for RuntimeError.
type ScalarFunction struct {
	Name   string
	Params []string
	Result string
	// OnNull says that Call wants NULL arguments (as nil) too; otherwise a NULL
	// argument makes the result NULL and Call is not called.
	OnNull bool
	// Sure says that Call never fails, whatever it is given. Of the others an engine must
	// not ask what no row asked for.
	Sure bool
	Call func(args []any) (any, error)
	// Bits, where it is set, is Call of a function of one VARCHAR that gives BIGINT or
	// DOUBLE, for rows by the million: nothing is boxed. It gives the 64 bits of the result,
	// or ok false for NULL. The text is not the callee's to keep.
	Bits func(text string) (bits uint64, ok bool, err error)
}
