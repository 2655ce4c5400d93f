package dialect

import (
	"fmt"
	"strings"
)

// Functions that call lambdas, and those that cut arrays into pieces.

func lambdaFunctions() []function {
	l := func(name, doc, in, shown, where, out, sql string) function {
		return function{name: name, doc: doc, sigs: []signature{{in: in, shown: shown, where: where, out: out, sql: sql}}}
	}
	const test = "array(T), function(T, boolean)"
	const testShown = "array(t), function(t,boolean)"
	return append([]function{
		l("transform", "Array of what a lambda makes of each element.", "array(T), function(T, U)", "array(T), function(T,U)", "T, U", "array(U)", "list_transform($1, $2)"),
		l("filter", "Elements for which a lambda is true.", test, testShown, "T", "array(T)", "list_filter($1, $2)"),
		l("any_match", "Whether a lambda is true for some element.", test, testShown, "T", "boolean", "trino.any_true(list_transform($1, $2))"),
		l("all_match", "Whether a lambda is true for every element.", test, testShown, "T", "boolean", "trino.all_true(list_transform($1, $2))"),
		l("none_match", "Whether a lambda is true for no element.", test, testShown, "T", "boolean", "(NOT trino.any_true(list_transform($1, $2)))"),
		{name: "reduce", doc: "What a lambda makes of a state and each element in turn, and another of the last state.", sigs: []signature{
			{in: "array(T), S, function(S, T, S), function(S, R)", shown: "array(T), S, function(S,T,S), function(S,R)", where: "T, S, R", out: "R",
				shapes: []lambdaShape{ofFold, ofState}, low: lowReduce}}},
		{name: "zip_with", doc: "Array of what a lambda makes of the elements of two, side by side.", sigs: []signature{
			{in: "array(T), array(U), function(T, U, R)", shown: "array(T), array(U), function(T,U,R)", where: "T, U, R", out: "array(R)", shapes: []lambdaShape{ofTriple}, sql: "list_transform(trino.zip_pair($1, $2), $3)"}}},
	}, mapLambdaFunctions()...)
}

func mapLambdaFunctions() []function {
	entry := []lambdaShape{ofEntry}
	return []function{
		{name: "map_filter", doc: "Entries of a map for which a lambda is true.", sigs: []signature{
			{in: "map(K,V), function(K, V, boolean)", shown: "map(K,V), function(K,V,boolean)", where: "K, V", out: "map(K,V)", shapes: entry,
				low: func(c *invocation) string {
					return c.template("CAST(map_from_entries(list_filter(map_entries($1), $2)) AS " + c.typ.DuckDB() + ")")
				}}}},
		{name: "transform_keys", doc: "Map with the keys that a lambda makes of its entries.", sigs: []signature{
			{in: "map(J,V), function(J, V, K)", shown: "map(K1,V), function(K1,V,K2)", where: "K1, K2, V", out: "map(K,V)", shapes: entry, low: lowTransformKeys}}},
		{name: "transform_values", doc: "Map with the values that a lambda makes of its entries.", sigs: []signature{
			{in: "map(K,U), function(K, U, V)", shown: "map(K,V1), function(K,V1,V2)", where: "K, V1, V2", out: "map(K,V)", shapes: entry, low: func(c *invocation) string {
				l := c.lambdas[1]
				l.body = "struct_pack(key := " + l.vars[0] + ".key, value := " + l.body + ")"
				return c.template("CAST(map_from_entries(list_transform(map_entries($1), " + l.String() + ")) AS " + c.typ.DuckDB() + ")")
			}}}},
		{name: "map_zip_with", doc: "Map of all keys of two, with the values that a lambda makes of theirs.", sigs: []signature{
			{in: "map(K,U), map(K,V), function(K, U, V, R)", shown: "map(K,V1), map(K,V2), function(K,V1,V2,V3)", where: "K, V1, V2, V3", out: "map(K,R)",
				shapes: []lambdaShape{ofTriple}, low: lowMapZip}}},
	}
}

// lowReduce folds rows, for DuckDB's fold wants the state to be of the elements'
// type: s is a state and t an element, and each row has one of the two.
func lowReduce(c *invocation) string {
	fold, last := c.lambdas[2], c.lambdas[3]
	noState := "CAST(NULL AS " + c.args[1].typ.DuckDB() + ")"
	noElement := "CAST(NULL AS " + c.args[0].typ.elem().DuckDB() + ")"
	fold.body = "struct_pack(s := CAST(" + fold.body + " AS " + c.args[1].typ.DuckDB() + "), t := " + noElement + ")"
	e := c.a.lambdaVar()
	folded := fmt.Sprintf("list_reduce(list_transform($1, lambda %s: struct_pack(s := %s, t := %s)), %s, struct_pack(s := CAST($2 AS %s), t := %s))",
		e, noState, e, fold, c.args[1].typ.DuckDB(), noElement)
	return c.template("CASE WHEN $1 IS NOT NULL THEN list_extract(list_transform([" + folded + "], " + last.String() + "), 1) END")
}

