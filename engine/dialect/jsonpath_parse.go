package dialect

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// The parser of SQL/JSON paths. Its errors are worded as the ones of Trino's
// parser, which has them from a generator: "mismatched input", "extraneous
// input", "missing", "no viable alternative".

// pathToken is a token of a path: kind is the symbol or word itself, or one of
// the classes below.
type pathToken struct {
	kind, text string
	at         int // offset in bytes
}

const (
	pathInteger = "INTEGER_VALUE"
	pathDecimal = "DECIMAL_VALUE"
	pathDouble  = "DOUBLE_VALUE"
	pathString  = "STRING"
	pathName    = "IDENTIFIER"
	pathNamed   = "NAMED_VARIABLE"
	pathEnd     = "<EOF>"
	pathOther   = "UNRECOGNIZED"
)

var pathWords = wordSet(`abs ceiling datetime double exists false flag floor is keyvalue last lax like_regex null size starts strict to true type unknown with`)

var pathMethods = wordSet(`abs ceiling datetime double floor keyvalue size type`)

var pathSymbols = []string{"&&", "||", "==", "<>", "!=", "<=", ">=", "..", "<", ">", "!", "(", ")", "[", "]", ".", "*", "/", "%", "+", "-", "?", ",", "$", "@"}

// pathTokens cuts a path into tokens, the last one pathEnd.
func pathTokens(s string, descend bool) []pathToken {
	var out []pathToken
	for i := 0; ; {
		for i < len(s) && strings.IndexByte(" \t\r\n", s[i]) >= 0 {
			i++
		}
		if i == len(s) {
			return append(out, pathToken{pathEnd, "<EOF>", i})
		}
		kind, n := pathTokenAt(s[i:], descend)
		out = append(out, pathToken{kind, s[i : i+n], i})
		i += n
	}
}

func pathTokenAt(s string, descend bool) (kind string, n int) {
	name := func(from int) int {
		n := from
		for n < len(s) && (isLetter(s[n]) || s[n] == '_' || n > from && isDigit(s[n])) {
			n++
		}
		return n
	}
	switch c := s[0]; {
	case c == '"':
		if n, _, ok := quoted(s, '"'); ok {
			return pathString, n
		}
		return pathOther, 1
	case isLetter(c) || c == '_':
		n := name(0)
		if pathWords[s[:n]] {
			return s[:n], n
		}
		return pathName, n
	case c == '$' && name(1) > 1:
		return pathNamed, name(1)
	case isDigit(c) || c == '.' && len(s) > 1 && isDigit(s[1]):
		return pathNumeral(s)
	}
	for _, sym := range pathSymbols {
		if strings.HasPrefix(s, sym) && (descend || sym != "..") {
			return sym, len(sym)
		}
	}
	_, n = utf8.DecodeRuneInString(s)
	return pathOther, n
}

func pathNumeral(s string) (kind string, n int) {
	digits := func() {
		for n < len(s) && isDigit(s[n]) {
			n++
		}
	}
	kind = pathInteger
	digits()
	if n < len(s) && s[n] == '.' {
		kind = pathDecimal
		n++
		digits()
	}
	if n < len(s) && s[n]|0x20 == 'e' {
		m := n + 1
		if m < len(s) && (s[m] == '+' || s[m] == '-') {
			m++
		}
		if m < len(s) && isDigit(s[m]) {
			n = m
			digits()
			kind = pathDouble
		}
	}
	return kind, n
}

// pathParser reads a path. A failure is a panic with *Error; at gives the place
// of an offset in the statement.
type pathParser struct {
	src   string
	toks  []pathToken
	i     int
	depth int
	pos   Pos
	level int
	// far is the error of the attempt that got furthest.
	far    *Error
	farAt  int
	failed map[int]bool // where no predicate in parentheses stands
}

// parseJSONPath reads a path whose literal stands at pos in a statement.
func parseJSONPath(src string, pos Pos, level int) (path *jsonPath, err error) {
	defer catch(&err)
	p := &pathParser{src: src, toks: pathTokens(src, level >= descendSince), pos: pos, level: level, failed: map[int]bool{}}
	path = &jsonPath{lax: p.mode() == "lax"}
	path.root = p.expression(0)
	if t := p.tok(); t.kind != pathEnd {
		if p.peek(1).kind == pathEnd {
			p.fail("extraneous input '%s' expecting <EOF>", t.text)
		}
		p.fail("mismatched input '%s' expecting %s", t.text, p.operators())
	}
	return path, nil
}

// descendSince is the first release known to have the descendant accessor.
const descendSince = 414

