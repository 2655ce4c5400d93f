package lake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"acme/telemetry/engine/serde"
	"acme/telemetry/engine/store"
	"acme/telemetry/schema"
)

// VerifyOptions say what Verify reads.
type VerifyOptions struct {
	// Prefix narrows to objects whose keys begin with it; all where empty.
	Prefix string
	// Sample and Of read the contents of group Sample (from 1) of Of groups, by
	// the object's name; all where Of is 0. Over the Of groups everything is
	// read once. Presence and size are checked of every object all the same.
	Sample, Of int
	// Progress is told how many objects are done, from any goroutine.
	Progress func(done, of int64)
}

// Verification is what Verify found.
type Verification struct {
	// Manifest says whether the lake has any; without one only what an object
	// says of itself can be checked.
	Manifest bool  `json:"manifest"`
	Objects  int64 `json:"objects"`  // that are there
	Checked  int64 `json:"checked"`  // of Objects: contents read to their end
	Unlisted int64 `json:"unlisted"` // of Objects: no manifest speaks of them
	Bytes    int64 `json:"bytes"`    // of Checked, as stored
	Rows     int64 `json:"rows"`     // of Checked
	// Damaged are objects that are missing, changed or broken, in the order of
	// their keys.
	Damaged []Damage `json:"damaged"`
	// Unfinished are the files of runs that began and did not end.
	Unfinished []string `json:"unfinished"`
	// Addresses is what became of viewers' addresses in the tables that do not keep them:
	// there they are not what the producer wrote, and cannot be held against it.
	Addresses map[string]IPMode `json:"addresses,omitempty"`
}

// listedObject is an object to check: as it is, as it should be, or both.
type listedObject struct {
	info  *store.Info
	key   string
	entry *manifestEntry
}

