package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// sessionFile keeps the screen's session in the user's folder for state. Of several
// screens at a time the first one keeps its own; the others begin as it did, and
// theirs is not kept.
type sessionFile struct {
	p *program

	mu     sync.Mutex
	lock   *os.File
	closed bool
}

func (s *sessionFile) folder() string {
	return filepath.Join(s.p.userFolder("XDG_STATE_HOME", filepath.Join(".local", "state")), "acme")
}

func (s *sessionFile) file() string { return filepath.Join(s.folder(), "session.json") }

func (s *sessionFile) Load() ([]byte, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	note := ""
	if err := s.take(); err != nil {
		note = "this session will not be kept: " + err.Error()
	}
	text, err := os.ReadFile(s.file())
	if err != nil && !errors.Is(err, fs.ErrNotExist) && note == "" {
		note = "the last session cannot be read: " + bare(err).Error()
	}
	return text, note
}

// take makes the folder and locks it.
func (s *sessionFile) take() error {
	if err := os.MkdirAll(s.folder(), 0o700); err != nil {
		return fmt.Errorf("make %s: %w", s.p.short(s.folder()), bare(err))
	}
	lock, err := lockFolder(s.folder())
	if errors.Is(err, errLocked) {
		return errors.New("another acme is open, and keeps its own")
	}
	if err != nil {
		return fmt.Errorf("lock %s: %w", s.p.short(s.folder()), bare(err))
	}
	s.lock = lock
	return nil
}

func (s *sessionFile) Save(text []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lock == nil || s.closed {
		return nil // it was said that it will not be kept
	}
	return writeWhole(s.file(), text)
}

// close gives the session free for the next screen.
func (s *sessionFile) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.lock != nil {
		_ = s.lock.Close() // with it goes the lock
	}
}
