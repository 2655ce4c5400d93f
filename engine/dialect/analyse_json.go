package dialect

import (
	"fmt"
	"strings"
)

// SQL/JSON calls: what their clauses must be, and the functions in Go that answer
// them.

// jsonCall analyses JSON_EXISTS, JSON_VALUE and JSON_QUERY.
func (a *analyser) jsonCall(c *JSONCall, sc *scope) value {
	if c.PathName != nil {
		panic(errorAt(c.PathName.pos, "INVALID_PATH", "JSON path name is not allowed in %s function", c.Func))
	}
	s := &sqlJSON{level: a.level, empty: c.Empty, error: c.Error, wrapper: c.Wrapper, omit: c.Quotes == "OMIT"}
	input := a.readJSON(c.Input, sc)
	params := a.jsonParams(c, sc, s)
	s.path = a.jsonPath(c, s)
	out := value{typ: tBoolean, constant: input.constant}
	name, rest := "sql_json_exists", ""
	switch c.Func {
	case "JSON_VALUE":
		out.typ = a.valueType(c, s)
		s.returns = out.typ
		name, rest = "sql_json_"+jsonCarrier(out.typ), a.jsonDefaults(c, out.typ, sc)
	case "JSON_QUERY":
		if c.Wrapper != "WITHOUT" && c.Quotes != "" {
			panic(errorAt(c.pos, "INVALID_FUNCTION_ARGUMENT", "%s QUOTES behavior specified with WITH %s ARRAY WRAPPER behavior", c.Quotes, c.Wrapper))
		}
		out.typ = a.outputType(c.pos, c.Returns, c.Output)
		name = "sql_json_query"
	}
	a.pos = c.pos
	if c.Error == "ERROR" || c.Empty == "ERROR" {
		name = "raise_" + name
	}
	for _, p := range params {
		out.constant = out.constant && p.constant
	}
	code := fmt.Sprintf("acme_%s(%s, %s, %s, %s%s)", name, input.code, textCode(c.Path.Value), textCode(s.options()), listOf(params), rest)
	switch c.Func {
	case "JSON_VALUE":
		out.code = a.fromCarrier(code, out.typ)
	case "JSON_QUERY":
		out.code = a.jsonOutput(code, out.typ, c.Output)
	default:
		out.code = code
	}
	return out
}

// listOf gives a list of texts.
func listOf(vs []value) string {
	codes := make([]string, len(vs))
	for i, v := range vs {
		codes[i] = v.code
	}
	return "CAST([" + strings.Join(codes, ", ") + "] AS VARCHAR[])"
}

// readJSON analyses an expression that is read as JSON, and gives its text.
func (a *analyser) readJSON(in JSONInput, sc *scope) value {
	v := a.expr(in.X, sc)
	bad := func() *Error {
		return errorAt(in.X.Pos(), "TYPE_MISMATCH", "Cannot read input of type %s as JSON using formatting %s", v.typ, in.Format)
	}
	a.pos = in.X.Pos()
	wide := in.Format.UTF8 || in.Format.UTF16 || in.Format.UTF32
	switch {
	case v.typ.Kind == Unknown:
		return a.coerce(v, tVarchar)
	case v.typ.Kind == Varbinary && in.Format.UTF16:
		v.code = "acme_sql_json_decode(" + v.code + ", 'UTF16')"
	case v.typ.Kind == Varbinary && in.Format.UTF32:
		v.code = "acme_sql_json_decode(" + v.code + ", 'UTF32')"
	case v.typ.Kind == Varbinary:
		v.code = "acme_from_utf8(" + v.code + ")"
	case !v.typ.isText() || wide:
		panic(bad())
	case v.typ.Kind == Char:
		a.representable(v.typ)
	}
	v.typ = tVarchar
	return v
}

// givesJSON says whether an expression is one of the calls whose text is JSON.
func givesJSON(x Expr) bool {
	switch x := x.(type) {
	case *JSONMaker:
		return true
	case *JSONCall:
		return x.Func == "JSON_QUERY"
	}
	return false
}

