package dialect

import (
	"math"
	"strconv"
)

// MATCH_RECOGNIZE: what it is made of, how it is read and how it is printed.

type (
	// MatchRecognize finds patterns in the rows of a relation.
	MatchRecognize struct {
		relAt
		X         Relation
		Partition []Expr
		OrderBy   []SortItem
		Measures  []Measure
		AllRows   bool
		Empty     string // of ALL ROWS PER MATCH: SHOW, OMIT, UNMATCHED, or empty
		Skip      string // PAST, NEXT, FIRST or LAST; empty where not written
		SkipTo    *Name
		Search    *Name // INITIAL or SEEK
		Pattern   *RowPattern
		Subsets   []Subset
		Defines   []Measure // variables
	}
	// Measure is an expression with a name.
	Measure struct {
		at
		X    Expr
		Name Name
	}
	// Subset is a name for several variables.
	Subset struct {
		Name Name
		Of   []Name
	}
	// RowPattern is a part of PATTERN. Kind is NAME, SEQUENCE, ALTERNATIVES, PERMUTE,
	// EXCLUDED, EMPTY, START or END.
	RowPattern struct {
		at
		Kind  string
		Name  Name
		Parts []*RowPattern
		// Min and Max are how often it occurs, Max -1 for any number; Reluctant has
		// it occur as seldom as may be.
		Min, Max  int
		Reluctant bool
		times     Pos // where that is said
	}
)

func (p *parser) matchRecognize(x Relation) Relation {
	m := &MatchRecognize{relAt: relAt{at{x.Pos()}}, X: x}
	p.next()
	p.needSym("(")
	if p.words("PARTITION", "BY") {
		m.Partition = p.exprs()
	}
	if p.word("ORDER") {
		m.OrderBy = p.sortItems()
	}
	if p.word("MEASURES") {
		m.Measures = p.measures(func() Measure {
			x := p.expr()
			p.needWord("AS")
			return Measure{at{x.Pos()}, x, p.name()}
		})
	}
	p.rowsPerMatch(m)
	if p.word("AFTER") {
		p.needWord("MATCH")
		p.needWord("SKIP")
		p.skipTo(m)
	}
	if t := p.tok(); t.kind == tokWord && (t.up == "INITIAL" || t.up == "SEEK") {
		n := p.name()
		m.Search = &n
	}
	p.needWord("PATTERN")
	p.needSym("(")
	m.Pattern = p.rowPattern()
	p.needSym(")")
	if p.word("SUBSET") {
		for {
			s := Subset{Name: p.name()}
			p.needSym("=")
			s.Of = p.names()
			m.Subsets = append(m.Subsets, s)
			if !p.sym(",") {
				break
			}
		}
	}
	p.needWord("DEFINE")
	m.Defines = p.measures(func() Measure {
		n := p.name()
		p.needWord("AS")
		return Measure{n.at, p.expr(), n}
	})
	p.needSym(")")
	return m
}

func (p *parser) exprs() []Expr {
	list := []Expr{p.expr()}
	for p.sym(",") {
		list = append(list, p.expr())
	}
	return list
}

func (p *parser) measures(one func() Measure) []Measure {
	list := []Measure{one()}
	for p.sym(",") {
		list = append(list, one())
	}
	return list
}

func (p *parser) rowsPerMatch(m *MatchRecognize) {
	switch {
	case p.word("ONE"):
		p.needWord("ROW")
		p.needWord("PER")
		p.needWord("MATCH")
	case p.word("ALL"):
		p.needWord("ROWS")
		p.needWord("PER")
		p.needWord("MATCH")
		m.AllRows = true
		switch {
		case p.words("SHOW", "EMPTY", "MATCHES"):
			m.Empty = "SHOW"
		case p.words("OMIT", "EMPTY", "MATCHES"):
			m.Empty = "OMIT"
		case p.words("WITH", "UNMATCHED", "ROWS"):
			m.Empty = "UNMATCHED"
		}
	}
}

func (p *parser) skipTo(m *MatchRecognize) {
	if p.word("PAST") {
		p.needWord("LAST")
		p.needWord("ROW")
		m.Skip = "PAST"
		return
	}
	p.needWord("TO")
	if p.words("NEXT", "ROW") {
		m.Skip = "NEXT"
		return
	}
	m.Skip = "LAST"
	if t := p.tok(); (t.up == "FIRST" || t.up == "LAST") && p.isName(p.peek(1)) && p.peek(1).up != "PATTERN" {
		m.Skip = p.next().up
	}
	n := p.name()
	m.SkipTo = &n
}

// rowPattern takes alternatives of sequences.
func (p *parser) rowPattern() *RowPattern {
	p.enter()
	defer p.leave()
	alt := &RowPattern{at: at{p.tok().pos}, Kind: "ALTERNATIVES", Min: 1, Max: 1}
	for {
		seq := &RowPattern{at: at{p.tok().pos}, Kind: "SEQUENCE", Min: 1, Max: 1}
		for {
			p.checkTerms(len(seq.Parts))
			seq.Parts = append(seq.Parts, p.quantified())
			if t := p.tok(); !p.isName(t) && !(t.kind == tokSymbol && (t.raw == "(" || t.raw == "^" || t.raw == "$" || t.raw == "{-")) {
				break
			}
		}
		if len(seq.Parts) == 1 {
			seq = seq.Parts[0]
		}
		alt.Parts = append(alt.Parts, seq)
		if !p.sym("|") {
			break
		}
	}
	if len(alt.Parts) == 1 {
		return alt.Parts[0]
	}
	return alt
}

