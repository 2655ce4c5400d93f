package dialect

import (
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// corpus gives queries of the conformance corpus, every n-th.
func corpus(t testing.TB, n int) []string {
	t.Helper()
	files, err := filepath.Glob("../../testdata/dialect/corpus/*.jsonl.gz")
	if err != nil || len(files) == 0 {
		t.Fatalf("corpus: %v", err)
	}
	var out []string
	for _, file := range files {
		if filepath.Base(file) == "events.jsonl.gz" {
			continue
		}
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		d := json.NewDecoder(z)
		for i := 0; d.More(); i++ {
			var q struct {
				SQL string `json:"sql"`
			}
			if err := d.Decode(&q); err != nil {
				t.Fatal(err)
			}
			if i%n == 0 {
				out = append(out, q.SQL)
			}
		}
	}
	return out
}

// fixpoint holds that printing a query gives one that prints the same.
func fixpoint(t *testing.T, sql string) {
	if checkText(sql) != nil {
		return
	}
	q, err := newParser(stripSemicolon(sql), 483).whole() // without Trino's words for an error, which cost most
	if err != nil {
		return
	}
	f := &formatter{}
	f.query(q)
	first := f.String()
	second, err := formatted(first)
	if err != nil {
		t.Fatalf("%q\nprints as %q\nwhich does not parse: %v", sql, first, err)
	}
	if first != second {
		t.Fatalf("%q\nprints as %q\nand then   %q", sql, first, second)
	}
}

func TestFormat(t *testing.T) {
	for _, sql := range corpus(t, 1) {
		fixpoint(t, sql)
	}
	got, err := formatted("select a.x+1 as \"Y\", count(*) filter (where b) from s.t a left join (values 1,2) v(x) using (x) where not a.x in (1,2) group by rollup(1) order by 1 desc nulls first limit 5")
	want := `SELECT (a.x + 1) AS "Y", count(*) FILTER (WHERE b) FROM s.t AS a LEFT JOIN (VALUES 1, 2) AS v (x) USING (x) WHERE (NOT (a.x IN (1, 2))) GROUP BY ROLLUP (1) ORDER BY 1 DESC NULLS FIRST LIMIT 5`
	if err != nil || got != want {
		t.Errorf("got %s %v", got, err)
	}
}

func FuzzParse(f *testing.F) {
	for _, sql := range corpus(f, 40) {
		f.Add(sql)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		if len(sql) > 4096 {
			return
		}
		fixpoint(t, sql)
	})
}

// queriesOf are the queries inside a statement.
func queriesOf(s Statement) []*Query {
	switch s := s.(type) {
	case *QueryStatement:
		return []*Query{s.Query}
	case *Explain:
		return queriesOf(s.Statement)
	case *Prepare:
		return queriesOf(s.Statement)
	case *CreateTableAs:
		return []*Query{s.Query}
	case *Insert:
		return []*Query{s.Query}
	case *Unload:
		return []*Query{s.Query}
	case *CreateView:
		return []*Query{s.Query}
	}
	return nil
}

// FuzzStatement parses any text in both grammars of both releases: an error is
// always one with a name, and the queries inside print as what prints the same.
func FuzzStatement(f *testing.F) {
	for _, sql := range corpus(f, 80) {
		f.Add(sql)
	}
	for _, c := range syntaxErrors {
		f.Add(c.sql)
	}
	for _, sql := range []string{
		testDDL, "CREATE TABLE a WITH (format = 'PARQUET', partitioned_by = ARRAY['d']) AS SELECT 1 AS x WITH NO DATA", "INSERT INTO a (x, y) VALUES (1, 'a'), (?, ?)",
		"EXPLAIN (TYPE IO, FORMAT JSON) SELECT 1", "UNLOAD (SELECT 1) TO 's3://b/p/' WITH (format = 'JSON')", "CREATE OR REPLACE VIEW v AS SELECT 0x1F, 1_000.5, 0b1_1, 0o17", "PREPARE p FROM SELECT ?",
		"EXECUTE p USING 1, 'a'", "SHOW PARTITIONS a", "ALTER TABLE a ADD IF NOT EXISTS PARTITION (d = '1') LOCATION 's3://b/p'", "MSCK REPAIR TABLE `a`", "DESCRIBE FORMATTED a.b", "DROP TABLE IF EXISTS a",
	} {
		f.Add(sql)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		if len(sql) > 4096 {
			return
		}
		_, _ = ParseDDL(sql)
		for _, level := range []int{0, 483} {
			s, err := ParseStatement(sql, level)
			if _, ok := err.(*Error); err != nil && !ok {
				t.Fatalf("%q: an error of type %T", sql, err)
			}
			if level != 483 {
				continue
			}
			for _, q := range queriesOf(s) {
				p := &formatter{}
				p.query(q)
				if again, err := formatted(p.String()); err != nil || again != p.String() {
					t.Fatalf("%q\nprints as %q\nand then   %q %v", sql, p.String(), again, err)
				}
			}
		}
	})
}

func FuzzTranslate(f *testing.F) {
	for _, sql := range corpus(f, 40) {
		f.Add(sql)
	}
	catalog := testCatalog(f)
	f.Fuzz(func(t *testing.T, sql string) {
		if len(sql) > 4096 {
			return
		}
		tr, err := Translate(sql, Options{Database: "acme_telemetry", Catalog: catalog})
		if (tr == nil) == (err == nil) {
			t.Fatalf("%q: %v %v", sql, tr, err)
		}
		if _, ok := err.(*Error); err != nil && !ok {
			t.Fatalf("%q: an error of type %T", sql, err)
		}
	})
}

func FuzzDDL(f *testing.F) {
	f.Add(testDDL)
	f.Fuzz(func(t *testing.T, sql string) {
		_, _ = ParseDDL(sql)
	})
}

func FuzzRegex(f *testing.F) {
	for _, p := range []string{`(?<k>\w+)=(?<v>\w+)`, `a++b*?[^a-z&&[^x]]`, `(a)\1(?!b)(?<=c)`, `(?i:x|y){2,3}$`} {
		f.Add(p, "key=val;aab")
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if len(pattern) > 64 || len(text) > 64 {
			return
		}
		if re, err := compileRegex(pattern); err == nil {
			_ = re.each([]rune(text), func([]int) {})
		}
	})
}
