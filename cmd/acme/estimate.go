package main

import (
	"strconv"
	"strings"

	"acme/telemetry/engine/dialect"
)

// A scan's filter is a predicate over partition columns, in DuckDB's words. Before a
// statement runs nobody asks DuckDB, so what of the filter is simple is decided here,
// and the rest is "cannot tell": such a partition counts, and the sum is a bound.

// verdict is what a predicate is for one partition.
type verdict uint8

const (
	cannotTell verdict = iota
	isTrue
	isFalse // or NULL: the partition's rows do not count
)

// partitionPredicate decides a filter for partitions, one after another.
type partitionPredicate struct {
	toks   []string
	at     int
	values map[string]string
	types  map[string]dialect.Kind
}

// newPartitionPredicate reads a scan's filter; an empty one is true.
func newPartitionPredicate(s dialect.Scan) *partitionPredicate {
	p := &partitionPredicate{toks: filterTokens(s.Filter), types: map[string]dialect.Kind{}}
	for _, c := range s.Table.Partitions {
		p.types[c.Name] = c.Type.Kind
	}
	return p
}

// decide gives the verdict for a partition by its values.
func (p *partitionPredicate) decide(values map[string]string) verdict {
	if len(p.toks) == 0 {
		return isTrue
	}
	p.at, p.values = 0, values
	v := p.or()
	if p.at < len(p.toks) {
		return cannotTell
	}
	return v
}

// filterTokens cuts a filter into quoted names, texts, numbers, words and signs.
func filterTokens(s string) []string {
	var out []string
	for i := 0; i < len(s); {
		n := 1
		switch c := s[i]; {
		case c == ' ' || c == '\n':
			i++
			continue
		case c == '"' || c == '\'':
			for i+n < len(s) && (s[i+n] != c || i+n+1 < len(s) && s[i+n+1] == c) {
				if s[i+n] == c {
					n++
				}
				n++
			}
			n++
		case isFilterWord(c):
			for i+n < len(s) && (isFilterWord(s[i+n]) || s[i+n] == '.') {
				n++
			}
		case strings.HasPrefix(s[i:], "<>"), strings.HasPrefix(s[i:], "<="), strings.HasPrefix(s[i:], ">="), strings.HasPrefix(s[i:], "!="), strings.HasPrefix(s[i:], "::"):
			n = 2
		}
		n = min(n, len(s)-i)
		out = append(out, s[i:i+n])
		i += n
	}
	return out
}

func isFilterWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

func (p *partitionPredicate) peek() string {
	if p.at < len(p.toks) {
		return p.toks[p.at]
	}
	return ""
}

func (p *partitionPredicate) take(tok string) bool {
	if strings.EqualFold(p.peek(), tok) && p.at < len(p.toks) {
		p.at++
		return true
	}
	return false
}

func (p *partitionPredicate) or() verdict {
	v := p.and()
	for p.take("OR") {
		switch w := p.and(); {
		case v == isTrue || w == isTrue:
			v = isTrue
		case v == cannotTell || w == cannotTell:
			v = cannotTell
		}
	}
	return v
}

func (p *partitionPredicate) and() verdict {
	v := p.term()
	for p.take("AND") {
		switch w := p.term(); {
		case v == isFalse || w == isFalse:
			v = isFalse
		case v == cannotTell || w == cannotTell:
			v = cannotTell
		}
	}
	return v
}

// term is a comparison or a group. What it cannot read it passes over up to where the
// term ends, and cannot tell.
func (p *partitionPredicate) term() verdict {
	from := p.at
	if p.take("(") {
		v := p.or()
		if p.take(")") && p.ends() {
			return v
		}
		p.at = from
		p.skip()
		return cannotTell
	}
	if v, ok := p.comparison(); ok && p.ends() {
		return v
	}
	p.at = from
	p.skip()
	return cannotTell
}

// ends says whether a term is over here.
func (p *partitionPredicate) ends() bool {
	t := p.peek()
	return t == "" || t == ")" || strings.EqualFold(t, "AND") || strings.EqualFold(t, "OR")
}

// skip passes over a term.
func (p *partitionPredicate) skip() {
	depth := 0
	for p.at < len(p.toks) {
		switch t := p.toks[p.at]; {
		case t == "(":
			depth++
		case t == ")" && depth == 0:
			return
		case t == ")":
			depth--
		case depth == 0 && (strings.EqualFold(t, "AND") || strings.EqualFold(t, "OR")):
			return
		}
		p.at++
	}
}

// comparison is column op literal, or column IN (literals).
func (p *partitionPredicate) comparison() (verdict, bool) {
	name := p.peek()
	if len(name) < 2 || name[0] != '"' {
		return cannotTell, false
	}
	name = strings.ReplaceAll(name[1:len(name)-1], `""`, `"`)
	value, known := p.values[name]
	if !known {
		return cannotTell, false
	}
	p.at++
	if p.take("IN") {
		if !p.take("(") {
			return cannotTell, false
		}
		found := false
		for {
			n, ok := p.compare(name, value)
			if !ok {
				return cannotTell, false
			}
			found = found || n == 0
			if p.take(")") {
				return verdictOf(found), true
			}
			if !p.take(",") {
				return cannotTell, false
			}
		}
	}
	op := p.peek()
	p.at++
	n, ok := p.compare(name, value)
	if !ok {
		return cannotTell, false
	}
	switch op {
	case "=":
		return verdictOf(n == 0), true
	case "<>", "!=":
		return verdictOf(n != 0), true
	case "<":
		return verdictOf(n < 0), true
	case "<=":
		return verdictOf(n <= 0), true
	case ">":
		return verdictOf(n > 0), true
	case ">=":
		return verdictOf(n >= 0), true
	}
	return cannotTell, false
}

func verdictOf(holds bool) verdict {
	if holds {
		return isTrue
	}
	return isFalse
}

// compare takes a literal and compares the partition's value with it: whole numbers
// with whole numbers, texts with texts, and nothing else.
func (p *partitionPredicate) compare(name, value string) (int, bool) {
	lit := p.peek()
	p.at++
	neg := lit == "-"
	if neg {
		lit = p.peek()
		p.at++
	}
	switch kind := p.types[name]; {
	case lit == "":
		return 0, false
	case kind == dialect.TinyInt, kind == dialect.SmallInt, kind == dialect.Integer, kind == dialect.BigInt:
		a, err1 := strconv.ParseInt(value, 10, 64)
		b, err2 := strconv.ParseInt(lit, 10, 64)
		if neg {
			b = -b
		}
		switch {
		case err1 != nil || err2 != nil:
			return 0, false
		case a < b:
			return -1, true
		case a > b:
			return 1, true
		}
		return 0, true
	case kind == dialect.Varchar && lit[0] == '\'' && !neg && len(lit) >= 2:
		return strings.Compare(value, strings.ReplaceAll(lit[1:len(lit)-1], "''", "'")), true
	}
	return 0, false
}
