package dialect

import (
	_ "embed"
	"strconv"
	"strings"
)

// grammarText is the grammar that syntax errors are found by.
//
//go:embed grammar.txt
var grammarText string

// newSyntax is the release from which the lines marked > hold.
const newSyntax = 476

// grammar is the graph of states that the rules of one release make. A rule is a
// path from its begin state to its end state; a choice has several edges out.
type grammar struct {
	rules   map[string]int
	names   []string // of the rules
	begin   []int
	end     []int
	states  []state
	tokens  map[string]int
	shown   []string // by kind, as an error shows it
	next    []tokenSet
	callers [][]edge // by rule, the edges that enter it
}

// state is a place in a rule.
type state struct {
	rule  int
	kind  stateKind
	edges []edge
	// simple says that one token decides the choice: then the sets say for which.
	simple bool
	sets   []tokenSet
}

type stateKind uint8

const (
	stPlain   stateKind = iota
	stChoice            // one of several
	stMaybe             // the last edge leaves the rest out
	stLoop              // the first edge goes round, the second leaves
	stOperand           // a loop over operators, whose edges ask how tight they bind
	stBegin
	stEnd
)

type edgeKind uint8

const (
	edgeFree  edgeKind = iota // takes nothing
	edgeRule                  // takes what a rule finds
	edgeBinds                 // passes where the operator binds tight enough
	edgeToken
	edgeKeyword // takes a keyword
)

// edge leads to another state. For a rule, to is where the rule begins and follow
// where its caller goes on.
type edge struct {
	kind   edgeKind
	to     int
	follow int
	binds  int
	set    tokenSet
}

// tokenSet is a set of token kinds.
type tokenSet [6]uint64

func (s *tokenSet) add(t int)      { s[t>>6] |= 1 << (t & 63) }
func (s *tokenSet) has(t int) bool { return s[t>>6]&(1<<(t&63)) != 0 }

func (s *tokenSet) join(o tokenSet) {
	for i := range s {
		s[i] |= o[i]
	}
}

func (s *tokenSet) meets(o tokenSet) bool {
	for i := range s {
		if s[i]&o[i] != 0 {
			return true
		}
	}
	return false
}

// Two marks in a set of what can come next: that the rule may end here, and that
// how tight an operator binds has a say.
const (
	tokNothing = iota
	tokBinds
)

// newGrammar reads the rules of a release.
func newGrammar(level int) *grammar {
	g := &grammar{rules: map[string]int{}, tokens: map[string]int{}, shown: []string{"", ""}}
	var name string
	bodies := map[string][]string{}
	for line := range strings.Lines(grammarText) {
		line = strings.TrimRight(line, "\n")
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '<' && level >= newSyntax, line[0] == '>' && level < newSyntax:
		case line[0] == ' ' || line[0] == '<' || line[0] == '>':
			bodies[name] = append(bodies[name], strings.TrimSpace(line[1:]))
		default:
			name = line
			g.rules[name] = len(g.names)
			g.names = append(g.names, name)
		}
	}
	for _, n := range g.names {
		r := g.rules[n]
		g.begin = append(g.begin, g.add(r, stBegin))
		g.end = append(g.end, g.add(r, stEnd))
	}
	for _, n := range g.names {
		g.rule(g.rules[n], bodies[n])
	}
	g.link()
	return g
}

func (g *grammar) add(rule int, kind stateKind) int {
	g.states = append(g.states, state{rule: rule, kind: kind})
	return len(g.states) - 1
}

func (g *grammar) free(from, to int) {
	g.states[from].edges = append(g.states[from].edges, edge{kind: edgeFree, to: to})
}

// token gives the kind of a token as the grammar writes it.
func (g *grammar) token(written string) int {
	shown := "'" + strings.Trim(written, "'") + "'"
	switch written {
	case "$EOF":
		shown = "<EOF>"
	case "$INTEGER_VALUE":
		shown = "<integer>"
	default:
		if written[0] == '$' {
			shown = written[1:]
		}
	}
	t, ok := g.tokens[shown]
	if !ok {
		t = len(g.shown)
		g.tokens[shown] = t
		g.shown = append(g.shown, shown)
	}
	return t
}

