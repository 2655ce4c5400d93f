package dialect

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// candidate is a signature that the arguments of a call fit.
type candidate struct {
	sig  *signature
	args []Type // what the arguments are brought to
	bind bindings
}

// call analyses a function call.
func (a *analyser) call(c *Call, sc *scope) value {
	givenName(c)
	if c.Mode != "" {
		panic(errorAt(c.pos, "INVALID_PROCESSING_MODE", "%s semantics is not supported out of pattern recognition context", c.Mode))
	}
	name := strings.ToLower(c.Name[len(c.Name)-1].Text)
	f := a.functionOf(name)
	if f == nil || len(c.Name) > 1 {
		a.checkArgs(c, sc)
		a.unknownFunction(c, name)
	}
	a.checkModifiers(c, f, sc)
	if f.special != nil {
		return f.special(a, c, nil, sc)
	}
	if c.Filter != nil {
		a.dry++
		a.expr(c.Filter, sc) // before the arguments: so Trino finds what is wrong
		a.dry--
	}
	if c.Over != nil && sc.grouped() != nil {
		a.dry++
		a.windowText(c, f, sc) // before the arguments too
		a.dry--
	}
	args := make([]value, len(c.Args))
	for i, x := range c.Args {
		if _, ok := x.(*LambdaExpr); ok {
			args[i] = value{typ: Type{Kind: Function}, pos: x.Pos()}
			continue
		}
		if inner, ok := x.(*Call); ok && anyOrder[name] && len(c.Args) == 1 {
			a.sorted = inner
		}
		args[i] = a.expr(x, sc)
	}
	for _, v := range args {
		if c.Distinct && !v.typ.comparable() && v.typ.Kind != Function {
			panic(errorAt(c.pos, "TYPE_MISMATCH", "DISTINCT can only be applied to comparable types (actual: %s)", v.typ))
		}
	}
	if f.refused != "" {
		panic(refuse(c.pos, "function "+name).hint("%s", f.refused))
	}
	if listsMap[name] && len(args) == 1 && a.sorted != c && (args[0].typ.loose || len(collect(c.Args[0], makesMap)) > 0) {
		panic(refuse(c.pos, name+" of a map in no order").hint("sort what it gives: array_sort(%s)", formatExpr(c)))
	}
	if name == "listagg" && args[0].typ.Kind != Varchar && args[0].typ.Kind != Unknown {
		panic(errorAt(c.pos, "TYPE_MISMATCH", "Expected expression of varchar, but '%s' has %s type", formatExpr(c.Args[0]), args[0].typ))
	}
	if name == "reduce_agg" && len(args) == 4 && args[1].typ.Kind == Varchar {
		args[1] = a.coerce(args[1], tVarchar) // a state grows
	}
	if takesPath[name] && len(args) == 2 && args[1].typ.Kind == Char && a.level < 476 {
		args[1].typ = varcharType(args[1].typ.Precision) // blanks and all
	}
	inv := &invocation{a: a, call: c, sc: sc, pos: c.pos, raw: args}
	a.modifiers(inv, f)
	if c.Over != nil && c.OrderBy != nil && a.level < 476 && sc.grouped() != nil {
		panic(errorAt(c.pos, "NOT_SUPPORTED", "Window function with ORDER BY is not supported"))
	}
	v := a.resolve(f, name, inv)
	if len(args) > 127 {
		panic(errorAt(c.pos, "TOO_MANY_ARGUMENTS", "Too many arguments for function call %s()", strings.ToLower(formatQName(c.Name))))
	}
	v.constant = f.kind == scalarFunction && !unstable[name]
	for _, arg := range args {
		v.constant = v.constant && (arg.constant || arg.typ.Kind == Function)
	}
	return v
}

// takesPath are the functions of a JSON path, which may be a char in old releases.
var takesPath = map[string]bool{"json_extract": true, "json_extract_scalar": true, "json_size": true}

// listsMap are the functions that give the entries of a map as arrays. The order
// of an aggregated map is Trino's hash table's, which differs from release to
// release.
var listsMap = map[string]bool{"map_keys": true, "map_values": true, "map_entries": true}

func makesMap(x Expr) bool {
	c, ok := x.(*Call)
	return ok && mapAggregates[strings.ToLower(c.Name[len(c.Name)-1].Text)]
}

