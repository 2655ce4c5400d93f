package lake

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"math/bits"
	"slices"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/bloom"
	"github.com/parquet-go/parquet-go/bloom/xxhash"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"acme/telemetry/engine/serde"
	"acme/telemetry/schema"
)

const (
	// maxBound is the longest text that is kept as a bound; a column with a longer
	// one has none.
	maxBound = 64
	// maxDictionary is how long the words of a dictionary may be together.
	maxDictionary = 4 << 20
	bloomBits     = 10
)

// packer compresses pages. It is for one goroutine.
type packer struct {
	codec format.CompressionCodec
	zstd  *zstd.Encoder
	gzip  *gzip.Writer
	body  []byte
	out   []byte

	// What a column's encoding holds is used again by the next.
	codes []uint32
	words []uint64
	texts [][]byte
	kept  []rowPlace
	ints  []int64
	nulls []bool
	ends  []byte // of a page's texts: what follows the prefixes
	dict  dictionary
	sort  sorter
	count numbers
}

// roomFor gives a slice of so many, in the room of the last where that is enough.
func roomFor[T any](s *[]T, n int) []T {
	if cap(*s) < n {
		*s = make([]T, n+n/4)
	}
	return (*s)[:n]
}

func newPacker(codecName string) (*packer, error) {
	if _, err := codec(codecName); err != nil {
		return nil, err
	}
	p := &packer{}
	var err error
	switch codecName {
	case "zstd":
		p.codec = format.Zstd
		p.zstd, err = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithAllLitEntropyCompression(true),
			zstd.WithWindowSize(1<<20), zstd.WithEncoderCRC(false))
	case "snappy":
		p.codec = format.Snappy
	case "gzip":
		p.codec = format.Gzip
		p.gzip, err = gzip.NewWriterLevel(nil, 6)
	}
	if err != nil {
		return nil, fmt.Errorf("starting the compressor: %w", err)
	}
	return p, nil
}

// pack gives a body compressed, until the next one.
func (p *packer) pack(body []byte) ([]byte, error) {
	switch p.codec {
	case format.Zstd:
		p.out = p.zstd.EncodeAll(body, p.out[:0])
		return p.out, nil
	case format.Snappy:
		p.out = snappy.Encode(p.out[:cap(p.out)], body)
		return p.out, nil
	}
	var out bytes.Buffer
	p.gzip.Reset(&out)
	if _, err := p.gzip.Write(body); err != nil {
		return nil, fmt.Errorf("packing a page: %w", err)
	}
	if err := p.gzip.Close(); err != nil {
		return nil, fmt.Errorf("packing a page: %w", err)
	}
	return out.Bytes(), nil
}

// chunk is one column of a row group, encoded: its pages, and what the footer says of
// them, offsets counted from the first page.
type chunk struct {
	data   []byte
	meta   format.ColumnMetaData
	pages  []format.PageLocation
	bounds *format.ColumnIndex // nil where there are none
	bloom  []byte              // header and bits; nil where there is none
}

// columnEncoder encodes a column of rows in another order than they were read in.
type columnEncoder struct {
	column schema.Column
	kind   serde.Kind
	sorted bool // the rows are in the order of this column
	packer *packer
	page   int // rows

	nulls  []bool // by row in the new order; nil where none is NULL
	levels []uint32
	texts  [][]byte // of a column of text, without NULLs
	words  []uint64 // of another, without NULLs
	codes  []uint32 // into the dictionary, sorted; nil where there is none
	size   int      // of the dictionary
	out    chunk
}

// rowPlace is where a row stands: its run in the high half, its row in the low.
type rowPlace uint64

func (p rowPlace) run() int { return int(p >> 32) }
func (p rowPlace) row() int { return int(uint32(p)) }

// chunk encodes column i of runs of rows in the given order, in the room of data.
func (e *columnEncoder) chunk(runs []*rows, i int, order []rowPlace, data []byte) (*chunk, error) {
	e.kind, e.out.data = runs[0].columns[i].kind, data
	e.gather(runs, i, order)
	if err := e.encode(len(order)); err != nil {
		return nil, fmt.Errorf("encoding the column %s: %w", e.column.Name, err)
	}
	return &e.out, nil
}

