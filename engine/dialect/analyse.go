package dialect

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// analyser walks the tree once, from the inside out, and makes for every
// expression its type and its DuckDB text at the same time: the text depends on
// the types, and nothing else does. It fails by a panic with *Error.
type analyser struct {
	opt     Options
	level   int
	scans   []*scan
	ctes    []*cte
	names   map[string]int
	fieldID int
	pos     Pos // of the expression at hand, for refusals
	// kept are the queries whose ORDER BY decides the order of the answer. That
	// of others means nothing without a limit, and Trino drops it too.
	kept map[*Query]bool
	// trying counts the TRY around the expression at hand.
	trying int
	// outer counts the names that were found in a query around their own.
	outer int
	// filters counts those of them that stood in a WHERE, havings those in a
	// HAVING, unnested those in UNNEST, and deep those that were found beyond the
	// query that the nearest subquery stands in.
	filters, havings, unnested, deep, dropped int
	// within are the scopes in which the subqueries at hand stand, outermost first.
	within []*scope
	// strict are the subqueries for which no row and NULL come to the same.
	strict map[*SubqueryExpr]bool
	// lossy are conditions that equate a column by less than its value; see noteLossy.
	lossy map[Expr]bool
	// around are the queries in FROM that read a query around their own.
	around map[*Query]bool
	// matching counts the expressions of MATCH_RECOGNIZE around what is analysed.
	matching int
	// filtering are the IN of subqueries that a condition holds to be true.
	filtering map[*InQuery]bool
	// nan are the comparisons of a filter with what may be NaN.
	nan map[Expr]planNaN
	// misordered is the first ORDER BY of an aggregate of the query at hand that is not
	// among its DISTINCT arguments.
	misordered *Error
	// alone refuses the query at hand if it has another aggregate: up to Trino 475 a
	// count of distinct constants then counts all rows.
	alone *Error
	// inOrder says that all but the groups is right in the query at hand, so that the next
	// error is Trino's first.
	inOrder bool
	// reading are the terms of conditions that read a query around their own.
	reading map[Expr]bool
	// equating are the conditions of WHERE whose terms read the query around as = beside a
	// column alone, or not at all.
	equating map[Expr]bool
	// joinedOn are the queries of LATERAL that a condition joins.
	joinedOn map[*Query]bool
	// offered are those that columns of inner queries are true by.
	offered map[*InQuery]bool
	// inFilter counts the FILTER around: what NaN meets there depends on what else
	// the query aggregates.
	inFilter int
	// dry counts the passes that only check: their text is thrown away, and
	// they must leave no trace in scans.
	dry int
	// sorted is a call whose order nothing of the answer shows.
	sorted *Call
	// planning is the first error that Trino finds after its analysis.
	planning *Error
	// lazy are the columns that * of an inner query offers, by number: they are
	// left out of the text unless something marks them. See settle.
	lazy []*field
	// views are the views that are being expanded, outermost first.
	views []string
	// creating says that the first of views is about to be made.
	creating bool
	// joining is the condition, of a join or of WHERE, that is being analysed.
	// optional are the fields of the side that this join may do without.
	// residual says that its condition has keys to join by, and terms that can fail.
	joining  Expr
	optional []*field
	residual bool
	// sides are the two sides of the outer join whose condition is being analysed; nil
	// elsewhere.
	sides *joinSides
	// into is what an INSERT writes its rows to; nil for every other statement.
	into *target
}

// value is an expression that has been analysed.
type value struct {
	typ  Type
	code string // DuckDB text that binds tighter than any operator
	// text is the value of a string literal, number that of a number literal as
	// written.
	text   *string
	number string
	// constant says that no column is involved.
	constant bool
	pos      Pos
}

// field is a column that a name can stand for.
type field struct {
	id      int
	name    string   // in lower case; empty for a column without a name
	display string   // as it is shown
	quals   []string // what may stand before the name: t, or db.t, in lower case
	typ     Type
	code    string
	hidden  bool // reached by name but not by *
	src     *origin
	// scan and column say that f is read from a table; deps are the fields that
	// f stands for. marked says that f is needed: see mark.
	scan   *scan
	column string
	deps   []*field
	marked bool
	fixed  bool // one value, known before any row is read
}

// mark notes that f is needed, and with it what it stands for.
func (f *field) mark() {
	if f.marked {
		return
	}
	f.marked = true
	if f.scan != nil {
		f.scan.use(f.column)
	}
	for _, d := range f.deps {
		d.mark()
	}
}

// relation gives the name that f's relation has in DuckDB, without its last quote, where
// f is a column of one; all of its text where it is not.
func (f *field) relation() (name string, column bool) {
	name, _, column = strings.Cut(f.code, `"."`)
	return name, column
}

// scanned says whether f is of a table, itself or what it stands for.
func (f *field) scanned() bool {
	return f.scan != nil || slices.ContainsFunc(f.deps, (*field).scanned)
}

// origin says that a field is a partition column handed through unchanged.
type origin struct {
	sink   sink
	column string
}

