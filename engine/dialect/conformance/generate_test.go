package conformance_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// The generator makes statements that Trino accepts, more or less: typed
// expressions over one small table of hard values, and the clauses around them.
// A statement is a tree of nodes, so that one that two engines answer otherwise
// can be cut down to what they differ in.

// node is a piece of SQL: text with a %s for each of its parts.
type node struct {
	typ  string
	text string
	kids []*node
}

func (n *node) String() string {
	if len(n.kids) == 0 {
		return n.text
	}
	parts := make([]any, len(n.kids))
	for i, k := range n.kids {
		parts[i] = k.String()
	}
	return fmt.Sprintf(n.text, parts...)
}

// size counts the nodes.
func (n *node) size() int {
	s := 1
	for _, k := range n.kids {
		s += k.size()
	}
	return s
}

// column is a column of the generated table: its letter is its type's in the
// patterns below.
type column struct {
	typ, name string
	values    []string
}

// columns are what expressions are made of. Values are texts of literals; the
// first is of the column's own type, NULL takes it on.
var columns = []column{
	{"i", "i", []string{"1", "NULL", "0", "-7", "2147483647", "42"}},
	{"b", "b", []string{"BIGINT '10'", "BIGINT '-1'", "NULL", "BIGINT '9223372036854775807'", "BIGINT '0'", "BIGINT '1754933627'"}},
	{"d", "d", []string{"1.5e0", "-0.5e0", "NULL", "1e10", "nan()", "0e0"}},
	{"r", "r", []string{"REAL '0.5'", "NULL", "REAL '-2.25'", "REAL '1e10'", "REAL '0'", "REAL '3.5'"}},
	{"q", "q", []string{"DECIMAL '12.50'", "DECIMAL '-0.05'", "NULL", "DECIMAL '99.99'", "DECIMAL '00.00'", "DECIMAL '01.15'"}},
	{"w", "w", []string{"DECIMAL '1234567890123.456789'", "NULL", "DECIMAL '-0000000000000.000001'", "DECIMAL '0000000000000.000000'", "DECIMAL '9999999999999.999999'", "DECIMAL '0000000000042.500000'"}},
	{"v", "v", []string{"CAST('abc' AS varchar)", "CAST('' AS varchar)", "NULL", "CAST('Zeile é' AS varchar)", "CAST('12' AS varchar)", "CAST('a,b,c' AS varchar)"}},
	{"o", "o", []string{"true", "false", "NULL", "true", "false", "true"}},
	{"y", "y", []string{"DATE '2025-08-11'", "DATE '2024-02-29'", "NULL", "DATE '1969-12-31'", "DATE '2025-12-31'", "DATE '2000-01-01'"}},
	{"t", "t", []string{"TIMESTAMP '2025-08-11 17:33:47.123'", "TIMESTAMP '2024-02-29 23:59:59.999'", "NULL", "TIMESTAMP '1969-12-31 23:59:59.500'", "TIMESTAMP '2025-03-30 02:30:00.000'", "TIMESTAMP '2000-01-01 00:00:00.000'"}},
	{"z", "z", []string{"TIMESTAMP '2025-08-11 17:33:47.123 Europe/Berlin'", "TIMESTAMP '2025-10-26 02:30:00.000 Europe/Berlin'", "NULL", "TIMESTAMP '2025-03-30 03:30:00.000 Europe/Berlin'", "TIMESTAMP '1970-01-01 00:00:00.000 Europe/Berlin'", "TIMESTAMP '2000-01-01 00:00:00.000 Europe/Berlin'"}},
	{"a", "a", []string{"ARRAY[1, 2, 3]", "ARRAY[NULL, 7]", "NULL", "CAST(ARRAY[] AS array(integer))", "ARRAY[5]", "ARRAY[3, 3, 1]"}},
	{"s", "s", []string{"ARRAY[CAST('x' AS varchar), 'y']", "ARRAY[CAST(NULL AS varchar)]", "NULL", "CAST(ARRAY[] AS array(varchar))", "ARRAY[CAST('é' AS varchar)]", "ARRAY[CAST('a' AS varchar), 'a']"}},
	{"m", "m", []string{"MAP(ARRAY[CAST('k' AS varchar), 'l'], ARRAY[1, 2])", "MAP(ARRAY[CAST('k' AS varchar)], ARRAY[CAST(NULL AS integer)])", "NULL", "CAST(MAP() AS map(varchar, integer))", "MAP(ARRAY[CAST('z' AS varchar)], ARRAY[9])", "MAP(ARRAY[CAST('abc' AS varchar)], ARRAY[-1])"}},
}

