package lake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"acme/telemetry/engine/store"
)

// Erase takes every record that names a customer out of a lake: out of both tables of
// events, the customers, error records, truth labels, and tables that SQL has made. What
// must hold:
//
//   - Nothing of them is left, and nothing else is lost. An object that names somebody is
//     written anew without these records, read back by another reader than wrote it, and
//     held against the old one: records before = records after + records erased, by number
//     and by a sum over their bytes.
//   - They do not come back. The suppression list is the first thing that is put: who
//     writes records from then on leaves theirs out, and an object that was erased is not
//     put again by who makes the same objects again (see gonePrefix).
//   - It can be killed at any moment, run again, and run twice at once. For each object
//     four steps, each of which finds done what another has done:
//
//     put     that it is void and what took its place, which names the lists by which it
//     is to be made: whoever goes on makes the same object, or finds it
//     put     the new object
//     read    it, and compare its SHA-256
//     delete  the old object, and its versions
//
// Between the second step and the last one a reader who lists may see both objects; a
// reader of this program is refused from the first step on (GoneError).

// EraseOptions say whom to erase, and how.
type EraseOptions struct {
	// Customers are identifiers, CUST_ and hexadecimal digits. Where there are none, what
	// was begun before is finished, and whoever is on the suppression list is looked for.
	Customers []string
	// Salt is 256 bits of randomness for the suppression list, if the lake has none yet.
	Salt []byte
	// Plan counts, and writes and deletes nothing.
	Plan bool
	// Abandoned drops what writers began before that time and never ended.
	Abandoned time.Time
	Temp      string // a folder of this machine for objects that are being made
	Workers   int    // objects at once; every core where zero
	// Deleted is told of each object that is gone, for who keeps copies.
	Deleted func(store.Info)
	// Progress is told how many objects are done, from any goroutine.
	Progress func(done, of int64)
}

// Erasure is the receipt: what was done, of whom by tokens alone.
type Erasure struct {
	Version int `json:"version"` // of this form: 1
	// List is the suppression file that has Subjects, "" where nobody was named.
	List     string         `json:"suppression_list"`
	Subjects []string       `json:"subjects"` // HMAC-SHA-256 under the file's salt
	Objects  []ErasedObject `json:"objects"`  // that named them, in this run or before it
	Records  int64          `json:"records"`  // that were erased, over Objects
	// What this run did:
	Read     int64 `json:"objects_read"`
	Bytes    int64 `json:"bytes_read"`
	Deleted  int64 `json:"objects_deleted"`
	Versions int64 `json:"versions_deleted"` // of S3, the current ones among them
	Dropped  int64 `json:"unfinished_dropped"`
	// Left is what may still name somebody: it cannot be read, or is no data. The erasure
	// is complete where it is empty.
	Left []Damage `json:"left"`
}

// ErasedObject is an object that named somebody.
type ErasedObject struct {
	Key     string `json:"key"`
	SHA256  string `json:"sha256"`
	Records int64  `json:"records"`
	Erased  int64  `json:"erased"`
	// Into is the object that has the others, "" where there are none.
	Into       string `json:"into,omitempty"`
	IntoSHA256 string `json:"into_sha256,omitempty"`
	Kept       int64  `json:"kept"`
}

// CustomerError says that an identifier is none.
type CustomerError struct{ ID string }

func (e *CustomerError) Error() string {
	return fmt.Sprintf("erasing %.80q: a customer's identifier is %s and up to 64 hexadecimal digits", e.ID, customerColumn().Prefix)
}

// goneAgain is how often an object may be there again that was deleted: another process
// that was at it may put it once more before it sees that it is void.
const goneAgain = 4

// eraser is one run.
type eraser struct {
	st   store.Store
	o    EraseOptions
	list string // the suppression file of those who were named
	by   *suppressed
	void map[string]bool // keys of gonePrefix that were there when the pass began
	done map[string]bool // objects that name nobody
	gone map[string]int  // how often an object was deleted

	mu  sync.Mutex
	out *Erasure
}

