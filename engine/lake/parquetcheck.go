package lake

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/bloom"
	"github.com/parquet-go/parquet-go/bloom/xxhash"
	"github.com/parquet-go/parquet-go/format"

	"acme/telemetry/engine/serde"
	"acme/telemetry/schema"
)

// checkPart reads a Parquet file with a reader that had no part in writing it, every
// page to its last value, and gives the fingerprint of its rows. Beside the values it
// holds against them what readers skip pages and groups by: a bound that is wrong, or a
// bloom filter that misses a value, would lose rows without a word. A broken file can
// make the library panic, which is an error here.
func checkPart(file io.ReaderAt, size int64, t schema.Table) (f Fingerprint, err error) {
	defer recovered(&err)
	opened, err := parquet.OpenFile(file, size)
	if err != nil {
		return f, err
	}
	columns := opened.Schema().Columns()
	if len(columns) != len(t.Columns) {
		return f, fmt.Errorf("it has %d columns and the table has %d", len(columns), len(t.Columns))
	}
	for i, c := range t.Columns {
		if len(columns[i]) != 1 || columns[i][0] != c.Name {
			return f, fmt.Errorf("its column %d is %v and the table's is %s", i+1, columns[i], c.Name)
		}
	}
	all := newRowSet(len(t.Columns))
	for i, g := range opened.RowGroups() {
		set, err := checkGroup(g, opened.Metadata().RowGroups[i], t)
		if err != nil {
			return f, err
		}
		all.join(set)
	}
	if all.rows != opened.NumRows() {
		return f, fmt.Errorf("its footer says %d rows, its row groups have %d", opened.NumRows(), all.rows)
	}
	return all.fingerprint(t), nil
}

func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("the file is broken: %v", p)
	}
}

