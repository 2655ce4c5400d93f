package conformance_test

import (
	"strings"
	"testing"
)

// TestJoinsAreFound holds that DuckDB joins by the keys that a condition names, though
// other terms of it can fail and stand in a CASE: it would pair every row with every
// other, and be out of memory where Trino takes a second.
func TestJoinsAreFound(t *testing.T) {
	e := openEngine(t)
	const (
		table = "video_telemetry_json"
		near  = "date_diff('minute', from_iso8601_timestamp(a.event_timestamp), from_iso8601_timestamp(b.event_timestamp)) < 5"
	)
	for _, c := range []struct{ name, sql string }{
		{"in WHERE", "SELECT a.quality FROM " + table + " a, " + table + " b WHERE a.session_id = b.session_id AND " + near + " AND b.event_type = 'stop'"},
		{"in WHERE, behind what can fail", "SELECT a.quality FROM " + table + " a, " + table + " b WHERE 1 / length(a.quality) > 0 AND " + near + " AND a.session_id = b.session_id"},
		{"in ON", "SELECT a.quality FROM " + table + " a JOIN " + table + " b ON a.session_id = b.session_id AND " + near},
		{"of expressions", "SELECT a.quality FROM " + table + " a JOIN " + table + " b ON lower(a.session_id) = upper(b.session_id) AND " + near},
		{"of two types", "SELECT 1 FROM (SELECT year AS k, event_timestamp FROM " + table + ") a JOIN (SELECT CAST(year AS bigint) AS k, event_timestamp FROM " + table + ") b ON a.k = b.k AND " + near},
		{"of two types, which a cast can fail to make", "SELECT 1 FROM " + table + " a, " + table + " b WHERE a.year = 2025 AND CAST(substr(a.event_timestamp, 1, 4) AS integer) = b.year AND " + near},
		{"of an outer join", "SELECT 1 FROM " + table + " a LEFT JOIN " + table + " b ON a.session_id = b.session_id AND 1 / length(b.quality) = 0 AND b.event_type = 'stop'"},
		{"of an outer join to the right", "SELECT 1 FROM " + table + " a RIGHT JOIN " + table + " b ON a.session_id = b.session_id AND from_iso8601_timestamp(a.event_timestamp) > TIMESTAMP '2025-08-11 17:30:00 UTC'"},
		{"of an outer join that asks more of both sides", "SELECT 1 FROM " + table + " a LEFT JOIN " + table + " b ON a.session_id = b.session_id AND " + near + " LEFT JOIN " + table + " c ON b.session_id = c.session_id AND 1 / length(a.quality || c.quality) = 0"},
		{"of one to the right", "SELECT 1 FROM " + table + " a RIGHT JOIN (SELECT DISTINCT session_id, event_timestamp FROM " + table + ") b ON a.session_id = b.session_id AND " + near},
		{"of one with a lambda", "SELECT 1 FROM " + table + " a LEFT JOIN " + table + " b ON a.session_id = b.session_id AND any_match(split(b.quality, 'D'), e -> length(e) / length(a.quality) = 1)"},
		{"beside a subquery that filters", "SELECT a.quality FROM " + table + " a, " + table + " b WHERE " + near + " AND b.session_id IN (SELECT session_id FROM " + table + " WHERE quality = 'HD') AND a.session_id = b.session_id"},
		{"beside a subquery that is one of two", "SELECT a.quality FROM " + table + " a, " + table + " b WHERE a.session_id = b.session_id AND (a.quality = 'HD' OR b.session_id IN (SELECT session_id FROM " + table + "))"},
		{"of a subquery with the query around it", "SELECT quality FROM " + table + " a WHERE EXISTS (SELECT 1 FROM " + table + " b WHERE b.session_id = a.session_id AND 1 / length(b.quality) > 0)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr, _, err := e.run(c.sql, 483)
			if err != nil {
				t.Fatal(err)
			}
			plan := strings.Join(e.shown(t, "EXPLAIN "+tr.SQL), "\n")
			for _, slow := range []string{"CROSS_PRODUCT", "NL_JOIN", "NESTED_LOOP_JOIN"} {
				if strings.Contains(plan, slow) {
					t.Errorf("%s in the plan of %s", slow, tr.SQL)
				}
			}
			if !strings.Contains(plan, "HASH_JOIN") {
				t.Errorf("no HASH_JOIN in the plan of %s", tr.SQL)
			}
		})
	}
}