func (p *pathParser) tok() pathToken { return p.toks[p.i] }

func (p *pathParser) peek(n int) pathToken { return p.toks[min(p.i+n, len(p.toks)-1)] }

func (p *pathParser) next() pathToken {
	t := p.toks[p.i]
	if t.kind != pathEnd {
		p.i++
	}
	return t
}

func (p *pathParser) take(kind string) bool {
	if p.tok().kind == kind {
		p.next()
		return true
	}
	return false
}

// place gives where an offset of the path stands in the statement.
func (p *pathParser) place(offset int) Pos {
	before := p.src[:offset]
	line := strings.Count(before, "\n")
	column := len(utf16.Encode([]rune(before[strings.LastIndexByte(before, '\n')+1:])))
	if line == 0 {
		column += p.pos.Column
	}
	return Pos{p.pos.Line + line, column + 1}
}

// fail refuses the current token. Of several attempts the furthest counts.
func (p *pathParser) fail(format string, args ...any) {
	t := p.tok()
	if p.far == nil || t.at >= p.farAt {
		p.far, p.farAt = errorAt(p.place(t.at), "SYNTAX_ERROR", format, args...), t.at
	}
	panic(p.far)
}

// need takes a symbol or word. A token too many, or one that could stand behind it,
// is worded as such.
func (p *pathParser) need(kind string) {
	t := p.tok()
	switch {
	case t.kind == kind:
		p.next()
	case p.peek(1).kind == kind && t.kind != pathEnd:
		p.fail("extraneous input '%s' expecting '%s'", t.text, kind)
	case (kind == ")" || kind == "]") && t.kind == pathEnd,
		kind == "(" && slices.Contains(primaryTokens, t.kind),
		kind == "with" && (t.kind == pathString || t.kind == pathNamed):
		p.fail("missing '%s' at '%s'", kind, t.text)
	}
	if t.kind != kind {
		p.fail("mismatched input '%s' expecting '%s'", t.text, kind)
	}
}

// closes takes the parenthesis behind a path, or, with more, behind a predicate.
func (p *pathParser) closes(more string) {
	if t := p.tok(); t.kind != ")" && t.kind != pathEnd && p.peek(1).kind != ")" {
		p.fail("mismatched input '%s' expecting %s", t.text, p.behind("", "')', "+more))
	}
	p.need(")")
}

// inPredicate is what can follow a predicate.
const inPredicate = "'&&', '||', "

func (p *pathParser) mode() string {
	t := p.tok()
	isMode := func(k string) bool { return k == "lax" || k == "strict" }
	switch {
	case isMode(t.kind):
		return p.next().kind
	case slices.Contains(primaryTokens, t.kind):
		p.fail("missing {'lax', 'strict'} at '%s'", t.text)
	case isMode(p.peek(1).kind):
		p.fail("extraneous input '%s' expecting {'lax', 'strict'}", t.text)
	}
	p.fail("mismatched input '%s' expecting {'lax', 'strict'}", t.text)
	return ""
}

// primaryTokens can begin a path.
var primaryTokens = []string{"+", "(", "$", "@", "false", "last", "-", "null", "true", pathDecimal, pathDouble, pathInteger, pathString, pathNamed}

const primaryText = "{'+', '(', '$', '@', 'false', 'last', '-', 'null', 'true', DECIMAL_VALUE, DOUBLE_VALUE, INTEGER_VALUE, STRING, NAMED_VARIABLE}"

const predicateText = "{'+', '(', '$', '@', '!', 'exists', 'false', 'last', '-', 'null', 'true', DECIMAL_VALUE, DOUBLE_VALUE, INTEGER_VALUE, STRING, NAMED_VARIABLE}"

// operators are what can follow a whole path.
func (p *pathParser) operators() string { return p.behind("<EOF>, ", "") }

// behind lists what can follow a path, with what is first and what else.
func (p *pathParser) behind(first, more string) string {
	deep := ""
	if p.level >= descendSince {
		deep = "'..', "
	}
	return "{" + first + "'+', '*', '/', '%', '.', " + deep + "'[', '?', " + more + "'-'}"
}

// maxPathDepth bounds how deep a path may be.
const maxPathDepth = 100

func (p *pathParser) enter() {
	if p.depth++; p.depth > maxPathDepth {
		panic(refuse(p.pos, "a JSON path of this depth"))
	}
}

