package dialect

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"

	"acme/telemetry/engine/floattext"
)

// FORMAT by the rules of java.util.Formatter. The whole format is read first, and
// what is wrong in it fails before any argument is looked at.

// formatSpec is one %[index$][flags][width][.precision]conversion.
type formatSpec struct {
	index     int // 0: the next argument, -1: the one before again, else from 1
	flags     string
	width     int // -1: none
	precision int // -1: none
	time      bool
	upper     bool
	conv      byte // in lower case, but for times
	java      floattext.Java
}

// formatFlags are all flags, in the order in which Java shows them.
const formatFlags = "-#+ 0,(<"

var formatPattern = regexp.MustCompile(`^%(\d+\$)?([-#+ 0,(<]*)(\d+)?(\.\d+)?([tT])?([a-zA-Z%])`)

// formatFault is an IllegalFormatException: its class, and what it says.
type formatFault struct{ class, text string }

func (f formatFault) Error() string { return "(" + f.class + ": " + f.text + ")" }

func badFormat(class, format string, args ...any) error {
	return formatFault{class, fmt.Sprintf(format, args...)}
}

func (s *formatSpec) has(flag byte) bool { return strings.IndexByte(s.flags, flag) >= 0 }

// String spells a specifier as Java does.
func (s *formatSpec) String() string {
	out := "%" + s.flags
	if s.index > 0 {
		out += strconv.Itoa(s.index) + "$"
	}
	if s.width >= 0 {
		out += strconv.Itoa(s.width)
	}
	if s.precision >= 0 {
		out += "." + strconv.Itoa(s.precision)
	}
	conv := string(s.conv)
	switch {
	case s.time && s.upper:
		conv = "T" + conv
	case s.time:
		conv = "t" + conv
	case s.upper:
		conv = strings.ToUpper(conv)
	}
	return out + conv
}

// readFormat cuts a format into texts and specifiers.
func readFormat(format string) ([]any, error) {
	var out []any
	for format != "" {
		at := strings.IndexByte(format, '%')
		if at != 0 {
			if at < 0 {
				at = len(format)
			}
			out = append(out, format[:at])
			format = format[at:]
			continue
		}
		m := formatPattern.FindStringSubmatch(format)
		if m == nil {
			what := "%"
			if r := []rune(format); len(r) > 1 {
				what = string(r[1])
			}
			return nil, badFormat("UnknownFormatConversion", "Conversion = '%s'", what)
		}
		s, err := newFormatSpec(m)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
		format = format[len(m[0]):]
	}
	return out, nil
}

func newFormatSpec(m []string) (*formatSpec, error) {
	s := &formatSpec{width: -1, precision: -1, time: m[5] != "", upper: m[5] == "T", conv: m[6][0]}
	if m[1] != "" {
		n, err := strconv.ParseInt(strings.TrimSuffix(m[1], "$"), 10, 32)
		switch {
		case err != nil:
			return nil, badFormat("IllegalFormatArgumentIndex", "Format argument index: (not representable as int)")
		case n == 0:
			return nil, badFormat("IllegalFormatArgumentIndex", "Illegal format argument index = 0")
		}
		s.index = int(n)
	}
	for _, f := range []byte(formatFlags) {
		switch strings.Count(m[2], string(f)) {
		case 0:
		case 1:
			s.flags += string(f)
		default:
			return nil, badFormat("DuplicateFormatFlags", "Flags = '%c'", f)
		}
	}
	if s.has('<') {
		s.index = -1
	}
	for _, n := range []struct {
		text, class string
		to          *int
	}{{m[3], "IllegalFormatWidth", &s.width}, {strings.TrimPrefix(m[4], "."), "IllegalFormatPrecision", &s.precision}} {
		if n.text == "" {
			continue
		}
		v, err := strconv.ParseInt(n.text, 10, 32)
		if err != nil {
			return nil, badFormat(n.class, "%d", math.MinInt32)
		}
		*n.to = int(v)
	}
	if !s.time {
		if strings.IndexByte("bBhHsScCdoxXeEfgGaA%n", s.conv) < 0 {
			return nil, badFormat("UnknownFormatConversion", "Conversion = '%c'", s.conv)
		}
		s.upper = s.conv >= 'A' && s.conv <= 'Z'
		s.conv |= map[bool]byte{true: 0x20}[s.upper]
	}
	return s, s.check()
}

