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
// objects, from nothing: the engine in a child, and for scale DuckDB alone with
// read_json or read_parquet, one pass a statement, as one would write it by hand.
func BenchmarkReport(b *testing.B) {
	dir := b.TempDir()
	st, err := store.Open(dir)
	if err != nil {
		b.Fatal(err)
	}
	hourLake(b, st, 40, 2965, "\n")
	migrate(b, dir)
	config := childConfig(b, dir, "dialect")
	config.DDL, config.Database = "CREATE DATABASE acme_telemetry", schema.TelemetryDatabase
	for _, name := range []string{"20_video_telemetry_json.sql", "21_video_telemetry_parquet.sql"} {
		ddl, err := os.ReadFile(filepath.Join("..", "..", "..", "sql", "ddl", name))
		if err != nil {
			b.Fatal(err)
		}
		config.DDL += ";\n" + string(ddl)
	}
	parquet := "read_parquet('" + dir + "/telemetry_parquet/*/*/*/*/*.parquet', hive_partitioning = true, filename = '$path')"
	for _, c := range []struct{ format, table, from string }{{"json", "video_telemetry_json", readJSON(dir)}, {"parquet", "video_telemetry_parquet", parquet}} {
		queries := reportQueries(b)
		for i := range queries {
			queries[i] = strings.ReplaceAll(queries[i], "video_telemetry_json", c.table)
		}
		b.Run(c.format+"/engine", func(b *testing.B) {
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
		b.Run(c.format+"/by hand", func(b *testing.B) {
			for b.Loop() {
				byHand(b, "CREATE VIEW "+c.table+" AS SELECT * FROM "+c.from, queries)
			}
		})
	}
}

// byHand runs statements in a DuckDB of their own. The two that Athena spells
// otherwise are given DuckDB's spelling.
func byHand(b *testing.B, view string, queries []string) {
	s, err := openSession()
	if err != nil {
		b.Fatal(err)
	}
	defer s.close()
	for _, sql := range append([]string{"SET preserve_insertion_order = false", view}, queries...) {
		if err := s.exec(strings.ReplaceAll(sql, "approx_percentile", "approx_quantile")); err != nil {
			b.Fatal(sql, err)
		}
	}
}

// migrate writes the hour's objects as Parquet, one for one.
func migrate(b *testing.B, dir string) {
	s, err := openSession()
	if err != nil {
		b.Fatal(err)
	}
	defer s.close()
	files, err := filepath.Glob(filepath.Join(dir, "telemetry", "*", "*", "*", "*", "*.gz"))
	if err != nil {
		b.Fatal(err)
	}
	for _, f := range files {
		to := strings.Replace(strings.TrimSuffix(f, ".gz")+".parquet", "/telemetry/", "/telemetry_parquet/", 1)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			b.Fatal(err)
		}
		from := strings.Replace(readJSON(dir), dir+"/telemetry/*/*/*/*/*.gz", f, 1)
		from = strings.Replace(from, "hive_partitioning = true, filename = '$path', ", "", 1)
		if err := s.exec("COPY (SELECT * FROM " + from + ") TO '" + to + "' (FORMAT parquet, CODEC zstd)"); err != nil {
			b.Fatal(err)
		}
	}
}
