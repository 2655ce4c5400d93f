package sim

import (
	"bytes"
	"strconv"
)

// How faults change the bytes of a record. This is the slow path: the object just
// written is taken apart again, which is simple because no value of ours nests
// or has an escape.

// pair is a field of a record: its name without quotes, its value as it stands.
type pair struct{ name, value []byte }

// alter rewrites the object b[from:] by the faults that touched the event, in
// the scenario's order.
func (p *plan) alter(b []byte, from int, e *event) []byte {
	pairs := split(b[from:])
	changed := false
	for i := range p.faults {
		f := &p.faults[i]
		if e.faults&f.bit == 0 {
			continue
		}
		n := uint64(e.rank >> copyBits)
		switch f.Kind {
		case faultMissingField, faultNullField, faultSchemaDrift:
			pairs = f.change(pairs, f.form.draw(e.session, n))
			changed = true
		case faultDuplicate:
			if f.Mode == duplicateChanged && int(e.rank&copyMask) == f.index+1 {
				pairs = recount(pairs)
				changed = true
			}
		}
	}
	if changed {
		b = append(b[:from], join(pairs)...)
	}
	if e.fate == fateRejected {
		return malform(b, from, malformedForms[e.form], p.keys[forEventID].draw(e.session, uint64(e.rank)|1<<32))
	}
	return b
}

// split takes apart an object that appendEvent wrote.
func split(object []byte) []pair {
	var pairs []pair
	for rest := bytes.Clone(object[1 : len(object)-1]); len(rest) > 0; {
		end := bytes.IndexByte(rest[1:], '"') + 1
		name := rest[1:end]
		rest = rest[end+2:] // the quote and the colon
		stop := bytes.IndexByte(rest, ',')
		if rest[0] == '"' {
			stop = bytes.IndexByte(rest[1:], '"') + 2
		}
		if stop < 0 || stop >= len(rest) {
			return append(pairs, pair{name, rest})
		}
		pairs = append(pairs, pair{name, rest[:stop]})
		rest = rest[stop+1:]
	}
	return pairs
}

func join(pairs []pair) []byte {
	b := []byte{'{'}
	for i, p := range pairs {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '"')
		b = append(b, p.name...)
		b = append(b, '"', ':')
		b = append(b, p.value...)
	}
	return append(b, '}')
}

// change lets a fault of the fields act.
func (f *fault) change(pairs []pair, u uint64) []pair {
	for i := range pairs {
		if string(pairs[i].name) != f.Field {
			continue
		}
		switch {
		case f.Kind == faultMissingField:
			return append(pairs[:i:i], pairs[i+1:]...)
		case f.Kind == faultNullField:
			pairs[i].value = []byte("null")
		case f.Change == driftRename:
			pairs[i].name = []byte(f.To)
		case f.Change == driftAdd:
			added := pair{[]byte(f.To), appendText(nil, string(appendHex(nil, u, 8)))}
			return append(pairs[:i+1:i+1], append([]pair{added}, pairs[i+1:]...)...)
		case pairs[i].value[0] == '"':
			pairs[i].value = append(append([]byte{'['}, pairs[i].value...), ']')
		default:
			pairs[i].value = appendText(nil, string(pairs[i].value))
		}
		break
	}
	return pairs
}

// recount is another payload of the same event: one more error was counted since.
func recount(pairs []pair) []pair {
	for i := range pairs {
		if string(pairs[i].name) != "error_count" {
			continue
		}
		if n, err := strconv.Atoi(string(pairs[i].value)); err == nil {
			pairs[i].value = strconv.AppendInt(nil, int64(min(n+1, 100)), 10)
			return pairs
		}
	}
	// Without that field, the order of two others is what differs.
	if n := len(pairs); n >= 2 {
		pairs[n-1], pairs[n-2] = pairs[n-2], pairs[n-1]
	}
	return pairs
}

// oversize is one byte more than a broker's message.max.bytes allows by default.
const oversize = 1_048_588 + 1

// malform makes b[from:] a record that a reader refuses.
func malform(b []byte, from int, form string, u uint64) []byte {
	value := b[from:]
	insert := func(at int, what string) []byte {
		tail := bytes.Clone(b[at:])
		return append(append(b[:at], what...), tail...)
	}
	after := func(name string) int { return from + bytes.Index(value, []byte(name)) + len(name) }
	replace := func(name, by string) []byte {
		at := after(name)
		end := at + bytes.IndexByte(b[at:], ',')
		tail := bytes.Clone(b[end:])
		return append(append(b[:at], by...), tail...)
	}
	switch form {
	case formTruncated:
		return b[:from+1+int(below(u, uint64(len(value)-1)))]
	case formBadEscape:
		return insert(after(`"city":"`), `\q`)
	case formNaN:
		return replace(`"bandwidth_mbps":`, "NaN")
	case formWrongType:
		return replace(`"watch_duration_seconds":`, `"many"`)
	case formOversize:
		return insert(after(`"city":"`), string(bytes.Repeat([]byte{'x'}, oversize-len(value))))
	case formEmpty:
		return b[:from]
	case formConcatenated:
		return append(b, bytes.Clone(value)...)
	}
	return insert(from, "\xef\xbb\xbf")
}
