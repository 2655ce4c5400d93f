package sim

// fault is a Fault made ready: bounds instead of probabilities, masks instead of
// names, keys of its own.
type fault struct {
	*Fault
	index    int
	bit      uint32
	session  bool // an incident
	p        threshold
	from, to int64 // us, of the time of events

	countries, devices, qualities uint8
	cities, providers             uint32 // of all places; of a country's providers, by country
	providersOf                   [countryCount]uint32

	pick, amount, form stream
}

const forever = 1 << 62

func newFault(f *Fault, index int, seed uint64) fault {
	name := "fault." + f.ID + "."
	c := fault{
		Fault: f, index: index, bit: 1 << index, p: newThreshold(f.P), from: f.At * 1000, to: forever,
		countries: ^uint8(0), devices: ^uint8(0), qualities: ^uint8(0), cities: ^uint32(0),
		pick: newStream(seed, name+"pick"), amount: newStream(seed, name+"amount"), form: newStream(seed, name+"form"),
	}
	switch f.Kind {
	case faultOutage, faultBandwidth, faultStuckPlayer, faultTelemetryGap:
		c.session = true
	}
	if f.For > 0 {
		c.to = c.from + f.For*1000
	}
	if len(f.Scope.Country) > 0 {
		c.countries = uint8(mask(f.Scope.Country, countryCodes()))
	}
	if len(f.Scope.City) > 0 {
		c.cities = mask(f.Scope.City, cityNames())
	}
	if len(f.Scope.Device) > 0 {
		c.devices = uint8(mask(f.Scope.Device, deviceNames[:]))
	}
	if len(f.Scope.Quality) > 0 {
		c.qualities = uint8(mask(f.Scope.Quality, qualityNames[:]))
	}
	for i := range countries {
		c.providersOf[i] = ^uint32(0)
		if len(f.Scope.ISP) == 0 {
			continue
		}
		names := make([]string, len(countries[i].isps))
		for j, isp := range countries[i].isps {
			names[j] = isp.name
		}
		c.providersOf[i] = mask(f.Scope.ISP, names)
	}
	return c
}

// mask has bit i set where all[i] is among the chosen.
func mask(chosen, all []string) uint32 {
	var m uint32
	for i, name := range all {
		for _, c := range chosen {
			if c == name {
				m |= 1 << i
			}
		}
	}
	return m
}

// covers tells whether a visit is in the fault's scope but for quality.
func (f *fault) covers(v *visit) bool {
	c := places[v.customer.place].country
	return f.countries>>c&1 == 1 && f.cities>>v.customer.place&1 == 1 && f.devices>>v.device&1 == 1 &&
		f.providersOf[c]>>v.customer.provider&1 == 1
}

func (f *fault) during(t int64) bool { return t >= f.from && t < f.to }

// extra gives how much later than without the fault an event may arrive, in
// microseconds.
func (f *fault) extra() int64 {
	switch f.Kind {
	case faultLate, faultDuplicate:
		return f.Delay[1] * 1000
	case faultOutOfOrder:
		return f.Jitter * 1000
	case faultTelemetryGap:
		return (f.For + f.Flood) * 1000
	}
	return 0
}

// The fates of an event.
const (
	fateSent       = iota
	fateRejected   // sent, and such that a reader refuses it
	fateDropped    // lost between producer and broker
	fateSuppressed // never happened, because of an incident
)

// fail lets the scenario's faults act on the visit's events, v.events, in the
// order in which the world does: first what happens to the session, then what
// happens to each event on its way, last to its bytes.
func (p *plan) fail(v *visit) {
	for i := range p.faults {
		f := &p.faults[i]
		if f.session && f.covers(v) && f.qualities>>v.quality&1 == 1 && f.p.hit(f.pick.draw(v.session, 0)) {
			p.incident(f, v)
		}
	}
	genuine := len(v.events)
	for _, copies := range [...]bool{false, true} { // what is copied is what was sent
		for i := range p.faults {
			f := &p.faults[i]
			if f.Kind == faultDuplicate != copies || f.session || !f.covers(v) {
				continue
			}
			for j := range genuine {
				if e := &v.events[j]; e.fate == fateSent && f.during(e.at) && f.qualities>>e.quality&1 == 1 {
					p.transport(f, v, j)
				}
			}
		}
	}
}

// incident lets a fault act on a session that it hits.
func (p *plan) incident(f *fault, v *visit) {
	switch f.Kind {
	case faultOutage:
		p.outage(f, v)
	case faultBandwidth:
		p.collapse(f, v)
	case faultStuckPlayer:
		for i := range v.events {
			e := &v.events[i]
			if e.kind == eventPause && e.fate == fateSent && f.during(e.at) {
				e.faults |= f.bit
				suppress(f, v.events[i+1:])
				return
			}
		}
	case faultTelemetryGap:
		for i := range v.events {
			e := &v.events[i]
			if e.fate != fateSent || !f.during(e.at) {
				continue
			}
			back := (f.to + int64(below(f.amount.draw(v.session, uint64(e.rank)), uint64(f.Flood)*1000))) / 1000
			if back > e.arrival {
				e.late += uint32(back - e.arrival)
				e.arrival = back
				e.faults |= f.bit
			}
		}
	}
}

