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
	if g.r.IntN(20) == 0 {
		return g.fill("irrational", g.pick(irrational), depth-1)
	}
	all := types() + "jgnulepch"
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
