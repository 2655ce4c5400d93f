package dialect

import (
	"encoding/hex"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// isBlank says whether Trino trims a character.
func isBlank(r rune) bool {
	switch {
	case r < 0x80:
		return r == ' ' || '\t' <= r && r <= '\r' || 28 <= r && r <= 31
	case r == 0x2007: // it does not break
		return false
	}
	return unicode.In(r, unicode.Zs, unicode.Zl, unicode.Zp) && r != 0xa0 && r != 0x202f
}

// str is fn for functions over texts alone that give a text.
func str(name string, n int, call func(a []string) (any, error)) ScalarFunction {
	return fn(name, strings.Repeat("VARCHAR,", n)+"VARCHAR", func(a []any) (any, error) {
		s := make([]string, len(a))
		for i, v := range a {
			s[i] = v.(string)
		}
		return call(s)
	})
}

func textGoFunctions() []ScalarFunction {
	return slices.Concat([]ScalarFunction{
		str("replace", 3, func(a []string) (any, error) {
			if a[1] != "" {
				return strings.ReplaceAll(a[0], a[1], a[2]), nil
			}
			var b strings.Builder
			for _, r := range a[0] {
				b.WriteString(a[2])
				b.WriteRune(r)
			}
			return b.String() + a[2], nil
		}),
		str("trim", 1, func(a []string) (any, error) { return strings.TrimFunc(a[0], isBlank), nil }),
		str("ltrim", 1, func(a []string) (any, error) { return strings.TrimLeftFunc(a[0], isBlank), nil }),
		str("rtrim", 1, func(a []string) (any, error) { return strings.TrimRightFunc(a[0], isBlank), nil }),
		str("upper", 1, func(a []string) (any, error) { return strings.Map(unicode.ToUpper, a[0]), nil }),
		str("reverse", 1, func(a []string) (any, error) {
			r := []rune(a[0])
			slices.Reverse(r)
			return string(r), nil
		}),
		str("translate", 3, translate),
		str("url_part", 2, urlPart),
		str("url_parameter", 2, urlParameter),
		str("url_encode", 1, urlEncode),
		fn("url_decode", "VARCHAR,BOOLEAN,VARCHAR", urlDecode),
		fn("url_port", "VARCHAR,BIGINT", func(a []any) (any, error) {
			u, err := javaURI(a[0].(string))
			if err != nil || u.Port() == "" || !serverHost(u) {
				return nil, nil
			}
			n, err := strconv.ParseInt(u.Port(), 10, 32)
			if err != nil {
				return nil, nil
			}
			return n, nil
		}),
		fn("like", "VARCHAR,VARCHAR,VARCHAR,BOOLEAN", func(a []any) (any, error) {
			if msg := likeError(a[1].(string), a[2].(string)); msg != "" {
				return nil, badArg("%s", msg)
			}
			return likeMatch([]rune(a[0].(string)), []rune(a[1].(string)), []rune(a[2].(string))[0]), nil
		}),
		fn("reverse_bytes", "BLOB,BLOB", func(a []any) (any, error) {
			b := slices.Clone(a[0].([]byte))
			slices.Reverse(b)
			return b, nil
		}),
	}, partGoFunctions(), bytesGoFunctions(), listGoFunctions(), editions("format", "VARCHAR,VARCHAR[],VARCHAR", javaFormat))
}

// partGoFunctions are those that take texts apart and join them.
func partGoFunctions() []ScalarFunction {
	return []ScalarFunction{
		fn("substr_bytes", "BLOB,BIGINT,BIGINT,BLOB", substrBytes),
		fn("strpos", "VARCHAR,VARCHAR,BIGINT,BIGINT", strpos),
		fn("split", "VARCHAR,VARCHAR,BIGINT,VARCHAR[]", split),
		fn("split_part", "VARCHAR,VARCHAR,BIGINT,VARCHAR", splitPart),
		fn("known_part", "VARCHAR,VARCHAR,BIGINT,VARCHAR", splitPart), // by a number above 0
		fn("pad", "VARCHAR,BIGINT,VARCHAR,BOOLEAN,VARCHAR", pad),
		fn("join", "VARCHAR,VARCHAR[],VARCHAR", func(a []any) (any, error) {
			var parts []string
			for _, v := range a[1].([]any) {
				if v != nil {
					parts = append(parts, v.(string))
				}
			}
			return strings.Join(parts, a[0].(string)), nil
		}),
		fn("chr", "BIGINT,VARCHAR", func(a []any) (any, error) {
			n := a[0].(int64)
			if n < 0 || n > utf8.MaxRune || n >= 0xD800 && n < 0xE000 {
				return nil, badArg("Not a valid Unicode code point: %d", n)
			}
			return string(rune(n)), nil
		}),
		fn("codepoint", "VARCHAR,INTEGER", func(a []any) (any, error) {
			r := []rune(a[0].(string))
			if len(r) != 1 {
				return nil, badArg("Input string must be a single character string")
			}
			return int32(r[0]), nil
		}),
		fn("levenshtein", "VARCHAR,VARCHAR,BIGINT", func(a []any) (any, error) {
			l, r := []rune(a[0].(string)), []rune(a[1].(string))
			if len(r) > 0 && len(l) > 0 && max(len(l), len(r))*(min(len(l), len(r))-1) > 1000000 {
				return nil, badArg("The combined inputs for Levenshtein distance are too large")
			}
			return levenshtein(l, r), nil
		}),
		fn("hamming", "VARCHAR,VARCHAR,BIGINT", func(a []any) (any, error) {
			l, r := []rune(a[0].(string)), []rune(a[1].(string))
			if len(l) != len(r) {
				return nil, badArg("The input strings to hamming_distance function must have the same length")
			}
			n := int64(0)
			for i := range l {
				if l[i] != r[i] {
					n++
				}
			}
			return n, nil
		}),
		fn("luhn", "VARCHAR,BOOLEAN", luhn),
	}
}

// likeMatch matches with % and _ and an escape character.
func likeMatch(s, p []rune, esc rune) bool {
	if len(p) == 0 {
		return len(s) == 0
	}
	switch {
	case p[0] == esc:
		return len(s) > 0 && s[0] == p[1] && likeMatch(s[1:], p[2:], esc)
	case p[0] == '%':
		for i := 0; i <= len(s); i++ {
			if likeMatch(s[i:], p[1:], esc) {
				return true
			}
		}
		return false
	case len(s) > 0 && (p[0] == '_' || p[0] == s[0]):
		return likeMatch(s[1:], p[1:], esc)
	}
	return false
}

func substrBytes(a []any) (any, error) {
	b, start, n := a[0].([]byte), a[1].(int64), a[2].(int64)
	if start == 0 || n <= 0 || len(b) == 0 {
		return []byte{}, nil
	}
	if start < 0 {
		if start += int64(len(b)); start < 0 {
			return []byte{}, nil
		}
	} else if start--; start >= int64(len(b)) {
		return []byte{}, nil
	}
	return slices.Clone(b[start : start+min(n, int64(len(b))-start)]), nil
}

func translate(a []string) (any, error) {
	from, to := []rune(a[1]), []rune(a[2])
	m := map[rune]rune{}
	for i, r := range from {
		if _, ok := m[r]; ok {
			continue
		}
		if i < len(to) {
			m[r] = to[i]
		} else {
			m[r] = -1
		}
	}
	return strings.Map(func(r rune) rune {
		if t, ok := m[r]; ok {
			return t
		}
		return r
	}, a[0]), nil
}

// strpos finds the nth occurrence, from the end below zero.
func strpos(a []any) (any, error) {
	s, sub, n := a[0].(string), a[1].(string), a[2].(int64)
	if n == 0 {
		return nil, badArg("'instance' must be a positive or negative number.")
	}
	if sub == "" {
		return int64(1), nil
	}
	at := -1
	if n > 0 {
		for from := 0; n > 0; n-- {
			i := strings.Index(s[from:], sub)
			if i < 0 {
				return int64(0), nil
			}
			at = from + i
			_, w := utf8.DecodeRuneInString(s[at:])
			from = at + w
		}
	} else {
		for end := len(s); n < 0; n++ {
			i := strings.LastIndex(s[:end], sub)
			if i < 0 {
				return int64(0), nil
			}
			at = i
			end = max(0, i+len(sub)-1)
			if end > len(s) {
				end = len(s)
			}
		}
	}
	return int64(utf8.RuneCountInString(s[:at])) + 1, nil
}

func split(a []any) (any, error) {
	s, sep, limit := a[0].(string), a[1].(string), a[2].(int64)
	if limit <= 0 {
		return nil, badArg("Limit must be positive")
	}
	if limit > 2147483647 {
		return nil, badArg("Limit is too large")
	}
	if sep == "" {
		return nil, badArg("The delimiter may not be the empty string")
	}
	var out []any
	for _, p := range strings.SplitN(s, sep, int(limit)) {
		out = append(out, p)
	}
	return out, nil
}

func splitPart(a []any) (any, error) {
	s, sep, n := a[0].(string), a[1].(string), a[2].(int64)
	if n <= 0 {
		return nil, badArg("Index must be greater than zero")
	}
	if sep == "" {
		r := []rune(s)
		if n > int64(len(r)) {
			return nil, nil
		}
		return string(r[n-1]), nil
	}
	for ; n > 1; n-- {
		_, behind, found := strings.Cut(s, sep)
		if !found {
			return nil, nil
		}
		s = behind
	}
	part, _, _ := strings.Cut(s, sep)
	return part, nil
}

func pad(a []any) (any, error) {
	s, size, with, left := []rune(a[0].(string)), a[1].(int64), []rune(a[2].(string)), a[3].(bool)
	if size < 0 || size > 2147483647 {
		return nil, badArg("Target length must be in the range [0..2147483647]")
	}
	if len(with) == 0 {
		return nil, badArg("Padding string must not be empty")
	}
	if size > 1<<24 {
		return nil, badArg("Target length is too large")
	}
	if int64(len(s)) >= size {
		return string(s[:size]), nil
	}
	fill := make([]rune, size-int64(len(s)))
	for i := range fill {
		fill[i] = with[i%len(with)]
	}
	if left {
		return string(fill) + string(s), nil
	}
	return string(s) + string(fill), nil
}

func levenshtein(a, b []rune) int64 {
	prev := make([]int64, len(b)+1)
	for j := range prev {
		prev[j] = int64(j)
	}
	for i := 1; i <= len(a); i++ {
		cur := make([]int64, len(b)+1)
		cur[0] = int64(i)
		for j := 1; j <= len(b); j++ {
			cost := int64(1)
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
		}
		prev = cur
	}
	return prev[len(b)]
}

func luhn(a []any) (any, error) {
	s := a[0].(string)
	if s == "" {
		return false, nil
	}
	sum, double := 0, false
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] < '0' || s[i] > '9' {
			return nil, badArg("Input contains non-digit character")
		}
		d := int(s[i] - '0')
		if double {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum, double = sum+d, !double
	}
	return sum%10 == 0, nil
}

