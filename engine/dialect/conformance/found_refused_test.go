package conformance_test

import "testing"

// TestFoundRefused are statements that were refused once, and those beside them that
// still are.
func TestFoundRefused(t *testing.T) {
	const (
		clock  = "(VALUES 'millisecond', 'second', 'Minute', 'HOUR') AS t (u)"
		units  = "(VALUES 'millisecond', 'second', 'Minute', 'HOUR', 'day', 'week', 'month', 'quarter', 'year') AS t (u)"
		days   = "(VALUES 'day', 'week', 'Month', 'QUARTER', 'year') AS t (u)"
		holes  = "(VALUES 1e0, NULL, nan(), NULL) AS t (x)"
		spread = "SELECT stddev(x), stddev_pop(x), variance(x), var_pop(x) FROM "
		pairs  = "SELECT corr(x, y), regr_slope(x, y), regr_intercept(x, y), covar_pop(x, y), covar_samp(x, y) FROM "
		twice  = "NOT_SUPPORTED: a map with NaN twice is not supported by the local engine"
		once   = "NOT_SUPPORTED: line 1:8: count(DISTINCT) of a constant with FILTER at this release is not supported by the local engine"
	)
	holdReleases(t, []releaseCase{
		{"a timestamp cut by the row's unit", "SELECT date_trunc(u, TIMESTAMP '2024-05-17 13:14:15.678912') FROM " + units,
			`[["2024-05-17 13:14:15.678000"],["2024-05-17 13:14:15.000000"],["2024-05-17 13:14:00.000000"],["2024-05-17 13:00:00.000000"],["2024-05-17 00:00:00.000000"],["2024-05-13 00:00:00.000000"],["2024-05-01 00:00:00.000000"],["2024-04-01 00:00:00.000000"],["2024-01-01 00:00:00.000000"]]`, ""},
		{"a time with zone cut by the row's unit", "SELECT date_trunc(u, TIMESTAMP '2024-10-27 02:30:15.678 Europe/Berlin') FROM (VALUES 'hour', 'day') AS t (u)",
			`[["2024-10-27 02:00:00.000 Europe/Berlin"],["2024-10-27 00:00:00.000 Europe/Berlin"]]`, ""},
		{"a date cut by the row's unit", "SELECT date_trunc(u, DATE '2024-10-27') FROM " + days, `[["2024-10-27"],["2024-10-21"],["2024-10-01"],["2024-10-01"],["2024-01-01"]]`, ""},
		{"a time of day cut by the row's unit", "SELECT date_trunc(u, TIME '02:30:15.678') FROM " + clock, `[["02:30:15.678"],["02:30:15.000"],["02:30:00.000"],["02:00:00.000"]]`, ""},
		{"a unit that is worked out", "SELECT date_trunc(CASE WHEN x > TIMESTAMP '2024-01-01 00:00:00' THEN 'hour' ELSE 'day' END, x), date_trunc(lower('DAY'), x) FROM (VALUES TIMESTAMP '2024-05-17 13:14:15') AS t (x)",
			`[["2024-05-17 13:00:00","2024-05-17 00:00:00"]]`, ""},
		{"a unit of a lambda", "SELECT transform(ARRAY['day', 'month'], u -> date_trunc(u, TIMESTAMP '2024-05-17 13:14:15'))", `[[["2024-05-17 00:00:00","2024-05-01 00:00:00"]]]`, ""},
		{"a unit that is none", "SELECT date_trunc(u, TIMESTAMP '2024-05-17 13:14:15') FROM (VALUES 'Foo''s') AS t (u)",
			"INVALID_FUNCTION_ARGUMENT: 'foo's' is not a valid Timestamp field", "INVALID_FUNCTION_ARGUMENT: 'Foo's' is not a valid TIMESTAMP field"},
		{"a unit that a date has not", "SELECT date_diff(u, DATE '2024-02-29', DATE '2025-02-28') FROM (VALUES 'Hour') AS t (u)",
			"INVALID_FUNCTION_ARGUMENT: 'hour' is not a valid DATE field", "INVALID_FUNCTION_ARGUMENT: 'Hour' is not a valid DATE field"},
		{"a unit that a time of day has not", "SELECT date_add(u, 26, TIME '02:30:15.678') FROM (VALUES 'DAY') AS t (u)",
			"INVALID_FUNCTION_ARGUMENT: 'day' is not a valid Time field", "INVALID_FUNCTION_ARGUMENT: 'day' is not a valid TIME field"},
		{"TRY of a unit that is none", "SELECT TRY(date_trunc(u, TIMESTAMP '2024-05-17 13:14:15')) FROM (VALUES 'foo', 'day') AS t (u)", `[[null],["2024-05-17 00:00:00"]]`, ""},
		{"no unit beside NULL", "SELECT date_trunc(u, x), date_trunc('foo', x), date_add('foo', 1, x), date_diff(u, x, x) FROM (VALUES ('foo', CAST(NULL AS timestamp))) AS t (u, x)", "[[null,null,null,null]]", ""},
		{"a unit that is NULL", "SELECT date_trunc(u, DATE '2024-02-29') FROM (VALUES CAST(NULL AS varchar)) AS t (u)", "[[null]]", ""},
		{"a step by the row's unit", "SELECT date_add(u, 1, TIMESTAMP '2024-10-27 02:30:15.678 Europe/Berlin') FROM " + units,
			`[["2024-10-27 02:30:15.679 Europe/Berlin"],["2024-10-27 02:30:16.678 Europe/Berlin"],["2024-10-27 02:31:15.678 Europe/Berlin"],["2024-10-27 02:30:15.678 Europe/Berlin"],["2024-10-28 02:30:15.678 Europe/Berlin"],["2024-11-03 02:30:15.678 Europe/Berlin"],["2024-11-27 02:30:15.678 Europe/Berlin"],["2025-01-27 02:30:15.678 Europe/Berlin"],["2025-10-27 02:30:15.678 Europe/Berlin"]]`, ""},
		{"a step of a date by the row's unit", "SELECT date_add(u, 3, DATE '2024-10-30') FROM " + days, `[["2024-11-02"],["2024-11-20"],["2025-01-30"],["2025-07-30"],["2027-10-30"]]`, ""},
		{"time that went by in the row's unit", "SELECT date_diff(u, TIMESTAMP '2024-02-29 12:00:00', TIMESTAMP '2025-02-28 11:00:00') FROM " + units,
			"[[31532400000],[31532400],[525540],[8759],[364],[52],[11],[3],[0]]", ""},

		{"keys that are doubles, joined", "SELECT map_keys(m), map_values(m) FROM (SELECT map_concat(MAP(ARRAY[nan(), 3e0], ARRAY[1, 2]), MAP(ARRAY[2e0, nan()], ARRAY[3, 4]), MAP(ARRAY[7e0], ARRAY[7])) AS m) AS t", `[[[7,2,"NaN",3],[7,3,4,2]]]`, ""},
		{"the zero of the last map", "SELECT map_keys(map_concat(MAP(ARRAY[0e0], ARRAY[1]), MAP(ARRAY[-0e0], ARRAY[3])))", "[[[-0]]]", ""},
		{"keys that are arrays, joined", "SELECT map_keys(map_concat(MAP(ARRAY[ARRAY[1], ARRAY[3]], ARRAY[1, 2]), MAP(ARRAY[ARRAY[2], ARRAY[3]], ARRAY[3, 4])))", "[[[[2],[3],[1]]]]", ""},
		{"keys with NaN in them, joined", "SELECT map_keys(map_concat(MAP(ARRAY[ARRAY[nan()]], ARRAY[1]), MAP(ARRAY[ARRAY[nan()]], ARRAY[3])))", `[[[["NaN"]]]]`, ""},
		{"keys that are doubles, side by side", "SELECT map_keys(m), map_values(m) FROM (SELECT map_zip_with(MAP(ARRAY[nan(), 1e0], ARRAY[1, 2]), MAP(ARRAY[5e0, 1e0, -0e0], ARRAY[9, 3, 4]), (k, a, b) -> a + b) AS m) AS t", `[[["NaN",1,5,-0],[null,5,null,null]]]`, ""},
		{"NaN of two maps, side by side", "SELECT map_zip_with(MAP(ARRAY[nan()], ARRAY[1]), MAP(ARRAY[nan()], ARRAY[3]), (k, a, b) -> a + b)", twice, ""},
		{"keys that are rows, side by side", "SELECT map_values(map_zip_with(MAP(ARRAY[ROW(1, 'a')], ARRAY[1]), MAP(ARRAY[ROW(1, 'a'), ROW(2, 'b')], ARRAY[9, 8]), (k, a, b) -> coalesce(a, 0) + b))", "[[[10,8]]]", ""},

		{"the spread of what is not finite", spread + "(VALUES 1e0, infinity()) AS t (x)", `[["NaN","NaN","NaN","NaN"]]`, ""},
		{"the spread of NaN alone", spread + "(VALUES nan(), NULL) AS t (x)", `[[null,"NaN",null,"NaN"]]`, ""},
		{"the spread of one and of none", spread + "(VALUES 3e0) AS t (x) UNION ALL " + spread + "(VALUES CAST(NULL AS double)) AS t (x)", `[[null,0,null,0],[null,null,null,null]]`, ""},
		{"the spread of a frame", "SELECT stddev(x) OVER (ORDER BY k ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM (VALUES (1, 1e0), (2, 3e0), (3, nan()), (4, 5e0), (5, 7e0)) AS t (k, x) ORDER BY k", `[[null],[1.4142135623730951],["NaN"],["NaN"],[1.4142135623730951]]`, ""},
		{"pairs with NaN", pairs + "(VALUES (1e0, 2e0), (2e0, nan()), (3e0, 1e0)) AS t (x, y)", `[[null,null,null,"NaN","NaN"]]`, ""},
		{"a pair with NaN beside NULL", pairs + "(VALUES (nan(), NULL), (2e0, 3e0), (4e0, 5e0)) AS t (x, y)", `[[1,1,-1,1,2]]`, ""},
		{"pairs that are not finite", "SELECT corr(x, y), regr_slope(x, y) FROM (VALUES (1e0, 2e0), (infinity(), 3e0), (4e0, 7e0)) AS t (x, y)", `[[null,null]]`, ""},

		{"ties of NULL before doubles", "SELECT x FROM " + holes + " ORDER BY x NULLS FIRST FETCH FIRST 1 ROWS WITH TIES", "[[null],[null]]", ""},
		{"ties before NaN", "SELECT x FROM " + holes + " ORDER BY x DESC NULLS FIRST FETCH FIRST 3 ROWS WITH TIES", "[[null],[null],[1]]", ""},
		{"different doubles behind NULL", "SELECT DISTINCT x FROM " + holes + " ORDER BY x NULLS FIRST", `[[null],["NaN"],[1]]`, ""},
		{"different doubles behind NULL, some", "SELECT DISTINCT x AS y, 1 AS z FROM " + holes + " ORDER BY z, y DESC NULLS FIRST LIMIT 2", `[[null,1],[1,1]]`, ""},

		{"a time of day is one of today", "SELECT CAST(TIME '10:00:00.9996' AS timestamp(3)) - CAST(current_date AS timestamp), CAST(CAST(TIME '10:00:00.123456789' AS timestamp(9)) AS time(9)), CAST(TIME '01:00:00 +02:00' AS timestamp(0)) = CAST(current_date AS timestamp(0)) + INTERVAL '1' HOUR",
			`[["0 10:00:01.000","10:00:00.123456789",true]]`, ""},
		{"a time of day is one of today in the session's zone", "SELECT CAST(TIME '10:00:00' AS timestamp with time zone) = CAST(current_date AS timestamp with time zone) + INTERVAL '10' HOUR, CAST(CAST(NULL AS time) AS timestamp)", `[[true,null]]`, ""},

		{"a constant counted once, of some rows", "SELECT count(DISTINCT 1) FILTER (WHERE x > 1) FROM (VALUES 1, 2, 3) AS t (x)", once, "[[1]]"},
	})
}

