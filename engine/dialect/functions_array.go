package dialect

import (
	"fmt"
	"strings"
)

func arrayFunctions() []function {
	a := func(name, doc, where string, sigs ...signature) function {
		for i := range sigs {
			sigs[i].where = where
		}
		return function{name: name, doc: doc, sigs: sigs}
	}
	return []function{
		{name: "cardinality", doc: "Number of elements.", sigs: []signature{
			{in: "array(E)", shown: "array(e)", where: "E", out: "bigint", sql: "CAST(len($1) AS BIGINT)"},
			{in: "map(K,V)", shown: "map(k,v)", where: "K, V", out: "bigint", sql: "CAST(cardinality($1) AS BIGINT)"},
			sg("hyperloglog", "bigint", "acme_hll_count($1)")}},
		{name: "contains", doc: "Whether an array has an element, NULL if it is not there but a NULL is; whether a network has an address.", sigs: []signature{
			{in: "varchar, ipaddress", out: "boolean", low: func(c *invocation) string {
				return c.template(fmt.Sprintf("acme_network_has($1, $2, %d)", c.a.level))
			}},
			{in: "array(T), T", shown: "array(t), t", where: "T:comparable", out: "boolean", low: lowContains}}},
		{name: "element_at", doc: "Element of an array, from the end below 0, or of a map; NULL if there is none.", sigs: []signature{
			{in: "array(E), bigint", shown: "array(e), bigint", where: "E", out: "E", low: func(c *invocation) string {
				if c.typ.Kind == Unknown {
					checkNullSubscript(c.a, c.call.Args[0], c.call.Args[1], true)
				}
				return c.template("CASE WHEN $1 IS NOT NULL THEN list_extract($1, acme_element_index($2)) END")
			}},
			{in: "map(K,V), K", where: "K, V", out: "V", low: lowElementAt}}},
		a("array_distinct", "Array without repeated elements, in order.", "E:comparable", signature{in: "array(E)", shown: "array(e)", out: "array(E)", low: lowDistinct}),
		a("array_intersect", "Elements in both arrays.", "E:comparable", signature{in: "array(E), array(E)", shown: "array(e), array(e)", out: "array(E)", low: setLow("trino.list_both($1, $2)")}),
		a("array_union", "Elements in either array.", "E:comparable", signature{in: "array(E), array(E)", shown: "array(e), array(e)", out: "array(E)", low: setLow("trino.list_unique(list_concat($1, $2))")}),
		a("array_except", "Elements in the first array only.", "E:comparable", signature{in: "array(E), array(E)", shown: "array(e), array(e)", out: "array(E)", low: setLow("CASE WHEN $1 IS NOT NULL AND len($2) = 0 THEN $1 ELSE trino.list_less($1, $2) END")}),
		{name: "arrays_overlap", doc: "Whether two arrays share an element.", sigs: []signature{
			{in: "array(E), array(E)", shown: "array(e), array(e)", where: "E:orderable", out: "boolean", until: 475, low: lowOverlap},
			{in: "array(E), array(E)", where: "E:comparable", out: "boolean", since: 476, low: lowOverlap}}},
		a("array_position", "Position of an element, 0 if it is not there.", "T:comparable", signature{in: "array(T), T", shown: "array(t), t", out: "bigint", low: lowPosition}),
		a("array_remove", "Array without an element.", "E:comparable", signature{in: "array(E), E", shown: "array(e), e", out: "array(E)", low: lowRemove}),
		a("array_min", "Least element; NULL if one is.", "T:orderable", signature{in: "array(T)", out: "T", low: lowListExtreme("min")}),
		a("array_max", "Greatest element; NULL if one is.", "T:orderable", signature{in: "array(T)", out: "T", low: lowListExtreme("max")}),
		{name: "array_sort", doc: "Array in order, NULLs last, or in the order that a lambda gives by -1, 0 and 1.", sigs: []signature{
			{in: "array(E)", shown: "array(e)", where: "E:orderable", out: "array(E)", low: lowSort},
			{in: "array(T), function(T, T, integer)", shown: "array(t), function(t,t,integer)", where: "T", out: "array(T)", low: lowSortBy}}},
		{name: "array_join", doc: "Elements as one text, NULLs left out or replaced.", sigs: []signature{
			{in: "array(T), varchar", where: "T:castableTo(varchar)", out: "varchar", until: 475, low: lowArrayJoin},
			{in: "array(T), varchar, varchar", where: "T", out: "varchar", until: 475, low: lowArrayJoin},
			{in: "array(E), varchar", where: "E", out: "varchar", since: 476, low: lowArrayJoin},
			{in: "array(E), varchar, varchar", where: "E", out: "varchar", since: 476, low: lowArrayJoin}}},
		a("flatten", "Arrays of an array as one.", "E", signature{in: "array(array(E))", out: "array(E)", sql: "CASE WHEN $1 IS NOT NULL THEN coalesce(flatten($1), []) END"}),
		{name: "repeat", doc: "Array of one element repeated.", sigs: []signature{
			{in: "T, integer", shown: "t, integer", where: "T", out: "array(T)", until: 475, low: lowRepeat},
			{in: "T, bigint", where: "T", out: "array(T)", since: 476, low: func(c *invocation) string {
				return c.template("list_transform(range(acme_repeat_count($2, 100000)), lambda i: $1)")
			}}}},
		a("slice", "Part of an array from a position, or from the end below 0.", "E", signature{in: "array(E), bigint, bigint", shown: "array(e), bigint, bigint", out: "array(E)", sql: "trino.slice($1, acme_slice_start(CASE WHEN $1 IS NOT NULL THEN $2 END, $3), $3)"}),
		a("trim_array", "Array without elements at its end.", "E", signature{in: "array(E), bigint", shown: "array(e), bigint", out: "array(E)", sql: "list_slice($1, 1, acme_trim_length($2, CAST(len($1) AS BIGINT)))"}),
		a("array_first", "First element, or the first for which a lambda is true.", "E", signature{in: "array(E)", out: "E", sql: "list_extract($1, 1)"},
			signature{in: "array(E), function(E, boolean)", shown: "array(E), function(E,boolean)", out: "E", sql: "list_extract(list_filter($1, $2), 1)"}).sinceRelease(479),
		a("array_last", "Last element.", "E", signature{in: "array(E)", out: "E", sql: "list_extract($1, -1)"}).sinceRelease(479),
		{name: "sequence", doc: "Array of numbers, days or times from one to another.", sigs: sequenceSigs()},
	}
}

