package dialect

import (
	"fmt"
	"strings"
)

// Arithmetic. Trino gives integers for integers, decimals of a stated precision
// for decimals, and fails where DuckDB gives NULL, infinity or a wider type.

func (a *analyser) binary(x *Binary, sc *scope) value {
	l, r := a.expr(x.L, sc), a.expr(x.R, sc)
	if x.Op == "||" {
		return a.invoke("concat", []value{l, r}, x.pos)
	}
	v := a.arithmetic(x.Op, l, r, x.pos)
	v.constant = l.constant && r.constant
	return v
}

func (a *analyser) arithmetic(op string, l, r value, p Pos) value {
	a.pos = p
	a.representable(l.typ)
	a.representable(r.typ)
	if l.typ.Kind == Unknown || r.typ.Kind == Unknown {
		t, fits := nullMoved(op, l.typ, r.typ)
		switch {
		case fits && t.Kind == Unknown:
			panic(ambiguousOperator())
		case fits:
			return value{typ: t, code: "CAST(NULL AS " + t.DuckDB() + ")"}
		case l.typ.isNumeric() || r.typ.isNumeric():
			return a.numeric(op, l, r)
		}
	}
	if l.typ.isNumeric() && r.typ.isNumeric() {
		return a.numeric(op, l, r)
	}
	if v, ok := a.temporal(op, l, r); ok {
		return v
	}
	e := errorAt(p, "TYPE_MISMATCH", "Cannot apply operator: %s %s %s", typeAt(l.typ, a.level), op, typeAt(r.typ, a.level))
	if l.typ.Kind == Date && r.typ.isInteger() {
		e.hint("write an interval: + INTERVAL '1' DAY, or date_add('day', 1, ...)")
	}
	panic(e)
}

// ambiguousOperator is the error of an operator where a NULL of no type may be of several.
func ambiguousOperator() *Error {
	return &Error{Name: "AMBIGUOUS_FUNCTION_CALL", Message: "Could not choose a best candidate operator. Explicit type casts must be added."}
}

// nullMoved gives the type of an operation with a NULL of no type that is not one on
// two numbers alone, or the unknown type where Trino finds the operator ambiguous: what
// the NULL could be would give different types.
func nullMoved(op string, l, r Type) (Type, bool) {
	known := r
	if r.Kind == Unknown {
		known = l
	}
	left := l.Kind != Unknown
	switch known.Kind {
	case Unknown:
		if op == "%" {
			return Type{Kind: TinyInt}, true
		}
		return Type{}, true
	case BigInt:
		return Type{}, op == "*" // by a number or an interval
	case Double:
		return Type{}, op == "*" || op == "/" && !left
	case IntervalDay, IntervalYear:
		switch {
		case op == "*", left && (op == "/" || op == "-"):
			return known, true
		}
		return Type{}, op == "+" || op == "-"
	case Date, Time, TimeTZ, Timestamp, TimestampTZ:
		switch {
		case op == "-" && !left:
			return tIntDay, true
		case op == "-" && known.Kind != Date:
			return Type{}, true
		case op != "+" && op != "-":
			return Type{}, false
		case known.Kind == Time || known.Kind == TimeTZ:
			known.Precision = max(3, known.Precision)
		case known.Kind != Date && known.Precision < 3: // a day's interval raises it to 3, a month's does not
			return Type{}, true
		}
		return known, true
	}
	return Type{}, false
}

func (a *analyser) numeric(op string, l, r value) value {
	t, _ := commonType(l.typ, r.typ)
	if t.Kind == Decimal {
		for _, v := range []*value{&l, &r} {
			if v.typ.Kind == Unknown { // Trino takes it for the narrowest decimal
				v.typ, v.code = decimalType(1, 0), "CAST(NULL AS DECIMAL(1,0))"
			}
		}
		ld, rd := l.typ.asDecimal(), r.typ.asDecimal()
		return a.decimal(op, a.coerce(l, ld), a.coerce(r, rd))
	}
	l, r = a.coerce(l, t), a.coerce(r, t)
	out := value{typ: t}
	switch {
	case op == "/" && t.isInteger():
		out.code = a.divisor(l, r, t, "("+l.code+" // "+r.code+")")
	case op == "%" && t.isInteger():
		out.code = a.divisor(l, r, t, "("+l.code+" % "+remainderBy(r, t)+")")
	default:
		out.code = "(" + l.code + " " + op + " " + r.code + ")"
		switch {
		case t.Kind == Real:
			out.code = "CAST(" + out.code + " AS FLOAT)"
		case t.isInteger() && !(l.constant && r.constant):
			out.code = unmoved(out.code)
		}
	}
	return out
}