// TestFoundNaN are filters that compare NaN with integers.
func TestFoundNaN(t *testing.T) {
	const (
		fails = "INVALID_CAST_ARGUMENT: Unable to cast double NaN to "
		from  = "SELECT x FROM (VALUES 1, 2) AS t (x) "
		not   = " a comparison of NaN and what may be an integer, in this filter at this release, is not supported by the local engine"
	)
	holdReleases(t, []releaseCase{
		{"NaN before an integer", from + "WHERE nan() >= x", fails + "integer", "[]"},
		{"NaN behind an integer", from + "WHERE x >= nan()", "[]", ""},
		{"NaN and a smallint", "SELECT x FROM (VALUES SMALLINT '1') AS t (x) WHERE nan() <> x", fails + "smallint", "[[1]]"},
		{"NaN and a tinyint", "SELECT x FROM (VALUES TINYINT '1') AS t (x) WHERE NOT (-nan() IS DISTINCT FROM x OR x > 5)", fails + "tinyint", "[]"},
		{"NaN and a bigint", "SELECT x FROM (VALUES BIGINT '1') AS t (x) WHERE nan() >= x", "[]", ""},
		{"NaN and a decimal", "SELECT x FROM (VALUES 1.5) AS t (x) WHERE nan() >= x", "[]", ""},
		{"NaN as a bound", from + "WHERE x BETWEEN 1e0 AND nan()", fails + "integer", "[]"},
		{"NaN among others", from + "WHERE x NOT IN (nan(), 1)", fails + "integer", "[[2]]"},
		{"NaN alone in a list", from + "WHERE x IN (nan(), nan())", "[]", ""},
		{"NaN in HAVING", from + "GROUP BY x HAVING nan() >= x", fails + "integer", "[]"},
		{"NaN in the select list", "SELECT nan() >= x FROM (VALUES 1) AS t (x)", "[[false]]", ""},
		{"NaN in a part of a filter", from + "WHERE coalesce(nan() >= x, false) OR if(x > 1, nan() >= x, true)", "[[1]]", ""},
		{"NaN that does not count", from + "WHERE false AND nan() >= x", "[]", ""},
		{"NaN in a join", "SELECT a.x FROM (VALUES 1) AS a (x) JOIN (VALUES 1) AS b (x) ON nan() >= a.x", "NOT_SUPPORTED: line 1:74:" + not, "[]"},
		{"what comes to NaN", from + "WHERE sqrt(-1) >= x", "NOT_SUPPORTED:" + not, "[]"},
		{"what comes to a number", from + "WHERE sqrt(1) + 0.5e0 >= x", "[[1]]", ""},
	})
}

