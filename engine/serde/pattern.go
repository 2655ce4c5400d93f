package serde

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Pattern is a pattern of Java's DateTimeFormatter, as tables name one for their
// timestamps and for the dates of projected partitions: the letters y u M d H h m
// s S a E X Z z, quoted text, and anything that is no letter.
type Pattern struct {
	text  string
	parts []patternPart
}

type patternPart struct {
	letter  byte // 0 for literal text
	count   int
	literal string
}

// NewPattern reads a pattern. The error names a letter that is not supported.
func NewPattern(text string) (*Pattern, error) {
	p := &Pattern{text: text}
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == '\'':
			literal, next, ok := quotedPattern(text, i)
			if !ok {
				return nil, fmt.Errorf("pattern %q ends with an incomplete string literal", text)
			}
			p.literal(literal)
			i = next
		case 'a' <= c|0x20 && c|0x20 <= 'z':
			n := 1
			for i+n < len(text) && text[i+n] == c {
				n++
			}
			if !patternLetter(c, n) {
				return nil, fmt.Errorf("pattern %q has %q, which is not supported", text, text[i:i+n])
			}
			p.parts = append(p.parts, patternPart{letter: c, count: n})
			i += n
		default:
			p.literal(text[i : i+1])
			i++
		}
	}
	return p, nil
}

func patternLetter(c byte, n int) bool {
	switch c {
	case 'y', 'u':
		return n <= 9
	case 'M', 'E':
		return n <= 4
	case 'd', 'H', 'h', 'm', 's':
		return n <= 2
	case 'S':
		return n <= 9
	case 'X':
		return n <= 3
	case 'Z':
		return n <= 3 || n == 5
	}
	return (c == 'a' || c == 'z') && n == 1
}

// quotedPattern reads the text in quotes at i; ” is a quote.
func quotedPattern(text string, i int) (literal string, next int, ok bool) {
	if strings.HasPrefix(text[i:], "''") {
		return "'", i + 2, true
	}
	var out strings.Builder
	for i++; i < len(text); i++ {
		if text[i] != '\'' {
			out.WriteByte(text[i])
			continue
		}
		if i+1 < len(text) && text[i+1] == '\'' {
			out.WriteByte('\'')
			i++
			continue
		}
		return out.String(), i + 1, true
	}
	return "", 0, false
}

func (p *Pattern) literal(text string) {
	if n := len(p.parts); n > 0 && p.parts[n-1].letter == 0 {
		p.parts[n-1].literal += text
		return
	}
	p.parts = append(p.parts, patternPart{literal: text})
}

// Has says whether the pattern has one of these letters.
func (p *Pattern) Has(letters string) bool {
	for _, part := range p.parts {
		if part.letter != 0 && strings.IndexByte(letters, part.letter) >= 0 {
			return true
		}
	}
	return false
}

// Format writes a time in UTC.
func (p *Pattern) Format(t time.Time) string {
	t = t.UTC()
	var out strings.Builder
	for _, part := range p.parts {
		switch part.letter {
		case 0:
			out.WriteString(part.literal)
		case 'y', 'u':
			if part.count == 2 {
				fmt.Fprintf(&out, "%02d", t.Year()%100)
			} else {
				fmt.Fprintf(&out, "%0*d", part.count, t.Year())
			}
		case 'M':
			switch part.count {
			case 3:
				out.WriteString(t.Month().String()[:3])
			case 4:
				out.WriteString(t.Month().String())
			default:
				fmt.Fprintf(&out, "%0*d", part.count, int(t.Month()))
			}
		case 'E':
			name := t.Weekday().String()
			if part.count < 4 {
				name = name[:3]
			}
			out.WriteString(name)
		case 'a':
			out.WriteString(t.Format("PM"))
		case 'S':
			out.WriteString(fmt.Sprintf("%09d", t.Nanosecond())[:part.count])
		case 'X':
			out.WriteString("Z")
		case 'Z':
			out.WriteString("+0000")
		case 'z':
			out.WriteString("UTC")
		default:
			fmt.Fprintf(&out, "%0*d", part.count, clockField(t, part.letter))
		}
	}
	return out.String()
}

func clockField(t time.Time, letter byte) int {
	switch letter {
	case 'd':
		return t.Day()
	case 'H':
		return t.Hour()
	case 'h':
		return (t.Hour()+11)%12 + 1
	case 'm':
		return t.Minute()
	}
	return t.Second()
}

// Parse reads a time in UTC, at the start of the day where the pattern has no
// clock. False where text is not of the pattern.
func (p *Pattern) Parse(text string) (time.Time, bool) {
	t, ok := p.parse(text)
	return time.Unix(t.seconds, t.nanos).UTC(), ok
}

// fields are what a pattern has read.
type fields struct {
	year, month, day, hour, minute, second int
	nanos                                  int64
	offset                                 int64
	pm, half                               bool
}

