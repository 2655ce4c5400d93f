package lake

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"acme/telemetry/engine/store"
	"acme/telemetry/schema"
)

// exportsPrefix is where layout documents of exports lie.
const exportsPrefix = "_acme/exports/"

// exportFile is what determines the objects of a plan, but for the log's records.
// Its key has its SHA-256, by which plans name it.
type exportFile struct {
	Version int    `json:"version"` // of this form, and of how records become objects: 1
	Topic   string `json:"topic"`
	TopicID string `json:"topic_id"`
	Group   string `json:"group"`
	Layout  Layout `json:"layout"`
}

const exportVersion = 1

// delivery is how records become objects, by one layout document.
type delivery struct {
	hash          [16]byte
	layout        Layout
	json, parquet *Names
	delimiter     []byte
	pool          *compressors
	addresses     *addresses // nil where they are kept
}

func (e *Exporter) exportFile() exportFile {
	return exportFile{exportVersion, e.c.Topic, hex.EncodeToString(e.c.TopicID[:]), e.c.Group, e.c.Layout}
}

// begin puts the layout document where it is missing.
func (e *Exporter) begin(ctx context.Context) (*delivery, error) {
	file := e.exportFile()
	if err := e.alone(ctx, file); err != nil {
		return nil, err
	}
	if err := agreeOnAddresses(ctx, e.c.Store, e.c.Layout.IP.mode(), e.c.Layout.tablesOf()); err != nil {
		return nil, fmt.Errorf("exporting %s: %w", e.c.Topic, err)
	}
	text, err := document(file)
	if err != nil {
		return nil, err
	}
	if e.c.Store, err = withoutGone(ctx, e.c.Store); err != nil {
		return nil, err
	}
	if e.hidden, err = readSuppressed(ctx, e.c.Store); err != nil {
		return nil, err
	}
	d, err := e.deliver(e.c.Layout)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(text)
	copy(d.hash[:], sum[:])
	_, err = e.c.Store.Stat(ctx, exportKey(d.hash))
	if e.created = errors.Is(err, store.ErrNotFound); e.created {
		err = e.untilStored(ctx, int64(len(text)), func() error { return putJSON(ctx, e.c.Store, exportKey(d.hash), file) })
	}
	if err != nil {
		d.pool.stop()
		return nil, err
	}
	return d, nil
}

// readHidden reads the suppression list anew, for the next cut. Where the store does not
// answer soon the list stays what it was: reading goes on, and when the cut is put, whether
// the list has grown is asked again.
func (e *Exporter) readHidden() error {
	ctx, cancel := context.WithTimeout(e.ctx, listPatience)
	defer cancel()
	list, err := readSuppressed(ctx, e.c.Store)
	if err == nil {
		e.hidden = list
	}
	if errors.As(err, new(*BadListError)) {
		return err
	}
	return nil
}

// listPatience is how long an export waits for the suppression list between two objects.
const listPatience = 2 * time.Second

func exportKey(hash [16]byte) string { return exportsPrefix + hex.EncodeToString(hash[:]) + ".json" }

// alone refuses a topic that another group exports into the lake: every record
// would be there twice.
func (e *Exporter) alone(ctx context.Context, own exportFile) error {
	for info, err := range e.c.Store.List(ctx, exportsPrefix) {
		if err != nil {
			return fmt.Errorf("looking for other exports: %w", err)
		}
		var other exportFile
		err := getJSON(ctx, e.c.Store, info.Key, &other)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return fmt.Errorf("looking for other exports: %w", err)
		}
		if other.Topic == own.Topic && other.TopicID == own.TopicID && other.Group != own.Group {
			return &ExportConflictError{Topic: own.Topic, Group: own.Group, Other: other.Group}
		}
		if own.Layout.IP.mode() != other.Layout.IP.mode() {
			// It may have a plan that nothing was put of yet.
			return &AddressModeError{"the lake", other.Layout.IP.mode(), own.Layout.IP.mode(), info.Key}
		}
	}
	return nil
}

// ExportConflictError says that another group exports the topic into the lake.
type ExportConflictError struct{ Topic, Group, Other string }

func (e *ExportConflictError) Error() string {
	return fmt.Sprintf("exporting %s as the group %s: the group %s exports it into this lake, and every record would be there twice. Take that group, or another lake", e.Topic, e.Group, e.Other)
}

// waitingBlocks is how many blocks wait to be compressed. A lane is merged as far as the
// partition goes that is behind, so records come in bursts: a few megabytes when that
// one has been fetched, then nothing until the next one has.
const waitingBlocks = 32

