package sim

// Engine is the meaning of streams, tables, classes and field order. A scenario
// names the one it was written for; a change of bytes is a change of engine.
const Engine = 1

// APIVersion is the form of the scenario file.
const APIVersion = "acme/v1"

// Lanes is how many independent parts the audience has. It is the meaning of a
// scenario, never of a deployment: workers and shards divide lanes.
const Lanes = 64

// Scenario is a resolved and valid scenario. Read it freely; change it by Set,
// which checks. Durations and times are milliseconds, shares are 10^-9, other
// decimals 10^-6, rates kilobits a second.
type Scenario struct {
	APIVersion  string
	Engine      int64
	Name        string
	Description string
	Seed        int64

	// Start is the beginning of the default window and the origin of every
	// fault's At; Duration is 0 where the scenario has no end.
	Start, Duration int64

	Population Population
	Catalogue  Catalogue
	Arrivals   Arrivals
	Session    Session
	Devices    [deviceCount]int64 // shares
	Network    Network
	Rows       Rows
	Emission   Emission
	Delivery   Delivery
	Faults     []Fault

	file    string
	tree    *node
	base    func(string) ([]byte, error)
	origins map[string]position
}

// Population is who watches.
type Population struct {
	Customers int64
	Countries [countryCount]int64 // shares
	Activity  []int64             // relative visits of each tenth of the customers
	Tiers     [tierCount]int64    // shares
	Lapsed    int64               // share
	Addresses string              // benchmark or documentation
}

// Catalogue is what is watched.
type Catalogue struct {
	Titles       int64
	Alpha, Q     int64    // of Zipf-Mandelbrot popularity, w(i) = (i+q)^-alpha
	RuntimeShare [3]int64 // shares of short, medium and long titles
}

// Arrivals is when visits begin.
type Arrivals struct {
	MeanPerHour      int64
	Weekday, Weekend []int64 // per mille of the mean, by local hour, joined by lines
}

// Session is what happens in a visit.
type Session struct {
	Mode                    string // lifecycle or independent-rows
	WatchMedian, WatchSigma int64
	Continued               int64 // share
	CompleteAt              int64 // share of the runtime
	Pauses                  int64 // mean
	PauseMedian, PauseSigma int64
	LeavePaused             int64               // share
	Stalls                  [qualityCount]int64 // mean by quality
	StallMedian, StallSigma int64
	Errors                  int64 // mean
}

// Network is the throughput and what it buys.
type Network struct {
	Median      [deviceCount]int64 // kbps
	Sigma       int64
	Household   int64 // share of the variance that is the household's
	Jitter      int64 // sigma within a session
	HD, UltraHD int64 // kbps from which a rung is played
}

// Rows is the world of session.mode independent-rows.
type Rows struct {
	Events               [eventCount]int64   // shares
	Quality              [qualityCount]int64 // shares
	Viewers              [4][]int64          // least and most a tick, by quarter of the UTC day
	PerViewer            int64
	Runtime              [2]int64
	SlowStall, FastStall int64 // share of rows with rebuffering, under and over 3 Mbps
	SlowError, FastError int64
}

// Emission is how events leave their producer.
type Emission struct {
	Mode                    string // realtime or tick
	Every, Burst            int64
	DelayMedian, DelaySigma int64
}

// Delivery is how the records become objects; the simulator does not use it.
type Delivery struct {
	Delimiter  string // newline or none
	Buffers    int64  // a record's buffer is FNV-1a(key) mod Buffers
	IntervalMS int64
	SizeBytes  int64
}
