package lake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"acme/telemetry/engine/store"
)

// What an erasure or retention takes out of a lake stays in its books, so that nobody who
// makes the same objects again brings it back. Manifests are not changed for that. Beside
// those of a folder comes one more:
//
//	gone-<of the object's key>.json   an object is void, and which one took its place
//	gone-all.json                     the folder is void, whatever is put into it
//
// That one put is the switch: from then on the manifests speak of the new object and not of
// the old one. The old one is deleted behind it.

// goneEntry is an object that is void.
type goneEntry struct {
	Name    string `json:"name"`
	Bytes   int64  `json:"bytes"`
	SHA256  string `json:"sha256"`
	Records int64  `json:"records"` // that it had
	// Erased are those of Records that named somebody, by the suppression file that has
	// them; Into is the object that holds the others, below the folder, "" where there are
	// no others.
	Erased map[string]int64 `json:"erased"`
	Into   string           `json:"into,omitempty"`
}

const (
	gonePrefix = "gone-"
	goneAll    = gonePrefix + "all"
)

// goneKey is where stands that an object is void.
func goneKey(key string) string {
	folder, _ := split(key)
	sum := sha256.Sum256([]byte(key))
	return RecordKey(folder, gonePrefix+hex.EncodeToString(sum[:10]))
}

// isGoneKey says whether a manifest's key is of one that makes objects void.
func isGoneKey(key string) bool {
	_, name := split(key)
	return strings.HasPrefix(name, gonePrefix) && strings.HasPrefix(key, manifestsPrefix)
}

// voids is what is void below a prefix.
type voids struct {
	into    map[string]string // by key, the key of what took its place, or ""
	folders map[string]bool   // that are void
}

func newVoids() *voids { return &voids{into: map[string]string{}, folders: map[string]bool{}} }

// readVoids reads what is void below a prefix.
func readVoids(ctx context.Context, st store.Store, prefix string) (*voids, error) {
	g := newVoids()
	return g, g.read(ctx, st, prefix)
}

// read adds what is void below a prefix.
func (g *voids) read(ctx context.Context, st store.Store, prefix string) error {
	var keys []string
	for info, err := range st.List(ctx, manifestsPrefix+prefix) {
		if err != nil {
			return fmt.Errorf("looking for what was erased: %w", err)
		}
		if isGoneKey(info.Key) {
			keys = append(keys, info.Key)
		}
	}
	all := make([]Manifest, len(keys))
	err := inParallel(ctx, 16, len(keys), func(ctx context.Context, i int) error { return getJSON(ctx, st, keys[i], &all[i]) })
	if err != nil {
		return fmt.Errorf("looking for what was erased: %w", err)
	}
	for i := range all {
		g.take(&all[i])
	}
	return nil
}

// expiredFolders gives the folders that retention has taken, by their names alone.
func expiredFolders(ctx context.Context, st store.Store) (map[string]bool, error) {
	out := map[string]bool{}
	for info, err := range st.List(ctx, manifestsPrefix) {
		if err != nil {
			return nil, fmt.Errorf("looking for what retention took: %w", err)
		}
		folder, name := split(strings.TrimPrefix(info.Key, manifestsPrefix))
		if name == goneAll+".json" {
			out[folder] = true
		}
	}
	return out, nil
}

// expiredOf gives the folders of hours from..to, in milliseconds, that retention has taken
// of the tables that a layout writes, and how many of the hours have none left.
func expiredOf(tables []*Names, expired map[string]bool, from, to int64) (folders []string, hours int) {
	if len(expired) == 0 {
		return nil, 0
	}
	for h := from / hourMS * hourMS; h < to; h += hourMS {
		left := false
		for _, n := range tables {
			folder := strings.TrimPrefix(n.folder(h), "./")
			if !expired[folder] {
				left = true
			} else if !slices.Contains(folders, folder) {
				folders = append(folders, folder)
			}
		}
		if !left {
			hours++
		}
	}
	slices.Sort(folders)
	return folders, hours
}

