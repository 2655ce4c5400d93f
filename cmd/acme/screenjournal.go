package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"acme/telemetry/tui"
)

// jobJournal keeps the screen's jobs in the user's folder for state: a folder a job,
// which the program that runs the job has locked. A lock ends with its process,
// however that ends, so a folder that nobody has locked is a job that was interrupted.
// Two screens at once have folders of their own and meet in none.
//
// Where a system has no such locks (folderlock_other.go) the jobs of another screen
// that still runs look interrupted too; to run a verb twice at once harms nothing.
type jobJournal struct {
	p *program

	mu   sync.Mutex
	held map[string]*os.File // locks, by the folder's name
}

func newJobJournal(p *program) *jobJournal {
	return &jobJournal{p: p, held: map[string]*os.File{}}
}

// journalEntry is what stands in a job's folder.
type journalEntry struct {
	tui.Begun
	Lake    string `json:"lake"`
	Process int    `json:"process"`
	// Folder is where the program stood, which relative names among Args begin at.
	Folder string `json:"folder"`
}

// elsewhere says whether the command line names files that begin at another folder than
// the one where the program stands now.
func (e *journalEntry) elsewhere(folder string) bool {
	if e.Folder == "" || e.Folder == folder {
		return false
	}
	return slices.ContainsFunc(e.Args, func(arg string) bool {
		if _, value, ok := strings.Cut(arg, "="); ok && strings.HasPrefix(arg, "-") {
			arg = value
		}
		if arg == "" || filepath.IsAbs(arg) || strings.Contains(arg, "://") {
			return false
		}
		_, err := os.Stat(filepath.Join(e.Folder, arg))
		return err == nil
	})
}

const (
	journalFile = "job.json"
	// journalFresh begins the name of a folder that is not a job's yet.
	journalFresh = ".new-"
)

func (k *jobJournal) folder() string {
	return filepath.Join(k.p.userFolder("XDG_STATE_HOME", filepath.Join(".local", "state")), "acme", "jobs")
}

// lake gives the lake's name wherever the program stands.
func (k *jobJournal) lake() string {
	uri := k.p.lakeURI()
	if abs, err := filepath.Abs(uri); err == nil && !strings.Contains(uri, "://") {
		return abs
	}
	return uri
}

// Begin writes a job's entry and locks it. The folder has its name when all is in it.
func (k *jobJournal) Begin(b tui.Begun) (string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if b.File != "" {
		name, err := filepath.Abs(k.p.atHome(b.File))
		if err != nil {
			return "", err
		}
		b.File = name
	}
	folder, err := os.Getwd()
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(journalEntry{b, k.lake(), os.Getpid(), folder})
	if err != nil {
		return "", err
	}
	if _, ours := k.held[b.Entry]; ours {
		return b.Entry, writeWhole(filepath.Join(k.folder(), b.Entry, journalFile), text)
	}
	if err := os.MkdirAll(k.folder(), 0o700); err != nil {
		return "", fmt.Errorf("make %s: %w", k.p.short(k.folder()), bare(err))
	}
	made, err := os.MkdirTemp(k.folder(), journalFresh+b.Began.UTC().Format("20060102T150405-"))
	if err != nil {
		return "", fmt.Errorf("make a folder in %s: %w", k.p.short(k.folder()), bare(err))
	}
	lock, err := lockFolder(made)
	if err == nil {
		err = writeWhole(filepath.Join(made, journalFile), text)
	}
	entry := strings.TrimPrefix(filepath.Base(made), journalFresh)
	if err == nil {
		err = os.Rename(made, filepath.Join(k.folder(), entry))
	}
	if err != nil {
		if lock != nil {
			_ = lock.Close()
		}
		return "", errors.Join(fmt.Errorf("note the job in %s: %w", k.p.short(made), bare(err)), os.RemoveAll(made))
	}
	k.held[entry] = lock
	return entry, nil
}

// End removes an entry of this process.
func (k *jobJournal) End(entry string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	lock, ours := k.held[entry]
	if !ours {
		return nil
	}
	delete(k.held, entry)
	err := os.RemoveAll(filepath.Join(k.folder(), entry))
	_ = lock.Close() // with it goes the lock
	if err != nil {
		return fmt.Errorf("forget the job: %w", bare(err))
	}
	return nil
}

// Lost takes over the jobs of this lake whose processes are gone, and removes what
// their exports have left.
func (k *jobJournal) Lost() ([]tui.Begun, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	list, err := os.ReadDir(k.folder())
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, nil // and none can have been kept there
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", k.p.short(k.folder()), bare(err))
	}
	var out []tui.Begun
	var failed error
	for _, d := range list {
		if _, ours := k.held[d.Name()]; ours || !d.IsDir() {
			continue
		}
		b, lock, err := k.take(d)
		failed = errors.Join(failed, err)
		if lock != nil {
			k.held[d.Name()] = lock
			out = append(out, b)
		}
	}
	slices.SortFunc(out, func(a, b tui.Begun) int {
		return cmp.Or(a.Began.Compare(b.Began), strings.Compare(a.Entry, b.Entry))
	})
	return out, failed
}

// take locks an entry; lock is nil where it is another's: of a process that lives, of
// another lake, or of a folder that its command line begins at.
func (k *jobJournal) take(d fs.DirEntry) (b tui.Begun, lock *os.File, err error) {
	dir := filepath.Join(k.folder(), d.Name())
	if strings.HasPrefix(d.Name(), journalFresh) {
		if info, err := d.Info(); err == nil && k.p.now().Sub(info.ModTime()) > time.Hour {
			_ = os.RemoveAll(dir) // somebody was killed while it became an entry
		}
		return b, nil, nil
	}
	lock, err = lockFolder(dir)
	if errors.Is(err, errLocked) || errors.Is(err, fs.ErrNotExist) {
		return b, nil, nil
	}
	if err != nil {
		return b, nil, fmt.Errorf("lock %s: %w", k.p.short(dir), bare(err))
	}
	var e journalEntry
	text, err := os.ReadFile(filepath.Join(dir, journalFile))
	if err == nil {
		err = json.Unmarshal(text, &e)
	}
	folder, _ := os.Getwd() // an empty one is elsewhere
	if err != nil || e.Lake != k.lake() || e.elsewhere(folder) {
		_ = lock.Close()
		if errors.Is(err, fs.ErrNotExist) { // its end was interrupted
			return b, nil, os.RemoveAll(dir)
		}
		if err != nil {
			err = fmt.Errorf("read %s: %w", k.p.short(filepath.Join(dir, journalFile)), bare(err))
		}
		return b, nil, err
	}
	if e.File != "" {
		left, _ := filepath.Glob(filepath.Join(filepath.Dir(e.File), globbed(halfExport(e.File, e.Process))))
		for _, name := range left {
			_ = os.Remove(name)
		}
	}
	e.Begun.Entry = d.Name()
	return e.Begun, lock, nil
}

// globbed quotes what filepath.Glob would read in a pattern of os.CreateTemp, but for
// the star at its end.
func globbed(pattern string) string {
	return strings.NewReplacer(`\`, `\\`, "[", `\[`, "?", `\?`, "*", `\*`).Replace(strings.TrimSuffix(pattern, "*")) + "*"
}
