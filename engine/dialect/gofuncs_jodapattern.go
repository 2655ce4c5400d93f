package dialect

import "strings"

// jodaToken is a part of a Joda pattern: a letter repeated, or a text.
type jodaToken struct {
	letter byte
	n      int
	text   string
}

// numeric says whether a token is read as a number, which keeps the one before it
// from taking its digits.
func (t jodaToken) numeric() bool {
	if t.letter == 0 {
		return false
	}
	return strings.IndexByte("cCxyYdhHmsSeDFwWkK", t.letter) >= 0 || t.letter == 'M' && t.n <= 2
}

// jodaTokens takes a pattern apart.
func jodaTokens(pattern string) []jodaToken {
	var out []jodaToken
	for i := 0; i < len(pattern); {
		c := pattern[i]
		if isLetter(c) {
			n := 1
			for i+n < len(pattern) && pattern[i+n] == c {
				n++
			}
			out = append(out, jodaToken{letter: c, n: n})
			i += n
			continue
		}
		text, quoted := "", false
		for ; i < len(pattern); i++ {
			c := pattern[i]
			switch {
			case c == '\'' && i+1 < len(pattern) && pattern[i+1] == '\'':
				text += "'"
				i++
				continue
			case c == '\'':
				quoted = !quoted
				continue
			}
			if !quoted && isLetter(c) {
				break
			}
			text += string(c)
		}
		out = append(out, jodaToken{text: text})
	}
	return out
}

// jodaElements are the elements of a pattern of parse_datetime; year is the present
// one, around which years of two digits lie.
func jodaElements(pattern string, year int) ([]element, error) {
	if pattern == "" {
		return nil, badArg("Invalid pattern specification")
	}
	tokens := jodaTokens(pattern)
	var out []element
	for i, t := range tokens {
		if t.letter == 0 {
			if t.text != "" {
				out = append(out, literalElement(t.text))
			}
			continue
		}
		follows := i+1 < len(tokens) && tokens[i+1].numeric()
		e, err := jodaElement(t, follows, year)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	if len(out) == 0 {
		return nil, badArg("Both printing and parsing not supported")
	}
	return out, nil
}

// jodaNumbers are the letters that are read as numbers, with the most digits.
var jodaNumbers = map[byte]struct {
	field  patternField
	digits int
}{'M': {fieldMonth, 2}, 'd': {fieldDayOfMonth, 2}, 'D': {fieldDayOfYear, 3}, 'e': {fieldWeekday, 1}, 'w': {fieldWeek, 2}, 'h': {fieldHalfdayClockHour, 2},
	'H': {fieldHour, 2}, 'k': {fieldClockHour, 2}, 'K': {fieldHalfdayHour, 2}, 'm': {fieldMinute, 2}, 's': {fieldSecond, 2}}

func jodaElement(t jodaToken, follows bool, year int) (element, error) {
	switch t.letter {
	case 'x', 'y', 'Y':
		field := map[byte]patternField{'x': fieldWeekyear, 'y': fieldYear, 'Y': fieldYearOfEra}[t.letter]
		if t.n == 2 {
			if field == fieldYearOfEra {
				field = fieldYear
			}
			return twoDigitYear(field, year-30, !follows), nil
		}
		digits := 9
		if follows {
			digits = t.n
		}
		return numberElement(field, digits, t.letter != 'Y'), nil
	case 'G':
		return nameElement(fieldEra, map[string]int{"BC": 0, "BCE": 0, "AD": 1, "CE": 1}), nil
	case 'E':
		return nameElement(fieldWeekday, weekdayNames()), nil
	case 'a':
		return nameElement(fieldHalfday, halfdayNames()), nil
	case 'S':
		return fractionElement(t.n), nil
	case 'Z':
		if t.n <= 2 {
			return (*patternReader).offset, nil
		}
		return (*patternReader).zoneID, nil
	case 'z':
		if t.n >= 4 {
			return nil, failed{"GENERIC_INTERNAL_ERROR", "Parsing not supported"}
		}
		return (*patternReader).zoneName, nil
	case 'M':
		if t.n >= 3 {
			return nameElement(fieldMonth, monthNames()), nil
		}
	}
	if t.letter == 'C' {
		return nil, failed{"NOT_SUPPORTED", "a century in parse_datetime is not supported by the local engine"}
	}
	if n, ok := jodaNumbers[t.letter]; ok {
		return numberElement(n.field, max(n.digits, t.n), false), nil
	}
	return nil, badArg("Illegal pattern component: %s", strings.Repeat(string(t.letter), t.n))
}

// offset reads an offset: Z, +05, +0530 or +05:30.
func (r *patternReader) offset() bool {
	rest := r.s[r.i:]
	if rest != "" && (rest[0] == 'Z' || rest[0] == 'z') {
		r.i++
		r.zone = "UTC"
		return true
	}
	two := func(at int, most byte) bool {
		return at+1 < len(rest) && rest[at] >= '0' && rest[at] <= most && isDigit(rest[at+1])
	}
	if rest == "" || rest[0] != '+' && rest[0] != '-' {
		return false
	}
	if !two(1, '2') || rest[1:3] > "23" {
		r.i++
		return false
	}
	text, end := rest[:3], 3
	switch {
	case end < len(rest) && rest[end] == ':':
		if !two(end+1, '5') {
			r.i += end + 1
			return false
		}
		text, end = text+rest[end:end+3], end+3
		if end < len(rest) && rest[end] == ':' && two(end+1, '5') { // Trino has no zone with seconds
			r.i += end + 3
			r.foreign = text + rest[end:end+3]
			return true
		}
	case two(end, '5'):
		text, end = text+":"+rest[end:end+2], end+2
	}
	r.i += end
	r.take(text)
	return true
}

// take makes a zone that was read the time's.
func (r *patternReader) take(name string) {
	zone, ok := normalZone(name)
	if !ok {
		r.foreign = name
		return
	}
	r.zone = zone
}

// zoneID reads the name of a zone, the longest that fits.
func (r *patternReader) zoneID() bool {
	rest := r.s[r.i:]
	for n := min(len(rest), 40); n > 0; n-- {
		name := rest[:n]
		_, named := zoneIndex()[name]
		if named || strings.Contains(utcNames, " "+name+" ") && !strings.Contains(name, " ") || strings.HasPrefix(name, "Etc/GMT") && offsetPattern.MatchString(name[7:]) ||
			name == "EST" || name == "MST" || name == "HST" {
			r.i += n
			r.take(name)
			return true
		}
	}
	return false
}

// zoneName reads one of the few short names that Joda knows of zones.
func (r *patternReader) zoneName() bool {
	best := ""
	names := map[string]string{"UT": "UTC", "UTC": "UTC", "GMT": "UTC", "EST": "America/New_York", "EDT": "America/New_York", "CST": "America/Chicago", "CDT": "America/Chicago",
		"MST": "America/Denver", "MDT": "America/Denver", "PST": "America/Los_Angeles", "PDT": "America/Los_Angeles"}
	for name := range names {
		if len(name) > len(best) && strings.HasPrefix(r.s[r.i:], name) {
			best = name
		}
	}
	if best == "" {
		return false
	}
	r.i += len(best)
	r.zone = names[best]
	return true
}
