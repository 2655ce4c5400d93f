package dialect

import (
	"fmt"
	"strconv"
	"strings"
)

func aggregateFunctions() []function {
	g := func(name, doc string, sigs ...signature) function {
		return function{name: name, doc: doc, kind: aggregateFunction, sigs: sigs}
	}
	boolean := func(name, sql string) function {
		return g(name, "Whether all, or some, values are true.", sg("boolean", "boolean", sql))
	}
	return []function{
		{name: "count", doc: "Number of rows, or of values that are not NULL.", kind: aggregateFunction, sigs: []signature{
			{in: "", out: "bigint", low: lowCountRows}, {in: "T", shown: "t", where: "T", out: "bigint", low: lowCount}}},
		g("count_if", "Number of rows for which a condition is true.", signature{in: "boolean", out: "bigint", low: lowCountIf}),
		g("sum", "Sum of values; an integer's is bigint, and fails beyond it.", sumSigs()...),
		g("avg", "Mean of values; a decimal's keeps its scale.", avgSigs()...),
		g("arbitrary", "Some value that is not NULL.", signature{in: "T", shown: "t", where: "T", out: "T", sql: "@any_value($1)"}),
		g("any_value", "Some value that is not NULL.", signature{in: "T", shown: "t", where: "T", out: "T", sql: "@any_value($1)"}).sinceRelease(420),
		g("approx_distinct", "About how many different values, by Trino's sketch.", signature{in: "T", shown: "t", where: "T:comparable", out: "bigint", low: lowApproxDistinct},
			signature{in: "T, double", shown: "t, double", where: "T:comparable", out: "bigint", low: lowApproxDistinct}),
		g("approx_percentile", "Value at a share of the ordered values.", percentileSigs()...),
		boolean("bool_and every", "@bool_and($1)"), boolean("bool_or", "@bool_or($1)"),
		g("listagg", "Values as one text, in an order.", signature{in: "varchar, varchar", shown: "varchar(v), varchar(d)", out: "varchar", low: lowListagg},
			signature{in: "varchar", shown: "varchar(v)", out: "varchar", low: lowListagg}),
	}
}

// lowCountRows is count(*); over a frame that ends before it begins DuckDB counts
// below zero.
func lowCountRows(c *invocation) string {
	if strings.Contains(c.over, " BETWEEN ") {
		return c.template("greatest(@count(*), 0)")
	}
	return c.template("@count(*)")
}

func lowCount(c *invocation) string {
	v := c.args[0]
	if v.typ.Kind == Unknown {
		return c.template("@count(CAST(NULL AS INTEGER))")
	}
	if c.call.Distinct {
		if c.a.level < 476 && c.sc.fixed(c.call.Args[0], c.args[0]) {
			if c.call.Filter != nil {
				panic(c.a.cannot("count(DISTINCT) of a constant with FILTER at this release"))
			}
			c.a.alone = c.a.cannot("count(DISTINCT) of a constant beside another aggregate at this release")
		}
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
		sg("double", "double", "@sum($1)"), sg("real", "real", "trino.to_real(@sum(CAST($1 AS DOUBLE)))"), {in: "bigint", out: "bigint", low: lowSumBigint},
		sg("interval day to second", "interval day to second", "CAST(@sum($1) AS BIGINT)"),
		sg("interval year to month", "interval year to month", "CAST(@sum($1) AS INTEGER)"),
		{in: "decimal(p,s)", low: func(c *invocation) string {
			most := decimalCode(strings.Repeat("9", 38-c.typ.Scale)+"."+strings.Repeat("9", c.typ.Scale), c.typ)
			sum := c.template("@sum($1)")
			// DuckDB adds up to 128 bits, some beyond 38 digits.
			return "CASE WHEN " + sum + " BETWEEN -" + most + " AND " + most + " THEN CAST(" + sum + " AS " + c.typ.DuckDB() + ") WHEN " + sum + " IS NOT NULL THEN " +
				fail(c.typ.DuckDB(), c.a.overflowName(), "Decimal overflow") + " END"
		}, typ: func(t []Type) Type { return decimalType(38, t[0].Scale) }},
	}
}

