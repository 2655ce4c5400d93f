package dialect

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"acme/telemetry/engine/floattext"
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

// maxJSONDepth is how deep a value may be.
const maxJSONDepth = 1000

// jsonParser reads values one by one.
type jsonParser struct {
	s     string
	i     int
	depth int
	// halves keeps half of a pair of escapes: see escaped.
	halves bool
}

// readJSON reads a text that is one value and nothing else.
func readJSON(s string) (*jsonNode, error) {
	p := &jsonParser{s: s, halves: true}
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
	if p.depth++; p.depth > maxJSONDepth {
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
	t, err := p.token()
	return &jsonNode{text: t}, err
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

// print writes a value without blanks, keys in order, the last of equal ones
// staying.
func (n *jsonNode) print(b *strings.Builder, numbers jsonNumbers) {
	switch n.kind {
	case '"':
		jacksonQuote(b, n.text, true)
	case 0:
		b.WriteString(n.number(numbers))
	case '[':
		b.WriteByte('[')
		for i, k := range n.kids {
			if i > 0 {
				b.WriteByte(',')
			}
			k.print(b, numbers)
		}
		b.WriteByte(']')
	default:
		order := make([]int, len(n.keys))
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(x, y int) int { return compareJava(n.keys[x], n.keys[y]) })
		b.WriteByte('{')
		first := true
		for i, o := range order {
			if i+1 < len(order) && n.keys[order[i+1]] == n.keys[o] {
				continue
			}
			if !first {
				b.WriteByte(',')
			}
			first = false
			jacksonQuote(b, n.keys[o], true)
			b.WriteByte(':')
			n.kids[o].print(b, numbers)
		}
		b.WriteByte('}')
	}
}

// kept is print with the members in the order that they have.
func (n *jsonNode) kept(b *strings.Builder, numbers jsonNumbers) {
	if n.kind != '[' && n.kind != '{' {
		n.print(b, numbers)
		return
	}
	b.WriteByte(byte(n.kind))
	for i, k := range n.kids {
		if i > 0 {
			b.WriteByte(',')
		}
		if n.kind == '{' {
			jacksonQuote(b, n.keys[i], true)
			b.WriteByte(':')
		}
		k.kept(b, numbers)
	}
	b.WriteByte(byte(n.kind) + 2) // "]" and "}" stand two after their openings
}

// number gives the text of a number or word.
func (n *jsonNode) number(numbers jsonNumbers) string {
	if numbers != exactNumbers {
		return n.jacksonNumber(floattext.Java(numbers))
	}
	if strings.ContainsAny(n.text, ".E") || strings.Contains(n.text, "e") && n.typeName() == "number" {
		return bigDecimalText(n.text)
	}
	return n.jacksonNumber(floattext.Newer)
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
		sign, digits = "", "0"
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

// canonicalJSON gives the text by which json values are compared and shown.
func canonicalJSON(s string, numbers jsonNumbers) (string, bool) {
	n, err := readJSON(s)
	if err != nil {
		return "", false
	}
	var b strings.Builder
	n.print(&b, numbers)
	return b.String(), true
}

// jsonQuote writes a text as JSON.
func jsonQuote(s string) string {
	var b strings.Builder
	jacksonQuote(&b, s, true)
	return b.String()
}

// located wraps a function of the value at a path: call gets a parser that stands
// before the value, and whether that is all of the text.
func located(name, result string, call func(p *jsonParser, root bool) (any, bool)) ScalarFunction {
	paths := &pathMemory{}
	return fn(name, "VARCHAR,VARCHAR,"+result, func(a []any) (any, error) {
		steps, err := paths.get(a[1].(string))
		if err != nil {
			return nil, err
		}
		p := &jsonParser{s: a[0].(string)}
		if !p.find(steps) {
			return nil, nil
		}
		if v, ok := call(p, len(steps) == 0); ok {
			return v, nil
		}
		return nil, nil
	})
}

func jsonGoFunctions() []ScalarFunction {
	return slices.Concat(jsonCasts(), sqlJSONFunctions(), jsonEditions(), []ScalarFunction{
		located("json_scalar", "VARCHAR", func(p *jsonParser, root bool) (any, bool) { return p.scalar(root) }),
		located("json_size", "BIGINT", func(p *jsonParser, root bool) (any, bool) { return p.parts(root) }),
		located("json_extract", "VARCHAR", func(p *jsonParser, root bool) (any, bool) { return p.copied(root, floattext.Older) }),
		located("newer_json_extract", "VARCHAR", func(p *jsonParser, root bool) (any, bool) { return p.copied(root, floattext.Newer) }),
		str("json_parse_exact", 1, func(a []string) (any, error) { return parsedJSON(a[0], exactNumbers) }),
		str("json_quote", 1, func(a []string) (any, error) { return jsonQuote(a[0]), nil }),
		fn("json_length", "VARCHAR,BIGINT", func(a []any) (any, error) {
			if p, ok := enterArray(a[0].(string)); ok {
				if n, ok := p.parts(false); ok {
					return n, nil
				}
			}
			return nil, nil
		}),
		fn("json_has_boolean", "VARCHAR,BOOLEAN,BOOLEAN", func(a []any) (any, error) {
			word := strconv.FormatBool(a[1].(bool))
			return contains(a[0].(string), func(kind byte, text string) bool { return kind != '"' && text == word })
		}),
		fn("json_has_bigint", "VARCHAR,BIGINT,BOOLEAN", func(a []any) (any, error) {
			return contains(a[0].(string), func(kind byte, text string) bool {
				n, err := strconv.ParseInt(text, 10, 64)
				return kind != '"' && err == nil && n == a[1]
			})
		}),
		fn("json_has_double", "VARCHAR,DOUBLE,BOOLEAN", hasDouble),
		fn("json_has_varchar", "VARCHAR,VARCHAR,BOOLEAN", func(a []any) (any, error) {
			return contains(a[0].(string), func(kind byte, text string) bool { return kind == '"' && text == a[1] })
		}),
		fn("json_is_scalar", "VARCHAR,BOOLEAN", func(a []any) (any, error) {
			n, err := readJSON(a[0].(string))
			if err != nil {
				return nil, badArg("Invalid JSON value: %s", a[0])
			}
			return n.kind != '{' && n.kind != '[', nil
		}),
	})
}

// jsonEditions are the functions that write doubles into JSON.
func jsonEditions() []ScalarFunction {
	return slices.Concat(
		editions("json_parse", "VARCHAR,VARCHAR", func(java floattext.Java, a []any) (any, error) {
			return parsedJSON(a[0].(string), jsonNumbers(java))
		}),
		editions("json_get", "VARCHAR,BIGINT,VARCHAR", func(java floattext.Java, a []any) (any, error) {
			return elementAt(a[0].(string), a[1].(int64), java)
		}),
		editions("double_json", "DOUBLE,VARCHAR", func(java floattext.Java, a []any) (any, error) {
			return numberJSON(javaDouble(a[0].(float64), java)), nil
		}),
		editions("real_json", "FLOAT,VARCHAR", func(java floattext.Java, a []any) (any, error) {
			return numberJSON(floattext.Text(float64(a[0].(float32)), 32, java)), nil
		}),
	)
}

// hasDouble looks for a number that is not whole.
func hasDouble(a []any) (any, error) {
	want := a[1].(float64)
	if math.IsNaN(want) || math.IsInf(want, 0) {
		return false, nil
	}
	return contains(a[0].(string), func(kind byte, text string) bool {
		d, ok := parseJavaDouble(text)
		return kind != '"' && ok && strings.ContainsAny(text, ".eE") && d == want
	})
}

func parsedJSON(s string, numbers jsonNumbers) (any, error) {
	t, ok := canonicalJSON(s, numbers)
	if !ok {
		return nil, badArg("Cannot convert value to JSON: '%s'", s)
	}
	return t, nil
}

// numberJSON quotes what is no number of JSON.
func numberJSON(s string) string {
	if strings.ContainsAny(s, "IN") {
		return jsonQuote(s)
	}
	return s
}
