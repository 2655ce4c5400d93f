package serde

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Groups gives what the groups of a pattern match in a whole line, two offsets in
// bytes for each, negative where a group does not take part; nil where the pattern
// does not match. An error is a pattern that ran away.
type Groups func(line string) ([]int, error)

// CompileJava compiles a pattern of Java's that Go's own engine does not take.
type CompileJava func(pattern string, foldCase bool) (Groups, error)

// Regex is RegexSerDe's input.regex.
type Regex struct{ Match Groups }

// regexOf reads the properties of RegexSerDe.
func regexOf(properties map[string]string, java CompileJava) (*Regex, error) {
	pattern, ok := properties["input.regex"]
	if !ok {
		return nil, fmt.Errorf("the RegexSerDe has no input.regex")
	}
	fold := strings.EqualFold(properties["input.regex.case.insensitive"], "true")
	if match, ok := plainRegex(pattern, fold); ok {
		return &Regex{match}, nil
	}
	if java == nil {
		return nil, fmt.Errorf("input.regex %q needs Java's regular expressions", pattern)
	}
	match, err := java(pattern, fold)
	if err != nil {
		return nil, fmt.Errorf("input.regex: %w", err)
	}
	return &Regex{match}, nil
}

// plainRegex compiles a pattern that means the same to Go and to Java.
func plainRegex(pattern string, fold bool) (Groups, bool) {
	if !sameInGo(pattern) {
		return nil, false
	}
	flags := "s"
	if fold {
		flags = "si"
	}
	re, err := regexp.Compile(`^(?` + flags + `:` + pattern + `)\z`)
	if err != nil {
		return nil, false
	}
	return func(line string) ([]int, error) {
		found := re.FindStringSubmatchIndex(line)
		if found == nil {
			return nil, nil
		}
		return found[2:], nil
	}, true
}

// sameInGo says whether a pattern has nothing that the two engines take
// differently: groups but plain ones, groups that repeat and so may match
// emptily, intersections of classes, $, and escapes but the commonest.
func sameInGo(pattern string) bool {
	for i := 0; i < len(pattern); i++ {
		rest := pattern[i:]
		switch c := pattern[i]; {
		case c >= 0x80, c == '$' && i+1 < len(pattern):
			return false
		case c == '\\':
			if i+1 == len(pattern) || strings.IndexByte(`dDwW.()[]{}*+?^$|\/"'-:;,=<>!@#%&_~ `+"`"+`tnr`, pattern[i+1]) < 0 {
				return false
			}
			i++
		case strings.HasPrefix(rest, "(?") && !strings.HasPrefix(rest, "(?:"),
			strings.HasPrefix(rest, "&&"), strings.HasPrefix(rest, ")*"), strings.HasPrefix(rest, ")+"), strings.HasPrefix(rest, "){"):
			return false
		case c == '[':
			// A bracket in a class is a class of its own to Java.
			end := strings.IndexByte(rest[1:], ']')
			if open := strings.IndexByte(rest[1:], '['); open >= 0 && open < end {
				return false
			}
		case c == '+' && i > 0 && strings.IndexByte("*+?}", pattern[i-1]) >= 0 && (i < 2 || pattern[i-2] != '\\'):
			return false // possessive
		}
	}
	return true
}

// regexLine reads lines by the groups of a pattern. A line that does not match is
// a row of NULLs.
type regexLine struct {
	*Regex
	fields []*Vector
}

func (r *regexLine) decode(line []byte, row int) *lineError {
	text := string(appendUTF8(nil, line))
	groups, err := r.Match(text)
	if err != nil {
		return bent(err.Error())
	}
	for n, v := range r.fields {
		switch {
		case v == nil:
		case 2*n+1 >= len(groups) || groups[2*n] < 0:
			v.put(row, false)
		default:
			ok, err := v.javaText(row, []byte(text[groups[2*n]:groups[2*n+1]]))
			if err != nil {
				return err
			}
			v.put(row, ok)
		}
	}
	return nil
}

// javaText writes what Java's parsers read; false means NULL.
func (v *Vector) javaText(row int, text []byte) (bool, *lineError) {
	switch v.kind {
	case TinyInt, SmallInt, Int, BigInt:
		n, err := strconv.ParseInt(string(text), 10, 64)
		return err == nil && v.putInt(row, n), nil
	case Real, Double:
		return v.putDouble(row, text), nil
	case Boolean:
		v.Bools[row] = strings.EqualFold(string(text), "true")
	case Decimal:
		d, ok := parseDecimal(text)
		return ok && v.putDecimal(row, d), nil
	case Date:
		days, ok := hiveDay(text)
		if ok {
			v.Ints[row] = days
		}
		return ok, nil
	case Timestamp:
		t, ok := hiveTime(text)
		return ok && v.putTime(row, t), nil
	case String, Varchar, Char:
		v.putText(text)
	default:
		return false, bent(fmt.Sprintf("Unsupported column type: %s", v.Column.Type))
	}
	return true, nil
}
