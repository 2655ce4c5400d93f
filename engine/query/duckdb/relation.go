package duckdb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"acme/telemetry/engine/dialect"
	"acme/telemetry/engine/query"
	"acme/telemetry/engine/serde"
	"acme/telemetry/engine/store"
)

// relation makes the view that the statement reads for one mention of a table.
func (j *job) relation(s *dialect.Scan) error {
	all, chosen, partitions, err := j.find(s)
	if err != nil {
		return err
	}
	if !s.Listing { // no object is read
		j.count(all, chosen, partitions)
	}
	j.partitionsRead = partitions
	j.views = append(j.views, s.Relation)
	if s.Listing {
		return j.partitionRelation(s, append(slices.Clone(chosen), all.added...))
	}
	class := s.Table.SerDe
	format := strings.ToUpper(s.Table.Format)
	text := slices.Contains([]string{"TEXTFILE", "JSON", "CSV"}, format)
	switch {
	case (text || format == "PARQUET") && !asTheyLie(s.Table.InputFormat):
		class = s.Table.InputFormat
	case format == "PARQUET":
		return j.parquetRelation(s, chosen)
	case text && textTable(s.Table).Known():
		return j.textRelation(s, chosen)
	}
	return unread(s.Table, format, class)
}

// unread refuses a table that is stored as nothing here reads, and says what would be
// read in its place.
func unread(t *dialect.Table, format, class string) *query.Error {
	kept := format
	if class != "" {
		kept += " (" + class + ")"
	}
	e := &query.Error{
		Name:    "NOT_SUPPORTED",
		Message: fmt.Sprintf("the table %s.%s is %s, which is not supported by the local engine", t.Database, t.Name, kept),
		Hint:    "the local engine reads Parquet, and text with the SerDes OpenX JSON, Hive JSON, LazySimple, OpenCSV, Regex, Grok and CloudTrail",
	}
	switch {
	case strings.HasSuffix(class, ".SymlinkTextInputFormat"):
		e.Hint = "give a table the LOCATION of the objects that the links name; " + e.Hint
	case strings.HasSuffix(class, ".MultiDelimitSerDe"):
		e.Hint = "write RegexSerDe with a group for each column; " + e.Hint
	default:
		e.Hint = fmt.Sprintf("copy it to Parquet in Athena: CREATE TABLE %s_parquet WITH (format = 'PARQUET') AS SELECT * FROM %s; %s", t.Name, t.Name, e.Hint)
	}
	return e
}

// find gives a scan's objects: all of the table's, those of the partitions that the
// scan's predicate leaves, and how many partitions that are.
func (j *job) find(s *dialect.Scan) (all listing, chosen []object, partitions int, err error) {
	if projected(s.Table) {
		all, err = j.projection(s)
	} else {
		all, err = list(j.ctx, j.deps.Store, s.Table)
	}
	if err != nil {
		return all, nil, 0, err
	}
	removed, err := removedValues(s.Table)
	if err != nil {
		return all, nil, 0, err
	}
	all.objects = slices.DeleteFunc(all.objects, func(o object) bool {
		return j.unfinished[o.key] || slices.ContainsFunc(removed, func(v []any) bool { return slices.Equal(v, o.values) })
	})
	if projected(s.Table) {
		return all, all.objects, all.partitions, nil
	}
	chosen, partitions = j.prune(s, all)
	return all, chosen, partitions, nil
}

// prune leaves the objects of the partitions for which the scan's predicate is
// true. A predicate that fails leaves all: it would fail in the statement too,
// or does not matter there.
func (j *job) prune(s *dialect.Scan, all listing) ([]object, int) {
	if s.Filter == "" || len(s.Table.Partitions) == 0 || all.partitions == 0 {
		return all.objects, all.partitions
	}
	kept, err := j.partitionsWhere(s, all)
	if err != nil {
		return all.objects, all.partitions
	}
	var chosen []object
	for _, o := range all.objects {
		if kept[o.part] {
			chosen = append(chosen, o)
		}
	}
	return chosen, len(kept)
}

