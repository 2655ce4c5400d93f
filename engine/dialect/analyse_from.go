package dialect

import (
	"fmt"
	"slices"
	"strings"
)

// relation analyses what FROM names. outer is the scope around the query, left
// what stands before in the same FROM and is seen by UNNEST and LATERAL.
func (a *analyser) relation(r Relation, outer *scope, left *scope) *relation {
	switch r := r.(type) {
	case *TableRef:
		return a.tableRef(r, outer)
	case *Derived:
		if r.Lateral && left != nil {
			return a.derived(a.subquery(r.Query, left, asked{as: asLateral, pos: r.Query.pos}), true)
		}
		before := a.outer
		q := a.query(r.Query, outer, outer.env)
		if a.outer > before {
			a.noteAround(r.Query)
		}
		return a.derived(q, false)
	case *Unnest:
		return a.unnest(r, left, outer)
	case *Aliased:
		return a.aliased(r, outer, left)
	case *Sampled:
		return a.sampled(r, outer, left)
	case *MatchRecognize:
		return a.matchRecognize(r, outer, left)
	case *Join:
		return a.join(r, outer, left)
	}
	panic(refuse(r.Pos(), "this relation"))
}

// derived makes a relation of a query.
func (a *analyser) derived(q *result, lateral bool) *relation {
	alias := a.unique("")
	rel := &relation{from: "(" + q.sql + ") AS " + quoteName(alias)}
	if lateral {
		rel.from = "LATERAL " + rel.from
	}
	for _, c := range q.cols {
		f := a.newField(c.name, c.typ, quoteName(alias)+"."+quoteName(c.code))
		f.src, f.deps, f.fixed = c.src, c.deps, c.fixed
		rel.fields = append(rel.fields, f)
	}
	return rel
}

func (a *analyser) tableRef(r *TableRef, outer *scope) *relation {
	name := strings.ToLower(r.Name[len(r.Name)-1].Text)
	if len(r.Name) == 1 {
		if c := outer.env.find(name); c != nil {
			return a.cteRef(c)
		}
	}
	if base, ok := strings.CutSuffix(name, partitionsOf); ok {
		return a.partitionList(r, base)
	}
	if base, ok := strings.CutSuffix(name, "$properties"); ok {
		last := r.Name[len(r.Name)-1]
		a.lookup(append(slices.Clone(r.Name[:len(r.Name)-1]), Name{at: last.at, Text: base, Quoted: true}), r.pos)
		panic(refuse(r.pos, `a table's "$properties"`).hint("SHOW TBLPROPERTIES %s", base))
	}
	t := a.lookup(r.Name, r.pos)
	switch {
	case t.rows != nil:
		return a.information(t)
	case t.View != "":
		return a.view(t, r.pos)
	}
	s := &scan{relation: fmt.Sprintf("acme_scan_%d", len(a.scans)), tab: t, used: map[string]bool{}}
	if a.dry == 0 {
		a.scans = append(a.scans, s)
	}
	alias := quoteName(a.unique(name))
	rel := &relation{from: s.relation + " AS " + alias, alias: alias}
	add := func(name string, typ Type) *field {
		f := a.newField(name, typ, alias+"."+quoteName(name))
		f.quals = []string{strings.ToLower(t.Name)}
		f.scan, f.column = s, name
		rel.fields = append(rel.fields, f)
		return f
	}
	for _, c := range t.Columns {
		add(c.Name, c.Type)
	}
	for _, c := range t.Partitions {
		f := add(c.Name, c.Type)
		f.src, f.scan = &origin{s, c.Name}, nil
	}
	for _, name := range hiddenNames {
		if name != "$partition" || len(t.Partitions) > 0 {
			add(name, HiddenType(name)).hidden = true
		}
	}
	return rel
}

