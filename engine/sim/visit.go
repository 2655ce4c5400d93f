package sim

import "slices"

// event is one event of a visit on its way to the broker.
type event struct {
	arrival  int64  // ms
	session  uint64 // identifier
	at       int64  // us, when it happened
	watched  int64  // us
	position int64  // us
	profile
	late    uint32 // ms that faults added to arrival
	skew    int32  // ms that faults added to the device's clock
	faults  uint32 // bits of the faults that touched it
	rate    int32  // kbps
	next    int32  // in the lane's list of its arrival cell
	rank    uint16 // sequence number in the session, and which copy
	stalls  uint16
	stalled uint16 // seconds
	errors  uint8
	kind    uint8
	quality uint8
	fate    uint8
	form    uint8 // of a malformed record
}

// A rank is a sequence number and, in its low bits, the number of a copy. Forced
// stops have sequence numbers of their own, so that they shift no other's.
const (
	copyBits       = 6
	copyMask       = 1<<copyBits - 1
	sequenceBits   = 8
	forcedSequence = 128
)

// visit is one session being drawn, before its events go their ways.
type visit struct {
	lane     int
	entity   uint64
	session  uint64
	customer customer
	device   uint8
	deviceID uint32 // entity: what the device's own draws belong to
	quality  uint8  // at the beginning
	limit    uint8  // best rung that plan and device allow
	title    int
	runtime  int64 // us
	base     int64 // kbps, the session's throughput
	swing    int64 // AR(1) state within the session, Q32
	start    int64 // us
	watch    int64 // us that the viewer means to watch; once settled, that are watched
	longest  int64 // us from start to the last event, at most
	offset   int64 // us, position at the beginning
	pauseAt  [maxPauses]int64
	pauseLen [maxPauses]int64 // us
	pauses   int
	stallAt  [maxStalls]int64
	stallLen [maxStalls]int64 // us
	stalls   int
	errorAt  [maxErrors]int64
	errors   int
	events   []event
}

// Entities are numbered without overlap in 48 bits: a visit by lane, class, cell
// and its number there; a row of independent rows by tick and number.
const (
	laneShift  = 42
	classShift = 39
	cellShift  = 13
	maxCell    = 1<<(classShift-cellShift) - 1 // the year 2097
	maxInCell  = 1<<cellShift - 1

	rowShift = 22
	maxRows  = 1<<rowShift - 1
)

func visitEntity(lane, class int, cell int64, j int) uint64 {
	return uint64(lane)<<laneShift | uint64(class)<<classShift | uint64(cell)<<cellShift | uint64(j)
}

// draw gives the n-th number that the visit's entity has for a purpose.
func (p *plan) draw(of purpose, v *visit, n uint64) uint64 { return p.keys[of].draw(v.entity, n) }

// expand draws candidate j of a lane, class and cell into v. It reports false
// where the visit does not happen at this hour and place, or has no event in the
// window.
func (p *plan) expand(v *visit, c *clock, lane, class int, cell int64, j int, w Window) bool {
	v.lane = lane
	v.entity = visitEntity(lane, class, cell, j)
	index := p.pickCustomer(lane, p.keys[forVisitCustomer], v.entity)
	at := p.placeOf(index)
	if p.draw(forVisitThinning, v, 0)>>1 >= c[at] {
		return false
	}
	p.outline(v, class, cell)
	if v.start >= w.To*1000 || v.start+v.longest+p.slack < w.From*1000 {
		return false
	}
	v.customer = p.customer(index, at)
	v.session = p.keys[forSessionID].permute(v.entity, 4*sessionHex)
	p.setDevice(v, uint8(p.device.pick(p.draw(forVisitDevice, v, 0))))
	p.network(v)
	p.impair(v)
	p.watching(v)
	p.play(v)
	if v.events[len(v.events)-1].at+p.slack < w.From*1000 {
		return false
	}
	v.swing = 0
	common := p.profile(v)
	for i := range v.events {
		e := &v.events[i]
		e.profile = common
		if len(p.faults) == 0 && e.at >= w.To*1000 { // nothing arrives before it happens
			v.events = v.events[:i]
			break
		}
		e.rate = p.measure(v, e.rank)
		p.send(e, v)
	}
	if len(p.faults) > 0 {
		p.fail(v)
	}
	return true
}

