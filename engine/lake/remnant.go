package lake

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"slices"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"

	"acme/telemetry/engine/serde"
	"acme/telemetry/engine/store"
	"acme/telemetry/schema"
)

// remnant is what is left of an object without those who are on a suppression list, in a
// file of this machine, proved.
type remnant struct {
	file   *os.File
	bytes  int64
	sha    [sha256.Size]byte
	kept   int64 // records
	lines  lineCount
	raw    int64 // bytes before compression, of text
	before [sha256.Size]byte
	had    int64            // records, before
	erased map[string]int64 // records, by suppression file
}

func (r *remnant) drop() error { return discard(r.file) }

// kinds of objects, by their first bytes.
var (
	gzipMagic    = []byte{0x1f, 0x8b}
	parquetMagic = []byte("PAR1")
	// What is packed or built in other ways cannot be looked into here.
	otherMagic = map[string][]byte{"zstd": {0x28, 0xb5, 0x2f, 0xfd}, "ORC": []byte("ORC"), "Avro": []byte("Obj\x01"), "Snappy": {0xff, 0x06, 0x00, 0x00, 's', 'N', 'a', 'P', 'p', 'Y'}, "bzip2": []byte("BZh"), "xz": {0xfd, '7', 'z', 'X', 'Z'}, "LZ4": {0x04, 0x22, 0x4d, 0x18}}
)

// remnant makes what is left of an object; nil where it names nobody. A *DamagedError says
// that it cannot be read, or that its records cannot be told apart.
func (e *eraser) remnant(ctx context.Context, info store.Info, by *suppressed) (r *remnant, err error) {
	body, _, err := e.st.Get(ctx, info.Key)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, body.Close()) }()
	packed := bufio.NewReaderSize(body, 64<<10)
	magic, _ := packed.Peek(10) // a shorter object has no magic
	isParquet, zipped := bytes.HasPrefix(magic, parquetMagic), bytes.HasPrefix(magic, gzipMagic)
	for name, m := range otherMagic {
		if bytes.HasPrefix(magic, m) {
			return nil, &DamagedError{info.Key, "it is packed with " + name + ", which is not looked into"}
		}
	}
	if !zipped && !isBook(info.Key) && isBrotli(packed) {
		return nil, &DamagedError{info.Key, "it is packed with Brotli, which is not looked into"}
	}
	if !isParquet {
		names, err := by.namedIn(packed, zipped)
		if err != nil && ctx.Err() == nil {
			err = &DamagedError{info.Key, reason(err)}
		}
		if err != nil || !names {
			return nil, err
		}
	}
	file, _, sum, err := copyObject(ctx, e.st, info.Key, e.o.Temp)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, discard(file)) }()
	r = &remnant{before: sum, erased: map[string]int64{}}
	if r.file, err = scratch(e.o.Temp); err != nil {
		return nil, err
	}
	if isParquet {
		err = r.parquet(file, by)
	} else {
		err = r.text(file, info.Key, zipped, by)
	}
	switch {
	case err == nil && len(r.erased) > 0:
		return r, nil
	case err == nil && !isParquet:
		err = fmt.Errorf("taking those who are erased out of %s: it names somebody, and no record of it does. This is a defect of this program: please report it", info.Key)
	}
	return nil, errors.Join(err, r.drop())
}

// namedIn says whether a text names anybody of the list.
func (s *suppressed) namedIn(r io.Reader, zipped bool) (bool, error) {
	if zipped {
		z, err := gzip.NewReader(r)
		if err != nil {
			return false, err
		}
		r = z
	}
	names := false
	err := eachLine(bufio.NewReaderSize(r, 256<<10), func(line []byte) { names = names || s.holds(line) })
	return names, err
}

// text writes the text without the records that name somebody.
func (r *remnant) text(file *os.File, key string, zipped bool, by *suppressed) error {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	var in io.Reader = bufio.NewReader(file)
	if zipped {
		z, err := gzip.NewReader(in)
		if err != nil {
			return &DamagedError{key, reason(err)}
		}
		in = z
	}
	sum := sha256.New()
	out := &counted{w: io.MultiWriter(r.file, sum)}
	write, end := out.Write, func() error { return nil }
	if zipped {
		z := gzip.NewWriter(out)
		z.ModTime = time.Unix(0, 0) // the same bytes each time
		write, end = z.Write, z.Close
	}
	var erased bytes.Buffer
	var failed error
	err := eachLine(bufio.NewReaderSize(in, 256<<10), func(line []byte) {
		if failed == nil {
			_, failed = write(r.line(line, by, &erased))
		}
	})
	if err = errors.Join(err, failed, end()); err != nil {
		return fmt.Errorf("writing what is left of %s: %w", key, err)
	}
	r.bytes = out.n
	sum.Sum(r.sha[:0])
	return r.proveText(file, key, zipped, by, erased.Bytes())
}

