package dialect

import (
	"fmt"
	"slices"
	"strings"
)

// Expressions of MEASURES and DEFINE: which row of a match a name is of.

// navigation says of which row a value is: of the match's rows that are one of the
// labels, all of them where it is empty, the first or last but n; then offset rows on.
type navigation struct {
	label  string
	first  bool
	n      int64
	offset int64
	final  bool
}

// patternExpr analyses what means something of its own in a MATCH_RECOGNIZE; false
// for everything else.
func (a *analyser) patternExpr(x Expr, sc *scope) (value, bool) {
	n := sc.pattern
	switch x := x.(type) {
	case *Ident:
		return a.rowColumn(x, x.Name, "", sc), true
	case *Deref:
		if label, ok := n.m.labelOf(x.Base); ok {
			return a.rowColumn(x, x.Field, label, sc), true
		}
		if parts := dotted(x); parts != nil {
			if root := dotted(x.Base); len(root) > 1 || pick(sc.fields, root, x.pos) == nil {
				if _, ok := n.m.labelOf(rootOf(x)); !ok {
					panic(errorAt(x.pos, "COLUMN_NOT_FOUND", "Column '%s' cannot be resolved", strings.Join(parts, ".")))
				}
			}
			return a.rowField(a.expr(x.Base, sc), x), true
		}
	case *Call:
		return a.patternCall(x, sc)
	}
	return value{}, false
}

// rootOf gives what a dotted name begins with.
func rootOf(x Expr) Expr {
	for {
		d, ok := x.(*Deref)
		if !ok {
			return x
		}
		x = d.Base
	}
}

// labelOf gives the variable or subset that x names.
func (m *rowMatching) labelOf(x Expr) (string, bool) {
	id, ok := x.(*Ident)
	if !ok {
		return "", false
	}
	name := id.Name.canonical()
	return name, m.sets[name] != nil
}

// rowColumn is a column: of the row at hand, or else of the last row of its label.
func (a *analyser) rowColumn(x Expr, name Name, label string, sc *scope) value {
	n := sc.pattern
	f := pick(sc.fields, []string{strings.ToLower(name.Text)}, x.Pos())
	if f == nil {
		panic(errorAt(x.Pos(), "COLUMN_NOT_FOUND", "Column '%s' cannot be resolved", strings.ToLower(formatColumn(x))))
	}
	f.mark()
	if n.plain {
		n.meet(label, x.Pos())
		return f.value()
	}
	return a.navigate(f.value(), navigation{label: label, final: !n.m.node.AllRows}, n.m)
}

// meet notes the label of a column, which must be that of the others around it.
func (n *rowNames) meet(label string, p Pos) {
	if n.define != "" && n.inside == "" && label != "" && label != n.define {
		panic(refuse(p, "a DEFINE that looks at rows of another variable"))
	}
	if n.inside != "" && len(n.met) > 0 && n.met[0] != label {
		if n.m.level >= newSyntax {
			panic(errorAt(n.call, "INVALID_ARGUMENTS", "All labels and classifiers inside the call to '%s' must match", n.inside))
		}
		panic(errorAt(n.first, "INVALID_ARGUMENTS", "Column references inside argument of function %s must all either be prefixed with the same label or be not prefixed", n.inside))
	}
	if len(n.met) == 0 {
		n.first = p
	}
	n.met = append(n.met, label)
}

// navigate gives the value of v in the row that a navigation leads to.
func (a *analyser) navigate(v value, to navigation, m *rowMatching) value {
	code := a.typed(v)
	if to.offset != 0 {
		code = m.beside(code, to.offset)
	}
	by, end := "arg_max", "CURRENT ROW"
	if to.first {
		by = "arg_min"
	}
	if to.final || to.first && m.level < newSyntax { // FIRST looked ahead then, whatever its mode
		end = "UNBOUNDED FOLLOWING"
	}
	over := fmt.Sprintf(`FILTER (WHERE %s) OVER (PARTITION BY "$pid", "$match" ORDER BY "$rn" ROWS BETWEEN UNBOUNDED PRECEDING AND %s)`, m.ofLabel(to.label), end)
	out := value{typ: v.typ, pos: v.pos}
	if to.n == 0 {
		out.code = fmt.Sprintf(`((%s(struct_pack(v := %s), "$rn") %s)).v`, by, code, over)
	} else {
		out.code = fmt.Sprintf(`((%s(struct_pack(v := %s), "$rn", %d) %s)[%d]).v`, by, code, to.n+1, over, to.n+1)
	}
	return out
}

