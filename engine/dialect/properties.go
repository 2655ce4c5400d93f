package dialect

import (
	"slices"
	"strconv"
	"strings"
)

// The properties of CREATE TABLE AS and UNLOAD.

// writeFormat reads them; of what is the kind of statement, for messages.
func (u *planner) writeFormat(list []Property, of string) WriteFormat {
	f := WriteFormat{Format: "PARQUET", Delimiter: "\x01", Null: `\N`}
	for _, p := range list {
		u.property(&f, p, of)
	}
	if f.Compression == "" {
		f.Compression = "GZIP"
	}
	allowed := []string{"GZIP", "NONE"}
	if f.Format == "PARQUET" {
		allowed = []string{"GZIP", "SNAPPY", "ZSTD", "NONE"}
	}
	if !slices.Contains(allowed, f.Compression) {
		at := list[slices.IndexFunc(list, func(p Property) bool { return strings.HasSuffix(p.Name, "compression") })]
		panic(refuse(at.Pos, f.Compression+" compression of "+f.Format).hint("one of %s", strings.Join(allowed, ", ")))
	}
	return f
}

func (u *planner) property(f *WriteFormat, p Property, of string) {
	switch p.Name {
	case "format":
		f.Format = strings.ToUpper(p.text())
		switch f.Format {
		case "PARQUET", "JSON", "TEXTFILE":
		case "ORC", "AVRO":
			panic(refuse(p.Pos, "writing "+f.Format).hint("the local engine writes PARQUET, JSON and TEXTFILE"))
		default:
			panic(errorAt(Pos{}, "INVALID_TABLE_PROPERTY", "Unable to set catalog 'awsdatacatalog' %s property 'format' to ['%s']: Invalid value [%s]. Valid values: [ORC, PARQUET, AVRO, JSON, TEXTFILE]",
				of, p.text(), p.text()).hint("for CSV write format = 'TEXTFILE', field_delimiter = ','"))
		}
	case "write_compression", "parquet_compression", "orc_compression", "compression":
		f.Compression = strings.ToUpper(p.text())
	case "field_delimiter":
		f.Delimiter = p.text()
		if len(f.Delimiter) != 1 {
			panic(errorAt(p.Pos, "INVALID_TABLE_PROPERTY", "field_delimiter must be a single character"))
		}
	case "external_location":
		f.Location = p.text()
		checkLocation(f.Location)
		f.Location = strings.TrimSuffix(f.Location, "/") + "/"
	case "partitioned_by":
		f.Partitions = p.list()
	case "is_external":
		if b, ok := p.Value.(*BoolLit); !ok || !b.Value {
			panic(refuse(p.Pos, "is_external = false"))
		}
	case "table_type":
		if !strings.EqualFold(p.text(), "HIVE") {
			panic(refuse(p.Pos, "a table of type "+p.text()))
		}
	case "bucketed_by", "bucket_count":
		switch {
		case of != "table":
			panic(refuse(p.Pos, "the property "+p.Name).hint("leave it out: where rows lie changes no answer"))
		case p.Name == "bucketed_by":
			f.BucketedBy = p.list()
		default:
			f.Buckets = p.count()
		}
	case "location", "partitioning", "vacuum_min_snapshots_to_keep", "vacuum_max_snapshot_age_seconds",
		"optimize_rewrite_data_file_threshold", "optimize_rewrite_delete_file_threshold", "compression_level":
		panic(refuse(p.Pos, "the property "+p.Name))
	default:
		panic(errorAt(Pos{}, "INVALID_TABLE_PROPERTY", "Catalog 'awsdatacatalog' %s property '%s' does not exist", of, p.Name))
	}
}

// checkBuckets holds bucketed_by and bucket_count to each other and to the columns. The
// table is bucketed in its definition; its rows lie as they come, which changes no answer.
func checkBuckets(plan *Plan) {
	var missing []string
	for _, name := range plan.Format.BucketedBy {
		switch {
		case slices.Contains(plan.Format.Partitions, name):
			panic(errorAt(Pos{}, "INVALID_TABLE_PROPERTY", "Bucketing columns [%s] are also used as partitioning columns", name))
		case !slices.ContainsFunc(plan.Rows.Columns, func(c OutputColumn) bool { return strings.EqualFold(c.Name, name) }):
			missing = append(missing, name)
		}
	}
	switch {
	case plan.Format.Buckets < 0:
		panic(errorAt(Pos{}, "INVALID_TABLE_PROPERTY", "bucket_count must be greater than zero"))
	case (len(plan.Format.BucketedBy) == 0) != (plan.Format.Buckets == 0):
		panic(errorAt(Pos{}, "INVALID_TABLE_PROPERTY", "bucketed_by and bucket_count must be specified together"))
	case missing != nil:
		panic(errorAt(Pos{}, "INVALID_TABLE_PROPERTY", "Bucketing columns [%s] not present in schema", strings.Join(missing, ", ")))
	}
}

// text gives the value of a property that is a text.
func (p Property) text() string {
	if s, ok := p.Value.(*StringLit); ok {
		return s.Value
	}
	panic(errorAt(Pos{}, "INVALID_TABLE_PROPERTY", "Unable to set catalog 'awsdatacatalog' table property '%s' to [%s]: Cannot convert to varchar", p.Name, formatExpr(p.Value)))
}

// count gives the value of a property that is a whole number.
func (p Property) count() int {
	n, err := strconv.Atoi(formatExpr(p.Value))
	if err != nil {
		panic(errorAt(Pos{}, "INVALID_TABLE_PROPERTY", "Unable to set catalog 'awsdatacatalog' table property '%s' to [%s]: Cannot convert to integer", p.Name, formatExpr(p.Value)))
	}
	return n
}

// list gives the value of a property that is an array of names, in lower case.
func (p Property) list() []string {
	array, ok := p.Value.(*ArrayLit)
	if !ok {
		panic(errorAt(Pos{}, "INVALID_TABLE_PROPERTY", "Unable to set catalog 'awsdatacatalog' table property '%s' to [%s]: Cannot convert to array(varchar)", p.Name, formatExpr(p.Value)))
	}
	out := []string{}
	for _, x := range array.Items {
		out = append(out, strings.ToLower(Property{p.Pos, p.Name, x}.text()))
	}
	return out
}
