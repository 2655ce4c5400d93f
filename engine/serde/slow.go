package serde

import (
	"bytes"
	"fmt"
	"strings"
)

// maxNodes bounds the values of one line that are held in memory.
const maxNodes = 1 << 20

// kind is what a JSON value is to the SerDe: it knows no numbers and no
// booleans, only quoted text and bare words.
type kind uint8

const (
	absent kind = iota
	nullValue
	quotedText
	bareWord
	object
	array
)

type node struct {
	kind    kind
	text    []byte   // of quotedText and bareWord, valid UTF-8
	items   []node   // of array
	members []member // of object, in the order they stand, the last of each key
}

type member struct {
	name  string
	key   string // folded
	value node
}

// grammar reads the SerDe's lenient JSON. Where build is false, values are
// checked and not kept.
type grammar struct {
	p     *parser
	b     []byte
	at    int
	depth int
	nodes int
}

// slow reads any line as the SerDe does.
func (p *parser) slow(line []byte, row int) (int, *lineError) {
	lead := 0
	for lead < len(line) && line[lead] <= ' ' {
		lead++
	}
	if lead == len(line) {
		return 0, &lineError{why: "a blank line", empty: true, atEnd: true}
	}
	if line[lead] != '{' && line[lead] != '[' {
		return 0, &lineError{why: "no object on the line", empty: true}
	}
	clear(p.slots)
	p.odd = oddities{}
	g := grammar{p: p, b: bytes.TrimRightFunc(line, atMostSpace), at: lead}
	var err *lineError
	if line[lead] == '{' {
		g.at++
		err = g.top()
	} else {
		err = g.positions()
	}
	if err != nil {
		return 0, err
	}
	return g.at, p.fill(row)
}

func atMostSpace(r rune) bool { return r <= ' ' }

// fill writes the slots into row.
func (p *parser) fill(row int) *lineError {
	p.undo(row)
	for f := range p.fields {
		v := p.fields[f].vec
		if v == nil {
			continue
		}
		ok, err := p.setNode(v, row, &p.slots[f])
		if err != nil {
			return err
		}
		if !ok {
			v.undo(row)
			v.setNull(row)
			if n := p.slots[f].kind; n != absent && n != nullValue {
				p.odd.wrongType(p.fields[f].name)
			}
		} else {
			v.end(row)
		}
	}
	return nil
}

// setNode writes a value without ending its row; false means NULL.
func (p *parser) setNode(v *Vector, row int, n *node) (bool, *lineError) {
	if n.kind == absent || n.kind == nullValue {
		return false, nil
	}
	switch v.kind {
	case List:
		return p.setList(v, row, n)
	case Map:
		return p.setMap(v, row, n)
	case Struct:
		return p.setStruct(v, row, n)
	case Binary:
		return v.setBase64(n)
	}
	switch n.kind {
	case quotedText:
		if v.kind == String {
			v.Text = append(v.Text, n.text...)
			return true, nil
		}
		return v.setText(row, n.text), nil
	case bareWord:
		return v.setLiteral(row, n.text), nil
	}
	switch v.kind {
	case String, Varchar, Char:
		at := len(v.Text)
		v.Text = n.appendJSON(v.Text)
		v.fit(at)
		return true, nil
	case Boolean:
		v.Bools[row] = false
		return true, nil
	}
	what := "an object"
	if n.kind == array {
		what = "an array"
	}
	return false, &lineError{fatal: true, why: fmt.Sprintf("column %s is %s and the line has %s there", v.Column.Name, v.Column.Type, what)}
}

// top reads the members of the line's object into the slots.
func (g *grammar) top() *lineError {
	g.depth++
	var dotted []member
	err := g.object(func(name string) *lineError {
		key := g.p.fold(name)
		f, known := g.p.byKey[key]
		dots := g.p.options.DotsInKeys && strings.Contains(name, ".")
		var n node
		wanted := dots || known && g.wanted(f)
		if err := g.value(&n, wanted); err != nil {
			return err
		}
		if !known && !dots {
			g.p.odd.extra++
		}
		if known && g.p.slots[f].kind != absent {
			if g.p.odd.twice++; g.p.odd.twice == 1 {
				g.p.odd.key = name
			}
		}
		for known && f >= 0 {
			g.p.slots[f] = n
			f = g.p.fields[f].next
		}
		if dots {
			dotted = append(dotted, member{name: name, key: key, value: n})
		}
		return nil
	})
	if err == nil {
		g.p.matchDots(lastOfEach(dotted))
	}
	return err
}

func (g *grammar) wanted(f int) bool {
	for ; f >= 0; f = g.p.fields[f].next {
		if g.p.fields[f].vec != nil {
			return true
		}
	}
	return false
}

// matchDots gives columns that no key named the first key that does with its
// dots made underscores.
func (p *parser) matchDots(dotted []member) {
	for f := range p.fields {
		if p.slots[f].kind != absent || !strings.Contains(p.fields[f].name, "_") {
			continue
		}
		for _, m := range dotted {
			if p.fold(strings.ReplaceAll(m.name, ".", "_")) == p.fold(p.fields[f].name) {
				p.slots[f] = m.value
				break
			}
		}
	}
}

// positions reads an array whose values fill the columns by position.
func (g *grammar) positions() *lineError {
	var n node
	if err := g.value(&n, true); err != nil {
		return err
	}
	for i := range n.items {
		if i < len(g.p.slots) {
			g.p.slots[i] = n.items[i]
		}
	}
	return nil
}