// outline draws when the visit begins and what bounds its end, which is all that
// most visits behind a window need.
func (p *plan) outline(v *visit, class int, cell int64) {
	v.start = cell*cellLength + int64(below(p.draw(forVisitStart, v, 0), uint64(cellLength)))
	v.title = p.title.pick(p.draw(forVisitTitle, v, 0))
	v.runtime = p.titles[v.title].runtime()
	span := p.watchRange[class]
	u := span[0] + below(p.draw(forVisitWatch, v, 0), span[1]-span[0])
	v.watch = max(min(p.watch.at(normal(u)), classes[class].watch), minWatch)
	v.longest = min(v.watch, v.runtime) + maxStalls*maxStall
	v.pauses = min(p.pauses.draw(p.keys[forVisitPauses], v.entity), maxPauses)
	budget := classes[class].life - classes[class].watch - maxStalls*maxStall - maxPauses*minPause
	for i := range v.pauses {
		length := min(p.pause.at(normal(p.draw(forVisitPauseLength, v, uint64(i)))), budget)
		budget -= length
		v.pauseLen[i] = max(length, minPause)
		v.longest += v.pauseLen[i]
	}
}

func (p *plan) setDevice(v *visit, device uint8) {
	v.device = device
	v.deviceID = uint32(v.customer.index)<<2 | uint32(device)
}

// network draws the session's throughput, in part the household's, and with it
// the quality.
func (p *plan) network(v *visit) {
	z := mulQ32(v.customer.throughput, p.household) + mulQ32(normal(p.draw(forVisitThroughput, v, 0)), p.own)
	v.base = p.bandwidth[v.device].at(z)
	v.limit = tierRung[v.customer.tier]
	if v.device == mobile && v.base < p.sc.Network.UltraHD*5/4 {
		v.limit = min(v.limit, qualityHD) // a small screen takes 4K only with room to spare
	}
	v.quality = p.rung(int32(min(max(v.base, minRate), maxRate)), v)
}

// rung gives the quality that a throughput in kbps carries.
func (p *plan) rung(rate int32, v *visit) uint8 {
	switch n := &p.sc.Network; {
	case int64(rate) < n.HD:
		return qualitySD
	case int64(rate) >= n.UltraHD && v.limit == quality4K:
		return quality4K
	}
	return qualityHD
}

// measure gives the throughput of the session's next event: it swings within the
// band of the quality, so that a quality holds as long as nothing breaks.
func (p *plan) measure(v *visit, rank uint16) int32 {
	fresh := normal(p.draw(forEventThroughput, v, uint64(rank)))
	v.swing = mulQ32(v.swing, jitterKeep) + mulQ32(fresh, jitterFresh)
	rate := mulQ32(v.base, p.jitter.at(v.swing))
	n := &p.sc.Network
	least, most := int64(minRate), int64(maxRate)
	switch v.quality {
	case qualitySD:
		most = n.HD - 1
	case qualityHD:
		least = n.HD
		if v.limit == quality4K {
			most = n.UltraHD - 1
		}
	case quality4K:
		least = n.UltraHD
	}
	return int32(min(max(rate, min(least, most)), most))
}

// impair draws the session's rebuffers and errors; where in the session they fall
// is drawn when its length is known.
func (p *plan) impair(v *visit) {
	v.stalls = min(p.stalls[v.quality].draw(p.keys[forVisitStalls], v.entity), maxStalls)
	for i := range v.stalls {
		length := p.stall.at(normal(p.draw(forVisitStallLength, v, uint64(i))))
		v.stallLen[i] = min(max(length/second, 1)*second, maxStall)
	}
	v.errors = min(p.errors.draw(p.keys[forVisitErrors], v.entity), maxErrors)
}