// rule lays the states of a rule between its begin and its end.
func (g *grammar) rule(r int, lines []string) {
	if len(lines) == 0 {
		return
	}
	if g.names[r] == "non_reserved" {
		lines = []string{"<" + strings.Join(lines, " ") + ">"}
	}
	var first, onward [][]string
	for _, l := range lines {
		words := strings.Fields(spaced(l))
		if words[0][0] == '{' {
			onward = append(onward, words)
		} else {
			first = append(first, words)
		}
	}
	b := builder{g: g, rule: r}
	at := b.alternatives(g.begin[r], first)
	if len(onward) > 0 {
		loop := g.add(r, stOperand)
		g.free(at, loop)
		body := g.add(r, stPlain)
		g.free(loop, body)
		g.free(b.alternatives(body, onward), loop)
		leave := g.add(r, stPlain)
		g.free(loop, leave)
		at = leave
	}
	g.free(at, g.end[r])
}

// spaced sets the marks of the notation apart from its words.
func spaced(l string) string {
	var b strings.Builder
	quoted := false
	for i := 0; i < len(l); i++ {
		c := l[i]
		if c == '\'' {
			quoted = !quoted
		}
		if quoted || !strings.ContainsRune("()[]<>|*+", rune(c)) {
			b.WriteByte(c)
			continue
		}
		b.WriteByte(' ')
		b.WriteByte(c)
		if c == ')' && i+1 < len(l) && (l[i+1] == '*' || l[i+1] == '+') {
			i++
			b.WriteByte(l[i])
		}
		b.WriteByte(' ')
	}
	return b.String()
}

// builder lays the states of one rule.
type builder struct {
	g     *grammar
	rule  int
	words []string
	i     int
}

// alternatives lays lists of words as a choice behind from, and gives where they
// meet again.
func (b *builder) alternatives(from int, lists [][]string) int {
	if len(lists) == 1 {
		return b.list(from, lists[0])
	}
	choice, meet := b.g.add(b.rule, stChoice), b.g.add(b.rule, stPlain)
	b.g.free(from, choice)
	for _, l := range lists {
		at := b.g.add(b.rule, stPlain)
		b.g.free(choice, at)
		b.g.free(b.list(at, l), meet)
	}
	return meet
}

func (b *builder) list(from int, words []string) int {
	sub := builder{g: b.g, rule: b.rule, words: words}
	return sub.sequence(from)
}

// sequence lays words up to one that ends a group.
func (b *builder) sequence(at int) int {
	for b.i < len(b.words) {
		w := b.words[b.i]
		if w == "|" || w == "]" || w[0] == ')' {
			return at
		}
		b.i++
		switch {
		case w == "(" || w == "[":
			at = b.group(at, w == "[")
		default:
			at = b.element(at, w)
		}
	}
	return at
}

// group lays a group in brackets, whose opening one is taken.
func (b *builder) group(from int, optional bool) int {
	g := b.g
	choice, meet := g.add(b.rule, stChoice), g.add(b.rule, stPlain)
	for {
		at := g.add(b.rule, stPlain)
		g.free(choice, at)
		g.free(b.sequence(at), meet)
		if b.words[b.i] != "|" {
			break
		}
		b.i++
	}
	closer := b.words[b.i]
	b.i++
	switch {
	case optional:
		g.states[choice].kind = stMaybe
		g.free(choice, meet)
	case closer == ")*" || closer == ")+":
		loop, leave := g.add(b.rule, stLoop), g.add(b.rule, stPlain)
		g.free(loop, choice)
		g.free(loop, leave)
		g.free(meet, loop)
		if closer == ")*" {
			choice = loop
		}
		meet = leave
	}
	if s := &g.states[choice]; s.kind == stChoice && len(s.edges) == 1 {
		s.kind = stPlain
	}
	g.free(from, choice)
	return meet
}

