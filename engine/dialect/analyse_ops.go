package dialect

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Predicates: comparisons, IN, LIKE, subqueries.

func (a *analyser) compare(x *Compare, sc *scope) value {
	l, r := a.expr(x.L, sc), a.expr(x.R, sc)
	vs := []value{l, r}
	a.failAtNaN(x, []Expr{x.L, x.R}, vs)
	return a.comparison(x.Op, vs[0], vs[1], x.pos)
}

// comparison gives l op r as Trino has it: NaN equals nothing, rows are compared
// field by field.
func (a *analyser) comparison(op string, l, r value, p Pos) value {
	return a.comparisonOf(op, l, r, p, true)
}

// comparisonOf is comparison, by itself or as one that CASE makes.
func (a *analyser) comparisonOf(op string, l, r value, p Pos, alone bool) value {
	out := value{typ: tBoolean, constant: l.constant && r.constant, pos: p}
	t, ok := commonType(l.typ, r.typ)
	distinct := strings.Contains(op, "DISTINCT")
	ordered := op != "=" && op != "<>" && !distinct
	if !ok || !t.comparable() || ordered && !t.orderable() {
		if distinct {
			relation := "distinct from"
			if a.level >= 476 {
				relation = "identical to"
			}
			panic(errorAt(p, "TYPE_MISMATCH", "Cannot check if %s is %s %s", typeAt(l.typ, a.level), relation, typeAt(r.typ, a.level)))
		}
		shown := op
		switch op {
		case ">", ">=": // Trino has no such operators, and names the one it turns to beside the types as they stand
			shown = strings.Replace(op, ">", "<", 1)
		case "<>":
			shown = "="
		}
		panic(errorAt(p, "TYPE_MISMATCH", "Cannot apply operator: %s %s %s", typeAt(l.typ, a.level), shown, typeAt(r.typ, a.level)).hint("%s", compareHint(l, r)))
	}
	a.pos = p
	if t.Kind == Unknown {
		switch op {
		case "IS DISTINCT FROM", "IS NOT DISTINCT FROM":
			out.code = "(" + a.typed(l) + " " + op + " " + a.typed(r) + ")"
		default:
			out.code = "CAST(NULL AS BOOLEAN)"
		}
		return out
	}
	a.representable(l.typ)
	a.representable(r.typ)
	// Newer releases hold a comparison of arrays, maps and rows for never NULL where
	// they look for NULL alone, in IS NULL and COALESCE.
	out.typ.loose = a.level >= 476 && t.isNested() && !distinct
	if exactly, ok := a.compareExactly(op, l, r, t); ok && alone {
		out.code = exactly
		return out
	}
	if !l.typ.carried() && !r.typ.carried() {
		t = instantOf(t)
	}
	lv, rv := a.coerce(l, t), a.coerce(r, t)
	lv.code, rv.code = unheld(lv, l.typ, r.constant), unheld(rv, r.typ, l.constant)
	out.code = a.compareCode(op, lv, rv, t)
	return out
}

// unheld gives the code of a timestamp with time zone that is compared, made of a value
// of type from. Trino compares the times without making one of a timestamp where the
// other side is constant, and of more than three digits it holds any number of
// milliseconds until it shows them.
func unheld(v value, from Type, constant bool) string {
	if v.typ.Kind != TimestampTZ || v.typ.Precision <= 3 && !(constant && from.Kind == Timestamp) {
		return v.code
	}
	for _, head := range []string{"trino.cast_instant(", "trino.instant("} {
		if micros, ok := strings.CutPrefix(v.code, head); ok {
			return "make_timestamptz(" + micros
		}
	}
	for head, plain := range map[string]string{"trino.picos(trino.held(": "trino.picos((", "trino.fine_instant(": "("} {
		if picos, ok := strings.CutPrefix(v.code, head); ok {
			return plain + picos
		}
	}
	return v.code
}

