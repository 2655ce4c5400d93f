// Package store keeps objects: bytes under a key, in the sense of S3, on a disk
// or in memory. Package store/s3 keeps them in a bucket by the same promises, and
// says at its head how. Cached keeps those of a slow store at hand, and lends them to
// a process that may do nothing but read.
//
// What comes in: a URI that names a store, keys, and streams of bytes. What
// goes out: the same bytes, whole, or an error that says why not. A store knows
// nothing of events, gzip, Parquet or SQL.
//
// What must hold, for every store (package storetest is this list as a suite):
//
//   - An object is there whole or not at all. Whoever lists or gets sees no
//     half-written object, whether the writer failed, was killed, or still
//     writes.
//   - An object never changes. Put refuses a key that is taken, and of several
//     writers that put one key at once exactly one succeeds.
//   - What Put acknowledged survives a loss of power, as far as the file system
//     keeps its promise about fsync, or the bucket's provider its own.
//   - A key cannot lead outside. Keys are checked in one place, CheckKey, and
//     the file store works through os.Root as well, so that a symbolic link
//     leads nowhere either.
//
// How the file store publishes, and why each step is there:
//
//	create a file in _acme/tmp     a name that is never listed
//	write, fsync                   or the name could outlive the bytes
//	link to the key's name         atomic; fails if the name is taken, where rename would overwrite
//	unlink the temporary name
//	fsync the folder               or the acknowledged name could be lost
//
// A folder has the same need: its name lies in its parent. The first time a
// File uses a folder, made or found, it syncs every parent up to the root: a
// folder found may have been made a moment ago by a process that has not
// synced yet.
//
// Terms. A key is a path with slashes, relative to the store. An object is what
// lies under a key. A prefix is what keys begin with; it need not end at a
// slash.
package store

import (
	"context"
	"errors"
	"io"
	"iter"
	"time"
)

// Errors that callers tell apart with errors.Is.
var (
	// ErrExists says that Put found the key taken. The object there is untouched.
	ErrExists = errors.New("object exists already")
	// ErrNotFound says that there is no object under the key.
	ErrNotFound = errors.New("no such object")
	// ErrKey says that a key is not one that a store accepts.
	ErrKey = errors.New("bad key")
	// ErrUnavailable says that a store cannot be reached, or that who asks may not.
	ErrUnavailable = errors.New("the store is not to be had")
	// ErrURI says that a URI names no store that can be opened.
	ErrURI = errors.New("bad store URI")
)

// Info is what a store says of an object without reading it.
type Info struct {
	Key      string
	Size     int64     // bytes as stored, so compressed where the object is
	Modified time.Time // when it was published, by the store's clock
	// Version is another for other bytes under the key, where the store has a word for
	// that, as S3 has the ETag; else empty.
	Version string
}

// Store keeps objects. It is safe for use by many goroutines. A method that
// was given a cancelled context returns its error and leaves no trace.
type Store interface {
	// URI names the store, in the form Open takes.
	URI() string
	// Put publishes what r gives, to its end, under key: whole or not at all.
	// If the key is taken it returns ErrExists, whatever bytes lie there. An error of r is returned
	// wrapped, and nothing is published. Put closes nothing.
	Put(ctx context.Context, key string, r io.Reader) (Info, error)
	// Get opens an object for reading; the caller closes it. ErrNotFound if
	// there is none.
	Get(ctx context.Context, key string) (io.ReadCloser, Info, error)
	// Stat gives an object's Info; ErrNotFound if there is none.
	Stat(ctx context.Context, key string) (Info, error)
	// List gives every object whose key begins with prefix, in ascending order
	// of the key's bytes, at all levels below. Objects being written are never
	// among them. After an error the sequence ends.
	List(ctx context.Context, prefix string) iter.Seq2[Info, error]
	// Delete removes an object; ErrNotFound if there is none. Who reads it reads on, in
	// a bucket as long as the connection holds.
	Delete(ctx context.Context, key string) error
}

// Local is implemented by stores whose objects are files of this machine.
type Local interface {
	// LocalPath gives the absolute path of the file that holds, or would hold,
	// the object under key; false if the key is not valid.
	LocalPath(key string) (path string, ok bool)
}

// Fetcher is implemented by stores that are slow to read from one by one.
type Fetcher interface {
	// Begin says that nothing fetched before is needed any more.
	Begin(ctx context.Context) error
	// Fetch makes objects ready to be read, all of them or an error: Get and, of a
	// Local, LocalPath then find them at hand until Begin is called.
	Fetch(ctx context.Context, keys []string) error
}

// Versioned is implemented by stores that may keep what was deleted, as a bucket with
// versions does.
type Versioned interface {
	// Purge removes an object and every version of it, for good, and says how many there
	// were. One that is not there is no error.
	Purge(ctx context.Context, key string) (versions int, err error)
}

// Unfinished is what a writer began and did not end, or has not yet.
type Unfinished struct {
	Key   string // of the object that was to be, or of a temporary file
	ID    string // tells the unfinished of one key apart; may be empty
	Begun time.Time
	Bytes int64 // 0 where the store does not say
}

// Sweeper is implemented by stores in which killed writers leave something behind
// that no list shows.
type Sweeper interface {
	// Unfinished gives what was begun before a time and nobody is known to be at.
	Unfinished(ctx context.Context, before time.Time) ([]Unfinished, error)
	// Drop removes one of them for good. One that is gone is no error.
	Drop(ctx context.Context, u Unfinished) error
}
