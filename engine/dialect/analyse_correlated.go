package dialect

import (
	"slices"
	"strings"
)

// Subqueries that read the query around them. Trino answers only those whose
// conditions it can move out to a join: the rest it rejects once all else is in
// order, and so does this file, by the shapes that were asked of it. A shape that
// was not is refused.

// asked says how a subquery is used.
type asked struct {
	as  use
	pos Pos // of Trino's error
	at  Pos // of its error in a lambda
	// strict says that no row and NULL come to the same.
	strict bool
}

type use uint8

const (
	asScalar use = iota
	asLateral
	asExists
	asIn
	asQuantified
)

// crossed counts the subqueries that are left to reach a scope.
func (a *analyser) crossed(at *scope) int {
	n := 0
	for _, sc := range a.within {
		for ; sc != nil; sc = sc.parent {
			if sc == at {
				n++
				break
			}
		}
	}
	return n
}

// noteStrict notes the scalar subqueries of a condition that is not true where
// they are NULL.
func (a *analyser) noteStrict(x Expr) {
	switch x := x.(type) {
	case *SubqueryExpr:
		if a.strict == nil {
			a.strict = map[*SubqueryExpr]bool{}
		}
		a.strict[x] = true
	case *Logic:
		if x.Op == "AND" {
			for _, t := range x.Terms {
				a.noteStrict(t)
			}
		}
	case *Not:
		if _, ok := x.X.(*Compare); ok {
			a.noteStrict(x.X)
		}
	case *Compare:
		if len(x.Op) <= 2 {
			a.noteStrict(x.L)
			a.noteStrict(x.R)
		}
	case *Binary:
		a.noteStrict(x.L)
		a.noteStrict(x.R)
	}
}

// noteFiltering notes the IN of subqueries without which a condition is not true.
// Trino joins such a subquery, and NaN meets nothing there; elsewhere IN finds it.
func (a *analyser) noteFiltering(x Expr) {
	for _, in := range inOfConjuncts(x) {
		if a.filtering == nil {
			a.filtering = map[*InQuery]bool{}
		}
		a.filtering[in] = true
	}
}

// noteOffered notes those of a column of an inner query: a condition outside would
// filter by them.
func (a *analyser) noteOffered(x Expr) {
	for _, in := range inOfConjuncts(x) {
		if a.offered == nil {
			a.offered = map[*InQuery]bool{}
		}
		a.offered[in] = true
	}
}

// noteReading notes a term of a condition that reads a query around its own.
func (a *analyser) noteReading(term Expr) {
	if a.reading == nil {
		a.reading = map[Expr]bool{}
	}
	a.reading[term] = true
}

// inOfConjuncts are the IN of subqueries that are true where x is.
func inOfConjuncts(x Expr) []*InQuery {
	switch x := x.(type) {
	case *InQuery:
		return []*InQuery{x}
	case *Logic:
		var out []*InQuery
		for _, t := range x.Terms {
			if x.Op == "AND" {
				out = append(out, inOfConjuncts(t)...)
			}
		}
		return out
	}
	return nil
}

// correlation is where a subquery reads the query around it.
// dropped counts the parts that Trino may see not to count, and not to read it.
type correlation struct{ outer, filters, havings, unnested, deep, dropped int }

func (a *analyser) correlation() correlation {
	return correlation{a.outer, a.filters, a.havings, a.unnested, a.deep, a.dropped}
}

func (c correlation) since(o correlation) correlation {
	return correlation{c.outer - o.outer, c.filters - o.filters, c.havings - o.havings, c.unnested - o.unnested, c.deep - o.deep, c.dropped - o.dropped}
}

// forget takes back what was noted of subqueries since: they are not asked.
func (a *analyser) forget(c correlation, planned *Error) {
	a.outer, a.filters, a.havings, a.unnested, a.deep, a.dropped = c.outer, c.filters, c.havings, c.unnested, c.deep, c.dropped
	a.planning = planned
}

// onlyFilters says that nothing but WHERE reads the query around.
func (c correlation) onlyFilters() bool { return c.outer <= c.filters }