// check holds flags, width and precision to the conversion.
func (s *formatSpec) check() error {
	switch {
	case s.time:
		if s.precision >= 0 {
			return s.badPrecision()
		}
		if strings.IndexByte("HIklMNLQpsSzZaAbBCdehjmyYrRTcDF", s.conv) < 0 {
			return badFormat("UnknownFormatConversion", "Conversion = 't%c'", s.conv)
		}
		return firstOf(s.badFlags("#+ 0,("), s.needsWidth("-"))
	case s.conv == '%' || s.conv == 'n':
		return s.checkText()
	case s.conv == 'c':
		if s.precision >= 0 {
			return s.badPrecision()
		}
		return firstOf(s.badFlags("#+ 0,("), s.needsWidth("-"))
	case s.conv == 's':
		return firstOf(s.needsWidth("-"), s.badFlags("+ 0,("))
	case s.conv == 'b' || s.conv == 'h':
		return firstOf(s.badFlags("#"), s.needsWidth("-"), s.badFlags("+ 0,("))
	}
	if err := s.needsWidth("-0"); err != nil {
		return err
	}
	if s.has('+') && s.has(' ') || s.has('-') && s.has('0') {
		return badFormat("IllegalFormatFlags", "Flags = '%s'", s.flags)
	}
	if strings.IndexByte("dox", s.conv) >= 0 && s.precision >= 0 {
		return s.badPrecision()
	}
	return s.badFlags(map[byte]string{'d': "#", 'o': ",", 'x': ",", 'a': "(,", 'e': ",", 'g': "#"}[s.conv])
}

func (s *formatSpec) checkText() error {
	switch {
	case s.precision >= 0:
		return s.badPrecision()
	case s.conv == 'n' && s.width >= 0:
		return badFormat("IllegalFormatWidth", "%d", s.width)
	case s.conv == 'n' && s.flags != "", s.flags != "" && s.flags != "-":
		return badFormat("IllegalFormatFlags", "Flags = '%s'", s.flags)
	}
	return s.needsWidth("-")
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *formatSpec) badPrecision() error {
	return badFormat("IllegalFormatPrecision", "%d", s.precision)
}

func (s *formatSpec) badFlags(flags string) error {
	for _, f := range []byte(flags) {
		if s.has(f) {
			return badFormat("FormatFlagsConversionMismatch", "Conversion = %c, Flags = %c", s.conv, f)
		}
	}
	return nil
}

func (s *formatSpec) needsWidth(flags string) error {
	if s.width < 0 && strings.ContainsAny(s.flags, flags) {
		return badFormat("MissingFormatWidth", "%s", s)
	}
	return nil
}

// formatArg is an argument as the lowering hands it over: a letter for its Java
// class, and its text.
type formatArg struct {
	kind byte // b boolean, l long, d double, f float, n decimal, s string, D date, T time, t timestamp, z timestamp with zone
	text string
}

var formatClasses = map[byte]string{'b': "lang.Boolean", 'l': "lang.Long", 'd': "lang.Double", 'f': "lang.Float", 'n': "math.BigDecimal", 's': "lang.String",
	'D': "time.LocalDate", 'T': "time.LocalTime", 't': "time.LocalDateTime", 'z': "time.ZonedDateTime"}

// javaFormat is format(a[0], a[1]...); a NULL argument is nil.
func javaFormat(java floattext.Java, a []any) (any, error) {
	format := a[0].(string)
	out, err := formatAll(format, a[1].([]any), java)
	if f, ok := err.(formatFault); ok {
		return nil, badArg("Invalid format string: %s %s", format, f.Error())
	}
	return out, err
}

