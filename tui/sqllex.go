package tui

import (
	"strings"
	"sync"
)

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

// lexLine gives the tokens of a line, and what is open behind it for the next: a
// quote, or * for a comment, 0 for nothing.
func lexLine(s string, open byte) ([]token, byte) {
	var out []token
	for i := 0; i < len(s); {
		var kind tokenKind
		var n int
		at := s[i:]
		switch {
		case open == '*':
			kind, n = tokComment, len(at)
			if end := strings.Index(at, "*/"); end >= 0 {
				n, open = end+2, 0
			}
		case open != 0:
			kind = tokQuoted
			if open == '\'' {
				kind = tokString
			}
			var closed bool
			if n, closed = quoteEnd(at, 0, open); closed {
				open = 0
			}
		case at[0] == '\'' || at[0] == '"' || at[0] == '`':
			kind, n = lexOne(at)
			if _, closed := quoteEnd(at, 1, at[0]); !closed {
				open = at[0]
			}
		default:
			kind, n = lexOne(at)
			if kind == tokComment && strings.HasPrefix(at, "/*") && !strings.Contains(at[2:], "*/") {
				open = '*'
			}
			if kind == tokWord {
				kind = wordKind(s, i, i+n)
			}
		}
		out = append(out, token{kind, i, i + n})
		i += n
	}
	return out, open
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
	n, _ := quoteEnd(s, 1, q)
	return n
}

// quoteEnd gives where a quoted token ends that is open at from, and whether it does.
func quoteEnd(s string, from int, q byte) (int, bool) {
	for i := from; i < len(s); i++ {
		if s[i] != q {
			continue
		}
		if i+1 < len(s) && s[i+1] == q {
			i++
			continue
		}
		return i + 1, true
	}
	return len(s), false
}

// wordKind tells keywords and function names from other words.
func wordKind(text string, from, to int) tokenKind {
	if isKeyword(text[from:to]) {
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

// keywordSet is keywords, to be looked up.
var keywordSet = sync.OnceValue(func() map[string]bool {
	set := map[string]bool{}
	for _, k := range strings.Fields(keywords) {
		set[k] = true
	}
	return set
})

// isKeyword says whether a word is a keyword, in whatever case.
func isKeyword(word string) bool {
	var upper [24]byte // longer than any
	if len(word) > len(upper) {
		return false
	}
	for i := range len(word) {
		c := word[i]
		if c >= 'a' && c <= 'z' {
			c -= 'a' - 'A'
		}
		upper[i] = c
	}
	return keywordSet()[string(upper[:len(word)])]
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