// subquery analyses a query inside an expression or a LATERAL.
func (a *analyser) subquery(q *Query, sc *scope, use asked) *result {
	if sc.lambda {
		if use.as == asExists {
			panic(refuse(use.pos, "EXISTS in a lambda"))
		}
		panic(errorAt(use.at, "NOT_SUPPORTED", "Lambda expression cannot contain subqueries"))
	}
	before, sides := a.correlation(), a.sides
	a.within, a.sides = append(a.within, sc), nil
	res := a.query(q, sc, sc.env)
	a.within, a.sides = a.within[:len(a.within)-1], sides
	c := a.correlation().since(before)
	if c.outer == 0 || c.deep > 0 && len(a.within) > 0 {
		return res // what is read further out is for the outermost to answer
	}
	switch a.verdictOn(q, use, c) {
	case rejected:
		if c.dropped > 0 {
			panic(refuse(use.pos, "a correlated subquery with a part that may not count"))
		}
		a.atLast(errorAt(use.pos, "NOT_SUPPORTED", "Given correlated subquery is not supported"))
	case unknown:
		panic(refuse(use.pos, "this shape of correlated subquery"))
	}
	return res
}

// exists is EXISTS (SELECT ...).
func (a *analyser) exists(x *Exists, sc *scope) value {
	before := a.outer
	q := a.subquery(x.Query, sc, asked{as: asExists, pos: x.pos})
	if s, ok := x.Query.Body.(*Select); ok && a.outer > before && a.oneRow(x.Query, s) {
		return value{typ: tBoolean, code: "true"}
	}
	return a.beforeJoin(value{typ: tBoolean, code: "EXISTS (" + q.sql + ")"}, nil, x.pos)
}

// oneRow says whether a SELECT is an aggregate over all rows, which has one row
// whatever it reads.
func (a *analyser) oneRow(q *Query, s *Select) bool {
	return s.GroupBy == nil && s.Having == nil && q.Offset == nil && a.aggregates(s, nil)
}

type verdict uint8

const (
	unknown verdict = iota
	accepted
	rejected
)

// verdictOn says what Trino does with a subquery that reads the query around it.
func (a *analyser) verdictOn(q *Query, use asked, c correlation) verdict {
	s, ok := q.Body.(*Select)
	switch {
	case !ok:
		return a.verdictOnValues(q, use)
	case use.as == asExists && a.oneRow(q, s):
		return accepted
	case c.deep > 0 && !(use.as == asScalar && s.From == nil && s.Where == nil):
		return rejected
	case q.With != nil || s.Windows != nil || q.Offset != nil || q.Ties || q.LimitAll:
		return unknown
	case a.lossy[s.Where] && (s.GroupBy != nil || q.Limit != nil || q.Fetch || s.Distinct):
		if use.as == asScalar && s.GroupBy == nil && !s.Distinct && !singleRow(s.From) || use.as == asExists && s.GroupBy != nil && q.Limit == nil && !q.Fetch {
			return rejected
		}
		return unknown
	case a.joinedOn[q] && (s.From == nil || s.GroupBy != nil || s.Having != nil || a.aggregates(s, q.OrderBy)):
		if s.GroupBy != nil {
			return unknown
		}
		return rejected
	case (s.Where != nil || a.aggregates(s, q.OrderBy)) && a.holdsRow(q):
		return rejected
	case s.From != nil && c.unnested > 0 && slices.ContainsFunc(unnestedQueries(s.From), func(x Expr) bool { _, exists := x.(*Exists); return !exists }):
		return rejected
	case s.From != nil && c.unnested > 0 && slices.ContainsFunc(unnestedQueries(s.From), func(x Expr) bool { return !countedWhilePlanned(x.(*Exists).Query) }):
		return unknown
	case s.GroupBy != nil:
		return a.verdictOnGroups(q, s, use, c)
	case s.Having != nil || a.aggregates(s, q.OrderBy):
		if s.Distinct && use.as != asExists {
			return unknown // DuckDB loses the row of nothing
		}
		return a.verdictOnAggregate(s, use, c)
	case windows(s):
		if use.as == asExists && c.onlyFilters() {
			return unknown
		}
		return rejected
	case s.From == nil:
		return a.verdictWithoutFrom(s, use, c)
	case unnests(s.From):
		return verdictOnUnnest(s, use, c)
	case !c.onlyFilters():
		return a.verdictOnColumns(q, s, use)
	case (q.Limit != nil || q.Fetch) && q.OrderBy != nil && a.equating[s.Where]:
		return a.verdictOnTop(q, s, use)
	case q.Limit != nil || q.Fetch || s.Distinct:
		return a.verdictOnCut(q, s, use)
	}
	return accepted
}

