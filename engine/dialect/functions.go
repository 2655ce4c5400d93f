package dialect

import (
	"slices"
	"strings"
	"sync"
)

// The function table: one entry a function, and the only way by which a name in
// a statement becomes a name in DuckDB's SQL. It drives resolution, messages,
// hints and lowering. What is not in it is FUNCTION_NOT_FOUND.

type functionKind uint8

const (
	scalarFunction functionKind = iota
	aggregateFunction
	windowFunction
	noFunction
)

// function is an entry of the table.
type function struct {
	name string
	doc  string
	kind functionKind
	// category is the field that it belongs to, and forms are its signatures where
	// special analyses the call; both are for Documentation.
	category string
	forms    []string
	// since and until bound the releases that have it; zero is no bound.
	since, until int
	sigs         []signature
	// refused says why the local engine has no such function, though Athena does.
	refused string
	// special analyses a call by itself, where a table of types cannot say it.
	special func(a *analyser, c *Call, args []value, sc *scope) value
	// ordered says that a window function needs ORDER BY, framed that it may have
	// a frame, nulls that it takes IGNORE NULLS.
	ordered, nulls bool
}

// signature is one way to call a function. in and out are types in which names of
// one capital letter stand for any type, and x, p, s for any length: "array(E), E".
type signature struct {
	in, out string
	// where constrains the type variables, as Trino shows it: "E:orderable".
	where string
	// sql is the lowering: $1 is the first argument, $* all of them. In an
	// aggregate @name(...) is DuckDB's aggregate, which gets DISTINCT, ORDER BY,
	// FILTER and OVER.
	sql string
	// low makes the lowering where it depends on types or literals.
	low func(c *invocation) string
	// typ computes the result's type from the arguments' where out cannot say it.
	typ func(args []Type) Type
	// gives is the result's type as Documentation shows it, where typ computes it.
	gives string
	// shown is the text of the parameters in messages, where it is not in.
	shown string
	// since and until are the first and last release that has it; zero is no bound.
	since, until int
	// shapes are how DuckDB calls the lambdas, in their order.
	shapes []lambdaShape
	// variadic says that the last parameter may be repeated.
	variadic bool

	params []pattern
	result pattern
}

// invocation is a call whose signature is known and whose arguments have its types.
type invocation struct {
	a       *analyser
	call    *Call // nil for an operator
	sc      *scope
	args    []value
	raw     []value // before coercion
	typ     Type    // of the result
	pos     Pos
	lambdas []lambda // by argument; empty for one that is none
	over    string   // of a window, with the OVER
	filt    string
	ord     string
}

// pattern is a parsed type of a signature.
type pattern struct {
	base string
	args []pattern
	zone bool
}

// parsePattern reads "array(E)", "timestamp(p) with time zone", "function(T, boolean)".
func parsePattern(s string) pattern {
	s = strings.TrimSpace(s)
	p := pattern{}
	if rest, ok := strings.CutSuffix(s, " with time zone"); ok {
		s, p.zone = rest, true
	}
	base, rest, ok := strings.Cut(s, "(")
	p.base = strings.TrimSpace(base)
	if ok {
		for _, part := range splitTop(strings.TrimSuffix(rest, ")")) {
			p.args = append(p.args, parsePattern(part))
		}
	}
	return p
}

// splitTop splits at the commas outside parentheses.
func splitTop(s string) []string {
	var out []string
	depth, from := 0, 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				out = append(out, s[from:i])
				from = i + 1
			}
		}
	}
	if strings.TrimSpace(s) != "" {
		out = append(out, s[from:])
	}
	return out
}

// functionTable is the table, built when it is first asked for and read only
// after.
var functionTable struct {
	once sync.Once
	m    map[string]*function
}

// table gives the functions by name.
func table() map[string]*function {
	functionTable.once.Do(func() { functionTable.m = buildTable() })
	return functionTable.m
}

func buildTable() map[string]*function {
	m := map[string]*function{}
	for _, list := range functionLists() {
		for _, f := range list.functions {
			f.category = list.category
			for i := range f.sigs {
				s := &f.sigs[i]
				for _, p := range splitTop(s.in) {
					s.params = append(s.params, parsePattern(p))
				}
				s.result = parsePattern(s.out)
			}
			for _, name := range strings.Split(f.name, " ") {
				g := f
				g.name = name
				m[name] = &g
			}
		}
	}
	return m
}

// functionList is functions of one field.
type functionList struct {
	category  string
	functions []function
}

