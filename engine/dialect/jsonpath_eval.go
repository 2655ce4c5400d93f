package dialect

import (
	"strings"

	"acme/telemetry/engine/floattext"
)

// pathRun evaluates a path over one input.
type pathRun struct {
	lax    bool
	level  int
	input  *jsonNode
	params map[string][]jsonItem // a parameter is one item, or none
	// objects counts what keyvalue() numbers.
	objects int
	// tooMany says that a sequence went beyond maxItems: there is then no answer.
	tooMany bool
}

// maxItems bounds a sequence: [0, 0][0, 0]... doubles it at every step.
const maxItems = 1 << 18

// pathScope is what @ and last mean: nothing, and -1, outside of what they are of.
type pathScope struct {
	current jsonItem
	last    int
}

// unwrap replaces arrays by their elements, one level deep.
func unwrap(items []jsonItem) []jsonItem {
	arrays := false
	for _, it := range items {
		arrays = arrays || it.node != nil && it.node.kind == '['
	}
	if !arrays {
		return items
	}
	var out []jsonItem
	for _, it := range items {
		if it.node == nil || it.node.kind != '[' {
			out = append(out, it)
			continue
		}
		for _, k := range it.node.kids {
			out = append(out, jsonItem{node: k})
		}
	}
	return out
}

// base evaluates what a node stands on, without arrays in lax mode.
func (r *pathRun) base(n *pathNode, sc pathScope) ([]jsonItem, error) {
	items, err := r.eval(n.left, sc)
	if err == nil && r.lax {
		items = unwrap(items)
	}
	return items, err
}

func single(it jsonItem) []jsonItem { return []jsonItem{it} }

func (r *pathRun) eval(n *pathNode, sc pathScope) ([]jsonItem, error) {
	switch n.kind {
	case pathContext:
		return single(jsonItem{node: r.input}), nil
	case pathVariable:
		return r.params[n.text], nil
	case pathCurrent:
		if sc.current == (jsonItem{}) {
			return nil, pathError("accessing current filter item with no enclosing filter")
		}
		return single(sc.current), nil
	case pathLast:
		if sc.last < 0 {
			return nil, pathError("accessing the last array index with no enclosing array")
		}
		return single(jsonItem{val: integerValue(int64(sc.last))}), nil
	case pathNull:
		return single(jsonItem{node: &jsonNode{text: "null"}}), nil
	case pathLiteral:
		return single(jsonItem{val: n.value}), nil
	case pathMember, pathAnyMember:
		return r.member(n, sc)
	case pathDeep:
		items, err := r.eval(n.left, sc)
		var out []jsonItem
		for _, it := range items {
			out = descend(it.node, n.text, out)
		}
		return out, err
	case pathElements:
		return r.elements(n, sc)
	case pathFilter:
		items, err := r.base(n, sc)
		var out []jsonItem
		for _, it := range items {
			if r.test(n.right, pathScope{it, sc.last}) == isTrue {
				out = append(out, it)
			}
		}
		return out, err
	case pathMethod:
		return r.method(n, sc)
	case pathSign:
		return r.signed(n, sc)
	}
	return r.binary(n, sc)
}

func (r *pathRun) member(n *pathNode, sc pathScope) ([]jsonItem, error) {
	items, err := r.base(n, sc)
	if err != nil {
		return nil, err
	}
	var out []jsonItem
	for _, it := range items {
		if it.node == nil || it.node.kind != '{' {
			if !r.lax {
				return nil, itemTypeError("OBJECT", it)
			}
			continue
		}
		found := false
		for i, k := range it.node.keys {
			if n.kind == pathAnyMember || k == n.text {
				out = append(out, jsonItem{node: it.node.kids[i]})
				found = true
			}
		}
		if !found && !r.lax && n.kind == pathMember {
			return nil, pathError("structural error: missing member '%s' in JSON object", n.text)
		}
	}
	return out, nil
}

// descend adds the members of a name at any depth, outer ones first.
func descend(n *jsonNode, key string, out []jsonItem) []jsonItem {
	if n == nil {
		return out
	}
	for i, k := range n.keys {
		if k == key {
			out = append(out, jsonItem{node: n.kids[i]})
		}
	}
	for _, k := range n.kids {
		out = descend(k, key, out)
	}
	return out
}

