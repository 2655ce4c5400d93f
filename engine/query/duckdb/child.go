package duckdb

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"acme/telemetry/engine/floattext"
	"acme/telemetry/engine/query"
)

const (
	// startTime is how long a child may take to be ready.
	startTime = 30 * time.Second
	// grace is how long a statement may take to stop before its process is killed.
	grace = 500 * time.Millisecond
)

// child is a running query process, seen from its parent.
type child struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	frames *frameWriter
	out    chan frame    // closed when the process's answers end
	gone   chan struct{} // closed when it has been waited for; then state is set
	state  *os.ProcessState
	stderr tail
	hello  hello
	lent   func()        // ends the lending
	quit   chan struct{} // closed when nobody takes frames any more
	once   sync.Once
}

type frame struct {
	kind    byte
	payload []byte
}

// startChild starts a query process and waits until it is ready.
func startChild(ctx context.Context, c Config) (*child, error) {
	command := c.Command
	if len(command) == 0 {
		self, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("starting the query process: %w", err)
		}
		command = []string{self, "__query"}
	}
	k := &child{
		cmd: exec.Command(command[0], command[1:]...), out: make(chan frame),
		gone: make(chan struct{}), quit: make(chan struct{}), lent: func() {},
	}
	// Nothing of the environment: no keys, no home. The temporary folder alone
	// decides where the spill folder lies.
	k.cmd.Env = []string{"HOME=/nonexistent", "LANG=C.UTF-8", "TZ=UTC", "MALLOC_ARENA_MAX=2", "TMPDIR=" + os.TempDir()}
	k.cmd.Stderr = &k.stderr
	k.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // ctrl+c is for the parent alone
	tie(k.cmd.SysProcAttr)
	if err := k.lend(&c); err != nil {
		return nil, fmt.Errorf("starting the query process: %w", err)
	}
	answers, err := k.pipes()
	if err != nil {
		k.lent()
		return nil, err
	}
	go k.read(answers)
	if err := k.frames.json(frameConfig, c); err != nil {
		return nil, k.lost("starting the query process", err)
	}
	if err := k.await(ctx); err != nil {
		return nil, err
	}
	return k, nil
}

// lend gives the process to be the pipes on which it asks for the lake's objects, and
// answers on them.
func (k *child) lend(c *Config) error {
	if c.Lender == nil {
		return nil
	}
	var err error
	if c.View, err = c.Lender.View(); err != nil {
		return err
	}
	theirAnswers, answers, err := os.Pipe()
	if err != nil {
		return err
	}
	questions, theirQuestions, err := os.Pipe()
	if err != nil {
		return errors.Join(err, theirAnswers.Close(), answers.Close())
	}
	k.cmd.ExtraFiles = []*os.File{theirAnswers, theirQuestions} // LentAnswers, LentQuestions
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer answers.Close()
		_ = c.Lender.Lend(ctx, questions, answers) // the child sees its end
	}()
	k.lent = func() {
		cancel()
		questions.Close()
		theirAnswers.Close()
		theirQuestions.Close()
		<-ended
	}
	return nil
}

// pipes starts the process on a thread of its own: where a child dies with its
// parent, it dies with the thread that started it, and Go ends threads at will.
func (k *child) pipes() (io.Reader, error) {
	in, err := k.cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("starting the query process: %w", err)
	}
	// Not StdoutPipe: Wait would close it under the reader.
	answers, theirs, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("starting the query process: %w", err)
	}
	k.cmd.Stdout, k.in, k.frames = theirs, in, &frameWriter{w: in}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := k.cmd.Start()
		theirs.Close()
		for _, f := range k.cmd.ExtraFiles {
			f.Close()
		}
		started <- err
		if err != nil {
			return
		}
		_ = k.cmd.Wait() // its state says all
		k.state = k.cmd.ProcessState
		close(k.gone)
	}()
	if err := <-started; err != nil {
		answers.Close()
		return nil, fmt.Errorf("starting the query process: %w", err)
	}
	return answers, nil
}

// read hands frames on until the answers end or nobody wants them.
func (k *child) read(answers io.Reader) {
	defer close(k.out)
	defer answers.(io.Closer).Close()
	buffered := bufio.NewReaderSize(answers, 256<<10)
	for {
		kind, payload, err := readFrame(buffered)
		if err != nil {
			return
		}
		select {
		case k.out <- frame{kind, payload}:
		case <-k.quit:
			return
		}
	}
}

