package conformance_test

import "testing"

// TestFoundBySuites are statements after those of Trino's own tests of queries.
func TestFoundBySuites(t *testing.T) {
	const (
		pairs = "(VALUES (1, 30), (2, 20), (3, 10)) AS t (a, b)"
	)
	holdReleases(t, []releaseCase{
		{"a star's column that only ORDER BY reads", "SELECT a FROM (SELECT * FROM " + pairs + " ORDER BY b LIMIT 1) AS x", "[[3]]", ""},
		{"a star's column that only ORDER BY reads, by place", "SELECT a FROM (SELECT * FROM " + pairs + " ORDER BY 2 LIMIT 1) AS x", "[[3]]", ""},
		{"a star's column that only ORDER BY reads, of a query in another", "WITH x AS (SELECT * FROM (SELECT * FROM " + pairs + ") ORDER BY b OFFSET 1 LIMIT 1) SELECT a FROM x", "[[2]]", ""},
		{"a star's column that only ORDER BY reads, with ties", "SELECT a FROM (SELECT * FROM " + pairs + " ORDER BY b FETCH FIRST ROW WITH TIES) AS x", "[[3]]", ""},
	})
}
