package sim

// Independent rows: what the generator of the real deployment does. A tick draws
// a number of viewers, and each row everything anew; a row is a visit of one
// event, so that encoding, faults and windows are those of visits.

// rowCount gives the rows of the tick that ends at a cell's beginning.
func (p *plan) rowCount(cell int64) int64 {
	r := &p.sc.Rows
	span := r.Viewers[cell%(24*60)/(6*60)]
	viewers := span[0] + int64(below(p.keys[forRowCount].draw(uint64(cell), 0), uint64(span[1]-span[0]+1)))
	return min(int64(mulDiv(uint64(viewers), uint64(r.PerViewer), micro)), maxRows)
}

// row draws row number n of the tick that ends at a cell's beginning into v.
func (p *plan) row(v *visit, lane int, cell, n int64) {
	v.lane = lane
	v.entity = uint64(cell)<<rowShift | uint64(n)
	index := p.pickCustomer(lane, p.keys[forVisitCustomer], v.entity)
	v.customer = p.customer(index, p.placeOf(index))
	v.session = p.keys[forSessionID].permute(v.entity, 4*sessionHex)
	v.device = uint8(p.device.pick(p.draw(forVisitDevice, v, 0)))
	v.deviceID = uint32(cell<<15 + n) // fresh for as long as 32 bits allow: 91 days of 32,768 rows a minute
	v.title = p.title.pick(p.draw(forVisitTitle, v, 0))
	v.quality = uint8(p.rowQuality.pick(p.draw(forRowQuality, v, 0)))
	v.limit = v.quality
	between := func(of purpose, least, most int64) int64 {
		return least + int64(below(p.draw(of, v, 0), uint64(most-least)))
	}
	v.runtime = p.titles[v.title].runtime()
	v.start = between(forRowTime, cell*cellLength-p.tick, cell*cellLength)
	e := event{session: v.session, quality: v.quality, at: v.start, profile: p.profile(v)}
	e.kind = uint8(p.rowType.pick(p.draw(forRowType, v, 0)))
	e.rate = int32(between(forRowThroughput, rowBands[v.quality][0], rowBands[v.quality][1]))
	switch e.kind {
	case eventStart:
	case eventComplete:
		e.position = v.runtime
		e.watched = between(forRowWatch, 0, v.runtime)
	default:
		e.position = between(forRowPosition, 0, v.runtime)
		e.watched = between(forRowWatch, 0, v.runtime)
	}
	p.impairRow(&e, v)
	p.send(&e, v)
	v.events = append(v.events[:0], e)
	if len(p.faults) > 0 {
		p.fail(v)
	}
}

// rowBands gives the throughput of each quality, from and below, in kbps.
var rowBands = [qualityCount][2]int64{{1500, 5000}, {5000, 15000}, {15000, 30000}}

// impairRow makes rebuffering and errors more likely on a slow line.
func (p *plan) impairRow(e *event, v *visit) {
	speed := 1
	if e.rate < slowRate {
		speed = 0
	}
	if p.rowStall[speed].hit(p.draw(forRowStalls, v, 0)) {
		e.stalls = uint16(1 + below(p.draw(forRowStalls, v, 1), uint64(3-speed)))
		for i := range e.stalls {
			e.stalled += uint16(2 + below(p.draw(forRowStalls, v, 2+uint64(i)), 10))
		}
	}
	if p.rowError[speed].hit(p.draw(forRowErrors, v, 0)) {
		e.errors = 1
	}
}
