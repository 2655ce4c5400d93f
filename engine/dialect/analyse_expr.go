package dialect

import (
	"encoding/hex"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// expr analyses an expression in a scope.
func (a *analyser) expr(x Expr, sc *scope) value {
	if g := sc.grouped(); g != nil {
		if len(g.keys) > 0 {
			if k := g.byForm[a.form(x, sc)]; k != nil {
				return k.value
			}
		}
		if c, ok := x.(*Call); ok && a.isAggregate(c) {
			return a.aggregate(c, g)
		}
	}
	a.pos = x.Pos()
	v, ok := value{}, false
	if sc.pattern != nil {
		v, ok = a.patternExpr(x, sc)
	}
	planned, outer := a.planning, a.outer
	if !ok {
		v = a.exprOf(x, sc)
	}
	if a.planning != planned && mayDrop(x) {
		panic(refuse(x.Pos(), "a subquery like this beside a constant"))
	}
	if a.outer > outer && mayDrop(x) {
		a.dropped++
	}
	v.pos, v.typ = x.Pos(), a.modern(v.typ)
	a.pos = v.pos
	a.checkCode(v.pos, v.code)
	return v
}

// mayDrop says whether Trino may see at once that a part of an expression does not
// count, and does not plan the subqueries in it then: where another one is constant.
func mayDrop(x Expr) bool {
	var parts []Expr
	switch x := x.(type) {
	case *Logic:
		parts = x.Terms
	case *Case:
		for _, w := range x.Whens {
			parts = append(parts, w.Cond)
		}
	case *Call:
		switch strings.ToLower(formatQName(x.Name)) {
		case "coalesce", "nullif":
			parts = x.Args
		case "if":
			parts = x.Args[:1]
		}
	}
	return slices.ContainsFunc(parts, func(x Expr) bool {
		known := len(collect(x, func(x Expr) bool { _, ok := x.(*BoolLit); return ok })) > 0
		return known || len(collect(x, func(x Expr) bool { return dotted(x) != nil || isSubquery(x) })) == 0
	})
}

// checkSeen refuses to look for the NULL of what newer releases do not see it of.
func (a *analyser) checkSeen(v value) {
	if v.typ.Kind == Boolean && v.typ.loose {
		panic(a.cannot("whether a comparison of arrays, maps or rows is NULL, at this release,"))
	}
}

func (a *analyser) exprOf(x Expr, sc *scope) value {
	switch x := x.(type) {
	case *NullLit:
		return value{typ: tUnknown, code: "NULL", constant: true}
	case *BoolLit:
		return value{typ: tBoolean, code: strconv.FormatBool(x.Value), constant: true}
	case *NumberLit:
		return a.number(x)
	case *StringLit:
		return stringValue(x.Value)
	case *BinaryLit:
		return value{typ: tVarbinary, code: "unhex('" + hex.EncodeToString(x.Value) + "')", constant: true}
	case *TypedLit:
		return a.typedLiteral(x)
	case *IntervalLit:
		return a.intervalLiteral(x)
	case *Param:
		panic(errorAt(Pos{1, 1}, "INVALID_PARAMETER_USAGE", "Incorrect number of parameters: expected %d but found 0", x.Index+1))
	case *Ident, *Deref:
		return a.column(x, sc)
	case *Subscript:
		return a.subscript(x, sc)
	case *Binary:
		return a.binary(x, sc)
	case *Unary:
		return a.unary(x, sc)
	case *Compare:
		return a.compare(x, sc)
	case *Logic:
		return a.logic(x, sc)
	case *Not:
		return a.not(x, sc)
	case *Between:
		return a.between(x, sc)
	case *InList:
		return a.inList(x, sc)
	case *Like:
		return a.like(x, sc)
	case *IsNull:
		v := a.expr(x.X, sc)
		a.representable(v.typ)
		a.checkSeen(v)
		op := " IS NULL)"
		if x.Negated {
			op = " IS NOT NULL)"
		}
		return value{typ: tBoolean, code: "(" + a.typed(v) + op, constant: v.constant}
	}
	return a.formOf(x, sc)
}

func (a *analyser) formOf(x Expr, sc *scope) value {
	switch x := x.(type) {
	case *InQuery:
		return a.inQuery(x, sc)
	case *Quantified:
		return a.quantified(x, sc)
	case *BooleanTest:
		return a.booleanTest(x, sc)
	case *Overlaps:
		return a.overlaps(x, sc)
	case *Overlay:
		return a.overlay(x, sc)
	case *Exists:
		return a.exists(x, sc)
	case *SubqueryExpr:
		return a.scalarQuery(x, sc)
	case *AtZone:
		return a.atZone(x, sc)
	case *Case:
		return a.caseExpr(x, sc)
	case *Cast:
		return a.cast(x, sc)
	case *ArrayLit:
		return a.array(x, sc)
	case *RowLit:
		return a.row(x, sc)
	case *LambdaExpr:
		panic(errorAt(x.pos, "TYPE_MISMATCH", "Lambda expression should always be used inside a function"))
	case *Extract:
		return a.extract(x, sc)
	case *Current:
		return a.current(x)
	case *Trim:
		return a.trim(x, sc)
	case *GroupingCall:
		return a.grouping(x, sc)
	case *JSONCall:
		return a.jsonCall(x, sc)
	case *JSONMaker:
		return a.jsonMaker(x, sc)
	case *Special:
		panic(refuse(x.pos, x.What))
	case *Call:
		return a.call(x, sc)
	}
	panic(refuse(x.Pos(), "this expression"))
}

// stringValue makes a literal of a text.
func stringValue(s string) value {
	return value{typ: varcharType(len([]rune(s))), code: textCode(s), text: &s, constant: true}
}

// textCode gives a string literal for DuckDB; control characters, which would
// disturb settle or a reader of the text, go through chr.
func textCode(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 && r != '\n' && r != '\t' }) {
		return quoteText(s)
	}
	var parts []string
	run := ""
	for _, r := range s {
		if r < 0x20 {
			parts = append(parts, quoteText(run), fmt.Sprintf("chr(%d)", r))
			run = ""
			continue
		}
		run += string(r)
	}
	return "(" + strings.Join(append(parts, quoteText(run)), " || ") + ")"
}

