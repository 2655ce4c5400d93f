package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"sync"

	"acme/telemetry/engine/query"
	"acme/telemetry/tui"
)

// rowSpools makes spools for the screen's results: files without a name in the
// folder where the engine spills.
type rowSpools struct{ p *program }

func (s rowSpools) Spool(cols []query.Column) (tui.Spool, error) {
	dir := s.p.spillFolder()
	if dir == "" {
		dir = os.TempDir()
	}
	f, err := os.CreateTemp(dir, "rows-")
	if err != nil {
		return nil, fmt.Errorf("keep the rows of a result: %w", err)
	}
	// Without a name nothing is left behind, however the program ends. Where that
	// cannot be, the file goes when the spool is closed.
	named := os.Remove(f.Name()) != nil
	return &rowSpool{f: f, named: named, w: bufio.NewWriterSize(f, 1<<18)}, nil
}

// rowSpool keeps rows in a file: each its length and its values, with the place of
// every spoolStep-th row in memory.
type rowSpool struct {
	mu     sync.Mutex
	f      *os.File
	named  bool
	w      *bufio.Writer
	size   int64
	n      int
	places []int64
	row    []byte // of the row being written
	closed bool
}

const spoolStep = 256

var errSpoolClosed = errors.New("the rows are not kept any more")

func (s *rowSpool) Add(rows []query.Row) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errSpoolClosed
	}
	for _, row := range rows {
		if s.n%spoolStep == 0 {
			s.places = append(s.places, s.size)
		}
		s.row = binary.AppendUvarint(s.row[:0], uint64(len(row)))
		for _, v := range row {
			s.row = appendValue(s.row, v)
		}
		n, err := s.w.Write(s.row)
		if err != nil {
			return fmt.Errorf("keep the rows of a result: %w", err)
		}
		s.size += int64(n)
		s.n++
	}
	return nil
}

func (s *rowSpool) Window(from, n int) ([]query.Row, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, errSpoolClosed
	}
	if from >= s.n || n <= 0 {
		return nil, nil
	}
	if err := s.w.Flush(); err != nil {
		return nil, fmt.Errorf("keep the rows of a result: %w", err)
	}
	at := s.places[from/spoolStep]
	r := &valueReader{r: bufio.NewReaderSize(io.NewSectionReader(s.f, at, s.size-at), 1<<16)}
	out := make([]query.Row, 0, min(n, s.n-from))
	for i := from / spoolStep * spoolStep; i < min(from+n, s.n); i++ {
		row, err := r.row()
		if err != nil {
			return nil, fmt.Errorf("read the kept rows of a result: %w", err)
		}
		if i >= from {
			out = append(out, row)
		}
	}
	return out, nil
}

func (s *rowSpool) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	err := s.f.Close()
	if s.named {
		err = errors.Join(err, os.Remove(s.f.Name()))
	}
	return err
}

// The kinds of values in a spool.
const (
	spoolNull = iota
	spoolFalse
	spoolTrue
	spoolInt
	spoolFloat
	spoolString
	spoolBytes
	spoolText
	spoolList
	spoolMap
)

// appendValue writes a value of a query.Row.
func appendValue(b []byte, v any) []byte {
	text := func(kind byte, s string) []byte {
		return append(binary.AppendUvarint(append(b, kind), uint64(len(s))), s...)
	}
	switch v := v.(type) {
	case nil:
		return append(b, spoolNull)
	case bool:
		if v {
			return append(b, spoolTrue)
		}
		return append(b, spoolFalse)
	case int64:
		return binary.AppendVarint(append(b, spoolInt), v)
	case float64:
		return binary.LittleEndian.AppendUint64(append(b, spoolFloat), math.Float64bits(v))
	case string:
		return text(spoolString, v)
	case []byte:
		return text(spoolBytes, string(v))
	case query.Text:
		return text(spoolText, string(v))
	case []any:
		b = binary.AppendUvarint(append(b, spoolList), uint64(len(v)))
		for _, e := range v {
			b = appendValue(b, e)
		}
		return b
	case query.Map:
		b = binary.AppendUvarint(append(b, spoolMap), uint64(len(v)))
		for _, e := range v {
			b = appendValue(appendValue(b, e.Key), e.Value)
		}
		return b
	}
	panic(fmt.Sprintf("a row has a %T, which query.Row does not list", v))
}

// valueReader reads what appendValue has written.
type valueReader struct{ r *bufio.Reader }

func (r *valueReader) row() (query.Row, error) {
	n, err := binary.ReadUvarint(r.r)
	if err != nil {
		return nil, err
	}
	row := make(query.Row, n)
	for i := range row {
		if row[i], err = r.value(); err != nil {
			return nil, err
		}
	}
	return row, nil
}

func (r *valueReader) value() (any, error) {
	kind, err := r.r.ReadByte()
	if err != nil {
		return nil, err
	}
	switch kind {
	case spoolNull:
		return nil, nil
	case spoolFalse, spoolTrue:
		return kind == spoolTrue, nil
	case spoolInt:
		return binary.ReadVarint(r.r)
	case spoolFloat:
		var b [8]byte
		_, err := io.ReadFull(r.r, b[:])
		return math.Float64frombits(binary.LittleEndian.Uint64(b[:])), err
	}
	n, err := binary.ReadUvarint(r.r)
	if err != nil {
		return nil, err
	}
	switch kind {
	case spoolString, spoolBytes, spoolText:
		b := make([]byte, n)
		if _, err := io.ReadFull(r.r, b); err != nil {
			return nil, err
		}
		switch kind {
		case spoolBytes:
			return b, nil
		case spoolText:
			return query.Text(b), nil
		}
		return string(b), nil
	case spoolList:
		list := make([]any, n)
		for i := range list {
			if list[i], err = r.value(); err != nil {
				return nil, err
			}
		}
		return list, nil
	case spoolMap:
		m := make(query.Map, n)
		for i := range m {
			if m[i].Key, err = r.value(); err != nil {
				return nil, err
			}
			if m[i].Value, err = r.value(); err != nil {
				return nil, err
			}
		}
		return m, nil
	}
	return nil, fmt.Errorf("a value of the unknown kind %d", kind)
}