// gather takes the values in their new order.
func (e *columnEncoder) gather(runs []*rows, i int, order []rowPlace) {
	nulls := 0
	columns := make([]*column, len(runs))
	for r := range runs {
		columns[r] = &runs[r].columns[i]
		nulls += columns[r].nulls
	}
	if nulls > 0 {
		e.nulls = roomFor(&e.packer.nulls, len(order))
		kept := roomFor(&e.packer.kept, len(order))[:0]
		for at, p := range order {
			if e.nulls[at] = columns[p.run()].isNull(p.row()); !e.nulls[at] {
				kept = append(kept, p)
			}
		}
		order = kept
	}
	e.out.meta.Statistics.NullCount = int64(nulls)
	switch {
	case e.kind != serde.String:
		e.words = roomFor(&e.packer.words, len(order))
		for at, p := range order {
			e.words[at] = columns[p.run()].words[p.row()]
		}
		e.numberDictionary()
	case slices.ContainsFunc(columns, func(c *column) bool { return c.plain }):
		e.texts = roomFor(&e.packer.texts, len(order))
		for at, p := range order {
			e.texts[at] = columns[p.run()].bytes(p.row())
		}
		e.textDictionary()
	default:
		e.mergeDictionaries(columns, order)
	}
}

// mergeDictionaries makes one dictionary of those of the runs. order has no NULLs.
func (e *columnEncoder) mergeDictionaries(columns []*column, order []rowPlace) {
	if len(order) == 0 {
		return
	}
	all := &e.packer.dict
	all.reset()
	renamed := make([][]uint32, len(columns)) // by run: the code in all of each of its words
	for r, c := range columns {
		renamed[r] = make([]uint32, c.dict.len())
		for code := range renamed[r] {
			renamed[r][code] = all.code(c.dict.hashes[code], c.dict.word(uint32(code)))
		}
	}
	var words [][]byte
	var from []uint32
	used := e.used(columns, order, renamed)
	for code := range uint32(all.len()) {
		if used == nil || used[code] {
			words = append(words, all.word(code))
			from = append(from, code)
		}
	}
	places := e.packer.sort.texts(words)
	e.texts, e.size = make([][]byte, len(words)), len(words)
	rank := make([]uint32, all.len())
	for to, place := range places {
		e.texts[to] = words[place]
		rank[from[place]] = uint32(to)
	}
	for _, codes := range renamed {
		for i, code := range codes {
			codes[i] = rank[code]
		}
	}
	e.codes = roomFor(&e.packer.codes, len(order))
	for at, p := range order {
		e.codes[at] = renamed[p.run()][columns[p.run()].codes[p.row()]]
	}
}

// used says which words stand in a row: one that only NULLs had is none. nil where there
// are no NULLs.
func (e *columnEncoder) used(columns []*column, order []rowPlace, renamed [][]uint32) []bool {
	if e.nulls == nil {
		return nil
	}
	used := make([]bool, e.packer.dict.len())
	for _, p := range order {
		used[renamed[p.run()][columns[p.run()].codes[p.row()]]] = true
	}
	return used
}

// textDictionary makes a dictionary of the texts where that is smaller.
func (e *columnEncoder) textDictionary() {
	d := &e.packer.dict
	d.reset()
	codes := roomFor(&e.packer.codes, len(e.texts))
	total := 0
	for i, b := range e.texts {
		codes[i] = d.code(textHash(b), b)
		total += len(b)
		if i == 4096 && d.len() > i*7/8 || i == 16384 && d.len() > i*2/3 || len(d.text) > maxDictionary {
			return
		}
	}
	if n := len(codes); n == 0 || !dictionaryPays(n, d.len(), total, len(d.text)) {
		return
	}
	words := make([][]byte, d.len())
	for code := range words {
		words[code] = d.word(uint32(code))
	}
	e.texts, e.codes = words, codes
	e.sortTexts()
}

