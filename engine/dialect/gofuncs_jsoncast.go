package dialect

import (
	"encoding/hex"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"sync"

	"acme/telemetry/engine/floattext"
)

// jsonCast is a cast from json to a type, as the text of a translation names it.
type jsonCast struct {
	level int
	to    Type
	raw   bool // of a text that has not become json: see parsedText
}

// castMemory keeps the casts that have been read, by their text.
type castMemory struct{ read sync.Map }

func (m *castMemory) get(text string) *jsonCast {
	if c, ok := m.read.Load(text); ok {
		return c.(*jsonCast)
	}
	level, spec, _ := strings.Cut(text, " ")
	c := &jsonCast{}
	c.level, _ = strconv.Atoi(level)
	spec, c.raw = strings.CutPrefix(spec, "raw ")
	c.to, _ = readSpec(spec)
	m.read.Store(text, c)
	return c
}

// readSpec is the inverse of specOf; it gives what follows the type too.
func readSpec(s string) (Type, string) {
	var t Type
	n := strings.IndexAny(s, "(;)")
	if n < 0 {
		n = len(s)
	}
	fmt.Sscanf(s[:n], "%d,%d,%d", &t.Kind, &t.Precision, &t.Scale)
	s = s[n:]
	if !strings.HasPrefix(s, "(") {
		return t, s
	}
	for s != "" && s[0] != ')' {
		name, rest, _ := strings.Cut(s[1:], "=")
		text, _ := hex.DecodeString(name)
		f := Field{Name: string(text)}
		f.Type, s = readSpec(rest)
		t.Elem = append(t.Elem, f)
	}
	return t, strings.TrimPrefix(s, ")")
}

// leafFailure is a scalar in JSON that does not become the type wanted. own says
// that the message stands for itself; without it a cast to a scalar names the
// whole.
type leafFailure struct {
	name, message string
	own           bool
}

func (f *leafFailure) Error() string { return f.message }

func leafError(format string, args ...any) error {
	return &leafFailure{name: "INVALID_CAST_ARGUMENT", message: fmt.Sprintf(format, args...)}
}

// ownError makes an error of another cast into one of a leaf.
func ownError(err error) error {
	if f, ok := err.(failed); ok && f.name != "NOT_SUPPORTED" {
		return &leafFailure{f.name, f.message, true}
	}
	return err
}

// castName names a type in the texts of failed casts.
func castName(t Type) string {
	if t.Kind == Decimal {
		return fmt.Sprintf("DECIMAL(%d,%d)", t.Precision, t.Scale)
	}
	return kindNames[t.Kind]
}

// leaf casts a scalar of JSON. It gives nil for null.
func (c *jsonCast) leaf(n *jsonNode, t Type) (any, error) {
	switch {
	case n.isNull():
		return nil, nil
	case n.kind == '{' || n.kind == '[':
		return nil, leafError("Unexpected token when cast to %s: %c", castName(t), n.kind)
	case t.Kind == Varchar:
		return c.leafText(n, t)
	case n.kind == '"' && t.Kind != Decimal:
		v, err := c.leafOfText(plainSurrogates(n.text), t)
		return v, ownError(err)
	}
	v := &sqlValue{typ: tBoolean, b: n.text == "true"}
	if n.typeName() == "number" || n.kind == '"' {
		v = nil
	}
	switch {
	case t.Kind == Decimal:
		return c.leafDecimal(n, t)
	case v != nil:
		return castValue(v, t, c.level)
	case !strings.ContainsAny(n.text, ".eE"):
		return leafOfWhole(n.text, t)
	}
	d, _ := parseJavaDouble(n.text)
	if t.isInteger() {
		i, err := roundInteger(d, kindNames[t.Kind], floattext.Of(c.level))
		err = ownError(err)
		if f, ok := err.(*leafFailure); ok && t.Kind != BigInt && c.level < 476 {
			f.own = false
		}
		return i, err
	}
	return castValue(&sqlValue{typ: tDouble, f: d}, t, c.level)
}

// leafText casts a scalar to varchar.
func (c *jsonCast) leafText(n *jsonNode, t Type) (any, error) {
	s := plainSurrogates(n.text)
	if n.typeName() == "number" && strings.ContainsAny(n.text, ".eE") {
		d, _ := parseJavaDouble(n.text)
		s = castDouble(d)
	}
	if len(s) > t.Precision && len([]rune(s)) > t.Precision {
		if c.level >= 476 {
			return nil, leafError("")
		}
		return nil, failed{"GENERIC_INTERNAL_ERROR", "Value [" + s + "] does not fit in type " + t.String()}
	}
	return s, nil
}