// jsonParams analyses PASSING: each parameter becomes a text.
func (a *analyser) jsonParams(c *JSONCall, sc *scope, s *sqlJSON) []value {
	var out []value
	seen := map[string]bool{}
	for _, p := range c.Args {
		name := p.Name.Text
		if !p.Name.Quoted {
			name = strings.ToUpper(name)
		}
		if seen[name] {
			panic(errorAt(p.Name.pos, "DUPLICATE_PARAMETER_NAME", "%s JSON path parameter is specified more than once", name))
		}
		seen[name] = true
		if _, ok := p.X.(*LambdaExpr); ok {
			panic(errorAt(p.X.Pos(), "NOT_SUPPORTED", "LambdaExpression is not supported as JSON path parameter"))
		}
		if p.Format.Set || givesJSON(p.X) {
			out = append(out, a.readJSON(p.JSONInput, sc))
			s.params = append(s.params, jsonParam{name: name, json: true})
			continue
		}
		v, t := a.jsonParam(c, p, sc)
		out = append(out, v)
		s.params = append(s.params, jsonParam{name: name, typ: t})
	}
	return out
}

// jsonParam gives a parameter of one of SQL's types as text, and its type.
func (a *analyser) jsonParam(c *JSONCall, p JSONArg, sc *scope) (value, Type) {
	v := a.expr(p.X, sc)
	a.pos = p.X.Pos()
	t := v.typ
	a.representable(t)
	switch t.Kind {
	case Unknown:
		return a.coerce(v, tVarchar), tVarchar
	case Varchar:
		return v, t
	case Char:
		return v, t
	case Varbinary:
		panic(errorAt(p.X.Pos(), "NOT_SUPPORTED", "Unsupported type of JSON path parameter: %s", t))
	case Boolean, TinyInt, SmallInt, Integer, BigInt, Decimal:
		v.code = "CAST(" + v.code + " AS VARCHAR)"
	case Real:
		v.code = a.edition("real_plain") + "(" + v.code + ")"
	case Double:
		v.code = a.edition("double_plain") + "(" + v.code + ")"
	case Date, Time, Timestamp:
		v.code = "CAST(" + a.toCarrier(v.code, t) + " AS VARCHAR)"
	case TimestampTZ, TimeTZ:
		panic(a.cannot("%s as a parameter of a JSON path", t))
	default:
		if !castable(t, tVarchar) {
			panic(errorAt(c.pos, "NOT_SUPPORTED", "Unsupported type of JSON path parameter: %s", t))
		}
		v.code = a.convert(v.code, t, tVarchar, false)
		t = tVarchar
	}
	return v, t
}

// jsonPath parses and checks the path of a call.
func (a *analyser) jsonPath(c *JSONCall, s *sqlJSON) *jsonPath {
	path, err := parseJSONPath(c.Path.Value, c.Path.pos, a.level)
	if err != nil {
		panic(err)
	}
	check := &pathChecker{a: a, pos: c.Path.pos, names: map[string]bool{}}
	for _, p := range s.params {
		check.names[p.name] = true
	}
	check.check(path.root)
	return path
}

// valueType gives the type that JSON_VALUE returns.
func (a *analyser) valueType(c *JSONCall, s *sqlJSON) Type {
	t := tVarchar
	a.pos = c.pos
	if c.Returns != nil {
		t = a.typeOf(*c.Returns)
		a.pos = c.pos
	}
	switch {
	case t.isText() || t.isNumeric() || t.Kind == Boolean || t.Kind >= Date && t.Kind <= TimestampTZ:
	default:
		panic(errorAt(c.pos, "TYPE_MISMATCH", "Invalid return type of function JSON_VALUE: %s", shownType(*c.Returns)))
	}
	if known := s.path.root.typ; known != nil && !castable(*known, t) {
		panic(errorAt(c.pos, "TYPE_MISMATCH", "Return type of JSON path: %s incompatible with return type of function JSON_VALUE: %s", known, t))
	}
	a.representable(t)
	if t.Kind == TimestampTZ && a.trying > 0 {
		panic(a.cannot("TRY around JSON_VALUE that returns %s", t))
	}
	return t
}

// shownType spells a type's name as Trino shows what was written.
func shownType(n TypeName) string {
	if strings.HasPrefix(n.Base, "interval") {
		return strings.ToUpper(n.String())
	}
	return n.String()
}

// jsonCarrier says by which of jsonResults a type is carried.
func jsonCarrier(t Type) string {
	switch {
	case t.isText() || t.Kind == Decimal || t.isNested():
		return "text"
	case t.isFloat():
		return "float"
	case t.Kind == Boolean:
		return "truth"
	}
	return "whole"
}

