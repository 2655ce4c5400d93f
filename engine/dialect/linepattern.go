package dialect

import (
	"fmt"
	"unicode/utf8"
)

// CompileLine compiles a pattern of Java's that must match a whole line; a dot is
// any character. The function gives, for each group, where it begins and ends in
// the line in bytes, negative where it takes no part; nil where the line does not
// match. Its error says that the search took too long.
func CompileLine(pattern string, foldCase bool) (func(line string) ([]int, error), error) {
	flags := "(?s)"
	if foldCase {
		flags = "(?si)"
	}
	re, err := compileRegex(flags + pattern)
	if err != nil {
		return nil, err
	}
	return func(line string) (groups []int, err error) {
		defer func() {
			if r := recover(); r != nil {
				if _, ok := r.(tooManySteps); !ok {
					panic(r)
				}
				err = fmt.Errorf("the pattern took more than %d steps on a line", maxSteps)
			}
		}()
		in := []rune(line)
		m := &matching{in: in, caps: noGroups(re.groups)}
		if !re.match(m, 0, func(end int) bool { return end == len(in) }) {
			return nil, nil
		}
		return byteOffsets(line, m.caps[2:]), nil
	}, nil
}

// noGroups gives the places of groups that have matched nothing yet, with the
// whole match as the first.
func noGroups(n int) []int {
	caps := make([]int, 2*(n+1))
	for i := range caps {
		caps[i] = -1
	}
	return caps
}

// byteOffsets turns places among the characters of a line into places among its
// bytes.
func byteOffsets(line string, places []int) []int {
	if len(line) == utf8.RuneCountInString(line) {
		return places
	}
	at := make([]int, 0, len(line)+1)
	for i := range line {
		at = append(at, i)
	}
	at = append(at, len(line))
	for i, p := range places {
		if p >= 0 {
			places[i] = at[p]
		}
	}
	return places
}
