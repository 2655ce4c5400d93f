package lake

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"math"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"acme/telemetry/engine/serde"
	"acme/telemetry/schema"
)

// A row group ends at whichever comes first: readers take one as a unit, and a
// writer holds one in memory.
const (
	maxGroupRows  = 100_000
	maxGroupBytes = 32 << 20 // of text going in
)

// codec gives a Parquet codec by its name. Athena reads these three.
func codec(name string) (compress.Codec, error) {
	switch name {
	case "zstd":
		return &zstd.Codec{Level: zstd.SpeedDefault}, nil
	case "snappy":
		return &parquet.Snappy, nil
	case "gzip":
		return &parquet.Gzip, nil
	}
	return nil, fmt.Errorf("choosing the Parquet codec: %q is not zstd, snappy or gzip", name)
}

// ParquetSchema gives a table's Parquet schema: its columns in their order, all
// optional, since every column of a JSON line may be missing.
func ParquetSchema(t schema.Table) *parquet.Schema {
	group := parquet.Group{}
	for _, c := range t.Columns {
		group[c.Name] = parquetNode(c)
	}
	return parquet.NewSchema(t.Name, orderedGroup{group, t.Columns})
}

// orderedGroup is a Group in the order of a table's columns; Group itself has
// them by name.
type orderedGroup struct {
	parquet.Group
	columns []schema.Column
}

func (g orderedGroup) Fields() []parquet.Field {
	byName := map[string]parquet.Field{}
	for _, f := range g.Group.Fields() {
		byName[f.Name()] = f
	}
	fields := make([]parquet.Field, len(g.columns))
	for i, c := range g.columns {
		fields[i] = byName[c.Name]
	}
	return fields
}

func parquetNode(c schema.Column) parquet.Node {
	switch c.Type {
	case schema.Int:
		return parquet.Optional(parquet.Encoded(parquet.Int(32), &parquet.RLEDictionary))
	case schema.BigInt:
		return parquet.Optional(parquet.Int(64))
	case schema.Double:
		return parquet.Optional(parquet.Encoded(parquet.Leaf(parquet.DoubleType), &parquet.RLEDictionary))
	case schema.Boolean:
		return parquet.Optional(parquet.Leaf(parquet.BooleanType))
	case schema.Date:
		return parquet.Optional(parquet.Date())
	}
	if c.Prefix != "" && c.Name != "title_id" || c.Name == "event_timestamp" {
		return parquet.Optional(parquet.String()) // hardly a value comes twice
	}
	return parquet.Optional(parquet.Encoded(parquet.String(), &parquet.RLEDictionary))
}

// ParquetEncoder makes one Parquet file of batches of rows, in memory, and reads
// it back before it lets it go.
type ParquetEncoder struct {
	schema *parquet.Schema
	types  []schema.Type
	out    bytes.Buffer
	w      *parquet.GenericWriter[any]
	rows   int64
	text   int // since the row group began
	sum    hash.Hash
	row    parquet.Row
}

// NewParquetEncoder starts a file of a table's columns.
func NewParquetEncoder(t schema.Table, codecName string) (*ParquetEncoder, error) {
	c, err := codec(codecName)
	if err != nil {
		return nil, err
	}
	e := &ParquetEncoder{schema: ParquetSchema(t), sum: sha256.New()}
	for _, column := range t.Columns {
		e.types = append(e.types, column.Type)
	}
	e.row = make(parquet.Row, len(e.types))
	e.w = parquet.NewGenericWriter[any](&e.out, e.schema, parquet.Compression(c), parquet.DataPageVersion(1),
		parquet.MaxRowsPerRowGroup(maxGroupRows), parquet.CreatedBy("acme", "1", "telemetry"))
	return e, nil
}

// Rows says how many rows were added.
func (e *ParquetEncoder) Rows() int64 { return e.rows }

// Add adds row i of a batch that has all columns of the table in their order.
func (e *ParquetEncoder) Add(b *serde.Batch, i int) error {
	for c := range b.Columns {
		e.row[c] = valueOf(&b.Columns[c], i).Level(0, 1, c)
		if b.Columns[c].IsNull(i) {
			e.row[c] = parquet.NullValue().Level(0, 0, c)
		}
		if v := e.row[c]; v.Kind() == parquet.ByteArray {
			e.text += len(v.ByteArray())
		}
	}
	hashRow(e.sum, e.row)
	if _, err := e.w.WriteRows([]parquet.Row{e.row}); err != nil {
		return fmt.Errorf("encoding a row as Parquet: %w", err)
	}
	e.rows++
	if e.text >= maxGroupBytes {
		e.text = 0
		if err := e.w.Flush(); err != nil {
			return fmt.Errorf("ending a Parquet row group: %w", err)
		}
	}
	return nil
}

