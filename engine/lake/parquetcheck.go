package lake

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"

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
	room   []uint64
	words  dictionaryCheck
}

// dictionaryCheck is what is known of each word of a column's dictionary.
type dictionaryCheck struct {
	read    bool
	values  []parquet.Value
	ordered bool     // no word is less than the one before
	hashes  []uint64 // in its column
	totals  []int64  // itself where it is an integer
	times   []uint32 // how often the page has it
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
	block := c.set.block[c.row : c.row+n]
	if d := p.Dictionary(); d != nil {
		data := p.Data()
		return c.coded(d, data.Int32(), levels, block)
	}
	hashes, e, err := c.values(p)
	if err != nil {
		return err
	}
	set, at := &c.set.columns[c.column], 0
	for i, level := range levels {
		h := placed(c.column, nullHash)
		if level == 0 {
			set.nulls++
		} else if at == len(hashes) {
			return fmt.Errorf("it has fewer values than its levels say")
		} else {
			h = hashes[at]
			at++
		}
		block[i] += h
		set.sum += h
	}
	if at != len(hashes) {
		return fmt.Errorf("it has %d values and its levels say %d", len(hashes), at)
	}
	c.row += n
	return c.bounds(e, at, n-at)
}

// extent is the least and the greatest value of a page.
type extent struct{ least, most parquet.Value }

// values gives the hashes of a page's values in their places, NULLs left out, and what
// they lie between.
func (c *columnCheck) values(p parquet.Page) ([]uint64, extent, error) {
	data := p.Data()
	switch c.kind {
	case serde.Int:
		v := data.Int32()
		c.total(v, nil)
		return c.hashed(len(v), func(i int) uint64 { return uint64(v[i]) }), extentOf(v, parquet.Int32Value), nil
	case serde.BigInt:
		v := data.Int64()
		c.total(nil, v)
		return c.hashed(len(v), func(i int) uint64 { return uint64(v[i]) }), extentOf(v, parquet.Int64Value), nil
	case serde.Double:
		v := data.Double()
		return c.hashed(len(v), func(i int) uint64 { return math.Float64bits(v[i]) }), extentOf(v, parquet.DoubleValue), nil
	}
	return c.plainTexts(data.ByteArray())
}

func (c *columnCheck) total(ints []int32, bigs []int64) {
	set := &c.set.columns[c.column]
	for _, x := range ints {
		set.total += int64(x)
	}
	for _, x := range bigs {
		set.total += x
	}
}

// hashed gives the hashes of n words.
func (c *columnCheck) hashed(n int, word func(i int) uint64) []uint64 {
	out := roomFor(&c.room, n)
	for i := range out {
		out[i] = placed(c.column, numberHash(word(i)))
	}
	return out
}

func extentOf[T cmp.Ordered](v []T, value func(T) parquet.Value) extent {
	if len(v) == 0 {
		return extent{}
	}
	return extent{value(slices.Min(v)), value(slices.Max(v))}
}

// plainTexts reads a page of texts, and holds them against the order and the filter.
func (c *columnCheck) plainTexts(text []byte, offsets []uint32) ([]uint64, extent, error) {
	n := max(0, len(offsets)-1)
	out := roomFor(&c.room, n)
	var least, most []byte
	for i := range out {
		b := text[offsets[i]:offsets[i+1]]
		out[i] = placed(c.column, textHash(b))
		if c.sorted {
			if bytes.Compare(b, c.last) < 0 {
				return nil, extent{}, fmt.Errorf("the value %q is behind %q in an order that is said to be kept", b, c.last)
			}
			c.last = b
		}
		if err := c.inFilter(b); err != nil {
			return nil, extent{}, err
		}
		switch {
		case i == 0:
			least, most = b, b
		case bytes.Compare(b, most) > 0:
			most = b
		case bytes.Compare(b, least) < 0:
			least = b
		}
	}
	c.last = bytes.Clone(c.last) // the page goes
	return out, extent{parquet.ByteArrayValue(least), parquet.ByteArrayValue(most)}, nil
}

