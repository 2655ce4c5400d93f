package serde

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf8"
)

// lineError says why a line is not a row. fatal is an error even where malformed
// lines are ignored; empty is a line without an object, a row of NULLs even
// where they are not; atEnd was found where the bytes ended, so that more bytes
// may mend it.
type lineError struct {
	why                 string
	fatal, empty, atEnd bool
	data                bool // what Athena calls bad data
}

func malformed(why string, at int) *lineError {
	return &lineError{why: fmt.Sprintf("malformed JSON at byte %d: %s", at+1, why)}
}

func cutShort(why string, at int) *lineError {
	e := malformed(why, at)
	e.atEnd = true
	return e
}

// parser makes rows of lines. fields are the table's columns in order, which is
// the order that the fast path expects keys in.
type parser struct {
	options Options
	fields  []field
	byKey   map[string]int    // the first field that is read from this key, folded
	simple  bool              // the fast path may run: no two columns share a key, no dots
	state   []fieldState      // of the line being read, by field
	odd     oddities          // of the line being read
	slots   []node            // of the slow path, by field
	parts   map[string]string // the key that a struct's field is read from, folded, by its name
}

// oddities are what a row does not show of its record.
type oddities struct {
	extra, mistyped, twice int64
	column                 string // the first of mistyped
	key                    string // the first of twice
}

func (o *oddities) wrongType(column string) {
	if o.mistyped++; o.mistyped == 1 {
		o.column = column
	}
}

// field is one column of the table.
type field struct {
	prefix []byte    // `"key":`
	words  []keyWord // of prefix
	vec    *Vector   // nil where the column is not asked for
	key    string    // folded
	name   string    // of the column
	next   int       // the next field read from the same key, or -1
}

// keyWord is eight bytes of a key, of which the last of a key may have fewer.
type keyWord struct{ text, mask uint64 }

func keyWords(key []byte) []keyWord {
	var out []keyWord
	for from := 0; from < len(key); from += 8 {
		var text, mask [8]byte
		for i, c := range key[from:min(from+8, len(key))] {
			text[i], mask[i] = c, 0xff
		}
		out = append(out, keyWord{binary.LittleEndian.Uint64(text[:]), binary.LittleEndian.Uint64(mask[:])})
	}
	return out
}

// begins says whether the field's key stands at a place of a line. It is compared in words,
// since it is there nearly always and is short.
func (f *field) begins(line []byte, at int) bool {
	if at+8*len(f.words) > len(line) {
		return bytes.HasPrefix(line[at:], f.prefix)
	}
	for _, w := range f.words {
		if (binary.LittleEndian.Uint64(line[at:at+8])^w.text)&w.mask != 0 {
			return false
		}
		at += 8
	}
	return true
}

type fieldState uint8

const (
	missing fieldState = iota
	set
	null
)

func newParser(columns []Column, place []int, vectors []Vector, o Options) parser {
	p := parser{
		options: o, simple: !o.DotsInKeys,
		fields: make([]field, len(columns)), byKey: make(map[string]int, len(columns)),
		state: make([]fieldState, len(columns)), slots: make([]node, len(columns)),
	}
	for i, c := range columns {
		key := c.Name
		if mapped, ok := o.Mapping[c.Name]; ok {
			key = mapped
		}
		f := &p.fields[i]
		f.name, f.key, f.next = c.Name, p.fold(key), -1
		f.prefix = []byte(`"` + key + `":`)
		f.words = keyWords(f.prefix)
		if place[i] >= 0 {
			f.vec = &vectors[place[i]]
		}
		if first, ok := p.byKey[f.key]; ok {
			p.simple = false
			for p.fields[first].next >= 0 {
				first = p.fields[first].next
			}
			p.fields[first].next = i
			continue
		}
		p.byKey[f.key] = i
	}
	return p
}

// fold gives the form in which two keys are the same one. Java's root-locale
// lower case is Go's but for U+0130, which becomes two characters there.
func (p *parser) fold(key string) string {
	if p.options.CaseSensitive {
		return key
	}
	return strings.ReplaceAll(strings.ToLower(strings.ReplaceAll(key, "\u0130", "\x00")), "\x00", "i\u0307")
}

// row reads a line into row i and gives how many of its bytes were read: up to
// behind the first object. After an error the row's values are undefined.
func (p *parser) row(line []byte, i int) (int, *lineError) {
	p.odd = oddities{}
	if p.simple && len(line) > 0 && line[0] == '{' {
		if used, ok := p.fast(line, i); ok {
			return used, nil
		}
		p.undo(i)
		p.odd = oddities{}
	}
	return p.slow(line, i)
}

// undo takes back what the fast path wrote of row i.
func (p *parser) undo(i int) {
	for f := range p.fields {
		if v := p.fields[f].vec; v != nil {
			v.undo(i)
		}
	}
}

// nulls makes row i a row of NULLs.
func (p *parser) nulls(i int) {
	p.undo(i)
	for f := range p.fields {
		if v := p.fields[f].vec; v != nil {
			v.setNull(i)
		}
	}
}

