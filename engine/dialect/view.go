package dialect

import (
	"fmt"
	"slices"
	"strings"
)

// Views. A view keeps its query as it was written and the columns it had then;
// whoever reads it has the query analysed again, and Trino's errors where that
// does not give these columns any more.

func (u *planner) createView(c *CreateView) *Plan {
	q := u.resolve(c.Name)
	a := u.session()
	if c.Replace {
		a.views = []string{q.String()}
		a.creating = true
	}
	tr, err := a.translation(c.Query)
	if err != nil {
		panic(err)
	}
	checkColumns(c.Pos, tr.Columns)
	u.needDatabase(q)
	switch t := u.find(q); {
	case t == nil:
	case t.View == "":
		panic(errorAt(c.Pos, "TABLE_ALREADY_EXISTS", "Table already exists: '%s'", q))
	case !c.Replace:
		panic(errorAt(c.Pos, "TABLE_ALREADY_EXISTS", "View already exists: '%s'", q))
	}
	plan := &Plan{Pos: c.Pos, What: "CREATE VIEW", Statement: c, Effect: true}
	for _, col := range tr.Columns {
		plan.Columns = append(plan.Columns, Column{Name: strings.ToLower(col.Name), Type: col.Type})
	}
	plan.Table = &Table{Database: q.database, Name: q.name, Comment: c.Comment, Columns: plan.Columns, View: c.Text, ViewDatabase: strings.ToLower(u.opt.Database)}
	return plan
}

// view makes a relation of a mention of a view at p.
func (a *analyser) view(t *Table, p Pos) *relation {
	name := qualified{a.catalogName(), t.Database, t.Name}.String()
	if slices.Contains(a.views, name) {
		if a.creating {
			panic(errorAt(p, "VIEW_IS_RECURSIVE", "Statement would create a recursive view"))
		}
		panic(errorAt(p, "VIEW_IS_RECURSIVE", "View is recursive"))
	}
	q, err := parseStatement(t.View, Options{Level: a.level, Doubles: a.opt.Doubles, WholeRows: a.opt.WholeRows})
	stored, ok := q.(*QueryStatement)
	if err != nil || !ok {
		panic(errorAt(p, "INVALID_VIEW", "Failed parsing stored view '%s': %s", name, messageOf(err)))
	}
	res := a.expand(t, stored.Query, name, p)
	if len(res.cols) != len(t.Columns) {
		panic(stale(p, name, "stored view column count (%d) does not match column count derived from the view query analysis (%d)", len(t.Columns), len(res.cols)))
	}
	alias := quoteName(a.unique(t.Name))
	out := &relation{from: "(" + res.sql + ") AS " + alias}
	for i, c := range res.cols {
		want := t.Columns[i]
		switch {
		case c.name == "":
			panic(stale(p, name, "a column of type %s projected from query view at position %d has no name", c.typ, i))
		case !strings.EqualFold(c.name, want.Name):
			panic(stale(p, name, "column [%s] of type %s projected from query view at position %d has a different name from column [%s] of type %s stored in view definition", c.name, c.typ, i, want.Name, want.Type))
		}
		v := value{typ: c.typ, code: alias + "." + quoteName(c.code), pos: p}
		if !sameType(c.typ, want.Type) {
			if !readable(c.typ, want.Type) {
				panic(stale(p, name, "column [%s] of type %s projected from query view at position %d cannot be coerced to column [%s] of type %s stored in view definition", c.name, c.typ, i, want.Name, want.Type))
			}
			v = a.stored(v, want.Type)
		}
		f := a.newField(want.Name, v.typ, v.code)
		f.quals, f.deps = []string{a.catalogName(), t.Database, strings.ToLower(t.Name)}, c.deps
		if v.code == alias+"."+quoteName(c.code) {
			f.src = c.src
		}
		out.fields = append(out.fields, f)
	}
	return out
}

// expand analyses the query of a view in its own database.
func (a *analyser) expand(t *Table, q *Query, name string, p Pos) (res *result) {
	database := a.opt.Database
	a.opt.Database = t.ViewDatabase
	a.views = append(a.views, name)
	defer func() {
		a.opt.Database = database
		a.views = a.views[:len(a.views)-1]
		switch e := recover().(type) {
		case nil:
		case *Error:
			if e.Ours || e.Name == "STACK_OVERFLOW" || e.Name == "QUERY_TEXT_TOO_LARGE" {
				panic(e)
			}
			panic(errorAt(p, "INVALID_VIEW", "Failed analyzing stored view '%s': %s", name, e.Message))
		default:
			panic(e)
		}
	}()
	return a.query(q, nil, nil)
}

func messageOf(err error) string {
	if e, ok := err.(*Error); ok {
		return e.Message
	}
	return fmt.Sprint(err)
}

func stale(p Pos, name, format string, args ...any) *Error {
	return errorAt(p, "VIEW_IS_STALE", "View '%s' is stale or in invalid state: %s", name, fmt.Sprintf(format, args...)).
		hint("make it again with CREATE OR REPLACE VIEW")
}

// sameType says whether a view's column still has its type; a zone is no part of
// what is stored.
func sameType(t, u Type) bool { return t.String() == u.String() }

// readable says whether values of type t can be read as a view's column: text fits a
// longer text, a number any number.
func readable(t, u Type) bool {
	if t.Kind == Varchar && u.Kind == Varchar {
		return u.Precision == Unbounded || t.Precision != Unbounded && t.Precision <= u.Precision
	}
	return storable(t, u)
}
