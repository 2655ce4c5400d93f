package dialect

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// result is a query that has been analysed.
type result struct {
	sql     string
	cols    []outCol
	ordered bool
}

// outCol is a column of a result.
type outCol struct {
	name string // as shown; empty for none
	code string // its name in the DuckDB text, unique in the result
	typ  Type
	src  *origin
	deps []*field // what a reader of the column makes needed
	// fixed says that it is one value, known before any row is read.
	fixed bool
}

// block is what one SELECT's expressions share.
type block struct {
	windows   map[string]*Window
	hasWindow bool // a call with OVER was met
}

// query analyses a query inside outer, which may be nil, with the named queries
// of e.
func (a *analyser) query(q *Query, outer *scope, e *env) *result {
	var withs []*cte
	if q.With != nil {
		withs, e = a.with(q.With, outer, e)
	}
	var res *result
	if s, ok := q.Body.(*Select); ok {
		res = a.selectQuery(q, s, outer, e)
	} else {
		res = a.otherQuery(q, outer, e)
	}
	var texts []string
	for _, c := range withs {
		if len(c.readers) > 0 || a.dry > 0 {
			texts = append(texts, quoteName(c.alias)+" AS ("+c.sql+")")
		}
	}
	if texts != nil {
		res.sql = "WITH " + strings.Join(texts, ", ") + " " + res.sql
	}
	return res
}

// with analyses the named queries of a WITH clause.
func (a *analyser) with(w *With, outer *scope, e *env) ([]*cte, *env) {
	var list []*cte
	seen := map[string]bool{}
	for _, item := range w.Items {
		name := strings.ToLower(item.Name.Text)
		if seen[name] {
			panic(errorAt(item.pos, "DUPLICATE_NAMED_QUERY", "WITH query name '%s' specified more than once", name))
		}
		seen[name] = true
		res := a.namedQuery(w, item, outer, e)
		c := &cte{name: name, alias: a.unique(name), sql: res.sql, rel: &relation{}}
		for _, col := range res.cols {
			f := a.newField(col.name, col.typ, quoteName(col.code))
			f.fixed = col.fixed
			f.src, f.deps = col.src, col.deps
			c.rel.fields = append(c.rel.fields, f)
		}
		if a.dry == 0 {
			a.ctes = append(a.ctes, c)
		}
		list = append(list, c)
		e = &env{e, name, c}
	}
	return list, e
}

// namedQuery analyses one query of a WITH clause.
func (a *analyser) namedQuery(w *With, item CTE, outer *scope, e *env) *result {
	if w.Recursive {
		if r := recursive(item); r != nil {
			return a.recursiveQuery(r, outer, e)
		}
	}
	res := a.query(item.Query, outer, e)
	if item.Columns != nil {
		a.aliasColumns(item, res)
	}
	return res
}

func (a *analyser) aliasColumns(item CTE, res *result) {
	if len(item.Columns) != len(res.cols) {
		panic(errorAt(item.Columns[0].pos, "MISMATCHED_COLUMN_ALIASES", "Column alias list has %d entries but relation has %d columns",
			len(item.Columns), len(res.cols)))
	}
	for i, n := range item.Columns {
		for _, m := range item.Columns[:i] {
			if strings.EqualFold(m.Text, n.Text) {
				panic(errorAt(n.pos, "DUPLICATE_COLUMN_NAME", "Column name '%s' specified more than once", n.Text))
			}
		}
		res.cols[i].name = n.Text
	}
}

// otherQuery analyses a query that is no plain SELECT; its ORDER BY sees the
// columns of the result only.
func (a *analyser) otherQuery(q *Query, outer *scope, e *env) *result {
	res := a.body(q.Body, outer, e)
	if q.OrderBy == nil && q.Offset == nil && q.Limit == nil && !q.LimitAll {
		return res
	}
	rel := a.derived(res, false)
	sc := &scope{parent: outer, fields: rel.fields, env: e}
	items := make([]string, len(res.cols))
	for i, f := range rel.fields {
		f.mark()
		items[i] = f.code + " AS " + quoteName(res.cols[i].code)
	}
	out := &result{cols: slices.Clone(res.cols)}
	a.dropSources(out)
	var keys []sortKey
	for _, s := range q.OrderBy {
		keys = append(keys, a.sortKey(s, sc, rel.fields, q.pos))
	}
	out.sql = a.limited(q, "SELECT "+strings.Join(items, ", "), " FROM "+rel.from, keys, out.cols)
	out.ordered = len(keys) > 0
	return out
}

