package dialect

import "slices"

// How Trino's parser chooses between alternatives: it follows all of them over
// the tokens ahead until one is left. What an error says depends on where it
// stops to do so; so this finds the same place. The names here are those of the
// method's description (adaptive LL(*) parsing): a config is a state that one of
// the alternatives has reached, with the rules it is in.

// stack is what the rules of a config return to: one state or several, each with
// a stack of its own behind it. They are shared, and equal where the pointers are.
type stack struct {
	returns []int32 // sorted; noReturn stands for the bottom
	behind  []*stack
	id      int
}

// noReturn is the bottom of a stack.
const noReturn = 1<<31 - 1

// config is a state reached by an alternative.
type config struct {
	state int
	alt   int
	stack *stack
	outer bool // it has left the rule in which the choice stands
	loose bool // and did so from an operand that takes any operator
}

// predictor follows alternatives.
type predictor struct {
	w      *walker
	full   bool // the stack is the parser's own, not a guess
	binds  int
	rule   int
	shared map[string]*stack
	pushed map[[2]int]*stack // by what is returned to and the stack behind it
	bottom *stack
	merged map[[2]int]*stack
	busy   map[uint64]bool // what the batch at work has reached
}

func newPredictor(w *walker, full bool) *predictor {
	p := &predictor{w: w, full: full, shared: map[string]*stack{}, pushed: map[[2]int]*stack{}, merged: map[[2]int]*stack{}, busy: map[uint64]bool{}}
	p.bottom = p.share([]int32{noReturn}, []*stack{nil})
	return p
}

// ahead is what a choice comes to over some tokens, without the parser's own
// stack: always the same, so that it is worked out once for each kind of token.
type ahead struct {
	set      []config
	next     map[int]*ahead
	alt      int // the one alternative left, or -1
	conflict bool
}

// choiceAt is a choice, for operators that bind so tight.
type choiceAt struct{ state, binds int }

// maxWalk bounds the work for one error; a text beyond it gets a plainer one. A
// statement of 175 lines takes less than half.
const maxWalk = 1 << 19

// work counts a step of a walk.
func (w *walker) work() {
	if w.steps++; w.steps > maxWalk {
		panic(tooLong{})
	}
}

// predict chooses an edge of the state s, or gives -1 and the token at which no
// alternative was left.
func (w *walker) predict(s int, f *frame, binds int) (alt, at int) {
	if w.guess == nil {
		w.guess, w.chosen = newPredictor(w, false), map[choiceAt]*ahead{}
	}
	p := w.guess
	p.binds, p.rule = binds, w.g.states[s].rule
	n := w.chosen[choiceAt{s, binds}]
	if n == nil {
		n = &ahead{set: p.start(s, p.bottom), next: map[int]*ahead{}, alt: -1}
		w.chosen[choiceAt{s, binds}] = n
	}
	for i := w.i; ; {
		w.seen = max(w.seen, i)
		kind := w.kinds[i]
		next := n.next[kind]
		if next == nil {
			next = &ahead{set: p.step(n.set, kind), next: map[int]*ahead{}, alt: -1}
			if len(next.set) > 0 {
				next.alt = only(next.set)
				next.conflict = next.alt < 0 && p.conflicting(next.set)
			}
			n.next[kind] = next
		}
		switch {
		case len(next.set) == 0:
			return p.finished(n.set), i
		case next.alt >= 0:
			return next.alt, i
		case next.conflict:
			return w.predictFully(s, f, binds)
		}
		n = next
		if kind != w.eof {
			i++
		}
	}
}

// predictFully is predict with the rules that the parser is in.
func (w *walker) predictFully(s int, f *frame, binds int) (alt, at int) {
	p := newPredictor(w, true)
	p.binds, p.rule = binds, w.g.states[s].rule
	st := p.bottom
	var frames []*frame
	for ; f.parent != nil; f = f.parent {
		frames = append(frames, f)
	}
	for _, f := range slices.Backward(frames) {
		st = p.push(f.follow, st)
	}
	set := p.start(s, st)
	for i := w.i; ; {
		w.seen = max(w.seen, i)
		kind := w.kinds[i]
		next := p.step(set, kind)
		if len(next) == 0 {
			return p.finished(set), i
		}
		if a := only(next); a >= 0 {
			return a, i
		}
		if a := p.settled(next); a >= 0 {
			return a, i
		}
		set = next
		if kind != w.eof {
			i++
		}
	}
}

