package dialect

import (
	"strconv"
	"strings"
	"sync"
)

// regexCache holds compiled patterns: a query uses few, for many rows. DuckDB
// calls from many threads.
type regexCache struct {
	mu sync.Mutex
	m  map[string]compiled
}

type compiled struct {
	re  *regex
	err error
}

// maxPatterns is how many compiled patterns are kept.
const maxPatterns = 256

func (r *regexCache) compile(pattern string) (*regex, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c, ok := r.m[pattern]
	if !ok {
		c.re, c.err = compileRegex(pattern)
		if len(r.m) >= maxPatterns {
			clear(r.m)
		}
		r.m[pattern] = c
	}
	if e, ok := c.err.(regexError); ok {
		if e.unknown {
			return nil, failed{"NOT_SUPPORTED", e.text + " in a regular expression is not supported by the local engine"}
		}
		return nil, badArg("%s", e.text)
	}
	return c.re, nil
}

// checkPattern refuses a literal pattern that is not known, before the query
// runs. One that is wrong fails when it runs, so that TRY works.
func (c *invocation) checkPattern() {
	text := c.raw[1].text
	if text == nil {
		if c.a.trying > 0 {
			panic(c.a.cannot("TRY around a computed regular expression"))
		}
		return
	}
	if _, err := compileRegex(*text); err != nil {
		if e := err.(regexError); e.unknown {
			panic(c.a.cannot("%s in a regular expression", e.text))
		}
	}
}

func lowRegexp(name, extra string) func(c *invocation) string {
	return func(c *invocation) string {
		c.checkPattern()
		return c.template("acme_regexp_" + name + "($1, $2, " + extra + ")")
	}
}

func lowRegexpPosition(c *invocation) string {
	c.checkPattern()
	switch len(c.args) {
	case 2:
		return c.template("acme_regexp_position($1, $2, 1, 1)")
	case 3:
		return c.template("acme_regexp_position($1, $2, $3, 1)")
	}
	return c.template("acme_regexp_position($1, $2, $3, $4)")
}

// lowReplaceBy gives the groups of every match to a lambda, and puts its answers
// between the pieces of the text.
func lowReplaceBy(c *invocation) string {
	c.checkPattern()
	return c.a.let([]string{c.args[0].code, c.args[1].code}, func(v []string) string {
		both := v[0] + ", " + v[1]
		return "acme_interleave(acme_regexp_split(" + both + ", 0), list_transform(acme_regexp_groups(" + both + "), " + c.lambdas[2].String() + "))"
	})
}

// groupOf checks a group's number.
func (re *regex) groupOf(n int64) (int, error) {
	if n < 0 {
		return 0, badArg("Group cannot be negative")
	}
	if n > int64(re.groups) {
		return 0, badArg("Pattern has %d groups. Cannot access group %d", re.groups, n)
	}
	return int(n), nil
}

func group(in []rune, caps []int, g int) any {
	if caps[2*g] < 0 {
		return nil
	}
	return string(in[caps[2*g]:caps[2*g+1]])
}

// function wraps a function over a text and a pattern.
func (r *regexCache) function(name, types string, call func(re *regex, in []rune, a []any) (any, error)) ScalarFunction {
	return fn("regexp_"+name, "VARCHAR,VARCHAR,"+types, func(a []any) (any, error) {
		re, err := r.compile(a[1].(string))
		if err != nil {
			return nil, err
		}
		return call(re, []rune(a[0].(string)), a[2:])
	})
}

