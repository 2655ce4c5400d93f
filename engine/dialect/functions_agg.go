package dialect

import (
	"fmt"
	"strings"
)

func aggregateFunctions() []function {
	g := func(name, doc string, sigs ...signature) function {
		return function{name: name, doc: doc, kind: aggregateFunction, sigs: sigs}
	}
	stat := func(name, doc, sql string) function {
		return g(name, doc, sg("double", "double", sql), sg("bigint", "double", strings.ReplaceAll(sql, "$1", "CAST($1 AS DOUBLE)")))
	}
	pair := func(name, doc, sql string) function {
		return g(name, doc, sg("double, double", "double", sql), signature{in: "real, real", out: "real", sql: "CAST(" + sql + " AS FLOAT)"})
	}
	boolean := func(name, sql string) function {
		return g(name, "Whether all, or some, values are true.", sg("boolean", "boolean", sql))
	}
	return []function{
		{name: "count", doc: "Number of rows, or of values that are not NULL.", kind: aggregateFunction, sigs: []signature{
			{in: "", out: "bigint", sql: "@count(*)"}, {in: "T", shown: "t", where: "T", out: "bigint", low: lowCount}}},
		g("count_if", "Number of rows for which a condition is true.", signature{in: "boolean", out: "bigint", low: lowCountIf}),
		g("sum", "Sum of values; an integer's is bigint, and fails beyond it.", sumSigs()...),
		g("avg", "Mean of values; a decimal's keeps its scale.", avgSigs()...),
		g("min", "Least value, or the least n.", extremeSigs("min")...),
		g("max", "Greatest value, or the greatest n.", extremeSigs("max")...),
		g("min_by", "Value at the least key, or at the least n.", bySigs("arg_min")...),
		g("max_by", "Value at the greatest key, or at the greatest n.", bySigs("arg_max")...),
		g("arbitrary", "Some value that is not NULL.", signature{in: "T", shown: "t", where: "T", out: "T", sql: "@any_value($1)"}),
		g("any_value", "Some value that is not NULL.", signature{in: "T", shown: "t", where: "T", out: "T", sql: "@any_value($1)"}).sinceRelease(420),
		g("array_agg", "Array of the values.", signature{in: "T", shown: "t", where: "T", out: "array(T)", low: lowArrayAgg}),
		g("approx_distinct", "About how many different values, by Trino's sketch.", signature{in: "T", shown: "t", where: "T:comparable", out: "bigint", low: lowApproxDistinct},
			signature{in: "T, double", shown: "t, double", where: "T:comparable", out: "bigint", low: lowApproxDistinct}),
		g("approx_percentile", "Value at a share of the ordered values.", percentileSigs()...),
		boolean("bool_and every", "@bool_and($1)"), boolean("bool_or", "@bool_or($1)"),
		stat("stddev stddev_samp", "Sample standard deviation.", "@stddev_samp($1)"), stat("stddev_pop", "Population standard deviation.", "@stddev_pop($1)"),
		stat("variance var_samp", "Sample variance.", "@var_samp($1)"), stat("var_pop", "Population variance.", "@var_pop($1)"),
		g("geometric_mean", "Geometric mean.", sg("double", "double", "exp(@avg(trino.ln($1)))"), sg("bigint", "double", "exp(@avg(trino.ln(CAST($1 AS DOUBLE))))"),
			sg("real", "real", "CAST(exp(@avg(trino.ln(CAST($1 AS DOUBLE)))) AS FLOAT)")),
		stat("skewness", "Skewness.", "trino.skewness(@count($1), @avg($1), @avg($1 * $1), @avg($1 * $1 * $1))").refuse("DuckDB counts it by another rule"),
		stat("kurtosis", "Excess kurtosis.", "").refuse("DuckDB counts it by another rule"),
		pair("corr", "Correlation of two values.", "trino.no_nan(@corr($1, $2))"), pair("covar_pop", "Population covariance.", "@covar_pop($1, $2)"),
		pair("covar_samp", "Sample covariance.", "@covar_samp($1, $2)"), pair("regr_slope", "Slope of a regression; y comes first.", "trino.no_nan(@regr_slope($1, $2))"),
		pair("regr_intercept", "Intercept of a regression; y comes first.", "trino.no_nan(@regr_intercept($1, $2))"),
		g("histogram", "Number of rows by value.", signature{in: "T", shown: "t", where: "T:comparable", out: "map(T,bigint)", low: lowHistogram}),
		g("map_agg", "Map of keys and values.", signature{in: "K, V", where: "K:comparable, V", out: "map(K,V)", low: lowMapAgg}),
		g("listagg", "Values as one text, in an order.", signature{in: "varchar, varchar", shown: "varchar(v), varchar(d)", out: "varchar", low: lowListagg},
			signature{in: "varchar", shown: "varchar(v)", out: "varchar", low: lowListagg}),
	}
}

func (f function) refuse(why string) function {
	f.refused = why
	return f
}

func lowCount(c *invocation) string {
	v := c.args[0]
	if v.typ.Kind == Unknown {
		return c.template("@count(CAST(NULL AS INTEGER))")
	}
	if c.call.Distinct {
		c.args[0].code = c.a.canonical(v.code, v.typ)
	}
	return c.template("@count($1)")
}

