package sim

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"acme/telemetry/schema"
)

// The audience of these tests is smaller than the scenarios', for speed.
const (
	at17  = `time.start="2025-08-11T17:00:00Z"`
	small = "arrivals.mean_per_hour=5000"
	few   = "rows.per_viewer=0.15"
)

// readable is the reader that Stats speaks of.
func readable(value string) bool {
	if len(value) > 1<<20 {
		return false
	}
	var fields map[string]any
	d := json.NewDecoder(strings.NewReader(value))
	d.UseNumber()
	if d.Decode(&fields) != nil || d.More() || !json.Valid([]byte(value)) {
		return false
	}
	for _, c := range schema.Events().Columns {
		v, ok := fields[c.Name]
		if text, is := v.(string); is {
			v = json.Number(text)
		}
		if n, is := v.(json.Number); ok && v != nil && (c.Type == schema.Int || c.Type == schema.Double) {
			if _, err := n.Float64(); !is || err != nil {
				return false
			}
		}
	}
	return true
}

// What was produced is what is loaded, refused, lost and there twice, and the
// labels say which is which.
func TestAccountingIsExact(t *testing.T) {
	for _, name := range []string{"streaming", "seed-replica"} {
		sc := load(t, name, at17, small, few, everyFault)
		records, truth, stats := generate(t, sc, Job{Window: minutes(sc, 0, 30)})
		labelled := map[string]int{}
		var refused, lost, twice int64
		gone := map[string]bool{}
		for _, l := range truth {
			switch l.Effect {
			case "rejected":
				labelled[fmt.Sprint(l.Arrival, l.CustomerID)]++
				refused++
			case "dropped":
				gone[l.EventID] = true
				lost++
			case "duplicate":
				twice++
			}
		}
		seen := map[string]int64{}
		var took, repeated int64
		for _, r := range records {
			if !readable(r.value) {
				at := fmt.Sprint(r.arrival, r.key)
				if labelled[at]--; labelled[at] < 0 {
					t.Errorf("%s: refused without a label: %.200q", name, r.value)
				}
				continue
			}
			took++
			var w wire
			if err := json.Unmarshal([]byte(r.value), &w); err != nil && !strings.Contains(err.Error(), "cannot unmarshal string") {
				t.Fatal(err)
			}
			if seen[w.EventID]++; seen[w.EventID] > 1 {
				repeated++
			}
			if gone[w.EventID] {
				t.Errorf("%s: lost, but there: %s", name, r.value)
			}
		}
		if took != stats.Loaded+stats.Duplicates || refused != stats.Rejected || lost != stats.Dropped || twice != stats.Duplicates {
			t.Errorf("%s: took %d, refused %d, lost %d, twice %d; stats %+v", name, took, refused, lost, twice, stats)
		}
		// Copies of events that arrived before the window are the first here.
		if repeated > twice || repeated < twice*7/10 {
			t.Errorf("%s: %d ids are there again, %d copies", name, repeated, twice)
		}
		if stats.Records != stats.Produced()-stats.Dropped {
			t.Errorf("%s: records %d, produced %d, lost %d", name, stats.Records, stats.Produced(), stats.Dropped)
		}
		for _, f := range stats.Faults {
			if f.Events == 0 && f.ID != "stuck" && f.ID != "gap" {
				t.Errorf("%s: fault %s touched nothing", name, f.ID)
			}
		}
	}
}

// A fault changes what it labels and nothing else: every record of the run
// without it is there, byte for byte, or labelled.
func TestFaultsTouchOnlyWhatTheyLabel(t *testing.T) {
	clean := load(t, "streaming", at17, small)
	without, _, _ := generate(t, clean, Job{Window: minutes(clean, 0, 20)})
	for _, fault := range faultsOf(t) {
		t.Run(fault.ID, func(t *testing.T) {
			sc := load(t, "streaming", at17, small, few, everyFault)
			sc.Faults = []Fault{fault}
			// Delayed events of the window arrive within 25 minutes of its end.
			with, truth, _ := generate(t, sc, Job{Window: minutes(sc, 0, 45)})
			touched := map[string]bool{}
			for _, l := range truth {
				touched[l.EventID] = true
				touched[l.SessionID] = true
			}
			if len(truth) == 0 {
				t.Fatal("touched nothing")
			}
			there := map[string]bool{}
			for _, r := range with {
				there[r.value] = true
			}
			same := map[string]bool{}
			for _, r := range without {
				same[r.value] = true
				if w := parse(t, r.value); !touched[w.EventID] && !there[r.value] {
					t.Fatalf("changed or gone without a label: %s", r.value)
				}
			}
			end := clean.Start + 20*60_000
			for _, r := range with {
				if r.arrival >= end || same[r.value] {
					continue
				}
				var w wire
				if json.Unmarshal([]byte(r.value), &w) == nil && w.EventID != "" && !touched[w.EventID] {
					t.Fatalf("new without a label: %s", r.value)
				}
			}
		})
	}
}