func (a *analyser) number(x *NumberLit) value {
	v := value{constant: true, number: x.Text}
	switch x.Kind {
	case tokInteger:
		n, ok := new(big.Int).SetString(x.Text, 10)
		if !ok || !n.IsInt64() {
			panic(a.badNumber(x.pos, x.Raw))
		}
		v.typ, v.code = tBigInt, n.String()
		if i := n.Int64(); i <= 2147483647 && i >= -2147483648 {
			v.typ = tInteger
		} else if i < 0 {
			v.code = "CAST('" + v.code + "' AS BIGINT)"
		}
		if n.Int64() == -2147483648 {
			v.code = "CAST('" + v.code + "' AS INTEGER)" // DuckDB has the sign apart, and a bigint before it
		}
		if n.Sign() < 0 && v.code[0] == '-' {
			v.code = "(" + v.code + ")"
		}
	case tokDecimal:
		t, digits, ok := decimalOf(x.Text)
		if !ok {
			panic(a.badDecimal(x))
		}
		v.typ, v.code = t, decimalCode(digits, t)
	default:
		d, _ := strconv.ParseFloat(x.Text, 64)
		v.typ, v.code = tDouble, doubleCode(d)
	}
	return v
}

// decimalCode gives a decimal literal that DuckDB types as t.
func decimalCode(text string, t Type) string {
	return "CAST('" + text + "' AS " + t.DuckDB() + ")"
}

func doubleCode(d float64) string {
	s := strconv.FormatFloat(d, 'e', -1, 64)
	if strings.ContainsAny(s, "IN") {
		return "CAST('" + strings.TrimPrefix(s, "+") + "' AS DOUBLE)"
	}
	if s[0] == '-' {
		return "(" + s + ")"
	}
	return s
}

