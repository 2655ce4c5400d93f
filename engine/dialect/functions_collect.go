package dialect

import (
	"fmt"
	"strings"
)

// collectingFunctions are the aggregates whose result holds values of the group.
func collectingFunctions() []function {
	g := func(name, doc string, sigs ...signature) function {
		return function{name: name, doc: doc, kind: aggregateFunction, sigs: sigs}
	}
	return []function{
		g("min", "Least value, or the least n.", extremeSigs("min")...),
		g("max", "Greatest value, or the greatest n.", extremeSigs("max")...),
		g("min_by", "Value at the least key, or at the least n.", bySigs("arg_min")...),
		g("max_by", "Value at the greatest key, or at the greatest n.", bySigs("arg_max")...),
		g("array_agg", "Array of the values.", signature{in: "T", shown: "t", where: "T", out: "array(T)", low: lowArrayAgg}),
		g("histogram", "Number of rows by value.", signature{in: "T", shown: "t", where: "T:comparable", out: "map(T,bigint)", low: lowHistogram}),
		g("map_agg", "Map of keys and values.", signature{in: "K, V", shown: "k, v", where: "K:comparable, V", out: "map(K,V)", low: lowMapAgg}),
		g("multimap_agg", "Map of keys and the arrays of their values.", signature{in: "K, V", where: "K:comparable, V", out: "map(K,array(V))", low: lowMultimapAgg}),
		g("map_union", "Union of maps; of a key's values the first.", signature{in: "map(K,V)", where: "K:comparable, V", out: "map(K,V)", low: lowMapUnion}),
		g("approx_most_frequent", "About the n most frequent values and how often they occur.",
			signature{in: "bigint, bigint, bigint", out: "map(bigint,bigint)", low: lowMostFrequent("bigint")},
			signature{in: "bigint, varchar, bigint", out: "map(varchar,bigint)", low: lowMostFrequent("text")}),
		g("reduce_agg", "Values reduced by a function from a first state.", signature{in: "T, S, function(S,T,S), function(S,S,S)",
			shown: "t, s, function(s,t,s), function(s,s,s)", where: "T, S", out: "S", low: lowReduceAgg}),
	}
}

func extremeSigs(fn string) []signature {
	low := func(c *invocation) string {
		t := c.args[0].typ
		switch {
		case t.isNested():
			return c.nestedAggregate(fn, t)
		case t.Kind == Unknown:
			return c.template("CAST(@" + fn + "(CAST(NULL AS INTEGER)) AS INTEGER)")
		case t.isFloat():
			best := "@min($1)"
			if fn == "max" {
				// NaN is greatest to DuckDB, below zero as well, and no candidate to Trino.
				best = "(- @min((- $1)))"
			}
			if c.a.level < nestedOrder && c.over == "" { // a zero below 0 comes before the other there
				above := map[string]string{"min": "NOT @bool_or($1 = 0 AND signbit($1))", "max": "@bool_or($1 = 0 AND NOT signbit($1))"}[fn]
				best = "(CASE WHEN " + best + " = 0 THEN " + zeroOf(above, t) + " ELSE " + best + " END)"
			}
			return c.template(best)
		}
		return c.template("@" + fn + "($1)")
	}
	return []signature{{in: "T", shown: "t", where: "T:orderable", out: "T", low: low},
		{in: "E, bigint", shown: "e, bigint", where: "E:orderable", out: "array(E)", low: func(c *invocation) string { return c.extremes(fn) }}}
}

// zeroOf gives the zero of a type above 0 where a condition holds, else the one below.
func zeroOf(above string, t Type) string {
	return "CAST(CASE WHEN " + above + " THEN '0.0' ELSE '-0.0' END AS " + t.DuckDB() + ")"
}

// notEmptied refuses windows in old releases, where giving the answer of a row
// takes its values away from the rows behind it.
func (c *invocation) notEmptied() {
	if c.over != "" && c.a.level < 476 {
		panic(c.a.cannot("%s of several values as a window function", c.name()))
	}
}

// extremes is max(x, n) or min(x, n): the values sorted and cut. NaN comes last
// both ways.
func (c *invocation) extremes(fn string) string {
	c.constantArgument(1)
	c.notEmptied()
	t := c.args[0].typ
	if t.Kind == Unknown || t.isNested() && holdsFloat(t) {
		panic(c.a.cannot("%s of several values of %s", fn, t))
	}
	sort := map[string]string{"max": "list_reverse_sort", "min": "list_sort"}[fn]
	list := c.template("@list($1)")
	keep := func(cond string) string {
		v := c.a.lambdaVar()
		return "list_filter(" + list + ", lambda " + v + ": " + strings.ReplaceAll(cond, "$", v) + ")"
	}
	sorted := sort + "(" + keep("$ IS NOT NULL") + ")"
	if t.isFloat() {
		sorted = "list_concat(" + sort + "(" + keep("NOT isnan($)") + "), " + keep("isnan($)") + ")"
	}
	n := fmt.Sprintf("acme_top_count('%s_n', %s)", fn, c.args[1].code)
	text := "CASE WHEN " + c.agg("count", c.args[0].code) + " > 0 AND " + c.args[1].code + " IS NOT NULL THEN list_slice(" + sorted + ", 1, " + n + ") END"
	if t.isNested() {
		v := c.a.lambdaVar()
		return fmt.Sprintf("CASE WHEN len(list_filter(%s, lambda %s: %s)) > 0 THEN %s ELSE %s END", list, v, c.a.holdsNull(v, t),
			c.a.refuseLate(c.typ.DuckDB(), fn+" of several arrays or rows that hold NULL"), text)
	}
	return text
}