// dictionaryPays guesses which is smaller: a number a row and each word once, or
// each row's text; texts pack to about half.
func dictionaryPays(rows, words, bytes, wordBytes int) bool {
	return rows*bits.Len(uint(words))/8+wordBytes/2 < bytes/2
}

func (e *columnEncoder) sortTexts() {
	places := e.packer.sort.texts(e.texts)
	words := make([][]byte, len(e.texts))
	for to, from := range places {
		words[to] = e.texts[from]
	}
	e.rename(places)
	e.texts = words
}

// texts gives the places of texts, no two alike, in their order. What all begin with is
// passed over, and the eight bytes behind it decide most of it.
func (s *sorter) texts(texts [][]byte) []uint32 {
	shared := math.MaxInt
	for _, t := range texts {
		shared = sharedWith(texts[0], t, shared)
	}
	all := roomFor(&s.all, len(texts))
	for i, t := range texts {
		var head [8]byte
		copy(head[:], t[shared:])
		all[i] = sortedRow{binary.BigEndian.Uint64(head[:]), rowPlace(i)}
	}
	all = s.byKey(all)
	for from := 0; from < len(all); {
		to := from + 1
		for to < len(all) && all[to].key == all[from].key {
			to++
		}
		if to-from > 1 {
			slices.SortFunc(all[from:to], func(a, b sortedRow) int { return bytes.Compare(texts[a.place], texts[b.place]) })
		}
		from = to
	}
	return s.placesOf(all)
}

// byKey sorts few rows by comparing and many by their digits.
func (s *sorter) byKey(all []sortedRow) []sortedRow {
	const few = 1024
	if len(all) < few {
		slices.SortFunc(all, func(a, b sortedRow) int { return cmp.Compare(a.key, b.key) })
		return all
	}
	least, most := all[0].key, all[0].key
	for _, r := range all {
		least, most = min(least, r.key), max(most, r.key)
	}
	return s.byDigits(all, least, most)
}

func (s *sorter) placesOf(all []sortedRow) []uint32 {
	places := roomFor(&s.places, len(all))
	for i := range all {
		places[i] = uint32(all[i].place)
	}
	s.sorted()
	return places
}

// numberDictionary makes a dictionary of the words where that is smaller.
func (e *columnEncoder) numberDictionary() {
	d := &e.packer.count
	d.reset()
	codes := roomFor(&e.packer.codes, len(e.words))
	for i, w := range e.words {
		if i > 0 && w == e.words[i-1] {
			codes[i] = codes[i-1]
			continue
		}
		codes[i] = d.code(w)
		if i == 4096 && len(d.words) > i*7/8 || len(d.words) > maxDictionary/8 {
			return
		}
	}
	if n := len(codes); n == 0 || n*bits.Len(uint(len(d.words)))/8+e.width()*len(d.words) >= n*e.width() {
		return
	}
	places := e.sortedWords(d.words)
	words := make([]uint64, len(d.words))
	for to, from := range places {
		words[to] = d.words[from]
	}
	e.words, e.codes = words, codes
	e.rename(places)
}

// sortedWords gives the places of words, no two alike, in their order.
func (e *columnEncoder) sortedWords(words []uint64) []uint32 {
	sort := &e.packer.sort
	all, keyed := roomFor(&sort.all, len(words)), true
	for i, w := range words {
		key, ok := e.sortKey(w)
		all[i] = sortedRow{key, rowPlace(i)}
		keyed = keyed && ok
	}
	if keyed {
		all = sort.byKey(all)
	} else {
		slices.SortFunc(all, func(a, b sortedRow) int { return e.compareWords(words[a.place], words[b.place]) })
	}
	return sort.placesOf(all)
}

