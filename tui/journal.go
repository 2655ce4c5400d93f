package tui

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"acme/telemetry/engine/query"
	"acme/telemetry/engine/report"
)

// Journal keeps which jobs have begun and not ended, so that one whose program was
// killed is there the next time. Its methods may be called from any goroutine.
type Journal interface {
	// Begin notes that a job begins and gives the name of its entry; one that was
	// begun before, and has its entry's name, keeps it.
	Begin(b Begun) (entry string, err error)
	// End takes an entry out.
	End(entry string) error
	// Lost gives the jobs whose program is gone, in the order they were begun. From
	// then on they are this program's: no other one is given them.
	Lost() ([]Begun, error)
}

// Begun is a job in the Journal: a verb's command line, or a statement whose result
// is written to a file.
type Begun struct {
	Entry   string    `json:"-"`
	Began   time.Time `json:"began"`
	Args    []string  `json:"args,omitempty"`
	Line    string    `json:"line,omitempty"` // Args as they were typed
	File    string    `json:"file,omitempty"`
	SQL     string    `json:"sql,omitempty"`
	Catalog string    `json:"database,omitempty"` // where the statement's names are looked up
}

// errLeft is why a job is stopped when the program ends: its entry stays.
var errLeft = errors.New("the program ends")

// noted runs a job with an entry in the Journal for as long as it runs. A Journal that
// cannot be written keeps no job from running.
func (m *model) noted(j *job) func(context.Context) error {
	k, b := m.cfg.Journal, j.begun
	if k == nil || len(b.Args) == 0 && b.SQL == "" {
		return func(ctx context.Context) error { return j.run(ctx, j.tell, j.say) }
	}
	b.Began = j.started
	return func(ctx context.Context) error {
		entry, err := k.Begin(b)
		if err != nil {
			j.say("not noted, so that it cannot be taken up if this program is killed: " + err.Error())
		}
		j.setEntry(entry)
		ran := j.run(ctx, j.tell, j.say)
		if entry == "" || ran != nil && errors.Is(context.Cause(ctx), errLeft) {
			return ran
		}
		if err := k.End(entry); err != nil {
			j.say("its note stays: " + err.Error())
		}
		j.setEntry("")
		return ran
	}
}

type lostMsg struct {
	jobs []Begun
	err  error
}

// loadLost asks for the jobs that the last program left.
func (m *model) loadLost() tea.Cmd {
	k := m.cfg.Journal
	if k == nil {
		return nil
	}
	return safely(func() tea.Msg {
		jobs, err := k.Lost()
		return lostMsg{jobs, err}
	})
}

// took puts jobs that were interrupted on the Jobs page.
func (msg lostMsg) took(m *model) {
	for _, b := range msg.jobs {
		j := &job{state: jobLost, begun: b, started: b.Began, ended: b.Began, entry: b.Entry}
		if b.SQL != "" {
			j.kind, j.target, j.run = "export", b.File, m.exportAgain(b)
		} else {
			m.verbOf(j, b.Args)
		}
		m.jobs.last++
		j.id = m.jobs.last
		m.jobs.list = append(m.jobs.list, j)
	}
	switch n := len(msg.jobs); {
	case msg.err != nil:
		text := "which jobs were interrupted cannot be told: " + msg.err.Error()
		if m.note.text != "" { // of the session, at the same moment
			text = m.note.text + "; " + text
		}
		m.say(warn, text)
	case n == 1:
		m.say(warn, m.jobs.list[len(m.jobs.list)-1].kind+" was interrupted; "+m.keyName("alt+5")+" shows it, "+m.keyName("R")+" there goes on with it")
	case n > 1:
		m.say(warn, report.Count(int64(n))+" jobs were interrupted; "+m.keyName("alt+5")+" shows them, "+m.keyName("R")+" there goes on")
	}
}

// verbOf makes j the job of a verb's command line.
func (m *model) verbOf(j *job, args []string) {
	if len(args) == 0 {
		return
	}
	j.kind, j.target, j.line = args[0], strings.Join(args[1:], " "), "acme "+j.begun.Line
	r := m.cfg.Runner
	j.run = func(ctx context.Context, tell func(Progress), log func(string)) error {
		if r == nil {
			return errors.New("verbs cannot be run here")
		}
		return r.Run(ctx, args, tell, log)
	}
	if r == nil {
		return
	}
	verbs := r.Verbs()
	if i := slices.IndexFunc(verbs, func(v Verb) bool { return strings.HasPrefix(v.Args+" ", args[0]+" ") }); i >= 0 {
		j.resumes, j.plans = verbs[i].Resumes, verbs[i].CanPlan
	}
}

// exportAgain runs an export's statement and writes its rows.
func (m *model) exportAgain(b Begun) func(context.Context, func(Progress), func(string)) error {
	e, q, timeout := m.cfg.Exporter, m.cfg.Querier, m.cfg.Timeout
	return func(ctx context.Context, tell func(Progress), _ func(string)) error {
		if e == nil {
			return errors.New("results cannot be written here")
		}
		rows, err := q.Query(ctx, query.Request{SQL: b.SQL, Database: b.Catalog, Timeout: timeout})
		if err != nil {
			return err
		}
		defer rows.Close()
		return exportRows(ctx, e, b.File, rows, 0, tell)
	}
}

// forget drops the jobs that have ended, and the entries of those that were
// interrupted.
func (m *model) forgetJobs() tea.Cmd {
	var cmds []tea.Cmd
	k := m.cfg.Journal
	for _, j := range m.jobs.list {
		if entry := j.noteEntry(); !j.running() && entry != "" && k != nil {
			cmds = append(cmds, safely(func() tea.Msg { return forgotMsg{k.End(entry)} }))
		}
	}
	m.jobs.forget()
	return tea.Batch(cmds...)
}

type forgotMsg struct{ err error }
