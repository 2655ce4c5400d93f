package dialect

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// aggregation is the grouped part of a query. It becomes a query of its own, with
// a column for each grouping key and each aggregate; what stands around them in
// the select list is then plain expressions over these columns.
type aggregation struct {
	source *scope // the rows that are grouped
	alias  string // of the grouped query in the text
	keys   []*groupKey
	byForm map[string]*groupKey
	byID   map[int]*groupKey // for keys that are columns
	sets   [][]int           // indexes into keys; nil for one set of all
	aggs   []string          // text of each aggregate
	found  map[string]value  // by form
	top    Expr              // the expression being analysed, for messages
	part   string            // what top is, if a part of a window
}

type groupKey struct {
	x     Expr
	inner string // text over the source
	value value  // over the grouped query
}

// top notes which expression of the select list, HAVING or ORDER BY is analysed.
func (s *scope) top(x Expr) {
	if s.agg != nil {
		s.agg.top = x
	}
}

// grouped gives the aggregation that holds in sc, looking through lambdas.
func (s *scope) grouped() *aggregation {
	for s != nil && s.lambda {
		s = s.parent
	}
	if s == nil {
		return nil
	}
	return s.agg
}

// form gives a text that is the same for expressions that mean the same: columns
// by number, however they are qualified.
func (a *analyser) form(x Expr, sc *scope) string {
	f := &formatter{name: func(x Expr) (string, bool) {
		if parts := dotted(x); parts != nil {
			if f, _ := sc.find(parts, x.Pos()); f != nil {
				return "#" + strconv.Itoa(f.id), true
			}
		}
		return "", false
	}}
	f.expr(x)
	return strings.ToLower(f.String())
}

// isAggregate says whether x is a call that makes its query a grouped one.
func (a *analyser) isAggregate(x Expr) bool {
	switch x := x.(type) {
	case *GroupingCall:
		return true
	case *Call:
		return x.Over == nil && a.kindOf(x) == aggregateFunction
	}
	return false
}

func isWindow(x Expr) bool {
	c, ok := x.(*Call)
	return ok && c.Over != nil
}

// aggregates says whether the select list or ORDER BY has an aggregate. Old
// releases take an aggregate with both ORDER BY and OVER for one.
func (a *analyser) aggregates(s *Select, order []SortItem) bool {
	is := func(x Expr) bool {
		c, ok := x.(*Call)
		return a.isAggregate(x) || ok && c.Over != nil && c.OrderBy != nil && a.level < 476
	}
	for _, it := range s.Items {
		if it.X != nil && collect(it.X, is) != nil {
			return true
		}
	}
	for _, o := range order {
		if collect(o.X, is) != nil {
			return true
		}
	}
	return false
}

// noAggregates refuses aggregates and window functions where there are no groups.
func (a *analyser) noAggregates(x Expr, what string) {
	found := collect(x, func(e Expr) bool { return a.isAggregate(e) || isWindow(e) })
	if found != nil {
		panic(errorAt(x.Pos(), "EXPRESSION_NOT_SCALAR", "%s cannot contain aggregations, window functions or grouping operations: [%s]",
			what, formatExprs(found)))
	}
}

