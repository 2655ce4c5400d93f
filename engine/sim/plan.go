package sim

import "math/bits"

// The purposes of random numbers: one for every decision, so that a decision
// more, or a fault more, moves no other. Faults add their own by their ids.
type purpose int

const (
	forVisitCount purpose = iota
	forVisitStart
	forVisitThinning
	forVisitCustomer
	forVisitDevice
	forVisitTitle
	forVisitWatch
	forVisitContinued
	forVisitThroughput
	forVisitPauses
	forVisitPauseAt
	forVisitPauseLength
	forVisitPauseLeave
	forVisitStalls
	forVisitStallAt
	forVisitStallLength
	forVisitErrors
	forVisitErrorAt
	forEventThroughput
	forEventDelay
	forEventBurst
	forEventID
	forSessionID
	forCustomerID
	forCustomerPlace
	forCustomerProvider
	forCustomerTier
	forCustomerThroughput
	forCustomerAddress
	forCustomerSignup
	forCustomerValue
	forDeviceID
	forDeviceSystem
	forDeviceLink
	forDeviceApp
	forTitleID
	forTitleRuntime
	forTitleKind
	forTitleGenre
	forTitleRelease
	forTitleName
	forRowCount
	forRowTime
	forRowType
	forRowQuality
	forRowThroughput
	forRowPosition
	forRowWatch
	forRowStalls
	forRowErrors
	purposeCount
)

var purposeNames = [purposeCount]string{
	"visit.count", "visit.start", "visit.thinning", "visit.customer", "visit.device", "visit.title", "visit.watch",
	"visit.continued", "visit.throughput", "visit.pauses", "visit.pause.at", "visit.pause.length", "visit.pause.leave",
	"visit.stalls", "visit.stall.at", "visit.stall.length", "visit.errors", "visit.error.at",
	"event.throughput", "event.delay", "event.burst", "event.id", "session.id",
	"customer.id", "customer.place", "customer.provider", "customer.tier", "customer.throughput", "customer.address",
	"customer.signup", "customer.value", "device.id", "device.system", "device.link", "device.app",
	"title.id", "title.runtime", "title.kind", "title.genre", "title.release", "title.name",
	"row.count", "row.time", "row.type", "row.quality", "row.throughput", "row.position", "row.watch",
	"row.stalls", "row.errors",
}

// classCount classes of visits differ in how long they last at most. A window
// must look back as long as a visit lasts; by class it looks far back only for
// the few that are long.
const classCount = 5

// classes gives, in microseconds, what a class's viewers mean to watch at most,
// and the life of its visits: watching, rebuffers (8 minutes at most) and pauses.
var classes = [classCount]struct{ watch, life int64 }{
	{10 * minute, 30 * minute},
	{25 * minute, 50 * minute},
	{50 * minute, 85 * minute},
	{100 * minute, 145 * minute},
	{maxRuntime, 240 * minute},
}

const (
	cellLength  = minute        // of time in which visits are counted
	maxRuntime  = 145 * minute  // of a title
	maxStalls   = 8             // of a session
	maxStall    = 60 * second   // length of a rebuffer
	maxPauses   = 8             // of a session
	minPause    = second        // length of a pause
	maxErrors   = 4             // of a session
	maxDelay    = 60 * second   // from producer to broker, without faults
	minWatch    = 2 * second    // of a session
	minRate     = 300           // kbps
	maxRate     = 900_000       // kbps
	slowRate    = 3000          // kbps; rows under it rebuffer more
	jitterKeep  = 1 << 31       // Q32: correlation of throughput between neighbouring events, 1/2
	jitterFresh = 3_719_550_787 // Q32: sqrt(1 - 1/4)
)

