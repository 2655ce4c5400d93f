package dialect

import (
	"cmp"
	"fmt"
	"math"
	"math/big"
	"strings"

	"acme/telemetry/engine/floattext"
)

// sqlValue is a value of SQL's inside a path: n is a whole number, an unscaled
// decimal, days (date) or microseconds (time, timestamp); f is a real or double.
type sqlValue struct {
	typ Type
	n   *big.Int
	f   float64
	s   string
	b   bool
}

// jsonItem is what a path computes with: a JSON value or one of SQL's.
type jsonItem struct {
	node *jsonNode
	val  *sqlValue
}

func integerValue(i int64) *sqlValue {
	t := tInteger
	if i != int64(int32(i)) {
		t = tBigInt
	}
	return &sqlValue{typ: t, n: big.NewInt(i)}
}

func textValue(s string) *sqlValue { return &sqlValue{typ: tVarchar, s: s} }

// pathFailure is an error that ON ERROR handles.
type pathFailure struct{ message string }

func (f pathFailure) Error() string { return f.message }

func pathError(format string, args ...any) error { return pathFailure{fmt.Sprintf(format, args...)} }

func itemTypeError(want string, it jsonItem) error {
	return pathError("invalid item type. Expected: %s, actual: %s", want, it.typeName())
}

// typeName names the type of an item as error texts do.
func (it jsonItem) typeName() string {
	if it.val != nil {
		return it.val.typ.String()
	}
	if it.node.isNull() {
		return "NULL"
	}
	return map[string]string{"null": "NULL", "boolean": "BOOLEAN", "number": "NUMBER", "string": "STRING", "array": "ARRAY", "object": "OBJECT", "missing": "MISSING"}[it.node.typeName()]
}

// typeName names the type of a JSON value.
func (n *jsonNode) typeName() string {
	switch n.kind {
	case '{':
		return "object"
	case '[':
		return "array"
	case '"':
		return "string"
	case missingNode:
		return "missing"
	}
	switch n.text {
	case "null":
		return "null"
	case "true", "false":
		return "boolean"
	}
	return "number"
}

// missingNode is what Trino reads of an empty text; its text is null where it
// passes for that.
const missingNode = 'm'

func (n *jsonNode) isNull() bool { return (n.kind == 0 || n.kind == missingNode) && n.text == "null" }

// typed gives a JSON scalar as SQL's value: ok is false for what is none. The
// error is that a number is too large.
func (n *jsonNode) typed() (v *sqlValue, ok bool, err error) {
	switch n.typeName() {
	case "boolean":
		return &sqlValue{typ: tBoolean, b: n.text == "true"}, true, nil
	case "string":
		return textValue(plainSurrogates(n.text)), true, nil
	case "number":
		v, err := n.numeric()
		return v, err == nil, err
	}
	return nil, false, nil
}

// numeric gives a number of JSON: whole numbers are integer or bigint, others
// double.
func (n *jsonNode) numeric() (*sqlValue, error) {
	if strings.ContainsAny(n.text, ".eE") {
		d, _ := parseJavaDouble(n.text)
		return &sqlValue{typ: tDouble, f: d}, nil
	}
	if len(n.text) > 20 {
		return nil, pathError("")
	}
	i, ok := new(big.Int).SetString(n.text, 10)
	if !ok || !i.IsInt64() {
		return nil, pathError("")
	}
	return integerValue(i.Int64()), nil
}

// number gives an item as a number.
func (it jsonItem) number(want string) (*sqlValue, error) {
	if it.val != nil {
		if !it.val.typ.isNumeric() {
			return nil, itemTypeError(want, it)
		}
		return it.val, nil
	}
	if it.node.typeName() != "number" {
		return nil, itemTypeError(want, it)
	}
	return it.node.numeric()
}

// rat gives a whole number or decimal exactly.
func (v *sqlValue) rat() *big.Rat { return new(big.Rat).SetFrac(v.n, pow10(v.typ.Scale)) }

func (v *sqlValue) float() float64 {
	if v.typ.isFloat() {
		return v.f
	}
	f, _ := v.rat().Float64()
	if v.typ.isInteger() {
		return float64(v.n.Int64())
	}
	return f
}

var intBits = map[Kind]uint{TinyInt: 8, SmallInt: 16, Integer: 32, BigInt: 64}

// fitsKind says whether a whole number is in the range of an integer type.
func fitsKind(n *big.Int, k Kind) bool {
	limit := new(big.Int).Lsh(big.NewInt(1), intBits[k]-1)
	return n.Cmp(limit) < 0 && n.Cmp(new(big.Int).Neg(limit)) >= 0
}

func (v *sqlValue) negate() (*sqlValue, error) {
	if v.typ.isFloat() {
		return &sqlValue{typ: v.typ, f: -v.f}, nil
	}
	n := new(big.Int).Neg(v.n)
	if v.typ.isInteger() && !fitsKind(n, v.typ.Kind) {
		return nil, pathError("")
	}
	return &sqlValue{typ: v.typ, n: n}, nil
}

// rounded is ceiling or floor.
func (v *sqlValue) rounded(up bool) *sqlValue {
	switch {
	case v.typ.isInteger():
		return v
	case v.typ.isFloat() && up:
		return &sqlValue{typ: v.typ, f: math.Ceil(v.f)}
	case v.typ.isFloat():
		return &sqlValue{typ: v.typ, f: math.Floor(v.f)}
	}
	t := decimalType(max(1, v.typ.Precision-v.typ.Scale+min(v.typ.Scale, 1)), 0)
	q, r := new(big.Int).QuoRem(v.n, pow10(v.typ.Scale), new(big.Int))
	switch {
	case up && r.Sign() > 0:
		q.Add(q, big.NewInt(1))
	case !up && r.Sign() < 0:
		q.Sub(q, big.NewInt(1))
	}
	return &sqlValue{typ: t, n: q}
}

