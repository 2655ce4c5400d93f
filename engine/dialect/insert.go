package dialect

import (
	"fmt"
	"slices"
	"strings"
)

// Statements that write rows: CREATE TABLE AS, INSERT and UNLOAD. What is found
// here is what Trino finds before a row is read.

// WriteFormat is how rows are written: what stands behind WITH.
type WriteFormat struct {
	Format      string // PARQUET, JSON or TEXTFILE
	Compression string // GZIP, SNAPPY, ZSTD or NONE
	Delimiter   string // of TEXTFILE's fields
	Null        string // what TEXTFILE has for NULL
	Location    string // s3://bucket/prefix/; empty where none is given
	Partitions  []string
	BucketedBy  []string // columns, and into how many buckets; of the definition alone
	Buckets     int
}

// target is where an INSERT's rows go.
type target struct {
	pos     Pos
	columns []Column // of the table, in its order
	chosen  []int    // into columns, in the order of the query's
}

func (u *planner) createTableAs(c *CreateTableAs) *Plan {
	q := u.resolve(c.Name)
	plan := &Plan{Pos: c.Pos, What: "CREATE TABLE AS", Statement: c, Effect: true}
	if u.find(q) != nil {
		if !c.IfNotExists {
			panic(errorAt(c.Pos, "TABLE_ALREADY_EXISTS", "Destination table '%s' already exists", q))
		}
		plan.Exists = true
		return plan
	}
	plan.Rows = u.rows(c.Query, nil)
	if c.Columns != nil {
		u.aliases(c, plan.Rows)
	}
	checkColumns(c.Pos, plan.Rows.Columns)
	u.needDatabase(q)
	plan.Format = u.writeFormat(c.Properties, "table")
	plan.Table = newTable(c, q, plan)
	return plan
}

// aliases gives the columns of a query the names of CREATE TABLE t (a, b) AS.
func (u *planner) aliases(c *CreateTableAs, tr *Translation) {
	if len(c.Columns) != len(tr.Columns) {
		panic(errorAt(c.Columns[0].pos, "MISMATCHED_COLUMN_ALIASES", "Column alias list has %d entries but relation has %d columns", len(c.Columns), len(tr.Columns)))
	}
	for i, n := range c.Columns {
		for _, m := range c.Columns[:i] {
			if strings.EqualFold(m.Text, n.Text) {
				panic(errorAt(n.pos, "DUPLICATE_COLUMN_NAME", "Column name '%s' specified more than once", n.Text))
			}
		}
		tr.Columns[i].Name, tr.Columns[i].Unnamed = strings.ToLower(n.Text), false
	}
}

// checkColumns holds the columns of a new table or view to what can be one.
func checkColumns(p Pos, columns []OutputColumn) {
	seen := map[string]bool{}
	for i, c := range columns {
		name := strings.ToLower(c.Name)
		switch {
		case c.Unnamed:
			panic(errorAt(p, "MISSING_COLUMN_NAME", "Column name not specified at position %d", i+1).hint("give it a name: expression AS name"))
		case seen[name]:
			panic(errorAt(p, "DUPLICATE_COLUMN_NAME", "Column name '%s' specified more than once", c.Name))
		case c.Type.Kind == Unknown:
			panic(errorAt(p, "COLUMN_TYPE_UNKNOWN", "Column type is unknown: %s", c.Name).hint("give it a type: CAST(NULL AS varchar)"))
		}
		seen[name] = true
	}
}

// newTable makes the table that CREATE TABLE AS makes.
func newTable(c *CreateTableAs, q qualified, plan *Plan) *Table {
	t := &Table{Database: q.database, Name: q.name, Comment: c.Comment, External: true, Location: plan.Format.Location, Format: plan.Format.Format}
	cut := len(plan.Rows.Columns) - len(plan.Format.Partitions)
	checkPartitions(plan)
	checkBuckets(plan)
	t.BucketedBy, t.Buckets = plan.Format.BucketedBy, plan.Format.Buckets
	for i, out := range plan.Rows.Columns {
		column := Column{Name: strings.ToLower(out.Name), Type: storedType(out.Type)}
		checkStored(column, i >= cut)
		if i < cut {
			t.Columns = append(t.Columns, column)
			continue
		}
		t.Partitions = append(t.Partitions, column)
	}
	switch plan.Format.Format {
	case "JSON":
		t.SerDe = "org.apache.hive.hcatalog.data.JsonSerDe"
	case "TEXTFILE":
		t.SerDe = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
		t.SerDeProperties = map[string]string{"field.delim": plan.Format.Delimiter, "serialization.format": plan.Format.Delimiter}
	case "PARQUET":
		t.SerDe = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
	}
	return t
}

