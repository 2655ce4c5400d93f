package tui

import (
	"sync"

	tea "charm.land/bubbletea/v2"

	"acme/telemetry/engine/query"
)

// far are the rows of a result behind those in memory: they lie in a Spool and
// come by blocks as they are looked at. A block that is not there yet is drawn as
// dots, so that no key waits for a disk.
type far struct {
	spool Spool

	mu sync.Mutex // guards n, which the reading command raises
	n  int        // rows in the spool

	shown  int // of n, as Update has heard
	blocks map[int][]query.Row
	recent []int // blocks, the one used last at the end
	asked  map[int]bool
	err    error
}

// Blocks of rows, and how many stay in memory.
const (
	farBlock = 256
	farKept  = 24
)

func newFar(s Spool) *far {
	return &far{spool: s, blocks: map[int][]query.Row{}, asked: map[int]bool{}}
}

// add puts rows into the spool; the reading command calls it.
func (f *far) add(rows []query.Row) error {
	if err := f.spool.Add(rows); err != nil {
		return err
	}
	f.mu.Lock()
	f.n += len(rows)
	f.mu.Unlock()
	return nil
}

func (f *far) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.n
}

// at gives a row, or nothing if its block has not come.
func (f *far) at(i int) (query.Row, bool) {
	b := f.blocks[i/farBlock]
	if i%farBlock >= len(b) {
		return nil, false
	}
	return b[i%farBlock], true
}

// farMsg brings a block.
type farMsg struct {
	f     *far
	block int
	rows  []query.Row
	err   error
}

// want asks for the blocks around rows [from, to) that are not there.
func (f *far) want(from, to int) tea.Cmd {
	from, to = max(from, 0), min(to, f.shown)
	var cmds []tea.Cmd
	for b := from / farBlock; b*farBlock < to; b++ {
		have := len(f.blocks[b])
		if f.asked[b] || have == farBlock || have > 0 && b*farBlock+have >= f.shown {
			continue
		}
		f.asked[b] = true
		cmds = append(cmds, safely(func() tea.Msg {
			rows, err := f.spool.Window(b*farBlock, farBlock)
			return farMsg{f, b, rows, err}
		}))
	}
	return tea.Batch(cmds...)
}

// took keeps a block and lets go of those that were not looked at for longest.
func (f *far) took(msg farMsg) {
	delete(f.asked, msg.block)
	if msg.err != nil {
		f.err = msg.err
		f.asked[msg.block] = true // asking again would fail again, for ever
		return
	}
	f.blocks[msg.block] = msg.rows
	for i, b := range f.recent {
		if b == msg.block {
			f.recent = append(f.recent[:i], f.recent[i+1:]...)
			break
		}
	}
	f.recent = append(f.recent, msg.block)
	for len(f.recent) > farKept {
		delete(f.blocks, f.recent[0])
		f.recent = f.recent[1:]
	}
}