// decimalOf gives the type of a decimal literal, [+-]digits[.digits], and the
// literal without leading zeros.
func decimalOf(s string) (Type, string, bool) {
	s = strings.TrimSpace(s)
	sign, body := "", s
	if body != "" && (body[0] == '-' || body[0] == '+') {
		sign, body = strings.TrimPrefix(body[:1], "+"), body[1:]
	}
	whole, frac, _ := strings.Cut(body, ".")
	if whole+frac == "" || strings.Trim(whole+frac, "0123456789") != "" {
		return Type{}, "", false
	}
	whole = strings.TrimLeft(whole, "0")
	p := len(whole) + len(frac)
	if p == 0 {
		p = 1
	}
	if p > 38 {
		return Type{}, "", false
	}
	text := sign + whole
	if whole == "" {
		text = sign + "0"
	}
	if frac != "" {
		text += "." + frac
	}
	return decimalType(p, len(frac)), text, true
}

// numberValue gives the value of a literal, perhaps with a sign.
func numberValue(x Expr) (float64, bool) {
	switch x := x.(type) {
	case *NumberLit:
		f, err := strconv.ParseFloat(x.Text, 64)
		return f, err == nil
	case *Unary:
		f, ok := numberValue(x.X)
		if x.Op == "-" {
			f = -f
		}
		return f, ok
	}
	return 0, false
}

// exactNumber gives the value of a sum, difference or product of small integers
// and decimals: what neither overflows nor rounds.
func exactNumber(x Expr) (float64, bool) {
	v, ok := exactly(x)
	if !ok {
		return 0, false
	}
	f, _ := v.Float64()
	return f, true
}

func exactly(x Expr) (*big.Rat, bool) {
	switch x := x.(type) {
	case *NumberLit:
		if x.Kind == tokDouble || len(x.Text) > 6 {
			return nil, false
		}
		return new(big.Rat).SetString(x.Text)
	case *Unary:
		v, ok := exactly(x.X)
		if ok && x.Op == "-" {
			v.Neg(v)
		}
		return v, ok
	case *Binary:
		l, ok := exactly(x.L)
		r, both := exactly(x.R)
		if !ok || !both {
			return nil, false
		}
		switch x.Op {
		case "+":
			l.Add(l, r)
		case "-":
			l.Sub(l, r)
		case "*":
			l.Mul(l, r)
		default:
			return nil, false
		}
		return l, l.Num().BitLen() < 31 && l.Denom().BitLen() < 31
	}
	return nil, false
}

// column resolves a name: a column, or a field of a row that a column is.
func (a *analyser) column(x Expr, sc *scope) value {
	parts := dotted(x)
	if parts == nil {
		d := x.(*Deref)
		return a.rowField(a.expr(d.Base, sc), d)
	}
	if f, at := sc.find(parts, x.Pos()); f != nil {
		return a.resolved(x, f, sc, at)
	}
	if d, ok := x.(*Deref); ok {
		if f, _ := sc.findBase(parts); f != nil {
			return a.rowField(a.expr(d.Base, sc), d)
		}
	}
	e := errorAt(x.Pos(), "COLUMN_NOT_FOUND", "Column '%s' cannot be resolved", formatColumn(x))
	var names []string
	for s := sc; s != nil; s = s.parent {
		for _, f := range s.fields {
			names = append(names, f.display)
		}
	}
	id, single := x.(*Ident)
	near := suggest(parts[len(parts)-1], names)
	switch {
	case single && id.Name.Quoted && near != "":
		e.hint("did you mean %s? Double quotes are for names; text takes single ones: '%s'", near, id.Name.Text)
	case single && id.Name.Quoted:
		e.hint("double quotes are for names; text takes single ones: '%s'", id.Name.Text)
	case near != "":
		e.hint("did you mean %s?", near)
	case single && extractFields[strings.ToUpper(id.Name.Text)] != "":
		e.hint("a unit of time is text to Athena: date_trunc('%[1]s', x), date_diff('%[1]s', from, to)", strings.ToLower(id.Name.Text))
	}
	panic(e)
}

