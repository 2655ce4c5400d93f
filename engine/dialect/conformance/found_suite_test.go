package conformance_test

import "testing"

// TestFoundBySuites are statements after those of Trino's own tests of queries.
func TestFoundBySuites(t *testing.T) {
	const (
		rejected   = "Given correlated subquery is not supported"
		pairs      = "(VALUES (1, 30), (2, 20), (3, 10)) AS t (a, b)"
		rows       = "SELECT me FROM (VALUES (1, 1, 9), (1, 2, 8)) T(s, d, p) MATCH_RECOGNIZE (ORDER BY d MEASURES "
		pattern    = " AS me PATTERN (A B+) SUBSET U = (A, B) DEFINE B AS "
		all        = " ALL ROWS PER MATCH PATTERN (A) DEFINE A AS true)"
		lists      = " FROM (VALUES ARRAY[1, 2, 3]) AS t (a)"
		noOverlaps = "SYNTAX_ERROR: line 1:57: mismatched input '('. Expecting: ',', 'EXCEPT', 'FETCH', 'FROM', 'GROUP', 'HAVING', 'INTERSECT', 'LIMIT', 'OFFSET', 'ORDER', 'UNION', 'WHERE', 'WINDOW', <EOF>"
		beyond     = "EXPRESSION_NOT_IN_DISTINCT: line 1:1: For SELECT DISTINCT, ORDER BY expressions must appear in select list"
	)
	holdReleases(t, []releaseCase{
		{"a star's column that only ORDER BY reads", "SELECT a FROM (SELECT * FROM " + pairs + " ORDER BY b LIMIT 1) AS x", "[[3]]", ""},
		{"a star's column that only ORDER BY reads, by place", "SELECT a FROM (SELECT * FROM " + pairs + " ORDER BY 2 LIMIT 1) AS x", "[[3]]", ""},
		{"a star's column that only ORDER BY reads, of a query in another", "WITH x AS (SELECT * FROM (SELECT * FROM " + pairs + ") ORDER BY b OFFSET 1 LIMIT 1) SELECT a FROM x", "[[2]]", ""},
		{"a star's column that only ORDER BY reads, with ties", "SELECT a FROM (SELECT * FROM " + pairs + " ORDER BY b FETCH FIRST ROW WITH TIES) AS x", "[[3]]", ""},
		{"a constant beside an aggregate over nothing, in LATERAL", "SELECT * FROM (VALUES 1, 2) AS t (c) LEFT JOIN LATERAL (SELECT 7, max(v) FROM (VALUES (2, 3)) AS u (k, v) WHERE k = c) ON true ORDER BY 1", "[[1,7,null],[2,7,3]]", ""},
		{"a constant outside of an aggregate over nothing, in LATERAL", "SELECT * FROM (VALUES 1, 2) AS t (c) LEFT JOIN LATERAL (SELECT x + 1, 5 FROM (SELECT max(v) AS x FROM (VALUES (2, 3)) AS u (k, v) WHERE k = c)) ON true ORDER BY 1", "[[1,null,5],[2,4,5]]", ""},
		{"one row of an aggregate over nothing, in LATERAL", "SELECT x, y FROM (VALUES 1, 2) AS t (c) LEFT JOIN LATERAL (SELECT 5 AS y, max(v) AS x FROM (VALUES (2, 3)) AS u (k, v) WHERE k = c LIMIT 1) ON true ORDER BY c", "[[null,5],[3,5]]", ""},
		{"a distinct aggregate over nothing, in LATERAL", "SELECT x FROM (VALUES 1, 2) AS t (c) LEFT JOIN LATERAL (SELECT DISTINCT max(v) AS x FROM (VALUES (2, 3)) AS u (k, v) WHERE k = c) ON true", "NOT_SUPPORTED: line 1:57: this shape of correlated subquery is not supported by the local engine", ""},
		{"RIGHT JOIN LATERAL of all is by every row", "SELECT * FROM (SELECT 1 WHERE false) AS t (a) RIGHT JOIN LATERAL (VALUES 2) AS u (b) ON true", "[]", ""},
		{"FULL JOIN LATERAL of all is by every row", "SELECT * FROM (SELECT 1 WHERE false) AS t (a) FULL JOIN LATERAL (VALUES 2) AS u (b) ON true", "[]", ""},
		{"RIGHT JOIN LATERAL by a condition", "SELECT * FROM (VALUES 1, NULL) AS t (a) RIGHT JOIN LATERAL (SELECT 2) AS u (b) ON a < b", "NOT_SUPPORTED: line 1:15: RIGHT JOIN LATERAL with a condition is not supported by the local engine", ""},
		{"FULL JOIN LATERAL by names", "SELECT * FROM (VALUES 1) AS a (x) FULL JOIN LATERAL (VALUES 2) AS b (x) USING (x)", "NOT_SUPPORTED: line 1:15: FULL JOIN involving LATERAL relation is only supported with condition ON TRUE", ""},
		{"JOIN LATERAL by names", "SELECT * FROM (VALUES 1) AS a (x) JOIN LATERAL (VALUES 2) AS b (x) USING (x)", "NOT_SUPPORTED: line 1:15: Correlated join with criteria other than ON is not supported", "NOT_SUPPORTED: line 1:15: JOIN LATERAL with USING is not supported by the local engine"},
		{"a row of no row", "SELECT (SELECT 1, 2 WHERE false), (SELECT 1, 2 WHERE false) IS NULL", "[[[null,null],false]]", ""},
		{"a row of no row, by the query around", "SELECT (SELECT a, b FROM (VALUES (1, 2)) AS u (a, b) WHERE u.a = t.x) FROM (VALUES 2) AS t (x)", "[[null]]", ""},
		{"distinct rows by what is worked out of a column of the list", "SELECT DISTINCT a, a + b FROM " + pairs + " ORDER BY a + b", beyond, ""},
		{"distinct rows by what is worked out of a column of the list under its name", "SELECT DISTINCT a AS a, a + b AS c FROM " + pairs + " ORDER BY a + b", beyond, ""},
		{"distinct rows by what is worked out of a column of a table", "SELECT DISTINCT a, t.a + 1 FROM " + pairs + " ORDER BY t.a + 1 DESC", "[[3,4],[2,3],[1,2]]", ""},
		{"distinct rows by what is worked out of a column not in the list", "SELECT DISTINCT a AS x, a + b FROM " + pairs + " ORDER BY a + b", "[[3,13],[2,22],[1,31]]", ""},
		{"a window function in the order of another's argument", "SELECT array_agg(a ORDER BY last_value(b) OVER ()) OVER () FROM " + pairs, "EXPRESSION_NOT_AGGREGATE: line 1:8: 'array_agg(a ORDER BY last_value(b) OVER () ASC) OVER ()' must be an aggregate expression or appear in GROUP BY clause", "NESTED_WINDOW: line 1:29: Cannot nest window functions or row pattern measures inside window function arguments"},
		{"maps part a window", "SELECT row_number() OVER (PARTITION BY x) FROM (VALUES MAP(ARRAY[1], ARRAY[2])) AS t (x)", "[[1]]", "TYPE_MISMATCH: line 1:40: map(integer, integer) is not orderable, and therefore cannot be used in window function PARTITION BY"},
		{"GROUPING of a row's field", "SELECT grouping(a.f) FROM (VALUES ROW(CAST(ROW(1) AS ROW(f bigint)))) AS t (a) GROUP BY a.f", "INVALID_ARGUMENTS: line 1:8: The arguments to GROUPING() must be expressions referenced by the GROUP BY at the associated query level. Mismatch due to a.f.", ""},
		{"a default of JSON_VALUE that is a query", "SELECT json_value('[1]', 'lax $[7]' RETURNING bigint DEFAULT (SELECT 42) ON EMPTY)", "[[42]]", "UNSUPPORTED_SUBQUERY: line 1:62: Subqueries are not supported in JSON_VALUE default expressions"},
		{"one row by a column that loses digits", "SELECT (SELECT t.a FROM (VALUES BIGINT '1', 2) AS t (a) WHERE t.a = o.b LIMIT 1) FROM (VALUES 1e0, 2e0) AS o (b)", "NOT_SUPPORTED: line 1:9: " + rejected, ""},
		{"groups by a column that loses digits", "SELECT EXISTS (SELECT 1 FROM (VALUES (BIGINT '1', NULL)) AS t (a, b) WHERE t.a = o.b GROUP BY t.b) FROM (VALUES 1e0) AS o (b)", "NOT_SUPPORTED: line 1:8: " + rejected, ""},
		{"groups by a column that keeps its digits", "SELECT EXISTS (SELECT 1 FROM (VALUES (1, NULL)) AS t (a, b) WHERE t.a = o.b GROUP BY t.b) FROM (VALUES 1e0) AS o (b)", "[[true]]", ""},
		{"one of the groups by another column", "SELECT (SELECT count(*) FROM (VALUES (1, 0), (1, 1)) AS t (a, b) WHERE a = c GROUP BY b LIMIT 1) FROM (VALUES 1) AS o (c)", "NOT_SUPPORTED: line 1:9: " + rejected, ""},
		{"a group by what is equated under another name", "SELECT (SELECT max(v) FROM (VALUES (1, 10)) AS u (k, v) WHERE o.c = u.k GROUP BY k) FROM (VALUES 1, 7) AS o (c) ORDER BY 1", "NOT_SUPPORTED: line 1:9: this shape of correlated subquery is not supported by the local engine", "[[10],[null]]"},
		{"columns together in CUBE", "SELECT count(*) FROM (VALUES (1, 1, 1)) AS t (a, b, c) GROUP BY CUBE (a, (b, c))", "INVALID_COLUMN_REFERENCE: line 1:74: GROUP BY expression must be a column reference: ROW (b, c)", "[[1],[1],[1],[1]]"},
		{"grouping sets by the query around", "SELECT * FROM (VALUES 1) AS o (c), LATERAL (SELECT count(*) FROM (VALUES (1, 0)) AS t (a, b) WHERE a = c GROUP BY GROUPING SETS ((a, b), (a)))", "NOT_SUPPORTED: line 1:45: " + rejected, ""},
		{"aggregates over UNNEST that all have FILTER", "SELECT (SELECT sum(x) FILTER (WHERE x < 3) FROM UNNEST(a) AS u (x))" + lists, "NOT_SUPPORTED: line 1:9: " + rejected, ""},
		{"aggregates over UNNEST of which one has FILTER", "SELECT (SELECT count(*) FILTER (WHERE x < 3) + sum(x) FROM UNNEST(a) AS u (x))" + lists, "[[8]]", ""},
		{"an ambiguous column of a row pattern", `SELECT * FROM (VALUES (1, 2)) AS k (x, "X") MATCH_RECOGNIZE (MEASURES 1 AS m PATTERN (A) DEFINE A AS true)`, "AMBIGUOUS_NAME: line 1:15: ambiguous column: X in row pattern input relation", ""},
		{"a column by which a row pattern is sorted twice", "SELECT * FROM (VALUES (1, 2)) AS k (x, y) MATCH_RECOGNIZE (PARTITION BY x ORDER BY y, y, x MEASURES 7 AS m" + all, "[[1,2,2,1,7]]", ""},
		{"a column by which a row pattern is parted twice", "SELECT * FROM (VALUES (1, 2)) AS k (x, y) MATCH_RECOGNIZE (PARTITION BY x, x MEASURES 7 AS m PATTERN (A) DEFINE A AS true)", "[[1,1,7]]", ""},
		{"a row pattern in another", rows + "EXISTS (SELECT c FROM (VALUES 2) t(a) MATCH_RECOGNIZE (MEASURES CLASSIFIER() AS c PATTERN (X) DEFINE X AS true))" + pattern + "true)", "NESTED_ROW_PATTERN_RECOGNITION: line 1:116: nested row pattern recognition in row pattern recognition", ""},
		{"TRY in a row pattern", rows + "sum(TRY(1))" + pattern + "true)", "NOT_SUPPORTED: line 1:98: TRY expression in pattern recognition context is not yet supported", ""},
		{"a navigation with FILTER", rows + "LAST(DISTINCT d ORDER BY d) FILTER (WHERE true)" + pattern + "true)", "INVALID_PATTERN_RECOGNITION_FUNCTION: line 1:94: Cannot use FILTER with last pattern recognition function", ""},
		{"a navigation with ORDER BY", rows + "PREV(d ORDER BY d)" + pattern + "true)", "INVALID_PATTERN_RECOGNITION_FUNCTION: line 1:94: Cannot use ORDER BY with prev pattern recognition function", ""},
		{"a navigation with DISTINCT", rows + "LAST(DISTINCT d)" + pattern + "true)", "INVALID_PATTERN_RECOGNITION_FUNCTION: line 1:94: Cannot use DISTINCT with last pattern recognition function", ""},
		{"a navigation's name in quotes", rows + `"NEXT"(p)` + pattern + "true)", "FUNCTION_NOT_FOUND: line 1:94: Function 'next' not registered", ""},
		{"PREV with a mode", rows + "FINAL PREV(d)" + pattern + "true)", "INVALID_PROCESSING_MODE: line 1:94: FINAL semantics is not supported with prev pattern recognition function", ""},
		{"MATCH_NUMBER with a mode", rows + "RUNNING MATCH_NUMBER()" + pattern + "true)", "INVALID_PROCESSING_MODE: line 1:94: RUNNING semantics is not supported with match_number pattern recognition function", ""},
		{"a navigation against a subquery", rows + "1 + LAST(d) IN (SELECT 1)" + pattern + "true)", "NOT_SUPPORTED: line 1:98: IN-PREDICATE with last function is not yet supported", ""},
		{"a variable's column against a subquery", rows + "1" + pattern + "B.d IN (SELECT 1))", "NOT_SUPPORTED: line 1:147: IN-PREDICATE with labeled column reference is not yet supported", ""},
		{"a column of a row pattern against all of a subquery", rows + "A.d > ALL (SELECT 1)" + pattern + "true)", "NOT_SUPPORTED: line 1:98: ALL or ANY of a query in MATCH_RECOGNIZE is not supported by the local engine", ""},
		{"CLASSIFIER of two variables", rows + "CLASSIFIER(A, B)" + pattern + "true)", "INVALID_FUNCTION_ARGUMENT: line 1:94: CLASSIFIER pattern recognition function takes no arguments or 1 argument", ""},
		{"a variable in quotes defined twice", `SELECT * FROM (VALUES 1) T(x) MATCH_RECOGNIZE (MEASURES 1 AS m PATTERN (A "a") DEFINE "a" AS true, "a" AS false)`, `INVALID_LABEL: line 1:100: pattern variable with name: "a" is defined twice`, ""},
		{"a subset declared twice", "SELECT * FROM (VALUES 1) T(x) MATCH_RECOGNIZE (MEASURES 1 AS m PATTERN (A B) SUBSET S = (B), S = (A) DEFINE B AS true)", "INVALID_LABEL: line 1:94: union pattern variable name: S is declared twice", ""},
		{"an aggregate of an aggregate by the query around", "SELECT (SELECT max(a) FROM (SELECT max(k) FROM (VALUES 1) AS r (k) WHERE o.c = r.k) AS t (a)) FROM (VALUES 1) AS o (c)", "NOT_SUPPORTED: line 1:9: " + rejected, ""},
		{"a condition on an aggregate by the query around", "SELECT EXISTS (SELECT a FROM (SELECT max(k) FROM (VALUES 1) AS r (k) WHERE o.c = r.k) AS t (a) WHERE a > 0) FROM (VALUES 1) AS o (c)", "NOT_SUPPORTED: line 1:8: " + rejected, ""},
		{"what is worked out of an aggregate by the query around", "SELECT (SELECT a + 1 FROM (SELECT max(k) FROM (VALUES 1) AS r (k) WHERE o.c = r.k) AS t (a)) FROM (VALUES 1) AS o (c)", "[[2]]", ""},
		{"a sum of one decimal beyond 128 bits", "SELECT sum(v) FROM (SELECT DECIMAL '45000000000000000000000000000000000000' FROM (VALUES 1, 2, 3, 4) AS t (x)) AS t (v)", "NOT_SUPPORTED: a sum of decimals beyond 128 bits is not supported by the local engine", ""},
		{"one end of a period in another", "SELECT (CAST(NULL AS date), DATE '2020-06-01') OVERLAPS (DATE '2020-05-01', DATE '2020-12-31')", noOverlaps, "[[true]]"},
		{"one end of a period at the end of another", "SELECT (DATE '2020-06-01', CAST(NULL AS date)) OVERLAPS (DATE '2020-06-01', DATE '2020-12-31'), (DATE '2020-07-01', DATE '2020-06-01') OVERLAPS (CAST(NULL AS date), DATE '2020-06-15'), (CAST(NULL AS date), DATE '2020-06-01') OVERLAPS (DATE '2020-05-01', CAST(NULL AS date))", noOverlaps, "[[null,true,null]]"},
	})
}
