package lake

import (
	"context"

	"acme/telemetry/engine/store"
)

// Prepare fetches what the manifests say of objects, many at once, where the lake's
// store is one that wants to know before (store.Fetcher).
func (l *Ledger) Prepare(ctx context.Context, keys []string) error {
	folders := make([]string, len(keys))
	for i, key := range keys {
		folders[i], _ = split(key)
	}
	return l.manifests.prepare(ctx, folders)
}

// prepare fetches the manifests of folders that were not read yet.
func (m *manifests) prepare(ctx context.Context, folders []string) error {
	f, ok := m.st.(store.Fetcher)
	if !ok {
		return nil
	}
	seen := map[string]bool{}
	var keys []string
	for _, folder := range folders {
		m.mu.Lock()
		_, known := m.folders[folder]
		m.mu.Unlock()
		if known || seen[folder] {
			continue
		}
		seen[folder] = true
		for info, err := range m.st.List(ctx, manifestsPrefix+folder) {
			if err != nil {
				return err
			}
			keys = append(keys, info.Key)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	return f.Fetch(ctx, keys)
}

// Books are the prefixes of a lake's small files, one or more for each folder of a table.
func Books() []string { return []string{manifestsPrefix} }
