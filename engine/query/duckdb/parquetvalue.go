package duckdb

import (
	"fmt"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"

	"acme/telemetry/engine/dialect"
	"acme/telemetry/engine/query"
)

// parquetNode is a column of a Parquet file, or a part of one.
type parquetNode struct {
	format.SchemaElement
	parts []parquetNode
}

// topLevel gives the columns at the root of a schema, which is a tree written down
// depth first, by lower-case name. Of a schema that promises more parts than it has
// it gives those that are there.
func topLevel(schema []format.SchemaElement) map[string]parquetNode {
	out := map[string]parquetNode{}
	if len(schema) == 0 {
		return out
	}
	root, _ := parquetTree(schema, 0)
	for _, n := range root.parts {
		out[strings.ToLower(n.Name)] = n
	}
	return out
}

func parquetTree(schema []format.SchemaElement, depth int) (n parquetNode, rest []format.SchemaElement) {
	n.SchemaElement, rest = schema[0], schema[1:]
	if !n.NumChildren.Valid || depth > 64 {
		return n, rest
	}
	for i := int32(0); i < n.NumChildren.V && len(rest) > 0; i++ {
		var part parquetNode
		part, rest = parquetTree(rest, depth+1)
		n.parts = append(n.parts, part)
	}
	return n, rest
}

// isText says whether a column of bytes says that they are text.
func (n parquetNode) isText() bool {
	switch n.LogicalType.Value.(type) {
	case *format.StringType, *format.EnumType, *format.JsonType:
		return true
	}
	return n.ConvertedType.Valid && slices.Contains([]deprecated.ConvertedType{deprecated.UTF8, deprecated.Enum, deprecated.Json}, n.ConvertedType.V)
}

func (n parquetNode) repeated() bool {
	return n.RepetitionType.Valid && n.RepetitionType.V == format.Repeated
}

// element gives what a list's items are: the part of the repeated group within, or
// the repeated part itself where it is no wrapper.
func (n parquetNode) element() (parquetNode, bool) {
	if n.repeated() {
		n.RepetitionType.Valid = false
		return n, true
	}
	if len(n.parts) != 1 || !n.parts[0].repeated() {
		return n, false
	}
	item := n.parts[0]
	if len(item.parts) == 1 && item.Name != "array" && item.Name != n.Name+"_tuple" {
		return item.parts[0], true
	}
	item.RepetitionType.Valid = false
	return item, true
}

// entry gives a map's key and value.
func (n parquetNode) entry() (key, value parquetNode, ok bool) {
	if len(n.parts) != 1 || !n.parts[0].repeated() || len(n.parts[0].parts) != 2 {
		return key, value, false
	}
	return n.parts[0].parts[0], n.parts[0].parts[1], true
}

// reading writes how a value of a file becomes one of the table's type. Parts of
// rows go by name; one that the file has not is NULL.
type reading struct {
	scan  *dialect.Scan
	file  footer
	depth int // of lambdas
}

// value gives the SQL that makes a t of source, which is of shape n.
func (r *reading) value(source, name string, n parquetNode, t dialect.Type) (string, error) {
	if n.repeated() && t.Kind != dialect.Array || !fits(n, t) {
		return "", r.unlike(name, n, t)
	}
	switch t.Kind {
	case dialect.Array:
		item, ok := n.element()
		if !ok {
			return "", r.unlike(name, n, t)
		}
		return r.each(source, func(x string) (string, error) { return r.value(x, name, item, t.Elem[0].Type) })
	case dialect.Map:
		key, value, ok := n.entry()
		if !ok {
			return "", r.unlike(name, n, t)
		}
		entries, err := r.each("map_entries("+source+")", func(x string) (string, error) {
			k, err := r.value(x+".key", name, key, t.Elem[0].Type)
			if err != nil {
				return "", err
			}
			v, err := r.value(x+".value", name, value, t.Elem[1].Type)
			return fmt.Sprintf("struct_pack(k := %s, v := %s)", k, v), err
		})
		return "map_from_entries(" + entries + ")", err
	case dialect.Row:
		return r.row(source, n, t)
	}
	return leaf(source, n, t), nil
}

// each gives the SQL of a list whose items are made one by one.
func (r *reading) each(list string, item func(x string) (string, error)) (string, error) {
	r.depth++
	x := fmt.Sprintf("acme_x%d", r.depth)
	made, err := item(x)
	r.depth--
	return fmt.Sprintf("list_transform(%s, lambda %s: %s)", list, x, made), err
}

func (r *reading) row(source string, n parquetNode, t dialect.Type) (string, error) {
	fields := make([]string, len(t.Elem))
	for i, e := range t.Elem {
		made := "NULL"
		for _, part := range n.parts {
			if strings.EqualFold(part.Name, e.Name) {
				var err error
				if made, err = r.value(source+"."+quoteName(part.Name), e.Name, part, e.Type); err != nil {
					return "", err
				}
			}
		}
		fields[i] = fmt.Sprintf("f%d := CAST(%s AS %s)", i, made, e.Type.DuckDB())
	}
	return fmt.Sprintf("CASE WHEN %s IS NULL THEN NULL ELSE struct_pack(%s) END", source, strings.Join(fields, ", ")), nil
}

// leaf gives the SQL of a value without parts: texts cut to their length, bytes as
// bytes, and times rounded half up to the column's milliseconds.
func leaf(source string, n parquetNode, t dialect.Type) string {
	bytes := n.Type.Valid && n.Type.V == format.ByteArray
	switch t.Kind {
	case dialect.Varchar, dialect.Char:
		if bytes && !n.isText() {
			source = "decode(" + source + ")"
		}
		if t.Precision == dialect.Unbounded {
			return source
		}
		source = fmt.Sprintf("left(%s, %d)", source, t.Precision)
		if t.Kind == dialect.Char {
			source = fmt.Sprintf("rpad(%s, %d, ' ')", source, t.Precision)
		}
		return source
	case dialect.Varbinary:
		if bytes && n.isText() {
			return "encode(" + source + ")"
		}
		return source
	case dialect.Date:
		if _, marked := n.LogicalType.Value.(*format.DateType); !marked && !(n.ConvertedType.Valid && n.ConvertedType.V == deprecated.Date) {
			return fmt.Sprintf("(DATE '1970-01-01' + %s)", source) // a number of days
		}
		return source
	case dialect.Timestamp:
		return fmt.Sprintf("date_trunc('milliseconds', CAST(%s AS TIMESTAMP) + INTERVAL 500 MICROSECONDS)", source)
	}
	return source
}

// fits says whether a file's column may be read as type t: Athena refuses others,
// and a cast would make something up.
func fits(n parquetNode, t dialect.Type) bool {
	switch t.Kind {
	case dialect.Array, dialect.Map, dialect.Row:
		return len(n.parts) > 0 || n.repeated() && t.Kind == dialect.Array
	}
	return len(n.parts) == 0 && n.Type.Valid && slices.Contains(physicalTypes[t.Kind], n.Type.V)
}

func (r *reading) unlike(name string, n parquetNode, t dialect.Type) error {
	physical := "group"
	if n.Type.Valid && len(n.parts) == 0 {
		physical = n.Type.V.String()
	}
	return &query.Error{
		Name:    "HIVE_BAD_DATA",
		Message: fmt.Sprintf("Field %s's type %s in parquet file %s is incompatible with type %s defined in table schema", name, physical, r.file.path, t),
	}
}
