package tui

import (
	"bytes"
	"io"
	"runtime"
	"time"

	tea "charm.land/bubbletea/v2"
)

// Editor hands a text to the reader's own editor.
type Editor interface {
	// Edit gives the command that edits the text, and what the text is after it has
	// ended well. Command and text are used once.
	Edit(text string) (tea.ExecCommand, func() (string, error), error)
}

type (
	outsideMsg struct {
		s    *sheet
		cmd  tea.ExecCommand
		read func() (string, error)
		err  error
	}
	insideMsg struct {
		s    *sheet
		text string
		err  error
	}
)

// editOutside gives the sheet's text to the editor outside.
func (m *model) editOutside() tea.Cmd {
	e, s, text := m.cfg.Editor, m.sql.sheet, m.sql.edit.text()
	return safely(func() tea.Msg {
		cmd, read, err := e.Edit(text)
		return outsideMsg{s, cmd, read, err}
	})
}

// started gives the terminal to the editor.
func (msg outsideMsg) started(m *model) tea.Cmd {
	if msg.err != nil {
		m.say(bad, "edit outside: "+msg.err.Error())
		return nil
	}
	return tea.Exec(onTerminal{msg.cmd, m.cfg.Out}, func(err error) tea.Msg {
		if err != nil {
			return insideMsg{s: msg.s, err: err}
		}
		text, err := msg.read()
		return insideMsg{msg.s, text, err}
	})
}

// onTerminal is a command that has the terminal itself, not what draws on it.
type onTerminal struct {
	tea.ExecCommand
	out io.Writer
}

func (c onTerminal) SetStdout(io.Writer) { c.ExecCommand.SetStdout(c.out) }

func (c onTerminal) Run() error {
	waitForRenderer()
	return c.ExecCommand.Run()
}

// renderLoop is the function in which bubbletea's renderer runs, as stacks name it.
const renderLoop = "bubbletea/v2.(*Program).startRenderer.func"

// waitForRenderer waits until bubbletea's renderer, which has been told to end, has ended.
// Bubbletea does not wait: where a command is done sooner than the renderer's goroutine has
// the processor again, that stops the ticker which was started anew for the next one, and
// the screen stays empty for good (its issue 1778, in 2.1.1 too). Nothing says when the
// goroutine ends but the stacks; where they never say it, the command runs all the same.
func waitForRenderer() {
	stacks := make([]byte, 64<<10)
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); {
		n := runtime.Stack(stacks, true)
		if n == len(stacks) { // there may be more
			stacks = make([]byte, 2*n)
			continue
		}
		if !bytes.Contains(stacks[:n], []byte(renderLoop)) {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// ended takes the text back; after an error the sheet is as it was.
func (msg insideMsg) ended(m *model) tea.Cmd {
	if msg.err != nil {
		m.say(bad, "the editor failed, the text is as it was: "+msg.err.Error())
		return nil
	}
	if msg.text != msg.s.edit.text() {
		msg.s.edit.replace(msg.text)
	}
	return m.sql.checkSoon(m)
}
