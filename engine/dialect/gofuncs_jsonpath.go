package dialect

import (
	"fmt"
	"math/big"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"acme/telemetry/engine/floattext"
)

// sqlJSON is a call of JSON_EXISTS, JSON_VALUE or JSON_QUERY but for its input: a
// translation carries it as text, the functions read that once.
type sqlJSON struct {
	path         *jsonPath
	level        int
	empty, error string
	wrapper      string
	omit         bool
	returns      Type
	params       []jsonParam
}

// jsonParam is a parameter of a path: JSON, or of a type of SQL's.
type jsonParam struct {
	name string
	json bool
	typ  Type
}

// options gives all but the path as text.
func (s *sqlJSON) options() string {
	typ := func(t Type) string { return fmt.Sprintf("%d,%d,%d", t.Kind, t.Precision, t.Scale) }
	parts := []string{strconv.Itoa(s.level), s.empty, s.error, s.wrapper, strconv.FormatBool(s.omit), typ(s.returns)}
	for _, p := range s.params {
		t := typ(p.typ)
		if p.json {
			t = "json"
		}
		parts = append(parts, url.QueryEscape(p.name)+"="+t)
	}
	return strings.Join(parts, "|")
}

// readOptions is the inverse of options.
func readOptions(text string) (*sqlJSON, error) {
	parts := strings.Split(text, "|")
	if len(parts) < 6 {
		return nil, fmt.Errorf("options of a JSON function: %q", text)
	}
	typ := func(s string) (t Type) {
		fmt.Sscanf(s, "%d,%d,%d", &t.Kind, &t.Precision, &t.Scale)
		return t
	}
	s := &sqlJSON{empty: parts[1], error: parts[2], wrapper: parts[3], omit: parts[4] == "true", returns: typ(parts[5])}
	s.level, _ = strconv.Atoi(parts[0])
	for _, p := range parts[6:] {
		name, t, _ := strings.Cut(p, "=")
		name, err := url.QueryUnescape(name)
		if err != nil {
			return nil, err
		}
		s.params = append(s.params, jsonParam{name, t == "json", typ(t)})
	}
	return s, nil
}

// jsonCalls keeps calls that have been read, by path and options.
type jsonCalls struct {
	mu   sync.RWMutex
	read map[[2]string]*sqlJSON
}

// maxJSONCalls bounds how many calls are kept.
const maxJSONCalls = 1000

func (c *jsonCalls) get(path, options string) (*sqlJSON, error) {
	key := [2]string{path, options}
	c.mu.RLock()
	s := c.read[key]
	c.mu.RUnlock()
	if s != nil {
		return s, nil
	}
	s, err := readOptions(options)
	if err != nil {
		return nil, err
	}
	if s.path, err = parseJSONPath(path, Pos{1, 1}, s.level); err != nil {
		return nil, err
	}
	if err := s.path.root.matcher(); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.read == nil || len(c.read) >= maxJSONCalls {
		c.read = map[[2]string]*sqlJSON{}
	}
	c.read[key] = s
	return s, nil
}

var errInput = failed{"JSON_INPUT_CONVERSION_ERROR", "conversion to JSON failed: "}

func outputError(format string, args ...any) error {
	return failed{"JSON_OUTPUT_CONVERSION_ERROR", "conversion from JSON failed: " + fmt.Sprintf(format, args...)}
}

func valueError(format string, args ...any) error {
	return failed{"JSON_VALUE_RESULT_ERROR", "cannot extract SQL scalar from JSON: " + fmt.Sprintf(format, args...)}
}

// run reads the input and the parameters and evaluates the path. The error is
// what ON ERROR handles, or, in the second place, one that it does not.
func (s *sqlJSON) run(input string, params []any) (items []jsonItem, handled, err error) {
	root, err := readFirst(input, s.level)
	if err != nil {
		return nil, errInput, nil
	}
	r := &pathRun{lax: s.path.lax, level: s.level, input: root}
	if len(s.params) > 0 {
		r.params = make(map[string][]jsonItem, len(s.params))
	}
	for i, p := range s.params {
		if i >= len(params) {
			return nil, nil, fmt.Errorf("parameters of a JSON path: %d of %d", len(params), len(s.params))
		}
		text, _ := params[i].(string)
		switch {
		case params[i] == nil && p.json:
			r.params[p.name] = nil
		case params[i] == nil:
			r.params[p.name] = single(jsonItem{node: &jsonNode{text: "null"}})
		case p.json:
			n, err := readFirst(text, s.level)
			if err != nil {
				return nil, errInput, nil
			}
			r.params[p.name] = single(jsonItem{node: n})
		default:
			r.params[p.name] = single(jsonItem{val: readValue(text, p.typ)})
		}
	}
	items, err = r.eval(s.path.root, pathScope{last: -1})
	if r.tooMany {
		return nil, nil, failed{"NOT_SUPPORTED", "a JSON path that finds so many items is not supported by the local engine"}
	}
	if f, ok := err.(pathFailure); ok {
		return nil, failed{"PATH_EVALUATION_ERROR", "path evaluation failed: " + f.message}, nil
	}
	return items, nil, err
}