func bySigs(fn string) []signature {
	return []signature{
		{in: "V, K", shown: "v, k", where: "K:orderable, V", out: "V", low: func(c *invocation) string {
			c.args[1].code = c.a.zerosApart(c.args[1].code, c.args[1].typ)
			v, k := c.args[0], c.args[1]
			if k.typ.Kind == Unknown {
				return c.template("CAST(@any_value(CAST(NULL AS INTEGER)) AS " + c.typ.DuckDB() + ")")
			}
			if k.typ.isNested() || k.typ.isFloat() && fn == "arg_max" {
				return c.nestedBy(fn, k.typ)
			}
			return c.agg(fn+"_null", c.a.typed(v)+", "+k.code)
		}},
		{in: "V, K, bigint", shown: "v, k, bigint", where: "K:orderable, V", out: "array(V)", low: func(c *invocation) string {
			c.constantArgument(2)
			c.notEmptied()
			list := c.rows(0)
			key := c.a.lambdaVar()
			kind, code := c.sortable(c.args[1].typ, c.a.zerosApart(key+".f1", c.args[1].typ))
			keys := "list_transform(" + list + ", lambda " + key + ": " + code + ")"
			least, known := fn == "arg_min", c.a.level < 476
			places := fmt.Sprintf("acme_top_%s(%s, acme_top_count('%s', %s), %t, %t)", kind, keys, c.name(), c.args[2].code, least, known)
			v, w := c.a.lambdaVar(), c.a.lambdaVar()
			return fmt.Sprintf("CASE WHEN %s > 0 THEN list_transform([struct_pack(l := %s, p := %s)], lambda %s: list_transform(%s.p, lambda %s: (%s.l[%s]).f0))[1] END",
				c.agg("count", c.args[1].code), list, places, v, v, w, v, w)
		}},
	}
}

// zerosApart gives the text of a key of which a zero below 0 is less than one above, as
// it is to max_by and min_by of older releases: it becomes the next number below.
func (a *analyser) zerosApart(code string, t Type) string {
	if !t.isFloat() || a.level >= nestedOrder {
		return code
	}
	next := "-5e-324"
	if t.Kind == Real {
		next = "CAST(-1e-45 AS FLOAT)"
	}
	return "(CASE WHEN " + code + " = 0 AND signbit(" + code + ") THEN " + next + " ELSE " + code + " END)"
}

// sortable gives the text of a key as one of the types that functions in Go take,
// in an order that is Trino's.
func (c *invocation) sortable(t Type, code string) (kind, text string) {
	switch t.Kind {
	case Boolean, TinyInt, SmallInt, Integer, BigInt, IntervalDay, IntervalYear:
		return "bigint", "CAST(" + code + " AS BIGINT)"
	case Date:
		return "bigint", "CAST(" + code + " - DATE '1970-01-01' AS BIGINT)"
	case Time:
		return "bigint", dayPicos(code, t)
	case Timestamp, TimestampTZ:
		if t.fine() {
			return "hugeint", code
		}
		return "bigint", "epoch_us(" + code + ")"
	case Real, Double:
		return "double", "CAST(" + code + " AS DOUBLE)"
	case Decimal:
		return "hugeint", "CAST(replace(CAST(" + code + " AS VARCHAR), '.', '') AS HUGEINT)"
	case Varchar, Char:
		return "text", code
	case Varbinary:
		return "bytes", code
	}
	panic(c.a.cannot("%s by %s", c.name(), t))
}

func lowArrayAgg(c *invocation) string {
	if c.args[0].typ.Kind == Unknown {
		return c.template("CAST(@list(CAST(NULL AS INTEGER)) AS INTEGER[])")
	}
	return c.template("@list($1)")
}

func holdsFloat(t Type) bool {
	if t.isFloat() {
		return true
	}
	for _, f := range t.Elem {
		if holdsFloat(f.Type) {
			return true
		}
	}
	return false
}

