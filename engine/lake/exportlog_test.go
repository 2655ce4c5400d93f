package lake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"syscall"
	"time"

	"acme/telemetry/engine/store"
	"acme/telemetry/schema"
)

// memoryTopic is a topic and one consumer group of it, in memory: partitions with
// offsets that skip, positions, generations, members that rebalance eagerly, and
// members that are thrown out and do not know it.
type memoryTopic struct {
	mu         sync.Mutex
	rng        *rand.Rand
	parts      []*memoryPartition
	committed  map[int32]schema.Position
	members    []*memoryMember // of the group, joined or about to
	generation int
	began      time.Time // of a rebalance; zero where none is going on

	rewinds bool // fetches give again what they gave, as after a change of leaders
	planned bool // commits keep their metadata
	slow    bool // some commits are long on their way
	from    string
}

type memoryPartition struct {
	messages   []schema.Message
	first, end int64
}

func newMemoryTopic(rng *rand.Rand, partitions int) *memoryTopic {
	t := &memoryTopic{rng: rng, committed: map[int32]schema.Position{}, planned: true}
	for range partitions {
		t.parts = append(t.parts, &memoryPartition{})
	}
	return t
}

// forget loses the positions of the group.
func (t *memoryTopic) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.committed)
}

// setBack sets the group to the first offset of every partition that it has been in.
func (t *memoryTopic) setBack() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for p := range t.committed {
		t.committed[p] = schema.Position{Partition: p}
	}
}

var memoryTopicID = [16]byte{1, 2, 3}

// publish appends a record; behind it, if marked, the marker of a transaction.
func (t *memoryTopic) publish(partition int, arrival int64, value string, marked bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.parts[partition]
	p.messages = append(p.messages, schema.Message{Partition: int32(partition), Offset: p.end, Arrival: arrival, Key: []byte("k"), Value: []byte(value)})
	p.end++
	if marked {
		p.end++
	}
}

// truncate deletes what is before an offset, as retention does.
func (t *memoryTopic) truncate(partition int, first int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.parts[partition].first = first
}

func (p *memoryPartition) bounds() schema.Bounds { return schema.Bounds{First: p.first, End: p.end} }

// since gives at most n messages from an offset, and where reading goes on.
func (p *memoryPartition) since(offset int64, n int) ([]schema.Message, int64) {
	i, _ := slices.BinarySearchFunc(p.messages, max(offset, p.first), func(m schema.Message, o int64) int { return int(m.Offset - o) })
	some := p.messages[i:min(len(p.messages), i+n)]
	next := p.end
	if i+len(some) < len(p.messages) {
		next = some[len(some)-1].Offset + 1
	}
	return slices.Clone(some), next
}

// life is a process that may be killed: after so many steps nothing that it does
// has an effect any more.
type life struct {
	mu    sync.Mutex
	steps int // left; it lives on where negative
	dead  bool
}

var errKilled = errors.New("killed")

// step is before or behind everything that a process does to the world.
func (l *life) step() error {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.steps == 0 {
		l.dead = true
	}
	if l.dead {
		return errKilled
	}
	l.steps--
	return nil
}

func (l *life) over() bool {
	if l == nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dead
}

// memoryMember is a member of the group: a Log.
type memoryMember struct {
	t          *memoryTopic
	life       *life
	generation int
	joined     bool // of the rebalance going on
	owned      []int32
	at         map[int32]int64
	paused     map[int32]bool
	given      []schema.Assignment // not told yet
	seated     bool                // in a generation, and not told yet
	stall      time.Duration       // of the next Poll, without a sign of life
	gone       bool
}

func (t *memoryTopic) join(l *life) *memoryMember {
	t.mu.Lock()
	defer t.mu.Unlock()
	m := &memoryMember{t: t, life: l, at: map[int32]int64{}, paused: map[int32]bool{}}
	t.members = append(t.members, m)
	t.rebalance()
	return m
}

// leave is what the broker does when a member's session ends.
func (t *memoryTopic) leave(m *memoryMember) {
	t.mu.Lock()
	defer t.mu.Unlock()
	m.gone = true
	t.members = slices.DeleteFunc(t.members, func(o *memoryMember) bool { return o == m })
	t.rebalance()
}