// expression takes a path; strength is 1 behind a sign, where no operator is taken.
func (p *pathParser) expression(strength int) *pathNode {
	p.enter()
	defer func() { p.depth-- }()
	var left *pathNode
	if t := p.tok(); (t.kind == "+" || t.kind == "-") && !(t.kind == "-" && isPathNumber(p.peek(1).kind)) {
		p.next()
		left = &pathNode{kind: pathSign, text: t.kind, left: p.expression(3)}
	} else {
		left = p.accessor()
	}
	for n := 0; ; n++ {
		t := p.tok()
		s := map[string]int{"*": 2, "/": 2, "%": 2, "+": 1, "-": 1}[t.kind]
		if s == 0 || s <= strength {
			return left
		}
		if n > maxTerms {
			panic(refuse(p.pos, "a JSON path of this length"))
		}
		p.next()
		left = &pathNode{kind: pathBinary, text: t.kind, left: left, right: p.expression(s)}
	}
}

func isPathNumber(kind string) bool {
	return kind == pathInteger || kind == pathDecimal || kind == pathDouble
}

func (p *pathParser) accessor() *pathNode {
	n := p.primary()
	for count := 0; ; count++ {
		if count > maxTerms {
			panic(refuse(p.pos, "a JSON path of this length"))
		}
		from := p.i
		switch {
		case p.take("."):
			n = p.member(n, from)
		case p.take(".."):
			key := p.name(from)
			n = &pathNode{kind: pathDeep, left: n, text: key}
		case p.take("["):
			n = p.elements(n, from)
		case p.take("?"):
			p.need("(")
			n = &pathNode{kind: pathFilter, left: n, right: p.predicate(0)}
			p.closes(inPredicate)
		default:
			return n
		}
	}
}

// noViable words that no alternative fits from a token on.
func (p *pathParser) noViable(from int) {
	end := p.tok().at
	if t := p.tok(); t.kind != pathEnd {
		end += len(t.text)
	}
	p.fail("no viable alternative at input '%s'", p.src[p.toks[from].at:end])
}

// name takes a member's name behind the token at from.
func (p *pathParser) name(from int) string {
	t := p.tok()
	switch {
	case t.kind == pathString:
		p.next()
		return unquotePath(t.text)
	case t.kind == pathName || pathWords[t.kind]:
		return p.next().text
	}
	p.noViable(from)
	return ""
}

func unquotePath(s string) string { return strings.ReplaceAll(s[1:len(s)-1], `""`, `"`) }

func (p *pathParser) member(left *pathNode, from int) *pathNode {
	if p.take("*") {
		return &pathNode{kind: pathAnyMember, left: left}
	}
	if t := p.tok(); pathMethods[t.kind] && p.peek(1).kind == "(" {
		p.next()
		p.next()
		n := &pathNode{kind: pathMethod, left: left, text: t.kind}
		if t.kind == "datetime" && p.tok().kind == pathString {
			n.flag = p.next().text
		}
		p.need(")")
		return n
	}
	return &pathNode{kind: pathMember, left: left, text: p.name(from)}
}

func (p *pathParser) elements(left *pathNode, from int) *pathNode {
	n := &pathNode{kind: pathElements, left: left}
	if p.take("*") {
		p.need("]")
		return n
	}
	if !slices.Contains(primaryTokens, p.tok().kind) {
		p.noViable(from)
	}
	for {
		s := subscript{from: p.expression(0)}
		if p.take("to") {
			s.to = p.expression(0)
		}
		n.subs = append(n.subs, s)
		if !p.take(",") {
			break
		}
	}
	p.need("]")
	return n
}

func (p *pathParser) primary() *pathNode {
	t := p.tok()
	switch t.kind {
	case "$":
		p.next()
		return &pathNode{kind: pathContext}
	case "@":
		p.next()
		return &pathNode{kind: pathCurrent}
	case "last":
		p.next()
		return &pathNode{kind: pathLast, typ: &tInteger}
	case "null":
		p.next()
		return &pathNode{kind: pathNull}
	case "true", "false":
		p.next()
		return &pathNode{kind: pathLiteral, text: t.kind, typ: &tBoolean, value: &sqlValue{typ: tBoolean, b: t.kind == "true"}}
	case pathNamed:
		p.next()
		return &pathNode{kind: pathVariable, text: t.text[1:]}
	case pathString:
		p.next()
		return textNode(unquotePath(t.text))
	case "(":
		p.next()
		n := p.expression(0)
		p.closes("")
		return n
	}
	return p.numeral()
}

func textNode(s string) *pathNode {
	v := textValue(s)
	v.typ = varcharType(len([]rune(s)))
	return &pathNode{kind: pathLiteral, value: v, typ: &v.typ}
}

