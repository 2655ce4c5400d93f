package duckdb

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	duck "github.com/duckdb/duckdb-go-bindings"

	"acme/telemetry/engine/dialect"
	"acme/telemetry/engine/query"
)

// columnReader turns the vectors of one column into query's values.
type columnReader struct{ typ dialect.Type }

// values appends a chunk's rows to rows.
func (st *statement) values(chunk duck.DataChunk) []query.Row {
	n, width := int(duck.DataChunkGetSize(chunk)), len(st.columns)
	cells := make([]any, n*width)
	rows := make([]query.Row, n)
	for i := range rows {
		rows[i] = cells[i*width : (i+1)*width : (i+1)*width]
	}
	for c := range st.columns {
		vec := newVectorReader(duck.DataChunkGetVector(chunk, duck.IdxT(c)))
		for i := range rows {
			rows[i][c] = st.columns[c].value(&vec, st.columns[c].typ, i)
		}
	}
	return rows
}

// value reads row i of a vector that carries type t. The shapes are query.Row's.
func (c *columnReader) value(v *vectorReader, t dialect.Type, i int) any {
	if v.null(i) {
		return nil
	}
	switch t.Kind {
	case dialect.Boolean:
		return at[bool](v, i)
	case dialect.TinyInt:
		return int64(at[int8](v, i))
	case dialect.SmallInt:
		return int64(at[int16](v, i))
	case dialect.Integer, dialect.Unknown:
		return int64(at[int32](v, i))
	case dialect.BigInt:
		return at[int64](v, i)
	case dialect.Real:
		return float64(at[float32](v, i))
	case dialect.Double:
		return at[float64](v, i)
	case dialect.Varbinary, dialect.HyperLogLog, dialect.TDigest, dialect.QDigest:
		return []byte(v.text(i))
	case dialect.IPAddress:
		return query.Text(dialect.AddressText([]byte(v.text(i))))
	case dialect.Decimal:
		return query.Text(decimalText(unscaled(v, t.Precision, i), t.Scale))
	case dialect.Array, dialect.Map, dialect.Row:
		return c.nested(v, t, i)
	case dialect.UUID:
		return uuidText(at[[2]uint64](v, i))
	case dialect.Varchar, dialect.Char, dialect.JSON:
		return v.text(i)
	}
	return query.Text(c.temporal(v, t, i))
}

// temporal reads dates, times and intervals as Athena prints them.
func (c *columnReader) temporal(v *vectorReader, t dialect.Type, i int) string {
	switch t.DuckDB() {
	case "DATE", "INTEGER":
		return t.Text(at[int32](v, i))
	case "HUGEINT":
		return t.Text(hugeInt(v, i))
	case "INTERVAL":
		iv := at[struct {
			months, days int32
			micros       int64
		}](v, i)
		return t.Text(dialect.Carried{Months: iv.months, Micros: iv.micros})
	}
	return t.Text(at[int64](v, i))
}

// nested reads arrays, maps and rows.
func (c *columnReader) nested(v *vectorReader, t dialect.Type, i int) any {
	if t.Kind == dialect.Row {
		out := make([]any, len(t.Elem))
		for f := range t.Elem {
			child := newVectorReader(duck.StructVectorGetChild(v.vec, duck.IdxT(f)))
			out[f] = c.value(&child, t.Elem[f].Type, i)
		}
		return out
	}
	entry := at[[2]uint64](v, i) // offset and length
	child := duck.ListVectorGetChild(v.vec)
	if t.Kind == dialect.Array {
		out := make([]any, entry[1])
		items := newVectorReader(child)
		for k := range out {
			out[k] = c.value(&items, t.Elem[0].Type, int(entry[0])+k)
		}
		return out
	}
	keys := newVectorReader(duck.StructVectorGetChild(child, 0))
	values := newVectorReader(duck.StructVectorGetChild(child, 1))
	out := make(query.Map, entry[1])
	for k := range out {
		at := int(entry[0]) + k
		out[k] = query.Entry{Key: c.value(&keys, t.Elem[0].Type, at), Value: c.value(&values, t.Elem[1].Type, at)}
	}
	return out
}

