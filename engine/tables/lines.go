package tables

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"math"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/klauspost/compress/gzip"

	"acme/telemetry/engine/dialect"
	"acme/telemetry/engine/query"
)

// linesFile writes rows as lines: of JSON, or of fields as Hive's text has them.
type linesFile struct {
	file   *os.File
	zip    *gzip.Writer // nil for plain lines
	out    *bufio.Writer
	encode func([]byte, query.Row) ([]byte, error)
	line   []byte
	sum    hash.Hash
	rows   int64
}

func newLinesFile(f *os.File, columns []dialect.Column, format dialect.WriteFormat) *linesFile {
	l := &linesFile{file: f, sum: sha256.New()}
	if format.Format == "JSON" {
		l.encode = jsonLine(columns)
	} else {
		l.encode = textLine(columns, format.Delimiter, format.Null)
	}
	var w io.Writer = f
	if format.Compression != "NONE" {
		l.zip = gzip.NewWriter(f)
		w = l.zip
	}
	l.out = bufio.NewWriterSize(w, 64<<10)
	return l
}

func (l *linesFile) add(row query.Row) error {
	line, err := l.encode(l.line[:0], row)
	if err != nil {
		return err
	}
	l.line = append(line, '\n')
	l.sum.Write(l.line)
	l.rows++
	_, err = l.out.Write(l.line)
	return err
}

// finish ends the file and reads it back.
func (l *linesFile) finish() (int64, error) {
	err := l.out.Flush()
	if err == nil && l.zip != nil {
		err = l.zip.Close()
	}
	if err != nil {
		return 0, fmt.Errorf("ending a file of lines: %w", err)
	}
	if _, err := l.file.Seek(0, io.SeekStart); err != nil {
		return 0, fmt.Errorf("reading a file of lines back: %w", err)
	}
	var r io.Reader = l.file
	if l.zip != nil {
		if r, err = gzip.NewReader(l.file); err != nil {
			return 0, fmt.Errorf("reading a file of lines back: %w", err)
		}
	}
	again, counter := sha256.New(), &lineCounter{}
	if _, err := io.Copy(io.MultiWriter(again, counter), r); err != nil {
		return 0, fmt.Errorf("reading a file of lines back: %w", err)
	}
	if counter.n != l.rows || !bytes.Equal(again.Sum(nil), l.sum.Sum(nil)) {
		return 0, fmt.Errorf("reading a file of lines back: %d rows went in and %d came out, or their values differ", l.rows, counter.n)
	}
	return l.rows, nil
}

type lineCounter struct{ n int64 }

func (c *lineCounter) Write(p []byte) (int, error) {
	c.n += int64(bytes.Count(p, []byte{'\n'}))
	return len(p), nil
}

// jsonLine writes a row as an object of JSON, as Hive's SerDe for JSON reads it.
func jsonLine(columns []dialect.Column) func([]byte, query.Row) ([]byte, error) {
	return func(out []byte, row query.Row) (_ []byte, err error) {
		out = append(out, '{')
		for i, c := range columns {
			if i > 0 {
				out = append(out, ',')
			}
			out = append(appendJSONText(out, c.Name), ':')
			if out, err = appendJSON(out, c.Type, row[i]); err != nil {
				return nil, fmt.Errorf("column %s: %w", c.Name, err)
			}
		}
		return append(out, '}'), nil
	}
}

func appendJSONText(out []byte, s string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a text can be encoded
	return append(out, bytes.TrimRight(b.Bytes(), "\n")...)
}

// appendJSON writes a value. What JSON has not is refused: NaN, infinities, and bytes
// that are no text.
func appendJSON(out []byte, t dialect.Type, v any) ([]byte, error) {
	switch x := v.(type) {
	case nil:
		return append(out, "null"...), nil
	case float64:
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, &query.Error{Name: "HIVE_UNSERIALIZABLE_JSON_VALUE", Message: "Invalid value to Insert: " + query.Format(x, t.String())}
		}
		return append(out, query.Format(x, t.String())...), nil
	case bool, int64:
		return fmt.Append(out, x), nil
	case []byte:
		if !utf8.Valid(x) {
			return nil, &unfit{string(x)}
		}
		return appendJSONText(out, string(x)), nil
	case query.Map:
		return appendEntries(out, t, x)
	case []any:
		return appendItems(out, t, x)
	}
	if t.Kind == dialect.Decimal {
		return append(out, text(v)...), nil
	}
	return appendJSONText(out, text(v)), nil
}