func valueOf(v *serde.Vector, i int) parquet.Value {
	switch v.Column.Type.Kind {
	case serde.Int, serde.Date:
		return parquet.Int32Value(v.Ints[i])
	case serde.BigInt:
		return parquet.Int64Value(v.BigInts[i])
	case serde.Double:
		return parquet.DoubleValue(v.Doubles[i])
	case serde.Boolean:
		return parquet.BooleanValue(v.Bools[i])
	}
	return parquet.ByteArrayValue(v.Bytes(i))
}

// hashRow takes a row's values in a form that tells NULL, lengths and types
// apart.
func hashRow(h hash.Hash, row parquet.Row) {
	var word [9]byte
	for _, v := range row {
		switch {
		case v.IsNull():
			h.Write([]byte{0, byte(v.DefinitionLevel()), byte(v.RepetitionLevel())})
			continue
		case v.Kind() == parquet.ByteArray, v.Kind() == parquet.FixedLenByteArray:
			word[0] = 1 + byte(v.RepetitionLevel())<<4
			binary.LittleEndian.PutUint64(word[1:], uint64(len(v.ByteArray())))
			h.Write(word[:])
			h.Write(v.ByteArray())
			continue
		case v.Kind() == parquet.Double:
			binary.LittleEndian.PutUint64(word[1:], math.Float64bits(v.Double()))
		case v.Kind() == parquet.Int64:
			binary.LittleEndian.PutUint64(word[1:], uint64(v.Int64()))
		case v.Kind() == parquet.Float:
			binary.LittleEndian.PutUint64(word[1:], uint64(math.Float32bits(v.Float())))
		case v.Kind() == parquet.Int96:
			n := v.Int96()
			binary.LittleEndian.PutUint64(word[1:], uint64(n[1])<<32|uint64(n[0]))
			h.Write(word[1:])
			binary.LittleEndian.PutUint64(word[1:], uint64(n[2]))
		case v.Kind() == parquet.Boolean:
			binary.LittleEndian.PutUint64(word[1:], map[bool]uint64{true: 1}[v.Boolean()])
		default:
			binary.LittleEndian.PutUint64(word[1:], uint64(v.Int32()))
		}
		word[0] = 2 + byte(v.RepetitionLevel()) // of a list: whether it goes on
		h.Write(word[:])
	}
}

// Close ends the file, reads it back, and gives its bytes if every value is
// there again. Readers of Parquet hardly check what they read, so what leaves
// here must be right.
func (e *ParquetEncoder) Close() ([]byte, error) {
	if err := e.w.Close(); err != nil {
		return nil, fmt.Errorf("ending a Parquet file: %w", err)
	}
	rows, sum, err := readParquet(e.out.Bytes(), len(e.types))
	if err != nil {
		return nil, fmt.Errorf("reading a Parquet file back: %w", err)
	}
	if rows != e.rows || !bytes.Equal(sum, e.sum.Sum(nil)) {
		return nil, fmt.Errorf("reading a Parquet file back: %d rows went in and %d came out, or their values differ", e.rows, rows)
	}
	return e.out.Bytes(), nil
}

// readParquet reads a whole file: its rows and the hash of their values. A
// broken footer can make the library panic, which is an error here.
func readParquet(file []byte, columns int) (rows int64, sum []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the file is broken: %v", p)
		}
	}()
	f, err := parquet.OpenFile(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return 0, nil, err
	}
	if got := len(f.Schema().Columns()); columns > 0 && got != columns {
		return 0, nil, fmt.Errorf("it has %d columns, not %d", got, columns)
	}
	h := sha256.New()
	for _, group := range f.RowGroups() {
		n, err := hashGroup(h, group)
		rows += n
		if err != nil {
			return rows, nil, err
		}
	}
	if rows != f.NumRows() {
		return rows, nil, fmt.Errorf("its footer says %d rows, its row groups have %d", f.NumRows(), rows)
	}
	return rows, h.Sum(nil), nil
}

func hashGroup(h hash.Hash, group parquet.RowGroup) (rows int64, err error) {
	err = eachRow(group, func(row parquet.Row) {
		hashRow(h, row)
		rows++
	})
	return rows, err
}

// eachRow gives the rows of a group in their order.
func eachRow(group parquet.RowGroup, yield func(parquet.Row)) (err error) {
	r := group.Rows()
	defer func() { err = errors.Join(err, r.Close()) }()
	buf := make([]parquet.Row, 256)
	for {
		n, err := r.ReadRows(buf)
		for _, row := range buf[:n] {
			yield(row)
		}
		switch {
		case err == io.EOF:
			return nil
		case err == nil && n == 0:
			return io.ErrNoProgress // a broken file must not hold the reader for ever
		case err != nil:
			return err
		}
	}
}
