package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"acme/telemetry/schema"
	acmesql "acme/telemetry/sql"
)

// TestTrino compares the answers to every question of the report, and to the
// sample queries, with those of a running Trino over the same objects. It needs
//
//	ACME_TRINO=http://127.0.0.1:8080   a Trino with a hive catalog named hive
//	ACME_TRINO_DATA=/path/to/data      the folder that its local:///data is
func TestTrino(t *testing.T) {
	url, data := os.Getenv("ACME_TRINO"), os.Getenv("ACME_TRINO_DATA")
	if url == "" || data == "" {
		t.Skip("needs a running Trino: set ACME_TRINO and ACME_TRINO_DATA (see CONTRIBUTING.md)")
	}
	trino := trinoClient{t: t, url: url}
	for i, of := range []struct{ args, patterns []string }{
		{[]string{"generate", "--scenario", "seed-hour"}, []string{"report/*.sql", "samples/*.sql", "quality/*.sql"}},
		// What is usual takes days; what is not, a fault.
		{[]string{"backfill", "--from", "2025-08-06", "--to", "2025-08-12", "--scenario", usualScenario(t)}, []string{"anomaly/*.sql", "alert/*.sql"}},
	} {
		name := fmt.Sprintf("acme-%d-%d", os.Getpid(), i)
		lake := filepath.Join(data, name)
		t.Cleanup(func() { os.RemoveAll(lake) })
		runAcme(t, append(of.args, "--lake", lake, "-q")...)
		trino.createTables("local:///data/" + name)
		for _, pattern := range of.patterns {
			files, err := fs.Glob(acmesql.Files, pattern)
			if err != nil || len(files) == 0 {
				t.Fatal(pattern, err)
			}
			for _, file := range files {
				t.Run(file, func(t *testing.T) { trino.sameAnswer(t, lake, file) })
			}
		}
	}
}

// usualScenario is a stream of six days with an outage in the last, and rebuffering.
func usualScenario(t *testing.T) string {
	file := filepath.Join(t.TempDir(), "usual.yaml")
	const text = `apiVersion: acme/v1
engine: 1
name: usual
time: {start: "2025-08-06T00:00:00Z"}
arrivals: {mean_per_hour: 400}
session: {stalls: {SD: 7, HD: 5, 4K: 5}}
faults:
  - {id: away, kind: outage, at: 131h, for: 2h, scope: {country: [US]}}
`
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return file
}

// release gives Trino's release, as it says itself.
func (c trinoClient) release() string {
	c.t.Helper()
	resp, err := http.Get(c.url + "/v1/info")
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	var info struct {
		NodeVersion struct{ Version string }
	}
	if err := json.NewDecoder(resp.Body).Decode(&info); err != nil {
		c.t.Fatal(err)
	}
	return info.NodeVersion.Version
}

// sameAnswer asks both a file of sql/.
func (c trinoClient) sameAnswer(t *testing.T, lake, file string) {
	src, err := acmesql.Files.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.TrimRight(strings.TrimSpace(string(src)), ";")
	c.t = t
	ours, theirs := runBatchStatement(t, lake, text, c.release()), c.query(text)
	compareAnswers(t, ours, theirs)
	t.Logf("%d rows, the same in both", len(ours.Rows))
}

// answer is an answer as Trino's client protocol sends it.
type answer struct {
	Columns [][2]string
	Rows    [][]any
	Error   *struct {
		Name, Message string
		Line, Column  int
	}
}

func runAcme(t testing.TB, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if code := Main(args, strings.NewReader(""), &out, &errs, os.Environ()); code != 0 {
		t.Fatalf("acme %s: exit %d\n%s", strings.Join(args, " "), code, errs.String())
	}
	return out.String()
}

func runBatchStatement(t *testing.T, lake, sql, level string) answer {
	t.Helper()
	line, err := json.Marshal(map[string]string{"id": "1", "sql": sql})
	if err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	if code := Main([]string{"query", "--lake", lake, "--batch", "--trino-level", level}, bytes.NewReader(line), &out, &errs, os.Environ()); code != 0 {
		t.Fatalf("acme query --batch: exit %d\n%s", code, errs.String())
	}
	var a answer
	if err := json.Unmarshal(out.Bytes(), &a); err != nil {
		t.Fatalf("read %s: %v", out.String(), err)
	}
	return a
}

// compareAnswers holds ours to theirs: the same columns and types, the same rows
// in any order, doubles to 1e-9 (Trino's own avg is not repeatable to the last
// digit), approximate percentiles to two in a hundred, the error's full text.
func compareAnswers(t *testing.T, ours, theirs answer) {
	t.Helper()
	if theirs.Error != nil || ours.Error != nil {
		if theirs.Error == nil || ours.Error == nil || ours.Error.Name != theirs.Error.Name || ours.Error.Message != theirs.Error.Message {
			t.Errorf("error: ours %+v, Trino's %+v", ours.Error, theirs.Error)
		}
		return
	}
	if fmt.Sprint(ours.Columns) != fmt.Sprint(theirs.Columns) {
		t.Errorf("columns: ours %v, Trino's %v", ours.Columns, theirs.Columns)
	}
	if len(ours.Rows) != len(theirs.Rows) {
		t.Fatalf("rows: ours %d, Trino's %d", len(ours.Rows), len(theirs.Rows))
	}
	sortRows(ours.Rows)
	sortRows(theirs.Rows)
	for r := range ours.Rows {
		for c := range ours.Rows[r] {
			tolerance := 1e-9
			if c < len(ours.Columns) && strings.Contains(ours.Columns[c][0], "median") || strings.Contains(ours.Columns[c][0], "p95") {
				tolerance = 0.02
			}
			if a, b := ours.Rows[r][c], theirs.Rows[r][c]; !sameValue(a, b, tolerance) {
				t.Errorf("row %d, column %s: ours %v, Trino's %v", r, ours.Columns[c][0], a, b)
			}
		}
	}
}

