package lake

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"acme/telemetry/engine/deflate"
	"acme/telemetry/schema"
)

// cut is what one plan covers: some records of a lane, as the objects that they
// become. It is filled by one goroutine, then closed and written by another.
type cut struct {
	d        *delivery
	e        *Exporter
	ctx      context.Context
	cancel   context.CancelCauseFunc
	plan     plan
	replayed []schema.Position // whose plan it is, if another member's

	began  int64     // arrival of the record that was merged first
	seen   time.Time // when that was, by the clock on the wall
	oldest int64     // arrival
	raw    int64
	fullAt int64
	closed bool

	// What was learned of the records that passed: of a cut, since those of several
	// are filled at once.
	shape    deflate.Shape
	prefixes *eventPrefixes

	hidden  *suppressed        // whose records are left out; nil where there is nobody
	objects map[string]*object // by prefix; by arrival there is one
	failed  map[ErrorType]*failures

	records int64
	dropped bool          // of the Exporter's goroutine
	done    chan struct{} // closed when it is written, or given up
	err     error         // why it was given up
}

// Bounds of a cut, beside the layout's BufferSize for each object, in raw bytes:
// of all objects together, and of error records, which are not compressed.
const (
	maxCutSizes = 4 // times BufferSize
	maxFailures = 16 << 20
)

func (d *delivery) newCut(e *Exporter) *cut {
	c := &cut{d: d, e: e, objects: map[string]*object{}, failed: map[ErrorType]*failures{}, done: make(chan struct{}), oldest: maxTime}
	c.ctx, c.cancel = context.WithCancelCause(e.ctx)
	c.prefixes = newEventPrefixes(d.json)
	if d.layout.Format == Parquet {
		c.prefixes = newEventPrefixes(d.parquet)
	}
	return c
}

// object is one prefix's records.
type object struct {
	prefix         string
	at             int64 // of the first event, by their own time
	oldest, newest int64
	records, raw   int64
	json           *stream
	held           *held
	rows           *converter
	converted      chan error
}

// failures are records that go to no object of the table, as Firehose files them.
type failures struct {
	lines   []byte
	records int64
	oldest  int64
	newest  int64
}

// failedRecord is what Firehose files for a record that it could not process, or
// find the partition of.
type failedRecord struct {
	AttemptsMade           int     `json:"attemptsMade"`
	ArrivalTimestamp       int64   `json:"arrivalTimestamp"`
	ErrorCode              string  `json:"errorCode"`
	ErrorMessage           string  `json:"errorMessage"`
	AttemptEndingTimestamp int64   `json:"attemptEndingTimestamp"`
	RawData                []byte  `json:"rawData"` // base64
	LambdaARN              *string `json:"lambdaArn"`
}

// add takes the next record. Whether it is one JSON object on one line, and when
// its event happened, follow from its bytes alone, and so does its object.
func (c *cut) add(m *schema.Message) error {
	c.records++
	c.oldest = min(c.oldest, m.Arrival)
	l := &c.d.layout
	var seen *deflate.Shape
	if l.Format != Parquet {
		var why string
		if why, seen = c.broken(m.Value); why != "" {
			c.fail(ProcessingFailed, m, "Record.NotOneJSONObject", why)
			return nil
		}
	}
	if c.d.addresses != nil && l.Format != Parquet {
		// What is Parquet alone need not be strict JSON: there the column is replaced.
		replaced := *m
		replaced.Value = c.d.addresses.record(nil, m.Value)
		m = &replaced
		_, seen = c.broken(m.Value)
	}
	prefix, at := "", m.Arrival
	if l.PartitionBy == ByEvent {
		var ok bool
		if at, ok = eventTime(m.Value); !ok {
			c.fail(MetadataExtractionFailed, m, "DynamicPartitioning.MetadataExtractionFailed", "the record has no "+eventTimeColumn+" that is a time from 1970 to 9999")
			return nil
		}
		prefix = c.prefixes.of(at)
	}
	o := c.objects[prefix]
	if o == nil {
		var err error
		if o, err = c.open(prefix, at, m.Arrival); err != nil {
			return err
		}
	}
	o.at = min(o.at, at)
	return c.put(o, m, seen)
}

func (c *cut) open(prefix string, at, arrival int64) (*object, error) {
	o := &object{prefix: prefix, at: at, oldest: arrival, newest: arrival}
	l := &c.d.layout
	if l.Format != Parquet {
		o.json = c.d.pool.newStream(form{delimited: l.Delimiter == Newline, counted: true})
		o.held = o.json.hold()
	}
	if l.Format != JSON {
		var err error
		if o.rows, err = newConverter(c.e.converting, l.Codec, c.d.addresses); err != nil {
			return nil, err
		}
		o.converted = make(chan error, 1)
		go func() { o.converted <- o.rows.run() }()
	}
	c.objects[prefix] = o
	return o, nil
}