func faultsOf(t *testing.T) []Fault { return load(t, "streaming", at17, small, few, everyFault).Faults }

// Events labelled by a fault are in its scope and its span.
func TestFaultsKeepToTheirScope(t *testing.T) {
	clean := load(t, "streaming", at17, small)
	before, _, _ := generate(t, clean, Job{Window: minutes(clean, 0, 40)})
	events := map[string]wire{}
	for _, r := range before {
		w := parse(t, r.value)
		events[w.EventID] = w
	}
	in := func(list []string, v string) bool { return len(list) == 0 || slices.Contains(list, v) }
	code := map[string]string{"United States": "US", "United Kingdom": "GB", "Canada": "CA"}
	for _, f := range faultsOf(t) {
		sc := load(t, "streaming", at17, small, few, everyFault)
		sc.Faults = []Fault{f}
		_, truth, _ := generate(t, sc, Job{Window: minutes(sc, 0, 40)})
		incident := f.Kind == faultOutage || f.Kind == faultBandwidth || f.Kind == faultStuckPlayer
		covered := 0
		for _, e := range events {
			if ms := microseconds(t, e.Timestamp) / 1000; in(f.Scope.Device, e.Device) && ms >= f.At && (f.For == 0 || ms < f.At+f.For) {
				covered++
			}
		}
		for _, l := range truth {
			e, known := events[l.EventID]
			s := f.Scope
			if known && !(in(s.Country, code[e.Country]) && in(s.City, e.City) && in(s.Device, e.Device) && in(s.ISP, e.ISP) && in(s.Quality, e.Quality)) {
				t.Errorf("%s: out of scope: %+v", f.ID, e)
			}
			if ends := f.For > 0 && l.Event >= f.At+f.For; l.Event < f.At || ends && !incident {
				t.Errorf("%s: label at %s is out of the span", f.ID, formatTime(l.Event))
			}
		}
		if len(truth) == 0 || len(truth) > covered*3/2+100 {
			t.Errorf("%s: %d labels, %d events in the span", f.ID, len(truth), covered)
		}
	}
}

// An event that a small probability hits, a larger one hits too.
func TestFaultsRiseWithProbability(t *testing.T) {
	hit := func(p string) map[string]bool {
		sc := load(t, "streaming", at17, small, "faults=[{id: lost, kind: drop, p: "+p+"}]")
		records, truth, _ := generate(t, sc, Job{Window: minutes(sc, 0, 20)})
		ids := map[string]bool{}
		for _, l := range truth {
			ids[l.EventID] = true
		}
		want := map[string]float64{"1%": 0.01, "3%": 0.03}[p]
		n := float64(len(records) + len(ids))
		if got := float64(len(ids)) / n; math.Abs(got-want) > 5*math.Sqrt(want/n) {
			t.Errorf("p %s hits %v of the events", p, got)
		}
		return ids
	}
	some, many := hit("1%"), hit("3%")
	for id := range some {
		if !many[id] {
			t.Errorf("%s is lost at 1%% but not at 3%%", id)
		}
	}
}

// effects runs one fault over half an hour and gives what it did.
func effects(t *testing.T, fault string) (*Scenario, []record, []Truth) {
	t.Helper()
	sc := load(t, "streaming", at17, small, "faults=[{"+fault+"}]")
	records, truth, _ := generate(t, sc, Job{Window: minutes(sc, 0, 40)})
	if len(truth) == 0 {
		t.Fatalf("%s touched nothing", fault)
	}
	return sc, records, truth
}

func TestDuplicates(t *testing.T) {
	for mode, same := range map[string]bool{"identical": true, "changed": false, "replay": true} {
		_, records, _ := effects(t, "id: twice, kind: duplicate, p: 3%, at: 0s, for: 10m, delay: {min: 10s, max: 60s}, mode: "+mode)
		first := map[string]record{}
		again := 0
		for _, r := range records {
			id := parse(t, r.value).EventID
			o, seen := first[id]
			if !seen {
				first[id] = r
				continue
			}
			again++
			if (o.value == r.value) != same || r.arrival-o.arrival < 10_000 || r.arrival-o.arrival > 60_000 {
				t.Fatalf("%s: %s at %d, then %s at %d", mode, o.value, o.arrival, r.value, r.arrival)
			}
		}
		if again == 0 {
			t.Errorf("%s: nothing is there twice", mode)
		}
	}
}