func sameValue(a, b any, tolerance float64) bool {
	x, xok := a.(float64)
	y, yok := b.(float64)
	if xok && yok {
		return math.Abs(x-y) <= tolerance*math.Max(1, math.Max(math.Abs(x), math.Abs(y)))
	}
	return fmt.Sprint(a) == fmt.Sprint(b)
}

// sortRows orders rows by their values that are not doubles, then by all.
func sortRows(rows [][]any) {
	key := func(row []any) string {
		var exact, rest strings.Builder
		for _, v := range row {
			if f, ok := v.(float64); ok && f != math.Trunc(f) {
				fmt.Fprintf(&rest, "%.6g|", f)
				continue
			}
			fmt.Fprintf(&exact, "%v|", v)
		}
		return exact.String() + rest.String()
	}
	sort.SliceStable(rows, func(i, j int) bool { return key(rows[i]) < key(rows[j]) })
}

// trinoClient speaks as much of Trino's protocol as the test needs.
type trinoClient struct {
	t   *testing.T
	url string
}

func (c trinoClient) query(sql string) answer {
	c.t.Helper()
	req, err := http.NewRequest(http.MethodPost, c.url+"/v1/statement", strings.NewReader(sql))
	if err != nil {
		c.t.Fatal(err)
	}
	var a answer
	for next := ""; ; {
		for k, v := range map[string]string{
			"X-Trino-User": "acme", "X-Trino-Catalog": "hive", "X-Trino-Schema": schema.TelemetryDatabase,
			"X-Trino-Time-Zone": "UTC", "X-Trino-Client-Capabilities": "PARAMETRIC_DATETIME",
		} {
			req.Header.Set(k, v)
		}
		page := c.page(req)
		if page.Error != nil {
			a.Error = &struct {
				Name, Message string
				Line, Column  int
			}{page.Error.ErrorName, page.Error.Message, 0, 0}
			return a
		}
		if len(a.Columns) == 0 {
			for _, col := range page.Columns {
				a.Columns = append(a.Columns, [2]string{col.Name, strings.ReplaceAll(col.Type, ", ", ",")})
			}
		}
		a.Rows = append(a.Rows, page.Data...)
		if next = page.NextURI; next == "" {
			return a
		}
		if req, err = http.NewRequest(http.MethodGet, next, nil); err != nil {
			c.t.Fatal(err)
		}
	}
}

type trinoPage struct {
	NextURI string                        `json:"nextUri"`
	Columns []struct{ Name, Type string } `json:"columns"`
	Data    [][]any                       `json:"data"`
	Error   *struct{ ErrorName, Message string }
}

func (c trinoClient) page(req *http.Request) trinoPage {
	c.t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	var page trinoPage
	if err := json.NewDecoder(resp.Body).Decode(&page); err != nil {
		c.t.Fatalf("read Trino's answer (%s): %v", resp.Status, err)
	}
	return page
}

// createTables declares the lake's tables in Trino, which has no Hive DDL.
func (c trinoClient) createTables(location string) {
	c.t.Helper()
	types := map[schema.Type]string{
		schema.String: "varchar", schema.Int: "integer", schema.BigInt: "bigint",
		schema.Double: "double", schema.Boolean: "boolean", schema.Date: "date",
	}
	must := func(sql string) {
		if a := c.query(sql); a.Error != nil {
			c.t.Fatalf("%s: %+v", sql, a.Error)
		}
	}
	for _, table := range schema.Tables() {
		if table.Parquet {
			continue
		}
		var cols, parts []string
		for _, col := range table.Columns {
			cols = append(cols, col.Name+" "+types[col.Type])
		}
		for _, col := range table.Partitions {
			cols = append(cols, col.Name+" "+types[col.Type])
			parts = append(parts, "'"+col.Name+"'")
		}
		with := fmt.Sprintf("format = 'OPENX_JSON', external_location = '%s/%s'", location, strings.TrimSuffix(table.Prefix, "/"))
		if len(parts) > 0 {
			with += ", partitioned_by = ARRAY[" + strings.Join(parts, ",") + "]"
		}
		must("CREATE SCHEMA IF NOT EXISTS hive." + table.Database)
		must("DROP TABLE IF EXISTS hive." + table.Database + "." + table.Name)
		must("CREATE TABLE hive." + table.Database + "." + table.Name + " (" + strings.Join(cols, ", ") + ") WITH (" + with + ")")
		if len(parts) > 0 {
			must("CALL hive.system.sync_partition_metadata('" + table.Database + "', '" + table.Name + "', 'FULL')")
		}
	}
}
