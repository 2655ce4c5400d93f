package dialect

// The tree of a statement that is more than a query. Names are in lower case.
// A statement of Hive's grammar is in ddl.go.

// TableName is the name of a table or view as written: one to three parts.
type TableName struct {
	Pos   Pos
	Parts []string
}

// Property is one of WITH (name = value, ...).
type Property struct {
	Pos   Pos
	Name  string
	Value Expr
}

type (
	// QueryStatement is a query.
	QueryStatement struct{ Query *Query }
	// Explain is EXPLAIN. Type is LOGICAL, DISTRIBUTED, VALIDATE or IO, Format is
	// TEXT, JSON or GRAPHVIZ; both in capitals, empty where not written.
	Explain struct {
		Pos              Pos
		Analyze, Verbose bool
		Type, Format     string
		Statement        Statement
	}
	// CreateTableAs is CREATE TABLE ... AS.
	CreateTableAs struct {
		Pos         Pos
		Name        TableName
		IfNotExists bool
		Columns     []Name
		Comment     string
		Properties  []Property
		Query       *Query
		NoData      bool
	}
	// Insert is INSERT INTO.
	Insert struct {
		Pos     Pos
		Name    TableName
		Columns []Name
		Query   *Query
	}
	// Unload is UNLOAD (query) TO 'location' WITH (...).
	Unload struct {
		Pos        Pos
		Query      *Query
		To         string
		Properties []Property
	}
	// CreateView is CREATE [OR REPLACE] VIEW; Text is its query as written.
	CreateView struct {
		Pos     Pos
		Name    TableName
		Replace bool
		Comment string
		Query   *Query
		Text    string
	}
	// Drop is DROP TABLE, VIEW or SCHEMA, by What. A schema's name has its
	// catalog before it where one was written.
	Drop struct {
		Pos      Pos
		What     string
		Name     TableName
		IfExists bool
		Cascade  bool
	}
	// Prepare is PREPARE name FROM statement; Text is the statement as written.
	Prepare struct {
		Pos       Pos
		Name      string
		Statement Statement
		Text      string
	}
	// Execute is EXECUTE name USING, or EXECUTE IMMEDIATE 'text' USING: then Name
	// is empty and TextPos is where the text's quote stands.
	Execute struct {
		Pos     Pos
		Name    string
		Text    string
		TextPos Pos
		Params  []string // as written
	}
	// Deallocate is DEALLOCATE PREPARE.
	Deallocate struct {
		Pos  Pos
		Name string
	}
	// Show is SHOW and DESCRIBE. What is CATALOGS, SCHEMAS, TABLES, VIEWS, COLUMNS,
	// DESCRIBE, PARTITIONS, TBLPROPERTIES, CREATE TABLE, CREATE VIEW, CREATE
	// SCHEMA, FUNCTIONS, SESSION or STATS.
	Show struct {
		Pos  Pos
		What string
		// Name is a table's, or of SCHEMAS the catalog's, of TABLES and VIEWS the
		// database's with its catalog; without parts where none is written.
		Name TableName
		// Like is the pattern, Escape its escape character; Regex says that the
		// pattern is Hive's: text with * and |.
		Like, Escape *string
		Regex        bool
		// Hive says that the statement is Hive's spelling, which has answers in
		// Hive's shape: SHOW DATABASES, DESCRIBE FORMATTED.
		Hive bool
		// Property is the one asked for of TBLPROPERTIES.
		Property string
		Variant  string // of DESCRIBE: EXTENDED or FORMATTED
	}
	// Use is USE.
	Use struct {
		Pos  Pos
		Name TableName
	}
	// Refused is a statement that Athena knows and refuses; Err says how, once
	// Table, where there is one, has been found.
	Refused struct {
		Pos   Pos
		What  string
		Table *TableName
		Err   *Error
	}
)

func (*QueryStatement) statement() {}
func (*Explain) statement()        {}
func (*CreateTableAs) statement()  {}
func (*Insert) statement()         {}
func (*Unload) statement()         {}
func (*CreateView) statement()     {}
func (*Drop) statement()           {}
func (*Prepare) statement()        {}
func (*Execute) statement()        {}
func (*Deallocate) statement()     {}
func (*Show) statement()           {}
func (*Use) statement()            {}
func (*Refused) statement()        {}

// Statements of Hive's grammar beside those in ddl.go.
type (
	// AlterDatabase is ALTER DATABASE ... SET DBPROPERTIES. No statement shows the
	// properties of a database, and no answer depends on one.
	AlterDatabase struct {
		Pos  Pos
		Name string
	}
	// DropPartition is ALTER TABLE ... DROP PARTITION.
	DropPartition struct {
		Pos            Pos
		Database, Name string
		IfExists       bool
		Partitions     []PartitionSpec
	}
	// RenamePartition is ALTER TABLE ... PARTITION ... RENAME TO PARTITION.
	RenamePartition struct {
		Pos            Pos
		Database, Name string
		From, To       PartitionSpec
	}
	// SetLocation is ALTER TABLE ... [PARTITION ...] SET LOCATION.
	SetLocation struct {
		Pos            Pos
		Database, Name string
		Partition      *PartitionSpec
		Location       string
	}
	// SetProperties is ALTER TABLE ... SET TBLPROPERTIES.
	SetProperties struct {
		Pos            Pos
		Database, Name string
		Properties     map[string]string
	}
	// AddColumns is ALTER TABLE ... ADD or REPLACE COLUMNS.
	AddColumns struct {
		Pos            Pos
		Database, Name string
		Replace        bool
		Columns        []Column
	}
)

func (*AlterDatabase) statement()   {}
func (*DropPartition) statement()   {}
func (*RenamePartition) statement() {}
func (*SetLocation) statement()     {}
func (*SetProperties) statement()   {}
func (*AddColumns) statement()      {}
