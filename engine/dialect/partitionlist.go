package dialect

import (
	"fmt"
	"strings"
)

// partitionsOf ends the name of the table that lists a table's partitions.
const partitionsOf = "$partitions"

// partitionList makes a relation of "t$partitions": a row for each partition of t,
// with the values of its partition columns. base is the name of t.
func (a *analyser) partitionList(r *TableRef, base string) *relation {
	last := r.Name[len(r.Name)-1]
	name := append(append(QName{}, r.Name[:len(r.Name)-1]...), Name{at: last.at, Text: base, Quoted: true})
	t := a.lookupPartitioned(name, r)
	s := &scan{relation: fmt.Sprintf("acme_scan_%d", len(a.scans)), tab: t, used: map[string]bool{}, listing: true}
	if a.dry == 0 {
		a.scans = append(a.scans, s)
	}
	alias := quoteName(a.unique(base))
	rel := &relation{from: s.relation + " AS " + alias}
	for _, c := range t.Partitions {
		f := a.newField(c.Name, c.Type, alias+"."+quoteName(c.Name))
		f.quals = []string{strings.ToLower(last.Text)}
		f.src = &origin{s, c.Name}
		rel.fields = append(rel.fields, f)
	}
	f := a.newField("$partition", tVarchar, alias+`."$path"`)
	f.quals, f.hidden = []string{strings.ToLower(last.Text)}, true
	f.scan, f.column = s, "$path"
	rel.fields = append(rel.fields, f)
	return rel
}

// lookupPartitioned finds the table whose partitions r lists; where there is none, or
// it has no partitions, there is no such list.
func (a *analyser) lookupPartitioned(name QName, r *TableRef) *Table {
	missing := func() {
		db, catalog := strings.ToLower(a.opt.Database), a.catalogName()
		if len(name) > 1 {
			db = strings.ToLower(name[len(name)-2].Text)
		}
		panic(errorAt(r.pos, "TABLE_NOT_FOUND", "Table '%s.%s.\"%s\"' does not exist", catalog, db, strings.ToLower(r.Name[len(r.Name)-1].Text)))
	}
	defer func() {
		switch e := recover().(type) {
		case nil:
		case *Error:
			if e.Name == "TABLE_NOT_FOUND" {
				missing()
			}
			panic(e)
		default:
			panic(e)
		}
	}()
	t := a.lookup(name, r.pos)
	if t.View != "" || len(t.Partitions) == 0 {
		missing()
	}
	return t
}
