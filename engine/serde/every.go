package serde

import (
	"bytes"
	"fmt"
)

// tail is what is left of the line being read, of which every record is a row.
type tail struct {
	text   []byte
	whole  bool // the line ends with text
	line   int64
	offset int64 // of text, in the unpacked bytes
	begun  bool  // something of the line has been read
}

// next reads the next record, wherever on its line it stands, into the next row and
// gives how many bytes it kept in memory.
func (r *Reader) next() (int, error) {
	for {
		if err := r.toRecord(); err != nil {
			return 0, err
		}
		used, err := r.first(r.tail.text)
		for err != nil && err.atEnd && !r.tail.whole {
			if err := r.longerTail(); err != nil {
				return 0, err
			}
			used, err = r.first(r.tail.text)
		}
		if err == nil && used > 0 {
			r.stats.Records++
			r.stats.Rows++
			r.batch.Rows++
			if r.tail.begun {
				r.stats.Unseen++
			}
			r.tail.begun = true
			if r.parse.odd != (oddities{}) {
				r.strange(r.tail.line, r.tail.offset)
			}
			if r.options.Record != nil {
				r.options.Record(r.tail.text[:used])
			}
			r.take(used)
			return used, nil
		}
		r.parse.undo(r.batch.Rows)
		if err := r.refuse(err); err != nil {
			return 0, err
		}
	}
}

// toRecord goes to where the next record may begin: past white space and line ends.
func (r *Reader) toRecord() error {
	for {
		t := &r.tail
		if len(t.text) > 0 && t.text[0] <= ' ' {
			r.take(len(t.text) - len(bytes.TrimLeftFunc(t.text, atMostSpace)))
		}
		switch {
		case len(t.text) > 0:
			return nil
		case t.whole:
			text, whole, err := r.src.line()
			if err != nil {
				return r.failed(err)
			}
			r.stats.Lines++
			*t = tail{text: text, whole: whole, line: r.stats.Lines, offset: r.src.lineAt}
		default:
			if err := r.longerTail(); err != nil {
				return err
			}
		}
	}
}

// take drops the first n bytes of the tail.
func (r *Reader) take(n int) {
	r.tail.text = r.tail.text[n:]
	r.tail.offset += int64(n)
	if !r.tail.whole {
		r.src.start += n
	}
}

// longerTail reads on a line that is not all in memory.
func (r *Reader) longerTail() error {
	text, whole, err := r.src.longer(len(r.tail.text))
	if err != nil {
		return r.failed(err)
	}
	r.tail.text, r.tail.whole = text, whole
	return nil
}

// refuse passes over what is no record, up to where the next one may begin.
func (r *Reader) refuse(why *lineError) error {
	n := r.nextRecord()
	for n < 0 && !r.tail.whole {
		if len(r.tail.text) > r.options.MaxLine {
			return r.fatal(fmt.Sprintf("an object is longer than the %d bytes it may have", r.options.MaxLine))
		}
		if err := r.longerTail(); err != nil {
			return err
		}
		n = r.nextRecord()
	}
	if n < 0 {
		n = len(r.tail.text)
	}
	at := Position{Object: r.object, Line: r.tail.line, Offset: r.tail.offset, Why: why.why}
	r.tail.begun = true
	r.stats.Malformed++
	if why.empty {
		r.stats.NoObject++
	} else {
		r.stats.Records++
	}
	if len(r.stats.Bad) < r.options.Bad {
		r.stats.Bad = append(r.stats.Bad, at)
	}
	if r.options.Refused != nil {
		r.options.Refused(at, r.tail.text[:n])
	}
	r.take(n)
	return nil
}

// nextRecord gives where the record after a broken one begins: behind the brace
// that closes the broken one, or at the table's first key, whichever is before the
// other; -1 where neither is in memory.
func (r *Reader) nextRecord() int {
	text := r.tail.text
	end := -1
	if text[0] == '{' || text[0] == '[' {
		end = closes(text)
	} else if n := bytes.IndexByte(text, '{'); n >= 0 {
		end = n
	}
	start := append([]byte{'{'}, r.parse.fields[0].prefix...)
	window := text[1:]
	if end >= 0 {
		window = text[1:end]
	}
	if n := bytes.Index(window, start); n >= 0 {
		return n + 1
	}
	return end
}

// closes gives what is behind the brace that closes the first one, or -1.
func closes(text []byte) int {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{', c == '[':
			depth++
		case c == '}', c == ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return -1
}
