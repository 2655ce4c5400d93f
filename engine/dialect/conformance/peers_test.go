package conformance_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	duckdb "github.com/duckdb/duckdb-go/v2"
)

// TestPeers puts what one would use instead through the corpus, beside the
// dialect: DuckDB given Athena's text as it is (raw), and sqlglot's translation of
// it. ACME_PEERS=raw,sqlglot says which; sqlglot needs python3 with the package.
//
// They are held to less than the dialect is: any refusal of what Trino refuses is
// right, values compare as numbers or text, and the length of a varchar, the
// precision of a time and the inside of a nested type are not looked at.
func TestPeers(t *testing.T) {
	asked := os.Getenv("ACME_PEERS")
	if asked == "" {
		t.Skip("set ACME_PEERS=raw,sqlglot (see CONTRIBUTING.md)")
	}
	e := openEngine(t)
	e.exec(t, "CREATE SCHEMA acme_telemetry")
	e.exec(t, `CREATE VIEW acme_telemetry.video_telemetry_json AS SELECT * EXCLUDE "$path" FROM main.events`)
	e.exec(t, "SET search_path = 'acme_telemetry'")
	for _, level := range levels() {
		for _, name := range strings.Split(asked, ",") {
			translate := func(sql string) (string, error) { return sql, nil }
			if name == "sqlglot" {
				translate = sqlglot(t)
			}
			board := map[string]*[verdicts]int{}
			for q := range questions(t) {
				want := q.T401
				if level == 483 {
					want = q.T483
				}
				if want == nil {
					continue
				}
				group, _, _ := strings.Cut(q.Group, ".")
				if board[group] == nil {
					board[group] = &[verdicts]int{}
				}
				board[group][e.peer(q, want, translate)]++
			}
			t.Logf("%s against Trino %d\n%s", name, level, scoreboard(board))
		}
	}
}

// questions gives the queries of the corpus that are asked for.
func questions(t *testing.T) func(func(question) bool) {
	files, err := filepath.Glob(filepath.Join(corpusDir, "*.jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	return func(yield func(question) bool) {
		for _, file := range files {
			group, _, _ := strings.Cut(filepath.Base(file), ".")
			if group == "events" || !chosen("ACME_CORPUS_GROUP", group) {
				continue
			}
			for line := range lines(t, file) {
				if !yield(decode(t, line)) {
					return
				}
			}
		}
	}
}

// scoreboard lays out the shares of the verdicts that a peer can come to.
func scoreboard(board map[string]*[verdicts]int) string {
	var groups []string
	sum := &[verdicts]int{}
	for g, b := range board {
		groups = append(groups, g)
		for v, n := range b {
			sum[v] += n
		}
	}
	sort.Strings(groups)
	board["all"] = sum
	shown := []verdict{correct, wrongValue, wrongTypes, refused, wronglyAccepted}
	out := fmt.Sprintf("%-12s %6s", "group", "all")
	for _, v := range shown {
		out += fmt.Sprintf(" %17s", verdictNames[v])
	}
	for _, g := range append(groups, "all") {
		n := 0
		for _, x := range board[g] {
			n += x
		}
		out += fmt.Sprintf("\n%-12s %6d", g, n)
		for _, v := range shown {
			out += fmt.Sprintf(" %17s", fmt.Sprintf("%d %.1f%%", board[g][v], 100*float64(board[g][v])/float64(max(n, 1))))
		}
	}
	return out
}

// peerTime is how long a statement of a peer may run: some never end.
const peerTime = 5 * time.Second

// peer gives what a peer makes of a query.
func (e *engine) peer(q question, want *answer, translate func(string) (string, error)) verdict {
	text, err := translate(q.SQL)
	var types []string
	var got [][]any
	if err == nil {
		types, got, err = e.raw(text)
	}
	switch {
	case err != nil && want.Error != nil:
		return correct
	case err != nil:
		return refused
	case want.Error != nil:
		return wronglyAccepted
	case len(types) != len(want.Columns) || !want.More && len(got) != len(want.Rows) || len(got) < len(want.Rows):
		return wrongValue
	}
	if want.More && !q.Ordered || strings.Contains(strings.ToLower(q.SQL), "current_timestamp") {
		return correct
	}
	if !leniently(got[:len(want.Rows)], want, q) {
		return wrongValue
	}
	for i, t := range types {
		if family(t) != family(want.Columns[i][1]) {
			return wrongTypes
		}
	}
	return correct
}

// raw runs a text in DuckDB.
func (e *engine) raw(text string) (types []string, out [][]any, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), peerTime)
	defer cancel()
	rows, err := e.conn.QueryContext(ctx, text)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	cols, err := rows.ColumnTypes()
	if err != nil {
		return nil, nil, err
	}
	for _, c := range cols {
		types = append(types, c.DatabaseTypeName())
	}
	for rows.Next() {
		row := make([]any, len(cols))
		ptrs := make([]any, len(cols))
		for i := range row {
			ptrs[i] = &row[i]
		}
		if err := rows.Scan(ptrs...); err != nil {
			return nil, nil, err
		}
		out = append(out, row)
	}
	return types, out, rows.Err()
}