// cteRef makes a relation of a mention of a named query.
func (a *analyser) cteRef(c *cte) *relation {
	alias := a.unique(c.name)
	rel := &relation{from: quoteName(c.alias)}
	if alias != c.alias {
		rel.from += " AS " + quoteName(alias)
	}
	m := map[sink]*reader{}
	for _, f := range c.rel.fields {
		g := a.newField(f.display, f.typ, quoteName(alias)+"."+f.code)
		g.quals, g.deps, g.fixed = []string{c.name}, []*field{f}, f.fixed
		if f.src != nil {
			if m[f.src.sink] == nil {
				m[f.src.sink] = &reader{inner: f.src.sink}
			}
			g.src = &origin{m[f.src.sink], f.src.column}
		}
		rel.fields = append(rel.fields, g)
	}
	if a.dry == 0 {
		c.readers = append(c.readers, m)
	}
	return rel
}

func (a *analyser) catalogName() string {
	if a.opt.CatalogName != "" {
		return strings.ToLower(a.opt.CatalogName)
	}
	return "awsdatacatalog"
}

// lookup finds a table in the catalog or says what is missing.
func (a *analyser) lookup(q QName, p Pos) *Table {
	db, name := strings.ToLower(a.opt.Database), strings.ToLower(q[len(q)-1].Text)
	catalog := a.catalogName()
	if len(q) > 1 {
		db = strings.ToLower(q[len(q)-2].Text)
	}
	if len(q) > 2 {
		catalog = strings.ToLower(q[len(q)-3].Text)
	}
	if len(q) > 3 {
		panic(&Error{Name: "SYNTAX_ERROR", Message: "Too many dots in table name: " + formatQName(q)})
	}
	if catalog != a.catalogName() {
		lacking := "does not exist"
		if a.level >= 476 {
			lacking = "not found"
		}
		panic(errorAt(p, "CATALOG_NOT_FOUND", "Catalog '%s' %s", catalog, lacking))
	}
	if len(q) == 1 && db == "" {
		panic(errorAt(p, "MISSING_SCHEMA_NAME", "Schema must be specified when session schema is not set"))
	}
	var dbs []string
	if a.opt.Catalog != nil {
		if t := a.opt.Catalog.Table(db, name); t != nil {
			return t
		}
		dbs = a.opt.Catalog.Databases()
	}
	if t := a.informationTable(db, name); t != nil {
		return t
	}
	if db == "information_schema" {
		panic(errorAt(p, "TABLE_NOT_FOUND", "Table '%s.%s.%s' does not exist", catalog, db, name))
	}
	if !slices.Contains(dbs, db) {
		e := errorAt(p, "SCHEMA_NOT_FOUND", "Schema '%s' does not exist", db)
		if s := suggest(db, dbs); s != "" {
			e.hint("did you mean %s?", s)
		}
		panic(e)
	}
	e := errorAt(p, "TABLE_NOT_FOUND", "Table '%s.%s.%s' does not exist", catalog, db, name)
	if s := suggest(name, a.opt.Catalog.Tables(db)); s != "" {
		e.hint("did you mean %s?", s)
	}
	panic(e)
}

func (a *analyser) aliased(r *Aliased, outer, left *scope) *relation {
	rel := a.relation(r.X, outer, left)
	alias := strings.ToLower(r.Alias.Text)
	visible := slices.DeleteFunc(slices.Clone(rel.fields), func(f *field) bool { return f.hidden })
	if r.Columns != nil && len(r.Columns) != len(visible) {
		e := errorAt(r.Pos(), "MISMATCHED_COLUMN_ALIASES", "Column alias list has %d entries but '%s' has %d columns available",
			len(r.Columns), r.Alias.Text, len(visible))
		if len(r.Columns) == rel.whole {
			e.hint("Trino makes a column of each field of an unnested row; Athena's documentation leaves the row whole, as --unnest-rows whole does here")
		}
		panic(e)
	}
	out := &relation{from: rel.from, joined: rel.joined, alias: rel.alias}
	n := 0
	for _, f := range rel.fields {
		g := *f
		g.quals, g.deps, g.scan, g.marked = []string{alias}, []*field{f}, nil, false
		if r.Columns != nil {
			if f.hidden {
				continue // an alias list leaves hidden columns behind
			}
			g.name, g.display = strings.ToLower(r.Columns[n].Text), r.Columns[n].Text
			n++
		}
		out.fields = append(out.fields, &g)
	}
	return out
}