// functionLists gives all functions by field, each once.
func functionLists() []functionList {
	return []functionList{
		{"Numbers", mathFunctions()}, {"Text", textFunctions()}, {"URLs and patterns", webFunctions()}, {"Dates and times", timeFunctions()},
		{"Arrays", arrayFunctions()}, {"Arrays", sequenceFunctions()}, {"Maps", mapFunctions()}, {"Lambdas", lambdaFunctions()}, {"JSON", jsonFunctions()},
		{"Conditions", conditionalFunctions()}, {"Bytes", binaryFunctions()}, {"Aggregates", aggregateFunctions()}, {"Statistics", statisticFunctions()},
		{"Collecting", collectingFunctions()}, {"Sketches", sketchFunctions()}, {"Windows", windowFunctions()}, {"Not in the local engine", refusedFunctions()},
	}
}

// functionOf finds a function at the analyser's release.
func (a *analyser) functionOf(name string) *function {
	f := table()[strings.ToLower(name)]
	if f == nil || f.since > a.level || f.until != 0 && f.until < a.level {
		return nil
	}
	other := func(s signature) bool { return s.since > a.level || s.until != 0 && s.until < a.level }
	if slices.ContainsFunc(f.sigs, other) {
		here := *f
		here.sigs = slices.DeleteFunc(slices.Clone(f.sigs), other)
		return &here
	}
	return f
}

// kindOf says what a call calls.
func (a *analyser) kindOf(c *Call) functionKind {
	if f := a.functionOf(c.Name[len(c.Name)-1].Text); f != nil {
		return f.kind
	}
	return noFunction
}

// FunctionDoc describes a function of the table, for help and completion.
type FunctionDoc struct {
	Name       string
	Category   string // the field that it belongs to, for a heading
	Signatures []string
	Doc        string
	Aggregate  bool
	Window     bool
	// Since and Until are the first and last release that has it, 0 for no bound.
	Since, Until int
	// Refused says why the local engine has it not; empty where it has.
	Refused string
}

// Documentation gives all functions of the table, by name.
func Documentation() []FunctionDoc {
	var out []FunctionDoc
	for _, f := range table() {
		d := FunctionDoc{Name: f.name, Category: f.category, Doc: f.doc, Since: f.since, Until: f.until, Refused: f.refused,
			Aggregate: f.kind == aggregateFunction, Window: f.kind == windowFunction}
		for _, s := range f.sigs {
			in, out := s.in, s.out
			if s.shown != "" {
				in = s.shown
			}
			if s.gives != "" {
				out = s.gives
			}
			d.Signatures = append(d.Signatures, f.name+"("+in+") -> "+out)
		}
		for _, form := range f.forms {
			d.Signatures = append(d.Signatures, f.name+form)
		}
		out = append(out, d)
	}
	slices.SortFunc(out, func(x, y FunctionDoc) int { return strings.Compare(x.Name, y.Name) })
	return out
}

// functionNames gives all names, for "did you mean".
func functionNames() []string {
	return sortedKeys(table())
}

// expected shows a signature as Trino does in "Expected:". Newer releases write
// type variables in capitals, and in order.
func (s *signature) expected(name string, level int) string {
	in, where := s.in, s.where
	if s.shown != "" {
		in = s.shown
	}
	if level >= 476 && where != "" {
		vars := splitTop(where)
		for i := range vars {
			vars[i] = strings.TrimSpace(vars[i])
			if v, _, _ := strings.Cut(vars[i], ":"); len(v) == 1 {
				in = capital(in, v[0])
			}
		}
		slices.Sort(vars)
		where = strings.Join(vars, ", ")
	}
	parts := splitTop(in)
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	text := name + "(" + strings.Join(parts, ", ") + ")"
	if where != "" {
		text += " " + where
	}
	return text
}

// capital writes a variable of one letter in capitals wherever it stands alone.
func capital(s string, v byte) string {
	b := []byte(s)
	for i := range b {
		if b[i] == v|0x20 && (i == 0 || !isLetter(b[i-1])) && (i+1 == len(b) || !isLetter(b[i+1])) {
			b[i] = v
		}
	}
	return string(b)
}

// isVar says whether a pattern is a type variable.
func (p pattern) isVar() bool { return len(p.base) == 1 && p.base[0] >= 'A' && p.base[0] <= 'Z' }

// bindings are the type variables of a call.
type bindings map[string]Type

// patternKinds are the kinds that plain pattern names stand for.
var patternKinds = map[string]Kind{
	"unknown": Unknown, "boolean": Boolean, "tinyint": TinyInt, "smallint": SmallInt, "integer": Integer, "bigint": BigInt,
	"real": Real, "double": Double, "varbinary": Varbinary, "date": Date, "json": JSON, "uuid": UUID, "ipaddress": IPAddress,
	"interval day to second": IntervalDay, "interval year to month": IntervalYear,
	"varchar": Varchar, "char": Char, "decimal": Decimal, "time": Time, "timestamp": Timestamp,
	"joniregexp": Varchar, "JsonPath": Varchar, "array": Array, "map": Map, "row": Row,
	"hyperloglog": HyperLogLog, "tdigest": TDigest, "qdigest": QDigest,
}

