package dialect

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// ddlParser parses Hive's grammar with Trino's tokens, but for strings.
type ddlParser struct {
	*parser
	place string // what is being read, as Hive's errors call it; empty where they do not
	// clauses says that a statement may end here or go on with another clause.
	clauses bool
	// trino says that the statement at hand is of Trino's grammar, with its errors.
	trino bool
}

// tokenizeHive is tokenize with Hive's strings, which stand in either kind of
// quotes and have escapes.
func tokenizeHive(src string) []token {
	lx := &lexer{src: src, line: 1, col: 1, hive: true}
	return lx.all()
}

// hiveString scans a string of Hive's: a backslash keeps the quote behind it.
func hiveString(s string) (n int, text string, ok bool) {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case s[0]:
			return i + 1, unescapeHive(s[1:i]), true
		}
	}
	return 0, "", false
}

// unescapeHive undoes the escapes of a Hive string: \n and the like, an octal or
// hexadecimal number, \% and \_ as they stand, and otherwise what follows.
func unescapeHive(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			out.WriteByte(s[i])
			continue
		}
		i++
		i += hiveEscape(&out, s[i:]) - 1
	}
	return out.String()
}

// hiveEscape writes the escape whose letter begins s and gives how long it is.
func hiveEscape(out *strings.Builder, s string) int {
	if len(s) >= 5 && s[0] == 'u' {
		if n, err := strconv.ParseUint(s[1:5], 16, 16); err == nil {
			out.WriteRune(rune(n))
			return 5
		}
	}
	if len(s) >= 3 && (s[0] == '0' || s[0] == '1') {
		if n, err := strconv.ParseUint(s[:3], 8, 8); err == nil {
			out.WriteRune(rune(n))
			return 3
		}
	}
	if i := strings.IndexByte("0bnrtZ", s[0]); i >= 0 {
		out.WriteByte("\x00\b\n\r\t\x1a"[i])
		return 1
	}
	if s[0] == '%' || s[0] == '_' {
		out.WriteByte('\\')
	}
	_, size := utf8.DecodeRuneInString(s)
	out.WriteString(s[:size])
	return size
}

// text takes a string, or several that stand side by side, which are one.
func (p *ddlParser) text() string {
	p.note("<string>")
	if p.tok().kind == tokQuoted { // where the tokens are Trino's
		return p.next().text
	}
	if p.tok().kind != tokString {
		p.fail()
	}
	out := ""
	for p.tok().kind == tokString {
		out += p.next().text
	}
	return out
}

// hive takes the statement that begins here with Hive's strings, and fails as Hive
// does.
func (p *parser) hive() Statement {
	p.toks = append(p.toks[:p.i:p.i], p.hiveTokens()...)
	h := &ddlParser{parser: p}
	defer func() {
		var err error
		if h.caught(recover(), &err); err != nil {
			panic(err)
		}
	}()
	s := h.statement()
	if h.clauses && p.tok().kind != tokEOF {
		p.fail()
	}
	return s
}

// hiveTokens gives the tokens from here on as Hive has them.
func (p *parser) hiveTokens() []token {
	t := p.tok()
	lx := &lexer{src: p.src, off: t.end - len(t.raw), line: t.pos.Line, col: t.pos.Column, hive: true}
	return lx.all()
}

// ident takes a name, with backquotes or without; Hive folds it to lower case.
func (p *ddlParser) ident() string {
	p.note("<identifier>")
	t := p.tok()
	if t.kind == tokBackquoted || t.kind == tokDigitWord || t.kind == tokWord && !hiveReserved[t.up] {
		p.next()
		return strings.ToLower(t.text)
	}
	p.fail()
	return ""
}

// fieldName takes the name of a struct's field. DATE and TIMESTAMP are on Athena's list
// of reserved words, yet the table of its own guide for AWS Network Firewall has a field
// of that name without backquotes.
func (p *ddlParser) fieldName() string {
	if t := p.tok(); t.kind == tokWord && (t.up == "DATE" || t.up == "TIMESTAMP") {
		p.next()
		return strings.ToLower(t.text)
	}
	return p.ident()
}

func (p *ddlParser) table() (db, name string) {
	p.place = "table name"
	quoted := p.tok().kind == tokBackquoted
	name = p.ident()
	if p.sym(".") {
		db, name = name, p.ident()
	} else if of, table, ok := cutDotted(name); ok && quoted {
		db, name = of, table
	}
	p.place = ""
	return db, name
}

// hiveReserved are the words that Hive takes for no name without backquotes.
var hiveReserved = wordSet(`ALL ALTER AND ARRAY AS AUTHORIZATION BETWEEN BIGINT BINARY BOOLEAN BOTH BY CASE CAST CHAR
	COLUMN CONF CREATE CROSS CUBE CURRENT CURRENT_DATE CURRENT_TIMESTAMP CURSOR DATABASE DATE DECIMAL DELETE DESCRIBE
	DISTINCT DOUBLE DROP ELSE END EXCHANGE EXISTS EXTENDED EXTERNAL FALSE FETCH FLOAT FOLLOWING FOR FROM FULL FUNCTION
	GRANT GROUP GROUPING HAVING IF IMPORT IN INNER INSERT INT INTERSECT INTERVAL INTO IS JOIN LATERAL LEFT LESS LIKE
	LOCAL MACRO MAP MORE NONE NOT NULL OF ON OR ORDER OUT OUTER OVER PARTIALSCAN PARTITION PERCENT PRECEDING PRESERVE
	PROCEDURE RANGE READS REDUCE REVOKE RIGHT ROLLUP ROW ROWS SELECT SET SMALLINT TABLE TABLESAMPLE THEN TIMESTAMP TO
	TRANSFORM TRIGGER TRUE TRUNCATE UNBOUNDED UNION UNIQUEJOIN UPDATE USER USING VALUES VARCHAR WHEN WHERE WINDOW WITH`)

// catch turns a failed parse into Hive's error: where it stands, with columns
// counted from 0, and the next words.
func (p *ddlParser) catch(err *error) { p.caught(recover(), err) }

func (p *ddlParser) caught(r any, err *error) {
	if r == nil {
		return
	}
	e, ok := r.(*Error)
	if !ok {
		panic(r)
	}
	if e.Name == "SYNTAX_ERROR" && !p.trino {
		e = p.hiveError(e)
	}
	*err = e
}

func (p *ddlParser) hiveError(e *Error) *Error {
	t := p.tok()
	near := make([]string, 0, 3)
	for i := range 3 {
		next := p.peek(i)
		near = append(near, "'"+next.raw+"'")
		if next.kind == tokEOF {
			break
		}
	}
	text := fmt.Sprintf("cannot recognize input near %s", strings.Join(near, " "))
	if p.place != "" {
		text += " in " + p.place
	}
	if p.clauses && t.kind != tokEOF {
		text = fmt.Sprintf("missing EOF at '%s' near '%s'", t.raw, p.toks[max(p.i-1, 0)].raw)
	}
	out := &Error{Name: "FAILED", Line: t.pos.Line, Column: t.pos.Column,
		Message: fmt.Sprintf("ParseException line %d:%d %s", t.pos.Line, t.pos.Column-1, text)}
	if t.kind == tokWord && hiveReserved[t.up] && strings.Contains(e.Message, "<identifier>") {
		out.Hint = "it is a reserved word: write it in backquotes"
	}
	return out
}
