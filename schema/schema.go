// Package schema is the contract of the telemetry: the 24 columns of a video
// event and the two dimension tables it joins to, stated once. The order of
// fields in JSON, the Parquet schema, the Hive DDL, the validation rules and
// docs/TELEMETRY_SCHEMA.md all derive from what stands here.
//
// Terms. A Record is one event on the wire: the bytes a Kafka or a Firehose
// record carries, with its key and the time it arrived. A Table is what Glue
// holds: columns in the objects, and partition columns in their path.
package schema

// Type is a column's type, by its Glue name.
type Type uint8

// The types that the telemetry's tables use.
const (
	String  Type = iota // UTF-8 text
	Int                 // 32-bit signed
	BigInt              // 64-bit signed
	Double              // IEEE 754 binary64
	Boolean             // true or false
	Date                // a day, no zone
)

// String gives the Glue (Hive) name of t: string, int, bigint, double, boolean or date.
func (t Type) String() string {
	return [...]string{"string", "int", "bigint", "double", "boolean", "date"}[t]
}

// Column is one field of an event, or one partition column of a table.
type Column struct {
	Name string
	Type Type
	Doc  string

	// Prefix is what an identifier begins with ("EVENT_"); hexadecimal digits
	// follow it. Empty for everything that is not an identifier.
	Prefix string
	// Enum lists the only values allowed, where there is such a list.
	Enum []string
	// Min and Max bound a number, both included and in the column's own unit.
	// They mean something only where Max > Min.
	Min, Max int64
	// Scale is how many digits after the point a double has on the wire.
	Scale int
	// MayBeEmpty says that the empty string is a valid value.
	MayBeEmpty bool
}

// Table is a table of the catalog.
type Table struct {
	Database   string
	Name       string
	Doc        string
	Columns    []Column // in the order of the JSON object and of SELECT *
	Partitions []Column // from the path, after Columns in SELECT *
	// Prefix is where the table's objects lie, relative to the lake, with a
	// slash at its end.
	Prefix string
	// Parquet says that the objects are Parquet files, not gzip JSON lines.
	Parquet bool
}

// Record is one event on the wire, as Kafka and Firehose carry it.
type Record struct {
	// Arrival is when the broker took the record, in milliseconds since the
	// Unix epoch, UTC. Firehose partitions by it.
	Arrival int64
	// Event is when the event happened by the producer's account, in the same
	// unit. It is what --partition-by event uses.
	Event int64
	// Key is the Kafka key: the customer_id.
	Key []byte
	// Value is one JSON object and nothing after it, unless a fault of the
	// scenario broke it on purpose.
	Value []byte
}

// Rule is one thing that must hold for every event of a healthy stream.
type Rule struct {
	ID  string // also the name of the check's file in sql/quality
	Doc string
	// Offends is an Athena SQL predicate over a row of video_telemetry_json
	// that is true for a row that breaks the rule; it lists the offenders.
	Offends string
	// Count is an Athena SQL aggregate that counts the offenders, a bigint.
	Count string
	// From is what Count is taken over where that is not video_telemetry_json
	// alone: the rule cannot then be counted in one pass with the others.
	From string
}