func compareHint(l, r value) string {
	text, other := l, r
	if !text.typ.isText() {
		text, other = r, l
	}
	switch kind := other.typ.Kind; {
	case !text.typ.isText():
	case other.typ.isNumeric():
		if n, ok := strings.CutPrefix(strings.TrimSuffix(text.code, "'"), "'"); ok && text.constant && isPlainNumber(n) {
			return "Athena does not convert between text and numbers; write " + n + " without quotes"
		}
		return "Athena does not convert between text and numbers; write CAST(... AS ...)"
	case kind != Date && kind != Timestamp && kind != TimestampTZ:
	case text.constant:
		return "write the text as a literal of that type: " + strings.ToUpper(strings.TrimSuffix(kindNames[kind], " with time zone")) + " '...'"
	case kind == Date:
		return "make a date of the text: date(from_iso8601_timestamp(...)) of ISO 8601, CAST(... AS date) of yyyy-MM-dd"
	default:
		return "make a time of the text: from_iso8601_timestamp(...) of ISO 8601, CAST(... AS timestamp) of yyyy-MM-dd HH:mm:ss"
	}
	return ""
}

// isPlainNumber says whether a text is a number as it would be written without quotes.
func isPlainNumber(s string) bool {
	_, err := strconv.ParseFloat(s, 64)
	return err == nil && strings.Trim(s, "0123456789.-") == ""
}

func (a *analyser) compareCode(op string, l, r value, t Type) string {
	plain := "(" + l.code + " " + op + " " + r.code + ")"
	switch {
	case t.isNested():
		return a.compareNested(op, l, r, t)
	case !t.isFloat() || strings.Contains(op, "DISTINCT"):
		return plain
	}
	number := func(v value) bool { return v.number != "" || v.constant && isNumberText(v.code) }
	// NaN is the greatest to DuckDB, and equals itself. What may be NULL stays so.
	x, other := l, r
	switch op {
	case "<", "<=":
		x, other = r, l
	case "=", "<>":
		if number(l) || number(r) {
			return plain
		}
	}
	if number(x) {
		return plain
	}
	nan := "isnan(" + x.code + ")"
	if !number(other) {
		nan = "(" + nan + " AND " + other.code + " IS NOT NULL)"
	}
	if op == "<>" {
		return "(" + plain + " OR " + nan + ")"
	}
	return "(" + plain + " AND NOT " + nan + ")"
}

// isNumberText says whether a text is a number as written, thus not NaN.
func isNumberText(s string) bool {
	return strings.Trim(s, "0123456789.e+-()") == ""
}

// equal is l = r for values of one type.
func (a *analyser) equal(l, r value) string { return a.compareCode("=", l, r, l.typ) }

func (a *analyser) between(x *Between, sc *scope) value {
	v, lo, hi := a.expr(x.X, sc), a.expr(x.Lo, sc), a.expr(x.Hi, sc)
	vs := []value{v, lo, hi}
	a.failAtNaN(x, []Expr{x.X, x.Lo, x.Hi}, vs)
	v, lo, hi = vs[0], vs[1], vs[2]
	t, ok := commonType(v.typ, lo.typ)
	if ok {
		t, ok = commonType(t, hi.typ)
	}
	if !ok {
		panic(errorAt(x.pos, "TYPE_MISMATCH", "Cannot check if %s is BETWEEN %s and %s", typeAt(v.typ, a.level), typeAt(lo.typ, a.level), typeAt(hi.typ, a.level)))
	}
	if !t.orderable() {
		panic(errorAt(x.pos, "TYPE_MISMATCH", "Cannot check if %s is BETWEEN %s and %s", typeAt(v.typ, a.level), typeAt(lo.typ, a.level), typeAt(hi.typ, a.level)))
	}
	out := value{typ: tBoolean, constant: v.constant && lo.constant && hi.constant}
	if t.Kind == Unknown {
		out.code = "CAST(NULL AS BOOLEAN)"
		return out
	}
	a.pos = x.pos
	if !v.typ.carried() && !lo.typ.carried() && !hi.typ.carried() {
		t = instantOf(t)
	}
	known := lo.constant && hi.constant
	code := unheld(a.coerce(v, t), v.typ, known)
	v, lo, hi = a.coerce(v, t), a.coerce(lo, t), a.coerce(hi, t)
	v.code = code
	within := func(lo, hi value) string {
		return "(" + a.compareCode(">=", v, lo, t) + " AND " + a.compareCode("<=", v, hi, t) + ")"
	}
	out.code = within(lo, hi)
	if x.Symmetric {
		out.code = "(" + out.code + " OR " + within(hi, lo) + ")"
	}
	return out
}

