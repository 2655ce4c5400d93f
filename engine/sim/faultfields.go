package sim

// The kinds of fault. Incidents, the last four, happen to sessions; the others
// to single events on their way.
const (
	faultLate         = "late"
	faultOutOfOrder   = "out_of_order"
	faultDuplicate    = "duplicate"
	faultDrop         = "drop"
	faultMalformed    = "malformed"
	faultMissingField = "missing_field"
	faultNullField    = "null_field"
	faultSchemaDrift  = "schema_drift"
	faultClockSkew    = "clock_skew"
	faultOutage       = "outage"
	faultBandwidth    = "bandwidth"
	faultStuckPlayer  = "stuck_player"
	faultTelemetryGap = "telemetry_gap"
)

var faultKinds = []string{
	faultLate, faultOutOfOrder, faultDuplicate, faultDrop, faultMalformed, faultMissingField, faultNullField,
	faultSchemaDrift, faultClockSkew, faultOutage, faultBandwidth, faultStuckPlayer, faultTelemetryGap,
}

// The ways in which a record can be malformed. The reader described at Stats refuses each.
const (
	formTruncated    = "truncated"
	formBadEscape    = "bad_escape"
	formNaN          = "nan"
	formWrongType    = "wrong_type"
	formOversize     = "oversize"
	formEmpty        = "empty"
	formConcatenated = "concatenated"
	formBOM          = "bom"
)

var malformedForms = []string{formTruncated, formBadEscape, formNaN, formWrongType, formOversize, formEmpty, formConcatenated, formBOM}

// The modes of a duplicate and the changes of a schema.
const (
	duplicateIdentical = "identical"
	duplicateChanged   = "changed"
	duplicateReplay    = "replay"

	driftRename = "rename"
	driftAdd    = "add"
	driftType   = "type"
)

// Fault is one thing that goes wrong on purpose, with the probability P, within
// Scope and from At for For. What its other fields mean stands in faultFields.
type Fault struct {
	ID, Kind string
	P        int64 // share
	Scope    Scope
	At       int64 // ms since the epoch; 0 is always
	For      int64 // ms; 0 is without end

	Delay  [2]int64 // ms: least and most
	Jitter int64    // ms
	Mode   string
	Forms  []string
	Field  string
	Change string
	To     string
	Offset [2]int64 // ms, signed
	Drift  int64    // 10^-6 of a part in a million
	Factor int64    // 10^-6
	Flood  int64    // ms
}

// Scope selects what a fault can touch; an empty list selects everything.
type Scope struct{ Country, City, Device, ISP, Quality []string }

func countryCodes() []string {
	all := make([]string, countryCount)
	for i, c := range countries {
		all[i] = c.code
	}
	return all
}

func cityNames() []string {
	all := make([]string, len(places))
	for i, p := range places {
		all[i] = p.city
	}
	return all
}

func ispNames() []string {
	var all []string
	for _, c := range countries {
		for _, p := range c.isps {
			all = append(all, p.name)
		}
	}
	return all
}

// brokenFields are the fields that a fault may remove, empty or change.
var brokenFields = []string{
	"event_id", "title_id", "session_id", "event_type", "event_timestamp", "watch_duration_seconds", "position_seconds",
	"completion_percentage", "device_type", "device_id", "device_os", "app_version", "quality", "bandwidth_mbps",
	"buffering_events", "buffering_duration_seconds", "error_count", "ip_address", "country", "state", "city", "isp", "connection_type",
}

var (
	onField   = []string{faultMissingField, faultNullField, faultSchemaDrift}
	onDelayed = []string{faultLate, faultDuplicate}
)

const dayMS = 86_400_000

type flt = Fault

