package conformance_test

import (
	"fmt"
	"strings"
)

// statement makes one statement: a shape with expressions in it.
func (g *generator) statement() *node {
	shapes := []func() *node{g.plain, g.plain, g.plain, g.grouped, g.grouped, g.windowed, g.joined, g.setOperation, g.subquery, g.unnested, g.cut, g.nested,
		g.groupingSets, g.chained, g.correlated, g.distinct, g.framed, g.unnestedMore}
	g.alias = ""
	return shapes[g.r.IntN(len(shapes))]()
}

// list is a list of parts that may lose any but its last.
func list(kids ...*node) *node {
	return &node{typ: "list", text: strings.TrimSuffix(strings.Repeat("%s, ", len(kids)), ", "), kids: kids}
}

// query makes a statement of its parts. A percent sign in text is doubled.
func statementOf(text string, kids ...*node) *node {
	return &node{typ: "query", text: text, kids: kids}
}

func (g *generator) items(n, depth int) *node {
	kids := make([]*node, n)
	for i := range kids {
		kids[i] = g.any(depth)
	}
	return list(kids...)
}

func (g *generator) plain() *node {
	q := statementOf("SELECT %s FROM "+table(), g.items(1+g.r.IntN(3), 3))
	if g.r.IntN(2) == 0 {
		q.text += " WHERE %s"
		q.kids = append(q.kids, g.expr("o", 2))
	}
	return q
}

func (g *generator) aggregates(n int) []*node {
	kids := make([]*node, n)
	for i := range kids {
		kids[i] = g.fill("aggregate", g.pick(aggregates), 1)
	}
	return kids
}

func (g *generator) grouped() *node {
	if g.r.IntN(4) == 0 {
		return statementOf("SELECT %s FROM "+table()+" WHERE %s", list(g.aggregates(2)...), g.expr("o", 1))
	}
	key := g.expr(g.pick([]string{"i", "o", "v", "y", "q", "d", "t", "b"}), 1)
	items := append([]*node{{typ: "alias", text: "g"}}, g.aggregates(2)...)
	q := statementOf("SELECT %s FROM (SELECT *, %s AS g FROM "+table()+") AS u GROUP BY "+g.pick([]string{"g", "g", "1", "ROLLUP (g)", "GROUPING SETS ((g), ())"}), list(items...), key)
	if g.r.IntN(4) == 0 {
		q.text += " HAVING %s"
		q.kids = append(q.kids, g.fill("o", g.pick([]string{"count(*) > 1", "sum({i}) > {i}", "max({v}) IS NOT NULL"}), 1))
	}
	if strings.Contains(q.text, "GROUP BY 1") {
		items[0].typ = "kept"
	}
	return q
}

func (g *generator) windowed() *node {
	items := []*node{{typ: "alias", text: "k"}}
	for range 1 + g.r.IntN(2) {
		over := "ORDER BY k"
		if g.r.IntN(2) == 0 {
			over = "PARTITION BY o ORDER BY k"
		}
		if g.r.IntN(4) == 0 {
			over = "PARTITION BY i % 2 ORDER BY y DESC NULLS FIRST, k"
		}
		items = append(items, g.fill("window", strings.ReplaceAll(g.pick(windows), "{over}", over), 1))
	}
	return statementOf("SELECT %s FROM "+table(), list(items...))
}

func (g *generator) joined() *node {
	g.alias = "l."
	left, on := g.items(2, 1), []*node{}
	kind := g.pick([]string{"JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"})
	cond := g.pick([]string{"l.k = r.k", "l.i = r.i", "l.v = r.v AND l.k < r.k", "l.i = r.b", "l.y = r.y", "l.q = r.w", "l.o = r.o AND l.k <> r.k"})
	if kind == "JOIN" && g.r.IntN(2) == 0 {
		cond += " AND %s"
		on = append(on, g.expr("o", 1))
	}
	g.alias = "r."
	right := g.items(1, 1)
	g.alias = ""
	from := "(SELECT * FROM " + table() + ")"
	return statementOf("SELECT %s, %s FROM "+from+" AS l "+kind+" "+from+" AS r ON "+cond, append([]*node{left, right}, on...)...)
}

