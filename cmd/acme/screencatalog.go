package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"acme/telemetry/engine/dialect"
	"acme/telemetry/engine/lake"
	"acme/telemetry/engine/query"
	"acme/telemetry/engine/query/duckdb"
	"acme/telemetry/engine/store"
	"acme/telemetry/engine/tables"
	"acme/telemetry/schema"
	"acme/telemetry/tui"
)

// screenCatalog says what is in the lake for the screen, and what a statement would
// read of it. It is safe for use by many goroutines.
type screenCatalog struct {
	p  *program
	st store.Store
	o  *sqlFlags

	mu      sync.Mutex
	catalog *tables.Catalog
	listed  map[string]listing // by a table's prefix
}

// listing is a table's folders at a time. A table is not listed anew for each letter
// that is typed.
type listing struct {
	at    time.Time
	parts []lake.Partition
}

const listingAge = 10 * time.Second

func newScreenCatalog(p *program, st store.Store) *screenCatalog {
	return &screenCatalog{p: p, st: st, o: defaultSQL(), listed: map[string]listing{}}
}

// now gives the catalog as statements have made it.
func (c *screenCatalog) now(ctx context.Context) (dialect.Catalog, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.catalog == nil {
		base, err := c.p.catalog(c.o)
		if err != nil {
			return nil, err
		}
		c.catalog = tables.NewCatalog(c.st, base)
	}
	return c.catalog.Now(ctx)
}

func (c *screenCatalog) Tables(ctx context.Context) ([]tui.Table, error) {
	now, err := c.now(ctx)
	if err != nil {
		return nil, err
	}
	var out []tui.Table
	for _, db := range now.Databases() {
		for _, name := range now.Tables(db) {
			t := now.Table(db, name)
			if t == nil {
				continue // dropped since
			}
			s := tui.Table{Database: t.Database, Name: t.Name, Format: t.Format, Location: t.Location, Keys: len(t.Partitions), View: t.View != ""}
			for _, col := range slices.Concat(t.Columns, t.Partitions) {
				s.Columns = append(s.Columns, query.Column{Name: col.Name, Type: col.Type.String()})
			}
			out = append(out, s)
		}
	}
	return out, nil
}

func (c *screenCatalog) Functions() []tui.Function {
	var out []tui.Function
	for _, d := range dialect.Documentation() {
		if d.Since > c.o.level || d.Until > 0 && d.Until < c.o.level {
			continue
		}
		f := tui.Function{Name: d.Name, Doc: d.Doc, Refused: d.Refused}
		if len(d.Signatures) > 0 {
			f.Signature = d.Signatures[0]
		}
		out = append(out, f)
	}
	return out
}

// list gives the folders under a table's location.
func (c *screenCatalog) list(ctx context.Context, location string, fresh bool) ([]lake.Partition, error) {
	prefix := lakePrefix(location)
	c.mu.Lock()
	l, ok := c.listed[prefix]
	c.mu.Unlock()
	if ok && !fresh && c.p.now().Sub(l.at) < listingAge {
		return l.parts, nil
	}
	parts, err := lake.Partitions(ctx, c.st, prefix)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", prefix, err)
	}
	c.mu.Lock()
	c.listed[prefix] = listing{c.p.now(), parts}
	c.mu.Unlock()
	return parts, nil
}

// lakePrefix gives the keys' prefix in the lake for a location s3://bucket/prefix/.
func lakePrefix(location string) string {
	_, prefix, _ := strings.Cut(strings.TrimPrefix(location, "s3://"), "/")
	if prefix != "" && !strings.HasSuffix(prefix, "/") {
		prefix += "/"
	}
	return prefix
}

func (c *screenCatalog) Partitions(ctx context.Context, t tui.Table) ([]tui.Partition, error) {
	if t.View {
		return nil, nil
	}
	parts, err := c.list(ctx, t.Location, true)
	if err != nil {
		return nil, err
	}
	facts, err := c.facts(ctx, t)
	if err != nil {
		return nil, err
	}
	prefix := lakePrefix(t.Location)
	var out []tui.Partition
	for _, p := range parts {
		s := tui.Partition{Folder: strings.TrimSuffix(strings.TrimPrefix(p.Folder, prefix), "/"), Objects: int64(len(p.Objects)), Bytes: p.Bytes(), Rows: -1, Records: -1}
		for _, v := range p.Values {
			s.Values = append(s.Values, v.Value)
		}
		if f, ok := facts[p.Folder]; ok {
			s.Rows, s.Records = f.Rows, f.Records
			s.Health, s.Bad = partitionHealth(f)
		}
		if len(p.Objects) > 0 {
			out = append(out, s)
		}
	}
	return out, nil
}