// unmoved keeps DuckDB from what it knows of comparisons with a constant: it makes i > 4
// of i + 1 > 5, and of CAST(i AS SMALLINT) > 5 i > 5, where i + 1 and the cast would have
// failed or TRY_CAST been NULL. It does not look into the greatest of one value.
func unmoved(code string) string { return "greatest(" + code + ")" }

// remainderBy is a divisor of %, 1 in place of -1: the remainder is 0 too, but
// DuckDB divides, which overflows.
func remainderBy(r value, t Type) string {
	switch {
	case r.number == "-1":
		return "CAST(1 AS " + t.DuckDB() + ")"
	case r.number != "":
		return r.code
	}
	return fmt.Sprintf("CASE WHEN %s = -1 THEN CAST(1 AS %s) ELSE %s END", r.code, t.DuckDB(), r.code)
}

// divisor guards a division against zero, where the divisor is not a literal
// other than zero. NULL by zero is NULL.
func (a *analyser) divisor(l, r value, t Type, code string) string {
	if r.number != "" && strings.Trim(r.number, "0.") != "" {
		return code
	}
	return fmt.Sprintf("CASE WHEN %s IS NOT NULL AND %s = 0 THEN %s ELSE %s END", l.code, r.code, fail(t.DuckDB(), "DIVISION_BY_ZERO", "Division by zero"), code)
}

// decimalResult gives the type of an operation on decimals, by Trino's rules up
// to release 476 and, for division and all that is capped, from 477 on.
func (a *analyser) decimalResult(op string, l, r Type) Type {
	p1, s1, p2, s2 := l.Precision, l.Scale, r.Precision, r.Scale
	switch op {
	case "+", "-":
		s, whole := max(s1, s2), max(p1-s1, p2-s2)
		if whole+s+1 > 38 && a.level >= 477 {
			return decimalType(38, min(s, 38-whole))
		}
		return decimalType(min(38, whole+s+1), s)
	case "*":
		return a.capped(p1+p2, s1+s2)
	case "/":
		if a.level >= 477 {
			s := max(6, s1+p2+1)
			return a.capped(p1-s1+s2+s, s)
		}
		return decimalType(min(38, p1+s2+max(s2-s1, 0)), max(s1, s2))
	}
	s := max(s1, s2)
	return decimalType(min(p2-s2, p1-s1)+s, s)
}

// capped brings a precision to 38 at most; from 477 on the scale gives way, but
// not below 6.
func (a *analyser) capped(p, s int) Type {
	if p > 38 && a.level >= 477 {
		whole := p - s
		return decimalType(38, max(38-whole, min(s, 6)))
	}
	return decimalType(min(p, 38), s)
}

func (a *analyser) decimal(op string, l, r value) value {
	t := a.decimalResult(op, l.typ, r.typ)
	out := value{typ: t}
	if t.Scale > 38 {
		panic(&Error{Name: "INVALID_FUNCTION_ARGUMENT", Message: fmt.Sprintf("DECIMAL scale must be in range [0, precision (%d)]: %d", t.Precision, t.Scale)})
	}
	switch op {
	case "+", "-", "*":
		exact := decimalType(min(38, a.widthOf(op, l.typ, r.typ)), t.Scale)
		if op == "*" {
			exact.Scale = l.typ.Scale + r.typ.Scale
		}
		if exact.Scale != t.Scale || a.widthOf(op, l.typ, r.typ) > 38 {
			out.code = a.bigDecimal(op, l, r, t)
			break
		}
		out.code = "CAST((" + a.wide(l, exact) + " " + op + " " + r.code + ") AS " + t.DuckDB() + ")"
	case "/":
		out.code = a.decimalDivide(l, r, t)
	case "%":
		s := max(l.typ.Scale, r.typ.Scale)
		if l.typ.Precision-l.typ.Scale+s > 38 || r.typ.Precision-r.typ.Scale+s > 38 {
			out.code = a.bigDecimal(op, l, r, t)
			break
		}
		lw, rw := decimalType(38, s), decimalType(38, s)
		code := fmt.Sprintf("CAST((CAST(%s AS %s) %% CAST(%s AS %s)) AS %s)", l.code, lw.DuckDB(), r.code, rw.DuckDB(), t.DuckDB())
		out.code = a.divisor(l, r, t, code)
	}
	return out
}

// wide gives an operand of an operation whose result needs more than 64 bits such
// a width itself: DuckDB computes in the width of the operands otherwise.
func (a *analyser) wide(v value, result Type) string {
	if result.Precision <= 18 || v.typ.Precision > 18 {
		return v.code
	}
	return "CAST(" + v.code + " AS " + decimalType(max(19, v.typ.Precision), v.typ.Scale).DuckDB() + ")"
}

// widthOf is the precision that an operation's exact result can have.
func (a *analyser) widthOf(op string, l, r Type) int {
	if op == "*" {
		return l.Precision + r.Precision
	}
	return max(l.Precision-l.Scale, r.Precision-r.Scale) + max(l.Scale, r.Scale) + 1
}

