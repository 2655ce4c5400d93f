//go:build !unix

package tui

import tea "charm.land/bubbletea/v2"

// suspend does what bubbletea does where there are no shells with jobs: nothing.
func (m *model) suspend() tea.Cmd { return tea.Suspend }