var mapAggregates = map[string]bool{"histogram": true, "map_agg": true, "multimap_agg": true, "map_union": true, "numeric_histogram": true, "approx_most_frequent": true}

// anyOrder are the functions of one array whose answer does not depend on the
// order of its elements.
var anyOrder = map[string]bool{"array_sort": true, "cardinality": true, "array_max": true, "array_min": true}

// unstable are the functions that differ from row to row.
var unstable = map[string]bool{"rand": true, "random": true, "uuid": true, "shuffle": true}

// differs says whether x is a call of one of them.
func differs(x Expr) bool {
	c, ok := x.(*Call)
	return ok && len(c.Name) == 1 && unstable[strings.ToLower(c.Name[0].Text)]
}

func (a *analyser) checkArgs(c *Call, sc *scope) {
	for _, x := range c.Args {
		if _, ok := x.(*LambdaExpr); !ok {
			a.expr(x, sc)
		}
	}
}

func (a *analyser) unknownFunction(c *Call, name string) {
	e := errorAt(c.pos, "FUNCTION_NOT_FOUND", "Function '%s' not registered", strings.ToLower(formatQName(c.Name)))
	if h := otherName[name]; h != "" {
		e.hint("Athena calls it %s", h)
	} else if s := suggest(name, functionNames()); s != "" {
		e.hint("did you mean %s?", s)
	}
	panic(e)
}

// otherName gives Athena's name for functions of other engines.
var otherName = map[string]string{
	"string_agg": "array_join(array_agg(x), ',') or listagg", "group_concat": "listagg", "median": "approx_percentile(x, 0.5)",
	"percentile_cont": "approx_percentile(x, p)", "percentile_disc": "approx_percentile(x, p)", "quantile_cont": "approx_percentile(x, p)",
	"ifnull": "coalesce", "nvl": "coalesce", "isnull": "IS NULL", "strftime": "date_format", "strptime": "date_parse", "epoch": "to_unixtime",
	"datediff": "date_diff", "dateadd": "date_add", "getdate": "current_timestamp", "to_date": "date", "list": "array_agg", "first": "arbitrary",
	"len": "length", "left": "substr(x, 1, n)", "right": "substr(x, -n)", "instr": "strpos", "arg_max": "max_by", "arg_min": "min_by",
	"approx_count_distinct": "approx_distinct", "str_split": "split", "string_split": "split", "list_contains": "contains", "array_contains": "contains",
	"countif": "count_if", "unix_timestamp": "to_unixtime", "substring_index": "split_part", "regexp_matches": "regexp_like", "list_transform": "transform",
}

// checkModifiers refuses DISTINCT, FILTER, ORDER BY and OVER where Trino does.
func (a *analyser) checkModifiers(c *Call, f *function, sc *scope) {
	if builtIn[f.name] {
		checkBuiltIn(c, f.name)
		return // an ORDER BY in them counts for nothing
	}
	agg := f.kind == aggregateFunction
	switch {
	case c.Over == nil && f.kind == windowFunction:
		inv := &invocation{a: a, call: c, sc: sc, pos: c.pos}
		for _, x := range c.Args {
			inv.raw = append(inv.raw, a.expr(x, sc))
		}
		a.choose(f, f.name, inv)
		name := formatQName(c.Name)
		if a.level >= 476 {
			name = "system.builtin." + f.name
		}
		panic(errorAt(c.pos, "MISSING_OVER", "Window function %s requires an OVER clause", name))
	case c.Over != nil && c.Distinct && a.level < 476:
		a.atLast(errorAt(Pos{1, 1}, "NOT_SUPPORTED", "DISTINCT in window function parameters not yet supported: %s", formatExpr(c)))
	case c.Over != nil && c.Filter != nil && !c.pattern:
		a.atLast(errorAt(Pos{1, 1}, "NOT_SUPPORTED", "FILTER is not yet supported for window functions"))
	case c.Over != nil && f.kind == scalarFunction:
		a.atLast(errorAt(Pos{1, 1}, "FUNCTION_NOT_WINDOW", "Not a window function: %s", formatQName(c.Name)))
	case c.Distinct && !agg:
		panic(errorAt(c.pos, "FUNCTION_NOT_AGGREGATE", "DISTINCT is not supported for non-aggregation functions"))
	case c.Filter != nil && !agg:
		panic(errorAt(c.pos, "FUNCTION_NOT_AGGREGATE", "Filter is only valid for aggregation functions"))
	case c.OrderBy != nil && !agg:
		panic(errorAt(c.pos, "FUNCTION_NOT_AGGREGATE", "ORDER BY is only valid for aggregation functions"))
	case c.Nulls != "" && !f.nulls:
		panic(errorAt(c.pos, "NULL_TREATMENT_NOT_ALLOWED", "Cannot specify null treatment clause for %s function", formatQName(c.Name)))
	}
	if agg && c.Over == nil {
		a.notNested(c)
	}
	if c.Over != nil {
		w := collectInside(c, isWindow)
		if a.level >= newSyntax {
			for _, s := range c.OrderBy {
				w = append(w, collect(s.X, isWindow)...)
			}
		}
		if w != nil {
			panic(errorAt(w[0].Pos(), "NESTED_WINDOW", "Cannot nest window functions or row pattern measures inside window %s", "function arguments"))
		}
	}
}

