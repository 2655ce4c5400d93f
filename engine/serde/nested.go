package serde

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
)

// Nested values of OpenX JSON. The SerDe bends what it finds to the column's type
// where it can: a scalar is an array of one, an array fills a struct by position,
// an empty text is no value.

func (p *parser) setList(v *Vector, row int, n *node) (bool, *lineError) {
	items := []node{*n}
	switch n.kind {
	case quotedText, bareWord:
		if len(n.text) == 0 {
			return false, nil
		}
	case array:
		items = n.items
	}
	for i := range items {
		if err := p.setPart(&v.Parts[0], v.Parts[0].next(), &items[i]); err != nil {
			return false, err
		}
	}
	return true, nil
}

// setPart writes a value and ends its row.
func (p *parser) setPart(v *Vector, row int, n *node) *lineError {
	ok, err := p.setNode(v, row, n)
	if err == nil {
		v.put(row, ok)
	}
	return err
}

// setMap writes an object as a map, its keys in lower case unless they count in their
// own: Athena's SerDe folds every key as it reads it. Of keys that mean the same value
// the last one counts; one that means none is left out.
func (p *parser) setMap(v *Vector, row int, n *node) (bool, *lineError) {
	switch n.kind {
	case quotedText, bareWord:
		if len(bytes.TrimFunc(n.text, atMostSpace)) == 0 {
			return false, nil
		}
		return false, bent("Primitive can not be coerced to a MAP")
	case array:
		return false, bent("an array can not be coerced to a MAP")
	}
	m := mapWriter{v: v}
	for i := range n.members {
		key := node{kind: quotedText, text: []byte(n.members[i].key)}
		if err := p.setPart(&v.Parts[0], v.Parts[0].next(), &key); err != nil {
			return false, err
		}
		if err := p.setPart(&v.Parts[1], v.Parts[1].next(), &n.members[i].value); err != nil {
			return false, err
		}
	}
	m.distinct(int(v.Offsets[row]), true)
	return true, nil
}

func (p *parser) setStruct(v *Vector, row int, n *node) (bool, *lineError) {
	switch n.kind {
	case quotedText, bareWord:
		if len(bytes.TrimFunc(n.text, atMostSpace)) > 0 {
			return false, bent("Primitive can not be coerced to a ROW")
		}
		for i := range v.Parts {
			v.Parts[i].put(row, false)
		}
		return true, nil
	case array:
		for i := range v.Parts {
			item := node{}
			if i < len(n.items) {
				item = n.items[i]
			}
			if err := p.setPart(&v.Parts[i], row, &item); err != nil {
				return false, err
			}
		}
		return true, nil
	}
	for i := range v.Parts {
		if err := p.setPart(&v.Parts[i], row, p.find(n, v.Parts[i].Column.Name)); err != nil {
			return false, err
		}
	}
	return true, nil
}

// find gives the member of an object that a struct's field is read from.
func (p *parser) find(n *node, name string) *node {
	key, ok := p.parts[name]
	if !ok {
		key = name
		if mapped, ok := p.options.Mapping[name]; ok {
			key = mapped
		}
		key = p.fold(key)
		if p.parts == nil {
			p.parts = map[string]string{}
		}
		p.parts[name] = key
	}
	for i := range n.members {
		if n.members[i].key == key {
			return &n.members[i].value
		}
	}
	if p.options.DotsInKeys && strings.Contains(name, "_") {
		for i := range n.members {
			dotted := n.members[i].name
			if strings.Contains(dotted, ".") && p.fold(strings.ReplaceAll(dotted, ".", "_")) == p.fold(name) {
				return &n.members[i].value
			}
		}
	}
	return &node{}
}

// bent is the refusal of a value that cannot be bent to its column's type.
func bent(why string) *lineError { return &lineError{fatal: true, why: why} }

// setBase64 writes bytes that stand in JSON as quoted base 64.
func (v *Vector) setBase64(n *node) (bool, *lineError) {
	if n.kind != quotedText {
		return false, bent("Unquoted JSON string is not allowed for VARBINARY")
	}
	var err error
	if v.Text, err = appendBase64(v.Text, n.text); err != nil {
		return false, bent(fmt.Sprintf("column %s is no base 64: %v", v.Column.Name, err))
	}
	return true, nil
}

