package conformance_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"

	"acme/telemetry/engine/dialect"
)

// question is one query of the corpus with what Trino answered in two releases.
type question struct {
	ID      string  `json:"id"`
	Group   string  `json:"group"`
	SQL     string  `json:"sql"`
	Ordered bool    `json:"ordered"`
	T401    *answer `json:"t401"`
	T483    *answer `json:"t483"`
}

type answer struct {
	Columns [][2]string  `json:"columns"`
	Rows    [][]any      `json:"rows"`
	More    bool         `json:"more"`
	Error   *answerError `json:"error"`
}

type answerError struct {
	Name    string `json:"name"`
	Message string `json:"message"`
	Line    *int   `json:"line"`
	Column  *int   `json:"column"`
}

func (e *answerError) String() string {
	if e == nil {
		return "no error"
	}
	return e.Name + ": " + e.Message
}

// verdict is how an answer of ours compares.
type verdict int

const (
	correct verdict = iota
	wrongValue
	wrongTypes
	refused
	wronglyAccepted
	wrongError // another error than Trino's, or one where Trino answers
	broken     // DuckDB refused what the dialect made
	otherText  // correct, but for the words of the error
	verdicts
)

var verdictNames = [...]string{"correct", "wrong value", "wrong type", "refused", "wrongly accepted", "wrong error", "engine error", "other text"}

// ratchet is the most that each kind of fault may come to, by release, over the
// whole corpus. Lower it when it falls; never raise it.
var ratchet = map[int][verdicts]int{
	401: {correct: 16761, wronglyAccepted: 2, wrongError: 4},
	483: {correct: 16766, wronglyAccepted: 3, wrongError: 8},
}

// TestCorpus holds the dialect to the corpus. Without ACME_CORPUS=all it takes
// one query of eight.
func TestCorpus(t *testing.T) {
	all := os.Getenv("ACME_CORPUS") == "all"
	e := openEngine(t)
	files, err := filepath.Glob(filepath.Join(corpusDir, "*.jsonl.gz"))
	if err != nil || len(files) < 20 {
		t.Fatalf("corpus of %d files: %v", len(files), err)
	}
	for _, level := range levels() {
		board := map[string]*[verdicts]int{}
		for _, file := range files {
			group, _, _ := strings.Cut(filepath.Base(file), ".")
			if group == "events" || !chosen("ACME_CORPUS_GROUP", group) {
				continue
			}
			for line := range lines(t, file) {
				q := decode(t, line)
				if only := os.Getenv("ACME_CORPUS_ID"); only != "" && only != q.ID || !all && only == "" && sampled(q.ID) {
					continue
				}
				score(t, e, q, level, board)
			}
		}
		report(t, level, board, all)
	}
}

// levels are the releases to ask, ACME_CORPUS_LEVEL alone where it is set.
func levels() []int {
	return slices.DeleteFunc([]int{401, 483}, func(l int) bool { return !chosen("ACME_CORPUS_LEVEL", strconv.Itoa(l)) })
}

// chosen says whether an environment variable, a list with commas, names what is
// asked for, or nothing at all.
func chosen(variable, name string) bool {
	list := os.Getenv(variable)
	return list == "" || slices.Contains(strings.Split(list, ","), name)
}

func sampled(id string) bool {
	h := fnv.New32a()
	h.Write([]byte(id))
	return h.Sum32()%8 != 0
}

func decode(t *testing.T, line string) question {
	var q question
	d := json.NewDecoder(strings.NewReader(line))
	d.UseNumber()
	if err := d.Decode(&q); err != nil {
		t.Fatal(err)
	}
	return q
}