// fast reads well-formed objects of scalars. It gives false for everything else,
// malformed or only unusual: the slow path decides.
func (p *parser) fast(line []byte, row int) (int, bool) {
	clear(p.state)
	at, expected, given := 1, 0, 0
	for {
		if at < len(line) && line[at] == ' ' {
			at++
		}
		var f int
		if expected < len(p.fields) && p.fields[expected].begins(line, at) {
			f = expected
			at += len(p.fields[f].prefix)
		} else if f, at = p.key(line, at); at < 0 {
			return 0, false
		}
		if at < len(line) && line[at] == ' ' {
			at++
		}
		state, next := set, -1
		if f < 0 {
			next = skipScalar(line, at)
			p.odd.extra++
		} else {
			if p.state[f] != missing {
				return 0, false // twice: the last one wins, and this one is written
			}
			if v := p.fields[f].vec; v == nil {
				next = skipScalar(line, at)
			} else {
				state, next = v.scalar(line, at, row)
				if state == null && next >= 0 && !isNull(line[at:next]) {
					p.odd.wrongType(p.fields[f].name)
				}
			}
			p.state[f] = state
			if state == set {
				given++
			}
			expected = f + 1
		}
		if next < 0 || next >= len(line) {
			return 0, false
		}
		at = next + 1
		switch line[next] {
		case ',':
		case '}':
			if given < len(p.fields) {
				p.finish(row)
			}
			return at, true
		default:
			return 0, false
		}
	}
}

// isNull says whether a value as it stands in a line is a null, and not what a
// column could not take.
func isNull(text []byte) bool { return len(text) == 4 && bytes.EqualFold(text, []byte("null")) }

// finish makes NULL what the line did not give.
func (p *parser) finish(row int) {
	for f := range p.fields {
		if v := p.fields[f].vec; v != nil && p.state[f] != set {
			v.setNull(row)
		}
	}
}

// key reads `"key":` and gives the field (-1 where the table has none) and what
// follows the colon; a negative position where the key is unusual.
func (p *parser) key(line []byte, at int) (field, next int) {
	if at >= len(line) || line[at] != '"' {
		return 0, -1
	}
	end := scanString(line, at+1)
	if end+1 >= len(line) || line[end] != '"' || line[end+1] != ':' {
		return 0, -1
	}
	var folded [64]byte
	name := line[at+1 : end]
	if len(name) > len(folded) {
		return 0, -1
	}
	for i, c := range name {
		if c >= utf8.RuneSelf {
			return 0, -1
		}
		if 'A' <= c && c <= 'Z' && !p.options.CaseSensitive {
			c += 'a' - 'A'
		}
		folded[i] = c
	}
	f, ok := p.byKey[string(folded[:len(name)])]
	if !ok {
		f = -1
	}
	return f, end + 2
}

// scalar reads the value at line[at:] into row and gives what follows it, or -1
// where it is not a plain scalar.
func (v *Vector) scalar(line []byte, at, row int) (fieldState, int) {
	if at >= len(line) {
		return missing, -1
	}
	if line[at] == '"' {
		return v.quoted(line, at+1, row)
	}
	switch v.kind {
	case Int:
		if n, next := plainInt(line, at); next >= 0 && n == int64(int32(n)) {
			v.Ints[row] = int32(n)
			return set, next
		}
	case BigInt:
		if n, next := plainInt(line, at); next >= 0 {
			v.BigInts[row] = n
			return set, next
		}
	case Double:
		if d, next := plainDouble(line, at); next >= 0 {
			v.Doubles[row] = d
			return set, next
		}
	}
	end := literalEnd(line, at)
	if end == at || end == len(line) || line[at] == '\'' || v.kind >= List || v.kind == Binary {
		return missing, -1
	}
	if v.setLiteral(row, line[at:end]) {
		v.end(row)
		return set, end
	}
	return null, end
}

// quoted reads a string whose first byte is line[at].
func (v *Vector) quoted(line []byte, at, row int) (fieldState, int) {
	end, ascii := scanText(line, at)
	if end >= len(line) {
		return missing, -1
	}
	if v.kind == String {
		if line[end] == '"' {
			if ascii {
				v.Text = appendText(v.Text, line, at, end)
			} else {
				v.Text = appendUTF8(v.Text, line[at:end])
			}
			v.Offsets[row+1] = uint32(len(v.Text))
			return set, end + 1
		}
		var err *lineError
		if v.Text, end, err = appendQuoted(v.Text, line, at, '"'); err != nil {
			return missing, -1
		}
		v.Offsets[row+1] = uint32(len(v.Text))
		return set, end
	}
	if line[end] != '"' || v.kind >= List || v.kind == Binary {
		return missing, -1 // an escape in a number is for the slow path
	}
	if v.setText(row, line[at:end]) {
		v.end(row)
		return set, end + 1
	}
	return null, end + 1
}

// appendText appends line[at:end]. Most texts are short: they are copied as two words, what
// is behind them with them, which is not kept.
func appendText(dst, line []byte, at, end int) []byte {
	const short = 16
	have, n := len(dst), end-at
	if n > short || at+short > len(line) || have+short > cap(dst) {
		return append(dst, line[at:end]...)
	}
	*(*[short]byte)(dst[have : have+short]) = *(*[short]byte)(line[at : at+short])
	return dst[:have+n]
}

// skipScalar gives what follows the value at line[at:], or -1.
func skipScalar(line []byte, at int) int {
	if at >= len(line) {
		return -1
	}
	if line[at] != '"' {
		if end := literalEnd(line, at); end > at && line[at] != '\'' {
			return end
		}
		return -1
	}
	for at++; ; {
		end := scanString(line, at)
		switch {
		case end >= len(line):
			return -1
		case line[end] == '"':
			return end + 1
		case end+1 >= len(line) || line[end+1] == 'u':
			return -1 // whether four digits follow is for the slow path
		}
		at = end + 2
	}
}

// literalEnd gives where the bare word or number at line[at:] ends.
func literalEnd(line []byte, at int) int {
	for at < len(line) && !endsLiteral[line[at]] {
		at++
	}
	return at
}

var endsLiteral = [256]bool{
	' ': true, '\r': true, '\n': true, '\t': true, '\f': true,
	'{': true, '}': true, '[': true, ']': true, '/': true, '\\': true,
	':': true, ',': true, '=': true, ';': true, '#': true,
}
