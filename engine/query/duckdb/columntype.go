package duckdb

import (
	"fmt"

	duck "github.com/duckdb/duckdb-go-bindings"

	"acme/telemetry/engine/dialect"
	"acme/telemetry/engine/serde"
)

// serdeType gives a column's type as the readers of text know it; false for one
// that no Hive table has.
func serdeType(t dialect.Type) (serde.Type, bool) {
	out := serde.Type{Precision: t.Precision, Scale: t.Scale}
	kind, ok := serdeKinds[t.Kind]
	switch {
	case !ok:
		return out, false
	case t.Kind == dialect.Varchar && t.Precision == dialect.Unbounded:
		kind, out.Precision = serde.String, 0
	}
	out.Kind = kind
	for _, e := range t.Elem {
		part, ok := serdeType(e.Type)
		if !ok {
			return out, false
		}
		out.Parts = append(out.Parts, serde.Column{Name: e.Name, Type: part})
	}
	return out, true
}

var serdeKinds = map[dialect.Kind]serde.Kind{
	dialect.Boolean: serde.Boolean, dialect.TinyInt: serde.TinyInt, dialect.SmallInt: serde.SmallInt,
	dialect.Integer: serde.Int, dialect.BigInt: serde.BigInt, dialect.Real: serde.Real, dialect.Double: serde.Double,
	dialect.Decimal: serde.Decimal, dialect.Varchar: serde.Varchar, dialect.Char: serde.Char,
	dialect.Varbinary: serde.Binary, dialect.Date: serde.Date, dialect.Timestamp: serde.Timestamp,
	dialect.Array: serde.List, dialect.Map: serde.Map, dialect.Row: serde.Struct,
}

// columnType makes the DuckDB type that carries a column of type t; the caller
// destroys it. It is Type.DuckDB() as an object.
func columnType(t dialect.Type) (duck.LogicalType, error) {
	switch t.Kind {
	case dialect.Decimal:
		return duck.CreateDecimalType(uint8(t.Precision), uint8(t.Scale)), nil
	case dialect.Array, dialect.Map, dialect.Row:
		return nestedType(t)
	}
	return logicalType(t.DuckDB())
}

func nestedType(t dialect.Type) (duck.LogicalType, error) {
	var parts []duck.LogicalType
	var names []string
	defer func() {
		for i := range parts {
			duck.DestroyLogicalType(&parts[i])
		}
	}()
	for i, e := range t.Elem {
		part, err := columnType(e.Type)
		if err != nil {
			return part, err
		}
		parts = append(parts, part)
		names = append(names, fmt.Sprintf("f%d", i))
	}
	switch t.Kind {
	case dialect.Array:
		return duck.CreateListType(parts[0]), nil
	case dialect.Map:
		return duck.CreateMapType(parts[0], parts[1]), nil
	}
	return duck.CreateStructType(parts, names), nil
}