func (g *generator) setOperation() *node {
	typ := g.pick([]string{"i", "v", "y", "q", "d", "t", "b", "o"})
	op := g.pick([]string{"UNION", "UNION ALL", "INTERSECT", "EXCEPT", "UNION DISTINCT"})
	return statementOf("SELECT %s FROM "+table()+" "+op+" SELECT %s FROM "+table(), g.expr(typ, 2), g.expr(typ, 2))
}

func (g *generator) subquery() *node {
	typ := g.pick([]string{"i", "v", "y", "q"})
	name := typ
	switch g.r.IntN(4) {
	case 0:
		return statementOf("SELECT %s FROM "+table()+" WHERE %s IN (SELECT %s FROM "+table()+" WHERE %s)", g.items(2, 1), g.expr(typ, 1), g.expr(typ, 1), g.expr("o", 1))
	case 1:
		return statementOf("SELECT k, %s FROM "+table()+" WHERE NOT EXISTS (SELECT 1 FROM (SELECT * FROM "+table()+") AS u WHERE u."+name+" = base."+name+" AND u.k > base.k)", g.items(1, 1))
	case 2:
		return statementOf("SELECT k, (SELECT "+g.pick([]string{"max", "min", "count"})+"(u."+name+") FROM (SELECT * FROM "+table()+") AS u WHERE u.o = base.o), %s FROM "+table(), g.items(1, 1))
	}
	return statementOf("SELECT %s, (SELECT %s FROM "+table()+") FROM "+table()+" WHERE %s NOT IN (SELECT i FROM "+table()+" WHERE i IS NOT NULL)",
		g.items(1, 1), g.fill("i", "max({i})", 1), g.expr("i", 1))
}

func (g *generator) unnested() *node {
	switch g.r.IntN(3) {
	case 0:
		return statementOf("SELECT k, e, n FROM "+table()+" CROSS JOIN UNNEST(%s, %s) WITH ORDINALITY AS u (e, f, n)", g.expr("a", 2), g.expr("s", 1))
	case 1:
		return statementOf("SELECT k, e, f FROM "+table()+" LEFT JOIN UNNEST(%s) AS u (e, f) ON true", g.expr("m", 2))
	}
	return statementOf("SELECT k, count(e), array_agg(e ORDER BY e) FROM "+table()+" CROSS JOIN UNNEST(%s) AS u (e) GROUP BY k", g.expr(g.pick([]string{"a", "s"}), 2))
}

func (g *generator) cut() *node {
	return statementOf(fmt.Sprintf("SELECT k, %%s FROM %s ORDER BY %%s%s, k OFFSET %d LIMIT %d", table(), g.pick([]string{"", " DESC", " NULLS FIRST"}), g.r.IntN(2), 1+g.r.IntN(5)),
		g.items(2, 2), g.expr(g.pick([]string{"i", "d", "v", "y", "t", "z", "q"}), 1))
}

func (g *generator) nested() *node {
	typ := g.pick([]string{"i", "v", "d", "q", "y"})
	inner := g.expr(typ, 2)
	return statementOf("WITH c AS (SELECT k, o, %s AS x FROM "+table()+") SELECT o, count(*), min(x), max(x), count(DISTINCT x) FROM c WHERE x IS NOT NULL OR k > 2 GROUP BY o", inner)
}

