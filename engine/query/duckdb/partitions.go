package duckdb

import (
	"fmt"
	"strings"

	"acme/telemetry/engine/dialect"
)

// partitionRelation makes the view over a table's partitions: a row each, with its
// values and its name.
func (j *job) partitionRelation(s *dialect.Scan, chosen []object) error {
	names := make([]string, 0, len(s.Table.Partitions)+1)
	for _, c := range s.Table.Partitions {
		names = append(names, quoteName(c.Name))
	}
	if s.Path {
		names = append(names, `"$path"`)
	}
	seen := map[string]bool{}
	var rows []string
	for _, o := range chosen {
		if seen[o.folder] {
			continue
		}
		seen[o.folder] = true
		row := literals(s.Table, o.values)
		if s.Path {
			row = append(row, quoteText(o.folder))
		}
		rows = append(rows, "("+strings.Join(row, ", ")+")")
	}
	from := emptyRelation(&dialect.Scan{Table: s.Table, Path: s.Path})
	if len(rows) > 0 {
		from = fmt.Sprintf("SELECT * FROM (VALUES %s) v(%s)", strings.Join(rows, ", "), strings.Join(names, ", "))
	}
	return j.session.exec(fmt.Sprintf("CREATE OR REPLACE TEMP VIEW %s AS %s", quoteName(s.Relation), from))
}

// removedValues gives the partitions that statements took away from a table.
func removedValues(t *dialect.Table) ([][]any, error) {
	var out [][]any
	for _, texts := range t.Removed {
		values := make([]any, len(texts))
		for i, text := range texts {
			v, err := partitionValue(t.Partitions[i], text)
			if err != nil {
				return nil, err
			}
			values[i] = v
		}
		out = append(out, values)
	}
	return out, nil
}

// cacheKey names a table as it is defined: one that was changed, or made again under
// its name, has rows of its own in the cache.
func cacheKey(t *dialect.Table) string {
	return dialect.TableDDL(t) + fmt.Sprint(t.Added)
}
