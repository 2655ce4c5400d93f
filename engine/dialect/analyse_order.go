package dialect

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ORDER BY, OFFSET, LIMIT and FETCH FIRST of a query.

// sortKey is an item of ORDER BY, as a column of the select list or as text.
type sortKey struct {
	ordinal  int // from 1
	code     string
	tail     string
	constant bool
	guard    string // fails where the column cannot be sorted by
	front    string // sorts NaN, see nanFirst
	named    bool   // stands in a query around that of SELECT DISTINCT, by the column's name
	signed   string // sorts as the column does, see signKept
	x        Expr
}

func (k sortKey) String() string {
	switch {
	case k.signed != "":
		return k.front + k.signed
	case k.ordinal > 0:
		return k.front + strconv.Itoa(k.ordinal) + k.tail + k.guard
	}
	return k.front + k.code + k.tail
}

// signKept gives what a double is sorted by: DuckDB makes a column that it sorts by anew
// from the keys, and -0 of them is 0. Empty for what is none.
func signKept(v value) string {
	if v.typ.Kind != Double && v.typ.Kind != Real {
		return ""
	}
	return "(" + v.code + " + 0)"
}

// signed gives the items of ORDER BY for a double: up to Trino 475 -0 is below 0 there,
// though they are equal.
func (a *analyser) signed(v value, s SortItem) string {
	kept := signKept(v)
	switch {
	case kept == "":
		return ""
	case a.level >= 476:
		return kept + sortTail(s)
	}
	order := " DESC"
	if s.Desc {
		order = ""
	}
	return kept + sortTail(s) + ", (signbit(" + v.code + ") AND NOT isnan(" + v.code + "))" + order
}

// nanFirst gives the item of ORDER BY before one of doubles with NULLS FIRST: Trino
// has NaN stand beside NULL then, first in ascending order and last in descending.
// With NULLS LAST it is the greatest, as in DuckDB.
func nanFirst(v value, s SortItem) string {
	if s.Nulls != "FIRST" || v.typ.Kind != Double && v.typ.Kind != Real {
		return ""
	}
	return nanOf(v.code, sortTail(s))
}

// nanOf sorts NaN of code, which is sorted with tail and NULLS FIRST.
func nanOf(code, tail string) string {
	if strings.HasPrefix(tail, " DESC") {
		return "isnan(" + code + ") NULLS FIRST, "
	}
	return "isnan(" + code + ") DESC NULLS FIRST, "
}

// aggregatedOutput refuses an aggregate of ORDER BY over a column that the select
// list gives: names stand for those first, which are not there to be aggregated.
func (a *analyser) aggregatedOutput(x Expr, outputs []*field) {
	aggregate := func(x Expr) bool {
		c, ok := x.(*Call)
		return ok && c.Over == nil && a.isAggregate(c)
	}
	name := func(x Expr) bool {
		_, ok := x.(*Ident)
		return ok
	}
	lambda := func(x Expr) bool {
		_, ok := x.(*LambdaExpr)
		return ok
	}
	for _, c := range collect(x, aggregate) {
		if len(collect(c, lambda)) > 0 {
			continue
		}
		for _, s := range c.(*Call).OrderBy {
			for _, n := range collect(s.X, name) {
				if pick(outputs, dotted(n), n.Pos()) != nil {
					panic(errorAt(n.Pos(), "COLUMN_NOT_FOUND", "ORDER BY clause in aggregation function must not reference query output columns"))
				}
			}
		}
		for _, q := range collect(c, isSubquery) {
			text := strings.ToLower(formatExpr(q))
			for _, o := range outputs {
				if o.name != "" && strings.Contains(text, o.name) {
					panic(refuse(q.Pos(), "a subquery that may name a column of the select list, in an aggregate of ORDER BY,"))
				}
			}
		}
		for _, n := range collect(c, name) {
			if pick(outputs, dotted(n), n.Pos()) != nil {
				panic(errorAt(n.Pos(), "COLUMN_NOT_FOUND", "Invalid reference to output projection attribute from ORDER BY aggregation").hint("write the column with its table: t.column"))
			}
		}
	}
}

