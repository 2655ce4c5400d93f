package sim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"acme/telemetry/schema"

	"pgregory.net/rapid"
)

// wire is an event as a reader of the JSON gets it.
type wire struct {
	EventID    string  `json:"event_id"`
	CustomerID string  `json:"customer_id"`
	TitleID    string  `json:"title_id"`
	SessionID  string  `json:"session_id"`
	Type       string  `json:"event_type"`
	Timestamp  string  `json:"event_timestamp"`
	Watched    int64   `json:"watch_duration_seconds"`
	Position   int64   `json:"position_seconds"`
	Completion float64 `json:"completion_percentage"`
	Device     string  `json:"device_type"`
	DeviceID   string  `json:"device_id"`
	System     string  `json:"device_os"`
	App        string  `json:"app_version"`
	Quality    string  `json:"quality"`
	Mbps       float64 `json:"bandwidth_mbps"`
	Stalls     int64   `json:"buffering_events"`
	Stalled    int64   `json:"buffering_duration_seconds"`
	Errors     int64   `json:"error_count"`
	Address    string  `json:"ip_address"`
	Country    string  `json:"country"`
	State      string  `json:"state"`
	City       string  `json:"city"`
	ISP        string  `json:"isp"`
	Link       string  `json:"connection_type"`
}

func parse(t interface{ Fatalf(string, ...any) }, value string) wire {
	var w wire
	d := json.NewDecoder(strings.NewReader(value))
	d.DisallowUnknownFields()
	if err := d.Decode(&w); err != nil {
		t.Fatalf("%s: %v", value, err)
	}
	return w
}

// The fields of a record are the columns of schema.Events, in their order, with
// values of their types, within their bounds and lists.
func TestRecordsFollowTheSchema(t *testing.T) {
	table := schema.Events()
	patterns := columnPatterns(table)
	for _, name := range Shipped() {
		records, _, _ := generate(t, load(t, name), Job{Window: minutes(load(t, name), 0, 6)})
		if len(records) == 0 {
			t.Fatalf("%s: no records", name)
		}
		for i, r := range records {
			if i%5 != 0 { // enough, and quick
				continue
			}
			checkRow(t, table, patterns, r)
			if !strings.HasPrefix(r.value, `{"event_id":"EVENT_`) || !strings.Contains(r.value, `"customer_id":"`+r.key+`"`) {
				t.Fatalf("key %s of %s", r.key, r.value)
			}
			if w := parse(t, r.value); microseconds(t, w.Timestamp)/1000 != r.event {
				t.Fatalf("record's event time %d, in the value %s", r.event, w.Timestamp)
			}
		}
	}
}

var doubleForm = regexp.MustCompile(`^(0|[1-9][0-9]*)\.([0-9]|[0-9][1-9])$`)

// columnPatterns compiles what the text columns of a table must match.
func columnPatterns(table schema.Table) []*regexp.Regexp {
	all := make([]*regexp.Regexp, len(table.Columns))
	for i, c := range table.Columns {
		all[i] = regexp.MustCompile(c.Pattern())
	}
	return all
}

// checkRow holds one object to a table of the schema.
func checkRow(t *testing.T, table schema.Table, patterns []*regexp.Regexp, r record) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(r.value))
	d.UseNumber()
	token := func() any {
		tok, err := d.Token()
		if err != nil {
			t.Fatalf("%s: %v", r.value, err)
		}
		return tok
	}
	token()
	for i, c := range table.Columns {
		if name := token(); name != c.Name {
			t.Fatalf("%s: field %v stands where %s belongs", r.value, name, c.Name)
		}
		switch v := token().(type) {
		case string:
			if c.Type != schema.String || c.Enum != nil && !slices.Contains(c.Enum, v) || !patterns[i].MatchString(v) || v == "" && !c.MayBeEmpty {
				t.Fatalf("%s is %q", c.Name, v)
			}
		case json.Number:
			f, _ := v.Float64()
			if c.Type == schema.Double && !doubleForm.MatchString(string(v)) || c.Type != schema.Double && c.Type != schema.Int ||
				f < float64(c.Min) || f > float64(c.Max) {
				t.Fatalf("%s is %v", c.Name, v)
			}
		case bool:
			if c.Type != schema.Boolean {
				t.Fatalf("%s is %v", c.Name, v)
			}
		}
	}
	token()
	if d.More() {
		t.Fatalf("%s: more than one value", r.value)
	}
}