// coded reads a page of numbers of words.
func (c *columnCheck) coded(d parquet.Dictionary, codes []int32, levels []byte, block []uint64) error {
	w := &c.words
	if !w.read {
		if err := c.readWords(d); err != nil {
			return err
		}
	}
	clear(w.times)
	nulls := bytes.Count(levels, []byte{0})
	if len(codes) != len(levels)-nulls {
		return fmt.Errorf("it has %d values and its levels say %d", len(codes), len(levels)-nulls)
	}
	null, at := placed(c.column, nullHash), 0
	for i := range block {
		if nulls > 0 && levels[i] == 0 {
			block[i] += null
			continue
		}
		code := codes[at]
		at++
		if uint(code) >= uint(len(w.times)) {
			return fmt.Errorf("it names word %d of a dictionary of %d", code, len(w.times))
		}
		w.times[code]++
		block[i] += w.hashes[code]
	}
	set := &c.set.columns[c.column]
	set.nulls += int64(nulls)
	set.sum += uint64(nulls) * null
	for code, n := range w.times {
		set.sum += uint64(n) * w.hashes[code]
		set.total += int64(n) * w.totals[code]
	}
	c.row += len(block)
	return c.bounds(w.extent(c.compare()), len(codes), nulls)
}

// extent gives what the words of the page lie between.
func (w *dictionaryCheck) extent(compare func(a, b parquet.Value) int) (e extent) {
	first := true
	for code, n := range w.times {
		if n == 0 {
			continue
		}
		switch v := w.values[code]; {
		case first:
			e, first = extent{v, v}, false
		case w.ordered || compare(v, e.most) > 0:
			e.most = v
		case compare(v, e.least) < 0:
			e.least = v
		}
	}
	return e
}

// readWords reads the dictionary.
func (c *columnCheck) readWords(d parquet.Dictionary) error {
	n, compare := d.Len(), c.compare()
	c.words = dictionaryCheck{
		read: true, values: make([]parquet.Value, n), ordered: true,
		hashes: make([]uint64, n), totals: make([]int64, n), times: make([]uint32, n),
	}
	for i := range n {
		v := d.Index(int32(i))
		c.words.values[i] = v
		c.words.ordered = c.words.ordered && (i == 0 || compare(c.words.values[i-1], v) <= 0)
		c.words.hashes[i] = placed(c.column, c.hashOf(v))
		switch c.kind {
		case serde.Int, serde.BigInt:
			c.words.totals[i] = c.integer(v)
		case serde.String:
			if err := c.inFilter(v.ByteArray()); err != nil {
				return err
			}
		}
	}
	return nil
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

// bounds holds what a page says of its values against them.
func (c *columnCheck) bounds(e extent, values, nulls int) error {
	said := []extent{}
	if c.index != nil {
		if c.page >= c.index.NumPages() || c.index.NullCount(c.page) != int64(nulls) || c.index.NullPage(c.page) != (values == 0) {
			return fmt.Errorf("its index does not say that %d of its values are NULL", nulls)
		}
		said = append(said, extent{c.index.MinValue(c.page), c.index.MaxValue(c.page)})
	}
	if c.stats.MinValue != nil || c.stats.MaxValue != nil {
		kind := c.chunk.Type().Kind()
		said = append(said, extent{kind.Value(c.stats.MinValue), kind.Value(c.stats.MaxValue)})
	}
	compare := c.compare()
	for _, s := range said {
		if values > 0 && (compare(e.least, s.least) < 0 || compare(e.most, s.most) > 0) {
			return fmt.Errorf("its values from %q to %q lie outside their bounds %q and %q", e.least, e.most, s.least, s.most)
		}
	}
	return nil
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

func (c *columnCheck) inFilter(text []byte) error {
	if c.bloom != nil && !c.bloom.Check(xxhash.Sum64(text)) {
		return fmt.Errorf("the bloom filter misses %q", text)
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
