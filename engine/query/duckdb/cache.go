package duckdb

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"acme/telemetry/engine/serde"
)

// cache keeps the rows of JSON objects as DuckDB tables, one for each table of
// the catalog, so that the statements of a report decode an object once. It
// holds whole objects with all of their columns. What does not fit the budget
// is not kept: it streams.
type cache struct {
	session *session
	scans   *scanTable
	budget  int64 // bytes of JSON, which is about what the rows take
	clock   int64
	serial  int
	tables  map[string]*cached // by cacheKey
}

type cached struct {
	name    string // of the DuckDB table
	objects map[string]*cachedObject
	byID    []string // keys, by the id their rows carry
	bytes   int64
	used    int64
	made    bool // the DuckDB tables exist
}

type cachedObject struct {
	object
	stats serde.Stats
}

// errUncached says that a set of objects must be streamed.
var errUncached = errors.New("not kept in the cache")

// ensure makes sure that the rows of objects are in a DuckDB table and gives
// it; fresh says that some had to be read. make makes the scan of some objects.
func (c *cache) ensure(table string, objects []object, make func([]object) *scan) (t *cached, fresh bool, err error) {
	t = c.tables[table]
	if t != nil && !t.agrees(objects) {
		c.drop(table)
		t = nil
	}
	var missing []object
	about := int64(0)
	for _, o := range objects {
		if t == nil || t.objects[o.key] == nil {
			missing = append(missing, o)
			about += o.unpackedAbout()
		}
	}
	if !c.room(table, about) {
		return nil, false, errUncached
	}
	if t == nil {
		c.serial++
		t = &cached{name: fmt.Sprintf("acme_cache_%d", c.serial), objects: map[string]*cachedObject{}}
	}
	c.clock++
	t.used = c.clock
	if len(missing) == 0 && t.made {
		return t, false, nil
	}
	if err := c.load(t, missing, make); err != nil {
		return nil, true, err
	}
	c.tables[table] = t
	return t, true, nil
}

// missing gives those of a table's objects whose rows are not kept.
func (c *cache) missing(table string, objects []object) []object {
	t := c.tables[table]
	if t == nil || !t.agrees(objects) {
		return objects
	}
	return slices.DeleteFunc(slices.Clone(objects), func(o object) bool { return t.objects[o.key] != nil })
}

// agrees says whether what is kept is still what the lake has.
func (t *cached) agrees(objects []object) bool {
	for _, o := range objects {
		if kept := t.objects[o.key]; kept != nil && (kept.size != o.size || !kept.modified.Equal(o.modified)) {
			return false
		}
	}
	return true
}

// room makes place for about so many bytes by dropping other tables, those not
// used for longest first.
func (c *cache) room(table string, about int64) bool {
	for {
		total, oldest := about, ""
		for name, t := range c.tables {
			total += t.bytes
			if name != table && (oldest == "" || t.used < c.tables[oldest].used) {
				oldest = name
			}
		}
		if total <= c.budget {
			return true
		}
		if oldest == "" {
			return false
		}
		c.drop(oldest)
	}
}

func (c *cache) drop(table string) {
	if t := c.tables[table]; t != nil {
		delete(c.tables, table)
		// A failure leaves memory in use and nothing wrong.
		_ = c.session.exec("DROP TABLE IF EXISTS " + t.name)
		_ = c.session.exec("DROP TABLE IF EXISTS " + t.name + "_path")
	}
}

// load reads objects into a cached table, which is made by the first of them.
func (c *cache) load(t *cached, missing []object, make func([]object) *scan) error {
	first := !t.made
	for i := range missing {
		missing[i].id = int32(len(t.byID) + i)
	}
	s := make(missing)
	id := c.scans.add(s)
	defer c.scans.drop(id)
	statement := fmt.Sprintf("INSERT INTO %s SELECT * FROM %s(%d)", t.name, scanFunction, id)
	if first {
		statement = fmt.Sprintf("CREATE TABLE %s AS SELECT * FROM %s(%d)", t.name, scanFunction, id)
	}
	if err := c.session.exec(statement); err != nil {
		if cause := s.failure(); cause != nil {
			return cause
		}
		return err
	}
	if first {
		if err := c.session.exec(fmt.Sprintf("CREATE TABLE %s_path (acme_object INTEGER, %s)", t.name, hiddenDefinition())); err != nil {
			return err
		}
		t.made = true
	}
	var paths []string
	for i, o := range missing {
		t.objects[o.key] = &cachedObject{object: o, stats: s.read[i]}
		t.byID = append(t.byID, o.key)
		t.bytes += s.read[i].Bytes
		paths = append(paths, fmt.Sprintf("(%d, %s)", o.id, hiddenLiterals(o)))
	}
	if len(paths) == 0 {
		return nil
	}
	return c.session.exec(fmt.Sprintf("INSERT INTO %s_path VALUES %s", t.name, strings.Join(paths, ", ")))
}

// only gives the condition that leaves the rows of these objects, or "" where
// they are all there are.
func (t *cached) only(objects []object) string {
	if len(objects) == len(t.objects) {
		return ""
	}
	ids := make([]int, len(objects))
	for i, o := range objects {
		ids[i] = int(t.objects[o.key].id)
	}
	slices.Sort(ids)
	var ranges []string
	for i := 0; i < len(ids); {
		end := i
		for end+1 < len(ids) && ids[end+1] == ids[end]+1 {
			end++
		}
		ranges = append(ranges, fmt.Sprintf("acme_object BETWEEN %d AND %d", ids[i], ids[end]))
		i = end + 1
	}
	if len(ranges) == 0 {
		return "false"
	}
	return "(" + strings.Join(ranges, " OR ") + ")"
}
