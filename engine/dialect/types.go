package dialect

import (
	"fmt"
	"strings"
)

// Kind is the family of a type.
type Kind uint8

// The kinds of Trino's types. Unknown is the type of NULL.
const (
	Unknown Kind = iota
	Boolean
	TinyInt
	SmallInt
	Integer
	BigInt
	Real
	Double
	Decimal     // Precision, Scale
	Varchar     // Precision: length, Unbounded for none
	Char        // Precision: length
	Varbinary   //
	Date        //
	Time        // Precision: digits of the second
	TimeTZ      // Precision
	Timestamp   // Precision
	TimestampTZ // Precision
	IntervalDay // interval day to second
	IntervalYear
	JSON
	UUID
	IPAddress
	Array    // Elem[0]
	Map      // Elem[0] key, Elem[1] value
	Row      // Elem, with names
	Function // a lambda; Elem are its parameters and, last, its result
	// Sketches. Their values are bytes, as Trino stores them.
	HyperLogLog
	TDigest
	QDigest // Elem[0]
)

// maxChar is the greatest length of a char.
const maxChar = 65536

// Unbounded is the Precision of a varchar without a length.
const Unbounded = 1<<31 - 1

// Type is a type of Trino's. The zero value is unknown, the type of NULL.
type Type struct {
	Kind      Kind
	Precision int
	Scale     int
	Elem      []Field
	// loose says that a map's entries come in an order that is not Trino's; of a
	// boolean, that newer releases do not always see its NULL: see comparisonOf.
	loose bool
	// zone is where a timestamp with time zone is shown, where every value of
	// the expression agrees on it. It is no part of the type's identity.
	zone string
	// trims says of a char that it converts to varchar, without the blanks at its
	// end: see modern. It is no part of the type's identity either.
	trims bool
}

// Field is a part of an array, map or row; only a row's have names, and not all.
type Field struct {
	Name string
	Type Type
}

var kindNames = [...]string{"unknown", "boolean", "tinyint", "smallint", "integer", "bigint", "real", "double",
	"decimal", "varchar", "char", "varbinary", "date", "time", "time with time zone", "timestamp",
	"timestamp with time zone", "interval day to second", "interval year to month", "json", "uuid", "ipaddress",
	"array", "map", "row", "function", "HyperLogLog", "tdigest", "qdigest"}

// String spells t as Athena does: decimal(21,1), timestamp(3) with time zone.
func (t Type) String() string {
	switch t.Kind {
	case Decimal:
		return fmt.Sprintf("decimal(%d,%d)", t.Precision, t.Scale)
	case Varchar:
		if t.Precision == Unbounded {
			return "varchar"
		}
		return fmt.Sprintf("varchar(%d)", t.Precision)
	case Char, Time, Timestamp:
		return fmt.Sprintf("%s(%d)", kindNames[t.Kind], t.Precision)
	case TimeTZ:
		return fmt.Sprintf("time(%d) with time zone", t.Precision)
	case TimestampTZ:
		return fmt.Sprintf("timestamp(%d) with time zone", t.Precision)
	case Array, Map, Row, Function, QDigest:
		parts := make([]string, len(t.Elem))
		for i, f := range t.Elem {
			parts[i] = f.Type.String()
			if t.Kind == Row && f.Name != "" {
				parts[i] = rowFieldName(f.Name) + " " + parts[i]
			}
		}
		return kindNames[t.Kind] + "(" + strings.Join(parts, ", ") + ")"
	}
	return kindNames[t.Kind]
}

// signatureText spells t as messages about signatures do: no blank behind a comma,
// every name in quotes.
func (t Type) signatureText() string {
	if !t.isNested() {
		return t.String()
	}
	parts := make([]string, len(t.Elem))
	for i, f := range t.Elem {
		parts[i] = f.Type.signatureText()
		if f.Name != "" && t.Kind == Row {
			parts[i] = quoteName(f.Name) + " " + parts[i]
		}
	}
	return kindNames[t.Kind] + "(" + strings.Join(parts, ",") + ")"
}

// rowFieldName quotes a name where Trino does when it shows a row's type.
func rowFieldName(s string) string {
	for i := 0; i < len(s); i++ {
		if !(isLetter(s[i]) || s[i] == '_' || i > 0 && isDigit(s[i])) {
			return quoteName(s)
		}
	}
	return s
}

// DuckDB gives the DuckDB type that carries a value of t, as DESCRIBE spells it.
// Some need the reader's help: json is its text, an interval day to second is
// BIGINT milliseconds, an interval year to month is INTEGER months; for times finer
// than microseconds and for those that carry their zone there is Text. A row is a
// STRUCT whose fields are f0, f1, ... whatever their names. A char is padded.
func (t Type) DuckDB() string {
	switch t.Kind {
	case Unknown:
		return "INTEGER"
	case Real:
		return "FLOAT"
	case Decimal:
		return fmt.Sprintf("DECIMAL(%d,%d)", t.Precision, t.Scale)
	case Varchar, Char, JSON:
		return "VARCHAR"
	case Varbinary, HyperLogLog, TDigest, QDigest, IPAddress:
		return "BLOB"
	case Time, TimeTZ, Timestamp, TimestampTZ:
		return t.carrier()
	case IntervalDay:
		return "BIGINT"
	case IntervalYear:
		return "INTEGER"
	case Array:
		return t.Elem[0].Type.DuckDB() + "[]"
	case Map:
		return "MAP(" + t.Elem[0].Type.DuckDB() + ", " + t.Elem[1].Type.DuckDB() + ")"
	case Row:
		parts := make([]string, len(t.Elem))
		for i, f := range t.Elem {
			parts[i] = fmt.Sprintf("f%d %s", i, f.Type.DuckDB())
		}
		return "STRUCT(" + strings.Join(parts, ", ") + ")"
	}
	return strings.ToUpper(kindNames[t.Kind])
}

