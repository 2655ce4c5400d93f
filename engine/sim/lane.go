package sim

import (
	"cmp"
	"context"
	"slices"
)

// lane is one of the independent parts of the audience, with the events of its
// that wait for their time. Events wait in lists by the cell of their arrival, a
// ring of lists.
type lane struct {
	number int
	visit  visit
	events []event
	free   int32 // first free event
	ring   []int32
	ready  []event // of the current cell, in order
}

const none = -1

func newLane(number int, cells int64) *lane {
	l := &lane{number: number, free: none, ring: make([]int32, cells)}
	for i := range l.ring {
		l.ring[i] = none
	}
	return l
}

// order is the order of records: by arrival, then by session, then by sequence
// number and copy. It is total, so that the way to it does not matter.
func order(a, b *event) int {
	switch {
	case a.arrival != b.arrival:
		return cmp.Compare(a.arrival, b.arrival)
	case a.session != b.session:
		return cmp.Compare(a.session, b.session)
	}
	return int(a.rank) - int(b.rank)
}

// take moves the events of a cell from waiting to ready, in order.
func (l *lane) take(cell int64) {
	l.ready = l.ready[:0]
	head := &l.ring[cell%int64(len(l.ring))]
	for i := *head; i != none; {
		e := &l.events[i]
		l.ready = append(l.ready, *e)
		next := e.next
		e.next, l.free = l.free, i
		i = next
	}
	*head = none
	slices.SortFunc(l.ready, func(a, b event) int { return order(&a, &b) })
}

// keep lets the events of the lane's visit that arrive in the window wait for
// their time.
func (l *lane) keep(w Window) {
	for i := range l.visit.events {
		e := &l.visit.events[i]
		if e.arrival < w.From || e.arrival >= w.To {
			continue
		}
		head := &l.ring[e.arrival/(cellLength/1000)%int64(len(l.ring))]
		e.next = *head
		if l.free == none {
			*head = int32(len(l.events))
			l.events = append(l.events, *e)
			continue
		}
		*head = l.free
		l.free = l.events[l.free].next
		l.events[*head] = *e
	}
}

// begin draws what begins in a cell.
func (l *lane) begin(p *plan, c *clock, class int, cell int64, w Window) {
	if p.rows {
		if class > 0 || cell*cellLength%p.tick != 0 {
			return
		}
		for n, count := int64(l.number), p.rowCount(cell); n < count; n += Lanes {
			p.row(&l.visit, l.number, cell, n)
			l.keep(w)
		}
		return
	}
	n := min(p.visits[class].draw(p.keys[forVisitCount], visitEntity(l.number, class, cell, 0)), maxInCell)
	for j := range n {
		if p.expand(&l.visit, c, l.number, class, cell, j, w) {
			l.keep(w)
		}
	}
}

// lookBack draws what began before the window and may still send events in it.
func (l *lane) lookBack(ctx context.Context, p *plan, clocks *clockBook, w Window) {
	first := w.From * 1000 / cellLength
	for class := range classCount {
		for cell := max(first-p.farthest()/cellLength-1, 0); cell < first && ctx.Err() == nil; cell++ {
			if cell*cellLength+p.reach(class, cell) >= w.From*1000 {
				l.begin(p, clocks.at(cell), class, cell, w)
			}
		}
	}
}