// throwOut is what the broker does with a member that was silent and is not gone.
func (t *memoryTopic) throwOut(m *memoryMember) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.members = slices.DeleteFunc(t.members, func(o *memoryMember) bool { return o == m })
	t.rebalance()
}

func (t *memoryTopic) rebalance() {
	t.began = time.Now()
	for _, m := range t.members {
		m.joined = false
	}
}

// complete ends a rebalance when all have joined, or the group waits no longer.
func (t *memoryTopic) complete() {
	if t.began.IsZero() {
		return
	}
	late := time.Since(t.began) > 2*time.Second
	joined := []*memoryMember{}
	for _, m := range t.members {
		if m.joined {
			joined = append(joined, m)
		} else if !late {
			return
		}
	}
	if len(joined) == 0 {
		return
	}
	t.members = joined
	t.generation++
	t.began = time.Time{}
	shift := t.rng.IntN(len(joined))
	for i, p := range t.parts {
		m := joined[(i+shift)%len(joined)]
		a := schema.Assignment{Position: schema.Position{Partition: int32(i)}, Bounds: p.bounds()}
		if at, ok := t.committed[int32(i)]; ok {
			a.Position, a.Committed = at, true
		} else if t.from == "now" {
			a.Offset = p.end
		} else {
			a.Offset = p.first
		}
		m.given = append(m.given, a)
	}
	for _, m := range joined {
		m.generation, m.seated = t.generation, true
		clear(m.at)
		clear(m.paused)
		m.owned = nil
		for _, a := range m.given {
			m.owned = append(m.owned, a.Partition)
			m.at[a.Partition] = a.Offset
		}
	}
}

// Poll implements Log.
func (m *memoryMember) Poll(ctx context.Context, release func(context.Context, []int32)) (schema.Poll, error) {
	if m.stall > 0 {
		time.Sleep(m.stall)
		m.stall = 0
	}
	var out schema.Poll
	for {
		if m.life.over() {
			return out, errKilled
		}
		if m.look(ctx, release, &out) {
			return out, nil
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
			return out, nil
		}
	}
}

// look says whether there is something to tell.
func (m *memoryMember) look(ctx context.Context, release func(context.Context, []int32), out *schema.Poll) bool {
	t := m.t
	t.mu.Lock()
	defer t.mu.Unlock()
	if !slices.Contains(t.members, m) && !m.gone {
		// Thrown out: it learns that now, and asks to be let in again.
		out.Lost, m.owned, m.given = m.owned, nil, nil
		m.joined = false
		t.members = append(t.members, m)
		t.rebalance()
		return true
	}
	if !t.began.IsZero() && !m.joined {
		if owned := m.owned; len(owned) > 0 {
			t.mu.Unlock()
			bounded, cancel := context.WithTimeout(ctx, time.Second)
			release(bounded, owned)
			cancel()
			t.mu.Lock()
			out.Revoked, m.owned, m.given = owned, nil, nil
		}
		m.joined = slices.Contains(t.members, m)
	}
	t.complete()
	if m.seated && t.began.IsZero() {
		out.Joined, m.seated = true, false
		out.Assigned, m.given = m.given, nil
		return true
	}
	if len(m.given) > 0 && t.began.IsZero() {
		out.Assigned, m.given = m.given, nil
		return true
	}
	if len(out.Revoked) > 0 {
		return true
	}
	return m.fetch(out)
}

// fetch gives some messages of some partitions.
func (m *memoryMember) fetch(out *schema.Poll) bool {
	t := m.t
	for _, id := range m.owned {
		p := t.parts[id]
		if m.at[id] >= p.end || m.paused[id] || t.rng.IntN(3) == 0 {
			continue
		}
		f := schema.Fetched{Partition: id, Bounds: p.bounds()}
		if m.at[id] < p.first {
			m.at[id] = p.first
			f.Next = p.first
		} else {
			f.Messages, f.Next = p.since(m.at[id], 1+t.rng.IntN(20))
			m.at[id] = f.Next
			if t.rewinds && t.rng.IntN(4) == 0 {
				m.at[id] = max(p.first, f.Next-int64(1+t.rng.IntN(30)))
			}
		}
		out.Fetched = append(out.Fetched, f)
	}
	return len(out.Fetched) > 0
}