// partitionsWhere asks DuckDB which partitions the predicate keeps, over a
// relation of nothing but their values.
func (j *job) partitionsWhere(s *dialect.Scan, all listing) (map[int]bool, error) {
	const relation = "acme_partitions"
	probe := fmt.Sprintf("SELECT acme_part::VARCHAR FROM %s WHERE %s", relation, s.Filter)
	if err := j.gate.check(probe, []string{relation}); err != nil {
		return nil, err
	}
	names := []string{"acme_part"}
	for _, c := range s.Table.Partitions {
		names = append(names, quoteName(c.Name))
	}
	rows := make([]string, all.partitions)
	for _, o := range all.objects {
		if rows[o.part] == "" {
			rows[o.part] = "(" + strings.Join(append([]string{strconv.Itoa(o.part)}, literals(s.Table, o.values)...), ", ") + ")"
		}
	}
	rows = slices.DeleteFunc(rows, func(row string) bool { return row == "" }) // all of its objects are being written
	if len(rows) == 0 {
		return map[int]bool{}, nil
	}
	if err := j.session.exec(fmt.Sprintf("CREATE OR REPLACE TEMP TABLE %s AS SELECT * FROM (VALUES %s) v(%s)",
		relation, strings.Join(rows, ", "), strings.Join(names, ", "))); err != nil {
		return nil, err
	}
	defer func() { _ = j.session.exec("DROP TABLE IF EXISTS " + relation) }() // the next probe replaces it
	parts, err := j.session.texts(probe)
	if err != nil {
		return nil, err
	}
	kept := make(map[int]bool, len(parts))
	for _, p := range parts {
		n, err := strconv.Atoi(p)
		if err != nil {
			return nil, err
		}
		kept[n] = true
	}
	return kept, nil
}

// count books the objects of a scan; a table mentioned twice is counted twice,
// as Athena bills it.
func (j *job) count(all listing, chosen []object, partitions int) {
	j.stats.PartitionsOf += int64(all.partitions)
	j.stats.Partitions += int64(partitions)
	j.stats.Pruned += int64(len(all.objects) - len(chosen))
	j.stats.Objects += int64(len(chosen))
}

// asTheyLie says whether a class of STORED AS INPUTFORMAT reads the table's objects
// themselves. Others take them for lists of objects, or for another packing.
func asTheyLie(class string) bool {
	switch class {
	case "", "org.apache.hadoop.mapred.TextInputFormat", "com.amazon.emr.cloudtrail.CloudTrailInputFormat",
		"org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat", "parquet.hive.DeprecatedParquetInputFormat":
		return true
	}
	return false
}

// textTable gives what the readers of text want to know of a table.
func textTable(t *dialect.Table) serde.Table {
	out := serde.Table{SerDe: t.SerDe, InputFormat: t.InputFormat, Properties: t.SerDeProperties, TableProperties: t.TableProperties}
	for _, c := range t.Columns {
		out.Columns = append(out.Columns, strings.ToLower(c.Name))
	}
	return out
}

// textRelation makes the view over objects of text: from the cache, or streaming.
func (j *job) textRelation(s *dialect.Scan, chosen []object) error {
	for _, o := range chosen {
		j.stats.Bytes += o.size
	}
	options, err := serde.OptionsOf(textTable(s.Table), javaPattern)
	if err != nil {
		return &query.Error{Name: "NOT_SUPPORTED", Message: fmt.Sprintf("the table %s.%s: %v", s.Table.Database, s.Table.Name, err)}
	}
	table, columns, err := readable(s)
	if err != nil {
		return err
	}
	make := func(objects []object) *scan {
		o := options
		o.MaxBytes = max(j.config.Cache, 1) // what unpacks to more than all of the cache is not kept
		return j.newScan(table, columns, o, objects, j.vault.open)
	}
	if err := j.fetch(j.cache.missing(cacheKey(s.Table), chosen)); err != nil {
		return err
	}
	t, fresh, err := j.cache.ensure(cacheKey(s.Table), chosen, make)
	if err == nil {
		j.stats.Cached = j.stats.Cached || !fresh && len(chosen) > 0
		for _, o := range chosen {
			kept := t.objects[o.key].stats
			j.stats.Unseen += kept.Unseen
			j.stats.Malformed += kept.Malformed
			j.stats.Twice += kept.Twice
		}
		return j.session.exec(cachedView(s, t, chosen))
	}
	if !streamInstead(err) {
		return err
	}
	if err := j.fetch(chosen); err != nil {
		return err
	}
	scan := j.newScan(table, columns, options, chosen, j.vault.openChecked)
	scan.narrow(s)
	id := j.scans.add(scan)
	j.ids = append(j.ids, id)
	j.running = append(j.running, scan)
	return j.session.exec(fmt.Sprintf("CREATE OR REPLACE TEMP VIEW %s AS SELECT * FROM %s(%d)", quoteName(s.Relation), scanFunction, id))
}

// fetch has objects, and what the manifests say of them, made ready to be read, where
// the store is one that wants to know before.
func (j *job) fetch(objects []object) error {
	f, ok := j.deps.Store.(store.Fetcher)
	if !ok || len(objects) == 0 {
		return nil
	}
	keys := make([]string, len(objects))
	for i, o := range objects {
		keys[i] = o.key
	}
	if p, ok := j.vault.ledger.(preparer); ok {
		if err := p.Prepare(j.ctx, keys); err != nil {
			return err
		}
	}
	if err := f.Fetch(j.ctx, keys); err != nil {
		return fmt.Errorf("fetching %d objects: %w", len(keys), err)
	}
	return nil
}

