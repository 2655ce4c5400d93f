package serde

import (
	"strings"

	"acme/telemetry/schema"
)

// Kind is the family of a column's type, by the name of Hive's.
type Kind uint8

// The kinds of types. Only List, Map and Struct have parts.
const (
	String    Kind = iota // UTF-8 text of any length
	Boolean               //
	TinyInt               //
	SmallInt              //
	Int                   //
	BigInt                //
	Real                  // IEEE 754 binary32
	Double                // IEEE 754 binary64
	Decimal               // Precision, Scale
	Varchar               // Precision: characters at most
	Char                  // Precision: characters, padded with spaces
	Binary                // bytes
	Date                  // a day
	Timestamp             // Precision: digits of the second, at most 6
	List                  // Parts[0]
	Map                   // Parts[0] key, Parts[1] value
	Struct                // Parts, with names in lower case
)

// Type is the type of a column or of a part of one.
type Type struct {
	Kind             Kind
	Precision, Scale int
	Parts            []Column
}

// Of gives a type that has nothing but its kind.
func Of(k Kind) Type { return Type{Kind: k} }

// Nested says whether t has parts.
func (t Type) Nested() bool { return t.Kind >= List }

func (t Type) String() string {
	switch t.Kind {
	case List:
		return "array<" + t.Parts[0].Type.String() + ">"
	case Map:
		return "map<" + t.Parts[0].Type.String() + "," + t.Parts[1].Type.String() + ">"
	case Struct:
		parts := make([]string, len(t.Parts))
		for i, p := range t.Parts {
			parts[i] = p.Name + ":" + p.Type.String()
		}
		return "struct<" + strings.Join(parts, ",") + ">"
	}
	return [...]string{"string", "boolean", "tinyint", "smallint", "int", "bigint", "float", "double",
		"decimal", "varchar", "char", "binary", "date", "timestamp"}[t.Kind]
}

// Column is a column of the table, or a part of a nested one: name in lower
// case, and type.
type Column struct {
	Name string
	Type Type
}

// ColumnsOf gives a table's data columns as serde wants them.
func ColumnsOf(t schema.Table) []Column {
	kinds := [...]Kind{schema.String: String, schema.Int: Int, schema.BigInt: BigInt,
		schema.Double: Double, schema.Boolean: Boolean, schema.Date: Date}
	out := make([]Column, len(t.Columns))
	for i, c := range t.Columns {
		out[i] = Column{Name: strings.ToLower(c.Name), Type: Of(kinds[c.Type])}
	}
	return out
}
