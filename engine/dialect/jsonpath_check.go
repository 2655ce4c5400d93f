package dialect

import (
	"fmt"
	"regexp"
	"strings"
)

// pathChecker finds the types that are known before a path runs, and refuses what
// they show to be wrong. Its errors stand at the path's literal.
type pathChecker struct {
	a     *analyser
	pos   Pos
	names map[string]bool // of the parameters
}

func (c *pathChecker) bad(format string, args ...any) *Error {
	return errorAt(c.pos, "INVALID_PATH", format, args...)
}

// check walks a node; it sets its type and gives it, nil where it is not known.
func (c *pathChecker) check(n *pathNode) *Type {
	if n == nil {
		return nil
	}
	if n.kind == pathLiteral || n.kind == pathLast {
		return n.typ
	}
	left := c.check(n.left)
	right := c.check(n.right)
	for _, s := range n.subs {
		c.check(s.from)
		c.check(s.to)
	}
	switch n.kind {
	case pathVariable:
		c.variable(n.text)
	case pathFilter:
		n.typ = left
	case pathMethod:
		n.typ = c.method(n, left)
	case pathSign:
		n.typ = c.sign(n, left)
	case pathBinary:
		if left != nil && right != nil {
			n.typ = c.binary(n.text, *left, *right)
		}
	case predLike:
		c.like(n)
	}
	return n.typ
}

func (c *pathChecker) variable(name string) {
	if c.names[name] {
		return
	}
	for other := range c.names {
		if strings.EqualFold(other, name) {
			panic(c.bad("no value passed for parameter %s. Try quoting \"%s\" in the PASSING clause to match case", name, name))
		}
	}
	panic(c.bad("no value passed for parameter %s", name))
}

func (c *pathChecker) method(n *pathNode, base *Type) *Type {
	switch n.text {
	case "size":
		return &tInteger
	case "type":
		return &typeMethodResult
	case "double":
		if base != nil && !base.isText() && !base.isNumeric() {
			panic(c.bad("cannot perform JSON path double() method with %s argument", base))
		}
		return &tDouble
	case "keyvalue":
		return nil
	case "datetime":
		if c.a.level < 476 {
			panic(errorAt(c.pos, "NOT_SUPPORTED", "datetime method in JSON path is not yet supported"))
		}
		panic(refuse(c.pos, "datetime() in a JSON path"))
	}
	if base == nil {
		return nil
	}
	if !base.isNumeric() {
		f := c.a.functionOf(n.text)
		e := c.a.wrongArguments(f, n.text, &invocation{a: c.a, raw: []value{{typ: *base}}})
		panic(c.bad("cannot perform JSON path %s() method with %s argument: %s", n.text, base, e.Message))
	}
	t := *base
	if t.Kind == Decimal && n.text != "abs" {
		t = decimalType(max(1, t.Precision-t.Scale+min(t.Scale, 1)), 0)
	}
	return &t
}

func (c *pathChecker) sign(n *pathNode, base *Type) *Type {
	switch {
	case base == nil || base.isNumeric():
		return base
	case n.text == "+":
		panic(c.bad("Invalid operand type (%s) in JSON path arithmetic unary expression", base))
	}
	panic(c.bad("invalid operand type (%s) in JSON path arithmetic unary expression: Cannot negate %s", base, base))
}

func (c *pathChecker) binary(op string, l, r Type) *Type {
	t := Type{Kind: max(l.Kind, r.Kind)}
	switch {
	case !l.isNumeric() || !r.isNumeric():
		panic(c.bad("invalid operand types (%s and %s) in JSON path arithmetic binary expression: Cannot apply operator: %s %s %s", l, r, l, op, r))
	case l.isFloat() || r.isFloat():
		t.Kind = Real
		if l.Kind == Double || r.Kind == Double {
			t.Kind = Double
		}
	case l.Kind == Decimal || r.Kind == Decimal:
		t = c.a.decimalResult(op, l.asDecimal(), r.asDecimal())
	}
	return &t
}

func (c *pathChecker) like(n *pathNode) {
	if c.a.level < 476 {
		panic(errorAt(c.pos, "NOT_SUPPORTED", "like_regex predicate in JSON path is not yet supported"))
	}
	if !likePattern.MatchString(n.text) || n.flag != "" && n.flag != `"i"` {
		panic(refuse(c.pos, "this pattern of like_regex in a JSON path"))
	}
}

// likePattern are the patterns that every dialect of regular expressions reads
// alike.
var likePattern = regexp.MustCompile(`^\^?(?:[\w \-@:/]|\.[*+?]?|\\[.*+?()\[\]]|\[[\w ]+(?:-\w)?\][*+?]?)*\$?$`)

// matcher makes the test of like_regex, for what check has let through.
func (n *pathNode) matcher() error {
	for _, k := range []*pathNode{n.left, n.right} {
		if k != nil {
			if err := k.matcher(); err != nil {
				return err
			}
		}
	}
	for _, s := range n.subs {
		for _, k := range []*pathNode{s.from, s.to} {
			if k != nil {
				if err := k.matcher(); err != nil {
					return err
				}
			}
		}
	}
	if n.kind != predLike {
		return nil
	}
	flags := ""
	if n.flag != "" {
		flags = "(?i)"
	}
	pattern, end := strings.CutSuffix(n.text, "$")
	if end {
		pattern += `\n?\z` // the end of the last line is an end too
	}
	re, err := regexp.Compile(flags + pattern)
	if err != nil {
		return fmt.Errorf("like_regex: %w", err)
	}
	n.match = re.MatchString
	return nil
}
