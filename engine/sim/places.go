package sim

// Where viewers are, and what joins them to the network. The offsets from UTC
// and the rules of summer time are frozen as of 2025: a tz database that changes
// under a simulator would change its bytes.

// country is one of the three markets.
type country struct {
	code, name string
	isps       []provider
	pool       uint32 // first documentation address, RFC 5737
}

// provider is an internet provider and its share among its country's viewers.
type provider struct {
	name  string
	share uint64
}

// place is a city; viewers of a country are spread over its places by share.
type place struct {
	country     uint8
	city, state string
	zone        uint8
	share       uint64
}

// zone is an offset from UTC in winter, in minutes, and a rule of summer time.
type zone struct {
	winter int64
	summer summerRule
}

type summerRule uint8

const (
	noSummer summerRule = iota
	// Second Sunday of March to first Sunday of November, at 2:00 local time.
	americanSummer
	// Last Sunday of March to last Sunday of October, at 1:00 UTC.
	europeanSummer
)

const (
	zoneEastern = iota
	zoneCentral
	zoneMountain
	zoneArizona
	zonePacific
	zoneLondon
	zoneCount
)

var zones = [zoneCount]zone{
	zoneEastern:  {-300, americanSummer},
	zoneCentral:  {-360, americanSummer},
	zoneMountain: {-420, americanSummer},
	zoneArizona:  {-420, noSummer},
	zonePacific:  {-480, americanSummer},
	zoneLondon:   {0, europeanSummer},
}

const (
	unitedStates = iota
	unitedKingdom
	canada
	countryCount
)

var countries = [countryCount]country{
	unitedStates: {"US", "United States", []provider{
		{"Comcast", 26}, {"Spectrum", 22}, {"AT&T", 18}, {"Verizon", 14}, {"Cox", 10}, {"CenturyLink", 6}, {"Frontier", 4},
	}, 192<<24 | 0<<16 | 2<<8},
	unitedKingdom: {"GB", "United Kingdom", []provider{
		{"BT", 28}, {"Sky", 24}, {"Virgin Media", 22}, {"TalkTalk", 12}, {"Vodafone", 8}, {"EE", 6},
	}, 198<<24 | 51<<16 | 100<<8},
	canada: {"CA", "Canada", []provider{
		{"Rogers", 28}, {"Bell", 26}, {"Telus", 20}, {"Shaw", 16}, {"Videotron", 10},
	}, 203<<24 | 0<<16 | 113<<8},
}

var places = [...]place{
	{unitedStates, "New York", "New York", zoneEastern, 26},
	{unitedStates, "Los Angeles", "California", zonePacific, 20},
	{unitedStates, "Chicago", "Illinois", zoneCentral, 16},
	{unitedStates, "Houston", "Texas", zoneCentral, 13},
	{unitedStates, "Phoenix", "Arizona", zoneArizona, 10},
	{unitedStates, "Seattle", "Washington", zonePacific, 8},
	{unitedStates, "Boston", "Massachusetts", zoneEastern, 7},
	{unitedKingdom, "London", "England", zoneLondon, 46},
	{unitedKingdom, "Manchester", "England", zoneLondon, 17},
	{unitedKingdom, "Birmingham", "England", zoneLondon, 16},
	{unitedKingdom, "Glasgow", "Scotland", zoneLondon, 11},
	{unitedKingdom, "Leeds", "England", zoneLondon, 10},
	{canada, "Toronto", "Ontario", zoneEastern, 32},
	{canada, "Montreal", "Quebec", zoneEastern, 22},
	{canada, "Vancouver", "British Columbia", zonePacific, 15},
	{canada, "Calgary", "Alberta", zoneMountain, 11},
	{canada, "Ottawa", "Ontario", zoneEastern, 8},
	{canada, "Edmonton", "Alberta", zoneMountain, 7},
	{canada, "Winnipeg", "Manitoba", zoneCentral, 5},
}

// benchmarkPool is 198.18.0.0/15, RFC 2544: 131,072 addresses no one routes.
const (
	benchmarkPool = 198<<24 | 18<<16
	benchmarkSize = 1 << 17
)

// The classes of device, in the order of the report.
const (
	mobile = iota
	web
	tv
	tablet
	deviceCount
)

var deviceNames = [deviceCount]string{"mobile", "web", "tv", "tablet"}

// weighted is a value and its share among its siblings.
type weighted struct {
	name  string
	share uint64
}

var deviceSystems = [deviceCount][]weighted{
	mobile: {{"iOS", 52}, {"Android", 48}},
	web:    {{"Windows", 52}, {"macOS", 28}, {"Linux", 8}, {"ChromeOS", 12}},
	tv:     {{"Roku OS", 28}, {"Fire TV", 24}, {"Smart TV OS", 22}, {"Android TV", 14}, {"Apple TV", 12}},
	tablet: {{"iOS", 58}, {"Android", 42}},
}

var deviceLinks = [deviceCount][]weighted{
	mobile: {{"wifi", 56}, {"mobile", 44}},
	web:    {{"wifi", 50}, {"cable", 24}, {"fiber", 18}, {"dsl", 7}, {"satellite", 1}},
	tv:     {{"wifi", 46}, {"cable", 28}, {"fiber", 21}, {"dsl", 4}, {"satellite", 1}},
	tablet: {{"wifi", 88}, {"mobile", 12}},
}

// appVersions are the releases of the player in use; most devices update soon.
var appVersions = [...]weighted{
	{"5.9.2", 21}, {"5.9.1", 16}, {"5.9.0", 8}, {"5.8.8", 11}, {"5.8.0", 7}, {"5.7.6", 6}, {"5.5.1", 5}, {"5.4.0", 4},
	{"5.2.7", 4}, {"5.1.0", 3}, {"4.9.4", 3}, {"4.8.7", 2}, {"4.6.3", 2}, {"4.4.9", 2}, {"4.0.9", 2}, {"3.9.2", 2}, {"3.5.7", 1}, {"3.3.0", 1},
}

// The rungs of quality.
const (
	qualitySD = iota
	qualityHD
	quality4K
	qualityCount
)

var qualityNames = [qualityCount]string{"SD", "HD", "4K"}

// The plans, in the order of the tiers of schema.Customers.
const (
	tierAds = iota
	tierBasic
	tierStandard
	tierPremium
	tierCount
)

var tierNames = [tierCount]string{"free_with_ads", "basic", "standard", "premium"}

// tierRung is the best quality a plan pays for.
var tierRung = [tierCount]uint8{qualityHD, qualityHD, quality4K, quality4K}

// The types of event; the numbers are not on the wire.
const (
	eventStart = iota
	eventStop
	eventPause
	eventResume
	eventComplete
	eventCount
)

var eventNames = [eventCount]string{"start", "stop", "pause", "resume", "complete"}