func (e *Exporter) deliver(l Layout) (d *delivery, err error) {
	d = &delivery{layout: l}
	if d.addresses, err = newAddresses(l.IP, e.c.Keys); err != nil {
		return nil, err
	}
	if d.json, _, err = l.names(); err != nil {
		return nil, err
	}
	if d.parquet, err = l.parquetNames(); err != nil {
		return nil, err
	}
	if l.Delimiter == Newline {
		d.delimiter = []byte{'\n'}
	}
	d.pool, err = newCompressors(e.c.Workers, l.Level, waitingBlocks)
	return d, err
}

// deliveryOf gives the delivery that a plan names.
func (e *Exporter) deliveryOf(hash [16]byte) (*delivery, error) {
	elsewhere := fmt.Errorf("carrying out a plan of the group %s: its layout (%x) is not in %s: the plan belongs to another lake. Finish the export there, or take another group", e.c.Group, hash, e.c.Store.URI())
	if hash == e.delivery.hash {
		if e.created { // by this export just now, and the plan is older
			return nil, elsewhere
		}
		return e.delivery, nil
	}
	if d := e.replayed[hash]; d != nil {
		return d, nil
	}
	var file exportFile
	err := getJSON(e.ctx, e.c.Store, exportKey(hash), &file)
	if errors.Is(err, store.ErrNotFound) {
		return nil, elsewhere
	}
	if err != nil {
		return nil, err
	}
	if file.Version != exportVersion {
		return nil, fmt.Errorf("carrying out a plan of the group %s: its layout is of form %d, and this release knows form %d: run the release that made it once", e.c.Group, file.Version, exportVersion)
	}
	d, err := e.deliver(file.Layout)
	if err != nil {
		return nil, err
	}
	d.hash = hash
	e.replayed[hash] = d
	return d, nil
}

// span is the part of a plan that is of one partition.
type span struct {
	schema.Range
	missing int64 // offsets before From that the log had no more
}

// plan is what a cut covers: what its objects hold follows from it and the log.
type plan struct {
	layout  [16]byte
	records int64  // that the ranges have, all together
	spans   []span // by partition
}

func (p *plan) find(partition int32) *span {
	i, ok := slices.BinarySearchFunc(p.spans, partition, func(s span, id int32) int { return int(s.Partition) - int(id) })
	if !ok {
		return nil
	}
	return &p.spans[i]
}

func (p *plan) end(partition int32) (int64, bool) {
	if s := p.find(partition); s != nil {
		return s.To, true
	}
	return 0, false
}

func (p *plan) start(partition int32) int64 {
	if s := p.find(partition); s != nil {
		return s.From
	}
	return -1
}

// id names the plan of a topic: its objects and manifests.
func (p *plan) id(topic string, topicID [16]byte) []byte {
	text := fmt.Appendf(nil, "acme export\n%q\n%x\n", topic, topicID)
	for _, s := range p.spans {
		text = fmt.Appendf(text, "%d %d %d\n", s.Partition, s.From, s.To)
	}
	return text
}

// note is what the group keeps beside a position: whose topic it is of, and the
// plan that is being carried out.
type note struct {
	topic [16]byte
	plan  *plan
}

const (
	noteBegin = "acme1:"
	maxNote   = 4096 // offset.metadata.max.bytes of a broker that was not told otherwise
)

// String gives the metadata of a commit.
func (n *note) String() string {
	b := append([]byte{0}, n.topic[:]...)
	if n.plan != nil {
		b[0] = 1
		b = append(b, n.plan.layout[:]...)
		b = binary.AppendUvarint(b, uint64(n.plan.records))
		b = binary.AppendUvarint(b, uint64(len(n.plan.spans)))
		last := int32(0)
		for _, s := range n.plan.spans {
			b = binary.AppendUvarint(b, uint64(s.Partition-last))
			b = binary.AppendUvarint(b, uint64(s.From))
			b = binary.AppendUvarint(b, uint64(s.To-s.From))
			b = binary.AppendUvarint(b, uint64(s.missing))
			last = s.Partition
		}
	}
	return noteBegin + base64.RawURLEncoding.EncodeToString(b)
}

