package tui

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"acme/telemetry/engine/report"
)

// Runner carries out verbs of the program as jobs.
type Runner interface {
	// Verbs are those that can be run, with arguments to begin with.
	Verbs() []Verb
	// Run carries out a command line, without the program's name, until it has
	// ended or ctx is done. tell says how far it is, log takes lines; both may be
	// called from any goroutine. What was done before ctx was done must be there for
	// the same command line to go on with.
	Run(ctx context.Context, args []string, tell func(Progress), log func(line string)) error
}

// Verb is one that a Runner can run.
type Verb struct {
	Args    string // a command line to begin with: backfill --from ... --to ...
	Does    string
	CanPlan bool // it has -n, which says what would be done and does nothing
	Resumes bool // run again after a stop, it goes on
}

// jobState is where a job is.
type jobState uint8

const (
	jobRuns jobState = iota
	jobStops
	jobDone
	jobStopped
	jobFailed
	jobLost // its program was killed
)

// job is a long operation: a job here, a progress bar on the command line.
type job struct {
	id      int
	kind    string // generate, export
	target  string // what it works on: a file, arguments
	line    string // the command line that does the same; empty without one
	resumes bool
	plans   bool // it can say what it would do

	run     func(ctx context.Context, tell func(Progress), log func(string)) error
	state   jobState
	started time.Time
	ended   time.Time
	err     error
	cancel  context.CancelCauseFunc
	begun   Begun // as the Journal has it; empty where nothing can go on with it

	mu    sync.Mutex // guards what the run tells
	entry string     // its entry in the Journal
	p     Progress
	lines []string
	lost  int // lines that the log has no room for
}

// jobLines bounds a job's log.
const jobLines = 2000

func (j *job) name() string { return "j" + strconv.Itoa(j.id) }

func (j *job) running() bool { return j.state == jobRuns || j.state == jobStops }

func (j *job) tell(p Progress) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if p.Total > 0 && p.Total == j.p.Total && p.Step == j.p.Step && p.Done < j.p.Done {
		return // told by two goroutines out of order: a bar never goes back
	}
	j.p = p
}

func (j *job) say(line string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, line)
	if n := len(j.lines) - jobLines; n > 0 {
		j.lines = append(j.lines[:0:0], j.lines[n:]...)
		j.lost += n
	}
}

func (j *job) progress() Progress {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.p
}

func (j *job) setEntry(entry string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entry = entry
	j.begun.Entry = entry
}

func (j *job) noteEntry() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.entry
}

// log gives the lines that are kept, and how many are not.
func (j *job) log() (lines []string, lost int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.lines), j.lost
}

// jobEndMsg says that a job has ended.
type jobEndMsg struct {
	j   *job
	err error
}

// startJob begins a job; the reader may go anywhere while it runs.
func (m *model) startJob(j *job) tea.Cmd {
	if j.id == 0 {
		m.jobs.last++
		j.id = m.jobs.last
		m.jobs.list = append(m.jobs.list, j)
	}
	ctx, cancel := context.WithCancelCause(m.ctx)
	j.state, j.started, j.err, j.cancel = jobRuns, m.clock(), nil, cancel
	j.mu.Lock()
	j.p = Progress{}
	j.mu.Unlock()
	var watch tea.Cmd
	if j.kind == "pipeline" { // it is there in a moment
		watch = m.later(time.Second, func(time.Time) tea.Msg { return watchMsg{} })
	}
	m.jobs.wait.Add(1)
	run := m.noted(j)
	m.say(dim, j.kind+" runs as job "+j.name()+"; "+m.keyName("alt+5")+" shows it")
	return tea.Batch(watch, safely(func() tea.Msg {
		defer m.jobs.wait.Done()
		defer cancel(nil)
		return jobEndMsg{j, run(ctx)}
	}))
}

// watchMsg begins to watch a pipeline that was begun here.
type watchMsg struct{}

// ended books the end of a job.
func (msg jobEndMsg) ended(m *model) tea.Cmd {
	j := msg.j
	j.ended, j.err = m.clock(), msg.err
	switch {
	case msg.err == nil:
		j.state = jobDone
		text := j.kind + " is done"
		if j.kind == "export" && j.line == "" {
			text = j.exported()
		}
		m.say(good, text)
	case j.state == jobStops || errors.Is(msg.err, context.Canceled):
		j.state = jobStopped
		m.say(warn, j.kind+" was cancelled")
	default:
		j.state = jobFailed
		m.say(bad, j.kind+" failed: "+msg.err.Error())
	}
	return nil
}

// stop tells a job to stop, and why; it runs until it says that it has.
func (j *job) stop(why error) {
	if j.state == jobRuns {
		j.cancel(why)
		j.state = jobStops
	}
}

// left says how long a job will still need, by what it has done so far; false
// where that cannot be told.
func (p Progress) left(took time.Duration) (time.Duration, bool) {
	if p.Total <= 0 || p.Done <= 0 || p.Done > p.Total || took < 200*time.Millisecond {
		return 0, false
	}
	return time.Duration(float64(took) / float64(p.Done) * float64(p.Total-p.Done)), true
}

// rate is units a second.
func (p Progress) rate(took time.Duration) float64 {
	if took < 200*time.Millisecond {
		return 0
	}
	return float64(p.Done) / took.Seconds()
}

// runningJobs counts those that run.
func (m *model) runningJobs() int {
	n := 0
	for _, j := range m.jobs.list {
		if j.running() {
			n++
		}
	}
	return n
}

// jobsText says for the header what jobs do.
func (m *model) jobsText() string {
	n := m.runningJobs()
	if n == 0 {
		return ""
	}
	for _, j := range m.jobs.list {
		if p := j.progress(); n == 1 && j.running() && p.Total > 0 {
			return j.kind + " " + report.Count(100*p.Done/p.Total) + "%"
		}
	}
	if n == 1 {
		return "1 job"
	}
	return report.Count(int64(n)) + " jobs"
}

// jobsPage shows the jobs of this run of the program, and one of them in full.
type jobsPage struct {
	list   []*job
	last   int // number of the last one
	wait   sync.WaitGroup
	win    window
	room   int
	onLog  bool
	scroll scrollText
	logAt  int // line at which the log begins
}
