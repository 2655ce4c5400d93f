package duckdb

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"acme/telemetry/engine/query"
	"acme/telemetry/engine/store"
)

// canary stands in a file that no statement may read.
const canary = "canary-5d1c0e"

// attacks are statements that would read or write outside, change settings, run
// another statement, or never end. $L is the lake's folder, $F a folder beside
// it that holds the canary, $S the spill folder.
var attacks = []string{
	// files, read
	"SELECT * FROM read_text('$F/secret.txt')", "SELECT * FROM read_blob('$F/secret.txt')", "SELECT content FROM read_text('/etc/passwd')",
	"SELECT * FROM read_csv('$F/secret.csv')", "SELECT * FROM read_csv_auto('$F/secret.csv')", "SELECT * FROM '$F/secret.csv'",
	`SELECT * FROM "$F/secret.csv"`, "FROM '$F/secret.json'", "SELECT * FROM read_json('$F/secret.json')", "SELECT * FROM read_ndjson_objects('$F/secret.json')",
	"SELECT * FROM read_parquet('$F/x.parquet')", "SELECT * FROM parquet_metadata('$F/x.parquet')", "SELECT * FROM parquet_scan('$F/x.parquet')",
	"SELECT * FROM glob('/*')", "SELECT * FROM glob('$F/*')", "SELECT * FROM sniff_csv('$F/secret.csv')", "SELECT * FROM read_text('$L/../*/secret.txt')",
	"SELECT (SELECT max(content) FROM read_text('$F/secret.txt'))", "WITH a AS (SELECT * FROM read_text('$F/secret.txt')) SELECT * FROM a",
	"SELECT 1 WHERE EXISTS (SELECT 1 FROM read_blob('/proc/self/environ'))", "SELECT * FROM range(1) JOIN read_csv('$F/secret.csv') ON true",
	"SELECT 1 UNION ALL SELECT 1 FROM read_csv('$F/secret.csv')", "PIVOT (SELECT * FROM read_csv('$F/secret.csv')) ON a USING sum(b)",
	`SELECT * FROM (WITH "$F/secret.csv" AS (SELECT 1) SELECT 1), "$F/secret.csv"`,
	"SELECT * FROM 's3://bucket/x.parquet'", "SELECT * FROM 'https://127.0.0.1/x.csv'", "SELECT * FROM read_duckdb('$F/x.db')", "SELECT getenv('HOME')",
	"SELECT * FROM acme_scan(1)", "SELECT * FROM acme_cache_1", "SELECT * FROM read_text('~/.bashrc')", "SELECT * FROM read_text(['$F/secret.txt'])",
	// files, written
	"COPY (SELECT 99) TO '$F/pwn.csv'", "COPY (SELECT 99) TO '$L/" + hour17 + "a.gz'", "COPY (SELECT 99) TO '$L/pwn.csv'", "EXPLAIN ANALYZE COPY (SELECT 1) TO '$F/pwn.csv'",
	"EXPORT DATABASE '$F/pwn'", "EXPORT DATABASE '$L/pwn'", "ATTACH '$F/pwn.db'", "ATTACH '$L/pwn.db' AS x", "IMPORT DATABASE '$F'",
	"CALL enable_logging(storage='file', storage_path='$F/log')", "SELECT * FROM enable_logging(storage='file', storage_path='$F/log')",
	"FROM enable_logging('QueryLog', storage='file', storage_path='$L/log')", "SELECT * FROM disable_logging()", "PRAGMA enable_profiling='json'",
	"SELECT write_log('x')", "SELECT * FROM force_checkpoint()", "CHECKPOINT", "VACUUM",
	// settings and catalog
	"SET memory_limit='100GB'", "SET enable_external_access=true", "SET lock_configuration=false", "RESET threads", "PRAGMA database_list", "SET VARIABLE x = 1",
	"SELECT getvariable('x')", "SELECT current_setting('temp_directory')", "SELECT * FROM duckdb_settings()", "SELECT * FROM duckdb_secrets()", "SELECT * FROM duckdb_tables()",
	"SELECT * FROM information_schema.tables", "SELECT * FROM sqlite_master", "SELECT * FROM pg_catalog.pg_class", "SELECT * FROM main.acme_scan_0", "SHOW TABLES", "DESCRIBE acme_scan_0",
	"SUMMARIZE acme_scan_0", "CREATE TABLE x AS SELECT 1", "CREATE TEMP TABLE x AS SELECT 1", "CREATE MACRO f(a) AS TABLE SELECT * FROM read_text(a)", "CREATE SECRET s (TYPE http)",
	"DROP VIEW acme_scan_0", "INSERT INTO acme_cache_1 VALUES (1)", "DELETE FROM acme_cache_1", "UPDATE acme_cache_1 SET city = ''", "ALTER TABLE acme_cache_1 ADD COLUMN x INT", "TRUNCATE acme_cache_1",
	"CREATE TYPE t AS ENUM (SELECT content FROM read_text('$F/secret.txt'))", "INSTALL httpfs", "LOAD httpfs", "LOAD '$F/x.duckdb_extension'", "USE memory", "DETACH memory", "BEGIN", "COMMIT",
	// statements in statements
	"SELECT 1; COPY (SELECT 1) TO '$F/pwn.csv'", "SELECT 1; SELECT 2", "SELECT * FROM query('SELECT 1')", "SELECT * FROM query_table('acme_scan_0')",
	"SELECT json_execute_serialized_sql(json_serialize_sql('select 1'))", "SELECT * FROM json_execute_serialized_sql('x')", "PREPARE p AS SELECT 1", "EXECUTE p", "DEALLOCATE p", "CALL pragma_version()",
	"SELECT * FROM pragma_table_info('acme_scan_0')", "SELECT nextval('x')", "SELECT setseed(0.5)", "SELECT sleep_ms(100000)", "SELECT ?", "SELECT $1",
	"SELECT 1 /* \x00 */; COPY (SELECT 1) TO '$F/pwn.csv'", "MERGE INTO acme_cache_1 USING acme_scan_0 ON true WHEN MATCHED THEN DELETE", "COMMENT ON TABLE acme_cache_1 IS 'x'",
	"WITH a AS (INSERT INTO acme_cache_1 VALUES (1) RETURNING *) SELECT * FROM a",
}

