package main

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"acme/telemetry/schema"
)

// hostile are values that a terminal, a browser, a spreadsheet or a parser would
// act upon. Each goes through every string column.
func hostile() []string {
	return []string{
		"\x1b[31mred\x1b[0m", "\x1b]52;c;ZXZpbA==\x07", "\x1bP+q544e\x1b\\", "\u009b31m", "\u009d0;title\u009c",
		"a\rb", "a\nb\tc", "nul\x00nul", "\u202eevil\u202c", "\u2066x\u2069", "zero\u200bwidth", "\ufeffbom", "bell\a\b\x7f",
		"<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "[x](javascript:alert(1))", "| a | b |", "`x`", "</style>",
		"=cmd|'/c calc'!A1", "@SUM(1)", "-1+1", "'; DROP TABLE x; --", "%s%n", "$(id)", "日本語のテキスト", "👩‍💻", "e\u0301",
		strings.Repeat("M", 1<<20),
	}
}

// TestHostileData puts hostile text into every string column of every row; the
// report, the results and the pages stay whole and inert, and keep the values.
func TestHostileData(t *testing.T) {
	dir := t.TempDir()
	values := hostile()
	writeHostile(t, dir, values)

	for _, format := range []string{"text", "markdown", "json", "html"} {
		out := runAcme(t, "report", "--lake", dir, "--format", format)
		checkInert(t, "report "+format, out)
		if format == "html" {
			for _, active := range []string{"<script", "<img", "href=\"javascript"} {
				if strings.Contains(out, active) {
					t.Errorf("report html has %q", active)
				}
			}
		}
		if format == "json" && !json.Valid([]byte(out)) {
			t.Error("report json is not JSON")
		}
	}
	const sql = "SELECT state, city, isp FROM video_telemetry_json"
	checkInert(t, "query table", runAcme(t, "query", "--lake", dir, sql))
	for _, format := range []string{"json", "jsonl"} {
		checkInert(t, "query "+format, runAcme(t, "query", "--lake", dir, "--format", format, sql))
	}
	checkInert(t, "query markdown", runAcme(t, "query", "--lake", dir, "--format", "markdown", sql))

	records, err := csv.NewReader(strings.NewReader(runAcme(t, "query", "--lake", dir, "--format", "csv", "--raw", sql))).ReadAll()
	if err != nil || len(records) != len(values)+1 {
		t.Fatalf("query csv: %d records, %v", len(records), err)
	}
	var got []string
	for _, r := range records[1:] {
		got = append(got, r[0])
	}
	want := slices.Clone(values)
	for i := range want { // a CSV reader takes \r\n for \n
		want[i] = strings.ReplaceAll(want[i], "\r\n", "\n")
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Error("query csv --raw does not keep the values")
	}
	safe := runAcme(t, "query", "--lake", dir, "--format", "csv", sql)
	for _, r := range must(csv.NewReader(strings.NewReader(safe)).ReadAll())(t)[1:] {
		if strings.ContainsAny(r[0][:1], "=+-@\t\r") {
			t.Errorf("query csv: cell %.40q begins as a formula", r[0])
		}
	}
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func writeHostile(t *testing.T, dir string, values []string) {
	t.Helper()
	var body bytes.Buffer
	z := gzip.NewWriter(&body)
	for _, v := range values {
		row := map[string]any{}
		for _, c := range schema.Events().Columns {
			if c.Type == schema.String {
				row[c.Name] = v
			} else {
				row[c.Name] = 1
			}
		}
		line, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		z.Write(append(line, '\n'))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(dir, "telemetry", "year=2025", "month=08", "day=11", "hour=17")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "hostile.gz"), body.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// checkInert finds what a terminal would obey or a reader would not see.
func checkInert(t *testing.T, what, out string) {
	t.Helper()
	if !utf8.ValidString(out) {
		t.Errorf("%s: not UTF-8", what)
	}
	for i, r := range out {
		if r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
			t.Errorf("%s: %U at byte %d: %.60q", what, r, i, out[max(0, i-20):])
			return
		}
	}
}