func appendEntries(out []byte, t dialect.Type, m query.Map) (_ []byte, err error) {
	out = append(out, '{')
	for i, e := range m {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(appendJSONText(out, query.Format(e.Key, t.Elem[0].Type.String())), ':')
		if out, err = appendJSON(out, t.Elem[1].Type, e.Value); err != nil {
			return nil, err
		}
	}
	return append(out, '}'), nil
}

// appendItems writes an array, or a row as an object.
func appendItems(out []byte, t dialect.Type, items []any) (_ []byte, err error) {
	row := t.Kind == dialect.Row
	out = append(out, map[bool]byte{true: '{', false: '['}[row])
	for i, item := range items {
		if i > 0 {
			out = append(out, ',')
		}
		part := t.Elem[0]
		if row {
			part = t.Elem[i]
			out = append(appendJSONText(out, part.Name), ':')
		}
		if out, err = appendJSON(out, part.Type, item); err != nil {
			return nil, err
		}
	}
	return append(out, map[bool]byte{true: '}', false: ']'}[row]), nil
}

// textLine writes a row as Hive's LazySimpleSerDe reads it: fields between
// delimiters, NULL as the table has it, what is inside a value between the control characters
// from 2 on. Nothing can be escaped, so a value that has one of them is refused.
func textLine(columns []dialect.Column, delimiter, null string) func([]byte, query.Row) ([]byte, error) {
	if delimiter == "" {
		delimiter = "\x01"
	}
	separators := delimiter + "\x02\x03\x04\x05\x06\x07\x08"
	return func(out []byte, row query.Row) ([]byte, error) {
		for i, c := range columns {
			if i > 0 {
				out = append(out, delimiter...)
			}
			var err error
			if out, err = appendField(out, c.Type, row[i], separators, null, 1); err != nil {
				return nil, fmt.Errorf("column %s: %w", c.Name, err)
			}
		}
		return out, nil
	}
}

func appendField(out []byte, t dialect.Type, v any, separators, null string, level int) (_ []byte, err error) {
	if level >= len(separators)-1 && len(t.Elem) > 0 {
		return nil, errDeep
	}
	from := len(out)
	some := func() ([]byte, error) { // nothing written is NULL where that is an empty text
		if len(out) == from && null == "" {
			return nil, &unfit{""}
		}
		return out, nil
	}
	switch x := v.(type) {
	case nil:
		return append(out, null...), nil
	case query.Map:
		for i, e := range x {
			if i > 0 {
				out = append(out, separators[level])
			}
			if out, err = appendField(out, t.Elem[0].Type, e.Key, separators, null, level+2); err != nil {
				return nil, err
			}
			if out, err = appendField(append(out, separators[level+1]), t.Elem[1].Type, e.Value, separators, null, level+2); err != nil {
				return nil, err
			}
		}
		return some()
	case []any:
		for i := range x {
			part := t.Elem[0].Type
			if t.Kind == dialect.Row {
				part = t.Elem[i].Type
			}
			if i > 0 {
				out = append(out, separators[level])
			}
			if out, err = appendField(out, part, x[i], separators, null, level+1); err != nil {
				return nil, err
			}
		}
		return some()
	case []byte:
		out = append(out, base64.StdEncoding.EncodeToString(x)...)
		return some()
	}
	field := query.Format(v, t.String())
	if i := strings.IndexAny(field, separators+"\n\r"); i >= 0 || field == null {
		return nil, &unfit{field}
	}
	return append(out, field...), nil
}

// unfit is a value that cannot stand in a file of lines.
type unfit struct{ text string }

func (e *unfit) Error() string {
	return fmt.Sprintf("the value %.40q cannot be written: it has a delimiter or a line end in it, or bytes that are no text, or is what stands for NULL", e.text)
}

var errDeep = &unfit{"nested too deep"}
