package sim

// merged names an event of the merged order: a lane of the run and the event's
// number among those ready there.
type merged struct {
	lane  int32
	index int32
	wide  bool // an oversize record
}

// merger merges the ready events of the lanes, which are in order each, by a
// tournament: the tree holds the lanes that won below each of its nodes, and a
// lane that moves on plays again only on its way to the root.
type merger struct {
	lanes []*lane
	next  []int32 // by lane
	tree  []int32 // by node; leaves from leaves on
	out   []merged
}

const leaves = Lanes

func (m *merger) merge(lanes []*lane) {
	m.lanes, m.out = lanes, m.out[:0]
	m.next = append(m.next[:0], make([]int32, len(lanes))...)
	m.tree = append(m.tree[:0], make([]int32, 2*leaves)...)
	total := 0
	for i := range leaves {
		m.tree[leaves+i] = none
		if i < len(lanes) {
			m.tree[leaves+i] = int32(i)
			total += len(lanes[i].ready)
		}
	}
	for n := leaves - 1; n > 0; n-- {
		m.play(n)
	}
	for range total {
		l := m.tree[1]
		e := &lanes[l].ready[m.next[l]]
		m.out = append(m.out, merged{l, m.next[l], e.fate == fateRejected && malformedForms[e.form] == formOversize})
		m.next[l]++
		for n := (leaves + int(l)) / 2; n > 0; n /= 2 {
			m.play(n)
		}
	}
}

// play lets the winners of a node's two children meet.
func (m *merger) play(n int) {
	a, b := m.tree[2*n], m.tree[2*n+1]
	m.tree[n] = a
	if x, y := m.head(a), m.head(b); x == nil || y != nil && order(y, x) < 0 {
		m.tree[n] = b
	}
}

// head is the lane's first event not yet merged, or nil.
func (m *merger) head(l int32) *event {
	if l == none || int(m.next[l]) == len(m.lanes[l].ready) {
		return nil
	}
	return &m.lanes[l].ready[m.next[l]]
}

const (
	batchEvents = 1024
	wideEvents  = 256 // what an oversize record weighs, so that a batch stays small
)

// parts cuts the merged order into batches.
func (m *merger) parts() [][]merged {
	var all [][]merged
	from, weight := 0, 0
	for i, e := range m.out {
		if weight++; e.wide {
			weight += wideEvents
		}
		if weight >= batchEvents {
			all = append(all, m.out[from:i+1])
			from, weight = i+1, 0
		}
	}
	if from < len(m.out) {
		all = append(all, m.out[from:])
	}
	return all
}