// formatColumn gives a name as Trino shows it in COLUMN_NOT_FOUND: no quotes, and
// in lower case whatever it was.
func formatColumn(x Expr) string {
	switch x := x.(type) {
	case *Deref:
		return formatColumn(x.Base) + "." + strings.ToLower(x.Field.Text)
	case *Ident:
		return strings.ToLower(x.Name.Text)
	}
	return formatExpr(x)
}

// findBase says whether some beginning of a dotted name is a column.
func (s *scope) findBase(parts []string) (*field, *scope) {
	for n := len(parts) - 1; n > 0; n-- {
		if f, at := s.find(parts[:n], Pos{}); f != nil {
			return f, at
		}
	}
	return nil, nil
}

// resolved gives the value of a field found in scope at, seen from sc.
func (a *analyser) resolved(x Expr, f *field, sc, at *scope) value {
	inner := sc
	for inner.lambda {
		inner = inner.parent
	}
	if at.barred != "" {
		panic(errorAt(x.Pos(), "INVALID_COLUMN_REFERENCE", "LATERAL reference not allowed in %s JOIN", at.barred))
	}
	if inner != at && !at.lambda {
		a.outer++
		if a.crossed(at) > 1 {
			a.deep++
		}
	}
	if at.agg == nil || isOutput(at, f) {
		f.mark()
		return f.value()
	}
	if k := at.agg.byID[f.id]; k != nil {
		return k.value
	}
	a.notGrouped(x, at.agg, inner != at)
	return value{}
}

func isOutput(s *scope, f *field) bool {
	for _, o := range s.output {
		if o == f {
			return true
		}
	}
	return false
}

// fieldValue gives the value of a field that a star names, the column of that place
// in the select list.
func (a *analyser) fieldValue(f *field, place int, sc *scope) value {
	if sc.agg == nil {
		f.mark()
		return f.value()
	}
	if k := sc.agg.byID[f.id]; k != nil {
		return k.value
	}
	name := f.display
	if name == "" {
		panic(&Error{Name: "EXPRESSION_NOT_AGGREGATE", Message: fmt.Sprintf("Column %d not in GROUP BY clause", place)})
	}
	if len(f.quals) > 0 {
		name = f.quals[len(f.quals)-1] + "." + name
	}
	panic(&Error{Name: "EXPRESSION_NOT_AGGREGATE", Message: fmt.Sprintf("Column '%s' not in GROUP BY clause", name)})
}

func (a *analyser) rowField(base value, d *Deref) value {
	if base.typ.Kind != Row {
		panic(errorAt(d.pos, "TYPE_MISMATCH", "Expression %s is not of type ROW", formatExpr(d.Base)))
	}
	found := -1
	for i, f := range base.typ.Elem {
		if strings.EqualFold(f.Name, d.Field.Text) && f.Name != "" {
			if found >= 0 {
				panic(errorAt(d.pos, "AMBIGUOUS_NAME", "Ambiguous row field reference: %s", d.Field.Text))
			}
			found = i
		}
	}
	if found < 0 {
		if a.level >= newSyntax {
			name := d.Field.Text
			if dotted(d) != nil {
				name = formatColumn(d)
			}
			panic(errorAt(d.pos, "INVALID_COLUMN_REFERENCE", "Column reference '%s' is invalid", name))
		}
		name := "null" // as Trino calls what has no name
		if dotted(d) != nil {
			name = formatColumn(d)
		}
		panic(errorAt(d.pos, "COLUMN_NOT_FOUND", "Column '%s' cannot be resolved", name))
	}
	return value{typ: base.typ.Elem[found].Type, code: fieldOf(base, found)}
}