// dropSources forgets where columns come from, where rows are cut.
func (a *analyser) dropSources(r *result) {
	for i := range r.cols {
		r.cols[i].src = nil
	}
}

func (a *analyser) body(b Body, outer *scope, e *env) *result {
	switch b := b.(type) {
	case *Nested:
		return a.query(b.Query, outer, e)
	case *Select:
		return a.query(&Query{at: b.at, Body: b}, outer, e)
	case *Values:
		return a.values(b, outer, e)
	case *TableBody:
		s := &Select{bodyAt: b.bodyAt, Items: []SelectItem{{at: b.at, Star: true}}, From: &TableRef{relAt{b.at}, b.Name}}
		return a.query(&Query{at: b.at, Body: s}, outer, e)
	case *SetOp:
		return a.setOp(b, outer, e)
	}
	panic(refuse(b.Pos(), "this query"))
}

func (a *analyser) values(v *Values, outer *scope, e *env) *result {
	sc := &scope{parent: outer, env: e}
	var rows [][]value
	for _, x := range v.Rows {
		a.noAggregates(x, "VALUES")
		items := []Expr{x}
		if r, ok := x.(*RowLit); ok {
			items = r.Items
		}
		row := make([]value, len(items))
		for i, it := range items {
			row[i] = a.expr(it, sc)
		}
		if _, lit := x.(*RowLit); !lit && row[0].typ.Kind == Row {
			row = a.fieldsOf(row[0])
		}
		rows = append(rows, row)
	}
	types := a.valuesTypes(v, rows)
	for _, t := range types {
		a.pos = v.pos
		a.representable(t)
	}
	res := &result{}
	lines := make([]string, len(rows))
	for i, row := range rows {
		codes := make([]string, len(row))
		for k, c := range row {
			codes[k] = a.coerce(c, types[k]).code
		}
		lines[i] = "(" + strings.Join(codes, ", ") + ")"
	}
	names := make([]string, len(types))
	for k, t := range types {
		names[k] = fmt.Sprintf("c%d", k)
		res.cols = append(res.cols, outCol{code: names[k], typ: t})
	}
	alias := quoteName(a.unique("v"))
	res.sql = fmt.Sprintf("SELECT * FROM (VALUES %s) AS %s(%s)", strings.Join(lines, ", "), alias, strings.Join(names, ", "))
	return res
}

// fieldsOf takes a row apart.
func (a *analyser) fieldsOf(v value) []value {
	out := make([]value, len(v.typ.Elem))
	for i, f := range v.typ.Elem {
		out[i] = value{typ: f.Type, code: fmt.Sprintf("(%s).f%d", v.code, i), pos: v.pos}
	}
	return out
}

func (a *analyser) valuesTypes(v *Values, rows [][]value) []Type {
	types := typesOf(rows[0])
	for _, row := range rows[1:] {
		if len(row) != len(types) {
			panic(errorAt(v.pos, "TYPE_MISMATCH", "Values rows have mismatched sizes: %d vs %d", len(types), len(row)))
		}
		for k, c := range row {
			a.dateWithZone(types[k], c.typ)
			t, ok := commonType(types[k], c.typ)
			if !ok {
				panic(errorAt(v.pos, "TYPE_MISMATCH", "Values rows have mismatched types: %s vs %s", anonymousRow(types), anonymousRow(typesOf(row))))
			}
			types[k] = t
		}
	}
	return types
}

func typesOf(vs []value) []Type {
	out := make([]Type, len(vs))
	for i, v := range vs {
		out[i] = v.typ
	}
	return out
}

