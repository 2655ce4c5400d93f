package duckdb

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"acme/telemetry/engine/store"
	"acme/telemetry/schema"
)

// readJSON is the hour's objects as a person would read them with DuckDB alone.
func readJSON(dir string) string {
	names := map[schema.Type]string{schema.String: "VARCHAR", schema.Int: "INTEGER", schema.Double: "DOUBLE"}
	var columns []string
	for _, c := range schema.Events().Columns {
		columns = append(columns, c.Name+": '"+names[c.Type]+"'")
	}
	return "read_json('" + dir + "/telemetry/*/*/*/*/*.gz', format = 'newline_delimited', hive_partitioning = true, filename = '$path', columns = {" + strings.Join(columns, ", ") + "})"
}

// reportQueries are the statements of the report and the samples, but the one
// that Athena refuses.
func reportQueries(tb testing.TB) []string {
	var queries []string
	for _, folder := range []string{"report", "samples"} {
		files, err := filepath.Glob(filepath.Join("..", "..", "..", "sql", folder, "*.sql"))
		if err != nil || len(files) == 0 {
			tb.Fatal(files, err)
		}
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				tb.Fatal(err)
			}
			if sql := strings.TrimSpace(string(text)); !strings.Contains(sql, "PERCENTILE_CONT(") {
				queries = append(queries, strings.TrimSuffix(sql, ";"))
			}
		}
	}
	return queries
}

// BenchmarkReport answers all of the report over an hour of 118,600 events in 40
// gzip objects, from nothing: the engine in a child, and for scale DuckDB alone
// with read_json, one pass a statement, as one would write it by hand.
func BenchmarkReport(b *testing.B) {
	dir := b.TempDir()
	st, err := store.Open(dir)
	if err != nil {
		b.Fatal(err)
	}
	hourLake(b, st, 40, 2965, "\n")
	queries := reportQueries(b)
	ddl, err := os.ReadFile(filepath.Join("..", "..", "..", "sql", "ddl", "20_video_telemetry_json.sql"))
	if err != nil {
		b.Fatal(err)
	}
	config := childConfig(b, dir, "dialect")
	config.DDL, config.Database = "CREATE DATABASE acme_telemetry;\n"+string(ddl), schema.TelemetryDatabase
	b.Run("engine", func(b *testing.B) {
		for b.Loop() {
			e, err := Start(b.Context(), config)
			if err != nil {
				b.Fatal(err)
			}
			for _, sql := range queries {
				if _, _, err := all(b.Context(), e, sql); err != nil {
					b.Fatal(sql, err)
				}
			}
			e.Close()
		}
	})
	b.Run("read_json", func(b *testing.B) {
		for b.Loop() {
			s, err := openSession()
			if err != nil {
				b.Fatal(err)
			}
			if err := s.exec("SET preserve_insertion_order = false; CREATE VIEW video_telemetry_json AS SELECT * FROM " + readJSON(dir)); err != nil {
				b.Fatal(err)
			}
			for _, sql := range queries {
				if err := s.exec(strings.ReplaceAll(sql, "approx_percentile", "approx_quantile")); err != nil {
					b.Fatal(sql, err)
				}
			}
			s.close()
		}
	})
}