// sortKey gives a number that grows as compareWords says; false for -0, which is behind 0
// there, and for what is no number.
func (e *columnEncoder) sortKey(w uint64) (key uint64, ok bool) {
	const sign = 1 << 63
	switch {
	case e.kind != serde.Double:
		return w ^ sign, true
	case w&sign != 0:
		return ^w, w != sign && w <= math.Float64bits(math.Inf(-1))
	}
	return w | sign, w <= math.Float64bits(math.Inf(1))
}

// rename gives the codes the places that their words have after sorting.
func (e *columnEncoder) rename(places []uint32) {
	to := make([]uint32, len(places))
	for rank, from := range places {
		to[from] = uint32(rank)
	}
	for i, c := range e.codes {
		e.codes[i] = to[c]
	}
	e.size = len(places)
}

func (e *columnEncoder) compareWords(a, b uint64) int {
	if e.kind == serde.Double {
		return cmp.Or(cmp.Compare(math.Float64frombits(a), math.Float64frombits(b)), cmp.Compare(a, b))
	}
	return cmp.Compare(int64(a), int64(b))
}

// width is how many bytes a value that is no text has.
func (e *columnEncoder) width() int {
	if e.kind == serde.Int {
		return 4
	}
	return 8
}

func (e *columnEncoder) physical() format.Type {
	switch e.kind {
	case serde.Int:
		return format.Int32
	case serde.BigInt:
		return format.Int64
	case serde.Double:
		return format.Double
	}
	return format.ByteArray
}

// encoding is how the values of the data pages are written.
func (e *columnEncoder) encoding() format.Encoding {
	switch {
	case e.codes != nil:
		return format.RLEDictionary
	case e.kind == serde.String:
		return format.DeltaByteArray
	case e.kind == serde.Double:
		return format.Plain
	}
	return format.DeltaBinaryPacked
}

func (e *columnEncoder) encode(rows int) error {
	m := &e.out.meta
	m.Type, m.PathInSchema, m.Codec, m.NumValues = e.physical(), []string{e.column.Name}, e.packer.codec, int64(rows)
	m.Encoding = []format.Encoding{format.RLE, e.encoding()}
	bounds := &format.ColumnIndex{}
	if e.sorted && e.nulls == nil {
		bounds.BoundaryOrder = format.Ascending
	}
	if e.codes != nil {
		m.Encoding = append(m.Encoding, format.Plain)
		if err := e.write(format.PageHeader{Type: format.DictionaryPage, DictionaryPageHeader: thrift.New(format.DictionaryPageHeader{
			NumValues: int32(e.size), Encoding: format.Plain, IsSorted: true,
		})}, e.plain(e.packer.body[:0], 0, e.size)); err != nil {
			return err
		}
	}
	value := 0
	for from := 0; from < rows; from += e.page {
		to := min(from+e.page, rows)
		body, values := e.levelsOf(e.packer.body[:0], from, to)
		body = e.values(body, value, value+values)
		offset := len(e.out.data)
		err := e.write(format.PageHeader{Type: format.DataPage, DataPageHeader: thrift.New(format.DataPageHeader{
			NumValues: int32(to - from), Encoding: e.encoding(), DefinitionLevelEncoding: format.RLE, RepetitionLevelEncoding: format.RLE,
		})}, body)
		if err != nil {
			return err
		}
		e.out.pages = append(e.out.pages, format.PageLocation{Offset: int64(offset), CompressedPageSize: int32(len(e.out.data) - offset), FirstRowIndex: int64(from)})
		if bounds != nil && !e.bound(bounds, value, value+values, to-from) {
			bounds = nil
		}
		value += values
	}
	if len(e.out.pages) > 0 {
		m.DataPageOffset = e.out.pages[0].Offset
	}
	m.TotalCompressedSize = int64(len(e.out.data))
	if e.out.bounds = bounds; bounds != nil && value > 0 {
		if least, most, ok := e.leastOfAll(bounds, value); ok {
			m.Statistics.MinValue, m.Statistics.MaxValue = least, most
		}
	}
	return e.filter()
}