// value reads one value.
func (g *grammar) value(n *node, build bool) *lineError {
	c, err := g.token()
	if err != nil {
		return err
	}
	switch c {
	case -1:
		return cutShort("a value is missing", g.at)
	case '{', '[':
		return g.nested(n, byte(c), build)
	case '"', '\'':
		text, next, err := appendQuoted(nil, g.b, g.at, byte(c))
		if err != nil {
			return err
		}
		g.at = next
		*n = node{kind: quotedText, text: text}
		return g.held(build)
	}
	g.at--
	return g.literal(n, build)
}

// nested reads an object or an array.
func (g *grammar) nested(n *node, open byte, build bool) *lineError {
	if g.depth++; g.depth > g.p.options.MaxDepth {
		return &lineError{fatal: true, why: fmt.Sprintf("a value is nested deeper than %d", g.p.options.MaxDepth)}
	}
	defer func() { g.depth-- }()
	if err := g.held(build); err != nil {
		return err
	}
	if open == '[' {
		n.kind = array
		return g.array(n, build)
	}
	n.kind = object
	err := g.object(func(name string) *lineError {
		var child node
		if err := g.value(&child, build); err != nil || !build {
			return err
		}
		n.members = append(n.members, member{name: name, key: g.p.fold(name), value: child})
		return nil
	})
	n.members = lastOfEach(n.members)
	return err
}

// lastOfEach drops the members that a later one of the same key replaces.
func lastOfEach(members []member) []member {
	last := make(map[string]int, len(members))
	for i := range members {
		last[members[i].key] = i
	}
	if len(last) == len(members) {
		return members
	}
	kept := members[:0]
	for i := range members {
		if last[members[i].key] == i {
			kept = append(kept, members[i])
		}
	}
	return kept
}

// held counts what is kept in memory.
func (g *grammar) held(build bool) *lineError {
	if build {
		if g.nodes++; g.nodes > maxNodes {
			return &lineError{fatal: true, why: fmt.Sprintf("a line has more than %d nested values", maxNodes)}
		}
	}
	return nil
}

func (g *grammar) literal(n *node, build bool) *lineError {
	end := literalEnd(g.b, g.at)
	word := g.b[g.at:end]
	switch {
	case len(word) == 0:
		return malformed("a value is missing", g.at)
	case bytes.EqualFold(word, []byte("null")):
		n.kind = nullValue
	default:
		*n = node{kind: bareWord, text: appendUTF8(nil, word)}
	}
	g.at = end
	return g.held(build)
}

// object reads members up to the closing brace; member reads what follows the
// separator.
func (g *grammar) object(member func(name string) *lineError) *lineError {
	c, err := g.token()
	if err != nil {
		return err
	}
	if c == '}' {
		return nil
	}
	if c != -1 {
		g.at--
	}
	for {
		var name node
		if err := g.value(&name, false); err != nil {
			return err
		}
		if name.kind != quotedText && name.kind != bareWord {
			return malformed("a key is not text", g.at)
		}
		if c, err = g.token(); err != nil {
			return err
		}
		if c != ':' && c != '=' {
			return g.unexpected(c, "a colon")
		}
		if c == '=' && g.at < len(g.b) && g.b[g.at] == '>' {
			g.at++
		}
		if err := member(string(name.text)); err != nil {
			return err
		}
		if c, err = g.token(); err != nil {
			return err
		}
		if c == '}' {
			return nil
		}
		if c != ',' && c != ';' {
			return g.unexpected(c, "a comma or the end of the object")
		}
	}
}

// array reads values up to the closing bracket. A separator without a value is
// a null.
func (g *grammar) array(n *node, build bool) *lineError {
	add := func(item node) {
		if build {
			n.items = append(n.items, item)
		}
	}
	trailing := false
	for {
		c, err := g.token()
		if err != nil {
			return err
		}
		switch c {
		case -1:
			return cutShort("an array is not closed", g.at)
		case ']':
			if trailing {
				add(node{kind: nullValue})
			}
			return nil
		case ',', ';':
			if err := g.held(build); err != nil {
				return err
			}
			add(node{kind: nullValue})
			trailing = true
			continue
		}
		g.at--
		var item node
		if err := g.value(&item, build); err != nil {
			return err
		}
		add(item)
		if c, err = g.token(); err != nil {
			return err
		}
		if c == ']' {
			return nil
		}
		if c != ',' && c != ';' {
			return g.unexpected(c, "a comma or the end of the array")
		}
		trailing = true
	}
}

func (g *grammar) unexpected(c int, want string) *lineError {
	if c == -1 {
		return cutShort(want+" is missing", g.at)
	}
	return malformed(want+" is missing", g.at-1)
}

// token skips white space and comments and gives the byte behind them, or -1.
func (g *grammar) token() (int, *lineError) {
	for g.at < len(g.b) {
		c := g.b[g.at]
		g.at++
		switch c {
		case '\t', ' ', '\n', '\r':
		case '#':
			g.at = len(g.b) // to the end of the line
		case '/':
			if g.at == len(g.b) {
				return int(c), nil
			}
			switch g.b[g.at] {
			case '/':
				g.at = len(g.b)
			case '*':
				end := bytes.Index(g.b[g.at+1:], []byte("*/"))
				if end < 0 {
					return 0, cutShort("a comment is not closed", g.at)
				}
				g.at += 1 + end + 2
			default:
				return int(c), nil
			}
		default:
			return int(c), nil
		}
	}
	return -1, nil
}
