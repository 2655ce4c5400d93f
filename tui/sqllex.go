package tui

import "strings"

// tokenKind is what a piece of SQL text is, for highlighting and for finding
// the statement under the cursor. The dialect package knows the language; this
// lexer knows no more than what a colour needs, and accepts any text.
type tokenKind uint8

const (
	tokSpace tokenKind = iota
	tokWord
	tokKeyword
	tokFunction
	tokNumber
	tokString
	tokQuoted
	tokComment
	tokOther
	tokSemicolon
)

// token is text[from:to] of the whole buffer.
type token struct {
	kind     tokenKind
	from, to int
}

// lexSQL cuts text into tokens that cover it without a gap. Strings and
// comments may go over lines; one that is not closed reaches to the end.
func lexSQL(text string) []token {
	var out []token
	for i := 0; i < len(text); {
		kind, n := lexOne(text[i:])
		if kind == tokWord {
			kind = wordKind(text, i, i+n)
		}
		out = append(out, token{kind, i, i + n})
		i += n
	}
	return out
}

// lexOne gives the first token's kind and length in bytes, at least one.
func lexOne(s string) (tokenKind, int) {
	c := s[0]
	switch {
	case c == ' ' || c == '\t' || c == '\n' || c == '\r':
		return tokSpace, run(s, func(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' })
	case strings.HasPrefix(s, "--"):
		if n := strings.IndexByte(s, '\n'); n >= 0 {
			return tokComment, n
		}
		return tokComment, len(s)
	case strings.HasPrefix(s, "/*"):
		if n := strings.Index(s[2:], "*/"); n >= 0 {
			return tokComment, n + 4
		}
		return tokComment, len(s)
	case c == '\'':
		return tokString, quoted(s, '\'')
	case c == '"' || c == '`':
		return tokQuoted, quoted(s, c)
	case c >= '0' && c <= '9':
		return tokNumber, run(s, func(c byte) bool { return c == '.' || c == '_' || isWord(c) })
	case isWord(c):
		return tokWord, run(s, isWord)
	case c == ';':
		return tokSemicolon, 1
	}
	return tokOther, 1
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

func run(s string, in func(byte) bool) int {
	n := 1
	for n < len(s) && in(s[n]) {
		n++
	}
	return n
}

// quoted gives the length of a quoted token; a doubled quote stands for one.
func quoted(s string, q byte) int {
	for i := 1; i < len(s); i++ {
		if s[i] != q {
			continue
		}
		if i+1 < len(s) && s[i+1] == q {
			i++
			continue
		}
		return i + 1
	}
	return len(s)
}

// wordKind tells keywords and function names from other words.
func wordKind(text string, from, to int) tokenKind {
	if isKeyword(strings.ToUpper(text[from:to])) {
		return tokKeyword
	}
	if rest := strings.TrimLeft(text[to:min(len(text), to+8)], " "); strings.HasPrefix(rest, "(") {
		return tokFunction
	}
	return tokWord
}

// keywords are those that get a colour and are offered.
const keywords = " ALL ALTER AND ANY AS ASC AT BETWEEN BY CASE CAST CREATE CROSS CUBE CURRENT CURRENT_DATE CURRENT_TIMESTAMP " +
	"DATABASE DATE DELETE DESC DESCRIBE DISTINCT DROP ELSE END ESCAPE EXCEPT EXISTS EXPLAIN EXTERNAL EXTRACT FALSE FETCH " +
	"FILTER FIRST FOLLOWING FOR FROM FULL GROUP GROUPING HAVING IF IN INNER INSERT INTERSECT INTERVAL INTO IS JOIN LAST " +
	"LATERAL LEFT LIKE LIMIT MATCH_RECOGNIZE MSCK NATURAL NEXT NOT NULL NULLS OFFSET ON OR ORDER OUTER OVER PARTITION " +
	"PARTITIONS PRECEDING RANGE RECURSIVE REPAIR RIGHT ROLLUP ROW ROWS SELECT SETS SHOW TABLE TABLES TABLESAMPLE THEN " +
	"TIME TIMESTAMP TRUE TRY_CAST UNBOUNDED UNION UNNEST USE USING VALUES VIEW WHEN WHERE WINDOW WITH WITHIN ZONE "

func isKeyword(upper string) bool {
	return len(upper) > 1 && strings.Contains(keywords, " "+upper+" ")
}

// inkOf gives the role in which a token is drawn.
func inkOf(k tokenKind) role {
	switch k {
	case tokKeyword:
		return keyword
	case tokFunction:
		return bar
	case tokNumber:
		return number
	case tokString:
		return literal
	case tokComment:
		return comment
	}
	return plain
}

// statementsIn gives the bounds of all statements, without the blanks and the
// comments before them.
func statementsIn(text string) [][2]int {
	var out [][2]int
	from, to := -1, 0
	for _, t := range lexSQL(text) {
		switch {
		case t.kind == tokSemicolon:
			if from >= 0 {
				out = append(out, [2]int{from, to})
			}
			from = -1
		case t.kind != tokSpace && t.kind != tokComment:
			if from < 0 {
				from = t.from
			}
			to = t.to
		}
	}
	if from >= 0 {
		out = append(out, [2]int{from, to})
	}
	return out
}

// statementAt gives the bounds of the statement that the byte offset lies in,
// without the blanks and comments before it. A cursor behind the last
// semicolon with nothing after it belongs to the statement before.
func statementAt(text string, offset int) (from, to int) {
	toks := lexSQL(text)
	from, to = -1, 0
	last := [2]int{-1, 0}
	for _, t := range toks {
		switch {
		case t.kind == tokSemicolon:
			if from >= 0 {
				last = [2]int{from, to}
				if offset <= t.to {
					return from, to
				}
			}
			from = -1
		case t.kind != tokSpace && t.kind != tokComment:
			if from < 0 {
				from = t.from
			}
			to = t.to
		}
	}
	if from >= 0 {
		return from, to
	}
	if last[0] >= 0 {
		return last[0], last[1]
	}
	return 0, 0
}
