package dialect

// sketchFunctions make, merge and read sketches: HyperLogLog, t-digest, q-digest.
func sketchFunctions() []function {
	g := func(name, doc string, sigs ...signature) function {
		return function{name: name, doc: doc, kind: aggregateFunction, sigs: sigs}
	}
	var qdigests, value, values, share []signature
	for _, t := range []string{"bigint", "double", "real"} {
		q := "qdigest(" + t + ")"
		for _, rest := range []string{"", ", bigint", ", bigint, double"} {
			qdigests = append(qdigests, signature{in: t + rest, out: q, low: lowQDigest})
		}
		value = append(value, sg(q+", double", t, fromBits(t, "acme_qdigest_values($1, [$2])[1]")))
		values = append(values, sg(q+", array(double)", "array("+t+")", "list_transform(acme_qdigest_values($1, $2), lambda b: "+fromBits(t, "b")+")"))
		share = append(share, sg(q+", "+t, "double", "acme_qdigest_share($1, "+toBits(t, "$2")+")"))
	}
	return []function{
		g("approx_set", "Sketch of distinct values.", signature{in: "bigint", out: "hyperloglog", low: lowApproxSet},
			signature{in: "double", out: "hyperloglog", low: lowApproxSet}, signature{in: "varchar(x)", out: "hyperloglog", low: lowApproxSet}),
		{name: "empty_approx_set", doc: "Sketch of no values.", sigs: []signature{sg("", "hyperloglog", "unhex('020c0000')")}},
		g("merge", "One sketch of what several have seen.", sg("hyperloglog", "hyperloglog", "acme_hll_merge(@list($1))"),
			signature{in: "qdigest(V)", shown: "qdigest(v)", where: "V", out: "qdigest(V)", sql: "acme_qdigest_merge(@list($1))"},
			sg("tdigest", "tdigest", "acme_tdigest_merge(@list($1))")),
		g("tdigest_agg", "T-digest of values, with weights.", signature{in: "double", out: "tdigest", low: lowTDigest}, signature{in: "double, double", out: "tdigest", low: lowTDigest}),
		g("qdigest_agg", "Q-digest of values, with weights and an accuracy.", qdigests...),
		{name: "value_at_quantile", doc: "Value of a digest at a quantile.", sigs: append(value, sg("tdigest, double", "double", "acme_tdigest_value($1, $2)"))},
		{name: "values_at_quantiles", doc: "Values of a digest at quantiles.", sigs: append(values, sg("tdigest, array(double)", "array(double)", "acme_tdigest_values($1, $2)"))},
		function{name: "quantile_at_value", doc: "Share of the values of a digest below one.", sigs: share}.sinceRelease(476),
	}
}

// fromBits and toBits bring numbers to and from the integers that a q-digest has.
func fromBits(t, code string) string {
	if t == "bigint" {
		return code
	}
	return "acme_bits_" + t + "(" + code + ")"
}

func toBits(t, code string) string {
	if t == "bigint" {
		return code
	}
	return "acme_" + t + "_bits(" + code + ")"
}

func lowApproxSet(c *invocation) string {
	v := c.args[0]
	hash := "acme_mix_" + map[Kind]string{BigInt: "bigint", Double: "double", Varchar: "text"}[v.typ.Kind] + "(" + v.code + ")"
	if !c.call.Distinct {
		hash = "DISTINCT " + hash
	}
	set := "acme_hll_set(" + c.agg("list", hash) + ", 0.01625e0)"
	return "CASE WHEN " + c.agg("count", v.code) + " > 0 THEN " + set + " END"
}

func lowTDigest(c *invocation) string {
	if len(c.args) == 1 {
		return c.template("acme_tdigest(@list($1), CAST([] AS DOUBLE[]))")
	}
	list := c.rows(0)
	return "acme_tdigest(" + c.part(list, 0, "DOUBLE") + ", " + c.part(list, 1, "DOUBLE") + ")"
}

func lowQDigest(c *invocation) string {
	accuracy := "0.01e0"
	if len(c.args) == 3 {
		c.constantArgument(2)
		accuracy = c.args[2].code
	}
	t := kindNames[c.args[0].typ.Kind]
	v := c.a.lambdaVar()
	bits := func(list string) string {
		if t == "bigint" {
			return list
		}
		return "list_transform(" + list + ", lambda " + v + ": " + toBits(t, v) + ")"
	}
	if len(c.args) == 1 {
		return "acme_qdigest(" + bits(c.template("@list($1)")) + ", CAST([] AS BIGINT[]), " + accuracy + ")"
	}
	list := c.rows(0)
	return "acme_qdigest(" + bits(c.part(list, 0, c.args[0].typ.DuckDB())) + ", " + c.part(list, 1, "BIGINT") + ", " + accuracy + ")"
}
