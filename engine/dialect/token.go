package dialect

import (
	"strings"
	"unicode/utf8"
)

// maxText is how long a statement may be, in bytes: as Athena has it.
const maxText = 256 << 10

type tokenKind uint8

const (
	tokEOF        tokenKind = iota
	tokWord                 // identifier or keyword, not quoted
	tokQuoted               // "identifier"
	tokBackquoted           // `identifier`: Hive's
	tokDigitWord            // 1abc
	tokInteger
	tokDecimal
	tokDouble
	tokString  // '...': text has the quotes undone
	tokUnicode // U&'...'
	tokBinary  // X'...'
	tokSymbol
	tokBad // a character that begins no token
)

// token is one token. Up is the text in upper case for tokWord, else empty.
type token struct {
	kind tokenKind
	text string // as written, but strings and quoted names without their quotes
	raw  string // as written
	up   string
	pos  Pos
	end  int // offset behind the token
}

// lexer cuts a statement into tokens, all before parsing: the text is short and
// the parser looks ahead freely.
type lexer struct {
	src       string
	off       int
	line, col int
	hive      bool // strings are Hive's
	level     int  // Trino's release: recent ones write numbers in more ways
}

// tokenize gives the tokens of src with tokEOF at their end. It never fails: what
// begins no token is a tokBad, for the parser to refuse where it stands.
func tokenize(src string, level int) []token {
	lx := &lexer{src: src, line: 1, col: 1, level: level}
	return lx.all()
}

func (lx *lexer) all() []token { return lx.until(func(token) bool { return false }) }

// until gives the tokens up to one that is last, or the end, with it.
func (lx *lexer) until(last func(token) bool) []token {
	var out []token
	for {
		lx.space()
		t := lx.next()
		out = append(out, t)
		if t.kind == tokEOF || last(t) {
			return out
		}
	}
}

// advance moves n bytes on, counting lines and characters.
func (lx *lexer) advance(n int) {
	for end := lx.off + n; lx.off < end; {
		c := lx.src[lx.off]
		switch {
		case c == '\n':
			lx.line, lx.col = lx.line+1, 1
			lx.off++
		case c < utf8.RuneSelf:
			lx.col++
			lx.off++
		default:
			_, w := utf8.DecodeRuneInString(lx.src[lx.off:])
			lx.col++
			lx.off += w
		}
	}
}

// space skips blanks and comments. A comment that is not closed is no comment:
// its first character is then a token, as in Trino.
func (lx *lexer) space() {
	for lx.off < len(lx.src) {
		rest := lx.src[lx.off:]
		switch {
		case rest[0] == ' ' || rest[0] == '\t' || rest[0] == '\n' || rest[0] == '\r':
			lx.advance(1)
		case strings.HasPrefix(rest, "--"):
			n := strings.IndexAny(rest, "\r\n")
			if n < 0 {
				n = len(rest)
			}
			lx.advance(n)
		case strings.HasPrefix(rest, "/*"):
			n := strings.Index(rest[2:], "*/")
			if n < 0 {
				return
			}
			lx.advance(n + 4)
		default:
			return
		}
	}
}

func (lx *lexer) next() token {
	t := token{pos: Pos{lx.line, lx.col}}
	rest := lx.src[lx.off:]
	if rest == "" {
		t.kind, t.text, t.raw, t.end = tokEOF, "<EOF>", "<EOF>", lx.off
		return t
	}
	n := lx.scan(rest, &t)
	t.raw = rest[:n]
	if t.text == "" && t.kind != tokString && t.kind != tokQuoted && t.kind != tokBackquoted && t.kind != tokUnicode && t.kind != tokBinary {
		t.text = t.raw
	}
	if t.kind == tokWord {
		t.up = strings.ToUpper(t.text)
	}
	lx.advance(n)
	t.end = lx.off
	return t
}

// scan finds the token at the start of s, sets its kind and text, and gives its length.
func (lx *lexer) scan(s string, t *token) int {
	c := s[0]
	switch {
	case lx.hive && (c == '\'' || c == '"'):
		if n, text, ok := hiveString(s); ok {
			t.kind, t.text = tokString, text
			return n
		}
	case c == '\'':
		if n, text, ok := quoted(s, '\''); ok {
			t.kind, t.text = tokString, text
			return n
		}
	case c == '"' || c == '`':
		if n, text, ok := quoted(s, c); ok {
			t.kind, t.text = tokQuoted, text
			if c == '`' {
				t.kind = tokBackquoted
			}
			return n
		}
	case (c == 'X' || c == 'x') && len(s) > 1 && s[1] == '\'':
		if n := strings.IndexByte(s[2:], '\''); n >= 0 {
			t.kind, t.text = tokBinary, s[2:2+n]
			return n + 3
		}
		return wordOf(s, t)
	case (c == 'U' || c == 'u') && len(s) > 2 && s[1] == '&' && s[2] == '\'':
		if n, text, ok := quoted(s[2:], '\''); ok {
			t.kind, t.text = tokUnicode, text
			return n + 2
		}
		return wordOf(s, t)
	case isLetter(c) || c == '_':
		return wordOf(s, t)
	case isDigit(c) || c == '.' && len(s) > 1 && isDigit(s[1]):
		return numberOf(s, t, lx.level >= separatorsSince)
	}
	for _, sym := range symbols {
		if strings.HasPrefix(s, sym) {
			t.kind = tokSymbol
			return len(sym)
		}
	}
	t.kind = tokBad
	_, w := utf8.DecodeRuneInString(s)
	return w
}

// symbols, longest first where one begins another.
var symbols = []string{"{-", "-}", "::", "<>", "!=", "<=", ">=", "||", "->", "=>", "(", ")", "[", "]", "{", "}", ",", ".", "=", "<", ">", "+", "-", "*", "/", "%", "?", ";", ":", "|", "^", "$", "@"}

func wordOf(s string, t *token) int {
	n := 1
	for n < len(s) && (isLetter(s[n]) || isDigit(s[n]) || s[n] == '_') {
		n++
	}
	t.kind = tokWord
	return n
}

// quoted scans a string that doubles its quote to include it.
func quoted(s string, q byte) (n int, text string, ok bool) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		if s[i] != q {
			b.WriteByte(s[i])
			continue
		}
		if i+1 < len(s) && s[i+1] == q {
			b.WriteByte(q)
			i++
			continue
		}
		return i + 1, b.String(), true
	}
	return 0, "", false
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }

// reserved are the words that Trino 401 takes for no name unless quoted.
var reserved = wordSet(`ALTER AND AS BETWEEN BY CASE CAST CONSTRAINT CREATE CROSS CUBE CURRENT_CATALOG
	CURRENT_DATE CURRENT_PATH CURRENT_ROLE CURRENT_SCHEMA CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER
	DEALLOCATE DELETE DESCRIBE DISTINCT DROP ELSE END ESCAPE EXCEPT EXECUTE EXISTS EXTRACT FALSE FOR FROM
	FULL GROUP GROUPING HAVING IN INNER INSERT INTERSECT INTO IS JOIN JSON_ARRAY JSON_EXISTS JSON_OBJECT
	JSON_QUERY JSON_VALUE LEFT LIKE LISTAGG LOCALTIME LOCALTIMESTAMP NATURAL NORMALIZE NOT NULL ON OR ORDER
	OUTER PREPARE RECURSIVE RIGHT ROLLUP SELECT SKIP TABLE THEN TRIM TRUE UESCAPE UNION UNNEST USING VALUES
	WHEN WHERE WITH`)

func wordSet(s string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(s) {
		m[w] = true
	}
	return m
}