// Erase erases. An error is of the whole; run again it goes on. What could not be read is
// in Erasure.Left.
func Erase(ctx context.Context, st store.Store, o EraseOptions) (*Erasure, error) {
	set(&o.Workers, runtime.GOMAXPROCS(0))
	e := &eraser{st: st, o: o, done: map[string]bool{}, gone: map[string]int{}, out: &Erasure{Version: 1, Subjects: []string{}, Objects: []ErasedObject{}, Left: []Damage{}}}
	if err := e.suppress(ctx); err != nil {
		return nil, err
	}
	if e.by == nil {
		return e.out, nil // nobody is to be erased
	}
	for {
		changed, err := e.pass(ctx)
		if err != nil {
			return nil, fmt.Errorf("erasing from %s: %w", st.URI(), err)
		}
		if !changed || o.Plan {
			break
		}
	}
	if err := e.conclude(ctx); err != nil {
		return nil, fmt.Errorf("erasing from %s: %w", st.URI(), err)
	}
	return e.out, nil
}

// suppress puts those who are to be erased on the list, and reads it.
func (e *eraser) suppress(ctx context.Context) (err error) {
	for _, id := range e.o.Customers {
		if !subjectID.MatchString(id) {
			return &CustomerError{id}
		}
	}
	if e.by, err = readSuppressed(ctx, e.st); err != nil || len(e.o.Customers) == 0 {
		return err
	}
	salt := e.o.Salt
	if e.by != nil {
		salt = e.by.salts[0]
	}
	if len(salt) != KeyBytes {
		return fmt.Errorf("erasing: the suppression list needs a salt of %d bits", 8*KeyBytes)
	}
	f, id := newSuppressionFile(salt, e.o.Customers)
	e.list, e.out.List, e.out.Subjects = id, suppressionKey(id), f.Tokens
	if e.o.Plan {
		if e.by, err = readSuppressed(ctx, e.st); e.by == nil && err == nil {
			e.by = newSuppressed()
		}
		if err == nil && !slices.Contains(e.by.ids, id) {
			err = e.by.add(suppressionKey(id), &f)
		}
		return err
	}
	if err := putJSON(ctx, e.st, suppressionKey(id), f); err != nil {
		return fmt.Errorf("entering customers on the suppression list: %w", err)
	}
	e.by, err = readSuppressed(ctx, e.st)
	return err
}

// pass looks at every object once. It says whether any is another now.
func (e *eraser) pass(ctx context.Context) (changed bool, err error) {
	e.void = map[string]bool{}
	var all []store.Info
	for info, err := range e.st.List(ctx, "") {
		if err != nil {
			return false, err
		}
		if isGoneKey(info.Key) {
			e.void[info.Key] = true
		}
		if !e.done[info.Key] && !strings.HasPrefix(info.Key, suppressedPrefix) {
			all = append(all, info)
		}
	}
	var touched atomic.Bool
	var done atomic.Int64
	books := newManifests(e.st)
	err = inParallel(ctx, e.o.Workers, len(all), func(ctx context.Context, i int) error {
		did, err := e.object(ctx, all[i], books)
		if err != nil {
			return err
		}
		if did {
			touched.Store(true)
		}
		if e.o.Progress != nil {
			e.o.Progress(done.Add(1), int64(len(all)))
		}
		return nil
	})
	return touched.Load(), err
}

// isBook says whether an object is one of the lake's own books and not data.
func isBook(key string) bool {
	return strings.HasPrefix(key, "_acme/") && !strings.HasPrefix(key, truthPrefix)
}

// object takes those who are on the list out of an object. did says that it was there and
// is not any more.
func (e *eraser) object(ctx context.Context, info store.Info, books *manifests) (did bool, err error) {
	if e.void[goneKey(info.Key)] && !e.o.Plan {
		return true, e.finish(ctx, info)
	}
	r, err := e.remnant(ctx, info, e.by)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return true, nil // another process was here
	case errors.As(err, new(*DamagedError)) || errors.Is(err, store.ErrKey):
		e.leave(info.Key, err.Error())
		return false, nil
	case err != nil:
		return false, err
	}
	e.mu.Lock()
	e.out.Read++
	e.out.Bytes += info.Size
	if r == nil {
		e.done[info.Key] = true
	}
	e.mu.Unlock()
	if r == nil {
		return false, nil
	}
	defer func() { err = errors.Join(err, r.drop()) }()
	if isBook(info.Key) {
		e.leave(info.Key, "it names somebody who is to be erased, and is no data: a view or a statement may have the name in it")
		return false, nil
	}
	m, err := e.manifest(ctx, info, r, books)
	if err != nil {
		return false, err
	}
	if e.o.Plan {
		e.enter(m)
		return true, nil
	}
	err = putJSON(ctx, e.st, goneKey(info.Key), m)
	if errors.As(err, new(*DifferentError)) {
		return true, e.finish(ctx, info) // another process erases somebody else from it
	}
	if err != nil {
		return false, err
	}
	return true, e.replace(ctx, info, m, r)
}

