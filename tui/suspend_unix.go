//go:build unix

package tui

import (
	"io"
	"os"
	"os/signal"
	"syscall"

	tea "charm.land/bubbletea/v2"
)

// suspend gives the terminal back to the shell until that lets the program go on. It is a
// command on the terminal, as an editor is, and not bubbletea's own suspension, which takes
// the terminal back without waiting for its renderer (see waitForRenderer).
func (m *model) suspend() tea.Cmd {
	return tea.Exec(onTerminal{stopped{}, m.cfg.Out}, nil)
}

// stopped is a command that takes as long as the process is stopped.
type stopped struct{}

func (stopped) SetStdin(io.Reader)  {}
func (stopped) SetStdout(io.Writer) {}
func (stopped) SetStderr(io.Writer) {}

// Run stops the processes that the shell sees as one job, this one too.
func (stopped) Run() error {
	goOn := make(chan os.Signal, 1)
	signal.Notify(goOn, syscall.SIGCONT)
	defer signal.Stop(goOn)
	if err := syscall.Kill(0, syscall.SIGTSTP); err != nil {
		return err
	}
	<-goOn
	return nil
}