// element lays a token, a set of tokens, a rule or the test of an operator.
func (b *builder) element(at int, w string) int {
	g := b.g
	to := g.add(b.rule, stPlain)
	e := edge{kind: edgeToken, to: to}
	switch {
	case w == "<":
		for ; b.words[b.i] != ">"; b.i++ {
			e.set.add(g.token(b.words[b.i]))
		}
		b.i++
	case w == "$KEYWORD":
		e.kind = edgeKeyword
	case w[0] == '{':
		e.kind = edgeBinds
		e.binds, _ = strconv.Atoi(strings.Trim(w, "{}"))
	case w[0] >= 'a' && w[0] <= 'z':
		name, binds, _ := strings.Cut(w, "^")
		e.kind, e.to, e.follow = edgeRule, g.begin[g.rules[name]], to
		e.binds, _ = strconv.Atoi(binds)
	default:
		e.set.add(g.token(w))
	}
	g.states[at].edges = append(g.states[at].edges, e)
	return to
}

// link works out, once the graph is whole, what can come next in each state and
// which choices one token decides.
func (g *grammar) link() {
	l := linker{g: g, empty: make([]bool, len(g.names)), first: make([]tokenSet, len(g.names)), follow: make([]tokenSet, len(g.names))}
	for l.firsts() {
	}
	for l.follows() {
	}
	g.callers = make([][]edge, len(g.names))
	for _, st := range g.states {
		for _, e := range st.edges {
			if e.kind == edgeRule {
				r := g.states[e.to].rule
				g.callers[r] = append(g.callers[r], e)
			}
		}
	}
	g.next = make([]tokenSet, len(g.states))
	for s := range g.states {
		l.look(s, &g.next[s])
		st := &g.states[s]
		if len(st.edges) < 2 || st.kind == stOperand {
			continue
		}
		st.simple = true
		var all tokenSet
		for _, e := range st.edges {
			var set tokenSet
			if l.look(e.to, &set) {
				set.join(l.follow[st.rule])
			}
			st.simple = st.simple && !set.has(tokBinds) && !all.meets(set)
			all.join(set)
			st.sets = append(st.sets, set)
		}
	}
}

// linker holds what begins and follows each rule while a graph is linked.
type linker struct {
	g             *grammar
	empty         []bool // the rule can be nothing at all
	first, follow []tokenSet
}

// look adds the tokens that can come next at s, within its rule, to set. It is
// true, and adds tokNothing, if the rule may end here.
func (l *linker) look(s int, set *tokenSet) (ends bool) {
	seen := map[int]bool{}
	todo := []int{s}
	for len(todo) > 0 {
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen[s] {
			continue
		}
		seen[s] = true
		if l.g.states[s].kind == stEnd {
			set.add(tokNothing)
			ends = true
			continue
		}
		for _, e := range l.g.states[s].edges {
			switch e.kind {
			case edgeToken:
				set.join(e.set)
			case edgeRule:
				r := l.g.states[e.to].rule
				set.join(l.first[r])
				if l.empty[r] {
					todo = append(todo, e.follow)
				}
			case edgeKeyword:
				for t := tokBinds; t < len(l.g.shown); t++ {
					set.add(t)
				}
			case edgeBinds:
				set.add(tokBinds)
				todo = append(todo, e.to)
			default:
				todo = append(todo, e.to)
			}
		}
	}
	return ends
}

// firsts is one round of finding what begins the rules; true if it found any.
func (l *linker) firsts() bool {
	found := false
	for r, begin := range l.g.begin {
		var set tokenSet
		ends := l.look(begin, &set)
		set[tokNothing>>6] &^= 1 << tokNothing
		found = found || set != l.first[r] || ends != l.empty[r]
		l.first[r], l.empty[r] = set, ends
	}
	return found
}

// follows is one round of finding what follows the rules; true if it found any.
func (l *linker) follows() bool {
	found := false
	for _, st := range l.g.states {
		for _, e := range st.edges {
			if e.kind != edgeRule {
				continue
			}
			r := l.g.states[e.to].rule
			set := l.follow[r]
			if l.look(e.follow, &set) {
				set.join(l.follow[st.rule])
			}
			set[tokNothing>>6] &^= 1 << tokNothing
			found = found || set != l.follow[r]
			l.follow[r] = set
		}
	}
	return found
}
