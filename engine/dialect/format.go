package dialect

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// formatted gives the text of a query as this package prints Athena SQL: it parses
// to the same tree, and printing that gives the same text.
func formatted(sql string) (string, error) {
	q, err := parseQuery(sql, 483)
	if err != nil {
		return "", err
	}
	f := &formatter{}
	f.query(q)
	return f.String(), nil
}

// formatter prints the tree. Expressions come as Trino shows them in messages:
// operators in parentheses, COALESCE and IF in capitals.
type formatter struct {
	strings.Builder
	// name, where set, prints a column in another way; it gives false to leave
	// it as it is.
	name func(x Expr) (string, bool)
}

// formatExpr gives x as Trino shows it.
func formatExpr(x Expr) string {
	f := &formatter{}
	f.expr(x)
	return f.String()
}

func formatExprs(xs []Expr) string {
	f := &formatter{}
	f.list(xs)
	return f.String()
}

func formatQName(q QName) string {
	parts := make([]string, len(q))
	for i, n := range q {
		parts[i] = n.Text
	}
	return strings.Join(parts, ".")
}

func (f *formatter) put(parts ...string) {
	for _, p := range parts {
		f.WriteString(p)
	}
}

func (f *formatter) list(xs []Expr) {
	for i, x := range xs {
		if i > 0 {
			f.put(", ")
		}
		f.expr(x)
	}
}

// ident prints a name so that it reads back as the same.
func (f *formatter) ident(n Name) {
	if n.Quoted || !isName(token{kind: tokWord, up: strings.ToUpper(n.Text)}) || !plainName(n.Text) {
		f.put(quoteName(n.Text))
		return
	}
	f.put(n.Text)
}

// formatName is a name as Trino shows it, in the quotes it was written with.
func formatName(n Name) string {
	if n.Quoted {
		return quoteName(n.Text)
	}
	return n.Text
}

func plainName(s string) bool {
	for i := 0; i < len(s); i++ {
		if !(isLetter(s[i]) || s[i] == '_' || i > 0 && isDigit(s[i])) {
			return false
		}
	}
	return s != ""
}

func (f *formatter) names(ns []Name) {
	f.put("(")
	for i, n := range ns {
		if i > 0 {
			f.put(", ")
		}
		f.ident(n)
	}
	f.put(")")
}

func (f *formatter) qname(q QName) {
	for i, n := range q {
		if i > 0 {
			f.put(".")
		}
		f.ident(n)
	}
}

func (f *formatter) expr(x Expr) {
	if f.name != nil {
		switch x.(type) {
		case *Ident, *Deref:
			if s, ok := f.name(x); ok {
				f.put(s)
				return
			}
		}
	}
	switch x := x.(type) {
	case *NullLit:
		f.put("null")
	case *BoolLit:
		f.put(strconv.FormatBool(x.Value))
	case *NumberLit:
		f.number(x)
	case *StringLit:
		f.text(x.Value)
	case *BinaryLit:
		f.put("X'", strings.ToUpper(hex.EncodeToString(x.Value)), "'")
	case *TypedLit:
		f.typed(x)
	case *IntervalLit:
		f.interval(x)
	case *Param:
		f.put("?")
	case *Ident:
		f.ident(x.Name)
	case *Deref:
		f.base(x.Base)
		f.put(".")
		f.ident(x.Field)
	case *Subscript:
		f.base(x.Base)
		f.put("[")
		f.expr(x.Index)
		f.put("]")
	case *Binary:
		f.infix(x.L, x.Op, x.R)
	case *Compare:
		f.infix(x.L, x.Op, x.R)
	case *Unary:
		f.put(x.Op)
		if x.Op == "-" { // -- would begin a comment
			f.put("(")
			f.expr(x.X)
			f.put(")")
			break
		}
		f.expr(x.X)
	default:
		f.form(x)
	}
}

// base prints what a field, subscript or zone follows: in parentheses where it
// would take in less than all of it.
func (f *formatter) base(x Expr) {
	switch x.(type) {
	case *NumberLit, *Unary, *AtZone, *TypedLit, *IntervalLit, *LambdaExpr:
		f.put("(")
		f.expr(x)
		f.put(")")
	default:
		f.expr(x)
	}
}

// typed prints the type's name of a literal, which is one word or, for double
// precision, two.
func (f *formatter) typed(x *TypedLit) {
	t := strings.ToUpper(x.Type)
	if !plainName(x.Type) || !isName(token{kind: tokWord, up: t}) || t == "INTERVAL" {
		t = quoteName(x.Type)
	}
	f.put(t, " ")
	f.text(x.Value)
}

func (f *formatter) number(x *NumberLit) {
	text := x.Raw
	if f.name != nil { // to compare: the value alone counts
		text = x.Text
	}
	switch x.Kind {
	case tokDouble:
		if d, err := strconv.ParseFloat(x.Text, 64); err == nil {
			f.put(javaScientific(d))
			return
		}
	case tokDecimal:
		f.put("DECIMAL '", text, "'")
		return
	}
	f.put(text)
}

