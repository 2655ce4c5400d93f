package dialect

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// JSON: values are kept as text, numbers as they were written.

// jsonNode is a value: kind is { [ " or, for numbers and words, 0.
type jsonNode struct {
	kind byte
	text string // of a scalar: a string's characters, or the token
	keys []string
	kids []*jsonNode
	// exact says that a number's text is to be printed as it is.
	exact bool
}

var errJSON = errors.New("not json")

// jsonParser reads one value. maxDepth bounds nesting.
type jsonParser struct {
	s     string
	i     int
	depth int
	// halves keeps half of a pair of escapes: see escaped.
	halves bool
}

// readJSON reads a text that is one value and nothing else.
func readJSON(s string) (*jsonNode, error) {
	p := &jsonParser{s: s}
	n, err := p.value()
	if err != nil {
		return nil, err
	}
	if p.blank(); p.i < len(s) {
		return nil, errJSON
	}
	return n, nil
}

func (p *jsonParser) blank() {
	for p.i < len(p.s) && strings.IndexByte(" \t\r\n", p.s[p.i]) >= 0 {
		p.i++
	}
}

func (p *jsonParser) value() (*jsonNode, error) {
	if p.depth++; p.depth > 1000 {
		return nil, errJSON
	}
	defer func() { p.depth-- }()
	p.blank()
	if p.i >= len(p.s) {
		return nil, errJSON
	}
	switch c := p.s[p.i]; {
	case c == '{' || c == '[':
		return p.composite(c)
	case c == '"':
		s, err := p.str()
		return &jsonNode{kind: '"', text: s}, err
	}
	for _, w := range []string{"true", "false", "null"} {
		if strings.HasPrefix(p.s[p.i:], w) {
			p.i += len(w)
			return &jsonNode{text: w}, nil
		}
	}
	return p.number()
}

func (p *jsonParser) composite(open byte) (*jsonNode, error) {
	n := &jsonNode{kind: open}
	end := open + 2 // ] and } stand two behind [ and {
	p.i++
	for first := true; ; first = false {
		p.blank()
		if p.i < len(p.s) && p.s[p.i] == end && first {
			p.i++
			return n, nil
		}
		if open == '{' {
			if p.i >= len(p.s) || p.s[p.i] != '"' {
				return nil, errJSON
			}
			k, err := p.str()
			if err != nil {
				return nil, err
			}
			p.blank()
			if p.i >= len(p.s) || p.s[p.i] != ':' {
				return nil, errJSON
			}
			p.i++
			n.keys = append(n.keys, k)
		}
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		n.kids = append(n.kids, v)
		p.blank()
		if p.i >= len(p.s) {
			return nil, errJSON
		}
		c := p.s[p.i]
		p.i++
		if c == end {
			return n, nil
		}
		if c != ',' {
			return nil, errJSON
		}
	}
}

func (p *jsonParser) number() (*jsonNode, error) {
	from := p.i
	digits := func() bool {
		d := p.i
		for p.i < len(p.s) && isDigit(p.s[p.i]) {
			p.i++
		}
		return p.i > d
	}
	if p.i < len(p.s) && p.s[p.i] == '-' {
		p.i++
	}
	zero := p.i < len(p.s) && p.s[p.i] == '0'
	start := p.i
	if !digits() || zero && p.i > start+1 {
		return nil, errJSON
	}
	if p.i < len(p.s) && p.s[p.i] == '.' {
		p.i++
		if !digits() {
			return nil, errJSON
		}
	}
	if p.i < len(p.s) && p.s[p.i]|0x20 == 'e' {
		p.i++
		if p.i < len(p.s) && (p.s[p.i] == '+' || p.s[p.i] == '-') {
			p.i++
		}
		if !digits() {
			return nil, errJSON
		}
	}
	return &jsonNode{text: p.s[from:p.i]}, nil
}

func (p *jsonParser) str() (string, error) {
	var b strings.Builder
	for p.i++; p.i < len(p.s); p.i++ {
		c := p.s[p.i]
		switch {
		case c == '"':
			p.i++
			return b.String(), nil
		case c < 0x20:
			return "", errJSON
		case c != '\\':
			b.WriteByte(c)
			continue
		}
		if p.i++; p.i >= len(p.s) {
			return "", errJSON
		}
		switch e := p.s[p.i]; e {
		case '"', '\\', '/':
			b.WriteByte(e)
		case 'b', 'f', 'n', 'r', 't':
			b.WriteByte("\b\f\n\r\t"[strings.IndexByte("bfnrt", e)])
		case 'u':
			if err := p.escaped(&b); err != nil {
				return "", err
			}
		default:
			return "", errJSON
		}
	}
	return "", errJSON
}

