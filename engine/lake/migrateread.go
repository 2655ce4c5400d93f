package lake

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"acme/telemetry/engine/inflate"
	"acme/telemetry/engine/serde"
	"acme/telemetry/engine/store"
	"acme/telemetry/schema"
)

const (
	// runRows is how many rows one goroutine hands on at a time, runsAhead how many
	// times of one object before they are taken.
	runRows   = 32 << 10
	runsAhead = 8
	// inMemory is up to how long an object is read as a whole and unpacked from memory to
	// memory, which is three times as fast.
	inMemory = 8 << 20
	// idleRuns is of how many runs at most a row group is whose runs are kept: an hour's are,
	// a day's would be held beside what is encoded of them.
	idleRuns = 24
	// usualText is up to how much of what was unpacked the room is used again.
	usualText = 48 << 20
	// maxRefused bounds what of an object is filed as an error, in bytes.
	maxRefused = 64 << 20
)

// DamagedError says that an object cannot be read to its end, or is not what its
// manifest says.
type DamagedError struct{ Key, Reason string }

func (e *DamagedError) Error() string { return fmt.Sprintf("reading %s: %s", e.Key, e.Reason) }

// inputReader reads objects ahead of who takes them, on several goroutines, and gives
// them in their order.
type inputReader struct {
	st      store.Store
	table   schema.Table
	books   *manifests
	queue   chan *inputRows
	stop    context.CancelFunc
	wg      sync.WaitGroup
	runRows int
	hidden  *suppressed // whose records become no rows
	desks   idle[*readingDesk]
	used    idle[*rows] // that were encoded
}

// idle keeps what is to be used again. A sync.Pool would give it up whenever memory is
// collected, and what grows anew costs more than what fills it.
type idle[T any] struct {
	mu  sync.Mutex
	all []T
}

// take gives the one that was put last.
func (i *idle[T]) take() (one T, ok bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	n := len(i.all) - 1
	if n < 0 {
		return one, false
	}
	one, i.all = i.all[n], i.all[:n]
	return one, true
}

func (i *idle[T]) put(more ...T) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.all = append(i.all, more...)
}

// readingDesk is what one object at a time is read with.
type readingDesk struct {
	reader  *serde.Reader
	inflate inflate.Decoder
	packed  bytes.Buffer
	text    []byte
	in      *inputRows // that is being read
	named   []bool     // of the rows since the last batch: whether one names somebody hidden
}

// inputRows are the rows of one object as they come.
type inputRows struct {
	info   store.Info
	ips    *addresses // nil where addresses are kept
	hidden *suppressed
	runs   chan *rows // closed behind the last
	// What is known behind the last run:
	input   migrationInput
	stats   serde.Stats
	refused []byte // error records, a line each
	err     error
}

// migratedObject is an object to read, and what becomes of the addresses in it.
type migratedObject struct {
	store.Info
	ips *addresses
}

// readInputs begins to read objects, so many at once.
func readInputs(ctx context.Context, st store.Store, t schema.Table, inputs []migratedObject, hidden *suppressed, workers, runRows int) *inputReader {
	ctx, cancel := context.WithCancel(ctx)
	r := &inputReader{st: st, table: t, books: newManifests(st), queue: make(chan *inputRows, workers), stop: cancel, runRows: runRows, hidden: hidden}
	r.wg.Go(func() {
		defer close(r.queue)
		for _, info := range inputs {
			in := &inputRows{info: info.Info, ips: info.ips, hidden: hidden, runs: make(chan *rows, runsAhead)}
			select {
			case r.queue <- in: // as many as are read at once
			case <-ctx.Done():
				return
			}
			r.wg.Go(func() {
				defer close(in.runs)
				in.err = r.read(ctx, in)
			})
		}
	})
	return r
}

// close ends the reading and waits for its goroutines.
func (r *inputReader) close() {
	r.stop()
	for in := range r.queue {
		for range in.runs {
		}
	}
	r.wg.Wait()
}