// Verify holds every object of a lake against its manifest: that it is there,
// its size, its SHA-256, its rows, and that it unpacks to its last checksum, in
// this program's own code. Of exported topics it holds the cuts against each other:
// that they have each offset once. An error means that the lake could not be checked,
// not that it is damaged.
func Verify(ctx context.Context, st store.Store, o VerifyOptions) (*Verification, error) {
	if o.Of < 0 || o.Of > 0 && (o.Sample < 1 || o.Sample > o.Of) {
		return nil, fmt.Errorf("verifying: there is no sample %d of %d", o.Sample, o.Of)
	}
	v := &verifier{st: st, o: o, out: &Verification{Damaged: []Damage{}, Unfinished: []string{}}}
	objects, err := v.gather(ctx)
	if err != nil {
		return nil, fmt.Errorf("verifying %s: %w", st.URI(), err)
	}
	for _, t := range []schema.Table{schema.Events(), schema.EventsMigrated(), schema.EventsByDay()} {
		mode, err := AddressMode(ctx, st, t)
		if err != nil {
			return nil, fmt.Errorf("verifying %s: %w", st.URI(), err)
		}
		if mode != IPKeep {
			if v.out.Addresses == nil {
				v.out.Addresses = map[string]IPMode{}
			}
			v.out.Addresses[t.Name] = mode
		}
	}
	v.readers.New = func() any { return newSerDe(schema.Events(), nil, lenient) }
	var done atomic.Int64
	err = inParallel(ctx, runtime.GOMAXPROCS(0), len(objects), func(ctx context.Context, i int) error {
		err := v.check(ctx, objects[i])
		if o.Progress != nil {
			o.Progress(done.Add(1), int64(len(objects)))
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("verifying %s: %w", st.URI(), err)
	}
	slices.SortFunc(v.out.Damaged, func(a, b Damage) int { return strings.Compare(a.Key, b.Key) })
	return v.out, nil
}

type verifier struct {
	st      store.Store
	o       VerifyOptions
	readers sync.Pool
	mu      sync.Mutex
	out     *Verification
	voids   *voids
}

func (v *verifier) damaged(key, why string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.out.Damaged = append(v.out.Damaged, Damage{key, why})
}

// gather pairs what is there with what manifests speak of.
func (v *verifier) gather(ctx context.Context) ([]listedObject, error) {
	listed, err := v.listed(ctx)
	if err != nil {
		return nil, err
	}
	objects := []listedObject{}
	for info, err := range v.st.List(ctx, v.o.Prefix) {
		if err != nil {
			return nil, err
		}
		if v.voids.has(info.Key) {
			v.damaged(info.Key, "it was erased and is there still: acme erase --resume, or acme retain, finishes what was begun")
			continue
		}
		entry := listed[info.Key]
		delete(listed, info.Key)
		if entry == nil && hidden(info.Key) {
			continue
		}
		v.out.Objects++
		if entry == nil {
			v.out.Unlisted++
		}
		objects = append(objects, listedObject{&info, info.Key, entry})
	}
	for key := range listed {
		if strings.HasPrefix(key, v.o.Prefix) {
			v.damaged(key, "it is missing")
		}
	}
	return objects, nil
}

// listed gives every object that a manifest or a finished run speaks of. A
// manifest that cannot be read is damage.
func (v *verifier) listed(ctx context.Context) (map[string]*manifestEntry, error) {
	listed := map[string]*manifestEntry{}
	v.voids = newVoids()
	var topics coverage
	read := func(key string, into any) (bool, error) {
		err := getJSON(ctx, v.st, key, into)
		if err != nil && ctx.Err() == nil && !errors.Is(err, store.ErrNotFound) {
			v.damaged(key, err.Error())
			return false, nil
		}
		return err == nil, err
	}
	for info, err := range v.st.List(ctx, manifestsPrefix) {
		if err != nil {
			return nil, err
		}
		v.out.Manifest = true
		var m Manifest
		ok, err := read(info.Key, &m)
		if err != nil {
			return nil, err
		}
		if below, _ := split(info.Key); ok && below != manifestsPrefix+m.Folder {
			v.damaged(info.Key, fmt.Sprintf("it speaks of the folder %q", m.Folder))
			continue
		}
		if why := topics.add(info.Key, &m); why != "" {
			v.damaged(info.Key, why)
		}
		v.voids.take(&m)
		for i := range m.Objects {
			listed[m.Folder+m.Objects[i].Name] = &m.Objects[i]
		}
	}
	if v.o.Prefix == "" {
		topics.check(v.damaged)
	}
	for info, err := range v.st.List(ctx, runsPrefix) {
		if err != nil {
			return nil, err
		}
		var run runFile
		if ok, err := read(info.Key, &run); err != nil {
			return nil, err
		} else if !ok {
			continue
		}
		var done doneFile
		ok, err := read(donePrefix+run.Claim+".json", &done)
		if errors.Is(err, store.ErrNotFound) {
			v.out.Unfinished = append(v.out.Unfinished, info.Key)
			continue
		}
		if err != nil {
			return nil, err
		}
		if ok && done.Truth != nil {
			listed[truthPrefix+done.Truth.Name] = done.Truth
		}
	}
	for key := range listed {
		if v.voids.has(key) {
			delete(listed, key)
		}
	}
	return listed, nil
}

// check holds one object against its entry.
func (v *verifier) check(ctx context.Context, o listedObject) error {
	if o.entry != nil && o.entry.Bytes != o.info.Size {
		v.damaged(o.key, fmt.Sprintf("it has %d bytes, its manifest says %d", o.info.Size, o.entry.Bytes))
		return nil
	}
	if v.o.Of > 0 && fnv1a([]byte(path.Base(o.key)))%uint32(v.o.Of) != uint32(v.o.Sample-1) {
		return nil
	}
	body, _, err := v.st.Get(ctx, o.key)
	if errors.Is(err, store.ErrKey) || errors.Is(err, store.ErrNotFound) {
		v.damaged(o.key, err.Error())
		return nil
	}
	if err != nil {
		return err
	}
	rows, sum, why, err := v.read(o.key, body)
	if err = errors.Join(err, body.Close(), ctx.Err()); err != nil {
		return err
	}
	if why == "" && o.entry != nil {
		switch {
		case hex.EncodeToString(sum) != o.entry.SHA256:
			why = "its SHA-256 is not its manifest's: its bytes have changed"
		case rows != o.entry.Rows:
			why = fmt.Sprintf("it has %d rows, its manifest says %d", rows, o.entry.Rows)
		}
	}
	if why != "" {
		v.damaged(o.key, why)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.out.Checked++
	v.out.Bytes += o.info.Size
	v.out.Rows += rows
	return nil
}

// read reads an object to its end: its rows, its SHA-256, and why it is broken
// if it is.
func (v *verifier) read(key string, body io.Reader) (rows int64, sum []byte, why string, err error) {
	h := sha256.New()
	tee := io.TeeReader(body, h)
	if strings.HasSuffix(key, ".parquet") {
		rows, why, err = parquetRows(tee)
	} else {
		r := v.readers.Get().(*serde.Reader)
		stats, rerr := drain(r, key, tee)
		v.readers.Put(r)
		rows = stats.Lines
		if rerr != nil {
			why = "it cannot be read to its end: " + reason(rerr)
		}
	}
	if err == nil {
		_, err = io.Copy(io.Discard, tee)
	}
	return rows, h.Sum(nil), why, err
}
