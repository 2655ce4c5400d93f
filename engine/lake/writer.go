package lake

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"acme/telemetry/schema"
)

// Writer takes records in the order of their arrival and makes objects of them.
// Its methods are for one goroutine, Progress excepted. Every Writer ends with
// Close or Abort.
//
//	w, err := lake.NewWriter(ctx, config)
//	defer w.Abort()
//	if w.State() == lake.Complete { ... } // there is nothing to do
//	w.Dimension(schema.Titles(), titles)
//	w.Write(batch) ...
//	summary, err := w.Close()
type Writer struct {
	c        Config
	ctx      context.Context
	cancel   context.CancelCauseFunc
	hidden   *suppressed // whose records are left out; nil where there is nobody
	claim    claim
	identity string
	state    State
	ended    bool

	json, parquet *Names
	pool          *compressors
	converting    chan struct{} // a token for each block of records on its way to Parquet
	publishing    chan struct{} // a token for each object on its way to the store

	clock     int64
	open      map[slot]*buffer
	order     []*buffer // by the arrival of the oldest record; closed ones linger
	sequences []int     // of each delivery buffer
	prefixes  *eventPrefixes
	delimiter []byte

	folders map[string]*folder
	parts   map[string]int // manifests begun, by folder
	truth   *stream
	truthAt publication
	labels  int64

	over []string // folders of the run's hours that retention has taken

	wg      sync.WaitGroup
	records atomic.Int64
	mu      sync.Mutex // of what follows
	sum     Summary
	done    doneFile
	errs    []error
	leftOut int64 // records that belong into over
}

// Summary is what a run wrote. All but Existing are the same for every
// execution of the run.
type Summary struct {
	Objects  int64 `json:"objects"`
	Records  int64 `json:"records"` // given to Write
	Rows     int64 `json:"rows"`    // that Athena sees in the JSON objects, or has in the Parquet ones
	Raw      int64 `json:"raw"`     // bytes before compression
	Bytes    int64 `json:"bytes"`   // bytes as stored
	Failed   int64 `json:"failed"`  // records that Parquet could not take
	Labels   int64 `json:"labels"`  // of injected faults
	Existing int64 `json:"-"`       // of Objects: were there already, the same
}

// slot is where a record gathers with others: a delivery buffer, and by event
// time an evaluated prefix.
type slot struct {
	number int
	prefix string
}

// buffer is an object being gathered.
type buffer struct {
	slot
	name    objectName
	oldest  int64 // arrival of the first record
	newest  int64
	bytes   int64
	records int64
	broken  bool // a record has line ends within: lines are to be counted by reading
	closed  bool

	json       *stream
	started    bool // the stream is being published
	conversion *conversion
	holds      []*folder
}

// objectName is what an object's keys derive from.
type objectName struct {
	arrival  int64 // of the oldest record
	at       int64 // the instant of the prefix
	buffer   int
	sequence int
}

// maxActive is Firehose's default quota of active partitions. Firehose sends
// what is beyond it to the error prefix; here the oldest buffer is closed early,
// which loses nothing.
const maxActive = 500

// ErrComplete says that records were given to a run that is there already.
var ErrComplete = errors.New("the run is complete; there is nothing to write")

// NewWriter begins a run, or finds that it is complete: then State says so and
// there is nothing to write. If the run's hours are taken it returns a
// *ConflictError and has written nothing.
func NewWriter(ctx context.Context, c Config) (*Writer, error) {
	c = c.withDefaults()
	if _, err := c.Layout.Check(); err != nil {
		return nil, err
	}
	if err := c.Run.check(); err != nil {
		return nil, err
	}
	if c.Layout.IP.mode() != IPKeep {
		return nil, errors.New("starting a run: what is generated has its addresses as they come; they are replaced on the way out of a topic, or into Parquet")
	}
	w := &Writer{
		c: c, open: map[slot]*buffer{}, sequences: make([]int, c.Layout.Buffers),
		folders: map[string]*folder{}, parts: map[string]int{},
		converting: make(chan struct{}, c.Workers+2), publishing: make(chan struct{}, maxActive+64),
	}
	w.ctx, w.cancel = context.WithCancelCause(ctx)
	if err := w.begin(); err != nil {
		w.cancel(err)
		return nil, err
	}
	return w, nil
}

