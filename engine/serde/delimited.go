package serde

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Delimited says how LazySimpleSerDe takes a line apart. Separators are by the
// depth of nesting: fields, items, keys of maps, and so on.
type Delimited struct {
	Separators []byte
	Null       string // the text of a NULL
	Escape     int    // the byte before a separator that is none; -1 where there is no such
	TakesRest  bool   // the last column takes all that is left of the line
	Formats    []*Pattern
	Extended   bool // t, f, 1 and 0 are booleans too
}

// defaultSeparators are the control characters that separate where the table does
// not say what does, by depth.
var defaultSeparators = []byte{1, 2, 3, 4, 5, 6, 7, 8, 11, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 28, 29}

// delimitedOf reads the properties of ROW FORMAT DELIMITED.
func delimitedOf(properties map[string]string) (*Delimited, error) {
	d := &Delimited{Null: `\N`, Escape: -1, Separators: slices.Clone(defaultSeparators[:8])}
	if strings.EqualFold(properties["hive.serialization.extend.nesting.levels"], "true") ||
		strings.EqualFold(properties["hive.serialization.extend.additional.nesting.levels"], "true") {
		d.Separators = slices.Clone(defaultSeparators)
	}
	if v, ok := properties["field.delim"]; ok {
		d.Separators[0] = delimiter(v, 1)
	} else if v, ok := properties["serialization.format"]; ok {
		d.Separators[0] = delimiter(v, 1)
	}
	for key, depth := range map[string]int{"collection.delim": 1, "colelction.delim": 1, "mapkey.delim": 2} {
		if v, ok := properties[key]; ok {
			d.Separators[depth] = delimiter(v, defaultSeparators[depth])
		}
	}
	if v, ok := properties["serialization.null.format"]; ok {
		d.Null = v
	}
	if v, ok := properties["escape.delim"]; ok {
		d.Escape = int(delimiter(v, '\\'))
	}
	if v, ok := properties["line.delim"]; ok && v != "\n" && v != "\\n" {
		return nil, fmt.Errorf("lines end with a line feed: LINES TERMINATED BY %q is not supported", v)
	}
	d.TakesRest = strings.EqualFold(properties["serialization.last.column.takes.rest"], "true")
	d.Extended = strings.EqualFold(properties["hive.lazysimple.extended_boolean_literal"], "true")
	var err error
	d.Formats, err = timestampFormats(properties)
	return d, err
}

// delimiter reads a byte as Hive does: as its number, or as the first character.
func delimiter(text string, none byte) byte {
	if text == "" {
		return none
	}
	if n, err := strconv.ParseInt(text, 10, 8); err == nil {
		return byte(n)
	}
	return text[0]
}

// timestampFormats reads timestamp.formats: patterns with commas between, where a
// backslash keeps a comma.
func timestampFormats(properties map[string]string) ([]*Pattern, error) {
	text := properties["timestamp.formats"]
	var out []*Pattern
	var one strings.Builder
	take := func() error {
		if one.Len() == 0 {
			return nil
		}
		p, err := NewPattern(one.String())
		out = append(out, p)
		one.Reset()
		return err
	}
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text):
			i++
			one.WriteByte(text[i])
		case text[i] == ',':
			if err := take(); err != nil {
				return nil, err
			}
		default:
			one.WriteByte(text[i])
		}
	}
	return out, take()
}

// delimited reads lines of fields.
type delimited struct {
	*Delimited
	fields []*Vector // of the table's columns; nil where not asked for
	text   []byte    // of the value that is being unescaped
}

func (d *delimited) decode(line []byte, row int) *lineError {
	n, from := 0, 0
	for i := 0; i < len(line); i++ {
		switch {
		case line[i] == d.Separators[0]:
			if err := d.field(n, line[from:i], row); err != nil {
				return err
			}
			n++
			from = i + 1
			if d.TakesRest && n == len(d.fields)-1 {
				i = len(line)
			}
		case d.escapes(line[i]):
			i++
		}
	}
	if err := d.field(n, line[from:], row); err != nil {
		return err
	}
	for n++; n < len(d.fields); n++ {
		if v := d.fields[n]; v != nil {
			v.put(row, false)
		}
	}
	return nil
}