// plan is a scenario made ready: tables instead of distributions, keys instead of
// purposes. It is read-only once made.
type plan struct {
	sc     *Scenario
	pieces *pieces
	rows   bool // independent rows
	tick   int64
	keys   [purposeCount]stream

	visits     [classCount]poisson   // candidates of a lane and cell, at the curve's maximum
	watchRange [classCount][2]uint64 // quantiles of the watch distribution
	curveMax   int64                 // per mille
	activity   alias
	place      alias
	provider   [countryCount]alias
	tier       [tierCount]uint64 // upper ends, 2^64
	device     alias
	system     [deviceCount]alias
	link       [deviceCount]alias
	app        alias
	title      alias
	titles     []title
	watch      lognormal
	pause      lognormal
	stall      lognormal
	delay      lognormal
	bandwidth  [deviceCount]lognormal
	household  int64 // Q32 weights of the two parts of a session's throughput
	own        int64
	jitter     lognormal
	pauses     poisson
	stalls     [qualityCount]poisson
	errors     poisson
	continued  threshold
	leave      threshold
	rowType    alias
	rowQuality alias
	rowStall   [2]threshold // slow, fast
	rowError   [2]threshold
	faults     []fault
	slack      int64  // us from when an event happens to its arrival, at most
	payload    uint32 // bits of the faults that change bytes within a valid object
}

// threshold is a probability as a bound of a uniform 64-bit number.
type threshold struct {
	below  uint64
	always bool
}

func newThreshold(share int64) threshold {
	if share >= nano {
		return threshold{always: true}
	}
	q, _ := bits.Div64(uint64(share), 0, nano)
	return threshold{below: q}
}

func (t threshold) hit(u uint64) bool { return t.always || u < t.below }

func newPlan(sc *Scenario) *plan {
	p := &plan{sc: sc, pieces: newPieces(), rows: sc.Session.Mode == "independent-rows"}
	for i, name := range purposeNames {
		p.keys[i] = newStream(uint64(sc.Seed), name)
	}
	if sc.Emission.Mode == "tick" {
		p.tick = sc.Emission.Every * 1000
	}
	p.planAudience()
	p.planSessions()
	p.planArrivals()
	p.planTitles()
	p.slack = maxDelay + p.tick + sc.Emission.Burst*1000
	for i := range sc.Faults {
		p.faults = append(p.faults, newFault(&sc.Faults[i], i, uint64(sc.Seed)))
		p.slack += p.faults[i].extra()
		switch sc.Faults[i].Kind {
		case faultMissingField, faultNullField, faultSchemaDrift:
			p.payload |= 1 << i
		}
	}
	return p
}

func (p *plan) planAudience() {
	sc := p.sc
	p.activity = newAlias(unsigned(sc.Population.Activity))
	var ofCountry [countryCount]uint64
	for _, pl := range places {
		ofCountry[pl.country] += pl.share
	}
	weights := make([]uint64, len(places))
	for i, pl := range places {
		weights[i] = mulDiv(uint64(sc.Population.Countries[pl.country]), pl.share<<20, ofCountry[pl.country])
	}
	p.place = newAlias(weights)
	for i, c := range countries {
		var shares []uint64
		for _, isp := range c.isps {
			shares = append(shares, isp.share)
		}
		p.provider[i] = newAlias(shares)
	}
	var sum uint64
	for i, share := range sc.Population.Tiers {
		sum += uint64(share)
		if sum >= nano {
			p.tier[i] = ^uint64(0)
		} else {
			p.tier[i], _ = bits.Div64(sum, 0, nano)
		}
	}
	p.device = newAlias(unsigned(sc.Devices[:]))
	p.app = newAlias(shares(appVersions[:]))
	for d := range deviceCount {
		p.system[d] = newAlias(shares(deviceSystems[d]))
		p.link[d] = newAlias(shares(deviceLinks[d]))
	}
}