// unscaled reads a decimal's digits; DuckDB stores them by precision.
func unscaled(v *vectorReader, precision, i int) string {
	switch {
	case precision <= 4:
		return strconv.Itoa(int(at[int16](v, i)))
	case precision <= 9:
		return strconv.Itoa(int(at[int32](v, i)))
	case precision <= 18:
		return strconv.FormatInt(at[int64](v, i), 10)
	}
	return hugeInt(v, i).String()
}

func hugeInt(v *vectorReader, i int) *big.Int {
	halves := at[[2]uint64](v, i) // low, high
	n := big.NewInt(int64(halves[1]))
	n.Lsh(n, 64)
	return n.Add(n, new(big.Int).SetUint64(halves[0]))
}

// decimalText puts the point into the digits: all of the scale is shown.
func decimalText(digits string, scale int) string {
	if scale == 0 {
		return digits
	}
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	if len(digits) <= scale {
		digits = strings.Repeat("0", scale-len(digits)+1) + digits
	}
	return sign + digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
}

// uuidText reads DuckDB's form, whose top bit is flipped so that it sorts.
func uuidText(halves [2]uint64) string {
	hi, lo := halves[1]^1<<63, halves[0]
	return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", hi>>32, hi>>16&0xFFFF, hi&0xFFFF, lo>>48, lo&0xFFFFFFFFFFFF)
}

// typeText spells a logical type as DESCRIBE does, and destroys it.
func typeText(t duck.LogicalType) string {
	defer duck.DestroyLogicalType(&t)
	switch id := duck.GetTypeId(t); id {
	case duck.TypeDecimal:
		return fmt.Sprintf("DECIMAL(%d,%d)", duck.DecimalWidth(t), duck.DecimalScale(t))
	case duck.TypeList:
		return typeText(duck.ListTypeChildType(t)) + "[]"
	case duck.TypeMap:
		return "MAP(" + typeText(duck.MapTypeKeyType(t)) + ", " + typeText(duck.MapTypeValueType(t)) + ")"
	case duck.TypeStruct:
		parts := make([]string, duck.StructTypeChildCount(t))
		for i := range parts {
			at := duck.IdxT(i)
			parts[i] = duck.StructTypeChildName(t, at) + " " + typeText(duck.StructTypeChildType(t, at))
		}
		return "STRUCT(" + strings.Join(parts, ", ") + ")"
	default:
		if alias := duck.LogicalTypeGetAlias(t); alias != "" {
			return alias
		}
		for _, n := range typeNames {
			if n.id == id {
				return n.name
			}
		}
		return fmt.Sprintf("type %d", id)
	}
}

var typeNames = []struct {
	id   duck.Type
	name string
}{
	{duck.TypeBoolean, "BOOLEAN"}, {duck.TypeTinyInt, "TINYINT"}, {duck.TypeSmallInt, "SMALLINT"},
	{duck.TypeInteger, "INTEGER"}, {duck.TypeBigInt, "BIGINT"}, {duck.TypeHugeInt, "HUGEINT"},
	{duck.TypeUBigInt, "UBIGINT"}, {duck.TypeUHugeInt, "UHUGEINT"}, {duck.TypeFloat, "FLOAT"},
	{duck.TypeDouble, "DOUBLE"}, {duck.TypeVarchar, "VARCHAR"}, {duck.TypeBlob, "BLOB"}, {duck.TypeDate, "DATE"},
	{duck.TypeTime, "TIME"}, {duck.TypeTimeTZ, "TIME WITH TIME ZONE"}, {duck.TypeTimestamp, "TIMESTAMP"},
	{duck.TypeTimestampTZ, "TIMESTAMP WITH TIME ZONE"}, {duck.TypeTimestampNS, "TIMESTAMP_NS"},
	{duck.TypeInterval, "INTERVAL"}, {duck.TypeUUID, "UUID"}, {duck.TypeSQLNull, `"NULL"`},
}

// logicalType makes the DuckDB type that a name spells: the scalars above, and
// lists of them. The caller destroys it.
func logicalType(name string) (duck.LogicalType, error) {
	if item, ok := strings.CutSuffix(name, "[]"); ok {
		child, err := logicalType(item)
		if err != nil {
			return child, err
		}
		defer duck.DestroyLogicalType(&child)
		return duck.CreateListType(child), nil
	}
	for _, n := range typeNames {
		if n.name == name {
			return duck.CreateLogicalType(n.id), nil
		}
	}
	return duck.LogicalType{}, fmt.Errorf("%q is no type that a function can have", name)
}