// Commit implements Log.
func (m *memoryMember) Commit(_ context.Context, positions []schema.Position) error {
	if err := m.life.step(); err != nil {
		return err
	}
	m.t.mu.Lock()
	if m.t.slow && m.t.rng.IntN(8) == 0 { // a request that is long on its way
		m.t.mu.Unlock()
		time.Sleep(4 * time.Second)
		m.t.mu.Lock()
	}
	if m.generation != m.t.generation || !slices.Contains(m.t.members, m) {
		m.t.mu.Unlock()
		return fmt.Errorf("commit: %w", schema.ErrFenced)
	}
	for _, p := range positions {
		if n, err := parseNote(p.Metadata); !m.t.planned && err == nil && n != nil {
			n.plan = nil
			p.Metadata = n.String()
		}
		m.t.committed[p.Partition] = p
	}
	m.t.mu.Unlock()
	return m.life.step()
}

// Read implements Log.
func (m *memoryMember) Read(ctx context.Context, r schema.Range, yield func(schema.Message) error) error {
	m.t.mu.Lock()
	p := m.t.parts[r.Partition]
	if r.From < p.first {
		m.t.mu.Unlock()
		return fmt.Errorf("read: %w", schema.ErrGone)
	}
	some, _ := p.since(r.From, len(p.messages))
	m.t.mu.Unlock()
	for _, msg := range some {
		if msg.Offset >= r.To {
			break
		}
		if m.life.over() {
			return errKilled
		}
		if err := yield(msg); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// Pause implements Log.
func (m *memoryMember) Pause(ids []int32) { m.pause(ids, true) }

// Resume implements Log.
func (m *memoryMember) Resume(ids []int32) { m.pause(ids, false) }

func (m *memoryMember) pause(ids []int32, paused bool) {
	m.t.mu.Lock()
	defer m.t.mu.Unlock()
	for _, id := range ids {
		m.paused[id] = paused
	}
}

// world is a store under test: what killed processes and broken disks see of it,
// and what is known of it that no process may know.
type world struct {
	store.Store
	mu        sync.Mutex
	first     map[string]string // what was under each key when it was first seen
	changed   []string          // keys whose object became another
	unsynced  []string
	overwrite bool // the publish is not conditional
	volatile  bool // names are not synced: a loss of power takes them back
	room      int  // how many puts succeed before the disk is full; no limit where negative
	slow      time.Duration
}

func newWorld() *world {
	return &world{Store: store.NewMemory("export"), first: map[string]string{}, room: -1}
}

// mortal is the world as a process that may be killed sees it.
type mortal struct {
	*world
	life *life
}

func (s mortal) Put(ctx context.Context, key string, r io.Reader) (store.Info, error) {
	if err := s.life.step(); err != nil {
		return store.Info{}, err
	}
	info, err := s.world.put(ctx, key, r)
	if err == nil {
		err = s.life.step()
	}
	return info, err
}

func (s mortal) Get(ctx context.Context, key string) (io.ReadCloser, store.Info, error) {
	if s.life.over() {
		return nil, store.Info{}, errKilled
	}
	return s.world.Get(ctx, key)
}

func (w *world) put(ctx context.Context, key string, r io.Reader) (store.Info, error) {
	w.mu.Lock()
	full, slow := w.room == 0, w.slow
	w.room = max(w.room-1, min(w.room, 0))
	w.mu.Unlock()
	if full {
		return store.Info{}, fmt.Errorf("publishing %s: %w", key, syscall.ENOSPC)
	}
	if slow > 0 {
		time.Sleep(slow)
	}
	data, err := io.ReadAll(r)
	if err != nil {
		return store.Info{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.overwrite {
		_ = w.Store.Delete(ctx, key)
	}
	info, err := w.Store.Put(context.WithoutCancel(ctx), key, bytes.NewReader(data))
	if err != nil {
		return info, err
	}
	if before, ok := w.first[key]; ok && before != string(data) {
		w.changed = append(w.changed, key)
	}
	w.first[key] = string(data)
	w.unsynced = append(w.unsynced, key)
	return info, nil
}

// powerLoss is what happens to the machine of a process that is killed: what was
// not synced may be gone.
func (w *world) powerLoss() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.volatile {
		for _, key := range w.unsynced[max(0, len(w.unsynced)-2):] {
			_ = w.Store.Delete(context.Background(), key)
			delete(w.first, key)
		}
	}
	w.unsynced = nil
}