func (a *analyser) sampled(r *Sampled, outer, left *scope) *relation {
	rel := a.relation(r.X, outer, left)
	p := r.Percent
	if _, null := p.(*NullLit); null {
		panic(errorAt(p.Pos(), "INVALID_ARGUMENTS", "Sample percentage cannot be NULL"))
	}
	if names := collect(p, func(x Expr) bool { return dotted(x) != nil }); names != nil {
		panic(errorAt(names[0].Pos(), "EXPRESSION_NOT_CONSTANT", "Sample percentage cannot contain column references"))
	}
	if queries := collect(p, func(x Expr) bool { _, ok := x.(*SubqueryExpr); return ok }); queries != nil && a.level >= newSyntax {
		panic(errorAt(queries[0].Pos(), "EXPRESSION_NOT_CONSTANT", "Constant expression cannot contain a subquery"))
	}
	percent, ok := exactNumber(p)
	if !literal(p) && !ok {
		v := a.expr(p, &scope{env: outer.env})
		if !v.typ.isNumeric() && v.typ.Kind != Unknown {
			panic(errorAt(p.Pos(), "TYPE_MISMATCH", "Sample percentage should be a numeric expression"))
		}
		panic(refuse(p.Pos(), "a computed sample percentage"))
	}
	v := a.expr(p, &scope{})
	if !v.typ.isNumeric() {
		panic(errorAt(p.Pos(), "TYPE_MISMATCH", "Sample percentage should be a numeric expression"))
	}
	if !ok {
		if percent, ok = numberValue(p); !ok {
			panic(refuse(p.Pos(), "this sample percentage"))
		}
	}
	switch {
	case percent < 0:
		panic(errorAt(p.Pos(), "NUMERIC_VALUE_OUT_OF_RANGE", "Sample percentage must be greater than or equal to 0"))
	case percent > 100:
		panic(errorAt(p.Pos(), "NUMERIC_VALUE_OUT_OF_RANGE", "Sample percentage must be less than or equal to 100"))
	case percent == 100:
		return rel
	}
	// Any sample is an answer, but none of the rows has to be one of Trino's.
	if rel.alias != "" { // the columns that the query reads are not known yet: pass all of the scan's
		from := fmt.Sprintf("(SELECT * FROM %s WHERE random() * 100 < %v) AS %s", rel.from, percent, rel.alias)
		return &relation{from: from, fields: rel.fields}
	}
	alias := quoteName(a.unique("sample"))
	var items []string
	out := &relation{}
	for i, f := range rel.fields {
		if f.hidden {
			continue // a scan gives what is asked of it by name alone
		}
		items = append(items, fmt.Sprintf("%s AS c%d", f.code, i))
		f.mark()
		g := *f
		g.code = fmt.Sprintf("%s.c%d", alias, i)
		out.fields = append(out.fields, &g)
	}
	out.from = fmt.Sprintf("(SELECT %s FROM %s WHERE random() * 100 < %v) AS %s", strings.Join(items, ", "), rel.from, percent, alias)
	return out
}

