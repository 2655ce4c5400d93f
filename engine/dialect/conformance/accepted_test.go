package conformance_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"acme/telemetry/engine/dialect"
)

// A mutator makes new queries of known ones: it puts the words and the
// expressions of one in places of another, so that many of them still mean
// something.
type mutator struct {
	texts [][]string // each cut into tokens
	kinds map[string][]string
}

// pieces cuts a text into tokens; blanks and comments fall away.
var pieces = regexp.MustCompile(`'(?:[^']|'')*'|"(?:[^"]|"")*"|[A-Za-z_][A-Za-z0-9_]*|[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|->|<>|!=|<=|>=|\|\||[^\s]`)

var comments = regexp.MustCompile(`--[^\n]*|/\*[^*]*\*/`)

// newMutator takes every n-th query of each group of the corpus.
func newMutator(tb testing.TB, n int) *mutator {
	tb.Helper()
	files, err := filepath.Glob(corpusDir + "/*.jsonl.gz")
	if err != nil || len(files) == 0 {
		tb.Fatalf("corpus: %v", err)
	}
	m := &mutator{kinds: map[string][]string{}}
	groups := map[string]int{}
	for _, file := range files {
		if filepath.Base(file) == "events.jsonl.gz" {
			continue
		}
		for line := range lines(tb, file) {
			var q struct{ Group, SQL string }
			if err := json.Unmarshal([]byte(line), &q); err != nil {
				tb.Fatal(err)
			}
			groups[q.Group]++
			if groups[q.Group]%n == 1 && len(q.SQL) < 1500 {
				m.add(q.SQL)
			}
		}
	}
	return m
}

func (m *mutator) add(sql string) {
	toks := pieces.FindAllString(comments.ReplaceAllString(sql, " "), -1)
	m.texts = append(m.texts, toks)
	for _, t := range toks {
		if k := kindOf(t); k != "" {
			m.kinds[k] = append(m.kinds[k], t)
		}
	}
}

// kindOf says what may stand in a token's place; empty where nothing should.
func kindOf(t string) string {
	switch c := t[0]; {
	case c == '\'':
		return "text"
	case c >= '0' && c <= '9':
		return "number"
	case strings.Contains("+ - * / % ||", t):
		return "operator"
	case strings.Contains("= < > <> != <= >=", t):
		return "comparison"
	case c|0x20 >= 'a' && c|0x20 <= 'z' && strings.ToUpper(t) != t:
		return "name"
	}
	return ""
}

// mutant is the query that a seed stands for.
func (m *mutator) mutant(seed uint64) string {
	r := rand.New(rand.NewPCG(seed, 483))
	toks := slices.Clone(m.texts[r.IntN(len(m.texts))])
	for range 1 + r.IntN(3) {
		other := m.texts[r.IntN(len(m.texts))]
		if r.IntN(3) == 0 {
			other = toks
		}
		if r.IntN(2) == 0 {
			i := r.IntN(len(toks))
			if k := kindOf(toks[i]); k != "" {
				toks[i] = m.kinds[k][r.IntN(len(m.kinds[k]))]
			}
			continue
		}
		i, j := expression(r, toks)
		k, l := expression(r, other)
		if i < j && k < l && len(toks)+l-k < 400 {
			toks = slices.Concat(toks[:i], other[k:l], toks[j:])
		}
	}
	return strings.Join(toks, " ")
}

// expression finds the bounds of one: a call, what stands in parentheses, an
// argument, or a token alone.
func expression(r *rand.Rand, toks []string) (from, to int) {
	i := r.IntN(len(toks))
	for ; i < len(toks); i++ {
		if toks[i] == "(" || kindOf(toks[i]) == "text" || kindOf(toks[i]) == "number" {
			break
		}
	}
	if i == len(toks) || toks[i] != "(" {
		return i, min(i+1, len(toks))
	}
	depth, end := 0, i
	for ; end < len(toks); end++ {
		switch toks[end] {
		case "(":
			depth++
		case ")":
			depth--
		}
		if depth == 0 {
			break
		}
		if depth == 1 && toks[end] == "," && r.IntN(2) == 0 {
			return i + 1, end // the first arguments
		}
	}
	if end == len(toks) {
		return i, i
	}
	switch {
	case i > 0 && kindOf(toks[i-1]) == "name":
		return i - 1, end + 1
	case r.IntN(2) == 0:
		return i + 1, end
	}
	return i, end + 1
}

// binds holds a query that Translate accepts to what DuckDB makes of it: bound, with the
// types of the analysis. Errors of the data that show when constants are folded are the
// query's own.
func (e *engine) binds(t *dialect.Translation) (ok bool, err error) {
	for _, s := range t.Scans {
		if len(s.Hidden) > 0 { // the table here has none
			return false, nil
		}
	}
	if err = e.scans(t); err == nil {
		err = e.describe(t)
	}
	var own *dialect.Error
	if errors.As(err, &own) {
		err = nil
	}
	return true, err
}

// FuzzAccepted lets DuckDB bind mutants of the corpus that Translate accepts, of each
// release that lowers them to something of its own.
func FuzzAccepted(f *testing.F) {
	m, e := newMutator(f, 40), openEngine(f)
	for seed := range uint64(40) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		sql, bound := m.mutant(seed), ""
		for _, level := range []int{401, 483} {
			tr, err := dialect.Translate(sql, dialect.Options{Database: "acme_telemetry", Catalog: e.catalog, Level: level})
			if err != nil {
				continue
			}
			if lowered := fmt.Sprint(tr.SQL, tr.Columns); lowered != bound {
				bound = lowered
				if _, err := e.binds(tr); err != nil {
					t.Fatalf("%d: %s\n%v", level, sql, err)
				}
			}
		}
	})
}

// TestNumberTexts holds that a number is its value, however it is written.
func TestNumberTexts(t *testing.T) {
	e := openEngine(t)
	_, rows, err := e.run("SELECT (i + 1_000) * 0x1F, row(7, 8)[0x1] FROM (VALUES 0, 1) AS b (i) GROUP BY i + 1000 ORDER BY 0x1 OFFSET 0b1 ROWS LIMIT 1_0", 483)
	if got, _ := json.Marshal(rows); err != nil || string(got) != `[[31031,7]]` {
		t.Errorf("got %s %v", got, err)
	}
}