// scope is what names mean in one part of a query.
type scope struct {
	parent *scope // the query around it
	fields []*field
	env    *env
	// output are the columns of the select list, which ORDER BY sees first.
	output []*field
	// agg is set while expressions behind a GROUP BY are analysed: a column is
	// then what became of it there.
	agg *aggregation
	// block is the query whose scope this is, for windows and aggregates.
	block *block
	// lambda says that the fields are parameters of a lambda.
	lambda bool
	// barred is the kind of a join whose LATERAL side may not name these columns.
	barred string
	// pattern is set inside MEASURES and DEFINE of a MATCH_RECOGNIZE.
	pattern *rowNames
}

// env is the named queries that a part of a query sees.
type env struct {
	parent *env
	name   string
	cte    *cte
}

func (e *env) find(name string) *cte {
	for ; e != nil; e = e.parent {
		if e.name == name {
			return e.cte
		}
	}
	return nil
}

// relation is a query or table with its columns. from is its text where FROM
// wants it.
type relation struct {
	from   string
	fields []*field
	joined bool   // from is a join, not one operand of it
	alias  string // quoted; where set, from is one table of that alias, and each field a column of it
	// whole is how many columns an UNNEST that made fields of rows would have with its
	// rows left whole; zero for any other.
	whole int
}

// unique gives a name for a relation that no other has.
func (a *analyser) unique(base string) string {
	base = strings.ToLower(base)
	if base == "" {
		base = "q"
	}
	a.names[base]++
	if n := a.names[base]; n > 1 {
		return fmt.Sprintf("%s~%d", base, n)
	}
	return base
}

func (a *analyser) newField(name string, typ Type, code string) *field {
	a.fieldID++
	typ = a.modern(typ)
	return &field{id: a.fieldID, name: strings.ToLower(name), display: name, typ: typ, code: code}
}

// maxCode bounds the text that is made of one statement.
const maxCode = 1 << 20

// checkCode refuses a statement whose translation grows beyond reason.
func (a *analyser) checkCode(p Pos, code string) string {
	if len(code) > maxCode {
		panic(errorAt(p, "QUERY_TEXT_TOO_LARGE", "the translation of this expression is too long").
			hint("give its parts names in a WITH clause"))
	}
	return code
}

// fixed says whether x, which is v, is a constant or a column that is one.
func (s *scope) fixed(x Expr, v value) bool {
	if name := dotted(x); name != nil && len(name) <= 3 {
		f, _ := s.find(name, x.Pos())
		return f != nil && f.fixed
	}
	return v.constant
}

// find resolves a name of one to three parts. It gives nil if nothing has it.
func (s *scope) find(parts []string, p Pos) (*field, *scope) {
	for sc := s; sc != nil; sc = sc.parent {
		if len(parts) == 1 {
			if f := pick(sc.output, parts, p); f != nil {
				return f, sc
			}
		} else if pick(sc.output, parts[:1], p) != nil {
			return nil, nil // x.c in ORDER BY is a field of what SELECT calls x
		}
		if f := pick(sc.fields, parts, p); f != nil {
			return f, sc
		}
		// A column of this query, named by the beginning, hides what a query around
		// it has of the whole name: t.x is then a field of the column t.
		for n := len(parts) - 1; n > 0; n-- {
			if pick(sc.fields, parts[:n], p) != nil {
				return nil, nil
			}
		}
	}
	return nil, nil
}

// pick gives the one field that parts name, fails if there are several.
func pick(fields []*field, parts []string, p Pos) *field {
	var found *field
	for _, f := range fields {
		if parts[0] == f.number() {
			return f
		}
		if f.name == "" || f.name != parts[len(parts)-1] || !f.under(parts[:len(parts)-1]) {
			continue
		}
		if found != nil {
			panic(errorAt(p, "AMBIGUOUS_NAME", "Column '%s' is ambiguous", strings.Join(parts, ".")))
		}
		found = f
	}
	return found
}

// number is a name that no query can write and only f has.
func (f *field) number() string { return "\x00" + strconv.Itoa(f.id) }

// under says whether f can be named with the qualifier q.
func (f *field) under(q []string) bool {
	if len(q) > len(f.quals) {
		return false
	}
	for i := range q {
		if f.quals[len(f.quals)-len(q)+i] != q[i] {
			return false
		}
	}
	return true
}

// suggest gives the nearest of names to name, for a hint.
func suggest(name string, names []string) string {
	best, bestDist := "", len(name)/3+1
	for _, n := range names {
		if d := editDistance(strings.ToLower(name), strings.ToLower(n)); d <= bestDist && (best == "" || d < bestDist) {
			best, bestDist = n, d
		}
	}
	return best
}

func editDistance(a, b string) int {
	prev := make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur := []int{i}
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur = append(cur, min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost))
		}
		prev = cur
	}
	return prev[len(b)]
}

// cannot is refuse at the expression at hand.
func (a *analyser) cannot(format string, args ...any) *Error {
	return refuse(a.pos, fmt.Sprintf(format, args...))
}