func (r *pathRun) elements(n *pathNode, sc pathScope) ([]jsonItem, error) {
	items, err := r.eval(n.left, sc)
	if err != nil {
		return nil, err
	}
	var out []jsonItem
	for _, it := range items {
		list := single(it)
		switch {
		case it.node != nil && it.node.kind == '[':
			list = unwrap(list)
		case !r.lax:
			return nil, itemTypeError("ARRAY", it)
		}
		if n.subs == nil {
			out = append(out, list...)
			continue
		}
		if len(list) == 0 {
			if !r.lax {
				return nil, pathError("structural error: invalid array subscript for empty array")
			}
			continue
		}
		for _, s := range n.subs {
			from, to, err := r.bounds(s, len(list), pathScope{sc.current, len(list) - 1})
			if err != nil {
				return nil, err
			}
			for i := max(from, 0); i <= min(to, int64(len(list)-1)); i++ {
				out = append(out, list[i])
			}
			if len(out) > maxItems && len(out) > len(items) {
				r.tooMany = true
				return nil, pathError("")
			}
		}
	}
	return out, nil
}

func (r *pathRun) bounds(s subscript, size int, sc pathScope) (from, to int64, err error) {
	fromItems, err := r.eval(s.from, sc)
	if err != nil {
		return 0, 0, err
	}
	toItems := fromItems
	if s.to != nil {
		if toItems, err = r.eval(s.to, sc); err != nil {
			return 0, 0, err
		}
	}
	if len(fromItems) != 1 {
		return 0, 0, pathError("array subscript 'from' value must be singleton numeric")
	}
	if len(toItems) != 1 {
		return 0, 0, pathError("array subscript 'to' value must be singleton numeric")
	}
	if from, err = arrayIndex(fromItems[0]); err != nil {
		return 0, 0, err
	}
	if to, err = arrayIndex(toItems[0]); err != nil {
		return 0, 0, err
	}
	n := int64(size)
	if !r.lax && (from < 0 || from >= n || to < 0 || to >= n || from > to) {
		return 0, 0, pathError("structural error: invalid array subscript: [%d, %d] for array of size %d", from, to, n)
	}
	return from, to, nil
}

// arrayIndex gives an item as an index: a number of JSON's is cut, one of SQL's
// rounded.
func arrayIndex(it jsonItem) (int64, error) {
	if it.node != nil {
		if it.node.typeName() != "number" {
			return 0, itemTypeError("NUMBER", it)
		}
		v, err := it.node.numeric()
		if err != nil || v.typ.isFloat() && !(v.f >= -9223372036854775808.0 && v.f <= 9223372036854775807.0) {
			return 0, pathError("cannot convert value %s to long", jacksonText(it.node, floattext.Newer))
		}
		if v.typ.isFloat() {
			return int64(v.f), nil
		}
		return v.n.Int64(), nil
	}
	v, err := it.number("NUMBER")
	if err != nil {
		return 0, err
	}
	i, ok := castNumber(v, tBigInt)
	if !ok {
		return 0, pathError("")
	}
	return i.(int64), nil
}

func (r *pathRun) signed(n *pathNode, sc pathScope) ([]jsonItem, error) {
	items, err := r.base(n, sc)
	var out []jsonItem
	for _, it := range items {
		v, err := it.number("NUMBER")
		if err == nil && n.text == "-" {
			v, err = v.negate()
		}
		if err != nil {
			return nil, err
		}
		out = append(out, jsonItem{val: v})
	}
	return out, err
}

