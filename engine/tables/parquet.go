package tables

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"math/big"
	"os"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"acme/telemetry/engine/dialect"
	"acme/telemetry/engine/query"
)

// groupRows is how many rows a row group has.
const groupRows = 100_000

// parquetFile writes rows to one Parquet file.
type parquetFile struct {
	file    *os.File
	columns []dialect.Column
	leaves  int
	w       *parquet.GenericWriter[any]
	sum     hash.Hash
	rows    int64
	at      []int // of each column: its first leaf
	cells   [][]parquet.Value
	row     parquet.Row
}

func parquetCodec(name string) compress.Codec {
	switch name {
	case "SNAPPY":
		return &parquet.Snappy
	case "ZSTD":
		return &zstd.Codec{Level: zstd.SpeedDefault}
	case "NONE":
		return &parquet.Uncompressed
	}
	return &parquet.Gzip
}

func newParquetFile(f *os.File, columns []dialect.Column, compression string) *parquetFile {
	p := &parquetFile{file: f, columns: columns, sum: sha256.New()}
	root := fields{Group: parquet.Group{}}
	for _, c := range columns {
		root.add(c.Name, parquetNode(c.Type))
		p.at = append(p.at, p.leaves)
		p.leaves += leavesOf(c.Type)
	}
	p.cells = make([][]parquet.Value, p.leaves)
	p.w = parquet.NewGenericWriter[any](f, parquet.NewSchema("table", root), parquet.Compression(parquetCodec(compression)),
		parquet.DataPageVersion(1), parquet.MaxRowsPerRowGroup(groupRows), parquet.CreatedBy("acme", "1", "telemetry"))
	return p
}

// fields is a group in the order in which its fields were added; parquet.Group has
// them by name.
type fields struct {
	parquet.Group
	names []string
}

func (f *fields) add(name string, n parquet.Node) {
	f.Group[name] = n
	f.names = append(f.names, name)
}

func (f fields) Fields() []parquet.Field {
	byName := map[string]parquet.Field{}
	for _, field := range f.Group.Fields() {
		byName[field.Name()] = field
	}
	out := make([]parquet.Field, len(f.names))
	for i, n := range f.names {
		out[i] = byName[n]
	}
	return out
}

// parquetNode gives how values of a type are kept, NULL among them.
func parquetNode(t dialect.Type) parquet.Node { return parquet.Optional(parquetValue(t)) }

func parquetValue(t dialect.Type) parquet.Node {
	switch t.Kind {
	case dialect.Boolean:
		return parquet.Leaf(parquet.BooleanType)
	case dialect.TinyInt:
		return parquet.Int(8)
	case dialect.SmallInt:
		return parquet.Int(16)
	case dialect.Integer:
		return parquet.Int(32)
	case dialect.BigInt:
		return parquet.Int(64)
	case dialect.Real:
		return parquet.Leaf(parquet.FloatType)
	case dialect.Double:
		return parquet.Leaf(parquet.DoubleType)
	case dialect.Varbinary:
		return parquet.Leaf(parquet.ByteArrayType)
	case dialect.Date:
		return parquet.Date()
	case dialect.Timestamp:
		return parquet.TimestampAdjusted(parquet.Millisecond, false)
	case dialect.Decimal:
		switch {
		case t.Precision <= 9:
			return parquet.Decimal(t.Scale, t.Precision, parquet.Int32Type)
		case t.Precision <= 18:
			return parquet.Decimal(t.Scale, t.Precision, parquet.Int64Type)
		}
		return parquet.Decimal(t.Scale, t.Precision, parquet.FixedLenByteArrayType(16))
	case dialect.Array:
		return parquet.List(parquetNode(t.Elem[0].Type))
	case dialect.Map:
		return parquet.Map(parquetValue(t.Elem[0].Type), parquetNode(t.Elem[1].Type))
	case dialect.Row:
		g := fields{Group: parquet.Group{}}
		for _, f := range t.Elem {
			g.add(f.Name, parquetNode(f.Type))
		}
		return g
	}
	return parquet.String()
}

// leavesOf says how many columns of a Parquet file a type has.
func leavesOf(t dialect.Type) int {
	if len(t.Elem) == 0 {
		return 1
	}
	n := 0
	for _, f := range t.Elem {
		n += leavesOf(f.Type)
	}
	return n
}

func (p *parquetFile) add(row query.Row) error {
	for i := range p.cells {
		p.cells[i] = p.cells[i][:0]
	}
	for i, c := range p.columns {
		s := shredder{p.cells}
		if err := s.put(p.at[i], c.Type, row[i], 0, 0, 0, false); err != nil {
			return fmt.Errorf("column %s: %w", c.Name, err)
		}
	}
	p.row = p.row[:0]
	for _, cells := range p.cells {
		p.row = append(p.row, cells...)
	}
	hashRow(p.sum, p.row)
	if _, err := p.w.WriteRows([]parquet.Row{p.row}); err != nil {
		return fmt.Errorf("encoding a row as Parquet: %w", err)
	}
	p.rows++
	return nil
}

// shredder takes values apart into columns with levels: the repetition level says
// at which list a value goes on, the definition level how much of its path is there.
type shredder struct{ cells [][]parquet.Value }

