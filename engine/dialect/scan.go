package dialect

import (
	"slices"
	"strings"
)

// Partition pruning. A predicate that reads only partition columns of one scan
// is handed to that scan, so that objects it rules out are never opened. It stays
// in the query too: what is handed on need only be necessary.

// sink takes predicates over the partition columns of a scan.
type sink interface {
	add(predicate string)
}

// scan is one mention of a table.
type scan struct {
	relation string
	tab      *Table
	used     map[string]bool // data columns that are read
	path     bool
	listing  bool     // the rows are the table's partitions
	hidden   []string // hidden columns that are read beside $path
	filters  []string
}

// hiddenNames are the hidden columns of a table; the last one only a partitioned
// table has.
var hiddenNames = [...]string{"$path", "$file_size", "$file_modified_time", "$partition"}

// HiddenType gives the type of a hidden column.
func HiddenType(name string) Type {
	switch name {
	case "$file_size":
		return tBigInt
	case "$file_modified_time":
		return timestampTZ(3, "UTC")
	}
	return tVarchar
}

// use notes that a column is read.
func (s *scan) use(column string) {
	switch {
	case column == "$path":
		s.path = true
	case strings.HasPrefix(column, "$"):
		if !slices.Contains(s.hidden, column) {
			s.hidden = append(s.hidden, column)
		}
	default:
		s.used[column] = true
	}
}

func (s *scan) add(predicate string) {
	if !slices.Contains(s.filters, predicate) {
		s.filters = append(s.filters, predicate)
	}
}

// cte is a named query. Its predicates from outside may only be handed in if all
// who read it have some: then their disjunction is necessary.
type cte struct {
	name  string // as written, in lower case
	alias string // in the DuckDB text
	sql   string
	rel   *relation
	// readers are the mentions, each with what it would hand in, by sink inside.
	readers []map[sink]*reader
}

// reader is a mention of a named query, as a sink.
type reader struct {
	inner   sink
	filters []string
}

func (r *reader) add(predicate string) {
	if !slices.Contains(r.filters, predicate) {
		r.filters = append(r.filters, predicate)
	}
}

// handIn gives what the readers of c agree on to the sinks inside it.
func (c *cte) handIn() {
	if len(c.readers) == 0 {
		return
	}
	for inner := range c.readers[0] {
		var either []string
		for _, m := range c.readers {
			r := m[inner]
			if r == nil || len(r.filters) == 0 {
				either = nil
				break
			}
			if all := strings.Join(r.filters, " AND "); !slices.Contains(either, all) {
				either = append(either, all)
			}
		}
		switch len(either) {
		case 0:
		case 1:
			inner.add(either[0])
		default:
			inner.add("((" + strings.Join(either, ") OR (") + "))")
		}
	}
}

// prune hands the conjuncts of a predicate to the scans they concern. safe says
// whether a field's rows may be dropped when the predicate is not true for them.
func (a *analyser) prune(x Expr, sc *scope, safe func(*field) bool) {
	if a.dry > 0 || x == nil {
		return
	}
	if l, ok := x.(*Logic); ok && l.Op == "AND" {
		for _, t := range l.Terms {
			a.prune(t, sc, safe)
		}
		return
	}
	p := pruner{a: a, sc: sc}
	if !p.predicate(x) || p.sink == nil {
		return
	}
	for _, f := range p.fields {
		if !safe(f) {
			return
		}
	}
	// Analyse it once more with the bare partition columns in place.
	saved := make([]string, len(p.fields))
	for i, f := range p.fields {
		saved[i], f.code = f.code, quoteName(f.src.column)
	}
	code := a.expr(x, sc).code
	for i, f := range p.fields {
		f.code = saved[i]
	}
	p.sink.add(code)
}

// pruner looks whether a predicate can be handed to a scan: comparisons, IN and
// BETWEEN of its partition columns with literals, and AND, OR, NOT of such. All
// of these are false or NULL for a row of NULLs, so that an outer join above the
// scan does not matter.
type pruner struct {
	a      *analyser
	sc     *scope
	sink   sink
	fields []*field
}

func (p *pruner) predicate(x Expr) bool {
	switch x := x.(type) {
	case *Logic:
		for _, t := range x.Terms {
			if !p.predicate(t) {
				return false
			}
		}
		return true
	case *Not:
		return p.predicate(x.X)
	case *Compare:
		return !strings.Contains(x.Op, "DISTINCT") && (p.column(x.L) && literal(x.R) || literal(x.L) && p.column(x.R))
	case *Between:
		return p.column(x.X) && literal(x.Lo) && literal(x.Hi)
	case *InList:
		return p.column(x.X) && !slices.ContainsFunc(x.List, func(e Expr) bool { return !literal(e) })
	}
	return false
}

// column says whether x is a partition column of the one scan concerned.
func (p *pruner) column(x Expr) bool {
	parts := dotted(x)
	if parts == nil {
		return false
	}
	f, sc := p.sc.find(parts, x.Pos())
	if f == nil || sc != p.sc || f.src == nil || p.sink != nil && p.sink != f.src.sink {
		return false
	}
	p.sink = f.src.sink
	if !slices.Contains(p.fields, f) {
		p.fields = append(p.fields, f)
	}
	return true
}

// literal says whether x is made of literals alone.
func literal(x Expr) bool {
	switch x := x.(type) {
	case *NumberLit, *StringLit, *BoolLit:
		return true
	case *TypedLit:
		return strings.EqualFold(x.Type, "date") || strings.EqualFold(x.Type, "bigint") || strings.EqualFold(x.Type, "integer")
	case *Unary:
		return literal(x.X)
	case *Cast:
		return literal(x.X) && !x.Safe && (x.Type.Base == "integer" || x.Type.Base == "bigint" || x.Type.Base == "varchar" || x.Type.Base == "int")
	}
	return false
}

// dotted gives the parts of a name in lower case; nil if x is none.
func dotted(x Expr) []string {
	switch x := x.(type) {
	case *Ident:
		if x.field != nil {
			return []string{x.field.number()}
		}
		return []string{strings.ToLower(x.Name.Text)}
	case *Deref:
		if base := dotted(x.Base); base != nil {
			return append(base, strings.ToLower(x.Field.Text))
		}
	}
	return nil
}
