package tables

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"acme/telemetry/engine/dialect"
	"acme/telemetry/engine/query"
	"acme/telemetry/engine/store"
)

// note says what a statement is about to put. It is put before the objects, and
// deleted when they are all there.
type note struct {
	Version int `json:"version"` // 1
	// Database, Table and Location are those of the table that CREATE TABLE AS
	// makes; empty for other statements. Once the catalog has the table the
	// statement is done, whether or not the note is still there.
	Database string    `json:"database,omitempty"`
	Table    string    `json:"table,omitempty"`
	Location string    `json:"location,omitempty"`
	Keys     []string  `json:"keys"`
	Host     string    `json:"host"`
	PID      int       `json:"pid"`
	Started  time.Time `json:"started"`
}

// deadAfter is when a note of another machine is taken for one of a dead process.
const deadAfter = 24 * time.Hour

func noteKey(id string) string { return writesPrefix + id + ".json" }

// putNote writes a note down.
func putNote(ctx context.Context, st store.Store, id string, n note) error {
	text, err := json.MarshalIndent(n, "", "  ")
	if err == nil {
		_, err = st.Put(ctx, noteKey(id), bytes.NewReader(text))
	}
	if err != nil {
		return fmt.Errorf("writing down what is to be written: %w", err)
	}
	return nil
}

// notes gives all notes of a lake by their keys.
func notes(ctx context.Context, st store.Store) (map[string]note, error) {
	var out map[string]note
	for info, err := range st.List(ctx, writesPrefix) {
		if err != nil {
			return nil, fmt.Errorf("looking for unfinished writes: %w", err)
		}
		text, err := readAll(ctx, st, info.Key)
		if errors.Is(err, store.ErrNotFound) {
			continue // finished since
		}
		var n note
		if err == nil {
			err = json.Unmarshal(text, &n)
		}
		if err != nil {
			return nil, fmt.Errorf("looking for unfinished writes: %s: %w", info.Key, err)
		}
		if out == nil {
			out = map[string]note{}
		}
		out[info.Key] = n
	}
	return out, nil
}

// done says whether the statement came to its end although its note is there.
func (n note) done(c dialect.Catalog) bool {
	t := c.Table(n.Database, n.Table)
	return n.Table != "" && t != nil && t.Location == n.Location
}

// dead says whether the process that wrote the note is gone.
func (n note) dead(now time.Time) bool {
	host, err := os.Hostname()
	if err != nil || host != n.Host {
		return now.Sub(n.Started) > deadAfter
	}
	return errors.Is(syscall.Kill(n.PID, 0), syscall.ESRCH)
}

// Unfinished gives the keys of the objects that statements are putting, or were when
// they died: no reader may see them. It is nil where there are none.
func Unfinished(ctx context.Context, st store.Store, c dialect.Catalog) (map[string]bool, error) {
	all, err := notes(ctx, st)
	if err != nil {
		return nil, err
	}
	var keys map[string]bool
	for _, n := range all {
		if n.done(c) {
			continue
		}
		if keys == nil {
			keys = map[string]bool{}
		}
		for _, k := range n.Keys {
			keys[k] = true
		}
	}
	return keys, nil
}

// sweep removes what statements have left that died, and their notes.
func sweep(ctx context.Context, st store.Store, c dialect.Catalog, now time.Time) error {
	all, err := notes(ctx, st)
	if err != nil {
		return err
	}
	for key, n := range all {
		if !n.dead(now) {
			continue
		}
		if !n.done(c) {
			if err := remove(ctx, st, n.Keys); err != nil {
				return err
			}
		}
		if err := remove(ctx, st, []string{key}); err != nil {
			return err
		}
	}
	return nil
}

// remove deletes objects that are there.
func remove(ctx context.Context, st store.Store, keys []string) error {
	for _, key := range keys {
		if err := st.Delete(ctx, key); err != nil && !errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("removing what an unfinished statement wrote: %w", err)
		}
	}
	return nil
}

// keyPrefix gives where in the lake a location lies, as who reads finds it: the lake
// stands for the bucket, unless it has a folder of the bucket's name. What is written
// must not make such a folder, since every table would lie elsewhere from then on.
func keyPrefix(ctx context.Context, st store.Store, location string) (string, error) {
	rest, ok := strings.CutPrefix(location, "s3://")
	bucket, key, _ := strings.Cut(rest, "/")
	if !ok || bucket == "" {
		return "", &query.Error{Name: "NOT_SUPPORTED", Message: fmt.Sprintf("writing to the location %s is not supported by the local engine", location), Hint: "it must be s3://BUCKET/PREFIX/; the lake stands for the bucket"}
	}
	for _, err := range st.List(ctx, bucket+"/") {
		if err != nil {
			return "", fmt.Errorf("listing %s of %s: %w", bucket, st.URI(), err)
		}
		return bucket + "/" + key, nil
	}
	if strings.HasPrefix(key, bucket+"/") {
		return "", &query.Error{Name: "NOT_SUPPORTED", Message: fmt.Sprintf("writing to the location %s is not supported by the local engine", location),
			Hint: fmt.Sprintf("it would make a folder %s in the lake, which then would be the bucket of every table: name another prefix", bucket)}
	}
	return key, nil
}