// facts are those of the manifests, by folder. Without manifests the figures would
// mean reading every object, so there are none.
func (c *screenCatalog) facts(ctx context.Context, t tui.Table) (map[string]lake.PartitionFacts, error) {
	booked, err := holds(ctx, c.st, "_acme/manifests/")
	if err != nil || !booked {
		return nil, err
	}
	out := map[string]lake.PartitionFacts{}
	for _, s := range schema.Tables() {
		if s.Database != t.Database || s.Name != t.Name {
			continue
		}
		list, err := lake.Facts(ctx, c.st, s)
		if err != nil {
			return nil, err
		}
		for _, f := range list {
			out[f.Partition.Folder] = f
		}
	}
	return out, nil
}

// partitionHealth says what is wrong with a partition, and whether that is damage.
func partitionHealth(f lake.PartitionFacts) (string, bool) {
	switch {
	case len(f.Damaged) > 0:
		return fmt.Sprintf("%d damaged: %s: %s", len(f.Damaged), f.Damaged[0].Key, f.Damaged[0].Reason), true
	case f.Unseen > 0:
		return fmt.Sprintf("%d of %d records share a line and stay unseen", f.Unseen, f.Records), false
	case f.Malformed > 0:
		return fmt.Sprintf("%d malformed lines are rows of NULLs", f.Malformed), false
	case !f.FromManifest:
		return "objects without a manifest", false
	}
	return "", false
}

func (c *screenCatalog) Objects(ctx context.Context, t tui.Table, p tui.Partition) ([]tui.Object, error) {
	parts, err := c.list(ctx, t.Location, false)
	if err != nil {
		return nil, err
	}
	prefix := lakePrefix(t.Location)
	ledger := lake.NewLedger(c.st)
	var out []tui.Object
	for _, q := range parts {
		if strings.TrimSuffix(strings.TrimPrefix(q.Folder, prefix), "/") != p.Folder {
			continue
		}
		for _, info := range q.Objects {
			o := tui.Object{Name: info.Key[strings.LastIndexByte(info.Key, '/')+1:], Path: strings.TrimSuffix(t.Location, "/") + "/" + strings.TrimPrefix(info.Key, prefix), Bytes: info.Size, Rows: -1, Modified: info.Modified}
			size, rows, _, ok, err := ledger.Lookup(ctx, info.Key)
			switch {
			case err != nil:
				o.Health = err.Error()
			case ok && size != info.Size:
				o.Health = fmt.Sprintf("the manifest says %d bytes", size)
			case ok:
				o.Rows = rows
			default:
				o.Health = "no manifest"
			}
			out = append(out, o)
		}
	}
	return out, nil
}

// Check says what a statement would read.
func (c *screenCatalog) Check(ctx context.Context, text string) (tui.Estimate, error) {
	now, err := c.now(ctx)
	if err != nil {
		return tui.Estimate{}, err
	}
	plan, err := dialect.Understand(text, c.o.options(now))
	var e *dialect.Error
	if errors.As(err, &e) {
		return tui.Estimate{}, duckdb.QueryError(e)
	}
	if err != nil {
		return tui.Estimate{}, err
	}
	var out tui.Estimate
	if plan.Effect {
		out.Effect = plan.What + " changes the lake"
	}
	if plan.Rows == nil {
		return out, nil
	}
	for _, s := range plan.Rows.Scans {
		if err := c.estimate(ctx, &out, s); err != nil {
			return tui.Estimate{}, err
		}
	}
	if out.Effect != "" && out.Bytes > 0 {
		out.Effect += "; it reads " + fmt.Sprint(out.Objects) + " objects"
	}
	return out, nil
}

// estimate adds what a scan would read. Of Parquet Athena reads the columns that are
// needed, so an object's size is a bound.
func (c *screenCatalog) estimate(ctx context.Context, out *tui.Estimate, s dialect.Scan) error {
	parts, err := c.list(ctx, s.Table.Location, false)
	if err != nil {
		return err
	}
	out.Tables = append(out.Tables, s.Table.Name)
	if s.Listing {
		return nil
	}
	out.AtMost = out.AtMost || s.Table.Format == "PARQUET" || s.Table.Format == "ORC"
	predicate := newPartitionPredicate(s)
	for _, p := range parts {
		if len(p.Objects) == 0 {
			continue
		}
		values := map[string]string{}
		for _, v := range p.Values {
			values[v.Name] = v.Value
		}
		if len(s.Table.Partitions) > 0 {
			out.PartitionsOf++
		}
		switch predicate.decide(values) {
		case isFalse:
			continue
		case cannotTell:
			out.AtMost = true
		}
		if len(s.Table.Partitions) > 0 {
			out.Partitions++
		}
		out.Objects += int64(len(p.Objects))
		out.Bytes += p.Bytes()
	}
	return nil
}
