package lake

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"

	"acme/telemetry/engine/store"
	"acme/telemetry/schema"
)

// Dimension publishes a dimension table as one gzip object of JSON lines, a line
// a row. Rows are keyed by the table's first column: those whose key another
// object of the table has already are left out, so that two sources in one lake
// do not double each other's rows in a join. Windows and shards of one source
// have one object between them. The rows' bytes are the caller's after each step.
func (w *Writer) Dimension(t schema.Table, rows iter.Seq[[]byte]) error {
	if w.state == Complete {
		return ErrComplete
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "acme dimension\n%s\n%d\n%s\n", w.c.Run.Digest, w.c.Run.Seed, w.c.Run.Version))
	id := hex.EncodeToString(sum[:8])
	key := t.Prefix + t.Name + "-" + id + ".gz"
	manifestKey := manifestsPrefix + t.Prefix + id + ".json"
	_, err := w.c.Store.Stat(w.ctx, manifestKey)
	switch {
	case err == nil:
		w.remember(manifestKey)
		return nil
	case !errors.Is(err, store.ErrNotFound):
		return err
	}
	known, err := w.knownKeys(t, key)
	if err != nil {
		return fmt.Errorf("reading the %s that are there: %w", t.Name, err)
	}
	p, n, err := w.putRows(t, key, known, rows)
	if errors.Is(err, errGone) {
		return nil
	}
	if err != nil || n == 0 {
		return err
	}
	m := Manifest{Version: manifestVersion, Folder: t.Prefix}
	_, name := split(key)
	m.add(manifestEntry{
		Name: name, Bytes: p.bytes, SHA256: hex.EncodeToString(p.sha[:]), Records: n,
		Rows: p.lines.lines, Malformed: p.lines.malformed, Raw: p.raw, Delimiter: string(Newline),
	})
	if err := putJSON(w.ctx, w.c.Store, manifestKey, m); err != nil {
		return err
	}
	w.remember(manifestKey)
	return nil
}

func (w *Writer) remember(manifest string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done.Manifests = append(w.done.Manifests, manifest)
}

// putRows writes the rows that are not known; n is how many those are.
func (w *Writer) putRows(t schema.Table, key string, known map[string]bool, rows iter.Seq[[]byte]) (p publication, n int64, err error) {
	s := w.pool.newStream(form{delimited: true, counted: true})
	published := make(chan error, 1)
	start := func() {
		var err error
		p, err = s.publish(w.ctx, w.c.Store, key)
		published <- err
	}
	var ids *keyReader
	if len(known) > 0 {
		ids = newKeyReader(t)
	}
	for row := range rows {
		if ids != nil && known[ids.of(row)] || w.hidden.holds(row) {
			continue
		}
		if n++; n == 1 {
			go start()
		}
		if err = s.add(w.ctx, row, []byte{'\n'}); err != nil {
			break
		}
	}
	if n == 0 {
		return p, 0, nil
	}
	if err == nil {
		err = s.finish(w.ctx)
	} else {
		close(s.queue)
	}
	if perr := <-published; err == nil {
		err = perr
	}
	return p, n, err
}

// knownKeys gives the keys of a table's rows, those of one object left out.
func (w *Writer) knownKeys(t schema.Table, except string) (map[string]bool, error) {
	known := map[string]bool{}
	for info, err := range w.c.Store.List(w.ctx, t.Prefix) {
		if err != nil {
			return nil, err
		}
		if info.Key == except || hidden(info.Key) {
			continue
		}
		if err := w.addKeys(t, info.Key, known); err != nil {
			return nil, err
		}
	}
	return known, nil
}

func (w *Writer) addKeys(t schema.Table, key string, known map[string]bool) error {
	body, _, err := w.c.Store.Get(w.ctx, key)
	if err != nil {
		return err
	}
	defer body.Close()
	r := newKeyReader(t)
	return r.each(key, body, func(id string) { known[id] = true })
}
