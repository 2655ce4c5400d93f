package conformance_test

import (
	"bufio"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"acme/telemetry/engine/dialect"
)

// TestEdges asks every function at its edges: NULL, empty, huge, beyond ASCII,
// wrong types. What Trino answered stands beside the query, in the form of the
// corpus. Error texts are held to the letter here.
func TestEdges(t *testing.T) {
	e := openEngine(t)
	files, err := filepath.Glob("../../../testdata/dialect/edges/*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatalf("edges: %d files, %v", len(files), err)
	}
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		s := bufio.NewScanner(f)
		s.Buffer(nil, 1<<20)
		for s.Scan() {
			q := decode(t, s.Text())
			for _, level := range levels() {
				edge(t, e, q, level)
			}
		}
		if err := s.Err(); err != nil {
			t.Fatal(err)
		}
	}
}

func edge(t *testing.T, e *engine, q question, level int) {
	want := q.T401
	if level == 483 {
		want = q.T483
	}
	v, why := judge(e, q, want, level)
	if v != correct && v != refused {
		t.Errorf("%d %s: %s\n  %s", level, verdictNames[v], q.SQL, why)
	}
	if v != correct || want.Error == nil {
		return
	}
	_, _, err := e.run(q.SQL, level)
	var de *dialect.Error
	if errors.As(err, &de) && de.Message != want.Error.Message {
		t.Errorf("%d %s:\n  got  %s\n  want %s", level, q.SQL, de.Message, want.Error.Message)
	}
}
