package serde

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode"
)

// CSV says how OpenCSVSerde takes a line apart.
type CSV struct{ Separator, Quote, Escape rune }

// csvOf reads the properties of OpenCSVSerde.
func csvOf(properties map[string]string) (*CSV, error) {
	c := &CSV{Separator: ',', Quote: '"', Escape: '\\'}
	for key, to := range map[string]*rune{"separatorChar": &c.Separator, "quoteChar": &c.Quote, "escapeChar": &c.Escape} {
		if v, ok := properties[key]; ok && v != "" {
			*to = []rune(v)[0]
		}
	}
	switch {
	case c.Separator == 0:
		return nil, fmt.Errorf("Separator cannot be the null character (ASCII 0)")
	case c.Separator == c.Quote:
		return nil, fmt.Errorf("Separator and quote character cannot be the same")
	case c.Separator == c.Escape:
		return nil, fmt.Errorf("Separator and escape character cannot be the same")
	case c.Quote == c.Escape && c.Quote != 0:
		return nil, fmt.Errorf("Quote and escape character cannot be the same")
	}
	return c, nil
}

// csvLine reads lines of CSV. All that OpenCSVSerde does is done, so that a quote
// in the middle of a field means here what it means there.
type csvLine struct {
	*CSV
	fields []*Vector
	line   []rune
	value  []rune
	text   []byte
}

func (c *csvLine) decode(line []byte, row int) *lineError {
	n := 0
	take := func() *lineError {
		v := c.fields[n]
		n++
		if v == nil {
			return nil
		}
		c.text = c.text[:0]
		for _, r := range c.value {
			c.text = append(c.text, string(r)...)
		}
		err := v.csvText(row, c.text, n-1)
		return err
	}
	if len(line) > 0 && len(c.fields) > 0 {
		c.line = c.line[:0]
		for _, r := range string(appendUTF8(nil, line)) {
			c.line = append(c.line, r)
		}
		if err := c.split(take, &n); err != nil {
			return err
		}
	}
	for ; n < len(c.fields); n++ {
		if v := c.fields[n]; v != nil {
			v.put(row, false)
		}
	}
	return nil
}

// split calls take at the end of each value of the line, which is in c.value.
func (c *csvLine) split(take func() *lineError, n *int) *lineError {
	c.value = c.value[:0]
	inQuotes, inField := false, false
	for at := 0; at < len(c.line) && *n < len(c.fields); at++ {
		r := c.line[at]
		next := rune(-1)
		if at+1 < len(c.line) {
			next = c.line[at+1]
		}
		switch {
		case r == c.Escape:
			if (inQuotes || inField) && (next == c.Quote || next == c.Escape) {
				c.value = append(c.value, next)
				at++
			}
		case r == c.Quote:
			if (inQuotes || inField) && next == c.Quote {
				c.value = append(c.value, next)
				at++
			} else {
				c.quote(at, next)
				inQuotes = !inQuotes
			}
			inField = !inField
		case r == c.Separator && !inQuotes:
			if err := take(); err != nil {
				return err
			}
			c.value = c.value[:0]
			inField = false
		default:
			c.value = append(c.value, r)
			inField = true
		}
	}
	if *n < len(c.fields) && !inQuotes { // a field whose quote is not closed is NULL
		return take()
	}
	return nil
}

// quote reads a quote that opens or closes: one in the middle of a field stays,
// unless only white space stands before it.
func (c *csvLine) quote(at int, next rune) {
	if at <= 2 || c.line[at-1] == c.Separator || next < 0 || next == c.Separator {
		return
	}
	if len(c.value) > 0 && blank(c.value) {
		c.value = c.value[:0]
		return
	}
	c.value = append(c.value, c.Quote)
}

func blank(text []rune) bool {
	for _, r := range text {
		if !unicode.IsSpace(r) || r == '\u00a0' || r == '\u2007' || r == '\u202f' || r == '\u0085' {
			return false
		}
	}
	return true
}

// csvText writes a field to a column. Text is what the SerDe gives; of other types
// Athena reads booleans and numbers as they stand, days as their number and
// timestamps as milliseconds, and fails on what is none.
func (v *Vector) csvText(row int, text []byte, ordinal int) *lineError {
	bad := func(why string) *lineError {
		return &lineError{fatal: true, data: true, why: fmt.Sprintf("Error parsing field value '%s' for field %d: %s", text, ordinal, why)}
	}
	forInput := fmt.Sprintf("For input string: %q", text)
	ok := true
	switch v.kind {
	case String, Varchar, Char:
		v.putText(text)
	case Boolean:
		v.Bools[row] = bytes.EqualFold(text, []byte("true"))
	case TinyInt, SmallInt, Int, BigInt:
		n, err := strconv.ParseInt(string(text), 10, 64)
		ok = err == nil && v.putInt(row, n)
	case Real, Double:
		ok = v.putDouble(row, text)
		if len(text) == 0 {
			forInput = "empty String"
		}
	case Decimal:
		d, read := parseDecimal(text)
		ok = read && v.putDecimal(row, d)
	case Date:
		n, err := strconv.ParseInt(string(text), 10, 32)
		if ok = err == nil; ok {
			v.Ints[row] = int32(n)
		}
	case Timestamp:
		n, err := strconv.ParseInt(string(text), 10, 64)
		ok = err == nil && v.putTime(row, ofMillis(n))
	default:
		return bad("the OpenCSVSerde has no type " + v.Column.Type.String())
	}
	if !ok {
		return bad(forInput)
	}
	v.put(row, true)
	return nil
}