func (a *analyser) inList(x *InList, sc *scope) value {
	vs := []value{a.expr(x.X, sc)}
	for _, it := range x.List {
		vs = append(vs, a.expr(it, sc))
	}
	a.failAtNaN(x, append([]Expr{x.X}, x.List...), vs)
	t := a.unify(vs, "IN value and list items must be the same type or coercible to a common type.")
	if !t.comparable() {
		panic(errorAt(x.pos, "TYPE_MISMATCH", "IN value and list items must be comparable: %s", t))
	}
	out := value{typ: tBoolean, constant: true}
	a.pos = x.pos
	if t.Kind == Unknown {
		out.code = "CAST(NULL AS BOOLEAN)"
		return out
	}
	forgets, others := a.level >= 476, 1
	if a.level < 476 {
		forgets, others = vs[0].constant, 0
	}
	varies := slices.ContainsFunc(vs, func(v value) bool { return !v.constant }) ||
		slices.ContainsFunc(x.List, func(x Expr) bool { return len(collect(x, func(x Expr) bool { return dotted(x) != nil })) > 0 }) // typeof(column) is constant here alone
	if forgets && varies && andNull(x.List, others) {
		// New releases forget the NULL of such a list, for some types of values, older
		// ones where a constant is looked for.
		panic(a.cannot("IN with NULL and others in its list at this release"))
	}
	if a.level >= 476 && len(x.List) > 1 && slices.ContainsFunc(x.List, holdsChoice) {
		// Where the newest releases keep the value that is looked for, they keep those of
		// such a part too.
		panic(a.cannot("IN with CASE of a value, NULLIF, BETWEEN or IN among several values at this release"))
	}
	codes := make([]string, len(vs))
	plain := !t.isNested()
	for i, v := range vs {
		a.representable(v.typ)
		out.constant = out.constant && v.constant
		c := a.coerce(v, t)
		codes[i] = c.code
		vs[i] = c
		if t.isFloat() && i > 0 && !isNumberText(c.code) {
			plain = false
		}
	}
	if plain {
		out.code = "(" + codes[0] + " IN (" + strings.Join(codes[1:], ", ") + "))"
		return out
	}
	parts := make([]string, len(vs)-1)
	for i, v := range vs[1:] {
		parts[i] = a.compareCode("=", vs[0], v, t)
	}
	if a.level >= 476 && t.isFloat() && !out.constant {
		// These releases find a value among itself without looking, NaN too, and see it in
		// what comes to it while they plan.
		for i, it := range x.List {
			if choosing(x.X) && strings.Contains(codes[0], codes[i+1]) || choosing(it) && strings.Contains(codes[i+1], codes[0]) {
				panic(a.cannot("IN of a number and a choice that it is in, at this release"))
			}
		}
		if slices.Contains(codes[1:], codes[0]) {
			parts = append(parts, "isnan("+codes[0]+")")
		}
	}
	out.code = "(" + strings.Join(parts, " OR ") + ")"
	if t.isNested() && len(x.List) > 1 && !vs[0].constant {
		var mixed bool
		out.code, mixed = a.inNested(x, vs, parts, out.code)
		out.typ.loose = mixed && a.level >= 476
	}
	return out
}

// inNested gives the code of IN of several arrays, maps or rows, where code compares
// with each by its part and joins what they say, and whether some are constant.
func (a *analyser) inNested(x *InList, vs []value, parts []string, code string) (string, bool) {
	var counted []string // what compares with values that are not constant
	for i, v := range vs[1:] {
		if !v.constant {
			counted = append(counted, parts[i])
		}
	}
	switch len(counted) {
	case 0:
		return a.inFixed(x, vs[0], code), true
	case len(parts):
		return code, false
	}
	// Trino looks up among the constant ones and does not see what comes to NULL there,
	// but where it compares while it plans.
	return a.let([]string{code, "(" + strings.Join(counted, " OR ") + ")"}, func(n []string) string {
		return fmt.Sprintf("(CASE WHEN %s IS NULL AND %s IS NOT NULL THEN %s ELSE %s END)", n[0], n[1],
			a.refuseLate("BOOLEAN", "IN of arrays, maps or rows, constant and not, for a value with NULL in it"), n[0])
	}), true
}

