package dialect

import (
	"strings"
	"testing"
)

// TestRowMatcher holds the machine of row patterns to what the standard prefers.
func TestRowMatcher(t *testing.T) {
	for _, c := range []struct{ pattern, rows, after, want string }{
		{"A B+ C?", "abbcab", "past", "1a 1b 1b 1c 2a 2b"},
		{"A B+?", "abb", "past", "1a 1b"},
		{"A | A B", "ab", "past", "1a"},
		{"A B | A", "ab", "past", "1a 1b"},
		{"A*", "ba", "past", "1- 2a"},
		{"A+", "baab", "past unmatched", "0- 1a 1a 0-"},
		{"A {- B -} A", "aba", "past", "1a 1(b) 1a"},
		{"^ A", "aa", "past", "1a"},
		{"A $", "aa", "past", "1a"},
		{"PERMUTE(A, B)", "baab", "past", "1b 1a 2a 2b"},
		{"A{2,3}", "aaaaa", "past", "1a 1a 1a 2a 2a"},
		{"A{2,3}?", "aaaaa", "past", "1a 1a 2a 2a"},
		{"A B", "aab", "next", "1a 1b"},
		{"A+", "aa", "next", "1a 1a 2a"},
		{"A B B", "abb", "last 2", "1a 1b 1b"},
		{"A B", "ab", "first 1", "AFTER MATCH SKIP failed: cannot skip to first row of match"},
		{"A B?", "a", "first 2", "AFTER MATCH SKIP failed: pattern variable is not present in match"},
	} {
		if got := matchText(t, c.pattern, c.rows, c.after); got != c.want {
			t.Errorf("%s over %s, %s: got %q, want %q", c.pattern, c.rows, c.after, got, c.want)
		}
	}
}

// matchText runs a pattern over rows, each of which can be the variable of its letter.
func matchText(t *testing.T, pattern, rows, after string) string {
	t.Helper()
	labels := "ABC"
	p := newParser(pattern, 401)
	c := &patternCode{label: func(n Name) int { return strings.Index(labels, n.Text) }}
	c.pattern(p.rowPattern())
	c.add("M")
	var masks []any
	for _, r := range rows {
		masks = append(masks, int64(1)<<strings.IndexRune(strings.ToLower(labels), r))
	}
	call := patternFunctions()[0].Call
	out, err := call([]any{masks, strings.Join(c.lines, ";"), after})
	if err != nil {
		return err.(failed).message
	}
	var words []string
	for _, v := range out.([]any) {
		m := v.(int64)
		label := "-"
		if l := m & 255; l < unmatchedRow {
			label = strings.ToLower(labels[l : l+1])
		}
		if m>>8&1 == 1 {
			label = "(" + label + ")"
		}
		words = append(words, string(rune('0'+m>>36))+label)
	}
	return strings.Join(words, " ")
}

// What MATCH_RECOGNIZE cannot do here is refused by name.
func TestPatternRefusals(t *testing.T) {
	const head = "SELECT 1 FROM events MATCH_RECOGNIZE (PARTITION BY session_id ORDER BY event_timestamp MEASURES A.quality AS q "
	for sql, want := range map[string]string{
		"PATTERN (A B) DEFINE B AS B.quality = A.quality)": "a DEFINE that looks at rows of another variable",
		"PATTERN (A+) DEFINE A AS count(*) < 3)":           "an aggregate in DEFINE",
		"PATTERN (A+) DEFINE A AS FIRST(quality) = 'SD')":  "a DEFINE that looks at the match so far",
		"PATTERN (A+) DEFINE A AS match_number() = 1)":     "match_number in DEFINE",
		"PATTERN (A+) DEFINE A AS classifier() = 'A')":     "classifier in DEFINE",
		"PATTERN ((A*)* B) DEFINE B AS true)":              "a repetition of what may be no row",
		"PATTERN (A{20000} A{20000}) DEFINE A AS true)":    "a row pattern of this size",
	} {
		_, err := translateOf(t, head+sql)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", sql, err, want)
		}
	}
}
