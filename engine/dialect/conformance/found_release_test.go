package conformance_test

import (
	"encoding/json"
	"errors"
	"testing"

	"acme/telemetry/engine/dialect"
)

// TestFoundByRelease are statements found by probes, with what the oldest and the
// newest release answer; an empty answer of the newest is that of the oldest.
func TestFoundByRelease(t *testing.T) {
	e := openEngine(t)
	for _, c := range foundByRelease {
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

// said gives rows as JSON, or the error's name and text.
func (e *engine) said(t *testing.T, sql string, level int) string {
	t.Helper()
	_, rows, err := e.run(sql, level)
	var de *dialect.Error
	if errors.As(err, &de) {
		return de.Error()
	}
	if err != nil {
		return err.Error()
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

var foundByRelease = []struct{ name, sql, oldest, newest string }{
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
}
