package lake

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"

	"acme/telemetry/engine/store"
	"acme/telemetry/schema"
)

// folder is a folder that gets objects, with the manifest it will have. What
// open and last say follows from the records alone, so which objects a manifest
// holds does too.
type folder struct {
	name     string
	errors   bool
	open     int   // buffers that will publish here
	last     int64 // when the last of them was closed, by the virtual clock
	part     int   // which manifest of the folder this is, from 1
	coming   sync.WaitGroup
	manifest Manifest
}

// patience is how long the clock runs on before a folder that gets no more
// objects has its manifest written, in milliseconds: an hour by arrival, and by
// the events' own time a day, since events come late.
func (w *Writer) patience() int64 {
	if w.c.Layout.PartitionBy == ByEvent {
		return 24 * 3600_000
	}
	return 3600_000
}

// hold gives the folder of a key, with one more buffer that publishes into it.
func (w *Writer) hold(key string) *folder {
	name, _ := split(key)
	f := w.folders[name]
	if f == nil {
		w.parts[name]++
		f = &folder{name: name, part: w.parts[name]}
		f.manifest = Manifest{Version: manifestVersion, Folder: name, Run: w.claim.name()}
		w.folders[name] = f
	}
	f.open++
	return f
}

// seal writes the manifests of folders that get no more objects.
func (w *Writer) seal(all bool) {
	for name, f := range w.folders {
		if f.open > 0 || !all && w.clock-f.last < w.patience() {
			continue
		}
		delete(w.folders, name)
		w.wg.Go(func() {
			f.coming.Wait()
			if err := w.putManifest(f); err != nil {
				w.fail(err)
			}
		})
	}
}

func (w *Writer) putManifest(f *folder) error {
	w.mu.Lock()
	failed := len(w.errs) > 0 || w.ctx.Err() != nil
	w.mu.Unlock()
	if failed || len(f.manifest.Objects) == 0 {
		return nil // what it would speak of is not there
	}
	f.manifest.sort()
	name := w.claim.name()
	if f.part > 1 {
		name = fmt.Sprintf("%s-%d", name, f.part)
	}
	key := manifestsPrefix + f.name + name + ".json"
	if err := sameButGone(w.ctx, w.c.Store, key, &f.manifest); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done.Manifests = append(w.done.Manifests, key)
	return nil
}

// Label adds a line to the run's truth: a JSON object that says what fault was
// put into which record. The line's bytes are the caller's again afterwards.
func (w *Writer) Label(line []byte) error {
	if w.state == Complete {
		return ErrComplete
	}
	if w.hidden.holds(line) {
		return nil
	}
	w.labels++
	if w.truth == nil {
		w.truth = w.pool.newStream(form{delimited: true})
		key := truthPrefix + w.claim.name() + ".jsonl.gz"
		w.wg.Go(func() {
			p, err := w.truth.publish(w.ctx, w.c.Store, key)
			if err != nil && !errors.Is(err, errGone) {
				w.fail(err)
			}
			w.mu.Lock()
			defer w.mu.Unlock()
			w.truthAt = p
		})
	}
	return w.because(w.truth.add(w.ctx, line, []byte{'\n'}))
}

func (w *Writer) finishTruth() error {
	if w.truth == nil {
		return nil
	}
	err := w.truth.finish(w.ctx)
	w.wg.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	_, name := split(w.truthAt.key)
	w.done.Truth = &manifestEntry{
		Name: name, Bytes: w.truthAt.bytes, SHA256: hex.EncodeToString(w.truthAt.sha[:]),
		Records: w.labels, Rows: w.labels, Raw: w.truthAt.raw, Delimiter: string(Newline),
	}
	return err
}

// recount counts an object's rows by reading it.
func recount(ctx context.Context, st store.Store, key string) (lineCount, error) {
	body, _, err := st.Get(ctx, key)
	if err != nil {
		return lineCount{}, err
	}
	defer body.Close()
	stats, err := readAll(key, body)
	if err != nil {
		// A line that the SerDe cannot go past: the lines are counted all the
		// same, as count(*) counts them.
		return recountLines(ctx, st, key)
	}
	return lineCount{lines: stats.Lines, malformed: stats.Malformed}, nil
}

func recountLines(ctx context.Context, st store.Store, key string) (lineCount, error) {
	body, _, err := st.Get(ctx, key)
	if err != nil {
		return lineCount{}, err
	}
	defer body.Close()
	stats, err := drain(newSerDe(schema.Events(), nil, lenient), key, body)
	return lineCount{lines: stats.Lines, malformed: -1}, err
}
