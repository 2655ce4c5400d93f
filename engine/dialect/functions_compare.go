package dialect

import (
	"fmt"
	"strings"
)

// Functions of arrays, maps and groups that compare elements. Which kind of
// equality each has is Trino's choice: contains and its kin are =, the set
// functions are IS NOT DISTINCT FROM.

// simple says whether DuckDB compares values of t as Trino does, inside lists too.
func simple(t Type) bool { return !t.isNested() && !t.isFloat() && t.Kind != Unknown }

// setLow is for functions that tell elements apart as IS DISTINCT FROM does.
func setLow(sql string) func(c *invocation) string {
	return func(c *invocation) string {
		for i, v := range c.args {
			c.args[i].code = c.a.canonical(v.code, v.typ)
		}
		if len(c.args) == 2 {
			return c.template("CASE WHEN $1 IS NOT NULL AND $2 IS NOT NULL THEN " + sql + " END")
		}
		return c.template(sql)
	}
}

func lowDistinct(c *invocation) string { return setLow("trino.list_unique($1)")(c) }

// lowOverlap sorts both arrays in releases before nestedOrder, which fails on
// NULLs that it meets.
func lowOverlap(c *invocation) string {
	if e := c.args[0].typ.elem(); e.isNested() && c.a.level < nestedOrder {
		c.args[0].code, c.args[1].code = c.a.sortText(c.args[0]), c.a.sortText(c.args[1])
	}
	return setLow("trino.list_overlap($1, $2)")(c)
}

// matches gives, in a lambda over an array, how an element compares with $2: 1 for
// equal, 2 for not, 3 where a NULL inside leaves it open, 0 for NULL.
func (c *invocation) matches() string {
	e := c.a.lambdaVar()
	return fmt.Sprintf("list_transform($1, lambda %s: CASE WHEN %s IS NULL THEN 0 ELSE CASE %s WHEN true THEN 1 WHEN false THEN 2 ELSE 3 END END)",
		e, e, c.a.equalText(e, "$2", c.args[1].typ))
}

func (c *invocation) name() string {
	if c.call == nil {
		return "this operator"
	}
	return strings.ToLower(formatQName(c.call.Name))
}

// bound gives a lowering in which $1 and $2 are cheap to repeat.
func (c *invocation) bound(low func() string) string {
	codes := []string{c.args[0].code, c.args[1].code}
	text := c.a.let(codes, func(v []string) string {
		c.args[0].code, c.args[1].code = v[0], v[1]
		return c.template("CASE WHEN $1 IS NOT NULL AND $2 IS NOT NULL THEN " + low() + " END")
	})
	c.args[0].code, c.args[1].code = codes[0], codes[1]
	return text
}

// open fails for an element that can be neither equal nor other.
func (c *invocation) open(typ string) string {
	return fail(typ, "NOT_SUPPORTED", c.name()+" does not support arrays with elements that are null or contain null")
}

func lowContains(c *invocation) string {
	e := c.args[0].typ.elem()
	if simple(e) {
		return c.template("CASE WHEN $1 IS NULL OR $2 IS NULL THEN NULL WHEN list_contains($1, $2) THEN true WHEN len($1) <> list_count($1) THEN NULL ELSE false END")
	}
	return c.bound(func() string {
		m, k := c.a.lambdaVar(), c.a.lambdaVar()
		first := fmt.Sprintf("list_extract(list_filter(%s, lambda %s: %s IN (1, 3)), 1)", m, k, k)
		return fmt.Sprintf("list_extract(list_transform([%s], lambda %s: CASE WHEN %s = 3 THEN %s WHEN %s = 1 THEN true WHEN list_contains(%s, 0) THEN NULL ELSE false END), 1)",
			c.matches(), m, first, c.open("BOOLEAN"), first, m)
	})
}

func lowPosition(c *invocation) string {
	if simple(c.args[0].typ.elem()) {
		return c.template("CASE WHEN $1 IS NOT NULL AND $2 IS NOT NULL THEN coalesce(CAST(list_position($1, $2) AS BIGINT), 0) END")
	}
	return c.bound(func() string {
		m, k := c.a.lambdaVar(), c.a.lambdaVar()
		first := fmt.Sprintf("list_extract(list_filter(%s, lambda %s: %s IN (1, 3)), 1)", m, k, k)
		return fmt.Sprintf("list_extract(list_transform([%s], lambda %s: CASE WHEN %s = 3 THEN %s ELSE coalesce(CAST(list_position(%s, 1) AS BIGINT), 0) END), 1)",
			c.matches(), m, first, c.open("BIGINT"), m)
	})
}

