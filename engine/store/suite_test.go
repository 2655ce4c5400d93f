package store_test

import (
	"path/filepath"
	"testing"

	"acme/telemetry/engine/store"
	"acme/telemetry/engine/store/storetest"
)

func TestFile(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store {
		s, err := store.NewFile(filepath.Join(t.TempDir(), "a folder", "not there yet"))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}, store.Open)
}

func TestMemory(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { return store.NewMemory("test") }, store.Open)
}