// write appends a page with its header.
func (e *columnEncoder) write(h format.PageHeader, body []byte) error {
	e.packer.body = body // its room is used again
	packed, err := e.packer.pack(body)
	if err != nil {
		return err
	}
	h.UncompressedPageSize, h.CompressedPageSize = int32(len(body)), int32(len(packed))
	h.CRC = int32(crc32.ChecksumIEEE(packed))
	header, err := thrift.Marshal(new(thrift.CompactProtocol), &h)
	if err != nil {
		return fmt.Errorf("writing a page's header: %w", err)
	}
	e.out.meta.TotalUncompressedSize += int64(len(header) + len(body))
	e.out.data = append(append(e.out.data, header...), packed...)
	return nil
}

// levelsOf appends which rows have values, and says how many do.
func (e *columnEncoder) levelsOf(out []byte, from, to int) ([]byte, int) {
	out = append(out, 0, 0, 0, 0)
	values := to - from
	if e.nulls == nil {
		out = append(binary.AppendUvarint(out, uint64(values)<<1), 1)
	} else {
		e.levels = e.levels[:0]
		values = 0
		for _, null := range e.nulls[from:to] {
			level := uint32(1)
			if null {
				level = 0
			}
			values += int(level)
			e.levels = append(e.levels, level)
		}
		out = appendHybrid(out, e.levels, 1)
	}
	binary.LittleEndian.PutUint32(out, uint32(len(out)-4))
	return out, values
}

// values appends the values of a page.
func (e *columnEncoder) values(out []byte, from, to int) []byte {
	switch e.encoding() {
	case format.RLEDictionary:
		width := max(1, bits.Len(uint(e.size-1)))
		return appendHybrid(append(out, byte(width)), e.codes[from:to], width)
	case format.DeltaByteArray:
		return e.packer.appendDeltaTexts(out, e.texts[from:to], e.sorted)
	case format.Plain:
		return e.plain(out, from, to)
	}
	values := roomFor(&e.packer.ints, to-from)
	for i, w := range e.words[from:to] {
		values[i] = int64(w)
	}
	return appendDelta(out, values, e.kind == serde.Int)
}

// plain appends values as they are.
func (e *columnEncoder) plain(out []byte, from, to int) []byte {
	if e.kind == serde.String {
		for _, b := range e.texts[from:to] {
			out = append(binary.LittleEndian.AppendUint32(out, uint32(len(b))), b...)
		}
		return out
	}
	for _, w := range e.words[from:to] {
		out = e.appendWord(out, w)
	}
	return out
}

func (e *columnEncoder) appendWord(out []byte, w uint64) []byte {
	if e.kind == serde.Int {
		return binary.LittleEndian.AppendUint32(out, uint32(w))
	}
	return binary.LittleEndian.AppendUint64(out, w)
}

// appendDeltaTexts appends texts as DELTA_BYTE_ARRAY. Texts that are not sorted share
// with the one before what all of them begin with, and no more: what they share by
// chance costs more than it saves.
func (p *packer) appendDeltaTexts(out []byte, texts [][]byte, sorted bool) []byte {
	limit := 0
	if !sorted && len(texts) > 0 {
		limit = len(texts[0])
		for _, t := range texts[1:] {
			limit = sharedWith(texts[0], t, limit)
		}
	}
	shared := roomFor(&p.ints, 2*len(texts))
	prefixes, lengths := shared[:len(texts)], shared[len(texts):]
	ends := p.ends[:0]
	for i, t := range texts {
		n := limit
		switch {
		case i == 0:
			n = 0
		case sorted:
			n = sharedWith(texts[i-1], t, len(t))
		}
		prefixes[i], lengths[i] = int64(n), int64(len(t)-n)
		ends = append(ends, t[n:]...)
	}
	p.ends = ends
	return append(appendDelta(appendDelta(out, prefixes, true), lengths, true), ends...)
}

