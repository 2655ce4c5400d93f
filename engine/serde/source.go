package serde

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
)

const (
	bufferSize = 256 << 10
	// A line that is longer than this is handed on before its end is known: an
	// undelimited object is one line of any size, and only its first record has
	// to be in memory.
	longLine = 1 << 20
)

// source gives an object's lines. It owns the buffer they lie in; a line is
// valid until the next call.
type source struct {
	raw      countingReader
	packed   *bufio.Reader
	gz       *gzip.Reader
	in       io.Reader // where unpacked bytes come from
	members  int64
	max      int64 // of unpacked; 0 for no bound
	unpacked int64

	size, long int // of buf at first, and of a line handed on unfinished; the constants where zero
	buf        []byte
	start, end int   // what is in buf and not taken
	base       int64 // offset in the object of buf[0]
	lineAt     int64 // offset of the line given last
	eof        bool
	mayHaveCR  bool // a \r may be in buf[start:end]
	looked     int  // up to where of buf there is none, unless there may be
	skipLF     bool // the last line ended with \r: a \n that follows belongs to it
	lent       bool // buf is somebody else's
	salvage    bool // what breaks the object ends it
	broken     error
	err        error
}

type countingReader struct {
	r io.Reader
	n int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

func (s *source) open(body io.Reader, c codec, max int64) {
	s.raw = countingReader{r: body}
	s.members, s.unpacked, s.max = 0, 0, max
	s.start, s.end, s.base, s.lineAt = 0, 0, 0, 0
	s.eof, s.mayHaveCR, s.skipLF, s.broken, s.err = false, false, false, nil, nil
	if s.size == 0 {
		s.size, s.long = bufferSize, longLine
	}
	if len(s.buf) == 0 || len(s.buf) > 16<<20 || s.lent { // what one huge line grew is given back
		s.buf, s.lent = make([]byte, s.size), false
	}
	if s.packed == nil {
		s.packed = bufio.NewReaderSize(&s.raw, 64<<10)
	} else {
		s.packed.Reset(&s.raw)
	}
	s.in = &s.raw
	if c != plain && c != gzipped {
		s.in, s.err = c.unpack(s.packed)
	}
	if c == gzipped {
		s.in = memberReader{s}
		s.err = s.member()
		if errors.Is(s.err, io.EOF) {
			// Of no byte Trino's line reader makes no rows, before it looks for gzip.
			s.in, s.err = &s.raw, nil
		}
	}
	if s.err != nil && s.salvage {
		s.broken, s.err, s.eof = s.err, nil, true
	}
	if s.err == nil {
		s.err = s.fill()
	}
	if s.err == nil && bytes.HasPrefix(s.buf[:s.end], []byte("\xef\xbb\xbf")) {
		s.start = 3
	}
}

// openText takes lines from bytes in memory: there is nothing to fill, so nothing of them
// is moved.
func (s *source) openText(text []byte, max int64) {
	*s = source{
		packed: s.packed, gz: s.gz, size: s.size, long: s.long, max: max, salvage: s.salvage,
		buf: text, lent: true, end: len(text), eof: true, unpacked: int64(len(text)),
	}
	if max > 0 && s.unpacked > max {
		s.err = fmt.Errorf("the object unpacks to more than %d bytes", max)
	}
	if bytes.HasPrefix(text, []byte("\xef\xbb\xbf")) {
		s.start = 3
	}
}

// member starts the next gzip member, or gives io.EOF where there is none.
func (s *source) member() error {
	var err error
	if s.gz == nil {
		s.gz, err = gzip.NewReader(s.packed)
	} else {
		err = s.gz.Reset(s.packed)
	}
	switch {
	case err == nil:
		s.gz.Multistream(false)
		s.members++
		return nil
	case err == io.EOF:
		return io.EOF
	case s.members == 0:
		s.gz = nil
		return fmt.Errorf("not gzip: %w", err)
	}
	return fmt.Errorf("gzip: what follows member %d is not gzip: %w", s.members, err)
}

// memberReader reads the members of a file end to end. The end of a member is
// given only once its checksum and length have been found right.
type memberReader struct{ s *source }

func (m memberReader) Read(p []byte) (int, error) {
	for {
		n, err := m.s.gz.Read(p)
		if err == io.EOF {
			err = m.s.member()
			if err == nil && n == 0 {
				continue
			}
			return n, err
		}
		if err != nil {
			return n, fmt.Errorf("gzip: member %d: %w", m.s.members, err)
		}
		return n, nil
	}
}

// fill reads until the buffer is full or the object ends. What is not taken
// moves to the front; the buffer grows only where it is full.
func (s *source) fill() error {
	if s.start > 0 {
		copy(s.buf, s.buf[s.start:s.end])
		s.base += int64(s.start)
		s.end -= s.start
		s.start = 0
	}
	if s.end == len(s.buf) {
		grown := make([]byte, 2*len(s.buf))
		copy(grown, s.buf)
		s.buf = grown
	}
	from := s.end
	for s.end < len(s.buf) && !s.eof {
		n, err := s.in.Read(s.buf[s.end:])
		s.end += n
		s.unpacked += int64(n)
		if err == io.EOF {
			s.eof = true
		} else if err != nil {
			if !s.salvage {
				return err
			}
			s.eof, s.broken = true, err
		}
		if s.max > 0 && s.unpacked > s.max {
			return fmt.Errorf("the object unpacks to more than %d bytes", s.max)
		}
	}
	s.mayHaveCR = s.mayHaveCR && from > 0 || bytes.IndexByte(s.buf[from:s.end], '\r') >= 0
	s.looked = s.end
	return nil
}

// line gives the next line without its end; whole is false where the line goes
// on behind what is given, and longer or more must be called next.
func (s *source) line() (line []byte, whole bool, err error) {
	if s.err != nil {
		return nil, false, s.err
	}
	if s.skipLF {
		if s.start == s.end && !s.eof {
			if s.err = s.fill(); s.err != nil {
				return nil, false, s.err
			}
		}
		if s.start < s.end && s.buf[s.start] == '\n' {
			s.start++
		}
		s.skipLF = false
	}
	s.lineAt = s.base + int64(s.start)
	return s.longer(0)
}

// longer gives the line again from its first byte, with more than the have
// bytes given before where it has more.
func (s *source) longer(have int) (line []byte, whole bool, err error) {
	from := 0 // offset from start up to which there is no line end
	for {
		if n := s.lineEnd(from); n >= 0 {
			line = s.buf[s.start : s.start+n]
			s.pass(n)
			return line, true, nil
		}
		line = s.buf[s.start:s.end]
		switch {
		case s.eof && len(line) == 0:
			s.err = io.EOF
			return nil, false, io.EOF
		case s.eof:
			s.start = s.end
			return line, true, nil
		case len(line) > have && len(line) >= s.long:
			return line, false, nil
		}
		from = len(line)
		if s.err = s.fill(); s.err != nil {
			return nil, false, s.err
		}
	}
}

// more drops what line or longer gave of an unfinished line and gives what
// follows it.
func (s *source) more() (tail []byte, whole bool, err error) {
	s.start = s.end
	if s.err = s.fill(); s.err != nil {
		return nil, false, s.err
	}
	if n := s.lineEnd(0); n >= 0 {
		tail = s.buf[s.start : s.start+n]
		s.pass(n)
		return tail, true, nil
	}
	tail = s.buf[s.start:s.end]
	if s.eof {
		s.start = s.end
	}
	return tail, s.eof, nil
}

// lineEnd gives where the line at start ends, from start, or -1.
func (s *source) lineEnd(from int) int {
	window := s.buf[s.start+from : s.end]
	n := bytes.IndexByte(window, '\n')
	if !s.mayHaveCR {
		if end := s.start + from + n; n < 0 {
			s.look(s.end)
		} else if end > s.looked {
			s.look(end)
		}
	}
	if s.mayHaveCR {
		if n < 0 {
			n = bytes.IndexByte(window, '\r')
		} else if cr := bytes.IndexByte(window[:n], '\r'); cr >= 0 {
			n = cr
		}
	}
	if n < 0 {
		return -1
	}
	return from + n
}

// look finds whether a \r is in what was not looked at yet, up to an end or a little further.
// Text that is somebody else's is looked at on the way, so that it passes the cache once.
func (s *source) look(end int) {
	const ahead = 64 << 10
	to := min(max(end, s.looked+ahead), s.end)
	s.mayHaveCR = bytes.IndexByte(s.buf[s.looked:to], '\r') >= 0
	s.looked = to
}

// pass takes the n bytes of a line and its end.
func (s *source) pass(n int) {
	s.skipLF = s.buf[s.start+n] == '\r'
	s.start += n + 1
}

// all gives all that is left of an object of at most max bytes.
func (s *source) all(max int) ([]byte, error) {
	for s.err == nil && !s.eof {
		if s.end-s.start > max {
			return nil, fmt.Errorf("the object unpacks to more than the %d bytes that a document may have", max)
		}
		s.err = s.fill()
	}
	return s.buf[s.start:s.end], s.err
}
