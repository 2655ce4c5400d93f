package conformance_test

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"acme/telemetry/engine/dialect"
)

// TestJSON holds queries on JSON to what Trino answered. In testdata/json_*.txt a
// query stands on a line, then "401 " or "483 " or, where both say the same,
// "all " with the answer: the first row, or the error with its text.
func TestJSON(t *testing.T) {
	e := openEngine(t)
	files, err := filepath.Glob("testdata/json_*.txt")
	if err != nil || len(files) < 3 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) { jsonCases(t, e, name) })
	}
}

func jsonCases(t *testing.T, e *engine, name string) {
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	query, asked := "", 0
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		kind, want, _ := strings.Cut(lines.Text(), " ")
		levels := map[string][]int{"401": {401}, "483": {483}, "all": {401, 483}}[kind]
		if levels == nil {
			query = lines.Text()
		}
		for _, level := range levels {
			asked++
			if got := saidOfJSON(e, query, level); got != want {
				t.Errorf("%d %s\n got %s\nwant %s", level, query, got, want)
			}
		}
	}
	if err := lines.Err(); err != nil || asked < 100 {
		t.Fatalf("%d questions: %v", asked, err)
	}
}

// saidOfJSON gives the first row of an answer, or its error.
func saidOfJSON(e *engine, query string, level int) string {
	_, rows, err := e.run(query, level)
	switch err := err.(type) {
	case nil:
		return fmt.Sprint(rows[0])
	case *dialect.Error:
		return err.Name + ": " + strings.ReplaceAll(err.Message, "\n", `\n`)
	}
	return err.Error()
}