// text prints a string literal; what is not printable becomes U&'...'.
func (f *formatter) text(s string) {
	if f.name != nil { // the text is compared without regard to case: not so this
		fmt.Fprintf(f, "'%x'", s)
		return
	}
	plain := true
	for _, r := range s {
		if r < 0x20 || r >= 0x7f {
			plain = false
		}
	}
	if plain {
		f.put(quoteText(s))
		return
	}
	f.put("U&'")
	for _, r := range s {
		switch {
		case r == '\\':
			f.put(`\\`)
		case r == '\'':
			f.put("''")
		case r >= 0x20 && r < 0x7f:
			f.WriteRune(r)
		case r <= 0xffff:
			fmt.Fprintf(f, `\%04X`, r)
		default:
			fmt.Fprintf(f, `\+%06X`, r)
		}
	}
	f.put("'")
}

func (f *formatter) interval(x *IntervalLit) {
	f.put("INTERVAL ")
	if x.Negative {
		f.put("- ")
	}
	f.text(x.Value)
	f.put(" ", x.From)
	if x.To != "" {
		f.put(" TO ", x.To)
	}
}

func (f *formatter) infix(l Expr, op string, r Expr) {
	f.put("(")
	f.expr(l)
	f.put(" ", op, " ")
	f.expr(r)
	f.put(")")
}

// form prints what is neither literal nor operator.
func (f *formatter) form(x Expr) {
	switch x := x.(type) {
	case *Logic:
		f.put("(")
		for i, t := range x.Terms {
			if i > 0 {
				f.put(" ", x.Op, " ")
			}
			f.expr(t)
		}
		f.put(")")
	case *Not:
		f.put("(NOT ")
		f.expr(x.X)
		f.put(")")
	case *Between:
		f.put("(")
		f.expr(x.X)
		f.put(" BETWEEN ")
		if x.Symmetric {
			f.put("SYMMETRIC ")
		}
		f.expr(x.Lo)
		f.put(" AND ")
		f.expr(x.Hi)
		f.put(")")
	case *InList:
		f.put("(")
		f.expr(x.X)
		f.put(" IN (")
		f.list(x.List)
		f.put("))")
	case *InQuery:
		f.put("(")
		f.expr(x.X)
		f.put(" IN ")
		f.subquery(x.Query)
		f.put(")")
	case *Like:
		f.put("(")
		f.expr(x.X)
		f.put(" LIKE ")
		f.expr(x.Pattern)
		if x.Escape != nil {
			f.put(" ESCAPE ")
			f.expr(x.Escape)
		}
		f.put(")")
	case *IsNull:
		f.put("(")
		f.expr(x.X)
		if x.Negated {
			f.put(" IS NOT NULL)")
		} else {
			f.put(" IS NULL)")
		}
	default:
		f.special(x)
	}
}

func (f *formatter) subquery(q *Query) {
	f.put("(")
	f.query(q)
	f.put(")")
}

// special prints the forms with a grammar of their own.
func (f *formatter) special(x Expr) {
	switch x := x.(type) {
	case *Quantified:
		f.put("(")
		f.expr(x.X)
		f.put(" ", x.Op, " ", x.Quantifier, " ")
		f.subquery(x.Query)
		f.put(")")
	case *Exists:
		f.put("(EXISTS ")
		f.subquery(x.Query)
		f.put(")")
	case *SubqueryExpr:
		f.subquery(x.Query)
	case *AtZone:
		f.base(x.X)
		f.put(" AT TIME ZONE ")
		f.expr(x.Zone)
	case *Case:
		f.caseExpr(x)
	case *Cast:
		f.put(map[bool]string{false: "CAST(", true: "TRY_CAST("}[x.Safe])
		f.expr(x.X)
		f.put(" AS ", x.Type.String(), ")")
	case *ArrayLit:
		f.put("ARRAY[")
		for i, it := range x.Items {
			if i > 0 {
				f.put(",")
			}
			f.expr(it)
		}
		f.put("]")
	case *RowLit:
		f.row(x)
	case *Overlaps:
		f.infix(x.L, "OVERLAPS", x.R)
	case *BooleanTest:
		f.booleanTest(x)
	case *Overlay:
		f.overlay(x)
	case *LambdaExpr:
		f.names(x.Params)
		f.put(" -> ")
		f.expr(x.Body)
	case *Extract:
		f.put("EXTRACT(", strings.ToUpper(x.Field.Text), " FROM ")
		f.expr(x.X)
		f.put(")")
	case *Current:
		f.put(x.Name)
		if x.Precision >= 0 {
			f.put("(", strconv.Itoa(x.Precision), ")")
		}
	case *Trim:
		f.put("TRIM(", x.Spec, " ")
		if x.Chars != nil {
			f.expr(x.Chars)
			f.put(" ")
		}
		f.put("FROM ")
		f.expr(x.X)
		f.put(")")
	case *GroupingCall:
		f.put("GROUPING (")
		f.list(x.Args)
		f.put(")")
	case *Special:
		f.put(x.Text)
	case *JSONCall:
		f.jsonCall(x)
	case *JSONMaker:
		f.jsonMaker(x)
	case *Call:
		f.call(x)
	}
}

