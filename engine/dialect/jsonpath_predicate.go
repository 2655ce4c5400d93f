package dialect

import "strings"

// truth is what a predicate of a path gives.
type truth uint8

const (
	isUnknown truth = iota
	isFalse
	isTrue
)

func truthOf(b bool) truth {
	if b {
		return isTrue
	}
	return isFalse
}

// test evaluates a predicate. It never fails: an error inside is unknown.
func (r *pathRun) test(n *pathNode, sc pathScope) truth {
	switch n.kind {
	case predAnd, predOr:
		stop := truthOf(n.kind == predOr)
		left := r.test(n.left, sc)
		if left == stop {
			return stop
		}
		right := r.test(n.right, sc)
		if right == stop {
			return stop
		}
		if left == isUnknown || right == isUnknown {
			return isUnknown
		}
		return truthOf(n.kind == predAnd)
	case predNot:
		switch r.test(n.left, sc) {
		case isTrue:
			return isFalse
		case isFalse:
			return isTrue
		}
		return isUnknown
	case predUnknown:
		return truthOf(r.test(n.left, sc) == isUnknown)
	case predExists:
		items, err := r.eval(n.left, sc)
		if err != nil {
			return isUnknown
		}
		return truthOf(len(items) > 0)
	case predStarts:
		return r.texts(n, sc, strings.HasPrefix)
	case predLike:
		return r.like(n, sc)
	}
	return r.compare(n, sc)
}

// side evaluates an operand of a predicate.
func (r *pathRun) side(n *pathNode, sc pathScope) ([]jsonItem, bool) {
	items, err := r.eval(n, sc)
	if err == nil && r.lax {
		items = unwrap(items)
	}
	return items, err == nil
}

// sorts says which kinds of items a sequence has.
func sorts(items []jsonItem) (null, scalar, other bool) {
	for _, it := range items {
		switch {
		case it.node == nil || it.node.kind == '"' || it.node.kind == 0 && !it.node.isNull():
			scalar = true
		case it.node.isNull():
			null = true
		default:
			other = true
		}
	}
	return null, scalar, other
}

func (r *pathRun) compare(n *pathNode, sc pathScope) truth {
	left, ok := r.side(n.left, sc)
	if !ok {
		return isUnknown
	}
	right, ok := r.side(n.right, sc)
	if !ok {
		return isUnknown
	}
	if len(left) == 0 || len(right) == 0 {
		return isFalse
	}
	lNull, lScalar, lOther := sorts(left)
	rNull, rScalar, rOther := sorts(right)
	if lOther && (rOther || rScalar) || lScalar && rOther {
		return isUnknown
	}
	found := n.text == "==" && lNull && rNull ||
		n.text == "<>" && (lNull && (rScalar || rOther) || rNull && (lScalar || lOther))
	if found && r.lax || !lScalar || !rScalar {
		return truthOf(found)
	}
	lv, ok1 := scalars(left)
	rv, ok2 := scalars(right)
	if !ok1 || !ok2 {
		return isUnknown
	}
	for _, x := range lv {
		for _, y := range rv {
			what, ok := compareValues(x, y)
			if !ok {
				return isUnknown
			}
			if holds(n.text, what) {
				if found = true; r.lax {
					return isTrue
				}
			}
		}
	}
	return truthOf(found)
}

func holds(op string, what int) bool {
	switch op {
	case "==":
		return what == 0
	case "<>":
		return what != 0
	case "<":
		return what == -1
	case ">":
		return what == 1
	case "<=":
		return what == -1 || what == 0
	}
	return what == 1 || what == 0
}

// scalars gives the scalars of a sequence; false where one cannot be had.
func scalars(items []jsonItem) ([]*sqlValue, bool) {
	var out []*sqlValue
	for _, it := range items {
		switch {
		case it.val != nil:
			out = append(out, it.val)
		case it.node.kind == '"' || it.node.kind == 0 && !it.node.isNull():
			v, ok, err := it.node.typed()
			if !ok || err != nil {
				return nil, false
			}
			out = append(out, v)
		}
	}
	return out, true
}

// texts tests pairs of texts of two sequences; what is no text leaves it open.
func (r *pathRun) texts(n *pathNode, sc pathScope, test func(s, t string) bool) truth {
	values, ok := r.side(n.left, sc)
	if !ok {
		return isUnknown
	}
	others, err := r.eval(n.right, sc)
	if err != nil || len(others) != 1 {
		return isUnknown
	}
	other, ok := others[0].text()
	if !ok {
		return isUnknown
	}
	found := false
	for _, it := range values {
		s, ok := it.text()
		if !ok {
			return isUnknown
		}
		if test(s, other) {
			if found = true; r.lax {
				return isTrue
			}
		}
	}
	return truthOf(found)
}

func (r *pathRun) like(n *pathNode, sc pathScope) truth {
	values, ok := r.side(n.left, sc)
	if !ok {
		return isUnknown
	}
	found := false
	for _, it := range values {
		s, ok := it.text()
		if !ok {
			return isUnknown
		}
		if n.match != nil && n.match(s) {
			if found = true; r.lax {
				return isTrue
			}
		}
	}
	return truthOf(found)
}

// text gives an item that is a text.
func (it jsonItem) text() (string, bool) {
	if it.val != nil {
		return it.val.s, it.val.typ.isText()
	}
	return it.node.text, it.node.kind == '"'
}
