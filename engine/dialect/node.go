package dialect

import "strings"

// The tree of a query. Nodes are made by the parser and never changed after.
// Every node has the position at which Trino reports an error about it: for a
// binary operator that is the operator, else the first token.

// Node is a part of the tree.
type Node interface{ Pos() Pos }

type at struct{ pos Pos }

func (a at) Pos() Pos { return a.pos }

// Expr is an expression.
type Expr interface {
	Node
	expr()
}

type exprAt struct{ at }

func (exprAt) expr() {}

// Name is an identifier; Text keeps its case.
type Name struct {
	at
	Text   string
	Quoted bool
}

// canonical gives the name as SQL has it: in capitals where it stands in no quotes.
func (n Name) canonical() string {
	if n.Quoted {
		return n.Text
	}
	return strings.ToUpper(n.Text)
}

// written gives the name as it stands in the text, with its quotes.
func (n Name) written() string {
	if n.Quoted {
		return quoteName(n.Text)
	}
	return n.Text
}

// QName is a name of up to three parts.
type QName []Name

func (q QName) Pos() Pos { return q[0].pos }

// Literals.
type (
	// NullLit is NULL.
	NullLit struct{ exprAt }
	// BoolLit is TRUE or FALSE.
	BoolLit struct {
		exprAt
		Value bool
	}
	// NumberLit is an integer, decimal or double literal, by Kind.
	NumberLit struct {
		exprAt
		Kind tokenKind
		Text string // in decimal digits without separators
		Raw  string // as written
	}
	// StringLit is 'x' or U&'x'.
	StringLit struct {
		exprAt
		Value string
	}
	// BinaryLit is X'00ff': Value has the bytes.
	BinaryLit struct {
		exprAt
		Value []byte
	}
	// TypedLit is a type's name before a string: DATE '2025-08-11'.
	TypedLit struct {
		exprAt
		Type  string
		Value string
	}
	// IntervalLit is INTERVAL '1' DAY.
	IntervalLit struct {
		exprAt
		Negative bool
		Value    string
		From, To string // unit names in upper case; To empty for a single unit
	}
	// Param is ?.
	Param struct {
		exprAt
		Index int
	}
)

// Names and parts of values.
type (
	// Ident is a name used as an expression.
	Ident struct {
		exprAt
		Name Name
		// field is the column itself, where no name tells it from others.
		field *field
	}
	// Deref is Base.Field: a qualified column or a field of a row.
	Deref struct {
		exprAt
		Base  Expr
		Field Name
	}
	// Subscript is Base[Index].
	Subscript struct {
		exprAt
		Base, Index Expr
	}
)

// Operators.
type (
	// Binary is an arithmetic operator or ||.
	Binary struct {
		exprAt
		Op   string
		L, R Expr
	}
	// Unary is + or - before a value.
	Unary struct {
		exprAt
		Op string
		X  Expr
	}
	// Compare is = <> < <= > >= or IS [NOT] DISTINCT FROM, by Op.
	Compare struct {
		exprAt
		Op   string // "IS DISTINCT FROM" and "IS NOT DISTINCT FROM" too
		L, R Expr
	}
	// Logic is AND or OR over two or more terms.
	Logic struct {
		exprAt
		Op    string
		Terms []Expr
	}
	// Not is NOT X.
	Not struct {
		exprAt
		X Expr
	}
	// Between is X BETWEEN Lo AND Hi; Symmetric says that Lo and Hi may change places.
	Between struct {
		exprAt
		X, Lo, Hi Expr
		Symmetric bool
	}
	// InList is X IN (a, b).
	InList struct {
		exprAt
		X    Expr
		List []Expr
	}
	// InQuery is X IN (SELECT ...).
	InQuery struct {
		exprAt
		X     Expr
		Query *Query
	}
	// Like is X LIKE Pattern ESCAPE Escape.
	Like struct {
		exprAt
		X, Pattern, Escape Expr
	}
	// IsNull is X IS NULL.
	IsNull struct {
		exprAt
		X Expr
		// Negated makes it IS NOT NULL.
		Negated bool
	}
	// BooleanTest is X IS [NOT] Word, where Word is TRUE, FALSE or UNKNOWN.
	BooleanTest struct {
		exprAt
		X       Expr
		Word    string
		Negated bool
	}
	// Overlaps is L OVERLAPS R, of periods.
	Overlaps struct {
		exprAt
		L, R Expr
	}
	// Quantified is X op ALL|ANY|SOME (SELECT ...).
	Quantified struct {
		exprAt
		Op, Quantifier string
		X              Expr
		Query          *Query
	}
	// Exists is EXISTS (SELECT ...).
	Exists struct {
		exprAt
		Query *Query
	}
	// SubqueryExpr is a scalar subquery.
	SubqueryExpr struct {
		exprAt
		Query *Query
	}
	// AtZone is X AT TIME ZONE Zone.
	AtZone struct {
		exprAt
		X, Zone Expr
	}
)