// join analyses both sides and the condition between them.
func (a *analyser) join(r *Join, outer, left *scope) *relation {
	if r.Natural {
		panic(errorAt(r.Pos(), "NOT_SUPPORTED", "Natural join not supported").hint("name the columns: JOIN ... USING (a, b)"))
	}
	l := a.relation(r.L, outer, left)
	seen := &scope{parent: outer, fields: l.fields, env: outer.env, block: outer.block}
	if left != nil {
		seen.fields = slices.Concat(left.fields, l.fields)
	}
	lateral, unnest := lateralOf(r.R), unnestOf(r.R)
	if (lateral != nil || unnest != nil) && (r.Kind == "RIGHT" || r.Kind == "FULL") {
		seen.barred = r.Kind
	}
	if lateral != nil && r.On != nil && !trueAsWritten(r.On) {
		a.noteJoinedOn(lateral.Query)
	}
	rr := a.relation(r.R, outer, seen)
	if unnest != nil && r.Kind != "CROSS" && r.Kind != "IMPLICIT" {
		a.checkUnnestJoin(r)
	}
	if r.Using != nil {
		if lateral != nil {
			a.checkLateralUsing(r)
		}
		return a.joinUsing(r, l, rr)
	}
	out := &relation{fields: slices.Concat(l.fields, rr.fields), joined: true}
	kind := r.Kind
	if lateral != nil {
		kind = a.lateralKind(r, lateral.Query)
	}
	switch kind {
	case "IMPLICIT", "CROSS":
		out.from = l.from + " CROSS JOIN " + rightSide(rr)
		return out
	}
	sc := &scope{parent: outer, fields: out.fields, env: outer.env}
	a.noAggregates(r.On, "JOIN clause")
	before := a.outer
	if r.Kind == "INNER" {
		a.noteFiltering(r.On)
		a.noteNaN(r.On, false)
	}
	a.joining, a.optional, a.residual = r.On, nil, false
	switch r.Kind {
	case "LEFT":
		a.optional = rr.fields
	case "RIGHT":
		a.optional = l.fields
	}
	sides := &joinSides{rel: [2]*relation{l, rr}, beside: lateral != nil || unnest != nil}
	if r.Kind != "INNER" {
		a.sides = sides
	}
	on := a.expr(r.On, sc)
	a.sides = nil
	if r.Kind == "INNER" {
		a.filters += a.outer - before
	} else if a.outer > before {
		panic(refuse(r.pos, "a correlated subquery in the condition of an outer join"))
	}
	if on.typ.Kind != Boolean && on.typ.Kind != Unknown {
		panic(errorAt(r.On.Pos(), "TYPE_MISMATCH", "JOIN ON clause must evaluate to a boolean: actual type %s", on.typ))
	}
	on = a.coerce(on, tBoolean)
	a.prune(r.On, sc, func(f *field) bool {
		switch r.Kind {
		case "LEFT":
			return slices.Contains(rr.fields, f)
		case "RIGHT":
			return slices.Contains(l.fields, f)
		}
		return r.Kind == "INNER"
	})
	out.from = a.joinedOnResidual(r, l, rr, on.code)
	if out.from == "" {
		out.from = fmt.Sprintf("%s %s JOIN %s ON %s", sides.from(0), kind, sides.from(1), on.code)
	}
	return out
}

// joinSides are the two sides of an outer join. DuckDB has no subquery in its condition:
// what one says of the rows of a side is made a column of that side before it is joined.
type joinSides struct {
	rel    [2]*relation
	beside bool        // the right side reads the left one
	made   [2][]string // the items that give these columns
}

// from is the text of a side.
func (j *joinSides) from(i int) string {
	switch r := j.rel[i]; {
	case j.made[i] != nil:
		return fmt.Sprintf("(SELECT *, %s FROM %s) AS %s", strings.Join(j.made[i], ", "), r.from, r.name())
	case i == 1:
		return rightSide(r)
	default:
		return r.from
	}
}

// onceBeforeJoin gives v, a subquery of one value, as a column of a side of an outer join:
// DuckDB takes it in the condition of some only.
func (a *analyser) onceBeforeJoin(v value) value {
	j := a.sides
	if j == nil || j.rel[0].name() == "" {
		return v
	}
	column := quoteName(a.unique("~value"))
	j.made[0] = append(j.made[0], v.code+" AS "+column)
	v.code = j.rel[0].name() + "." + column
	return v
}

