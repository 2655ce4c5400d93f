package lake

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"acme/telemetry/engine/serde"
	"acme/telemetry/engine/store"
)

// Manifest says what one run wrote into one folder. It is put when everything it
// speaks of is there.
type Manifest struct {
	Version int    `json:"version"`       // of this form: 1
	Folder  string `json:"folder"`        // with a slash at its end
	Run     string `json:"run,omitempty"` // its claim; none for a dimension table
	// Export names the layout of an export. All manifests of one cut, which is the
	// unit of an export, have the same Ranges of the topic.
	Export  string          `json:"export,omitempty"`
	Topic   string          `json:"topic,omitempty"`
	TopicID string          `json:"topic_id,omitempty"` // hexadecimal
	Ranges  []manifestRange `json:"ranges,omitempty"`
	// Inputs are the objects that a migration made the one object of, Holds what was in
	// them and is in it.
	Inputs []migrationInput `json:"inputs,omitempty"`
	Holds  *Fingerprint     `json:"holds,omitempty"`
	// IP is what became of the addresses; the zero rule where they were kept.
	IP IPRule `json:"ip,omitzero"`
	// Gone are objects that are void, of which Objects has what is left, and Lists the
	// suppression files by which. Expired says that the whole folder is, and since when.
	// See gonePrefix.
	Gone    []goneEntry `json:"gone,omitempty"`
	Lists   []string    `json:"lists,omitempty"`
	Expired string      `json:"expired,omitempty"`
	// Records, Rows, Bytes: sums over the objects.
	Records int64           `json:"records"`
	Rows    int64           `json:"rows"`
	Bytes   int64           `json:"bytes"`
	Objects []manifestEntry `json:"objects"`
}

const manifestVersion = 1

// manifestRange is the records of a partition of a topic that are in a cut's
// objects, from an offset to the one before another.
type manifestRange struct {
	Partition int32 `json:"partition"`
	From      int64 `json:"from"`
	To        int64 `json:"to"`
	// Missing is how many offsets before From retention deleted unread.
	Missing int64 `json:"missing,omitempty"`
}

// manifestEntry is one object.
type manifestEntry struct {
	Name      string `json:"name"` // below the folder
	Bytes     int64  `json:"bytes"`
	SHA256    string `json:"sha256"`
	Records   int64  `json:"records"`   // delivered into it
	Rows      int64  `json:"rows"`      // that Athena sees
	Malformed int64  `json:"malformed"` // of Rows: rows of NULLs
	Raw       int64  `json:"raw"`       // bytes before compression
	Delimiter string `json:"delimiter,omitempty"`
	Oldest    string `json:"oldest,omitempty"` // arrival of the first record, RFC 3339
	Newest    string `json:"newest,omitempty"` // and of the last
}

func (m *Manifest) add(e manifestEntry) {
	m.Records += e.Records
	m.Rows += e.Rows
	m.Bytes += e.Bytes
	m.Objects = append(m.Objects, e)
}

// sort makes a manifest's bytes independent of who was published first.
func (m *Manifest) sort() {
	slices.SortFunc(m.Objects, func(a, b manifestEntry) int { return cmp.Compare(a.Name, b.Name) })
}

func instant(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z") }

// hidden says whether Athena passes an object by.
func hidden(key string) bool { return serde.Hidden(key) }

// Ledger looks objects up in the manifests of a lake, a folder's at a time. It
// is safe for use by many goroutines. What it has read it keeps: make a new one
// to see what was written since.
type Ledger struct {
	manifests *manifests
}

// NewLedger gives the ledger of a lake. It reads nothing yet.
func NewLedger(st store.Store) *Ledger { return &Ledger{newManifests(st)} }

// Lookup gives what the manifests say of an object: its bytes as stored, the rows
// Athena sees and its SHA-256. ok is false where no manifest speaks of it. One that is
// being erased is a *GoneError: what takes its place may be there beside it.
func (l *Ledger) Lookup(ctx context.Context, key string) (bytes, rows int64, sha [32]byte, ok bool, err error) {
	folder, name := split(key)
	entries, err := l.manifests.of(ctx, folder)
	if err != nil {
		return 0, 0, sha, false, err
	}
	e, ok := entries[name]
	if !ok {
		if l.manifests.isVoid(key) {
			err = &GoneError{key}
		}
		return 0, 0, sha, false, err
	}
	if n, err := hex.Decode(sha[:], []byte(e.SHA256)); err != nil || n != len(sha) {
		return 0, 0, sha, false, &BadManifestError{Folder: folder, Name: name}
	}
	return e.Bytes, e.Rows, sha, true, nil
}

// BadManifestError says that a manifest holds something that no manifest does.
type BadManifestError struct{ Folder, Name string }

func (e *BadManifestError) Error() string {
	return "reading the manifests of " + e.Folder + ": what they say of " + e.Name + " cannot be: the manifest was damaged or changed"
}

// split cuts a key behind its last slash.
func split(key string) (folder, name string) {
	i := strings.LastIndexByte(key, '/') + 1
	return key[:i], key[i:]
}

// manifests reads and keeps the manifests of folders.
type manifests struct {
	st      store.Store
	mu      sync.Mutex
	folders map[string]map[string]manifestEntry
	voids   *voids // of the folders that were read
}

func newManifests(st store.Store) *manifests {
	return &manifests{st: st, folders: map[string]map[string]manifestEntry{}, voids: newVoids()}
}

// isVoid says whether an object was erased, of a folder that was read.
func (m *manifests) isVoid(key string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.voids.has(key)
}

// of gives what all manifests of a folder say, by object name; nil if there is
// none. Two that speak of one object must say the same.
func (m *manifests) of(ctx context.Context, folder string) (map[string]manifestEntry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if entries, ok := m.folders[folder]; ok {
		return entries, nil
	}
	var entries map[string]manifestEntry
	for info, err := range m.st.List(ctx, manifestsPrefix+folder) {
		if err != nil {
			return nil, fmt.Errorf("reading the manifests of %s: %w", folder, err)
		}
		if below, _ := split(info.Key); below != manifestsPrefix+folder {
			continue // of a folder below
		}
		var one Manifest
		if err := getJSON(ctx, m.st, info.Key, &one); err != nil {
			return nil, err
		}
		if entries == nil {
			entries = map[string]manifestEntry{}
		}
		for _, e := range one.Objects {
			if other, twice := entries[e.Name]; twice && other.SHA256 != e.SHA256 || one.Folder != folder {
				return nil, &BadManifestError{Folder: folder, Name: e.Name}
			}
			entries[e.Name] = e
		}
		m.voids.take(&one)
	}
	for name := range entries {
		if m.voids.has(folder + name) {
			delete(entries, name)
		}
	}
	m.folders[folder] = entries
	return entries, nil
}
