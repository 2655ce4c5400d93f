package deflate

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestShapeLearns(t *testing.T) {
	var s Shape
	for i, line := range []string{`{"a":1,"b":"x"}`, `{"a":2,"b":"yy"}`, `{"a":2}`, `{"a":3}`, `{"a":3,"b":1}`} {
		if !s.Plain([]byte(line)) {
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
	values := []string{`"%s"`, `"%s"`, `"%s"`, `-1.25`, `7`, `123456789.0125`, `true`, `null`, `12x456789`, `"`, `{}`, ``, `"%s" `, `tru`}
	rapid.Check(t, func(t *rapid.T) {
		var used Shape
		keys := rapid.SliceOfN(rapid.StringOfN(rapid.RuneFrom([]rune("abcdefgh_")), 0, 24, -1), 1, 5).Draw(t, "keys")
		for range 4 {
			line := []byte{'{'}
			for i, key := range keys {
				if i > 0 {
					line = append(line, ',')
				}
				value := rapid.SampledFrom(values[:rapid.SampledFrom([]int{3, 8, len(values)}).Draw(t, "kinds")]).Draw(t, "value")
				text := rapid.StringOfN(rapid.RuneFrom([]rune("ab01 -.\x7f\u00e9\u2028\x1f\t")), 0, 30, -1).Draw(t, "text")
				if rapid.IntRange(0, 20).Draw(t, "odd") == 0 {
					text += rapid.SampledFrom([]string{`\`, `"`, "\r", "\n"}).Draw(t, "odd one") + text
				}
				line = fmt.Appendf(line, "%q:", key)
				line = append(line, strings.Replace(value, "%s", text, 1)...)
			}
			line = append(line, rapid.SampledFrom([]string{"}", "}", "}", "", "} ", "}}"}).Draw(t, "end")...)
			var fresh Shape
			got, want := used.Plain(line), fresh.Plain(line)
			if got != want || want != PlainObject(line) {
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

// Eight bytes at a time a number ends where it does byte by byte: at any other byte, at any
// place.
func TestAfterNumber(t *testing.T) {
	const digits = "0-9.123456789.-0"
	for other := range 256 {
		for n := range len(digits) + 1 {
			for _, rest := range []string{"", "0", ",00000000", "000000000000"} {
				text := append(append([]byte(digits[:n]), byte(other)), rest...)
				end := 0
				for end < len(text) && strings.IndexByte(digits, text[end]) >= 0 {
					end++
				}
				if got := afterNumber(text, 0); got != end {
					t.Fatalf("%q ends at %d, not at %d", text, got, end)
				}
			}
		}
	}
}

// Eight bytes at a time a string ends where it does byte by byte, with any other byte in it
// at any place, and one that is not plain has no end.
func TestShapeStrings(t *testing.T) {
	const key, plain = `{"key":"`, "CUST_0385ff82 !#]~\x7f\xc3\xa9"
	var s Shape
	s.Plain([]byte(key + `"}`))
	for other := range 256 {
		for n := range len(plain) + 1 {
			for _, rest := range []string{"", `"`, `abc",`, `12345678"}`, `",1234567890123456`} {
				text := append(append([]byte(key+plain[:n]), byte(other)), rest...)
				end := bytes.IndexAny(text[len(key):], "\"\\\r\n") + len(key)
				if end < len(key) || text[end] != '"' {
					end = -1
				}
				s.ends[0] = 0
				s.behind(text, 0)
				if got := int(s.ends[0]) - 1; got != end {
					t.Fatalf("%q: the value ends at %d, not at %d", text, got, end)
				}
			}
		}
	}
}