// aggregateQuery analyses a grouped SELECT: everything once over the source for
// types and errors, in Trino's order, then over the groups.
func (a *analyser) aggregateQuery(q *Query, s *Select, src *scope, from string) *result {
	around, inOrder, alone := a.misordered, a.inOrder, a.alone
	a.inOrder = false
	a.dry++
	items := a.items(s, src)
	g := &aggregation{source: src, alias: a.unique("g"), byForm: map[string]*groupKey{}, byID: map[int]*groupKey{}, found: map[string]value{}}
	exprs := a.groupExprs(s, src, items, g)
	a.checkGrouping(q, s)
	if s.Having != nil {
		a.checkHaving(s, src)
	}
	a.dry--
	for _, x := range exprs {
		a.addKey(g, x, src)
	}
	sc := *src
	sc.agg = g
	a.misordered, a.alone, a.inOrder = nil, nil, q.OrderBy == nil // so far it looked for other errors alone
	post := a.items(s, &sc)
	where := ""
	if s.Having != nil {
		sc.top(s.Having)
		before := a.outer
		where = " WHERE " + a.coerce(a.expr(s.Having, &sc), tBoolean).code
		a.havings += a.outer - before
	}
	for _, w := range s.Windows {
		a.checkWindow(w, &sc)
	}
	res := a.finish(q, s, &sc, post, func() string { return " FROM (" + g.text(from) + ") AS " + quoteName(g.alias) + where })
	if a.misordered != nil {
		panic(a.misordered)
	}
	if a.alone != nil && len(g.aggs) > 1 {
		panic(a.alone)
	}
	a.misordered, a.inOrder, a.alone = around, inOrder, alone
	return res
}

// checkGrouping refuses GROUPING() where nothing is grouped.
func (a *analyser) checkGrouping(q *Query, s *Select) {
	is := func(x Expr) bool {
		_, ok := x.(*GroupingCall)
		return ok
	}
	found := s.Having != nil && len(collect(s.Having, is)) > 0
	for _, it := range s.Items {
		found = found || it.X != nil && len(collect(it.X, is)) > 0
	}
	for _, o := range q.OrderBy {
		found = found || len(collect(o.X, is)) > 0
	}
	if found && s.GroupBy == nil {
		panic(errorAt(s.pos, "MISSING_GROUP_BY", "A GROUPING() operation can only be used with a corresponding GROUPING SET/CUBE/ROLLUP/GROUP BY clause"))
	}
}

func (a *analyser) checkHaving(s *Select, src *scope) {
	if w := collect(s.Having, isWindow); w != nil {
		panic(errorAt(w[0].Pos(), "NESTED_WINDOW", "HAVING clause cannot contain window functions or row pattern measures"))
	}
	a.noteStrict(s.Having)
	a.noteFiltering(s.Having)
	_, joined := s.From.(*Join)
	a.noteNaN(s.Having, src.parent == nil && !joined)
	before := a.outer
	v := a.expr(s.Having, src)
	a.havings += a.outer - before
	if v.typ.Kind != Boolean && v.typ.Kind != Unknown {
		panic(errorAt(s.Having.Pos(), "TYPE_MISMATCH", "HAVING clause must evaluate to a boolean: actual type %s", v.typ))
	}
}

// text gives the grouped query.
func (g *aggregation) text(from string) string {
	var items, by []string
	for i, k := range g.keys {
		items = append(items, fmt.Sprintf("%s AS k%d", k.inner, i))
		by = append(by, strconv.Itoa(i+1))
	}
	for i, t := range g.aggs {
		items = append(items, fmt.Sprintf("%s AS a%d", t, i))
	}
	if items == nil {
		items = []string{"count(*) AS a0"}
	}
	sql := "SELECT " + strings.Join(items, ", ") + from
	if g.sets == nil {
		if by != nil {
			sql += " GROUP BY " + strings.Join(by, ", ")
		}
		return sql
	}
	var sets []string
	for _, set := range g.sets {
		var cols []string
		for _, i := range set {
			cols = append(cols, g.keys[i].inner)
		}
		sets = append(sets, "("+strings.Join(cols, ", ")+")")
	}
	return sql + " GROUP BY GROUPING SETS (" + strings.Join(sets, ", ") + ")"
}

