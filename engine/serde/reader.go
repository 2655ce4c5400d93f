package serde

import (
	"fmt"
	"io"
)

const (
	defaultRows    = 2048
	defaultMaxLine = 256 << 20
	defaultDepth   = 512
	defaultBad     = 16

	// A batch also ends once its lines reach this, so that rows of huge strings
	// do not gather by the thousand.
	batchBytes = 16 << 20
)

// Reader reads objects one after another. It is for one goroutine; make one for
// each. New makes it, Open gives it an object, Next gives its rows.
//
//	r, err := serde.New(columns, []int{0, 4}, serde.Options{IgnoreMalformed: true})
//	r.Open(key, body)
//	for {
//		b, err := r.Next() // io.EOF after the last batch, with the whole object checked
//	}
//	stats := r.Stats()
type Reader struct {
	options Options
	object  string
	src     source
	parse   parser
	decode  decoder // of every SerDe but OpenX JSON, for which it is nil
	records *records
	skipped int // of the lines that the table's header takes
	tail    tail
	batch   Batch
	stats   Stats
	err     error
}

// decoder makes rows of whole lines.
type decoder interface {
	decode(line []byte, row int) *lineError
}

// New makes a reader of the table's columns that gives those of project, by
// their place in columns, in that order. An empty projection is what count(*)
// asks: rows without columns; lines are counted and not parsed. It fails on a
// projection that is out of range or names a column twice.
func New(columns []Column, project []int, o Options) (*Reader, error) {
	o = o.withDefaults()
	place := make([]int, len(columns)) // of a table's column in the batch; -1 where not asked for
	for i := range place {
		place[i] = -1
	}
	r := &Reader{options: o}
	for i, c := range project {
		if c < 0 || c >= len(columns) {
			return nil, fmt.Errorf("reading %d columns: there is no column %d", len(columns), c)
		}
		if place[c] >= 0 {
			return nil, fmt.Errorf("reading column %s: asked for twice", columns[c].Name)
		}
		place[c] = i
		v := newVector(columns[c], o.Rows)
		v.read(o.Formats)
		r.batch.Columns = append(r.batch.Columns, v)
	}
	r.parse = newParser(columns, place, r.batch.Columns, o)
	r.decode = newDecoder(columns, place, r.batch.Columns, o)
	return r, nil
}

// newDecoder makes the decoder of the SerDe that the options name; nil for OpenX.
func newDecoder(columns []Column, place []int, vectors []Vector, o Options) decoder {
	fields := make([]*Vector, len(columns))
	for i := range columns {
		if place[i] >= 0 {
			fields[i] = &vectors[place[i]]
		}
	}
	switch {
	case o.Delimited != nil:
		return &delimited{Delimited: o.Delimited, fields: fields}
	case o.CSV != nil:
		return &csvLine{CSV: o.CSV, fields: fields}
	case o.Regex != nil:
		return &regexLine{Regex: o.Regex, fields: fields}
	case o.Grok != nil:
		return &grokLine{Grok: o.Grok, fields: fields}
	case o.Hive != nil:
		return newHiveLine(o.Hive, columns, fields, o)
	}
	return nil
}

func (o Options) withDefaults() Options {
	if o.Rows <= 0 {
		o.Rows = defaultRows
	}
	if o.MaxLine <= 0 {
		o.MaxLine = defaultMaxLine
	}
	if o.MaxDepth <= 0 {
		o.MaxDepth = defaultDepth
	}
	if o.Bad <= 0 {
		o.Bad = defaultBad
	}
	return o
}

// Open starts an object: its name (for errors, and for ".gz") and its bytes as
// stored. What the last object left is dropped; the reader's buffers stay.
func (r *Reader) Open(object string, body io.Reader) {
	r.object, r.err = object, nil
	r.stats = Stats{}
	r.records, r.skipped, r.tail = nil, 0, tail{whole: true}
	r.src.salvage = r.options.Salvage
	r.src.open(body, codecOf(object), r.options.MaxBytes)
}