func (p *plan) planSessions() {
	s, n := &p.sc.Session, &p.sc.Network
	p.watch = newLognormal(s.WatchMedian*1000, s.WatchSigma)
	p.pause = newLognormal(s.PauseMedian*1000, s.PauseSigma)
	p.stall = newLognormal(s.StallMedian*1000, s.StallSigma)
	p.delay = newLognormal(p.sc.Emission.DelayMedian*1000, p.sc.Emission.DelaySigma)
	for d, median := range n.Median {
		p.bandwidth[d] = newLognormal(median, n.Sigma)
	}
	p.household = int64(sqrtShare(n.Household))
	p.own = int64(sqrtShare(nano - n.Household))
	p.jitter = newLognormal(one32, n.Jitter)
	p.pauses = newPoisson(uint64(ratioQ32(uint64(s.Pauses), micro)))
	for q, mean := range s.Stalls {
		p.stalls[q] = newPoisson(uint64(ratioQ32(uint64(mean), micro)))
	}
	p.errors = newPoisson(uint64(ratioQ32(uint64(s.Errors), micro)))
	p.continued = newThreshold(s.Continued)
	p.leave = newThreshold(s.LeavePaused)
	r := &p.sc.Rows
	p.rowType = newAlias(unsigned(r.Events[:]))
	p.rowQuality = newAlias(unsigned(r.Quality[:]))
	p.rowStall = [2]threshold{newThreshold(r.SlowStall), newThreshold(r.FastStall)}
	p.rowError = [2]threshold{newThreshold(r.SlowError), newThreshold(r.FastError)}
}

// planArrivals splits the visits into classes by the quantile of what a viewer
// means to watch: a superposition of Poisson processes is one.
func (p *plan) planArrivals() {
	a := &p.sc.Arrivals
	for _, v := range append(append([]int64{1}, a.Weekday...), a.Weekend...) {
		p.curveMax = max(p.curveMax, v)
	}
	from := uint64(0)
	for k := range classCount {
		to := ^uint64(0)
		if k < classCount-1 {
			to = p.watchQuantile(classes[k].watch)
		}
		p.watchRange[k] = [2]uint64{from, to}
		// Visits of an hour at the curve's maximum, in Q20 and per mille, become
		// those of a lane and a cell, in Q32.
		atMost := uint64(a.MeanPerHour) * uint64(p.curveMax)
		inClass, _ := bits.Mul64(atMost<<20, to-from)
		p.visits[k] = newPoisson(mulDiv(inClass, 1<<12, 1000*Lanes*uint64(hour/cellLength)))
		from = to
	}
}

// watchQuantile gives the u from which the watch distribution exceeds limit.
func (p *plan) watchQuantile(limit int64) uint64 {
	lo, hi := uint64(0), ^uint64(0)
	for lo < hi {
		mid := lo + (hi-lo)/2
		if p.watch.at(normal(mid)) < limit {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// clock is what a cell of time means at each place: the bound under which a
// candidate's number must stay for its visit to happen. Rates are constant within
// a cell.
type clock [len(places)]uint64

func (p *plan) clock(cell int64) clock {
	var byZone [zoneCount]uint64
	t := cell * cellLength
	for z := range byZone {
		local := t + zones[z].offset(t)*minute
		days, rest := local/day, local%day
		if local < 0 {
			days, rest = -1, local+day
		}
		h, part := rest/hour, rest%hour
		here, next := p.curve(days)[h], p.curve(days + (h+1)/24)[(h+1)%24]
		rate := uint64(here*(hour-part)+next*part) / uint64(hour/1000) // millionths of the mean
		byZone[z] = mulDiv(rate, 1<<63, uint64(p.curveMax)*1000)
	}
	var c clock
	for i, pl := range places {
		c[i] = byZone[pl.zone]
	}
	return c
}

func (p *plan) curve(days int64) []int64 {
	if weekend(days) {
		return p.sc.Arrivals.Weekend
	}
	return p.sc.Arrivals.Weekday
}

func unsigned(list []int64) []uint64 {
	all := make([]uint64, len(list))
	for i, v := range list {
		all[i] = uint64(v)
	}
	return all
}

func shares(list []weighted) []uint64 {
	all := make([]uint64, len(list))
	for i, v := range list {
		all[i] = v.share
	}
	return all
}

// sqrtShare gives the square root of a share in Q32.
func sqrtShare(share int64) uint64 {
	if share >= nano {
		return one32
	}
	x, _ := bits.Div64(uint64(share), 0, nano) // Q64
	var root uint64
	for bit := uint64(1) << 31; bit > 0; bit >>= 1 {
		if r := root | bit; r*r <= x {
			root = r
		}
	}
	return root
}