// addKey analyses a grouping key over the source; the same key counts once.
func (a *analyser) addKey(g *aggregation, x Expr, src *scope) int {
	form := a.form(x, src)
	if k := g.byForm[form]; k != nil {
		return slices.Index(g.keys, k)
	}
	v := a.expr(x, src)
	n := len(g.keys)
	k := &groupKey{x: x, inner: a.canonical(a.typed(v), v.typ)}
	if v.constant {
		k.inner = "(SELECT " + k.inner + ")" // a bare literal would be a position
	}
	k.value = value{typ: v.typ, code: fmt.Sprintf("%s.k%d", quoteName(g.alias), n), pos: x.Pos()}
	g.keys = append(g.keys, k)
	g.byForm[form] = k
	if parts := dotted(x); parts != nil {
		if f, at := src.find(parts, x.Pos()); at == src {
			g.byID[f.id] = k
		}
	}
	return n
}

// groupExprs gives the grouping expressions of a GROUP BY, checked, and sets the
// grouping sets of g.
func (a *analyser) groupExprs(s *Select, src *scope, items []selectItem, g *aggregation) []Expr {
	if s.GroupBy == nil {
		return nil
	}
	var keys []Expr
	form := map[string]int{}
	index := func(x Expr) int {
		f := a.form(x, src)
		if _, ok := form[f]; !ok {
			form[f] = len(keys)
			keys = append(keys, x)
		}
		return form[f]
	}
	checkSetCount(s.GroupBy)
	simple := true
	product := [][]int{{}}
	for _, it := range s.GroupBy.Items {
		var sets [][]int
		if it.Kind == "" {
			set := []int{}
			for _, x := range it.Sets[0] {
				set = append(set, index(a.groupExpr(s, x, src, items)))
			}
			sets = [][]int{set}
		} else {
			simple = false
			sets = a.expandSets(it, src, index)
		}
		var next [][]int
		for _, p := range product {
			for _, s := range sets {
				next = append(next, union(p, s))
			}
		}
		product = next
	}
	if !simple {
		g.sets = product
		if s.GroupBy.Distinct {
			g.sets = distinctSets(product)
		}
	}
	return keys
}

// checkSetCount refuses more grouping sets than Trino takes, as they are written.
func checkSetCount(g *GroupBy) {
	const most = 2048
	product := 1.0
	for _, it := range g.Items {
		switch it.Kind {
		case "ROLLUP":
			product *= float64(len(it.Sets) + 1)
		case "CUBE":
			product *= math.Pow(2, float64(len(it.Sets)))
		case "":
		default:
			product *= float64(len(it.Sets))
		}
	}
	switch {
	case product > math.MaxInt32:
		panic(errorAt(g.pos, "TOO_MANY_GROUPING_SETS", "GROUP BY has more than %d grouping sets but can contain at most %d", math.MaxInt32, most))
	case product > most:
		panic(errorAt(g.pos, "TOO_MANY_GROUPING_SETS", "GROUP BY has %d grouping sets but can contain at most %d", int(product), most))
	}
}

// groupExpr checks an expression of a plain GROUP BY; a number is a column of the
// select list.
func (a *analyser) groupExpr(s *Select, x Expr, src *scope, items []selectItem) Expr {
	at := x.Pos()
	if lit, ok := x.(*NumberLit); ok && lit.Kind == tokInteger {
		i, err := strconv.Atoi(lit.Text)
		if err != nil {
			panic(a.badNumber(lit.pos, lit.Raw))
		}
		if i < 1 || i > len(items) {
			panic(errorAt(x.Pos(), "INVALID_COLUMN_REFERENCE", "GROUP BY position %s is not in select list", lit.Text))
		}
		x = items[i-1].x
		if x != nil {
			at = x.Pos()
		} else {
			at = s.pos
			f := items[i-1].star
			x = f.asExpr(lit.pos, src.fields)
		}
	}
	if found := collect(x, func(e Expr) bool { return a.isAggregate(e) || isWindow(e) }); found != nil {
		panic(errorAt(x.Pos(), "EXPRESSION_NOT_SCALAR", "GROUP BY clause cannot contain aggregations, window functions or grouping operations: [%s]", formatExprs(found)))
	}
	v := a.groupValue(x, src, items)
	if !v.typ.comparable() {
		panic(errorAt(at, "TYPE_MISMATCH", "%s is not comparable, and therefore cannot be used in GROUP BY", v.typ))
	}
	return x
}