func anonymousRow(types []Type) Type {
	t := Type{Kind: Row}
	for _, e := range types {
		t.Elem = append(t.Elem, Field{Type: e})
	}
	return t
}

func (a *analyser) setOp(op *SetOp, outer *scope, e *env) *result {
	filters := a.filters
	l, r := a.body(op.L, outer, e), a.body(op.R, outer, e)
	if op.Corresponding {
		l, r = a.corresponding(op, l, r)
	}
	a.filters = filters // no condition is moved out of a set operation
	if len(l.cols) != len(r.cols) {
		panic(errorAt(op.pos, "TYPE_MISMATCH", "%s query has different number of fields: %d, %d", op.Op, len(l.cols), len(r.cols)))
	}
	types := make([]Type, len(l.cols))
	out := &result{}
	for i := range types {
		a.dateWithZone(l.cols[i].typ, r.cols[i].typ)
		t, ok := commonType(l.cols[i].typ, r.cols[i].typ)
		if !ok {
			panic(errorAt(op.pos, "TYPE_MISMATCH", "column %d in %s query has incompatible types: %s, %s", i+1, op.Op, l.cols[i].typ, r.cols[i].typ))
		}
		if !t.comparable() && (op.Op != "UNION" || !op.All) {
			panic(errorAt(op.pos, "TYPE_MISMATCH", "Type %s is not comparable and therefore cannot be used in %s", t, op.Op))
		}
		types[i] = t
		out.cols = append(out.cols, outCol{name: l.cols[i].name, code: fmt.Sprintf("c%d", i), typ: t})
	}
	all := ""
	if op.All {
		all = " ALL"
	}
	lines := a.comparableRows
	switch {
	case op.Op == "UNION" && op.All:
		lines = a.recast
	case op.All && a.level < nestedOrder:
		lines = a.sortedRows
	}
	out.sql = fmt.Sprintf("(%s) %s%s (%s)", lines(l, types), op.Op, all, lines(r, types))
	return out
}

// comparableRows is recast for rows that are compared whole.
func (a *analyser) comparableRows(r *result, types []Type) string {
	sql := a.recast(r, types)
	if !anonymousRow(types).has(Map) {
		return sql
	}
	items := make([]string, len(types))
	for i, t := range types {
		items[i] = fmt.Sprintf("%s AS c%d", a.canonical(fmt.Sprintf("c%d", i), t), i)
	}
	return "SELECT " + strings.Join(items, ", ") + " FROM (" + sql + ")"
}

// sortedRows is comparableRows for rows that Trino sorts.
func (a *analyser) sortedRows(r *result, types []Type) string {
	items := make([]string, len(types))
	for i, t := range types {
		items[i] = fmt.Sprintf("%s AS c%d", a.parted(value{typ: t, code: fmt.Sprintf("c%d", i)}), i)
	}
	return "SELECT " + strings.Join(items, ", ") + " FROM (" + a.comparableRows(r, types) + ")"
}

// recast gives a query whose columns have the given types and are named c0, c1 ...
func (a *analyser) recast(r *result, types []Type) string {
	rel := a.derived(r, false)
	items := make([]string, len(types))
	for i, f := range rel.fields {
		f.mark()
		items[i] = fmt.Sprintf("%s AS c%d", a.coerce(f.value(), types[i]).code, i)
	}
	return "SELECT " + strings.Join(items, ", ") + " FROM " + rel.from
}

// selectItem is a column of a select list, a star taken apart.
type selectItem struct {
	x     Expr   // nil where a star made it
	star  *field // what a star made
	name  string
	value value
	// alias says that ORDER BY may call it by its name.
	alias bool
}

// fixed says whether the item is one value, known before any row is read.
func (it *selectItem) fixed(sc *scope) bool {
	if it.star != nil {
		return it.star.fixed
	}
	return sc.fixed(it.x, it.value)
}

