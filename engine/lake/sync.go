package lake

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"acme/telemetry/engine/store"
)

// SyncOptions say what of a lake is copied.
type SyncOptions struct {
	// From and To choose the hours that lie in between or overlap, by the year=, month=,
	// day= and hour= of their folders; all where zero. What lies in no such folder is
	// copied either way, but for the books of runs and exports: they speak of more.
	From, To time.Time
	// Verify reads every object on both sides, also those that were there before, and
	// compares their SHA-256.
	Verify bool
	// Plan copies nothing.
	Plan bool
	// Workers copy at once; eight where zero.
	Workers int
	// Progress hears of each object that is copied or compared.
	Progress func(objects, bytes int64)
}

// Synced is what Sync did, or would do.
type Synced struct {
	Objects  int64    `json:"objects"` // that are on the source's side and were chosen
	Bytes    int64    `json:"bytes"`
	Present  int64    `json:"present"` // were there before, with the same size
	Copied   int64    `json:"copied"`  // or would be
	Moved    int64    `json:"copied_bytes"`
	Compared int64    `json:"compared"` // by their SHA-256
	Differ   []Damage `json:"differ"`   // objects that are another on the other side
}

// Sync copies objects of one lake into another under the same keys. It replaces nothing:
// what is there with another size is named and left. What is in the way of a second run
// of a Sync that was cut short is done already, so it goes on. Objects that a manifest
// or a finished run speaks of are copied before it, so that at no time the other lake
// vouches for what it does not have.
func Sync(ctx context.Context, from, to store.Store, o SyncOptions) (*Synced, error) {
	s := &syncing{from: from, to: to, o: o, out: &Synced{Differ: []Damage{}}}
	if s.o.Workers <= 0 {
		s.o.Workers = 8
	}
	if err := sameAddresses(ctx, from, to, o.Plan); err != nil {
		return nil, fmt.Errorf("copying into %s: %w", to.URI(), err)
	}
	if err := s.readErased(ctx); err != nil {
		return nil, err
	}
	if err := s.choose(ctx); err != nil {
		return nil, err
	}
	for _, rank := range s.ranks() {
		if o.Plan {
			break
		}
		if err := inParallel(ctx, s.o.Workers, len(rank), func(ctx context.Context, i int) error { return s.one(ctx, rank[i]) }); err != nil {
			return s.out, err
		}
		if len(s.out.Differ) > 0 && rank[0].rank == 0 {
			break // no manifest over data that is another
		}
	}
	slices.SortFunc(s.out.Differ, func(a, b Damage) int { return cmp.Compare(a.Key, b.Key) })
	if o.Plan {
		return s.out, nil
	}
	return s.out, s.still(ctx)
}

type syncing struct {
	from, to store.Store
	o        SyncOptions
	chosen   []syncObject
	voids    *voids        // what was erased on either side
	hidden   []*suppressed // whose records are not copied, by either side's list

	mu  sync.Mutex
	out *Synced
}

type syncObject struct {
	store.Info
	rank    int  // what is copied before what
	present bool // on the other side
}

// choose lists both sides.
func (s *syncing) choose(ctx context.Context) error {
	there, stop := iter.Pull2(s.to.List(ctx, ""))
	defer stop()
	other, err, more := there()
	for info, bad := range s.from.List(ctx, "") {
		if bad != nil {
			return fmt.Errorf("listing what to copy: %w", bad)
		}
		if !s.wanted(info.Key) || s.voids.has(info.Key) {
			continue
		}
		for more && err == nil && other.Key < info.Key {
			other, err, more = there()
		}
		if err != nil {
			return fmt.Errorf("listing what is there: %w", err)
		}
		s.out.Objects++
		s.out.Bytes += info.Size
		o := syncObject{Info: info, rank: syncRank(info.Key), present: more && other.Key == info.Key}
		switch {
		case o.present && other.Size != info.Size:
			s.differs(info.Key, fmt.Sprintf("it has %d bytes here and %d there", info.Size, other.Size))
			continue
		case o.present:
			s.out.Present++
		case s.o.Plan:
			s.out.Copied++
			s.out.Moved += info.Size
		}
		s.chosen = append(s.chosen, o)
	}
	if err != nil {
		return fmt.Errorf("listing what is there: %w", err)
	}
	return nil
}

// readErased reads what was erased on both sides.
func (s *syncing) readErased(ctx context.Context) error {
	s.voids = newVoids()
	for _, st := range []store.Store{s.from, s.to} {
		list, err := readSuppressed(ctx, st)
		if err != nil {
			return err
		}
		if list != nil {
			s.hidden = append(s.hidden, list)
		}
		if err := s.voids.read(ctx, st, ""); err != nil {
			return err
		}
	}
	return nil
}

// still says whether nobody was erased meanwhile, on either side.
func (s *syncing) still(ctx context.Context) error {
	for _, st := range []store.Store{s.from, s.to} {
		now, err := readSuppressed(ctx, st)
		if err != nil {
			return err
		}
		if now == nil {
			continue
		}
		for _, id := range now.ids {
			if !slices.ContainsFunc(s.hidden, func(by *suppressed) bool { return slices.Contains(by.ids, id) }) {
				return &ErasedMeanwhileError{s.to.URI()}
			}
		}
	}
	return nil
}

// named says whether an object names somebody who was erased on either side.
func (s *syncing) named(ctx context.Context, info store.Info) (bool, error) {
	for _, by := range s.hidden {
		e := &eraser{st: s.from}
		r, err := e.remnant(ctx, info, by)
		if err != nil {
			return false, err
		}
		if r != nil {
			return true, r.drop()
		}
	}
	return false, nil
}

