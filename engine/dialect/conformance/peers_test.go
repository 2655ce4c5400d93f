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
// dialect (acme): DuckDB given Athena's text as it is (raw), and sqlglot's translation
// of it. ACME_PEERS=raw,sqlglot,acme says which; sqlglot needs python3 with the package.
// The whole corpus takes some minutes a peer; ACME_CORPUS_LEVEL and ACME_CORPUS_GROUP
// choose.
//
// They are held to less than the dialect is: any refusal of what Trino refuses is
// right, values compare as numbers or text, and the length of a varchar, the
// precision of a time and the inside of a nested type are not looked at.
func TestPeers(t *testing.T) {
	asked := os.Getenv("ACME_PEERS")
	if asked == "" {
		t.Skip("set ACME_PEERS=raw,sqlglot,acme (see CONTRIBUTING.md)")
	}
	list := slices.Collect(questions(t))
	for _, name := range strings.Split(asked, ",") {
		t.Run(name, func(t *testing.T) {
			boards := map[int]map[string]*[verdicts]int{}
			for _, level := range levels() {
				boards[level] = map[string]*[verdicts]int{}
			}
			switch name {
			case "acme":
				ours(t, list, boards)
			case "raw":
				peers(t, list, func(sql string) (string, error) { return sql, nil }, boards)
			case "sqlglot":
				peers(t, list, sqlglot(t), boards)
			default:
				t.Fatalf("ACME_PEERS: no peer is called %q", name)
			}
			for level, board := range boards {
				t.Logf("%s against Trino %d\n%s", name, level, scoreboard(board))
			}
		})
	}
}

// ours runs all questions as the dialect has them, by the rules of TestCorpus.
func ours(t *testing.T, list []question, boards map[int]map[string]*[verdicts]int) {
	e := openEngine(t)
	for _, q := range list {
		for level, board := range boards {
			if want := q.want(level); want != nil {
				v, _ := judge(e, q, want, level)
				count(board, q, v)
			}
		}
	}
}

// peers runs all questions as a peer has them, each once whatever the releases. What
// they are can do anything to the session: files are closed to it, its settings are
// locked, and every statement is taken back.
func peers(t *testing.T, list []question, translate func(string) (string, error), boards map[int]map[string]*[verdicts]int) {
	e := openEngine(t)
	t.Chdir(t.TempDir())
	for _, s := range []string{"CREATE SCHEMA acme_telemetry", `CREATE VIEW acme_telemetry.video_telemetry_json AS SELECT * EXCLUDE "$path" FROM main.events`,
		"SET search_path = 'acme_telemetry'", "SET enable_external_access = false", "SET lock_configuration = true"} {
		e.exec(t, s)
	}
	for _, q := range list {
		text, err := translate(q.SQL)
		a := peerAnswer{err: err}
		if err == nil {
			a = e.takenBack(t, text)
		}
		for level, board := range boards {
			if want := q.want(level); want != nil {
				count(board, q, a.judge(q, want))
			}
		}
	}
	if left, err := os.ReadDir("."); err != nil || len(left) > 0 {
		t.Errorf("the statements left files: %v %v", left, err)
	}
}

// takenBack runs a statement in a transaction that is rolled back.
func (e *engine) takenBack(t *testing.T, text string) (a peerAnswer) {
	e.exec(t, "BEGIN")
	a.types, a.rows, a.err = e.raw(text)
	// A statement that ended the transaction itself leaves none to roll back.
	_, _ = e.conn.ExecContext(context.Background(), "ROLLBACK")
	return a
}

// count notes a verdict in the group of its question. An error in other words is
// correct too: its name and place are right.
func count(board map[string]*[verdicts]int, q question, v verdict) {
	group, _, _ := strings.Cut(q.Group, ".")
	if board[group] == nil {
		board[group] = &[verdicts]int{}
	}
	board[group][v]++
	if v == otherText {
		board[group][correct]++
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
	shown := []verdict{correct, wrongValue, wrongTypes, refused, wronglyAccepted, wrongError, broken, otherText}
	out := fmt.Sprintf("%-12s %6s", "group", "all")
	for _, v := range shown {
		out += fmt.Sprintf(" %17s", verdictNames[v])
	}
	for _, g := range append(groups, "all") {
		n := -board[g][otherText] // those are among the correct
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

// peerAnswer is what a peer makes of a query.
type peerAnswer struct {
	types []string
	rows  [][]any
	err   error
}

// judge compares a peer's answer with Trino's.
func (a peerAnswer) judge(q question, want *answer) verdict {
	got := a.rows
	switch {
	case a.err != nil && want.Error != nil && !strings.Contains(a.err.Error(), want.Error.Message):
		return otherText
	case a.err != nil && want.Error != nil:
		return correct
	case a.err != nil:
		return refused
	case want.Error != nil:
		return wronglyAccepted
	case len(a.types) != len(want.Columns) || !want.More && len(got) != len(want.Rows) || len(got) < len(want.Rows):
		return wrongValue
	}
	if want.More && !q.Ordered || strings.Contains(strings.ToLower(q.SQL), "current_timestamp") {
		return correct
	}
	if !leniently(got[:len(want.Rows)], want, q) {
		return wrongValue
	}
	for i, t := range a.types {
		if family(t) != family(want.Columns[i][1]) {
			return wrongTypes
		}
	}
	return correct
}

// raw runs a text in DuckDB, for no longer than a peer may.
func (e *engine) raw(text string) (types []string, out [][]any, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), peerTime)
	defer cancel()
	return e.ask(ctx, text)
}

// ask runs a text in DuckDB.
func (e *engine) ask(ctx context.Context, text string) (types []string, out [][]any, err error) {
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
import json, logging, sys, sqlglot
logging.disable()
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