// leafOfText casts a string to a boolean or number.
func (c *jsonCast) leafOfText(s string, t Type) (any, error) {
	name := strings.ToUpper(kindNames[t.Kind])
	switch {
	case t.Kind == Boolean:
		if b, ok := parseBoolean(s); ok {
			return b, nil
		}
	case t.isInteger():
		if t.Kind == Integer {
			name = "INT"
		}
		trimmed := s
		if c.level >= 476 {
			trimmed = strings.Trim(s, " ")
		}
		i, err := castInteger(trimmed, name, bitsOfName[name])
		if f, ok := err.(failed); ok && f.name == "INVALID_CAST_ARGUMENT" {
			break
		}
		return i, err
	default:
		if d, ok := parseJavaDouble(s); ok {
			if t.Kind == Real {
				d = float64(float32(d))
			}
			return d, nil
		}
	}
	return nil, badCast("Cannot cast '%s' to %s", s, name)
}

// leafOfWhole casts a whole number of any size.
func leafOfWhole(s string, t Type) (any, error) {
	switch {
	case t.isInteger():
		i, err := strconv.ParseInt(s, 10, int(intBits[t.Kind]))
		if err != nil {
			return nil, leafError("")
		}
		return i, nil
	case t.Kind == Boolean:
		i, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return nil, leafError("")
		}
		return i != 0, nil
	}
	d, _ := parseJavaDouble(s)
	if t.Kind == Real {
		d = float64(float32(d))
	}
	return d, nil
}

func (c *jsonCast) leafDecimal(n *jsonNode, t Type) (any, error) {
	s := n.text
	switch {
	case s == "true" && n.kind == 0:
		s = "1"
	case s == "false" && n.kind == 0:
		s = "0"
	}
	if _, ok := parseJavaDouble(s); !ok || len(s) > 400 || strings.Trim(s, "0123456789.eE+-") != "" {
		return nil, leafError("")
	}
	if _, e, ok := strings.Cut(strings.ToLower(s), "e"); ok {
		if exp, err := strconv.Atoi(e); err != nil || exp > 400 || exp < -400 {
			return nil, leafError("")
		}
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return nil, leafError("")
	}
	u, ok := roundDecimal(r, t.Precision, t.Scale)
	if !ok {
		name := "INVALID_CAST_ARGUMENT"
		if c.level >= 476 {
			name = "NUMERIC_VALUE_OUT_OF_RANGE"
		}
		return nil, &leafFailure{name, "Cannot cast input json to " + castName(t), true}
	}
	return decimalText(u, t.Scale), nil
}

// scalar casts the whole of a text to a scalar.
func (c *jsonCast) scalar(text string) (any, error) {
	n, err := readJSON(text)
	if err == nil {
		var v any
		v, err = c.leaf(n, c.to)
		if err == nil {
			return v, nil
		}
	}
	f, ok := err.(*leafFailure)
	switch {
	case ok && f.own:
		return nil, failed{f.name, f.message}
	case !ok && err != errJSON:
		if _, handled := err.(pathFailure); !handled {
			return nil, err
		}
	}
	name := castName(c.to)
	if ok && strings.HasPrefix(f.message, "Out of range") {
		name = "integer" // so Trino has it for the smaller types too
	}
	if c.to.Kind == Varchar && (c.level >= 476 || c.to.Precision != Unbounded) {
		name = fmt.Sprintf("varchar(%d)", c.to.Precision)
	}
	return nil, badCast("Cannot cast '%s' to %s", text, name)
}

// nested casts the whole of a text to an array, map or row: the result is JSON
// with texts for scalars, which DuckDB then brings to their types.
func (c *jsonCast) nested(text string) (any, error) {
	n, err := readJSON(text)
	if err == nil && n.isNull() {
		return nil, nil
	}
	if c.raw && strings.Trim(text, " \t\r\n") == "" {
		n, err = &jsonNode{kind: missingNode, text: "null"}, nil
	}
	var b strings.Builder
	if err == nil {
		if err = c.part(&b, n, c.to); err == nil {
			return b.String(), nil
		}
	}
	message := ""
	switch f := err.(type) {
	case *leafFailure:
		message = f.message
	case failed:
		return nil, err
	}
	if message != "" {
		message = " " + message
	}
	return nil, badCast("Cannot cast to %s.%s\n%s", typeAt(c.to, c.level), message, text)
}

func (c *jsonCast) part(b *strings.Builder, n *jsonNode, t Type) error {
	if n.isNull() && n.kind == 0 && t.Kind != JSON {
		b.WriteString("null")
		return nil
	}
	switch t.Kind {
	case JSON:
		var text strings.Builder
		if c.raw {
			n.unique()
			n.jackson(&text, true, floattext.Of(c.level))
		} else {
			n.unique()
			n.kept(&text, jsonNumbers(floattext.Of(c.level)))
		}
		jacksonQuote(b, text.String(), false)
		return nil
	case Array:
		if n.kind != '[' {
			return leafError("Expected a json array, but got %s", n.firstToken())
		}
		b.WriteByte('[')
		for i, k := range n.kids {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := c.part(b, k, t.elem()); err != nil {
				return err
			}
		}
		b.WriteByte(']')
		return nil
	case Map:
		return c.mapPart(b, n, t)
	case Row:
		return c.rowPart(b, n, t)
	}
	v, err := c.leaf(n, t)
	if err != nil {
		return err
	}
	jacksonQuote(b, leafText(v), false)
	return nil
}

