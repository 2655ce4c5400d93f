package conformance_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"sync"
	"testing"
)

// keptAnswers are a server's answers by release and statement, and the file that they
// stand in, a line each. The server takes most of a long run, and a statement that was
// not changed need not be asked again after a fix here.
type keptAnswers struct {
	mu      sync.Mutex
	release int
	answers map[string]json.RawMessage // read for each reader anew, who may put its rows in order
	file    *os.File                   // nil keeps nothing
}

// keptAnswer is a line of the file.
type keptAnswer struct {
	Key    string          `json:"key"`
	Answer json.RawMessage `json:"answer"`
}

// openKept reads the answers that a file has, which may be none. A line that a killed
// run left half written, and the ones behind it, count for nothing.
func openKept(t *testing.T, path string, release int) *keptAnswers {
	t.Helper()
	k := &keptAnswers{release: release, answers: map[string]json.RawMessage{}}
	if path == "" {
		return k
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		t.Fatalf("open the kept answers: %v", err)
	}
	t.Cleanup(func() { f.Close() })
	var whole int64
	for r := bufio.NewReader(f); ; {
		line, err := r.ReadBytes('\n')
		if err != nil {
			break
		}
		var a keptAnswer
		if err := json.Unmarshal(line, &a); err != nil || a.Answer == nil {
			t.Fatalf("read the kept answers: line at byte %d of %s is none (%v); delete the file to ask again", whole, path, err)
		}
		k.answers[a.Key] = a.Answer
		whole += int64(len(line))
	}
	if err := f.Truncate(whole); err != nil {
		t.Fatalf("cut the kept answers behind their last whole line: %v", err)
	}
	if _, err := f.Seek(whole, 0); err != nil {
		t.Fatalf("append to the kept answers: %v", err)
	}
	k.file = f
	return k
}

// key names a statement, as the server is sent it, and the release.
func (k *keptAnswers) key(sql string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %s", k.release, sql))
	return hex.EncodeToString(sum[:16])
}

// get gives the answer to a statement, or nil.
func (k *keptAnswers) get(sql string) *answer {
	k.mu.Lock()
	text := k.answers[k.key(sql)]
	k.mu.Unlock()
	if text == nil {
		return nil
	}
	a := &answer{}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if d.Decode(a) != nil {
		return nil
	}
	return a
}

// put keeps an answer.
func (k *keptAnswers) put(sql string, a *answer) error {
	if k.file == nil {
		return nil
	}
	text, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("keep the answer to %s: %w", sql, err)
	}
	line, err := json.Marshal(keptAnswer{k.key(sql), text})
	if err != nil {
		return fmt.Errorf("keep the answer to %s: %w", sql, err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.answers[k.key(sql)] = text
	if _, err := k.file.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("keep the answer to %s: %w", sql, err)
	}
	return nil
}

// TestKeptOrder holds that rows come in one order however their doubles are written.
func TestKeptOrder(t *testing.T) {
	for _, f := range []float64{math.Copysign(0, -1), 123456789, 1e21, -2.5} {
		if ours, theirs := key([]any{f}), key([]any{asProtocol(f)}); ours != theirs {
			t.Errorf("%v: ours %s, Trino's %s", f, ours, theirs)
		}
	}
}

// TestKept holds that answers are the same from the file as from the server, also
// behind a line that was left half written.
func TestKept(t *testing.T) {
	path := t.TempDir() + "/answers"
	k := openKept(t, path, 483)
	given := &answer{Columns: [][2]string{{"_col0", "double"}}, Rows: [][]any{{json.Number("9007199254740993"), "NaN", nil, []any{true}}}}
	if err := k.put("SELECT 1", given); err != nil {
		t.Fatal(err)
	}
	if _, err := k.file.WriteString(`{"key":"ab`); err != nil {
		t.Fatal(err)
	}
	again := openKept(t, path, 483)
	want, _ := json.Marshal(given)
	again.get("SELECT 1").Rows[0][0] = nil
	if got, _ := json.Marshal(again.get("SELECT 1")); string(got) != string(want) {
		t.Errorf("got %s, want %s", got, want)
	}
	if err := again.put("SELECT 2", given); err != nil {
		t.Fatal(err)
	}
	last := openKept(t, path, 401)
	if len(last.answers) != 2 || last.get("SELECT 1") != nil {
		t.Errorf("%d answers; another release has %v", len(last.answers), last.get("SELECT 1"))
	}
}