// verdictOnValues is for VALUES and set operations.
func (a *analyser) verdictOnValues(q *Query, use asked) verdict {
	v, ok := q.Body.(*Values)
	switch {
	case !ok || q.With != nil || q.Limit != nil || q.Fetch || q.Offset != nil:
		return unknown
	case use.as == asExists:
		return accepted
	case use.as == asIn || use.as == asQuantified || a.level < newSyntax || len(v.Rows) > 1:
		return rejected
	}
	return accepted
}

// verdictOnGroups is for GROUP BY. A column of a group is one of the rows' own,
// so that EXISTS may ask for it behind the groups too.
func (a *analyser) verdictOnGroups(q *Query, s *Select, use asked, c correlation) verdict {
	switch {
	case use.as == asExists && c.outer <= c.filters+c.havings && s.Having != nil && c.filters == 0:
		return accepted
	case s.Having != nil || !c.onlyFilters() || unnests(s.From):
		return unknown
	case use.as == asIn:
		return rejected
	case !a.joinsByEqualities(s.Where):
		if use.as != asExists && use.as != asScalar {
			return unknown
		}
		return rejected
	case s.GroupBy.many() || (q.Limit != nil || q.Fetch) && q.OrderBy == nil && !groupsByEquated(s):
		return rejected
	case use.as == asScalar && a.level < newSyntax && !use.strict && (groupsByEquated(s) || q.Limit != nil || q.Fetch):
		return unknown // these releases lose the row that has no answer
	}
	return accepted
}

// noteKeyed notes a condition each of whose terms equates a column with something of the
// query around, or does not read that.
func (a *analyser) noteKeyed(where Expr, sc *scope) {
	terms := []Expr{where}
	if l, ok := where.(*Logic); ok && l.Op == "AND" {
		terms = l.Terms
	}
	keys := 0
	for _, t := range terms {
		switch own, around, sub := reads(t, sc); {
		case sub:
			return
		case !around:
			continue
		case !own:
			return
		}
		c, ok := t.(*Compare)
		if !ok || c.Op != "=" || !(isKey(c.L, c.R, sc) || isKey(c.R, c.L, sc)) {
			return
		}
		keys++
	}
	if keys == 0 {
		return
	}
	if a.equating == nil {
		a.equating = map[Expr]bool{}
	}
	a.equating[where] = true
}

// noteLossy notes a condition that equates a column, made a floating-point number that
// does not hold all its values, with something of the query around: Trino does not group
// and limit by such a column.
func (a *analyser) noteLossy(where Expr, sc *scope) {
	for _, x := range collect(where, func(x Expr) bool { c, ok := x.(*Compare); return ok && c.Op == "=" || isSubquery(x) }) {
		c, ok := x.(*Compare)
		if !ok {
			continue
		}
		for _, s := range [][2]Expr{{c.L, c.R}, {c.R, c.L}} {
			if !isKey(s[0], s[1], sc) {
				continue
			}
			f, _ := sc.find(dotted(s[0]), s[0].Pos())
			before, planned := a.correlation(), a.planning
			a.dry++
			t, ok := commonType(f.typ, a.expr(s[1], sc).typ)
			a.dry--
			a.forget(before, planned)
			exact := t.Kind == Double && f.typ.Kind == Integer || f.typ.Kind == SmallInt || f.typ.Kind == TinyInt
			if ok && t.isFloat() && !f.typ.isFloat() && !exact {
				if a.lossy == nil {
					a.lossy = map[Expr]bool{}
				}
				a.lossy[where] = true
			}
		}
	}
}

// many says whether a GROUP BY has several grouping sets.
func (g *GroupBy) many() bool {
	return slices.ContainsFunc(g.Items, func(it GroupItem) bool { return it.Kind == "ROLLUP" || it.Kind == "CUBE" || len(it.Sets) > 1 })
}