// guardedKeys refuses keys of a map with NULL or NaN inside in releases that do
// not take two of them for the same.
func (c *invocation) guardedKeys(i int, text string) string {
	v := c.args[i]
	bad := ""
	switch t := v.typ; {
	case c.a.level >= 476:
		return text
	case t.isFloat():
		bad = "isnan(" + v.code + ")"
	case t.isNested() && holdsFloat(t):
		panic(c.a.cannot("%s with keys of %s", c.name(), t))
	case t.isNested():
		bad = v.code + " IS NOT NULL AND " + c.a.holdsNull(v.code, t)
	default:
		return text
	}
	return "CASE WHEN " + c.agg("bool_or", bad) + " THEN " + c.a.refuseLate(c.typ.DuckDB(), "NULL or NaN in a key of a map") + " ELSE " + text + " END"
}

// lowMapAgg keeps the first value of a key, leaving NULL keys out.
func lowMapAgg(c *invocation) string {
	if c.args[0].typ.Kind == Unknown {
		panic(c.a.cannot("map_agg of NULL keys"))
	}
	return c.guardedKeys(0, "trino.first_of_keys("+c.keyed()+")")
}

// keyed gives the rows whose key, the first argument, is not NULL.
func (c *invocation) keyed() string {
	v := c.a.lambdaVar()
	return "list_filter(" + c.rows(0) + ", lambda " + v + ": " + v + ".f0 IS NOT NULL)"
}

func lowMultimapAgg(c *invocation) string {
	if c.args[0].typ.Kind == Unknown {
		panic(c.a.cannot("multimap_agg of NULL keys"))
	}
	return c.guardedKeys(0, "trino.all_of_keys("+c.keyed()+")")
}

// lowMapUnion takes the entries of all maps as one list.
func lowMapUnion(c *invocation) string {
	t := c.args[0].typ
	if t.elem().Kind == Unknown {
		panic(c.a.cannot("map_union of maps without keys"))
	}
	if (t.elem().isNested() || t.elem().isFloat()) && c.a.level < 476 {
		panic(c.a.cannot("map_union of %s", t))
	}
	m, e := c.a.lambdaVar(), c.a.lambdaVar()
	list := c.template("@list($1)")
	entries := fmt.Sprintf("flatten(list_transform(list_filter(%s, lambda %s: %s IS NOT NULL), lambda %s: list_transform(map_entries(%s), lambda %s: struct_pack(f0 := %s.key, f1 := %s.value))))",
		list, m, m, m, m, e, e, e)
	return "CASE WHEN " + c.agg("count", c.args[0].code) + " > 0 THEN coalesce(trino.first_of_keys(" + entries + "), " + c.emptyUnion() + ") END"
}

// emptyUnion is the union of empty maps alone: old releases give an empty map.
func (c *invocation) emptyUnion() string {
	if c.a.level >= 476 {
		return "NULL"
	}
	return "CAST(map([], []) AS " + c.typ.DuckDB() + ")"
}

func lowMostFrequent(kind string) func(c *invocation) string {
	return func(c *invocation) string {
		c.constantArgument(0)
		c.constantArgument(2)
		list := c.template("@list($2)")
		return "trino.frequent(" + list + ", acme_frequent_" + kind + "(" + list + ", " + c.args[0].code + ", " + c.args[2].code + "))"
	}
}

// lowReduceAgg folds the values in their order. The state rides on the rows, for
// DuckDB's reduce knows one type.
func lowReduceAgg(c *invocation) string {
	switch t := c.typ; {
	case t.isInteger() || t.isFloat() || t.Kind == Boolean || t.Kind == Varchar && c.a.level >= 476:
	case t.isNested() || t.Kind == Varchar:
		panic(&Error{Name: "NOT_SUPPORTED", Message: "State type not supported for reduce_agg: " + t.String()})
	default:
		panic(c.a.cannot("reduce_agg with a state of %s", t))
	}
	if c.args[0].typ.Kind == Unknown || c.raw[1].typ.Kind == Unknown {
		panic(c.a.cannot("reduce_agg of NULL"))
	}
	params, body, _ := strings.Cut(strings.TrimPrefix(c.args[2].code, "lambda "), ": ")
	state, item, _ := strings.Cut(params, ", ")
	v, l, x, y := c.a.lambdaVar(), c.a.lambdaVar(), c.a.lambdaVar(), c.a.lambdaVar()
	rows := fmt.Sprintf("list_filter(%s, lambda %s: %s.f0 IS NOT NULL AND %s.f1 IS NOT NULL)", c.rows(0), v, v, v)
	// The body's own names are bound by lists of one.
	step := fmt.Sprintf("list_transform([%s.f1], lambda %s: list_transform([%s.f0], lambda %s: %s)[1])[1]", x, state, y, item, body)
	fold := fmt.Sprintf("list_reduce(list_concat([%s[1]], %s), lambda %s, %s: struct_pack(f0 := %s.f0, f1 := CAST(%s AS %s)))", l, l, x, y, y, step, c.typ.DuckDB())
	return fmt.Sprintf("(list_transform([%s], lambda %s: CASE WHEN len(%s) > 0 THEN %s END)[1]).f1", rows, l, l, fold)
}