// atLast keeps an error that Trino finds only when all else is in order: it plans
// then.
func (a *analyser) atLast(e *Error) {
	if a.planning == nil {
		a.planning = e
	}
}

// builtIn are calls with a place of their own in Trino's grammar.
var builtIn = map[string]bool{"coalesce": true, "if": true, "nullif": true, "try": true, "format": true}

func checkBuiltIn(c *Call, name string) {
	what := ""
	switch n := len(c.Args); {
	case name == "if" && n != 2 && n != 3, name == "try" && n != 1, name == "nullif" && n != 2, (name == "coalesce" || name == "format") && n < 2:
		return // that is what Trino says first
	case c.Over != nil:
		what = "OVER clause"
	case c.Distinct:
		what = "DISTINCT"
	case c.Nulls != "":
		what = "Null treatment clause"
	case c.Filter != nil:
		what = "FILTER"
	default:
		return
	}
	panic(errorAt(c.pos, "SYNTAX_ERROR", "%s not valid for '%s' function", what, name))
}

// collectInside is collect over the arguments of a call.
func collectInside(c *Call, is func(Expr) bool) []Expr {
	var out []Expr
	for _, x := range c.Args {
		out = append(out, collect(x, is)...)
	}
	return out
}

func (a *analyser) notNested(c *Call) {
	name := formatQName(c.Name)
	var inner, win []Expr
	for _, x := range children(c) {
		inner = append(inner, collect(x, a.isAggregate)...)
		win = append(win, collect(x, isWindow)...)
	}
	if inner != nil {
		panic(errorAt(c.pos, "NESTED_AGGREGATION", "Cannot nest aggregations inside aggregation '%s': [%s]", name, formatExprs(inner)))
	}
	if win != nil {
		panic(errorAt(c.pos, "NESTED_WINDOW", "Cannot nest window functions or row pattern measures inside aggregation '%s': [%s]", name, formatExprs(win)))
	}
}

// modifiers analyses what stands around the arguments.
func (a *analyser) modifiers(inv *invocation, f *function) {
	c := inv.call
	if c.Filter != nil {
		a.inFilter++
		v := a.expr(c.Filter, inv.sc)
		a.inFilter--
		if v.typ.Kind != Boolean && v.typ.Kind != Unknown && a.level < 476 {
			a.atLast(&Error{Name: "COMPILER_ERROR", Message: "Compiler failed. Possible reasons include: the query may have too many or too complex expressions, or the underlying tables may have too many columns"})
			v = value{typ: tBoolean, code: "true"}
		}
		if v.typ.Kind != Boolean && v.typ.Kind != Unknown {
			panic(errorAt(c.Filter.Pos(), "TYPE_MISMATCH", "Filter expression must evaluate to a boolean (actual: %s)", v.typ))
		}
		inv.filt = a.coerce(v, tBoolean).code
	}
	for _, s := range c.OrderBy {
		v := a.expr(s.X, inv.sc)
		if c.Distinct && !slices.ContainsFunc(c.Args, func(x Expr) bool { return a.form(x, inv.sc) == a.form(s.X, inv.sc) }) {
			e := errorAt(s.X.Pos(), "EXPRESSION_NOT_IN_DISTINCT", "For aggregate function with DISTINCT, ORDER BY expressions must appear in arguments")
			if c.Over != nil || a.inOrder {
				panic(e)
			}
			if a.misordered == nil {
				a.misordered = e // Trino looks for what else is wrong first
			}
		}
		if !v.typ.orderable() {
			panic(errorAt(c.pos, "TYPE_MISMATCH", "ORDER BY can only be applied to orderable types (actual: %s)", v.typ))
		}
		if v.constant {
			continue // it orders nothing, and DuckDB takes a number for a column's place
		}
		if inv.ord != "" {
			inv.ord += ", "
		}
		a.pos = s.X.Pos()
		text := a.sortText(v) + sortTail(s)
		if signed := a.signed(v, s); signed != "" && a.level < nestedOrder && !c.Distinct {
			text = signed
		}
		inv.ord += nanFirst(v, s) + text
	}
	if c.Over != nil {
		inv.over = " OVER " + a.windowText(c, f, inv.sc)
	}
}