// lowTransformKeys checks the new keys as those of any map.
func lowTransformKeys(c *invocation) string {
	duplicates := "Duplicate map keys"
	if c.a.level < nestedOrder {
		duplicates = "Duplicate keys"
	}
	if c.typ.elem().has(Map) {
		panic(c.a.cannot("a map with keys of type %s", c.typ.elem()))
	}
	typ := c.typ.DuckDB()
	return c.a.let([]string{"list_transform(map_entries(" + c.args[0].code + "), " + c.lambdas[1].String() + ")", "map_values(" + c.args[0].code + ")"}, func(v []string) string {
		return fmt.Sprintf("CASE WHEN %s IS NOT NULL THEN CASE WHEN list_count(%s) <> len(%s) THEN %s ELSE %s END END", v[0], v[0], v[0],
			fail(typ, "INVALID_FUNCTION_ARGUMENT", "map key cannot be null"), c.newMap(v[0], v[1], duplicates))
	})
}

func lowMapZip(c *invocation) string {
	k := c.typ.elem()
	if k.has(Map) || k.isNested() && (k.has(Double) || k.has(Real)) {
		panic(c.a.cannot("map_zip_with of keys of type %s", k))
	}
	zipped := c.a.let([]string{"trino.zip_maps(" + c.args[0].code + ", " + c.args[1].code + ")"}, func(v []string) string {
		e := c.a.lambdaVar()
		return fmt.Sprintf("CASE WHEN %s IS NOT NULL THEN map(list_transform(%s, lambda %s: %s.f0), list_transform(%s, %s)) END", v[0], v[0], e, e, v[0], c.lambdas[2])
	})
	if !k.isFloat() {
		return zipped
	}
	// NaN is no key of the other map to Trino: it stands twice in the result.
	holds := func(m value) string {
		return "map_contains(" + m.code + ", CAST('NaN' AS " + k.DuckDB() + "))"
	}
	return "CASE WHEN " + holds(c.args[0]) + " AND " + holds(c.args[1]) + " THEN " + c.a.refuseLate(c.typ.DuckDB(), "a map with NaN twice") + " ELSE " + zipped + " END"
}

func lowMapConcat(c *invocation) string {
	if len(c.args) < 2 {
		panic(&Error{Name: "INVALID_FUNCTION_ARGUMENT", Message: "There must be two or more concatenation arguments to map_concat"})
	}
	if k := c.typ.elem(); k.has(Map) {
		panic(c.a.cannot("map_concat of keys of type %s", k))
	}
	nulls, codes := make([]string, len(c.args)), make([]string, len(c.args))
	for i, v := range c.args {
		nulls[i], codes[i] = v.code+" IS NOT NULL", v.code
	}
	// The keys of the last map come first, each with the value that counts.
	all := codes[len(codes)-1]
	for i := len(codes) - 2; i >= 0; i-- {
		all = c.a.let([]string{all, codes[i]}, func(n []string) string {
			e := c.a.lambdaVar()
			return fmt.Sprintf("map_from_entries(list_concat(map_entries(%s), list_filter(map_entries(%s), lambda %s: NOT list_contains(map_keys(%s), %s.key))))", n[0], n[1], e, n[0], e)
		})
	}
	return "CASE WHEN " + strings.Join(nulls, " AND ") + " THEN " + all + " END"
}

// lowSortBy sorts as Java does, by what the lambda says of every pair.
func lowSortBy(c *invocation) string {
	l := c.lambdas[1]
	if mayFail(l.body) {
		panic(c.a.cannot("array_sort by a lambda that may fail"))
	}
	return c.a.let([]string{c.args[0].code}, func(v []string) string {
		i := c.a.lambdaVar()
		pairs := fmt.Sprintf("flatten(list_transform(%s, lambda %s: list_transform(%s, lambda %s: CAST(coalesce(%s, 2) AS BIGINT))))", v[0], l.vars[0], v[0], l.vars[1], l.body)
		return fmt.Sprintf("CASE WHEN len(%s) > 1 THEN list_transform(acme_sort_order(%s, CAST(len(%s) AS BIGINT)), lambda %s: list_extract(%s, %s)) ELSE %s END", v[0], pairs, v[0], i, v[0], i, v[0])
	})
}