func score(t *testing.T, e *engine, q question, level int, board map[string]*[verdicts]int) {
	want := q.want(level)
	if want == nil {
		return
	}
	v, why := judge(e, q, want, level)
	count(board, q, v)
	if v == correct {
		return
	}
	if dump := os.Getenv("ACME_CORPUS_DUMP"); dump != "" {
		f, err := os.OpenFile(dump, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		fmt.Fprintf(f, "%d\t%s\t%s\t%s\t%s\n", level, verdictNames[v], q.ID, strings.ReplaceAll(q.SQL, "\n", "\\n"), strings.ReplaceAll(why, "\n", "\\n"))
	}
	if v == wrongValue || v == wrongTypes {
		t.Errorf("%d %s %s\n  %s\n  %s", level, verdictNames[v], q.ID, q.SQL, why)
	}
}

// want gives Trino's answer at a release, nil where it has none.
func (q question) want(level int) *answer {
	if level == 483 {
		return q.T483
	}
	return q.T401
}

// judge runs a query and compares.
func judge(e *engine, q question, want *answer, level int) (verdict, string) {
	tr, rows, err := e.run(q.SQL, level)
	return judgeRun(tr, rows, err, q, want, level)
}

// judgeRun compares what a query came to.
func judgeRun(tr *dialect.Translation, rows [][]any, err error, q question, want *answer, level int) (verdict, string) {
	var de *dialect.Error
	var wt wrongType
	switch {
	case errors.As(err, &wt):
		return wrongTypes, err.Error() + "\n  " + tr.SQL
	case errors.As(err, &de):
		return judgeError(de, want)
	case err != nil:
		return broken, err.Error() + "\n  " + tr.SQL
	case want.Error != nil:
		return wronglyAccepted, "want " + want.Error.Name + ": " + want.Error.Message
	}
	if len(tr.Columns) != len(want.Columns) {
		return wrongValue, fmt.Sprintf("%d columns, want %d", len(tr.Columns), len(want.Columns))
	}
	for i, c := range tr.Columns {
		w := strings.ToLower(want.Columns[i][1])
		if got := strings.ToLower(c.Type.String()); plain(got) != plain(w) {
			return wrongTypes, fmt.Sprintf("column %d: %s, want %s", i+1, got, w)
		}
		if c.Name != want.Columns[i][0] {
			return wrongValue, fmt.Sprintf("column %d: name %q, want %q", i+1, c.Name, want.Columns[i][0])
		}
	}
	why := compareRows(tr, rows, want, q)
	if other := q.other(level); why != "" && other != nil && other.Error == nil && strings.Contains(q.SQL, "avg(") && compareRows(tr, rows, other, q) == "" {
		why = "" // the last digit of an average is not repeatable: another release has ours
	}
	if strings.Contains(strings.ToLower(q.SQL), "current_timestamp") || strings.Contains(q.SQL, "now()") {
		why = "" // the moment of asking is part of the answer
	}
	if why != "" && strings.Contains(tr.SQL, "now()") { // a cast of a time of day takes the day of asking
		answered := *want
		answered.Rows = onOneDay(want.Rows)
		why = compareRows(tr, onOneDay(rows), &answered, q)
	}
	if why != "" {
		return wrongValue, why + "\n  " + tr.SQL
	}
	return correct, ""
}

// day is the date at the beginning of a text.
var day = regexp.MustCompile(`^\d{4}-\d\d-\d\d`)

// onOneDay gives rows whose texts that begin with a date have one and the same.
func onOneDay(rows [][]any) [][]any {
	out := make([][]any, len(rows))
	for i, r := range rows {
		for _, v := range r {
			if s, ok := v.(string); ok {
				v = day.ReplaceAllString(s, "2000-01-01")
			}
			out[i] = append(out[i], v)
		}
	}
	return out
}

// other gives the answer of the release that is not asked.
func (q question) other(level int) *answer {
	if level == 483 {
		return q.T401
	}
	return q.T483
}

// plain drops what the protocol's spelling of types has beside ours.
func plain(s string) string { return strings.NewReplacer(" ", "", `"`, "").Replace(s) }

func judgeError(got *dialect.Error, want *answer) (verdict, string) {
	if got.Ours {
		return refused, got.Error()
	}
	if want.Error == nil {
		return wrongError, "got " + got.Error() + " where Trino answers"
	}
	line, col := 0, 0
	if want.Error.Line != nil {
		line, col = *want.Error.Line, *want.Error.Column
	}
	if got.Name == want.Error.Name && got.Line == line && got.Column == col {
		if !sameText(got.Message, want.Error.Message) {
			return otherText, fmt.Sprintf("got %s, want %s", got.Message, want.Error.Message)
		}
		return correct, ""
	}
	return wrongError, fmt.Sprintf("got %s (%d:%d), want %s: %s (%d:%d)", got, got.Line, got.Column, want.Error.Name, want.Error.Message, line, col)
}

// sameText compares the words of two errors. In what order a release lists the
// forms of a function is no part of the answer.
func sameText(got, want string) bool {
	g, forms, listed := strings.Cut(got, "Expected: ")
	w, others, _ := strings.Cut(want, "Expected: ")
	if !listed || g != w {
		return got == want
	}
	return slices.Equal(words(forms), words(others))
}

// words gives the words of s without commas, sorted.
func words(s string) []string {
	return slices.Sorted(slices.Values(strings.Fields(strings.ReplaceAll(s, ",", " "))))
}

func compareRows(tr *dialect.Translation, got [][]any, want *answer, q question) string {
	rel := 1e-12
	switch {
	case strings.Contains(q.SQL, "approx_percentile"), strings.Contains(q.SQL, "tdigest_agg"):
		rel = 0.08 // the error is one of rank; in groups of fifty a rank is some per cent
	case strings.Contains(q.SQL, "approx_"):
		rel = 0.023
	}
	exp := want.Rows
	if want.More {
		if len(got) < len(exp) {
			return fmt.Sprintf("%d rows, want more than %d", len(got), len(exp))
		}
		if !q.Ordered {
			return "" // which 200 rows Trino sent first is no part of the answer
		}
		got = got[:len(exp)]
	}
	if len(got) != len(exp) {
		return fmt.Sprintf("%d rows, want %d: %v, want %v", len(got), len(exp), head(got), head(exp))
	}
	differs := func(got, exp []any) (column int) {
		for c := range exp {
			rel := rel
			if strings.Contains(tr.Columns[c].Type.String(), "real") {
				rel = max(rel, 1e-7) // Java's older releases print digits that a real has not
			}
			if !same(got[c], exp[c], rel) {
				return c
			}
		}
		return -1
	}
	if !q.Ordered {
		pairUp(got, exp, func(g, e []any) bool { return differs(g, e) < 0 })
	}
	for i := range exp {
		if c := differs(got[i], exp[i]); c >= 0 {
			return fmt.Sprintf("row %d column %d: got %v, want %v", i+1, c+1, got[i][c], exp[i][c])
		}
	}
	return ""
}

// pairUp sorts two multisets of rows by their keys, which know six digits of a number,
// and then the first one's so that where keys are equal the rows that are the same
// stand at the same place.
func pairUp(got, exp [][]any, same func(got, exp []any) bool) {
	for _, rows := range [][][]any{got, exp} {
		sort.SliceStable(rows, func(i, j int) bool { return key(rows[i]) < key(rows[j]) })
	}
	for i := range exp {
		for j := i; j < len(got) && key(got[j]) == key(got[i]); j++ {
			if same(got[j], exp[i]) {
				got[i], got[j] = got[j], got[i]
				break
			}
		}
	}
}

func head(rows [][]any) [][]any { return rows[:min(3, len(rows))] }

// report prints the scoreboard and holds it to the ratchet.
func report(t *testing.T, level int, board map[string]*[verdicts]int, all bool) {
	var groups []string
	var sum [verdicts]int
	for g, b := range board {
		groups = append(groups, g)
		for v, n := range b {
			sum[v] += n
		}
	}
	sort.Strings(groups)
	line := func(name string, b *[verdicts]int) string {
		n := -b[otherText]
		for _, x := range b {
			n += x
		}
		s := fmt.Sprintf("%-12s %6d", name, n)
		for _, x := range b {
			s += fmt.Sprintf(" %17s", fmt.Sprintf("%d %.1f%%", x, 100*float64(x)/float64(max(n, 1))))
		}
		return s
	}
	out := fmt.Sprintf("Trino %d\n%-12s %6s", level, "group", "all")
	for _, n := range verdictNames {
		out += fmt.Sprintf(" %17s", n)
	}
	for _, g := range groups {
		out += "\n" + line(g, board[g])
	}
	t.Log(out + "\n" + line("all", &sum))
	if limit, ok := ratchet[level]; ok && all && os.Getenv("ACME_CORPUS_GROUP") == "" {
		for v := wrongValue; v < verdicts; v++ {
			if v != refused && v != otherText && sum[v] > limit[v] {
				t.Errorf("release %d: %s is %d, was %d", level, verdictNames[v], sum[v], limit[v])
			}
		}
		if sum[correct] < limit[correct] {
			t.Errorf("release %d: correct is %d, was %d", level, sum[correct], limit[correct])
		}
	}
}
