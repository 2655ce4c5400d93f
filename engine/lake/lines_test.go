package lake

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
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

func agree(t interface {
	Helper()
	Errorf(string, ...any)
}, text string) {
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

func TestShapeLearns(t *testing.T) {
	var s shape
	for i, line := range []string{`{"a":1,"b":"x"}`, `{"a":2,"b":"yy"}`, `{"a":2}`, `{"a":3}`, `{"a":3,"b":1}`} {
		if !s.plain([]byte(line)) {
			t.Errorf("line %d is plain", i)
		}
	}
	if fmt.Sprintf("%s", s.before) != `[{"a": ,"b":]` {
		t.Errorf("learnt %s", s.before)
	}
}

// Whether a line is plain, and where its values end, does not depend on the shape that was
// seen before.
func TestShapeProperty(t *testing.T) {
	values := []string{`"%s"`, `"%s"`, `"%s"`, `-1.25`, `7`, `true`, `null`, `"`, `{}`, ``, `"%s" `, `tru`}
	rapid.Check(t, func(t *rapid.T) {
		var used shape
		keys := rapid.SliceOfN(rapid.StringOfN(rapid.RuneFrom([]rune("abcdefgh_")), 0, 24, -1), 1, 5).Draw(t, "keys")
		for range 4 {
			line := []byte{'{'}
			for i, key := range keys {
				if i > 0 {
					line = append(line, ',')
				}
				value := rapid.SampledFrom(values[:rapid.SampledFrom([]int{3, 7, len(values)}).Draw(t, "kinds")]).Draw(t, "value")
				text := rapid.StringOfN(rapid.RuneFrom([]rune("ab01 -.\x7f\u00e9\u2028\x1f\t")), 0, 30, -1).Draw(t, "text")
				if rapid.IntRange(0, 20).Draw(t, "odd") == 0 {
					text += rapid.SampledFrom([]string{`\`, `"`, "\r", "\n"}).Draw(t, "odd one") + text
				}
				line = fmt.Appendf(line, "%q:", key)
				line = append(line, strings.Replace(value, "%s", text, 1)...)
			}
			line = append(line, rapid.SampledFrom([]string{"}", "}", "}", "", "} ", "}}"}).Draw(t, "end")...)
			var fresh shape
			got, want := used.plain(line), fresh.plain(line)
			if got != want || want != plainObject(line) {
				t.Fatalf("%q: plain %v after others, %v alone", line, got, want)
			}
			if want && !slices.Equal(used.ends, fresh.ends) {
				t.Fatalf("%q: values end at %d after others, at %d alone", line, used.ends, fresh.ends)
			}
			if want && bytes.ContainsAny(line, "\\\r\n") {
				t.Fatalf("%q is not plain", line)
			}
		}
	})
}
