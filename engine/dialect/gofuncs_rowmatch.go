package dialect

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Finding the matches of a row pattern. A pattern becomes a program for a machine
// that takes one row after the other; it comes to the function in Go as text, since
// a translation is all text:
//
//	L3     take a row that can be variable 3
//	S5,9   go on at 5, and where that leads nowhere at 9
//	J5     go on at 5
//	^ $    go on at the start, at the end of the partition
//	( )    from here on rows are left out of the output, and no longer are
//	M      a match

// maxProgram bounds the program of a pattern, maxLabels its variables: a row says in
// one integer which it can be.
const (
	maxProgram = 20000
	maxLabels  = 62
)

// patternCode collects a program.
type patternCode struct {
	lines []string
	label func(Name) int
	pos   Pos
}

func (c *patternCode) add(line string) int {
	if len(c.lines) >= maxProgram {
		panic(refuse(c.pos, "a row pattern of this size"))
	}
	c.lines = append(c.lines, line)
	return len(c.lines) - 1
}

// fork makes line i go on at first or, failing that, at second; a reluctant one turns
// the two round.
func (c *patternCode) fork(i, first, second int, reluctant bool) {
	if reluctant {
		first, second = second, first
	}
	c.lines[i] = fmt.Sprintf("S%d,%d", first, second)
}

// pattern adds what takes r as often as it may occur.
func (c *patternCode) pattern(r *RowPattern) {
	for range r.Min {
		c.once(r)
	}
	if r.Max < 0 {
		if once := (&RowPattern{Kind: r.Kind, Parts: r.Parts, Min: 1, Max: 1}); once.empty() {
			panic(refuse(r.pos, "a repetition of what may be no row"))
		}
		fork := c.add("")
		c.once(r)
		c.add("J" + strconv.Itoa(fork))
		c.fork(fork, fork+1, len(c.lines), r.Reluctant)
		return
	}
	var forks []int
	for range r.Max - r.Min {
		forks = append(forks, c.add(""))
		c.once(r)
	}
	for _, f := range forks {
		c.fork(f, f+1, len(c.lines), r.Reluctant)
	}
}

// empty says whether r can be no row at all.
func (r *RowPattern) empty() bool {
	some := func(p *RowPattern) bool { return !p.empty() }
	switch {
	case r.Min == 0:
		return true
	case r.Kind == "NAME":
		return false
	case r.Kind == "ALTERNATIVES":
		return slices.ContainsFunc(r.Parts, (*RowPattern).empty)
	}
	return !slices.ContainsFunc(r.Parts, some)
}

func (c *patternCode) once(r *RowPattern) {
	switch r.Kind {
	case "NAME":
		c.add("L" + strconv.Itoa(c.label(r.Name)))
	case "START":
		c.add("^")
	case "END":
		c.add("$")
	case "EXCLUDED":
		c.add("(")
		c.pattern(r.Parts[0])
		c.add(")")
	case "SEQUENCE":
		for _, part := range r.Parts {
			c.pattern(part)
		}
	case "ALTERNATIVES":
		c.alternatives(len(r.Parts), func(i int) { c.pattern(r.Parts[i]) })
	case "PERMUTE":
		orders := permutations(len(r.Parts), c.pos)
		c.alternatives(len(orders), func(i int) {
			for _, k := range orders[i] {
				c.pattern(r.Parts[k])
			}
		})
	}
}

func (c *patternCode) alternatives(n int, one func(int)) {
	var jumps []int
	for i := range n - 1 {
		fork := c.add("")
		one(i)
		jumps = append(jumps, c.add(""))
		c.fork(fork, fork+1, len(c.lines), false)
	}
	one(n - 1)
	for _, j := range jumps {
		c.lines[j] = "J" + strconv.Itoa(len(c.lines))
	}
}

// permutations gives the orders of n things, those first in which the first comes first.
func permutations(n int, p Pos) [][]int {
	if n > 7 {
		panic(refuse(p, "PERMUTE of more than seven parts"))
	}
	out := [][]int{nil}
	for range n {
		var longer [][]int
		for _, o := range out {
			for k := range n {
				if !slices.Contains(o, k) {
					longer = append(longer, append(slices.Clone(o), k))
				}
			}
		}
		out = longer
	}
	return out
}

// matched is a row of a match, packed into 63 bits: the match's number, from 1; the
// row's in its partition, from 1; whether it is left out of the output; its variable.
type matched int64

const (
	emptyMatch   = 255     // for a variable: the row at which an empty match is
	unmatchedRow = 254     // for a variable: the row is in no match
	maxRows      = 1 << 27 // of a partition
)

func packMatched(match, row int, excluded bool, label int) matched {
	m := matched(match)<<36 | matched(row)<<9 | matched(label)
	if excluded {
		m |= 1 << 8
	}
	return m
}