// invoke calls a function of the table for an operator or a form of the grammar.
func (a *analyser) invoke(name string, args []value, p Pos) value {
	f := a.functionOf(name)
	inv := &invocation{a: a, pos: p, raw: args}
	v := a.resolve(f, name, inv)
	v.constant = true
	for _, arg := range args {
		v.constant = v.constant && arg.constant
	}
	return v
}

// resolve picks the signature, brings the arguments to its types and lowers.
func (a *analyser) resolve(f *function, name string, inv *invocation) value {
	cand := a.choose(f, name, inv)
	inv.args = make([]value, len(inv.raw))
	a.pos = inv.pos
	a.orderedByKey(name, cand.args)
	for i, v := range inv.raw {
		if v.typ.Kind == Function {
			continue
		}
		a.representable(v.typ)
		inv.args[i] = a.coerce(v, cand.args[i])
		inv.args[i].text, inv.args[i].number = v.text, v.number
	}
	a.lambdas(cand, inv)
	s := cand.sig
	if s.typ != nil {
		inv.typ = s.typ(cand.args)
	} else {
		inv.typ = s.result.concrete(cand.bind)
	}
	a.pos = inv.pos
	a.representable(inv.typ)
	out := value{typ: inv.typ, pos: inv.pos}
	if s.low != nil {
		out.code = s.low(inv)
		out.typ = inv.typ
	} else {
		out.code = inv.template(s.sql)
	}
	out.typ.loose = out.typ.loose || mapAggregates[f.name]
	if f.kind == scalarFunction && (s.result.isVar() || out.typ.isNested()) {
		out.code = keepType(out, inv.args...)
	}
	return out
}

// keepType gives the code of what takes or makes elements of arrays and maps. Where one
// of its arguments is NULL for every row, DuckDB makes a NULL without a type of it,
// before anything is run.
func keepType(v value, args ...value) string {
	for _, arg := range args {
		unknown := arg.constant && arg.text == nil && arg.number == ""
		if v.typ.Kind != Unknown && (unknown || strings.Contains(arg.code, "NULL") || strings.Contains(arg.code, "TRY")) {
			return "CAST(" + v.code + " AS " + v.typ.DuckDB() + ")"
		}
	}
	return v.code
}

// choose finds the one signature for the arguments: an exact one, else the most
// specific that they convert to, by Trino's steps.
func (a *analyser) choose(f *function, name string, inv *invocation) *candidate {
	var fit []*candidate
	for i := range f.sigs {
		if c := f.sigs[i].bind(inv.raw, false); c != nil {
			return c
		}
		if c := f.sigs[i].bind(inv.raw, true); c != nil {
			fit = append(fit, c)
		}
	}
	fit = slices.DeleteFunc(fit, func(c *candidate) bool { return a.level >= charToVarchar && c.padsText(inv.raw) })
	if len(fit) == 0 {
		panic(a.wrongArguments(f, name, inv))
	}
	best := mostSpecific(fit)
	if len(best) > 1 && slices.ContainsFunc(inv.raw, func(v value) bool { return v.typ.Kind == Unknown }) {
		if only := unknownCasts(fit, inv.raw); len(only) > 0 {
			best = only
		}
		if sameResult(best) {
			best = best[:1]
		}
	}
	if a.level >= 476 && len(fit) > 1 && slices.ContainsFunc(f.sigs, func(s signature) bool {
		return strings.Contains(s.in, "char(x)") && !strings.Contains(s.in, "varchar(x)")
	}) &&
		slices.ContainsFunc(inv.raw, func(v value) bool { return v.typ.Kind == Unknown }) {
		// A NULL is a char there before it is a varchar, and a text beside a NULL an element
		// beside an array before anything that would convert the text.
		fit = slices.DeleteFunc(slices.Clone(fit), func(c *candidate) bool {
			return slices.ContainsFunc(fit, func(d *candidate) bool { return d.takesChar(c, inv.raw) })
		})
		best = mostSpecific(fit)
		if only := unknownCasts(fit, inv.raw); len(only) == 1 {
			best = only
		}
		if sameResult(best) {
			best = best[:1]
		}
	}
	if len(best) > 1 {
		panic(a.ambiguous(name, best, inv))
	}
	return best[0]
}

