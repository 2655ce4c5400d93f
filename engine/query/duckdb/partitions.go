package duckdb

import (
	"fmt"
	"path"
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
	seen := map[int]bool{}
	var rows []string
	for _, o := range chosen {
		if seen[o.part] {
			continue
		}
		seen[o.part] = true
		row := literals(s.Table, o.values)
		if s.Path {
			row = append(row, quoteText(partitionName(s.Table, o)))
		}
		rows = append(rows, "("+strings.Join(row, ", ")+")")
	}
	from := emptyRelation(&dialect.Scan{Table: s.Table, Path: s.Path})
	if len(rows) > 0 {
		from = fmt.Sprintf("SELECT * FROM (VALUES %s) v(%s)", strings.Join(rows, ", "), strings.Join(names, ", "))
	}
	return j.session.exec(fmt.Sprintf("CREATE OR REPLACE TEMP VIEW %s AS %s", quoteName(s.Relation), from))
}

// partitionName gives a partition as it is called: its folders, or its values where
// it lies elsewhere.
func partitionName(t *dialect.Table, o object) string {
	if rest, ok := strings.CutPrefix(o.path, t.Location); ok {
		if folder := path.Dir(rest); strings.Contains(folder, "=") {
			return folder
		}
	}
	parts := make([]string, len(o.values))
	for i, v := range o.values {
		if v == nil {
			v = "__HIVE_DEFAULT_PARTITION__"
		}
		parts[i] = fmt.Sprintf("%s=%v", strings.ToLower(t.Partitions[i].Name), v)
	}
	return strings.Join(parts, "/")
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