// beside gives the value of code so many rows on in the partition.
func (m *rowMatching) beside(code string, offset int64) string {
	call := fmt.Sprintf(`lead(%s, %d)`, code, offset)
	if offset < 0 {
		call = fmt.Sprintf(`lag(%s, %d)`, code, -offset)
	}
	call += ` OVER (PARTITION BY "$pid" ORDER BY "$rn")`
	i := slices.Index(m.near, call)
	if i < 0 {
		i = len(m.near)
		m.near = append(m.near, call)
	}
	return fmt.Sprintf(`"$n%d"`, i)
}

// ofLabel gives the condition that a row of a match is one of a label's.
func (m *rowMatching) ofLabel(label string) string {
	if label == "" {
		return `"$class" IS NOT NULL`
	}
	names := make([]string, len(m.sets[label]))
	for i, l := range m.sets[label] {
		names[i] = quoteText(l)
	}
	return `"$class" IN (` + strings.Join(names, ", ") + ")"
}

// patternCall analyses the functions of row patterns, and aggregates.
func (a *analyser) patternCall(c *Call, sc *scope) (value, bool) {
	n := sc.pattern
	if c.Over != nil {
		panic(errorAt(c.pos, "NESTED_WINDOW", "Cannot nest window functions or row pattern measures inside pattern recognition expressions"))
	}
	if c.Mode == "FINAL" && n.define != "" {
		panic(errorAt(c.pos, "INVALID_PROCESSING_MODE", "FINAL semantics is not supported in DEFINE clause"))
	}
	for _, x := range c.Args {
		if _, ok := x.(*LambdaExpr); ok {
			panic(errorAt(x.Pos(), "NOT_SUPPORTED", "Lambda expression in pattern recognition context is not yet supported"))
		}
	}
	name := strings.ToLower(c.Name[0].Text)
	if name == "try" {
		panic(errorAt(c.pos, "NOT_SUPPORTED", "TRY expression in pattern recognition context is not yet supported"))
	}
	if c.ofPattern() {
		checkPatternCall(c, name)
	}
	switch {
	case len(c.Name) > 1 || c.Name[0].Quoted && !a.isAggregate(c):
	case name == "first" || name == "last" || name == "prev" || name == "next":
		return a.navigationCall(c, name, sc), true
	case name == "classifier":
		return a.classifier(c, sc), true
	case name == "match_number" && len(c.Args) == 0:
		if n.define != "" {
			panic(refuse(c.pos, "match_number in DEFINE"))
		}
		return value{typ: tBigInt, code: `nullif("$match", 0)`}, true
	case a.isAggregate(c):
		return a.patternAggregate(c, name, sc), true
	}
	if c.Mode != "" {
		panic(errorAt(c.pos, "INVALID_PROCESSING_MODE", "%s semantics is supported only for FIRST(), LAST() and aggregation functions. Actual: %s", c.Mode, formatQName(c.Name)))
	}
	return value{}, false
}

// ofPattern says whether a call is one of the functions that only row patterns have; in
// quotes their names mean others.
func (c *Call) ofPattern() bool {
	if len(c.Name) > 1 || c.Name[0].Quoted {
		return false
	}
	switch strings.ToLower(c.Name[0].Text) {
	case "first", "last", "prev", "next", "classifier", "match_number":
		return true
	}
	return false
}

// checkPatternCall refuses what only an aggregate may have.
func checkPatternCall(c *Call, name string) {
	what := ""
	switch {
	case c.Filter != nil:
		what = "FILTER"
	case c.OrderBy != nil:
		what = "ORDER BY"
	case c.Distinct:
		what = "DISTINCT"
	}
	if what != "" {
		panic(errorAt(c.pos, "INVALID_PATTERN_RECOGNITION_FUNCTION", "Cannot use %s with %s pattern recognition function", what, name))
	}
	if c.Mode != "" && name != "first" && name != "last" {
		panic(errorAt(c.pos, "INVALID_PROCESSING_MODE", "%s semantics is not supported with %s pattern recognition function", c.Mode, name))
	}
}

