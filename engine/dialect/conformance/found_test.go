package conformance_test

import (
	"encoding/json"
	"errors"
	"testing"

	"acme/telemetry/engine/dialect"
)

// TestFound are statements that generated ones were cut down to, with what Trino
// answers.
func TestFound(t *testing.T) {
	e := openEngine(t)
	const two = "(VALUES (1, ARRAY[1, 2], MAP(ARRAY['k'], ARRAY[1])), (0, NULL, NULL)) AS b (i, a, m)"
	for _, c := range []struct{ name, sql, want string }{
		{"a failure beside a term of the other side that is NULL", "SELECT a.x FROM (VALUES (1, 1), (1, 0)) AS a (x, y), (VALUES (1, CAST(NULL AS integer))) AS b (z, w) WHERE a.x = b.z AND b.w > 0 AND 1 / (a.y * b.z) > 0", "DIVISION_BY_ZERO: Division by zero"},
		{"a failure beside a term of both sides that is NULL", "SELECT a.x FROM (VALUES (1, 1), (1, 0)) AS a (x, y), (VALUES (1, CAST(NULL AS integer))) AS b (z, w) WHERE a.x = b.z AND a.x + b.w > 0 AND 1 / (a.y * b.z) > 0", "DIVISION_BY_ZERO: Division by zero"},
		{"a failure beside a term of its own side that is NULL", "SELECT a.x FROM (VALUES (1, 1, 1), (1, 0, CAST(NULL AS integer))) AS a (x, y, w), (VALUES 1) AS b (z) WHERE a.x = b.z AND a.w > 0 AND 1 / a.y > 0", "DIVISION_BY_ZERO: Division by zero"},
		{"no failure in what is not joined", "SELECT a.x FROM (VALUES (1, 1), (2, 0)) AS a (x, y), (VALUES 1) AS b (z) WHERE a.x = b.z AND 1 / a.y > 0", "[[1]]"},
		{"an outer join whose other term guards", "SELECT a.x, b.z FROM (VALUES 1, 2) AS a (x) LEFT JOIN (VALUES (1, 0), (2, 1)) AS b (z, w) ON a.x = b.z AND b.w > 0 AND 1 / b.w > 0 ORDER BY 1", `[[1,null],[2,2]]`},
		{"an outer join's term that fails", "SELECT a.x, b.z FROM (VALUES 1, 2) AS a (x) LEFT JOIN (VALUES (1, 0), (2, 1)) AS b (z, w) ON a.x = b.z AND 1 / b.w > 0 ORDER BY 1", `DIVISION_BY_ZERO: Division by zero`},
		{"an outer join's term that would fail of what does not join", "SELECT a.x, b.z FROM (VALUES 1, 2) AS a (x) LEFT JOIN (VALUES (3, 0), (2, 1)) AS b (z, w) ON a.x = b.z AND 1 / b.w > 0 ORDER BY 1", `[[1,null],[2,2]]`},
		{"an outer join's term of the side that stays", "SELECT a.x, b.z FROM (VALUES (1, 0), (2, 1)) AS a (x, y) LEFT JOIN (VALUES 2, 3) AS b (z) ON a.x = b.z AND 1 / a.y > 0 ORDER BY 1", `[[1,null],[2,2]]`},
		{"a right join's term that would fail", "SELECT a.x, b.z FROM (VALUES (1, 0), (2, 1)) AS a (x, y) RIGHT JOIN (VALUES 2, 3) AS b (z) ON a.x = b.z AND 1 / a.y > 0 ORDER BY 1", `[[2,2],[null,3]]`},
		{"a full join's term that would fail", "SELECT a.x, b.z FROM (VALUES (1, 0), (2, 1)) AS a (x, y) FULL JOIN (VALUES 2, 3) AS b (z) ON a.x = b.z AND 1 / a.y > 0 ORDER BY 1, 2", `[[1,null],[2,2],[null,3]]`},
		{"an outer join's term beside NULL", "SELECT a.x, b.z FROM (VALUES (1, 0), (2, 1)) AS a (x, y) LEFT JOIN (VALUES (2, NULL), (3, 1)) AS b (z, w) ON a.x = b.z AND b.w > 0 AND 1 / (b.z - 2) > 0 ORDER BY 1, 2", `DIVISION_BY_ZERO: Division by zero`},
		{"a key that fails", "SELECT a.x, b.z FROM (VALUES ('x'), ('2')) AS a (x) JOIN (VALUES 2, 3) AS b (z) ON b.z > 2 AND CAST(a.x AS integer) = b.z", `INVALID_CAST_ARGUMENT: Cannot cast 'x' to INT`},
		{"a key that its own side guards", "SELECT a.x, b.z FROM (VALUES ('x'), ('2')) AS a (x) JOIN (VALUES 2, 3) AS b (z) ON a.x <> 'x' AND CAST(a.x AS integer) = b.z", `[["2",2]]`},
		{"a key beside another that guards", "SELECT a.x, b.z FROM (VALUES ('x', 1), ('2', 2)) AS a (x, y), (VALUES 2, 3) AS b (z) WHERE a.y = b.z AND CAST(a.x AS integer) = b.z", `[["2",2]]`},
		{"an outer join that asks more", "WITH a(k,v) AS (VALUES (1,1),(1,2),(2,3),(NULL,4),(3,NULL),(1,1)), b(k,w) AS (VALUES (1,5),(1,1),(2,2),(NULL,4),(4,1),(1,NULL)) SELECT a.k, a.v, b.k, b.w FROM a LEFT JOIN b ON a.k = b.k AND 6 / b.w > a.v ORDER BY 1, 2, 3, 4", `[[1,1,1,1],[1,1,1,1],[1,2,1,1],[2,3,null,null],[3,null,null,null],[null,4,null,null]]`},
		{"a right join that asks more", "WITH a(k,v) AS (VALUES (1,1),(1,2),(2,3),(NULL,4),(3,NULL),(1,1)), b(k,w) AS (VALUES (1,5),(1,1),(2,2),(NULL,4),(4,1),(1,NULL)) SELECT a.k, a.v, b.k, b.w FROM a RIGHT JOIN b ON a.k = b.k AND 6 / b.w > a.v ORDER BY 1, 2, 3, 4", `[[1,1,1,1],[1,1,1,1],[1,2,1,1],[null,null,1,5],[null,null,1,null],[null,null,2,2],[null,null,4,1],[null,null,null,4]]`},
		{"an outer join whose side stays", "WITH a(k,v) AS (VALUES (1,1),(1,2),(2,3),(NULL,4),(3,NULL),(1,1)), b(k,w) AS (VALUES (1,5),(1,1),(2,2),(NULL,4),(4,1),(1,NULL)) SELECT a.k, a.v, b.k, b.w FROM a LEFT JOIN b ON a.k = b.k AND a.v > 1 AND 6 / b.w > a.v AND b.w + a.v < 7 ORDER BY 1, 2, 3, 4", `[[1,1,null,null],[1,1,null,null],[1,2,1,1],[2,3,null,null],[3,null,null,null],[null,4,null,null]]`},
		{"two outer joins that ask more", "WITH a(k,v) AS (VALUES (1,1),(1,2),(2,3),(NULL,4),(3,NULL),(1,1)), b(k,w) AS (VALUES (1,5),(1,1),(2,2),(NULL,4),(4,1),(1,NULL)), c(k) AS (VALUES 1, 5, NULL) SELECT a.k, a.v, b.k, b.w, c.k FROM a LEFT JOIN b ON a.k = b.k AND 6 / b.w > a.v LEFT JOIN c ON c.k = b.k AND 6 / (c.k + a.v) > 0 ORDER BY 1, 2, 3, 4, 5", `[[1,1,1,1,1],[1,1,1,1,1],[1,2,1,1,1],[2,3,null,null,null],[3,null,null,null,null],[null,4,null,null,null]]`},
		{"an outer join of 0 and -0", "WITH a(k,v) AS (VALUES (1,0e0),(1,-0e0),(1,2e0)), b(k,w) AS (VALUES (1,1),(1,2)) SELECT a.k, a.v, b.w FROM a LEFT JOIN b ON a.k = b.k AND 1 / a.v / b.w > 0 AND 1 / b.w > a.v - 2 ORDER BY 1, 2, 3", `[[1,-0,null],[1,0,1],[1,0,2],[1,2,1]]`},
		{"an outer join by a lambda of the side that stays", "WITH a(k,v) AS (VALUES ('x',ARRAY[1,2]),('y',ARRAY[3]),('x',NULL)), b(k,w) AS (VALUES ('x',1),('x',3),('y',3)) SELECT a.k, a.v, b.k, b.w FROM a LEFT JOIN b ON a.k = b.k AND any_match(a.v, e -> 6 / e > b.w) ORDER BY 1, cardinality(a.v), 3, 4", `[["x",[1,2],"x",1],["x",[1,2],"x",3],["x",null,null,null],["y",[3],null,null]]`},
		{"an outer join by a lambda of the other", "WITH a(k,v) AS (VALUES ('x',1),('y',3),('x',NULL)), b(k,w) AS (VALUES ('x',ARRAY[1]),('x',ARRAY[3,2]),('y',ARRAY[3])) SELECT a.k, a.v, b.k, b.w FROM a LEFT JOIN b ON a.k = b.k AND any_match(b.w, e -> 6 / e > a.v) ORDER BY 1, 2, 3, cardinality(b.w)", `[["x",1,"x",[1]],["x",1,"x",[3,2]],["x",null,null,null],["y",3,null,null]]`},
		{"an outer join by times", "WITH a(k,t) AS (VALUES (1,'2025-08-11T17:00:00Z'),(1,'2025-08-11T18:00:00Z'),(2,'2025-08-11T17:00:00Z')), b(k,t) AS (VALUES (1,'2025-08-11T17:04:00Z'),(2,'2025-08-11T17:40:00Z')) SELECT a.k, a.t, b.t FROM a LEFT JOIN b ON a.k = b.k AND date_diff('minute', from_iso8601_timestamp(a.t), from_iso8601_timestamp(b.t)) BETWEEN 0 AND 5 ORDER BY 1, 2", `[[1,"2025-08-11T17:00:00Z","2025-08-11T17:04:00Z"],[1,"2025-08-11T18:00:00Z",null],[2,"2025-08-11T17:00:00Z",null]]`},
		{"an outer join that fails", "WITH a(k,v) AS (VALUES (1,1),(2,0)), b(k,w) AS (VALUES (1,1),(2,1)) SELECT a.k, b.k FROM a LEFT JOIN b ON a.k = b.k AND b.w / a.v = 1 ORDER BY 1", `DIVISION_BY_ZERO: Division by zero`},
		{"the sign of 0 that is sorted by", "SELECT v FROM (VALUES 0e0, -0e0) AS t (v) ORDER BY 1", `[[-0],[0]]`},
		{"the sign of 0 that is sorted by under another name", "SELECT v AS w, k FROM (VALUES (1, REAL '-0'), (2, REAL '1')) AS t (k, v) ORDER BY t.v DESC", `[[1,2],[-0,1]]`},
		{"the sign of 0 in a union", "SELECT -0e0 AS x UNION ALL SELECT 2e0 ORDER BY x DESC", `[[2],[-0]]`},
		{"the sign of 0 by groups", "SELECT max(v), k FROM (VALUES (1, -0e0), (2, 1e0)) AS t (k, v) GROUP BY k ORDER BY max(v)", `[[-0,1],[1,2]]`},
		{"the sign of 0 in a window", "SELECT v, row_number() OVER (ORDER BY v DESC, k) FROM (VALUES (1, -0e0), (2, 1e0)) AS t (k, v) ORDER BY k", `[[-0,2],[1,1]]`},
		{"an unknown type in another", "SELECT CAST(1 AS MAP(Foo, \"bar\"(1)))", "TYPE_MISMATCH: line 1:8: Unknown type: MAP(Foo, \"bar\"(1))"},
		{"an unknown type as written", "SELECT CAST(1 AS NUMERIC(12, 2))", "TYPE_MISMATCH: line 1:8: Unknown type: NUMERIC(12, 2)"},
		{"a type in an error as written", "SELECT CAST(x AS Double Precision) FROM (VALUES 1) AS t (x) GROUP BY x + 1", "EXPRESSION_NOT_AGGREGATE: line 1:8: 'CAST(x AS Double)' must be an aggregate expression or appear in GROUP BY clause"},
		{"no row of a sampled table", "SELECT count(*), count(v.device_type) FROM video_telemetry_json AS v TABLESAMPLE BERNOULLI (0) WHERE \"$path\" <> ''", `[[0,0]]`},
		{"a sample of a computed size", "SELECT count(*) FROM " + two + " TABLESAMPLE SYSTEM (1.5 * 2 + 100 - 3)", `[[2]]`},
		{"a map that is NULL makes map_concat NULL", "SELECT map_concat(m, MAP(ARRAY['l'], ARRAY[2])) FROM " + two + " ORDER BY i", `[[null],[{"k":1,"l":2}]]`},
		{"no element of no array, even at 0", "SELECT element_at(a, i) FROM " + two + " ORDER BY i", `[[null],[1]]`},
		{"a constant orders no aggregate", "SELECT array_agg(i ORDER BY 'x', i) FROM " + two, `[[[0,1]]]`},
		{"a number orders no aggregate", "SELECT array_agg(i ORDER BY 7, i DESC) FROM " + two, `[[[1,0]]]`},
		{"an inner column hides an outer table", "SELECT (SELECT max(u.x) FROM (SELECT 1 AS x, 2 AS b) AS u WHERE u.x = b.i) FROM " + two, `TYPE_MISMATCH: line 1:71: Expression b is not of type ROW`},
		{"a lambda in UNNEST names a column", "SELECT i, e FROM " + two + " CROSS JOIN UNNEST(transform(ARRAY[1, 2], x -> x + i)) AS u (e) ORDER BY 1, 2", `[[0,1],[0,2],[1,2],[1,3]]`},
		{"an element repeated in UNNEST", "SELECT i, e FROM " + two + " CROSS JOIN UNNEST(repeat(i, 2)) AS u (e) ORDER BY 1, 2", `[[0,0],[0,0],[1,1],[1,1]]`},
		{"a text like a column's code stays", `SELECT e FROM ` + two + ` CROSS JOIN UNNEST(transform(ARRAY['"q"."c0"'], x -> x || CAST(i AS varchar))) AS u (e) ORDER BY 1`, `[["\"q\".\"c0\"0"],["\"q\".\"c0\"1"]]`},
		{"NULLIF of constants keeps its type", "SELECT concat('a', 'a', NULLIF('a', 'a')), typeof(NULLIF(1, 1)), NULLIF(2, 1)", `[[null,"integer",2]]`},
		{"NaN stands beside NULL", "SELECT array_agg(k ORDER BY d), array_agg(k ORDER BY d DESC), array_agg(k ORDER BY d NULLS FIRST), array_agg(k ORDER BY d DESC NULLS FIRST) FROM (VALUES (1,1.5e0),(2,nan()),(3,NULL),(4,-1e0)) t(k,d)",
			`[[[4,1,2,3],[2,1,4,3],[3,2,4,1],[3,1,4,2]]]`},
		{"NaN beside NULL by column", "SELECT k, d FROM (VALUES (1,1.5e0),(2,nan()),(3,NULL),(4,-1e0)) t(k,d) ORDER BY d NULLS FIRST", `[[3,null],[2,"NaN"],[4,-1],[1,1.5]]`},
		{"NaN beside NULL by place, of a union", "SELECT k, d FROM (VALUES (1,1.5e0),(2,nan())) t(k,d) UNION ALL SELECT 4, -1e0 ORDER BY 2 DESC NULLS FIRST", `[[1,1.5],[4,-1],[2,"NaN"]]`},
		{"NaN beside NULL in a window", "SELECT k, row_number() OVER (ORDER BY d NULLS FIRST) AS a, row_number() OVER (ORDER BY d DESC NULLS FIRST) AS b FROM (VALUES (1,REAL '1.5'),(2,CAST(nan() AS real)),(3,NULL),(4,REAL '-1')) t(k,d) ORDER BY k",
			`[[1,4,2],[2,2,4],[3,1,1],[4,3,3]]`},
		{"the last map's keys come first", "SELECT map_keys(map_concat(MAP(ARRAY['k','l'],ARRAY[1,5]), MAP(ARRAY['z','l'],ARRAY[3,4]), MAP(ARRAY['y','k'],ARRAY[7,8]))), map_values(map_concat(MAP(ARRAY['k','l'],ARRAY[1,5]), MAP(ARRAY['z','l'],ARRAY[3,4])))",
			`[[["y","k","z","l"],[3,4,1]]]`},
		{"nothing to except keeps repeats", "SELECT array_except(ARRAY[3,3,1], ARRAY[]), array_except(ARRAY[3,3,1], ARRAY[7])", `[[[3,3,1],[3,1]]]`},
		{"a NULL length is a NULL part", "SELECT substr('abc', 1, CAST(NULL AS bigint)), substring('abc', 10, NULL)", `[[null,null]]`},
		{"a macro in UNNEST names a column", "SELECT i, e FROM " + two + " CROSS JOIN UNNEST(array_intersect(ARRAY[1, 5], a)) AS u (e)", `[[1,1]]`},
		{"constants keep their types", "SELECT -NULLIF(DECIMAL '10.00', DECIMAL '10.00'), element_at(ARRAY['a'], NULLIF(0, 0)), coalesce(x, 'abc') FROM (SELECT element_at(ARRAY['a'], NULLIF(0, 0)) AS x) AS t", `[[null,null,"abc"]]`},
		{"a negative in an error", "SELECT 1 FROM (VALUES 1) t(i) HAVING sum(-i) > -(i+1) - -5", "EXPRESSION_NOT_AGGREGATE: line 1:46: '(sum(-(i)) > (-((i + 1)) - -5))' must be an aggregate expression or appear in GROUP BY clause"},
		{"no digits to round to", "SELECT round(d, n), round(CAST(d AS real), n) FROM (VALUES (1e10, CAST(NULL AS integer))) AS t (d, n)", `[[null,null]]`},
		{"a function beyond 52 bits of milliseconds", "SELECT date_add('hour', n, TIMESTAMP '2025-08-11 17:00:00.000 Europe/Berlin') FROM (VALUES -2147483647) AS t (n)", "GENERIC_INTERNAL_ERROR: Millis overflow: -7729186204800000"},
		{"an operator beyond 52 bits of milliseconds", "SELECT z + INTERVAL '1' MINUTE FROM (SELECT from_unixtime(n) AS z FROM (VALUES 2251799813685) AS t (n)) AS u", "GENERIC_INTERNAL_ERROR: Millis overflow: 2251799813745000"},
		{"the last instant and the one behind it", "SELECT to_unixtime(from_unixtime(n)) FROM (VALUES 2251799813685.247e0, -2251799813685.248e0) AS t (n)", `[[2251799813685.247],[-2251799813685.248]]`},
		{"seconds beyond", "SELECT from_unixtime(n) FROM (VALUES 2251799813685.248e0) AS t (n)", "GENERIC_INTERNAL_ERROR: Millis overflow: 2251799813685248"},
		{"a cast beyond 52 bits of milliseconds", "SELECT to_unixtime(date_add('hour', n, TIMESTAMP '2025-08-11 17:00:00.000')) FROM (VALUES 2147483647) AS t (n)", "INVALID_CAST_ARGUMENT: Out of range for timestamp with time zone: 7732696060800000"},
		{"a text beyond 52 bits of milliseconds", "SELECT TRY_CAST('+73326-09-11 20:14:45.248 UTC' AS timestamp(3) with time zone), CAST('+73326-09-11 20:14:45.247 UTC' AS timestamp(3) with time zone)", `[[null,"+73326-09-11 20:14:45.247 UTC"]]`},
		{"the time of day before 1970", "SELECT CAST(x AS time(3)), CAST(x AS time(9)), CAST(date_trunc('second', x) AS time(0)) FROM (VALUES TIMESTAMP '1969-12-31 23:59:59.500', TIMESTAMP '1970-01-01 12:00:00.250') AS t (x)",
			`[["23:59:58.500","23:59:58.500000000","23:59:59"],["12:00:00.250","12:00:00.250000000","12:00:00"]]`},
		{"a subquery in a lambda", "SELECT transform(ARRAY[1, 2], e -> e + (SELECT 1))", "NOT_SUPPORTED: line 1:40: Lambda expression cannot contain subqueries"},
		{"IN of a subquery in a lambda", "SELECT transform(ARRAY[1, 2], e -> 1 IN (SELECT 1))", "NOT_SUPPORTED: line 1:38: Lambda expression cannot contain subqueries"},
		{"a macro in UNNEST names a column of the query around", "SELECT i, (SELECT count(*) FROM UNNEST(array_except(ARRAY[1, 5], a)) AS u (e)) FROM " + two + " ORDER BY 1", `[[0,0],[1,1]]`},
		{"more years than DuckDB's dates have", "SELECT date_add('year', n, DATE '2025-08-11') FROM (VALUES 2147483647) AS t (n)", "NOT_SUPPORTED: a date or timestamp so far from 1970 is not supported by the local engine"},
		{"a name is looked up in a subquery without FROM", "SELECT i, (SELECT i > ALL (VALUES 1, 2)) FROM " + two, "NOT_SUPPORTED: line 1:12: Given correlated subquery is not supported"},
		{"a value is looked up in a subquery without FROM", "SELECT i, (SELECT i + (SELECT max(x) FROM (VALUES 1, 2) AS t (x))) FROM " + two + " ORDER BY 1", `[[0,2],[1,3]]`},
		{"no slice of no array, even from 0", "SELECT slice(a, i, 1) FROM " + two + " ORDER BY i", `[[null],[[1]]]`},
		{"TRY of what is worked out twice", "SELECT TRY(ARRAY[1 / i][1]), TRY(TRY(repeat(1 / i, 2)[1])) FROM " + two + " ORDER BY i", `[[null,null],[1,1]]`},
		{"a macro in a subquery without FROM names a column", "SELECT i, (SELECT array_except(ARRAY[1, 5], a)), (SELECT transform(ARRAY[1], e -> e + i)) FROM " + two + " ORDER BY 1", `[[0,null,[1]],[1,[5],[2]]]`},
		{"a constant that is NULL in a concatenation", "SELECT NULLIF('a', 'a') || CAST(i AS varchar), transform(a, e -> CAST(e AS varchar) || NULLIF('a', 'a')) FROM " + two + " ORDER BY i", `[[null,null],[null,[null,null]]]`},
		{"the spread of NaN alone", "SELECT stddev_pop(d), var_pop(d), covar_pop(d, d), stddev(d), stddev_pop(DISTINCT d), count(*) FILTER (WHERE d > 0) FROM (VALUES (1, nan()), (2, infinity()), (3, 5e0), (4, NULL)) AS t (k, d) GROUP BY k ORDER BY k",
			`[["NaN","NaN","NaN",null,"NaN",0],["NaN","NaN","NaN",null,"NaN",1],[0,0,0,null,0,1],[null,null,null,null,null,0]]`},
		{"the spread of NaN alone in a window", "SELECT k, stddev_pop(d) OVER (PARTITION BY k), var_pop(d) OVER (ORDER BY k ROWS CURRENT ROW) FROM (VALUES (1, nan()), (2, 5e0)) AS t (k, d) ORDER BY k", `[[1,"NaN","NaN"],[2,0,0]]`},
		{"an error beside a name of another in its code", "SELECT CAST(b AS integer) % i FROM (VALUES (9223372036854775807, 7)) AS t (b, i)", "NUMERIC_VALUE_OUT_OF_RANGE: Out of range for integer: 9223372036854775807"},
		{"a real's text is rounded from its shortest", "SELECT CAST(REAL '6.6666665E9' AS varchar), CAST(REAL '9.9999995' AS varchar), CAST(REAL '-3.4028235E38' AS varchar)", `[["6.666667E9","9.999999E0","-3.402823E38"]]`},
		{"a date and a NULL of no type", "SELECT DATE '2020-01-01' + NULL, NULL - DATE '2020-01-01', TIME '00:00:00' + NULL, NULL * INTERVAL '1' MONTH, INTERVAL '1' DAY - NULL", `[[null,null,null,null,null]]`},
		{"a literal of bytes", "SELECT VARBINARY 'abc', substring(X'4FE15FF5' FROM -2)", `[["YWJj","X/U="]]`},
		{"a big number rounded", "SELECT round(9223372036854775807, -18), round(9223372036854775807, -2)", `[[9000000000000000000,9223372036854775800]]`},
		{"a char key of JSON_OBJECT", "SELECT JSON_OBJECT(CAST('key' AS char(10)) : 1)", `[["{\"key\":1}"]]`},
		{"a char keeps no blank that trim uncovers", "SELECT rtrim(CAST('abc def' AS char(7)), 'def') || '|', ltrim(CAST('abc def' AS char(9)), 'abc') || '|'", `[["abc|"," def|"]]`},
		{"a char pattern has its blanks", "SELECT regexp_like('ala', CHAR 'ala  '), regexp_extract('ala b', CAST('l.' AS char(2))), json_size('[1,2,3]', CHAR '$')", `[[false,"la",3]]`},
		{"many values of a fine time", "SELECT approx_distinct(CAST(x AS timestamp(9))), max_by(x, CAST(x AS timestamp(9)), 1) FROM (VALUES DATE '2020-01-01', DATE '2020-01-02') AS t(x)", `[[2,["2020-01-02"]]]`},
		{"an unused window is held to its rules", "SELECT * FROM (VALUES 'x') t(a) WINDOW w AS (ROWS a PRECEDING)", "TYPE_MISMATCH: line 1:51: Window frame ROWS start value type must be exact numeric type with scale 0 (actual varchar(1))"},
		{"an unused window over groups", "SELECT max(a) FROM (values (1,2)) t(a,b) GROUP BY b WINDOW w AS (ORDER BY a)", "EXPRESSION_NOT_AGGREGATE: line 1:75: 'a' must be an aggregate expression or appear in GROUP BY clause"},
		{"ORDER BY names what SELECT gives", "SELECT x.c AS x FROM (VALUES 1) x(c) ORDER BY x.c", "TYPE_MISMATCH: line 1:47: Expression x is not of type ROW"},
		{"ORDER BY aggregates no output", "SELECT a, max(b) FROM (VALUES (1,2)) t(a,b) GROUP BY a ORDER BY max(a)", "COLUMN_NOT_FOUND: line 1:69: Invalid reference to output projection attribute from ORDER BY aggregation"},
		{"ORDER BY aggregates a table's column", "SELECT max(a) AS a FROM (VALUES (1,2)) t(a,b) GROUP BY b ORDER BY max(t.a)", `[[1]]`},
		{"a state does not become smaller", "SELECT reduce(ARRAY[1], 0, (s, x) -> CAST(s + x AS tinyint), s -> s)", "FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters (array(integer), integer, <function>, <function>) for function reduce. Expected: reduce(array(T), S, function(S,T,S), function(S,R)) T, S, R"},
		{"a limit around the step of a recursion", "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL ((SELECT n + 2 FROM t WHERE n < 6) LIMIT 1)) SELECT * FROM t", "INVALID_LIMIT_CLAUSE: line 1:79: FETCH FIRST / LIMIT clause in the step relation of recursion"},
		{"what two arrays share is in the longer one's order", "SELECT array_intersect(ARRAY[1,2,3], ARRAY[9,3,1,7]), array_intersect(ARRAY[9,3,1,7], ARRAY[1,2,3]), array_intersect(ARRAY[1,2,2,3,NULL], ARRAY[NULL,9,3,1,7])", `[[[3,1],[3,1],[1,3,null]]]`},
		{"parts of extracted JSON keep their order", `SELECT CAST(json_extract('[{"b":1.50,"a":2}]', '$') AS ARRAY(JSON)), CAST(json_extract('{"x":{"b":1,"a":2}}', '$') AS MAP(varchar, json)), CAST(json_parse('[{"b":1,"a":2}]') AS ARRAY(JSON))`,
			`[[["{\"b\":1.5,\"a\":2}"],{"x":"{\"b\":1,\"a\":2}"},["{\"a\":2,\"b\":1}"]]]`},
		{"the type of a lambda", "SELECT typeof(x -> x)", "FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters (<function>) for function typeof. Expected: typeof(t) T"},
	} {
		_, rows, err := e.run(c.sql, 401)
		got, _ := json.Marshal(rows)
		var de *dialect.Error
		if errors.As(err, &de) {
			got = []byte(de.Error())
		} else if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if string(got) != c.want {
			t.Errorf("%s:\n  %s\n  got  %s\n  want %s", c.name, c.sql, got, c.want)
		}
	}
}