// groupingSets groups by two keys in several ways at once.
func (g *generator) groupingSets() *node {
	keys := []*node{g.expr(g.pick([]string{"i", "o", "v", "q"}), 1), g.expr(g.pick([]string{"y", "o", "b", "c"}), 1)}
	by := g.pick([]string{"ROLLUP (g, f)", "CUBE (g, f)", "GROUPING SETS ((g, f), (f), ())", "GROUPING SETS (g, f)", "g, ROLLUP (f)", "g, f", "f, g, ()", "GROUPING SETS (ROLLUP (g), CUBE (f))", "CUBE (g), ROLLUP (f)"})
	items := append([]*node{{typ: "alias", text: "g"}, {typ: "alias", text: "f"}, {typ: "alias", text: g.pick([]string{"grouping(g, f)", "grouping(f)", "grouping(g) + 1"})}}, g.aggregates(1)...)
	q := statementOf("SELECT %s FROM (SELECT *, %s AS g, %s AS f FROM "+table()+") AS u GROUP BY "+by, append([]*node{list(items...)}, keys...)...)
	if g.r.IntN(4) == 0 {
		q.text += g.pick([]string{" HAVING grouping(g) = 0", " HAVING count(*) > 1 OR g IS NULL", " HAVING f IS NOT NULL"})
	}
	return q
}

// chained are several set operations over rows of two columns.
func (g *generator) chained() *node {
	types := []string{g.pick([]string{"i", "v", "y", "d", "o"}), g.pick([]string{"q", "t", "b", "a", "v", "z"})}
	ops := []string{"UNION", "UNION ALL", "INTERSECT", "EXCEPT", "INTERSECT ALL", "EXCEPT ALL"}
	part := "SELECT %s, %s FROM " + table()
	text := []string{part + g.pick(ops) + " " + part + g.pick(ops) + " " + part, "(" + part + g.pick(ops) + " " + part + ") " + g.pick(ops) + " " + part, part + g.pick(ops) + " (" + part + g.pick(ops) + " " + part + ")"}
	var kids []*node
	for range 3 {
		kids = append(kids, g.expr(types[0], 1), g.expr(types[1], 1))
	}
	return statementOf(g.pick(text), kids...)
}

// correlated has a subquery that names the row outside.
func (g *generator) correlated() *node {
	inner := "(SELECT * FROM " + table() + ") AS u"
	cond := g.pick([]string{"u.o = base.o", "u.i = base.i", "u.k = base.k", "u.k < base.k", "u.v = base.v AND u.k <> base.k", "u.q = base.q", "u.k = base.k + 1"})
	switch g.r.IntN(6) {
	case 0:
		return statementOf("SELECT k, %s FROM "+table()+" WHERE EXISTS (SELECT 1 FROM "+inner+" WHERE "+cond+")", g.items(1, 2))
	case 1:
		return statementOf("SELECT k, (SELECT "+g.pick([]string{"sum(u.i)", "count(*)", "avg(u.d)", "max(u.t)", "array_agg(u.k ORDER BY u.k)", "count(DISTINCT u.v)"})+" FROM "+inner+" WHERE "+cond+"), %s FROM "+table(), g.items(1, 1))
	case 2:
		return statementOf("SELECT k FROM "+table()+" WHERE %s > (SELECT avg(u.i) FROM "+inner+" WHERE "+cond+")", g.expr("i", 1))
	case 3:
		typ := g.pick([]string{"i", "v", "y"})
		return statementOf("SELECT k, %s IN (SELECT u."+typ+" FROM "+inner+" WHERE "+cond+") FROM "+table(), g.expr(typ, 1))
	case 4:
		return statementOf("SELECT base.k, s.n, s.x FROM "+table()+" CROSS JOIN LATERAL (SELECT count(*) AS n, max(u.i) AS x FROM "+inner+" WHERE "+cond+") AS s WHERE %s", g.expr("o", 1))
	}
	return statementOf("SELECT k, (SELECT %s) FROM "+table()+" WHERE NOT EXISTS (SELECT u.k FROM "+inner+" WHERE "+cond+" AND u.i > 0)", g.any(2))
}

