package dialect

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// Regular expressions as Java and Joni have them: lookaround, atomic groups,
// possessive quantifiers, back references. A pattern becomes a chain of closures
// that backtrack; steps are counted, so that no pattern runs away.

// maxSteps bounds the work of one search.
const maxSteps = 2_000_000

// regex is a compiled pattern.
type regex struct {
	match  node
	groups int
	names  map[string]int
}

// node matches at i and calls k with where it ended; false backtracks.
type node func(m *matching, i int, k func(int) bool) bool

// matching is one search through a text.
type matching struct {
	in    []rune
	caps  []int // start and end of each group, -1 for none
	steps int
}

type tooManySteps struct{}

func (m *matching) step() {
	if m.steps++; m.steps > maxSteps {
		panic(tooManySteps{})
	}
}

// compileRegex compiles a pattern. An *Error with Ours is a construct that is
// not known; other errors are Java's.
func compileRegex(pattern string) (re *regex, err error) {
	p := &regexParser{in: []rune(pattern), names: map[string]int{}}
	defer func() {
		if r := recover(); r != nil {
			if e, ok := r.(regexError); ok {
				err = e
				return
			}
			panic(r)
		}
	}()
	n := p.alternatives()
	if p.i < len(p.in) {
		p.fail("unmatched close parenthesis")
	}
	return &regex{n, p.groups, p.names}, nil
}

// regexError is what is wrong with a pattern; unknown says that it may be right.
type regexError struct {
	text    string
	unknown bool
}

func (e regexError) Error() string { return e.text }

// find gives the groups of the first match at or after from.
func (re *regex) find(in []rune, from int) (caps []int, err error) {
	m := &matching{in: in, caps: make([]int, 2*(re.groups+1))}
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(tooManySteps); !ok {
				panic(r)
			}
			err = failed{"NOT_SUPPORTED", "a regular expression took too many steps in the local engine"}
		}
	}()
	for i := from; i <= len(in); i++ {
		for k := range m.caps {
			m.caps[k] = -1
		}
		end := -1
		if re.match(m, i, func(e int) bool { end = e; return true }) {
			m.caps[0], m.caps[1] = i, end
			return m.caps, nil
		}
	}
	return nil, nil
}

// each calls f for every match, as Java's Matcher.find goes on: behind an empty
// match it moves one character.
func (re *regex) each(in []rune, f func(caps []int)) error {
	for from := 0; from <= len(in); {
		caps, err := re.find(in, from)
		if err != nil || caps == nil {
			return err
		}
		f(caps)
		if from = caps[1]; caps[1] == caps[0] {
			from++
		}
	}
	return nil
}

type regexParser struct {
	in                              []rune
	i                               int
	groups                          int
	depth                           int
	names                           map[string]int
	fold, multiline, dotall, spaced bool
}

func (p *regexParser) fail(format string, args ...any) {
	panic(regexError{text: fmt.Sprintf(format, args...)})
}

func (p *regexParser) unknown(what string) { panic(regexError{what, true}) }

func (p *regexParser) more() bool { return p.i < len(p.in) }

func (p *regexParser) has(s string) bool {
	if strings.HasPrefix(string(p.in[p.i:min(len(p.in), p.i+len(s))]), s) {
		p.i += len([]rune(s))
		return true
	}
	return false
}

func (p *regexParser) alternatives() node {
	if p.depth++; p.depth > 100 {
		p.unknown("a pattern nested too deep")
	}
	defer func() { p.depth-- }()
	list := []node{p.sequence()}
	for p.more() && p.in[p.i] == '|' {
		p.i++
		list = append(list, p.sequence())
	}
	if len(list) == 1 {
		return list[0]
	}
	return func(m *matching, i int, k func(int) bool) bool {
		for _, n := range list {
			m.step()
			if n(m, i, k) {
				return true
			}
		}
		return false
	}
}

func (p *regexParser) sequence() node {
	var list []node
	for p.more() && p.in[p.i] != '|' && p.in[p.i] != ')' {
		if p.spaced {
			if c := p.in[p.i]; c == '#' {
				for p.more() && p.in[p.i] != '\n' {
					p.i++
				}
				continue
			} else if unicode.IsSpace(c) {
				p.i++
				continue
			}
		}
		if n := p.atom(); n != nil {
			list = append(list, p.quantified(n))
		}
	}
	return chain(list)
}

func chain(list []node) node {
	switch len(list) {
	case 0:
		return func(_ *matching, i int, k func(int) bool) bool { return k(i) }
	case 1:
		return list[0]
	}
	head, tail := list[0], chain(list[1:])
	return func(m *matching, i int, k func(int) bool) bool {
		return head(m, i, func(j int) bool { return tail(m, j, k) })
	}
}

