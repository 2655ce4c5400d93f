package dialect

import (
	"cmp"
	"fmt"
	"math/big"
	"strings"
	"unicode/utf8"

	"acme/telemetry/engine/floattext"
)

// JSON as the SQL/JSON functions read and write it, which is not as json_parse
// does: what follows the first value is left alone, members keep their order, and
// a character beyond the first plane is written as two escapes.

// readFirst reads the first value of a text. Of an empty one it gives missingNode,
// which passes for null in most places from release 476 on.
func readFirst(s string, level int) (*jsonNode, error) {
	p := &jsonParser{s: s, halves: true}
	if p.blank(); p.i == len(s) {
		if level < 476 {
			return &jsonNode{kind: missingNode}, nil
		}
		return &jsonNode{kind: missingNode, text: "null"}, nil
	}
	n, err := p.value()
	if err != nil {
		return nil, err
	}
	if n.kind == 0 && !p.rootEnds(n.text) {
		return nil, errJSON
	}
	n.unique()
	return n, nil
}

// unique keeps one member of each name: the last value, in the place of the first.
func (n *jsonNode) unique() {
	for _, k := range n.kids {
		k.unique()
	}
	if len(n.keys) < 2 {
		return
	}
	at := make(map[string]int, len(n.keys))
	keys, kids := n.keys[:0], n.kids[:0]
	for i, k := range n.keys {
		if j, ok := at[k]; ok {
			kids[j] = n.kids[i]
			continue
		}
		at[k] = len(keys)
		keys, kids = append(keys, k), append(kids, n.kids[i])
	}
	n.keys, n.kids = keys, kids
}

// jsonNumbers is how numbers that are not whole are written: as the doubles that
// they have become, in an edition of Java, or with their own digits, as releases do
// that read them as decimals.
type jsonNumbers floattext.Java

const exactNumbers = jsonNumbers(floattext.Newer + 1)

// numbersOf says how json_parse writes numbers in a release.
func numbersOf(level int) jsonNumbers {
	if level >= 476 {
		return exactNumbers
	}
	return jsonNumbers(floattext.Of(level))
}

// jacksonText writes a value as the SQL/JSON functions do.
func jacksonText(n *jsonNode, java floattext.Java) string {
	var b strings.Builder
	n.jackson(&b, true, java)
	return b.String()
}

// jackson writes a value in the order that it has; escapes makes two escapes of a
// character beyond the first plane.
func (n *jsonNode) jackson(b *strings.Builder, escapes bool, java floattext.Java) {
	switch n.kind {
	case missingNode:
		b.WriteString("null")
	case '"':
		jacksonQuote(b, n.text, escapes)
	case 0:
		b.WriteString(n.jacksonNumber(java))
	case '[':
		b.WriteByte('[')
		for i, k := range n.kids {
			if i > 0 {
				b.WriteByte(',')
			}
			k.jackson(b, escapes, java)
		}
		b.WriteByte(']')
	default:
		b.WriteByte('{')
		for i, k := range n.kids {
			if i > 0 {
				b.WriteByte(',')
			}
			jacksonQuote(b, n.keys[i], escapes)
			b.WriteByte(':')
			k.jackson(b, escapes, java)
		}
		b.WriteByte('}')
	}
}

// jacksonNumber gives the text of a number or word: a number that is not whole
// has become a double.
func (n *jsonNode) jacksonNumber(java floattext.Java) string {
	if n.exact || n.typeName() != "number" {
		return n.text
	}
	if !strings.ContainsAny(n.text, ".eE") {
		if i, ok := new(big.Int).SetString(n.text, 10); ok && i.Sign() == 0 {
			return "0"
		}
		return n.text
	}
	d, _ := parseJavaDouble(n.text)
	return numberJSON(javaDouble(d, java))
}

// jacksonQuote writes a text. Half a pair of escapes, which stands in it as three
// bytes, is written as an escape again.
func jacksonQuote(b *strings.Builder, s string, escapes bool) {
	b.WriteByte('"')
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			i++
			switch {
			case c == '"' || c == '\\':
				b.WriteByte('\\')
				b.WriteByte(c)
			case c >= 0x20:
				b.WriteByte(c)
			default:
				if k := strings.IndexByte("\b\f\n\r\t", c); k >= 0 {
					b.WriteString(`\` + "bfnrt"[k:k+1])
				} else {
					fmt.Fprintf(b, `\u%04X`, c)
				}
			}
			continue
		}
		if r, ok := half(s[i:]); ok {
			fmt.Fprintf(b, `\u%04X`, r)
			i += 3
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		if escapes && r > 0xFFFF {
			fmt.Fprintf(b, `\u%04X\u%04X`, 0xD800+(r-0x10000)>>10, 0xDC00+(r-0x10000)&0x3FF)
			continue
		}
		b.WriteRune(r)
	}
	b.WriteByte('"')
}

// half reads half a pair at the begin of s.
func half(s string) (rune, bool) {
	if len(s) < 3 || s[0] != 0xED || s[1] < 0xA0 {
		return 0, false
	}
	return 0xD000 | rune(s[1]&0x3F)<<6 | rune(s[2]&0x3F), true
}

// plainSurrogates gives a text of JSON as one of SQL's: a half is a question mark.
func plainSurrogates(s string) string {
	if !strings.Contains(s, "\xED") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if _, ok := half(s[i:]); ok {
			b.WriteByte('?')
			i += 3
			continue
		}
		b.WriteByte(s[i])
		i++
	}
	return b.String()
}

// compareJava orders texts by their UTF-16 units, as Java does.
func compareJava(s, t string) int {
	for i := 0; i < len(s) && i < len(t); i++ {
		a, b := s[i], t[i]
		if a == b {
			continue
		}
		// A lead byte of four bytes is a surrogate, which comes before U+E000.
		if a >= 0xEE && b >= 0xEE && (a >= 0xF0) != (b >= 0xF0) {
			return cmp.Compare(b, a)
		}
		return cmp.Compare(a, b)
	}
	return cmp.Compare(len(s), len(t))
}