// appendBase64 reads base 64 as Java's basic decoder does: padding may be left
// out, nothing else may stand there.
func appendBase64(dst, text []byte) ([]byte, error) {
	if bytes.ContainsAny(text, "\r\n") {
		return dst, base64.CorruptInputError(bytes.IndexAny(text, "\r\n"))
	}
	coding := base64.StdEncoding
	if len(text)%4 != 0 {
		coding = base64.RawStdEncoding
	}
	return coding.AppendDecode(dst, text)
}

// mapWriter brings the keys of a map that was just written into order.
type mapWriter struct{ v *Vector }

// distinct leaves of the entries from row from on those with a key, and of equal
// keys one: the last, or the first.
func (m mapWriter) distinct(from int, last bool) {
	keys := &m.v.Parts[0]
	seen := make(map[string]int, keys.rows-from)
	keep := make([]int, 0, keys.rows-from)
	equal := true // nothing to do
	for i := from; i < keys.rows; i++ {
		if keys.IsNull(i) {
			equal = false
			continue
		}
		key := string(keys.appendKey(nil, i))
		at, ok := seen[key]
		switch {
		case !ok:
			seen[key] = len(keep)
			keep = append(keep, i)
		case last:
			equal = false
			keep[at] = -1
			seen[key] = len(keep)
			keep = append(keep, i)
		default:
			equal = false
		}
	}
	if equal {
		return
	}
	for p := range m.v.Parts {
		m.v.Parts[p].pick(from, keep)
	}
}

// pick leaves, of the rows from from on, those of keep that are not negative.
func (v *Vector) pick(from int, keep []int) {
	old := newVector(v.Column, 0)
	for i := from; i < v.rows; i++ {
		old.copyRow(old.next(), v, i)
	}
	v.cut(from)
	for _, i := range keep {
		if i >= 0 {
			v.copyRow(v.next(), &old, i-from)
		}
	}
}

// copyRow copies row i of another vector of the same type.
func (v *Vector) copyRow(row int, from *Vector, i int) {
	if from.IsNull(i) {
		v.put(row, false)
		return
	}
	switch {
	case v.Ints != nil:
		v.Ints[row] = from.Ints[i]
	case v.BigInts != nil:
		v.BigInts[row] = from.BigInts[i]
	case v.Wide != nil:
		v.Wide[row] = from.Wide[i]
	case v.Doubles != nil:
		v.Doubles[row] = from.Doubles[i]
	case v.Bools != nil:
		v.Bools[row] = from.Bools[i]
	case v.kind == Struct:
		for p := range v.Parts {
			v.Parts[p].copyRow(row, &from.Parts[p], i)
		}
	case v.Parts == nil:
		v.Text = append(v.Text, from.Bytes(i)...)
	default:
		for k := int(from.Offsets[i]); k < int(from.Offsets[i+1]); k++ {
			for p := range v.Parts {
				v.Parts[p].copyRow(v.Parts[p].next(), &from.Parts[p], k)
			}
		}
	}
	v.end(row)
}

// appendKey appends bytes that are the same for equal values and no others.
func (v *Vector) appendKey(dst []byte, i int) []byte {
	switch {
	case v.Ints != nil:
		return fmt.Append(dst, v.Ints[i])
	case v.BigInts != nil:
		return fmt.Append(dst, v.BigInts[i])
	case v.Wide != nil:
		return fmt.Append(dst, v.Wide[i])
	case v.Doubles != nil:
		return fmt.Append(dst, v.Doubles[i])
	case v.Bools != nil:
		return fmt.Append(dst, v.Bools[i])
	case v.kind == Struct:
		for p := range v.Parts {
			dst = v.Parts[p].appendPartKey(dst, i)
		}
		return dst
	case v.Parts == nil:
		return append(dst, v.Bytes(i)...)
	}
	for k := int(v.Offsets[i]); k < int(v.Offsets[i+1]); k++ {
		for p := range v.Parts {
			dst = v.Parts[p].appendPartKey(dst, k)
		}
	}
	return dst
}

func (v *Vector) appendPartKey(dst []byte, i int) []byte {
	if v.IsNull(i) {
		return append(dst, "-;"...)
	}
	part := v.appendKey(nil, i)
	return append(fmt.Appendf(dst, "%d:", len(part)), part...)
}