func (r *pathRun) binary(n *pathNode, sc pathScope) ([]jsonItem, error) {
	left, err := r.eval(n.left, sc)
	if err != nil {
		return nil, err
	}
	right, err := r.eval(n.right, sc)
	if err != nil {
		return nil, err
	}
	if r.lax {
		left, right = unwrap(left), unwrap(right)
	}
	if len(left) != 1 || len(right) != 1 {
		return nil, pathError("arithmetic binary expression requires singleton operands")
	}
	operand := func(it jsonItem) (*sqlValue, error) {
		if it.val != nil {
			return it.val, nil
		}
		return it.number("NUMBER")
	}
	lv, err := operand(left[0])
	if err != nil {
		return nil, err
	}
	rv, err := operand(right[0])
	if err != nil {
		return nil, err
	}
	if !lv.typ.isNumeric() || !rv.typ.isNumeric() {
		return nil, pathError("invalid operand types to %s operator (%s, %s)", pathOperatorNames[n.text], lv.typ, rv.typ)
	}
	v, err := calculate(n.text, lv, rv, r.level)
	return single(jsonItem{val: v}), err
}

func (r *pathRun) method(n *pathNode, sc pathScope) ([]jsonItem, error) {
	items, err := r.eval(n.left, sc)
	if err != nil {
		return nil, err
	}
	if r.lax && n.text != "size" && n.text != "type" {
		items = unwrap(items)
	}
	var out []jsonItem
	for _, it := range items {
		if n.text == "keyvalue" {
			if it.node == nil || it.node.kind != '{' {
				return nil, itemTypeError("OBJECT", it)
			}
			out = append(out, r.pairs(it.node)...)
			continue
		}
		v, err := r.applied(n.text, it)
		if err != nil {
			return nil, err
		}
		out = append(out, jsonItem{val: v})
	}
	return out, nil
}

// pairs gives the members of an object as objects. The id counts members up to
// release 475, objects from then on.
func (r *pathRun) pairs(n *jsonNode) []jsonItem {
	var out []jsonItem
	for i, k := range n.keys {
		id := integerValue(int64(r.objects)).jsonOf(floattext.Newer)
		out = append(out, jsonItem{node: &jsonNode{kind: '{', keys: []string{"name", "value", "id"},
			kids: []*jsonNode{{kind: '"', text: k}, n.kids[i], id}}})
		if r.level < 476 {
			r.objects++
		}
	}
	if r.level >= 476 {
		r.objects++
	}
	return out
}

// applied is a method of one item.
func (r *pathRun) applied(name string, it jsonItem) (*sqlValue, error) {
	switch name {
	case "size":
		if it.node != nil && it.node.kind == '[' {
			return integerValue(int64(len(it.node.kids))), nil
		}
		if !r.lax {
			return nil, itemTypeError("ARRAY", it)
		}
		return integerValue(1), nil
	case "type":
		return typeMethod(it)
	case "double":
		return doubleMethod(it)
	}
	v, err := it.number("NUMBER")
	switch {
	case err != nil:
		return nil, err
	case name == "ceiling":
		return v.rounded(true), nil
	case name == "floor":
		return v.rounded(false), nil
	case v.typ.isFloat() && v.f > 0, !v.typ.isFloat() && v.n.Sign() >= 0:
		return v, nil
	}
	return v.negate()
}

// typeMethodResult is the type of type().
var typeMethodResult = varcharType(27)

func typeMethod(it jsonItem) (*sqlValue, error) {
	name := ""
	switch {
	case it.node != nil:
		name = it.node.typeName()
		if name == "missing" {
			return nil, failed{"GENERIC_INTERNAL_ERROR", "unexpected Json node type: MISSING"}
		}
	case it.val.typ.isNumeric():
		name = "number"
	case it.val.typ.isText():
		name = "string"
	case it.val.typ.Kind == Boolean || it.val.typ.Kind == Date:
		name = kindNames[it.val.typ.Kind]
	default:
		name = kindNames[it.val.typ.Kind]
		if !strings.Contains(name, "with") {
			name += " without time zone"
		}
	}
	return &sqlValue{typ: typeMethodResult, s: name}, nil
}

func doubleMethod(it jsonItem) (*sqlValue, error) {
	v := it.val
	if it.node != nil && it.node.kind == '"' {
		v = textValue(it.node.text)
	}
	if v != nil && v.typ.isText() {
		d, ok := parseJavaDouble(v.s)
		if !ok {
			return nil, pathError("")
		}
		return &sqlValue{typ: tDouble, f: d}, nil
	}
	v, err := it.number("NUMBER or TEXT")
	if err != nil {
		return nil, err
	}
	return &sqlValue{typ: tDouble, f: v.float()}, nil
}