func (k *child) await(ctx context.Context) error {
	timer := time.NewTimer(startTime)
	defer timer.Stop()
	select {
	case f, ok := <-k.out:
		if !ok {
			return k.lost("starting the query process", nil)
		}
		if err := json.Unmarshal(f.payload, &k.hello); err != nil || f.kind != frameReady {
			k.kill()
			return fmt.Errorf("starting the query process: it answered with frame %q: %w", f.kind, err)
		}
		if k.hello.Error != "" {
			k.kill()
			return fmt.Errorf("starting the query process: %s", k.hello.Error)
		}
		return nil
	case <-ctx.Done():
		k.kill()
		return ctx.Err()
	case <-timer.C:
		k.kill()
		return fmt.Errorf("starting the query process: it was not ready after %s", startTime)
	}
}

// kill ends the process and waits for its end. It may be called twice.
func (k *child) kill() {
	k.once.Do(func() { close(k.quit) })
	_ = k.cmd.Process.Kill() // it may be gone already
	k.in.Close()
	<-k.gone
	k.lent()
	if k.hello.Spill != "" {
		_ = os.RemoveAll(k.hello.Spill) // the sweep of the next engine tries again
	}
}

// end lets the process end by itself, and kills it where it does not.
func (k *child) end() {
	k.in.Close()
	select {
	case <-k.gone:
	case <-time.After(grace):
	}
	k.kill()
}

// lost is the error of a process that ended on its own.
func (k *child) lost(doing string, err error) error {
	k.kill()
	what := "ended"
	if status, ok := k.state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		what = "was ended by signal " + status.Signal().String()
	} else if k.state.ExitCode() != 0 {
		what = fmt.Sprintf("ended with code %d", k.state.ExitCode())
	}
	said := strings.TrimSpace(k.stderr.String())
	if said != "" {
		said = ": " + query.Printable(aborted(said))
	}
	if err != nil {
		return fmt.Errorf("%s: the process %s%s: %w", doing, what, said, err)
	}
	return fmt.Errorf("%s: the process %s%s", doing, what, said)
}

// aborted gives the telling lines of what a dying process wrote: C++ says what
// it threw on the second.
func aborted(said string) string {
	first, rest, _ := strings.Cut(said, "\n")
	if strings.HasPrefix(first, "terminate called") {
		return first + " " + strings.TrimSpace(firstLine(rest))
	}
	return first
}

