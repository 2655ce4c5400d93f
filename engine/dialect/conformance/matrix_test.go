package conformance_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"testing"

	"acme/telemetry/engine/dialect"
)

var update = flag.Bool("update", false, "rewrite docs/ATHENA_COMPATIBILITY.md from the function table and a run of the whole corpus")

const matrixFile = "../../../docs/ATHENA_COMPATIBILITY.md"

// TestCompatibility keeps the published matrix by the function table. With -update
// it runs the whole corpus and writes the page.
func TestCompatibility(t *testing.T) {
	if *update {
		m := newMatrix()
		e := openEngine(t)
		for q := range questions(t) {
			m.add(e, q)
		}
		if err := os.WriteFile(matrixFile, m.page(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	page, err := os.ReadFile(matrixFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range dialect.Documentation() {
		if line := "\n" + functionHead(f); !bytes.Contains(page, []byte(line)) {
			t.Errorf("no line for %s in %s: run this test with -update", f.Name, matrixFile)
		}
	}
	_, functions, _ := bytes.Cut(page, []byte("\n## Functions\n"))
	if n, want := bytes.Count(functions, []byte("\n| `")), len(dialect.Documentation()); n != want {
		t.Errorf("%d functions in %s, the table has %d: run this test with -update", n, matrixFile, want)
	}
}

// score counts what came of queries.
type matrixScore struct{ asked, right, refused int }

func (s matrixScore) String() string {
	if s.asked == 0 {
		return "-"
	}
	return fmt.Sprintf("%d/%d", s.right, s.asked)
}

// matrix is what the corpus says of each function, group and refusal.
type matrix struct {
	functions map[string]map[int]*matrixScore
	groups    map[string]map[int]*[verdicts]int
	reasons   map[string]int
	examples  map[string]string
	calls     *regexp.Regexp
}

func newMatrix() *matrix {
	return &matrix{functions: map[string]map[int]*matrixScore{}, groups: map[string]map[int]*[verdicts]int{}, reasons: map[string]int{},
		examples: map[string]string{}, calls: regexp.MustCompile(`([a-z_0-9]+)\s*\(`)}
}

// add runs a query in each release that answered it.
func (m *matrix) add(e *engine, q question) {
	for level, want := range map[int]*answer{401: q.T401, 483: q.T483} {
		if want == nil {
			continue
		}
		v, why := judge(e, q, want, level)
		group, _, _ := strings.Cut(q.Group, ".")
		if m.groups[group] == nil {
			m.groups[group] = map[int]*[verdicts]int{401: {}, 483: {}}
		}
		m.groups[group][level][v]++
		if v == refused && level == 401 {
			what := place.ReplaceAllString(strings.TrimPrefix(why, "NOT_SUPPORTED: "), "")
			what = strings.TrimSuffix(what, " is not supported by the local engine")
			m.reasons[what]++
			if m.examples[what] == "" || len(q.SQL) < len(m.examples[what]) {
				m.examples[what] = q.SQL
			}
		}
		seen := map[string]bool{}
		for _, call := range m.calls.FindAllStringSubmatch(strings.ToLower(q.SQL), -1) {
			name := call[1]
			if seen[name] {
				continue
			}
			seen[name] = true
			if m.functions[name] == nil {
				m.functions[name] = map[int]*matrixScore{401: {}, 483: {}}
			}
			s := m.functions[name][level]
			s.asked++
			switch v {
			case correct:
				s.right++
			case refused:
				s.refused++
			}
		}
	}
}

// functionHead is the beginning of a function's line: what the table says of it.
func functionHead(f dialect.FunctionDoc) string {
	kind := "scalar"
	switch {
	case f.Aggregate:
		kind = "aggregate"
	case f.Window:
		kind = "window"
	}
	status := "same"
	if f.Refused != "" {
		status = "refused"
	}
	releases := "all"
	switch {
	case f.Since > 0 && f.Until > 0:
		releases = fmt.Sprintf("%d to %d", f.Since, f.Until)
	case f.Since > 0:
		releases = fmt.Sprintf("from %d", f.Since)
	case f.Until > 0:
		releases = fmt.Sprintf("up to %d", f.Until)
	}
	return fmt.Sprintf("| `%s` | %s | %s | %s |", f.Name, kind, releases, status)
}

// page writes the matrix.
func (m *matrix) page() []byte {
	var b bytes.Buffer
	b.WriteString(matrixIntroduction)
	b.WriteString("\n## By construct\n\nHow the corpus's queries are answered, by group. Right also means: Trino's own error,\nto the letter. What is in no column is Trino's error, at its place, in other words.\n\n")
	b.WriteString("| group | queries | right at 401 | refused by name | other error | right at 483 | refused by name | other error |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n")
	var groups []string
	for g := range m.groups {
		groups = append(groups, g)
	}
	sort.Strings(groups)
	for _, g := range groups {
		fmt.Fprintf(&b, "| %s |", g)
		for i, level := range []int{401, 483} {
			s, n := m.groups[g][level], 0
			for _, x := range s {
				n += x
			}
			if i == 0 {
				fmt.Fprintf(&b, " %d |", n)
			}
			fmt.Fprintf(&b, " %.1f %% | %d | %d |", 100*float64(s[correct])/float64(max(n, 1)), s[refused], s[wrongError]+s[wronglyAccepted])
		}
		b.WriteString("\n")
	}
	b.WriteString("\n## What is refused\n\nEach of these is an error that names the construct and its place; none is answered otherwise. The number is of the corpus's queries at 401.\n\n| construct | queries | for example |\n| --- | --- | --- |\n")
	for _, what := range most(m.reasons, len(m.reasons)) {
		example := strings.Join(strings.Fields(m.examples[what]), " ")
		if len(example) > 100 {
			example = example[:100] + "..."
		}
		fmt.Fprintf(&b, "| %s | %d | `%s` |\n", cell(what), m.reasons[what], cell(example))
	}
	b.WriteString("\n## Functions\n\nRight of asked, in the corpus, by queries that call the function (other parts of the query may be what is refused).\n\n")
	b.WriteString("| function | kind | releases | status | 401 | 483 | what it does, or why it is refused |\n| --- | --- | --- | --- | --- | --- | --- |\n")
	for _, f := range dialect.Documentation() {
		s := m.functions[strings.ToLower(f.Name)]
		if s == nil {
			s = map[int]*matrixScore{401: {}, 483: {}}
		}
		note := f.Doc
		if f.Refused != "" {
			note = strings.TrimSpace(note + " Refused: " + f.Refused)
		}
		fmt.Fprintf(&b, "%s %s | %s | %s |\n", functionHead(f), s[401], s[483], cell(note))
	}
	return b.Bytes()
}

// cell keeps a text within one cell of a table.
func cell(s string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "`", "'").Replace(strings.ToValidUTF8(s, strconv.QuoteRune('?')))
}

const matrixIntroduction = `# Athena compatibility

What Athena SQL is answered here, what is refused, and what differs. The page is made from the function table and a
run of the corpus in testdata/dialect/corpus, 16,832 queries with the answers of the real Trino 401 and 483:

    go test ./engine/dialect/conformance -run TestCompatibility -update

**Same** means: the same values, types, column names and order, or the same error with the same name, place and text.
**Refused** means: an error that says what is not known here, and where. There is no third state: an answer that is
silently another one than Athena's is a fault, and the tests hold their number at zero.

## What differs, and is said

| construct | Athena | here |
| --- | --- | --- |
| ` + "`avg(double)`, `sum(double)`" + ` and what is made of them | the last digits change from run to run: it adds up in parallel | within 1e-12 of it, and the same in every run |
| ` + "`avg`" + ` and ` + "`sum`" + ` of doubles over a frame that moves | what enters the frame is added and what leaves it taken away, with the rounding of both: where much cancels out, other digits | the sum of the frame's own values |
| ` + "`approx_percentile`" + ` over more than some hundred values a group | a T-digest that depends on the order of merging; two runs differ | Trino's T-digest over one split, the same in every run; beyond 100,000 values a group the exact order statistic |
| ` + "`arbitrary`, `any_value`, ties of `max_by`, rows of a ` LIMIT` without ` ORDER BY`" + ` | any | any |
| which of -0.0 and 0.0, which are equal, stands for both: in ` + "`UNION`" + `, ` + "`INTERSECT`" + `, ` + "`DISTINCT`" + ` with ` + "`ORDER BY`" + `, ` + "`WITH TIES`" + `, ` + "`max(x, n)`" + `, of constants; and up to 475, where -0.0 is below, in windows by one key | the one or the other, by its plan | the one or the other |
| maps in results | in the order of a hash table | the same entries, the order not promised |
| ` + "`current_timestamp` and its kin" + ` | the moment of asking | the moment of asking here |
| ` + "`random`, `uuid`, `shuffle`, `TABLESAMPLE`" + ` | by chance | by chance |
| an error of the data in one of many rows | the first that a worker meets | the first that is met here: the same name, perhaps of another row |
| ` + "`sum(bigint)` beyond 64 bits in a window" + ` | may wrap around | NUMERIC_VALUE_OUT_OF_RANGE |
`