func lowRemove(c *invocation) string {
	if simple(c.args[0].typ.elem()) {
		return c.template("CASE WHEN $2 IS NOT NULL THEN list_filter($1, lambda e: coalesce(e <> $2, true)) END")
	}
	return c.bound(func() string {
		m, e, i := c.a.lambdaVar(), c.a.lambdaVar(), c.a.lambdaVar()
		return fmt.Sprintf("list_extract(list_transform([%s], lambda %s: CASE WHEN list_contains(%s, 3) THEN %s ELSE list_filter($1, lambda %s, %s: list_extract(%s, %s) <> 1) END), 1)",
			c.matches(), m, m, c.open(c.typ.DuckDB()), e, i, m, i)
	})
}

// lowSort sorts natively. Before nestedOrder NULLs inside that a sort must compare
// fail: in any order of the array some neighbours are such.
func lowSort(c *invocation) string {
	e := c.args[0].typ.elem()
	if c.raw[0].typ.Kind == Unknown {
		return "CAST(NULL AS " + c.typ.DuckDB() + ")" // DuckDB would forget the type
	}
	sorted := c.template("list_sort($1, 'ASC', 'NULLS LAST')")
	if e.isFloat() && c.a.level < nestedOrder {
		// A negative zero comes before the other there.
		return c.template("list_transform(list_sort(list_transform($1, lambda e: struct_pack(v := e, z := CASE WHEN e = 0 THEN NOT signbit(e) ELSE true END)), 'ASC', 'NULLS LAST'), lambda e: e.v)")
	}
	if !e.isNested() || c.a.level >= nestedOrder {
		return sorted
	}
	s, x, i := c.a.lambdaVar(), c.a.lambdaVar(), c.a.lambdaVar()
	before := fmt.Sprintf("list_extract(%s, %s - 1)", s, i)
	cmp := c.a.compareText(before, x, e, order{nan: 1})
	return fmt.Sprintf("list_extract(list_transform([%s], lambda %s: CASE WHEN len(list_filter(%s, lambda %s, %s: CASE WHEN %s > 1 AND %s IS NOT NULL AND %s IS NOT NULL THEN acme_order(%s) > 5 ELSE false END)) > 0 THEN NULL ELSE %s END), 1)",
		sorted, s, s, x, i, i, x, before, cmp, s)
}

func lowListExtreme(fn string) func(c *invocation) string {
	return func(c *invocation) string {
		e := c.args[0].typ.elem()
		switch {
		case e.isFloat():
			best := "trino.list_" + fn + "_number"
			if c.a.level >= nestedOrder {
				return c.template(best + "($1)")
			}
			return c.a.let([]string{c.args[0].code}, func(v []string) string { // a zero below 0 comes before the other there
				x := c.a.lambdaVar()
				some := "len(list_filter(" + v[0] + ", lambda " + x + ": " + x + " = 0 AND %ssignbit(" + x + "))) > 0"
				above := map[string]string{"min": "NOT (" + fmt.Sprintf(some, "") + ")", "max": fmt.Sprintf(some, "NOT ")}[fn]
				return "CASE WHEN " + best + "(" + v[0] + ") = 0 THEN " + zeroOf(above, e) + " ELSE " + best + "(" + v[0] + ") END"
			})
		case e.isNested():
			sign := map[string]int{"min": -1, "max": 1}[fn]
			return c.a.let([]string{c.args[0].code}, func(v []string) string {
				return fmt.Sprintf("CASE WHEN len(%s) = list_count(%s) THEN %s END", v[0], v[0], c.a.extremeOf(v[0], e, sign))
			})
		case e.Kind == Unknown:
			return "CAST(NULL AS INTEGER)"
		}
		return c.template("CASE WHEN len($1) = list_count($1) THEN list_" + fn + "($1) END")
	}
}

// extremeNested is greatest or least of arrays or rows.
func (c *invocation) extremeNested(fn string) string {
	sign := map[string]int{"least": -1, "greatest": 1}[fn]
	return c.a.let([]string{c.template("[$*]")}, func(v []string) string {
		return fmt.Sprintf("CASE WHEN len(%s) = list_count(%s) THEN %s END", v[0], v[0], c.a.extremeOf(v[0], c.typ, sign))
	})
}

// nestedAggregate is min or max of arrays or rows.
func (c *invocation) nestedAggregate(fn string, t Type) string {
	sign := map[string]int{"min": -1, "max": 1}[fn]
	e := c.a.lambdaVar()
	return c.a.extremeOf(fmt.Sprintf("list_filter(%s, lambda %s: %s IS NOT NULL)", c.template("@list($1)"), e, e), t, sign)
}