// only gives the alternative of set if there is one alone, else -1.
func only(set []config) int {
	for _, c := range set {
		if c.alt != set[0].alt {
			return -1
		}
	}
	return set[0].alt
}

// finished gives the first alternative that had come to the end of the rule when
// all failed, or -1: the parser then takes it, and fails behind the rule.
func (p *predictor) finished(set []config) int {
	best := -1
	for _, c := range set {
		done := c.outer || p.w.g.states[c.state].kind == stEnd && c.stack.returns[len(c.stack.returns)-1] == noReturn
		if done && (best < 0 || c.alt < best) {
			best = c.alt
		}
	}
	return best
}

// groups collects the alternatives of configs with the same state and stack.
func groups(set []config) map[[2]int][]int {
	m := map[[2]int][]int{}
	for _, c := range set {
		k := [2]int{c.state, c.stack.id}
		if !slices.Contains(m[k], c.alt) {
			m[k] = append(m[k], c.alt)
		}
	}
	return m
}

// settled gives the one alternative that the first of each group agree on, or -1.
func (p *predictor) settled(set []config) int {
	best := -1
	for _, alts := range groups(set) {
		a := slices.Min(alts)
		if best >= 0 && best != a {
			return -1
		}
		best = a
	}
	return best
}

// conflicting says whether going on without the parser's own stack is of no use.
func (p *predictor) conflicting(set []config) bool {
	ended := true
	for _, c := range set {
		ended = ended && p.w.g.states[c.state].kind == stEnd
	}
	if ended {
		return true
	}
	conflict := false
	alts := map[int]int{} // by state: an alternative, or -2 for several
	for k, g := range groups(set) {
		conflict = conflict || len(g) > 1
		if a, ok := alts[k[0]]; len(g) > 1 || ok && a != g[0] {
			alts[k[0]] = -2
		} else {
			alts[k[0]] = g[0]
		}
	}
	if !conflict {
		return false
	}
	for _, a := range alts {
		if a != -2 {
			return false
		}
	}
	return true
}

// start gives what the alternatives of s reach before the first token.
func (p *predictor) start(s int, st *stack) []config {
	clear(p.busy)
	b := batch{p: p, starting: true}
	state := &p.w.g.states[s]
	for i, e := range state.edges {
		b.reach(config{state: e.to, alt: i, stack: st}, 0)
	}
	if state.kind != stOperand || p.full {
		return b.list
	}
	// Behind an operand, an alternative that goes round hides the one that
	// leaves where both come to the same.
	round := map[int]*stack{}
	for _, c := range b.list {
		if c.alt == 0 {
			round[c.state] = c.stack
		}
	}
	return slices.DeleteFunc(b.list, func(c config) bool {
		return c.alt != 0 && !c.loose && round[c.state] == c.stack
	})
}

// step moves a set over one token.
func (p *predictor) step(set []config, kind int) []config {
	clear(p.busy)
	b := batch{p: p, eof: kind == p.w.eof}
	var moved, stopped []config
	for _, c := range set {
		st := &p.w.g.states[c.state]
		if st.kind == stEnd {
			if p.full || b.eof {
				stopped = append(stopped, c)
			}
			continue
		}
		for _, e := range st.edges {
			if e.kind == edgeToken && e.set.has(kind) || e.kind == edgeKeyword && !b.eof {
				moved = append(moved, config{e.to, c.alt, c.stack, c.outer, c.loose})
			}
		}
	}
	if len(moved) > 0 && stopped == nil && !b.eof && only(moved) >= 0 {
		return moved
	}
	for _, c := range moved {
		b.reach(c, 0)
	}
	if b.eof {
		b.list = slices.DeleteFunc(b.list, func(c config) bool { return p.w.g.states[c.state].kind != stEnd })
	}
	if !p.full || !slices.ContainsFunc(b.list, func(c config) bool { return p.w.g.states[c.state].kind == stEnd }) {
		for _, c := range stopped {
			b.put(c)
		}
	}
	return b.list
}

// batch collects configs, joining the stacks of those that are else the same.
type batch struct {
	p        *predictor
	starting bool // no token taken yet
	eof      bool
	list     []config
	index    map[int]int
}

func (b *batch) put(c config) {
	if b.index == nil {
		b.index = map[int]int{}
	}
	k := c.state<<10 | c.alt
	i, ok := b.index[k]
	if !ok {
		b.index[k] = len(b.list)
		b.list = append(b.list, c)
		return
	}
	b.list[i].stack = b.p.merge(b.list[i].stack, c.stack)
	b.list[i].outer = b.list[i].outer || c.outer
	b.list[i].loose = b.list[i].loose || c.loose
}

