package dialect

// The grammar of SQL/JSON: JSON_EXISTS, JSON_VALUE, JSON_QUERY, JSON_OBJECT and
// JSON_ARRAY.

// JSONFormat is FORMAT JSON ENCODING ...; the zero value is none.
type JSONFormat struct{ Set, UTF8, UTF16, UTF32 bool }

// String gives the format as Trino shows it.
func (f JSONFormat) String() string {
	switch {
	case f.UTF8:
		return "JSON ENCODING UTF8"
	case f.UTF16:
		return "JSON ENCODING UTF16"
	case f.UTF32:
		return "JSON ENCODING UTF32"
	}
	return "JSON"
}

// JSONInput is an expression with a format.
type JSONInput struct {
	X      Expr
	Format JSONFormat
}

// JSONArg is a parameter of a path.
type JSONArg struct {
	JSONInput
	Name Name
}

// JSONCall is JSON_EXISTS, JSON_VALUE or JSON_QUERY, by Func.
type JSONCall struct {
	exprAt
	Func     string
	Input    JSONInput
	Path     *StringLit
	PathName *Name
	Args     []JSONArg
	Returns  *TypeName
	Output   JSONFormat
	// Empty and Error say what is to happen: NULL, ERROR, DEFAULT, EMPTY ARRAY,
	// EMPTY OBJECT, TRUE, FALSE, UNKNOWN.
	Empty, Error               string
	EmptyDefault, ErrorDefault Expr
	// Wrapper is WITHOUT, CONDITIONAL or UNCONDITIONAL; Quotes KEEP, OMIT or empty.
	Wrapper, Quotes string
}

// JSONMember is a member of JSON_OBJECT; Key is nil in JSON_ARRAY.
type JSONMember struct {
	Key Expr
	JSONInput
}

// JSONMaker is JSON_OBJECT or JSON_ARRAY, by Func.
type JSONMaker struct {
	exprAt
	Func           string
	Members        []JSONMember
	Nulls, Uniques bool
	Returns        *TypeName
	Output         JSONFormat
}

// jsonForm takes a call of SQL/JSON.
func (p *parser) jsonForm(e exprAt) Expr {
	t := p.next()
	p.needSym("(")
	if t.up == "JSON_OBJECT" || t.up == "JSON_ARRAY" {
		return p.jsonMaker(&JSONMaker{exprAt: e, Func: t.up, Nulls: t.up == "JSON_OBJECT"})
	}
	c := &JSONCall{exprAt: e, Func: t.up, Empty: "NULL", Error: "NULL", Wrapper: "WITHOUT"}
	p.jsonPath(c)
	switch t.up {
	case "JSON_EXISTS":
		c.Error = "FALSE"
		if b := p.jsonBehaviour("TRUE", "FALSE", "UNKNOWN", "ERROR"); b != "" {
			c.Error = b
			p.needWord("ON")
			p.needWord("ERROR")
		}
	case "JSON_VALUE":
		if p.word("RETURNING") {
			c.Returns = p.returns()
		}
		p.behaviours(c, "ERROR", "NULL", "DEFAULT")
	default:
		p.jsonOutput(&c.Returns, &c.Output)
		p.wrapper(c)
		p.behaviours(c, "ERROR", "NULL", "EMPTY")
	}
	p.needSym(")")
	return c
}

func (p *parser) returns() *TypeName {
	t := p.typeName()
	return &t
}

// jsonPath takes the input, the path and its parameters.
func (p *parser) jsonPath(c *JSONCall) {
	c.Input = p.jsonInput()
	p.needSym(",")
	at := exprAt{at{p.tok().pos}}
	c.Path = &StringLit{at, p.string()}
	if p.level >= pathNameSince && p.word("AS") {
		n := p.name()
		c.PathName = &n
	}
	if !p.word("PASSING") {
		return
	}
	for {
		a := JSONArg{JSONInput: p.jsonInput()}
		p.needWord("AS")
		a.Name = p.name()
		c.Args = append(c.Args, a)
		if !p.sym(",") {
			return
		}
	}
}