// put puts a value of type t into the leaves from at on. rep is the level at which
// it goes on, depth how many lists are around it, def what is defined around it.
// required says that it cannot be NULL, and so has no level of its own.
func (s shredder) put(at int, t dialect.Type, v any, rep, depth, def int, required bool) error {
	if v == nil {
		s.nulls(at, t, rep, def)
		return nil
	}
	if !required {
		def++
	}
	switch t.Kind {
	case dialect.Row:
		for i, f := range t.Elem {
			if err := s.put(at, f.Type, v.([]any)[i], rep, depth, def, false); err != nil {
				return err
			}
			at += leavesOf(f.Type)
		}
		return nil
	case dialect.Array:
		items := v.([]any)
		if len(items) == 0 {
			s.nulls(at, t, rep, def)
		}
		for _, item := range items {
			if err := s.put(at, t.Elem[0].Type, item, rep, depth+1, def+1, false); err != nil {
				return err
			}
			rep = depth + 1
		}
		return nil
	case dialect.Map:
		entries := v.(query.Map)
		if len(entries) == 0 {
			s.nulls(at, t, rep, def)
		}
		for _, e := range entries {
			if err := s.put(at, t.Elem[0].Type, e.Key, rep, depth+1, def+1, true); err != nil {
				return err
			}
			if err := s.put(at+leavesOf(t.Elem[0].Type), t.Elem[1].Type, e.Value, rep, depth+1, def+1, false); err != nil {
				return err
			}
			rep = depth + 1
		}
		return nil
	}
	leaf, err := leafValue(t, v)
	if err != nil {
		return err
	}
	s.cells[at] = append(s.cells[at], leaf.Level(rep, def, at))
	return nil
}

// nulls puts into all leaves of t that there is nothing beyond def.
func (s shredder) nulls(at int, t dialect.Type, rep, def int) {
	for i := range leavesOf(t) {
		s.cells[at+i] = append(s.cells[at+i], parquet.NullValue().Level(rep, def, at+i))
	}
}

func leafValue(t dialect.Type, v any) (parquet.Value, error) {
	switch t.Kind {
	case dialect.Boolean:
		return parquet.BooleanValue(v.(bool)), nil
	case dialect.TinyInt, dialect.SmallInt, dialect.Integer:
		return parquet.Int32Value(int32(v.(int64))), nil
	case dialect.BigInt:
		return parquet.Int64Value(v.(int64)), nil
	case dialect.Real:
		return parquet.FloatValue(float32(v.(float64))), nil
	case dialect.Double:
		return parquet.DoubleValue(v.(float64)), nil
	case dialect.Varbinary:
		return parquet.ByteArrayValue(v.([]byte)), nil
	case dialect.Date:
		days, err := daysOf(text(v))
		return parquet.Int32Value(int32(days)), err
	case dialect.Timestamp:
		ms, err := millisOf(text(v))
		return parquet.Int64Value(ms), err
	case dialect.Decimal:
		return decimalValue(t, text(v))
	}
	return parquet.ByteArrayValue([]byte(text(v))), nil
}

func decimalValue(t dialect.Type, s string) (parquet.Value, error) {
	n, err := unscaled(s)
	switch {
	case err != nil:
		return parquet.Value{}, err
	case t.Precision <= 9:
		return parquet.Int32Value(int32(n.Int64())), nil
	case t.Precision <= 18:
		return parquet.Int64Value(n.Int64()), nil
	}
	if n.Sign() < 0 { // two's complement
		n = new(big.Int).Add(n, new(big.Int).Lsh(big.NewInt(1), 128))
	}
	return parquet.FixedLenByteArrayValue(n.FillBytes(make([]byte, 16))), nil
}

// hashRow takes a row's values with their levels.
func hashRow(h hash.Hash, row parquet.Row) {
	var head [13]byte
	for _, v := range row {
		head[0] = byte(int8(v.Kind()))
		binary.LittleEndian.PutUint16(head[1:], uint16(v.RepetitionLevel()))
		binary.LittleEndian.PutUint16(head[3:], uint16(v.DefinitionLevel()))
		body := v.Bytes()
		binary.LittleEndian.PutUint64(head[5:], uint64(len(body)))
		h.Write(head[:])
		h.Write(body)
	}
}

// finish ends the file and reads it back: readers of Parquet hardly check what they
// read, so what leaves here must be right.
func (p *parquetFile) finish() (rows int64, err error) {
	defer func() { // a broken footer can make the library panic
		if r := recover(); r != nil {
			err = fmt.Errorf("reading a Parquet file back: %v", r)
		}
	}()
	if err := p.w.Close(); err != nil {
		return 0, fmt.Errorf("ending a Parquet file: %w", err)
	}
	info, err := p.file.Stat()
	if err != nil {
		return 0, fmt.Errorf("reading a Parquet file back: %w", err)
	}
	f, err := parquet.OpenFile(p.file, info.Size())
	if err != nil {
		return 0, fmt.Errorf("reading a Parquet file back: %w", err)
	}
	again := sha256.New()
	for _, group := range f.RowGroups() {
		n, err := hashGroup(again, group)
		if rows += n; err != nil {
			return 0, fmt.Errorf("reading a Parquet file back: %w", err)
		}
	}
	if rows != p.rows || string(again.Sum(nil)) != string(p.sum.Sum(nil)) {
		return 0, fmt.Errorf("reading a Parquet file back: %d rows went in and %d came out, or their values differ", p.rows, rows)
	}
	return rows, nil
}

func hashGroup(h hash.Hash, group parquet.RowGroup) (rows int64, err error) {
	r := group.Rows()
	defer func() { err = errors.Join(err, r.Close()) }()
	buf := make([]parquet.Row, 256)
	for {
		n, err := r.ReadRows(buf)
		for _, row := range buf[:n] {
			hashRow(h, row)
		}
		rows += int64(n)
		switch {
		case err == io.EOF:
			return rows, nil
		case err == nil && n == 0:
			return rows, io.ErrNoProgress
		case err != nil:
			return rows, err
		}
	}
}