// inFixed gives the code of IN of several arrays, maps or rows that are all constant,
// where code compares one by one. Trino looks a value up among them, and has NULL for
// one with NULL in it, be it another than all of them or not. Over VALUES it may
// compare while it plans, and what it then says is not known here.
func (a *analyser) inFixed(x *InList, v value, code string) string {
	different := map[string]bool{}
	for _, it := range x.List {
		if len(collect(it, func(x Expr) bool { _, null := x.(*NullLit); return null })) > 0 {
			return code // then it does not look them up
		}
		different[formatExpr(it)] = true
	}
	if len(different) == 1 && a.level < 476 {
		return code // nor where there is one
	}
	otherwise := "CAST(NULL AS BOOLEAN)"
	if len(a.scans) == 0 {
		otherwise = a.refuseLate("BOOLEAN", "IN of constant arrays, maps or rows for a value with NULL in it, over VALUES,")
	}
	return a.let([]string{v.code}, func(n []string) string {
		return fmt.Sprintf("(CASE WHEN %s IS NOT NULL THEN CASE WHEN %s THEN %s ELSE %s END END)", n[0], a.holdsNull(n[0], v.typ), otherwise, code)
	})
}

// holdsChoice says whether an expression has a part that compares one value with
// others: CASE of a value, NULLIF, BETWEEN or IN.
func holdsChoice(x Expr) bool {
	return len(collect(x, func(x Expr) bool {
		switch x := x.(type) {
		case *Between, *InList:
			return true
		case *Case:
			return x.Operand != nil
		case *Call:
			return strings.EqualFold(formatQName(x.Name), "nullif")
		}
		return false
	})) > 0
}

// choosing says whether an expression gives one of its own parts: CASE, IF, COALESCE or TRY.
func choosing(x Expr) bool {
	switch x := x.(type) {
	case *Case:
		return true
	case *Call:
		return slices.Contains([]string{"if", "coalesce", "try"}, strings.ToLower(formatQName(x.Name)))
	}
	return false
}

// andNull says whether a list has NULL and more than so many other values.
func andNull(list []Expr, others int) bool {
	nulls := 0
	for _, x := range list {
		if _, null := x.(*NullLit); null {
			nulls++
		}
	}
	return nulls > 0 && len(list)-nulls > others
}

func (a *analyser) like(x *Like, sc *scope) value {
	v, p := a.expr(x.X, sc), a.expr(x.Pattern, sc)
	if !v.typ.isText() && v.typ.Kind != Unknown {
		panic(errorAt(x.X.Pos(), "TYPE_MISMATCH", "Left side of LIKE expression must evaluate to a varchar (actual: %s)", v.typ))
	}
	if p.typ.Kind == Char && p.typ.trims {
		p = a.coerce(p, varcharType(p.typ.Precision))
	}
	if p.typ.Kind != Varchar && p.typ.Kind != Unknown {
		panic(errorAt(x.Pattern.Pos(), "TYPE_MISMATCH", "Pattern for LIKE expression must evaluate to a varchar (actual: %s)", p.typ))
	}
	out := value{typ: tBoolean, constant: v.constant && p.constant}
	escape := ""
	if x.Escape != nil {
		e := a.expr(x.Escape, sc)
		if e.typ.Kind != Varchar && e.typ.Kind != Unknown {
			panic(errorAt(x.Escape.Pos(), "TYPE_MISMATCH", "Escape for LIKE expression must evaluate to a varchar (actual: %s)", e.typ))
		}
		wide := e.text != nil && len(*e.text) > 1 && len([]rune(*e.text)) == 1 // DuckDB's escape is a byte
		if e.text == nil || p.text == nil || wide {
			out.code = fmt.Sprintf("acme_like(%s, %s, %s)", a.coerce(v, tVarchar).code, a.coerce(p, tVarchar).code, a.coerce(e, tVarchar).code)
			return out
		}
		if msg := likeError(*p.text, *e.text); msg != "" {
			out.code = "(" + fail("BOOLEAN", "INVALID_FUNCTION_ARGUMENT", msg) + ")"
			return out
		}
		escape = " ESCAPE " + e.code
	}
	out.code = "(" + a.coerce(v, tVarchar).code + " LIKE " + a.coerce(p, tVarchar).code + escape + ")"
	if v.typ.Kind == Char {
		out.code = "(" + v.code + " LIKE " + p.code + escape + ")"
	}
	return out
}