// reach adds c and all it reaches without a token. depth counts the rules entered
// since the choice, below zero once its own rule is left.
func (b *batch) reach(c config, depth int) {
	w := b.p.w
	w.work()
	key := uint64(c.stack.id)<<32 | uint64(c.state)<<12 | uint64(c.alt)<<2
	if c.outer {
		key |= 2
	}
	if c.loose {
		key |= 1
	}
	if b.p.busy[key] {
		return
	}
	b.p.busy[key] = true
	st := &w.g.states[c.state]
	if st.kind == stEnd {
		b.leave(c, depth)
		return
	}
	plain := false
	for _, e := range st.edges {
		plain = plain || e.kind == edgeToken || e.kind == edgeKeyword
	}
	if plain {
		b.put(c)
	}
	for _, e := range st.edges {
		n := config{e.to, c.alt, c.stack, c.outer, c.loose}
		switch e.kind {
		case edgeKeyword:
		case edgeToken:
			if b.eof && e.set.has(w.eof) {
				b.reach(n, depth)
			}
		case edgeRule:
			n.stack = b.p.push(e.follow, c.stack)
			if depth >= 0 {
				b.reach(n, depth+1)
			} else {
				b.reach(n, depth)
			}
		case edgeBinds:
			if !b.starting || depth != 0 || e.binds >= b.p.binds {
				b.reach(n, depth)
			}
		default:
			b.reach(n, depth)
		}
	}
}

// leave goes on behind the rule that c has come to the end of.
func (b *batch) leave(c config, depth int) {
	for i, r := range c.stack.returns {
		switch {
		case r != noReturn:
			b.reach(config{int(r), c.alt, c.stack.behind[i], c.outer, c.loose}, depth-1)
		case b.p.full:
			b.put(config{c.state, c.alt, b.p.bottom, c.outer, c.loose})
		default:
			rule := b.p.w.g.states[c.state].rule
			callers := b.p.w.g.callers[rule]
			if len(callers) == 0 {
				b.put(c)
			}
			for _, f := range callers {
				b.reach(config{f.follow, c.alt, b.p.bottom, true, c.loose || f.binds == 0 && rule == b.p.rule}, depth-1)
			}
		}
	}
}

// push gives the one stack that returns to a state, then as st does.
func (p *predictor) push(follow int, st *stack) *stack {
	key := [2]int{follow, st.id}
	s := p.pushed[key]
	if s == nil {
		s = p.share([]int32{int32(follow)}, []*stack{st})
		p.pushed[key] = s
	}
	return s
}

// share gives the one stack with these returns.
func (p *predictor) share(returns []int32, behind []*stack) *stack {
	key := make([]byte, 0, 8*len(returns))
	for i, r := range returns {
		id := 0
		if behind[i] != nil {
			id = behind[i].id
		}
		key = append(key, byte(r), byte(r>>8), byte(r>>16), byte(r>>24), byte(id), byte(id>>8), byte(id>>16), byte(id>>24))
	}
	if s := p.shared[string(key)]; s != nil {
		return s
	}
	s := &stack{returns: returns, behind: behind, id: len(p.shared) + 1}
	p.shared[string(key)] = s
	return s
}

// merge gives a stack with the returns of both. Where the bottom is a guess, it
// stands for every stack.
func (p *predictor) merge(a, b *stack) *stack {
	switch {
	case a == b:
		return a
	case !p.full && (a == p.bottom || b == p.bottom):
		return p.bottom
	}
	key := [2]int{min(a.id, b.id), max(a.id, b.id)}
	if m := p.merged[key]; m != nil {
		return m
	}
	p.w.work()
	var returns []int32
	var behind []*stack
	for i, j := 0, 0; i < len(a.returns) || j < len(b.returns); {
		switch {
		case j == len(b.returns) || i < len(a.returns) && a.returns[i] < b.returns[j]:
			returns, behind = append(returns, a.returns[i]), append(behind, a.behind[i])
			i++
		case i == len(a.returns) || b.returns[j] < a.returns[i]:
			returns, behind = append(returns, b.returns[j]), append(behind, b.behind[j])
			j++
		default:
			s := a.behind[i]
			if s != b.behind[j] {
				s = p.merge(s, b.behind[j])
			}
			returns, behind = append(returns, a.returns[i]), append(behind, s)
			i, j = i+1, j+1
		}
	}
	m := p.share(returns, behind)
	p.merged[key] = m
	return m
}