// Forms with a grammar of their own.
type (
	// Case is CASE; Operand is nil for the searched form.
	Case struct {
		exprAt
		Operand Expr
		Whens   []When
		Else    Expr
	}
	// When is one WHEN of a Case.
	When struct {
		at
		Cond, Result Expr
	}
	// Cast is CAST or TRY_CAST.
	Cast struct {
		exprAt
		X    Expr
		Type TypeName
		Safe bool
	}
	// ArrayLit is ARRAY[a, b].
	ArrayLit struct {
		exprAt
		Items []Expr
	}
	// RowLit is (a, b) or ROW(a, b). Names has the names of fields, nil for one that
	// has none; it is nil where no field has one.
	RowLit struct {
		exprAt
		Items []Expr
		Names []*Name
	}
	// LambdaExpr is (a, b) -> Body.
	LambdaExpr struct {
		exprAt
		Params []Name
		Body   Expr
	}
	// Extract is EXTRACT(Field FROM X).
	Extract struct {
		exprAt
		Field Name
		X     Expr
	}
	// Current is CURRENT_DATE and its kin; Precision is -1 where not given.
	Current struct {
		exprAt
		Name      string
		Precision int
	}
	// Trim is TRIM(Spec Chars FROM X); Spec is BOTH, LEADING or TRAILING.
	Trim struct {
		exprAt
		Spec     string
		Chars, X Expr
	}
	// Overlay is OVERLAY(X PLACING New FROM Start FOR Length); Length is nil where it
	// is not written.
	Overlay struct {
		exprAt
		X, New, Start, Length Expr
	}
	// GroupingCall is GROUPING(a, b).
	GroupingCall struct {
		exprAt
		Args []Expr
	}
	// Special is a construct that is parsed to be refused by its name.
	Special struct {
		exprAt
		What string
		Text string
	}
	// Call is a function call, aggregate and window functions included.
	Call struct {
		exprAt
		Name   QName
		Args   []Expr
		Star   bool  // count(*)
		StarOf *Name // count(a.*), of the rows of a pattern
		// Given is the first argument's name in f(name => value); nil for none.
		Given *Name
		// Mode is FINAL or RUNNING, of the rows of a pattern; pattern says that the
		// call is made for a MATCH_RECOGNIZE, which has a window of its own.
		Mode     string
		pattern  bool
		Distinct bool
		OrderBy  []SortItem
		Filter   Expr
		Nulls    string // "IGNORE" or "RESPECT" before OVER, or empty
		Over     *Window
		// Overflow is listagg's ON OVERFLOW clause as written; empty for none.
		Overflow string
	}
)

// Window is OVER: a name, or a specification that may begin from one.
type Window struct {
	at
	Name      *Name // OVER w
	Base      *Name // OVER (w ...)
	Partition []Expr
	OrderBy   []SortItem
	OrderAt   Pos // of ORDER
	Frame     *Frame
	named     windowParts // what a WINDOW clause gave
}

// windowParts says of each part of a window whether something holds.
type windowParts struct{ partition, order, frame bool }

// Frame is the frame of a window.
type Frame struct {
	at
	Unit       string // ROWS, RANGE, GROUPS
	Start, End *Bound // End is nil without BETWEEN
}

// Bound is an end of a frame: UNBOUNDED PRECEDING, CURRENT ROW, PRECEDING and so
// on by Kind; Value is set for n PRECEDING and n FOLLOWING.
type Bound struct {
	at
	Kind  string
	Value Expr
}

