package dialect

import (
	"fmt"
	"slices"
	"strings"
)

// maxDepth bounds how deep the tree may be. Deeper than this a statement is
// refused: neither this package nor DuckDB then runs out of stack.
const maxDepth = 200

// maxTerms bounds a chain of operators (a + b + ...), which is a deep tree too.
const maxTerms = 500

// maxBranches bounds the terms of one AND or OR and the WHENs of one CASE, which is
// where Trino runs out of stack too.
const maxBranches = 4000

// parser is a recursive descent parser. It fails by a panic with *Error, which
// run turns into a result; nothing else may panic.
//
// Expected sets: every test of the current token for something that could stand
// here adds it to expected; moving on clears it. At a failure expected then has
// what Trino lists.
type parser struct {
	src      string
	toks     []token
	i        int
	expected []string // with repeats: it is read at a failure only
	depth    int
	params   int
	level    int
	args     []string // the values of parameters, as written
	doubles  bool     // literals such as 1.5 are doubles
	closes   []int    // by token: the parenthesis that closes it
}

func newParser(src string, level int) *parser {
	return &parser{src: src, toks: tokenize(src, level), level: level}
}

// catch turns the panic of a failed parse or analysis into an error.
func catch(err *error) {
	switch r := recover().(type) {
	case nil:
	case *Error:
		*err = r
	default:
		panic(r)
	}
}

// checkText refuses a statement that is too long, before it is cut into tokens.
func checkText(src string) *Error {
	if len(src) <= maxText {
		return nil
	}
	return textTooLong(len(src), maxText)
}

func textTooLong(n, most int) *Error {
	return &Error{
		Name: "QUERY_TEXT_TOO_LARGE", Hint: "move long lists of values into a table",
		Message: fmt.Sprintf("Query text length (%d) exceeds the maximum length (%d)", n, most),
	}
}

// parseQuery parses one query. A semicolon at its end is dropped, as Athena's
// client does.
func parseQuery(src string, level int) (q *Query, err error) {
	if e := checkText(src); e != nil {
		return nil, e
	}
	p := newParser(stripSemicolon(src), level)
	if q, err = p.whole(); err != nil {
		return nil, p.trinosWords(err.(*Error))
	}
	return q, nil
}

// whole takes a statement that is all of the text.
func (p *parser) whole() (q *Query, err error) {
	defer catch(&err)
	q = p.statement()
	if p.tok().kind != tokEOF {
		p.note("<EOF>")
		p.fail()
	}
	return q, nil
}

// trinosWords gives the error of a failed parse as Trino words it. What Trino
// parses and this parser does not is refused.
func (p *parser) trinosWords(e *Error) *Error {
	if e.Name != "SYNTAX_ERROR" {
		return e
	}
	s, sure := syntaxError(tokenize(p.src, p.level), p.level)
	if s != nil {
		return s
	}
	if sure && strings.Contains(e.Message, ": mismatched input ") {
		return refuse(Pos{e.Line, e.Column}, "this syntax")
	}
	return e
}

// stripSemicolon drops one semicolon and the blanks and comments behind it.
func stripSemicolon(src string) string {
	toks := tokenize(src, 0)
	if n := len(toks); n >= 2 && toks[n-2].raw == ";" && toks[n-2].kind == tokSymbol {
		return src[:toks[n-2].end-1]
	}
	return src
}

func (p *parser) tok() token { return p.toks[p.i] }

func (p *parser) peek(n int) token {
	if p.i+n < len(p.toks) {
		return p.toks[p.i+n]
	}
	return p.toks[len(p.toks)-1]
}

func (p *parser) next() token {
	t := p.toks[p.i]
	if t.kind != tokEOF {
		p.i++
	}
	p.expected = p.expected[:0]
	return t
}

// note adds to what is expected here.
func (p *parser) note(what ...string) {
	p.expected = append(p.expected, what...)
}

// fail refuses the current token.
func (p *parser) fail() {
	t := p.tok()
	if t.kind == tokDigitWord && slices.Contains(p.expected, "<identifier>") {
		p.badWord(t)
	}
	panic(p.mismatch(t))
}

// mismatch is the error that t stands where something of expected should.
func (p *parser) mismatch(t token) *Error {
	return errorAt(t.pos, "SYNTAX_ERROR", "mismatched input '%s'. Expecting: %s", t.raw, strings.Join(slices.Compact(slices.Sorted(slices.Values(p.expected))), ", "))
}

// enter counts one level of the tree; leave must follow.
func (p *parser) enter() {
	p.depth++
	if p.depth > maxDepth {
		panic(errorAt(p.tok().pos, "STACK_OVERFLOW", "statement is too large (stack overflow during analysis)").
			hint("nest fewer than %d levels", maxDepth))
	}
}

func (p *parser) leave() { p.depth-- }

func (p *parser) checkTerms(n int) {
	if n > maxTerms {
		panic(errorAt(p.tok().pos, "STACK_OVERFLOW", "statement is too large (stack overflow during analysis)").
			hint("chain fewer than %d operators, or use IN or VALUES", maxTerms))
	}
}

func (p *parser) checkBranches(n int) {
	if n > maxBranches {
		panic(errorAt(p.tok().pos, "STACK_OVERFLOW", "statement is too large (stack overflow during analysis)").
			hint("write fewer than %d terms, or use IN or VALUES", maxBranches))
	}
}

