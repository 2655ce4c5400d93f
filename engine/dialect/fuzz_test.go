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
	first, err := formatted(sql)
	if err != nil {
		return
	}
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
