package lake

import (
	"bytes"
	"io"

	"acme/telemetry/engine/deflate"
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
	var seen deflate.Shape
	rest := text
	for len(rest) > 0 {
		end := bytes.IndexByte(rest, '\n')
		if end < 0 {
			end = len(rest)
		}
		line := rest[:end]
		rest = rest[min(end+1, len(rest)):]
		if seen.Plain(line) {
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
	if end := bytes.IndexByte(text, '}'); end >= 0 && deflate.PlainObject(text[:end+1]) {
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
