package serde

import (
	"fmt"
	"strconv"
	"strings"
)

// HiveJSON says how Hive's own JsonSerDe reads a line.
type HiveJSON struct {
	Formats []*Pattern
	// Records says that an object is a document with an array of Records, each of
	// them a row, and that some fields of a record are read as their JSON: what
	// CloudTrail's input format makes of its files.
	Records bool
}

// hiveLine reads lines of strict JSON. A key matches a column in any case, the last
// one wins, and what follows the line's object is not looked at.
type hiveLine struct {
	*HiveJSON
	fields  []*Vector
	byName  map[string]int
	slots   []node
	options Options
}

func newHiveLine(h *HiveJSON, columns []Column, fields []*Vector, o Options) *hiveLine {
	d := &hiveLine{HiveJSON: h, fields: fields, byName: map[string]int{}, slots: make([]node, len(fields)), options: o}
	for i, c := range columns {
		d.byName[c.Name] = i
	}
	return d
}

func (d *hiveLine) decode(line []byte, row int) *lineError {
	clear(d.slots)
	s := strict{b: line, depth: d.options.MaxDepth}
	if s.space(); s.at == len(line) || line[s.at] != '{' {
		return malformed("start of object expected", s.at)
	}
	err := s.object(func(name string) *lineError {
		var n node
		i := d.place(name)
		wanted := i >= 0 && d.fields[i] != nil || d.Records && stringified(name)
		if err := s.value(&n, wanted); err != nil {
			return err
		}
		d.keep(i, name, n)
		return nil
	})
	if err != nil {
		return err
	}
	for i, v := range d.fields {
		if v == nil {
			continue
		}
		if err := d.part(v, row, &d.slots[i]); err != nil {
			return err
		}
	}
	return nil
}

// place gives the column of a key, which may be named by its number; -1 for none.
func (d *hiveLine) place(name string) int {
	if i, ok := d.byName[strings.ToLower(name)]; ok {
		return i
	}
	if digits, ok := strings.CutPrefix(name, "_col"); ok {
		if i, err := strconv.Atoi(digits); err == nil && i >= 0 && i < len(d.fields) {
			return i
		}
	}
	return -1
}

// part writes a value and ends its row.
func (d *hiveLine) part(v *Vector, row int, n *node) *lineError {
	if n.kind == absent || n.kind == nullValue {
		v.put(row, false)
		return nil
	}
	var ok bool
	var err *lineError
	switch {
	case v.kind == List:
		ok, err = d.list(v, n)
	case v.kind == Map:
		ok, err = d.entries(v, row, n)
	case v.kind == Struct:
		ok, err = d.parts(v, row, n)
	case n.kind == object || n.kind == array:
		err = unlike(v, "value must be a scalar json value")
	default:
		ok, err = d.scalar(v, row, n)
	}
	if err == nil {
		v.put(row, ok)
	}
	return err
}

func unlike(v *Vector, why string) *lineError {
	return bent(fmt.Sprintf("Invalid JSON: column %s of type %s: %s", v.Column.Name, v.Column.Type, why))
}

func (d *hiveLine) list(v *Vector, n *node) (bool, *lineError) {
	if n.kind != array {
		return false, unlike(v, "start of array expected")
	}
	for i := range n.items {
		if err := d.part(&v.Parts[0], v.Parts[0].next(), &n.items[i]); err != nil {
			return false, err
		}
	}
	return true, nil
}

func (d *hiveLine) entries(v *Vector, row int, n *node) (bool, *lineError) {
	if n.kind != object {
		return false, unlike(v, "start of object expected")
	}
	key := &v.Parts[0]
	for i := range n.members {
		at := key.next()
		ok, err := key.keyText(at, []byte(n.members[i].name), d.Formats)
		if err != nil {
			return false, err
		}
		key.put(at, ok)
		if err := d.part(&v.Parts[1], v.Parts[1].next(), &n.members[i].value); err != nil {
			return false, err
		}
	}
	mapWriter{v}.distinct(int(v.Offsets[row]), true)
	return true, nil
}

// keyText writes the key of a map. One that is no value of its type fails, but for
// a decimal.
func (v *Vector) keyText(row int, text []byte, formats []*Pattern) (bool, *lineError) {
	switch v.kind {
	case Binary:
		v.Text = append(v.Text, text...)
		return true, nil
	case Timestamp:
		t, ok := formattedTime(text, formats)
		if !ok || !v.putTime(row, t) {
			return false, unlike(v, fmt.Sprintf("%q is no timestamp", text))
		}
		return true, nil
	}
	ok, err := v.javaText(row, text)
	if err == nil && !ok && v.kind != Decimal {
		err = unlike(v, fmt.Sprintf("%q is no such value", text))
	}
	return ok, err
}

func (d *hiveLine) parts(v *Vector, row int, n *node) (bool, *lineError) {
	if n.kind != object {
		return false, unlike(v, "start of object expected")
	}
	for i := range v.Parts {
		found := &node{}
		for m := range n.members {
			if n.members[m].key == v.Parts[i].Column.Name || n.members[m].name == "_col"+strconv.Itoa(i) {
				found = &n.members[m].value // the last one wins
			}
		}
		if err := d.part(&v.Parts[i], row, found); err != nil {
			return false, err
		}
	}
	return true, nil
}

// scalar writes text, a number or a boolean. Columns of numbers take numbers alone.
func (d *hiveLine) scalar(v *Vector, row int, n *node) (bool, *lineError) {
	number := n.kind == bareWord && n.text[0] != 't' && n.text[0] != 'f'
	switch v.kind {
	case TinyInt, SmallInt, Int, BigInt, Real, Double:
		if !number {
			return false, unlike(v, fmt.Sprintf("%q is not numeric", n.text))
		}
		return v.jsonNumber(row, n.text)
	case Decimal:
		d, ok := parseDecimal(n.text)
		if ok && !v.putDecimal(row, d) {
			return false, unlike(v, fmt.Sprintf("%s is too large", n.text))
		}
		return ok, nil
	case Date:
		days, ok := hiveDay(n.text)
		if !ok {
			return false, unlike(v, fmt.Sprintf("%q is no date", n.text))
		}
		v.Ints[row] = days
		return true, nil
	}
	return v.keyText(row, n.text, d.Formats)
}

// jsonNumber writes a number as Jackson gives it: a byte may be up to 255, and an
// integer has no negative zero.
func (v *Vector) jsonNumber(row int, text []byte) (bool, *lineError) {
	if v.kind == Real || v.kind == Double {
		if string(text) == "-0" {
			text = text[1:]
		}
		return v.putDouble(row, text), nil
	}
	d, ok := parseDecimal(text)
	n := int64(0)
	if ok {
		n, ok = d.long()
	}
	if v.kind == TinyInt && n > 127 && n <= 255 {
		n -= 256
	}
	if !ok || !v.putInt(row, n) {
		return false, unlike(v, fmt.Sprintf("%s is out of its range", text))
	}
	return true, nil
}
