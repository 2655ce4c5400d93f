package dialect

import (
	"slices"
	"strings"
	"sync"
)

// The two grammars, read when a text first needs them.
var (
	oldGrammar    = sync.OnceValue(func() *grammar { return newGrammar(newSyntax - 1) })
	recentGrammar = sync.OnceValue(func() *grammar { return newGrammar(newSyntax) })
)

// walker parses a text by the grammar alone, to find where it fails.
type walker struct {
	g     *grammar
	toks  []token
	kinds []int
	eof   int
	i     int // the token at hand
	seen  int // the furthest token looked at
	steps int
	// What was expected where a choice was left without a token for it. As in
	// Trino's parser a later failure is explained from there.
	unsure int
	within *frame
	guess  *predictor
	chosen map[choiceAt]*ahead
}

// frame is a rule that the walker is in: follow is where its caller goes on.
type frame struct {
	follow int
	parent *frame
}

// fault is where and how a text fails: the expectations are worked out from the
// state and the token from; at is the token whose place the error has.
type fault struct {
	state    int
	from, at int
	frame    *frame
}

// tooLong stops a walk that would take too much time.
type tooLong struct{}

// syntaxError gives the error of Trino's parser for a text, or nil if the text is
// a statement to it. It is not sure of a text that is too much for the walk.
func syntaxError(toks []token, level int) (err *Error, sure bool) {
	g := oldGrammar()
	if level >= newSyntax {
		g = recentGrammar()
	}
	if level < newSyntax {
		toks = halved(toks)
	}
	w := &walker{g: g, toks: toks, eof: g.tokens["<EOF>"], unsure: -1}
	for _, t := range w.toks {
		w.kinds = append(w.kinds, w.kind(t))
	}
	sure = true
	defer func() {
		switch r := recover().(type) {
		case nil:
		case tooLong:
			err, sure = nil, false
		case *Error:
			err = r
		case fault:
			err = w.explain(r, level)
		default:
			panic(r)
		}
	}()
	w.rule(g.rules["single_statement"], 0, &frame{})
	return nil, true
}

// halved makes two tokens of each :: as before it was one.
func halved(toks []token) []token {
	if !slices.ContainsFunc(toks, func(t token) bool { return t.raw == "::" }) {
		return toks
	}
	var out []token
	for _, t := range toks {
		if t.raw == "::" {
			t.raw, t.text = ":", ":"
			out = append(out, t)
			t.pos.Column++
		}
		out = append(out, t)
	}
	return out
}

// kind gives a token's kind in the grammar, 0 for one that it does not know.
func (w *walker) kind(t token) int {
	name := ""
	switch t.kind {
	case tokEOF:
		return w.eof
	case tokWord:
		if k, ok := w.g.tokens["'"+t.up+"'"]; ok {
			return k
		}
		if t.up == "CONSTRAINT" {
			return 0
		}
		name = "IDENTIFIER"
	case tokQuoted:
		name = "QUOTED_IDENTIFIER"
	case tokBackquoted:
		name = "BACKQUOTED_IDENTIFIER"
	case tokDigitWord:
		name = "DIGIT_IDENTIFIER"
	case tokInteger:
		name = "<integer>"
	case tokDecimal:
		name = "DECIMAL_VALUE"
	case tokDouble:
		name = "DOUBLE_VALUE"
	case tokString:
		name = "STRING"
	case tokUnicode:
		name = "UNICODE_STRING"
	case tokBinary:
		name = "BINARY_LITERAL"
	case tokSymbol:
		if t.raw == "<>" || t.raw == "!=" {
			name = "NEQ"
		} else {
			name = "'" + t.raw + "'"
		}
	}
	return w.g.tokens[name]
}

// rule walks through one rule from the token at hand. binds is how tight the
// operators must bind that it goes on with.
func (w *walker) rule(r, binds int, f *frame) {
	first := w.i
	for s := w.g.begin[r]; s != w.g.end[r]; {
		st := &w.g.states[s]
		if len(st.edges) != 1 {
			s = st.edges[w.choose(s, f, binds)].to
			continue
		}
		e := st.edges[0]
		switch e.kind {
		case edgeRule:
			w.rule(w.g.states[e.to].rule, e.binds, &frame{e.follow, f})
			s = e.follow
			continue
		case edgeKeyword:
			w.i++ // the choice has looked
			w.seen = max(w.seen, w.i)
		case edgeToken:
			w.take(s, e, f)
		}
		s = e.to
	}
	if w.g.names[r] == "identifier" && w.i > first {
		(*parser)(nil).badWord(w.toks[first])
	}
}

// take takes the token of an edge.
func (w *walker) take(s int, e edge, f *frame) {
	w.seen = max(w.seen, w.i)
	if !e.set.has(w.kinds[w.i]) {
		if w.within != nil {
			panic(fault{w.unsure, w.i, w.i, w.within})
		}
		panic(fault{s, w.i, w.i, f})
	}
	if w.kinds[w.i] != w.eof {
		w.i++
		w.seen = max(w.seen, w.i)
	}
}