// isKey says whether x is a column of sc, and y something of the query around.
func isKey(x, y Expr, sc *scope) bool {
	parts := dotted(x)
	if parts == nil {
		return false
	}
	f, at := sc.find(parts, x.Pos())
	own, around, _ := reads(y, sc)
	return f != nil && at == sc && around && !own
}

// reads says whether names in x are columns of sc, or of a query around; and whether a
// subquery or a lambda is in it, of which this is not known.
func reads(x Expr, sc *scope) (own, around, sub bool) {
	for _, n := range collect(x, func(x Expr) bool {
		_, lambda := x.(*LambdaExpr)
		return lambda || isSubquery(x) || dotted(x) != nil
	}) {
		parts := dotted(n)
		if parts == nil {
			sub = true
			continue
		}
		f, at := sc.find(parts, n.Pos())
		if f == nil {
			f, at = sc.findBase(parts)
		}
		own = own || at == sc
		around = around || f != nil && at != sc
	}
	return own, around, sub
}

// verdictOnTop is for the first rows of those that WHERE chooses by = of a column.
func (a *analyser) verdictOnTop(q *Query, s *Select, use asked) verdict {
	n, _ := q.Limit.(*NumberLit)
	one := q.Fetch && q.Limit == nil || n != nil && n.Text == "1"
	switch {
	case s.Distinct || q.Limit != nil && n == nil:
		return unknown
	case use.as == asIn:
		return rejected
	case use.as == asLateral:
		for _, it := range s.Items {
			if it.X == nil && it.Base == nil || dotted(it.X) != nil || dotted(it.Base) != nil {
				continue
			}
			return unknown
		}
		return accepted
	case !one || use.as == asQuantified:
		return unknown
	case use.as == asScalar && a.level < newSyntax && !use.strict:
		return unknown // these releases lose the row that has no answer
	}
	return accepted
}

// joinsByEqualities says whether the conditions that read the query around are
// comparisons by =.
func (a *analyser) joinsByEqualities(where Expr) bool {
	if l, ok := where.(*Logic); ok && l.Op == "AND" {
		for _, t := range l.Terms {
			if a.reading[t] && !allEqualities(t) {
				return false
			}
		}
		return true
	}
	return allEqualities(where)
}

// groupsByEquated says whether every group of a query is by what stands beside = in
// its WHERE.
func groupsByEquated(s *Select) bool {
	names := equatedNames(s.Where)
	for _, it := range s.GroupBy.Items {
		for _, set := range it.Sets {
			for _, x := range set {
				if parts := dotted(x); !names[formatExpr(x)] && (parts == nil || !names[parts[len(parts)-1]]) {
					return false
				}
			}
		}
	}
	return true
}

// verdictOnAggregate is for an aggregate over all rows.
func (a *analyser) verdictOnAggregate(s *Select, use asked, c correlation) verdict {
	switch {
	case use.as == asIn || use.as == asQuantified && (s.From == nil || !unnests(s.From)):
		return rejected
	case s.From == nil || s.Having != nil && c.filters > 0:
		return rejected
	case unnests(s.From):
		if _, alone := s.From.(*Join); alone || s.Where != nil || c.outer > c.unnested {
			return rejected
		}
		return a.verdictOnFilters(s, use)
	case s.Having != nil:
		if c.outer > c.havings {
			return rejected
		}
		return accepted
	case !c.onlyFilters():
		return rejected
	}
	return accepted
}

// verdictOnFilters is for aggregates over UNNEST. Trino makes a WHERE of their FILTER
// where all that are read have one.
func (a *analyser) verdictOnFilters(s *Select, use asked) verdict {
	all, some := true, false
	for _, it := range s.Items {
		for _, x := range collect(it.X, a.isAggregate) {
			filtered := x.(*Call).Filter != nil
			all, some = all && filtered, some || filtered
		}
	}
	switch {
	case !some:
		return accepted
	case all:
		return rejected
	case use.as == asLateral: // one that nobody reads does not count
		return unknown
	}
	return accepted
}

