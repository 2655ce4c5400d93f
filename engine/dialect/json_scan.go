package dialect

import (
	"strconv"
	"strings"
	"sync"
	"unicode"

	"acme/telemetry/engine/floattext"
)

// The functions that take a JSON path of the old kind read the text no further
// than to the value: what follows need not be JSON.

// jsonStep is a step of a path: a member's name, and the index that it can be.
type jsonStep struct {
	name  string
	index int // -1 where the name is no number
}

// parsePath reads a JSON path: $ .name ["name"] [0].
func parsePath(path string) ([]jsonStep, error) {
	bad := badArg("Invalid JSON path: '%s'", path)
	if !strings.HasPrefix(path, "$") {
		return nil, bad
	}
	var out []jsonStep
	for s := path[1:]; s != ""; {
		name, rest, ok := "", s[1:], false
		switch {
		case s[0] == '.':
			n := strings.IndexFunc(rest, func(r rune) bool { return r != ':' && !isSubscript(r) })
			if n < 0 {
				n = len(rest)
			}
			name, rest, ok = rest[:n], rest[n:], n > 0
		case strings.HasPrefix(rest, `"`) && s[0] == '[':
			name, rest, ok = quotedStep(rest[1:])
		case s[0] == '[':
			n := max(0, strings.IndexFunc(rest, func(r rune) bool { return !isSubscript(r) }))
			name, rest, ok = rest[:n], rest[n:], n > 0
		}
		if s[0] == '[' {
			var closed bool
			rest, closed = strings.CutPrefix(rest, "]")
			ok = ok && closed
		}
		if !ok {
			return nil, bad
		}
		index, err := strconv.ParseInt(name, 10, 32)
		if err != nil || strings.HasPrefix(name, "+") || index < 0 {
			index = -1
		}
		out, s = append(out, jsonStep{name, int(index)}), rest
	}
	return out, nil
}

func isSubscript(r rune) bool {
	return r == '_' || r <= 0xFFFF && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// quotedStep reads up to the quote that ends a name.
func quotedStep(s string) (name, rest string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			return b.String(), s[i+1:], true
		case '\\':
			if i++; i == len(s) || s[i] != '"' && s[i] != '\\' {
				return "", "", false
			}
		}
		b.WriteByte(s[i])
	}
	return "", "", false
}

// pathMemory keeps the path that was read last: it is a literal mostly.
type pathMemory struct {
	mu   sync.RWMutex
	last *parsedPath
}

type parsedPath struct {
	text  string
	steps []jsonStep
}

func (m *pathMemory) get(text string) ([]jsonStep, error) {
	m.mu.RLock()
	p := m.last
	m.mu.RUnlock()
	if p != nil && p.text == text {
		return p.steps, nil
	}
	steps, err := parsePath(text)
	if err == nil {
		m.mu.Lock()
		m.last = &parsedPath{text, steps}
		m.mu.Unlock()
	}
	return steps, err
}

// find goes to the value at a path; false where there is none, or no JSON before
// it. The value itself has not been looked at.
func (p *jsonParser) find(steps []jsonStep) bool {
	for _, s := range steps {
		p.blank()
		if p.i == len(p.s) {
			return false
		}
		found := false
		switch p.s[p.i] {
		case '{':
			found = p.findMember(s.name)
		case '[':
			found = p.findElement(s.index)
		}
		if !found {
			return false
		}
		p.depth++
	}
	p.blank()
	return p.i < len(p.s)
}

func (p *jsonParser) findMember(name string) bool {
	p.i++
	for first := true; ; first = false {
		p.blank()
		if p.i == len(p.s) || p.s[p.i] == '}' {
			return false
		}
		if !first {
			if p.s[p.i] != ',' {
				return false
			}
			p.i++
			p.blank()
		}
		same, err := p.key(name)
		if err != nil {
			return false
		}
		if same {
			return true
		}
		if p.skip() != nil {
			return false
		}
	}
}

