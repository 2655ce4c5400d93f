package lake

import (
	"bytes"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"acme/telemetry/engine/deflate"
)

// What the writer counts without parsing is what the SerDe counts.
func TestCountLinesAsSerDe(t *testing.T) {
	for _, text := range []string{
		"{\"a\":\"x\"}\n", "{}\n", "{\"a\":1}\n{\"a\":2}\n", "\n", "\n\n", "{\"a\":\n", "not json\n", "{\"a\":1.5,\"b\":true,\"c\":null}\n",
		"{\"a\":\"x\\\"y\"}\n", "{\"a\":\"x\\\"}\n", "{\"a\":1}{\"a\":2}\n", "{\"a\":{\"b\":1}}\n", "{\"a\":[1,2]}\n", "{\"a\":1}\r\n{\"a\":1}\r\n", "{\"a\":\"x\ry\"}\n",
		"{\"a\":\"x\ty\x01\"}\n", "{\"a\":-}\n", "{\"a\":1-2.3.4}\n", "{\"a\":}\n", "{\"a\":1,}\n", "{,}\n", "{\"a\"}\n", "{\"a\":\"b\"\n", "[1]\n", "5\n", "\"x\"\n", "{\"a\":truely}\n",
		"{\"a\":1}\n{\"a\":1,\"b\":2}\n{\"b\":1}\nx\n{\"a\":1}\n", "{\"a\":\"\xff\"}\n", "{\"\":1}\n", "{\"a\":tru}\n", "  {\"a\":1}\n", "{\"a\":1} \n",
	} {
		agree(t, text)
	}
}

func agree(t rapid.TB, text string) {
	t.Helper()
	got := countLines([]byte(text))
	stats, err := readAll("test", bytes.NewReader([]byte(text)))
	want := lineCount{lines: stats.Lines, malformed: stats.Malformed}
	if err != nil {
		return // a line that the SerDe cannot go past: there is nothing to agree with
	}
	if got != want {
		t.Errorf("%q: counted %+v, the SerDe %+v", text, got, want)
	}
}

func TestCountLinesProperty(t *testing.T) {
	pieces := []string{`{`, `}`, `"`, `:`, `,`, `"a"`, `"a":1`, `{"a":1}`, `{"a":"x","b":2}`, `{"a":"y","b":-1.5}`, "\n", "\n", "\n", "\r", `\`, `true`, `null`, ` `, `x`, `[`, `]`, "\x00"}
	rapid.Check(t, func(t *rapid.T) {
		var b bytes.Buffer
		for _, i := range rapid.SliceOfN(rapid.IntRange(0, len(pieces)-1), 0, 24).Draw(t, "pieces") {
			b.WriteString(pieces[i])
		}
		b.WriteByte('\n')
		agree(t, b.String())
	})
}

// Without a delimiter an object is one row, and its first record decides.
func TestCountFirst(t *testing.T) {
	for _, c := range []struct {
		raw  string
		want lineCount
	}{
		{`{"a":1}{"a":2}`, lineCount{1, 0}}, {`{"a":"}"}{"a":2}`, lineCount{1, 0}}, {`{"a":1`, lineCount{1, 1}}, {`x{"a":1}`, lineCount{1, 1}},
		{`{"a":1}x`, lineCount{1, 0}}, {`{"a":{"b":1}}{"a":1}`, lineCount{1, 0}}, {``, lineCount{}},
	} {
		if got := countFirst([]byte(c.raw), true); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.raw, got, c.want)
		}
	}
	if got := countFirst([]byte("x"), false); got != (lineCount{}) {
		t.Errorf("a later block counted %+v", got)
	}
}

// A block that is coded by its records' shape counts as the SerDe does, whatever lines are
// among them.
func TestCodedRowsAsSerDe(t *testing.T) {
	odd := []string{"", "x", `{"k":1}`, `{"k":`, `{"k":"\""}`, "{\"k\":1}\r{\"k\":2}", `{"k":{"n":1}}`, `{"k":1}{"k":2}`}
	var coder deflate.Coder
	coded := 0
	rapid.Check(t, func(t *rapid.T) {
		var text []byte
		for i := range rapid.IntRange(1, 120).Draw(t, "records") {
			line := fmt.Sprintf(`{"k":"%x","n":%d}`, i*7919, i%3)
			if i > 60 && rapid.IntRange(0, 30).Draw(t, "odd") == 0 {
				line = rapid.SampledFrom(odd).Draw(t, "line")
			}
			text = append(append(text, line...), '\n')
		}
		b := &block{text: text, form: form{delimited: true, counted: true}, last: true}
		if !b.code(&coder) {
			return
		}
		coded++
		if want := countLines(text); b.count != want {
			t.Fatalf("%q: %+v rows, want %+v", text, b.count, want)
		}
	})
	if coded == 0 {
		t.Error("no block was coded")
	}
}
