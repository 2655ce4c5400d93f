package dialect

import (
	"errors"
	"strings"
	"testing"
)

// The errors are those of Trino 401 and 483; empty where the second is the first.
var syntaxErrors = []struct{ sql, old, recent string }{
	{`SELECT a b c FROM t`,
		`line 1:12: mismatched input 'c'. Expecting: ',', 'EXCEPT', 'FETCH', 'FROM', 'GROUP', 'HAVING', 'INTERSECT', 'LIMIT', 'OFFSET', 'ORDER', 'UNION', 'WHERE', 'WINDOW', <EOF>`,
		``},
	{`SELECT * FROM t WHERE`,
		`line 1:22: mismatched input '<EOF>'. Expecting: <expression>`,
		``},
	{`SELECT (2 'b')`,
		`line 1:11: mismatched input ''b''. Expecting: ')', ','`,
		`line 1:11: mismatched input ''b''. Expecting: '%', ')', '*', '+', ',', '-', '.', '/', 'AND', 'AT', 'OR', '[', '||', <predicate>`},
	{`SELECT x IN ('a' 'b')`,
		`line 1:10: mismatched input 'IN'. Expecting: ',', 'AND', 'AS', 'EXCEPT', 'FETCH', 'FROM', 'GROUP', 'HAVING', 'INTERSECT', 'LIMIT', 'OFFSET', 'OR', 'ORDER', 'UNION', 'WHERE', 'WINDOW', <EOF>, <identifier>`,
		``},
	{`SELECT count(*) > END`,
		`line 1:19: mismatched input '>'. Expecting: <predicate>`,
		`line 1:19: mismatched input 'END'. Expecting: 'ALL', 'ANY', 'SOME', <expression>`},
	{`SELECT count(hour // 2)`,
		`line 1:20: mismatched input 'count'. Expecting: '*', <expression>`,
		`line 1:20: mismatched input '/'. Expecting: <expression>`},
	{`SELECT f(x / AND)`,
		`line 1:14: mismatched input 'AND'. Expecting: <expression>`,
		``},
	{`SELECT a. FROM b`,
		`line 1:11: mismatched input 'FROM'. Expecting: '*', <identifier>`,
		`line 1:16: mismatched input 'b'. Expecting: '('`},
	{`SELECT 1 WHERE a. , b`,
		`line 1:17: mismatched input '.'. Expecting: '%', '*', '+', '-', '/', 'AND', 'AT', 'EXCEPT', 'FETCH', 'GROUP', 'HAVING', 'INTERSECT', 'LIMIT', 'OFFSET', 'OR', 'ORDER', 'UNION', 'WINDOW', '||', <EOF>, <predicate>`,
		`line 1:19: mismatched input ','. Expecting: <identifier>`},
	{`SELECT e.GROUP FROM t e`,
		`line 1:10: mismatched input 'GROUP'. Expecting: '*', <identifier>`,
		`line 1:16: mismatched input 'FROM'. Expecting: '('`},
	{`SELECT x::integer FROM t`,
		`line 1:9: mismatched input ':'. Expecting: '%', '*', '+', ',', '-', '.', '/', 'AND', 'AS', 'AT', 'EXCEPT', 'FETCH', 'FROM', 'GROUP', 'HAVING', 'INTERSECT', 'LIMIT', 'OFFSET', 'OR', 'ORDER', 'UNION', 'WHERE', 'WINDOW', '[', '||', <EOF>, <identifier>, <predicate>`,
		`line 1:19: mismatched input 'FROM'. Expecting: '('`},
	{`SELECT [1`,
		`line 1:8: mismatched input '['. Expecting: '*', 'ALL', 'DISTINCT', <expression>`,
		`line 1:10: mismatched input '<EOF>'. Expecting: '%', '*', '+', ',', '-', '.', '/', 'AND', 'AT', 'OR', '[', ']', '||', <predicate>`},
	{`SELECT CAST(x AS time) DEALLOCATE`,
		`line 1:24: mismatched input 'DEALLOCATE'. Expecting: '(', ')', 'ARRAY', 'WITHOUT'`,
		``},
	{`SELECT * FROM (VALUES (1, 2) (3, 4)) AS t (a, b)`,
		`line 1:30: mismatched input '('. Expecting: '%', ')', '*', '+', ',', '-', '.', '/', 'AND', 'AS', 'AT', 'CROSS', 'EXCEPT', 'FETCH', 'FULL', 'GROUP', 'HAVING', 'INNER', 'INTERSECT', 'JOIN', 'LEFT', 'LIMIT', 'MATCH_RECOGNIZE', 'NATURAL', 'OFFSET', 'OR', 'ORDER', 'RIGHT', 'TABLESAMPLE', 'UNION', 'WHERE', 'WINDOW', '[', '||', <EOF>, <identifier>, <predicate>`,
		`line 1:30: mismatched input '('. Expecting: '%', ')', '*', '+', ',', '-', '.', '/', 'AND', 'AT', 'EXCEPT', 'FETCH', 'INTERSECT', 'LIMIT', 'OFFSET', 'OR', 'ORDER', 'UNION', '[', '||', <predicate>`},
	{`SELECT p(0.5) WITHIN GROUP (ORDER BY x)`,
		`line 1:28: mismatched input '('. Expecting: 'BY'`,
		``},
	{`SELECT lag(x) IGNORE NULLS FROM t`,
		`line 1:28: mismatched input 'FROM'. Expecting: 'OVER'`,
		``},
	{`SELECT 1 LIMIT x`,
		`line 1:16: mismatched input 'x'. Expecting: ',', 'EXCEPT', 'FETCH', 'FROM', 'GROUP', 'HAVING', 'INTERSECT', 'LIMIT', 'OFFSET', 'ORDER', 'UNION', 'WHERE', 'WINDOW', <EOF>`,
		``},
	{`SELECT 1 LIMIT 1 OFFSET 1`,
		`line 1:18: mismatched input 'OFFSET'. Expecting: <EOF>`,
		``},
	{`SELECT * FROM a JOIN b`,
		`line 1:23: mismatched input '<EOF>'. Expecting: 'ON', 'USING'`,
		``},
	{`SELECT * FROM a NATURAL b`,
		`line 1:25: mismatched input 'b'. Expecting: 'FULL', 'INNER', 'JOIN', 'LEFT', 'RIGHT'`,
		``},
	{`SELECT CASE WHEN a THEN b FROM t`,
		`line 1:27: mismatched input 'FROM'. Expecting: 'ELSE', 'END', 'WHEN'`,
		`line 1:27: mismatched input 'FROM'. Expecting: '%', '(', '*', '+', '-', '->', '.', '/', '::', 'AND', 'AT', 'ELSE', 'END', 'OR', 'OVER', 'WHEN', '[', '||', <predicate>, <string>`},
	{`SELECT INTERVAL '1' WEEK FROM t WHERE a =`,
		`line 1:42: mismatched input '='. Expecting: <predicate>`,
		`line 1:42: mismatched input '<EOF>'. Expecting: 'ALL', 'ANY', 'SOME', <expression>`},
	{`SELECT 1 FROM t GROUP x`,
		`line 1:23: mismatched input 'x'. Expecting: 'BY'`,
		``},
	{`SHOW TABLS`,
		`line 1:6: mismatched input 'TABLS'. Expecting: 'CATALOGS', 'COLUMNS', 'CREATE', 'CURRENT', 'FUNCTIONS', 'GRANTS', 'ROLE', 'ROLES', 'SCHEMAS', 'SESSION', 'STATS', 'TABLES'`,
		`line 1:6: mismatched input 'TABLS'. Expecting: 'BRANCHES', 'CATALOGS', 'COLUMNS', 'CREATE', 'CURRENT', 'FUNCTIONS', 'GRANTS', 'ROLE', 'ROLES', 'SCHEMAS', 'SESSION', 'STATS', 'TABLES'`},
	{`CREATE TABLE t (x)`,
		`line 1:19: mismatched input '<EOF>'. Expecting: 'AS', 'COMMENT', 'WITH'`,
		``},
	{"SELECT `a` FROM t x y",
		`line 1:8: backquoted identifiers are not supported; use double quotes to quote identifiers`,
		``},
	{`SELECT 1a FROM t WHERE`,
		`line 1:8: identifiers must not start with a digit; surround the identifier with double quotes`,
		``},
	{`SELECT "" FROM t`,
		`line 1:8: Zero-length delimited identifier not allowed`,
		``},
	{`WITH a AS SELECT 1`,
		`line 1:11: mismatched input 'SELECT'. Expecting: '('`,
		``},
	{`SELECT extract(foo FROM x) FROM t t t`,
		`line 1:37: mismatched input 't'. Expecting: '(', ',', 'CROSS', 'EXCEPT', 'FETCH', 'FULL', 'GROUP', 'HAVING', 'INNER', 'INTERSECT', 'JOIN', 'LEFT', 'LIMIT', 'MATCH_RECOGNIZE', 'NATURAL', 'OFFSET', 'ORDER', 'RIGHT', 'TABLESAMPLE', 'UNION', 'WHERE', 'WINDOW', <EOF>`,
		`line 1:37: mismatched input 't'. Expecting: '(', ',', 'CROSS', 'EXCEPT', 'FETCH', 'FULL', 'GROUP', 'HAVING', 'INNER', 'INTERSECT', 'JOIN', 'LEFT', 'LIMIT', 'MATCH_RECOGNIZE', 'NATURAL', 'OFFSET', 'ORDER', 'PIVOT', 'RIGHT', 'TABLESAMPLE', 'UNION', 'WHERE', 'WINDOW', <EOF>`},
}