// checkPartitions holds partitioned_by to the columns: the last ones, in their order.
func checkPartitions(plan *Plan) {
	var names, missing []string
	for _, c := range plan.Rows.Columns {
		names = append(names, strings.ToLower(c.Name))
	}
	for _, name := range plan.Format.Partitions {
		if !slices.Contains(names, name) {
			missing = append(missing, name)
		}
	}
	list := plan.Format.Partitions
	switch {
	case missing != nil:
		panic(errorAt(Pos{}, "INVALID_TABLE_PROPERTY", "Partition columns [%s] not present in schema", strings.Join(missing, ", ")))
	case len(list) >= len(names):
		panic(errorAt(Pos{}, "INVALID_TABLE_PROPERTY", "Table contains only partition columns"))
	case !slices.Equal(names[len(names)-len(list):], list):
		panic(errorAt(Pos{}, "HIVE_COLUMN_ORDER_MISMATCH", "Partition keys must be the last columns in the table and in the same order as the table properties: [%s]", strings.Join(list, ", ")))
	}
}

// storedType gives the type that a table keeps values of t in: its timestamps
// have three digits.
func storedType(t Type) Type {
	if t.Kind == Timestamp {
		return timestampType(3)
	}
	for i := range t.Elem {
		if i == 0 {
			t.Elem = append([]Field{}, t.Elem...)
		}
		t.Elem[i].Type = storedType(t.Elem[i].Type)
	}
	return t
}

// checkStored refuses a column of a type that Hive's tables have not.
func checkStored(c Column, partition bool) {
	if _, ok := hiveTypeText(c.Type); !ok {
		if anonymous(c.Type) {
			panic(errorAt(Pos{}, "NOT_SUPPORTED", "Anonymous row type is not supported in Hive. Please give each field a name: %s", c.Type).hint("CAST(%s AS ROW(name type, ...))", c.Name))
		}
		panic(errorAt(Pos{}, "NOT_SUPPORTED", "Unsupported Hive type: %s", c.Type).hint("column %s: cast it, as in CAST(%s AS varchar)", c.Name, c.Name))
	}
	if partition && (c.Type.isNested() || c.Type.Kind == Varbinary) {
		panic(errorAt(Pos{}, "NOT_SUPPORTED", "Unsupported type [%s] for partition: %s", c.Type, c.Name))
	}
}

// anonymous says whether there is a row in t with a field that has no name.
func anonymous(t Type) bool {
	return slices.ContainsFunc(t.Elem, func(f Field) bool { return t.Kind == Row && f.Name == "" || anonymous(f.Type) })
}

func (u *planner) insert(s *Insert) *Plan {
	q := u.resolve(s.Name)
	t := u.find(q)
	if t != nil && t.View != "" {
		panic(errorAt(s.Pos, "NOT_SUPPORTED", "Inserting into views is not supported"))
	}
	if t == nil {
		u.rows(s.Query, nil) // its errors come first
		pos := s.Pos
		if u.opt.Level < 440 {
			pos = Pos{}
		}
		panic(errorAt(pos, "TABLE_NOT_FOUND", "Table '%s' does not exist", q))
	}
	into := &target{pos: s.Pos}
	if u.opt.Level < 440 {
		into.pos = Pos{}
	}
	into.columns = append(append(into.columns, t.Columns...), t.Partitions...)
	into.choose(s)
	plan := &Plan{Pos: s.Pos, What: "INSERT", Statement: s, Effect: true, Table: t}
	plan.Format = WriteFormat{Format: t.Format, Location: t.Location, Compression: "GZIP", Null: `\N`}
	if d, ok := t.SerDeProperties["field.delim"]; ok {
		plan.Format.Delimiter = d
	}
	if null, ok := t.SerDeProperties["serialization.null.format"]; ok {
		plan.Format.Null = null
	}
	plan.Rows = u.rows(s.Query, into)
	return plan
}

// choose finds the columns that an INSERT names.
func (t *target) choose(s *Insert) {
	if s.Columns == nil {
		for i := range t.columns {
			t.chosen = append(t.chosen, i)
		}
		return
	}
	seen := map[string]bool{}
	for _, n := range s.Columns {
		name := strings.ToLower(n.Text)
		at := -1
		for i, c := range t.columns {
			if c.Name == name {
				at = i
			}
		}
		if at < 0 {
			panic(errorAt(t.pos, "COLUMN_NOT_FOUND", "Insert column name does not exist in target table: %s", name))
		}
		if seen[name] {
			panic(errorAt(t.pos, "DUPLICATE_COLUMN_NAME", "Insert column name is specified more than once: %s", name))
		}
		seen[name] = true
		t.chosen = append(t.chosen, at)
	}
}