var pathOperatorNames = map[string]string{"+": "ADD", "-": "SUBTRACT", "*": "MULTIPLY", "/": "DIVIDE", "%": "MODULUS"}

// calculate applies an arithmetic operator by Trino's types.
func calculate(op string, l, r *sqlValue, level int) (*sqlValue, error) {
	lt, rt := l.typ, r.typ
	switch {
	case lt.isInteger() && rt.isInteger():
		return integerOperator(op, l, r)
	case lt.isFloat() || rt.isFloat():
		return floatOperator(op, l, r)
	}
	a := &analyser{level: level}
	ld, rd := lt.asDecimal(), rt.asDecimal()
	t := a.decimalResult(op, ld, rd)
	if t.Scale > 38 || t.Precision > 38 {
		return nil, pathError("")
	}
	text, err := decimalOperator([]any{op, decimalText(l.n, ld.Scale), decimalText(r.n, rd.Scale), int32(ld.Scale), int32(rd.Scale), int32(t.Precision), int32(t.Scale)})
	if err != nil {
		return nil, pathError("")
	}
	n, _ := unscaledText(text.(string), t.Scale)
	return &sqlValue{typ: t, n: n}, nil
}

func integerOperator(op string, l, r *sqlValue) (*sqlValue, error) {
	k := max(l.typ.Kind, r.typ.Kind)
	n := new(big.Int)
	switch op {
	case "+":
		n.Add(l.n, r.n)
	case "-":
		n.Sub(l.n, r.n)
	case "*":
		n.Mul(l.n, r.n)
	default:
		if r.n.Sign() == 0 {
			return nil, pathError("")
		}
		if op == "/" {
			n.Quo(l.n, r.n)
		} else {
			n.Rem(l.n, r.n)
		}
	}
	if !fitsKind(n, k) {
		return nil, pathError("")
	}
	return &sqlValue{typ: Type{Kind: k}, n: n}, nil
}

func floatOperator(op string, l, r *sqlValue) (*sqlValue, error) {
	t := tReal
	if l.typ.Kind == Double || r.typ.Kind == Double {
		t = tDouble
	}
	x, y := l.float(), r.float()
	if t.Kind == Real {
		x, y = float64(float32(x)), float64(float32(y))
	}
	var f float64
	switch op {
	case "+":
		f = x + y
	case "-":
		f = x - y
	case "*":
		f = x * y
	case "/":
		f = x / y
	default:
		f = math.Mod(x, y)
	}
	if t.Kind == Real {
		f = float64(float32(f))
	}
	return &sqlValue{typ: t, f: f}, nil
}

// compareValues compares two scalars: ok is false where their types do not meet.
// what is -1, 0 or 1; with NaN nothing holds, and what is 2.
func compareValues(l, r *sqlValue) (what int, ok bool) {
	switch {
	case l.typ.isNumeric() && r.typ.isNumeric():
		if !l.typ.isFloat() && !r.typ.isFloat() {
			return l.rat().Cmp(r.rat()), true
		}
		x, y := l.float(), r.float()
		if l.typ.Kind != Double && r.typ.Kind != Double {
			x, y = float64(float32(x)), float64(float32(y))
		}
		if math.IsNaN(x) || math.IsNaN(y) {
			return 2, true
		}
		return cmp.Compare(x, y), true
	case l.typ.isText() && r.typ.isText():
		if l.typ.Kind == Char || r.typ.Kind == Char {
			return strings.Compare(strings.TrimRight(l.s, " "), strings.TrimRight(r.s, " ")), true
		}
		return strings.Compare(l.s, r.s), true
	case l.typ.Kind == Boolean && r.typ.Kind == Boolean:
		if l.b == r.b {
			return 0, true
		}
		if r.b {
			return -1, true
		}
		return 1, true
	case l.n != nil && r.n != nil && !l.typ.isNumeric() && !r.typ.isNumeric():
		return compareMoments(l, r)
	}
	return 0, false
}

// compareMoments compares dates and times: a date meets a timestamp.
func compareMoments(l, r *sqlValue) (int, bool) {
	micros := func(v *sqlValue) *big.Int {
		if v.typ.Kind == Date {
			return new(big.Int).Mul(v.n, big.NewInt(86400_000_000))
		}
		return v.n
	}
	if (l.typ.Kind == Time) != (r.typ.Kind == Time) {
		return 0, false
	}
	return micros(l).Cmp(micros(r)), true
}

// jsonOf gives a value of SQL's as JSON, nil where JSON has none.
func (v *sqlValue) jsonOf(java floattext.Java) *jsonNode {
	switch {
	case v.typ.Kind == Boolean && v.b:
		return &jsonNode{text: "true"}
	case v.typ.Kind == Boolean:
		return &jsonNode{text: "false"}
	case v.typ.isText():
		return &jsonNode{kind: '"', text: v.s}
	case v.typ.isInteger():
		return &jsonNode{text: v.n.String()}
	case v.typ.Kind == Decimal:
		return &jsonNode{text: bigDecimalText(decimalText(v.n, v.typ.Scale)), exact: true}
	case v.typ.Kind == Double:
		return floatNode(floattext.Text(v.f, 64, java))
	case v.typ.Kind == Real:
		return floatNode(floattext.Text(v.f, 32, java))
	}
	return nil
}

func floatNode(s string) *jsonNode {
	n := &jsonNode{text: s, exact: true}
	if strings.ContainsAny(s, "IN") {
		n.kind = '"'
	}
	return n
}