func (a *analyser) verdictWithoutFrom(s *Select, use asked, c correlation) verdict {
	inner := a.verdictOnInner(s, c)
	switch {
	case use.as == asScalar && c.outer > c.filters && inner != accepted:
		return inner
	case c.onlyFilters() && use.as != asIn && use.as != asQuantified:
		return accepted
	case use.as == asExists:
		return accepted
	case use.as == asIn || use.as == asQuantified || s.Where != nil:
		return rejected
	case s.Distinct:
		return unknown
	}
	return accepted
}

// verdictOnInner is for the subqueries among the items of a SELECT without FROM. Every
// name there is the query's around, so that what is looked up by one is rejected.
func (a *analyser) verdictOnInner(s *Select, c correlation) verdict {
	out := accepted
	isName := func(x Expr) bool { _, ok := x.(*Ident); return ok }
	for _, it := range s.Items {
		for _, x := range collect(it.X, func(x Expr) bool {
			switch x.(type) {
			case *InQuery, *Quantified, *SubqueryExpr, *Exists:
				return true
			}
			return false
		}) {
			var of Expr
			switch x := x.(type) {
			case *InQuery:
				of = x.X
			case *Quantified:
				of = x.X
			case *Exists: // alone it may be; beside a name it is worked out where no name is
				if len(collect(it.X, isName)) > 0 {
					return rejected
				}
				continue
			case *SubqueryExpr:
				inner, ok := x.Query.Body.(*Select)
				if ok && inner.From == nil && a.level < newSyntax && !names(inner) {
					return rejected // older releases keep a constant there as a subquery
				}
				continue
			}
			if c.deep > 0 || len(collect(of, isName)) > 0 {
				return rejected
			}
			out = unknown
		}
	}
	return out
}

func verdictOnUnnest(s *Select, use asked, c correlation) verdict {
	if _, joined := s.From.(*Join); joined || c.outer > c.unnested+c.filters || s.Distinct {
		return unknown
	}
	switch {
	case use.as == asIn || s.Where != nil && (use.as == asScalar || use.as == asExists):
		return rejected
	case s.Where != nil:
		return unknown
	}
	return accepted
}

// verdictOnColumns is for a select list that reads the query around.
func (a *analyser) verdictOnColumns(q *Query, s *Select, use asked) verdict {
	switch {
	case q.Limit != nil || q.Fetch || s.Distinct:
		return unknown
	case use.as == asExists:
		return accepted
	case use.as == asIn || use.as == asQuantified:
		return rejected
	case !singleRow(s.From) || s.Where != nil:
		return rejected
	case a.level >= newSyntax:
		return accepted
	}
	own := ownNames(s.From)
	for _, it := range s.Items {
		from := it.X
		if it.Star {
			from = it.Base
		}
		if from == nil || collect(from, func(x Expr) bool { return own[firstName(x)] }) != nil {
			if len(s.Items) > 1 {
				return unknown // a column that nobody reads does not count
			}
			return rejected
		}
	}
	return accepted
}

// names says whether a column is named among the items of a SELECT.
func names(s *Select) bool {
	return slices.ContainsFunc(s.Items, func(it SelectItem) bool {
		return len(collect(it.X, func(x Expr) bool { return dotted(x) != nil })) > 0
	})
}

// ownNames are the names by which VALUES and its columns are called, in lower case.
func ownNames(r Relation) map[string]bool {
	names := map[string]bool{}
	if r, ok := r.(*Aliased); ok {
		names[strings.ToLower(r.Alias.Text)] = true
		for _, c := range r.Columns {
			names[strings.ToLower(c.Text)] = true
		}
	}
	return names
}

// firstName is the first part of a name in lower case; no other expression has one.
func firstName(x Expr) string {
	if parts := dotted(x); parts != nil {
		return parts[0]
	}
	return ""
}

