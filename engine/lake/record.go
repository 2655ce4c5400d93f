package lake

import (
	"context"
	"encoding/hex"

	"acme/telemetry/engine/store"
)

// Written is an object that somebody else than a Writer has put into a lake.
type Written struct {
	Name   string // below the folder
	Bytes  int64  // as stored
	SHA256 [32]byte
	Rows   int64
}

// Record puts a manifest of objects of a folder, which ends at a slash, and gives
// its key. Name must be the writer's own.
func Record(ctx context.Context, st store.Store, folder, name string, objects []Written) (string, error) {
	m := Manifest{Version: manifestVersion, Folder: folder}
	for _, o := range objects {
		m.add(manifestEntry{Name: o.Name, Bytes: o.Bytes, SHA256: hex.EncodeToString(o.SHA256[:]), Records: o.Rows, Rows: o.Rows})
	}
	m.sort()
	key := RecordKey(folder, name)
	return key, putJSON(ctx, st, key, &m)
}

// RecordKey is the key under which Record puts a manifest.
func RecordKey(folder, name string) string { return manifestsPrefix + folder + name + ".json" }