// bound notes the bounds of a page; false where it can have none.
func (e *columnEncoder) bound(index *format.ColumnIndex, from, to, rows int) bool {
	least, most, ok := []byte{}, []byte{}, true
	if from < to {
		least, most, ok = e.least(from, to)
	}
	index.NullPages = append(index.NullPages, from == to)
	index.MinValues = append(index.MinValues, least)
	index.MaxValues = append(index.MaxValues, most)
	index.NullCounts = append(index.NullCounts, int64(rows-(to-from)))
	return ok
}

// least gives the bounds of some values as Parquet has them.
func (e *columnEncoder) least(from, to int) (least, most []byte, ok bool) {
	if e.kind == serde.String {
		return e.leastText(from, to)
	}
	low, high := uint64(0), uint64(0)
	if e.codes != nil {
		first, last := leastCodes(e.codes[from:to])
		low, high = e.words[first], e.words[last]
	} else {
		low, high = slices.MinFunc(e.words[from:to], e.compareWords), slices.MaxFunc(e.words[from:to], e.compareWords)
	}
	if e.kind == serde.Double {
		a, b := math.Float64frombits(low), math.Float64frombits(high)
		if math.IsNaN(a) || math.IsNaN(b) {
			return nil, nil, false
		}
		if a == 0 { // the two zeros are one to a reader that compares
			low = math.Float64bits(math.Copysign(0, -1))
		}
		if b == 0 {
			high = 0
		}
	}
	return e.appendWord(nil, low), e.appendWord(nil, high), true
}

// leastOfAll gives the bounds of all values, of which the pages' are known.
func (e *columnEncoder) leastOfAll(pages *format.ColumnIndex, values int) (least, most []byte, ok bool) {
	if e.kind != serde.String || e.sorted || e.codes != nil {
		return e.least(0, values)
	}
	for i, empty := range pages.NullPages {
		if empty {
			continue
		}
		if least == nil || bytes.Compare(pages.MinValues[i], least) < 0 {
			least = pages.MinValues[i]
		}
		if most == nil || bytes.Compare(pages.MaxValues[i], most) > 0 {
			most = pages.MaxValues[i]
		}
	}
	return least, most, least != nil
}

// leastCodes gives the least and the greatest of some codes.
func leastCodes(codes []uint32) (least, most uint32) {
	least, most = codes[0], codes[0]
	for _, c := range codes[1:] {
		least, most = min(least, c), max(most, c)
	}
	return least, most
}

func (e *columnEncoder) leastText(from, to int) (least, most []byte, ok bool) {
	switch {
	case e.codes != nil:
		first, last := leastCodes(e.codes[from:to])
		least, most = e.texts[first], e.texts[last]
	case e.sorted:
		least, most = e.texts[from], e.texts[to-1]
	default:
		least, most = e.texts[from], e.texts[from]
		for _, t := range e.texts[from+1 : to] {
			if bytes.Compare(t, least) < 0 {
				least = t
			} else if bytes.Compare(t, most) > 0 {
				most = t
			}
		}
	}
	return bytes.Clone(least), bytes.Clone(most), len(least) <= maxBound && len(most) <= maxBound // rows are used again
}

// filtered are the columns by which one looks for a few rows of many.
var filtered = []string{"customer_id", "session_id"}

// filter makes the column's bloom filter.
func (e *columnEncoder) filter() error {
	if !slices.Contains(filtered, e.column.Name) || len(e.texts) == 0 {
		return nil
	}
	set := make(bloom.SplitBlockFilter, bloom.NumSplitBlocksOf(int64(len(e.texts)), bloomBits))
	for _, t := range e.texts {
		set.Insert(xxhash.Sum64(t))
	}
	h := format.BloomFilterHeader{NumBytes: int32(len(set.Bytes()))}
	h.Algorithm.Value, h.Hash.Value, h.Compression.Value = &format.SplitBlockAlgorithm{}, &format.XxHash{}, &format.BloomFilterUncompressed{}
	header, err := thrift.Marshal(new(thrift.CompactProtocol), &h)
	if err != nil {
		return fmt.Errorf("writing the bloom filter's header: %w", err)
	}
	e.out.bloom = append(header, set.Bytes()...)
	return nil
}