// read reads one object.
func (r *inputReader) read(ctx context.Context, in *inputRows) (err error) {
	body, info, err := r.st.Get(ctx, in.info.Key)
	if errors.Is(err, store.ErrKey) {
		return &DamagedError{in.info.Key, err.Error()}
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, body.Close()) }()
	if info.Size != in.info.Size {
		return &DamagedError{in.info.Key, fmt.Sprintf("it was listed with %d bytes and has %d", in.info.Size, info.Size)}
	}
	desk, err := r.desk(in)
	if err != nil {
		return err
	}
	defer r.desks.put(desk)
	sum := sha256.New()
	if err := r.rows(ctx, desk, io.TeeReader(body, sum)); err != nil {
		return err
	}
	in.input = migrationInput{
		Key: in.info.Key, Bytes: in.info.Size, SHA256: hex.EncodeToString(sum.Sum(nil)), Raw: in.stats.Bytes,
		Records: in.stats.Rows - in.input.Erased, Erased: in.input.Erased, Unseen: in.stats.Unseen, Broken: in.stats.Malformed - in.stats.NoObject,
	}
	folder, name := split(in.info.Key)
	entries, err := r.books.of(ctx, folder)
	if e, ok := entries[name]; ok && err == nil && e.SHA256 != in.input.SHA256 {
		err = &DamagedError{in.info.Key, "its SHA-256 is not its manifest's: its bytes have changed"}
	}
	return err
}

// desk gives what an object is read with.
func (r *inputReader) desk(in *inputRows) (*readingDesk, error) {
	if d, ok := r.desks.take(); ok {
		d.in = in
		return d, nil
	}
	d := &readingDesk{in: in}
	var err error
	o := serde.Options{IgnoreMalformed: true, EveryRecord: true, Refused: func(at serde.Position, text []byte) { d.in.refuse(at, text) }}
	if r.hidden != nil {
		o.Record = func(text []byte) { d.named = append(d.named, r.hidden.holds(text)) }
	}
	d.reader, err = newRecordReader(r.table, o)
	return d, err
}

// open gives the reader an object's bytes. misnamed says that Athena does not read it.
func (d *readingDesk) open(body io.Reader) (misnamed bool, err error) {
	packed := bufio.NewReaderSize(body, 64<<10)
	magic, _ := packed.Peek(2) // a shorter object has no magic
	name, misnamed := byContent(d.in.info.Key, magic)
	if d.in.info.Size > inMemory {
		d.reader.Open(name, packed)
		return misnamed, nil
	}
	d.packed.Reset()
	if _, err := d.packed.ReadFrom(packed); err != nil {
		return misnamed, fmt.Errorf("reading %s: %w", d.in.info.Key, err)
	}
	if plain, ok := strings.CutSuffix(name, ".gz"); ok {
		text, err := d.inflate.Gzip(d.text[:0], d.packed.Bytes(), 32*inMemory)
		if err == nil {
			if d.text = text; len(text) > usualText {
				d.text = nil // one huge object's room is not kept for the others
			}
			d.reader.OpenText(plain, text)
			return misnamed, nil
		}
	}
	// What is wrong with it, if anything is, the reader finds.
	d.reader.Open(name, bytes.NewReader(d.packed.Bytes()))
	return misnamed, nil
}

