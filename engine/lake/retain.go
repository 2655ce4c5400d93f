package lake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"acme/telemetry/engine/store"
)

// RetainOptions say what of a lake goes for its age.
type RetainOptions struct {
	// Before is the time up to which what is over is deleted: of folders that name a year,
	// a month, a day or an hour, those that end there or earlier.
	Before time.Time
	// Prefix narrows to folders that begin with it; all where empty.
	Prefix string
	// Plan says what would go, and deletes nothing.
	Plan bool
	// Deleted is told of each object that is gone, for who keeps copies.
	Deleted func(store.Info)
	// Progress is told how many objects are gone of how many, from any goroutine.
	Progress func(done, of int64)
}

// Retained is what went, or would go.
type Retained struct {
	Before   time.Time       `json:"before"`
	Folders  []ExpiredFolder `json:"folders"` // in the order of their names
	Objects  int64           `json:"objects"`
	Bytes    int64           `json:"bytes"`
	Versions int64           `json:"versions_deleted"`
	// Undated are the objects of data that lie in no folder of a time, and stay.
	Undated int64 `json:"undated"`
}

// ExpiredFolder is a folder that is over.
type ExpiredFolder struct {
	Folder  string `json:"folder"`
	Objects int64  `json:"objects"`
	Bytes   int64  `json:"bytes"`
	objects []store.Info
}

// Retain deletes what is older than a time, a folder as a whole. First it puts, beside the
// folder's manifests, that the folder is void: so it is for whoever reads the books, and
// nobody who generates or exports the same records again fills it. Then the objects go. It
// can be killed, run again, and run twice at once: a folder that is void and has objects is
// emptied by the next run. The lake's books stay: they name no person.
func Retain(ctx context.Context, st store.Store, o RetainOptions) (*Retained, error) {
	out := &Retained{Before: o.Before.UTC(), Folders: []ExpiredFolder{}}
	if o.Before.IsZero() {
		return nil, errors.New("deleting what is old: a time is needed")
	}
	if err := out.choose(ctx, st, o); err != nil {
		return nil, err
	}
	if o.Plan {
		return out, nil
	}
	var all []store.Info
	for _, f := range out.Folders {
		if err := expire(ctx, st, f.Folder, o.Before); err != nil {
			return nil, fmt.Errorf("deleting %s: %w", f.Folder, err)
		}
		all = append(all, f.objects...)
	}
	var mu sync.Mutex
	var done int64
	err := inParallel(ctx, max(8, runtime.GOMAXPROCS(0)), len(all), func(ctx context.Context, i int) error {
		n, err := purge(ctx, st, all[i].Key)
		if err != nil {
			return fmt.Errorf("deleting what is old: %w", err)
		}
		if o.Deleted != nil {
			o.Deleted(all[i])
		}
		mu.Lock()
		defer mu.Unlock()
		out.Versions += int64(n)
		if done++; o.Progress != nil {
			o.Progress(done, int64(len(all)))
		}
		return nil
	})
	return out, err
}

// choose finds the folders that are over.
func (r *Retained) choose(ctx context.Context, st store.Store, o RetainOptions) error {
	place := map[string]int{}
	for info, err := range st.List(ctx, o.Prefix) {
		if err != nil {
			return fmt.Errorf("looking for what is old: %w", err)
		}
		if strings.HasPrefix(info.Key, "_acme/") {
			continue
		}
		folder, _ := split(info.Key)
		_, end, dated := spanOf(folder)
		if !dated {
			r.Undated++
			continue
		}
		if end.After(o.Before) {
			continue
		}
		if _, ok := place[folder]; !ok {
			place[folder] = len(r.Folders)
			r.Folders = append(r.Folders, ExpiredFolder{Folder: folder})
		}
		f := &r.Folders[place[folder]]
		f.Objects++
		f.Bytes += info.Size
		f.objects = append(f.objects, info)
		r.Objects++
		r.Bytes += info.Size
	}
	slices.SortFunc(r.Folders, func(a, b ExpiredFolder) int { return strings.Compare(a.Folder, b.Folder) })
	return nil
}

// expire makes a folder void.
func expire(ctx context.Context, st store.Store, folder string, before time.Time) error {
	text, err := document(Manifest{Version: manifestVersion, Folder: folder, Expired: before.UTC().Format(time.RFC3339), Objects: []manifestEntry{}})
	if err != nil {
		return err
	}
	_, err = st.Put(ctx, RecordKey(folder, goneAll), bytes.NewReader(text))
	if errors.Is(err, store.ErrExists) {
		return nil
	}
	return err
}