func (c *cut) put(o *object, m *schema.Message, seen *deflate.Shape) error {
	o.oldest, o.newest = min(o.oldest, m.Arrival), max(o.newest, m.Arrival)
	n := int64(len(m.Value) + len(c.d.delimiter))
	o.raw += n
	c.raw += n
	c.fullAt = max(c.fullAt, o.raw)
	if c.hidden.holds(m.Value) {
		return nil // it has its place in the plan all the same
	}
	o.records++
	if o.json != nil {
		if err := o.json.addSeen(c.ctx, m.Value, c.d.delimiter, seen); err != nil {
			return err
		}
	}
	if o.rows != nil {
		return o.rows.add(c.ctx, m.Value, m.Arrival, place{m.Partition, m.Offset})
	}
	return nil
}

// full says whether the cut is to be closed behind the record added last.
func (c *cut) full() bool {
	size := c.d.layout.BufferSize
	if c.fullAt >= size || c.raw >= maxCutSizes*size || len(c.objects) > c.e.c.MaxOpen {
		return true
	}
	for _, f := range c.failed {
		if int64(len(f.lines)) >= min(size, maxFailures) {
			return true
		}
	}
	return false
}

// close sends the rest of every object on its way. It may be called again.
func (c *cut) close() error {
	if c.closed {
		return nil
	}
	c.closed = true
	var err error
	for _, o := range c.objects {
		if o.json != nil {
			err = firstOf(err, o.json.finish(c.ctx))
		}
		if o.rows != nil {
			err = firstOf(err, o.rows.finish(c.ctx))
		}
	}
	return err
}

func firstOf(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// broken says why a record is not one JSON object on one line; "" where it is. Of a
// plain one it gives what was seen.
func (c *cut) broken(value []byte) (why string, seen *deflate.Shape) {
	if c.shape.Plain(value) {
		return "", &c.shape
	}
	return brokenRecord(value), nil
}

func brokenRecord(value []byte) string {
	switch text := bytes.TrimSpace(value); {
	case len(text) == 0:
		return "the record is empty"
	case bytes.IndexAny(value, "\r\n") >= 0:
		return "the record has a line end within, so that it would be several lines of its object"
	case text[0] != '{' || !json.Valid(value):
		return "the record is not one JSON object"
	}
	return ""
}

// fail files a record among the errors. When it was tried is when it arrived, so
// that trying again gives the same bytes.
func (c *cut) fail(kind ErrorType, m *schema.Message, code, why string) {
	raw, note := c.d.addresses.refused(m.Value, fmt.Sprintf("partition %d, offset %d", m.Partition, m.Offset))
	text, err := json.Marshal(failedRecord{
		AttemptsMade: 1, ArrivalTimestamp: m.Arrival, AttemptEndingTimestamp: m.Arrival,
		ErrorCode: code, ErrorMessage: why + note, RawData: raw,
	})
	if err != nil {
		panic(err) // text and numbers alone
	}
	f := c.failed[kind]
	if f == nil {
		f = &failures{oldest: m.Arrival, newest: m.Arrival}
		c.failed[kind] = f
	}
	f.oldest, f.newest = min(f.oldest, m.Arrival), max(f.newest, m.Arrival)
	if c.hidden.holds(m.Value) {
		return
	}
	f.lines = append(append(f.lines, text...), '\n')
	f.records++
}

// held is a stream's object in memory, compressed.
type held struct {
	done   chan struct{} // closed when the rest is there
	chunks [][]byte
	publication
	err error
}

// The first of an object's chunks, which is all of a small one, and the largest.
const (
	firstChunk = 8 << 10
	maxChunk   = 256 << 10
)

// hold reads the stream's object into memory, until its last block.
func (s *stream) hold() *held {
	h := &held{done: make(chan struct{})}
	go func() {
		defer close(h.done)
		r := s.reader()
		defer r.drain()
		for h.err == nil {
			chunk := make([]byte, min(maxChunk, firstChunk<<min(len(h.chunks), 8)))
			var n int
			n, h.err = io.ReadFull(r, chunk)
			if n < len(chunk) {
				chunk = bytes.Clone(chunk[:n])
			}
			h.chunks = append(h.chunks, chunk)
		}
		if h.err == io.EOF || h.err == io.ErrUnexpectedEOF {
			h.err = nil
			h.publication = r.published("")
		}
	}()
	return h
}

// reader gives the object's bytes; done is closed.
func (h *held) reader() io.Reader {
	readers := make([]io.Reader, len(h.chunks))
	for i, chunk := range h.chunks {
		readers[i] = bytes.NewReader(chunk)
	}
	return io.MultiReader(readers...)
}
