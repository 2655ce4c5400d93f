package dialect

import (
	"strconv"
	"strings"
)

// SQL/JSON paths: 'lax $.a[*] ? (@ > 1)'. A path is a tree of pathNode, made once
// for a literal.

// jsonPath is a path with its mode.
type jsonPath struct {
	lax  bool
	root *pathNode
}

type pathKind uint8

const (
	pathContext   pathKind = iota // $
	pathVariable                  // $text
	pathCurrent                   // @
	pathLast                      // last
	pathNull                      // null
	pathLiteral                   // value
	pathMember                    // left.text
	pathAnyMember                 // left.*
	pathDeep                      // left..text
	pathElements                  // left[subs]; left[*] without subs
	pathFilter                    // left ? (right)
	pathMethod                    // left.text()
	pathSign                      // text left, text + or -
	pathBinary                    // left text right
	predCompare                   // left text right
	predAnd                       // left && right
	predOr                        // left || right
	predNot                       // !(left)
	predExists                    // exists(left)
	predUnknown                   // (left) is unknown
	predStarts                    // left starts with right
	predLike                      // left like_regex text flag flag
)

// pathNode is a part of a path. What the fields mean is said at its kind.
type pathNode struct {
	kind        pathKind
	text        string
	flag        string
	left, right *pathNode
	subs        []subscript
	value       *sqlValue
	typ         *Type // of what it gives, where that is known before it runs
	match       func(string) bool
}

// subscript is from, or from to to.
type subscript struct{ from, to *pathNode }

// String gives the text of a path; parsing it gives the same tree.
func (p *jsonPath) String() string {
	var b strings.Builder
	b.WriteString("strict ")
	if p.lax {
		b.Reset()
		b.WriteString("lax ")
	}
	p.root.write(&b)
	return b.String()
}

func pathQuote(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

// operand writes a node that something follows: in parentheses where it would
// take that in.
func (n *pathNode) operand(b *strings.Builder) {
	if n.kind == pathSign || n.kind == pathBinary || n.kind == pathLiteral && n.value.typ.isNumeric() {
		b.WriteString("(")
		n.write(b)
		b.WriteString(")")
		return
	}
	n.write(b)
}

func (n *pathNode) write(b *strings.Builder) {
	switch n.kind {
	case pathContext:
		b.WriteString("$")
	case pathVariable:
		b.WriteString("$" + n.text)
	case pathCurrent:
		b.WriteString("@")
	case pathLast:
		b.WriteString("last")
	case pathNull:
		b.WriteString("null")
	case pathLiteral:
		if n.value.typ.Kind == Varchar {
			b.WriteString(pathQuote(n.value.s))
			return
		}
		b.WriteString(n.text)
	case pathSign:
		b.WriteString(n.text)
		b.WriteString("(")
		n.left.write(b)
		b.WriteString(")")
	case pathBinary:
		n.left.operand(b)
		b.WriteString(" " + n.text + " ")
		n.right.operand(b)
	default:
		n.writeAccessor(b)
	}
}

func (n *pathNode) writeAccessor(b *strings.Builder) {
	if n.kind >= predCompare {
		n.writePredicate(b)
		return
	}
	n.left.operand(b)
	switch n.kind {
	case pathMember:
		b.WriteString("." + pathQuote(n.text))
	case pathAnyMember:
		b.WriteString(".*")
	case pathDeep:
		b.WriteString(".." + pathQuote(n.text))
	case pathMethod:
		b.WriteString("." + n.text + "(")
		if n.flag != "" {
			b.WriteString(n.flag)
		}
		b.WriteString(")")
	case pathFilter:
		b.WriteString(" ? (")
		n.right.write(b)
		b.WriteString(")")
	case pathElements:
		b.WriteString("[")
		for i, s := range n.subs {
			if i > 0 {
				b.WriteString(", ")
			}
			s.from.write(b)
			if s.to != nil {
				b.WriteString(" to ")
				s.to.write(b)
			}
		}
		if n.subs == nil {
			b.WriteString("*")
		}
		b.WriteString("]")
	}
}

func (n *pathNode) writePredicate(b *strings.Builder) {
	switch n.kind {
	case predCompare:
		n.left.operand(b)
		b.WriteString(" " + n.text + " ")
		n.right.operand(b)
	case predAnd, predOr:
		b.WriteString("(")
		n.left.write(b)
		b.WriteString(map[pathKind]string{predAnd: ") && (", predOr: ") || ("}[n.kind])
		n.right.write(b)
		b.WriteString(")")
	case predNot:
		b.WriteString("!(")
		n.left.write(b)
		b.WriteString(")")
	case predExists:
		b.WriteString("exists(")
		n.left.write(b)
		b.WriteString(")")
	case predUnknown:
		b.WriteString("(")
		n.left.write(b)
		b.WriteString(") is unknown")
	case predStarts:
		n.left.operand(b)
		b.WriteString(" starts with ")
		n.right.write(b)
	case predLike:
		n.left.operand(b)
		b.WriteString(" like_regex " + pathQuote(n.text))
		if n.flag != "" {
			b.WriteString(" flag " + n.flag)
		}
	}
}

// literal makes a node of a token's text.
func pathNumber(text string) (*pathNode, error) {
	n := &pathNode{kind: pathLiteral, text: text}
	switch {
	case strings.ContainsAny(text, "eE"):
		f, _ := strconv.ParseFloat(text, 64)
		n.value = &sqlValue{typ: tDouble, f: f}
	case strings.Contains(text, "."):
		t, digits, ok := decimalOf(text)
		if !ok {
			return nil, errJSON
		}
		v, _ := unscaledText(digits, t.Scale)
		n.value = &sqlValue{typ: t, n: v}
	default:
		i, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, err
		}
		n.value = integerValue(i)
	}
	n.typ = &n.value.typ
	return n, nil
}