// unscaled gives a decimal's digits as HUGEINT, where they fit after k more.
func unscaled(v value, k int) (string, bool) {
	if v.typ.Precision+k > 38 {
		return "", false
	}
	n := k + v.typ.Scale
	if n == 0 {
		return "CAST(" + v.code + " AS HUGEINT)", true
	}
	one := "CAST('1" + strings.Repeat("0", n) + "' AS " + decimalType(n+1, 0).DuckDB() + ")"
	if v.typ.Precision+n+1 > 38 {
		return "", false
	}
	code := v.code
	if v.typ.Precision+n+1 > 18 && v.typ.Precision < 19 {
		code = "CAST(" + code + " AS " + decimalType(19, v.typ.Scale).DuckDB() + ")"
	}
	return "CAST((" + code + " * " + one + ") AS HUGEINT)", true
}

// decimalDivide divides to the result's scale, rounding half up. Where the
// digits fit a HUGEINT DuckDB does it, else a function in Go.
func (a *analyser) decimalDivide(l, r value, t Type) string {
	k := t.Scale - l.typ.Scale + r.typ.Scale
	if k > 38 {
		// Trino has no such power of ten; newer releases say so before any row.
		if a.level >= 477 {
			panic(&Error{Name: "NUMERIC_VALUE_OUT_OF_RANGE", Message: "Decimal overflow"})
		}
		return a.divisor(l, r, t, fmt.Sprintf("CASE WHEN %s IS NOT NULL AND %s IS NOT NULL THEN %s END", l.code, r.code,
			fail(t.DuckDB(), "NUMERIC_VALUE_OUT_OF_RANGE", "Decimal overflow")))
	}
	ln, ok1 := unscaled(l, k)
	rn, ok2 := unscaled(r, 0)
	if !ok1 || !ok2 || r.typ.Precision > 36 || l.typ.Precision+k > 36 || 2*t.Scale > 38 || t.Precision+t.Scale > 38 {
		return a.bigDecimal("/", l, r, t)
	}
	divide := "trino.divide"
	if strings.Contains(ln+rn, divide) {
		divide = "trino.divide_exact" // it names its arguments fewer times
	}
	q := divide + "(" + ln + ", " + rn + ")"
	code := "CAST(" + q + " AS " + t.DuckDB() + ")"
	if t.Scale > 0 {
		unit := "CAST('0." + strings.Repeat("0", t.Scale-1) + "1' AS " + decimalType(t.Scale, t.Scale).DuckDB() + ")"
		code = "CAST((CAST(" + q + " AS " + decimalType(38-t.Scale, 0).DuckDB() + ") * " + unit + ") AS " + t.DuckDB() + ")"
	}
	return a.divisor(l, r, t, code)
}

// bigDecimal computes with numbers of any size in Go, from and to text.
func (a *analyser) bigDecimal(op string, l, r value, t Type) string {
	return fmt.Sprintf("CAST(acme_decimal(%s, CAST(%s AS VARCHAR), CAST(%s AS VARCHAR), %d, %d, %d, %d) AS %s)",
		quoteText(op), l.code, r.code, l.typ.Scale, r.typ.Scale, t.Precision, t.Scale, t.DuckDB())
}

func (a *analyser) unary(x *Unary, sc *scope) value {
	v := a.expr(x.X, sc)
	switch {
	case x.Op == "+":
		if v.typ.Kind == Decimal || !v.typ.isNumeric() {
			panic(errorAt(x.pos, "TYPE_MISMATCH", "Unary '+' operator cannot by applied to %s type", typeAt(v.typ, a.level)))
		}
		return value{typ: v.typ, code: v.code, constant: v.constant}
	case v.typ.isNumeric() || v.typ.Kind == IntervalDay || v.typ.Kind == IntervalYear:
		code := "(-" + v.code + ")"
		switch {
		case v.typ.isInteger() && v.number == "":
			code = "(CAST(0 AS " + v.typ.DuckDB() + ") - " + v.code + ")" // its overflow names the number
			if !v.constant {
				code = unmoved(code)
			}
		case strings.HasPrefix(v.code, "-"):
			code = "(- " + v.code + ")"
		}
		if v.typ.isFloat() {
			code = "(" + v.code + " * -1)"
			if isNumberText(v.code) && v.number != "" {
				code = "(-" + v.code + ")"
			}
		}
		return value{typ: v.typ, code: code, constant: v.constant}
	case v.typ.Kind == Unknown:
		panic(ambiguousOperator())
	}
	panic(errorAt(x.pos, "TYPE_MISMATCH", "Cannot negate %s", typeAt(v.typ, a.level)))
}