// escaped reads what stands behind \u, and a second escape where two make one
// character. Half of such a pair is a question mark, or three bytes of its own
// with halves.
func (p *jsonParser) escaped(b *strings.Builder) error {
	r, err := p.hex()
	if err != nil {
		return err
	}
	if utf16.IsSurrogate(r) && strings.HasPrefix(p.s[p.i+1:], `\u`) {
		at := p.i
		p.i += 2
		low, err := p.hex()
		if err != nil {
			return err
		}
		if c := utf16.DecodeRune(r, low); c != utf8.RuneError {
			b.WriteRune(c)
			return nil
		}
		p.i = at
	}
	switch {
	case !utf16.IsSurrogate(r):
		b.WriteRune(r)
	case p.halves:
		b.Write([]byte{0xED, byte(0x80 | r>>6&0x3F), byte(0x80 | r&0x3F)})
	default:
		b.WriteByte('?')
	}
	return nil
}

// hex reads the four digits behind \u; the last is left as the current one.
func (p *jsonParser) hex() (rune, error) {
	if p.i+5 > len(p.s) {
		return 0, errJSON
	}
	v, err := strconv.ParseUint(p.s[p.i+1:p.i+5], 16, 32)
	p.i += 4
	if err != nil {
		return 0, errJSON
	}
	return rune(v), nil
}

// print writes a value without blanks; sorted brings keys into order, the last of
// equal ones staying.
func (n *jsonNode) print(b *strings.Builder, style jsonStyle) {
	sorted := style != asWritten
	switch n.kind {
	case '"':
		b.WriteString(jsonQuote(n.text))
	case 0:
		b.WriteString(n.number(style))
	case '[':
		b.WriteByte('[')
		for i, k := range n.kids {
			if i > 0 {
				b.WriteByte(',')
			}
			k.print(b, style)
		}
		b.WriteByte(']')
	default:
		order := make([]int, len(n.keys))
		for i := range order {
			order[i] = i
		}
		if sorted {
			slices.SortStableFunc(order, func(x, y int) int { return strings.Compare(n.keys[x], n.keys[y]) })
		}
		b.WriteByte('{')
		first := true
		for i, o := range order {
			if sorted && i+1 < len(order) && n.keys[order[i+1]] == n.keys[o] {
				continue
			}
			if !first {
				b.WriteByte(',')
			}
			first = false
			b.WriteString(jsonQuote(n.keys[o]))
			b.WriteByte(':')
			n.kids[o].print(b, style)
		}
		b.WriteByte('}')
	}
}

// number gives a number's text: one with a point or exponent is a double where
// the value has gone through Trino's parser.
func (n *jsonNode) number(style jsonStyle) string {
	d, ok := parseJavaDouble(n.text)
	switch {
	case !ok || !strings.ContainsAny(n.text, ".eE") || style == asWritten:
		return n.text
	case style == sortedAndExact:
		return bigDecimalText(n.text)
	}
	return javaDouble(d)
}

// bigDecimalText is BigDecimal.toString of a number as written.
func bigDecimalText(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	mantissa, e, _ := strings.Cut(strings.ToLower(s), "e")
	exp, _ := strconv.Atoi(e)
	whole, frac, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+frac, "0")
	if digits == "" {
		digits = "0"
	}
	scale := len(frac) - exp
	adjusted := len(digits) - 1 - scale
	if scale >= 0 && adjusted >= -6 {
		n, _ := new(big.Int).SetString(digits, 10)
		return sign + decimalText(n, scale)
	}
	out := sign + digits[:1]
	if len(digits) > 1 {
		out += "." + digits[1:]
	}
	return fmt.Sprintf("%sE%+d", out, adjusted)
}

func (n *jsonNode) String() string {
	var b strings.Builder
	n.print(&b, asWritten)
	return b.String()
}

// canonicalJSON gives the text by which json values are compared and shown.
// exact keeps the digits of numbers, as releases do that read them as decimals.
func canonicalJSON(s string, exact bool) (string, bool) {
	n, err := readJSON(s)
	if err != nil {
		return "", false
	}
	var b strings.Builder
	style := sortedKeysOfJSON
	if exact {
		style = sortedAndExact
	}
	n.print(&b, style)
	return b.String(), true
}

// jsonStyle says how print writes a value.
type jsonStyle uint8

const (
	asWritten jsonStyle = iota
	sortedKeysOfJSON
	sortedAndExact
)

