package deflate

import (
	"bytes"
	"math/bits"
	"slices"
)

// Shape is what stands before each value of a plain object: most lines of an
// object are of one shape, which one comparison a key tells.
type Shape struct {
	before  [][]byte
	learned int     // how often another shape was
	ends    []int32 // where the values of the line that was seen last end
}

// Forget has the next line be looked at as the first one: the keys of a Shape are where the
// line stood that it learned them of, in memory that may then be used again.
func (s *Shape) Forget() { s.before = s.before[:0] }

// Plain is PlainObject, faster for a line of the shape of the one before.
func (s *Shape) Plain(line []byte) bool {
	if len(s.before) > 0 && s.behind(line, 0) == len(line) {
		return true
	}
	if !PlainObject(line) {
		return false
	}
	s.before, s.ends = s.before[:0], s.ends[:0]
	s.learned++
	for i := 0; line[i] != '}'; {
		end := afterString(line, i+1) + 1 // behind the colon
		s.before = append(s.before, line[i:end])
		i = afterValue(line, end)
		s.ends = append(s.ends, int32(i))
	}
	return true
}

// behind gives where an object of the shape that begins at i has ended, or -1 where there
// is none, or one that is not plain. ends are then of its values.
func (s *Shape) behind(line []byte, i int) int {
	ends := s.ends[:len(s.before)]
	for k, key := range s.before {
		n := len(key)
		if len(line)-i <= n { // beyond the key there is the value's first byte
			return -1
		}
		// Texts as short as keys are compared here in less time than a call takes.
		if n >= 8 {
			for j := 0; j+8 < n; j += 8 {
				if word(line, i+j) != word(key, j) {
					return -1
				}
			}
			if word(line, i+n-8) != word(key, n-8) {
				return -1
			}
		} else if string(line[i:i+n]) != string(key) {
			return -1
		}
		// Most values are strings: eight bytes at a time to where one may end.
		if i += n; line[i] == '"' {
			for i++; i+8 <= len(line); i += 8 {
				if marks := quoteMarks(word(line, i)); marks != 0 {
					i += bits.TrailingZeros64(marks) / 8
					break
				}
			}
			if i >= len(line) || line[i] != '"' {
				i = closingQuote(line, i)
			}
			i++
		} else {
			i = afterValue(line, i)
		}
		if i <= 0 {
			return -1
		}
		ends[k] = int32(i)
	}
	if i >= len(line) || line[i] != '}' {
		return -1
	}
	return i + 1
}

// quoteMarks has the top bits set of those of eight bytes that are a quote, a backslash, or
// below a space. (Above the lowest of them there may be others.)
func quoteMarks(w uint64) uint64 {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	// Where a quote and a space change places, a quote and what is below a space come first.
	low, escape := w^ones*('"'^' '), w^ones*'\\'
	return ((low-ones*(' '+1))&^low | (escape-ones)&^escape) & tops
}

// closingQuote gives where the string that i is in ends, or -1 if it does not, or has
// something in it that is not plain.
func closingQuote(text []byte, i int) int {
	for ; i < len(text); i++ {
		switch text[i] {
		case '"':
			return i
		case '\\', '\r', '\n':
			return -1
		}
	}
	return -1
}

// PlainObject says whether text is one flat JSON object as producers write it:
// strings without escapes and line ends, numbers and the three words, nothing around it.
// Such a line is never malformed. False means that it may be anything.
func PlainObject(text []byte) bool {
	if len(text) < 2 || text[0] != '{' || text[len(text)-1] != '}' ||
		bytes.IndexByte(text, '\\') >= 0 || bytes.IndexByte(text, '\r') >= 0 || bytes.IndexByte(text, '\n') >= 0 {
		return false
	}
	// i is where a key begins.
	for i := 1; ; {
		if i = afterString(text, i); i < 0 || i+1 >= len(text) || text[i] != ':' {
			return false
		}
		if i = afterValue(text, i+1); i < 0 || i >= len(text) {
			return false
		}
		switch text[i] {
		case '}':
			return i == len(text)-1
		case ',':
			i++
		default:
			return false
		}
	}
}

// afterString gives where a string that begins at i has ended, or -1.
func afterString(text []byte, i int) int {
	if i >= len(text) || text[i] != '"' {
		return -1
	}
	n := bytes.IndexByte(text[i+1:], '"')
	if n < 0 {
		return -1
	}
	return i + n + 2
}

// afterNumber gives where digits, points and signs that begin at i have ended.
func afterNumber(text []byte, i int) int {
	const ones, lows, tops = 0x0101010101010101, 0x7f7f7f7f7f7f7f7f, 0x8080808080808080
	for ; i+8 <= len(text); i += 8 {
		w := word(text, i)
		low, slash := w&lows, w^ones*'/'
		// The top bits are of those bytes that are above nine, below the sign, or the one between
		// the point and the digits.
		other := (low + ones*(127-'9') | w | ^(low + ones*(128-'-')) | ^(slash&lows + lows | slash)) & tops
		if other != 0 {
			return i + bits.TrailingZeros64(other)/8
		}
	}
	for i < len(text) && (text[i] >= '0' && text[i] <= '9' || text[i] == '.' || text[i] == '-') {
		i++
	}
	return i
}

// afterValue gives where a value that begins at i has ended, or -1.
func afterValue(text []byte, i int) int {
	switch c := text[i]; {
	case c == '"':
		return afterString(text, i)
	case c >= '0' && c <= '9' || c == '-':
		return afterNumber(text, i)
	}
	for _, word := range [...]string{"true", "false", "null"} {
		if bytes.HasPrefix(text[i:], []byte(word)) {
			return i + len(word)
		}
	}
	return -1
}

// Known is what whoever gave a block's records knew of them already: that all are of one
// shape, and where their values end. It is empty where they are not, or nobody knew.
type Known struct {
	keys    [][]byte // as a shape's
	learned int      // the shape's when it had them
	ends    []int32  // in the block's text, of one record after the other
	frames  []Frame  // of each, where they are of a batch
}

// Add adds a record that begins at a place of the block's text, or nil of one that
// nobody knows. The first one says what shape all are to have.
func (k *Known) Add(seen *Shape, at int, first bool) {
	switch {
	case seen == nil:
		k.keys = k.keys[:0]
		return
	case first:
		k.frames = k.frames[:0]
		k.keys, k.learned, k.ends = append(k.keys[:0], seen.before...), seen.learned, k.ends[:0]
	case k.learned != seen.learned:
		k.keys = k.keys[:0]
	}
	if len(k.keys) == 0 {
		return
	}
	n := len(k.ends)
	k.ends = slices.Grow(k.ends, len(seen.ends))[:n+len(seen.ends)]
	ends := k.ends[n:]
	for i, end := range seen.ends {
		ends[i] = int32(at) + end
	}
}
