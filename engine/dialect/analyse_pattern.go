package dialect

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// MATCH_RECOGNIZE. The rows are numbered in their partitions; DEFINE becomes a mask
// for each row, of the variables that it can be; acme_match_rows finds the matches;
// and MEASURES are aggregates over windows that are matches:
//
//	rows     the columns, $pid for the partition, $rn for the row in it
//	masked   with $mask, and what PREV and NEXT see
//	matches  with $match, $class and $excluded, a row for each row of a match
//
// The columns have the same names throughout, so that an expression has one text.
// DEFINE may look at the row at hand and, by PREV and NEXT, at rows around it; what
// looks at the match so far is refused.

// rowMatching is a MATCH_RECOGNIZE that is being analysed.
type rowMatching struct {
	node   *MatchRecognize
	labels []string            // the variables in the order of the pattern
	sets   map[string][]string // of a variable or subset, its variables
	fields []*field
	near   []string // of masked: the text of each column for PREV and NEXT
	level  int
}

// rowNames says what names mean inside a MATCH_RECOGNIZE.
type rowNames struct {
	m *rowMatching
	// plain says that a column is the row's at hand: in DEFINE, and in the argument
	// of a navigation or an aggregate.
	plain  bool
	define string   // the variable that is being defined; empty in MEASURES
	inside string   // the function whose argument is at hand
	met    []string // labels of columns in its argument, empty for none
	// call is where that function stands, first the first of these columns.
	call, first Pos
}

// Names of columns that no text can have.
const (
	partitionColumn = "\x00pid"
	rowColumn       = "\x00rn"
	matchColumn     = "\x00match"
	classColumn     = "\x00class"
)

func (a *analyser) matchRecognize(r *MatchRecognize, outer, left *scope) *relation {
	if a.matching > 0 {
		panic(errorAt(r.X.Pos(), "NESTED_ROW_PATTERN_RECOGNITION", "nested row pattern recognition in row pattern recognition"))
	}
	src := a.relation(r.X, outer, left)
	named := map[string]bool{}
	for _, f := range src.fields {
		if f.hidden || f.name == "" {
			continue
		}
		if named[f.name] {
			panic(errorAt(r.X.Pos(), "AMBIGUOUS_NAME", "ambiguous column: %s in row pattern input relation", f.display))
		}
		named[f.name] = true
	}
	before := a.outer
	m := &rowMatching{node: r, sets: map[string][]string{}, level: a.level}
	in := &scope{parent: outer, fields: src.fields, env: outer.env, block: &block{windows: map[string]*Window{}}}
	over := a.windowText(&Call{exprAt: exprAt{r.at}, Name: QName{{Text: "row_number"}}, Over: &Window{Partition: r.Partition, OrderBy: r.OrderBy}}, &function{kind: windowFunction}, in)
	keys, order := a.matchKeys(r, in)
	for i, f := range src.fields {
		g := a.newField(f.display, f.typ, fmt.Sprintf(`"$c%d"`, i))
		g.deps = []*field{f}
		g.hidden = f.hidden
		m.fields = append(m.fields, g)
	}
	m.variables()
	rows := &scope{parent: outer, env: outer.env, block: in.block, fields: append(slices.Clone(m.fields),
		a.newField(partitionColumn, tBigInt, `"$pid"`), a.newField(rowColumn, tBigInt, `"$rn"`),
		a.newField(matchColumn, tBigInt, `"$match"`), a.newField(classColumn, tVarchar, `"$class"`))}
	var measures []value
	for _, x := range r.Measures {
		measures = append(measures, a.patternValue(x.X, rows, &rowNames{m: m}))
	}
	mask := a.masks(m, rows)
	out := a.matchOutput(m, keys, order, measures)
	if a.outer != before {
		panic(refuse(r.pos, "MATCH_RECOGNIZE that reads a query around it"))
	}
	return a.matchSQL(m, src, keys, over, mask, out)
}

// matchKeys gives the columns that the rows are parted and sorted by: nothing else
// may stand there.
func (a *analyser) matchKeys(r *MatchRecognize, in *scope) (keys, order []int) {
	column := func(x Expr) int {
		if parts := dotted(x); parts != nil {
			if f, at := in.find(parts, x.Pos()); at == in {
				return slices.Index(in.fields, f)
			}
		}
		panic(errorAt(x.Pos(), "INVALID_COLUMN_REFERENCE", "Expected column reference. Actual: %s", formatExpr(x)))
	}
	for _, x := range r.Partition {
		keys = append(keys, column(x))
	}
	for _, s := range r.OrderBy {
		order = append(order, column(s.X))
	}
	return keys, order
}

