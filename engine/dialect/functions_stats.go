package dialect

import (
	"fmt"
	"strings"
)

// statisticFunctions are the aggregates that describe how numbers lie.
func statisticFunctions() []function {
	g := func(name, doc string, sigs ...signature) function {
		return function{name: name, doc: doc, kind: aggregateFunction, sigs: sigs}
	}
	stat := func(name, doc, sql string) function {
		return g(name, doc, sg("bigint", "double", strings.ReplaceAll(sql, "$1", "CAST($1 AS DOUBLE)")), sg("double", "double", sql))
	}
	// spread is a statistic of numbers of which only doubles may be NaN or infinite: then it
	// is NaN, where there are more than so many. DuckDB fails at them.
	spread := func(name, doc, fn string, more int) function {
		nan := "CAST('NaN' AS DOUBLE)"
		if more > 0 {
			nan = fmt.Sprintf("CASE WHEN @count($1) > %d THEN %s END", more, nan)
		}
		return g(name, doc, sg("bigint", "double", "@"+fn+"(CAST($1 AS DOUBLE))"),
			sg("double", "double", "CASE WHEN @bool_or(NOT isfinite($1)) THEN "+nan+" ELSE @"+fn+"(CASE WHEN isfinite($1) THEN $1 END) END"))
	}
	pair := func(name, doc, sql string) function {
		return g(name, doc, sg("double, double", "double", sql), signature{in: "real, real", out: "real", sql: "CAST(" + sql + " AS FLOAT)"})
	}
	// related is a statistic of pairs that says nothing of a pair that is not finite.
	related := func(fn string) string {
		const lost = "isnan(($1 - $1) + ($2 - $2))"
		return "CASE WHEN NOT coalesce(@bool_or(" + lost + "), false) THEN trino.no_nan(@" + fn + "(CASE WHEN NOT " + lost + " THEN $1 END, $2)) END"
	}
	// covariance adds up pair by pair: of infinite ones Trino's answer depends on the order in
	// which it comes to them, and on how many threads it has.
	covariance := func(name, doc, sql string) function {
		low := func(of string) func(c *invocation) string {
			return func(c *invocation) string {
				late := c.a.refuseLate("DOUBLE", name+" of infinite values among others")
				return c.template(fmt.Sprintf(of, "CASE WHEN @bool_or((isinf($1) OR isinf($2)) AND $1 IS NOT NULL AND $2 IS NOT NULL) AND @count($1 + $2) > 1 THEN "+late+" ELSE "+sql+" END"))
			}
		}
		return g(name, doc, signature{in: "double, double", out: "double", low: low("%s")}, signature{in: "real, real", out: "real", low: low("CAST(%s AS FLOAT)")})
	}
	bits := func(name, doc, fn string) function { return g(name, doc, sg("bigint", "bigint", "@"+fn+"($1)")) }
	return []function{
		spread("stddev stddev_samp", "Sample standard deviation.", "stddev_samp", 1), spread("stddev_pop", "Population standard deviation.", "stddev_pop", 0),
		spread("variance var_samp", "Sample variance.", "var_samp", 1), spread("var_pop", "Population variance.", "var_pop", 0),
		stat("skewness", "Skewness.", "acme_skewness(@list($1))"), stat("kurtosis", "Excess kurtosis.", "acme_kurtosis(@list($1))"),
		g("geometric_mean", "Geometric mean.", sg("double", "double", "exp(@avg(trino.ln($1)))"), sg("bigint", "double", "exp(@avg(trino.ln(CAST($1 AS DOUBLE))))"),
			sg("real", "real", "CAST(exp(@avg(trino.ln(CAST($1 AS DOUBLE)))) AS FLOAT)")),
		pair("corr", "Correlation of two values.", related("corr")), covariance("covar_pop", "Population covariance.", "(@covar_pop($1, $2) + 0e0 * @min($1 + $2))"),
		covariance("covar_samp", "Sample covariance.", "@covar_samp($1, $2)"), pair("regr_slope", "Slope of a regression; y comes first.", related("regr_slope")),
		g("regr_intercept", "Intercept of a regression; y comes first.", interceptOf("double"), interceptOf("real")),
		bits("bitwise_and_agg", "Bits that all values have.", "bit_and"), bits("bitwise_or_agg", "Bits that some value has.", "bit_or"),
		bits("bitwise_xor_agg", "Bits that an odd number of values has.", "bit_xor").sinceRelease(476),
		g("checksum", "Checksum of values in any order.", signature{in: "T", shown: "t", where: "T", out: "varbinary", low: func(c *invocation) string {
			// NULL counts as the hash 1.
			hash := "coalesce(" + c.a.hashText(c.args[0].typ, c.a.typed(c.args[0])) + ", 1)"
			if c.args[0].typ.Kind == Unknown {
				hash = "1"
			}
			return "acme_checksum(CAST(" + c.agg("sum", "CAST("+hash+" AS HUGEINT)") + " AS HUGEINT))"
		}}),
		g("numeric_histogram", "Buckets of values with their weights, at most n.", histogramSigs()...),
	}
}