// padsText says whether a candidate takes a varchar as a char.
func (c *candidate) padsText(args []value) bool {
	for i, v := range args {
		if v.typ.Kind == Varchar && c.args[i].Kind == Char {
			return true
		}
	}
	return false
}

// takesChar says whether c differs from d in what a NULL is to it alone: a char where
// it is a varchar to d.
func (c *candidate) takesChar(d *candidate, args []value) bool {
	if len(c.args) != len(d.args) {
		return false
	}
	found := false
	for i, v := range args {
		switch {
		case v.typ.Kind == Unknown && c.args[i].Kind == Char && d.args[i].Kind == Varchar:
			found = true
		case !sameShape(c.args[i], d.args[i]):
			return false
		}
	}
	return found
}

// unknownCasts gives the candidates that convert nothing but NULLs.
func unknownCasts(fit []*candidate, args []value) []*candidate {
	return slices.DeleteFunc(slices.Clone(fit), func(c *candidate) bool {
		for i, v := range args {
			if v.typ.Kind != Unknown && v.typ.Kind != Function && !sameShape(v.typ, c.args[i]) {
				return true
			}
		}
		return false
	})
}

func (a *analyser) ambiguous(name string, fit []*candidate, inv *invocation) *Error {
	text := "Could not choose a best candidate operator. Explicit type casts must be added.\n"
	if a.level >= 476 {
		text += "Actual types: (" + strings.Join(inv.given(), ", ") + ")\n"
		name = ""
	}
	text += "Candidates are:\n"
	for _, c := range fit {
		parts := make([]string, len(c.args))
		for i, t := range c.args {
			parts[i] = t.String()
		}
		result := c.sig.result.concrete(c.bind)
		if c.sig.typ != nil {
			result = c.sig.typ(c.args)
		}
		text += "\t * " + name + "(" + strings.Join(parts, ",") + "):" + result.String() + "\n"
	}
	return errorAt(inv.pos, "AMBIGUOUS_FUNCTION_CALL", "%s", text)
}

// bind fits a signature to arguments, or gives nil.
func (s *signature) bind(args []value, coerce bool) *candidate {
	n := len(s.params)
	if s.variadic {
		if len(args) < n-1 {
			return nil
		}
	} else if len(args) != n {
		return nil
	}
	b := bindings{}
	c := &candidate{sig: s, bind: b, args: make([]Type, len(args))}
	// In two passes, so that an early argument meets what later ones bind: a wider
	// type, or that of values in several zones.
	for range 2 {
		for i, v := range args {
			p := s.params[min(i, n-1)]
			if v.typ.Kind == Function || p.base == "function" {
				if v.typ.Kind != Function || p.base != "function" {
					return nil
				}
				continue
			}
			t, fits := p.match(v.typ, b, coerce)
			if !fits {
				return nil
			}
			c.args[i] = t
		}
	}
	if !s.constraints(b) {
		return nil
	}
	return c
}

// constraints checks "E:orderable" and the like.
func (s *signature) constraints(b bindings) bool {
	for _, w := range strings.Split(s.where, ",") {
		v, what, _ := strings.Cut(strings.TrimSpace(w), ":")
		t, bound := b[v]
		if !bound {
			continue
		}
		if what == "orderable" && !t.orderable() || what == "comparable" && !t.comparable() {
			return false
		}
	}
	return true
}

// mostSpecific leaves those that no other candidate is more specific than.
func mostSpecific(fit []*candidate) []*candidate {
	var out []*candidate
next:
	for _, c := range fit {
		for i, r := range out {
			if c.moreSpecific(r) {
				out[i] = c
				continue next
			}
			if r.moreSpecific(c) {
				continue next
			}
		}
		out = append(out, c)
	}
	return out
}