func microseconds(t interface{ Fatalf(string, ...any) }, s string) int64 {
	var y, mo, d, h, mi, sec, us int64
	if n, err := fmt.Sscanf(s, "%4d-%2d-%2dT%2d:%2d:%2d.%6dZ", &y, &mo, &d, &h, &mi, &sec, &us); n != 7 || err != nil || len(s) != 27 {
		t.Fatalf("timestamp %q", s)
	}
	return daysOf(y, mo, d)*day + h*hour + mi*minute + sec*second + us
}

// Whatever the seed, a session is a session: start, then pause and resume in
// turn, then stop or complete, with counters that do not fall and rules that
// hold.
func TestSessionsAreCoherent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sc, err := Load("seed-hour")
		if err != nil {
			t.Fatal(err)
		}
		sc.Seed = int64(rapid.Uint32().Draw(t, "seed"))
		lane := rapid.IntRange(0, Lanes-1).Draw(t, "lane")
		p := newPlan(sc)
		// The sessions that begin in the first minutes are over when the longest
		// can be.
		sessions := map[string][]wire{}
		begun := Window{sc.Start, sc.Start + 3*60_000}
		_, err = Generate(t.Context(), sc, Job{
			Window: Window{begun.From, begun.To + classes[classCount-1].life/1000 + 60_000}, Shard: Shard{lane, Lanes},
			Emit: func(batch []schema.Record) error {
				for _, r := range batch {
					_, id, _ := bytes.Cut(r.Value, []byte(`"session_id":"`))
					_, known := sessions[string(id[:len("SESSION_")+sessionHex])]
					if known || r.Event >= begun.From && r.Event < begun.To {
						w := parse(t, string(r.Value))
						sessions[w.SessionID] = append(sessions[w.SessionID], w)
					}
				}
				return nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		runtimes := map[string]int64{}
		for i := range p.titles {
			runtimes[fmt.Sprintf("TITLE_%06x", p.titles[i].id)] = p.titles[i].runtime() / second
		}
		for id, events := range sessions {
			slices.SortStableFunc(events, func(a, b wire) int { return strings.Compare(a.Timestamp, b.Timestamp) })
			for i := range events {
				checkEvent(t, &events[i], runtimes)
			}
			if slices.ContainsFunc(events, func(e wire) bool { return e.Type == "start" }) {
				checkSession(t, id, events)
			}
		}
	})
}

func checkEvent(t *rapid.T, e *wire, runtimes map[string]int64) {
	runtime, known := runtimes[e.TitleID]
	wrong := map[string]bool{
		"start has watched something":       e.Type == "start" && e.Watched != 0,
		"no rebuffer, but its duration":     e.Stalls == 0 && e.Stalled != 0,
		"rebuffers of no duration":          e.Stalls != 0 && e.Stalled == 0,
		"4K under 15 Mbps":                  e.Quality == "4K" && e.Mbps < 15,
		"title is not in the catalogue":     !known,
		"position behind the end":           e.Position > runtime,
		"completion is not of the position": e.Completion < float64(e.Position)*100/float64(runtime)-0.02 || e.Completion > float64(e.Position+1)*100/float64(runtime)+0.02,
		"system of another device":          !slices.Contains(schema.OperatingSystems(e.Device), e.System),
		"address is routed":                 !pretend(e.Address),
		"complete too early":                e.Type == "complete" && e.Completion < 95,
		"stop at the end":                   e.Type == "stop" && e.Completion >= 95,
	}
	for what, is := range wrong {
		if is {
			t.Fatalf("%s: %+v", what, *e)
		}
	}
}

// pretend tells whether an address is of a documentation or benchmark range.
func pretend(address string) bool {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return false
	}
	for _, r := range []string{"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15"} {
		if netip.MustParsePrefix(r).Contains(a) {
			return true
		}
	}
	return false
}