func (a *analyser) row(x *RowLit, sc *scope) value {
	v := value{typ: Type{Kind: Row}, constant: true}
	var parts []string
	for i, it := range x.Items {
		e := a.expr(it, sc)
		f := Field{Type: e.typ}
		if i < len(x.Names) && x.Names[i] != nil {
			f.Name = x.Names[i].canonical()
		}
		v.typ.Elem = append(v.typ.Elem, f)
		v.constant = v.constant && e.constant
		parts = append(parts, fmt.Sprintf("f%d := %s", i, a.typed(e)))
	}
	v.code = "struct_pack(" + strings.Join(parts, ", ") + ")"
	return v
}

func (a *analyser) array(x *ArrayLit, sc *scope) value {
	vs := make([]value, len(x.Items))
	for i, it := range x.Items {
		vs[i] = a.expr(it, sc)
	}
	t := a.unify(vs, "All ARRAY elements must be the same type or coercible to a common type.")
	out := value{typ: arrayOf(t), constant: true}
	codes := make([]string, len(vs))
	a.representable(t)
	for i, v := range vs {
		codes[i] = a.coerce(v, t).code
		out.constant = out.constant && v.constant
	}
	out.code = "CAST([" + strings.Join(codes, ", ") + "] AS " + out.typ.DuckDB() + ")"
	return out
}

// unify gives the common type of values, or refuses the first that has none with
// those before it.
func (a *analyser) unify(vs []value, what string) Type {
	t := tUnknown
	for _, v := range vs {
		a.dateWithZone(t, v.typ)
		c, ok := commonType(t, v.typ)
		if !ok {
			var all []string
			seen := map[string]bool{}
			for _, u := range vs {
				if s := u.typ.String(); !seen[s] {
					seen[s] = true
					all = append(all, s)
				}
			}
			panic(errorAt(v.pos, "TYPE_MISMATCH", "%s Cannot find common type between %s and %s, all types (without duplicates): [%s]",
				what, t, v.typ, strings.Join(all, ", ")))
		}
		t = c
	}
	return t
}

// matches says whether a WHEN of literals holds, which Trino sees before it looks at what
// stands behind it. operand is nil for a condition.
func matches(operand, when Expr) (holds, literal bool) {
	switch w := when.(type) {
	case *BoolLit:
		return w.Value, operand == nil
	case *NumberLit:
		o, ok := operand.(*NumberLit)
		return ok && strings.TrimLeft(o.Text, "0") == strings.TrimLeft(w.Text, "0"), ok && o.Kind == w.Kind && o.Kind == tokInteger
	}
	return false, false
}

func (a *analyser) caseExpr(x *Case, sc *scope) value {
	out := value{constant: true}
	var operand value
	if x.Operand != nil {
		operand = a.expr(x.Operand, sc)
	}
	conds := make([]value, len(x.Whens))
	var results []value
	decided := len(x.Whens) // the first WHEN true: what stands behind is not read
	var kept []int          // the WHEN that may be true
	for i, w := range x.Whens {
		c := a.readIf(i < decided, w.Cond, sc)
		switch {
		case x.Operand == nil && c.typ.Kind != Boolean && c.typ.Kind != Unknown:
			panic(errorAt(w.Cond.Pos(), "TYPE_MISMATCH", "CASE WHEN clause must evaluate to a boolean (actual: %s)", c.typ))
		case x.Operand != nil:
			if t, ok := commonType(operand.typ, c.typ); !ok || !t.comparable() {
				panic(errorAt(w.Cond.Pos(), "TYPE_MISMATCH", "CASE operand type does not match WHEN clause operand type: %s vs %s", operand.typ, c.typ))
			}
			conds[i] = a.comparisonOf("=", operand, c, w.Cond.Pos(), false)
		default:
			conds[i] = a.coerce(c, tBoolean)
		}
		holds, literal := matches(x.Operand, w.Cond)
		read := i < decided && (holds || !literal)
		r := a.readIf(read, w.Result, sc)
		results = append(results, r)
		out.constant = out.constant && c.constant && r.constant
		if read {
			kept = append(kept, i)
		}
		if read && literal {
			decided = i
		}
	}
	if x.Else != nil {
		e := a.readIf(decided == len(x.Whens), x.Else, sc)
		results = append(results, e)
		out.constant = out.constant && e.constant
	}
	out.typ = a.unify(results, "All CASE results must be the same type or coercible to a common type.")
	code := "CASE"
	for _, i := range kept {
		code += " WHEN " + conds[i].code + " THEN " + a.coerce(results[i], out.typ).code
	}
	if len(kept) == 0 {
		code += " WHEN false THEN CAST(NULL AS " + out.typ.DuckDB() + ")"
	}
	if x.Else != nil && decided == len(conds) {
		code += " ELSE " + a.coerce(results[len(results)-1], out.typ).code
	}
	out.code = "(" + code + " END)"
	return out
}