func (f *formatter) caseExpr(x *Case) {
	if x.Operand == nil {
		f.put("(CASE")
	} else {
		f.put("(CASE ")
		f.expr(x.Operand)
	}
	for _, w := range x.Whens {
		f.put(" WHEN ")
		f.expr(w.Cond)
		f.put(" THEN ")
		f.expr(w.Result)
	}
	if x.Else != nil {
		f.put(" ELSE ")
		f.expr(x.Else)
	}
	f.put(" END)")
}

// shownInCapitals are the functions that are syntax to Trino.
var shownInCapitals = map[string]bool{"coalesce": true, "if": true, "nullif": true, "try": true}

func (f *formatter) call(c *Call) {
	name := strings.ToLower(c.Name[0].Text)
	switch {
	case len(c.Name) == 1 && name == "listagg":
		f.put("LISTAGG")
	case len(c.Name) == 1 && name == "normalize" && len(c.Args) == 2:
		f.put("NORMALIZE(")
		f.expr(c.Args[0])
		f.put(", ", c.Args[1].(*StringLit).Value, ")")
		return
	case len(c.Name) == 1 && shownInCapitals[name]:
		f.put(strings.ToUpper(name))
	default:
		if c.Mode != "" {
			f.put(c.Mode, " ")
		}
		f.qname(c.Name)
	}
	f.put("(")
	if c.Distinct {
		f.put("DISTINCT ")
	}
	if c.StarOf != nil {
		f.ident(*c.StarOf)
		f.put(".")
	}
	if c.Star {
		f.put("*")
	}
	if c.Given != nil {
		f.ident(*c.Given)
		f.put(" => ")
	}
	f.list(c.Args)
	if c.Overflow != "" {
		f.put(" ON OVERFLOW ", c.Overflow)
	}
	if c.OrderBy != nil && name == "listagg" {
		f.put(") WITHIN GROUP (ORDER BY ")
		f.sort(c.OrderBy)
	} else if c.OrderBy != nil {
		f.put(" ORDER BY ")
		f.sort(c.OrderBy)
	}
	f.put(")")
	if c.Filter != nil {
		f.put(" FILTER (WHERE ")
		f.expr(c.Filter)
		f.put(")")
	}
	if c.Nulls != "" {
		f.put(" ", c.Nulls, " NULLS")
	}
	if c.Over != nil {
		f.put(" OVER ")
		f.window(c.Over)
	}
}

func (f *formatter) window(w *Window) {
	if w.Name != nil {
		f.ident(*w.Name)
		return
	}
	f.put("(")
	sep := ""
	if w.Base != nil {
		f.ident(*w.Base)
		sep = " "
	}
	sep = f.arranged(sep, w.Partition, w.OrderBy)
	if fr := w.Frame; fr != nil {
		f.put(sep, fr.Unit, " ")
		if fr.End != nil {
			f.put("BETWEEN ")
			f.bound(fr.Start)
			f.put(" AND ")
			f.bound(fr.End)
		} else {
			f.bound(fr.Start)
		}
	}
	f.put(")")
}

// arranged prints how rows are put into partitions and in order, behind a separator,
// and gives the one for what follows.
func (f *formatter) arranged(sep string, partition []Expr, order []SortItem) string {
	if partition != nil {
		f.put(sep, "PARTITION BY ")
		f.list(partition)
		sep = " "
	}
	if order != nil {
		f.put(sep, "ORDER BY ")
		f.sort(order)
		sep = " "
	}
	return sep
}

func (f *formatter) bound(b *Bound) {
	if b.Value != nil {
		f.expr(b.Value)
		f.put(" ")
	}
	f.put(b.Kind)
}

func (f *formatter) sort(items []SortItem) {
	for i, s := range items {
		if i > 0 {
			f.put(", ")
		}
		f.expr(s.X)
		if s.Desc {
			f.put(" DESC")
		} else {
			f.put(" ASC")
		}
		if s.Nulls != "" {
			f.put(" NULLS ", s.Nulls)
		}
	}
}

// String gives the type's name as Trino shows it.
func (t TypeName) String() string {
	var b strings.Builder
	switch {
	case t.Base == "interval day to second" || t.Base == "interval year to month":
		b.WriteString(t.Base)
	case strings.EqualFold(t.Base, "row") && len(t.Args) > 0:
		b.WriteString("ROW")
	case t.Base == "time" || t.Base == "timestamp" || t.Written == "" && plainName(t.Base):
		b.WriteString(t.Base)
	case t.Written != "":
		b.WriteString(t.Written)
	default:
		b.WriteString(quoteName(t.Base))
	}
	if len(t.Args) > 0 {
		b.WriteString("(")
		for i, a := range t.Args {
			if i > 0 {
				b.WriteString(", ")
			}
			switch {
			case !a.IsType:
				b.WriteString(strconv.Itoa(a.Number))
			case a.Field != nil:
				f := &formatter{}
				f.ident(*a.Field)
				b.WriteString(f.String() + " " + a.Type.String())
			default:
				b.WriteString(a.Type.String())
			}
		}
		b.WriteString(")")
	}
	if t.WithZone {
		b.WriteString(" with time zone")
	}
	return b.String()
}