// TestFoundWords are errors whose words were other than Trino's.
func TestFoundWords(t *testing.T) {
	const none = "FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters "
	holdReleases(t, []releaseCase{
		{"array_remove of no array", "SELECT array_remove(1, 2)", none + "(integer, integer) for function array_remove. Expected: array_remove(array(e), e) E:comparable", none + "(integer, integer) for function array_remove. Expected: array_remove(array(E), E) E:comparable"},
		{"arrays_overlap of no arrays", "SELECT arrays_overlap(1, 2)", none + "(integer, integer) for function arrays_overlap. Expected: arrays_overlap(array(e), array(e)) E:orderable", none + "(integer, integer) for function arrays_overlap. Expected: arrays_overlap(array(E), array(E)) E:comparable"},
		{"array_join of no array", "SELECT array_join(1)", none + "(integer) for function array_join. Expected: array_join(array(T), varchar) T:castableTo(varchar), array_join(array(T), varchar, varchar) T",
			none + "(integer) for function array_join. Expected: array_join(array(E), varchar) E, array_join(array(E), varchar, varchar) E"},
		{"contains of no array", "SELECT contains(1, 2)", none + "(integer, integer) for function contains. Expected: contains(varchar, ipaddress), contains(array(t), t) T:comparable",
			none + "(integer, integer) for function contains. Expected: contains(array(T), T) T:comparable, contains(varchar, ipaddress)"},
		{"slice of no array", "SELECT slice(1, 1, 2)", none + "(integer, integer, integer) for function slice. Expected: slice(array(e), bigint, bigint) E", none + "(integer, integer, integer) for function slice. Expected: slice(array(E), bigint, bigint) E"},
		{"map_from_entries of no array", "SELECT map_from_entries(1)", none + "(integer) for function map_from_entries. Expected: map_from_entries(array(row(k,v))) K:comparable, V", none + "(integer) for function map_from_entries. Expected: map_from_entries(array(row(K,V))) K:comparable, V"},
		{"map_agg of keys alone", "SELECT map_agg(1)", none + "(integer) for function map_agg. Expected: map_agg(k, v) K:comparable, V", none + "(integer) for function map_agg. Expected: map_agg(K, V) K:comparable, V"},
		{"month of a text", "SELECT month('a')", none + "(varchar(1)) for function month. Expected: month(date), month(interval year to month), month(timestamp(p)), month(timestamp(p) with time zone)",
			none + "(varchar(1)) for function month. Expected: month(date), month(interval year to month), month(timestamp(p) with time zone), month(timestamp(p))"},
		{"a timestamp of a text with spaces", "SELECT CAST(' abc ' AS timestamp)", "INVALID_CAST_ARGUMENT: Value cannot be cast to timestamp: abc", ""},
		{"a time with zone of a text", "SELECT CAST('abc' AS time with time zone)", "INVALID_CAST_ARGUMENT: Value cannot be cast to timestamp: abc", "INVALID_CAST_ARGUMENT: Value cannot be cast to time with time zone: abc"},
		{"arrays of maps that overlap", "SELECT arrays_overlap(ARRAY[MAP(ARRAY[1], ARRAY[2])], ARRAY[MAP(ARRAY[1], ARRAY[2])])",
			none + "(array(map(integer,integer)), array(map(integer,integer))) for function arrays_overlap. Expected: arrays_overlap(array(e), array(e)) E:orderable", "[[true]]"},
	})
}
