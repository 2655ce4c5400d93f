package dialect

import (
	"strings"
	"testing"
)

// paths are texts to begin the search for a failure from.
var paths = []string{`lax $`, `strict $.a.b[0, 2 to last].*`, `lax $[*] ? (@.x > 1 && !(@.y == "q") || exists(@.z))`,
	`lax -$.a * (2 + 3.50) % 7e0`, `lax $..a.size()`, `strict $ ? ((@ == null) is unknown)`, `lax $.keyvalue().value ? (@ starts with $p)`,
	`lax $.a ? (@ like_regex "^a.*" flag "i")`, `lax ((1))`, `lax $ ? (($.a) == ((2)))`, `lax -1.5.abs()`, `lax true.type()`, `lax "a""b"`, "lax\n$.\"é\"[-1]"}

func FuzzJSONPath(f *testing.F) {
	for _, p := range paths {
		f.Add(p, `{"a":[1,{"b":"x"}],"p":null}`)
	}
	f.Add("\xeb", "0")
	f.Fuzz(func(t *testing.T, text, input string) {
		if len(text) > 200 || len(input) > 200 {
			return
		}
		p, err := parseJSONPath(text, Pos{1, 1}, 483)
		if err != nil {
			if _, ok := err.(*Error); !ok {
				t.Fatalf("%q: an error of type %T", text, err)
			}
			return
		}
		again, err := parseJSONPath(p.String(), Pos{1, 1}, 483)
		if err != nil || again.String() != p.String() {
			t.Fatalf("%q is printed %q: %v, then %v", text, p, err, again)
		}
		if node, err := readFirst(input, 483); err == nil {
			r := &pathRun{lax: p.lax, level: 483, input: node}
			items, _ := r.eval(p.root, pathScope{last: -1})
			if len(items) > 1<<20 {
				t.Fatalf("%q of %q: %d items", text, input, len(items))
			}
		}
	})
}

// TestJSONPathDepth: a path nested or chained beyond reason is refused, and in
// little time.
func TestJSONPathDepth(t *testing.T) {
	for _, text := range []string{
		"lax $ ? (" + strings.Repeat("(", 90) + "@ == 1",
		"lax " + strings.Repeat("(", 5000) + "$",
		"lax $" + strings.Repeat(".a", 5000),
		"lax 1" + strings.Repeat(" + 1", 5000),
		"lax " + strings.Repeat("-", 5000) + "$",
		"lax $" + strings.Repeat(" ? (@", 5000),
	} {
		if _, err := parseJSONPath(text, Pos{1, 1}, 483); err == nil {
			t.Errorf("%.40q...: no error", text)
		}
	}
}

// TestJavaMap: members come in the order of Java's hash map, also after it has
// grown.
func TestJavaMap(t *testing.T) {
	m := &javaMap{}
	for _, k := range strings.Fields("one two three four five six seven eight nine ten eleven twelve thirteen fourteen") {
		m.put(k, "")
	}
	var got []string
	m.each(func(k, _ string) { got = append(got, k) })
	const want = "nine six one seven two three thirteen eight fourteen four twelve eleven ten five"
	if s := strings.Join(got, " "); s != want {
		t.Errorf("got %s", s)
	}
}