// javaURI parses as java.net.URI: stricter than Go's about characters.
func javaURI(s string) (*url.URL, error) {
	for _, r := range s {
		if r <= ' ' || strings.ContainsRune("\"<>\\^`{|}", r) {
			return nil, badArg("invalid URI")
		}
	}
	u, err := url.Parse(s)
	if m := namedPort.FindStringSubmatch(s); err != nil && m != nil { // to Java an authority, but no server's
		return url.Parse(m[1] + "_" + m[2])
	}
	return u, err
}

// namedPort takes a URL apart whose port is no number: before its authority and behind.
var namedPort = regexp.MustCompile(`^([a-zA-Z][a-zA-Z0-9+.-]*://)[\w.~!$&'()*+,;=@-]*:[\w.~!$&'()*+,;=@-]*([/?#].*)?$`)

// hostName is what Java takes for a server; any other authority has no host.
var hostName = regexp.MustCompile(`^(?:\[.*\]|\d{1,3}(?:\.\d{1,3}){3}|(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?\.)*[a-zA-Z](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?\.?)$`)

func serverHost(u *url.URL) bool {
	return strings.HasPrefix(u.Host, "[") || hostName.MatchString(u.Hostname())
}

func urlPart(a []string) (any, error) {
	u, err := javaURI(a[0])
	if err != nil {
		return nil, nil
	}
	switch a[1] {
	case "protocol":
		scheme, _, _ := strings.Cut(a[0], ":")
		if u.Scheme == "" {
			return "", nil
		}
		return scheme, nil
	case "host":
		host := u.Hostname()
		if !serverHost(u) {
			return "", nil
		}
		if strings.HasPrefix(u.Host, "[") {
			host = "[" + host + "]"
		}
		return host, nil
	case "path":
		if u.Opaque != "" {
			return "", nil
		}
		return u.Path, nil
	case "query":
		q, err := url.PathUnescape(u.RawQuery)
		if err != nil {
			return nil, nil
		}
		return q, nil
	}
	return u.Fragment, nil
}

