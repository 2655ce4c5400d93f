package lake

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// spool keeps bytes that are written once, from their beginning, and read at any place:
// in memory while they are few, and in a file of this machine, which is gone with it,
// when they are many. The zero spool keeps all in the system's folder for temporary files.
type spool struct {
	dir    string // of the file; the system's where empty
	memory []byte // everything, as long as there is no file
	limit  int    // how many bytes memory has at most
	file   *os.File
}

// inSpool is how long a part is up to which it needs no file: one of an hour is shorter.
// Writing it to a file and reading it twice was about 3 % of a migration's processor time.
const inSpool = 16 << 20

// Write implements io.Writer.
func (s *spool) Write(b []byte) (int, error) {
	if s.file == nil && len(s.memory)+len(b) <= s.limit {
		s.memory = append(s.memory, b...)
		return len(b), nil
	}
	if s.file == nil {
		file, err := scratch(s.dir)
		if err != nil {
			return 0, err
		}
		if _, err := file.Write(s.memory); err != nil {
			return 0, errors.Join(fmt.Errorf("moving %d bytes to a file: %w", len(s.memory), err), discard(file))
		}
		s.file, s.memory = file, nil
	}
	return s.file.Write(b)
}

// ReadAt implements io.ReaderAt.
func (s *spool) ReadAt(b []byte, at int64) (int, error) {
	if s.file != nil {
		return s.file.ReadAt(b, at)
	}
	if at < 0 || at > int64(len(s.memory)) {
		return 0, io.EOF
	}
	n := copy(b, s.memory[at:])
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// drop forgets the bytes and gives the memory they were in, to be used again.
func (s *spool) drop() (room []byte, err error) {
	if s.file != nil {
		err = discard(s.file)
	}
	room = s.memory[:0]
	s.memory, s.file = nil, nil
	return room, err
}