// distinct takes rows once, or the first ones with those beside them.
func (g *generator) distinct() *node {
	switch g.r.IntN(3) {
	case 0:
		return statementOf("SELECT DISTINCT %s FROM "+table(), g.items(1+g.r.IntN(2), 2))
	case 1:
		return statementOf("SELECT count(*), count(DISTINCT x), count(x) FROM (SELECT DISTINCT o, %s AS x FROM "+table()+") AS u", g.any(2))
	}
	return statementOf("SELECT x FROM (SELECT %s AS x FROM "+table()+") AS u ORDER BY x"+g.pick([]string{"", " DESC", " NULLS FIRST"})+" FETCH FIRST "+g.pick([]string{"1", "2", "4"})+" ROWS WITH TIES",
		g.expr(g.pick([]string{"i", "v", "d", "q", "y", "t", "z", "o"}), 1))
}

// framed names a window once.
func (g *generator) framed() *node {
	frame := g.pick([]string{"", " ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING", " RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW", " GROUPS BETWEEN CURRENT ROW AND 1 FOLLOWING", " ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING"})
	order := g.pick([]string{"ORDER BY %s, k", "PARTITION BY o ORDER BY %s, k", "PARTITION BY i %% 2 ORDER BY %s DESC NULLS FIRST, k"})
	return statementOf("SELECT k, "+g.pick([]string{"sum(%s) OVER w", "count(%s) OVER w", "max(%s) OVER w", "min(%s) OVER w", "array_agg(%s) OVER w"})+", row_number() OVER w, lag(k) OVER w FROM "+table()+" WINDOW w AS ("+order+frame+")",
		g.expr("i", 1), g.expr(g.pick([]string{"i", "d", "v", "y", "q", "z"}), 1))
}

// unnestedMore takes apart what others put together.
func (g *generator) unnestedMore() *node {
	switch g.r.IntN(4) {
	case 0:
		return statementOf("SELECT k, x, y FROM "+table()+" CROSS JOIN UNNEST(ARRAY[%s, %s]) AS u (x, y)", g.expr("e", 2), g.expr("e", 1))
	case 1:
		return statementOf("SELECT k, e, n FROM "+table()+" LEFT JOIN UNNEST(%s) WITH ORDINALITY AS u (e, n) ON true WHERE %s", g.expr(g.pick([]string{"a", "s"}), 2), g.expr("o", 1))
	case 2:
		return statementOf("SELECT u.e, count(*), sum(k) FROM "+table()+" CROSS JOIN UNNEST(%s, %s) AS u (e, f, h) GROUP BY u.e", g.expr("a", 2), g.expr("m", 1))
	}
	return statementOf("SELECT (SELECT "+g.pick([]string{"count(e)", "max(e)", "array_agg(e ORDER BY e)"})+" FROM UNNEST(%s) AS u (e)), %s FROM "+table(), g.expr(g.pick([]string{"a", "s"}), 2), g.items(1, 1))
}

// smaller gives statements that are a little less than n, whole trees each.
func smaller(root *node) []*node {
	var out []*node
	var walk func(n *node, put func(*node) *node)
	walk = func(n *node, put func(*node) *node) {
		if n.typ == "list" && len(n.kids) > 1 {
			for i := range n.kids {
				if n.kids[i].typ != "kept" {
					rest := append(append([]*node{}, n.kids[:i]...), n.kids[i+1:]...)
					out = append(out, put(list(rest...)))
				}
			}
		}
		if options, ok := simple[n.typ]; ok && n.size() > 1 {
			for _, k := range n.kids {
				if k.typ == n.typ {
					out = append(out, put(k))
				}
			}
			out = append(out, put(&node{typ: n.typ, text: options[0]}))
			out = append(out, put(&node{typ: n.typ, text: "NULLIF(" + options[0] + ", " + options[0] + ")"}))
		}
		for i, k := range n.kids {
			walk(k, func(in *node) *node {
				kids := append([]*node{}, n.kids...)
				kids[i] = in
				return put(&node{typ: n.typ, text: n.text, kids: kids})
			})
		}
	}
	walk(root, func(n *node) *node { return n })
	return out
}