// OpenText starts an object that lies in memory unpacked. The bytes are the reader's until
// it is given another object; it does not change them.
func (r *Reader) OpenText(object string, text []byte) {
	r.object, r.err = object, nil
	r.stats = Stats{}
	r.records, r.skipped, r.tail = nil, 0, tail{whole: true}
	r.src.openText(text, r.options.MaxBytes)
}

// Stats gives what has been counted of the object so far; complete after io.EOF.
func (r *Reader) Stats() Stats {
	s := r.stats
	s.RawBytes, s.Bytes, s.Members, s.Broken = r.src.raw.n, r.src.unpacked, r.src.members, r.src.broken
	return s
}

// Next gives the next rows, at least one, or io.EOF when the object has been
// read to its end and checked. Any other error is an *Error, and ends the
// object: the rows given before it must not be used for an answer.
func (r *Reader) Next() (*Batch, error) {
	if r.err != nil {
		return nil, r.err
	}
	r.begin()
	taken := 0
	for r.batch.Rows < r.options.Rows && taken < batchBytes {
		n, err := r.row()
		if err == io.EOF {
			break
		}
		if err != nil {
			r.err = err
			return nil, err
		}
		taken += n
	}
	if r.batch.Rows == 0 {
		r.err = io.EOF
		return nil, io.EOF
	}
	r.end()
	return &r.batch, nil
}

// begin makes the batch empty.
func (r *Reader) begin() {
	r.batch.Rows = 0
	for i := range r.batch.Columns {
		r.batch.Columns[i].begin(r.options.Rows)
	}
}

// end makes the slices as long as the batch.
func (r *Reader) end() {
	for i := range r.batch.Columns {
		r.batch.Columns[i].sized(r.batch.Rows)
	}
}

// row reads the next row and gives how many bytes it kept in memory.
func (r *Reader) row() (int, error) {
	for ; r.skipped < r.options.SkipHeader; r.skipped++ {
		if err := r.skip(); err != nil {
			return 0, err
		}
	}
	switch {
	case r.decode == nil && r.options.EveryRecord:
		return r.next()
	case r.decode == nil:
		return r.line()
	case r.options.Hive != nil && r.options.Hive.Records:
		return r.record()
	}
	line, err := r.wholeLine()
	if err != nil {
		return 0, err
	}
	return len(line), r.decoded(line)
}

// skip passes over a line.
func (r *Reader) skip() error {
	_, whole, err := r.src.line()
	for err == nil && !whole {
		_, whole, err = r.src.more()
	}
	if err != nil {
		return r.failed(err)
	}
	return nil
}

// wholeLine gives a line to its end.
func (r *Reader) wholeLine() ([]byte, error) {
	line, whole, err := r.src.line()
	for err == nil && !whole {
		if len(line) > r.options.MaxLine {
			return nil, r.fatal(fmt.Sprintf("a line is longer than the %d bytes it may have", r.options.MaxLine))
		}
		line, whole, err = r.src.longer(len(line))
	}
	if err != nil {
		return nil, r.failed(err)
	}
	return line, nil
}

// decoded makes a row of a line or record.
func (r *Reader) decoded(line []byte) error {
	if err := r.decode.decode(line, r.batch.Rows); err != nil {
		e := r.fatal(err.why)
		e.Data = err.data
		return e
	}
	r.batch.Rows++
	r.stats.Lines++
	r.stats.Rows++
	r.stats.Records++
	return nil
}

// record reads the next record of a document, which is in memory as a whole.
func (r *Reader) record() (int, error) {
	if r.records == nil {
		all, err := r.src.all(r.options.MaxLine)
		if err != nil {
			return 0, r.failed(err)
		}
		r.records = &records{s: strict{b: all, depth: r.options.MaxDepth}}
	}
	rec, err := r.records.next()
	switch {
	case err != nil:
		return 0, r.fatal(err.why)
	case rec == nil:
		return 0, io.EOF
	}
	return len(rec), r.decoded(rec)
}