// leafText writes a scalar as DuckDB reads it.
func leafText(v any) string {
	switch v := v.(type) {
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return javaDouble(v, floattext.Newer)
	}
	return v.(string)
}

// firstToken is the text of the first token of a value.
func (n *jsonNode) firstToken() string {
	if n.kind == '{' || n.kind == '[' {
		return string(n.kind)
	}
	return plainSurrogates(n.text)
}

func (c *jsonCast) mapPart(b *strings.Builder, n *jsonNode, t Type) error {
	if n.kind != '{' {
		return leafError("Expected a json object, but got %s", n.firstToken())
	}
	seen := map[string]bool{}
	b.WriteByte('{')
	for i, k := range n.keys {
		v, err := c.leaf(&jsonNode{kind: '"', text: k}, t.elem())
		if err != nil {
			return err
		}
		key := leafText(v)
		if seen[key] {
			if c.level >= 476 {
				return leafError("Duplicate map keys are not allowed")
			}
			return leafError("Duplicate keys are not allowed")
		}
		seen[key] = true
		if i > 0 {
			b.WriteByte(',')
		}
		jacksonQuote(b, key, false)
		b.WriteByte(':')
		if err := c.part(b, n.kids[i], t.value()); err != nil {
			return err
		}
	}
	b.WriteByte('}')
	return nil
}

// rowPart takes an array by position, an object by names.
func (c *jsonCast) rowPart(b *strings.Builder, n *jsonNode, t Type) error {
	fields := make([]*jsonNode, len(t.Elem))
	switch n.kind {
	case '[':
		copy(fields, n.kids)
		for i := len(n.kids); i < len(fields); i++ {
			if k := t.Elem[i].Type; k.isNested() {
				return leafError("Expected a json %s, but got ]", map[Kind]string{Array: "array", Map: "object", Row: "array or object"}[k.Kind])
			}
			return leafError("Unexpected token when cast to %s: ]", castName(t.Elem[i].Type))
		}
	case '{':
		if err := byName(fields, n, t); err != nil {
			return err
		}
	default:
		return leafError("Expected a json array or object, but got %s", n.firstToken())
	}
	b.WriteByte('{')
	for i, f := range fields {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(b, `"f%d":`, i)
		if f == nil {
			b.WriteString("null")
			continue
		}
		if err := c.part(b, f, t.Elem[i].Type); err != nil {
			return err
		}
	}
	b.WriteByte('}')
	if n.kind == '[' && len(n.kids) > len(fields) {
		return leafError("Expected json array ending, but got %s", n.kids[len(fields)].firstToken())
	}
	return nil
}

// byName finds the fields of a row among the members of an object, whose names
// are taken in lower case.
func byName(fields []*jsonNode, n *jsonNode, t Type) error {
	names := make([]string, len(t.Elem))
	for i, f := range t.Elem {
		names[i] = f.Name
	}
	switch nameless := slices.Index(names, ""); {
	case nameless >= 0 && strings.Join(names, "") == "":
		return leafError("Cannot cast a JSON object to anonymous row type. Input must be a JSON array.")
	case nameless >= 0:
		return failed{"GENERIC_INTERNAL_ERROR", "java.lang.RuntimeException: java.util.NoSuchElementException: No value present"}
	}
	for i, k := range n.keys {
		at := slices.Index(names, strings.ToLower(k))
		if at < 0 {
			continue
		}
		if fields[at] != nil {
			return leafError("Duplicate field: %s", strings.ToLower(k))
		}
		fields[at] = n.kids[i]
	}
	return nil
}

// jsonCasts are the functions of casts from json, by what carries their results.
func jsonCasts() []ScalarFunction {
	casts := &castMemory{}
	out := []ScalarFunction{fn("json_map", "VARCHAR[],VARCHAR[],VARCHAR", jsonOfMap)}
	for _, kind := range sortedKeys(jsonResults) {
		out = append(out, fn("json_to_"+kind, "VARCHAR,VARCHAR,"+jsonResults[kind], func(a []any) (any, error) {
			c := casts.get(a[1].(string))
			if c.to.isNested() {
				return c.nested(a[0].(string))
			}
			return c.scalar(a[0].(string))
		}))
	}
	return out
}

// jsonOfMap makes an object of keys and of values given as JSON.
func jsonOfMap(a []any) (any, error) {
	keys, values := a[0].([]any), a[1].([]any)
	order := make([]int, len(keys))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(x, y int) int { return compareJava(keys[x].(string), keys[y].(string)) })
	var b strings.Builder
	b.WriteByte('{')
	for i, o := range order {
		if i > 0 {
			b.WriteByte(',')
		}
		jacksonQuote(&b, keys[o].(string), true)
		b.WriteByte(':')
		b.WriteString(values[o].(string))
	}
	b.WriteByte('}')
	return b.String(), nil
}
