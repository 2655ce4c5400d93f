package lake

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/parquet-go/parquet-go"
)

// recordSet is a number of records with a sum that the same records have in any
// order, and others, but for chance, have not.
type recordSet struct {
	sum [4]uint64
	n   int64
}

func (s *recordSet) add(sum [sha256.Size]byte) {
	for i := range s.sum {
		s.sum[i] += binary.LittleEndian.Uint64(sum[8*i:])
	}
	s.n++
}

// records gives the records of an object of the product's sort, and how many there are
// beside them that name somebody who was erased.
func (p *product) records(body io.Reader) (set recordSet, named int64, err error) {
	add := func(record []byte) {
		if p.hidden.holds(record) {
			named++
			return
		}
		set.add(sha256.Sum256(record))
	}
	switch p.sort {
	case parquetFile:
		return parquetRecords(body, p.hidden)
	case jsonObject:
		z, err := gzip.NewReader(body)
		if err != nil {
			return set, named, fmt.Errorf("reading %s: %w", p.key, err)
		}
		body = z
	}
	split := eachLine
	if p.entry.Delimiter == string(None) {
		split = eachObject
	}
	if err := split(bufio.NewReaderSize(body, 1<<16), add); err != nil {
		return set, named, fmt.Errorf("reading %s: %w", p.key, err)
	}
	return set, named, nil
}

func eachLine(r *bufio.Reader, yield func([]byte)) error {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err == io.EOF && len(line) == 0:
			return nil
		case err != nil && err != io.EOF:
			return err
		}
		yield(line)
		if line = line[:0]; err == io.EOF {
			return nil
		}
	}
}

// eachObject splits JSON objects that stand one behind the other.
func eachObject(r *bufio.Reader, yield func([]byte)) error {
	var object []byte
	depth, quoted, escaped := 0, false, false
	for {
		c, err := r.ReadByte()
		if err == io.EOF {
			if len(bytes.TrimSpace(object)) > 0 {
				yield(object)
			}
			return nil
		}
		if err != nil {
			return err
		}
		object = append(object, c)
		switch {
		case escaped:
			escaped = false
		case quoted && c == '\\':
			escaped = true
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{':
			depth++
		case c == '}':
			if depth--; depth == 0 {
				yield(bytes.TrimSpace(object))
				object = object[:0]
			}
		}
	}
}

// parquetRecords gives the rows of a file, and how many there are beside them that name
// somebody hidden. A broken one can make the library panic, which is an error here.
func parquetRecords(body io.Reader, hidden *suppressed) (set recordSet, named int64, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the file is broken: %v", p)
		}
	}()
	file, err := io.ReadAll(body)
	if err != nil {
		return set, named, err
	}
	f, err := parquet.OpenFile(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return set, named, err
	}
	h := sha256.New()
	for _, group := range f.RowGroups() {
		err := eachRow(group, func(row parquet.Row) {
			if hidden.inRow(row) >= 0 {
				named++
				return
			}
			set.add(rowSum(h, row))
		})
		if err != nil {
			return set, named, err
		}
	}
	return set, named, nil
}