// store makes of the rows of a query those of the table they are written to.
func (a *analyser) store(res *result) {
	t := a.into
	var want, have []string
	for _, i := range t.chosen {
		want = append(want, t.columns[i].Type.String())
	}
	for _, c := range res.cols {
		have = append(have, c.typ.String())
	}
	match := len(want) == len(have)
	for n, i := range t.chosen {
		match = match && n < len(res.cols) && storable(res.cols[n].typ, t.columns[i].Type)
	}
	if !match {
		panic(errorAt(t.pos, "TYPE_MISMATCH", "Insert query has mismatched column types: Table: [%s], Query: [%s]", strings.Join(want, ", "), strings.Join(have, ", ")))
	}
	alias := quoteName(a.unique("rows"))
	items := make([]string, len(t.columns))
	cols := make([]outCol, len(t.columns))
	for i, c := range t.columns {
		items[i] = "CAST(NULL AS " + c.Type.DuckDB() + ")"
		cols[i] = outCol{name: c.Name, code: fmt.Sprintf("c%d", i), typ: c.Type}
	}
	for n, i := range t.chosen {
		v := value{typ: res.cols[n].typ, code: alias + "." + quoteName(res.cols[n].code), pos: t.pos}
		items[i] = a.stored(v, t.columns[i].Type).code
		cols[i].deps = res.cols[n].deps
	}
	for i := range items {
		items[i] += fmt.Sprintf(" AS c%d", i)
	}
	res.sql = "SELECT " + strings.Join(items, ", ") + " FROM (" + res.sql + ") AS " + alias
	res.cols = cols
}

// storable says whether a column of type into takes values of type t.
func storable(t, into Type) bool {
	temporal := func(t Type) bool { return t.Kind == Date || t.Kind == Timestamp || t.Kind == TimestampTZ }
	switch {
	case t.Kind == Unknown:
		return true
	case t.isNumeric() && into.isNumeric(), t.isText() && into.isText(), temporal(t) && temporal(into):
		return true
	case t.Kind != into.Kind || len(t.Elem) != len(into.Elem):
		return false
	}
	for i := range t.Elem {
		if !storable(t.Elem[i].Type, into.Elem[i].Type) {
			return false
		}
	}
	return true
}

// stored gives v as a column's type; a text that is too long for it fails.
func (a *analyser) stored(v value, t Type) value {
	bounded := t.Kind == Varchar && t.Precision != Unbounded
	if bounded && v.typ.Kind == Varchar && (v.typ.Precision == Unbounded || v.typ.Precision > t.Precision) {
		message := fmt.Sprintf("[[INVALID_CAST_ARGUMENT]] Cannot truncate non-space characters when casting from %s to %s on INSERT", v.typ, t)
		v.code = fmt.Sprintf("CASE WHEN length(rtrim(%s, ' ')) > %d THEN %s ELSE left(%s, %d) END", v.code, t.Precision, failWith("VARCHAR", quoteText(message)), v.code, t.Precision)
		v.typ = t
		return v
	}
	if v.typ.Kind == Unknown || sameShape(v.typ, t) {
		return a.coerce(v, t)
	}
	return value{typ: t, code: a.convert(v.code, v.typ, t, false), pos: v.pos}
}

func (u *planner) unload(s *Unload) *Plan {
	plan := &Plan{Pos: s.Pos, What: "UNLOAD", Statement: s, Effect: true, Rows: u.rows(s.Query, nil)}
	plan.Format = u.writeFormat(s.Properties, "UNLOAD")
	plan.Format.Location = s.To
	if !hasProperty(s.Properties, "format") {
		panic(errorAt(s.Pos, "INVALID_PROPERTY", "UNLOAD needs a format").hint("WITH (format = 'PARQUET')"))
	}
	checkLocation(s.To)
	var names []OutputColumn
	for _, c := range plan.Rows.Columns {
		c.Unnamed = false
		names = append(names, c)
	}
	checkColumns(s.Pos, names)
	c := &CreateTableAs{Pos: s.Pos}
	plan.Table = newTable(c, qualified{name: "unload"}, plan)
	return plan
}

func hasProperty(list []Property, name string) bool {
	for _, p := range list {
		if p.Name == name {
			return true
		}
	}
	return false
}

// checkLocation holds a location to what objects can be written to.
func checkLocation(s string) {
	bucket, _, ok := strings.Cut(strings.TrimPrefix(s, "s3://"), "/")
	if !strings.HasPrefix(s, "s3://") || !ok || bucket == "" {
		panic(&Error{Name: "INVALID_TABLE_PROPERTY", Message: "External location is not a valid file system URI: " + s, Hint: "it must be s3://BUCKET/PREFIX/; the lake stands for the bucket"})
	}
}