// A copy is of what was sent, whatever else is said about the event and in which
// order: nothing is copied that was lost or broken, and a changed field is changed
// in both.
func TestCopiesAreOfWhatWasSent(t *testing.T) {
	sc := load(t, "streaming", at17, small, `faults=[
		{id: twice, kind: duplicate, at: 0s, for: 5m, delay: {min: 1s, max: 1m}}, {id: lost, kind: drop, p: 30%}, {id: gone, kind: missing_field, p: 30%, field: isp},
		{id: broken, kind: malformed, p: 30%, forms: empty}]`)
	records, _, stats := generate(t, sc, Job{Window: minutes(sc, 0, 10)})
	first, again := map[string]bool{}, int64(0)
	for _, r := range records {
		if r.value == "" {
			continue
		}
		if first[r.value] {
			again++
		}
		first[r.value] = true
	}
	if again == 0 || again != stats.Duplicates {
		t.Errorf("%d records are there again, %d copies were made", again, stats.Duplicates)
	}
}

func TestOutage(t *testing.T) {
	sc, records, truth := effects(t, "id: dark, kind: outage, at: 10m, for: 10m, scope: {city: London}")
	from, to := sc.Start+10*60_000, sc.Start+20*60_000
	forced, seen := map[string]bool{}, 0
	for _, l := range truth {
		if l.Effect == "forced_stop" {
			forced[l.EventID] = true
		}
	}
	for _, r := range records {
		w := parse(t, r.value)
		if w.City != "London" || microseconds(t, w.Timestamp) < from*1000 || r.event >= to {
			continue
		}
		if seen++; !forced[w.EventID] || w.Type != "stop" || r.event > from+5000 {
			t.Fatalf("in the dark: %s", r.value)
		}
	}
	if seen == 0 || seen != len(forced) {
		t.Errorf("%d sessions were cut, %d labelled", seen, len(forced))
	}
}

func TestBandwidthCollapse(t *testing.T) {
	sc, records, truth := effects(t, "id: slow, kind: bandwidth, factor: 0.1, at: 5m, for: 20m, scope: {country: GB}")
	slowed := map[string]bool{}
	for _, l := range truth {
		slowed[l.EventID] = true
	}
	for _, r := range records {
		w := parse(t, r.value)
		inside := w.Country == "United Kingdom" && r.event >= sc.Start+5*60_000 && r.event < sc.Start+25*60_000
		if inside && (!slowed[w.EventID] || w.Mbps*1000 >= float64(sc.Network.HD) != (w.Quality != "SD") || w.Stalls == 0 || w.Stalled == 0) {
			t.Fatalf("not slowed: %s", r.value)
		}
	}
}

func TestStuckPlayer(t *testing.T) {
	_, records, truth := effects(t, "id: stuck, kind: stuck_player, at: 5m, for: 10m, p: 50%")
	stuck := map[string]int64{}
	for _, l := range truth {
		if l.Effect == "stuck" {
			stuck[l.SessionID] = l.Event
		}
	}
	for _, r := range records {
		w := parse(t, r.value)
		if at, is := stuck[w.SessionID]; is && (r.event > at || r.event == at && w.Type != "pause") {
			t.Fatalf("a stuck player sent %s", r.value)
		}
	}
}

func TestTelemetryGap(t *testing.T) {
	sc, records, _ := effects(t, "id: gap, kind: telemetry_gap, at: 5m, for: 10m, flood: 20s, scope: {device: tv}")
	from, to := sc.Start+5*60_000, sc.Start+15*60_000
	flood := 0
	for _, r := range records {
		w := parse(t, r.value)
		if w.Device == "tv" && r.event >= from && r.event < to {
			if flood++; r.arrival < to || r.arrival > to+60_000 {
				t.Fatalf("arrives at %s: %s", formatTime(r.arrival), r.value)
			}
		}
	}
	if flood == 0 {
		t.Error("nothing was held back")
	}
}

func TestClockSkew(t *testing.T) {
	_, records, truth := effects(t, "id: clock, kind: clock_skew, p: 10%, at: 0s, offset: {min: -90s, max: 3m}, drift: 100")
	skew := map[string]Truth{}
	devices := map[string]bool{}
	for _, l := range truth {
		skew[l.EventID] = l
	}
	for _, r := range records {
		w := parse(t, r.value)
		l, is := skew[w.EventID]
		if !is {
			if devices[w.DeviceID] {
				t.Fatalf("a clock that was wrong is right: %s", r.value)
			}
			continue
		}
		devices[w.DeviceID] = true
		if l.SkewMS < -90_000 || l.SkewMS > 181_000 || microseconds(t, w.Timestamp)/1000-l.Event != l.SkewMS || r.event != l.Event+l.SkewMS {
			t.Fatalf("skew %d ms: %s", l.SkewMS, r.value)
		}
	}
}

