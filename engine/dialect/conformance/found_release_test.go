package conformance_test

import (
	"encoding/json"
	"testing"
)

// releaseCase is a statement with what the oldest and the newest release answer; an
// empty answer of the newest is that of the oldest.
type releaseCase struct{ name, sql, oldest, newest string }

// holdReleases holds the dialect to what both releases answer.
func holdReleases(t *testing.T, cases []releaseCase) {
	t.Helper()
	e := openEngine(t)
	for _, c := range cases {
		newest := c.newest
		if newest == "" {
			newest = c.oldest
		}
		for level, want := range map[int]string{401: c.oldest, 483: newest} {
			if got := e.said(t, c.sql, level); got != want {
				t.Errorf("%s, release %d:\n  %s\n  got  %s\n  want %s", c.name, level, c.sql, got, want)
			}
		}
	}
}

// TestFoundByRelease are statements found by probes.
func TestFoundByRelease(t *testing.T) { holdReleases(t, foundByRelease) }

// said gives rows as JSON, or the error's name and text.
func (e *engine) said(t *testing.T, sql string, level int) string {
	t.Helper()
	_, rows, err := e.run(sql, level)
	if err != nil {
		return told(err)
	}
	if rows == nil {
		rows = [][]any{}
	}
	got, err := json.Marshal(rows)
	if err != nil {
		t.Fatal(err)
	}
	return string(got)
}