// quantified takes what may follow an atom: * + ? {n,m}, lazy or possessive.
func (p *regexParser) quantified(n node) node {
	for p.more() {
		lo, hi := 0, -1
		switch c := p.in[p.i]; {
		case c == '*':
		case c == '+':
			lo = 1
		case c == '?':
			hi = 1
		case c == '{':
			l, h, w, ok := p.counts()
			if !ok {
				return n
			}
			lo, hi = l, h
			p.i += w - 1
		default:
			return n
		}
		p.i++
		switch {
		case p.has("?"):
			n = repeatLazy(n, lo, hi)
		case p.has("+"):
			n = atomic(repeat(n, lo, hi))
		default:
			n = repeat(n, lo, hi)
		}
	}
	return n
}

// counts reads {n}, {n,} or {n,m}.
func (p *regexParser) counts() (lo, hi, width int, ok bool) {
	end := p.i
	for end < len(p.in) && p.in[end] != '}' {
		end++
	}
	if end == len(p.in) {
		return 0, 0, 0, false
	}
	a, b, comma := strings.Cut(string(p.in[p.i+1:end]), ",")
	lo, err := strconv.Atoi(a)
	if err != nil || lo > 1000 {
		p.unknown("a repetition like this")
	}
	switch {
	case !comma:
		hi = lo
	case b == "":
		hi = -1
	default:
		if hi, err = strconv.Atoi(b); err != nil || hi > 1000 || hi < lo {
			p.unknown("a repetition like this")
		}
	}
	return lo, hi, end - p.i + 1, true
}

func repeat(n node, lo, hi int) node {
	var rec func(m *matching, i, count int, k func(int) bool) bool
	rec = func(m *matching, i, count int, k func(int) bool) bool {
		m.step()
		if hi < 0 || count < hi {
			saved := append([]int{}, m.caps...)
			if n(m, i, func(j int) bool { return (j > i || count < lo) && rec(m, j, count+1, k) }) {
				return true
			}
			copy(m.caps, saved)
		}
		return count >= lo && k(i)
	}
	return func(m *matching, i int, k func(int) bool) bool { return rec(m, i, 0, k) }
}

func repeatLazy(n node, lo, hi int) node {
	var rec func(m *matching, i, count int, k func(int) bool) bool
	rec = func(m *matching, i, count int, k func(int) bool) bool {
		m.step()
		if count >= lo && k(i) {
			return true
		}
		return (hi < 0 || count < hi) && n(m, i, func(j int) bool { return (j > i || count < lo) && rec(m, j, count+1, k) })
	}
	return func(m *matching, i int, k func(int) bool) bool { return rec(m, i, 0, k) }
}

// atomic takes the first way n matches and no other.
func atomic(n node) node {
	return func(m *matching, i int, k func(int) bool) bool {
		end := -1
		return n(m, i, func(j int) bool { end = j; return true }) && k(end)
	}
}

// one matches a single character.
func one(is func(rune) bool) node {
	return func(m *matching, i int, k func(int) bool) bool {
		return i < len(m.in) && is(m.in[i]) && k(i+1)
	}
}

// here matches an empty place.
func here(is func(m *matching, i int) bool) node {
	return func(m *matching, i int, k func(int) bool) bool { return is(m, i) && k(i) }
}

func (p *regexParser) atom() node {
	c := p.in[p.i]
	p.i++
	switch c {
	case '(':
		return p.group()
	case '[':
		return one(p.class())
	case '.':
		if p.dotall {
			return one(func(rune) bool { return true })
		}
		return one(func(r rune) bool { return r != '\n' })
	case '^':
		if p.multiline {
			return here(func(m *matching, i int) bool { return i == 0 || m.in[i-1] == '\n' })
		}
		return here(func(_ *matching, i int) bool { return i == 0 })
	case '$':
		if p.multiline {
			return here(func(m *matching, i int) bool { return i == len(m.in) || m.in[i] == '\n' })
		}
		return here(atEnd)
	case '*', '+', '?':
		p.fail("target of repeat operator is not specified")
	case '\\':
		return p.escape()
	}
	return p.literal(c)
}

// atEnd is the end of the text, or the line feed before it.
func atEnd(m *matching, i int) bool {
	return i == len(m.in) || i == len(m.in)-1 && m.in[i] == '\n'
}

func (p *regexParser) literal(c rune) node {
	if p.fold {
		return one(func(r rune) bool { return r == c || unicode.ToLower(r) == unicode.ToLower(c) })
	}
	return one(func(r rune) bool { return r == c })
}

func (p *regexParser) group() node {
	fold, multiline, dotall, spaced := p.fold, p.multiline, p.dotall, p.spaced
	restore := func() { p.fold, p.multiline, p.dotall, p.spaced = fold, multiline, dotall, spaced }
	body := func() node {
		n := p.alternatives()
		if !p.more() {
			p.fail("end pattern with unmatched parenthesis")
		}
		p.i++
		restore()
		return n
	}
	switch {
	case !p.has("?"):
		return p.capture("", body)
	case p.has(":"):
		return body()
	case p.has(">"):
		return atomic(body())
	case p.has("="):
		return look(body(), true)
	case p.has("!"):
		return look(body(), false)
	case p.has("<="):
		return lookBehind(body(), true)
	case p.has("<!"):
		return lookBehind(body(), false)
	case p.has("<"):
		end := p.i
		for end < len(p.in) && p.in[end] != '>' {
			end++
		}
		if end == len(p.in) {
			p.fail("end pattern in group")
		}
		name := string(p.in[p.i:end])
		p.i = end + 1
		return p.capture(name, body)
	}
	return p.flags(body)
}