// likeError gives what is wrong with a pattern and its escape, or "".
func likeError(pattern, escape string) string {
	if len([]rune(escape)) != 1 {
		return "Escape string must be a single character"
	}
	esc, open := []rune(escape)[0], false
	for _, r := range pattern {
		switch {
		case open && r != '%' && r != '_' && r != esc:
			return "Escape character must be followed by '%', '_' or the escape character itself"
		case open:
			open = false
		case r == esc:
			open = true
		}
	}
	if open {
		return "Escape character must be followed by '%', '_' or the escape character itself"
	}
	return ""
}

// inQuery is x IN (SELECT ...).
func (a *analyser) inQuery(x *InQuery, sc *scope) value {
	if sc.pattern != nil {
		a.checkPatternIn(x.X, sc.pattern.m)
	}
	v := a.expr(x.X, sc)
	at := x.pos
	if a.level >= newSyntax {
		at = startPos(x.X)
	}
	q := a.subquery(x.Query, sc, asked{as: asIn, pos: at, at: x.pos})
	if a.inFilter > 0 && (v.typ.has(Double) || v.typ.has(Real)) {
		panic(a.cannot("FILTER by %s against a subquery", v.typ))
	}
	if a.offered[x] && (v.typ.has(Double) || v.typ.has(Real)) {
		panic(a.cannot("a column that says whether %s is in a subquery, of which a condition outside may make another,", v.typ))
	}
	if a.filtering[x] {
		return a.both(a.inRows(x, v, q), a.meetsNothing(v))
	}
	return a.beforeJoin(a.inRows(x, v, q), x.X, x.pos)
}

// both is AND of a condition and a text that may be empty.
func (a *analyser) both(v value, code string) value {
	if code != "" {
		v.code = "(" + v.code + " AND " + code + ")"
	}
	return v
}

// meetsNothing gives the condition that a value is not NaN and has none in it.
func (a *analyser) meetsNothing(v value) string {
	switch {
	case v.typ.isFloat():
		return "NOT isnan(" + v.code + ")"
	case v.typ.Kind == Row:
		var parts []string
		for i, f := range v.typ.Elem {
			if part := a.meetsNothing(value{typ: f.Type, code: fieldCode(v.code, i)}); part != "" {
				parts = append(parts, "("+part+") IS NOT FALSE")
			}
		}
		return strings.Join(parts, " AND ")
	case v.typ.has(Double) || v.typ.has(Real):
		panic(a.cannot("a condition on %s against a subquery", v.typ))
	}
	return ""
}

func (a *analyser) inRows(x *InQuery, v value, q *result) value {
	if v.typ.Kind == Row && len(v.typ.Elem) == len(q.cols) && len(q.cols) > 1 {
		return a.rowIn(v, q, x.pos)
	}
	return a.against(v, q, x.pos, func(l, q string) string { return "(" + l + " IN (" + q + "))" })
}

// rowIn is (a, b) IN (SELECT c, d ...), which Trino answers by a hash of whole
// rows: NULL fields count as equal, and the answer is never NULL.
func (a *analyser) rowIn(v value, q *result, p Pos) value {
	t, ok := commonType(v.typ, q.rowType())
	if !ok || !t.comparable() {
		panic(errorAt(p, "TYPE_MISMATCH", "Value expression and result of subquery must be of the same type: %s vs %s", v.typ, q.rowType()))
	}
	a.pos = p
	l := a.coerce(v, t)
	types := make([]Type, len(t.Elem))
	parts := make([]string, len(t.Elem))
	alias := quoteName(a.unique("in"))
	for i, f := range t.Elem {
		types[i] = f.Type
		if f.Type.Kind == Unknown {
			panic(a.cannot("a row with NULL of no type against a subquery"))
		}
		parts[i] = fmt.Sprintf("(%s).f%d IS NOT DISTINCT FROM %s.c%d", l.code, i, alias, i)
	}
	return value{typ: tBoolean, code: fmt.Sprintf("EXISTS (SELECT 1 FROM (%s) AS %s WHERE %s)", a.recast(q, types), alias, strings.Join(parts, " AND "))}
}

