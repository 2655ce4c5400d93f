package sim

import "strconv"

// Truth is what a fault did to one event: the ground truth against which a
// pipeline is judged. It never travels with the event.
type Truth struct {
	Fault  string // id of the fault
	Kind   string
	Effect string // late, reordered, held, duplicate, dropped, rejected, missing, null, drift, skew, forced_stop, suppressed, slowed, stuck
	Detail string // form of a rejected record, field of a changed one, mode of a duplicate
	// EventID is the event's, whether or not it can be read from the record.
	EventID, SessionID, CustomerID string
	Arrival                        int64 // ms; when it arrives, or would have
	Event                          int64 // ms; when it happened, by a clock that is right
	DelayMS                        int64 // what faults added to the arrival
	SkewMS                         int64 // what faults added to the device's clock
}

// AppendJSON appends the label as one JSON object, without a newline.
func (t *Truth) AppendJSON(b []byte) []byte {
	for i, f := range [...]struct{ name, value string }{
		{"fault", t.Fault}, {"kind", t.Kind}, {"effect", t.Effect}, {"detail", t.Detail},
		{"event_id", t.EventID}, {"session_id", t.SessionID}, {"customer_id", t.CustomerID},
		{"arrival", formatTime(t.Arrival)}, {"event", formatTime(t.Event)},
	} {
		if f.value == "" {
			continue
		}
		if i == 0 {
			b = append(b, '{')
		} else {
			b = append(b, ',')
		}
		b = append(appendText(b, f.name), ':')
		b = appendText(b, f.value)
	}
	if t.DelayMS != 0 {
		b = append(b, `,"delay_ms":`...)
		b = strconv.AppendInt(b, t.DelayMS, 10)
	}
	if t.SkewMS != 0 {
		b = append(b, `,"skew_ms":`...)
		b = strconv.AppendInt(b, t.SkewMS, 10)
	}
	return append(b, '}')
}

// Stats counts what a run made. Counts of windows and shards add up to those of
// the whole.
type Stats struct {
	Records int64 `json:"records"` // given to Emit: Loaded + Rejected + Duplicates
	Bytes   int64 `json:"bytes"`   // of their values

	// Every event and every copy is in one class. The reader meant here takes
	// JSON objects (RFC 8259) of up to 1 MiB whose values can be read as the
	// columns' types: a number from text too, text from anything, and a field
	// may be absent, null or unknown.
	Loaded     int64 `json:"loaded"`     // arrives, and the reader takes it
	Rejected   int64 `json:"rejected"`   // arrives, and the reader refuses it
	Dropped    int64 `json:"dropped"`    // does not arrive
	Duplicates int64 `json:"duplicates"` // arrives again

	Sessions   int64 `json:"sessions"`   // start events among those produced, copies aside
	Suppressed int64 `json:"suppressed"` // events that incidents kept from happening; not produced

	Faults []FaultCount `json:"faults,omitempty"` // in the scenario's order
}

// FaultCount is how many events a fault touched.
type FaultCount struct {
	ID     string `json:"id"`
	Kind   string `json:"kind"`
	Events int64  `json:"events"`
}

// Produced is Loaded + Rejected + Dropped + Duplicates: what the producers tried
// to send.
func (s *Stats) Produced() int64 { return s.Loaded + s.Rejected + s.Dropped + s.Duplicates }

// Add adds the counts of another window or shard of the same scenario.
func (s *Stats) Add(o Stats) {
	s.Records += o.Records
	s.Bytes += o.Bytes
	s.Loaded += o.Loaded
	s.Rejected += o.Rejected
	s.Dropped += o.Dropped
	s.Duplicates += o.Duplicates
	s.Sessions += o.Sessions
	s.Suppressed += o.Suppressed
	if s.Faults == nil {
		s.Faults = append(s.Faults, o.Faults...)
		return
	}
	for i := range o.Faults {
		s.Faults[i].Events += o.Faults[i].Events
	}
}

// count puts an event into its class.
func (s *Stats) count(e *event) {
	for i := range s.Faults {
		if e.faults>>i&1 == 1 {
			s.Faults[i].Events++
		}
	}
	switch {
	case e.fate == fateSuppressed:
		s.Suppressed++
		return
	case e.fate == fateDropped:
		s.Dropped++
	case e.fate == fateRejected:
		s.Rejected++
	case e.rank&copyMask != 0:
		s.Duplicates++
		return
	default:
		s.Loaded++
	}
	if e.kind == eventStart {
		s.Sessions++
	}
}

// label gives what a fault did to an event.
func (p *plan) label(f *fault, e *event) Truth {
	t := Truth{
		Fault: f.ID, Kind: f.Kind,
		EventID:    string(p.appendEventID([]byte("EVENT_"), e)),
		SessionID:  string(appendHex([]byte("SESSION_"), e.session, sessionHex)),
		CustomerID: string(appendHex([]byte("CUST_"), uint64(e.customer), customerHex)),
		Arrival:    e.arrival, Event: e.at / 1000, DelayMS: int64(e.late), SkewMS: int64(e.skew),
	}
	t.Effect, t.Detail = f.effect(e)
	return t
}

func (f *fault) effect(e *event) (effect, detail string) {
	switch f.Kind {
	case faultLate:
		return "late", ""
	case faultOutOfOrder:
		return "reordered", ""
	case faultTelemetryGap:
		return "held", ""
	case faultDuplicate:
		return "duplicate", f.Mode
	case faultDrop:
		return "dropped", ""
	case faultMalformed:
		return "rejected", malformedForms[e.form]
	case faultMissingField:
		return "missing", f.Field
	case faultNullField:
		return "null", f.Field
	case faultSchemaDrift:
		return "drift", f.Change + " " + f.Field
	case faultClockSkew:
		return "skew", ""
	}
	switch {
	case e.fate == fateSuppressed:
		return "suppressed", ""
	case f.Kind == faultOutage:
		return "forced_stop", ""
	case f.Kind == faultBandwidth:
		return "slowed", ""
	}
	return "stuck", ""
}

// Label says what a fault of the scenario is: one line of the list that goes
// with the truth of a run.
type Label struct {
	ID, Kind, P, Scope string
	From, To           int64 // ms; To is 0 without end, From is 0 without beginning
}

// Labels gives a label for every fault, in the scenario's order.
func (s *Scenario) Labels() []Label {
	all := make([]Label, len(s.Faults))
	for i := range s.Faults {
		f := &s.Faults[i]
		l := Label{ID: f.ID, Kind: f.Kind, P: formatNumber(shareKind, f.P), From: f.At}
		if f.For > 0 {
			l.To = f.At + f.For
		}
		o := object{}
		put(o, faultFields, f, f.Kind)
		l.Scope = string(appendJSON(nil, o["scope"]))
		all[i] = l
	}
	return all
}

// AppendJSON appends the label as one JSON object, without a newline.
func (l *Label) AppendJSON(b []byte) []byte {
	b = append(b, `{"id":`...)
	b = appendText(b, l.ID)
	b = append(b, `,"kind":`...)
	b = appendText(b, l.Kind)
	b = append(b, `,"p":`...)
	b = appendText(b, l.P)
	b = append(b, `,"scope":`...)
	b = append(b, l.Scope...)
	if l.From != 0 {
		b = append(b, `,"from":`...)
		b = appendText(b, formatTime(l.From))
	}
	if l.To != 0 {
		b = append(b, `,"to":`...)
		b = appendText(b, formatTime(l.To))
	}
	return append(b, '}')
}
