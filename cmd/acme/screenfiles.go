package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	tea "charm.land/bubbletea/v2"

	"acme/telemetry/engine/query"
	"acme/telemetry/sql"
	"acme/telemetry/tui"
)

// resultFiles writes results of the screen to files.
type resultFiles struct{ p *program }

func (resultFiles) Formats() []string {
	return []string{"csv", "tsv", "json", "jsonl", "md", "parquet"}
}

func (f resultFiles) Export(ctx context.Context, name string, rows query.Rows, tell func(rows, bytes int64)) (string, error) {
	name = f.p.atHome(name)
	format := strings.ToLower(strings.TrimPrefix(filepath.Ext(name), "."))
	if format == "md" {
		format = "markdown"
	}
	write, err := f.p.resultWriter(format, false)
	if err != nil {
		return "", err
	}
	if _, err := os.Lstat(name); err == nil {
		return "", fmt.Errorf("write %s: it is there already; choose another name", name)
	}
	tmp, err := os.CreateTemp(filepath.Dir(name), halfExport(name, os.Getpid()))
	if err != nil {
		return "", fmt.Errorf("write %s: %w", name, bare(err))
	}
	defer os.Remove(tmp.Name()) // it has another name by then, if all went well
	counted := &countedRows{Rows: rows, tell: tell}
	out := bufio.NewWriterSize(io.MultiWriter(tmp, &counted.bytes), 1<<18)
	if err := write(ctx, out, counted); err != nil {
		_ = tmp.Close()
		if path := (*fs.PathError)(nil); errors.As(err, &path) && path.Path == tmp.Name() { // a name that nobody has asked for
			err = path.Err
		}
		return "", fmt.Errorf("write %s: %w", name, err)
	}
	if err := errors.Join(out.Flush(), tmp.Close()); err != nil {
		return "", fmt.Errorf("write %s: %w", name, bare(err))
	}
	if err := os.Chmod(tmp.Name(), 0o644); err != nil {
		return "", fmt.Errorf("write %s: %w", name, bare(err))
	}
	if err := os.Rename(tmp.Name(), name); err != nil {
		return "", fmt.Errorf("write %s: %w", name, bare(err))
	}
	tell(counted.rows, int64(counted.bytes))
	return filepath.Abs(name)
}

// atHome puts the reader's home in the place of ~, as a shell would.
func (p *program) atHome(name string) string {
	if rest, ok := strings.CutPrefix(name, "~/"); ok {
		return filepath.Join(p.home(), rest)
	}
	return name
}

// halfExport gives the pattern of the names that an export has while a process writes
// it. What a killed one has left is known by it, and is nobody else's.
func halfExport(name string, pid int) string {
	return fmt.Sprintf(".acme-export-%s.%d-*", filepath.Base(name), pid)
}

// countedRows says how many rows have been read, and what they became.
type countedRows struct {
	query.Rows
	rows  int64
	bytes byteCount
	tell  func(rows, bytes int64)
}

func (c *countedRows) Next(ctx context.Context) ([]query.Row, error) {
	rows, err := c.Rows.Next(ctx)
	c.rows += int64(len(rows))
	c.tell(c.rows, int64(c.bytes))
	return rows, err
}

type byteCount int64

func (n *byteCount) Write(b []byte) (int, error) {
	*n += byteCount(len(b))
	return len(b), nil
}

// savedQueries are the statements that are part of the program, and the reader's
// own: .sql files in a folder.
type savedQueries struct{ p *program }

func (s savedQueries) folder() string {
	return filepath.Join(s.p.userFolder("XDG_DATA_HOME", filepath.Join(".local", "share")), "acme", "queries")
}

func (s savedQueries) List(ctx context.Context) ([]tui.Saved, error) {
	out, err := sqlFiles(sql.Files, "")
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(s.folder()); err != nil {
		return out, nil // nothing has been saved
	}
	own, err := sqlFiles(os.DirFS(s.folder()), "mine/")
	return append(own, out...), err
}

// sqlFiles gives the statements of a tree of files; the catalog's DDL is none.
func sqlFiles(tree fs.FS, prefix string) ([]tui.Saved, error) {
	var out []tui.Saved
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name == "ddl" && prefix == "":
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, ".sql"):
			return nil
		}
		text, err := fs.ReadFile(tree, name)
		if err == nil {
			out = append(out, tui.Saved{Name: prefix + strings.TrimSuffix(name, ".sql"), SQL: strings.ToValidUTF8(string(text), "\uFFFD")})
		}
		return err
	})
	if err != nil {
		return out, fmt.Errorf("read saved statements: %w", err)
	}
	return out, nil
}

var savedName = regexp.MustCompile(`^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+){0,3}$`)

func (s savedQueries) Save(ctx context.Context, name, text string) error {
	name = strings.TrimPrefix(name, "mine/")
	if !savedName.MatchString(name) {
		return fmt.Errorf("save %q: a name has letters, digits, - and _, and / between folders", name)
	}
	file := filepath.Join(s.folder(), filepath.FromSlash(name)+".sql")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return fmt.Errorf("save %s: %w", name, bare(err))
	}
	return writeWhole(file, []byte(text))
}

// writeWhole puts a file in place of another, whole or not at all.
func writeWhole(file string, text []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(file), ".acme-")
	if err != nil {
		return fmt.Errorf("write %s: %w", file, bare(err))
	}
	defer os.Remove(tmp.Name()) // it has another name by then, if all went well
	_, err = tmp.Write(text)
	if err := errors.Join(err, tmp.Close()); err != nil {
		return fmt.Errorf("write %s: %w", file, bare(err))
	}
	if err := os.Rename(tmp.Name(), file); err != nil {
		return fmt.Errorf("write %s: %w", file, bare(err))
	}
	return nil
}

// ownEditor is $VISUAL, $EDITOR or vi.
type ownEditor struct{ p *program }

func (e ownEditor) Edit(text string) (tea.ExecCommand, func() (string, error), error) {
	line := e.p.env["VISUAL"]
	if line == "" {
		line = e.p.env["EDITOR"]
	}
	if line == "" {
		line = "vi"
	}
	words := strings.Fields(line)
	if _, err := exec.LookPath(words[0]); err != nil {
		return nil, nil, fmt.Errorf("%w; set $EDITOR", err)
	}
	f, err := os.CreateTemp("", "acme-*.sql")
	if err != nil {
		return nil, nil, err
	}
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, nil, errors.Join(err, os.Remove(f.Name()))
	}
	cmd := exec.Command(words[0], append(words[1:], f.Name())...)
	cmd.Env = e.p.environ
	return editorCommand{cmd, f.Name()}, func() (string, error) {
		defer os.Remove(f.Name()) // a file for a moment
		out, err := os.ReadFile(f.Name())
		return strings.ToValidUTF8(string(out), "\uFFFD"), err
	}, nil
}

// editorCommand runs an editor on a file; one that fails leaves no file.
type editorCommand struct {
	*exec.Cmd
	file string
}

func (c editorCommand) Run() error {
	err := c.Cmd.Run()
	if err != nil {
		err = errors.Join(err, os.Remove(c.file))
	}
	return err
}

func (c editorCommand) SetStdin(r io.Reader)  { c.Stdin = r }
func (c editorCommand) SetStdout(w io.Writer) { c.Stdout = w }
func (c editorCommand) SetStderr(w io.Writer) { c.Stderr = w }