func (w *Writer) begin() (err error) {
	if w.json, _, err = w.c.Layout.names(); err != nil {
		return err
	}
	w.prefixes = newEventPrefixes(w.json)
	if w.parquet, err = w.c.Layout.parquetNames(); err != nil {
		return err
	}
	if w.claim, w.identity, err = claimOf(w.c); err != nil {
		return err
	}
	if w.state, err = look(w.ctx, w.c, w.claim); err != nil {
		return err
	}
	if err := w.findOver(); err != nil {
		return err
	}
	if w.state == Complete {
		if s, ok := w.c.Store.(interface{ Sweep() error }); ok {
			// A run killed at its very end leaves a temporary file and nothing
			// to put. One that cannot be removed is nobody's harm.
			_ = s.Sweep()
		}
		done, err := finished(w.ctx, w.c.Store, w.claim)
		if err != nil || done == nil {
			return fmt.Errorf("reading what the run wrote: %w", err)
		}
		w.sum = done.Summary
		w.sum.Existing = w.sum.Objects
		return nil
	}
	if err := agreeOnAddresses(w.ctx, w.c.Store, IPKeep, w.c.Layout.tablesOf()); err != nil {
		return err
	}
	if err := take(w.ctx, w.c, w.claim); err != nil {
		return err
	}
	if w.hidden, err = readSuppressed(w.ctx, w.c.Store); err != nil {
		return err
	}
	if w.c.Store, err = withoutGone(w.ctx, w.c.Store); err != nil {
		return err
	}
	if w.c.Layout.Delimiter == Newline {
		w.delimiter = []byte{'\n'}
	}
	w.pool, err = newCompressors(w.c.Workers, w.c.Layout.Level, w.c.Workers+2)
	return err
}

// findOver finds what retention has taken of the run's hours.
func (w *Writer) findOver() error {
	tables, err := w.c.Layout.tables()
	if err != nil {
		return err
	}
	expired, err := expiredFolders(w.ctx, w.c.Store)
	if err != nil {
		return err
	}
	from, to := w.claim.hours()
	w.over, _ = expiredOf(tables, expired, from, to)
	return nil
}

// Over gives the folders of the run's hours that retention has deleted, and that stay
// empty, and how many of the records given to Write were left out for it. It is complete
// after Close; of a run that was Complete before it counts no records.
func (w *Writer) Over() (folders []string, records int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.over, w.leftOut
}

// passOver counts the records of an object that was not taken.
func (w *Writer) passOver(key string, records int64) {
	if folder, _ := split(key); slices.Contains(w.over, folder) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.leftOut += records
	}
}

// State says what the lake held of the run when the Writer was made.
func (w *Writer) State() State { return w.state }

// Progress gives what has been written so far. It may be called from any
// goroutine.
func (w *Writer) Progress() Summary {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.sum
	if w.state != Complete {
		s.Records = w.records.Load()
	}
	return s
}

// Write takes records in the order of their arrival. The batch and its bytes
// are the caller's again when it returns. After an error the run is to be ended
// with Abort.
func (w *Writer) Write(batch []schema.Record) error {
	if w.state == Complete {
		return ErrComplete
	}
	for i := range batch {
		if err := w.write(&batch[i]); err != nil {
			return w.because(err)
		}
	}
	w.records.Add(int64(len(batch)))
	return w.because(w.ctx.Err())
}

// because gives the first failure of the run in place of one that follows from it.
func (w *Writer) because(err error) error {
	if err == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.errs) > 0 {
		return w.errs[0]
	}
	if cause := context.Cause(w.ctx); cause != nil && errors.Is(err, context.Canceled) {
		return cause
	}
	return err
}

func (w *Writer) write(r *schema.Record) error {
	if r.Arrival < w.c.Run.From || r.Arrival >= w.c.Run.To {
		return fmt.Errorf("writing a record: it arrives at %s, outside the run's window %s to %s", instant(r.Arrival), stamp(w.c.Run.From), stamp(w.c.Run.To))
	}
	if err := w.Advance(r.Arrival); err != nil {
		return err
	}
	s := slot{number: int(fnv1a(r.Key) % uint32(w.c.Layout.Buffers))}
	if w.c.Layout.PartitionBy == ByEvent {
		s.prefix = w.prefixes.of(r.Event)
	}
	b := w.open[s]
	if b == nil {
		var err error
		if b, err = w.openBuffer(s, r); err != nil {
			return err
		}
	}
	if err := w.add(b, r); err != nil {
		return err
	}
	if b.bytes >= w.c.Layout.BufferSize {
		return w.closeBuffer(b)
	}
	return nil
}