var faultFields = []field[Fault]{
	{path: "id", kind: textKind, def: "!", doc: "Name of the fault, in the labels and as the source of its random numbers.", at: func(f *flt) any { return &f.ID }},
	{path: "kind", kind: enumKind, def: "!", enum: faultKinds, doc: "What goes wrong.", at: func(f *flt) any { return &f.Kind }},
	{path: "p", kind: shareKind, def: "100%", doc: "Probability: of an event; of a session for incidents; of a device for clock_skew; of a producer's batch for a replay.", at: func(f *flt) any { return &f.P }},
	{path: "scope.country", kind: textsKind, enum: countryCodes(), doc: "Only these countries.", at: func(f *flt) any { return &f.Scope.Country }},
	{path: "scope.city", kind: textsKind, enum: cityNames(), doc: "Only these cities.", at: func(f *flt) any { return &f.Scope.City }},
	{path: "scope.device", kind: textsKind, enum: deviceNames[:], doc: "Only these classes of device.", at: func(f *flt) any { return &f.Scope.Device }},
	{path: "scope.isp", kind: textsKind, enum: ispNames(), doc: "Only these internet providers.", at: func(f *flt) any { return &f.Scope.ISP }},
	{path: "scope.quality", kind: textsKind, enum: qualityNames[:], doc: "Only these qualities; of the event, or of the session's beginning for incidents.", at: func(f *flt) any { return &f.Scope.Quality }},
	{path: "at", kind: momentKind, doc: "From when, by the time of the event: a duration since time.start, or a time. Always where it is left out.", at: func(f *flt) any { return &f.At }},
	{path: "for", kind: durationKind, max: 36525 * dayMS, doc: "For how long; without end where it is left out.", at: func(f *flt) any { return &f.For }},

	{path: "delay.min", kind: durationKind, def: "1m", max: dayMS, on: onDelayed, doc: "Least delay.", at: func(f *flt) any { return &f.Delay[0] }},
	{path: "delay.max", kind: durationKind, def: "10m", min: 1, max: dayMS, on: onDelayed, doc: "Most delay; uniform between.", at: func(f *flt) any { return &f.Delay[1] }},
	{path: "jitter", kind: durationKind, def: "5s", min: 1, max: 600_000, on: []string{faultOutOfOrder}, doc: "Most extra delay, uniform from 0: neighbours change places.", at: func(f *flt) any { return &f.Jitter }},
	{path: "mode", kind: enumKind, def: "identical", enum: []string{duplicateIdentical, duplicateChanged, duplicateReplay}, on: []string{faultDuplicate}, doc: "The same bytes again; the same event_id with another payload; or all records of a producer's batch again.", at: func(f *flt) any { return &f.Mode }},
	{path: "forms", kind: textsKind, enum: malformedForms, on: []string{faultMalformed}, doc: "Which ways of being malformed; all where it is left out.", at: func(f *flt) any { return &f.Forms }},
	{path: "field", kind: enumKind, def: "!", enum: brokenFields, on: onField, doc: "The field; for change: add, the one after which the new field stands.", at: func(f *flt) any { return &f.Field }},
	{path: "change", kind: enumKind, def: "!", enum: []string{driftRename, driftAdd, driftType}, on: []string{faultSchemaDrift}, doc: "Rename the field, add another, or turn a number into text and text into a list of it.", at: func(f *flt) any { return &f.Change }},
	{path: "to", kind: textKind, on: []string{faultSchemaDrift}, doc: "The new name, of rename and add.", at: func(f *flt) any { return &f.To }},
	{path: "offset.min", kind: offsetKind, def: "-2m", min: -dayMS, max: dayMS, on: []string{faultClockSkew}, doc: "Least error of a device's clock.", at: func(f *flt) any { return &f.Offset[0] }},
	{path: "offset.max", kind: offsetKind, def: "2m", min: -dayMS, max: dayMS, on: []string{faultClockSkew}, doc: "Most error; uniform between, fixed for a device.", at: func(f *flt) any { return &f.Offset[1] }},
	{path: "drift", kind: signedKind, def: "0", min: -1000 * micro, max: 1000 * micro, on: []string{faultClockSkew}, doc: "How fast the error grows from at on, parts in a million.", at: func(f *flt) any { return &f.Drift }},
	{path: "factor", kind: decimalKind, def: "0.25", min: micro / 1000, max: micro, on: []string{faultBandwidth}, doc: "What is left of the throughput.", at: func(f *flt) any { return &f.Factor }},
	{path: "flood", kind: durationKind, def: "30s", min: 1, max: 600_000, on: []string{faultTelemetryGap}, doc: "How long it takes to send what was held back.", at: func(f *flt) any { return &f.Flood }},
}