// beforeJoin gives v, a subquery compared with x or nothing, as a column of the side of an
// outer join that x reads.
func (a *analyser) beforeJoin(v value, x Expr, p Pos) value {
	j := a.sides
	if j == nil {
		return v
	}
	var read [2]bool
	for _, n := range collect(x, func(x Expr) bool { return dotted(x) != nil }) {
		for i, r := range j.rel {
			for parts := dotted(n); len(parts) > 0; parts = parts[:len(parts)-1] {
				read[i] = read[i] || slices.ContainsFunc(r.fields, func(f *field) bool { return pick([]*field{f}, parts, p) != nil })
			}
		}
	}
	i := 0
	if read[1] {
		i = 1
	}
	name := j.rel[i].name()
	if read[0] && read[1] || name == "" || i == 1 && j.beside || mayFail(v.code) {
		panic(refuse(p, "a subquery in the condition of an outer join").hint("ask it in a query of one side: FROM (SELECT t.*, x IN (SELECT ...) AS found FROM t) AS t LEFT JOIN ..."))
	}
	column := quoteName(a.unique("~in"))
	j.made[i] = append(j.made[i], v.code+" AS "+column)
	return value{typ: tBoolean, code: name + "." + column}
}

// joinedOnResidual is the text of an outer join whose condition has keys, and terms
// that can fail. DuckDB would try every pair of rows; of a lateral query it makes joins
// by the keys, and asks the rest of what they leave. It asks once for rows of the other
// side that are equal in what the condition reads, so that side may have no values
// that are equal and not the same, as 0 and -0. Empty where this cannot be done.
func (a *analyser) joinedOnResidual(r *Join, l, rr *relation, on string) string {
	kept, other := l, rr
	if r.Kind == "RIGHT" {
		kept, other = rr, l
	}
	alias := other.name()
	if !a.residual || r.Kind != "LEFT" && r.Kind != "RIGHT" || alias == "" || lateralOf(r.R) != nil || unnestOf(r.R) != nil || len(collect(r.On, isSubquery)) > 0 {
		return ""
	}
	var columns strings.Builder
	for i, f := range kept.fields {
		name := fmt.Sprintf(`"~%d"`, i)
		with := replaceCode(on, f.code, alias+"."+name)
		if with == on {
			continue
		}
		if !f.typ.oneForm() {
			return ""
		}
		on = with
		columns.WriteString(", " + f.code + " AS " + name)
	}
	return fmt.Sprintf("%s LEFT JOIN LATERAL (SELECT * FROM (SELECT *%s FROM %s) AS %s WHERE %s) AS %s ON true", kept.from, columns.String(), other.from, alias, on, alias)
}

// name is the quoted alias of a relation all of whose columns are of one; empty where
// there is none.
func (r *relation) name() string {
	if r.joined || len(r.fields) == 0 {
		return ""
	}
	name, ok := r.fields[0].relation()
	for _, f := range r.fields {
		if other, column := f.relation(); !column || other != name {
			ok = false
		}
	}
	if !ok || !strings.HasPrefix(name, `"`) {
		return ""
	}
	return name + `"`
}

// oneForm says whether values of t that are equal are the same.
func (t Type) oneForm() bool {
	switch t.Kind {
	case Boolean, TinyInt, SmallInt, Integer, BigInt, Decimal, Varchar, Char, Varbinary, Date, Time, Timestamp, TimestampTZ:
		return true
	}
	return false
}

// rightSide wraps a join that stands right of another.
func rightSide(r *relation) string {
	if r.joined {
		return "(" + r.from + ")"
	}
	return r.from
}

func unnestOf(r Relation) *Unnest {
	switch r := r.(type) {
	case *Unnest:
		return r
	case *Aliased:
		return unnestOf(r.X)
	}
	return nil
}

// trueAsWritten says whether a condition is TRUE as written.
func trueAsWritten(x Expr) bool {
	b, ok := x.(*BoolLit)
	return ok && b.Value
}

// noteJoinedOn notes the query of a LATERAL that a condition joins.
func (a *analyser) noteJoinedOn(q *Query) {
	if a.joinedOn == nil {
		a.joinedOn = map[*Query]bool{}
	}
	a.joinedOn[q] = true
}

