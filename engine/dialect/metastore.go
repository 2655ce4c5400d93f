package dialect

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Metastore is a catalog with what statements have changed of it: tables and
// databases made or dropped, views, partitions, prepared statements. It is a value:
// Apply gives a new one, and any number of goroutines may read one.
type Metastore struct {
	base      Catalog
	databases map[string]bool   // false for one that was dropped
	tables    map[string]*Table // by database.name; nil for one that was dropped
	prepared  map[string]string
}

// NewMetastore gives a catalog of which nothing has been changed yet.
func NewMetastore(base Catalog) *Metastore {
	return &Metastore{base, map[string]bool{}, map[string]*Table{}, map[string]string{}}
}

func metaKey(db, name string) string { return db + "." + name }

// Databases gives the databases that there are.
func (m *Metastore) Databases() []string {
	all := map[string]bool{}
	for _, db := range m.base.Databases() {
		all[db] = true
	}
	maps.Copy(all, m.databases)
	maps.DeleteFunc(all, func(_ string, there bool) bool { return !there })
	return sortedKeys(all)
}

// Tables gives a database's tables and views.
func (m *Metastore) Tables(db string) []string {
	if there, changed := m.databases[db]; changed && !there {
		return nil
	}
	all := map[string]bool{}
	for _, name := range m.base.Tables(db) {
		all[name] = true
	}
	for key, t := range m.tables {
		if of, name, _ := strings.Cut(key, "."); of == db {
			all[name] = t != nil
		}
	}
	maps.DeleteFunc(all, func(_ string, there bool) bool { return !there })
	return sortedKeys(all)
}

// Table gives a table or view, or nil.
func (m *Metastore) Table(db, name string) *Table {
	if there, changed := m.databases[db]; changed && !there {
		return nil
	}
	if t, changed := m.tables[metaKey(db, name)]; changed {
		return t
	}
	return m.base.Table(db, name)
}

// Prepared gives the text of a prepared statement.
func (m *Metastore) Prepared(name string) (string, bool) {
	text, ok := m.prepared[name]
	return text, ok
}

// Apply gives the catalog that a statement makes of m, which Understand has planned
// over m. Rows that the statement writes are the caller's business, as is the
// location of a table that CREATE TABLE AS makes.
func (m *Metastore) Apply(p *Plan) (out *Metastore, err error) {
	defer catch(&err)
	out = &Metastore{m.base, maps.Clone(m.databases), maps.Clone(m.tables), maps.Clone(m.prepared)}
	switch s := p.Statement.(type) {
	case *CreateDatabase:
		out.databases[s.Name] = true
	case *CreateTable:
		t := s.Table
		out.tables[metaKey(t.Database, t.Name)] = &t
	case *CreateTableAs, *CreateView:
		out.tables[metaKey(p.Table.Database, p.Table.Name)] = p.Table
	case *Drop:
		out.drop(s, p)
	case *Prepare:
		out.prepared[s.Name] = s.Text
	case *Deallocate:
		delete(out.prepared, s.Name)
	case *Insert, *Unload:
	default:
		t := *p.Table
		alterTable(&t, p.Statement)
		out.tables[metaKey(t.Database, strings.ToLower(t.Name))] = &t
	}
	return out, nil
}

func (m *Metastore) drop(s *Drop, p *Plan) {
	if s.What == "SCHEMA" {
		name := s.Name.Parts[len(s.Name.Parts)-1]
		m.databases[name] = false
		maps.DeleteFunc(m.tables, func(key string, _ *Table) bool { return strings.HasPrefix(key, name+".") })
		return
	}
	key := metaKey(p.Table.Database, strings.ToLower(p.Table.Name))
	if m.base.Table(p.Table.Database, strings.ToLower(p.Table.Name)) == nil {
		delete(m.tables, key)
		return
	}
	m.tables[key] = nil
}

