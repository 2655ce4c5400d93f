package conformance_test

import "testing"

// TestFoundInQueries are statements about the clauses of a query.
func TestFoundInQueries(t *testing.T) {
	const (
		b      = "(VALUES (1, 10), (1, 5), (2, 7)) AS b (k, v)"
		pairs  = "(VALUES (1, 30), (2, 20), (3, 10)) AS t (a, b)"
		bounds = " FROM (VALUES (1, 1e0), (2, 5e0), (3, nan()), (4, NULL)) AS t (k, x) ORDER BY k"
		sides  = "SELECT a.x, c.x FROM (VALUES 1, 5, NULL) AS a (x) LEFT JOIN (VALUES 1, 5) AS c (x) ON a.x = c.x AND "
		lost   = "NOT_SUPPORTED: line 1:14: this shape of correlated subquery is not supported by the local engine"
	)
	holdReleases(t, []releaseCase{
		{"a named window sees the rows, not the select list", "SELECT a AS old, b AS a FROM " + pairs + " WINDOW w AS (ORDER BY a) ORDER BY row_number() OVER w", "[[1,30],[2,20],[3,10]]", ""},
		{"what is added to a named window sees the select list", "SELECT a AS old, b AS a FROM " + pairs + " WINDOW w AS () ORDER BY row_number() OVER (w ORDER BY a)", "[[3,10],[2,20],[1,30]]", ""},
		{"the frame of a named window is of its rows' type", "SELECT a AS old, b AS a FROM (SELECT 'a', 1) AS t (a, b) WINDOW w AS (ORDER BY a) ORDER BY max(b) OVER (w RANGE 1 PRECEDING)",
			"TYPE_MISMATCH: line 1:80: Window frame of type RANGE PRECEDING or FOLLOWING requires that sort item type be numeric, datetime or interval (actual: varchar(1))", ""},
		{"a window's name in quotes is another", `SELECT sum(a) OVER w FROM (VALUES 1) AS t (a) WINDOW "w" AS ()`, "INVALID_WINDOW_REFERENCE: line 1:20: Cannot resolve WINDOW name w", ""},
		{"a window's name in quotes and capitals is the same", `SELECT sum(a) OVER w FROM (VALUES 1) AS t (a) WINDOW "W" AS (), "w" AS ()`, "[[1]]", ""},
		{"two windows of one name", `SELECT 1 FROM (VALUES 1) AS t (a) WINDOW w AS (), "W" AS ()`, `DUPLICATE_WINDOW_NAME: line 1:51: WINDOW name '"W"' specified more than once`, ""},
		{"a frame of rank that is no frame", "SELECT rank() OVER (ROWS 2 FOLLOWING)", "INVALID_WINDOW_FRAME: line 1:21: Window frame starting from FOLLOWING cannot end with CURRENT ROW", ""},
		{"a table of the query around in SELECT", "SELECT (SELECT o.* FROM (VALUES 1) AS i) FROM (SELECT 1 AS x, 2 AS y) AS o", "[[[1,2]]]", ""},
		{"a table of the query around has a column without a name", "SELECT (SELECT o.* FROM (VALUES 1) AS i) FROM (VALUES 2) AS o", "NOT_SUPPORTED: line 1:9: SELECT * from outer scope table not supported with anonymous columns", ""},
		{"a table beside in LATERAL", "SELECT l.* FROM (SELECT 1 AS x, 2 AS y) AS o CROSS JOIN LATERAL (SELECT o.*, o.x + 2) AS l", "[[1,2,3]]", ""},
		{"a row in a row taken apart", "SELECT a.b.f.* FROM (VALUES ROW(CAST(ROW(ROW(1, 2)) AS ROW(f ROW(x integer, y integer))))) AS a (b)", "[[1,2]]", ""},
		{"no row taken apart", "SELECT a.b.* FROM (VALUES (1, 2)) AS a (b, c)", "TABLE_NOT_FOUND: line 1:8: Unable to resolve reference a.b", ""},
		{"no row in a row taken apart", "SELECT a.b.f.* FROM (VALUES ROW(CAST(ROW(1) AS ROW(f integer)))) AS a (b)", "TYPE_MISMATCH: line 1:1: expected expression of type Row", ""},
		{"columns without names by place", "SELECT *, count(*) FROM (VALUES (1, 2), (1, 2), (3, 4)) GROUP BY 1, 2 ORDER BY 1", "[[1,2,2],[3,4,1]]", ""},
		{"columns of one name by place", "SELECT * FROM (SELECT 1 AS a, 2 AS a) AS t GROUP BY 1, 2", "[[1,2]]", ""},
		{"a column without a name that is not grouped", "SELECT * FROM (VALUES (1, 2)) GROUP BY 1", "EXPRESSION_NOT_AGGREGATE: Column 2 not in GROUP BY clause", ""},
		{"a place beyond all numbers", "SELECT 1 GROUP BY 9223372036854775808", "SYNTAX_ERROR: line 1:1: Invalid numeric literal: 9223372036854775808", "SYNTAX_ERROR: line 1:19: Invalid numeric literal: 9223372036854775808"},
		{"sets of columns that are one", "SELECT count(*) FROM (VALUES (1, 2)) AS t (a, b) GROUP BY CUBE (a, a, a, a, a, a, a, a, a, a, a), ROLLUP (b)", "TOO_MANY_GROUPING_SETS: line 1:59: GROUP BY has 4096 grouping sets but can contain at most 2048", ""},
		{"a distinct sketch that * names", "SELECT DISTINCT * FROM (SELECT approx_set(1) AS x)", "TYPE_MISMATCH: line 1:1: DISTINCT can only be applied to comparable types (actual: HyperLogLog)", ""},
		{"distinct chance in its own order", "SELECT DISTINCT random() FROM (VALUES 1, 2) AS t (a) ORDER BY random()", "EXPRESSION_NOT_IN_DISTINCT: line 1:63: Non deterministic ORDER BY expression is not supported with SELECT DISTINCT", "EXPRESSION_NOT_IN_DISTINCT: line 1:1: For SELECT DISTINCT, ORDER BY expressions must appear in select list"},
		{"an aggregate in a lambda", "SELECT a, transform(ARRAY[1], x -> x + max(b)) FROM (VALUES (1, 2)) AS t (a, b) GROUP BY a", "EXPRESSION_NOT_SCALAR: line 1:38: Lambda expression cannot contain aggregations, window functions or grouping operations: [max(b)]", ""},
		{"an aggregate's order by the select list", "SELECT 1 AS x FROM (VALUES (1, 2)) AS t (x, y) GROUP BY y ORDER BY array_agg(y ORDER BY x)", "COLUMN_NOT_FOUND: line 1:89: ORDER BY clause in aggregation function must not reference query output columns", ""},
		{"a pattern repeated less than it is", "SELECT * FROM (VALUES 1) AS t (b) MATCH_RECOGNIZE (ORDER BY b MEASURES 1 AS n PATTERN (X{3,2}) DEFINE X AS true)", "INVALID_RANGE: line 1:89: Pattern quantifier lower bound must not exceed upper bound", ""},
		{"a pattern repeated never", "SELECT * FROM (VALUES 1) AS t (b) MATCH_RECOGNIZE (ORDER BY b MEASURES 1 AS n PATTERN (X{0}) DEFINE X AS true)", "NUMERIC_VALUE_OUT_OF_RANGE: line 1:89: Pattern quantifier upper bound must be greater than or equal to 1", ""},
		{"a double and all of none", "SELECT 1e0 > ALL (SELECT 1e0 WHERE false), nan() < ANY (SELECT 1e0 WHERE false)", "[[true,false]]", ""},
		{"a double and all of some", "SELECT x >= ALL (VALUES 1e0, 2e0), x > ANY (VALUES 1e0, 2e0), x < ALL (VALUES 2e0, nan())" + bounds, "[[false,false,true],[true,true,false],[false,false,false],[null,null,null]]", ""},
		{"a double and all of what may be NULL", "SELECT x >= ALL (VALUES 1e0, NULL), x > ANY (VALUES 1e0, NULL)" + bounds, "[[null,null],[null,true],[false,null],[null,null]]", ""},
		{"the first of the rows that belong", "SELECT a.x, (SELECT b.v FROM " + b + " WHERE b.k = a.x AND b.v > 0 ORDER BY b.v LIMIT 1) FROM (VALUES 1, 2, 3) AS a (x) ORDER BY 1", lost, "[[1,5],[2,7],[3,null]]"},
		{"the first of the rows that belong, in a condition", "SELECT a.x FROM (VALUES 1, 2, 3) AS a (x) WHERE 7 > (SELECT b.v FROM " + b + " WHERE b.k = a.x ORDER BY b.v LIMIT 1)", "[[1]]", ""},
		{"the first two of the rows that belong", "SELECT a.x, u.v FROM (VALUES 1, 2, 3) AS a (x) LEFT JOIN LATERAL (SELECT b.v FROM " + b + " WHERE b.k = a.x ORDER BY b.v LIMIT 2) AS u ON true ORDER BY 1, 2", "[[1,5],[1,10],[2,7],[3,null]]", ""},
		{"a first row among those that belong by an expression", "SELECT a.x, (SELECT b.v FROM " + b + " WHERE b.k + 1 = a.x ORDER BY b.v LIMIT 1) FROM (VALUES 1) AS a (x)", lost, ""},
		{"whether a row belongs, and one is enough", "SELECT a.x FROM (VALUES 1, 2, 3) AS a (x) WHERE EXISTS (SELECT b.k FROM " + b + " WHERE b.k = a.x AND b.v > 6 LIMIT 1) ORDER BY 1", "[[1],[2]]", ""},
		{"the first group", "SELECT a.x, (SELECT max(b.v) FROM " + b + " WHERE b.k = a.x GROUP BY b.v ORDER BY b.v LIMIT 1) FROM (VALUES 1, 2, 3) AS a (x) ORDER BY 1", lost, "[[1,5],[2,7],[3,null]]"},
		{"IN a subquery, in an outer join", sides + "a.x IN (SELECT y FROM (VALUES 1, 2) AS u (y)) ORDER BY 1", "[[1,1],[5,null],[null,null]]", ""},
		{"NOT IN what may be NULL, in an outer join", sides + "c.x NOT IN (SELECT y FROM (VALUES 1, NULL) AS u (y)) ORDER BY 1", "[[1,null],[5,null],[null,null]]", ""},
		{"EXISTS in an outer join", sides + "EXISTS (SELECT 1 WHERE false) ORDER BY 1", "[[1,null],[5,null],[null,null]]", ""},
		{"ALL of a subquery in an outer join", sides + "c.x > ALL (SELECT y FROM (VALUES 1, 2) AS u (y)) ORDER BY 1", "[[1,null],[5,5],[null,null]]", ""},
		{"a value of a subquery in a right join", "SELECT a.x, c.x FROM (VALUES 1, 5, NULL) AS a (x) RIGHT JOIN (VALUES 1, 5) AS c (x) ON a.x = c.x AND c.x > (SELECT avg(y) FROM (VALUES 1, 2) AS u (y)) ORDER BY 2", "[[null,1],[5,5]]", ""},
		{"a value of a subquery in a full join", "SELECT a.x, c.x FROM (VALUES 1, 5) AS a (x) FULL JOIN (VALUES 1, 5) AS c (x) ON a.x = c.x AND a.x > (SELECT avg(y) FROM (VALUES 1, 2) AS u (y)) ORDER BY 1, 2", "[[1,null],[5,5],[null,1]]", ""},
		{"both sides of an outer join IN a subquery", sides + "a.x + c.x IN (SELECT 2) ORDER BY 1", "NOT_SUPPORTED: line 1:111: a subquery in the condition of an outer join is not supported by the local engine", ""},
	})
}