func (p *Pattern) parse(text string) (instant, bool) {
	f := fields{year: 1970, month: 1, day: 1}
	rest := text
	for i, part := range p.parts {
		ok := false
		if rest, ok = p.field(&f, part, rest, p.reserved(i)); !ok {
			return instant{}, false
		}
	}
	if rest != "" {
		return instant{}, false
	}
	if f.half {
		f.hour %= 12
		if f.pm {
			f.hour += 12
		}
	}
	if f.month < 1 || f.month > 12 || f.day < 1 || f.hour > 23 || f.minute > 59 || f.second > 59 {
		return instant{}, false
	}
	t := time.Date(f.year, time.Month(f.month), f.day, f.hour, f.minute, f.second, int(f.nanos), time.UTC)
	if f.day > 28 && t.Day() != f.day {
		if f.day > 31 {
			return instant{}, false
		}
		t = t.AddDate(0, 0, -t.Day()) // Java's smart resolver takes the month's last day
	}
	at := ofTime(t)
	at.seconds -= f.offset
	return at, true
}

// reserved gives how many digits the numbers that follow part i without anything
// between need.
func (p *Pattern) reserved(i int) int {
	n := 0
	for _, next := range p.parts[i+1:] {
		if next.letter == 0 || strings.IndexByte("aEXZz", next.letter) >= 0 || next.letter == 'M' && next.count > 2 {
			break
		}
		n += next.count
	}
	return n
}

func (p *Pattern) field(f *fields, part patternPart, text string, reserved int) (rest string, ok bool) {
	switch part.letter {
	case 0:
		return strings.CutPrefix(text, part.literal)
	case 'E':
		for d := time.Sunday; d <= time.Saturday; d++ {
			if name := d.String(); part.count == 4 && strings.HasPrefix(text, name) {
				return text[len(name):], true
			} else if part.count < 4 && strings.HasPrefix(text, name[:3]) {
				return text[3:], true
			}
		}
		return text, false
	case 'a':
		if len(text) < 2 || text[1] != 'M' || text[0] != 'A' && text[0] != 'P' {
			return text, false
		}
		f.pm = text[0] == 'P'
		return text[2:], true
	case 'X', 'Z', 'z':
		return zoneField(f, part, text)
	case 'M':
		if part.count > 2 {
			return monthField(f, part, text)
		}
	}
	n, digits := digitsOf(text, part, reserved)
	if digits < 0 {
		return text, false
	}
	f.set(part, n)
	return text[digits:], true
}

// digitsOf reads a number as long as the part may have it; -1 where there is none.
func digitsOf(text string, part patternPart, reserved int) (n, digits int) {
	have := 0
	for have < len(text) && have < 19 && text[have]-'0' <= 9 {
		have++
	}
	switch {
	case part.count == 2 || part.letter == 'S':
		digits = part.count
	case part.letter == 'y' || part.letter == 'u':
		if digits = have - reserved; digits < part.count {
			digits = part.count
		}
	default:
		digits = max(have-reserved, 1)
	}
	if digits > have {
		return 0, -1
	}
	n, err := strconv.Atoi(text[:digits])
	if err != nil || n > 1<<30 {
		return 0, -1
	}
	return n, digits
}

func (f *fields) set(part patternPart, n int) {
	switch part.letter {
	case 'y', 'u':
		if part.count == 2 {
			n += 2000
		}
		f.year = n
	case 'M':
		f.month = n
	case 'd':
		f.day = n
	case 'H':
		f.hour = n
	case 'h':
		f.hour, f.half = n, true
	case 'm':
		f.minute = n
	case 's':
		f.second = n
	case 'S':
		f.nanos = int64(n)
		for range 9 - part.count {
			f.nanos *= 10
		}
	}
}

func monthField(f *fields, part patternPart, text string) (string, bool) {
	for m := time.January; m <= time.December; m++ {
		name := m.String()
		if part.count == 3 {
			name = name[:3]
		}
		if strings.HasPrefix(text, name) {
			f.month = int(m)
			return text[len(name):], true
		}
	}
	return text, false
}

func zoneField(f *fields, part patternPart, text string) (string, bool) {
	if part.letter == 'z' {
		for _, name := range []string{"UTC", "GMT", "Z"} {
			if rest, ok := strings.CutPrefix(text, name); ok {
				return rest, true
			}
		}
		return text, false
	}
	if rest, ok := strings.CutPrefix(text, "Z"); ok && part.letter == 'X' {
		return rest, true
	}
	layouts := []string{"-0700"}
	switch {
	case part.letter == 'X' && part.count == 1:
		layouts = []string{"-0700", "-07"}
	case part.letter == 'X' && part.count == 3, part.count == 5:
		layouts = []string{"-07:00"}
	}
	for _, layout := range layouts {
		if len(text) < len(layout) {
			continue
		}
		if t, err := time.Parse(layout, text[:len(layout)]); err == nil {
			_, offset := t.Zone()
			f.offset = int64(offset)
			return text[len(layout):], true
		}
	}
	return text, false
}