// jsonQuote writes a string as Jackson does.
func jsonQuote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < 0x20:
			if i := strings.IndexRune("\b\f\n\r\t", r); i >= 0 {
				b.WriteString(`\` + "bfnrt"[i:i+1])
			} else {
				fmt.Fprintf(&b, `\u%04X`, r)
			}
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// parsePath reads a JSON path: $ .name ["name"] [0].
func parsePath(path string) ([]string, error) {
	bad := badArg("Invalid JSON path: '%s'", path)
	if !strings.HasPrefix(path, "$") {
		return nil, bad
	}
	var out []string
	s := path[1:]
	for s != "" {
		switch {
		case s[0] == '.' && len(s) > 1:
			n := 1
			for n < len(s) && (isLetter(s[n]) || isDigit(s[n]) || strings.IndexByte("_-:\\/", s[n]) >= 0 || s[n] >= 0x80) {
				n++
			}
			if n == 1 {
				return nil, bad
			}
			out, s = append(out, s[1:n]), s[n:]
		case strings.HasPrefix(s, `["`):
			end := strings.Index(s[2:], `"]`)
			if end < 0 || strings.Contains(s[2:2+end], "\\") {
				return nil, bad
			}
			out, s = append(out, s[2:2+end]), s[end+4:]
		case s[0] == '[':
			end := strings.IndexByte(s, ']')
			if end < 2 || strings.Trim(s[1:end], "0123456789") != "" {
				if end > 1 && strings.Trim(s[1:end], "_") != "" && plainName(s[1:end]) {
					out, s = append(out, s[1:end]), s[end+1:]
					continue
				}
				return nil, bad
			}
			out, s = append(out, s[1:end]), s[end+1:]
		default:
			return nil, bad
		}
	}
	return out, nil
}

// at gives the value at a path, nil if there is none.
func (n *jsonNode) at(path []string) *jsonNode {
	for _, p := range path {
		var next *jsonNode
		switch n.kind {
		case '{':
			for i, k := range n.keys {
				if k == p {
					next = n.kids[i]
					break
				}
			}
		case '[':
			if i, err := strconv.Atoi(p); err == nil && i < len(n.kids) {
				next = n.kids[i]
			}
		}
		if next == nil {
			return nil
		}
		n = next
	}
	return n
}

// located wraps a function of the value at a path; what is no JSON gives NULL.
func located(name, result string, call func(n *jsonNode) any) ScalarFunction {
	return fn(name, "VARCHAR,VARCHAR,"+result, func(a []any) (any, error) {
		path, err := parsePath(a[1].(string))
		if err != nil {
			return nil, err
		}
		root, err := readJSON(a[0].(string))
		if err != nil {
			return nil, nil
		}
		n := root.at(path)
		if n == nil {
			return nil, nil
		}
		return call(n), nil
	})
}

func jsonGoFunctions() []ScalarFunction {
	return append(append(jsonCasts(), sqlJSONFunctions()...), []ScalarFunction{
		located("json_extract", "VARCHAR", func(n *jsonNode) any { return n.String() }),
		located("json_scalar", "VARCHAR", func(n *jsonNode) any {
			if n.kind == '"' || n.kind == 0 && n.text != "null" {
				return n.text
			}
			return nil
		}),
		located("json_size", "BIGINT", func(n *jsonNode) any { return int64(len(n.kids)) }),
		str("json_parse", 1, func(a []string) (any, error) {
			t, ok := canonicalJSON(a[0], false)
			if !ok {
				return nil, badArg("Cannot convert value to JSON: '%s'", a[0])
			}
			return t, nil
		}),
		str("json_parse_exact", 1, func(a []string) (any, error) {
			t, ok := canonicalJSON(a[0], true)
			if !ok {
				return nil, badArg("Cannot convert value to JSON: '%s'", a[0])
			}
			return t, nil
		}),
		str("json_quote", 1, func(a []string) (any, error) { return jsonQuote(a[0]), nil }),
		fn("json_length", "VARCHAR,BIGINT", func(a []any) (any, error) {
			n, err := readJSON(a[0].(string))
			if err != nil || n.kind != '[' {
				return nil, nil
			}
			return int64(len(n.kids)), nil
		}),
		fn("json_get", "VARCHAR,BIGINT,VARCHAR", func(a []any) (any, error) {
			n, err := readJSON(a[0].(string))
			if err != nil || n.kind != '[' {
				return nil, nil
			}
			i := a[1].(int64)
			if i < 0 {
				i += int64(len(n.kids))
			}
			if i < 0 || i >= int64(len(n.kids)) || n.kids[i].text == "null" && n.kids[i].kind == 0 {
				return nil, nil
			}
			if n.kids[i].kind == '"' {
				return n.kids[i].text, nil // Trino gives a string without its quotes here
			}
			return n.kids[i].String(), nil
		}),
		fn("json_is_scalar", "VARCHAR,BOOLEAN", func(a []any) (any, error) {
			n, err := readJSON(a[0].(string))
			if err != nil {
				return nil, badArg("Invalid JSON value: %s", a[0])
			}
			return n.kind != '{' && n.kind != '[', nil
		}),
		fn("double_json", "DOUBLE,VARCHAR", func(a []any) (any, error) { return numberJSON(javaDouble(a[0].(float64))), nil }),
		fn("real_json", "FLOAT,VARCHAR", func(a []any) (any, error) { return numberJSON(javaFloat(float64(a[0].(float32)), 32)), nil }),
	}...)
}

