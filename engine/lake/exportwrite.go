package lake

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"acme/telemetry/engine/store"
)

// putters is how many objects of a cut are put at once.
const putters = 4

// product is an object of a cut, whole and in memory, and what its folder's
// manifest is to say of it.
type product struct {
	key   string
	body  func() io.Reader
	sha   [sha256.Size]byte
	entry manifestEntry
	sort  sort
	// void says that nothing of it is there: it was erased, or its records all name
	// somebody who was. hidden is whose records it is without.
	void   bool
	hidden *suppressed
}

// sort is what kind of records an object holds.
type sort uint8

const (
	jsonObject sort = iota
	parquetFile
	invalid     // error records of what is no record
	unconverted // error records of what Parquet could not take
)

// launch writes a cut, beside everything else.
func (e *Exporter) launch(c *cut) {
	e.running.Go(func() { e.end(c, e.write(c)) })
}

func (e *Exporter) end(c *cut, err error) {
	c.err = err
	e.finish(c)
	close(c.done)
}

// write puts the objects of a closed cut and then their manifests. It goes on
// until they are there, c.ctx ends, or the store refuses one for good.
func (e *Exporter) write(c *cut) error {
	products, err := c.products(e.c.Topic, e.c.TopicID)
	if err != nil {
		return err
	}
	id := c.plan.id(e.c.Topic, e.c.TopicID)
	if err := e.untilStored(c.ctx, 1, func() error { return e.allowed(c.ctx, id) }); err != nil {
		return err
	}
	var left atomic.Int64
	for i := range products {
		left.Add(products[i].entry.Bytes)
	}
	err = inParallel(c.ctx, putters, len(products), func(ctx context.Context, i int) error {
		p := &products[i]
		if p.void {
			return nil
		}
		size := p.entry.Bytes
		err := e.untilStored(ctx, left.Load(), func() error { return e.put(ctx, p) })
		left.Add(-size)
		return err
	})
	// However it went, something may be there.
	if err = errors.Join(err, e.reconsider(c.ctx, id, products)); err != nil {
		return err
	}
	for _, m := range e.manifests(c, products) {
		if err := e.untilStored(c.ctx, 1, func() error { return sameButGone(c.ctx, e.c.Store, m.key, &m.manifest) }); err != nil {
			return err
		}
	}
	return e.lateOnes(c)
}

// lateOnes warns where customers were erased while the cut was gathered: whoever erased
// them may have looked before its objects were there.
func (e *Exporter) lateOnes(c *cut) error {
	err := e.untilStored(c.ctx, 1, func() error { return c.hidden.still(c.ctx, e.c.Store) })
	if errors.As(err, new(*ErasedMeanwhileError)) {
		e.c.Warn(Warning(err.Error()))
		return nil
	}
	return err
}