func (p *regexParser) capture(name string, body func() node) node {
	p.groups++
	g := p.groups
	if name != "" {
		p.names[name] = g
	}
	n := body()
	return func(m *matching, i int, k func(int) bool) bool {
		s, e := m.caps[2*g], m.caps[2*g+1]
		if n(m, i, func(j int) bool {
			ps, pe := m.caps[2*g], m.caps[2*g+1]
			m.caps[2*g], m.caps[2*g+1] = i, j
			if k(j) {
				return true
			}
			m.caps[2*g], m.caps[2*g+1] = ps, pe
			return false
		}) {
			return true
		}
		m.caps[2*g], m.caps[2*g+1] = s, e
		return false
	}
}

// flags takes (?i) and (?i:...).
func (p *regexParser) flags(body func() node) node {
	on := true
	for p.more() {
		c := p.in[p.i]
		p.i++
		switch c {
		case '-':
			on = false
		case 'i':
			p.fold = on
		case 'm':
			p.multiline = on
		case 's':
			p.dotall = on
		case 'x':
			p.spaced = on
		case ')':
			return nil
		case ':':
			return body()
		default:
			p.fail("undefined group option")
		}
	}
	p.fail("end pattern in group")
	return nil
}

func look(n node, want bool) node {
	return func(m *matching, i int, k func(int) bool) bool {
		return n(m, i, func(int) bool { return true }) == want && k(i)
	}
}

func lookBehind(n node, want bool) node {
	return func(m *matching, i int, k func(int) bool) bool {
		found := false
		for from := i; from >= 0 && !found; from-- {
			m.step()
			found = n(m, from, func(j int) bool { return j == i })
		}
		return found == want && k(i)
	}
}

func (p *regexParser) escape() node {
	if !p.more() {
		p.fail("end pattern at escape")
	}
	c := p.in[p.i]
	p.i++
	if is := p.setOf(c); is != nil {
		return one(is)
	}
	boundary := func(m *matching, i int) bool {
		before := i > 0 && isWordRune(m.in[i-1])
		after := i < len(m.in) && isWordRune(m.in[i])
		return before != after
	}
	switch c {
	case 'b':
		return here(boundary)
	case 'B':
		return here(func(m *matching, i int) bool { return !boundary(m, i) })
	case 'A':
		return here(func(_ *matching, i int) bool { return i == 0 })
	case 'z':
		return here(func(m *matching, i int) bool { return i == len(m.in) })
	case 'Z':
		return here(atEnd)
	case 'Q':
		return p.quotedText()
	case 'k':
		return p.namedReference()
	}
	if c >= '1' && c <= '9' {
		return p.reference(int(c - '0'))
	}
	return p.literal(p.escaped(c))
}

// quotedText takes \Q...\E.
func (p *regexParser) quotedText() node {
	var list []node
	for p.more() && !p.has(`\E`) {
		list = append(list, p.literal(p.in[p.i]))
		p.i++
	}
	return chain(list)
}

func (p *regexParser) namedReference() node {
	end := p.i
	for end < len(p.in) && p.in[end] != '>' {
		end++
	}
	if !p.has("<") || end == len(p.in) {
		p.unknown("a reference like this")
	}
	g := p.names[string(p.in[p.i:end])]
	if g == 0 {
		p.fail("undefined name <%s> reference", string(p.in[p.i:end]))
	}
	p.i = end + 1
	return p.reference(g)
}

func (p *regexParser) reference(g int) node {
	if g > p.groups {
		p.unknown("a reference to a later group")
	}
	return func(m *matching, i int, k func(int) bool) bool {
		s, e := m.caps[2*g], m.caps[2*g+1]
		if s < 0 || i+e-s > len(m.in) {
			return false
		}
		for n := s; n < e; n++ {
			if m.in[n] != m.in[i+n-s] {
				return false
			}
		}
		return k(i + e - s)
	}
}

// escaped gives the character that \c stands for.
func (p *regexParser) escaped(c rune) rune {
	hex := func(n int) rune {
		if p.i+n > len(p.in) {
			p.fail("too short escape sequence")
		}
		v, err := strconv.ParseUint(string(p.in[p.i:p.i+n]), 16, 32)
		if err != nil {
			p.unknown("an escape like this")
		}
		p.i += n
		return rune(v)
	}
	switch c {
	case 't':
		return '\t'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 'f':
		return '\f'
	case 'a':
		return '\a'
	case 'e':
		return 0x1b
	case 'x':
		return hex(2)
	case 'u':
		return hex(4)
	}
	if c < 128 && (unicode.IsLetter(c) || unicode.IsDigit(c)) {
		switch c {
		case 'h', 'R', 'X', 'y', 'i', 'j', 'l', 'm', 'o', 'q':
			return c
		}
		p.unknown(`the escape \` + string(c))
	}
	return c
}