// simple are constants of each type, what a part shrinks to.
var simple = map[string][]string{
	"i": {"0", "1", "2", "-3", "10"}, "b": {"BIGINT '5'", "BIGINT '-2'"}, "d": {"0.5e0", "3e0", "-1.25e0"}, "r": {"REAL '1.5'"},
	"q": {"DECIMAL '10.00'", "DECIMAL '00.33'"}, "w": {"DECIMAL '0000000000007.000000'"}, "v": {"'a'", "'b,c'", "''", "'10'", "'abc'"},
	"o": {"true", "false"}, "y": {"DATE '2025-08-11'", "DATE '2024-12-31'"}, "t": {"TIMESTAMP '2025-08-11 17:00:00.000'"},
	"z": {"TIMESTAMP '2025-08-11 17:00:00.000 Europe/Berlin'"}, "a": {"ARRAY[1, 2]"}, "s": {"ARRAY['a', 'b']"}, "m": {"MAP(ARRAY['k'], ARRAY[1])"},
}

// patterns make an expression of a type from others: {i} is a part of type i.
// Types that Trino would refuse to meet do not; what fails at run time may.
var patterns = map[string][]string{
	"i": {"({i} + {i})", "({i} - {i})", "({i} * {i})", "({i} / {i})", "({i} % {i})", "(- {i})", "abs({i})", "CAST({d} AS integer)", "CAST({q} AS integer)", "TRY_CAST({v} AS integer)",
		"CASE WHEN {o} THEN {i} ELSE {i} END", "coalesce({i}, {i})", "nullif({i}, {i})", "if({o}, {i})", "greatest({i}, {i})", "least({i}, {i}, {i})", "element_at({a}, {i})", "{a}[1]", "TRY({i} / {i})",
		"element_at({m}, {v})", "array_max({a})", "array_min({a})", "TRY(CAST({b} AS integer))", "CASE {i} WHEN {i} THEN {i} WHEN 1 THEN {i} END", "reduce({a}, 0, (p, e) -> p + coalesce(e, 0), p -> p)", "sign({i})"},
	"b": {"({b} + {i})", "({b} - {b})", "({i} * {b})", "({b} / {b})", "({b} % {i})", "length({v})", "cardinality({a})", "cardinality({m})", "strpos({v}, {v})", "day({y})", "month({t})", "year({z})", "hour({t})", "hour({z})",
		"minute({t})", "second({z})", "day_of_week({y})", "day_of_year({t})", "week({y})", "year_of_week({y})", "quarter({t})", "millisecond({t})", "date_diff('day', {y}, {y})", "date_diff('hour', {t}, {t})", "date_diff('month', {t}, {t})",
		"date_diff('second', {z}, {z})", "CAST({i} AS bigint)", "CAST({d} AS bigint)", "coalesce({b}, {i})", "bitwise_and({i}, {i})", "bitwise_xor({b}, {i})", "array_position({a}, {i})", "levenshtein_distance({v}, {v})", "extract(DOW FROM {y})",
		"round({b})", "abs({b})", "TRY_CAST({v} AS bigint)", "codepoint(CAST('é' AS varchar(1)))", "from_base('7f', 16)", "crc32(to_utf8({v}))", "json_array_length('[1, 2, 3]')", "CAST({w} AS bigint)"},
	"d": {"({d} + {d})", "({d} - {i})", "({d} * {b})", "({d} / {d})", "({d} % {d})", "(- {d})", "abs({d})", "round({d})", "round({d}, {i})", "floor({d})", "ceil({d})", "truncate({d})", "sqrt({d})", "power({i}, 2)", "exp(least({d}, 5e0))", "ln({d})", "CAST({i} AS double)", "CAST({q} AS double)",
		"CAST({w} AS double)", "coalesce({d}, {i})", "nullif({d}, 0e0)", "to_unixtime({t})", "to_unixtime({z})", "greatest({d}, {d})", "least({d}, {i})", "CASE WHEN {o} THEN {d} ELSE {i} END", "TRY_CAST({v} AS double)", "sign({d})", "cbrt({d})", "degrees({d})", "mod({d}, 3e0)", "CAST({r} AS double)", "(100e0 * {i} / {b})"},
	"r": {"({r} + {r})", "({r} * {i})", "(- {r})", "abs({r})", "CAST({d} AS real)", "round({r}, 1)", "coalesce({r}, {i})", "({r} / {r})", "CAST({q} AS real)"},
	"q": {"CAST({i} AS decimal(10,2))", "CAST({d} AS decimal(10,2))", "abs({q})", "(- {q})", "coalesce({q}, DECIMAL '1.25')", "nullif({q}, {q})", "if({o}, {q}, {q})", "greatest({q}, {q})", "CAST({w} AS decimal(10,2))", "TRY(CAST({v} AS decimal(10,2)))", "CAST({q} + {q} AS decimal(10,2))", "CAST({q} * {q} AS decimal(10,2))", "CAST({q} / {i} AS decimal(10,2))"},
	"w": {"({q} + {w})", "({w} - {q})", "({q} * {q})", "({q} / {q})", "({q} % {q})", "({w} / {i})", "({q} * {i})", "({i} / {q})", "round({q}, 1)", "round({w})", "truncate({w})", "floor({q})", "ceil({w})", "({b} / 3600.0)", "(100.0 * {i} / {b})", "CAST({q} AS decimal(30,10))", "({w} % {q})", "(1.0 * {i})", "mod({w}, {q})"},
	"v": {"({v} || {v})", "concat({v}, {v}, {v})", "upper({v})", "lower({v})", "substr({v}, {i})", "substr({v}, {i}, {i})", "trim({v})", "ltrim({v})", "reverse({v})", "replace({v}, {v}, {v})", "split_part({v}, ',', 2)", "CAST({i} AS varchar)", "CAST({d} AS varchar)", "CAST({r} AS varchar)", "CAST({q} AS varchar)", "CAST({y} AS varchar)", "CAST({t} AS varchar)", "CAST({z} AS varchar)",
		"CAST({o} AS varchar)", "coalesce({v}, {v})", "nullif({v}, {v})", "CASE WHEN {o} THEN {v} ELSE {v} END", "lpad({v}, 5, '*')", "rpad({v}, 3, 'xy')", "date_format({t}, '%Y-%m-%d %H:%i:%s')", "date_format({z}, '%W %j %p')", "regexp_replace({v}, '[a-c]+', '<$0>')", "regexp_extract({v}, '[a-z]')", "array_join({a}, '-')", "array_join({s}, ',', 'null')", "element_at({s}, {i})", "typeof({w})", "typeof({d} + {i})",
		"to_iso8601({y})", "to_iso8601({t})", "format_datetime({t}, 'yyyy/MM/dd HH:mm')", "json_format(json_parse('{\"b\": 1, \"a\": [2]}'))", "json_extract_scalar('{\"a\": {\"b\": \"c\"}}', '$.a.b')", "CAST({b} AS varchar)", "greatest({v}, {v})", "url_encode({v})", "to_hex(to_utf8({v}))", "to_hex(md5(to_utf8({v})))", "CAST({v} AS varchar(2))", "format('%s-%05d', {v}, {i})", "CAST({w} AS varchar)", "translate({v}, 'abc', 'xy')", "CAST(json_parse('[1, 2]') AS varchar)", "CAST(CAST({i} AS json) AS varchar)"},
	"o": {"({i} = {i})", "({i} < {b})", "({d} <> {d})", "({d} >= {i})", "({q} > {w})", "({q} = {i})", "({v} = {v})", "({v} <= {v})", "({y} < {y})", "({t} >= {t})", "({z} <> {z})", "({t} > {y})", "({z} = {t})", "({o} AND {o})", "({o} OR {o})", "(NOT {o})", "({i} IS NULL)", "({v} IS NOT NULL)", "({i} BETWEEN {i} AND {i})", "({v} IN ({v}, {v}, 'abc'))", "({i} IN ({i}, {i}))",
		"({i} NOT IN ({i}, 3))", "({v} LIKE 'a%%')", "({v} LIKE {v})", "({v} LIKE '_b_' ESCAPE '#')", "({i} IS DISTINCT FROM {i})", "({d} IS NOT DISTINCT FROM {d})", "contains({a}, {i})", "coalesce({o}, {o})", "if({o}, {o}, {o})", "regexp_like({v}, '^[a-z]+$')", "starts_with({v}, {v})", "any_match({a}, e -> e > {i})", "all_match({a}, e -> e > 0)", "none_match({s}, e -> e = {v})", "is_nan({d})", "is_finite({d})",
		"arrays_overlap({a}, {a})", "({a} = {a})", "({a} IS DISTINCT FROM {a})", "(({i}, {v}) = ({i}, {v}))", "({i} > ALL (VALUES 1, 2))", "({i} = ANY (VALUES 1, NULL))", "({r} < {d})", "({r} = {i})", "({m} = {m})", "({s} <> {s})", "({b} BETWEEN {i} AND {b})", "CAST({i} AS boolean)"},
	"y": {"date_add('day', {i}, {y})", "date_add('month', 1, {y})", "({y} + INTERVAL '1' DAY)", "({y} - INTERVAL '1' MONTH)", "date_trunc('month', {y})", "date_trunc('week', {y})", "CAST({t} AS date)", "CAST({z} AS date)", "coalesce({y}, {y})", "if({o}, {y}, {y})", "date({t})", "last_day_of_month({y})", "TRY_CAST({v} AS date)", "greatest({y}, {y})", "from_iso8601_date('2025-08-11')"},
	"t": {"date_add('hour', {i}, {t})", "date_add('month', {i}, {t})", "({t} + INTERVAL '90' MINUTE)", "({t} - INTERVAL '1' YEAR)", "date_trunc('hour', {t})", "date_trunc('day', {t})", "date_trunc('quarter', {t})", "CAST({y} AS timestamp(3))", "CAST({z} AS timestamp(3))", "coalesce({t}, {t})", "greatest({t}, {t})", "CASE WHEN {o} THEN {t} END", "date_parse('2025-08-11 17:33', '%Y-%m-%d %H:%i')", "TRY_CAST({v} AS timestamp(3))"},
	"z": {"date_add('hour', {i}, {z})", "date_add('day', {i}, {z})", "({z} + INTERVAL '1' DAY)", "({z} - INTERVAL '3' HOUR)", "date_trunc('hour', {z})", "date_trunc('day', {z})", "date_trunc('month', {z})", "coalesce({z}, {z})", "least({z}, {z})", "if({o}, {z})"},
	"a": {"({a} || {a})", "({a} || {i})", "array_distinct({a})", "array_sort({a})", "reverse({a})", "slice({a}, 1, 2)", "filter({a}, e -> e > {i})", "transform({a}, e -> e + {i})", "array_union({a}, {a})", "array_intersect({a}, {a})", "array_except({a}, {a})", "array_remove({a}, {i})", "ARRAY[{i}, {i}]", "coalesce({a}, {a})", "repeat({i}, 2)", "map_values({m})", "flatten(ARRAY[{a}, {a}])", "if({o}, {a}, {a})", "zip_with({a}, {a}, (e, f) -> coalesce(e, f))", "sequence(1, 3)"},
	"s": {"split({v}, ',')", "array_sort({s})", "({s} || {v})", "ARRAY[{v}, {v}]", "transform({a}, e -> CAST(e AS varchar))", "map_keys({m})", "regexp_extract_all({v}, '[a-z]')", "array_distinct({s})", "coalesce({s}, {s})", "filter({s}, e -> e IS NOT NULL)"},
	"m": {"map_filter({m}, (k, e) -> e > {i})", "transform_values({m}, (k, e) -> e + {i})", "map_concat({m}, {m})", "coalesce({m}, {m})", "MAP(ARRAY[CAST('n' AS varchar)], ARRAY[{i}])", "if({o}, {m}, {m})"},
}