func suppress(f *fault, events []event) {
	for i := range events {
		if events[i].fate == fateSent {
			events[i].fate = fateSuppressed
			events[i].faults |= f.bit
		}
	}
}

// outage keeps visits of its span from beginning and cuts those that run when it
// begins: the player gives up within seconds, with an error.
func (p *plan) outage(f *fault, v *visit) {
	first := &v.events[0]
	if f.during(first.at) {
		suppress(f, v.events)
		return
	}
	n := len(v.events)
	if first.at >= f.to || v.events[n-1].at <= f.from {
		return
	}
	cut := 0
	for v.events[cut].at <= f.from {
		cut++
	}
	before, after := v.events[cut-1], v.events[cut]
	if before.fate != fateSent || before.kind == eventStop || before.kind == eventComplete {
		return
	}
	suppress(f, v.events[cut:])
	stop := before
	stop.kind, stop.rank, stop.faults = eventStop, uint16(forcedSequence+f.index)<<copyBits, before.faults|f.bit
	stop.at = min(f.from+int64(below(f.amount.draw(v.session, 0), 5*second)), after.at)
	stop.errors = min(stop.errors+1, 100)
	if before.kind != eventPause { // it played until the cut
		played := min(stop.at-before.at, after.watched-before.watched)
		stop.watched += played
		stop.position += played
	}
	p.send(&stop, v)
	v.events = append(v.events, stop)
}

// collapse lowers the throughput during its span: the quality follows, and each
// event reports one rebuffer more than the one before.
func (p *plan) collapse(f *fault, v *visit) {
	var stalls, stalled uint16
	for i := range v.events {
		e := &v.events[i]
		if e.fate != fateSent {
			continue
		}
		if f.during(e.at) {
			e.rate = max(int32(mulDiv(uint64(e.rate), uint64(f.Factor), micro)), 10)
			e.quality = p.rung(e.rate, v)
			stalls++
			stalled += uint16(2 + below(f.amount.draw(v.session, uint64(e.rank)), 7))
		} else if stalls == 0 {
			continue
		}
		e.stalls += stalls
		e.stalled = min(e.stalled+stalled, 3600)
		e.faults |= f.bit
	}
}

// transport lets a fault act on one event on its way.
func (p *plan) transport(f *fault, v *visit, j int) {
	e := &v.events[j]
	n := uint64(e.rank)
	switch f.Kind {
	case faultClockSkew:
		if !f.p.hit(f.pick.draw(uint64(v.deviceID), 0)) {
			return
		}
		e.skew = int32(min(max(int64(e.skew)+f.skewOf(v.deviceID, e.at), -20*dayMS), 20*dayMS))
	case faultDuplicate:
		p.duplicate(f, v, j)
		return
	default:
		if !f.p.hit(f.pick.draw(v.session, n)) {
			return
		}
	}
	switch f.Kind {
	case faultLate:
		late := f.Delay[0] + int64(below(f.amount.draw(v.session, n), uint64(f.Delay[1]-f.Delay[0]+1)))
		e.late += uint32(late)
		e.arrival += late
	case faultOutOfOrder:
		late := int64(below(f.amount.draw(v.session, n), uint64(f.Jitter)+1))
		e.late += uint32(late)
		e.arrival += late
	case faultDrop:
		e.fate = fateDropped
	case faultMalformed:
		e.fate = fateRejected
		e.form = f.chooseForm(f.form.draw(v.session, n))
		e.faults &^= p.payload // a broken record has no other fault of its bytes
	}
	e.faults |= f.bit
}

// skewOf gives the error of a device's clock, in milliseconds: an offset that
// belongs to the device and what the drift added since the fault began.
func (f *fault) skewOf(device uint32, at int64) int64 {
	skew := f.Offset[0] + int64(below(f.amount.draw(uint64(device), 0), uint64(f.Offset[1]-f.Offset[0]+1)))
	since := (at - f.from) / second
	if f.At == 0 {
		since = 0 // a clock that was always wrong has no beginning to drift from
	}
	drifted := since * f.Drift / (1000 * micro)
	return min(max(skew+drifted, -dayMS), dayMS)
}

func (f *fault) chooseForm(u uint64) uint8 {
	forms := f.Forms
	if len(forms) == 0 {
		forms = malformedForms
	}
	chosen := forms[below(u, uint64(len(forms)))]
	for i, form := range malformedForms {
		if form == chosen {
			return uint8(i)
		}
	}
	return 0
}

// duplicate adds a second copy of an event, later. A copy is never copied, lost
// or broken, so that every record has one class of the accounting.
func (p *plan) duplicate(f *fault, v *visit, j int) {
	e := v.events[j]
	entity, n := v.session, uint64(e.rank)
	if f.Mode == duplicateReplay { // a producer's batch: a lane's records of a minute
		entity, n = uint64(e.arrival/60_000), uint64(v.lane)
	}
	if !f.p.hit(f.pick.draw(entity, n)) {
		return
	}
	late := f.Delay[0] + int64(below(f.amount.draw(entity, n), uint64(f.Delay[1]-f.Delay[0]+1)))
	e.rank |= uint16(f.index + 1)
	e.arrival += late
	e.late += uint32(late)
	e.faults |= f.bit
	v.events = append(v.events, e)
}
