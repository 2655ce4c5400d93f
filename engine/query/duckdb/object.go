package duckdb

import (
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"time"

	"github.com/klauspost/compress/gzip"

	"acme/telemetry/engine/query"
	"acme/telemetry/engine/serde"
	"acme/telemetry/engine/store"
)

// object is an object of a table: where it lies and which partition it is of.
type object struct {
	key      string
	size     int64
	modified time.Time
	path     string // "$path": the location as the DDL spells it, and the name
	folder   string // "$partition": year=2025/month=8
	values   []any  // of the partition columns: an integer, float64, bool, string or nil
	part     int    // number of its partition in the listing
	id       int32  // number in the cache
}

// unpackedAbout guesses the bytes of JSON of an object from its size.
func (o object) unpackedAbout() int64 {
	if serde.Packed(o.key) {
		return o.size * 9
	}
	return o.size
}

// Ledger knows what the lake's manifests say of an object; ok is false where
// they say nothing.
type Ledger interface {
	Lookup(ctx context.Context, key string) (bytes, rows int64, sha [32]byte, ok bool, err error)
}

// vault opens objects and holds them to the ledger.
type vault struct {
	store  store.Store
	ledger Ledger // may be nil
}

// expected gives the size and checksum an object must have, or ok false.
func (v *vault) expected(ctx context.Context, o object) (sha [32]byte, ok bool, err error) {
	if v.ledger == nil {
		return sha, false, nil
	}
	size, _, sha, ok, err := v.ledger.Lookup(ctx, o.key)
	if err != nil {
		return sha, false, fmt.Errorf("looking up %s in the manifest: %w", o.key, err)
	}
	if ok && size != o.size {
		return sha, false, corrupt(o, fmt.Sprintf("it has %d bytes and the manifest says %d", o.size, size))
	}
	return sha, ok, nil
}

// corrupt is the refusal of an object that is not what it was written as.
func corrupt(o object, why string) *query.Error {
	return &query.Error{
		Name: "HIVE_BAD_DATA", Message: fmt.Sprintf("%s is refused: %s", o.key, why),
		Hint: "acme verify says which objects are damaged",
	}
}

// open gives an object's bytes; reading to their end checks them.
func (v *vault) open(ctx context.Context, o object) (io.ReadCloser, error) {
	sha, known, err := v.expected(ctx, o)
	if err != nil {
		return nil, err
	}
	body, _, err := v.store.Get(ctx, o.key)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", o.key, err)
	}
	c := &checked{ReadCloser: body, o: o}
	if known {
		c.sum, c.want = sha256.New(), sha
	}
	return c, nil
}

// openChecked is open for rows that are given out before the object has been
// read to its end: everything that can be found wrong is found first.
func (v *vault) openChecked(ctx context.Context, o object) (io.ReadCloser, error) {
	body, err := v.open(ctx, o)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	if _, known, err := v.expected(ctx, o); err != nil {
		return nil, err
	} else if known || !serde.Packed(o.key) || o.size == 0 {
		_, err = io.Copy(io.Discard, body)
		if err != nil {
			return nil, err
		}
	} else if err := gunzip(o, body); err != nil {
		return nil, err
	}
	return v.open(ctx, o)
}

// gunzip unpacks an object to find what is wrong with it.
func gunzip(o object, r io.Reader) error {
	if !serde.Gzip(o.key) {
		return serde.Check(o.key, r)
	}
	z, err := gzip.NewReader(r)
	if err == io.EOF {
		return &serde.Error{Object: o.key, Reason: "not gzip: the object is empty"}
	}
	if err != nil {
		return &serde.Error{Object: o.key, Reason: "not gzip: " + err.Error(), Err: err}
	}
	if _, err = io.Copy(io.Discard, z); err != nil {
		return &serde.Error{Object: o.key, Reason: "gzip: " + err.Error(), Err: err}
	}
	return nil
}

// checked counts and hashes what is read of an object, and gives its verdict in
// place of io.EOF.
type checked struct {
	io.ReadCloser
	o    object
	sum  hash.Hash // nil where the manifest says nothing
	want [32]byte
	n    int64
}

func (c *checked) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.n += int64(n)
	if c.sum != nil {
		c.sum.Write(p[:n])
	}
	if err != io.EOF {
		return n, err
	}
	if c.n != c.o.size {
		return n, corrupt(c.o, fmt.Sprintf("it was listed with %d bytes and has %d", c.o.size, c.n))
	}
	if c.sum != nil && [32]byte(c.sum.Sum(nil)) != c.want {
		return n, corrupt(c.o, "its SHA-256 is not the manifest's")
	}
	return n, io.EOF
}