// checkPatternIn holds x IN (SELECT ...) of a row pattern to what Trino can do.
func (a *analyser) checkPatternIn(x Expr, m *rowMatching) {
	for _, n := range collect(x, func(x Expr) bool {
		switch x := x.(type) {
		case *Call:
			return x.ofPattern() || a.isAggregate(x)
		case *Deref:
			_, labeled := m.labelOf(x.Base)
			return labeled
		}
		return false
	}) {
		c, ok := n.(*Call)
		if !ok {
			panic(errorAt(n.Pos(), "NOT_SUPPORTED", "IN-PREDICATE with labeled column reference is not yet supported"))
		}
		for _, arg := range c.Args {
			a.checkPatternIn(arg, m)
		}
		if !c.ofPattern() {
			panic(refuse(c.pos, "an aggregate of MATCH_RECOGNIZE against a subquery"))
		}
		panic(errorAt(c.pos, "NOT_SUPPORTED", "IN-PREDICATE with %s function is not yet supported", strings.ToLower(c.Name[0].Text)))
	}
}

// navigationCall is FIRST, LAST, PREV and NEXT: PREV(LAST(A.x, 1), 2).
func (a *analyser) navigationCall(c *Call, name string, sc *scope) value {
	n := sc.pattern
	if n.plain && n.inside != "" {
		within := n.inside + " pattern navigation"
		if f := a.functionOf(n.inside); f != nil {
			within = n.inside
		}
		panic(errorAt(c.pos, "INVALID_NAVIGATION_NESTING", "Cannot nest %s pattern navigation function inside %s function", name, within))
	}
	to := navigation{final: !n.m.node.AllRows || c.Mode == "FINAL"}
	x, count := a.navigationArgs(c, name)
	named, at := name, c.pos // of the function that names no column
	switch name {
	case "prev", "next":
		to.offset = 1
		if count != nil {
			to.offset = *count
		}
		if name == "prev" {
			to.offset = -to.offset
		}
		if inner, ok := x.(*Call); ok && len(inner.Name) == 1 {
			if of := strings.ToLower(inner.Name[0].Text); of == "first" || of == "last" {
				y, more := a.navigationArgs(inner, of)
				x, to.first, named, at = y, of == "first", of, inner.pos
				if more != nil {
					to.n = *more
				}
				to.final = to.final || inner.Mode == "FINAL"
			}
		}
	default:
		to.first = name == "first"
		if count != nil {
			to.n = *count
		}
	}
	v, label := a.rowArgument(x, named, at, sc)
	to.label = label
	if n.define == "" {
		return a.navigate(v, to, n.m)
	}
	if to.first || to.n != 0 || label != "" && label != n.define {
		panic(refuse(c.pos, "a DEFINE that looks at the match so far"))
	}
	if to.offset != 0 {
		v.code = fmt.Sprintf(`(lead(%s, %d) OVER (PARTITION BY "$pid" ORDER BY "$rn"))`, a.typed(v), to.offset)
	}
	return v
}

// navigationArgs gives the expression and the number of a navigation.
func (a *analyser) navigationArgs(c *Call, name string) (Expr, *int64) {
	if len(c.Args) != 1 && len(c.Args) != 2 || c.Star {
		panic(errorAt(c.pos, "INVALID_FUNCTION_ARGUMENT", "%s pattern recognition function requires 1 or 2 arguments", name))
	}
	if len(c.Args) == 1 {
		return c.Args[0], nil
	}
	k, ok := c.Args[1].(*NumberLit)
	switch {
	case !ok || k.Kind != tokInteger:
		panic(errorAt(c.pos, "INVALID_FUNCTION_ARGUMENT", "%s pattern recognition navigation function requires a number as the second argument", name))
	case k.Text[0] == '-':
		panic(errorAt(c.pos, "NUMERIC_VALUE_OUT_OF_RANGE", "%s pattern recognition navigation function requires a non-negative number as the second argument (actual: %s)", name, k.Text))
	case len(k.Text) > 9:
		panic(refuse(k.pos, "a navigation so far"))
	}
	var count int64
	for _, d := range k.Text {
		count = count*10 + int64(d-'0')
	}
	return c.Args[0], &count
}