var foundByRelease = []releaseCase{
	{"NaN among what comes to itself while Trino plans", "SELECT d IN (CASE WHEN true THEN d ELSE 1 END, 0e0) FROM (VALUES nan()) t(d)", "[[false]]",
		"NOT_SUPPORTED: line 1:10: IN of a number and a choice that it is in, at this release is not supported by the local engine"},
	{"what stands behind a literal of COALESCE reads nothing", "SELECT i FROM (VALUES 1, 8) AS b (i) WHERE i > ALL (SELECT x FROM (VALUES coalesce(-3, i), 7) AS t (x))", "[[8]]", ""},
	{"what CASE and IF leave out reads nothing", "SELECT i FROM (VALUES 1, 8) AS b (i) WHERE i > ALL (SELECT x FROM (VALUES CASE WHEN false THEN i WHEN true THEN 3 ELSE i END, if(true, 7, i)) AS t (x))", "[[8]]", ""},
	{"what CASE of a literal leaves out", "SELECT i FROM (VALUES 1, 8) AS b (i) WHERE i > ALL (SELECT x FROM (VALUES CASE 7 WHEN 10 THEN i WHEN 007 THEN 2 ELSE i END) AS t (x)) ORDER BY coalesce('a', 'b'), i", "[[8]]", ""},
	{"CASE of nothing", "SELECT millisecond(CASE WHEN false THEN t END), CASE WHEN false THEN NULL END FROM (VALUES TIMESTAMP '2025-08-11 17:33:47.123') AS b (t)", "[[null,null]]", ""},
	{"NaN has no sign to be ordered by", "SELECT k FROM (VALUES (1, nan()), (2, 0e0), (3, NULL), (4, nan()), (5, 1e0)) t(k, d) ORDER BY d / d NULLS FIRST, k", "[[3],[1],[2],[4],[5]]", ""},
	{"a map's keys become what its subscript is", "SELECT map(ARRAY['a'], ARRAY[1])[CAST('a' AS varchar(7))], map(ARRAY[1], ARRAY[2])[1e0], map(ARRAY[DATE '2020-01-01'], ARRAY[3])[TIMESTAMP '2020-01-01 00:00:00']", "[[1,2,3]]", ""},
	{"a map without the longer key", "SELECT map(ARRAY['a'], ARRAY[1])['kk']", "INVALID_FUNCTION_ARGUMENT: Key not present in map: kk", ""},
	{"EXISTS beside a name of the query around", "SELECT (SELECT o OR EXISTS (SELECT 1 FROM (VALUES 1) AS t (x) WHERE t.x > 1)) FROM (VALUES true) b(o)", "NOT_SUPPORTED: line 1:9: Given correlated subquery is not supported", ""},
	{"a zero below 0 is less than one above", "SELECT max(x), min(x), array_max(array_agg(x)), array_min(array_agg(x)), array_agg(k ORDER BY x, k) FROM (VALUES (1, 0e0), (2, -0e0), (3, 0e0)) t(k, x)", "[[0,-0,0,-0,[2,1,3]]]", "[[0,0,0,0,[1,2,3]]]"},
	{"NULL rounded to no digits at all", "SELECT round(CAST(NULL AS double), -32768)", "[[null]]", ""},
	{"zeros apart among the keys of a window", "SELECT array_agg(n ORDER BY k) FROM (SELECT k, row_number() OVER (ORDER BY x, k) AS n FROM (VALUES (1, 0e0), (2, -0e0), (3, 0e0)) t(k, x))", "[[[2,1,3]]]", "[[[1,2,3]]]"},
	{"a subquery that a branch never taken asks", "SELECT CASE WHEN false THEN (SELECT max(k) FROM (VALUES k, 3) t(x)) ELSE 1 END FROM (VALUES 1) t(k)", "[[1]]", ""},
	{"a subquery that Trino cannot answer and need not", "SELECT i FROM (VALUES 1, 8) AS b (i) WHERE i < ALL (SELECT x FROM (VALUES i, 7) AS t (x)) OR true ORDER BY 1", "[[1],[8]]", ""},
	{"nor in AND", "SELECT i FROM (VALUES 1, 8) AS b (i) WHERE false AND i < ALL (SELECT x FROM (VALUES i, 7) AS t (x))", "[]", ""},
	{"one that it may see that it need not", "SELECT i FROM (VALUES 1) AS b (i) WHERE i < ALL (SELECT x FROM (VALUES i, 7) AS t (x)) OR coalesce(true, i = 1)",
		"NOT_SUPPORTED: line 1:41: a subquery like this beside a constant is not supported by the local engine", ""},
	{"a CASE of a constant in IN", "SELECT i IN (k, CASE 0 WHEN i THEN 0 END) FROM (VALUES (1, 1)) AS t (i, k)", "[[true]]",
		"NOT_SUPPORTED: line 1:10: IN with CASE of a value, NULLIF, BETWEEN or IN among several values at this release is not supported by the local engine"},
	{"rows compared to part them, in older releases", "SELECT row_number() OVER (PARTITION BY a) FROM (VALUES ARRAY[1, NULL], ARRAY[1, 2]) AS t (a)",
		"NOT_SUPPORTED: the order of arrays and rows that hold NULL, at this release, is not supported by the local engine", "[[1],[1]]"},
	{"rows compared to count them, in older releases", "SELECT a FROM (VALUES ARRAY[1, NULL], ARRAY[1, 2]) AS t (a) EXCEPT ALL SELECT ARRAY[1, 2]",
		"NOT_SUPPORTED: the order of arrays and rows that hold NULL, at this release, is not supported by the local engine", "[[[1,null]]]"},
	{"an ORDER BY beside DISTINCT is wrong last", "SELECT array_agg(DISTINCT 0 ORDER BY x), nofunc(1) FROM (VALUES 1) AS t (x)", "FUNCTION_NOT_FOUND: line 1:42: Function 'nofunc' not registered", ""},
	{"but in its place among the outputs", "SELECT array_agg(DISTINCT 0 ORDER BY x), x FROM (VALUES 1) AS t (x)", "EXPRESSION_NOT_IN_DISTINCT: line 1:38: For aggregate function with DISTINCT, ORDER BY expressions must appear in arguments", ""},
	{"but before HAVING", "SELECT array_agg(DISTINCT 0 ORDER BY x) FROM (VALUES (1, 2)) AS t (x, y) GROUP BY x HAVING sum(0) > y", "EXPRESSION_NOT_IN_DISTINCT: line 1:38: For aggregate function with DISTINCT, ORDER BY expressions must appear in arguments", ""},
	{"but before the query around", "SELECT nofunc(y) FROM (SELECT array_agg(DISTINCT 0 ORDER BY x) AS y FROM (VALUES 1) AS t (x)) AS u", "EXPRESSION_NOT_IN_DISTINCT: line 1:61: For aggregate function with DISTINCT, ORDER BY expressions must appear in arguments", ""},
	{"the NULL of a comparison of rows", "SELECT ((i, v) = (i, v)) IS NULL, coalesce(NOT (i, v) = (i, v), true) FROM (VALUES (1, CAST(NULL AS varchar))) AS t (i, v)", "[[true,true]]",
		"NOT_SUPPORTED: line 1:16: whether a comparison of arrays, maps or rows is NULL, at this release, is not supported by the local engine"},
	{"the NULL of one in an inner query", "SELECT x IS NULL FROM (SELECT a = a AS x FROM (VALUES ARRAY[1, NULL]) AS t (a)) AS u", "[[true]]",
		"NOT_SUPPORTED: line 1:8: whether a comparison of arrays, maps or rows is NULL, at this release, is not supported by the local engine"},
	{"NaN in a column that may be filtered by", "SELECT x FROM (SELECT x, x IN (SELECT nan()) AS c FROM (VALUES nan()) AS t (x)) AS u WHERE c",
		"NOT_SUPPORTED: line 1:32: a column that says whether double is in a subquery, of which a condition outside may make another, is not supported by the local engine", ""},
	{"a sum that only some orders have", "SELECT sum(x) FROM (VALUES 9223372036854775807, BIGINT '1', BIGINT '-1') AS t (x)",
		"NOT_SUPPORTED: a sum of which a part may be beyond bigint is not supported by the local engine", ""},
	{"sums that all orders have", "SELECT sum(x), sum(-x), sum(DISTINCT x), sum(x) FILTER (WHERE x < 0) FROM (VALUES 9223372036854775807, BIGINT '-1', NULL) AS t (x)",
		"[[9223372036854775806,-9223372036854775806,9223372036854775806,-1]]", ""},
	{"a sum beyond bigint", "SELECT sum(x) FROM (VALUES 9223372036854775807, BIGINT '1') AS t (x)", "NUMERIC_VALUE_OUT_OF_RANGE: bigint addition overflow: 9223372036854775808", ""},
	{"what TRY does not catch", "SELECT TRY(x + interval '1' day) FROM (VALUES timestamp '73326-09-11 20:14:45.247 UTC') AS t (x)",
		"NOT_SUPPORTED: TRY around an error that Athena's does not catch, or a value beyond the local engine's, is not supported by the local engine", ""},
	{"what it catches in newer releases", "SELECT TRY(from_unixtime(x)) FROM (VALUES 2251799813685.248) AS t (x)",
		"NOT_SUPPORTED: TRY around an error that Athena's does not catch, or a value beyond the local engine's, is not supported by the local engine", "[[null]]"},
	{"a date beyond DuckDB's in TRY", "SELECT TRY(date_add('year', n, DATE '2025-08-11')) FROM (VALUES 2147483647) AS t (n)",
		"NOT_SUPPORTED: TRY around an error that Athena's does not catch, or a value beyond the local engine's, is not supported by the local engine", ""},
	{"a text like our code in TRY", "SELECT TRY(concat('trino.held(acme_fail(''[[NOT_SUPPORTED]]', x)) FROM (VALUES 'a') AS t (x)", `[["trino.held(acme_fail('[[NOT_SUPPORTED]]a"]]`, ""},
	{"LATERAL in FULL JOIN", "SELECT * FROM (VALUES 1) AS l (a) FULL JOIN LATERAL (SELECT l.a) AS r (b) ON false", "INVALID_COLUMN_REFERENCE: line 1:61: LATERAL reference not allowed in FULL JOIN", ""},
	{"LATERAL in RIGHT JOIN", "SELECT * FROM (VALUES 1) AS l (a) RIGHT JOIN LATERAL (SELECT l.a) AS r (b) ON true", "INVALID_COLUMN_REFERENCE: line 1:62: LATERAL reference not allowed in RIGHT JOIN", ""},
	{"UNNEST of a column in FULL JOIN", "SELECT * FROM (VALUES ARRAY[1]) AS l (a) FULL JOIN UNNEST(a) AS r (b) ON true", "INVALID_COLUMN_REFERENCE: line 1:59: LATERAL reference not allowed in FULL JOIN", ""},
	{"a condition on UNNEST", "SELECT * FROM (VALUES ARRAY[1]) AS l (a) LEFT JOIN UNNEST(a) AS r (b) ON b > 0", "NOT_SUPPORTED: line 1:76: LEFT JOIN involving UNNEST is only supported with condition ON TRUE", ""},
	{"UNNEST joined by USING", "SELECT x FROM UNNEST(ARRAY[0e0]) AS t (x) JOIN UNNEST(ARRAY[0e0]) AS u (x) USING (x)", "NOT_SUPPORTED: line 1:15: INNER JOIN involving UNNEST is only supported with condition ON TRUE", ""},
	{"the value at a zero below 0", "SELECT max_by(y, x), min_by(y, x), max_by(y, r), min_by(y, r), max_by(y, x, 2), min_by(y, x, 2) FROM (VALUES (-0e0, REAL '-0', 1), (0e0, REAL '0', 2)) AS t (x, r, y)", "[[2,1,2,1,[2,1],[1,2]]]", "[[1,1,1,1,[2,1],[2,1]]]"},
	{"the zero that a group shows", "SELECT x, count(*) FROM (VALUES -0e0, 0e0, -0e0) AS t (x) GROUP BY x", "[[-0,3]]", ""},
	{"a condition on LATERAL in FULL JOIN", "SELECT * FROM (VALUES 1) AS l (a) FULL JOIN LATERAL (SELECT 2) AS r (b) ON false", "NOT_SUPPORTED: line 1:76: FULL JOIN involving LATERAL relation is only supported with condition ON TRUE", ""},
	{"a condition on LATERAL of one row", "SELECT * FROM (VALUES 1) AS l (a) LEFT JOIN LATERAL (SELECT l.a) AS r (b) ON l.a = r.b", "NOT_SUPPORTED: line 1:54: Given correlated subquery is not supported", ""},
	{"a condition on LATERAL of rows", "SELECT l.a, r.b FROM (VALUES 1, 2) AS l (a) LEFT JOIN LATERAL (SELECT x FROM (VALUES 1, 5) AS u (x) WHERE u.x = l.a) AS r (b) ON r.b > 0 ORDER BY 1", "[[1,1],[2,null]]", ""},
	{"a char longer than there is", "SELECT CAST('a' AS char(65536)) || CAST('b' AS char(1))", "INVALID_FUNCTION_ARGUMENT: line 1:33: CHAR length must be in range [0, 65536], got 65537", "TYPE_NOT_FOUND: line 1:33: Unknown type: char(65537)"},
	{"an array of a megabyte", "SELECT cardinality(repeat(rpad('a', n, 'b'), 10000)) FROM (VALUES 97) AS t (n)", "INVALID_FUNCTION_ARGUMENT: result of repeat function must not take more than 1000000 bytes", "[[10000]]"},
	{"an array just below", "SELECT cardinality(repeat(rpad('a', n, 'b'), 10000)), cardinality(repeat(sequence(1, m), 100)), repeat(nullif(m, m), 2) FROM (VALUES (96, 1110)) AS t (n, m)", "[[10000,100,[null,null]]]", ""},
	{"an array of arrays just above", "SELECT cardinality(repeat(sequence(1, m), 100)) FROM (VALUES 1111) AS t (m)", "INVALID_FUNCTION_ARGUMENT: result of repeat function must not take more than 1000000 bytes", "[[100]]"},
	{"EXISTS of groups that are not joined by =", "SELECT k FROM (VALUES 1, 2) AS b (k) WHERE EXISTS (SELECT u.y FROM (VALUES (1, 2)) AS u (x, y) WHERE u.x < b.k GROUP BY u.y)", "NOT_SUPPORTED: line 1:44: Given correlated subquery is not supported", ""},
	{"EXISTS of groups that are", "SELECT k FROM (VALUES 1, 2) AS b (k) WHERE EXISTS (SELECT u.y FROM (VALUES (1, 2)) AS u (x, y) WHERE u.x = b.k AND u.y > 1 GROUP BY u.y)", "[[1]]", ""},
	{"a part of a subquery that does not count", "SELECT 1 FROM (VALUES 1) AS b (i) WHERE 2 < ALL (SELECT x FROM (VALUES (CASE WHEN 0 > 0 THEN 1 WHEN -3 < 0 THEN -1 ELSE i END), 7) AS t (x))", "NOT_SUPPORTED: line 1:50: a correlated subquery with a part that may not count is not supported by the local engine", ""},
	{"the type of a column orders nothing", "SELECT array_agg(k ORDER BY typeof(k), k) FROM (SELECT k FROM (VALUES 2, 1) AS t (k) ORDER BY typeof(k) LIMIT 2)", "[[[1,2]]]", ""},
	{"a constant compared with what TRY_CAST cannot hold", "SELECT TRY_CAST(i AS smallint) > 5, TRY_CAST(i AS tinyint) <> 5, TRY_CAST(i AS smallint) IN (1, 5), TRY_CAST(i AS tinyint) IS DISTINCT FROM 5, TRY_CAST(i AS decimal(3,0)) > 5, NOT (TRY_CAST(i AS smallint) = 5) FROM (VALUES 100000) AS t (i)", "[[null,null,null,true,null,null]]", ""},
	{"a constant compared with what CAST cannot hold", "SELECT i FROM (VALUES 1, 100000) AS t (i) WHERE CAST(i AS smallint) > 5", "NUMERIC_VALUE_OUT_OF_RANGE: Out of range for smallint: 100000", ""},
	{"a constant compared with a sum that overflows", "SELECT j > 5 FROM (SELECT i + 1 AS j FROM (VALUES bigint '9223372036854775807', 1) AS t (i))", "NUMERIC_VALUE_OUT_OF_RANGE: bigint addition overflow: 9223372036854775807 + 1", ""},
	{"a constant compared with a difference that overflows", "SELECT i FROM (VALUES -2147483648, 1) AS t (i) WHERE i - 1 < 5", "NUMERIC_VALUE_OUT_OF_RANGE: integer subtraction overflow: -2147483648 - 1", ""},
	{"a constant compared with a negation that overflows", "SELECT -i > 5 FROM (VALUES bigint '-9223372036854775808', 1) AS t (i)", "NUMERIC_VALUE_OUT_OF_RANGE: bigint negation overflow: -9223372036854775808", ""},
	{"a constant compared with a decimal that TRY_CAST cannot hold", "SELECT TRY_CAST(d AS decimal(4,1)) > 5, TRY_CAST(d AS decimal(4,1)) IN (1.5, 2.5) FROM (VALUES 10000.5) AS t (d)", "[[null,null]]", ""},
	{"the field of a row that is known to be NULL", "SELECT max(x), count(x) FROM (SELECT NULLIF(CAST(ROW(1, 'a') AS row(x integer, y varchar)), CAST(ROW(1, 'a') AS row(x integer, y varchar))).y AS x FROM (VALUES 1, 2) AS t (k))", "[[null,0]]", ""},
	{"covariance of an infinite value, which depends on the order", "SELECT covar_pop(x, y) FROM (VALUES (2e0, 3e0), (1e0, infinity())) AS t (x, y)", "NOT_SUPPORTED: covar_pop of infinite values among others is not supported by the local engine", ""},
	{"covariance of one infinite value", "SELECT covar_pop(x, y), covar_samp(x, y) FROM (VALUES (2e0, infinity()), (NULL, infinity())) AS t (x, y)", `[["NaN",null]]`, ""},
	{"IN of groups", "SELECT k FROM (VALUES 1, 2) AS b (k) WHERE k IN (SELECT u.y FROM (VALUES (1, 2)) AS u (x, y) WHERE u.x = b.k GROUP BY u.y)", "NOT_SUPPORTED: line 1:46: Given correlated subquery is not supported", "NOT_SUPPORTED: line 1:44: Given correlated subquery is not supported"},
	{"a subquery in UNNEST of a subquery", "SELECT (SELECT max(e) FROM UNNEST(if(i > ALL (VALUES 1, 2), ARRAY[1])) AS u (e)) FROM (VALUES 1) AS t (i)",
		"NOT_SUPPORTED: line 1:40: a subquery in UNNEST at this release is not supported by the local engine", "NOT_SUPPORTED: line 1:9: Given correlated subquery is not supported"},
	{"rows in their order behind a comparison of arrays", "SELECT array_agg(k) FROM (VALUES (1, ARRAY[1, 2, 3]), (2, ARRAY[1, 2]), (3, NULL), (4, ARRAY[5]), (5, ARRAY[NULL, 7])) AS t (k, a) WHERE ARRAY[1, 2] IS DISTINCT FROM a", "[[[1,3,4,5]]]", ""},
	{"a row with NULL among constant ones", "SELECT DISTINCT (country, nullif(city, city)) IN (('a', 'b'), ('c', 'd')), (country, 1) IN (('a', 1), ('c', 2)), (1, nullif(city, city)) IN ((2, 'b'), (2, city)) FROM video_telemetry_json", "[[null,false,false]]", ""},
	{"over VALUES, where Trino may know it before", "SELECT (i, v) IN ((1, 'abc'), (1, 'a')) FROM (VALUES (0, CAST(NULL AS varchar))) AS t (i, v)", "NOT_SUPPORTED: IN of constant arrays, maps or rows for a value with NULL in it, over VALUES, is not supported by the local engine", ""},
	{"a row with NULL among constant ones and others", "SELECT (nullif(country, country), 'a') IN ((city, 'b'), ('x', 'a')) FROM video_telemetry_json", "NOT_SUPPORTED: IN of arrays, maps or rows, constant and not, for a value with NULL in it is not supported by the local engine", ""},
	{"a row with NULL that others decide", "SELECT DISTINCT (nullif(country, country), 'a') IN ((city, 'a'), ('x', 'a')), (nullif(country, country), 'a') IN ((city, 'b'), ('x', 'c')), (country, 'a') IN ((country, 'a'), ('x', 'a')) FROM video_telemetry_json", "[[null,false,true]]", ""},
	{"a row compared twice is looked up", "SELECT DISTINCT (nullif(country, country), 'a') = ('x', 'b') OR (nullif(country, country), 'a') = ('y', 'b'), ('x', 'b') = (nullif(country, country), 'a') OR ('y', 'b') = (nullif(country, country), 'a') FROM video_telemetry_json", "[[null,false]]", ""},
	{"EXISTS in UNNEST, known while it is planned", "SELECT (SELECT count(e) FROM UNNEST(if(EXISTS (SELECT 1 FROM (VALUES 1, 2) AS t (x)), ARRAY[1, 2], a)) AS u (e)) FROM (VALUES ARRAY[1]) AS b (a)",
		"NOT_SUPPORTED: line 1:40: a subquery in UNNEST at this release is not supported by the local engine", "[[2]]"},
	{"EXISTS in UNNEST, not known", "SELECT (SELECT count(e) FROM UNNEST(if(EXISTS (SELECT 1 FROM (VALUES 1, 2) AS t (x) WHERE x > 1), ARRAY[1, 2], a)) AS u (e)) FROM (VALUES ARRAY[1]) AS b (a)",
		"NOT_SUPPORTED: line 1:40: a subquery in UNNEST at this release is not supported by the local engine", "NOT_SUPPORTED: line 1:9: this shape of correlated subquery is not supported by the local engine"},
	{"months beyond 32 bits that are only compared", "SELECT INTERVAL '2' MONTH <= INTERVAL '-1' YEAR * i FROM (VALUES 2147483647) AS t (i)",
		"NOT_SUPPORTED: an interval of more months than 32 bits take is not supported by the local engine", "NUMERIC_VALUE_OUT_OF_RANGE: integer multiplication overflow: -12 * 2147483647"},
	{"months within", "SELECT INTERVAL '2' MONTH <= INTERVAL '-1' YEAR * i, INTERVAL '1' YEAR + INTERVAL '1' MONTH * i, CAST(INTERVAL '1' YEAR - INTERVAL '1' MONTH * i AS varchar) FROM (VALUES 2) AS t (i)", "[[false,\"1-2\",\"0-10\"]]", ""},
	{"what is divided fails before what it is divided by", "SELECT (- s) / CAST((q > 7) AS smallint) FROM (VALUES (SMALLINT '-32768', 1.5)) AS t (s, q)", "NUMERIC_VALUE_OUT_OF_RANGE: smallint negation overflow: -32768", ""},
	{"-0 before 0", "SELECT k FROM (VALUES (1, 0e0), (2, -0e0), (3, NULL), (4, nan())) AS t (k, v) ORDER BY v, k", "[[2],[1],[4],[3]]", "[[1],[2],[4],[3]]"},
	{"0 before -0", "SELECT v, k FROM (VALUES (1, REAL '-0'), (2, REAL '0'), (3, NULL)) AS t (k, v) ORDER BY 1 DESC, k LIMIT 2", "[[0,2],[-0,1]]", "[[-0,1],[0,2]]"},
	{"a constant counted once", "SELECT count(DISTINCT 0.5e0), max(k) FROM (VALUES 1, 2) AS t (k)", "NOT_SUPPORTED: line 1:8: count(DISTINCT) of a constant beside another aggregate at this release is not supported by the local engine", "[[1,2]]"},
	{"a constant counted alone", "SELECT i, count(DISTINCT 'x') FROM (VALUES 1, 2, 2) AS t (i) GROUP BY ROLLUP (i) HAVING count(DISTINCT 'x') > 0 ORDER BY 1", "[[1,1],[2,1],[null,1]]", ""},
	{"a constant counted beside an aggregate that orders", "SELECT count(DISTINCT 1) FROM (VALUES 1, 2) AS t (k) ORDER BY sum(k)", "NOT_SUPPORTED: line 1:8: count(DISTINCT) of a constant beside another aggregate at this release is not supported by the local engine", "[[1]]"},
	{"a column that is constant", "WITH t AS (SELECT 5 AS c, k FROM (VALUES 1, 2) AS t (k)) SELECT count(DISTINCT u.c), max(k) FROM (SELECT * FROM t) AS u", "NOT_SUPPORTED: line 1:65: count(DISTINCT) of a constant beside another aggregate at this release is not supported by the local engine", "[[1,2]]"},
	{"a constant among NULL and others", "SELECT 3 IN (i, NULL) FROM (VALUES 1) AS t (i)", "NOT_SUPPORTED: line 1:10: IN with NULL and others in its list at this release is not supported by the local engine", "[[null]]"},
	{"a constant among NULL and the type of a column", "SELECT 'a' NOT IN (typeof(i), NULL) FROM (VALUES 1) AS t (i)", "NOT_SUPPORTED: line 1:16: IN with NULL and others in its list at this release is not supported by the local engine", "[[null]]"},
	{"over VALUES without NULL", "SELECT (i, v) IN ((1, 'abc'), (1, 'a')), (i, v) IN ((1, 'abc')), (i, v) NOT IN ((1, 'b'), (1, NULL)) FROM (VALUES (1, 'abc')) AS t (i, v)", "[[true,true,null]]", ""},
	{"far times beside a constant one", "SELECT t < timestamp '2025-08-11 17:00:00 Europe/Berlin', t BETWEEN timestamp '2025-08-11 17:00:00 UTC' AND timestamp '2025-08-12 17:00:00 UTC' FROM UNNEST(ARRAY[timestamp '73326-09-12 00:00:00']) AS b (t)", "[[false,false]]", ""},
	{"far times to the microsecond", "SELECT t = z, t > z FROM (VALUES (timestamp '73326-09-12 00:00:00.000001', timestamp '2025-08-11 17:00:00 UTC')) AS b (t, z)", "[[false,true]]", ""},
	{"far times to the millisecond", "SELECT t = z FROM UNNEST(ARRAY[timestamp '73326-09-12 00:00:00.001'], ARRAY[timestamp '2025-08-11 17:00:00 UTC']) AS b (t, z)", "INVALID_CAST_ARGUMENT: Out of range for timestamp with time zone: 2251799827200001", ""},
	{"the type of an element that is NULL for every row", "SELECT element_at(split(v, ','), NULLIF(0, 0)), concat(v, element_at(split(v, ','), NULLIF(0, 0))), slice(split(v, ','), 1, NULLIF(1, 1)) FROM (VALUES 'a') AS t (v)", "[[null,null,null]]", ""},
	{"the type of an element of what is NULL", "SELECT v FROM (VALUES 1) AS t (v) WHERE v >= TRY(array_sort(TRY(CAST(JSON '12' AS array(integer))))[v])", "[]", ""},
	{"an outer column two subqueries down", "SELECT k, (SELECT (SELECT a.k)), (SELECT 1 + (SELECT a.k)) FROM (VALUES (1, 'a'), (2, 'b')) AS a (k, s) ORDER BY 1", `[[1,1,2],[2,2,3]]`, ""},
	{"the digits of a cast are the older ones", "SELECT CAST(2E23 AS varchar), CAST(1e23 AS varchar), CAST(2.0E-3 AS varchar), CAST(9007199254740993e3 AS varchar)",
		`[["1.9999999999999998E23","9.999999999999999E22","2.0E-3","9.007199254740993E18"]]`, ""},
	{"the digits of JSON", "SELECT json_format(CAST(ARRAY[2E23, 1e-323, 18014398509481984e0] AS json)), json_format(CAST(REAL '1.17549435E-38' AS json))",
		`[["[1.9999999999999998E23,1.0E-323,1.8014398509481984E16]","1.17549435E-38"]]`, `[["[2.0E23,9.9E-324,1.8014398509481984E16]","1.1754944E-38"]]`},
	{"the digits of json_parse", "SELECT json_format(json_parse('[2E23,1e-323]')), json_format(json_extract('{\"a\":2E23}', '$.a'))",
		`[["[1.9999999999999998E23,1.0E-323]","1.9999999999999998E23"]]`, `[["[2E+23,1E-323]","2.0E23"]]`},
	{"JSON's doubles in an array of JSON", "SELECT json_format(CAST(JSON '[2E23, 18014398509481984.0]' AS array(json))[1])", `[["1.9999999999999998E23"]]`, `[["2.0E23"]]`},
	{"the digits of SQL/JSON", "SELECT json_query('{\"b\": 2E23}', 'lax $.b'), json_value('{\"b\": 2E23}', 'lax $.b'), json_array(2E23)",
		`[["1.9999999999999998E23","1.9999999999999998E23","[1.9999999999999998E23]"]]`, `[["2.0E23","1.9999999999999998E23","[2.0E23]"]]`},
	{"the digits of format", "SELECT format('%s %.3f', 2E23, 2E23)", `[["1.9999999999999998E23 199999999999999980000000.000"]]`, `[["2.0E23 200000000000000000000000.000"]]`},
	{"the digits of a decimal", "SELECT CAST(2E23 AS decimal(38,0)), CAST(1e23 AS decimal(30,2))", `[["199999999999999980000000","99999999999999990000000.00"]]`, `[["200000000000000000000000","100000000000000000000000.00"]]`},
	{"the digits of an error", "SELECT CAST(2E23 AS bigint)", "INVALID_CAST_ARGUMENT: Unable to cast 1.9999999999999998E23 to bigint", "NUMERIC_VALUE_OUT_OF_RANGE: Out of range for bigint: 2.0E23"},
	{"a real too large for bigint", "SELECT CAST(REAL '1e20' AS bigint)", "[[9223372036854775807]]", "NUMERIC_VALUE_OUT_OF_RANGE: Out of range for bigint: 1.0E20"},
	{"a text rounds to a real once", "SELECT CAST(x AS real) = REAL '1.0000002', REAL '1.00000017881393432617187500001' = REAL '1.0000002' FROM (VALUES '1.00000017881393432617187500001') AS t(x)", "[[true,true]]", ""},
	{"a boolean that does not fit", "SELECT CAST(true AS varchar(3))", "GENERIC_INTERNAL_ERROR: Value [true] does not fit in type varchar(3)", "INVALID_CAST_ARGUMENT: Cannot cast 'true' to varchar(3)"},
	{"a decimal too large for bigint", "SELECT CAST(DECIMAL '9223372036854775807.5' AS bigint)", "INVALID_CAST_ARGUMENT: Cannot cast '9223372036854775807.5' to BIGINT", "NUMERIC_VALUE_OUT_OF_RANGE: Cannot cast '9223372036854775807.5' to BIGINT"},
	{"NaN meets no NaN where IN filters", "SELECT x FROM (VALUES nan(), 2e0) AS t(x) WHERE x IN (SELECT y FROM (VALUES nan(), 2e0) AS u(y))", "[[2]]", ""},
	{"NaN meets NaN where IN is a value", "SELECT x IN (SELECT nan()), coalesce(x IN (SELECT nan()), false) FROM (VALUES nan()) AS t(x)", "[[true,true]]", ""},
	{"a row with NaN meets nothing either", "SELECT x FROM (VALUES (nan(), 1), (2e0, 1)) AS t(x, y) WHERE (x, y) IN (SELECT z, 1 FROM (VALUES nan(), 2e0) AS u(z))", "[[2]]", ""},
	{"NaN in FILTER", "SELECT count(*) FILTER (WHERE x IN (SELECT nan())) FROM (VALUES nan(), 2e0) AS t(x)", "NOT_SUPPORTED: line 1:37: FILTER by double against a subquery is not supported by the local engine", ""},
	{"NaN in ON", "SELECT x FROM (VALUES nan(), 2e0) AS t(x) JOIN (VALUES 1) AS u(y) ON x IN (SELECT nan())", "[]", ""},
	{"NaN in HAVING", "SELECT x FROM (VALUES nan(), 2e0) AS t(x) GROUP BY x HAVING x IN (SELECT nan())", "[]", ""},
	{"the element below the first of NULLs", "SELECT ARRAY[NULL][-1]", "INVALID_FUNCTION_ARGUMENT: Array subscript is negative: -1", ""},
	{"the first element of none", "SELECT ARRAY[][1]", "INVALID_FUNCTION_ARGUMENT: Array subscript must be less than or equal to array length: 1 > 0", ""},
	{"element 0 of NULLs", "SELECT element_at(ARRAY[NULL], 0)", "INVALID_FUNCTION_ARGUMENT: SQL array indices start at 1", ""},
	{"an element of NULLs", "SELECT ARRAY[NULL][1], element_at(ARRAY[], -3)", "[[null,null]]", ""},
	{"a char is a path", "SELECT json_extract_scalar('{\"a\":1}', CAST('$.a' AS char(3)))", `[["1"]]`, ""},
	{"names in errors are in lower case", "SELECT T.FOO FROM (VALUES 1) AS t(x)", "COLUMN_NOT_FOUND: line 1:8: Column 't.foo' cannot be resolved", ""},
	{"functions in errors are too", "SELECT FOO(1)", "FUNCTION_NOT_FOUND: line 1:8: Function 'foo' not registered", ""},
	{"a lambda in a subquery names a column outside", "SELECT (SELECT transform(ARRAY[1,2], e -> e + t.x)) FROM (VALUES 1, 2) AS t(x) ORDER BY x", "[[[2,3]],[[3,4]]]", ""},
	{"a lambda in WHERE of a subquery", "SELECT x FROM (VALUES 1, 2) AS t(x) WHERE EXISTS (SELECT 1 FROM (VALUES 1, 5) AS u(y) WHERE any_match(ARRAY[y], e -> e = t.x))", "[[1]]", ""},
	{"a lambda in UNNEST of a subquery", "SELECT (SELECT max(e) FROM UNNEST(transform(ARRAY[1,2], y -> y + t.x)) AS u(e)) FROM (VALUES 1, 2) AS t(x) ORDER BY x", "[[3],[4]]", ""},
	{"arrays compared in a subquery", "SELECT x FROM (VALUES ARRAY[1], ARRAY[2]) AS t(x) WHERE EXISTS (SELECT 1 FROM (VALUES 1, 5) AS u(y) WHERE t.x = ARRAY[y])", "[[[1]]]", ""},
	{"a subquery in a lambda", "SELECT transform(ARRAY[1], e -> e + (SELECT 1))", "NOT_SUPPORTED: line 1:37: Lambda expression cannot contain subqueries", ""},
	{"an expression of outer columns alone", "SELECT (SELECT t.x + 1 FROM (VALUES 1) AS u(y)) FROM (VALUES 1, 2) AS t(x) ORDER BY x", "[[2],[3]]", ""},
	{"the least number divided by -1", "SELECT x / y FROM (VALUES (BIGINT '-9223372036854775807' - 1, BIGINT '-1')) AS t(x, y)", "NUMERIC_VALUE_OUT_OF_RANGE: bigint division overflow: -9223372036854775808 / -1", ""},
	{"the least number's remainder", "SELECT x % y, x % -1 FROM (VALUES (-2147483647 - 1, -1)) AS t(x, y)", "[[0,0]]", ""},
	{"the least number negated", "SELECT -x FROM (VALUES TINYINT '-128') AS t(x)", "NUMERIC_VALUE_OUT_OF_RANGE: tinyint negation overflow: -128", ""},
	{"the least number's size", "SELECT abs(x) FROM (VALUES SMALLINT '-32768') AS t(x)", "NUMERIC_VALUE_OUT_OF_RANGE: Value -32768 is out of range for abs(smallint)", ""},
	{"one to the power of no number", "SELECT power(1, nan()), power(-1, infinity()), power(nan(), 0), sign(-0e0) = 0", `[["NaN","NaN",1,true]]`, ""},
	{"rounding beyond the largest double", "SELECT round(17e0, 308)", "GENERIC_INTERNAL_ERROR: input is infinite or NaN", "[[17]]"},
	{"seconds beyond 52 bits of milliseconds", "SELECT from_unixtime(2251799813685.248)", "GENERIC_INTERNAL_ERROR: Millis overflow: 2251799813685248", "INVALID_FUNCTION_ARGUMENT: Millis overflow: 2251799813685248"},
	{"the last millisecond of 52 bits", "SELECT from_unixtime(2251799813685.247), timestamp '-69387-04-22 03:45:14.752 UTC'", `[["+73326-09-11 20:14:45.247 UTC","-69387-04-22 03:45:14.752 UTC"]]`, ""},
	{"a literal beyond them", "SELECT timestamp '73326-09-11 20:14:45.248 UTC'", "INVALID_LITERAL: line 1:8: '73326-09-11 20:14:45.248 UTC' is not a valid timestamp literal", "INVALID_LITERAL: line 1:8: '73326-09-11 20:14:45.248 UTC' is not a valid TIMESTAMP literal"},
	{"a sum beyond them", "SELECT timestamp '73326-09-11 20:14:45.247 UTC' + interval '1' day", "GENERIC_INTERNAL_ERROR: Millis overflow: 2251799900085247", ""},
	{"a cast beyond them", "SELECT CAST(x AS timestamp(3) with time zone) FROM (VALUES timestamp '73326-09-12 00:00:00') AS t(x)", "INVALID_CAST_ARGUMENT: Out of range for timestamp with time zone: 2251799827200000", ""},
	{"nanoseconds beyond them", "SELECT from_unixtime_nanos(x) FROM (VALUES decimal '2251799813685248000000') AS t(x)", "GENERIC_INTERNAL_ERROR: Millis overflow: 2251799813685248", ""},
}