// jsonTableSince is the first release that has JSON_TABLE.
const jsonTableSince = 435

// pathNameSince is the first release that lets a path be named.
const pathNameSince = jsonTableSince

func (p *parser) jsonInput() JSONInput {
	in := JSONInput{X: p.expr()}
	if p.word("FORMAT") {
		in.Format = p.jsonFormat()
	}
	return in
}

func (p *parser) jsonFormat() JSONFormat {
	f := JSONFormat{Set: true}
	p.needWord("JSON")
	if p.word("ENCODING") {
		switch {
		case p.word("UTF8"):
			f.UTF8 = true
		case p.word("UTF16"):
			f.UTF16 = true
		default:
			p.needWord("UTF32")
			f.UTF32 = true
		}
	}
	return f
}

func (p *parser) jsonOutput(t **TypeName, f *JSONFormat) {
	if p.word("RETURNING") {
		*t = p.returns()
		if p.word("FORMAT") {
			*f = p.jsonFormat()
		}
	}
}

// jsonBehaviour takes one of words, or nothing.
func (p *parser) jsonBehaviour(words ...string) string {
	for _, w := range words {
		if !p.word(w) {
			continue
		}
		if w == "EMPTY" {
			if p.word("ARRAY") {
				return "EMPTY ARRAY"
			}
			p.needWord("OBJECT")
			return "EMPTY OBJECT"
		}
		return w
	}
	return ""
}

// behaviours takes ... ON EMPTY ... ON ERROR, each once and in this order.
func (p *parser) behaviours(c *JSONCall, words ...string) {
	for empty := true; ; empty = false {
		b := p.jsonBehaviour(words...)
		if b == "" {
			return
		}
		var x Expr
		if b == "DEFAULT" {
			x = p.expr()
		}
		p.needWord("ON")
		if empty && p.word("EMPTY") {
			c.Empty, c.EmptyDefault = b, x
			continue
		}
		p.needWord("ERROR")
		c.Error, c.ErrorDefault = b, x
		return
	}
}

func (p *parser) wrapper(c *JSONCall) {
	found := true
	switch {
	case p.word("WITHOUT"):
		p.word("ARRAY")
	case p.word("WITH"):
		c.Wrapper = "UNCONDITIONAL"
		if p.word("CONDITIONAL") {
			c.Wrapper = "CONDITIONAL"
		} else {
			p.word("UNCONDITIONAL")
		}
		p.word("ARRAY")
	default:
		found = false
	}
	if found {
		p.needWord("WRAPPER")
	}
	switch {
	case p.word("KEEP"):
		c.Quotes = "KEEP"
	case p.word("OMIT"):
		c.Quotes = "OMIT"
	default:
		return
	}
	p.needWord("QUOTES")
	if p.words("ON", "SCALAR") {
		if !p.word("STRING") {
			p.needWord("TEXT")
		}
	}
}

// jsonMaker takes what stands between the parentheses of JSON_OBJECT and
// JSON_ARRAY.
func (p *parser) jsonMaker(m *JSONMaker) Expr {
	object := m.Func == "JSON_OBJECT"
	if !p.isSym(")") && !(p.isWord("RETURNING") && p.isName(p.peek(1))) {
		for {
			m.Members = append(m.Members, p.jsonMember(object))
			if !p.sym(",") {
				break
			}
		}
		switch {
		case p.words("NULL", "ON", "NULL"):
			m.Nulls = true
		case p.words("ABSENT", "ON", "NULL"):
			m.Nulls = false
		}
		if object {
			with := p.word("WITH")
			if with || p.word("WITHOUT") {
				p.needWord("UNIQUE")
				p.word("KEYS")
				m.Uniques = with
			}
		}
	}
	p.jsonOutput(&m.Returns, &m.Output)
	p.needSym(")")
	return m
}

func (p *parser) jsonMember(object bool) JSONMember {
	m := JSONMember{}
	if object {
		key := p.keyWord()
		if key {
			p.next()
		}
		m.Key = p.expr()
		if key || !p.sym(":") {
			p.needWord("VALUE")
		}
	}
	m.JSONInput = p.jsonInput()
	return m
}