// lowSumBigint fails beyond bigint. Trino adds row by row, and fails too where a part
// of the sum is beyond it, which depends on the order of the rows: what only some
// orders have an answer for has none here. Smaller integers do not come to that.
func lowSumBigint(c *invocation) string {
	if c.raw[0].typ.Kind != BigInt {
		return c.template("trino.sum_bigint(@sum($1))")
	}
	return c.template("trino.sum_of_parts(@sum($1), @sum(greatest($1, 0)))")
}

// overflowName is what a sum of decimals fails with.
func (a *analyser) overflowName() string {
	if a.level < 476 {
		return "GENERIC_INTERNAL_ERROR"
	}
	return "NUMERIC_VALUE_OUT_OF_RANGE"
}

func avgSigs() []signature {
	return []signature{
		sg("bigint", "double", "@avg($1)"), sg("double", "double", "@avg($1)"), sg("real", "real", "CAST(@avg($1) AS FLOAT)"),
		sg("interval day to second", "interval day to second", "CAST(floor(@avg($1) + 0.5) AS BIGINT)"),
		{in: "interval year to month", out: "interval year to month", sql: "CAST(floor(@avg($1) + 0.5) AS INTEGER)"},
		{in: "decimal(p,s)", out: "decimal(p,s)", low: lowAvgDecimal},
	}
}

// lowAvgDecimal divides the exact sum by the count, half up, at the same scale.
func lowAvgDecimal(c *invocation) string {
	t := c.typ
	return c.template(fmt.Sprintf("CAST(acme_decimal('/', CAST(@sum($1) AS VARCHAR), CAST(nullif(@count($1), 0) AS VARCHAR), %d, 0, %d, %d) AS %s)", t.Scale, t.Precision, t.Scale, t.DuckDB()))
}

// lowApproxDistinct gives every value's hash to Trino's sketch.
func lowApproxDistinct(c *invocation) string {
	v := c.args[0]
	err := "0.023e0"
	if len(c.args) == 2 {
		err = c.args[1].code
		c.constantArgument(1)
	}
	if v.typ.Kind == Boolean { // Trino counts these exactly
		c.call = &Call{exprAt: c.call.exprAt, Name: c.call.Name, Distinct: true}
		return c.template("@count($1)")
	}
	c.call = &Call{exprAt: c.call.exprAt, Name: c.call.Name} // DISTINCT changes nothing
	return "coalesce(acme_hll(coalesce(" + c.agg("list", "DISTINCT "+c.a.hashText(v.typ, v.code)) + ", []), " + err + "), 0)"
}

func percentileSigs() []signature {
	var out []signature
	for _, t := range []string{"bigint", "double", "real"} {
		for _, rest := range []string{"double", "double, double", "double, double, double"} {
			out = append(out, signature{in: t + ", " + rest, out: t, low: lowPercentile})
		}
		out = append(out, signature{in: t + ", array(double)", out: "array(" + t + ")", low: lowPercentile},
			signature{in: t + ", double, array(double)", out: "array(" + t + ")", low: lowPercentile})
	}
	return out
}

// digestLimit is up to how many values a group is given to Trino's digest, whose
// answer depends on the order of the values. Beyond, where Trino reads them in
// parts and its own answers vary, the order statistic itself is given.
const digestLimit = "100000"

func lowPercentile(c *invocation) string {
	place := min(len(c.args)-1, 2)
	if len(c.args) == 4 {
		if f, ok := numberValue(c.call.Args[3]); !ok || f <= 0 || f >= 1 {
			panic(c.a.cannot("approx_percentile with this accuracy"))
		}
	}
	c.constantArgument(place)
	q := c.args[place]
	single := q.typ.Kind != Array
	wanted := q.code
	if single {
		wanted = "[" + q.code + "]"
	}
	values, weights := "CAST("+c.template("@list($1)")+" AS DOUBLE[])", "CAST([] AS DOUBLE[])"
	if place == 2 {
		list := c.rows(0)
		values, weights = c.part(list, 0, "DOUBLE"), c.part(list, 1, "DOUBLE")
	}
	v := c.a.lambdaVar()
	text := fmt.Sprintf("list_transform(acme_percentiles(%s, %s, %s, %t, %t), lambda %s: %s)", values, weights, wanted, c.over == "", c.a.level >= 476, v, c.fromDouble(v))
	if place == 1 {
		list := c.template("@list($1)")
		large := fmt.Sprintf("list_transform(%s, lambda %s: trino.order_statistic(%s, acme_percentile(%s)))", wanted, v, list, v)
		if rest, ok := restOfShare(c.call.Args[1]); ok {
			large = "[list_aggregate(" + list + ", 'quantile_disc', -" + rest + ")]"
		}
		many := c.agg("count", c.args[0].code) + " > " + digestLimit
		if c.args[0].typ.isFloat() { // the digest names what is not finite
			many += " AND isfinite(" + c.agg("sum", c.args[0].code) + ")"
		}
		text = "CASE WHEN " + many + " THEN " + large + " ELSE " + text + " END"
	}
	if single {
		text = "(CASE WHEN " + q.code + " IS NOT NULL THEN " + text + " END)[1]"
	}
	return text
}