func (f function) sinceRelease(n int) function {
	f.since = n
	return f
}

func lowArrayJoin(c *invocation) string {
	e := c.args[0].typ.elem()
	switch cast := castable(e, tVarchar) && !e.isNested(); {
	case !cast && c.a.level >= 476:
		panic(errorAt(c.pos, "OPERATOR_NOT_FOUND", "Cannot cast %s to varchar", e))
	case !cast:
		panic(c.a.wrongArguments(c.a.functionOf("array_join"), "array_join", c))
	}
	v := c.a.lambdaVar()
	text := c.a.convert(v, e, tVarchar, false)
	if e.Kind == JSON {
		panic(c.a.cannot("array_join of %s", c.args[0].typ))
	}
	list := fmt.Sprintf("list_transform(%s, lambda %s: %s)", c.args[0].code, v, text)
	if len(c.args) == 3 {
		w := c.a.lambdaVar()
		list = fmt.Sprintf("list_transform(%s, lambda %s: coalesce(%s, %s))", list, w, w, c.args[2].code)
	}
	return "acme_join(" + c.args[1].code + ", " + list + ")"
}

func sequenceSigs() []signature {
	const bounded = "acme_sequence($1, $2, $3)"
	return []signature{
		sg("bigint, bigint, bigint", "array(bigint)", bounded),
		sg("bigint, bigint", "array(bigint)", "acme_sequence($1, $2, CASE WHEN $1 <= $2 THEN 1 ELSE -1 END)"),
		sg("date, date", "array(date)", "list_transform(acme_sequence(CAST($1 - DATE '1970-01-01' AS BIGINT), CAST($2 - DATE '1970-01-01' AS BIGINT), CASE WHEN $1 <= $2 THEN 1 ELSE -1 END), lambda d: DATE '1970-01-01' + CAST(d AS INTEGER))"),
		sg("date, date, interval day to second", "array(date)", "list_transform(acme_sequence(CAST($1 - DATE '1970-01-01' AS BIGINT), CAST($2 - DATE '1970-01-01' AS BIGINT), acme_whole_days($3)), lambda d: DATE '1970-01-01' + CAST(d AS INTEGER))"),
		{in: "date, date, interval year to month", out: "array(date)", low: monthSequence},
		{in: "timestamp(p), timestamp(p), interval year to month", out: "array(timestamp(p))", low: monthSequence},
		{in: "timestamp(p), timestamp(p), interval day to second", out: "array(timestamp(p))", low: lowMomentSequence},
	}
}

// monthSequence counts months from the first value on: adding to the one before
// would lose the day at the end of a short month.
func monthSequence(c *invocation) string {
	typ := c.args[0].typ.DuckDB()
	if c.args[0].typ.fine() {
		panic(c.a.cannot("sequence of %s by months", c.args[0].typ))
	}
	c.args[2].code = c.template("CAST(acme_month_step(CAST($3 AS BIGINT), CASE WHEN $1 < $2 THEN 1 WHEN $1 > $2 THEN -1 ELSE 0 END, date_sub('month', $1, $2)) AS INTEGER)")
	return c.template("list_filter(list_transform(range(0, 10000), lambda i: CAST($1 + to_months(CAST(i * $3 AS INTEGER)) AS " + typ + ")), lambda d: CASE WHEN $3 > 0 THEN d <= $2 ELSE d >= $2 END)")
}

