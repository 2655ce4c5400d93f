package query

import "strings"

// Markdown writes s as plain text of Markdown, inert and on one line: punctuation
// of ASCII goes behind a backslash, which CommonMark takes as the character
// itself, unless it means nothing where it stands.
func Markdown(s string) string {
	s = Printable(s)
	var b strings.Builder
	for i := range len(s) {
		if strings.IndexByte("!#$&*+-./:<=>@[\\]^_`{|}~", s[i]) >= 0 && !harmless(s, i) {
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// harmless says whether the punctuation at i means nothing where it stands, for
// people read the source too: a point that ends a sentence, a dash, a slash or
// an underscore within a word, a colon before a space. Within what begins as an
// automatic link (www., a scheme, an address) nothing is harmless.
func harmless(s string, i int) bool {
	if i == 0 {
		return false
	}
	before, after := s[i-1], byte(' ')
	if i+1 < len(s) {
		after = s[i+1]
	}
	word := alphanumeric(before) && alphanumeric(after) && !linkBefore(s[:i])
	switch s[i] {
	case '.':
		return word || after == ' ' && (before == ')' || alphanumeric(before) && !(before >= '0' && before <= '9'))
	case '-', '/', '_':
		return word
	case ':':
		return alphanumeric(before) && after == ' ' || word && before <= '9' && after <= '9'
	case '+', '=':
		return true
	}
	return false
}

func alphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// linkBefore says whether the word so far begins as GitHub's automatic links
// do, which need neither brackets nor a scheme.
func linkBefore(s string) bool {
	word := strings.ToLower(s[strings.LastIndexByte(s, ' ')+1:])
	return strings.Contains(word, "www") || strings.Contains(word, "@") || strings.Contains(word, ":")
}