// Zone gives where a timestamp with time zone is shown: UTC, an offset as +05:30 or
// an IANA name; empty where each value carries its own.
func (t Type) Zone() string {
	if t.carried() {
		return ""
	}
	return shownZone(t)
}

// carrier is DuckDB for a time: see moment.go.
func (t Type) carrier() string {
	switch {
	case t.carried():
		return "INTERVAL"
	case t.Kind == Time && t.fine():
		return "BIGINT"
	case t.Kind == Time:
		return "TIME"
	case t.fine():
		return "HUGEINT"
	case t.Kind == TimestampTZ:
		return "TIMESTAMP WITH TIME ZONE"
	}
	return "TIMESTAMP"
}

// Equal says whether t and u are the same type, names of row fields included.
func (t Type) Equal(u Type) bool {
	if t.Kind != u.Kind || t.Precision != u.Precision || t.Scale != u.Scale || len(t.Elem) != len(u.Elem) {
		return false
	}
	for i := range t.Elem {
		if t.Elem[i].Name != u.Elem[i].Name || !t.Elem[i].Type.Equal(u.Elem[i].Type) {
			return false
		}
	}
	return true
}

// Shorthands for types.
var (
	tUnknown   = Type{}
	tBoolean   = Type{Kind: Boolean}
	tTinyInt   = Type{Kind: TinyInt}
	tSmallInt  = Type{Kind: SmallInt}
	tInteger   = Type{Kind: Integer}
	tBigInt    = Type{Kind: BigInt}
	tReal      = Type{Kind: Real}
	tDouble    = Type{Kind: Double}
	tVarchar   = Type{Kind: Varchar, Precision: Unbounded}
	tVarbinary = Type{Kind: Varbinary}
	tDate      = Type{Kind: Date}
	tIntDay    = Type{Kind: IntervalDay}
	tIntYear   = Type{Kind: IntervalYear}
	tJSON      = Type{Kind: JSON}
	tUUID      = Type{Kind: UUID}
	tIPAddress = Type{Kind: IPAddress}
)

func decimalType(p, s int) Type { return Type{Kind: Decimal, Precision: p, Scale: s} }
func varcharType(n int) Type    { return Type{Kind: Varchar, Precision: n} }
func charType(n int) Type       { return Type{Kind: Char, Precision: n} }
func timestampType(p int) Type  { return Type{Kind: Timestamp, Precision: p} }
func timeType(p int) Type       { return Type{Kind: Time, Precision: p} }
func timestampTZ(p int, zone string) Type {
	return Type{Kind: TimestampTZ, Precision: p, zone: zone}
}
func arrayOf(t Type) Type  { return Type{Kind: Array, Elem: []Field{{Type: t}}} }
func mapOf(k, v Type) Type { return Type{Kind: Map, Elem: []Field{{Type: k}, {Type: v}}} }

// modern gives t as the release at hand has it: from charToVarchar on it is char
// that converts to varchar, before it was the other way round.
func (a *analyser) modern(t Type) Type {
	if a.level < charToVarchar || !t.has(Char) {
		return t
	}
	t.trims = t.Kind == Char
	elem := make([]Field, len(t.Elem))
	for i, f := range t.Elem {
		elem[i] = Field{f.Name, a.modern(f.Type)}
	}
	t.Elem = elem
	return t
}

// charToVarchar is the first release known to convert char to varchar.
const charToVarchar = 476

func (t Type) elem() Type  { return t.Elem[0].Type }
func (t Type) value() Type { return t.Elem[1].Type }

func (t Type) isInteger() bool { return t.Kind >= TinyInt && t.Kind <= BigInt }
func (t Type) isNumeric() bool { return t.Kind >= TinyInt && t.Kind <= Decimal }
func (t Type) isText() bool    { return t.Kind == Varchar || t.Kind == Char }
func (t Type) isNested() bool  { return t.Kind == Array || t.Kind == Map || t.Kind == Row }
func (t Type) isFloat() bool   { return t.Kind == Real || t.Kind == Double }

// comparable says whether = is defined for t, orderable whether < is.
func (t Type) comparable() bool {
	if t.Kind >= Function {
		return false
	}
	for _, f := range t.Elem {
		if !f.Type.comparable() {
			return false
		}
	}
	return true
}

func (t Type) orderable() bool {
	if t.Kind == JSON || t.Kind == Map || t.Kind >= Function {
		return false
	}
	for _, f := range t.Elem {
		if !f.Type.orderable() {
			return false
		}
	}
	return true
}

// asDecimal gives the decimal type that an integer type converts to.
func (t Type) asDecimal() Type {
	switch t.Kind {
	case TinyInt:
		return decimalType(3, 0)
	case SmallInt:
		return decimalType(5, 0)
	case Integer:
		return decimalType(10, 0)
	case BigInt:
		return decimalType(19, 0)
	}
	return t
}

func quoteName(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
func quoteText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
