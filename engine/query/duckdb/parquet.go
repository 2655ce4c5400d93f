package duckdb

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"acme/telemetry/engine/dialect"
	"acme/telemetry/engine/query"
	"acme/telemetry/engine/store"
)

// footer is what was found of a Parquet object when it was checked.
type footer struct {
	object
	file    string           // that DuckDB reads
	columns map[string]int64 // compressed bytes by lower-case name: what Athena bills
	// elements are the top-level columns of the file by lower-case name.
	elements map[string]parquetNode
}

// maxBranches is up to how many partitions each get a branch of their own in the
// view, with their values as constants. Beyond, values come by a join: a plan of
// thousands of branches costs more than that.
const maxBranches = 64

// parquetRelation makes the view over Parquet objects, each of which has been
// checked here before DuckDB sees its name.
func (j *job) parquetRelation(s *dialect.Scan, chosen []object) error {
	for _, properties := range []map[string]string{s.Table.TableProperties, s.Table.SerDeProperties} {
		if strings.EqualFold(properties["parquet.column.index.access"], "true") {
			return &query.Error{Name: "NOT_SUPPORTED", Message: "parquet.column.index.access is not supported by the local engine, which finds columns by name"}
		}
	}
	type branch struct {
		selected string // what DuckDB must select: files differ in their columns
		part     int
	}
	if err := j.fetch(chosen); err != nil {
		return err
	}
	groups := map[branch][]footer{}
	var order []branch
	for _, o := range chosen {
		f, err := j.footer(o)
		if err != nil {
			return err
		}
		selected, err := parquetSelect(s, f)
		if err != nil {
			return err
		}
		for _, name := range s.Columns {
			j.stats.Bytes += f.columns[name]
		}
		b := branch{selected, f.part}
		if j.partitionsRead > maxBranches || len(s.Hidden) > 0 || !samePlace(s.Table, f) {
			b.part = -1
		}
		if groups[b] == nil {
			order = append(order, b)
		}
		groups[b] = append(groups[b], f)
	}
	var parts []string
	for _, b := range order {
		if b.part < 0 {
			parts = append(parts, parquetJoin(s, b.selected, groups[b]))
		} else {
			parts = append(parts, parquetBranch(s, b.selected, groups[b]))
		}
	}
	if len(parts) == 0 {
		parts = []string{emptyRelation(s)}
	}
	return j.session.exec(fmt.Sprintf("CREATE OR REPLACE TEMP VIEW %s AS %s", quoteName(s.Relation), strings.Join(parts, " UNION ALL ")))
}

// samePlace says whether a file lies in a folder as its path does in the table's
// location: then DuckDB can make the path of the file's name.
func samePlace(t *dialect.Table, f footer) bool {
	return strings.HasSuffix(f.file, "/"+strings.TrimPrefix(f.path, t.Location))
}

// parquetBranch selects from files of one partition.
func parquetBranch(s *dialect.Scan, selected string, files []footer) string {
	var columns, list []string
	if selected != "" {
		columns = append(columns, selected)
	}
	for i, v := range literals(s.Table, files[0].values) {
		columns = append(columns, v+" AS "+quoteName(s.Table.Partitions[i].Name))
	}
	name := ""
	if s.Path {
		name = ", filename = 'acme_file'"
		root := strings.TrimSuffix(files[0].file, strings.TrimPrefix(files[0].path, s.Table.Location))
		columns = append(columns, fmt.Sprintf(`%s || substr(f.acme_file, %d) AS "$path"`, quoteText(s.Table.Location), utf8.RuneCountInString(root)+1))
	}
	if len(columns) == 0 {
		columns = []string{"1 AS acme_row"}
	}
	for _, f := range files {
		list = append(list, quoteText(f.file))
	}
	return fmt.Sprintf("SELECT %s FROM read_parquet([%s]%s, hive_partitioning = false) f",
		strings.Join(columns, ", "), strings.Join(list, ", "), name)
}

// parquetSelect gives the data columns as DuckDB selects them from a file: by
// name whatever its case, NULL where the file has no such column.
func parquetSelect(s *dialect.Scan, f footer) (string, error) {
	columns := make([]string, 0, len(s.Columns))
	for _, c := range s.Table.Columns {
		if !slices.Contains(s.Columns, c.Name) {
			continue
		}
		source := "NULL"
		if n, ok := f.elements[c.Name]; ok {
			r := reading{scan: s, file: f}
			var err error
			if source, err = r.value("f."+quoteName(n.Name), c.Name, n, c.Type); err != nil {
				return "", err
			}
		}
		columns = append(columns, fmt.Sprintf("CAST(%s AS %s) AS %s", source, c.Type.DuckDB(), quoteName(c.Name)))
	}
	return strings.Join(columns, ", "), nil
}