// checkSession holds the events of a whole session, in order of time, to the
// machine.
func checkSession(t *rapid.T, id string, events []wire) {
	// What may follow what; the way out is stop or complete.
	next := map[string][]string{
		"start": {"pause", "stop", "complete"}, "pause": {"resume", "stop", "complete"}, "resume": {"pause", "stop", "complete"},
	}
	last := events[len(events)-1]
	if events[0].Type != "start" || last.Type != "stop" && last.Type != "complete" {
		t.Fatalf("session %s goes from %s to %s", id, events[0].Type, last.Type)
	}
	ids := map[string]bool{}
	for i, e := range events {
		ids[e.EventID] = true
		if i == 0 {
			continue
		}
		before := events[i-1]
		switch {
		case !slices.Contains(next[before.Type], e.Type):
			t.Fatalf("session %s: %s after %s", id, e.Type, before.Type)
		case e.Watched < before.Watched || e.Position < before.Position || e.Stalls < before.Stalls || e.Stalled < before.Stalled || e.Errors < before.Errors:
			t.Fatalf("session %s: a counter falls from %+v to %+v", id, before, e)
		case before.Type == "pause" && e.Watched != before.Watched:
			t.Fatalf("session %s watched while it paused", id)
		}
		wall := (microseconds(t, e.Timestamp) - microseconds(t, events[0].Timestamp)) / second
		if e.Watched > wall+1 {
			t.Fatalf("session %s watched %d s in %d s", id, e.Watched, wall)
		}
		same, was := e, before
		for _, w := range []*wire{&same, &was} {
			w.EventID, w.Type, w.Timestamp, w.Watched, w.Position, w.Completion = "", "", "", 0, 0, 0
			w.Mbps, w.Stalls, w.Stalled, w.Errors = 0, 0, 0, 0
		}
		if same != was {
			t.Fatalf("session %s changes from %+v to %+v", id, before, e)
		}
	}
	if len(ids) != len(events) {
		t.Fatalf("session %s: %d events have %d ids", id, len(events), len(ids))
	}
}

// The rows of the replica are drawn alone: nothing of one is in another.
func TestReplicaRowsAreIndependent(t *testing.T) {
	sc := load(t, "seed-replica")
	records, _, _ := generate(t, sc, Job{Window: minutes(sc, 0, 10)})
	sessions, devices, events := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, r := range records {
		w := parse(t, r.value)
		sessions[w.SessionID], devices[w.DeviceID], events[w.EventID] = true, true, true
		if w.Type == "start" && (w.Watched != 0 || w.Position != 0) || w.Type == "complete" && w.Completion != 100 {
			t.Fatalf("%s", r.value)
		}
		low, high := map[string]float64{"SD": 1.5, "HD": 5, "4K": 15}[w.Quality], map[string]float64{"SD": 5, "HD": 15, "4K": 30}[w.Quality]
		if w.Mbps < low || w.Mbps >= high {
			t.Fatalf("%s at %v Mbps", w.Quality, w.Mbps)
		}
		if tick := r.arrival / 300_000 * 300_000; r.event >= tick || r.event < tick-300_000 {
			t.Fatalf("event of %d in the burst at %d", r.event, tick)
		}
	}
	if n := len(records); len(sessions) != n || len(devices) != n || len(events) != n {
		t.Errorf("%d rows have %d sessions, %d devices, %d event ids", n, len(sessions), len(devices), len(events))
	}
}

// The volume of the report's hour.
func TestSeedVolumes(t *testing.T) {
	for name, want := range map[string][2]int64{"seed-hour": {118_600, 118_699}, "seed-replica": {118_600, 118_600}} {
		sc := load(t, name)
		stats, err := Generate(t.Context(), sc, Job{Window: minutes(sc, 0, 60)})
		if err != nil {
			t.Fatal(err)
		}
		if stats.Records < want[0] || stats.Records > want[1] || stats.Loaded != stats.Records {
			t.Errorf("%s: %+v, want %d to %d records", name, stats, want[0], want[1])
		}
	}
}