func (d *delimited) escapes(c byte) bool { return d.Escape >= 0 && c == byte(d.Escape) }

func (d *delimited) field(n int, text []byte, row int) *lineError {
	if n >= len(d.fields) || d.fields[n] == nil {
		return nil
	}
	return d.value(d.fields[n], row, text, 1)
}

// value writes what stands between two separators; depth is that of what it has
// inside.
func (d *delimited) value(v *Vector, row int, text []byte, depth int) *lineError {
	if string(text) == d.Null {
		v.put(row, false)
		return nil
	}
	var err *lineError
	ok := true
	switch v.kind {
	case List:
		err = d.list(v, text, depth)
	case Map:
		err = d.entries(v, row, text, depth)
	case Struct:
		err = d.parts(v, row, text, depth)
	case Binary:
		v.Text = appendLooseBase64(v.Text, text)
	default:
		ok = d.scalar(v, row, text)
	}
	if err == nil {
		v.put(row, ok)
	}
	return err
}

func (d *delimited) scalar(v *Vector, row int, text []byte) bool {
	switch v.kind {
	case TinyInt, SmallInt, Int, BigInt:
		n, ok := plainLong(text)
		return ok && v.putInt(row, n)
	case Real, Double:
		return v.putDouble(row, text)
	case Boolean:
		return d.boolean(v, row, text)
	case Date:
		days, ok := hiveDay(text)
		if ok {
			v.Ints[row] = days
		}
		return ok
	case Decimal:
		n, ok := parseDecimal(text)
		return ok && v.putDecimal(row, n)
	case Timestamp:
		if len(text) < 8 {
			return false
		}
		t, ok := formattedTime(text, d.Formats)
		return ok && v.putTime(row, t)
	}
	v.putText(d.unescape(text))
	return true
}

func (d *delimited) boolean(v *Vector, row int, text []byte) bool {
	switch {
	case bytes.EqualFold(text, []byte("true")), d.Extended && (string(text) == "1" || bytes.EqualFold(text, []byte("t"))):
		v.Bools[row] = true
	case bytes.EqualFold(text, []byte("false")), d.Extended && (string(text) == "0" || bytes.EqualFold(text, []byte("f"))):
		v.Bools[row] = false
	default:
		return false
	}
	return true
}

func (d *delimited) unescape(text []byte) []byte {
	if d.Escape < 0 || bytes.IndexByte(text, byte(d.Escape)) < 0 {
		return text
	}
	d.text = d.text[:0]
	for i := 0; i < len(text); i++ {
		if d.escapes(text[i]) && i+1 < len(text) {
			i++
		}
		d.text = append(d.text, text[i])
	}
	return d.text
}

// separator gives the separator of a depth.
func (d *delimited) separator(depth int) (byte, *lineError) {
	if depth >= len(d.Separators) {
		return 0, bent(fmt.Sprintf("Number of levels of nesting supported for LazySimpleSerde is %d", len(d.Separators)-1))
	}
	return d.Separators[depth], nil
}

// cut gives the pieces between separators that are not escaped.
func (d *delimited) cut(text []byte, separator byte, piece func([]byte) *lineError) *lineError {
	from := 0
	for i := 0; i < len(text); i++ {
		if text[i] == separator {
			if err := piece(text[from:i]); err != nil {
				return err
			}
			from = i + 1
		} else if d.escapes(text[i]) {
			i++
		}
	}
	return piece(text[from:])
}

func (d *delimited) list(v *Vector, text []byte, depth int) *lineError {
	separator, err := d.separator(depth)
	if err != nil || len(text) == 0 {
		return err
	}
	return d.cut(text, separator, func(item []byte) *lineError {
		return d.value(&v.Parts[0], v.Parts[0].next(), item, depth+1)
	})
}