// numberJSON quotes what is no number of JSON.
func numberJSON(s string) string {
	if strings.ContainsAny(s, "IN") {
		return jsonQuote(s)
	}
	return s
}

// fromJSON wraps a cast of a scalar; null gives NULL.
func fromJSON(name, types, what string, call func(n *jsonNode, a []any) (any, bool)) ScalarFunction {
	return fn(name, "VARCHAR,"+types, func(a []any) (any, error) {
		n, err := readJSON(a[0].(string))
		if err == nil && n.kind == 0 && n.text == "null" {
			return nil, nil
		}
		if err == nil && n.kind != '{' && n.kind != '[' {
			if v, ok := call(n, a[1:]); ok {
				return v, nil
			}
		}
		target := what
		if target == "" {
			target = a[1].(string)
		}
		if target == "decimal" {
			target = fmt.Sprintf("DECIMAL(%d,%d)", a[1], a[2])
		}
		return nil, badCast("Cannot cast '%s' to %s", a[0], target)
	})
}

func jsonCasts() []ScalarFunction {
	number := func(n *jsonNode) (*big.Rat, bool) {
		t := n.text
		if n.kind == 0 && t == "true" {
			t = "1"
		} else if n.kind == 0 && t == "false" {
			t = "0"
		}
		if _, ok := parseJavaDouble(t); !ok || len(t) > 400 {
			return nil, false
		}
		return new(big.Rat).SetString(strings.TrimSpace(t))
	}
	return []ScalarFunction{
		fromJSON("json_varchar", "INTEGER,VARCHAR", "varchar", func(n *jsonNode, a []any) (any, bool) {
			t := n.text
			if d, ok := parseJavaDouble(t); n.kind == 0 && ok && strings.ContainsAny(t, ".eE") {
				t = castDouble(d)
			}
			return t, len([]rune(t)) <= int(a[0].(int32))
		}),
		fromJSON("json_boolean", "BOOLEAN", "boolean", func(n *jsonNode, _ []any) (any, bool) {
			if n.kind == '"' {
				b, ok := parseBoolean(n.text)
				return b, ok
			}
			if n.text == "true" || n.text == "false" {
				return n.text == "true", true
			}
			r, ok := number(n)
			return ok && r.Sign() != 0, ok
		}),
		fromJSON("json_integer", "VARCHAR,BIGINT", "", func(n *jsonNode, a []any) (any, bool) {
			size := bitsOfName[a[0].(string)]
			if n.kind == '"' {
				v, err := strconv.ParseInt(n.text, 10, size)
				return v, err == nil
			}
			r, ok := number(n)
			if !ok {
				return nil, false
			}
			i, ok := roundDecimal(r, 30, 0)
			if !ok || !i.IsInt64() || i.Int64() >= 1<<(size-1) && size < 64 || i.Int64() < -1<<(size-1) {
				return nil, false
			}
			return i.Int64(), true
		}),
		fromJSON("json_double", "VARCHAR,DOUBLE", "", func(n *jsonNode, a []any) (any, bool) {
			t := n.text
			if n.kind == 0 && (t == "true" || t == "false") {
				return map[bool]float64{true: 1}[t == "true"], true
			}
			d, ok := parseJavaDouble(t)
			return d, ok
		}),
		fromJSON("json_decimal", "INTEGER,INTEGER,VARCHAR", "decimal", func(n *jsonNode, a []any) (any, bool) {
			r, ok := number(n)
			if !ok {
				return nil, false
			}
			p, s := int(a[0].(int32)), int(a[1].(int32))
			i, ok := roundDecimal(r, p, s)
			return decimalText(i, s), ok
		}),
	}
}
