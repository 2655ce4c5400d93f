package conformance_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"acme/telemetry/engine/dialect"
)

// TestQueries translates every query that the project ships and lets DuckDB bind
// it: types as analysed, no name left open.
func TestQueries(t *testing.T) {
	e := openEngine(t)
	var ddl []string
	read := func(path string) string {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	files, err := filepath.Glob("../../../sql/ddl/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("ddl: %v", err)
	}
	for _, f := range files {
		ddl = append(ddl, read(f))
	}
	statements, err := dialect.ParseDDL(strings.Join(ddl, ";\n"))
	if err != nil {
		t.Fatal(err)
	}
	catalog, err := dialect.NewCatalog("acme_telemetry", statements...)
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"report", "quality", "samples"} {
		err := filepath.WalkDir("../../../sql/"+dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Base(path) == "quality_of_service.sql" {
				return err
			}
			tr, err := dialect.Translate(read(path), dialect.Options{Database: "acme_telemetry", Catalog: catalog})
			if err != nil {
				t.Errorf("%s: %v", path, err)
				return nil
			}
			for _, s := range tr.Scans {
				var cols []string
				for _, c := range append(append([]dialect.Column{}, s.Table.Columns...), s.Table.Partitions...) {
					cols = append(cols, "CAST(NULL AS "+c.Type.DuckDB()+") AS \""+c.Name+"\"")
				}
				cols = append(cols, "CAST(NULL AS VARCHAR) AS \"$path\"")
				e.exec(t, "CREATE OR REPLACE TEMP VIEW "+s.Relation+" AS SELECT "+strings.Join(cols, ", "))
			}
			if err := e.describe(tr); err != nil {
				t.Errorf("%s: %v\n%s", path, err, tr.SQL)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