// interceptOf is regr_intercept of a type. It is the mean of y less so many means of x,
// where digits cancel: Trino's own steps in their order give Trino's digits. Over a
// window, where each row would have a list of its own, DuckDB's steps do.
func interceptOf(typ string) signature {
	return signature{in: typ + ", " + typ, out: typ, low: func(c *invocation) string {
		code := "trino.no_nan(@regr_intercept($1, $2))"
		if c.over == "" {
			list := c.rows(0)
			code = "acme_regr_intercept(" + c.part(list, 0, "DOUBLE") + ", " + c.part(list, 1, "DOUBLE") + ")"
		} else {
			code = c.template(code)
		}
		if typ == "real" {
			code = "CAST(" + code + " AS FLOAT)"
		}
		return code
	}}
}

func histogramSigs() []signature {
	low := func(real bool) func(c *invocation) string {
		return func(c *invocation) string {
			c.constantArgument(0)
			if c.over != "" { // Trino's own changes from row to row by being read
				panic(c.a.cannot("numeric_histogram as a window function"))
			}
			list := c.rows(1)
			weights := "list_transform(" + list + ", lambda w: 1.0e0)"
			if len(c.args) == 3 {
				weights = c.part(list, 1, "DOUBLE")
			}
			r := "acme_numeric_histogram(" + c.part(list, 0, "DOUBLE") + ", " + weights + ", " + c.args[0].code + ")"
			typ := "DOUBLE"
			if real {
				typ = "FLOAT"
			}
			return "CAST(trino.pairs(" + r + ") AS MAP(" + typ + ", " + typ + "))"
		}
	}
	return []signature{
		{in: "bigint, double, double", out: "map(double,double)", low: low(false)}, {in: "bigint, double", out: "map(double,double)", low: low(false)},
		{in: "bigint, real, double", out: "map(real,real)", low: low(true)}, {in: "bigint, real", out: "map(real,real)", low: low(true)},
	}
}

// constantArgument refuses argument i where it depends on the row.
func (c *invocation) constantArgument(i int) {
	if !c.raw[i].constant {
		panic(c.a.cannot("%s with a computed argument %d", c.name(), i+1))
	}
}

// rows gives the text of a list of the rows of a group, each a struct of the
// arguments from the given one on, f0, f1 and so on.
func (c *invocation) rows(from int) string {
	if c.call.Distinct && c.ord != "" {
		panic(c.a.cannot("%s with DISTINCT and ORDER BY", c.name()))
	}
	return c.agg("list", c.packed(from))
}

// packed gives the struct that rows makes of a row.
func (c *invocation) packed(from int) string {
	var parts []string
	for i, v := range c.args[from:] {
		if v.typ.Kind != Function {
			parts = append(parts, "f"+string(rune('0'+i))+" := "+c.a.typed(v))
		}
	}
	return "struct_pack(" + strings.Join(parts, ", ") + ")"
}

// part gives one field of each row of a list that rows made, cast to a type.
func (c *invocation) part(list string, i int, typ string) string {
	v := c.a.lambdaVar()
	return "list_transform(" + list + ", lambda " + v + ": CAST(" + v + ".f" + string(rune('0'+i)) + " AS " + typ + "))"
}