// moreSpecific says whether a call of d could be made with the types of c.
func (c *candidate) moreSpecific(d *candidate) bool {
	args := make([]value, len(c.args))
	for i, t := range c.args {
		args[i].typ = t
		if c.sig.params[min(i, len(c.sig.params)-1)].base == "function" {
			args[i].typ = Type{Kind: Function}
		}
	}
	back := d.sig.bind(args, true)
	return back != nil && !(slices.ContainsFunc(d.args, func(t Type) bool { return t.trims }) && back.padsText(args))
}

func sameResult(fit []*candidate) bool {
	for _, c := range fit[1:] {
		if !c.sig.result.concrete(c.bind).Equal(fit[0].sig.result.concrete(fit[0].bind)) {
			return false
		}
	}
	return true
}

// given spells the types of the arguments.
func (inv *invocation) given() []string {
	out := make([]string, len(inv.raw))
	for i, v := range inv.raw {
		out[i] = v.typ.signatureText()
		if v.typ.Kind == Function {
			out[i] = "<function>"
		}
	}
	return out
}

// wrongLambda is wrongArguments where it is a lambda that does not fit.
func (a *analyser) wrongLambda(inv *invocation) *Error {
	name := strings.ToLower(formatQName(inv.call.Name))
	return a.wrongArguments(a.functionOf(name), name, inv)
}

// template puts the arguments into a lowering.
func (inv *invocation) template(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '$' && i+1 < len(s) && s[i+1] == '*':
			for k, v := range inv.args {
				if k > 0 {
					b.WriteString(", ")
				}
				b.WriteString(v.code)
			}
			i++
		case s[i] == '$' && i+1 < len(s) && isDigit(s[i+1]):
			n, _ := strconv.Atoi(s[i+1 : i+2])
			b.WriteString(inv.args[n-1].code)
			i++
		case s[i] == '@':
			n := closingParen(s[i:])
			b.WriteString(inv.aggregate(s[i+1 : i+n+1]))
			i += n
		default:
			b.WriteByte(s[i])
		}
	}
	return inv.a.checkCode(inv.pos, b.String())
}

// closingParen gives the offset of the parenthesis that closes the first of s.
func closingParen(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(s) - 1
}

// aggregate puts DISTINCT, ORDER BY, IGNORE NULLS, FILTER and OVER around a call
// of a DuckDB aggregate given as a template, name(args).
func (inv *invocation) aggregate(call string) string {
	open := strings.IndexByte(call, '(')
	return inv.agg(call[:open], inv.template(call[open+1:len(call)-1]))
}

// agg is aggregate of the function fn with the text of its arguments.
func (inv *invocation) agg(fn, inner string) string {
	s := fn + "("
	c := inv.call
	if c != nil && c.Distinct {
		s += "DISTINCT "
	}
	s += inner
	if inv.ord != "" {
		s += " ORDER BY " + inv.ord
	}
	if c != nil && c.Nulls == "IGNORE" {
		s += " IGNORE NULLS"
	}
	s += ")"
	if inv.filt != "" {
		s += " FILTER (WHERE " + inv.filt + ")"
	}
	return s + inv.over
}

// resolveWindow checks a named window against those before it.
func (a *analyser) resolveWindow(w *Window, sc *scope) *Window {
	name := w.Name
	if name == nil {
		name = w.Base
	}
	if name == nil {
		return w
	}
	base := sc.block.windows[name.canonical()]
	if base == nil {
		panic(errorAt(name.pos, "INVALID_WINDOW_REFERENCE", "Cannot resolve WINDOW name %s", formatName(*name)))
	}
	if w.Name != nil {
		out := *base
		out.named = windowParts{true, true, true}
		return &out
	}
	switch {
	case w.Partition != nil:
		panic(errorAt(w.Partition[0].Pos(), "INVALID_PARTITION_BY", "WINDOW specification with named WINDOW reference cannot specify PARTITION BY"))
	case w.OrderBy != nil && base.OrderBy != nil:
		panic(errorAt(w.OrderAt, "INVALID_ORDER_BY", "Cannot specify ORDER BY if referenced named WINDOW specifies ORDER BY"))
	case base.Frame != nil:
		panic(errorAt(name.pos, "INVALID_WINDOW_REFERENCE", "Cannot reference named WINDOW containing frame specification"))
	}
	out := *w
	out.Base, out.Partition = nil, base.Partition
	out.named = windowParts{partition: true, order: out.OrderBy == nil}
	if out.OrderBy == nil {
		out.OrderBy, out.OrderAt = base.OrderBy, base.OrderAt
	}
	return &out
}