// alterTable changes a table; what t shares with the catalog is not touched.
func alterTable(t *Table, s Statement) {
	switch s := s.(type) {
	case *AddPartition:
		for _, spec := range s.Partitions {
			addPartition(t, spec, s)
		}
	case *DropPartition:
		for _, spec := range s.Partitions {
			dropPartitions(t, spec, s)
		}
	case *RenamePartition:
		from, to := t.partitionOf(s.Pos, s.From), t.partitionOf(s.Pos, s.To)
		place := t.placeOf(from)
		t.Added = slices.DeleteFunc(slices.Clone(t.Added), func(p Partition) bool { return slices.Equal(p.Values, from) })
		t.Added = append(t.Added, Partition{to, place})
		t.Removed = append(slices.Clone(t.Removed), from)
	case *SetLocation:
		location := strings.TrimSuffix(s.Location, "/") + "/"
		checkLocation(location)
		if s.Partition == nil {
			t.Location = location
			return
		}
		values := t.partitionOf(s.Pos, *s.Partition)
		t.Added = slices.DeleteFunc(slices.Clone(t.Added), func(p Partition) bool { return slices.Equal(p.Values, values) })
		t.Added = append(t.Added, Partition{values, location})
	case *SetProperties:
		t.TableProperties = maps.Clone(t.TableProperties)
		if t.TableProperties == nil {
			t.TableProperties = map[string]string{}
		}
		maps.Copy(t.TableProperties, s.Properties)
	case *AddColumns:
		t.addColumns(s)
	case *RepairTable: // partitions in folders that name them are found by looking
		t.Removed = nil
	}
}

func (t *Table) addColumns(s *AddColumns) {
	if !s.Replace {
		t.Columns = append(slices.Clone(t.Columns), s.Columns...)
	} else {
		t.Columns = s.Columns
	}
	seen := map[string]bool{}
	for _, c := range slices.Concat(t.Columns, t.Partitions) {
		if seen[strings.ToLower(c.Name)] {
			panic(errorAt(s.Pos, "DUPLICATE_COLUMN_NAME", "Column name '%s' specified more than once", c.Name))
		}
		seen[strings.ToLower(c.Name)] = true
	}
}

// partitionOf gives the values of a specification in the order of the columns.
func (t *Table) partitionOf(p Pos, spec PartitionSpec) []string {
	values := make([]string, len(t.Partitions))
	for i, c := range t.Partitions {
		n := slices.Index(spec.Columns, strings.ToLower(c.Name))
		if n < 0 {
			panic(errorAt(p, "GENERIC_USER_ERROR", "partition spec (%s) doesn't contain all (%d) partition columns", strings.Join(spec.Columns, ", "), len(t.Partitions)))
		}
		values[i] = spec.Values[n]
	}
	if len(spec.Columns) != len(t.Partitions) {
		panic(errorAt(p, "GENERIC_USER_ERROR", "partition spec (%s) has columns that are no partition columns", strings.Join(spec.Columns, ", ")))
	}
	return values
}

// placeOf gives where a partition lies.
func (t *Table) placeOf(values []string) string {
	for _, p := range t.Added {
		if slices.Equal(p.Values, values) && p.Location != "" {
			return p.Location
		}
	}
	parts := make([]string, len(values))
	for i, c := range t.Partitions {
		parts[i] = strings.ToLower(c.Name) + "=" + values[i]
	}
	return t.Location + strings.Join(parts, "/") + "/"
}

func addPartition(t *Table, spec PartitionSpec, s *AddPartition) {
	p := Partition{Values: t.partitionOf(s.Pos, spec)}
	if spec.Location != "" {
		p.Location = strings.TrimSuffix(spec.Location, "/") + "/"
		checkLocation(p.Location)
	}
	if slices.ContainsFunc(t.Added, func(o Partition) bool { return slices.Equal(o.Values, p.Values) }) {
		if s.IfNotExists {
			return
		}
		panic(errorAt(s.Pos, "ALREADY_EXISTS", "Partition already exists: [%s]", strings.Join(p.Values, ", ")))
	}
	t.Added = append(slices.Clone(t.Added), p)
	t.Removed = slices.DeleteFunc(slices.Clone(t.Removed), func(v []string) bool { return slices.Equal(v, p.Values) })
}

func dropPartitions(t *Table, spec PartitionSpec, s *DropPartition) {
	values := t.partitionOf(s.Pos, spec)
	t.Added = slices.DeleteFunc(slices.Clone(t.Added), func(p Partition) bool { return slices.Equal(p.Values, values) })
	t.Removed = append(slices.Clone(t.Removed), values)
}

// Restore gives the catalog in which partitions of a table that were taken away are
// its own again: those that rows have been written to. It is m where there are none.
func (m *Metastore) Restore(db, name string, written [][]string) *Metastore {
	t := m.Table(db, name)
	if t == nil {
		return m
	}
	left := slices.DeleteFunc(slices.Clone(t.Removed), func(values []string) bool {
		return slices.ContainsFunc(written, func(w []string) bool { return slices.EqualFunc(values, w, sameValue) })
	})
	if len(left) == len(t.Removed) {
		return m
	}
	again := *t
	again.Removed = left
	out := &Metastore{m.base, m.databases, maps.Clone(m.tables), m.prepared}
	out.tables[metaKey(db, name)] = &again
	return out
}