func (e *eraser) leave(key, why string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.done[key] {
		e.done[key] = true
		e.out.Left = append(e.out.Left, Damage{key, why})
	}
}

// manifest says what an object becomes.
func (e *eraser) manifest(ctx context.Context, info store.Info, r *remnant, books *manifests) (*Manifest, error) {
	folder, name := split(info.Key)
	entries, err := books.of(ctx, folder)
	if err != nil {
		return nil, err
	}
	was := entries[name]
	g := goneEntry{Name: name, Bytes: info.Size, SHA256: hex.EncodeToString(r.before[:]), Records: r.had, Erased: r.erased}
	m := &Manifest{Version: manifestVersion, Folder: folder, Lists: e.by.ids}
	if r.kept > 0 || r.raw > 0 {
		g.Into = remnantName(info.Key, e.by.ids)
		m.add(manifestEntry{
			Name: g.Into, Bytes: r.bytes, SHA256: hex.EncodeToString(r.sha[:]), Records: r.kept, Rows: r.lines.lines, Malformed: r.lines.malformed, Raw: r.raw,
			Delimiter: was.Delimiter, Oldest: was.Oldest, Newest: was.Newest,
		})
	}
	m.Gone = []goneEntry{g}
	return m, nil
}

var remnantMark = regexp.MustCompile(`-e[0-9a-f]{8}$`)

// remnantName names the object that takes another's place, beside it.
func remnantName(key string, lists []string) string {
	_, name := split(key)
	extension := ""
	for ext := path.Ext(name); ext == ".gz" || ext == ".parquet" || ext == ".jsonl" || ext == ".json"; ext = path.Ext(name) {
		name, extension = strings.TrimSuffix(name, ext), ext+extension
	}
	sum := sha256.Sum256([]byte(key + "\n" + strings.Join(lists, "\n")))
	return remnantMark.ReplaceAllString(name, "") + "-e" + hex.EncodeToString(sum[:4]) + extension
}

// finish goes on with an object that somebody has made void.
func (e *eraser) finish(ctx context.Context, info store.Info) error {
	var m Manifest
	if err := getJSON(ctx, e.st, goneKey(info.Key), &m); err != nil {
		return err
	}
	if len(m.Gone) != 1 || m.Folder+m.Gone[0].Name != info.Key || len(m.Objects) > 1 {
		return &BadManifestError{Folder: m.Folder, Name: path.Base(goneKey(info.Key))}
	}
	return e.replace(ctx, info, &m, nil)
}