// SortItem is one item of ORDER BY.
type SortItem struct {
	at
	X     Expr
	Desc  bool
	Nulls string // FIRST, LAST or empty
}

// TypeName is a type as written: Base in lower case, with arguments that are
// numbers or types.
type TypeName struct {
	at
	Base     string // in lower case
	Written  string // Base as it was written, in its quotes if it had any
	Args     []TypeArg
	WithZone bool
}

// TypeArg is a number, or a type with a field's name where there is one.
type TypeArg struct {
	Number int
	IsType bool
	Field  *Name
	Type   TypeName
}

// Query is a query with its WITH, ORDER BY and limits.
type Query struct {
	at
	With    *With
	Body    Body
	OrderBy []SortItem
	Offset  Expr
	// Limit is LIMIT or FETCH's count; LimitAll is LIMIT ALL.
	Limit    Expr
	LimitAll bool
	// Fetch says that Limit was written FETCH FIRST; Ties is WITH TIES.
	Fetch, Ties bool
	LimitPos    Pos
	// OrderPos and OffsetPos are where their clauses begin.
	OrderPos, OffsetPos Pos
}

// With is a WITH clause.
type With struct {
	at
	Recursive bool
	Items     []CTE
}

// CTE is one named query.
type CTE struct {
	at
	Name    Name
	Columns []Name
	Query   *Query
}

// Body is a SELECT, VALUES, TABLE, a set operation or a query in parentheses.
type Body interface {
	Node
	body()
}

type bodyAt struct{ at }

func (bodyAt) body() {}

type (
	// SetOp is UNION, INTERSECT or EXCEPT.
	SetOp struct {
		bodyAt
		Op            string
		All, Distinct bool // as written
		// Corresponding joins columns by name; By says that it lists them.
		Corresponding, By bool
		L, R              Body
	}
	// Values is VALUES a, b.
	Values struct {
		bodyAt
		Rows []Expr
	}
	// TableBody is TABLE name.
	TableBody struct {
		bodyAt
		Name QName
	}
	// Nested is a query in parentheses.
	Nested struct {
		bodyAt
		Query *Query
	}
	// Select is SELECT ... FROM ...
	Select struct {
		bodyAt
		Distinct bool
		Items    []SelectItem
		From     Relation // nil without FROM
		Where    Expr
		GroupBy  *GroupBy
		Having   Expr
		Windows  []NamedWindow
	}
)

// SelectItem is an expression with an alias, or a star.
type SelectItem struct {
	at
	X       Expr // nil for *
	Alias   *Name
	Star    bool
	Base    Expr   // t.*
	Aliases []Name // t.* AS (a, b)
}

// NamedWindow is one item of WINDOW.
type NamedWindow struct {
	at
	Name   Name
	Window *Window
}

// GroupBy is GROUP BY.
type GroupBy struct {
	at
	Distinct bool
	Items    []GroupItem
}

// GroupItem is one grouping element: Kind is empty, ROLLUP, CUBE or GROUPING SETS.
type GroupItem struct {
	at
	Kind string
	Sets [][]Expr
	At   []Pos // where each of Sets begins
}

// Relation is what FROM names.
type Relation interface {
	Node
	relation()
}

type relAt struct{ at }

func (relAt) relation() {}

type (
	// TableRef is a table's name.
	TableRef struct {
		relAt
		Name QName
	}
	// Derived is a subquery, LATERAL or not.
	Derived struct {
		relAt
		Query   *Query
		Lateral bool
	}
	// Unnest is UNNEST(a, b) WITH ORDINALITY.
	Unnest struct {
		relAt
		Args       []Expr
		Ordinality bool
	}
	// Aliased gives a relation another name.
	Aliased struct {
		relAt
		X       Relation
		Alias   Name
		Columns []Name
	}
	// Sampled is TABLESAMPLE.
	Sampled struct {
		relAt
		X       Relation
		Method  string
		Percent Expr
	}
	// Join is a join; Kind is CROSS, INNER, LEFT, RIGHT, FULL or IMPLICIT.
	Join struct {
		relAt
		Kind    string
		Natural bool
		L, R    Relation
		On      Expr
		Using   []Name
	}
)