// sameValue says whether two texts are one value of a partition: 08 is 8.
func sameValue(a, b string) bool {
	x, xerr := strconv.ParseInt(a, 10, 64)
	y, yerr := strconv.ParseInt(b, 10, 64)
	return a == b || xerr == nil && yerr == nil && x == y
}

// The form in which a Metastore is kept: what differs from the base, tables as the
// DDL that makes them.
type (
	storedMetastore struct {
		Version   int                    `json:"version"` // 1
		Databases map[string]bool        `json:"databases,omitempty"`
		Tables    map[string]storedTable `json:"tables,omitempty"`
		Prepared  map[string]string      `json:"prepared,omitempty"`
	}
	storedTable struct {
		Dropped bool        `json:"dropped,omitempty"`
		DDL     string      `json:"ddl,omitempty"`
		Added   []Partition `json:"added,omitempty"`
		Removed [][]string  `json:"removed,omitempty"`
		View    *storedView `json:"view,omitempty"`
	}
	storedView struct {
		SQL      string      `json:"sql"`
		Database string      `json:"database"` // of names without one
		Comment  string      `json:"comment,omitempty"`
		Columns  [][2]string `json:"columns"` // name, type
	}
)

// MarshalJSON gives what m has changed of its base.
func (m *Metastore) MarshalJSON() ([]byte, error) {
	out := storedMetastore{Version: 1, Databases: m.databases, Prepared: m.prepared, Tables: map[string]storedTable{}}
	for key, t := range m.tables {
		switch {
		case t == nil:
			out.Tables[key] = storedTable{Dropped: true}
		case t.View != "":
			v := &storedView{SQL: t.View, Database: t.ViewDatabase, Comment: t.Comment}
			for _, c := range t.Columns {
				v.Columns = append(v.Columns, [2]string{c.Name, c.Type.String()})
			}
			out.Tables[key] = storedTable{View: v}
		default:
			out.Tables[key] = storedTable{DDL: TableDDL(t), Added: t.Added, Removed: t.Removed}
		}
	}
	return json.Marshal(out)
}

// LoadMetastore reads what MarshalJSON wrote, over a base that may have changed.
func LoadMetastore(base Catalog, text []byte) (*Metastore, error) {
	var in storedMetastore
	if err := json.Unmarshal(text, &in); err != nil {
		return nil, fmt.Errorf("reading the catalog: %w", err)
	}
	if in.Version != 1 {
		return nil, fmt.Errorf("reading the catalog: its version is %d and this program knows 1", in.Version)
	}
	m := NewMetastore(base)
	maps.Copy(m.databases, in.Databases)
	maps.Copy(m.prepared, in.Prepared)
	for key, stored := range in.Tables {
		t, err := stored.table(key)
		if err != nil {
			return nil, fmt.Errorf("reading the catalog: %s: %w", key, err)
		}
		m.tables[key] = t
	}
	return m, nil
}

func (s storedTable) table(key string) (*Table, error) {
	if s.Dropped {
		return nil, nil
	}
	if s.View != nil {
		t := &Table{Comment: s.View.Comment, View: s.View.SQL, ViewDatabase: s.View.Database}
		t.Database, t.Name, _ = strings.Cut(key, ".")
		for _, c := range s.View.Columns {
			typ, err := ParseType(c[1])
			if err != nil {
				return nil, err
			}
			t.Columns = append(t.Columns, Column{Name: c[0], Type: typ})
		}
		return t, nil
	}
	statements, err := ParseDDL(s.DDL)
	if err != nil {
		return nil, err
	}
	if len(statements) == 1 {
		if c, ok := statements[0].(*CreateTable); ok {
			c.Table.Added, c.Table.Removed = s.Added, s.Removed
			return &c.Table, nil
		}
	}
	return nil, fmt.Errorf("%q makes no table", s.DDL)
}

// ParseType reads a type as Type.String spells it.
func ParseType(text string) (t Type, err error) {
	defer catch(&err)
	p := newParser(text, 483)
	n := p.typeName()
	if p.tok().kind != tokEOF {
		p.fail()
	}
	return newAnalyser(Options{}, 483).typeOf(n), nil
}