// rowArgument analyses the argument of a function over rows, and gives the label of
// its columns.
func (a *analyser) rowArgument(x Expr, name string, p Pos, sc *scope) (value, string) {
	inner := *sc
	inner.pattern = &rowNames{m: sc.pattern.m, plain: true, define: sc.pattern.define, inside: name, call: p}
	v := a.expr(x, &inner)
	if len(inner.pattern.met) == 0 {
		if a.level >= newSyntax {
			name = "'" + strings.ToUpper(name) + "'"
		}
		panic(errorAt(p, "INVALID_ARGUMENTS", "Pattern navigation function %s must contain at least one column reference or CLASSIFIER()", name))
	}
	return v, inner.pattern.met[0]
}

// classifier is the variable that a row was taken as.
func (a *analyser) classifier(c *Call, sc *scope) value {
	n := sc.pattern
	label := ""
	if len(c.Args) > 1 {
		panic(errorAt(c.pos, "INVALID_FUNCTION_ARGUMENT", "CLASSIFIER pattern recognition function takes no arguments or 1 argument"))
	}
	if len(c.Args) > 0 {
		id, named := c.Args[0].(*Ident)
		if !named {
			panic(errorAt(c.Args[0].Pos(), "TYPE_MISMATCH", "CLASSIFIER function argument should be primary pattern variable or subset name. Actual: %s", formatExpr(c.Args[0])))
		}
		var ok bool
		if label, ok = n.m.labelOf(id); !ok {
			panic(errorAt(c.Args[0].Pos(), "INVALID_FUNCTION_ARGUMENT", "%s is not a primary pattern variable or subset name", id.Name.Text))
		}
	}
	v := value{typ: tVarchar, code: `"$class"`}
	switch {
	case n.define != "":
		panic(refuse(c.pos, "classifier in DEFINE"))
	case n.plain:
		if n.inside == "prev" || n.inside == "next" {
			panic(refuse(c.pos, "classifier of a row beside another"))
		}
		n.meet(label, c.pos)
		return v
	}
	return a.navigate(v, navigation{label: label, final: !n.m.node.AllRows}, n.m)
}

// patternAggregate is an aggregate over the rows of a match.
func (a *analyser) patternAggregate(c *Call, name string, sc *scope) value {
	n := sc.pattern
	if n.define != "" {
		panic(refuse(c.pos, "an aggregate in DEFINE"))
	}
	if c.Distinct || c.OrderBy != nil || c.Filter != nil || n.plain {
		panic(refuse(c.pos, "an aggregate with DISTINCT, ORDER BY or FILTER, or in another, of MATCH_RECOGNIZE"))
	}
	label := ""
	if c.StarOf != nil {
		label = c.StarOf.canonical()
		if name != "count" {
			givenName(c)
		}
		if n.m.sets[label] == nil {
			panic(errorAt(c.StarOf.pos, "INVALID_FUNCTION_ARGUMENT", "%s is not a primary pattern variable or subset name", c.StarOf.Text))
		}
	}
	inner := *sc
	inner.pattern = &rowNames{m: n.m, plain: true, inside: name, call: c.pos}
	if len(c.Args) > 0 {
		a.dry++
		for _, x := range c.Args {
			a.expr(x, &inner)
		}
		a.dry--
		if len(inner.pattern.met) > 0 {
			label = inner.pattern.met[0]
		}
	}
	column := func(name string) Expr { return &Ident{exprAt: c.exprAt, Name: Name{at: c.at, Text: name}} }
	call := *c
	call.Mode, call.StarOf, call.pattern = "", nil, true
	call.Filter = &IsNull{c.exprAt, column(classColumn), true}
	if label != "" {
		of := &InList{exprAt: c.exprAt, X: column(classColumn)}
		for _, l := range n.m.sets[label] {
			of.List = append(of.List, &StringLit{c.exprAt, l})
		}
		call.Filter = of
	}
	end := "CURRENT ROW"
	if !n.m.node.AllRows || c.Mode == "FINAL" {
		end = "UNBOUNDED FOLLOWING"
	}
	call.Over = &Window{at: c.at, Partition: []Expr{column(partitionColumn), column(matchColumn)}, OrderBy: []SortItem{{at: c.at, X: column(rowColumn)}},
		Frame: &Frame{at: c.at, Unit: "ROWS", Start: &Bound{at: c.at, Kind: "UNBOUNDED PRECEDING"}, End: &Bound{at: c.at, Kind: end}}}
	plain := inner
	plain.pattern = &rowNames{m: n.m, plain: true}
	v := a.call(&call, &plain)
	v.constant = false
	return v
}
