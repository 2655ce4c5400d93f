package lake

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"acme/telemetry/engine/serde"
	"acme/telemetry/engine/store"
	"acme/telemetry/schema"
)

// converter makes a Parquet file of the records that pass, and beside it an error
// record of each that does not fit the table, as Firehose's record format
// conversion does. Records are added on one goroutine and converted on another,
// which runs run.
type converter struct {
	tokens  chan struct{} // one for each block on its way
	current *recordBlock
	queue   chan *recordBlock
	whole   bool // every record was submitted; set before queue is closed

	encoder  *ParquetEncoder
	reader   *serde.Reader
	ips      *addresses // nil where they are kept
	ipColumn int
	raw      int64
	failed   []byte // error records, a line each
	failures int64
	oldest   int64 // arrival of the first record that failed
	newest   int64
}

// recordBlock is some records as lines.
type recordBlock struct {
	text     []byte
	ends     []int // of each record in text, without its line end
	arrivals []int64
	places   []place
	original map[int][]byte // records that were changed to be one line
}

// place is where a record comes from: its number among its partition's, or,
// where there are no partitions and partition is negative, among the object's.
type place struct {
	partition int32
	number    int64
}

func (p place) String() string {
	if p.partition < 0 {
		return strconv.FormatInt(p.number, 10)
	}
	return fmt.Sprintf("%d-%d", p.partition, p.number)
}

// newConverter makes a converter of events. tokens bounds the blocks on their way,
// of all converters that share it.
func newConverter(tokens chan struct{}, codec string, ips *addresses) (*converter, error) {
	t := schema.EventsMigrated()
	all := make([]int, len(t.Columns))
	for i := range all {
		all[i] = i
	}
	encoder, err := NewParquetEncoder(t, codec)
	if err != nil {
		return nil, err
	}
	return &converter{
		tokens: tokens, queue: make(chan *recordBlock, cap(tokens)), current: &recordBlock{}, encoder: encoder,
		reader: newSerDe(t, all, serde.Options{IgnoreMalformed: true, Bad: 1 << 30}), ips: ips, ipColumn: addressColumn(t),
	}, nil
}

// add takes a record, whose bytes are the caller's again.
func (c *converter) add(ctx context.Context, value []byte, arrival int64, at place) error {
	b := c.current
	start := len(b.text)
	b.text = append(b.text, value...)
	if bytes.IndexAny(value, "\r\n") >= 0 {
		// White space to JSON; here a record must stay a line.
		if b.original == nil {
			b.original = map[int][]byte{}
		}
		b.original[len(b.ends)] = bytes.Clone(value)
		for i, ch := range b.text[start:] {
			if ch == '\n' || ch == '\r' {
				b.text[start+i] = ' '
			}
		}
	}
	b.ends = append(b.ends, len(b.text))
	b.text = append(b.text, '\n')
	b.arrivals = append(b.arrivals, arrival)
	b.places = append(b.places, at)
	if len(b.text) < blockSize {
		return nil
	}
	return c.submit(ctx)
}

