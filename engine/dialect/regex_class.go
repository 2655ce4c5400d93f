package dialect

import (
	"strings"
	"unicode"
)

// Classes of characters in regular expressions.

// The classes of one letter are those of ASCII.
func isWordRune(r rune) bool {
	return r < 128 && (isLetter(byte(r)) || isDigit(byte(r)) || r == '_')
}

func isDigitRune(r rune) bool { return r >= '0' && r <= '9' }

func isSpaceRune(r rune) bool { return r == ' ' || r >= '\t' && r <= '\r' }

func not(is func(rune) bool) func(rune) bool { return func(r rune) bool { return !is(r) } }

// setOf gives the class that an escape letter stands for, or nil.
func (p *regexParser) setOf(c rune) func(rune) bool {
	switch c {
	case 'd':
		return isDigitRune
	case 'D':
		return not(isDigitRune)
	case 'w':
		return isWordRune
	case 'W':
		return not(isWordRune)
	case 's':
		return isSpaceRune
	case 'S':
		return not(isSpaceRune)
	case 'p', 'P':
		return p.property(c == 'P')
	}
	return nil
}

func (p *regexParser) property(negated bool) func(rune) bool {
	end := p.i
	if !p.more() || p.in[p.i] != '{' {
		p.unknown("a property without braces")
	}
	for end < len(p.in) && p.in[end] != '}' {
		end++
	}
	if end == len(p.in) {
		p.fail("invalid character property name {%s}", string(p.in[p.i:]))
	}
	name := string(p.in[p.i+1 : end])
	p.i = end + 1
	is := posixClass(strings.ToLower(name))
	if t := unicode.Categories[name]; is == nil && t != nil {
		is = func(r rune) bool { return unicode.Is(t, r) }
	}
	if t := unicode.Scripts[strings.TrimPrefix(name, "Is")]; is == nil && t != nil {
		is = func(r rune) bool { return unicode.Is(t, r) }
	}
	if is == nil {
		p.unknown("the property " + name)
	}
	if negated {
		return not(is)
	}
	return is
}

func posixClass(name string) func(rune) bool {
	switch name {
	case "alpha":
		return func(r rune) bool { return unicode.IsLetter(r) || unicode.IsMark(r) }
	case "digit":
		return isDigitRune
	case "alnum":
		return func(r rune) bool { return unicode.IsLetter(r) || unicode.IsMark(r) || isDigitRune(r) }
	case "upper":
		return unicode.IsUpper
	case "lower":
		return unicode.IsLower
	case "space":
		return unicode.IsSpace
	case "punct":
		return unicode.IsPunct
	case "xdigit":
		return func(r rune) bool { return r < 128 && strings.ContainsRune("0123456789abcdefABCDEF", r) }
	case "word":
		return isWordRune
	}
	return nil
}

// class takes [...], behind the bracket: ranges, nested classes, && and ^.
func (p *regexParser) class() func(rune) bool {
	if p.depth++; p.depth > 100 {
		p.unknown("a pattern nested too deep")
	}
	defer func() { p.depth-- }()
	negated := p.has("^")
	var sets []func(rune) bool
	first := true
	for {
		if !p.more() {
			p.fail("premature end of char-class")
		}
		switch {
		case p.in[p.i] == ']' && !first:
			p.i++
			return p.classOf(sets, negated)
		case p.has("[:"):
			sets = append(sets, p.posix())
		case p.has("["):
			sets = append(sets, p.class())
		case p.has("&&"):
			left := anyOf(sets)
			right := p.intersection()
			is := func(r rune) bool { return left(r) && right(r) }
			if negated {
				return not(is)
			}
			return is
		default:
			sets = append(sets, p.classItem())
		}
		first = false
	}
}

// intersection takes what is behind && up to the closing bracket.
func (p *regexParser) intersection() func(rune) bool {
	var sets []func(rune) bool
	for {
		if !p.more() {
			p.fail("premature end of char-class")
		}
		switch {
		case p.has("]"):
			return anyOf(sets)
		case p.has("&&"):
			left, right := anyOf(sets), p.intersection()
			return func(r rune) bool { return left(r) && right(r) }
		case p.has("["):
			sets = append(sets, p.class())
		default:
			sets = append(sets, p.classItem())
		}
	}
}

func (p *regexParser) posix() func(rune) bool {
	end := p.i
	for end+1 < len(p.in) && !(p.in[end] == ':' && p.in[end+1] == ']') {
		end++
	}
	if end+1 >= len(p.in) {
		p.unknown("a class like this")
	}
	name := string(p.in[p.i:end])
	neg := strings.HasPrefix(name, "^")
	is := posixClass(strings.TrimPrefix(name, "^"))
	if is == nil {
		p.unknown("the class " + name)
	}
	p.i = end + 2
	if neg {
		return not(is)
	}
	return is
}

func (p *regexParser) classItem() func(rune) bool {
	lo, set := p.classChar()
	if set != nil {
		return set
	}
	hi := lo
	if p.i+1 < len(p.in) && p.in[p.i] == '-' && p.in[p.i+1] != ']' && p.in[p.i+1] != '[' {
		p.i++
		h, set := p.classChar()
		if set != nil {
			p.unknown("a range to a class")
		}
		if hi = h; hi < lo {
			p.fail("empty range in char class")
		}
	}
	return func(r rune) bool { return r >= lo && r <= hi }
}

func (p *regexParser) classChar() (rune, func(rune) bool) {
	c := p.in[p.i]
	p.i++
	if c != '\\' {
		return c, nil
	}
	if !p.more() {
		p.fail("end pattern at escape")
	}
	c = p.in[p.i]
	p.i++
	if is := p.setOf(c); is != nil {
		return 0, is
	}
	if c == 'b' {
		return '\b', nil
	}
	if c == 'h' || c == 'R' {
		p.unknown("the escape in a class")
	}
	return p.escaped(c), nil
}

func anyOf(sets []func(rune) bool) func(rune) bool {
	return func(r rune) bool {
		for _, s := range sets {
			if s(r) {
				return true
			}
		}
		return false
	}
}

func (p *regexParser) classOf(sets []func(rune) bool, negated bool) func(rune) bool {
	is := anyOf(sets)
	if p.fold {
		plain := is
		is = func(r rune) bool { return plain(r) || plain(unicode.ToLower(r)) || plain(unicode.ToUpper(r)) }
	}
	if negated {
		return not(is)
	}
	return is
}