// aggregates by the type of their argument.
var aggregates = []string{"count(*)", "count({x})", "count(DISTINCT {i})", "sum({i})", "sum({b})", "sum({q})", "sum({w})", "avg({i})", "avg({q})", "avg({d})", "min({x})", "max({x})", "min({v})", "max({t})", "max({z})", "min({y})", "count_if({o})", "bool_and({o})", "bool_or({o})", "every({o})",
	"array_agg({i} ORDER BY {i}, {v})", "array_agg({v} ORDER BY {v})", "sum({i}) FILTER (WHERE {o})", "count(*) FILTER (WHERE {o})", "max_by({i}, {v})", "min_by({v}, {i})", "stddev({i})", "variance({q})", "approx_distinct({i})", "approx_percentile({i}, 0.5)", "listagg({v}, ',') WITHIN GROUP (ORDER BY {v})",
	"cardinality(histogram({i}))", "sum({i}) / 3600.0", "100.0 * count(*) / sum(count(*)) OVER ()", "round(avg({q}), 1)", "count(DISTINCT {v})", "sum(DISTINCT {i})", "bitwise_and_agg({i})", "geometric_mean({i})", "checksum({i})", "max({i}, 2)", "min({v}, 2)", "sum({d})", "corr({d}, {i})", "arbitrary(1)", "avg({r})"}