// groupValue analyses a grouping key. An alias of the select list is none, which
// is worth a hint: DuckDB and others take it.
func (a *analyser) groupValue(x Expr, src *scope, items []selectItem) (v value) {
	defer func() {
		r := recover()
		if e, ok := r.(*Error); ok && e.Name == "COLUMN_NOT_FOUND" {
			for _, it := range items {
				if parts := dotted(x); it.alias && len(parts) == 1 && strings.EqualFold(it.name, parts[0]) {
					e.hint("Athena takes no alias in GROUP BY; repeat the expression: GROUP BY %s", formatExpr(it.x))
				}
			}
		}
		if r != nil {
			panic(r)
		}
	}()
	return a.expr(x, src)
}

// asExpr gives a name that resolves to f again among fields.
func (f *field) asExpr(p Pos, fields []*field) Expr {
	n := Name{at: at{p}, Text: f.display, Quoted: true}
	for _, o := range fields {
		if f.name == "" || o != f && o.name == f.name && (len(f.quals) == 0 || o.under(f.quals[len(f.quals)-1:])) {
			return &Ident{exprAt{at{p}}, n, f}
		}
	}
	if len(f.quals) == 0 {
		return &Ident{exprAt: exprAt{at{p}}, Name: n}
	}
	q := Name{at: at{p}, Text: f.quals[len(f.quals)-1], Quoted: true}
	return &Deref{exprAt{at{p}}, &Ident{exprAt: exprAt{at{p}}, Name: q}, n}
}

// expandSets gives the grouping sets of ROLLUP, CUBE or GROUPING SETS.
func (a *analyser) expandSets(it GroupItem, src *scope, index func(Expr) int) [][]int {
	var parts [][]int
	for i, set := range it.Sets {
		if it.Kind != "GROUPING SETS" && len(set) > 1 && a.level < 476 {
			panic(errorAt(it.At[i], "INVALID_COLUMN_REFERENCE", "GROUP BY expression must be a column reference: ROW (%s)", formatExprs(set)))
		}
		part := []int{}
		for _, x := range set {
			parts := dotted(x)
			if parts == nil {
				a.expr(x, src)
				panic(errorAt(x.Pos(), "INVALID_COLUMN_REFERENCE", "GROUP BY expression must be a column reference: %s", formatExpr(x)))
			}
			a.expr(x, src)
			part = append(part, index(x))
		}
		parts = append(parts, part)
	}
	switch it.Kind {
	case "ROLLUP":
		sets := [][]int{}
		for n := len(parts); n >= 0; n-- {
			sets = append(sets, union(parts[:n]...))
		}
		return sets
	case "CUBE":
		var sets [][]int
		parts = distinctSets(parts)
		for mask := 1<<len(parts) - 1; mask >= 0; mask-- {
			var chosen [][]int
			for i, p := range parts {
				if mask&(1<<(len(parts)-1-i)) != 0 {
					chosen = append(chosen, p)
				}
			}
			sets = append(sets, union(chosen...))
		}
		return sets
	}
	return parts
}

func union(sets ...[]int) []int {
	out := []int{}
	for _, s := range sets {
		for _, i := range s {
			if !slices.Contains(out, i) {
				out = append(out, i)
			}
		}
	}
	return out
}

func distinctSets(sets [][]int) [][]int {
	var out [][]int
	seen := map[string]bool{}
	for _, s := range sets {
		sorted := slices.Clone(s)
		slices.Sort(sorted)
		if k := fmt.Sprint(sorted); !seen[k] {
			seen[k] = true
			out = append(out, s)
		}
	}
	return out
}