// restOfShare gives what a literal share lacks of 1, in decimals. Counted from the
// greatest value, DuckDB's order statistic of it is Athena's of the share; it finds it
// without sorting all values.
func restOfShare(x Expr) (string, bool) {
	n, ok := x.(*NumberLit)
	if !ok {
		return "", false
	}
	digits, ok := strings.CutPrefix(strings.TrimPrefix(n.Text, "0"), ".")
	if len(digits) > 15 || strings.Trim(digits, "0") == "" || strings.Trim(digits, "0123456789") != "" || !ok {
		return "", false
	}
	unit := tenTo(len(digits))
	share, err := strconv.ParseInt(digits, 10, 64)
	return fmt.Sprintf("0.%0*d", len(digits), unit-share), err == nil
}

// fromDouble brings a double back to the type of the values it was made of.
func (c *invocation) fromDouble(code string) string {
	switch c.args[0].typ.Kind {
	case BigInt:
		return "acme_round_half_up(" + code + ")"
	case Real:
		return "CAST(" + code + " AS FLOAT)"
	}
	return code
}

// lowListagg joins texts up to the length that Trino has for them.
func lowListagg(c *invocation) string {
	sep := "''"
	if len(c.args) == 2 {
		sep = c.args[1].code
	}
	if how, ok := strings.CutPrefix(c.call.Overflow, "TRUNCATE"); ok {
		filler := "'...'"
		if open := strings.IndexByte(how, '\''); open >= 0 {
			filler = how[open : strings.LastIndexByte(how, '\'')+1]
		}
		return fmt.Sprintf("acme_listagg(%s, %s, %s, %t)", c.template("@list($1)"), sep, filler, !strings.Contains(strings.ToUpper(how), "WITHOUT"))
	}
	text := c.agg("string_agg", c.args[0].code+", "+sep)
	return fmt.Sprintf("CASE WHEN strlen(%s) > %d THEN %s ELSE %s END", text, listaggLimit,
		fail("VARCHAR", "EXCEEDED_FUNCTION_MEMORY_LIMIT", fmt.Sprintf("Concatenated string has the length in bytes larger than the maximum output length %d", listaggLimit)), text)
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
			return c.template("@nth_value($1, acme_place($2))")
		}}),
		w("lag", "Value of an earlier row.", true, true, shift("lag")...),
		w("lead", "Value of a later row.", true, true, shift("lead")...),
	}
}

// lowShift takes computed offsets by a frame of one row: DuckDB's own lag and lead
// mistake them, and turn round for those below zero.
func lowShift(fn string) func(c *invocation) string {
	return func(c *invocation) string {
		if n := c.raw[1].number; n != "" && n[0] != '-' {
			return c.template("@" + fn + "($*)")
		}
		if c.call.Nulls == "IGNORE" {
			panic(c.a.cannot("%s by a computed offset with IGNORE NULLS", fn))
		}
		way := map[string]string{"lag": "PRECEDING", "lead": "FOLLOWING"}[fn]
		n := fmt.Sprintf("acme_offset(%s, %t)", c.args[1].code, c.a.level >= 476)
		frame := fmt.Sprintf("%s ROWS BETWEEN %s %s AND %s %s)", strings.TrimSuffix(c.over, ")"), n, way, n, way)
		otherwise := "NULL"
		if len(c.args) == 3 {
			otherwise = c.args[2].code
		}
		null := "WHEN " + c.args[1].code + " IS NULL THEN NULL "
		if c.a.level >= 476 {
			null = "" // an error, which the frame meets
		}
		return fmt.Sprintf("(CASE %sWHEN count(*)%s = 0 THEN %s ELSE first_value(%s)%s END)", null, frame, otherwise, c.args[0].code, frame)
	}
}