// parquetJoin selects from files that have the same columns. Partition values
// and paths come by the file's name from a list of our own.
func parquetJoin(s *dialect.Scan, selected string, files []footer) string {
	names := []string{"file"}
	var columns []string
	if selected != "" {
		columns = append(columns, selected)
	}
	for i, c := range s.Table.Partitions {
		names = append(names, fmt.Sprintf("p%d", i))
		columns = append(columns, fmt.Sprintf("o.p%d AS %s", i, quoteName(c.Name)))
	}
	for i, h := range hiddenColumns(s) {
		names = append(names, fmt.Sprintf("h%d", i))
		columns = append(columns, fmt.Sprintf("o.h%d AS %s", i, quoteName(h.name)))
	}
	if len(columns) == 0 {
		columns = []string{"1 AS acme_row"}
	}
	var rows, list []string
	for _, f := range files {
		row := append([]string{quoteText(f.file)}, literals(s.Table, f.values)...)
		for _, h := range hiddenColumns(s) {
			row = append(row, literal(f.hidden(h.name), h.typ))
		}
		rows = append(rows, "("+strings.Join(row, ", ")+")")
		list = append(list, quoteText(f.file))
	}
	return fmt.Sprintf("SELECT %s FROM read_parquet([%s], filename = 'acme_file', hive_partitioning = false) f JOIN (VALUES %s) o(%s) ON f.acme_file = o.file",
		strings.Join(columns, ", "), strings.Join(list, ", "), strings.Join(rows, ", "), strings.Join(names, ", "))
}

// emptyRelation has the columns and no row.
func emptyRelation(s *dialect.Scan) string {
	var columns []string
	for _, c := range s.Table.Columns {
		if slices.Contains(s.Columns, c.Name) {
			columns = append(columns, fmt.Sprintf("NULL::%s AS %s", c.Type.DuckDB(), quoteName(c.Name)))
		}
	}
	for _, c := range s.Table.Partitions {
		columns = append(columns, fmt.Sprintf("NULL::%s AS %s", c.Type.DuckDB(), quoteName(c.Name)))
	}
	for _, h := range hiddenColumns(s) {
		columns = append(columns, fmt.Sprintf("NULL::%s AS %s", h.typ.DuckDB(), quoteName(h.name)))
	}
	if len(columns) == 0 {
		columns = []string{"1 AS acme_row"}
	}
	return "SELECT " + strings.Join(columns, ", ") + " WHERE false"
}

// footer checks a Parquet object, once: against the manifest, and that nothing
// in it needs a codec that DuckDB should not be given.
func (j *job) footer(o object) (footer, error) {
	if f, ok := j.footers[o.key]; ok && f.size == o.size && f.modified.Equal(o.modified) {
		f.object = o
		return f, nil
	}
	if j.note != nil {
		j.note(o.key)
	}
	file, err := j.verified(o)
	if err != nil {
		return footer{}, err
	}
	f, err := readFooter(file, o)
	if err != nil {
		return footer{}, err
	}
	j.footers[o.key] = f
	return f, nil
}

// verified gives the file that holds an object's bytes after they were found to
// be the manifest's. An object that is no file is put into the spill folder.
func (j *job) verified(o object) (string, error) {
	body, err := j.vault.open(j.ctx, o)
	if err != nil {
		return "", err
	}
	defer body.Close()
	if local, ok := j.deps.Store.(store.Local); ok {
		if file, ok := local.LocalPath(o.key); ok {
			_, err := io.Copy(io.Discard, body)
			return file, err
		}
	}
	spooled, err := os.CreateTemp(j.spill, "object-*.parquet")
	if err != nil {
		return "", fmt.Errorf("copying %s: %w", o.key, err)
	}
	defer spooled.Close()
	if _, err := io.Copy(spooled, body); err != nil {
		return "", fmt.Errorf("copying %s: %w", o.key, err)
	}
	return filepath.Clean(spooled.Name()), nil
}

func readFooter(file string, o object) (f footer, err error) {
	defer func() { // parquet-go has panicked on hostile footers
		if p := recover(); p != nil {
			err = corrupt(o, fmt.Sprintf("its footer cannot be read: %v", p))
		}
	}()
	handle, err := os.Open(file)
	if err != nil {
		return footer{}, fmt.Errorf("opening %s: %w", o.key, err)
	}
	defer handle.Close()
	opened, err := parquet.OpenFile(handle, o.size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return footer{}, corrupt(o, "it is not Parquet: "+err.Error())
	}
	f = footer{object: o, file: file, columns: map[string]int64{}, elements: topLevel(opened.Metadata().Schema)}
	for _, group := range opened.Metadata().RowGroups {
		for _, c := range group.Columns {
			codec := c.MetaData.Codec
			if !slices.Contains(codecs, codec) {
				return footer{}, corrupt(o, fmt.Sprintf("its column %s is compressed with %s, which is not safe to unpack", strings.Join(c.MetaData.PathInSchema, "."), codec))
			}
			f.columns[strings.ToLower(c.MetaData.PathInSchema[0])] += c.MetaData.TotalCompressedSize
		}
	}
	return f, nil
}

var codecs = []format.CompressionCodec{format.Uncompressed, format.Snappy, format.Gzip, format.Zstd}

var physicalTypes = map[dialect.Kind][]format.Type{
	dialect.Varchar: {format.ByteArray, format.FixedLenByteArray}, dialect.Char: {format.ByteArray}, dialect.Varbinary: {format.ByteArray},
	dialect.Boolean: {format.Boolean}, dialect.TinyInt: {format.Int32}, dialect.SmallInt: {format.Int32},
	dialect.Integer: {format.Int32}, dialect.BigInt: {format.Int32, format.Int64}, dialect.Date: {format.Int32},
	dialect.Real: {format.Float}, dialect.Double: {format.Float, format.Double},
	dialect.Timestamp: {format.Int64, format.Int96}, dialect.Decimal: {format.Int32, format.Int64, format.ByteArray, format.FixedLenByteArray},
}