// aggregate gives the value of an aggregate call over the groups, adding it to
// the grouped query unless the same is there.
func (a *analyser) aggregate(c *Call, g *aggregation) value {
	form := a.form(c, g.source)
	if v, ok := g.found[form]; ok {
		return v
	}
	v := a.call(c, g.source)
	out := value{typ: v.typ, code: fmt.Sprintf("%s.a%d", quoteName(g.alias), len(g.aggs)), pos: c.pos}
	g.aggs = append(g.aggs, a.typed(v))
	g.found[form] = out
	return out
}

// grouping is GROUPING(a, b).
func (a *analyser) grouping(x *GroupingCall, sc *scope) value {
	t := tInteger
	if len(x.Args) > 31 {
		t = tBigInt
	}
	if len(x.Args) > 63 {
		panic(errorAt(x.pos, "TOO_MANY_ARGUMENTS", "GROUPING supports up to 63 column arguments"))
	}
	g := sc.grouped()
	if g == nil {
		for _, arg := range x.Args {
			if parts := dotted(arg); parts != nil {
				base, _ := sc.findBase(parts)
				if f, _ := sc.find(parts, arg.Pos()); f == nil && base == nil {
					panic(&Error{Name: "COLUMN_NOT_FOUND", Message: fmt.Sprintf("Column '%s' cannot be resolved", formatColumn(arg))})
				}
			}
			a.expr(arg, sc)
		}
		return value{typ: t, code: "NULL"}
	}
	var args []string
	for _, arg := range x.Args {
		if parts := dotted(arg); len(parts) == 1 && pick(sc.output, parts, arg.Pos()) != nil {
			panic(&Error{Name: "INVALID_ARGUMENTS", Message: "Invalid reference to output of SELECT clause from grouping() expression in ORDER BY"})
		}
		k := g.byForm[a.form(arg, g.source)]
		if parts := dotted(arg); len(parts) > 1 {
			if f, _ := g.source.find(parts, arg.Pos()); f == nil { // a field of a row is no column
				k = nil
			}
		}
		if k == nil {
			panic(errorAt(x.pos, "INVALID_ARGUMENTS", "The arguments to GROUPING() must be expressions referenced by the GROUP BY at the associated query level. Mismatch due to %s.", formatExpr(arg)))
		}
		args = append(args, k.inner)
	}
	if g.sets == nil || len(args) == 0 {
		return value{typ: t, code: "CAST(0 AS " + t.DuckDB() + ")"}
	}
	out := value{typ: t, code: fmt.Sprintf("%s.a%d", quoteName(g.alias), len(g.aggs)), pos: x.pos}
	g.aggs = append(g.aggs, fmt.Sprintf("CAST(GROUPING(%s) AS %s)", strings.Join(args, ", "), t.DuckDB()))
	return out
}

// notGrouped refuses a column that is neither grouped nor inside an aggregate.
func (a *analyser) notGrouped(x Expr, g *aggregation, fromSubquery bool) {
	if fromSubquery {
		panic(errorAt(x.Pos(), "EXPRESSION_NOT_AGGREGATE", "Subquery uses '%s' which must appear in GROUP BY clause", formatExpr(x)))
	}
	top := g.top
	if top == nil {
		top = x
	}
	switch g.part {
	case "":
	case "PARTITION BY expression", "ORDER BY expression":
		panic(errorAt(top.Pos(), "EXPRESSION_NOT_AGGREGATE", "%s '%s' must be an aggregate expression or appear in GROUP BY clause", g.part, formatExpr(top)))
	default:
		panic(errorAt(top.Pos(), "EXPRESSION_NOT_AGGREGATE", "%s must be an aggregate expression or appear in GROUP BY clause", g.part))
	}
	e := errorAt(top.Pos(), "EXPRESSION_NOT_AGGREGATE", "'%s' must be an aggregate expression or appear in GROUP BY clause", formatExpr(top))
	panic(e.hint("add it to GROUP BY, or take one of its values: arbitrary(%s)", formatExpr(x)))
}