func (d *delimited) entries(v *Vector, row int, text []byte, depth int) *lineError {
	between, err := d.separator(depth)
	if err != nil {
		return err
	}
	behindKey, err := d.separator(depth + 1)
	if err != nil || len(text) == 0 {
		return err
	}
	err = d.cut(text, between, func(entry []byte) *lineError {
		key, value, found := d.keyOf(entry, behindKey)
		if err := d.value(&v.Parts[0], v.Parts[0].next(), key, depth+2); err != nil {
			return err
		}
		if !found {
			v.Parts[1].put(v.Parts[1].next(), false)
			return nil
		}
		return d.value(&v.Parts[1], v.Parts[1].next(), value, depth+2)
	})
	if err == nil {
		mapWriter{v}.distinct(int(v.Offsets[row]), false)
	}
	return err
}

func (d *delimited) keyOf(entry []byte, separator byte) (key, value []byte, found bool) {
	for i := 0; i < len(entry); i++ {
		if entry[i] == separator {
			return entry[:i], entry[i+1:], true
		}
		if d.escapes(entry[i]) {
			i++
		}
	}
	return entry, nil, false
}

func (d *delimited) parts(v *Vector, row int, text []byte, depth int) *lineError {
	separator, err := d.separator(depth)
	if err != nil {
		return err
	}
	n := 0
	rest := text
	for n < len(v.Parts) {
		piece, after, found := d.keyOf(rest, separator)
		if d.TakesRest && n == len(v.Parts)-1 {
			piece, found = rest, false
		}
		if err := d.value(&v.Parts[n], row, piece, depth+1); err != nil {
			return err
		}
		n++
		if !found {
			break
		}
		rest = after
	}
	for ; n < len(v.Parts); n++ {
		v.Parts[n].put(row, false)
	}
	return nil
}

// plainLong reads an integer, which may have a sign and a fraction that is
// dropped.
func plainLong(text []byte) (int64, bool) {
	whole, fraction, _ := bytes.Cut(text, []byte{'.'})
	if len(fraction) > 0 && !allDigits(fraction) {
		return 0, false
	}
	if len(text) == 0 || len(text) == 1 && (text[0] == '-' || text[0] == '+') {
		return 0, false
	}
	switch string(whole) {
	case "", "-", "+":
		return 0, true
	}
	n, err := strconv.ParseInt(string(whole), 10, 64)
	return n, err == nil
}

// hiveDay reads Y-M-D and passes over what follows a space.
func hiveDay(text []byte) (int32, bool) {
	text = bytes.TrimFunc(text, atMostSpace)
	if i := bytes.IndexByte(text, ' '); i >= 0 {
		text = text[:i]
	}
	return calendarDays(text)
}

func formattedTime(text []byte, formats []*Pattern) (instant, bool) {
	trimmed := string(bytes.TrimFunc(text, atMostSpace))
	for _, f := range formats {
		if t, ok := f.parse(trimmed); ok {
			return t, true
		}
	}
	return hiveTime(text)
}

// appendLooseBase64 appends what base 64 stands for, of either alphabet, with
// white space between and digits too few or too many; of text that is none, the
// text.
func appendLooseBase64(dst, text []byte) []byte {
	bits, n := uint32(0), 0
	at, padded := len(dst), false
	for _, c := range text {
		digit := strings.IndexByte(base64Digits, c)
		switch {
		case c == '-':
			digit = 62
		case c == '_':
			digit = 63
		case c == '=':
			padded = true
			continue
		case c == ' ' || c == '\n' || c == '\r' || c == '\t':
			continue
		case digit < 0:
			return append(dst[:at], text...)
		}
		if padded {
			continue
		}
		bits = bits<<6 | uint32(digit)
		if n++; n%4 == 0 {
			dst = append(dst, byte(bits>>16), byte(bits>>8), byte(bits))
		}
	}
	switch n % 4 {
	case 2:
		dst = append(dst, byte(bits>>4))
	case 3:
		dst = append(dst, byte(bits>>10), byte(bits>>2))
	}
	return dst
}

const base64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