// keyWord says whether KEY stands here as a word of the grammar: an expression
// follows, where behind a name the value would.
func (p *parser) keyWord() bool {
	p.note("'KEY'", "<expression>")
	t, next := p.tok(), p.peek(1)
	if t.kind != tokWord || t.up != "KEY" {
		return false
	}
	switch next.kind {
	case tokSymbol:
		return next.raw == "-" || next.raw == "+" || next.raw == "?"
	case tokWord:
		return next.up != "VALUE"
	}
	return next.kind != tokEOF
}

// jsonCall prints JSON_EXISTS, JSON_VALUE and JSON_QUERY.
func (f *formatter) jsonCall(c *JSONCall) {
	f.put(c.Func, "(")
	in := c.Input
	in.Format.Set = true
	f.jsonInput(in)
	f.put(", ")
	f.text(c.Path.Value)
	if c.PathName != nil {
		f.put(" AS ")
		f.ident(*c.PathName)
	}
	for i, a := range c.Args {
		f.put(map[bool]string{true: " PASSING ", false: ", "}[i == 0])
		f.jsonInput(a.JSONInput)
		f.put(" AS ")
		f.ident(a.Name)
	}
	if c.Returns != nil {
		f.put(" RETURNING ", c.Returns.String())
		if c.Output.Set {
			f.put(" FORMAT ", c.Output.String())
		}
	}
	switch c.Func {
	case "JSON_EXISTS":
		f.put(" ", c.Error, " ON ERROR)")
		return
	case "JSON_QUERY":
		f.put(map[string]string{"WITHOUT": " WITHOUT", "CONDITIONAL": " WITH CONDITIONAL", "UNCONDITIONAL": " WITH UNCONDITIONAL"}[c.Wrapper], " ARRAY WRAPPER")
		if c.Quotes != "" {
			f.put(" ", c.Quotes, " QUOTES ON SCALAR STRING")
		}
	}
	f.behaviour(c.Empty, c.EmptyDefault, "EMPTY")
	f.behaviour(c.Error, c.ErrorDefault, "ERROR")
	f.put(")")
}

func (f *formatter) behaviour(what string, x Expr, on string) {
	f.put(" ", what)
	if x != nil {
		f.put(" ")
		f.expr(x)
	}
	f.put(" ON ", on)
}

func (f *formatter) jsonInput(in JSONInput) {
	f.expr(in.X)
	if in.Format.Set {
		f.put(" FORMAT ", in.Format.String())
	}
}

// jsonMaker prints JSON_OBJECT and JSON_ARRAY.
func (f *formatter) jsonMaker(m *JSONMaker) {
	f.put(m.Func, "(")
	object := m.Func == "JSON_OBJECT"
	for i, e := range m.Members {
		if i > 0 {
			f.put(", ")
		}
		if object {
			f.put("KEY ")
			f.expr(e.Key)
			f.put(" VALUE ")
		}
		f.jsonInput(e.JSONInput)
	}
	if m.Members != nil {
		f.put(map[bool]string{true: " NULL ON NULL", false: " ABSENT ON NULL"}[m.Nulls])
		if object {
			f.put(map[bool]string{true: " WITH UNIQUE KEYS", false: " WITHOUT UNIQUE KEYS"}[m.Uniques])
		}
	}
	if m.Returns != nil {
		f.put(map[bool]string{true: " RETURNING ", false: "RETURNING "}[m.Members != nil], m.Returns.String())
		if m.Output.Set {
			f.put(" FORMAT ", m.Output.String())
		}
	}
	f.put(")")
}

// exprs gives the expressions inside a call.
func (c *JSONCall) exprs() []Expr {
	out := []Expr{c.Input.X}
	for _, a := range c.Args {
		out = append(out, a.X)
	}
	return append(out, c.EmptyDefault, c.ErrorDefault)
}

func (m *JSONMaker) exprs() []Expr {
	var out []Expr
	for _, e := range m.Members {
		out = append(out, e.Key, e.X)
	}
	return out
}
