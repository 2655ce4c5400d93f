package dialect

import (
	"fmt"
	"strings"
)

// sg is the usual signature: types in, type out, text.
func sg(in, out, sql string) signature { return signature{in: in, out: out, sql: sql} }

// each makes a signature of one argument for several types, result like it.
func each(sql string, types ...string) []signature {
	var out []signature
	for _, t := range types {
		out = append(out, sg(t, t, sql))
	}
	return out
}

var integerNames = []string{"bigint", "tinyint", "smallint", "integer"}

func mathFunctions() []function { return append(numberFunctionsTable(), statFunctions()...) }

func numberFunctionsTable() []function {
	unary := func(name, doc, sql string) function {
		return function{name: name, doc: doc, sigs: []signature{sg("double", "double", sql)}}
	}
	return []function{
		{name: "abs", doc: "Absolute value.", sigs: append(append([]signature{sg("double", "double", "abs($1)")},
			each("abs($1)", integerNames...)...), sg("real", "real", "abs($1)"), sg("decimal(p,s)", "decimal(p,s)", "abs($1)"))},
		{name: "ceil ceiling", doc: "Least integer not below the value.", sigs: roundingSigs("ceil")},
		{name: "floor", doc: "Greatest integer not above the value.", sigs: roundingSigs("floor")},
		{name: "round", doc: "Value rounded half away from zero, to digits behind the point.", sigs: roundSigs()},
		{name: "truncate", doc: "Value without the digits behind the point.", sigs: []signature{
			sg("double", "double", "trunc($1)"), sg("real", "real", "CAST(trunc($1) AS FLOAT)"),
			{in: "decimal(p,s)", gives: "decimal(rp,0)", low: lowTruncate, typ: func(t []Type) Type { return decimalType(max(t[0].Precision-t[0].Scale, 1), 0) }},
			{in: "decimal(p,s), integer", gives: "decimal(p,s)", low: lowDecimalRound("trunc"), typ: func(t []Type) Type { return t[0].asDecimal() }},
		}},
		{name: "sign", doc: "-1, 0 or 1 by the sign of the value.", sigs: append([]signature{
			sg("double", "double", "trino.sign($1)"), sg("real", "real", "CAST(trino.sign($1) AS FLOAT)"),
			sg("decimal(p,s)", "decimal(1,0)", "CAST(sign($1) AS DECIMAL(1,0))")},
			sg("bigint", "bigint", "CAST(sign($1) AS BIGINT)"), sg("integer", "integer", "CAST(sign($1) AS INTEGER)"),
			sg("smallint", "smallint", "CAST(sign($1) AS SMALLINT)"), sg("tinyint", "tinyint", "CAST(sign($1) AS TINYINT)"))},
		{name: "mod", doc: "Remainder of a division, with the sign of the dividend.", sigs: modSigs()},
		{name: "power pow", doc: "A value raised to a power.", sigs: []signature{sg("double, double", "double", "trino.pow($1, $2)")}},
		unary("sqrt", "Square root; NaN below zero.", "trino.sqrt($1)"),
		unary("cbrt", "Cube root.", "cbrt($1)"),
		unary("exp", "e raised to a power.", "exp($1)"),
		unary("ln", "Natural logarithm; -Infinity for zero, NaN below.", "trino.ln($1)"),
		unary("log2", "Logarithm to base 2.", "trino.log2($1)"),
		unary("log10", "Logarithm to base 10.", "trino.log10($1)"),
		{name: "log", doc: "Logarithm to a base, which comes first.", sigs: []signature{sg("double, double", "double", "(trino.ln($2) / trino.ln($1))")}},
		unary("sin", "Sine.", "trino.sin($1)"), unary("cos", "Cosine.", "trino.cos($1)"), unary("tan", "Tangent.", "trino.tan($1)"),
		unary("asin", "Arc sine.", "trino.asin($1)"), unary("acos", "Arc cosine.", "trino.acos($1)"), unary("atan", "Arc tangent.", "atan($1)"),
		{name: "atan2", doc: "Arc tangent of y over x.", sigs: []signature{sg("double, double", "double", "atan2($1, $2)")}},
		unary("sinh", "Hyperbolic sine.", "sinh($1)").sinceRelease(476), unary("cosh", "Hyperbolic cosine.", "cosh($1)"), unary("tanh", "Hyperbolic tangent.", "tanh($1)"),
		unary("degrees", "Radians as degrees.", "degrees($1)"), unary("radians", "Degrees as radians.", "radians($1)"),
		{name: "e", doc: "Euler's number.", sigs: []signature{sg("", "double", "2.718281828459045e0")}},
		{name: "pi", doc: "The circle's number.", sigs: []signature{sg("", "double", "pi()")}},
		{name: "nan", doc: "Not a number.", sigs: []signature{sg("", "double", "CAST('NaN' AS DOUBLE)")}},
		{name: "infinity", doc: "Positive infinity.", sigs: []signature{sg("", "double", "CAST('Infinity' AS DOUBLE)")}},
		{name: "is_nan", doc: "Whether a value is not a number.", sigs: []signature{sg("double", "boolean", "isnan($1)"), sg("real", "boolean", "isnan($1)")}},
		{name: "is_finite", doc: "Whether a value is neither infinite nor NaN.", sigs: []signature{sg("double", "boolean", "isfinite($1)")}},
		{name: "is_infinite", doc: "Whether a value is infinite.", sigs: []signature{sg("double", "boolean", "isinf($1)")}},
		{name: "rand random", doc: "A random number: in [0, 1), or below or between integers.", sigs: randomSigs()},
		{name: "width_bucket", doc: "Number of the bin that a value falls into.", sigs: []signature{
			sg("double, array(double)", "bigint", "acme_width_bins($1, $2)"),
			sg("double, double, double, bigint", "bigint", "acme_width_bucket($1, $2, $3, $4)")}},
		{name: "from_base", doc: "Number written in a base of 2 to 36.", sigs: []signature{sg("varchar(x), bigint", "bigint", "acme_from_base($1, $2)")}},
		{name: "to_base", doc: "Number as text in a base of 2 to 36.", sigs: []signature{sg("bigint, bigint", "varchar(64)", "acme_to_base($1, $2)")}},
		{name: "bitwise_and", doc: "Bits set in both.", sigs: []signature{sg("bigint, bigint", "bigint", "($1 & $2)")}},
		{name: "bitwise_or", doc: "Bits set in either.", sigs: []signature{sg("bigint, bigint", "bigint", "($1 | $2)")}},
		{name: "bitwise_xor", doc: "Bits set in one alone.", sigs: []signature{sg("bigint, bigint", "bigint", "xor($1, $2)")}},
		{name: "bitwise_not", doc: "Bits turned round.", sigs: []signature{sg("bigint", "bigint", "(-1 - $1)")}},
		{name: "bit_count", doc: "Bits set in a number of so many bits.", sigs: []signature{sg("bigint, bigint", "bigint", "acme_bit_count($1, $2)")}},
		{name: "bitwise_left_shift", doc: "Bits moved up.", sigs: shiftSigs("left")},
		{name: "bitwise_right_shift", doc: "Bits moved down, zeros coming in.", sigs: shiftSigs("right")},
		{name: "bitwise_right_shift_arithmetic", doc: "Bits moved down, the sign coming in.", sigs: shiftSigs("arithmetic")},
	}
}