func TestSyntaxErrorsReadAsTrinos(t *testing.T) {
	for _, c := range syntaxErrors {
		recent := c.recent
		if recent == "" {
			recent = c.old
		}
		for level, want := range map[int]string{401: c.old, 483: recent} {
			got := "ok"
			if e, _ := syntaxError(tokenize(c.sql, level), level); e != nil {
				got = e.Message
			}
			if got != want {
				t.Errorf("%d %s\n got %s\nwant %s", level, c.sql, got, want)
			}
		}
	}
}

// A text that Trino parses has no syntax error, however deep it is.
func TestNoSyntaxErrorInStatements(t *testing.T) {
	for _, sql := range []string{
		"SELECT 1", "VALUES 1, (2, 3)", "TABLE a.b.c", "SHOW TABLES FROM x LIKE 'a%'",
		"SELECT a.*, b[1].c, x -> x + 1 FROM t CROSS JOIN UNNEST(a) WITH ORDINALITY AS u (x, o)",
		"SELECT * FROM t MATCH_RECOGNIZE (ORDER BY a MEASURES x.b AS b ONE ROW PER MATCH PATTERN (x y+ {- z -}) DEFINE x AS a > 1)",
		"WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT n FROM r FETCH FIRST ROW ONLY",
	} {
		for _, level := range []int{401, 483} {
			if e, sure := syntaxError(tokenize(sql, level), level); e != nil || !sure {
				t.Errorf("%d %s: %v", level, sql, e)
			}
		}
	}
}