// selectQuery analyses a SELECT with its ORDER BY and limits: first for types and
// errors, in the order in which Trino does; then, if it aggregates, once more
// over the groups.
func (a *analyser) selectQuery(q *Query, s *Select, outer *scope, e *env) *result {
	src := &scope{parent: outer, env: e, block: &block{windows: map[string]*Window{}}}
	from := ""
	if s.From != nil {
		rel := a.relation(s.From, &scope{parent: outer, env: e}, nil)
		src.fields = rel.fields
		from = " FROM " + rel.from
	}
	a.namedWindows(s, src)
	if s.Where != nil {
		before := a.outer
		_, joined := s.From.(*Join)
		a.noteNaN(s.Where, outer == nil && !joined)
		from += " WHERE " + a.condition(s.Where, src, "WHERE clause")
		a.filters += a.outer - before
		a.prune(s.Where, src, func(*field) bool { return true })
	}
	for _, it := range s.Items {
		if !a.kept[q] && it.X != nil {
			a.noteOffered(it.X)
		}
	}
	if s.GroupBy != nil || s.Having != nil || a.aggregates(s, q.OrderBy) {
		return a.aggregateQuery(q, s, src, from)
	}
	return a.finish(q, s, src, a.items(s, src), func() string { return from })
}

func (a *analyser) namedWindows(s *Select, src *scope) {
	for _, w := range s.Windows {
		name := w.Name.canonical()
		if src.block.windows[name] != nil {
			panic(errorAt(w.pos, "DUPLICATE_WINDOW_NAME", "WINDOW name '%s' specified more than once", formatName(w.Name)))
		}
		src.block.windows[name] = a.resolveWindow(w.Window, src)
		a.checkWindow(w, src)
	}
}

// checkWindow finds what is wrong in a window, whether a function uses it or not.
func (a *analyser) checkWindow(w NamedWindow, sc *scope) {
	block := sc.block
	had := block.hasWindow
	a.dry++
	if sc.grouped() != nil {
		for _, x := range w.Window.exprs() {
			sc.top(x)
			a.expr(x, sc)
		}
		a.dry--
		return
	}
	a.windowText(&Call{exprAt: exprAt{w.at}, Over: &Window{at: w.at, Name: &w.Name}}, &function{kind: aggregateFunction}, sc)
	a.dry--
	block.hasWindow = had
}

// condition analyses a predicate of WHERE.
func (a *analyser) condition(x Expr, sc *scope, what string) string {
	a.noAggregates(x, what)
	a.noteStrict(x)
	a.noteFiltering(x)
	if what == "WHERE clause" && sc.parent != nil {
		a.noteKeyed(x, sc)
		a.noteLossy(x, sc)
	}
	a.joining, a.optional = x, nil
	v := a.expr(x, sc)
	if v.typ.Kind != Boolean && v.typ.Kind != Unknown {
		panic(errorAt(x.Pos(), "TYPE_MISMATCH", "%s must evaluate to a boolean: actual type %s", what, v.typ))
	}
	return a.outOfOuter(a.coerce(v, tBoolean).code, sc)
}

// items analyses the select list.
func (a *analyser) items(s *Select, sc *scope) []selectItem {
	var out []selectItem
	for _, it := range s.Items {
		if it.Star {
			for _, si := range a.star(it, s, sc) {
				if s.Distinct && !si.value.typ.comparable() {
					panic(errorAt(s.pos, "TYPE_MISMATCH", "DISTINCT can only be applied to comparable types (actual: %s)", si.value.typ))
				}
				out = append(out, si)
			}
			continue
		}
		sc.top(it.X)
		si := selectItem{x: it.X, value: a.expr(it.X, sc)}
		if sc.agg == nil {
			si.value.code = a.outOfOuter(si.value.code, sc)
		}
		switch {
		case it.Alias != nil:
			si.name, si.alias = it.Alias.Text, true
		default:
			si.name = impliedName(it.X)
		}
		if s.Distinct && !si.value.typ.comparable() {
			panic(errorAt(s.pos, "TYPE_MISMATCH", "DISTINCT can only be applied to comparable types (actual: %s): %s", si.value.typ, formatExpr(it.X)))
		}
		out = append(out, si)
	}
	return out
}

