package sim

// kind is the form of a field's value in the file and in the Scenario.
type kind uint8

const (
	textKind     kind = iota // string
	enumKind                 // string, one of a list
	integerKind              // int64
	decimalKind              // int64, 10^-6
	signedKind               // int64, 10^-6, may be negative
	shareKind                // int64, 10^-9, 0 to 1
	durationKind             // int64, ms
	offsetKind               // int64, ms, may be negative
	sizeKind                 // int64, bytes
	rateKind                 // int64, kbps
	timeKind                 // int64, ms since the epoch
	momentKind               // int64, ms: a time, or a duration since the scenario's start
	integersKind             // []int64
	textsKind                // []string, or one string
)

// field is one field of the file: the one statement from which the decoder, the
// JSON Schema, Explain, Diff and the canonical form derive. T is what holds it.
type field[T any] struct {
	path     string // dotted
	kind     kind
	def      string // as in the file; "" means the zero value, "!" that it must be given
	enum     []string
	min, max int64 // in the kind's own unit; no bound where max is 0
	count    int   // of a list, where it is fixed
	whole    bool  // a share that makes up 100% with its siblings of that mark
	label    bool  // does not decide any byte
	on       []string
	doc      string
	at       func(*T) any // *int64, *string, *[]int64 or *[]string
}

const (
	weekdayCurve = "[620, 400, 260, 190, 170, 200, 300, 450, 600, 700, 760, 830, 920, 960, 970, 990, 1060, 1200, 1450, 1780, 2050, 2080, 1750, 1110]"
	weekendCurve = "[720, 480, 310, 210, 180, 200, 280, 420, 620, 800, 920, 1000, 1070, 1100, 1110, 1120, 1170, 1290, 1510, 1800, 2050, 2100, 1850, 1270]"
	// Mean visits of each tenth of an audience whose activity is gamma
	// distributed with shape 0.6.
	gammaActivity = "[11, 61, 146, 266, 428, 645, 940, 1366, 2066, 4071]"
	year2097      = 4_007_836_800_000 // the cells of a lane are numbered in 26 bits of minutes
)

type sc = Scenario