// fromCarrier gives what JSON_VALUE's function returns as its type.
func (a *analyser) fromCarrier(code string, t Type) string {
	switch t.Kind {
	case Varchar, Char, Double, Boolean, BigInt:
		return code
	case Date:
		return "(DATE '1970-01-01' + CAST(" + code + " AS INTEGER))"
	case Time:
		return "CAST(make_timestamp(" + code + ") AS TIME)"
	case Timestamp:
		return "make_timestamp(" + code + ")"
	case TimestampTZ:
		return "make_timestamptz(" + code + ")"
	}
	return "CAST(" + code + " AS " + t.DuckDB() + ")"
}

// toCarrier is the inverse of fromCarrier.
func (a *analyser) toCarrier(code string, t Type) string {
	switch t.Kind {
	case Date:
		return "CAST((" + code + " - DATE '1970-01-01') AS BIGINT)"
	case Time:
		return "epoch_us(DATE '1970-01-01' + " + code + ")"
	case Timestamp, TimestampTZ:
		return "epoch_us(" + code + ")"
	}
	return "CAST(" + code + " AS " + jsonResults[jsonCarrier(t)] + ")"
}

// jsonDefaults gives the values of DEFAULT ... ON EMPTY and ON ERROR.
func (a *analyser) jsonDefaults(c *JSONCall, t Type, sc *scope) string {
	out := ""
	for i, x := range []Expr{c.EmptyDefault, c.ErrorDefault} {
		if x == nil {
			out += ", NULL"
			continue
		}
		if queries := collect(x, isSubquery); queries != nil && a.level >= lazyDefaultSince {
			panic(errorAt(queries[0].Pos(), "UNSUPPORTED_SUBQUERY", "Subqueries are not supported in JSON_VALUE default expressions"))
		}
		v := a.expr(x, sc)
		on := []string{"EMPTY", "ERROR"}[i]
		if a.level < lazyDefaultSince {
			if !converts(v.typ, t) {
				panic(errorAt(x.Pos(), "TYPE_MISMATCH", "Function JSON_VALUE default ON %s result must evaluate to a %s (actual: %s)", on, t, v.typ))
			}
			out += ", " + a.toCarrier(a.coerce(v, t).code, t)
			continue
		}
		a.pos = x.Pos()
		if !castable(v.typ, t) {
			panic(errorAt(x.Pos(), "TYPE_MISMATCH", "Function JSON_VALUE default ON %s result must evaluate to a %s (actual: %s)", on, t, v.typ))
		}
		code := a.convert(v.code, v.typ, t, false)
		if mayFail(code) || strings.Contains(code, "CASE") || strings.Contains(code, "//") {
			panic(a.cannot("a default of JSON_VALUE that can fail"))
		}
		out += ", " + a.toCarrier(code, t)
	}
	return out
}

// lazyDefaultSince is the first release known to evaluate a default only where it
// is used, and to cast it.
const lazyDefaultSince = 476

// outputType gives the type of a call that makes JSON.
func (a *analyser) outputType(p Pos, returns *TypeName, f JSONFormat) Type {
	t := tVarchar
	a.pos = p
	if returns != nil {
		t = a.typeOf(*returns)
		a.pos = p
	}
	wide := f.UTF8 || f.UTF16 || f.UTF32
	if t.Kind != Varbinary && (wide || !t.isText()) {
		panic(errorAt(p, "TYPE_MISMATCH", "Cannot output JSON value as %s using formatting %s", t, f))
	}
	a.representable(t)
	return t
}

// jsonOutput gives JSON's text in the type that a call returns.
func (a *analyser) jsonOutput(code string, t Type, f JSONFormat) string {
	switch {
	case f.UTF16:
		return "acme_sql_json_encode(" + code + ", 'UTF16')"
	case f.UTF32:
		return "acme_sql_json_encode(" + code + ", 'UTF32')"
	case t.Kind == Varbinary:
		return "encode(" + code + ")"
	}
	return a.convert(code, tVarchar, t, false)
}