// verdictOnCut is for LIMIT and DISTINCT over rows chosen by WHERE.
func (a *analyser) verdictOnCut(q *Query, s *Select, use asked) verdict {
	limited := q.Limit != nil || q.Fetch
	if limited && !allEqualities(s.Where) {
		switch {
		case use.as == asQuantified || use.as == asIn || s.Where == nil || use.as == asLateral && a.equating[s.Where]:
			return unknown
		case !a.equating[s.Where]:
			return rejected
		}
	}
	n, one := q.Limit.(*NumberLit)
	switch {
	case limited && !(q.Fetch && q.Limit == nil) && !(one && n.Text == "1"):
		return unknown
	case use.as == asIn:
		return rejected
	case use.as == asExists:
		return accepted
	case limited && !equated(s):
		return unknown
	case use.as == asScalar && a.level < newSyntax && !use.strict:
		return unknown // these releases lose the row that has no answer
	}
	return accepted
}

// windows says whether a select list has window functions.
func windows(s *Select) bool {
	for _, it := range s.Items {
		if it.X != nil && collect(it.X, isWindow) != nil {
			return true
		}
	}
	return false
}

// singleRow says whether a relation is VALUES of one row.
func singleRow(r Relation) bool {
	switch r := r.(type) {
	case *Aliased:
		return singleRow(r.X)
	case *Derived:
		v, ok := r.Query.Body.(*Values)
		return ok && len(v.Rows) == 1
	}
	return false
}

// allEqualities says whether a condition is made of comparisons by = alone.
func allEqualities(x Expr) bool {
	switch x := x.(type) {
	case *Logic:
		for _, t := range x.Terms {
			if x.Op != "AND" || !allEqualities(t) {
				return false
			}
		}
		return true
	case *Compare:
		return x.Op == "="
	}
	return false
}

// equated says whether every column of a select list stands beside = in WHERE.
func equated(s *Select) bool {
	names := equatedNames(s.Where)
	for _, it := range s.Items {
		if it.X == nil || !names[formatExpr(it.X)] {
			return false
		}
	}
	return true
}

// equatedNames are the texts of what stands beside = in a condition, and the names of
// columns among it without their tables.
func equatedNames(where Expr) map[string]bool {
	names := map[string]bool{}
	for _, x := range collect(where, func(x Expr) bool { c, ok := x.(*Compare); return ok && c.Op == "=" }) {
		c := x.(*Compare)
		for _, x := range []Expr{c.L, c.R} {
			names[formatExpr(x)] = true
			if parts := dotted(x); parts != nil {
				names[parts[len(parts)-1]] = true
			}
		}
	}
	return names
}

// isSubquery says whether an expression is a subquery, or compares one.
func isSubquery(x Expr) bool {
	switch x.(type) {
	case *InQuery, *Quantified, *SubqueryExpr, *Exists:
		return true
	}
	return false
}

// countedWhilePlanned says whether Trino knows while it plans that a query has rows:
// one without FROM, or over VALUES as they are.
func countedWhilePlanned(q *Query) bool {
	s, ok := q.Body.(*Select)
	if !ok || q.With != nil {
		return false
	}
	if s.From == nil {
		return s.Where == nil || literal(s.Where)
	}
	values := func(r Relation) bool {
		d, ok := r.(*Derived)
		if !ok {
			return false
		}
		_, ok = d.Query.Body.(*Values)
		return ok
	}
	from := s.From
	if named, ok := from.(*Aliased); ok {
		from = named.X
	}
	return values(from) && s.Where == nil && s.GroupBy == nil && s.Having == nil
}

// unnestedQueries gives the subqueries by which a relation's UNNEST is worked out.
func unnestedQueries(r Relation) (out []Expr) {
	switch r := r.(type) {
	case *Unnest:
		for _, x := range r.Args {
			out = append(out, collect(x, isSubquery)...)
		}
	case *Aliased:
		return unnestedQueries(r.X)
	case *Join:
		return append(unnestedQueries(r.L), unnestedQueries(r.R)...)
	}
	return out
}

// unnests says whether a relation has UNNEST or LATERAL in it.
func unnests(r Relation) bool {
	switch r := r.(type) {
	case *Unnest:
		return true
	case *Derived:
		return r.Lateral
	case *Aliased:
		return unnests(r.X)
	case *Sampled:
		return unnests(r.X)
	case *MatchRecognize:
		return unnests(r.X)
	case *Join:
		return unnests(r.L) || unnests(r.R)
	}
	return false
}