// nestedBy is min_by or max_by where the key has another order than DuckDB's.
func (c *invocation) nestedBy(fn string, k Type) string {
	sign := map[string]int{"arg_min": -1, "arg_max": 1}[fn]
	if !k.isNested() {
		// NaN is greatest to DuckDB, and no candidate to Trino where there is another;
		// it is greatest below zero as well.
		return c.template("@arg_min_null($1, (- $2))")
	}
	l, x, y := c.a.lambdaVar(), c.a.lambdaVar(), c.a.lambdaVar()
	test := map[string]string{"arg_min": "<", "arg_max": ">"}[fn]
	list := c.template("@list(struct_pack(k := $2, v := $1))")
	return fmt.Sprintf("list_extract(list_transform([list_filter(%s, lambda %s: %s.k IS NOT NULL)], lambda %s: CASE WHEN len(%s) > 0 THEN list_reduce(%s, lambda %s, %s: CASE WHEN acme_order(%s) %s 0 THEN %s ELSE %s END).v END), 1)",
		list, x, x, l, l, l, x, y, c.a.compareText(y+".k", x+".k", k, c.a.extremeOrder(sign)), test, y, x)
}

// shownKey is the text of a key in messages about it.
func (a *analyser) shownKey(code string, t Type) string {
	switch t.Kind {
	case Array:
		e := a.lambdaVar()
		return fmt.Sprintf("('[' || array_to_string(list_transform(%s, lambda %s: coalesce(%s, 'null')), ', ') || ']')", code, e, a.shownKey(e, t.elem()))
	case Row:
		parts := make([]string, len(t.Elem))
		for i, f := range t.Elem {
			parts[i] = "coalesce(" + a.shownKey(fieldCode(code, i), f.Type) + ", 'null')"
		}
		return "('[' || " + strings.Join(parts, " || ', ' || ") + " || ']')"
	case Double:
		return a.edition("double_plain") + "(" + code + ")"
	case Real:
		return a.edition("real_plain") + "(" + code + ")"
	case Unknown:
		return "CAST(NULL AS VARCHAR)"
	case IPAddress:
		return "acme_address_text(" + code + ")"
	case Varbinary:
		return "lower(hex(" + code + "))"
	case Map, JSON:
		panic(a.cannot("a map with keys of type %s", t))
	}
	return a.toVarchar(code, t, tVarchar, false)
}

// newMap makes a map of two arrays of one length whose keys are checked.
func (c *invocation) newMap(keys, values, duplicates string) string {
	k := c.typ.elem()
	x, i := c.a.lambdaVar(), c.a.lambdaVar()
	typ := c.typ.DuckDB()
	twice := fmt.Sprintf("list_extract(list_filter(%s, lambda %s, %s: list_position(%s, %s) < %s), 1)", keys, x, i, keys, x, i)
	if k.Kind == Unknown {
		return "map(" + keys + ", " + values + ")"
	}
	message := failWith(typ, "'[[INVALID_FUNCTION_ARGUMENT]] "+duplicates+" (' || "+c.a.shownKey(twice, k)+" || ') are not allowed'")
	if k.isFloat() && c.a.level < nestedOrder {
		// These releases let a map have NaN many times.
		message = "CASE WHEN isnan(" + twice + ") THEN " + c.a.refuseLate(typ, "a map with NaN twice") + " ELSE " + message + " END"
	}
	test := fmt.Sprintf("len(list_distinct(%s)) <> len(%s)", keys, keys)
	if k.isFloat() || k.isNested() {
		test = fmt.Sprintf("%s IS NOT NULL", twice) // list_distinct takes every NaN for another
	}
	return fmt.Sprintf("CASE WHEN %s THEN %s ELSE map(%s, %s) END", test, message, keys, values)
}