// windows are window functions over the ordered table.
var windows = []string{"row_number() OVER ({over})", "rank() OVER ({over})", "dense_rank() OVER ({over})", "lag({i}) OVER ({over})", "lead({v}, 2) OVER ({over})", "lag({i}, 1, 0) OVER ({over})", "first_value({v}) OVER ({over})", "last_value({i}) OVER ({over})", "sum({i}) OVER ({over})", "count({v}) OVER ({over})", "avg({q}) OVER ({over})", "min({y}) OVER ({over})", "ntile(2) OVER ({over})", "percent_rank() OVER ({over})", "cume_dist() OVER ({over})", "nth_value({i}, 2) OVER ({over})",
	"sum({i}) OVER ({over} ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)", "count(*) OVER ({over} ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)", "lag({i}) IGNORE NULLS OVER ({over})", "max({d}) OVER ({over} ROWS 2 PRECEDING)", "sum({i}) OVER (PARTITION BY {o})", "array_agg({i}) OVER ({over} ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING)"}

// generator makes statements; the same seed makes the same ones.
type generator struct {
	r     *rand.Rand
	alias string // qualifies columns where a statement reads the table twice
}

func newGenerator(seed uint64) *generator {
	return &generator{r: rand.New(rand.NewPCG(seed, 20250811))}
}