// variables finds the variables of the pattern, and holds SUBSET, DEFINE and AFTER
// MATCH to them.
func (m *rowMatching) variables() {
	r := m.node
	if r.Search != nil {
		panic(errorAt(r.Search.pos, "NOT_SUPPORTED", "Pattern search modifier: %s is not allowed in MATCH_RECOGNIZE clause", strings.ToUpper(r.Search.Text)))
	}
	m.collect(r.Pattern)
	if len(m.labels) > maxLabels {
		panic(refuse(r.pos, fmt.Sprintf("a row pattern of more than %d variables", maxLabels)))
	}
	for _, l := range m.labels {
		m.sets[l] = []string{l}
	}
	for _, s := range r.Subsets {
		name := s.Name.canonical()
		if m.sets[name] != nil {
			what := "is declared twice"
			if slices.Contains(m.labels, name) {
				what = "is a duplicate of primary pattern variable name"
			}
			panic(errorAt(s.Name.pos, "INVALID_LABEL", "union pattern variable name: %s %s", s.Name.written(), what))
		}
		var of []string
		for _, n := range s.Of {
			if !slices.Contains(m.labels, n.canonical()) {
				panic(errorAt(n.pos, "INVALID_LABEL", "subset element: %s is not a primary pattern variable", n.written()))
			}
			of = append(of, n.canonical())
		}
		m.sets[name] = of
	}
	seen := map[string]bool{}
	for _, d := range r.Defines {
		name := d.Name.canonical()
		switch {
		case !slices.Contains(m.labels, name):
			panic(errorAt(d.Name.pos, "INVALID_LABEL", "defined variable: %s is not a primary pattern variable", d.Name.written()))
		case seen[name]:
			panic(errorAt(d.Name.pos, "INVALID_LABEL", "pattern variable with name: %s is defined twice", d.Name.written()))
		}
		seen[name] = true
	}
	r.Pattern.checkTimes()
	if n := r.SkipTo; n != nil && m.sets[n.canonical()] == nil {
		panic(errorAt(n.pos, "INVALID_LABEL", "%s is not a primary or union pattern variable", n.written()))
	}
}

// checkTimes holds how often the parts of a pattern are repeated to what can be.
func (r *RowPattern) checkTimes() {
	switch {
	case r.Max == 0:
		panic(errorAt(r.times, "NUMERIC_VALUE_OUT_OF_RANGE", "Pattern quantifier upper bound must be greater than or equal to 1"))
	case r.Max > 0 && r.Min > r.Max:
		panic(errorAt(r.times, "INVALID_RANGE", "Pattern quantifier lower bound must not exceed upper bound"))
	}
	for _, part := range r.Parts {
		part.checkTimes()
	}
}

func (m *rowMatching) collect(r *RowPattern) {
	if name := r.Name.canonical(); r.Kind == "NAME" && !slices.Contains(m.labels, name) {
		m.labels = append(m.labels, name)
	}
	if r.Kind == "EXCLUDED" && m.node.Empty == "UNMATCHED" {
		panic(errorAt(r.pos, "INVALID_ROW_PATTERN", "Pattern exclusion syntax is not allowed when ALL ROWS PER MATCH WITH UNMATCHED ROWS is specified"))
	}
	for _, part := range r.Parts {
		m.collect(part)
	}
}

// bits gives the mask of a variable or subset.
func (m *rowMatching) bits(name string) int64 {
	var out int64
	for _, l := range m.sets[name] {
		out |= 1 << slices.Index(m.labels, l)
	}
	return out
}

// masks gives the text of a row's mask.
func (a *analyser) masks(m *rowMatching, rows *scope) string {
	always := int64(1)<<len(m.labels) - 1
	var parts []string
	for _, d := range m.node.Defines {
		name := d.Name.canonical()
		v := a.patternValue(d.X, rows, &rowNames{m: m, plain: true, define: name})
		if v.typ.Kind != Boolean && v.typ.Kind != Unknown {
			panic(errorAt(d.X.Pos(), "TYPE_MISMATCH", "Expression defining a label must be boolean (actual type: %s)", v.typ))
		}
		bit := m.bits(name)
		always &^= bit
		parts = append(parts, fmt.Sprintf("CASE WHEN %s THEN %d ELSE 0 END", a.coerce(v, tBoolean).code, bit))
	}
	parts = append(parts, strconv.FormatInt(always, 10))
	return "CAST(" + strings.Join(parts, " + ") + " AS BIGINT)"
}

// matchOut is a column that MATCH_RECOGNIZE gives.
type matchOut struct {
	name, code string
	typ        Type
}

