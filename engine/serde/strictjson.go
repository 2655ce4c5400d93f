package serde

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// strict reads JSON as RFC 8259 has it.
type strict struct {
	b     []byte
	at    int
	depth int // how much deeper values may nest
	nodes int
}

func (s *strict) space() {
	for s.at < len(s.b) && (s.b[s.at] == ' ' || s.b[s.at] == '\t' || s.b[s.at] == '\r' || s.b[s.at] == '\n') {
		s.at++
	}
}

// next skips white space and gives the byte there, 0 at the end.
func (s *strict) next() byte {
	if s.space(); s.at < len(s.b) {
		return s.b[s.at]
	}
	return 0
}

func (s *strict) fail(why string) *lineError { return malformed(why, s.at) }

// object reads an object whose brace is next; member reads the value of a name.
func (s *strict) object(member func(name string) *lineError) *lineError {
	s.at++
	for first := true; ; first = false {
		c := s.next()
		if c == '}' && first {
			s.at++
			return nil
		}
		if c != '"' {
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
		if err := member(string(name)); err != nil {
			return err
		}
		switch s.next() {
		case ',':
			s.at++
		case '}':
			s.at++
			return nil
		default:
			return s.fail("a comma or the end of the object is expected")
		}
	}
}

// array reads an array whose bracket is next.
func (s *strict) array(item func() *lineError) *lineError {
	s.at++
	if s.next() == ']' {
		s.at++
		return nil
	}
	for {
		if err := item(); err != nil {
			return err
		}
		switch s.next() {
		case ',':
			s.at++
		case ']':
			s.at++
			return nil
		default:
			return s.fail("a comma or the end of the array is expected")
		}
	}
}

// value reads one value; where build is false it is only checked.
func (s *strict) value(n *node, build bool) *lineError {
	if build {
		if s.nodes++; s.nodes > maxNodes {
			return bent(fmt.Sprintf("a line has more than %d nested values", maxNodes))
		}
	}
	switch c := s.next(); c {
	case '{', '[':
		return s.nested(n, build)
	case '"':
		text, err := s.text(nil)
		*n = node{kind: quotedText, text: text}
		return err
	case 't', 'f', 'n':
		for _, word := range []string{"true", "false", "null"} {
			if bytes.HasPrefix(s.b[s.at:], []byte(word)) {
				*n = node{kind: bareWord, text: s.b[s.at : s.at+len(word)]}
				if s.at += len(word); c == 'n' {
					n.kind = nullValue
				}
				return s.endOfWord()
			}
		}
	}
	return s.number(n)
}

func (s *strict) nested(n *node, build bool) *lineError {
	if s.depth--; s.depth < 0 {
		return bent("a value is nested too deep")
	}
	defer func() { s.depth++ }()
	if s.b[s.at] == '[' {
		n.kind = array
		return s.array(func() *lineError {
			var item node
			err := s.value(&item, build)
			if build {
				n.items = append(n.items, item)
			}
			return err
		})
	}
	n.kind = object
	return s.object(func(name string) *lineError {
		m := member{name: name, key: strings.ToLower(name)}
		err := s.value(&m.value, build)
		if build {
			n.members = append(n.members, m)
		}
		return err
	})
}

// number reads a number; a leading zero or plus, or a point without digits around
// it, makes none.
func (s *strict) number(n *node) *lineError {
	from := s.at
	digits := func() bool {
		start := s.at
		for s.at < len(s.b) && s.b[s.at]-'0' <= 9 {
			s.at++
		}
		return s.at > start
	}
	if s.at < len(s.b) && s.b[s.at] == '-' {
		s.at++
	}
	zero := s.at < len(s.b) && s.b[s.at] == '0'
	whole := s.at
	if !digits() || zero && s.at > whole+1 {
		return s.fail("a value is expected")
	}
	if s.at < len(s.b) && s.b[s.at] == '.' {
		if s.at++; !digits() {
			return s.fail("a digit is expected")
		}
	}
	if s.at < len(s.b) && s.b[s.at]|0x20 == 'e' {
		if s.at++; s.at < len(s.b) && (s.b[s.at] == '+' || s.b[s.at] == '-') {
			s.at++
		}
		if !digits() {
			return s.fail("a digit is expected")
		}
	}
	*n = node{kind: bareWord, text: s.b[from:s.at]}
	return s.endOfWord()
}

func (s *strict) endOfWord() *lineError {
	if s.at < len(s.b) && strings.IndexByte(",]} \t\r\n", s.b[s.at]) < 0 {
		return s.fail("a value goes on where it must end")
	}
	return nil
}

// text reads a string whose quote is next.
func (s *strict) text(dst []byte) ([]byte, *lineError) {
	from := s.at + 1
	end := from
	for end < len(s.b) && s.b[end] != '"' {
		switch {
		case s.b[end] < ' ':
			s.at = end
			return dst, s.fail("a control character stands in a string")
		case s.b[end] == '\\':
			if end+1 < len(s.b) && strings.IndexByte(`"\/bfnrtu`, s.b[end+1]) < 0 {
				s.at = end
				return dst, s.fail("no such escape")
			}
			end++
		}
		end++
	}
	if end >= len(s.b) {
		s.at = end
		return dst, cutShort("a string is not closed", end)
	}
	if !utf8.Valid(s.b[from:end]) {
		return dst, s.fail("a string is not UTF-8")
	}
	out, next, err := appendQuoted(dst, s.b, from, '"')
	s.at = next
	if out == nil {
		out = []byte{}
	}
	return out, err
}