// readValue reads a parameter that SQL has written as text.
func readValue(text string, t Type) *sqlValue {
	v := &sqlValue{typ: t}
	switch {
	case t.isFloat():
		v.f, _ = parseJavaDouble(text)
	case t.isText():
		v.s = text
	case t.Kind == Boolean:
		v.b = text == "true"
	default:
		v.n, _ = unscaledText(text, t.Scale)
	}
	return v
}

func (s *sqlJSON) exists(items []jsonItem, handled error) (any, error) {
	if handled == nil {
		return len(items) > 0, nil
	}
	switch s.error {
	case "ERROR":
		return nil, handled
	case "UNKNOWN":
		return nil, nil
	}
	return s.error == "TRUE", nil
}

// instead gives what stands in for a result of JSON_QUERY.
func instead(behaviour string, err error) (any, error) {
	switch behaviour {
	case "ERROR":
		return nil, err
	case "EMPTY ARRAY":
		return "[]", nil
	case "EMPTY OBJECT":
		return "{}", nil
	}
	return nil, nil
}

func (s *sqlJSON) query(items []jsonItem, handled error) (any, error) {
	if handled != nil {
		return instead(s.error, handled)
	}
	if len(items) == 0 {
		return instead(s.empty, outputError("JSON path found no items"))
	}
	nodes := make([]*jsonNode, len(items))
	for i, it := range items {
		if nodes[i] = it.node; it.val != nil {
			if nodes[i] = it.val.jsonOf(floattext.Of(s.level)); nodes[i] == nil {
				return instead(s.error, outputError("JSON path returned a scalar SQL value of type %s that cannot be represented as JSON", it.val.typ))
			}
		}
	}
	if s.wrapper == "UNCONDITIONAL" || s.wrapper == "CONDITIONAL" && (len(nodes) != 1 || nodes[0].kind != '[' && nodes[0].kind != '{') {
		nodes = []*jsonNode{{kind: '[', kids: nodes}}
	}
	if len(nodes) != 1 {
		return instead(s.error, outputError("JSON path found multiple items"))
	}
	if s.omit && nodes[0].kind == '"' {
		return plainSurrogates(nodes[0].text), nil
	}
	return jacksonText(nodes[0], floattext.Of(s.level)), nil
}

// value gives the scalar that a path found in the type that is wanted: castValue
// says how it is carried.
func (s *sqlJSON) value(items []jsonItem, handled error, empty, other any) (any, error) {
	onError := func(err error) (any, error) {
		switch s.error {
		case "ERROR":
			return nil, err
		case "DEFAULT":
			return other, nil
		}
		return nil, nil
	}
	if handled != nil {
		return onError(handled)
	}
	if len(items) == 0 {
		switch s.empty {
		case "ERROR":
			return nil, valueError("JSON path found no items")
		case "DEFAULT":
			return empty, nil
		}
		return nil, nil
	}
	if len(items) > 1 {
		return onError(valueError("JSON path found multiple items"))
	}
	v := items[0].val
	if n := items[0].node; n != nil {
		if n.isNull() {
			return nil, nil
		}
		var ok bool
		if v, ok, _ = n.typed(); !ok {
			return onError(valueError("JSON path found an item that cannot be converted to an SQL value"))
		}
	}
	out, err := castValue(v, s.returns, s.level)
	if _, ok := err.(pathFailure); ok {
		return onError(valueError("Cannot cast value of type %s to declared return type of function JSON_VALUE: %s", v.typ, s.returns))
	}
	return out, err
}

// jsonResults are the types by which JSON_VALUE gives its result.
var jsonResults = map[string]string{"text": "VARCHAR", "whole": "BIGINT", "float": "DOUBLE", "truth": "BOOLEAN"}