func lowMap(c *invocation) string {
	k := c.typ.elem()
	if k.has(Map) {
		panic(c.a.cannot("a map with keys of type %s", k))
	}
	return c.a.let([]string{c.args[0].code, c.args[1].code}, func(v []string) string {
		bad := ""
		if k.isNested() {
			e, f := c.a.lambdaVar(), c.a.lambdaVar()
			holding := fmt.Sprintf("list_filter(%s, lambda %s: %s)", v[0], e, c.a.holdsNull(e, k))
			bad = fmt.Sprintf(" WHEN len(%s) > 0 THEN %s", holding, failWith(c.typ.DuckDB(), "'[[INVALID_FUNCTION_ARGUMENT]] map key cannot be indeterminate: ' || list_extract(list_transform("+
				holding+", lambda "+f+": "+c.a.shownKey(f, k)+"), 1)"))
		}
		return fmt.Sprintf("CASE WHEN %s IS NOT NULL AND %s IS NOT NULL THEN CASE WHEN len(%s) <> len(%s) THEN %s WHEN list_count(%s) <> len(%s) THEN %s%s ELSE %s END END", v[0], v[1], v[0], v[1],
			fail(c.typ.DuckDB(), "INVALID_FUNCTION_ARGUMENT", "Key and value arrays must be the same length"), v[0], v[0],
			fail(c.typ.DuckDB(), "INVALID_FUNCTION_ARGUMENT", "map key cannot be null"), bad, c.newMap(v[0], v[1], "Duplicate map keys"))
	})
}

func lowFromEntries(c *invocation) string {
	if c.typ.elem().has(Map) {
		panic(c.a.cannot("a map with keys of type %s", c.typ.elem()))
	}
	duplicates := "Duplicate map keys"
	if c.a.level < nestedOrder {
		duplicates = "Duplicate keys"
	}
	e, f, g := c.a.lambdaVar(), c.a.lambdaVar(), c.a.lambdaVar()
	return c.a.let([]string{c.args[0].code}, func(v []string) string {
		keys := fmt.Sprintf("list_transform(%s, lambda %s: %s.f0)", v[0], e, e)
		values := fmt.Sprintf("list_transform(%s, lambda %s: %s.f1)", v[0], f, f)
		return fmt.Sprintf("CASE WHEN %s IS NOT NULL THEN CASE WHEN list_count(%s) <> len(%s) THEN %s WHEN len(list_filter(%s, lambda %s: %s.f0 IS NULL)) > 0 THEN %s ELSE %s END END", v[0], v[0], v[0],
			fail(c.typ.DuckDB(), "INVALID_FUNCTION_ARGUMENT", "map entry cannot be null"), v[0], g, g,
			fail(c.typ.DuckDB(), "INVALID_FUNCTION_ARGUMENT", "map key cannot be null"), c.newMap(keys, values, duplicates))
	})
}

// keyed gives the condition under which a key can be in a map at all.
func (a *analyser) keyed(code string, k Type) string {
	switch {
	case k.isFloat():
		return "NOT isnan(" + code + ")"
	case k.isNested():
		return "NOT " + a.holdsNull(code, k)
	}
	return ""
}

func lowElementAt(c *invocation) string {
	if guard := c.a.keyed("$2", c.args[0].typ.elem()); guard != "" {
		return c.template("CASE WHEN " + guard + " THEN map_extract_value($1, $2) END")
	}
	return c.template("map_extract_value($1, $2)")
}

// lowHistogram counts equal values.
func lowHistogram(c *invocation) string {
	t := c.args[0].typ
	switch {
	case t.Kind == Unknown || t.has(Map):
		panic(c.a.cannot("histogram of %s", t))
	case t.isNested() && c.a.level < nestedOrder:
		// Values that hold NULL are an internal error in these releases.
		c.args[0].code = c.a.sortText(c.args[0])
	case t.isFloat() && c.a.level < nestedOrder:
		c.args[0].code = c.template(c.onceNaN())
	}
	v := c.a.lambdaVar()
	entries := "list_transform(map_entries(@histogram($1)), lambda " + v + ": {'key': " + v + ".key, 'value': CAST(" + v + ".value AS BIGINT)})"
	if !t.isFloat() {
		return c.template("map_from_entries(" + entries + ")")
	}
	// DuckDB's histogram loses count of everything where there is NaN.
	entries = strings.Replace(entries, "$1", "CASE WHEN NOT isnan($1) THEN $1 END", 1)
	nan := "[{'key': CAST('NaN' AS " + t.DuckDB() + "), 'value': @count(CASE WHEN isnan($1) THEN 1 END)}]"
	return c.template("CASE WHEN @count($1) > 0 THEN map_from_entries(list_concat(coalesce(" + entries + ", []), CASE WHEN @count(CASE WHEN isnan($1) THEN 1 END) > 0 THEN " + nan + " ELSE [] END)) END")
}

// onceNaN refuses NaN as a key, which releases before nestedOrder have many times.
func (c *invocation) onceNaN() string {
	return "CASE WHEN isnan($1) THEN " + c.a.refuseLate(c.args[0].typ.DuckDB(), "a map with NaN as a key, at this release,") + " ELSE $1 END"
}