// quantified takes one part of a sequence with how often it occurs.
func (p *parser) quantified() *RowPattern {
	part := p.patternPrimary()
	low, high := 1, 1
	times := p.tok().pos
	switch {
	case p.sym("*"):
		low, high = 0, -1
	case p.sym("+"):
		low, high = 1, -1
	case p.sym("?"):
		low, high = 0, 1
	case p.sym("{"):
		low, high = p.repetitions()
	default:
		return part
	}
	if part.Min != 1 || part.Max != 1 { // (A+)*
		part = &RowPattern{at: part.at, Kind: "SEQUENCE", Parts: []*RowPattern{part}}
	}
	out := *part
	out.Min, out.Max, out.Reluctant, out.times = low, high, p.sym("?"), times
	return &out
}

// repetitions takes n}, n,m}, n,} or ,m}.
func (p *parser) repetitions() (low, high int) {
	number := func() int {
		t := p.tok()
		n := p.integer()
		if n > math.MaxInt32 {
			panic(refuse(t.pos, "a pattern that is repeated so often"))
		}
		return n
	}
	if p.tok().kind == tokInteger {
		low = number()
		if p.sym("}") {
			return low, low
		}
	}
	p.needSym(",")
	high = -1
	if p.tok().kind == tokInteger {
		high = number()
	}
	p.needSym("}")
	return low, high
}

func (p *parser) patternPrimary() *RowPattern {
	p.enter()
	defer p.leave()
	t := p.tok()
	out := &RowPattern{at: at{t.pos}, Min: 1, Max: 1}
	switch {
	case t.kind == tokSymbol && t.raw == "^":
		p.next()
		out.Kind = "START"
	case t.kind == tokSymbol && t.raw == "$":
		p.next()
		out.Kind = "END"
	case t.kind == tokSymbol && t.raw == "{-":
		p.next()
		out.Kind, out.Parts = "EXCLUDED", []*RowPattern{p.rowPattern()}
		p.needSym("-}")
	case t.kind == tokSymbol && t.raw == "(":
		p.next()
		if p.sym(")") {
			out.Kind = "EMPTY"
			return out
		}
		out = p.rowPattern()
		p.needSym(")")
	case t.up == "PERMUTE" && p.looksAt(1, "("):
		p.next()
		p.next()
		out.Kind = "PERMUTE"
		for {
			out.Parts = append(out.Parts, p.rowPattern())
			if !p.sym(",") {
				break
			}
		}
		p.needSym(")")
	default:
		out.Kind, out.Name = "NAME", p.name()
	}
	return out
}

// matchRecognize prints it.
func (f *formatter) matchRecognize(m *MatchRecognize) {
	if _, ok := m.X.(*Aliased); ok {
		f.relation(m.X, false)
	} else {
		f.primary(m.X)
	}
	f.put(" MATCH_RECOGNIZE (")
	sep := f.arranged("", m.Partition, m.OrderBy)
	for i, x := range m.Measures {
		f.put(map[bool]string{true: sep + "MEASURES ", false: ", "}[i == 0])
		f.expr(x.X)
		f.put(" AS ")
		f.ident(x.Name)
	}
	f.put(map[bool]string{true: " ALL ROWS PER MATCH", false: " ONE ROW PER MATCH"}[m.AllRows])
	f.put(map[string]string{"SHOW": " SHOW EMPTY MATCHES", "OMIT": " OMIT EMPTY MATCHES", "UNMATCHED": " WITH UNMATCHED ROWS"}[m.Empty])
	f.put(map[string]string{"PAST": " AFTER MATCH SKIP PAST LAST ROW", "NEXT": " AFTER MATCH SKIP TO NEXT ROW",
		"FIRST": " AFTER MATCH SKIP TO FIRST ", "LAST": " AFTER MATCH SKIP TO LAST "}[m.Skip])
	if m.SkipTo != nil {
		f.ident(*m.SkipTo)
	}
	if m.Search != nil {
		f.put(" ", m.Search.Text)
	}
	f.put(" PATTERN (")
	f.rowPattern(m.Pattern)
	f.put(")")
	for i, s := range m.Subsets {
		f.put(map[bool]string{true: " SUBSET ", false: ", "}[i == 0])
		f.ident(s.Name)
		f.put(" = ")
		f.names(s.Of)
	}
	for i, x := range m.Defines {
		f.put(map[bool]string{true: " DEFINE ", false: ", "}[i == 0])
		f.ident(x.Name)
		f.put(" AS ")
		f.expr(x.X)
	}
	f.put(")")
}

func (f *formatter) rowPattern(r *RowPattern) {
	between := map[string]string{"SEQUENCE": " ", "ALTERNATIVES": " | ", "PERMUTE": ", "}[r.Kind]
	open := map[string]string{"SEQUENCE": "(", "ALTERNATIVES": "(", "PERMUTE": "PERMUTE(", "EXCLUDED": "{- ", "EMPTY": "()", "START": "^", "END": "$"}[r.Kind]
	f.put(open)
	if r.Kind == "NAME" {
		f.ident(r.Name)
	}
	for i, part := range r.Parts {
		if i > 0 {
			f.put(between)
		}
		f.rowPattern(part)
	}
	switch r.Kind {
	case "SEQUENCE", "ALTERNATIVES", "PERMUTE":
		f.put(")")
	case "EXCLUDED":
		f.put(" -}")
	}
	if r.Min == 1 && r.Max == 1 {
		return
	}
	f.put("{", strconv.Itoa(r.Min), ",")
	if r.Max >= 0 {
		f.put(strconv.Itoa(r.Max))
	}
	f.put("}")
	if r.Reluctant {
		f.put("?")
	}
}
