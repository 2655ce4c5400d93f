package sim

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// row is what the report's tables need of an event.
type row struct {
	Customer   string  `json:"customer_id"`
	Title      string  `json:"title_id"`
	Session    string  `json:"session_id"`
	Type       string  `json:"event_type"`
	Watched    int     `json:"watch_duration_seconds"`
	Completion float64 `json:"completion_percentage"`
	Device     string  `json:"device_type"`
	Quality    string  `json:"quality"`
	Mbps       float64 `json:"bandwidth_mbps"`
	Buffering  int     `json:"buffering_events"`
	Country    string  `json:"country"`
}

// published is the report of 2025-08-11: the 42 figures of its tables that do not
// follow from each other, over the 39 rows that hold a whole event.
var published = map[string]float64{
	"events stop": 16, "events resume": 10, "events pause": 7, "events start": 3, "events complete": 3,
	"devices mobile": 13, "devices web": 12, "devices tv": 12, "devices tablet": 2,
	"Mbps mobile": 10.86, "Mbps web": 6.94, "Mbps tv": 13.07, "Mbps tablet": 8.53,
	"completion mobile": 54.54, "completion web": 48.87, "completion tv": 34.54, "completion tablet": 23.30,
	"quality HD": 23, "quality SD": 10, "quality 4K": 6,
	"Mbps HD": 10.26, "Mbps SD": 3.48, "Mbps 4K": 21.28,
	"buffering HD": 0.09, "buffering SD": 0.70, "buffering 4K": 0,
	"duration under 5": 6, "duration 5 to 15": 9, "duration 15 to 30": 12, "duration 30 to 60": 9, "duration over 60": 3,
	"countries United States": 13, "countries United Kingdom": 13, "countries Canada": 13,
	"Mbps United States": 8.03, "Mbps United Kingdom": 12.88, "Mbps Canada": 9.73,
	"buffering United States": 0.54, "buffering United Kingdom": 0, "buffering Canada": 0.15,
	"distinct titles": 34, "distinct customers": 39,
}

// cells are the names of the published figures, in a fixed order.
var cells = slices.Sorted(maps.Keys(published))

// sample is a row made ready for counting: the cells that it counts in, and those
// whose mean it joins with what.
type sample struct {
	counted         []int
	joined          []int
	values          []float64
	title, customer string
}

func prepare(r *row) sample {
	cell := func(name string) int {
		i, known := slices.BinarySearch(cells, name)
		if !known {
			panic("no figure " + name)
		}
		return i
	}
	s := sample{title: r.Title, customer: r.Customer}
	for _, name := range []string{"events " + r.Type, "devices " + r.Device, "quality " + r.Quality, "countries " + r.Country, "duration " + durationRange(r.Watched)} {
		s.counted = append(s.counted, cell(name))
	}
	for name, v := range map[string]float64{
		"Mbps " + r.Device: r.Mbps, "Mbps " + r.Quality: r.Mbps, "Mbps " + r.Country: r.Mbps, "completion " + r.Device: r.Completion,
		"buffering " + r.Quality: float64(r.Buffering), "buffering " + r.Country: float64(r.Buffering),
	} {
		s.joined, s.values = append(s.joined, cell(name)), append(s.values, v)
	}
	return s
}

// tables computes the figures over some rows; a mean over no rows is NaN.
func tables(rows []*sample) []float64 {
	figures, sizes := make([]float64, len(cells)), make([]float64, len(cells))
	titles, customers := map[string]bool{}, map[string]bool{}
	for _, s := range rows {
		for _, c := range s.counted {
			figures[c]++
		}
		for i, c := range s.joined {
			figures[c] += s.values[i]
			sizes[c]++
		}
		titles[s.title], customers[s.customer] = true, true
	}
	for c, name := range cells {
		switch group, _, _ := strings.Cut(name, " "); {
		case name == "distinct titles":
			figures[c] = float64(len(titles))
		case name == "distinct customers":
			figures[c] = float64(len(customers))
		case group == "Mbps" || group == "completion" || group == "buffering":
			figures[c] /= sizes[c]
		}
	}
	return figures
}