// Advance tells the virtual clock that an instant has come, in milliseconds
// since the Unix epoch, though no record has: objects whose oldest record has
// waited the interval are published. A run in real time calls it now and then.
func (w *Writer) Advance(ms int64) error {
	if ms <= w.clock {
		return nil
	}
	w.clock = ms
	interval := w.c.Layout.BufferInterval.Milliseconds()
	closed := false
	for len(w.order) > 0 && (w.order[0].closed || ms-w.order[0].oldest >= interval) {
		b := w.order[0]
		w.order = w.order[1:]
		if !b.closed {
			closed = true
			if err := w.closeBuffer(b); err != nil {
				return err
			}
		}
	}
	if closed {
		w.seal(false)
	}
	return nil
}

// fnv1a is the 32-bit FNV-1a hash.
func fnv1a(b []byte) uint32 {
	h := uint32(2166136261)
	for _, c := range b {
		h = (h ^ uint32(c)) * 16777619
	}
	return h
}

// openBuffer begins an object with its oldest record.
func (w *Writer) openBuffer(s slot, r *schema.Record) (*buffer, error) {
	if len(w.open) >= maxActive {
		for w.order[0].closed {
			w.order = w.order[1:]
		}
		if err := w.closeBuffer(w.order[0]); err != nil {
			return nil, err
		}
	}
	name := objectName{arrival: w.clock, at: w.clock, buffer: s.number, sequence: w.sequences[s.number]}
	if w.c.Layout.PartitionBy == ByEvent {
		name.at = r.Event
	}
	w.sequences[s.number]++
	b := &buffer{slot: s, name: name, oldest: w.clock}
	if w.c.Layout.Format != Parquet {
		b.json = w.pool.newStream(form{delimited: w.c.Layout.Delimiter == Newline, counted: true})
		b.holds = append(b.holds, w.hold(w.key(w.json, name, "json", w.c.Layout.Extension)))
	}
	if w.c.Layout.Format != JSON {
		var err error
		if b.conversion, err = w.convert(name); err != nil {
			return nil, err
		}
		b.holds = append(b.holds, b.conversion.folder, b.conversion.errors)
	}
	w.open[s] = b
	w.order = append(w.order, b)
	return b, nil
}

// key names an object of a kind.
func (w *Writer) key(n *Names, o objectName, kind, extension string) string {
	id := objectID(w.c.Layout.Stream, w.identity, kind, o.buffer, o.sequence)
	return n.Prefix(o.at, hex.EncodeToString(id[:])) + n.Object(o.arrival, id, extension)
}

func (w *Writer) add(b *buffer, r *schema.Record) error {
	b.newest = w.clock
	b.bytes += int64(len(r.Value) + len(w.delimiter))
	if w.hidden.holds(r.Value) {
		// It has its place all the same, so that nothing else is another for it.
		if b.conversion != nil {
			b.conversion.records++
		}
		return nil
	}
	b.records++
	if b.json != nil {
		if len(w.delimiter) == 0 && bytes.IndexAny(r.Value, "\r\n") >= 0 {
			b.broken = true
		}
		if err := b.json.add(w.ctx, r.Value, w.delimiter); err != nil {
			return err
		}
		if b.json.started && !b.started {
			if err := w.publish(b); err != nil {
				return err
			}
		}
	}
	if b.conversion != nil {
		return b.conversion.take(r)
	}
	return nil
}

// closeBuffer sends what is left of an object on its way. What the buffer knows
// then is not changed any more; the publisher reads it.
func (w *Writer) closeBuffer(b *buffer) error {
	b.closed = true
	delete(w.open, b.slot)
	for _, f := range b.holds {
		f.open--
		f.last = w.clock
	}
	var errs []error
	if b.json != nil {
		if !b.started {
			errs = append(errs, w.publish(b))
		}
		errs = append(errs, b.json.finish(w.ctx))
	}
	if b.conversion != nil {
		errs = append(errs, b.conversion.finish(w.ctx))
	}
	return errors.Join(errs...)
}

