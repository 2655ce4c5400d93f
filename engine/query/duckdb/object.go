package duckdb

import (
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"

	"acme/telemetry/engine/dialect"
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
	values   []any  // of the partition columns: int32, int64, float64, bool, string or nil
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

// listing is the objects of a table and how many partitions they make.
type listing struct {
	objects    []object
	partitions int
}

// list finds a table's objects as Athena does: those under its location, whose
// folders name a value for every partition column, none of whose names is
// hidden. Objects elsewhere below belong to no partition and are not the table's.
func list(ctx context.Context, st store.Store, t *dialect.Table) (listing, error) {
	prefix, err := keyPrefix(t.Location)
	if err != nil {
		return listing{}, err
	}
	var out listing
	folders := make(map[string]int)
	var values [][]any
	for info, err := range st.List(ctx, prefix) {
		if err != nil {
			return listing{}, fmt.Errorf("listing %s of %s: %w", prefix, st.URI(), err)
		}
		rest := strings.TrimPrefix(info.Key, prefix)
		if serde.Hidden(rest) || strings.Count(rest, "/") != len(t.Partitions) || info.Size == 0 && strings.HasSuffix(info.Key, "/") {
			continue
		}
		folder := path.Dir(rest)
		n, ok := folders[folder]
		if !ok {
			v, ours, err := partitionValues(t, folder)
			if err != nil {
				return listing{}, &query.Error{Name: "HIVE_INVALID_PARTITION_VALUE", Message: err.Error() + ": " + info.Key}
			}
			if !ours {
				continue
			}
			n = len(values)
			folders[folder] = n
			values = append(values, v)
		}
		out.objects = append(out.objects, object{
			key: info.Key, size: info.Size, modified: info.Modified,
			path: t.Location + rest, values: values[n], part: n,
		})
	}
	out.partitions = len(values)
	return out, nil
}

// keyPrefix gives where in the lake a location lies: what follows the bucket,
// which stands for the lake.
func keyPrefix(location string) (string, error) {
	u, err := url.Parse(location)
	if err != nil || u.Scheme != "s3" || u.Host == "" || !strings.HasSuffix(location, "/") {
		return "", fmt.Errorf("reading the location %q: it must be s3://BUCKET/PREFIX/", location)
	}
	return strings.TrimPrefix(location, "s3://"+u.Host+"/"), nil
}

// partitionValues reads year=2025/month=08. The folder is another's where it
// does not name the columns in their order.
func partitionValues(t *dialect.Table, folder string) (values []any, ours bool, err error) {
	if len(t.Partitions) == 0 {
		return nil, true, nil
	}
	parts := strings.Split(folder, "/")
	for i, c := range t.Partitions {
		name, value, ok := strings.Cut(parts[i], "=")
		if !ok || !strings.EqualFold(name, c.Name) {
			return nil, false, nil
		}
		v, err := partitionValue(c, value)
		if err != nil {
			return nil, true, err
		}
		values = append(values, v)
	}
	return values, true, nil
}

func partitionValue(c dialect.Column, encoded string) (any, error) {
	if encoded == "__HIVE_DEFAULT_PARTITION__" {
		return nil, nil
	}
	invalid := fmt.Errorf("Invalid partition value '%s' for %s partition key: %s", encoded, strings.ToUpper(c.Type.String()), c.Name)
	text, err := url.PathUnescape(encoded)
	if err != nil {
		return nil, invalid
	}
	switch c.Type.Kind {
	case dialect.Integer:
		n, err := strconv.ParseInt(text, 10, 32)
		if err != nil {
			return nil, invalid
		}
		return int32(n), nil
	case dialect.BigInt:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, invalid
		}
		return n, nil
	case dialect.Date:
		day, err := time.Parse(time.DateOnly, text)
		if err != nil {
			return nil, invalid
		}
		return int32(day.Unix() / 86400), nil
	case dialect.Varchar, dialect.Char:
		if strings.ContainsRune(text, 0) || strings.ToValidUTF8(text, "") != text {
			return nil, invalid
		}
		return text, nil
	}
	return nil, &query.Error{Name: "NOT_SUPPORTED", Message: fmt.Sprintf("a partition column of type %s (%s) is not supported by the local engine", c.Type, c.Name)}
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