// sortKey analyses an item of ORDER BY: a number is a column of the select list.
func (a *analyser) sortKey(s SortItem, sc *scope, outputs []*field, from Pos) sortKey {
	k := sortKey{x: s.X, tail: sortTail(s)}
	if n, ok := s.X.(*NumberLit); ok && n.Kind == tokInteger {
		i, err := strconv.Atoi(n.Text)
		if err != nil {
			panic(a.badNumber(n.pos, n.Raw))
		}
		if i < 1 || i > len(outputs) {
			panic(errorAt(s.X.Pos(), "INVALID_COLUMN_REFERENCE", "ORDER BY position %s is not in select list", n.Text))
		}
		k.ordinal = i
		outputs[i-1].mark()
		a.checkOrderable(outputs[i-1].typ, ":input("+strconv.Itoa(i-1)+")", from)
		return a.sortColumn(k, outputs[i-1], s)
	}
	sc.top(s.X)
	v := a.expr(s.X, sc)
	a.checkOrderable(v.typ, formatExpr(s.X), from)
	if parts := dotted(s.X); len(parts) == 1 {
		for i, o := range outputs {
			if o.name == parts[0] {
				k.ordinal = i + 1
				o.mark() // a star's column too, that nobody else may read
				return a.sortColumn(k, o, s)
			}
		}
	}
	k.code, k.constant, k.front, k.signed = a.sortText(v), v.constant, nanFirst(v, s), a.signed(v, s)
	return k
}

// sortColumn completes a key that is a column of the select list.
func (a *analyser) sortColumn(k sortKey, f *field, s SortItem) sortKey {
	k.guard, k.front, k.signed = a.sortGuard(f), nanFirst(f.value(), s), a.signed(f.value(), s)
	return k
}

func (a *analyser) checkOrderable(t Type, shown string, from Pos) {
	if !t.orderable() {
		panic(errorAt(from, "TYPE_MISMATCH", "Type %s is not orderable, and therefore cannot be used in ORDER BY: %s", t, shown))
	}
}

func sortTail(s SortItem) string {
	tail := ""
	if s.Desc {
		tail = " DESC"
	}
	if s.Nulls == "FIRST" {
		return tail + " NULLS FIRST"
	}
	return tail + " NULLS LAST"
}

// checkDistinctOrder holds ORDER BY of SELECT DISTINCT to the select list.
func (a *analyser) checkDistinctOrder(s *Select, keys []sortKey, items []selectItem, outputs []*field) {
	for i, k := range keys {
		keys[i].signed = ""
		keys[i].named = k.front != ""
		if k.ordinal > 0 || k.constant {
			continue
		}
		changing := len(collect(k.x, differs)) > 0
		if changing && a.level < newSyntax {
			panic(errorAt(k.x.Pos(), "EXPRESSION_NOT_IN_DISTINCT", "Non deterministic ORDER BY expression is not supported with SELECT DISTINCT"))
		}
		for n, it := range items {
			if it.value.code == k.code && !changing && !namesOutput(k.x, outputs) {
				keys[i].ordinal = n + 1
			}
		}
		if keys[i].ordinal == 0 {
			panic(errorAt(s.pos, "EXPRESSION_NOT_IN_DISTINCT", "For SELECT DISTINCT, ORDER BY expressions must appear in select list"))
		}
	}
}

// namesOutput says whether a part of x is a column of the select list by its name: what
// is worked out of one is none of the expressions there.
func namesOutput(x Expr, outputs []*field) bool {
	return slices.ContainsFunc(collect(x, func(x Expr) bool { return dotted(x) != nil }), func(n Expr) bool {
		parts := dotted(n)
		return len(parts) == 1 && slices.ContainsFunc(outputs, func(o *field) bool { return o.name == parts[0] })
	})
}