// isWord tests the current token for keyword w, in upper case, and notes it.
func (p *parser) isWord(w string) bool {
	p.expected = append(p.expected, "'"+w+"'")
	t := p.tok()
	return t.kind == tokWord && t.up == w
}

// word takes keyword w if it stands here.
func (p *parser) word(w string) bool {
	if p.isWord(w) {
		p.next()
		return true
	}
	return false
}

// words takes a sequence of keywords if all of them stand here.
func (p *parser) words(ws ...string) bool {
	if !p.isWord(ws[0]) {
		return false
	}
	for i, w := range ws {
		if t := p.peek(i); t.kind != tokWord || t.up != w {
			return false
		}
	}
	for range ws {
		p.next()
	}
	return true
}

// needWord takes keyword w or fails.
func (p *parser) needWord(w string) token {
	if !p.isWord(w) {
		p.fail()
	}
	return p.next()
}

func (p *parser) isSym(s string) bool {
	p.note("'" + s + "'")
	t := p.tok()
	return t.kind == tokSymbol && t.raw == s
}

// looksAt tests without noting.
func (p *parser) looksAt(n int, s string) bool {
	t := p.peek(n)
	return t.kind == tokSymbol && t.raw == s || t.kind == tokWord && t.up == s
}

func (p *parser) sym(s string) bool {
	if p.isSym(s) {
		p.next()
		return true
	}
	return false
}

func (p *parser) needSym(s string) {
	if !p.isSym(s) {
		p.fail()
	}
	p.next()
}

// isName says whether t can be an identifier.
func isName(t token) bool {
	switch t.kind {
	case tokWord:
		return !reserved[t.up]
	case tokQuoted, tokBackquoted, tokDigitWord:
		return true
	}
	return false
}

// reservedAt says whether a word is reserved at the parser's release.
func (p *parser) isName(t token) bool {
	if t.kind == tokWord && p.level >= newSyntax {
		switch t.up {
		case "EXECUTE":
			return true
		case "AUTO", "JSON_TABLE", "OVERLAPS":
			return false
		}
	}
	if t.kind == tokWord && p.level >= jsonTableSince && t.up == "JSON_TABLE" {
		return false
	}
	return isName(t)
}

// isAlias says whether the current token is an alias and not the begin of the
// clause that its word can begin too: LIMIT 1, WINDOW w AS (...).
func (p *parser) isAlias() bool {
	t, next := p.tok(), p.peek(1)
	if t.kind == tokWord {
		switch t.up {
		case "LIMIT":
			return next.kind != tokInteger && next.raw != "?" && next.up != "ALL"
		case "OFFSET":
			return next.kind != tokInteger && next.raw != "?"
		case "FETCH":
			return next.up != "FIRST" && next.up != "NEXT"
		case "WINDOW":
			return !(p.isName(next) && p.peek(2).up == "AS" && p.peek(3).raw == "(")
		case "TABLESAMPLE":
			return next.up != "BERNOULLI" && next.up != "SYSTEM"
		}
	}
	return p.isName(t)
}

// name takes an identifier or fails.
func (p *parser) name() Name {
	p.note("<identifier>")
	t := p.tok()
	if !p.isName(t) {
		p.fail()
	}
	p.badWord(t)
	p.next()
	return Name{at: at{t.pos}, Text: t.text, Quoted: t.kind == tokQuoted}
}

// badWord refuses the identifiers that Trino's grammar knows only to refuse.
func (p *parser) badWord(t token) {
	switch {
	case t.kind == tokBackquoted:
		panic(errorAt(t.pos, "SYNTAX_ERROR", "backquoted identifiers are not supported; use double quotes to quote identifiers"))
	case t.kind == tokDigitWord:
		panic(errorAt(t.pos, "SYNTAX_ERROR", "identifiers must not start with a digit; surround the identifier with double quotes"))
	case t.kind == tokQuoted && t.text == "":
		panic(errorAt(t.pos, "SYNTAX_ERROR", "Zero-length delimited identifier not allowed"))
	}
}

func (p *parser) qname() QName {
	q := QName{p.name()}
	for p.isSym(".") && p.isName(p.peek(1)) {
		p.next()
		q = append(q, p.name())
	}
	return q
}

// names takes a list in parentheses.
func (p *parser) names() []Name {
	p.needSym("(")
	list := []Name{p.name()}
	for p.sym(",") {
		list = append(list, p.name())
	}
	p.needSym(")")
	return list
}

// string takes a string literal of Trino's, which may be U&'...', or fails.
func (p *parser) string() string {
	if p.tok().kind == tokUnicode {
		p.note("<string>")
		return p.unicode(p.next())
	}
	return p.text()
}

// atString says whether the token n from here is one.
func (p *parser) atString(n int) bool {
	k := p.peek(n).kind
	return k == tokString || k == tokUnicode
}

// text takes a plain string literal or fails.
func (p *parser) text() string {
	p.note("<string>")
	if p.tok().kind != tokString {
		p.fail()
	}
	return p.next().text
}

// between gives the source between two offsets, for constructs kept as text.
func (p *parser) between(from, to int) string { return strings.TrimSpace(p.src[from:to]) }