// line reads one line of OpenX JSON into the next row and gives how many bytes it
// kept in memory.
func (r *Reader) line() (int, error) {
	line, whole, ioErr := r.src.line()
	if ioErr != nil {
		return 0, r.failed(ioErr)
	}
	if len(r.batch.Columns) == 0 {
		return len(line), r.countOnly(line, whole)
	}
	used, err := r.first(line)
	for err != nil && err.atEnd && !whole {
		// The first object goes on behind what is in memory.
		var ioErr error
		if line, whole, ioErr = r.src.longer(len(line)); ioErr != nil {
			return 0, r.failed(ioErr)
		}
		used, err = r.first(line)
	}
	if err != nil {
		if err.fatal || !r.options.IgnoreMalformed && !err.empty {
			return 0, r.fatal(err.why)
		}
		r.parse.nulls(r.batch.Rows)
		r.malformed(err)
		used = 0
	} else if r.parse.odd != (oddities{}) {
		r.strange(r.stats.Lines+1, r.src.lineAt)
	}
	seen := int64(1)
	if used == 0 {
		seen = 0
	}
	size := len(line)
	records, ioErr := r.rest(line[used:], whole)
	if ioErr != nil {
		return 0, r.failed(ioErr)
	}
	r.count(seen, records)
	return size, nil
}

// first reads the first object of a line. One that has not ended after MaxLine
// bytes is refused, so that memory has a bound.
func (r *Reader) first(line []byte) (int, *lineError) {
	if len(line) <= r.options.MaxLine {
		return r.parse.row(line, r.batch.Rows)
	}
	used, err := r.parse.row(line[:r.options.MaxLine], r.batch.Rows)
	if err != nil && err.atEnd {
		err = &lineError{fatal: true, why: fmt.Sprintf("an object is longer than the %d bytes it may have", r.options.MaxLine)}
	}
	return used, err
}

// count books a line: how many records were read (0 or 1) and how many stood in
// what was not.
func (r *Reader) count(seen, others int64) {
	r.batch.Rows++
	r.stats.Lines++
	r.stats.Rows++
	r.stats.Records += seen + others
	if seen == 0 && others > 0 {
		others-- // the broken one itself is the line's first
	}
	if others > 0 && r.stats.UnseenAt == 0 {
		r.stats.UnseenAt = r.stats.Lines
	}
	r.stats.Unseen += others
}

// countOnly books a line that nobody asked a column of.
func (r *Reader) countOnly(line []byte, whole bool) error {
	records, err := r.rest(line, whole)
	if err != nil {
		return r.failed(err)
	}
	r.count(0, records)
	return nil
}

// rest counts the records in what is left of a line, reading on where the line
// is not all in memory.
func (r *Reader) rest(tail []byte, whole bool) (int64, error) {
	if whole && len(tail) == 0 {
		return 0, nil
	}
	var c counter
	c.add(tail)
	for !whole {
		var err error
		if tail, whole, err = r.src.more(); err != nil {
			return 0, err
		}
		c.add(tail)
	}
	return c.records, nil
}

func (r *Reader) malformed(err *lineError) {
	r.stats.Malformed++
	if err.empty {
		r.stats.NoObject++
	}
	if len(r.stats.Bad) < r.options.Bad {
		r.stats.Bad = append(r.stats.Bad, Position{
			Object: r.object, Line: r.stats.Lines + 1, Offset: r.src.lineAt, Why: err.why,
		})
	}
}

// strange books what the row does not show of its record.
func (r *Reader) strange(line, offset int64) {
	o := &r.parse.odd
	note := func(n, before int64, why string) {
		if n > 0 && before < int64(r.options.Bad) {
			r.stats.Odd = append(r.stats.Odd, Position{Object: r.object, Line: line, Offset: offset, Why: why})
		}
	}
	if o.mistyped > 0 {
		note(o.mistyped, r.stats.Mistyped, "column "+o.column+" cannot take the value: NULL")
	}
	if o.twice > 0 {
		note(o.twice, r.stats.Twice, "the key "+o.key+" stands twice: only the last is shown")
	}
	r.stats.Extra += o.extra
	r.stats.Mistyped += o.mistyped
	r.stats.Twice += o.twice
}

func (r *Reader) fatal(why string) *Error {
	return &Error{Object: r.object, Line: r.stats.Lines + 1, Reason: why}
}

func (r *Reader) failed(err error) error {
	if err == io.EOF {
		return err
	}
	return &Error{Object: r.object, Reason: err.Error(), Err: err}
}
