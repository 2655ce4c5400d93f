package dialect

import (
	"fmt"
	"strconv"
	"strings"
)

// Patterns that DuckDB's RE2 may match itself, which is many times faster than the
// closures of regex.go: those of which it can be shown that both find the same text
// in every text. What the two read differently (\s, $, (?i), a dot) is written out
// anew; what they match differently is left to the closures: back references and
// lookaround, possessive quantifiers, loops whose body may be empty, and whatever
// this grammar does not name.

// nativePattern is a pattern in RE2's words.
type nativePattern struct {
	text string
	// ends says that the pattern ends in $, which is \n?\z in text: what text finds
	// may be a line feed longer than what the pattern finds. body is text without it.
	ends bool
	body string
	// empty says that it can match the empty text, feed that it can match a line feed.
	empty, feed bool
	// sure are the groups, by number from 1, that take part in every match with a
	// text that is not empty.
	sure []bool
}

// nativeEnd is $: the end, or the place before a line feed there.
const nativeEnd = `\n?\z`

// maxRepeats bounds the size of a pattern with its repetitions written out.
const maxRepeats = 1000

// nativeRegex gives a pattern in RE2's words; ok is false where it cannot be shown
// that they say the same.
func nativeRegex(pattern string) (n nativePattern, ok bool) {
	p := &nativeParser{in: pattern, ok: true}
	if rest, folded := strings.CutPrefix(pattern, "(?i)"); folded {
		p.in, p.fold = rest, true
	}
	if body, end := strings.CutSuffix(p.in, "$"); end && !strings.HasSuffix(body, `\`) {
		p.in, n.ends = body, true
	}
	all := p.alternatives(true)
	if !p.ok || p.at < len(p.in) || (n.ends || p.begins) && p.branched {
		return nativePattern{}, false
	}
	n.text, n.body, n.empty, n.feed, n.sure = all.text, all.text, all.empty, all.feed, p.sure
	if n.ends {
		n.text += nativeEnd
	}
	return n, true
}

// nativePart is a part of a pattern in RE2's words. size is how many characters it
// takes with its repetitions written out.
type nativePart struct {
	text  string
	empty bool
	feed  bool
	size  int
	place bool // an anchor, which no quantifier may follow
}

type nativeParser struct {
	in       string
	at       int
	depth    int
	ok, fold bool
	begins   bool // it begins with ^
	branched bool // there are alternatives outside all groups
	sure     []bool
}

// refuse ends the reading: the pattern is not one of these.
func (p *nativeParser) refuse() nativePart {
	p.ok, p.at = false, len(p.in)
	return nativePart{}
}

func (p *nativeParser) next(s string) bool {
	if strings.HasPrefix(p.in[p.at:], s) {
		p.at += len(s)
		return true
	}
	return false
}

// alternatives reads up to a closing parenthesis or the end. always says that what is
// read takes part in every match, once.
func (p *nativeParser) alternatives(always bool) nativePart {
	if p.depth++; p.depth > 50 {
		return p.refuse()
	}
	defer func() { p.depth-- }()
	from := len(p.sure)
	all := p.sequence(always)
	for p.next("|") {
		p.branched = p.branched || p.depth == 1
		one := p.sequence(always)
		all.text += "|" + one.text
		all.empty = all.empty || one.empty
		all.feed = all.feed || one.feed
		all.size += one.size
		for g := range p.sure[from:] {
			p.sure[from+g] = false
		}
	}
	return all
}

func (p *nativeParser) sequence(always bool) nativePart {
	all := nativePart{empty: true}
	for p.at < len(p.in) && p.in[p.at] != '|' && p.in[p.at] != ')' {
		one := p.quantified(always)
		all.text += one.text
		all.empty = all.empty && one.empty
		all.feed = all.feed || one.feed
		if all.size += one.size; all.size > maxRepeats {
			return p.refuse()
		}
	}
	return all
}

func (p *nativeParser) quantified(always bool) nativePart {
	from := len(p.sure)
	one := p.atom(always)
	lo, hi, text := 1, 1, ""
	switch {
	case p.next("*"):
		lo, hi, text = 0, -1, "*"
	case p.next("+"):
		lo, hi, text = 1, -1, "+"
	case p.next("?"):
		lo, hi, text = 0, 1, "?"
	case p.next("{"):
		lo, hi, text = p.counts()
	default:
		return one
	}
	if one.place || one.empty || !p.ok {
		return p.refuse()
	}
	if !strings.HasSuffix(text, "}") && p.next("?") {
		text += "?"
	}
	if p.at < len(p.in) && strings.IndexByte("*+?{", p.in[p.at]) >= 0 {
		return p.refuse()
	}
	if hi != 1 || lo != 1 {
		for g := range p.sure[from:] {
			p.sure[from+g] = false
		}
	}
	return nativePart{text: "(?:" + one.text + ")" + text, empty: lo == 0, feed: one.feed, size: one.size * max(lo, hi, 1)}
}

// counts reads what follows the brace of {n}, {n,} or {n,m}.
func (p *nativeParser) counts() (lo, hi int, text string) {
	inside, _, found := strings.Cut(p.in[p.at:], "}")
	a, b, comma := strings.Cut(inside, ",")
	lo, hi = number(a, -1), number(a, -1)
	switch {
	case comma && b == "":
		hi = -1
	case comma:
		hi = number(b, -1)
	}
	bad := lo < 0 || a == "" || lo > maxRepeats || hi > maxRepeats || hi < 0 && !(comma && b == "") || hi >= 0 && (hi < lo || hi == 0)
	if !found || bad || len(inside) > 9 {
		p.refuse()
		return 0, 0, ""
	}
	p.at += len(inside) + 1
	return lo, hi, "{" + inside + "}"
}

func (p *nativeParser) atom(always bool) nativePart {
	c := p.in[p.at]
	p.at++
	switch {
	case c == '(':
		return p.group(always)
	case c == '[':
		text, feed := p.class()
		return nativePart{text: text, feed: feed, size: 1}
	case c == '.':
		return nativePart{text: `[^\n]`, size: 1}
	case c == '^' && p.at == 1: // elsewhere DuckDB's optimizer may lose it
		p.begins = true
		return nativePart{text: `\A`, empty: true, place: true}
	case c == '\\':
		return p.escape()
	case c < ' ' || c >= 0x7f || strings.IndexByte("^$*+?{}]", c) >= 0:
		return p.refuse()
	}
	return nativePart{text: p.literal(c), size: 1}
}

// foldsTo are the characters beyond ASCII that regex.go takes for a letter where case
// does not count.
var foldsTo = map[byte]string{'i': `\x{130}`, 'k': `\x{212A}`}

// literal is a character, in both cases where case does not count.
func (p *nativeParser) literal(c byte) string {
	if !isLetter(c) {
		return fmt.Sprintf(`\x{%X}`, c)
	}
	if lower := c | 0x20; p.fold && isLetter(lower) {
		return "[" + string(lower) + string(lower&^0x20) + foldsTo[lower] + "]"
	}
	return string(c)
}

func (p *nativeParser) group(always bool) nativePart {
	capture := !p.next("?:")
	g := len(p.sure)
	if capture {
		p.sure = append(p.sure, false)
	}
	one := p.alternatives(always)
	if !p.next(")") {
		return p.refuse()
	}
	if !capture {
		one.text = "(?:" + one.text + ")"
		return one
	}
	p.sure[g] = always && !one.empty
	one.text = "(" + one.text + ")"
	return one
}

// nativeSets are the classes of one letter, inside brackets.
var nativeSets = map[byte]string{'d': `0-9`, 'w': `0-9A-Za-z_`, 's': `\x{9}-\x{D}\x{20}`}

// escape reads what follows a backslash.
func (p *nativeParser) escape() nativePart {
	if p.at == len(p.in) {
		return p.refuse()
	}
	c := p.in[p.at]
	p.at++
	switch set := nativeSets[c|0x20]; {
	case set != "" && c >= 'a':
		return nativePart{text: "[" + set + "]", feed: c == 's', size: 1}
	case set != "":
		return nativePart{text: "[^" + set + "]", feed: c != 'S', size: 1}
	case c == 'b':
		return nativePart{text: `\b`, empty: true, place: true}
	}
	if c, ok := escapedByte(c); ok {
		return nativePart{text: p.literal(c), feed: c == '\n', size: 1}
	}
	return p.refuse()
}

// escapedByte gives the character that an escape stands for.
func escapedByte(c byte) (byte, bool) {
	switch {
	case c == 't':
		return '\t', true
	case c == 'n':
		return '\n', true
	case c == 'r':
		return '\r', true
	}
	return c, c > ' ' && c < 0x7f && !isLetter(c) && !isDigit(c) && c != '_'
}

// class reads a class behind its bracket; feed says that it may have a line feed.
func (p *nativeParser) class() (out string, feed bool) {
	out = "["
	if p.next("^") {
		out, feed = "[^", true
	}
	for first := true; ; first = false {
		if p.at == len(p.in) {
			p.refuse()
			return "", false
		}
		if p.in[p.at] == ']' && !first {
			p.at++
			return out + "]", feed
		}
		lo, set := p.classChar()
		if set != "" {
			if p.fold {
				p.refuse()
			}
			out += set
			feed = feed || set == nativeSets['s']
			continue
		}
		hi := lo
		if rest := p.in[p.at:]; len(rest) > 1 && rest[0] == '-' && rest[1] != ']' {
			p.at++
			if hi, set = p.classChar(); set != "" || hi < lo {
				p.refuse()
			}
		}
		if !p.ok || p.fold && (isLetter(lo) || isLetter(hi) || lo < 'a' && hi > 'Z' || lo < 'A' && hi > 'A') {
			p.refuse()
			return "", false
		}
		feed = feed || lo <= '\n' && hi >= '\n'
		out += fmt.Sprintf(`\x{%X}-\x{%X}`, lo, hi)
	}
}

// classChar reads a character of a class, or a class of one letter in it.
func (p *nativeParser) classChar() (c byte, set string) {
	c = p.in[p.at]
	p.at++
	switch {
	case c == '\\' && p.at < len(p.in):
		c = p.in[p.at]
		p.at++
		if set := nativeSets[c]; set != "" {
			return 0, set
		}
		if c, ok := escapedByte(c); ok {
			return c, ""
		}
	case c >= ' ' && c < 0x7f && strings.IndexByte(`[]^&\`, c) < 0 && (c != '-' || p.at < len(p.in) && p.in[p.at] == ']'):
		return c, ""
	}
	p.refuse()
	return 0, ""
}

// native gives the call's literal pattern in RE2's words.
func (c *invocation) native() (nativePattern, bool) {
	if c.raw[1].text == nil {
		return nativePattern{}, false
	}
	return nativeRegex(*c.raw[1].text)
}

// nativeGroup gives the number of the group that the call names, 0 where it names
// none. RE2 gives the empty text where a group took no part, so that only those that
// always do will do.
func (c *invocation) nativeGroup(n nativePattern) (int, bool) {
	if len(c.raw) < 3 {
		return 0, !n.empty
	}
	g, err := strconv.Atoi(c.raw[2].number)
	if err != nil || g < 0 || g > min(len(n.sure), 9) {
		return 0, false
	}
	return g, g == 0 && !n.empty || g > 0 && n.sure[g-1]
}

// nativeReplacement gives a literal replacement in RE2's words: $1 is \1 there.
func nativeReplacement(with string, groups int) (string, bool) {
	out := ""
	for i := 0; i < len(with); i++ {
		switch c := with[i]; {
		case c == '\\':
			return "", false
		case c == '$':
			i++
			more := i+1 < len(with) && isDigit(with[i+1])
			if i == len(with) || !isDigit(with[i]) || int(with[i]-'0') > groups || more {
				return "", false
			}
			out += `\` + with[i:i+1]
		default:
			out += with[i : i+1]
		}
	}
	return out, true
}

// lowNative leaves a call to RE2 where its pattern allows it, by the text that native
// makes, and to the function in Go otherwise.
func lowNative(name, extra string, native func(c *invocation, text string, n nativePattern) string) func(c *invocation) string {
	return func(c *invocation) string {
		c.checkPattern()
		if n, ok := c.native(); ok {
			if code := native(c, c.args[0].code, n); code != "" {
				return c.a.checkCode(c.pos, code)
			}
		}
		return c.template("acme_regexp_" + name + "($1, $2" + extra + ")")
	}
}

func lowRegexpLike() func(c *invocation) string {
	return lowNative("like", "", func(_ *invocation, text string, n nativePattern) string {
		return "regexp_matches(" + text + ", " + textCode(n.text) + ")"
	})
}

// lowRegexpExtract takes RE2's empty text for NULL: no match is empty.
func lowRegexpExtract(extra string) func(c *invocation) string {
	return lowNative("extract", ", "+extra, func(c *invocation, text string, n nativePattern) string {
		g, ok := c.nativeGroup(n)
		if !ok {
			return ""
		}
		return fmt.Sprintf("nullif(regexp_extract(%s, %s), '')", text, n.found(g))
	})
}

// found gives the arguments for RE2's group g, without the line feed that text may
// take in behind the pattern.
func (n nativePattern) found(g int) string {
	if n.ends && g == 0 {
		return textCode("("+n.body+")"+nativeEnd) + ", 1"
	}
	return fmt.Sprintf("%s, %d", textCode(n.text), g)
}

// oneEnd says that a pattern has one match at most at the end of a text: none behind
// the line feed that it may end before.
func (n nativePattern) oneEnd() bool { return !n.ends || !n.feed }

// lowRegexpAll gives all matches, or their number.
func lowRegexpAll(name, extra, form string) func(c *invocation) string {
	return lowNative(name, ", "+extra, func(c *invocation, text string, n nativePattern) string {
		g, ok := c.nativeGroup(n)
		if !ok || n.empty || !n.oneEnd() {
			return ""
		}
		return fmt.Sprintf(form, text, n.found(g))
	})
}

func lowRegexpReplace(extra string) func(c *invocation) string {
	return lowNative("replace", ", "+extra, func(c *invocation, text string, n nativePattern) string {
		with := ""
		if len(c.raw) > 2 {
			if c.raw[2].text == nil {
				return ""
			}
			with = *c.raw[2].text
		}
		with, ok := nativeReplacement(with, len(n.sure))
		if !ok || n.empty || !n.oneEnd() || len(n.sure) > 8 {
			return ""
		}
		pattern := n.text
		if n.ends { // the line feed stays
			if strings.Contains(with, `\0`) {
				return "" // it would have it too
			}
			pattern = "(?:" + n.body + `)(\n?)\z`
			with += fmt.Sprintf(`\%d`, len(n.sure)+1)
		}
		return "regexp_replace(" + text + ", " + textCode(pattern) + ", " + textCode(with) + ", 'g')"
	})
}