func TestFieldFaults(t *testing.T) {
	for _, c := range []struct{ fault, old, new string }{
		{"kind: missing_field, field: isp", `"isp":"BT",`, ``},
		{"kind: missing_field, field: connection_type", `,"connection_type":"wifi"}`, `}`},
		{"kind: missing_field, field: event_id", `"event_id":"EVENT_00",`, ``},
		{"kind: null_field, field: state", `"state":"England"`, `"state":null`},
		{"kind: null_field, field: bandwidth_mbps", `"bandwidth_mbps":6.2`, `"bandwidth_mbps":null`},
		{"kind: schema_drift, change: rename, field: quality, to: video_quality", `"quality":`, `"video_quality":`},
		{"kind: schema_drift, change: type, field: bandwidth_mbps", `"bandwidth_mbps":6.2`, `"bandwidth_mbps":"6.2"`},
		{"kind: schema_drift, change: type, field: city", `"city":"London"`, `"city":["London"]`},
	} {
		sc := load(t, "streaming", at17, small, "faults=[{id: it, "+c.fault+"}]")
		p := newPlan(sc)
		const object = `{"event_id":"EVENT_00","quality":"HD","bandwidth_mbps":6.2,"state":"England","city":"London","isp":"BT","connection_type":"wifi"}`
		e := event{faults: 1}
		got := string(p.alter([]byte("before"+object), len("before"), &e))
		if want := "before" + strings.Replace(object, c.old, c.new, 1); got != want {
			t.Errorf("%s: got %s, want %s", c.fault, got, want)
		}
	}
}

// A broken record is broken in its form alone, though other faults came first.
func TestMalformedForms(t *testing.T) {
	looks := map[string]func(string) bool{
		formTruncated:    func(v string) bool { return v != "" && !strings.HasSuffix(v, "}") },
		formBadEscape:    func(v string) bool { return strings.Contains(v, `"city":"\q`) },
		formNaN:          func(v string) bool { return strings.Contains(v, `"bandwidth_mbps":NaN,`) },
		formWrongType:    func(v string) bool { return strings.Contains(v, `"watch_duration_seconds":"many",`) },
		formOversize:     func(v string) bool { return len(v) == oversize },
		formEmpty:        func(v string) bool { return v == "" },
		formConcatenated: func(v string) bool { return len(v)%2 == 0 && v[:len(v)/2] == v[len(v)/2:] },
		formBOM:          func(v string) bool { return strings.HasPrefix(v, "\xef\xbb\xbf{") },
	}
	for _, form := range malformedForms {
		sc := load(t, "streaming", at17, small, "faults=["+
			"{id: a, kind: missing_field, field: bandwidth_mbps}, {id: b, kind: missing_field, field: city}, {id: c, kind: missing_field, field: watch_duration_seconds},"+
			"{id: broken, kind: malformed, p: 2%, forms: "+form+"}]")
		records, truth, _ := generate(t, sc, Job{Window: minutes(sc, 0, 4)})
		truth = slices.DeleteFunc(truth, func(l Truth) bool { return l.Effect == "missing" })
		broken := 0
		for _, r := range records {
			if readable(r.value) {
				continue
			}
			if broken++; !looks[form](r.value) {
				t.Fatalf("%s: %.700q", form, r.value)
			}
		}
		if broken != len(truth) || broken == 0 {
			t.Fatalf("%s: %d records are refused, %d labelled", form, broken, len(truth))
		}
		if truth[0].Detail != form {
			t.Errorf("label says %q, want %q", truth[0].Detail, form)
		}
	}
}

// A label is one line of JSON.
func TestLabels(t *testing.T) {
	sc := load(t, "streaming", at17, small, few, everyFault)
	_, truth, _ := generate(t, sc, Job{Window: minutes(sc, 8, 10)})
	for _, l := range truth {
		var m map[string]any
		if err := json.Unmarshal(l.AppendJSON(nil), &m); err != nil || m["fault"] != l.Fault || m["event_id"] != l.EventID {
			t.Fatalf("%s: %v", l.AppendJSON(nil), err)
		}
	}
	var text string
	for _, l := range sc.Labels() {
		text += string(l.AppendJSON(nil)) + "\n"
	}
	golden(t, "labels.jsonl", text)
}
