package serde

import "bytes"

// counter counts the records in bytes that Athena does not look at, over as
// many calls of add as it takes. It knows strings and nesting and nothing else:
// that is enough for what producers write, and fast.
type counter struct {
	records  int64
	depth    int
	inString bool
	escaped  bool
}

func (c *counter) add(b []byte) {
	for len(b) > 0 {
		if c.inString {
			b = c.string(b)
			continue
		}
		i := 0
		for ; i < len(b); i++ {
			if structural[b[i]] {
				break
			}
		}
		if i == len(b) {
			return
		}
		switch b[i] {
		case '"':
			c.inString = true
		case '{', '[':
			if c.depth == 0 {
				c.records++
			}
			c.depth++
		default:
			if c.depth > 0 {
				c.depth--
			}
		}
		b = b[i+1:]
	}
}

// string skips to behind the end of a string and gives what follows.
func (c *counter) string(b []byte) []byte {
	if c.escaped {
		c.escaped = false
		b = b[1:]
	}
	for {
		q := bytes.IndexByte(b, '"')
		stretch := b
		if q >= 0 {
			stretch = b[:q]
		}
		if odd := trailingBackslashes(stretch)&1 == 1; q < 0 {
			c.escaped = odd
			return nil
		} else if !odd {
			c.inString = false
			return b[q+1:]
		}
		b = b[q+1:]
	}
}

// trailingBackslashes counts the backslashes that end b. A stretch begins
// behind an escaped quote or a string's quote, so no backslash before it counts.
func trailingBackslashes(b []byte) int {
	n := 0
	for n < len(b) && b[len(b)-1-n] == '\\' {
		n++
	}
	return n
}

var structural = [256]bool{'"': true, '{': true, '}': true, '[': true, ']': true}
