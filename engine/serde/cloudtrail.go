package serde

import "fmt"

// appendCompact appends a value's JSON without white space.
func (n *node) appendCompact(dst []byte) []byte {
	switch n.kind {
	case nullValue, absent:
		return append(dst, "null"...)
	case bareWord:
		return append(dst, n.text...)
	case quotedText:
		return appendCompactText(dst, n.text)
	case array:
		dst = append(dst, '[')
		for i := range n.items {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = n.items[i].appendCompact(dst)
		}
		return append(dst, ']')
	}
	dst = append(dst, '{')
	for i, m := range lastOfEachName(n.members) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendCompactText(dst, []byte(m.name)), ':')
		dst = m.value.appendCompact(dst)
	}
	return append(dst, '}')
}

// lastOfEachName leaves one member of each name: the last one's value where the
// first one stood.
func lastOfEachName(members []member) []member {
	at := make(map[string]int, len(members))
	var out []member
	for _, m := range members {
		if i, ok := at[m.name]; ok {
			out[i] = m
			continue
		}
		at[m.name] = len(out)
		out = append(out, m)
	}
	return out
}

func appendCompactText(dst, text []byte) []byte {
	dst = append(dst, '"')
	for _, c := range text {
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\b':
			dst = append(dst, `\b`...)
		case '\t':
			dst = append(dst, `\t`...)
		case '\n':
			dst = append(dst, `\n`...)
		case '\f':
			dst = append(dst, `\f`...)
		case '\r':
			dst = append(dst, `\r`...)
		default:
			if c < ' ' {
				dst = fmt.Appendf(dst, `\u%04X`, c)
			} else {
				dst = append(dst, c)
			}
		}
	}
	return append(dst, '"')
}

// records gives the elements of the array Records of each document of an object.
type records struct {
	s      strict
	inside bool // of the array
	done   bool // with the array of this document
}

// next gives the next record's bytes, or nil at the end. A document without
// Records has none.
func (r *records) next() ([]byte, *lineError) {
	for {
		if r.inside {
			rec, err := r.record()
			if err != nil || rec != nil {
				return rec, err
			}
		}
		if r.s.next() == 0 && r.s.at >= len(r.s.b) {
			return nil, nil
		}
		if err := r.document(); err != nil {
			return nil, err
		}
	}
}

// document reads a document up to the array of its records, or to its end.
func (r *records) document() *lineError {
	s := &r.s
	if r.done { // the members behind the array
		r.done = false
		return r.members(false)
	}
	if s.next() != '{' {
		return s.fail("start of object expected")
	}
	s.at++
	return r.members(true)
}

// members reads the members of a document; first says that none was read yet.
func (r *records) members(first bool) *lineError {
	s := &r.s
	for {
		switch c := s.next(); {
		case c == '}':
			s.at++
			return nil
		case c == ',' && !first:
			s.at++
			s.space()
		case !first:
			return s.fail("a comma or the end of the object is expected")
		}
		first = false
		if s.next() != '"' {
			return s.fail("a field name is expected")
		}
		name, err := s.text(nil)
		if err != nil {
			return err
		}
		if s.next() != ':' {
			return s.fail("a colon is expected")
		}
		s.at++
		if string(name) == "Records" && s.next() == '[' {
			s.at++
			r.inside = true
			return nil
		}
		if err := s.value(new(node), false); err != nil {
			return err
		}
	}
}

// record gives an element of the array, or nil at its end.
func (r *records) record() ([]byte, *lineError) {
	s := &r.s
	switch s.next() {
	case ']':
		s.at++
		r.inside, r.done = false, true
		return nil, nil
	case ',':
		s.at++
	}
	s.space()
	from := s.at
	if err := s.value(new(node), false); err != nil {
		return nil, err
	}
	if c := s.next(); c != ',' && c != ']' {
		return nil, s.fail("a comma or the end of the array is expected")
	}
	return s.b[from:s.at], nil
}

// keep takes a member for its column. Of a record of CloudTrail's, some are taken
// as their text, one of them for a column beside its own.
func (d *hiveLine) keep(i int, name string, n node) {
	if d.Records && stringified(name) {
		text := node{}
		if n.kind != nullValue {
			text = node{kind: quotedText, text: n.appendCompact(nil)}
		}
		if name != "userIdentity" {
			n = text
		} else if at, ok := d.byName["useridentity_as_string"]; ok {
			d.slots[at] = text
		}
	}
	if i >= 0 {
		d.slots[i] = n
	}
}

// stringified says whether CloudTrail's input format gives a field as text.
func stringified(name string) bool {
	switch name {
	case "requestParameters", "responseElements", "additionalEventData", "serviceEventDetails", "userIdentity":
		return true
	}
	return false
}
