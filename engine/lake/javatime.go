package lake

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// javaPattern is a pattern of java.time.format.DateTimeFormatter, in the locale
// en-US, for formatting. Its letters that Firehose has a use for are known; the
// rest is refused by name, since a letter passed over would be another folder.
type javaPattern struct {
	source string
	fields []javaField
}

// javaField is a run of one letter, or literal text where letter is 0.
type javaField struct {
	letter byte
	count  int
	text   string
}

func parseJavaPattern(source string) (javaPattern, error) {
	p := javaPattern{source: source}
	if source == "" {
		return p, errors.New("the pattern is empty")
	}
	optional := 0
	for i := 0; i < len(source); {
		c := source[i]
		switch {
		case isLetter(c):
			n := 1
			for i+n < len(source) && source[i+n] == c {
				n++
			}
			if err := checkJavaField(c, n); err != nil {
				return p, err
			}
			p.fields = append(p.fields, javaField{letter: c, count: n})
			i += n
			continue
		case c == '\'':
			text, n, err := quoted(source[i:])
			if err != nil {
				return p, err
			}
			p.literal(text)
			i += n
			continue
		case c == '[':
			optional++
		case c == ']':
			if optional--; optional < 0 {
				return p, errors.New("the pattern has ] without [")
			}
		case c == '{' || c == '}' || c == '#':
			return p, fmt.Errorf("the pattern has the reserved character %c; quote it", c)
		default:
			p.literal(source[i : i+1])
		}
		i++
	}
	return p, checkLiteral(p.literals())
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// quoted reads text in single quotes; two of them are one.
func quoted(s string) (text string, n int, err error) {
	if strings.HasPrefix(s, "''") {
		return "'", 2, nil
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		if s[i] != '\'' {
			b.WriteByte(s[i])
			continue
		}
		if i+1 < len(s) && s[i+1] == '\'' {
			b.WriteByte('\'')
			i++
			continue
		}
		return b.String(), i + 1, nil
	}
	return "", 0, errors.New("the pattern has a quote without its end")
}

func (p *javaPattern) literal(text string) {
	if n := len(p.fields); n > 0 && p.fields[n-1].letter == 0 {
		p.fields[n-1].text += text
		return
	}
	p.fields = append(p.fields, javaField{text: text})
}

func (p javaPattern) literals() string {
	var b strings.Builder
	for _, f := range p.fields {
		b.WriteString(f.text)
	}
	return b.String()
}

// javaLetters lists the letters that are known and how often each may stand.
var javaLetters = map[byte]int{
	'G': 5, 'y': 19, 'u': 19, 'Y': 19, 'D': 3, 'M': 5, 'L': 5, 'd': 2, 'Q': 4, 'q': 4, 'w': 2, 'E': 5,
	'a': 1, 'h': 2, 'K': 2, 'k': 2, 'H': 2, 'm': 2, 's': 2, 'S': 9, 'A': 19, 'n': 19, 'N': 19,
	'V': 2, 'z': 4, 'O': 4, 'X': 5, 'x': 5, 'Z': 5,
}

func checkJavaField(c byte, n int) error {
	most, known := javaLetters[c]
	switch {
	case !known && strings.IndexByte("WecFBvpg", c) >= 0:
		return fmt.Errorf("the pattern letter %c is Java's and not supported here", c)
	case !known:
		return fmt.Errorf("the pattern letter %c is unknown; quote literal text: 'text'", c)
	case n > most:
		return fmt.Errorf("the pattern has too many letters %c: %d, at most %d", c, n, most)
	case c == 'V' && n != 2, c == 'O' && n != 1 && n != 4:
		return fmt.Errorf("the pattern letter %c cannot stand %d times", c, n)
	case (c == 'M' || c == 'L' || c == 'E' || c == 'G') && n == 5:
		return fmt.Errorf("the narrow form %s is not supported here: it does not tell months or days apart", strings.Repeat(string(c), 5))
	}
	return nil
}

// format writes t by the pattern.
func (p javaPattern) format(b *strings.Builder, t time.Time) {
	for _, f := range p.fields {
		if f.letter == 0 {
			b.WriteString(f.text)
			continue
		}
		f.format(b, t)
	}
}

func (f javaField) format(b *strings.Builder, t time.Time) {
	switch f.letter {
	case 'y', 'u':
		year(b, t.Year(), f.count)
	case 'Y':
		y, _ := weekYear(t)
		year(b, y, f.count)
	case 'w':
		_, w := weekYear(t)
		padded(b, w, f.count)
	case 'M', 'L':
		named(b, f.count, int(t.Month()), t.Month().String()[:3], t.Month().String())
	case 'E':
		if f.count == 4 {
			b.WriteString(t.Weekday().String())
			return
		}
		b.WriteString(t.Weekday().String()[:3])
	case 'Q', 'q':
		q := (int(t.Month()) + 2) / 3
		named(b, f.count, q, fmt.Sprintf("Q%d", q), [...]string{"1st", "2nd", "3rd", "4th"}[q-1]+" quarter")
	case 'G':
		b.WriteString(map[bool]string{false: "AD", true: "Anno Domini"}[f.count == 4])
	case 'a':
		b.WriteString(t.Format("PM"))
	case 'S':
		b.WriteString(fmt.Sprintf("%09d", t.Nanosecond())[:f.count])
	case 'V', 'z', 'O', 'X', 'x', 'Z':
		f.zone(b, t)
	default:
		padded(b, f.number(t), f.count)
	}
}

// number gives a field that is printed as a number.
func (f javaField) number(t time.Time) int {
	day := t.Hour()*3600 + t.Minute()*60 + t.Second()
	switch f.letter {
	case 'D':
		return t.YearDay()
	case 'd':
		return t.Day()
	case 'H':
		return t.Hour()
	case 'k':
		return (t.Hour()+23)%24 + 1
	case 'K':
		return t.Hour() % 12
	case 'h':
		return (t.Hour()+11)%12 + 1
	case 'm':
		return t.Minute()
	case 's':
		return t.Second()
	case 'n':
		return t.Nanosecond()
	case 'A':
		return day*1000 + t.Nanosecond()/1_000_000
	}
	return day*1_000_000_000 + t.Nanosecond() // N
}

// zone writes the time zone's name or offset.
func (f javaField) zone(b *strings.Builder, t time.Time) {
	name, offset := t.Zone()
	switch {
	case f.letter == 'V':
		b.WriteString(t.Location().String())
	case f.letter == 'z' && f.count == 4 && t.Location() == time.UTC:
		b.WriteString("Coordinated Universal Time")
	case f.letter == 'z':
		b.WriteString(name)
	case f.letter == 'O', f.letter == 'Z' && f.count == 4:
		b.WriteString("GMT" + gmtOffset(offset, f.count == 4))
	case offset == 0 && (f.letter == 'X' || f.letter == 'Z' && f.count == 5):
		b.WriteByte('Z')
	default:
		b.WriteString(t.Format(f.offsetLayout(offset)))
	}
}

// offsetLayout gives the layout of the time package for an offset.
func (f javaField) offsetLayout(offset int) string {
	switch {
	case f.letter == 'Z' && f.count < 4:
		return "-0700"
	case f.letter == 'Z':
		return "-07:00"
	case f.count == 1 && offset%3600 == 0:
		return "-07"
	case f.count == 1 || f.count == 2 || f.count == 4:
		return "-0700"
	}
	return "-07:00"
}

func gmtOffset(offset int, long bool) string {
	if offset == 0 {
		return ""
	}
	sign := '+'
	if offset < 0 {
		sign, offset = '-', -offset
	}
	hours, minutes := offset/3600, offset%3600/60
	switch {
	case long:
		return fmt.Sprintf("%c%02d:%02d", sign, hours, minutes)
	case minutes == 0:
		return fmt.Sprintf("%c%d", sign, hours)
	}
	return fmt.Sprintf("%c%d:%02d", sign, hours, minutes)
}

// year writes a year: of two letters the last two digits, else padded.
func year(b *strings.Builder, y, count int) {
	if count == 2 {
		padded(b, y%100, 2)
		return
	}
	padded(b, y, count)
}

func padded(b *strings.Builder, n, width int) {
	digits := strconv.Itoa(n)
	for range width - len(digits) {
		b.WriteByte('0')
	}
	b.WriteString(digits)
}

// named writes a field that is a number up to two letters, then short, then long.
func named(b *strings.Builder, count, number int, short, long string) {
	switch count {
	case 1, 2:
		padded(b, number, count)
	case 3:
		b.WriteString(short)
	default:
		b.WriteString(long)
	}
}

// weekYear gives the week-based year and its week as the United States count
// them, which is what Java does in the locale en-US: weeks begin on Sunday, and
// the week of 1 January is the first.
func weekYear(t time.Time) (y, week int) {
	y = t.Year()
	sunday := t.YearDay() - int(t.Weekday()) // of t's week, as a day of the year
	if daysIn := time.Date(y, 12, 31, 0, 0, 0, 0, time.UTC).YearDay(); sunday+6 > daysIn {
		return y + 1, 1
	}
	first := int(time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC).Weekday())
	return y, (sunday+first-1)/7 + 1
}

// warnings names the letters that are often taken for others.
func (p javaPattern) warnings() []Warning {
	has := func(letter byte) bool {
		for _, f := range p.fields {
			if f.letter == letter {
				return true
			}
		}
		return false
	}
	out := []Warning{}
	warn := func(letter byte, means, meant string) {
		if has(letter) {
			out = append(out, Warning(fmt.Sprintf("!{timestamp:%s}: %c is %s; for %s", p.source, letter, means, meant)))
		}
	}
	warn('Y', "the week-based year, which differs from the year around New Year", "the calendar year write yyyy")
	warn('D', "the day of the year", "the day of the month write dd")
	if has('m') && !has('H') && !has('h') && !has('k') && !has('K') {
		warn('m', "the minute, and there is no hour beside it", "the month write MM")
	}
	warn('h', "the hour from 1 to 12", "the hour of the day write HH")
	warn('K', "the hour from 0 to 11", "the hour of the day write HH")
	warn('k', "the hour from 1 to 24", "the hour of the day write HH")
	if has('S') {
		warn('S', "a fraction of the second, which makes a folder of almost every object", "seconds write ss")
	}
	return out
}