func mapFunctions() []function {
	m := func(name, doc string, sigs ...signature) function {
		return function{name: name, doc: doc, sigs: sigs}
	}
	return []function{
		m("map", "Map of an array of keys and one of values.", signature{in: "", low: func(c *invocation) string {
			return "CAST(MAP {} AS " + c.typ.DuckDB() + ")"
		}, gives: "map(unknown,unknown)", typ: func([]Type) Type { return mapOf(tUnknown, tUnknown) }},
			signature{in: "array(K), array(V)", where: "K:comparable, V", out: "map(K,V)", low: lowMap}),
		m("map_keys", "Keys of a map.", signature{in: "map(K,V)", shown: "map(k,v)", where: "K, V", out: "array(K)", sql: "map_keys($1)"}),
		m("map_values", "Values of a map.", signature{in: "map(K,V)", shown: "map(k,v)", where: "K, V", out: "array(V)", sql: "map_values($1)"}),
		m("map_entries", "Entries of a map as rows.", signature{in: "map(K,V)", shown: "map(k,v)", where: "K, V", sql: "list_transform(map_entries($1), lambda e: struct_pack(f0 := e.key, f1 := e.value))",
			gives: "array(row(k,v))", typ: func(t []Type) Type { return arrayOf(anonymousRow([]Type{t[0].elem(), t[0].value()})) }}),
		m("map_concat", "Maps as one; of a key in several the last counts.", signature{in: "map(K,V), map(K,V)", shown: "map(K,V)", where: "K, V", out: "map(K,V)", variadic: true, low: lowMapConcat}),
		m("map_from_entries", "Map of rows of key and value.", signature{in: "array(row(K,V))", shown: "array(row(k,v))", where: "K:comparable, V", out: "map(K,V)", low: lowFromEntries}),
		m("multimap_from_entries", "Map of rows of key and value, each key with an array of its values.", signature{in: "array(row(K,V))", shown: "array(row(k,v))", where: "K:comparable, V", out: "map(K,array(V))", low: lowMultimap}),
		m("array_histogram", "Map of the elements of an array to how often they stand there.", signature{in: "array(T)", where: "T", out: "map(T,bigint)", low: lowArrayHistogram}).sinceRelease(419),
	}
}

// lowRepeat is repeat of the older releases, whose result takes no more than 1,000,000
// bytes. What has one width, so many of them do not come to that.
func lowRepeat(c *invocation) string {
	out := c.template("list_transform(range(acme_repeat_count($2, 10000)), lambda i: $1)")
	t := c.args[0].typ
	if t.Kind == Unknown || blockWidth(t) > 0 {
		return out
	}
	size := c.a.blockSize(c.args[0].code, t, 0)
	return c.template("CASE WHEN acme_repeat_count($2, 10000) * "+size+" > 1000000 THEN "+
		fail(c.typ.DuckDB(), "INVALID_FUNCTION_ARGUMENT", "result of repeat function must not take more than 1000000 bytes")+" ELSE ") + out + " END"
}

// blockWidth gives how many bytes Trino takes for each value of a type, 0 where values
// differ in that.
func blockWidth(t Type) int {
	switch t.Kind {
	case Boolean, TinyInt:
		return 1
	case SmallInt:
		return 2
	case Integer, Real, Date, IntervalYear:
		return 4
	case BigInt, Double, Time, IntervalDay:
		return 8
	case UUID, IPAddress:
		return 16
	case Decimal:
		if t.Precision <= 18 {
			return 8
		}
		return 16
	case TimeTZ, Timestamp, TimestampTZ:
		short := map[Kind]int{TimeTZ: 9, Timestamp: 6, TimestampTZ: 3}[t.Kind]
		if t.Precision <= short {
			return 8
		}
		return 12
	}
	return 0
}

// blockSize gives the text for the bytes that Trino takes for a value; inside another
// one it takes a byte more, to say that it is not NULL.
func (a *analyser) blockSize(code string, t Type, more int) string {
	if w := blockWidth(t); w > 0 {
		return fmt.Sprintf("%d", w+more)
	}
	more += 4 // where it ends
	all := func(list string, t Type) string {
		if w := blockWidth(t); w > 0 {
			return fmt.Sprintf("len(%s) * %d", list, w+1)
		}
		e := a.lambdaVar()
		return fmt.Sprintf("coalesce(list_sum(list_transform(%s, lambda %s: %s)), 0)", list, e, a.blockSize(e, t, 1))
	}
	size := ""
	switch t.Kind {
	case Array:
		size = all(code, t.elem())
	case Map: // with its hash table
		size = all("map_keys("+code+")", t.elem()) + " + " + all("map_values("+code+")", t.value()) + " + 8 * len(map_keys(" + code + "))"
	case Row:
		parts := make([]string, len(t.Elem))
		for i, f := range t.Elem {
			parts[i] = a.blockSize(fieldCode(code, i), f.Type, 1)
		}
		size = strings.Join(parts, " + ")
	case Char:
		size = "strlen(rtrim(" + code + ", ' '))"
	case Varchar, JSON:
		size = "strlen(" + code + ")"
	default:
		size = "octet_length(" + code + ")"
	}
	return fmt.Sprintf("(coalesce(%s, 0) + %d)", size, more)
}