// watching draws where in the title the viewer begins and settles how much of it
// is watched. Rebuffering shortens it: 1 % of the time costs 5 % (Krishnan and
// Sitaraman, IMC'12).
func (p *plan) watching(v *visit) {
	var stalled int64
	for _, length := range v.stallLen[:v.stalls] {
		stalled += length
	}
	watch := max(v.watch-min(5*stalled, v.watch/2), minWatch)
	v.offset = 0
	if a, b := p.keys[forVisitContinued].pair(v.entity, 0); p.continued.hit(a) {
		v.offset = v.runtime/20 + int64(below(b, uint64(v.runtime*13/20)))
	}
	v.watch = min(watch, v.runtime-v.offset)
	for i := range v.stalls {
		v.stallAt[i] = int64(below(p.draw(forVisitStallAt, v, uint64(i)), uint64(v.watch)))
	}
	for i := range v.errors {
		v.errorAt[i] = int64(below(p.draw(forVisitErrorAt, v, uint64(i)), uint64(v.watch)))
	}
}

// play turns the visit into events: start, then pause and resume in turn, then
// stop or complete.
func (p *plan) play(v *visit) {
	v.events = v.events[:0]
	at := v.pauseAt[:v.pauses]
	for i := range at {
		at[i] = int64(below(p.draw(forVisitPauseAt, v, uint64(i)), uint64(v.watch)))
	}
	slices.Sort(at)
	var paused int64
	p.happen(v, eventStart, 0, 0)
	for i, watched := range at {
		p.happen(v, eventPause, watched, paused)
		paused += v.pauseLen[i]
		if p.leave.hit(p.draw(forVisitPauseLeave, v, uint64(i))) {
			p.happen(v, p.ending(v, watched), watched, paused)
			return
		}
		p.happen(v, eventResume, watched, paused)
	}
	p.happen(v, p.ending(v, v.watch), v.watch, paused)
}

// ending is complete from a share of the runtime on.
func (p *plan) ending(v *visit, watched int64) uint8 {
	if v.offset+watched >= int64(mulDiv(uint64(v.runtime), uint64(p.sc.Session.CompleteAt), nano)) {
		return eventComplete
	}
	return eventStop
}

// happen adds an event at a point of what is watched, after the pauses and the
// rebuffers so far.
func (p *plan) happen(v *visit, kind uint8, watched, paused int64) {
	e := event{
		session: v.session, kind: kind, quality: v.quality, watched: watched, position: v.offset + watched,
		rank: uint16(len(v.events)) << copyBits, at: v.start + watched + paused,
	}
	if kind != eventStart {
		for i := range v.stalls {
			if v.stallAt[i] <= watched {
				e.at += v.stallLen[i]
				e.stalls++
				e.stalled += uint16(v.stallLen[i] / second)
			}
		}
		for i := range v.errors {
			if v.errorAt[i] <= watched {
				e.errors++
			}
		}
	}
	v.events = append(v.events, e)
}

// send gives an event its arrival: the way to the broker takes some time, and
// with ticks an event waits for the end of its tick first.
func (p *plan) send(e *event, v *visit) {
	n := uint64(e.rank)
	at := e.at
	if p.tick > 0 {
		at += p.tick - at%p.tick
		at += int64(below(p.draw(forEventBurst, v, n), uint64(p.sc.Emission.Burst)*1000))
	}
	delay := min(p.delay.at(normal(p.draw(forEventDelay, v, n))), maxDelay)
	e.arrival = (at + delay) / 1000
}

// reach gives, in microseconds after the beginning of a cell, until when events
// of its visits of a class may arrive.
func (p *plan) reach(class int, cell int64) int64 {
	begin := cell * cellLength
	life := cellLength + classes[class].life + maxDelay
	if p.rows {
		life = maxDelay + p.sc.Emission.Burst*1000
		begin -= p.tick
	} else if p.tick > 0 {
		life += p.tick + p.sc.Emission.Burst*1000
	}
	reach := life
	for i := range p.faults {
		if f := &p.faults[i]; f.from < begin+life && f.to > begin {
			reach += f.extra()
		}
	}
	return reach
}

// farthest bounds reach over all classes and cells.
func (p *plan) farthest() int64 {
	far := int64(0)
	for k := range classCount {
		far = max(far, cellLength+classes[k].life+maxDelay+p.tick+p.sc.Emission.Burst*1000)
	}
	for i := range p.faults {
		far += p.faults[i].extra()
	}
	return far
}