// hungry are statements that pass as queries, and would take all of the
// machine's time or memory.
var hungry = []string{
	"WITH RECURSIVE r AS (SELECT 1 n UNION ALL SELECT n+1 FROM r) SELECT count(*) FROM r",
	"WITH RECURSIVE r AS (SELECT 1 n UNION ALL SELECT n+1 FROM r) SELECT n::BIGINT FROM r",
	"SELECT count(*) FROM range(10000000000) a(i), range(1000) b(j) WHERE i * j % 7 = 3",
	"SELECT length(repeat('x', 1000000000))",
	"SELECT len(list_sort(list_transform(range(300000000), x -> -x)))", "SELECT len(range(2000000000))", "SELECT count(*) FROM unnest(range(2000000000)) t(i)",
	"SELECT len(list(i)) FROM range(1000000000) t(i)", "SELECT length(string_agg(i::VARCHAR, ',')) FROM range(1000000000) t(i)",
	"SELECT count(DISTINCT i) FROM range(3000000000) t(i)", "SELECT len(list_resize([1], 3000000000))",
	"SELECT max(a.i) FROM range(2000000) a(i) JOIN range(2000000) b(i) ON a.i < b.i * 2 GROUP BY a.i ORDER BY 1 LIMIT 1",
	"SELECT length(regexp_replace(repeat('a', 30000000), '(a*)*b', 'x'))", "SELECT levenshtein(repeat('a', 200000), repeat('b', 200000))",
}