// checkUnnestJoin holds joins with UNNEST to what Trino can do.
func (a *analyser) checkUnnestJoin(r *Join) {
	at := r.Pos()
	if r.Using == nil {
		at = r.On.Pos()
	}
	switch {
	case r.Using != nil || !trueAsWritten(r.On):
		panic(errorAt(at, "NOT_SUPPORTED", "%s JOIN involving UNNEST is only supported with condition ON TRUE", r.Kind))
	case r.Kind == "RIGHT" || r.Kind == "FULL":
		panic(refuse(r.Pos(), r.Kind+" JOIN UNNEST"))
	}
}

func (a *analyser) joinUsing(r *Join, l, rr *relation) *relation {
	out := &relation{joined: true}
	var conds []string
	var usedL, usedR []*field
	for i, n := range r.Using {
		name := []string{strings.ToLower(n.Text)}
		for _, m := range r.Using[:i] {
			if strings.EqualFold(m.Text, n.Text) {
				panic(errorAt(n.pos, "DUPLICATE_COLUMN_NAME", "Column '%s' appears multiple times in USING clause", n.Text))
			}
		}
		lf, rf := pick(l.fields, name, n.pos), pick(rr.fields, name, n.pos)
		if lf == nil {
			panic(errorAt(n.pos, "COLUMN_NOT_FOUND", "Column '%s' is missing from left side of join", n.Text))
		}
		if rf == nil {
			panic(errorAt(n.pos, "COLUMN_NOT_FOUND", "Column '%s' is missing from right side of join", n.Text))
		}
		t, ok := commonType(lf.typ, rf.typ)
		if !ok || !t.comparable() {
			panic(errorAt(n.pos, "TYPE_MISMATCH", "Column Types of join clauses must match: %s vs %s", lf.typ, rf.typ))
		}
		lf.mark()
		rf.mark()
		lv, rv := a.coerce(lf.value(), t), a.coerce(rf.value(), t)
		conds = append(conds, a.equal(lv, rv))
		f := a.newField(lf.display, t, lv.code)
		f.name = lf.name
		switch r.Kind {
		case "RIGHT":
			f.code = rv.code
		case "FULL":
			f.code = "coalesce(" + lv.code + ", " + rv.code + ")"
		}
		if r.Kind == "INNER" || r.Kind == "LEFT" {
			f.src = lf.src
		}
		out.fields = append(out.fields, f)
		usedL, usedR = append(usedL, lf), append(usedR, rf)
	}
	for _, f := range l.fields {
		if !slices.Contains(usedL, f) {
			out.fields = append(out.fields, f)
		}
	}
	for _, f := range rr.fields {
		if !slices.Contains(usedR, f) {
			out.fields = append(out.fields, f)
		}
	}
	kind := r.Kind
	out.from = fmt.Sprintf("%s %s JOIN %s ON %s", l.from, kind, rightSide(rr), strings.Join(conds, " AND "))
	return out
}

// value makes a value of a field.
func (f *field) value() value { return value{typ: f.typ, code: f.code} }

// outOfLambdas gives code of a lateral query in which no lambda names a column of
// the relation beside it, which DuckDB does not find there: the columns come first,
// in a query of their own.
func (a *analyser) outOfLambdas(code string, sc *scope) string {
	if !strings.Contains(code, "lambda ") && !strings.Contains(code, "trino.") { // a macro may have one
		return code
	}
	name := quoteName(a.unique("outer"))
	var columns []string
	for ; sc != nil; sc = sc.parent {
		for _, f := range sc.fields {
			if sc.lambda || f.code == "" || !strings.Contains(code, f.code) {
				continue
			}
			x := fmt.Sprintf("x%d", len(columns))
			if inner := replaceCode(code, f.code, name+"."+x); inner != code {
				columns = append(columns, f.code+" AS "+x)
				code = inner
			}
		}
	}
	if columns == nil {
		return code
	}
	return fmt.Sprintf("(SELECT %s FROM (SELECT %s) AS %s)", code, strings.Join(columns, ", "), name)
}