// against compares a value with the rows of a subquery.
func (a *analyser) against(v value, q *result, p Pos, text func(l, q string) string) value {
	t, ok := commonType(v.typ, q.rowType())
	single := v.typ.Kind != Row
	if !ok && v.typ.Kind == Row && len(v.typ.Elem) == 1 && len(q.cols) == 1 {
		panic(a.cannot("a row of one field against a subquery"))
	}
	if !ok || !t.comparable() || single != (len(q.cols) == 1) && v.typ.Kind != Unknown {
		rt := anonymousRow(nil)
		for _, c := range q.cols {
			rt.Elem = append(rt.Elem, Field{Name: c.name, Type: c.typ})
		}
		lt := v.typ
		if single {
			lt = anonymousRow([]Type{v.typ})
		}
		panic(errorAt(p, "TYPE_MISMATCH", "Value expression and result of subquery must be of the same type: %s vs %s", lt, rt))
	}
	a.pos = p
	if t.Kind == Unknown {
		t = tInteger
	}
	if !single {
		l := a.coerce(v, t)
		fields := make([]string, len(t.Elem))
		types := make([]Type, len(t.Elem))
		for i, f := range t.Elem {
			fields[i], types[i] = fmt.Sprintf("(%s).f%d", l.code, i), f.Type
			if f.Type.isNested() || f.Type.isFloat() {
				panic(a.cannot("a row of type %s against a subquery", t))
			}
		}
		return value{typ: tBoolean, code: text("("+strings.Join(fields, ", ")+")", a.recast(q, types))}
	}
	if t.has(Map) {
		panic(a.cannot("a value of type %s against a subquery", t))
	}
	return value{typ: tBoolean, code: text(a.coerce(v, t).code, a.recast(q, []Type{t}))}
}

// againstBounds compares v with all or any doubles of a subquery as Trino does: with the
// least or the greatest of them, which leaves NaN out, and NULL if there is one.
func (a *analyser) againstBounds(x *Quantified, v value, q *result, t Type) value {
	all := x.Quantifier == "ALL"
	least := ""
	switch x.Op {
	case "<", "<=":
		least = map[bool]string{true: "min", false: "max"}[all]
	case ">", ">=":
		least = map[bool]string{true: "max", false: "min"}[all]
	default:
		panic(refuse(x.pos, x.Op+" ALL or ANY over "+t.String()))
	}
	a.pos = x.pos
	v = a.coerce(v, t)
	if strings.Contains(v.code, "lambda ") || strings.Contains(v.code, "trino.") || len(collect(x.X, isWindow)) > 0 {
		panic(refuse(x.pos, "ALL or ANY of such an expression over "+t.String()))
	}
	alias := quoteName(a.unique("bound"))
	col := value{typ: t, code: alias + ".c0"}
	bound := a.invoke(least, []value{col}, x.pos)
	empty, both := "false", "OR"
	if all {
		empty, both = "true", "AND"
	}
	code := fmt.Sprintf("(SELECT CASE WHEN count(*) = 0 THEN %s ELSE (%s) %s (CASE WHEN count(*) <> count(%s) THEN NULL ELSE %s END) END FROM (%s) AS %s)",
		empty, a.comparison(x.Op, v, bound, x.pos).code, both, col.code, empty, a.recast(q, []Type{t}), alias)
	return value{typ: tBoolean, code: code}
}

func (a *analyser) quantified(x *Quantified, sc *scope) value {
	if sc.pattern != nil {
		panic(refuse(x.pos, "ALL or ANY of a query in MATCH_RECOGNIZE"))
	}
	v := a.expr(x.X, sc)
	q := a.subquery(x.Query, sc, asked{as: asQuantified, pos: x.Query.pos, at: x.Query.pos})
	word := "ANY"
	if x.Quantifier == "ALL" {
		word = "ALL"
	}
	if v.typ.Kind == Row {
		panic(refuse(x.pos, "a row compared with ALL or ANY"))
	}
	t, ok := commonType(v.typ, q.rowType())
	if ok && x.Op != "=" && x.Op != "<>" && !t.orderable() {
		panic(errorAt(x.pos, "TYPE_MISMATCH", "Type [%s] must be orderable in order to be used in quantified comparison", t))
	}
	if ok && t.isFloat() {
		return a.beforeJoin(a.againstBounds(x, v, q, t), x.X, x.pos)
	}
	return a.beforeJoin(a.against(v, q, x.pos, func(l, q string) string {
		return fmt.Sprintf("(%s %s %s (%s))", l, x.Op, word, q)
	}), x.X, x.pos)
}
