package duckdb

import (
	"fmt"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"acme/telemetry/engine/dialect"
)

// hasBytes says whether a scan reads bytes that are no text. Then DuckDB must leave
// bytes as they are, and texts that are not marked as such are decoded here.
func hasBytes(s *dialect.Scan) bool {
	for _, c := range s.Table.Columns {
		if slices.Contains(s.Columns, c.Name) && bytesIn(c.Type) {
			return true
		}
	}
	return false
}

func bytesIn(t dialect.Type) bool {
	return t.Kind == dialect.Varbinary || slices.ContainsFunc(t.Elem, func(f dialect.Field) bool { return bytesIn(f.Type) })
}

// parquetValue writes how a value of a Parquet file becomes one of a table's type.
type parquetValue struct {
	bytes bool // bytes come as bytes
	depth int  // of lambdas
}

// of gives the text that makes of code, which DuckDB reads from node, a value of type
// t; false where the file has another type. Rows have their fields by name in the
// file, whatever the case, and f0, f1, ... in DuckDB.
func (p *parquetValue) of(code string, t dialect.Type, node parquet.Node) (string, bool) {
	switch t.Kind {
	case dialect.Row:
		return p.row(code, t, node)
	case dialect.Array:
		item, ok := listItem(node)
		if !ok {
			return "", false
		}
		return p.each(code, t.Elem[0].Type, item)
	case dialect.Map:
		return p.mapOf(code, t, node)
	}
	if !node.Leaf() || !slices.Contains(physicalTypes[t.Kind], format.Type(node.Type().Kind())) {
		return "", false
	}
	if logical := node.Type().LogicalType(); p.bytes && (t.Kind == dialect.Varchar || t.Kind == dialect.Char) && (logical == nil || logical.String() != "STRING") {
		return "decode(" + code + ")", true
	}
	return code, true
}

func (p *parquetValue) row(code string, t dialect.Type, node parquet.Node) (string, bool) {
	if node.Leaf() {
		return "", false
	}
	parts := make([]string, len(t.Elem))
	for i, f := range t.Elem {
		parts[i] = fmt.Sprintf("f%d := CAST(NULL AS %s)", i, f.Type.DuckDB())
		for _, child := range node.Fields() {
			if !strings.EqualFold(child.Name(), f.Name) {
				continue
			}
			inner, ok := p.of(code+"."+quoteName(child.Name()), f.Type, child)
			if !ok {
				return "", false
			}
			parts[i] = fmt.Sprintf("f%d := CAST(%s AS %s)", i, inner, f.Type.DuckDB())
		}
	}
	return fmt.Sprintf("CASE WHEN %s IS NULL THEN NULL ELSE struct_pack(%s) END", code, strings.Join(parts, ", ")), true
}

// each applies what makes an item to every item of a list.
func (p *parquetValue) each(code string, t dialect.Type, item parquet.Node) (string, bool) {
	p.depth++
	defer func() { p.depth-- }()
	e := fmt.Sprintf("e%d", p.depth)
	inner, ok := p.of(e, t, item)
	if inner == e {
		return code, ok
	}
	return fmt.Sprintf("list_transform(%s, lambda %s: CAST(%s AS %s))", code, e, inner, t.DuckDB()), ok
}

func (p *parquetValue) mapOf(code string, t dialect.Type, node parquet.Node) (string, bool) {
	if node.Leaf() || len(node.Fields()) != 1 || len(node.Fields()[0].Fields()) != 2 {
		return "", false
	}
	entry := node.Fields()[0].Fields()
	keys, ok := p.each("map_keys("+code+")", t.Elem[0].Type, entry[0])
	if !ok {
		return "", false
	}
	values, ok := p.each("map_values("+code+")", t.Elem[1].Type, entry[1])
	if keys == "map_keys("+code+")" && values == "map_values("+code+")" {
		return code, ok
	}
	return fmt.Sprintf("CASE WHEN %s IS NULL THEN NULL ELSE map(%s, %s) END", code, keys, values), ok
}

// listItem gives what a list's items are, in the three-level form of the format and
// the two-level one of old writers.
func listItem(node parquet.Node) (parquet.Node, bool) {
	if node.Leaf() || len(node.Fields()) != 1 || !node.Fields()[0].Repeated() {
		return nil, false
	}
	inner := node.Fields()[0]
	if inner.Leaf() || len(inner.Fields()) != 1 || inner.Name() == "array" || strings.HasSuffix(inner.Name(), "_tuple") {
		return inner, true
	}
	return inner.Fields()[0], true
}

// physicalName gives what a column of a file is, for messages.
func physicalName(node parquet.Node) string {
	if !node.Leaf() {
		return "GROUP"
	}
	return format.Type(node.Type().Kind()).String()
}