type counted struct {
	w io.Writer
	n int64
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// line gives what is left of a line. Objects that stand on it one behind the other are
// records of their own.
func (r *remnant) line(line []byte, by *suppressed, erased *bytes.Buffer) []byte {
	if !by.holds(line) {
		return line
	}
	text := bytes.TrimRight(line, "\r\n")
	end := line[len(text):]
	var kept []byte
	took := false
	take := func(piece []byte, of int) {
		took = true
		r.erased[by.ids[of]]++
		erased.Write(piece)
		erased.WriteByte('\n')
	}
	eachPiece(text, func(piece []byte) {
		if of := by.in(piece); of >= 0 {
			take(piece, of)
		} else {
			kept = append(kept, piece...)
		}
	})
	if !took { // what names somebody stands across pieces
		kept = nil
		take(text, by.in(line))
	}
	if len(bytes.TrimSpace(kept)) == 0 {
		return nil
	}
	return append(kept, end...)
}

// eachPiece cuts a line behind each object that stands on it. What stands before an
// object is of its piece; what stands behind the last is one of its own.
func eachPiece(line []byte, yield func([]byte)) {
	depth, quoted, from := 0, false, 0
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case quoted && c == '\\':
			i++
		case c == '"' && depth > 0:
			quoted = !quoted
		case quoted:
		case c == '{':
			depth++
		case c == '}' && depth > 0:
			if depth--; depth == 0 {
				yield(line[from : i+1])
				from = i + 1
			}
		}
	}
	if from < len(line) {
		yield(line[from:])
	}
}

// proveText reads the object and what is left of it by the SerDe, which had no part in
// making it: the records of the one are those of the other and the erased ones, and each
// of those names somebody.
func (r *remnant) proveText(file *os.File, key string, zipped bool, by *suppressed, erased []byte) error {
	was, _, err := recordsIn(file, zipped, nil)
	if err != nil {
		return &DamagedError{key, reason(err)}
	}
	named, others := 0, 0
	count := func(text []byte) {
		if by.holds(text) {
			named++
		} else {
			others++
		}
	}
	now, stats, err := recordsIn(r.file, zipped, count)
	if err != nil {
		return fmt.Errorf("reading back what is left of %s: %w", key, err)
	}
	if named > 0 {
		return fmt.Errorf("reading back what is left of %s: somebody who is to be erased is named in it. This is a defect of this program: please report it", key)
	}
	named, others = 0, 0
	gone, _, err := recordsIn(bytes.NewReader(erased), false, count)
	if err != nil || others > 0 || was != now.with(gone) {
		return &DamagedError{key, "its records cannot be told apart, so that those of others would go too: acme repair --into makes an object of it that can be erased from"}
	}
	r.had, r.kept, r.raw = was.n, now.n, stats.Bytes
	r.lines, err = linesIn(r.file, zipped)
	return err
}

// with gives two sets together.
func (s recordSet) with(o recordSet) recordSet {
	for i := range s.sum {
		s.sum[i] += o.sum[i]
	}
	s.n += o.n
	return s
}

// recordsIn gives the records of a text.
func recordsIn(file io.ReadSeeker, zipped bool, tell func([]byte)) (set recordSet, stats serde.Stats, err error) {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return set, stats, err
	}
	reader, err := newRecordReader(schema.Events(), serde.Options{IgnoreMalformed: true, EveryRecord: true, Record: func(text []byte) {
		set.add(sha256.Sum256(text))
		if tell != nil {
			tell(text)
		}
	}})
	if err != nil {
		return set, stats, err
	}
	stats, err = drain(reader, textName(zipped), bufio.NewReader(file))
	return set, stats, err
}

func textName(zipped bool) string {
	if zipped {
		return "object.gz"
	}
	return "object"
}

// linesIn gives the rows that Athena sees in a text, as verify counts them.
func linesIn(file io.ReadSeeker, zipped bool) (lineCount, error) {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return lineCount{}, err
	}
	if stats, err := readAll(textName(zipped), bufio.NewReader(file)); err == nil {
		return lineCount{lines: stats.Lines, malformed: stats.Malformed}, nil
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return lineCount{}, err
	}
	stats, err := drain(newSerDe(schema.Events(), nil, lenient), textName(zipped), bufio.NewReader(file))
	return lineCount{lines: stats.Lines, malformed: -1}, err
}