// lowCountIf is 0, not NULL, over no rows.
func lowCountIf(c *invocation) string {
	if c.call.Distinct {
		panic(c.a.cannot("count_if(DISTINCT)"))
	}
	return c.template("coalesce(CAST(@count(CASE WHEN $1 THEN 1 END) AS BIGINT), 0)")
}

func sumSigs() []signature {
	return []signature{
		sg("double", "double", "@sum($1)"), sg("real", "real", "CAST(@sum(CAST($1 AS DOUBLE)) AS FLOAT)"), sg("bigint", "bigint", "trino.sum_bigint(@sum($1))"),
		sg("interval day to second", "interval day to second", "CAST(@sum($1) AS BIGINT)"),
		sg("interval year to month", "interval year to month", "CAST(@sum($1) AS INTEGER)"),
		{in: "decimal(p,s)", low: func(c *invocation) string {
			return c.template("CAST(@sum($1) AS " + c.typ.DuckDB() + ")")
		}, typ: func(t []Type) Type { return decimalType(38, t[0].Scale) }},
	}
}

func avgSigs() []signature {
	return []signature{
		sg("bigint", "double", "@avg($1)"), sg("double", "double", "@avg($1)"), sg("real", "real", "CAST(@avg($1) AS FLOAT)"),
		sg("interval day to second", "interval day to second", "CAST(round(@avg($1)) AS BIGINT)"),
		{in: "interval year to month", out: "interval year to month", sql: "CAST(round(@avg($1)) AS INTEGER)"},
		{in: "decimal(p,s)", out: "decimal(p,s)", low: lowAvgDecimal},
	}
}

// lowAvgDecimal divides the exact sum by the count, half up, at the same scale.
func lowAvgDecimal(c *invocation) string {
	t := c.typ
	return c.template(fmt.Sprintf("CAST(acme_decimal('/', CAST(@sum($1) AS VARCHAR), CAST(nullif(@count($1), 0) AS VARCHAR), %d, 0, %d, %d) AS %s)", t.Scale, t.Precision, t.Scale, t.DuckDB()))
}

func extremeSigs(fn string) []signature {
	low := func(c *invocation) string {
		if t := c.args[0].typ; t.isNested() {
			return c.nestedAggregate(fn, t)
		}
		if c.args[0].typ.Kind == Unknown {
			return c.template("CAST(@" + fn + "(CAST(NULL AS INTEGER)) AS INTEGER)")
		}
		if c.args[0].typ.isFloat() && fn == "max" {
			// NaN is greatest to DuckDB, and no candidate to Trino.
			return c.template("coalesce(@max(CASE WHEN NOT isnan($1) THEN $1 END), @max($1))")
		}
		return c.template("@" + fn + "($1)")
	}
	return []signature{{in: "T", shown: "t", where: "T:orderable", out: "T", low: low},
		{in: "E, bigint", shown: "e, bigint", where: "E:orderable", out: "array(E)", low: func(c *invocation) string {
			if n := c.raw[1].number; n == "" || n[0] == '-' || strings.Trim(n, "0") == "" || c.over != "" || c.args[0].typ.isFloat() || c.args[0].typ.isNested() {
				panic(c.a.cannot("%s of several values here", fn))
			}
			return c.template("@" + fn + "($1, " + c.raw[1].number + ")")
		}}}
}

func bySigs(fn string) []signature {
	return []signature{
		{in: "V, K", shown: "v, k", where: "K:orderable, V", out: "V", low: func(c *invocation) string {
			if c.args[0].typ.Kind == Unknown || c.args[1].typ.Kind == Unknown {
				panic(c.a.cannot("%s by %s", c.name(), c.args[1].typ))
			}
			if k := c.args[1].typ; k.isNested() || k.isFloat() && fn == "arg_max" {
				return c.nestedBy(fn, k)
			}
			return c.template("@" + fn + "_null($1, $2)")
		}},
		{in: "V, K, bigint", shown: "v, k, bigint", where: "K:orderable, V", out: "array(V)", low: func(c *invocation) string {
			panic(c.a.cannot("%s of several values", c.name()))
		}},
	}
}

func lowArrayAgg(c *invocation) string {
	if c.args[0].typ.Kind == Unknown {
		return c.template("CAST(@list(CAST(NULL AS INTEGER)) AS INTEGER[])")
	}
	return c.template("@list($1)")
}

