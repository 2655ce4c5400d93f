package conformance_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync/atomic"
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
//	ACME_ANSWERS=FILE                  keeps the server's answers, and asks it for those that are not there alone
func TestDifferential(t *testing.T) {
	url := os.Getenv("ACME_TRINO")
	if url == "" {
		t.Skip("needs a running Trino: set ACME_TRINO (see CONTRIBUTING.md)")
	}
	server, err := trino.New(trino.Config{URL: url, Client: &http.Client{Transport: cheaply{}}})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	plain, err := trino.New(trino.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	release, err := release(t.Context(), server)
	if err != nil {
		t.Fatal(err)
	}
	n, seed := setting(t, "ACME_QUERIES", 500), setting(t, "ACME_SEED", 1)
	d := &differential{server: server, plain: plain, kept: openKept(t, os.Getenv("ACME_ANSWERS"), release), e: openEngine(t), level: release}
	d.e.base(t)
	counts := map[string]int{}
	reasons := map[string]int{}
	for q := range d.statements(t.Context(), seed, n) {
		theirs := <-q.theirs
		if theirs.Error != nil && theirs.Error.Name == unanswered {
			t.Fatalf("seed %d: %s", q.seed, theirs.Error.Message)
		}
		v := d.judge(t.Context(), q.statement, theirs)
		counts[v.kind]++
		switch v.kind {
		case "differs":
			least, why := d.shrink(t.Context(), q.statement)
			t.Errorf("seed %d:\n  %s\n  %s", q.seed, brief(least.String()), brief(why))
		case "refused", alone, otherWords, faulty:
			reasons[v.kind+": "+v.why]++
		}
		if done := q.seed - seed + 1; done%1000 == 0 {
			t.Logf("%d asked: %v", done, counts)
		}
	}
	t.Logf("Trino %d, %d statements from seed %d: %v; the server was asked %d, the rest was kept", release, n, seed, counts, d.asked.Load())
	for _, why := range most(reasons, 40) {
		t.Logf("%d %s", reasons[why], why)
	}
}

// cheaply asks the server for plans of few stages: small tables need no more.
type cheaply struct{}

func (cheaply) RoundTrip(r *http.Request) (*http.Response, error) {
	r.Header.Set("X-Trino-Session", "join_distribution_type=BROADCAST,task_concurrency=1")
	return http.DefaultTransport.RoundTrip(r)
}

// place is where an error is, in front of its text.
var place = regexp.MustCompile(`^line \d+:\d+: `)

type differential struct {
	server *trino.Engine
	plain  *trino.Engine // the same server, whose plans are its own
	kept   *keptAnswers
	e      *engine
	level  int
	asked  atomic.Int64 // statements that went to the server
}

// verdictOf is what one statement came to: same, same error, refused, alone, differs
// or one of the kinds that name a reason.
type verdictOf struct{ kind, why string }

// onItsWay is a statement with the server: Trino's answer comes when it comes.
type onItsWay struct {
	seed      int
	statement *node
	theirs    chan *answer
}

// inFlight is how many statements are with the server at once: most of the time of one
// goes by between its stages.
const inFlight = 12

// statements gives n statements from a seed on, in their order; several at a time are with
// the server, some ahead of the one that is given.
func (d *differential) statements(ctx context.Context, seed, n int) chan onItsWay {
	out, gate := make(chan onItsWay, 64), make(chan bool, inFlight)
	go func() {
		defer close(out)
		for i := range n {
			q := onItsWay{seed: seed + i, statement: newGenerator(uint64(seed + i)).statement(), theirs: make(chan *answer, 1)}
			gate <- true
			go func() {
				q.theirs <- d.ask(ctx, q.statement.String())
				<-gate
			}()
			out <- q
		}
	}()
	return out
}

// faulty is an answer that is Trino's own mistake: an internal error, or rows that it
// contradicts itself.
const faulty = "a fault of Trino's"

// contradicts says whether the server gives rows, which are ours, once a statement is asked
// so that nothing but its plan is another. Releases before 476 may find a row in INTERSECT
// ALL that is of one side alone, by how a double below zero that is cut to -0 is laid among
// their tasks; and they take in a row for which FILTER is NULL, in an aggregate with ORDER
// BY beside one with DISTINCT of a constant.
func (d *differential) contradicts(ctx context.Context, n *node, tr *dialect.Translation, rows [][]any) bool {
	if d.level >= 476 {
		return false
	}
	asked := []struct {
		server *trino.Engine
		sql    string
	}{{d.plain, n.String()}}
	if guarded := filterGuarded(n).String(); guarded != n.String() {
		asked = append(asked, struct {
			server *trino.Engine
			sql    string
		}{d.server, guarded})
	}
	for _, again := range asked {
		a, err := d.fetchFrom(ctx, again.server, forTrino(again.sql))
		if err != nil {
			continue
		}
		if v, _ := judgeRun(tr, rows, nil, question{SQL: n.String(), Ordered: strings.Contains(n.String(), " OFFSET ")}, a, d.level); v == correct {
			return true
		}
	}
	return false
}

// filterGuarded gives a statement whose FILTER clauses are never NULL, and the same else.
func filterGuarded(n *node) *node {
	out := *n
	out.text = strings.ReplaceAll(n.text, "FILTER (WHERE %s)", "FILTER (WHERE coalesce(%s, false))")
	out.kids = make([]*node, len(n.kids))
	for i, k := range n.kids {
		out.kids[i] = filterGuarded(k)
	}
	return &out
}

// alone is an error of the data that one engine met and the other did not, though
// the part of the statement that fails fails alike in both where it is all that is
// asked. SQL does not say which rows and arguments are worked out before it is known
// that they do not matter, and Trino itself differs by plan: LIMIT, an argument beside
// a NULL, an IN of no row. They are counted apart, by error and by where it stood.
const alone = "order of evaluation"

// otherWords are an error that has its name and place alone from Trino: which of
// several values it shows, and in what order the operands, is no part of the answer.
const otherWords = "same error in other words"

var digits = regexp.MustCompile(`[0-9]+`)

// lineOf gives the line of an error, 0 where it has none.
func lineOf(e *answerError) int {
	if e.Line == nil {
		return 0
	}
	return *e.Line
}

// judge runs a statement here and holds it to Trino's answer.
func (d *differential) judge(ctx context.Context, n *node, theirs *answer) verdictOf {
	sql := n.String()
	tr, rows, err := d.e.run(sql, d.level)
	var e *dialect.Error
	if errors.As(err, &e) && e.Ours {
		return verdictOf{"refused", place.ReplaceAllString(e.Message, "")}
	}
	ours := e
	if ours == nil && err != nil {
		return verdictOf{"differs", fmt.Sprintf("ours %v, Trino's %v %v", err, head(theirs.Rows), theirs.Error)}
	}
	if theirs.Error == nil && ours == nil {
		v, why := judgeRun(tr, rows, err, question{SQL: sql, Ordered: strings.Contains(sql, " OFFSET ")}, theirs, d.level)
		switch {
		case v == correct:
			return verdictOf{kind: "same"}
		case d.contradicts(ctx, n, tr, rows):
			return verdictOf{faulty, "asked otherwise it answers as we do"}
		}
		return verdictOf{"differs", why}
	}
	switch {
	case theirs.Error == nil:
	case ours != nil && ours.Name == theirs.Error.Name && ours.Message == theirs.Error.Message:
		return verdictOf{kind: "same error"}
	case theirs.Error.Name == "COMPILER_ERROR" || theirs.Error.Name == "GENERIC_INTERNAL_ERROR":
		return verdictOf{faulty, theirs.Error.Message}
	}
	if ours != nil && theirs.Error != nil && ours.Name == theirs.Error.Name && ours.Line == lineOf(theirs.Error) {
		return verdictOf{otherWords, fmt.Sprintf("%s: ours %s, Trino's %s", ours.Name, digits.ReplaceAllString(ours.Message, "#"), digits.ReplaceAllString(theirs.Error.Message, "#"))}
	}
	why := fmt.Sprintf("ours %v %v, Trino's %v %v", err, head(rows), theirs.Error, head(theirs.Rows))
	atPlan := ours != nil && ours.Line > 0 || theirs.Error != nil && strings.HasPrefix(theirs.Error.Message, "line ")
	if atPlan || theirs.Error != nil && !d.fails(n, func(sql string) bool { return d.weFail(sql, theirs.Error) }) {
		return verdictOf{"differs", why}
	}
	if ours != nil && !d.fails(n, func(sql string) bool {
		a := d.ask(ctx, sql)
		return a.Error != nil && a.Error.Name == ours.Name
	}) {
		return verdictOf{"differs", why}
	}
	switch {
	case theirs.Error == nil:
		return verdictOf{alone, "ours alone, " + ours.Name}
	case ours == nil:
		return verdictOf{alone, "Trino's alone, " + theirs.Error.Name}
	}
	return verdictOf{kind: "another error first"} // rows have no order, nor have their errors
}

// weFail says whether a statement has that error here, or is refused while it runs:
// then what Trino fails at is not known here, but neither is it answered.
func (d *differential) weFail(sql string, want *answerError) bool {
	_, _, err := d.e.run(sql, d.level)
	var e *dialect.Error
	return errors.As(err, &e) && (e.Name == want.Name || e.Ours)
}

// fails says whether a part of a statement, asked of every row, fails as tried says.
func (d *differential) fails(n *node, tried func(sql string) bool) bool {
	var parts []*node
	var walk func(n *node)
	walk = func(n *node) {
		if _, ok := simple[n.typ]; ok && (len(n.kids) > 0 || strings.Contains(n.text, "(")) || n.typ == "aggregate" || n.typ == "window" || n.typ == "irrational" {
			parts = append(parts, n)
		}
		for _, k := range n.kids {
			walk(k)
		}
	}
	walk(n)
	slices.SortStableFunc(parts, func(a, b *node) int { return a.size() - b.size() })
	for _, p := range parts {
		sql, from := p.String(), table()
		if strings.Contains(sql, "l.") || strings.Contains(sql, "r.") {
			from = "(SELECT * FROM " + table() + ") AS l CROSS JOIN (SELECT * FROM " + table() + ") AS r"
		}
		if tried("SELECT " + sql + " FROM " + from) {
			return true
		}
	}
	for _, p := range parts { // where several rows fail, one at a time
		for k := range columns[0].values {
			sql, row := p.String(), fmt.Sprintf("(SELECT * FROM %s WHERE k = %d)", table(), k+1)
			if !strings.Contains(sql, " OVER ") && tried("SELECT "+sql+" FROM "+row+" AS base") ||
				(strings.Contains(sql, "l.") || strings.Contains(sql, "r.")) && tried("SELECT "+sql+" FROM "+row+" AS l CROSS JOIN "+row+" AS r") {
				return true
			}
		}
	}
	return false
}

// unanswered is the name of an answer that never came: the way to the server failed,
// or what is kept of it.
const unanswered = "UNANSWERED"

// ask has Trino answer, unless what it answered is kept.
func (d *differential) ask(ctx context.Context, sql string) *answer {
	text := forTrino(sql)
	if a := d.kept.get(text); a != nil {
		return a
	}
	d.asked.Add(1)
	a, err := d.fetch(ctx, text)
	var e *query.Error
	if errors.As(err, &e) {
		a.Error, err = &answerError{Name: e.Name, Message: e.Message}, nil
		if e.Line > 0 {
			a.Error.Line, a.Error.Column = &e.Line, &e.Column
		}
	}
	if err == nil {
		err = d.kept.put(text, a)
	}
	if err != nil {
		return &answer{Error: &answerError{Name: unanswered, Message: err.Error()}}
	}
	return a
}

// fetch gives what the server answers; its errors are a *query.Error.
func (d *differential) fetch(ctx context.Context, sql string) (*answer, error) {
	return d.fetchFrom(ctx, d.server, sql)
}

func (d *differential) fetchFrom(ctx context.Context, server *trino.Engine, sql string) (*answer, error) {
	a := &answer{}
	rows, err := server.Query(ctx, query.Request{SQL: sql})
	if err != nil {
		return a, err
	}
	defer rows.Close()
	for _, c := range rows.Columns() {
		a.Columns = append(a.Columns, [2]string{c.Name, c.Type})
	}
	for {
		batch, err := rows.Next(ctx)
		if err == io.EOF {
			return a, nil
		}
		if err != nil {
			return a, err
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
			return json.Number(strconv.FormatFloat(f, 'e', -1, 64)) // whole ones too are told from integers
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
	first := d.judge(ctx, n, d.ask(ctx, n.String()))
	why := first.why
	for tries := 0; tries < 250; {
		less := smaller(n)
		sort.SliceStable(less, func(i, j int) bool { return less[i].size() < less[j].size() })
		found := false
		for _, s := range less {
			if tries++; tries > 250 {
				break
			}
			if s.String() == n.String() {
				continue
			}
			if v := d.judge(ctx, s, d.ask(ctx, s.String())); v.kind == "differs" {
				n, why, found = s, v.why, true
				break
			}
		}
		if !found {
			break
		}
	}
	return n, why
}

// brief gives a text with the lines around the table left out.
func brief(s string) string { return strings.ReplaceAll(s, table(), " base ") }

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