func urlParameter(a []string) (any, error) {
	u, err := javaURI(a[0])
	if err != nil || u.RawQuery == "" {
		return nil, nil
	}
	for _, p := range strings.Split(u.RawQuery, "&") {
		k, v, has := strings.Cut(p, "=")
		if k != a[1] {
			continue
		}
		if !has {
			return "", nil
		}
		v, err := url.QueryUnescape(v)
		if err != nil {
			return nil, nil
		}
		return v, nil
	}
	return nil, nil
}

func urlEncode(a []string) (any, error) {
	var b strings.Builder
	for i := 0; i < len(a[0]); i++ {
		c := a[0][i]
		switch {
		case isLetter(c) || isDigit(c) || strings.IndexByte("*-_.", c) >= 0:
			b.WriteByte(c)
		case c == ' ':
			b.WriteByte('+')
		default:
			b.WriteString("%" + strings.ToUpper(hex.EncodeToString([]byte{c})))
		}
	}
	return b.String(), nil
}

func urlDecode(a []any) (any, error) {
	text, newer := a[0].(string), a[1].(bool)
	s, err := url.QueryUnescape(text)
	if err == nil {
		return strings.ToValidUTF8(s, "\uFFFD"), nil
	}
	for rest := text; ; {
		_, after, ok := strings.Cut(rest, "%")
		switch {
		case !ok:
			return nil, badArg("URLDecoder: Illegal hex characters in escape (%%) pattern")
		case len(after) < 2:
			return nil, badArg("URLDecoder: Incomplete trailing escape (%%) pattern")
		}
		for i, r := range after[:2] {
			switch {
			case r < 0x80 && strings.ContainsRune("0123456789abcdefABCDEF", r):
			case newer:
				return nil, badArg("URLDecoder: Illegal hex characters in escape (%%) pattern - not a hexadecimal digit: \"%c\" = %d", r, r)
			default:
				return nil, badArg("URLDecoder: Illegal hex characters in escape (%%) pattern - Error at index %d in: \"%s\"", i, after[:2])
			}
		}
		rest = after[2:]
	}
}