// parquet writes the file without the rows that name somebody: in its row groups and
// their order, with its codec, sorting and bloom filters.
func (r *remnant) parquet(file *os.File, by *suppressed) (err error) {
	defer recovered(&err)
	info, err := file.Stat()
	if err != nil {
		return err
	}
	f, err := parquet.OpenFile(file, info.Size())
	if err != nil {
		return &DamagedError{"the object", err.Error()}
	}
	var was, gone, now recordSet
	h := sha256.New()
	sum := sha256.New()
	out := &counted{w: io.MultiWriter(r.file, sum)}
	w := parquet.NewGenericWriter[any](out, append(likeFile(f), schemaLike(f.Schema()))...)
	for _, g := range f.RowGroups() {
		var failed error
		err := eachRow(g, func(row parquet.Row) {
			if of := by.inRow(row); of >= 0 {
				r.erased[by.ids[of]]++
				gone.add(rowSum(h, row))
			} else if failed == nil {
				_, failed = w.WriteRows([]parquet.Row{row})
			}
			was.add(rowSum(h, row))
		})
		if err = errors.Join(err, failed, w.Flush()); err != nil {
			return err
		}
	}
	if len(r.erased) == 0 {
		return nil
	}
	if err := w.Close(); err != nil {
		return err
	}
	r.bytes = out.n
	sum.Sum(r.sha[:0])
	back, err := parquet.OpenFile(r.file, r.bytes)
	if err != nil {
		return fmt.Errorf("reading back what is left of a Parquet file: %w", err)
	}
	named := false
	for _, g := range back.RowGroups() {
		if err := eachRow(g, func(row parquet.Row) {
			named = named || by.inRow(row) >= 0
			now.add(rowSum(h, row))
		}); err != nil {
			return fmt.Errorf("reading back what is left of a Parquet file: %w", err)
		}
	}
	if named || was != now.with(gone) {
		return errors.New("reading back what is left of a Parquet file: it is not what was written. This is a defect of this program: please report it")
	}
	r.had, r.kept, r.lines = was.n, now.n, lineCount{lines: now.n}
	return nil
}

// schemaLike gives the schema for a file of the same columns: of events as they are
// written here, of others without the encodings, which this library may only read.
func schemaLike(s *parquet.Schema) *parquet.Schema {
	t := schema.Events()
	if slices.EqualFunc(s.Columns(), t.Columns, func(path []string, c schema.Column) bool { return len(path) == 1 && path[0] == c.Name }) {
		t.Name = s.Name()
		return ParquetSchema(t)
	}
	return parquet.NewSchema(s.Name(), plainNode{s})
}

// plainNode is a node of a schema that leaves the encoding to the library.
type plainNode struct{ parquet.Node }

// Encoding implements parquet.Node.
func (plainNode) Encoding() encoding.Encoding { return nil }

// Fields implements parquet.Node.
func (n plainNode) Fields() []parquet.Field { return plainFields(n.Node) }

type plainField struct{ parquet.Field }

// Encoding implements parquet.Node.
func (plainField) Encoding() encoding.Encoding { return nil }

// Fields implements parquet.Node.
func (f plainField) Fields() []parquet.Field { return plainFields(f.Field) }

func plainFields(n parquet.Node) []parquet.Field {
	fields := slices.Clone(n.Fields())
	for i, f := range fields {
		fields[i] = plainField{f}
	}
	return fields
}

// inRow is in for the texts of a row.
func (s *suppressed) inRow(row parquet.Row) int {
	if s == nil {
		return -1
	}
	for _, v := range row {
		if k := v.Kind(); k == parquet.ByteArray || k == parquet.FixedLenByteArray {
			if of := s.in(v.ByteArray()); of >= 0 {
				return of
			}
		}
	}
	return -1
}

func rowSum(h hash.Hash, row parquet.Row) [sha256.Size]byte {
	h.Reset()
	hashRow(h, row)
	return [sha256.Size]byte(h.Sum(nil))
}

// likeFile gives the options of a writer that makes files like one.
func likeFile(f *parquet.File) []parquet.WriterOption {
	options := []parquet.WriterOption{parquet.DataPageVersion(1), parquet.CreatedBy("acme", "1", "telemetry")}
	groups := f.RowGroups()
	if len(groups) == 0 {
		return options
	}
	meta := f.Metadata().RowGroups[0]
	if len(meta.Columns) > 0 {
		if c, err := codec(codecName(meta.Columns[0].MetaData.Codec.String())); err == nil {
			options = append(options, parquet.Compression(c))
		}
	}
	if sorting := groups[0].SortingColumns(); len(sorting) > 0 {
		options = append(options, parquet.SortingWriterConfig(parquet.SortingColumns(sorting...)))
	}
	var blooms []parquet.BloomFilterColumn
	for i, c := range groups[0].ColumnChunks() {
		if c.BloomFilter() != nil && i < len(f.Schema().Columns()) {
			blooms = append(blooms, parquet.SplitBlockFilter(10, f.Schema().Columns()[i]...))
		}
	}
	if len(blooms) > 0 {
		options = append(options, parquet.BloomFilters(blooms...))
	}
	return options
}

// codecName gives the name that codec knows of one of Parquet's.
func codecName(of string) string {
	return map[string]string{"ZSTD": "zstd", "SNAPPY": "snappy", "GZIP": "gzip"}[of]
}