func (g *generator) pick(list []string) string { return list[g.r.IntN(len(list))] }

// types are the types of the table's columns.
func types() string {
	s := ""
	for _, c := range columns {
		s += c.typ
	}
	return s
}

// any makes an expression of any type.
func (g *generator) any(depth int) *node {
	all := types()
	return g.expr(all[g.r.IntN(len(all)):][:1], depth)
}

// expr makes an expression of a type.
func (g *generator) expr(typ string, depth int) *node {
	if depth <= 0 || g.r.IntN(6) == 0 {
		if g.r.IntN(3) > 0 {
			for _, c := range columns {
				if c.typ == typ {
					return &node{typ: typ, text: g.alias + c.name}
				}
			}
		}
		return &node{typ: typ, text: g.pick(simple[typ])}
	}
	return g.fill(typ, g.pick(patterns[typ]), depth-1)
}

// fill makes the parts of a pattern.
func (g *generator) fill(typ, pattern string, depth int) *node {
	n := &node{typ: typ}
	var text strings.Builder
	for {
		before, rest, ok := strings.Cut(pattern, "{")
		if !ok || len(rest) < 2 || rest[1] != '}' {
			if ok { // a brace of JSON
				text.WriteString(strings.ReplaceAll(before, "%", "%%") + "{")
				pattern = rest
				continue
			}
			text.WriteString(strings.ReplaceAll(before, "%", "%%"))
			break
		}
		text.WriteString(strings.ReplaceAll(before, "%", "%%") + "%s")
		n.kids = append(n.kids, g.part(rest[:1], depth))
		pattern = rest[2:]
	}
	n.text = text.String()
	if len(n.kids) == 0 {
		n.text = strings.ReplaceAll(n.text, "%%", "%")
	}
	return n
}

func (g *generator) part(typ string, depth int) *node {
	if typ == "x" {
		typ = g.pick([]string{"i", "b", "d", "q", "v", "y", "t"})
	}
	return g.expr(typ, depth)
}

// table is the relation that everything reads, k a key of its own.
func table() string {
	var rows []string
	names := []string{"k"}
	for _, c := range columns {
		names = append(names, c.name)
	}
	for r := range columns[0].values {
		row := []string{fmt.Sprint(r + 1)}
		for _, c := range columns {
			row = append(row, c.values[r])
		}
		rows = append(rows, "("+strings.Join(row, ", ")+")")
	}
	return "\n(VALUES " + strings.Join(rows, ", ") + ") AS base (" + strings.Join(names, ", ") + ")\n"
}