// randomSigs draw below a bound, or between two.
func randomSigs() []signature {
	out := []signature{sg("", "double", "random()")}
	for _, t := range []string{"tinyint", "smallint", "integer", "bigint"} {
		typ := Type{Kind: patternKinds[t]}.DuckDB()
		out = append(out,
			sg(t, t, "CAST(floor(random() * acme_random_bound(0, CAST($1 AS BIGINT), 'bound must be positive')) AS "+typ+")"),
			sg(t+", "+t, t, "CAST($1 + CAST(floor(random() * acme_random_bound(CAST($1 AS BIGINT), CAST($2 AS BIGINT), 'start value must be less than stop value')) AS BIGINT) AS "+typ+")"))
	}
	return out
}

func shiftSigs(how string) []signature {
	var out []signature
	for _, t := range []struct {
		name string
		bits int
	}{{"tinyint", 8}, {"smallint", 16}, {"integer", 32}, {"bigint", 64}} {
		out = append(out, sg(t.name+", integer", t.name, fmt.Sprintf("CAST(acme_shift($1, $2, '%s', %d) AS %s)", how, t.bits, Type{Kind: patternKinds[t.name]}.DuckDB())))
	}
	return out
}

// roundingSigs are ceil and floor: integers stay, decimals lose their scale.
func roundingSigs(fn string) []signature {
	out := append([]signature{sg("double", "double", fn+"($1)")}, each("$1", integerNames...)...)
	return append(out, sg("real", "real", "CAST("+fn+"($1) AS FLOAT)"), signature{in: "decimal(p,s)", gives: "decimal(rp,0)",
		low: func(c *invocation) string {
			if c.args[0].typ.Scale == 0 {
				return c.args[0].code
			}
			return "CAST(" + fn + "(" + c.args[0].code + ") AS " + c.typ.DuckDB() + ")"
		},
		typ: func(t []Type) Type {
			return decimalType(t[0].Precision-t[0].Scale+min(t[0].Scale, 1), 0)
		}})
}

