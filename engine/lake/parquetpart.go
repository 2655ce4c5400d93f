package lake

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"acme/telemetry/engine/serde"
	"acme/telemetry/schema"
)

// partFile is a Parquet file on its way: columns of rows go in, a row group at a
// time, and the bytes of a file come out, in a spool. It is written by this package alone,
// and read back by another's reader; see checkPart.
//
// A group's rows are in the order of the event's time, so that the bounds of a page
// say something; groups are in the order in which the rows came, which is nearly the
// same.
type partFile struct {
	table  schema.Table
	file   spool
	at     int64
	sum    hash.Hash
	layout partLayout
	press  *press
	meta   format.FileMetaData
	chunks [][]*chunk // of each row group: what is behind its pages
	set    *rowSet    // what was read into it
}

// partLayout is how a part is written.
type partLayout struct {
	dir string // of this machine; the system's for temporary files where empty
	// memory is how many bytes of a part are kept in memory: a longer one is a file in dir.
	memory int
	// group and page are the rows of a row group and of a page. Pages of all columns
	// begin together, so that a reader that skips one of a column can skip it in all.
	group, page int
}

// A row group ends at whichever comes first: readers take one as a unit, and whoever
// writes one holds it in memory.
const (
	groupRows  = 1 << 19
	groupBytes = 128 << 20 // of what its rows hold
	pageRows   = 20_000
)

const createdBy = "acme version 1 (build telemetry)"

// press is what row groups are encoded with, one after another: its room is used again.
type press struct {
	codec   string
	packers []*packer    // one a worker
	data    [][]byte     // of each column: where its chunk is laid out
	sort    sorter       // of a group's rows
	room    idle[[]byte] // that files were in which are no more
}

func newPress(t schema.Table, codec string) (*press, error) {
	p := &press{codec: codec, data: make([][]byte, len(t.Columns))}
	for range runtime.GOMAXPROCS(0) {
		packer, err := newPacker(codec)
		if err != nil {
			return nil, err
		}
		p.packers = append(p.packers, packer)
	}
	return p, nil
}

// newPartFile starts a file, whose groups the press encodes.
func newPartFile(t schema.Table, l partLayout, with *press) (*partFile, error) {
	p := &partFile{table: t, sum: sha256.New(), layout: l, press: with, set: newRowSet(len(t.Columns))}
	p.file = spool{dir: l.dir, limit: l.memory}
	p.file.memory, _ = with.room.take() // or none yet
	p.meta = format.FileMetaData{Version: 1, CreatedBy: createdBy, Schema: schemaElements(t)}
	for range t.Columns {
		p.meta.ColumnOrders = append(p.meta.ColumnOrders, format.ColumnOrder{Value: &format.TypeDefinedOrder{}})
	}
	if err := p.write([]byte("PAR1")); err != nil {
		return nil, errors.Join(err, p.drop())
	}
	return p, nil
}

// drop forgets the file, whose room the press has again.
func (p *partFile) drop() error {
	room, err := p.file.drop()
	if cap(room) > 0 {
		p.press.room.put(room)
	}
	return err
}

// scratch gives a file of this machine that is gone when it is closed, or with the
// process, where the system lets a file be used that has no name any more.
func scratch(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, "acme-part-*.parquet")
	if err != nil {
		return nil, fmt.Errorf("making a file for a part: %w", err)
	}
	_ = os.Remove(f.Name()) // discard does, where this cannot
	return f, nil
}

// discard closes a file of scratch.
func discard(f *os.File) error {
	err := f.Close()
	if rerr := os.Remove(f.Name()); !errors.Is(rerr, fs.ErrNotExist) {
		err = errors.Join(err, rerr)
	}
	return err
}

func schemaElements(t schema.Table) []format.SchemaElement {
	out := []format.SchemaElement{{Name: t.Name, NumChildren: thrift.New(int32(len(t.Columns)))}}
	for _, c := range t.Columns {
		e := format.SchemaElement{Name: c.Name, RepetitionType: thrift.New(format.Optional)}
		switch c.Type {
		case schema.Int:
			e.Type = thrift.New(format.Int32)
		case schema.BigInt:
			e.Type = thrift.New(format.Int64)
		case schema.Double:
			e.Type = thrift.New(format.Double)
		default:
			e.Type, e.ConvertedType = thrift.New(format.ByteArray), thrift.New(deprecated.UTF8)
			e.LogicalType.Value = &format.StringType{}
		}
		out = append(out, e)
	}
	return out
}

func (p *partFile) write(b []byte) error {
	n, err := p.file.Write(b)
	p.at += int64(n)
	p.sum.Write(b[:n])
	if err != nil {
		return fmt.Errorf("writing a part: %w", err)
	}
	return nil
}

// sortColumns are the columns that rows are sorted by.
var sortColumns = [2]string{"event_timestamp", "event_id"}