// checkGroup reads a row group, its columns on all cores.
func checkGroup(g parquet.RowGroup, meta format.RowGroup, t schema.Table) (*rowSet, error) {
	kinds := serde.ColumnsOf(t)
	sets := make([]*rowSet, runtime.GOMAXPROCS(0))
	for w := range sets {
		sets[w] = newRowSet(len(kinds))
		sets[w].begin(int(g.NumRows()))
	}
	err := onWorkers(len(sets), len(kinds), func(w, i int) (err error) {
		defer recovered(&err)
		c := columnCheck{set: sets[w], column: i, kind: kinds[i].Type.Kind, sorted: kinds[i].Name == sortColumns[0], chunk: g.ColumnChunks()[i], stats: &meta.Columns[i].MetaData.Statistics}
		if err := c.read(int(g.NumRows())); err != nil {
			return fmt.Errorf("column %s: %w", kinds[i].Name, err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, s := range sets[1:] {
		for i, h := range s.block {
			sets[0].block[i] += h
		}
		sets[0].join(s) // no rows yet: their columns alone
	}
	sets[0].end()
	return sets[0], nil
}

// columnCheck reads one column of a row group.
type columnCheck struct {
	set    *rowSet
	column int
	kind   serde.Kind
	sorted bool
	chunk  parquet.ColumnChunk
	stats  *format.Statistics
	row    int
	page   int
	index  parquet.ColumnIndex
	bloom  bloom.SplitBlockFilter // nil where there is none
	last   []byte                 // of a sorted column: the text before

	dict parquet.Dictionary
	// Of each word of the dictionary: its hash, and whether the page has it.
	hashes []uint64
	used   []bool
}

func (c *columnCheck) read(rows int) (err error) {
	if c.index, err = c.chunk.ColumnIndex(); errors.Is(err, parquet.ErrMissingColumnIndex) {
		c.index, err = nil, nil
	}
	if err != nil {
		return fmt.Errorf("its bounds: %w", err)
	}
	if err := c.readFilter(); err != nil {
		return err
	}
	pages := c.chunk.Pages()
	defer func() { err = errors.Join(err, pages.Close()) }()
	for ; ; c.page++ {
		p, err := pages.ReadPage()
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("page %d: %w", c.page+1, err)
		}
		err = c.take(p, rows)
		parquet.Release(p)
		if err != nil {
			return fmt.Errorf("page %d: %w", c.page+1, err)
		}
	}
	if nulls := c.set.columns[c.column].nulls; nulls != c.stats.NullCount {
		return fmt.Errorf("%d of its values are NULL and its footer says %d", nulls, c.stats.NullCount)
	}
	if c.row != rows {
		return fmt.Errorf("it has %d rows and its group %d", c.row, rows)
	}
	return nil
}

// take reads a page.
func (c *columnCheck) take(p parquet.Page, rows int) error {
	levels := p.DefinitionLevels()
	n := int(p.NumRows())
	if c.row+n > rows || len(levels) != n {
		return fmt.Errorf("it has %d rows and %d levels, and the group %d rows", n, len(levels), rows)
	}
	values, err := c.valuesOf(p)
	if err != nil {
		return err
	}
	at := 0
	for i, level := range levels {
		switch {
		case level == 0:
			c.set.addNull(c.column, c.row+i)
			continue
		case at == values.n:
			return fmt.Errorf("it has fewer values than its levels say")
		}
		c.set.add(c.column, c.row+i, values.hash(at))
		at++
	}
	if at != values.n {
		return fmt.Errorf("it has %d values and its levels say %d", values.n, at)
	}
	c.row += n
	return c.bounds(values, n-at)
}

// pageValues are the values of a page, NULLs left out.
type pageValues struct {
	n    int
	hash func(i int) uint64
	// each calls f with every value that is in the page, at least once.
	each func(f func(v parquet.Value) error) error
}

func (c *columnCheck) valuesOf(p parquet.Page) (pageValues, error) {
	data := p.Data()
	if d := p.Dictionary(); d != nil {
		return c.coded(d, data.Int32())
	}
	set := &c.set.columns[c.column]
	switch c.kind {
	case serde.Int:
		v := data.Int32()
		for _, x := range v {
			set.total += int64(x)
		}
		return valuesFrom(v, func(x int32) uint64 { return numberHash(uint64(x)) }, parquet.Int32Value), nil
	case serde.BigInt:
		v := data.Int64()
		for _, x := range v {
			set.total += x
		}
		return valuesFrom(v, func(x int64) uint64 { return numberHash(uint64(x)) }, parquet.Int64Value), nil
	case serde.Double:
		return valuesFrom(data.Double(), func(x float64) uint64 { return numberHash(math.Float64bits(x)) }, parquet.DoubleValue), nil
	}
	text, offsets := data.ByteArray()
	word := func(i int) []byte { return text[offsets[i]:offsets[i+1]] }
	n := max(0, len(offsets)-1)
	return pageValues{n: n, hash: func(i int) uint64 { return textHash(word(i)) }, each: func(f func(parquet.Value) error) error {
		for i := range n {
			if err := f(parquet.ByteArrayValue(word(i))); err != nil {
				return err
			}
		}
		return nil
	}}, nil
}

func valuesFrom[T any](v []T, hash func(T) uint64, value func(T) parquet.Value) pageValues {
	return pageValues{n: len(v), hash: func(i int) uint64 { return hash(v[i]) }, each: func(f func(parquet.Value) error) error {
		for _, x := range v {
			if err := f(value(x)); err != nil {
				return err
			}
		}
		return nil
	}}
}

// coded reads a page of numbers of words.
func (c *columnCheck) coded(d parquet.Dictionary, codes []int32) (pageValues, error) {
	if c.dict == nil {
		c.dict, c.hashes, c.used = d, make([]uint64, d.Len()), make([]bool, d.Len())
		for i := range c.hashes {
			word := d.Index(int32(i))
			c.hashes[i] = c.hashOf(word)
			if err := c.inFilter(word); err != nil {
				return pageValues{}, err
			}
		}
	}
	clear(c.used)
	for _, code := range codes {
		if code < 0 || int(code) >= len(c.used) {
			return pageValues{}, fmt.Errorf("it names word %d of a dictionary of %d", code, len(c.used))
		}
		c.used[code] = true
	}
	if c.kind == serde.Int || c.kind == serde.BigInt {
		for _, code := range codes {
			c.set.columns[c.column].total += c.integer(d.Index(code))
		}
	}
	return pageValues{n: len(codes), hash: func(i int) uint64 { return c.hashes[codes[i]] }, each: func(f func(parquet.Value) error) error {
		for code, used := range c.used {
			if used {
				if err := f(d.Index(int32(code))); err != nil {
					return err
				}
			}
		}
		return nil
	}}, nil
}

func (c *columnCheck) hashOf(v parquet.Value) uint64 {
	switch c.kind {
	case serde.Int, serde.BigInt:
		return numberHash(uint64(c.integer(v)))
	case serde.Double:
		return numberHash(math.Float64bits(v.Double()))
	}
	return textHash(v.ByteArray())
}

func (c *columnCheck) integer(v parquet.Value) int64 {
	if c.kind == serde.Int {
		return int64(v.Int32())
	}
	return v.Int64()
}

// bounds holds a page's bounds, the filter and the order against its values.
func (c *columnCheck) bounds(values pageValues, nulls int) error {
	if c.index != nil {
		if c.page >= c.index.NumPages() || c.index.NullCount(c.page) != int64(nulls) || c.index.NullPage(c.page) != (values.n == 0) {
			return fmt.Errorf("its index does not say that %d of its values are NULL", nulls)
		}
	}
	compare := c.compare()
	type span struct{ least, most parquet.Value }
	var spans []span
	if c.index != nil && values.n > 0 {
		spans = append(spans, span{c.index.MinValue(c.page), c.index.MaxValue(c.page)})
	}
	if c.stats.MinValue != nil || c.stats.MaxValue != nil {
		kind := c.chunk.Type().Kind()
		spans = append(spans, span{kind.Value(c.stats.MinValue), kind.Value(c.stats.MaxValue)})
	}
	return values.each(func(v parquet.Value) error {
		for _, s := range spans {
			if compare(v, s.least) < 0 || compare(v, s.most) > 0 {
				return fmt.Errorf("the value %q lies outside its bounds %q and %q", v, s.least, s.most)
			}
		}
		if c.sorted && c.dict == nil && bytes.Compare(v.ByteArray(), c.last) < 0 {
			return fmt.Errorf("the value %q is behind %q in an order that is said to be kept", v, c.last)
		}
		if c.sorted && c.dict == nil {
			c.last = append(c.last[:0], v.ByteArray()...)
		}
		if c.dict == nil {
			return c.inFilter(v)
		}
		return nil
	})
}

// readFilter reads the bloom filter into memory: it is asked about every value.
func (c *columnCheck) readFilter() error {
	f := c.chunk.BloomFilter()
	if f == nil {
		return nil
	}
	bits := make([]byte, f.Size())
	if _, err := f.ReadAt(bits, 0); err != nil && err != io.EOF {
		return fmt.Errorf("its bloom filter: %w", err)
	}
	c.bloom = bloom.MakeSplitBlockFilter(bits)
	return nil
}

func (c *columnCheck) inFilter(v parquet.Value) error {
	if c.bloom != nil && !c.bloom.Check(xxhash.Sum64(v.ByteArray())) {
		return fmt.Errorf("the bloom filter misses %q", v)
	}
	return nil
}

// compare gives how readers compare values of the column.
func (c *columnCheck) compare() func(a, b parquet.Value) int {
	switch c.kind {
	case serde.Int, serde.BigInt:
		return func(a, b parquet.Value) int { return cmp.Compare(c.integer(a), c.integer(b)) }
	case serde.Double:
		return func(a, b parquet.Value) int { return cmp.Compare(a.Double(), b.Double()) }
	}
	return func(a, b parquet.Value) int { return bytes.Compare(a.ByteArray(), b.ByteArray()) }
}
