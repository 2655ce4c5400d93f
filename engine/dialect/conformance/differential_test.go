package conformance_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"sync"
	"testing"

	"acme/telemetry/engine/dialect"
	"acme/telemetry/engine/query"
	"acme/telemetry/engine/query/trino"
)

// TestDifferential asks the dialect and a running Trino the same generated
// statements, and cuts each one that they answer otherwise down to the least that
// still differs. A statement that we refuse by name is no difference.
//
//	ACME_TRINO=http://127.0.0.1:8080   the server
//	ACME_QUERIES=20000                 how many statements; 500 where not set
//	ACME_SEED=1                        the first statement's seed
func TestDifferential(t *testing.T) {
	url := os.Getenv("ACME_TRINO")
	if url == "" {
		t.Skip("needs a running Trino: set ACME_TRINO (see CONTRIBUTING.md)")
	}
	server, err := trino.New(trino.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	release, err := release(t.Context(), server)
	if err != nil {
		t.Fatal(err)
	}
	n, seed := setting(t, "ACME_QUERIES", 500), setting(t, "ACME_SEED", 1)
	d := &differential{server: server, e: openEngine(t), level: release}
	if err := d.settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	reasons := map[string]int{}
	for at := 0; at < n; at += window {
		for _, v := range d.compare(t.Context(), seed+at, min(window, n-at)) {
			counts[v.kind]++
			switch v.kind {
			case "differs":
				least, why := d.shrink(t.Context(), v.statement)
				t.Errorf("seed %d:\n  %s\n  %s", v.seed, brief(least), why)
			case "refused":
				reasons[v.why]++
			case alone:
				t.Logf("seed %d: %s\n  %s", v.seed, v.why, brief(v.statement))
			}
		}
	}
	t.Logf("Trino %d, %d statements from seed %d: %v", release, n, seed, counts)
	for _, why := range most(reasons, 12) {
		t.Logf("refused %d: %s", reasons[why], why)
	}
}

// place is where an error is, in front of its text.
var place = regexp.MustCompile(`^line \d+:\d+: `)

// window is how many statements are with the server at once, four by four.
const window = 64

type differential struct {
	server *trino.Engine
	e      *engine
	level  int
	table  string // the table as the server has it, line for line
}

// settle puts the table where Trino does not fold it while it plans, by other rules
// than it runs by: it forgets an error beside a NULL then. A server without a
// catalog for tables of one's own gets a join that it cannot fold.
func (d *differential) settle(ctx context.Context) error {
	head, names, _ := strings.Cut(strings.TrimSpace(table()), " AS base ")
	d.table = "\n(SELECT base.* FROM " + head + " AS base " + names + " JOIN tpch.tiny.nation ON nationkey = k) AS base\n"
	for _, sql := range []string{"DROP TABLE IF EXISTS memory.default.acme_base", "CREATE TABLE memory.default.acme_base AS SELECT * FROM " + table()} {
		a := d.ask(ctx, sql)
		if a.Error != nil && a.Error.Name == "CATALOG_NOT_FOUND" {
			return nil
		}
		if a.Error != nil {
			return fmt.Errorf("%s: %s", a.Error.Name, a.Error.Message)
		}
	}
	d.table = "\nmemory.default.acme_base AS base\n"
	return nil
}

// verdictOf is what one statement came to: same, refused, error or differs.
type verdictOf struct {
	seed      int
	statement *node
	kind, why string
}

// compare asks n statements from a seed on.
func (d *differential) compare(ctx context.Context, seed, n int) []verdictOf {
	out := make([]verdictOf, n)
	theirs := make([]*answer, n)
	var wg sync.WaitGroup
	gate := make(chan bool, 4)
	for i := range n {
		out[i] = verdictOf{seed: seed + i, statement: newGenerator(uint64(seed + i)).statement()}
		wg.Go(func() {
			gate <- true
			theirs[i] = d.ask(ctx, out[i].statement.String())
			<-gate
		})
	}
	wg.Wait()
	for i := range out {
		out[i].kind, out[i].why = d.judge(out[i].statement.String(), theirs[i])
	}
	return out
}

// alone is an error of the data that one engine met and the other did not. SQL does
// not say which rows and arguments are worked out before it is known that they do
// not matter, and Trino itself differs by plan: LIMIT, an argument beside a NULL, an
// IN of no row. They are counted apart, and shown.
const alone = "error of the data that one met alone"

// judge runs a statement here and holds it to Trino's answer.
func (d *differential) judge(sql string, theirs *answer) (kind, why string) {
	_, rows, err := d.e.run(sql, d.level)
	var e *dialect.Error
	if errors.As(err, &e) && e.Ours {
		return "refused", place.ReplaceAllString(e.Message, "")
	}
	if theirs.Error != nil {
		switch {
		case errors.As(err, &e) && e.Name == theirs.Error.Name && e.Message == theirs.Error.Message:
			return "same error", ""
		case errors.As(err, &e) && e.Line == 0 && !strings.HasPrefix(theirs.Error.Message, "line "):
			return "other error of the data", "" // rows have no order, nor have their errors
		case theirs.Error.Name == "COMPILER_ERROR" || theirs.Error.Name == "GENERIC_INTERNAL_ERROR":
			return "a fault of Trino's", ""
		}
		why := fmt.Sprintf("ours %v %v, Trino's %s: %s", err, head(rows), theirs.Error.Name, theirs.Error.Message)
		if err == nil && !strings.HasPrefix(theirs.Error.Message, "line ") {
			return alone, why
		}
		return "differs", why
	}
	if errors.As(err, &e) && e.Line == 0 {
		return alone, fmt.Sprintf("ours %v, Trino's %v", err, head(theirs.Rows))
	}
	if err != nil {
		return "differs", fmt.Sprintf("ours %v, Trino's %v", err, head(theirs.Rows))
	}
	v, why := judge(d.e, question{SQL: sql, Ordered: strings.Contains(sql, " OFFSET ")}, theirs, d.level)
	if v != correct {
		return "differs", why
	}
	return "same", ""
}

// ask has Trino answer.
func (d *differential) ask(ctx context.Context, sql string) *answer {
	a := &answer{}
	fail := func(err error) *answer {
		var e *query.Error
		if !errors.As(err, &e) {
			e = &query.Error{Name: "COMPILER_ERROR", Message: err.Error()} // no answer is none to differ from
		}
		a.Error = &answerError{Name: e.Name, Message: e.Message}
		if e.Line > 0 {
			a.Error.Line, a.Error.Column = &e.Line, &e.Column
		}
		return a
	}
	rows, err := d.server.Query(ctx, query.Request{SQL: strings.ReplaceAll(sql, table(), d.table)})
	if err != nil {
		return fail(err)
	}
	defer rows.Close()
	for _, c := range rows.Columns() {
		a.Columns = append(a.Columns, [2]string{c.Name, c.Type})
	}
	for {
		batch, err := rows.Next(ctx)
		if err == io.EOF {
			return a
		}
		if err != nil {
			return fail(err)
		}
		for _, r := range batch {
			row := make([]any, len(r))
			for i, v := range r {
				row[i] = asProtocol(v)
			}
			a.Rows = append(a.Rows, row)
		}
	}
}

// asProtocol gives a value of query's shapes as the corpus has it.
func asProtocol(v any) any {
	switch v := v.(type) {
	case int64:
		return json.Number(strconv.FormatInt(v, 10))
	case float64:
		if f, ok := float(v, 64).(float64); ok {
			return json.Number(strconv.FormatFloat(f, 'g', -1, 64))
		}
		return float(v, 64)
	case query.Text:
		return string(v)
	case []byte:
		return base64.StdEncoding.EncodeToString(v)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = asProtocol(v[i])
		}
		return out
	case query.Map:
		out := map[string]any{}
		for _, e := range v {
			out[fmt.Sprint(asProtocol(e.Key))] = asProtocol(e.Value)
		}
		return out
	}
	return v
}