// lowApproxDistinct gives every value's hash to Trino's sketch.
func lowApproxDistinct(c *invocation) string {
	v := c.args[0]
	err := "0.023e0"
	if len(c.args) == 2 {
		err = c.args[1].code
		if !c.raw[1].constant {
			panic(c.a.cannot("approx_distinct with a computed error"))
		}
	}
	hash := ""
	switch v.typ.Kind {
	case BigInt, Integer, SmallInt, TinyInt, IntervalDay, IntervalYear:
		hash = "acme_hash_bigint(CAST(" + v.code + " AS BIGINT))"
	case Date:
		hash = "acme_hash_bigint(CAST(" + v.code + " - DATE '1970-01-01' AS BIGINT))"
	case Timestamp:
		hash = "acme_hash_bigint(epoch_us(" + v.code + "))"
	case Double:
		hash = "acme_hash_double(" + v.code + ")"
	case Varchar:
		hash = "acme_hash_text(" + v.code + ")"
	case Varbinary:
		hash = "acme_hash_bytes(" + v.code + ")"
	case Boolean:
		c.call = &Call{exprAt: c.call.exprAt, Name: c.call.Name, Distinct: true}
		return c.template("@count($1)") // Trino counts these exactly
	case Unknown:
		hash = "CAST(NULL AS BIGINT)"
	default:
		panic(c.a.cannot("approx_distinct of %s", v.typ))
	}
	c.call = &Call{exprAt: c.call.exprAt, Name: c.call.Name} // DISTINCT changes nothing
	return c.template("acme_hll(coalesce(@list(DISTINCT " + hash + "), []), " + err + ")")
}

func percentileSigs() []signature {
	var out []signature
	for _, t := range []string{"bigint", "double", "real"} {
		for _, rest := range []string{"double", "double, double", "double, double, double"} {
			s := signature{in: t + ", " + rest, out: t, low: lowPercentile}
			out = append(out, s)
		}
		out = append(out, signature{in: t + ", array(double)", out: "array(" + t + ")", low: lowPercentiles},
			signature{in: t + ", double, array(double)", out: "array(" + t + ")", low: lowPercentile})
	}
	return out
}

// lowPercentile is the order statistic at floor(q * n), which is what Trino's
// digest gives for groups of a few hundred and stays near for larger ones.
func lowPercentile(c *invocation) string {
	if len(c.args) > 2 {
		panic(c.a.cannot("approx_percentile with weights or an accuracy"))
	}
	return c.template("trino.order_statistic(@list($1), acme_percentile($2))")
}

func lowPercentiles(c *invocation) string {
	if !c.raw[1].constant {
		panic(c.a.cannot("approx_percentile with computed percentiles"))
	}
	v := c.a.lambdaVar()
	return c.template("CASE WHEN @count($1) > 0 THEN list_transform($2, lambda " + v + ": trino.order_statistic(@list($1), acme_percentile(" + v + "))) END")
}

func lowListagg(c *invocation) string {
	if c.call.Overflow != "" && c.call.Overflow != "ERROR" {
		panic(c.a.cannot("listagg with ON OVERFLOW TRUNCATE"))
	}
	sep := "''"
	if len(c.args) == 2 {
		sep = c.args[1].code
	}
	return c.template("@string_agg($1, " + sep + ")")
}

func windowFunctions() []function {
	w := func(name, doc string, ordered, nulls bool, sigs ...signature) function {
		return function{name: name, doc: doc, kind: windowFunction, ordered: ordered, nulls: nulls, sigs: sigs}
	}
	value := func(fn string) signature {
		return signature{in: "T", shown: "t", where: "T", out: "T", sql: "@" + fn + "($1)"}
	}
	shift := func(fn string) []signature {
		return []signature{value(fn),
			{in: "T, bigint", shown: "t, bigint", where: "T", out: "T", low: lowShift(fn)},
			{in: "T, bigint, T", shown: "t, bigint, t", where: "T", out: "T", low: lowShift(fn)}}
	}
	return []function{
		w("row_number", "Number of the row.", false, false, sg("", "bigint", "@row_number()")),
		w("rank", "Rank with gaps.", false, false, sg("", "bigint", "@rank()")),
		w("dense_rank", "Rank without gaps.", false, false, sg("", "bigint", "@dense_rank()")),
		w("percent_rank", "Rank as a share.", false, false, sg("", "double", "@percent_rank()")),
		w("cume_dist", "Share of the rows up to this one.", false, false, sg("", "double", "@cume_dist()")),
		w("ntile", "Number of the row's share of n.", false, false, signature{in: "bigint", out: "bigint", low: func(c *invocation) string {
			return c.template("@ntile(acme_buckets($1))")
		}}),
		w("first_value", "First value of the frame.", false, true, value("first_value")),
		w("last_value", "Last value of the frame.", false, true, value("last_value")),
		w("nth_value", "A value of the frame by its number.", false, true, signature{in: "T, bigint", shown: "t, bigint", where: "T", out: "T", low: func(c *invocation) string {
			if n := c.raw[1].number; n == "" || n[0] == '-' || strings.Trim(n, "0") == "" {
				panic(c.a.cannot("nth_value at a computed place"))
			}
			return c.template("@nth_value($1, $2)")
		}}),
		w("lag", "Value of an earlier row.", true, true, shift("lag")...),
		w("lead", "Value of a later row.", true, true, shift("lead")...),
	}
}

// lowShift takes literal offsets: DuckDB turns round for those below zero, where
// Trino fails.
func lowShift(fn string) func(c *invocation) string {
	return func(c *invocation) string {
		if n := c.raw[1].number; n == "" || n[0] == '-' {
			panic(c.a.cannot("%s by a computed or negative offset", fn))
		}
		return c.template("@" + fn + "($*)")
	}
}