func (c *converter) submit(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	select {
	case c.tokens <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	c.queue <- c.current // never full: there are no more blocks than tokens
	c.current = &recordBlock{}
	return nil
}

// finish sends the rest on its way.
func (c *converter) finish(ctx context.Context) error {
	err := c.submit(ctx)
	c.whole = err == nil
	close(c.queue)
	return err
}

// run converts every block, whatever happens.
func (c *converter) run() (err error) {
	for b := range c.queue {
		if err == nil {
			err = c.block(b)
		}
		<-c.tokens
	}
	if err == nil && !c.whole {
		err = errCutShort
	}
	return err
}

// conversion is a converter whose objects a Writer publishes.
type conversion struct {
	*converter
	w       *Writer
	name    objectName
	key     string
	records int64

	folder, errors *folder
}

// convert starts a conversion. It holds the folders of its two objects, though
// the second may not come: that is not known when the buffer is closed.
func (w *Writer) convert(name objectName) (*conversion, error) {
	rows, err := newConverter(w.converting, w.c.Layout.Codec, nil)
	if err != nil {
		return nil, err
	}
	c := &conversion{converter: rows, w: w, name: name}
	c.key = w.key(w.parquet, name, "parquet", ".parquet")
	c.folder, c.errors = w.hold(c.key), w.hold(c.errorKey())
	if !c.errors.errors { // or who publishes another object of the folder reads it now
		c.errors.errors = true
	}
	c.folder.coming.Add(1)
	c.errors.coming.Add(1)
	w.wg.Go(func() {
		defer c.folder.coming.Done()
		defer c.errors.coming.Done()
		if err := c.publishAll(); err != nil {
			w.fail(err)
		}
	})
	return c, nil
}

// take adds a record. Its place in the object is its sequence number.
func (c *conversion) take(r *schema.Record) error {
	at := place{partition: -1, number: c.records}
	c.records++
	return c.add(c.w.ctx, r.Value, c.w.clock, at)
}

func (c *conversion) errorKey() string {
	id := objectID(c.w.c.Layout.Stream, c.w.identity, string(FormatConversionFailed), c.name.buffer, c.name.sequence)
	return c.w.json.ErrorPrefix(FormatConversionFailed, c.name.arrival, hex.EncodeToString(id[:])) + c.w.json.Object(c.name.arrival, id, "")
}

func (c *conversion) publishAll() error {
	if err := c.run(); err != nil {
		return err
	}
	if err := c.publishRows(); err != nil {
		return err
	}
	return c.publishErrors()
}

// block adds a block's records. If one of them is such that the block cannot be
// read in one go, they are read one by one.
func (c *converter) block(b *recordBlock) error {
	for i := range b.ends {
		c.raw += int64(len(b.record(i)))
		c.newest = b.arrivals[i]
	}
	if !c.oneGo(b) {
		return c.oneByOne(b)
	}
	c.reader.Open("records", bytes.NewReader(b.text))
	bad, row := 0, 0
	for {
		batch, err := c.reader.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("converting records to Parquet: %w", err)
		}
		c.hide(batch)
		malformed := c.reader.Stats().Bad
		for i := range batch.Rows {
			if bad < len(malformed) && malformed[bad].Line == int64(row+1) {
				c.fail(b, row, malformed[bad].Why)
				bad++
			} else if err := c.encoder.Add(batch, i); err != nil {
				return err
			}
			row++
		}
	}
}

// hide replaces the addresses of a batch, where that is asked for.
func (c *converter) hide(b *serde.Batch) {
	if c.ips != nil {
		c.ips.batch(b, c.ipColumn)
	}
}

// oneGo says whether each record is one line with at most one object, all of
// which the SerDe can go past.
func (c *converter) oneGo(b *recordBlock) bool {
	stats, err := drain(c.reader, "records", bytes.NewReader(b.text))
	return err == nil && stats.Unseen == 0 && stats.Lines == int64(len(b.ends))
}

