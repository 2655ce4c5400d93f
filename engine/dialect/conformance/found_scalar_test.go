package conformance_test

import "testing"

// TestFoundInScalars are casts, operators and functions of single values found by probes,
// with what the oldest and the newest release answer, as those of TestFoundByRelease.
func TestFoundInScalars(t *testing.T) {
	e := openEngine(t)
	const ambiguous = "AMBIGUOUS_FUNCTION_CALL: Could not choose a best candidate operator. Explicit type casts must be added."
	for _, c := range []struct{ name, sql, oldest, newest string }{
		{"a time with time zone of before 1970", "SELECT CAST(CAST(x AS time(3) with time zone) AS varchar) FROM (VALUES TIMESTAMP '1969-12-31 23:59:59.9996', TIMESTAMP '1950-05-05 12:34:56.5') AS t (x)", `[["00:00:00.000+00:00"],["12:34:56.500+00:00"]]`, ""},
		{"a time of the first second of a day before 1970", "SELECT CAST(CAST(TIMESTAMP '1950-01-01 00:00:00.5' AS time(9)) AS varchar)", "NOT_SUPPORTED: the time of day of a part of the first second of a day before 1970 is not supported by the local engine", ""},
		{"an instant in a text too short", "SELECT TRY_CAST(x AS varchar(3)) FROM (VALUES TIMESTAMP '2020-02-29 12:34:56') AS t (x)", "GENERIC_INTERNAL_ERROR: Value [2020-02-29 12:34:56] does not fit in type varchar(3)", "GENERIC_INTERNAL_ERROR: Character count exceeds length limit 3: base64:MjAyMC0wMi0yOSAxMjozNDo1Ng=="},
		{"a time in a text too short", "SELECT CAST(x AS varchar(3)) FROM (VALUES TIME '12:34:56') AS t (x)", "GENERIC_INTERNAL_ERROR: Value [12:34:56] does not fit in type varchar(3)", "INVALID_CAST_ARGUMENT: Cannot cast '12:34:56' to varchar(3)"},
		{"that is tried", "SELECT TRY_CAST(x AS varchar(3)) FROM (VALUES TIME '12:34:56') AS t (x)", "GENERIC_INTERNAL_ERROR: Value [12:34:56] does not fit in type varchar(3)", "[[null]]"},
		{"a boolean that is tried", "SELECT TRY_CAST(x AS varchar(3)) FROM (VALUES true) AS t (x)", "GENERIC_INTERNAL_ERROR: Value [true] does not fit in type varchar(3)", "[[null]]"},
		{"an array of json that is tried", "SELECT TRY_CAST(x AS array(json)) FROM (VALUES ARRAY[ARRAY[1], NULL]) AS t (x)", `[[["[1]",null]]]`, ""},
		{"a negative zero among reals", "SELECT least(REAL '1', x), greatest(REAL '-1', x) FROM (VALUES REAL '-0.0') AS t (x)", "[[-0,-0]]", ""},
		{"zeros of both signs", "SELECT greatest(x, 0e0), least(0e0, x), greatest(0e0, x) FROM (VALUES -0e0) AS t (x)", "[[0,-0,0]]", "[[-0,0,0]]"},
		{"truncate of an integer", "SELECT truncate(x, -2), typeof(truncate(x, 2)) FROM (VALUES 12345) AS t (x)", `[["12300","decimal(10,0)"]]`, ""},
		{"a bigint by NULL", "SELECT BIGINT '1' * NULL", ambiguous, ""},
		{"NULL by a double", "SELECT NULL / 1e0", ambiguous, ""},
		{"a smaller integer by NULL", "SELECT 1 * NULL, typeof(NULL % NULL)", `[[null,"tinyint"]]`, ""},
		{"a decimal by NULL", "SELECT typeof(1.50 * NULL), typeof(1.50 % NULL)", `[["decimal(4,2)","decimal(3,2)"]]`, ""},
		{"a timestamp and NULL", "SELECT typeof(TIMESTAMP '2020-01-01 00:00:00.000' + NULL), typeof(NULL - TIMESTAMP '2020-01-01 00:00:00')", `[["timestamp(3)","interval day to second"]]`, ""},
		{"a timestamp of no digits and NULL", "SELECT TIMESTAMP '2020-01-01 00:00:00' + NULL", ambiguous, ""},
		{"a date by NULL", "SELECT DATE '2020-01-01' * NULL", "TYPE_MISMATCH: line 1:26: Cannot apply operator: date * unknown", ""},
		{"the negation of NULL", "SELECT -NULL", ambiguous, ""},
		{"a text beside NULL", "SELECT typeof('a' || NULL)", `[["array(varchar(1))"]]`, ""},
		{"functions of NULL alone", "SELECT length(NULL), typeof(trim(NULL)), typeof(substring(NULL, 2)), typeof(to_utf8(NULL))", `[[null,"varchar(0)","varchar(0)","varbinary"]]`, ""},
		{"bytes are no argument of substring", "SELECT substring(X'1A2B', 2)", "FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters (varbinary, integer) for function substring. Expected: substring(varchar(x), bigint), substring(varchar(x), bigint, bigint), substring(char(x), bigint), substring(char(x), bigint, bigint)", "FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters (varbinary, integer) for function substring. Expected: substring(char(x), bigint), substring(char(x), bigint, bigint), substring(varchar(x), bigint), substring(varchar(x), bigint, bigint)"},
		{"but with FROM", "SELECT to_hex(substring(X'1A2B' FROM 2))", `[["2B"]]`, ""},
		{"a comparison that turns round", "SELECT 1 >= 'a'", "TYPE_MISMATCH: line 1:10: Cannot apply operator: integer <= varchar(1)", ""},
		{"distinct types", "SELECT 1 IS DISTINCT FROM 'a'", "TYPE_MISMATCH: line 1:10: Cannot check if integer is distinct from varchar(1)", "TYPE_MISMATCH: line 1:10: Cannot check if integer is identical to varchar(1)"},
		{"a row that is cast", "SELECT CAST(CAST(ROW(1) AS ROW(a bigint)) AS date)", "TYPE_MISMATCH: line 1:8: Cannot cast row(a bigint) to date", `TYPE_MISMATCH: line 1:8: Cannot cast row("a" bigint) to date`},
		{"an interval by a column", "SELECT CAST(INTERVAL '6' DAY / x AS varchar) FROM (VALUES 2, 4) AS t (x)", `[["3 00:00:00.000"],["1 12:00:00.000"]]`, ""},
		{"an interval by zero", "SELECT INTERVAL '6' DAY / x FROM (VALUES 2, 0) AS t (x)", "INVALID_FUNCTION_ARGUMENT: Cannot divide by double 0.0", ""},
		{"an interval by NaN", "SELECT INTERVAL '6' MONTH * nan()", "INVALID_FUNCTION_ARGUMENT: Cannot multiply by double NaN", ""},
		{"a time of day is none of at_timezone", "SELECT at_timezone(TIME '01:00 +02:00', NULL)", "FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters (time(0) with time zone, unknown) for function at_timezone. Expected: at_timezone(timestamp(p) with time zone, varchar(x)), at_timezone(timestamp(p) with time zone, interval day to second)",
			"FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters (time(0) with time zone, unknown) for function at_timezone. Expected: at_timezone(timestamp(p) with time zone, interval day to second), at_timezone(timestamp(p) with time zone, varchar(x))"},
		{"but of AT TIME ZONE", "SELECT CAST(TIME '01:00 +02:00' AT TIME ZONE 'UTC' AS varchar)", `[["23:00:00+00:00"]]`, ""},
		{"the zone of an instant", "SELECT timezone(TIMESTAMP '2020-01-01 00:00 Europe/Berlin'), timezone(TIME '01:00 +02:00')", "FUNCTION_NOT_FOUND: line 1:8: Function 'timezone' not registered", `[["Europe/Berlin","+02:00"]]`},
		{"a year beyond DuckDB's", "SELECT from_iso8601_date('5000000')", "NOT_SUPPORTED: a date or timestamp so far from 1970 is not supported by the local engine", ""},
		{"a duration too long", "SELECT parse_duration('106751991168 d')", "INVALID_FUNCTION_ARGUMENT: value 1.06751991168E11 DAYS is too large to be represented in requested unit MILLISECONDS as a long", ""},
		{"seconds too many", "SELECT human_readable_seconds(x) FROM (VALUES 1e30) AS t (x)", `[["15250284452471 weeks, 3 days, 15 hours, 30 minutes, 7 seconds"]]`, ""},
		{"no unit of a time", "SELECT date_trunc('Foo', TIME '00:00')", "INVALID_FUNCTION_ARGUMENT: 'foo' is not a valid Time field", "INVALID_FUNCTION_ARGUMENT: 'foo' is not a valid TIME field"},
		{"no unit of a timestamp", "SELECT date_trunc('Foo', TIMESTAMP '2020-01-01 00:00')", "INVALID_FUNCTION_ARGUMENT: 'foo' is not a valid Timestamp field", "INVALID_FUNCTION_ARGUMENT: 'Foo' is not a valid TIMESTAMP field"},
		{"an interval that is none", "SELECT INTERVAL '12 X' DAY TO HOUR", "INVALID_LITERAL: line 1:8: '12 X' is not a valid interval literal", "INVALID_LITERAL: line 1:8: Invalid INTERVAL DAY TO HOUR value: 12 X"},
		{"a URL whose port is no number", "SELECT url_extract_protocol(x), url_extract_host(x), url_extract_path(x) FROM (VALUES 'http://example.com:-1/p') AS t (x)", `[["http","","/p"]]`, ""},
		{"an escape of more than a byte", "SELECT x LIKE 'f信__' ESCAPE '信' FROM (VALUES 'f_x', 'fox') AS t (x)", "[[true],[false]]", ""},
		{"no sum of texts", "SELECT sum('a')", "FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters (varchar(1)) for function sum. Expected: sum(double), sum(real), sum(bigint), sum(interval day to second), sum(interval year to month), sum(decimal(p,s))",
			"FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters (varchar(1)) for function sum. Expected: sum(bigint), sum(decimal(p,s)), sum(double), sum(interval day to second), sum(interval year to month), sum(number), sum(real)"},
		{"no text that is finite", "SELECT is_finite('a')", "FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters (varchar(1)) for function is_finite. Expected: is_finite(double)",
			"FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters (varchar(1)) for function is_finite. Expected: is_finite(bigint), is_finite(decimal(p,s)), is_finite(double), is_finite(number), is_finite(real)"},
		{"a key longer than the map's", "SELECT x['zz'] FROM (VALUES MAP(ARRAY['a', 'b'], ARRAY[1, 2])) AS t (x)", "INVALID_FUNCTION_ARGUMENT: Key not present in map: zz", ""},
		{"a key with digits behind the point", "SELECT x[1.0] FROM (VALUES MAP(ARRAY[1, 2], ARRAY['x', 'y'])) AS t (x)", `[["x"]]`, ""},
	} {
		if c.newest == "" {
			c.newest = c.oldest
		}
		for level, want := range map[int]string{401: c.oldest, 483: c.newest} {
			if got := e.said(t, c.sql, level); got != want {
				t.Errorf("%s, release %d:\n  %s\n  got  %s\n  want %s", c.name, level, c.sql, got, want)
			}
		}
	}
}