// shrink cuts a statement down as long as it differs.
func (d *differential) shrink(ctx context.Context, n *node) (*node, string) {
	_, why := d.judge(n.String(), d.ask(ctx, n.String()))
	for tries := 0; tries < 400; {
		less := smaller(n)
		sort.SliceStable(less, func(i, j int) bool { return less[i].size() < less[j].size() })
		found := false
		for _, s := range less {
			if tries++; tries > 400 {
				break
			}
			kind, w := d.judge(s.String(), d.ask(ctx, s.String()))
			if kind == "differs" && s.String() != n.String() {
				n, why, found = s, w, true
				break
			}
		}
		if !found {
			break
		}
	}
	return n, why
}

// brief gives a statement with the table's text left out.
func brief(n *node) string {
	return strings.ReplaceAll(n.String(), table(), " T ")
}

// release gives the server's release.
func release(ctx context.Context, e query.Engine) (int, error) {
	rows, err := e.Query(ctx, query.Request{SQL: "SELECT node_version FROM system.runtime.nodes"})
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	batch, err := rows.Next(ctx)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(fmt.Sprint(batch[0][0]))
}

// setting reads a number from the environment.
func setting(t testing.TB, name string, otherwise int) int {
	t.Helper()
	s := os.Getenv(name)
	if s == "" {
		return otherwise
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// most gives the keys with the highest counts.
func most(counts map[string]int, n int) []string {
	keys := make([]string, 0, len(counts))
	for k := range counts {
		keys = append(keys, k)
	}
	sort.Slice(keys, func(i, j int) bool {
		if counts[keys[i]] != counts[keys[j]] {
			return counts[keys[i]] > counts[keys[j]]
		}
		return keys[i] < keys[j]
	})
	return keys[:min(n, len(keys))]
}