// key takes a member's name and the colon behind it, and compares it.
func (p *jsonParser) key(name string) (same bool, err error) {
	if p.i == len(p.s) || p.s[p.i] != '"' {
		return false, errJSON
	}
	if end := p.i + 1 + len(name); end < len(p.s) && p.s[end] == '"' && p.s[p.i+1:end] == name && strings.IndexByte(name, '\\') < 0 && unescaped(name) {
		p.i, same = end+1, true
	} else {
		k, err := p.str()
		if err != nil {
			return false, err
		}
		same = k == name
	}
	p.blank()
	if p.i == len(p.s) || p.s[p.i] != ':' {
		return false, errJSON
	}
	p.i++
	return same, nil
}

// unescaped says that a text can stand in JSON as it is.
func unescaped(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 || s[i] == '"' {
			return false
		}
	}
	return true
}

func (p *jsonParser) findElement(index int) bool {
	p.i++
	for n := 0; ; n++ {
		p.blank()
		if p.i == len(p.s) || p.s[p.i] == ']' {
			return false
		}
		if n > 0 {
			if p.s[p.i] != ',' {
				return false
			}
			p.i++
		}
		if n == index {
			return true
		}
		if p.skip() != nil {
			return false
		}
	}
}

// skip passes over one value, which must be JSON.
func (p *jsonParser) skip() error {
	if p.depth++; p.depth > maxJSONDepth {
		return errJSON
	}
	defer func() { p.depth-- }()
	p.blank()
	if p.i == len(p.s) {
		return errJSON
	}
	switch c := p.s[p.i]; c {
	case '"':
		return p.skipText()
	case '{', '[':
		return p.skipParts(c)
	}
	_, err := p.token()
	return err
}

func (p *jsonParser) skipParts(open byte) error {
	p.i++
	for first := true; ; first = false {
		p.blank()
		switch {
		case p.i == len(p.s):
			return errJSON
		case p.s[p.i] == open+2:
			p.i++
			return nil
		case !first && p.s[p.i] != ',':
			return errJSON
		case !first:
			p.i++
			p.blank()
		}
		if open == '{' {
			if p.i == len(p.s) || p.s[p.i] != '"' {
				return errJSON
			}
			if err := p.skipText(); err != nil {
				return err
			}
			p.blank()
			if p.i == len(p.s) || p.s[p.i] != ':' {
				return errJSON
			}
			p.i++
		}
		if err := p.skip(); err != nil {
			return err
		}
	}
}

// skipText passes over a string.
func (p *jsonParser) skipText() error {
	for i := p.i + 1; i < len(p.s); i++ {
		switch c := p.s[i]; {
		case c == '"':
			p.i = i + 1
			return nil
		case c < 0x20 || c == '\\':
			_, err := p.str() // has escapes, which must be right
			return err
		}
	}
	return errJSON
}

// token takes a number or a word and gives its text.
func (p *jsonParser) token() (string, error) {
	start := p.i
	for _, w := range []string{"true", "false", "null"} {
		if strings.HasPrefix(p.s[p.i:], w) {
			p.i += len(w)
			if p.i < len(p.s) && wordPart(p.s[p.i]) {
				return "", errJSON
			}
			return w, nil
		}
	}
	if !p.digits() {
		return "", errJSON
	}
	return p.s[start:p.i], nil
}

// wordPart says that a byte behind true, false or null makes another word of it.
func wordPart(c byte) bool {
	return isLetter(c) || isDigit(c) || c == '_' || c == '$' || c >= 0x80
}

// digits takes a number.
func (p *jsonParser) digits() bool {
	run := func() bool {
		from := p.i
		for p.i < len(p.s) && isDigit(p.s[p.i]) {
			p.i++
		}
		return p.i > from
	}
	if p.i < len(p.s) && p.s[p.i] == '-' {
		p.i++
	}
	zero := p.i+1 < len(p.s) && p.s[p.i] == '0' && isDigit(p.s[p.i+1])
	if zero || !run() {
		return false
	}
	if p.i < len(p.s) && p.s[p.i] == '.' {
		if p.i++; !run() {
			return false
		}
	}
	if p.i < len(p.s) && p.s[p.i]|0x20 == 'e' {
		if p.i++; p.i < len(p.s) && (p.s[p.i] == '+' || p.s[p.i] == '-') {
			p.i++
		}
		return run()
	}
	return true
}