// sqlJSONFunctions gives the functions behind the calls. Those named raise_ are
// the same again for calls with ERROR among their clauses: only they fail.
func sqlJSONFunctions() []ScalarFunction {
	calls := &jsonCalls{}
	make := func(name, rest, result string, end func(s *sqlJSON, items []jsonItem, handled error, a []any) (any, error)) []ScalarFunction {
		f := fn(name, "VARCHAR,VARCHAR,VARCHAR,VARCHAR[]"+rest+","+result, func(a []any) (any, error) {
			input, ok := a[0].(string)
			if !ok {
				return nil, nil
			}
			s, err := calls.get(a[1].(string), a[2].(string))
			if err != nil {
				return nil, err
			}
			params, _ := a[3].([]any)
			items, handled, err := s.run(input, params)
			if err != nil {
				return nil, err
			}
			return end(s, items, handled, a[4:])
		})
		f.OnNull = true
		raise := f
		raise.Name = strings.Replace(f.Name, "acme_", "acme_raise_", 1)
		return []ScalarFunction{f, raise}
	}
	out := make("sql_json_exists", "", "BOOLEAN", func(s *sqlJSON, items []jsonItem, handled error, _ []any) (any, error) {
		return s.exists(items, handled)
	})
	out = append(out, make("sql_json_query", "", "VARCHAR", func(s *sqlJSON, items []jsonItem, handled error, _ []any) (any, error) {
		return s.query(items, handled)
	})...)
	for _, kind := range sortedKeys(jsonResults) {
		t := jsonResults[kind]
		out = append(out, make("sql_json_"+kind, ","+t+","+t, t, func(s *sqlJSON, items []jsonItem, handled error, a []any) (any, error) {
			return s.value(items, handled, a[0], a[1])
		})...)
	}
	return append(out, jsonMakers()...)
}

// jsonMakers are the functions behind JSON_OBJECT, JSON_ARRAY and FORMAT JSON.
func jsonMakers() []ScalarFunction {
	encodings := map[string]int{"UTF16": 2, "UTF32": 4}
	object := func(a []any) (any, error) {
		return jsonObject(a[0].([]any), a[1].([]any), a[2].(bool), a[3].(bool))
	}
	return []ScalarFunction{
		fn("raise_sql_json_object", "VARCHAR[],VARCHAR[],BOOLEAN,BOOLEAN,VARCHAR", object),
		fn("sql_json_object", "VARCHAR[],VARCHAR[],BOOLEAN,BOOLEAN,VARCHAR", object),
		fn("sql_json_array", "VARCHAR[],BOOLEAN,VARCHAR", func(a []any) (any, error) {
			var parts []string
			for _, v := range a[0].([]any) {
				if s, ok := v.(string); ok {
					parts = append(parts, s)
				} else if a[1].(bool) {
					parts = append(parts, "null")
				}
			}
			return "[" + strings.Join(parts, ",") + "]", nil
		}),
		fn("raise_sql_json_input", "VARCHAR,BIGINT,VARCHAR", func(a []any) (any, error) {
			n, err := readFirst(a[0].(string), int(a[1].(int64)))
			if err != nil {
				return nil, errInput
			}
			return jacksonText(n, floattext.Of(int(a[1].(int64)))), nil
		}),
		fn("sql_json_quote", "VARCHAR,VARCHAR", func(a []any) (any, error) { return jsonQuote(a[0].(string)), nil }),
		fn("sql_json_decimal", "VARCHAR,VARCHAR", func(a []any) (any, error) { return bigDecimalText(a[0].(string)), nil }),
		fn("sql_json_decode", "BLOB,VARCHAR,VARCHAR", func(a []any) (any, error) { return decodeWide(a[0].([]byte), encodings[a[1].(string)]), nil }),
		fn("sql_json_encode", "VARCHAR,VARCHAR,BLOB", func(a []any) (any, error) { return encodeWide(a[0].(string), encodings[a[1].(string)]), nil }),
	}
}

// jsonObject makes an object of names and values given as JSON, in the order of
// Java's hash map.
func jsonObject(names, values []any, nulls, unique bool) (any, error) {
	m := &javaMap{}
	for i, k := range names {
		name, ok := k.(string)
		if !ok {
			return nil, badArg("null value passed for JSON object key to JSON_OBJECT function")
		}
		v, ok := values[i].(string)
		if !ok && !nulls {
			continue
		}
		if !ok {
			v = "null"
		}
		switch {
		case m.put(name, v):
		case unique:
			return nil, badArg("duplicate key passed to JSON_OBJECT function")
		default:
			return nil, failed{"NOT_SUPPORTED", "cannot construct a JSON object with duplicate key"}
		}
	}
	var b strings.Builder
	b.WriteByte('{')
	m.each(func(k, v string) {
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		jacksonQuote(&b, k, true)
		b.WriteByte(':')
		b.WriteString(v)
	})
	b.WriteByte('}')
	return b.String(), nil
}

// castNumber casts a number to an integer type, rounding half away from zero.
func castNumber(v *sqlValue, t Type) (any, bool) {
	n := v.n
	switch {
	case v.typ.isFloat():
		r, err := roundInteger(v.f, kindNames[t.Kind], floattext.Newer) // its message goes nowhere
		return r, err == nil
	case v.typ.Kind == Decimal:
		n = divHalfUp(new(big.Int).Set(v.n), pow10(v.typ.Scale))
	}
	if !fitsKind(n, t.Kind) {
		return nil, false
	}
	return n.Int64(), true
}