func formatAll(format string, args []any, java floattext.Java) (any, error) {
	parts, err := readFormat(format)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	last, next := -1, -1
	for _, p := range parts {
		s, ok := p.(*formatSpec)
		if !ok {
			b.WriteString(p.(string))
			continue
		}
		var text string
		s.java = java
		switch {
		case s.conv == 'n' && !s.time:
			text = "\n"
		case s.conv == '%':
			text = s.justify("%")
		default:
			switch {
			case s.index > 0:
				last = s.index - 1
			case s.index == 0:
				next++
				last = next
			}
			if last < 0 || last >= len(args) {
				return nil, badFormat("MissingFormatArgument", "Format specifier '%s'", s)
			}
			if text, err = s.print(args[last]); err != nil {
				return nil, err
			}
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

// print gives one argument by a specifier.
func (s *formatSpec) print(v any) (string, error) {
	if v == nil {
		if s.conv == 'b' && !s.time {
			return s.text("false"), nil
		}
		if s.conv == 's' && !s.time && s.has('#') {
			return "", s.badFlags("#")
		}
		return s.text("null"), nil
	}
	arg := formatArg{v.(string)[0], v.(string)[1:]}
	switch {
	case s.time:
		return s.printTime(arg)
	case s.conv == 's':
		if err := s.badFlags("#"); err != nil {
			return "", err
		}
		return s.text(arg.String()), nil
	case s.conv == 'b':
		if arg.kind == 'b' {
			return s.text(arg.text), nil
		}
		return s.text("true"), nil
	case s.conv == 'h':
		h, err := arg.hash()
		return s.text(strconv.FormatUint(uint64(h), 16)), err
	}
	return s.printNumber(arg)
}

func (s *formatSpec) mismatch(arg formatArg) error {
	return badFormat("IllegalFormatConversion", "%c != java.%s", s.conv, formatClasses[arg.kind])
}

// text cuts, raises and justifies a text, in UTF-16 units.
func (s *formatSpec) text(t string) string {
	if u := utf16.Encode([]rune(t)); s.precision >= 0 && s.precision < len(u) {
		// Half of a pair is no character: Trino writes a question mark.
		t = strings.ReplaceAll(string(utf16.Decode(u[:s.precision])), "\uFFFD", "?")
	}
	if s.upper {
		t = strings.ToUpper(strings.ReplaceAll(t, "ß", "SS"))
	}
	return s.justify(t)
}

func (s *formatSpec) justify(t string) string {
	fill := s.width - len(utf16.Encode([]rune(t)))
	switch {
	case fill <= 0:
		return t
	case s.has('-'):
		return t + strings.Repeat(" ", fill)
	}
	return strings.Repeat(" ", fill) + t
}

// hash is hashCode of what an argument is in Java.
func (a formatArg) hash() (uint32, error) {
	switch a.kind {
	case 'b':
		return map[string]uint32{"true": 1231, "false": 1237}[a.text], nil
	case 'l':
		n, _ := strconv.ParseInt(a.text, 10, 64)
		return uint32(n) ^ uint32(uint64(n)>>32), nil
	case 'd':
		d, _ := strconv.ParseFloat(a.text, 64)
		u := math.Float64bits(d)
		return uint32(u) ^ uint32(u>>32), nil
	case 's':
		var h uint32
		for _, c := range utf16.Encode([]rune(a.text)) {
			h = 31*h + uint32(c)
		}
		return h, nil
	case 'n':
		if h, ok := decimalHash(a.text); ok {
			return h, nil
		}
	case 'D':
		t, _ := a.moment()
		y := uint32(t.Year())
		return y&0xfffff800 ^ (y<<11 + uint32(t.Month())<<6 + uint32(t.Day())), nil
	}
	return 0, failed{"NOT_SUPPORTED", "the hash of this type in format is not supported by the local engine"}
}