// impliedName gives the name that an expression has without an alias.
func impliedName(x Expr) string {
	switch x := x.(type) {
	case *Ident:
		return x.Name.Text
	case *Deref:
		if dotted(x) != nil {
			return x.Field.Text
		}
	}
	return ""
}

func (a *analyser) star(it SelectItem, s *Select, sc *scope) []selectItem {
	var out []selectItem
	if it.Base == nil {
		if s.From == nil {
			panic(errorAt(it.pos, "COLUMN_NOT_FOUND", "SELECT * not allowed in queries without FROM clause"))
		}
		for _, f := range sc.fields {
			if !f.hidden {
				out = append(out, selectItem{star: f, name: f.display, value: value{typ: f.typ}})
			}
		}
		if len(out) == 0 {
			panic(errorAt(it.pos, "COLUMN_NOT_FOUND", "SELECT * not allowed from relation that has no columns"))
		}
		return out
	}
	if parts := dotted(it.Base); parts != nil {
		for at := sc; at != nil && out == nil; at = at.parent {
			for _, f := range at.fields {
				switch {
				case f.hidden || !f.under(parts):
				case at == sc:
					out = append(out, selectItem{star: f, name: f.display, value: value{typ: f.typ}})
				case f.name == "":
					panic(errorAt(s.pos, "NOT_SUPPORTED", "SELECT * from outer scope table not supported with anonymous columns"))
				default:
					x := &Ident{exprAt: exprAt{it.at}, Name: Name{at: it.at, Text: f.display}, field: f}
					out = append(out, selectItem{x: x, name: f.display, value: a.resolved(x, f, sc, at)})
				}
			}
		}
		if out != nil {
			if it.Aliases != nil && len(it.Aliases) != len(out) {
				panic(errorAt(it.pos, "MISMATCHED_COLUMN_ALIASES", "Column alias list has %d entries but relation has %d columns", len(it.Aliases), len(out)))
			}
			for i, n := range it.Aliases {
				out[i].name = n.canonical()
			}
			return out
		}
		// What is taken apart stands in a column that is named with its table.
		var f *field
		if len(parts) > 1 {
			f, _ = sc.find(parts[:2], it.pos)
		}
		if f == nil || f.typ.Kind != Row {
			panic(errorAt(it.pos, "TABLE_NOT_FOUND", "Unable to resolve reference %s", formatColumn(it.Base)))
		}
	}
	return a.rowStar(it, sc)
}

// rowStar takes a row apart: (row).* AS (names).
func (a *analyser) rowStar(it SelectItem, sc *scope) []selectItem {
	v := a.expr(it.Base, sc)
	if v.typ.Kind != Row {
		panic(errorAt(Pos{1, 1}, "TYPE_MISMATCH", "expected expression of type Row"))
	}
	if it.Aliases != nil && len(it.Aliases) != len(v.typ.Elem) {
		panic(errorAt(it.Aliases[0].pos, "MISMATCHED_COLUMN_ALIASES", "Column alias list has %d entries but relation has %d columns", len(it.Aliases), len(v.typ.Elem)))
	}
	out := make([]selectItem, len(v.typ.Elem))
	for i, f := range a.fieldsOf(v) {
		out[i] = selectItem{x: it.Base, name: v.typ.Elem[i].Name, value: f}
		if it.Aliases != nil {
			out[i].name = it.Aliases[i].canonical()
		}
	}
	return out
}