// publish starts to publish a buffer's JSON object. The object's entry goes to
// the manifest that its folder has now.
func (w *Writer) publish(b *buffer) error {
	b.started = true
	select {
	case w.publishing <- struct{}{}:
	case <-w.ctx.Done():
		return context.Cause(w.ctx)
	}
	key := w.key(w.json, b.name, "json", w.c.Layout.Extension)
	f := b.holds[0]
	f.coming.Add(1)
	w.wg.Go(func() {
		defer f.coming.Done()
		defer func() { <-w.publishing }()
		p, err := b.json.publish(w.ctx, w.c.Store, key)
		if err == nil && b.broken {
			p.lines, err = recount(w.ctx, w.c.Store, key)
		}
		if errors.Is(err, errGone) {
			w.passOver(key, b.records)
			return
		}
		if err != nil {
			w.fail(err)
			return
		}
		w.book(f, manifestEntry{
			Bytes: p.bytes, SHA256: hex.EncodeToString(p.sha[:]), Records: b.records, Rows: p.lines.lines, Malformed: p.lines.malformed,
			Raw: p.raw, Delimiter: string(w.c.Layout.Delimiter), Oldest: instant(b.oldest), Newest: instant(b.newest),
		}, key, p.existing)
	})
	return nil
}

// fail ends the run with its first error. What fails after the run was told to
// end fails because of that.
func (w *Writer) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ctx.Err() == nil && !errors.Is(err, errCutShort) {
		w.errs = append(w.errs, err)
	}
	w.cancel(err)
}

// book enters a published object into its folder's manifest.
func (w *Writer) book(f *folder, e manifestEntry, key string, existing bool) {
	_, e.Name = split(key)
	w.mu.Lock()
	defer w.mu.Unlock()
	f.manifest.add(e)
	w.sum.Objects++
	w.sum.Bytes += e.Bytes
	if existing {
		w.sum.Existing++
	}
	counted := e.Delimiter != ""
	if w.c.Layout.Format == Parquet {
		counted = e.Delimiter == "" && !f.errors
	}
	if counted {
		w.sum.Rows += e.Rows
		w.sum.Raw += e.Raw
	}
	if f.errors {
		w.sum.Failed += e.Records
	}
}

// Close publishes what is gathered, then the manifests, then says that the run
// is complete. If it fails the run can be run again.
func (w *Writer) Close() (Summary, error) {
	if w.state == Complete {
		w.cancel(nil)
		w.ended = true
		return w.sum, nil
	}
	for _, b := range w.order {
		if b.closed {
			continue
		}
		if err := w.closeBuffer(b); err != nil {
			w.fail(err) // and go on: every publisher waits for its last block
		}
	}
	w.seal(true)
	if err := w.finishTruth(); err != nil {
		w.fail(err)
	}
	if err := w.end(); err != nil {
		return w.Progress(), err
	}
	w.mu.Lock()
	w.sum.Records, w.sum.Labels = w.records.Load(), w.labels
	w.done.Summary = w.sum
	w.mu.Unlock()
	slices.Sort(w.done.Manifests)
	// The context has been ended by end: what is left is one small file.
	ctx := context.WithoutCancel(w.ctx)
	if err := putJSON(ctx, w.c.Store, w.claim.doneKey(), w.done); err != nil {
		return w.Progress(), err
	}
	return w.Progress(), w.hidden.still(ctx, w.c.Store)
}

// Abort ends a run without publishing what is not whole. Objects published
// before stay; running again goes on from them. It may be called after Close,
// and does nothing then.
func (w *Writer) Abort() {
	if w.ended || w.state == Complete {
		w.cancel(nil)
		w.ended = true
		return
	}
	w.cancel(errCutShort)
	for _, b := range w.open {
		// With the context ended this only tells the publishers to give up.
		_ = w.closeBuffer(b)
	}
	if w.truth != nil {
		_ = w.truth.finish(w.ctx)
	}
	// Why it is aborted the caller knows.
	_ = w.end()
}

// end waits for everything on its way and gives the first error.
func (w *Writer) end() error {
	w.ended = true
	w.wg.Wait()
	w.pool.stop()
	cause := context.Cause(w.ctx)
	w.cancel(nil)
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.errs) > 0 {
		return w.errs[0]
	}
	return cause
}