// badNumber is the error of an integer out of range, which old releases place at
// the start of the statement.
func (a *analyser) badNumber(p Pos, text string) *Error {
	if a.level < newSyntax {
		p = Pos{1, 1}
	}
	return errorAt(p, "SYNTAX_ERROR", "Invalid numeric literal: %s", text)
}

func (a *analyser) badDecimal(x *NumberLit) *Error {
	shown := "decimal"
	if a.level >= newSyntax {
		shown = "DECIMAL"
	}
	return errorAt(x.pos, "INVALID_LITERAL", "'%s' is not a valid %s literal", x.Raw, shown)
}

func (a *analyser) scalarQuery(x *SubqueryExpr, sc *scope) value {
	before := a.outer
	q := a.subquery(x.Query, sc, asked{as: asScalar, pos: x.Query.pos, at: x.pos, strict: a.strict[x]})
	a.markAll(q)
	if code, ok := a.bareValue(x.Query, q); ok {
		return value{typ: q.cols[0].typ, code: "(" + code + ")"}
	}
	if len(q.cols) == 1 {
		return a.onceBeforeJoin(value{typ: q.cols[0].typ, code: "(" + q.sql + ")"})
	}
	t := Type{Kind: Row}
	var parts, nulls []string
	for i, c := range q.cols {
		t.Elem = append(t.Elem, Field{c.name, c.typ})
		parts = append(parts, fmt.Sprintf("f%d := %s", i, quoteName(c.code)))
		nulls = append(nulls, fmt.Sprintf("f%d := CAST(NULL AS %s)", i, c.typ.DuckDB()))
	}
	code := fmt.Sprintf("(SELECT struct_pack(%s) FROM (%s))", strings.Join(parts, ", "), q.sql)
	if a.outer == before { // the row is made of the columns of no row then, behind the query
		code = fmt.Sprintf("coalesce(%s, struct_pack(%s))", code, strings.Join(nulls, ", "))
	}
	return value{typ: t, code: code}
}

// bareValue gives the code of a query that is one value: a SELECT of it and no more. It
// stands better for itself, for DuckDB finds no column of a query around in a lambda.
func (a *analyser) bareValue(q *Query, res *result) (string, bool) {
	s, ok := q.Body.(*Select)
	if !ok || len(res.cols) != 1 || s.From != nil || s.Where != nil || s.GroupBy != nil || s.Having != nil || s.Distinct || windows(s) || a.aggregates(s, q.OrderBy) ||
		q.With != nil || q.OrderBy != nil || q.Offset != nil || q.Limit != nil || q.Fetch {
		return "", false
	}
	code, ok := strings.CutPrefix(res.sql, "SELECT ")
	if !ok {
		return "", false
	}
	return strings.CutSuffix(code, " AS "+quoteName(res.cols[0].code))
}

// markAll makes all columns of a query needed.
func (a *analyser) markAll(q *result) {
	for _, c := range q.cols {
		for _, d := range c.deps {
			d.mark()
		}
	}
}

// subqueryRow gives the type of a subquery's rows.
func (q *result) rowType() Type {
	if len(q.cols) == 1 {
		return q.cols[0].typ
	}
	t := Type{Kind: Row}
	for _, c := range q.cols {
		t.Elem = append(t.Elem, Field{Type: c.typ})
	}
	return t
}