// preparer is a Ledger that reads faster what it is told of before.
type preparer interface {
	Prepare(ctx context.Context, keys []string) error
}

// streamInstead says whether objects that could not be kept may still be read
// by this statement: one that asks for other columns may not meet the line that
// cannot be read, and one that streams needs less memory.
func streamInstead(err error) bool {
	var read *serde.Error
	var engine *engineError
	switch {
	case errors.Is(err, errUncached):
		return true
	case errors.As(err, &read):
		return read.Line > 0 || strings.Contains(read.Reason, "unpacks to more")
	case errors.As(err, &engine):
		return strings.Contains(engine.text, "Out of Memory Error")
	}
	return false
}

// newScan makes a scan of all columns, as the cache keeps them.
func (j *job) newScan(t *dialect.Table, columns []serde.Column, o serde.Options, objects []object,
	open func(context.Context, object) (io.ReadCloser, error)) *scan {
	s := &scan{ctx: j.ctx, objects: objects, table: columns, options: o, threads: j.config.Threads, open: open, note: j.note}
	for i, c := range t.Columns {
		s.columns = append(s.columns, scanColumn{name: c.Name, typ: c.Type, data: i, part: -1})
	}
	for i, c := range t.Partitions {
		s.columns = append(s.columns, scanColumn{name: c.Name, typ: c.Type, data: -1, part: i})
	}
	s.columns = append(s.columns, scanColumn{name: "acme_object", typ: dialect.Type{Kind: dialect.Integer}, data: -1, part: -1})
	return s
}

// narrow leaves the columns that a streaming statement asks for.
func (s *scan) narrow(d *dialect.Scan) {
	asked := make(map[string]bool, len(d.Columns))
	for _, name := range d.Columns {
		asked[name] = true
	}
	var columns []scanColumn
	for _, c := range s.columns {
		if c.part >= 0 || c.data >= 0 && asked[c.name] {
			columns = append(columns, c)
		}
	}
	for _, h := range hiddenColumns(d) {
		columns = append(columns, scanColumn{name: h.name, typ: h.typ, data: -1, part: -1, hidden: true})
	}
	if len(columns) == 0 { // count(*) over a table without partitions
		columns = []scanColumn{{name: "acme_row", typ: dialect.Type{Kind: dialect.Integer}, data: -1, part: -1}}
	}
	s.columns = columns
}

// cachedView selects a scan's rows from the cache.
func cachedView(s *dialect.Scan, t *cached, chosen []object) string {
	var columns []string
	for _, name := range s.Columns {
		columns = append(columns, "c."+quoteName(name))
	}
	for _, c := range s.Table.Partitions {
		columns = append(columns, "c."+quoteName(c.Name))
	}
	from := t.name + " c"
	hidden := hiddenColumns(s)
	for _, h := range hidden {
		columns = append(columns, "p."+quoteName(h.name))
	}
	if len(hidden) > 0 {
		from += fmt.Sprintf(" JOIN %s_path p USING (acme_object)", t.name)
	}
	if len(columns) == 0 {
		columns = []string{"1 AS acme_row"} // count(*) over a table without partitions
	}
	where := ""
	if only := t.only(chosen); only != "" {
		where = " WHERE " + only
	}
	return fmt.Sprintf("CREATE OR REPLACE TEMP VIEW %s AS SELECT %s FROM %s%s", quoteName(s.Relation), strings.Join(columns, ", "), from, where)
}

// countStreams books what the scans that streamed came across.
func (j *job) countStreams() {
	for _, s := range j.running {
		s.mu.Lock()
		for _, st := range s.read {
			j.stats.Unseen += st.Unseen
			j.stats.Malformed += st.Malformed
			j.stats.Twice += st.Twice
		}
		s.mu.Unlock()
	}
}

// readable gives a scan's table with the columns that our reader of JSON can read,
// and those as the SerDe names them. The others trouble only a statement that asks
// for one.
func readable(s *dialect.Scan) (*dialect.Table, []serde.Column, error) {
	table := *s.Table
	table.Columns = nil
	var columns []serde.Column
	for _, c := range s.Table.Columns {
		typ, ok := serdeType(c.Type)
		switch {
		case ok:
			table.Columns = append(table.Columns, c)
			columns = append(columns, serde.Column{Name: c.Name, Type: typ})
		case slices.Contains(s.Columns, c.Name):
			return nil, nil, &query.Error{
				Name:    "NOT_SUPPORTED",
				Message: fmt.Sprintf("column %s of %s.%s is %s, which the local engine does not read from JSON", c.Name, table.Database, table.Name, c.Type),
			}
		}
	}
	return &table, columns, nil
}