// jsonMaker analyses JSON_OBJECT and JSON_ARRAY.
func (a *analyser) jsonMaker(m *JSONMaker, sc *scope) value {
	out := value{constant: true}
	var keys, values []value
	for _, e := range m.Members {
		if e.Key != nil {
			k := a.expr(e.Key, sc)
			if !k.typ.isText() {
				panic(errorAt(e.Key.Pos(), "INVALID_FUNCTION_ARGUMENT", "Invalid type of JSON object key: %s", k.typ))
			}
			if k.typ.Kind == Char {
				k.code = "rtrim(" + k.code + ", ' ')"
			}
			keys = append(keys, k)
			out.constant = out.constant && k.constant
		}
		v := a.jsonPart(m, e, sc)
		values = append(values, v)
		out.constant = out.constant && v.constant
	}
	out.typ = a.outputType(m.pos, m.Returns, m.Output)
	code := fmt.Sprintf("acme_sql_json_array(%s, %t)", listOf(values), m.Nulls)
	if m.Func == "JSON_OBJECT" {
		name := "acme_sql_json_object"
		if !distinctTexts(keys) {
			name = "acme_raise_sql_json_object"
		}
		code = fmt.Sprintf("%s(%s, %s, %t, %t)", name, listOf(keys), listOf(values), m.Nulls, m.Uniques)
	}
	out.code = a.jsonOutput(code, out.typ, m.Output)
	return out
}

// jsonPart gives a value of JSON_OBJECT or JSON_ARRAY as JSON.
func (a *analyser) jsonPart(m *JSONMaker, e JSONMember, sc *scope) value {
	what := map[string]string{"JSON_OBJECT": "JSON object value", "JSON_ARRAY": "JSON array element"}[m.Func]
	if _, ok := e.X.(*LambdaExpr); ok {
		panic(errorAt(e.X.Pos(), "NOT_SUPPORTED", "LambdaExpression is not supported as %s", what))
	}
	if e.Format.Set || givesJSON(e.X) {
		if m.Uniques {
			a.expr(e.X, sc)
			panic(errorAt(m.pos, "NOT_SUPPORTED", "WITH UNIQUE KEYS behavior is not supported for JSON_OBJECT function when input expression has FORMAT"))
		}
		v := a.readJSON(e.JSONInput, sc)
		v.code = fmt.Sprintf("acme_raise_sql_json_input(%s, CAST(%d AS BIGINT))", v.code, a.level)
		return v
	}
	v := a.expr(e.X, sc)
	a.pos = e.X.Pos()
	t := v.typ
	a.representable(t)
	switch t.Kind {
	case Unknown:
		return a.coerce(v, tVarchar)
	case Varbinary:
		panic(errorAt(e.X.Pos(), "NOT_SUPPORTED", "Unsupported type of value passed to %s function: %s", m.Func, t))
	case Boolean, TinyInt, SmallInt, Integer, BigInt:
		v.code = "CAST(" + v.code + " AS VARCHAR)"
	case Decimal:
		v.code = "acme_sql_json_decimal(" + plainText(v.code, t) + ")"
	case Double:
		v.code = a.edition("double_json") + "(" + v.code + ")"
	case Real:
		v.code = a.edition("real_json") + "(" + v.code + ")"
	default:
		if !castable(t, tVarchar) {
			panic(errorAt(m.pos, "NOT_SUPPORTED", "Unsupported type of value passed to %s function: %s", m.Func, t))
		}
		v.code = "acme_sql_json_quote(" + a.convert(v.code, t, tVarchar, false) + ")"
	}
	v.typ = tVarchar
	return v
}

// distinctTexts says that values are literals of which no two are the same.
func distinctTexts(vs []value) bool {
	seen := map[string]bool{}
	for _, v := range vs {
		if v.text == nil || seen[*v.text] {
			return false
		}
		seen[*v.text] = true
	}
	return true
}

// tryJSON is TRY around calls of SQL/JSON that can fail: up to release 475 it does
// not catch what they fail with. An object with a member twice it never does.
func (a *analyser) tryJSON(c *Call, v value) value {
	if strings.Contains(v.code, "acme_raise_sql_json_object") {
		panic(refuse(c.pos, "TRY around a JSON_OBJECT whose keys may repeat"))
	}
	if a.level >= 476 {
		return value{typ: v.typ, code: a.tryCode(v.code), constant: v.constant}
	}
	if !failsAsJSON(c.Args[0]) {
		panic(refuse(c.pos, "TRY around a JSON function with ERROR among its clauses and more at this release"))
	}
	return v
}

// failsAsJSON says that nothing but calls of SQL/JSON can fail in an expression.
func failsAsJSON(x Expr) bool {
	switch x.(type) {
	case *StringLit, *NumberLit, *BoolLit, *NullLit, *Ident:
		return true
	case *JSONCall:
		for _, k := range children(x) {
			if !failsAsJSON(k) {
				return false
			}
		}
		return true
	}
	return false
}
