package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc64"
	"io"
	"os"
)

// spool is what is to be put: read to its end, so that an attempt can be repeated and
// a source that breaks has sent nothing.
type spool struct {
	memory []byte   // all of it, where file is nil
	file   *os.File // all of it, where there is more than fits memory
	size   int64
	sum    string // CRC64NVME, as S3 writes it
}

// fill reads r to its end.
func (s *Store) fill(ctx context.Context, r io.Reader) (*spool, error) {
	sp := &spool{}
	sum := newCRC64()
	buf := make([]byte, 64<<10)
	for {
		if err := ctx.Err(); err != nil {
			return nil, errors.Join(err, sp.close())
		}
		n, err := r.Read(buf)
		if n > 0 {
			sum.Write(buf[:n])
			if werr := s.add(sp, buf[:n]); werr != nil {
				return nil, errors.Join(fmt.Errorf("keeping what is to be put in a temporary file (set TMPDIR to a folder with room): %w", werr), sp.close())
			}
		}
		if err == io.EOF {
			sp.sum = base64Of(sum)
			return sp, nil
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("reading what to write: %w", err), sp.close())
		}
	}
}

func (s *Store) add(sp *spool, p []byte) error {
	sp.size += int64(len(p))
	if sp.file == nil && sp.size <= s.sizes.memory {
		sp.memory = append(sp.memory, p...)
		return nil
	}
	if sp.file == nil {
		f, err := s.tempFile()
		if err != nil {
			return err
		}
		sp.file = f
		if _, err := f.Write(sp.memory); err != nil {
			return err
		}
		sp.memory = nil
	}
	_, err := sp.file.Write(p)
	return err
}

func (sp *spool) close() error {
	if sp.file == nil {
		return nil
	}
	err := sp.file.Close()
	_ = os.Remove(sp.file.Name()) // gone already where the system could
	return err
}

// section gives a piece to be sent; touch hears of each byte that goes.
func (sp *spool) section(from, size int64, touch func()) io.ReadSeeker {
	var at io.ReaderAt = bytes.NewReader(sp.memory)
	if sp.file != nil {
		at = sp.file
	}
	return &sending{io.NewSectionReader(at, from, size), touch}
}

// sumOf gives the CRC64NVME of a piece.
func (sp *spool) sumOf(from, size int64) (string, error) {
	sum := crc64.New(crc64.MakeTable(nvme))
	if _, err := io.Copy(sum, sp.section(from, size, func() {})); err != nil {
		return "", fmt.Errorf("reading the temporary file: %w", err)
	}
	return base64Of(sum), nil
}

type sending struct {
	*io.SectionReader
	touch func()
}

func (s *sending) Read(p []byte) (int, error) {
	s.touch()
	return s.SectionReader.Read(p)
}