// besieged makes a lake with a canary beside it.
func besieged(t *testing.T) (uri, beside string) {
	root := t.TempDir()
	lake, beside := filepath.Join(root, "lake"), filepath.Join(root, "beside")
	for _, dir := range []string{lake, beside} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{"secret.txt": canary, "secret.csv": "a,b\n" + canary + ",1\n", "secret.json": `{"a":"` + canary + `"}`} {
		if err := os.WriteFile(filepath.Join(beside, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	st, err := store.Open(lake)
	if err != nil {
		t.Fatal(err)
	}
	putAll(t, st, map[string]string{hour17 + "a.gz": string(packed([]byte(lines(5, "\n"))))})
	return lake, beside
}

// treeHash is a sum over the names and bytes of everything below a folder.
func treeHash(t *testing.T, root string) string {
	sum := sha256.New()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		fmt.Fprintf(sum, "%q %v\n", path, d.IsDir())
		if d.IsDir() {
			return nil
		}
		body, err := os.ReadFile(path)
		sum.Write(body)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", sum.Sum(nil))
}

// asDuckDB lets a statement past the dialect: the gate stands alone.
func asDuckDB(sql string) string { return "-- types: varchar\n" + sql }

func asAthena(sql string) string { return sql }

func TestAttacks(t *testing.T) {
	t.Parallel()
	for _, way := range []struct {
		name, translator string
		form             func(string) string
	}{{"as DuckDB SQL", "stand-in", asDuckDB}, {"as Athena SQL", "dialect", asAthena}} {
		t.Run(way.name, func(t *testing.T) {
			lake, beside := besieged(t)
			config := childConfig(t, lake, way.translator)
			config.Timeout = 5 * time.Second
			e, err := Start(t.Context(), config)
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			before := treeHash(t, filepath.Dir(lake))
			fill := strings.NewReplacer("$L", lake, "$F", beside, "$S", config.Spill)
			for _, attack := range attacks {
				sql := fill.Replace(attack)
				rows, _, err := all(t.Context(), e, way.form(sql))
				var refused *query.Error
				if way.name == "as Athena SQL" && attack == "SELECT * FROM information_schema.tables" {
					for _, row := range rows {
						if row[0] != "awsdatacatalog" {
							t.Errorf("%s: %v is not of the catalog", attack, row)
						}
					}
				} else if !errors.As(err, &refused) {
					t.Errorf("%s: rows %v, error %v; want a refusal", attack, rows, err)
				} else if refused.Name == ErrCrashed || refused.Name == ErrInternal || refused.Name == ErrTimeout {
					t.Errorf("%s went as far as DuckDB: %v", attack, err)
				}
				if strings.Contains(fmt.Sprint(rows, err), canary) {
					t.Errorf("%s read the canary: %v %v", attack, rows, err)
				}
			}
			if after := treeHash(t, filepath.Dir(lake)); after != before {
				t.Error("files were changed")
			}
		})
	}
}

// Statements that eat time or memory, and would run for minutes to years, end by
// the clock or by the memory limit, and the parent lives on.
func TestHungryStatements(t *testing.T) {
	t.Parallel()
	lake, _ := besieged(t)
	config := childConfig(t, lake, "stand-in")
	config.Memory = 256 << 20
	e, err := Start(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for _, sql := range hungry {
		rows, err := e.Query(t.Context(), query.Request{SQL: "-- types: bigint\nSELECT CAST((" + sql + ") AS BIGINT)", Timeout: 300 * time.Millisecond})
		for err == nil {
			_, err = rows.Next(t.Context())
		}
		if rows != nil {
			rows.Close()
		}
		var known *query.Error
		if !errors.As(err, &known) || known.Name != ErrTimeout && known.Name != "EXCEEDED_LOCAL_MEMORY_LIMIT" {
			t.Errorf("%s: %v", sql, err)
		}
		t.Logf("%-90.90s %.40v", sql, err)
	}
	if rows, _, err := all(t.Context(), e, "-- types: bigint\nSELECT count(*) FROM acme_scan_0"); err != nil || fmt.Sprint(rows) != "[[5]]" {
		t.Error(rows, err)
	}
}

// sandboxed is a child without the gate and without DuckDB's own locks: it runs
// statements in the sandbox alone and says of each whether it was done.
func sandboxed(lake, spill string, statements []string) int {
	if err := limit(Config{AddressSpace: addressSpace}.withDefaults()); err != nil {
		fmt.Println(err)
		return 1
	}
	s, err := openSession()
	if err != nil {
		fmt.Println(err)
		return 1
	}
	held, err := confine(lake, spill)
	fmt.Println(held, err)
	for _, sql := range statements {
		if err := s.exec(sql); err != nil {
			fmt.Println("refused: " + firstLine(err.Error()))
		} else {
			fmt.Println("done")
		}
	}
	return 0
}

// The sandbox alone reads nothing outside the lake and writes nothing but spill.
func TestSandboxAlone(t *testing.T) {
	lake, beside := besieged(t)
	spill := t.TempDir()
	before := treeHash(t, filepath.Dir(lake))
	fill := strings.NewReplacer("$L", lake, "$F", beside, "$S", spill)
	tests := []struct{ sql, want string }{
		{"SELECT content FROM read_text('$F/secret.txt')", "refused"}, {"SELECT content FROM read_text('/etc/passwd')", "refused"},
		{"SELECT content FROM read_blob('/proc/self/environ')", "refused"}, {"COPY (SELECT 99) TO '$F/pwn.csv'", "refused"},
		{"COPY (SELECT 99) TO '$L/pwn.csv'", "refused"}, {"COPY (SELECT 99) TO '$L/" + hour17 + "a.gz'", "refused"}, {"ATTACH '$L/pwn.db'", "refused"},
		{"ATTACH '$F/pwn.db'", "refused"}, {"COPY (SELECT 99) TO '/tmp/acme-pwn.csv'", "refused"},
		{"SELECT content FROM read_blob('$L/" + hour17 + "a.gz')", "done"}, {"COPY (SELECT 99) TO '$S/spilled.csv'", "done"},
	}
	args := []string{"__sandbox", lake, spill}
	for _, c := range tests {
		args = append(args, fill.Replace(c.sql))
	}
	out, err := exec.Command(os.Args[0], args...).Output()
	if err != nil {
		t.Fatal(err, string(out))
	}
	said := strings.Split(strings.TrimSpace(string(out)), "\n")
	if !strings.Contains(said[0], "Landlock ABI") {
		t.Logf("nothing to see on this kernel: %s", said[0])
		return
	}
	for i, c := range tests {
		if !strings.HasPrefix(said[i+1], c.want) {
			t.Errorf("%s: %s, want %s", c.sql, said[i+1], c.want)
		}
	}
	if treeHash(t, filepath.Dir(lake)) != before {
		t.Error("files were changed")
	}
}

// What a query may be: the gate is no obstacle to it.
func TestGatePasses(t *testing.T) {
	s := newTestSession(t)
	g := newGate(s, []string{"acme_own"}, []string{"CREATE SCHEMA trino", "CREATE OR REPLACE MACRO trino.twice(x) AS x * 2"})
	for _, sql := range []string{
		"SELECT count(*) FROM acme_scan_0", "SELECT a.x, max(b.y) OVER (PARTITION BY a.x ORDER BY b.y ROWS 2 PRECEDING) FROM acme_scan_0 a LEFT JOIN acme_scan_1 b USING (k)",
		"WITH c AS (SELECT 1 x), d AS (SELECT * FROM c) SELECT * FROM d WHERE x IN (SELECT x FROM c) UNION ALL VALUES (2) ORDER BY 1 LIMIT 3",
		"WITH RECURSIVE r AS (SELECT 1 n UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT * FROM r",
		"SELECT CASE WHEN x IS NULL THEN 'a' ELSE CAST(y AS VARCHAR) END, [z + 1 FOR z IN [1, 2]], {'a': 1}.a, MAP {1: 2}, DATE '2025-01-01' + INTERVAL 1 DAY FROM acme_scan_0",
		"SELECT list_transform([1, 2], lambda v: v + 1), x::DECIMAL(38,3), TRY_CAST(x AS DOUBLE), CAST(NULL AS STRUCT(f0 INTEGER, f1 VARCHAR[])) FROM acme_scan_0",
		"SELECT trino.twice(x), acme_own(x) FROM acme_scan_0", "SELECT a, count(DISTINCT b) FILTER (WHERE c > 1) FROM acme_scan_0 GROUP BY GROUPING SETS ((a), ()) HAVING count(*) > 1",
		"SELECT u FROM acme_scan_0, unnest([1, 2]) t(u)", "SELECT u FROM acme_scan_0 CROSS JOIN LATERAL (SELECT x + 1 AS u)", "SELECT DISTINCT ON (a) a FROM acme_scan_0",
		"SELECT x FROM acme_scan_0 TABLESAMPLE 10 PERCENT (bernoulli)", "SELECT extract(year FROM d), 'a' LIKE 'b', x BETWEEN 1 AND 2, NOT (x = 1 OR y = 2), a IS DISTINCT FROM b FROM acme_scan_0",
		"SELECT quantile_cont(x, 0.5), 'read_text' FROM acme_scan_0", "SELECT arg_max(x, y ORDER BY z), array_agg(x ORDER BY y DESC NULLS FIRST) FROM acme_scan_0",
		"SELECT x AT TIME ZONE 'UTC', \"weird name; --\" FROM acme_scan_0", "SELECT 1;", "SELECT x COLLATE NOCASE FROM acme_scan_0",
	} {
		if err := g.check(sql, []string{"acme_scan_0", "acme_scan_1"}); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

func FuzzGate(f *testing.F) {
	for _, sql := range attacks {
		f.Add(sql)
	}
	s := newTestSession(f)
	g := newGate(s, nil, nil)
	f.Fuzz(func(t *testing.T, sql string) {
		if g.check(sql, nil) != nil {
			return
		}
		for _, word := range []string{"read_", "glob(", "COPY ", "ATTACH", "PRAGMA"} {
			if strings.HasPrefix(strings.ToUpper(strings.TrimSpace(sql)), word) {
				t.Fatalf("%q passed", sql)
			}
		}
	})
}