// Texts that are long or deep are answered or refused by name; that they are not
// walked for ever is seen by the test ending.
func TestLongTexts(t *testing.T) {
	times := strings.Repeat
	for name, c := range map[string]struct{ sql, want string }{
		"a megabyte":        {"SELECT " + times("a + ", 1<<18) + "1", "QUERY_TEXT_TOO_LARGE"},
		"a sum":             {"SELECT 1" + times(" + 1", 10000), "STACK_OVERFLOW"},
		"parentheses":       {"SELECT " + times("(", 10000) + "1" + times(")", 10000), "STACK_OVERFLOW"},
		"open parentheses":  {"SELECT " + times("(", 30000), "STACK_OVERFLOW"},
		"subqueries":        {times("SELECT * FROM (", 3000) + "SELECT 1", "STACK_OVERFLOW"},
		"a list":            {"SELECT 1 IN (1" + times(", 1", 10000) + ")", ""},
		"a list, and more":  {"SELECT 1 IN (1" + times(", 1", 10000) + ") x y", "SYNTAX_ERROR"},
		"rows, one of them": {"VALUES (1, 2)" + times(", (1, 2)", 6000) + " (3", "SYNTAX_ERROR"},
		"more conditions":   {"SELECT CASE" + times(" WHEN a THEN 1", 4001) + " END FROM (VALUES true) t (a)", "STACK_OVERFLOW"},
		"terms":             {"SELECT 1 WHERE 1 = 0" + times(" OR 1 = 2", 3999), ""},
		"more terms":        {"SELECT 1 WHERE 1 = 0" + times(" OR 1 = 2", 4000), "STACK_OVERFLOW"},
		"more at once":      {"SELECT 1 WHERE 1 = 0" + times(" AND 1 = 2", 4000), "STACK_OVERFLOW"},
		"a long list":       {"SELECT 'x' IN ('y'" + times(", 'abcdefghijklmno'", 13000) + ")", ""},
		"conditions":        {"SELECT CASE" + times(" WHEN a THEN 1", 4000) + " END FROM (VALUES true) t (a)", ""},
	} {
		_, err := Translate(c.sql, Options{Level: 483})
		var e *Error
		if errors.As(err, &e); err != nil && e == nil || err == nil && c.want != "" || err != nil && e.Name != c.want {
			t.Errorf("%s: %.200v, want %s", name, err, c.want)
		}
	}
}