func (c *converter) oneByOne(b *recordBlock) error {
	for i := range b.ends {
		c.reader.Open("record", bytes.NewReader(b.record(i)))
		batch, err := c.reader.Next()
		stats := c.reader.Stats()
		var broken *serde.Error
		switch {
		case errors.As(err, &broken):
			c.fail(b, i, broken.Reason)
		case err == io.EOF:
			c.fail(b, i, "the record is empty")
		case err != nil:
			return fmt.Errorf("converting a record to Parquet: %w", err)
		case len(stats.Bad) > 0:
			c.fail(b, i, stats.Bad[0].Why)
		case stats.Unseen > 0:
			c.fail(b, i, fmt.Sprintf("the record holds %d objects, not one", stats.Records))
		default:
			c.hide(batch)
			if err := c.encoder.Add(batch, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *recordBlock) record(i int) []byte {
	start := 0
	if i > 0 {
		start = b.ends[i-1] + 1
	}
	return b.text[start:b.ends[i]]
}

// errorRecord is what Firehose files for a record that conversion failed on.
type errorRecord struct {
	AttemptsMade           int          `json:"attemptsMade"`
	ArrivalTimestamp       int64        `json:"arrivalTimestamp"`
	ErrorCode              string       `json:"ErrorCode"`
	ErrorMessage           string       `json:"ErrorMessage"`
	AttemptEndingTimestamp int64        `json:"attemptEndingTimestamp"`
	RawData                []byte       `json:"rawData"` // base64
	SequenceNumber         string       `json:"sequenceNumber"`
	SubSequenceNumber      *int64       `json:"subSequenceNumber"`
	DataCatalogTable       catalogTable `json:"dataCatalogTable"`
}

type catalogTable struct {
	CatalogID    *string `json:"catalogId"`
	DatabaseName string  `json:"databaseName"`
	TableName    string  `json:"tableName"`
	Region       string  `json:"region"`
	VersionID    string  `json:"versionId"`
	CatalogARN   *string `json:"catalogArn"`
}

// fail files a record.
func (c *converter) fail(b *recordBlock, i int, why string) {
	t := schema.EventsMigrated()
	raw := b.record(i)
	if original, ok := b.original[i]; ok {
		raw = original
	}
	raw, note := c.ips.refused(raw, "sequence number "+b.places[i].String())
	text, err := json.Marshal(errorRecord{
		AttemptsMade: 1, ArrivalTimestamp: b.arrivals[i], AttemptEndingTimestamp: b.arrivals[i],
		ErrorCode: "DataFormatConversion.MalformedData", ErrorMessage: why + note, RawData: raw,
		SequenceNumber:   b.places[i].String(),
		DataCatalogTable: catalogTable{DatabaseName: t.Database, TableName: t.Name, Region: "eu-central-1", VersionID: "LATEST"},
	})
	if err != nil {
		panic(err) // text and numbers alone
	}
	c.failed = append(append(c.failed, text...), '\n')
	if c.failures++; c.failures == 1 {
		c.oldest = b.arrivals[i]
	}
	c.oldest = min(c.oldest, b.arrivals[i])
}

func (c *conversion) publishRows() error {
	if c.encoder.Rows() == 0 {
		return nil
	}
	file, err := c.encoder.Close()
	if err != nil {
		return fmt.Errorf("publishing %s: %w", c.key, err)
	}
	return c.publish(c.folder, c.key, file, manifestEntry{
		Records: c.encoder.Rows(), Rows: c.encoder.Rows(), Raw: c.raw, Oldest: instant(c.name.arrival), Newest: instant(c.newest),
	})
}

func (c *conversion) publishErrors() error {
	if c.failures == 0 {
		return nil
	}
	return c.publish(c.errors, c.errorKey(), c.failed, manifestEntry{
		Records: c.failures, Rows: c.failures, Raw: int64(len(c.failed)), Delimiter: string(Newline),
	})
}

// publish puts bytes under key, or finds them there.
func (c *conversion) publish(f *folder, key string, data []byte, e manifestEntry) error {
	_, err := c.w.c.Store.Put(c.w.ctx, key, bytes.NewReader(data))
	if errors.Is(err, errGone) {
		if c.w.c.Layout.Format == Parquet { // else its JSON object counts them
			c.w.passOver(key, e.Records)
		}
		return nil
	}
	sha := sha256.Sum256(data)
	existing := errors.Is(err, store.ErrExists)
	if existing {
		err = sameObject(c.w.ctx, c.w.c.Store, key, int64(len(data)), sha)
	}
	if err != nil {
		return err
	}
	e.Bytes, e.SHA256 = int64(len(data)), hex.EncodeToString(sha[:])
	c.w.book(f, e, key, existing)
	return nil
}