var scenarioFields = []field[Scenario]{
	{path: "apiVersion", kind: enumKind, def: "!", enum: []string{APIVersion}, doc: "Form of this file.", at: func(s *sc) any { return &s.APIVersion }},
	{path: "engine", kind: integerKind, def: "!", min: Engine, max: Engine, doc: "Meaning of the bytes; a change of bytes is another engine.", at: func(s *sc) any { return &s.Engine }},
	{path: "name", kind: textKind, def: "!", label: true, doc: "Name of the scenario.", at: func(s *sc) any { return &s.Name }},
	{path: "description", kind: textKind, label: true, doc: "What it is for.", at: func(s *sc) any { return &s.Description }},
	{path: "seed", kind: integerKind, def: "42", max: 1<<63 - 1, label: true, doc: "Source of every random number. Not part of the digest.", at: func(s *sc) any { return &s.Seed }},

	{path: "time.start", kind: timeKind, def: "!", max: year2097, doc: "Begin of the default window and origin of the times of faults, UTC.", at: func(s *sc) any { return &s.Start }},
	{path: "time.duration", kind: durationKind, max: 36525 * 86_400_000, doc: "Length of the default window; 0 is open-ended.", at: func(s *sc) any { return &s.Duration }},

	{path: "population.customers", kind: integerKind, def: "60000", min: Lanes, max: 1 << 28, doc: "Customers.", at: func(s *sc) any { return &s.Population.Customers }},
	{path: "population.countries.US", kind: shareKind, def: "39%", whole: true, doc: "Share of customers in the United States.", at: func(s *sc) any { return &s.Population.Countries[unitedStates] }},
	{path: "population.countries.GB", kind: shareKind, def: "23%", whole: true, doc: "Share of customers in the United Kingdom.", at: func(s *sc) any { return &s.Population.Countries[unitedKingdom] }},
	{path: "population.countries.CA", kind: shareKind, def: "38%", whole: true, doc: "Share of customers in Canada.", at: func(s *sc) any { return &s.Population.Countries[canada] }},
	{path: "population.activity", kind: integersKind, def: gammaActivity, count: 10, max: 1_000_000, doc: "Relative visits of each tenth of the customers.", at: func(s *sc) any { return &s.Population.Activity }},
	{path: "population.tiers.free_with_ads", kind: shareKind, def: "14%", whole: true, doc: "Share of customers who pay with attention.", at: func(s *sc) any { return &s.Population.Tiers[tierAds] }},
	{path: "population.tiers.basic", kind: shareKind, def: "12%", whole: true, doc: "Share of customers on the basic plan; HD at most.", at: func(s *sc) any { return &s.Population.Tiers[tierBasic] }},
	{path: "population.tiers.standard", kind: shareKind, def: "42%", whole: true, doc: "Share of customers on the standard plan.", at: func(s *sc) any { return &s.Population.Tiers[tierStandard] }},
	{path: "population.tiers.premium", kind: shareKind, def: "32%", whole: true, doc: "Share of customers on the premium plan.", at: func(s *sc) any { return &s.Population.Tiers[tierPremium] }},
	{path: "population.lapsed", kind: shareKind, def: "4%", doc: "Former customers in the dimension table, relative to customers; no event has one.", at: func(s *sc) any { return &s.Population.Lapsed }},
	{path: "population.addresses", kind: enumKind, def: "benchmark", enum: []string{"benchmark", "documentation"}, doc: "Range of the IP addresses: 198.18.0.0/15 (RFC 2544), or the 768 addresses of RFC 5737, one network a country.", at: func(s *sc) any { return &s.Population.Addresses }},

	{path: "catalogue.titles", kind: integerKind, def: "2000", min: 1, max: 1 << 16, doc: "Titles.", at: func(s *sc) any { return &s.Catalogue.Titles }},
	{path: "catalogue.popularity.alpha", kind: decimalKind, def: "0.8", max: 3 * micro, doc: "Exponent of the Zipf-Mandelbrot law of popularity.", at: func(s *sc) any { return &s.Catalogue.Alpha }},
	{path: "catalogue.popularity.q", kind: decimalKind, def: "10", max: 1000 * micro, doc: "Shift of the Zipf-Mandelbrot law: how flat its head is.", at: func(s *sc) any { return &s.Catalogue.Q }},
	{path: "catalogue.runtimes.short", kind: shareKind, def: "20%", whole: true, doc: "Share of titles of 20 to 31 minutes.", at: func(s *sc) any { return &s.Catalogue.RuntimeShare[0] }},
	{path: "catalogue.runtimes.medium", kind: shareKind, def: "35%", whole: true, doc: "Share of titles of 40 to 65 minutes.", at: func(s *sc) any { return &s.Catalogue.RuntimeShare[1] }},
	{path: "catalogue.runtimes.long", kind: shareKind, def: "45%", whole: true, doc: "Share of titles of 85 to 145 minutes.", at: func(s *sc) any { return &s.Catalogue.RuntimeShare[2] }},

	{path: "arrivals.mean_per_hour", kind: integerKind, def: "32800", max: 50_000_000, doc: "Visits an hour where the curve stands at 1000.", at: func(s *sc) any { return &s.Arrivals.MeanPerHour }},
	{path: "arrivals.weekday", kind: integersKind, def: weekdayCurve, count: 24, max: 100_000, doc: "Per mille of the mean at each full local hour, Monday to Friday; straight lines between.", at: func(s *sc) any { return &s.Arrivals.Weekday }},
	{path: "arrivals.weekend", kind: integersKind, def: weekendCurve, count: 24, max: 100_000, doc: "The same for Saturday and Sunday.", at: func(s *sc) any { return &s.Arrivals.Weekend }},

	{path: "session.mode", kind: enumKind, def: "lifecycle", enum: []string{"lifecycle", "independent-rows"}, doc: "Sessions from start to stop or complete, or rows drawn alone (the fields under rows).", at: func(s *sc) any { return &s.Session.Mode }},
	{path: "session.watch.median", kind: durationKind, def: "40m", min: 60_000, max: 6 * 3_600_000, doc: "Median of the time a viewer means to watch (lognormal, cut at the end of the title).", at: func(s *sc) any { return &s.Session.WatchMedian }},
	{path: "session.watch.sigma", kind: decimalKind, def: "0.9", max: 3 * micro, doc: "Spread of it, of the natural logarithm.", at: func(s *sc) any { return &s.Session.WatchSigma }},
	{path: "session.continued", kind: shareKind, def: "12%", doc: "Share of sessions that begin inside the title, where an earlier one ended.", at: func(s *sc) any { return &s.Session.Continued }},
	{path: "session.complete_at", kind: shareKind, def: "95%", min: nano / 2, doc: "Share of the runtime from which the end counts as complete.", at: func(s *sc) any { return &s.Session.CompleteAt }},
	{path: "session.pauses", kind: decimalKind, def: "0.8", max: 4 * micro, doc: "Mean pauses of a session.", at: func(s *sc) any { return &s.Session.Pauses }},
	{path: "session.pause.median", kind: durationKind, def: "60s", min: 1000, max: 600_000, doc: "Median length of a pause (lognormal).", at: func(s *sc) any { return &s.Session.PauseMedian }},
	{path: "session.pause.sigma", kind: decimalKind, def: "1.04", max: 3 * micro, doc: "Spread of it, of the natural logarithm.", at: func(s *sc) any { return &s.Session.PauseSigma }},
	{path: "session.leave_paused", kind: shareKind, def: "6%", doc: "Share of pauses that end the session.", at: func(s *sc) any { return &s.Session.LeavePaused }},
	{path: "session.stalls.SD", kind: decimalKind, def: "1.4", max: 8 * micro, doc: "Mean rebuffers of a session in SD.", at: func(s *sc) any { return &s.Session.Stalls[qualitySD] }},
	{path: "session.stalls.HD", kind: decimalKind, def: "0.17", max: 8 * micro, doc: "Mean rebuffers of a session in HD.", at: func(s *sc) any { return &s.Session.Stalls[qualityHD] }},
	{path: "session.stalls.4K", kind: decimalKind, def: "0.02", max: 8 * micro, doc: "Mean rebuffers of a session in 4K.", at: func(s *sc) any { return &s.Session.Stalls[quality4K] }},
	{path: "session.stall.median", kind: durationKind, def: "4s", min: 1000, max: 60_000, doc: "Median length of a rebuffer (lognormal, at least 1 s).", at: func(s *sc) any { return &s.Session.StallMedian }},
	{path: "session.stall.sigma", kind: decimalKind, def: "0.8", max: 3 * micro, doc: "Spread of it, of the natural logarithm.", at: func(s *sc) any { return &s.Session.StallSigma }},
	{path: "session.errors", kind: decimalKind, def: "0.03", max: 4 * micro, doc: "Mean player errors of a session.", at: func(s *sc) any { return &s.Session.Errors }},

	{path: "devices.mobile", kind: shareKind, def: "33%", whole: true, doc: "Share of visits on phones.", at: func(s *sc) any { return &s.Devices[mobile] }},
	{path: "devices.web", kind: shareKind, def: "30%", whole: true, doc: "Share of visits in browsers.", at: func(s *sc) any { return &s.Devices[web] }},
	{path: "devices.tv", kind: shareKind, def: "31%", whole: true, doc: "Share of visits on television sets.", at: func(s *sc) any { return &s.Devices[tv] }},
	{path: "devices.tablet", kind: shareKind, def: "6%", whole: true, doc: "Share of visits on tablets.", at: func(s *sc) any { return &s.Devices[tablet] }},

	{path: "network.bandwidth.median.mobile", kind: rateKind, def: "8.1Mbps", min: 100, max: 500_000, doc: "Median throughput of phones (lognormal).", at: func(s *sc) any { return &s.Network.Median[mobile] }},
	{path: "network.bandwidth.median.web", kind: rateKind, def: "6.7Mbps", min: 100, max: 500_000, doc: "Median throughput of browsers.", at: func(s *sc) any { return &s.Network.Median[web] }},
	{path: "network.bandwidth.median.tv", kind: rateKind, def: "9.3Mbps", min: 100, max: 500_000, doc: "Median throughput of television sets.", at: func(s *sc) any { return &s.Network.Median[tv] }},
	{path: "network.bandwidth.median.tablet", kind: rateKind, def: "7.4Mbps", min: 100, max: 500_000, doc: "Median throughput of tablets.", at: func(s *sc) any { return &s.Network.Median[tablet] }},
	{path: "network.bandwidth.sigma", kind: decimalKind, def: "0.68", max: 2 * micro, doc: "Spread of the throughput between sessions, of the natural logarithm.", at: func(s *sc) any { return &s.Network.Sigma }},
	{path: "network.household", kind: shareKind, def: "50%", doc: "Share of that variance that all sessions of a customer have in common.", at: func(s *sc) any { return &s.Network.Household }},
	{path: "network.jitter", kind: decimalKind, def: "0.12", max: micro, doc: "Spread within a session, between events.", at: func(s *sc) any { return &s.Network.Jitter }},
	{path: "network.quality.HD", kind: rateKind, def: "5.2Mbps", min: 100, max: 14_900, doc: "Throughput from which HD is played.", at: func(s *sc) any { return &s.Network.HD }},
	{path: "network.quality.4K", kind: rateKind, def: "15.4Mbps", min: 15_000, max: 500_000, doc: "Throughput from which 4K is played.", at: func(s *sc) any { return &s.Network.UltraHD }},

	{path: "rows.events.start", kind: shareKind, def: "15%", whole: true, doc: "Share of rows that are a start.", at: func(s *sc) any { return &s.Rows.Events[eventStart] }},
	{path: "rows.events.stop", kind: shareKind, def: "35%", whole: true, doc: "Share of rows that are a stop.", at: func(s *sc) any { return &s.Rows.Events[eventStop] }},
	{path: "rows.events.pause", kind: shareKind, def: "15%", whole: true, doc: "Share of rows that are a pause.", at: func(s *sc) any { return &s.Rows.Events[eventPause] }},
	{path: "rows.events.resume", kind: shareKind, def: "15%", whole: true, doc: "Share of rows that are a resume.", at: func(s *sc) any { return &s.Rows.Events[eventResume] }},
	{path: "rows.events.complete", kind: shareKind, def: "20%", whole: true, doc: "Share of rows that are a complete.", at: func(s *sc) any { return &s.Rows.Events[eventComplete] }},
	{path: "rows.quality.SD", kind: shareKind, def: "25%", whole: true, doc: "Share of rows in SD, at 1.5 to 5 Mbps.", at: func(s *sc) any { return &s.Rows.Quality[qualitySD] }},
	{path: "rows.quality.HD", kind: shareKind, def: "60%", whole: true, doc: "Share of rows in HD, at 5 to 15 Mbps.", at: func(s *sc) any { return &s.Rows.Quality[qualityHD] }},
	{path: "rows.quality.4K", kind: shareKind, def: "15%", whole: true, doc: "Share of rows in 4K, at 15 to 30 Mbps.", at: func(s *sc) any { return &s.Rows.Quality[quality4K] }},
	{path: "rows.viewers.night", kind: integersKind, def: "[1000, 3000]", count: 2, max: 10_000_000, doc: "Least and most viewers of a tick, 0 to 6 UTC.", at: func(s *sc) any { return &s.Rows.Viewers[0] }},
	{path: "rows.viewers.morning", kind: integersKind, def: "[3000, 6000]", count: 2, max: 10_000_000, doc: "The same, 6 to 12 UTC.", at: func(s *sc) any { return &s.Rows.Viewers[1] }},
	{path: "rows.viewers.afternoon", kind: integersKind, def: "[5000, 10000]", count: 2, max: 10_000_000, doc: "The same, 12 to 18 UTC.", at: func(s *sc) any { return &s.Rows.Viewers[2] }},
	{path: "rows.viewers.evening", kind: integersKind, def: "[8000, 25000]", count: 2, max: 10_000_000, doc: "The same, 18 to 24 UTC.", at: func(s *sc) any { return &s.Rows.Viewers[3] }},
	{path: "rows.per_viewer", kind: decimalKind, def: "1", max: 100 * micro, doc: "Rows of a viewer in a tick.", at: func(s *sc) any { return &s.Rows.PerViewer }},
	{path: "rows.runtime.min", kind: durationKind, def: "5m", min: 60_000, max: 36_000_000, doc: "Shortest title, whole minutes; uniform up to the longest. For catalogue.runtimes, when rows are independent.", at: func(s *sc) any { return &s.Rows.Runtime[0] }},
	{path: "rows.runtime.max", kind: durationKind, def: "2h", min: 60_000, max: 36_000_000, doc: "Longest title.", at: func(s *sc) any { return &s.Rows.Runtime[1] }},
	{path: "rows.rebuffering.slow", kind: shareKind, def: "70%", doc: "Share of rows under 3 Mbps that rebuffered, 1 to 3 times.", at: func(s *sc) any { return &s.Rows.SlowStall }},
	{path: "rows.rebuffering.fast", kind: shareKind, def: "4%", doc: "Share of the other rows that rebuffered.", at: func(s *sc) any { return &s.Rows.FastStall }},
	{path: "rows.errors.slow", kind: shareKind, def: "8%", doc: "Share of rows under 3 Mbps with a player error.", at: func(s *sc) any { return &s.Rows.SlowError }},
	{path: "rows.errors.fast", kind: shareKind, def: "2%", doc: "Share of the other rows with a player error.", at: func(s *sc) any { return &s.Rows.FastError }},

	{path: "emission.mode", kind: enumKind, def: "realtime", enum: []string{"realtime", "tick"}, doc: "Events leave as they happen, or all of a tick's in one burst at its end.", at: func(s *sc) any { return &s.Emission.Mode }},
	{path: "emission.every", kind: durationKind, def: "5m", min: 60_000, max: 3_600_000, doc: "Length of a tick, whole minutes.", at: func(s *sc) any { return &s.Emission.Every }},
	{path: "emission.burst", kind: durationKind, def: "20s", min: 1, max: 60_000, doc: "How long a burst takes.", at: func(s *sc) any { return &s.Emission.Burst }},
	{path: "emission.delay.median", kind: durationKind, def: "350ms", min: 1, max: 30_000, doc: "Median time from the producer to the broker (lognormal, at most 60 s).", at: func(s *sc) any { return &s.Emission.DelayMedian }},
	{path: "emission.delay.sigma", kind: decimalKind, def: "1", max: 3 * micro, doc: "Spread of it, of the natural logarithm.", at: func(s *sc) any { return &s.Emission.DelaySigma }},

	{path: "delivery.delimiter", kind: enumKind, def: "newline", enum: []string{"newline", "none"}, doc: "What stands between the records of an object.", at: func(s *sc) any { return &s.Delivery.Delimiter }},
	{path: "delivery.buffers", kind: integerKind, def: "1", min: 1, max: 256, doc: "Delivery buffers; a record's is chosen by its key.", at: func(s *sc) any { return &s.Delivery.Buffers }},
	{path: "delivery.interval", kind: durationKind, def: "300s", min: 1000, max: 900_000, doc: "Age at which a buffer is written.", at: func(s *sc) any { return &s.Delivery.IntervalMS }},
	{path: "delivery.size", kind: sizeKind, def: "128MiB", min: 1 << 10, max: 128 << 20, doc: "Size at which a buffer is written, before compression.", at: func(s *sc) any { return &s.Delivery.SizeBytes }},
}