// limited puts ORDER BY, OFFSET and LIMIT behind a SELECT with columns cols.
func (a *analyser) limited(q *Query, head, from string, keys []sortKey, cols []outCol) string {
	if q.Ties {
		return a.withTies(q, head, from, keys, cols)
	}
	sql := head + from
	if slices.ContainsFunc(keys, func(k sortKey) bool { return k.named }) { // DISTINCT is sorted by its columns alone
		sql = "SELECT * FROM (" + sql + ")"
		for i, k := range keys {
			if k.named {
				name := quoteName(cols[k.ordinal-1].code)
				keys[i] = sortKey{code: name, tail: k.tail, front: nanOf(name, k.tail)}
			}
		}
	}
	var parts []string
	for _, k := range keys {
		if (!k.constant || k.ordinal > 0) && (a.kept[q] || q.Limit != nil || q.Fetch || q.Offset != nil) {
			parts = append(parts, k.String())
		}
	}
	if parts != nil {
		sql += " ORDER BY " + strings.Join(parts, ", ")
	}
	if q.Limit != nil || q.Fetch {
		n := "1"
		if q.Limit != nil {
			n = a.count(q.Limit, q, len(keys) > 0)
		}
		sql += " LIMIT " + n
	}
	if q.Offset != nil {
		sql += " OFFSET " + a.count(q.Offset, q, false)
	}
	return sql
}

// count gives the number of LIMIT or OFFSET.
func (a *analyser) count(x Expr, q *Query, ordered bool) string {
	n, ok := x.(*NumberLit)
	if !ok {
		panic(errorAt(x.Pos(), "INVALID_PARAMETER_USAGE", "Incorrect number of parameters: expected 1 but found 0"))
	}
	v, err := strconv.ParseInt(n.Text, 10, 64)
	if err != nil {
		panic(a.badNumber(n.pos, n.Text))
	}
	if q.Fetch && x == q.Limit && v == 0 {
		panic(errorAt(q.LimitPos, "NUMERIC_VALUE_OUT_OF_RANGE", "FETCH FIRST row count must be positive (actual value: 0)"))
	}
	if ordered && v > 2147483647 {
		panic(&Error{Name: "NOT_SUPPORTED", Message: "ORDER BY LIMIT > 2147483647 is not supported"})
	}
	return n.Text
}

// withTies is FETCH FIRST n ROWS WITH TIES: the rows whose rank is at most n.
func (a *analyser) withTies(q *Query, head, from string, keys []sortKey, cols []outCol) string {
	if len(keys) == 0 {
		panic(errorAt(q.LimitPos, "MISSING_ORDER_BY", "FETCH FIRST WITH TIES clause requires ORDER BY"))
	}
	n := "1"
	if q.Limit != nil {
		n = a.count(q.Limit, q, true)
	}
	var order, names []string
	for i, k := range keys {
		name := fmt.Sprintf("\"$key%d\"", i)
		if k.ordinal > 0 {
			name = quoteName(cols[k.ordinal-1].code)
		} else {
			head += ", " + k.code + " AS " + name
		}
		if k.front != "" {
			order = append(order, nanOf(name, k.tail)+name+k.tail)
			continue
		}
		order = append(order, name+k.tail)
	}
	for _, c := range cols {
		names = append(names, quoteName(c.code))
	}
	by := strings.Join(order, ", ")
	if q.Offset != nil { // the rows left out count for no rank
		from = fmt.Sprintf("%s ORDER BY %s OFFSET %s", from, by, a.count(q.Offset, q, false))
	}
	return fmt.Sprintf(`SELECT %s FROM (SELECT *, rank() OVER (ORDER BY %s) AS "$rank" FROM (%s%s)) WHERE "$rank" <= %s ORDER BY %s`,
		strings.Join(names, ", "), by, head, from, n, by)
}