func durationRange(seconds int) string {
	switch {
	case seconds < 5*60:
		return "under 5"
	case seconds < 15*60:
		return "5 to 15"
	case seconds < 30*60:
		return "15 to 30"
	case seconds < 60*60:
		return "30 to 60"
	}
	return "over 60"
}

// agreement draws the report's sample many times from the rows and gives, for
// each of its cells, the two-sided Monte Carlo p of the published figure.
func agreement(rows []row, draws int) map[string]float64 {
	const size = 39
	samples := make([]sample, len(rows))
	for i := range rows {
		samples[i] = prepare(&rows[i])
	}
	rng := rand.New(rand.NewPCG(1, 2))
	below, above, n := make([]float64, len(cells)), make([]float64, len(cells)), make([]float64, len(cells))
	picked := make([]*sample, size)
	for range draws {
		for i := range picked {
			picked[i] = &samples[rng.IntN(len(samples))]
		}
		for c, v := range tables(picked) {
			if math.IsNaN(v) {
				continue
			}
			v = math.Round(v*100) / 100 // as the report rounds
			n[c]++
			if v <= published[cells[c]] {
				below[c]++
			}
			if v >= published[cells[c]] {
				above[c]++
			}
		}
	}
	p := map[string]float64{}
	for c, name := range cells {
		p[name] = min(1, 2*(min(below[c], above[c])+1)/(n[c]+1))
	}
	return p
}

// holm gives the cells that the Holm procedure rejects at a level.
func holm(p map[string]float64, level float64) []string {
	var cells []string
	for cell := range p {
		cells = append(cells, cell)
	}
	slices.SortFunc(cells, func(a, b string) int { return cmp.Or(cmp.Compare(p[a], p[b]), cmp.Compare(a, b)) })
	for i, cell := range cells {
		if p[cell] > level/float64(len(cells)-i) {
			return cells[:i]
		}
	}
	return cells
}

func rowsOf(t testing.TB, records []record) []row {
	t.Helper()
	rows := make([]row, len(records))
	for i, r := range records {
		if err := json.Unmarshal([]byte(r.value), &rows[i]); err != nil {
			t.Fatalf("%s: %v", r.value, err)
		}
	}
	return rows
}

// The coherent population could have given the report, but for what no coherent
// population can: three starts against nineteen ends, and with the starts the
// many short durations.
func TestCoherentPopulationAgreesWithTheReport(t *testing.T) {
	sc := load(t, "seed-hour")
	records, _, _ := generate(t, sc, Job{Window: minutes(sc, 0, 60)})
	p := agreement(rowsOf(t, records), 10_000)
	report(t, p)
	exceptions := []string{"events start", "events stop", "duration under 5"}
	for _, cell := range exceptions {
		delete(p, cell)
	}
	if rejected := holm(p, 0.01); len(rejected) > 0 {
		t.Errorf("Holm at 1%% rejects %q", rejected)
	}
	for cell, v := range p {
		if v < 0.01 {
			t.Errorf("%s: p = %.4f", cell, v)
		}
	}
}

// The replica's rows could have given every single figure of the report.
func TestReplicaAgreesWithTheReport(t *testing.T) {
	sc := load(t, "seed-replica")
	records, _, _ := generate(t, sc, Job{Window: minutes(sc, 0, 60)})
	p := agreement(rowsOf(t, records), 10_000)
	report(t, p)
	for cell, v := range p {
		if v <= 0.01 {
			t.Errorf("%s: p = %.4f", cell, v)
		}
	}
}

func report(t *testing.T, p map[string]float64) {
	t.Helper()
	var cells []string
	for cell, v := range p {
		if v < 0.2 {
			cells = append(cells, fmt.Sprintf("%s %.4f", cell, v))
		}
	}
	slices.Sort(cells)
	t.Logf("%d cells; p under .2: %q", len(p), cells)
}