// wanted says whether an object is in the range.
func (s *syncing) wanted(key string) bool {
	if s.o.From.IsZero() && s.o.To.IsZero() {
		return true
	}
	for _, books := range []string{runsPrefix, donePrefix, truthPrefix, exportsPrefix} {
		if strings.HasPrefix(key, books) {
			return false
		}
	}
	begin, end, ok := spanOf(key)
	return !ok || (s.o.To.IsZero() || begin.Before(s.o.To)) && (s.o.From.IsZero() || end.After(s.o.From))
}

// spanOf gives the time that the folders of a key name: a year, a month, a day or an
// hour; ok is false where they name none.
func spanOf(key string) (begin, end time.Time, ok bool) {
	parts := map[string]int{"month": 1, "day": 1}
	finest := ""
	for part := range strings.SplitSeq(key, "/") {
		name, text, _ := strings.Cut(part, "=")
		name = strings.ToLower(name)
		n, err := strconv.Atoi(text)
		if err == nil && slices.Contains([]string{"year", "month", "day", "hour"}, name) {
			parts[name], finest = n, name
		}
	}
	if _, ok := parts["year"]; !ok {
		return begin, end, false
	}
	begin = time.Date(parts["year"], time.Month(parts["month"]), parts["day"], parts["hour"], 0, 0, 0, time.UTC)
	switch finest {
	case "year":
		end = begin.AddDate(1, 0, 0)
	case "month":
		end = begin.AddDate(0, 1, 0)
	case "day":
		end = begin.AddDate(0, 0, 1)
	default:
		end = begin.Add(time.Hour)
	}
	return begin, end, true
}

// syncRank orders what is copied: data, what speaks of data, runs, ends of runs.
func syncRank(key string) int {
	switch {
	case strings.HasPrefix(key, donePrefix):
		return 3
	case strings.HasPrefix(key, runsPrefix):
		return 2
	case strings.HasPrefix(key, "_acme/"):
		return 1
	}
	return 0
}

// ranks gives what was chosen, each rank in one slice; none of them is empty.
func (s *syncing) ranks() [][]syncObject {
	slices.SortStableFunc(s.chosen, func(a, b syncObject) int { return cmp.Compare(a.rank, b.rank) })
	var out [][]syncObject
	for i, o := range s.chosen {
		if i == 0 || o.rank != s.chosen[i-1].rank {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], o)
	}
	return out
}

func (s *syncing) differs(key, why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out.Differ = append(s.out.Differ, Damage{key, why})
}

// one copies an object, and compares it where that is asked for.
func (s *syncing) one(ctx context.Context, o syncObject) error {
	if o.present && !s.o.Verify {
		return nil
	}
	var sum [sha256.Size]byte
	var err error
	copied := false
	if !o.present && !isBook(o.Key) {
		named, err := s.named(ctx, o.Info)
		if err != nil {
			return err
		}
		if named {
			s.differs(o.Key, "it names customers who were erased, and is not copied: acme erase --resume takes them out of the lake that it is in")
			return nil
		}
	}
	if !o.present {
		if sum, copied, err = s.copy(ctx, o.Info); err != nil {
			return err
		}
	}
	if s.o.Verify {
		if !copied {
			if sum, err = sumOf(ctx, s.from, o.Key); err != nil {
				return fmt.Errorf("comparing %s: %w", o.Key, err)
			}
		}
		other, err := sumOf(ctx, s.to, o.Key)
		if err != nil {
			return fmt.Errorf("comparing %s: %w", o.Key, err)
		}
		if other != sum {
			s.differs(o.Key, "its SHA-256 is another there")
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if copied {
		s.out.Copied++
		s.out.Moved += o.Size
	}
	if s.o.Verify {
		s.out.Compared++
	}
	if s.o.Progress != nil {
		s.o.Progress(s.out.Copied+s.out.Compared, s.out.Moved)
	}
	return nil
}

// copy puts an object on the other side, and gives the SHA-256 of what went. copied is
// false where another was faster.
func (s *syncing) copy(ctx context.Context, info store.Info) (sum [sha256.Size]byte, copied bool, err error) {
	body, found, err := s.from.Get(ctx, info.Key)
	if err != nil {
		return sum, false, fmt.Errorf("copying: %w", err)
	}
	defer body.Close()
	h := sha256.New()
	put, err := s.to.Put(ctx, info.Key, io.TeeReader(&sized{r: body, left: found.Size, key: info.Key}, h))
	if errors.Is(err, store.ErrExists) {
		there, err := s.to.Stat(ctx, info.Key)
		if err == nil && there.Size != info.Size {
			s.differs(info.Key, fmt.Sprintf("it has %d bytes here and %d there", info.Size, there.Size))
		}
		return sum, false, err
	}
	if err != nil {
		return sum, false, fmt.Errorf("copying: %w", err)
	}
	if put.Size != info.Size {
		s.differs(info.Key, fmt.Sprintf("it was listed with %d bytes and had %d when it was copied", info.Size, put.Size))
	}
	return [sha256.Size]byte(h.Sum(nil)), true, nil
}

// sized gives an error where a source ends before its size, in place of io.EOF: half an
// object must not be published.
type sized struct {
	r    io.Reader
	left int64
	key  string
}

func (s *sized) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.left -= int64(n)
	if err == io.EOF && s.left != 0 {
		return n, fmt.Errorf("%s ended %d bytes before its size: %w", s.key, s.left, io.ErrUnexpectedEOF)
	}
	return n, err
}

func sumOf(ctx context.Context, st store.Store, key string) (sum [sha256.Size]byte, err error) {
	body, _, err := st.Get(ctx, key)
	if err != nil {
		return sum, err
	}
	defer body.Close()
	h := sha256.New()
	if _, err := io.Copy(h, body); err != nil {
		return sum, err
	}
	return [sha256.Size]byte(h.Sum(nil)), nil
}