// The replica's hour, delivered as its scenario says, is the report's 40 objects:
// a buffer takes records by the hash of their key, from its first record for the
// interval, and is written at once where it is full.
func TestReplicaMakesFortyObjects(t *testing.T) {
	sc := load(t, "seed-replica")
	records, _, _ := generate(t, sc, Job{Window: minutes(sc, 0, 60)})
	type buffer struct{ opened, size int64 }
	open := map[uint64]*buffer{}
	objects, hours := 0, map[int64]bool{}
	for _, r := range records {
		n := fnv1a(r.key) % uint64(sc.Delivery.Buffers)
		b := open[n]
		if b == nil || r.arrival-b.opened >= sc.Delivery.IntervalMS || b.size >= sc.Delivery.SizeBytes {
			b = &buffer{opened: r.arrival}
			open[n] = b
			objects++
			hours[r.arrival/3_600_000] = true
		}
		b.size += int64(len(r.value))
	}
	if objects != 40 || len(hours) != 1 || sc.Delivery.Delimiter != "none" {
		t.Errorf("%d objects in %d hours, delimiter %s", objects, len(hours), sc.Delivery.Delimiter)
	}
}

// Every customer and title of an event is a row of its dimension table, and agrees
// with it.
func TestDimensionsAgreeWithEvents(t *testing.T) {
	for _, name := range Shipped() {
		sc := load(t, name, "population.customers=3000")
		titles, customers := map[string]map[string]any{}, map[string]map[string]any{}
		gather := func(table schema.Table, into map[string]map[string]any) func([]schema.Record) error {
			patterns := columnPatterns(table)
			return func(batch []schema.Record) error {
				for _, r := range batch {
					checkRow(t, table, patterns, record{value: string(r.Value)})
					var row map[string]any
					if err := json.Unmarshal(r.Value, &row); err != nil {
						return err
					}
					if row[table.Columns[0].Name] != string(r.Key) || into[string(r.Key)] != nil {
						t.Fatalf("key %s of %s", r.Key, r.Value)
					}
					into[string(r.Key)] = row
				}
				return nil
			}
		}
		if err := Titles(sc, gather(schema.Titles(), titles)); err != nil {
			t.Fatal(err)
		}
		if err := Customers(sc, gather(schema.Customers(), customers)); err != nil {
			t.Fatal(err)
		}
		if len(titles) != int(sc.Catalogue.Titles) || len(customers) != int(sc.Population.Customers)*104/100 {
			t.Errorf("%s: %d titles, %d customers", name, len(titles), len(customers))
		}
		records, _, _ := generate(t, sc, Job{Window: minutes(sc, 0, 6)})
		for _, r := range records {
			w := parse(t, r.value)
			title, customer := titles[w.TitleID], customers[w.CustomerID]
			if title == nil || customer == nil || customer["country"] != w.Country || customer["is_active"] != true {
				t.Fatalf("%s: title %v, customer %v", r.value, title, customer)
			}
			tier := customer["subscription_tier"]
			if w.Position > int64(title["duration_minutes"].(float64))*60 {
				t.Fatalf("%s: position behind the end of %v", r.value, title)
			}
			if name != "seed-replica" && w.Quality == "4K" && tier != "standard" && tier != "premium" {
				t.Fatalf("4K on plan %v", tier)
			}
		}
	}
}

// A number of another kind than an integer on the path to bytes is a number that
// another machine may round another way.
func TestNoFloatingPoint(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	banned := regexp.MustCompile(`float|\bmath\.|"math"|complex\d|math/rand|time\.Now|"os"|"net["/]`)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(src), "\n") {
			if found := banned.FindString(line); found != "" {
				t.Errorf("%s:%d: %s", file, i+1, found)
			}
		}
	}
}

func TestPurposesAreDistinct(t *testing.T) {
	p := newPlan(load(t, "streaming", everyFault))
	keys := map[stream]string{}
	add := func(key stream, name string) {
		if other, taken := keys[key]; taken || name == "" {
			t.Errorf("%q has the key of %q", name, other)
		}
		keys[key] = name
	}
	for i, name := range purposeNames {
		add(p.keys[i], name)
	}
	for i := range p.faults {
		f := &p.faults[i]
		add(f.pick, f.ID+".pick")
		add(f.amount, f.ID+".amount")
		add(f.form, f.ID+".form")
	}
}