// replace puts the object that takes another's place, and deletes the other. r is what was
// made, nil where it is to be made again.
func (e *eraser) replace(ctx context.Context, info store.Info, m *Manifest, r *remnant) error {
	if len(m.Objects) == 1 {
		if err := e.put(ctx, info, m, r); err != nil {
			return err
		}
	}
	n, err := purge(ctx, e.st, info.Key)
	if err != nil {
		return err
	}
	if e.o.Deleted != nil {
		e.o.Deleted(info)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.gone[info.Key]++; e.gone[info.Key] > goneAgain {
		return fmt.Errorf("deleting %s: it was deleted and is there again, several times: somebody puts it back, or the store keeps it", info.Key)
	}
	e.out.Deleted++
	e.out.Versions += int64(n)
	return nil
}

func (e *eraser) put(ctx context.Context, info store.Info, m *Manifest, r *remnant) (err error) {
	key, want := m.Folder+m.Objects[0].Name, m.Objects[0].SHA256
	if sum, _, err := hashObject(ctx, e.st, key); err == nil && hex.EncodeToString(sum[:]) == want {
		return nil
	} else if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if r == nil {
		// Another process may have begun it by a list that was not there yet.
		all, err := readSuppressed(ctx, e.st)
		if err != nil {
			return err
		}
		by, err := all.only(m.Lists)
		if err != nil {
			return err
		}
		r, err = e.remnant(ctx, info, by)
		if errors.Is(err, store.ErrNotFound) {
			return nil // another process has come to the end
		}
		if err != nil {
			return err
		}
		if r == nil {
			return &DamagedError{info.Key, "it has changed since it was begun to be erased"}
		}
		defer func() { err = errors.Join(err, r.drop()) }()
	}
	if hex.EncodeToString(r.sha[:]) != want {
		return fmt.Errorf("going on with the erasure of %s: what is made of it now is not what %s says: it has changed, or another release of this program began; finish with that one", info.Key, goneKey(info.Key))
	}
	if _, err := (living{e.st}).Put(ctx, key, r.reader()); err != nil && !errors.Is(err, store.ErrExists) && !errors.Is(err, errGone) {
		return err
	}
	sum, _, err := hashObject(ctx, e.st, key)
	switch {
	case errors.Is(err, store.ErrNotFound): // somebody else was erased from it already
		if _, err = e.st.Stat(ctx, goneKey(key)); err == nil {
			return nil
		}
	case err == nil && hex.EncodeToString(sum[:]) != want:
		err = fmt.Errorf("reading %s back: it is not what was put; %s stays as it is", key, info.Key)
	}
	return err
}

// purge deletes an object, and what the store keeps of it. n is how many versions that
// were; 1 where the store keeps none.
func purge(ctx context.Context, st store.Store, key string) (n int, err error) {
	if v, ok := st.(store.Versioned); ok {
		return v.Purge(ctx, key)
	}
	if err := st.Delete(ctx, key); err != nil && !errors.Is(err, store.ErrNotFound) {
		return 0, err
	}
	return 1, nil
}

// conclude drops what writers left, and makes the receipt.
func (e *eraser) conclude(ctx context.Context) error {
	slices.SortFunc(e.out.Left, func(a, b Damage) int { return strings.Compare(a.Key, b.Key) })
	defer func() {
		slices.SortFunc(e.out.Objects, func(a, b ErasedObject) int { return strings.Compare(a.Key, b.Key) })
	}()
	if e.o.Plan {
		return nil
	}
	if s, ok := e.st.(store.Sweeper); ok && !e.o.Abandoned.IsZero() {
		left, err := s.Unfinished(ctx, e.o.Abandoned)
		if err != nil {
			return err
		}
		for _, u := range left {
			if err := s.Drop(ctx, u); err != nil {
				return err
			}
			e.out.Dropped++
		}
	}
	for info, err := range e.st.List(ctx, manifestsPrefix) {
		if err != nil {
			return err
		}
		if !isGoneKey(info.Key) {
			continue
		}
		var m Manifest
		if err := getJSON(ctx, e.st, info.Key, &m); err != nil {
			return err
		}
		e.enter(&m)
	}
	return nil
}

// enter enters what was erased from an object into the receipt: of those who were named,
// or of everybody where nobody was.
func (e *eraser) enter(m *Manifest) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, g := range m.Gone {
		o := ErasedObject{Key: m.Folder + g.Name, SHA256: g.SHA256, Records: g.Records, Erased: g.Erased[e.list]}
		if e.list == "" {
			for _, n := range g.Erased {
				o.Erased += n
			}
		}
		if o.Erased == 0 {
			continue
		}
		if g.Into != "" {
			o.Into = m.Folder + g.Into
			for _, entry := range m.Objects {
				o.IntoSHA256, o.Kept = entry.SHA256, entry.Records
			}
		}
		e.out.Records += o.Erased
		e.out.Objects = append(e.out.Objects, o)
	}
}

// reader gives what is left of the object, from its beginning.
func (r *remnant) reader() io.Reader { return io.NewSectionReader(r.file, 0, r.bytes) }