func (g *voids) take(m *Manifest) {
	if m.Expired != "" {
		g.folders[m.Folder] = true
	}
	for _, e := range m.Gone {
		into := e.Into
		if into != "" {
			into = m.Folder + into
		}
		g.into[m.Folder+e.Name] = into
	}
}

// has says whether an object is void.
func (g *voids) has(key string) bool {
	folder, _ := split(key)
	_, void := g.into[key]
	return void || g.folders[folder]
}

// now gives the object that has what is left of an object; "" where nothing is.
func (g *voids) now(key string) string {
	for {
		into, void := g.into[key]
		if !void || into == "" {
			folder, _ := split(key)
			if void || g.folders[folder] {
				return ""
			}
			return key
		}
		key = into
	}
}

// GoneError says that an object is there that was erased: who erases it has not come to
// its end, and what took its place may be there too.
type GoneError struct{ Key string }

func (e *GoneError) Error() string {
	return e.Key + " is being erased: ask again in a moment; where nobody is at it any more, acme erase --resume finishes what was begun"
}

// living is a store that takes no object that is void.
type living struct{ store.Store }

// Put implements store.Store; its error is errGone where the key is void.
func (l living) Put(ctx context.Context, key string, r io.Reader) (store.Info, error) {
	void, err := l.void(ctx, key)
	if err != nil {
		return store.Info{}, err
	}
	if void {
		return store.Info{}, fmt.Errorf("publishing %s: %w", key, errGone)
	}
	info, err := l.Store.Put(ctx, key, r)
	if err != nil {
		return info, err
	}
	// Who erased it meanwhile did not find it: then it goes as it came.
	if void, err := l.void(ctx, key); err != nil || !void {
		return info, err
	}
	if _, err := purge(ctx, l.Store, key); err != nil {
		return info, fmt.Errorf("taking back %s, which was erased while it was put: %w; acme erase --resume finishes it", key, err)
	}
	return info, fmt.Errorf("publishing %s: %w", key, errGone)
}

// void says whether an object is void.
func (l living) void(ctx context.Context, key string) (bool, error) {
	folder, _ := split(key)
	for _, says := range []string{goneKey(key), RecordKey(folder, goneAll)} {
		_, err := l.Stat(ctx, says)
		if err == nil {
			return true, nil
		}
		if !errors.Is(err, store.ErrNotFound) {
			return false, err
		}
	}
	return false, nil
}

// withoutGone gives a store that takes nothing that is void. Where the lake has nothing
// void it is the store itself, whose puts then need no questions.
func withoutGone(ctx context.Context, st store.Store) (store.Store, error) {
	for info, err := range st.List(ctx, manifestsPrefix) {
		if err != nil {
			return nil, fmt.Errorf("looking for what was erased: %w", err)
		}
		if isGoneKey(info.Key) {
			return living{st}, nil
		}
	}
	for _, err := range st.List(ctx, suppressedPrefix) {
		return living{st}, err // an erasure may be at work
	}
	return st, nil
}

// sameButGone holds a manifest that is there against the one that would be put in its
// place: they may differ in objects that are void now.
func sameButGone(ctx context.Context, st store.Store, key string, m *Manifest) error {
	err := putJSON(ctx, st, key, m)
	if !errors.As(err, new(*DifferentError)) {
		return err
	}
	var there Manifest
	if bad := getJSON(ctx, st, key, &there); bad != nil {
		return errors.Join(err, bad)
	}
	void, bad := readVoids(ctx, st, m.Folder)
	if bad != nil {
		return errors.Join(err, bad)
	}
	if same, bad := sameDocument(there.living(void), m.living(void)); bad != nil || !same {
		return errors.Join(err, bad)
	}
	return nil
}

func sameDocument(a, b any) (bool, error) {
	one, err := document(a)
	if err != nil {
		return false, err
	}
	other, err := document(b)
	return string(one) == string(other), err
}

// living gives a manifest without what is void.
func (m *Manifest) living(void *voids) *Manifest {
	out := *m
	out.Records, out.Rows, out.Bytes, out.Objects = 0, 0, 0, nil
	for _, e := range m.Objects {
		if !void.has(m.Folder + e.Name) {
			out.add(e)
		}
	}
	return &out
}