// group adds a row group of what runs hold.
func (p *partFile) group(runs []*rows) error {
	var by [2]int
	for i, name := range sortColumns {
		by[i] = slices.IndexFunc(p.table.Columns, func(c schema.Column) bool { return c.Name == name })
	}
	order := p.press.sort.inOrder(runs, by[0], by[1])
	chunks := make([]*chunk, len(p.table.Columns))
	err := onWorkers(len(p.press.packers), len(chunks), func(worker, i int) (err error) {
		e := &columnEncoder{column: p.table.Columns[i], sorted: i == by[0], packer: p.press.packers[worker], page: p.layout.page}
		chunks[i], err = e.chunk(runs, i, order, p.press.data[i][:0])
		return err
	})
	if err != nil {
		return err
	}
	for _, r := range runs {
		p.set.join(r.set)
	}
	g := format.RowGroup{NumRows: int64(len(order)), FileOffset: p.at, Ordinal: int16(len(p.meta.RowGroups))}
	for _, c := range by {
		g.SortingColumns = append(g.SortingColumns, format.SortingColumn{ColumnIdx: int32(c)})
	}
	for column, c := range chunks {
		for i := range c.pages {
			c.pages[i].Offset += p.at
		}
		c.meta.DataPageOffset += p.at
		if c.meta.DataPageOffset > p.at {
			c.meta.DictionaryPageOffset = p.at
		}
		if err := p.write(c.data); err != nil {
			return err
		}
		p.press.data[column], c.data = c.data, nil
		g.TotalByteSize += c.meta.TotalUncompressedSize
		g.TotalCompressedSize += c.meta.TotalCompressedSize
		g.Columns = append(g.Columns, format.ColumnChunk{MetaData: c.meta})
	}
	p.meta.NumRows += g.NumRows
	p.meta.RowGroups = append(p.meta.RowGroups, g)
	p.chunks = append(p.chunks, chunks)
	return nil
}

// finish ends the file: bloom filters, page indexes, footer.
func (p *partFile) finish() error {
	if err := p.eachChunk(p.writeBloom); err != nil {
		return err
	}
	if p.bounded() {
		if err := p.eachChunk(p.writeBounds); err != nil {
			return err
		}
	}
	if err := p.eachChunk(p.writePages); err != nil {
		return err
	}
	n, err := p.document(&p.meta)
	if err == nil {
		err = p.write(append(binary.LittleEndian.AppendUint32(nil, uint32(n)), "PAR1"...))
	}
	return err
}

func (p *partFile) eachChunk(f func(*chunk, *format.ColumnChunk) error) error {
	for g, chunks := range p.chunks {
		for i, c := range chunks {
			if err := f(c, &p.meta.RowGroups[g].Columns[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// bounded says whether every page has bounds. Where one has none no page gets any: a
// reader that looks for them at the first column would misread the others, and what
// checks a part is such a reader.
func (p *partFile) bounded() bool {
	return !slices.ContainsFunc(p.chunks, func(chunks []*chunk) bool {
		return slices.ContainsFunc(chunks, func(c *chunk) bool { return c.bounds == nil })
	})
}

func (p *partFile) writeBloom(c *chunk, to *format.ColumnChunk) error {
	if c.bloom == nil {
		return nil
	}
	to.MetaData.BloomFilterOffset, to.MetaData.BloomFilterLength = p.at, int32(len(c.bloom))
	return p.write(c.bloom)
}

func (p *partFile) writeBounds(c *chunk, to *format.ColumnChunk) error {
	to.ColumnIndexOffset = p.at
	n, err := p.document(c.bounds)
	to.ColumnIndexLength = int32(n)
	return err
}

func (p *partFile) writePages(c *chunk, to *format.ColumnChunk) error {
	to.OffsetIndexOffset = p.at
	n, err := p.document(&format.OffsetIndex{PageLocations: c.pages})
	to.OffsetIndexLength = int32(n)
	return err
}

// document writes one of Parquet's own structures and gives its length.
func (p *partFile) document(v any) (int, error) {
	text, err := thrift.Marshal(new(thrift.CompactProtocol), v)
	if err != nil {
		return 0, fmt.Errorf("writing a part's footer: %w", err)
	}
	return len(text), p.write(text)
}

// reader gives the file's bytes from their beginning.
func (p *partFile) reader() io.Reader { return io.NewSectionReader(&p.file, 0, p.at) }

// onWorkers calls f for each of n items on so many goroutines, each of which has a
// number below workers, and gives the first error.
func onWorkers(workers, n int, f func(worker, i int) error) error {
	var next atomic.Int64
	errs := make([]error, workers)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for errs[w] == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				errs[w] = f(w, i)
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// parquetKinds are the kinds of columns that a part can have.
var parquetKinds = []serde.Kind{serde.String, serde.Int, serde.BigInt, serde.Double}