// scalar gives the text of the scalar that stands here; false for null, for an
// array or object and for what is no JSON.
func (p *jsonParser) scalar(root bool) (string, bool) {
	switch p.s[p.i] {
	case '{', '[':
		return "", false
	case '"':
		s, err := p.str()
		return s, err == nil
	}
	t, err := p.token()
	return t, err == nil && t != "null" && (!root || p.rootEnds(t))
}

// rootEnds says that behind a number, which is all of a text, a blank stands.
func (p *jsonParser) rootEnds(t string) bool {
	return t[0] >= 'a' || p.i == len(p.s) || strings.IndexByte(" \t\r\n", p.s[p.i]) >= 0
}

// parts counts the elements of the array, or members of the object, that stands
// here; 0 for a scalar.
func (p *jsonParser) parts(root bool) (int64, bool) {
	open := p.s[p.i]
	if open != '{' && open != '[' {
		start := p.i
		if err := p.skip(); err != nil || root && open != '"' && !p.rootEnds(p.s[start:p.i]) {
			return 0, false
		}
		return 0, true
	}
	n := int64(0)
	ok := p.each(open, func() bool { n++; return p.skip() == nil })
	return n, ok
}

// each calls f at every element or member's value; it gives false where f does, or
// where what stands here is no JSON.
func (p *jsonParser) each(open byte, f func() bool) bool {
	p.i++
	for first := true; ; first = false {
		p.blank()
		switch {
		case p.i == len(p.s):
			return false
		case p.s[p.i] == open+2:
			p.i++
			return true
		case !first && p.s[p.i] != ',':
			return false
		case !first:
			p.i++
			p.blank()
		}
		if open == '{' {
			if _, err := p.key(""); err != nil {
				return false
			}
		}
		if p.blank(); p.i == len(p.s) || !f() {
			return false
		}
	}
}

// enterArray enters the array that a text begins with.
func enterArray(s string) (*jsonParser, bool) {
	p := &jsonParser{s: s}
	p.blank()
	return p, p.i < len(s) && s[p.i] == '['
}

// copied gives the structure that stands here as Trino copies it.
func (p *jsonParser) copied(root bool, java floattext.Java) (string, bool) {
	p.halves = true
	n, err := p.value()
	if err != nil || root && n.kind == 0 && !p.rootEnds(n.text) {
		return "", false
	}
	return jacksonText(n, java), true
}

// elementAt gives an element of an array, counted from the end if negative. A
// string comes without its quotes, as Trino gives it.
func elementAt(s string, index int64, java floattext.Java) (any, error) {
	p, ok := enterArray(s)
	if !ok {
		return nil, nil
	}
	if index < 0 {
		q := *p
		n, ok := q.parts(false)
		if index += n; !ok || index < 0 {
			return nil, nil
		}
	}
	var out any
	at := int64(0)
	p.each('[', func() bool {
		if at < index {
			at++
			return p.skip() == nil
		}
		if c := p.s[p.i]; c == '{' || c == '[' {
			if n, err := p.value(); err == nil {
				var b strings.Builder
				n.unique()
				n.jackson(&b, false, java)
				out = b.String()
			}
		} else if t, ok := p.scalar(false); ok {
			out = t
		}
		return false
	})
	return out, nil
}

// contains says whether an array has an element for which is holds: is gets what
// stands before it. NULL for what is no array, or not to the end.
func contains(s string, is func(kind byte, text string) bool) (any, error) {
	p, ok := enterArray(s)
	if !ok {
		return nil, nil
	}
	found := false
	whole := p.each('[', func() bool {
		kind := p.s[p.i]
		if kind == '{' || kind == '[' {
			return p.skip() == nil
		}
		text, err := "", error(nil)
		if kind == '"' {
			text, err = p.str()
		} else {
			text, err = p.token()
		}
		found = err == nil && is(kind, text)
		return err == nil && !found
	})
	if found || whole {
		return found, nil
	}
	return nil, nil
}
