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
func checkPart(file io.ReaderAt, size int64, t schema.Table) (Fingerprint, error) {
	return newChecker(t).part(file, size)
}

// checker is what parts are checked with, one after another: its room is used again.
type checker struct {
	table schema.Table
	rooms []checkRoom // one a worker
}

// checkRoom is what one column at a time is checked with.
type checkRoom struct {
	set    *rowSet
	hashes []uint64 // of a page
	words  dictionaryCheck
}

func newChecker(t schema.Table) *checker {
	c := &checker{table: t, rooms: make([]checkRoom, runtime.GOMAXPROCS(0))}
	for i := range c.rooms {
		c.rooms[i].set = newRowSet(len(t.Columns))
	}
	return c
}

// part is checkPart.
func (c *checker) part(file io.ReaderAt, size int64) (f Fingerprint, err error) {
	defer recovered(&err)
	t := c.table
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
		set, err := c.group(g, opened.Metadata().RowGroups[i])
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

// group reads a row group, its columns on all cores. What it gives is valid until the next.
func (c *checker) group(g parquet.RowGroup, meta format.RowGroup) (*rowSet, error) {
	kinds := serde.ColumnsOf(c.table)
	for w := range c.rooms {
		c.rooms[w].set.reset()
		c.rooms[w].set.begin(int(g.NumRows()))
	}
	err := onWorkers(len(c.rooms), len(kinds), func(w, i int) (err error) {
		defer recovered(&err)
		check := columnCheck{checkRoom: &c.rooms[w], column: i, kind: kinds[i].Type.Kind, sorted: kinds[i].Name == sortColumns[0], chunk: g.ColumnChunks()[i], stats: &meta.Columns[i].MetaData.Statistics}
		if err := check.read(int(g.NumRows())); err != nil {
			return fmt.Errorf("column %s: %w", kinds[i].Name, err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	all := c.rooms[0].set
	for _, r := range c.rooms[1:] {
		for i, h := range r.set.block {
			all.block[i] += h
		}
		all.join(r.set) // no rows yet: their columns alone
	}
	all.end()
	return all, nil
}

// columnCheck reads one column of a row group.
type columnCheck struct {
	*checkRoom
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
}

// dictionaryCheck is what is known of each word of a column's dictionary.
type dictionaryCheck struct {
	dictionary parquet.Dictionary // nil where none was read yet
	ordered    bool               // no word is less than the one before
	hashes     []uint64           // in its column
	totals     []int64            // itself where it is an integer
	times      []uint32           // how often the column has it
}

func (c *columnCheck) read(rows int) (err error) {
	c.words.dictionary = nil
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
	c.sumWords()
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
	nulls := bytes.Count(levels, []byte{0})
	if len(hashes) != n-nulls {
		return fmt.Errorf("it has %d values and its levels say %d", len(hashes), n-nulls)
	}
	set, null, at := &c.set.columns[c.column], placed(c.column, nullHash), 0
	set.nulls += int64(nulls)
	set.sum += uint64(nulls) * null
	for i := range block {
		if nulls > 0 && levels[i] == 0 {
			block[i] += null
			continue
		}
		block[i] += hashes[at]
		set.sum += hashes[at]
		at++
	}
	c.row += n
	return c.bounds(e, at, nulls)
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
	out := roomFor(&c.hashes, n)
	for i := range out {
		out[i] = c.numberHash(word(i))
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
	out := roomFor(&c.hashes, n)
	var least, most []byte
	for i := range out {
		b := text[offsets[i]:offsets[i+1]]
		out[i] = placed(c.column, textHash(b))
		if c.sorted {
			if err := c.inOrder(b); err != nil {
				return nil, extent{}, err
			}
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
	if w.dictionary == nil {
		if err := c.readWords(d); err != nil {
			return err
		}
	}
	nulls := bytes.Count(levels, []byte{0})
	if len(codes) != len(levels)-nulls {
		return fmt.Errorf("it has %d values and its levels say %d", len(codes), len(levels)-nulls)
	}
	null, at := placed(c.column, nullHash), 0
	times, hashes := w.times, w.hashes[:len(w.times)]
	for i := range block {
		if nulls > 0 && levels[i] == 0 {
			block[i] += null
			continue
		}
		code := codes[at]
		at++
		if uint(code) >= uint(len(times)) {
			return fmt.Errorf("it names word %d of a dictionary of %d", code, len(times))
		}
		times[code]++
		block[i] += hashes[code]
	}
	if c.sorted {
		if err := c.wordsInOrder(codes); err != nil {
			return err
		}
	}
	set := &c.set.columns[c.column]
	set.nulls += int64(nulls)
	set.sum += uint64(nulls) * null
	c.row += len(block)
	return c.bounds(w.extent(codes, c.compare()), len(codes), nulls)
}

// wordsInOrder holds a page's words against the order of a sorted column.
func (c *columnCheck) wordsInOrder(codes []int32) error {
	for i, code := range codes {
		if i > 0 && code == codes[i-1] {
			continue
		}
		if err := c.inOrder(c.words.dictionary.Index(code).ByteArray()); err != nil {
			return err
		}
	}
	c.last = bytes.Clone(c.last) // the page goes
	return nil
}

// inOrder holds a sorted column's text against the one before.
func (c *columnCheck) inOrder(text []byte) error {
	if bytes.Compare(text, c.last) < 0 {
		return fmt.Errorf("the value %q is behind %q in an order that is said to be kept", text, c.last)
	}
	c.last = text
	return nil
}

// sumWords sums the words that pages were of, each as often as it came.
func (c *columnCheck) sumWords() {
	if c.words.dictionary == nil {
		return
	}
	set := &c.set.columns[c.column]
	for code, n := range c.words.times {
		set.sum += uint64(n) * c.words.hashes[code]
		set.total += int64(n) * c.words.totals[code]
	}
}

// extent gives what the words of a page lie between.
func (w *dictionaryCheck) extent(codes []int32, compare func(a, b parquet.Value) int) (e extent) {
	if len(codes) == 0 {
		return e
	}
	if w.ordered {
		least, most := codes[0], codes[0]
		for _, code := range codes {
			least, most = min(least, code), max(most, code)
		}
		return extent{w.dictionary.Index(least), w.dictionary.Index(most)}
	}
	e = extent{w.dictionary.Index(codes[0]), w.dictionary.Index(codes[0])}
	for _, code := range codes[1:] {
		v := w.dictionary.Index(code)
		if compare(v, e.least) < 0 {
			e.least = v
		}
		if compare(v, e.most) > 0 {
			e.most = v
		}
	}
	return e
}

// readWords reads the dictionary.
func (c *columnCheck) readWords(d parquet.Dictionary) error {
	n, w := d.Len(), &c.words
	w.dictionary, w.hashes, w.totals, w.times = d, roomFor(&w.hashes, n), roomFor(&w.totals, n), roomFor(&w.times, n)
	clear(w.totals)
	clear(w.times)
	data := d.Page().Data()
	switch c.kind {
	case serde.Int:
		v := data.Int32()
		w.ordered = slices.IsSorted(v)
		for i, x := range v[:n] {
			w.totals[i], w.hashes[i] = int64(x), c.numberHash(uint64(x))
		}
	case serde.BigInt:
		v := data.Int64()
		w.ordered = slices.IsSorted(v)
		for i, x := range v[:n] {
			w.totals[i], w.hashes[i] = x, c.numberHash(uint64(x))
		}
	case serde.Double:
		v := data.Double()
		w.ordered = slices.IsSorted(v)
		for i, x := range v[:n] {
			w.hashes[i] = c.numberHash(math.Float64bits(x))
		}
	default:
		return c.readTexts(data.ByteArray())
	}
	return nil
}

func (c *columnCheck) numberHash(n uint64) uint64 { return placed(c.column, numberHash(n)) }

// readTexts reads a dictionary of texts.
func (c *columnCheck) readTexts(text []byte, offsets []uint32) error {
	w := &c.words
	w.ordered = true
	var before []byte
	for i := range w.hashes {
		b := text[offsets[i]:offsets[i+1]]
		w.hashes[i] = placed(c.column, textHash(b))
		w.ordered = w.ordered && bytes.Compare(before, b) <= 0
		before = b
		if err := c.inFilter(b); err != nil {
			return err
		}
	}
	return nil
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