func (p *pathParser) numeral() *pathNode {
	minus := ""
	if p.tok().kind == "-" {
		minus = "-"
		p.next()
	}
	t := p.tok()
	if !isPathNumber(t.kind) {
		if minus == "" && t.kind != pathEnd && slices.Contains(primaryTokens, p.peek(1).kind) {
			p.fail("extraneous input '%s' expecting %s", t.text, primaryText)
		}
		p.fail("mismatched input '%s' expecting %s", t.text, primaryText)
	}
	n, err := pathNumber(minus + t.text)
	if err != nil && t.kind == pathInteger {
		panic(&Error{Name: "SYNTAX_ERROR", Message: fmt.Sprintf("line 1:1: Invalid numeric literal: %s", minus+t.text), Line: 1, Column: 1})
	}
	if err != nil {
		panic(refuse(p.pos, "a decimal of more than 38 digits in a JSON path"))
	}
	p.next()
	return n
}

// predicate takes a predicate; strength is 1 inside &&.
func (p *pathParser) predicate(strength int) *pathNode {
	p.enter()
	defer func() { p.depth-- }()
	left := p.predicatePrimary()
	for {
		t := p.tok()
		switch {
		case t.kind == "&&" && strength < 2:
			p.next()
			left = &pathNode{kind: predAnd, left: left, right: p.predicate(2)}
		case t.kind == "||" && strength < 1:
			p.next()
			left = &pathNode{kind: predOr, left: left, right: p.predicate(1)}
		default:
			return left
		}
	}
}

func (p *pathParser) predicatePrimary() *pathNode {
	switch p.tok().kind {
	case "!":
		p.next()
		if k := p.tok().kind; k != "exists" && k != "(" {
			p.fail("mismatched input '%s' expecting {'(', 'exists'}", p.tok().text)
		}
		return &pathNode{kind: predNot, left: p.delimited()}
	case "exists":
		return p.delimited()
	case "(":
		if n := p.attempt(); n != nil {
			return n
		}
	}
	return p.comparison()
}

// attempt takes a predicate in parentheses, or gives nil where a path in
// parentheses stands.
func (p *pathParser) attempt() (n *pathNode) {
	start, depth := p.i, p.depth
	if p.failed[start] {
		return nil
	}
	defer func() {
		if r := recover(); r != nil {
			if e, ok := r.(*Error); !ok || e.Ours {
				panic(r)
			}
			p.i, p.depth, n = start, depth, nil
			p.failed[start] = true
		}
	}()
	p.next()
	inner := p.predicate(0)
	p.closes(inPredicate)
	if p.take("is") {
		if t := p.tok(); t.kind != "unknown" {
			p.fail("mismatched input '%s' expecting %s", t.text, p.behind("", "')', "+inPredicate))
		}
		p.next()
		return &pathNode{kind: predUnknown, left: inner}
	}
	return inner
}

func (p *pathParser) delimited() *pathNode {
	if p.take("exists") {
		p.need("(")
		n := &pathNode{kind: predExists, left: p.expression(0)}
		p.need(")")
		return n
	}
	p.need("(")
	n := p.predicate(0)
	p.need(")")
	return n
}

var pathComparisons = wordSet("== <> != < > <= >=")

func (p *pathParser) comparison() *pathNode {
	from := p.i
	if t := p.tok(); !slices.Contains(primaryTokens, t.kind) {
		p.fail("mismatched input '%s' expecting %s", t.text, predicateText)
	}
	left := p.expression(0)
	t := p.tok()
	switch {
	case pathComparisons[t.kind]:
		p.next()
		if t.kind == "!=" {
			t.kind = "<>"
		}
		return &pathNode{kind: predCompare, text: t.kind, left: left, right: p.expression(0)}
	case t.kind == "starts":
		p.next()
		p.need("with")
		switch s := p.tok(); s.kind {
		case pathString:
			p.next()
			return &pathNode{kind: predStarts, left: left, right: textNode(unquotePath(s.text))}
		case pathNamed:
			p.next()
			return &pathNode{kind: predStarts, left: left, right: &pathNode{kind: pathVariable, text: s.text[1:]}}
		}
		p.fail("mismatched input '%s' expecting {STRING, NAMED_VARIABLE}", p.tok().text)
	case t.kind == "like_regex" && p.peek(1).kind == pathString:
		p.next()
		n := &pathNode{kind: predLike, left: left, text: unquotePath(p.next().text)}
		if p.tok().kind == "flag" && p.peek(1).kind == pathString {
			p.next()
			n.flag = p.next().text
		}
		return n
	}
	p.noViable(from)
	return nil
}
