package dialect

import "testing"

// TestNumbers holds what the releases answered for numbers with separators and
// for integers of other bases: the type and the value, or the error.
func TestNumbers(t *testing.T) {
	const digit = "line 1:8: identifiers must not start with a digit; surround the identifier with double quotes"
	for _, c := range []struct{ sql, want string }{
		{"1_000", "integer 1000"}, {"0_0", "integer 0"}, {"00_1", "integer 1"}, {"007", "integer 7"}, {"-1_000", "integer (-1000)"},
		{"0x1F", "integer 31"}, {"0X1f", "integer 31"}, {"0x_1F", "integer 31"}, {"0x1_F", "integer 31"}, {"0x1Fa b", "integer 506"}, {"0x0", "integer 0"},
		{"0b11", "integer 3"}, {"0B1_1", "integer 3"}, {"0b_1", "integer 1"}, {"0o17", "integer 15"}, {"0O1_7", "integer 15"}, {"0o_7", "integer 7"},
		{"1__000", digit}, {"1_", digit}, {"1_a", digit}, {"1_000a", digit}, {"0x", digit}, {"0xG", digit}, {"0x1F_", digit}, {"0x1__F", digit},
		{"0b", digit}, {"0b12", digit}, {"0b1x", digit}, {"0o", digit}, {"0o18", digit}, {"1_0e1_0", digit}, {"1_0E1", digit}, {"1e1_0", digit}, {"1_.5", digit}, {"1__0.5", digit},
		{"1_000.5", "decimal(5,1) CAST('1000.5' AS DECIMAL(5,1))"}, {"1_000.5_0", "decimal(6,2) CAST('1000.50' AS DECIMAL(6,2))"}, {"1._5", "decimal(1,0) CAST('1' AS DECIMAL(1,0))"},
		{".5_0", "decimal(2,2) CAST('0.50' AS DECIMAL(2,2))"}, {"1_000.", "decimal(4,0) CAST('1000' AS DECIMAL(4,0))"}, {"1_000.5e3", "decimal(5,1) CAST('1000.5' AS DECIMAL(5,1))"},
		{"1_0.5_0E1_0", "decimal(4,2) CAST('10.50' AS DECIMAL(4,2))"}, {"1_0.5__0", "decimal(3,1) CAST('10.5' AS DECIMAL(3,1))"},
		{"0x7FFFFFFF", "integer 2147483647"}, {"0x80000000", "bigint 2147483648"}, {"0x7FFFFFFFFFFFFFFF", "bigint 9223372036854775807"}, {"-0x80000000", "integer CAST('-2147483648' AS INTEGER)"},
		{"-0x8000000000000000", "bigint CAST('-9223372036854775808' AS BIGINT)"}, {"- 0x8000000000000000", "bigint CAST('-9223372036854775808' AS BIGINT)"},
		{"0x8000000000000000", "line 1:8: Invalid numeric literal: 0x8000000000000000"}, {"-0x8000000000000001", "line 1:8: Invalid numeric literal: -0x8000000000000001"},
		{"9_223_372_036_854_775_808", "line 1:8: Invalid numeric literal: 9_223_372_036_854_775_808"},
		{"12345678901234567890123456789012345678_9.0", "line 1:8: '12345678901234567890123456789012345678_9.0' is not a valid DECIMAL literal"},
		{"DECIMAL '1_0.5_0'", "decimal(4,2) CAST('10.50' AS DECIMAL(4,2))"}, {"DECIMAL '-1_0'", "decimal(2,0) CAST('-10' AS DECIMAL(2,0))"},
		{"DECIMAL '1__000'", "line 1:8: '1__000' is not a valid DECIMAL literal"}, {"DECIMAL '1_0._5'", "line 1:8: '1_0._5' is not a valid DECIMAL literal"},
		{"BIGINT '1_0'", "line 1:8: '1_0' is not a valid BIGINT literal"}, {"REAL '1_0'", "line 1:8: '1_0' is not a valid REAL literal"},
		{"1 AS 1_000", "line 1:13: mismatched input '1_000'. Expecting: <identifier>"},
		{"1_000.5 + x FROM (VALUES 1) AS t (x) GROUP BY 1.5", "line 1:16: '(DECIMAL '1_000.5' + x)' must be an aggregate expression or appear in GROUP BY clause"},
		{"0x1F + x FROM (VALUES 1) AS t (x) GROUP BY 1.5", "line 1:13: '(0x1F + x)' must be an aggregate expression or appear in GROUP BY clause"},
		{"CAST(1 AS varchar(0xFFFFFFFFFFFFFFFF))", "line 1:26: Invalid numeric literal: 0xFFFFFFFFFFFFFFFF"},
	} {
		if got := shownNumber("SELECT "+c.sql, 483); got != c.want {
			t.Errorf("%s: got %s, want %s", c.sql, got, c.want)
		}
	}
	for _, sql := range []string{"1_000", "0x1F", "0b11", "0o17", "1_000.5"} {
		if got := shownNumber("SELECT "+sql, 401); got != digit {
			t.Errorf("%s: got %s, want %s", sql, got, digit)
		}
	}
	if got, want := shownNumber("SELECT DECIMAL '1_000'", 401), "line 1:8: '1_000' is not a valid decimal literal"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// shownNumber gives the type and the code of the one column of a query, or the
// message of its error.
func shownNumber(sql string, level int) string {
	q, err := parseQuery(sql, level)
	if err != nil {
		return err.(*Error).Message
	}
	tr, err := Translate(sql, Options{Level: level})
	if err != nil {
		return err.(*Error).Message
	}
	a := &analyser{level: level, opt: Options{Level: level}}
	v := a.expr(q.Body.(*Select).Items[0].X, &scope{})
	return tr.Columns[0].Type.String() + " " + v.code
}