// lowRoundDouble rounds a double to so many digits as the release does.
func lowRoundDouble(x string) func(c *invocation) string {
	return func(c *invocation) string {
		if c.a.level < 476 {
			return c.template("trino.older_round_double(" + x + ", $2)")
		}
		return c.template("trino.round_double(" + x + ", $2)")
	}
}

// lowRoundWhole rounds a double to a whole number: newer releases give 0 for -0.
func lowRoundWhole(x string) func(c *invocation) string {
	return func(c *invocation) string {
		if c.a.level < 476 {
			return c.template("round(" + x + ")")
		}
		return c.template("trino.round_double(" + x + ", 0)")
	}
}

func roundSigs() []signature {
	out := []signature{
		{in: "double, integer", out: "double", low: lowRoundDouble("$1")},
		{in: "double", out: "double", low: lowRoundWhole("$1")},
	}
	for _, t := range integerNames {
		out = append(out, sg(t+", integer", t, "CAST(acme_round_int(CAST($1 AS BIGINT), $2, '"+t+"') AS "+Type{Kind: patternKinds[t]}.DuckDB()+")"), sg(t, t, "$1"))
	}
	return append(out,
		signature{in: "real", out: "real", low: func(c *invocation) string { return "CAST(" + lowRoundWhole("CAST($1 AS DOUBLE)")(c) + " AS FLOAT)" }},
		signature{in: "real, integer", out: "real", low: func(c *invocation) string {
			return "CAST(" + lowRoundDouble("CAST($1 AS DOUBLE)")(c) + " AS FLOAT)"
		}},
		signature{in: "decimal(p,s)", gives: "decimal(rp,rs)", low: func(c *invocation) string {
			return "CAST(" + c.args[0].code + " AS " + c.typ.DuckDB() + ")"
		}, typ: func(t []Type) Type {
			return decimalType(min(38, t[0].Precision-t[0].Scale+min(1, t[0].Scale)), 0)
		}},
		signature{in: "decimal(p,s), integer", gives: "decimal(rp,s)", low: lowDecimalRound("round"), typ: func(t []Type) Type {
			return decimalType(min(38, t[0].Precision+1), t[0].Scale)
		}})
}

// lowDecimalRound rounds a decimal to digits: by a cast where they are literal.
func lowDecimalRound(mode string) func(c *invocation) string {
	return func(c *invocation) string {
		v, t := c.args[0], c.typ
		if n := c.raw[1].number; n != "" && n[0] != '-' && mode == "round" {
			digits := number(n, 38)
			if digits >= v.typ.Scale {
				return "CAST(" + v.code + " AS " + t.DuckDB() + ")"
			}
			wide := decimalType(min(38, v.typ.Precision+1), digits)
			if wide.Precision-digits+t.Scale <= 38 {
				return "CAST(CAST(" + v.code + " AS " + wide.DuckDB() + ") AS " + t.DuckDB() + ")"
			}
		}
		return fmt.Sprintf("CAST(acme_decimal_round(CAST(%s AS VARCHAR), %s, '%s', %d, %d) AS %s)", v.code, c.args[1].code, mode, t.Precision, t.Scale, t.DuckDB())
	}
}

func lowTruncate(c *invocation) string {
	return fmt.Sprintf("CAST(acme_decimal_round(CAST(%s AS VARCHAR), 0, 'trunc', %d, 0) AS %s)", c.args[0].code, c.typ.Precision, c.typ.DuckDB())
}

func modSigs() []signature {
	low := func(c *invocation) string {
		v := c.a.arithmetic("%", c.args[0], c.args[1], c.pos)
		c.typ = v.typ
		if v.typ.isInteger() && strings.Contains(v.code, "[[DIVISION_BY_ZERO]]") {
			if c.a.trying > 0 {
				panic(c.a.cannot("TRY around mod, which does not catch a division by zero,"))
			}
			// The function, unlike the operator, lets Java's own error out.
			return strings.Replace(v.code, "[[DIVISION_BY_ZERO]] Division by zero", "[[GENERIC_INTERNAL_ERROR]] / by zero", 1)
		}
		return v.code
	}
	var out []signature
	for _, t := range []string{"bigint", "double", "tinyint", "smallint", "integer", "real"} {
		out = append(out, signature{in: t + ", " + t, out: t, low: low})
	}
	return append(out, signature{in: "decimal(a,b), decimal(c,d)", shown: "decimal(a_precision,a_scale), decimal(b_precision,b_scale)", out: "decimal(a,b)", low: low})
}