// tail keeps the beginning of what a process wrote to stderr: a Go or C++ abort
// says first what happened.
type tail struct {
	mu sync.Mutex
	b  []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if room := 64<<10 - len(t.b); room > 0 {
		t.b = append(t.b, p[:min(room, len(p))]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.b)
}

// engine is the engine with a child.
type engine struct {
	config Config
	turn   *turn
	child  *child // the turn's holder's, as is last; nil where the last one died
	last   int64  // number of the last statement
}

// Start makes the engine that the program uses: DuckDB in a child process. The
// first child is started here, so that what is wrong with the lake or with the
// sandbox is known at once. Statements run one after another: a Query waits
// until the Rows before it are closed or read to their end.
func Start(ctx context.Context, c Config) (query.Engine, error) {
	c = c.withDefaults()
	k, err := startChild(ctx, c)
	if err != nil {
		return nil, err
	}
	return &engine{config: c, child: k, turn: newTurn()}, nil
}

// Sandbox says what the kernel holds the query process of an engine to, for
// people to read; "" for an engine without a process, or one that is closed.
func Sandbox(e query.Engine) string {
	child, ok := e.(*engine)
	if !ok || child.turn.take(context.Background()) != nil {
		return ""
	}
	defer child.turn.give()
	if child.child == nil {
		return ""
	}
	return child.child.hello.Sandbox
}

func (e *engine) Close() error {
	e.turn.close(func() {
		if e.child != nil {
			e.child.end()
			e.child = nil
		}
	})
	return nil
}

func (e *engine) Query(ctx context.Context, r query.Request) (query.Rows, error) {
	if err := e.turn.take(ctx); err != nil {
		return nil, err
	}
	e.last++
	rows := &childRows{engine: e, request: r, id: e.last}
	if t := timeout(r, e.config); t > 0 {
		rows.limit = t
		rows.timer = time.NewTimer(t)
		rows.expired = rows.timer.C
	}
	if err := rows.begin(ctx); err != nil {
		rows.finish(err)
		return nil, err
	}
	return rows, nil
}

// childRows is a result that a child is giving. It holds the engine's turn
// until it is over.
type childRows struct {
	engine  *engine
	request query.Request
	id      int64
	limit   time.Duration
	timer   *time.Timer
	expired <-chan time.Time
	reading string // the object that the child read last

	names []query.Column
	stats query.Stats
	given error // set at the end
}

// begin hands the request over and waits for the columns.
func (r *childRows) begin(ctx context.Context) error {
	e := r.engine
	if e.child == nil {
		var err error
		if e.child, err = startChild(ctx, e.config); err != nil {
			return err
		}
	}
	if err := e.child.frames.json(frameQuery, order{ID: r.id, Request: r.request}); err != nil {
		return r.crashed()
	}
	f, err := r.next(ctx)
	if err != nil {
		return err
	}
	if f.kind != frameColumns {
		return r.mixed(f)
	}
	err = json.Unmarshal(f.payload, &r.names)
	for i := range r.names {
		r.names[i].Java = floattext.Of(e.config.Level)
	}
	return err
}

// next takes the next frame of the statement. Where ctx or the time ends first,
// the statement is stopped, and its process too if need be.
func (r *childRows) next(ctx context.Context) (frame, error) {
	k := r.engine.child
	for {
		select {
		case f, ok := <-k.out:
			if !ok {
				return f, r.crashed()
			}
			switch f.kind {
			case frameReading:
				r.reading = string(f.payload)
				continue
			case frameError:
				return f, r.failed(f)
			}
			return f, nil
		case <-ctx.Done():
			r.stop()
			return frame{}, ctx.Err()
		case <-r.expired:
			r.stop()
			return frame{}, timedOut(r.limit)
		}
	}
}

// failed gives the error that the child reports.
func (r *childRows) failed(f frame) error {
	var told failure
	if err := json.Unmarshal(f.payload, &told); err != nil {
		return r.mixed(f)
	}
	r.stats = told.Stats
	if told.Broken {
		r.engine.child.kill()
		r.engine.child = nil
	}
	if told.Query != nil {
		return told.Query
	}
	if told.Stopped {
		return context.Canceled
	}
	if told.Denied {
		return deniedError(told.Text)
	}
	return errors.New(told.Text)
}

// deniedError is fs.ErrPermission that came through the pipe as text.
type deniedError string

func (e deniedError) Error() string { return string(e) }
func (e deniedError) Unwrap() error { return fs.ErrPermission }

// mixed is the end of a child that does not keep to the protocol.
func (r *childRows) mixed(f frame) error {
	r.engine.child.kill()
	r.engine.child = nil
	return &query.Error{Name: ErrCrashed, Message: fmt.Sprintf("the query process answered with frame %q out of turn", f.kind)}
}

// crashed is the end of a statement by the end of its process.
func (r *childRows) crashed() error {
	cause := r.engine.child.lost("running the statement", nil)
	r.engine.child = nil
	message := cause.Error()
	if r.reading != "" {
		message += "; the object read last was " + r.reading
	}
	return &query.Error{Name: ErrCrashed, Message: message + "; the statement was: " + r.request.SQL, Hint: "the next statement gets a new query process; acme verify says whether an object is damaged"}
}

// stop ends the statement that runs: by word, then by force.
func (r *childRows) stop() {
	k := r.engine.child
	if k == nil {
		return
	}
	// The child may not listen: writing must not wait for it.
	go func() { _ = k.frames.json(frameCancel, order{ID: r.id}) }()
	timer := time.NewTimer(grace)
	defer timer.Stop()
	for {
		select {
		case f, ok := <-k.out:
			if ok && f.kind != frameDone && f.kind != frameError {
				continue
			}
			if !ok {
				k.kill()
				r.engine.child = nil
			}
			return
		case <-timer.C:
			k.kill()
			r.engine.child = nil
			return
		}
	}
}

// finish books the end and lets the next statement in.
func (r *childRows) finish(err error) {
	if r.given != nil {
		return
	}
	r.given = err
	if r.timer != nil {
		r.timer.Stop()
	}
	r.engine.turn.give()
}

func (r *childRows) Columns() []query.Column { return r.names }
func (r *childRows) Stats() query.Stats      { return r.stats }

func (r *childRows) Next(ctx context.Context) ([]query.Row, error) {
	if r.given != nil {
		return nil, r.given
	}
	f, err := r.next(ctx)
	if err == nil {
		switch f.kind {
		case frameRows:
			w := wire{b: f.payload}
			rows, bad := w.rows(len(r.names))
			if bad == nil {
				return rows, nil
			}
			err = r.mixed(f)
		case frameDone:
			if err = json.Unmarshal(f.payload, &r.stats); err == nil {
				err = io.EOF
			}
		default:
			err = r.mixed(f)
		}
	}
	r.finish(err)
	return nil, r.given
}

func (r *childRows) Close() error {
	if r.given == nil {
		r.stop()
		r.finish(errClosed)
	}
	return nil
}