// finish makes the text of a SELECT whose expressions are all analysed but those
// of ORDER BY. sc is the scope they see.
func (a *analyser) finish(q *Query, s *Select, sc *scope, items []selectItem, from func() string) *result {
	res := &result{}
	names := map[string]bool{}
	texts := make([]string, len(items))
	outputs := make([]*field, len(items))
	lazy := !s.Distinct && sc.agg == nil
	for i := range items {
		it := &items[i]
		col := outCol{name: it.name, code: uniqueColumn(it.name, i, names), typ: it.value.typ, fixed: it.fixed(sc)}
		if it.star != nil {
			it.value.code = a.starCode(it.star, i+1, lazy, &col, sc)
		}
		if f := a.plainField(it, sc); f != nil {
			col.src = f.src
		}
		a.pos = s.pos
		a.representable(it.value.typ)
		it.value.code = a.typed(it.value)
		if s.Distinct {
			it.value.code = a.canonical(it.value.code, it.value.typ)
		}
		text := it.value.code
		if it.value.constant && it.value.text == nil && it.value.number == "" && !strings.HasPrefix(text, "CAST(") {
			text = "CAST(" + text + " AS " + it.value.typ.DuckDB() + ")" // DuckDB makes an INTEGER of a NULL that it works out
		}
		texts[i] = text + " AS " + quoteName(col.code)
		o := a.newField(it.name, it.value.typ, it.value.code)
		if it.star != nil {
			o.deps = append([]*field{it.star}, col.deps...)
		}
		outputs[i] = o
		res.cols = append(res.cols, col)
	}
	var keys []sortKey
	osc := *sc
	osc.output = outputs
	for _, o := range q.OrderBy {
		if sc.agg != nil {
			a.aggregatedOutput(o.X, outputs)
		}
		keys = append(keys, a.sortKey(o, &osc, outputs, s.pos))
	}
	if s.Distinct {
		a.checkDistinctOrder(s, keys, items, outputs)
	}
	head := "SELECT "
	if s.Distinct {
		head = "SELECT DISTINCT "
	}
	if sc.block.hasWindow || q.Limit != nil || q.Offset != nil {
		a.dropSources(res)
	}
	res.ordered = len(keys) > 0
	res.sql = a.limited(q, head+strings.Join(texts, ", "), from(), keys, res.cols)
	return res
}

// starCode gives the text of a column that a star made. What nobody reads later
// is settled when the whole statement is known.
func (a *analyser) starCode(f *field, place int, lazy bool, col *outCol, sc *scope) string {
	if !lazy || a.dry > 0 {
		return a.fieldValue(f, place, sc).code
	}
	g := a.newField(f.display, f.typ, f.code)
	g.deps = []*field{f}
	col.deps = []*field{g}
	a.lazy = append(a.lazy, g)
	return fmt.Sprintf("\x01%d\x02%s\x03", len(a.lazy)-1, f.code)
}

// settle puts in the columns of stars that something reads, and NULL for others.
func (a *analyser) settle(sql string) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(sql, 1)
		if i < 0 {
			b.WriteString(sql)
			return b.String()
		}
		b.WriteString(sql[:i])
		k, m := strings.IndexByte(sql, 2), strings.IndexByte(sql, 3)
		n, _ := strconv.Atoi(sql[i+1 : k])
		if f := a.lazy[n]; f.marked {
			b.WriteString(sql[k+1 : m])
		} else {
			b.WriteString("CAST(NULL AS " + f.typ.DuckDB() + ")")
		}
		sql = sql[m+1:]
	}
}

// plainField gives the field that an item hands through unchanged, or nil.
func (a *analyser) plainField(it *selectItem, sc *scope) *field {
	if it.star != nil {
		return it.star
	}
	if parts := dotted(it.x); parts != nil {
		if f, at := sc.find(parts, it.x.Pos()); at == sc || f != nil && at != nil && at.agg != nil {
			return f
		}
	}
	return nil
}

// typed gives the text of a value, NULL with a type of its own.
func (a *analyser) typed(v value) string {
	if v.typ.Kind == Unknown {
		return "CAST(NULL AS INTEGER)"
	}
	return v.code
}

// uniqueColumn gives a column name that no other column of the query has.
func uniqueColumn(name string, i int, taken map[string]bool) string {
	if name == "" {
		name = fmt.Sprintf("_col%d", i)
	}
	base := name
	for n := 2; taken[strings.ToLower(name)]; n++ {
		name = fmt.Sprintf("%s~%d", base, n)
	}
	taken[strings.ToLower(name)] = true
	return name
}