var sizes = regexp.MustCompile(`\(.*|\[\].*`)

// family is a type without what a peer is not held to, in Trino's names.
func family(t string) string {
	t = strings.ToLower(t)
	switch {
	case strings.HasSuffix(t, "[]"), strings.HasPrefix(t, "array"):
		return "array"
	case strings.HasPrefix(t, "struct"), strings.HasPrefix(t, "row"):
		return "row"
	case strings.HasPrefix(t, "decimal"):
		return strings.ReplaceAll(t, " ", "")
	case strings.Contains(t, "with time zone"), t == "timestamptz":
		return "timestamp with time zone"
	case strings.HasPrefix(t, "interval"):
		return "interval"
	}
	t = sizes.ReplaceAllString(t, "")
	if name, ok := map[string]string{"float": "real", "blob": "varbinary", "char": "varchar", "json": "varchar", "\"null\"": "unknown"}[t]; ok {
		return name
	}
	return t
}

// leniently compares the values of a peer with Trino's.
func leniently(got [][]any, want *answer, q question) bool {
	rows := func(in [][]any, give func(any) any) []string {
		out := make([]string, len(in))
		for i, row := range in {
			for _, v := range row {
				out[i] += fmt.Sprint(give(v)) + "|"
			}
		}
		if !q.Ordered {
			sort.Strings(out)
		}
		return out
	}
	return slices.Equal(rows(got, loose), rows(want.Rows, loose))
}

// loose gives a value so that two ways to write it are the same.
func loose(v any) any {
	switch v := v.(type) {
	case nil:
		return nil
	case bool:
		return v
	case time.Time:
		return looseText(v.UTC().Format("2006-01-02 15:04:05.999999"))
	case duckdb.Decimal:
		return looseText(decimal(v.Value, int(v.Scale)))
	case []byte:
		return base64.StdEncoding.EncodeToString(v)
	case string:
		return looseText(v)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = loose(v[i])
		}
		return out
	case map[string]any: // a row of DuckDB's, or a map of Trino's
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		out := ""
		for _, k := range keys {
			out += fmt.Sprintf("%s=%v,", k, loose(v[k]))
		}
		return out
	case duckdb.OrderedMap:
		in := map[string]any{}
		for i, k := range v.Keys() {
			in[fmt.Sprint(k)] = v.Values()[i]
		}
		return loose(in)
	case float32:
		return looseText(strconv.FormatFloat(float64(v), 'g', -1, 32))
	case *big.Int, json.Number:
		return looseText(fmt.Sprint(v))
	}
	return looseText(fmt.Sprint(v))
}

// looseText rounds what reads as a number, and drops a time's zeros and zone.
func looseText(s string) string {
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		return strconv.FormatFloat(f, 'g', 9, 64)
	}
	s = strings.TrimSuffix(s, " UTC")
	if len(s) > 18 && s[4] == '-' && strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return strings.TrimSuffix(s, " 00:00:00")
}

// sqlglotProgram translates a JSON string a line.
const sqlglotProgram = `
import json, sys, sqlglot
for line in sys.stdin:
    try:
        out = sqlglot.transpile(json.loads(line), read="athena", write="duckdb")
        print(json.dumps({"sql": ";".join(out)}), flush=True)
    except Exception as e:
        print(json.dumps({"error": str(e)[:200]}), flush=True)
`

// sqlglot gives sqlglot's translation from Athena to DuckDB.
func sqlglot(t *testing.T) func(string) (string, error) {
	t.Helper()
	cmd := exec.Command("python3", "-c", sqlglotProgram)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); _ = cmd.Wait() })
	r := bufio.NewReader(out)
	return func(sql string) (string, error) {
		line, err := json.Marshal(sql)
		if err != nil {
			return "", err
		}
		if _, err := in.Write(append(line, '\n')); err != nil {
			t.Fatalf("sqlglot: %v", err)
		}
		answer, err := r.ReadBytes('\n')
		if err == io.EOF {
			t.Fatal("sqlglot ended: is the package installed?")
		}
		if err != nil {
			t.Fatal(err)
		}
		var a struct{ SQL, Error string }
		if err := json.Unmarshal(answer, &a); err != nil {
			t.Fatal(err)
		}
		if a.Error != "" {
			return "", fmt.Errorf("sqlglot: %s", a.Error)
		}
		return a.SQL, nil
	}
}
