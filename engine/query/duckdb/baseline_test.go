package duckdb

import (
	"strings"
	"testing"

	"acme/telemetry/engine/store"
	"acme/telemetry/schema"
)

// BenchmarkReadJSON is the same question over the same objects as BenchmarkLoad,
// asked of DuckDB alone: what a person would write by hand.
func BenchmarkReadJSON(b *testing.B) {
	dir := b.TempDir()
	st, err := store.Open(dir)
	if err != nil {
		b.Fatal(err)
	}
	hourLake(b, st, 40, 2965, "\n")
	names := map[schema.Type]string{schema.String: "VARCHAR", schema.Int: "INTEGER", schema.Double: "DOUBLE"}
	var columns []string
	for _, c := range schema.Events().Columns {
		columns = append(columns, c.Name+": '"+names[c.Type]+"'")
	}
	from := "read_json('" + dir + "/telemetry/*/*/*/*/*.gz', format = 'newline_delimited', columns = {" + strings.Join(columns, ", ") + "})"
	_, question, _ := strings.Cut(overview, "\n")
	for _, c := range []struct{ name, sql string }{
		{"columns", strings.Replace(question, "acme_scan_0", from, 1)},
		{"table", "CREATE TABLE t AS SELECT * FROM " + from},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(118600 * 708)
			for b.Loop() {
				s, err := openSession()
				if err != nil {
					b.Fatal(err)
				}
				if err := s.exec(c.sql); err != nil {
					b.Fatal(err)
				}
				s.close()
			}
		})
	}
}
