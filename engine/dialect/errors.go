package dialect

import "fmt"

// Error is a statement refused, or failed while it ran: Trino's name and text,
// and a hint of ours.
type Error struct {
	Name    string // Trino's error name: SYNTAX_ERROR, COLUMN_NOT_FOUND, DIVISION_BY_ZERO
	Message string // with "line 1:8: " in front where there is a position
	Line    int    // from 1; zero where there is no position
	Column  int    // from 1, in characters
	Hint    string // what to write instead; empty where there is nothing to say
	// Ours says that Athena accepts the statement: it is this translator that
	// cannot answer it, and does not guess.
	Ours bool
}

func (e *Error) Error() string { return e.Name + ": " + e.Message }

// Pos is a place in a statement, both from 1; the column counts characters.
type Pos struct{ Line, Column int }

func (p Pos) String() string { return fmt.Sprintf("line %d:%d", p.Line, p.Column) }

// errorAt makes an Error of Trino's at p.
func errorAt(p Pos, name, format string, args ...any) *Error {
	if p == (Pos{}) {
		return &Error{Name: name, Message: fmt.Sprintf(format, args...)}
	}
	return &Error{Name: name, Message: p.String() + ": " + fmt.Sprintf(format, args...), Line: p.Line, Column: p.Column}
}

// refuse makes an Error that says what the translator does not know.
func refuse(p Pos, what string) *Error {
	e := errorAt(p, "NOT_SUPPORTED", "%s is not supported by the local engine", what)
	e.Hint, e.Ours = "Athena accepts this; run it there", true
	return e
}

// hint adds advice to e.
func (e *Error) hint(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}