func regexpGoFunctions() []ScalarFunction {
	rx := (&regexCache{m: map[string]compiled{}}).function
	return []ScalarFunction{
		rx("like", "BOOLEAN", func(re *regex, in []rune, _ []any) (any, error) {
			caps, err := re.find(in, 0)
			return caps != nil, err
		}),
		rx("extract", "BIGINT,VARCHAR", func(re *regex, in []rune, a []any) (any, error) {
			g, err := re.groupOf(a[0].(int64))
			if err != nil {
				return nil, err
			}
			caps, err := re.find(in, 0)
			if err != nil || caps == nil {
				return nil, err
			}
			return group(in, caps, g), nil
		}),
		rx("extract_all", "BIGINT,VARCHAR[]", func(re *regex, in []rune, a []any) (any, error) {
			g, err := re.groupOf(a[0].(int64))
			if err != nil {
				return nil, err
			}
			out := []any{}
			err = re.each(in, func(caps []int) { out = append(out, group(in, caps, g)) })
			return out, err
		}),
		rx("count", "BIGINT,BIGINT", func(re *regex, in []rune, _ []any) (any, error) {
			n := int64(0)
			err := re.each(in, func([]int) { n++ })
			return n, err
		}),
		rx("split", "BIGINT,VARCHAR[]", func(re *regex, in []rune, _ []any) (any, error) {
			out, last := []any{}, 0
			err := re.each(in, func(caps []int) {
				out = append(out, string(in[last:caps[0]]))
				last = caps[1]
			})
			return append(out, string(in[last:])), err
		}),
		rx("groups", "VARCHAR[][]", func(re *regex, in []rune, _ []any) (any, error) {
			out := []any{}
			err := re.each(in, func(caps []int) {
				one := make([]any, re.groups)
				for g := range one {
					one[g] = group(in, caps, g+1)
				}
				out = append(out, one)
			})
			return out, err
		}),
		fn("interleave", "VARCHAR[],VARCHAR[],VARCHAR", func(a []any) (any, error) {
			var b strings.Builder
			between := a[1].([]any)
			for i, piece := range a[0].([]any) {
				b.WriteString(piece.(string))
				if i == len(between) {
					break
				}
				s, ok := between[i].(string)
				if !ok {
					return nil, nil // what is replaced by NULL makes all of it NULL
				}
				b.WriteString(s)
			}
			return b.String(), nil
		}),
		rx("replace", "VARCHAR,VARCHAR", regexpReplace),
		rx("position", "BIGINT,BIGINT,INTEGER", regexpPosition),
	}
}

func regexpReplace(re *regex, in []rune, a []any) (any, error) {
	var b strings.Builder
	var bad error
	last := 0
	err := re.each(in, func(caps []int) {
		b.WriteString(string(in[last:caps[0]]))
		if err := re.expand(&b, []rune(a[0].(string)), in, caps); err != nil && bad == nil {
			bad = err
		}
		last = caps[1]
	})
	if bad != nil {
		return nil, bad
	}
	return b.String() + string(in[last:]), err
}

// expand puts a replacement: $1 and ${name} are groups, \ quotes.
func (re *regex) expand(b *strings.Builder, with, in []rune, caps []int) error {
	for i := 0; i < len(with); i++ {
		switch with[i] {
		case '\\':
			if i++; i == len(with) {
				return badArg("Illegal replacement sequence: %s", string(with))
			}
			b.WriteRune(with[i])
		case '$':
			g, w, err := re.groupRef(with[i+1:], string(with))
			if err != nil {
				return err
			}
			i += w
			if v, ok := group(in, caps, g).(string); ok {
				b.WriteString(v)
			}
		default:
			b.WriteRune(with[i])
		}
	}
	return nil
}

// groupRef reads what follows $: a number, as long as such groups exist, or {name}.
func (re *regex) groupRef(s []rune, whole string) (g, width int, err error) {
	if len(s) > 0 && s[0] == '{' {
		end := strings.IndexRune(string(s), '}')
		if end < 0 {
			return 0, 0, badArg("Illegal replacement sequence: %s", whole)
		}
		name := string(s[1:end])
		g, ok := re.names[name]
		if !ok {
			return 0, 0, badArg("Illegal replacement sequence: unknown group { %s }", name)
		}
		return g, end + 1, nil
	}
	if len(s) == 0 || s[0] < '0' || s[0] > '9' {
		return 0, 0, badArg("Illegal replacement sequence: %s", whole)
	}
	g = int(s[0] - '0')
	if g > re.groups {
		return 0, 0, badArg("Illegal replacement sequence: unknown group %s", strconv.Itoa(g))
	}
	for width = 1; width < len(s) && s[width] >= '0' && s[width] <= '9'; width++ {
		if n := g*10 + int(s[width]-'0'); n <= re.groups {
			g = n
		} else {
			break
		}
	}
	return g, width, nil
}

func regexpPosition(re *regex, in []rune, a []any) (any, error) {
	from, nth := a[0].(int64), a[1].(int64)
	if from < 1 {
		return nil, badArg("start position cannot be smaller than 1")
	}
	if nth < 1 {
		return nil, badArg("occurrence cannot be smaller than 1")
	}
	if from > int64(len(in)) {
		return int32(-1), nil
	}
	for at := int(from - 1); at <= len(in); {
		caps, err := re.find(in, at)
		if err != nil {
			return nil, err
		}
		if caps == nil {
			break
		}
		if nth--; nth == 0 {
			return int32(caps[0] + 1), nil
		}
		if at = caps[1]; caps[0] == caps[1] {
			at++
		}
	}
	return int32(-1), nil
}
