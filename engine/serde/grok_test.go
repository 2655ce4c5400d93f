package serde_test

import (
	"regexp"
	"strings"
	"testing"

	"acme/telemetry/engine/serde"
)

// goPattern compiles what Go's engine takes of Java's patterns, for formats that have
// nothing else.
func goPattern(pattern string, _ bool) (serde.Groups, error) {
	re, err := regexp.Compile(`^(?s:` + pattern + `)\z`)
	if err != nil {
		return nil, err
	}
	return func(line string) ([]int, error) {
		if found := re.FindStringSubmatchIndex(line); found != nil {
			return found[2:], nil
		}
		return nil, nil
	}, nil
}

func grokTable(format, custom string) serde.Table {
	t := serde.Table{SerDe: "com.amazonaws.glue.serde.GrokSerDe", Columns: []string{"id", "v", "z"}, Properties: map[string]string{"input.format": format}}
	if custom != "" {
		t.Properties["input.grokCustomPatterns"] = custom
	}
	return t
}

// A format matches anywhere in a line, its quotes go, and groups that are no fields
// shift nothing.
func TestGrok(t *testing.T) {
	integer := serde.Of(serde.Int)
	o, err := serde.OptionsOf(grokTable(`(a|b)?%{WORD:id} %{LEVEL} #%{NOTSPACE: v:string} (?<z>x.*y|%{DATA})$`, "# no pattern\nLEVEL (?:INFO|WARN)"), goPattern)
	if err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]string{
		"  one INFO #7 ":         `("one", 7, "")`,
		"one WARN #007 xäy":      `("one", 7, "xäy")`,
		`one WARN #'8' x"y`:      `("one", 8, "x\"y")`,
		`one WARN #8 "x y"`:      `("one", 8, "x y")`,
		"one INFO #x z":          `("one", NULL, "z")`,
		"one DEBUG #7 ":          `(NULL, NULL, NULL)`,
		" \t":                    `(NULL, NULL, NULL)`,
		"one INFO #2147483648 x": `("one", NULL, "x")`,
		"one INFO #7 a\u2028b":   "fails: a line with another end of line in it (U+0085, U+2028 or U+2029) is not supported by the GrokSerDe here",
	} {
		if got := text(t, o, integer, line); got != want {
			t.Errorf("%q: got %s, want %s", line, got, want)
		}
	}
	if o, err = serde.OptionsOf(grokTable(`%{WORD:id} (?:%{INT:v}|-) %{WORD:z}`, ""), goPattern); err != nil {
		t.Fatal(err)
	}
	if got := text(t, o, integer, "a - b"); !strings.Contains(got, "column 2 takes no part in the line") {
		t.Errorf("a field that takes no part: got %s", got)
	}
	if got := text(t, o, serde.Of(serde.Date), "a 1 b"); !strings.Contains(got, "Unsupported column type: date") {
		t.Errorf("a column of a type that Grok has not: got %s", got)
	}
}

// Formats whose values could go to other columns, by place or by name, are refused,
// as is what is no format.
func TestGrokRefused(t *testing.T) {
	for format, want := range map[string]string{
		"":                                  "has no input.format",
		"%{WORD:id} %{WORD:v}":              "the fields of input.format are id, v, and the columns id, v, z",
		"%{WORD:v} %{WORD:id} %{INT:z}":     "the fields of input.format are v, id, z, and the columns id, v, z",
		"%{SYSLOGBASE} %{DATA:v}":           "the fields of input.format are timestamp, facility, priority, logsource, program, pid, v,",
		"%{WORD:id} %{INT:v:int} %{DATA:z}": "the field v:int has a type",
		"%{WORD:id} %{NOSUCH:v} %{DATA:z}":  "%{NOSUCH:v} is no pattern that is known",
		"%{WORD:id} %{WORD:id} %{DATA:z}":   "the field id stands there twice",
		"%{WORD:id} %{V:v=a+} %{DATA:z}":    "%{V:v=a+} ",
		`\Q%{WORD:id}\E %{INT:v} %{DATA:z}`: `text between \Q and \E`,
		"%{ROUND:id} %{INT:v} %{DATA:z}":    "ROUND stands for itself",
	} {
		_, err := serde.OptionsOf(grokTable(format, "ROUND %{ROUND}"), goPattern)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n got %v\nwant %s", format, err, want)
		}
	}
}