// parseNote reads metadata; nil where there is none.
func parseNote(text string) (*note, error) {
	if text == "" {
		return nil, nil
	}
	bad := func(why string) error {
		return fmt.Errorf("the group's metadata %.40q %s: another program, or another release of this one, uses the group; take another", text, why)
	}
	rest, ours := strings.CutPrefix(text, noteBegin)
	if !ours {
		return nil, bad("is not of an export")
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(rest)
	if err != nil || len(b) < 17 || b[0] > 1 {
		return nil, bad("cannot be read")
	}
	n := &note{topic: [16]byte(b[1:17])}
	if b[0] == 0 {
		if len(b) != 17 {
			return nil, bad("goes on where it should end")
		}
		return n, nil
	}
	if n.plan, err = parsePlan(b[17:]); err != nil {
		return nil, bad(err.Error())
	}
	return n, nil
}

func parsePlan(b []byte) (*plan, error) {
	if len(b) < 16 {
		return nil, errors.New("ends within a plan")
	}
	p := &plan{layout: [16]byte(b[:16])}
	r := bytes.NewReader(b[16:])
	number := func(most uint64) int64 {
		v, err := binary.ReadUvarint(r)
		if err != nil || v > most {
			return -1
		}
		return int64(v)
	}
	const offset, id = 1 << 62, 1<<31 - 1
	p.records = number(offset)
	n := number(maxLane)
	last := int64(0)
	for range n {
		delta, from, length, missing := number(id), number(offset), number(offset), number(offset)
		if delta < 0 || from < 0 || length < 1 || missing < 0 || last+delta > id || len(p.spans) > 0 && delta == 0 {
			return nil, errors.New("has a plan that cannot be")
		}
		last += delta
		p.spans = append(p.spans, span{schema.Range{Partition: int32(last), From: from, To: from + length}, missing})
	}
	if n < 1 || p.records < 0 || r.Len() > 0 {
		return nil, errors.New("has a plan that cannot be")
	}
	return p, nil
}

// mark is the metadata of a position without a plan.
func (e *Exporter) mark() string { return (&note{topic: e.c.TopicID}).String() }

// close ends the lane's open cut, and plans it if none is being written. ending
// says that the log is read to its end, so that what readers do not see there
// belongs to the cut too.
func (e *Exporter) close(ctx context.Context, l *lane, ending bool) error {
	c := l.open
	l.open = nil
	for _, f := range l.feeds {
		if ending {
			f.last = f.next
			if len(f.gaps) > 0 {
				f.last = f.gaps[0].From
			}
		}
		if f.last > f.start {
			c.plan.spans = append(c.plan.spans, span{schema.Range{Partition: f.id, From: f.start, To: f.last}, f.missing})
			f.start, f.missing = f.last, 0
		}
	}
	c.plan.layout, c.plan.records = c.d.hash, c.records
	l.ready = c
	if err := c.close(); err != nil {
		return err
	}
	return e.plan(ctx, l)
}

// plan commits the plan of a lane's closed cut and begins to write it, unless one
// of the lane is being written, or a plan of others is.
func (e *Exporter) plan(ctx context.Context, l *lane) error {
	if l.ready == nil || l.flight != nil || len(e.replays) > 0 {
		return nil
	}
	return e.advance(ctx, l, nil)
}

// advance commits the ends of a cut that is written, if there is one, and the plan
// of the lane's next cut, if there is one, in one request.
func (e *Exporter) advance(ctx context.Context, l *lane, written *cut) error {
	at := map[int32]schema.Position{}
	if written != nil {
		for _, s := range written.plan.spans {
			at[s.Partition] = schema.Position{Partition: s.Partition, Offset: s.To, Metadata: e.mark()}
		}
	}
	if next := l.ready; next != nil {
		text := (&note{topic: e.c.TopicID, plan: &next.plan}).String()
		if len(text) > maxNote {
			return fmt.Errorf("planning a cut of %s: its plan takes %d bytes of metadata, more than %d", e.c.Topic, len(text), maxNote)
		}
		for _, s := range next.plan.spans {
			at[s.Partition] = schema.Position{Partition: s.Partition, Offset: s.From, Metadata: text}
		}
	}
	positions := []schema.Position{}
	for _, p := range at {
		positions = append(positions, p)
	}
	slices.SortFunc(positions, func(a, b schema.Position) int { return int(a.Partition) - int(b.Partition) })
	if err := e.commit(ctx, positions); err != nil || e.lanes == nil {
		return err
	}
	l.flight, l.ready = l.ready, nil
	if l.flight != nil {
		e.launch(l.flight)
	}
	return nil
}

// commit stores positions. Where the member is fenced it forgets its partitions:
// the log will say so too.
func (e *Exporter) commit(ctx context.Context, positions []schema.Position) error {
	err := e.c.Log.Commit(ctx, positions)
	e.mu.Lock()
	e.stats.Commits++
	e.mu.Unlock()
	if errors.Is(err, schema.ErrFenced) {
		e.c.Warn(Warning(fmt.Sprintf("the group %s has gone on without this member; what it has planned others finish", e.c.Group)))
		e.drop()
		e.joined = false
		return nil
	}
	if err != nil {
		return fmt.Errorf("committing positions of %s for the group %s: %w", e.c.Topic, e.c.Group, err)
	}
	for _, p := range positions {
		if f := e.feeds[p.Partition]; f != nil {
			f.committed = p.Offset
		}
	}
	return nil
}