// choose chooses an edge of a state with several.
func (w *walker) choose(s int, f *frame, binds int) int {
	w.seen = max(w.seen, w.i)
	kind := w.kinds[w.i]
	switch next := w.g.next[s]; {
	case kind != 0 && next.has(kind):
		w.within = nil
	case !next.has(tokNothing):
		panic(fault{s, w.i, w.i, f})
	case w.within == nil:
		w.unsure, w.within = s, f
	}
	st := &w.g.states[s]
	if w.g.names[st.rule] == "method_name" {
		switch t := w.toks[w.i]; {
		case w.g.next[st.edges[0].to].has(kind):
			return 0
		case t.kind == tokWord:
			return 1
		}
		panic(fault{s, w.i, w.i, f})
	}
	if st.simple {
		for i, set := range st.sets {
			if kind != 0 && set.has(kind) {
				return i
			}
		}
		if st.kind != stChoice {
			return len(st.edges) - 1
		}
		panic(fault{s, w.i, w.i, f})
	}
	alt, at := w.predict(s, f, binds)
	if alt < 0 {
		panic(fault{s, w.i, at, f})
	}
	return alt
}

// place is a state at a token.
type place struct{ state, token int }

// named are the rules that an error names as a whole.
var namedRules = map[string]string{
	"expression": "<expression>", "boolean_expression": "<expression>", "value_expression": "<expression>",
	"primary_expression": "<expression>", "predicate": "<predicate>", "identifier": "<identifier>",
	"string": "<string>", "query": "<query>", "type": "<type>",
}

// expecter collects what could stand at the furthest token that any way through
// the grammar comes to.
type expecter struct {
	w        *walker
	old      bool
	furthest int
	found    map[string]bool
	memo     map[place][]int
}

// explain makes the error of a fault.
func (w *walker) explain(f fault, level int) *Error {
	x := &expecter{w: w, old: level < newSyntax, furthest: -1, found: map[string]bool{}, memo: map[place][]int{}}
	start := f.state
	if begin := w.g.begin[w.g.states[start].rule]; w.freely(begin, start) {
		start = begin
	}
	ends := x.from(place{start, f.from}, 0, false)
	var reached []int
	for fr := f.frame; len(ends) > 0 && fr.parent != nil; fr = fr.parent {
		if !x.old {
			reached = nil // old releases go on outside from all that was reached inside
		}
		for _, t := range ends {
			reached = append(reached, x.from(place{fr.follow, t}, 0, false)...)
		}
		slices.Sort(reached)
		reached = slices.Compact(reached)
		ends = slices.Clone(reached)
	}
	var names []string
	for n := range x.found {
		names = append(names, n)
	}
	slices.Sort(names)
	place := w.toks[x.furthest].pos
	if x.old {
		place = w.toks[f.at].pos
	}
	return errorAt(place, "SYNTAX_ERROR", "mismatched input '%s'. Expecting: %s", w.toks[x.furthest].raw, strings.Join(names, ", "))
}

// freely says whether to can be come to from the begin of its rule without a token.
func (w *walker) freely(from, to int) bool {
	seen := map[int]bool{}
	todo := []int{from}
	for len(todo) > 0 {
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if s == to {
			return true
		}
		if seen[s] {
			continue
		}
		seen[s] = true
		for _, e := range w.g.states[s].edges {
			if e.kind != edgeToken {
				todo = append(todo, e.to)
			}
		}
		if w.g.states[s].kind == stEnd {
			for _, e := range w.g.callers[w.g.states[s].rule] {
				todo = append(todo, e.follow)
			}
		}
	}
	return false
}

// from follows every way from a place to the end of its rule, and gives the
// tokens at which the rule can end. quiet says that a rule around it is named
// already.
func (x *expecter) from(p place, binds int, quiet bool) []int {
	if ends, ok := x.memo[p]; ok {
		return ends
	}
	type live struct {
		place
		quiet bool
	}
	ends := []int{}
	todo := []live{{p, quiet}}
	for len(todo) > 0 {
		c := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if x.w.steps++; x.w.steps > 2*maxWalk {
			panic(tooLong{})
		}
		st := &x.w.g.states[c.state]
		switch st.kind {
		case stBegin:
			rule := x.w.g.names[st.rule]
			if x.old && rule == "non_reserved" {
				continue // these releases do not take a keyword for a name here
			}
			if name := namedRules[rule]; name != "" {
				if !c.quiet {
					x.record(c.token, name)
				}
				c.quiet = true
			}
		case stEnd:
			if !slices.Contains(ends, c.token) {
				ends = append(ends, c.token)
			}
			continue
		}
		for _, e := range st.edges {
			switch e.kind {
			case edgeRule:
				for _, t := range x.from(place{e.to, c.token}, e.binds, c.quiet) {
					todo = append(todo, live{place{e.follow, t}, x.old && c.quiet})
				}
			case edgeBinds:
				if binds < e.binds {
					todo = append(todo, live{place{e.to, c.token}, c.quiet})
				}
			case edgeFree:
				todo = append(todo, live{place{e.to, c.token}, c.quiet})
			case edgeKeyword:
				if x.w.toks[c.token].kind == tokWord && c.token < x.w.seen {
					todo = append(todo, live{place{e.to, c.token + 1}, false})
				}
			case edgeToken:
				if kind := x.w.kinds[c.token]; kind != 0 && e.set.has(kind) && c.token < x.w.seen {
					todo = append(todo, live{place{e.to, c.token + 1}, false})
				} else if !c.quiet {
					x.recordSet(c.token, e.set)
				}
			}
		}
	}
	x.memo[p] = ends
	return ends
}

func (x *expecter) record(token int, name string) {
	if token < x.furthest {
		return
	}
	if token > x.furthest {
		x.furthest = token
		clear(x.found)
	}
	x.found[name] = true
}

func (x *expecter) recordSet(token int, set tokenSet) {
	for i, name := range x.w.g.shown {
		if set.has(i) {
			x.record(token, name)
		}
	}
}
