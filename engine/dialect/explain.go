package dialect

import (
	"encoding/json"
	"fmt"
	"strings"
)

// explain answers EXPLAIN. VALIDATE and IO say of a statement what Trino says; the
// plans are the local engine's, which has no other than its SQL.
func (u *planner) explain(e *Explain) (*Plan, error) {
	if r, ok := e.Statement.(*Refused); ok && r.Table == nil && r.Err == nil {
		panic(u.refusal(r))
	}
	inner, err := u.plan(e.Statement)
	if err != nil {
		return nil, err
	}
	plan := &Plan{Pos: e.Pos, What: "EXPLAIN", Statement: e}
	if e.Analyze {
		plan.Rows = analyzed(e, inner)
		return plan, nil
	}
	switch e.Type {
	case "VALIDATE":
		plan.Rows = listing([]Column{{Name: "Valid", Type: tBoolean}}, [][]any{{true}}, false)
		return plan, nil
	case "IO":
		plan.Rows = listing(varchars("Query Plan"), [][]any{{inner.io(u.session().catalogName())}}, true)
		return plan, nil
	}
	if e.Format == "GRAPHVIZ" {
		panic(refuse(e.Pos, "EXPLAIN with FORMAT GRAPHVIZ"))
	}
	plan.Rows = listing(varchars("Query Plan"), [][]any{{inner.text(e.Format)}}, true)
	return plan, nil
}

// analyzed is EXPLAIN ANALYZE: it runs the statement, and says how many rows there
// were and what ran. How long that took is no part of an answer.
func analyzed(e *Explain, inner *Plan) *Translation {
	switch {
	case e.Format == "JSON" || e.Format == "GRAPHVIZ":
		panic(refuse(e.Pos, "EXPLAIN ANALYZE with FORMAT "+e.Format).hint("EXPLAIN ANALYZE says how many rows there were, as text"))
	case inner.Effect:
		panic(refuse(e.Pos, "EXPLAIN ANALYZE of a statement that writes").hint("run it: acme query --stats says what it read"))
	case inner.Rows == nil:
		panic(refuse(e.Pos, "EXPLAIN ANALYZE of "+inner.What))
	}
	names, fields := make([]string, len(inner.Rows.Columns)), make([]string, len(inner.Rows.Columns))
	for i := range names {
		names[i] = fmt.Sprintf("c%d", i)
		fields[i] = fmt.Sprintf("c%d := c%d", i, i)
	}
	tr := *inner.Rows
	tr.SQL = fmt.Sprintf("SELECT 'Rows: ' || count(struct_pack(%s)) || chr(10) || %s AS c FROM (%s) AS r(%s)",
		strings.Join(fields, ", "), quoteText(inner.text("TEXT")), inner.Rows.SQL, strings.Join(names, ", "))
	tr.Columns, tr.Ordered = []OutputColumn{{Name: "Query Plan", Type: tVarchar}}, true
	return &tr
}

// ioTable is a table in EXPLAIN (TYPE IO).
type ioTable struct {
	Catalog     string `json:"catalog"`
	SchemaTable struct {
		Schema string `json:"schema"`
		Table  string `json:"table"`
	} `json:"schemaTable"`
}

func ioName(catalog string, t *Table) *ioTable {
	n := &ioTable{Catalog: catalog}
	n.SchemaTable.Schema, n.SchemaTable.Table = t.Database, strings.ToLower(t.Name)
	return n
}

// io says what a statement reads and writes, in Trino's form; there are no
// estimates, and what is pruned stands as the predicate that prunes.
func (p *Plan) io(catalog string) string {
	type input struct {
		Table      *ioTable `json:"table"`
		Columns    []string `json:"columns"`
		Constraint string   `json:"partitionConstraint,omitempty"`
	}
	out := struct {
		Inputs []input  `json:"inputTableColumnInfos"`
		Output *ioTable `json:"outputTable,omitempty"`
	}{Inputs: []input{}}
	if p.Rows != nil {
		for _, s := range p.Rows.Scans {
			out.Inputs = append(out.Inputs, input{ioName(catalog, s.Table), s.Columns, s.Filter})
		}
	}
	if p.Table != nil && p.What != "UNLOAD" {
		out.Output = ioName(catalog, p.Table)
	}
	text, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		panic(err) // texts alone
	}
	return string(text)
}

// text shows the plan of a statement: what is read, and the SQL that runs.
func (p *Plan) text(format string) string {
	type scan struct {
		Relation, Table string
		Columns         []string
		Filter          string `json:",omitempty"`
	}
	var scans []scan
	sql := "-- " + p.What
	if p.Rows != nil {
		sql = p.Rows.SQL
		for _, s := range p.Rows.Scans {
			scans = append(scans, scan{s.Relation, s.Table.Database + "." + s.Table.Name, s.Columns, s.Filter})
		}
	}
	if format == "JSON" {
		text, err := json.MarshalIndent(struct {
			Statement string
			SQL       string
			Scans     []scan
		}{p.What, sql, scans}, "", "  ")
		if err != nil {
			panic(err) // texts alone
		}
		return string(text)
	}
	var b strings.Builder
	b.WriteString(sql + "\n")
	for _, s := range scans {
		b.WriteString("-- " + s.Relation + " reads " + s.Table + " (" + strings.Join(s.Columns, ", ") + ")")
		if s.Filter != "" {
			b.WriteString(" from partitions where " + s.Filter)
		}
		b.WriteString("\n")
	}
	return b.String()
}
