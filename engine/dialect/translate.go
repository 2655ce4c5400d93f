package dialect

import "strings"

// Translate gives DuckDB SQL that answers as Athena does, or an *Error that says
// where and why not. It is safe for use by many goroutines.
func Translate(sql string, opt Options) (*Translation, error) {
	plan, err := Understand(sql, opt)
	if err != nil {
		return nil, err
	}
	if plan.Effect && !opt.Rows || plan.Rows == nil {
		return nil, refuse(plan.Pos, plan.What+" as a query").hint("it changes tables: run it with acme query")
	}
	return plan.Rows, nil
}

func analyse(q *Query, opt Options, level int) (tr *Translation, err error) {
	return newAnalyser(opt, level).translation(q)
}

func newAnalyser(opt Options, level int) *analyser {
	return &analyser{opt: opt, level: level, names: map[string]int{}, kept: map[*Query]bool{}}
}

// translation analyses a statement's query. The analyser is used up by it.
func (a *analyser) translation(q *Query) (tr *Translation, err error) {
	defer catch(&err)
	for root := q; root != nil; {
		a.kept[root] = true
		if n, ok := root.Body.(*Nested); ok && root.OrderBy == nil && root.Limit == nil && root.Offset == nil {
			root = n.Query
		} else {
			root = nil
		}
	}
	res := a.query(q, nil, nil)
	if a.into != nil {
		a.store(res)
	}
	if a.planning != nil {
		return nil, a.planning
	}
	a.markAll(res)
	for i := len(a.ctes) - 1; i >= 0; i-- {
		a.ctes[i].handIn()
	}
	tr = &Translation{SQL: a.settle(res.sql), Ordered: res.ordered, level: a.level}
	if n := len(tr.SQL); n > maxCode {
		a.checkCode(Pos{1, 1}, tr.SQL)
	}
	for i, c := range res.cols {
		col := OutputColumn{Name: c.name, Type: c.typ}
		if c.name == "" {
			col.Unnamed = true
			col.Name = uniqueColumn("", i, map[string]bool{})
		}
		if c.typ.Kind == TimestampTZ {
			col.Zone = c.typ.Zone()
		}
		tr.Columns = append(tr.Columns, col)
	}
	for _, s := range a.scans {
		tr.Scans = append(tr.Scans, s.result())
	}
	return tr, nil
}

// result gives what an engine needs to know of a scan.
func (s *scan) result() Scan {
	out := Scan{Relation: s.relation, Table: s.tab, Path: s.path, Hidden: s.hidden, Listing: s.listing, Filter: strings.Join(s.filters, " AND ")}
	for _, c := range s.tab.Columns {
		if s.used[strings.ToLower(c.Name)] {
			out.Columns = append(out.Columns, c.Name)
		}
	}
	return out
}

// advise adds our hint to a syntax error, where one is known.
func advise(sql string, err error) error {
	e, ok := err.(*Error)
	if !ok || e.Name != "SYNTAX_ERROR" {
		return err
	}
	toks := tokenize(stripSemicolon(sql), 0)
	for i, t := range toks {
		if t.pos != (Pos{e.Line, e.Column}) {
			continue
		}
		before := func(n int) string { // the n-th token before this one
			if i < n {
				return ""
			}
			return strings.ToUpper(toks[i-n].raw)
		}
		switch {
		case before(1) == "GROUP" && before(2) == "WITHIN":
			e.Hint = percentileHint(sql, toks, i-2)
		case t.up == "OFFSET" && strings.HasSuffix(e.Message, "Expecting: <EOF>"):
			e.Hint = "Athena takes OFFSET before LIMIT"
		case t.up == "QUALIFY" || before(1) == "QUALIFY":
			e.Hint = "Athena has no QUALIFY; filter a subquery"
		case t.raw == "::", t.raw == ":" && i+1 < len(toks) && toks[i+1].raw == ":", before(1) == "::", before(2) == "::":
			e.Hint = "Athena has no :: cast; write CAST(x AS type)"
		case t.up == "ILIKE":
			e.Hint = "Athena has no ILIKE; write lower(x) LIKE ..."
		case before(1) == "TOP" && before(2) == "SELECT":
			e.Hint = "Athena has no TOP; write LIMIT " + t.raw + " at the end"
		case before(1) == "(" && (before(2) == "EXCEPT" || before(2) == "EXCLUDE") && before(3) == "*", t.up == "EXCLUDE" && before(1) == "*":
			e.Hint = "Athena has no * EXCEPT; name the columns"
		case t.up == "FROM" && before(1) == ",":
			e.Hint = "take away the comma before FROM"
		case (t.up == "LEFT" || t.up == "RIGHT") && i+1 < len(toks) && toks[i+1].raw == "(":
			e.Hint = map[string]string{"LEFT": "Athena has no LEFT(x, n); write substr(x, 1, n)", "RIGHT": "Athena has no RIGHT(x, n); write substr(x, -n)"}[t.up]
		case t.up == "OVERWRITE" && before(1) == "INSERT":
			e.Hint = "Athena has no INSERT OVERWRITE; drop the partition and delete its objects, then INSERT INTO"
		}
		break
	}
	return e
}

// percentileHint offers approx_percentile for PERCENTILE_CONT(p) WITHIN GROUP
// (ORDER BY x), which is no Athena SQL; within is the index of WITHIN.
func percentileHint(sql string, toks []token, within int) string {
	open := within - 1
	for depth := 0; open > 0; open-- {
		if toks[open].raw == ")" {
			depth++
		} else if toks[open].raw == "(" {
			if depth--; depth == 0 {
				break
			}
		}
	}
	if open < 1 || !strings.HasPrefix(toks[open-1].up, "PERCENTILE_") {
		return "Athena takes WITHIN GROUP after listagg only"
	}
	text := func(from, to int) string {
		return strings.TrimSpace(sql[toks[from].end-len(toks[from].raw) : toks[to].end])
	}
	p := "p"
	if within-2 > open {
		p = text(open+1, within-2)
	}
	x := "x"
	from := within + 5 // behind WITHIN GROUP ( ORDER BY
	end := from
	for depth := 0; end < len(toks); end++ {
		if toks[end].raw == "(" {
			depth++
		} else if toks[end].raw == ")" {
			if depth--; depth < 0 {
				break
			}
		}
	}
	if end < len(toks) && end > from {
		if last := toks[end-1].up; (last == "DESC" || last == "ASC") && end-1 > from {
			end--
		}
		x = text(from, end-1)
	}
	return "Athena has no " + toks[open-1].up + "; write approx_percentile(" + x + ", " + p + ")"
}