// outOfOuter is outOfLambdas for an expression of a subquery that reads the query
// around it: there DuckDB finds no columns in lambdas either. A window function
// cannot be moved with the rest.
func (a *analyser) outOfOuter(code string, sc *scope) string {
	if len(a.within) == 0 || strings.Contains(code, " OVER (") {
		return code
	}
	for s := sc.parent; s != nil; s = s.parent {
		for _, f := range s.fields {
			if f.code != "" && replaceCode(code, f.code, "") != code {
				return a.outOfLambdas(code, sc)
			}
		}
	}
	return code
}

// replaceCode replaces a piece of code, which stands outside texts and quoted names
// or is one of them.
func replaceCode(code, old, by string) string {
	var b strings.Builder
	for i := 0; i < len(code); {
		if strings.HasPrefix(code[i:], old) {
			b.WriteString(by)
			i += len(old)
			continue
		}
		end := i + 1
		if q := code[i]; q == '\'' || q == '"' {
			if n := strings.IndexByte(code[end:], q); n >= 0 { // a doubled one begins the next text
				end += n + 1
			}
		}
		b.WriteString(code[i:end])
		i = end
	}
	return b.String()
}

// unnest makes a lateral query that yields the elements side by side. Where two
// arrays differ in length the shorter is filled with NULL, as Trino does.
func (a *analyser) unnest(r *Unnest, left, outer *scope) *relation {
	sc := left
	if sc == nil {
		sc = &scope{parent: outer, env: outer.env}
	}
	alias := a.unique("unnest")
	rel := &relation{}
	var inner, items, lens []string
	spread := false // a row into its fields
	add := func(typ Type, name, code string) {
		items = append(items, fmt.Sprintf("%s AS c%d", code, len(rel.fields)))
		rel.fields = append(rel.fields, a.newField(name, typ, fmt.Sprintf("%s.c%d", quoteName(alias), len(rel.fields))))
	}
	for i, x := range r.Args {
		a.noAggregates(x, "UNNEST")
		if queries := collect(x, isSubquery); len(queries) > 0 && a.level < 476 {
			panic(refuse(queries[0].Pos(), "a subquery in UNNEST at this release"))
		}
		before := a.outer
		v := a.expr(x, sc)
		v.code = a.outOfLambdas(v.code, sc)
		a.unnested += a.outer - before
		e := fmt.Sprintf("e%d", i)
		switch v.typ.Kind {
		case Array:
			inner = append(inner, fmt.Sprintf("unnest(%s) AS %s", v.code, e))
			lens = append(lens, "len("+v.code+")")
			el := v.typ.elem()
			if el.Kind != Row || a.opt.WholeRows {
				add(el, "", e)
				break
			}
			spread = true
			rel.whole -= len(el.Elem) - 1
			for k, f := range el.Elem {
				add(f.Type, f.Name, fmt.Sprintf("%s.f%d", e, k))
			}
		case Map:
			inner = append(inner, fmt.Sprintf("unnest(map_keys(%s)) AS %sk, unnest(map_values(%s)) AS %sv", v.code, e, v.code, e))
			lens = append(lens, "cardinality("+v.code+")")
			add(v.typ.elem(), "", e+"k")
			add(v.typ.value(), "", e+"v")
		default:
			panic(&Error{Name: "INVALID_FUNCTION_ARGUMENT", Message: "Cannot unnest type: " + v.typ.String()})
		}
	}
	if r.Ordinality {
		inner = append(inner, "unnest(generate_series(1, CAST(greatest("+strings.Join(lens, ", ")+") AS BIGINT))) AS o")
		add(tBigInt, "", "o")
	}
	if rel.whole += len(rel.fields); !spread {
		rel.whole = 0
	}
	rel.from = fmt.Sprintf("LATERAL (SELECT %s FROM (SELECT %s)) AS %s", strings.Join(items, ", "), strings.Join(inner, ", "), quoteName(alias))
	return rel
}