// match binds p to t. With coerce, t may convert to what p asks for. It gives the
// type that the argument must have.
func (p pattern) match(t Type, b bindings, coerce bool) (Type, bool) {
	if p.isVar() {
		bound, ok := b[p.base]
		switch {
		case !ok:
			b[p.base] = t
			return t, true
		case bound.Equal(t):
			b[p.base] = mergeZone(bound, t)
			return b[p.base], true
		case !coerce:
			return Type{}, false
		}
		c, ok := commonType(bound, t)
		b[p.base] = c
		return c, ok
	}
	if p.base == "any" {
		return t, true
	}
	kind := patternKinds[p.base]
	if p.zone {
		kind = map[string]Kind{"time": TimeTZ, "timestamp": TimestampTZ}[p.base]
	}
	if t.Kind == kind {
		return p.sameKind(t, b, coerce)
	}
	if !coerce {
		return Type{}, false
	}
	if t.Kind == Unknown {
		return p.concrete(b), true
	}
	c, ok := widen(t, kind)
	if ok && p.base == "varchar" && p.args == nil {
		c = tVarchar
	}
	if ok && t.Kind == Char && kind == Varchar {
		return p.sameKind(c, b, coerce)
	}
	if t.Kind == Char && (p.base == "joniregexp" || p.base == "JsonPath") {
		return t, true // with the blanks at its end
	}
	return c, ok
}

// sameKind binds p to a type of its own kind.
func (p pattern) sameKind(t Type, b bindings, coerce bool) (Type, bool) {
	switch t.Kind {
	case Array, Map, QDigest:
		out := Type{Kind: t.Kind}
		for i, q := range p.args {
			e, ok := q.match(t.Elem[i].Type, b, coerce)
			if !ok {
				return Type{}, false
			}
			out.Elem = append(out.Elem, Field{Type: e})
		}
		return out, true
	case Varchar:
		if p.args == nil {
			return tVarchar, coerce || t.Precision == Unbounded || p.base != "varchar"
		}
		if n := number(p.args[0].base, -1); n >= 0 {
			return varcharType(n), t.Precision == n || coerce && t.Precision < n
		}
	case Row:
		for i, q := range p.args {
			if i >= len(t.Elem) {
				return Type{}, false
			}
			if _, ok := q.match(t.Elem[i].Type, b, coerce); !ok {
				return Type{}, false
			}
		}
	}
	if len(p.args) == 1 && (t.Kind == Varchar || t.Kind == Char || t.Kind == Timestamp || t.Kind == TimestampTZ || t.Kind == Time || t.Kind == TimeTZ) {
		name := "#" + p.args[0].base
		bound, ok := b[name]
		if ok && coerce {
			t.Precision = max(t.Precision, bound.Precision)
		}
		b[name] = t
	}
	if t.Kind == Decimal && len(p.args) == 2 {
		name := "#" + p.args[0].base
		if bound, ok := b[name]; ok && coerce {
			t, _ = commonType(bound, t)
		}
		b[name] = t
	}
	return t, true
}

// concrete gives the type of a pattern whose variables are bound; unknown where
// they are not.
func (p pattern) concrete(b bindings) Type {
	if p.isVar() {
		return b[p.base]
	}
	k := patternKinds[p.base]
	t := Type{Kind: k}
	if p.zone {
		t.Kind = map[string]Kind{"time": TimeTZ, "timestamp": TimestampTZ}[p.base]
	}
	if len(p.args) >= 1 {
		if bound, ok := b["#"+p.args[0].base]; ok {
			t.Precision, t.Scale, t.zone = bound.Precision, bound.Scale, bound.zone
			return t
		}
	}
	switch t.Kind {
	case Varchar:
		t.Precision = Unbounded
		if len(p.args) == 1 {
			t.Precision = number(p.args[0].base, 0)
		}
	case Char:
		t.Precision = 1 - len(p.args) // of NULL it is char(0)
	case Decimal:
		t.Precision = 1
		if len(p.args) == 2 {
			t.Precision, t.Scale = number(p.args[0].base, 1), number(p.args[1].base, 0)
		}
	case Timestamp, TimestampTZ, Time, TimeTZ:
		if len(p.args) == 1 {
			t.Precision = number(p.args[0].base, 0)
		}
	case Array, Map, Row, QDigest:
		for _, q := range p.args {
			t.Elem = append(t.Elem, Field{Type: q.concrete(b)})
		}
	}
	return t
}

func number(s string, otherwise int) int {
	n := 0
	for _, c := range s {
		if c < '0' || c > '9' {
			return otherwise
		}
		n = n*10 + int(c-'0')
	}
	return n
}