// products gives the objects of a closed cut by their keys.
func (c *cut) products(topic string, topicID [16]byte) ([]product, error) {
	out := []product{}
	id := c.plan.id(topic, topicID)
	name := func(kind, prefix string) [16]byte { return planned(c.d, id, kind, prefix) }
	for _, prefix := range slices.Sorted(maps.Keys(c.objects)) {
		o := c.objects[prefix]
		if o.json != nil {
			p, err := c.jsonProduct(o, name("json", prefix))
			if err != nil {
				return nil, err
			}
			p.void = o.records == 0
			out = append(out, p)
		}
		if o.rows != nil {
			some, err := c.parquetProducts(o, name("parquet", prefix), name(string(FormatConversionFailed), prefix))
			if err != nil {
				return nil, err
			}
			out = append(out, some...)
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(c.failed)) {
		f := c.failed[kind]
		p := c.errorProduct(kind, name(string(kind), ""), f, invalid)
		p.void = f.records == 0
		out = append(out, p)
	}
	for i := range out {
		out[i].hidden = c.hidden
	}
	slices.SortFunc(out, func(a, b product) int { return strings.Compare(a.key, b.key) })
	return out, nil
}

// planned gives the UUID of an object of a plan.
func planned(d *delivery, plan []byte, kind, prefix string) [16]byte {
	return uuid(fmt.Appendf(nil, "acme object\n%s\n%s%s\n%s\n", d.layout.Stream, plan, kind, prefix))
}

func (c *cut) jsonProduct(o *object, id [16]byte) (product, error) {
	<-o.held.done
	if o.held.err != nil {
		return product{}, o.held.err
	}
	h := o.held
	return product{
		key: c.key(c.d.json, o, id, c.d.layout.Extension), body: h.reader, sha: h.sha, sort: jsonObject,
		entry: manifestEntry{
			Bytes: h.bytes, Records: o.records, Rows: h.lines.lines, Malformed: h.lines.malformed, Raw: h.raw,
			Delimiter: string(c.d.layout.Delimiter), Oldest: instant(o.oldest), Newest: instant(o.newest),
		},
	}, nil
}

func (c *cut) key(n *Names, o *object, id [16]byte, extension string) string {
	at := o.at
	if c.d.layout.PartitionBy == ByArrival {
		at = o.oldest
	}
	return n.Prefix(at, hex.EncodeToString(id[:])) + n.Object(o.oldest, id, extension)
}

func (c *cut) parquetProducts(o *object, id, failedID [16]byte) ([]product, error) {
	err := <-o.converted
	o.converted <- err
	if err != nil {
		return nil, err
	}
	out := []product{}
	if n := o.rows.encoder.Rows(); n > 0 {
		key := c.key(c.d.parquet, o, id, ".parquet")
		file, err := o.rows.encoder.Close()
		if err != nil {
			return nil, fmt.Errorf("publishing %s: %w", key, err)
		}
		out = append(out, bytesProduct(key, parquetFile, file, manifestEntry{Records: n, Rows: n, Raw: o.rows.raw, Oldest: instant(o.oldest), Newest: instant(o.newest)}))
	}
	if o.records == 0 {
		out = append(out, product{key: c.key(c.d.parquet, o, id, ".parquet"), void: true})
	}
	if o.rows.failures > 0 {
		f := &failures{lines: o.rows.failed, records: o.rows.failures, oldest: o.rows.oldest, newest: o.newest}
		out = append(out, c.errorProduct(FormatConversionFailed, failedID, f, unconverted))
	}
	return out, nil
}

func (c *cut) errorProduct(kind ErrorType, id [16]byte, f *failures, s sort) product {
	key := c.d.json.ErrorPrefix(kind, f.oldest, hex.EncodeToString(id[:])) + c.d.json.Object(f.oldest, id, "")
	return bytesProduct(key, s, f.lines, manifestEntry{Records: f.records, Rows: f.records, Raw: int64(len(f.lines)), Delimiter: string(Newline)})
}

func bytesProduct(key string, s sort, data []byte, entry manifestEntry) product {
	entry.Bytes = int64(len(data))
	return product{key: key, body: func() io.Reader { return bytes.NewReader(data) }, sha: sha256.Sum256(data), entry: entry, sort: s}
}

// put puts a product, or finds it: the same bytes, or the same records in another
// order. A plan says which records an object has; in which order they came to its
// first writer, as they arrived, it does not say.
func (e *Exporter) put(ctx context.Context, p *product) error {
	st := e.c.Store
	if _, asks := st.(living); !asks { // who erases, and retention, may have come since the export began
		st = living{st}
	}
	_, err := st.Put(ctx, p.key, p.body())
	if p.void = errors.Is(err, errGone); p.void {
		return nil
	}
	existing := errors.Is(err, store.ErrExists)
	if existing {
		err = e.recognise(ctx, p)
	}
	e.booked(p, existing, err)
	return err
}

// recognise holds what is under a product's key against the product. The manifest
// speaks of what is there.
func (e *Exporter) recognise(ctx context.Context, p *product) error {
	sha, n, err := hashObject(ctx, e.c.Store, p.key)
	if err != nil {
		return err
	}
	if sha == p.sha {
		return nil
	}
	different := &DifferentError{Key: p.key, Size: n, Want: p.entry.Bytes}
	there, _, err := e.c.Store.Get(ctx, p.key)
	if err != nil {
		return err
	}
	theirs, named, err := p.records(there)
	if err = errors.Join(err, there.Close()); err != nil {
		return errors.Join(different, err)
	}
	ours, _, err := p.records(p.body())
	if err != nil {
		return err
	}
	if ours != theirs {
		return different
	}
	if named > 0 {
		e.c.Warn(Warning(fmt.Sprintf("%s names customers who were erased since it was put: acme erase --resume takes them out", p.key)))
		p.entry.Records = theirs.n + named
		p.entry.Rows = p.entry.Records // of all but JSON, which is counted
	}
	if p.sort == jsonObject && (named > 0 || p.entry.Delimiter == string(None)) {
		// The one row is the first record.
		lines, err := recount(ctx, e.c.Store, p.key)
		if err != nil {
			return err
		}
		p.entry.Rows, p.entry.Malformed = lines.lines, lines.malformed
	}
	p.sha, p.entry.Bytes = sha, n
	return nil
}

// folderManifest is what a cut put into one folder.
type folderManifest struct {
	key      string
	manifest Manifest
}

// manifestOf gives the name of the manifests of a plan, one in each folder.
func manifestOf(plan []byte) string {
	id := uuid(plan)
	return "export-" + hex.EncodeToString(id[:])
}

func (e *Exporter) manifests(c *cut, products []product) []folderManifest {
	name := manifestOf(c.plan.id(e.c.Topic, e.c.TopicID))
	byFolder := map[string]*Manifest{}
	for i := range products {
		p := &products[i]
		folder, object := split(p.key)
		m := byFolder[folder]
		if m == nil {
			m = &Manifest{Version: manifestVersion, Folder: folder, Export: hex.EncodeToString(c.plan.layout[:]), Topic: e.c.Topic, TopicID: hex.EncodeToString(e.c.TopicID[:]), IP: c.d.layout.IP}
			for _, s := range c.plan.spans {
				m.Ranges = append(m.Ranges, manifestRange{s.Partition, s.From, s.To, s.missing})
			}
			byFolder[folder] = m
		}
		if p.void {
			continue // the manifest is there for its ranges
		}
		entry := p.entry
		entry.Name, entry.SHA256 = object, hex.EncodeToString(p.sha[:])
		m.add(entry)
	}
	out := []folderManifest{}
	for _, folder := range slices.Sorted(maps.Keys(byFolder)) {
		m := byFolder[folder]
		m.sort()
		out = append(out, folderManifest{RecordKey(folder, name), *m})
	}
	return out
}

// untilStored puts something again and again until the store takes it or refuses
// it for good. need is how many bytes are still to be put.
func (e *Exporter) untilStored(ctx context.Context, need int64, put func() error) error {
	wait := 250 * time.Millisecond
	said := ""
	for {
		err := put()
		if err == nil || ctx.Err() != nil || !passing(err) {
			return err
		}
		e.mu.Lock()
		e.stats.Retries++
		e.mu.Unlock()
		if text := err.Error(); text != said {
			said = text
			e.c.Warn(Warning(waiting(err, need)))
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		wait = min(2*wait, 15*time.Second)
	}
}

// waiting words a wait for the store.
func waiting(err error, need int64) string {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Sprintf("%v: %d bytes more are needed for what is gathered. Nothing is lost: reading waits, and goes on by itself when there is room", err, need)
	}
	return fmt.Sprintf("%v: trying again until it succeeds; nothing is lost", err)
}

// passing says whether an error of a store may pass with time.
func passing(err error) bool {
	var different *DifferentError
	return !errors.As(err, &different) && !errors.As(err, new(*ErasedMeanwhileError)) && !errors.As(err, new(*BadListError)) && !errors.As(err, new(*GivenUpError)) && !errors.Is(err, store.ErrKey) && !errors.Is(err, fs.ErrPermission) && !errors.Is(err, syscall.EROFS) &&
		!errors.Is(err, context.Canceled) && !errors.Is(err, errCutShort) && !errors.Is(err, errDropped)
}
