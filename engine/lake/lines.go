package lake

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/bits"

	"acme/telemetry/engine/serde"
	"acme/telemetry/schema"
)

// lineCount is what Athena sees in some of an object's bytes.
type lineCount struct {
	lines     int64 // rows
	malformed int64 // rows of NULLs
}

func (c *lineCount) add(o lineCount) {
	c.lines += o.lines
	c.malformed += o.malformed
}

// countLines counts the rows of text that ends with a line: each line, its
// end \n, \r\n or \r, is one. Malformed ones are those that serde takes for
// malformed; it is asked only about lines that are not plain.
func countLines(text []byte) lineCount {
	c := lineCount{}
	var seen shape
	rest := text
	for len(rest) > 0 {
		end := bytes.IndexByte(rest, '\n')
		if end < 0 {
			end = len(rest)
		}
		line := rest[:end]
		rest = rest[min(end+1, len(rest)):]
		if seen.plain(line) {
			c.lines++
			continue
		}
		c.add(countAsSerDe(line))
	}
	return c
}

// countFirst counts the one row of an object without delimiters: its first
// record decides whether it is a row of NULLs. The object's later blocks have
// none.
func countFirst(text []byte, first bool) lineCount {
	if !first || len(text) == 0 {
		return lineCount{}
	}
	if end := bytes.IndexByte(text, '}'); end >= 0 && plainObject(text[:end+1]) {
		return lineCount{lines: 1}
	}
	return lineCount{lines: 1, malformed: min(1, countAsSerDe(text).malformed)}
}

// countAsSerDe asks the SerDe about text that ends a line. An empty text is an
// empty line.
func countAsSerDe(text []byte) lineCount {
	if len(text) == 0 {
		return lineCount{lines: 1, malformed: 1}
	}
	stats, err := readAll("line", bytes.NewReader(text))
	if err != nil {
		stats.Lines++ // the line that it could not go past
		stats.Malformed++
	}
	return lineCount{lines: stats.Lines, malformed: stats.Malformed}
}

// shape is what stands before each value of a plain object: most lines of an
// object are of one shape, which one comparison a key tells.
type shape struct {
	before  [][]byte
	learned int     // how often another shape was
	ends    []int32 // where the values of the line that was seen last end
}

// plain is plainObject, faster for a line of the shape of the one before.
func (s *shape) plain(line []byte) bool {
	if s.fits(line) {
		return true
	}
	if !plainObject(line) {
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

func (s *shape) fits(line []byte) bool {
	if len(s.before) == 0 {
		return false
	}
	i := 0
	for k, key := range s.before {
		// Beyond the key there is the value's first byte.
		if len(line)-i <= len(key) || !same(line[i:i+len(key)], key) {
			return false
		}
		// Most values are strings, and this is for each of each record.
		if i += len(key); line[i] == '"' {
			i = closingQuote(line, i+1) + 1
		} else {
			i = afterValue(line, i)
		}
		if i <= 0 {
			return false
		}
		s.ends[k] = int32(i)
	}
	return i == len(line)-1 && line[i] == '}'
}

// same says whether two texts of one length are the same: texts as short as keys are
// compared here in less time than a call takes.
func same(a, b []byte) bool {
	n := len(b)
	if n < 8 || len(a) != n {
		return string(a) == string(b)
	}
	for i := 0; i+8 < n; i += 8 {
		if binary.LittleEndian.Uint64(a[i:i+8]) != binary.LittleEndian.Uint64(b[i:i+8]) {
			return false
		}
	}
	return binary.LittleEndian.Uint64(a[n-8:n]) == binary.LittleEndian.Uint64(b[n-8:n])
}

// closingQuote gives where the string that i is in ends, or -1 if it does not, or has
// something in it that is not plain.
func closingQuote(text []byte, i int) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	for ; i+8 <= len(text); i += 8 {
		w := binary.LittleEndian.Uint64(text[i : i+8])
		quote, escape := w^ones*'"', w^ones*'\\'
		// The lowest top bit that is set is of the first byte that is one of these, or below a space.
		if found := ((quote-ones)&^quote | (escape-ones)&^escape | (w-ones*' ')&^w) & tops; found != 0 {
			i += bits.TrailingZeros64(found) / 8
			if text[i] == '"' {
				return i
			}
			break
		}
	}
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

// plainObject says whether text is one flat JSON object as producers write it:
// strings without escapes and line ends, numbers and the three words, nothing around it.
// Such a line is never malformed. False means that it may be anything.
func plainObject(text []byte) bool {
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

// afterValue gives where a value that begins at i has ended, or -1.
func afterValue(text []byte, i int) int {
	switch c := text[i]; {
	case c == '"':
		return afterString(text, i)
	case c >= '0' && c <= '9' || c == '-':
		for i < len(text) && (text[i] >= '0' && text[i] <= '9' || text[i] == '.' || text[i] == '-') {
			i++
		}
		return i
	}
	for _, word := range [...]string{"true", "false", "null"} {
		if bytes.HasPrefix(text[i:], []byte(word)) {
			return i + len(word)
		}
	}
	return -1
}

// newCounter makes a reader that counts an object's rows and malformed lines.
// One column is asked for: with none, lines are not parsed.
func newCounter() *serde.Reader { return newCounterOf(schema.Events()) }

func newCounterOf(t schema.Table) *serde.Reader { return newSerDe(t, []int{0}, lenient) }

// newSerDe makes a reader of a table that is known to be right.
func newSerDe(t schema.Table, project []int, o serde.Options) *serde.Reader {
	r, err := serde.New(serde.ColumnsOf(t), project, o)
	if err != nil {
		panic(err) // the table and the projection are the program's own
	}
	return r
}

// lenient are the properties of the deployment's table.
var lenient = serde.Options{IgnoreMalformed: true}

// readAll reads an object to its end, checking all of it.
func readAll(key string, body io.Reader) (serde.Stats, error) {
	return drain(newCounter(), key, body)
}

func drain(r *serde.Reader, key string, body io.Reader) (serde.Stats, error) {
	r.Open(key, body)
	for {
		if _, err := r.Next(); err == io.EOF {
			return r.Stats(), nil
		} else if err != nil {
			return r.Stats(), err
		}
	}
}

// keyReader reads the first column of a table's rows.
type keyReader struct{ r *serde.Reader }

func newKeyReader(t schema.Table) *keyReader { return &keyReader{newSerDe(t, []int{0}, lenient)} }

// of gives the key of one row, or "".
func (k *keyReader) of(row []byte) (id string) {
	// A row that cannot be read has no key, and is no one's double.
	_ = k.each("row", bytes.NewReader(row), func(s string) { id = s })
	return id
}

func (k *keyReader) each(object string, body io.Reader, f func(id string)) error {
	k.r.Open(object, body)
	for {
		b, err := k.r.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		for i := range b.Rows {
			f(string(b.Columns[0].Bytes(i)))
		}
	}
}