// patternFunctions are what MATCH_RECOGNIZE calls: match_rows(masks, program, after)
// gives the matches among the rows of a partition, in order. A mask has the bit of
// each variable that the row can be. after is where the search goes on: past, next, or
// first or last with the bits of variables; the word unmatched behind it asks for the
// rows in no match too.
func patternFunctions() []ScalarFunction {
	return []ScalarFunction{fn("match_rows", "BIGINT[],VARCHAR,VARCHAR,BIGINT[]", func(a []any) (any, error) {
		rows := a[0].([]any)
		if len(rows) >= maxRows {
			return nil, failed{"NOT_SUPPORTED", "a partition of so many rows in MATCH_RECOGNIZE is not supported by the local engine"}
		}
		m := &rowMatcher{masks: make([]int64, len(rows)), program: readProgram(a[1].(string))}
		for i, v := range rows {
			m.masks[i] = v.(int64)
		}
		return m.all(strings.Fields(a[2].(string)))
	})}
}

// instruction is a line of a program.
type instruction struct {
	op   byte
	a, b int
}

func readProgram(text string) []instruction {
	var out []instruction
	for line := range strings.SplitSeq(text, ";") {
		i := instruction{op: line[0]}
		a, b, _ := strings.Cut(line[1:], ",")
		i.a, _ = strconv.Atoi(a)
		i.b, _ = strconv.Atoi(b)
		out = append(out, i)
	}
	return out
}

// rowMatcher finds matches, the preferred one at each row: it goes the ways that a
// program has in their order, and none twice, for what can be taken from a row on
// depends on nothing that was taken before.
type rowMatcher struct {
	masks   []int64
	program []instruction
	seen    map[int64]struct{}
	stack   []choice
	trail   []step
}

// choice is a way still to be gone: from a line and a row, after so many steps.
type choice struct{ line, row, steps, depth int }

// step is a row that was taken as a variable.
type step struct {
	label    int
	excluded bool
}

// all gives all matches of a partition, one after the other.
func (m *rowMatcher) all(after []string) (any, error) {
	var out []any
	number, last := 0, -1
	unmatched := slices.Contains(after, "unmatched")
	for start := 0; start < len(m.masks); {
		switch {
		case !m.at(start):
			if unmatched && start > last {
				out = append(out, int64(packMatched(0, start+1, false, unmatchedRow)))
			}
			start++
			continue
		case len(m.trail) == 0:
			number++
			out = append(out, int64(packMatched(number, start+1, false, emptyMatch)))
			start++
			continue
		}
		number++
		for i, s := range m.trail {
			out = append(out, int64(packMatched(number, start+i+1, s.excluded, s.label)))
		}
		last = start + len(m.trail) - 1
		next, err := m.next(start, after)
		if err != nil {
			return nil, err
		}
		start = next
	}
	return out, nil
}

// next gives where the search goes on behind a match.
func (m *rowMatcher) next(start int, after []string) (int, error) {
	if after[0] == "past" {
		return start + len(m.trail), nil
	}
	if after[0] == "next" {
		return start + 1, nil
	}
	bits, _ := strconv.ParseInt(after[1], 10, 64)
	is := func(s step) bool { return bits>>s.label&1 == 1 }
	at := slices.IndexFunc(m.trail, is)
	if after[0] == "last" {
		for i, s := range m.trail {
			if is(s) {
				at = i
			}
		}
	}
	switch at {
	case -1:
		return 0, failed{"GENERIC_USER_ERROR", "AFTER MATCH SKIP failed: pattern variable is not present in match"}
	case 0:
		return 0, failed{"GENERIC_USER_ERROR", "AFTER MATCH SKIP failed: cannot skip to first row of match"}
	}
	return start + at, nil
}

// at says whether there is a match that begins at a row; its rows are then in trail.
func (m *rowMatcher) at(start int) bool {
	m.seen = map[int64]struct{}{}
	m.stack = append(m.stack[:0], choice{line: 0, row: start})
	for len(m.stack) > 0 {
		c := m.stack[len(m.stack)-1]
		m.stack = m.stack[:len(m.stack)-1]
		m.trail = m.trail[:c.steps]
		if m.follow(c) {
			return true
		}
	}
	m.trail = m.trail[:0]
	return false
}

// follow goes a way to its end, and says whether that is a match.
func (m *rowMatcher) follow(c choice) bool {
	for {
		key := int64(c.line)<<32 | int64(c.row)
		if _, ok := m.seen[key]; ok {
			return false
		}
		i := m.program[c.line]
		if i.op == 'S' || i.op == 'J' {
			m.seen[key] = struct{}{}
		}
		c.line++
		switch i.op {
		case 'L':
			if c.row >= len(m.masks) || m.masks[c.row]>>i.a&1 == 0 {
				return false
			}
			m.trail = append(m.trail, step{i.a, c.depth > 0})
			c.row++
			c.steps++
		case 'S':
			m.stack = append(m.stack, choice{i.b, c.row, c.steps, c.depth})
			c.line = i.a
		case 'J':
			c.line = i.a
		case '^':
			if c.row != 0 {
				return false
			}
		case '$':
			if c.row != len(m.masks) {
				return false
			}
		case '(':
			c.depth++
		case ')':
			c.depth--
		default:
			return true
		}
	}
}