// matchOutput gives the columns: of one row a match those that the rows are parted by
// and the measures; of all rows those that they are sorted by and the rest, too. A column that is
// named twice there comes twice.
func (a *analyser) matchOutput(m *rowMatching, keys, order []int, measures []value) []matchOut {
	var out []matchOut
	given := map[int]bool{}
	column := func(i int) {
		f := m.fields[i]
		given[i] = true
		f.mark()
		out = append(out, matchOut{f.display, f.code, f.typ})
	}
	for _, i := range keys {
		column(i)
	}
	if m.node.AllRows {
		for _, i := range order {
			column(i)
		}
	}
	for i, x := range m.node.Measures {
		a.pos = x.pos
		a.representable(measures[i].typ)
		code := a.typed(measures[i])
		if m.node.Empty == "UNMATCHED" {
			code = `CASE WHEN "$match" > 0 THEN ` + code + " END"
		}
		out = append(out, matchOut{x.Name.Text, code, measures[i].typ})
	}
	if m.node.AllRows {
		for i, f := range m.fields {
			if !given[i] && !f.hidden {
				column(i)
			}
		}
	}
	if out == nil {
		panic(errorAt(m.node.pos, "TABLE_HAS_NO_COLUMNS", "pattern recognition output table has no columns"))
	}
	return out
}

// matchSQL puts the text together.
func (a *analyser) matchSQL(m *rowMatching, src *relation, keys []int, over, mask string, out []matchOut) *relation {
	rows, masked := quoteName(a.unique("rows")), quoteName(a.unique("masked"))
	var columns []string
	for i, f := range m.fields {
		if f.marked {
			columns = append(columns, src.fields[i].code+" AS "+f.code)
		}
	}
	partition := "CAST(1 AS BIGINT)"
	if keys != nil {
		by := make([]string, len(keys))
		for i, k := range keys {
			by[i] = a.canonical(src.fields[k].code, src.fields[k].typ)
		}
		partition = "dense_rank() OVER (ORDER BY " + strings.Join(by, ", ") + ")"
	}
	columns = append(columns, partition+` AS "$pid"`, "row_number() OVER "+over+` AS "$rn"`)
	near := ""
	for i, code := range m.near {
		near += fmt.Sprintf(`, %s AS "$n%d"`, code, i)
	}
	labels := make([]string, len(m.labels))
	for i, l := range m.labels {
		labels[i] = quoteText(l)
	}
	items, names := make([]string, len(out)), make([]string, len(out))
	for i, o := range out {
		items[i], names[i] = fmt.Sprintf(`%s AS "o%d"`, o.code, i), fmt.Sprintf(`"o%d"`, i)
	}
	keep := `NOT "$excluded"`
	if !m.node.AllRows {
		keep = `"$rn" = "$end"`
	} else if m.node.Empty == "OMIT" {
		keep += ` AND "$class" IS NOT NULL`
	}
	sql := fmt.Sprintf(`(WITH %[1]s AS MATERIALIZED (SELECT %[3]s FROM %[4]s), %[2]s AS MATERIALIZED (SELECT *, %[5]s AS "$mask"%[6]s FROM %[1]s) `+
		`SELECT %[7]s FROM (SELECT %[8]s, "$rn", "$excluded", "$class", max("$rn") OVER (PARTITION BY "$pid", "$match") AS "$end" FROM (`+
		`SELECT r.*, x.v >> 36 AS "$match", (x.v >> 8) & 1 = 1 AS "$excluded", CASE WHEN x.v & 255 < 254 THEN [%[9]s][(x.v & 255) + 1] END AS "$class" FROM (`+
		`SELECT "$pid" AS p, unnest(acme_match_rows(list("$mask" ORDER BY "$rn"), %[10]s, %[11]s)) AS v FROM %[2]s GROUP BY "$pid") AS x `+
		`JOIN %[2]s AS r ON r."$pid" = x.p AND r."$rn" = (x.v >> 9) & 134217727)) WHERE %[12]s)`,
		rows, masked, strings.Join(columns, ", "), src.from, mask, near, strings.Join(names, ", "), strings.Join(items, ", "),
		strings.Join(labels, ", "), quoteText(m.program()), quoteText(m.after()), keep)
	alias := quoteName(a.unique("matches"))
	rel := &relation{from: sql + " AS " + alias}
	for i, o := range out {
		rel.fields = append(rel.fields, a.newField(o.name, o.typ, alias+"."+names[i]))
	}
	return rel
}

// program gives the pattern for acme_match_rows.
func (m *rowMatching) program() string {
	c := &patternCode{pos: m.node.Pattern.pos, label: func(n Name) int { return slices.Index(m.labels, n.canonical()) }}
	c.pattern(m.node.Pattern)
	c.add("M")
	return strings.Join(c.lines, ";")
}

// after gives where the search goes on, for acme_match_rows.
func (m *rowMatching) after() string {
	text := map[string]string{"": "past", "PAST": "past", "NEXT": "next", "FIRST": "first", "LAST": "last"}[m.node.Skip]
	if m.node.SkipTo != nil {
		text += " " + strconv.FormatInt(m.bits(m.node.SkipTo.canonical()), 10)
	}
	if m.node.Empty == "UNMATCHED" {
		text += " unmatched"
	}
	return text
}

// patternValue analyses an expression of MEASURES or DEFINE.
func (a *analyser) patternValue(x Expr, rows *scope, n *rowNames) value {
	sc := *rows
	sc.pattern = n
	a.matching++
	v := a.expr(x, &sc)
	a.matching--
	return v
}
