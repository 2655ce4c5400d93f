package duckdb

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"acme/telemetry/engine/dialect"
	"acme/telemetry/engine/query"
	"acme/telemetry/engine/serde"
	"acme/telemetry/engine/store"
)

// listing is the objects of a table and how many partitions they make.
type listing struct {
	objects    []object
	partitions int
	// added are the partitions that ALTER TABLE ... ADD PARTITION gave, whether or
	// not anything lies in them.
	added []object
}

// lister finds the objects of a table.
type lister struct {
	ctx     context.Context
	store   store.Store
	table   *dialect.Table
	out     listing
	folders map[string]int // partitions by their name, or their place
}

// list finds a table's objects as Athena does: those under its location, at any
// depth, whose first folders name a value for every partition column, and those
// under the locations of partitions that were added. None of the names below a
// location may be hidden.
func list(ctx context.Context, st store.Store, t *dialect.Table) (listing, error) {
	l := lister{ctx: ctx, store: st, table: t, folders: map[string]int{}}
	added := make(map[string]bool, len(t.Added))
	for _, p := range t.Added {
		name := folderName(t, p.Values)
		values, err := l.added(p, name)
		if err != nil {
			return listing{}, err
		}
		added[name], added[valuesKey(values)] = true, true
	}
	known := map[string][]any{}
	err := l.under(t.Location, func(o *object, rest []string) (ours bool, err error) {
		if len(rest) <= len(t.Partitions) {
			return false, nil
		}
		o.folder = strings.Join(rest[:len(t.Partitions)], "/")
		values, ours := known[o.folder]
		if !ours {
			if values, ours, err = partitionValues(t, rest[:len(rest)-1]); !ours || err != nil {
				return ours, err
			}
			known[o.folder] = values
		}
		o.values = values
		return len(added) == 0 || !added[o.folder] && !added[valuesKey(values)], nil
	})
	return l.out, err
}

// valuesKey tells partitions apart: month=8 and month=08 are one of an integer.
func valuesKey(values []any) string { return fmt.Sprintf("%#v", values) }

// added lists a partition that ALTER TABLE ... ADD PARTITION gave, and gives its values.
func (l *lister) added(p dialect.Partition, name string) ([]any, error) {
	values := make([]any, len(p.Values))
	for i, text := range p.Values {
		var err error
		if values[i], err = typedValue(l.table.Partitions[i], text); err != nil {
			return nil, err
		}
	}
	l.out.added = append(l.out.added, object{values: values, folder: name})
	location := p.Location
	if location == "" {
		location = withEnd(l.table.Location) + name + "/"
	}
	return values, l.under(location, func(o *object, _ []string) (bool, error) {
		o.values, o.folder = values, name
		return true, nil
	})
}

// folderName gives a partition's folder as Hive names it.
func folderName(t *dialect.Table, values []string) string {
	parts := make([]string, len(values))
	for i, v := range values {
		parts[i] = t.Partitions[i].Name + "=" + escapeValue(v)
	}
	return strings.Join(parts, "/")
}

// under lists what lies under a location. take says whether an object is the
// table's and gives it its partition; rest are the names below the location.
func (l *lister) under(location string, take func(o *object, rest []string) (bool, error)) error {
	location = tidy(withEnd(location))
	prefix, err := keyPrefix(l.ctx, l.store, location)
	if err != nil {
		return err
	}
	for info, err := range l.store.List(l.ctx, prefix) {
		if err != nil {
			return fmt.Errorf("listing %s of %s: %w", prefix, l.store.URI(), err)
		}
		rest := strings.TrimPrefix(info.Key, prefix)
		if serde.Hidden(rest) || info.Size == 0 && strings.HasSuffix(info.Key, "/") {
			continue
		}
		o := object{key: info.Key, size: info.Size, modified: info.Modified, path: location + rest}
		ours, err := take(&o, strings.Split(rest, "/"))
		if said, ok := err.(*query.Error); ok {
			said.Message += ": " + info.Key
			return said
		}
		if err != nil {
			return err
		}
		if ours {
			l.add(o)
		}
	}
	return nil
}

func (l *lister) add(o object) {
	n, ok := l.folders[o.folder]
	if !ok {
		n = l.out.partitions
		l.folders[o.folder] = n
		l.out.partitions++
	}
	o.part = n
	l.out.objects = append(l.out.objects, o)
}

func withEnd(location string) string {
	if strings.HasSuffix(location, "/") {
		return location
	}
	return location + "/"
}

// keyPrefix gives where in the lake a location lies. Of s3://BUCKET/PREFIX/ the
// bucket stands for the lake, unless the lake has a folder of the bucket's name;
// file:///PATH/ must lie in the lake, and what has no scheme is relative to it.
func keyPrefix(ctx context.Context, st store.Store, location string) (string, error) {
	scheme, rest, ok := strings.Cut(location, "://")
	switch {
	case strings.HasPrefix(location, "arn:"):
		return "", fmt.Errorf("reading the location %q: it must be s3://BUCKET/PREFIX/", location)
	case location == "/":
		return "", fmt.Errorf("reading a table without a LOCATION: it must be s3://BUCKET/PREFIX/")
	case !ok:
		return inLake(st, location)
	case scheme == "file":
		u, err := url.Parse(location)
		if err != nil || u.Host != "" {
			return "", fmt.Errorf("reading the location %q: it must be file:///PATH/", location)
		}
		return inLake(st, u.Path)
	case scheme != "s3" && scheme != "s3a" && scheme != "s3n":
		return "", fmt.Errorf("reading the location %q: it must be s3://BUCKET/PREFIX/", location)
	}
	bucket, key, _ := strings.Cut(rest, "/")
	if bucket == "" || strings.Contains(location, "\x00") {
		return "", fmt.Errorf("reading the location %q: it must be s3://BUCKET/PREFIX/", location)
	}
	for _, err := range st.List(ctx, bucket+"/") {
		if err != nil {
			return "", fmt.Errorf("listing %s of %s: %w", bucket, st.URI(), err)
		}
		return bucket + "/" + key, nil
	}
	return key, nil
}

// tidy writes a location in a bucket as Athena does: its scheme in lower case, and
// without empty parts, so that S3://b/x//y/ is s3://b/x/y/.
func tidy(location string) string {
	scheme, rest, ok := strings.Cut(location, "://")
	scheme = strings.ToLower(scheme)
	if !ok || scheme != "s3" && scheme != "s3a" && scheme != "s3n" {
		return location
	}
	for strings.Contains(rest, "//") {
		rest = strings.ReplaceAll(rest, "//", "/")
	}
	return scheme + "://" + rest
}

// inLake gives the key prefix of a path, which must lie in the lake's folder.
func inLake(st store.Store, path string) (string, error) {
	outside := &query.Error{
		Name: "NOT_SUPPORTED", Message: fmt.Sprintf("the location %s lies outside the lake %s", path, st.URI()),
		Hint: "name a folder that holds it with --lake",
	}
	if filepath.IsAbs(path) {
		local, ok := st.(store.Local)
		if !ok {
			return "", outside
		}
		root, ok := lakeRoot(local)
		if !ok {
			return "", outside
		}
		below, err := filepath.Rel(root, path)
		if err != nil {
			return "", outside
		}
		path = filepath.ToSlash(below) + "/"
	}
	var parts []string
	for part := range strings.SplitSeq(path, "/") {
		if part != "" && part != "." {
			parts = append(parts, part)
		}
	}
	if slices.Contains(parts, "..") {
		return "", outside
	}
	if len(parts) == 0 {
		return "", nil
	}
	return strings.Join(parts, "/") + "/", nil
}