// sequenceFunctions cut arrays into pieces, and put them side by side.
func sequenceFunctions() []function {
	zip := function{name: "zip", doc: "Arrays side by side, as rows; the shorter are filled with NULL."}
	for n := 2; n <= 5; n++ {
		s := signature{low: lowZip, typ: func(t []Type) Type {
			row := make([]Type, len(t))
			for i := range t {
				row[i] = t[i].elem()
			}
			return arrayOf(anonymousRow(row))
		}}
		var in, shown, where []string
		for i := range n {
			in = append(in, fmt.Sprintf("array(%c)", 'A'+i))
			shown = append(shown, fmt.Sprintf("array(T%d)", i+1))
			where = append(where, fmt.Sprintf("T%d", i+1))
		}
		s.in, s.shown, s.where = strings.Join(in, ", "), strings.Join(shown, ", "), strings.Join(where, ", ")
		s.gives = "array(row(" + strings.Join(where, ",") + "))"
		zip.sigs = append(zip.sigs, s)
	}
	return []function{zip,
		{name: "ngrams", doc: "Arrays of so many elements that stand next to each other.", sigs: []signature{
			{in: "array(T), integer", shown: "array(t), integer", where: "T", out: "array(array(T))", sql: "trino.ngrams($1, acme_gram_size($2))"}}},
		{name: "combinations", doc: "Arrays of so many elements, in every choice.", sigs: []signature{
			{in: "array(T), integer", shown: "array(t), integer", where: "T", out: "array(array(T))", low: lowCombinations}}},
		{name: "contains_sequence", doc: "Whether an array has another as a part of it.", sigs: []signature{
			{in: "array(T), array(T)", shown: "array(t), array(t)", where: "T:comparable", out: "boolean", low: setLow("trino.contains_sequence($1, $2)")}}},
	}
}

// lowZip goes by place, for DuckDB's own zip fails on constants.
func lowZip(c *invocation) string {
	codes := make([]string, len(c.args))
	for i, v := range c.args {
		codes[i] = v.code
	}
	return c.a.let(codes, func(v []string) string {
		e := c.a.lambdaVar()
		var whole, parts, sizes []string
		for i, l := range v {
			whole = append(whole, l+" IS NOT NULL")
			sizes = append(sizes, "len("+l+")")
			parts = append(parts, fmt.Sprintf("f%d := list_extract(%s, %s)", i, l, e))
		}
		return "CASE WHEN " + strings.Join(whole, " AND ") + " THEN list_transform(range(1, greatest(" + strings.Join(sizes, ", ") + ") + 1), lambda " + e + ": struct_pack(" + strings.Join(parts, ", ") + ")) END"
	})
}

func lowCombinations(c *invocation) string {
	return c.a.let([]string{c.args[0].code}, func(v []string) string {
		p, i := c.a.lambdaVar(), c.a.lambdaVar()
		return fmt.Sprintf("list_transform(acme_combinations(CAST(len(%s) AS BIGINT), %s), lambda %s: list_transform(%s, lambda %s: list_extract(%s, %s)))", v[0], c.args[1].code, p, p, i, v[0], i)
	})
}

// lowMultimap gathers the values of every key, in order.
func lowMultimap(c *invocation) string {
	k := c.typ.elem()
	if k.has(Map) {
		panic(c.a.cannot("a map with keys of type %s", k))
	}
	typ := c.typ.DuckDB()
	return c.a.let([]string{c.args[0].code}, func(v []string) string {
		e, f, g, h, i := c.a.lambdaVar(), c.a.lambdaVar(), c.a.lambdaVar(), c.a.lambdaVar(), c.a.lambdaVar()
		keys := fmt.Sprintf("trino.list_unique(list_transform(%s, lambda %s: %s.f0))", v[0], e, e)
		values := fmt.Sprintf("list_transform(%s, lambda %s: list_transform(list_filter(%s, lambda %s: %s.f0 IS NOT DISTINCT FROM %s), lambda %s: %s.f1))", keys, f, v[0], g, g, f, h, h)
		return fmt.Sprintf("CASE WHEN %s IS NOT NULL THEN CASE WHEN list_count(%s) <> len(%s) THEN %s WHEN len(list_filter(%s, lambda %s: %s.f0 IS NULL)) > 0 THEN %s ELSE map(%s, %s) END END",
			v[0], v[0], v[0], fail(typ, "INVALID_FUNCTION_ARGUMENT", "map entry cannot be null"), v[0], i, i, fail(typ, "INVALID_FUNCTION_ARGUMENT", "map key cannot be null"), keys, values)
	})
}

func lowArrayHistogram(c *invocation) string {
	if k := c.typ.elem(); k.has(Map) {
		panic(c.a.cannot("a map with keys of type %s", k))
	}
	x, y, z := c.a.lambdaVar(), c.a.lambdaVar(), c.a.lambdaVar()
	return c.a.let([]string{"list_filter(" + c.args[0].code + ", lambda " + x + ": " + x + " IS NOT NULL)"}, func(v []string) string {
		keys := "trino.list_unique(" + v[0] + ")"
		return fmt.Sprintf("CASE WHEN %s IS NOT NULL THEN map(%s, list_transform(%s, lambda %s: CAST(len(list_filter(%s, lambda %s: %s IS NOT DISTINCT FROM %s)) AS BIGINT))) END",
			v[0], keys, keys, y, v[0], z, z, y)
	})
}