// source gives the scope that a part of a window sees: what a WINDOW clause says sees
// the rows, not what the select list makes of them.
func (s *scope) source(named bool) *scope {
	block := s
	for block.lambda {
		block = block.parent
	}
	if !named || block.output == nil {
		return s
	}
	out := *block
	out.output = nil
	return &out
}

// windowExpr analyses a part of a window. What is not grouped in it is an error of
// its own, where it stands.
func (a *analyser) windowExpr(x Expr, what string, sc *scope) value {
	g := sc.grouped()
	if g == nil {
		return a.expr(x, sc)
	}
	top, before := g.top, g.part
	g.top, g.part = x, what
	v := a.expr(x, sc)
	g.top, g.part = top, before
	return v
}

// windowText gives the specification of a window.
func (a *analyser) windowText(c *Call, f *function, sc *scope) string {
	block := sc
	for block.lambda {
		block = block.parent
	}
	if block.block == nil {
		panic(refuse(c.pos, "a window function here"))
	}
	block.block.hasWindow = true
	w := a.resolveWindow(c.Over, block)
	for _, x := range w.exprs() {
		if n := collect(x, isWindow); n != nil {
			panic(errorAt(n[0].Pos(), "NESTED_WINDOW", "Cannot nest window functions or row pattern measures inside window specification"))
		}
	}
	var parts []string
	for i, x := range w.Partition {
		v := a.windowExpr(x, "PARTITION BY expression", sc.source(w.named.partition))
		if !v.typ.comparable() {
			panic(errorAt(x.Pos(), "TYPE_MISMATCH", "%s is not comparable, and therefore cannot be used in window function PARTITION BY", v.typ))
		}
		if !v.typ.orderable() && a.level >= newSyntax {
			panic(errorAt(x.Pos(), "TYPE_MISMATCH", "%s is not orderable, and therefore cannot be used in window function PARTITION BY", v.typ))
		}
		key := a.parted(v)
		if i == 0 {
			parts = append(parts, "PARTITION BY "+key)
		} else {
			parts[0] += ", " + key
		}
	}
	var key value
	for i, s := range w.OrderBy {
		v := a.windowExpr(s.X, "ORDER BY expression", sc.source(w.named.order))
		if !v.typ.orderable() {
			panic(errorAt(s.X.Pos(), "TYPE_MISMATCH", "%s is not orderable, and therefore cannot be used in window function ORDER BY", v.typ))
		}
		if i == 0 {
			if t := a.rangeKey(w, v.typ, sc.source(w.named.frame)); !sameShape(t, v.typ) {
				v = a.coerce(v, t)
			}
			key = v
		}
		nan := nanFirst(v, s)
		if nan != "" && w.Frame != nil && w.Frame.Unit == "RANGE" && len(w.OrderBy) == 1 {
			panic(refuse(s.X.Pos(), "a RANGE frame over doubles with NULLS FIRST"))
		}
		text := cmp.Or(signKept(v), a.sortText(v)) + sortTail(s)
		if signed := a.signed(v, s); signed != "" && len(w.OrderBy) > 1 { // one alone says who is whose peer
			text = signed
		}
		text = nan + text
		if i == 0 {
			text = "ORDER BY " + text
			parts = append(parts, text)
		} else {
			parts[len(parts)-1] += ", " + text
		}
	}
	if f.ordered && w.OrderBy == nil {
		panic(errorAt(c.Over.pos, "MISSING_ORDER_BY", "%s function requires an ORDER BY window clause", strings.ToLower(formatQName(c.Name))))
	}
	if w.Frame != nil {
		unframed := f.kind == windowFunction && !framed[f.name]
		frameless := errorAt(w.Frame.pos, "INVALID_WINDOW_FRAME", "Cannot specify window frame for %s function", f.name)
		if unframed && f.ordered && a.level < 476 {
			panic(frameless)
		}
		frame := a.frameText(w, key, sc.source(w.named.frame))
		switch {
		case unframed && (f.ordered || a.level >= 476):
			panic(frameless)
		case !unframed:
			parts = append(parts, frame) // ranks have none, whatever is written
		}
	}
	return "(" + strings.Join(parts, " ") + ")"
}

// framed are the window functions that may have a frame.
var framed = map[string]bool{"first_value": true, "last_value": true, "nth_value": true}