// rows reads an object's records into runs.
func (r *inputReader) rows(ctx context.Context, desk *readingDesk, body io.Reader) error {
	in := desk.in
	misnamed, err := desk.open(body)
	if err != nil {
		return err
	}
	run := r.run()
	hand := func() error {
		select {
		case in.runs <- run:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	for {
		b, err := desk.reader.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return &DamagedError{in.info.Key, reason(err)}
		}
		if r.hidden != nil {
			in.input.Erased += leaveOut(b, desk.named)
			desk.named = desk.named[:0]
		}
		if in.ips != nil {
			in.ips.batch(b, addressColumn(r.table))
		}
		if run.take(b); run.n >= r.runRows {
			if err := hand(); err != nil {
				return err
			}
			run = r.run()
		}
	}
	in.stats = desk.reader.Stats()
	if misnamed { // Athena reads packed bytes as text, or fails
		in.stats.Unseen = in.stats.Rows
	}
	if len(in.refused) > maxRefused {
		return &DamagedError{in.info.Key, fmt.Sprintf("more than %d bytes of it are no records", maxRefused)}
	}
	if _, err := io.Copy(io.Discard, body); err != nil {
		return fmt.Errorf("reading %s: %w", in.info.Key, err)
	}
	if run.n == 0 {
		return nil
	}
	return hand()
}

// leaveOut takes rows out of a batch of the kinds of columns that a part can have, and
// says how many.
func leaveOut(b *serde.Batch, out []bool) (n int64) {
	if !slices.Contains(out, true) {
		return 0
	}
	to := 0
	for i := range b.Rows {
		if out[i] {
			n++
			continue
		}
		for c := range b.Columns {
			moveRow(&b.Columns[c], i, to)
		}
		to++
	}
	b.Rows = to
	return n
}

// moveRow moves row i of a column to a place that is not behind it.
func moveRow(v *serde.Vector, i, to int) {
	if bit := uint64(1) << (uint(to) & 63); v.IsNull(i) {
		v.Valid[to>>6] &^= bit
	} else {
		v.Valid[to>>6] |= bit
	}
	switch {
	case v.Ints != nil:
		v.Ints[to] = v.Ints[i]
	case v.BigInts != nil:
		v.BigInts[to] = v.BigInts[i]
	case v.Doubles != nil:
		v.Doubles[to] = v.Doubles[i]
	default:
		begin := v.Offsets[to]
		n := copy(v.Text[begin:], v.Text[v.Offsets[i]:v.Offsets[i+1]])
		v.Offsets[to+1] = begin + uint32(n)
	}
}

// run gives empty rows.
func (r *inputReader) run() *rows {
	if run, ok := r.used.take(); ok {
		return run
	}
	return newRows(serde.ColumnsOf(r.table))
}

// recycle takes rows that nobody needs any more.
func (r *inputReader) recycle(runs []*rows) {
	for _, run := range runs {
		run.reset()
	}
	if len(runs) <= idleRuns {
		r.used.put(runs...)
	}
}

// newRecordReader makes a reader of every record of objects.
func newRecordReader(t schema.Table, o serde.Options) (*serde.Reader, error) {
	all := make([]int, len(t.Columns))
	for i := range all {
		all[i] = i
	}
	return serde.New(serde.ColumnsOf(t), all, o)
}

// byContent gives the name under which an object is read as what it is: gzip by its
// first bytes, whatever it is called. misnamed says that Athena, which goes by the name,
// does not read it so.
func byContent(key string, magic []byte) (name string, misnamed bool) {
	zipped := bytes.Equal(magic, []byte{0x1f, 0x8b})
	switch named := serde.Gzip(key); {
	case zipped && !named:
		return key + ".gz", true
	case named && !zipped && len(magic) > 0:
		return strings.TrimSuffix(key, ".gz"), true
	}
	return key, false
}

// refuse files what is no record.
func (in *inputRows) refuse(at serde.Position, text []byte) {
	if len(in.refused) > maxRefused {
		return
	}
	if in.hidden.holds(text) {
		return
	}
	t := schema.EventsMigrated()
	text, note := in.ips.refused(text, fmt.Sprintf("line %d, byte %d of %s", at.Line, at.Offset, in.info.Key))
	line, err := json.Marshal(errorRecord{
		AttemptsMade: 1, ErrorCode: "DataFormatConversion.MalformedData", RawData: text,
		ErrorMessage:     fmt.Sprintf("%s (%s, line %d, byte %d)", at.Why, in.info.Key, at.Line, at.Offset) + note,
		SequenceNumber:   fmt.Sprintf("%d-%d", at.Line, at.Offset),
		DataCatalogTable: catalogTable{DatabaseName: t.Database, TableName: t.Name, Region: "eu-central-1", VersionID: "LATEST"},
	})
	if err != nil {
		panic(err) // text and numbers alone
	}
	in.refused = append(append(in.refused, line...), '\n')
}
